/* SPDX-License-Identifier: Apache-2.0
 *
 * test-stage.c: a lane with a frozen extractor has the same bits wherever its weights came from: trained for it, taken
 * from the cache, trained by another lane at the same time, begun by a process that was killed, or from its own
 * checkpoint; and the cache is believed only where it is right.
 *
 * The program starts itself again as the victim that is killed.
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "engine/train/stage.h"
#include "tests/engine/lane.h"
#include "tests/engine/lanes.h"
#include "tests/engine/scratch.h"

#define N 40              /* iterations of the lane */
#define SHORT "300"       /* of the stage */
#define LONG "20000"      /* long enough to be interrupted */
#define MINUTE (60 * G_USEC_PER_SEC)

static const char *program;

/* ---- lanes ---- */

static MpExperiment *
experiment_new (const char *stage_iterations)
{
  const char *const settings[] = {
    "encoder.hidden=16, 16", "generator.latent=2", "extractor.batch=32", "train.checkpoint_every=10",
    "evaluate.every=10"
  };
  MpExperiment *experiment = mp_small_experiment ("ring-rfgan", N);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (settings); i++)
    mp_set (experiment, settings[i]);
  mp_experiment_set_value (experiment, "extractor", "iterations", stage_iterations, &error);
  g_assert_no_error (error);
  return experiment;
}

/* run_dir: goes on where it holds a run. */
static MpTrainer *
lane_start (MpExperiment *experiment,
            const char   *run_dir,
            gboolean      start_paused,
            gboolean      new_stage)
{
  MpTrainerOptions options = {
    .device = test_device_name (), .run_dir = run_dir, .iterations = -1, .start_paused = start_paused,
    .new_stage = new_stage, .resume = g_file_test (run_dir, G_FILE_TEST_EXISTS)
  };

  return mp_trainer_new (experiment, &options);
}

/* Trains in the folder `name` to the end. (transfer full): the folder. */
static char *
train (const char *scratch,
       const char *name,
       const char *stage_iterations,
       gboolean    new_stage)
{
  g_autoptr (MpExperiment) experiment = experiment_new (stage_iterations);
  char *dir = g_build_filename (scratch, name, NULL);

  mp_finish (lane_start (experiment, dir, FALSE, new_stage));
  return dir;
}

/* The run is like one whose stage, a long one, was trained for it and in one go. */
static void
assert_undisturbed (const char *scratch,
                    const char *dir)
{
  g_autofree char *reference = train (scratch, "reference", LONG, TRUE);

  mp_assert_same_runs (reference, dir, N);
}

/* What a lane says whose stage is in training, at two digits of a percentage. */
#define IN_STAGE ": [1-9][0-9] %"

/* Waits for a lane that is not yet ready to say that. */
static void
wait_for_activity (MpTrainer  *trainer,
                   const char *regex)
{
  gint64 end = g_get_monotonic_time () + MINUTE;

  for (;;) {
    g_autofree char *activity = mp_trainer_dup_activity (trainer);

    if (activity != NULL && g_regex_match_simple (regex, activity, 0, 0))
      return;
    if (g_get_monotonic_time () > end || mp_trainer_get_state (trainer) != MP_LANE_PREPARING)
      g_error ("the lane never said “%s”", regex);
    g_usleep (1000);
  }
}

/* ---- folders ---- */

/* Empties the library of runs and the cache. */
static void
forget_stages (void)
{
  mp_scratch_remove (g_getenv ("MATCHPOINT_RUNS_DIR"));
  mp_scratch_remove (g_getenv ("MATCHPOINT_STAGES_DIR"));
}

/* Nothing is trained yet. (transfer full): a folder for the test's own runs. */
static char *
set_up (void)
{
  forget_stages ();
  return mp_scratch_new ();
}

/* The stages' runs, in order of their names. */
static GPtrArray *
list_stages (void)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (g_getenv ("MATCHPOINT_RUNS_DIR"), 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (list, g_build_filename (g_getenv ("MATCHPOINT_RUNS_DIR"), name, NULL));
  return list;
}

static void
assert_n_stages (guint n)
{
  g_autoptr (GPtrArray) stages = list_stages ();

  g_assert_cmpuint (stages->len, ==, n);
}

/* The one file of the cache with that ending. (transfer full) */
static char *
find_entry (void)
{
  const char *folder = g_getenv ("MATCHPOINT_STAGES_DIR");
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".run"))
      return g_build_filename (folder, name, NULL);
  g_error ("the cache is empty");
}

/* ---- the cache ---- */

static void
test_hit (void)
{
  g_autofree char *scratch = set_up ();
  g_autofree char *trained = train (scratch, "trained", SHORT, FALSE);
  g_autoptr (GPtrArray) stages = list_stages ();
  g_autofree char *cached = NULL;
  g_autofree char *anew = NULL;
  g_autoptr (MpRun) run = NULL;

  /* The stage is a run like any other. */
  g_assert_cmpuint (stages->len, ==, 1);
  run = mp_find_run (stages->pdata[0]);
  g_assert_cmpstr (mp_run_get_state (run), ==, "finished");
  g_assert_cmpstr (mp_experiment_get_string (mp_run_get_experiment (run), "method", "kind"), ==, "autoencoder");
  g_assert_cmpuint (mp_run_get_iteration (run), ==, g_ascii_strtoull (SHORT, NULL, 10));
  g_assert_cmpfloat (mp_run_get_last (run, "loss/reconstruction"), <, 1);

  cached = train (scratch, "cached", SHORT, FALSE);
  assert_n_stages (1);
  mp_assert_same_runs (trained, cached, N);

  anew = train (scratch, "anew", SHORT, TRUE);
  assert_n_stages (2);
  mp_assert_same_runs (trained, anew, N);
  mp_scratch_remove (scratch);
}

static void
test_shared (void)
{
  g_autofree char *scratch = set_up ();
  g_autoptr (MpExperiment) experiment = experiment_new (LONG);
  g_autofree char *dir_a = g_build_filename (scratch, "a", NULL);
  g_autofree char *dir_b = g_build_filename (scratch, "b", NULL);
  MpTrainer *a = lane_start (experiment, dir_a, FALSE, FALSE);
  MpTrainer *b = lane_start (experiment, dir_b, FALSE, FALSE);

  mp_finish (a);
  mp_finish (b);
  assert_n_stages (1);
  mp_assert_same_runs (dir_a, dir_b, N);
  mp_scratch_remove (scratch);
}

/* Everything that a user or a disk may do to a cached stage. */
static void
break_entry (guint       how,
             const char *entry,
             const char *stage)
{
  g_autofree char *checkpoint = g_strconcat (stage, "/checkpoints/" SHORT ".safetensors", NULL);
  g_autofree char *experiment = g_build_filename (stage, "experiment.ini", NULL);
  g_autofree char *text = NULL;
  gsize size;

  switch (how) {
  case 0: /* not a path */
    g_assert_true (g_file_set_contents (entry, "what is this?\n", -1, NULL));
    break;
  case 1: /* the run was removed from the library */
    mp_scratch_remove (stage);
    break;
  case 2: /* half a file */
    g_assert_true (g_file_get_contents (checkpoint, &text, &size, NULL));
    g_assert_true (g_file_set_contents (checkpoint, text, (gssize) size / 2, NULL));
    break;
  case 3: /* another experiment */
    g_assert_true (g_file_get_contents (experiment, &text, &size, NULL));
    g_assert_nonnull (strstr (text, "noise=0.1"));
    memcpy (strstr (text, "noise=0.1"), "noise=0.2", strlen ("noise=0.2"));
    g_assert_true (g_file_set_contents (experiment, text, (gssize) size, NULL));
    break;
  case 4: /* trained further */
  {
    MpTrainerOptions options = { .device = test_device_name (), .run_dir = stage, .resume = TRUE, .iterations = 400 };
    g_autoptr (MpRun) run = mp_find_run (stage);

    mp_finish (mp_trainer_new (mp_run_get_experiment (run), &options));
    break;
  }
  default:
    g_assert_not_reached ();
  }
}

static void
test_broken (gconstpointer how)
{
  g_autofree char *scratch = set_up ();
  g_autofree char *reference = train (scratch, "reference", SHORT, FALSE);
  g_autoptr (GPtrArray) stages = list_stages ();
  g_autofree char *entry = find_entry ();
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autofree char *rebuilt = NULL;
  g_autofree char *again = NULL;
  g_autoptr (GPtrArray) stages_after = NULL;

  g_assert_true (g_file_get_contents (entry, &before, NULL, NULL));
  break_entry (GPOINTER_TO_UINT (how), entry, stages->pdata[0]);
  rebuilt = train (scratch, "rebuilt", SHORT, FALSE);
  mp_assert_same_runs (reference, rebuilt, N);
  g_assert_true (g_file_get_contents (entry, &after, NULL, NULL));
  if (GPOINTER_TO_UINT (how) != 1) /* where the folder is gone, its name is free */
    g_assert_cmpstr (before, !=, after);

  /* It is mended. */
  stages_after = list_stages ();
  again = train (scratch, "again", SHORT, FALSE);
  assert_n_stages (stages_after->len);
  mp_assert_same_runs (reference, again, N);
  mp_scratch_remove (scratch);
}

/* Points of a file: one stage for the same bytes wherever they lie, another one for others. */
static void
test_file (void)
{
  static const char *const names[] = { "a.csv", "b.csv", "c.csv" };
  g_autofree char *scratch = set_up ();

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (MpExperiment) experiment = experiment_new (SHORT);
    g_autoptr (GString) text = g_string_new (NULL);
    g_autofree char *path = g_build_filename (scratch, names[i], NULL);
    g_autofree char *dir = g_strconcat (path, "-run", NULL);
    g_autoptr (GError) error = NULL;

    for (guint k = 0; k < 64; k++)
      g_string_append_printf (text, "%u, %u\n", k % 8, k == 63 && i == 2 ? 9 : k / 8);
    g_assert_true (g_file_set_contents (path, text->str, -1, NULL));
    mp_set (experiment, "data.kind=csv");
    mp_experiment_set_value (experiment, "data", "file", path, &error);
    g_assert_no_error (error);
    mp_finish (lane_start (experiment, dir, FALSE, FALSE));
    assert_n_stages (i < 2 ? 1 : 2);
  }
  mp_scratch_remove (scratch);
}

/* What weights depend on is in the key, and nothing else is. */
static void
test_keys (void)
{
  static const struct
  {
    const char *setting;
    gboolean    same;
  } cases[] = {
    { "method.loss=hinge", TRUE },       { "train.iterations=7", TRUE },     { "critic.hidden=5", TRUE },
    { "generator.average=0.9", TRUE },   { "evaluate.every=3", TRUE },       { "experiment.title=Other", TRUE },
    { "train.seed=2", FALSE },           { "train.precision=float64", FALSE }, { "data.std=0.3", FALSE },
    { "encoder.hidden=16", FALSE },      { "generator.hidden=8", FALSE },    { "extractor.noise=0", FALSE },
    { "extractor.code=3", FALSE },       { "extractor.learning_rate=0.01", FALSE },
  };
  g_autofree char *scratch = set_up ();
  g_autofree char *reference = NULL;

  for (gint i = -1; i < (gint) G_N_ELEMENTS (cases); i++) {
    g_autoptr (MpExperiment) experiment = experiment_new (SHORT);
    g_autoptr (GError) error = NULL;
    g_autoptr (MpLoop) loop = NULL;
    g_autoptr (MpStage) stage = NULL;

    if (i >= 0)
      mp_set (experiment, cases[i].setting);
    loop = lane_open (experiment);
    stage = mp_stage_new (loop, test_device_class (), lane_device (), &error);
    g_assert_no_error (error);
    if (i < 0)
      reference = g_strdup (mp_stage_get_key (stage));
    else if (g_str_equal (reference, mp_stage_get_key (stage)) != cases[i].same)
      g_error ("%s makes the key %s", cases[i].setting, cases[i].same ? "another one" : "no other one");
  }
  mp_scratch_remove (scratch);
}

/* ---- interruptions ---- */

static void
test_stopped (void)
{
  g_autofree char *scratch = set_up ();
  g_autoptr (MpExperiment) experiment = experiment_new (LONG);
  g_autofree char *dir = g_build_filename (scratch, "stopped", NULL);
  MpTrainer *trainer = lane_start (experiment, dir, FALSE, FALSE);
  g_autoptr (GPtrArray) stages = NULL;
  g_autoptr (GArray) checkpoints = NULL;
  g_autoptr (MpRun) run = NULL;
  g_autoptr (MpRun) stage = NULL;

  wait_for_activity (trainer, IN_STAGE);
  mp_trainer_stop (trainer);
  mp_assert_end (trainer, MP_LANE_STOPPED);
  g_assert_cmpuint (mp_trainer_get_iteration (trainer), ==, 0);
  g_object_unref (trainer);

  /* Both are there to be gone on with; the lane has no checkpoint, for its frozen weights were not there. */
  run = mp_find_run (dir);
  g_assert_cmpstr (mp_run_get_state (run), ==, "stopped");
  checkpoints = mp_run_list_checkpoints (run);
  g_assert_cmpuint (checkpoints->len, ==, 0);
  stages = list_stages ();
  g_assert_cmpuint (stages->len, ==, 1);
  stage = mp_find_run (stages->pdata[0]);
  g_assert_cmpstr (mp_run_get_state (stage), ==, "stopped");
  g_assert_cmpuint (mp_run_get_iteration (stage), >, 0);

  mp_finish (lane_start (experiment, dir, FALSE, FALSE));
  assert_n_stages (1);
  assert_undisturbed (scratch, dir);
  mp_scratch_remove (scratch);
}

static int
be_killed (const char *dir)
{
  g_autoptr (MpExperiment) experiment = experiment_new (LONG);

  mp_finish (lane_start (experiment, dir, FALSE, FALSE));
  return 0;
}

/* Lets another process begin, and halts it once it has trained a part of the stage. */
static GPid
halt_in_stage (const char *dir)
{
  const char *const arguments[] = { program, "--victim", dir, NULL };
  gint64 end = g_get_monotonic_time () + MINUTE;
  g_autoptr (GError) error = NULL;
  guint n = 0;
  GPid pid;

  g_spawn_async (NULL, (char **) arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, &error);
  g_assert_no_error (error);
  while (n == 0 && g_get_monotonic_time () < end) {
    g_autoptr (GPtrArray) stages = list_stages ();
    g_autofree char *folder = stages->len == 1 ? g_build_filename (stages->pdata[0], "checkpoints", NULL) : NULL;
    g_autoptr (GDir) checkpoints = folder != NULL ? g_dir_open (folder, 0, NULL) : NULL;

    while (checkpoints != NULL && g_dir_read_name (checkpoints) != NULL)
      n++;
    g_usleep (1000);
  }
  kill (pid, SIGSTOP);
  g_assert_cmpuint (n, >, 0);
  return pid;
}

static void
put_an_end_to (GPid pid)
{
  int status;

  kill (pid, SIGKILL);
  while (waitpid (pid, &status, 0) < 0)
    g_assert_cmpint (errno, ==, EINTR);
  g_assert_true (WIFSIGNALED (status));
}

static void
test_killed (void)
{
  g_autofree char *scratch = set_up ();
  g_autoptr (MpExperiment) experiment = experiment_new (LONG);
  g_autofree char *dir = g_build_filename (scratch, "killed", NULL);
  g_autoptr (MpRun) run = NULL;

  put_an_end_to (halt_in_stage (dir));
  run = mp_find_run (dir);
  g_assert_cmpstr (mp_run_get_state (run), ==, "interrupted");
  mp_finish (lane_start (experiment, dir, FALSE, FALSE));
  assert_n_stages (1);
  assert_undisturbed (scratch, dir);
  mp_scratch_remove (scratch);
}

/* While another process is at the stage a lane waits, and can be stopped; when that process goes away it takes over. */
static void
test_taken_over (void)
{
  g_autofree char *scratch = set_up ();
  g_autoptr (MpExperiment) experiment = experiment_new (LONG);
  g_autofree char *first = g_build_filename (scratch, "first", NULL);
  g_autofree char *second = g_build_filename (scratch, "second", NULL);
  g_autofree char *third = g_build_filename (scratch, "third", NULL);
  GPid pid = halt_in_stage (first);
  MpTrainer *waiting = lane_start (experiment, second, FALSE, FALSE);
  MpTrainer *stopped = lane_start (experiment, third, FALSE, FALSE);

  wait_for_activity (waiting, "^Waiting for the same stage");
  wait_for_activity (stopped, "^Waiting for the same stage");
  mp_trainer_stop (stopped);
  mp_assert_end (stopped, MP_LANE_STOPPED);
  g_object_unref (stopped);
  put_an_end_to (pid);
  mp_finish (waiting);
  assert_n_stages (1);
  assert_undisturbed (scratch, second);
  mp_scratch_remove (scratch);
}

/* A checkpoint of the lane is whole: it needs neither the cache nor the stage's run. */
static void
test_resumed_without_cache (void)
{
  g_autofree char *scratch = set_up ();
  g_autofree char *reference = train (scratch, "reference", SHORT, FALSE);
  g_autofree char *dir = g_build_filename (scratch, "resumed", NULL);
  g_autoptr (MpExperiment) experiment = experiment_new (SHORT);
  MpTrainer *trainer = lane_start (experiment, dir, TRUE, FALSE);

  for (guint i = 0; i < 3; i++)
    mp_trainer_step_iteration (trainer);
  mp_trainer_stop (trainer);
  mp_assert_end (trainer, MP_LANE_STOPPED);
  g_assert_cmpuint (mp_trainer_get_iteration (trainer), ==, 3);
  g_object_unref (trainer);

  forget_stages ();
  mp_finish (lane_start (experiment, dir, FALSE, FALSE));
  assert_n_stages (0);
  mp_assert_same_runs (reference, dir, N);
  mp_scratch_remove (scratch);
}

static void
test_paused (void)
{
  g_autofree char *scratch = set_up ();
  g_autoptr (MpExperiment) experiment = experiment_new (LONG);
  g_autofree char *dir = g_build_filename (scratch, "paused", NULL);
  MpTrainer *trainer = lane_start (experiment, dir, TRUE, FALSE);

  /* Nothing is trained before somebody asks. */
  wait_for_activity (trainer, " comes first: press play$");
  mp_trainer_play (trainer);
  wait_for_activity (trainer, IN_STAGE);
  mp_trainer_pause (trainer);
  wait_for_activity (trainer, " %, paused$");
  /* A step asks for the lane's first iteration, and so for the stage. */
  mp_trainer_step_iteration (trainer);
  mp_wait_until (trainer, mp_has_iteration, 1);
  mp_wait_until (trainer, mp_has_state, MP_LANE_PAUSED);
  g_assert_cmpuint (mp_trainer_get_iteration (trainer), ==, 1);
  mp_trainer_play (trainer);
  mp_finish (trainer);
  assert_undisturbed (scratch, dir);
  mp_scratch_remove (scratch);
}

/* ---- what goes wrong ---- */

static void
test_diverged (void)
{
  g_autofree char *scratch = set_up ();
  g_autoptr (MpExperiment) experiment = experiment_new (LONG);
  g_autofree char *dir = g_build_filename (scratch, "diverged", NULL);
  g_autoptr (GError) error = NULL;
  MpTrainer *trainer;

  mp_set (experiment, "extractor.learning_rate=10");
  mp_set (experiment, "encoder.hidden=64, 64, 64, 64, 64, 64, 64, 64");
  trainer = lane_start (experiment, dir, FALSE, FALSE);
  mp_assert_end (trainer, MP_LANE_FAILED);
  error = mp_trainer_dup_error (trainer);
  g_assert_error (error, MP_ERROR, MP_ERROR_STATE);
  g_assert_nonnull (strstr (error->message, "The stage before the method diverged: "));
  g_assert_nonnull (strstr (error->message, "[extractor] learning_rate"));
  assert_n_stages (1);
  g_object_unref (trainer);
  mp_scratch_remove (scratch);
}

/* Settings under which the decoder cannot be where the generator starts. */
static void
test_not_alike (void)
{
  static const char *const settings[][2] = {
    { "generator.latent=3", "latent must be [extractor] code: it is 3, and code is 2." },
    { "extractor.decoder=mirror", "set [extractor] decoder to generator" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (settings); i++) {
    g_autofree char *keys = g_strconcat ("method.init_from_decoder=true;encoder.hidden=5;", settings[i][0], NULL);
    g_autoptr (MpExperiment) experiment = lane_experiment ("gfmn", keys);
    g_autoptr (GError) error = NULL;
    g_autoptr (MpBuild) build = mp_build_new (experiment, 2, NULL, &error);

    g_assert_null (build);
    g_assert_error (error, MP_ERROR, MP_ERROR_EXPERIMENT);
    if (strstr (error->message, settings[i][1]) == NULL)
      g_error ("the message is “%s”", error->message);
  }
}

/* ---- what comes before the first iteration ---- */

/* A linear encoder's mean feature is that of the mean point. 100 points in minibatches of 16: 25 of them are 4 epochs. */
static void
test_global_means (void)
{
  g_autoptr (MpExperiment) experiment
    = lane_experiment ("gfmn", "method.real_means=global;encoder.hidden=;extractor.code=3;train.precision=float64");
  g_autoptr (MpLoop) loop = lane_open (experiment);
  g_autofree double *means = lane_read (loop, "gfmn/real-means");
  g_autofree double *seen = lane_read (loop, "gfmn/real-minibatches");
  g_autofree double *weight = lane_read (loop, "extractor/encoder/output/weight");
  g_autofree float *points = g_new (float, 200);
  double mean[2] = { 0, 0 };

  g_assert_cmpint (mp_data_get_n_points (mp_loop_get_data (loop)), ==, 100);
  mp_data_get_batch (mp_loop_get_data (loop), 0, 100, points);
  for (guint i = 0; i < 200; i++)
    mean[i % 2] += (double) points[i] / 100;
  g_assert_cmpfloat (seen[0], ==, 25);
  for (guint j = 0; j < 3; j++)
    g_assert_cmpfloat (fabs (means[j] - mean[0] * weight[j] - mean[1] * weight[3 + j]), <, 1e-12);
  /* The first iteration has the first minibatch, as in lanes without such a phase. */
  g_assert_cmpuint (mp_loop_get_batch (loop), ==, 0);
}

/* Trains a GFMN of these data, from another run's end where that is given. Returns: what its last checkpoint has for the
 * first of the real means. */
static float
train_means (const char *dir,
             const char *from,
             const char *setting,
             gint64      iterations)
{
  g_autoptr (MpExperiment) experiment = mp_small_experiment ("ring-gfmn", iterations);
  g_autofree char *name = g_strdup_printf ("%" G_GINT64_FORMAT ".safetensors", iterations);
  g_autofree char *path = g_build_filename (dir, "checkpoints", name, NULL);
  const char *const settings[] = {
    "method.real_means=global", "method.init_from_decoder=false", "encoder.hidden=", "extractor.iterations=20", setting
  };
  const MpTrainerOptions options = {
    .device = test_device_name (), .run_dir = dir, .iterations = -1, .from = from, .from_iteration = -1
  };
  g_autoptr (MpSafetensors) file = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (settings); i++)
    mp_set (experiment, settings[i]);
  mp_finish (mp_trainer_new (experiment, &options));
  file = mp_safetensors_open (path, &error);
  g_assert_no_error (error);
  return *(const float *) mp_safetensors_find (file, "gfmn/real-means")->data;
}

/* A branch has its parent's weights, and the means of its own data. */
static void
test_branch_means (void)
{
  g_autofree char *scratch = set_up ();
  g_autofree char *parent = g_build_filename (scratch, "parent", NULL);
  g_autofree char *same = g_build_filename (scratch, "same", NULL);
  g_autofree char *other = g_build_filename (scratch, "other", NULL);
  float means = train_means (parent, NULL, "data.radius=2", 10);

  g_assert_cmpfloat (train_means (same, parent, "data.radius=2", 20), ==, means);
  g_assert_cmpfloat (train_means (other, parent, "data.radius=20", 20), !=, means);
  mp_scratch_remove (scratch);
}

static void
test_init_from_decoder (void)
{
  static const char *const names[] = { "layer0/weight", "layer1/bias", "output/weight" };
  g_autoptr (MpExperiment) experiment = lane_experiment ("gfmn", "method.init_from_decoder=true;generator.average=0.9");
  g_autoptr (MpLoop) loop = lane_open (experiment);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *frozen = g_strconcat ("extractor/generator/", names[i], NULL);
    g_autofree char *own = g_strconcat ("generator/", names[i], NULL);
    g_autofree char *average = g_strconcat ("average/generator/", names[i], NULL);
    g_autofree double *a = lane_read (loop, frozen);
    g_autofree double *b = lane_read (loop, own);
    g_autofree double *c = lane_read (loop, average);
    gsize size = (gsize) mp_tensor_count (&lane_find (loop, frozen)->type) * sizeof *a;

    g_assert_cmpmem (a, size, b, size);
    g_assert_cmpmem (a, size, c, size);
  }
}

int
main (int    argc,
      char **argv)
{
  static const char *const broken[] = { "no-path", "no-run", "half-checkpoint", "other-experiment", "trained-further" };

  g_autofree char *scratch = NULL;
  g_autofree char *runs = NULL;
  g_autofree char *stages = NULL;
  int status;

  if (argc == 3 && g_str_equal (argv[1], "--victim"))
    return be_killed (argv[2]);
  program = argv[0];
  if (test_device_skips ())
    return 0;
  scratch = mp_scratch_new ();
  runs = g_build_filename (scratch, "runs", NULL);
  stages = g_build_filename (scratch, "stages", NULL);
  g_setenv ("MATCHPOINT_RUNS_DIR", runs, TRUE);
  g_setenv ("MATCHPOINT_STAGES_DIR", stages, TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/stage/hit", test_hit);
  g_test_add_func ("/stage/shared", test_shared);
  for (guint i = 0; i < G_N_ELEMENTS (broken); i++) {
    g_autofree char *path = g_strconcat ("/stage/broken/", broken[i], NULL);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_broken);
  }
  g_test_add_func ("/stage/keys", test_keys);
  g_test_add_func ("/stage/file", test_file);
  g_test_add_func ("/stage/stopped", test_stopped);
  g_test_add_func ("/stage/killed", test_killed);
  g_test_add_func ("/stage/taken-over", test_taken_over);
  g_test_add_func ("/stage/resumed-without-cache", test_resumed_without_cache);
  g_test_add_func ("/stage/paused", test_paused);
  g_test_add_func ("/stage/diverged", test_diverged);
  g_test_add_func ("/stage/not-alike", test_not_alike);
  g_test_add_func ("/stage/global-means", test_global_means);
  g_test_add_func ("/stage/branch-means", test_branch_means);
  g_test_add_func ("/stage/init-from-decoder", test_init_from_decoder);
  status = g_test_run ();
  mp_scratch_remove (scratch);
  return status;
}
