/* SPDX-License-Identifier: Apache-2.0
 *
 * colour-bar.h: the colour bar of a background layer, with its numbers. Main thread only.
 */
#pragma once

#include <gtk/gtk.h>

#include "ui/plot/heat-map.h"

G_BEGIN_DECLS

#define MP_TYPE_COLOUR_BAR (mp_colour_bar_get_type ())
G_DECLARE_FINAL_TYPE (MpColourBar, mp_colour_bar, MP, COLOUR_BAR, GtkWidget)

GtkWidget *mp_colour_bar_new          (void);
/* heat_map: NULL shows nothing. lane: whose colour. */
void       mp_colour_bar_set_heat_map (MpColourBar *self,
                                       MpHeatMap   *heat_map,
                                       guint        lane);

G_END_DECLS
