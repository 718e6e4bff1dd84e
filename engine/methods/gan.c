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
 * fresh latents.
 */
#include "engine/methods/method.h"

static const char *const variants[] = { "non-saturating", "minimax", NULL };
static const char *const sums[] = { "sum", "half-sum", NULL };

static const MpParam params[] = {
  { .key = "variant", .title = N_("Variant"),
    .summary = N_("The generator's loss: non-saturating has gradients even where the critic is sure."),
    .type = MP_PARAM_ENUM, .default_value = "non-saturating", .choices = variants },
  { .key = "critic_loss", .title = N_("Critic loss"),
    .summary = N_("The sum of the means over real and generated points, or half of it as in the GRAM paper's code."),
    .type = MP_PARAM_ENUM, .default_value = "sum", .choices = sums },
  { .key = "critic_steps", .title = N_("Critic updates"), .unit = N_("per iteration"),
    .summary = N_("Critic updates in an iteration, each with a minibatch of its own."),
    .type = MP_PARAM_INT, .default_value = "1", .min = 0, .max = 1000, .ui_min = 1, .ui_max = 20, .live = TRUE },
  { .key = "generator_steps", .title = N_("Generator updates"), .unit = N_("per iteration"),
    .summary = N_("Generator updates in an iteration, each with a latent of its own."),
    .type = MP_PARAM_INT, .default_value = "1", .min = 0, .max = 1000, .ui_min = 1, .ui_max = 20, .live = TRUE },
};

/* Share of the points that the critic puts on the right side of s = 0. */
static MpNode *
accuracy (MpGraph *graph,
          MpNode  *real,
          MpNode  *generated)
{
  MpNode *zero = mp_scalar (graph, 0);
  MpNode *real_right = mp_mean (mp_compare (MP_OP_GT, real, zero), MP_ALL_AXES, FALSE);
  MpNode *generated_right = mp_mean (mp_compare (MP_OP_LE, generated, zero), MP_ALL_AXES, FALSE);

  return mp_mul_scalar (mp_add (real_right, generated_right), 0.5);
}

static void
build_critic_phase (MpBuild *build)
{
  MpGraph *graph = mp_build_graph (build);
  MpNode *real = mp_build_critic (build, mp_build_real (build), 1);
  MpNode *generated = mp_build_critic (build, mp_build_generate (build, mp_build_latent (build, "latent/critic")), 1);
  MpNode *real_loss = mp_mean (mp_softplus (mp_neg (real)), MP_ALL_AXES, FALSE);
  MpNode *generated_loss = mp_mean (mp_softplus (generated), MP_ALL_AXES, FALSE);
  MpNode *loss = mp_add (real_loss, generated_loss);
  gboolean half = g_str_equal (mp_build_string (build, "critic_loss"), "half-sum");
  MpPhase *phase = mp_build_phase (build, "critic", N_("Critic"), "critic_steps");

  if (half)
    loss = mp_mul_scalar (loss, 0.5);
  loss = mp_named (loss, "critic loss");
  mp_phase_minimise (phase, loss, "critic");
  mp_phase_report (phase, "loss/critic",
                   half ? N_("Critic loss (binary cross-entropy, half the sum of the two means)")
                        : N_("Critic loss (binary cross-entropy, sum of the two means)"),
                   MP_NEITHER_IS_BETTER, loss);
  mp_phase_report (phase, "accuracy", N_("Critic accuracy (share of real and generated points told apart)"),
                   MP_NEITHER_IS_BETTER, accuracy (graph, real, generated));
}

static void
build_generator_phase (MpBuild *build)
{
  MpNode *generated = mp_build_critic (build, mp_build_generate (build, mp_build_latent (build, "latent/generator")),
                                       1);
  gboolean minimax = g_str_equal (mp_build_string (build, "variant"), "minimax");
  MpNode *loss = minimax ? mp_neg (mp_mean (mp_softplus (generated), MP_ALL_AXES, FALSE))
                         : mp_mean (mp_softplus (mp_neg (generated)), MP_ALL_AXES, FALSE);
  MpPhase *phase = mp_build_phase (build, "generator", N_("Generator"), "generator_steps");

  loss = mp_named (loss, "generator loss");
  mp_phase_minimise (phase, loss, "generator");
  mp_phase_report (phase, "loss/generator",
                   minimax ? N_("Generator loss (minimax)") : N_("Generator loss (non-saturating)"),
                   MP_NEITHER_IS_BETTER, loss);
}

static gboolean
gan_build (MpBuild  *build,
           GError  **error)
{
  MpNode *output;

  build_critic_phase (build);
  build_generator_phase (build);

  output = mp_sigmoid (mp_build_view_critic (build, mp_build_view_points (build), 1));
  mp_build_surface (build, "critic-output", N_("Critic output (probability of real, sigmoid of the raw output)"), 0.5,
                    output);
  return mp_graph_check (mp_build_graph (build), error);
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
