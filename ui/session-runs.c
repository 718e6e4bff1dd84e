/* SPDX-License-Identifier: Apache-2.0
 *
 * session-runs.c: kept runs as lanes: looked at without a trainer, trained on, branched from.
 */
#include <glib/gi18n-lib.h>

#include "ui/session-private.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "engine/train/branch.h"
#include "engine/train/series-names.h"
#include "ui/keyframe.h"
#include "ui/task.h"

#define CHECKPOINT_EVERY 50   /* milliseconds between two looks for a checkpoint that was asked for */
#define CHECKPOINT_WAIT 200   /* looks */

/* ---- reading a run, on a helper thread ---- */

typedef struct
{
  char     *id, *title;
  MpBetter  better;
  MpSeries *series;
} Curve;

typedef struct
{
  MpSessionLane *lane;       /* may be gone when the curves have come: asked of the session then */
  char          *run_dir;
  guint n_modes;
  GArray        *curves;     /* of Curve */
} Reading;

static void
curve_clear (gpointer data)
{
  Curve *curve = data;

  g_free (curve->id);
  g_free (curve->title);
  mp_series_unref (curve->series);
}

static void
reading_free (gpointer data)
{
  Reading *reading = data;

  g_free (reading->run_dir);
  g_array_unref (reading->curves);
  g_free (reading);
}

static void
add_curve (Reading       *reading,
           MpSeriesNames *names,
           const char    *id,
           GArray        *iterations,
           GArray        *values,
           double         scale)
{
  Curve curve = { g_strdup (id), mp_series_names_get_title (names, id), mp_series_names_get_better (names, id),
                  mp_series_new () };

  for (guint i = 0; i < iterations->len; i++)
    mp_series_append (curve.series, g_array_index (iterations, guint64, i), scale * g_array_index (values, double, i));
  g_array_append_val (reading->curves, curve);
}

static void
read_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  Reading *reading = data;
  g_autoptr (MpRun) run = mp_run_open (reading->run_dir, FALSE, NULL);
  g_autoptr (GPtrArray) ids = run ? mp_run_list_series (run, NULL) : NULL;
  g_autoptr (MpSeriesNames) names = mp_series_names_new ();

  if (run)
    mp_series_names_add (names, mp_run_get_experiment (run));
  for (guint i = 0; ids && i < ids->len; i++) {
    const char *id = g_ptr_array_index (ids, i);
    g_autoptr (GArray) iterations = g_array_new (FALSE, FALSE, sizeof (guint64));
    g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (double));

    if (!mp_run_read_series (run, id, iterations, values, NULL))
      continue;
    add_curve (reading, names, id, iterations, values, 1);
    if (g_str_equal (id, "modes") && reading->n_modes > 0)
      add_curve (reading, names, "share/modes", iterations, values, 100.0 / reading->n_modes);
    else if (g_str_equal (id, "high_quality"))
      add_curve (reading, names, "share/high_quality", iterations, values, 100);
  }
  g_task_return_boolean (task, TRUE);
}

/* ---- a lane of a kept run ---- */

static MpLaneState
read_state (const char *name)
{
  for (MpLaneState state = MP_LANE_FINISHED; state <= MP_LANE_FAILED; state++)
    if (g_str_equal (mp_lane_state_name (state), name))
      return state;
  return MP_LANE_STOPPED; /* interrupted, or training somewhere else */
}

static gboolean
find_lane (MpSession     *self,
           MpSessionLane *lane,
           guint         *index)
{
  return g_ptr_array_find (self->lanes, lane, index);
}

static void
read_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      data)
{
  MpSession *self = MP_SESSION (object);
  Reading *reading = g_task_get_task_data (G_TASK (result));
  MpLaneModel *model;
  guint index;

  if (!self->lanes || !find_lane (self, reading->lane, &index)
      || g_strcmp0 (mp_lane_model_get_run (reading->lane->model), reading->run_dir) != 0)
    return;
  model = reading->lane->model;
  for (guint i = 0; i < reading->curves->len; i++) {
    Curve *curve = &g_array_index (reading->curves, Curve, i);
    const MpMetric *metric = (const MpMetric *) mp_registry_find (MP_KIND_METRIC, curve->id);
    gboolean modes = g_str_equal (curve->id, "share/modes"), high = g_str_equal (curve->id, "share/high_quality");
    gboolean share = modes || high;
    MpSeriesInfo info = {
      .id = curve->id, .title = modes ? _("Modes covered") : high ? _("High quality") : curve->title,
      .unit = share ? "%" : metric ? metric->unit : NULL,
      .better = share ? MP_HIGHER_IS_BETTER : curve->better
    };

    mp_lane_model_take_curve (model, &info, mp_series_ref (curve->series));
  }
  mp_lane_model_changed_series (model);
  mp_timeline_refresh (self->timeline);
}

static void
read_curves (MpSession     *self,
             MpSessionLane *lane,
             const char    *run_dir,
             guint          n_modes)
{
  Reading *reading = g_new0 (Reading, 1);

  reading->lane = lane;
  reading->run_dir = g_strdup (run_dir);
  reading->n_modes = n_modes;
  reading->curves = g_array_new (FALSE, FALSE, sizeof (Curve));
  g_array_set_clear_func (reading->curves, curve_clear);
  mp_task_run (self, NULL, read_thread, reading, reading_free, read_cb, NULL);
}

/* The last keyframe is what a run that does not train looks like now. */
static void
show_last_keyframe (MpLaneModel *model,
                    const char  *run_dir)
{
  MpKeyframes keyframes;
  g_autoptr (MpSnapshot) snapshot = NULL;
  guint index;

  if (!mp_keyframes_open (&keyframes, run_dir, NULL))
    return;
  if (mp_timeline_reader_find (keyframes.reader, G_MAXUINT64, &index))
    snapshot = mp_keyframes_load (&keyframes, index, NULL);
  mp_keyframes_close (&keyframes);
  if (!snapshot)
    return;
  if (snapshot->n_layers > 0) {
    const MpLayerInfo info = { snapshot->layers[0].class, snapshot->layers[0].title };

    mp_lane_model_set_offer (model, 1, &info);
  }
  mp_lane_model_set_snapshot (model, snapshot);
}

static void
fill_model (MpLaneModel *model,
            MpRun       *run)
{
  MpExperiment *experiment = mp_lane_model_get_experiment (model);
  double seconds = mp_run_get_seconds (run);
  double high_quality = mp_run_get_last (run, "high_quality");
  gint64 n_modes = mp_experiment_find_param (experiment, "data", "modes")
                   ? mp_experiment_get_int (experiment, "data", "modes") : 0;
  guint64 iteration, parent_iteration;
  const char *parent = mp_run_get_parent (run, &parent_iteration);
  g_autofree char *anew = mp_branch_describe (mp_run_get_anew (run));
  MpLaneProgress progress = {
    .iteration = iteration = mp_run_get_iteration (run), .seconds = seconds,
    .n_iterations = (guint64) mp_experiment_get_int (experiment, "train", "iterations"),
    .rate = seconds > 0 ? (double) iteration / seconds : 0, .modes = mp_run_get_last (run, "modes"),
    .high_quality = high_quality, .n_modes = n_modes
  };

  mp_lane_model_set_run (model, mp_run_get_dir (run));
  if (parent)
    mp_lane_model_set_parent (model, parent, parent_iteration);
  mp_lane_model_set_anew (model, anew);
  mp_lane_model_set_progress (model, &progress);
  show_last_keyframe (model, mp_run_get_dir (run));
  mp_lane_model_set_state (model, read_state (mp_run_get_state (run)), mp_run_get_message (run));
  mp_lane_model_set_kept (model, mp_lane_model_get_state (model) != MP_LANE_DIVERGED);
}

/* A branch has its parent's colour when the parent is there. */
static guint
choose_colour (MpSession *self,
               MpRun     *run)
{
  guint64 iteration;
  const char *parent = mp_run_get_parent (run, &iteration);

  for (guint i = 0; parent && i < self->lanes->len; i++) {
    MpLaneModel *model = ((MpSessionLane *) g_ptr_array_index (self->lanes, i))->model;

    if (g_strcmp0 (mp_lane_model_get_run (model), parent) == 0)
      return mp_lane_model_get_colour (model);
  }
  return mp_session_free_colour (self);
}

static gboolean
has_room (MpSession *self,
          GError   **error)
{
  if (self->lanes->len < MP_MAX_LANES)
    return TRUE;
  g_set_error_literal (error, MP_ERROR, MP_ERROR_STATE, _("A comparison has six lanes at most."));
  return FALSE;
}

/* The title of the first run, and without its settings, "GRAM on the ring" of "GRAM on the ring · h 2", where others are
 * beside it. A comparison's own title stays. */
static void
name_session (MpSession *self)
{
  MpSessionLane *first = g_ptr_array_index (self->lanes, 0);
  const char *title = mp_experiment_get_title (mp_lane_model_get_experiment (first->model));
  const char *dot = strstr (title, " · ");
  g_autofree char *stem = dot ? g_strndup (title, dot - title) : g_strdup (title);

  if (self->lanes->len == 1)
    mp_session_set_title (self, title);
  else if (g_strcmp0 (mp_session_get_title (self), title) == 0)
    mp_session_set_title (self, stem);
}

gboolean
mp_session_open_run (MpSession  *self,
                     const char *run_dir,
                     gboolean    alone,
                     GError    **error)
{
  g_autoptr (MpRun) run = NULL;
  g_autoptr (MpExperiment) experiment = NULL;
  MpSessionLane *lane;

  g_return_val_if_fail (MP_IS_SESSION (self), FALSE);
  g_return_val_if_fail (run_dir != NULL, FALSE);

  run = mp_run_open (run_dir, FALSE, error);
  experiment = run ? mp_run_dup_experiment (run, mp_run_get_iteration (run), error) : NULL;
  if (!experiment || (!alone && !has_room (self, error)))
    return FALSE;
  if (alone)
    mp_session_remove_lanes (self);
  lane = mp_session_lane_new (self, experiment, self->device, choose_colour (self, run));
  fill_model (lane->model, run);
  mp_session_show_lane (self, lane);
  read_curves (self, lane, mp_run_get_dir (run), (guint) mp_lane_model_get_live_progress (lane->model)->n_modes);
  name_session (self);
  mp_session_update (self);
  mp_session_wake (self);
  return TRUE;
}

gboolean
mp_session_is_kept (MpSession *self,
                    guint      lane)
{
  g_return_val_if_fail (MP_IS_SESSION (self), FALSE);
  g_return_val_if_fail (lane < self->lanes->len, FALSE);

  return mp_lane_model_is_kept (((MpSessionLane *) g_ptr_array_index (self->lanes, lane))->model);
}

gboolean
mp_session_resume (MpSession *self,
                   guint      lane,
                   GError   **error)
{
  MpSessionLane *kept;
  const char *run_dir;
  g_autofree char *dir = NULL;
  g_autoptr (MpRun) run = NULL;
  const MpLaneProgress *progress;
  MpTrainerOptions options = { .resume = TRUE, .iterations = -1 };

  g_return_val_if_fail (mp_session_is_kept (self, lane), FALSE);

  kept = g_ptr_array_index (self->lanes, lane);
  run_dir = mp_lane_model_get_run (kept->model);
  progress = mp_lane_model_get_live_progress (kept->model);
  run = mp_run_open (run_dir, FALSE, error);
  if (!run)
    return FALSE;
  if (mp_run_is_locked (run_dir)) {
    g_set_error (error, MP_ERROR, MP_ERROR_STATE, _("A lane is training in “%s” already."), run_dir);
    return FALSE;
  }
  if (progress->iteration >= progress->n_iterations)
    options.iterations = (gint64) (2 * progress->n_iterations);
  mp_lane_model_show_past (kept->model, NULL, NULL);
  dir = g_strdup (run_dir);
  options.run_dir = dir;
  options.start_paused = FALSE;
  /* The trainer wants the experiment that the run began with; changes by hand come back by themselves. */
  mp_lane_model_set_experiment (kept->model, mp_run_get_experiment (run));
  mp_session_lane_start (kept, options);
  self->wants_play = TRUE;
  mp_session_update (self);
  return TRUE;
}

/* ---- branches ---- */

static gboolean
add_branch (MpSession     *self,
            MpSessionLane *parent,
            guint64        iteration,
            GError       **error)
{
  const char *run_dir = mp_lane_model_get_run (parent->model);
  g_autoptr (MpRun) run = mp_run_open (run_dir, FALSE, error);
  g_autoptr (MpExperiment) experiment = NULL;
  MpSessionLane *lane;
  gint64 n;

  if (!run || !mp_run_find_checkpoint (run, iteration, &iteration, error))
    return FALSE;
  experiment = mp_run_dup_experiment (run, iteration, error);
  if (!experiment)
    return FALSE;
  n = mp_experiment_get_int (experiment, "train", "iterations");
  if ((guint64) n <= iteration) {
    g_autofree char *longer = g_strdup_printf ("%" PRIu64, 2 * iteration);

    if (!mp_experiment_set_value (experiment, "train", "iterations", longer, error))
      return FALSE;
  }
  lane = mp_session_lane_new (self, experiment, mp_lane_model_get_device (parent->model),
                              mp_lane_model_get_colour (parent->model));
  mp_lane_model_set_parent (lane->model, run_dir, iteration);
  mp_session_lane_start_run (lane);
  mp_session_show_lane (self, lane);
  mp_session_update (self);
  mp_session_tell_branched (self);
  return TRUE;
}

/* A branch from now waits for the lane to write its checkpoint. */
typedef struct
{
  MpSession     *session;
  MpSessionLane *lane;
  guint64 iteration;
  guint looks;
} Waiting;

static void
waiting_free (gpointer data)
{
  Waiting *waiting = data;

  g_object_unref (waiting->session);
  g_free (waiting);
}

static gboolean
look_cb (gpointer data)
{
  Waiting *waiting = data;
  g_autoptr (GArray) checkpoints = NULL;
  g_autoptr (GError) error = NULL;
  guint index;

  if (!waiting->session->lanes || !find_lane (waiting->session, waiting->lane, &index))
    return G_SOURCE_REMOVE;
  checkpoints = mp_run_list_checkpoints_in (mp_lane_model_get_run (waiting->lane->model));
  if (checkpoints->len == 0
      || g_array_index (checkpoints, guint64, checkpoints->len - 1) < waiting->iteration) {
    if (++waiting->looks < CHECKPOINT_WAIT)
      return G_SOURCE_CONTINUE;
    mp_session_fail (waiting->session, _("The lane wrote no checkpoint to branch from."));
    return G_SOURCE_REMOVE;
  }
  if (!add_branch (waiting->session, waiting->lane, G_MAXUINT64, &error))
    mp_session_fail (waiting->session, error->message);
  return G_SOURCE_REMOVE;
}

gboolean
mp_session_branch (MpSession *self,
                   guint      lane,
                   guint64    iteration,
                   GError   **error)
{
  MpSessionLane *parent;
  Waiting *waiting;

  g_return_val_if_fail (MP_IS_SESSION (self), FALSE);
  g_return_val_if_fail (lane < self->lanes->len, FALSE);

  parent = g_ptr_array_index (self->lanes, lane);
  if (!has_room (self, error))
    return FALSE;
  if (!mp_lane_model_get_run (parent->model)) {
    g_set_error_literal (error, MP_ERROR, MP_ERROR_STATE, _("This lane keeps no run to branch from."));
    return FALSE;
  }
  if (iteration != G_MAXUINT64 || !parent->trainer || mp_session_lane_is_final (mp_trainer_get_state (parent->trainer)))
    return add_branch (self, parent, iteration, error);
  waiting = g_new0 (Waiting, 1);
  waiting->session = g_object_ref (self);
  waiting->lane = parent;
  waiting->iteration = mp_trainer_get_iteration (parent->trainer);
  mp_trainer_checkpoint (parent->trainer);
  g_timeout_add_full (G_PRIORITY_DEFAULT, CHECKPOINT_EVERY, look_cb, waiting, waiting_free);
  return TRUE;
}
