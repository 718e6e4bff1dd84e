/* SPDX-License-Identifier: Apache-2.0
 *
 * mmd-rep-b.c: the repulsive MMD game with one Gaussian kernel whose distances are bounded for the critic. See
 * repulsive.h.
 */
#include "engine/methods/repulsive.h"

static const MpParam params[] = {
  MP_REPULSIVE_PARAMS ("rbf", "1"),
  MP_REPULSIVE_LAMBDA,
  MP_REPULSIVE_BOUNDS,
  MP_ADVERSARIAL_PENALTY ("none", "0.1"),
};

const MpMethod mp_method_mmd_rep_b = {
  .base = {
    .id = "mmd-rep-b",
    .title = N_("MMD-rep (bounded)"),
    .summary = N_("The repulsive loss with distances that are bounded for the critic, which steadies it."),
    .paper = "Wang, Sun and Halgamuge, Improving MMD-GAN Training with Repulsive Loss Function, ICLR 2019",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .needs = MP_NEEDS_CRITIC,
  .build = mp_repulsive_build,
};
