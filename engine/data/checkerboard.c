/* SPDX-License-Identifier: Apache-2.0
 *
 * checkerboard.c: uniform on every other square of an n × n board of side 2a, with normal noise on top where asked for:
 *   p (x) = 1 / (area of all filled squares) there, 0 elsewhere
 */
#include "engine/data/raster.h"

static const MpParam params[] = {
  { .key = "squares", .title = N_("Squares on a side"), .symbol = "n",
    .summary = N_("Squares in each row and column; every other one holds points."),
    .type = MP_PARAM_INT, .default_value = "4", .min = 1, .max = 100, .ui_min = 2, .ui_max = 12 },
  { .key = "size", .title = N_("Half side"), .symbol = "a",
    .summary = N_("Half the side of the board, which lies around 0."),
    .type = MP_PARAM_DOUBLE, .default_value = "2", .min = 1e-6, .max = 1e6, .ui_min = 0.1, .ui_max = 10 },
  MP_DATA_POINTS ("10000"),
  MP_DATA_NOISE,
  MP_DATA_HELD_OUT,
};

static gboolean
checkerboard_open (MpExperiment    *experiment,
                   guint64          seed,
                   MpDataContents  *contents,
                   GError         **error)
{
  guint n = (guint) mp_experiment_get_int (experiment, "data", "squares");
  g_autofree double *mass = g_new (double, n * n);

  for (guint i = 0; i < n * n; i++)
    mass[i] = (i % n + i / n) % 2 == 0;
  mp_data_set_raster (contents, experiment, mass, n, n, NULL, TRUE);
  return TRUE;
}

const MpDataClass mp_data_checkerboard = {
  .base = {
    .id = "checkerboard",
    .title = N_("Checkerboard"),
    .summary = N_("Uniform on every other square: sharp edges and holes."),
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .open = checkerboard_open,
};
