/* SPDX-License-Identifier: Apache-2.0
 *
 * panel-bars.c: labelled bars lying on a common axis, their numbers at the ends.
 */
#include "ui/plot/panel-private.h"

#include <math.h>

#include "ui/plot/plot-format.h"
#include "ui/plot/ticks.h"

#define MOST_ROW 28 /* height of a bar with its gap */

void
_mp_panel_fit_bars (MpPanel *self)
{
  double low = INFINITY, high = -INFINITY;

  for (guint p = 0; p < self->parts->len; p++) {
    const MpPanelPart *part = &g_array_index (self->parts, MpPanelPart, p);

    for (gint64 i = 0; i < part->rows; i++)
      if (isfinite (part->values[i]) && (self->scale == MP_SCALE_LINEAR || part->values[i] > 0)) {
        low = MIN (low, part->values[i]);
        high = MAX (high, part->values[i]);
      }
  }
  if (!(low <= high)) {
    low = self->scale == MP_SCALE_LOG ? 1 : 0;
    high = self->scale == MP_SCALE_LOG ? 10 : 1;
  } else if (self->scale == MP_SCALE_LOG) {
    low = pow (10, floor (log10 (low) - 0.15));
    high = pow (10, ceil (log10 (high) * 4) / 4);
  } else {
    low = MIN (low, 0);
    high = MAX (high, 0);
    if (!(high > low))
      high = low + 1;
    mp_ticks_round_out (&low, &high);
  }
  self->low = low;
  self->high = high;
}

static double
label_width (MpPen             *pen,
             const MpPanelPart *part,
             double             most)
{
  double width = 0;

  for (gint64 i = 0; part->labels != NULL && i < part->rows && part->labels[i] != NULL; i++)
    width = MAX (width, mp_pen_measure (pen, MP_TEXT_TICK, part->labels[i]));
  return width > 0 ? MIN (width, most) + 8 : 0;
}

MpPanelBox
_mp_panel_bars_area (MpPanel           *self,
                     MpPen             *pen,
                     const MpPanelPart *part,
                     const MpPanelBox  *box)
{
  double     line = mp_pen_get_line (pen, MP_TEXT_TICK, NULL), labels = label_width (pen, part, box->width * 0.4);
  MpPanelBox area = { box->x + labels, box->y, MAX (1, box->width - labels - 6), box->height - line - 4 };

  area.height = MAX (1, MIN (area.height, (double) part->rows * MOST_ROW * pen->style->text_scale));
  return area;
}

static double
place (MpPanel          *self,
       const MpPanelBox *area,
       double            value)
{
  double share = self->scale == MP_SCALE_LOG ? log (value / self->low) / log (self->high / self->low)
                                             : (value - self->low) / (self->high - self->low);

  return area->x + CLAMP (share, 0, 1) * area->width;
}

static void
draw_axis (MpPanel          *self,
           MpPen            *pen,
           const MpPanelBox *area)
{
  g_autoptr (GArray) ticks = mp_ticks_new (self->scale, self->low, self->high,
                                           (guint) CLAMP (area->width / (55 * pen->style->text_scale), 2, 6), FALSE);
  double             ascent;

  mp_pen_get_line (pen, MP_TEXT_TICK, &ascent);
  cairo_set_line_width (pen->cr, 1);
  for (guint i = 0; i < ticks->len; i++) {
    const MpTick *tick = &g_array_index (ticks, MpTick, i);
    double        x = floor (place (self, area, tick->value)) + 0.5;

    if (tick->label == NULL)
      continue;
    cairo_move_to (pen->cr, x, area->y);
    cairo_line_to (pen->cr, x, area->y + area->height);
    mp_colour_set_source (tick->value == 0 ? pen->style->axis : pen->style->grid, pen->cr);
    cairo_stroke (pen->cr);
    mp_pen_draw (pen, MP_TEXT_TICK, pen->style->dim_text, x, area->y + area->height + ascent + 3,
                 x - area->x < 14 ? 0 : area->x + area->width - x < 14 ? 1 : 0.5, 0, tick->label);
  }
}

static void
draw_bar (MpPanel           *self,
          MpPen             *pen,
          const MpPanelPart *part,
          const MpPanelBox  *area,
          gint64             i,
          guint              label_every)
{
  double   row = area->height / (double) part->rows, top = area->y + (double) i * row, value = part->values[i], ascent;
  double   thick = MAX (1, MIN (row - 1, row * 0.68)), from, to;
  gboolean log = self->scale == MP_SCALE_LOG;

  mp_pen_get_line (pen, MP_TEXT_TICK, &ascent);
  if (part->labels != NULL && i % label_every == 0 && i < (gint64) g_strv_length (part->labels))
    mp_pen_draw (pen, MP_TEXT_TICK, pen->style->dim_text, area->x - 8, top + row / 2 + ascent * 0.38, 1,
                 area->x, part->labels[i]);
  if (!isfinite (value) || (log && value <= 0))
    return;
  from = log ? area->x : place (self, area, 0);
  to = place (self, area, value);
  mp_colour_set_source (mp_colour_fade (mp_plot_style_get_lane (pen->style, self->lane), 0.8), pen->cr);
  cairo_rectangle (pen->cr, MIN (from, to), top + (row - thick) / 2, fabs (to - from), thick);
  cairo_fill (pen->cr);
  if (row >= 12 * pen->style->text_scale) {
    g_autofree char *text = mp_format_value (value, 3);
    double           wide = mp_pen_measure (pen, MP_TEXT_TICK, text);
    double           end = MAX (from, to);
    gboolean         outside = end + wide <= area->x + area->width;

    /* to the right of the bar, or inside its end */
    mp_pen_draw (pen, MP_TEXT_TICK, pen->style->text, outside ? end + 4 : end - 4, top + row / 2 + ascent * 0.38,
                 outside ? 0 : 1, 0, text);
  }
}

void
_mp_panel_draw_bars (MpPanel           *self,
                     MpPen             *pen,
                     const MpPanelPart *part,
                     const MpPanelBox  *box)
{
  MpPanelBox area = _mp_panel_bars_area (self, pen, part, box);
  double     line = mp_pen_get_line (pen, MP_TEXT_TICK, NULL);
  guint      every;

  if (part->rows == 0)
    return;
  every = (guint) MAX (1, ceil (line * 0.9 / (area.height / (double) part->rows)));
  draw_axis (self, pen, &area);
  for (gint64 i = 0; i < part->rows; i++)
    draw_bar (self, pen, part, &area, i, every);
}
