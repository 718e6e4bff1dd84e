/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/draw-window.h"
#include "ui/export-file.h"
#include "ui/export.h"
#include "ui/window-private.h"

static void
open_response_cb (GtkNativeDialog *dialog,
                  int              response,
                  MpWindow        *self)
{
  g_autoptr (GFile) file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));
  g_autofree char *path = file ? g_file_get_path (file) : NULL;

  if (response == GTK_RESPONSE_ACCEPT && path)
    mp_window_ask_open_experiment (self, _("Open the experiment?"), path);
  g_object_unref (dialog);
}

static void
open_file_action (GtkWidget  *widget,
                  const char *name,
                  GVariant   *parameter)
{
  GtkFileChooserNative *chooser = gtk_file_chooser_native_new (_("Open experiment"), GTK_WINDOW (widget),
                                                               GTK_FILE_CHOOSER_ACTION_OPEN, _("_Open"), _("_Cancel"));
  g_autoptr (GtkFileFilter) filter = gtk_file_filter_new ();

  gtk_file_filter_set_name (filter, _("Experiments and comparisons (.ini)"));
  gtk_file_filter_add_suffix (filter, "ini");
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (chooser), filter);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (chooser), TRUE);
  g_signal_connect_object (chooser, "response", G_CALLBACK (open_response_cb), widget, 0);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (chooser));
}

static void
folder_response_cb (GtkNativeDialog *dialog,
                    int              response,
                    MpWindow        *self)
{
  g_autoptr (GFile) file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));
  g_autofree char *path = file ? g_file_get_path (file) : NULL;

  if (response == GTK_RESPONSE_ACCEPT && path && !mp_window_open_folder (self, path)) {
    g_autofree char *name = g_path_get_basename (path);
    g_autofree char *words = g_strdup_printf (_("“%s” is not the folder of a run, a comparison or a sweep"), name);

    mp_window_show_toast (self, words);
  }
  g_object_unref (dialog);
}

static void
open_folder_action (GtkWidget  *widget,
                    const char *name,
                    GVariant   *parameter)
{
  GtkFileChooserNative *chooser = gtk_file_chooser_native_new (_("Open the folder of a run, a comparison or a sweep"),
                                                               GTK_WINDOW (widget),
                                                               GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, _("_Open"),
                                                               _("_Cancel"));

  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (chooser), TRUE);
  g_signal_connect_object (chooser, "response", G_CALLBACK (folder_response_cb), widget, 0);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (chooser));
}

static void
training_action (GtkWidget  *widget,
                 const char *name,
                 GVariant   *parameter)
{
  MpWindow *self = MP_WINDOW (widget);

  if (g_str_equal (name, "win.step-iteration"))
    mp_session_step_iteration (self->session);
  else if (g_str_equal (name, "win.step-phase"))
    mp_session_step_phase (self->session);
  else if (g_str_equal (name, "win.reset"))
    mp_session_reset (self->session);
  else if (mp_session_get_playing (self->session))
    mp_session_pause (self->session);
  else
    mp_session_play (self->session);
}

static void
toast_action (GtkWidget  *widget,
              const char *name,
              GVariant   *parameter)
{
  mp_window_show_toast (MP_WINDOW (widget), g_variant_get_string (parameter, NULL));
}

/* Made when the place is chosen: lanes may train on while the dialog is open. */
static gboolean
write_picture (GtkWidget   *widget,
               const char  *path,
               gpointer     data,
               GError     **error)
{
  g_autoptr (MpPicture) picture = mp_window_make_picture (MP_WINDOW (widget));

  return mp_export_write (path, MP_EXPORT_PICTURE, picture, NULL, error);
}

static void
export_action (GtkWidget  *widget,
               const char *name,
               GVariant   *parameter)
{
  MpWindow *self = MP_WINDOW (widget);

  if (g_str_equal (name, "win.export")) {
    g_autofree char *file_name = g_strconcat (mp_session_get_title (self->session), ".png", NULL);

    mp_export_file_ask (widget, _("Export picture"), file_name, write_picture, NULL, NULL);
  } else {
    g_autoptr (MpPicture) picture = mp_window_make_picture (self);

    mp_export_copy (widget, MP_EXPORT_PICTURE, picture, NULL);
  }
}

static void
search_action (GtkWidget  *widget,
               const char *name,
               GVariant   *parameter)
{
  MpWindow *self = MP_WINDOW (widget);

  adw_flap_set_reveal_flap (self->library_flap, TRUE);
  gtk_stack_set_visible_child_name (self->library, "presets");
  mp_gallery_focus_search (self->gallery);
}

static void
draw_data_action (GtkWidget  *widget,
                  const char *name,
                  GVariant   *parameter)
{
  MpWindow *self = MP_WINDOW (widget);

  adw_flap_set_reveal_flap (self->library_flap, FALSE);
  gtk_window_present (GTK_WINDOW (mp_draw_window_new (GTK_WINDOW (self), self->session)));
}

static void
select_lane_action (GtkWidget  *widget,
                    const char *name,
                    GVariant   *parameter)
{
  mp_window_select_lane (MP_WINDOW (widget), (guint) g_variant_get_int32 (parameter) - 1);
}

static void
smoothing_changed (GSimpleAction *action,
                   GVariant      *value,
                   gpointer       data)
{
  MpWindow *self = data;

  g_simple_action_set_state (action, value);
  mp_charts_set_smoothing (self->charts, g_variant_get_double (value));
  if (self->settings)
    g_settings_set_double (self->settings, "smoothing", g_variant_get_double (value));
}

static void
apply_colour_scheme (const char *name)
{
  AdwColorScheme scheme = ADW_COLOR_SCHEME_DEFAULT;

  if (g_str_equal (name, "light"))
    scheme = ADW_COLOR_SCHEME_FORCE_LIGHT;
  else if (g_str_equal (name, "dark"))
    scheme = ADW_COLOR_SCHEME_FORCE_DARK;
  adw_style_manager_set_color_scheme (adw_style_manager_get_default (), scheme);
}

static void
colour_scheme_changed (GSimpleAction *action,
                       GVariant      *value,
                       gpointer       data)
{
  MpWindow *self = data;

  g_simple_action_set_state (action, value);
  apply_colour_scheme (g_variant_get_string (value, NULL));
  if (self->settings)
    g_settings_set_string (self->settings, "colour-scheme", g_variant_get_string (value, NULL));
}

static void
start_training_changed (GSimpleAction *action,
                        GVariant      *value,
                        gpointer       data)
{
  MpWindow *self = data;

  g_simple_action_set_state (action, value);
  if (self->settings)
    g_settings_set_boolean (self->settings, "start-training", g_variant_get_boolean (value));
}

static void
add_stateful (MpWindow   *self,
              const char *name,
              const char *parameter_type,
              GVariant   *state,
              void      (*change) (GSimpleAction *action, GVariant *value, gpointer data))
{
  g_autoptr (GSimpleAction) action = g_simple_action_new_stateful (name, parameter_type
                                                                           ? G_VARIANT_TYPE (parameter_type) : NULL,
                                                                   state);

  g_signal_connect (action, "change-state", G_CALLBACK (change), self);
  g_action_map_add_action (G_ACTION_MAP (self), G_ACTION (action));
}

static void
page_changed (GSimpleAction *action,
              GVariant      *value,
              gpointer       data)
{
  MpWindow *self = data;

  if (mp_pages_find (g_variant_get_string (value, NULL)))
    gtk_stack_set_visible_child_name (self->work, g_variant_get_string (value, NULL));
}

/* Where the keyboard was on the page before, it would come to the first button of the header bar, which Space then
 * presses. Where there are lanes to play, no widget has it; on other pages the first. */
static void
move_focus (MpWindow *self)
{
  const MpPageInfo *page = mp_pages_find (gtk_stack_get_visible_child_name (self->work));
  GtkWidget *focus = gtk_window_get_focus (GTK_WINDOW (self));

  if (focus && gtk_widget_get_ancestor (focus, GTK_TYPE_STACK_SWITCHER))
    return; /* whoever goes along the switcher */
  if (!page || page->needs_lanes || !page->create
      || !gtk_widget_child_focus (gtk_stack_get_visible_child (self->work), GTK_DIR_TAB_FORWARD))
    gtk_window_set_focus (GTK_WINDOW (self), NULL);
}

static void
page_shown_cb (MpWindow *self)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self), "page");

  g_simple_action_set_state (G_SIMPLE_ACTION (action),
                             g_variant_new_string (gtk_stack_get_visible_child_name (self->work)));
}

void
mp_window_fill_page_menu (MpWindow *self)
{
  g_autoptr (GMenu) menu = g_menu_new ();
  guint n;
  const MpPageInfo *pages = mp_pages_list (&n);

  for (guint i = 0; i < n; i++) {
    g_autofree char *action = g_strconcat ("win.page::", pages[i].id, NULL);

    g_menu_append (menu, g_dgettext (GETTEXT_PACKAGE, pages[i].title), action);
  }
  gtk_menu_button_set_menu_model (self->page_button, G_MENU_MODEL (menu));
  gtk_widget_set_visible (self->switcher, n > 1);
  gtk_widget_set_visible (GTK_WIDGET (self->page_button), n > 1);
}

/* A schema that an older version installed may lack it. */
static gboolean
has_key (GSettings  *settings,
         const char *key)
{
  g_autoptr (GSettingsSchema) schema = NULL;

  if (!settings)
    return FALSE;
  g_object_get (settings, "settings-schema", &schema, NULL);
  return g_settings_schema_has_key (schema, key);
}

void
mp_window_add_stateful_actions (MpWindow *self)
{
  g_autofree char *scheme = self->settings ? g_settings_get_string (self->settings, "colour-scheme")
                                           : g_strdup ("follow");
  double smoothing = self->settings ? g_settings_get_double (self->settings, "smoothing") : 50;
  gboolean start = self->settings ? g_settings_get_boolean (self->settings, "start-training") : FALSE;
  g_autoptr (GPropertyAction) library = g_property_action_new ("show-library", self->library_flap, "reveal-flap");
  g_autoptr (GPropertyAction) inspector = g_property_action_new ("show-inspector", self->inspector_flap,
                                                                 "reveal-flap");

  add_stateful (self, "smoothing", "d", g_variant_new_double (smoothing), smoothing_changed);
  add_stateful (self, "colour-scheme", "s", g_variant_new_string (scheme), colour_scheme_changed);
  add_stateful (self, "start-training", NULL, g_variant_new_boolean (start), start_training_changed);
  add_stateful (self, "page", "s", g_variant_new_string ("lanes"), page_changed);
  g_signal_connect_swapped (self->work, "notify::visible-child", G_CALLBACK (page_shown_cb), self);
  /* When the page is made and what does not belong to it is hidden. */
  g_signal_connect_data (self->work, "notify::visible-child", G_CALLBACK (move_focus), self, NULL,
                         G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  g_action_map_add_action (G_ACTION_MAP (self), G_ACTION (library));
  g_action_map_add_action (G_ACTION_MAP (self), G_ACTION (inspector));
  mp_charts_set_smoothing (self->charts, smoothing);
  if (has_key (self->settings, "charts"))
    g_settings_bind (self->settings, "charts", self->charts, "choices", G_SETTINGS_BIND_DEFAULT);
  apply_colour_scheme (scheme);
}

/* Plain keys must not be taken from entries, so they are asked last, when nobody else wanted them. */
void
mp_window_add_keys (MpWindow *self)
{
  static const struct
  {
    guint       key;
    const char *action;
  } keys[] = {
    { GDK_KEY_space, "win.play" },
    { GDK_KEY_period, "win.step-iteration" },
    { GDK_KEY_KP_Decimal, "win.step-iteration" },
    { GDK_KEY_comma, "win.step-phase" },
  };
  GtkEventController *controller = gtk_shortcut_controller_new ();
  guint n_pages;
  const MpPageInfo *pages = mp_pages_list (&n_pages);

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    gtk_shortcut_controller_add_shortcut (GTK_SHORTCUT_CONTROLLER (controller),
                                          gtk_shortcut_new (gtk_keyval_trigger_new (keys[i].key, 0),
                                                            gtk_named_action_new (keys[i].action)));
  for (int lane = 1; lane <= MP_MAX_LANES; lane++) {
    GtkShortcut *shortcut = gtk_shortcut_new (gtk_keyval_trigger_new (GDK_KEY_0 + lane, GDK_ALT_MASK),
                                              gtk_named_action_new ("win.select-lane"));

    gtk_shortcut_set_arguments (shortcut, g_variant_new_int32 (lane));
    gtk_shortcut_controller_add_shortcut (GTK_SHORTCUT_CONTROLLER (controller), shortcut);
  }
  for (guint i = 0; i < n_pages; i++) {
    GtkShortcut *shortcut = gtk_shortcut_new (gtk_keyval_trigger_new (GDK_KEY_1 + i, GDK_CONTROL_MASK),
                                              gtk_named_action_new ("win.page"));

    gtk_shortcut_set_arguments (shortcut, g_variant_new_string (pages[i].id));
    gtk_shortcut_controller_add_shortcut (GTK_SHORTCUT_CONTROLLER (controller), shortcut);
  }
  gtk_widget_add_controller (GTK_WIDGET (self), controller);
}

void
mp_window_install_actions (GtkWidgetClass *widget_class)
{
  mp_window_install_run_actions (widget_class);
  gtk_widget_class_install_action (widget_class, "win.play", NULL, training_action);
  gtk_widget_class_install_action (widget_class, "win.step-iteration", NULL, training_action);
  gtk_widget_class_install_action (widget_class, "win.step-phase", NULL, training_action);
  gtk_widget_class_install_action (widget_class, "win.reset", NULL, training_action);
  gtk_widget_class_install_action (widget_class, "win.toast", "s", toast_action);
  gtk_widget_class_install_action (widget_class, "win.export", NULL, export_action);
  gtk_widget_class_install_action (widget_class, "win.copy", NULL, export_action);
  gtk_widget_class_install_action (widget_class, "win.search", NULL, search_action);
  gtk_widget_class_install_action (widget_class, "win.draw-data", NULL, draw_data_action);
  gtk_widget_class_install_action (widget_class, "win.open-file", NULL, open_file_action);
  gtk_widget_class_install_action (widget_class, "win.open-folder", NULL, open_folder_action);
  gtk_widget_class_install_action (widget_class, "win.select-lane", "i", select_lane_action);
}
