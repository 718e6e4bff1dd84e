/* SPDX-License-Identifier: Apache-2.0
 *
 * session.h: lanes in training, seen from the main thread.
 *
 * MpSession owns the trainers and feeds one MpLaneModel each. Trainers announce news from their threads; that only
 * schedules an idle, at most one at a time, which asks the owner of a frame clock to pull by "news". mp_session_pull
 * then drains scalars, takes the newest snapshots and asks for new ones from watched lanes whose last one was drawn.
 * Stopping is asynchronous: a helper thread joins, nothing here ever waits for the engine.
 *
 * Signals:
 *   news ()                     call mp_session_pull () soon
 *   failed (const char *text)   something was refused, or is not as it was; the lanes go on
 *   branched (guint lane)       mp_session_branch () has added this lane
 *
 * Properties (notify): "title", "subtitle", "can-play", "playing", "finished", "seed", "speed", "busy" (lanes are still
 * stopping). Main thread only.
 */
#pragma once

#include <gio/gio.h>

#include "ui/timeline.h"

G_BEGIN_DECLS

#define MP_MAX_LANES 6

#define MP_TYPE_SESSION (mp_session_get_type ())
G_DECLARE_FINAL_TYPE (MpSession, mp_session, MP, SESSION, GObject)

/* runs_dir: parent of new run folders, or NULL for the default place. */
MpSession *mp_session_new            (const char    *runs_dir);

/* Replaces all lanes. name: a preset or a file. play: train as soon as lanes are prepared. */
gboolean      mp_session_open           (MpSession  *self,
                                            const char    *name,
                                            gboolean       play,
                                            GError       **error);
/* Adds the lanes of a preset or file, as many as fit. */
gboolean      mp_session_add            (MpSession  *self,
                                            const char    *name,
                                            GError       **error);
GListModel   *mp_session_get_lanes      (MpSession  *self);     /* of MpLaneModel; (transfer none) */
/* The past of the lanes. (transfer none) */
MpTimeline   *mp_session_get_timeline   (MpSession  *self);
const char   *mp_session_get_title      (MpSession  *self);
void          mp_session_set_title      (MpSession  *self,
                                         const char *title);
const char   *mp_session_get_subtitle   (MpSession  *self);

/* ---- kept runs (session-runs.c) ---- */
/* Shows a kept run as a lane without a trainer; its curves come a moment later. alone: instead of all lanes. */
gboolean      mp_session_open_run       (MpSession  *self,
                                         const char *run_dir,
                                         gboolean    alone,
                                         GError    **error);
/* Whether a lane is a kept run that does not train, and could go on. */
gboolean      mp_session_is_kept        (MpSession  *self,
                                         guint       lane);
/* Trains a kept run on, in its folder. A finished one is given as many iterations again. */
gboolean      mp_session_resume         (MpSession  *self,
                                         guint       lane,
                                         GError    **error);
/* Adds a paused lane that goes on from the last checkpoint of this one at or before the iteration; G_MAXUINT64: from
 * now, once a checkpoint has been written. Signals "branched". A branch that is restarted begins there again, also one
 * that was opened as a kept run; when the checkpoint is gone, "failed" says so and the branch begins at an earlier one, or
 * anew. */
gboolean      mp_session_branch         (MpSession  *self,
                                         guint       lane,
                                         guint64     iteration,
                                         GError    **error);

/* Where lanes that are opened from now on train; NULL: auto. Lanes that are there have their own choice
 * (mp_lane_model_set_draft_device ()). */
void          mp_session_set_device     (MpSession  *self,
                                            const char    *device);

/* All lanes. */
void          mp_session_play           (MpSession  *self);
void          mp_session_pause          (MpSession  *self);
/* Each lane pauses exactly there, once, also those that are opened or start over before the next call; 0: none does. */
void          mp_session_set_pause_at   (MpSession  *self,
                                            guint64     iteration);
void          mp_session_step_iteration (MpSession  *self);
void          mp_session_step_phase     (MpSession  *self);
/* One phase of one lane; the others stay where they are. */
void          mp_session_step_lane_phase (MpSession *self,
                                            guint       lane);
/* Every lane from its first iteration, with the settings that it trains. */
void          mp_session_reset          (MpSession  *self);
gboolean      mp_session_get_playing    (MpSession  *self);
gboolean      mp_session_get_can_play   (MpSession  *self);
gint64        mp_session_get_seed       (MpSession  *self);
/* Sets [train] seed of all lanes and starts them over. */
void          mp_session_set_seed       (MpSession  *self,
                                            gint64         seed);
/* Iterations per second of each lane; 0: as fast as possible. */
double        mp_session_get_speed      (MpSession  *self);
void          mp_session_set_speed      (MpSession  *self,
                                            double         per_second);

/* The least advanced lane. seconds_left: NAN while unknown. FALSE without lanes. */
gboolean      mp_session_get_progress   (MpSession  *self,
                                            guint64       *iteration,
                                            guint64       *n_iterations,
                                            double        *seconds_left);

/* Takes over what is new. views: also snapshots. now: g_get_monotonic_time (). */
void          mp_session_pull           (MpSession  *self,
                                            gboolean       views,
                                            gint64         now);

/* Asks all lanes to stop and calls back once their threads ended and their runs are written. */
void          mp_session_stop_async     (MpSession        *self,
                                            GAsyncReadyCallback  callback,
                                            gpointer             data);
void          mp_session_stop_finish    (MpSession        *self,
                                            GAsyncResult        *result);
/* Lanes that have trained here; not kept runs that are only looked at. */
guint         mp_session_get_n_trained  (MpSession        *self);
/* Lanes whose threads have not ended. */
guint         mp_session_get_n_running  (MpSession        *self);

G_END_DECLS
