/* SPDX-License-Identifier: Apache-2.0
 *
 * window-runs.c: actions on kept runs and the past: open-run, open-runs-alone, resume-lane, branch.
 */
#include <glib/gi18n-lib.h>

#include "engine/runs/comparison.h"
#include "ui/window-private.h"

static gboolean
open_run (MpWindow   *self,
          const char *run_dir,
          gboolean    alone)
{
  g_autoptr (GError) error = NULL;

  if (!mp_session_open_run (self->session, run_dir, alone, &error)) {
    mp_window_show_toast (self, error->message);
    return FALSE;
  }
  adw_flap_set_reveal_flap (self->library_flap, FALSE);
  mp_window_show_lanes (self);
  mp_window_select_lane (self, g_list_model_get_n_items (mp_session_get_lanes (self->session)) - 1);
  return TRUE;
}

/* text: of an array of folders. */
static void
open_alone (MpWindow   *self,
            const char *text)
{
  g_autoptr (GVariant) folders = g_variant_parse (G_VARIANT_TYPE_STRING_ARRAY, text, NULL, NULL, NULL);
  g_autofree const char **runs = g_variant_get_strv (folders, NULL);
  gboolean alone = TRUE;

  for (guint i = 0; runs[i]; i++)
    if (open_run (self, runs[i], alone))
      alone = FALSE;
}

void
mp_window_open_comparison (MpWindow   *self,
                           const char *folder)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) runs = mp_comparison_list_runs (folder, &error);
  g_autofree char *title = mp_comparison_get_title (folder);
  gboolean alone = TRUE;

  if (!runs) {
    mp_window_show_toast (self, error->message);
    return;
  }
  for (guint i = 0; i < runs->len; i++)
    if (open_run (self, g_ptr_array_index (runs, i), alone))
      alone = FALSE;
  if (alone)
    return;
  if (title)
    mp_session_set_title (self->session, title);
  mp_window_select_lane (self, 0);
}

static void
open_run_action (GtkWidget  *widget,
                 const char *name,
                 GVariant   *parameter)
{
  open_run (MP_WINDOW (widget), g_variant_get_string (parameter, NULL), FALSE);
}

static void
open_runs_alone_action (GtkWidget  *widget,
                        const char *name,
                        GVariant   *parameter)
{
  g_autofree char *text = g_variant_print (parameter, FALSE);
  gsize n = g_variant_n_children (parameter);

  if (n > 0)
    mp_window_ask_open (MP_WINDOW (widget), g_dngettext (GETTEXT_PACKAGE, "Open the run?", "Open the runs?", n), _("_Open"),
                        open_alone, text);
}

static void
resume_action (GtkWidget  *widget,
               const char *name,
               GVariant   *parameter)
{
  MpWindow *self = MP_WINDOW (widget);
  guint lane = (guint) g_variant_get_int32 (parameter);
  g_autoptr (GError) error = NULL;

  if (lane < g_list_model_get_n_items (mp_session_get_lanes (self->session))
      && mp_session_is_kept (self->session, lane) && !mp_session_resume (self->session, lane, &error))
    mp_window_show_toast (self, error->message);
}

/* (lane, iteration); −1: from now. */
static void
branch_action (GtkWidget  *widget,
               const char *name,
               GVariant   *parameter)
{
  MpWindow *self = MP_WINDOW (widget);
  gint32 lane;
  gint64 iteration;
  g_autoptr (GError) error = NULL;

  g_variant_get (parameter, "(ix)", &lane, &iteration);
  if ((guint) lane < g_list_model_get_n_items (mp_session_get_lanes (self->session))
      && !mp_session_branch (self->session, (guint) lane, (guint64) iteration, &error))
    mp_window_show_toast (self, error->message);
}

static void
step_lane_action (GtkWidget  *widget,
                  const char *name,
                  GVariant   *parameter)
{
  MpWindow *self = MP_WINDOW (widget);
  GListModel *lanes = mp_session_get_lanes (self->session);
  MpLaneModel *inspected = mp_inspector_get_lane (self->inspector);

  for (guint i = 0; i < g_list_model_get_n_items (lanes); i++) {
    g_autoptr (MpLaneModel) model = g_list_model_get_item (lanes, i);

    if (model == inspected)
      mp_session_step_lane_phase (self->session, i);
  }
}

void
mp_window_install_run_actions (GtkWidgetClass *widget_class)
{
  gtk_widget_class_install_action (widget_class, "win.open-run", "s", open_run_action);
  gtk_widget_class_install_action (widget_class, "win.open-runs-alone", "as", open_runs_alone_action);
  gtk_widget_class_install_action (widget_class, "win.resume-lane", "i", resume_action);
  gtk_widget_class_install_action (widget_class, "win.step-lane-phase", NULL, step_lane_action);
  gtk_widget_class_install_action (widget_class, "win.branch", "(ix)", branch_action);
}
