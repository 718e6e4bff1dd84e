/* SPDX-License-Identifier: Apache-2.0
 *
 * lower.c: from wanted nodes to a minimal list of values.
 *
 * Only what the wanted nodes need is visited (dead code falls away). Ops that the back end declines are replaced by
 * their expansion into simpler ops; equal expressions become one value; reshapes and stop-gradients become views.
 * Doing expansion before merging lets a forward solve and the solves of its gradient share one Cholesky factor.
 */
#include "engine/graph/graph-private.h"
#include "engine/graph/plan-private.h"

#include <string.h>

typedef struct
{
  MpLowered           *out;
  GHashTable          *unique;  /* MpValue → itself, by expression */
  const MpDeviceClass *class;
  MpDevice            *device;
  GError             **error;
} Lowering;

static void
value_free (gpointer data)
{
  MpValue *value = data;

  g_free (value->inputs);
  g_free (value);
}

void
_mp_lowered_free (MpLowered *lowered)
{
  if (lowered == NULL)
    return;
  g_hash_table_unref (lowered->by_node);
  g_ptr_array_unref (lowered->values);
  g_free (lowered);
}

static guint
mix (guint       hash,
     const void *data,
     gsize       size)
{
  const guint8 *bytes = data;

  for (gsize i = 0; i < size; i++)
    hash = (hash ^ bytes[i]) * 16777619u;
  return hash;
}

static guint
expression_hash (gconstpointer key)
{
  const MpValue *value = key;
  guint hash = mix (2166136261u, &value->node->op, sizeof value->node->op);

  hash = mix (hash, &value->node->type, sizeof value->node->type);
  hash = mix (hash, &value->node->attrs, sizeof value->node->attrs);
  return mix (hash, value->inputs, value->n_inputs * sizeof *value->inputs);
}

static gboolean
expression_equal (gconstpointer a,
                  gconstpointer b)
{
  const MpValue *x = a, *y = b;

  return x->node->op == y->node->op && x->n_inputs == y->n_inputs
         && memcmp (&x->node->type, &y->node->type, sizeof x->node->type) == 0
         && memcmp (&x->node->attrs, &y->node->attrs, sizeof x->node->attrs) == 0
         && (x->n_inputs == 0 || memcmp (x->inputs, y->inputs, x->n_inputs * sizeof *x->inputs) == 0);
}

/* Variables are their own identity; so are constants with data. Random nodes of one stream are one value. */
static gboolean
may_merge (const MpNode *node)
{
  if (mp_op_class (node->op) == MP_CLASS_SOURCE)
    return node->op == MP_OP_CONSTANT && node->data == NULL;
  return TRUE;
}

static gboolean
device_supports (Lowering *self,
                 MpNode   *node)
{
  MpTensorType *types;
  MpKernelSpec spec = { .op = node->op, .attrs = node->attrs, .n_inputs = (gint32) node->n_inputs, .n_outputs = 1,
                        .outputs = &node->type };
  gboolean supported;

  types = g_new0 (MpTensorType, MAX (1, node->n_inputs));
  for (guint i = 0; i < node->n_inputs; i++)
    types[i] = node->inputs[i]->type;
  spec.inputs = types;
  supported = self->class->supports (self->device, &spec) != 0;
  g_free (types);
  return supported;
}

static gboolean
needs_support (const MpNode *node)
{
  switch (mp_op_class (node->op)) {
  case MP_CLASS_SOURCE:
  case MP_CLASS_ELEMENTWISE:
  case MP_CLASS_EFFECT:
    return FALSE;
  default:
    return node->op != MP_OP_RESHAPE && node->op != MP_OP_BROADCAST;
  }
}

static gboolean
computed_from_constants (const MpValue *value)
{
  if (mp_op_class (value->node->op) == MP_CLASS_SOURCE)
    return value->node->op == MP_OP_CONSTANT;
  for (guint i = 0; i < value->n_inputs; i++)
    if (!value->inputs[i]->constant)
      return FALSE;
  return value->n_inputs > 0;
}

static MpValue *
value_new (Lowering *self,
           MpNode   *node,
           MpValue **inputs)
{
  MpValue *value = g_new0 (MpValue, 1);

  value->node = node;
  value->n_inputs = node->n_inputs;
  value->inputs = inputs;
  value->storage = node->type.dtype;
  value->buffer = -1;
  if ((node->op == MP_OP_ADD || node->op == MP_OP_MUL) && inputs[0]->index > inputs[1]->index) {
    MpValue *first = inputs[0];

    inputs[0] = inputs[1];
    inputs[1] = first;
  }
  if (may_merge (node)) {
    MpValue *same = g_hash_table_lookup (self->unique, value);

    if (same != NULL) {
      self->out->n_merged++;
      value_free (value);
      return same;
    }
    g_hash_table_add (self->unique, value);
  }
  value->root = node->op == MP_OP_RESHAPE || node->op == MP_OP_STOP_GRADIENT ? inputs[0]->root : value;
  value->constant = computed_from_constants (value);
  value->index = self->out->values->len;
  for (guint i = 0; i < value->n_inputs; i++)
    inputs[i]->root->n_uses++;
  g_ptr_array_add (self->out->values, value);
  return value;
}

static MpValue *
visit (Lowering *self,
       MpNode   *node)
{
  MpValue *value = g_hash_table_lookup (self->out->by_node, node);
  MpValue **inputs;

  if (value != NULL)
    return value;
  if (needs_support (node) && !device_supports (self, node)) {
    MpNode *expansion = _mp_expand (node);

    if (expansion == NULL) {
      g_autofree char *text = _mp_node_text (node);

      g_set_error (self->error, MP_ERROR, MP_ERROR_DEVICE, "the device %s has no kernel for %s", self->class->id,
                   text);
      return NULL;
    }
    value = visit (self, expansion);
    if (value != NULL)
      g_hash_table_insert (self->out->by_node, node, value);
    return value;
  }
  inputs = g_new0 (MpValue *, MAX (1, node->n_inputs));
  for (guint i = 0; i < node->n_inputs; i++) {
    inputs[i] = visit (self, node->inputs[i]);
    if (inputs[i] == NULL) {
      g_free (inputs);
      return NULL;
    }
  }
  self->out->n_wanted++;
  value = value_new (self, node, inputs);
  g_hash_table_insert (self->out->by_node, node, value);
  return value;
}

/* Marks what the wanted nodes need, so that nodes can be visited by rising id without deep recursion. */
static gboolean *
find_needed (MpGraph   *graph,
             GPtrArray *wanted)
{
  guint n = mp_graph_get_n_nodes (graph);
  gboolean *needed = g_new0 (gboolean, MAX (1, n));

  for (guint i = 0; i < wanted->len; i++)
    needed[((MpNode *) g_ptr_array_index (wanted, i))->id] = TRUE;
  for (guint id = n; id-- > 0;) {
    MpNode *node = mp_graph_get_node (graph, id);

    for (guint i = 0; needed[id] && i < node->n_inputs; i++)
      needed[node->inputs[i]->id] = TRUE;
  }
  return needed;
}

MpLowered *
_mp_lower (MpGraph              *graph,
           const MpDeviceClass  *class,
           MpDevice             *device,
           GPtrArray            *wanted,
           GError              **error)
{
  MpLowered *out = g_new0 (MpLowered, 1);
  g_autoptr (GHashTable) unique = g_hash_table_new (expression_hash, expression_equal);
  Lowering self = { out, unique, class, device, error };
  g_autofree gboolean *needed = find_needed (graph, wanted);
  guint n = mp_graph_get_n_nodes (graph);

  out->values = g_ptr_array_new_with_free_func (value_free);
  out->by_node = g_hash_table_new (NULL, NULL);
  for (guint id = 0; id < n; id++)
    if (needed[id] && visit (&self, mp_graph_get_node (graph, id)) == NULL) {
      _mp_lowered_free (out);
      return NULL;
    }
  return out;
}

MpValue *
_mp_lowered_find (MpLowered *lowered,
                  MpNode    *node)
{
  return g_hash_table_lookup (lowered->by_node, node);
}

MpValue *
_mp_direct (MpValue *operand)
{
  while (operand->root != operand && _mp_same_dims (&operand->node->type, &operand->inputs[0]->node->type))
    operand = operand->inputs[0];
  return operand;
}

MpValue *
_mp_source (MpValue *operand)
{
  MpValue *value = _mp_direct (operand);
  double uniform;

  if (!value->inlined)
    return value;
  return _mp_direct (value->inputs[_mp_uniform (value->inputs[0]->node, &uniform) ? 1 : 0]);
}
