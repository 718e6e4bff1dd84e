/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep-model.h: the sweep of the page: its folder, its pool of lanes, its matrix, seen from the main thread.
 *
 * A sweep is first only looked at; it gets a folder when it is started. Reading folders and thumbnails happens on other
 * threads; nothing here waits for the engine. When the object goes while lanes train, they save their checkpoints, and
 * the application is held until they have.
 *
 * Signals:
 *   changed ()                   state, numbers or thumbnails
 *   failed (const char *text)    something was refused
 *
 * Main thread only.
 */
#pragma once

#include <gio/gio.h>

#include "engine/train/sweep-run.h"
#include "ui/plot/sweep-picture.h"

G_BEGIN_DECLS

typedef enum
{
  MP_SWEEP_MODEL_EMPTY,
  MP_SWEEP_MODEL_OPENING,   /* reading a folder */
  MP_SWEEP_MODEL_READY,     /* not begun: no folder yet */
  MP_SWEEP_MODEL_RUNNING,
  MP_SWEEP_MODEL_PAUSED,
  MP_SWEEP_MODEL_STOPPING,
  MP_SWEEP_MODEL_STOPPED,   /* trials are left to do */
  MP_SWEEP_MODEL_FINISHED   /* every trial has a result */
} MpSweepModelState;

#define MP_TYPE_SWEEP_MODEL (mp_sweep_model_get_type ())
G_DECLARE_FINAL_TYPE (MpSweepModel, mp_sweep_model, MP, SWEEP_MODEL, GObject)

MpSweepModel     *mp_sweep_model_new         (void);
/* Looks at a sweep instead; refused while one is busy. */
gboolean          mp_sweep_model_show        (MpSweepModel *self,
                                              MpSweep      *sweep,
                                              GError      **error);
/* Opens a sweep's folder; the answer is a change of state. */
gboolean          mp_sweep_model_open        (MpSweepModel *self,
                                              const char   *dir,
                                              GError      **error);
MpSweepModelState mp_sweep_model_get_state   (MpSweepModel *self);
/* Lanes train or are about to end: the sweep cannot be replaced. */
gboolean          mp_sweep_model_get_busy    (MpSweepModel *self);
MpSweep          *mp_sweep_model_get_sweep   (MpSweepModel *self);  /* or NULL */
MpSweepRun       *mp_sweep_model_get_run     (MpSweepModel *self);  /* NULL: no folder yet */
MpSweepMatrix    *mp_sweep_model_get_matrix  (MpSweepModel *self);  /* or NULL */
const char       *mp_sweep_model_get_metric  (MpSweepModel *self);
void              mp_sweep_model_set_metric  (MpSweepModel *self,
                                              const char   *metric);

/* Begins, goes on, or resumes. Where there is no folder yet a worker makes it first; "failed" says why it could not. */
void              mp_sweep_model_start       (MpSweepModel *self);
void              mp_sweep_model_pause       (MpSweepModel *self);
void              mp_sweep_model_stop        (MpSweepModel *self);

/* Called by a visible page several times a second: takes over what is new. now: g_get_monotonic_time (). */
void              mp_sweep_model_pull        (MpSweepModel *self,
                                              gint64        now);

G_END_DECLS
