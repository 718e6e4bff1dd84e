/* SPDX-License-Identifier: Apache-2.0
 *
 * snapshot.c: counted snapshots; nobody changes one after it is published.
 */
#include "engine/train/trainer.h"

MpMinibatch *
mp_minibatch_ref (MpMinibatch *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mp_minibatch_unref (MpMinibatch *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_free (self->real);
  g_free (self->generated);
  g_free (self->ids);
  g_free (self->titles);
  g_free (self->before);
  g_free (self->now);
  g_free (self);
}

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
  g_free (self->latents);
  for (guint i = 0; i < self->n_layers; i++)
    mp_layer_clear (&self->layers[i]);
  g_free (self->layers);
  g_clear_pointer (&self->metrics, g_array_unref);
  g_free (self);
}

const MpLayer *
mp_snapshot_get_layer (MpSnapshot *self,
                       const char *id)
{
  for (guint i = 0; i < self->n_layers; i++)
    if (g_str_equal (self->layers[i].class->base.id, id))
      return &self->layers[i];
  return NULL;
}
