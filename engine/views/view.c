/* SPDX-License-Identifier: Apache-2.0
 *
 * view.c: what views have in common.
 */
#include "engine/views/view.h"

#include "engine/methods/adversarial.h"

#define KERNEL_POINTS 400       /* times parts */
#define FEWEST_KERNEL_POINTS 64

MpPlace
mp_drawing_place (MpDrawing drawing)
{
  switch (drawing) {
  case MP_DRAW_SURFACE: return MP_PLACE_BACKGROUND;
  case MP_DRAW_MARKS:
  case MP_DRAW_ARROWS:
  case MP_DRAW_LATTICE:
  case MP_DRAW_POINTS: return MP_PLACE_OVERLAY;
  case MP_DRAW_MATRIX:
  case MP_DRAW_SPACE:
  case MP_DRAW_BARS: return MP_PLACE_PANEL;
  }
  g_return_val_if_reached (MP_PLACE_BACKGROUND);
}

/* ---- nodes ---- */

MpNode *
mp_view_rows (MpNode *x,
              gint64  n)
{
  return x != NULL && x->type.dim[0] > n ? mp_slice_axis (x, 0, 0, n) : x;
}

MpNode *
mp_view_kernel_space (MpBuild *build,
                      MpNode  *x)
{
  if (mp_build_has (build, "embedding"))
    return mp_build_call (build, "embedding", x, NULL);
  return mp_build_get_critic_role (build, NULL) == MP_CRITIC_SPACE ? mp_build_view_scores (build, x) : x;
}

gint64
mp_view_count_kernel_points (MpBuild *build)
{
  const MpKernelSum *kernel = mp_build_get_kernel (build);
  gint64 parts = 0;

  for (guint i = 0; kernel != NULL && i < kernel->n_terms; i++)
    parts += kernel->terms[i].parameters != NULL ? mp_tensor_count (&kernel->terms[i].parameters->type) : 1;
  return MAX (KERNEL_POINTS / MAX (parts, 2), FEWEST_KERNEL_POINTS);
}

MpNode *
mp_view_gradient_norms (MpBuild *build,
                        MpNode  *x)
{
  MpNode *scores = x != NULL ? mp_build_view_scores (build, x) : NULL;

  return scores != NULL ? mp_gradient_norms (scores, x) : NULL;
}

double
mp_view_get_penalty_target (MpBuild *build)
{
  MpExperiment *experiment = mp_build_experiment (build);

  return mp_experiment_find_param (experiment, "method", "penalty_target") != NULL
         ? mp_experiment_get_double (experiment, "method", "penalty_target") : 1;
}

/* ---- layers ---- */

void
mp_layer_clear (MpLayer *layer)
{
  mp_layer_drop (layer, 0);
  g_clear_pointer (&layer->detail, g_free);
  g_clear_pointer (&layer->labels, g_strfreev);
}

void
mp_layer_drop (MpLayer *layer,
               guint    first)
{
  for (guint i = first; i < layer->n_tensors; i++)
    g_clear_pointer (&layer->tensors[i].values, g_free);
  layer->n_tensors = MIN (layer->n_tensors, first);
}
