/* SPDX-License-Identifier: Apache-2.0
 *
 * ring.c: M isotropic Gaussians on a circle,
 *   c_k = R·(cos (φ + 2πk/M), sin (φ + 2πk/M)),   x = c_k + s_k·N (0, I₂),   s_k = s unless they are spread
 *
 * Eight of them with s = 0.01 are the stability test of Anonymous, Generative Ratio Matching Networks (section 3.4);
 * that paper leaves R open, and its code has R = 2 with s = 0.2. GAMN's 8 Gaussians are R = 2, s = 0.02, all divided by
 * 1.414; RFGAN says s = 0.1 and leaves R open. The unrolled-GAN demo's ring counts both ends of the
 * circle and so has one mode twice; this one does not.
 */
#include "engine/data/data.h"

#include <math.h>

static const char *const variant_ids[] = { "gram-text", "gram-code", "gamn", "rfgan", "unrolled", "custom", NULL };

static const MpVariant variants[] = {
  { "gram-text", "modes = 8; radius = 1; std = 0.01; imbalance = 1; spread = 1; noise = 0" },
  { "gram-code", "modes = 8; radius = 2; std = 0.2; imbalance = 1; spread = 1; noise = 0" },
  { "gamn", "modes = 8; radius = 1.414; std = 0.0141; imbalance = 1; spread = 1; noise = 0" },
  { "rfgan", "modes = 8; radius = 2; std = 0.1; imbalance = 1; spread = 1; noise = 0" },
  { "unrolled", "modes = 8; radius = 2; std = 0.02; imbalance = 1; spread = 1; noise = 0" },
  { NULL }
};

static const MpParam params[] = {
  { .key = "variant", .title = N_("Constants"),
    .summary = N_("Whose ring this is: the GRAM paper's text or its code, GAMN's 8 Gaussians, RFGAN's, that of the "
                  "unrolled GAN. Choosing one sets modes, radius and standard deviation; another value of these makes "
                  "it custom."),
    .type = MP_PARAM_ENUM, .default_value = "gram-text", .choices = variant_ids },
  { .key = "modes", .title = N_("Modes"), .symbol = "M",
    .summary = N_("Number of Gaussians on the circle."),
    .type = MP_PARAM_INT, .default_value = "8", .min = 1, .max = 1000, .ui_min = 1, .ui_max = 32 },
  { .key = "radius", .title = N_("Radius"), .symbol = "R",
    .summary = N_("Radius of the circle that the centres lie on."),
    .type = MP_PARAM_DOUBLE, .default_value = "1", .min = 0, .max = 1e6, .ui_min = 0.1, .ui_max = 10 },
  { .key = "std", .title = N_("Standard deviation"), .symbol = "s",
    .summary = N_("Standard deviation of a Gaussian in every direction; spread makes them differ."),
    .type = MP_PARAM_DOUBLE, .default_value = "0.01", .min = 1e-6, .max = 1e6, .ui_min = 0.001, .ui_max = 1,
    .logarithmic = TRUE },
  { .key = "phase", .title = N_("Phase"), .symbol = "φ", .unit = "°",
    .summary = N_("Angle of the first centre."),
    .type = MP_PARAM_DOUBLE, .default_value = "0", .min = -360, .max = 360 },
  MP_DATA_POINTS ("1000"),
  MP_DATA_IMBALANCE,
  MP_DATA_SPREAD,
  MP_DATA_NOISE,
  MP_DATA_HELD_OUT,
};

static gboolean
ring_open (MpExperiment    *experiment,
           guint64          seed,
           MpDataContents  *contents,
           GError         **error)
{
  guint n_modes = (guint) mp_experiment_get_int (experiment, "data", "modes");
  double radius = mp_experiment_get_double (experiment, "data", "radius");
  double phase = mp_experiment_get_double (experiment, "data", "phase") * G_PI / 180;
  double bound;

  contents->dimensions = 2;
  contents->n_points = mp_experiment_get_int (experiment, "data", "points");
  contents->mixture = mp_mixture_new (n_modes, 2);
  mp_data_get_weights (experiment, n_modes, contents->mixture->weight);
  mp_data_get_stds (experiment, n_modes, contents->mixture->std);
  for (guint k = 0; k < n_modes; k++) {
    contents->mixture->centre[2 * k] = radius * cos (phase + 2 * G_PI * k / n_modes);
    contents->mixture->centre[2 * k + 1] = radius * sin (phase + 2 * G_PI * k / n_modes);
  }

  bound = MAX (1.5 * radius, radius + 5 * MAX (contents->mixture->std[0], contents->mixture->std[n_modes - 1]));
  contents->extent[0] = contents->extent[2] = -bound;
  contents->extent[1] = contents->extent[3] = bound;
  return TRUE;
}

const MpDataClass mp_data_ring = {
  .base = {
    .id = "ring",
    .title = N_("Ring of Gaussians"),
    .summary = N_("Gaussians on a circle: the classical test for missing modes."),
    .paper = "Generative Ratio Matching Networks, section 3.4",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
    .variants = variants,
  },
  .open = ring_open,
};
