/* SPDX-License-Identifier: Apache-2.0
 *
 * mmd-gan-rbf.c: the attractive MMD game with a set of Gaussian kernels, λ = −1: the loss of Li et al. (MMD GAN, NIPS
 * 2017) without its autoencoder, with the bandwidths 1, √2, 2, 2√2, 4 that Wang et al. found better. See repulsive.h.
 */
#include "engine/methods/repulsive.h"

static const MpParam params[] = {
  MP_REPULSIVE_PARAMS ("rbf", "1, 1.4142135623730951, 2, 2.8284271247461903, 4"),
  MP_ADVERSARIAL_PENALTY ("none", "0.1"),
};

const MpMethod mp_method_mmd_gan_rbf = {
  .base = {
    .id = "mmd-gan-rbf",
    .title = N_("MMD-GAN (Gaussian)"),
    .summary = N_("A critic drives the kernel means of real and generated points apart, and draws each side together; "
                  "five Gaussians."),
    .paper = "Wang, Sun and Halgamuge, Improving MMD-GAN Training with Repulsive Loss Function, ICLR 2019",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .needs = MP_NEEDS_CRITIC,
  .build = mp_repulsive_build,
};
