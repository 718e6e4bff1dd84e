/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/export-file.h"

#include <string.h>

typedef struct
{
  GtkWidget            *widget;    /* weak */
  char                 *extension; /* ".png" */
  MpExportWrite         write;
  gpointer              data;
  GDestroyNotify        free_data;
  GtkFileChooserNative *chooser;
} Ask;

static void
ask_free (Ask *ask)
{
  g_clear_weak_pointer (&ask->widget);
  g_free (ask->extension);
  if (ask->free_data)
    ask->free_data (ask->data);
  g_object_unref (ask->chooser);
  g_free (ask);
}

static void
toast (Ask        *ask,
       const char *text)
{
  gtk_widget_activate_action (ask->widget, "win.toast", "s", text);
}

static void
write_to (Ask        *ask,
          const char *chosen)
{
  g_autofree char *base = g_path_get_basename (chosen), *path = NULL, *name = NULL, *text = NULL;
  gboolean complete = strchr (base, '.') != NULL;
  g_autoptr (GError) error = NULL;

  path = g_strconcat (chosen, complete ? NULL : ask->extension, NULL);
  name = g_path_get_basename (path);
  /* The chooser asked about the name without its ending. */
  if (!complete && g_file_test (path, G_FILE_TEST_EXISTS))
    text = g_strdup_printf (_("“%s” exists already; give its whole name to replace it."), name);
  else if (ask->write (ask->widget, path, ask->data, &error))
    text = g_strdup_printf (_("Saved “%s”"), name);
  else if (error)
    text = g_strdup (error->message);
  if (text)
    toast (ask, text);
}

static void
response_cb (GtkNativeDialog *dialog,
             int              response,
             Ask             *ask)
{
  g_autoptr (GFile) file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));
  g_autofree char *chosen = file ? g_file_get_path (file) : NULL;

  if (response == GTK_RESPONSE_ACCEPT && ask->widget) {
    if (chosen)
      write_to (ask, chosen);
    else
      toast (ask, _("Files can only be saved in local folders."));
  }
  ask_free (ask);
}

static void
add_filter (GtkFileChooserNative *chooser,
            const char           *name,
            const char *const    *suffixes)
{
  g_autoptr (GtkFileFilter) filter = gtk_file_filter_new ();

  gtk_file_filter_set_name (filter, name);
  for (guint i = 0; suffixes[i]; i++)
    gtk_file_filter_add_suffix (filter, suffixes[i]);
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (chooser), filter);
}

void
mp_export_file_ask (GtkWidget      *widget,
                    const char     *title,
                    const char     *name,
                    MpExportWrite   write,
                    gpointer        data,
                    GDestroyNotify  free_data)
{
  GtkRoot *root;
  Ask *ask;

  g_return_if_fail (GTK_IS_WIDGET (widget));
  g_return_if_fail (strchr (name, '.') != NULL);

  root = gtk_widget_get_root (widget);
  ask = g_new0 (Ask, 1);
  g_set_weak_pointer (&ask->widget, widget);
  ask->extension = g_strdup (strrchr (name, '.'));
  ask->write = write;
  ask->data = data;
  ask->free_data = free_data;
  ask->chooser = gtk_file_chooser_native_new (title, GTK_IS_WINDOW (root) ? GTK_WINDOW (root) : NULL,
                                              GTK_FILE_CHOOSER_ACTION_SAVE, _("_Save"), _("_Cancel"));
  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (ask->chooser), name);
  if (g_str_has_suffix (name, ".png"))
    add_filter (ask->chooser, _("Pictures (.png, .svg, .pdf)"), (const char *[]) { "png", "svg", "pdf", NULL });
  else if (g_str_has_suffix (name, ".gif"))
    add_filter (ask->chooser, _("Films (.gif, .webp)"), (const char *[]) { "gif", "webp", NULL });
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (ask->chooser), TRUE);
  g_signal_connect (ask->chooser, "response", G_CALLBACK (response_cb), ask);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (ask->chooser));
}
