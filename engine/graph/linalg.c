/* SPDX-License-Identifier: Apache-2.0
 *
 * linalg.c: Cholesky factor, solves, and Gram matrices of kernel mixtures.
 *
 * Rules (Murray: Differentiation of the Cholesky decomposition, arXiv:1602.07527; Giles 2008):
 *   A = L Lᵀ:   Ā = ½ (S + Sᵀ),  S = L⁻ᵀ Φ(Lᵀ L̄) L⁻¹,  Φ keeps the lower triangle and halves its diagonal
 *   L X = B:    B̄ = L⁻ᵀ X̄,  L̄ = −tril (B̄ Xᵀ);   Lᵀ X = B:  B̄ = L⁻¹ X̄,  L̄ = −tril (X B̄ᵀ)
 *   A X = B:    B̄ = A⁻¹ X̄,  Ā = −B̄ Xᵀ             (A's entries are taken as independent)
 * All are written in ops, so they can be differentiated again.
 */
#include "engine/graph/graph-private.h"

#include <string.h>

static gboolean
square_matrix (MpOp    op,
               MpNode *a,
               MpNode *b)
{
  gint rank = a->type.rank;

  if (rank < 2 || a->type.dtype == MP_INT32 || a->type.dim[rank - 1] != a->type.dim[rank - 2]) {
    _mp_shape_error (op, a, b, "the matrix must be square and float");
    return FALSE;
  }
  if (b == NULL)
    return TRUE;
  if (b->type.rank != rank || b->type.dtype != a->type.dtype || b->type.dim[rank - 2] != a->type.dim[rank - 1]
      || memcmp (a->type.dim, b->type.dim, sizeof (int64_t) * (gsize) (rank - 2)) != 0) {
    _mp_shape_error (op, a, b, "the right-hand sides must have the matrix's dtype, rank, batch axes and rows");
    return FALSE;
  }
  return TRUE;
}

MpNode *
mp_cholesky (MpNode *a)
{
  if (a == NULL || !square_matrix (MP_OP_CHOLESKY, a, NULL))
    return NULL;
  return _mp_node_new (a->graph, MP_OP_CHOLESKY, &a->type, NULL, 1, &a);
}

MpNode *
mp_triangular_solve (MpNode   *l,
                     gboolean  transpose,
                     MpNode   *b)
{
  MpAttrs attrs = { .transpose_a = transpose != FALSE };

  if (l == NULL || b == NULL || !square_matrix (MP_OP_TRIANGULAR_SOLVE, l, b))
    return NULL;
  return _mp_node_new (l->graph, MP_OP_TRIANGULAR_SOLVE, &b->type, &attrs, 2, (MpNode *[]) { l, b });
}

MpNode *
mp_pd_solve (MpNode *a,
             MpNode *b)
{
  if (a == NULL || b == NULL || !square_matrix (MP_OP_PD_SOLVE, a, b))
    return NULL;
  return _mp_node_new (a->graph, MP_OP_PD_SOLVE, &b->type, NULL, 2, (MpNode *[]) { a, b });
}

static MpNode *
transposed (MpNode *x)
{
  gint perm[MP_MAX_RANK];
  gint rank;

  if (x == NULL)
    return NULL;
  rank = x->type.rank;
  for (gint i = 0; i < rank; i++)
    perm[i] = i;
  perm[rank - 1] = rank - 2;
  perm[rank - 2] = rank - 1;
  return mp_transpose (x, perm);
}

static void
cholesky_rule (MpNode         *node,
               MpNode         *dy,
               const gboolean *wanted,
               MpNode        **out)
{
  gint64 n = node->type.dim[node->type.rank - 1];
  MpNode *product = mp_matmul (node, TRUE, dy, FALSE);
  MpNode *phi = mp_sub (mp_band (product, -n, 0), mp_mul_scalar (mp_band (product, 0, 0), 0.5));
  MpNode *half = mp_triangular_solve (node, TRUE, phi);
  MpNode *s = mp_triangular_solve (node, TRUE, transposed (half));

  out[0] = mp_mul_scalar (mp_add (s, transposed (s)), 0.5);
}

static void
triangular_solve_rule (MpNode         *node,
                       MpNode         *dy,
                       const gboolean *wanted,
                       MpNode        **out)
{
  gint64 n = node->type.dim[node->type.rank - 2];
  gboolean transpose = node->attrs.transpose_a;
  MpNode *db = mp_triangular_solve (node->inputs[0], !transpose, dy);

  out[1] = db;
  if (wanted[0])
    out[0] = mp_neg (mp_band (transpose ? mp_matmul (node, FALSE, db, TRUE) : mp_matmul (db, FALSE, node, TRUE),
                              -n, 0));
}

static void
pd_solve_rule (MpNode         *node,
               MpNode         *dy,
               const gboolean *wanted,
               MpNode        **out)
{
  MpNode *db = mp_pd_solve (node->inputs[0], dy);

  out[1] = db;
  if (wanted[0])
    out[0] = mp_neg (mp_matmul (db, FALSE, node, TRUE));
}

/* ---- normalisation, differentiated: dx = r·(dy − mean dy − x̂·mean (dy·x̂)), r = rsqrt (var + ε) ---- */

static MpNode *
expand_normalize (MpNode  *x,
                  gint     axes,
                  double   epsilon,
                  MpNode **rstd)
{
  MpNode *centred = mp_sub (x, mp_mean (x, axes, TRUE));

  *rstd = mp_rsqrt (mp_add_scalar (mp_mean (mp_square (centred), axes, TRUE), epsilon));
  return mp_mul (centred, *rstd);
}

MpNode *
_mp_expand (MpNode *node)
{
  gint axes = node->attrs.axes;
  MpNode *rstd, *normal;

  switch ((int) node->op) {
  case MP_OP_NORMALIZE:
    return expand_normalize (node->inputs[0], axes, node->attrs.scalar[0], &rstd);
  case MP_OP_NORMALIZE_GRAD: {
    MpNode *dy = node->inputs[1];

    normal = expand_normalize (node->inputs[0], axes, node->attrs.scalar[0], &rstd);
    return mp_mul (rstd, mp_sub (mp_sub (dy, mp_mean (dy, axes, TRUE)),
                                 mp_mul (normal, mp_mean (mp_mul (dy, normal), axes, TRUE))));
  }
  case MP_OP_PD_SOLVE: {
    MpNode *factor = mp_cholesky (node->inputs[0]);

    return mp_triangular_solve (factor, TRUE, mp_triangular_solve (factor, FALSE, node->inputs[1]));
  }
  case MP_OP_SOFTMAX: {
    MpNode *power = mp_exp (mp_sub (node->inputs[0], mp_max (node->inputs[0], axes, TRUE)));

    return mp_div (power, mp_sum (power, axes, TRUE));
  }
  default:
    return NULL;
  }
}

static void
normalize_rule (MpNode         *node,
                MpNode         *dy,
                const gboolean *wanted,
                MpNode        **out)
{
  out[0] = _mp_node_new (node->graph, MP_OP_NORMALIZE_GRAD, &node->type, &node->attrs, 2,
                         (MpNode *[]) { node->inputs[0], dy });
}

/* The fast rule of NORMALIZE has no closed fast rule of its own: differentiate what it stands for. */
static void
expanded_rule (MpNode         *node,
               MpNode         *dy,
               const gboolean *wanted,
               MpNode        **out)
{
  _mp_vjp (node->graph, _mp_expand (node), dy, node->n_inputs, node->inputs, TRUE, out);
}

MpRule
_mp_rule_linalg (MpOp op)
{
  switch ((int) op) {
  case MP_OP_CHOLESKY: return cholesky_rule;
  case MP_OP_TRIANGULAR_SOLVE: return triangular_solve_rule;
  case MP_OP_PD_SOLVE: return pd_solve_rule;
  case MP_OP_NORMALIZE: return normalize_rule;
  case MP_OP_NORMALIZE_GRAD: return expanded_rule;
  default: return NULL;
  }
}

/* ---- kernel mixtures ---- */

/* Entry i of a rank 1 parameter as a scalar node. */
static MpNode *
entry (MpNode *parameter,
       gint64  i)
{
  MpTensorType scalar = mp_type (parameter->type.dtype, 0, NULL);

  if (parameter->op == MP_OP_CONSTANT && parameter->data != NULL)
    return mp_full (parameter->graph, scalar,
                    scalar.dtype == MP_FLOAT64 ? ((double *) parameter->data)[i] : ((float *) parameter->data)[i]);
  return mp_reshape (mp_slice_axis (parameter, 0, i, i + 1), scalar);
}

static MpNode *
kernel_value (MpNode       *base,
              MpKernelKind  kind,
              MpNode       *p)
{
  MpNode *one = p != NULL ? mp_full (p->graph, mp_type (p->type.dtype, 0, NULL), 1) : NULL;

  switch (kind) {
  case MP_KERNEL_RBF:
    return mp_exp (mp_mul (base, mp_div (mp_mul_scalar (one, -0.5), mp_square (p))));
  case MP_KERNEL_RBF_VARIANCE:
    return mp_exp (mp_mul (base, mp_div (mp_mul_scalar (one, -0.5), p)));
  case MP_KERNEL_RATIONAL_QUADRATIC:
    return mp_exp (mp_mul (mp_neg (p), mp_log1p (mp_mul (base, mp_div (mp_mul_scalar (one, 0.5), p)))));
  case MP_KERNEL_POLYNOMIAL:
    return mp_pow (base, p);
  case MP_KERNEL_LINEAR:
  default:
    return base;
  }
}

static MpNode *
mixture (MpNode       *base,
         MpKernelKind  kind,
         MpNode       *parameter)
{
  MpNode *sum = NULL;

  if (base == NULL)
    return NULL;
  if (parameter == NULL)
    return mp_graph_fail (base->graph, "Gram matrix: this kernel needs a parameter");
  if (parameter->type.rank != 1 || parameter->type.dim[0] < 1 || parameter->type.dtype != base->type.dtype) {
    g_autofree char *text = _mp_node_text (parameter);

    return mp_graph_fail (base->graph, "Gram matrix: the kernels' parameters %s must be a vector of at least one %s",
                          text, mp_dtype_name (base->type.dtype));
  }
  for (gint64 i = 0; i < parameter->type.dim[0]; i++) {
    MpNode *value = kernel_value (base, kind, entry (parameter, i));

    sum = sum == NULL ? value : mp_add (sum, value);
  }
  return sum;
}

MpNode *
mp_gram_of_sqdist (MpNode       *sqdist,
                   MpKernelKind  kind,
                   MpNode       *parameter)
{
  g_assert (kind <= MP_KERNEL_RATIONAL_QUADRATIC);
  return mixture (sqdist, kind, parameter);
}

MpNode *
mp_gram (MpNode       *x,
         MpNode       *y,
         MpKernelKind  kind,
         MpNode       *parameter)
{
  MpNode *product;

  if (x == NULL || y == NULL)
    return NULL;
  if (kind <= MP_KERNEL_RATIONAL_QUADRATIC)
    return mixture (mp_sqdist (x, y), kind, parameter);
  product = mp_matmul (x, FALSE, y, TRUE);
  if (kind == MP_KERNEL_LINEAR || product == NULL)
    return product;
  return mixture (mp_add_scalar (mp_mul_scalar (product, 1.0 / (double) x->type.dim[1]), 1), kind, parameter);
}
