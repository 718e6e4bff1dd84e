/* SPDX-License-Identifier: Apache-2.0
 *
 * views-features.c: features of a frozen encoder, its decoder, and what a critic has of them.
 */
#include "tests/engine/views.h"

static void
find_mean (const float *points,
           gint64       n,
           double      *mean)
{
  mean[0] = mean[1] = 0;
  for (gint64 i = 0; i < n; i++)
    for (guint j = 0; j < 2; j++)
      mean[j] += (double) points[2 * i + j] / (double) n;
}

/* A linear encoder has its code only: the residual is the distance of the means, mapped. */
static void
test_feature_moments (void)
{
  g_autoptr (MpLoop) loop = open_lane ("gfmn", "encoder.hidden=;extractor.code=3");
  g_autoptr (MpLoop) deep = open_lane ("gfmn", "encoder.hidden=8, 4;extractor.code=3");
  g_autofree double *w = lane_read (loop, "extractor/encoder/output/weight");
  double real[2], generated[2], expected = 0;
  MpView view;

  look (loop, "feature-moments", &view);
  find_mean (view.data, N_DATA, real);
  find_mean (view.samples, N_SAMPLES, generated);
  for (guint k = 0; k < 3; k++)
    expected += pow ((real[0] - generated[0]) * w[k] + (real[1] - generated[1]) * w[3 + k], 2);
  g_assert_cmpint (view.layers[0].tensors[0].rows, ==, 1);
  assert_near ((double) view.layers[0].tensors[0].values[0], expected, 1e-5);
  mp_view_clear (&view);

  look (deep, "feature-moments", &view);
  g_assert_cmpint (view.layers[0].tensors[0].rows, ==, 3);
  g_assert_cmpuint (g_strv_length (view.layers[0].labels), ==, 3);
  mp_view_clear (&view);
}

/* Of a function that is linear over the grid. */
static double
extend_linearly (const float  *values,
                 const double *point)
{
  double first[2], last[2], right = (double) (values[WIDTH - 1] - values[0]);
  double up = (double) (values[WIDTH * (HEIGHT - 1)] - values[0]);

  grid_point (0, first);
  grid_point (WIDTH * HEIGHT - 1, last);
  return (double) values[0] + right * (point[0] - first[0]) / (last[0] - first[0])
         + up * (point[1] - first[1]) / (last[1] - first[1]);
}

/* The parts add up to the critic's output; in the mean of points, where all is linear, to that of their mean. */
static void
test_contributions (void)
{
  g_autoptr (MpLoop) loop = open_lane ("rfgan", "encoder.hidden=;critic.hidden=");
  g_autoptr (GError) error = NULL;
  double means[2][2];
  const float *parts[2], *bars;
  MpView view;

  mp_loop_look (loop,
                (const char *const[]) { "representative", "discriminative", "critic-output", "contributions", NULL },
                &view, &error);
  g_assert_no_error (error);
  parts[0] = view.layers[0].tensors[0].values;
  parts[1] = view.layers[1].tensors[0].values;
  for (guint i = 0; i < WIDTH * HEIGHT; i++)
    assert_near ((double) (parts[0][i] + parts[1][i]), (double) view.layers[2].tensors[0].values[i], 1e-5);
  find_mean (view.data, N_DATA, means[0]);
  find_mean (view.samples, N_SAMPLES, means[1]);
  bars = view.layers[3].tensors[0].values;
  g_assert_cmpint (view.layers[3].tensors[0].rows, ==, 4);
  for (guint i = 0; i < 4; i++)
    assert_near ((double) bars[i], extend_linearly (parts[i / 2], means[i % 2]), 1e-5);
  mp_view_clear (&view);
}

/* Linear maps both ways: D (E (x)) and D (z). */
static void
test_decoder (void)
{
  g_autoptr (MpLoop) loop = open_lane ("gfmn", "encoder.hidden=;extractor.code=2");
  g_autofree double *e = lane_read (loop, "extractor/encoder/output/weight");
  g_autofree double *d = lane_read (loop, "extractor/generator/output/weight");
  g_autoptr (GError) error = NULL;
  MpView view;

  mp_loop_look (loop, (const char *const[]) { "decoder-samples", "reconstructions", NULL }, &view, &error);
  g_assert_no_error (error);
  g_assert_cmpint (view.layers[0].tensors[0].rows, ==, N_SAMPLES);
  g_assert_cmpint (view.layers[1].tensors[0].rows, ==, N_DATA);
  for (guint i = 0; i < N_SAMPLES; i++) {
    const float *z = view.latents + 2 * i, *x = view.data + 2 * i;
    double code[2] = { (double) x[0] * e[0] + (double) x[1] * e[2], (double) x[0] * e[1] + (double) x[1] * e[3] };

    for (guint j = 0; j < 2; j++) {
      assert_near ((double) view.layers[0].tensors[0].values[2 * i + j],
                   (double) z[0] * d[j] + (double) z[1] * d[2 + j], 1e-5);
      assert_near ((double) view.layers[1].tensors[0].values[2 * i + j], code[0] * d[j] + code[1] * d[2 + j], 1e-5);
    }
  }
  mp_view_clear (&view);
}

void
views_add_features (void)
{
  g_test_add_func ("/views/feature-moments", test_feature_moments);
  g_test_add_func ("/views/contributions", test_contributions);
  g_test_add_func ("/views/decoder", test_decoder);
}
