/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "engine/runs/run-db.h"
#include "engine/runs/run.h"
#include "tests/engine/scratch.h"

typedef struct
{
  char *parent;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->parent = mp_scratch_new ();
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  mp_scratch_remove (fixture->parent);
  g_free (fixture->parent);
}

/* A run of this name with one loss and one that is not finite. (transfer full): its folder */
static char *
make_run (Fixture    *fixture,
          const char *name,
          const char *preset,
          const char *state)
{
  g_autoptr (MpExperiment) experiment = mp_experiment_load (preset, NULL);
  char *dir = g_build_filename (fixture->parent, name, NULL);
  g_autoptr (MpRun) run = mp_run_create (dir, experiment, "cpu", NULL);
  const double values[] = { 0.5, NAN };
  guint32 series[2];

  g_assert_nonnull (run);
  g_assert_true (mp_run_add_series (run, "loss/generator", &series[0], NULL));
  g_assert_true (mp_run_add_series (run, "mmd2", &series[1], NULL));
  g_assert_true (mp_run_append (run, 9, 2, series, values, NULL));
  g_assert_true (mp_run_save_state (run, state, 9, 2.5, NULL));
  return dir;
}

static MpRunDb *
open_db (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  MpRunDb *db = mp_run_db_open (fixture->parent, &error);

  g_assert_no_error (error);
  mp_run_db_sync (db, &error);
  g_assert_no_error (error);
  return db;
}

static guint
count (MpRunDb    *db,
       const char *words)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) rows = mp_run_db_search (db, words, &error);

  g_assert_no_error (error);
  return rows->len;
}

static void
test_rows (Fixture      *fixture,
           gconstpointer data)
{
  g_autofree char *gan = make_run (fixture, "a-gan", "ring-gan", "finished");
  g_autofree char *gram = make_run (fixture, "a-gram", "ring-gram", "stopped");
  g_autoptr (MpRunDb) db = open_db (fixture);
  g_autoptr (MpRunRow) row = mp_run_db_find (db, gram, NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *nowhere = g_build_filename (fixture->parent, "nowhere", NULL);

  g_assert_cmpstr (row->path, ==, gram);
  g_assert_cmpstr (row->method, ==, "gram");
  g_assert_cmpstr (row->data, ==, "ring");
  g_assert_cmpint (row->seed, ==, 1);
  g_assert_cmpstr (row->state, ==, "stopped");
  g_assert_cmpint (row->iteration, ==, 9);
  g_assert_cmpstr (row->metrics, ==, "{\"loss/generator\":0.5,\"mmd2\":\"nan\"}");
  g_assert_cmpuint (strlen (row->created), ==, strlen ("2026-11-22T02:45:00Z"));
  g_assert_cmpstr (row->tags, ==, "");

  g_assert_cmpuint (count (db, NULL), ==, 2);
  g_assert_cmpuint (count (db, "RING"), ==, 2);
  g_assert_cmpuint (count (db, "ring stopped"), ==, 1);
  g_assert_cmpuint (count (db, "ring stopped finished"), ==, 0);
  g_assert_cmpuint (count (db, "%"), ==, 0);
  g_assert_cmpuint (count (db, "a_gan"), ==, 0);
  g_assert_cmpuint (count (db, "'; DROP TABLE runs; --"), ==, 0);
  g_assert_cmpuint (count (db, "a-gan"), ==, 1);

  g_assert_null (mp_run_db_find (db, nowhere, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_UNKNOWN);
}

static void
test_sync (Fixture      *fixture,
           gconstpointer data)
{
  g_autofree char *first = make_run (fixture, "first", "ring-gan", "training");
  g_autofree char *second = NULL;
  g_autofree char *broken = NULL;
  g_autoptr (MpRunDb) db = open_db (fixture);
  g_autoptr (MpRunRow) row = mp_run_db_find (db, first, NULL);
  g_autoptr (MpRunRow) bad = NULL;

  g_assert_cmpstr (row->state, ==, "interrupted");
  second = make_run (fixture, "second", "ring-gram", "finished");
  broken = g_build_filename (second, "state.json", NULL);
  g_assert_true (g_file_set_contents (broken, "{", 1, NULL));
  mp_scratch_remove (first);
  g_assert_true (mp_run_db_sync (db, NULL));
  g_assert_cmpuint (count (db, NULL), ==, 1);
  bad = mp_run_db_find (db, second, NULL);
  g_assert_cmpstr (bad->state, ==, "broken");
  g_assert_nonnull (strstr (bad->notes, "state.json"));
}

/* The database is lost, or is no database, and everything comes back from the folders. */
static void
test_rebuild (Fixture      *fixture,
              gconstpointer data)
{
  static const char *const contents[] = { "", "this is not a database, but it is long enough to be taken for one", NULL };
  g_autofree char *path = g_build_filename (fixture->parent, "runs.db", NULL);
  g_autofree char *dir = make_run (fixture, "a-run", "ring-gan", "finished");

  {
    g_autoptr (MpRunDb) db = open_db (fixture);

    g_assert_true (mp_run_db_set_notes (db, dir, "  good\tfigure-1 ", "It covers “all” modes.\n", NULL));
  }
  for (guint i = 0; i < G_N_ELEMENTS (contents); i++) {
    g_autoptr (MpRunDb) db = NULL;
    g_autoptr (MpRunRow) row = NULL;

    g_unlink (path);
    if (contents[i] != NULL)
      g_assert_true (g_file_set_contents (path, contents[i], -1, NULL));
    db = open_db (fixture);
    row = mp_run_db_find (db, dir, NULL);
    g_assert_nonnull (row);
    g_assert_cmpstr (row->tags, ==, "good figure-1");
    g_assert_cmpstr (row->notes, ==, "It covers “all” modes.\n");
    g_assert_cmpuint (count (db, "figure-1"), ==, 1);
  }
}

/* Two windows and a command line at once. */
static gpointer
sync_often (gpointer data)
{
  for (guint i = 0; i < 10; i++)
    mp_run_db_close (open_db (data));
  return NULL;
}

static void
test_shared (Fixture      *fixture,
             gconstpointer data)
{
  g_autofree char *first = make_run (fixture, "first", "ring-gan", "finished");
  g_autofree char *second = make_run (fixture, "second", "ring-gan", "finished");
  GThread *threads[3];
  g_autoptr (MpRunDb) db = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("sync", sync_often, fixture);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  db = open_db (fixture);
  g_assert_cmpuint (count (db, NULL), ==, 2);
}

/* A deleted run is gone with all that it had, and what somebody else put into its folder stays. */
static void
test_delete (Fixture      *fixture,
             gconstpointer data)
{
  static const char *const presets[] = { "ring-gram", "ring-gan" };
  g_autoptr (MpRunDb) db = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *foreign = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (presets); i++) {
    g_autofree char *dir = g_build_filename (fixture->parent, presets[i], NULL);
    g_autoptr (MpExperiment) experiment = mp_experiment_load (presets[i], NULL);
    g_autoptr (MpRun) run = NULL;

    g_assert_true (mp_experiment_set (experiment, "data.kind=csv", NULL));
    g_assert_true (mp_experiment_set (experiment, "data.file=points.csv", NULL));
    run = mp_run_create (dir, experiment, "cpu", &error);
    g_assert_no_error (error);
    g_assert_true (mp_run_save_state (run, "stopped", 0, 0, NULL));
  }
  foreign = g_build_filename (fixture->parent, presets[1], "data", "mine.txt", NULL);
  g_assert_true (g_file_set_contents (foreign, "x", 1, NULL));
  db = open_db (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (presets); i++) {
    g_autofree char *dir = g_build_filename (fixture->parent, presets[i], NULL);
    g_autofree char *kept = g_build_filename (dir, "data", "points.csv", NULL);

    g_assert_true (g_file_test (kept, G_FILE_TEST_EXISTS));
    g_assert_true (mp_run_db_delete (db, dir, &error));
    g_assert_no_error (error);
    g_assert_false (g_file_test (kept, G_FILE_TEST_EXISTS));
    g_assert_cmpint (g_file_test (dir, G_FILE_TEST_EXISTS), ==, i == 1);
  }
  g_assert_true (g_file_test (foreign, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (count (db, ""), ==, 0);
}

static void
test_refusals (Fixture      *fixture,
               gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *file = g_build_filename (fixture->parent, "file", NULL);

  g_assert_true (g_file_set_contents (file, "x", 1, NULL));
  g_assert_null (mp_run_db_open (file, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, file));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add ("/run-db/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("rows", test_rows);
  ADD ("sync", test_sync);
  ADD ("rebuild", test_rebuild);
  ADD ("shared", test_shared);
  ADD ("delete", test_delete);
  ADD ("refusals", test_refusals);
#undef ADD
  return g_test_run ();
}
