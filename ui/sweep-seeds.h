/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep-seeds.h: what one cell of a sweep has come to, seed by seed, in a popover whose buttons open the runs as lanes.
 *
 * Runs are opened by the window's actions. Main thread only.
 */
#pragma once

#include <gtk/gtk.h>

#include "ui/sweep-model.h"

G_BEGIN_DECLS

/* A popover, for the caller to put somewhere. The model has a run. */
GtkWidget *mp_sweep_seeds_new (MpSweepModel *model,
                               guint         cell);
/* As a further lane, where lanes are. */
void       mp_sweep_open_run  (GtkWidget    *widget,
                               const char   *dir);

G_END_DECLS
