/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep-picture.h: what a sweep says on a matrix (sweep-matrix.h), for the window and `matchpoint render`.
 */
#pragma once

#include "engine/train/sweep-run.h"
#include "ui/plot/sweep-matrix.h"

G_BEGIN_DECLS

/* Rows, columns and labels; no cards yet. title: for a picture that stands alone. */
MpSweepMatrix *mp_sweep_picture_new (MpSweep *sweep,
                                     gboolean title);
/* The name of a metric or series and what a cell shows of it: "High quality, mean over 3 seeds". (transfer full) */
char          *mp_sweep_picture_metric_title (MpSweepRun *run,
                                              const char *metric);
/* The same without how it is averaged. (transfer full) */
char          *mp_sweep_picture_metric_name (MpSweepRun *run,
                                             const char *metric);
/* Numbers and states of all cells. */
void           mp_sweep_picture_fill (MpSweepMatrix *matrix,
                                      MpSweepRun    *run,
                                      const char    *metric);
/* The trial whose samples stand for a cell: the first seed that has begun; G_MAXUINT: none. */
guint          mp_sweep_picture_find_trial (MpSweepRun *run,
                                            guint       cell);
/* The last samples that a run's folder keeps. */
typedef struct
{
  float   *data, *samples;   /* n × dimensions each */
  gint64   n_data, n_samples, dimensions;
  gboolean known;
  double   extent[4];        /* known: what should be in view: x0, x1, y0, y1 */
} MpSweepPoints;
/* NULL where there are none. Reads files; any thread. */
MpSweepPoints *mp_sweep_points_read (const char   *dir,
                                     MpExperiment *experiment);
void           mp_sweep_points_free (MpSweepPoints *points);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpSweepPoints, mp_sweep_points_free)
void           mp_sweep_points_show (MpSweepPoints *points,
                                     MpSweepMatrix *matrix,
                                     guint          cell);

/* "0.934 ± 0.021"; short_text: "0.934". What cannot be is said: "diverged", "2/3 diverged". (transfer full) */
char          *mp_sweep_format_summary (const MpSweepSummary *summary,
                                        gboolean              short_text);
/* How methods differ in a metric, a line for each pair, and what the numbers rest on: "GRAM − GAN: +0.213, 95 % interval
 * 0.05 … 0.37; n = 3: too few to say". NULL for a sweep of one method or without results. (transfer full) */
char          *mp_sweep_describe_differences (MpSweepRun *run,
                                              const char *metric);
/* "+0.213, 95 % interval 0.05 … 0.37; n = 3: too few to say". (transfer full) */
char          *mp_format_difference (const MpDifference *difference);

G_END_DECLS
