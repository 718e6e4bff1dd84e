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
  gboolean space = role == MP_CRITIC_SPACE, penalised = mp_build_has (build, "penalty-points");

  if (role == MP_CRITIC_NONE)
    return FALSE;
  if (penalised)
    nodes->title = space ? N_("Gradient norm of the sum of critic outputs (in the middle: the penalty's target)")
                         : N_("Gradient norm of the critic (in the middle: the penalty's target)");
  else
    nodes->title = space ? N_("Gradient norm of the sum of critic outputs") : N_("Gradient norm of the critic");
  if (penalised)
    nodes->neutral = mp_view_get_penalty_target (build);
  nodes->tensors[nodes->n_tensors++] = mp_view_gradient_norms (build, mp_build_view_points (build));
  return TRUE;
}

/* The target may change while the lane trains. */
static void
gradient_norm_finish (MpLayer *layer,
                      MpBuild *build)
{
  if (mp_build_has (build, "penalty-points"))
    layer->neutral = mp_view_get_penalty_target (build);
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
  .finish = gradient_norm_finish,
};
