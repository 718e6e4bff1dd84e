/* SPDX-License-Identifier: Apache-2.0
 *
 * substitute.c: values as they would be with other operands: what depends on the replaced nodes is appended once more,
 * everything else is shared. So a loss of a network can be asked at parameters that are themselves computed.
 */
#include "engine/graph/graph-private.h"

static gboolean
fits (MpGraph       *graph,
      guint          n,
      MpNode *const *from,
      MpNode *const *to)
{
  for (guint i = 0; i < n; i++) {
    if (to[i] == NULL)
      return FALSE;
    if (!mp_tensor_equal (&from[i]->type, &to[i]->type)) {
      g_autofree char *first = _mp_node_text (from[i]);
      g_autofree char *second = _mp_node_text (to[i]);

      mp_graph_fail (graph, "%s cannot stand for %s: shapes and dtypes must be equal", second, first);
      return FALSE;
    }
  }
  return TRUE;
}

/* The node with the replaced inputs; itself where none was replaced. */
static MpNode *
copy_of (MpNode  *node,
         MpNode **instead)
{
  g_autofree MpNode **inputs = NULL;
  gboolean differs = FALSE;
  MpNode *copy;

  for (guint i = 0; i < node->n_inputs; i++)
    differs = differs || instead[node->inputs[i]->id] != node->inputs[i];
  if (!differs)
    return node;
  inputs = g_new (MpNode *, node->n_inputs);
  for (guint i = 0; i < node->n_inputs; i++)
    inputs[i] = instead[node->inputs[i]->id];
  copy = _mp_node_new (node->graph, node->op, &node->type, &node->attrs, node->n_inputs, inputs);
  copy->name = node->name;
  return copy;
}

MpNode *
mp_substitute (MpNode        *value,
               guint          n,
               MpNode *const *from,
               MpNode *const *to)
{
  g_autofree gboolean *needed = NULL;
  g_autofree MpNode **instead = NULL; /* by id, for what the value needs */

  if (value == NULL || !fits (value->graph, n, from, to))
    return NULL;
  needed = g_new0 (gboolean, value->id + 1);
  instead = g_new0 (MpNode *, value->id + 1);
  needed[value->id] = TRUE;
  for (guint id = value->id + 1; id-- > 0;) {
    const MpNode *node = mp_graph_get_node (value->graph, id);

    for (guint i = 0; needed[id] && i < node->n_inputs; i++)
      needed[node->inputs[i]->id] = TRUE;
  }
  for (guint i = 0; i < n; i++)
    if (from[i]->id <= value->id)
      instead[from[i]->id] = to[i];
  for (guint id = 0; id <= value->id; id++)
    if (needed[id] && instead[id] == NULL)
      instead[id] = copy_of (mp_graph_get_node (value->graph, id), instead);
  return instead[value->id];
}
