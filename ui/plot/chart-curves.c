/* SPDX-License-Identifier: Apache-2.0
 *
 * chart-curves.c: from values to traces, from traces to paint.
 *
 * A curve with more than two values per pixel column is dense: the exact minimum…maximum of each column is filled as a
 * band, and the line runs through column means or their moving average. Otherwise it is sparse and every value is
 * drawn. All of a curve's cost is bounded by the number of columns. On pixels MpRaster paints into a layer of the
 * chart's own; files that keep shapes get Cairo paths.
 */
#include "ui/plot/chart-private.h"

#include <math.h>

/* ---- from values to pixels ---- */

double
mp_chart_map_x (const MpChartLayout *layout,
                double               along)
{
  double x = layout->x + (along - layout->first) / (layout->last - layout->first) * layout->width;

  /* Cairo's coordinates end at 2^23 */
  return CLAMP (x, -1e5, 1e5);
}

double
mp_chart_map_y (const MpChartLayout *layout,
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

/* Summaries of equal columns of the axis. */
static void
summarise_columns (MpSeries            *series,
                   const MpWarp        *warp,
                   const MpChartLayout *layout,
                   guint                n,
                   MpSummary           *columns)
{
  guint64 begin, end;

  if (warp == NULL) {
    mp_series_decimate (series, layout->first, nextafter (layout->last, INFINITY), n, columns);
    return;
  }
  begin = mp_series_search (series, mp_warp_to_iteration (warp, layout->first));
  for (guint i = 0; i < n; i++) {
    double x = layout->first + (layout->last - layout->first) * (i + 1) / n, at = mp_warp_to_iteration (warp, x);

    end = MAX (mp_series_search (series, i + 1 < n ? at : nextafter (at, INFINITY)), begin);
    mp_series_summarise (series, begin, end, &columns[i]);
    begin = end;
  }
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
  summarise_columns (curve->series, curve->warp, layout, n_columns, trace->columns);
  mp_smoother_init (&smoother, self->tau);
  mp_series_warm_up (curve->series, begin, &smoother);
  for (guint i = 0; i < n_columns; i++) {
    const MpSummary *column = &trace->columns[i];
    double           middle = mp_warp_to_iteration (curve->warp, column_middle (layout, trace, i));
    double           average = mp_smoother_add (&smoother, middle, column->sum, column->n_finite);

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

void
mp_chart_make_traces (MpChart       *self,
                      MpChartLayout *layout,
                      guint          n_columns)
{
  layout->n_traces = self->curves->len;
  layout->traces = g_new0 (MpTrace, MAX (1, layout->n_traces));
  for (guint i = 0; i < layout->n_traces; i++) {
    const MpCurve *curve = &g_array_index (self->curves, MpCurve, i);
    guint64        begin, end;

    if (!curve->visible || mp_series_get_n (curve->series) == 0)
      continue;
    begin = mp_series_search (curve->series, mp_warp_to_iteration (curve->warp, layout->first));
    end = mp_series_search (curve->series, nextafter (mp_warp_to_iteration (curve->warp, layout->last), INFINITY));
    if (end - begin > 2 * (guint64) n_columns)
      make_dense (self, curve, layout, begin, n_columns, &layout->traces[i]);
    else
      make_sparse (self, curve, begin, end, &layout->traces[i]);
  }
}

/* ---- paint ---- */

/* Where curves go: a Cairo context, or a layer whose pixel (0, 0) is at (x, y) in user space. */
typedef struct
{
  cairo_t  *cr;
  MpRaster *layer; /* or NULL */
  double    x, y, ratio;
} Canvas;

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

void
mp_chart_paint_swatch (MpPen         *pen,
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

/* points: x, y pairs in user space, changed here. NAN: a gap. */
static void
paint_line (const Canvas *canvas,
            float        *points,
            gsize         n,
            double        width,
            MpDash        dash,
            MpColour      colour)
{
  cairo_t *cr = canvas->cr;
  gboolean down = FALSE;

  if (canvas->layer != NULL && dash == MP_DASH_SOLID) {
    for (gsize i = 0; i < n; i++) {
      points[2 * i] = (float) ((points[2 * i] - canvas->x) * canvas->ratio);
      points[2 * i + 1] = (float) ((points[2 * i + 1] - canvas->y) * canvas->ratio);
    }
    mp_raster_line (canvas->layer, points, n, width * canvas->ratio, colour);
    return;
  }
  cairo_new_path (cr);
  for (gsize i = 0; i < n; i++) {
    double x = points[2 * i], y = points[2 * i + 1];

    if (isnan (y)) {
      down = FALSE;
      continue;
    }
    if (down)
      cairo_line_to (cr, x, y);
    else
      cairo_move_to (cr, x, y);
    if (!down && (i + 1 == n || isnan (points[2 * i + 3])))
      cairo_close_path (cr); /* alone: a dot */
    down = TRUE;
  }
  mp_colour_set_source (colour, cr);
  cairo_set_line_width (cr, width);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  set_dash (cr, dash, width);
  cairo_set_line_cap (cr, CAIRO_LINE_CAP_ROUND);
  cairo_stroke (cr);
  set_dash (cr, MP_DASH_SOLID, width);
}

/* Tops and bottoms of the columns in user space; NAN where a column has nothing. */
static void
paint_band (const Canvas        *canvas,
            const MpChartLayout *layout,
            float               *tops,
            float               *bottoms,
            guint                n,
            MpColour             colour)
{
  cairo_t *cr = canvas->cr;
  double   step = layout->width / n;

  if (canvas->layer != NULL) {
    for (guint i = 0; i < n; i++) {
      tops[i] = (float) ((tops[i] - canvas->y) * canvas->ratio);
      bottoms[i] = (float) ((bottoms[i] - canvas->y) * canvas->ratio);
    }
    mp_raster_band (canvas->layer, (int) lround ((layout->x - canvas->x) * canvas->ratio), tops, bottoms, n, colour);
    return;
  }
  cairo_new_path (cr);
  for (guint begin = 0; begin < n; begin++) {
    guint end = begin;

    for (; end < n && !isnan (tops[end]); end++)
      cairo_line_to (cr, layout->x + (end + 0.5) * step, tops[end] - 0.5);
    for (guint i = end; i-- > begin;)
      cairo_line_to (cr, layout->x + (i + 0.5) * step, bottoms[i] + 0.5);
    if (end > begin)
      cairo_close_path (cr);
    begin = end;
  }
  mp_colour_set_source (colour, cr);
  cairo_fill (cr);
}

/* A series at an iteration, on the line between its values; NAN outside. */
static double
value_between (MpSeries *series,
               double    iteration)
{
  guint64 after = mp_series_search (series, iteration), at, before_at;
  double  value, before;

  if (after >= mp_series_get_n (series))
    return NAN;
  mp_series_get (series, after, &at, &value);
  if ((double) at == iteration)
    return value;
  if (after == 0)
    return NAN;
  mp_series_get (series, after - 1, &before_at, &before);
  return before + (value - before) * (iteration - (double) before_at) / (double) (at - before_at);
}

/* The ends of a curve's band in columns: means of dense values, lines between sparse ones. */
static void
sample_band (MpSeries            *series,
             const MpChartLayout *layout,
             gboolean             dense,
             double              *values,
             guint                n)
{
  g_autofree MpSummary *columns = dense ? g_new (MpSummary, n) : NULL;

  if (dense)
    mp_series_decimate (series, layout->first, nextafter (layout->last, INFINITY), n, columns);
  for (guint i = 0; i < n; i++)
    if (dense)
      values[i] = columns[i].n_finite > 0 ? columns[i].sum / (double) columns[i].n_finite : NAN;
    else
      values[i] = value_between (series, layout->first + (layout->last - layout->first) * (i + 0.5) / n);
}

/* The band of a curve that is a mean. */
static void
paint_around (MpChart             *self,
              MpPen               *pen,
              const Canvas        *canvas,
              const MpChartLayout *layout,
              const MpCurve       *curve,
              const MpTrace       *trace)
{
  double             strength = (pen->style->theme & MP_PLOT_HIGH_CONTRAST) != 0 ? 0.32 : 0.22;
  guint              n = (guint) CLAMP (lround (layout->width * canvas->ratio), 2, 8192);
  g_autofree double *lows = g_new (double, n);
  g_autofree double *highs = g_new (double, n);
  g_autofree float  *tops = g_new (float, n);
  g_autofree float  *bottoms = g_new (float, n);

  sample_band (curve->low, layout, trace->dense, lows, n);
  sample_band (curve->high, layout, trace->dense, highs, n);
  for (guint i = 0; i < n; i++) {
    double bottom = mp_chart_map_y (layout, trace, self->scale, lows[i]);

    tops[i] = (float) mp_chart_map_y (layout, trace, self->scale, highs[i]);
    /* ≤ 0 on a log axis: off the lower edge */
    bottoms[i] = (float) (isnan (bottom) ? layout->y + 2 * layout->height : bottom);
  }
  paint_band (canvas, layout, tops, bottoms, n, mp_colour_fade (mp_plot_style_get_lane (pen->style, curve->lane), strength));
}

static void
paint_dense (MpChart             *self,
             MpPen               *pen,
             const Canvas        *canvas,
             const MpChartLayout *layout,
             const MpCurve       *curve,
             const MpTrace       *trace)
{
  MpColour          colour = mp_plot_style_get_lane (pen->style, curve->lane);
  double            strength = (pen->style->theme & MP_PLOT_HIGH_CONTRAST) != 0 ? 0.36 : 0.26;
  guint             n = trace->n_columns, length = 0;
  g_autofree float *tops = g_new (float, n);
  g_autofree float *bottoms = g_new (float, n);
  g_autofree float *points = g_new (float, 2 * n);

  for (guint i = 0; i < n; i++) {
    const MpSummary *column = &trace->columns[i];
    double           bottom = mp_chart_map_y (layout, trace, self->scale, column->min);

    tops[i] = (float) mp_chart_map_y (layout, trace, self->scale, column->max);
    /* ≤ 0 on a log axis: off the lower edge */
    bottoms[i] = (float) (isnan (bottom) ? layout->y + 2 * layout->height : bottom);
    if (column->n == 0)
      continue;
    points[2 * length] = (float) (layout->x + (i + 0.5) * layout->width / n);
    points[2 * length++ + 1] = (float) mp_chart_map_y (layout, trace, self->scale, trace->line[i]);
  }
  /* A mean has a band of its own. */
  if (curve->low == NULL)
    paint_band (canvas, layout, tops, bottoms, n, mp_colour_fade (colour, strength));
  paint_line (canvas, points, length, pen->style->line_width, curve->dash, colour);
}

static void
paint_sparse (MpChart             *self,
              MpPen               *pen,
              const Canvas        *canvas,
              const MpChartLayout *layout,
              const MpCurve       *curve,
              const MpTrace       *trace,
              gboolean             dots)
{
  MpColour          colour = mp_plot_style_get_lane (pen->style, curve->lane);
  gsize             n = (gsize) (trace->end - trace->begin);
  g_autofree float *raw = g_new (float, 2 * n);
  g_autofree float *line = g_new (float, 2 * n);
  g_autofree float *dot = g_new (float, 4 * n);

  for (gsize i = 0; i < n; i++) {
    guint64 iteration;
    double  value;

    mp_series_get (curve->series, trace->begin + i, &iteration, &value);
    raw[2 * i] = line[2 * i] = dot[4 * i] = dot[4 * i + 2]
      = (float) mp_chart_map_x (layout, mp_warp_to_x (curve->warp, (double) iteration));
    raw[2 * i + 1] = (float) mp_chart_map_y (layout, trace, self->scale, value);
    line[2 * i + 1] = dot[4 * i + 1] = (float) mp_chart_map_y (layout, trace, self->scale, trace->line[i]);
    dot[4 * i + 3] = NAN;
  }
  if (self->tau > 0 && n > 1)
    paint_line (canvas, raw, n, 1, MP_DASH_SOLID, mp_colour_fade (colour, 0.4));
  paint_line (canvas, line, n, pen->style->line_width, curve->dash, colour);
  if (dots)
    paint_line (canvas, dot, 2 * n, pen->style->line_width * 3, MP_DASH_SOLID, colour);
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
      x = mp_chart_map_x (layout, mp_warp_to_x (curve->warp, (double) iteration));
    }
    if ((flags & bad) == 0 || x - last < 9)
      continue;
    draw_mark (pen, layout, x, flags);
    last = x;
  }
}

void
mp_chart_paint_curves (MpChart             *self,
                       MpPen               *pen,
                       const MpChartLayout *layout)
{
  const double edge = 4; /* lines on the frame keep their width, dots their shape */
  cairo_t     *cr = pen->cr;
  Canvas       canvas = { .cr = cr, .x = layout->x - edge, .y = layout->y - edge, .ratio = pen->style->pixel_ratio };
  double       width = layout->width + 2 * edge, height = layout->height + edge + 0.5;
  gboolean     dots = TRUE; /* where all values stand apart */

  for (guint i = 0; i < layout->n_traces; i++)
    dots &= !layout->traces[i].dense &&
            (double) (layout->traces[i].end - layout->traces[i].begin) <= layout->width / 14;
  cairo_save (cr);
  cairo_rectangle (cr, canvas.x, canvas.y, width, height);
  cairo_clip (cr);
  if (!mp_target_is_vector (cr) &&
      mp_raster_reset (&self->layer, (int) ceil (width * canvas.ratio), (int) ceil (height * canvas.ratio)))
    canvas.layer = &self->layer;
  for (guint i = 0; i < layout->n_traces; i++)
    if (g_array_index (self->curves, MpCurve, i).low != NULL && layout->traces[i].low < layout->traces[i].high)
      paint_around (self, pen, &canvas, layout, &g_array_index (self->curves, MpCurve, i), &layout->traces[i]);
  for (guint i = 0; i < layout->n_traces; i++) {
    const MpCurve *curve = &g_array_index (self->curves, MpCurve, i);
    const MpTrace *trace = &layout->traces[i];

    if (!(trace->low < trace->high))
      continue;
    if (trace->dense)
      paint_dense (self, pen, &canvas, layout, curve, trace);
    else if (trace->end > trace->begin)
      paint_sparse (self, pen, &canvas, layout, curve, trace, dots);
  }
  if (canvas.layer != NULL)
    mp_raster_paint (canvas.layer, cr, canvas.x, canvas.y, canvas.ratio);
  for (guint i = 0; i < layout->n_traces; i++)
    draw_marks (self, pen, layout, &g_array_index (self->curves, MpCurve, i), &layout->traces[i]);
  cairo_restore (cr);
}
