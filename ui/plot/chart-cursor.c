/* SPDX-License-Identifier: Apache-2.0
 *
 * chart-cursor.c: the line under the pointer, its dots and its numbers.
 */
#include "ui/plot/chart-private.h"

#include <glib/gi18n.h>
#include <math.h>

#include "ui/plot/plot-format.h"

typedef struct
{
  const MpCurve *curve;
  char          *smoothed, *value;
} Reading;

static void
reading_clear (gpointer data)
{
  g_free (((Reading *) data)->smoothed);
  g_free (((Reading *) data)->value);
}

/* The line's value under the cursor. */
static double
line_at (MpChart             *self,
         const MpChartLayout *layout,
         const MpCurve       *curve,
         const MpTrace       *trace,
         double               value)
{
  MpSmoother smoother;

  if (trace->dense && self->tau <= 0) {
    double column = (self->cursor_iteration - layout->first) / (layout->last - layout->first) * trace->n_columns;

    return trace->line[(guint) CLAMP (column, 0, trace->n_columns - 1)];
  }
  if (self->tau <= 0)
    return value;
  mp_smoother_init (&smoother, self->tau);
  mp_series_warm_up (curve->series, mp_series_search (curve->series, nextafter (self->cursor_iteration, INFINITY)),
                     &smoother);
  return smoother.value;
}

static GArray *
take_readings (MpChart             *self,
               MpPen               *pen,
               const MpChartLayout *layout)
{
  GArray *readings = g_array_new (FALSE, FALSE, sizeof (Reading));

  g_array_set_clear_func (readings, reading_clear);
  for (guint i = 0; i < layout->n_traces; i++) {
    const MpCurve *curve = &g_array_index (self->curves, MpCurve, i);
    Reading        reading = { .curve = curve };
    double         value, line, y;

    if (!curve->visible || !mp_series_lookup (curve->series, self->cursor_iteration, NULL, &value))
      continue;
    line = line_at (self, layout, curve, &layout->traces[i], value);
    y = mp_chart_map_y (layout, &layout->traces[i], self->scale, line);
    if (y >= layout->y - 1 && y <= layout->y + layout->height + 1) {
      double x = mp_chart_map_x (layout, self->cursor_iteration);

      cairo_arc (pen->cr, x, y, pen->style->line_width * 2 + 1.5, 0, 2 * G_PI);
      mp_colour_set_source (pen->style->card, pen->cr);
      cairo_fill (pen->cr);
      cairo_arc (pen->cr, x, y, pen->style->line_width * 2, 0, 2 * G_PI);
      mp_colour_set_source (mp_plot_style_get_lane (pen->style, curve->lane), pen->cr);
      cairo_fill (pen->cr);
    }
    reading.value = mp_format_value (value, 3);
    reading.smoothed = self->tau > 0 ? mp_format_value (line, 3) : NULL;
    g_array_append_val (readings, reading);
  }
  return readings;
}

typedef struct
{
  double label, smoothed, value; /* widths of columns; smoothed 0: none */
  double width, height, line, ascent, gap, swatch;
} BoxSize;

/* Widths of the columns for a box of at most `most`: names give way first, then the smoothed values. */
static BoxSize
measure_box (MpPen      *pen,
             GArray     *readings,
             const char *head,
             gboolean    smoothed,
             double      most)
{
  const double gap = 12 * pen->style->text_scale;
  BoxSize      size = { 0 };
  double       rest;

  size.line = mp_pen_get_line (pen, MP_TEXT_TICK, &size.ascent) + 2;
  size.swatch = 10 * pen->style->text_scale;
  for (guint i = 0; i < readings->len; i++) {
    const Reading *reading = &g_array_index (readings, Reading, i);

    size.label = MAX (size.label, mp_pen_measure (pen, MP_TEXT_TICK, reading->curve->label));
    size.value = MAX (size.value, mp_pen_measure (pen, MP_TEXT_TICK, reading->value));
    if (smoothed && reading->smoothed != NULL)
      size.smoothed = MAX (size.smoothed, mp_pen_measure (pen, MP_TEXT_TICK, reading->smoothed));
  }
  if (size.smoothed > 0) {
    size.smoothed = MAX (size.smoothed, mp_pen_measure (pen, MP_TEXT_TICK, _("smoothed"))) + gap;
    size.value = MAX (size.value, mp_pen_measure (pen, MP_TEXT_TICK, _("value")));
  }
  size.gap = gap;
  rest = 8 + size.swatch + 6 + size.smoothed + gap + size.value + 8;
  size.label = MIN (size.label, 120 * pen->style->text_scale);
  size.label = MAX (size.label, mp_pen_measure (pen, MP_TEXT_TICK, head) - 6 - size.swatch -
                    (size.smoothed > 0 ? 0 : size.value + gap));
  if (rest + size.label > most && size.smoothed > 0 && rest + MIN (size.label, 40) > most)
    return measure_box (pen, readings, head, FALSE, most);
  size.label = MIN (size.label, most - rest);
  size.width = rest + size.label;
  size.height = 12 + size.line * (readings->len + 1);
  return size;
}

/* How many points of the lines a box would hide. */
static guint
count_hidden (MpChart             *self,
              const MpChartLayout *layout,
              double               x,
              double               y,
              const BoxSize       *size)
{
  guint hidden = 0;

  for (guint i = 0; i < layout->n_traces; i++) {
    const MpCurve *curve = &g_array_index (self->curves, MpCurve, i);
    const MpTrace *trace = &layout->traces[i];
    guint64        n = trace->dense ? trace->n_columns : trace->end - trace->begin;

    for (guint64 k = 0; k < n; k++) {
      double at, value = mp_chart_map_y (layout, trace, self->scale, trace->line[k]);

      if (isnan (value) || value < y - 4 || value > y + size->height + 4)
        continue;
      if (trace->dense) {
        at = layout->x + (k + 0.5) * layout->width / (double) n;
      } else {
        guint64 iteration;
        double  raw;

        mp_series_get (curve->series, trace->begin + k, &iteration, &raw);
        at = mp_chart_map_x (layout, (double) iteration);
      }
      hidden += at >= x - 4 && at <= x + size->width + 4;
    }
  }
  return hidden;
}

/* Beside the cursor, inside the card, at the end of the axis where less is hidden. */
static void
place_box (MpChart             *self,
           const MpChartLayout *layout,
           const BoxSize       *size,
           double               width,
           double              *x,
           double              *y)
{
  double at = mp_chart_map_x (layout, self->cursor_iteration), top = layout->y + 4;
  double bottom = MAX (top, floor (layout->y + layout->height - size->height - 6));

  *x = at + 12;
  if (*x + size->width > width - 4)
    *x = at - 12 - size->width;
  *x = floor (CLAMP (*x, 4, MAX (4, width - 4 - size->width)));
  *y = top;
  if (count_hidden (self, layout, *x, bottom, size) < count_hidden (self, layout, *x, top, size))
    *y = bottom;
}

static void
draw_readout (MpChart             *self,
              MpPen               *pen,
              const MpChartLayout *layout,
              GArray              *readings,
              double               width)
{
  g_autofree char   *count = mp_format_count ((guint64) MAX (0, floor (self->cursor_iteration)));
  /* Translators: an iteration's number */
  g_autofree char   *head = g_strdup_printf (_("it %s"), count);
  const MpPlotStyle *style = pen->style;
  BoxSize            size = measure_box (pen, readings, head, TRUE, width - 8);
  double             x, y, row, right;

  if (size.label < 16)
    return; /* no room for anything that could be read */
  place_box (self, layout, &size, width, &x, &y);
  for (int i = 3; i >= 0; i--) {
    /* a soft shadow of four steps */
    mp_path_rounded (pen->cr, x - i, y + 1 - i, size.width + 2 * i, size.height + 2 * i, 6 + i);
    cairo_set_source_rgba (pen->cr, 0, 0, 0, 0.03);
    cairo_fill (pen->cr);
  }
  mp_path_rounded (pen->cr, x + 0.5, y + 0.5, size.width - 1, size.height - 1, 6);
  mp_colour_set_source (style->popover, pen->cr);
  cairo_fill_preserve (pen->cr);
  mp_colour_set_source (style->border, pen->cr);
  cairo_set_line_width (pen->cr, 1);
  cairo_stroke (pen->cr);
  row = y + 6 + size.ascent;
  right = x + size.width - 8;
  mp_pen_draw (pen, MP_TEXT_TICK, style->dim_text, x + 8, row, 0, 0, head);
  if (size.smoothed > 0) {
    mp_pen_draw (pen, MP_TEXT_TICK, style->dim_text, right, row, 1, 0, _("value"));
    mp_pen_draw (pen, MP_TEXT_TICK, style->dim_text, right - size.value - size.gap, row, 1, 0, _("smoothed"));
  }
  for (guint i = 0; i < readings->len; i++) {
    const Reading *reading = &g_array_index (readings, Reading, i);

    row += size.line;
    mp_chart_paint_swatch (pen, reading->curve, x + 8, row - size.ascent * 0.36, size.swatch);
    mp_pen_draw (pen, MP_TEXT_TICK, style->text, x + 14 + size.swatch, row, 0, size.label + 1, reading->curve->label);
    mp_pen_draw (pen, MP_TEXT_TICK, style->text, right, row, 1, 0, reading->value);
    if (size.smoothed > 0)
      mp_pen_draw (pen, MP_TEXT_TICK, style->text, right - size.value - size.gap, row, 1, 0, reading->smoothed);
  }
}

void
mp_chart_paint_cursor (MpChart             *self,
                       MpPen               *pen,
                       const MpChartLayout *layout,
                       double               width)
{
  const double        dash[] = { 3, 3 };
  g_autoptr (GArray)  readings = NULL;
  double              x;

  if (!self->cursor || layout->empty || self->cursor_iteration < layout->first ||
      self->cursor_iteration > layout->last)
    return;
  x = floor (mp_chart_map_x (layout, self->cursor_iteration)) + 0.5;
  mp_colour_set_source (pen->style->dim_text, pen->cr);
  cairo_set_line_width (pen->cr, 1);
  cairo_set_dash (pen->cr, dash, 2, 0);
  cairo_move_to (pen->cr, x, layout->y);
  cairo_line_to (pen->cr, x, layout->y + layout->height);
  cairo_stroke (pen->cr);
  cairo_set_dash (pen->cr, NULL, 0, 0);
  readings = take_readings (self, pen, layout);
  if (self->readout && readings->len > 0)
    draw_readout (self, pen, layout, readings, width);
}
