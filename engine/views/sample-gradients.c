/* SPDX-License-Identifier: Apache-2.0
 *
 * sample-gradients.c: where the loss pushes each generated point: arrows −m·∂L_G/∂yⱼ at m generated points yⱼ (m × 4:
 * point and step), L_G the generator's loss of these points and as many real ones. The factor m makes the gradient of
 * a mean that of a point.
 */
#include "engine/views/view.h"

#define POINTS 128

static gboolean
sample_gradients_build (MpBuild     *build,
                        MpViewNodes *nodes)
{
  MpNode *x = mp_view_rows (mp_build_view_data (build), POINTS);
  MpNode *y = mp_view_rows (mp_build_view_samples (build), POINTS), *loss, *gradient = NULL, *parts[2];

  if (!mp_build_has (build, "generator-loss") || x == NULL || y == NULL)
    return FALSE;
  x = mp_view_rows (x, y->type.dim[0]);
  y = mp_view_rows (y, x->type.dim[0]);
  loss = mp_build_call (build, "generator-loss", x, y);
  if (loss == NULL || !mp_gradients (mp_build_graph (build), loss, 1, &y, &gradient, NULL))
    return FALSE;
  parts[0] = y;
  parts[1] = mp_mul_scalar (gradient, -(double) y->type.dim[0]);
  nodes->title = N_("Sample gradients (negative gradient of the generator loss by each sample)");
  nodes->tensors[nodes->n_tensors++] = mp_concat (1, 2, parts);
  return TRUE;
}

const MpViewClass mp_view_sample_gradients = {
  .base = {
    .id = "sample-gradients",
    .title = N_("Sample gradients"),
    .summary = N_("Which way the generator loss pushes each generated point; the generator follows as far as "
                  "its weights let it."),
  },
  .drawing = MP_DRAW_ARROWS,
  .build = sample_gradients_build,
};
