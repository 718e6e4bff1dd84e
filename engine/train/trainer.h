/* SPDX-License-Identifier: Apache-2.0
 *
 * trainer.h: one lane: an experiment in training on a thread of its own.
 *
 * MpTrainer owns a thread, which owns graph, store, plans and stream. Commands queue up and apply between iterations
 * (between phases for one-phase steps). Scalars come up a lossless queue; views come up as immutable snapshots,
 * latest wins, and only when somebody asked for one. The engine never waits for its observer.
 *
 * What a lane computes does not depend on being watched, paused, slowed, or on other lanes. With a run folder, a change
 * by hand is recorded with its iteration, and a resumed run makes it again.
 *
 * Iteration k in scalars, snapshots and files means: after k iterations. Metrics start at 0, losses at 1.
 *
 * A lane that is over (finished, stopped, diverged) keeps its thread for snapshots until mp_trainer_join () or the end
 * of the object, which stops and joins.
 *
 * Threads: unless said otherwise functions may be called from any one thread at a time (the owner's). The notify
 * function is called on the trainer's thread and must only schedule something.
 */
#pragma once

#include <glib-object.h>

#include "engine/metrics/metric.h"
#include "engine/views/view.h"

G_BEGIN_DECLS

typedef enum
{
  MP_LANE_PREPARING,  /* building graph and plans */
  MP_LANE_PAUSED,
  MP_LANE_TRAINING,
  MP_LANE_FINISHED,   /* all iterations done */
  MP_LANE_STOPPED,    /* asked to stop before the end */
  MP_LANE_DIVERGED,   /* a non-finite value: a result */
  MP_LANE_FAILED      /* an error; see mp_trainer_dup_error () */
} MpLaneState;
const char *mp_lane_state_name (MpLaneState state); /* "preparing", … as in JSON */

/* ---- snapshots ---- */
typedef struct
{
  gatomicrefcount ref_count;
  guint64     iteration;
  double      seconds;          /* training time, pauses left out */
  gint64      n_samples, n_data, dimensions, n_latent;
  float      *samples;          /* fixed noise, n_samples × dimensions */
  float      *latents;          /* that noise, n_samples × n_latent: row i made sample i; NULL where the method
                                 * reconstructs */
  float      *data;             /* n_data × dimensions */
  guint       n_layers;
  MpLayer    *layers;           /* those that were asked for */
  GArray     *metrics;          /* MpMetricValue, of the last evaluation */
} MpSnapshot;
/* The layer of this view, or NULL. */
const MpLayer *mp_snapshot_get_layer (MpSnapshot *self, const char *id);
MpSnapshot *mp_snapshot_ref (MpSnapshot *self);
void        mp_snapshot_unref (MpSnapshot *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpSnapshot, mp_snapshot_unref)

/* ---- slow motion ---- */
typedef struct
{
  gatomicrefcount ref_count;
  guint64     iteration;        /* whole ones before it */
  guint       phase;            /* that ran: index into mp_trainer_get_phases () */
  const char *title;            /* its; untranslated, as the next ones */
  gint64      repetition, n_repetitions; /* of it in this iteration, from 0 */
  gint64      n_real, n_generated, dimensions;
  float      *real, *generated; /* the minibatch; NULL where the phase has none */
  guint       n_reports;        /* series of reports: the first of mp_trainer_get_series () */
  const char **ids, **titles;   /* n_reports; interned */
  double     *before, *now;     /* n_reports: as last reported, and by this run; NAN for none */
  guint       n_groups;
  struct
  {
    const char *group;          /* of parameters */
    double      gradient, update, size; /* norms: of the gradient, of the change, of the parameters before it */
  }           groups[4];
} MpMinibatch;
MpMinibatch *mp_minibatch_ref (MpMinibatch *self);
void         mp_minibatch_unref (MpMinibatch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpMinibatch, mp_minibatch_unref)

/* A view that the lane's method offers. */
typedef struct
{
  const MpViewClass *class;     /* base.id is what snapshots are asked for, base.summary explains it */
  const char        *title;     /* what exactly is shown here */
} MpLayerInfo;

/* ---- scalars ---- */
typedef struct
{
  guint32 series;     /* index into mp_trainer_get_series () */
  guint64 iteration;
  double  value;      /* may be non-finite */
} MpScalar;

typedef struct
{
  const char *id;     /* "loss/critic", "modes" */
  const char *title;
  const char *unit;   /* or NULL */
  MpBetter    better;
  gboolean    per_iteration; /* reported each iteration, not each evaluation */
} MpSeriesInfo;

/* ---- trainer ---- */
#define MP_TYPE_TRAINER (mp_trainer_get_type ())
G_DECLARE_FINAL_TYPE (MpTrainer, mp_trainer, MP, TRAINER, GObject)

typedef struct
{
  const char *device;       /* a name as in devices.h; NULL: auto */
  gint        n_threads;    /* inside one kernel; 0: one */
  const char *run_dir;      /* where the run is kept, or NULL: nowhere */
  gboolean    resume;       /* run_dir holds a run to go on with */
  const char *from;         /* folder of a run to branch from, or NULL: begin anew */
  gint64      from_iteration; /* its last checkpoint at or before this; −1: the newest */
  gint64      iterations;   /* −1: as the experiment says */
  gint64      checkpoint_every; /* iterations; 0: as the experiment says; −1: only at the end and on request */
  gboolean    start_paused;
  gboolean    new_stage;    /* a frozen extractor is trained anew instead of taken from the cache (stage.h) */
  gboolean    scalars;      /* somebody will drain the scalars */
  gboolean    gives_way;    /* its threads have a lower priority than those that draw */
} MpTrainerOptions;

/* Makes the lane and starts its thread, which builds and then trains or waits. Never fails: errors become the state
 * MP_LANE_FAILED. The experiment is copied. To resume, give the run's own (mp_run_get_experiment ()); changes that were
 * made by hand come back by themselves.
 *
 * A branch goes on with the counters, parameters and optimizer moments of the checkpoint and with this experiment:
 * bit for bit like its parent when it is that of mp_run_dup_experiment (). What the checkpoint does not have in the
 * experiment's shape begins anew (branch.h), the generator's parameters excepted: that is an error. */
MpTrainer    *mp_trainer_new (MpExperiment *experiment, const MpTrainerOptions *options);
MpExperiment *mp_trainer_get_experiment (MpTrainer *self);
const char   *mp_trainer_get_run_dir (MpTrainer *self);           /* or NULL */

/* Commands: return at once. Those that need a whole iteration (changes, checkpoints, stopping) wait for the end of an
 * iteration that was begun phase by phase; stopping finishes it. */
void          mp_trainer_play (MpTrainer *self);
void          mp_trainer_pause (MpTrainer *self);
/* Pauses exactly there, once; at once where the lane is there or beyond. 0: takes it back. */
void          mp_trainer_pause_at (MpTrainer *self, guint64 iteration);
void          mp_trainer_step_iteration (MpTrainer *self);
void          mp_trainer_step_phase (MpTrainer *self);
void          mp_trainer_set_speed (MpTrainer *self, double iterations_per_second); /* 0: as fast as possible */
/* Only keys whose parameter is live. FALSE with MP_ERROR_EXPERIMENT for the rest and for bad values, with
 * MP_ERROR_STATE when the lane is over. */
gboolean      mp_trainer_set_live (MpTrainer *self, const char *group, const char *key, const char *value,
                                   GError **error);
void          mp_trainer_checkpoint (MpTrainer *self);
void          mp_trainer_stop (MpTrainer *self);                  /* asks; ends in STOPPED, run kept */
/* Waits for the lane to be over and ends its thread. After mp_trainer_stop (), or for a lane that trains to its end. */
void          mp_trainer_join (MpTrainer *self);

/* State, from any thread. */
MpLaneState   mp_trainer_get_state (MpTrainer *self);
guint64       mp_trainer_get_iteration (MpTrainer *self);
guint64       mp_trainer_get_n_iterations (MpTrainer *self);
double        mp_trainer_get_seconds (MpTrainer *self);           /* training time, pauses left out */
double        mp_trainer_get_rate (MpTrainer *self);              /* iterations/s over about the last second */
/* Time of the lane's thread that snapshots took, beside training time; on a device that computes beside the host,
 * that of asking and unpacking only. */
double        mp_trainer_get_look_seconds (MpTrainer *self);
/* Seconds of the training time that went into keyframes and checkpoints. */
double        mp_trainer_get_recording_seconds (MpTrainer *self);
GError       *mp_trainer_dup_error (MpTrainer *self);             /* FAILED: why; DIVERGED: where; else NULL */
char         *mp_trainer_dup_device (MpTrainer *self);            /* what it trains on, "NVIDIA H100", or NULL yet */
const char   *mp_trainer_get_device_class (MpTrainer *self);      /* "cpu", "cuda", or NULL yet */
char         *mp_trainer_dup_device_note (MpTrainer *self);       /* why "auto" took the CPU, or NULL */
/* What of a branch began anew, translated (mp_branch_describe ()), or NULL; known once prepared. */
char         *mp_trainer_dup_anew (MpTrainer *self);
/* Of a resumed run: damaged checkpoints that it did not go on from (mp_run_get_passed_over ()), or NULL; known once
 * prepared. */
char         *mp_trainer_dup_passed_over (MpTrainer *self);
char         *mp_trainer_dup_phase (MpTrainer *self);             /* title of the phase to run next */
/* Titles of the phases, once prepared, and the one to run next. */
const char *const *mp_trainer_get_phases (MpTrainer *self, guint *n);
guint         mp_trainer_get_phase (MpTrainer *self);
/* What the last single phase did (mp_trainer_step_phase ()), or NULL; (transfer full). */
MpMinibatch  *mp_trainer_dup_minibatch (MpTrainer *self);
char         *mp_trainer_dup_activity (MpTrainer *self);          /* while preparing: what is being done */

/* Called once, on the trainer's thread, when there is news since the last mp_trainer_drain_scalars (); at most one call
 * is pending. No call is under way when this returns; notify must not call it. */
void          mp_trainer_set_notify (MpTrainer *self, void (*notify) (gpointer data), gpointer data);
const MpSeriesInfo *mp_trainer_get_series (MpTrainer *self, guint *n); /* once prepared; static from then on */
/* Moves all waiting scalars to the end of `scalars` (of MpScalar). */
void          mp_trainer_drain_scalars (MpTrainer *self, GArray *scalars);
/* Last value of every series, NAN where none yet. values: as many as series. */
void          mp_trainer_get_latest (MpTrainer *self, double *values);
GArray       *mp_trainer_dup_metrics (MpTrainer *self);           /* MpMetricValue of the last evaluation, or NULL */

/* Asks for one snapshot, made between two iterations. layers: (nullable): ids of views, NULL-terminated, copied; those
 * that the lane does not offer are left out. */
void          mp_trainer_request_snapshot (MpTrainer *self, const char *const *layers);
/* The latest snapshot, or NULL; (transfer full). */
MpSnapshot   *mp_trainer_dup_snapshot (MpTrainer *self);
/* What can be asked for, once prepared; static from then on. (transfer none) */
const MpLayerInfo *mp_trainer_get_layers (MpTrainer *self, guint *n);

G_END_DECLS
