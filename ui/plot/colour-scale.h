/* SPDX-License-Identifier: Apache-2.0
 *
 * colour-scale.h: numbers as colours, and the bar that tells which is which.
 *
 * Colours run from the canvas (low) to the lane's colour (high). With a neutral value inside the range they diverge:
 * canvas at neutral, the lane's colour above, a cool grey below, both as strong at the same distance.
 */
#pragma once

#include "ui/plot/plot-style.h"

G_BEGIN_DECLS

typedef struct
{
  double   low, high;  /* ends of the bar; low < high */
  double   neutral;    /* NAN: none */
  gboolean less, more; /* there are values beyond the ends */
  double   strength;   /* of the strongest colour, 0 … 1: points on a surface must stay the loudest */
} MpColourScale;

/* Ends at the 1st and 99th percentile of the finite values and at neutral, rounded outward. exact: at the least and the
 * most of them instead. */
void     mp_colour_scale_fit (MpColourScale *self,
                              const float   *values,
                              gsize          n,
                              double         neutral,
                              gboolean       exact);
MpColour mp_colour_scale_get (const MpColourScale *self,
                              double               value,
                              const MpPlotStyle   *style,
                              MpColour             lane);
/* Bar with the numbers at its ends and a mark at neutral, in (0, 0, width, height); height about 14 text units. */
void     mp_colour_scale_draw_bar (const MpColourScale *self,
                                   cairo_t             *cr,
                                   double               width,
                                   double               height,
                                   const MpPlotStyle   *style,
                                   MpColour             lane);

G_END_DECLS
