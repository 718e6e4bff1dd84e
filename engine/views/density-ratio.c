/* SPDX-License-Identifier: Apache-2.0
 *
 * density-ratio.c: an estimate of the ratio of densities, data over model, at every point p of the plot: the method's
 * own, or what the logit of a critic stands for. The critic that minimises the cross-entropy has
 *   s (p) = log (p_data (p) / p_model (p))      (Goodfellow et al., 2014, Proposition 1)
 * so its ratio is exp (s (p)), shown up to LIMIT. An estimate that is extended to where there are no samples can be
 * anything, negative too; what is beyond LIMIT says nothing more.
 */
#include "engine/views/view.h"

#include <math.h>

#define LIMIT 10 /* as of the true ratio */

MpNode *
mp_view_estimate_ratio (MpBuild     *build,
                        MpNode      *points,
                        const char **title)
{
  if (mp_build_has (build, "density-ratio")) {
    *title = N_("Density ratio (estimated: data over model, between −10 and 10)");
    return mp_clamp (mp_build_call (build, "density-ratio", points, NULL), -LIMIT, LIMIT);
  }
  if (mp_build_get_critic_role (build, NULL) == MP_CRITIC_LOGIT) {
    MpNode *most = mp_scalar (mp_build_graph (build), log (LIMIT));

    *title = N_("Density ratio (that the critic stands for: exponential of its output, up to 10)");
    return mp_exp (mp_minimum (mp_build_view_scores (build, points), most));
  }
  return NULL;
}

static gboolean
density_ratio_build (MpBuild     *build,
                     MpViewNodes *nodes)
{
  nodes->tensors[0] = mp_view_estimate_ratio (build, mp_build_view_points (build), &nodes->title);
  nodes->neutral = 1;
  nodes->n_tensors = nodes->tensors[0] != NULL;
  return nodes->tensors[0] != NULL;
}

const MpViewClass mp_view_density_ratio = {
  .base = {
    .id = "density-ratio",
    .title = N_("Density ratio"),
    .summary = N_("The critic's estimate of data density over model density: above 1 the generator puts too little, "
                  "below 1 too much."),
  },
  .drawing = MP_DRAW_SURFACE,
  .build = density_ratio_build,
};
