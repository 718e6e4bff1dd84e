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

  if (!critic && !mp_build_has (build, "embedding"))
    return FALSE;
  nodes->title = critic ? N_("Projected space (critic output)") : N_("Codes of real and generated points");
  nodes->tensors[nodes->n_tensors++] = mp_view_kernel_space (build, mp_build_view_data (build));
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
