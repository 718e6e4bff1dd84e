/* SPDX-License-Identifier: Apache-2.0
 *
 * noise.c: nothing but noise: uniform on the square [−a, a]², or one normal distribution of standard deviation a.
 *
 * The easiest of all data: what a method does here beyond fitting one blob is of its own making.
 */
#include "engine/data/raster.h"

#include <math.h>

static const char *const distributions[] = { "uniform", "normal", NULL };

static const MpParam params[] = {
  { .key = "distribution", .title = N_("Distribution"),
    .summary = N_("Uniform on a square around 0, or one normal distribution."),
    .type = MP_PARAM_ENUM, .default_value = "uniform", .choices = distributions },
  { .key = "size", .title = N_("Size"), .symbol = "a",
    .summary = N_("Half the side of the square, or the standard deviation."),
    .type = MP_PARAM_DOUBLE, .default_value = "1", .min = 1e-6, .max = 1e6, .ui_min = 0.1, .ui_max = 10 },
  MP_DATA_POINTS ("10000"),
  MP_DATA_NOISE,
  MP_DATA_HELD_OUT,
};

static gboolean
noise_open (MpExperiment    *experiment,
            guint64          seed,
            MpDataContents  *contents,
            GError         **error)
{
  gboolean normal = g_str_equal (mp_experiment_get_string (experiment, "data", "distribution"), "normal");
  double size = mp_experiment_get_double (experiment, "data", "size");
  double noise = mp_experiment_get_double (experiment, "data", "noise");

  if (!normal) {
    mp_data_set_raster (contents, experiment, &(const double) { 1 }, 1, 1, NULL, TRUE);
    return TRUE;
  }
  contents->dimensions = 2;
  contents->n_points = mp_experiment_get_int (experiment, "data", "points");
  contents->mixture = mp_mixture_new (1, 2);
  contents->mixture->std[0] = hypot (size, noise);
  mp_data_set_extent (contents, 4 * contents->mixture->std[0]);
  return TRUE;
}

const MpDataClass mp_data_noise = {
  .base = {
    .id = "noise",
    .title = N_("Noise"),
    .summary = N_("One featureless blob: uniform on a square, or normal."),
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .open = noise_open,
};
