/* SPDX-License-Identifier: Apache-2.0
 *
 * rmsprop.c: gradients divided by a running root mean square (Tieleman and Hinton, Coursera lecture 6.5, 2012).
 *   s ← ρ s + (1 − ρ) g²,   step = g / (√s + ε)        epsilon outside (PyTorch: ρ = 0.99; Flux: ρ = 0.9; ε = 10⁻⁸)
 *                           step = g / √(s + ε)        epsilon inside (TensorFlow 1: ρ = 0.9, ε = 10⁻¹⁰)
 *   v ← μ v + step,   θ ← θ − η v
 */
#include "engine/optimizers/common.h"

static const char *const epsilon_places[] = { "outside", "inside", NULL };

static const MpParam params[] = {
  MP_OPTIMIZER_LEARNING_RATE ("0.001"),
  { .key = "decay", .title = N_("Decay"), .symbol = "ρ",
    .summary = N_("Share of the running mean of squared gradients that is kept; PyTorch has 0.99, Flux and "
                  "TensorFlow 0.9."),
    .type = MP_PARAM_DOUBLE, .default_value = "0.9", .min = 0, .max = 1, .live = TRUE },
  { .key = "momentum", .title = N_("Momentum"), .symbol = "μ",
    .summary = N_("Share of the last step that is kept."),
    .type = MP_PARAM_DOUBLE, .default_value = "0", .min = 0, .max = 1, .live = TRUE },
  MP_OPTIMIZER_EPSILON,
  { .key = "epsilon_place", .title = N_("Place of epsilon"),
    .summary = N_("Outside the square root as in PyTorch, or inside as in TensorFlow 1."),
    .type = MP_PARAM_ENUM, .default_value = "outside", .choices = epsilon_places },
  MP_OPTIMIZER_COMMON
};

static guint32
rmsprop_flags (MpExperiment *experiment,
               const char   *group)
{
  return g_str_equal (mp_experiment_get_string (experiment, group, "epsilon_place"), "inside")
         ? MP_UPDATE_EPSILON_INSIDE : 0;
}

static void
rmsprop_hyper (MpExperiment *experiment,
               const char   *group,
               double       *hyper)
{
  mp_optimizer_fill_common (experiment, group, hyper);
  hyper[MP_HYPER_BETA1] = mp_experiment_get_double (experiment, group, "momentum");
  hyper[MP_HYPER_BETA2] = mp_experiment_get_double (experiment, group, "decay");
  hyper[MP_HYPER_EPSILON] = mp_experiment_get_double (experiment, group, "epsilon");
}

static MpUpdateState
rmsprop_step (const MpUpdateRule  *rule,
              const MpUpdateState *state,
              MpNode              *gradient)
{
  MpNode *g = mp_update_gradient (rule, state, gradient);
  MpNode *momentum = mp_update_scalar (mp_update_setting (rule, MP_HYPER_BETA1), state->value);
  MpNode *rate = mp_update_scalar (mp_update_setting (rule, MP_HYPER_LEARNING_RATE), state->value);
  MpNode *epsilon = mp_update_scalar (mp_update_setting (rule, MP_HYPER_EPSILON), state->value);
  gboolean inside = (rule->flags & MP_UPDATE_EPSILON_INSIDE) != 0;
  MpUpdateState next;
  MpNode *size;

  next.moment2 = mp_update_mean (mp_update_setting (rule, MP_HYPER_BETA2), state->moment2, mp_square (g));
  size = inside ? mp_sqrt (mp_add (next.moment2, epsilon)) : mp_add (mp_update_root (next.moment2), epsilon);
  next.moment1 = mp_add (mp_div (g, size), mp_mul (momentum, state->moment1));
  next.value = mp_sub (state->value, mp_mul (rate, next.moment1));
  return next;
}

const MpOptimizer mp_optimizer_rmsprop = {
  .base = {
    .id = "rmsprop",
    .title = N_("RMSprop"),
    .summary = N_("Gradients divided by their running root mean square."),
    .paper = "Tieleman and Hinton, lecture 6.5, 2012",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .op = MP_OP_RMSPROP,
  .flags = rmsprop_flags,
  .hyper = rmsprop_hyper,
  .step = rmsprop_step,
};
