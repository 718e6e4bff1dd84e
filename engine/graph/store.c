/* SPDX-License-Identifier: Apache-2.0
 *
 * store.c: device memory of parameters, states and inputs, and the description of optimizer updates over it.
 *
 * A group's parameters lie in one block so that an update is one kernel. Optimizer moments are one state of the
 * block's size; the gaps between parameters stay zero, since their gradients are. A lane reserves one block for all
 * its variables, parameters and states first, so that all that training changes is copied at once.
 */
#include "engine/graph/plan-private.h"
#include "engine/graph/graph-private.h"

#include <string.h>

MpStore *
mp_store_new (MpGraph             *graph,
              const MpDeviceClass *class,
              MpDevice            *device)
{
  MpStore *store = g_new0 (MpStore, 1);
  MpDeviceInfo info;

  store->graph = graph;
  store->class = class;
  store->device = device;
  if (class->info (device, &info) == MP_OK)
    store->precision = info.precision;
  store->addresses = g_hash_table_new (NULL, NULL);
  store->groups = g_hash_table_new (g_str_hash, g_str_equal);
  store->blocks = g_ptr_array_new ();
  return store;
}

void
mp_store_free (MpStore *store)
{
  if (store == NULL)
    return;
  mp_store_sync (store, NULL);
  for (guint i = 0; i < store->blocks->len; i++)
    store->class->release (store->device, g_ptr_array_index (store->blocks, i));
  g_ptr_array_unref (store->blocks);
  g_hash_table_unref (store->addresses);
  g_hash_table_unref (store->groups);
  for (guint i = 0; i < MP_MAX_BRANCHES; i++)
    if (store->branches[i] != NULL)
      store->class->stream_free (store->branches[i]);
  for (guint i = 0; i < MP_STORE_SLOTS; i++)
    if (store->staged[i] != NULL)
      store->class->event_free (store->staged[i]);
  if (store->staging != NULL)
    store->class->host_release (store->device, store->staging);
  if (store->stream != NULL)
    store->class->stream_free (store->stream);
  g_free (store);
}

MpGraph *
mp_store_get_graph (MpStore *store)
{
  return store->graph;
}

gsize
mp_store_get_bytes (MpStore *store)
{
  return store->bytes;
}

gboolean
_mp_store_get_stream (MpStore   *store,
                      MpStream **out,
                      GError   **error)
{
  if (store->stream == NULL && store->class->stream_new != NULL
      && !mp_check_status (store->class->stream_new (store->device, &store->stream), "opening a stream", error))
    return FALSE;
  *out = store->stream;
  return TRUE;
}

const MpDeviceClass *
mp_store_get_class (MpStore *store)
{
  return store->class;
}

MpDevice *
mp_store_get_device (MpStore *store)
{
  return store->device;
}

MpStream *
mp_store_get_stream (MpStore  *store,
                     GError  **error)
{
  MpStream *stream;

  return _mp_store_get_stream (store, &stream, error) ? stream : NULL;
}

gboolean
mp_store_sync (MpStore  *store,
               GError  **error)
{
  return store->stream == NULL
         || mp_check_status (store->class->stream_sync (store->stream), "waiting for the device", error);
}

gboolean
_mp_store_zero (MpStore  *store,
                void     *address,
                gsize     bytes,
                GError  **error)
{
  return mp_check_status (store->class->fill (store->device, store->stream, address, 0, bytes), "clearing memory", error);
}

void *
_mp_store_allocate (MpStore     *store,
                    gsize        bytes,
                    const char  *what,
                    GError     **error)
{
  void *address = NULL;
  MpStream *stream;

  bytes = MAX (bytes, MP_ALIGNMENT);
  if (!_mp_store_get_stream (store, &stream, error)
      || !mp_check_status (store->class->alloc (store->device, bytes, &address), what, error))
    return NULL;
  if (!_mp_store_zero (store, address, bytes, error)) {
    store->class->release (store->device, address);
    return NULL;
  }
  return address;
}

static gsize
type_bytes (const MpTensorType *type)
{
  return (gsize) mp_tensor_count (type) * mp_dtype_size (type->dtype);
}

/* Bytes of the group's block. With a block, gives every parameter its place in it. */
static gsize
lay_out_group (MpStore    *store,
               const char *group,
               guint8     *block)
{
  g_autoptr (GPtrArray) list = mp_graph_list_group (store->graph, group);
  g_autofree gint64 *offsets = g_new (gint64, list->len);
  gsize size = mp_dtype_size (((MpNode *) g_ptr_array_index (list, 0))->type.dtype);
  gsize bytes = (gsize) _mp_flat_layout (list, offsets) * size;

  if (block == NULL)
    return bytes;
  for (guint i = 0; i < list->len; i++)
    g_hash_table_insert (store->addresses, g_ptr_array_index (list, i), block + (gsize) offsets[i] * size);
  g_hash_table_insert (store->groups, (gpointer) ((MpNode *) g_ptr_array_index (list, 0))->group, block);
  return bytes;
}

static gboolean
allocate_group (MpStore     *store,
                const char  *group,
                GError     **error)
{
  gsize bytes = lay_out_group (store, group, NULL);
  guint8 *block = _mp_store_allocate (store, bytes, group, error);

  if (block == NULL)
    return FALSE;
  lay_out_group (store, group, block);
  g_ptr_array_add (store->blocks, block);
  store->bytes += bytes;
  return TRUE;
}

static gsize
round_up (gsize bytes)
{
  return (MAX (bytes, 1) + MP_ALIGNMENT - 1) / MP_ALIGNMENT * MP_ALIGNMENT;
}

/* Where variables lie in one block: parameters and states, then inputs. Gives them their places when there is one.
 * trained: (out): bytes of the first part. */
static gsize
lay_out (MpStore *store,
         guint8  *block,
         gsize   *trained)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  guint n = mp_graph_get_n_nodes (store->graph);
  gsize at = 0;

  for (guint pass = 0; pass < 2; pass++) {
    for (guint i = 0; i < n; i++) {
      MpNode *node = mp_graph_get_node (store->graph, i);
      gboolean grouped = node->op == MP_OP_PARAMETER && node->group != NULL;

      if (pass == 1 ? node->op != MP_OP_INPUT : node->op != MP_OP_PARAMETER && node->op != MP_OP_STATE)
        continue;
      if (grouped && !g_hash_table_add (seen, (gpointer) node->group))
        continue;
      if (!grouped && block != NULL)
        g_hash_table_insert (store->addresses, node, block + at);
      at += round_up (grouped ? lay_out_group (store, node->group, block != NULL ? block + at : NULL)
                              : type_bytes (&node->type));
    }
    if (pass == 0 && trained != NULL)
      *trained = at;
  }
  return at;
}

gsize
mp_store_predict (MpStore *store,
                  gsize   *trained)
{
  if (store->reserved == NULL)
    return lay_out (store, NULL, trained);
  if (trained != NULL)
    *trained = store->trained_bytes;
  return store->reserved_bytes;
}

gboolean
mp_store_reserve (MpStore  *store,
                  GError  **error)
{
  g_return_val_if_fail (g_hash_table_size (store->addresses) == 0, FALSE);

  store->reserved_bytes = lay_out (store, NULL, &store->trained_bytes);
  store->reserved = _mp_store_allocate (store, store->reserved_bytes, "the lane's variables", error);
  if (store->reserved == NULL)
    return FALSE;
  g_ptr_array_add (store->blocks, store->reserved);
  lay_out (store, store->reserved, NULL);
  store->bytes += store->reserved_bytes;
  return TRUE;
}

void *
mp_store_get_trained (MpStore *store,
                      gsize   *bytes)
{
  g_return_val_if_fail (store->reserved != NULL, NULL);
  *bytes = store->trained_bytes;
  return store->reserved;
}

void *
_mp_store_address (MpStore  *store,
                   MpNode   *variable,
                   GError  **error)
{
  void *address = g_hash_table_lookup (store->addresses, variable);

  if (address != NULL)
    return address;
  g_assert (variable->op == MP_OP_PARAMETER || variable->op == MP_OP_STATE || variable->op == MP_OP_INPUT);
  if (variable->op == MP_OP_PARAMETER && variable->group != NULL) {
    /* A parameter made after its group got memory would break the block. */
    g_assert (g_hash_table_lookup (store->groups, variable->group) == NULL);
    if (!allocate_group (store, variable->group, error))
      return NULL;
    return g_hash_table_lookup (store->addresses, variable);
  }
  address = _mp_store_allocate (store, type_bytes (&variable->type), variable->name, error);
  if (address == NULL)
    return NULL;
  g_ptr_array_add (store->blocks, address);
  g_hash_table_insert (store->addresses, variable, address);
  store->bytes += type_bytes (&variable->type);
  return address;
}

void *
_mp_store_block (MpStore     *store,
                 const char  *group)
{
  return g_hash_table_lookup (store->groups, group);
}

gboolean
mp_store_write (MpStore     *store,
                MpNode      *variable,
                const void  *values,
                GError     **error)
{
  void *address = _mp_store_address (store, variable, error);

  return address != NULL
         && mp_check_status (store->class->upload (store->device, store->stream, address, values,
                                                   type_bytes (&variable->type)), variable->name, error);
}

gboolean
_mp_store_download (MpStore     *store,
                    void        *to,
                    const void  *from,
                    gsize        bytes,
                    const char  *what,
                    GError     **error)
{
  return mp_check_status (store->class->download (store->device, store->stream, to, from, bytes), what, error);
}

gboolean
mp_store_read (MpStore   *store,
               MpNode    *variable,
               void      *values,
               GError   **error)
{
  void *address = _mp_store_address (store, variable, error);

  return address != NULL
         && _mp_store_download (store, values, address, type_bytes (&variable->type), variable->name, error);
}

/* A free slot of page-locked memory, or NULL after an error. */
static guint8 *
take_slot (MpStore  *store,
           guint    *slot,
           GError  **error)
{
  const MpDeviceClass *class = store->class;
  void *memory = store->staging;

  if (memory == NULL
      && !mp_check_status (class->host_alloc (store->device, MP_STORE_SLOTS * MP_STORE_SLOT_BYTES, &memory),
                           "memory for live settings", error))
    return NULL;
  store->staging = memory;
  *slot = store->next_slot++ % MP_STORE_SLOTS;
  if (store->staged[*slot] == NULL
      && !mp_check_status (class->event_new (store->device, &store->staged[*slot]), "making an event", error))
    return NULL;
  if (!mp_check_status (class->event_sync (store->staged[*slot]), "waiting for the device", error))
    return NULL;
  return store->staging + *slot * MP_STORE_SLOT_BYTES;
}

static gboolean
write_small (MpStore     *store,
             MpNode      *variable,
             const void  *values,
             GError     **error)
{
  gsize bytes = type_bytes (&variable->type);
  void *address = _mp_store_address (store, variable, error);
  guint8 *staging;
  guint slot;

  if (address == NULL || (staging = take_slot (store, &slot, error)) == NULL)
    return FALSE;
  memcpy (staging, values, bytes);
  return mp_check_status (store->class->upload (store->device, store->stream, address, staging, bytes),
                          variable->name, error)
         && mp_check_status (store->class->event_record (store->staged[slot], store->stream), variable->name, error);
}

gboolean
mp_store_write_doubles (MpStore       *store,
                        MpNode        *variable,
                        const double  *values,
                        GError       **error)
{
  gint64 n = mp_tensor_count (&variable->type);
  union
  {
    double full[16];
    float  single[16];
    gint32 integer[16];
  } few;
  g_autofree void *many = n > (gint64) G_N_ELEMENTS (few.full) ? g_malloc ((gsize) n * sizeof (double)) : NULL;
  void *converted = many != NULL ? many : &few;

  for (gint64 i = 0; i < n; i++)
    switch (variable->type.dtype) {
    case MP_FLOAT32: ((float *) converted)[i] = (float) values[i]; break;
    case MP_INT32: ((gint32 *) converted)[i] = (gint32) values[i]; break;
    case MP_FLOAT64:
    default: ((double *) converted)[i] = values[i]; break;
    }
  if (store->class->host_memory || many != NULL)
    return mp_store_write (store, variable, converted, error);
  return write_small (store, variable, converted, error);
}

void *
mp_store_get_address (MpStore  *store,
                      MpNode   *variable,
                      GError  **error)
{
  return _mp_store_address (store, variable, error);
}

void *
mp_store_map (MpStore *store,
              MpNode  *variable)
{
  return store->class->host_memory ? _mp_store_address (store, variable, NULL) : NULL;
}

/* ---- optimizer updates ---- */

static MpNode *
update_state (MpGraph      *graph,
              const char   *group,
              const char   *what,
              MpTensorType  type,
              gboolean      input)
{
  g_autofree char *name = g_strdup_printf ("optimizer/%s/%s", group, what);
  MpNode *existing = g_hash_table_lookup (graph->by_name, name);

  /* Several phases may move one group: they share its moments. */
  if (existing != NULL)
    return existing;
  return input ? mp_input (graph, name, type) : mp_state (graph, name, type, (MpInit) { "zeros", 0 });
}

MpMoments
mp_graph_get_moments (MpGraph    *graph,
                      const char *group)
{
  g_autoptr (GPtrArray) list = mp_graph_list_group (graph, group);
  gint64 n = _mp_flat_layout (list, NULL), n_hyper = MP_N_HYPER;
  MpDtype dtype = list->len > 0 ? ((MpNode *) g_ptr_array_index (list, 0))->type.dtype : graph->dtype;
  MpTensorType flat = mp_type (dtype, 1, &n);

  return (MpMoments) {
    .moment1 = update_state (graph, group, "m", flat, FALSE),
    .moment2 = update_state (graph, group, "v", flat, FALSE),
    .count = update_state (graph, group, "count", mp_type (MP_FLOAT64, 0, NULL), FALSE),
    .hyper = update_state (graph, group, "hyper", mp_type (MP_FLOAT64, 1, &n_hyper), TRUE),
  };
}

MpNode *
mp_moment_of (MpNode *moment,
              MpNode *parameter)
{
  g_autoptr (GPtrArray) list = NULL;
  g_autofree gint64 *offsets = NULL;
  guint index;
  gint64 n;

  if (moment == NULL || parameter == NULL)
    return NULL;
  list = mp_graph_list_group (parameter->graph, parameter->group);
  offsets = g_new (gint64, list->len);
  _mp_flat_layout (list, offsets);
  if (!g_ptr_array_find (list, parameter, &index))
    return NULL;
  n = mp_tensor_count (&parameter->type);
  return mp_reshape (mp_slice_axis (moment, 0, offsets[index], offsets[index] + n), parameter->type);
}

MpUpdate *
mp_update_new (MpGraph     *graph,
               MpNode      *loss,
               const char  *group,
               MpOp         op,
               guint32      flags,
               GError     **error)
{
  g_autoptr (GPtrArray) list = mp_graph_list_group (graph, group);
  MpUpdate *update;
  MpMoments moments;

  if (!mp_graph_check (graph, error))
    return NULL;
  if (list->len == 0) {
    g_set_error (error, MP_ERROR, MP_ERROR_UNKNOWN, "nothing to train: the graph has no parameters in group “%s”",
                 group);
    return NULL;
  }
  update = g_new0 (MpUpdate, 1);
  update->op = op;
  update->flags = flags;
  update->n_parameters = list->len;
  update->parameters = g_memdup2 (list->pdata, list->len * sizeof (gpointer));
  update->gradients = g_new0 (MpNode *, list->len);
  update->group = update->parameters[0]->group;
  if (!mp_gradients (graph, loss, list->len, update->parameters, update->gradients, error)) {
    mp_update_free (update);
    return NULL;
  }
  moments = mp_graph_get_moments (graph, group);
  update->moment1 = moments.moment1;
  update->moment2 = moments.moment2;
  update->count = moments.count;
  update->hyper = moments.hyper;
  return update;
}

void
mp_update_free (MpUpdate *update)
{
  if (update == NULL)
    return;
  g_free (update->parameters);
  g_free (update->gradients);
  g_free (update);
}
