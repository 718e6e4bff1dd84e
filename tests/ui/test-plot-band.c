/* SPDX-License-Identifier: Apache-2.0
 *
 * test-plot-band.c: several series as mean and band, and how a chart draws it.
 */
#include <glib.h>
#include <math.h>

#include "ui/plot/chart.h"
#include "ui/plot/series-band.h"

static MpSeries *
make (guint  n,
      double offset)
{
  MpSeries *series = mp_series_new ();

  for (guint i = 0; i < n; i++)
    mp_series_append (series, i * 10, offset + i);
  return series;
}

static void
assert_value (MpSeries *series,
              guint64   index,
              guint64   iteration,
              double    value)
{
  guint64 at;
  double found;

  mp_series_get (series, index, &at, &found);
  g_assert_cmpuint (at, ==, iteration);
  g_assert_cmpfloat_with_epsilon (found, value, 1e-6);
}

/* Of three: mean and range, as far as all have come. */
static void
test_range (void)
{
  g_autoptr (MpSeries) a = make (5, 0);
  g_autoptr (MpSeries) b = make (4, 3);
  g_autoptr (MpSeries) c = make (6, 6);
  MpSeries *members[] = { a, b, c };
  g_autoptr (MpSeriesBand) band = mp_series_band_new (members, 3);
  g_autofree char *words = mp_series_band_describe (band);

  g_assert_cmpuint (mp_series_get_n (mp_series_band_get_mean (band)), ==, 4);
  assert_value (mp_series_band_get_mean (band), 2, 20, 5);
  assert_value (mp_series_band_get_low (band), 2, 20, 2);
  assert_value (mp_series_band_get_high (band), 2, 20, 8);
  g_assert_cmpstr (words, ==, "mean and range, n = 3");
  g_assert_false (mp_series_band_update (band));
  mp_series_append (b, 40, 100);
  g_assert_true (mp_series_band_update (band));
  assert_value (mp_series_band_get_high (band), 4, 40, 100);
  /* A member that begins anew takes the band along. */
  mp_series_clear (a);
  g_assert_true (mp_series_band_update (band));
  g_assert_cmpuint (mp_series_get_n (mp_series_band_get_mean (band)), ==, 0);
}

/* Of five: mean ± standard deviation; where one is not finite, nothing. */
static void
test_sd (void)
{
  MpSeries *members[5];
  g_autoptr (MpSeriesBand) band = NULL;
  g_autofree char *words = NULL;
  guint64 at;
  double value;

  for (guint i = 0; i < 5; i++) {
    members[i] = make (3, i);
    mp_series_append (members[i], 30, i == 2 ? NAN : 1);
  }
  band = mp_series_band_new (members, 5);
  words = mp_series_band_describe (band);
  g_assert_cmpstr (words, ==, "mean ± sd, n = 5");
  assert_value (mp_series_band_get_mean (band), 1, 10, 3);
  assert_value (mp_series_band_get_low (band), 1, 10, 3 - sqrt (2.5));
  assert_value (mp_series_band_get_high (band), 1, 10, 3 + sqrt (2.5));
  mp_series_get (mp_series_band_get_mean (band), 3, &at, &value);
  g_assert_true (isnan (value));
  for (guint i = 0; i < 5; i++)
    mp_series_unref (members[i]);
}

/* Members that were not measured at the same iterations meet where both were. */
static void
test_gaps (void)
{
  g_autoptr (MpSeries) a = mp_series_new ();
  g_autoptr (MpSeries) b = mp_series_new ();
  MpSeries *members[] = { a, b };
  g_autoptr (MpSeriesBand) band = NULL;

  for (guint i = 1; i < 20; i++) {
    mp_series_append (a, 2 * i, 1);
    mp_series_append (b, 3 * i, 3);
  }
  band = mp_series_band_new (members, 2);
  g_assert_cmpuint (mp_series_get_n (mp_series_band_get_mean (band)), ==, 6);
  for (guint i = 0; i < 6; i++)
    assert_value (mp_series_band_get_mean (band), i, 6 * (i + 1), 2);
}

/* Pixels that are neither background nor line: the band. */
static guint
count_tinted (MpChart *chart)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, 300, 200);
  cairo_t *cr = cairo_create (surface);
  const guchar *pixels;
  MpPlotStyle style;
  guint n = 0;

  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  mp_chart_draw (chart, cr, 300, 200, &style);
  cairo_destroy (cr);
  cairo_surface_flush (surface);
  pixels = cairo_image_surface_get_data (surface);
  for (int y = 0; y < 200; y++)
    for (int x = 0; x < 300; x++) {
      const guchar *p = pixels + y * cairo_image_surface_get_stride (surface) + 4 * x;

      n += p[3] > 30 && p[3] < 90 && p[2] > p[0];
    }
  cairo_surface_destroy (surface);
  return n;
}

static void
test_chart (void)
{
  for (guint dense = 0; dense < 2; dense++)
    for (guint scale = 0; scale < 2; scale++) {
      g_autoptr (MpChart) chart = mp_chart_new ();
      guint n = dense ? 20000 : 8, without;
      g_autoptr (MpSeries) a = make (n, 1);
      g_autoptr (MpSeries) b = make (n, 1 + n);
      MpSeries *members[] = { a, b };
      g_autoptr (MpSeriesBand) band = mp_series_band_new (members, 2);
      guint index = mp_chart_add_series (chart, mp_series_band_get_mean (band), "mean", 0, MP_DASH_SOLID);

      mp_chart_set_scale (chart, scale ? MP_SCALE_LOG : MP_SCALE_LINEAR);
      without = count_tinted (chart);
      mp_chart_set_band (chart, index, mp_series_band_get_low (band), mp_series_band_get_high (band));
      g_assert_cmpuint (count_tinted (chart), >, without + 2000);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plot-band/range", test_range);
  g_test_add_func ("/plot-band/sd", test_sd);
  g_test_add_func ("/plot-band/gaps", test_gaps);
  g_test_add_func ("/plot-band/chart", test_chart);
  return g_test_run ();
}
