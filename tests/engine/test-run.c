/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/runs/run.h"
#include "tests/engine/scratch.h"
#include "tests/engine/test-device.h"

typedef struct
{
  char         *parent;
  char         *dir;
  MpExperiment *experiment;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->parent = mp_scratch_new ();
  fixture->dir = g_build_filename (fixture->parent, "a-run", NULL);
  fixture->experiment = mp_experiment_load ("ring-gram", &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  mp_scratch_remove (fixture->parent);
  g_free (fixture->parent);
  g_free (fixture->dir);
  mp_experiment_unref (fixture->experiment);
}

static MpRun *
create (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  MpRun *run = mp_run_create (fixture->dir, fixture->experiment, "a device", &error);

  g_assert_no_error (error);
  return run;
}

/* A store with a matrix, a vector and a count. */
typedef struct
{
  MpGraph  *graph;
  MpNode   *nodes[3];
  MpDevice *device;
  const MpDeviceClass *class;
  MpStore  *store;
} Model;

static void
model_init (Model *model,
            gint64 columns,
            double value)
{
  static const MpInit zeros = { "zeros", 0 };

  model->graph = mp_graph_new (MP_FLOAT32);
  model->nodes[0] = mp_parameter (model->graph, "generator", "generator/weight", mp_shape (model->graph, 3, columns, (gint64) -1),
                                  zeros);
  model->nodes[1] = mp_parameter (model->graph, "critic", "critic/bias", mp_shape (model->graph, 4, (gint64) -1), zeros);
  model->nodes[2] = mp_state (model->graph, "optimizer/critic/count", mp_type (MP_FLOAT64, 0, NULL), zeros);
  g_assert_true (mp_graph_check (model->graph, NULL));
  model->device = test_device_open (test_device_name (), &model->class);
  model->store = mp_store_new (model->graph, model->class, model->device);
  for (guint i = 0; i < G_N_ELEMENTS (model->nodes); i++) {
    double values[64];

    for (guint k = 0; k < G_N_ELEMENTS (values); k++)
      values[k] = value + i + k / 64.0;
    g_assert_true (mp_store_write_doubles (model->store, model->nodes[i], values, NULL));
  }
}

static void
model_clear (Model *model)
{
  mp_store_free (model->store);
  model->class->close (model->device);
  mp_graph_free (model->graph);
}

static void
assert_same_models (Model *a,
                    Model *b)
{
  for (guint i = 0; i < G_N_ELEMENTS (a->nodes); i++) {
    gsize size = (gsize) mp_tensor_count (&a->nodes[i]->type) * mp_dtype_size (a->nodes[i]->type.dtype);
    guint8 x[512], y[512];

    g_assert_true (mp_store_read (a->store, a->nodes[i], x, NULL));
    g_assert_true (mp_store_read (b->store, b->nodes[i], y, NULL));
    g_assert_cmpmem (x, size, y, size);
  }
}

static void
save (MpRun  *run,
      Model  *model,
      guint64 iteration)
{
  const MpCounters counters = { .seed = 7, .iteration = iteration, .batch = 3 * iteration, .seconds = 1.0 / 3 };
  g_autoptr (GError) error = NULL;

  g_assert_true (mp_run_save_checkpoint (run, model->store, &counters, &error));
  g_assert_no_error (error);
}

static void
append (MpRun  *run,
        guint64 first,
        guint64 last)
{
  guint32 number;

  g_assert_true (mp_run_add_series (run, "loss/critic", &number, NULL));
  for (guint64 i = first; i <= last; i++) {
    double value = (double) i / 7;

    g_assert_true (mp_run_append (run, i, 1, &number, &value, NULL));
  }
}

static guint
count_points (MpRun *run)
{
  g_autoptr (GArray) iterations = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (double));

  g_assert_true (mp_run_read_series (run, "loss/critic", iterations, values, NULL));
  return values->len;
}

static void
test_life (Fixture      *fixture,
           gconstpointer data)
{
  MpRun *run = create (fixture);
  g_autoptr (MpRun) reader = NULL;
  g_autofree char *json = NULL;
  g_autofree char *text = NULL;
  g_autofree char *wanted = mp_experiment_to_text (fixture->experiment);

  append (run, 1, 20);
  g_assert_true (mp_run_append_event (run, 20, "method.ridge=0.25", NULL));
  g_assert_true (mp_run_save_state (run, "finished", 20, 1.5, NULL));
  mp_run_close (run);

  reader = mp_run_open (fixture->dir, FALSE, NULL);
  g_assert_nonnull (reader);
  g_assert_cmpstr (mp_run_get_state (reader), ==, "finished");
  g_assert_cmpuint (mp_run_get_iteration (reader), ==, 20);
  g_assert_cmpfloat (mp_run_get_seconds (reader), ==, 1.5);
  g_assert_cmpstr (mp_run_get_device (reader), ==, "a device");
  g_assert_cmpstr (mp_experiment_get_id (mp_run_get_experiment (reader)), ==, "ring-gram");
  text = mp_experiment_to_text (mp_run_get_experiment (reader));
  g_assert_cmpstr (text, ==, wanted);
  g_assert_cmpuint (count_points (reader), ==, 20);
  g_assert_cmpfloat (mp_run_get_last (reader, "loss/critic"), ==, 20.0 / 7);
  g_assert_true (isnan (mp_run_get_last (reader, "absent")));
  json = mp_run_dup_latest_json (reader);
  g_assert_nonnull (strstr (json, "\"loss/critic\":2.857142857142857"));
  {
    g_autoptr (GArray) events = mp_run_list_events (reader, NULL);

    g_assert_cmpuint (events->len, ==, 1);
    g_assert_cmpstr (g_array_index (events, MpMetricsEvent, 0).text, ==, "method.ridge=0.25");
  }
}

static void
test_refusals (Fixture      *fixture,
               gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *file = g_build_filename (fixture->parent, "file", NULL);
  g_autofree char *state = g_build_filename (fixture->dir, "state.json", NULL);

  g_assert_null (mp_run_open (fixture->dir, FALSE, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, "experiment.ini"));
  g_clear_error (&error);

  g_assert_true (g_file_set_contents (file, "x", 1, NULL));
  g_assert_null (mp_run_create (file, fixture->experiment, "cpu", &error));
  g_assert_nonnull (strstr (error->message, "not a folder"));
  g_clear_error (&error);
  g_assert_null (mp_run_create (fixture->parent, fixture->experiment, "cpu", &error));
  g_assert_nonnull (strstr (error->message, "“file”"));
  g_clear_error (&error);

  mp_run_close (create (fixture));
  g_assert_null (mp_run_create (fixture->dir, fixture->experiment, "cpu", &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
  g_clear_error (&error);

  for (guint i = 0; i < 4; i++) {
    static const char *const broken[] = { "", "[]", "{\"format\": 2}", "{\"format\": 1, \"state\": 3}" };

    g_assert_true (g_file_set_contents (state, broken[i], -1, NULL));
    g_assert_null (mp_run_open (fixture->dir, FALSE, &error));
    g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
    g_assert_nonnull (strstr (error->message, "state.json"));
    g_clear_error (&error);
  }
}

/* An existing empty folder is filled where it is, as is what a killed attempt left beside a new one. */
static void
test_places (Fixture      *fixture,
             gconstpointer data)
{
  g_autofree char *part = g_build_filename (fixture->parent, ".a-run.part", NULL);
  g_autofree char *left = g_build_filename (part, "metrics", NULL);

  g_assert_cmpint (g_mkdir (fixture->dir, 0777), ==, 0);
  mp_run_close (create (fixture));
  mp_scratch_remove (fixture->dir);

  g_assert_cmpint (g_mkdir (part, 0777), ==, 0);
  g_assert_true (g_file_set_contents (left, "MPMET", -1, NULL));
  mp_run_close (create (fixture));
  g_assert_false (g_file_test (part, G_FILE_TEST_EXISTS));
}

static void
test_lock (Fixture      *fixture,
           gconstpointer data)
{
  g_autoptr (MpRun) run = create (fixture);
  g_autoptr (MpRun) reader = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (mp_run_save_state (run, "training", 5, 0.1, NULL));
  g_assert_null (mp_run_open (fixture->dir, TRUE, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_STATE);
  reader = mp_run_open (fixture->dir, FALSE, NULL);
  g_assert_cmpstr (mp_run_get_state (reader), ==, "training");
  g_clear_pointer (&reader, mp_run_close);

  g_clear_pointer (&run, mp_run_close);
  reader = mp_run_open (fixture->dir, FALSE, NULL);
  g_assert_cmpstr (mp_run_get_state (reader), ==, "interrupted");
  g_assert_cmpuint (mp_run_get_iteration (reader), ==, 0);
  run = mp_run_open (fixture->dir, TRUE, NULL);
  g_assert_nonnull (run);
}

/* Why a run ended is kept with its state, and gone when a lane goes on with it. Folders without it are as good. */
static void
test_message (Fixture      *fixture,
              gconstpointer data)
{
  g_autoptr (MpRun) run = create (fixture);

  g_assert_true (mp_run_save_state (run, "failed", 5, 0.1, NULL));
  g_clear_pointer (&run, mp_run_close);
  run = mp_run_open (fixture->dir, FALSE, NULL);
  g_assert_null (mp_run_get_message (run));
  g_clear_pointer (&run, mp_run_close);

  run = mp_run_open (fixture->dir, TRUE, NULL);
  mp_run_set_message (run, "Said “so”\n\xff.");
  g_assert_true (mp_run_save_state (run, "failed", 5, 0.1, NULL));
  g_clear_pointer (&run, mp_run_close);
  run = mp_run_open (fixture->dir, FALSE, NULL);
  g_assert_cmpstr (mp_run_get_message (run), ==, "Said “so”\n\xef\xbf\xbd.");
  g_clear_pointer (&run, mp_run_close);

  run = mp_run_open (fixture->dir, TRUE, NULL);
  g_assert_true (mp_run_save_state (run, "training", 5, 0.1, NULL));
  g_clear_pointer (&run, mp_run_close);
  run = mp_run_open (fixture->dir, FALSE, NULL);
  g_assert_null (mp_run_get_message (run));
}

static void
test_checkpoints (Fixture      *fixture,
                  gconstpointer data)
{
  g_autoptr (MpRun) run = create (fixture);
  g_autoptr (GError) error = NULL;
  g_autofree char *newest = g_build_filename (fixture->dir, "checkpoints", "20.safetensors", NULL);
  MpCounters counters;
  Model first, second, other, wide;
  float points[8] = { 0 };

  model_init (&first, 5, 0.1);
  model_init (&second, 5, 0.2);
  model_init (&other, 5, 0.3);
  model_init (&wide, 6, 0.3);

  g_assert_false (mp_run_load_checkpoint (run, other.store, &counters, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
  g_clear_error (&error);

  append (run, 1, 10);
  save (run, &first, 10);
  append (run, 11, 20);
  save (run, &second, 20);
  append (run, 21, 30);
  g_assert_true (mp_run_append_event (run, 30, "method.ridge=0.25", NULL));
  for (guint64 i = 10; i <= 30; i += 10) {
    const MpTimelineFrame frame = { .mark = { .iteration = i }, .n = 4, .dimensions = 2, .samples = points };

    g_assert_true (mp_timeline_writer_append (mp_run_get_timeline (run), &frame, NULL));
  }
  g_clear_pointer (&run, mp_run_close);

  /* Going on from 20 drops what came after. */
  run = mp_run_open (fixture->dir, TRUE, NULL);
  g_assert_cmpuint (mp_run_get_iteration (run), ==, 20);
  g_assert_null (mp_run_get_passed_over (run));
  g_assert_cmpuint (count_points (run), ==, 20);
  g_assert_false (mp_run_load_checkpoint (run, wide.store, &counters, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, "float32 3×5; float32 3×6 is needed"));
  g_clear_error (&error);
  g_assert_true (mp_run_load_checkpoint (run, other.store, &counters, NULL));
  assert_same_models (&second, &other);
  g_assert_cmpuint (counters.seed, ==, 7);
  g_assert_cmpuint (counters.iteration, ==, 20);
  g_assert_cmpuint (counters.batch, ==, 60);
  g_assert_cmpfloat (counters.seconds, ==, 1.0 / 3);
  {
    g_autoptr (MpTimelineReader) timeline = mp_run_open_timeline (run, NULL);
    guint n;
    const MpTimelineMark *kept = mp_timeline_reader_list (timeline, &n);
    g_autoptr (GArray) events = mp_run_list_events (run, NULL);

    g_assert_cmpuint (events->len, ==, 0);
    g_assert_cmpuint (n, ==, 2);
    g_assert_cmpuint (kept[1].iteration, ==, 20);
  }
  g_clear_pointer (&run, mp_run_close);

  /* A broken newest one is passed over, and that is said. */
  g_assert_true (g_file_set_contents (newest, "{}", -1, NULL));
  run = mp_run_open (fixture->dir, TRUE, NULL);
  g_assert_nonnull (strstr (mp_run_get_passed_over (run), newest));
  g_assert_true (g_str_has_suffix (mp_run_get_passed_over (run), "The run goes on from iteration 10."));
  g_assert_cmpuint (count_points (run), ==, 10);
  g_assert_true (mp_run_load_checkpoint (run, other.store, &counters, NULL));
  assert_same_models (&first, &other);
  g_assert_cmpuint (mp_timeline_writer_next (mp_run_get_timeline (run), 10), ==, 11);

  model_clear (&first);
  model_clear (&second);
  model_clear (&other);
  model_clear (&wide);
}

/* A branch names its parent, wherever both are moved together. */
static void
test_parents (Fixture      *fixture,
              gconstpointer data)
{
  g_autofree char *parent = g_build_filename (fixture->dir, "parent", NULL);
  g_autofree char *place = g_build_filename (fixture->dir, "place", NULL);
  g_autofree char *moved = g_build_filename (place, "branch", NULL);
  g_autofree char *branch = g_build_filename (fixture->dir, "branch", NULL);
  g_autofree char *wanted = g_build_filename (place, "parent", NULL);
  g_autoptr (MpExperiment) experiment = mp_experiment_load ("ring-gan", NULL);
  guint64 iteration = 0;

  mp_run_close (mp_run_create (parent, experiment, "cpu", NULL));
  mp_run_close (mp_run_create_branch (branch, experiment, "cpu", parent, 1234, NULL));
  {
    g_autoptr (MpRun) run = mp_run_open (branch, FALSE, NULL);
    g_autoptr (MpRun) root = mp_run_open (parent, FALSE, NULL);

    g_assert_cmpstr (mp_run_get_parent (run, &iteration), ==, parent);
    g_assert_cmpuint (iteration, ==, 1234);
    g_assert_null (mp_run_get_parent (root, &iteration));
  }
  g_assert_cmpint (g_mkdir (place, 0777), ==, 0);
  g_assert_cmpint (g_rename (branch, moved), ==, 0);
  {
    g_autoptr (MpRun) run = mp_run_open (moved, TRUE, NULL);

    g_assert_cmpstr (mp_run_get_parent (run, &iteration), ==, wanted);
    g_assert_true (mp_run_save_state (run, "stopped", 0, 0, NULL));
  }
  {
    g_autoptr (MpRun) run = mp_run_open (moved, FALSE, NULL);

    g_assert_cmpstr (mp_run_get_parent (run, &iteration), ==, wanted);
    g_assert_cmpuint (iteration, ==, 1234);
  }
}

/* No room for more, played by a limit on a file's size: what was there stays, and the folder opens. */
static void
test_no_room (Fixture      *fixture,
              gconstpointer data)
{
  const MpCounters counters = { .seed = 7, .iteration = 20 };
  g_autoptr (MpRun) run = create (fixture);
  g_autoptr (GError) error = NULL;
  struct rlimit before, limit;
  MpCounters read;
  Model first, second;

  signal (SIGXFSZ, SIG_IGN);
  model_init (&first, 5, 0.1);
  model_init (&second, 5, 0.2);
  append (run, 1, 10);
  save (run, &first, 10);

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &before), ==, 0);
  limit = before;
  limit.rlim_cur = 200;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  g_assert_false (mp_run_save_checkpoint (run, second.store, &counters, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
  g_clear_error (&error);
  g_assert_false (mp_run_save_state (run, "training", 20, 1, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, fixture->dir));
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &before), ==, 0);
  g_clear_pointer (&run, mp_run_close);

  run = mp_run_open (fixture->dir, TRUE, NULL);
  g_assert_nonnull (run);
  g_assert_true (mp_run_load_checkpoint (run, second.store, &read, NULL));
  g_assert_cmpuint (read.iteration, ==, 10);
  assert_same_models (&first, &second);
  model_clear (&first);
  model_clear (&second);
}

/* Root may write anywhere, so a child without privileges tries. */
static void
test_read_only (Fixture      *fixture,
                gconstpointer data)
{
  pid_t child;
  int status;

  mp_run_close (create (fixture));
  g_assert_cmpint (chmod (fixture->parent, 0555), ==, 0);
  g_assert_cmpint (chmod (fixture->dir, 0555), ==, 0);
  child = fork ();
  if (child == 0) {
    g_autofree char *other = g_build_filename (fixture->parent, "other", NULL);
    g_autoptr (GError) error = NULL;
    gboolean ok;

    if (geteuid () == 0 && setuid (65534) != 0)
      _exit (2);
    ok = mp_run_create (other, fixture->experiment, "cpu", &error) == NULL
         && g_error_matches (error, MP_ERROR, MP_ERROR_FILE) && strstr (error->message, "Permission denied") != NULL;
    g_clear_error (&error);
    ok = ok && mp_run_open (fixture->dir, TRUE, &error) == NULL && g_error_matches (error, MP_ERROR, MP_ERROR_FILE);
    ok = ok && mp_run_open (fixture->dir, FALSE, NULL) != NULL;
    _exit (ok ? 0 : 1);
  }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (chmod (fixture->parent, 0755), ==, 0);
  g_assert_cmpint (chmod (fixture->dir, 0755), ==, 0);
  g_assert_cmpint (status, ==, 0);
}

/* A name that another process was given is nobody else's while that process lives. Before this one claims any: a forked
 * process has its parent's claims. */
static void
test_new_path_of_others (Fixture      *fixture,
                         gconstpointer data)
{
  g_autofree char *second = NULL;
  g_autofree char *first = NULL;
  int there[2], over[2], status;
  char letter;
  pid_t child;

  g_assert_cmpint (pipe (there), ==, 0);
  g_assert_cmpint (pipe (over), ==, 0);
  child = fork ();
  if (child == 0) {
    close (over[1]);
    _exit (mp_run_new_path (fixture->parent, fixture->experiment) != NULL && write (there[1], "x", 1) == 1
           && read (over[0], &letter, 1) == 0 ? 0 : 1);
  }
  g_assert_cmpint (read (there[0], &letter, 1), ==, 1);
  second = mp_run_new_path (fixture->parent, fixture->experiment);
  g_assert_true (g_str_has_suffix (second, "-ring-gram-s1-2"));
  close (over[1]);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
  first = mp_run_new_path (fixture->parent, fixture->experiment);
  g_assert_true (g_str_has_suffix (first, "-ring-gram-s1"));
  close (there[0]);
  close (there[1]);
  close (over[0]);
}

static void
test_new_path (Fixture      *fixture,
               gconstpointer data)
{
  g_autofree char *first = mp_run_new_path (fixture->parent, fixture->experiment);
  g_autofree char *second = mp_run_new_path (fixture->parent, fixture->experiment);
  g_autofree char *wanted = g_strconcat (first, "-2", NULL);
  g_autofree char *default_parent = NULL;

  g_assert_true (g_str_has_suffix (first, "-ring-gram-s1"));
  g_assert_cmpstr (second, ==, wanted);
  g_assert_false (g_file_test (first, G_FILE_TEST_EXISTS));
  g_setenv ("MATCHPOINT_RUNS_DIR", "/elsewhere", TRUE);
  default_parent = mp_run_default_parent ();
  g_assert_cmpstr (default_parent, ==, "/elsewhere");
  g_unsetenv ("MATCHPOINT_RUNS_DIR");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add ("/run/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("new-path-of-others", test_new_path_of_others);
  ADD ("life", test_life);
  ADD ("refusals", test_refusals);
  ADD ("places", test_places);
  ADD ("lock", test_lock);
  ADD ("message", test_message);
  ADD ("checkpoints", test_checkpoints);
  ADD ("parents", test_parents);
  ADD ("no-room", test_no_room);
  ADD ("read-only", test_read_only);
  ADD ("new-path", test_new_path);
#undef ADD
  return g_test_run ();
}
