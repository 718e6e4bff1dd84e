/* SPDX-License-Identifier: Apache-2.0
 *
 * moons.c: two half circles that reach into each other, with t = πU,
 *   c_0 (t) = r·(cos t − 1/2, sin t − 1/4),   c_1 (t) = r·(1/2 − cos t, 1/4 − sin t),   x = c_k (t) + s·N (0, I₂)
 *
 * With r = 1 these are the two moons of scikit-learn (make_moons), shifted so that their middle is 0.
 */
#include "engine/data/curves.h"

#include <math.h>

static const MpParam params[] = {
  { .key = "radius", .title = N_("Radius"), .symbol = "r",
    .summary = N_("Radius of the half circles."),
    .type = MP_PARAM_DOUBLE, .default_value = "1", .min = 1e-6, .max = 1e6, .ui_min = 0.1, .ui_max = 10 },
  { .key = "std", .title = N_("Standard deviation"), .symbol = "s",
    .summary = N_("Standard deviation of the points around the half circles; spread makes them differ."),
    .type = MP_PARAM_DOUBLE, .default_value = "0.05", .min = 0, .max = 1e6, .ui_min = 0.001, .ui_max = 1,
    .logarithmic = TRUE },
  MP_DATA_POINTS ("10000"),
  MP_DATA_IMBALANCE,
  MP_DATA_SPREAD,
  MP_DATA_NOISE,
  MP_DATA_HELD_OUT,
};

static void
moon_at (const double *shape,
         guint         k,
         double        t,
         double        out[2])
{
  double side = k == 0 ? *shape : -*shape;

  out[0] = side * (cos (G_PI * t) - 0.5);
  out[1] = side * (sin (G_PI * t) - 0.25);
}

static gboolean
moons_open (MpExperiment    *experiment,
            guint64          seed,
            MpDataContents  *contents,
            GError         **error)
{
  double radius = mp_experiment_get_double (experiment, "data", "radius");

  mp_data_set_curves (contents, experiment, moon_at, &radius, 1, 2, NULL, NULL);
  return TRUE;
}

const MpDataClass mp_data_moons = {
  .base = {
    .id = "moons",
    .title = N_("Two moons"),
    .summary = N_("Two half circles that reach into each other."),
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .open = moons_open,
};
