/* SPDX-License-Identifier: Apache-2.0
 *
 * wgan.c: the Wasserstein GAN of Arjovsky, Chintala and Bottou (Wasserstein generative adversarial networks, ICML 2017).
 *
 * Real x (n × d), generated y = G (z), raw critic output s (n × 1).
 *   critic      L_D = E s (y) − E s (x)                    minimised, critic_steps times with fresh draws
 *   generator   L_G = −E s (y)                             minimised, with fresh latents
 * The critic is kept Lipschitz by clamping every one of its parameters, those of normalisations too, to ±c after each of
 * its updates; the paper has c = 0.01 and RMSprop with learning rate 5·10⁻⁵ for both networks.
 *
 * The paper's image code has 100 critic updates (warm_up_steps) for each of the first 25 generator updates, and again for
 * every 500th; the code of the improved WGAN for toy data has not.
 */
#include "engine/methods/adversarial.h"

#define WARM_UP_FIRST 25
#define WARM_UP_EVERY 500

static const MpParam params[] = {
  MP_ADVERSARIAL_STEPS ("5", "1"),
  { .key = "clip", .title = N_("Weight clipping"), .symbol = "c",
    .summary = N_("Every parameter of the critic is clamped to ±c after an update; 0 clamps nothing."),
    .type = MP_PARAM_DOUBLE, .default_value = "0.01", .min = 0, .max = 1e3, .ui_min = 0, .ui_max = 1, .live = TRUE },
  { .key = "warm_up_steps", .title = N_("Warm-up critic updates"), .unit = N_("per iteration"),
    .summary = N_("Critic updates in each of the first 25 iterations and in every 500th instead; the paper's image code "
                  "has 100. 0 has as many as ever."),
    .type = MP_PARAM_INT, .default_value = "0", .min = 0, .max = 1000, .ui_min = 0, .ui_max = 100, .live = TRUE },
  MP_ADVERSARIAL_PENALTY ("none", "0.1"),
};

static const char *const figure_3[] = { "wasserstein", NULL };
static const MpMethodChart charts[] = {
  { N_("Wasserstein estimate (Figure 3)"), figure_3, FALSE },
};

static gboolean
wgan_build (MpBuild  *build,
            GError  **error)
{
  const MpAdversarial game = { .loss = MP_ADVERSARIAL_WASSERSTEIN };
  MpPhase *critic = mp_adversarial_build_critic (build, &game);

  mp_phase_clip (critic, "critic", "clip");
  mp_phase_intensify (critic, "warm_up_steps", WARM_UP_FIRST, WARM_UP_EVERY);
  mp_adversarial_build_generator (build, &game);
  mp_adversarial_publish (build, &game);
  return mp_graph_check (mp_build_graph (build), error);
}

const MpMethod mp_method_wgan = {
  .base = {
    .id = "wgan",
    .title = N_("WGAN"),
    .summary = N_("The critic estimates the Wasserstein distance; its weights are clamped to a small box to bound its slope."),
    .paper = "Arjovsky, Chintala and Bottou, Wasserstein Generative Adversarial Networks, ICML 2017",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .needs = MP_NEEDS_CRITIC,
  .build = wgan_build,
  .charts = charts,
  .n_charts = G_N_ELEMENTS (charts),
};
