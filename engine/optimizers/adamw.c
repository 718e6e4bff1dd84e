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
};
