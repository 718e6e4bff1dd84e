/* SPDX-License-Identifier: Apache-2.0
 *
 * op-builders.h: the builder calls behind the "op" and "attrs" of the cases in tests/reference/ops.json.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "engine/graph/graph.h"

typedef struct
{
  MpGraph    *graph;
  JsonObject *attrs;
  guint       n;
  MpNode    **x;
} OpCall;

typedef struct
{
  const char *op;
  MpNode   *(*unary) (MpNode *x);
  MpNode   *(*binary) (MpNode *a, MpNode *b);
  MpNode   *(*reduction) (MpNode *x, gint axes, gboolean keep);
  MpNode   *(*call) (OpCall *call);
} OpBuilder;

extern const OpBuilder op_builders[];
extern const guint     n_op_builders;

/* NULL where there is none. */
const OpBuilder *op_builder_find (const char *op);
MpNode          *op_builder_call (const OpBuilder *builder, OpCall *call);
