/* SPDX-License-Identifier: Apache-2.0
 *
 * test-loop.c: the training loop of a lane: determinism, going on from saved values, repeated phases, schedules,
 * the running average, and finding out where a run diverged.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "engine/optimizers/common.h"
#include "tests/engine/lane.h"

static const char *const methods[] = { "gan", "mmd-net", "gram" };

static void
assert_equal_lanes (MpLoop *a,
                    MpLoop *b)
{
  g_autoptr (GBytes) bytes_a = lane_dump (a);
  g_autoptr (GBytes) bytes_b = lane_dump (b);

  g_assert_true (g_bytes_equal (bytes_a, bytes_b));
}

/* Two lanes of one seed agree bit for bit, also when one of them is looked at all the time; another seed differs. */
static void
test_deterministic (void)
{
  for (guint m = 0; m < G_N_ELEMENTS (methods); m++) {
    g_autoptr (MpExperiment) experiment = lane_experiment (methods[m], NULL);
    g_autoptr (MpExperiment) other_seed = lane_experiment (methods[m], "train.seed=2");
    g_autoptr (MpLoop) plain = lane_open (experiment);
    g_autoptr (MpLoop) watched = lane_open (experiment);
    g_autoptr (MpLoop) other = lane_open (other_seed);
    g_autoptr (GBytes) plain_bytes = NULL;
    g_autoptr (GBytes) other_bytes = NULL;

    lane_run (plain, 0, 20);
    lane_run (other, 0, 20);
    for (guint64 i = 0; i < 20; i++) {
      g_autoptr (GError) error = NULL;
      MpView view;
      gint64 n;

      lane_run (watched, i, i + 1);
      g_assert_true (mp_loop_look (watched, NULL, &view, &error));
      mp_view_clear (&view);
      g_assert_nonnull (mp_loop_sample (watched, &n, &error));
    }
    assert_equal_lanes (plain, watched);
    plain_bytes = lane_dump (plain);
    other_bytes = lane_dump (other);
    g_assert_false (g_bytes_equal (plain_bytes, other_bytes));
  }
}

/* Lanes of different methods share the initial generator and the data. */
static void
test_fair_start (void)
{
  g_autoptr (MpExperiment) gan = lane_experiment ("gan", NULL);
  g_autoptr (MpExperiment) mmd = lane_experiment ("mmd-net", NULL);
  g_autoptr (MpLoop) a = lane_open (gan);
  g_autoptr (MpLoop) b = lane_open (mmd);
  g_autofree double *weight_a = lane_read (a, "generator/layer0/weight");
  g_autofree double *weight_b = lane_read (b, "generator/layer0/weight");
  g_autofree double *data_a = NULL;
  g_autofree double *data_b = NULL;

  g_assert_cmpmem (weight_a, 16 * sizeof (double), weight_b, 16 * sizeof (double));
  lane_run (a, 0, 3);
  lane_run (b, 0, 3);
  data_a = lane_read (a, "data");
  data_b = lane_read (b, "data");
  g_assert_cmpmem (data_a, 32 * sizeof (double), data_b, 32 * sizeof (double));
}

static void
copy_variables (MpLoop *from,
                MpLoop *to)
{
  MpGraph *graph = mp_store_get_graph (mp_loop_get_store (from));

  for (guint i = 0; i < mp_graph_get_n_nodes (graph); i++) {
    MpNode *node = mp_graph_get_node (graph, i);
    g_autofree void *values = g_malloc0 (MAX (1, mp_tensor_count (&node->type)) * sizeof (double));

    if (node->op != MP_OP_PARAMETER && node->op != MP_OP_STATE)
      continue;
    g_assert_true (mp_store_read (mp_loop_get_store (from), node, values, NULL));
    g_assert_true (mp_store_write (mp_loop_get_store (to), lane_find (to, node->name), values, NULL));
  }
  mp_loop_set_batch (to, mp_loop_get_batch (from));
}

static void
test_go_on (void)
{
  for (guint m = 0; m < G_N_ELEMENTS (methods); m++) {
    g_autoptr (MpExperiment) experiment = lane_experiment (methods[m], "generator.average=0.9;"
                                                           "generator.normalisation=batch");
    g_autoptr (MpLoop) straight = lane_open (experiment);
    g_autoptr (MpLoop) resumed = lane_open (experiment);

    lane_run (straight, 0, 7);
    lane_run (resumed, 0, 3); /* left-overs that the saved values must replace */
    copy_variables (straight, resumed);
    lane_run (straight, 7, 15);
    lane_run (resumed, 7, 15);
    assert_equal_lanes (straight, resumed);
  }
}

static void
test_repeat (void)
{
  g_autoptr (MpExperiment) experiment = lane_experiment ("gan", "method.critic_steps=3");
  g_autoptr (MpLoop) loop = lane_open (experiment);
  g_autofree double *count = NULL;
  g_autoptr (GError) error = NULL;

  lane_run (loop, 0, 4);
  g_assert_cmpuint (mp_loop_get_batch (loop), ==, 12);
  count = lane_read (loop, "optimizer/critic/count");
  g_assert_cmpfloat (count[0], ==, 12);
  g_clear_pointer (&count, g_free);
  count = lane_read (loop, "optimizer/generator/count");
  g_assert_cmpfloat (count[0], ==, 4);

  mp_experiment_set (experiment, "method.critic_steps=1", &error);
  g_assert_no_error (error);
  lane_run (loop, 4, 5);
  g_assert_cmpuint (mp_loop_get_batch (loop), ==, 13);
}

static void
test_schedules (void)
{
  static const struct
  {
    const char *schedule;
    double      start, middle, end;
  } cases[] = {
    { "constant", 1, 1, 1 }, { "linear", 1, 0.505, 0.01 }, { "cosine", 1, 0.505, 0.01 }, { "exponential", 1, 0.1, 0.01 },
    { "step", 1, 0.01, 0.01 },
  };

  for (guint c = 0; c < G_N_ELEMENTS (cases); c++) {
    g_autofree char *keys = g_strconcat ("optimizer.generator.schedule=", cases[c].schedule, NULL);
    g_autoptr (MpExperiment) experiment = lane_experiment ("mmd-net", keys);
    g_autoptr (MpLoop) loop = lane_open (experiment);
    const char *group = "optimizer.generator";
    g_autofree double *hyper = NULL;

    g_assert_cmpfloat (fabs (mp_optimizer_schedule (experiment, group, 0) - cases[c].start), <, 1e-12);
    g_assert_cmpfloat (fabs (mp_optimizer_schedule (experiment, group, 0.5) - cases[c].middle), <, 1e-12);
    g_assert_cmpfloat (fabs (mp_optimizer_schedule (experiment, group, 1) - cases[c].end), <, 1e-12);
    g_assert_cmpfloat (fabs (mp_optimizer_schedule (experiment, group, 7) - cases[c].end), <, 1e-12);

    /* 100 iterations: iteration 50 has the middle rate */
    lane_run (loop, 0, 51);
    hyper = lane_read (loop, "optimizer/generator/hyper");
    g_assert_cmpfloat (fabs (hyper[MP_HYPER_LEARNING_RATE] - 0.001 * cases[c].middle), <, 1e-15);
  }
}

/* a ← a + 0.25·(v − a), one update behind. */
static void
test_running_average (void)
{
  g_autoptr (MpExperiment) experiment = lane_experiment ("mmd-net", "generator.average=0.75;train.precision=float64");
  g_autoptr (MpLoop) loop = lane_open (experiment);
  g_autofree double *expected = lane_read (loop, "generator/layer0/weight");
  g_autofree double *average = lane_read (loop, "average/generator/layer0/weight");

  g_assert_cmpmem (expected, 16 * sizeof (double), average, 16 * sizeof (double));
  for (guint64 i = 0; i < 10; i++) {
    g_autofree double *weight = lane_read (loop, "generator/layer0/weight");

    for (guint j = 0; j < 16; j++)
      expected[j] += 0.25 * (weight[j] - expected[j]);
    lane_run (loop, i, i + 1);
  }
  g_clear_pointer (&average, g_free);
  average = lane_read (loop, "average/generator/layer0/weight");
  for (guint j = 0; j < 16; j++)
    g_assert_cmpfloat (fabs (average[j] - expected[j]), <, 20 * DBL_EPSILON * (1 + fabs (expected[j])));
}

/* An infinite bias put in by hand at iteration 20: the report names that iteration and a tensor. */
static void
test_divergence (void)
{
  for (guint m = 0; m < G_N_ELEMENTS (methods); m++) {
    g_autoptr (MpExperiment) experiment = lane_experiment (methods[m], "optimizer.generator.kind=sgd");
    g_autoptr (MpLoop) loop = lane_open (experiment);
    g_autoptr (GError) error = NULL;
    g_autofree char *found = NULL;
    g_autofree char *number = NULL;
    guint64 i = 20;

    lane_run (loop, 0, 20);
    g_assert_true (mp_loop_is_finite (loop));
    {
      g_autofree double *bias = lane_read (loop, "generator/output/bias");
      float bad[2] = { (float) bias[0], INFINITY };

      g_assert_true (mp_store_write (mp_loop_get_store (loop), lane_find (loop, "generator/output/bias"), bad,
                                     &error));
      mp_loop_set_batch (loop, mp_loop_get_batch (loop));
    }
    while (i < 30 && mp_loop_is_finite (loop))
      lane_run (loop, i, i + 1), i++;
    g_assert_cmpuint (i, ==, 21);

    found = mp_loop_find_divergence (loop, 20);
    number = g_strdup_printf ("iteration %d ", 20 + 1); /* counted from 1 */
    g_test_message ("%s", found);
    g_assert_nonnull (strstr (found, number));
  }
}

/* Learning rates that overflow float32 after some iterations: the replay from the keyframe finds the same place each
 * time. */
static void
test_divergence_replay (void)
{
  g_autoptr (MpExperiment) experiment = lane_experiment ("gan", "optimizer.critic.kind=sgd;"
                                                         "optimizer.critic.learning_rate=1000;"
                                                         "optimizer.generator.kind=sgd;"
                                                         "optimizer.generator.learning_rate=1000");
  g_autoptr (MpLoop) loop = lane_open (experiment);
  guint64 i = 0;
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  while (i < 200 && mp_loop_is_finite (loop))
    lane_run (loop, i, i + 1), i++;
  g_assert_false (mp_loop_is_finite (loop));
  g_assert_cmpuint (i, >, 1);
  first = mp_loop_find_divergence (loop, i - 1);
  second = mp_loop_find_divergence (loop, i - 1);
  g_test_message ("%s", first);
  g_assert_cmpstr (first, ==, second);
  g_assert_nonnull (strstr (first, "appeared at iteration"));
}

static void
test_refuse (void)
{
  g_autoptr (MpExperiment) experiment = lane_experiment ("gram", NULL);
  g_autoptr (MpLoop) loop = lane_open (experiment);
  g_autoptr (GError) error = NULL;

  g_assert_false (mp_loop_update_live (loop, "method", "dimensions", &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_EXPERIMENT);
  g_clear_error (&error);

  mp_experiment_set (experiment, "method.bandwidths=1, 2", &error);
  g_assert_no_error (error);
  g_assert_false (mp_loop_update_live (loop, "method", "bandwidths", &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_EXPERIMENT);
  g_assert_nonnull (strstr (error->message, "bandwidths"));
}

int
main (int   argc,
      char *argv[])
{
  if (test_device_skips ())
    return 0;
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/loop/deterministic", test_deterministic);
  g_test_add_func ("/loop/fair-start", test_fair_start);
  g_test_add_func ("/loop/go-on", test_go_on);
  g_test_add_func ("/loop/repeat", test_repeat);
  g_test_add_func ("/loop/schedules", test_schedules);
  g_test_add_func ("/loop/running-average", test_running_average);
  g_test_add_func ("/loop/divergence", test_divergence);
  g_test_add_func ("/loop/divergence-replay", test_divergence_replay);
  g_test_add_func ("/loop/refuse", test_refuse);
  return g_test_run ();
}
