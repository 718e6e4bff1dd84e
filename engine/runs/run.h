/* SPDX-License-Identifier: Apache-2.0
 *
 * run.h: the run folder: experiment.ini, state.json, metrics, samples/, checkpoints/.
 *
 *   experiment.ini                 every key written out
 *   state.json                     format version, program version, device, state, iteration, seconds, created, updated
 *   metrics                        append-only records with checksums (metrics-file.h)
 *   samples/ITERATION.safetensors  "samples" n×d, "data" n×d float32
 *   checkpoints/ITERATION.safetensors
 *
 * Whole files are written beside and renamed, with fsync of file and folder. A folder is locked (flock on its lock
 * file) while a lane trains in it.
 */
#pragma once

#include "engine/graph/plan.h"
#include "engine/train/experiment.h"

G_BEGIN_DECLS

typedef struct _MpRun MpRun;

/* The folder must be new or empty. */
MpRun        *mp_run_create (const char *dir, MpExperiment *experiment, const char *device, GError **error);
/* Opens for reading (writable FALSE) or for going on (TRUE: locks, cuts the metrics file after the last checkpoint's
 * iteration). */
MpRun        *mp_run_open (const char *dir, gboolean writable, GError **error);
void          mp_run_close (MpRun *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpRun, mp_run_close)

const char   *mp_run_get_dir (MpRun *self);
MpExperiment *mp_run_get_experiment (MpRun *self);
const char   *mp_run_get_state (MpRun *self);        /* "finished", …; "interrupted" for a run that was killed */
guint64       mp_run_get_iteration (MpRun *self);

/* A name for a series; returns its number in the metrics file. */
gboolean      mp_run_add_series (MpRun *self, const char *id, guint32 *number, GError **error);
gboolean      mp_run_append (MpRun *self, guint64 iteration, guint n, const guint32 *series, const double *values,
                             GError **error);
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

/* Reading: series ids; points of one series. (transfer full) */
GPtrArray    *mp_run_list_series (MpRun *self);
gboolean      mp_run_read_series (MpRun *self, const char *id, GArray *iterations_u64, GArray *values_double,
                                  GError **error);
GArray       *mp_run_list_samples (MpRun *self);     /* guint64 iterations, ascending */
gboolean      mp_run_load_samples (MpRun *self, guint64 iteration, gint64 *n, gint64 *n_data, gint64 *dimensions,
                                   float **samples, float **data, GError **error);

/* Default place of new runs: $MATCHPOINT_RUNS_DIR or XDG data; a fresh name like 2026-11-22-ring-gram-s1. */
char         *mp_run_new_path (const char *parent, MpExperiment *experiment);

G_END_DECLS
