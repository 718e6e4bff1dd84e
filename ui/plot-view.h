/* SPDX-License-Identifier: Apache-2.0
 *
 * plot-view.h: a drawing of ui/plot as a widget: kept as an image until there is news, with something above it that
 * changes more often (a ring around the point under the pointer).
 *
 * Accessible role: image; whoever fills it gives it its label. Main thread only.
 */
#pragma once

#include <gtk/gtk.h>

#include "ui/plot-cache.h"

G_BEGIN_DECLS

#define MP_TYPE_PLOT_VIEW (mp_plot_view_get_type ())
G_DECLARE_FINAL_TYPE (MpPlotView, mp_plot_view, MP, PLOT_VIEW, GtkWidget)

GtkWidget *mp_plot_view_new        (void);
/* data must live as long as the widget. */
void       mp_plot_view_set_draw   (MpPlotView     *self,
                                    MpPictureDraw   draw,
                                    gpointer        data);
/* Drawn above all, in every frame; NULL: nothing is. */
void       mp_plot_view_set_above  (MpPlotView     *self,
                                    MpPictureDraw   draw,
                                    gpointer        data);
/* Height for a width; without it the widget takes what it is given, and asks for `smallest` both ways. */
void       mp_plot_view_set_height (MpPlotView     *self,
                                    double        (*get_height) (gpointer           data,
                                                                 double             width,
                                                                 const MpPlotStyle *style));
void       mp_plot_view_set_smallest (MpPlotView   *self,
                                      int           smallest);
/* Draws again. */
void       mp_plot_view_invalidate (MpPlotView     *self);

G_END_DECLS
