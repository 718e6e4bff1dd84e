/* SPDX-License-Identifier: Apache-2.0
 *
 * chart-draw.c: a chart on a Cairo context: layout, title, axes.
 */
#include "ui/plot/chart-private.h"

#include <glib/gi18n.h>
#include <math.h>

#include "ui/plot/plot-format.h"

#define MARGIN MP_CHART_MARGIN
#define MAX_COLUMNS 8192

/* ---- layout ---- */

static void
clear_traces (MpChartLayout *layout)
{
  for (guint i = 0; i < layout->n_traces; i++) {
    g_free (layout->traces[i].columns);
    g_free (layout->traces[i].line);
  }
  g_clear_pointer (&layout->traces, g_free);
  g_clear_pointer (&layout->y_ticks, g_array_unref);
}

/* Room for the numbers of the axis, in steps that a changing range seldom crosses. */
static double
measure_gutter (MpChart             *self,
                MpPen               *pen,
                const MpChartLayout *layout,
                double               width)
{
  const double step = 8;
  double       widest = 0;

  if (self->own_scale || layout->empty)
    return 0;
  for (guint i = 0; i < layout->y_ticks->len; i++) {
    const MpTick *mark = &g_array_index (layout->y_ticks, MpTick, i);

    if (mark->label != NULL)
      widest = MAX (widest, mp_pen_measure (pen, MP_TEXT_TICK, mark->label));
  }
  /* a chart that is hardly wider than its numbers shows the curve */
  return widest > 0.4 * width ? 0 : ceil ((widest + 8) / step) * step;
}

/* The gutter depends on the axis's numbers, those on the range, and the range a little on the number of columns, that
 * is, on the gutter: begin with the last one. */
static void
fit_gutter (MpChart       *self,
            MpPen         *pen,
            double         width,
            MpChartLayout *layout)
{
  double line = mp_pen_get_line (pen, MP_TEXT_TICK, NULL);

  for (guint attempt = 0; attempt < 3; attempt++) {
    double gutter;

    layout->x = MARGIN + self->gutter;
    layout->width = MAX (floor (width - MARGIN) - layout->x, 8);
    mp_chart_make_traces (self, layout, (guint) CLAMP (layout->width * pen->style->pixel_ratio, 2, MAX_COLUMNS));
    mp_chart_find_y_range (self, layout);
    layout->y_ticks = mp_ticks_new (self->scale, layout->low, layout->high,
                                    (guint) MAX (2, layout->height / (line * 1.9)), FALSE);
    gutter = measure_gutter (self, pen, layout, width);
    if (gutter == self->gutter || attempt == 2)
      return;
    /* the last attempt keeps the larger one */
    self->gutter = attempt == 0 ? gutter : MAX (gutter, self->gutter);
    clear_traces (layout);
  }
}

/* The note goes below the title where it would be cut short beside it, if the chart is high enough for both. */
static double
place_title (MpChart       *self,
             MpPen         *pen,
             double         width,
             double         height,
             MpChartLayout *layout)
{
  double           ascent, title = mp_pen_get_line (pen, MP_TEXT_TITLE, &ascent);
  double           tick_ascent, tick = mp_pen_get_line (pen, MP_TEXT_TICK, &tick_ascent);
  double           room = width - 2 * MARGIN - pen->style->title_reserve;
  g_autofree char *note = mp_chart_dup_note (self, layout->legend_names);

  layout->title_y = MARGIN + ascent;
  if (self->title == NULL || note[0] == '\0' || height < 9 * tick
      || mp_pen_measure (pen, MP_TEXT_TITLE, self->title) + 8 + mp_pen_measure (pen, MP_TEXT_TICK, note) <= room)
    return title + 4;
  layout->note_y = MARGIN + title + 2 + tick_ascent;
  return title + 2 + tick + 4;
}

static void
layout_init (MpChart       *self,
             MpPen         *pen,
             double         width,
             double         height,
             MpChartLayout *layout)
{
  double tick_ascent, tick = mp_pen_get_line (pen, MP_TEXT_TICK, &tick_ascent);
  double top = MARGIN, bottom = MARGIN + tick + 2;

  *layout = (MpChartLayout) { 0 };
  mp_chart_plan_legend (self, pen, width, height, layout);
  if (self->title != NULL || self->subtitle != NULL)
    top += place_title (self, pen, width, height, layout);
  layout->legend_y = top + tick_ascent;
  top += layout->legend_rows * (tick + 2) + (layout->legend_rows > 0 ? 2 : 0) + 6;
  layout->axis_name = (pen->style->axis_names || self->axis != MP_AXIS_ITERATION) && height > 10 * tick;
  bottom += layout->axis_name ? tick : 0;
  layout->y = floor (top);
  layout->height = MAX (floor (height - bottom) - layout->y, 8);
  if (!mp_chart_find_x_range (self, &layout->first, &layout->last)) {
    layout->first = self->x_fixed ? self->x_first : 0;
    layout->last = self->x_fixed ? self->x_last : 1;
  }
  fit_gutter (self, pen, width, layout);
  if (self->axis == MP_AXIS_SECONDS)
    layout->x_ticks = mp_ticks_new_time (layout->first, layout->last,
                                         (guint) CLAMP (layout->width / (tick * 4.6), 2, 9));
  else
    layout->x_ticks = mp_ticks_new (MP_SCALE_LINEAR, layout->first, layout->last,
                                    (guint) CLAMP (layout->width / (tick * 3.3), 2, 9), TRUE);
}

static void
layout_clear (MpChartLayout *layout)
{
  clear_traces (layout);
  g_array_unref (layout->x_ticks);
}

/* ---- title, axes ---- */

static void
draw_title (MpChart             *self,
            MpPen               *pen,
            const MpChartLayout *layout,
            double               width)
{
  double           room = width - 2 * MARGIN - pen->style->title_reserve, drawn = -8;
  g_autofree char *note = mp_chart_dup_note (self, layout->legend_names);

  if (self->title != NULL)
    drawn = mp_pen_draw (pen, MP_TEXT_TITLE, pen->style->text, MARGIN, layout->title_y, 0, room, self->title);
  room -= drawn + 8;
  if (layout->note_y > 0)
    mp_pen_draw (pen, MP_TEXT_TICK, pen->style->dim_text, MARGIN, layout->note_y, 0, width - 2 * MARGIN, note);
  else if (note[0] != '\0' && room > 30)
    mp_pen_draw (pen, MP_TEXT_TICK, pen->style->dim_text, MARGIN + drawn + 8, layout->title_y, 0, room, note);
}

/* What a log axis cannot show is said where it is missed. */
static void
draw_note (MpChart             *self,
           MpPen               *pen,
           const MpChartLayout *layout)
{
  guint32     flags = 0;
  const char *note = _("values ≤ 0 not shown");
  double      ascent, line = mp_pen_get_line (pen, MP_TEXT_TICK, &ascent), right = layout->x + layout->width - 2, width;
  double      y = layout->y + 2;

  for (guint i = 0; i < layout->n_traces; i++)
    flags |= layout->traces[i].flags;
  if (self->scale != MP_SCALE_LOG || (flags & MP_SUMMARY_NON_POSITIVE) == 0)
    return;
  width = MIN (mp_pen_measure (pen, MP_TEXT_TICK, note), MAX (layout->width - 16, 8));
  mp_path_rounded (pen->cr, right - width - 4, y - 2, width + 6, line + 2, 4);
  mp_colour_set_source (mp_colour_fade (pen->style->card, 0.85), pen->cr);
  cairo_fill (pen->cr);
  mp_pen_draw (pen, MP_TEXT_TICK, pen->style->dim_text, right, y + ascent, 1, width, note);
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
    double        y = mp_chart_map_y (layout, &axis, self->scale, tick->value);

    if (tick->label == NULL && self->own_scale)
      continue;
    mp_colour_set_source (mp_colour_fade (pen->style->grid, tick->label != NULL ? 1 : 0.5), cr);
    cairo_move_to (cr, layout->x, crisp (y));
    cairo_line_to (cr, right, crisp (y));
    cairo_stroke (cr);
    if (tick->label != NULL && self->gutter > 0)
      mp_pen_draw (pen, MP_TEXT_TICK, pen->style->dim_text, layout->x - 8, y + ascent * 0.38, 1, 0, tick->label);
  }
  mp_colour_set_source (pen->style->axis, cr);
  cairo_move_to (cr, layout->x, crisp (bottom));
  cairo_line_to (cr, right, crisp (bottom));
  if (layout->blank) {
    cairo_stroke (cr);
    return;
  }
  for (guint i = 0; i < layout->x_ticks->len; i++) {
    double x = mp_chart_map_x (layout, g_array_index (layout->x_ticks, MpTick, i).value);

    cairo_move_to (cr, crisp (x), bottom);
    cairo_line_to (cr, crisp (x), bottom + 4);
  }
  cairo_stroke (cr);
  for (guint i = 0; i < layout->x_ticks->len; i++) {
    const MpTick *tick = &g_array_index (layout->x_ticks, MpTick, i);
    double        x = mp_chart_map_x (layout, tick->value), half = mp_pen_measure (pen, MP_TEXT_TICK, tick->label) / 2;

    if (2 * half > layout->width)
      continue;
    /* labels at the ends stay over the axis */
    x = CLAMP (x, layout->x - 8 + half, right + MARGIN - 4 - half);
    mp_pen_draw (pen, MP_TEXT_TICK, pen->style->dim_text, x, bottom + 4 + line * 0.15 + ascent, 0.5, 0, tick->label);
  }
  if (layout->axis_name)
    mp_pen_draw (pen, MP_TEXT_TICK, pen->style->dim_text, (layout->x + right) / 2, bottom + 4 + line * 1.15 + ascent,
                 0.5, layout->width, self->axis == MP_AXIS_SECONDS ? C_("axis", "training time")
                                     : self->axis == MP_AXIS_POINTS ? C_("axis", "points seen") : C_("axis", "iteration"));
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
    mp_chart_paint_legend (self, &pen, &layout, width);
    mp_chart_paint_curves (self, &pen, &layout);
    draw_note (self, &pen, &layout);
    if (layout.empty)
      mp_pen_draw_block (&pen, MP_TEXT_LABEL, style->dim_text, layout.x + layout.width / 2,
                         layout.y + layout.height / 2, layout.width - 2 * MARGIN,
                         !layout.blank ? _("No values here") :
                         self->empty_text != NULL ? self->empty_text : _("No values yet"));
  }
  if ((parts & DRAW_CURSOR) != 0)
    mp_chart_paint_cursor (self, &pen, &layout, width, height);
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
  inside = !layout.blank && x >= layout.x && x <= layout.x + layout.width && y >= layout.y &&
           y <= layout.y + layout.height;
  if (inside)
    *iteration = layout.first + (x - layout.x) / layout.width * (layout.last - layout.first);
  layout_clear (&layout);
  mp_pen_clear (&pen);
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
  return inside;
}
