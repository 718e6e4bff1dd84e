/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/device-menu.h"

#include "engine/train/devices.h"

struct _MpDeviceMenu
{
  GtkWidget parent_instance;

  char       *chosen;
  GtkListBox *list;
};

static guint chosen_signal;

G_DEFINE_FINAL_TYPE (MpDeviceMenu, mp_device_menu, GTK_TYPE_WIDGET)

/* ---- rows ---- */

static const char *
row_device (GtkWidget *row)
{
  return g_object_get_data (G_OBJECT (row), "device");
}

static GtkWidget *
new_label (const char *text,
           const char *style)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 40);
  if (style)
    gtk_widget_add_css_class (label, style);
  return label;
}

static void
add_row (MpDeviceMenu *self,
         const char   *device,
         const char   *title,
         const char   *detail,
         gboolean      usable)
{
  GtkWidget *row = gtk_list_box_row_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  GtkWidget *words = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  GtkWidget *mark = gtk_image_new_from_icon_name ("object-select-symbolic");
  GtkWidget *second = new_label (detail, "caption");

  gtk_widget_set_valign (mark, GTK_ALIGN_START);
  gtk_widget_set_hexpand (words, TRUE);
  if (usable) /* a reason is there to be read, and an insensitive row is dim enough */
    gtk_widget_add_css_class (second, "dim-label");
  gtk_box_append (GTK_BOX (words), new_label (title, NULL));
  gtk_box_append (GTK_BOX (words), second);
  gtk_box_append (GTK_BOX (box), mark);
  gtk_box_append (GTK_BOX (box), words);
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), box);
  gtk_widget_add_css_class (row, "device");
  gtk_widget_set_sensitive (row, usable);
  gtk_accessible_update_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_LABEL, title,
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, detail, -1);
  g_object_set_data_full (G_OBJECT (row), "device", g_strdup (device), g_free);
  g_object_set_data (G_OBJECT (row), "mark", mark);
  gtk_list_box_append (self->list, row);
}

static void
show_chosen (MpDeviceMenu *self)
{
  GtkWidget *row = mp_device_menu_find_row (self, self->chosen);
  GtkWidget *marked = row ? row : mp_device_menu_find_row (self, "auto");

  for (row = gtk_widget_get_first_child (GTK_WIDGET (self->list)); row; row = gtk_widget_get_next_sibling (row)) {
    gtk_widget_set_opacity (g_object_get_data (G_OBJECT (row), "mark"), row == marked);
    gtk_accessible_update_state (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_STATE_SELECTED, row == marked, -1);
  }
}

static void
activated_cb (GtkListBox    *list,
              GtkListBoxRow *row,
              MpDeviceMenu  *self)
{
  GtkWidget *popover = gtk_widget_get_ancestor (GTK_WIDGET (self), GTK_TYPE_POPOVER);

  mp_device_menu_set_chosen (self, row_device (GTK_WIDGET (row)));
  g_signal_emit (self, chosen_signal, 0, self->chosen);
  if (popover)
    gtk_popover_popdown (GTK_POPOVER (popover));
}

/* ---- the widget ---- */

static void
mp_device_menu_dispose (GObject *object)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (object))))
    gtk_widget_unparent (child);
  G_OBJECT_CLASS (mp_device_menu_parent_class)->dispose (object);
}

static void
mp_device_menu_finalize (GObject *object)
{
  g_free (MP_DEVICE_MENU (object)->chosen);
  G_OBJECT_CLASS (mp_device_menu_parent_class)->finalize (object);
}

static void
mp_device_menu_class_init (MpDeviceMenuClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mp_device_menu_dispose;
  G_OBJECT_CLASS (klass)->finalize = mp_device_menu_finalize;
  chosen_signal = g_signal_new ("chosen", MP_TYPE_DEVICE_MENU, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                G_TYPE_STRING);
  gtk_widget_class_set_css_name (widget_class, "devicemenu");
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BOX_LAYOUT);
}

static void
mp_device_menu_init (MpDeviceMenu *self)
{
  GtkWidget *title = new_label (_("New lanes train on"), "heading");
  GtkWidget *list = gtk_list_box_new ();

  gtk_orientable_set_orientation (GTK_ORIENTABLE (gtk_widget_get_layout_manager (GTK_WIDGET (self))),
                                  GTK_ORIENTATION_VERTICAL);
  self->list = GTK_LIST_BOX (list);
  gtk_list_box_set_selection_mode (self->list, GTK_SELECTION_NONE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (list), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Devices"), -1);
  g_signal_connect (list, "row-activated", G_CALLBACK (activated_cb), self);
  gtk_widget_set_parent (title, GTK_WIDGET (self));
  gtk_widget_set_parent (list, GTK_WIDGET (self));
  self->chosen = g_strdup ("auto");
  mp_device_menu_set_devices (self, NULL);
}

GtkWidget *
mp_device_menu_new (void)
{
  return g_object_new (MP_TYPE_DEVICE_MENU, NULL);
}

void
mp_device_menu_set_devices (MpDeviceMenu *self,
                            GPtrArray    *devices)
{
  gboolean have_gpu = FALSE;
  GtkWidget *row;

  g_return_if_fail (MP_IS_DEVICE_MENU (self));

  while ((row = gtk_widget_get_first_child (GTK_WIDGET (self->list))))
    gtk_list_box_remove (self->list, row);
  for (guint i = 0; devices && i < devices->len; i++)
    have_gpu = have_gpu || (((MpDeviceEntry *) devices->pdata[i])->usable
                            && !g_str_equal (((MpDeviceEntry *) devices->pdata[i])->id, "cpu"));
  add_row (self, "auto", _("Automatic"),
           !devices ? _("Looking for devices…")
           : have_gpu ? _("The first graphics processor that can be used")
                      : _("The processor: no graphics processor can be used. Toy data sets train well without one."), TRUE);
  for (guint i = 0; devices && i < devices->len; i++) {
    const MpDeviceEntry *device = g_ptr_array_index (devices, i);

    add_row (self, device->id, device->title, device->status, device->usable);
  }
  show_chosen (self);
}

const char *
mp_device_menu_get_chosen (MpDeviceMenu *self)
{
  g_return_val_if_fail (MP_IS_DEVICE_MENU (self), NULL);

  return self->chosen;
}

void
mp_device_menu_set_chosen (MpDeviceMenu *self,
                           const char   *device)
{
  char *copy;

  g_return_if_fail (MP_IS_DEVICE_MENU (self));

  copy = g_strdup (device ? device : "auto");
  g_free (self->chosen);
  self->chosen = copy;
  show_chosen (self);
}

GtkWidget *
mp_device_menu_find_row (MpDeviceMenu *self,
                         const char   *device)
{
  g_return_val_if_fail (MP_IS_DEVICE_MENU (self), NULL);

  for (GtkWidget *row = gtk_widget_get_first_child (GTK_WIDGET (self->list)); row;
       row = gtk_widget_get_next_sibling (row))
    if (g_strcmp0 (row_device (row), device) == 0)
      return row;
  return NULL;
}
