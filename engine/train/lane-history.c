/* SPDX-License-Identifier: Apache-2.0
 *
 * lane-history.c: what a run keeps of its past: keyframes to look back at and checkpoints to branch from. None of it
 * changes training.
 *
 * Keyframes are due at iterations that the timeline says (timeline-file.h) but may take only a small share of the time:
 * each is paid from a credit that grows with the clock and holds a few of them, so the first iterations and single
 * steps have theirs at once, and a lane that runs at full speed has them as often as the share allows. Looking waits
 * for a device that runs ahead; that is part of the cost. The background layer costs most and changes least: only some
 * keyframes have it.
 *
 * Automatic checkpoints are spaced likewise: counted in [train] checkpoint_every, every octave has at most 16, or as
 * many as the budget holds, and the last two are there in any case.
 */
#include "engine/train/lane.h"

#include "engine/views/view.h"

#define SHARE 0.02          /* of the time, for keyframes */
#define MOST_CREDIT 0.05    /* seconds */
#define LAYER_EVERY 4       /* keyframes */
#define PER_OCTAVE 8        /* checkpoints, at least */
#define KEYFRAME_BUDGET 0.25 /* of [train] history; the rest is the checkpoints' */

/* ---- keyframes ---- */

static void
update_credit (MpLane *lane)
{
  gint64 now = g_get_monotonic_time ();

  lane->credit = MIN (MOST_CREDIT, lane->credit + SHARE * (double) (now - lane->credit_at) / G_USEC_PER_SEC);
  lane->credit_at = now;
}

/* The next keyframe is the first that is due once it can be paid. */
static void
schedule_keyframe (MpLane *lane)
{
  double missing = MAX (0, lane->keyframe_cost - lane->credit) / SHARE;
  double wait = MIN (missing * mp_trainer_get_rate (lane->trainer), 1e9);

  lane->next_keyframe = mp_timeline_writer_next (mp_run_get_timeline (lane->run), lane->iteration + (guint64) wait);
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

/* The background layer that somebody looked at last, or the first on offer; not at every keyframe. */
static const char *
choose_layer (MpLane *lane)
{
  if (lane->keyframes_since % LAYER_EVERY != 0)
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
  gint64 start = g_get_monotonic_time (), dimensions = mp_data_get_dimensions (mp_loop_get_data (lane->loop));
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
  ok = ok && mp_timeline_writer_append (timeline, &frame, error);
  mp_view_clear (&view);

  lane->keyframes_since = layers[0] != NULL ? 1 : lane->keyframes_since + 1;
  lane->keyframe_cost = (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
  lane->credit -= lane->keyframe_cost;
  lane->recording += lane->keyframe_cost;
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
  gint64 start = g_get_monotonic_time ();
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
  lane->recording += (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
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
  lane->credit = MOST_CREDIT;
  lane->credit_at = g_get_monotonic_time ();
  if (!mp_lane_save_keyframe (lane, error))
    return FALSE;
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
    update_credit (lane);
    if (lane->credit > lane->keyframe_cost && !mp_lane_save_keyframe (lane, error))
      return FALSE;
    schedule_keyframe (lane);
  }
  return lane->checkpoint_every == 0 || lane->iteration % lane->checkpoint_every != 0
         || lane->iteration == lane->n_iterations || mp_lane_save_checkpoint (lane, TRUE, error);
}
