/* SPDX-License-Identifier: Apache-2.0
 *
 * scatter-draw.c: a scatter on a Cairo context: points as one image, overlays, axes, words, legend.
 */
#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#include "ui/plot/plot-format.h"
#include "ui/plot/scatter-dots.h"
#include "ui/plot/scatter-private.h"
#include "ui/plot/ticks.h"

#define LEAST_NOTED 180 /* thumbnails have no room for a note about what lies outside */
#define RADIUS 6 /* of the canvas's corners */

/* ---- points ---- */

static double
dot_alpha (gsize n)
{
  /* a thousand points stay apart by themselves; ten times more show their density through transparency */
  return CLAMP (0.85 * sqrt (1000.0 / (double) MAX (n, 1)), 0.25, 0.85);
}

static MpDots
make_dots (MpScatter        *self,
           MpPointsRole      role,
           const MpLayerKey *key)
{
  gboolean data = role == MP_POINTS_DATA;

  return (MpDots) {
    .x0 = key->view[0], .x_scale = key->x_scale,
    .y0 = key->view[3], .y_scale = -key->y_scale,
    .colour = mp_colour_fade (key->colours[role], dot_alpha (self->clouds[role].n)),
    .radius = key->radius * (data ? 0.95 : 1),
    .shape = key->diamonds && !data ? MP_DOT_DIAMOND : MP_DOT_DISC,
  };
}

static MpLayerKey
make_key (MpScatter         *self,
          const double       view[4],
          double             width,
          double             height,
          double             ratio,
          const MpPlotStyle *style)
{
  MpLayerKey key;

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
stamp_layer (MpScatter        *self,
             const MpLayerKey *key)
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
    const MpCloud *cloud = &self->clouds[role];
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
  MpLayerKey key = make_key (self, view, width, height, vector ? 1 : style->pixel_ratio, style);

  if (vector) {
    self->n_inside = 0;
    for (guint role = 0; role < MP_N_POINTS; role++) {
      const MpCloud *cloud = &self->clouds[role];
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
draw_overlays (MpScatter         *self,
               cairo_t           *cr,
               const double       view[4],
               double             width,
               double             height,
               const MpPlotStyle *style)
{
  double side = MIN (view[1] - view[0], view[3] - view[2]);

  for (guint i = 0; i < self->overlays->len; i++) {
    MpOverlayItem *item = &g_array_index (self->overlays, MpOverlayItem, i);
    const char    *title = item->spec.title != NULL ? item->spec.title : "";
    double        *last = g_hash_table_lookup (self->magnified, title), magnify = item->spec.magnify;

    if (item->joined && self->clouds[item->role].hidden)
      continue;
    if (item->spec.kind == MP_OVERLAY_ARROWS && !(magnify > 0)) {
      magnify = mp_overlay_item_magnify (item, side, last != NULL ? *last : 0);
      if (last == NULL) {
        last = g_new (double, 1);
        g_hash_table_insert (self->magnified, g_strdup (title), last);
      }
      *last = magnify;
    }
    mp_overlay_item_draw (item, cr, &self->raster, view, width, height, magnify, style,
                          mp_plot_style_get_lane (style, self->lane));
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
           double        height,
           gboolean      strip)
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
  for (guint i = 0; i < up->len && !strip; i++) {
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
              double        height,
              gboolean      strip)
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
  if (strip)
    draw_note (pen, 7, height - 6 - line, 0, width - 14, _("one dimension: height means nothing"));
  for (guint i = 0; i < up->len && !strip; i++) {
    const MpTick *tick = &g_array_index (up, MpTick, i);
    double        y = (view[3] - tick->value) / (view[3] - view[2]) * height;

    if (y > line * 2 && y < height - 2 * line)
      draw_note (pen, 7, y + ascent * 0.38, 0, width, tick->label);
  }
}

static double
cloud_legend (MpPen        *pen,
              MpPointsRole  role,
              double        x,
              double        baseline,
              gboolean      draw)
{
  const MpPlotStyle *style = pen->style;
  const char        *name = role == MP_POINTS_DATA ? _("data") : _("samples");
  double             ascent, r;
  MpDots             dots = { .colour = role == MP_POINTS_DATA ? style->data : style->samples };

  if (role == MP_POINTS_SAMPLES && (style->theme & MP_PLOT_HIGH_CONTRAST) != 0)
    dots.shape = MP_DOT_DIAMOND;
  mp_pen_get_line (pen, MP_TEXT_TICK, &ascent);
  dots.radius = r = ascent * 0.36;
  if (!draw)
    return 2 * r + 5 + mp_pen_measure (pen, MP_TEXT_TICK, name);
  mp_dots_draw (&dots, pen->cr, x + r, baseline - ascent * 0.36);
  return 2 * r + 5 + mp_pen_draw (pen, MP_TEXT_TICK, style->dim_text, x + 2 * r + 5, baseline, 0, 0, name);
}

#define GAP 14 /* between the entries of a legend */

/* An entry that does not fit any more begins a line. Returns the number of lines. */
static guint
flow_legend (MpScatter *self,
             MpPen     *pen,
             double     left,
             double     baseline,
             double     width,
             double     row,
             gboolean   clouds,
             gboolean   draw)
{
  MpColour lane = mp_plot_style_get_lane (pen->style, self->lane);
  guint    first = clouds ? 0 : MP_N_POINTS, n_lines = 0;
  double   x = left;

  for (guint i = first; i < MP_N_POINTS + self->overlays->len; i++) {
    const MpOverlayItem *item = i < MP_N_POINTS ? NULL
                                                : &g_array_index (self->overlays, MpOverlayItem, i - MP_N_POINTS);
    double               wide;

    if (item != NULL && item->spec.title == NULL)
      continue;
    wide = item == NULL ? cloud_legend (pen, i, x, baseline, FALSE)
                        : mp_overlay_item_legend (item, pen, x, baseline, width, lane, FALSE);
    if (n_lines == 0 || x + wide > left + width) {
      x = left;
      baseline += n_lines++ > 0 ? row : 0;
    }
    if (draw && item == NULL)
      cloud_legend (pen, i, x, baseline, TRUE);
    else if (draw)
      mp_overlay_item_legend (item, pen, x, baseline, width, lane, TRUE);
    x += wide + GAP;
  }
  return n_lines;
}

static double
legend_row (const MpPlotStyle *style)
{
  return ceil (20 * style->text_scale);
}

double
mp_scatter_get_legend_height (MpScatter         *self,
                              double             width,
                              gboolean           clouds,
                              const MpPlotStyle *style)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_A8, 1, 1);
  cairo_t         *cr = cairo_create (surface);
  guint            n_lines;
  MpPen            pen;

  mp_pen_init (&pen, cr, style);
  n_lines = flow_legend (self, &pen, 0, 0, width, 0, clouds, FALSE);
  mp_pen_clear (&pen);
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
  return n_lines * legend_row (style);
}

void
mp_scatter_draw_legend (MpScatter         *self,
                        cairo_t           *cr,
                        double             width,
                        gboolean           clouds,
                        const MpPlotStyle *style)
{
  double row = legend_row (style), ascent;
  MpPen  pen;

  cairo_save (cr);
  mp_pen_init (&pen, cr, style);
  mp_pen_get_line (&pen, MP_TEXT_TICK, &ascent);
  flow_legend (self, &pen, 0, row / 2 + ascent * 0.38, width, row, clouds, TRUE);
  mp_pen_clear (&pen);
  cairo_restore (cr);
}

void
mp_scatter_draw_ring (cairo_t           *cr,
                      double             x,
                      double             y,
                      const MpPlotStyle *style)
{
  const double widths[] = { 4.5, 2 };

  for (guint i = 0; i < 2; i++) {
    cairo_new_sub_path (cr);
    cairo_arc (cr, x, y, 6.5, 0, 2 * G_PI);
    mp_colour_set_source (i == 0 ? mp_colour_fade (style->canvas, 0.85) : style->text, cr);
    cairo_set_line_width (cr, widths[i]);
    cairo_stroke (cr);
  }
}

void
mp_scatter_draw_lattice_near (MpScatter         *self,
                              cairo_t           *cr,
                              double             width,
                              double             height,
                              const MpPlotStyle *style,
                              double             x,
                              double             y)
{
  double view[4];

  _mp_scatter_get_view (self, width, height, view);
  for (guint i = 0; i < self->overlays->len; i++)
    mp_overlay_item_draw_near (&g_array_index (self->overlays, MpOverlayItem, i), cr, view, width, height, style, x, y);
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
    flow_legend (self, pen, 8, height - 8 - (self->axes ? line : 0), width - 16, -line - 2, TRUE, TRUE);
  if (outside > 0 && width >= LEAST_NOTED) {
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
  _mp_scatter_get_view (self, width, height, view);
  cairo_save (cr);
  mp_pen_init (&pen, cr, style);
  mp_path_rounded (cr, 0, 0, width, height, RADIUS);
  cairo_clip_preserve (cr);
  mp_colour_set_source (style->canvas, cr);
  cairo_fill (cr);
  if (self->heat_map != NULL)
    mp_heat_map_draw (self->heat_map, cr, view, width, height, style, mp_plot_style_get_lane (style, self->lane));
  if (self->axes && !empty)
    draw_grid (&pen, view, width, height, _mp_scatter_is_strip (self));
  draw_points (self, cr, view, width, height, style);
  draw_overlays (self, cr, view, width, height, style);
  if (self->axes && !empty)
    draw_numbers (&pen, view, width, height, _mp_scatter_is_strip (self));
  draw_words (self, &pen, width, height);
  if (empty)
    mp_pen_draw_block (&pen, MP_TEXT_LABEL, style->dim_text, width / 2, height / 2, width - 32,
                       self->empty_text != NULL ? self->empty_text : _("No points yet"));
  mp_pen_clear (&pen);
  cairo_restore (cr);
}

