/* SPDX-License-Identifier: Apache-2.0
 *
 * page-graph.h: the computation graph of a lane's method as boxes and arrows. Paused between two phases, the one to run
 * next is lit; losses carry their last values. Main thread only; diagrams are made on a thread of their own.
 */
#pragma once

#include <gtk/gtk.h>

#include "ui/session.h"

G_BEGIN_DECLS

#define MP_TYPE_GRAPH_PAGE (mp_graph_page_get_type ())
G_DECLARE_FINAL_TYPE (MpGraphPage, mp_graph_page, MP, GRAPH_PAGE, GtkWidget)

GtkWidget *mp_graph_page_new         (MpSession   *session);
/* Boxes of what is shown; 0 while it is being made. */
guint      mp_graph_page_get_n_boxes (MpGraphPage *self);
/* The phase that is lit, or −1. */
int        mp_graph_page_get_phase   (MpGraphPage *self);
/* What stands on the loss of that report, "0.693", or NULL. */
const char *mp_graph_page_get_value  (MpGraphPage *self,
                                      const char  *report);
gboolean   mp_graph_page_write       (MpGraphPage *self,
                                      const char  *path,
                                      GError     **error);

G_END_DECLS
