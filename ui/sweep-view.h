/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep-view.h: the matrix of a sweep as a widget: hover, keyboard, and cells that can be activated.
 *
 * Thumbnails that are new are drawn within a budget for each frame. Main thread only.
 *
 * Signals:
 *   activated (guint cell)                       a click, Enter or Space
 *   describe (guint cell) → char *               words about a cell, for the tooltip and assistive technology
 */
#pragma once

#include <gtk/gtk.h>

#include "ui/plot/sweep-matrix.h"

G_BEGIN_DECLS

#define MP_TYPE_SWEEP_VIEW (mp_sweep_view_get_type ())
G_DECLARE_FINAL_TYPE (MpSweepView, mp_sweep_view, MP, SWEEP_VIEW, GtkWidget)

GtkWidget *mp_sweep_view_new        (void);
/* matrix: borrowed, or NULL; must outlive its place here. */
void       mp_sweep_view_set_matrix (MpSweepView   *self,
                                     MpSweepMatrix *matrix,
                                     guint          n_rows,
                                     guint          n_columns);
/* The matrix has changed. */
void       mp_sweep_view_invalidate (MpSweepView   *self);
/* Where a cell is, in the widget's coordinates. */
void       mp_sweep_view_locate     (MpSweepView   *self,
                                     guint          cell,
                                     GdkRectangle  *place);

G_END_DECLS
