/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/page-sweep.h"

#include <adwaita.h>

#include "ui/drop-down.h"
#include "ui/export-file.h"
#include "ui/lane-model.h"
#include "ui/plot/picture.h"
#include "ui/sweep-form.h"
#include "ui/sweep-seeds.h"
#include "ui/sweep-table.h"
#include "ui/sweep-view.h"
#include "ui/sweep-words.h"

#define PULL_MS 100
#define TABLE_EVERY 1000000    /* microseconds between two updates of the table while lanes train */
#define MAX_RECENT 8
#define PICTURE_SIDE 108       /* thumbnails of exported pictures, in units */
#define PIXELS_PER_UNIT 2

struct _MpSweepPage
{
  GtkWidget parent_instance;

  GtkMenuButton   *open_button;
  GtkLabel        *title, *subtitle, *status, *differences;
  GtkDropDown     *metric;
  GtkWidget       *views, *export_button, *foot;
  GtkToggleButton *matrix_toggle;
  GtkStack        *stack;
  MpSweepView     *view;
  MpSweepTable    *table;
  GtkListBox      *presets;
  GtkWidget       *play_button, *stop_button;
  GtkProgressBar  *progress;

  MpSession       *session;      /* not owned */
  MpSweepModel    *model;
  MpSweep         *shown;        /* what the widgets were made for; borrowed, compared only */
  MpSweepRun      *shown_run;
  GSimpleActionGroup *actions;
  GPtrArray       *metrics;      /* char *, by the drop-down's entry */
  gboolean         named;        /* the drop-down has the names that a run knows */
  GtkWidget       *popover;
  guint            timer;
  gint64           table_at;
  gboolean         filling;
};

G_DEFINE_FINAL_TYPE (MpSweepPage, mp_sweep_page, GTK_TYPE_WIDGET)

static void
toast (MpSweepPage *self,
       const char  *text)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "win.toast", "s", text);
}

/* ---- what is shown ---- */

/* As mp_drop_down_give_way () takes it: "Critic loss\nbinary cross-entropy". (transfer full) */
static char *
name_metric (MpSeriesNames *names,
             const char    *id)
{
  g_autofree char *title = mp_series_names_get_title (names, id);
  char *rest = strstr (title, " (");

  if (rest == NULL)
    return g_steal_pointer (&title);
  *rest = '\0';
  return g_strdup_printf ("%s\n%.*s", title, (int) strlen (rest + 2) - 1, rest + 2); /* without the brackets */
}

static void
fill_metrics (MpSweepPage *self)
{
  MpSweepRun *run = mp_sweep_model_get_run (self->model);
  g_autoptr (GPtrArray) metrics = run ? mp_sweep_run_list_metrics (run) : g_ptr_array_new_with_free_func (g_free);
  const char *chosen = mp_sweep_model_get_metric (self->model);
  g_autoptr (GtkStringList) entries = gtk_string_list_new (NULL);
  /* Before there is a run the metrics are known, not yet what methods report. */
  g_autoptr (MpSeriesNames) known = run ? NULL : mp_series_names_new ();
  gboolean same = self->metrics && self->metrics->len == metrics->len;

  if (!g_ptr_array_find_with_equal_func (metrics, chosen, g_str_equal, NULL)) {
    g_ptr_array_insert (metrics, 0, g_strdup (chosen));
    same = self->metrics && self->metrics->len == metrics->len;
  }
  for (guint i = 0; same && i < metrics->len; i++)
    same = g_str_equal (g_ptr_array_index (metrics, i), g_ptr_array_index (self->metrics, i));
  if (same && self->named == (run != NULL))
    return;
  self->named = run != NULL;
  g_clear_pointer (&self->metrics, g_ptr_array_unref);
  self->metrics = g_steal_pointer (&metrics);
  for (guint i = 0; i < self->metrics->len; i++) {
    const char *id = g_ptr_array_index (self->metrics, i);
    g_autofree char *entry = name_metric (run ? mp_sweep_run_get_names (run) : known, id);

    gtk_string_list_append (entries, entry);
  }
  self->filling = TRUE;
  gtk_drop_down_set_model (self->metric, G_LIST_MODEL (entries));
  for (guint i = 0; i < self->metrics->len; i++)
    if (g_str_equal (g_ptr_array_index (self->metrics, i), chosen))
      gtk_drop_down_set_selected (self->metric, i);
  self->filling = FALSE;
}

static void
show_page (MpSweepPage *self)
{
  MpSweepModelState state = mp_sweep_model_get_state (self->model);
  gboolean matrix = gtk_toggle_button_get_active (self->matrix_toggle);

  gtk_stack_set_visible_child_name (self->stack, state == MP_SWEEP_MODEL_EMPTY ? "empty"
                                    : state == MP_SWEEP_MODEL_OPENING ? "opening" : matrix ? "matrix" : "table");
}

static void
update_table (MpSweepPage *self,
              gboolean     now)
{
  MpSweepRun *run = mp_sweep_model_get_run (self->model);
  gint64 time = g_get_monotonic_time ();
  g_autofree char *words = NULL;

  if (gtk_toggle_button_get_active (self->matrix_toggle) || (!now && time - self->table_at < TABLE_EVERY))
    return;
  self->table_at = time;
  mp_sweep_table_update (self->table, run, mp_sweep_model_get_metric (self->model));
  words = run ? mp_sweep_describe_differences (run, mp_sweep_model_get_metric (self->model)) : NULL;
  gtk_label_set_text (self->differences, words ? words : "");
  gtk_widget_set_visible (GTK_WIDGET (self->differences), words != NULL);
}

static void
metric_cb (MpSweepPage *self)
{
  guint i = gtk_drop_down_get_selected (self->metric);

  if (self->filling || !self->metrics || i >= self->metrics->len)
    return;
  mp_sweep_model_set_metric (self->model, g_ptr_array_index (self->metrics, i));
  update_table (self, TRUE);
}

static void
view_cb (MpSweepPage *self)
{
  if (!self->model)
    return;
  update_table (self, TRUE);
  show_page (self);
}

static void
enable (MpSweepPage *self,
        const char  *name,
        gboolean     enabled)
{
  g_simple_action_set_enabled (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self->actions), name)), enabled);
}

static void
update_controls (MpSweepPage *self)
{
  MpSweepModelState state = mp_sweep_model_get_state (self->model);
  gboolean busy = mp_sweep_model_get_busy (self->model), running = state == MP_SWEEP_MODEL_RUNNING;
  gboolean run = mp_sweep_model_get_run (self->model) != NULL, sweep = mp_sweep_model_get_sweep (self->model) != NULL;
  static const char *const words[] = {
    [MP_SWEEP_MODEL_EMPTY] = N_("Start"),       [MP_SWEEP_MODEL_OPENING] = N_("Start"),
    [MP_SWEEP_MODEL_READY] = N_("Start"),       [MP_SWEEP_MODEL_RUNNING] = N_("Pause"),
    [MP_SWEEP_MODEL_PAUSED] = N_("Resume"),     [MP_SWEEP_MODEL_STOPPING] = N_("Resume"),
    [MP_SWEEP_MODEL_STOPPED] = N_("Go on"),     [MP_SWEEP_MODEL_FINISHED] = N_("Try failed runs again"),
  };
  guint counts[MP_N_TRIAL_STATES] = { 0 };
  gboolean finished = state == MP_SWEEP_MODEL_FINISHED;

  if (finished)
    mp_sweep_run_count (mp_sweep_model_get_run (self->model), counts);

  gtk_button_set_label (GTK_BUTTON (self->play_button), _(words[state]));
  if (running)
    gtk_widget_remove_css_class (self->play_button, "suggested-action");
  else
    gtk_widget_add_css_class (self->play_button, "suggested-action");
  enable (self, "play", sweep && state != MP_SWEEP_MODEL_STOPPING && (!finished || counts[MP_TRIAL_FAILED] > 0));
  gtk_widget_set_visible (self->play_button, !finished || counts[MP_TRIAL_FAILED] > 0);
  enable (self, "stop", running || state == MP_SWEEP_MODEL_PAUSED);
  enable (self, "open", !busy);
  enable (self, "open-other", !busy);
  enable (self, "new", !busy);
  enable (self, "export-picture", sweep);
  enable (self, "export-csv", run);
  enable (self, "open-folder", run);
  gtk_widget_set_visible (GTK_WIDGET (self->metric), sweep);
  gtk_widget_set_visible (self->views, sweep);
  gtk_widget_set_visible (self->export_button, sweep);
  gtk_widget_set_visible (self->foot, sweep);
  gtk_widget_set_visible (self->stop_button, busy);
}

static void
changed_cb (MpSweepPage *self)
{
  MpSweep *sweep = mp_sweep_model_get_sweep (self->model);
  MpSweepRun *run = mp_sweep_model_get_run (self->model);
  gboolean other = sweep != self->shown || run != self->shown_run;
  g_autofree char *subtitle = sweep ? mp_sweep_describe (sweep) : NULL;
  g_autofree char *status = NULL;
  double share;

  if (other) {
    mp_sweep_view_set_matrix (self->view, mp_sweep_model_get_matrix (self->model),
                              sweep ? mp_sweep_get_n_rows (sweep) : 0, sweep ? mp_sweep_get_n_columns (sweep) : 0);
    g_clear_pointer (&self->popover, gtk_widget_unparent);
    self->shown = sweep;
    self->shown_run = run;
  }
  gtk_label_set_text (self->title, sweep ? mp_sweep_get_title (sweep) : "");
  gtk_label_set_text (self->subtitle, subtitle ? subtitle : "");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->title), sweep ? mp_sweep_get_summary (sweep) : NULL);
  status = mp_sweep_model_describe_progress (self->model, &share);
  gtk_label_set_text (self->status, status);
  gtk_progress_bar_set_fraction (self->progress, share);
  if (sweep)
    fill_metrics (self);
  update_table (self, other);
  update_controls (self);
  show_page (self);
  mp_sweep_view_invalidate (self->view);
}

static gboolean
pull_cb (gpointer data)
{
  MpSweepPage *self = data;

  mp_sweep_model_pull (self->model, g_get_monotonic_time ());
  return G_SOURCE_CONTINUE;
}

/* ---- cells ---- */

static char *
describe_cb (MpSweepPage *self,
             guint        cell)
{
  return mp_sweep_model_describe_cell (self->model, cell);
}

/* The activated row has the keyboard; without it, the top of the table. */
static void
locate_row (MpSweepPage  *self,
            GdkRectangle *at)
{
  GtkWidget *table = GTK_WIDGET (self->table);
  GtkWidget *row = gtk_root_get_focus (gtk_widget_get_root (table));
  graphene_rect_t bounds;

  *at = (GdkRectangle) { 0, 0, gtk_widget_get_width (table), 1 };
  if (!row || !gtk_widget_is_ancestor (row, table) || !gtk_widget_compute_bounds (row, table, &bounds))
    return;
  at->y = (int) bounds.origin.y;
  at->height = (int) bounds.size.height;
}

static void
show_seeds (MpSweepPage *self,
            guint        cell)
{
  GdkRectangle at;

  g_clear_pointer (&self->popover, gtk_widget_unparent);
  self->popover = mp_sweep_seeds_new (self->model, cell);
  if (gtk_toggle_button_get_active (self->matrix_toggle)) {
    mp_sweep_view_locate (self->view, cell, &at);
    gtk_widget_set_parent (self->popover, GTK_WIDGET (self->view));
  } else {
    locate_row (self, &at);
    gtk_widget_set_parent (self->popover, GTK_WIDGET (self->table));
  }
  gtk_popover_set_pointing_to (GTK_POPOVER (self->popover), &at);
  gtk_popover_popup (GTK_POPOVER (self->popover));
}

/* One run opens at once; of several seeds people choose. */
static void
activated_cb (MpSweepPage *self,
              guint        cell)
{
  MpSweep *sweep = mp_sweep_model_get_sweep (self->model);
  MpSweepRun *run = mp_sweep_model_get_run (self->model);
  MpTrialStatus status;

  if (!run) {
    toast (self, _("This cell has not been trained yet."));
    return;
  }
  mp_sweep_run_get_status (run, mp_sweep_find_trial (sweep, cell, 0), &status);
  if (mp_sweep_get_n_seeds (sweep) > 1 || status.state == MP_TRIAL_WAITING || status.state == MP_TRIAL_FAILED)
    show_seeds (self, cell);
  else {
    g_autofree char *dir = mp_sweep_run_dup_trial_dir (run, mp_sweep_find_trial (sweep, cell, 0));

    mp_sweep_open_run (GTK_WIDGET (self), dir);
  }
}

/* ---- opening ---- */

static void
open_name (MpSweepPage *self,
           const char  *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MpSweep) sweep = NULL;

  if (g_path_is_absolute (name) && g_file_test (name, G_FILE_TEST_IS_DIR)) {
    if (!mp_sweep_model_open (self->model, name, &error))
      toast (self, error->message);
    return;
  }
  sweep = mp_sweep_load (name, NULL, &error);
  if (!sweep || !mp_sweep_model_show (self->model, sweep, &error))
    toast (self, error->message);
}

static void
open_action (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       data)
{
  open_name (data, g_variant_get_string (parameter, NULL));
}

static void
folder_response_cb (GtkNativeDialog *dialog,
                    int              response,
                    MpSweepPage     *self)
{
  g_autoptr (GFile) file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));
  g_autofree char *path = file ? g_file_get_path (file) : NULL;

  if (response == GTK_RESPONSE_ACCEPT && path)
    open_name (self, path);
  g_object_unref (dialog);
}

static void
open_other_action (GSimpleAction *action,
                   GVariant      *parameter,
                   gpointer       data)
{
  MpSweepPage *self = data;
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkFileChooserNative *chooser = gtk_file_chooser_native_new (_("Open the folder of a sweep"), GTK_WINDOW (root),
                                                               GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, _("_Open"),
                                                               _("_Cancel"));

  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (chooser), TRUE);
  g_signal_connect_object (chooser, "response", G_CALLBACK (folder_response_cb), self, 0);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (chooser));
}

static void
created_cb (MpSweepForm *form,
            MpSweep     *sweep,
            MpSweepPage *self)
{
  g_autoptr (GError) error = NULL;

  if (!mp_sweep_model_show (self->model, sweep, &error))
    toast (self, error->message);
}

static void
new_action (GSimpleAction *action,
            GVariant      *parameter,
            gpointer       data)
{
  MpSweepPage *self = data;
  GListModel *lanes = mp_session_get_lanes (self->session);
  g_autoptr (GPtrArray) experiments = g_ptr_array_new_with_free_func ((GDestroyNotify) mp_experiment_unref);
  GtkWidget *form;

  for (guint i = 0; i < g_list_model_get_n_items (lanes); i++) {
    g_autoptr (MpLaneModel) lane = g_list_model_get_item (lanes, i);

    g_ptr_array_add (experiments, mp_experiment_ref (mp_lane_model_get_draft (lane)));
  }
  if (experiments->len == 0) {
    toast (self, _("Open an experiment first: a new sweep begins from the lanes."));
    return;
  }
  form = mp_sweep_form_new (GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))), experiments);
  g_signal_connect_object (form, "created", G_CALLBACK (created_cb), self, 0);
  gtk_window_present (GTK_WINDOW (form));
}

/* Newest first: names begin with the day. */
static gint
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char *const *) b, *(const char *const *) a);
}

static GMenu *
list_recent (void)
{
  g_autofree char *parent = mp_sweep_default_parent ();
  g_autoptr (GDir) dir = g_dir_open (parent, 0, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  GMenu *menu = g_menu_new ();
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *file = g_build_filename (parent, name, "sweep.ini", NULL);

    if (g_file_test (file, G_FILE_TEST_EXISTS))
      g_ptr_array_add (names, g_strdup (name));
  }
  g_ptr_array_sort (names, compare_names);
  for (guint i = 0; i < MIN (names->len, MAX_RECENT); i++) {
    g_autofree char *path = g_build_filename (parent, g_ptr_array_index (names, i), NULL);
    g_autoptr (GMenuItem) item = g_menu_item_new (g_ptr_array_index (names, i), NULL);

    g_menu_item_set_action_and_target (item, "sweep.open", "s", path);
    g_menu_append_item (menu, item);
  }
  return menu;
}

/* Made when the button is pressed: sweeps come and go. */
static void
fill_menu (GtkMenuButton *button,
           gpointer       data)
{
  g_autoptr (GMenu) menu = g_menu_new ();
  g_autoptr (GMenu) presets = g_menu_new ();
  g_autoptr (GMenu) recent = list_recent ();
  g_autoptr (GMenu) other = g_menu_new ();
  g_autoptr (GPtrArray) sweeps = mp_sweeps_list (NULL);

  for (guint i = 0; sweeps && i < sweeps->len; i++) {
    const MpPreset *preset = g_ptr_array_index (sweeps, i);
    g_autoptr (GMenuItem) item = g_menu_item_new (preset->title, NULL);

    g_menu_item_set_action_and_target (item, "sweep.open", "s", preset->id);
    g_menu_append_item (presets, item);
  }
  g_menu_append (other, _("New sweep from the lanes…"), "sweep.new");
  g_menu_append (other, _("Open folder…"), "sweep.open-other");
  g_menu_append_section (menu, NULL, G_MENU_MODEL (other));
  g_menu_append_section (menu, _("Sweeps to start"), G_MENU_MODEL (presets));
  if (g_menu_model_get_n_items (G_MENU_MODEL (recent)) > 0)
    g_menu_append_section (menu, _("Kept"), G_MENU_MODEL (recent));
  gtk_menu_button_set_menu_model (button, G_MENU_MODEL (menu));
}

static void
preset_activated_cb (GtkListBox    *list,
                     GtkListBoxRow *row,
                     MpSweepPage   *self)
{
  open_name (self, g_object_get_data (G_OBJECT (row), "sweep"));
}

static void
fill_presets (MpSweepPage *self)
{
  g_autoptr (GPtrArray) sweeps = mp_sweeps_list (NULL);

  for (guint i = 0; sweeps && i < sweeps->len; i++) {
    const MpPreset *preset = g_ptr_array_index (sweeps, i);
    GtkWidget *row = adw_action_row_new ();

    adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
    adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), preset->title);
    adw_action_row_set_subtitle (ADW_ACTION_ROW (row), preset->summary);
    adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (row), 2);
    gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), TRUE);
    adw_action_row_add_suffix (ADW_ACTION_ROW (row), gtk_image_new_from_icon_name ("go-next-symbolic"));
    g_object_set_data_full (G_OBJECT (row), "sweep", g_strdup (preset->id), g_free);
    gtk_list_box_append (self->presets, row);
  }
  gtk_widget_set_visible (GTK_WIDGET (self->presets), sweeps && sweeps->len > 0);
  g_signal_connect (self->presets, "row-activated", G_CALLBACK (preset_activated_cb), self);
}

/* ---- training ---- */

static void
play_action (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       data)
{
  MpSweepPage *self = data;

  if (mp_sweep_model_get_state (self->model) == MP_SWEEP_MODEL_RUNNING)
    mp_sweep_model_pause (self->model);
  else
    mp_sweep_model_start (self->model);
}

static void
stop_action (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       data)
{
  mp_sweep_model_stop (((MpSweepPage *) data)->model);
}

/* ---- export ---- */

static void
draw_picture (gpointer           matrix,
              cairo_t           *cr,
              double             width,
              double             height,
              const MpPlotStyle *style)
{
  mp_colour_set_source (style->page, cr);
  cairo_paint (cr);
  mp_sweep_matrix_draw (matrix, cr, width, height, 0, style);
}

/* In light colours, as on paper. */
static gboolean
write_picture (GtkWidget   *widget,
               const char  *path,
               gpointer     data,
               GError     **error)
{
  MpSweepPage *self = MP_SWEEP_PAGE (widget);
  MpSweepMatrix *matrix = mp_sweep_model_get_matrix (self->model);
  MpSweep *sweep = mp_sweep_model_get_sweep (self->model);
  g_autofree char *subtitle = mp_sweep_describe (sweep);
  MpPlotStyle style;
  double width, height;
  gboolean ok;

  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  style.pixel_ratio = PIXELS_PER_UNIT;
  mp_sweep_matrix_set_title (matrix, mp_sweep_get_title (sweep), subtitle);
  mp_sweep_matrix_set_marks (matrix, -1, -1);
  mp_sweep_matrix_get_size (matrix, &style, PICTURE_SIDE, &width, &height);
  ok = mp_picture_write_drawing (path, width, height, PIXELS_PER_UNIT, &style, mp_sweep_get_title (sweep), draw_picture,
                                 matrix, error);
  mp_sweep_matrix_set_title (matrix, NULL, NULL);
  return ok;
}

static gboolean
write_csv (GtkWidget   *widget,
           const char  *path,
           gpointer     data,
           GError     **error)
{
  g_autofree char *name = g_path_get_basename (path), *text = NULL;

  if (!mp_sweep_run_write_csv (mp_sweep_model_get_run (MP_SWEEP_PAGE (widget)->model), path, error))
    return FALSE;
  text = g_strdup_printf (_("Saved “%s”, and every seed beside it"), name);
  toast (MP_SWEEP_PAGE (widget), text);
  return FALSE; /* said it already */
}

static void
export_action (GSimpleAction *action,
               GVariant      *parameter,
               gpointer       data)
{
  MpSweepPage *self = data;
  gboolean picture = g_str_equal (g_action_get_name (G_ACTION (action)), "export-picture");
  g_autofree char *name = g_strconcat (mp_sweep_get_id (mp_sweep_model_get_sweep (self->model)),
                                       picture ? ".png" : ".csv", NULL);

  mp_export_file_ask (GTK_WIDGET (self), picture ? _("Save the matrix") : _("Save the results"), name,
                      picture ? write_picture : write_csv, NULL, NULL);
}

static void
open_folder_action (GSimpleAction *action,
                    GVariant      *parameter,
                    gpointer       data)
{
  MpSweepPage *self = data;
  g_autofree char *uri = g_filename_to_uri (mp_sweep_run_get_dir (mp_sweep_model_get_run (self->model)), NULL, NULL);

  gtk_show_uri (GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))), uri, GDK_CURRENT_TIME);
}

/* ---- object ---- */

static void
mp_sweep_page_map (GtkWidget *widget)
{
  MpSweepPage *self = MP_SWEEP_PAGE (widget);

  GTK_WIDGET_CLASS (mp_sweep_page_parent_class)->map (widget);
  if (self->timer == 0)
    self->timer = g_timeout_add (PULL_MS, pull_cb, self);
}

static void
mp_sweep_page_unmap (GtkWidget *widget)
{
  MpSweepPage *self = MP_SWEEP_PAGE (widget);

  g_clear_handle_id (&self->timer, g_source_remove);
  GTK_WIDGET_CLASS (mp_sweep_page_parent_class)->unmap (widget);
}

static void
mp_sweep_page_dispose (GObject *object)
{
  MpSweepPage *self = MP_SWEEP_PAGE (object);
  GtkWidget *child;

  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_pointer (&self->popover, gtk_widget_unparent);
  if (self->model) {
    g_signal_handlers_disconnect_by_data (self->model, self);
    if (self->view)
      mp_sweep_view_set_matrix (self->view, NULL, 0, 0);
    if (self->table)
      mp_sweep_table_update (self->table, NULL, NULL);
  }
  g_clear_object (&self->model);
  g_clear_object (&self->actions);
  g_clear_pointer (&self->metrics, g_ptr_array_unref);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))))
    gtk_widget_unparent (child);
  G_OBJECT_CLASS (mp_sweep_page_parent_class)->dispose (object);
}

static void
bind_template (GtkWidgetClass *widget_class)
{
  gtk_widget_class_set_template_from_resource (widget_class, MP_RESOURCE_PATH "/ui/page-sweep.ui");
  gtk_widget_class_bind_template_child (widget_class, MpSweepPage, open_button);
  gtk_widget_class_bind_template_child (widget_class, MpSweepPage, title);
  gtk_widget_class_bind_template_child (widget_class, MpSweepPage, subtitle);
  gtk_widget_class_bind_template_child (widget_class, MpSweepPage, metric);
  gtk_widget_class_bind_template_child (widget_class, MpSweepPage, views);
  gtk_widget_class_bind_template_child (widget_class, MpSweepPage, matrix_toggle);
  gtk_widget_class_bind_template_child (widget_class, MpSweepPage, export_button);
  gtk_widget_class_bind_template_child (widget_class, MpSweepPage, stack);
  gtk_widget_class_bind_template_child (widget_class, MpSweepPage, presets);
  gtk_widget_class_bind_template_child (widget_class, MpSweepPage, view);
  gtk_widget_class_bind_template_child (widget_class, MpSweepPage, table);
  gtk_widget_class_bind_template_child (widget_class, MpSweepPage, differences);
  gtk_widget_class_bind_template_child (widget_class, MpSweepPage, foot);
  gtk_widget_class_bind_template_child (widget_class, MpSweepPage, play_button);
  gtk_widget_class_bind_template_child (widget_class, MpSweepPage, stop_button);
  gtk_widget_class_bind_template_child (widget_class, MpSweepPage, progress);
  gtk_widget_class_bind_template_child (widget_class, MpSweepPage, status);
  gtk_widget_class_bind_template_callback (widget_class, metric_cb);
  gtk_widget_class_bind_template_callback (widget_class, view_cb);
  gtk_widget_class_bind_template_callback (widget_class, activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, describe_cb);
}

static void
mp_sweep_page_class_init (MpSweepPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mp_sweep_page_dispose;
  widget_class->map = mp_sweep_page_map;
  widget_class->unmap = mp_sweep_page_unmap;
  g_type_ensure (MP_TYPE_SWEEP_TABLE);
  g_type_ensure (MP_TYPE_SWEEP_VIEW);
  bind_template (widget_class);
  gtk_widget_class_set_css_name (widget_class, "sweeps");
}

static void
mp_sweep_page_init (MpSweepPage *self)
{
  static const GActionEntry entries[] = {
    { "open", open_action, "s" },
    { "open-other", open_other_action },
    { "new", new_action },
    { "play", play_action },
    { "stop", stop_action },
    { "export-picture", export_action },
    { "export-csv", export_action },
    { "open-folder", open_folder_action },
  };

  self->actions = g_simple_action_group_new ();
  g_action_map_add_action_entries (G_ACTION_MAP (self->actions), entries, G_N_ELEMENTS (entries), self);
  gtk_widget_insert_action_group (GTK_WIDGET (self), "sweep", G_ACTION_GROUP (self->actions));
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_menu_button_set_create_popup_func (self->open_button, fill_menu, NULL, NULL);
  mp_drop_down_give_way (self->metric, 10);
  fill_presets (self);
  self->model = mp_sweep_model_new ();
  g_signal_connect_swapped (self->model, "changed", G_CALLBACK (changed_cb), self);
  g_signal_connect_swapped (self->model, "failed", G_CALLBACK (toast), self);
  changed_cb (self);
}

GtkWidget *
mp_sweep_page_new (MpSession *session)
{
  MpSweepPage *self = g_object_new (MP_TYPE_SWEEP_PAGE, NULL);

  self->session = session;
  return GTK_WIDGET (self);
}

MpSweepModel *
mp_sweep_page_get_model (MpSweepPage *self)
{
  g_return_val_if_fail (MP_IS_SWEEP_PAGE (self), NULL);

  return self->model;
}
