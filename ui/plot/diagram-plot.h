/* SPDX-License-Identifier: Apache-2.0
 *
 * diagram-plot.h: a method's boxes and arrows (engine/methods/diagram.h), left to right. Numbers flow along thin arrows;
 * coloured ones lead from a loss back to the network whose parameters it moves; a dashed line joins losses that pull
 * against each other. A phase can be lit: what it does not compute steps back.
 *
 * Knows the engine's types and calls none of its functions. One thread at a time.
 */
#pragma once

#include "engine/methods/diagram.h"
#include "ui/plot/plot-style.h"

G_BEGIN_DECLS

typedef struct _MpDiagramPlot MpDiagramPlot;

/* diagram: borrowed, must outlive the plot. lane: colour of what is lit. */
MpDiagramPlot *mp_diagram_plot_new (const MpDiagram *diagram,
                                    guint            lane);
void           mp_diagram_plot_free (MpDiagramPlot *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpDiagramPlot, mp_diagram_plot_free)
/* −1: all phases. */
void           mp_diagram_plot_set_phase (MpDiagramPlot *self,
                                          int            phase);
/* A number below a box's title, "0.693", or NULL. */
void           mp_diagram_plot_set_value (MpDiagramPlot *self,
                                          guint          box,
                                          const char    *value);
const char    *mp_diagram_plot_get_value (const MpDiagramPlot *self,
                                          guint                box);
void           mp_diagram_plot_draw (MpDiagramPlot     *self,
                                     cairo_t           *cr,
                                     double             width,
                                     double             height,
                                     const MpPlotStyle *style);
/* A size in which everything is well seen, in units of 100 % text. */
void           mp_diagram_plot_get_natural_size (MpDiagramPlot *self,
                                                 double        *width,
                                                 double        *height);
gboolean       mp_diagram_plot_write (MpDiagramPlot      *self,
                                      const char         *path,
                                      const MpPlotStyle  *style,
                                      GError            **error);

G_END_DECLS
