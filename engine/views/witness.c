/* SPDX-License-Identifier: Apache-2.0
 *
 * witness.c: the witness function of the MMD (Gretton et al., JMLR 2012), at every point p of the plot
 *   w (p) = meanᵢ k (f (p), f (xᵢ)) − meanⱼ k (f (p), f (yⱼ))
 * for real x and generated y, k the method's kernel (a sum over its bandwidths), f its critic or the identity.
 */
#include "engine/views/view.h"

static gboolean
witness_build (MpBuild     *build,
               MpViewNodes *nodes)
{
  gint64 points = mp_view_count_kernel_points (build);
  MpNode *at, *real, *generated;

  if (mp_build_get_kernel (build) == NULL)
    return FALSE;
  at = mp_view_kernel_space (build, mp_build_view_points (build));
  real = mp_view_kernel_space (build, mp_view_rows (mp_build_view_data (build), points));
  generated = mp_view_kernel_space (build, mp_view_rows (mp_build_view_samples (build), points));
  if (mp_build_has (build, "embedding"))
    nodes->title = N_("MMD witness of the codes (positive where generated points are missing)");
  else if (mp_build_get_critic_role (build, NULL) == MP_CRITIC_SPACE)
    nodes->title = N_("MMD witness through the critic (positive where generated points are missing)");
  else
    nodes->title = N_("MMD witness (positive where generated points are missing)");
  nodes->neutral = 0;
  nodes->tensors[nodes->n_tensors++] = mp_sub (mp_mean (mp_build_kernel_matrix (build, at, real), MP_AXIS (1), FALSE),
                                               mp_mean (mp_build_kernel_matrix (build, at, generated), MP_AXIS (1),
                                                        FALSE));
  return TRUE;
}

const MpViewClass mp_view_witness = {
  .base = {
    .id = "witness",
    .title = N_("MMD witness"),
    .summary = N_("Where the kernel sees a difference: positive where generated points are missing, negative where "
                  "there are too many; generated points climb it."),
  },
  .drawing = MP_DRAW_SURFACE,
  .build = witness_build,
};
