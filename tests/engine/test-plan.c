/* SPDX-License-Identifier: Apache-2.0
 *
 * test-plan.c: plans: merging, fusion, packed operands, placement, order of effects, updates, constants, determinism.
 */
#include "engine/graph/plan-private.h"

#include <math.h>
#include <string.h>
#include "tests/test-device.h"

typedef struct
{
  MpGraph  *graph;
  MpDevice *device;
  MpStore  *store;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->graph = mp_graph_new (MP_FLOAT64);
  g_assert_cmpint (test_device_class ()->open (0, NULL, &fixture->device), ==, MP_OK);
  fixture->store = mp_store_new (fixture->graph, test_device_class (), fixture->device);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  mp_store_free (fixture->store);
  mp_graph_free (fixture->graph);
  test_device_class ()->close (fixture->device);
}

static MpPlan *
plan_of (Fixture *fixture,
         guint    n,
         MpNode **outputs,
         gboolean no_fusion)
{
  g_autoptr (GError) error = NULL;
  MpPlanSpec spec = { .name = "test", .n_outputs = n, .outputs = outputs, .no_fusion = no_fusion };
  MpPlan *plan = mp_plan_new (fixture->store, &spec, &error);

  g_assert_no_error (error);
  return plan;
}

static void
run (MpPlan *plan)
{
  g_autoptr (GError) error = NULL;
  MpRunContext context = { 7, 3 };

  mp_plan_run (plan, &context, &error);
  g_assert_no_error (error);
}

static void
write_values (Fixture      *fixture,
              MpNode       *variable,
              const double *values)
{
  g_autoptr (GError) error = NULL;

  mp_store_write_doubles (fixture->store, variable, values, &error);
  g_assert_no_error (error);
}

static double
read_one (MpPlan *plan,
          guint   output)
{
  g_autoptr (GError) error = NULL;
  double value = NAN;

  mp_plan_read (plan, output, &value, &error);
  g_assert_no_error (error);
  return value;
}

/* A two-layer network's loss, as training builds it. */
static MpNode *
small_loss (MpGraph *graph,
            MpNode **w1,
            MpNode **w2)
{
  MpInit zeros = { "zeros", 0 };
  MpNode *x = mp_input (graph, "x", mp_shape (graph, 6, 3));
  MpNode *bias, *hidden;

  *w1 = mp_parameter (graph, "net", "w1", mp_shape (graph, 3, 5), zeros);
  bias = mp_parameter (graph, "net", "b1", mp_shape (graph, 5), zeros);
  *w2 = mp_parameter (graph, "net", "w2", mp_shape (graph, 5, 1), zeros);
  hidden = mp_relu (mp_add (mp_matmul (x, FALSE, *w1, FALSE), bias));
  return mp_mean (mp_softplus (mp_matmul (hidden, FALSE, *w2, FALSE)), MP_ALL_AXES, FALSE);
}

static void
fill (Fixture *fixture)
{
  for (guint id = 0; id < mp_graph_get_n_nodes (fixture->graph); id++) {
    MpNode *node = mp_graph_get_node (fixture->graph, id);
    gint64 n = mp_tensor_count (&node->type);
    g_autofree double *values = g_new (double, MAX (1, n));

    if (node->op != MP_OP_INPUT && node->op != MP_OP_PARAMETER)
      continue;
    for (gint64 i = 0; i < n; i++)
      values[i] = sin (1.7 * (double) (i + 1) + (double) node->id);
    write_values (fixture, node, values);
  }
}

static void
test_epilogue (Fixture       *fixture,
               gconstpointer  data)
{
  MpNode *w1, *w2;
  MpNode *loss = small_loss (fixture->graph, &w1, &w2);
  g_autoptr (MpPlan) plan = plan_of (fixture, 1, &loss, FALSE);
  g_autoptr (MpPlan) plain = plan_of (fixture, 1, &loss, TRUE);
  g_autofree char *listing = mp_plan_describe (plan);
  MpPlanInfo info;

  /* One product with bias and relu, one with softplus and the mean. */
  mp_plan_get_info (plan, &info);
  g_assert_cmpuint (info.n_kernels, ==, 2);
  g_assert_cmpuint (info.n_fused_groups, ==, 2);
  g_assert_nonnull (strstr (listing, "matmul + add·relu"));
  mp_plan_get_info (plain, &info);
  g_assert_cmpuint (info.n_kernels, ==, 6);
  fill (fixture);
  run (plan);
  run (plain);
  g_assert_cmpfloat_with_epsilon (read_one (plan, 0), read_one (plain, 0), 1e-14);
  g_assert_true (read_one (plan, 0) > 0.1);
}

static void
test_merging (Fixture       *fixture,
              gconstpointer  data)
{
  MpGraph *graph = fixture->graph;
  MpNode *x = mp_input (graph, "x", mp_shape (graph, 4, 2));
  MpNode *first = mp_sum (mp_exp (mp_sqdist (x, x)), MP_ALL_AXES, FALSE);
  MpNode *second = mp_sum (mp_exp (mp_sqdist (x, x)), MP_ALL_AXES, FALSE);
  MpNode *outputs[2] = { first, mp_add_scalar (second, 1) };
  g_autoptr (MpPlan) plan = plan_of (fixture, 2, outputs, FALSE);
  MpPlanInfo info;

  mp_plan_get_info (plan, &info);
  g_assert_cmpuint (info.n_folded, ==, 3);
  g_assert_cmpuint (info.n_kernels, ==, 2);
}

static void
test_solve_shares_factor (Fixture       *fixture,
                          gconstpointer  data)
{
  MpGraph *graph = fixture->graph;
  MpNode *a = mp_input (graph, "a", mp_shape (graph, 3, 3));
  MpNode *b = mp_input (graph, "b", mp_shape (graph, 3, 1));
  MpNode *loss = mp_sum (mp_square (mp_pd_solve (a, b)), MP_ALL_AXES, FALSE);
  MpNode *gradient;
  g_autoptr (MpPlan) plan = NULL;
  g_autofree char *listing = NULL;
  const char *first;

  g_assert_true (mp_gradients (graph, loss, 1, &a, &gradient, NULL));
  plan = plan_of (fixture, 1, &gradient, FALSE);
  listing = mp_plan_describe (plan);
  first = strstr (listing, "cholesky");
  g_assert_nonnull (first);
  g_assert_null (strstr (first + 1, " cholesky ("));
}

static void
test_reads_see_values_before_the_run (Fixture       *fixture,
                                      gconstpointer  data)
{
  MpGraph *graph = fixture->graph;
  MpInit zeros = { "zeros", 0 };
  MpNode *a = mp_state (graph, "a", mp_shape (graph, 1), zeros);
  MpNode *b = mp_state (graph, "b", mp_shape (graph, 1), zeros);
  MpNode *assigns[2] = { mp_assign (a, b), mp_assign (b, a) };
  MpNode *outputs[2] = { a, mp_add (a, b) };
  MpPlanSpec spec = { .name = "swap", .n_outputs = 2, .outputs = outputs, .n_assigns = 2, .assigns = assigns };
  g_autoptr (GError) error = NULL;
  g_autoptr (MpPlan) plan = mp_plan_new (fixture->store, &spec, &error);
  double value;

  g_assert_no_error (error);
  write_values (fixture, a, (double[]) { 3 });
  write_values (fixture, b, (double[]) { 5 });
  run (plan);
  g_assert_cmpfloat (read_one (plan, 0), ==, 3);
  g_assert_cmpfloat (read_one (plan, 1), ==, 8);
  g_assert_true (mp_store_read (fixture->store, a, &value, NULL));
  g_assert_cmpfloat (value, ==, 5);
  g_assert_true (mp_store_read (fixture->store, b, &value, NULL));
  g_assert_cmpfloat (value, ==, 3);
}

static void
test_update (Fixture       *fixture,
             gconstpointer  data)
{
  MpNode *w1, *w2;
  MpNode *loss = small_loss (fixture->graph, &w1, &w2);
  g_autoptr (GError) error = NULL;
  MpUpdate *update = mp_update_new (fixture->graph, loss, "net", MP_OP_SGD, 0, &error);
  MpNode *outputs[2] = { loss, update->gradients[0] };
  MpPlanSpec spec = { .name = "train", .n_outputs = 2, .outputs = outputs, .n_updates = 1, .updates = &update };
  g_autoptr (MpPlan) plan = mp_plan_new (fixture->store, &spec, &error);
  double before[15], after[15], gradient[15], hyper[MP_N_HYPER] = { 0.25 }, first;

  g_assert_no_error (error);
  fill (fixture);
  write_values (fixture, update->hyper, hyper);
  g_assert_true (mp_store_read (fixture->store, w1, before, NULL));
  run (plan);
  g_assert_true (mp_store_read (fixture->store, w1, after, NULL));
  g_assert_true (mp_plan_read (plan, 1, gradient, NULL));
  for (guint i = 0; i < 15; i++)
    g_assert_cmpfloat_with_epsilon (after[i], before[i] - 0.25 * gradient[i], 1e-15);
  first = read_one (plan, 0);
  for (guint i = 0; i < 20; i++)
    run (plan);
  g_assert_cmpfloat (read_one (plan, 0), <, first);
  mp_update_free (update);
}

static void
test_constants_are_computed_once (Fixture       *fixture,
                                  gconstpointer  data)
{
  MpGraph *graph = fixture->graph;
  double values[4] = { 4, 1, 1, 3 };
  MpNode *a = mp_constant (graph, mp_shape (graph, 2, 2), values);
  MpNode *x = mp_input (graph, "x", mp_shape (graph, 2, 2));
  MpNode *y = mp_sum (mp_mul (x, mp_exp (mp_neg (mp_matmul (a, FALSE, a, FALSE)))), MP_ALL_AXES, FALSE);
  g_autoptr (MpPlan) plan = plan_of (fixture, 1, &y, FALSE);
  MpPlanInfo info;

  mp_plan_get_info (plan, &info);
  g_assert_cmpuint (info.n_kernels, ==, 1);
  write_values (fixture, x, (double[]) { 1, 0, 2, 1 });
  run (plan);
  g_assert_cmpfloat_with_epsilon (read_one (plan, 0), exp (-17) + 2 * exp (-7) + exp (-10), 1e-15);
}

static void
test_softmax_like_chain (Fixture       *fixture,
                         gconstpointer  data)
{
  /* A reduction that feeds back into its own domain must not become one kernel with it. */
  MpGraph *graph = fixture->graph;
  MpNode *x = mp_input (graph, "x", mp_shape (graph, 3, 4));
  MpNode *power = mp_exp (mp_sub (x, mp_max (x, MP_AXIS (1), TRUE)));
  MpNode *y = mp_div (power, mp_sum (power, MP_AXIS (1), TRUE));
  MpNode *outputs[2] = { mp_sum (y, MP_ALL_AXES, FALSE), y };
  g_autoptr (MpPlan) plan = plan_of (fixture, 2, outputs, FALSE);
  double values[12];

  fill (fixture);
  run (plan);
  g_assert_cmpfloat_with_epsilon (read_one (plan, 0), 3, 1e-14);
  g_assert_true (mp_plan_read (plan, 1, values, NULL));
  for (guint i = 0; i < 12; i++)
    g_assert_true (values[i] > 0 && values[i] < 1);
}

static void
test_placement (void)
{
  MpBuffer buffers[4] = { { 100, 0, 1, 0 }, { 64, 1, 2, 0 }, { 100, 2, 3, 0 }, { 1, 0, 3, 0 } };
  gsize total = _mp_place (buffers, 4);

  g_assert_cmpuint (total, ==, 128 + 64 + 64);
  for (guint i = 0; i < 4; i++)
    for (guint j = 0; j < i; j++)
      if (buffers[i].first <= buffers[j].last && buffers[j].first <= buffers[i].last)
        g_assert_true (buffers[i].offset + buffers[i].bytes <= buffers[j].offset
                       || buffers[j].offset + buffers[j].bytes <= buffers[i].offset);
  g_assert_cmpuint (buffers[0].offset, ==, buffers[2].offset);
}

static void
test_random_depends_on_the_counter_alone (Fixture       *fixture,
                                          gconstpointer  data)
{
  MpGraph *graph = fixture->graph;
  MpNode *noise = mp_random_normal (graph, "latent", mp_shape (graph, 50), 0, 1);
  MpNode *other = mp_random_normal (graph, "other", mp_shape (graph, 50), 0, 1);
  MpNode *outputs[2] = { noise, other };
  g_autoptr (MpPlan) plan = plan_of (fixture, 2, outputs, FALSE);
  g_autoptr (MpPlan) again = plan_of (fixture, 1, outputs, FALSE);
  double a[50], b[50], c[50];
  MpRunContext next = { 7, 4 };

  run (plan);
  run (again);
  g_assert_true (mp_plan_read (plan, 0, a, NULL));
  g_assert_true (mp_plan_read (again, 0, b, NULL));
  g_assert_cmpmem (a, sizeof a, b, sizeof b);
  g_assert_true (mp_plan_read (plan, 1, c, NULL));
  g_assert_true (memcmp (a, c, sizeof a) != 0);
  g_assert_true (mp_plan_run (plan, &next, NULL));
  g_assert_true (mp_plan_read (plan, 0, c, NULL));
  g_assert_true (memcmp (a, c, sizeof a) != 0);
}

static void
test_first_nonfinite (Fixture       *fixture,
                      gconstpointer  data)
{
  MpGraph *graph = fixture->graph;
  MpNode *x = mp_input (graph, "x", mp_shape (graph, 2));
  MpNode *bad = mp_named (mp_log (x), "log of x");
  MpNode *y = mp_sum (bad, MP_ALL_AXES, FALSE);
  MpNode *outputs[2] = { bad, y };
  MpPlanSpec spec = { .name = "check", .n_outputs = 2, .outputs = outputs, .check_finite = TRUE };
  g_autoptr (MpPlan) plan = mp_plan_new (fixture->store, &spec, NULL);

  write_values (fixture, x, (double[]) { 1, 2 });
  run (plan);
  g_assert_null (mp_plan_get_first_nonfinite (plan));
  write_values (fixture, x, (double[]) { 1, -2 });
  run (plan);
  g_assert_cmpstr (mp_plan_get_first_nonfinite (plan), ==, "“log of x” (float64 2)");
}

/* Weights that two passes and a gradient multiply by are packed once for each way of reading them, and the products are
 * what they are without. */
static void
test_packing (Fixture       *fixture,
              gconstpointer  data)
{
  MpNode *x = mp_input (fixture->graph, "x", mp_shape (fixture->graph, 33, 128));
  MpNode *y = mp_input (fixture->graph, "y", mp_shape (fixture->graph, 70, 128));
  MpNode *w = mp_input (fixture->graph, "w", mp_shape (fixture->graph, 128, 160));
  MpNode *p = mp_relu (mp_matmul (x, FALSE, w, FALSE)), *q = mp_relu (mp_matmul (y, FALSE, w, FALSE));
  MpNode *outputs[4] = { p, q, mp_matmul (p, FALSE, w, TRUE), mp_matmul (q, FALSE, w, TRUE) };
  MpNode *inputs[3] = { x, y, w };
  MpPlan *plan = plan_of (fixture, 4, outputs, FALSE), *apart = plan_of (fixture, 4, outputs, TRUE);
  g_autofree char *text = mp_plan_describe (plan), *text_apart = mp_plan_describe (apart);
  g_auto (GStrv) pieces = g_strsplit (text, " pack (", -1);

  for (guint i = 0; i < 3; i++) {
    gint64 n = mp_tensor_count (&inputs[i]->type);
    g_autofree double *values = g_new (double, n);

    for (gint64 j = 0; j < n; j++)
      values[j] = (double) ((j * 37 + i) % 101 - 50) / 64;
    write_values (fixture, inputs[i], values);
  }
  for (guint round = 0; round < 2; round++) {
    run (plan);
    run (apart);
    for (guint i = 0; i < 4; i++) {
      gint64 n = mp_tensor_count (&outputs[i]->type);
      g_autofree double *a = g_new (double, n), *b = g_new (double, n);

      g_assert_true (mp_plan_read (plan, i, a, NULL) && mp_plan_read (apart, i, b, NULL));
      g_assert_cmpmem (a, (gsize) n * sizeof *a, b, (gsize) n * sizeof *b);
    }
  }
  g_assert_cmpuint (g_strv_length (pieces) - 1, ==, 2);
  g_assert_null (strstr (text_apart, " pack ("));
  mp_plan_free (plan);
  mp_plan_free (apart);
}

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  if (test_device_skips ())
    return 0;
  g_test_init (&argc, &argv, NULL);
  ADD ("/plan/epilogue", test_epilogue);
  ADD ("/plan/merging", test_merging);
  if (test_device_class ()->packed_bytes != NULL)
    ADD ("/plan/packing", test_packing);
  ADD ("/plan/solve-shares-factor", test_solve_shares_factor);
  ADD ("/plan/reads-see-values-before-the-run", test_reads_see_values_before_the_run);
  ADD ("/plan/update", test_update);
  ADD ("/plan/constants-are-computed-once", test_constants_are_computed_once);
  ADD ("/plan/softmax-like-chain", test_softmax_like_chain);
  g_test_add_func ("/plan/placement", test_placement);
  ADD ("/plan/random-depends-on-the-counter-alone", test_random_depends_on_the_counter_alone);
  ADD ("/plan/first-nonfinite", test_first_nonfinite);
  return g_test_run ();
}
