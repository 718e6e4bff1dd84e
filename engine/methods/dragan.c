/* SPDX-License-Identifier: Apache-2.0
 *
 * dragan.c: the GAN with a gradient penalty around the data of Kodali, Abernethy, Hays and Kira (On convergence and
 * stability of GANs, 2017).
 *
 * Real x (n × d), generated y = G (z), raw critic output s (n × 1), sp (t) = log (1 + eᵗ):
 *   around data   x̂ = x + α·½ std (x)·u                     α ~ U [0, 1) for each sample, u ~ U [0, 1) for each number
 *   critic        L_D = E sp (−s (x)) + E sp (s (y)) + λ E (|∇s (x̂)| − 1)²        minimised
 *   generator     L_G = E sp (−s (y))                                             minimised
 * The noise goes upwards only, and std is one number for the whole minibatch, as in the authors' code; λ = 10, Adam
 * 10⁻⁴ with β = (0.5, 0.9), both networks move once.
 */
#include "engine/methods/adversarial.h"

static const MpParam params[] = {
  MP_ADVERSARIAL_STEPS ("1", "1"),
  MP_ADVERSARIAL_PENALTY ("around-data", "10"),
};

static gboolean
dragan_build (MpBuild  *build,
              GError  **error)
{
  const MpAdversarial game = { .loss = MP_ADVERSARIAL_NON_SATURATING };

  return mp_adversarial_build (build, &game, error);
}

const MpMethod mp_method_dragan = {
  .base = {
    .id = "dragan",
    .title = N_("DRAGAN"),
    .summary = N_("A GAN whose critic is kept smooth around the data, where its gradients would get steep."),
    .paper = "Kodali et al., On Convergence and Stability of GANs, 2017",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .needs = MP_NEEDS_CRITIC,
  .build = dragan_build,
};
