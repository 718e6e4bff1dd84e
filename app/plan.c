/* SPDX-License-Identifier: Apache-2.0
 *
 * plan.c: the command “plan”: what an iteration costs, phase by phase, without training.
 */
#include <inttypes.h>
#include <stdio.h>

#include "app/app.h"
#include "app/json.h"
#include "engine/train/devices.h"
#include "engine/train/loop.h"

typedef struct
{
  const char *name;      /* in JSON */
  const char *title;
  goffset     offset;    /* in MpPlanInfo */
  enum { COUNT, BYTES, REAL } type;
} Column;

static const Column columns[] = {
  { "nodes", N_("Nodes"), G_STRUCT_OFFSET (MpPlanInfo, n_nodes), COUNT },
  { "folded", N_("Folded"), G_STRUCT_OFFSET (MpPlanInfo, n_folded), COUNT },
  { "kernels", N_("Kernels"), G_STRUCT_OFFSET (MpPlanInfo, n_kernels), COUNT },
  { "fused_groups", N_("Fused"), G_STRUCT_OFFSET (MpPlanInfo, n_fused_groups), COUNT },
  { "arena_bytes", N_("Arena bytes"), G_STRUCT_OFFSET (MpPlanInfo, arena_bytes), BYTES },
  { "unshared_bytes", N_("Without sharing"), G_STRUCT_OFFSET (MpPlanInfo, unshared_bytes), BYTES },
  { "workspace_bytes", N_("Workspace"), G_STRUCT_OFFSET (MpPlanInfo, workspace_bytes), BYTES },
  { "flops", N_("FLOPs"), G_STRUCT_OFFSET (MpPlanInfo, flops), REAL },
  { "product_flops", N_("in products"), G_STRUCT_OFFSET (MpPlanInfo, product_flops), REAL },
  { "exponentials", N_("Exponentials"), G_STRUCT_OFFSET (MpPlanInfo, exponentials), REAL },
};

static double
column_value (const Column     *column,
              const MpPlanInfo *info)
{
  switch (column->type)
    {
    case COUNT:
      return G_STRUCT_MEMBER (guint, info, column->offset);
    case BYTES:
      return (double) G_STRUCT_MEMBER (gsize, info, column->offset);
    default:
      return G_STRUCT_MEMBER (double, info, column->offset);
    }
}

static void
print_table (MpLoop *loop)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  GPtrArray *head = g_ptr_array_new ();

  g_ptr_array_add (head, g_strdup (_("Phase")));
  g_ptr_array_add (head, g_strdup (_("Runs")));
  for (guint j = 0; j < G_N_ELEMENTS (columns); j++)
    g_ptr_array_add (head, g_strdup (_(columns[j].title)));
  g_ptr_array_add (head, NULL);
  g_ptr_array_add (rows, g_ptr_array_free (head, FALSE));
  for (guint i = 0; i < mp_loop_get_n_phases (loop); i++)
    {
      GPtrArray *row = g_ptr_array_new ();
      MpPlanInfo info;

      mp_plan_get_info (mp_loop_get_plan (loop, i), &info);
      g_ptr_array_add (row, g_strdup (_(mp_loop_get_phase_title (loop, i))));
      g_ptr_array_add (row, g_strdup_printf ("%" G_GINT64_FORMAT, mp_loop_get_repeat (loop, i)));
      for (guint j = 0; j < G_N_ELEMENTS (columns); j++)
        g_ptr_array_add (row, g_strdup_printf ("%'.0f", column_value (&columns[j], &info)));
      g_ptr_array_add (row, NULL);
      g_ptr_array_add (rows, g_ptr_array_free (row, FALSE));
    }
  mp_print_table (rows, "");
  printf (_("\nParameters, states and inputs: %'" PRIu64 " bytes.\n"),
          (guint64) mp_store_get_bytes (mp_loop_get_store (loop)));
}

static void
print_kernels (MpLoop *loop)
{
  for (guint i = 0; i < mp_loop_get_n_phases (loop); i++)
    {
      g_autofree char *text = mp_plan_describe (mp_loop_get_plan (loop, i));

      printf ("\n%s\n%s", _(mp_loop_get_phase_title (loop, i)), text);
    }
}

static void
add_phase (JsonBuilder *builder,
           MpLoop      *loop,
           guint        i)
{
  MpPlanInfo info;

  mp_plan_get_info (mp_loop_get_plan (loop, i), &info);
  json_builder_begin_object (builder);
  mp_json_add_text (builder, "phase", mp_loop_get_phase_title (loop, i));
  mp_json_add_number (builder, "runs", (double) mp_loop_get_repeat (loop, i));
  for (guint j = 0; j < G_N_ELEMENTS (columns); j++)
    mp_json_add_number (builder, columns[j].name, column_value (&columns[j], &info));
  json_builder_end_object (builder);
}

static void
print_json (MpLoop *loop)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "phases");
  json_builder_begin_array (builder);
  for (guint i = 0; i < mp_loop_get_n_phases (loop); i++)
    add_phase (builder, loop, i);
  json_builder_end_array (builder);
  mp_json_add_number (builder, "store_bytes", (double) mp_store_get_bytes (mp_loop_get_store (loop)));
  json_builder_end_object (builder);
  mp_json_print (builder);
}

static int
show_plan (MpArguments  *arguments,
           MpExperiment *experiment)
{
  const MpDeviceClass *class;
  MpDevice *device = NULL;
  MpLoop *loop = NULL;
  gint64 threads = 1;
  GError *error = NULL;

  if (!mp_arguments_get_int (arguments, "threads", 1, 1024, &threads))
    return MP_EXIT_USAGE;
  if (!mp_device_open (mp_arguments_get (arguments, "device"), (gint) threads, &class, &device, &error))
    return mp_complain_error (error);
  loop = mp_loop_new (experiment, class, device, NULL, NULL, NULL, &error);
  if (loop != NULL && mp_arguments_has (arguments, "json"))
    print_json (loop);
  else if (loop != NULL)
    {
      print_table (loop);
      if (mp_arguments_has (arguments, "kernels"))
        print_kernels (loop);
    }
  g_clear_pointer (&loop, mp_loop_free);
  class->close (device);
  return error == NULL ? MP_EXIT_OK : mp_complain_error (error);
}

int
mp_plan_run_command (MpArguments *arguments)
{
  g_autoptr (GPtrArray) experiments = g_ptr_array_new_with_free_func ((GDestroyNotify) mp_experiment_unref);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  GError *error = NULL;
  MpExperiment *experiment = mp_experiment_load (g_ptr_array_index (arguments->words, 0), &error);

  if (experiment == NULL)
    {
      mp_complain_error (error);
      return MP_EXIT_USAGE;
    }
  g_ptr_array_add (experiments, experiment);
  g_ptr_array_add (names, (gpointer) mp_experiment_get_id (experiment));
  if (!mp_apply_settings (arguments, experiments, names))
    return MP_EXIT_USAGE;
  return show_plan (arguments, experiment);
}
