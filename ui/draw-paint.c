/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/draw-paint.h"

#include <math.h>

void
mp_draw_paint_stroke (cairo_t        *cr,
                      const MpStroke *stroke,
                      double          side,
                      MpColour        colour)
{
  const double *points = &g_array_index (stroke->points, double, 0);
  double half = side / 2;

  cairo_save (cr);
  cairo_set_line_cap (cr, CAIRO_LINE_CAP_ROUND);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_width (cr, 2 * stroke->radius * half);
  cairo_move_to (cr, half + half * points[0], half - half * points[1]);
  for (guint i = 0; i + 1 < stroke->points->len; i += 2)
    cairo_line_to (cr, half + half * points[i], half - half * points[i + 1]);
  /* A stroke sets what it covers: first it takes away, then a brush leaves its own. */
  cairo_set_operator (cr, CAIRO_OPERATOR_DEST_OUT);
  cairo_set_source_rgba (cr, 0, 0, 0, 1);
  cairo_stroke_preserve (cr);
  if (!stroke->erase) {
    cairo_set_operator (cr, CAIRO_OPERATOR_ADD);
    mp_colour_set_source (mp_colour_fade (colour, 0.15 + 0.85 * stroke->strength), cr);
    cairo_stroke_preserve (cr);
  }
  cairo_new_path (cr);
  cairo_restore (cr);
}

static void
paint_text (GtkWidget  *widget,
            cairo_t    *cr,
            const char *text,
            double      x,
            double      y,
            double      align) /* share of the width that lies left of x */
{
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (widget, text);
  int width, height;

  pango_layout_get_pixel_size (layout, &width, &height);
  cairo_move_to (cr, floor (x - align * width), floor (y - height));
  pango_cairo_show_layout (cr, layout);
}

void
mp_draw_paint_page (GtkWidget         *widget,
                    cairo_t           *cr,
                    double             side,
                    double             size,
                    const float       *points,
                    gint64             n,
                    const MpPlotStyle *style)
{
  g_autofree char *high = g_strdup_printf ("%.4g", size), *low = g_strdup_printf ("−%.4g", size);
  double half = side / 2;

  mp_colour_set_source (style->canvas, cr);
  cairo_rectangle (cr, 0, 0, side, side);
  cairo_fill (cr);
  mp_colour_set_source (style->grid, cr);
  cairo_set_line_width (cr, 1);
  cairo_move_to (cr, floor (half) + 0.5, 0);
  cairo_rel_line_to (cr, 0, side);
  cairo_move_to (cr, 0, floor (half) + 0.5);
  cairo_rel_line_to (cr, side, 0);
  cairo_stroke (cr);
  mp_colour_set_source (style->border, cr);
  cairo_rectangle (cr, 0.5, 0.5, side - 1, side - 1);
  cairo_stroke (cr);
  mp_colour_set_source (style->dim_text, cr);
  paint_text (widget, cr, low, 5, half - 2, 0);
  paint_text (widget, cr, high, side - 5, half - 2, 1);
  paint_text (widget, cr, low, half + 5, side - 3, 0);
  paint_text (widget, cr, high, half + 5, 22, 0);

  mp_colour_set_source (mp_colour_fade (style->text, 0.45), cr);
  for (gint64 i = 0; i < n; i++) {
    double x = half + half * points[2 * i], y = half - half * points[2 * i + 1];

    if (x > 1 && x < side - 1 && y > 1 && y < side - 1)
      cairo_rectangle (cr, x - 0.75, y - 0.75, 1.5, 1.5);
  }
  cairo_fill (cr);
}

void
mp_draw_paint_brush (cairo_t           *cr,
                     double             half,
                     const double       place[2],
                     double             radius,
                     gboolean           down,
                     gboolean           erases,
                     const MpPlotStyle *style)
{
  double x = half + half * place[0], y = half - half * place[1];

  cairo_new_path (cr);
  cairo_arc (cr, x, y, MAX (1.5, radius * half), 0, 2 * G_PI);
  cairo_set_line_width (cr, down ? 2 : 1);
  mp_colour_set_source (style->text, cr);
  if (erases)
    cairo_set_dash (cr, (const double[]) { 4, 3 }, 2, 0);
  cairo_stroke (cr);
  cairo_set_dash (cr, NULL, 0, 0);
  cairo_set_line_width (cr, 1);
  cairo_move_to (cr, x - 3, y);
  cairo_line_to (cr, x + 3, y);
  cairo_move_to (cr, x, y - 3);
  cairo_line_to (cr, x, y + 3);
  cairo_stroke (cr);
}

void
mp_draw_paint_hint (GtkWidget         *widget,
                    cairo_t           *cr,
                    double             side,
                    const MpPlotStyle *style)
{
  g_autoptr (PangoLayout) layout
    = gtk_widget_create_pango_layout (widget, _("Draw where points shall lie.\nWith the keyboard: arrows move the brush, "
                                                "space puts it down and lifts it."));
  int width, height;

  pango_layout_set_width (layout, (int) (side * 0.7) * PANGO_SCALE);
  pango_layout_set_alignment (layout, PANGO_ALIGN_CENTER);
  pango_layout_get_pixel_size (layout, &width, &height);
  mp_colour_set_source (mp_colour_fade (style->canvas, 0.85), cr);
  cairo_rectangle (cr, side * 0.13, floor (side * 0.25 - height / 2.0) - 8, side * 0.74, height + 16);
  cairo_fill (cr);
  mp_colour_set_source (style->dim_text, cr);
  cairo_move_to (cr, floor (side * 0.15), floor (side * 0.25 - height / 2.0));
  pango_cairo_show_layout (cr, layout);
}
