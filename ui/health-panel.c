/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/health-panel.h"

struct _MpHealthPanel
{
  GtkWidget parent_instance;

  char *shown; /* what is there: titles and buttons */
};

G_DEFINE_FINAL_TYPE (MpHealthPanel, mp_health_panel, GTK_TYPE_WIDGET)

static GtkWidget *
new_label (const char *text,
           const char *style)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_width_chars (GTK_LABEL (label), 20);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 32);
  gtk_widget_add_css_class (label, style);
  return label;
}

static void
add_finding (MpHealthPanel  *self,
             const MpHealth *health)
{
  static const char *const classes[] = { "health-calm", "health-good", "health-warning", "health-bad" };
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2), *buttons = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *detail = new_label (NULL, "caption");

  gtk_widget_add_css_class (box, "health");
  gtk_widget_add_css_class (box, classes[health->level]);
  gtk_box_append (GTK_BOX (box), new_label (health->title, "heading"));
  gtk_box_append (GTK_BOX (box), detail);
  g_object_set_data (G_OBJECT (box), "detail", detail);
  if (health->roll_back) {
    GtkWidget *button = gtk_button_new_with_mnemonic (_("_Go back"));

    g_object_set_data (G_OBJECT (box), "roll-back", button);

    gtk_widget_add_css_class (button, "small");
    gtk_widget_set_tooltip_text (button, _("Opens a lane that goes on from the last good checkpoint"));
    gtk_box_append (GTK_BOX (buttons), button);
  }
  if (health->lesson) {
    GtkWidget *button = gtk_button_new_with_mnemonic (_("_Lesson"));

    gtk_widget_add_css_class (button, "small");
    gtk_widget_set_tooltip_text (button, _("Opens the lesson that explains this"));
    gtk_actionable_set_action_target (GTK_ACTIONABLE (button), "s", health->lesson);
    gtk_actionable_set_action_name (GTK_ACTIONABLE (button), "win.lesson");
    gtk_box_append (GTK_BOX (buttons), button);
  }
  if (gtk_widget_get_first_child (buttons))
    gtk_box_append (GTK_BOX (box), buttons);
  else
    g_object_unref (g_object_ref_sink (buttons));
  gtk_widget_set_parent (box, GTK_WIDGET (self));
}

/* What changes as the lane trains, without taking a button away that is just being pressed. */
static void
update_finding (GtkWidget      *box,
                const MpHealth *health,
                MpLaneModel    *model,
                guint           lane)
{
  GtkLabel *detail = g_object_get_data (G_OBJECT (box), "detail");
  GtkActionable *button = g_object_get_data (G_OBJECT (box), "roll-back");

  gtk_label_set_text (detail, health->detail ? health->detail : "");
  gtk_widget_set_visible (GTK_WIDGET (detail), health->detail && health->detail[0] != '\0');
  if (!button)
    return;
  /* The target first: an action with a parameter that has none yet is complained about. */
  gtk_actionable_set_action_target (button, "(ix)", (gint32) lane,
                                    (gint64) mp_lane_model_get_progress (model)->iteration);
  gtk_actionable_set_action_name (button, "win.branch");
}

static void
clear (MpHealthPanel *self)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))))
    gtk_widget_unparent (child);
}

void
mp_health_panel_show (MpHealthPanel *self,
                      MpLaneModel   *model,
                      guint          lane)
{
  g_autoptr (GPtrArray) list = NULL;
  g_autoptr (GString) all = g_string_new (NULL);
  GtkWidget *box;

  g_return_if_fail (MP_IS_HEALTH_PANEL (self));

  list = model ? mp_health_list (model) : g_ptr_array_new ();
  g_string_printf (all, "%u", lane);
  for (guint i = 0; i < list->len; i++) {
    const MpHealth *health = g_ptr_array_index (list, i);

    g_string_append_printf (all, "\n%d %d %s %s", health->level, health->roll_back, health->lesson ? health->lesson : "",
                            health->title);
  }
  if (g_strcmp0 (all->str, self->shown) != 0) {
    g_free (self->shown);
    self->shown = g_strdup (all->str);
    clear (self);
    for (guint i = 0; i < list->len; i++)
      add_finding (self, g_ptr_array_index (list, i));
  }
  box = gtk_widget_get_first_child (GTK_WIDGET (self));
  for (guint i = 0; i < list->len; i++, box = gtk_widget_get_next_sibling (box))
    update_finding (box, g_ptr_array_index (list, i), model, lane);
}

static void
mp_health_panel_dispose (GObject *object)
{
  clear (MP_HEALTH_PANEL (object));
  G_OBJECT_CLASS (mp_health_panel_parent_class)->dispose (object);
}

static void
mp_health_panel_finalize (GObject *object)
{
  g_free (MP_HEALTH_PANEL (object)->shown);
  G_OBJECT_CLASS (mp_health_panel_parent_class)->finalize (object);
}

static void
mp_health_panel_class_init (MpHealthPanelClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mp_health_panel_dispose;
  G_OBJECT_CLASS (klass)->finalize = mp_health_panel_finalize;
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BOX_LAYOUT);
  gtk_widget_class_set_css_name (widget_class, "healthpanel");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_STATUS);
}

static void
mp_health_panel_init (MpHealthPanel *self)
{
  gtk_orientable_set_orientation (GTK_ORIENTABLE (gtk_widget_get_layout_manager (GTK_WIDGET (self))),
                                  GTK_ORIENTATION_VERTICAL);
}

GtkWidget *
mp_health_panel_new (void)
{
  return g_object_new (MP_TYPE_HEALTH_PANEL, NULL);
}
