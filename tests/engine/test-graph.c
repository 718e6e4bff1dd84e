/* SPDX-License-Identifier: Apache-2.0
 *
 * test-graph.c: building graphs: shapes, names, remembered mistakes, folding, and the structure of gradients.
 * Values are checked by test-ops.c and test-plan.c.
 */
#include "engine/graph/graph.h"

#include <string.h>

static void
assert_mistake (MpGraph    *graph,
                const char *first,
                const char *second)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (mp_graph_check (graph, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_SHAPE);
  g_assert_nonnull (strstr (error->message, first));
  g_assert_nonnull (strstr (error->message, second));
}

static void
test_broadcast_shapes (void)
{
  g_autoptr (MpGraph) graph = mp_graph_new (MP_FLOAT32);
  MpNode *a = mp_input (graph, "a", mp_shape (graph, 4, 1, 3));
  MpNode *b = mp_input (graph, "b", mp_shape (graph, 5, 1));
  MpNode *sum = mp_add (a, b);

  g_assert_cmpint (sum->type.rank, ==, 3);
  g_assert_cmpint (sum->type.dim[0], ==, 4);
  g_assert_cmpint (sum->type.dim[1], ==, 5);
  g_assert_cmpint (sum->type.dim[2], ==, 3);
  g_assert_true (mp_graph_check (graph, NULL));
}

static void
test_mistakes_are_remembered (void)
{
  g_autoptr (MpGraph) graph = mp_graph_new (MP_FLOAT32);
  MpNode *a = mp_input (graph, "weights", mp_shape (graph, 4, 3));
  MpNode *b = mp_input (graph, "points", mp_shape (graph, 5, 2));

  g_assert_null (mp_matmul (a, FALSE, b, FALSE));
  /* Builders pass NULL on, and the first mistake stays. */
  g_assert_null (mp_relu (mp_add (mp_matmul (a, FALSE, b, FALSE), a)));
  g_assert_null (mp_add (a, b));
  assert_mistake (graph, "“weights” (float32 4×3)", "“points” (float32 5×2)");
}

static void
test_names_are_unique (void)
{
  g_autoptr (MpGraph) graph = mp_graph_new (MP_FLOAT32);
  MpInit zeros = { "zeros", 0 };

  g_assert_true (mp_input (graph, "x", mp_shape (graph, 2)) == mp_input (graph, "x", mp_shape (graph, 2)));
  g_assert_nonnull (mp_parameter (graph, "critic", "w", mp_shape (graph, 2), zeros));
  g_assert_nonnull (mp_parameter (graph, "generator", "w", mp_shape (graph, 2), zeros));
  g_assert_null (mp_parameter (graph, "critic", "w", mp_shape (graph, 2), zeros));
  assert_mistake (graph, "critic/w", "unique");
}

static void
test_folding (void)
{
  g_autoptr (MpGraph) graph = mp_graph_new (MP_FLOAT64);
  MpNode *x = mp_input (graph, "x", mp_shape (graph, 3));
  MpNode *folded;
  guint before;

  g_assert_true (mp_mul_scalar (x, 1) == x);
  g_assert_true (mp_add_scalar (x, 0) == x);
  g_assert_true (mp_neg (mp_neg (x)) == x);
  before = mp_graph_get_n_nodes (graph);
  folded = mp_exp (mp_mul (mp_scalar (graph, 2), mp_scalar (graph, 3)));
  g_assert_cmpint (folded->op, ==, MP_OP_CONSTANT);
  g_assert_cmpfloat_with_epsilon (folded->attrs.scalar[0], 403.4287934927351, 1e-12);
  g_assert_cmpuint (mp_graph_get_n_nodes (graph), ==, before + 4);
}

static void
test_matmul_takes_transposes (void)
{
  g_autoptr (MpGraph) graph = mp_graph_new (MP_FLOAT32);
  MpNode *a = mp_input (graph, "a", mp_shape (graph, 4, 3));
  MpNode *b = mp_input (graph, "b", mp_shape (graph, 4, 5));
  MpNode *y = mp_matmul (mp_transpose (a, (gint[]) { 1, 0 }), FALSE, b, FALSE);

  g_assert_true (y->inputs[0] == a);
  g_assert_cmpint (y->attrs.transpose_a, ==, 1);
  g_assert_cmpint (y->type.dim[0], ==, 3);
  g_assert_cmpint (y->type.dim[1], ==, 5);
}

static void
test_gradient_errors (void)
{
  g_autoptr (MpGraph) graph = mp_graph_new (MP_FLOAT32);
  g_autoptr (GError) error = NULL;
  MpNode *x = mp_named (mp_square (mp_input (graph, "x", mp_shape (graph, 3))), "squares");
  MpNode *gradient;

  g_assert_false (mp_gradients (graph, x, 1, &x, &gradient, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_GRADIENT);
  g_assert_nonnull (strstr (error->message, "“squares” (float32 3)"));
}

static void
test_independent_gradient_is_zero (void)
{
  g_autoptr (MpGraph) graph = mp_graph_new (MP_FLOAT32);
  g_autoptr (GError) error = NULL;
  MpNode *x = mp_input (graph, "x", mp_shape (graph, 3));
  MpNode *y = mp_input (graph, "y", mp_shape (graph, 2));
  MpNode *gradients[2];

  g_assert_true (mp_gradients (graph, mp_sum (mp_square (x), MP_ALL_AXES, FALSE), 2, (MpNode *[]) { x, y }, gradients,
                               &error));
  g_assert_no_error (error);
  g_assert_cmpint (gradients[1]->op, ==, MP_OP_CONSTANT);
  g_assert_cmpfloat (gradients[1]->attrs.scalar[0], ==, 0);
  g_assert_cmpint (gradients[0]->op, !=, MP_OP_CONSTANT);
}

static void
test_stream_ids_differ (void)
{
  g_assert_cmpuint (mp_stream_id ("latent"), ==, mp_stream_id ("latent"));
  g_assert_cmpuint (mp_stream_id ("latent"), !=, mp_stream_id ("latent/generator"));
}

/* y = (w·x + w)², asked at w + x: what depends on w is there once more, x·x is shared. */
static void
test_substitute (void)
{
  g_autoptr (MpGraph) graph = mp_graph_new (MP_FLOAT32);
  MpNode *x = mp_input (graph, "x", mp_shape (graph, 3));
  MpNode *w = mp_parameter (graph, "net", "w", mp_shape (graph, 3), (MpInit) { "zeros", 0 });
  MpNode *apart = mp_mul (x, x);
  MpNode *y = mp_add (mp_square (mp_add (mp_mul (w, x), w)), apart);
  MpNode *moved = mp_add (w, x);
  MpNode *there = mp_substitute (y, 1, &w, &moved);

  g_assert_true (mp_graph_check (graph, NULL));
  g_assert_true (there != y && there->op == y->op && there->inputs[1] == apart);
  g_assert_true (there->inputs[0]->inputs[0]->inputs[1] == moved);
  g_assert_true (there->inputs[0]->inputs[0]->inputs[0]->inputs[0] == moved);
  g_assert_true (mp_substitute (apart, 1, &w, &moved) == apart);
  g_assert_null (mp_substitute (y, 1, &w, &(MpNode *) { mp_input (graph, "z", mp_shape (graph, 4)) }));
  assert_mistake (graph, "“z” (float32 4)", "“net/w” (float32 3)");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/graph/broadcast-shapes", test_broadcast_shapes);
  g_test_add_func ("/graph/mistakes-are-remembered", test_mistakes_are_remembered);
  g_test_add_func ("/graph/names-are-unique", test_names_are_unique);
  g_test_add_func ("/graph/folding", test_folding);
  g_test_add_func ("/graph/matmul-takes-transposes", test_matmul_takes_transposes);
  g_test_add_func ("/graph/gradient-errors", test_gradient_errors);
  g_test_add_func ("/graph/independent-gradient-is-zero", test_independent_gradient_is_zero);
  g_test_add_func ("/graph/stream-ids-differ", test_stream_ids_differ);
  g_test_add_func ("/graph/substitute", test_substitute);
  return g_test_run ();
}
