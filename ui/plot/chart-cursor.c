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
  gboolean       known; /* the curve is there at the cursor */
} Reading;

static void
reading_clear (gpointer data)
{
  g_free (((Reading *) data)->smoothed);
  g_free (((Reading *) data)->value);
}

/* The value nearest to the cursor. FALSE where the curve has ended, or has not begun, by more than a step. */
static gboolean
find_nearest (MpSeries *series,
              double    cursor,
              guint64  *iteration,
              double   *value)
{
  guint64 n = mp_series_get_n (series), index = mp_series_search (series, cursor), other;
  double  other_value, step;

  if (n == 0)
    return FALSE;
  index = MIN (index, n - 1);
  mp_series_get (series, index, iteration, value);
  if (index == 0 && (double) *iteration >= cursor)
    return (double) *iteration - cursor <= 1;
  if (index == 0)
    return cursor - (double) *iteration <= 1;
  mp_series_get (series, index - 1, &other, &other_value);
  step = (double) (*iteration - other);
  if (cursor > (double) *iteration)
    return cursor - (double) *iteration <= step;
  if (cursor - (double) other < (double) *iteration - cursor) {
    *iteration = other;
    *value = other_value;
  }
  return TRUE;
}

/* The line's value at an iteration. */
static double
line_at (MpChart             *self,
         const MpChartLayout *layout,
         const MpCurve       *curve,
         const MpTrace       *trace,
         guint64              iteration,
         double               value)
{
  MpSmoother smoother;

  if (trace->dense && self->tau <= 0) {
    double along = mp_warp_to_x (curve->warp, (double) iteration);
    double column = (along - layout->first) / (layout->last - layout->first) * trace->n_columns;

    return trace->line[(guint) CLAMP (column, 0, trace->n_columns - 1)];
  }
  if (self->tau <= 0)
    return value;
  mp_smoother_init (&smoother, self->tau);
  mp_series_warm_up (curve->series, mp_series_search (curve->series, (double) iteration + 0.5), &smoother);
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
    guint64        iteration;
    double         value, line, y;

    if (!curve->visible)
      continue;
    if (!find_nearest (curve->series, mp_warp_to_iteration (curve->warp, self->cursor_iteration), &iteration, &value)) {
      reading.value = g_strdup ("–");
      reading.smoothed = self->tau > 0 ? g_strdup ("–") : NULL;
      g_array_append_val (readings, reading);
      continue;
    }
    line = line_at (self, layout, curve, &layout->traces[i], iteration, value);
    y = mp_chart_map_y (layout, &layout->traces[i], self->scale, line);
    if (y >= layout->y - 1 && y <= layout->y + layout->height + 1) {
      double x = mp_chart_map_x (layout, mp_warp_to_x (curve->warp, (double) iteration));

      cairo_arc (pen->cr, x, y, pen->style->line_width * 2 + 1.5, 0, 2 * G_PI);
      mp_colour_set_source (pen->style->card, pen->cr);
      cairo_fill (pen->cr);
      cairo_arc (pen->cr, x, y, pen->style->line_width * 2, 0, 2 * G_PI);
      mp_colour_set_source (mp_plot_style_get_lane (pen->style, curve->lane), pen->cr);
      cairo_fill (pen->cr);
    }
    reading.known = TRUE;
    reading.value = mp_format_value (value, 3);
    reading.smoothed = self->tau > 0 ? mp_format_value (line, 3) : NULL;
    g_array_append_val (readings, reading);
  }
  return readings;
}

/* Where there is no room for all, curves without a value give theirs away. */
static void
drop_unknown (GArray *readings,
              MpPen  *pen,
              double  height)
{
  double line = mp_pen_get_line (pen, MP_TEXT_TICK, NULL) + 1;

  for (guint i = readings->len; i-- > 0 && 12 + line * (readings->len + 1) > height - 8;)
    if (!g_array_index (readings, Reading, i).known)
      g_array_remove_index (readings, i);
}

/* What the box shows; a narrow chart shows less rather than be covered by it. */
typedef enum
{
  BOX_ALL,    /* names, the line's values, the raw values */
  BOX_LINE,   /* names, the line's values */
  BOX_VALUES  /* the line's values; colours are names */
} BoxKind;

typedef struct
{
  BoxKind kind;
  double  label, smoothed, value; /* widths of columns; 0: none */
  double  width, height, line, ascent, gap, swatch;
} BoxSize;

static const char *
line_text (const Reading *reading)
{
  return reading->smoothed != NULL ? reading->smoothed : reading->value;
}

static BoxSize
measure_box (MpPen      *pen,
             GArray     *readings,
             const char *head,
             BoxKind     kind)
{
  BoxSize size = { .kind = kind, .gap = 10 * pen->style->text_scale, .swatch = 10 * pen->style->text_scale };

  size.line = mp_pen_get_line (pen, MP_TEXT_TICK, &size.ascent) + 1;
  for (guint i = 0; i < readings->len; i++) {
    const Reading *reading = &g_array_index (readings, Reading, i);

    if (kind != BOX_VALUES)
      size.label = MAX (size.label, mp_pen_measure (pen, MP_TEXT_TICK, reading->curve->label));
    if (kind == BOX_ALL && reading->smoothed != NULL)
      size.smoothed = MAX (size.smoothed, mp_pen_measure (pen, MP_TEXT_TICK, reading->smoothed) + size.gap);
    size.value = MAX (size.value, mp_pen_measure (pen, MP_TEXT_TICK, kind == BOX_ALL ? reading->value
                                                                                     : line_text (reading)));
  }
  if (size.smoothed > 0) {
    size.smoothed = MAX (size.smoothed, mp_pen_measure (pen, MP_TEXT_TICK, _("smoothed")) + size.gap);
    size.value = MAX (size.value, mp_pen_measure (pen, MP_TEXT_TICK, _("value")));
  }
  size.label = MIN (size.label, 130 * pen->style->text_scale);
  size.label += size.label > 0 ? size.gap : 0;
  size.width = 8 + size.swatch + 6 + size.label + size.smoothed + size.value + 8;
  size.width = MAX (size.width, 16 + mp_pen_measure (pen, MP_TEXT_TICK, head) +
                    (size.smoothed > 0 ? size.smoothed + size.value + size.gap : 0));
  size.height = 12 + size.line * (readings->len + 1);
  return size;
}

/* The most that leaves half of the chart free. */
static BoxSize
choose_box (MpPen      *pen,
            GArray     *readings,
            const char *head,
            double      width)
{
  BoxSize size = measure_box (pen, readings, head, BOX_ALL);

  for (BoxKind kind = BOX_LINE; kind <= BOX_VALUES && size.width > 0.5 * width; kind++)
    size = measure_box (pen, readings, head, kind);
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
        at = mp_chart_map_x (layout, mp_warp_to_x (curve->warp, (double) iteration));
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
           double               height,
           double              *x,
           double              *y)
{
  double at = mp_chart_map_x (layout, self->cursor_iteration), last = MAX (4, floor (height - size->height - 4));
  double top = MIN (layout->y + 4, last);
  double bottom = CLAMP (floor (layout->y + layout->height - size->height - 6), top, last);

  *x = at + 12;
  if (*x + size->width > width - 4)
    *x = at - 12 - size->width;
  *x = floor (CLAMP (*x, 4, MAX (4, width - 4 - size->width)));
  *y = top;
  if (count_hidden (self, layout, *x, bottom, size) < count_hidden (self, layout, *x, top, size))
    *y = bottom;
}

/* (transfer full) */
static char *
name_place (MpChart *self)
{
  double             along = MAX (0, self->cursor_iteration);
  g_autofree char   *count = mp_format_count ((guint64) floor (along));

  switch (self->axis) {
  case MP_AXIS_SECONDS:
    return mp_format_time (along);
  case MP_AXIS_POINTS:
    return g_strdup_printf (_("%s points"), count);
  default:
    /* Translators: an iteration's number */
    return g_strdup_printf (_("it %s"), count);
  }
}

static void
draw_readout (MpChart             *self,
              MpPen               *pen,
              const MpChartLayout *layout,
              GArray              *readings,
              double               width,
              double               height)
{
  g_autofree char   *head = name_place (self);
  const MpPlotStyle *style = pen->style;
  BoxSize            size = choose_box (pen, readings, head, width);
  double             x, y, row, right;

  if (size.width > width - 8)
    return; /* no room for anything that could be read */
  size.width = ceil (size.width);
  place_box (self, layout, &size, width, height, &x, &y);
  mp_pen_draw_box (pen, x, y, size.width, size.height);
  row = y + 6 + size.ascent;
  right = x + size.width - 8;
  mp_pen_draw (pen, MP_TEXT_TICK, style->dim_text, x + 8, row, 0, 0, head);
  if (size.smoothed > 0) {
    mp_pen_draw (pen, MP_TEXT_TICK, style->dim_text, right, row, 1, 0, _("value"));
    mp_pen_draw (pen, MP_TEXT_TICK, style->dim_text, right - size.value - size.gap, row, 1, 0, _("smoothed"));
  }
  for (guint i = 0; i < readings->len; i++) {
    const Reading *reading = &g_array_index (readings, Reading, i);
    const char    *last = size.kind == BOX_ALL ? reading->value : line_text (reading);

    row += size.line;
    mp_chart_paint_swatch (pen, reading->curve, x + 8, row - size.ascent * 0.36, size.swatch);
    if (size.label > 0)
      mp_pen_draw (pen, MP_TEXT_TICK, style->text, x + 14 + size.swatch, row, 0, size.label - size.gap + 1,
                   reading->curve->label);
    mp_pen_draw (pen, MP_TEXT_TICK, style->text, right, row, 1, 0, last);
    if (size.smoothed > 0)
      mp_pen_draw (pen, MP_TEXT_TICK, style->text, right - size.value - size.gap, row, 1, 0, reading->smoothed);
  }
}

void
mp_chart_paint_cursor (MpChart             *self,
                       MpPen               *pen,
                       const MpChartLayout *layout,
                       double               width,
                       double               height)
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
  drop_unknown (readings, pen, height);
  if (self->readout && readings->len > 0)
    draw_readout (self, pen, layout, readings, width, height);
}
