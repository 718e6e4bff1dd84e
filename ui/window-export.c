/* SPDX-License-Identifier: Apache-2.0
 *
 * window-export.c: what the window saves of the lanes' runs besides pictures: films, metrics, experiment files. Films are
 * made on a thread of their own from what the run folders hold.
 */
#include <glib/gi18n-lib.h>

#include "engine/runs/export.h"
#include "engine/runs/file.h"
#include "ui/export-file.h"
#include "ui/lane-past.h"
#include "ui/plot/film.h"
#include "ui/plot/run-picture.h"
#include "ui/task.h"
#include "ui/window-private.h"

#define FRAMES 150
#define FRAMES_PER_SECOND 15

/* The lanes' run folders. (transfer full): of char *, perhaps none. */
static GPtrArray *
list_runs (MpWindow *self)
{
  GListModel *lanes = mp_session_get_lanes (self->session);
  GPtrArray *dirs = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < g_list_model_get_n_items (lanes); i++) {
    g_autoptr (MpLaneModel) lane = g_list_model_get_item (lanes, i);

    if (mp_lane_model_get_run (lane))
      g_ptr_array_add (dirs, g_strdup (mp_lane_model_get_run (lane)));
  }
  return dirs;
}

static gboolean
write_csv (GtkWidget   *widget,
           const char  *path,
           gpointer     data,
           GError     **error)
{
  g_autoptr (GPtrArray) dirs = list_runs (MP_WINDOW (widget));
  g_autofree char *csv = mp_runs_to_csv (dirs, error);

  return csv && mp_file_write_text (path, csv, error);
}

/* As the inspected lane trains now, with what was changed by hand. */
static gboolean
write_experiment (GtkWidget   *widget,
                  const char  *path,
                  gpointer     data,
                  GError     **error)
{
  MpLaneModel *lane = mp_inspector_get_lane (MP_WINDOW (widget)->inspector);
  g_autofree char *text = mp_experiment_to_text (mp_lane_model_get_experiment (lane));

  return mp_file_write_text (path, text, error);
}

/* ---- films ---- */

typedef struct
{
  GPtrArray *dirs;
  char      *title;
  char      *path;
} Film;

static void
film_free (gpointer data)
{
  Film *film = data;

  g_ptr_array_unref (film->dirs);
  g_free (film->title);
  g_free (film->path);
  g_free (film);
}

static gboolean
goes_on (guint    done,
         guint    n,
         gpointer data)
{
  return !g_cancellable_is_cancelled (data);
}

static void
film_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  Film *film = data;
  GError *error = NULL;
  g_autoptr (MpRunPictures) pictures = mp_run_pictures_new (film->dirs, film->title, &error);
  const MpFilmSettings settings = { .most_frames = FRAMES, .per_second = FRAMES_PER_SECOND, .loop = TRUE,
                                    .progress = goes_on, .data = cancellable };

  if (pictures && mp_run_pictures_film (pictures, film->path, &settings, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
filmed_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      data)
{
  MpWindow *self = MP_WINDOW (object);
  Film *film = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;
  g_autofree char *name = g_path_get_basename (film->path);
  g_autofree char *text = NULL;

  if (g_task_propagate_boolean (G_TASK (result), &error))
    text = g_strdup_printf (_("Saved “%s”"), name);
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    text = g_strdup (error->message);
  if (text && !self->closing)
    mp_window_show_toast (self, text);
}

static gboolean
write_film (GtkWidget   *widget,
            const char  *path,
            gpointer     data,
            GError     **error)
{
  MpWindow *self = MP_WINDOW (widget);
  Film *film;

  if (!mp_film_check_path (path, error))
    return FALSE;
  if (!self->films)
    self->films = g_cancellable_new ();
  film = g_new0 (Film, 1);
  film->dirs = list_runs (self);
  film->title = g_strdup (mp_session_get_title (self->session));
  film->path = g_strdup (path);
  mp_task_run (self, self->films, film_thread, film, film_free, filmed_cb, NULL);
  mp_window_show_toast (self, _("Making the film…"));
  return FALSE; /* says itself when it is done */
}

/* ---- TensorBoard ---- */

static void
events_response_cb (GtkNativeDialog *dialog,
                    int              response,
                    MpWindow        *self)
{
  g_autoptr (GFile) file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));
  g_autofree char *path = file ? g_file_get_path (file) : NULL;
  g_autoptr (GPtrArray) dirs = list_runs (self);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  if (response == GTK_RESPONSE_ACCEPT && path) {
    if (mp_runs_to_events (dirs, path, &error))
      text = g_strdup_printf (_("Saved; read it with “tensorboard --logdir %s”"), path);
    mp_window_show_toast (self, text ? text : error->message);
  }
  g_object_unref (dialog);
}

static void
ask_for_events (MpWindow *self)
{
  GtkFileChooserNative *chooser = gtk_file_chooser_native_new (_("Folder for TensorBoard"), GTK_WINDOW (self),
                                                               GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, _("_Save"),
                                                               _("_Cancel"));

  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (chooser), TRUE);
  g_signal_connect_object (chooser, "response", G_CALLBACK (events_response_cb), self, 0);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (chooser));
}

/* ---- the actions ---- */

/* Proposes the comparison's title as the name. */
static void
ask_for_file (MpWindow      *self,
              const char    *title,
              const char    *extension,
              MpExportWrite  write)
{
  g_autofree char *name = g_strconcat (mp_session_get_title (self->session), extension, NULL);

  mp_export_file_ask (GTK_WIDGET (self), title, g_strdelimit (name, "/", '-'), write, NULL, NULL);
}

static void
export_runs_action (GtkWidget  *widget,
                    const char *name,
                    GVariant   *parameter)
{
  MpWindow *self = MP_WINDOW (widget);
  g_autoptr (GPtrArray) dirs = list_runs (self);

  if (g_str_equal (name, "win.export-experiment"))
    mp_export_file_ask (widget, _("Save experiment"), "experiment.ini", write_experiment, NULL, NULL);
  else if (dirs->len == 0)
    mp_window_show_toast (self, _("No lane has a run yet: train first."));
  else if (g_str_equal (name, "win.export-film"))
    ask_for_file (self, _("Save training as a film (GIF or WebP)"), ".gif", write_film);
  else if (g_str_equal (name, "win.export-csv"))
    ask_for_file (self, _("Save metrics"), ".csv", write_csv);
  else
    ask_for_events (self);
}

static const char *const actions[] = { "win.export-film", "win.export-csv", "win.export-events",
                                       "win.export-experiment" };

void
mp_window_install_export_actions (GtkWidgetClass *widget_class)
{
  for (guint i = 0; i < G_N_ELEMENTS (actions); i++)
    gtk_widget_class_install_action (widget_class, actions[i], NULL, export_runs_action);
}

void
mp_window_enable_export (MpWindow *self,
                         gboolean  enabled)
{
  for (guint i = 0; i < G_N_ELEMENTS (actions); i++)
    gtk_widget_action_set_enabled (GTK_WIDGET (self), actions[i], enabled);
}
