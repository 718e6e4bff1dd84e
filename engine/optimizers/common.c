/* SPDX-License-Identifier: Apache-2.0
 *
 * common.c: parts that every optimizer has; the schedules' formulas are in common.h.
 */
#include "engine/optimizers/common.h"

#include <math.h>

const char *const mp_schedule_choices[] = { "constant", "linear", "cosine", "exponential", NULL };

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
  return 1;
}
