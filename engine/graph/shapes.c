/* SPDX-License-Identifier: Apache-2.0
 *
 * shapes.c: builders of operations that move or repeat elements, and their gradient rules: broadcast and sum, slice
 * and pad, gather and scatter-add are each other's adjoints, so the set is closed under differentiation.
 */
#include "engine/graph/graph-private.h"

#include <string.h>

MpNode *
mp_reshape (MpNode       *x,
            MpTensorType  type)
{
  double value;

  if (x == NULL)
    return NULL;
  type.dtype = x->type.dtype;
  if (mp_tensor_count (&type) != mp_tensor_count (&x->type)) {
    char text[128];

    return _mp_shape_error (MP_OP_RESHAPE, x, NULL, "%s has another number of elements",
                            mp_tensor_text (&type, text, sizeof text));
  }
  if (mp_tensor_equal (&x->type, &type))
    return x;
  if (_mp_uniform (x, &value))
    return mp_full (x->graph, type, value);
  if (x->op == MP_OP_RESHAPE)
    return mp_reshape (x->inputs[0], type);
  return _mp_node_new (x->graph, MP_OP_RESHAPE, &type, NULL, 1, &x);
}

MpNode *
mp_flatten (MpNode *x)
{
  gint64 rest = 1;

  if (x == NULL)
    return NULL;
  if (x->type.rank < 1)
    return _mp_shape_error (MP_OP_RESHAPE, x, NULL, "flatten needs at least one axis");
  for (gint i = 1; i < x->type.rank; i++)
    rest *= x->type.dim[i];
  return mp_reshape (x, mp_type (x->type.dtype, 2, (gint64[]) { x->type.dim[0], rest }));
}

MpNode *
mp_broadcast (MpNode       *x,
              MpTensorType  type)
{
  MpTensorType padded = { .rank = type.rank };
  double value;
  gint shift;

  if (x == NULL)
    return NULL;
  type.dtype = padded.dtype = x->type.dtype;
  if (mp_tensor_equal (&x->type, &type))
    return x;
  shift = type.rank - x->type.rank;
  for (gint i = 0; i < type.rank && shift >= 0; i++) {
    padded.dim[i] = i < shift ? 1 : x->type.dim[i - shift];
    if (padded.dim[i] != type.dim[i] && padded.dim[i] != 1)
      shift = -1;
  }
  if (shift < 0) {
    char text[128];

    return _mp_shape_error (MP_OP_BROADCAST, x, NULL, "does not broadcast to %s",
                            mp_tensor_text (&type, text, sizeof text));
  }
  if (_mp_uniform (x, &value))
    return mp_full (x->graph, type, value);
  x = mp_reshape (x, padded);
  if (mp_tensor_equal (&x->type, &type))
    return x;
  return _mp_node_new (x->graph, MP_OP_BROADCAST, &type, NULL, 1, &x);
}

MpNode *
mp_sum_to (MpNode             *x,
           const MpTensorType *type)
{
  gint32 mask = 0;
  gint shift;

  if (x == NULL || _mp_same_dims (&x->type, type))
    return x;
  shift = x->type.rank - type->rank;
  if (shift < 0)
    return _mp_shape_error (MP_OP_SUM, x, NULL, "cannot be summed to a higher rank");
  for (gint i = 0; i < x->type.rank; i++) {
    gint64 target = i < shift ? 1 : type->dim[i - shift];

    if (target == x->type.dim[i])
      continue;
    if (target != 1)
      return _mp_shape_error (MP_OP_SUM, x, NULL, "cannot be summed to %lld on axis %d", (long long) target, i);
    mask |= MP_AXIS (i);
  }
  if (mask != 0)
    x = mp_sum (x, mask, TRUE);
  return mp_reshape (x, *type);
}

MpNode *
mp_transpose (MpNode     *x,
              const gint *perm)
{
  MpAttrs attrs = { 0 };
  MpTensorType type;
  gint seen = 0;
  gboolean identity = TRUE;

  if (x == NULL)
    return NULL;
  type = x->type;
  for (gint i = 0; i < x->type.rank; i++) {
    if (perm[i] < 0 || perm[i] >= x->type.rank || (seen & MP_AXIS (perm[i])) != 0)
      return _mp_shape_error (MP_OP_TRANSPOSE, x, NULL, "axis order entry %d is %d: every axis must occur once",
                              i, perm[i]);
    seen |= MP_AXIS (perm[i]);
    identity &= perm[i] == i;
    attrs.perm[i] = perm[i];
    type.dim[i] = x->type.dim[perm[i]];
  }
  if (identity)
    return x;
  return _mp_node_new (x->graph, MP_OP_TRANSPOSE, &type, &attrs, 1, &x);
}

MpNode *
mp_slice (MpNode       *x,
          const gint64 *start,
          const gint64 *stop)
{
  MpAttrs attrs = { 0 };
  MpTensorType type;
  double value;

  if (x == NULL)
    return NULL;
  type = x->type;
  for (gint i = 0; i < x->type.rank; i++) {
    if (start[i] < 0 || start[i] > stop[i] || stop[i] > x->type.dim[i])
      return _mp_shape_error (MP_OP_SLICE, x, NULL, "[%lld, %lld) is not within axis %d", (long long) start[i],
                              (long long) stop[i], i);
    attrs.start[i] = start[i];
    attrs.stop[i] = stop[i];
    type.dim[i] = stop[i] - start[i];
  }
  if (mp_tensor_equal (&type, &x->type))
    return x;
  if (_mp_uniform (x, &value))
    return mp_full (x->graph, type, value);
  return _mp_node_new (x->graph, MP_OP_SLICE, &type, &attrs, 1, &x);
}

MpNode *
mp_slice_axis (MpNode *x,
               gint    axis,
               gint64  start,
               gint64  stop)
{
  gint64 first[MP_MAX_RANK] = { 0 }, last[MP_MAX_RANK];

  if (x == NULL)
    return NULL;
  if (axis < 0 || axis >= x->type.rank)
    return _mp_shape_error (MP_OP_SLICE, x, NULL, "there is no axis %d", axis);
  memcpy (last, x->type.dim, sizeof last);
  first[axis] = start;
  last[axis] = stop;
  return mp_slice (x, first, last);
}

MpNode *
mp_pad (MpNode       *x,
        const gint64 *before,
        const gint64 *after)
{
  MpAttrs attrs = { 0 };
  MpTensorType type;

  if (x == NULL)
    return NULL;
  type = x->type;
  for (gint i = 0; i < x->type.rank; i++) {
    if (before[i] < 0 || after[i] < 0)
      return _mp_shape_error (MP_OP_PAD, x, NULL, "negative padding %lld, %lld on axis %d", (long long) before[i],
                              (long long) after[i], i);
    attrs.start[i] = before[i];
    attrs.stop[i] = after[i];
    type.dim[i] += before[i] + after[i];
  }
  if (mp_tensor_equal (&type, &x->type))
    return x;
  return _mp_node_new (x->graph, MP_OP_PAD, &type, &attrs, 1, &x);
}

MpNode *
mp_concat (gint           axis,
           guint          n,
           MpNode *const *xs)
{
  MpAttrs attrs = { .axis = axis };
  MpTensorType type;

  g_assert (n > 0);
  for (guint i = 0; i < n; i++)
    if (xs[i] == NULL)
      return NULL;
  type = xs[0]->type;
  if (axis < 0 || axis >= type.rank)
    return _mp_shape_error (MP_OP_CONCAT, xs[0], NULL, "there is no axis %d", axis);
  for (guint i = 1; i < n; i++) {
    MpTensorType other = xs[i]->type;

    type.dim[axis] += other.dim[axis];
    other.dim[axis] = type.dim[axis];
    if (!mp_tensor_equal (&other, &type))
      return _mp_shape_error (MP_OP_CONCAT, xs[0], xs[i], "shapes must agree on every axis but %d", axis);
  }
  if (n == 1)
    return xs[0];
  return _mp_node_new (xs[0]->graph, MP_OP_CONCAT, &type, &attrs, n, xs);
}

MpNode *
mp_gather (MpNode *x,
           MpNode *index)
{
  MpTensorType type;

  if (x == NULL || index == NULL)
    return NULL;
  if (x->type.rank < 1 || index->type.rank != 1 || index->type.dtype != MP_INT32)
    return _mp_shape_error (MP_OP_GATHER, x, index, "needs rows to pick from and an int32 index of rank 1");
  type = x->type;
  type.dim[0] = index->type.dim[0];
  return _mp_node_new (x->graph, MP_OP_GATHER, &type, NULL, 2, (MpNode *[]) { x, index });
}

MpNode *
mp_scatter_add (MpNode *dy,
                MpNode *index,
                gint64  rows)
{
  MpTensorType type;

  if (dy == NULL || index == NULL)
    return NULL;
  if (dy->type.rank < 1 || index->type.rank != 1 || index->type.dtype != MP_INT32
      || index->type.dim[0] != dy->type.dim[0] || rows < 0)
    return _mp_shape_error (MP_OP_SCATTER_ADD, dy, index, "needs as many rows as the int32 index of rank 1 has "
                            "entries, and a target of at least 0 rows (got %lld)", (long long) rows);
  type = dy->type;
  type.dim[0] = rows;
  return _mp_node_new (dy->graph, MP_OP_SCATTER_ADD, &type, NULL, 2, (MpNode *[]) { dy, index });
}

MpNode *
mp_band (MpNode *x,
         gint64  low,
         gint64  high)
{
  MpAttrs attrs = { .start = { low }, .stop = { high } };

  if (x == NULL)
    return NULL;
  if (x->type.rank < 2)
    return _mp_shape_error (MP_OP_BAND, x, NULL, "needs matrices");
  return _mp_node_new (x->graph, MP_OP_BAND, &x->type, &attrs, 1, &x);
}

/* ---- gradient rules ---- */

static void
reshape_rule (MpNode         *node,
              MpNode         *dy,
              const gboolean *wanted,
              MpNode        **out)
{
  out[0] = mp_reshape (dy, node->inputs[0]->type);
}

static void
broadcast_rule (MpNode         *node,
                MpNode         *dy,
                const gboolean *wanted,
                MpNode        **out)
{
  out[0] = mp_sum_to (dy, &node->inputs[0]->type);
}

static void
transpose_rule (MpNode         *node,
                MpNode         *dy,
                const gboolean *wanted,
                MpNode        **out)
{
  gint inverse[MP_MAX_RANK];

  for (gint i = 0; i < node->type.rank; i++)
    inverse[node->attrs.perm[i]] = i;
  out[0] = mp_transpose (dy, inverse);
}

static void
slice_rule (MpNode         *node,
            MpNode         *dy,
            const gboolean *wanted,
            MpNode        **out)
{
  gint64 after[MP_MAX_RANK];

  for (gint i = 0; i < node->type.rank; i++)
    after[i] = node->inputs[0]->type.dim[i] - node->attrs.stop[i];
  out[0] = mp_pad (dy, node->attrs.start, after);
}

static void
pad_rule (MpNode         *node,
          MpNode         *dy,
          const gboolean *wanted,
          MpNode        **out)
{
  gint64 stop[MP_MAX_RANK];

  for (gint i = 0; i < node->type.rank; i++)
    stop[i] = node->attrs.start[i] + node->inputs[0]->type.dim[i];
  out[0] = mp_slice (dy, node->attrs.start, stop);
}

static void
concat_rule (MpNode         *node,
             MpNode         *dy,
             const gboolean *wanted,
             MpNode        **out)
{
  gint axis = node->attrs.axis;
  gint64 at = 0;

  for (guint i = 0; i < node->n_inputs; i++) {
    gint64 size = node->inputs[i]->type.dim[axis];

    if (wanted[i])
      out[i] = mp_slice_axis (dy, axis, at, at + size);
    at += size;
  }
}

static void
gather_rule (MpNode         *node,
             MpNode         *dy,
             const gboolean *wanted,
             MpNode        **out)
{
  out[0] = mp_scatter_add (dy, node->inputs[1], node->inputs[0]->type.dim[0]);
}

static void
scatter_add_rule (MpNode         *node,
                  MpNode         *dy,
                  const gboolean *wanted,
                  MpNode        **out)
{
  out[0] = mp_gather (dy, node->inputs[1]);
}

static void
band_rule (MpNode         *node,
           MpNode         *dy,
           const gboolean *wanted,
           MpNode        **out)
{
  out[0] = mp_band (dy, node->attrs.start[0], node->attrs.stop[0]);
}

MpRule
_mp_rule_shape (MpOp op)
{
  switch ((int) op) {
  case MP_OP_RESHAPE: return reshape_rule;
  case MP_OP_BROADCAST: return broadcast_rule;
  case MP_OP_TRANSPOSE: return transpose_rule;
  case MP_OP_SLICE: return slice_rule;
  case MP_OP_PAD: return pad_rule;
  case MP_OP_CONCAT: return concat_rule;
  case MP_OP_GATHER: return gather_rule;
  case MP_OP_SCATTER_ADD: return scatter_add_rule;
  case MP_OP_BAND: return band_rule;
  default: return NULL;
  }
}
