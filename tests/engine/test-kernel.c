/* SPDX-License-Identifier: Apache-2.0
 *
 * test-kernel.c: sums of kernels and the median heuristic (engine/methods/kernel.h), on plain sums written out here; the
 * decoder of MMD GAN, a network that follows another's optimizer; and the condition number that GRAM reports.
 */
#include <math.h>
#include <string.h>

#include "engine/methods/kernel.h"
#include "tests/engine/lane.h"
#include "tests/engine/pattern.h"

static double
compute (MpGraph *graph,
         MpNode  *node,
         gsize    n,
         double  *values)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MpStore) store = mp_store_new (graph, test_device_class (), lane_device ());
  MpPlanSpec spec = { .name = "test", .n_outputs = 1, .outputs = &node };
  MpRunContext context = { 0 };
  g_autoptr (MpPlan) plan = NULL;

  mp_graph_check (graph, &error);
  g_assert_no_error (error);
  plan = mp_plan_new (store, &spec, &error);
  g_assert_no_error (error);
  mp_plan_run (plan, &context, &error);
  g_assert_no_error (error);
  g_assert_cmpint (mp_tensor_count (&node->type), ==, n);
  mp_plan_read (plan, 0, values, &error);
  g_assert_no_error (error);
  return values[0];
}

/* The graph's median is the host's, whose definition is the sorted list's. */
static void
check_median (gint64 n,
              double spread)
{
  g_autoptr (MpGraph) graph = mp_graph_new (MP_FLOAT64);
  g_autofree double *points = pattern (7, 2 * (gsize) n, spread);
  g_autofree float *floats = g_new (float, 2 * (gsize) n);
  MpNode *x = mp_constant (graph, mp_shape (graph, n, (gint64) 2, (gint64) -1), points);
  double found, expected;

  for (gint64 i = 0; i < 2 * n; i++)
    floats[i] = (float) points[i];
  expected = mp_median_distance (floats, MIN (n, 128), 2);
  compute (graph, mp_median_distance_node (x), 1, &found);
  g_assert_cmpfloat (fabs (found - expected), <, 1e-6 * spread);
}

static void
test_median (void)
{
  static const float line[] = { 0, 1, 3, 7 };    /* distances 1, 2, 3, 4, 6, 7: the lower middle one is 3 */
  static const float squares[] = { 0, 0, 3, 4 }; /* one pair */

  g_assert_cmpfloat (mp_median_distance (line, 4, 1), ==, 3);
  g_assert_cmpfloat (mp_median_distance (squares, 2, 2), ==, 5);
  g_assert_cmpfloat (mp_median_distance (line, 1, 1), ==, 0);
  for (gint64 n = 2; n <= 9; n++)
    check_median (n, 1);
  check_median (50, 1e-3);
  check_median (200, 1e3);
}

/* Bandwidths in units of the data's median: the ring's points scaled by ten give the same kernel matrix. */
static void
test_data_median (void)
{
  double values[2];

  for (guint i = 0; i < 2; i++) {
    g_autofree char *keys = g_strdup_printf ("train.precision=float64;method.median=data;data.radius=%d;data.std=%g",
                                             i == 0 ? 1 : 10, i == 0 ? 0.1 : 1.0);
    g_autoptr (MpExperiment) experiment = lane_experiment ("mmd-net", keys);
    g_autoptr (GError) error = NULL;
    g_autoptr (MpBuild) build = mp_build_new (experiment, 2, NULL, &error);
    double here[2] = { i == 0 ? 0.3 : 3, i == 0 ? -0.2 : -2 }, there[2] = { 0, 0 };
    MpGraph *graph;
    MpNode *a, *b;

    g_assert_no_error (error);
    graph = mp_build_graph (build);
    a = mp_constant (graph, mp_shape (graph, (gint64) 1, (gint64) 2, (gint64) -1), here);
    b = mp_constant (graph, mp_shape (graph, (gint64) 1, (gint64) 2, (gint64) -1), there);
    g_assert_cmpfloat (mp_kernel_sum_at_zero (mp_build_get_kernel (build)), ==, 1);

    /* The live bandwidth is an input of the graph, zero until it is written: a constant one instead. */
    MpKernelSum kernel = *mp_build_get_kernel (build);
    double one = 1;

    kernel.terms[0].parameters = mp_constant (graph, mp_shape (graph, (gint64) 1, (gint64) -1), &one);
    compute (graph, mp_kernel_sum_matrix (&kernel, a, b), 1, &values[i]);
  }
  g_assert_cmpfloat (values[0], >, 0.1);
  g_assert_cmpfloat (values[0], <, 0.999);
  g_assert_cmpfloat (fabs (values[0] - values[1]), <, 1e-6);
}

static void
test_sum (void)
{
  g_autoptr (MpGraph) graph = mp_graph_new (MP_FLOAT64);
  const double x[] = { 1, 2, -1, 0.5 }, y[] = { 0.25, 1, 2, -2 }, sigmas[] = { 0.5, 2 }, alpha = 0.7, scale = 1.5;
  MpTensorType pairs = mp_shape (graph, (gint64) 2, (gint64) 2, (gint64) -1);
  MpKernelSum kernel = mp_kernel_sum_of (MP_KERNEL_RBF,
                                         mp_constant (graph, mp_shape (graph, (gint64) 2, (gint64) -1), sigmas));
  MpNode *a = mp_constant (graph, pairs, x), *b = mp_constant (graph, pairs, y);
  double matrix[4], rows[2];

  kernel.terms[kernel.n_terms].kind = MP_KERNEL_RATIONAL_QUADRATIC;
  kernel.terms[kernel.n_terms++].parameters = mp_constant (graph, mp_shape (graph, (gint64) 1, (gint64) -1), &alpha);
  kernel.scale = mp_scalar (graph, scale);
  g_assert_cmpfloat (mp_kernel_sum_at_zero (&kernel), ==, 3);
  compute (graph, mp_kernel_sum_matrix (&kernel, a, b), 4, matrix);
  compute (graph, mp_kernel_sum_rows (&kernel, a, b), 2, rows);
  for (guint i = 0; i < 2; i++)
    for (guint j = 0; j < 2; j++) {
      double d2 = (pow (x[2 * i] - y[2 * j], 2) + pow (x[2 * i + 1] - y[2 * j + 1], 2)) / (scale * scale);
      double expected = exp (-d2 / 0.5) + exp (-d2 / 8) + pow (1 + d2 / (2 * alpha), -alpha);

      g_assert_cmpfloat (fabs (matrix[2 * i + j] - expected), <, 1e-12);
    }
  g_assert_cmpfloat (fabs (rows[0] - matrix[0]), <, 1e-12);
  g_assert_cmpfloat (fabs (rows[1] - matrix[3]), <, 1e-12);

  kernel.terms[1].kind = MP_KERNEL_POLYNOMIAL;
  g_assert_true (isnan (mp_kernel_sum_at_zero (&kernel)));
}

static void
test_powers (void)
{
  static const char *const wrong[][2] = { { "2, 2.5", "not 2.5" }, { "20", "not 20" } };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autofree char *settings = g_strconcat ("method.kernel=polynomial;method.bandwidths=", wrong[i][0], NULL);
    g_autoptr (MpExperiment) experiment = lane_experiment ("mmd-net", settings);
    g_autoptr (GError) error = NULL;

    g_assert_null (mp_build_new (experiment, 2, NULL, &error));
    g_assert_error (error, MP_ERROR, MP_ERROR_EXPERIMENT);
    g_assert_nonnull (strstr (error->message, wrong[i][1]));
  }
}

static double
largest (MpLoop     *loop,
         const char *name,
         gsize       n)
{
  g_autofree double *values = lane_read (loop, name);
  double most = 0;

  for (gsize i = 0; i < n; i++)
    most = fmax (most, fabs (values[i]));
  return most;
}

/* The decoder follows [optimizer.critic], a live change of it too, but not its clipping. */
static void
test_decoder (void)
{
  g_autoptr (MpExperiment) experiment = lane_experiment ("mmd-gan", "optimizer.critic.clip=0.05;method.clip=0");
  g_autoptr (MpLoop) loop = lane_open (experiment);
  g_autoptr (GError) error = NULL;
  g_autofree double *before = NULL, *after = NULL;

  lane_run (loop, 0, 3);
  g_assert_cmpfloat (largest (loop, "critic/output/weight", 80), <=, 0.05 + 1e-7);
  g_assert_cmpfloat (largest (loop, "decoder/output/weight", 16), >, 0.1);

  before = lane_read (loop, "optimizer/decoder/hyper");
  g_assert_cmpfloat (before[MP_HYPER_CLIP], ==, 0);
  mp_experiment_set (experiment, "optimizer.critic.learning_rate=0.125", &error);
  g_assert_no_error (error);
  mp_loop_update_live (loop, "optimizer.critic", "learning_rate", &error);
  g_assert_no_error (error);
  after = lane_read (loop, "optimizer/decoder/hyper");
  g_assert_cmpfloat (after[MP_HYPER_LEARNING_RATE], ==, 0.125);
  g_clear_pointer (&after, g_free);
  after = lane_read (loop, "optimizer/critic/hyper");
  g_assert_cmpfloat (after[MP_HYPER_LEARNING_RATE], ==, 0.125);

}

static void
test_no_decoder (void)
{
  g_autoptr (MpExperiment) experiment = lane_experiment ("mmd-gan", "method.autoencoder=0");
  g_autoptr (MpLoop) loop = lane_open (experiment);

  for (const char *const *group = mp_build_get_groups (mp_loop_get_build (loop)); *group != NULL; group++)
    g_assert_cmpstr (*group, !=, "decoder");
}

/* 7 critic updates in the first 25 iterations and in every 500th, else 2. */
static void
test_warm_up (void)
{
  g_autoptr (MpExperiment) experiment = lane_experiment ("mmd-gan", "method.critic_steps=2;method.warm_up_steps=7");
  g_autoptr (MpLoop) loop = lane_open (experiment);
  static const struct
  {
    guint64 from, to;
    double  updates;
  } parts[] = { { 0, 25, 175 }, { 25, 27, 179 }, { 499, 500, 181 }, { 500, 501, 188 }, { 501, 502, 190 } };

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++) {
    g_autofree double *count = NULL;

    lane_run (loop, parts[i].from, parts[i].to);
    count = lane_read (loop, "optimizer/critic/count");
    g_assert_cmpfloat (count[0], ==, parts[i].updates);
  }
}

/* With one bandwidth that makes all points strangers K is the identity, whose condition number is 1. With one that makes
 * them the same it is n over the ridge. */
static void
test_condition (void)
{
  static const struct
  {
    const char *bandwidth;
    double      low, high;
  } cases[] = { { "1e-6", 0.99, 1.01 }, { "1e6", 100, 2000 } };

  for (guint c = 0; c < G_N_ELEMENTS (cases); c++) {
    g_autofree char *keys = g_strdup_printf ("train.precision=float64;method.ridge=0.01;method.bandwidths=%s",
                                             cases[c].bandwidth);
    g_autoptr (MpExperiment) experiment = lane_experiment ("gram", keys);
    g_autoptr (MpLoop) loop = lane_open (experiment);
    double values[32];
    guint n;
    const MpReport *reports = mp_loop_get_reports (loop, &n);
    gboolean found = FALSE;

    g_assert_cmpuint (n, <=, G_N_ELEMENTS (values));
    lane_run (loop, 0, 1);
    mp_loop_read_reports (loop, values);
    for (guint i = 0; i < n; i++)
      if (g_str_equal (reports[i].id, "condition")) {
        g_assert_cmpfloat (values[i], >=, cases[c].low);
        g_assert_cmpfloat (values[i], <=, cases[c].high);
        found = TRUE;
      }
    g_assert_true (found);
  }
}

int
main (int   argc,
      char *argv[])
{
  if (test_device_skips ())
    return 0;
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kernel/sum", test_sum);
  g_test_add_func ("/kernel/median", test_median);
  g_test_add_func ("/kernel/median-of-data", test_data_median);
  g_test_add_func ("/kernel/powers", test_powers);
  g_test_add_func ("/kernel/decoder", test_decoder);
  g_test_add_func ("/kernel/no-decoder", test_no_decoder);
  g_test_add_func ("/kernel/warm-up", test_warm_up);
  g_test_add_func ("/kernel/condition", test_condition);
  return g_test_run ();
}
