/* SPDX-License-Identifier: Apache-2.0
 *
 * lane-card.h: one lane: its name and numbers, its plots, its background layer, its state.
 *
 * Looks at an MpLaneModel and nothing else. Accessible role: group, labelled by the lane's title. Main thread only.
 *
 * Signal: "selected" (): the lane was clicked or focused; the inspector follows.
 */
#pragma once

#include <gtk/gtk.h>

#include "ui/lane-model.h"
#include "ui/lane-plots.h"
#include "ui/plot/picture.h"

G_BEGIN_DECLS

#define MP_TYPE_LANE_CARD (mp_lane_card_get_type ())
G_DECLARE_FINAL_TYPE (MpLaneCard, mp_lane_card, MP, LANE_CARD, GtkWidget)

GtkWidget   *mp_lane_card_new            (MpLaneModel *model);
MpLaneModel *mp_lane_card_get_model      (MpLaneCard  *self);
gboolean     mp_lane_card_get_selected   (MpLaneCard  *self);
void         mp_lane_card_set_selected   (MpLaneCard  *self,
                                          gboolean     selected);
/* Without what chooses layers: where several lanes share little height. */
void         mp_lane_card_set_compact    (MpLaneCard  *self,
                                          gboolean     compact);
/* Lanes side by side have heads of one height, so that their plots line up. */
void         mp_lane_card_join_heads     (MpLaneCard   *self,
                                          GtkSizeGroup *heads);
/* For pictures: the numbers at the lane's head (strings are the model's) and its plots. */
void         mp_lane_card_get_head       (MpLaneCard  *self,
                                          MpLaneHead  *head);
MpLanePlots *mp_lane_card_get_plots      (MpLaneCard  *self);

G_END_DECLS
