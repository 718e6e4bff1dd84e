/* SPDX-License-Identifier: Apache-2.0
 *
 * chart-draw.c: a chart on a Cairo context.
 *
 * A curve with more than two values per pixel column is dense: the exact minimum…maximum of each column is filled as a
 * band, and the line runs through column means or their moving average. Otherwise it is sparse and every value is
 * drawn. All of a curve's cost is bounded by the number of columns.
 */
#include "ui/plot/chart-private.h"

#include <glib/gi18n.h>
#include <math.h>

#include "ui/plot/plot-format.h"

#define MARGIN 12
#define MAX_COLUMNS 8192

/* ---- from values to pixels ---- */

static double
map_x (const MpChartLayout *layout,
       double               iteration)
{
  double x = layout->x + (iteration - layout->first) / (layout->last - layout->first) * layout->width;

  /* Cairo's coordinates end at 2^23 */
  return CLAMP (x, -1e5, 1e5);
}

/* NAN: the scale has no place for this value. */
static double
map_y (const MpChartLayout *layout,
       const MpTrace       *trace,
       MpScale              scale,
       double               value)
{
  double share;

  if (!isfinite (value) || (scale == MP_SCALE_LOG && value <= 0))
    return NAN;
  if (scale == MP_SCALE_LOG)
    share = (log (value) - log (trace->low)) / (log (trace->high) - log (trace->low));
  else
    share = (value - trace->low) / (trace->high - trace->low);
  return layout->y + layout->height * (1 - CLAMP (share, -4, 5));
}

/* ---- traces ---- */

static double
column_middle (const MpChartLayout *layout,
               const MpTrace       *trace,
               guint                column)
{
  return layout->first + (layout->last - layout->first) * (column + 0.5) / trace->n_columns;
}

static void
make_dense (MpChart             *self,
            const MpCurve       *curve,
            const MpChartLayout *layout,
            guint64              begin,
            guint                n_columns,
            MpTrace             *trace)
{
  MpSmoother smoother;

  trace->dense = TRUE;
  trace->n_columns = n_columns;
  trace->columns = g_new (MpSummary, n_columns);
  trace->line = g_new (double, n_columns);
  mp_series_decimate (curve->series, layout->first, nextafter (layout->last, INFINITY), n_columns, trace->columns);
  mp_smoother_init (&smoother, self->tau);
  mp_series_warm_up (curve->series, begin, &smoother);
  for (guint i = 0; i < n_columns; i++) {
    const MpSummary *column = &trace->columns[i];
    double           average = mp_smoother_add (&smoother, column_middle (layout, trace, i), column->sum,
                                                column->n_finite);

    trace->line[i] = column->n_finite > 0 ? average : NAN;
    trace->flags |= column->flags;
  }
}

static void
make_sparse (MpChart       *self,
             const MpCurve *curve,
             guint64        begin,
             guint64        end,
             MpTrace       *trace)
{
  MpSmoother smoother;

  /* one value more on each side, so that lines reach the frame */
  begin -= begin > 0;
  end += end < mp_series_get_n (curve->series);
  trace->begin = begin;
  trace->end = end;
  trace->line = g_new (double, end - begin);
  mp_smoother_init (&smoother, self->tau);
  mp_series_warm_up (curve->series, begin, &smoother);
  for (guint64 i = begin; i < end; i++) {
    guint64   iteration;
    double    value;
    MpSummary summary;

    mp_series_get (curve->series, i, &iteration, &value);
    mp_series_summarise (curve->series, i, i + 1, &summary);
    trace->flags |= summary.flags;
    trace->line[i - begin] = value;
    if (isfinite (value))
      trace->line[i - begin] = mp_smoother_add (&smoother, (double) iteration, value, 1);
  }
}

static void
make_traces (MpChart           *self,
             MpChartLayout     *layout,
             const MpPlotStyle *style)
{
  guint n_columns = (guint) CLAMP (ceil (layout->width * style->pixel_ratio), 2, MAX_COLUMNS);

  layout->n_traces = self->curves->len;
  layout->traces = g_new0 (MpTrace, MAX (1, layout->n_traces));
  for (guint i = 0; i < layout->n_traces; i++) {
    const MpCurve *curve = &g_array_index (self->curves, MpCurve, i);
    guint64        begin, end;

    if (!curve->visible || mp_series_get_n (curve->series) == 0)
      continue;
    begin = mp_series_search (curve->series, layout->first);
    end = mp_series_search (curve->series, nextafter (layout->last, INFINITY));
    if (end - begin > 2 * n_columns)
      make_dense (self, curve, layout, begin, n_columns, &layout->traces[i]);
    else
      make_sparse (self, curve, begin, end, &layout->traces[i]);
  }
}

/* ---- layout ---- */

static gboolean
has_legend (MpChart *self)
{
  return (self->legend || self->own_scale) && self->curves->len > 0;
}

static void
layout_init (MpChart       *self,
             MpPen         *pen,
             double         width,
             double         height,
             MpChartLayout *layout)
{
  double ascent, title = mp_pen_get_line (pen, MP_TEXT_TITLE, &ascent), tick = mp_pen_get_line (pen, MP_TEXT_TICK, NULL);
  double top = MARGIN, bottom = MARGIN + tick + 2, gutter = 0, tick_ascent;

  *layout = (MpChartLayout) { 0 };
  if (self->title != NULL || self->subtitle != NULL) {
    layout->title_y = top + ascent;
    top += title + 4;
  }
  mp_pen_get_line (pen, MP_TEXT_TICK, &tick_ascent);
  if (has_legend (self)) {
    layout->legend_y = top + tick_ascent;
    top += tick + 4;
  }
  top += 6;
  layout->y = floor (top);
  layout->height = MAX (floor (height - bottom) - layout->y, 8);
  if (!mp_chart_find_x_range (self, &layout->first, &layout->last)) {
    layout->first = self->x_fixed ? self->x_first : 0;
    layout->last = self->x_fixed ? self->x_last : 1;
  }
  /* ranges do not depend on the gutter but for columns: start with a typical one */
  layout->x = MARGIN;
  layout->width = MAX (width - 4 * MARGIN, 8);
  make_traces (self, layout, pen->style);
  mp_chart_find_y_range (self, layout);
  layout->y_ticks = mp_ticks_new (self->scale, layout->low, layout->high,
                                  (guint) MAX (2, layout->height / (tick * 2.2)), FALSE);
  if (!self->own_scale && !layout->empty)
    for (guint i = 0; i < layout->y_ticks->len; i++) {
      const MpTick *mark = &g_array_index (layout->y_ticks, MpTick, i);

      if (mark->label != NULL)
        gutter = MAX (gutter, mp_pen_measure (pen, MP_TEXT_TICK, mark->label) + 8);
    }
  layout->x = MARGIN + ceil (gutter);
  layout->width = MAX (floor (width - MARGIN) - layout->x, 8);
  layout->x_ticks = mp_ticks_new (MP_SCALE_LINEAR, layout->first, layout->last,
                                  (guint) CLAMP (layout->width / (tick * 4), 2, 9), TRUE);
}

static void
layout_clear (MpChartLayout *layout)
{
  for (guint i = 0; i < layout->n_traces; i++) {
    g_free (layout->traces[i].columns);
    g_free (layout->traces[i].line);
  }
  g_free (layout->traces);
  g_array_unref (layout->x_ticks);
  g_array_unref (layout->y_ticks);
}

/* ---- title, axes, legend ---- */

static void
draw_title (MpChart             *self,
            MpPen               *pen,
            const MpChartLayout *layout,
            double               width)
{
  double              room = width - 2 * MARGIN, drawn;
  g_autoptr (GString) note = g_string_new (self->subtitle);
  guint32             flags = 0;

  if (self->unit != NULL && self->unit[0] != '\0')
    g_string_append_printf (note, "%s%s", note->len > 0 ? " · " : "", self->unit);
  if (self->scale == MP_SCALE_LOG)
    g_string_append_printf (note, "%s%s", note->len > 0 ? " · " : "", C_("axis", "log"));
  for (guint i = 0; i < layout->n_traces; i++)
    flags |= layout->traces[i].flags;
  if (self->scale == MP_SCALE_LOG && (flags & MP_SUMMARY_NON_POSITIVE) != 0)
    g_string_append_printf (note, " · %s", _("values ≤ 0 left out"));
  if (self->title != NULL) {
    drawn = mp_pen_draw (pen, MP_TEXT_TITLE, pen->style->text, MARGIN, layout->title_y, 0, room, self->title);
    room -= drawn + 8;
  } else {
    drawn = -8;
  }
  if (note->len > 0 && room > 30)
    mp_pen_draw (pen, MP_TEXT_TICK, pen->style->dim_text, MARGIN + drawn + 8, layout->title_y, 0, room, note->str);
}

/* Half-pixel places, so that hairlines are one pixel wide. */
static double
crisp (double at)
{
  return floor (at) + 0.5;
}

static void
draw_axes (MpChart             *self,
           MpPen               *pen,
           const MpChartLayout *layout)
{
  cairo_t *cr = pen->cr;
  double   bottom = layout->y + layout->height, right = layout->x + layout->width, ascent, line;

  line = mp_pen_get_line (pen, MP_TEXT_TICK, &ascent);
  cairo_set_line_width (cr, 1);
  for (guint i = 0; i < layout->y_ticks->len && !layout->empty; i++) {
    const MpTick *tick = &g_array_index (layout->y_ticks, MpTick, i);
    MpTrace       axis = { .low = layout->low, .high = layout->high };
    double        y = map_y (layout, &axis, self->scale, tick->value);

    if (tick->label == NULL && self->own_scale)
      continue;
    mp_colour_set_source (mp_colour_fade (pen->style->grid, tick->label != NULL ? 1 : 0.5), cr);
    cairo_move_to (cr, layout->x, crisp (y));
    cairo_line_to (cr, right, crisp (y));
    cairo_stroke (cr);
    if (tick->label != NULL && !self->own_scale)
      mp_pen_draw (pen, MP_TEXT_TICK, pen->style->dim_text, layout->x - 8, y + ascent * 0.38, 1, 0, tick->label);
  }
  mp_colour_set_source (pen->style->axis, cr);
  cairo_move_to (cr, layout->x, crisp (bottom));
  cairo_line_to (cr, right, crisp (bottom));
  if (layout->empty) {
    cairo_stroke (cr);
    return;
  }
  for (guint i = 0; i < layout->x_ticks->len; i++) {
    double x = map_x (layout, g_array_index (layout->x_ticks, MpTick, i).value);

    cairo_move_to (cr, crisp (x), bottom);
    cairo_line_to (cr, crisp (x), bottom + 4);
  }
  cairo_stroke (cr);
  for (guint i = 0; i < layout->x_ticks->len; i++) {
    const MpTick *tick = &g_array_index (layout->x_ticks, MpTick, i);
    double        x = map_x (layout, tick->value), half = mp_pen_measure (pen, MP_TEXT_TICK, tick->label) / 2;

    /* labels at the ends stay over the axis */
    x = CLAMP (x, layout->x - 8 + half, right + MARGIN - 4 - half);
    mp_pen_draw (pen, MP_TEXT_TICK, pen->style->dim_text, x, bottom + 4 + line * 0.15 + ascent, 0.5, 0, tick->label);
  }
}

static void
set_dash (cairo_t *cr,
          MpDash   dash,
          double   width)
{
  const double dashed[] = { 5 * width / 1.75, 3 * width / 1.75 }, dotted[] = { 0, 2 * width };

  cairo_set_line_cap (cr, dash == MP_DASH_DOTTED ? CAIRO_LINE_CAP_ROUND : CAIRO_LINE_CAP_BUTT);
  if (dash == MP_DASH_SOLID)
    cairo_set_dash (cr, NULL, 0, 0);
  else
    cairo_set_dash (cr, dash == MP_DASH_DASHED ? dashed : dotted, 2, 0);
}

static void
draw_swatch (MpPen         *pen,
             const MpCurve *curve,
             double         x,
             double         y,
             double         width)
{
  mp_colour_set_source (mp_plot_style_get_lane (pen->style, curve->lane), pen->cr);
  cairo_set_line_width (pen->cr, 2.5);
  set_dash (pen->cr, curve->dash, 2);
  cairo_move_to (pen->cr, x, y);
  cairo_line_to (pen->cr, x + width, y);
  cairo_stroke (pen->cr);
  set_dash (pen->cr, MP_DASH_SOLID, 2);
}

static void
draw_legend (MpChart             *self,
             MpPen               *pen,
             const MpChartLayout *layout,
             double               width)
{
  double ascent, x = MARGIN, end = width - MARGIN;

  mp_pen_get_line (pen, MP_TEXT_TICK, &ascent);
  for (guint i = 0; i < self->curves->len; i++) {
    const MpCurve      *curve = &g_array_index (self->curves, MpCurve, i);
    const MpTrace      *trace = &layout->traces[i];
    g_autoptr (GString) text = g_string_new (curve->label);

    if (!curve->visible)
      continue;
    if (self->own_scale && trace->least <= trace->most) {
      g_autofree char *low = mp_format_value (trace->least, 2);
      g_autofree char *high = mp_format_value (trace->most, 2);

      g_string_append_printf (text, " %s…%s", low, high);
    }
    if (end - x < 40)
      break;
    draw_swatch (pen, curve, x, layout->legend_y - ascent * 0.36, 10);
    x += 14 + mp_pen_draw (pen, MP_TEXT_TICK, pen->style->dim_text, x + 14, layout->legend_y, 0, end - x - 14, text->str)
         + 12;
  }
}

/* ---- curves ---- */

/* The part of a dense curve from column `begin` that has values all along: its band as one closed path. */
static guint
band_path (MpChart             *self,
           cairo_t             *cr,
           const MpChartLayout *layout,
           const MpTrace       *trace,
           guint                begin)
{
  double step = layout->width / trace->n_columns;
  guint  end = begin;

  for (; end < trace->n_columns; end++) {
    const MpSummary *column = &trace->columns[end];
    double           top = map_y (layout, trace, self->scale, column->max);

    if (column->n_finite == 0 || isnan (top))
      break;
    cairo_line_to (cr, layout->x + (end + 0.5) * step, top - 0.5);
  }
  if (end == begin)
    return end + 1;
  for (guint i = end; i-- > begin;) {
    double bottom = map_y (layout, trace, self->scale, trace->columns[i].min);

    /* ≤ 0 on a log axis: off the lower edge */
    cairo_line_to (cr, layout->x + (i + 0.5) * step, isnan (bottom) ? layout->y + 2 * layout->height : bottom + 0.5);
  }
  cairo_close_path (cr);
  return end;
}

static void
draw_band (MpChart             *self,
           MpPen               *pen,
           const MpChartLayout *layout,
           const MpTrace       *trace,
           MpColour             colour)
{
  cairo_new_path (pen->cr);
  for (guint i = 0; i < trace->n_columns;)
    i = band_path (self, pen->cr, layout, trace, i);
  mp_colour_set_source (mp_colour_fade (colour, pen->style->theme & MP_PLOT_HIGH_CONTRAST ? 0.34 : 0.24), pen->cr);
  cairo_fill (pen->cr);
}

/* A line through values with gaps; what stands alone becomes a dot. */
typedef struct
{
  cairo_t *cr;
  double   x, y;
  guint    length; /* points since the last gap */
  double   dot;
} LinePath;

static void
line_break (LinePath *path)
{
  if (path->length == 1) {
    cairo_new_sub_path (path->cr);
    cairo_arc (path->cr, path->x, path->y, 0.01, 0, 2 * G_PI);
  }
  path->length = 0;
}

static void
line_add (LinePath *path,
          double    x,
          double    y)
{
  if (isnan (y)) {
    line_break (path);
    return;
  }
  if (path->length == 0)
    cairo_move_to (path->cr, x, y);
  else
    cairo_line_to (path->cr, x, y);
  path->x = x;
  path->y = y;
  path->length++;
}

static void
stroke_line (LinePath *path,
             MpColour  colour,
             double    width,
             MpDash    dash)
{
  line_break (path);
  mp_colour_set_source (colour, path->cr);
  cairo_set_line_width (path->cr, width);
  cairo_set_line_join (path->cr, CAIRO_LINE_JOIN_ROUND);
  set_dash (path->cr, dash, width);
  cairo_set_line_cap (path->cr, CAIRO_LINE_CAP_ROUND);
  cairo_stroke (path->cr);
  set_dash (path->cr, MP_DASH_SOLID, width);
}

static void
draw_dense (MpChart             *self,
            MpPen               *pen,
            const MpChartLayout *layout,
            const MpCurve       *curve,
            const MpTrace       *trace)
{
  MpColour colour = mp_plot_style_get_lane (pen->style, curve->lane);
  LinePath path = { .cr = pen->cr };
  double   step = layout->width / trace->n_columns;

  draw_band (self, pen, layout, trace, colour);
  cairo_new_path (pen->cr);
  for (guint i = 0; i < trace->n_columns; i++) {
    if (trace->columns[i].n == 0)
      continue;
    line_add (&path, layout->x + (i + 0.5) * step, map_y (layout, trace, self->scale, trace->line[i]));
  }
  stroke_line (&path, colour, pen->style->line_width, curve->dash);
}

static void
draw_sparse (MpChart             *self,
             MpPen               *pen,
             const MpChartLayout *layout,
             const MpCurve       *curve,
             const MpTrace       *trace)
{
  MpColour colour = mp_plot_style_get_lane (pen->style, curve->lane);
  LinePath raw = { .cr = pen->cr }, line = { .cr = pen->cr };
  guint64  n = trace->end - trace->begin, iteration;
  gboolean dots = n <= layout->width / 14;
  double   value;

  if (self->tau > 0 && n > 1) {
    cairo_new_path (pen->cr);
    for (guint64 i = trace->begin; i < trace->end; i++) {
      mp_series_get (curve->series, i, &iteration, &value);
      line_add (&raw, map_x (layout, (double) iteration), map_y (layout, trace, self->scale, value));
    }
    stroke_line (&raw, mp_colour_fade (colour, 0.35), 1, MP_DASH_SOLID);
  }
  cairo_new_path (pen->cr);
  for (guint64 i = trace->begin; i < trace->end; i++) {
    mp_series_get (curve->series, i, &iteration, &value);
    line_add (&line, map_x (layout, (double) iteration),
              map_y (layout, trace, self->scale, trace->line[i - trace->begin]));
  }
  stroke_line (&line, colour, pen->style->line_width, curve->dash);
  for (guint64 i = trace->begin; dots && i < trace->end; i++) {
    double y = map_y (layout, trace, self->scale, trace->line[i - trace->begin]);

    mp_series_get (curve->series, i, &iteration, &value);
    if (isnan (y))
      continue;
    cairo_new_sub_path (pen->cr);
    cairo_arc (pen->cr, map_x (layout, (double) iteration), y, pen->style->line_width * 1.5, 0, 2 * G_PI);
  }
  cairo_fill (pen->cr);
}

/* ---- non-finite values ---- */

static void
draw_mark (MpPen               *pen,
           const MpChartLayout *layout,
           double               x,
           guint32              flags)
{
  cairo_t *cr = pen->cr;
  double   top = layout->y, bottom = layout->y + layout->height;

  if ((flags & MP_SUMMARY_PLUS_INF) != 0) {
    cairo_move_to (cr, x - 4, top + 7);
    cairo_line_to (cr, x + 4, top + 7);
    cairo_line_to (cr, x, top);
    cairo_close_path (cr);
    cairo_fill (cr);
  }
  if ((flags & MP_SUMMARY_MINUS_INF) != 0) {
    cairo_move_to (cr, x - 4, bottom - 7);
    cairo_line_to (cr, x + 4, bottom - 7);
    cairo_line_to (cr, x, bottom);
    cairo_close_path (cr);
    cairo_fill (cr);
  }
  if ((flags & MP_SUMMARY_NAN) != 0) {
    cairo_set_line_width (cr, 1.75);
    cairo_move_to (cr, x - 3.5, bottom - 10);
    cairo_line_to (cr, x + 3.5, bottom - 3);
    cairo_move_to (cr, x + 3.5, bottom - 10);
    cairo_line_to (cr, x - 3.5, bottom - 3);
    cairo_stroke (cr);
  }
}

/* Marks NaN with ×, ±∞ with triangles at the frame; neighbours closer than a mark are one. */
static void
draw_marks (MpChart             *self,
            MpPen               *pen,
            const MpChartLayout *layout,
            const MpCurve       *curve,
            const MpTrace       *trace)
{
  const guint32 bad = MP_SUMMARY_NAN | MP_SUMMARY_PLUS_INF | MP_SUMMARY_MINUS_INF;
  double        last = -INFINITY;
  guint64       n = trace->dense ? trace->n_columns : trace->end - trace->begin;

  if ((trace->flags & bad) == 0)
    return;
  mp_colour_set_source (mp_plot_style_get_lane (pen->style, curve->lane), pen->cr);
  for (guint64 i = 0; i < n; i++) {
    guint32 flags;
    double  x;

    if (trace->dense) {
      flags = trace->columns[i].flags;
      x = layout->x + (i + 0.5) * layout->width / trace->n_columns;
    } else {
      MpSummary summary;
      guint64   iteration;
      double    value;

      mp_series_summarise (curve->series, trace->begin + i, trace->begin + i + 1, &summary);
      mp_series_get (curve->series, trace->begin + i, &iteration, &value);
      flags = summary.flags;
      x = map_x (layout, (double) iteration);
    }
    if ((flags & bad) == 0 || x - last < 9)
      continue;
    draw_mark (pen, layout, x, flags);
    last = x;
  }
}

static void
draw_curves (MpChart             *self,
             MpPen               *pen,
             const MpChartLayout *layout)
{
  cairo_t *cr = pen->cr;

  cairo_save (cr);
  cairo_rectangle (cr, layout->x - 4, layout->y - 4, layout->width + 8, layout->height + 4.5);
  cairo_clip (cr);
  for (guint i = 0; i < layout->n_traces; i++) {
    const MpCurve *curve = &g_array_index (self->curves, MpCurve, i);
    const MpTrace *trace = &layout->traces[i];

    if (trace->dense && trace->low < trace->high)
      draw_dense (self, pen, layout, curve, trace);
    else if (trace->end > trace->begin && trace->low < trace->high)
      draw_sparse (self, pen, layout, curve, trace);
    draw_marks (self, pen, layout, curve, trace);
  }
  cairo_restore (cr);
}

/* ---- cursor ---- */

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
    y = map_y (layout, &layout->traces[i], self->scale, line);
    if (y >= layout->y - 1 && y <= layout->y + layout->height + 1) {
      double x = map_x (layout, self->cursor_iteration);

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
  double width, height, line, ascent;
} BoxSize;

static BoxSize
measure_box (MpPen      *pen,
             GArray     *readings,
             const char *head)
{
  BoxSize size = { 0 };

  size.line = mp_pen_get_line (pen, MP_TEXT_TICK, &size.ascent) + 2;
  for (guint i = 0; i < readings->len; i++) {
    const Reading *reading = &g_array_index (readings, Reading, i);

    size.label = MAX (size.label, mp_pen_measure (pen, MP_TEXT_TICK, reading->curve->label));
    size.value = MAX (size.value, mp_pen_measure (pen, MP_TEXT_TICK, reading->value));
    if (reading->smoothed != NULL)
      size.smoothed = MAX (size.smoothed, mp_pen_measure (pen, MP_TEXT_TICK, reading->smoothed));
  }
  if (size.smoothed > 0) {
    size.smoothed = MAX (size.smoothed, mp_pen_measure (pen, MP_TEXT_TICK, _("smoothed"))) + 12;
    size.value = MAX (size.value, mp_pen_measure (pen, MP_TEXT_TICK, _("value")));
  }
  size.label = MIN (size.label, 120 * pen->style->text_scale);
  size.label = MAX (size.label, mp_pen_measure (pen, MP_TEXT_TICK, head) - 16 -
                    (size.smoothed > 0 ? 0 : size.value + 12));
  size.width = 16 + size.label + size.smoothed + 12 + size.value + 16;
  size.height = 12 + size.line * (readings->len + 1);
  return size;
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
  BoxSize            size = measure_box (pen, readings, head);
  double             at = map_x (layout, self->cursor_iteration), x = at + 10, y = layout->y + 4, row, right;

  if (x + size.width > width - 4)
    x = at - 10 - size.width;
  x = floor (CLAMP (x, 4, MAX (4, width - 4 - size.width)));
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
    mp_pen_draw (pen, MP_TEXT_TICK, style->dim_text, right - size.value - 12, row, 1, 0, _("smoothed"));
  }
  for (guint i = 0; i < readings->len; i++) {
    const Reading *reading = &g_array_index (readings, Reading, i);

    row += size.line;
    draw_swatch (pen, reading->curve, x + 8, row - size.ascent * 0.36, 10);
    mp_pen_draw (pen, MP_TEXT_TICK, style->text, x + 24, row, 0, size.label + 1, reading->curve->label);
    mp_pen_draw (pen, MP_TEXT_TICK, style->text, right, row, 1, 0, reading->value);
    if (reading->smoothed != NULL)
      mp_pen_draw (pen, MP_TEXT_TICK, style->text, right - size.value - 12, row, 1, 0, reading->smoothed);
  }
}

static void
draw_cursor (MpChart             *self,
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
  x = crisp (map_x (layout, self->cursor_iteration));
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

/* ---- entry points ---- */

typedef enum
{
  DRAW_CURVES = 1 << 0,
  DRAW_CURSOR = 1 << 1
} DrawParts;

static void
draw_parts (MpChart           *self,
            cairo_t           *cr,
            double             width,
            double             height,
            const MpPlotStyle *style,
            DrawParts          parts)
{
  MpChartLayout layout;
  MpPen         pen;

  g_return_if_fail (self != NULL && cr != NULL && style != NULL);

  cairo_save (cr);
  mp_pen_init (&pen, cr, style);
  layout_init (self, &pen, width, height, &layout);
  if ((parts & DRAW_CURVES) != 0) {
    draw_title (self, &pen, &layout, width);
    draw_axes (self, &pen, &layout);
    if (has_legend (self))
      draw_legend (self, &pen, &layout, width);
    draw_curves (self, &pen, &layout);
    if (layout.empty)
      mp_pen_draw_block (&pen, MP_TEXT_LABEL, style->dim_text, layout.x + layout.width / 2,
                         layout.y + layout.height / 2, layout.width - 2 * MARGIN,
                         self->empty_text != NULL ? self->empty_text : _("No values yet"));
  }
  if ((parts & DRAW_CURSOR) != 0)
    draw_cursor (self, &pen, &layout, width);
  layout_clear (&layout);
  mp_pen_clear (&pen);
  cairo_restore (cr);
}

void
mp_chart_draw (MpChart           *self,
               cairo_t           *cr,
               double             width,
               double             height,
               const MpPlotStyle *style)
{
  draw_parts (self, cr, width, height, style, DRAW_CURVES | DRAW_CURSOR);
}

void
mp_chart_draw_curves (MpChart           *self,
                      cairo_t           *cr,
                      double             width,
                      double             height,
                      const MpPlotStyle *style)
{
  draw_parts (self, cr, width, height, style, DRAW_CURVES);
}

void
mp_chart_draw_cursor (MpChart           *self,
                      cairo_t           *cr,
                      double             width,
                      double             height,
                      const MpPlotStyle *style)
{
  if (self->cursor)
    draw_parts (self, cr, width, height, style, DRAW_CURSOR);
}

gboolean
mp_chart_hit (MpChart           *self,
              double             width,
              double             height,
              const MpPlotStyle *style,
              double             x,
              double             y,
              double            *iteration)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_A8, 1, 1);
  cairo_t         *cr = cairo_create (surface);
  MpChartLayout    layout;
  MpPen            pen;
  gboolean         inside;

  mp_pen_init (&pen, cr, style);
  layout_init (self, &pen, width, height, &layout);
  inside = !layout.empty && x >= layout.x && x <= layout.x + layout.width && y >= layout.y &&
           y <= layout.y + layout.height;
  if (inside)
    *iteration = layout.first + (x - layout.x) / layout.width * (layout.last - layout.first);
  layout_clear (&layout);
  mp_pen_clear (&pen);
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
  return inside;
}
