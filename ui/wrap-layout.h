/* SPDX-License-Identifier: Apache-2.0
 *
 * wrap-layout.h: children in a line that breaks where it must, like words.
 *
 * Rows of controls sit in it, so that large text or a narrow window moves them to a second line and cuts nothing off.
 * A child that expands horizontally takes what its line leaves over. Main thread only.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define MP_TYPE_WRAP_LAYOUT (mp_wrap_layout_get_type ())
G_DECLARE_FINAL_TYPE (MpWrapLayout, mp_wrap_layout, MP, WRAP_LAYOUT, GtkLayoutManager)

GtkLayoutManager *mp_wrap_layout_new         (void);
int               mp_wrap_layout_get_spacing (MpWrapLayout *self);
void              mp_wrap_layout_set_spacing (MpWrapLayout *self,
                                              int           spacing);
/* TRUE, the default: a child that expands shrinks to its minimum before the line breaks. */
gboolean          mp_wrap_layout_get_shrink  (MpWrapLayout *self);
void              mp_wrap_layout_set_shrink  (MpWrapLayout *self,
                                              gboolean      shrink);

G_END_DECLS
