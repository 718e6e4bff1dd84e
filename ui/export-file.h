/* SPDX-License-Identifier: Apache-2.0
 *
 * export-file.h: asks for a place and lets a widget write a file of any kind there. Main thread only.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* widget: the one that was passed to mp_export_file_ask (); it still exists. FALSE without an error: it goes on writing
 * and says itself what came of it. */
typedef gboolean (*MpExportWrite) (GtkWidget   *widget,
                                   const char  *path,
                                   gpointer     data,
                                   GError     **error);

/* name: proposed, with its extension, which is added where it was left out; ".png" stands for a picture of any kind,
 * ".gif" for a film. A file that would be replaced by adding it is asked for again by name. data: freed when the dialog has closed. What came
 * of it is said in a toast. */
void mp_export_file_ask (GtkWidget      *widget,
                         const char     *title,
                         const char     *name,
                         MpExportWrite   write,
                         gpointer        data,
                         GDestroyNotify  free_data);

G_END_DECLS
