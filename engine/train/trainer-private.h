/* SPDX-License-Identifier: Apache-2.0
 *
 * trainer-private.h: what the two sides of a lane share: trainer.c is the owner's side, lane.c the lane's thread.
 *
 * Fields belong to one side, or are guarded as said; publishing functions are the lane's.
 */
#pragma once

#include "engine/train/scalar-queue.h"
#include "engine/train/trainer.h"

G_BEGIN_DECLS

typedef enum
{
  MP_COMMAND_PLAY,
  MP_COMMAND_PAUSE,
  MP_COMMAND_PAUSE_AT,
  MP_COMMAND_ITERATION,
  MP_COMMAND_PHASE,
  MP_COMMAND_SPEED,
  MP_COMMAND_LIVE,
  MP_COMMAND_CHECKPOINT,
  MP_COMMAND_STOP
} MpCommandType;

typedef struct
{
  MpCommandType type;
  double        speed;
  guint64       iteration;
  char         *group, *key, *value;
} MpCommand;
void mp_command_free (MpCommand *command);

struct _MpTrainer
{
  GObject           parent;

  /* fixed before the thread starts */
  char             *device;
  char             *run_dir;
  char             *from;
  MpTrainerOptions  options;
  GThread          *thread;
  MpExperiment     *initial;      /* the lane's to read */

  /* the owner's */
  MpExperiment     *experiment;

  GMutex            mutex;        /* guards down to `metrics` */
  GCond             wake;         /* commands, requests, leave */
  GQueue            commands;     /* MpCommand * */
  gboolean          leave;        /* end the thread when the lane is over */
  gboolean          wants_snapshot;
  char            **wanted;       /* its layers, or NULL */
  GPtrArray        *restored;     /* assignments to make in `experiment`, or NULL */
  GError           *error;
  char             *device_name;  /* once it is open; set once */
  const char       *device_class; /* "cpu", "cuda", or NULL yet */
  char             *device_note;  /* or NULL; set once */
  char             *anew;         /* as mp_branch_describe () says it, or NULL; set once */
  char             *passed_over;  /* checkpoints, or NULL; set once */
  const char       *activity;     /* static */
  MpSnapshot       *snapshot;
  MpMinibatch      *minibatch;    /* of the last single phase, or NULL */
  GArray           *metrics;      /* MpMetricValue, or NULL */

  gint              attention;    /* atomic: something of the above waits for the lane */
  gint              prepared;     /* atomic: what follows is set and stays */
  guint             n_series;
  MpSeriesInfo     *series;
  guint             n_layers;
  MpLayerInfo      *layers;
  guint             n_phases;
  const char      **phases;

  /* atomic */
  gint              state;        /* MpLaneState */
  gint              phase;
  guint64           iteration;
  guint64           n_iterations;
  guint64           seconds_bits; /* doubles */
  guint64           rate_bits;
  guint64           look_bits;
  guint64           recording_bits;

  GMutex            latest_mutex;
  double           *latest;       /* n_series */
  MpScalarQueue    *scalars;      /* NULL unless somebody will drain */

  GMutex            notify_mutex;
  void            (*notify) (gpointer data);
  gpointer          notify_data;
  gint              notified;     /* atomic */
};

gpointer mp_lane_thread (gpointer trainer);

/* ---- for lane.c ---- */
void mp_trainer_publish_state (MpTrainer *self, MpLaneState state);
void mp_trainer_publish_progress (MpTrainer *self, guint64 iteration, double seconds, double rate);
void mp_trainer_publish_look (MpTrainer *self, double seconds);
void mp_trainer_publish_recording (MpTrainer *self, double seconds);
/* Takes the error. */
void mp_trainer_publish_end (MpTrainer *self, MpLaneState state, GError *error);
void mp_trainer_publish_scalars (MpTrainer *self, guint64 iteration, guint first, guint n, const double *values);
void mp_trainer_publish_metrics (MpTrainer *self, const GArray *values);
/* Takes the minibatch; NULL: there is none any more. */
void mp_trainer_publish_minibatch (MpTrainer *self, MpMinibatch *minibatch);
/* Takes the snapshot. */
void mp_trainer_publish_snapshot (MpTrainer *self, MpSnapshot *snapshot);
/* Calls notify unless it is pending. */
void mp_trainer_tell (MpTrainer *self);

G_END_DECLS
