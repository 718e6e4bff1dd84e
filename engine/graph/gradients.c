/* SPDX-License-Identifier: Apache-2.0
 *
 * gradients.c: reverse-mode differentiation as a graph transformation, and the rules of elementwise operations and
 * reductions.
 *
 * Nodes are visited from the loss down by falling id, which is a reverse topological order, and only where they
 * depend on what is differentiated. Every rule appends ops, so the result is a graph like any other.
 * Rules prefer the node's own value over its operand (relu' = [y > 0], tanh' = 1 − y²): then the operand need not be
 * kept for the backward pass.
 */
#include "engine/graph/graph-private.h"

#include <math.h>
#include <string.h>

static MpNode *
scalar_of (MpNode *like,
           double  value)
{
  return mp_full (like->graph, mp_type (like->type.dtype, 0, NULL), value);
}

static MpNode *
compare_to (MpOp    op,
            MpNode *x,
            double  value)
{
  return mp_compare (op, x, scalar_of (x, value));
}

static void
unary_rule (MpNode         *node,
            MpNode         *dy,
            const gboolean *wanted,
            MpNode        **out)
{
  MpNode *x = node->inputs[0], *y = node;
  double p = node->attrs.scalar[0];

  switch ((int) node->op) {
  case MP_OP_NEG: out[0] = mp_neg (dy); break;
  case MP_OP_EXP: out[0] = mp_mul (dy, y); break;
  case MP_OP_LOG: out[0] = mp_div (dy, x); break;
  case MP_OP_LOG1P: out[0] = mp_div (dy, mp_add_scalar (x, 1)); break;
  case MP_OP_EXPM1: out[0] = mp_mul (dy, mp_add_scalar (y, 1)); break;
  case MP_OP_SQRT: out[0] = mp_div (mp_mul_scalar (dy, 0.5), y); break;
  case MP_OP_RSQRT: out[0] = mp_mul (mp_mul_scalar (dy, -0.5), mp_mul (y, mp_square (y))); break;
  case MP_OP_SQUARE: out[0] = mp_mul (mp_mul_scalar (dy, 2), x); break;
  case MP_OP_ABS: out[0] = mp_mul (dy, mp_sign (x)); break;
  case MP_OP_TANH: out[0] = mp_mul (dy, mp_sub (scalar_of (y, 1), mp_square (y))); break;
  case MP_OP_SIGMOID: out[0] = mp_mul (dy, mp_mul (y, mp_sub (scalar_of (y, 1), y))); break;
  case MP_OP_SOFTPLUS: out[0] = mp_mul (dy, mp_sigmoid (x)); break;
  case MP_OP_RELU: out[0] = mp_mul (dy, compare_to (MP_OP_GT, y, 0)); break;
  case MP_OP_LEAKY_RELU: /* y has x's sign, and a comparison need not be stored as a matrix of slopes would */
    out[0] = mp_select (compare_to (MP_OP_GT, p < 0 ? x : y, 0), dy, mp_mul_scalar (dy, p));
    break;
  case MP_OP_ELU:
    out[0] = mp_mul (dy, mp_select (compare_to (MP_OP_GT, x, 0), scalar_of (x, 1), mp_add_scalar (y, p)));
    break;
  case MP_OP_CLAMP:
    out[0] = mp_mul (dy, mp_mul (compare_to (MP_OP_GE, x, p), compare_to (MP_OP_LE, x, node->attrs.scalar[1])));
    break;
  case MP_OP_CAST: out[0] = mp_cast (dy, x->type.dtype); break;
  default: break; /* SIGN, STOP_GRADIENT and comparisons: zero */
  }
}

/* minimum and maximum share the gradient evenly where the operands are equal. */
static void
extremum_rule (MpNode         *node,
               MpNode         *dy,
               const gboolean *wanted,
               MpNode        **out)
{
  MpNode *a = node->inputs[0], *b = node->inputs[1];
  MpOp better = node->op == MP_OP_MAXIMUM ? MP_OP_GT : MP_OP_LT;
  MpNode *tie = mp_mul_scalar (mp_compare (MP_OP_EQ, a, b), 0.5);

  if (wanted[0])
    out[0] = mp_mul (dy, mp_add (mp_compare (better, a, b), tie));
  if (wanted[1])
    out[1] = mp_mul (dy, mp_add (mp_compare (better, b, a), tie));
}

static void
pow_rule (MpNode         *node,
          MpNode         *dy,
          const gboolean *wanted,
          MpNode        **out)
{
  MpNode *a = node->inputs[0], *b = node->inputs[1];

  if (wanted[0])
    out[0] = mp_mul (dy, mp_mul (b, mp_pow (a, mp_add_scalar (b, -1))));
  if (wanted[1]) {
    /* 0^b does not move with b > 0, though log 0 is −∞. */
    MpNode *zero = compare_to (MP_OP_EQ, a, 0);
    MpNode *log = mp_log (mp_select (zero, scalar_of (a, 1), a));

    out[1] = mp_mul (dy, mp_mul (node, log));
  }
}

static void
binary_rule (MpNode         *node,
             MpNode         *dy,
             const gboolean *wanted,
             MpNode        **out)
{
  MpNode *a = node->inputs[0], *b = node->inputs[1];

  switch ((int) node->op) {
  case MP_OP_ADD:
    out[0] = out[1] = dy;
    break;
  case MP_OP_SUB:
    out[0] = dy;
    if (wanted[1])
      out[1] = mp_neg (dy);
    break;
  case MP_OP_MUL:
    if (wanted[0])
      out[0] = mp_mul (dy, b);
    if (wanted[1])
      out[1] = mp_mul (dy, a);
    break;
  case MP_OP_DIV:
    if (wanted[0])
      out[0] = mp_div (dy, b);
    if (wanted[1])
      out[1] = mp_neg (mp_div (mp_mul (dy, node), b));
    break;
  case MP_OP_SELECT:
    if (wanted[1])
      out[1] = mp_select (a, dy, scalar_of (dy, 0));
    if (wanted[2])
      out[2] = mp_select (a, scalar_of (dy, 0), dy);
    break;
  default:
    break;
  }
}

MpRule
_mp_rule_elementwise (MpOp op)
{
  switch ((int) op) {
  case MP_OP_MINIMUM: case MP_OP_MAXIMUM: return extremum_rule;
  case MP_OP_POW: return pow_rule;
  case MP_OP_ADD: case MP_OP_SUB: case MP_OP_MUL: case MP_OP_DIV: case MP_OP_SELECT: return binary_rule;
  default: return unary_rule;
  }
}

/* ---- reductions and softmax ---- */

/* A reduction's gradient or value, with the reduced axes put back at size 1. */
static MpNode *
spread (MpNode *node,
        MpNode *value)
{
  return mp_reshape (value, _mp_keep_type (&node->inputs[0]->type, node->attrs.axes));
}

static void
reduction_rule (MpNode         *node,
                MpNode         *dy,
                const gboolean *wanted,
                MpNode        **out)
{
  MpNode *x = node->inputs[0];
  MpNode *up = spread (node, dy);
  double ratio = (double) mp_tensor_count (&node->type) / (double) mp_tensor_count (&x->type);

  switch ((int) node->op) {
  case MP_OP_SUM:
    out[0] = mp_broadcast (up, x->type);
    break;
  case MP_OP_MEAN:
    out[0] = mp_broadcast (mp_mul_scalar (up, ratio), x->type);
    break;
  case MP_OP_MAX: {
    /* Shared evenly by all that attain the maximum. */
    MpNode *hit = mp_compare (MP_OP_EQ, x, spread (node, node));

    out[0] = mp_mul (hit, mp_div (up, mp_sum (hit, node->attrs.axes, TRUE)));
    break;
  }
  case MP_OP_LOG_SUM_EXP:
    out[0] = mp_mul (up, mp_exp (mp_sub (x, spread (node, node))));
    break;
  default:
    g_assert_not_reached ();
  }
}

static void
softmax_rule (MpNode         *node,
              MpNode         *dy,
              const gboolean *wanted,
              MpNode        **out)
{
  MpNode *weighted = mp_mul (dy, node);

  out[0] = mp_sub (weighted, mp_mul (node, mp_sum (weighted, node->attrs.axes, TRUE)));
}

/* ---- the driver ---- */

static MpRule
find_rule (MpOp op)
{
  switch (mp_op_class (op)) {
  case MP_CLASS_ELEMENTWISE:
  case MP_CLASS_CAST: return _mp_rule_elementwise (op);
  case MP_CLASS_REDUCTION: return reduction_rule;
  case MP_CLASS_SHAPE: return _mp_rule_shape (op);
  case MP_CLASS_PRODUCT:
  case MP_CLASS_POOL: return _mp_rule_product (op);
  case MP_CLASS_FUSED: return op == MP_OP_SOFTMAX ? softmax_rule : _mp_rule_linalg (op);
  case MP_CLASS_LINALG: return _mp_rule_linalg (op);
  default: return NULL;
  }
}

static gboolean
is_among (MpNode        *node,
          guint          n,
          MpNode *const *nodes)
{
  for (guint i = 0; i < n; i++)
    if (nodes[i] == node)
      return TRUE;
  return FALSE;
}

/* depends[id]: node id is, or is computed from, one of wrt. */
static gboolean *
find_dependants (MpGraph       *graph,
                 guint          last,
                 guint          n,
                 MpNode *const *wrt)
{
  gboolean *depends = g_new0 (gboolean, last + 1);

  for (guint id = 0; id <= last; id++) {
    MpNode *node = mp_graph_get_node (graph, id);

    depends[id] = is_among (node, n, wrt);
    for (guint i = 0; i < node->n_inputs && !depends[id]; i++)
      depends[id] = depends[node->inputs[i]->id];
  }
  return depends;
}

static void
propagate (MpNode          *node,
           MpNode          *dy,
           const gboolean  *depends,
           MpNode         **adjoint)
{
  MpRule rule = find_rule (node->op);
  g_autofree gboolean *wanted = NULL;
  g_autofree MpNode **out = NULL;

  if (rule == NULL)
    return;
  wanted = g_new0 (gboolean, node->n_inputs);
  out = g_new0 (MpNode *, node->n_inputs);
  for (guint i = 0; i < node->n_inputs; i++)
    wanted[i] = depends[node->inputs[i]->id] && node->inputs[i]->type.dtype != MP_INT32;
  rule (node, dy, wanted, out);
  for (guint i = 0; i < node->n_inputs; i++) {
    guint id = node->inputs[i]->id;

    if (wanted[i] && out[i] != NULL)
      adjoint[id] = adjoint[id] == NULL ? out[i] : mp_add (adjoint[id], out[i]);
  }
}

gboolean
_mp_vjp (MpGraph        *graph,
         MpNode         *out,
         MpNode         *seed,
         guint           n,
         MpNode *const  *wrt,
         gboolean        leaves,
         MpNode        **gradients)
{
  guint last;
  g_autofree gboolean *depends = NULL;
  g_autofree MpNode **adjoint = NULL;

  if (out == NULL || seed == NULL)
    return FALSE;
  last = out->id;
  depends = find_dependants (graph, last, n, wrt);
  adjoint = g_new0 (MpNode *, last + 1);
  adjoint[last] = seed;
  for (guint id = last + 1; id-- > 0;) {
    MpNode *node = mp_graph_get_node (graph, id);

    if (adjoint[id] != NULL && depends[id] && !(leaves && is_among (node, n, wrt)))
      propagate (node, adjoint[id], depends, adjoint);
  }
  for (guint i = 0; i < n; i++)
    gradients[i] = wrt[i]->id <= last ? adjoint[wrt[i]->id] : NULL;
  return graph->error == NULL;
}

gboolean
mp_gradients (MpGraph        *graph,
              MpNode         *loss,
              guint           n,
              MpNode *const  *wrt,
              MpNode        **gradients,
              GError        **error)
{
  if (!mp_graph_check (graph, error))
    return FALSE;
  g_return_val_if_fail (loss != NULL, FALSE);
  if (loss->type.rank != 0 || loss->type.dtype == MP_INT32) {
    g_autofree char *text = _mp_node_text (loss);

    g_set_error (error, MP_ERROR, MP_ERROR_GRADIENT, "cannot differentiate %s: only a float scalar has a gradient",
                 text);
    return FALSE;
  }
  for (guint i = 0; i < n; i++)
    if (wrt[i]->type.dtype == MP_INT32) {
      g_autofree char *text = _mp_node_text (wrt[i]);

      g_set_error (error, MP_ERROR, MP_ERROR_GRADIENT, "no gradient with respect to %s: its values are integers",
                   text);
      return FALSE;
    }
  if (!_mp_vjp (graph, loss, mp_full (graph, loss->type, 1), n, wrt, FALSE, gradients))
    return mp_graph_check (graph, error);
  for (guint i = 0; i < n; i++)
    if (gradients[i] == NULL)
      gradients[i] = mp_full (graph, wrt[i]->type, 0);
  return TRUE;
}
