/* SPDX-License-Identifier: Apache-2.0
 *
 * place.c: one arena for all intermediate buffers: two buffers may share bytes when they are never alive together.
 *
 * Greedy by size (Pisarchyk and Lee: Efficient memory management for deep neural net inference, arXiv:2001.03288):
 * the largest buffer first, each at the lowest offset where nothing that lives with it lies.
 */
#include "engine/graph/plan-private.h"

static gint
by_size (gconstpointer a,
         gconstpointer b)
{
  const MpBuffer *x = *(MpBuffer *const *) a, *y = *(MpBuffer *const *) b;

  if (x->bytes != y->bytes)
    return x->bytes < y->bytes ? 1 : -1;
  return (x->first > y->first) - (x->first < y->first);
}

static gint
by_offset (gconstpointer a,
           gconstpointer b)
{
  const MpBuffer *x = *(MpBuffer *const *) a, *y = *(MpBuffer *const *) b;

  return (x->offset > y->offset) - (x->offset < y->offset);
}

static gsize
lowest_gap (GPtrArray      *placed,
            const MpBuffer *buffer)
{
  gsize offset = 0;

  for (guint i = 0; i < placed->len; i++) {
    const MpBuffer *other = g_ptr_array_index (placed, i);

    if (other->last < buffer->first || buffer->last < other->first || other->offset + other->bytes <= offset)
      continue;
    if (other->offset >= offset + buffer->bytes)
      break;
    offset = other->offset + other->bytes;
  }
  return offset;
}

gsize
_mp_place (MpBuffer *buffers,
           guint     n)
{
  g_autoptr (GPtrArray) order = g_ptr_array_new ();
  g_autoptr (GPtrArray) placed = g_ptr_array_new ();
  gsize total = 0;

  for (guint i = 0; i < n; i++) {
    buffers[i].bytes = (buffers[i].bytes + MP_ALIGNMENT - 1) / MP_ALIGNMENT * MP_ALIGNMENT;
    g_ptr_array_add (order, &buffers[i]);
  }
  g_ptr_array_sort (order, by_size);
  for (guint i = 0; i < n; i++) {
    MpBuffer *buffer = g_ptr_array_index (order, i);

    buffer->offset = lowest_gap (placed, buffer);
    total = MAX (total, buffer->offset + buffer->bytes);
    g_ptr_array_add (placed, buffer);
    g_ptr_array_sort (placed, by_offset);
  }
  return total;
}
