/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep-table.h: the cells of a sweep as rows: axes, runs, and each metric as mean ± standard deviation over seeds.
 * Columns sort. Main thread only.
 *
 * Signal: "activated" (guint cell).
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/train/sweep-run.h"

G_BEGIN_DECLS

#define MP_TYPE_SWEEP_TABLE (mp_sweep_table_get_type ())
G_DECLARE_FINAL_TYPE (MpSweepTable, mp_sweep_table, MP, SWEEP_TABLE, GtkWidget)

GtkWidget *mp_sweep_table_new    (void);
/* run: borrowed, or NULL; must outlive its place here. shown: the metric of the matrix, which has a column in any case.
 * Columns are made for a run that is another one. */
void       mp_sweep_table_update (MpSweepTable *self,
                                  MpSweepRun   *run,
                                  const char   *shown);

G_END_DECLS
