/* SPDX-License-Identifier: Apache-2.0
 *
 * plot-raster.h: curves as pixels, fast; internal to ui/plot.
 *
 * Curves change with every frame of a run in training, and stroking them through Cairo is what a frame would be spent
 * on. Here a line's coverage is computed from distances, a band's from the overlap of intervals, and both are blended
 * only where they are.
 */
#pragma once

#include "ui/plot/plot-style.h"

G_BEGIN_DECLS

/* Four times a·b/255, rounded: each byte of a pixel times b. */
static inline guint32
mp_times_255 (guint32 pixel,
              guint32 b)
{
  guint32 even = (pixel & 0xff00ff) * b + 0x800080, odd = (pixel >> 8 & 0xff00ff) * b + 0x800080;

  even = (even + (even >> 8 & 0xff00ff)) >> 8 & 0xff00ff;
  odd = (odd + (odd >> 8 & 0xff00ff)) & 0xff00ff00;
  return even | odd;
}

/* A premultiplied ARGB32 pixel over another. */
static inline guint32
mp_blend_over (guint32 below,
               guint32 above)
{
  return above + mp_times_255 (below, 255 - (above >> 24));
}

/* The premultiplied pixel of a colour at a share of its opacity. */
guint32 mp_colour_pack (MpColour colour,
                        double   share);

typedef struct
{
  cairo_surface_t *image;    /* CAIRO_FORMAT_ARGB32 */
  int              width, height;
  guint8          *coverage; /* width × height, all 0 between calls */
  int              x0, x1, y0, y1; /* what has been painted: x0 ≤ x < x1 */
} MpRaster;

void mp_raster_init (MpRaster *self);
void mp_raster_clear (MpRaster *self);
/* Makes it this large and transparent. FALSE when there is no memory. */
gboolean mp_raster_reset (MpRaster *self,
                          int       width,
                          int       height);

/* Draws the image at (x, y), `ratio` pixels to a unit. */
void mp_raster_paint (MpRaster *self,
                      cairo_t  *cr,
                      double    x,
                      double    y,
                      double    ratio);

/* Polyline through n points (x, y pairs in pixels) with round joins and ends; a NAN lifts the pen; a lone point is a
 * dot. x need not increase. */
void mp_raster_line (MpRaster    *self,
                     const float *points,
                     gsize        n,
                     double       line_width,
                     MpColour     colour);
/* Pixel column first + i from tops[i] to bottoms[i], at least a pixel high; NAN: nothing. */
void mp_raster_band (MpRaster    *self,
                     int          first,
                     const float *tops,
                     const float *bottoms,
                     gsize        n,
                     MpColour     colour);

G_END_DECLS
