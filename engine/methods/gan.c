/* SPDX-License-Identifier: Apache-2.0
 *
 * gan.c: the two-player game of Goodfellow et al. (Generative adversarial nets, NIPS 2014).
 *
 * Real x (n × d), generated y = G (z), raw critic output s (n × 1), sp (t) = log (1 + eᵗ).
 *   critic      L_D = E sp (−s (x)) + E sp (s (y))         binary cross-entropy, minimised
 *   generator   L_G = E sp (−s (y))                        non-saturating, minimised
 *               L_G = −E sp (s (y))                        minimax, minimised: −L_D but for what G cannot change
 * The critic's loss is the sum of the two means (DCGAN's code) or half of it (the toy GAN of the GRAM paper,
 * improved-WGAN's "dcgan" mode); the factor changes Adam's steps only through ε.
 *
 * An iteration is critic_steps critic phases with fresh minibatches, then generator_steps generator phases with
 * fresh latents. DCGAN's code moves the generator twice on the critic's own latent: generator_steps = 2,
 * latents = shared.
 */
#include "engine/methods/adversarial.h"

static const char *const variants[] = { "non-saturating", "minimax", NULL };
static const char *const sums[] = { "sum", "half-sum", NULL };

static const MpParam params[] = {
  { .key = "variant", .title = N_("Variant"),
    .summary = N_("The generator's loss: non-saturating has gradients even where the critic is sure."),
    .type = MP_PARAM_ENUM, .default_value = "non-saturating", .choices = variants },
  { .key = "critic_loss", .title = N_("Critic loss"),
    .summary = N_("The sum of the means over real and generated points, or half of it as in the GRAM paper's code."),
    .type = MP_PARAM_ENUM, .default_value = "sum", .choices = sums },
  MP_ADVERSARIAL_STEPS ("1", "1"),
  MP_ADVERSARIAL_PENALTY ("none", "10"),
};

static gboolean
gan_build (MpBuild  *build,
           GError  **error)
{
  gboolean minimax = g_str_equal (mp_build_string (build, "variant"), "minimax");
  const MpAdversarial game = {
    .loss = minimax ? MP_ADVERSARIAL_MINIMAX : MP_ADVERSARIAL_NON_SATURATING,
    .half = g_str_equal (mp_build_string (build, "critic_loss"), "half-sum"),
  };

  return mp_adversarial_build (build, &game, error);
}

const MpMethod mp_method_gan = {
  .base = {
    .id = "gan",
    .title = N_("GAN"),
    .summary = N_("A critic learns to tell real from generated, the generator to be taken for real."),
    .paper = "Goodfellow et al., Generative Adversarial Nets, NIPS 2014",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .needs = MP_NEEDS_CRITIC,
  .build = gan_build,
};
