/* SPDX-License-Identifier: Apache-2.0
 *
 * discriminative.c: the part of the critic's output that comes from its own features, w₂ᵀh₂ (p), at every
 * point p of the plot (RFGAN: s = w₁ᵀh₁ + w₂ᵀh₂ + b).
 */
#include "engine/views/view.h"

static gboolean
discriminative_build (MpBuild     *build,
                      MpViewNodes *nodes)
{
  if (!mp_build_has (build, "discriminative"))
    return FALSE;
  nodes->title = N_("Critic output from its own features (w₂ᵀh₂)");
  nodes->neutral = 0;
  nodes->tensors[nodes->n_tensors++] = mp_build_call (build, "discriminative", mp_build_view_points (build), NULL);
  return TRUE;
}

const MpViewClass mp_view_discriminative = {
  .base = {
    .id = "discriminative",
    .title = N_("Discriminative part"),
    .summary = N_("What the critic's own features say about a point: they know only what separates real from "
                  "generated just now."),
  },
  .drawing = MP_DRAW_SURFACE,
  .build = discriminative_build,
};
