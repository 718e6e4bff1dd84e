/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/runs/export.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "engine/runs/event-file.h"

/* One value of a run, to be sorted by iteration. */
typedef struct
{
  guint64 iteration;
  guint   series;    /* column */
  double  value;
} Cell;

static int
compare_cells (gconstpointer a,
               gconstpointer b)
{
  const Cell *x = a, *y = b;

  if (x->iteration != y->iteration)
    return x->iteration < y->iteration ? -1 : 1;
  return x->series < y->series ? -1 : x->series > y->series;
}

/* All values of a run in the order of their iterations; series by its place in ids. */
static GArray *
read_cells (MpRun      *run,
            GPtrArray  *ids,
            GError    **error)
{
  g_autoptr (GArray) cells = g_array_new (FALSE, FALSE, sizeof (Cell));

  for (guint i = 0; i < ids->len; i++) {
    g_autoptr (GArray) iterations = g_array_new (FALSE, FALSE, sizeof (guint64));
    g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (double));

    if (!mp_run_read_series (run, g_ptr_array_index (ids, i), iterations, values, error))
      return NULL;
    for (guint j = 0; j < iterations->len; j++) {
      Cell cell = { g_array_index (iterations, guint64, j), i, g_array_index (values, double, j) };

      g_array_append_val (cells, cell);
    }
  }
  g_array_sort (cells, compare_cells);
  return g_steal_pointer (&cells);
}

/* What a run is called: the name of its folder, and which one it is where several have that, as two sweeps' runs may.
 * (transfer full) */
static char *
name_of (GPtrArray *dirs,
         guint      run)
{
  g_autofree char *name = g_path_get_basename (g_ptr_array_index (dirs, run));
  guint n = 1;

  for (guint i = 0; i < run; i++) {
    g_autofree char *other = g_path_get_basename (g_ptr_array_index (dirs, i));

    n += g_str_equal (name, other);
  }
  return n > 1 ? g_strdup_printf ("%s (%u)", name, n) : g_steal_pointer (&name);
}

/* ---- comma-separated values ---- */

static void
append_text (GString    *csv,
             const char *text)
{
  g_auto (GStrv) parts = NULL;
  g_autofree char *doubled = NULL;

  if (strpbrk (text, ",\"\r\n") == NULL) {
    g_string_append (csv, text);
    return;
  }
  parts = g_strsplit (text, "\"", -1);
  doubled = g_strjoinv ("\"\"", parts);
  g_string_append_printf (csv, "\"%s\"", doubled);
}

static void
append_number (GString *csv,
               double   value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  if (isnan (value))
    g_string_append (csv, "nan");
  else if (isinf (value))
    g_string_append (csv, value > 0 ? "inf" : "-inf");
  else
    g_string_append (csv, g_ascii_dtostr (buffer, sizeof buffer, value));
}

static void
append_rows (GString    *csv,
             const char *name,
             GArray     *cells,
             GPtrArray  *ids,
             GPtrArray  *columns)
{
  g_autofree double *row = g_new (double, MAX (columns->len, 1));
  g_autofree gboolean *known = g_new0 (gboolean, MAX (columns->len, 1));
  guint at = 0;

  while (at < cells->len) {
    guint64 iteration = g_array_index (cells, Cell, at).iteration;

    memset (known, 0, columns->len * sizeof *known);
    for (; at < cells->len && g_array_index (cells, Cell, at).iteration == iteration; at++) {
      const Cell *cell = &g_array_index (cells, Cell, at);
      guint column = 0;

      g_ptr_array_find_with_equal_func (columns, g_ptr_array_index (ids, cell->series), g_str_equal, &column);
      row[column] = cell->value;
      known[column] = TRUE;
    }
    append_text (csv, name);
    g_string_append_printf (csv, ",%" PRIu64, iteration);
    for (guint i = 0; i < columns->len; i++) {
      g_string_append_c (csv, ',');
      if (known[i])
        append_number (csv, row[i]);
    }
    g_string_append (csv, "\r\n");
  }
}

/* Series of all runs, once each, in the order in which they come. */
static GPtrArray *
list_columns (GPtrArray *lists)
{
  GPtrArray *columns = g_ptr_array_new ();

  for (guint i = 0; i < lists->len; i++) {
    GPtrArray *ids = g_ptr_array_index (lists, i);

    for (guint j = 0; j < ids->len; j++)
      if (!g_ptr_array_find_with_equal_func (columns, g_ptr_array_index (ids, j), g_str_equal, NULL))
        g_ptr_array_add (columns, g_ptr_array_index (ids, j));
  }
  return columns;
}

char *
mp_runs_to_csv (GPtrArray  *dirs,
                GError    **error)
{
  g_autoptr (GPtrArray) runs = g_ptr_array_new_with_free_func ((GDestroyNotify) mp_run_close);
  g_autoptr (GPtrArray) lists = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
  g_autoptr (GPtrArray) columns = NULL;
  g_autoptr (GString) csv = g_string_new ("run,iteration");

  for (guint i = 0; i < dirs->len; i++) {
    g_autoptr (MpRun) run = mp_run_open (g_ptr_array_index (dirs, i), FALSE, error);
    GPtrArray *ids = run != NULL ? mp_run_list_series (run, error) : NULL;

    if (ids == NULL)
      return NULL;
    g_ptr_array_add (lists, ids);
    g_ptr_array_add (runs, g_steal_pointer (&run));
  }
  columns = list_columns (lists);
  for (guint i = 0; i < columns->len; i++) {
    g_string_append_c (csv, ',');
    append_text (csv, g_ptr_array_index (columns, i));
  }
  g_string_append (csv, "\r\n");
  for (guint i = 0; i < runs->len; i++) {
    GPtrArray *ids = g_ptr_array_index (lists, i);
    g_autoptr (GArray) cells = read_cells (g_ptr_array_index (runs, i), ids, error);
    g_autofree char *name = name_of (dirs, i);

    if (cells == NULL)
      return NULL;
    append_rows (csv, name, cells, ids, columns);
  }
  return g_string_free (g_steal_pointer (&csv), FALSE);
}

/* ---- TensorBoard ---- */

static gboolean
write_events (MpRun       *run,
              const char  *dir,
              GError     **error)
{
  g_autoptr (GPtrArray) ids = mp_run_list_series (run, error);
  g_autoptr (GArray) cells = ids != NULL ? read_cells (run, ids, error) : NULL;
  g_autoptr (GDateTime) created = g_date_time_new_from_iso8601 (mp_run_get_created (run), NULL);
  double begin = created != NULL ? (double) g_date_time_to_unix (created) : 0;
  double pace = mp_run_get_seconds (run) / (double) MAX (mp_run_get_iteration (run), 1);
  g_autoptr (MpEventFile) file = NULL;

  if (cells == NULL)
    return FALSE;
  file = mp_event_file_new (dir, begin, error);
  if (file == NULL)
    return FALSE;
  for (guint i = 0; i < cells->len; i++) {
    const Cell *cell = &g_array_index (cells, Cell, i);

    if (!mp_event_file_add (file, begin + pace * (double) cell->iteration, cell->iteration,
                            g_ptr_array_index (ids, cell->series), cell->value)) {
      g_set_error (error, MP_ERROR, MP_ERROR_FILE, "%s: the run has more values than an event file of 2 GiB can hold",
                   mp_run_get_dir (run));
      return FALSE;
    }
  }
  return mp_event_file_finish (file, error);
}

gboolean
mp_runs_to_events (GPtrArray   *dirs,
                   const char  *dir,
                   GError     **error)
{
  for (guint i = 0; i < dirs->len; i++) {
    g_autoptr (MpRun) run = mp_run_open (g_ptr_array_index (dirs, i), FALSE, error);
    g_autofree char *name = name_of (dirs, i);
    g_autofree char *place = g_build_filename (dir, name, NULL);

    if (run == NULL || !write_events (run, place, error))
      return FALSE;
  }
  return TRUE;
}
