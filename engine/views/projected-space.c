/* SPDX-License-Identifier: Apache-2.0
 *
 * projected-space.c: real and generated points where the kernel compares them, f (x) and f (y), n × K and m × K: in the
 * critic's space, or in that of an encoder's codes. One or two dimensions as they are, more by their two principal
 * axes.
 */
#include "engine/views/view.h"

static gboolean
projected_space_build (MpBuild     *build,
                       MpViewNodes *nodes)
{
  gboolean critic = mp_build_get_critic_role (build, NULL) == MP_CRITIC_SPACE;
  MpNode *real;

  if (!critic && !mp_build_has (build, "embedding"))
    return FALSE;
  real = mp_view_kernel_space (build, mp_build_view_data (build));
  if (!critic)
    nodes->title = N_("Codes of real and generated points");
  else if (real != NULL && real->type.dim[1] > 2)
    nodes->title = N_("Projected space (critic output, two principal axes)");
  else
    nodes->title = N_("Projected space (critic output)");
  nodes->tensors[nodes->n_tensors++] = real;
  nodes->tensors[nodes->n_tensors++] = mp_view_kernel_space (build, mp_build_view_samples (build));
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
    .summary = N_("Real and generated points where the kernel compares them, as the critic or an encoder maps them: "
                  "the generator can only see differences that are left there."),
  },
  .drawing = MP_DRAW_SPACE,
  .build = projected_space_build,
  .finish = projected_space_finish,
};
