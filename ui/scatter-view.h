/* SPDX-License-Identifier: Apache-2.0
 *
 * scatter-view.h: a scatter plot as a widget.
 *
 * Accessible role: image; its label is the plot in words. Main thread only.
 */
#pragma once

#include <gtk/gtk.h>

#include "ui/plot/picture.h"
#include "ui/plot/scatter.h"

G_BEGIN_DECLS

#define MP_TYPE_SCATTER_VIEW (mp_scatter_view_get_type ())
G_DECLARE_FINAL_TYPE (MpScatterView, mp_scatter_view, MP, SCATTER_VIEW, GtkWidget)

GtkWidget *mp_scatter_view_new         (void);
/* To change and then invalidate. (transfer none) */
MpScatter *mp_scatter_view_get_scatter (MpScatterView *self);
/* The scatter was changed: draw it again. */
void       mp_scatter_view_invalidate  (MpScatterView *self);
/* Drawn above the plot in every frame; NULL: nothing is. */
void       mp_scatter_view_set_above   (MpScatterView *self,
                                        MpPictureDraw  draw,
                                        gpointer       data);
/* Brings the accessible description up to date; not for every frame. */
void       mp_scatter_view_describe    (MpScatterView *self,
                                        const char    *label);
/* Called after each drawing of news. */
void       mp_scatter_view_set_drawn   (MpScatterView *self,
                                        void         (*drawn) (gpointer data),
                                        gpointer       data);

G_END_DECLS
