/* SPDX-License-Identifier: Apache-2.0
 *
 * drop-down.h: drop-downs of words that give way: the chosen word is cut with an ellipsis where there is no room, the
 * list shows all of it. Main thread only.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* For a drop-down over a GtkStringList. width_chars: what it keeps at least. What follows a line break in a string is an
 * explanation, which only the list shows. */
void mp_drop_down_give_way (GtkDropDown *drop_down,
                            int          width_chars);

/* The button always says `word`; what is chosen shows in the list. */
void mp_drop_down_set_word (GtkDropDown *drop_down,
                            const char  *word);

G_END_DECLS
