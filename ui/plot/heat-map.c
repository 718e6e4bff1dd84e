/* SPDX-License-Identifier: Apache-2.0
 *
 * heat-map.c: a grid of values in colours.
 *
 * Interpolation is separable: each grid row is stretched to the pixel columns, then four stretched rows make a pixel row,
 *   v(x) = Σ_{k=−1}^{2} w_k(t) g_{i+k},  w the Catmull–Rom weights of t = x − i,
 * straight on beyond the border. The picture is kept until values, view, size or colours change.
 */
#include "ui/plot/heat-map.h"

#include <math.h>
#include <string.h>

#include "ui/plot/plot-format.h"
#include "ui/plot/plot-text.h"
#include "ui/plot/ticks.h"

#define N_COLOURS 1024
/* How far the strongest layer goes from the canvas to its colour: points on it must stay the loudest. */
#define STRENGTH 0.55
#define STRENGTH_BELOW 0.42

typedef struct
{
  double   view[4];
  int      width, height;
  double   low, high;
  MpColour canvas, below, lane, line;
  gboolean with_line; /* drawn into the picture, not over it */
} PictureKey;

struct _MpHeatMap
{
  gatomicrefcount  ref_count;
  char            *title;
  double           neutral;
  double           extent[4];
  int              width, height;
  float           *values;    /* NaN replaced by a neighbourly value where `missing` says so */
  guint8          *missing;   /* or NULL */
  double           low, high; /* automatic ends */
  double           fixed_low, fixed_high;
  double           least, most;
  cairo_surface_t *picture;
  PictureKey       key;
};

/* Ends of the colour scale: 1st and 99th percentile, rounded outward; all of it where that is no further. */
static void
find_range (MpHeatMap *self)
{
  gsize              count = (gsize) self->width * self->height;
  g_autofree double *values = g_new (double, count);
  guint              n = 0;

  self->least = INFINITY;
  self->most = -INFINITY;
  for (gsize i = 0; i < count; i++)
    if (isfinite (self->values[i])) {
      values[n++] = self->values[i];
      self->least = MIN (self->least, self->values[i]);
      self->most = MAX (self->most, self->values[i]);
    }
  if (n == 0) {
    self->low = self->least = 0;
    self->high = self->most = 1;
    return;
  }
  self->low = mp_select_value (values, n, n / 100);
  self->high = mp_select_value (values, n, n - 1 - n / 100);
  if (!isnan (self->neutral)) {
    self->low = MIN (self->low, self->neutral);
    self->high = MAX (self->high, self->neutral);
  }
  if (self->high - self->low <= 1e-7 * MAX (fabs (self->low), fabs (self->high)))
    mp_ticks_pad (MP_SCALE_LINEAR, &self->low, &self->high);
  else
    mp_ticks_round_out (&self->low, &self->high);
}

/* Infinities become the ends, NaN the neutral value, both only for interpolation; NaN cells are not drawn. */
static void
repair_values (MpHeatMap *self)
{
  gsize count = (gsize) self->width * self->height;

  for (gsize i = 0; i < count; i++) {
    float value = self->values[i];

    if (isfinite (value))
      continue;
    if (isnan (value)) {
      if (self->missing == NULL)
        self->missing = g_new0 (guint8, count);
      self->missing[i] = 1;
      self->values[i] = (float) (isnan (self->neutral) ? self->low : self->neutral);
    } else {
      self->values[i] = (float) (value > 0 ? self->high : self->low);
      if (value > 0)
        self->most = INFINITY;
      else
        self->least = -INFINITY;
    }
  }
}

MpHeatMap *
mp_heat_map_new (const char   *title,
                 double        neutral,
                 const double  extent[4],
                 int           width,
                 int           height,
                 const float  *values)
{
  MpHeatMap *self;

  g_return_val_if_fail (width >= 2 && height >= 2 && values != NULL, NULL);
  g_return_val_if_fail (extent[1] > extent[0] && extent[3] > extent[2], NULL);

  self = g_new0 (MpHeatMap, 1);
  g_atomic_ref_count_init (&self->ref_count);
  self->title = g_strdup (title);
  self->neutral = neutral;
  memcpy (self->extent, extent, sizeof self->extent);
  self->width = width;
  self->height = height;
  self->values = g_memdup2 (values, sizeof *values * (gsize) width * height);
  self->fixed_low = self->fixed_high = NAN;
  find_range (self);
  repair_values (self);
  return self;
}

MpHeatMap *
mp_heat_map_ref (MpHeatMap *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mp_heat_map_unref (MpHeatMap *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_clear_pointer (&self->picture, cairo_surface_destroy);
  g_free (self->title);
  g_free (self->values);
  g_free (self->missing);
  g_free (self);
}

const char *
mp_heat_map_get_title (MpHeatMap *self)
{
  return self->title;
}

const double *
mp_heat_map_get_extent (MpHeatMap *self)
{
  return self->extent;
}

void
mp_heat_map_get_range (MpHeatMap *self,
                       double    *low,
                       double    *high,
                       gboolean  *clipped)
{
  gboolean fixed = !isnan (self->fixed_low);

  *low = fixed ? self->fixed_low : self->low;
  *high = fixed ? self->fixed_high : self->high;
  if (clipped != NULL)
    *clipped = self->least < *low || self->most > *high;
}

void
mp_heat_map_set_range (MpHeatMap *self,
                       double     low,
                       double     high)
{
  g_return_if_fail ((isnan (low) && isnan (high)) || low < high);

  self->fixed_low = low;
  self->fixed_high = high;
}

MpColour
mp_heat_map_colour (MpHeatMap         *self,
                    double             value,
                    const MpPlotStyle *style,
                    MpColour           lane)
{
  double low, high, reach;

  mp_heat_map_get_range (self, &low, &high, NULL);
  value = CLAMP (value, low, high);
  if (isnan (self->neutral) || self->neutral < low || self->neutral > high)
    return mp_colour_mix (style->canvas, lane, STRENGTH * (value - low) / (high - low));
  reach = MAX (high - self->neutral, self->neutral - low);
  if (value >= self->neutral)
    return mp_colour_mix (style->canvas, lane, STRENGTH * (value - self->neutral) / reach);
  return mp_colour_mix (style->canvas, style->below, STRENGTH_BELOW * (self->neutral - value) / reach);
}

/* Linear between cells' centres at grid coordinates, and on through the half cells along the border. */
static double
interpolate (MpHeatMap *self,
             double     u,
             double     v)
{
  int          i = (int) CLAMP (u, 0, self->width - 2), j = (int) CLAMP (v, 0, self->height - 2);
  double       s = u - i, t = v - j;
  const float *low = self->values + (gsize) j * self->width + i, *high = low + self->width;

  return (low[0] * (1 - s) + low[1] * s) * (1 - t) + (high[0] * (1 - s) + high[1] * s) * t;
}

double
mp_heat_map_sample (MpHeatMap *self,
                    double     x,
                    double     y)
{
  double u = (x - self->extent[0]) / (self->extent[1] - self->extent[0]) * self->width - 0.5;
  double v = (y - self->extent[2]) / (self->extent[3] - self->extent[2]) * self->height - 0.5;

  if (!(u >= -0.5 && u <= self->width - 0.5 && v >= -0.5 && v <= self->height - 0.5))
    return NAN;
  if (self->missing != NULL) {
    int i = (int) CLAMP (lround (u), 0, self->width - 1), j = (int) CLAMP (lround (v), 0, self->height - 1);

    if (self->missing[(gsize) j * self->width + i])
      return NAN;
  }
  return interpolate (self, u, v);
}

/* ---- the neutral line ---- */

typedef struct
{
  double x, y;
} Point;

static Point
crossing (double x0,
          double y0,
          double v0,
          double x1,
          double y1,
          double v1)
{
  double t = v0 == v1 ? 0.5 : v0 / (v0 - v1);

  return (Point) { x0 + (x1 - x0) * t, y0 + (y1 - y0) * t };
}

/* Marching squares: a cell's corners, counter-clockwise from its lower left, relative to neutral; up to two pieces. */
static void
trace_cell (cairo_t      *cr,
            const double  x[4],
            const double  y[4],
            const double  v[4])
{
  Point ends[4];
  guint n = 0;

  for (guint k = 0; k < 4; k++) {
    guint next = (k + 1) % 4;

    if ((v[k] > 0) != (v[next] > 0))
      ends[n++] = crossing (x[k], y[k], v[k], x[next], y[next], v[next]);
  }
  if (n == 4 && (v[0] > 0) != (v[0] + v[1] + v[2] + v[3] > 0)) {
    /* a saddle whose middle differs from corner 0: cut corners 0 and 2 off instead of 1 and 3 */
    Point first = ends[0];

    memmove (ends, ends + 1, 3 * sizeof *ends);
    ends[3] = first;
  }
  for (guint k = 0; k + 1 < n; k += 2) {
    cairo_move_to (cr, ends[k].x, ends[k].y);
    cairo_line_to (cr, ends[k + 1].x, ends[k + 1].y);
  }
}

/* The square between four cells' centres, or a half one along the border. */
static void
trace_square (MpHeatMap *self,
              cairo_t   *cr,
              int        i,
              int        j)
{
  const double left = MAX (i, -0.5), right = MIN (i + 1, self->width - 0.5);
  const double low = MAX (j, -0.5), high = MIN (j + 1, self->height - 0.5);
  const double x[4] = { left, right, right, left }, y[4] = { low, low, high, high };
  double       values[4];

  for (guint k = 0; k < 4; k++) {
    int column = (int) CLAMP (x[k], 0, self->width - 1), row = (int) CLAMP (y[k], 0, self->height - 1);

    if (self->missing != NULL && self->missing[(gsize) row * self->width + column])
      return;
    values[k] = interpolate (self, x[k], y[k]) - self->neutral;
  }
  trace_cell (cr, x, y, values);
}

static void
draw_neutral (MpHeatMap    *self,
              cairo_t      *cr,
              const double  view[4],
              double        width,
              double        height,
              double        line_width,
              MpColour      colour)
{
  double across = (self->extent[1] - self->extent[0]) / self->width;
  double up = (self->extent[3] - self->extent[2]) / self->height;

  if (isnan (self->neutral))
    return;
  cairo_save (cr);
  cairo_rectangle (cr, 0, 0, width, height);
  cairo_clip (cr);
  cairo_save (cr);
  cairo_scale (cr, width / (view[1] - view[0]), -height / (view[3] - view[2]));
  cairo_translate (cr, self->extent[0] - view[0], self->extent[2] - view[3]);
  cairo_scale (cr, across, up);
  cairo_translate (cr, 0.5, 0.5);
  cairo_new_path (cr);
  for (int j = -1; j < self->height; j++)
    for (int i = -1; i < self->width; i++)
      trace_square (self, cr, i, j);
  cairo_restore (cr);
  mp_colour_set_source (colour, cr);
  cairo_set_line_width (cr, line_width);
  cairo_stroke (cr);
  cairo_restore (cr);
}

static MpColour
line_colour (const MpPlotStyle *style,
             MpColour           lane)
{
  return mp_colour_fade (mp_colour_mix (lane, style->text, 0.25), 0.6);
}

/* ---- the picture ---- */

typedef struct
{
  int   at[4];
  float weight[4];
  int   nearest; /* −1: outside the grid */
} Tap;

/* Beyond the border a grid goes on straight: g(−m) = (1 + m)·g(0) − m·g(1), and alike at the other end. */
static void
fold_tap (Tap *tap,
          int  k,
          int  size,
          int  first)
{
  int   end = tap->at[k] < 0 ? 0 : size - 1, next = tap->at[k] < 0 ? 1 : size - 2;
  float m = (float) ABS (tap->at[k] - end), weight = tap->weight[k];

  if (tap->at[k] >= 0 && tap->at[k] < size)
    return;
  tap->at[k] = end;
  tap->weight[k] = 0;
  /* with two cells or more, taps within half a cell of the grid always hold both */
  tap->weight[end - first] += (1 + m) * weight;
  tap->weight[next - first] -= m * weight;
}

/* Where each of n pixels lies on a grid axis. from, to: grid coordinates of the outer edges of all pixels. */
static void
make_taps (Tap    *taps,
           int     n,
           int     size,
           double  from,
           double  to)
{
  for (int p = 0; p < n; p++) {
    double at = CLAMP (from + (to - from) * (p + 0.5) / n, -1, size), base = CLAMP (floor (at), -1, size - 1);
    double t = at - base;
    Tap   *tap = &taps[p];

    for (int k = 0; k < 4; k++)
      tap->at[k] = (int) base - 1 + k;
    tap->weight[0] = (float) (0.5 * (-t + 2 * t * t - t * t * t));
    tap->weight[1] = (float) (0.5 * (2 - 5 * t * t + 3 * t * t * t));
    tap->weight[2] = (float) (0.5 * (t + 4 * t * t - 3 * t * t * t));
    tap->weight[3] = (float) (0.5 * (-t * t + t * t * t));
    tap->nearest = at < -0.5 || at > size - 0.5 ? -1 : (int) CLAMP (lround (at), 0, size - 1);
    for (int k = 0; k < 4; k++)
      fold_tap (tap, k, size, (int) base - 1);
  }
}

static guint32
pack (MpColour colour)
{
  return 0xff000000u | (guint32) lround (colour.red * 255) << 16 | (guint32) lround (colour.green * 255) << 8 |
         (guint32) lround (colour.blue * 255);
}

static void
paint_rows (MpHeatMap     *self,
            const float   *stretched,
            const Tap     *columns,
            const Tap     *rows,
            const guint32 *colours,
            double         low,
            double         high)
{
  guint8     *pixels = cairo_image_surface_get_data (self->picture);
  int         stride = cairo_image_surface_get_stride (self->picture);
  int         width = self->key.width;
  const float scale = (float) ((N_COLOURS - 1) / (high - low)), shift = (float) low;

  for (int y = 0; y < self->key.height; y++) {
    const Tap   *row = &rows[y];
    guint32     *out = (guint32 *) (gpointer) (pixels + (gsize) y * stride);
    const float *a = stretched + (gsize) row->at[0] * width, *b = stretched + (gsize) row->at[1] * width;
    const float *c = stretched + (gsize) row->at[2] * width, *d = stretched + (gsize) row->at[3] * width;

    if (row->nearest < 0) {
      memset (out, 0, (gsize) width * 4);
      continue;
    }
    for (int x = 0; x < width; x++) {
      float value = row->weight[0] * a[x] + row->weight[1] * b[x] + row->weight[2] * c[x] + row->weight[3] * d[x];
      float index = (value - shift) * scale + 0.5f;

      out[x] = colours[(int) CLAMP (index, 0.0f, (float) (N_COLOURS - 1))];
    }
    for (int x = 0; x < width; x++)
      if (columns[x].nearest < 0 ||
          (self->missing != NULL && self->missing[(gsize) row->nearest * self->width + columns[x].nearest]))
        out[x] = 0;
  }
}

static void
make_picture (MpHeatMap         *self,
              const MpPlotStyle *style,
              MpColour           lane)
{
  const double      *view = self->key.view, *extent = self->extent;
  int                width = self->key.width, height = self->key.height;
  double             across = self->width / (extent[1] - extent[0]);
  double             up = self->height / (extent[3] - extent[2]), low, high;
  g_autofree Tap    *columns = g_new (Tap, width);
  g_autofree Tap    *rows = g_new (Tap, height);
  g_autofree float  *stretched = g_new (float, (gsize) width * self->height);
  g_autofree guint32 *colours = g_new (guint32, N_COLOURS);

  mp_heat_map_get_range (self, &low, &high, NULL);
  for (int i = 0; i < N_COLOURS; i++)
    colours[i] = pack (mp_heat_map_colour (self, low + (high - low) * i / (N_COLOURS - 1), style, lane));
  make_taps (columns, width, self->width, (view[0] - extent[0]) * across - 0.5,
             (view[1] - extent[0]) * across - 0.5);
  make_taps (rows, height, self->height, (view[3] - extent[2]) * up - 0.5, (view[2] - extent[2]) * up - 0.5);
  for (int j = 0; j < self->height; j++) {
    const float *row = self->values + (gsize) j * self->width;

    for (int x = 0; x < width; x++) {
      const Tap *tap = &columns[x];

      stretched[(gsize) j * width + x] = tap->weight[0] * row[tap->at[0]] + tap->weight[1] * row[tap->at[1]] +
                                         tap->weight[2] * row[tap->at[2]] + tap->weight[3] * row[tap->at[3]];
    }
  }
  cairo_surface_flush (self->picture);
  paint_rows (self, stretched, columns, rows, colours, low, high);
  cairo_surface_mark_dirty (self->picture);
}

static void
ensure_picture (MpHeatMap         *self,
                const double       view[4],
                int                width,
                int                height,
                const MpPlotStyle *style,
                MpColour           lane,
                gboolean           with_line)
{
  PictureKey key;

  memset (&key, 0, sizeof key);
  memcpy (key.view, view, sizeof key.view);
  key.width = width;
  key.height = height;
  mp_heat_map_get_range (self, &key.low, &key.high, NULL);
  key.canvas = style->canvas;
  key.below = style->below;
  key.lane = lane;
  key.line = line_colour (style, lane);
  key.with_line = with_line;
  if (self->picture != NULL && memcmp (&key, &self->key, sizeof key) == 0)
    return;
  if (self->picture == NULL || self->key.width != width || self->key.height != height) {
    g_clear_pointer (&self->picture, cairo_surface_destroy);
    self->picture = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, width, height);
  }
  self->key = key;
  if (cairo_surface_status (self->picture) != CAIRO_STATUS_SUCCESS)
    return;
  make_picture (self, style, lane);
  if (with_line) {
    cairo_t *cr = cairo_create (self->picture);

    draw_neutral (self, cr, view, width, height, 1.25 * style->pixel_ratio, key.line);
    cairo_destroy (cr);
  }
}

void
mp_heat_map_draw (MpHeatMap         *self,
                  cairo_t           *cr,
                  const double       view[4],
                  double             width,
                  double             height,
                  const MpPlotStyle *style,
                  MpColour           lane)
{
  /* in files that keep shapes the layer stays a picture, fine enough for print */
  gboolean vector = mp_target_is_vector (cr);
  double   ratio = vector ? 2 : style->pixel_ratio;
  int      columns = (int) CLAMP (ceil (width * ratio), 1, 4096), rows = (int) CLAMP (ceil (height * ratio), 1, 4096);
  /* whole pixels, the last ones cut by the clip: resampling would cost more than making the picture */
  double   grown[4] = { view[0], view[0] + (view[1] - view[0]) * columns / (width * ratio),
                        view[3] - (view[3] - view[2]) * rows / (height * ratio), view[3] };

  ensure_picture (self, grown, columns, rows, style, lane, !vector);
  cairo_save (cr);
  cairo_rectangle (cr, 0, 0, width, height);
  cairo_clip (cr);
  cairo_scale (cr, 1 / ratio, 1 / ratio);
  cairo_set_source_surface (cr, self->picture, 0, 0);
  cairo_pattern_set_filter (cairo_get_source (cr), CAIRO_FILTER_GOOD);
  cairo_paint (cr);
  cairo_restore (cr);
  if (vector)
    draw_neutral (self, cr, view, width, height, 1.25, line_colour (style, lane));
}

static char *
end_text (double value)
{
  return fabs (value) < 1000 ? mp_format_short (value, 3) : mp_format_engineering (value);
}

void
mp_heat_map_draw_bar (MpHeatMap         *self,
                      cairo_t           *cr,
                      double             width,
                      double             height,
                      const MpPlotStyle *style,
                      MpColour           lane)
{
  g_autofree char *left = NULL, *right = NULL, *low_text = NULL, *high_text = NULL;
  double           low, high, ascent, from, to, bar = MIN (8 * style->text_scale, height), top;
  cairo_pattern_t *gradient;
  MpPen            pen;

  mp_heat_map_get_range (self, &low, &high, NULL);
  low_text = end_text (low);
  high_text = end_text (high);
  left = g_strdup_printf ("%s%s", self->least < low ? "≤ " : "", low_text);
  right = g_strdup_printf ("%s%s", self->most > high ? "≥ " : "", high_text);
  cairo_save (cr);
  mp_pen_init (&pen, cr, style);
  mp_pen_get_line (&pen, MP_TEXT_TICK, &ascent);
  from = mp_pen_measure (&pen, MP_TEXT_TICK, left) + 6;
  to = MAX (from + 10, width - mp_pen_measure (&pen, MP_TEXT_TICK, right) - 6);
  top = (height - bar) / 2;
  mp_pen_draw (&pen, MP_TEXT_TICK, style->dim_text, from - 6, height / 2 + ascent * 0.38, 1, 0, left);
  mp_pen_draw (&pen, MP_TEXT_TICK, style->dim_text, to + 6, height / 2 + ascent * 0.38, 0, 0, right);
  gradient = cairo_pattern_create_linear (from, 0, to, 0);
  for (int i = 0; i <= 16; i++) {
    MpColour colour = mp_heat_map_colour (self, low + (high - low) * i / 16, style, lane);

    cairo_pattern_add_color_stop_rgb (gradient, i / 16.0, colour.red, colour.green, colour.blue);
  }
  mp_path_rounded (cr, from, top, to - from, bar, 2);
  cairo_set_source (cr, gradient);
  cairo_fill_preserve (cr);
  cairo_pattern_destroy (gradient);
  mp_colour_set_source (style->border, cr);
  cairo_set_line_width (cr, 0.75);
  cairo_stroke (cr);
  if (self->neutral > low && self->neutral < high) {
    double at = from + (to - from) * (self->neutral - low) / (high - low);

    mp_colour_set_source (mp_colour_mix (lane, style->text, 0.25), cr);
    cairo_set_line_width (cr, 1.25);
    cairo_move_to (cr, at, top - 2);
    cairo_line_to (cr, at, top + bar + 2);
    cairo_stroke (cr);
  }
  mp_pen_clear (&pen);
  cairo_restore (cr);
}
