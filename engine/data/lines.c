/* SPDX-License-Identifier: Apache-2.0
 *
 * lines.c: K straight segments of length l, parallel at distance d or crossing in the middle,
 *   x = c_k (U) + s·N (0, I₂)
 *
 * All mass lies near one-dimensional sets, the case in which the supports of data and model are almost disjoint.
 */
#include "engine/data/curves.h"

#include <math.h>

#define MAX_LINES 50

static const char *const arrangements[] = { "parallel", "star", NULL };

static const MpParam params[] = {
  { .key = "lines", .title = N_("Lines"), .symbol = "K",
    .summary = N_("Number of segments."),
    .type = MP_PARAM_INT, .default_value = "4", .min = 1, .max = MAX_LINES, .ui_min = 1, .ui_max = 12 },
  { .key = "arrangement", .title = N_("Arrangement"),
    .summary = N_("Side by side, or crossing in the middle."),
    .type = MP_PARAM_ENUM, .default_value = "parallel", .choices = arrangements },
  { .key = "length", .title = N_("Length"), .symbol = "l",
    .summary = N_("Length of a segment."),
    .type = MP_PARAM_DOUBLE, .default_value = "3", .min = 0, .max = 1e6, .ui_min = 0.1, .ui_max = 10 },
  { .key = "distance", .title = N_("Distance"), .symbol = "d",
    .summary = N_("Distance of neighbouring parallel segments."),
    .type = MP_PARAM_DOUBLE, .default_value = "1", .min = 0, .max = 1e6, .ui_min = 0.1, .ui_max = 10 },
  { .key = "angle", .title = N_("Angle"), .unit = "°",
    .summary = N_("Angle of the first segment."),
    .type = MP_PARAM_DOUBLE, .default_value = "0", .min = -360, .max = 360 },
  { .key = "std", .title = N_("Standard deviation"), .symbol = "s",
    .summary = N_("Standard deviation of the points around the segments; spread makes them differ."),
    .type = MP_PARAM_DOUBLE, .default_value = "0.05", .min = 0, .max = 1e6, .ui_min = 0.001, .ui_max = 1,
    .logarithmic = TRUE },
  MP_DATA_POINTS ("10000"),
  MP_DATA_IMBALANCE,
  MP_DATA_SPREAD,
  MP_DATA_NOISE,
  MP_DATA_HELD_OUT,
};

/* shape: lines, whether they cross, length, distance, angle */
static void
line_at (const double *shape,
         guint         k,
         double        t,
         double        out[2])
{
  gboolean star = shape[1] != 0;
  double angle = shape[4] + (star ? G_PI * k / shape[0] : 0);
  double along = shape[2] * (t - 0.5), across = star ? 0 : shape[3] * (k - (shape[0] - 1) / 2);

  out[0] = along * cos (angle) - across * sin (angle);
  out[1] = along * sin (angle) + across * cos (angle);
}

static gboolean
lines_open (MpExperiment    *experiment,
            guint64          seed,
            MpDataContents  *contents,
            GError         **error)
{
  guint n = (guint) mp_experiment_get_int (experiment, "data", "lines");
  const double shape[] = {
    n, g_str_equal (mp_experiment_get_string (experiment, "data", "arrangement"), "star"),
    mp_experiment_get_double (experiment, "data", "length"), mp_experiment_get_double (experiment, "data", "distance"),
    mp_experiment_get_double (experiment, "data", "angle") * G_PI / 180
  };

  mp_data_set_curves (contents, experiment, line_at, shape, G_N_ELEMENTS (shape), n, NULL, NULL);
  return TRUE;
}

const MpDataClass mp_data_lines = {
  .base = {
    .id = "lines",
    .title = N_("Lines"),
    .summary = N_("Thin straight segments, parallel or crossing."),
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .open = lines_open,
};
