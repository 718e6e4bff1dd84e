/* SPDX-License-Identifier: Apache-2.0
 *
 * scatter-overlays.h: marks, arrows, lattices and further clouds over a scatter; internal to ui/plot.
 */
#pragma once

#include "ui/plot/plot-raster.h"
#include "ui/plot/plot-text.h"
#include "ui/plot/scatter.h"

G_BEGIN_DECLS

typedef struct
{
  MpOverlay     spec;        /* owns its arrays and title */
  MpColourScale scale;       /* MARKS with weights */
  double        longest;     /* ARROWS: the 95th percentile of lengths, data units */
  gboolean      joined;      /* ARROWS: from a cloud's points, magnified with the others that are, hidden with it */
  MpPointsRole  role;        /* joined: the cloud */
  gsize         step;        /* ARROWS: every step-th is drawn */
  double        magnify;     /* ARROWS: how much longer they were drawn last; 0: not yet */
  double        unit;        /* ARROWS: pixels that one data unit of the arrow was drawn with */
} MpOverlayItem;

void mp_overlay_item_init (MpOverlayItem   *self,
                           const MpOverlay *spec);
void mp_overlay_item_clear (gpointer item);

/* Draws over (0, 0, width, height) what lies in `view`. raster: scratch, kept by the caller. magnify: of arrows. */
void mp_overlay_item_draw (MpOverlayItem     *self,
                           cairo_t           *cr,
                           MpRaster          *raster,
                           const double       view[4],
                           double             width,
                           double             height,
                           double             magnify,
                           const MpPlotStyle *style,
                           MpColour           lane);
/* The lines of a lattice that cross nearest to (x, y). */
void mp_overlay_item_draw_near (const MpOverlayItem *self,
                                cairo_t             *cr,
                                const double         view[4],
                                double               width,
                                double               height,
                                const MpPlotStyle   *style,
                                double               x,
                                double               y);
/* The magnification, of 1, 2, 5 times powers of ten, that shows arrows best in a view of this side; `last` (or 0) while
 * it still does. */
double mp_overlay_item_magnify (const MpOverlayItem *self,
                                double               side,
                                double               last);

/* What stands behind its sign: "= 0.05  Sample gradients · drawn ×20". (transfer full) */
char  *mp_overlay_item_dup_words (const MpOverlayItem *self);
/* Its sign and name at (x, baseline), the name cut off at a width of `most`; returns the width. draw FALSE: only
 * measures. */
double mp_overlay_item_legend (const MpOverlayItem *self,
                               MpPen               *pen,
                               double               x,
                               double               baseline,
                               double               most,
                               MpColour             lane,
                               gboolean             draw);

G_END_DECLS
