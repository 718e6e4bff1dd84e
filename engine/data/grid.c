/* SPDX-License-Identifier: Apache-2.0
 *
 * grid.c: M × M isotropic Gaussians on a square grid,
 *   c_ij = d·(i − (M−1)/2, j − (M−1)/2),   x = c_ij + s·N (0, I₂)
 *
 * Five by five with d = 2 and s = 0.05, all divided by 2.828, and 100,000 fixed points, are the 25 Gaussians of
 * Anonymous, Generative Adversarial Mapping Networks (Table 1), after the code of Gulrajani et al. (2017). Without
 * the division they are those of Srivastava et al. (VEEGAN, 2017).
 */
#include "engine/data/data.h"

static const char *const variant_ids[] = { "gamn", "veegan", "custom", NULL };

static const MpVariant variants[] = {
  { "gamn", "side = 5; distance = 0.707; std = 0.0177; imbalance = 1; spread = 1; noise = 0" },
  { "veegan", "side = 5; distance = 2; std = 0.05; imbalance = 1; spread = 1; noise = 0" },
  { NULL }
};

static const MpParam params[] = {
  { .key = "variant", .title = N_("Constants"),
    .summary = N_("Whose grid this is: GAMN's 25 Gaussians, or the larger one of VEEGAN and PacGAN. Choosing one sets "
                  "modes, distance and standard deviation; another value of these makes it custom."),
    .type = MP_PARAM_ENUM, .default_value = "gamn", .choices = variant_ids },
  { .key = "side", .title = N_("Modes on a side"), .symbol = "M",
    .summary = N_("Gaussians in each row and column."),
    .type = MP_PARAM_INT, .default_value = "5", .min = 1, .max = 30, .ui_min = 1, .ui_max = 10 },
  { .key = "distance", .title = N_("Distance"), .symbol = "d",
    .summary = N_("Distance of neighbouring centres."),
    .type = MP_PARAM_DOUBLE, .default_value = "0.707", .min = 1e-6, .max = 1e6, .ui_min = 0.1, .ui_max = 10 },
  { .key = "std", .title = N_("Standard deviation"), .symbol = "s",
    .summary = N_("Standard deviation of a Gaussian in every direction; spread makes them differ."),
    .type = MP_PARAM_DOUBLE, .default_value = "0.0177", .min = 1e-6, .max = 1e6, .ui_min = 0.001, .ui_max = 1,
    .logarithmic = TRUE },
  MP_DATA_POINTS ("100000"),
  MP_DATA_IMBALANCE,
  MP_DATA_SPREAD,
  MP_DATA_NOISE,
  MP_DATA_HELD_OUT,
};

static gboolean
grid_open (MpExperiment    *experiment,
           guint64          seed,
           MpDataContents  *contents,
           GError         **error)
{
  guint side = (guint) mp_experiment_get_int (experiment, "data", "side");
  guint n_modes = side * side;
  double distance = mp_experiment_get_double (experiment, "data", "distance");
  MpMixture *mixture = mp_mixture_new (n_modes, 2);

  contents->dimensions = 2;
  contents->n_points = mp_experiment_get_int (experiment, "data", "points");
  contents->mixture = mixture;
  mp_data_get_weights (experiment, n_modes, mixture->weight);
  mp_data_get_stds (experiment, n_modes, mixture->std);
  for (guint i = 0; i < n_modes; i++) {
    mixture->centre[2 * i] = distance * (i % side - (side - 1) / 2.0);
    mixture->centre[2 * i + 1] = distance * (i / side - (side - 1) / 2.0);
  }
  mp_data_set_extent (contents, distance * (side - 1) / 2.0
                                + MAX (distance / 2, 5 * MAX (mixture->std[0], mixture->std[n_modes - 1])));
  return TRUE;
}

const MpDataClass mp_data_grid = {
  .base = {
    .id = "grid",
    .title = N_("Grid of Gaussians"),
    .summary = N_("Gaussians on a square grid: many modes, all alike."),
    .paper = "Generative Adversarial Mapping Networks, Table 1",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
    .variants = variants,
  },
  .open = grid_open,
};
