/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/health.h"

#include <math.h>
#include <stdlib.h>

#include "engine/methods/method.h"
#include "engine/runs/run.h"
#include "ui/format.h"
#include "ui/lane-past.h"
#include "ui/plot/plot-format.h"

#define EARLY 0.1              /* of the run: modes missed later than this are rarely found */
#define POOR_COVERAGE 0.7
#define POOR_QUALITY 0.5
#define RECENT 20              /* values that are averaged */
#define SURE 0.98              /* accuracy of a critic that has nothing left to tell the generator */
#define NARROW 0.01            /* mean kernel value, of its largest */
#define WIDE 0.97
#define ILL_CONDITIONED 1e8    /* half the digits of float64 are gone */
#define EXPLODED 100           /* times the median gradient so far */
#define VANISHED 1e-7          /* root mean square: what float32 can still add to weights of usual size */
#define FEW 5                  /* evaluations before gradients are judged */
#define AWAY 5                 /* times the data's extent: further out are no modes that were missed */
#define MOST_ROWS 256          /* of samples and of data that distances are taken of */

static void
add (GPtrArray     *list,
     MpHealthLevel  level,
     const char    *title,
     char          *detail,
     const char    *lesson)
{
  MpHealth *self = g_new0 (MpHealth, 1);

  self->level = level;
  self->title = g_strdup (title);
  self->detail = detail;
  self->lesson = lesson;
  g_ptr_array_add (list, self);
}

/* ---- numbers, of the moment that is shown ---- */

/* How many values a curve has up to there. */
static guint64
count_values (MpLaneModel   *model,
              const MpCurve *curve)
{
  if (!curve)
    return 0;
  if (!mp_lane_model_is_past (model))
    return mp_series_get_n (curve->series);
  return mp_series_search (curve->series, (double) mp_lane_model_get_progress (model)->iteration + 1);
}

/* Of the last values of a curve. FALSE where there are none or they are not finite. */
static gboolean
recent_mean (MpLaneModel *model,
             const char  *id,
             guint        most,
             double      *mean)
{
  const MpCurve *curve = mp_lane_model_find_curve (model, id);
  guint64 n = count_values (model, curve), count = MIN (n, most), iteration;
  double sum = 0, value;

  for (guint64 i = n - count; i < n; i++) {
    mp_series_get (curve->series, i, &iteration, &value);
    sum += value;
  }
  *mean = sum / (double) MAX (count, 1);
  return count > 0 && isfinite (*mean);
}

static int
compare_doubles (gconstpointer a,
                 gconstpointer b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return x < y ? -1 : x > y;
}

/* The last value of a curve and the median of the finite ones before. FALSE while there are few. */
static gboolean
last_and_median (MpLaneModel *model,
                 const char  *id,
                 double      *last,
                 double      *median)
{
  const MpCurve *curve = mp_lane_model_find_curve (model, id);
  guint64 n = count_values (model, curve), iteration;
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (double));

  for (guint64 i = n > 512 ? n - 512 : 0; i < n; i++) {
    double value;

    mp_series_get (curve->series, i, &iteration, &value);
    if (isfinite (value))
      g_array_append_val (values, value);
  }
  if (values->len < FEW)
    return FALSE;
  *last = g_array_index (values, double, values->len - 1);
  g_array_set_size (values, values->len - 1);
  g_array_sort (values, compare_doubles);
  *median = g_array_index (values, double, values->len / 2);
  return TRUE;
}

/* How many times the data's extent (root mean square distance from its middle) the samples' median lies away from that
 * middle. Where it is not at the origin, where generators begin, the way from there counts as extent. 0: not known. */
static double
measure_distance (MpSnapshot *snapshot)
{
  gint64 n_data = snapshot ? MIN (snapshot->n_data, MOST_ROWS) : 0;
  gint64 n_samples = snapshot ? MIN (snapshot->n_samples, MOST_ROWS) : 0;
  gint64 dimensions = snapshot ? snapshot->dimensions : 0;
  g_autofree double *middle = g_new0 (double, dimensions + 1), *distances = g_new0 (double, n_samples + 1);
  double spread = 0, offset = 0, extent;

  if (n_data == 0 || n_samples == 0)
    return 0;
  for (gint64 i = 0; i < n_data * dimensions; i++)
    middle[i % dimensions] += snapshot->data[i] / (double) n_data;
  for (gint64 i = 0; i < n_data * dimensions; i++)
    spread += pow (snapshot->data[i] - middle[i % dimensions], 2) / (double) n_data;
  for (gint64 i = 0; i < dimensions; i++)
    offset += middle[i] * middle[i];
  for (gint64 i = 0; i < n_samples * dimensions; i++)
    distances[i / dimensions] += pow (snapshot->samples[i] - middle[i % dimensions], 2);
  for (gint64 i = 0; i < n_samples; i++)
    distances[i] = isnan (distances[i]) ? INFINITY : sqrt (distances[i]);
  qsort (distances, (gsize) n_samples, sizeof (double), compare_doubles);
  extent = sqrt (spread) + sqrt (offset);
  return extent > 0 ? distances[n_samples / 2] / extent : 0;
}

/* ---- what to try ---- */

/* What tells the generator where to go decides that. */
typedef struct
{
  const char *missing, *away, *exploding, *vanishing; /* translatable */
  const char *missing_lesson, *lesson;                /* or NULL */
} Advice;

static const Advice critic_advice = {
  N_("Try a smaller learning rate for the critic, a larger latent dimension or another seed."),
  N_("Start anew with smaller learning rates, or hold the critic's slope with a gradient penalty."),
  N_("Try a smaller learning rate, weight clipping or a gradient penalty."),
  N_("Try another loss, a wider kernel, or a critic that is less sure."),
  "collapse", "penalties"
};

static const Advice kernel_advice = {
  N_("Try several bandwidths, a larger batch or another seed."),
  N_("Start anew with a smaller learning rate for the generator, or with a bandwidth that reaches further."),
  N_("Try a smaller learning rate or a larger bandwidth."),
  N_("Try a larger bandwidth, or several, and a smaller learning rate."),
  "bandwidth", "bandwidth"
};

static const Advice features_advice = {
  N_("Try a smaller learning rate, a longer moving average or another seed."),
  N_("Start anew with a smaller learning rate for the generator."),
  N_("Try a smaller learning rate or a longer moving average."),
  N_("Try a smaller learning rate, another encoder or another seed."),
  "features", "features"
};

static const Advice other_advice = {
  N_("Try a larger latent dimension, wider networks or another seed."),
  N_("Start anew with smaller learning rates."),
  N_("Try a smaller learning rate or weight clipping."),
  N_("Try a smaller learning rate or another seed."),
  NULL, NULL
};

static const Advice *
find_advice (MpLaneModel *model)
{
  MpExperiment *experiment = mp_lane_model_get_experiment (model);
  const MpMethod *method = (const MpMethod *) mp_registry_find (MP_KIND_METHOD,
                                                                mp_experiment_get_string (experiment, "method", "kind"));

  if (method->needs & MP_NEEDS_CRITIC)
    return &critic_advice;
  if (mp_experiment_find_param (experiment, "method", "bandwidths"))
    return &kernel_advice;
  return method->needs & MP_NEEDS_EXTRACTOR ? &features_advice : &other_advice;
}

/* ---- what can be wrong ---- */

/* Samples that flew off. Returns: whether they did, so that nobody takes them for modes that were missed. */
static gboolean
judge_distance (MpLaneModel *model,
                GPtrArray   *list)
{
  const Advice *advice = find_advice (model);
  double distance = measure_distance (mp_lane_model_get_snapshot (model));
  g_autofree char *times = mp_format_value (distance, 2);

  if (distance <= AWAY)
    return FALSE;
  add (list, MP_HEALTH_WARNING, _("The samples have left the data"),
       g_strdup_printf (_("Half of them lie further away than %s times the data's extent. From there little or nothing "
                          "pulls them back. %s"), times, _(advice->away)), advice->lesson);
  return TRUE;
}

/* before: a sentence to say first, or NULL. */
static void
add_missing (GPtrArray    *list,
             const char   *title,
             const char   *before,
             const Advice *advice)
{
  add (list, MP_HEALTH_WARNING, title,
       g_strdup_printf ("%s%s%s %s", before ? before : "", before ? " " : "",
                        _("The generator leaves out part of the data."), _(advice->missing)), advice->missing_lesson);
}

static void
judge_modes (MpLaneModel *model,
             gboolean     away,
             GPtrArray   *list)
{
  const MpLaneProgress *progress = mp_lane_model_get_progress (model);
  int modes = isnan (progress->modes) ? -1 : (int) lround (progress->modes);
  gboolean early = progress->iteration < EARLY * progress->n_iterations;
  g_autofree char *title = g_strdup_printf (_("Covers %d of %d modes"), modes, (int) progress->n_modes);
  g_autofree char *share = mp_format_percent (progress->high_quality);

  if (progress->n_modes == 0 || modes < 0)
    return;
  if (modes >= progress->n_modes && progress->high_quality >= POOR_QUALITY)
    add (list, MP_HEALTH_GOOD, title, g_strdup_printf (_("%s of the samples are of high quality."), share), NULL);
  else if (modes >= progress->n_modes)
    add (list, MP_HEALTH_CALM, title,
         g_strdup_printf (_("Only %s of the samples are of high quality; the others lie around and between the modes."),
                          share), NULL);
  else if (away)
    add (list, MP_HEALTH_CALM, title, NULL, NULL);
  else if (early)
    add (list, MP_HEALTH_CALM, title, g_strdup (_("Early still: most lanes find more modes as they train.")), NULL);
  else
    add_missing (list, title, NULL, find_advice (model));
}

/* Of data without modes: how much of it has samples nearby, and how many samples are where it is. */
static void
judge_coverage (MpLaneModel *model,
                gboolean     away,
                GPtrArray   *list)
{
  const MpLaneProgress *progress = mp_lane_model_get_progress (model);
  gboolean early = progress->iteration < EARLY * progress->n_iterations;
  g_autofree char *covered = NULL, *title = NULL, *share = NULL, *quality = NULL;
  double coverage;

  if (progress->n_modes > 0 || !recent_mean (model, "coverage", 1, &coverage))
    return;
  covered = mp_format_percent (coverage);
  title = g_strdup_printf (_("Covers %s of the data"), covered);
  share = mp_format_percent (progress->high_quality);
  if (!isnan (progress->high_quality))
    quality = g_strdup_printf (_("%s of the samples lie where the data lies."), share);
  if (coverage >= POOR_COVERAGE)
    add (list, MP_HEALTH_GOOD, title, g_steal_pointer (&quality), NULL);
  else if (away)
    add (list, MP_HEALTH_CALM, title, g_steal_pointer (&quality), NULL);
  else if (early)
    add (list, MP_HEALTH_CALM, title, g_strdup (_("Early still: most lanes find more of the data as they train.")),
         NULL);
  else
    add_missing (list, title, quality, find_advice (model));
}

static void
judge_critic (MpLaneModel *model,
              GPtrArray   *list)
{
  double accuracy;

  if (recent_mean (model, "accuracy", RECENT, &accuracy) && accuracy >= SURE) {
    g_autofree char *share = mp_format_percent (accuracy);

    add (list, MP_HEALTH_WARNING, _("The critic is saturated"),
         g_strdup_printf (_("It tells real from generated in %s of cases. Far from the data its slope is flat, and the "
                            "generator learns little from it. Try a gradient penalty, fewer critic updates or a smaller "
                            "learning rate for the critic."), share), "penalties");
  }
}

static void
judge_kernel (MpLaneModel *model,
              GPtrArray   *list)
{
  double real, generated, cross;

  if (!recent_mean (model, "kernel/real", RECENT, &real) || !recent_mean (model, "kernel/cross", RECENT, &cross)
      || !recent_mean (model, "kernel/generated", RECENT, &generated))
    return;
  if (real < NARROW && cross < NARROW)
    add (list, MP_HEALTH_WARNING, _("The kernel is too narrow"),
         g_strdup (_("Points see only themselves: the kernel between two of them is nearly 0, and so is its slope. Try a "
                     "larger bandwidth, or several.")), "bandwidth");
  else if (MIN (MIN (real, generated), cross) > WIDE)
    add (list, MP_HEALTH_WARNING, _("The kernel is too wide"),
         g_strdup (_("All points look alike to it: the kernel between any two is nearly at its largest. It matches means "
                     "and little else. Try a smaller bandwidth.")), "bandwidth");
}

/* Density ratios tell whether the kernel matrix can be trusted. */
static void
judge_gram (MpLaneModel *model,
            GPtrArray   *list)
{
  double condition, mean = NAN, least = NAN;
  g_autofree char *condition_text = NULL, *mean_text = NULL, *least_text = NULL;

  if (!recent_mean (model, "condition", 1, &condition))
    return;
  recent_mean (model, "ratio/mean", RECENT, &mean);
  recent_mean (model, "ratio/min", RECENT, &least);
  condition_text = mp_format_value (condition, 2);
  mean_text = mp_format_value (mean, 3);
  least_text = mp_format_value (least, 2);
  if (condition > ILL_CONDITIONED)
    add (list, MP_HEALTH_WARNING, _("The Gram matrix is ill-conditioned"),
         g_strdup_printf (_("Its condition number is about %s, so density ratios are mostly rounding. Try a larger ridge "
                            "ε or a smaller bandwidth."), condition_text), "ratio");
  else
    add (list, MP_HEALTH_CALM, _("Gram matrix well conditioned"),
         g_strdup_printf (_("condition %s · ratio mean %s · smallest %s"), condition_text, mean_text, least_text), NULL);
}

static void
judge_gradients (MpLaneModel *model,
                 GPtrArray   *list)
{
  static const struct
  {
    const char *id, *exploding, *vanishing;
  } groups[] = {
    { "gradient/generator", N_("The generator's gradients explode"), N_("The generator's gradients vanish") },
    { "gradient/critic", N_("The critic's gradients explode"), N_("The critic's gradients vanish") },
  };

  const Advice *advice = find_advice (model);

  for (guint i = 0; i < G_N_ELEMENTS (groups); i++) {
    double last, median;
    g_autofree char *last_text = NULL, *median_text = NULL;

    if (!last_and_median (model, groups[i].id, &last, &median))
      continue;
    last_text = mp_format_value (last, 2);
    median_text = mp_format_value (median, 2);
    if (median > 0 && last > EXPLODED * median)
      add (list, MP_HEALTH_WARNING, _(groups[i].exploding),
           g_strdup_printf (_("They are %s a weight now (root mean square), and were %s. %s"), last_text, median_text,
                            _(advice->exploding)), advice->lesson);
    else if (last < VANISHED)
      add (list, MP_HEALTH_WARNING, _(groups[i].vanishing),
           g_strdup_printf (_("They are %s a weight (root mean square): nothing pulls any more. %s"), last_text,
                            _(advice->vanishing)), advice->lesson);
  }
}

/* ---- all ---- */

static int
compare_levels (gconstpointer a,
                gconstpointer b)
{
  const MpHealth *x = *(MpHealth *const *) a, *y = *(MpHealth *const *) b;

  return (int) y->level - (int) x->level;
}

/* Why a lane ended, where somebody said so, and what to do. */
static void
add_end (GPtrArray  *list,
         const char *title,
         const char *message,
         const char *todo,
         const char *lesson)
{
  add (list, MP_HEALTH_BAD, title, message[0] != '\0' ? g_strdup_printf ("%s\n%s", message, todo) : g_strdup (todo),
       lesson);
}

static gboolean
has_checkpoint (MpLaneModel *model)
{
  const char *run_dir = mp_lane_model_get_run (model);
  g_autoptr (GArray) checkpoints = run_dir ? mp_run_list_checkpoints_in (run_dir) : NULL;

  return checkpoints && checkpoints->len > 0
         && g_array_index (checkpoints, guint64, 0) <= mp_lane_model_get_progress (model)->iteration;
}

/* FALSE where the state is all there is to say. A moment before the lane ended is judged as any other. */
static gboolean
judge_state (MpLaneModel *model,
             GPtrArray   *list)
{
  const char *message = mp_lane_model_get_message (model) ? mp_lane_model_get_message (model) : "";
  gboolean back;

  if (mp_lane_model_is_past (model))
    return TRUE;
  switch (mp_lane_model_get_state (model)) {
  case MP_LANE_PREPARING:
    add (list, MP_HEALTH_CALM, _("Preparing"), g_strdup (message), NULL);
    return FALSE;
  case MP_LANE_FAILED:
    add_end (list, _("This lane failed"), message, _("Change what the message names, then restart the lane."), NULL);
    return FALSE;
  case MP_LANE_DIVERGED:
    back = has_checkpoint (model);
    add_end (list, _("Diverged"), message,
             back ? _("A number left the range of its format. Go back to the last good checkpoint, and try smaller "
                      "learning rates or, where there is one, a larger ridge.")
                  : _("A number left the range of its format, and there is no checkpoint to go back to. Start anew with "
                      "smaller learning rates or, where there is one, a larger ridge."), find_advice (model)->lesson);
    ((MpHealth *) g_ptr_array_index (list, 0))->roll_back = back;
    return FALSE;
  default:
    return TRUE;
  }
}

/* A branch is not all that its parent was. */
static void
judge_branch (MpLaneModel *model,
              GPtrArray   *list)
{
  if (mp_lane_model_get_anew (model))
    add (list, MP_HEALTH_CALM, _("A branch, begun partly anew"), g_strdup (mp_lane_model_get_anew (model)), NULL);
}

GPtrArray *
mp_health_list (MpLaneModel *model)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify) mp_health_free);

  g_return_val_if_fail (MP_IS_LANE_MODEL (model), list);

  if (judge_state (model, list)) {
    gboolean away = judge_distance (model, list);

    judge_modes (model, away, list);
    judge_coverage (model, away, list);
    judge_critic (model, list);
    judge_kernel (model, list);
    judge_gradients (model, list);
    judge_gram (model, list);
    g_ptr_array_sort (list, compare_levels);
  }
  if (list->len == 0)
    add (list, MP_HEALTH_CALM, _("Nothing unusual"), g_strdup (_("The first evaluation will tell more.")), NULL);
  judge_branch (model, list);
  return list;
}

void
mp_health_free (MpHealth *self)
{
  g_free (self->title);
  g_free (self->detail);
  g_free (self);
}
