/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/lane-past.h"

void
mp_lane_past_clear (MpLanePast *past)
{
  g_clear_pointer (&past->run_dir, g_free);
  g_clear_pointer (&past->parent_dir, g_free);
  g_clear_pointer (&past->anew, g_free);
  g_clear_pointer (&past->foreseen, g_free);
  g_clear_pointer (&past->snapshot, mp_snapshot_unref);
  g_clear_pointer (&past->minibatch, mp_minibatch_unref);
}

const char *
mp_lane_model_get_run (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), NULL);

  return mp_lane_model_get_past (self)->run_dir;
}

void
mp_lane_model_set_run (MpLaneModel *self,
                       const char  *run_dir)
{
  MpLanePast *past;
  char *copy;

  g_return_if_fail (MP_IS_LANE_MODEL (self));

  past = mp_lane_model_get_past (self);
  if (g_strcmp0 (past->run_dir, run_dir) == 0)
    return;
  copy = g_strdup (run_dir);
  g_free (past->run_dir);
  past->run_dir = copy;
  g_object_notify (G_OBJECT (self), "run");
}

gboolean
mp_lane_model_is_kept (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), FALSE);

  return mp_lane_model_get_past (self)->kept;
}

void
mp_lane_model_set_kept (MpLaneModel *self,
                        gboolean     kept)
{
  g_return_if_fail (MP_IS_LANE_MODEL (self));

  mp_lane_model_get_past (self)->kept = kept;
}

const char *
mp_lane_model_get_parent (MpLaneModel *self,
                          guint64     *iteration)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), NULL);

  *iteration = mp_lane_model_get_past (self)->parent_iteration;
  return mp_lane_model_get_past (self)->parent_dir;
}

void
mp_lane_model_set_parent (MpLaneModel *self,
                          const char  *run_dir,
                          guint64      iteration)
{
  MpLanePast *past;
  char *copy;

  g_return_if_fail (MP_IS_LANE_MODEL (self));

  past = mp_lane_model_get_past (self);
  copy = g_strdup (run_dir);
  g_free (past->parent_dir);
  past->parent_dir = copy;
  past->parent_iteration = iteration;
  g_object_notify (G_OBJECT (self), "run");
}

const char *
mp_lane_model_get_anew (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), NULL);

  return mp_lane_model_get_past (self)->anew;
}

const char *
mp_lane_model_get_foreseen (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), NULL);

  return mp_lane_model_get_past (self)->foreseen;
}

static void
set_words (MpLaneModel  *self,
           char        **place,
           const char   *words)
{
  char *copy;

  if (g_strcmp0 (*place, words) == 0)
    return;
  copy = g_strdup (words);
  g_free (*place);
  *place = copy;
  g_object_notify (G_OBJECT (self), "anew");
}

void
mp_lane_model_set_anew (MpLaneModel *self,
                        const char  *words)
{
  g_return_if_fail (MP_IS_LANE_MODEL (self));

  set_words (self, &mp_lane_model_get_past (self)->anew, words);
}

void
mp_lane_model_set_foreseen (MpLaneModel *self,
                            const char  *words)
{
  g_return_if_fail (MP_IS_LANE_MODEL (self));

  set_words (self, &mp_lane_model_get_past (self)->foreseen, words);
}

void
mp_lane_model_show_past (MpLaneModel          *self,
                         MpSnapshot           *snapshot,
                         const MpLaneProgress *progress)
{
  MpLanePast *past;

  g_return_if_fail (MP_IS_LANE_MODEL (self));

  past = mp_lane_model_get_past (self);
  if (past->snapshot == snapshot)
    return;
  if (snapshot)
    mp_snapshot_ref (snapshot);
  g_clear_pointer (&past->snapshot, mp_snapshot_unref);
  past->snapshot = snapshot;
  mp_lane_layers_set_past (mp_lane_model_get_layers (self), snapshot);
  if (progress)
    past->progress = *progress;
  mp_lane_layers_set_past (mp_lane_model_get_layers (self), snapshot);
  g_object_notify (G_OBJECT (self), "snapshot");
  g_object_notify (G_OBJECT (self), "progress");
}

gboolean
mp_lane_model_is_past (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), FALSE);

  return mp_lane_model_get_past (self)->snapshot != NULL;
}

MpMinibatch *
mp_lane_model_get_minibatch (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), NULL);

  return mp_lane_model_get_past (self)->minibatch;
}

void
mp_lane_model_set_minibatch (MpLaneModel *self,
                             MpMinibatch *minibatch)
{
  MpLanePast *past;

  g_return_if_fail (MP_IS_LANE_MODEL (self));

  past = mp_lane_model_get_past (self);
  if (past->minibatch == minibatch)
    return;
  if (minibatch)
    mp_minibatch_ref (minibatch);
  g_clear_pointer (&past->minibatch, mp_minibatch_unref);
  past->minibatch = minibatch;
  g_object_notify (G_OBJECT (self), "minibatch");
}
