/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/session-lane.h"

#include <math.h>

#include "engine/runs/run.h"
#include "engine/runs/run-db.h"
#include "ui/branch-preview.h"
#include "ui/lane-groups.h"
#include "ui/lane-past.h"
#include "ui/session-private.h"

/* Some layers cost the lane a pass over a whole grid, or more. */
#define COSTLY_EVERY (400 * 1000)

gboolean
mp_session_lane_is_final (MpLaneState state)
{
  return state == MP_LANE_FINISHED || state == MP_LANE_STOPPED || state == MP_LANE_DIVERGED ||
         state == MP_LANE_FAILED;
}

/* ---- beginning and end ---- */

void
mp_session_lane_start (MpSessionLane    *lane,
                       MpTrainerOptions  options)
{
  MpSession *self = lane->session;
  g_autoptr (MpExperiment) own = mp_experiment_copy (mp_lane_model_get_experiment (lane->model));

  options.device = mp_lane_model_get_device (lane->model);
  options.scalars = TRUE;
  options.gives_way = TRUE;
  g_array_set_size (lane->curves, 0);
  lane->costly_at = 0;
  lane->wants_view = TRUE;
  lane->view_pending = FALSE;
  lane->trainer = mp_trainer_new (own, &options);
  if (self->speed > 0)
    mp_trainer_set_speed (lane->trainer, self->speed);
  if (self->pause_at > 0)
    mp_trainer_pause_at (lane->trainer, self->pause_at);
  mp_lane_model_set_run (lane->model, options.run_dir);
  mp_lane_model_set_kept (lane->model, FALSE);
  mp_lane_model_set_state (lane->model, MP_LANE_PREPARING, NULL);
  mp_trainer_set_notify (lane->trainer, mp_session_wake, self);
  mp_session_wake (self);
}

/* The parent's checkpoints may have been thinned since, or deleted with it. */
static void
check_parent (MpSessionLane *lane)
{
  guint64 iteration;
  const char *parent = mp_lane_model_get_parent (lane->model, &iteration);
  g_autofree char *words = NULL;
  gboolean found = parent && mp_branch_find_start (parent, &iteration, &words);

  if (!words)
    return;
  mp_lane_model_set_parent (lane->model, found ? parent : NULL, iteration);
  mp_session_fail (lane->session, words);
}

void
mp_session_lane_start_run (MpSessionLane *lane)
{
  MpSession *self = lane->session;
  g_autofree char *run_dir = mp_run_new_path (self->runs_dir, mp_lane_model_get_experiment (lane->model));
  MpTrainerOptions options = { .run_dir = run_dir, .iterations = -1 };
  guint64 iteration;

  check_parent (lane);
  options.from = mp_lane_model_get_parent (lane->model, &iteration);
  options.from_iteration = (gint64) iteration;
  options.start_paused = !self->wants_play || options.from;
  mp_session_lane_start (lane, options);
}

void
mp_session_lane_restart (MpSessionLane *lane,
                         MpExperiment  *experiment)
{
  g_autoptr (MpExperiment) copy = mp_experiment_copy (experiment);

  if (lane->trainer)
    mp_session_retire (lane->session, g_steal_pointer (&lane->trainer));
  mp_lane_model_start_over (lane->model, copy);
  mp_session_lane_start_run (lane);
}

void
mp_session_lane_free (gpointer data)
{
  MpSessionLane *lane = data;

  if (lane->trainer)
    mp_session_retire (lane->session, lane->trainer);
  g_signal_handlers_disconnect_by_data (lane->model, lane);
  g_signal_handlers_disconnect_by_data (mp_lane_model_get_layers (lane->model), lane);
  g_object_unref (lane->model);
  g_array_unref (lane->curves);
  g_array_unref (lane->scalars);
  g_free (lane);
}

void
mp_session_lane_discard_unused (MpTrainer *trainer)
{
  const char *run_dir = mp_trainer_get_run_dir (trainer);
  g_autofree char *parent = NULL;
  g_autoptr (MpRunDb) db = NULL;

  if (!run_dir || mp_trainer_get_iteration (trainer) > 0 || mp_trainer_get_state (trainer) != MP_LANE_STOPPED
      || !g_file_test (run_dir, G_FILE_TEST_IS_DIR))
    return;
  /* By way of the index, which may know the run already. */
  parent = g_path_get_dirname (run_dir);
  db = mp_run_db_open (parent, NULL);
  if (db && mp_run_db_update (db, run_dir, NULL))
    mp_run_db_delete (db, run_dir, NULL);
}

/* ---- what widgets ask of a lane ---- */

static char *
set_live_cb (MpLaneModel   *model,
             const char    *group,
             const char    *key,
             const char    *value,
             MpSessionLane *lane)
{
  g_autoptr (GError) error = NULL;

  if (!lane->trainer || mp_session_lane_is_final (mp_trainer_get_state (lane->trainer)))
    return NULL;
  lane->wants_view = TRUE;
  if (mp_trainer_set_live (lane->trainer, group, key, value, &error))
    return NULL;
  return g_strdup (error->message);
}

/* A value that changes at once, or a restart with others, may be what tells lanes apart. */
static void
draft_cb (MpLaneModel   *model,
          MpSessionLane *lane)
{
  mp_lane_groups_name (G_LIST_MODEL (lane->session->models));
}

static void
restart_cb (MpLaneModel   *model,
            MpSessionLane *lane)
{
  mp_session_lane_restart (lane, mp_lane_model_get_draft (model));
  mp_session_update_title (lane->session);
}

static void
layer_cb (MpLaneLayers  *layers,
          MpSessionLane *lane)
{
  lane->wants_view = TRUE;
  lane->costly_at = 0;
  mp_session_wake (lane->session);
}

static void
duplicate_cb (MpLaneModel   *model,
              MpSessionLane *lane)
{
  MpSession *self = lane->session;

  if (self->lanes->len < MP_MAX_LANES)
    mp_session_add_lane (self, mp_lane_model_get_draft (model), mp_lane_model_get_draft_device (model));
  else
    mp_session_fail (self, _("A comparison has six lanes at most."));
}

static void
repeat_cb (MpLaneModel   *model,
           MpSessionLane *lane)
{
  mp_session_repeat (lane->session, model);
}

static void
resume_cb (MpLaneModel   *model,
           MpSessionLane *lane)
{
  g_autoptr (GError) error = NULL;
  guint index;

  if (mp_lane_model_is_kept (model) && g_ptr_array_find (lane->session->lanes, lane, &index)
      && !mp_session_resume (lane->session, index, &error))
    mp_session_fail (lane->session, error->message);
}

/* The widget that asked is still in its handler, and would go with the lane. */
static void
remove_cb (MpLaneModel   *model,
           MpSessionLane *lane)
{
  lane->removing = TRUE;
  mp_session_queue_removal (lane->session);
}

MpSessionLane *
mp_session_lane_new (MpSession    *session,
                     MpExperiment *experiment,
                     const char   *device,
                     guint         colour)
{
  MpSessionLane *lane = g_new0 (MpSessionLane, 1);

  lane->session = session;
  lane->model = mp_lane_model_new (experiment, colour);
  mp_lane_model_set_draft_device (lane->model, device);
  mp_lane_model_start_over (lane->model, experiment);
  lane->curves = g_array_new (FALSE, FALSE, sizeof (guint));
  lane->scalars = g_array_new (FALSE, FALSE, sizeof (MpScalar));
  g_signal_connect (lane->model, "set-live", G_CALLBACK (set_live_cb), lane);
  g_signal_connect (lane->model, "changed-draft", G_CALLBACK (draft_cb), lane);
  mp_branch_preview_watch (lane->model);
  g_signal_connect (lane->model, "restart", G_CALLBACK (restart_cb), lane);
  g_signal_connect (lane->model, "duplicate", G_CALLBACK (duplicate_cb), lane);
  g_signal_connect (lane->model, "repeat", G_CALLBACK (repeat_cb), lane);
  g_signal_connect (lane->model, "resume", G_CALLBACK (resume_cb), lane);
  g_signal_connect (lane->model, "remove", G_CALLBACK (remove_cb), lane);
  g_signal_connect (mp_lane_model_get_layers (lane->model), "changed-choice", G_CALLBACK (layer_cb), lane);
  return lane;
}

/* ---- what the trainer tells ---- */

/* The trainer knows its series once it is prepared. */
static void
adopt_series (MpSessionLane *lane)
{
  const MpSeriesInfo *series;
  const MpLayerInfo *layers;
  guint n, n_layers;

  if (lane->curves->len > 0)
    return;
  series = mp_trainer_get_series (lane->trainer, &n);
  for (guint i = 0; i < n; i++) {
    /* A run that goes on has the curves of its past. */
    guint curve = mp_lane_model_adopt_curve (lane->model, &series[i]);

    g_array_append_val (lane->curves, curve);
  }
  if (n == 0)
    return;
  layers = mp_trainer_get_layers (lane->trainer, &n_layers);
  mp_lane_model_set_offer (lane->model, n_layers, layers);
  lane->curves_changed = TRUE;
}

static gint64
count_modes (MpLaneModel *model)
{
  MpExperiment *experiment = mp_lane_model_get_experiment (model);

  return mp_experiment_find_param (experiment, "data", "modes") ? mp_experiment_get_int (experiment, "data", "modes")
                                                                 : 0;
}

static double
last_value (MpLaneModel *model,
            const char  *id)
{
  const MpCurve *curve = mp_lane_model_find_curve (model, id);
  guint64 n = curve ? mp_series_get_n (curve->series) : 0, iteration;
  double value = NAN;

  if (n > 0)
    mp_series_get (curve->series, n - 1, &iteration, &value);
  return value;
}

void
mp_session_lane_pull_scalars (MpSessionLane *lane)
{
  GArray *scalars = lane->scalars;

  adopt_series (lane);
  g_array_set_size (scalars, 0);
  mp_trainer_drain_scalars (lane->trainer, scalars); /* also before there are any: the next notice waits for it */
  for (guint i = 0; i < scalars->len; i++) {
    const MpScalar *scalar = &g_array_index (scalars, MpScalar, i);

    if (scalar->series < lane->curves->len)
      mp_lane_model_append (lane->model, g_array_index (lane->curves, guint, scalar->series), scalar->iteration,
                            scalar->value);
  }
  lane->curves_changed = lane->curves_changed || scalars->len > 0;
}

/* Slow motion ends when the lane moves by itself. */
static void
pull_minibatch (MpSessionLane *lane)
{
  g_autoptr (MpMinibatch) minibatch = mp_trainer_dup_minibatch (lane->trainer);

  if (mp_trainer_get_state (lane->trainer) == MP_LANE_TRAINING)
    mp_lane_model_set_minibatch (lane->model, NULL);
  else if (minibatch != lane->minibatch)
    mp_lane_model_set_minibatch (lane->model, minibatch);
  lane->minibatch = minibatch;
}

void
mp_session_lane_pull_progress (MpSessionLane *lane)
{
  MpLaneProgress progress = {
    .iteration = mp_trainer_get_iteration (lane->trainer),
    .n_iterations = mp_trainer_get_n_iterations (lane->trainer),
    .seconds = mp_trainer_get_seconds (lane->trainer),
    .rate = mp_trainer_get_rate (lane->trainer),
    .look_seconds = mp_trainer_get_look_seconds (lane->trainer),
    .modes = last_value (lane->model, "modes"),
    .high_quality = last_value (lane->model, "high_quality"),
    .n_modes = count_modes (lane->model),
  };
  g_autofree char *phase = mp_trainer_dup_phase (lane->trainer);

  mp_lane_model_set_progress (lane->model, &progress);
  mp_lane_model_set_phase (lane->model, phase);
  pull_minibatch (lane);
  if (lane->curves_changed)
    mp_lane_model_changed_series (lane->model);
  lane->curves_changed = FALSE;
}

static void
pull_place (MpSessionLane *lane)
{
  const char *class = mp_trainer_get_device_class (lane->trainer);
  g_autofree char *name = NULL, *note = NULL, *detail = NULL;

  if (!class || mp_lane_model_get_place (lane->model))
    return;
  name = mp_trainer_dup_device (lane->trainer);
  note = mp_trainer_dup_device_note (lane->trainer);
  detail = note ? g_strdup_printf ("%s\n%s", name, note) : g_strdup (name);
  mp_lane_model_set_place (lane->model, g_str_equal (class, "cpu") ? _("CPU") : _("GPU"), detail);
}

gboolean
mp_session_lane_pull_state (MpSessionLane *lane)
{
  MpLaneState state = mp_trainer_get_state (lane->trainer);
  MpLaneState before = mp_lane_model_get_state (lane->model);
  gboolean changed = state != before;
  g_autoptr (GError) error = NULL;
  g_autofree char *activity = NULL;
  const char *message = NULL;

  if (state == MP_LANE_PREPARING) {
    activity = mp_trainer_dup_activity (lane->trainer);
    message = activity ? g_dgettext (GETTEXT_PACKAGE, activity) : NULL;
  } else if (state == MP_LANE_FAILED || state == MP_LANE_DIVERGED) {
    error = mp_trainer_dup_error (lane->trainer);
    message = error ? error->message : NULL;
  }
  mp_lane_model_set_state (lane->model, state, message);
  pull_place (lane);
  if (changed && state != MP_LANE_PREPARING) {
    g_autofree char *anew = mp_trainer_dup_anew (lane->trainer);
    g_autofree char *passed_over = before == MP_LANE_PREPARING ? mp_trainer_dup_passed_over (lane->trainer) : NULL;

    mp_lane_model_set_anew (lane->model, anew);
    if (passed_over)
      mp_session_fail (lane->session, passed_over);
    /* What a lane shows when it pauses or ends is where it stands, not where it was a frame ago. */
    lane->wants_view = TRUE;
  }
  return changed;
}

void
mp_session_lane_pull_view (MpSessionLane *lane,
                           gboolean       turn,
                           gint64         now)
{
  g_autoptr (MpSnapshot) snapshot = mp_trainer_dup_snapshot (lane->trainer);
  MpLaneState state = mp_lane_model_get_state (lane->model);
  gboolean moving = state == MP_LANE_TRAINING, costly;
  g_autofree char **wanted = NULL;
  /* Of the last frame: the one that comes now will be drawn before the next is here. */
  gboolean drawn = mp_lane_model_get_drawn (lane->model);

  if (snapshot && snapshot != mp_lane_model_get_snapshot (lane->model)) {
    lane->view_pending = FALSE;
    mp_lane_model_set_snapshot (lane->model, snapshot);
  }
  if (!mp_lane_model_is_watched (lane->model) || mp_lane_model_is_past (lane->model) || state == MP_LANE_PREPARING ||
      state == MP_LANE_FAILED)
    return;
  if (!lane->wants_view &&
      (!moving || !turn || lane->view_pending || !drawn))
    return;
  costly = lane->wants_view || now - lane->costly_at >= COSTLY_EVERY;
  wanted = mp_lane_layers_list_wanted (mp_lane_model_get_layers (lane->model), costly);
  mp_trainer_request_snapshot (lane->trainer, (const char *const *) wanted);
  lane->view_pending = TRUE;
  if (costly)
    lane->costly_at = now;
  lane->wants_view = FALSE;
}
