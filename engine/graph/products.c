/* SPDX-License-Identifier: Apache-2.0
 *
 * products.c: builders of matrix products, squared distances, convolution and pooling, with their
 * gradient rules.
 *
 * Convolution is closed under differentiation: conv, conv-data and conv-weight are three views of the trilinear form
 * ⟨dy, conv (x, w)⟩, so the gradient of each in either operand is another of the three. Max pooling is an index
 * (constant almost everywhere) and a gather; gather and scatter are adjoint.
 */
#include "engine/graph/graph-private.h"

#include <string.h>

/* ---- matrix product ---- */

/* x with its last two axes swapped, when it is just that. */
static MpNode *
transposed_source (MpNode *x)
{
  gint rank = x->type.rank;

  if (x->op != MP_OP_TRANSPOSE || rank < 2 || x->attrs.perm[rank - 1] != rank - 2)
    return NULL;
  for (gint i = 0; i < rank - 2; i++)
    if (x->attrs.perm[i] != i)
      return NULL;
  return x->inputs[0];
}

MpNode *
mp_matmul (MpNode   *a,
           gboolean  transpose_a,
           MpNode   *b,
           gboolean  transpose_b)
{
  MpAttrs attrs = { 0 };
  MpTensorType type;
  MpNode *source;
  gint rank;

  if (a == NULL || b == NULL)
    return NULL;
  rank = a->type.rank;
  if (rank < 2 || b->type.rank != rank || a->type.dtype != b->type.dtype || a->type.dtype == MP_INT32)
    return _mp_shape_error (MP_OP_MATMUL, a, b, "needs two float operands of one dtype and one rank, at least 2");
  if ((source = transposed_source (a)) != NULL) {
    a = source;
    transpose_a = !transpose_a;
  }
  if ((source = transposed_source (b)) != NULL) {
    b = source;
    transpose_b = !transpose_b;
  }
  attrs.transpose_a = transpose_a != FALSE;
  attrs.transpose_b = transpose_b != FALSE;
  type = a->type;
  type.dim[rank - 2] = a->type.dim[rank - (transpose_a ? 1 : 2)];
  type.dim[rank - 1] = b->type.dim[rank - (transpose_b ? 2 : 1)];
  if (memcmp (a->type.dim, b->type.dim, sizeof (int64_t) * (gsize) (rank - 2)) != 0)
    return _mp_shape_error (MP_OP_MATMUL, a, b, "batch axes must be equal");
  if (a->type.dim[rank - (transpose_a ? 2 : 1)] != b->type.dim[rank - (transpose_b ? 1 : 2)])
    return _mp_shape_error (MP_OP_MATMUL, a, b, "inner dimensions differ: %lld and %lld",
                            (long long) a->type.dim[rank - (transpose_a ? 2 : 1)],
                            (long long) b->type.dim[rank - (transpose_b ? 1 : 2)]);
  return _mp_node_new (a->graph, MP_OP_MATMUL, &type, &attrs, 2, (MpNode *[]) { a, b });
}

/* Y = op(A)·op(B): dop(A) = dY·op(B)ᵀ, dop(B) = op(A)ᵀ·dY */
static void
matmul_rule (MpNode         *node,
             MpNode         *dy,
             const gboolean *wanted,
             MpNode        **out)
{
  MpNode *a = node->inputs[0], *b = node->inputs[1];
  gboolean ta = node->attrs.transpose_a, tb = node->attrs.transpose_b;

  if (wanted[0])
    out[0] = ta ? mp_matmul (b, tb, dy, TRUE) : mp_matmul (dy, FALSE, b, !tb);
  if (wanted[1])
    out[1] = tb ? mp_matmul (dy, TRUE, a, ta) : mp_matmul (a, !ta, dy, FALSE);
}

/* ---- squared distances ---- */

MpNode *
mp_sqdist (MpNode *x,
           MpNode *y)
{
  MpTensorType type;

  if (x == NULL || y == NULL)
    return NULL;
  if (x->type.rank != 2 || y->type.rank != 2 || x->type.dtype != y->type.dtype || x->type.dtype == MP_INT32
      || x->type.dim[1] != y->type.dim[1])
    return _mp_shape_error (MP_OP_SQDIST, x, y, "needs two float matrices of one dtype with equal numbers of columns");
  type = x->type;
  type.dim[1] = y->type.dim[0];
  return _mp_node_new (x->graph, MP_OP_SQDIST, &type, NULL, 2, (MpNode *[]) { x, y });
}

/* D[i,j] = |x_i − y_j|²:  dx_i = 2 Σ_j dD[i,j] (x_i − y_j),  dy_j = 2 Σ_i dD[i,j] (y_j − x_i) */
static void
sqdist_rule (MpNode         *node,
             MpNode         *dy,
             const gboolean *wanted,
             MpNode        **out)
{
  MpNode *x = node->inputs[0], *y = node->inputs[1];

  if (wanted[0])
    out[0] = mp_mul_scalar (mp_sub (mp_mul (mp_sum (dy, MP_AXIS (1), TRUE), x), mp_matmul (dy, FALSE, y, FALSE)), 2);
  if (wanted[1]) {
    MpNode *weight = mp_reshape (mp_sum (dy, MP_AXIS (0), FALSE),
                                 mp_type (y->type.dtype, 2, (gint64[]) { y->type.dim[0], 1 }));

    out[1] = mp_mul_scalar (mp_sub (mp_mul (weight, y), mp_matmul (dy, TRUE, x, FALSE)), 2);
  }
}

/* ---- convolution ---- */

static void
set_geometry (MpAttrs              *attrs,
              const MpConvGeometry *geometry)
{
  memcpy (attrs->stride, geometry->stride, sizeof attrs->stride);
  memcpy (attrs->pad_before, geometry->pad_before, sizeof attrs->pad_before);
  memcpy (attrs->pad_after, geometry->pad_after, sizeof attrs->pad_after);
}

static MpConvGeometry
get_geometry (const MpNode *node)
{
  MpConvGeometry geometry;

  memcpy (geometry.stride, node->attrs.stride, sizeof geometry.stride);
  memcpy (geometry.pad_before, node->attrs.pad_before, sizeof geometry.pad_before);
  memcpy (geometry.pad_after, node->attrs.pad_after, sizeof geometry.pad_after);
  return geometry;
}

static gboolean
geometry_valid (const gint *stride,
                const gint *before,
                const gint *after)
{
  for (gint i = 0; i < 2; i++)
    if (stride[i] < 1 || before[i] < 0 || after[i] < 0)
      return FALSE;
  return TRUE;
}

/* Positions of a window of `size` on an axis, or −1 where it never fits. */
static gint64
window_count (gint64 length,
              gint64 size,
              gint   stride,
              gint   before,
              gint   after)
{
  gint64 room = length + before + after - size;

  return room < 0 ? -1 : room / stride + 1;
}

static gboolean
conv_operands (MpOp                  op,
               MpNode               *a,
               MpNode               *b,
               const MpConvGeometry *geometry)
{
  if (a->type.rank != 4 || b->type.rank != 4 || a->type.dtype != b->type.dtype || a->type.dtype == MP_INT32)
    _mp_shape_error (op, a, b, "needs float tensors of one dtype and rank 4 (activations N·H·W·C, weights "
                     "Cout·Kh·Kw·Cin)");
  else if (!geometry_valid (geometry->stride, geometry->pad_before, geometry->pad_after))
    _mp_shape_error (op, a, b, "strides must be at least 1 and padding at least 0");
  else
    return TRUE;
  return FALSE;
}

MpNode *
mp_conv (MpNode               *x,
         MpNode               *w,
         const MpConvGeometry *geometry)
{
  MpAttrs attrs = { 0 };
  MpTensorType type;

  if (x == NULL || w == NULL || !conv_operands (MP_OP_CONV, x, w, geometry))
    return NULL;
  if (x->type.dim[3] != w->type.dim[3])
    return _mp_shape_error (MP_OP_CONV, x, w, "channels differ: %lld and %lld", (long long) x->type.dim[3],
                            (long long) w->type.dim[3]);
  set_geometry (&attrs, geometry);
  type = x->type;
  for (gint i = 0; i < 2; i++) {
    type.dim[1 + i] = window_count (x->type.dim[1 + i], w->type.dim[1 + i], geometry->stride[i],
                                    geometry->pad_before[i], geometry->pad_after[i]);
    if (type.dim[1 + i] < 0)
      return _mp_shape_error (MP_OP_CONV, x, w, "the kernel is larger than the padded image");
  }
  type.dim[3] = w->type.dim[0];
  return _mp_node_new (x->graph, MP_OP_CONV, &type, &attrs, 2, (MpNode *[]) { x, w });
}

MpNode *
mp_conv_data (MpNode               *dy,
              MpNode               *w,
              const MpConvGeometry *geometry,
              gint64                height,
              gint64                width)
{
  MpAttrs attrs = { 0 };
  MpTensorType type;

  if (dy == NULL || w == NULL || !conv_operands (MP_OP_CONV_DATA, dy, w, geometry))
    return NULL;
  if (dy->type.dim[3] != w->type.dim[0])
    return _mp_shape_error (MP_OP_CONV_DATA, dy, w, "channels differ: %lld and %lld", (long long) dy->type.dim[3],
                            (long long) w->type.dim[0]);
  set_geometry (&attrs, geometry);
  type = dy->type;
  type.dim[1] = height;
  type.dim[2] = width;
  type.dim[3] = w->type.dim[3];
  for (gint i = 0; i < 2; i++)
    if (window_count (type.dim[1 + i], w->type.dim[1 + i], geometry->stride[i], geometry->pad_before[i],
                      geometry->pad_after[i]) != dy->type.dim[1 + i])
      return _mp_shape_error (MP_OP_CONV_DATA, dy, w, "no convolution of a %lld×%lld image gives this output",
                              (long long) height, (long long) width);
  return _mp_node_new (dy->graph, MP_OP_CONV_DATA, &type, &attrs, 2, (MpNode *[]) { dy, w });
}

MpNode *
mp_conv_weight (MpNode               *x,
                MpNode               *dy,
                const MpConvGeometry *geometry,
                gint64                kernel_h,
                gint64                kernel_w)
{
  MpAttrs attrs = { 0 };
  MpTensorType type;
  gint64 kernel[2] = { kernel_h, kernel_w };

  if (x == NULL || dy == NULL || !conv_operands (MP_OP_CONV_WEIGHT, x, dy, geometry))
    return NULL;
  set_geometry (&attrs, geometry);
  for (gint i = 0; i < 2; i++)
    if (window_count (x->type.dim[1 + i], kernel[i], geometry->stride[i], geometry->pad_before[i],
                      geometry->pad_after[i]) != dy->type.dim[1 + i])
      return _mp_shape_error (MP_OP_CONV_WEIGHT, x, dy, "no convolution with a %lld×%lld kernel gives this output",
                              (long long) kernel_h, (long long) kernel_w);
  if (x->type.dim[0] != dy->type.dim[0])
    return _mp_shape_error (MP_OP_CONV_WEIGHT, x, dy, "minibatch sizes differ");
  type = mp_type (x->type.dtype, 4, (gint64[]) { dy->type.dim[3], kernel_h, kernel_w, x->type.dim[3] });
  return _mp_node_new (x->graph, MP_OP_CONV_WEIGHT, &type, &attrs, 2, (MpNode *[]) { x, dy });
}

static void
conv_rule (MpNode         *node,
           MpNode         *dy,
           const gboolean *wanted,
           MpNode        **out)
{
  MpNode *x = node->inputs[0], *w = node->inputs[1];
  MpConvGeometry geometry = get_geometry (node);

  if (wanted[0])
    out[0] = mp_conv_data (dy, w, &geometry, x->type.dim[1], x->type.dim[2]);
  if (wanted[1])
    out[1] = mp_conv_weight (x, dy, &geometry, w->type.dim[1], w->type.dim[2]);
}

static void
conv_data_rule (MpNode         *node,
                MpNode         *dy,
                const gboolean *wanted,
                MpNode        **out)
{
  MpNode *dx_operand = node->inputs[0], *w = node->inputs[1];
  MpConvGeometry geometry = get_geometry (node);

  if (wanted[0])
    out[0] = mp_conv (dy, w, &geometry);
  if (wanted[1])
    out[1] = mp_conv_weight (dy, dx_operand, &geometry, w->type.dim[1], w->type.dim[2]);
}

static void
conv_weight_rule (MpNode         *node,
                  MpNode         *dy,
                  const gboolean *wanted,
                  MpNode        **out)
{
  MpNode *x = node->inputs[0], *upstream = node->inputs[1];
  MpConvGeometry geometry = get_geometry (node);

  if (wanted[0])
    out[0] = mp_conv_data (upstream, dy, &geometry, x->type.dim[1], x->type.dim[2]);
  if (wanted[1])
    out[1] = mp_conv (x, dy, &geometry);
}

/* ---- pooling ---- */

static MpNode *
pool_new (MpOp                  op,
          MpNode               *x,
          const MpPoolGeometry *geometry)
{
  MpAttrs attrs = { 0 };
  MpTensorType type;

  if (x->type.rank != 4 || x->type.dtype == MP_INT32)
    return _mp_shape_error (op, x, NULL, "needs float activations N·H·W·C");
  if (!geometry_valid (geometry->stride, geometry->pad_before, geometry->pad_after))
    return _mp_shape_error (op, x, NULL, "strides must be at least 1 and padding at least 0");
  memcpy (attrs.window, geometry->window, sizeof attrs.window);
  memcpy (attrs.stride, geometry->stride, sizeof attrs.stride);
  memcpy (attrs.pad_before, geometry->pad_before, sizeof attrs.pad_before);
  memcpy (attrs.pad_after, geometry->pad_after, sizeof attrs.pad_after);
  type = x->type;
  for (gint i = 0; i < 2; i++) {
    /* A window wholly inside the padding has no maximum. */
    if (geometry->window[i] < 1 || geometry->pad_before[i] >= geometry->window[i]
        || geometry->pad_after[i] >= geometry->window[i])
      return _mp_shape_error (op, x, NULL, "the window must be at least 1 and larger than the padding");
    type.dim[1 + i] = window_count (x->type.dim[1 + i], geometry->window[i], geometry->stride[i],
                                    geometry->pad_before[i], geometry->pad_after[i]);
    if (type.dim[1 + i] < 0)
      return _mp_shape_error (op, x, NULL, "the window is larger than the padded image");
  }
  if (op == MP_OP_MAXPOOL_INDEX)
    type.dtype = MP_INT32;
  return _mp_node_new (x->graph, op, &type, &attrs, 1, &x);
}

/* Gather and scatter keep the image's size in stop[0], stop[1]. */
static MpNode *
pool_move (MpOp    op,
           MpNode *x,
           MpNode *index,
           gint64  height,
           gint64  width)
{
  MpAttrs attrs = { .stop = { height, width } };
  MpTensorType type = op == MP_OP_POOL_GATHER ? index->type : x->type;

  type.dtype = x->type.dtype;
  if (op == MP_OP_POOL_SCATTER) {
    type.dim[1] = height;
    type.dim[2] = width;
  }
  return _mp_node_new (x->graph, op, &type, &attrs, 2, (MpNode *[]) { x, index });
}

MpNode *
mp_max_pool (MpNode               *x,
             const MpPoolGeometry *geometry)
{
  MpNode *index = x != NULL ? pool_new (MP_OP_MAXPOOL_INDEX, x, geometry) : NULL;

  return index != NULL ? pool_move (MP_OP_POOL_GATHER, x, index, x->type.dim[1], x->type.dim[2]) : NULL;
}

MpNode *
mp_avg_pool (MpNode               *x,
             const MpPoolGeometry *geometry)
{
  return x != NULL ? pool_new (MP_OP_AVGPOOL, x, geometry) : NULL;
}

static void
pool_gather_rule (MpNode         *node,
                  MpNode         *dy,
                  const gboolean *wanted,
                  MpNode        **out)
{
  out[0] = pool_move (MP_OP_POOL_SCATTER, dy, node->inputs[1], node->attrs.stop[0], node->attrs.stop[1]);
}

static void
pool_scatter_rule (MpNode         *node,
                   MpNode         *dy,
                   const gboolean *wanted,
                   MpNode        **out)
{
  out[0] = pool_move (MP_OP_POOL_GATHER, dy, node->inputs[1], node->attrs.stop[0], node->attrs.stop[1]);
}

static void
avgpool_rule (MpNode         *node,
              MpNode         *dy,
              const gboolean *wanted,
              MpNode        **out)
{
  out[0] = _mp_node_new (node->graph, MP_OP_AVGPOOL_GRAD, &node->inputs[0]->type, &node->attrs, 1, &dy);
}

static void
avgpool_grad_rule (MpNode         *node,
                   MpNode         *dy,
                   const gboolean *wanted,
                   MpNode        **out)
{
  out[0] = _mp_node_new (node->graph, MP_OP_AVGPOOL, &node->inputs[0]->type, &node->attrs, 1, &dy);
}

MpRule
_mp_rule_product (MpOp op)
{
  switch ((int) op) {
  case MP_OP_MATMUL: return matmul_rule;
  case MP_OP_SQDIST: return sqdist_rule;
  case MP_OP_CONV: return conv_rule;
  case MP_OP_CONV_DATA: return conv_data_rule;
  case MP_OP_CONV_WEIGHT: return conv_weight_rule;
  case MP_OP_POOL_GATHER: return pool_gather_rule;
  case MP_OP_POOL_SCATTER: return pool_scatter_rule;
  case MP_OP_AVGPOOL: return avgpool_rule;
  case MP_OP_AVGPOOL_GRAD: return avgpool_grad_rule;
  default: return NULL;
  }
}
