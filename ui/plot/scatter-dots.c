/* SPDX-License-Identifier: Apache-2.0
 *
 * scatter-dots.c: dots as stamps.
 *
 * A disc of radius r at a sub-pixel offset covers a small square of pixels; its coverage is computed once for each of
 * 4 × 4 offsets and blended by hand (source over, 8 bits, premultiplied), because a Cairo path per point costs a
 * hundred times more.
 */
#include "ui/plot/scatter-dots.h"

#include <math.h>

#include "ui/plot/plot-raster.h"

#define PHASES 4
#define MAX_SIDE 64
#define SIN_60 0.8660254037844386
#define TALL 1.4 /* a triangle's corners are this many radii away */
#define HALF_SIDE 0.89 /* of a square, in radii: about a disc's area */
#define EDGE 2 /* what round corners of a view may cut off */

typedef struct
{
  int     side, reach; /* pixels; the centre's pixel is at (reach, reach) */
  int     begin[PHASES * PHASES][MAX_SIDE], end[PHASES * PHASES][MAX_SIDE]; /* of each row: what is covered */
  guint32 inks[PHASES * PHASES][MAX_SIDE * MAX_SIDE]; /* premultiplied */
} Stamps;

/* Coverage of a pixel whose centre is (x, y) from the dot's centre, to the first order in the distance to its edge. */
static double
cover (const MpDots *dots,
       double        x,
       double        y)
{
  double distance = hypot (x, y) - dots->radius;

  if (dots->shape == MP_DOT_DIAMOND)
    distance = (fabs (x) + fabs (y)) * G_SQRT2 / 2 - dots->radius * HALF_SIDE;
  else if (dots->shape == MP_DOT_TRIANGLE)
    distance = MAX (y, SIN_60 * fabs (x) - y / 2) - dots->radius * TALL / 2;
  else if (dots->shape == MP_DOT_SQUARE)
    distance = MAX (fabs (x), fabs (y)) - dots->radius * HALF_SIDE;
  return CLAMP (0.5 - distance, 0, 1);
}

static Stamps *
make_stamps (const MpDots *dots)
{
  Stamps *stamps = g_new (Stamps, 1);

  stamps->reach = (int) MIN (ceil (dots->radius * (dots->shape != MP_DOT_DISC ? TALL : 1) + 1), MAX_SIDE / 2 - 1);
  stamps->side = 2 * stamps->reach + 1;
  for (int phase = 0; phase < PHASES * PHASES; phase++) {
    double dx = (phase % PHASES + 0.5) / PHASES - 0.5, dy = (phase / PHASES + 0.5) / PHASES - 0.5;

    for (int y = 0; y < stamps->side; y++) {
      guint32 *row = stamps->inks[phase] + y * stamps->side;
      int      begin = stamps->side, end = 0;

      for (int x = 0; x < stamps->side; x++) {
        row[x] = mp_colour_pack (dots->colour, cover (dots, x - stamps->reach - dx, y - stamps->reach - dy));
        if (row[x] != 0) {
          begin = MIN (begin, x);
          end = x + 1;
        }
      }
      stamps->begin[phase][y] = begin;
      stamps->end[phase][y] = end;
    }
  }
  return stamps;
}

static void
stamp_one (const Stamps *stamps,
           int           phase,
           guint8       *pixels,
           int           stride,
           int           width,
           int           height,
           int           left,
           int           top)
{
  int y_begin = MAX (0, -top), y_end = MIN (stamps->side, height - top);

  for (int y = y_begin; y < y_end; y++) {
    guint32       *out = (guint32 *) (gpointer) (pixels + (gsize) (top + y) * stride);
    const guint32 *ink = stamps->inks[phase] + y * stamps->side;
    int            x_begin = MAX (stamps->begin[phase][y], -left), x_end = MIN (stamps->end[phase][y], width - left);

    for (int x = x_begin; x < x_end; x++)
      out[left + x] = mp_blend_over (out[left + x], ink[x]);
  }
}

gsize
mp_dots_stamp (const MpDots    *self,
               cairo_surface_t *image,
               const float     *values,
               gsize            n,
               gsize            stride)
{
  g_autofree Stamps *stamps = make_stamps (self);
  int                width = cairo_image_surface_get_width (image), height = cairo_image_surface_get_height (image);
  int                pitch = cairo_image_surface_get_stride (image);
  guint8            *pixels = cairo_image_surface_get_data (image);
  gsize              inside = 0;

  cairo_surface_flush (image);
  for (gsize i = 0; i < n; i++) {
    double x = (values[i * stride] - self->x0) * self->x_scale, y = (values[i * stride + 1] - self->y0) * self->y_scale;
    double column, row;
    int    phase;

    /* also refuses NaN */
    if (!(x > -stamps->side && x < width + stamps->side && y > -stamps->side && y < height + stamps->side))
      continue;
    inside += x >= 0 && x <= width && y >= 0 && y <= height;
    column = floor (x);
    row = floor (y);
    phase = (int) ((y - row) * PHASES) * PHASES + (int) ((x - column) * PHASES);
    stamp_one (stamps, phase, pixels, pitch, width, height, (int) column - stamps->reach, (int) row - stamps->reach);
  }
  cairo_surface_mark_dirty (image);
  return inside;
}

static double
get_reach (const MpDots *self)
{
  switch (self->shape) {
  case MP_DOT_DIAMOND: return self->radius * HALF_SIDE * G_SQRT2;
  case MP_DOT_TRIANGLE: return self->radius * TALL;
  case MP_DOT_SQUARE: return self->radius * HALF_SIDE;
  case MP_DOT_DISC: break;
  }
  return self->radius;
}

void
mp_dots_draw (const MpDots *self,
              cairo_t      *cr,
              double        x,
              double        y)
{
  double reach = get_reach (self);

  mp_colour_set_source (self->colour, cr);
  if (self->shape == MP_DOT_TRIANGLE) {
    cairo_move_to (cr, x, y - reach);
    cairo_line_to (cr, x + reach * SIN_60, y + reach / 2);
    cairo_line_to (cr, x - reach * SIN_60, y + reach / 2);
    cairo_close_path (cr);
  } else if (self->shape == MP_DOT_DIAMOND) {
    cairo_move_to (cr, x - reach, y);
    cairo_line_to (cr, x, y - reach);
    cairo_line_to (cr, x + reach, y);
    cairo_line_to (cr, x, y + reach);
    cairo_close_path (cr);
  } else if (self->shape == MP_DOT_SQUARE) {
    cairo_rectangle (cr, x - reach, y - reach, 2 * reach, 2 * reach);
  } else {
    cairo_new_sub_path (cr);
    cairo_arc (cr, x, y, reach, 0, 2 * G_PI);
  }
  /* one fill each: overlapping dots add up as the stamps do */
  cairo_fill (cr);
}

gsize
mp_dots_path (const MpDots *self,
              cairo_t      *cr,
              double        width,
              double        height,
              const float  *values,
              gsize         n,
              gsize         stride)
{
  double reach = get_reach (self);
  gsize  inside = 0;

  /* files repeat the clip for every point that is drawn under one, so only those at the edge are */
  for (guint edge = 0; edge < 2; edge++) {
    const double inset = reach + EDGE;

    cairo_save (cr);
    if (edge == 0)
      cairo_reset_clip (cr);
    for (gsize i = 0; i < n; i++) {
      double   x = (values[i * stride] - self->x0) * self->x_scale;
      double   y = (values[i * stride + 1] - self->y0) * self->y_scale;
      gboolean whole = x >= inset && x <= width - inset && y >= inset && y <= height - inset;

      if (whole != (edge == 0) || !(x > -reach && x < width + reach && y > -reach && y < height + reach))
        continue;
      inside += x >= 0 && x <= width && y >= 0 && y <= height;
      mp_dots_draw (self, cr, x, y);
    }
    cairo_restore (cr);
  }
  return inside;
}
