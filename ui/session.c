/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/session.h"

#include <inttypes.h>

#include "ui/lane-groups.h"
#include "ui/session-private.h"
#include "ui/task.h"

/* Words and curves are for reading: a few times a second is enough, and layout is what costs. */
#define WORDS_EVERY (400 * 1000)

enum
{
  PROP_0,
  PROP_TITLE,
  PROP_SUBTITLE,
  PROP_PLAYING,
  PROP_CAN_PLAY,
  PROP_SEED,
  PROP_SPEED,
  PROP_BUSY,
  N_PROPS
};

enum
{
  NEWS,
  FAILED,
  BRANCHED,
  N_SIGNALS
};

static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MpSession, mp_session, G_TYPE_OBJECT)

/* ---- waking up ---- */

static gboolean
wake_cb (gpointer data)
{
  MpSession *self = data;

  g_atomic_int_set (&self->waking, 0);
  g_signal_emit (self, signals[NEWS], 0);
  return G_SOURCE_REMOVE;
}

/* On the trainer's thread. */
void
mp_session_wake (gpointer data)
{
  MpSession *self = data;

  if (g_atomic_int_compare_and_exchange (&self->waking, 0, 1))
    g_idle_add_full (G_PRIORITY_DEFAULT, wake_cb, g_object_ref (self), g_object_unref);
}

/* A minimised window has no frames; scalars and states are taken over all the same. */
static gboolean
check_cb (gpointer data)
{
  MpSession *self = data;
  gint64 now = g_get_monotonic_time ();

  if (now - self->pulled_at > G_USEC_PER_SEC)
    mp_session_pull (self, FALSE, now);
  return G_SOURCE_CONTINUE;
}

/* ---- stopping ---- */

static void
finish_stops (MpSession *self)
{
  g_autoptr (GPtrArray) tasks = NULL;

  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_BUSY]);
  if (self->n_joining > 0 || self->stop_tasks->len == 0)
    return;
  tasks = g_steal_pointer (&self->stop_tasks);
  self->stop_tasks = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < tasks->len; i++)
    g_task_return_boolean (g_ptr_array_index (tasks, i), TRUE);
}

static void
joined_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      data)
{
  MpSession *self = MP_SESSION (object);

  self->n_joining--;
  finish_stops (self);
}

static void
join_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  mp_trainer_join (data);
  mp_session_lane_discard_unused (data);
  g_task_return_boolean (task, TRUE);
}

void
mp_session_retire (MpSession *self,
                   MpTrainer *trainer)
{
  mp_trainer_set_notify (trainer, NULL, NULL);
  mp_trainer_stop (trainer);
  self->n_joining++;
  mp_task_run (self, NULL, join_thread, trainer, g_object_unref, joined_cb, NULL);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_BUSY]);
}

guint
mp_session_free_colour (MpSession *self)
{
  for (guint colour = 0; colour < MP_N_LANE_COLOURS; colour++) {
    gboolean taken = FALSE;

    for (guint i = 0; i < self->lanes->len; i++)
      taken = taken || mp_lane_model_get_colour (((MpSessionLane *) g_ptr_array_index (self->lanes, i))->model) == colour;
    if (!taken)
      return colour;
  }
  return 0;
}

static gboolean
remove_idle (gpointer data)
{
  MpSession *self = data;

  for (guint i = self->lanes->len; i-- > 0;) {
    MpSessionLane *lane = g_ptr_array_index (self->lanes, i);

    if (lane->removing) {
      g_list_store_remove (self->models, i);
      g_ptr_array_remove_index (self->lanes, i);
    }
  }
  mp_session_wake (self);
  return G_SOURCE_REMOVE;
}

void
mp_session_queue_removal (MpSession *self)
{
  g_idle_add_full (G_PRIORITY_DEFAULT, remove_idle, g_object_ref (self), g_object_unref);
}

void
mp_session_show_lane (MpSession     *self,
                      MpSessionLane *lane)
{
  g_ptr_array_add (self->lanes, lane);
  g_list_store_append (self->models, lane->model);
}

void
mp_session_add_lane (MpSession    *self,
                     MpExperiment *experiment,
                     const char   *device)
{
  MpSessionLane *lane = mp_session_lane_new (self, experiment, device, mp_session_free_colour (self));

  mp_session_lane_start_run (lane);
  mp_session_show_lane (self, lane);
}

/* ---- pulling ---- */

/* Where every core trains, lanes take turns: the window still moves with every frame, but takes from training what one
 * lane's view costs and not all of them. */
static gboolean
has_turn (MpSession *self,
          guint      i)
{
  guint n_moving = 0, before = 0;

  for (guint j = 0; j < self->lanes->len; j++)
    if (mp_lane_model_get_state (((MpSessionLane *) g_ptr_array_index (self->lanes, j))->model) == MP_LANE_TRAINING) {
      n_moving++;
      before += j < i;
    }
  return n_moving < g_get_num_processors () || before == self->turn % n_moving;
}

void
mp_session_update_playing (MpSession *self)
{
  gboolean playing = FALSE, can_play = FALSE;

  for (guint i = 0; i < self->lanes->len; i++) {
    MpSessionLane *lane = g_ptr_array_index (self->lanes, i);
    MpLaneState state = mp_lane_model_get_state (lane->model);

    can_play = can_play || !mp_session_lane_is_final (state);
    playing = playing || state == MP_LANE_TRAINING || (state == MP_LANE_PREPARING && self->wants_play);
  }
  if (self->playing != playing) {
    self->playing = playing;
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PLAYING]);
  }
  if (self->can_play != can_play) {
    self->can_play = can_play;
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_CAN_PLAY]);
  }
}

void
mp_session_pull (MpSession *self,
                 gboolean   views,
                 gint64     now)
{
  gboolean words;

  g_return_if_fail (MP_IS_SESSION (self));

  self->pulled_at = now;
  self->turn++;
  words = now - self->words_at >= WORDS_EVERY;
  if (words)
    self->words_at = now;
  for (guint i = 0; i < self->lanes->len; i++) {
    MpSessionLane *lane = g_ptr_array_index (self->lanes, i);
    gboolean changed;

    if (!lane->trainer)
      continue;
    mp_session_lane_pull_scalars (lane);
    changed = mp_session_lane_pull_state (lane);
    /* A lane at rest has news only when something was asked of it: show that at once. */
    if (changed || words || mp_lane_model_get_state (lane->model) != MP_LANE_TRAINING)
      mp_session_lane_pull_progress (lane);
    if (views)
      mp_session_lane_pull_view (lane, has_turn (self, i), now);
  }
  mp_session_update_playing (self);
}

/* ---- the object ---- */

static void
mp_session_dispose (GObject *object)
{
  MpSession *self = MP_SESSION (object);

  g_clear_handle_id (&self->check_id, g_source_remove);
  if (self->models)
    g_list_store_remove_all (self->models);
  if (self->lanes)
    g_ptr_array_set_size (self->lanes, 0);
  G_OBJECT_CLASS (mp_session_parent_class)->dispose (object);
}

static void
mp_session_finalize (GObject *object)
{
  MpSession *self = MP_SESSION (object);

  g_clear_object (&self->timeline);
  g_clear_object (&self->models);
  g_clear_pointer (&self->lanes, g_ptr_array_unref);
  g_clear_pointer (&self->stop_tasks, g_ptr_array_unref);
  g_clear_pointer (&self->runs_dir, g_free);
  g_clear_pointer (&self->device, g_free);
  g_clear_pointer (&self->title, g_free);
  g_clear_pointer (&self->given_title, g_free);
  g_clear_pointer (&self->subtitle, g_free);
  G_OBJECT_CLASS (mp_session_parent_class)->finalize (object);
}

static void
mp_session_get_property (GObject    *object,
                         guint       prop_id,
                         GValue     *value,
                         GParamSpec *pspec)
{
  MpSession *self = MP_SESSION (object);

  switch (prop_id) {
  case PROP_TITLE:
    g_value_set_string (value, self->title);
    break;
  case PROP_SUBTITLE:
    g_value_set_string (value, self->subtitle);
    break;
  case PROP_PLAYING:
    g_value_set_boolean (value, self->playing);
    break;
  case PROP_CAN_PLAY:
    g_value_set_boolean (value, self->can_play);
    break;
  case PROP_SEED:
    g_value_set_int64 (value, self->seed);
    break;
  case PROP_SPEED:
    g_value_set_double (value, self->speed);
    break;
  case PROP_BUSY:
    g_value_set_boolean (value, self->n_joining > 0);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  }
}

static void
mp_session_class_init (MpSessionClass *klass)
{
  const GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = mp_session_dispose;
  object_class->finalize = mp_session_finalize;
  object_class->get_property = mp_session_get_property;
  props[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, NULL, readable);
  props[PROP_SUBTITLE] = g_param_spec_string ("subtitle", NULL, NULL, NULL, readable);
  props[PROP_PLAYING] = g_param_spec_boolean ("playing", NULL, NULL, FALSE, readable);
  props[PROP_CAN_PLAY] = g_param_spec_boolean ("can-play", NULL, NULL, FALSE, readable);
  props[PROP_SEED] = g_param_spec_int64 ("seed", NULL, NULL, G_MININT64, G_MAXINT64, 0, readable);
  props[PROP_SPEED] = g_param_spec_double ("speed", NULL, NULL, 0, G_MAXDOUBLE, 0, readable);
  props[PROP_BUSY] = g_param_spec_boolean ("busy", NULL, NULL, FALSE, readable);
  g_object_class_install_properties (object_class, N_PROPS, props);
  signals[NEWS] = g_signal_new ("news", MP_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[FAILED] = g_signal_new ("failed", MP_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[BRANCHED] = g_signal_new ("branched", MP_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 1, G_TYPE_UINT);
}

static void
mp_session_init (MpSession *self)
{
  self->models = g_list_store_new (MP_TYPE_LANE_MODEL);
  self->timeline = mp_timeline_new (G_LIST_MODEL (self->models));
  self->lanes = g_ptr_array_new_with_free_func (mp_session_lane_free);
  self->stop_tasks = g_ptr_array_new_with_free_func (g_object_unref);
  self->check_id = g_timeout_add_seconds (1, check_cb, self);
}

MpSession *
mp_session_new (const char *runs_dir)
{
  MpSession *self = g_object_new (MP_TYPE_SESSION, NULL);

  self->runs_dir = g_strdup (runs_dir);
  return self;
}

/* ---- opening ---- */

static void
update_seed (MpSession *self)
{
  gboolean same = TRUE;

  for (guint i = 0; i < self->lanes->len; i++) {
    MpSessionLane *lane = g_ptr_array_index (self->lanes, i);
    gint64 seed = mp_experiment_get_int (mp_lane_model_get_experiment (lane->model), "train", "seed");

    if (i == 0)
      self->seed = seed;
    same = same && seed == self->seed;
  }
  for (guint i = 0; i < self->lanes->len; i++)
    mp_lane_model_set_names_seed (((MpSessionLane *) g_ptr_array_index (self->lanes, i))->model, !same);
  mp_lane_groups_name (G_LIST_MODEL (self->models));
  if (self->lanes->len == 0)
    return;
  g_free (self->subtitle);
  if (same)
    self->subtitle = g_strdup_printf (self->lanes->len > 1 ? _("same data, noise and start · seed %" PRId64)
                                                           : _("seed %" PRId64), self->seed);
  else
    self->subtitle = g_strdup (_("several seeds"));
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SEED]);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SUBTITLE]);
}

void
mp_session_set_title (MpSession  *self,
                      const char *title)
{
  char *copy = g_strdup (title);

  g_free (self->given_title);
  self->given_title = copy;
  mp_session_update_title (self);
}

void
mp_session_update_title (MpSession *self)
{
  g_autoptr (GPtrArray) experiments = g_ptr_array_new ();

  for (guint i = 0; i < self->lanes->len; i++)
    g_ptr_array_add (experiments, mp_lane_model_get_experiment (((MpSessionLane *) self->lanes->pdata[i])->model));
  g_free (self->title);
  self->title = mp_comparison_make_title (experiments, self->given_title);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_TITLE]);
}

void
mp_session_remove_lanes (MpSession *self)
{
  mp_timeline_go_live (self->timeline);
  g_list_store_remove_all (self->models);
  g_ptr_array_set_size (self->lanes, 0);
}

void
mp_session_update (MpSession *self)
{
  update_seed (self);
  mp_session_update_playing (self);
}

void
mp_session_fail (MpSession  *self,
                 const char *text)
{
  g_signal_emit (self, signals[FAILED], 0, text);
}

void
mp_session_tell_branched (MpSession *self)
{
  g_signal_emit (self, signals[BRANCHED], 0, self->lanes->len - 1);
}

gboolean
mp_session_open (MpSession   *self,
                 const char  *name,
                 gboolean     play,
                 GError     **error)
{
  g_autoptr (GPtrArray) experiments = NULL;
  g_autofree char *title = NULL;

  g_return_val_if_fail (MP_IS_SESSION (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);

  experiments = mp_comparison_load (name, &title, error);
  if (!experiments)
    return FALSE;
  mp_session_remove_lanes (self);
  self->wants_play = play;
  for (guint i = 0; i < MIN (experiments->len, MP_MAX_LANES); i++)
    mp_session_add_lane (self, g_ptr_array_index (experiments, i), self->device);
  if (experiments->len > MP_MAX_LANES)
    g_signal_emit (self, signals[FAILED], 0, _("A comparison has six lanes at most; the first six were opened."));
  mp_session_set_title (self, title);
  mp_session_update (self);
  return TRUE;
}

gboolean
mp_session_add (MpSession   *self,
                const char  *name,
                GError     **error)
{
  g_autoptr (GPtrArray) experiments = NULL;

  g_return_val_if_fail (MP_IS_SESSION (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);

  experiments = mp_comparison_load (name, NULL, error);
  if (!experiments)
    return FALSE;
  if (self->lanes->len + experiments->len > MP_MAX_LANES) {
    g_set_error_literal (error, MP_ERROR, MP_ERROR_STATE, _("A comparison has six lanes at most."));
    return FALSE;
  }
  for (guint i = 0; i < experiments->len; i++)
    mp_session_add_lane (self, g_ptr_array_index (experiments, i), self->device);
  mp_session_update (self);
  return TRUE;
}

void
mp_session_set_device (MpSession  *self,
                       const char *device)
{
  char *copy;

  g_return_if_fail (MP_IS_SESSION (self));

  copy = g_strdup (device);
  g_free (self->device);
  self->device = copy;
}

GListModel *
mp_session_get_lanes (MpSession *self)
{
  g_return_val_if_fail (MP_IS_SESSION (self), NULL);

  return G_LIST_MODEL (self->models);
}

MpTimeline *
mp_session_get_timeline (MpSession *self)
{
  g_return_val_if_fail (MP_IS_SESSION (self), NULL);

  return self->timeline;
}

const char *
mp_session_get_title (MpSession *self)
{
  g_return_val_if_fail (MP_IS_SESSION (self), NULL);

  return self->title;
}

const char *
mp_session_get_subtitle (MpSession *self)
{
  g_return_val_if_fail (MP_IS_SESSION (self), NULL);

  return self->subtitle;
}

/* ---- the end ---- */

void
mp_session_stop_async (MpSession           *self,
                       GAsyncReadyCallback  callback,
                       gpointer             data)
{
  g_return_if_fail (MP_IS_SESSION (self));

  g_ptr_array_add (self->stop_tasks, g_task_new (self, NULL, callback, data));
  for (guint i = 0; i < self->lanes->len; i++) {
    MpSessionLane *lane = g_ptr_array_index (self->lanes, i);

    if (lane->trainer)
      mp_session_retire (self, g_object_ref (lane->trainer));
  }
  finish_stops (self);
}

void
mp_session_stop_finish (MpSession    *self,
                        GAsyncResult *result)
{
  g_return_if_fail (g_task_is_valid (result, self));

  g_task_propagate_boolean (G_TASK (result), NULL);
}

guint
mp_session_get_n_trained (MpSession *self)
{
  guint n = 0;

  g_return_val_if_fail (MP_IS_SESSION (self), 0);

  for (guint i = 0; i < self->lanes->len; i++) {
    MpTrainer *trainer = ((MpSessionLane *) g_ptr_array_index (self->lanes, i))->trainer;

    n += trainer && mp_trainer_get_iteration (trainer) > 0;
  }
  return n;
}

guint
mp_session_get_n_running (MpSession *self)
{
  guint n;

  g_return_val_if_fail (MP_IS_SESSION (self), 0);

  n = self->n_joining;
  for (guint i = 0; i < self->lanes->len; i++) {
    MpSessionLane *lane = g_ptr_array_index (self->lanes, i);

    n += lane->trainer && !mp_session_lane_is_final (mp_trainer_get_state (lane->trainer));
  }
  return n;
}
