/* SPDX-License-Identifier: Apache-2.0
 *
 * mmd-gan-rq.c: the attractive MMD game with a set of rational quadratic kernels, α = 0.2, 0.5, 1, 2, 5
 * (Bińkowski et al.: Demystifying MMD GANs, ICLR 2018), without their gradient penalty. See repulsive.h.
 */
#include "engine/methods/repulsive.h"

static const MpParam params[] = {
  MP_REPULSIVE_PARAMS ("rational-quadratic", "0.2, 0.5, 1, 2, 5"),
  MP_ADVERSARIAL_PENALTY ("none", "0.1"),
};

const MpMethod mp_method_mmd_gan_rq = {
  .base = {
    .id = "mmd-gan-rq",
    .title = N_("MMD-GAN (rational quadratic)"),
    .summary = N_("As the Gaussian one with five rational quadratics, whose long tails keep slopes between distant "
                  "scores."),
    .paper = "Bińkowski, Sutherland, Arbel and Gretton, Demystifying MMD GANs, ICLR 2018",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .needs = MP_NEEDS_CRITIC,
  .build = mp_repulsive_build,
};
