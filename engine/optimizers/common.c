/* SPDX-License-Identifier: Apache-2.0
 *
 * common.c: parts that every optimizer has; the schedules' formulas are in common.h.
 */
#include "engine/optimizers/common.h"

#include <math.h>

#define TINY_SQUARE 1e-30

const char *const mp_schedule_choices[] = { "constant", "linear", "cosine", "exponential", "step", NULL };

void
mp_optimizer_fill_common (MpExperiment *experiment,
                          const char   *group,
                          double       *hyper)
{
  for (gint i = 0; i < MP_N_HYPER; i++)
    hyper[i] = 0;

  hyper[MP_HYPER_LEARNING_RATE] = mp_experiment_get_double (experiment, group, "learning_rate");
  hyper[MP_HYPER_WEIGHT_DECAY] = mp_experiment_get_double (experiment, group, "weight_decay");
  hyper[MP_HYPER_CLIP] = mp_experiment_get_double (experiment, group, "clip");
}

void
mp_optimizer_fill_adam (MpExperiment *experiment,
                        const char   *group,
                        double       *hyper)
{
  mp_optimizer_fill_common (experiment, group, hyper);
  hyper[MP_HYPER_BETA1] = mp_experiment_get_double (experiment, group, "beta1");
  hyper[MP_HYPER_BETA2] = mp_experiment_get_double (experiment, group, "beta2");
  hyper[MP_HYPER_EPSILON] = mp_experiment_get_double (experiment, group, "epsilon");
}

double
mp_optimizer_schedule (MpExperiment *experiment,
                       const char   *group,
                       double        t)
{
  const char *schedule = mp_experiment_get_string (experiment, group, "schedule");
  double final = mp_experiment_get_double (experiment, group, "final_rate");

  t = CLAMP (t, 0.0, 1.0);
  if (g_str_equal (schedule, "linear"))
    return 1 - (1 - final) * t;
  if (g_str_equal (schedule, "cosine"))
    return final + (1 - final) * 0.5 * (1 + cos (G_PI * t));
  if (g_str_equal (schedule, "exponential"))
    return pow (final, t);
  if (g_str_equal (schedule, "step"))
    return t < mp_experiment_get_double (experiment, group, "step_at") ? 1 : final;
  return 1;
}

/* ---- updates in nodes ---- */

MpNode *
mp_update_setting (const MpUpdateRule *rule,
                   gint                i)
{
  return mp_reshape (mp_slice_axis (rule->hyper, 0, i, i + 1), mp_type (MP_FLOAT64, 0, NULL));
}

MpNode *
mp_update_scalar (MpNode *setting,
                  MpNode *like)
{
  return like != NULL ? mp_cast (setting, like->type.dtype) : NULL;
}

MpNode *
mp_update_gradient (const MpUpdateRule  *rule,
                    const MpUpdateState *state,
                    MpNode              *gradient)
{
  MpNode *g = rule->flags & MP_UPDATE_ASCEND ? mp_neg (gradient) : gradient;

  if (!rule->decays)
    return g;
  return mp_add (g, mp_mul (state->value,
                            mp_update_scalar (mp_update_setting (rule, MP_HYPER_WEIGHT_DECAY), state->value)));
}

MpNode *
mp_update_root (MpNode *square)
{
  return mp_sqrt (mp_add_scalar (square, TINY_SQUARE));
}

MpNode *
mp_update_mean (MpNode *decay,
                MpNode *old,
                MpNode *value)
{
  MpNode *rest = mp_add_scalar (mp_neg (decay), 1);

  return mp_add (mp_mul (mp_update_scalar (decay, old), old), mp_mul (mp_update_scalar (rest, old), value));
}

/* η/(1 − β₁ᵗ) and 1/√(1 − β₂ᵗ) are scalars of float64, as in the kernel. */
MpUpdateState
mp_optimizer_step_adam (const MpUpdateRule  *rule,
                        const MpUpdateState *state,
                        MpNode              *gradient)
{
  MpNode *beta1 = mp_update_setting (rule, MP_HYPER_BETA1), *beta2 = mp_update_setting (rule, MP_HYPER_BETA2);
  MpNode *t = mp_add_scalar (rule->count, 1);
  MpNode *rate = mp_div (mp_update_setting (rule, MP_HYPER_LEARNING_RATE),
                         mp_add_scalar (mp_neg (mp_pow (beta1, t)), 1));
  MpNode *root = mp_rsqrt (mp_add_scalar (mp_neg (mp_pow (beta2, t)), 1));
  MpNode *epsilon = mp_update_scalar (mp_update_setting (rule, MP_HYPER_EPSILON), state->value);
  MpUpdateState next;
  MpNode *size;

  next.moment1 = mp_update_mean (beta1, state->moment1, gradient);
  next.moment2 = mp_update_mean (beta2, state->moment2, mp_square (gradient));
  size = mp_add (mp_mul (mp_update_root (next.moment2), mp_update_scalar (root, state->value)), epsilon);
  next.value = mp_sub (state->value, mp_div (mp_mul (next.moment1, mp_update_scalar (rate, state->value)), size));
  return next;
}

MpUpdateState
mp_optimizer_step (const MpOptimizer   *optimizer,
                   const MpUpdateRule  *rule,
                   const MpUpdateState *state,
                   MpNode              *gradient)
{
  MpUpdateState next = optimizer->step (rule, state, gradient);
  MpNode *bound;

  if (!rule->clips)
    return next;
  bound = mp_update_scalar (mp_update_setting (rule, MP_HYPER_CLIP), next.value);
  next.value = mp_maximum (mp_minimum (next.value, bound), mp_neg (bound));
  return next;
}
