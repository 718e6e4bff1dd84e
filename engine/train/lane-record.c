/* SPDX-License-Identifier: Apache-2.0
 *
 * lane-record.c: what a lane tells: metrics and snapshots. None of it changes training.
 */
#include "engine/train/lane.h"

#include <math.h>

/* ---- scalars ---- */

gboolean
mp_lane_append (MpLane  *lane,
                guint    first,
                guint    n,
                GError **error)
{
  if (n == 0)
    return TRUE;
  mp_trainer_publish_scalars (lane->trainer, lane->iteration, first, n, lane->values + first);
  return lane->run == NULL
         || mp_run_append (lane->run, lane->iteration, n, lane->numbers + first, lane->values + first, error);
}

/* Puts the metrics' values into the places of their series; NAN where a metric had nothing to say. */
static void
place_metrics (MpLane *lane)
{
  const MpSeriesInfo *series = lane->trainer->series;
  guint at = lane->n_reports;

  for (guint i = lane->n_reports; i < lane->n_series; i++)
    lane->values[i] = NAN;
  for (guint i = 0; i < lane->metrics->len; i++) {
    const MpMetricValue *value = &g_array_index (lane->metrics, MpMetricValue, i);

    /* As a rule the series come in the order of the first evaluation. */
    if (at >= lane->n_series || !g_str_equal (series[at].id, value->id))
      for (at = lane->n_reports; at < lane->n_series && !g_str_equal (series[at].id, value->id); at++)
        ;
    if (at < lane->n_series)
      lane->values[at++] = value->value;
  }
}

gboolean
mp_lane_append_metrics (MpLane  *lane,
                        GError **error)
{
  place_metrics (lane);
  return mp_lane_append (lane, lane->n_reports, lane->n_series - lane->n_reports, error);
}

/* "gradient/GROUP" for every group that is trained. */
static void
measure_gradients (MpLane *lane)
{
  const char *const *groups = mp_build_get_groups (mp_loop_get_build (lane->loop));

  for (guint i = 0; groups[i] != NULL; i++) {
    g_autofree char *id = g_strconcat ("gradient/", groups[i], NULL);
    MpMetricValue value = { g_intern_string (id), NAN };

    mp_loop_measure_gradient (lane->loop, groups[i], &value.value);
    g_array_append_val (lane->metrics, value);
  }
}

gboolean
mp_lane_evaluate (MpLane  *lane,
                  GError **error)
{
  MpData *data = mp_loop_get_data (lane->loop);
  MpMetricInput input = {
    .dimensions = mp_data_get_dimensions (data),
    .mixture = mp_data_get_mixture (data),
    .data = data,
    .experiment = lane->experiment,
  };

  input.generated = mp_loop_sample (lane->loop, &input.n, error);
  if (input.generated == NULL)
    return FALSE;
  if (lane->reference == NULL) {
    lane->n_reference = MIN (input.n, mp_data_count_reference (data));
    lane->reference = g_new (float, (gsize) (lane->n_reference * input.dimensions));
    mp_data_get_reference (data, lane->n_reference, lane->reference);
  }
  input.n_real = lane->n_reference;
  input.real = lane->reference;
  g_array_set_size (lane->metrics, 0);
  mp_metrics_compute (&input, lane->metrics);
  measure_gradients (lane);
  mp_trainer_publish_metrics (lane->trainer, lane->metrics);
  lane->evaluated_at = lane->iteration;
  return TRUE;
}

gboolean
mp_lane_record (MpLane  *lane,
                GError **error)
{
  if (lane->iteration % lane->every == 0 && !(mp_lane_evaluate (lane, error) && mp_lane_append_metrics (lane, error)))
    return FALSE;
  return lane->run == NULL || mp_lane_keep_history (lane, error);
}

/* ---- snapshots ---- */

static void
publish_view (MpLane *lane,
              MpView *view)
{
  const MpBuildOptions *options = mp_build_get_options (mp_loop_get_build (lane->loop));
  MpSnapshot *snapshot = g_new0 (MpSnapshot, 1);

  g_atomic_ref_count_init (&snapshot->ref_count);
  snapshot->iteration = lane->shown_at;
  snapshot->seconds = lane->shown_seconds;
  snapshot->n_samples = options->n_view_samples;
  snapshot->n_data = options->n_view_data;
  snapshot->dimensions = mp_data_get_dimensions (mp_loop_get_data (lane->loop));
  snapshot->n_latent = view->n_latent;
  snapshot->samples = g_steal_pointer (&view->samples);
  snapshot->latents = g_steal_pointer (&view->latents);
  snapshot->data = g_steal_pointer (&view->data);
  snapshot->n_layers = view->n_layers;
  snapshot->layers = g_steal_pointer (&view->layers);
  view->n_layers = 0;
  snapshot->metrics = mp_trainer_dup_metrics (lane->trainer);
  mp_view_clear (view);
  mp_trainer_publish_snapshot (lane->trainer, snapshot);
  mp_trainer_tell (lane->trainer);
}

static void
count_look (MpLane *lane,
            gint64  start)
{
  lane->look_seconds += (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
  mp_trainer_publish_look (lane->trainer, lane->look_seconds);
}

/* Those that the method offers. */
static const char **
choose_known (MpLane *lane,
              char  **layers)
{
  const char **known = g_new0 (const char *, (layers != NULL ? g_strv_length (layers) : 0) + 1);
  guint n = 0;

  for (guint i = 0; layers != NULL && layers[i] != NULL; i++)
    if (mp_build_find_view (mp_loop_get_build (lane->loop), layers[i]) >= 0)
      known[n++] = layers[i];
  return known;
}

void
mp_lane_start_snapshot (MpLane  *lane,
                        char   **layers)
{
  g_auto (GStrv) taken = layers;
  g_autofree const char **known = NULL;
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();

  /* One at a time: the next begins when this one has arrived. */
  lane->look_again = mp_loop_is_looking (lane->loop);
  if (lane->look_again) {
    g_strfreev (lane->next_shown);
    lane->next_shown = g_steal_pointer (&taken);
    return;
  }
  known = choose_known (lane, taken);
  mp_lane_remember_background (lane, known);
  lane->shown_at = lane->submitted;
  lane->shown_seconds = lane->seconds;
  if (!mp_loop_start_look (lane->loop, known, &error))
    g_warning ("Cannot look at the lane: %s", error->message);
  count_look (lane, start);
  mp_lane_poll_snapshot (lane, FALSE);
}

void
mp_lane_poll_snapshot (MpLane  *lane,
                       gboolean wait)
{
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();
  MpView view = { NULL };

  if (!mp_loop_finish_look (lane->loop, wait, &view, &error)) {
    g_warning ("Cannot look at the lane: %s", error->message);
    return;
  }
  if (view.samples != NULL) {
    count_look (lane, start);
    publish_view (lane, &view);
  }
  if (lane->look_again && !mp_loop_is_looking (lane->loop))
    mp_lane_start_snapshot (lane, g_steal_pointer (&lane->next_shown));
}
