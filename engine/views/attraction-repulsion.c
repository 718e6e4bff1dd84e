/* SPDX-License-Identifier: Apache-2.0
 *
 * attraction-repulsion.c: how two losses of an MMD critic push its scores about (Wang, Sun and Halgamuge: Improving
 * MMD-GAN training with repulsive loss function, ICLR 2019, Figure 1), whichever of them it trains with.
 *
 * Scores s (x) and s (y) of N real and N generated points in the critic's space; means of the kernel over pairs i ≠ j:
 *   attractive   L_D = 2·e_rg − e_rr − e_gg     pulls scores of one kind together, real from generated
 *   repulsive    L_D = e_rr − e_gg              spreads the scores of real points, gathers those of generated ones
 * Forces are −N·∂L_D/∂s at each score: the factor N makes the gradient of a mean that of a point. Panels of real,
 * generated and the forces on them; more than two dimensions by their principal axes.
 */
#include "engine/views/view.h"

#include "engine/methods/mmd.h"

#define POINTS 128

static gboolean
add_forces (MpBuild     *build,
            MpViewNodes *nodes,
            MpNode      *loss,
            MpNode      *real,
            MpNode      *generated)
{
  MpNode *scores[2] = { real, generated }, *gradients[2];

  if (loss == NULL || !mp_gradients (mp_build_graph (build), loss, 2, scores, gradients, NULL))
    return FALSE;
  for (guint i = 0; i < 2; i++)
    nodes->tensors[nodes->n_tensors++] = scores[i];
  for (guint i = 0; i < 2; i++)
    nodes->tensors[nodes->n_tensors++] = mp_mul_scalar (gradients[i], -(double) scores[i]->type.dim[0]);
  return TRUE;
}

static gboolean
attraction_repulsion_build (MpBuild     *build,
                            MpViewNodes *nodes)
{
  const MpKernelSum *kernel = mp_build_get_kernel (build);
  MpNode *real, *generated, *e_rr, *e_gg, *e_rg;
  MpGrams grams;

  if (kernel == NULL || mp_build_get_critic_role (build, NULL) != MP_CRITIC_SPACE)
    return FALSE;
  real = mp_build_view_scores (build, mp_view_rows (mp_build_view_data (build), POINTS));
  generated = mp_build_view_scores (build, mp_view_rows (mp_build_view_samples (build), POINTS));
  mp_grams_fill (&grams, kernel, real, generated);
  e_rr = mp_mean_off_diagonal (grams.real, grams.at_zero);
  e_gg = mp_mean_off_diagonal (grams.generated, grams.at_zero);
  e_rg = mp_mean (grams.cross, MP_ALL_AXES, FALSE);
  nodes->per_panel = 4;
  g_ptr_array_add (nodes->labels, (gpointer) N_("Attractive loss"));
  g_ptr_array_add (nodes->labels, (gpointer) N_("Repulsive loss"));
  return add_forces (build, nodes, mp_sub (mp_mul_scalar (e_rg, 2), mp_add (e_rr, e_gg)), real, generated)
         && add_forces (build, nodes, mp_sub (e_rr, e_gg), real, generated);
}

static void
attraction_repulsion_finish (MpLayer *layer,
                             MpBuild *build)
{
  mp_layer_project (layer);
}

const MpViewClass mp_view_attraction_repulsion = {
  .base = {
    .id = "attraction-repulsion",
    .title = N_("Attraction and repulsion"),
    .summary = N_("Where two critic losses push the scores: the attractive one draws real points together and so "
                  "forgets what they differ in, the repulsive one keeps them apart."),
  },
  .drawing = MP_DRAW_SPACE,
  .build = attraction_repulsion_build,
  .finish = attraction_repulsion_finish,
};
