/* SPDX-License-Identifier: Apache-2.0
 *
 * draw-paint.h: what the drawing canvas looks like. The square lies from 0 to `side` in both directions, y downwards.
 * Main thread only.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/data/strokes.h"
#include "ui/plot/plot-style.h"

G_BEGIN_DECLS

/* On top of the strokes before it: it takes away what it covers, and a brush leaves its own. */
void mp_draw_paint_stroke (cairo_t           *cr,
                           const MpStroke    *stroke,
                           double             side,
                           MpColour           colour);
/* Axes through the middle with ±size at their ends; points to trace, n × 2 in canvas coordinates. */
void mp_draw_paint_page   (GtkWidget         *widget,
                           cairo_t           *cr,
                           double             side,
                           double             size,
                           const float       *points,
                           gint64             n,
                           const MpPlotStyle *style);
/* half: of the side. place, radius: in canvas coordinates. */
void mp_draw_paint_brush  (cairo_t           *cr,
                           double             half,
                           const double       place[2],
                           double             radius,
                           gboolean           down,
                           gboolean           erases,
                           const MpPlotStyle *style);
/* The words that stand where nothing is drawn yet. */
void mp_draw_paint_hint   (GtkWidget         *widget,
                           cairo_t           *cr,
                           double             side,
                           const MpPlotStyle *style);

G_END_DECLS
