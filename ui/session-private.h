/* SPDX-License-Identifier: Apache-2.0
 *
 * session-private.h: the session in its files: session.c has the lanes and pulls what is new, session-commands.c tells
 * all of them to play, pause and step, session-runs.c opens kept runs, goes on with them, and branches, session-seeds.c
 * adds lanes of other seeds. One lane is session-lane.c.
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
  char       *given_title; /* which holds unless lanes got other data or methods */
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
/* News from any thread: pull soon. */
void           mp_session_wake           (gpointer       session);
/* At the end of the list; the lane is the session's. */
void           mp_session_show_lane      (MpSession     *self,
                                          MpSessionLane *lane);
/* A new lane that trains, or waits for play. */
void           mp_session_add_lane       (MpSession     *self,
                                          MpExperiment  *experiment,
                                          const char    *device);
void           mp_session_remove_lanes   (MpSession     *self);
/* Removes soon what is marked so. */
void           mp_session_queue_removal  (MpSession     *self);
/* Stops the trainer (transfer full); its end is awaited elsewhere. */
void           mp_session_retire         (MpSession     *self,
                                          MpTrainer     *trainer);
guint          mp_session_free_colour    (MpSession     *self);
/* Lanes may have got other data or methods than the title speaks of. */
void           mp_session_update_title   (MpSession     *self);
/* After lanes came or went. */
void           mp_session_update         (MpSession     *self);
/* After the state of lanes changed. */
void           mp_session_update_playing (MpSession     *self);
void           mp_session_fail           (MpSession     *self,
                                          const char    *text);
/* The last lane is a branch that has just been added. */
void           mp_session_tell_branched  (MpSession     *self);
/* ---- session-seeds.c ---- */
/* Adds lanes of the same experiment with further seeds: three in all at first, then as many as there is room for. */
void           mp_session_repeat         (MpSession     *self,
                                          MpLaneModel   *model);

G_END_DECLS
