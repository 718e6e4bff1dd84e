/* SPDX-License-Identifier: Apache-2.0
 *
 * test-kill.c: a process that is killed at any moment leaves run folders that open and go on, to the very bits of a
 * run that nothing happened to.
 *
 * The program starts itself again as the victim. A run is killed, gone on with for some iterations in this process,
 * killed again, until it is done; then another begins. The seed of the moments is printed and can be given as
 * MATCHPOINT_TEST_SEED.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/engine/lanes.h"
#include "tests/engine/scratch.h"

#define N 400
#define N_KILLS 50

static const char *program;

static MpTrainer *
start_or_resume (const char *dir,
                 const char *device,
                 gboolean    start_paused)
{
  MpTrainerOptions options = { .device = device, .run_dir = dir, .iterations = -1, .checkpoint_every = 5, .start_paused = start_paused };
  g_autoptr (MpExperiment) experiment = mp_small_experiment ("ring-gram", N);

  options.resume = g_file_test (dir, G_FILE_TEST_EXISTS);
  return mp_trainer_new (experiment, &options);
}

/* What the victim does: train slowly enough to be hit anywhere. */
static int
be_killed (const char *dir)
{
  g_autoptr (MpTrainer) trainer = start_or_resume (dir, test_device_name (), FALSE);

  mp_trainer_set_speed (trainer, 400);
  mp_trainer_join (trainer);
  return mp_trainer_get_state (trainer) == MP_LANE_FINISHED ? 0 : 1;
}

/* TRUE when the victim was done before. */
static gboolean
kill_after (const char *dir,
            gint        microseconds)
{
  const char *const arguments[] = { program, "--victim", dir, NULL };
  g_autoptr (GError) error = NULL;
  GPid pid;
  int status;

  g_spawn_async (NULL, (char **) arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, &error);
  g_assert_no_error (error);
  g_usleep ((gulong) microseconds);
  kill (pid, SIGKILL);
  while (waitpid (pid, &status, 0) < 0)
    g_assert_cmpint (errno, ==, EINTR);
  if (WIFEXITED (status))
    g_assert_cmpint (WEXITSTATUS (status), ==, 0);
  return WIFEXITED (status);
}

/* Opens what is left, and goes on for some iterations. */
static void
go_on (const char *dir)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MpRun) run = mp_run_open (dir, FALSE, &error);
  MpTrainer *trainer;
  guint64 iteration;

  g_assert_no_error (error);
  g_clear_pointer (&run, mp_run_close);
  trainer = start_or_resume (dir, test_device_name (), TRUE);
  for (guint i = 0; i < 3; i++)
    mp_trainer_step_iteration (trainer);
  mp_trainer_stop (trainer);
  mp_trainer_join (trainer);
  iteration = mp_trainer_get_iteration (trainer);
  mp_assert_state (trainer, iteration == N ? MP_LANE_FINISHED : MP_LANE_STOPPED);
  g_assert_cmpuint (iteration, >=, 3);
  g_object_unref (trainer);
}

static void
finish (const char *dir,
        const char *device)
{
  mp_finish (start_or_resume (dir, device, FALSE));
}

static void
test_kill (void)
{
  const char *given = g_getenv ("MATCHPOINT_TEST_SEED");
  guint32 seed = given != NULL ? (guint32) g_ascii_strtoull (given, NULL, 10) : g_random_int ();
  GRand *random = g_rand_new_with_seed (seed);
  g_autofree char *scratch = mp_scratch_new ();
  g_autofree char *reference = g_build_filename (scratch, "reference", NULL);
  guint n_runs = 0, n_absent = 0;

  g_test_message ("MATCHPOINT_TEST_SEED=%u", seed);
  finish (reference, test_reference_name ());
  for (guint n_kills = 0; n_kills < N_KILLS; n_runs++) {
    g_autofree char *name = g_strdup_printf ("run-%u", n_runs);
    g_autofree char *dir = g_build_filename (scratch, name, NULL);
    gboolean done = FALSE;

    while (!done && n_kills < N_KILLS) {
      done = kill_after (dir, g_rand_int_range (random, 0, 250000));
      n_kills += !done;
      if (g_file_test (dir, G_FILE_TEST_EXISTS))
        go_on (dir);
      else
        n_absent++;
    }
    finish (dir, test_device_name ());
    mp_assert_same_runs (reference, dir, N);
  }
  g_test_message ("%u runs, %u kills before there was a folder", n_runs, n_absent);
  g_rand_free (random);
  mp_scratch_remove (scratch);
}

int
main (int    argc,
      char **argv)
{
  if (argc == 3 && g_str_equal (argv[1], "--victim"))
    return be_killed (argv[2]);
  program = argv[0];
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kill", test_kill);
  return g_test_run ();
}
