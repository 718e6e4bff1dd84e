/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/application.h"

#include "ui/resources.h"
#include "ui/ui.h"
#include "ui/param-row.h"
#include "ui/renderer.h"
#include "ui/window.h"

struct _MpApplication
{
  AdwApplication parent_instance;

  char *preset;
};

G_DEFINE_FINAL_TYPE (MpApplication, mp_application, ADW_TYPE_APPLICATION)

GSettings *
mp_application_load_settings (void)
{
  GSettingsSchemaSource *source = g_settings_schema_source_get_default ();
  g_autoptr (GSettingsSchema) schema = NULL;

  if (source)
    schema = g_settings_schema_source_lookup (source, MP_APPLICATION_ID, TRUE);
  return schema ? g_settings_new_full (schema, NULL, NULL) : NULL;
}

static void
about_action (GSimpleAction *action,
              GVariant      *parameter,
              gpointer       data)
{
  GtkWindow *window = gtk_application_get_active_window (GTK_APPLICATION (data));

  adw_show_about_window (window,
                         "application-name", _("Matchpoint"),
                         "application-icon", MP_APPLICATION_ID,
                         "version", MP_VERSION,
                         "developer-name", _("The Matchpoint authors"),
                         "comments", _("A laboratory for generative models that are trained by matching: GANs, "
                                       "moments, density ratios."),
                         "website", "https://github.com/matchpoint-lab/matchpoint",
                         "license-type", GTK_LICENSE_APACHE_2_0,
                         "translator-credits", _("translator-credits"),
                         NULL);
}

static void
quit_action (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       data)
{
  g_autoptr (GList) windows = g_list_copy (gtk_application_get_windows (GTK_APPLICATION (data)));

  for (GList *l = windows; l; l = l->next)
    gtk_window_close (l->data);
}

static void
add_accelerators (GtkApplication *application)
{
  static const struct
  {
    const char *action;
    const char *keys[2];
  } accelerators[] = {
    { "app.quit", { "<Control>q" } },
    { "window.close", { "<Control>w" } },
    { "win.reset", { "<Control>BackSpace" } },
    { "win.show-library", { "F9" } },
    { "win.show-inspector", { "<Alt>Return" } },
    { "win.search", { "<Control>f" } },
    { "win.open-file", { "<Control>o" } },
    { "win.draw-data", { "<Control>d" } },
    { "win.export", { "<Control>e" } },
    { "win.copy", { "<Control><Shift>c" } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (accelerators); i++) {
    const char *keys[] = { accelerators[i].keys[0], NULL };

    gtk_application_set_accels_for_action (application, accelerators[i].action, keys);
  }
}

/* ---- what GTK does not do by itself ---- */

static gboolean
has_open_menu (GtkWidget *widget)
{
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child; child = gtk_widget_get_next_sibling (child))
    if (GTK_IS_POPOVER (child) ? gtk_widget_get_mapped (child) : has_open_menu (child))
      return TRUE;
  return FALSE;
}

/* A tooltip would cover the menu that its widget has just opened. */
static gboolean
query_tooltip_cb (GtkWidget  *widget,
                  int         x,
                  int         y,
                  gboolean    keyboard,
                  GtkTooltip *tooltip)
{
  gboolean shown = FALSE;

  if (!has_open_menu (widget))
    g_signal_chain_from_overridden_handler (widget, x, y, keyboard, tooltip, &shown);
  return shown;
}

static void
hide_tooltips_of_menus (void)
{
  static gsize done;
  g_autoptr (GTypeClass) widgets = NULL; /* the signal is theirs */

  if (!g_once_init_enter (&done))
    return;
  widgets = g_type_class_ref (GTK_TYPE_WIDGET);
  g_signal_override_class_handler ("query-tooltip", GTK_TYPE_MENU_BUTTON, G_CALLBACK (query_tooltip_cb));
  g_signal_override_class_handler ("query-tooltip", GTK_TYPE_DROP_DOWN, G_CALLBACK (query_tooltip_cb));
  g_signal_override_class_handler ("query-tooltip", MP_TYPE_PARAM_ROW, G_CALLBACK (query_tooltip_cb));
  g_once_init_leave (&done, 1);
}

/* GTK shows the bare names of keys where its translation has no other. */
static void
read_keys (GtkWidget *widget)
{
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child; child = gtk_widget_get_next_sibling (child)) {
    if (GTK_IS_LABEL (child) && gtk_widget_has_css_class (child, "keycap")) {
      g_autofree char *text = g_strdelimit (g_strdup (gtk_label_get_text (GTK_LABEL (child))), "_", ' ');

      gtk_label_set_text (GTK_LABEL (child), text);
    }
    read_keys (child);
  }
}

static void
mp_application_window_added (GtkApplication *application,
                             GtkWindow      *window)
{
  GtkShortcutsWindow *help = NULL;

  GTK_APPLICATION_CLASS (mp_application_parent_class)->window_added (application, window);
  if (GTK_IS_APPLICATION_WINDOW (window))
    help = gtk_application_window_get_help_overlay (GTK_APPLICATION_WINDOW (window));
  if (help)
    read_keys (GTK_WIDGET (help));
}

static void
mp_application_startup (GApplication *application)
{
  const GActionEntry entries[] = {
    { .name = "about", .activate = about_action },
    { .name = "quit", .activate = quit_action },
  };

  G_APPLICATION_CLASS (mp_application_parent_class)->startup (application);
  g_action_map_add_action_entries (G_ACTION_MAP (application), entries, G_N_ELEMENTS (entries), application);
  add_accelerators (GTK_APPLICATION (application));
  hide_tooltips_of_menus ();
  gtk_window_set_default_icon_name (MP_APPLICATION_ID);
}

static void
mp_application_activate (GApplication *application)
{
  MpApplication *self = MP_APPLICATION (application);
  g_autoptr (GSettings) settings = mp_application_load_settings ();
  g_autofree char *last = settings ? g_settings_get_string (settings, "last-preset") : NULL;
  MpWindow *window = mp_window_new (ADW_APPLICATION (application), settings, NULL);

  if (self->preset)
    mp_window_open (window, self->preset, settings && g_settings_get_boolean (settings, "start-training"));
  else if (last && *last)
    mp_window_open (window, last, FALSE);
  gtk_window_present (GTK_WINDOW (window));
}

static void
mp_application_finalize (GObject *object)
{
  g_free (MP_APPLICATION (object)->preset);
  G_OBJECT_CLASS (mp_application_parent_class)->finalize (object);
}

static void
mp_application_class_init (MpApplicationClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  object_class->finalize = mp_application_finalize;
  application_class->startup = mp_application_startup;
  application_class->activate = mp_application_activate;
  GTK_APPLICATION_CLASS (klass)->window_added = mp_application_window_added;
}

static void
mp_application_init (MpApplication *self)
{
}

MpApplication *
mp_application_new (const char *preset)
{
  MpApplication *self;

  /* A static library's constructors are not to be relied on. */
  g_resources_register (mp_get_resource ());
  self = g_object_new (MP_TYPE_APPLICATION, "application-id", MP_APPLICATION_ID,
                       "flags", G_APPLICATION_NON_UNIQUE, NULL);
  self->preset = g_strdup (preset);
  return self;
}

int
mp_ui_run (int         argc,
           char      **argv,
           const char *preset)
{
  g_autoptr (MpApplication) application = NULL;

  mp_renderer_choose ("/dev");
  application = mp_application_new (preset);
  return g_application_run (G_APPLICATION (application), argc, argv);
}
