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
};
