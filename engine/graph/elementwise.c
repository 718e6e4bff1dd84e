/* SPDX-License-Identifier: Apache-2.0
 *
 * elementwise.c: builders of elementwise operations: NumPy broadcasting, and folding of uniform constants while the
 * graph is built (gradient rules produce many multiplications by one and additions of zero).
 */
#include "engine/graph/graph-private.h"

#include <math.h>
#include <string.h>

gboolean
_mp_uniform (const MpNode *node,
             double       *value)
{
  if (node->op != MP_OP_CONSTANT || node->data != NULL)
    return FALSE;
  *value = node->attrs.scalar[0];
  return TRUE;
}

gboolean
_mp_same_dims (const MpTensorType *a,
               const MpTensorType *b)
{
  return a->rank == b->rank && memcmp (a->dim, b->dim, sizeof a->dim) == 0;
}

static double
evaluate_unary (MpOp           op,
                const MpAttrs *attrs,
                double         a)
{
  switch ((int) op) {
  case MP_OP_NEG: return -a;
  case MP_OP_EXP: return exp (a);
  case MP_OP_LOG: return log (a);
  case MP_OP_LOG1P: return log1p (a);
  case MP_OP_EXPM1: return expm1 (a);
  case MP_OP_SQRT: return sqrt (a);
  case MP_OP_RSQRT: return 1 / sqrt (a);
  case MP_OP_SQUARE: return a * a;
  case MP_OP_ABS: return fabs (a);
  case MP_OP_SIGN: return isnan (a) ? a : (a > 0) - (a < 0);
  case MP_OP_TANH: return tanh (a);
  case MP_OP_SIGMOID: return 1 / (1 + exp (-a));
  case MP_OP_SOFTPLUS: return fmax (a, 0) + log1p (exp (-fabs (a)));
  case MP_OP_RELU: return a < 0 ? 0 : a;
  case MP_OP_LEAKY_RELU: return a < 0 ? attrs->scalar[0] * a : a;
  case MP_OP_ELU: return a < 0 ? attrs->scalar[0] * expm1 (a) : a;
  case MP_OP_CLAMP: return a < attrs->scalar[0] ? attrs->scalar[0] : a > attrs->scalar[1] ? attrs->scalar[1] : a;
  case MP_OP_STOP_GRADIENT: return a;
  default: g_assert_not_reached ();
  }
}

double
_mp_evaluate (MpOp           op,
              const MpAttrs *attrs,
              double         a,
              double         b,
              double         c)
{
  switch ((int) op) {
  case MP_OP_ADD: return a + b;
  case MP_OP_SUB: return a - b;
  case MP_OP_MUL: return a * b;
  case MP_OP_DIV: return a / b;
  case MP_OP_POW: return pow (a, b);
  case MP_OP_MINIMUM: return isnan (a) || a < b ? a : b;
  case MP_OP_MAXIMUM: return isnan (a) || a > b ? a : b;
  case MP_OP_EQ: return a == b;
  case MP_OP_NE: return a != b;
  case MP_OP_LT: return a < b;
  case MP_OP_LE: return a <= b;
  case MP_OP_GT: return a > b;
  case MP_OP_GE: return a >= b;
  case MP_OP_SELECT: return a != 0 ? b : c;
  default: return evaluate_unary (op, attrs, a);
  }
}

/* ---- one operand ---- */

static MpNode *
unary (MpOp    op,
       MpNode *x,
       double  first,
       double  second)
{
  MpAttrs attrs = { .scalar = { first, second } };
  double value;

  if (x == NULL)
    return NULL;
  if (x->type.dtype == MP_INT32)
    return _mp_shape_error (op, x, NULL, "needs float32 or float64");
  if (_mp_uniform (x, &value))
    return mp_full (x->graph, x->type, _mp_evaluate (op, &attrs, value, 0, 0));
  return _mp_node_new (x->graph, op, &x->type, &attrs, 1, &x);
}

#define UNARY(name, OP)                                                                           \
  MpNode *                                                                                        \
  mp_##name (MpNode *x)                                                                           \
  {                                                                                               \
    return unary (MP_OP_##OP, x, 0, 0);                                                           \
  }

UNARY (exp, EXP)
UNARY (log, LOG)
UNARY (log1p, LOG1P)
UNARY (expm1, EXPM1)
UNARY (sqrt, SQRT)
UNARY (rsqrt, RSQRT)
UNARY (square, SQUARE)
UNARY (abs, ABS)
UNARY (sign, SIGN)
UNARY (tanh, TANH)
UNARY (sigmoid, SIGMOID)
UNARY (softplus, SOFTPLUS)
UNARY (relu, RELU)
UNARY (stop_gradient, STOP_GRADIENT)

MpNode *
mp_neg (MpNode *x)
{
  if (x != NULL && x->op == MP_OP_NEG)
    return x->inputs[0];
  return unary (MP_OP_NEG, x, 0, 0);
}

MpNode *
mp_leaky_relu (MpNode *x,
               double  slope)
{
  return unary (MP_OP_LEAKY_RELU, x, slope, 0);
}

MpNode *
mp_elu (MpNode *x,
        double  alpha)
{
  return unary (MP_OP_ELU, x, alpha, 0);
}

MpNode *
mp_clamp (MpNode *x,
          double  low,
          double  high)
{
  if (x != NULL && !(low <= high))
    return _mp_shape_error (MP_OP_CLAMP, x, NULL, "the lower bound %g lies above the upper bound %g", low, high);
  return unary (MP_OP_CLAMP, x, low, high);
}

MpNode *
mp_cast (MpNode  *x,
         MpDtype  dtype)
{
  MpTensorType type;
  double value;

  if (x == NULL || x->type.dtype == dtype)
    return x;
  type = x->type;
  type.dtype = dtype;
  if (_mp_uniform (x, &value))
    return mp_full (x->graph, type, dtype == MP_INT32 ? trunc (value) : value);
  return _mp_node_new (x->graph, MP_OP_CAST, &type, NULL, 1, &x);
}

/* ---- two and three operands ---- */

/* Widens `type` by the NumPy rules so that it covers x. */
static gboolean
widen (MpTensorType *type,
       const MpNode *x)
{
  gint rank = MAX (type->rank, x->type.rank);
  MpTensorType wide = { .rank = rank, .dtype = type->dtype };

  for (gint i = 0; i < rank; i++) {
    gint ia = i - (rank - type->rank), ib = i - (rank - x->type.rank);
    gint64 a = ia >= 0 ? type->dim[ia] : 1, b = ib >= 0 ? x->type.dim[ib] : 1;

    if (a != b && a != 1 && b != 1)
      return FALSE;
    wide.dim[i] = a == 1 ? b : a;
  }
  *type = wide;
  return TRUE;
}

static MpNode *
simplify (MpOp                op,
          MpNode             *a,
          MpNode             *b,
          const MpTensorType *type)
{
  double va, vb;
  gboolean ua = _mp_uniform (a, &va), ub = _mp_uniform (b, &vb);

  if (ua && ub)
    return mp_full (a->graph, *type, _mp_evaluate (op, NULL, va, vb, 0));
  if (ub && ((vb == 0 && (op == MP_OP_ADD || op == MP_OP_SUB)) || (vb == 1 && (op == MP_OP_MUL || op == MP_OP_DIV))))
    return mp_broadcast (a, *type);
  if (ua && ((va == 0 && op == MP_OP_ADD) || (va == 1 && op == MP_OP_MUL)))
    return mp_broadcast (b, *type);
  if (ub && vb == -1 && op == MP_OP_MUL)
    return mp_broadcast (mp_neg (a), *type);
  if (ua && va == -1 && op == MP_OP_MUL)
    return mp_broadcast (mp_neg (b), *type);
  return NULL;
}

static MpNode *
binary (MpOp    op,
        MpNode *a,
        MpNode *b)
{
  MpTensorType type;
  MpNode *simple;

  if (a == NULL || b == NULL)
    return NULL;
  if (a->type.dtype != b->type.dtype || a->type.dtype == MP_INT32)
    return _mp_shape_error (op, a, b, "operands must share one dtype, float32 or float64");
  type = a->type;
  if (!widen (&type, b))
    return _mp_shape_error (op, a, b, "shapes do not broadcast");
  simple = simplify (op, a, b, &type);
  if (simple != NULL)
    return simple;
  return _mp_node_new (a->graph, op, &type, NULL, 2,
                       (MpNode *[]) { mp_broadcast (a, type), mp_broadcast (b, type) });
}

#define BINARY(name, OP)                                                                          \
  MpNode *                                                                                        \
  mp_##name (MpNode *a, MpNode *b)                                                                \
  {                                                                                               \
    return binary (MP_OP_##OP, a, b);                                                             \
  }

BINARY (add, ADD)
BINARY (sub, SUB)
BINARY (mul, MUL)
BINARY (div, DIV)
BINARY (pow, POW)
BINARY (minimum, MINIMUM)
BINARY (maximum, MAXIMUM)

MpNode *
mp_compare (MpOp    op,
            MpNode *a,
            MpNode *b)
{
  g_assert (op >= MP_OP_EQ && op <= MP_OP_GE);
  return binary (op, a, b);
}

MpNode *
mp_select (MpNode *condition,
           MpNode *a,
           MpNode *b)
{
  MpTensorType type;
  double value;

  if (condition == NULL || a == NULL || b == NULL)
    return NULL;
  if (condition->type.dtype != a->type.dtype || a->type.dtype != b->type.dtype || a->type.dtype == MP_INT32)
    return _mp_shape_error (MP_OP_SELECT, a, b, "condition and values must share one dtype, float32 or float64");
  type = condition->type;
  if (!widen (&type, a) || !widen (&type, b))
    return _mp_shape_error (MP_OP_SELECT, a, b, "shapes do not broadcast with the condition's");
  if (_mp_uniform (condition, &value))
    return mp_broadcast (value != 0 ? a : b, type);
  return _mp_node_new (a->graph, MP_OP_SELECT, &type, NULL, 3,
                       (MpNode *[]) { mp_broadcast (condition, type), mp_broadcast (a, type),
                                      mp_broadcast (b, type) });
}

static MpNode *
scalar_like (MpNode *x,
             double  value)
{
  return mp_full (x->graph, mp_type (x->type.dtype, 0, NULL), value);
}

MpNode *
mp_add_scalar (MpNode *x,
               double  value)
{
  return x == NULL ? NULL : binary (MP_OP_ADD, x, scalar_like (x, value));
}

MpNode *
mp_mul_scalar (MpNode *x,
               double  value)
{
  return x == NULL ? NULL : binary (MP_OP_MUL, x, scalar_like (x, value));
}
