/* SPDX-License-Identifier: Apache-2.0
 *
 * session-private.h: the session in two files: session.c has lanes that train, session-runs.c opens kept runs, goes on
 * with them, and branches.
 */
#pragma once

#include "ui/session-lane.h"

G_BEGIN_DECLS

struct _MpSession
{
  GObject parent_instance;

  GListStore *models;
  GPtrArray  *lanes;       /* of MpSessionLane, in the order of models */
  MpTimeline *timeline;
  char       *runs_dir;
  char       *title;
  char       *subtitle;
  char       *device;      /* of new lanes, or NULL: auto */
  gboolean    wants_play;
  gboolean    playing, can_play;
  guint64     pause_at;    /* where lanes pause, or 0 */
  double      speed;
  gint64      seed;
  guint       n_joining;   /* trainers that a helper thread waits for */
  GPtrArray  *stop_tasks;  /* of GTask: told when n_joining falls to 0 */
  guint       check_id;    /* pulls now and then when no frame clock does */
  gint64      pulled_at;
  gint64      words_at;    /* when progress and curves were last told */
  guint       turn;        /* of the lane that may ask for a snapshot, where lanes take turns */
  gint        waking;      /* atomic: an idle is scheduled */
};

/* ---- session.c ---- */
/* A lane that does not train yet, at the end of the list once it is shown. */
MpSessionLane *mp_session_new_lane     (MpSession        *self,
                                        MpExperiment     *experiment,
                                        const char       *device,
                                        guint             colour);
void           mp_session_show_lane    (MpSession        *self,
                                        MpSessionLane    *lane);
/* Gives the lane a trainer. options: run_dir, resume and the like; the rest is the session's. */
void           mp_session_start_lane   (MpSessionLane    *lane,
                                        MpTrainerOptions  options);
void           mp_session_remove_lanes (MpSession        *self);
guint          mp_session_free_colour  (MpSession        *self);
void           mp_session_set_title    (MpSession        *self,
                                        const char       *title);
/* After lanes came or went. */
void           mp_session_update       (MpSession        *self);
void           mp_session_fail         (MpSession        *self,
                                        const char       *text);
/* ---- session-seeds.c ---- */
/* Adds lanes of the same experiment with further seeds: three in all at first, then as many as there is room for. */
void           mp_session_repeat       (MpSession        *self,
                                        MpLaneModel      *model);
/* News from any thread: pull soon. */
void           mp_session_wake         (gpointer          session);

G_END_DECLS
