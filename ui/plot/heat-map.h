/* SPDX-License-Identifier: Apache-2.0
 *
 * heat-map.h: values on a grid as a smooth layer of colour, with a colour bar.
 *
 * Colours are those of a MpColourScale, with lines at round levels that carry their numbers where there is room, and a
 * stronger line at neutral. Values are interpolated by Catmull–Rom splines and coloured afterwards, so colours stay true
 * to numbers between grid points. NaN is left out.
 */
#pragma once

#include "ui/plot/colour-scale.h"
#include "ui/plot/plot-style.h"

G_BEGIN_DECLS

typedef struct _MpHeatMap MpHeatMap;

/* title is copied, or NULL. neutral: NAN for none. extent: x0, x1, y0, y1 of the whole grid. values: of the cells'
 * centres, row-major, row 0 at y0, copied. width, height ≥ 2. */
MpHeatMap  *mp_heat_map_new (const char   *title,
                             double        neutral,
                             const double  extent[4],
                             int           width,
                             int           height,
                             const float  *values);
MpHeatMap  *mp_heat_map_ref (MpHeatMap *self);
void        mp_heat_map_unref (MpHeatMap *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpHeatMap, mp_heat_map_unref)

const char *mp_heat_map_get_title (MpHeatMap *self);
const double *mp_heat_map_get_extent (MpHeatMap *self);
/* The values at the ends of the colour bar: the 1st and 99th percentile, and neutral, rounded outward.
 * `clipped`: values lie beyond; may be NULL. */
void        mp_heat_map_get_range (MpHeatMap *self,
                                   double    *low,
                                   double    *high,
                                   gboolean  *clipped);
/* Fixes the ends. NAN, NAN: automatic again. */
void        mp_heat_map_set_range (MpHeatMap *self,
                                   double     low,
                                   double     high);
/* Lines at round values besides the one at neutral; preset: TRUE. */
void        mp_heat_map_set_levels (MpHeatMap *self,
                                    gboolean   levels);
/* The colour of a value. */
MpColour    mp_heat_map_colour (MpHeatMap         *self,
                                double             value,
                                const MpPlotStyle *style,
                                MpColour           lane);
/* Value between grid points; NAN outside. */
double      mp_heat_map_sample (MpHeatMap *self,
                                double     x,
                                double     y);

/* Draws the part of the surface inside `view` (x0, x1, y0, y1 in data coordinates, y upwards) over the rectangle
 * (0, 0, width, height). */
void        mp_heat_map_draw (MpHeatMap         *self,
                              cairo_t           *cr,
                              const double       view[4],
                              double             width,
                              double             height,
                              const MpPlotStyle *style,
                              MpColour           lane);
/* Bar with the numbers at its ends and at neutral, in (0, 0, width, height); height about 14 text units. */
void        mp_heat_map_draw_bar (MpHeatMap         *self,
                                  cairo_t           *cr,
                                  double             width,
                                  double             height,
                                  const MpPlotStyle *style,
                                  MpColour           lane);

G_END_DECLS
