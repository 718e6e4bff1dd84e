/* SPDX-License-Identifier: Apache-2.0
 *
 * layer-plot.h: layers of the engine (engine/views/view.h) as things that are drawn. The one place in ui/plot that knows
 * the engine's types; it calls none of its functions.
 */
#pragma once

#include "engine/views/view.h"
#include "ui/plot/panel.h"

G_BEGIN_DECLS

/* SURFACE. NULL where the layer has no values to draw. (transfer full) */
MpHeatMap *mp_layer_make_heat_map (const MpLayer *layer);
/* MARKS, ARROWS, LATTICE, POINTS: adds it to the scatter. ordinal: how many arrows were added before: tells them apart. */
void       mp_layer_add_overlay (const MpLayer *layer,
                                 MpScatter     *scatter,
                                 guint          ordinal);
/* MATRIX, SPACE, BARS. */
void       mp_layer_fill_panel (const MpLayer *layer,
                                MpPanel       *panel);

G_END_DECLS
