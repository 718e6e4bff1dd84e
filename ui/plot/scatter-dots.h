/* SPDX-License-Identifier: Apache-2.0
 *
 * scatter-dots.h: many discs, fast; internal to ui/plot.
 */
#pragma once

#include "ui/plot/plot-style.h"

G_BEGIN_DECLS

typedef enum
{
  MP_DOT_DISC,
  MP_DOT_DIAMOND,
  MP_DOT_TRIANGLE,
  MP_DOT_SQUARE
} MpDotShape;

typedef struct
{
  double     x0, x_scale, y0, y_scale; /* pixel = (value − x0)·x_scale */
  MpColour   colour;
  double     radius;
  MpDotShape shape;
} MpDots;

/* Blends n dots at `values` (rows of `stride` floats: x, y, …) into a CAIRO_FORMAT_ARGB32 image. Discs are placed to a
 * quarter of a pixel. Returns: how many centres lie inside the image. */
gsize mp_dots_stamp (const MpDots    *self,
                     cairo_surface_t *image,
                     const float     *values,
                     gsize            n,
                     gsize            stride);
/* One dot at a place in user space. */
void  mp_dots_draw (const MpDots *self,
                    cairo_t      *cr,
                    double        x,
                    double        y);
/* The same as shapes. width, height: of the view, to which the context is clipped; dots well inside are drawn without
 * that clip. */
gsize mp_dots_path (const MpDots *self,
                    cairo_t      *cr,
                    double        width,
                    double        height,
                    const float  *values,
                    gsize         n,
                    gsize         stride);

G_END_DECLS
