/* SPDX-License-Identifier: Apache-2.0
 *
 * gradient-norm.c: the length of the critic's gradient at every point p of the plot,
 *   g (p) = √(|∇ₚ Σₖ sₖ (p)|² + 10⁻¹²)
 * of its output, or of the sum of its outputs where it maps into a space (what GAMN's gradient penalty holds).
 */
#include "engine/views/view.h"

static gboolean
gradient_norm_build (MpBuild     *build,
                     MpViewNodes *nodes)
{
  gint64 outputs;
  MpCriticRole role = mp_build_get_critic_role (build, &outputs);

  if (role == MP_CRITIC_NONE)
    return FALSE;
  nodes->tensors[nodes->n_tensors++] = mp_view_gradient_norms (build, mp_build_view_points (build));
  if (mp_build_has (build, "penalty-points")) {
    nodes->title = role == MP_CRITIC_SPACE ? N_("Gradient norm of the sum of the critic outputs (the penalty wants 1)")
                                           : N_("Gradient norm of the critic (the penalty wants 1)");
    nodes->neutral = 1;
  } else {
    nodes->title = role == MP_CRITIC_SPACE ? N_("Gradient norm of the sum of the critic outputs")
                                           : N_("Gradient norm of the critic");
  }
  return TRUE;
}

const MpViewClass mp_view_gradient_norm = {
  .base = {
    .id = "gradient-norm",
    .title = N_("Gradient norm"),
    .summary = N_("How steep the critic is: where it is flat, generated points feel nothing; where it is steep, they "
                  "are thrown about."),
  },
  .drawing = MP_DRAW_SURFACE,
  .build = gradient_norm_build,
};
