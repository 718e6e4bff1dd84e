/* SPDX-License-Identifier: Apache-2.0
 *
 * mmd-gan-rbf-b.c: the attractive MMD game with one Gaussian kernel whose distances are bounded for the critic. See
 * repulsive.h.
 */
#include "engine/methods/repulsive.h"

static const MpParam params[] = {
  MP_REPULSIVE_PARAMS ("rbf", "1"),
  MP_REPULSIVE_BOUNDS,
  MP_ADVERSARIAL_PENALTY ("none", "0.1"),
};

const MpMethod mp_method_mmd_gan_rbf_b = {
  .base = {
    .id = "mmd-gan-rbf-b",
    .title = N_("MMD-GAN (bounded Gaussian)"),
    .summary = N_("As the Gaussian one with a single kernel whose distances are bounded for the critic, so that it "
                  "cannot saturate."),
    .paper = "Wang, Sun and Halgamuge, Improving MMD-GAN Training with Repulsive Loss Function, ICLR 2019",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .needs = MP_NEEDS_CRITIC,
  .build = mp_repulsive_build,
};
