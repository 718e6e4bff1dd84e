/* SPDX-License-Identifier: Apache-2.0
 *
 * feed.c: see feed.h.
 *
 * Block k holds items k·m … (k+1)·m − 1 and lies in place k mod N_BLOCKS. Life of a place:
 *   upload k       the upload stream waits for `read` of the block that was there, the host for `arrived` (its
 *                  page-locked memory is free again then)
 *   first use      the store's stream waits for `arrived`
 *   no more use    `read` is recorded on the store's stream, once what is put there next begins behind the block
 */
#include "engine/train/feed.h"

#define N_BLOCKS 4
#define BLOCK_ITEMS 64
#define BLOCK_BYTES (8 * 1024 * 1024)

typedef struct
{
  guint64  block;
  gboolean loaded;     /* on its way, or there */
  gboolean awaited;    /* the store's stream waits for it */
  gboolean left;       /* `read` is recorded */
  MpEvent *arrived, *read;
} Place;

struct _MpFeed
{
  MpStore             *store;
  const MpDeviceClass *class;
  MpDevice            *device;
  MpStream            *stream;
  MpFeedFill           fill;
  gpointer             data;
  gsize                item_bytes;
  guint64              block_items;
  Place                places[N_BLOCKS];
  guint8              *ring;           /* on the device */
  guint8              *staging;
  MpKernel            *fetch;
  void                *workspace;
};

static gsize
get_item_bytes (const MpNode *input)
{
  return (gsize) mp_tensor_count (&input->type) * mp_dtype_size (input->type.dtype);
}

static guint64
get_block_items (const MpNode *input)
{
  return CLAMP (BLOCK_BYTES / MAX (get_item_bytes (input), 1), 1, BLOCK_ITEMS);
}

gsize
mp_feed_predict (const MpNode *input)
{
  return N_BLOCKS * get_block_items (input) * get_item_bytes (input);
}

static gboolean
make_kernel (MpFeed   *self,
             MpNode   *input,
             guint64   period,
             GError  **error)
{
  MpTensorType ring = { .rank = input->type.rank + 1, .dtype = input->type.dtype };
  MpKernelSpec spec = { .op = MP_OP_FETCH, .attrs = { .stop = { (gint64) period } }, .n_inputs = 1, .n_outputs = 1,
                        .inputs = &ring, .outputs = &input->type };
  void *address = mp_store_get_address (self->store, input, error);
  void *from = self->ring;
  gsize bytes;

  g_assert (ring.rank <= MP_MAX_RANK);
  ring.dim[0] = (gint64) (N_BLOCKS * self->block_items);
  for (gint32 i = 0; i < input->type.rank; i++)
    ring.dim[i + 1] = input->type.dim[i];
  if (address == NULL
      || !mp_check_status (self->class->kernel_new (self->device, &spec, &self->fetch), input->name, error))
    return FALSE;
  bytes = self->class->kernel_workspace (self->fetch);
  if (bytes > 0 && !mp_check_status (self->class->alloc (self->device, bytes, &self->workspace), input->name, error))
    return FALSE;
  return mp_check_status (self->class->kernel_bind (self->fetch, &from, &address, self->workspace), input->name, error);
}

MpFeed *
mp_feed_new (MpStore     *store,
             MpStream    *stream,
             MpNode      *input,
             guint64      period,
             MpFeedFill   fill,
             gpointer     data,
             GError     **error)
{
  g_autoptr (MpFeed) self = g_new0 (MpFeed, 1);
  void *ring = NULL, *staging = NULL;
  gsize bytes = mp_feed_predict (input);

  self->store = store;
  self->class = mp_store_get_class (store);
  self->device = mp_store_get_device (store);
  self->stream = stream;
  self->fill = fill;
  self->data = data;
  self->item_bytes = get_item_bytes (input);
  self->block_items = get_block_items (input);
  if (!mp_check_status (self->class->alloc (self->device, bytes, &ring), "memory for a ring of items", error))
    return NULL;
  self->ring = ring;
  if (!mp_check_status (self->class->host_alloc (self->device, bytes, &staging), "memory for items", error))
    return NULL;
  self->staging = staging;
  for (guint i = 0; i < N_BLOCKS; i++)
    if (!mp_check_status (self->class->event_new (self->device, &self->places[i].arrived), "making an event", error)
        || !mp_check_status (self->class->event_new (self->device, &self->places[i].read), "making an event", error))
      return NULL;
  return make_kernel (self, input, period, error) ? g_steal_pointer (&self) : NULL;
}

void
mp_feed_free (MpFeed *self)
{
  if (self == NULL)
    return;
  mp_store_sync (self->store, NULL);
  self->class->stream_sync (self->stream);
  if (self->fetch != NULL)
    self->class->kernel_free (self->fetch);
  for (guint i = 0; i < N_BLOCKS; i++) {
    if (self->places[i].arrived != NULL)
      self->class->event_free (self->places[i].arrived);
    if (self->places[i].read != NULL)
      self->class->event_free (self->places[i].read);
  }
  if (self->workspace != NULL)
    self->class->release (self->device, self->workspace);
  if (self->ring != NULL)
    self->class->release (self->device, self->ring);
  if (self->staging != NULL)
    self->class->host_release (self->device, self->staging);
  g_free (self);
}

guint64
mp_feed_get_capacity (MpFeed *self)
{
  /* Wherever they begin, they lie in all blocks at most. */
  return (N_BLOCKS - 1) * self->block_items;
}

/* Blocks that end before item `first` may be overwritten behind what is on the store's stream by now. */
static gboolean
leave_blocks (MpFeed   *self,
              guint64   first,
              GError  **error)
{
  MpStream *main = mp_store_get_stream (self->store, error);

  for (guint i = 0; main != NULL && i < N_BLOCKS; i++) {
    Place *place = &self->places[i];

    if (!place->loaded || place->left || (place->block + 1) * self->block_items > first)
      continue;
    if (!mp_check_status (self->class->event_record (place->read, main), "recording an event", error))
      return FALSE;
    place->left = TRUE;
  }
  return main != NULL;
}

static gboolean
load_block (MpFeed   *self,
            guint64   block,
            GError  **error)
{
  Place *place = &self->places[block % N_BLOCKS];
  gsize bytes = self->block_items * self->item_bytes;
  guint8 *staging = self->staging + block % N_BLOCKS * bytes;

  /* Only when the sequence does not go on where it was can there be a block that is in use. */
  if (place->loaded && !place->left && !mp_store_sync (self->store, error))
    return FALSE;
  if (place->left && !mp_check_status (self->class->stream_wait (self->stream, place->read), "ordering streams", error))
    return FALSE;
  if (!mp_check_status (self->class->event_sync (place->arrived), "waiting for an upload", error))
    return FALSE;
  for (guint64 i = 0; i < self->block_items; i++)
    self->fill (block * self->block_items + i, staging + i * self->item_bytes, self->data);
  *place = (Place) { .block = block, .loaded = TRUE, .arrived = place->arrived, .read = place->read };
  return mp_check_status (self->class->upload (self->device, self->stream, self->ring + block % N_BLOCKS * bytes, staging,
                                               bytes), "uploading items", error)
         && mp_check_status (self->class->event_record (place->arrived, self->stream), "recording an event", error);
}

static gboolean
await_block (MpFeed   *self,
             guint64   block,
             GError  **error)
{
  Place *place = &self->places[block % N_BLOCKS];
  MpStream *main = mp_store_get_stream (self->store, error);

  if ((!place->loaded || place->block != block) && !load_block (self, block, error))
    return FALSE;
  place->left = FALSE;
  if (place->awaited)
    return TRUE;
  place->awaited = TRUE;
  return main != NULL
         && mp_check_status (self->class->stream_wait (main, place->arrived), "ordering streams", error);
}

gboolean
mp_feed_ensure (MpFeed   *self,
                guint64   first,
                guint64   n,
                GError  **error)
{
  guint64 last = (first + MAX (n, 1) - 1) / self->block_items, next = last + 1;
  const Place *after = &self->places[next % N_BLOCKS];

  g_assert (n <= mp_feed_get_capacity (self));
  if (!leave_blocks (self, first, error))
    return FALSE;
  for (guint64 block = first / self->block_items; block <= last; block++)
    if (!await_block (self, block, error))
      return FALSE;
  /* One ahead, if there is a place that nothing needs. */
  if (after->loaded && (after->block == next || !after->left))
    return TRUE;
  return load_block (self, next, error);
}

gboolean
mp_feed_fetch (MpFeed              *self,
               const MpRunContext  *context,
               GError             **error)
{
  MpStream *main = mp_store_get_stream (self->store, error);

  return main != NULL && mp_check_status (self->class->kernel_run (self->fetch, main, context), "fetching an item", error);
}

gboolean
mp_feed_reset (MpFeed  *self,
               GError **error)
{
  for (guint i = 0; i < N_BLOCKS; i++)
    self->places[i].loaded = self->places[i].left = self->places[i].awaited = FALSE;
  return mp_store_sync (self->store, error)
         && mp_check_status (self->class->stream_sync (self->stream), "waiting for uploads", error);
}
