/* SPDX-License-Identifier: Apache-2.0
 *
 * test-sweep-run.c: sweeps in training: results, pausing, several pools on one folder, and being killed.
 *
 * The program starts itself again as the victim that is killed.
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/runs/lock.h"
#include "engine/train/sweep-run.h"
#include "tests/engine/lanes.h"
#include "tests/engine/scratch.h"

static const char *program;

#define SMALL \
  "[set]\ngenerator.hidden = 8\ncritic.hidden = 8\ntrain.batch = 16\ndata.points = 50\nevaluate.samples = 50\n" \
  "evaluate.every = 10\ntrain.checkpoint_every = 10\n"

static const char small[] =
  "[sweep]\nbases = ring-gan; ring-gram\nseeds = 1, 2\naverage = 20\n" SMALL "train.iterations = 40\n"
  "[axis latent]\ngenerator.latent = 2; 3\n";

static char *
save (const char *scratch,
      const char *name,
      const char *text)
{
  char *dir = g_build_filename (scratch, name, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (MpSweep) sweep = mp_sweep_parse (text, "test.ini", NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (mp_sweep_save (sweep, dir, &error));
  g_assert_no_error (error);
  return dir;
}

static MpSweepRun *
open_run (const char *dir)
{
  g_autoptr (GError) error = NULL;
  MpSweepRun *run = mp_sweep_run_open (dir, &error);

  g_assert_no_error (error);
  return run;
}

static void
assert_counts (MpSweepRun *run,
               guint       finished,
               guint       diverged,
               guint       failed)
{
  guint counts[MP_N_TRIAL_STATES];

  mp_sweep_run_count (run, counts);
  for (guint i = 0; i < mp_sweep_get_n_trials (mp_sweep_run_get_sweep (run)); i++) {
    g_autofree char *message = mp_sweep_run_dup_message (run, i);

    if (message != NULL)
      g_test_message ("%s: %s", mp_sweep_get_trial (mp_sweep_run_get_sweep (run), i)->name, message);
  }
  g_assert_cmpuint (counts[MP_TRIAL_FINISHED], ==, finished);
  g_assert_cmpuint (counts[MP_TRIAL_DIVERGED], ==, diverged);
  g_assert_cmpuint (counts[MP_TRIAL_FAILED], ==, failed);
}

static void
train (MpSweepRun *run,
       guint       lanes)
{
  const MpSweepOptions options = { .device = test_device_name (), .n_lanes = lanes };

  mp_sweep_run_start (run, &options);
  mp_sweep_run_join (run);
  g_assert_cmpint (mp_sweep_run_get_activity (run), ==, MP_SWEEP_RESTING);
}

/* ---- results ---- */

/* The field of a row of CSV without quotes. (transfer full) */
static char *
field (const char *csv,
       guint       row,
       const char *column)
{
  g_auto (GStrv) lines = g_strsplit (csv, "\n", -1);
  g_auto (GStrv) head = g_strsplit (lines[0], ",", -1);
  g_auto (GStrv) fields = g_strsplit (lines[row], ",", -1);

  for (guint i = 0; head[i] != NULL; i++)
    if (g_str_equal (head[i], column))
      return g_strdup (fields[i]);
  g_error ("there is no column “%s” in %s", column, lines[0]);
}

static double
number (const char *csv,
        guint       row,
        const char *column)
{
  g_autofree char *text = field (csv, row, column);
  char *end;
  double value = g_ascii_strtod (text, &end);

  g_assert_true (end != text && *end == '\0');
  return value;
}

/* The mean of the last evaluations, from the run's metrics file itself. */
static double
read_average (const char *dir,
              const char *id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MpRun) run = mp_run_open (dir, FALSE, &error);
  g_autoptr (GArray) iterations = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (double));

  g_assert_no_error (error);
  mp_run_read_series (run, id, iterations, values, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_array_index (iterations, guint64, values->len - 2), ==, 30);
  return (g_array_index (values, double, values->len - 2) + g_array_index (values, double, values->len - 1)) / 2;
}

static void
test_results (void)
{
  g_autofree char *scratch = mp_scratch_new ();
  g_autofree char *dir = save (scratch, "sweep", small);
  g_autofree char *path = g_build_filename (scratch, "out.csv", NULL);
  g_autofree char *beside = g_build_filename (scratch, "out-seeds.csv", NULL);
  g_autofree char *kept = g_build_filename (dir, "cells.csv", NULL);
  g_autoptr (MpSweepRun) run = open_run (dir);
  g_autoptr (GError) error = NULL;
  g_autofree char *cells = NULL;
  g_autofree char *seeds = NULL;
  g_autofree char *cells_kept = NULL;
  MpSweep *sweep = mp_sweep_run_get_sweep (run);
  guint64 done, all;
  double left;

  train (run, 3);
  assert_counts (run, 8, 0, 0);
  mp_sweep_run_get_progress (run, &done, &all, &left);
  g_assert_cmpuint (done, ==, 8 * 40);
  g_assert_cmpuint (all, ==, 8 * 40);
  g_assert_cmpfloat (left, ==, 0);
  g_assert_true (mp_sweep_run_write_csv (run, path, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &cells, NULL, NULL));
  g_assert_true (g_file_get_contents (beside, &seeds, NULL, NULL));
  g_assert_true (g_file_get_contents (kept, &cells_kept, NULL, NULL));
  g_assert_cmpstr (cells, ==, cells_kept);
  for (guint cell = 0; cell < 4; cell++) {
    double values[2], mean, sd;
    MpSweepSummary summary;

    for (guint i = 0; i < 2; i++) {
      guint trial = mp_sweep_find_trial (sweep, cell, i);
      g_autofree char *trial_dir = mp_sweep_run_dup_trial_dir (run, trial);
      g_autofree char *state = field (seeds, 1 + cell * 2 + i, "state");

      values[i] = number (seeds, 1 + cell * 2 + i, "mmd2");
      g_assert_cmpfloat (values[i], ==, read_average (trial_dir, "mmd2"));
      g_assert_cmpstr (state, ==, "finished");
      g_assert_cmpfloat (number (seeds, 1 + cell * 2 + i, "seed"), ==, i + 1);
      g_assert_cmpfloat (number (seeds, 1 + cell * 2 + i, "iteration"), ==, 40);
    }
    mean = (values[0] + values[1]) / 2;
    sd = fabs (values[0] - values[1]) / sqrt (2);
    mp_sweep_run_summarise (run, cell, "mmd2", &summary);
    g_assert_cmpuint (summary.n, ==, 2);
    g_assert_cmpfloat_with_epsilon (summary.mean, mean, 1e-12);
    g_assert_cmpfloat_with_epsilon (summary.sd, sd, 1e-12);
    g_assert_cmpfloat (number (cells, 1 + cell, "mmd2 mean"), ==, summary.mean);
    g_assert_cmpfloat (number (cells, 1 + cell, "mmd2 sd"), ==, summary.sd);
    g_assert_cmpfloat (number (cells, 1 + cell, "mmd2 min"), ==, fmin (values[0], values[1]));
    g_assert_cmpfloat (number (cells, 1 + cell, "n"), ==, 2);
  }
  mp_scratch_remove (scratch);
}

/* A diverged and a failed trial are results, named as such, and the others go on. With weight decay 1 and learning rate
 * 1000 weights grow a thousandfold each iteration. */
static void
test_mishaps (void)
{
  g_autofree char *scratch = mp_scratch_new ();
  g_autofree char *dir = save (scratch, "sweep",
                               "[sweep]\nbases = ring-gan\nseeds = 1-3\n" SMALL "train.iterations = 40\n"
                               "optimizer.critic.kind = sgd\noptimizer.critic.weight_decay = 1\n"
                               "[axis rate]\noptimizer.critic.learning_rate = 1e-4; 1000\n");
  g_autofree char *blocked = g_build_filename (dir, "runs", "ring-gan-rate1e-4-s2", NULL);
  g_autoptr (MpSweepRun) run = open_run (dir);
  g_autofree char *message = NULL;
  g_autofree char *csv = NULL;
  g_autofree char *state = NULL;
  MpSweepSummary summary;

  g_assert_true (g_file_set_contents (blocked, "in the way", -1, NULL));
  g_clear_pointer (&run, mp_sweep_run_close);
  run = open_run (dir);
  train (run, 2);
  assert_counts (run, 2, 3, 1);
  mp_sweep_run_summarise (run, 0, "modes", &summary);
  g_assert_cmpuint (summary.n, ==, 2);
  g_assert_cmpuint (summary.n_failed, ==, 1);
  mp_sweep_run_summarise (run, 1, "modes", &summary);
  g_assert_cmpuint (summary.n, ==, 0);
  g_assert_cmpuint (summary.n_diverged, ==, 3);
  g_assert_true (isnan (summary.mean) && isnan (summary.sd));
  message = mp_sweep_run_dup_message (run, mp_sweep_find_trial (mp_sweep_run_get_sweep (run), 1, 0));
  g_assert_nonnull (strstr (message, "iteration"));
  csv = mp_sweep_run_seeds_csv (run);
  state = field (csv, 4, "state");
  g_assert_cmpstr (state, ==, "diverged");
  g_free (state);
  state = field (csv, 2, "state");
  g_assert_cmpstr (state, ==, "failed");

  /* With the obstacle gone, starting again tries the failed one alone. */
  g_unlink (blocked);
  g_clear_pointer (&run, mp_sweep_run_close);
  run = open_run (dir);
  train (run, 2);
  assert_counts (run, 3, 3, 0);
  mp_scratch_remove (scratch);
}

/* A folder whose sweep.ini was changed does not pass off old runs as new ones. */
static void
test_other_settings (void)
{
  g_autofree char *scratch = mp_scratch_new ();
  g_autofree char *dir = save (scratch, "sweep", small);
  g_autofree char *base = g_build_filename (dir, "bases", "1.ini", NULL);
  g_autoptr (MpSweepRun) run = open_run (dir);
  const MpSweepOptions options = { .device = test_device_name (), .n_lanes = 1 };
  g_autofree char *text = NULL;
  g_auto (GStrv) parts = NULL;
  guint64 done = 0, all;
  double left;

  mp_sweep_run_start (run, &options);
  while (done == 0) {
    mp_sweep_run_get_progress (run, &done, &all, &left);
    g_usleep (100);
  }
  mp_sweep_run_stop (run);
  mp_sweep_run_join (run);
  g_clear_pointer (&run, mp_sweep_run_close);

  g_assert_true (g_file_get_contents (base, &text, NULL, NULL));
  parts = g_strsplit (text, "batch=16", 2);
  g_free (text);
  text = g_strjoinv ("batch=17", parts);
  g_assert_true (g_file_set_contents (base, text, -1, NULL));
  run = open_run (dir);
  if (done < 40) {
    g_autofree char *message = NULL;

    train (run, 1);
    message = mp_sweep_run_dup_message (run, 0);
    g_assert_nonnull (strstr (message, "other settings"));
  }
  mp_scratch_remove (scratch);
}

/* A run keeps a copy of its data's file and asks for that one, and is still the run of the same trial. */
static void
test_kept_file (void)
{
  g_autofree char *scratch = mp_scratch_new ();
  g_autofree char *dir = save (scratch, "sweep",
                               "[sweep]\nbases = ring-gan\nseeds = 1\n[set]\ndata.kind = csv\ndata.file = points.csv\n"
                               "generator.hidden = 8\ncritic.hidden = 8\ntrain.batch = 16\nevaluate.samples = 50\n"
                               "evaluate.every = 1000\ntrain.iterations = 3000\n");
  g_autoptr (MpSweepRun) run = open_run (dir);
  const MpSweepOptions options = { .device = test_device_name (), .n_lanes = 1 };
  guint counts[MP_N_TRIAL_STATES];
  guint64 done = 0, all;
  double left;

  mp_sweep_run_start (run, &options);
  while (done == 0) {
    mp_sweep_run_get_progress (run, &done, &all, &left);
    g_usleep (100);
  }
  mp_sweep_run_stop (run);
  mp_sweep_run_join (run);
  mp_sweep_run_count (run, counts);
  g_assert_cmpuint (counts[MP_TRIAL_INTERRUPTED], ==, 1);
  train (run, 1);
  assert_counts (run, 1, 0, 0);
  mp_scratch_remove (scratch);
}

/* ---- pausing ---- */

static void
test_pause (void)
{
  g_autofree char *scratch = mp_scratch_new ();
  g_autofree char *dir = save (scratch, "sweep",
                               "[sweep]\nbases = ring-gan\nseeds = 1-4\n" SMALL "train.iterations = 100000\n");
  g_autoptr (MpSweepRun) run = open_run (dir);
  const MpSweepOptions options = { .device = test_device_name (), .n_lanes = 2 };
  guint64 done = 0, before, all;
  guint counts[MP_N_TRIAL_STATES];
  double left;

  mp_sweep_run_start (run, &options);
  while (done < 20) {
    mp_sweep_run_get_progress (run, &done, &all, &left);
    g_usleep (1000);
  }
  mp_sweep_run_pause (run);
  g_assert_cmpint (mp_sweep_run_get_activity (run), ==, MP_SWEEP_PAUSED);
  for (guint i = 0; i < 4; i++) {
    g_autoptr (MpTrainer) trainer = mp_sweep_run_dup_trainer (run, i);

    while (trainer != NULL && mp_trainer_get_state (trainer) != MP_LANE_PAUSED)
      g_usleep (1000);
  }
  mp_sweep_run_get_progress (run, &before, &all, &left);
  g_usleep (50000);
  mp_sweep_run_get_progress (run, &done, &all, &left);
  g_assert_cmpuint (done, ==, before);
  mp_sweep_run_resume (run);
  while (done < before + 20) {
    mp_sweep_run_get_progress (run, &done, &all, &left);
    g_usleep (1000);
  }
  g_assert_true (isfinite (left) && left > 0);
  mp_sweep_run_stop (run);
  mp_sweep_run_join (run);
  mp_sweep_run_count (run, counts);
  g_assert_cmpuint (counts[MP_TRIAL_INTERRUPTED], ==, 2);
  g_assert_cmpuint (counts[MP_TRIAL_WAITING], ==, 2);
  mp_scratch_remove (scratch);
}

/* The tables in the folder are those of a sweep whose trials are all finished. */
static void
assert_tables (MpSweepRun *run)
{
  const char *const names[] = { "cells.csv", "seeds.csv" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = g_build_filename (mp_sweep_run_get_dir (run), names[i], NULL);
    g_autofree char *whole = i == 0 ? mp_sweep_run_cells_csv (run) : mp_sweep_run_seeds_csv (run);
    g_autofree char *kept = NULL;

    g_assert_true (g_file_get_contents (path, &kept, NULL, NULL));
    g_assert_cmpstr (kept, ==, whole);
  }
}

/* Two pools on one folder share its trials; each is trained once, and the tables that are left have them all. */
static void
test_two_pools (void)
{
  g_autofree char *scratch = mp_scratch_new ();
  g_autofree char *dir = save (scratch, "sweep", small);
  g_autoptr (MpSweepRun) first = open_run (dir);
  g_autoptr (MpSweepRun) second = open_run (dir);
  const MpSweepOptions options = { .device = test_device_name (), .n_lanes = 2 };

  mp_sweep_run_start (first, &options);
  mp_sweep_run_start (second, &options);
  mp_sweep_run_join (first);
  mp_sweep_run_join (second);
  mp_sweep_run_refresh (first);
  mp_sweep_run_refresh (second);
  assert_counts (first, 8, 0, 0);
  assert_counts (second, 8, 0, 0);
  assert_tables (first);
  mp_scratch_remove (scratch);
}

/* Somebody reads a trial when a pool comes to it: it is trained all the same. */
static void
test_reader (void)
{
  g_autofree char *scratch = mp_scratch_new ();
  g_autofree char *dir = save (scratch, "sweep", small);
  g_autofree char *path = g_build_filename (dir, "locks", "ring-gan-latent2-s1", NULL);
  g_autoptr (MpSweepRun) run = open_run (dir);
  const MpSweepOptions options = { .device = test_device_name (), .n_lanes = 1 };
  gboolean taken;
  int shared = mp_lock_share (path, &taken);

  g_assert_cmpint (shared, >=, 0);
  g_assert_false (taken);
  mp_sweep_run_start (run, &options);
  g_usleep (200000);
  g_assert_cmpint (mp_sweep_run_get_activity (run), ==, MP_SWEEP_RUNNING);
  close (shared);
  mp_sweep_run_join (run);
  assert_counts (run, 8, 0, 0);
  mp_scratch_remove (scratch);
}

/* A trial that a pool saw in other hands is looked at again, whatever it was read as in between. */
static void
test_other_hands (void)
{
  g_autofree char *scratch = mp_scratch_new ();
  g_autofree char *dir = save (scratch, "sweep", small);
  g_autofree char *path = g_build_filename (dir, "locks", "ring-gan-latent2-s1", NULL);
  g_autoptr (MpSweepRun) run = open_run (dir);
  g_autoptr (MpSweepRun) other = NULL;
  g_autoptr (GError) error = NULL;
  guint counts[MP_N_TRIAL_STATES];
  int lock = mp_lock_take (path, &error);

  g_assert_no_error (error);
  train (run, 2);
  mp_sweep_run_count (run, counts);
  g_assert_cmpuint (counts[MP_TRIAL_FINISHED], ==, 7);
  g_assert_cmpuint (counts[MP_TRIAL_ELSEWHERE], ==, 1);
  close (lock);
  other = open_run (dir);
  train (other, 1);
  mp_sweep_run_refresh (run);
  assert_counts (run, 8, 0, 0);
  assert_tables (run);
  mp_scratch_remove (scratch);
}

/* ---- being killed ---- */

static const char long_sweep[] =
  "[sweep]\nbases = ring-gan; ring-gram\nseeds = 1, 2\n" SMALL "train.iterations = 300\n"
  "[axis latent]\ngenerator.latent = 2; 3; 4\n";

static int
be_killed (const char *dir)
{
  g_autoptr (MpSweepRun) run = open_run (dir);

  train (run, 2);
  return 0;
}

/* When the run folder of every trial that is over was changed last. */
static gint64 *
read_times (const char *dir)
{
  g_autoptr (MpSweepRun) run = open_run (dir);
  guint n = mp_sweep_get_n_trials (mp_sweep_run_get_sweep (run));
  gint64 *times = g_new0 (gint64, n);

  for (guint i = 0; i < n; i++) {
    g_autofree char *trial = mp_sweep_run_dup_trial_dir (run, i);
    g_autofree char *path = g_build_filename (trial, "state.json", NULL);
    MpTrialStatus status;
    GStatBuf info;

    mp_sweep_run_get_status (run, i, &status);
    if (status.state == MP_TRIAL_FINISHED && g_stat (path, &info) == 0)
      times[i] = (gint64) info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec;
  }
  return times;
}

static gboolean
is_at_work (const char *dir)
{
  g_autoptr (MpSweepRun) run = open_run (dir);
  guint counts[MP_N_TRIAL_STATES];

  mp_sweep_run_count (run, counts);
  return counts[MP_TRIAL_ELSEWHERE] > 0;
}

/* Lets a victim work for a while, on a slow machine until it has begun. Returns: whether it came to its own end before. */
static gboolean
kill_at_work (GPid        pid,
              const char *dir)
{
  pid_t ended = 0;
  int status;

  g_usleep (150000);
  while (ended == 0 && !is_at_work (dir))
    ended = waitpid (pid, &status, WNOHANG);
  if (ended == 0) {
    kill (pid, SIGKILL);
    while ((ended = waitpid (pid, &status, 0)) < 0)
      g_assert_cmpint (errno, ==, EINTR);
  }
  g_assert_cmpint (ended, ==, pid);
  return WIFEXITED (status);
}

static void
test_kill (void)
{
  g_autofree char *scratch = mp_scratch_new ();
  g_autofree char *reference = save (scratch, "reference", long_sweep);
  g_autofree char *dir = save (scratch, "killed", long_sweep);
  g_autoptr (MpSweepRun) whole = open_run (reference);
  g_autoptr (MpSweepRun) killed = NULL;
  guint n = mp_sweep_get_n_trials (mp_sweep_run_get_sweep (whole)), n_kills = 0, n_kept = 0, n_begun = 0;

  train (whole, 2);
  assert_counts (whole, n, 0, 0);
  for (gboolean done = FALSE; !done && n_kills < 20; n_kills++) {
    const char *const arguments[] = { program, "--victim", dir, NULL };
    g_autofree gint64 *before = read_times (dir);
    g_autofree gint64 *after = NULL;
    g_autoptr (GError) error = NULL;
    guint counts[MP_N_TRIAL_STATES];
    GPid pid;

    g_spawn_async (NULL, (char **) arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, &error);
    g_assert_no_error (error);
    done = kill_at_work (pid, dir);
    after = read_times (dir);
    for (guint i = 0; i < n; i++)
      if (before[i] != 0) {
        g_assert_cmpint (before[i], ==, after[i]);
        n_kept++;
      }
    killed = open_run (dir);
    mp_sweep_run_count (killed, counts);
    n_begun += counts[MP_TRIAL_INTERRUPTED];
    g_clear_pointer (&killed, mp_sweep_run_close);
  }
  g_test_message ("killed %u times; %u finished trials were left alone, %u were to go on", n_kills, n_kept, n_begun);
  g_assert_cmpuint (n_begun, >, 0);
  killed = open_run (dir);
  train (killed, 2);
  assert_counts (killed, n, 0, 0);
  for (guint i = 0; i < n; i++) {
    g_autofree char *a = mp_sweep_run_dup_trial_dir (whole, i);
    g_autofree char *b = mp_sweep_run_dup_trial_dir (killed, i);

    mp_assert_same_runs (a, b, 300);
  }
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
  g_test_add_func ("/sweep-run/results", test_results);
  g_test_add_func ("/sweep-run/mishaps", test_mishaps);
  g_test_add_func ("/sweep-run/other-settings", test_other_settings);
  g_test_add_func ("/sweep-run/kept-file", test_kept_file);
  g_test_add_func ("/sweep-run/pause", test_pause);
  g_test_add_func ("/sweep-run/two-pools", test_two_pools);
  g_test_add_func ("/sweep-run/reader", test_reader);
  g_test_add_func ("/sweep-run/other-hands", test_other_hands);
  g_test_add_func ("/sweep-run/kill", test_kill);
  return g_test_run ();
}
