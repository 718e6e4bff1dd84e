/* SPDX-License-Identifier: Apache-2.0
 *
 * density-ratio.c: the method's own estimate of the ratio of densities, data over model, at every point of the plot.
 */
#include "engine/views/view.h"

static gboolean
density_ratio_build (MpBuild     *build,
                     MpViewNodes *nodes)
{
  if (!mp_build_has (build, "density-ratio"))
    return FALSE;
  nodes->title = N_("Estimated density ratio (data over model)");
  nodes->neutral = 1;
  nodes->tensors[nodes->n_tensors++] = mp_build_call (build, "density-ratio", mp_build_view_points (build), NULL);
  return TRUE;
}

const MpViewClass mp_view_density_ratio = {
  .base = {
    .id = "density-ratio",
    .title = N_("Density ratio"),
    .summary = N_("The method's estimate of data density over model density: above 1 the generator puts too little, below "
                  "1 too much."),
  },
  .drawing = MP_DRAW_SURFACE,
  .build = density_ratio_build,
};
