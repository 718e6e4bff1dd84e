/* SPDX-License-Identifier: Apache-2.0
 *
 * lane-layers.h: which layers of a lane are chosen, and the last that arrived of each.
 *
 * One background or none, any number of overlays, one panel or none. Choices are kept per method while the program
 * runs: a lane that starts over, or another one of the same method, begins with what was chosen last. Among the panels is
 * one that no engine has to make: the latents of the samples (MP_LAYER_LATENT).
 *
 * Signals:
 *   changed-offer ()    other layers can be chosen
 *   changed-choice ()   another choice was made: ask for it at once
 *   changed-look ()     nothing needs to be asked for, but it is drawn differently
 *
 * Main thread only.
 */
#pragma once

#include <glib-object.h>

#include "engine/train/trainer.h"

G_BEGIN_DECLS

#define MP_LAYER_LATENT "latent"

#define MP_TYPE_LANE_LAYERS (mp_lane_layers_get_type ())
G_DECLARE_FINAL_TYPE (MpLaneLayers, mp_lane_layers, MP, LANE_LAYERS, GObject)

MpLaneLayers      *mp_lane_layers_new            (void);

/* ---- what can be chosen ---- */
/* method: whose choices are taken up. offer: copied; NULL when there is nothing yet. */
void               mp_lane_layers_set_offer      (MpLaneLayers      *self,
                                                  const char        *method,
                                                  guint              n,
                                                  const MpLayerInfo *offer);
guint              mp_lane_layers_get_n          (MpLaneLayers      *self,
                                                  MpPlace            place);
const MpLayerInfo *mp_lane_layers_get            (MpLaneLayers      *self,
                                                  MpPlace            place,
                                                  guint              i);
const MpLayerInfo *mp_lane_layers_find           (MpLaneLayers      *self,
                                                  const char        *id); /* or NULL */

/* ---- what is chosen ---- */
/* Background and panel: an id, or NULL for none. */
const char        *mp_lane_layers_get_chosen     (MpLaneLayers      *self,
                                                  MpPlace            place);
void               mp_lane_layers_choose         (MpLaneLayers      *self,
                                                  MpPlace            place,
                                                  const char        *id);
gboolean           mp_lane_layers_get_overlay    (MpLaneLayers      *self,
                                                  const char        *id);
void               mp_lane_layers_set_overlay    (MpLaneLayers      *self,
                                                  const char        *id,
                                                  gboolean           shown);
guint              mp_lane_layers_count_overlays (MpLaneLayers      *self);
/* Lines at round levels over the background. */
gboolean           mp_lane_layers_get_levels     (MpLaneLayers      *self);
void               mp_lane_layers_set_levels     (MpLaneLayers      *self,
                                                  gboolean           levels);
/* Bars on a logarithmic axis. */
gboolean           mp_lane_layers_get_log        (MpLaneLayers      *self);
void               mp_lane_layers_set_log        (MpLaneLayers      *self,
                                                  gboolean           log);

/* ---- what arrived ---- */
/* Ids to ask the trainer for. costly: with those that take the lane long, which need not come with every frame. Strings
 * are interned. (transfer container) */
char             **mp_lane_layers_list_wanted    (MpLaneLayers      *self,
                                                  gboolean           costly);
/* Keeps what the snapshot brings of what is chosen. */
void               mp_lane_layers_take           (MpLaneLayers      *self,
                                                  MpSnapshot        *snapshot);
/* Layers are those of this snapshot only, until NULL: a moment of the past is shown. Takes a reference. */
void               mp_lane_layers_set_past       (MpLaneLayers      *self,
                                                  MpSnapshot        *snapshot);
/* The newest of a chosen layer, or NULL. */
const MpLayer     *mp_lane_layers_get_arrived    (MpLaneLayers      *self,
                                                  const char        *id);
/* The lane starts over. */
void               mp_lane_layers_forget         (MpLaneLayers      *self);

G_END_DECLS
