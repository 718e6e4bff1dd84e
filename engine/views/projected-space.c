/* SPDX-License-Identifier: Apache-2.0
 *
 * projected-space.c: real and generated points where the kernel compares them, in the critic's space: f (x) and f (y), n × K
 * and m × K. Two dimensions as they are, more by their two principal axes.
 */
#include "engine/views/view.h"

static gboolean
projected_space_build (MpBuild     *build,
                       MpViewNodes *nodes)
{
  gint64 outputs;

  if (mp_build_get_critic_role (build, &outputs) != MP_CRITIC_SPACE)
    return FALSE;
  nodes->title = outputs > 2 ? N_("Projected space (critic output, two principal axes)")
                             : N_("Projected space (critic output)");
  nodes->tensors[nodes->n_tensors++] = mp_build_view_scores (build, mp_build_view_data (build));
  nodes->tensors[nodes->n_tensors++] = mp_build_view_scores (build, mp_build_view_samples (build));
  return TRUE;
}

static void
projected_space_finish (MpLayer *layer,
                        MpBuild *build)
{
  mp_layer_project (layer);
}

const MpViewClass mp_view_projected_space = {
  .base = {
    .id = "projected-space",
    .title = N_("Projected space"),
    .summary = N_("Real and generated points as the critic maps them: the kernel compares them there, and the generator "
                  "can only see differences that are left."),
  },
  .drawing = MP_DRAW_SPACE,
  .build = projected_space_build,
  .finish = projected_space_finish,
};
