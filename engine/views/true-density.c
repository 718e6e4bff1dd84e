/* SPDX-License-Identifier: Apache-2.0
 *
 * true-density.c: the density of the data at every point p of the plot, where the data set knows it.
 */
#include "engine/views/view.h"

static gboolean
true_density_build (MpBuild     *build,
                    MpViewNodes *nodes)
{
  MpNode *density = mp_build_view_density (build);

  if (density == NULL)
    return FALSE;
  nodes->title = N_("True density of the data (per unit of area)");
  nodes->tensors[nodes->n_tensors++] = density;
  return TRUE;
}

const MpViewClass mp_view_true_density = {
  .base = {
    .id = "true-density",
    .title = N_("True density"),
    .summary = N_("Where the data really are, without the chance of a sample: what the generator should become."),
  },
  .drawing = MP_DRAW_SURFACE,
  .build = true_density_build,
};
