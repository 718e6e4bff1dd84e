/* SPDX-License-Identifier: Apache-2.0
 *
 * graph.c: the graph itself: nodes, names, sources and the first mistake.
 */
#include "engine/graph/graph-private.h"
#include "engine/graph/plan.h"

#include <stdarg.h>
#include <string.h>

static void
node_free (gpointer data)
{
  MpNode *node = data;

  g_free (node->inputs);
  g_free (node->data);
  g_free (node);
}

MpGraph *
mp_graph_new (MpDtype dtype)
{
  MpGraph *graph = g_new0 (MpGraph, 1);

  g_assert (dtype != MP_INT32);
  graph->dtype = dtype;
  graph->nodes = g_ptr_array_new_with_free_func (node_free);
  graph->strings = g_string_chunk_new (1024);
  graph->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  return graph;
}

void
mp_graph_free (MpGraph *graph)
{
  if (graph == NULL)
    return;
  g_hash_table_unref (graph->by_name);
  g_ptr_array_unref (graph->nodes);
  g_string_chunk_free (graph->strings);
  g_clear_error (&graph->error);
  g_free (graph);
}

MpDtype
mp_graph_get_dtype (MpGraph *graph)
{
  return graph->dtype;
}

guint
mp_graph_get_n_nodes (MpGraph *graph)
{
  return graph->nodes->len;
}

MpNode *
mp_graph_get_node (MpGraph *graph,
                   guint    id)
{
  return g_ptr_array_index (graph->nodes, id);
}

gboolean
mp_graph_check (MpGraph  *graph,
                GError  **error)
{
  if (graph->error == NULL)
    return TRUE;
  if (error != NULL)
    *error = g_error_copy (graph->error);
  return FALSE;
}

MpNode *
mp_graph_fail (MpGraph    *graph,
               const char *format,
               ...)
{
  va_list args;

  va_start (args, format);
  if (graph->error == NULL)
    graph->error = g_error_new_valist (MP_ERROR, MP_ERROR_SHAPE, format, args);
  va_end (args);
  return NULL;
}

char *
_mp_node_text (const MpNode *node)
{
  char shape[128];

  mp_tensor_text (&node->type, shape, sizeof shape);
  if (node->name != NULL && node->group != NULL)
    return g_strdup_printf ("“%s/%s” (%s)", node->group, node->name, shape);
  if (node->name != NULL)
    return g_strdup_printf ("“%s” (%s)", node->name, shape);
  return g_strdup_printf ("%s #%u (%s)", mp_op_name (node->op), node->id, shape);
}

MpNode *
_mp_shape_error (MpOp        op,
                 MpNode     *a,
                 MpNode     *b,
                 const char *format,
                 ...)
{
  MpGraph *graph = a != NULL ? a->graph : b->graph;
  g_autofree char *reason = NULL;
  g_autofree char *first = a != NULL ? _mp_node_text (a) : NULL;
  g_autofree char *second = b != NULL ? _mp_node_text (b) : NULL;
  va_list args;

  va_start (args, format);
  reason = g_strdup_vprintf (format, args);
  va_end (args);
  return mp_graph_fail (graph, "%s of %s%s%s: %s", mp_op_name (op), first != NULL ? first : second,
                        first != NULL && second != NULL ? " and " : "",
                        first != NULL && second != NULL ? second : "", reason);
}

MpNode *
_mp_node_new (MpGraph            *graph,
              MpOp                op,
              const MpTensorType *type,
              const MpAttrs      *attrs,
              guint               n_inputs,
              MpNode *const      *inputs)
{
  MpNode *node = g_new0 (MpNode, 1);

  node->graph = graph;
  node->op = op;
  node->id = graph->nodes->len;
  node->type = *type;
  if (attrs != NULL)
    node->attrs = *attrs;
  node->n_inputs = n_inputs;
  if (n_inputs > 0)
    node->inputs = g_memdup2 (inputs, n_inputs * sizeof *inputs);
  g_ptr_array_add (graph->nodes, node);
  return node;
}

/* FNV-1a: stable over versions and machines, unlike g_str_hash's contract. */
guint32
mp_stream_id (const char *name)
{
  guint32 hash = 2166136261u;

  for (const guchar *p = (const guchar *) name; *p != 0; p++)
    hash = (hash ^ *p) * 16777619u;
  return hash;
}

MpTensorType
mp_type (MpDtype       dtype,
         gint          rank,
         const gint64 *dim)
{
  MpTensorType type = { .rank = rank, .dtype = dtype };

  g_assert (rank >= 0 && rank <= MP_MAX_RANK);
  for (gint i = 0; i < rank; i++)
    type.dim[i] = dim[i];
  return type;
}

MpTensorType
mp_shape_of (MpGraph      *graph,
             gsize         n,
             const gint64 *dim)
{
  gsize rank = 0;

  while (rank < n && dim[rank] >= 0)
    rank++;
  return mp_type (graph->dtype, (gint) rank, dim);
}

MpNode *
mp_named (MpNode     *node,
          const char *format,
          ...)
{
  g_autofree char *name = NULL;
  va_list args;

  if (node == NULL || node->name != NULL)
    return node;
  va_start (args, format);
  name = g_strdup_vprintf (format, args);
  va_end (args);
  node->name = g_string_chunk_insert (node->graph->strings, name);
  return node;
}

MpNode *
mp_renamed (MpNode     *node,
            const char *name)
{
  if (node != NULL)
    node->name = g_string_chunk_insert (node->graph->strings, name);
  return node;
}

/* ---- sources ---- */

MpNode *
mp_full (MpGraph      *graph,
         MpTensorType  type,
         double        value)
{
  MpAttrs attrs = { .scalar = { value } };

  return _mp_node_new (graph, MP_OP_CONSTANT, &type, &attrs, 0, NULL);
}

MpNode *
mp_scalar (MpGraph *graph,
           double   value)
{
  return mp_full (graph, mp_type (graph->dtype, 0, NULL), value);
}

MpNode *
mp_constant (MpGraph      *graph,
             MpTensorType  type,
             const void   *data)
{
  MpNode *node = mp_full (graph, type, 0);

  node->data = g_memdup2 (data, MAX (1, (gsize) mp_tensor_count (&type) * mp_dtype_size (type.dtype)));
  return node;
}

/* Parameters, states and inputs are found again by their full name, so every name is unique in its graph. */
static MpNode *
variable_new (MpGraph      *graph,
              MpOp          op,
              const char   *group,
              const char   *name,
              MpTensorType  type,
              MpInit        init)
{
  g_autofree char *full = group != NULL ? g_strconcat (group, "/", name, NULL) : g_strdup (name);
  MpNode *node = g_hash_table_lookup (graph->by_name, full);

  if (node != NULL) {
    if (op == MP_OP_INPUT && node->op == MP_OP_INPUT && mp_tensor_equal (&node->type, &type))
      return node;

    char first[128], second[128];

    mp_tensor_text (&node->type, first, sizeof first);
    mp_tensor_text (&type, second, sizeof second);
    return mp_graph_fail (graph, "a second %s named “%s” (%s, the first is %s): names must be unique in a graph",
                          mp_op_name (op), full, second, first);
  }
  node = _mp_node_new (graph, op, &type, NULL, 0, NULL);
  node->name = g_string_chunk_insert (graph->strings, name);
  node->group = group != NULL ? g_string_chunk_insert_const (graph->strings, group) : NULL;
  node->init = init;
  g_hash_table_insert (graph->by_name, g_string_chunk_insert (graph->strings, full), node);
  return node;
}

MpNode *
mp_parameter (MpGraph      *graph,
              const char   *group,
              const char   *name,
              MpTensorType  type,
              MpInit        init)
{
  return variable_new (graph, MP_OP_PARAMETER, group, name, type, init);
}

MpNode *
mp_state (MpGraph      *graph,
          const char   *name,
          MpTensorType  type,
          MpInit        init)
{
  return variable_new (graph, MP_OP_STATE, NULL, name, type, init);
}

MpNode *
mp_input (MpGraph      *graph,
          const char   *name,
          MpTensorType  type)
{
  return variable_new (graph, MP_OP_INPUT, NULL, name, type, (MpInit) { "zeros", 0 });
}

static MpNode *
random_new (MpGraph      *graph,
            MpOp          op,
            const char   *stream,
            MpTensorType  type,
            double        first,
            double        second)
{
  MpAttrs attrs = { .stream = mp_stream_id (stream), .scalar = { first, second } };

  return _mp_node_new (graph, op, &type, &attrs, 0, NULL);
}

MpNode *
mp_random_uniform (MpGraph      *graph,
                   const char   *stream,
                   MpTensorType  type,
                   double        low,
                   double        high)
{
  return random_new (graph, MP_OP_RANDOM_UNIFORM, stream, type, low, high);
}

MpNode *
mp_random_normal (MpGraph      *graph,
                  const char   *stream,
                  MpTensorType  type,
                  double        mean,
                  double        std)
{
  return random_new (graph, MP_OP_RANDOM_NORMAL, stream, type, mean, std);
}

MpNode *
mp_random_categorical (MpGraph      *graph,
                       const char   *stream,
                       MpTensorType  int_type,
                       gint64        n)
{
  if (int_type.dtype != MP_INT32 || n < 1 || n > G_MAXINT32)
    return mp_graph_fail (graph, "random-categorical “%s” over %" G_GINT64_FORMAT " values of %s: "
                          "needs dtype int32 and 1 to 2147483647 values", stream, n, mp_dtype_name (int_type.dtype));
  return random_new (graph, MP_OP_RANDOM_CATEGORICAL, stream, int_type, (double) n, 0);
}

MpNode *
mp_assign (MpNode *target,
           MpNode *value)
{
  if (target == NULL || value == NULL)
    return NULL;
  if (target->op != MP_OP_STATE && target->op != MP_OP_PARAMETER)
    return _mp_shape_error (MP_OP_ASSIGN, target, value, "the target must be a state or a parameter");
  if (!mp_tensor_equal (&target->type, &value->type))
    return _mp_shape_error (MP_OP_ASSIGN, target, value, "shapes and dtypes must be equal");
  return _mp_node_new (target->graph, MP_OP_ASSIGN, &target->type, NULL, 2, (MpNode *[]) { target, value });
}

GPtrArray *
mp_graph_list_group (MpGraph    *graph,
                     const char *group)
{
  GPtrArray *list = g_ptr_array_new ();

  for (guint i = 0; i < graph->nodes->len; i++) {
    MpNode *node = g_ptr_array_index (graph->nodes, i);

    if (node->op == MP_OP_PARAMETER && g_strcmp0 (node->group, group) == 0)
      g_ptr_array_add (list, node);
  }
  return list;
}

gint64
_mp_flat_layout (GPtrArray *parameters,
                 gint64    *offsets)
{
  gint64 total = 0;

  for (guint i = 0; i < parameters->len; i++) {
    MpNode *node = g_ptr_array_index (parameters, i);
    gint64 step = MP_ALIGNMENT / (gint64) mp_dtype_size (node->type.dtype);

    if (offsets != NULL)
      offsets[i] = total;
    total += (mp_tensor_count (&node->type) + step - 1) / step * step;
  }
  return total;
}
