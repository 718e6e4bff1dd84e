/* SPDX-License-Identifier: Apache-2.0
 *
 * layer-bar.h: the controls below a lane's plot: its background with colour bar, its overlays, its panel, its clouds.
 *
 * Every choice explains itself in a line. Main thread only.
 */
#pragma once

#include <gtk/gtk.h>

#include "ui/lane-plots.h"

G_BEGIN_DECLS

#define MP_TYPE_LAYER_BAR (mp_layer_bar_get_type ())
G_DECLARE_FINAL_TYPE (MpLayerBar, mp_layer_bar, MP, LAYER_BAR, GtkWidget)

/* Once. */
void mp_layer_bar_set_plots (MpLayerBar  *self,
                             MpLaneModel *model,
                             MpLanePlots *plots);

G_END_DECLS
