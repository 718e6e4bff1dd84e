/* SPDX-License-Identifier: Apache-2.0
 *
 * common.h: the parameters that every optimizer has, so that they are worded once.
 *
 * The schedule multiplies the learning rate by s (t), t = iteration / iterations in [0, 1], with end value f
 * ("final_rate"):
 *   constant     s = 1
 *   linear       s = 1 − (1 − f)·t
 *   cosine       s = f + (1 − f)·(1 + cos πt)/2          (Loshchilov and Hutter 2017, without restarts)
 *   exponential  s = f^t
 *   step         s = 1 while t < "step_at", then f    (GMMN's code: a tenth from a quarter on)
 * It is applied by the training loop (engine/train/loop.c), which knows the iteration.
 */
#pragma once

#include "engine/optimizers/optimizer.h"

G_BEGIN_DECLS

extern const char *const mp_schedule_choices[];

#define MP_OPTIMIZER_LEARNING_RATE(default_text)                                                                   \
  { .key = "learning_rate", .title = N_("Learning rate"), .symbol = "η",                                           \
    .summary = N_("Size of one update step."),                                                                     \
    .type = MP_PARAM_DOUBLE, .default_value = default_text, .min = 0, .max = 1e3, .ui_min = 1e-6, .ui_max = 1,     \
    .logarithmic = TRUE, .live = TRUE }

#define MP_OPTIMIZER_EPSILON                                                                                       \
  { .key = "epsilon", .title = N_("Epsilon"), .symbol = "ε",                                                       \
    .summary = N_("Keeps the division finite where gradients vanish."),                                            \
    .type = MP_PARAM_DOUBLE, .default_value = "1e-8", .min = 0, .max = 1, .ui_min = 1e-12, .ui_max = 0.01,         \
    .logarithmic = TRUE, .live = TRUE }

/* Adam's own parameters, which AdamW shares. */
#define MP_OPTIMIZER_ADAM                                                                                          \
  MP_OPTIMIZER_LEARNING_RATE ("0.001"),                                                                            \
  { .key = "beta1", .title = N_("First decay"), .symbol = "β₁",                                                    \
    .summary = N_("Share of the running mean of gradients that is kept; adversarial training often has 0.5."),     \
    .type = MP_PARAM_DOUBLE, .default_value = "0.9", .min = 0, .max = 0.999999, .live = TRUE },                    \
  { .key = "beta2", .title = N_("Second decay"), .symbol = "β₂",                                                   \
    .summary = N_("Share of the running mean of squared gradients that is kept."),                                 \
    .type = MP_PARAM_DOUBLE, .default_value = "0.999", .min = 0, .max = 0.999999, .live = TRUE },                  \
  MP_OPTIMIZER_EPSILON

#define MP_OPTIMIZER_COMMON                                                                                        \
  { .key = "weight_decay", .title = N_("Weight decay"),                                                            \
    .summary = N_("Pulls every parameter towards zero; added to the gradient, but decoupled from it in AdamW."),   \
    .type = MP_PARAM_DOUBLE, .default_value = "0", .min = 0, .max = 1, .ui_min = 0, .ui_max = 0.1,                 \
    .live = TRUE },                                                                                                \
  { .key = "clip", .title = N_("Weight clipping"), .symbol = "c",                                                  \
    .summary = N_("Every parameter is clamped to ±c after an update (Arjovsky et al. 2017); 0 clamps nothing."),   \
    .type = MP_PARAM_DOUBLE, .default_value = "0", .min = 0, .max = 1e3, .ui_min = 0, .ui_max = 1,                 \
    .live = TRUE },                                                                                                \
  { .key = "schedule", .title = N_("Schedule"),                                                                    \
    .summary = N_("How the learning rate goes from its full value at the start to its end value at the last "      \
                  "iteration."),                                                                                   \
    .type = MP_PARAM_ENUM, .default_value = "constant", .choices = mp_schedule_choices },                          \
  { .key = "final_rate", .title = N_("Final rate"),                                                                \
    .summary = N_("Learning rate at the last iteration as a fraction of the full one; for schedules other than "   \
                  "constant."),                                                                                    \
    .type = MP_PARAM_DOUBLE, .default_value = "0.01", .min = 1e-6, .max = 1, .ui_min = 1e-4, .ui_max = 1,          \
    .logarithmic = TRUE, .live = TRUE },                                                                           \
  { .key = "step_at", .title = N_("Place of the step"),                                                            \
    .summary = N_("Share of the iterations after which the schedule step goes to the final rate."),                \
    .type = MP_PARAM_DOUBLE, .default_value = "0.25", .min = 0, .max = 1, .live = TRUE }

/* Fills the entries that all optimizers have. */
void   mp_optimizer_fill_common (MpExperiment *experiment, const char *group, double *hyper);
void   mp_optimizer_fill_adam (MpExperiment *experiment, const char *group, double *hyper);
/* ---- updates in nodes ---- */

/* Entry i of the settings, float64 and as a scalar of the dtype of `like`. */
MpNode *mp_update_setting (const MpUpdateRule *rule, gint i);
MpNode *mp_update_scalar (MpNode *setting, MpNode *like);
/* ±g + λθ */
MpNode *mp_update_gradient (const MpUpdateRule *rule, const MpUpdateState *state, MpNode *gradient);
/* Root of a running mean of squares. Where no gradient ever came it is 0, and its slope must stay finite. */
MpNode *mp_update_root (MpNode *square);
/* Running mean: a·old + (1 − a)·new. */
MpNode *mp_update_mean (MpNode *decay, MpNode *old, MpNode *value);
MpUpdateState mp_optimizer_step_adam (const MpUpdateRule *rule, const MpUpdateState *state, MpNode *gradient);

/* s (t) of the group's schedule. */
double mp_optimizer_schedule (MpExperiment *experiment, const char *group, double t);

G_END_DECLS
