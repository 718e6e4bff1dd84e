/* SPDX-License-Identifier: Apache-2.0
 *
 * run-private.h: what run.c, run-state.c and checkpoint.c share.
 */
#pragma once

#include "engine/runs/run.h"
#include "engine/runs/safetensors.h"

G_BEGIN_DECLS

struct _MpRun
{
  char            *dir;
  MpExperiment    *experiment;
  gboolean         writable;
  int              lock_fd;       /* −1: not locked */
  MpMetricsWriter *writer;        /* NULL when opened for reading */
  MpTimelineWriter *timeline;     /* NULL when opened for reading */
  MpMetricsReader *reader;        /* made at the first need when opened for reading */
  char            *device;
  char            *created;       /* ISO 8601 */
  char            *updated;
  char            *parent;        /* absolute, or NULL */
  guint64          parent_iteration;
  GArray          *anew;          /* MpAnew */
  char            *state;
  char            *message;       /* or NULL */
  guint64          iteration;
  double           seconds;
  GPtrArray       *series;        /* ids by number */
  GArray          *latest;        /* double, last value of each series */
  char            *passed_over;   /* what is said of the checkpoints before it, or NULL */
  MpSafetensors   *checkpoint;    /* found when opened for writing, until it is loaded */
};

/* ---- run-state.c ---- */
/* ISO 8601. (transfer full) */
char          *mp_run_now (void);
/* dir: where state.json goes, which is elsewhere than self->dir while the folder is made. */
gboolean       mp_run_write_state (MpRun *self, const char *dir, GError **error);
/* id: (out) (transfer full): the experiment's. */
gboolean       mp_run_read_state (MpRun *self, char **id, GError **error);

/* ---- checkpoint.c ---- */
/* Iterations (guint64) that a folder of ITERATION.safetensors files holds, ascending. (transfer full) */
GArray        *mp_run_list_numbered (const char *dir);
/* The newest checkpoint that is a whole file, or NULL. passed_over: (out) (optional) (transfer full): as
 * mp_run_get_passed_over () gives it; left alone where the newest one is whole. */
MpSafetensors *mp_checkpoint_find (const char *run_dir, guint64 *iteration, char **passed_over);

G_END_DECLS
