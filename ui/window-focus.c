/* SPDX-License-Identifier: Apache-2.0
 *
 * window-focus.c: Space plays, whatever was clicked.
 *
 * A click gives the keyboard to the button under the pointer, and a menu that closes gives it to its button: Space would
 * press that again where the person, who sees no focus, means the lanes. So the window remembers which widget was reached
 * by key, and takes Space from every other button. The focus stays where GTK has it: what is being typed is taken over as
 * elsewhere, Tab goes on from what was clicked, and Enter presses it. What is written is over with a click elsewhere, where
 * GTK would leave the keyboard in the entry, and with Enter in a setting, which gives it to the setting's row.
 */
#include "ui/param-row.h"
#include "ui/window-private.h"

/* Those that Space presses. */
static gboolean
is_button (GtkWidget *widget)
{
  return GTK_IS_BUTTON (widget) || GTK_IS_MENU_BUTTON (widget) || GTK_IS_DROP_DOWN (widget)
         || GTK_IS_CHECK_BUTTON (widget) || GTK_IS_SWITCH (widget) || GTK_IS_EXPANDER (widget)
         || GTK_IS_LIST_BOX_ROW (widget);
}

static gboolean
is_text (GtkWidget *widget)
{
  return GTK_IS_TEXT (widget) || GTK_IS_TEXT_VIEW (widget);
}

/* Menus and lists that are open have the keyboard for themselves. */
static gboolean
is_in_popover (GtkWidget *widget)
{
  return widget && gtk_widget_get_ancestor (widget, GTK_TYPE_POPOVER);
}

/* Whether there are lanes that Space plays on this page. */
static gboolean
shows_lanes (MpWindow *self)
{
  const MpPageInfo *page = mp_pages_find (gtk_stack_get_visible_child_name (self->work));
  MpLessonPage *lesson = mp_window_get_lesson_page (self);

  if (!self->session || g_list_model_get_n_items (mp_session_get_lanes (self->session)) == 0)
    return FALSE;
  return page->needs_lanes || (lesson && gtk_widget_get_mapped (GTK_WIDGET (lesson)) && mp_lesson_page_get_id (lesson));
}

static void
focus_cb (MpWindow *self)
{
  GtkWidget *focus = gtk_window_get_focus (GTK_WINDOW (self));

  if (!focus || focus == self->reached || is_in_popover (focus))
    return;
  g_set_weak_pointer (&self->reached, self->by_key ? focus : NULL);
  /* No ring around what Space does not press. */
  if (!self->reached && is_button (focus))
    gtk_window_set_focus_visible (GTK_WINDOW (self), FALSE);
}

static void
pressed_cb (MpWindow *self,
            int       n_press,
            double    x,
            double    y)
{
  GtkWidget *focus = gtk_window_get_focus (GTK_WINDOW (self));
  GtkWidget *picked = gtk_widget_pick (GTK_WIDGET (self), x, y, GTK_PICK_DEFAULT);
  GtkWidget *field = GTK_IS_TEXT (focus) ? gtk_widget_get_parent (focus) : focus; /* its icons and buttons too */

  self->by_key = FALSE;
  g_clear_weak_pointer (&self->reached);
  if (focus && is_text (focus) && !is_in_popover (focus) && picked && picked != field
      && !gtk_widget_is_ancestor (picked, field))
    gtk_window_set_focus (GTK_WINDOW (self), NULL);
}

static gboolean
key_cb (GtkEventControllerKey *controller,
        guint                  key,
        guint                  code,
        GdkModifierType        modifiers,
        MpWindow              *self)
{
  GtkWidget *focus = gtk_window_get_focus (GTK_WINDOW (self));

  if (is_in_popover (focus)) /* where the keyboard comes back to was chosen before */
    return GDK_EVENT_PROPAGATE;
  /* A key that plays may take the focus from a button that it makes insensitive. */
  if (key != GDK_KEY_space && key != GDK_KEY_period && key != GDK_KEY_KP_Decimal && key != GDK_KEY_comma)
    self->by_key = TRUE;
  if ((key == GDK_KEY_Return || key == GDK_KEY_KP_Enter) && focus && is_text (focus)
      && gtk_widget_get_ancestor (focus, MP_TYPE_PARAM_ROW))
    self->by_key = FALSE; /* nobody reached the row that gets the focus */
  if (key != GDK_KEY_space || (modifiers & gtk_accelerator_get_default_mod_mask ()) != 0 || !focus
      || focus == self->reached || !is_button (focus) || !shows_lanes (self))
    return GDK_EVENT_PROPAGATE;
  gtk_window_set_focus_visible (GTK_WINDOW (self), FALSE);
  gtk_widget_activate_action (GTK_WIDGET (self), "win.play", NULL);
  return GDK_EVENT_STOP;
}

void
mp_window_watch_focus (MpWindow *self)
{
  GtkGesture *click = gtk_gesture_click_new ();
  GtkEventController *keys = gtk_event_controller_key_new ();

  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (click), 0);
  gtk_event_controller_set_propagation_phase (GTK_EVENT_CONTROLLER (click), GTK_PHASE_CAPTURE);
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  g_signal_connect_swapped (click, "pressed", G_CALLBACK (pressed_cb), self);
  g_signal_connect (keys, "key-pressed", G_CALLBACK (key_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (click));
  gtk_widget_add_controller (GTK_WIDGET (self), keys);
  g_signal_connect (self, "notify::focus-widget", G_CALLBACK (focus_cb), NULL);
}
