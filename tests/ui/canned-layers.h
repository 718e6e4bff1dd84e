/* SPDX-License-Identifier: Apache-2.0
 *
 * canned-layers.h: one made-up layer of every drawing, the same ones every time.
 */
#pragma once

#include "engine/views/view.h"

G_BEGIN_DECLS

/* variant: 0; SPACE: 1: one dimension, 2: two panels; MATRIX: 1: two of them; BARS: 1: some below zero. */
MpLayer *canned_layer (MpDrawing drawing,
                       guint     variant);
void     canned_layer_free (MpLayer *layer);

G_END_DECLS
