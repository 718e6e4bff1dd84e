/* SPDX-License-Identifier: Apache-2.0
 *
 * lane-history.c: what a run keeps of its past: keyframes to look back at and checkpoints to branch from. None of it
 * changes training.
 *
 * Keyframes are due at iterations that the timeline says (timeline-file.h), but may take only a small share of the
 * time: after each one the lane trains as long as makes its usual cost that share. The first tenth of a second is free,
 * so that the first iterations have theirs. On the CPU the cost is what the thread computed, so that a busy machine does
 * not thin the timeline; elsewhere it is the time, for looking waits for a device that runs ahead. The background layer
 * costs most and changes least: it is paid from a share of its own, and is in some keyframes only.
 *
 * Automatic checkpoints are spaced likewise: counted in [train] checkpoint_every, every octave has at most 16, or as
 * many as the budget holds, and the last two are there in any case.
 */
#include "engine/train/lane.h"

#include <time.h>

#include "engine/views/view.h"

#define SHARE 0.01          /* of the time for keyframes, and once more for layers in them */
#define FREE 0.1            /* seconds */
#define PER_OCTAVE 8        /* checkpoints, at least */
#define KEYFRAME_BUDGET 0.25 /* of [train] history; the rest is the checkpoints' */

/* ---- keyframes ---- */

static double
now_seconds (void)
{
  return (double) g_get_monotonic_time () / G_USEC_PER_SEC;
}

/* What the thread pays with. */
static double
paid_seconds (MpLane *lane)
{
  struct timespec time;

  if (!lane->class->host_memory)
    return now_seconds ();
  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time);
  return (double) time.tv_sec + (double) time.tv_nsec * 1e-9;
}

/* What it usually costs: the mean of the last few. */
static void
count_cost (MpLane    *lane,
            MpLaneDue *due,
            double     start,
            double     cost)
{
  due->cost = due->cost > 0 ? 0.75 * due->cost + 0.25 * cost : cost;
  due->at = lane->recording < FREE ? start : start + cost + due->cost / SHARE;
}

/* The next keyframe is the first that is due once the time has come. */
static void
schedule_keyframe (MpLane *lane)
{
  double wait = MAX (0, lane->keyframe_due.at - now_seconds ());
  double iterations = MIN (wait * mp_trainer_get_rate (lane->trainer), 1e9);

  lane->next_keyframe
    = mp_timeline_writer_next (mp_run_get_timeline (lane->run), lane->iteration + (guint64) iterations);
}

static gboolean
is_background (const MpViewClass *class)
{
  return mp_drawing_place (class->drawing) == MP_PLACE_BACKGROUND;
}

void
mp_lane_remember_background (MpLane            *lane,
                             const char *const *layers)
{
  for (guint i = 0; layers[i] != NULL; i++) {
    const MpViewClass *class = (const MpViewClass *) mp_registry_find (MP_KIND_VIEW, layers[i]);

    if (is_background (class))
      lane->background = class;
  }
}

/* The background layer that somebody looked at last, or the first on offer, when it is time for one. */
static const char *
choose_layer (MpLane *lane)
{
  if (now_seconds () < lane->layer_due.at)
    return NULL;
  for (guint i = 0; lane->background == NULL && i < lane->trainer->n_layers; i++)
    if (is_background (lane->trainer->layers[i].class))
      lane->background = lane->trainer->layers[i].class;
  return lane->background != NULL ? lane->background->base.id : NULL;
}

static void
describe_layer (const MpView    *view,
                MpTimelineLayer *layer)
{
  const MpLayer *seen = view->n_layers > 0 ? &view->layers[0] : NULL;

  if (seen == NULL || seen->n_tensors == 0)
    return;
  *layer = (MpTimelineLayer) {
    .id = (char *) seen->class->base.id, .title = (char *) seen->title, .neutral = seen->neutral,
    .width = seen->width, .height = seen->height, .values = seen->tensors[0].values
  };
  for (guint j = 0; j < G_N_ELEMENTS (layer->extent); j++)
    layer->extent[j] = seen->extent[j];
}

gboolean
mp_lane_save_keyframe (MpLane  *lane,
                       GError **error)
{
  const MpBuildOptions *options = mp_build_get_options (mp_loop_get_build (lane->loop));
  MpTimelineWriter *timeline = mp_run_get_timeline (lane->run);
  gint64 dimensions = mp_data_get_dimensions (mp_loop_get_data (lane->loop));
  double start = now_seconds (), paid = paid_seconds (lane), layer_share, seconds;
  guint64 batch = (guint64) mp_experiment_get_int (lane->experiment, "train", "batch");
  const char *const layers[] = { choose_layer (lane), NULL };
  MpTimelineFrame frame = {
    .mark = { .iteration = lane->iteration, .seconds = lane->seconds, .points = batch * mp_loop_get_batch (lane->loop) },
    .n = options->n_view_samples, .dimensions = dimensions
  };
  MpView view = { NULL };
  gboolean ok;

  while (mp_loop_is_looking (lane->loop))
    mp_lane_poll_snapshot (lane, TRUE);
  ok = mp_loop_look (lane->loop, layers, &view, error)
       && mp_timeline_writer_set_data (timeline, options->n_view_data, dimensions, view.data, error);
  frame.samples = view.samples;
  describe_layer (&view, &frame.layer);
  layer_share = frame.layer.values != NULL ? view.layers[0].seconds : 0;
  ok = ok && mp_timeline_writer_append (timeline, &frame, error);
  mp_view_clear (&view);

  seconds = now_seconds () - start;
  layer_share = CLAMP (layer_share / MAX (seconds, 1e-9), 0, 1);
  paid = paid_seconds (lane) - paid;
  lane->recording += seconds;
  count_cost (lane, &lane->keyframe_due, start, paid * (1 - layer_share));
  if (layers[0] != NULL)
    count_cost (lane, &lane->layer_due, start, paid * layer_share);
  mp_trainer_publish_recording (lane->trainer, lane->recording);
  return ok;
}

/* ---- checkpoints ---- */

/* Whether the m-th automatic checkpoint is one of those that stay where every octave has at least per_octave. */
static gboolean
stays (guint64 m,
       guint   per_octave)
{
  guint64 interval = 1;

  while (interval * 2 * per_octave <= m)
    interval *= 2;
  return m % interval == 0;
}

/* Whether the i-th of them is kept with that spacing. */
static gboolean
is_kept (MpLane *lane,
         guint   i,
         guint   per_octave)
{
  guint64 iteration = g_array_index (lane->automatic, guint64, i);

  return i + 2 >= lane->automatic->len || (per_octave > 0 && stays (iteration / lane->checkpoint_every, per_octave));
}

static gboolean
thin_checkpoints (MpLane  *lane,
                  GError **error)
{
  double megabytes = mp_experiment_get_double (lane->experiment, "train", "history");
  double size = (double) mp_run_get_checkpoint_size (lane->run, lane->iteration);
  double most = size > 0 ? megabytes * 1e6 * (1 - KEYFRAME_BUDGET) / size : 0;
  guint per_octave = PER_OCTAVE, n;

  for (;; per_octave /= 2) {
    n = 0;
    for (guint i = 0; i < lane->automatic->len; i++)
      n += is_kept (lane, i, per_octave);
    if (n <= most || per_octave == 0)
      break;
  }
  for (guint i = lane->automatic->len; i-- > 0;) {
    if (is_kept (lane, i, per_octave))
      continue;
    if (!mp_run_remove_checkpoint (lane->run, g_array_index (lane->automatic, guint64, i), error))
      return FALSE;
    g_array_remove_index (lane->automatic, i);
  }
  return TRUE;
}

gboolean
mp_lane_save_checkpoint (MpLane  *lane,
                         gboolean automatic,
                         GError **error)
{
  double start = now_seconds ();
  const MpCounters counters = {
    .seed = (guint64) mp_experiment_get_int (lane->experiment, "train", "seed"),
    .iteration = lane->iteration,
    .batch = mp_loop_get_batch (lane->loop),
    .seconds = lane->seconds,
  };
  gboolean ok = mp_run_save_checkpoint (lane->run, mp_loop_get_store (lane->loop), &counters, error)
                && mp_run_save_state (lane->run, mp_lane_state_name (mp_trainer_get_state (lane->trainer)),
                                      lane->iteration, lane->seconds, error);

  if (ok && automatic) {
    g_array_append_val (lane->automatic, lane->iteration);
    ok = thin_checkpoints (lane, error);
  }
  lane->checkpoint_at = lane->iteration;
  lane->recording += now_seconds () - start;
  mp_trainer_publish_recording (lane->trainer, lane->recording);
  return ok;
}

/* ---- both ---- */

gboolean
mp_lane_start_history (MpLane  *lane,
                       GError **error)
{
  g_autoptr (GArray) checkpoints = NULL;
  guint64 parent_iteration;

  lane->automatic = g_array_new (FALSE, FALSE, sizeof (guint64));
  if (lane->run == NULL)
    return TRUE;
  checkpoints = mp_run_list_checkpoints (lane->run);
  for (guint i = 0; lane->checkpoint_every > 0 && i < checkpoints->len; i++)
    if (g_array_index (checkpoints, guint64, i) % lane->checkpoint_every == 0)
      g_array_append_val (lane->automatic, g_array_index (checkpoints, guint64, i));
  /* The first one makes plans, which says nothing about the next; training has not begun. */
  if (!mp_lane_save_keyframe (lane, error))
    return FALSE;
  lane->keyframe_due = lane->layer_due = (MpLaneDue) { 0 };
  lane->recording = 0;
  schedule_keyframe (lane);
  /* A branch must not need its parent. */
  return checkpoints->len > 0 || mp_run_get_parent (lane->run, &parent_iteration) == NULL
         || mp_lane_save_checkpoint (lane, FALSE, error);
}

gboolean
mp_lane_keep_history (MpLane  *lane,
                      GError **error)
{
  if (lane->iteration >= lane->next_keyframe) {
    if (now_seconds () >= lane->keyframe_due.at && !mp_lane_save_keyframe (lane, error))
      return FALSE;
    schedule_keyframe (lane);
  }
  return lane->checkpoint_every == 0 || lane->iteration % lane->checkpoint_every != 0
         || lane->iteration == lane->n_iterations || mp_lane_save_checkpoint (lane, TRUE, error);
}
