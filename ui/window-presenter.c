/* SPDX-License-Identifier: Apache-2.0
 *
 * window-presenter.c: presenter mode: the whole screen, large type, the page and its play button, nothing else. F5 and
 * Escape, Page Down and Page Up on a lesson, Space; for lectures.
 */
#include <glib/gi18n-lib.h>

#include "ui/window-private.h"

static void
set_presenting (MpWindow *self,
                gboolean  presenting)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self), "presenter");

  if (g_variant_get_boolean (g_action_get_state (action)) == presenting)
    return;
  g_simple_action_set_state (G_SIMPLE_ACTION (action), g_variant_new_boolean (presenting));
  self->presenting = presenting;
  if (presenting) {
    gtk_widget_add_css_class (GTK_WIDGET (self), "presenter");
    gtk_window_fullscreen (GTK_WINDOW (self));
    adw_flap_set_reveal_flap (self->library_flap, FALSE);
  } else {
    gtk_widget_remove_css_class (GTK_WIDGET (self), "presenter");
    gtk_window_unfullscreen (GTK_WINDOW (self));
  }
  gtk_widget_set_visible (self->header, !presenting);
  mp_window_update_page (self);
}

static void
presenter_changed (GSimpleAction *action,
                   GVariant      *value,
                   gpointer       data)
{
  set_presenting (data, g_variant_get_boolean (value));
}

static gboolean
escape_cb (GtkEventControllerKey *controller,
           guint                  key,
           guint                  code,
           GdkModifierType        modifiers,
           MpWindow              *self)
{
  if (key != GDK_KEY_Escape || !self->presenting)
    return GDK_EVENT_PROPAGATE;
  set_presenting (self, FALSE);
  return GDK_EVENT_STOP;
}

MpLessonPage *
mp_window_get_lesson_page (MpWindow *self)
{
  GtkWidget *bin = gtk_stack_get_child_by_name (self->work, "lesson");
  GtkWidget *page = bin ? adw_bin_get_child (ADW_BIN (bin)) : NULL;

  return page ? MP_LESSON_PAGE (page) : NULL;
}

static void
open_lesson (MpWindow   *self,
             const char *id)
{
  gtk_stack_set_visible_child_name (self->work, "lesson");
  if (!mp_lesson_page_open (mp_window_get_lesson_page (self), id))
    mp_window_show_toast (self, _("There is no lesson of that name."));
}

/* Shows the page of lessons and opens one. Whoever comes from a lesson knows that its lanes go with it. */
static void
lesson_activated (GSimpleAction *action,
                  GVariant      *parameter,
                  gpointer       data)
{
  MpWindow *self = data;
  MpLessonPage *page = mp_window_get_lesson_page (self);
  const char *id = g_variant_get_string (parameter, NULL);

  if (page && mp_lesson_page_has_lanes (page))
    open_lesson (self, id);
  else
    mp_window_ask_open (self, _("Open the lesson?"), _("_Open the lesson"), open_lesson, id);
}

void
mp_window_add_presenter (MpWindow *self)
{
  g_autoptr (GSimpleAction) presenter = g_simple_action_new_stateful ("presenter", NULL, g_variant_new_boolean (FALSE));
  g_autoptr (GSimpleAction) lesson = g_simple_action_new ("lesson", G_VARIANT_TYPE_STRING);
  GtkEventController *keys = gtk_event_controller_key_new (), *shortcuts = gtk_shortcut_controller_new ();

  g_signal_connect (presenter, "change-state", G_CALLBACK (presenter_changed), self);
  g_signal_connect (lesson, "activate", G_CALLBACK (lesson_activated), self);
  g_action_map_add_action (G_ACTION_MAP (self), G_ACTION (presenter));
  g_action_map_add_action (G_ACTION_MAP (self), G_ACTION (lesson));
  g_signal_connect (keys, "key-pressed", G_CALLBACK (escape_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), keys);
  gtk_shortcut_controller_add_shortcut (GTK_SHORTCUT_CONTROLLER (shortcuts),
                                        gtk_shortcut_new (gtk_keyval_trigger_new (GDK_KEY_F5, 0),
                                                          gtk_named_action_new ("win.presenter")));
  gtk_widget_add_controller (GTK_WIDGET (self), shortcuts);
}
