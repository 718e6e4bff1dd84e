/* SPDX-License-Identifier: Apache-2.0
 *
 * scatter.c: point clouds over a layer.
 */
#include "ui/plot/scatter.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#include "ui/plot/plot-format.h"
#include "ui/plot/plot-text.h"
#include "ui/plot/scatter-dots.h"
#include "ui/plot/ticks.h"

#define RADIUS 6 /* of the canvas's corners */

typedef struct
{
  float   *values; /* n × 2 */
  gsize    n;
  gboolean hidden;
  double   box[4]; /* of finite points; box[0] > box[1] when there are none */
} Cloud;

typedef struct
{
  MpOverlayKind kind;
  float        *values;
  gsize         n;
} Overlay;

typedef struct
{
  double   view[4];
  int      width, height;
  double   ratio, radius, x_scale, y_scale;
  gboolean diamonds, hidden[MP_N_POINTS];
  MpColour colours[MP_N_POINTS];
  guint    serial;
} LayerKey;

struct _MpScatter
{
  gatomicrefcount  ref_count;
  guint            lane;
  char            *caption, *empty_text;
  Cloud            clouds[MP_N_POINTS];
  MpHeatMap       *heat_map;
  GArray          *overlays;  /* of Overlay */
  gboolean         fixed;
  double           extent[4]; /* fixed, or held */
  gboolean         held;
  gboolean         axes, legend;
  guint            serial;    /* changes with the points */
  cairo_surface_t *layer;     /* the points as an image */
  LayerKey         key;
  gsize            n_inside;  /* of the layer */
};

static void
overlay_clear (gpointer data)
{
  g_free (((Overlay *) data)->values);
}

MpScatter *
mp_scatter_new (void)
{
  MpScatter *self = g_new0 (MpScatter, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->overlays = g_array_new (FALSE, FALSE, sizeof (Overlay));
  g_array_set_clear_func (self->overlays, overlay_clear);
  return self;
}

MpScatter *
mp_scatter_ref (MpScatter *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mp_scatter_unref (MpScatter *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  for (guint role = 0; role < MP_N_POINTS; role++)
    g_free (self->clouds[role].values);
  g_clear_pointer (&self->heat_map, mp_heat_map_unref);
  g_clear_pointer (&self->layer, cairo_surface_destroy);
  g_array_unref (self->overlays);
  g_free (self->caption);
  g_free (self->empty_text);
  g_free (self);
}

void
mp_scatter_set_lane (MpScatter *self,
                     guint      lane)
{
  self->lane = lane;
}

guint
mp_scatter_get_lane (MpScatter *self)
{
  return self->lane;
}

void
mp_scatter_set_caption (MpScatter  *self,
                        const char *caption)
{
  char *copy = g_strdup (caption);

  g_free (self->caption);
  self->caption = copy;
}

void
mp_scatter_set_empty_text (MpScatter  *self,
                           const char *text)
{
  char *copy = g_strdup (text);

  g_free (self->empty_text);
  self->empty_text = copy;
}

static void
find_box (Cloud *cloud)
{
  cloud->box[0] = cloud->box[2] = INFINITY;
  cloud->box[1] = cloud->box[3] = -INFINITY;
  for (gsize i = 0; i < cloud->n; i++) {
    double x = cloud->values[2 * i], y = cloud->values[2 * i + 1];

    if (!isfinite (x) || !isfinite (y))
      continue;
    cloud->box[0] = MIN (cloud->box[0], x);
    cloud->box[1] = MAX (cloud->box[1], x);
    cloud->box[2] = MIN (cloud->box[2], y);
    cloud->box[3] = MAX (cloud->box[3], y);
  }
}

/* A line of points becomes a strip, data above samples; the spread depends on the index alone, so nothing flickers. */
static void
make_strip (Cloud        *cloud,
            MpPointsRole  role)
{
  double width;

  find_box (cloud);
  width = cloud->box[1] > cloud->box[0] ? cloud->box[1] - cloud->box[0] : 1;
  for (gsize i = 0; i < cloud->n; i++) {
    double golden = fmod ((double) i * 0.6180339887498949, 1) - 0.5;

    cloud->values[2 * i + 1] = (float) (width * ((role == MP_POINTS_DATA ? 0.2 : -0.2) + 0.25 * golden));
  }
  find_box (cloud);
}

void
mp_scatter_set_points (MpScatter    *self,
                       MpPointsRole  role,
                       const float  *values,
                       gint64        n,
                       gint64        dimensions)
{
  Cloud *cloud = &self->clouds[role];

  g_return_if_fail (role < MP_N_POINTS);
  g_return_if_fail (n >= 0 && dimensions >= 1 && (values != NULL || n == 0));

  if (cloud->n != (gsize) n)
    cloud->values = g_renew (float, cloud->values, 2 * MAX (1, n));
  cloud->n = (gsize) n;
  for (gint64 i = 0; i < n; i++) {
    cloud->values[2 * i] = values[i * dimensions];
    cloud->values[2 * i + 1] = dimensions > 1 ? values[i * dimensions + 1] : 0;
  }
  if (dimensions == 1)
    make_strip (cloud, role);
  else
    find_box (cloud);
  self->serial++;
}

void
mp_scatter_set_points_visible (MpScatter    *self,
                               MpPointsRole  role,
                               gboolean      visible)
{
  g_return_if_fail (role < MP_N_POINTS);

  self->clouds[role].hidden = !visible;
}

void
mp_scatter_set_heat_map (MpScatter *self,
                         MpHeatMap *heat_map)
{
  if (heat_map != NULL)
    mp_heat_map_ref (heat_map);
  g_clear_pointer (&self->heat_map, mp_heat_map_unref);
  self->heat_map = heat_map;
}

MpHeatMap *
mp_scatter_get_heat_map (MpScatter *self)
{
  return self->heat_map;
}

void
mp_scatter_clear_overlays (MpScatter *self)
{
  g_array_set_size (self->overlays, 0);
}

void
mp_scatter_add_overlay (MpScatter     *self,
                        MpOverlayKind  kind,
                        const float   *values,
                        gsize          n)
{
  gsize   size = kind == MP_OVERLAY_ARROWS ? 4 : 2;
  Overlay overlay = { kind, g_memdup2 (values, n * size * sizeof *values), n };

  g_array_append_val (self->overlays, overlay);
}

void
mp_scatter_set_extent (MpScatter    *self,
                       const double *extent)
{
  g_return_if_fail (extent == NULL || (extent[1] > extent[0] && extent[3] > extent[2]));

  self->fixed = extent != NULL;
  self->held = FALSE;
  if (extent != NULL)
    memcpy (self->extent, extent, sizeof self->extent);
}

void
mp_scatter_set_axes (MpScatter *self,
                     gboolean   axes)
{
  self->axes = axes;
}

void
mp_scatter_set_legend (MpScatter *self,
                       gboolean   legend)
{
  self->legend = legend;
}

/* ---- the view ---- */

static gboolean
box_inside (const double *inner,
            const double *outer)
{
  return inner[0] >= outer[0] && inner[1] <= outer[1] && inner[2] >= outer[2] && inner[3] <= outer[3];
}

/* Chooses the extent: held while the data fits and fills most of it. */
static void
hold_extent (MpScatter *self)
{
  const double *box = self->clouds[MP_POINTS_DATA].box;
  double        side;

  if (self->fixed)
    return;
  if (self->heat_map != NULL) {
    memcpy (self->extent, mp_heat_map_get_extent (self->heat_map), sizeof self->extent);
    self->held = TRUE;
    return;
  }
  if (self->clouds[MP_POINTS_DATA].n == 0 || !(box[0] <= box[1]))
    box = self->clouds[MP_POINTS_SAMPLES].box;
  if ((box == self->clouds[MP_POINTS_SAMPLES].box && self->clouds[MP_POINTS_SAMPLES].n == 0) || !(box[0] <= box[1])) {
    if (!self->held)
      memcpy (self->extent, (double[]) { -1, 1, -1, 1 }, sizeof self->extent);
    return;
  }
  side = MAX (box[1] - box[0], box[3] - box[2]);
  if (self->held && box_inside (box, self->extent) &&
      side >= 0.65 * MAX (self->extent[1] - self->extent[0], self->extent[3] - self->extent[2]))
    return;
  if (!(side > 0))
    side = MAX (1e-3, 0.2 * MAX (fabs (box[0]), fabs (box[2])));
  for (guint axis = 0; axis < 2; axis++) {
    double middle = (box[2 * axis] + box[2 * axis + 1]) / 2;

    self->extent[2 * axis] = middle - 0.65 * side;
    self->extent[2 * axis + 1] = middle + 0.65 * side;
  }
  self->held = TRUE;
}

/* What a rectangle shows around the middle of the extent at `scale` pixels to a unit, the same across as up. */
static void
scale_view (MpScatter *self,
            double     width,
            double     height,
            double     scale,
            double     view[4])
{
  double x = (self->extent[0] + self->extent[1]) / 2, y = (self->extent[2] + self->extent[3]) / 2;

  view[0] = x - width / scale / 2;
  view[1] = x + width / scale / 2;
  view[2] = y - height / scale / 2;
  view[3] = y + height / scale / 2;
}

/* The extent grown to the shape of the rectangle. A heat map knows nothing beyond its own extent, so where one would end
 * inside the rectangle the view shrinks instead, unless that hid data. */
static void
get_view (MpScatter *self,
          double     width,
          double     height,
          double     view[4])
{
  const Cloud *data = &self->clouds[MP_POINTS_DATA];
  double       across, up;

  hold_extent (self);
  across = width / (self->extent[1] - self->extent[0]);
  up = height / (self->extent[3] - self->extent[2]);
  if (self->heat_map != NULL && !self->fixed) {
    scale_view (self, width, height, MAX (across, up), view);
    if (data->n == 0 || box_inside (data->box, view))
      return;
  }
  scale_view (self, width, height, MIN (across, up), view);
}

void
mp_scatter_to_data (MpScatter *self,
                    double     width,
                    double     height,
                    double     x,
                    double     y,
                    double    *data_x,
                    double    *data_y)
{
  double view[4];

  get_view (self, width, height, view);
  *data_x = view[0] + x / width * (view[1] - view[0]);
  *data_y = view[3] - y / height * (view[3] - view[2]);
}

/* ---- points ---- */

static double
dot_alpha (gsize n)
{
  /* a thousand points stay apart by themselves; ten times more show their density through transparency */
  return CLAMP (0.85 * sqrt (1000.0 / (double) MAX (n, 1)), 0.25, 0.85);
}

static MpDots
make_dots (MpScatter      *self,
           MpPointsRole    role,
           const LayerKey *key)
{
  gboolean data = role == MP_POINTS_DATA;

  return (MpDots) {
    .x0 = key->view[0], .x_scale = key->x_scale,
    .y0 = key->view[3], .y_scale = -key->y_scale,
    .colour = mp_colour_fade (key->colours[role], dot_alpha (self->clouds[role].n)),
    .radius = key->radius * (data ? 0.95 : 1),
    .diamond = key->diamonds && !data,
  };
}

static LayerKey
make_key (MpScatter         *self,
          const double       view[4],
          double             width,
          double             height,
          double             ratio,
          const MpPlotStyle *style)
{
  LayerKey key;

  memset (&key, 0, sizeof key);
  memcpy (key.view, view, sizeof key.view);
  key.width = (int) CLAMP (ceil (width * ratio), 1, 16384);
  key.height = (int) CLAMP (ceil (height * ratio), 1, 16384);
  key.ratio = ratio;
  key.x_scale = width * ratio / (view[1] - view[0]);
  key.y_scale = height * ratio / (view[3] - view[2]);
  key.radius = style->dot_radius * ratio * CLAMP (sqrt (MIN (width, height) / 300), 0.75, 2);
  key.diamonds = (style->theme & MP_PLOT_HIGH_CONTRAST) != 0;
  key.colours[MP_POINTS_DATA] = style->data;
  key.colours[MP_POINTS_SAMPLES] = style->samples;
  for (guint role = 0; role < MP_N_POINTS; role++)
    key.hidden[role] = self->clouds[role].hidden;
  key.serial = self->serial;
  return key;
}

static void
stamp_layer (MpScatter      *self,
             const LayerKey *key)
{
  if (self->layer == NULL || key->width != self->key.width || key->height != self->key.height) {
    g_clear_pointer (&self->layer, cairo_surface_destroy);
    self->layer = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, key->width, key->height);
  }
  self->key = *key;
  self->n_inside = 0;
  if (cairo_surface_status (self->layer) != CAIRO_STATUS_SUCCESS)
    return;
  cairo_surface_flush (self->layer);
  memset (cairo_image_surface_get_data (self->layer), 0,
          (gsize) cairo_image_surface_get_stride (self->layer) * key->height);
  for (guint role = 0; role < MP_N_POINTS; role++) {
    const Cloud *cloud = &self->clouds[role];
    MpDots       dots = make_dots (self, role, key);

    if (!cloud->hidden)
      self->n_inside += mp_dots_stamp (&dots, self->layer, cloud->values, cloud->n, 2);
  }
}

static void
draw_points (MpScatter         *self,
             cairo_t           *cr,
             const double       view[4],
             double             width,
             double             height,
             const MpPlotStyle *style)
{
  gboolean vector = mp_target_is_vector (cr);
  LayerKey key = make_key (self, view, width, height, vector ? 1 : style->pixel_ratio, style);

  if (vector) {
    self->n_inside = 0;
    for (guint role = 0; role < MP_N_POINTS; role++) {
      const Cloud *cloud = &self->clouds[role];
      MpDots       dots = make_dots (self, role, &key);

      if (!cloud->hidden)
        self->n_inside += mp_dots_path (&dots, cr, width, height, cloud->values, cloud->n, 2);
    }
    /* the counts are no longer the layer's */
    self->key.serial = self->serial - 1;
    return;
  }
  if (self->layer == NULL || memcmp (&key, &self->key, sizeof key) != 0)
    stamp_layer (self, &key);
  cairo_save (cr);
  cairo_scale (cr, 1 / key.ratio, 1 / key.ratio);
  cairo_set_source_surface (cr, self->layer, 0, 0);
  cairo_pattern_set_filter (cairo_get_source (cr), CAIRO_FILTER_GOOD);
  cairo_paint (cr);
  cairo_restore (cr);
}

/* ---- overlays, axes, words ---- */

static void
arrow_path (cairo_t *cr,
            double   x0,
            double   y0,
            double   x1,
            double   y1)
{
  double length = hypot (x1 - x0, y1 - y0), head = MIN (5, length * 0.4), ux, uy;

  if (!(length > 0.5))
    return;
  ux = (x1 - x0) / length;
  uy = (y1 - y0) / length;
  cairo_move_to (cr, x0, y0);
  cairo_line_to (cr, x1, y1);
  cairo_move_to (cr, x1 - head * (ux + 0.5 * uy), y1 - head * (uy - 0.5 * ux));
  cairo_line_to (cr, x1, y1);
  cairo_line_to (cr, x1 - head * (ux - 0.5 * uy), y1 - head * (uy + 0.5 * ux));
}

static void
overlay_path (const Overlay *overlay,
              cairo_t       *cr,
              const double   view[4],
              double         x_scale,
              double         y_scale)
{
  gsize    size = overlay->kind == MP_OVERLAY_ARROWS ? 4 : 2;
  gboolean down = FALSE;

  for (gsize i = 0; i < overlay->n; i++) {
    const float *value = overlay->values + i * size;
    double       x = (value[0] - view[0]) * x_scale, y = (view[3] - value[1]) * y_scale;

    if (!isfinite (x) || !isfinite (y) || fabs (x) > 1e5 || fabs (y) > 1e5) {
      down = FALSE;
      continue;
    }
    if (overlay->kind == MP_OVERLAY_CROSSES) {
      cairo_move_to (cr, x - 4, y);
      cairo_line_to (cr, x + 4, y);
      cairo_move_to (cr, x, y - 4);
      cairo_line_to (cr, x, y + 4);
    } else if (overlay->kind == MP_OVERLAY_ARROWS) {
      arrow_path (cr, x, y, x + CLAMP (value[2] * x_scale, -1e5, 1e5), y - CLAMP (value[3] * y_scale, -1e5, 1e5));
    } else if (down) {
      cairo_line_to (cr, x, y);
    } else {
      cairo_move_to (cr, x, y);
      down = TRUE;
    }
  }
}

static void
draw_overlays (MpScatter         *self,
               cairo_t           *cr,
               const double       view[4],
               double             width,
               double             height,
               const MpPlotStyle *style)
{
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_cap (cr, CAIRO_LINE_CAP_ROUND);
  for (guint i = 0; i < self->overlays->len; i++) {
    const Overlay *overlay = &g_array_index (self->overlays, Overlay, i);

    cairo_new_path (cr);
    overlay_path (overlay, cr, view, width / (view[1] - view[0]), height / (view[3] - view[2]));
    /* a light edge first, so that lines show on any layer */
    mp_colour_set_source (mp_colour_fade (style->canvas, 0.7), cr);
    cairo_set_line_width (cr, overlay->kind == MP_OVERLAY_LINES ? 2 : 3);
    cairo_stroke_preserve (cr);
    mp_colour_set_source (mp_colour_fade (style->text, overlay->kind == MP_OVERLAY_LINES ? 0.45 : 0.75), cr);
    cairo_set_line_width (cr, overlay->kind == MP_OVERLAY_LINES ? 0.75 : 1.25);
    cairo_stroke (cr);
  }
}

/* Words over points, on a patch of canvas. */
static void
draw_note (MpPen      *pen,
           double      x,
           double      baseline,
           double      align,
           double      most,
           const char *text)
{
  double ascent, line = mp_pen_get_line (pen, MP_TEXT_TICK, &ascent);
  double width = MIN (mp_pen_measure (pen, MP_TEXT_TICK, text), most);

  mp_path_rounded (pen->cr, x - align * width - 3, baseline - ascent - 1, width + 6, line + 1, 4);
  mp_colour_set_source (mp_colour_fade (pen->style->canvas, 0.8), pen->cr);
  cairo_fill (pen->cr);
  mp_pen_draw (pen, MP_TEXT_TICK, pen->style->dim_text, x, baseline, align, most, text);
}

static guint
count_ticks (double width,
             double height)
{
  return (guint) CLAMP (MIN (width, height) / 60, 2, 6);
}

static void
draw_grid (MpPen        *pen,
           const double  view[4],
           double        width,
           double        height)
{
  guint              most = count_ticks (width, height);
  g_autoptr (GArray) across = mp_ticks_new (MP_SCALE_LINEAR, view[0], view[1], most, FALSE);
  g_autoptr (GArray) up = mp_ticks_new (MP_SCALE_LINEAR, view[2], view[3], most, FALSE);

  mp_colour_set_source (mp_colour_fade (pen->style->axis, 0.28), pen->cr);
  cairo_set_line_width (pen->cr, 1);
  for (guint i = 0; i < across->len; i++) {
    double x = floor ((g_array_index (across, MpTick, i).value - view[0]) / (view[1] - view[0]) * width) + 0.5;

    cairo_move_to (pen->cr, x, 0);
    cairo_line_to (pen->cr, x, height);
  }
  for (guint i = 0; i < up->len; i++) {
    double y = floor ((view[3] - g_array_index (up, MpTick, i).value) / (view[3] - view[2]) * height) + 0.5;

    cairo_move_to (pen->cr, 0, y);
    cairo_line_to (pen->cr, width, y);
  }
  cairo_stroke (pen->cr);
}

/* Numbers stand on their lines, inside the plot, so that plots with and without them are of one size. */
static void
draw_numbers (MpPen        *pen,
              const double  view[4],
              double        width,
              double        height)
{
  guint              most = count_ticks (width, height);
  g_autoptr (GArray) across = mp_ticks_new (MP_SCALE_LINEAR, view[0], view[1], most, FALSE);
  g_autoptr (GArray) up = mp_ticks_new (MP_SCALE_LINEAR, view[2], view[3], most, FALSE);
  double             ascent, line = mp_pen_get_line (pen, MP_TEXT_TICK, &ascent);

  for (guint i = 0; i < across->len; i++) {
    const MpTick *tick = &g_array_index (across, MpTick, i);
    double        x = (tick->value - view[0]) / (view[1] - view[0]) * width;

    if (x > 2.5 * line && x < width - line)
      draw_note (pen, x, height - 6, 0.5, width, tick->label);
  }
  for (guint i = 0; i < up->len; i++) {
    const MpTick *tick = &g_array_index (up, MpTick, i);
    double        y = (view[3] - tick->value) / (view[3] - view[2]) * height;

    if (y > line * 2 && y < height - 2 * line)
      draw_note (pen, 7, y + ascent * 0.38, 0, width, tick->label);
  }
}

static double
legend_items (MpPen  *pen,
              double  x,
              double  baseline)
{
  const MpPlotStyle *style = pen->style;
  const char *const  names[] = { _("data"), _("samples") };
  const MpColour     colours[] = { style->data, style->samples };
  double             ascent, begin = x, r;

  mp_pen_get_line (pen, MP_TEXT_TICK, &ascent);
  r = ascent * 0.36;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    MpDots dots = { .colour = colours[i], .radius = r,
                    .diamond = i == MP_POINTS_SAMPLES && (style->theme & MP_PLOT_HIGH_CONTRAST) != 0 };

    mp_dots_draw (&dots, pen->cr, x + r, baseline - ascent * 0.36);
    x += 2 * r + 5;
    x += mp_pen_draw (pen, MP_TEXT_TICK, style->dim_text, x, baseline, 0, 0, names[i]) + 12;
  }
  return x - 12 - begin;
}

double
mp_scatter_draw_legend (cairo_t           *cr,
                        double             height,
                        const MpPlotStyle *style)
{
  MpPen  pen;
  double ascent, width;

  cairo_save (cr);
  mp_pen_init (&pen, cr, style);
  mp_pen_get_line (&pen, MP_TEXT_TICK, &ascent);
  width = legend_items (&pen, 0, height / 2 + ascent * 0.38);
  mp_pen_clear (&pen);
  cairo_restore (cr);
  return width;
}

static gsize
count_visible (MpScatter *self)
{
  gsize n = 0;

  for (guint role = 0; role < MP_N_POINTS; role++)
    n += self->clouds[role].hidden ? 0 : self->clouds[role].n;
  return n;
}

static void
draw_words (MpScatter *self,
            MpPen     *pen,
            double     width,
            double     height)
{
  double ascent, line = mp_pen_get_line (pen, MP_TEXT_TICK, &ascent);
  gsize  outside = count_visible (self) - self->n_inside;

  if (self->caption != NULL)
    draw_note (pen, 8, 6 + ascent, 0, width - 16, self->caption);
  if (self->legend)
    legend_items (pen, 8, height - 8 - (self->axes ? line : 0));
  if (outside > 0) {
    g_autofree char *count = mp_format_count (outside);
    g_autofree char *note = g_strdup_printf (g_dngettext (NULL, "%s outside", "%s outside", outside), count);

    /* below a caption that may be as wide as the plot */
    draw_note (pen, width - 8, 6 + ascent + (self->caption != NULL ? line : 0), 1, width - 16, note);
  }
}

void
mp_scatter_draw (MpScatter         *self,
                 cairo_t           *cr,
                 double             width,
                 double             height,
                 const MpPlotStyle *style)
{
  gboolean empty = self->clouds[MP_POINTS_DATA].n + self->clouds[MP_POINTS_SAMPLES].n == 0 && self->heat_map == NULL;
  double   view[4];
  MpPen    pen;

  g_return_if_fail (self != NULL && cr != NULL && style != NULL);

  if (width < 1 || height < 1)
    return;
  get_view (self, width, height, view);
  cairo_save (cr);
  mp_pen_init (&pen, cr, style);
  mp_path_rounded (cr, 0, 0, width, height, RADIUS);
  cairo_clip_preserve (cr);
  mp_colour_set_source (style->canvas, cr);
  cairo_fill (cr);
  if (self->heat_map != NULL)
    mp_heat_map_draw (self->heat_map, cr, view, width, height, style, mp_plot_style_get_lane (style, self->lane));
  if (self->axes && !empty)
    draw_grid (&pen, view, width, height);
  draw_points (self, cr, view, width, height, style);
  draw_overlays (self, cr, view, width, height, style);
  if (self->axes && !empty)
    draw_numbers (&pen, view, width, height);
  draw_words (self, &pen, width, height);
  if (empty)
    mp_pen_draw_block (&pen, MP_TEXT_LABEL, style->dim_text, width / 2, height / 2, width - 32,
                       self->empty_text != NULL ? self->empty_text : _("No points yet"));
  mp_pen_clear (&pen);
  cairo_restore (cr);
}

char *
mp_scatter_describe (MpScatter *self)
{
  g_autofree char *data = mp_format_count (self->clouds[MP_POINTS_DATA].n);
  g_autofree char *samples = mp_format_count (self->clouds[MP_POINTS_SAMPLES].n);
  const char      *layer = self->heat_map != NULL ? mp_heat_map_get_title (self->heat_map) : NULL;

  if (layer != NULL)
    /* Translators: numbers of points, and the name of the background layer */
    return g_strdup_printf (_("%s data points and %s samples over %s"), data, samples, layer);
  return g_strdup_printf (_("%s data points and %s samples"), data, samples);
}
