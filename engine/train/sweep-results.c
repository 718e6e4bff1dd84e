/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep-results.c: results of a sweep as numbers and as CSV (RFC 4180, numbers with a point, empty for none).
 */
#include "engine/train/sweep-run-private.h"

#include <math.h>
#include <string.h>

#include "engine/metrics/metric.h"
#include "engine/runs/file.h"

/* ---- which metrics ---- */

/* The registry's metrics first, in its order, each with the values beside it; then series of the methods. */
static guint
rank_of (const char *id)
{
  guint n, best = G_MAXUINT;
  const MpDescriptor *const *list = mp_registry_list (MP_KIND_METRIC, &n);

  for (guint i = 0; i < n && best == G_MAXUINT; i++)
    if (g_str_has_prefix (id, list[i]->id)
        && (id[strlen (list[i]->id)] == '\0' || id[strlen (list[i]->id)] == '_'))
      best = i;
  return best;
}

static gint
compare_metrics (gconstpointer a,
                 gconstpointer b)
{
  const char *first = *(const char *const *) a, *second = *(const char *const *) b;
  guint rank_first = rank_of (first), rank_second = rank_of (second);

  if (rank_first != rank_second)
    return rank_first < rank_second ? -1 : 1;
  return strcmp (first, second);
}

GPtrArray *
mp_sweep_run_list_metrics (MpSweepRun *self)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_direct_hash, g_direct_equal);
  GPtrArray *ids = g_ptr_array_new_with_free_func (g_free);

  g_mutex_lock (&self->mutex);
  for (guint i = 0; i < mp_sweep_get_n_trials (self->sweep); i++) {
    GHashTableIter iter;
    gpointer id;

    if (self->records[i].values == NULL)
      continue;
    g_hash_table_iter_init (&iter, self->records[i].values);
    /* "mode/3" is a histogram, not a result. */
    while (g_hash_table_iter_next (&iter, &id, NULL))
      if (!g_str_has_prefix (id, "mode/") && g_hash_table_add (seen, id))
        g_ptr_array_add (ids, g_strdup (id));
  }
  g_mutex_unlock (&self->mutex);
  g_ptr_array_sort (ids, compare_metrics);
  return ids;
}

/* ---- summaries ---- */

void
mp_sweep_run_summarise (MpSweepRun     *self,
                        guint           cell,
                        const char     *metric,
                        MpSweepSummary *summary)
{
  guint n_seeds = mp_sweep_get_n_seeds (self->sweep);
  g_autofree double *values = g_new (double, n_seeds);

  *summary = (MpSweepSummary) { .mean = NAN, .sd = NAN, .min = NAN, .max = NAN, .n_seeds = n_seeds };
  for (guint i = 0; i < n_seeds; i++) {
    guint trial = mp_sweep_find_trial (self->sweep, cell, i);
    MpTrialStatus status;
    double value;

    mp_sweep_run_get_status (self, trial, &status);
    summary->n_diverged += status.state == MP_TRIAL_DIVERGED;
    summary->n_failed += status.state == MP_TRIAL_FAILED;
    summary->n_waiting += status.state < MP_TRIAL_FINISHED;
    value = status.state == MP_TRIAL_FINISHED ? mp_sweep_run_get_value (self, trial, metric) : NAN;
    if (!isfinite (value))
      continue;
    values[summary->n++] = value;
    summary->min = fmin (summary->min, value);
    summary->max = fmax (summary->max, value);
  }
  mp_mean_and_sd (values, summary->n, &summary->mean, &summary->sd);
}

/* ---- differences ---- */

/* The result of every seed in a cell; FALSE where one is missing. */
static gboolean
read_cell (MpSweepRun *self,
           guint       cell,
           const char *metric,
           double     *values)
{
  for (guint i = 0; i < mp_sweep_get_n_seeds (self->sweep); i++) {
    guint trial = mp_sweep_find_trial (self->sweep, cell, i);
    MpTrialStatus status;

    mp_sweep_run_get_status (self, trial, &status);
    values[i] = mp_sweep_run_get_value (self, trial, metric);
    if (status.state != MP_TRIAL_FINISHED || !isfinite (values[i]))
      return FALSE;
  }
  return TRUE;
}

static void
compare_pair (MpSweepRun        *self,
              const char        *metric,
              MpSweepDifference *result)
{
  guint n = mp_sweep_get_n_seeds (self->sweep);
  g_autofree double *a = g_new0 (double, n);
  g_autofree double *b = g_new0 (double, n);
  g_autofree double *one = g_new (double, n);
  g_autofree double *other = g_new (double, n);

  for (guint cell = 0; cell < mp_sweep_get_n_cells (self->sweep); cell++) {
    if (mp_sweep_get_position (self->sweep, cell, 0) != result->a)
      continue;
    if (!read_cell (self, cell, metric, one)
        || !read_cell (self, mp_sweep_move_cell (self->sweep, cell, 0, result->b), metric, other)) {
      result->n_left_out++;
      continue;
    }
    result->n_settings++;
    for (guint i = 0; i < n; i++) {
      a[i] += one[i];
      b[i] += other[i];
    }
  }
  for (guint i = 0; i < n; i++) {
    a[i] /= MAX (result->n_settings, 1);
    b[i] /= MAX (result->n_settings, 1);
  }
  mp_difference_paired (a, b, result->n_settings > 0 ? n : 0, &result->difference);
}

GArray *
mp_sweep_run_compare (MpSweepRun *self,
                      const char *metric)
{
  GArray *results = g_array_new (FALSE, FALSE, sizeof (MpSweepDifference));
  guint n = mp_sweep_get_axis (self->sweep, 0)->n_values;

  for (guint a = 0; a < n; a++)
    for (guint b = a + 1; b < n; b++) {
      MpSweepDifference result = { .a = a, .b = b };

      compare_pair (self, metric, &result);
      g_array_append_val (results, result);
    }
  return results;
}

/* ---- CSV ---- */

static void
append_text (GString    *csv,
             const char *text)
{
  if (csv->len > 0 && csv->str[csv->len - 1] != '\n')
    g_string_append_c (csv, ',');
  if (strpbrk (text, ",\"\n\r") == NULL) {
    g_string_append (csv, text);
    return;
  }
  g_string_append_c (csv, '"');
  for (const char *c = text; *c != '\0'; c++) {
    if (*c == '"')
      g_string_append_c (csv, '"');
    g_string_append_c (csv, *c);
  }
  g_string_append_c (csv, '"');
}

/* As few digits as make the same number again; an empty field for NaN. */
static void
append_number (GString *csv,
               double   value)
{
  static const char *const formats[] = { "%.15g", "%.16g", "%.17g" };
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (g_ascii_strtod (g_ascii_formatd (buffer, sizeof buffer, formats[i], value), NULL) == value)
      break;
  append_text (csv, isnan (value) ? "" : buffer);
}

static void
append_count (GString *csv,
              guint64  value)
{
  g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, value);

  append_text (csv, text);
}

static void
append_axes_head (MpSweepRun *self,
                  GString    *csv)
{
  append_text (csv, "row");
  append_text (csv, "column");
  for (guint i = 0; i < mp_sweep_get_n_axes (self->sweep); i++)
    append_text (csv, mp_sweep_get_axis (self->sweep, i)->name);
}

static void
append_axes (MpSweepRun *self,
             GString    *csv,
             guint       cell)
{
  append_count (csv, cell / mp_sweep_get_n_columns (self->sweep) + 1);
  append_count (csv, cell % mp_sweep_get_n_columns (self->sweep) + 1);
  for (guint i = 0; i < mp_sweep_get_n_axes (self->sweep); i++)
    append_text (csv, mp_sweep_get_axis (self->sweep, i)->labels[mp_sweep_get_position (self->sweep, cell, i)]);
}

static void
append_seed (MpSweepRun *self,
             GString    *csv,
             GPtrArray  *metrics,
             guint       cell,
             guint       seed)
{
  guint number = mp_sweep_find_trial (self->sweep, cell, seed);
  const MpSweepTrial *trial = mp_sweep_get_trial (self->sweep, number);
  g_autofree char *run = g_build_filename ("runs", trial->name, NULL);
  MpTrialStatus status;

  mp_sweep_run_get_status (self, number, &status);
  append_axes (self, csv, cell);
  append_count (csv, (guint64) trial->seed);
  append_text (csv, mp_trial_state_name (status.state));
  append_count (csv, status.iteration);
  append_number (csv, status.seconds);
  for (guint i = 0; i < metrics->len; i++)
    append_number (csv, mp_sweep_run_get_value (self, number, g_ptr_array_index (metrics, i)));
  append_text (csv, run);
  g_string_append_c (csv, '\n');
}

char *
mp_sweep_run_seeds_csv (MpSweepRun *self)
{
  static const char *const head[] = { "seed", "state", "iteration", "seconds" };
  g_autoptr (GPtrArray) metrics = mp_sweep_run_list_metrics (self);
  g_autoptr (GString) csv = g_string_new (NULL);

  append_axes_head (self, csv);
  for (guint i = 0; i < G_N_ELEMENTS (head); i++)
    append_text (csv, head[i]);
  for (guint i = 0; i < metrics->len; i++)
    append_text (csv, g_ptr_array_index (metrics, i));
  append_text (csv, "run");
  g_string_append_c (csv, '\n');
  for (guint cell = 0; cell < mp_sweep_get_n_cells (self->sweep); cell++)
    for (guint seed = 0; seed < mp_sweep_get_n_seeds (self->sweep); seed++)
      append_seed (self, csv, metrics, cell, seed);
  return g_string_free (g_steal_pointer (&csv), FALSE);
}

char *
mp_sweep_run_cells_csv (MpSweepRun *self)
{
  static const char *const head[] = { "seeds", "n", "diverged", "failed", "waiting" };
  static const char *const parts[] = { "mean", "sd", "min", "max" };
  g_autoptr (GPtrArray) metrics = mp_sweep_run_list_metrics (self);
  g_autoptr (GString) csv = g_string_new (NULL);

  append_axes_head (self, csv);
  for (guint i = 0; i < G_N_ELEMENTS (head); i++)
    append_text (csv, head[i]);
  for (guint i = 0; i < metrics->len; i++)
    for (guint j = 0; j < G_N_ELEMENTS (parts); j++) {
      g_autofree char *name = g_strconcat (g_ptr_array_index (metrics, i), " ", parts[j], NULL);

      append_text (csv, name);
    }
  g_string_append_c (csv, '\n');
  for (guint cell = 0; cell < mp_sweep_get_n_cells (self->sweep); cell++) {
    MpSweepSummary summary;

    mp_sweep_run_summarise (self, cell, mp_sweep_get_metric (self->sweep), &summary);
    append_axes (self, csv, cell);
    append_count (csv, summary.n_seeds);
    append_count (csv, summary.n_seeds - summary.n_diverged - summary.n_failed - summary.n_waiting);
    append_count (csv, summary.n_diverged);
    append_count (csv, summary.n_failed);
    append_count (csv, summary.n_waiting);
    for (guint i = 0; i < metrics->len; i++) {
      mp_sweep_run_summarise (self, cell, g_ptr_array_index (metrics, i), &summary);
      append_number (csv, summary.mean);
      append_number (csv, summary.sd);
      append_number (csv, summary.min);
      append_number (csv, summary.max);
    }
    g_string_append_c (csv, '\n');
  }
  return g_string_free (g_steal_pointer (&csv), FALSE);
}

gboolean
mp_sweep_run_write_csv (MpSweepRun *self,
                        const char *path,
                        GError    **error)
{
  const char *slash = strrchr (path, '/');
  const char *dot = strrchr (path, '.');
  gsize stem = dot != NULL && (slash == NULL || dot > slash + 1) ? (gsize) (dot - path) : strlen (path);
  g_autofree char *start = g_strndup (path, stem);
  g_autofree char *beside = g_strconcat (start, "-seeds", path + stem, NULL);
  g_autofree char *cells = mp_sweep_run_cells_csv (self);
  g_autofree char *seeds = mp_sweep_run_seeds_csv (self);

  return mp_file_write_text (path, cells, error) && mp_file_write_text (beside, seeds, error);
}
