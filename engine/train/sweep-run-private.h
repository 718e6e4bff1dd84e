/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep-run-private.h: what sweep-run.c (the folder), sweep-pool.c (training) and sweep-results.c (tables) share.
 */
#pragma once

#include "engine/train/sweep-run.h"

G_BEGIN_DECLS

typedef struct
{
  MpTrialState state;
  guint64      iteration;
  double       seconds;
  GHashTable  *values;      /* interned id → double *; NULL: none yet */
  MpTrainer   *trainer;     /* while it runs here */
  gboolean     taken;       /* by a thread of this pool, or given up for this time */
} MpTrialRecord;

struct _MpSweepRun
{
  MpSweep        *sweep;
  MpSeriesNames  *names;
  char           *dir;
  GMutex          mutex;    /* guards what follows */
  GCond           changed;
  MpTrialRecord  *records;  /* one for each trial */
  MpSweepActivity activity;
  guint           n_working;     /* threads */
  GPtrArray      *threads;       /* GThread * */
  char           *device;
  guint           n_lanes;
  gboolean        gives_way;
  GError         *tables_error;  /* of the last time that tables were written, or NULL */
  gint64          tables_due;    /* monotonic time before which they are not written but at rest */
  gboolean        writing;       /* tables, while trials are under way */
  gboolean        told;
  void          (*notify) (gpointer data);
  gpointer        notify_data;
};

/* All of these: call without the mutex. */
void  mp_sweep_run_tell (MpSweepRun *self);
char *mp_sweep_run_place (MpSweepRun *self, const char *folder, guint trial);
/* What a trial's folders say now; nothing of the record is kept but the trainer. ours: this thread has the lock. */
void  mp_sweep_run_read_trial (MpSweepRun *self, guint trial, gboolean ours);

G_END_DECLS
