/* SPDX-License-Identifier: Apache-2.0
 *
 * phase-view.h: a phase portrait as a widget. A click, or Enter at the cross that the arrow keys move, asks for a
 * trajectory from there: signal "launched" (double x, double y), in the flow's units.
 *
 * Accessible role: image. Main thread only.
 */
#pragma once

#include <gtk/gtk.h>

#include "ui/plot/phase-plot.h"

G_BEGIN_DECLS

#define MP_TYPE_PHASE_VIEW (mp_phase_view_get_type ())
G_DECLARE_FINAL_TYPE (MpPhaseView, mp_phase_view, MP, PHASE_VIEW, GtkWidget)

/* extent: where the keyboard's cross can be. label: for assistive technology. */
GtkWidget   *mp_phase_view_new        (const double  extent[4],
                                       const char   *label);
/* To change and then invalidate. (transfer none) */
MpPhasePlot *mp_phase_view_get_plot   (MpPhaseView  *self);
void         mp_phase_view_invalidate (MpPhaseView  *self);
/* What the trajectories do, in words, for assistive technology. */
void         mp_phase_view_describe   (MpPhaseView  *self,
                                       const char   *text);

G_END_DECLS
