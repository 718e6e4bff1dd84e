/* SPDX-License-Identifier: Apache-2.0
 *
 * phase-plot.h: the phase portrait of a flow in two parameters: evenly spaced streamlines, trajectories with their
 * starts and ends, axes with names.
 *
 * Streamlines are made once for a field, from its values on a grid (bilinear between), each traced both ways until it
 * comes close to another one, as Jobard and Lefer do (Creating evenly-spaced streamlines of arbitrary density, 1997).
 * Their width says how fast the flow is there, in three grades of its magnitude.
 *
 * One thread at a time. Everything that is given is copied.
 */
#pragma once

#include "ui/plot/plot-style.h"

G_BEGIN_DECLS

typedef struct _MpPhasePlot MpPhasePlot;

MpPhasePlot *mp_phase_plot_new (void);
MpPhasePlot *mp_phase_plot_ref (MpPhasePlot *self);
void         mp_phase_plot_unref (MpPhasePlot *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpPhasePlot, mp_phase_plot_unref)

/* title: or NULL; names of the axes. */
void         mp_phase_plot_set_texts (MpPhasePlot *self,
                                      const char  *title,
                                      const char  *x_name,
                                      const char  *y_name);
/* extent: x0, x1, y0, y1. */
void         mp_phase_plot_set_extent (MpPhasePlot  *self,
                                       const double  extent[4]);
/* flows: width × height pairs at the grid's nodes, row 0 at y0; NULL: none yet, which the plot says. */
void         mp_phase_plot_set_field (MpPhasePlot *self,
                                      guint        width,
                                      guint        height,
                                      const float *flows);
void         mp_phase_plot_clear_trajectories (MpPhasePlot *self);
guint        mp_phase_plot_get_n_trajectories (MpPhasePlot *self);
/* points: n of (time, x, y). colour: of a lane; in their order trajectories are drawn. label: at its end, or NULL.
 * arrived: the end is an equilibrium. */
void         mp_phase_plot_add_trajectory (MpPhasePlot  *self,
                                           guint         n,
                                           const double *points,
                                           guint         colour,
                                           gboolean      arrived,
                                           const char   *label);
void         mp_phase_plot_draw (MpPhasePlot       *self,
                                 cairo_t           *cr,
                                 double             width,
                                 double             height,
                                 const MpPlotStyle *style);
/* Where a point of a plot that is drawn in this size lies. FALSE outside the axes. */
gboolean     mp_phase_plot_to_data (MpPhasePlot       *self,
                                    double             width,
                                    double             height,
                                    const MpPlotStyle *style,
                                    double             x,
                                    double             y,
                                    double             point[2]);
/* Several panels as one file: PNG, SVG or PDF. */
gboolean     mp_phase_plots_write (MpPhasePlot       *const *plots,
                                   guint               n,
                                   const char         *title,
                                   const char         *path,
                                   const MpPlotStyle  *style,
                                   GError            **error);

G_END_DECLS
