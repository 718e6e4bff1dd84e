/* SPDX-License-Identifier: Apache-2.0
 *
 * adam.c: running means of gradient and squared gradient, bias-corrected (Kingma and Ba, ICLR 2015).
 *   m ← β₁ m + (1 − β₁) g,   v ← β₂ v + (1 − β₂) g²
 *   θ ← θ − η · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε)
 */
#include "engine/optimizers/common.h"

static const MpParam params[] = {
  MP_OPTIMIZER_ADAM,
  MP_OPTIMIZER_COMMON
};

static MpUpdateState
adam_step (const MpUpdateRule  *rule,
           const MpUpdateState *state,
           MpNode              *gradient)
{
  return mp_optimizer_step_adam (rule, state, mp_update_gradient (rule, state, gradient));
}

const MpOptimizer mp_optimizer_adam = {
  .base = {
    .id = "adam",
    .title = N_("Adam"),
    .summary = N_("Steps from running means of the gradient and of its square."),
    .paper = "Kingma and Ba, ICLR 2015",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .op = MP_OP_ADAM,
  .hyper = mp_optimizer_fill_adam,
  .step = adam_step,
};
