/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <signal.h>
#include <sys/resource.h>

#include "tests/engine/lanes.h"
#include "tests/engine/scratch.h"

#define N 120 /* iterations of most lanes */

static char *scratch;

static char *
in_scratch (const char *name)
{
  return g_build_filename (scratch, name, NULL);
}

/* A lane of this preset that keeps its run under this name. */
static MpTrainer *
start (const char      *preset,
       const char      *name,
       MpTrainerOptions options)
{
  g_autoptr (MpExperiment) experiment = mp_small_experiment (preset, N);
  g_autofree char *dir = name != NULL ? in_scratch (name) : NULL;

  options.run_dir = dir;
  if (options.device == NULL)
    options.device = test_device_name ();
  if (options.iterations == 0)
    options.iterations = -1;
  return mp_trainer_new (experiment, &options);
}

static MpTrainer *
resume (const char      *name,
        MpTrainerOptions options)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *dir = in_scratch (name);
  g_autoptr (MpRun) run = mp_run_open (dir, FALSE, &error);

  g_assert_no_error (error);
  options.run_dir = dir;
  options.resume = TRUE;
  options.device = test_device_name ();
  if (options.iterations == 0)
    options.iterations = -1;
  return mp_trainer_new (mp_run_get_experiment (run), &options);
}

static void
finish (MpTrainer *trainer)
{
  mp_trainer_join (trainer);
  mp_assert_state (trainer, MP_LANE_FINISHED);
  g_object_unref (trainer);
}

/* The run of a lane that nobody watches, disturbs or stops. */
static char *
get_reference (const char *preset)
{
  g_autofree char *name = g_strconcat ("reference-", preset, NULL);
  char *dir = in_scratch (name);

  if (!g_file_test (dir, G_FILE_TEST_EXISTS))
    finish (start (preset, name, (MpTrainerOptions) { .device = test_reference_name () }));
  return dir;
}

static void
assert_like_reference (const char *preset,
                       const char *name)
{
  g_autofree char *reference = get_reference (preset);
  g_autofree char *dir = in_scratch (name);

  mp_assert_same_runs (reference, dir, N);
}

/* ---- a lane's life ---- */

static void
test_nowhere (void)
{
  MpTrainer *trainer = start ("ring-gram", NULL, (MpTrainerOptions) { 0 });
  g_autoptr (GArray) metrics = NULL;

  mp_trainer_join (trainer);
  mp_assert_state (trainer, MP_LANE_FINISHED);
  g_assert_cmpuint (mp_trainer_get_iteration (trainer), ==, N);
  g_assert_cmpuint (mp_trainer_get_n_iterations (trainer), ==, N);
  g_assert_cmpfloat (mp_trainer_get_seconds (trainer), >, 0);
  g_assert_cmpfloat (mp_trainer_get_rate (trainer), >, 0);
  g_assert_null (mp_trainer_get_run_dir (trainer));
  g_assert_null (mp_trainer_dup_error (trainer));
  g_assert_null (mp_trainer_dup_activity (trainer));
  metrics = mp_trainer_dup_metrics (trainer);
  g_assert_cmpuint (metrics->len, >, 3);
  g_object_unref (trainer);
}

static void
test_steps (void)
{
  MpTrainer *trainer = start ("ring-gan", NULL, (MpTrainerOptions) { .start_paused = TRUE });
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  mp_wait_until (trainer, mp_has_state, MP_LANE_PAUSED);
  first = mp_trainer_dup_phase (trainer);
  for (guint i = 1; i <= 5; i++) {
    mp_trainer_step_iteration (trainer);
    mp_wait_until (trainer, mp_has_iteration, i);
    mp_wait_until (trainer, mp_has_state, MP_LANE_PAUSED);
  }
  g_usleep (20000);
  g_assert_cmpuint (mp_trainer_get_iteration (trainer), ==, 5);

  /* Two phases make an iteration of this method. */
  mp_trainer_step_phase (trainer);
  do{
    g_free (second);
    second = mp_trainer_dup_phase (trainer);
  }while (g_str_equal (first, second));
  g_assert_cmpuint (mp_trainer_get_iteration (trainer), ==, 5);
  mp_trainer_step_phase (trainer);
  mp_wait_until (trainer, mp_has_iteration, 6);
  g_free (second);
  second = mp_trainer_dup_phase (trainer);
  g_assert_cmpstr (first, ==, second);

  /* Slow enough not to be over before it is asked to pause. */
  mp_trainer_set_speed (trainer, 50);
  mp_trainer_play (trainer);
  mp_wait_until (trainer, mp_has_iteration, 10);
  mp_trainer_pause (trainer);
  mp_wait_until (trainer, mp_has_state, MP_LANE_PAUSED);
  g_assert_cmpuint (mp_trainer_get_iteration (trainer), <, N);
  mp_trainer_set_speed (trainer, 0);
  mp_trainer_play (trainer);
  finish (trainer);
}

static void
test_speed (void)
{
  MpTrainer *trainer = start ("ring-mmd-net", NULL, (MpTrainerOptions) { .start_paused = TRUE });
  gint64 begin;
  double seconds;

  mp_trainer_set_speed (trainer, 100);
  mp_wait_until (trainer, mp_has_state, MP_LANE_PAUSED);
  begin = g_get_monotonic_time ();
  mp_trainer_play (trainer);
  mp_wait_until (trainer, mp_has_iteration, 30);
  seconds = (double) (g_get_monotonic_time () - begin) / G_USEC_PER_SEC;
  /* 30 iterations begin at 0, 10, …, 290 ms. */
  g_assert_cmpfloat (seconds, >=, 0.29);
  mp_trainer_set_speed (trainer, 0);
  finish (trainer);
}

/* Exactly there, once, and with the bits of a lane that does not pause. */
static void
test_pause_at (void)
{
  MpTrainer *trainer = start ("ring-gan", "pause-at", (MpTrainerOptions) { .start_paused = TRUE });

  for (guint i = 1; i <= 3; i++) {
    mp_trainer_pause_at (trainer, 11 * i);
    mp_trainer_play (trainer);
    mp_wait_until (trainer, mp_has_iteration, 11 * i);
    mp_wait_until (trainer, mp_has_state, MP_LANE_PAUSED);
    g_usleep (10000);
    g_assert_cmpuint (mp_trainer_get_iteration (trainer), ==, 11 * i);
  }

  /* A place that is behind pauses at once, and one that was taken back does not. */
  mp_trainer_set_speed (trainer, 50);
  mp_trainer_play (trainer);
  mp_wait_until (trainer, mp_has_iteration, 35);
  mp_trainer_pause_at (trainer, 34);
  mp_wait_until (trainer, mp_has_state, MP_LANE_PAUSED);
  g_assert_cmpuint (mp_trainer_get_iteration (trainer), <, N);
  mp_trainer_pause_at (trainer, N - 1);
  mp_trainer_pause_at (trainer, 0);
  mp_trainer_set_speed (trainer, 0);
  mp_trainer_play (trainer);
  finish (trainer);
  assert_like_reference ("ring-gan", "pause-at");
}

static void
test_stop (void)
{
  g_autofree char *dir = in_scratch ("stop");
  MpTrainer *trainer = start ("ring-gan", "stop", (MpTrainerOptions) { .iterations = 1000000 });
  g_autoptr (MpRun) run = NULL;
  g_autoptr (GArray) checkpoints = NULL;
  guint64 iteration;

  mp_wait_until (trainer, mp_has_iteration, 7);
  mp_trainer_stop (trainer);
  mp_trainer_join (trainer);
  mp_assert_state (trainer, MP_LANE_STOPPED);
  iteration = mp_trainer_get_iteration (trainer);
  run = mp_run_open (dir, FALSE, NULL);
  g_assert_cmpstr (mp_run_get_state (run), ==, "stopped");
  g_assert_cmpuint (mp_run_get_iteration (run), ==, iteration);
  g_assert_cmpint (mp_experiment_get_int (mp_run_get_experiment (run), "train", "iterations"), ==, 1000000);
  checkpoints = mp_run_list_checkpoints (run);
  g_assert_cmpuint (checkpoints->len, ==, 1);
  g_assert_cmpuint (g_array_index (checkpoints, guint64, 0), ==, iteration);
  g_object_unref (trainer);
}

/* Dropping the last reference ends a lane in any state. */
static void
test_drop (void)
{
  MpTrainer *training = start ("ring-gan", "dropped", (MpTrainerOptions) { .iterations = 1000000 });
  MpTrainer *paused = start ("ring-gan", NULL, (MpTrainerOptions) { .start_paused = TRUE });
  MpTrainer *preparing = start ("ring-gram", NULL, (MpTrainerOptions) { 0 });
  g_autofree char *dir = in_scratch ("dropped");
  g_autoptr (MpRun) run = NULL;

  mp_wait_until (training, mp_has_iteration, 1);
  mp_wait_until (paused, mp_has_state, MP_LANE_PAUSED);
  g_object_unref (preparing);
  g_object_unref (paused);
  g_object_unref (training);
  run = mp_run_open (dir, FALSE, NULL);
  g_assert_cmpstr (mp_run_get_state (run), ==, "stopped");
}

static void
test_checkpoints (void)
{
  MpTrainer *trainer = start ("ring-gan", "checkpoints", (MpTrainerOptions) { .checkpoint_every = 25, .start_paused = TRUE });
  g_autofree char *dir = in_scratch ("checkpoints");
  g_autoptr (MpRun) run = NULL;
  g_autoptr (GArray) kept = NULL;
  static const guint64 wanted[] = { 6, 25, 50, 75, 100, N };

  for (guint i = 0; i < 5; i++)
    mp_trainer_step_iteration (trainer);
  mp_trainer_step_phase (trainer);
  mp_trainer_checkpoint (trainer);
  mp_trainer_play (trainer);
  finish (trainer);

  /* The one that was asked for amid iteration 6, those of every 25, and the last. */
  run = mp_run_open (dir, FALSE, NULL);
  kept = mp_run_list_checkpoints (run);
  g_assert_cmpmem (kept->data, kept->len * sizeof (guint64), wanted, sizeof wanted);
  assert_like_reference ("ring-gan", "checkpoints");
}

/* Every number of a run phase by phase, and the same run all the same. */
static void
test_slow_motion (void)
{
  MpTrainer *trainer = start ("ring-gan", "slow-motion", (MpTrainerOptions) { .start_paused = TRUE });
  guint n;

  mp_wait_until (trainer, mp_has_state, MP_LANE_PAUSED);
  g_assert_null (mp_trainer_dup_minibatch (trainer));
  mp_trainer_get_phases (trainer, &n);
  g_assert_cmpuint (n, ==, 2);
  for (guint i = 0; i < 10; i++) {
    g_autoptr (MpMinibatch) minibatch = NULL;
    gint64 until = g_get_monotonic_time () + 60 * G_USEC_PER_SEC;

    mp_trainer_step_phase (trainer);
    while ((minibatch == NULL || minibatch->iteration * 2 + minibatch->phase < i) && g_get_monotonic_time () < until) {
      g_clear_pointer (&minibatch, mp_minibatch_unref);
      g_usleep (100);
      minibatch = mp_trainer_dup_minibatch (trainer);
    }
    g_assert_cmpuint (minibatch->iteration, ==, i / 2);
    g_assert_cmpuint (minibatch->phase, ==, i % 2);
    g_assert_cmpint (minibatch->n_generated, ==, 32);
    g_assert_cmpint (minibatch->dimensions, ==, 2);
    g_assert_cmpuint (minibatch->n_groups, ==, 1);
    g_assert_cmpstr (minibatch->groups[0].group, ==, i % 2 == 0 ? "critic" : "generator");
    g_assert_cmpfloat (minibatch->groups[0].gradient, >, 0);
    g_assert_cmpfloat (minibatch->groups[0].size, >, 0);
    g_assert_cmpfloat (minibatch->groups[0].update, >, 0);
    g_assert_cmpfloat (minibatch->groups[0].update, <, minibatch->groups[0].size);
    if (i % 2 == 0) {
      g_assert_cmpint (minibatch->n_real, ==, 32);
      /* The critic's loss and accuracy; the generator's loss is not of this phase. */
      g_assert_true (isfinite (minibatch->now[0]));
      g_assert_true (isnan (minibatch->now[minibatch->n_reports - 1]));
      g_assert_true (i == 0 ? isnan (minibatch->before[0]) : isfinite (minibatch->before[0]));
    }
  }
  mp_trainer_play (trainer);
  finish (trainer);
  assert_like_reference ("ring-gan", "slow-motion");
}

/* ---- the same bits ---- */

static const char *const presets[] = { "ring-gan", "ring-mmd-net", "ring-gram" };

static void
test_again (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (presets); i++) {
    g_autofree char *name = g_strconcat ("again-", presets[i], NULL);

    finish (start (presets[i], name, (MpTrainerOptions) { 0 }));
    assert_like_reference (presets[i], name);
  }
}

static void
test_watched (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (presets); i++) {
    g_autofree char *name = g_strconcat ("watched-", presets[i], NULL);
    g_autoptr (GArray) scalars = g_array_new (FALSE, FALSE, sizeof (MpScalar));
    MpTrainer *trainer = start (presets[i], name, (MpTrainerOptions) { .scalars = TRUE });
    guint64 seen = 0;
    guint n, n_asked = 0;

    do{
      const MpLayerInfo *layers = mp_trainer_get_layers (trainer, &n);
      MpSnapshot *snapshot = mp_trainer_dup_snapshot (trainer);

      if (snapshot != NULL) {
        g_assert_cmpuint (snapshot->iteration, >=, seen);
        seen = snapshot->iteration;
        mp_snapshot_unref (snapshot);
      }
      /* Enough; under a sanitizer a picture takes long. */
      if (n_asked++ < 20)
        mp_trainer_request_snapshot (trainer, (const char *[]) { n > 0 ? layers[n_asked % n].class->base.id : NULL,
                                                                 NULL });
      mp_trainer_drain_scalars (trainer, scalars);
      g_usleep (100);
    }while (!mp_is_over (trainer, 0));
    finish (trainer);
    assert_like_reference (presets[i], name);
  }
}

static void
test_interrupted (void)
{
  GRand *random = g_rand_new_with_seed (5);

  for (guint i = 0; i < G_N_ELEMENTS (presets); i++) {
    g_autofree char *name = g_strconcat ("interrupted-", presets[i], NULL);
    MpTrainer *trainer = start (presets[i], name, (MpTrainerOptions) { .start_paused = TRUE });

    while (mp_trainer_get_iteration (trainer) < N) {
      switch (g_rand_int_range (random, 0, 5)) {
      case 0:
        mp_trainer_play (trainer);
        g_usleep (1000);
        mp_trainer_pause (trainer);
        break;
      case 1:
        mp_trainer_step_iteration (trainer);
        break;
      case 2:
        mp_trainer_set_speed (trainer, g_rand_double_range (random, 500, 5000));
        break;
      case 3:
        mp_trainer_checkpoint (trainer);
        break;
      default:
        mp_trainer_step_phase (trainer);
        break;
      }
      g_usleep (500);
    }
    finish (trainer);
    assert_like_reference (presets[i], name);
  }
  g_rand_free (random);
}

static void
test_together (void)
{
  MpTrainer *trainers[G_N_ELEMENTS (presets)];

  for (guint i = 0; i < G_N_ELEMENTS (presets); i++) {
    g_autofree char *name = g_strconcat ("together-", presets[i], NULL);

    trainers[i] = start (presets[i], name, (MpTrainerOptions) { 0 });
  }
  for (guint i = 0; i < G_N_ELEMENTS (presets); i++) {
    g_autofree char *name = g_strconcat ("together-", presets[i], NULL);

    finish (trainers[i]);
    assert_like_reference (presets[i], name);
  }
}

/* Stopped and gone on with again and again, once amid an iteration. */
static void
test_resumed (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (presets); i++) {
    g_autofree char *name = g_strconcat ("resumed-", presets[i], NULL);
    MpTrainer *trainer = start (presets[i], name, (MpTrainerOptions) { .start_paused = TRUE });

    for (guint session = 0; session < 5; session++) {
      for (guint k = 0; k < 7 + session; k++)
        mp_trainer_step_iteration (trainer);
      mp_trainer_step_phase (trainer);
      mp_trainer_stop (trainer);
      mp_trainer_join (trainer);
      mp_assert_state (trainer, MP_LANE_STOPPED);
      g_object_unref (trainer);
      trainer = resume (name, (MpTrainerOptions) { .start_paused = TRUE });
    }
    mp_trainer_play (trainer);
    finish (trainer);
    assert_like_reference (presets[i], name);
  }
}

/* A finished run that is asked for more. */
static void
test_prolonged (void)
{
  g_autofree char *dir = in_scratch ("prolonged");
  g_autofree char *longer = in_scratch ("longer");
  MpTrainer *trainer;

  finish (start ("ring-gan", "prolonged", (MpTrainerOptions) { 0 }));
  trainer = resume ("prolonged", (MpTrainerOptions) { .iterations = 2 * N });
  mp_trainer_join (trainer);
  mp_assert_state (trainer, MP_LANE_FINISHED);
  g_assert_cmpuint (mp_trainer_get_iteration (trainer), ==, 2 * N);
  g_object_unref (trainer);

  finish (start ("ring-gan", "longer", (MpTrainerOptions) { .iterations = 2 * N }));
  {
    g_autofree char *a = g_strdup_printf ("%s/checkpoints/%d.safetensors", dir, 2 * N);
    g_autofree char *b = g_strdup_printf ("%s/checkpoints/%d.safetensors", longer, 2 * N);

    mp_assert_same_tensors (a, b);
  }
  trainer = resume ("prolonged", (MpTrainerOptions) { .start_paused = TRUE });
  mp_trainer_join (trainer);
  g_assert_cmpuint (mp_trainer_get_n_iterations (trainer), ==, 2 * N);
  g_assert_cmpint (mp_experiment_get_int (mp_trainer_get_experiment (trainer), "train", "iterations"), ==, 2 * N);
  g_object_unref (trainer);
}

/* ---- changes by hand ---- */

static void
change (MpTrainer  *trainer,
        const char *group,
        const char *key,
        const char *value)
{
  g_autoptr (GError) error = NULL;

  mp_trainer_set_live (trainer, group, key, value, &error);
  g_assert_no_error (error);
}

/* Changes the generator's learning rate after 10 iterations. */
static MpTrainer *
start_changed (const char *name)
{
  MpTrainer *trainer = start ("ring-gram", name, (MpTrainerOptions) { .start_paused = TRUE });

  for (guint i = 0; i < 10; i++)
    mp_trainer_step_iteration (trainer);
  mp_wait_until (trainer, mp_has_iteration, 10);
  change (trainer, "optimizer.generator", "learning_rate", "1e-2");
  return trainer;
}

static void
test_live (void)
{
  g_autofree char *plain = in_scratch ("changed");
  g_autofree char *resumed = in_scratch ("changed-resumed");
  g_autofree char *reference = get_reference ("ring-gram");
  MpTrainer *trainer = start_changed ("changed");
  g_autoptr (MpRun) run = NULL;
  g_autoptr (MpRun) other = NULL;
  g_autoptr (GArray) events = NULL;

  g_assert_cmpfloat (mp_experiment_get_double (mp_trainer_get_experiment (trainer), "optimizer.generator", "learning_rate"),
                     ==, 1e-2);
  mp_trainer_play (trainer);
  finish (trainer);

  trainer = start_changed ("changed-resumed");
  mp_trainer_step_iteration (trainer);
  mp_trainer_stop (trainer);
  mp_trainer_join (trainer);
  g_object_unref (trainer);
  trainer = resume ("changed-resumed", (MpTrainerOptions) { 0 });
  mp_trainer_join (trainer);
  g_assert_cmpfloat (mp_experiment_get_double (mp_trainer_get_experiment (trainer), "optimizer.generator", "learning_rate"),
                     ==, 1e-2);
  finish (trainer);
  mp_assert_same_runs (plain, resumed, N);

  run = mp_run_open (resumed, FALSE, NULL);
  events = mp_run_list_events (run, NULL);
  g_assert_cmpuint (events->len, ==, 1);
  g_assert_cmpuint (g_array_index (events, MpMetricsEvent, 0).iteration, ==, 10);
  g_assert_cmpstr (g_array_index (events, MpMetricsEvent, 0).text, ==, "optimizer.generator.learning_rate=1e-2");

  /* It did change something. */
  other = mp_run_open (reference, FALSE, NULL);
  g_assert_cmpfloat (mp_run_get_last (run, "loss/generator"), !=, mp_run_get_last (other, "loss/generator"));
}

static void
refuse (MpTrainer  *trainer,
        const char *group,
        const char *key,
        const char *value,
        gint        code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (mp_trainer_set_live (trainer, group, key, value, &error));
  g_assert_error (error, MP_ERROR, code);
}

static void
test_live_refusals (void)
{
  MpTrainer *trainer = start ("ring-gram", "refusals", (MpTrainerOptions) { .start_paused = TRUE });

  mp_wait_until (trainer, mp_has_state, MP_LANE_PAUSED);
  refuse (trainer, "train", "batch", "64", MP_ERROR_EXPERIMENT);
  refuse (trainer, "method", "no_such_key", "1", MP_ERROR_EXPERIMENT);
  refuse (trainer, "nowhere", "learning_rate", "1", MP_ERROR_EXPERIMENT);
  refuse (trainer, "optimizer.generator", "learning_rate", "-1", MP_ERROR_EXPERIMENT);
  refuse (trainer, "optimizer.generator", "learning_rate", "fast", MP_ERROR_EXPERIMENT);
  refuse (trainer, "method", "bandwidths", "1, 2, 4", MP_ERROR_EXPERIMENT);
  change (trainer, "method", "bandwidths", "0.5");
  mp_trainer_play (trainer);
  mp_wait_until (trainer, mp_is_over, 0);
  refuse (trainer, "optimizer.generator", "learning_rate", "1e-2", MP_ERROR_STATE);
  finish (trainer);
}

/* ---- what comes up ---- */

static void
test_scalars (void)
{
  MpTrainer *trainer = start ("ring-gan", "scalars", (MpTrainerOptions) { .scalars = TRUE });
  g_autofree char *dir = in_scratch ("scalars");
  g_autoptr (GArray) scalars = g_array_new (FALSE, FALSE, sizeof (MpScalar));
  g_autoptr (MpRun) run = NULL;
  const MpSeriesInfo *series;
  guint n;

  while (!mp_is_over (trainer, 0)) {
    mp_trainer_drain_scalars (trainer, scalars);
    g_usleep (300);
  }
  mp_trainer_drain_scalars (trainer, scalars);
  series = mp_trainer_get_series (trainer, &n);
  run = mp_run_open (dir, FALSE, NULL);
  g_assert_cmpuint (n, >, 5);
  for (guint i = 0; i < n; i++) {
    g_autoptr (GArray) iterations = g_array_new (FALSE, FALSE, sizeof (guint64));
    g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (double));
    guint at = 0;

    g_assert_true (mp_run_read_series (run, series[i].id, iterations, values, NULL));
    g_assert_cmpuint (values->len, ==, series[i].per_iteration ? N : N / 20 + 1);
    for (guint k = 0; k < scalars->len; k++) {
      const MpScalar *scalar = &g_array_index (scalars, MpScalar, k);

      if (scalar->series != i)
        continue;
      g_assert_cmpuint (at, <, values->len);
      g_assert_cmpuint (scalar->iteration, ==, g_array_index (iterations, guint64, at));
      g_assert_true (memcmp (&scalar->value, &g_array_index (values, double, at), sizeof (double)) == 0);
      g_assert_cmpuint (scalar->iteration, ==, series[i].per_iteration ? at + 1 : 20 * at);
      at++;
    }
    g_assert_cmpuint (at, ==, values->len);
  }
  finish (trainer);
}

static void
count_cb (gpointer data)
{
  __atomic_add_fetch ((gint *) data, 1, __ATOMIC_RELAXED);
}

/* However much happens, one call is pending until somebody drains. */
static void
test_notify (void)
{
  MpTrainer *trainer = start ("ring-gan", NULL, (MpTrainerOptions) { .start_paused = TRUE, .scalars = TRUE });
  g_autoptr (GArray) scalars = g_array_new (FALSE, FALSE, sizeof (MpScalar));
  gint n_calls = 0;

  mp_wait_until (trainer, mp_has_state, MP_LANE_PAUSED);
  mp_trainer_set_notify (trainer, count_cb, &n_calls);
  for (guint i = 0; i < 20; i++)
    mp_trainer_step_iteration (trainer);
  mp_wait_until (trainer, mp_has_iteration, 20);
  g_usleep (20000);
  g_assert_cmpint (__atomic_load_n (&n_calls, __ATOMIC_RELAXED), ==, 1);
  mp_trainer_drain_scalars (trainer, scalars);
  g_assert_cmpuint (scalars->len, >=, 20);
  mp_trainer_step_iteration (trainer);
  mp_wait_until (trainer, mp_has_iteration, 21);
  while (__atomic_load_n (&n_calls, __ATOMIC_RELAXED) < 2)
    g_usleep (1000);
  g_usleep (20000);
  g_assert_cmpint (__atomic_load_n (&n_calls, __ATOMIC_RELAXED), ==, 2);
  mp_trainer_set_notify (trainer, NULL, NULL);
  g_object_unref (trainer);
}

static MpSnapshot *
take_snapshot (MpTrainer  *trainer,
               const char *layer,
               MpSnapshot *last)
{
  gint64 end = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;

  mp_trainer_request_snapshot (trainer, (const char *[]) { layer, NULL });
  while (g_get_monotonic_time () < end) {
    MpSnapshot *snapshot = mp_trainer_dup_snapshot (trainer);

    if (snapshot != NULL && snapshot != last)
      return snapshot;
    g_clear_pointer (&snapshot, mp_snapshot_unref);
    g_usleep (500);
  }
  g_error ("no snapshot came");
}

static gboolean
all_finite (const float *values,
            gint64       n)
{
  for (gint64 i = 0; i < n; i++)
    if (!isfinite (values[i]))
      return FALSE;
  return TRUE;
}

/* While paused, and when the lane is over. */
static void
test_snapshots (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (presets); i++) {
    MpTrainer *trainer = start (presets[i], NULL, (MpTrainerOptions) { .start_paused = TRUE });
    g_autoptr (MpSnapshot) plain = NULL;
    g_autoptr (MpSnapshot) full = NULL;
    g_autoptr (MpSnapshot) late = NULL;
    const MpLayerInfo *layers;
    const MpLayer *layer;
    double seconds;
    guint n;

    mp_wait_until (trainer, mp_has_state, MP_LANE_PAUSED);
    g_assert_null (mp_trainer_dup_snapshot (trainer));
    layers = mp_trainer_get_layers (trainer, &n);
    g_assert_cmpuint (n, >, 0);

    plain = take_snapshot (trainer, "no-such-layer", NULL);
    g_assert_cmpuint (plain->n_layers, ==, 0);
    g_assert_cmpuint (plain->iteration, ==, 0);
    g_assert_cmpint (plain->dimensions, ==, 2);
    g_assert_true (all_finite (plain->samples, plain->n_samples * 2));
    g_assert_true (all_finite (plain->data, plain->n_data * 2));
    g_assert_cmpint (plain->n_latent, ==, mp_experiment_get_int (mp_trainer_get_experiment (trainer), "generator",
                                                                 "latent"));
    g_assert_true (all_finite (plain->latents, plain->n_samples * plain->n_latent));
    g_assert_nonnull (plain->metrics);
    seconds = mp_trainer_get_look_seconds (trainer);
    g_assert_cmpfloat (seconds, >, 0);

    full = take_snapshot (trainer, layers[0].class->base.id, plain);
    g_assert_cmpuint (full->n_layers, ==, 1);
    layer = mp_snapshot_get_layer (full, layers[0].class->base.id);
    g_assert_true (layer == &full->layers[0] && layer->class == layers[0].class);
    g_assert_null (mp_snapshot_get_layer (full, "no-such-layer"));
    g_assert_true (all_finite (layer->tensors[0].values, (gint64) layer->width * layer->height));
    g_assert_cmpfloat (layer->extent[0], <, layer->extent[1]);
    g_assert_cmpfloat (layer->seconds, >, 0);
    g_assert_cmpfloat (mp_trainer_get_look_seconds (trainer), >, seconds);
    g_assert_cmpmem (full->samples, (gsize) full->n_samples * 8, plain->samples, (gsize) plain->n_samples * 8);

    mp_trainer_play (trainer);
    mp_wait_until (trainer, mp_is_over, 0);
    late = take_snapshot (trainer, NULL, full);
    g_assert_cmpuint (late->iteration, ==, N);
    g_assert_true (memcmp (late->samples, plain->samples, (gsize) plain->n_samples * 8) != 0);
    finish (trainer);
  }
}

/* ---- what goes wrong ---- */

static void
test_divergence (void)
{
  g_autoptr (MpExperiment) experiment = mp_small_experiment ("ring-gan", 500);
  g_autofree char *dir = in_scratch ("diverged");
  MpTrainer *trainer;
  g_autoptr (GError) error = NULL;
  g_autoptr (MpRun) run = NULL;
  g_autoptr (GArray) iterations = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (double));
  guint64 iteration;

  g_assert_true (mp_experiment_set (experiment, "optimizer.critic.kind=sgd", NULL));
  g_assert_true (mp_experiment_set (experiment, "optimizer.critic.learning_rate=1e-3", NULL));
  g_assert_true (mp_experiment_set (experiment, "optimizer.critic.weight_decay=1", NULL));
  trainer = mp_trainer_new (experiment, &(MpTrainerOptions) { .device = test_device_name (), .run_dir = dir, .iterations = -1,
                                                           .start_paused = TRUE });
  mp_wait_until (trainer, mp_has_state, MP_LANE_PAUSED);
  for (guint i = 0; i < 5; i++)
    mp_trainer_step_iteration (trainer);
  mp_wait_until (trainer, mp_has_iteration, 5);
  /* A step is then p ← p − 1000·(g + p): weights grow a thousandfold each iteration. */
  change (trainer, "optimizer.critic", "learning_rate", "1000");
  mp_trainer_play (trainer);
  mp_trainer_join (trainer);
  mp_assert_state (trainer, MP_LANE_DIVERGED);
  iteration = mp_trainer_get_iteration (trainer);
  g_assert_cmpuint (iteration, >, 5);
  g_assert_cmpuint (iteration, <, 30);
  error = mp_trainer_dup_error (trainer);
  g_test_message ("%s", error->message);
  {
    g_autofree char *place = g_strdup_printf ("at iteration %" G_GUINT64_FORMAT " in ", iteration);

    g_assert_nonnull (strstr (error->message, place));
  }
  g_object_unref (trainer);

  run = mp_run_open (dir, FALSE, NULL);
  g_assert_cmpstr (mp_run_get_state (run), ==, "diverged");
  g_assert_true (mp_run_read_series (run, "loss/critic", iterations, values, NULL));
  g_assert_cmpuint (values->len, ==, iteration);
  g_assert_true (isfinite (g_array_index (values, double, 3)));
}

static void
fail_to_start (MpTrainerOptions options,
               const char      *dir,
               gint             code)
{
  g_autoptr (MpExperiment) experiment = mp_small_experiment ("ring-gan", N);
  MpTrainer *trainer;
  g_autoptr (GError) error = NULL;

  options.iterations = -1;
  options.run_dir = dir;
  if (options.device == NULL)
    options.device = test_device_name ();
  trainer = mp_trainer_new (experiment, &options);
  mp_trainer_request_snapshot (trainer, NULL);
  mp_trainer_play (trainer);
  mp_trainer_join (trainer);
  mp_assert_state (trainer, MP_LANE_FAILED);
  error = mp_trainer_dup_error (trainer);
  g_assert_error (error, MP_ERROR, code);
  g_test_message ("%s", error->message);
  g_object_unref (trainer);
}

static void
test_failures (void)
{
  g_autofree char *file = in_scratch ("a-file");
  g_autofree char *nowhere = in_scratch ("never-made");
  g_autofree char *other = in_scratch ("other");
  g_autofree char *locked = in_scratch ("locked");
  MpTrainer *holder;

  g_assert_true (g_file_set_contents (file, "x", 1, NULL));
  if (test_device_is_cpu ())
    fail_to_start ((MpTrainerOptions) { .device = "cuda" }, NULL, MP_ERROR_DEVICE);
  fail_to_start ((MpTrainerOptions) { .device = "abacus" }, NULL, MP_ERROR_UNKNOWN);
  fail_to_start ((MpTrainerOptions) { 0 }, file, MP_ERROR_FILE);
  fail_to_start ((MpTrainerOptions) { .resume = TRUE }, nowhere, MP_ERROR_FILE);
  finish (start ("ring-mmd-net", "other", (MpTrainerOptions) { 0 }));
  fail_to_start ((MpTrainerOptions) { .resume = TRUE }, other, MP_ERROR_EXPERIMENT);

  holder = start ("ring-gan", "locked", (MpTrainerOptions) { .start_paused = TRUE });
  mp_wait_until (holder, mp_has_state, MP_LANE_PAUSED);
  fail_to_start ((MpTrainerOptions) { .resume = TRUE }, locked, MP_ERROR_STATE);
  mp_trainer_play (holder);
  finish (holder);
}

/* The disk fills up under one lane: it fails and says where; one that writes nothing goes on; with room again the run
 * goes on from its last checkpoint to the same end. */
static void
test_full_disk (void)
{
  MpTrainer *writer, *other;
  struct rlimit before, limit;
  g_autoptr (GError) error = NULL;

  signal (SIGXFSZ, SIG_IGN);
  writer = start ("ring-gan", "full", (MpTrainerOptions) { .start_paused = TRUE });
  other = start ("ring-gan", NULL, (MpTrainerOptions) { .start_paused = TRUE });
  for (guint i = 0; i < 30; i++)
    mp_trainer_step_iteration (writer);
  mp_trainer_checkpoint (writer);
  mp_trainer_step_iteration (writer);
  mp_wait_until (writer, mp_has_iteration, 31);
  mp_wait_until (writer, mp_has_state, MP_LANE_PAUSED);
  mp_wait_until (other, mp_has_state, MP_LANE_PAUSED);

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &before), ==, 0);
  limit = before;
  limit.rlim_cur = 3000;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  mp_trainer_play (writer);
  mp_trainer_play (other);
  mp_trainer_join (writer);
  mp_trainer_join (other);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &before), ==, 0);

  mp_assert_state (other, MP_LANE_FINISHED);
  mp_assert_state (writer, MP_LANE_FAILED);
  error = mp_trainer_dup_error (writer);
  g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, "/full/"));
  g_test_message ("%s", error->message);
  g_object_unref (other);
  g_object_unref (writer);

  finish (resume ("full", (MpTrainerOptions) { 0 }));
  assert_like_reference ("ring-gan", "full");
}

/* A folder that goes away while a lane writes into it. */
static void
test_folder_lost (void)
{
  MpTrainer *trainer = start ("ring-gan", "lost", (MpTrainerOptions) { .start_paused = TRUE });
  g_autofree char *dir = in_scratch ("lost");
  g_autoptr (GError) error = NULL;

  mp_wait_until (trainer, mp_has_state, MP_LANE_PAUSED);
  mp_scratch_remove (dir);
  mp_trainer_play (trainer);
  mp_trainer_join (trainer);
  mp_assert_state (trainer, MP_LANE_FAILED);
  error = mp_trainer_dup_error (trainer);
  g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
  g_object_unref (trainer);
}

int
main (int    argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  scratch = mp_scratch_new ();
  g_test_add_func ("/trainer/nowhere", test_nowhere);
  g_test_add_func ("/trainer/steps", test_steps);
  g_test_add_func ("/trainer/speed", test_speed);
  g_test_add_func ("/trainer/pause-at", test_pause_at);
  g_test_add_func ("/trainer/stop", test_stop);
  g_test_add_func ("/trainer/drop", test_drop);
  g_test_add_func ("/trainer/checkpoints", test_checkpoints);
  g_test_add_func ("/trainer/slow-motion", test_slow_motion);
  g_test_add_func ("/trainer/same-bits/again", test_again);
  g_test_add_func ("/trainer/same-bits/watched", test_watched);
  g_test_add_func ("/trainer/same-bits/interrupted", test_interrupted);
  g_test_add_func ("/trainer/same-bits/together", test_together);
  g_test_add_func ("/trainer/same-bits/resumed", test_resumed);
  g_test_add_func ("/trainer/same-bits/prolonged", test_prolonged);
  g_test_add_func ("/trainer/live", test_live);
  g_test_add_func ("/trainer/live/refusals", test_live_refusals);
  g_test_add_func ("/trainer/scalars", test_scalars);
  g_test_add_func ("/trainer/notify", test_notify);
  g_test_add_func ("/trainer/snapshots", test_snapshots);
  g_test_add_func ("/trainer/divergence", test_divergence);
  g_test_add_func ("/trainer/failures", test_failures);
  g_test_add_func ("/trainer/full-disk", test_full_disk);
  g_test_add_func ("/trainer/folder-lost", test_folder_lost);
  result = g_test_run ();
  mp_scratch_remove (scratch);
  g_free (scratch);
  return result;
}
