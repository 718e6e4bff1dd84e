/* SPDX-License-Identifier: Apache-2.0
 *
 * session-commands.c: what people ask of all lanes: play, pause, steps, seed, speed; and how far the lanes are.
 */
#include "ui/session-private.h"

#include <math.h>

static void
command (MpSession *self,
         void        (*tell) (MpTrainer *trainer))
{
  for (guint i = 0; i < self->lanes->len; i++) {
    MpSessionLane *lane = g_ptr_array_index (self->lanes, i);

    if (lane->trainer && !mp_session_lane_is_final (mp_trainer_get_state (lane->trainer))) {
      tell (lane->trainer);
      lane->wants_view = TRUE;
    }
  }
  mp_session_wake (self);
  mp_session_update_playing (self);
}

void
mp_session_play (MpSession *self)
{
  g_return_if_fail (MP_IS_SESSION (self));

  self->wants_play = TRUE;
  command (self, mp_trainer_play);
}

void
mp_session_pause (MpSession *self)
{
  g_return_if_fail (MP_IS_SESSION (self));

  self->wants_play = FALSE;
  command (self, mp_trainer_pause);
}

void
mp_session_set_pause_at (MpSession *self,
                         guint64    iteration)
{
  g_return_if_fail (MP_IS_SESSION (self));

  self->pause_at = iteration;
  for (guint i = 0; i < self->lanes->len; i++) {
    MpSessionLane *lane = g_ptr_array_index (self->lanes, i);

    if (lane->trainer)
      mp_trainer_pause_at (lane->trainer, iteration);
  }
}

void
mp_session_step_iteration (MpSession *self)
{
  g_return_if_fail (MP_IS_SESSION (self));

  self->wants_play = FALSE;
  command (self, mp_trainer_step_iteration);
}

void
mp_session_step_phase (MpSession *self)
{
  g_return_if_fail (MP_IS_SESSION (self));

  self->wants_play = FALSE;
  command (self, mp_trainer_step_phase);
}

void
mp_session_step_lane_phase (MpSession *self,
                            guint      lane)
{
  MpSessionLane *stepped;

  g_return_if_fail (MP_IS_SESSION (self));
  g_return_if_fail (lane < self->lanes->len);

  stepped = g_ptr_array_index (self->lanes, lane);
  if (!stepped->trainer || mp_session_lane_is_final (mp_trainer_get_state (stepped->trainer)))
    return;
  mp_trainer_step_phase (stepped->trainer);
  stepped->wants_view = TRUE;
  mp_session_wake (self);
  mp_session_update_playing (self);
}

void
mp_session_reset (MpSession *self)
{
  g_return_if_fail (MP_IS_SESSION (self));

  self->wants_play = FALSE;
  for (guint i = 0; i < self->lanes->len; i++) {
    MpSessionLane *lane = g_ptr_array_index (self->lanes, i);

    if (lane->trainer)
      mp_session_lane_restart (lane, mp_lane_model_get_experiment (lane->model));
  }
  mp_session_update_playing (self);
}

gboolean
mp_session_get_playing (MpSession *self)
{
  g_return_val_if_fail (MP_IS_SESSION (self), FALSE);

  return self->playing;
}

gboolean
mp_session_get_can_play (MpSession *self)
{
  g_return_val_if_fail (MP_IS_SESSION (self), FALSE);

  return self->can_play;
}

gint64
mp_session_get_seed (MpSession *self)
{
  g_return_val_if_fail (MP_IS_SESSION (self), 0);

  return self->seed;
}

void
mp_session_set_seed (MpSession *self,
                     gint64     seed)
{
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, seed);

  g_return_if_fail (MP_IS_SESSION (self));

  if (self->seed == seed || self->lanes->len == 0)
    return;
  for (guint i = 0; i < self->lanes->len; i++) {
    MpSessionLane *lane = g_ptr_array_index (self->lanes, i);
    g_autoptr (MpExperiment) experiment = mp_experiment_copy (mp_lane_model_get_experiment (lane->model));
    g_autoptr (GError) error = NULL;

    if (!lane->trainer)
      continue;
    if (!mp_experiment_set_value (experiment, "train", "seed", text, &error)) {
      mp_session_fail (self, error->message);
      break;
    }
    mp_session_lane_restart (lane, experiment);
  }
  mp_session_update (self);
}

double
mp_session_get_speed (MpSession *self)
{
  g_return_val_if_fail (MP_IS_SESSION (self), 0);

  return self->speed;
}

void
mp_session_set_speed (MpSession *self,
                      double     per_second)
{
  g_return_if_fail (MP_IS_SESSION (self));
  g_return_if_fail (per_second >= 0);

  if (self->speed == per_second)
    return;
  self->speed = per_second;
  for (guint i = 0; i < self->lanes->len; i++) {
    MpSessionLane *lane = g_ptr_array_index (self->lanes, i);

    if (lane->trainer)
      mp_trainer_set_speed (lane->trainer, per_second);
  }
  g_object_notify (G_OBJECT (self), "speed");
}

gboolean
mp_session_get_progress (MpSession *self,
                         guint64   *iteration,
                         guint64   *n_iterations,
                         double    *seconds_left)
{
  gboolean any = FALSE;

  g_return_val_if_fail (MP_IS_SESSION (self), FALSE);

  *iteration = *n_iterations = 0;
  *seconds_left = NAN;
  for (guint i = 0; i < self->lanes->len; i++) {
    MpSessionLane *lane = g_ptr_array_index (self->lanes, i);
    const MpLaneProgress *progress = mp_lane_model_get_live_progress (lane->model);
    MpLaneState state = mp_lane_model_get_state (lane->model);

    if (state == MP_LANE_FAILED || state == MP_LANE_DIVERGED || progress->n_iterations == 0)
      continue;
    if (!any || progress->iteration < *iteration) {
      *iteration = progress->iteration;
      *n_iterations = progress->n_iterations;
    }
    any = TRUE;
    if (state == MP_LANE_TRAINING && progress->rate > 0) {
      double left = (progress->n_iterations - progress->iteration) / progress->rate;

      *seconds_left = isnan (*seconds_left) ? left : MAX (*seconds_left, left);
    }
  }
  return any;
}
