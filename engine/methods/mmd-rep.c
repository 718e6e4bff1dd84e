/* SPDX-License-Identifier: Apache-2.0
 *
 * mmd-rep.c: the repulsive MMD game with one Gaussian kernel. See repulsive.h.
 */
#include "engine/methods/repulsive.h"

static const MpParam params[] = {
  MP_REPULSIVE_PARAMS ("rbf", "1"),
  MP_REPULSIVE_LAMBDA,
  MP_ADVERSARIAL_PENALTY ("none", "0.1"),
};

const MpMethod mp_method_mmd_rep = {
  .base = {
    .id = "mmd-rep",
    .title = N_("MMD-rep"),
    .summary = N_("The critic drives the scores of real points apart instead of drawing them together, so it learns "
                  "what tells them apart."),
    .paper = "Wang, Sun and Halgamuge, Improving MMD-GAN Training with Repulsive Loss Function, ICLR 2019",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .needs = MP_NEEDS_CRITIC,
  .build = mp_repulsive_build,
};
