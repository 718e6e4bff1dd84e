/* SPDX-License-Identifier: Apache-2.0
 *
 * adamw.c: Adam with decoupled weight decay (Loshchilov and Hutter, ICLR 2019).
 *   m ← β₁ m + (1 − β₁) g,   v ← β₂ v + (1 − β₂) g²
 *   θ ← θ − η·w·θ − η · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε)
 */
#include "engine/optimizers/common.h"

static const MpParam params[] = {
  MP_OPTIMIZER_ADAM,
  MP_OPTIMIZER_COMMON
};

/* Decayed first, so that Adam subtracts from what is left. */
static MpUpdateState
adamw_step (const MpUpdateRule  *rule,
            const MpUpdateState *state,
            MpNode              *gradient)
{
  MpUpdateState left = *state;

  if (rule->decays) {
    MpNode *share = mp_mul (mp_update_setting (rule, MP_HYPER_LEARNING_RATE),
                            mp_update_setting (rule, MP_HYPER_WEIGHT_DECAY));

    left.value = mp_mul (state->value, mp_update_scalar (mp_add_scalar (mp_neg (share), 1), state->value));
  }
  return mp_optimizer_step_adam (rule, &left, rule->flags & MP_UPDATE_ASCEND ? mp_neg (gradient) : gradient);
}

const MpOptimizer mp_optimizer_adamw = {
  .base = {
    .id = "adamw",
    .title = N_("AdamW"),
    .summary = N_("Adam with weight decay apart from the gradient."),
    .paper = "Loshchilov and Hutter, ICLR 2019",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .op = MP_OP_ADAMW,
  .hyper = mp_optimizer_fill_adam,
  .step = adamw_step,
};
