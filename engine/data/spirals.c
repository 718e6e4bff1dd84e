/* SPDX-License-Identifier: Apache-2.0
 *
 * spirals.c: K arms that wind out from the middle, evenly filled along their length,
 *   v = √(v₀² + (1 − v₀²) U),   c_k = R·v·(cos (2πnv + 2πk/K), sin (2πnv + 2πk/K)),   x = c_k + s·N (0, I₂)
 *
 * Along an Archimedean spiral the length grows with the square of the radius, but for the innermost part; hence the
 * root. The arms begin a tenth of the radius away from the middle, v₀ = 0.1.
 */
#include "engine/data/curves.h"

#include <math.h>

#define MAX_ARMS 20
#define INNER 0.1

static const MpParam params[] = {
  { .key = "arms", .title = N_("Arms"), .symbol = "K",
    .summary = N_("Number of spirals."),
    .type = MP_PARAM_INT, .default_value = "2", .min = 1, .max = MAX_ARMS, .ui_min = 1, .ui_max = 8 },
  { .key = "turns", .title = N_("Turns"), .symbol = "n",
    .summary = N_("How often an arm goes around."),
    .type = MP_PARAM_DOUBLE, .default_value = "1.5", .min = 0, .max = 20, .ui_min = 0.25, .ui_max = 5 },
  { .key = "radius", .title = N_("Radius"), .symbol = "R",
    .summary = N_("Distance of the outer ends from the middle."),
    .type = MP_PARAM_DOUBLE, .default_value = "2", .min = 1e-6, .max = 1e6, .ui_min = 0.1, .ui_max = 10 },
  { .key = "std", .title = N_("Standard deviation"), .symbol = "s",
    .summary = N_("Standard deviation of the points around the arms; spread makes them differ."),
    .type = MP_PARAM_DOUBLE, .default_value = "0.05", .min = 0, .max = 1e6, .ui_min = 0.001, .ui_max = 1,
    .logarithmic = TRUE },
  MP_DATA_POINTS ("10000"),
  MP_DATA_IMBALANCE,
  MP_DATA_SPREAD,
  MP_DATA_NOISE,
  MP_DATA_HELD_OUT,
};

/* shape: arms, turns, radius */
static void
arm_at (const double *shape,
        guint         k,
        double        t,
        double        out[2])
{
  double v = sqrt (INNER * INNER + (1 - INNER * INNER) * t);
  double angle = 2 * G_PI * (shape[1] * v + k / shape[0]);

  out[0] = shape[2] * v * cos (angle);
  out[1] = shape[2] * v * sin (angle);
}

static gboolean
spirals_open (MpExperiment    *experiment,
              guint64          seed,
              MpDataContents  *contents,
              GError         **error)
{
  guint n = (guint) mp_experiment_get_int (experiment, "data", "arms");
  const double shape[] = { n, mp_experiment_get_double (experiment, "data", "turns"),
                           mp_experiment_get_double (experiment, "data", "radius") };

  mp_data_set_curves (contents, experiment, arm_at, shape, G_N_ELEMENTS (shape), n, NULL, NULL);
  return TRUE;
}

const MpDataClass mp_data_spirals = {
  .base = {
    .id = "spirals",
    .title = N_("Spirals"),
    .summary = N_("Arms that wind around each other: far along the curve, near across it."),
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .open = spirals_open,
};
