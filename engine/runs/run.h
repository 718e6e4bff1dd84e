/* SPDX-License-Identifier: Apache-2.0
 *
 * run.h: the run folder: experiment.ini, state.json, metrics, samples/, checkpoints/.
 *
 *   experiment.ini                 every key written out, as the run began
 *   state.json                     format version, program version, experiment's id, device, state, iteration, seconds,
 *                                  created, updated, and the last value of every series
 *   metrics                        append-only records with checksums (metrics-file.h): values, and changes by hand
 *   samples/ITERATION.safetensors  "samples" n×d, "data" n×d float32
 *   checkpoints/ITERATION.safetensors
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
#include "engine/train/experiment.h"

G_BEGIN_DECLS

typedef struct _MpRun MpRun;

/* The folder must be new or empty. */
MpRun        *mp_run_create (const char *dir, MpExperiment *experiment, const char *device, GError **error);
/* Opens for reading (writable FALSE) or for going on (TRUE: locks, cuts the metrics file after the newest whole
 * checkpoint's iteration, or drops all of it when there is none). MP_ERROR_STATE when another lane has it locked. */
MpRun        *mp_run_open (const char *dir, gboolean writable, GError **error);
void          mp_run_close (MpRun *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpRun, mp_run_close)

const char   *mp_run_get_dir (MpRun *self);
MpExperiment *mp_run_get_experiment (MpRun *self);
const char   *mp_run_get_state (MpRun *self);        /* "finished", …; "interrupted" for a run that was killed */
guint64       mp_run_get_iteration (MpRun *self);    /* "interrupted": of the newest checkpoint */
double        mp_run_get_seconds (MpRun *self);      /* training time */
const char   *mp_run_get_device (MpRun *self);
const char   *mp_run_get_created (MpRun *self);      /* ISO 8601, as the next one */
const char   *mp_run_get_updated (MpRun *self);

/* A name for a series; returns its number in the metrics file. */
gboolean      mp_run_add_series (MpRun *self, const char *id, guint32 *number, GError **error);
gboolean      mp_run_append (MpRun *self, guint64 iteration, guint n, const guint32 *series, const double *values,
                             GError **error);
/* A change by hand after that iteration: "method.ridge=0.01". On disk when it returns. */
gboolean      mp_run_append_event (MpRun *self, guint64 iteration, const char *assignment, GError **error);
gboolean      mp_run_flush (MpRun *self, GError **error);
gboolean      mp_run_save_samples (MpRun *self, guint64 iteration, gint64 n, gint64 n_data, gint64 dimensions,
                                   const float *samples, const float *data, GError **error);
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
GArray       *mp_run_list_checkpoints (MpRun *self); /* guint64 iterations, ascending */
gboolean      mp_run_remove_checkpoint (MpRun *self, guint64 iteration, GError **error);

/* Reading: series ids; points of one series. (transfer full) */
GPtrArray    *mp_run_list_series (MpRun *self);
gboolean      mp_run_read_series (MpRun *self, const char *id, GArray *iterations_u64, GArray *values_double,
                                  GError **error);
/* Changes by hand, in order; texts belong to the object. (transfer container): g_array_unref. */
GArray       *mp_run_list_events (MpRun *self, GError **error);      /* of MpMetricsEvent */
/* The last value of a series as state.json has it, NAN for an unknown id; and all of them as a JSON object, in which
 * non-finite values are the texts "nan", "inf" and "-inf". */
double        mp_run_get_last (MpRun *self, const char *id);
char         *mp_run_dup_latest_json (MpRun *self);
GArray       *mp_run_list_samples (MpRun *self);     /* guint64 iterations, ascending */
gboolean      mp_run_load_samples (MpRun *self, guint64 iteration, gint64 *n, gint64 *n_data, gint64 *dimensions,
                                   float **samples, float **data, GError **error);

/* $MATCHPOINT_RUNS_DIR, else matchpoint/runs in the user's data folder. (transfer full) */
char         *mp_run_default_parent (void);
/* A fresh name like 2026-11-22-ring-gram-s1 in parent (NULL: the default), different at each call of a process.
 * Makes nothing. Any thread. */
char         *mp_run_new_path (const char *parent, MpExperiment *experiment);

G_END_DECLS
