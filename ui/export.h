/* SPDX-License-Identifier: Apache-2.0
 *
 * export.h: any plot as PNG, SVG or PDF, or on the clipboard.
 *
 * What went well or wrong is told as a toast, by the action "win.toast". Main thread only.
 */
#pragma once

#include <gtk/gtk.h>

#include "ui/plot/picture.h"

G_BEGIN_DECLS

typedef enum
{
  MP_EXPORT_CHART,   /* MpChart * */
  MP_EXPORT_SCATTER, /* MpScatter * */
  MP_EXPORT_PANEL,   /* MpPanel * */
  MP_EXPORT_PICTURE  /* MpPicture * */
} MpExportKind;

/* Adds "Export…" and "Copy image" of the action group `prefix`. */
void     mp_export_append_menu (GMenu        *menu,
                                const char   *prefix);
/* Fills what stands above a plot by itself, as the widget shows it now: the lane, its method, the iteration. */
typedef void (*MpExportHead) (GtkWidget *widget, MpLaneHead *head);

/* Inserts an action group `prefix` with "export" and "copy" for a chart, scatter or panel, which must live as long as the
 * widget. name: proposed for the file. get_head: or NULL. Returns: (transfer none): the group; lives with the widget. */
GActionMap *mp_export_add_actions (GtkWidget    *widget,
                                const char   *prefix,
                                const char   *name,
                                MpExportKind  kind,
                                gpointer      plot,
                                MpExportHead  get_head);
/* Copies an image as the widget's theme draws it. head: of a scatter or panel, or NULL. */
void     mp_export_copy        (GtkWidget        *widget,
                                MpExportKind      kind,
                                gpointer          plot,
                                const MpLaneHead *head);
/* Writes in light colours, as on paper; PNG with two pixels per unit. */
gboolean mp_export_write       (const char       *path,
                                MpExportKind      kind,
                                gpointer          plot,
                                const MpLaneHead *head,
                                GError          **error);

G_END_DECLS
