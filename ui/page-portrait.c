/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/page-portrait.h"

#include "engine/games/game.h"
#include "ui/columns-layout.h"
#include "ui/drop-down.h"
#include "ui/export-file.h"
#include "ui/param-row.h"
#include "ui/phase-view.h"
#include "ui/task.h"
#include "ui/wrap-layout.h"

#define GRID_WIDTH 37
#define GRID_HEIGHT 25
#define STEP 0.1 /* η of the discrete dynamics, at first */

typedef struct
{
  MpGameField *field;
  MpPhaseView *view;
  const char  *starts;
  guint        n_launched;   /* colours follow the launches, whichever arrives first */
} Panel;

struct _MpPortraitPage
{
  GtkWidget parent_instance;

  GtkDropDown   *chooser;
  GtkDropDown   *dynamics;
  GtkSpinButton *step;
  GtkWidget     *step_box;
  GtkToggleButton *everywhere;
  GtkWidget     *panels_box;
  GtkWidget     *form;         /* settings of a single game */
  GtkWidget     *form_frame;
  GtkLabel      *idea;
  GtkLabel      *said;         /* what the last trajectory did */
  guint          n_launched, said_order; /* since the start; which one that was */

  GPtrArray     *ids;          /* const char *, by the chooser's entry */
  const MpGame  *game;
  GHashTable    *values;       /* of a single game: key → text */
  Panel          panels[4];
  guint          n_panels;
  gint          *cancelled;    /* shared with the tasks of what is shown */
  GCancellable  *gone;
};

G_DEFINE_FINAL_TYPE (MpPortraitPage, mp_portrait_page, GTK_TYPE_WIDGET)

/* ---- tasks ---- */

/* One field or trajectory; the flag is atomic and counted. */
typedef struct
{
  MpGameField          *field;
  gint                 *cancelled; /* atomic box */
  float                *flows;
  double                start[2];
  MpTrajectorySettings  settings;
  guint                 panel, colour, order;
} Job;

static Job *
job_new (MpPortraitPage *self,
         guint           panel)
{
  Job *job = g_new0 (Job, 1);

  job->field = mp_game_field_ref (self->panels[panel].field);
  job->cancelled = g_atomic_rc_box_acquire (self->cancelled);
  job->panel = panel;
  return job;
}

static void
job_free (gpointer data)
{
  Job *job = data;

  mp_game_field_unref (job->field);
  g_atomic_rc_box_release (job->cancelled);
  g_free (job->flows);
  g_free (job);
}

static void
sample_thread (GTask        *task,
               gpointer      source,
               gpointer      data,
               GCancellable *cancellable)
{
  Job *job = data;

  job->flows = g_new (float, 2 * GRID_WIDTH * GRID_HEIGHT);
  g_task_return_boolean (task, mp_game_field_sample (job->field, mp_game_field_get_game (job->field)->extent, GRID_WIDTH,
                                                     GRID_HEIGHT, job->flows, job->cancelled));
}

static void
sampled_cb (GObject      *object,
            GAsyncResult *result,
            gpointer      data)
{
  MpPortraitPage *self = MP_PORTRAIT_PAGE (object);
  Job *job = g_task_get_task_data (G_TASK (result));

  if (!g_task_propagate_boolean (G_TASK (result), NULL) || g_atomic_int_get (job->cancelled))
    return;
  mp_phase_plot_set_field (mp_phase_view_get_plot (self->panels[job->panel].view), GRID_WIDTH, GRID_HEIGHT, job->flows);
  mp_phase_view_invalidate (self->panels[job->panel].view);
}

static void
follow_thread (GTask        *task,
               gpointer      source,
               gpointer      data,
               GCancellable *cancellable)
{
  Job *job = data;

  g_task_return_pointer (task, mp_trajectory_new (job->field, job->start, &job->settings, job->cancelled),
                         (GDestroyNotify) mp_trajectory_free);
}

static void
followed_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      data)
{
  MpPortraitPage *self = MP_PORTRAIT_PAGE (object);
  Job *job = g_task_get_task_data (G_TASK (result));
  g_autoptr (MpTrajectory) trajectory = g_task_propagate_pointer (G_TASK (result), NULL);
  Panel *panel = &self->panels[job->panel];
  g_autofree char *words = NULL, *label = NULL, *text = NULL;

  if (trajectory == NULL || g_atomic_int_get (job->cancelled))
    return;
  words = mp_trajectory_describe (trajectory);
  label = mp_trajectory_place (trajectory);
  mp_phase_plot_add_trajectory (mp_phase_view_get_plot (panel->view), trajectory->points->len / 3,
                                (const double *) trajectory->points->data,
                                job->colour, trajectory->end == MP_TRAJECTORY_ARRIVED,
                                trajectory->end == MP_TRAJECTORY_ARRIVED ? label : NULL);
  mp_phase_view_invalidate (panel->view);
  text = g_strdup_printf (_("From (%.2f, %.2f) the flow %s."), job->start[0], job->start[1], words);
  if (job->order >= self->said_order)
    gtk_label_set_text (self->said, text);
  self->said_order = MAX (self->said_order, job->order);
  mp_phase_view_describe (panel->view, text);
}

static void
launch (MpPortraitPage *self,
        guint           panel,
        double          x,
        double          y)
{
  Job *job = job_new (self, panel);

  job->colour = self->panels[panel].n_launched++;
  job->order = ++self->n_launched;
  job->start[0] = x;
  job->start[1] = y;
  job->settings.dynamics = (MpDynamics) gtk_drop_down_get_selected (self->dynamics);
  job->settings.step = gtk_spin_button_get_value (self->step);
  if (job->settings.dynamics != MP_DYNAMICS_FLOW)
    job->settings.time = 2000 * job->settings.step;
  mp_task_run (self, NULL, follow_thread, job, job_free, followed_cb, NULL);
}

static void
launched_cb (MpPhaseView    *view,
             double          x,
             double          y,
             MpPortraitPage *self)
{
  gboolean everywhere = gtk_toggle_button_get_active (self->everywhere);

  for (guint i = 0; i < self->n_panels; i++)
    if (everywhere || self->panels[i].view == view)
      launch (self, i, x, y);
}

/* ---- panels ---- */

static void
clear_panels (MpPortraitPage *self)
{
  GtkWidget *child;

  if (self->cancelled) {
    g_atomic_int_set (self->cancelled, 1);
    g_clear_pointer (&self->cancelled, g_atomic_rc_box_release);
  }
  self->cancelled = g_atomic_rc_box_new0 (gint);
  for (guint i = 0; i < self->n_panels; i++)
    g_clear_pointer (&self->panels[i].field, mp_game_field_unref);
  self->n_panels = 0;
  while (self->panels_box && (child = gtk_widget_get_first_child (self->panels_box)))
    gtk_box_remove (GTK_BOX (self->panels_box), child);
}

static void
launch_starts (MpPortraitPage *self,
               guint           panel)
{
  g_auto (GStrv) starts = g_strsplit (self->panels[panel].starts ? self->panels[panel].starts : "", ";", -1);

  for (guint i = 0; starts[i]; i++) {
    char *end;
    double x = g_ascii_strtod (starts[i], &end), y = g_ascii_strtod (end, NULL);

    launch (self, panel, x, y);
  }
}

static void
add_panel (MpPortraitPage *self,
           const char     *settings,
           const char     *caption,
           const char     *starts)
{
  g_autoptr (GError) error = NULL;
  MpGameField *field = mp_game_field_new (self->game, settings, &error);
  Panel *panel = &self->panels[self->n_panels];
  GtkWidget *view;

  if (!field) { /* the rows of the form let nothing else through */
    gtk_label_set_text (self->said, error->message);
    return;
  }
  view = mp_phase_view_new (self->game->extent, caption);
  *panel = (Panel) { field, MP_PHASE_VIEW (view), starts, 0 };
  mp_phase_plot_set_texts (mp_phase_view_get_plot (panel->view), caption,
                           g_dgettext (GETTEXT_PACKAGE, self->game->axes[0]),
                           g_dgettext (GETTEXT_PACKAGE, self->game->axes[1]));
  gtk_widget_add_css_class (view, "plotcard");
  gtk_widget_set_hexpand (view, TRUE);
  gtk_widget_set_vexpand (view, TRUE);
  g_signal_connect (view, "launched", G_CALLBACK (launched_cb), self);
  gtk_box_append (GTK_BOX (self->panels_box), view);
  self->n_panels++;
  mp_task_run (self, NULL, sample_thread, job_new (self, self->n_panels - 1), job_free, sampled_cb, NULL);
  launch_starts (self, self->n_panels - 1);
}

static void
show_game (MpPortraitPage *self)
{
  g_autoptr (GString) settings = g_string_new ("");
  GHashTableIter iter;
  gpointer key, value;

  clear_panels (self);
  g_hash_table_iter_init (&iter, self->values);
  while (g_hash_table_iter_next (&iter, &key, &value))
    g_string_append_printf (settings, "%s=%s;", (const char *) key, (const char *) value);
  add_panel (self, settings->str, g_dgettext (GETTEXT_PACKAGE, self->game->base.title), NULL);
}

/* ---- the form of a single game ---- */

static void
edited_cb (MpParamRow     *row,
           const char     *value,
           MpPortraitPage *self)
{
  g_hash_table_insert (self->values, g_strdup (mp_param_row_get_param (row)->key), g_strdup (value));
  show_game (self);
}

static void
fill_form (MpPortraitPage *self)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (self->form)))
    gtk_list_box_remove (GTK_LIST_BOX (self->form), child);
  for (guint i = 0; i < self->game->base.n_params; i++) {
    const MpParam *param = &self->game->base.params[i];
    GtkWidget *row = mp_param_row_new (param, NULL);

    mp_param_row_set_value (MP_PARAM_ROW (row), param->default_value);
    g_signal_connect (row, "edited", G_CALLBACK (edited_cb), self);
    gtk_list_box_append (GTK_LIST_BOX (self->form), row);
  }
}

void
mp_portrait_page_show (MpPortraitPage *self,
                       const char     *id)
{
  const MpPortrait *portrait;

  g_return_if_fail (MP_IS_PORTRAIT_PAGE (self));

  portrait = mp_portrait_find (id);
  self->game = mp_game_find (portrait ? portrait->game : id);
  g_return_if_fail (self->game != NULL);

  for (guint i = 0; i < self->ids->len; i++)
    if (g_str_equal (g_ptr_array_index (self->ids, i), id) && gtk_drop_down_get_selected (self->chooser) != i) {
      gtk_drop_down_set_selected (self->chooser, i); /* comes back here */
      return;
    }
  g_hash_table_remove_all (self->values);
  gtk_label_set_text (self->idea, g_dgettext (GETTEXT_PACKAGE, self->game->base.summary));
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->idea), self->game->base.paper);
  gtk_label_set_text (self->said, _("Click in a plot to follow the flow from there."));
  gtk_widget_set_visible (self->form_frame, portrait == NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->everywhere), portrait != NULL);
  if (!portrait) {
    fill_form (self);
    show_game (self);
    return;
  }
  clear_panels (self);
  for (guint i = 0; i < portrait->n_panels; i++)
    add_panel (self, portrait->settings[i], g_dgettext (GETTEXT_PACKAGE, portrait->captions[i]), portrait->starts[i]);
}

/* ---- controls ---- */

static void
chosen_cb (MpPortraitPage *self)
{
  mp_portrait_page_show (self, g_ptr_array_index (self->ids, gtk_drop_down_get_selected (self->chooser)));
}

static void
dynamics_cb (MpPortraitPage *self)
{
  gtk_widget_set_visible (self->step_box, gtk_drop_down_get_selected (self->dynamics) != MP_DYNAMICS_FLOW);
}

static void
clear_cb (MpPortraitPage *self)
{
  for (guint i = 0; i < self->n_panels; i++) {
    mp_phase_plot_clear_trajectories (mp_phase_view_get_plot (self->panels[i].view));
    mp_phase_view_invalidate (self->panels[i].view);
    self->panels[i].n_launched = 0;
  }
  gtk_label_set_text (self->said, _("Click in a plot to follow the flow from there."));
}

char *
mp_portrait_page_dup_title (MpPortraitPage *self)
{
  const MpPortrait *portrait;
  GString *settings;

  g_return_val_if_fail (MP_IS_PORTRAIT_PAGE (self), NULL);

  portrait = mp_portrait_find (g_ptr_array_index (self->ids, gtk_drop_down_get_selected (self->chooser)));
  if (portrait)
    return g_strdup (g_dgettext (GETTEXT_PACKAGE, portrait->title));
  settings = g_string_new (NULL);
  for (guint i = 0; i < self->game->base.n_params; i++) {
    const MpParam *param = &self->game->base.params[i];
    const char *value = g_hash_table_lookup (self->values, param->key);

    g_string_append_printf (settings, "%s%s %s", i > 0 ? " · " : "",
                            param->symbol ? param->symbol : g_dgettext (GETTEXT_PACKAGE, param->title),
                            value ? value : param->default_value);
  }
  return g_string_free (settings, FALSE);
}

static gboolean
write_file (GtkWidget   *widget,
            const char  *path,
            gpointer     data,
            GError     **error)
{
  MpPortraitPage *self = MP_PORTRAIT_PAGE (widget);
  g_autofree char *title = mp_portrait_page_dup_title (self);
  MpPhasePlot *plots[4];
  MpPlotStyle style;

  for (guint i = 0; i < self->n_panels; i++)
    plots[i] = mp_phase_view_get_plot (self->panels[i].view);
  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  return mp_phase_plots_write (plots, self->n_panels, title, path, &style, error);
}

static void
export_cb (MpPortraitPage *self)
{
  mp_export_file_ask (GTK_WIDGET (self), _("Export phase portrait"), "phase-portrait.png", write_file, NULL, NULL);
}

static void
fill_chooser (MpPortraitPage *self)
{
  g_autoptr (GtkStringList) titles = gtk_string_list_new (NULL);
  guint n_portraits, n_games;
  const MpPortrait *portraits = mp_portraits_list (&n_portraits);
  const MpGame *const *games = mp_games_list (&n_games);

  for (guint i = 0; i < n_portraits; i++) {
    g_ptr_array_add (self->ids, (gpointer) portraits[i].id);
    gtk_string_list_append (titles, g_dgettext (GETTEXT_PACKAGE, portraits[i].title));
  }
  for (guint i = 0; i < n_games; i++) {
    g_autofree char *title = g_strdup_printf (_("%s, with settings"),
                                              g_dgettext (GETTEXT_PACKAGE, games[i]->base.title));

    g_ptr_array_add (self->ids, (gpointer) games[i]->base.id);
    gtk_string_list_append (titles, title);
  }
  gtk_drop_down_set_model (self->chooser, G_LIST_MODEL (titles));
  mp_drop_down_give_way (self->chooser, 14);
}

/* ---- the widget ---- */

static void
mp_portrait_page_dispose (GObject *object)
{
  MpPortraitPage *self = MP_PORTRAIT_PAGE (object);
  GtkWidget *child;

  if (self->cancelled)
    g_atomic_int_set (self->cancelled, 1);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))))
    gtk_widget_unparent (child);
  self->panels_box = NULL;
  G_OBJECT_CLASS (mp_portrait_page_parent_class)->dispose (object);
}

static void
mp_portrait_page_finalize (GObject *object)
{
  MpPortraitPage *self = MP_PORTRAIT_PAGE (object);

  for (guint i = 0; i < self->n_panels; i++)
    g_clear_pointer (&self->panels[i].field, mp_game_field_unref);
  g_clear_pointer (&self->cancelled, g_atomic_rc_box_release);
  g_clear_pointer (&self->values, g_hash_table_unref);
  g_clear_pointer (&self->ids, g_ptr_array_unref);
  G_OBJECT_CLASS (mp_portrait_page_parent_class)->finalize (object);
}

static void
bind_template (GtkWidgetClass *widget_class)
{
  g_type_ensure (MP_TYPE_WRAP_LAYOUT);
  gtk_widget_class_set_template_from_resource (widget_class, MP_RESOURCE_PATH "/ui/page-portrait.ui");
  gtk_widget_class_bind_template_child (widget_class, MpPortraitPage, chooser);
  gtk_widget_class_bind_template_child (widget_class, MpPortraitPage, dynamics);
  gtk_widget_class_bind_template_child (widget_class, MpPortraitPage, step);
  gtk_widget_class_bind_template_child (widget_class, MpPortraitPage, step_box);
  gtk_widget_class_bind_template_child (widget_class, MpPortraitPage, everywhere);
  gtk_widget_class_bind_template_child (widget_class, MpPortraitPage, panels_box);
  gtk_widget_class_bind_template_child (widget_class, MpPortraitPage, form);
  gtk_widget_class_bind_template_child (widget_class, MpPortraitPage, form_frame);
  gtk_widget_class_bind_template_child (widget_class, MpPortraitPage, idea);
  gtk_widget_class_bind_template_child (widget_class, MpPortraitPage, said);
  gtk_widget_class_bind_template_callback (widget_class, chosen_cb);
  gtk_widget_class_bind_template_callback (widget_class, dynamics_cb);
  gtk_widget_class_bind_template_callback (widget_class, clear_cb);
  gtk_widget_class_bind_template_callback (widget_class, export_cb);
}

static void
mp_portrait_page_class_init (MpPortraitPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mp_portrait_page_dispose;
  G_OBJECT_CLASS (klass)->finalize = mp_portrait_page_finalize;
  g_type_ensure (MP_TYPE_COLUMNS_LAYOUT);
  bind_template (widget_class);
  gtk_widget_class_set_css_name (widget_class, "portraits");
}

static void
mp_portrait_page_init (MpPortraitPage *self)
{
  self->ids = g_ptr_array_new ();
  self->values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_spin_button_set_value (self->step, STEP);
  dynamics_cb (self);
  g_signal_handlers_block_matched (self->chooser, G_SIGNAL_MATCH_DATA, 0, 0, NULL, NULL, self);
  fill_chooser (self);
  g_signal_handlers_unblock_matched (self->chooser, G_SIGNAL_MATCH_DATA, 0, 0, NULL, NULL, self);
  mp_portrait_page_show (self, g_ptr_array_index (self->ids, 0));
}

GtkWidget *
mp_portrait_page_new (MpSession *session)
{
  return g_object_new (MP_TYPE_PORTRAIT_PAGE, NULL);
}

guint
mp_portrait_page_get_n_panels (MpPortraitPage *self)
{
  g_return_val_if_fail (MP_IS_PORTRAIT_PAGE (self), 0);

  return self->n_panels;
}

guint
mp_portrait_page_get_n_trajectories (MpPortraitPage *self)
{
  guint n = 0;

  g_return_val_if_fail (MP_IS_PORTRAIT_PAGE (self), 0);

  for (guint i = 0; i < self->n_panels; i++)
    n += mp_phase_plot_get_n_trajectories (mp_phase_view_get_plot (self->panels[i].view));
  return n;
}
