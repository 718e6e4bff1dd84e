/* SPDX-License-Identifier: Apache-2.0
 *
 * test-plan-random.c: random graphs give the same values however they are planned: fused in one arena, or one kernel
 * per node; with all values asked for or only the last; twice in a row. Half of the graphs also hold first and second
 * gradients; even ones are float64, odd ones float32. The second half runs on a back end that contracts. The seed of a
 * graph that fails is its number.
 *
 * Steps keep values of size one (a saturating function follows whatever can grow), so that reordered sums differ by
 * rounding only. Nothing jumps: comparisons are with constants that no value meets, gradients stop at maxima.
 */
#include <math.h>

#include "engine/graph/plan.h"
#include "tests/engine/contracting.h"
#include "tests/engine/golden.h"
#include "tests/test-device.h"

#define N_GRAPHS 600
#define N_INPUTS 3
#define N_STEPS 24
#define MAX_VALUES (N_INPUTS + N_STEPS)
#define MAX_COUNT 400

typedef struct
{
  GRand   *rand;
  MpGraph *graph;
  MpNode  *input[N_INPUTS];
  guint    n;
  MpNode  *value[MAX_VALUES];
} Random;

static gint
pick (Random *self,
      gint    n)
{
  return g_rand_int_range (self->rand, 0, n);
}

static MpNode *
any (Random *self)
{
  return self->value[pick (self, self->n)];
}

static MpTensorType
random_type (Random *self)
{
  gint64 dim[3];
  gint rank = pick (self, 4);

  for (gint i = 0; i < rank; i++)
    dim[i] = 1 + pick (self, 5);
  return mp_type (mp_graph_get_dtype (self->graph), rank, dim);
}

/* ---- steps: each returns a value of size one ---- */

static MpNode *
step_unary (Random *self,
            MpNode *x)
{
  static MpNode *(*const functions[]) (MpNode *) = {
    mp_neg, mp_tanh, mp_sigmoid, mp_relu, mp_stop_gradient,
  };

  switch (pick (self, 9)) {
  case 0:
    return mp_tanh (mp_exp (x));
  case 1:
    return mp_leaky_relu (x, 0.2);
  case 2:
    return mp_elu (mp_add_scalar (x, 0.3), 0.75);
  case 3:
    return mp_tanh (mp_softplus (mp_mul_scalar (x, 1.5)));
  case 4:
    return mp_rsqrt (mp_add_scalar (mp_square (x), 1));
  default:
    return functions[pick (self, G_N_ELEMENTS (functions))] (x);
  }
}

/* An operand that broadcasts with x: x's own axes, some of size 1, or fewer of them. */
static MpNode *
partner (Random *self,
         MpNode *x)
{
  MpNode *y = mp_tanh (mp_add_scalar (x, 0.25));
  gint mask = pick (self, 1 << x->type.rank);

  for (guint tries = 0; tries < 4; tries++) {
    MpNode *other = any (self);

    if (mp_tensor_equal (&other->type, &x->type))
      return other;
  }
  return mask == 0 ? y : mp_mean (y, mask, pick (self, 2) == 0 || mask != MP_AXIS (0));
}

static MpNode *
step_binary (Random *self,
             MpNode *x)
{
  MpNode *y = partner (self, x);

  switch (pick (self, 6)) {
  case 0:
    return mp_tanh (mp_add (x, y));
  case 1:
    return mp_tanh (mp_sub (y, x));
  case 2:
    return mp_mul (x, y);
  case 3:
    return mp_div (x, mp_add_scalar (mp_square (y), 1));
  case 4:
    return mp_select (mp_compare (MP_OP_GT, y, mp_scalar (self->graph, 0.123456789)), x, mp_mul_scalar (y, -0.5));
  default:
    return mp_stop_gradient (pick (self, 2) ? mp_maximum (x, y) : mp_minimum (x, y));
  }
}

static MpNode *
step_reduction (Random *self,
                MpNode *x)
{
  gint axes = x->type.rank == 0 ? MP_ALL_AXES : 1 + pick (self, (1 << x->type.rank) - 1);
  gboolean keep = pick (self, 2);

  if (x->type.rank == 0)
    return mp_mul_scalar (x, 0.5);
  switch (pick (self, 7)) {
  case 0:
    return mp_tanh (mp_sum (x, axes, keep));
  case 1:
    return mp_mean (mp_square (x), axes, keep);
  case 2:
    return mp_stop_gradient (mp_max (x, axes, keep));
  case 3:
    return mp_tanh (mp_log_sum_exp (x, axes, keep));
  case 4:
    return mp_softmax (x, axes);
  case 5:
    return mp_tanh (mp_normalize (x, axes, 0.1));
  default:
    return mp_sub (x, mp_mean (x, axes, TRUE));
  }
}

static MpNode *
step_shape (Random *self,
            MpNode *x)
{
  gint rank = x->type.rank;
  gint axis = rank == 0 ? 0 : pick (self, rank);
  gint perm[MP_MAX_RANK];
  gint64 before[MP_MAX_RANK] = { 0 }, after[MP_MAX_RANK] = { 0 };

  if (rank == 0)
    return mp_broadcast (x, random_type (self));
  switch (pick (self, 5)) {
  case 0:
    for (gint i = 0; i < rank; i++)
      perm[i] = (i + 1) % rank;
    return mp_transpose (x, perm);
  case 1:
    return mp_slice_axis (x, axis, x->type.dim[axis] / 2, x->type.dim[axis]);
  case 2:
    before[axis] = pick (self, 2);
    after[axis] = pick (self, 3);
    return mp_pad (x, before, after);
  case 3: {
    MpNode *both[] = { x, mp_neg (x) };

    return mp_concat (axis, 2, both);
  }
  default:
    return mp_flatten (x);
  }
}

static MpNode *
step_product (Random *self,
              MpNode *x)
{
  MpNode *y;

  if (x->type.rank < 2)
    return mp_tanh (mp_mul_scalar (x, 2));
  y = mp_tanh (mp_add_scalar (x, 0.5));
  if (x->type.rank == 2 && pick (self, 3) == 0)
    return mp_exp (mp_mul_scalar (mp_sqdist (x, y), -0.5));
  return mp_tanh (pick (self, 2) ? mp_matmul (x, FALSE, y, TRUE) : mp_matmul (x, TRUE, y, FALSE));
}

static MpNode *
random_step (Random *self)
{
  MpNode *x = any (self);

  switch (pick (self, 10)) {
  case 0: case 1: case 2:
    return step_unary (self, x);
  case 3: case 4: case 5:
    return step_binary (self, x);
  case 6: case 7:
    return step_reduction (self, x);
  case 8:
    return step_shape (self, x);
  default:
    return step_product (self, x);
  }
}

/* Gradients of the sum of everything, and of their squares, become values too. */
static void
add_gradients (Random    *self,
               GPtrArray *outputs)
{
  g_autoptr (GError) error = NULL;
  MpNode *loss = mp_scalar (self->graph, 0);

  for (guint i = N_INPUTS; i < self->n; i++)
    loss = mp_add (loss, mp_mean (self->value[i], MP_ALL_AXES, FALSE));
  for (guint order = 0; order < 2; order++) {
    MpNode *gradient[N_INPUTS];

    mp_gradients (self->graph, loss, N_INPUTS, self->input, gradient, &error);
    g_assert_no_error (error);
    loss = mp_scalar (self->graph, 0);
    for (guint i = 0; i < N_INPUTS; i++) {
      g_ptr_array_add (outputs, gradient[i]);
      loss = mp_add (loss, mp_sum (mp_square (gradient[i]), MP_ALL_AXES, FALSE));
    }
  }
}

static GPtrArray *
build (Random *self)
{
  GPtrArray *outputs = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < N_INPUTS; i++) {
    g_autofree char *name = g_strdup_printf ("x%u", i);

    self->input[i] = self->value[self->n++] = mp_input (self->graph, name, random_type (self));
  }
  for (guint i = 0; i < N_STEPS; i++) {
    MpNode *value = random_step (self);

    mp_graph_check (self->graph, &error);
    g_assert_no_error (error);
    if (mp_tensor_count (&value->type) <= MAX_COUNT)
      self->value[self->n++] = value;
  }
  for (guint i = N_INPUTS; i < self->n; i++)
    if (i + 1 == self->n || pick (self, 3) == 0)
      g_ptr_array_add (outputs, self->value[i]);
  if (pick (self, 2) == 0)
    add_gradients (self, outputs);
  return outputs;
}

/* ---- running ---- */

static void
write_inputs (Random  *self,
              MpStore *store)
{
  for (guint i = 0; i < N_INPUTS; i++) {
    gsize n = mp_tensor_count (&self->input[i]->type);
    g_autofree double *values = g_new0 (double, n + 1);
    g_autoptr (GError) error = NULL;

    for (gsize k = 0; k < n; k++)
      values[k] = g_rand_double_range (self->rand, -1.5, 1.5);
    mp_store_write_doubles (store, self->input[i], values, &error);
    g_assert_no_error (error);
  }
}

static MpPlan *
make_plan (MpStore       *store,
           guint          n_outputs,
           MpNode *const *outputs,
           gboolean       no_fusion)
{
  MpPlanSpec spec = { .name = "random", .n_outputs = n_outputs, .outputs = outputs, .no_fusion = no_fusion };
  g_autoptr (GError) error = NULL;
  MpPlan *plan = mp_plan_new (store, &spec, &error);

  g_assert_no_error (error);
  return plan;
}

static void
run (MpPlan *plan)
{
  MpRunContext context = { 0 };
  g_autoptr (GError) error = NULL;

  mp_plan_run (plan, &context, &error);
  g_assert_no_error (error);
}

static double *
read_output (MpPlan       *plan,
             guint         i,
             const MpNode *node)
{
  gsize n = mp_tensor_count (&node->type);
  g_autofree double *buffer = g_new0 (double, n + 1);
  double *values = g_new0 (double, n + 1);
  g_autoptr (GError) error = NULL;

  mp_plan_read (plan, i, buffer, &error);
  g_assert_no_error (error);
  golden_to_doubles (node->type.dtype, buffer, n, values);
  return values;
}

static void
compare (MpPlan       *plan,
         guint         i,
         const MpNode *node,
         const double *expected,
         const char   *what)
{
  gsize n = mp_tensor_count (&node->type);
  g_autofree double *found = read_output (plan, i, node);
  /* Some hundred terms and steps, each with a rounding error of one unit. */
  double unit = node->type.dtype == MP_FLOAT64 ? 0x1p-52 : 0x1p-23;
  double tolerance = 4096 * unit * fmax (1, golden_max_abs (expected, n));

  if (!golden_compare (what, found, expected, n, tolerance)) {
    g_autofree char *text = mp_plan_describe (plan);

    g_test_message ("%s", text);
  }
}

/* The CPU, of whose graphs the second half have contractions, which it borrows; or another device as it is. */
static const MpDeviceClass *
open_device (guint      seed,
             MpDevice **device)
{
  const MpDeviceClass *class = test_device_class ();

  if (!test_device_is_cpu ())
    g_assert_cmpint (class->open (0, NULL, device), ==, MP_OK);
  else {
    *device = contracting_open ();
    class = seed > N_GRAPHS / 2 ? &contracting_class : class;
  }
  return class;
}

static void
test_graph (gconstpointer data)
{
  guint seed = GPOINTER_TO_UINT (data);
  Random self = { .rand = g_rand_new_with_seed (seed), .graph = mp_graph_new (seed % 2 ? MP_FLOAT32 : MP_FLOAT64) };
  g_autoptr (GPtrArray) outputs = build (&self);
  MpNode *const *nodes = (MpNode *const *) outputs->pdata;
  guint last = outputs->len - 1;
  MpDevice *device;
  const MpDeviceClass *class = open_device (seed, &device);
  MpStore *store = mp_store_new (self.graph, class, device);
  MpPlan *plain = make_plan (store, outputs->len, nodes, TRUE);
  MpPlan *fused = make_plan (store, outputs->len, nodes, FALSE);
  MpPlan *alone = make_plan (store, 1, nodes + last, FALSE);

  for (guint round = 0; round < 2; round++) {
    write_inputs (&self, store);
    run (plain);
    run (fused);
    run (alone);
    for (guint i = 0; i < outputs->len; i++) {
      g_autofree double *expected = read_output (plain, i, nodes[i]);
      g_autofree char *what = g_strdup_printf ("output %u, %s #%u", i, mp_op_name (nodes[i]->op), nodes[i]->id);

      compare (fused, i, nodes[i], expected, what);
      if (i == last)
        compare (alone, 0, nodes[i], expected, "the last output alone");
    }
  }
  mp_plan_free (alone);
  mp_plan_free (fused);
  mp_plan_free (plain);
  mp_store_free (store);
  mp_graph_free (self.graph);
  class->close (device);
  g_rand_free (self.rand);
}

/* Comes after the graphs. */
static void
test_contractions_occurred (void)
{
  g_assert_cmpuint (contracting_count (), >, 40);
}

int
main (int    argc,
      char **argv)
{
  if (test_device_skips ())
    return 0;
  g_test_init (&argc, &argv, NULL);

  /* A device that compiles its programs takes longer for each. */
  for (guint i = 1; i <= N_GRAPHS; i += test_device_is_cpu () ? 1 : 10) {
    g_autofree char *path = g_strdup_printf ("/plan-random/%u", i);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_graph);
  }
  if (test_device_is_cpu ())
    g_test_add_func ("/plan-random/contractions-occurred", test_contractions_occurred);
  return g_test_run ();
}
