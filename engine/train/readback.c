/* SPDX-License-Identifier: Apache-2.0
 *
 * readback.c: see readback.h.
 */
#include "engine/train/readback.h"

struct _MpReadback
{
  MpStore             *store;
  const MpDeviceClass *class;
  MpDevice            *device;
  MpStream            *stream;
  MpEvent             *ready;    /* on the store's stream: what is copied has been computed */
  MpEvent             *done;
  guint8              *memory;   /* page-locked */
  gsize                bytes, used;
};

gsize
mp_readback_round_up (gsize bytes)
{
  return (bytes + MP_ALIGNMENT - 1) / MP_ALIGNMENT * MP_ALIGNMENT;
}

MpReadback *
mp_readback_new (MpStore   *store,
                 MpStream  *stream,
                 gsize      bytes,
                 GError   **error)
{
  g_autoptr (MpReadback) self = g_new0 (MpReadback, 1);
  void *memory = NULL;

  self->store = store;
  self->class = mp_store_get_class (store);
  self->device = mp_store_get_device (store);
  self->stream = stream;
  self->bytes = MAX (bytes, MP_ALIGNMENT);
  if (!mp_check_status (self->class->event_new (self->device, &self->ready), "making an event", error)
      || !mp_check_status (self->class->event_new (self->device, &self->done), "making an event", error)
      || !mp_check_status (self->class->host_alloc (self->device, self->bytes, &memory),
                           "memory for what comes from the device", error))
    return NULL;
  self->memory = memory;
  return g_steal_pointer (&self);
}

void
mp_readback_free (MpReadback *self)
{
  if (self == NULL)
    return;
  if (self->done != NULL) {
    self->class->event_sync (self->done);
    self->class->event_free (self->done);
  }
  if (self->ready != NULL)
    self->class->event_free (self->ready);
  if (self->memory != NULL)
    self->class->host_release (self->device, self->memory);
  g_free (self);
}

gboolean
mp_readback_begin (MpReadback  *self,
                   GError     **error)
{
  MpStream *main = mp_store_get_stream (self->store, error);

  self->used = 0;
  return main != NULL
         && mp_check_status (self->class->event_record (self->ready, main), "recording an event", error)
         && mp_check_status (self->class->stream_wait (self->stream, self->ready), "ordering streams", error);
}

gboolean
mp_readback_add (MpReadback  *self,
                 const void  *address,
                 gsize        bytes,
                 GError     **error)
{
  gsize at = self->used;

  g_assert (at + bytes <= self->bytes);
  self->used += mp_readback_round_up (bytes);
  return mp_check_status (self->class->download (self->device, self->stream, self->memory + at, address, bytes),
                          "copying from the device", error);
}

gboolean
mp_readback_end (MpReadback  *self,
                 GError     **error)
{
  return mp_check_status (self->class->event_record (self->done, self->stream), "recording an event", error);
}

gboolean
mp_readback_poll (MpReadback  *self,
                  gboolean     wait,
                  gboolean    *there,
                  GError     **error)
{
  int passed = TRUE;

  if (!mp_check_status (wait ? self->class->event_sync (self->done) : self->class->event_query (self->done, &passed),
                        "waiting for the device", error))
    return FALSE;
  *there = passed;
  return TRUE;
}

const void *
mp_readback_get (MpReadback *self)
{
  return self->memory;
}

gboolean
mp_readback_guard (MpReadback  *self,
                   GError     **error)
{
  MpStream *main = mp_store_get_stream (self->store, error);

  return main != NULL && mp_check_status (self->class->stream_wait (main, self->done), "ordering streams", error);
}
