/* SPDX-License-Identifier: Apache-2.0
 *
 * plot-raster.c: distances and overlaps to coverage, coverage to colour.
 *
 * A pixel at distance d from a line of width w is covered by clamp (w/2 + 1/2 − d, 0, 1). Segments of one line join by
 * the maximum of their coverages, so that joints are round and nothing is painted twice.
 */
#include "ui/plot/plot-raster.h"

#include <math.h>
#include <string.h>

typedef struct
{
  int x0, x1, y0, y1; /* pixels touched: x0 ≤ x < x1 */
} Touched;

void
mp_raster_init (MpRaster *self)
{
  *self = (MpRaster) { 0 };
}

void
mp_raster_clear (MpRaster *self)
{
  g_clear_pointer (&self->image, cairo_surface_destroy);
  g_clear_pointer (&self->coverage, g_free);
  self->width = self->height = 0;
}

static void
forget_painted (MpRaster *self)
{
  self->x0 = self->width;
  self->y0 = self->height;
  self->x1 = self->y1 = 0;
}

gboolean
mp_raster_reset (MpRaster *self,
                 int       width,
                 int       height)
{
  guint8 *pixels;
  int     stride;

  if (self->image == NULL || self->width != width || self->height != height) {
    mp_raster_clear (self);
    self->image = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, width, height);
    if (cairo_surface_status (self->image) != CAIRO_STATUS_SUCCESS) {
      mp_raster_clear (self);
      return FALSE;
    }
    self->width = width;
    self->height = height;
    self->coverage = g_new0 (guint8, (gsize) width * height);
    forget_painted (self);
    return TRUE;
  }
  cairo_surface_flush (self->image);
  pixels = cairo_image_surface_get_data (self->image);
  stride = cairo_image_surface_get_stride (self->image);
  for (int y = self->y0; y < self->y1; y++)
    memset (pixels + (gsize) y * stride + 4 * self->x0, 0, 4 * (gsize) (self->x1 - self->x0));
  cairo_surface_mark_dirty (self->image);
  forget_painted (self);
  return TRUE;
}

void
mp_raster_paint (MpRaster *self,
                 cairo_t  *cr,
                 double    x,
                 double    y,
                 double    ratio)
{
  if (self->x0 >= self->x1)
    return;
  cairo_save (cr);
  cairo_translate (cr, x, y);
  cairo_scale (cr, 1 / ratio, 1 / ratio);
  cairo_set_source_surface (cr, self->image, 0, 0);
  cairo_rectangle (cr, self->x0, self->y0, self->x1 - self->x0, self->y1 - self->y0);
  cairo_fill (cr);
  cairo_restore (cr);
}

guint32
mp_colour_pack (MpColour colour,
                double   share)
{
  guint32 alpha = (guint32) lround (CLAMP (colour.alpha * share, 0, 1) * 255);
  guint32 rgb = (guint32) lround (colour.red * 255) << 16 | (guint32) lround (colour.green * 255) << 8 |
                (guint32) lround (colour.blue * 255);

  return alpha << 24 | mp_times_255 (rgb, alpha);
}

/* Paints the colour through the coverage of a rectangle and clears that coverage. */
static void
blend (MpRaster      *self,
       const Touched *area,
       MpColour       colour)
{
  guint8 *pixels = cairo_image_surface_get_data (self->image);
  int     stride = cairo_image_surface_get_stride (self->image);
  guint32 inks[256];

  for (guint i = 0; i < G_N_ELEMENTS (inks); i++)
    inks[i] = mp_colour_pack (colour, i / 255.0);
  self->x0 = MIN (self->x0, area->x0);
  self->x1 = MAX (self->x1, area->x1);
  self->y0 = MIN (self->y0, area->y0);
  self->y1 = MAX (self->y1, area->y1);
  cairo_surface_flush (self->image);
  for (int y = area->y0; y < area->y1; y++) {
    guint32 *out = (guint32 *) (gpointer) (pixels + (gsize) y * stride);
    guint8  *coverage = self->coverage + (gsize) y * self->width;

    for (int x = area->x0; x < area->x1; x++) {
      guint64 eight;

      /* most of the rectangle around a line is not the line */
      while (x + 8 <= area->x1 && (memcpy (&eight, coverage + x, sizeof eight), eight == 0))
        x += 8;
      if (x == area->x1 || coverage[x] == 0)
        continue;
      out[x] = mp_blend_over (out[x], inks[coverage[x]]);
      coverage[x] = 0;
    }
  }
  cairo_surface_mark_dirty (self->image);
}

static void
touch (Touched *area,
       int      x0,
       int      x1,
       int      y0,
       int      y1)
{
  area->x0 = MIN (area->x0, x0);
  area->x1 = MAX (area->x1, x1);
  area->y0 = MIN (area->y0, y0);
  area->y1 = MAX (area->y1, y1);
}

typedef struct
{
  float x0, y0, dx, dy; /* from, and to minus from */
  float reciprocal;     /* 1 / length², or 0 */
  float edge;           /* w/2 + 1/2 */
} Segment;

static inline void
cover_pixel (guint8        *coverage,
             const Segment *segment,
             float          x,
             float          y)
{
  float px = x - segment->x0, py = y - segment->y0;
  float t = CLAMP ((px * segment->dx + py * segment->dy) * segment->reciprocal, 0.0f, 1.0f);
  float ex = px - t * segment->dx, ey = py - t * segment->dy, square = ex * ex + ey * ey, amount;
  guint8 value;

  if (square >= segment->edge * segment->edge)
    return;
  amount = segment->edge - sqrtf (square);
  value = amount >= 1 ? 255 : (guint8) (amount * 255 + 0.5f);
  *coverage = MAX (*coverage, value);
}

/* Walks along the longer axis and, across it, only over pixels that can be covered. */
static void
cover_segment (MpRaster      *self,
               const Segment *segment,
               Touched       *area)
{
  float x1 = segment->x0 + segment->dx, y1 = segment->y0 + segment->dy, edge = segment->edge;
  int   left = (int) MAX (floorf (MIN (segment->x0, x1) - edge), 0);
  int   right = (int) MIN (ceilf (MAX (segment->x0, x1) + edge), (float) self->width);
  int   top = (int) MAX (floorf (MIN (segment->y0, y1) - edge), 0);
  int   bottom = (int) MIN (ceilf (MAX (segment->y0, y1) + edge), (float) self->height);
  float length = sqrtf (segment->dx * segment->dx + segment->dy * segment->dy);

  if (left >= right || top >= bottom)
    return;
  touch (area, left, right, top, bottom);
  if (fabsf (segment->dx) >= fabsf (segment->dy)) {
    float slope = segment->dx == 0 ? 0 : segment->dy / segment->dx;
    float reach = segment->dx == 0 ? edge : edge * length / fabsf (segment->dx) + 1;

    for (int x = left; x < right; x++) {
      float middle = segment->y0 + slope * (x + 0.5f - segment->x0);
      int   y0 = MAX (top, (int) floorf (MAX (middle - reach, -1.0f)));
      int   y1_row = MIN (bottom, (int) ceilf (MIN (middle + reach, self->height + 1.0f)));

      for (int y = y0; y < y1_row; y++)
        cover_pixel (self->coverage + (gsize) y * self->width + x, segment, x + 0.5f, y + 0.5f);
    }
  } else {
    float slope = segment->dx / segment->dy, reach = edge * length / fabsf (segment->dy) + 1;

    for (int y = top; y < bottom; y++) {
      float middle = segment->x0 + slope * (y + 0.5f - segment->y0);
      int   x0 = MAX (left, (int) floorf (MAX (middle - reach, -1.0f)));
      int   x1_column = MIN (right, (int) ceilf (MIN (middle + reach, self->width + 1.0f)));

      for (int x = x0; x < x1_column; x++)
        cover_pixel (self->coverage + (gsize) y * self->width + x, segment, x + 0.5f, y + 0.5f);
    }
  }
}

void
mp_raster_line (MpRaster    *self,
                const float *points,
                gsize        n,
                double       line_width,
                MpColour     colour)
{
  Touched area = { self->width, 0, self->height, 0 };
  float   edge = (float) (line_width / 2 + 0.5);

  for (gsize i = 0; i < n; i++) {
    const float *to = points + 2 * i, *from = to;
    Segment      segment;

    if (isnan (to[1]))
      continue;
    if (i > 0 && !isnan (points[2 * i - 1]))
      from = to - 2;
    else if (i + 1 < n && !isnan (to[3]))
      continue; /* the next segment begins here */
    segment = (Segment) { from[0], from[1], to[0] - from[0], to[1] - from[1], 0, edge };
    if (segment.dx != 0 || segment.dy != 0)
      segment.reciprocal = 1 / (segment.dx * segment.dx + segment.dy * segment.dy);
    cover_segment (self, &segment, &area);
  }
  if (area.x0 < area.x1)
    blend (self, &area, colour);
}

void
mp_raster_band (MpRaster    *self,
                int          first,
                const float *tops,
                const float *bottoms,
                gsize        n,
                MpColour     colour)
{
  Touched area = { self->width, 0, self->height, 0 };

  for (gsize i = 0; i < n; i++) {
    int   x = first + (int) i, y0, y1;
    float top = tops[i], bottom = bottoms[i];

    if (isnan (top) || isnan (bottom) || x < 0 || x >= self->width)
      continue;
    if (bottom - top < 1) {
      top = (top + bottom - 1) / 2;
      bottom = top + 1;
    }
    top = CLAMP (top, 0, (float) self->height);
    bottom = CLAMP (bottom, 0, (float) self->height);
    y0 = (int) top;
    y1 = (int) ceilf (bottom);
    if (y0 >= y1)
      continue;
    touch (&area, x, x + 1, y0, y1);
    for (int y = y0; y < y1; y++) {
      float amount = MIN (bottom, y + 1.0f) - MAX (top, (float) y);

      self->coverage[(gsize) y * self->width + x] = (guint8) (amount * 255 + 0.5f);
    }
  }
  if (area.x0 < area.x1)
    blend (self, &area, colour);
}
