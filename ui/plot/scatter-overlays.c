/* SPDX-License-Identifier: Apache-2.0
 *
 * scatter-overlays.c: everything made of lines becomes polylines in pixels, which are blended as coverage on screen and
 * stroked in files; everything made of dots is stamped, or drawn as shapes.
 */
#include "ui/plot/scatter-overlays.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <math.h>

#include "ui/plot/plot-format.h"
#include "ui/plot/scatter-dots.h"
#include "ui/plot/ticks.h"

#define ARROW_ROOM 480 /* area that an arrow needs not to be lost among others */
#define ARROW_SHARE 0.10 /* of the view's side: what the 95th percentile of arrows is drawn as */
#define FAR 1e5
#define N_SHADES 8
#define CROSS 4
#define MARK_RADIUS 3.2

/* ---- content ---- */

static void
measure_arrows (MpOverlayItem *self)
{
  g_autofree double *lengths = g_new (double, MAX (self->spec.n, 1));
  guint              n = 0;

  for (gsize i = 0; i < self->spec.n; i++) {
    double length = hypot (self->spec.values[4 * i + 2], self->spec.values[4 * i + 3]);

    if (isfinite (length))
      lengths[n++] = length;
  }
  self->longest = n > 0 ? mp_select_value (lengths, n, (guint) (0.95 * (n - 1))) : 0;
}

void
mp_overlay_item_init (MpOverlayItem   *self,
                      const MpOverlay *spec)
{
  gsize size = spec->kind == MP_OVERLAY_ARROWS ? 4 : 2;

  *self = (MpOverlayItem) { .spec = *spec, .step = 1 };
  self->spec.title = g_strdup (spec->title);
  self->spec.values = g_memdup2 (spec->values, spec->n * size * sizeof *spec->values);
  self->spec.weights = g_memdup2 (spec->weights, spec->weights != NULL ? spec->n * sizeof *spec->weights : 0);
  if (spec->kind == MP_OVERLAY_ARROWS)
    measure_arrows (self);
  else if (spec->kind == MP_OVERLAY_MARKS && spec->weights != NULL)
    mp_colour_scale_fit (&self->scale, spec->weights, spec->n, NAN, FALSE);
}

void
mp_overlay_item_clear (gpointer item)
{
  MpOverlayItem *self = item;

  g_free ((char *) self->spec.title);
  g_free ((float *) self->spec.values);
  g_free ((float *) self->spec.weights);
}

/* The greatest of 1, 2, 5 × 10^k that is ≤ value. */
static double
nice_below (double value)
{
  double power = pow (10, floor (log10 (value))), ratio = value / power * (1 + 1e-9);

  return power * (ratio >= 5 ? 5 : ratio >= 2 ? 2 : 1);
}

double
mp_overlay_item_magnify (const MpOverlayItem *self,
                         double               side,
                         double               last)
{
  double wanted = ARROW_SHARE * side / self->longest;

  if (self->spec.kind != MP_OVERLAY_ARROWS || !isfinite (wanted) || !(wanted > 0))
    return last > 0 ? last : 1;
  if (last > 0 && last < 1.6 * wanted && last > 0.2 * wanted)
    return last;
  return nice_below (wanted);
}

/* ---- lines ---- */

/* Where points go: device pixels on screen, user space in files. */
typedef struct
{
  double view[4], x_scale, y_scale, ratio;
  GArray *path; /* of float: x, y; NAN lifts the pen */
} Canvas;

static void
add_point (Canvas *canvas,
           double  x,
           double  y)
{
  const float pair[2] = { (float) x, (float) y };

  g_array_append_vals (canvas->path, pair, 2);
}

static void
lift_pen (Canvas *canvas)
{
  add_point (canvas, NAN, NAN);
}

static gboolean
to_canvas (const Canvas *canvas,
           const float  *value,
           double       *x,
           double       *y)
{
  *x = (value[0] - canvas->view[0]) * canvas->x_scale;
  *y = (canvas->view[3] - value[1]) * canvas->y_scale;
  return fabs (*x) < FAR && fabs (*y) < FAR; /* refuses NaN too */
}

static void
add_arrow (Canvas *canvas,
           double  x0,
           double  y0,
           double  dx,
           double  dy)
{
  double length = hypot (dx, dy), head = MIN (5 * canvas->ratio, length * 0.45), ux, uy, x1 = x0 + dx, y1 = y0 + dy;

  if (!(length > 0.5 * canvas->ratio && length < FAR))
    return;
  ux = dx / length;
  uy = dy / length;
  add_point (canvas, x0, y0);
  add_point (canvas, x1, y1);
  lift_pen (canvas);
  add_point (canvas, x1 - head * (ux + 0.5 * uy), y1 - head * (uy - 0.5 * ux));
  add_point (canvas, x1, y1);
  add_point (canvas, x1 - head * (ux - 0.5 * uy), y1 - head * (uy + 0.5 * ux));
  lift_pen (canvas);
}

static void
add_cross (Canvas *canvas,
           double  x,
           double  y)
{
  double arm = CROSS * canvas->ratio;

  add_point (canvas, x - arm, y);
  add_point (canvas, x + arm, y);
  lift_pen (canvas);
  add_point (canvas, x, y - arm);
  add_point (canvas, x, y + arm);
  lift_pen (canvas);
}

static void
trace (const MpOverlayItem *self,
       Canvas              *canvas,
       double               magnify)
{
  const MpOverlay *spec = &self->spec;
  gsize            size = spec->kind == MP_OVERLAY_ARROWS ? 4 : 2;

  for (gsize i = 0; i < spec->n; i += self->step) {
    const float *value = spec->values + i * size;
    double       x, y;

    if (!to_canvas (canvas, value, &x, &y))
      lift_pen (canvas);
    else if (spec->kind == MP_OVERLAY_ARROWS)
      add_arrow (canvas, x, y, value[2] * magnify * canvas->x_scale, -value[3] * magnify * canvas->y_scale);
    else if (spec->kind == MP_OVERLAY_MARKS)
      add_cross (canvas, x, y);
    else
      add_point (canvas, x, y);
  }
}

/* The steps of a lattice whose opacity falls into one shade: along rows, and from row to row. */
static void
trace_lattice (const MpOverlay *spec,
               Canvas          *canvas,
               guint            shade)
{
  gsize columns = MAX (spec->columns, 1);

  for (gsize i = 0; i < spec->n; i++)
    for (guint direction = 0; direction < 2; direction++) {
      gsize  j = direction == 0 ? i + 1 : i + columns;
      double x0, y0, x1, y1, opacity = 1;

      if (j >= spec->n || (direction == 0 && j % columns == 0))
        continue;
      if (spec->weights != NULL)
        opacity = CLAMP ((spec->weights[i] + spec->weights[j]) / 2, 0, 1);
      if ((guint) lround (opacity * (N_SHADES - 1)) != shade)
        continue;
      if (!to_canvas (canvas, spec->values + 2 * i, &x0, &y0) || !to_canvas (canvas, spec->values + 2 * j, &x1, &y1))
        continue;
      add_point (canvas, x0, y0);
      add_point (canvas, x1, y1);
      lift_pen (canvas);
    }
}

/* cr: of a file, or NULL for the raster. */
static void
stroke (Canvas   *canvas,
        cairo_t  *cr,
        MpRaster *raster,
        double    line_width,
        MpColour  colour)
{
  const float *points = (const float *) (gconstpointer) canvas->path->data;
  gboolean     down = FALSE;

  if (cr == NULL) {
    mp_raster_line (raster, points, canvas->path->len / 2, line_width * canvas->ratio, colour);
    return;
  }
  cairo_new_path (cr);
  for (gsize i = 0; i < canvas->path->len; i += 2) {
    if (isnan (points[i])) {
      down = FALSE;
      continue;
    }
    if (down)
      cairo_line_to (cr, points[i], points[i + 1]);
    else
      cairo_move_to (cr, points[i], points[i + 1]);
    down = TRUE;
  }
  mp_colour_set_source (colour, cr);
  cairo_set_line_width (cr, line_width);
  cairo_stroke (cr);
}

static MpColour
get_ink (MpInk              ink,
         const MpPlotStyle *style,
         MpColour           lane)
{
  switch (ink) {
  case MP_INK_TEXT: return style->text;
  case MP_INK_DATA: return mp_colour_mix (style->data, style->text, 0.35);
  case MP_INK_SAMPLES: return mp_colour_mix (style->samples, style->text, 0.35);
  case MP_INK_LANE: return mp_colour_mix (lane, style->text, 0.25);
  }
  g_return_val_if_reached (style->text);
}

static void
draw_lines (const MpOverlayItem *self,
            Canvas              *canvas,
            cairo_t             *cr,
            MpRaster            *raster,
            double               magnify,
            const MpPlotStyle   *style,
            MpColour             lane)
{
  gboolean thin = self->spec.kind == MP_OVERLAY_LINES;
  MpColour ink = get_ink (self->spec.ink, style, lane);

  trace (self, canvas, magnify);
  /* a light edge first, so that lines show on any layer */
  stroke (canvas, cr, raster, thin ? 2 : 2.75, mp_colour_fade (style->canvas, 0.7));
  stroke (canvas, cr, raster, thin ? 0.75 : 1.25, mp_colour_fade (ink, thin ? 0.45 : 0.8));
}

static void
draw_lattice (const MpOverlayItem *self,
              Canvas              *canvas,
              cairo_t             *cr,
              MpRaster            *raster,
              const MpPlotStyle   *style,
              MpColour             lane)
{
  MpColour ink = get_ink (self->spec.ink, style, lane);

  for (guint shade = 1; shade < N_SHADES; shade++) {
    g_array_set_size (canvas->path, 0);
    trace_lattice (&self->spec, canvas, shade);
    if (canvas->path->len > 0)
      stroke (canvas, cr, raster, 1.1, mp_colour_fade (ink, 0.85 * shade / (N_SHADES - 1)));
  }
}

/* ---- dots ---- */

static void
dot (const MpDots *dots,
     cairo_t      *cr,
     MpRaster     *raster,
     double        width,
     double        height,
     const float  *values,
     gsize         n)
{
  if (cr != NULL)
    mp_dots_path (dots, cr, width, height, values, n, 2);
  else
    mp_dots_stamp (dots, raster->image, values, n, 2);
}

/* Empty is low, full is high; grey, because every colour has a meaning already. */
static MpColour
shade_of (const MpOverlayItem *self,
          double               value,
          const MpPlotStyle   *style)
{
  return mp_colour_scale_get (&self->scale, value, style, style->text);
}

static void
draw_marks (const MpOverlayItem *self,
            const Canvas        *canvas,
            cairo_t             *cr,
            MpRaster            *raster,
            double               width,
            double               height,
            const MpPlotStyle   *style)
{
  const MpOverlay  *spec = &self->spec;
  g_autofree float *values = g_new (float, 2 * MAX (spec->n, 1));
  MpDots            dots = { canvas->view[0], canvas->x_scale, canvas->view[3], -canvas->y_scale,
                             .radius = (MARK_RADIUS + 0.9) * canvas->ratio, .colour = style->text };

  dot (&dots, cr, raster, width, height, spec->values, spec->n);
  dots.radius = MARK_RADIUS * canvas->ratio;
  for (guint shade = 0; shade < N_SHADES; shade++) {
    double low = self->scale.low, high = self->scale.high;
    gsize  n = 0;

    for (gsize i = 0; i < spec->n; i++)
      if (lround (CLAMP ((spec->weights[i] - low) / (high - low), 0, 1) * (N_SHADES - 1)) == shade) {
        values[2 * n] = spec->values[2 * i];
        values[2 * n++ + 1] = spec->values[2 * i + 1];
      }
    dots.colour = shade_of (self, low + (high - low) * shade / (N_SHADES - 1), style);
    dot (&dots, cr, raster, width, height, values, n);
  }
}

static MpDots
cloud_dots (const MpOverlayItem *self,
            const MpPlotStyle   *style,
            MpColour             lane)
{
  gboolean of_data = self->spec.ink == MP_INK_DATA;

  /* apart in shape and shade; squares lie on the data's own points, so they are far darker, or lighter, than those */
  return (MpDots) { .radius = style->dot_radius * 1.15, .shape = of_data ? MP_DOT_SQUARE : MP_DOT_TRIANGLE,
                    .colour = of_data ? mp_colour_fade (mp_colour_mix (style->data, style->text, 0.75), 0.85)
                                      : mp_colour_fade (get_ink (self->spec.ink, style, lane), 0.6) };
}

static void
draw_cloud (const MpOverlayItem *self,
            const Canvas        *canvas,
            cairo_t             *cr,
            MpRaster            *raster,
            double               width,
            double               height,
            const MpPlotStyle   *style,
            MpColour             lane)
{
  MpDots dots = cloud_dots (self, style, lane);

  dots.x0 = canvas->view[0];
  dots.x_scale = canvas->x_scale;
  dots.y0 = canvas->view[3];
  dots.y_scale = -canvas->y_scale;
  dots.radius *= canvas->ratio;
  dot (&dots, cr, raster, width, height, self->spec.values, self->spec.n);
}

/* ---- all ---- */

void
mp_overlay_item_draw (MpOverlayItem     *self,
                      cairo_t           *cr,
                      MpRaster          *raster,
                      const double       view[4],
                      double             width,
                      double             height,
                      double             magnify,
                      const MpPlotStyle *style,
                      MpColour           lane)
{
  gboolean vector = mp_target_is_vector (cr);
  double   ratio = vector ? 1 : style->pixel_ratio;
  Canvas   canvas = { { view[0], view[1], view[2], view[3] }, width * ratio / (view[1] - view[0]),
                      height * ratio / (view[3] - view[2]), ratio, NULL };
  cairo_t *shapes = vector ? cr : NULL;

  self->magnify = magnify;
  self->unit = magnify * width / (view[1] - view[0]);
  if (self->spec.kind == MP_OVERLAY_ARROWS)
    self->step = (gsize) MAX (1, ceil ((double) self->spec.n / MAX (24, width * height / ARROW_ROOM)));
  if (!vector && !mp_raster_reset (raster, (int) CLAMP (ceil (width * ratio), 1, 16384),
                                   (int) CLAMP (ceil (height * ratio), 1, 16384)))
    return;
  canvas.path = g_array_new (FALSE, FALSE, sizeof (float));
  cairo_save (cr);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_cap (cr, CAIRO_LINE_CAP_ROUND);
  if (self->spec.kind == MP_OVERLAY_POINTS)
    draw_cloud (self, &canvas, shapes, raster, width, height, style, lane);
  else if (self->spec.kind == MP_OVERLAY_LATTICE)
    draw_lattice (self, &canvas, shapes, raster, style, lane);
  else if (self->spec.kind == MP_OVERLAY_MARKS && self->spec.weights != NULL)
    draw_marks (self, &canvas, shapes, raster, width, height, style);
  else
    draw_lines (self, &canvas, shapes, raster, magnify, style, lane);
  if (!vector) {
    if (self->spec.kind == MP_OVERLAY_POINTS || self->spec.kind == MP_OVERLAY_MARKS) {
      /* stamped past the raster's book-keeping */
      raster->x0 = raster->y0 = 0;
      raster->x1 = raster->width;
      raster->y1 = raster->height;
    }
    mp_raster_paint (raster, cr, 0, 0, ratio);
  }
  cairo_restore (cr);
  g_array_unref (canvas.path);
}

void
mp_overlay_item_draw_near (const MpOverlayItem *self,
                           cairo_t             *cr,
                           const double         view[4],
                           double               width,
                           double               height,
                           const MpPlotStyle   *style,
                           double               x,
                           double               y)
{
  const MpOverlay *spec = &self->spec;
  Canvas           canvas = { { view[0], view[1], view[2], view[3] }, width / (view[1] - view[0]),
                              height / (view[3] - view[2]), 1, NULL };
  gsize            columns = MAX (spec->columns, 1), near = 0;
  double           nearest = INFINITY;

  if (spec->kind != MP_OVERLAY_LATTICE || spec->n == 0)
    return;
  for (gsize i = 0; i < spec->n; i++) {
    double at_x, at_y;

    if (to_canvas (&canvas, spec->values + 2 * i, &at_x, &at_y) && hypot (at_x - x, at_y - y) < nearest) {
      nearest = hypot (at_x - x, at_y - y);
      near = i;
    }
  }
  canvas.path = g_array_new (FALSE, FALSE, sizeof (float));
  for (guint direction = 0; direction < 2; direction++) {
    gsize step = direction == 0 ? 1 : columns, begin = direction == 0 ? near - near % columns : near % columns;
    gsize end = direction == 0 ? MIN (begin + columns, spec->n) : spec->n;

    for (gsize i = begin; i < end; i += step) {
      double at_x, at_y;

      if (to_canvas (&canvas, spec->values + 2 * i, &at_x, &at_y))
        add_point (&canvas, at_x, at_y);
      else
        lift_pen (&canvas);
    }
    lift_pen (&canvas);
  }
  stroke (&canvas, cr, NULL, 3, mp_colour_fade (style->canvas, 0.8));
  stroke (&canvas, cr, NULL, 1.5, style->text);
  g_array_unref (canvas.path);
}

/* ---- legend ---- */

#define SIGN 16       /* width of a sign */
#define BAR 34        /* of a mark's colour bar */

/* A round length that is drawn about as long as a sign is wide; 0: there is none. */
static double
reference_length (const MpOverlayItem *self)
{
  double length = 26 / self->unit;

  return isfinite (length) && length > 0 ? nice_below (length) : 0;
}

static void
draw_sign_lines (const MpOverlayItem *self,
                 MpPen               *pen,
                 double               x,
                 double               y,
                 double               width,
                 MpColour             ink)
{
  Canvas canvas = { .ratio = 1, .path = g_array_new (FALSE, FALSE, sizeof (float)) };

  if (self->spec.kind == MP_OVERLAY_ARROWS)
    add_arrow (&canvas, x, y, width, 0);
  else if (self->spec.kind == MP_OVERLAY_MARKS)
    add_cross (&canvas, x + SIGN / 2.0, y);
  else if (self->spec.kind == MP_OVERLAY_LATTICE)
    for (int k = 0; k < 3; k++) {
      add_point (&canvas, x + 3, y - 4 + 4 * k);
      add_point (&canvas, x + 13, y - 5 + 4 * k);
      lift_pen (&canvas);
      add_point (&canvas, x + 3 + 5 * k, y - 4);
      add_point (&canvas, x + 3 + 5 * k, y + 4);
      lift_pen (&canvas);
    }
  else {
    add_point (&canvas, x, y);
    add_point (&canvas, x + SIGN, y);
  }
  cairo_set_line_cap (pen->cr, CAIRO_LINE_CAP_ROUND);
  stroke (&canvas, pen->cr, NULL, self->spec.kind == MP_OVERLAY_LATTICE ? 0.9 : 1.25, mp_colour_fade (ink, 0.85));
  g_array_unref (canvas.path);
}

static void
draw_mark_bar (const MpOverlayItem *self,
               MpPen               *pen,
               double               x,
               double               y,
               double               height)
{
  cairo_pattern_t *gradient = cairo_pattern_create_linear (x, 0, x + BAR, 0);

  for (guint i = 0; i < 2; i++) {
    MpColour colour = shade_of (self, i == 0 ? self->scale.low : self->scale.high, pen->style);

    cairo_pattern_add_color_stop_rgb (gradient, i, colour.red, colour.green, colour.blue);
  }
  mp_path_rounded (pen->cr, x, y - height / 2, BAR, height, height / 2);
  cairo_set_source (pen->cr, gradient);
  cairo_fill_preserve (pen->cr);
  cairo_pattern_destroy (gradient);
  mp_colour_set_source (mp_colour_fade (pen->style->text, 0.6), pen->cr);
  cairo_set_line_width (pen->cr, 0.75);
  cairo_stroke (pen->cr);
}

/* How long the arrow beside it is, and what was done to all of them so that they can be seen. */
static char *
describe_arrows (const MpOverlayItem *self)
{
  double           length = self->magnify > 0 ? reference_length (self) : 0.05;
  GString         *text = g_string_new (NULL);
  /* a usual number before the first drawing, so that the legend has its room */
  g_autofree char *enlarged = mp_format_short (self->magnify > 0 ? self->magnify : 0.05, 1);

  if (length > 0) {
    g_autofree char *number = mp_format_short (length, 1);

    g_string_append_printf (text, "= %s  ", number);
  }
  g_string_append_printf (text, "%s · ", self->spec.title);
  /* Translators: how many times as long as they are arrows are drawn */
  g_string_append_printf (text, _("drawn ×%s"), enlarged);
  if (self->step > 1) {
    g_string_append (text, " · ");
    /* Translators: only some of the arrows are drawn, so that they can be seen */
    g_string_append_printf (text, _("1 of %" PRIu64), (guint64) self->step);
  }
  return g_string_free (text, FALSE);
}

char *
mp_overlay_item_dup_words (const MpOverlayItem *self)
{
  if (self->spec.kind == MP_OVERLAY_ARROWS)
    return describe_arrows (self);
  if (self->spec.kind == MP_OVERLAY_MARKS && self->spec.weights != NULL) {
    g_autofree char *high = mp_format_short (self->scale.high, 2);

    return g_strdup_printf ("%s  %s", high, self->spec.title);
  }
  return g_strdup (self->spec.title);
}

double
mp_overlay_item_legend (const MpOverlayItem *self,
                        MpPen               *pen,
                        double               x,
                        double               baseline,
                        double               most,
                        MpColour             lane,
                        gboolean             draw)
{
  const MpPlotStyle *style = pen->style;
  MpColour           ink = get_ink (self->spec.ink, style, lane);
  gboolean           marks = self->spec.kind == MP_OVERLAY_MARKS && self->spec.weights != NULL;
  g_autofree char   *text = mp_overlay_item_dup_words (self);
  double             ascent, begin = x, y, sign = SIGN, length = reference_length (self);

  mp_pen_get_line (pen, MP_TEXT_TICK, &ascent);
  y = baseline - ascent * 0.36;
  if (self->spec.kind == MP_OVERLAY_ARROWS && length > 0)
    sign = CLAMP (length * self->unit, 6, 40);
  if (marks) {
    g_autofree char *before = mp_format_short (self->scale.low, 2);

    x += draw ? mp_pen_draw (pen, MP_TEXT_TICK, style->dim_text, x, baseline, 0, 0, before)
              : mp_pen_measure (pen, MP_TEXT_TICK, before);
    if (draw)
      draw_mark_bar (self, pen, x + 4, y, ascent * 0.7);
    x += BAR + 8;
  } else {
    MpDots dots = cloud_dots (self, style, lane);

    dots.radius = ascent * 0.34;
    if (draw && self->spec.kind == MP_OVERLAY_POINTS)
      mp_dots_draw (&dots, pen->cr, x + SIGN / 2.0, y + 1);
    else if (draw)
      draw_sign_lines (self, pen, x, y, sign, ink);
    x += sign + 5;
  }
  most = MAX (20, most - (x - begin));
  x += draw ? mp_pen_draw (pen, MP_TEXT_TICK, style->dim_text, x, baseline, 0, most, text)
            : MIN (most, mp_pen_measure (pen, MP_TEXT_TICK, text));
  return x - begin;
}
