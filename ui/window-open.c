/* SPDX-License-Identifier: Apache-2.0
 *
 * window-open.c: what takes the place of the lanes on screen: presets, files, kept runs, lessons. Where lanes have
 * trained, the person is asked first.
 */
#include <glib/gi18n-lib.h>

#include "ui/window-private.h"

typedef struct
{
  MpWindowOpen  open;
  char         *name;
} Waiting;

static void
waiting_free (gpointer  data,
              GClosure *closure)
{
  Waiting *waiting = data;

  g_free (waiting->name);
  g_free (waiting);
}

static void
response_cb (AdwMessageDialog *dialog,
             const char       *response,
             Waiting          *waiting)
{
  MpWindow *self = MP_WINDOW (gtk_window_get_transient_for (GTK_WINDOW (dialog)));

  if (g_str_equal (response, "open") && !self->closing)
    waiting->open (self, waiting->name);
}

void
mp_window_ask_open (MpWindow     *self,
                    const char   *heading,
                    const char   *accept,
                    MpWindowOpen  open,
                    const char   *name)
{
  guint n = mp_session_get_n_trained (self->session);
  Waiting *waiting;
  GtkWidget *dialog;

  if (n == 0) {
    open (self, name);
    return;
  }
  waiting = g_new (Waiting, 1);
  *waiting = (Waiting) { open, g_strdup (name) };
  dialog = adw_message_dialog_new (GTK_WINDOW (self), heading, NULL);
  adw_message_dialog_format_body (ADW_MESSAGE_DIALOG (dialog),
                                  g_dngettext (GETTEXT_PACKAGE,
                                               "%u lane on screen has trained. It stops, and its run stays in the list "
                                               "of runs.",
                                               "%u lanes on screen have trained. They stop, and their runs stay in the "
                                               "list of runs.", n), n);
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), "open", accept, NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "open", ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "open");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_data (dialog, "response", G_CALLBACK (response_cb), waiting, waiting_free, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
open_experiment (MpWindow   *self,
                 const char *name)
{
  mp_window_open (self, name, self->settings && g_settings_get_boolean (self->settings, "start-training"));
}

void
mp_window_ask_open_experiment (MpWindow   *self,
                               const char *heading,
                               const char *name)
{
  mp_window_ask_open (self, heading, _("_Open"), open_experiment, name);
}

static gboolean
has_file (const char *folder,
          const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  return g_file_test (path, G_FILE_TEST_IS_REGULAR);
}

gboolean
mp_window_open_folder (MpWindow   *self,
                       const char *folder)
{
  g_autofree char *path = g_canonicalize_filename (folder, NULL);

  if (has_file (path, "sweep.ini")) {
    gtk_stack_set_visible_child_name (self->work, "sweep");
    gtk_widget_activate_action (adw_bin_get_child (ADW_BIN (gtk_stack_get_visible_child (self->work))), "sweep.open", "s",
                                path);
  } else if (has_file (path, "comparison.ini"))
    mp_window_ask_open (self, _("Open the comparison?"), _("_Open"), mp_window_open_comparison, path);
  else if (has_file (path, "experiment.ini"))
    gtk_widget_activate_action (GTK_WIDGET (self), "win.open-run", "s", path);
  else
    return FALSE;
  adw_flap_set_reveal_flap (self->library_flap, FALSE);
  gtk_info_bar_set_revealed (self->banner, FALSE);
  return TRUE;
}
