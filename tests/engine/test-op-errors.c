/* SPDX-License-Identifier: Apache-2.0
 *
 * test-op-errors.c: every builder refuses operands that do not fit, with MP_ERROR_SHAPE, naming operand and shape; and
 * passes a NULL operand through without a mistake of its own.
 *
 * The operands are inputs named for their shape: "m34" is float32 3×4, "v5" float32 5, "t234" float32 2×3×4, "i3"
 * int32 3, "x2553" 2×5×5×3, "s" a scalar.
 */
#include <string.h>

#include "engine/graph/graph.h"

static MpNode *
tensor (MpGraph    *graph,
        const char *name)
{
  gint64 dim[MP_MAX_RANK] = { 0 };
  gint rank = 0;
  MpDtype dtype = name[0] == 'i' ? MP_INT32 : MP_FLOAT32;

  for (const char *c = name + 1; *c != '\0'; c++)
    dim[rank++] = *c - '0';
  return mp_input (graph, name, mp_type (dtype, rank, dim));
}

#define T(name) tensor (graph, name)

/* ---- wrong calls: name, the call, what the message must contain ---- */

#define WRONG(id, call) static MpNode *wrong_##id (MpGraph *graph) { return call; }

static const MpConvGeometry unit_conv = { { 1, 1 }, { 0, 0 }, { 0, 0 } };
static const MpConvGeometry no_stride = { { 0, 1 }, { 0, 0 }, { 0, 0 } };
static const MpPoolGeometry wide_pool = { { 9, 9 }, { 1, 1 }, { 0, 0 }, { 0, 0 } };
static const MpPoolGeometry no_stride_pool = { { 2, 2 }, { 0, 1 }, { 0, 0 }, { 0, 0 } };
static const gint twice[] = { 0, 0 };
static const gint64 one_two[] = { 1, 2 };
static const gint64 far_stop[] = { 2, 9 };
static const gint64 negative[] = { -1, 0 };

static MpNode *
concat (MpNode *a,
        MpNode *b,
        gint    axis)
{
  MpNode *both[] = { a, b };

  return mp_concat (axis, 2, both);
}

static MpNode *
sum_to_shape (MpNode       *x,
              MpTensorType  type)
{
  return mp_sum_to (x, &type);
}

WRONG (add, mp_add (T ("m34"), T ("v5")))
WRONG (sub, mp_sub (T ("m34"), T ("m43")))
WRONG (mul, mp_mul (T ("t234"), T ("m24")))
WRONG (div, mp_div (T ("m34"), T ("v3")))
WRONG (pow, mp_pow (T ("m34"), T ("m33")))
WRONG (minimum, mp_minimum (T ("m34"), T ("v3")))
WRONG (maximum, mp_maximum (T ("m34"), T ("v3")))
WRONG (compare, mp_compare (MP_OP_LT, T ("m34"), T ("v3")))
WRONG (select, mp_select (T ("m34"), T ("v4"), T ("v3")))
WRONG (dtypes, mp_add (T ("v3"), T ("i3")))
WRONG (sum, mp_sum (T ("m34"), MP_AXIS (2), FALSE))
WRONG (mean, mp_mean (T ("m34"), MP_AXIS (5), TRUE))
WRONG (max, mp_max (T ("v5"), MP_AXIS (1), FALSE))
WRONG (min, mp_min (T ("v5"), MP_AXIS (1), FALSE))
WRONG (log_sum_exp, mp_log_sum_exp (T ("m34"), MP_AXIS (2), FALSE))
WRONG (softmax, mp_softmax (T ("m34"), MP_AXIS (2)))
WRONG (normalize, mp_normalize (T ("m34"), MP_AXIS (2), 1e-5))
WRONG (broadcast, mp_broadcast (T ("m34"), mp_shape (graph, (gint64) 3, (gint64) 5, (gint64) -1)))
WRONG (broadcast_down, mp_broadcast (T ("m34"), mp_shape (graph, (gint64) 4, (gint64) -1)))
WRONG (reshape, mp_reshape (T ("m34"), mp_shape (graph, (gint64) 5, (gint64) -1)))
WRONG (flatten, mp_flatten (T ("s")))
WRONG (transpose, mp_transpose (T ("m34"), twice))
WRONG (slice, mp_slice (T ("m34"), one_two, far_stop))
WRONG (slice_backwards, mp_slice_axis (T ("m34"), 1, 3, 2))
WRONG (slice_axis, mp_slice_axis (T ("m34"), 2, 0, 1))
WRONG (pad, mp_pad (T ("m34"), negative, one_two))
WRONG (concat, concat (T ("m34"), T ("m55"), 0))
WRONG (concat_axis, concat (T ("m34"), T ("m34"), 2))
WRONG (concat_rank, concat (T ("m34"), T ("v4"), 0))
WRONG (gather, mp_gather (T ("m34"), T ("v5")))
WRONG (gather_rank, mp_gather (T ("m34"), T ("i33")))
WRONG (scatter_add, mp_scatter_add (T ("m34"), T ("i5"), 7))
WRONG (band, mp_band (T ("v5"), 0, 0))
WRONG (sum_to, sum_to_shape (T ("m34"), mp_shape (graph, (gint64) 5, (gint64) -1)))
WRONG (matmul, mp_matmul (T ("m34"), FALSE, T ("m34"), FALSE))
WRONG (matmul_transposed, mp_matmul (T ("m34"), TRUE, T ("m54"), TRUE))
WRONG (matmul_batch, mp_matmul (T ("t234"), FALSE, T ("t345"), FALSE))
WRONG (matmul_vector, mp_matmul (T ("m34"), FALSE, T ("v4"), FALSE))
WRONG (matmul_integers, mp_matmul (T ("i34"), FALSE, T ("i43"), FALSE))
WRONG (sqdist, mp_sqdist (T ("m34"), T ("m35")))
WRONG (sqdist_rank, mp_sqdist (T ("m34"), T ("v4")))
WRONG (gram, mp_gram (T ("m34"), T ("m35"), MP_KERNEL_RBF, T ("v5")))
WRONG (gram_parameter, mp_gram (T ("m34"), T ("m54"), MP_KERNEL_RBF, T ("m22")))
WRONG (gram_of_sqdist, mp_gram_of_sqdist (T ("m34"), MP_KERNEL_RBF, T ("m22")))
WRONG (conv, mp_conv (T ("x2553"), T ("w4332"), &unit_conv))
WRONG (conv_kernel, mp_conv (T ("x2553"), T ("w4773"), &unit_conv))
WRONG (conv_stride, mp_conv (T ("x2553"), T ("w4333"), &no_stride))
WRONG (conv_rank, mp_conv (T ("t234"), T ("w4333"), &unit_conv))
WRONG (conv_data, mp_conv_data (T ("d2334"), T ("w4333"), &unit_conv, 8, 8))
WRONG (conv_weight, mp_conv_weight (T ("x2553"), T ("d2334"), &unit_conv, 2, 2))
WRONG (max_pool, mp_max_pool (T ("x2553"), &wide_pool))
WRONG (max_pool_rank, mp_max_pool (T ("m34"), &wide_pool))
WRONG (avg_pool, mp_avg_pool (T ("x2553"), &no_stride_pool))
WRONG (cholesky, mp_cholesky (T ("m34")))
WRONG (cholesky_rank, mp_cholesky (T ("v5")))
WRONG (triangular_solve, mp_triangular_solve (T ("m33"), FALSE, T ("m43")))
WRONG (triangular_solve_square, mp_triangular_solve (T ("m34"), FALSE, T ("m34")))
WRONG (pd_solve, mp_pd_solve (T ("m33"), T ("m43")))
WRONG (pd_solve_vector, mp_pd_solve (T ("m33"), T ("v3")))
WRONG (assign, mp_assign (mp_state (graph, "m34", T ("n34")->type, (MpInit) { "zeros", 0 }), T ("v5")))
WRONG (assign_target, mp_assign (T ("m34"), T ("n34")))
WRONG (input_twice, (T ("m34"), mp_input (graph, "m34", T ("v5")->type)))
WRONG (categorical, mp_random_categorical (graph, "v5", T ("v5")->type, 3))

static const struct
{
  const char *name;
  MpNode   *(*call) (MpGraph *graph);
  const char *contains[4];
} wrong[] = {
#define ROW(id, ...) { #id, wrong_##id, { __VA_ARGS__ } }
  ROW (add, "m34", "3×4", "v5", "5"),
  ROW (sub, "m34", "3×4", "m43", "4×3"),
  ROW (mul, "t234", "2×3×4", "m24", "2×4"),
  ROW (div, "m34", "3×4", "v3", "3"),
  ROW (pow, "m34", "3×4", "m33", "3×3"),
  ROW (minimum, "m34", "3×4", "v3"),
  ROW (maximum, "m34", "3×4", "v3"),
  ROW (compare, "m34", "3×4", "v3"),
  ROW (select, "v4", "v3"),
  ROW (dtypes, "v3", "float32", "i3", "int32"),
  ROW (sum, "m34", "3×4"),
  ROW (mean, "m34", "3×4"),
  ROW (max, "v5"),
  ROW (min, "v5"),
  ROW (log_sum_exp, "m34", "3×4"),
  ROW (softmax, "m34", "3×4"),
  ROW (normalize, "m34", "3×4"),
  ROW (broadcast, "m34", "3×4", "3×5"),
  ROW (broadcast_down, "m34", "3×4"),
  ROW (reshape, "m34", "3×4", "5"),
  ROW (flatten, "“s”"),
  ROW (transpose, "m34", "3×4"),
  ROW (slice, "m34", "3×4", "9"),
  ROW (slice_backwards, "m34", "3×4"),
  ROW (slice_axis, "m34", "3×4"),
  ROW (pad, "m34", "3×4"),
  ROW (concat, "m34", "3×4", "m55", "5×5"),
  ROW (concat_axis, "m34", "3×4"),
  ROW (concat_rank, "m34", "3×4", "v4"),
  ROW (gather, "m34", "v5", "int32"),
  ROW (gather_rank, "m34", "i33", "3×3"),
  ROW (scatter_add, "m34", "3×4", "i5"),
  ROW (band, "v5"),
  ROW (sum_to, "m34", "3×4"),
  ROW (matmul, "m34", "3×4"),
  ROW (matmul_transposed, "m34", "3×4", "m54", "5×4"),
  ROW (matmul_batch, "t234", "2×3×4", "t345", "3×4×5"),
  ROW (matmul_vector, "m34", "3×4", "v4"),
  ROW (matmul_integers, "i34", "int32"),
  ROW (sqdist, "m34", "3×4", "m35", "3×5"),
  ROW (sqdist_rank, "m34", "3×4", "v4"),
  ROW (gram, "m34", "3×4", "m35", "3×5"),
  ROW (gram_parameter, "m22", "2×2"),
  ROW (gram_of_sqdist, "m22", "2×2"),
  ROW (conv, "x2553", "2×5×5×3", "w4332", "4×3×3×2"),
  ROW (conv_kernel, "x2553", "2×5×5×3", "w4773", "4×7×7×3"),
  ROW (conv_stride, "x2553"),
  ROW (conv_rank, "t234", "2×3×4"),
  ROW (conv_data, "d2334", "2×3×3×4"),
  ROW (conv_weight, "x2553", "2×5×5×3"),
  ROW (max_pool, "x2553", "2×5×5×3"),
  ROW (max_pool_rank, "m34", "3×4"),
  ROW (avg_pool, "x2553"),
  ROW (cholesky, "m34", "3×4"),
  ROW (cholesky_rank, "v5"),
  ROW (triangular_solve, "m33", "3×3", "m43", "4×3"),
  ROW (triangular_solve_square, "m34", "3×4"),
  ROW (pd_solve, "m33", "3×3", "m43", "4×3"),
  ROW (pd_solve_vector, "m33", "3×3", "v3"),
  ROW (assign, "m34", "3×4", "v5"),
  ROW (assign_target, "m34"),
  ROW (input_twice, "m34", "3×4", "5"),
  ROW (categorical, "v5", "float32"),
#undef ROW
};

static void
test_wrong (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  g_autoptr (MpGraph) graph = mp_graph_new (MP_FLOAT32);
  g_autoptr (GError) error = NULL;

  g_assert_null (wrong[row].call (graph));
  g_assert_false (mp_graph_check (graph, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_SHAPE);
  g_test_message ("%s", error->message);
  for (guint i = 0; i < G_N_ELEMENTS (wrong[row].contains) && wrong[row].contains[i] != NULL; i++)
    if (strstr (error->message, wrong[row].contains[i]) == NULL)
      g_test_fail_printf ("the message lacks “%s”: %s", wrong[row].contains[i], error->message);
}

/* The first mistake is the one that is told, and what follows from it stays quiet. */
static void
test_first_mistake (void)
{
  g_autoptr (MpGraph) graph = mp_graph_new (MP_FLOAT32);
  g_autoptr (GError) error = NULL;
  MpNode *broken = mp_add (T ("m34"), T ("v5"));

  g_assert_null (mp_relu (broken));
  g_assert_null (mp_mul (broken, T ("v4")));
  g_assert_null (mp_sum (broken, MP_AXIS (0), FALSE));
  g_assert_null (mp_matmul (T ("m34"), FALSE, broken, FALSE));
  g_assert_null (mp_gram (broken, broken, MP_KERNEL_RBF, T ("v5")));
  g_assert_null (mp_named (broken, "nothing"));
  g_assert_null (mp_matmul (T ("m34"), FALSE, T ("m34"), FALSE));
  g_assert_false (mp_graph_check (graph, &error));
  g_assert_nonnull (strstr (error->message, "v5"));
  g_assert_null (strstr (error->message, "matmul"));
}

static void
test_no_mistake (void)
{
  g_autoptr (MpGraph) graph = mp_graph_new (MP_FLOAT32);
  g_autoptr (GError) error = NULL;
  MpNode *sum = mp_add (T ("m34"), T ("v4"));

  g_assert_nonnull (sum);
  g_assert_true (mp_graph_check (graph, &error));
  g_assert_no_error (error);
  /* The same input name gives the same node. */
  g_assert_true (T ("m34") == T ("m34"));
}

/* Gradients exist of scalars only. */
static void
test_gradient_of_matrix (void)
{
  g_autoptr (MpGraph) graph = mp_graph_new (MP_FLOAT32);
  g_autoptr (GError) error = NULL;
  MpNode *x = T ("m34");
  MpNode *gradient;

  g_assert_false (mp_gradients (graph, mp_square (x), 1, &x, &gradient, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_GRADIENT);
  g_assert_nonnull (strstr (error->message, "3×4"));
}

static void
test_gradient_of_nothing (void)
{
  g_autoptr (MpGraph) graph = mp_graph_new (MP_FLOAT32);
  g_autoptr (GError) error = NULL;
  MpNode *wrt[] = { T ("m34"), T ("v5") };
  MpNode *gradients[2];

  /* Where the loss does not depend on an operand, the gradient is a constant zero of its shape. */
  g_assert_true (mp_gradients (graph, mp_sum (wrt[0], MP_ALL_AXES, FALSE), 2, wrt, gradients, &error));
  g_assert_no_error (error);
  g_assert_true (mp_tensor_equal (&gradients[1]->type, &wrt[1]->type));
  g_assert_cmpint (gradients[1]->op, ==, MP_OP_CONSTANT);
  g_assert_cmpfloat (gradients[1]->attrs.scalar[0], ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autofree char *path = g_strdup_printf ("/op-errors/%s", wrong[i].name);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_wrong);
  }
  g_test_add_func ("/op-errors/first-mistake", test_first_mistake);
  g_test_add_func ("/op-errors/no-mistake", test_no_mistake);
  g_test_add_func ("/op-errors/gradient-of-matrix", test_gradient_of_matrix);
  g_test_add_func ("/op-errors/gradient-of-nothing", test_gradient_of_nothing);
  return g_test_run ();
}
