/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep-picture.c: from a sweep's folder to a matrix.
 */
#include <glib/gi18n.h>

#include "ui/plot/sweep-picture.h"

#include <math.h>
#include <string.h>

#include "engine/data/data.h"
#include "engine/runs/run.h"
#include "ui/plot/plot-format.h"

#define LOG_SPAN 10 /* metrics that should vanish are on a log scale from this ratio of most to least */

/* ---- making ---- */

static void
add_axes (MpSweepMatrix *matrix,
          MpSweep *sweep,
          const guint *axes,
          guint n,
          void (*add)(MpSweepMatrix *, const char *, guint, const char *const *))
{
  for (guint i = 0; i < n; i++) {
    const MpSweepAxis *axis = mp_sweep_get_axis (sweep, axes[i]);

    add (matrix, axis->title, axis->n_values, (const char *const *) axis->labels);
  }
}

MpSweepMatrix *
mp_sweep_picture_new (MpSweep *sweep,
                      gboolean title)
{
  MpSweepMatrix *matrix = mp_sweep_matrix_new (mp_sweep_get_n_rows (sweep), mp_sweep_get_n_columns (sweep));
  const guint *axes;
  guint n;

  axes = mp_sweep_get_rows (sweep, &n);
  add_axes (matrix, sweep, axes, n, mp_sweep_matrix_add_rows);
  axes = mp_sweep_get_columns (sweep, &n);
  add_axes (matrix, sweep, axes, n, mp_sweep_matrix_add_columns);
  if (title) {
    gint64 iterations = mp_experiment_get_int (mp_sweep_get_trial (sweep, 0)->experiment, "train", "iterations");
    g_autofree char *count = mp_format_count ((guint64) iterations);
    g_autofree char *subtitle = g_strdup_printf (g_dngettext (NULL, "%s iterations, %u seed; samples of the first one",
                                                              "%s iterations, %u seeds; samples of the first one",
                                                              mp_sweep_get_n_seeds (sweep)),
                                                 count, mp_sweep_get_n_seeds (sweep));

    mp_sweep_matrix_set_title (matrix, mp_sweep_get_title (sweep), subtitle);
  }
  return matrix;
}

/* ---- words ---- */

/* As many decimals as a standard deviation is worth: two significant digits. */
static int
count_decimals (double sd,
                int    most)
{
  return sd > 0 ? CLAMP (1 - (int) floor (log10 (sd)), 0, most) : most;
}

/* "0.934 ± 0.021", "(1.2 ± 0.2)×10⁻⁴"; alone for one seed. (transfer full) */
static char *
format_mean (const MpSweepSummary *summary,
             gboolean              short_text)
{
  double size = fmax (fabs (summary->mean), summary->sd > 0 ? summary->sd : 0), unit = 1;
  gboolean whole = summary->mean == rint (summary->mean) && !(summary->sd > 0);
  int exponent = size > 0 && (size < 5e-3 || size >= 1e5) ? (int) floor (log10 (size)) : 0;
  int decimals = whole && exponent == 0 ? 0 : count_decimals (summary->sd, exponent == 0 ? 3 : 2);
  g_autofree char *mean = NULL;
  g_autofree char *sd = NULL;
  g_autofree char *power = NULL;

  if (short_text || summary->n < 2)
    return mp_format_short (summary->mean, exponent == 0 ? 3 : 2);
  unit = pow (10, exponent);
  mean = mp_format_fixed (summary->mean / unit, decimals);
  sd = mp_format_fixed (summary->sd / unit, decimals);
  if (exponent == 0)
    return g_strdup_printf ("%s ± %s", mean, sd);
  power = mp_format_power (exponent);
  return g_strdup_printf ("(%s ± %s)×%s", mean, sd, power);
}

char *
mp_sweep_format_summary (const MpSweepSummary *summary,
                         gboolean              short_text)
{
  guint wrong = summary->n_diverged + summary->n_failed;
  const char *what = summary->n_failed > summary->n_diverged ? _("failed") : _("diverged");
  g_autofree char *mean = NULL;

  if (wrong > 0 && wrong == summary->n_seeds)
    return g_strdup (what);
  if (summary->n == 0 && wrong == 0)
    return g_strdup (summary->n_waiting > 0 ? "" : "–");
  mean = summary->n > 0 ? format_mean (summary, short_text) : g_strdup ("–");
  if (wrong == 0)
    return g_steal_pointer (&mean);
  return g_strdup_printf ("%s · %u/%u %s", mean, wrong, summary->n_seeds, what);
}

char *
mp_sweep_picture_metric_name (MpSweepRun *run,
                              const char *metric)
{
  g_autofree char *title = mp_series_names_get_title (mp_sweep_run_get_names (run), metric);
  const char *bracket = strstr (title, " (");

  return bracket != NULL ? g_strndup (title, (gsize) (bracket - title)) : g_steal_pointer (&title);
}

char *
mp_sweep_picture_metric_title (MpSweepRun *run,
                               const char *metric)
{
  MpSweep *sweep = mp_sweep_run_get_sweep (run);
  g_autofree char *name = mp_sweep_picture_metric_name (run, metric);
  guint n = mp_sweep_get_n_seeds (sweep);
  g_autoptr (GString) text = g_string_new (name);

  if (n > 1)
    g_string_append_printf (text, g_dngettext (NULL, ", mean over %u seed", ", mean over %u seeds", n), n);
  if (mp_sweep_get_average (sweep) > 0) {
    g_autofree char *count = mp_format_count (mp_sweep_get_average (sweep));

    g_string_append_printf (text, _(" and the last %s iterations"), count);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* ---- cards ---- */

/* Share of the cell's iterations that are done. */
static double
share_of (MpSweepRun  *run,
          guint        cell,
          MpCardState *state)
{
  MpSweep *sweep = mp_sweep_run_get_sweep (run);
  double done = 0, all = 0;

  for (guint i = 0; i < mp_sweep_get_n_seeds (sweep); i++) {
    MpTrialStatus status;

    mp_sweep_run_get_status (run, mp_sweep_find_trial (sweep, cell, i), &status);
    all += (double) status.n_iterations;
    done += status.state >= MP_TRIAL_FINISHED ? (double) status.n_iterations : (double) status.iteration;
    if (status.state == MP_TRIAL_RUNNING || status.state == MP_TRIAL_ELSEWHERE)
      *state = MP_CARD_RUNNING;
  }
  return all > 0 ? done / all : 0;
}

/* Of a cell that has nothing finished: the latest value of a trial under way. */
static double
value_under_way (MpSweepRun *run,
                 guint       cell,
                 const char *metric)
{
  guint trial = mp_sweep_picture_find_trial (run, cell);
  MpTrialStatus status;

  if (trial == G_MAXUINT)
    return NAN;
  mp_sweep_run_get_status (run, trial, &status);
  return status.state < MP_TRIAL_FINISHED ? mp_sweep_run_get_value (run, trial, metric) : NAN;
}

static gboolean
wants_log (const double *values,
           guint         n)
{
  double low = INFINITY, high = -INFINITY;

  for (guint i = 0; i < n; i++)
    if (isfinite (values[i])) {
      low = fmin (low, values[i]);
      high = fmax (high, values[i]);
    }
  return low > 0 && high / low >= LOG_SPAN;
}

void
mp_sweep_picture_fill (MpSweepMatrix *matrix,
                       MpSweepRun    *run,
                       const char    *metric)
{
  guint n = mp_sweep_get_n_cells (mp_sweep_run_get_sweep (run));
  gboolean lower = mp_series_names_get_better (mp_sweep_run_get_names (run), metric) == MP_LOWER_IS_BETTER
                   || g_str_has_prefix (metric, "loss/");
  g_autofree double *values = g_new (double, n);
  g_autofree char *title = mp_sweep_picture_metric_title (run, metric);

  for (guint cell = 0; cell < n; cell++) {
    MpCardState state = MP_CARD_EMPTY;
    MpSweepSummary summary;
    g_autofree char *text = NULL;
    g_autofree char *short_text = NULL;
    double share = share_of (run, cell, &state);

    mp_sweep_run_summarise (run, cell, metric, &summary);
    if (summary.n_failed > 0)
      state = MP_CARD_FAILED;
    else if (summary.n_diverged > 0)
      state = MP_CARD_DIVERGED;
    else if (state == MP_CARD_EMPTY && summary.n > 0)
      state = MP_CARD_DONE;
    values[cell] = summary.n > 0 ? summary.mean : value_under_way (run, cell, metric);
    text = mp_sweep_format_summary (&summary, FALSE);
    short_text = mp_sweep_format_summary (&summary, TRUE);
    if (summary.n == 0 && isfinite (values[cell])) {
      g_free (text);
      text = mp_format_short (values[cell], 3);
      g_free (short_text);
      short_text = g_strdup (text);
    }
    mp_sweep_matrix_set_card (matrix, cell, state, values[cell], text, short_text, share);
  }
  mp_sweep_matrix_set_metric (matrix, title, lower, lower && wants_log (values, n));
}

/* ---- points ---- */

guint
mp_sweep_picture_find_trial (MpSweepRun *run,
                             guint       cell)
{
  MpSweep *sweep = mp_sweep_run_get_sweep (run);

  for (guint i = 0; i < mp_sweep_get_n_seeds (sweep); i++) {
    guint trial = mp_sweep_find_trial (sweep, cell, i);
    MpTrialStatus status;

    mp_sweep_run_get_status (run, trial, &status);
    if (status.state != MP_TRIAL_WAITING && status.state != MP_TRIAL_FAILED)
      return trial;
  }
  return G_MAXUINT;
}

void
mp_sweep_points_free (MpSweepPoints *points)
{
  g_free (points->data);
  g_free (points->samples);
  g_free (points);
}

MpSweepPoints *
mp_sweep_points_read (const char   *dir,
                      MpExperiment *experiment)
{
  g_autoptr (MpRun) run = mp_run_open (dir, FALSE, NULL);
  g_autoptr (MpTimelineReader) timeline = run != NULL ? mp_run_open_timeline (run, NULL) : NULL;
  g_autoptr (MpSweepPoints) points = g_new0 (MpSweepPoints, 1);
  g_autoptr (MpData) data = NULL;
  MpTimelineFrame frame;
  guint keyframe;

  if (timeline == NULL || !mp_timeline_reader_find (timeline, G_MAXUINT64, &keyframe)
      || !mp_timeline_reader_load_data (timeline, &points->n_data, &points->dimensions, &points->data, NULL)
      || !mp_timeline_reader_load (timeline, keyframe, FALSE, &frame, NULL))
    return NULL;
  points->n_samples = frame.n;
  points->samples = g_steal_pointer (&frame.samples);
  mp_timeline_frame_clear (&frame);
  data = mp_data_open (experiment, 0, NULL);
  points->known = data != NULL;
  if (points->known)
    mp_data_get_extent (data, points->extent);
  return g_steal_pointer (&points);
}

void
mp_sweep_points_show (MpSweepPoints *points,
                      MpSweepMatrix *matrix,
                      guint          cell)
{
  mp_sweep_matrix_set_points (matrix, cell, points->data, points->n_data, points->samples, points->n_samples,
                              points->dimensions, points->known ? points->extent : NULL);
}

/* ---- differences ---- */

/* "+0.213" */
static char *
format_signed (double value)
{
  g_autofree char *text = mp_format_short (value, 3);

  return value > 0 ? g_strconcat ("+", text, NULL) : g_steal_pointer (&text);
}

char *
mp_format_difference (const MpDifference *difference)
{
  guint n = MIN (difference->n_a, difference->n_b);
  g_autofree char *value = format_signed (difference->difference);
  g_autofree char *low = mp_format_short (difference->low, 3);
  g_autofree char *high = mp_format_short (difference->high, 3);
  const char *verdict = difference->verdict == MP_VERDICT_DIFFERENT ? _("different")
                        : difference->verdict == MP_VERDICT_NONE_SHOWN ? _("no difference shown") : _("too few to say");

  if (n == 0)
    return g_strdup (_("no results to compare"));
  if (n == 1)
    return g_strdup_printf (_("%s; n = 1: nothing is known about the scatter"), value);
  return g_strdup_printf (_("%s, 95 %% interval %s … %s; n = %u: %s"), value, low, high, n, verdict);
}

static void
append_difference (GString                 *text,
                   MpSweep                 *sweep,
                   const MpSweepDifference *result)
{
  const MpSweepAxis *methods = mp_sweep_get_axis (sweep, 0);
  g_autofree char *words = mp_format_difference (&result->difference);

  g_string_append_printf (text, "%s − %s: %s", methods->labels[result->b], methods->labels[result->a], words);
  if (result->n_left_out > 0 && result->n_settings > 0)
    g_string_append_printf (text, g_dngettext (NULL, " (%u setting without all results left out)",
                                               " (%u settings without all results left out)", result->n_left_out),
                            result->n_left_out);
  g_string_append_c (text, '\n');
}

char *
mp_sweep_describe_differences (MpSweepRun *run,
                               const char *metric)
{
  MpSweep *sweep = mp_sweep_run_get_sweep (run);
  g_autoptr (GArray) results = mp_sweep_run_compare (run, metric);
  g_autofree char *name = mp_sweep_picture_metric_name (run, metric);
  g_autoptr (GString) text = g_string_new (NULL);
  guint n_settings = 0;

  for (guint i = 0; i < results->len; i++)
    n_settings = MAX (n_settings, g_array_index (results, MpSweepDifference, i).n_settings);
  if (n_settings == 0)
    return NULL;
  g_string_append_printf (text, g_dngettext (NULL, "%s, difference of means over %u setting, paired by seed:\n",
                                             "%s, difference of means over %u settings, paired by seed:\n", n_settings),
                          name, n_settings);
  for (guint i = 0; i < results->len; i++)
    append_difference (text, sweep, &g_array_index (results, MpSweepDifference, i));
  g_string_append (text, _("Intervals are Student’s over seeds and take normal scatter for granted"));
  g_string_append (text, results->len > 1 ? _("; they are not corrected for several comparisons.") : ".");
  return g_string_free (g_steal_pointer (&text), FALSE);
}
