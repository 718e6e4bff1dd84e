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
#include "engine/methods/method.h"

#include <math.h>

#define NORM_EPSILON 1e-12

static const char *const sides[] = { "two", "one", NULL };

static const MpParam params[] = {
  { .key = "critic_steps", .title = N_("Critic updates"), .unit = N_("per iteration"),
    .summary = N_("Critic updates in an iteration, each with a minibatch of its own."),
    .type = MP_PARAM_INT, .default_value = "5", .min = 0, .max = 1000, .ui_min = 1, .ui_max = 20, .live = TRUE },
  { .key = "penalty", .title = N_("Gradient penalty"), .symbol = "λ",
    .summary = N_("Weight of the gradient penalty; the paper has 10 on images and its code 0.1 on toy data."),
    .type = MP_PARAM_DOUBLE, .default_value = "0.1", .min = 0, .max = 1e6, .ui_min = 0.01, .ui_max = 100,
    .logarithmic = TRUE, .live = TRUE },
  { .key = "penalty_sides", .title = N_("Penalised sides"),
    .summary = N_("Pull gradient norms to 1 from both sides, or only push them down where they are above 1."),
    .type = MP_PARAM_ENUM, .default_value = "two", .choices = sides },
};

static MpNode *
mean (MpNode *x)
{
  return mp_mean (x, MP_ALL_AXES, FALSE);
}

/* |∇s (x)| for each row of x (n); s: the critic's output for x. A row's output depends on that row alone, so the
 * gradient of the sum holds the gradients of all. */
static gboolean
gradient_norms (MpBuild  *build,
                MpNode   *s,
                MpNode   *x,
                MpNode  **norms,
                GError  **error)
{
  MpNode *gradient;

  if (s == NULL || x == NULL)
    return mp_graph_check (mp_build_graph (build), error);
  if (!mp_gradients (mp_build_graph (build), mp_sum (s, MP_ALL_AXES, FALSE), 1, &x, &gradient, error))
    return FALSE;
  *norms = mp_sqrt (mp_add_scalar (mp_sum (mp_square (gradient), MP_AXIS (1), FALSE), NORM_EPSILON));
  return TRUE;
}

static gboolean
build_critic_phase (MpBuild  *build,
                    GError  **error)
{
  MpNode *x = mp_build_real (build);
  MpNode *y = mp_build_generate (build, mp_build_latent (build, "latent/critic"));
  MpNode *alpha = mp_build_uniform (build, "interpolation", 1);
  MpNode *between = mp_named (mp_add (y, mp_mul (alpha, mp_sub (x, y))), "points between real and generated");
  MpNode *distance = mp_sub (mean (mp_build_critic (build, x, 1)), mean (mp_build_critic (build, y, 1)));
  MpNode *norms = NULL, *excess, *loss;
  MpPhase *phase = mp_build_phase (build, "critic", N_("Critic"), "critic_steps");

  if (!gradient_norms (build, mp_build_critic (build, between, 1), between, &norms, error))
    return FALSE;
  mp_named (norms, "gradient norms");
  excess = mp_add_scalar (norms, -1);
  if (g_str_equal (mp_build_string (build, "penalty_sides"), "one"))
    excess = mp_relu (excess);
  loss = mp_sub (mp_mul (mp_build_live (build, "penalty"), mean (mp_square (excess))), distance);
  loss = mp_named (loss, "critic loss");
  mp_phase_minimise (phase, loss, "critic");
  mp_phase_report (phase, "loss/critic", N_("Critic loss (mean output of generated minus real, plus the penalty)"),
                   MP_NEITHER_IS_BETTER, loss);
  mp_phase_report (phase, "wasserstein", N_("Wasserstein estimate (mean output of real minus generated)"),
                   MP_LOWER_IS_BETTER, distance);
  mp_phase_report (phase, "gradient-norm", N_("Gradient norm of the critic (mean over points between)"),
                   MP_NEITHER_IS_BETTER, mean (norms));
  return TRUE;
}

static void
build_generator_phase (MpBuild *build)
{
  MpNode *y = mp_build_generate (build, mp_build_latent (build, "latent/generator"));
  MpNode *loss = mp_named (mp_neg (mean (mp_build_critic (build, y, 1))), "generator loss");
  MpPhase *phase = mp_build_phase (build, "generator", N_("Generator"), NULL);

  mp_phase_minimise (phase, loss, "generator");
  mp_phase_report (phase, "loss/generator", N_("Generator loss (mean critic output, negated)"), MP_NEITHER_IS_BETTER,
                   loss);
}

static gboolean
wgan_gp_build (MpBuild  *build,
               GError  **error)
{
  MpNode *points, *output, *norms = NULL;

  if (!build_critic_phase (build, error))
    return FALSE;
  build_generator_phase (build);

  points = mp_build_view_points (build);
  output = mp_build_view_critic (build, points, 1);
  mp_build_surface (build, "critic-output", N_("Critic output (raw; only differences have a meaning)"), NAN, output);
  if (!gradient_norms (build, output, points, &norms, error))
    return FALSE;
  mp_build_surface (build, "gradient-norm", N_("Gradient norm of the critic (the penalty wants 1)"), 1, norms);
  return mp_graph_check (mp_build_graph (build), error);
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
};
