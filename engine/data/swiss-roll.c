/* SPDX-License-Identifier: Apache-2.0
 *
 * swiss-roll.c: a spiral from an inner to an outer turn,
 *   t = π·(a + (b − a)·U),   x = ((t cos t, t sin t) + s·N (0, I₂)) / q
 *
 * a = 1.5, b = 4.5, s = 0.25 and q = 7.5 are the swiss roll of Anonymous, Generative Adversarial Mapping Networks
 * (Table 1), after the code of Gulrajani et al. (2017), where noise is added before the division.
 */
#include "engine/data/curves.h"

#include <math.h>

static const MpParam params[] = {
  { .key = "start", .title = N_("Start"), .symbol = "a", .unit = "π",
    .summary = N_("Angle at the inner end."),
    .type = MP_PARAM_DOUBLE, .default_value = "1.5", .min = 0, .max = 100, .ui_min = 0, .ui_max = 5 },
  { .key = "end", .title = N_("End"), .symbol = "b", .unit = "π",
    .summary = N_("Angle at the outer end."),
    .type = MP_PARAM_DOUBLE, .default_value = "4.5", .min = 0, .max = 100, .ui_min = 1, .ui_max = 10 },
  { .key = "divisor", .title = N_("Divisor"), .symbol = "q",
    .summary = N_("What everything, the noise too, is divided by."),
    .type = MP_PARAM_DOUBLE, .default_value = "7.5", .min = 1e-6, .max = 1e6, .ui_min = 1, .ui_max = 20 },
  { .key = "std", .title = N_("Standard deviation"), .symbol = "s",
    .summary = N_("Standard deviation of the points around the roll, before the division."),
    .type = MP_PARAM_DOUBLE, .default_value = "0.25", .min = 0, .max = 1e6, .ui_min = 0.001, .ui_max = 1,
    .logarithmic = TRUE },
  MP_DATA_POINTS ("10000"),
  MP_DATA_NOISE,
  MP_DATA_HELD_OUT,
};

/* shape: start, length, divisor */
static void
roll_at (const double *shape,
         guint         k,
         double        t,
         double        out[2])
{
  double angle = G_PI * (shape[0] + shape[1] * t);

  out[0] = angle * cos (angle) / shape[2];
  out[1] = angle * sin (angle) / shape[2];
}

static gboolean
swiss_roll_open (MpExperiment    *experiment,
                 guint64          seed,
                 MpDataContents  *contents,
                 GError         **error)
{
  double start = mp_experiment_get_double (experiment, "data", "start");
  double end = mp_experiment_get_double (experiment, "data", "end");
  double divisor = mp_experiment_get_double (experiment, "data", "divisor");
  double std = hypot (mp_experiment_get_double (experiment, "data", "std") / divisor,
                      mp_experiment_get_double (experiment, "data", "noise"));
  const double shape[] = { start, end - start, divisor }, weight = 1;

  mp_data_set_curves (contents, experiment, roll_at, shape, G_N_ELEMENTS (shape), 1, &weight, &std);
  return TRUE;
}

const MpDataClass mp_data_swiss_roll = {
  .base = {
    .id = "swiss-roll",
    .title = N_("Swiss roll"),
    .summary = N_("One rolled-up curve: a single connected manifold instead of modes."),
    .paper = "Generative Adversarial Mapping Networks, Table 1",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .open = swiss_roll_open,
};
