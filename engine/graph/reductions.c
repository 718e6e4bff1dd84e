/* SPDX-License-Identifier: Apache-2.0
 *
 * reductions.c: builders of sums, means, extrema, log-sum-exp, softmax and normalisation.
 *
 * Every reduction node keeps its axes out of its type; `keep` adds a reshape, which costs nothing.
 */
#include "engine/graph/graph-private.h"

gboolean
_mp_axes (const MpNode *x,
          gint          axes,
          gint32       *mask)
{
  gint32 all = (1 << x->type.rank) - 1;

  *mask = axes == MP_ALL_AXES ? all : axes;
  return (*mask & ~all) == 0;
}

MpTensorType
_mp_keep_type (const MpTensorType *type,
               gint32              mask)
{
  MpTensorType kept = *type;

  for (gint i = 0; i < type->rank; i++)
    if ((mask & MP_AXIS (i)) != 0)
      kept.dim[i] = 1;
  return kept;
}

/* Remembers that axes do not fit x. Returns NULL. */
static MpNode *
axes_error (MpOp    op,
            MpNode *x,
            gint    axes)
{
  g_autoptr (GString) list = g_string_new (NULL);

  for (gint i = 0; i < 31; i++)
    if ((axes & MP_AXIS (i)) != 0)
      g_string_append_printf (list, "%s%d", list->len > 0 ? ", " : "", i);
  return _mp_shape_error (op, x, NULL, "there is no such set of axes {%s}: the operand has %d", list->str,
                          x->type.rank);
}

static MpTensorType
reduced_type (const MpTensorType *type,
              gint32              mask)
{
  MpTensorType reduced = { .dtype = type->dtype };

  for (gint i = 0; i < type->rank; i++)
    if ((mask & MP_AXIS (i)) == 0)
      reduced.dim[reduced.rank++] = type->dim[i];
  return reduced;
}

/* Elements under one result. */
static gint64
reduced_count (const MpTensorType *type,
               gint32              mask)
{
  gint64 count = 1;

  for (gint i = 0; i < type->rank; i++)
    if ((mask & MP_AXIS (i)) != 0)
      count *= type->dim[i];
  return count;
}

static MpNode *
reduce (MpOp      op,
        MpNode   *x,
        gint      axes,
        gboolean  keep)
{
  MpAttrs attrs = { 0 };
  MpTensorType type;
  MpNode *node;
  double value;

  if (x == NULL)
    return NULL;
  if (x->type.dtype == MP_INT32)
    return _mp_shape_error (op, x, NULL, "needs float32 or float64");
  if (!_mp_axes (x, axes, &attrs.axes))
    return axes_error (op, x, axes);
  if (op != MP_OP_SUM && reduced_count (&x->type, attrs.axes) == 0)
    return _mp_shape_error (op, x, NULL, "nothing to reduce: an axis is empty");
  if (attrs.axes == 0)
    return x;
  type = reduced_type (&x->type, attrs.axes);
  if (op == MP_OP_SUM && _mp_uniform (x, &value))
    node = mp_full (x->graph, type, value * (double) reduced_count (&x->type, attrs.axes));
  else if ((op == MP_OP_MEAN || op == MP_OP_MAX) && _mp_uniform (x, &value))
    node = mp_full (x->graph, type, value);
  else
    node = _mp_node_new (x->graph, op, &type, &attrs, 1, &x);
  return keep ? mp_reshape (node, _mp_keep_type (&x->type, attrs.axes)) : node;
}

MpNode *
mp_sum (MpNode   *x,
        gint      axes,
        gboolean  keep)
{
  return reduce (MP_OP_SUM, x, axes, keep);
}

MpNode *
mp_mean (MpNode   *x,
         gint      axes,
         gboolean  keep)
{
  return reduce (MP_OP_MEAN, x, axes, keep);
}

MpNode *
mp_max (MpNode   *x,
        gint      axes,
        gboolean  keep)
{
  return reduce (MP_OP_MAX, x, axes, keep);
}

MpNode *
mp_min (MpNode   *x,
        gint      axes,
        gboolean  keep)
{
  gint32 mask;

  if (x != NULL && !_mp_axes (x, axes, &mask))
    return axes_error (MP_OP_MAX, x, axes);
  return mp_neg (mp_max (mp_neg (x), axes, keep));
}

MpNode *
mp_log_sum_exp (MpNode   *x,
                gint      axes,
                gboolean  keep)
{
  return reduce (MP_OP_LOG_SUM_EXP, x, axes, keep);
}

/* Softmax and normalisation: same shape out as in. */
static MpNode *
along_axes (MpOp    op,
            MpNode *x,
            gint    axes,
            double  epsilon)
{
  MpAttrs attrs = { .scalar = { epsilon } };

  if (x == NULL)
    return NULL;
  if (x->type.dtype == MP_INT32)
    return _mp_shape_error (op, x, NULL, "needs float32 or float64");
  if (!_mp_axes (x, axes, &attrs.axes) || attrs.axes == 0)
    return axes_error (op, x, axes);
  return _mp_node_new (x->graph, op, &x->type, &attrs, 1, &x);
}

MpNode *
mp_softmax (MpNode *x,
            gint    axes)
{
  return along_axes (MP_OP_SOFTMAX, x, axes, 0);
}

MpNode *
mp_normalize (MpNode *x,
              gint    axes,
              double  epsilon)
{
  return along_axes (MP_OP_NORMALIZE, x, axes, epsilon);
}
