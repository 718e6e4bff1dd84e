/* SPDX-License-Identifier: Apache-2.0
 *
 * session-lane.h: one lane of a session: a trainer and the model that it feeds. Private to the session's files.
 *
 * What widgets ask of the model (restart, duplicate, remove, another value) is answered here. Nothing here waits for the
 * trainer. Main thread only.
 */
#pragma once

#include "ui/session.h"

G_BEGIN_DECLS

typedef struct
{
  MpSession    *session;        /* not owned; the lane goes first */
  MpLaneModel  *model;
  MpTrainer    *trainer;
  GArray       *curves;         /* guint: the model's curve of each of the trainer's series; empty until prepared */
  GArray       *scalars;        /* scratch, of MpScalar */
  gint64        costly_at;      /* when costly layers were last asked for */
  gboolean      curves_changed;
  gboolean      wants_view;     /* one more snapshot, training or not */
  gboolean      view_pending;   /* asked for, not here yet */
  gboolean      removing;
  gconstpointer minibatch;      /* the last one that was taken over; only compared */
} MpSessionLane;

/* A lane that does not train yet. */
MpSessionLane *mp_session_lane_new      (MpSession       *session,
                                         MpExperiment    *experiment,
                                         const char      *device,
                                         guint            colour);
/* Stops its trainer. */
void     mp_session_lane_free          (gpointer         lane);
/* Gives the lane a trainer. options: run_dir, resume and the like; the rest is the session's. */
void     mp_session_lane_start         (MpSessionLane   *lane,
                                        MpTrainerOptions options);
/* A run of its own, from the first iteration or from where the model's parent was left. */
void     mp_session_lane_start_run     (MpSessionLane   *lane);
void     mp_session_lane_restart       (MpSessionLane   *lane,
                                        MpExperiment    *experiment);
/* The lane will not train any more. */
gboolean mp_session_lane_is_final      (MpLaneState    state);
/* Looking at a preset is no run: deletes the run folder of a lane that never trained. After the join. Any thread. */
void     mp_session_lane_discard_unused (MpTrainer    *trainer);
/* Moves what the trainer reported into the model's curves; nothing is told yet. */
void     mp_session_lane_pull_scalars  (MpSessionLane *lane);
/* Numbers, next phase and curves: told. */
void     mp_session_lane_pull_progress (MpSessionLane *lane);
/* Returns: whether the state is another one. */
gboolean mp_session_lane_pull_state    (MpSessionLane *lane);
/* Takes the newest snapshot over and asks for the next one. turn: it is this lane's turn. */
void     mp_session_lane_pull_view     (MpSessionLane *lane,
                                        gboolean       turn,
                                        gint64         now);

G_END_DECLS
