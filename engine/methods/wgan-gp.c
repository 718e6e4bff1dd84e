/* SPDX-License-Identifier: Apache-2.0
 *
 * wgan-gp.c: the Wasserstein GAN with gradient penalty of Gulrajani, Ahmed, Arjovsky, Dumoulin and Courville (Improved
 * training of Wasserstein GANs, NIPS 2017).
 *
 * Real x (n × d), generated y = G (z), raw critic output s (n × 1), one α ~ U [0, 1) for each sample:
 *   between     x̂ = α·x + (1 − α)·y
 *   critic      L_D = E s (y) − E s (x) + λ·P                          minimised, critic_steps times with fresh draws
 *               P = E (g − 1)²            two-sided                    g = √(|∇s (x̂)|² + 10⁻¹²)
 *               P = E max (0, g − 1)²     one-sided
 *   generator   L_G = −E s (y)                                         minimised, with fresh latents
 *
 * The paper has λ = 10 on images, its code 0.1 on toy data; Adam 10⁻⁴ with β = (0.5, 0.9), 5 critic steps. The penalty
 * is about the critic at single points, which batch normalisation in the critic would tie together: layer
 * normalisation is the paper's choice. The code's first iteration leaves the generator out, which is the order here.
 */
#include "engine/methods/adversarial.h"

static const MpParam params[] = {
  MP_ADVERSARIAL_STEPS ("5", "1"),
  MP_ADVERSARIAL_PENALTY ("between", "0.1"),
};

static const char *const figure_5[] = { "wasserstein", NULL };
static const MpMethodChart charts[] = {
  { N_("Negative critic loss (Figure 5, without its penalty)"), figure_5, FALSE },
};

static gboolean
wgan_gp_build (MpBuild  *build,
               GError  **error)
{
  const MpAdversarial game = { .loss = MP_ADVERSARIAL_WASSERSTEIN };

  return mp_adversarial_build (build, &game, error);
}

const MpMethod mp_method_wgan_gp = {
  .base = {
    .id = "wgan-gp",
    .title = N_("WGAN-GP"),
    .summary = N_("The critic estimates the Wasserstein distance; a penalty keeps its slope at 1 between real and "
                  "generated points."),
    .paper = "Gulrajani et al., Improved Training of Wasserstein GANs, NIPS 2017",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .needs = MP_NEEDS_CRITIC,
  .build = wgan_gp_build,
  .charts = charts,
  .n_charts = G_N_ELEMENTS (charts),
};
