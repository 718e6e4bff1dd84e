/* SPDX-License-Identifier: Apache-2.0
 *
 * chart-legend.c: which colour is which curve, and with own scales, from where to where it goes.
 *
 * Entries flow in rows. Ranges change with every frame, so the flow reckons with numbers of a usual width, not with
 * theirs: rows must not come and go while one watches.
 */
#include "ui/plot/chart-private.h"

#include <math.h>

#include "ui/plot/plot-format.h"

#define MARGIN MP_CHART_MARGIN
#define SWATCH 10 /* these three at 100 % text */
#define SPACE 4
#define GAP 12
#define MOST_ROWS 3

static double
measure_entry (MpChart       *self,
               MpPen         *pen,
               const MpCurve *curve,
               gboolean       names)
{
  double width = (SWATCH + SPACE + GAP) * pen->style->text_scale;

  if (names)
    width += mp_pen_measure (pen, MP_TEXT_TICK, curve->label);
  if (self->own_scale)
    width += mp_pen_measure (pen, MP_TEXT_TICK, "0.00 – 0.000");
  return width;
}

static guint
count_rows (MpChart  *self,
            MpPen    *pen,
            gboolean  names,
            double    width)
{
  double x = 0;
  guint  rows = 0;

  for (guint i = 0; i < self->curves->len; i++) {
    const MpCurve *curve = &g_array_index (self->curves, MpCurve, i);
    double         entry;

    if (!curve->visible)
      continue;
    entry = measure_entry (self, pen, curve, names);
    if (rows == 0 || x + entry - GAP * pen->style->text_scale > width) {
      rows++;
      x = 0;
    }
    x += entry;
  }
  return rows;
}

/* Whether colours alone tell all curves apart, as they do where each lane has one. */
static gboolean
has_distinct_lanes (MpChart *self)
{
  for (guint i = 0; i < self->curves->len; i++)
    for (guint j = 0; j < i; j++)
      if (g_array_index (self->curves, MpCurve, i).lane == g_array_index (self->curves, MpCurve, j).lane)
        return FALSE;
  return TRUE;
}

void
mp_chart_plan_legend (MpChart       *self,
                      MpPen         *pen,
                      double         width,
                      double         height,
                      MpChartLayout *layout)
{
  double room = width - 2 * MARGIN, row = mp_pen_get_line (pen, MP_TEXT_TICK, NULL) + 2;
  guint  most = (guint) CLAMP (0.3 * height / row, 1, MOST_ROWS);

  if (!self->legend && !self->own_scale)
    return;
  /* lanes are named beside the chart; a second row only for what is named nowhere else */
  if (!self->legend && has_distinct_lanes (self))
    most = 1;
  layout->legend_rows = count_rows (self, pen, TRUE, room);
  layout->legend_names = layout->legend_rows <= most || !self->own_scale;
  if (!layout->legend_names)
    layout->legend_rows = count_rows (self, pen, FALSE, room);
  layout->legend_rows = MIN (layout->legend_rows, MOST_ROWS);
}

static char *
make_text (MpChart       *self,
           const MpCurve *curve,
           const MpTrace *trace,
           gboolean       names)
{
  g_autofree char *low = NULL;
  g_autofree char *high = NULL;

  if (!self->own_scale || !(trace->least <= trace->most)) /* a branch that has not trained yet */
    return g_strdup (names ? curve->label : self->own_scale ? "–" : "");
  low = mp_format_short (trace->least, 2);
  high = mp_format_short (trace->most, 2);
  return g_strdup_printf ("%s%s%s – %s", names ? curve->label : "", names ? " " : "", low, high);
}

void
mp_chart_paint_legend (MpChart             *self,
                       MpPen               *pen,
                       const MpChartLayout *layout,
                       double               width)
{
  double ascent, line = mp_pen_get_line (pen, MP_TEXT_TICK, &ascent), x = MARGIN, y = layout->legend_y;
  double end = width - MARGIN, scale = pen->style->text_scale;
  guint  row = 0;

  /* Ranges alone say nothing before there are values. */
  if (layout->empty && !layout->legend_names)
    return;
  for (guint i = 0; i < self->curves->len && layout->legend_rows > 0; i++) {
    const MpCurve   *curve = &g_array_index (self->curves, MpCurve, i);
    g_autofree char *text = NULL;
    double           entry, drawn;

    if (!curve->visible)
      continue;
    entry = measure_entry (self, pen, curve, layout->legend_names);
    if (x > MARGIN && x + entry - GAP * scale > end) {
      if (++row == layout->legend_rows)
        return;
      x = MARGIN;
      y += line + 2;
    }
    text = make_text (self, curve, &layout->traces[i], layout->legend_names);
    mp_chart_paint_swatch (pen, curve, x, y - ascent * 0.36, SWATCH * scale);
    drawn = mp_pen_draw (pen, MP_TEXT_TICK, pen->style->dim_text, x + (SWATCH + SPACE) * scale, y, 0,
                         MAX (8, end - x - (SWATCH + SPACE) * scale), text);
    x += MAX (entry, (SWATCH + SPACE + GAP) * scale + drawn);
  }
}
