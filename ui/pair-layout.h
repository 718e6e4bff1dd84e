/* SPDX-License-Identifier: Apache-2.0
 *
 * pair-layout.h: a plot and, where there is one, a second beside or below it, whichever leaves both larger. Main thread
 * only.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define MP_TYPE_PAIR_LAYOUT (mp_pair_layout_get_type ())
G_DECLARE_FINAL_TYPE (MpPairLayout, mp_pair_layout, MP, PAIR_LAYOUT, GtkLayoutManager)

GtkLayoutManager *mp_pair_layout_new (void);

G_END_DECLS
