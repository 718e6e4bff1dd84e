/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/drop-down.h"

#include <string.h>

/* The button shows words that give way, the list all of them and the explanation. */
static void
setup_cb (GtkSignalListItemFactory *factory,
          GtkListItem              *item,
          gpointer                  data)
{
  int width_chars = GPOINTER_TO_INT (data);
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  if (width_chars > 0) {
    gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
    gtk_label_set_width_chars (GTK_LABEL (label), width_chars);
  } else {
    gtk_label_set_wrap (GTK_LABEL (label), TRUE);
    gtk_label_set_max_width_chars (GTK_LABEL (label), 46);
  }
  gtk_list_item_set_child (item, label);
}

static void
bind_cb (GtkSignalListItemFactory *factory,
         GtkListItem              *item,
         gpointer                  data)
{
  const char *string = gtk_string_object_get_string (gtk_list_item_get_item (item));
  GtkLabel *label = GTK_LABEL (gtk_list_item_get_child (item));
  const char *line = strchr (string, '\n');
  g_autofree char *title = line ? g_strndup (string, line - string) : g_strdup (string);

  if (line && GPOINTER_TO_INT (data) == 0) {
    g_autofree char *markup = g_markup_printf_escaped ("%s\n<span size=\"smaller\" alpha=\"65%%\">%s</span>", title,
                                                       line + 1);

    gtk_label_set_markup (label, markup);
    gtk_label_set_width_chars (label, 36); /* the list would be as wide as its button */
  } else {
    gtk_label_set_text (label, title);
    if (GPOINTER_TO_INT (data) == 0)
      gtk_label_set_width_chars (label, -1);
  }
}

static GtkListItemFactory *
new_factory (int width_chars)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();

  g_signal_connect (factory, "setup", G_CALLBACK (setup_cb), GINT_TO_POINTER (width_chars));
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cb), GINT_TO_POINTER (width_chars));
  return factory;
}

void
mp_drop_down_give_way (GtkDropDown *drop_down,
                       int          width_chars)
{
  g_autoptr (GtkListItemFactory) button = new_factory (width_chars);
  g_autoptr (GtkListItemFactory) list = new_factory (0);

  g_return_if_fail (GTK_IS_DROP_DOWN (drop_down));
  g_return_if_fail (width_chars > 0);

  gtk_drop_down_set_factory (drop_down, button);
  gtk_drop_down_set_list_factory (drop_down, list);
}

static void
bind_word_cb (GtkSignalListItemFactory *factory,
              GtkListItem              *item,
              const char               *word)
{
  gtk_label_set_text (GTK_LABEL (gtk_list_item_get_child (item)), word);
}

void
mp_drop_down_set_word (GtkDropDown *drop_down,
                       const char  *word)
{
  g_autoptr (GtkListItemFactory) button = gtk_signal_list_item_factory_new ();
  g_autoptr (GtkListItemFactory) list = new_factory (0);

  g_return_if_fail (GTK_IS_DROP_DOWN (drop_down));
  g_return_if_fail (word != NULL);

  g_signal_connect (button, "setup", G_CALLBACK (setup_cb), NULL);
  g_signal_connect (button, "bind", G_CALLBACK (bind_word_cb), (gpointer) g_intern_string (word));
  gtk_drop_down_set_factory (drop_down, button);
  gtk_drop_down_set_list_factory (drop_down, list);
}
