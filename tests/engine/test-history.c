/* SPDX-License-Identifier: Apache-2.0
 *
 * test-history.c: what a lane keeps of its past, and branches from it.
 */
#include "tests/engine/lanes.h"
#include "tests/engine/scratch.h"

#include "engine/runs/safetensors.h"
#include "engine/train/branch.h"

#define N 120

static char *scratch;

static char *
in_scratch (const char *name)
{
  return g_build_filename (scratch, name, NULL);
}

static void
train (MpExperiment    *experiment,
       const char      *name,
       const char      *from,
       gint64           at,
       MpTrainerOptions options)
{
  g_autofree char *dir = in_scratch (name);
  g_autofree char *parent = from != NULL ? in_scratch (from) : NULL;
  g_autoptr (MpTrainer) trainer = NULL;

  options.device = test_device_name ();
  options.run_dir = dir;
  options.iterations = -1;
  options.from = parent;
  options.from_iteration = at;
  trainer = mp_trainer_new (experiment, &options);
  mp_assert_end (trainer, MP_LANE_FINISHED);
  g_assert_cmpfloat (mp_trainer_get_recording_seconds (trainer), >, 0);
  g_assert_cmpfloat (mp_trainer_get_recording_seconds (trainer), <, 60);
}

static GArray *
read_series (const char *name,
             const char *id,
             guint64     from)
{
  g_autofree char *dir = in_scratch (name);
  g_autoptr (MpRun) run = mp_find_run (dir);
  g_autoptr (GArray) iterations = g_array_new (FALSE, FALSE, sizeof (guint64));
  GArray *values = g_array_new (FALSE, FALSE, sizeof (double));

  g_assert_true (mp_run_read_series (run, id, iterations, values, NULL));
  while (iterations->len > 0 && g_array_index (iterations, guint64, 0) < from) {
    g_array_remove_index (iterations, 0);
    g_array_remove_index (values, 0);
  }
  return values;
}

static void
assert_same_from (const char *a,
                  const char *b,
                  guint64     from,
                  gboolean    same)
{
  static const char *const ids[] = { "loss/generator", "modes", "mmd2" };

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++) {
    /* Of iteration `from` the branch has the metrics only. */
    g_autoptr (GArray) first = read_series (a, ids[i], i == 0 ? from + 1 : from);
    g_autoptr (GArray) second = read_series (b, ids[i], 0);

    g_assert_cmpuint (first->len, ==, second->len);
    g_assert_cmpuint (first->len, >, 2);
    if (i == 0 || same)
      g_assert_true ((memcmp (first->data, second->data, first->len * sizeof (double)) == 0) == same);
  }
}

static void
assert_same_checkpoint (const char *a,
                        const char *b,
                        guint64     iteration)
{
  g_autofree char *path_a = g_strdup_printf ("%s/%s/checkpoints/%" G_GUINT64_FORMAT ".safetensors", scratch, a, iteration);
  g_autofree char *path_b = g_strdup_printf ("%s/%s/checkpoints/%" G_GUINT64_FORMAT ".safetensors", scratch, b, iteration);

  mp_assert_same_tensors (path_a, path_b);
}

/* A branch in which nothing was changed is its parent, bit by bit, and needs it no more. */
static void
test_exact (gconstpointer preset)
{
  g_autoptr (MpExperiment) experiment = mp_small_experiment (preset, N);
  g_autofree char *dir = in_scratch ("exact-branch");
  g_autofree char *parent_dir = in_scratch ("exact");
  g_autoptr (MpRun) run = NULL;
  guint64 iteration;

  train (experiment, "exact", NULL, 0, (MpTrainerOptions) { .checkpoint_every = 20 });
  train (experiment, "exact-branch", "exact", 75, (MpTrainerOptions) { .checkpoint_every = 20 });
  assert_same_from ("exact", "exact-branch", 60, TRUE);
  for (iteration = 60; iteration <= N; iteration += 20)
    assert_same_checkpoint ("exact", "exact-branch", iteration);
  mp_assert_same_end (parent_dir, dir, N);
  run = mp_find_run (dir);
  g_assert_cmpstr (mp_run_get_parent (run, &iteration), ==, parent_dir);
  g_assert_cmpuint (iteration, ==, 60);
  mp_scratch_remove (parent_dir);
  mp_scratch_remove (dir);
}

/* What began anew is the same in the branch's folder, read again too, as what was foreseen; and it has words. */
static void
assert_anew (const char   *name,
             MpExperiment *experiment,
             const MpAnew *expected)
{
  g_autofree char *dir = in_scratch (name), *parent = in_scratch ("changed");
  g_autofree char *words = NULL, *foreseen = NULL;
  g_autoptr (MpRun) run = mp_find_run (dir);
  g_autoptr (GError) error = NULL;
  GArray *anew = mp_run_get_anew (run);

  g_assert_true (mp_branch_foresee (parent, 60, experiment, &foreseen, &error));
  g_assert_no_error (error);
  words = mp_branch_describe (anew);
  g_assert_cmpstr (words, ==, foreseen);
  g_assert_cmpuint (anew->len, ==, expected->part != NULL ? 1 : 0);
  if (expected->part == NULL) {
    g_assert_null (words);
    return;
  }
  g_assert_cmpstr (g_array_index (anew, MpAnew, 0).part, ==, expected->part);
  g_assert_cmpuint (g_array_index (anew, MpAnew, 0).n, ==, expected->n);
  g_assert_cmpuint (g_array_index (anew, MpAnew, 0).of, ==, expected->of);
  g_assert_nonnull (strstr (words, "anew"));
}

/* With other settings it goes another way from there on; a network of another shape begins anew. */
static void
test_changed (void)
{
  static const struct
  {
    const char *setting;
    gboolean    elsewhere; /* has the parent's series, with other values */
    MpAnew      anew;
  } cases[] = {
    { "optimizer.generator.learning_rate=0.01", TRUE, { NULL } },
    { "train.seed=5", TRUE, { NULL } },
    { "critic.hidden=8", TRUE, { "critic", 3, 4 } },
    { "method.kind=gram", FALSE, { "critic", 2, 6 } },
    { "train.batch=16", TRUE, { NULL } },
    { "generator.average=0.9", FALSE, { NULL } },
  };
  g_autoptr (MpExperiment) experiment = mp_small_experiment ("ring-gan", N);

  train (experiment, "changed", NULL, 0, (MpTrainerOptions) { .checkpoint_every = 20 });
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (MpExperiment) other = mp_experiment_copy (experiment);
    g_autofree char *name = g_strdup_printf ("changed-%u", i);

    mp_set (other, cases[i].setting);
    train (other, name, "changed", 60, (MpTrainerOptions) { .checkpoint_every = 20 });
    if (cases[i].elsewhere)
      assert_same_from ("changed", name, 60, FALSE);
    assert_anew (name, other, &cases[i].anew);
  }
}

/* Moments that fit are not counted on where others of the optimizer do not. */
static void
test_moments (void)
{
  g_autofree char *path = g_build_filename (scratch, "changed-2", "checkpoints", "60.safetensors", NULL);
  g_autofree char *whole = g_build_filename (scratch, "changed-0", "checkpoints", "60.safetensors", NULL);
  g_autoptr (MpSafetensors) anew = mp_safetensors_open (path, NULL), kept = mp_safetensors_open (whole, NULL);

  g_assert_nonnull (anew);
  g_assert_nonnull (kept);
  g_assert_cmpfloat (*(const double *) mp_safetensors_find (anew, "optimizer/critic/count")->data, ==, 0);
  g_assert_cmpfloat (*(const double *) mp_safetensors_find (anew, "optimizer/generator/count")->data, ==, 60);
  g_assert_cmpfloat (*(const double *) mp_safetensors_find (kept, "optimizer/critic/count")->data, ==, 60);
}

/* The running average in a checkpoint of the branch that switched it on, and the weights that it averages: whether all of
 * its tensors, or any, are those of the weights. */
static void
compare_average (const char *iteration,
                 gboolean   *all,
                 gboolean   *any)
{
  static const char *const names[] = {
    "generator/layer0/weight", "generator/layer0/bias", "generator/layer1/weight", "generator/layer1/bias",
    "generator/output/weight", "generator/output/bias"
  };
  g_autofree char *file = g_strconcat (iteration, ".safetensors", NULL);
  g_autofree char *path = g_build_filename (scratch, "changed-5", "checkpoints", file, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (MpSafetensors) checkpoint = mp_safetensors_open (path, &error);

  g_assert_no_error (error);
  *all = TRUE;
  *any = FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    const MpNamedTensor *weight = mp_safetensors_find (checkpoint, names[i]), *average;
    g_autofree char *name = g_strconcat ("average/", names[i], NULL);
    gsize size;
    gboolean same;

    average = mp_safetensors_find (checkpoint, name);
    g_assert_nonnull (weight);
    g_assert_nonnull (average);
    size = (gsize) mp_tensor_count (&weight->type) * mp_dtype_size (weight->type.dtype);
    same = memcmp (weight->data, average->data, size) == 0;
    *all = *all && same;
    *any = *any || same;
  }
}

/* A running average that a branch switches on starts from the branch's weights, then lags behind them. */
static void
test_average (void)
{
  gboolean all, any;

  compare_average ("60", &all, &any);
  g_assert_true (all);
  compare_average ("80", &all, &any);
  g_assert_false (any);
}

static void
assert_refused (const char *setting,
                gint64      at,
                const char *words)
{
  g_autoptr (MpExperiment) experiment = mp_small_experiment ("ring-gan", N);
  g_autofree char *dir = in_scratch ("refused");
  g_autofree char *parent = in_scratch ("changed");
  MpTrainerOptions options = {
    .device = test_device_name (), .run_dir = dir, .iterations = -1, .from = parent, .from_iteration = at
  };
  g_autoptr (MpTrainer) trainer = NULL;
  g_autoptr (GError) error = NULL;

  mp_set (experiment, setting);
  trainer = mp_trainer_new (experiment, &options);
  mp_assert_end (trainer, MP_LANE_FAILED);
  error = mp_trainer_dup_error (trainer);
  if (strstr (error->message, words) == NULL)
    g_error ("“%s” does not say “%s”", error->message, words);
  g_assert_false (g_file_test (dir, G_FILE_TEST_EXISTS));
}

static void
test_refused (void)
{
  assert_refused ("generator.hidden=8", 60, "A branch keeps the generator's weights.");
  assert_refused ("train.iterations=60", 60, "leaves nothing to train");
  assert_refused ("train.seed=1", 10, "its first is of iteration 20");
}

/* Changes by hand up to the branch are part of it, later ones are not. */
static void
test_changes_by_hand (void)
{
  g_autoptr (MpExperiment) experiment = mp_small_experiment ("ring-gan", N);
  g_autoptr (MpExperiment) then = NULL;
  g_autofree char *dir = in_scratch ("by-hand");
  MpTrainerOptions options = {
    .device = test_device_name (), .run_dir = dir, .iterations = -1, .checkpoint_every = 20, .start_paused = TRUE
  };
  static const char *const rates[] = { "0.004", "0.02" };
  MpTrainer *trainer = mp_trainer_new (experiment, &options);

  for (guint i = 0; i < 2; i++) {
    for (guint j = 0; j < 50; j++)
      mp_trainer_step_iteration (trainer);
    mp_wait_until (trainer, mp_has_iteration, 50 * (i + 1));
    g_assert_true (mp_trainer_set_live (trainer, "optimizer.generator", "learning_rate", rates[i], NULL));
  }
  mp_trainer_play (trainer);
  mp_trainer_join (trainer);
  g_object_unref (trainer);
  {
    g_autoptr (MpRun) run = mp_find_run (dir);

    then = mp_run_dup_experiment (run, 60, NULL);
  }
  g_assert_cmpfloat (mp_experiment_get_double (then, "optimizer.generator", "learning_rate"), ==, 0.004);
  train (then, "by-hand-branch", "by-hand", 60, (MpTrainerOptions) { .checkpoint_every = 20 });
  assert_same_checkpoint ("by-hand", "by-hand-branch", 80);
  assert_same_checkpoint ("by-hand", "by-hand-branch", 100);
}

/* A branch of a branch, resumed. */
static void
test_tree (void)
{
  g_autoptr (MpExperiment) experiment = mp_small_experiment ("ring-gan", N);
  g_autoptr (MpExperiment) shorter = mp_small_experiment ("ring-gan", 100);
  g_autofree char *dir = in_scratch ("tree-2");
  MpTrainerOptions options = {
    .device = test_device_name (), .run_dir = dir, .iterations = N, .resume = TRUE, .checkpoint_every = -1
  };
  g_autoptr (MpTrainer) trainer = NULL;

  train (experiment, "tree", NULL, 0, (MpTrainerOptions) { .checkpoint_every = 20 });
  train (experiment, "tree-1", "tree", 40, (MpTrainerOptions) { .checkpoint_every = 20 });
  train (shorter, "tree-2", "tree-1", 80, (MpTrainerOptions) { .checkpoint_every = -1 });
  {
    g_autofree char *parent = in_scratch ("tree-1");

    mp_scratch_remove (parent);
  }
  trainer = mp_trainer_new (shorter, &options);
  mp_assert_end (trainer, MP_LANE_FINISHED);
  assert_same_checkpoint ("tree", "tree-2", N);
}

/* ---- what is kept ---- */

static void
test_keyframes (void)
{
  g_autoptr (MpExperiment) experiment = mp_small_experiment ("ring-gan", 3000);
  g_autofree char *dir = in_scratch ("keyframes");
  g_autofree char *path = g_build_filename (dir, "timeline", NULL);
  g_autoptr (MpTimelineReader) reader = NULL;
  const MpTimelineMark *marks;
  MpTimelineFrame frame;
  guint n, n_layers = 0;

  train (experiment, "keyframes", NULL, 0, (MpTrainerOptions) { .checkpoint_every = -1 });
  reader = mp_timeline_reader_open (path, NULL);
  marks = mp_timeline_reader_list (reader, &n);
  g_assert_cmpuint (n, >=, 8);
  g_assert_cmpuint (marks[0].iteration, ==, 0);
  g_assert_cmpuint (marks[n - 1].iteration, ==, 3000);
  for (guint i = 0; i < n; i++) {
    g_assert_cmpuint (marks[i].points % (32 * MAX (marks[i].iteration, 1)), ==, 0);
    g_assert_cmpfloat (marks[i].seconds, >=, i > 0 ? marks[i - 1].seconds : 0);
    n_layers += marks[i].has_layer;
  }
  g_assert_true (marks[0].has_layer);
  g_assert_cmpuint (n_layers, >, 1);
  g_assert_true (mp_timeline_reader_load (reader, n - 1, TRUE, &frame, NULL));
  g_assert_cmpint (frame.dimensions, ==, 2);
  g_assert_nonnull (frame.layer.values);
  mp_timeline_frame_clear (&frame);
}

/* Every octave has some checkpoints, and never more than fit. */
static void
test_checkpoints (void)
{
  static const struct
  {
    const char *history;
    guint       least, most;
  } cases[] = { { "160", 20, 50 }, { "0.2", 5, 50 }, { "0", 3, 3 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (MpExperiment) experiment = mp_small_experiment ("ring-gan", 600);
    g_autofree char *name = g_strdup_printf ("checkpoints-%u", i);
    g_autofree char *dir = in_scratch (name);
    g_autoptr (MpRun) run = NULL;
    g_autoptr (GArray) kept = NULL;
    double size;

    mp_experiment_set_value (experiment, "train", "history", cases[i].history, NULL);
    train (experiment, name, NULL, 0, (MpTrainerOptions) { .checkpoint_every = 10 });
    run = mp_find_run (dir);
    kept = mp_run_list_checkpoints (run);
    g_assert_cmpuint (kept->len, >=, cases[i].least);
    g_assert_cmpuint (kept->len, <=, cases[i].most);
    g_assert_cmpuint (g_array_index (kept, guint64, kept->len - 1), ==, 600);
    g_assert_cmpuint (g_array_index (kept, guint64, kept->len - 2), ==, 590);
    if (i == 0)
      g_assert_cmpuint (g_array_index (kept, guint64, 0), ==, 10);
    /* The last two and the one at the end may come on top. */
    size = (double) mp_run_get_checkpoint_size (run, 600);
    g_assert_cmpfloat (size, >, 1000);
    g_assert_cmpfloat ((kept->len - 3) * size, <=, 0.75e6 * g_ascii_strtod (cases[i].history, NULL));
  }
}

int
main (int    argc,
      char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  scratch = mp_scratch_new ();
  g_test_add_data_func ("/history/branch/exact/ring-gan", "ring-gan", test_exact);
  g_test_add_data_func ("/history/branch/exact/ring-mmd-net", "ring-mmd-net", test_exact);
  g_test_add_data_func ("/history/branch/exact/ring-gram", "ring-gram", test_exact);
  g_test_add_func ("/history/branch/changed", test_changed);
  g_test_add_func ("/history/branch/moments", test_moments);
  g_test_add_func ("/history/branch/average", test_average);
  g_test_add_func ("/history/branch/refused", test_refused);
  g_test_add_func ("/history/branch/changes-by-hand", test_changes_by_hand);
  g_test_add_func ("/history/branch/tree", test_tree);
  g_test_add_func ("/history/keyframes", test_keyframes);
  g_test_add_func ("/history/checkpoints", test_checkpoints);
  status = g_test_run ();
  mp_scratch_remove (scratch);
  g_free (scratch);
  return status;
}
