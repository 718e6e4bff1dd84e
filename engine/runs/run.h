/* SPDX-License-Identifier: Apache-2.0
 *
 * run.h: the run folder: experiment.ini, state.json, metrics, timeline, checkpoints/.
 *
 *   experiment.ini                 every key written out, as the run began
 *   state.json                     format version, program version, experiment's id, device, state, iteration, seconds,
 *                                  created, updated, the last value of every series; for a run that failed or diverged
 *                                  why or where; and for a branch its parent: the run (relative where it lies beside
 *                                  this one), the iteration that it left it at, and what began anew:
 *                                  {"critic": [5, 6]}, five of its six tensors
 *   metrics                        append-only records with checksums (metrics-file.h): values, and changes by hand
 *   timeline                       keyframes to look back at (timeline-file.h)
 *   checkpoints/ITERATION.safetensors
 *   data/FILE                      the file that the data set is made from, up to 64 MiB; of a larger one experiment.ini
 *                                  has the absolute path. In both cases it has the file's SHA-256, and going on with
 *                                  another file is refused
 *
 *   notes.json                     tags and notes, written by people (run-db.h)
 *   lock                           locked (flock) while a lane trains here
 *
 * Whole files are written beside and renamed, with fsync of file and folder. A new folder is filled beside its place
 * and renamed, so that a folder of that name is a whole run at any moment.
 *
 * Threads: an object belongs to one thread at a time; any number of objects may read one folder.
 */
#pragma once

#include "engine/graph/plan.h"
#include "engine/runs/metrics-file.h"
#include "engine/runs/timeline-file.h"
#include "engine/train/experiment.h"

G_BEGIN_DECLS

typedef struct _MpRun MpRun;

/* The folder must be new or empty. */
MpRun        *mp_run_create (const char *dir, MpExperiment *experiment, const char *device, GError **error);
/* A run that goes on from a checkpoint of another run. parent: its folder; it may go, the branch does not need it once
 * it has a checkpoint of its own. */
MpRun        *mp_run_create_branch (const char *dir, MpExperiment *experiment, const char *device, const char *parent,
                                    guint64 iteration, GError **error);
/* Opens for reading (writable FALSE) or for going on (TRUE: locks, cuts the metrics file after the newest whole
 * checkpoint's iteration, or drops all of it when there is none). MP_ERROR_STATE when another lane has it locked. */
MpRun        *mp_run_open (const char *dir, gboolean writable, GError **error);
void          mp_run_close (MpRun *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpRun, mp_run_close)

/* Whether a lane trains there. */
gboolean      mp_run_is_locked (const char *dir);

const char   *mp_run_get_dir (MpRun *self);
MpExperiment *mp_run_get_experiment (MpRun *self);
const char   *mp_run_get_state (MpRun *self);        /* "finished", …; "interrupted" for a run that was killed */
/* Why it failed or where it diverged, or NULL; kept in state.json from the next mp_run_save_state () on. Opened for
 * writing, a run has none. */
const char   *mp_run_get_message (MpRun *self);
void          mp_run_set_message (MpRun *self, const char *message);
guint64       mp_run_get_iteration (MpRun *self);    /* "interrupted": of the newest checkpoint */
double        mp_run_get_seconds (MpRun *self);      /* training time */
const char   *mp_run_get_device (MpRun *self);
const char   *mp_run_get_created (MpRun *self);      /* ISO 8601, as the next one */
const char   *mp_run_get_updated (MpRun *self);
/* Opened for going on: which newer checkpoints could not be read and why, and from where the run goes on instead, a
 * sentence each; else NULL. */
const char   *mp_run_get_passed_over (MpRun *self);
/* The folder of the run that this one branched off, absolute, and where; NULL for one that began by itself. The folder
 * may be gone. */
const char   *mp_run_get_parent (MpRun *self, guint64 *iteration);

/* A name for a series; returns its number in the metrics file. */
gboolean      mp_run_add_series (MpRun *self, const char *id, guint32 *number, GError **error);
gboolean      mp_run_append (MpRun *self, guint64 iteration, guint n, const guint32 *series, const double *values,
                             GError **error);
/* A change by hand after that iteration: "method.ridge=0.01". On disk when it returns. */
gboolean      mp_run_append_event (MpRun *self, guint64 iteration, const char *assignment, GError **error);
gboolean      mp_run_flush (MpRun *self, GError **error);
/* Keyframes, with a quarter of [train] history as their budget; NULL when opened for reading. */
MpTimelineWriter *mp_run_get_timeline (MpRun *self);
gboolean      mp_run_save_state (MpRun *self, const char *state, guint64 iteration, double seconds, GError **error);

/* All parameters and states of a store (optimizer moments and counts included), and the counters. */
typedef struct
{
  guint64 seed;
  guint64 iteration;
  guint64 batch;       /* data cursor */
  double  seconds;
} MpCounters;
gboolean      mp_run_save_checkpoint (MpRun *self, MpStore *store, const MpCounters *counters, GError **error);
/* The newest whole checkpoint; FALSE with MP_ERROR_FILE when there is none. Shapes must match. */
gboolean      mp_run_load_checkpoint (MpRun *self, MpStore *store, MpCounters *counters, GError **error);
/* For a branch: what the checkpoint of that iteration has in the same shape goes into the store, the rest of the store
 * stays as it is. fresh: (out) (optional) (transfer full): names of what stayed. The generator's parameters must all be
 * there. What an optimizer keeps of its group is taken over whole or not at all. A running average that the checkpoint
 * does not have starts equal to the weights that it averages. */
gboolean      mp_run_load_weights (MpRun *self, guint64 iteration, MpStore *store, MpCounters *counters,
                                   GPtrArray **fresh, GError **error);
/* The same names, without a store. */
gboolean      mp_run_compare_weights (MpRun *self, guint64 iteration, MpGraph *graph, GPtrArray **fresh,
                                      GError **error);
/* What of a branch began anew, n of its tensors, since its parent's checkpoint did not have it in its shape; kept in
 * state.json from the next mp_run_save_state () on. (element-type MpAnew); empty for most. */
typedef struct
{
  const char *part;     /* "critic", "encoder"; interned */
  guint       n, of;
} MpAnew;
void          mp_run_set_anew (MpRun *self, GArray *anew);
GArray       *mp_run_get_anew (MpRun *self);         /* (transfer none) */
/* Fills the states "PREFIX/NAME" of a store from what is NAME in the checkpoint after that iteration, which must be the
 * newest whole one. */
gboolean      mp_run_load_states (MpRun *self, MpStore *store, const char *prefix, guint64 iteration, GError **error);
GArray       *mp_run_list_checkpoints (MpRun *self); /* guint64 iterations, ascending */
GArray       *mp_run_list_checkpoints_in (const char *dir); /* the same of a folder, without opening the run */
/* Bytes of one of them, 0 when it is not there. */
gsize         mp_run_get_checkpoint_size (MpRun *self, guint64 iteration);
/* The newest at or before the iteration. FALSE, with a sentence, when there is none. */
gboolean      mp_run_find_checkpoint (MpRun *self, guint64 iteration, guint64 *found, GError **error);
gboolean      mp_run_remove_checkpoint (MpRun *self, guint64 iteration, GError **error);

/* Reading: series ids; points of one series. (transfer full) */
GPtrArray    *mp_run_list_series (MpRun *self, GError **error);
gboolean      mp_run_read_series (MpRun *self, const char *id, GArray *iterations_u64, GArray *values_double,
                                  GError **error);
/* What the series lack because the file of metrics is damaged or, where no lane trains, ends within a record: a sentence
 * for people, or NULL. (transfer full) */
char         *mp_run_dup_metrics_warning (MpRun *self);
/* Changes by hand, in order; texts belong to the object. MP_ERROR_FILE where the file of metrics is damaged, so that
 * some may be missing. (transfer container): g_array_unref. */
GArray       *mp_run_list_events (MpRun *self, GError **error);      /* of MpMetricsEvent */
/* The last value of a series as state.json has it, NAN for an unknown id; and all of them as a JSON object, in which
 * non-finite values are the texts "nan", "inf" and "-inf". */
double        mp_run_get_last (MpRun *self, const char *id);
char         *mp_run_dup_latest_json (MpRun *self);
/* The experiment as it was trained at that iteration: with the changes by hand up to there. (transfer full) */
MpExperiment *mp_run_dup_experiment (MpRun *self, guint64 iteration, GError **error);
/* Its keyframes. (transfer full) */
MpTimelineReader *mp_run_open_timeline (MpRun *self, GError **error);

/* $MATCHPOINT_RUNS_DIR, else matchpoint/runs in the user's data folder. (transfer full) */
char         *mp_run_default_parent (void);
/* A fresh name like 2026-11-22-ring-gram-s1 in parent (NULL: the default), different at each call, also of other
 * processes (new-path.h). Makes nothing. Any thread. */
char         *mp_run_new_path (const char *parent, MpExperiment *experiment);

G_END_DECLS
