/* SPDX-License-Identifier: Apache-2.0
 *
 * trainer-life.c: a lane from its start to its end: steps, pauses, speeds, stops, checkpoints, slow motion.
 */
#include <math.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "tests/engine/trainer.h"

static void
test_nowhere (void)
{
  MpTrainer *trainer = start ("ring-gram", NULL, (MpTrainerOptions) { 0 });
  g_autoptr (GArray) metrics = NULL;

  mp_assert_end (trainer, MP_LANE_FINISHED);
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
  mp_finish (trainer);
}

/* How much lower than this thread's the priority of the process's lane is. */
static int
lower_by (void)
{
  g_autoptr (GDir) tasks = g_dir_open ("/proc/self/task", 0, NULL);
  const char *task;
  int lower = G_MININT;

  g_assert_nonnull (tasks);
  while ((task = g_dir_read_name (tasks)) != NULL) {
    g_autofree char *path = g_build_filename ("/proc/self/task", task, "comm", NULL);
    g_autofree char *name = NULL;

    if (g_file_get_contents (path, &name, NULL, NULL) && g_str_equal (name, "lane\n"))
      lower = getpriority (PRIO_PROCESS, (id_t) atoi (task)) - getpriority (PRIO_PROCESS, 0);
  }
  return lower;
}

static void
test_priority (void)
{
  for (guint i = 0; i < 2; i++) {
    MpTrainer *trainer = start ("ring-gan", NULL, (MpTrainerOptions) { .start_paused = TRUE, .gives_way = i == 1 });

    mp_wait_until (trainer, mp_has_state, MP_LANE_PAUSED);
    /* One that is as low as can be goes no lower. */
    if (getpriority (PRIO_PROCESS, 0) < 19)
      g_assert_true (i == 0 ? lower_by () == 0 : lower_by () > 0);
    mp_trainer_play (trainer);
    mp_finish (trainer);
  }
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
  mp_finish (trainer);
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
  mp_finish (trainer);
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
  mp_assert_end (trainer, MP_LANE_STOPPED);
  iteration = mp_trainer_get_iteration (trainer);
  run = mp_find_run (dir);
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
  run = mp_find_run (dir);
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
  mp_finish (trainer);

  /* The one that was asked for amid iteration 6, those of every 25, and the last. */
  run = mp_find_run (dir);
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
  mp_finish (trainer);
  assert_like_reference ("ring-gan", "slow-motion");
}

void
trainer_add_life (void)
{
  g_test_add_func ("/trainer/nowhere", test_nowhere);
  g_test_add_func ("/trainer/steps", test_steps);
  g_test_add_func ("/trainer/priority", test_priority);
  g_test_add_func ("/trainer/speed", test_speed);
  g_test_add_func ("/trainer/pause-at", test_pause_at);
  g_test_add_func ("/trainer/stop", test_stop);
  g_test_add_func ("/trainer/drop", test_drop);
  g_test_add_func ("/trainer/checkpoints", test_checkpoints);
  g_test_add_func ("/trainer/slow-motion", test_slow_motion);
}
