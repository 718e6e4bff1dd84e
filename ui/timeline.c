/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/timeline.h"

#include <math.h>

#include "engine/runs/run.h"
#include "ui/keyframe.h"
#include "ui/plot/plot-format.h"

#define REFRESH_EVERY 500   /* milliseconds */
#define FRAME_EVERY 33      /* while playing */

typedef struct
{
  MpTrack track;
  char        *run_dir;      /* that the keyframes are of */
  MpKeyframes keyframes;     /* reader NULL: nothing there yet */
  GArray      *marks;        /* double */
  GArray      *checkpoints;  /* double */
  GArray      *iterations;   /* guint64 */
  gint shown;                /* keyframe in the model, −1: now */
} Lane;

struct _MpTimeline
{
  GObject parent_instance;

  GListModel  *lanes;
  GPtrArray   *tracks;       /* of Lane */
  MpAlignment alignment;
  gboolean live;
  double position;
  gboolean playing;
  double speed;
  gint64 played_at;
  guint play_id;
  guint n_watchers;
  guint refresh_id;
};

enum
{
  CHANGED,
  MOVED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MpTimeline, mp_timeline, G_TYPE_OBJECT)

/* ---- along the alignment ---- */

static double
value_of_mark (MpTimeline           *self,
               const MpTimelineMark *mark)
{
  switch (self->alignment) {
  case MP_ALIGN_SECONDS:
    return mark->seconds;
  case MP_ALIGN_POINTS:
    return (double) mark->points;
  default:
    return (double) mark->iteration;
  }
}

/* Between keyframes as if training went evenly. */
static double
value_of_iteration (MpTimeline *self,
                    Lane       *lane,
                    guint64     iteration)
{
  const MpTimelineMark *marks;
  guint n, i;
  double share, from, to;

  if (self->alignment == MP_ALIGN_ITERATION || !lane->keyframes.reader)
    return (double) iteration;
  marks = mp_timeline_reader_list (lane->keyframes.reader, &n);
  if (!mp_timeline_reader_find (lane->keyframes.reader, iteration, &i))
    return 0;
  from = value_of_mark (self, &marks[i]);
  if (i + 1 < n) {
    share = (double) (iteration - marks[i].iteration) / (double) (marks[i + 1].iteration - marks[i].iteration);
    to = value_of_mark (self, &marks[i + 1]);
    return from + share * (to - from);
  }
  share = marks[i].iteration > 0 ? (double) iteration / (double) marks[i].iteration : 1;
  return from * MAX (share, 1);
}

static double
now_of (MpTimeline *self,
        Lane       *lane)
{
  const MpLaneProgress *progress = mp_lane_model_get_live_progress (lane->track.model);

  if (self->alignment == MP_ALIGN_SECONDS)
    return progress->seconds;
  return value_of_iteration (self, lane, progress->iteration);
}

/* ---- tracks ---- */

static void
lane_free (gpointer data)
{
  Lane *lane = data;

  mp_keyframes_close (&lane->keyframes);
  g_object_unref (lane->track.model);
  g_array_unref (lane->marks);
  g_array_unref (lane->checkpoints);
  g_array_unref (lane->iterations);
  g_free (lane->run_dir);
  g_free (lane);
}

static Lane *
get_lane (MpTimeline *self,
          guint       i)
{
  return g_ptr_array_index (self->tracks, i);
}

static gint
find_parent (MpTimeline *self,
             Lane       *lane)
{
  guint64 iteration;
  const char *parent = mp_lane_model_get_parent (lane->track.model, &iteration);

  for (guint i = 0; parent && i < self->tracks->len; i++)
    if (get_lane (self, i) != lane && g_strcmp0 (mp_lane_model_get_run (get_lane (self, i)->track.model), parent) == 0)
      return (gint) i;
  return -1;
}

static void
fill_marks (MpTimeline *self,
            Lane       *lane)
{
  g_autoptr (GArray) checkpoints = lane->run_dir ? mp_run_list_checkpoints_in (lane->run_dir) : NULL;
  const MpTimelineMark *marks = NULL;
  guint n = 0;

  g_array_set_size (lane->marks, 0);
  g_array_set_size (lane->checkpoints, 0);
  g_array_set_size (lane->iterations, 0);
  if (lane->keyframes.reader)
    marks = mp_timeline_reader_list (lane->keyframes.reader, &n);
  for (guint i = 0; i < n; i++) {
    double value = value_of_mark (self, &marks[i]);

    g_array_append_val (lane->marks, value);
  }
  for (guint i = 0; checkpoints && i < checkpoints->len; i++) {
    guint64 iteration = g_array_index (checkpoints, guint64, i);
    double value = value_of_iteration (self, lane, iteration);

    g_array_append_val (lane->iterations, iteration);
    g_array_append_val (lane->checkpoints, value);
  }
}

static void
refresh_lane (MpTimeline *self,
              Lane       *lane)
{
  const char *run_dir = mp_lane_model_get_run (lane->track.model);
  guint64 start;
  MpTrack *track = &lane->track;

  if (g_strcmp0 (run_dir, lane->run_dir) != 0) {
    mp_keyframes_close (&lane->keyframes);
    g_free (lane->run_dir);
    lane->run_dir = g_strdup (run_dir);
  }
  if (lane->keyframes.reader)
    mp_timeline_reader_refresh (lane->keyframes.reader);
  else if (run_dir)
    mp_keyframes_open (&lane->keyframes, run_dir, NULL); /* a lane that is only preparing has none yet */
  fill_marks (self, lane);
  track->parent = find_parent (self, lane);
  track->start = mp_lane_model_get_parent (track->model, &start) ? value_of_iteration (self, lane, start) : 0;
  track->now = MAX (now_of (self, lane), track->start);
  track->marks = (const double *) (gpointer) lane->marks->data;
  track->n_marks = lane->marks->len;
  track->checkpoints = (const double *) (gpointer) lane->checkpoints->data;
  track->checkpoint_iterations = (const guint64 *) (gpointer) lane->iterations->data;
  track->n_checkpoints = lane->checkpoints->len;
}

void
mp_timeline_refresh (MpTimeline *self)
{
  g_return_if_fail (MP_IS_TIMELINE (self));

  for (guint i = 0; i < self->tracks->len; i++)
    refresh_lane (self, get_lane (self, i));
  g_signal_emit (self, signals[CHANGED], 0);
}

static gboolean
refresh_cb (gpointer data)
{
  MpTimeline *self = data;

  for (guint i = 0; i < self->tracks->len; i++) {
    Lane *lane = get_lane (self, i);

    if (mp_lane_model_get_state (lane->track.model) == MP_LANE_TRAINING || now_of (self, lane) != lane->track.now
        || g_strcmp0 (lane->run_dir, mp_lane_model_get_run (lane->track.model)) != 0 || !lane->keyframes.reader) {
      mp_timeline_refresh (self);
      break;
    }
  }
  return G_SOURCE_CONTINUE;
}

static void
items_changed_cb (GListModel *lanes,
                  guint       position,
                  guint       n_removed,
                  guint       n_added,
                  MpTimeline *self)
{
  for (guint i = 0; i < n_removed; i++)
    g_ptr_array_remove_index (self->tracks, position);
  for (guint i = position; i < position + n_added; i++) {
    Lane *lane = g_new0 (Lane, 1);

    lane->track.model = g_list_model_get_item (lanes, i);
    lane->marks = g_array_new (FALSE, FALSE, sizeof (double));
    lane->checkpoints = g_array_new (FALSE, FALSE, sizeof (double));
    lane->iterations = g_array_new (FALSE, FALSE, sizeof (guint64));
    lane->shown = -1;
    g_ptr_array_insert (self->tracks, (gint) i, lane);
  }
  mp_timeline_refresh (self);
  if (self->tracks->len == 0)
    mp_timeline_go_live (self);
}

/* ---- the moment ---- */

static double
last_value (MpLaneModel *model,
            const char  *id,
            guint64      iteration)
{
  const MpCurve *curve = mp_lane_model_find_curve (model, id);
  double value = NAN;

  if (curve)
    mp_series_lookup (curve->series, (double) iteration, NULL, &value);
  return value;
}

/* The last keyframe at or before the position, the first where there is none before. */
static gint
find_keyframe (Lane  *lane,
               double position)
{
  guint low = 0, high = lane->marks->len;

  while (low < high) {
    guint middle = low + (high - low) / 2;

    if (g_array_index (lane->marks, double, middle) <= position)
      low = middle + 1;
    else
      high = middle;
  }
  return lane->marks->len > 0 ? (gint) MAX (low, 1) - 1 : -1;
}

static void
show_lane (MpTimeline *self,
           Lane       *lane)
{
  MpLaneModel *model = lane->track.model;
  gint keyframe = self->live ? -1 : find_keyframe (lane, self->position);
  g_autoptr (MpSnapshot) snapshot = NULL;
  MpLaneProgress progress;

  if (keyframe == lane->shown && (keyframe < 0) != mp_lane_model_is_past (model))
    return;
  lane->shown = keyframe;
  if (keyframe < 0) {
    mp_lane_model_show_past (model, NULL, NULL);
    return;
  }
  snapshot = mp_keyframes_load (&lane->keyframes, (guint) keyframe, NULL);
  if (!snapshot) /* damaged: what was shown stays */
    return;
  progress = *mp_lane_model_get_live_progress (model);
  progress.iteration = snapshot->iteration;
  progress.seconds = snapshot->seconds;
  progress.modes = last_value (model, "modes", snapshot->iteration);
  progress.high_quality = last_value (model, "high_quality", snapshot->iteration);
  mp_lane_model_show_past (model, snapshot, &progress);
}

static void
show (MpTimeline *self)
{
  for (guint i = 0; i < self->tracks->len; i++)
    show_lane (self, get_lane (self, i));
  g_signal_emit (self, signals[MOVED], 0);
}

void
mp_timeline_seek (MpTimeline *self,
                  double      position)
{
  g_return_if_fail (MP_IS_TIMELINE (self));

  self->live = FALSE;
  self->position = CLAMP (position, 0, mp_timeline_get_end (self));
  show (self);
}

void
mp_timeline_go_live (MpTimeline *self)
{
  g_return_if_fail (MP_IS_TIMELINE (self));

  mp_timeline_set_playing (self, FALSE);
  self->live = TRUE;
  show (self);
}

void
mp_timeline_step (MpTimeline *self,
                  int         by)
{
  double from = mp_timeline_get_position (self), to = by > 0 ? INFINITY : -INFINITY;

  g_return_if_fail (MP_IS_TIMELINE (self));

  for (guint i = 0; i < self->tracks->len; i++) {
    Lane *lane = get_lane (self, i);

    for (guint j = 0; j < lane->marks->len; j++) {
      double mark = g_array_index (lane->marks, double, j);

      if (by > 0 && mark > from)
        to = MIN (to, mark);
      else if (by < 0 && mark < from)
        to = MAX (to, mark);
    }
  }
  if (isfinite (to))
    mp_timeline_seek (self, to);
}

/* ---- playing ---- */

/* Along the alignment for each second of training, of the lane that is furthest. */
static double
get_pace (MpTimeline *self)
{
  double pace = 0, furthest = -1;

  for (guint i = 0; i < self->tracks->len; i++) {
    Lane *lane = get_lane (self, i);
    const MpLaneProgress *progress = mp_lane_model_get_live_progress (lane->track.model);

    if (lane->track.now <= furthest || progress->seconds <= 0)
      continue;
    furthest = lane->track.now;
    pace = lane->track.now / progress->seconds;
  }
  return pace > 0 ? pace : 1;
}

static gboolean
play_cb (gpointer data)
{
  MpTimeline *self = data;
  gint64 now = g_get_monotonic_time ();
  double by = self->speed * get_pace (self) * (double) (now - self->played_at) / G_USEC_PER_SEC;

  self->played_at = now;
  if (self->position + by < mp_timeline_get_now (self)) {
    mp_timeline_seek (self, self->position + by);
    return G_SOURCE_CONTINUE;
  }
  mp_timeline_go_live (self);
  return G_SOURCE_CONTINUE; /* has been removed */
}

gboolean
mp_timeline_get_playing (MpTimeline *self)
{
  g_return_val_if_fail (MP_IS_TIMELINE (self), FALSE);

  return self->playing;
}

void
mp_timeline_set_playing (MpTimeline *self,
                         gboolean    playing)
{
  g_return_if_fail (MP_IS_TIMELINE (self));

  if (self->playing == playing)
    return;
  self->playing = playing;
  g_clear_handle_id (&self->play_id, g_source_remove);
  if (playing) {
    self->played_at = g_get_monotonic_time ();
    self->play_id = g_timeout_add (FRAME_EVERY, play_cb, self);
    if (self->live)
      mp_timeline_seek (self, 0);
  }
  g_signal_emit (self, signals[MOVED], 0);
}

double
mp_timeline_get_speed (MpTimeline *self)
{
  g_return_val_if_fail (MP_IS_TIMELINE (self), 1);

  return self->speed;
}

void
mp_timeline_set_speed (MpTimeline *self,
                       double      speed)
{
  g_return_if_fail (MP_IS_TIMELINE (self));
  g_return_if_fail (speed > 0);

  self->speed = speed;
  g_signal_emit (self, signals[MOVED], 0);
}

/* ---- the object ---- */

static void
mp_timeline_finalize (GObject *object)
{
  MpTimeline *self = MP_TIMELINE (object);

  g_clear_handle_id (&self->play_id, g_source_remove);
  g_clear_handle_id (&self->refresh_id, g_source_remove);
  g_signal_handlers_disconnect_by_data (self->lanes, self);
  g_clear_object (&self->lanes);
  g_clear_pointer (&self->tracks, g_ptr_array_unref);
  G_OBJECT_CLASS (mp_timeline_parent_class)->finalize (object);
}

static void
mp_timeline_class_init (MpTimelineClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = mp_timeline_finalize;
  signals[CHANGED] = g_signal_new ("changed", MP_TYPE_TIMELINE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 0);
  signals[MOVED] = g_signal_new ("moved", MP_TYPE_TIMELINE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
mp_timeline_init (MpTimeline *self)
{
  self->tracks = g_ptr_array_new_with_free_func (lane_free);
  self->live = TRUE;
  self->speed = 1;
}

MpTimeline *
mp_timeline_new (GListModel *lanes)
{
  MpTimeline *self = g_object_new (MP_TYPE_TIMELINE, NULL);

  self->lanes = g_object_ref (lanes);
  g_signal_connect (lanes, "items-changed", G_CALLBACK (items_changed_cb), self);
  items_changed_cb (lanes, 0, 0, g_list_model_get_n_items (lanes), self);
  return self;
}

void
mp_timeline_watch (MpTimeline *self)
{
  g_return_if_fail (MP_IS_TIMELINE (self));

  if (self->n_watchers++ > 0)
    return;
  self->refresh_id = g_timeout_add (REFRESH_EVERY, refresh_cb, self);
  mp_timeline_refresh (self);
}

void
mp_timeline_unwatch (MpTimeline *self)
{
  g_return_if_fail (MP_IS_TIMELINE (self));
  g_return_if_fail (self->n_watchers > 0);

  if (--self->n_watchers == 0)
    g_clear_handle_id (&self->refresh_id, g_source_remove);
}

guint
mp_timeline_get_n_tracks (MpTimeline *self)
{
  g_return_val_if_fail (MP_IS_TIMELINE (self), 0);

  return self->tracks->len;
}

const MpTrack *
mp_timeline_get_track (MpTimeline *self,
                       guint       i)
{
  g_return_val_if_fail (MP_IS_TIMELINE (self), NULL);
  g_return_val_if_fail (i < self->tracks->len, NULL);

  return &get_lane (self, i)->track;
}

double
mp_timeline_get_end (MpTimeline *self)
{
  double end = 0;

  g_return_val_if_fail (MP_IS_TIMELINE (self), 0);

  for (guint i = 0; i < self->tracks->len; i++) {
    Lane *lane = get_lane (self, i);
    const MpLaneProgress *progress = mp_lane_model_get_live_progress (lane->track.model);
    MpLaneState state = mp_lane_model_get_state (lane->track.model);
    gboolean goes_on = state == MP_LANE_TRAINING || state == MP_LANE_PAUSED || state == MP_LANE_PREPARING;
    double whole = progress->iteration > 0 ? (double) progress->n_iterations / (double) progress->iteration : 1;

    if (goes_on && self->alignment == MP_ALIGN_ITERATION)
      end = MAX (end, (double) progress->n_iterations);
    end = MAX (end, lane->track.now * (goes_on ? MAX (whole, 1) : 1));
  }
  return end;
}

double
mp_timeline_get_now (MpTimeline *self)
{
  double now = 0;

  g_return_val_if_fail (MP_IS_TIMELINE (self), 0);

  for (guint i = 0; i < self->tracks->len; i++)
    now = MAX (now, now_of (self, get_lane (self, i)));
  return now;
}

MpAlignment
mp_timeline_get_alignment (MpTimeline *self)
{
  g_return_val_if_fail (MP_IS_TIMELINE (self), MP_ALIGN_ITERATION);

  return self->alignment;
}

void
mp_timeline_set_alignment (MpTimeline *self,
                           MpAlignment alignment)
{
  guint64 iteration;
  Lane *first;

  g_return_if_fail (MP_IS_TIMELINE (self));

  if (self->alignment == alignment)
    return;
  /* The first lane keeps its moment. */
  first = self->tracks->len > 0 ? get_lane (self, 0) : NULL;
  iteration = first ? mp_lane_model_get_progress (first->track.model)->iteration : 0;
  self->alignment = alignment;
  mp_timeline_refresh (self);
  if (self->live || !first)
    g_signal_emit (self, signals[MOVED], 0);
  else
    mp_timeline_seek (self, value_of_iteration (self, first, iteration));
}

MpWarp *
mp_timeline_dup_warp (MpTimeline *self,
                      guint       track)
{
  MpWarp *warp;
  Lane *lane;
  const MpTimelineMark *marks = NULL;
  guint n = 0;

  g_return_val_if_fail (MP_IS_TIMELINE (self), NULL);
  g_return_val_if_fail (track < self->tracks->len, NULL);

  if (self->alignment == MP_ALIGN_ITERATION)
    return NULL;
  warp = mp_warp_new ();
  lane = get_lane (self, track);
  if (lane->keyframes.reader)
    marks = mp_timeline_reader_list (lane->keyframes.reader, &n);
  for (guint i = 0; i < n; i++)
    mp_warp_add (warp, (double) marks[i].iteration, value_of_mark (self, &marks[i]));
  mp_warp_add (warp, (double) mp_lane_model_get_live_progress (lane->track.model)->iteration, now_of (self, lane));
  return warp;
}

char *
mp_timeline_format (MpTimeline *self,
                    double      position)
{
  g_autofree char *count = mp_format_count ((guint64) MAX (position, 0));

  g_return_val_if_fail (MP_IS_TIMELINE (self), NULL);

  switch (self->alignment) {
  case MP_ALIGN_SECONDS:
    return mp_format_time (position);
  case MP_ALIGN_POINTS:
    return g_strdup_printf (_("%s points"), count);
  default:
    return g_strdup_printf (_("Iteration %s"), count);
  }
}

gboolean
mp_timeline_is_live (MpTimeline *self)
{
  g_return_val_if_fail (MP_IS_TIMELINE (self), TRUE);

  return self->live;
}

double
mp_timeline_get_position (MpTimeline *self)
{
  g_return_val_if_fail (MP_IS_TIMELINE (self), 0);

  return self->live ? mp_timeline_get_now (self) : self->position;
}

gboolean
mp_timeline_find_checkpoint (MpTimeline *self,
                             guint       track,
                             double      position,
                             guint64    *iteration)
{
  Lane *lane;
  gboolean found = FALSE;

  g_return_val_if_fail (MP_IS_TIMELINE (self), FALSE);
  g_return_val_if_fail (track < self->tracks->len, FALSE);

  lane = get_lane (self, track);
  for (guint i = 0; i < lane->checkpoints->len; i++)
    if (g_array_index (lane->checkpoints, double, i) <= position) {
      *iteration = g_array_index (lane->iterations, guint64, i);
      found = TRUE;
    }
  return found;
}
