/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep-private.h: what sweep.c (the object), sweep-file.c and its like (reading, see sweep-file-private.h),
 * sweep-write.c (writing) and sweep-grid.c (trials) share.
 */
#pragma once

#include "engine/train/keyfile.h"
#include "engine/train/sweep.h"

G_BEGIN_DECLS

#define MP_SWEEP_FILE "sweep.ini"
#define MP_SWEEP_MAX_TRIALS 20000

typedef struct
{
  char         *name;
  char         *title;       /* or NULL: of the method, where that tells bases apart */
  MpExperiment *experiment;  /* with its settings and those for all */
} MpSweepBase;

struct _MpSweep
{
  gatomicrefcount ref_count;
  char      *file;           /* for messages */
  char      *id, *title, *summary, *origin;
  char      *metric;
  guint64    average;
  GArray    *seeds;          /* gint64 */
  GPtrArray *bases;          /* MpSweepBase * */
  GPtrArray *axes;           /* MpSweepAxis *, the first one is "method" */
  GArray    *rows, *columns; /* guint: axes */
  guint      n_rows, n_columns;
  GPtrArray *trials;         /* MpSweepTrial * */
  guint     *trial_of;       /* cells × seeds */
};

MpSweep     *mp_sweep_new (const char *file);
MpSweepAxis *mp_sweep_axis_new (const char *name, guint n_values, guint n_keys);
/* Fills trials and trial_of. */
gboolean     mp_sweep_expand (MpSweep *self, GError **error);
gboolean     mp_sweep_has_key (MpExperiment *experiment, const char *path);
/* The folder that paths of files are relative to: the sweep's file's, or the working directory for what is in no line of
 * it. (transfer full) */
char        *mp_sweep_dup_dir (MpSweep *self, guint line);

G_END_DECLS
