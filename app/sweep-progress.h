/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep-progress.h: how a sweep is shown on the command line: a bar for all and one for each lane on a terminal, a line
 * for each run elsewhere, and the table at the end.
 */
#pragma once

#include "engine/train/sweep-run.h"

G_BEGIN_DECLS

typedef struct _MpSweepProgress MpSweepProgress;

/* run: borrowed; must outlive it. */
MpSweepProgress *mp_sweep_progress_new (MpSweepRun *run);
void             mp_sweep_progress_free (MpSweepProgress *self);
/* Draws what has changed. last: leaves the bars as they are. */
void             mp_sweep_progress_show (MpSweepProgress *self, gboolean last);
/* A message among the progress. */
void             mp_sweep_progress_say (MpSweepProgress *self, const char *text);
/* The grid of the chosen metric, and where the results are. */
void             mp_sweep_progress_print_table (MpSweepRun *run);

G_END_DECLS
