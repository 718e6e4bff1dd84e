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
#include "ui/plot/diagram-plot.h"

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
column_value (const Column *column,
              const void   *info)
{
  switch (column->type) {
  case COUNT:
    return G_STRUCT_MEMBER (guint, info, column->offset);
  case BYTES:
    return (double) G_STRUCT_MEMBER (gsize, info, column->offset);
  default:
    return G_STRUCT_MEMBER (double, info, column->offset);
  }
}

static const Column memory_columns[] = {
  { "variables", N_("Variables"), G_STRUCT_OFFSET (MpLoopMemory, variables), BYTES },
  { "plans", N_("Arenas"), G_STRUCT_OFFSET (MpLoopMemory, plans), BYTES },
  { "workspaces", N_("Workspaces"), G_STRUCT_OFFSET (MpLoopMemory, workspaces), BYTES },
  { "looks", N_("Samples and views"), G_STRUCT_OFFSET (MpLoopMemory, looks), BYTES },
  { "keyframes", N_("Keyframes"), G_STRUCT_OFFSET (MpLoopMemory, keyframes), BYTES },
  { "rings", N_("Minibatches and reports"), G_STRUCT_OFFSET (MpLoopMemory, rings), BYTES },
  { "total", N_("Total"), G_STRUCT_OFFSET (MpLoopMemory, total), BYTES },
};

/* A lane, planned. */
typedef struct
{
  const char          *id;
  const MpDeviceClass *class;
  MpDevice            *device;
  MpLoop              *loop;
} Lane;

static void
lane_free (gpointer data)
{
  Lane *lane = data;

  /* Plans and stores go before the device that their memory is on. */
  g_clear_pointer (&lane->loop, mp_loop_free);
  if (lane->device != NULL)
    lane->class->close (lane->device);
  g_free (lane);
}

static char **
phase_row (Lane  *lane,
           guint  i)
{
  GPtrArray *row = g_ptr_array_new ();
  MpPlanInfo info;

  mp_plan_get_info (mp_loop_get_plan (lane->loop, i), &info);
  g_ptr_array_add (row, g_strdup (lane->id));
  g_ptr_array_add (row, g_strdup (_(mp_loop_get_phase_title (lane->loop, i))));
  g_ptr_array_add (row, g_strdup_printf ("%" G_GINT64_FORMAT, mp_loop_get_repeat (lane->loop, i, MP_LOOP_TYPICAL)));
  for (guint j = 0; j < G_N_ELEMENTS (columns); j++)
    g_ptr_array_add (row, g_strdup_printf ("%'.0f", column_value (&columns[j], &info)));
  g_ptr_array_add (row, NULL);
  return (char **) g_ptr_array_free (row, FALSE);
}

static void
print_table (GPtrArray *lanes)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  GPtrArray *head = g_ptr_array_new ();

  g_ptr_array_add (head, g_strdup (_("Lane")));
  g_ptr_array_add (head, g_strdup (_("Phase")));
  g_ptr_array_add (head, g_strdup (_("Runs")));
  for (guint j = 0; j < G_N_ELEMENTS (columns); j++)
    g_ptr_array_add (head, g_strdup (_(columns[j].title)));
  g_ptr_array_add (head, NULL);
  g_ptr_array_add (rows, g_ptr_array_free (head, FALSE));
  for (guint i = 0; i < lanes->len; i++) {
    Lane *lane = g_ptr_array_index (lanes, i);

    for (guint j = 0; j < mp_loop_get_n_phases (lane->loop); j++)
      g_ptr_array_add (rows, phase_row (lane, j));
  }
  mp_print_table (rows, "");
}

/* What a lane takes on its device, known before it asks for any of it. */
static void
print_memory (GPtrArray *lanes)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  GPtrArray *head = g_ptr_array_new ();

  g_ptr_array_add (head, g_strdup (_("Lane")));
  for (guint j = 0; j < G_N_ELEMENTS (memory_columns); j++)
    g_ptr_array_add (head, g_strdup (_(memory_columns[j].title)));
  g_ptr_array_add (head, NULL);
  g_ptr_array_add (rows, g_ptr_array_free (head, FALSE));
  for (guint i = 0; i < lanes->len; i++) {
    Lane *lane = g_ptr_array_index (lanes, i);
    GPtrArray *row = g_ptr_array_new ();
    MpLoopMemory memory;

    mp_loop_get_memory (lane->loop, &memory);
    g_ptr_array_add (row, g_strdup (lane->id));
    for (guint j = 0; j < G_N_ELEMENTS (memory_columns); j++)
      g_ptr_array_add (row, g_strdup_printf ("%'.0f", column_value (&memory_columns[j], &memory)));
    g_ptr_array_add (row, NULL);
    g_ptr_array_add (rows, g_ptr_array_free (row, FALSE));
  }
  printf ("\n%s\n", _("Bytes that a lane takes on the device:"));
  mp_print_table (rows, "");
}

static void
print_kernels (Lane *lane)
{
  for (guint i = 0; i < mp_loop_get_n_phases (lane->loop); i++) {
    g_autofree char *text = mp_plan_describe (mp_loop_get_plan (lane->loop, i));

    printf ("\n%s: %s\n%s", lane->id, _(mp_loop_get_phase_title (lane->loop, i)), text);
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
  mp_json_add_number (builder, "runs", (double) mp_loop_get_repeat (loop, i, MP_LOOP_TYPICAL));
  for (guint j = 0; j < G_N_ELEMENTS (columns); j++)
    mp_json_add_number (builder, columns[j].name, column_value (&columns[j], &info));
  json_builder_end_object (builder);
}

static void
add_memory (JsonBuilder *builder,
            MpLoop      *loop)
{
  MpLoopMemory memory;

  mp_loop_get_memory (loop, &memory);
  json_builder_set_member_name (builder, "bytes");
  json_builder_begin_object (builder);
  for (guint j = 0; j < G_N_ELEMENTS (memory_columns); j++)
    mp_json_add_number (builder, memory_columns[j].name, column_value (&memory_columns[j], &memory));
  json_builder_end_object (builder);
}

static void
print_json (GPtrArray *lanes)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "lanes");
  json_builder_begin_array (builder);
  for (guint i = 0; i < lanes->len; i++) {
    Lane *lane = g_ptr_array_index (lanes, i);

    json_builder_begin_object (builder);
    mp_json_add_text (builder, "id", lane->id);
    add_memory (builder, lane->loop);
    json_builder_set_member_name (builder, "phases");
    json_builder_begin_array (builder);
    for (guint j = 0; j < mp_loop_get_n_phases (lane->loop); j++)
      add_phase (builder, lane->loop, j);
    json_builder_end_array (builder);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  mp_json_print (builder);
}

static gboolean
draw_diagram (Lane        *lane,
              const char  *path,
              GError     **error)
{
  g_autoptr (MpDiagram) diagram = mp_diagram_new (mp_loop_get_build (lane->loop));
  g_autoptr (MpDiagramPlot) plot = mp_diagram_plot_new (diagram, 0);
  MpPlotStyle style;

  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  return mp_diagram_plot_write (plot, path, &style, error);
}

static gboolean
plan_lanes (MpArguments *arguments,
            gint64       threads,
            GPtrArray   *experiments,
            GPtrArray   *names,
            GPtrArray   *lanes,
            GError     **error)
{
  for (guint i = 0; i < experiments->len; i++) {
    MpExperiment *experiment = g_ptr_array_index (experiments, i);
    MpDeviceOptions options = { .n_threads = (gint32) threads };
    Lane *lane = g_new0 (Lane, 1);

    g_ptr_array_add (lanes, lane);
    lane->id = g_ptr_array_index (names, i);
    mp_device_read_options (experiment, &options);
    if (!mp_device_open (mp_arguments_get (arguments, "device"), &options, &lane->class, &lane->device, NULL, error))
      return FALSE;
    lane->loop = mp_loop_prepare (experiment, lane->class, lane->device, NULL, NULL, NULL, error);
    if (lane->loop == NULL)
      return FALSE;
  }
  return TRUE;
}

static int
show_plans (MpArguments *arguments,
            GPtrArray   *experiments,
            GPtrArray   *names)
{
  g_autoptr (GPtrArray) lanes = g_ptr_array_new_with_free_func (lane_free);
  gint64 threads = 1;
  GError *error = NULL;

  if (!mp_arguments_get_int (arguments, "threads", 1, 1024, &threads))
    return MP_EXIT_USAGE;
  if (!plan_lanes (arguments, threads, experiments, names, lanes, &error))
    return mp_complain_error (error);
  if (mp_arguments_has (arguments, "json"))
    print_json (lanes);
  else {
    print_table (lanes);
    print_memory (lanes);
  }
  for (guint i = 0; i < lanes->len && mp_arguments_has (arguments, "kernels"); i++)
    print_kernels (g_ptr_array_index (lanes, i));
  if (mp_arguments_has (arguments, "diagram")
      && !draw_diagram (g_ptr_array_index (lanes, 0), mp_arguments_get (arguments, "diagram"), &error))
    return mp_complain_error (error);
  return MP_EXIT_OK;
}

int
mp_plan_run_command (MpArguments *arguments)
{
  g_autoptr (GPtrArray) experiments = NULL;
  g_autoptr (GPtrArray) names = NULL;
  GError *error = NULL;

  if (mp_arguments_has (arguments, "json") && mp_arguments_has (arguments, "kernels"))
    return mp_complain (MP_EXIT_USAGE, _("--kernels is a listing for people; it cannot be given beside --json."));
  if (!mp_arguments_check_picture (arguments, "diagram"))
    return MP_EXIT_USAGE;
  experiments = mp_comparison_load (g_ptr_array_index (arguments->words, 0), NULL, &error);
  if (experiments == NULL) {
    mp_complain_error (error);
    return MP_EXIT_USAGE;
  }
  if (experiments->len > 1 && mp_arguments_has (arguments, "diagram"))
    return mp_complain (MP_EXIT_USAGE, _("--diagram draws one experiment; “%s” is a comparison."),
                        (const char *) g_ptr_array_index (arguments->words, 0));
  names = mp_name_lanes (experiments);
  if (!mp_apply_settings (arguments, experiments, names))
    return MP_EXIT_USAGE;
  return show_plans (arguments, experiments, names);
}
