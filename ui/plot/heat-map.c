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

#include "ui/plot/heat-levels.h"
#include "ui/plot/plot-format.h"
#include "ui/plot/plot-raster.h"
#include "ui/plot/ticks.h"

#define N_COLOURS 1024
/* How far the strongest layer goes from the canvas to its colour: points on it must stay the loudest. */
#define STRENGTH 0.55
#define N_LEVELS 6    /* lines at round values, about */
#define LABELLED 170  /* shortest side of a plot whose lines carry numbers */

typedef struct
{
  double   view[4];
  int      width, height;
  double   low, high;
  MpColour canvas, below, lane, line;
  gboolean with_line; /* drawn into the picture, not over it */
  gboolean levels;
  double   text_scale;
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
  gboolean         levels;
  cairo_surface_t *picture;
  PictureKey       key;
};

static void
find_range (MpHeatMap *self)
{
  gsize         count = (gsize) self->width * self->height;
  MpColourScale scale;

  mp_colour_scale_fit (&scale, self->values, count, self->neutral, FALSE);
  self->low = scale.low;
  self->high = scale.high;
  self->least = scale.low;
  self->most = scale.high;
  for (gsize i = 0; i < count; i++)
    if (isfinite (self->values[i])) {
      self->least = MIN (self->least, self->values[i]);
      self->most = MAX (self->most, self->values[i]);
    }
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
  self->levels = TRUE;
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

/* The scale between the ends that are shown. */
static MpColourScale
get_scale (MpHeatMap *self)
{
  MpColourScale scale = { .neutral = self->neutral, .strength = STRENGTH };

  mp_heat_map_get_range (self, &scale.low, &scale.high, NULL);
  scale.less = self->least < scale.low;
  scale.more = self->most > scale.high;
  return scale;
}

void
mp_heat_map_set_levels (MpHeatMap *self,
                        gboolean   levels)
{
  self->levels = levels;
}

MpColour
mp_heat_map_colour (MpHeatMap         *self,
                    double             value,
                    const MpPlotStyle *style,
                    MpColour           lane)
{
  MpColourScale scale = get_scale (self);

  return mp_colour_scale_get (&scale, value, style, lane);
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

/* ---- level lines ---- */

/* The nodes with half a cell more on every side, where lines go straight to the border: what the colours there go on to
 * is a guess, and a value that decays would be guessed to cross its limit all along the border. (transfer full) */
static float *
widen (MpHeatMap  *self,
       guint8    **missing)
{
  int    width = self->width + 2, height = self->height + 2;
  float *wide = g_new (float, (gsize) width * height);

  *missing = self->missing != NULL ? g_new (guint8, (gsize) width * height) : NULL;
  for (int j = 0; j < height; j++)
    for (int i = 0; i < width; i++) {
      gsize near = (gsize) CLAMP (j - 1, 0, self->height - 1) * self->width + CLAMP (i - 1, 0, self->width - 1);

      wide[(gsize) j * width + i] = self->values[near];
      if (*missing != NULL)
        (*missing)[(gsize) j * width + i] = self->missing[near];
    }
  return wide;
}

typedef struct
{
  MpHeatMap   *self;
  const float *wide;
  guint8      *missing;
  double       view[4], width, height; /* of the rectangle that is drawn into */
  MpPen       *pen;                    /* with labels, or NULL */
  MpColour     lane;
  MpRaster     raster;                 /* over the picture; image NULL: into a file */
  GArray      *points;                 /* scratch */
  GArray      *taken;                  /* by labels */
} Levels;

/* From a widened coordinate to the grid's: the outermost cells are half as wide. */
static double
place_on_grid (double at,
               int    n)
{
  double u = at - 1, beyond = u < 0 ? u : MAX (0, u - (n - 1));

  return u - beyond / 2;
}

/* From widened grid coordinates to the rectangle. */
static void
place_points (Levels *levels)
{
  MpHeatMap    *self = levels->self;
  double        across = (self->extent[1] - self->extent[0]) / self->width;
  double        up = (self->extent[3] - self->extent[2]) / self->height;
  double        x_scale = levels->width / (levels->view[1] - levels->view[0]);
  double        y_scale = levels->height / (levels->view[3] - levels->view[2]);
  MpLevelPoint *points = (MpLevelPoint *) (gpointer) levels->points->data;

  for (guint i = 0; i < levels->points->len; i++) {
    double u = place_on_grid (points[i].x, self->width), v = place_on_grid (points[i].y, self->height);

    if (isnan (points[i].x))
      continue;
    points[i].x = (float) ((self->extent[0] + (u + 0.5) * across - levels->view[0]) * x_scale);
    points[i].y = (float) ((levels->view[3] - self->extent[2] - (v + 0.5) * up) * y_scale);
  }
}

/* Into a file as shapes, into the picture as coverage, which costs a third of that. */
static void
stroke_level (Levels   *levels,
              cairo_t  *cr,
              double    line_width,
              MpColour  colour)
{
  const MpLevelPoint *points = (const MpLevelPoint *) (gconstpointer) levels->points->data;
  gboolean            down = FALSE;

  if (levels->raster.image != NULL) {
    mp_raster_line (&levels->raster, (const float *) points, levels->points->len, line_width, colour);
    return;
  }
  cairo_new_path (cr);
  for (guint i = 0; i < levels->points->len; i++) {
    if (down && !isnan (points[i].x))
      cairo_line_to (cr, points[i].x, points[i].y);
    else if (!isnan (points[i].x))
      cairo_move_to (cr, points[i].x, points[i].y);
    down = !isnan (points[i].x);
  }
  mp_colour_set_source (colour, cr);
  cairo_set_line_width (cr, line_width);
  cairo_stroke (cr);
}

static void
draw_level (Levels     *levels,
            cairo_t    *cr,
            double      value,
            double      line_width,
            MpColour    colour,
            const char *label)
{
  g_array_set_size (levels->points, 0);
  mp_levels_trace (levels->wide, levels->missing, levels->self->width + 2, levels->self->height + 2, value,
                   levels->points);
  place_points (levels);
  stroke_level (levels, cr, line_width, colour);
  if (label != NULL && levels->pen != NULL)
    mp_levels_label (levels->pen, (const MpLevelPoint *) (gconstpointer) levels->points->data, levels->points->len,
                     levels->width, levels->height, label,
                     mp_colour_fade (mp_colour_mix (levels->lane, levels->pen->style->text, 0.6), 0.9),
                     mp_heat_map_colour (levels->self, value, levels->pen->style, levels->lane), levels->taken);
}

static MpColour
line_colour (const MpPlotStyle *style,
             MpColour           lane)
{
  return mp_colour_fade (mp_colour_mix (lane, style->text, 0.25), 0.6);
}

/* Over (0, 0, width, height), lines `unit` wide: round levels thin, neutral strong. */
static void
draw_levels (MpHeatMap         *self,
             cairo_t           *cr,
             const double       view[4],
             double             width,
             double             height,
             double             unit,
             const MpPlotStyle *style,
             MpColour           lane)
{
  Levels            levels = { .self = self, .width = width, .height = height, .lane = lane };
  g_autofree float *wide = NULL;
  g_autofree guint8 *coverage = NULL;
  g_autoptr (GArray) round = NULL;
  MpPlotStyle       own = *style;
  MpColour          strong = line_colour (style, lane);
  double            low, high;
  MpPen             pen;

  if (isnan (self->neutral) && !self->levels)
    return;
  if (!mp_target_is_vector (cr)) {
    coverage = g_new0 (guint8, (gsize) self->key.width * self->key.height);
    levels.raster = (MpRaster) { .image = self->picture, .width = self->key.width, .height = self->key.height,
                                 .coverage = coverage };
  }
  levels.wide = wide = widen (self, &levels.missing);
  memcpy (levels.view, view, sizeof levels.view);
  levels.points = g_array_new (FALSE, FALSE, sizeof (MpLevelPoint));
  levels.taken = g_array_new (FALSE, FALSE, sizeof (MpLevelSpot));
  mp_heat_map_get_range (self, &low, &high, NULL);
  cairo_save (cr);
  cairo_rectangle (cr, 0, 0, width, height);
  cairo_clip (cr);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  own.text_scale *= unit;
  mp_pen_init (&pen, cr, &own);
  levels.pen = MIN (width, height) >= LABELLED * unit * style->text_scale ? &pen : NULL;
  round = mp_ticks_new (MP_SCALE_LINEAR, low, high, N_LEVELS, FALSE);
  for (guint i = 0; self->levels && i < round->len; i++) {
    const MpTick *tick = &g_array_index (round, MpTick, i);

    /* At the ends of the range a line would follow rounding, or the frame. */
    if (tick->label != NULL && tick->value > low && tick->value < high
        && !(fabs (tick->value - self->neutral) <= 1e-9 * (high - low)))
      draw_level (&levels, cr, tick->value, 0.75 * unit, mp_colour_fade (strong, 0.7), tick->label);
  }
  if (!isnan (self->neutral)) {
    g_autofree char *label = self->levels ? mp_format_short (self->neutral, 3) : NULL;

    draw_level (&levels, cr, self->neutral, 1.25 * unit, strong, label);
  }
  mp_pen_clear (&pen);
  cairo_restore (cr);
  g_array_unref (levels.points);
  g_array_unref (levels.taken);
  g_free (levels.missing);
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

    for (int x = 0; x < width; x++) {
      float value = row->weight[0] * a[x] + row->weight[1] * b[x] + row->weight[2] * c[x] + row->weight[3] * d[x];
      float index = (value - shift) * scale + 0.5f;

      out[x] = colours[(int) CLAMP (index, 0.0f, (float) (N_COLOURS - 1))];
    }
  }
}

/* Nothing beside the grid, nor where a value is missing. */
static void
clear_rows (MpHeatMap *self,
            const Tap *columns,
            const Tap *rows)
{
  guint8 *pixels = cairo_image_surface_get_data (self->picture);
  int     stride = cairo_image_surface_get_stride (self->picture);

  for (int y = 0; y < self->key.height; y++) {
    guint32 *out = (guint32 *) (gpointer) (pixels + (gsize) y * stride);
    int      j = rows[y].nearest;

    for (int x = 0; x < self->key.width; x++)
      if (j < 0 || columns[x].nearest < 0 ||
          (self->missing != NULL && self->missing[(gsize) j * self->width + columns[x].nearest]))
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
  paint_rows (self, stretched, rows, colours, low, high);
  cairo_surface_mark_dirty (self->picture);
  if (self->key.with_line) {
    cairo_t *cr = cairo_create (self->picture);

    draw_levels (self, cr, view, width, height, style->pixel_ratio, style, lane);
    cairo_destroy (cr);
    cairo_surface_flush (self->picture);
  }
  clear_rows (self, columns, rows);
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
  key.levels = self->levels;
  key.text_scale = style->text_scale;
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
    draw_levels (self, cr, view, width, height, 1, style, lane);
}

void
mp_heat_map_draw_bar (MpHeatMap         *self,
                      cairo_t           *cr,
                      double             width,
                      double             height,
                      const MpPlotStyle *style,
                      MpColour           lane)
{
  MpColourScale scale = get_scale (self);

  mp_colour_scale_draw_bar (&scale, cr, width, height, style, lane);
}
