/* SPDX-License-Identifier: Apache-2.0
 *
 * progress.h: how training is shown on the command line: a bar for each lane on a terminal, lines elsewhere, and the
 * table at the end.
 */
#pragma once

#include "engine/train/trainer.h"

G_BEGIN_DECLS

typedef struct
{
  char      *id;
  char      *run_dir;
  MpTrainer *trainer;
  guint      tenths;     /* of its way that were told in lines */
  gboolean   told;       /* which checkpoints it did not go on from */
} MpLane;

typedef struct _MpProgress MpProgress;

/* lanes: of MpLane *, borrowed; must outlive it. */
MpProgress *mp_progress_new (GPtrArray *lanes);
void        mp_progress_free (MpProgress *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpProgress, mp_progress_free)
/* Draws what has changed. last: leaves the bars as they are. */
void        mp_progress_show (MpProgress *self, gboolean last);
/* A message among the progress. */
void        mp_progress_say (MpProgress *self, const char *text);
void        mp_progress_print_table (GPtrArray *lanes);

/* Value of a metric by its id; NAN where there is none. metrics: of MpMetricValue, or NULL. */
double      mp_metric_find (GArray *metrics, const char *id);

G_END_DECLS
