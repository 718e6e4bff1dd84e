/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep-run.h: a sweep in its folder: trials that are trained by a pool of lanes, and what came of them.
 *
 *   sweep.ini, bases/   the sweep (sweep.h)
 *   runs/NAME           one run folder (run.h) for each trial
 *   locks/NAME          locked (flock) by the process that trains the trial
 *   messages/NAME       why a trial failed or where it diverged
 *   cells.csv, seeds.csv   results so far, written after runs that ended and when the pool comes to rest
 *
 * What the folder says is the truth: a trial is over when its run folder says so, and whoever holds a trial's lock
 * trains it. So any number of processes may work on one folder; killing them at any moment loses nothing that was
 * finished, and trials that were under way go on from their last checkpoint, with the same bits.
 *
 * The pool has a thread for each lane, which takes one trial after the other and waits for its trainer. A trial that
 * fails or diverges is a result; the others go on. Starting a sweep again tries failed trials again.
 *
 * Threads: functions may be called from any one thread at a time (the owner's), unless said otherwise. The notify
 * function is called on the pool's threads and must only schedule something.
 */
#pragma once

#include "engine/statistics.h"
#include "engine/train/series-names.h"
#include "engine/train/sweep.h"
#include "engine/train/trainer.h"

G_BEGIN_DECLS

typedef enum
{
  MP_TRIAL_WAITING,
  MP_TRIAL_RUNNING,
  MP_TRIAL_ELSEWHERE,    /* another process trains it */
  MP_TRIAL_INTERRUPTED,  /* begun, and to go on */
  MP_TRIAL_FINISHED,
  MP_TRIAL_DIVERGED,
  MP_TRIAL_FAILED
} MpTrialState;
#define MP_N_TRIAL_STATES 7
const char *mp_trial_state_name (MpTrialState state);             /* "waiting", … as in JSON and CSV */

/* Where a sweep as a whole is. */
typedef enum
{
  MP_SWEEP_RESTING,      /* no lane of this process works on it: not begun, stopped, or all done */
  MP_SWEEP_RUNNING,
  MP_SWEEP_PAUSED,
  MP_SWEEP_STOPPING      /* asked to stop; lanes save their checkpoints */
} MpSweepActivity;

typedef struct
{
  MpTrialState state;
  guint64      iteration, n_iterations;
  double       seconds;     /* training time */
  double       rate;        /* iterations/s, 0: not running */
} MpTrialStatus;

/* One metric over the seeds of a cell. */
typedef struct
{
  guint  n;                 /* finished trials with a finite value */
  double mean, sd;          /* NAN for n = 0; sd (n − 1 in the divisor) NAN for n < 2 */
  double min, max;
  guint  n_seeds, n_diverged, n_failed, n_waiting; /* waiting: all that may still come */
} MpSweepSummary;

typedef struct
{
  const char *device;       /* as in MpTrainerOptions */
  guint       n_lanes;      /* 0: as many as the machine has processors */
  gboolean    gives_way;    /* as in MpTrainerOptions */
} MpSweepOptions;

typedef struct _MpSweepRun MpSweepRun;

/* Opens a sweep's folder and reads the state of all trials. */
MpSweepRun     *mp_sweep_run_open (const char *dir, GError **error);
/* Stops the pool and waits for it, then frees. */
void            mp_sweep_run_close (MpSweepRun *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpSweepRun, mp_sweep_run_close)
MpSweep        *mp_sweep_run_get_sweep (MpSweepRun *self);
const char     *mp_sweep_run_get_dir (MpSweepRun *self);
/* Of what its methods report. */
MpSeriesNames  *mp_sweep_run_get_names (MpSweepRun *self);
char           *mp_sweep_run_dup_trial_dir (MpSweepRun *self, guint trial);

/* Called when a trial has begun or is over and when the pool comes to rest; at most one call is pending until
 * mp_sweep_run_acknowledge (). */
void            mp_sweep_run_set_notify (MpSweepRun *self, void (*notify) (gpointer data), gpointer data);
void            mp_sweep_run_acknowledge (MpSweepRun *self);

/* Starts the pool's threads where it rests; else lets it go on. Returns at once. */
void            mp_sweep_run_start (MpSweepRun *self, const MpSweepOptions *options);
/* Lanes wait between two iterations, and keep their memory. */
void            mp_sweep_run_pause (MpSweepRun *self);
void            mp_sweep_run_resume (MpSweepRun *self);
/* Lanes save a checkpoint and end. Returns at once; the activity then becomes MP_SWEEP_RESTING. */
void            mp_sweep_run_stop (MpSweepRun *self);
void            mp_sweep_run_join (MpSweepRun *self);             /* waits for the pool to rest */
MpSweepActivity mp_sweep_run_get_activity (MpSweepRun *self);
/* Why cells.csv and seeds.csv could not be written the last time, or NULL. (transfer full) */
GError         *mp_sweep_run_dup_tables_error (MpSweepRun *self);
/* Looks at the folders of trials that other processes train. */
void            mp_sweep_run_refresh (MpSweepRun *self);

/* ---- trials ---- */
void            mp_sweep_run_get_status (MpSweepRun *self, guint trial, MpTrialStatus *status);
void            mp_sweep_run_count (MpSweepRun *self, guint counts[MP_N_TRIAL_STATES]);
/* Why it failed or where it diverged, or NULL. (transfer full) */
char           *mp_sweep_run_dup_message (MpSweepRun *self, guint trial);
/* The trainer of a running trial, for snapshots, or NULL. (transfer full) */
MpTrainer      *mp_sweep_run_dup_trainer (MpSweepRun *self, guint trial);
/* A result of a trial that is over; of a running one the latest value; NAN where there is none. */
double          mp_sweep_run_get_value (MpSweepRun *self, guint trial, const char *metric);
/* Ids of all metrics that some trial has a result of, those of the registry first. (transfer full): of char *. */
GPtrArray      *mp_sweep_run_list_metrics (MpSweepRun *self);
/* Iterations done and to do over all trials, and seconds until all are done; NAN while nothing is known. */
void            mp_sweep_run_get_progress (MpSweepRun *self, guint64 *done, guint64 *all, double *seconds_left);
/* Training time of all trials so far. */
double          mp_sweep_run_get_seconds (MpSweepRun *self);

/* ---- results ---- */
void            mp_sweep_run_summarise (MpSweepRun *self, guint cell, const char *metric, MpSweepSummary *summary);
/* How the methods differ over all settings. Each seed gives one value for each method: its mean over the settings in
 * which both methods have a result with every seed. Lanes of one seed share data order, noise and initial generator, so
 * values are paired by seed. (transfer full): of MpSweepDifference, one for each pair of methods. */
typedef struct
{
  guint        a, b;        /* values of the axis "method" */
  guint        n_settings;  /* that count */
  guint        n_left_out;  /* where some run of the two diverged, failed or is not done */
  MpDifference difference;  /* b − a */
} MpSweepDifference;
GArray         *mp_sweep_run_compare (MpSweepRun *self, const char *metric);
/* One row for each cell and seed: axes, seed, state, iteration, seconds, metrics, run folder. (transfer full) */
char           *mp_sweep_run_seeds_csv (MpSweepRun *self);
/* One row for each cell: axes, n, how many diverged and failed, and mean, sd, min, max of each metric. */
char           *mp_sweep_run_cells_csv (MpSweepRun *self);
/* Writes both; cells into path, seeds beside it: "NAME-seeds.csv". */
gboolean        mp_sweep_run_write_csv (MpSweepRun *self, const char *path, GError **error);

/* A fresh folder in the folder of sweeps: $MATCHPOINT_SWEEPS_DIR, else matchpoint/sweeps in the user's data folder.
 * Makes nothing; others get another one. (transfer full) */
char           *mp_sweep_new_path (MpSweep *sweep);
char           *mp_sweep_default_parent (void);

G_END_DECLS
