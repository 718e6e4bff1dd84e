/* SPDX-License-Identifier: Apache-2.0
 *
 * canned.c: made-up lanes, the same ones every time.
 */
#include "tests/ui/canned.h"

#include <math.h>

static const char *const titles[CANNED_LANES] = { "GAN", "MMD-net", "GRAM" };
static const char *const subtitles[CANNED_LANES] = { "non-saturating", "RBF σ 1", "K 2 · ridge 1e-3" };

/* xorshift: GRand is too slow for ten million values */
static double
uniform (guint64 *state)
{
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return (double) (*state >> 11) / 9007199254740992.0;
}

static double
normal (guint64 *state)
{
  double u = uniform (state), v = uniform (state);

  return sqrt (-2 * log (u + 1e-300)) * cos (2 * G_PI * v);
}

float *
canned_ring (guint   seed,
             gsize   n,
             guint   modes,
             double  radius,
             double  deviation)
{
  float  *values = g_new (float, 2 * n);
  guint64 state = 0x9e3779b97f4a7c15u * (seed + 1);

  for (gsize i = 0; i < n; i++) {
    double angle = 2 * G_PI * (guint) (uniform (&state) * modes) / 8;

    values[2 * i] = (float) (radius * cos (angle) + deviation * normal (&state));
    values[2 * i + 1] = (float) (radius * sin (angle) + deviation * normal (&state));
  }
  return values;
}

static MpHeatMap *
canned_heat_map (guint lane)
{
  static const char *const names[CANNED_LANES] = { "critic output", "MMD witness", "density ratio" };
  const double             extent[4] = { -3, 3, -3, 3 }, neutral[CANNED_LANES] = { 0, 0, 1 };
  const int                n = 64;
  g_autofree float        *values = g_new (float, n * n);

  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++) {
      double x = -3 + 6 * (i + 0.5) / n, y = -3 + 6 * (j + 0.5) / n, r = hypot (x, y);
      double ring = exp (-(r - 2) * (r - 2) / 0.4);

      if (lane == 0)
        values[j * n + i] = (float) (1.8 * tanh (-0.8 * x + 0.3 * sin (2 * y)));
      else if (lane == 1)
        values[j * n + i] = (float) (0.02 * (ring * cos (4 * atan2 (y, x)) - 0.5 * exp (-r * r)));
      else
        values[j * n + i] = (float) (0.2 + 2.6 * ring * (0.8 + 0.2 * cos (8 * atan2 (y, x))));
    }
  return mp_heat_map_new (names[lane], neutral[lane], extent, n, n, values);
}

MpScatter *
canned_scatter (guint lane,
                gsize n)
{
  MpScatter            *scatter = mp_scatter_new ();
  g_autofree float     *data = canned_ring (1, n, 8, 2, 0.2);
  g_autofree float     *samples = NULL;
  g_autoptr (MpHeatMap) heat_map = canned_heat_map (lane);

  if (lane == 0)
    samples = canned_ring (7, n, 3, 2, 0.22);
  else if (lane == 1)
    samples = canned_ring (8, n, 8, 1.9, 0.42);
  else
    samples = canned_ring (9, n, 8, 2, 0.21);
  mp_scatter_set_lane (scatter, lane);
  mp_scatter_set_points (scatter, MP_POINTS_DATA, data, (gint64) n, 2);
  mp_scatter_set_points (scatter, MP_POINTS_SAMPLES, samples, (gint64) n, 2);
  mp_scatter_set_heat_map (scatter, heat_map);
  return scatter;
}

MpSeries *
canned_series (guint lane,
               gsize n)
{
  MpSeries *series = mp_series_new ();
  guint64   state = 0x2545f4914f6cdd1du * (lane + 3);
  double    drift = 0;

  for (gsize i = 0; i < n; i++) {
    double t = (double) i / (double) n, level = 0.9 * exp (-(2.0 + 2.5 * lane) * t) + 0.02 / (lane + 1);

    drift = 0.999 * drift + 0.03 * (uniform (&state) - 0.5);
    mp_series_append (series, i, (double) (float) (level * (1 + 0.2 * drift + 0.35 * (uniform (&state) - 0.5))));
  }
  return series;
}

MpChart *
canned_chart (guint kind,
              gsize n)
{
  MpChart *chart = mp_chart_new ();

  mp_chart_set_title (chart, kind == 0 ? "Losses" : kind == 1 ? "MMD² in data space" : "Modes covered",
                      kind == 0 ? "own scale each" : kind == 1 ? "unbiased" : NULL);
  mp_chart_set_own_scale (chart, kind == 0);
  mp_chart_set_scale (chart, kind == 1 ? MP_SCALE_LOG : MP_SCALE_LINEAR);
  mp_chart_set_unit (chart, kind == 2 ? "of 8" : NULL);
  mp_chart_set_smoothing (chart, kind < 2 ? (double) n / 60 : 0);
  for (guint lane = 0; lane < CANNED_LANES; lane++) {
    g_autoptr (MpSeries) series = NULL;

    if (kind < 2) {
      series = canned_series (lane, n);
    } else {
      series = mp_series_new ();
      for (gsize i = 0; i <= 42; i++)
        mp_series_append (series, i * n / 42, floor ((3 + 2.5 * lane) * (1 - exp (-(double) i / (9 - 2 * lane)))));
    }
    mp_chart_add_series (chart, series, titles[lane], lane, MP_DASH_SOLID);
  }
  return chart;
}

MpPicture *
canned_picture (gsize n_points,
                gsize n_iterations)
{
  MpPicture *picture = mp_picture_new ("Ring · GAN / MMD-net / GRAM", "same data, noise and start · seed 1");

  for (guint lane = 0; lane < CANNED_LANES; lane++) {
    g_autoptr (MpScatter) scatter = canned_scatter (lane, n_points);
    MpLaneHead            head = {
      .title = titles[lane], .subtitle = subtitles[lane], .lane = lane, .iteration = n_iterations,
      .modes = lane == 0 ? 3 : 8, .n_modes = 8, .high_quality = lane == 0 ? 0.61 : lane == 1 ? 0.22 : 0.93,
      .rate = lane == 0 ? 1204 : lane == 1 ? 2310 : 980,
    };

    mp_picture_add_lane (picture, &head, scatter, NULL);
  }
  for (guint kind = 0; kind < 3; kind++) {
    g_autoptr (MpChart) chart = canned_chart (kind, n_iterations);

    mp_chart_set_cursor (chart, 0.63 * (double) n_iterations, kind == 1);
    mp_picture_add_chart (picture, chart);
  }
  return picture;
}
