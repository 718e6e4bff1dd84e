/* SPDX-License-Identifier: Apache-2.0
 *
 * sgd.c: stochastic gradient descent with momentum μ.
 *   v ← μ v + g,   θ ← θ − η v;   Nesterov: θ ← θ − η (g + μ v)
 *
 * Polyak 1964; Sutskever, Martens, Dahl and Hinton: On the importance of initialization and momentum in deep
 * learning, ICML 2013.
 */
#include "engine/optimizers/common.h"

static const MpParam params[] = {
  MP_OPTIMIZER_LEARNING_RATE ("0.01"),
  { .key = "momentum", .title = N_("Momentum"), .symbol = "μ",
    .summary = N_("Share of the last step that is kept."),
    .type = MP_PARAM_DOUBLE, .default_value = "0", .min = 0, .max = 1, .live = TRUE },
  { .key = "nesterov", .title = N_("Nesterov momentum"),
    .summary = N_("Looks one momentum step ahead."),
    .type = MP_PARAM_BOOL, .default_value = "false" },
  MP_OPTIMIZER_COMMON
};

static guint32
sgd_flags (MpExperiment *experiment,
           const char   *group)
{
  return mp_experiment_get_bool (experiment, group, "nesterov") ? MP_UPDATE_NESTEROV : 0;
}

static void
sgd_hyper (MpExperiment *experiment,
           const char   *group,
           double       *hyper)
{
  mp_optimizer_fill_common (experiment, group, hyper);
  hyper[MP_HYPER_BETA1] = mp_experiment_get_double (experiment, group, "momentum");
}

static MpUpdateState
sgd_step (const MpUpdateRule  *rule,
          const MpUpdateState *state,
          MpNode              *gradient)
{
  MpNode *g = mp_update_gradient (rule, state, gradient);
  MpNode *momentum = mp_update_scalar (mp_update_setting (rule, MP_HYPER_BETA1), state->value);
  MpNode *rate = mp_update_scalar (mp_update_setting (rule, MP_HYPER_LEARNING_RATE), state->value);
  MpUpdateState next = { .moment2 = state->moment2 };
  MpNode *move;

  next.moment1 = mp_add (mp_mul (momentum, state->moment1), g);
  move = rule->flags & MP_UPDATE_NESTEROV ? mp_add (g, mp_mul (momentum, next.moment1)) : next.moment1;
  next.value = mp_sub (state->value, mp_mul (rate, move));
  return next;
}

const MpOptimizer mp_optimizer_sgd = {
  .base = {
    .id = "sgd",
    .title = N_("SGD"),
    .summary = N_("Gradient descent on minibatches, with momentum."),
    .paper = "Polyak 1964; Sutskever et al., ICML 2013",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .op = MP_OP_SGD,
  .flags = sgd_flags,
  .hyper = sgd_hyper,
  .step = sgd_step,
};
