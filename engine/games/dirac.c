/* SPDX-License-Identifier: Apache-2.0
 *
 * dirac.c: the Dirac-GAN of Mescheder, Geiger and Nowozin, Which training methods for GANs do actually converge? (ICML
 * 2018, section 2): all data at 0, all samples at θ, a linear critic s (x) = ψ·x. The only equilibrium is (0, 0), and
 * whether the flow ends there is decided by the losses and by what keeps the critic's slope down:
 *
 *   minimax          L_D = sp (0) + sp (ψθ),  L_G = −sp (ψθ)         sp (t) = log (1 + eᵗ)
 *   non-saturating   the same L_D,            L_G = sp (−ψθ)
 *   least squares    L_D = ½ + ½(ψθ)²,        L_G = ½(ψθ − 1)²
 *   Wasserstein      L_D = ψθ,                L_G = −ψθ
 *   penalty          L_D + γ/2·ψ²   towards 0 (their R₁),   L_D + γ/2·(|ψ| − 1)²   towards 1 (WGAN-GP)
 */
#include "engine/games/game.h"

#include <math.h>

static const char *const losses[] = { "minimax", "non-saturating", "least-squares", "wasserstein", NULL };
static const char *const penalties[] = { "none", "zero", "one", NULL };

static const MpParam params[] = {
  { .key = "loss", .title = N_("Losses"), .type = MP_PARAM_ENUM, .default_value = "minimax", .choices = losses,
    .summary = N_("What generator and critic go down.") },
  { .key = "penalty", .title = N_("Gradient penalty"), .type = MP_PARAM_ENUM, .default_value = "none",
    .choices = penalties,
    .summary = N_("Pulls the critic's slope to zero, or to one as WGAN-GP does.") },
  { .key = "strength", .title = N_("Strength"), .symbol = "γ", .type = MP_PARAM_DOUBLE, .default_value = "1",
    .min = 0, .max = 100, .ui_min = 0, .ui_max = 5, .summary = N_("Weight of the penalty.") },
};

static double
sigmoid (double t)
{
  return 1 / (1 + exp (-t));
}

static void
dirac_evaluate (const MpGameField *field,
                gconstpointer      state,
                const double       w[2],
                double             flow[2])
{
  const char *loss = mp_game_field_get (field, "loss"), *penalty = mp_game_field_get (field, "penalty");
  double strength = mp_game_field_get_double (field, "strength");
  double theta = w[0], psi = w[1], score = psi * theta;
  double of_critic, of_generator; /* ∂L_D/∂s and ∂L_G/∂s at the sample */

  if (g_str_equal (loss, "least-squares")) {
    of_critic = score;
    of_generator = score - 1;
  } else if (g_str_equal (loss, "wasserstein")) {
    of_critic = 1;
    of_generator = -1;
  } else {
    of_critic = sigmoid (score);
    of_generator = g_str_equal (loss, "minimax") ? -sigmoid (score) : -sigmoid (-score);
  }
  flow[0] = -of_generator * psi;
  flow[1] = -of_critic * theta;
  if (g_str_equal (penalty, "zero"))
    flow[1] -= strength * psi;
  else if (g_str_equal (penalty, "one"))
    flow[1] -= strength * (psi > 0 ? psi - 1 : psi < 0 ? psi + 1 : 0);
}

const MpGame mp_game_dirac = {
  .base = {
    .id = "dirac",
    .title = N_("Dirac-GAN"),
    .summary = N_("Data at one point, samples at another, a linear critic: the smallest game that can go round for ever."),
    .paper = "Mescheder, Geiger and Nowozin, Which Training Methods for GANs do actually Converge?, ICML 2018",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .axes = { N_("generator θ"), N_("critic ψ") },
  .extent = { -2, 2, -2, 2 },
  .distance = 40,
  .evaluate = dirac_evaluate,
};
