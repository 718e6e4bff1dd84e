/* SPDX-License-Identifier: Apache-2.0
 *
 * scalar-queue.c: see scalar-queue.h.
 */
#include "engine/train/scalar-queue.h"

#define CHUNK 4096
#define N_SPARE 4 /* chunks kept for reuse; more are given back to the system */

typedef struct _Chunk Chunk;
struct _Chunk
{
  Chunk   *next;
  guint    n;
  MpScalar scalars[CHUNK];
};

struct _MpScalarQueue
{
  GMutex mutex;
  Chunk *first, *last;  /* at least one */
  Chunk *spare;
  guint  n_spare;
  guint  n_chunks;
};

static void
free_chunks (Chunk *chunk)
{
  while (chunk != NULL) {
    Chunk *next = chunk->next;

    g_free (chunk);
    chunk = next;
  }
}

MpScalarQueue *
mp_scalar_queue_new (void)
{
  MpScalarQueue *self = g_new0 (MpScalarQueue, 1);

  g_mutex_init (&self->mutex);
  self->first = self->last = g_new0 (Chunk, 1);
  self->spare = g_new0 (Chunk, 1);
  self->n_spare = 1;
  self->n_chunks = 2;
  return self;
}

void
mp_scalar_queue_free (MpScalarQueue *self)
{
  free_chunks (self->first);
  free_chunks (self->spare);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

/* Call with the mutex held. */
static Chunk *
take_chunk (MpScalarQueue *self)
{
  Chunk *chunk = self->spare;

  if (chunk == NULL) {
    self->n_chunks++;
    return g_new0 (Chunk, 1);
  }
  self->spare = chunk->next;
  self->n_spare--;
  chunk->next = NULL;
  chunk->n = 0;
  return chunk;
}

void
mp_scalar_queue_push (MpScalarQueue *self,
                      guint64        iteration,
                      guint32        first,
                      guint          n,
                      const double  *values)
{
  g_mutex_lock (&self->mutex);
  for (guint i = 0; i < n; i++) {
    if (self->last->n == CHUNK) {
      self->last->next = take_chunk (self);
      self->last = self->last->next;
    }
    self->last->scalars[self->last->n++] = (MpScalar) { first + i, iteration, values[i] };
  }
  g_mutex_unlock (&self->mutex);
}

void
mp_scalar_queue_drain (MpScalarQueue *self,
                       GArray        *scalars)
{
  Chunk *full, *surplus = NULL;

  g_mutex_lock (&self->mutex);
  full = self->first;
  self->first = self->last = take_chunk (self);
  g_mutex_unlock (&self->mutex);

  for (Chunk *chunk = full; chunk != NULL; chunk = chunk->next)
    g_array_append_vals (scalars, chunk->scalars, chunk->n);

  g_mutex_lock (&self->mutex);
  while (full != NULL) {
    Chunk *next = full->next;
    gboolean keep = self->n_spare < N_SPARE;

    full->next = keep ? self->spare : surplus;
    if (keep) {
      self->spare = full;
      self->n_spare++;
    } else
      surplus = full;
    full = next;
  }
  g_mutex_unlock (&self->mutex);
  free_chunks (surplus);
}

guint
mp_scalar_queue_get_n_chunks (MpScalarQueue *self)
{
  guint n;

  g_mutex_lock (&self->mutex);
  n = self->n_chunks;
  g_mutex_unlock (&self->mutex);
  return n;
}
