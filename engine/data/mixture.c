/* SPDX-License-Identifier: Apache-2.0
 *
 * mixture.c: any mixture of isotropic Gaussians in the plane: centres, weights and standard deviations as lists,
 *   x = c_k + s_k·N (0, I₂),   k with probability w_k / Σ w
 *
 * The defaults are three modes apart from each other, of which each is rarer and wider than the one before.
 */
#include "engine/data/data.h"

#include <math.h>

static const MpParam params[] = {
  { .key = "centres", .title = N_("Centres"), .symbol = "c",
    .summary = N_("Two numbers for every Gaussian, x and y, one Gaussian after the other."),
    .type = MP_PARAM_DOUBLES, .default_value = "-1.5, -1, 1.5, -1, 0, 1.5", .min = -1e6, .max = 1e6,
    .ui_min = -5, .ui_max = 5 },
  { .key = "stds", .title = N_("Standard deviations"), .symbol = "s",
    .summary = N_("One number for every Gaussian, or one for all."),
    .type = MP_PARAM_DOUBLES, .default_value = "0.1, 0.2, 0.4", .min = 1e-6, .max = 1e6,
    .ui_min = 0.001, .ui_max = 1 },
  { .key = "weights", .title = N_("Weights"), .symbol = "w",
    .summary = N_("One number for every Gaussian, of any sum; none at all makes them equal."),
    .type = MP_PARAM_DOUBLES, .default_value = "6, 3, 1", .min = 1e-9, .max = 1e9, .ui_min = 0.01, .ui_max = 10,
    .may_be_empty = TRUE },
  MP_DATA_POINTS ("10000"),
  MP_DATA_NOISE,
  MP_DATA_HELD_OUT,
};

static gboolean
fail_length (const char  *key,
             guint        found,
             const char  *allowed,
             guint        n_modes,
             GError     **error)
{
  g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT,
               "[data] %s has %u number%s: it must have %s, and centres has those of %u Gaussian%s.", key, found,
               found == 1 ? "" : "s", allowed, n_modes, n_modes == 1 ? "" : "s");
  return FALSE;
}

static gboolean
mixture_open (MpExperiment    *experiment,
              guint64          seed,
              MpDataContents  *contents,
              GError         **error)
{
  guint n_centres, n_stds, n_weights;
  const double *centres = mp_experiment_get_doubles (experiment, "data", "centres", &n_centres);
  const double *stds = mp_experiment_get_doubles (experiment, "data", "stds", &n_stds);
  const double *weights = mp_experiment_get_doubles (experiment, "data", "weights", &n_weights);
  double noise = mp_experiment_get_double (experiment, "data", "noise"), sum = 0, reach = 0;
  guint n = n_centres / 2;

  if (n_centres % 2 != 0) {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "[data] centres has %u number%s: it must have two for every "
                 "Gaussian, x and y.", n_centres, n_centres == 1 ? "" : "s");
    return FALSE;
  }
  if (n_stds != 1 && n_stds != n)
    return fail_length ("stds", n_stds, "one for all or one for every Gaussian", n, error);
  if (n_weights != 0 && n_weights != n)
    return fail_length ("weights", n_weights, "one for every Gaussian", n, error);

  contents->dimensions = 2;
  contents->n_points = mp_experiment_get_int (experiment, "data", "points");
  contents->mixture = mp_mixture_new (n, 2);
  for (guint k = 0; k < n_weights; k++)
    sum += weights[k];
  for (guint k = 0; k < n; k++) {
    double std = stds[n_stds == 1 ? 0 : k];

    contents->mixture->centre[2 * k] = centres[2 * k];
    contents->mixture->centre[2 * k + 1] = centres[2 * k + 1];
    contents->mixture->std[k] = noise > 0 ? hypot (std, noise) : std;
    if (n_weights > 0)
      contents->mixture->weight[k] = weights[k] / sum;
    reach = MAX (reach, MAX (fabs (centres[2 * k]), fabs (centres[2 * k + 1])) + 4 * contents->mixture->std[k]);
  }
  mp_data_set_extent (contents, reach);
  return TRUE;
}

const MpDataClass mp_data_mixture = {
  .base = {
    .id = "mixture",
    .title = N_("Mixture of Gaussians"),
    .summary = N_("Gaussians of any number, place, width and weight."),
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .open = mixture_open,
};
