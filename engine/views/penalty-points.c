/* SPDX-License-Identifier: Apache-2.0
 *
 * penalty-points.c: where the gradient penalty looks, between fixed real and generated points (k × 2), and the norm of
 * the critic's gradient there (k), which the penalty holds at its target.
 */
#include "engine/views/view.h"

#define POINTS 128 /* of each side */

static gboolean
penalty_points_build (MpBuild     *build,
                      MpViewNodes *nodes)
{
  MpNode *points;

  if (!mp_build_has (build, "penalty-points") || mp_build_get_critic_role (build, NULL) == MP_CRITIC_NONE)
    return FALSE;
  points = mp_build_call (build, "penalty-points", mp_view_rows (mp_build_view_data (build), POINTS),
                          mp_view_rows (mp_build_view_samples (build), POINTS));
  nodes->title = N_("Points of the gradient penalty (colour: gradient norm)");
  nodes->neutral = mp_view_get_penalty_target (build);
  nodes->tensors[nodes->n_tensors++] = points;
  nodes->tensors[nodes->n_tensors++] = mp_view_gradient_norms (build, points);
  return TRUE;
}

/* The target may change while the lane trains. */
static void
penalty_points_finish (MpLayer *layer,
                       MpBuild *build)
{
  layer->neutral = mp_view_get_penalty_target (build);
}

const MpViewClass mp_view_penalty_points = {
  .base = {
    .id = "penalty-points",
    .title = N_("Penalty points"),
    .summary = N_("Where the gradient penalty looks at the critic: only there is its slope held, elsewhere it "
                  "may be anything."),
  },
  .drawing = MP_DRAW_MARKS,
  .build = penalty_points_build,
  .finish = penalty_points_finish,
};
