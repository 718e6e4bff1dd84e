/* SPDX-License-Identifier: Apache-2.0
 *
 * trainer-failures.c: lanes that diverge, cannot start, or lose their disk.
 */
#include <math.h>
#include <signal.h>
#include <sys/resource.h>

#include "tests/engine/trainer.h"

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

  mp_set (experiment, "optimizer.critic.kind=sgd");
  mp_set (experiment, "optimizer.critic.learning_rate=1e-3");
  mp_set (experiment, "optimizer.critic.weight_decay=1");
  trainer = mp_trainer_new (experiment, &(MpTrainerOptions) { .device = test_device_name (), .run_dir = dir, .iterations = -1,
                                                           .start_paused = TRUE });
  mp_wait_until (trainer, mp_has_state, MP_LANE_PAUSED);
  for (guint i = 0; i < 5; i++)
    mp_trainer_step_iteration (trainer);
  mp_wait_until (trainer, mp_has_iteration, 5);
  /* A step is then p ← p − 1000·(g + p): weights grow a thousandfold each iteration. */
  change (trainer, "optimizer.critic", "learning_rate", "1000");
  mp_trainer_play (trainer);
  mp_assert_end (trainer, MP_LANE_DIVERGED);
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

  run = mp_find_run (dir);
  g_assert_cmpstr (mp_run_get_state (run), ==, "diverged");
  g_assert_cmpstr (mp_run_get_message (run), ==, error->message);
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
  mp_assert_end (trainer, MP_LANE_FAILED);
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
  mp_finish (start ("ring-mmd-net", "other", (MpTrainerOptions) { 0 }));
  fail_to_start ((MpTrainerOptions) { .resume = TRUE }, other, MP_ERROR_EXPERIMENT);

  holder = start ("ring-gan", "locked", (MpTrainerOptions) { .start_paused = TRUE });
  mp_wait_until (holder, mp_has_state, MP_LANE_PAUSED);
  fail_to_start ((MpTrainerOptions) { .resume = TRUE }, locked, MP_ERROR_STATE);
  mp_trainer_play (holder);
  mp_finish (holder);
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

  mp_finish (resume ("full", (MpTrainerOptions) { 0 }));
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
  mp_assert_end (trainer, MP_LANE_FAILED);
  error = mp_trainer_dup_error (trainer);
  g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
  g_object_unref (trainer);
}

void
trainer_add_failures (void)
{
  g_test_add_func ("/trainer/divergence", test_divergence);
  g_test_add_func ("/trainer/failures", test_failures);
  g_test_add_func ("/trainer/full-disk", test_full_disk);
  g_test_add_func ("/trainer/folder-lost", test_folder_lost);
}
