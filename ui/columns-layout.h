/* SPDX-License-Identifier: Apache-2.0
 *
 * columns-layout.h: equal columns, as many as fit; the rest goes to further rows.
 *
 * Lanes and charts sit in it: side by side in a wide window, stacked in a narrow one or with large text. Rows share
 * the height that is left over evenly. Main thread only.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define MP_TYPE_COLUMNS_LAYOUT (mp_columns_layout_get_type ())
G_DECLARE_FINAL_TYPE (MpColumnsLayout, mp_columns_layout, MP, COLUMNS_LAYOUT, GtkLayoutManager)

GtkLayoutManager *mp_columns_layout_new       (void);
/* A column is never narrower than this at 100 % text size, or than its widest child's minimum. */
int               mp_columns_layout_get_width (MpColumnsLayout *self);
void              mp_columns_layout_set_width (MpColumnsLayout *self,
                                               int              width);

G_END_DECLS
