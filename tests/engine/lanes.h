/* SPDX-License-Identifier: Apache-2.0
 *
 * lanes.h: small lanes for tests, and what they leave behind.
 */
#pragma once

#include <string.h>

#include "engine/runs/run.h"
#include "engine/runs/safetensors.h"
#include "engine/train/trainer.h"
#include "tests/engine/test-device.h"

/* assignment: "group.key=value". */
static inline void
mp_set (MpExperiment *experiment,
        const char   *assignment)
{
  g_autoptr (GError) error = NULL;

  mp_experiment_set (experiment, assignment, &error);
  g_assert_no_error (error);
}

/* A preset with small networks and batches. */
static inline MpExperiment *
mp_small_experiment (const char *preset,
                     gint64      iterations)
{
  static const char *const settings[] = {
    "generator.hidden=16, 16", "critic.hidden=16, 16", "train.batch=32", "train.checkpoint_every=0", "evaluate.every=20",
    "evaluate.samples=100", "data.points=100", "train.deterministic=true"
  };
  g_autoptr (GError) error = NULL;
  g_autofree char *length = g_strdup_printf ("train.iterations=%" G_GINT64_FORMAT, iterations);
  MpExperiment *experiment = mp_experiment_load (preset, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (settings); i++) {
    if (g_str_has_prefix (settings[i], "critic") && !mp_experiment_has_group (experiment, "critic"))
      continue;
    mp_set (experiment, settings[i]);
  }
  mp_set (experiment, length);
  return experiment;
}

static inline void
mp_wait_until (MpTrainer *trainer,
               gboolean (*reached)(MpTrainer *trainer, guint64 value),
               guint64    value)
{
  gint64 end = g_get_monotonic_time () + 60 * G_USEC_PER_SEC;

  while (!reached (trainer, value)) {
    if (g_get_monotonic_time () > end)
      g_error ("a lane did not get there in a minute: it is %s at iteration %" G_GUINT64_FORMAT,
               mp_lane_state_name (mp_trainer_get_state (trainer)), mp_trainer_get_iteration (trainer));
    g_usleep (200);
  }
}

static inline gboolean
mp_has_iteration (MpTrainer *trainer,
                  guint64    value)
{
  return mp_trainer_get_iteration (trainer) >= value || mp_trainer_get_state (trainer) >= MP_LANE_FINISHED;
}

static inline gboolean
mp_has_state (MpTrainer *trainer,
              guint64    value)
{
  return mp_trainer_get_state (trainer) == (MpLaneState) value;
}

static inline gboolean
mp_is_over (MpTrainer *trainer,
            guint64    value)
{
  return mp_trainer_get_state (trainer) >= MP_LANE_FINISHED;
}

static inline void
mp_assert_state (MpTrainer  *trainer,
                 MpLaneState state)
{
  if (mp_trainer_get_state (trainer) != state) {
    g_autoptr (GError) error = mp_trainer_dup_error (trainer);

    g_error ("the lane is %s, not %s: %s", mp_lane_state_name (mp_trainer_get_state (trainer)),
             mp_lane_state_name (state), error != NULL ? error->message : "no error");
  }
}

/* Waits for a lane to be over, in this state. */
static inline void
mp_assert_end (MpTrainer  *trainer,
               MpLaneState state)
{
  mp_trainer_join (trainer);
  mp_assert_state (trainer, state);
}

/* Lets a lane come to its end. trainer: (transfer full) */
static inline void
mp_finish (MpTrainer *trainer)
{
  mp_assert_end (trainer, MP_LANE_FINISHED);
  g_object_unref (trainer);
}

/* A run that must be there. (transfer full) */
static inline MpRun *
mp_find_run (const char *dir)
{
  g_autoptr (GError) error = NULL;
  MpRun *run = mp_run_open (dir, FALSE, &error);

  g_assert_no_error (error);
  return run;
}

static inline void
mp_assert_same_tensors (const char *path_a,
                        const char *path_b)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MpSafetensors) a = mp_safetensors_open (path_a, &error);
  g_autoptr (MpSafetensors) b = NULL;
  const MpNamedTensor *tensors;
  guint n, n_b;

  g_assert_no_error (error);
  b = mp_safetensors_open (path_b, &error);
  g_assert_no_error (error);
  mp_safetensors_list (b, &n_b);
  tensors = mp_safetensors_list (a, &n);
  g_assert_cmpuint (n, ==, n_b);
  g_assert_cmpuint (n, >, 0);
  for (guint i = 0; i < n; i++) {
    const MpNamedTensor *other = mp_safetensors_get (b, tensors[i].name, &tensors[i].type, &error);

    g_assert_no_error (error);
    if (memcmp (tensors[i].data, other->data,
                (gsize) mp_tensor_count (&other->type) * mp_dtype_size (other->type.dtype)) != 0)
      g_error ("“%s” differs between %s and %s", other->name, path_a, path_b);
  }
}

/* The last keyframe is of that iteration, in both runs with the same numbers. */
static inline void
mp_assert_same_end (const char *dir_a,
                    const char *dir_b,
                    guint64     iteration)
{
  const char *dirs[] = { dir_a, dir_b };
  MpTimelineFrame frames[2];

  for (guint i = 0; i < 2; i++) {
    g_autofree char *path = g_build_filename (dirs[i], "timeline", NULL);
    g_autoptr (GError) error = NULL;
    g_autoptr (MpTimelineReader) reader = mp_timeline_reader_open (path, &error);
    guint index;

    g_assert_no_error (error);
    g_assert_true (mp_timeline_reader_find (reader, G_MAXUINT64, &index));
    g_assert_true (mp_timeline_reader_load (reader, index, FALSE, &frames[i], &error));
    g_assert_no_error (error);
    g_assert_cmpuint (frames[i].mark.iteration, ==, iteration);
  }
  g_assert_cmpuint (frames[0].mark.points, ==, frames[1].mark.points);
  g_assert_cmpmem (frames[0].samples, (gsize) (frames[0].n * frames[0].dimensions) * sizeof (float),
                   frames[1].samples, (gsize) (frames[1].n * frames[1].dimensions) * sizeof (float));
  for (guint i = 0; i < 2; i++)
    mp_timeline_frame_clear (&frames[i]);
}

/* All metrics of all iterations, bit by bit. Gradients are measured where the host does not run ahead only
 * (mp_loop_measure_gradient ()), so that those of two kinds of devices cannot be compared. */
static inline void
mp_assert_same_metrics (const char *path_a,
                        const char *path_b)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MpMetricsReader) a = mp_metrics_reader_open (path_a, &error);
  g_autoptr (MpMetricsReader) b = NULL;
  const char *const *series, *const *series_b;
  guint n, n_b;

  g_assert_no_error (error);
  b = mp_metrics_reader_open (path_b, &error);
  g_assert_no_error (error);
  series = mp_metrics_reader_list_series (a, &n);
  series_b = mp_metrics_reader_list_series (b, &n_b);
  g_assert_cmpuint (n, ==, n_b);
  for (guint i = 0; i < n; i++) {
    g_autoptr (GArray) iterations_a = g_array_new (FALSE, FALSE, sizeof (guint64));
    g_autoptr (GArray) iterations_b = g_array_new (FALSE, FALSE, sizeof (guint64));
    g_autoptr (GArray) values_a = g_array_new (FALSE, FALSE, sizeof (double));
    g_autoptr (GArray) values_b = g_array_new (FALSE, FALSE, sizeof (double));

    g_assert_cmpstr (series[i], ==, series_b[i]);
    mp_metrics_reader_read (a, series[i], iterations_a, values_a);
    mp_metrics_reader_read (b, series[i], iterations_b, values_b);
    g_assert_cmpuint (iterations_a->len, >, 0);
    g_assert_cmpmem (iterations_a->data, iterations_a->len * sizeof (guint64),
                     iterations_b->data, iterations_b->len * sizeof (guint64));
    if (g_str_has_prefix (series[i], "gradient/") && !g_str_equal (test_device_name (), test_reference_name ()))
      continue;
    if (memcmp (values_a->data, values_b->data, values_a->len * sizeof (double)) != 0)
      g_error ("“%s” differs between %s and %s", series[i], path_a, path_b);
  }
}

/* Bit by bit: all metrics of all iterations, the parameters, moments and counts of an iteration, and its samples. */
static inline void
mp_assert_same_runs (const char *dir_a,
                     const char *dir_b,
                     guint64     iteration)
{
  g_autofree char *name = g_strdup_printf ("checkpoints/%" G_GUINT64_FORMAT ".safetensors", iteration);
  g_autofree char *tensors_a = g_build_filename (dir_a, name, NULL);
  g_autofree char *tensors_b = g_build_filename (dir_b, name, NULL);
  g_autofree char *metrics_a = g_build_filename (dir_a, "metrics", NULL);
  g_autofree char *metrics_b = g_build_filename (dir_b, "metrics", NULL);

  mp_assert_same_metrics (metrics_a, metrics_b);
  mp_assert_same_tensors (tensors_a, tensors_b);
  mp_assert_same_end (dir_a, dir_b, iteration);
}
