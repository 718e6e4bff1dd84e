/* SPDX-License-Identifier: Apache-2.0
 *
 * snapshot.c: counted snapshots; nobody changes one after it is published.
 */
#include "engine/train/trainer.h"

MpSnapshot *
mp_snapshot_ref (MpSnapshot *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mp_snapshot_unref (MpSnapshot *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_free (self->samples);
  g_free (self->data);
  for (guint i = 0; i < self->n_surfaces; i++)
    g_free (self->surfaces[i].values);
  g_free (self->surfaces);
  g_free (self->projected_data);
  g_free (self->projected_samples);
  g_clear_pointer (&self->metrics, g_array_unref);
  g_free (self);
}
