/* SPDX-License-Identifier: Apache-2.0
 *
 * decision.c: how sure the critic is that a point is real, from 0 to 1; ½ is its border.
 *
 *   logit    σ (s) = 1/(1 + e⁻ˢ)        a probability, if the critic were calibrated
 *   label    s cut to [0, 1]            least squares learns the labels themselves
 *   margin   (s + 1)/2 cut to [0, 1]    beyond its margins the hinge loss does not push
 */
#include "engine/views/view.h"

static gboolean
decision_build (MpBuild     *build,
                MpViewNodes *nodes)
{
  gint64 outputs;
  MpCriticRole role = mp_build_get_critic_role (build, &outputs);
  MpNode *scores;

  if (role != MP_CRITIC_LOGIT && role != MP_CRITIC_LABEL && role != MP_CRITIC_MARGIN)
    return FALSE;
  scores = mp_build_view_scores (build, mp_build_view_points (build));
  nodes->neutral = 0.5;
  if (role == MP_CRITIC_LOGIT) {
    nodes->title = N_("Decision (probability of real: sigmoid of the critic output)");
    nodes->tensors[0] = mp_sigmoid (scores);
  } else if (role == MP_CRITIC_LABEL) {
    nodes->title = N_("Decision (critic output cut to the labels 0 and 1)");
    nodes->tensors[0] = mp_clamp (scores, 0, 1);
  } else {
    nodes->title = N_("Decision (critic output between its margins, 0 to 1)");
    nodes->tensors[0] = mp_clamp (mp_mul_scalar (mp_add_scalar (scores, 1), 0.5), 0, 1);
  }
  nodes->n_tensors = 1;
  return TRUE;
}

const MpViewClass mp_view_decision = {
  .base = {
    .id = "decision",
    .title = N_("Decision"),
    .summary = N_("How sure the critic is that a point is real: 1 real, 0 generated, and undecided at ½ as it should "
                  "be everywhere in the end."),
  },
  .drawing = MP_DRAW_SURFACE,
  .build = decision_build,
};
