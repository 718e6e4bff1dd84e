/* SPDX-License-Identifier: Apache-2.0
 *
 * graph-private.h: what the builders, the gradient rules and the planner share.
 */
#pragma once

#include "engine/graph/graph.h"

struct _MpGraph
{
  MpDtype       dtype;
  GPtrArray    *nodes;       /* MpNode *, owned */
  GStringChunk *strings;
  GHashTable   *by_name;     /* inputs, states and parameters: full name → MpNode */
  GError       *error;       /* the first mistake */
};

/* Appends a node; takes the attributes by value. inputs are copied. */
MpNode *_mp_node_new (MpGraph *graph, MpOp op, const MpTensorType *type, const MpAttrs *attrs, guint n_inputs,
                      MpNode *const *inputs);
/* "relu #12 (float32 200×100)" or with the node's name; (transfer full). */
char   *_mp_node_text (const MpNode *node);
/* Remembers MP_ERROR_SHAPE about an op on up to three operands. Returns NULL. */
MpNode *_mp_shape_error (MpOp op, MpNode *a, MpNode *b, const char *format, ...) G_GNUC_PRINTF (4, 5);

/* TRUE for constants that hold one value everywhere. */
gboolean _mp_uniform (const MpNode *node, double *value);
/* One elementwise operation on doubles; for folding. */
double   _mp_evaluate (MpOp op, const MpAttrs *attrs, double a, double b, double c);
gboolean _mp_same_dims (const MpTensorType *a, const MpTensorType *b);
/* The mask of axes with MP_ALL_AXES resolved; FALSE when a bit lies outside the rank. */
gboolean _mp_axes (const MpNode *x, gint axes, gint32 *mask);
/* type with the masked axes of size 1. */
MpTensorType _mp_keep_type (const MpTensorType *type, gint32 mask);

/* A gradient rule: stores ∂/∂input[i] in out[i] for every i with wanted[i], or leaves NULL for none. */
typedef void (*MpRule) (MpNode *node, MpNode *dy, const gboolean *wanted, MpNode **out);
MpRule  _mp_rule_elementwise (MpOp op);
MpRule  _mp_rule_shape (MpOp op);
MpRule  _mp_rule_product (MpOp op);
MpRule  _mp_rule_linalg (MpOp op);
/* Σ seed·∂out/∂wrt[i] with the wrt nodes as leaves; gradients[i] is NULL where out does not depend on wrt[i]. */
gboolean _mp_vjp (MpGraph *graph, MpNode *out, MpNode *seed, guint n, MpNode *const *wrt, gboolean leaves,
                  MpNode **gradients);

/* The same value written in ops that every back end has, or NULL when there is no such form. */
MpNode *_mp_expand (MpNode *node);

/* Where each parameter of a group lies in the group's flat block, in elements; returns the block's element count. */
gint64  _mp_flat_layout (GPtrArray *parameters, gint64 *offsets);
