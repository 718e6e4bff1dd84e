/* SPDX-License-Identifier: Apache-2.0
 *
 * test-sweep.c: sweep files: grids, trials, mistakes, what is written and read again.
 */
#include <string.h>

#include "engine/train/series-names.h"
#include "engine/train/sweep.h"
#include "tests/engine/scratch.h"

static MpSweep *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  MpSweep *sweep = mp_sweep_parse (text, "test.ini", NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (sweep);
  return sweep;
}

static MpSweep *
parse_with (const char *text,
            const char *setting)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) settings = g_ptr_array_new ();
  MpSweep *sweep;

  g_ptr_array_add (settings, (gpointer) setting);
  sweep = mp_sweep_parse (text, "test.ini", NULL, settings, &error);
  g_assert_no_error (error);
  return sweep;
}

static gint64
get_int (MpSweep    *sweep,
         guint       trial,
         const char *group,
         const char *key)
{
  return mp_experiment_get_int (mp_sweep_get_trial (sweep, trial)->experiment, group, key);
}

static const char grid[] =
  "[sweep]\n"
  "title = A grid\n"
  "bases = ring-gan; ring-mmd-net; ring-gram\n"
  "seeds = 1-2, 7\n"
  "metric = modes_strict\n"
  "average = 1000\n"
  "rows = method; hidden\n"
  "columns = ring; latent\n"
  "[set]\n"
  "train.iterations = 50\n"
  "[base ring-gram]\n"
  "title = GRAM of ten dimensions\n"
  "method.dimensions = 10\n"
  "[axis ring]\n"
  "labels = sharp; wide\n"
  "data.radius = 1; 2\n"
  "data.std = 0.01; 0.2\n"
  "[axis hidden]\n"
  "generator.hidden = 20, 20; 100, 100; ;\n"
  "[axis latent]\n"
  "generator.latent = 2; 4; 8; 16\n";

static void
test_grid (void)
{
  g_autoptr (MpSweep) sweep = parse (grid);
  const MpSweepTrial *trial;
  guint cell, n;

  g_assert_cmpstr (mp_sweep_get_title (sweep), ==, "A grid");
  g_assert_cmpstr (mp_sweep_get_metric (sweep), ==, "modes_strict");
  g_assert_cmpuint (mp_sweep_get_average (sweep), ==, 1000);
  g_assert_cmpuint (mp_sweep_get_n_axes (sweep), ==, 4);
  g_assert_cmpuint (mp_sweep_get_n_rows (sweep), ==, 9);
  g_assert_cmpuint (mp_sweep_get_n_columns (sweep), ==, 8);
  g_assert_cmpuint (mp_sweep_get_n_seeds (sweep), ==, 3);
  g_assert_cmpint (mp_sweep_get_seed (sweep, 2), ==, 7);
  g_assert_cmpuint (mp_sweep_get_n_trials (sweep), ==, 9 * 8 * 3);
  g_assert_cmpuint (mp_sweep_get_rows (sweep, &n)[0], ==, 0);
  g_assert_cmpuint (n, ==, 2);

  /* Row 8 is GRAM with no hidden layer, column 6 the wide ring with 8 latent dimensions. */
  cell = 8 * 8 + 6;
  g_assert_cmpuint (mp_sweep_get_position (sweep, cell, 0), ==, 2);
  g_assert_cmpuint (mp_sweep_get_position (sweep, cell, 1), ==, 1);
  g_assert_cmpuint (mp_sweep_get_position (sweep, cell, 2), ==, 2);
  g_assert_cmpuint (mp_sweep_get_position (sweep, cell, 3), ==, 2);
  g_assert_cmpuint (mp_sweep_move_cell (sweep, cell, 0, 0), ==, 2 * 8 + 6);
  g_assert_cmpuint (mp_sweep_move_cell (sweep, cell, 3, 0), ==, 8 * 8 + 4);
  trial = mp_sweep_get_trial (sweep, mp_sweep_find_trial (sweep, cell, 2));
  g_assert_cmpint (trial->seed, ==, 7);
  g_assert_cmpuint (trial->base, ==, 2);
  g_assert_cmpstr (mp_experiment_get_string (trial->experiment, "method", "kind"), ==, "gram");
  g_assert_cmpstr (mp_experiment_get_string (trial->experiment, "generator", "hidden"), ==, "");
  g_assert_cmpint (mp_experiment_get_int (trial->experiment, "generator", "latent"), ==, 8);
  g_assert_cmpint (mp_experiment_get_int (trial->experiment, "method", "dimensions"), ==, 10);
  g_assert_cmpint (mp_experiment_get_int (trial->experiment, "train", "iterations"), ==, 50);
  g_assert_cmpint (mp_experiment_get_int (trial->experiment, "train", "seed"), ==, 7);
  g_assert_cmpfloat (mp_experiment_get_double (trial->experiment, "data", "radius"), ==, 2);
  g_assert_cmpfloat (mp_experiment_get_double (trial->experiment, "data", "std"), ==, 0.2);
  g_assert_cmpstr (trial->name, ==, "ring-gram-ringwide-hidden-latent8-s7");
  g_assert_cmpstr (mp_experiment_get_title (trial->experiment), ==,
                   "GRAM of ten dimensions · Radius wide · Hidden layers – · Latent dimensions 8");
  g_assert_cmpstr (mp_sweep_get_axis (sweep, 0)->labels[0], ==, "GAN");
  g_assert_cmpstr (mp_sweep_get_axis (sweep, 0)->labels[2], ==, "GRAM of ten dimensions");
  g_assert_cmpstr (mp_sweep_get_axis (sweep, 2)->labels[2], ==, "–");
}

static void
assert_title (MpSeriesNames *names,
              const char    *id,
              const char    *expected)
{
  g_autofree char *title = mp_series_names_get_title (names, id);

  g_assert_cmpstr (title, ==, expected);
}

/* Series are called as their methods call them; what several methods say of one is put together. */
static void
test_names (void)
{
  static const char *const presets[] = { "ring-gan", "ring-lsgan", "ring-gram" };
  static const char *const critics[] = {
    "Critic loss (binary cross-entropy, half the sum of the two means)", "Critic loss", "Critic loss / Critic objective"
  };
  g_autoptr (MpSeriesNames) names = mp_series_names_new ();

  assert_title (names, "loss/critic", "loss/critic");
  assert_title (names, "high_quality", "High quality");
  assert_title (names, "modes_strict", "Modes: strict");
  assert_title (names, "gradient/critic", "Gradient of the critic (root mean square over its parameters, lately)");
  g_assert_cmpint (mp_series_names_get_better (names, "mmd2"), ==, MP_LOWER_IS_BETTER);
  for (guint i = 0; i < G_N_ELEMENTS (presets); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (MpExperiment) experiment = mp_experiment_load (presets[i], &error);

    g_assert_no_error (error);
    mp_series_names_add (names, experiment);
    assert_title (names, "loss/critic", critics[i]);
  }
  assert_title (names, "mmd2/projected", "MMD² in the projected space (biased)");
}

/* All cells with the first seed come before the second; every name is a folder of its own. */
static void
test_order (void)
{
  g_autoptr (MpSweep) sweep = parse (grid);
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < mp_sweep_get_n_trials (sweep); i++) {
    const MpSweepTrial *trial = mp_sweep_get_trial (sweep, i);

    g_assert_cmpint (trial->seed, ==, mp_sweep_get_seed (sweep, i / 72));
    g_assert_cmpuint (trial->cell, ==, i % 72);
    g_assert_true (g_hash_table_add (names, trial->name));
    g_assert_null (strpbrk (trial->name, "/ ,;"));
  }
}

/* Bases without a critic take no part in its axis: one run stands in all its cells. */
static void
test_shared (void)
{
  g_autoptr (MpSweep) sweep = parse ("[sweep]\nbases = ring-mmd-net; ring-gram\nseeds = 3\n"
                                     "[axis width]\ncritic.hidden = 10; 20; 30\n");

  g_assert_cmpuint (mp_sweep_get_n_rows (sweep), ==, 2);
  g_assert_cmpuint (mp_sweep_get_n_columns (sweep), ==, 3);
  g_assert_cmpuint (mp_sweep_get_n_trials (sweep), ==, 4);
  g_assert_cmpuint (mp_sweep_find_trial (sweep, 0, 0), ==, mp_sweep_find_trial (sweep, 2, 0));
  g_assert_cmpuint (mp_sweep_find_trial (sweep, 3, 0), !=, mp_sweep_find_trial (sweep, 5, 0));
  g_assert_cmpstr (mp_sweep_get_trial (sweep, 0)->name, ==, "ring-mmd-net-s3");
  g_assert_cmpstr (mp_sweep_get_trial (sweep, 3)->name, ==, "ring-gram-width30-s3");
}

/* An axis may choose kinds, and a later one a key that only one of them has. */
static void
test_kinds (void)
{
  g_autoptr (MpSweep) sweep = parse ("[sweep]\nbases = ring-gan\n"
                                     "[axis optimizer]\noptimizer.generator.kind = adam; rmsprop\n"
                                     "[axis decay]\noptimizer.generator.decay = 0.9; 0.99\n");

  g_assert_cmpuint (mp_sweep_get_n_trials (sweep), ==, 3);
  g_assert_cmpuint (mp_sweep_find_trial (sweep, 0, 0), ==, mp_sweep_find_trial (sweep, 1, 0));
}

static void
test_settings (void)
{
  g_autoptr (MpSweep) seeds = parse_with (grid, "sweep.seeds=5");
  g_autoptr (MpSweep) all = parse_with (grid, "train.iterations=9");
  g_autoptr (MpSweep) one = parse_with (grid, "ring-gan:train.batch=33");
  g_autoptr (MpSweep) axis = parse_with (grid, "latent:generator.latent=3");

  g_assert_cmpuint (mp_sweep_get_n_trials (seeds), ==, 72);
  g_assert_cmpint (get_int (all, 0, "train", "iterations"), ==, 9);
  g_assert_cmpint (get_int (one, 0, "train", "batch"), ==, 33);
  g_assert_cmpint (get_int (one, 71, "train", "batch"), ==, 200);
  g_assert_cmpuint (mp_sweep_get_n_columns (axis), ==, 2);
  g_assert_cmpint (get_int (axis, 0, "generator", "latent"), ==, 3);
}

/* What the command line says is not in the file. */
static void
test_wrong_settings (void)
{
  static const char *const wrong[][2] = {
    { "sweep.metrik=modes", "--set sweep.metrik = “modes”: there is no key “metrik”" },
    { "sweep.seeds=5-1", "--set sweep.seeds = “5-1” is not allowed" },
    { "train.bach=3", "--set train.bach: " },
    { "ring-gan:train.bach=3", "--set ring-gan:train.bach: " },
    { "latent:generator.latent=0", "--set latent:generator.latent: " },
  };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GPtrArray) settings = g_ptr_array_new ();
    g_autoptr (GError) error = NULL;

    g_ptr_array_add (settings, (gpointer) wrong[i][0]);
    g_assert_null (mp_sweep_parse (grid, "test.ini", NULL, settings, &error));
    g_assert_error (error, MP_ERROR, MP_ERROR_EXPERIMENT);
    if (!g_str_has_prefix (error->message, wrong[i][1]))
      g_error ("“%s” does not begin with “%s”", error->message, wrong[i][1]);
  }
}

/* Experiments in memory instead of presets. */
static void
test_given (void)
{
  g_autoptr (GPtrArray) bases = g_ptr_array_new_with_free_func ((GDestroyNotify) mp_experiment_unref);
  g_autoptr (GError) error = NULL;
  g_autoptr (MpSweep) sweep = NULL;
  MpExperiment *mine = mp_experiment_load ("ring-gram", &error);

  g_assert_no_error (error);
  mp_experiment_set (mine, "train.batch=77", &error);
  mp_experiment_set_id (mine, "mine");
  g_ptr_array_add (bases, mine);
  sweep = mp_sweep_parse ("[sweep]\nbases = mine\n[axis k]\nmethod.dimensions = 1; 2\n", "form", bases, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (mp_sweep_get_n_trials (sweep), ==, 2);
  g_assert_cmpint (get_int (sweep, 1, "train", "batch"), ==, 77);
  g_assert_cmpint (get_int (sweep, 1, "method", "dimensions"), ==, 2);
}

static void
test_save (void)
{
  g_autofree char *scratch = mp_scratch_new ();
  g_autofree char *dir = g_build_filename (scratch, "sweep", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (MpSweep) before = parse (grid);
  g_autoptr (MpSweep) after = NULL;

  g_assert_true (mp_sweep_save (before, dir, &error));
  g_assert_no_error (error);
  after = mp_sweep_load (dir, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (mp_sweep_get_title (after), ==, "A grid");
  g_assert_cmpstr (mp_sweep_get_metric (after), ==, "modes_strict");
  g_assert_cmpuint (mp_sweep_get_average (after), ==, 1000);
  g_assert_cmpuint (mp_sweep_get_n_trials (after), ==, mp_sweep_get_n_trials (before));
  for (guint i = 0; i < mp_sweep_get_n_trials (before); i++) {
    const MpSweepTrial *a = mp_sweep_get_trial (before, i), *b = mp_sweep_get_trial (after, i);
    g_autofree char *text_a = mp_experiment_to_text (a->experiment);
    g_autofree char *text_b = mp_experiment_to_text (b->experiment);

    g_assert_cmpstr (a->name, ==, b->name);
    g_assert_cmpstr (text_a, ==, text_b);
  }
  for (guint i = 0; i < mp_sweep_get_n_axes (before); i++) {
    g_assert_cmpstr (mp_sweep_get_axis (before, i)->title, ==, mp_sweep_get_axis (after, i)->title);
    g_assert_true (g_strv_equal ((const char *const *) mp_sweep_get_axis (before, i)->labels,
                                 (const char *const *) mp_sweep_get_axis (after, i)->labels));
  }
  /* A folder that is in use is left alone. */
  g_assert_false (mp_sweep_save (before, dir, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
  mp_scratch_remove (scratch);
}

/* ---- mistakes ---- */

#define HEAD "[sweep]\nbases = ring-gan\n"

static const struct
{
  const char *text, *parts; /* all of the parts, separated by |, are in the message */
} mistakes[] = {
  { "[comparison]\nlanes = ring-gan\n", "test.ini, line 1|no group [comparison]|[sweep], [axis NAME]" },
  { "[set]\ntrain.batch = 2\n", "no group [sweep]" },
  { "[sweep]\nseeds = 1\n", "[sweep] bases|1 to 64" },
  { "[sweep]\nbase = ring-gan\n", "line 2|[sweep] base|did you mean “bases”?" },
  { "[sweep]\nbases = rng-gan\n", "line 2|[sweep] bases|rng-gan|did you mean “ring-gan”?" },
  { "[sweep]\nbases = ring-gan; ring-gan\n", "line 2|there twice|[base NAME]" },
  { HEAD "seeds = 1, x\n", "line 3|[sweep] seeds = “1, x”|1-3" },
  { HEAD "seeds = 3-1\n", "line 3|seeds|from its smaller to its larger number, as in 1-3" },
  { HEAD "seeds = 1-100000\n", "line 3|seeds|at most 1000 seeds" },
  { HEAD "seeds = 1-1000, 2000\n", "line 3|seeds|at most 1000 seeds" },
  { HEAD "seeds = -1\n", "line 3|seeds" },
  { HEAD "seeds = 1-3, 2\n", "line 3|the seed 2 is there twice" },
  { HEAD "metric = mod\n", "line 3|metric|“mod”|high_quality" },
  { HEAD "metric = high_qualty\n", "line 3|did you mean “high_quality”?" },
  { HEAD "average = -3\n", "line 3|average" },
  { HEAD "origin = mine\n", "line 3|paper, ours" },
  { HEAD "rows = latnet\n[axis latent]\ngenerator.latent = 1; 2\n", "line 3|axis “latnet”|did you mean “latent”?" },
  { HEAD "rows = method; method\n", "line 3|there twice" },
  { HEAD "[axis method]\ntrain.batch = 2; 3\n", "line 3|axis of the bases" },
  { HEAD "[axis a]\ntitle = A\n", "[axis a]|no setting" },
  { HEAD "[axis a]\nvalues = 1; 2\n", "line 4|[axis a] values|generator.latent" },
  { HEAD "[axis a]\ntrain.batch =\n", "line 4|1 to 1000 values" },
  { HEAD "[axis a]\ntrain.batch = 2; 3\ntrain.iterations = 5\n", "line 5|1 values|“train.batch” has 2" },
  { HEAD "[axis a]\ntrain.batch = 2; 2\n", "[axis a]|“2” is there twice" },
  { HEAD "[axis a]\nlabels = x\ntrain.batch = 2; 3\n", "line 4|as many labels as there are values, 2" },
  { HEAD "[axis a]\ntrain.batch = 2; three\n", "line 4|[axis a] train.batch|three|whole number" },
  { HEAD "[axis a]\ntrain.batch = 2; 0\n", "line 4|[axis a] train.batch|from 2" },
  { HEAD "[axis a]\ntrain.bach = 2; 3\n", "line 4|[axis a] train.bach|did you mean “batch”?" },
  { HEAD "[axis a]\nmethod.dimensions = 2; 3\n", "line 4|dimensions" },
  { HEAD "[axis a]\ntrain.seed = 2; 3\n", "line 4|[sweep] seeds" },
  { HEAD "[axis a]\ntrain.batch = 2; 3\n[axis b]\ntrain.batch = 4; 5\n", "line 6|[axis a] gives" },
  { HEAD "[set]\ntrain.batch = 4\n[axis b]\ntrain.batch = 4; 5\n", "line 6|[set] gives" },
  { HEAD "[set]\ntrain.bach = 4\n", "line 4|[set] train.bach|did you mean “batch”?" },
  { HEAD "[base ring-gram]\ntrain.batch = 4\n", "line 4|base “ring-gram”|ring-gan" },
  { HEAD "[base ring-gan]\nfile = 4\n", "line 4|[base ring-gan] file|experiment, title" },
  { HEAD "seeds = 1-1000\n[axis a]\ntrain.batch = 2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18;19;20;21;22;23\n",
    "22000 runs|at most 20000" },
};

static void
test_mistakes (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (mistakes); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (MpSweep) sweep = mp_sweep_parse (mistakes[i].text, "test.ini", NULL, NULL, &error);
    g_auto (GStrv) parts = g_strsplit (mistakes[i].parts, "|", -1);

    if (sweep != NULL)
      g_error ("this was taken for a sweep:\n%s", mistakes[i].text);
    g_assert_nonnull (error);
    g_assert_true (g_str_has_prefix (error->message, "test.ini"));
    for (guint j = 0; parts[j] != NULL; j++)
      if (strstr (error->message, parts[j]) == NULL)
        g_error ("“%s” is not in “%s”", parts[j], error->message);
  }
}

static void
check_file (MpSweep    *sweep,
            guint       trial,
            const char *dir,
            const char *name)
{
  g_autofree char *path = mp_experiment_dup_path (mp_sweep_get_trial (sweep, trial)->experiment, "data", "file");
  g_autofree char *wanted = g_build_filename (dir, name, NULL);

  g_assert_cmpstr (path, ==, wanted);
}

/* Files are those beside the sweep's file, also after the sweep has a folder of its own; an example goes by its name. */
static void
test_files (void)
{
  g_autofree char *dir = mp_scratch_new ();
  g_autofree char *file = g_build_filename (dir, "files.ini", NULL), *folder = g_build_filename (dir, "folder", NULL);
  g_autofree char *saved = g_build_filename (folder, "sweep.ini", NULL), *text = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (MpSweep) sweep = NULL, again = NULL;
  static const char *const names[] = { "files.ini", "a.csv", "b.csv" };
  static const char lines[] = "[sweep]\nbases = ring-gan\nseeds = 1\n[set]\ndata.kind = csv\n"
                              "[axis file]\ndata.file = a.csv; b.csv; points.csv\n";

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = g_build_filename (dir, names[i], NULL);

    g_assert_true (g_file_set_contents (path, i == 0 ? lines : "1,2\n", -1, NULL));
  }
  sweep = mp_sweep_load (file, NULL, &error);
  g_assert_no_error (error);
  check_file (sweep, 0, dir, "a.csv");
  check_file (sweep, 1, dir, "b.csv");
  g_assert_true (mp_sweep_save (sweep, folder, &error));
  again = mp_sweep_load (folder, NULL, &error);
  g_assert_no_error (error);
  check_file (again, 1, dir, "b.csv");
  g_assert_true (g_file_get_contents (saved, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "b.csv; points.csv;"));
  mp_scratch_remove (dir);
}

static void
test_unknown (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (mp_sweep_load ("gram-gird", NULL, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_UNKNOWN);
  g_assert_nonnull (strstr (error->message, "did you mean “gram-grid”?"));
}

/* Every sweep that is installed can be read, and has a German title. */
static void
test_installed (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) sweeps = mp_sweeps_list (&error);

  g_assert_no_error (error);
  g_assert_cmpuint (sweeps->len, >, 0);
  for (guint i = 0; i < sweeps->len; i++) {
    const MpPreset *preset = g_ptr_array_index (sweeps, i);
    g_autoptr (MpSweep) sweep = mp_sweep_load (preset->id, NULL, &error);
    g_autofree char *text = NULL;

    g_assert_no_error (error);
    g_assert_cmpstr (mp_sweep_get_id (sweep), ==, preset->id);
    g_assert_cmpstr (preset->summary, !=, "");
    g_assert_true (g_file_get_contents (preset->path, &text, NULL, NULL));
    g_assert_nonnull (strstr (text, "title[de]"));
  }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sweep/names", test_names);
  g_test_add_func ("/sweep/grid", test_grid);
  g_test_add_func ("/sweep/order", test_order);
  g_test_add_func ("/sweep/shared", test_shared);
  g_test_add_func ("/sweep/kinds", test_kinds);
  g_test_add_func ("/sweep/settings", test_settings);
  g_test_add_func ("/sweep/wrong-settings", test_wrong_settings);
  g_test_add_func ("/sweep/given", test_given);
  g_test_add_func ("/sweep/save", test_save);
  g_test_add_func ("/sweep/mistakes", test_mistakes);
  g_test_add_func ("/sweep/files", test_files);
  g_test_add_func ("/sweep/unknown", test_unknown);
  g_test_add_func ("/sweep/installed", test_installed);
  return g_test_run ();
}
