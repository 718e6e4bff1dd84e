/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/gallery.h"

#include <string.h>

#include "engine/train/experiment.h"

struct _MpGallery
{
  GtkWidget parent_instance;

  GPtrArray  *presets;
  GtkWidget  *search;
  GtkListBox *list;
};

enum
{
  OPEN,
  ADD,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MpGallery, mp_gallery, GTK_TYPE_WIDGET)

static const MpPreset *
preset_of_row (MpGallery     *self,
               GtkListBoxRow *row)
{
  return g_ptr_array_index (self->presets, gtk_list_box_row_get_index (row));
}

static gboolean
contains (const char *text,
          const char *folded_words)
{
  g_autofree char *folded = text ? g_utf8_casefold (text, -1) : NULL;

  return folded && strstr (folded, folded_words);
}

static gboolean
filter (GtkListBoxRow *row,
        gpointer       data)
{
  MpGallery *self = data;
  const MpPreset *preset = preset_of_row (self, row);
  g_autofree char *words = g_utf8_casefold (gtk_editable_get_text (GTK_EDITABLE (self->search)), -1);

  return !*words || contains (preset->id, words) || contains (preset->title, words) ||
         contains (preset->summary, words);
}

static void
row_activated_cb (GtkListBox    *list,
                  GtkListBoxRow *row,
                  MpGallery     *self)
{
  g_signal_emit (self, signals[OPEN], 0, preset_of_row (self, row)->id);
}

static void
add_cb (GtkWidget *button,
        MpGallery *self)
{
  GtkWidget *row = gtk_widget_get_ancestor (button, GTK_TYPE_LIST_BOX_ROW);

  g_signal_emit (self, signals[ADD], 0, preset_of_row (self, GTK_LIST_BOX_ROW (row))->id);
}

static GtkWidget *
new_label (const char *text,
           const char *class)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_width_chars (GTK_LABEL (label), 12);
  gtk_widget_add_css_class (label, class);
  return label;
}

static GtkWidget *
new_mark (const MpPreset *preset)
{
  GtkWidget *mark = gtk_label_new (preset->ours ? _("ours") : _("paper"));

  gtk_widget_set_tooltip_text (mark, preset->ours ? _("Settings of this program's authors")
                                                  : _("Settings of the method's paper"));
  gtk_widget_add_css_class (mark, "mark");
  gtk_widget_add_css_class (mark, "caption");
  gtk_widget_add_css_class (mark, preset->ours ? "ours" : "paper");
  gtk_widget_set_valign (mark, GTK_ALIGN_CENTER);
  return mark;
}

static void
append_row (MpGallery      *self,
            const MpPreset *preset)
{
  GtkWidget *row = gtk_list_box_row_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *words = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  GtkWidget *head = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *title = new_label (preset->title, "heading");
  GtkWidget *add = gtk_button_new_from_icon_name ("list-add-symbolic");
  g_autofree char *tip = g_strdup_printf (_("Add “%s” to the lanes"), preset->title);

  gtk_widget_set_hexpand (title, TRUE);
  gtk_box_append (GTK_BOX (head), title);
  gtk_box_append (GTK_BOX (head), new_mark (preset));
  gtk_box_append (GTK_BOX (words), head);
  if (preset->summary)
    gtk_box_append (GTK_BOX (words), new_label (preset->summary, "caption"));
  gtk_widget_set_hexpand (words, TRUE);
  gtk_widget_set_valign (add, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (add, "flat");
  gtk_widget_set_tooltip_text (add, tip);
  gtk_accessible_update_property (GTK_ACCESSIBLE (add), GTK_ACCESSIBLE_PROPERTY_LABEL, tip, -1);
  g_signal_connect (add, "clicked", G_CALLBACK (add_cb), self);
  gtk_box_append (GTK_BOX (box), words);
  gtk_box_append (GTK_BOX (box), add);
  gtk_widget_add_css_class (row, "preset");
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), box);
  gtk_accessible_update_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_LABEL, preset->title,
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, preset->summary ? preset->summary : "", -1);
  gtk_list_box_append (self->list, row);
}

static void
search_cb (MpGallery *self)
{
  gtk_list_box_invalidate_filter (self->list);
}

/* Enter in the search opens the first match. */
static void
activate_cb (MpGallery *self)
{
  GtkListBoxRow *row;

  for (int i = 0; (row = gtk_list_box_get_row_at_index (self->list, i)); i++)
    if (filter (row, self)) {
      g_signal_emit (self, signals[OPEN], 0, preset_of_row (self, row)->id);
      return;
    }
}

static void
mp_gallery_dispose (GObject *object)
{
  MpGallery *self = MP_GALLERY (object);
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))))
    gtk_widget_unparent (child);
  g_clear_pointer (&self->presets, g_ptr_array_unref);
  G_OBJECT_CLASS (mp_gallery_parent_class)->dispose (object);
}

static void
mp_gallery_class_init (MpGalleryClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = mp_gallery_dispose;
  signals[OPEN] = g_signal_new ("open", MP_TYPE_GALLERY, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[ADD] = g_signal_new ("add", MP_TYPE_GALLERY, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                               G_TYPE_NONE, 1, G_TYPE_STRING);
  gtk_widget_class_set_template_from_resource (widget_class, MP_RESOURCE_PATH "/ui/gallery.ui");
  gtk_widget_class_bind_template_child (widget_class, MpGallery, search);
  gtk_widget_class_bind_template_child (widget_class, MpGallery, list);
  gtk_widget_class_set_css_name (widget_class, "gallery");
}

static void
mp_gallery_init (MpGallery *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_list_box_set_filter_func (self->list, filter, self, NULL);
  g_signal_connect (self->list, "row-activated", G_CALLBACK (row_activated_cb), self);
  g_signal_connect_swapped (self->search, "search-changed", G_CALLBACK (search_cb), self);
  g_signal_connect_swapped (self->search, "activate", G_CALLBACK (activate_cb), self);
}

GtkWidget *
mp_gallery_new (void)
{
  return g_object_new (MP_TYPE_GALLERY, NULL);
}

void
mp_gallery_set_presets (MpGallery *self,
                        GPtrArray *presets)
{
  GtkListBoxRow *row;

  g_return_if_fail (MP_IS_GALLERY (self));
  g_return_if_fail (presets != NULL);

  while ((row = gtk_list_box_get_row_at_index (self->list, 0)))
    gtk_list_box_remove (self->list, GTK_WIDGET (row));
  g_ptr_array_ref (presets);
  g_clear_pointer (&self->presets, g_ptr_array_unref);
  self->presets = presets;
  for (guint i = 0; i < presets->len; i++)
    append_row (self, g_ptr_array_index (presets, i));
}

void
mp_gallery_focus_search (MpGallery *self)
{
  g_return_if_fail (MP_IS_GALLERY (self));

  gtk_widget_grab_focus (self->search);
}

guint
mp_gallery_get_n_shown (MpGallery *self)
{
  GtkListBoxRow *row;
  guint n = 0;

  g_return_val_if_fail (MP_IS_GALLERY (self), 0);

  for (int i = 0; (row = gtk_list_box_get_row_at_index (self->list, i)); i++)
    n += filter (row, self);
  return n;
}

void
mp_gallery_set_search (MpGallery  *self,
                       const char *text)
{
  g_return_if_fail (MP_IS_GALLERY (self));
  g_return_if_fail (text != NULL);

  gtk_editable_set_text (GTK_EDITABLE (self->search), text);
  gtk_list_box_invalidate_filter (self->list);
}
