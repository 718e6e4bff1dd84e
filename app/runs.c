/* SPDX-License-Identifier: Apache-2.0
 *
 * runs.c: “list runs”: the kept runs, newest first.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "app/json.h"
#include "engine/runs/run-db.h"
#include "engine/runs/run.h"

void
mp_warn_about_runs (GPtrArray *dirs)
{
  for (guint i = 0; i < dirs->len; i++) {
    g_autoptr (MpRun) run = mp_run_open (g_ptr_array_index (dirs, i), FALSE, NULL);
    g_autofree char *warning = run != NULL ? mp_run_dup_metrics_warning (run) : NULL;

    if (warning != NULL)
      mp_complain (MP_EXIT_OK, "%s", warning);
  }
}

static void
add_cell (GPtrArray  *cells,
          const char *text)
{
  g_ptr_array_add (cells, g_strdup (text[0] != '\0' ? text : "–"));
}

static void
print_rows (GPtrArray *runs)
{
  static const char *const head[] = { N_("Run"), N_("State"), N_("Iterations"), N_("Method"), N_("Data"), N_("Title"),
                                      N_("Branch of"), N_("Tags") };
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  GPtrArray *cells = g_ptr_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (head); i++)
    add_cell (cells, _(head[i]));
  g_ptr_array_add (cells, NULL);
  g_ptr_array_add (rows, g_ptr_array_free (cells, FALSE));
  for (guint i = 0; i < runs->len; i++) {
    const MpRunRow *run = g_ptr_array_index (runs, i);
    g_autofree char *name = g_path_get_basename (run->path);
    g_autofree char *iteration = g_strdup_printf ("%" PRId64, run->iteration);
    g_autofree char *parent_name = g_path_get_basename (run->parent);
    g_autofree char *parent = run->parent[0] == '\0' ? g_strdup ("")
                              : g_strdup_printf ("%s @ %" PRId64, parent_name, run->parent_iteration);

    cells = g_ptr_array_new ();
    add_cell (cells, name);
    add_cell (cells, run->state);
    add_cell (cells, iteration);
    add_cell (cells, run->method);
    add_cell (cells, run->data);
    add_cell (cells, run->title);
    add_cell (cells, parent);
    add_cell (cells, run->tags);
    g_ptr_array_add (cells, NULL);
    g_ptr_array_add (rows, g_ptr_array_free (cells, FALSE));
  }
  mp_print_table (rows, "");
}

static void
add_json (JsonBuilder    *builder,
          const MpRunRow *run)
{
  g_autofree char *name = g_path_get_basename (run->path);
  g_autoptr (JsonParser) metrics = json_parser_new ();

  json_builder_begin_object (builder);
  mp_json_add_text (builder, "id", name);
  mp_json_add_text (builder, "run", run->path);
  mp_json_add_text (builder, "title", run->title);
  mp_json_add_text (builder, "method", run->method);
  mp_json_add_text (builder, "data", run->data);
  mp_json_add_number (builder, "seed", (double) run->seed);
  mp_json_add_text (builder, "state", run->state);
  mp_json_add_number (builder, "iteration", (double) run->iteration);
  mp_json_add_number (builder, "seconds", run->seconds);
  mp_json_add_text (builder, "created", run->created);
  mp_json_add_text (builder, "updated", run->updated);
  mp_json_add_text (builder, "tags", run->tags);
  mp_json_add_text (builder, "notes", run->notes);
  if (run->parent[0] != '\0') {
    json_builder_set_member_name (builder, "parent");
    json_builder_begin_object (builder);
    mp_json_add_text (builder, "run", run->parent);
    mp_json_add_number (builder, "iteration", (double) run->parent_iteration);
    json_builder_end_object (builder);
  }
  if (json_parser_load_from_data (metrics, run->metrics, -1, NULL)) {
    json_builder_set_member_name (builder, "metrics");
    json_builder_add_value (builder, json_parser_steal_root (metrics));
  }
  json_builder_end_object (builder);
}

int
mp_list_runs (MpArguments *arguments)
{
  g_autoptr (GString) words = g_string_new (NULL);
  g_autoptr (MpRunDb) db = NULL;
  g_autoptr (GPtrArray) runs = NULL;
  GError *error = NULL;

  for (guint i = 1; i < arguments->words->len; i++)
    g_string_append_printf (words, "%s ", (char *) g_ptr_array_index (arguments->words, i));
  db = mp_run_db_open (NULL, &error);
  runs = db != NULL && mp_run_db_sync (db, &error) ? mp_run_db_search (db, words->str, &error) : NULL;
  if (runs == NULL)
    return mp_complain_error (error);
  if (mp_arguments_has (arguments, "json")) {
    g_autoptr (JsonBuilder) builder = json_builder_new ();

    json_builder_begin_array (builder);
    for (guint i = 0; i < runs->len; i++)
      add_json (builder, g_ptr_array_index (runs, i));
    json_builder_end_array (builder);
    mp_json_print (builder);
  } else if (runs->len > 0)
    print_rows (runs);
  else
    printf ("%s\n", words->len > 0 ? _("No run matches.") : _("No runs are kept."));
  return MP_EXIT_OK;
}
