/* SPDX-License-Identifier: Apache-2.0
 *
 * test-contract.c: plans of losses on kernel matrices, on a back end that contracts: the gradients are those of plans
 * without fusion, no matrix over pairs is stored where nobody needs it again, and where the back end declines, or a
 * matrix is needed, plans are as without contractions.
 */
#include "engine/graph/plan-private.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "tests/engine/contracting.h"
#include "tests/engine/pattern.h"

typedef struct
{
  MpGraph  *graph;
  MpDevice *device;
  MpStore  *store;
  MpNode   *x, *y, *bandwidths;
} Fixture;

static void
open_pair (Fixture             *self,
           const MpDeviceClass *class,
           MpDtype              dtype,
           gint64               n,
           gint64               m,
           gint64               d,
           gint64               n_bandwidths)
{
  self->graph = mp_graph_new (dtype);
  self->device = contracting_open ();
  self->store = mp_store_new (self->graph, class, self->device);
  self->x = mp_input (self->graph, "x", mp_shape (self->graph, n, d));
  self->y = mp_input (self->graph, "y", mp_shape (self->graph, m, d));
  self->bandwidths = mp_input (self->graph, "bandwidths", mp_shape (self->graph, n_bandwidths));
}

static void
close_pair (Fixture *self)
{
  mp_store_free (self->store);
  mp_graph_free (self->graph);
  contracting_class.close (self->device);
}

static void
write_inputs (Fixture *self)
{
  MpNode *inputs[3] = { self->x, self->y, self->bandwidths };

  for (guint i = 0; i < 3; i++) {
    gsize n = (gsize) mp_tensor_count (&inputs[i]->type);
    g_autofree double *values = pattern (i + 1, n, 1);
    g_autoptr (GError) error = NULL;

    for (gsize k = 0; i == 2 && k < n; k++)
      values[k] = 0.75 + (double) k;
    mp_store_write_doubles (self->store, inputs[i], values, &error);
    g_assert_no_error (error);
  }
}

static MpPlan *
plan_of (Fixture       *self,
         guint          n,
         MpNode *const *outputs,
         gboolean       no_fusion)
{
  g_autoptr (GError) error = NULL;
  MpPlanSpec spec = { .name = "test", .n_outputs = n, .outputs = outputs, .no_fusion = no_fusion };
  MpPlan *plan = mp_plan_new (self->store, &spec, &error);

  g_assert_no_error (error);
  return plan;
}

/* The biased MMD² of x and y. */
static MpNode *
mmd2 (Fixture      *self,
      MpKernelKind  kind)
{
  MpNode *within = mp_add (mp_mean (mp_gram (self->x, self->x, kind, self->bandwidths), MP_ALL_AXES, FALSE),
                           mp_mean (mp_gram (self->y, self->y, kind, self->bandwidths), MP_ALL_AXES, FALSE));

  return mp_sub (within, mp_mul_scalar (mp_mean (mp_gram (self->x, self->y, kind, self->bandwidths), MP_ALL_AXES,
                                                 FALSE), 2));
}

static MpNode *
root_of (MpNode *squared)
{
  return mp_sqrt (mp_add_scalar (mp_maximum (squared, mp_scalar (squared->graph, 0)), 1e-6));
}

static void
differentiate (Fixture *self,
               MpNode  *loss,
               MpNode **outputs)
{
  g_autoptr (GError) error = NULL;
  MpNode *wrt[2] = { self->x, self->y };

  outputs[0] = loss;
  mp_gradients (self->graph, loss, 2, wrt, outputs + 1, &error);
  g_assert_no_error (error);
}

/* Stored values of so many elements. */
static guint
count_matrices (MpPlan *plan,
                gint64  at_least)
{
  guint n = 0;

  for (guint u = 0; u < plan->units->len; u++) {
    MpUnit *unit = g_ptr_array_index (plan->units, u);

    for (guint i = 0; i < unit->outputs->len; i++)
      n += mp_tensor_count (&((MpValue *) g_ptr_array_index (unit->outputs, i))->node->type) >= at_least;
  }
  return n;
}

static guint
count_contractions (MpPlan *plan)
{
  guint n = 0;

  for (guint u = 0; u < plan->units->len; u++) {
    MpUnit *unit = g_ptr_array_index (plan->units, u);

    for (guint m = 0; m < unit->members->len; m++)
      n += _mp_is_contraction (g_ptr_array_index (unit->members, m));
  }
  return n;
}

/* Both plans on the same inputs; float64 sums of at most `terms` terms of size about 1 differ by rounding only. */
static void
assert_same_values (Fixture *self,
                    MpPlan  *plan,
                    MpPlan  *plain,
                    guint    n,
                    double   terms)
{
  MpRunContext context = { 7, 3 };
  g_autoptr (GError) error = NULL;

  write_inputs (self);
  mp_plan_run (plan, &context, &error);
  g_assert_no_error (error);
  mp_plan_run (plain, &context, &error);
  g_assert_no_error (error);
  for (guint o = 0; o < n; o++) {
    gsize count = (gsize) mp_tensor_count (&plan->output_types[o]);
    g_autofree double *a = g_new (double, count), *b = g_new (double, count);
    double size = 0;

    g_assert_true (mp_plan_read (plan, o, a, NULL));
    g_assert_true (mp_plan_read (plain, o, b, NULL));
    for (gsize i = 0; i < count; i++) {
      g_assert_cmpfloat_with_epsilon (a[i], b[i], 64 * terms * DBL_EPSILON);
      size += fabs (b[i]);
    }
    g_assert_cmpfloat (size, >, 1e-3);
  }
}

/* ---- tests ---- */

typedef struct
{
  const char   *name;
  MpKernelKind  kind;
  gboolean      root;
  guint         contractions, kernels_with_them;
} Case;

/* x·x and y·y give two contractions each, from one matrix; x·y two more. */
static const Case cases[] = {
  { "rbf", MP_KERNEL_RBF, FALSE, 6, 3 },
  { "rbf-root", MP_KERNEL_RBF, TRUE, 6, 3 },
  { "variance-root", MP_KERNEL_RBF_VARIANCE, TRUE, 6, 3 },
  { "quadratic", MP_KERNEL_RATIONAL_QUADRATIC, FALSE, 6, 3 },
  { "quadratic-root", MP_KERNEL_RATIONAL_QUADRATIC, TRUE, 6, 3 },
  { "polynomial-root", MP_KERNEL_POLYNOMIAL, TRUE, 6, 3 },
};

static void
test_mmd (gconstpointer data)
{
  const Case *c = data;
  Fixture self;
  MpNode *outputs[3];

  open_pair (&self, &contracting_class, MP_FLOAT64, 13, 9, 3, 3);
  differentiate (&self, c->root ? root_of (mmd2 (&self, c->kind)) : mmd2 (&self, c->kind), outputs);
  {
    g_autoptr (MpPlan) plan = plan_of (&self, 3, outputs, FALSE);
    g_autoptr (MpPlan) plain = plan_of (&self, 3, outputs, TRUE);
    g_autofree char *listing = mp_plan_describe (plan);

    g_assert_cmpuint (count_contractions (plan), ==, c->contractions);
    g_assert_cmpuint (count_contractions (plain), ==, 0);
    g_assert_nonnull (strstr (listing, " + 2 contractions ("));
    g_assert_cmpuint (count_matrices (plan, 81), ==, 0);
    g_assert_cmpuint (count_matrices (plain, 81), >, 9);
    contracting_count ();
    assert_same_values (&self, plan, plain, 3, 13 * 13);
    g_assert_cmpuint (contracting_count (), ==, c->kernels_with_them);
  }
  close_pair (&self);
}

/* The loss and its gradient do not fit into one program. */
static void
test_many_bandwidths (void)
{
  Fixture self;
  MpNode *outputs[3];

  open_pair (&self, &contracting_class, MP_FLOAT64, 13, 9, 3, 10);
  differentiate (&self, root_of (mmd2 (&self, MP_KERNEL_RATIONAL_QUADRATIC)), outputs);
  {
    g_autoptr (MpPlan) plan = plan_of (&self, 3, outputs, FALSE);
    g_autoptr (MpPlan) plain = plan_of (&self, 3, outputs, TRUE);

    assert_same_values (&self, plan, plain, 3, 13 * 13 * 10);
  }
  close_pair (&self);
}

/* A million times what fits: planned, neither allocated nor run. */
static void
test_memory_of_large_pairs (void)
{
  const gint64 n = 65536;

  for (gint64 d = 2; d <= 2048; d *= 32) {
    g_autoptr (GError) error = NULL;
    Fixture self;
    MpNode *outputs[3];

    open_pair (&self, &contracting_class, MP_FLOAT32, n, n, d, 5);
    differentiate (&self, root_of (mmd2 (&self, MP_KERNEL_RBF)), outputs);
    {
      MpPlanSpec spec = { .name = "test", .n_outputs = 3, .outputs = outputs };
      g_autoptr (MpPlan) plan = mp_plan_prepare (self.store, &spec, &error);
      MpPlanInfo info;

      g_assert_no_error (error);
      mp_plan_get_info (plan, &info);
      g_assert_cmpuint (count_matrices (plan, n * n), ==, 0);
      g_assert_cmpuint (count_contractions (plan), ==, 6);
      g_assert_cmpfloat ((double) info.arena_bytes + (double) info.workspace_bytes, <,
                         16.0 * (double) n * (double) (d + 16) * sizeof (float));
      /* Three distances for the values, again for the gradients, and six products. */
      g_assert_cmpfloat (info.product_flops, ==, (3 + 3 + 6) * 2.0 * (double) (n * n) * (double) d);
    }
    close_pair (&self);
  }
}

/* Small and of many columns: distances cost more than keeping what they give. */
static void
test_distances_are_kept_where_they_cost_more (void)
{
  Fixture self;
  MpNode *outputs[3];

  open_pair (&self, &contracting_class, MP_FLOAT64, 11, 8, 4000, 1);
  differentiate (&self, root_of (mmd2 (&self, MP_KERNEL_RBF)), outputs);
  {
    g_autoptr (MpPlan) plan = plan_of (&self, 3, outputs, FALSE);
    g_autofree char *listing = mp_plan_describe (plan);
    guint distances = 0;

    for (const char *at = listing; (at = strstr (at, "sqdist +")) != NULL; at++)
      distances++;
    g_assert_cmpuint (distances, ==, 3);
    g_assert_cmpuint (count_contractions (plan), ==, 0);
  }
  close_pair (&self);
}

/* The gradient's matrix is read out, or a product reads it from the right: it must be in memory. */
static void
test_needed_matrices_stay (void)
{
  Fixture self;
  MpNode *distance, *kernel, *weight, *outputs[3];

  open_pair (&self, &contracting_class, MP_FLOAT64, 7, 5, 2, 1);
  distance = mp_sqdist (self.x, self.y);
  kernel = mp_exp (mp_neg (distance));
  weight = mp_mul (kernel, kernel);
  outputs[0] = mp_matmul (weight, FALSE, self.y, FALSE);
  outputs[1] = weight;
  outputs[2] = mp_matmul (kernel, TRUE, mp_exp (self.x), FALSE);
  for (guint n = 2; n <= 3; n++) {
    g_autoptr (MpPlan) plan = plan_of (&self, n, outputs, FALSE);
    g_autoptr (MpPlan) plain = plan_of (&self, n, outputs, TRUE);

    /* The third product reads another matrix, which nobody else needs. */
    g_assert_cmpuint (count_contractions (plan), ==, n == 3);
    g_assert_cmpuint (count_matrices (plan, 35), ==, 1);
    assert_same_values (&self, plan, plain, n, 35);
  }
  outputs[1] = mp_matmul (self.x, TRUE, weight, FALSE);
  {
    g_autoptr (MpPlan) plan = plan_of (&self, 2, outputs, FALSE);
    g_autoptr (MpPlan) plain = plan_of (&self, 2, outputs, TRUE);

    g_assert_cmpuint (count_contractions (plan), ==, 0);
    assert_same_values (&self, plan, plain, 2, 35);
  }
  close_pair (&self);
}

/* V is made from the same matrix's sums: it is not there when the unit runs. */
static void
test_operand_that_waits_for_the_unit (void)
{
  Fixture self;
  MpNode *kernel, *scaled, *outputs[1];

  open_pair (&self, &contracting_class, MP_FLOAT64, 7, 5, 2, 1);
  kernel = mp_exp (mp_neg (mp_sqdist (self.x, self.y)));
  scaled = mp_mul (self.y, mp_sum (kernel, MP_ALL_AXES, FALSE));
  outputs[0] = mp_matmul (kernel, FALSE, scaled, FALSE);
  {
    g_autoptr (MpPlan) plan = plan_of (&self, 1, outputs, FALSE);
    g_autoptr (MpPlan) plain = plan_of (&self, 1, outputs, TRUE);

    g_assert_cmpuint (count_contractions (plan), ==, 0);
    assert_same_values (&self, plan, plain, 1, 35 * 5);
  }
  close_pair (&self);
}

/* A square case: contractions have the shape of the matrix that they are made from. */
static void
test_square_operands (void)
{
  Fixture self;
  MpNode *kernel, *product, *outputs[2];

  open_pair (&self, &contracting_class, MP_FLOAT64, 6, 6, 6, 1);
  kernel = mp_exp (mp_mul_scalar (mp_sqdist (self.x, self.y), -0.125));
  product = mp_matmul (mp_add_scalar (kernel, 0.5), TRUE, self.x, FALSE);
  outputs[0] = mp_tanh (mp_mul (product, kernel));
  outputs[1] = mp_sum (kernel, MP_AXIS (1), TRUE);
  {
    g_autoptr (MpPlan) plan = plan_of (&self, 2, outputs, FALSE);
    g_autoptr (MpPlan) plain = plan_of (&self, 2, outputs, TRUE);

    g_assert_cmpuint (count_contractions (plan), ==, 1);
    assert_same_values (&self, plan, plain, 2, 36 * 6);
  }
  close_pair (&self);
}

/* Comparisons with constants are computed by their readers: copies of them too. */
static void
test_masked_kernel (void)
{
  Fixture self;
  MpNode *distance, *kernel, *loss, *outputs[3];

  open_pair (&self, &contracting_class, MP_FLOAT64, 13, 9, 2, 1);
  distance = mp_sqdist (self.x, self.y);
  kernel = mp_relu (mp_sub (mp_scalar (self.graph, 1.125), distance));
  loss = root_of (mp_mean (mp_mul (kernel, kernel), MP_ALL_AXES, FALSE));
  differentiate (&self, loss, outputs);
  {
    g_autoptr (MpPlan) plan = plan_of (&self, 3, outputs, FALSE);
    g_autoptr (MpPlan) plain = plan_of (&self, 3, outputs, TRUE);

    g_assert_cmpuint (count_contractions (plan), ==, 2);
    g_assert_cmpuint (count_matrices (plan, 13 * 9), ==, 0);
    assert_same_values (&self, plan, plain, 3, 13 * 9);
  }
  close_pair (&self);
}

static void
test_cpu_declines (void)
{
  Fixture self;
  MpNode *outputs[3];

  open_pair (&self, &mp_cpu_class, MP_FLOAT64, 13, 9, 3, 3);
  differentiate (&self, root_of (mmd2 (&self, MP_KERNEL_RBF)), outputs);
  {
    g_autoptr (MpPlan) plan = plan_of (&self, 3, outputs, FALSE);
    g_autoptr (MpPlan) plain = plan_of (&self, 3, outputs, TRUE);
    g_autofree char *listing = mp_plan_describe (plan);
    guint distances = 0;

    for (const char *at = listing; (at = strstr (at, "sqdist +")) != NULL; at++)
      distances++;
    g_assert_cmpuint (distances, ==, 3);
    g_assert_cmpuint (count_contractions (plan), ==, 0);
    /* Three kernel matrices, of three bandwidths each, and their gradients. */
    g_assert_cmpuint (count_matrices (plan, 81), ==, 3 * 4);
    assert_same_values (&self, plan, plain, 3, 13 * 13);
  }
  close_pair (&self);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strconcat ("/contract/mmd/", cases[i].name, NULL);

    g_test_add_data_func (path, &cases[i], test_mmd);
  }
  g_test_add_func ("/contract/many-bandwidths", test_many_bandwidths);
  g_test_add_func ("/contract/memory-of-large-pairs", test_memory_of_large_pairs);
  g_test_add_func ("/contract/distances-are-kept-where-they-cost-more", test_distances_are_kept_where_they_cost_more);
  g_test_add_func ("/contract/needed-matrices-stay", test_needed_matrices_stay);
  g_test_add_func ("/contract/operand-that-waits-for-the-unit", test_operand_that_waits_for_the_unit);
  g_test_add_func ("/contract/square-operands", test_square_operands);
  g_test_add_func ("/contract/masked-kernel", test_masked_kernel);
  g_test_add_func ("/contract/cpu-declines", test_cpu_declines);
  return g_test_run ();
}
