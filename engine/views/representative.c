/* SPDX-License-Identifier: Apache-2.0
 *
 * representative.c: the part of the critic's output that comes from its frozen features, w₁ᵀh₁ (p), at every point p
 * of the plot (RFGAN: s = w₁ᵀh₁ + w₂ᵀh₂ + b).
 */
#include "engine/views/view.h"

static gboolean
representative_build (MpBuild     *build,
                      MpViewNodes *nodes)
{
  if (!mp_build_has (build, "representative"))
    return FALSE;
  nodes->title = N_("Critic output from the frozen features (w₁ᵀh₁)");
  nodes->neutral = 0;
  nodes->tensors[nodes->n_tensors++] = mp_build_call (build, "representative", mp_build_view_points (build), NULL);
  return TRUE;
}

const MpViewClass mp_view_representative = {
  .base = {
    .id = "representative",
    .title = N_("Representative part"),
    .summary = N_("What the frozen features of an autoencoder say about a point: they know the whole of the "
                  "data, and do not change."),
  },
  .drawing = MP_DRAW_SURFACE,
  .build = representative_build,
};
