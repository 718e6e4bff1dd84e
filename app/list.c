/* SPDX-License-Identifier: Apache-2.0
 *
 * list.c: “list”, and the words for completions.
 */
#include "app/app.h"
#include "app/json.h"
#include "app/things.h"

#include <stdio.h>
#include <string.h>

#include "engine/train/devices.h"
#include "engine/train/sweep.h"

static void
print_items (GPtrArray *items)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);

  for (guint i = 0; i < items->len; i++) {
    const MpItem *item = g_ptr_array_index (items, i);
    const char *row[] = { item->id, item->title, item->summary, NULL };

    g_ptr_array_add (rows, g_strdupv ((char **) row));
  }
  mp_print_table (rows, "");
}

static void
print_items_json (GPtrArray *items)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_array (builder);
  for (guint i = 0; i < items->len; i++) {
    const MpItem *item = g_ptr_array_index (items, i);

    json_builder_begin_object (builder);
    mp_json_add_text (builder, "id", item->id);
    mp_json_add_text (builder, "title", item->title);
    mp_json_add_text (builder, "summary", item->summary);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
  mp_json_print (builder);
}

/* Devices tell more about themselves. */
static int
print_devices_json (void)
{
  g_autoptr (GPtrArray) devices = mp_devices_list ();
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_array (builder);
  for (guint i = 0; i < devices->len; i++) {
    const MpDeviceEntry *device = g_ptr_array_index (devices, i);

    json_builder_begin_object (builder);
    mp_json_add_text (builder, "id", device->id);
    mp_json_add_text (builder, "title", device->title);
    mp_json_add_text (builder, "summary", device->status);
    json_builder_set_member_name (builder, "usable");
    json_builder_add_boolean_value (builder, device->usable);
    if (device->uuid[0] != '\0')
      mp_json_add_text (builder, "uuid", device->uuid);
    if (device->memory_total > 0) {
      mp_json_add_number (builder, "memory_total", (double) device->memory_total);
      mp_json_add_number (builder, "memory_free", (double) device->memory_free);
    }
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
  mp_json_print (builder);
  return MP_EXIT_OK;
}

int
mp_list_run (MpArguments *arguments)
{
  const char *word = g_ptr_array_index (arguments->words, 0);
  const char *nearest = mp_nearest_name (word, mp_list_words);
  g_autoptr (GPtrArray) items = NULL, errors = g_ptr_array_new (); /* whoever complains frees an error */
  int status = MP_EXIT_OK;

  if (!g_strv_contains (mp_list_words, word)) {
    g_autofree char *all = g_strjoinv (", ", (char **) mp_list_words);

    if (nearest != NULL)
      return mp_complain (MP_EXIT_USAGE, _("“%s” cannot be listed; did you mean “%s”? What can are %s."), word,
                          nearest, all);
    return mp_complain (MP_EXIT_USAGE, _("“%s” cannot be listed; what can are %s."), word, all);
  }
  if (strcmp (word, "runs") == 0)
    return mp_list_runs (arguments);
  if (arguments->words->len > 1)
    return mp_complain (MP_EXIT_USAGE, _("“%s” is one word too many; words to search for go with “list runs” only."),
                        (char *) g_ptr_array_index (arguments->words, 1));
  if (strcmp (word, "devices") == 0 && mp_arguments_has (arguments, "json"))
    return print_devices_json ();
  items = mp_items_collect (word, errors);
  if (mp_arguments_has (arguments, "json"))
    print_items_json (items);
  else
    print_items (items);
  for (guint i = 0; i < errors->len; i++) {
    mp_complain_error (g_ptr_array_index (errors, i));
    status = MP_EXIT_FAILURE; /* the command was right, a file is not */
  }
  return status;
}

/* ---- completions ---- */

/* The experiments that a word names, a sweep's trials too, or NULL. (transfer full) */
static GPtrArray *
load_word (const char *word)
{
  GPtrArray *lanes = word[0] != '-' ? mp_comparison_load (word, NULL, NULL) : NULL;
  g_autoptr (MpSweep) sweep = lanes == NULL && word[0] != '-' ? mp_sweep_load (word, NULL, NULL) : NULL;

  if (sweep == NULL)
    return lanes;
  lanes = g_ptr_array_new_with_free_func ((GDestroyNotify) mp_experiment_unref);
  for (guint i = 0; i < mp_sweep_get_n_trials (sweep); i++)
    g_ptr_array_add (lanes, mp_experiment_ref (mp_sweep_get_trial (sweep, i)->experiment));
  return lanes;
}

/* group.key= for every key of the experiments among the words. */
static void
complete_settings (int    n,
                   char **words)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (int i = 0; i < n; i++) {
    g_autoptr (GPtrArray) lanes = load_word (words[i]);

    for (guint j = 0; lanes != NULL && j < lanes->len; j++) {
      g_autoptr (GPtrArray) schema = mp_experiment_get_schema (g_ptr_array_index (lanes, j));

      for (guint k = 0; k < schema->len; k++) {
        const MpSchemaGroup *group = g_ptr_array_index (schema, k);

        if (group->kind < MP_N_KINDS && g_hash_table_add (seen, g_strconcat (group->group, ".kind", NULL)))
          printf ("%s.kind=\n", group->group);
        for (guint l = 0; l < group->params->len; l++) {
          const MpParam *param = g_ptr_array_index (group->params, l);

          if (g_hash_table_add (seen, g_strconcat (group->group, ".", param->key, NULL)))
            printf ("%s.%s=\n", group->group, param->key);
        }
      }
    }
  }
}

int
mp_complete (int    argc,
             char **argv)
{
  const char *what = argc > 0 ? argv[0] : "";

  if (strcmp (what, "settings") == 0)
    complete_settings (argc - 1, argv + 1);
  else if (strcmp (what, "things") == 0) {
    g_autoptr (GPtrArray) things = mp_things_collect ();

    for (guint i = 0; i + 1 < things->len; i++)
      printf ("%s\n", (char *) g_ptr_array_index (things, i));
  } else if (strcmp (what, "kinds") == 0)
    for (guint i = 0; mp_list_words[i] != NULL; i++)
      printf ("%s\n", mp_list_words[i]);
  else {
    g_autoptr (GPtrArray) items = mp_items_collect (strcmp (what, "commands") == 0 ? "presets" : what, NULL);

    for (guint i = 0; strcmp (what, "commands") == 0 && i < mp_n_commands; i++)
      if (mp_commands[i].name[0] != '\0')
        printf ("%s\n", mp_commands[i].name);
    for (guint i = 0; i < items->len; i++)
      printf ("%s\n", ((MpItem *) g_ptr_array_index (items, i))->id);
  }
  return MP_EXIT_OK;
}
