/* SPDX-License-Identifier: Apache-2.0
 *
 * plot-cache.h: a plot drawn once and shown until there is news.
 *
 * The drawing lands in an image; redrawing the window for any other reason only copies it. Main thread only.
 */
#pragma once

#include <gtk/gtk.h>

#include "ui/plot/picture.h"

G_BEGIN_DECLS

typedef struct
{
  GskRenderNode *node;                 /* NULL: to be drawn */
  int            width, height, scale; /* of the image, in logical pixels */
  MpPlotStyle    style;
} MpPlotCache;

/* Style of plots in this widget: the desktop's colours, font and text size. */
void mp_plot_style_for_widget (MpPlotStyle   *style,
                               GtkWidget     *widget);
/* Draws the image when there is none for this size and style; then appends it. */
void mp_plot_cache_snapshot   (MpPlotCache   *self,
                               GtkWidget     *widget,
                               GtkSnapshot   *snapshot,
                               MpPictureDraw  draw,
                               gpointer       data);
/* There is news: draw again at the next chance. */
void mp_plot_cache_clear      (MpPlotCache   *self);
/* Draws above what is kept, in every frame: for little that moves with the pointer. */
void mp_plot_snapshot_above   (GtkWidget     *widget,
                               GtkSnapshot   *snapshot,
                               MpPictureDraw  draw,
                               gpointer       data);
/* The same drawing as a texture of its own, on the card's colour; for the clipboard. (transfer full) */
GdkTexture *mp_plot_render    (double             width,
                               double             height,
                               int                scale,
                               const MpPlotStyle *style,
                               MpPictureDraw      draw,
                               gpointer           data);

G_END_DECLS
