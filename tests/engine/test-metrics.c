/* SPDX-License-Identifier: Apache-2.0
 *
 * test-metrics.c: every metric against a plain computation of its definition, and against samples whose score is
 * known.
 */
#include <float.h>
#include <math.h>

#include "engine/metrics/metric.h"
#include "engine/metrics/mmd2.h"
#include "engine/random.h"

static MpExperiment *
make_experiment (const char *keys)
{
  g_autofree char *text = g_strconcat ("[data]\nkind = ring\n", keys, "\n[method]\nkind = gan\n", NULL);
  g_autoptr (GError) error = NULL;
  MpExperiment *experiment = mp_experiment_parse (text, -1, "test.ini", &error);

  g_assert_no_error (error);
  return experiment;
}

static double
find_value (GArray     *values,
            const char *id)
{
  for (guint i = 0; i < values->len; i++)
    if (g_str_equal (g_array_index (values, MpMetricValue, i).id, id))
      return g_array_index (values, MpMetricValue, i).value;
  g_error ("there is no value “%s”", id);
}

static double
kernel_set (const float *a,
            const float *b,
            gint64       dimensions)
{
  double squared = 0, sum = 0;

  for (gint64 j = 0; j < dimensions; j++)
    squared += ((double) a[j] - b[j]) * ((double) a[j] - b[j]);
  for (guint k = 0; k < MP_MMD2_N; k++) {
    double sigma = ldexp (MP_MMD2_LARGEST, -(gint) k);

    sum += exp (-squared / (2 * sigma * sigma));
  }
  return sum;
}

static double
brute_mmd2 (const float *x,
            gint64       n,
            const float *y,
            gint64       m,
            gint64       dimensions)
{
  double xx = 0, yy = 0, xy = 0;

  for (gint64 i = 0; i < n; i++)
    for (gint64 j = 0; j < n; j++)
      xx += i != j ? kernel_set (x + i * dimensions, x + j * dimensions, dimensions) : 0;
  for (gint64 i = 0; i < m; i++)
    for (gint64 j = 0; j < m; j++)
      yy += i != j ? kernel_set (y + i * dimensions, y + j * dimensions, dimensions) : 0;
  for (gint64 i = 0; i < n; i++)
    for (gint64 j = 0; j < m; j++)
      xy += kernel_set (x + i * dimensions, y + j * dimensions, dimensions);
  return xx / ((double) n * (double) (n - 1)) + yy / ((double) m * (double) (m - 1))
         - 2 * xy / ((double) n * (double) m);
}

static float *
draw (guint64 step,
      gint64  n,
      double  mean,
      double  std)
{
  g_autofree double *normal = g_new (double, n);
  float *out = g_new (float, n);

  mp_random_fill_normal (1, 1, step, (gsize) n, normal);
  for (gint64 i = 0; i < n; i++)
    out[i] = (float) (mean + std * normal[i]);
  return out;
}

static void
test_mmd2 (void)
{
  static const struct
  {
    gint64 n, m, dimensions;
    double mean, std;
  } cases[] = {
    { 2, 2, 1, 0.5, 1 }, { 100, 257, 2, 0, 1 }, { 300, 255, 2, 1, 0.3 }, { 256, 256, 3, 0.1, 2 }, { 513, 40, 2, 8, 4 },
  };

  for (guint c = 0; c < G_N_ELEMENTS (cases); c++) {
    gint64 d = cases[c].dimensions;
    g_autofree float *x = draw (2 * c, cases[c].n * d, 0, 1);
    g_autofree float *y = draw (2 * c + 1, cases[c].m * d, cases[c].mean, cases[c].std);
    double fast = mp_mmd2_unbiased (x, cases[c].n, y, cases[c].m, d);
    double brute = brute_mmd2 (x, cases[c].n, y, cases[c].m, d);

    /* Each kernel is at most 1 and the 4^k-th power of one with relative error 3 ε/2; the powers add up to 1365, the
     * averages to four. */
    g_assert_cmpfloat (fabs (fast - brute), <, 4 * 1365 * 1.5 * FLT_EPSILON);
  }
}

/* E U = 0 for equal distributions; its standard deviation is about √2·2·√(Var k)/n. The mean over repetitions must
 * be within five of its own standard errors, which the biased estimate misses by far. */
static void
test_mmd2_unbiased (void)
{
  const guint repetitions = 200;
  const gint64 n = 40;
  double sum = 0, square = 0, error;

  for (guint r = 0; r < repetitions; r++) {
    g_autofree float *x = draw (1000 + 2 * r, 2 * n, 0, 1);
    g_autofree float *y = draw (1001 + 2 * r, 2 * n, 0, 1);
    double value = mp_mmd2_unbiased (x, n, y, n, 2);

    sum += value;
    square += value * value;
  }
  error = sqrt (square / repetitions) / sqrt (repetitions);
  g_assert_cmpfloat (fabs (sum / repetitions), <, 5 * error);
  g_assert_cmpfloat (error, <, 0.01);
}

static void
test_perfect_samples (void)
{
  g_autoptr (MpExperiment) experiment = make_experiment ("radius = 2\nstd = 0.2\n");
  g_autoptr (MpData) data = mp_data_open (experiment, 1, NULL);
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (MpMetricValue));
  const gint64 n = 2500;
  g_autofree float *generated = g_new (float, 2 * n);
  g_autofree float *real = g_new (float, 2 * n);
  MpMetricInput input = { n, n, 2, generated, real, mp_data_get_mixture (data), experiment };
  double share = 1 - exp (-4.5), total = 0;

  mp_mixture_draw (input.mixture, 2, 77, "test", 0, n, generated);
  mp_data_get_reference (data, n, real);
  mp_metrics_compute (&input, values);

  g_assert_cmpfloat (find_value (values, "modes"), ==, 8);
  g_assert_cmpfloat (find_value (values, "modes_strict"), ==, 8);
  g_assert_cmpfloat (fabs (find_value (values, "high_quality") - share), <, 5 * sqrt (share * (1 - share) / n));
  for (guint m = 0; m < 8; m++) {
    g_autofree char *id = g_strdup_printf ("mode/%u", m);

    total += find_value (values, id);
  }
  g_assert_cmpfloat (fabs (total / n - find_value (values, "high_quality")), <, 1e-12);
  /* Rayleigh: mean s√(π/2), variance (2 − π/2)s²; a few samples are nearer to another centre */
  g_assert_cmpfloat (fabs (find_value (values, "nearest_distance") - 0.2 * sqrt (G_PI / 2)), <,
                     5 * 0.2 * sqrt ((2 - G_PI / 2) / n) + 1e-3);
  /* each coordinate has variance R²/2 + s² */
  g_assert_cmpfloat (find_value (values, "mean_error"), <, 5 * sqrt (2 * 2.04 / n));
  g_assert_cmpfloat (find_value (values, "covariance_error"), <, 5 * sqrt (4 * 2 * 2.04 * 2.04 / n));
  g_assert_cmpfloat (fabs (find_value (values, "mmd2")), <, 0.02);
}

static void
test_collapsed_samples (void)
{
  g_autoptr (MpExperiment) experiment = make_experiment ("radius = 1\nstd = 0.01\n");
  g_autoptr (MpData) data = mp_data_open (experiment, 1, NULL);
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (MpMetricValue));
  const gint64 n = 100;
  g_autofree float *generated = g_new0 (float, 2 * n);
  g_autofree float *real = g_new (float, 2 * n);
  MpMetricInput input = { n, n, 2, generated, real, mp_data_get_mixture (data), experiment };

  /* 70 on mode 0, 19 on mode 2 (0, 1), one just outside mode 4 (−1, 0), the rest at the origin */
  for (gint64 i = 0; i < 70; i++)
    generated[2 * i] = 1;
  for (gint64 i = 70; i < 89; i++)
    generated[2 * i + 1] = 1;
  generated[2 * 89] = -1.031f;
  mp_data_get_reference (data, n, real);
  mp_metrics_compute (&input, values);

  g_assert_cmpfloat (find_value (values, "modes"), ==, 2);
  g_assert_cmpfloat (find_value (values, "modes_strict"), ==, 1);
  g_assert_cmpfloat (find_value (values, "mode/0"), ==, 70);
  g_assert_cmpfloat (find_value (values, "mode/2"), ==, 19);
  g_assert_cmpfloat (find_value (values, "mode/4"), ==, 0);
  g_assert_cmpfloat (fabs (find_value (values, "high_quality") - 0.89), <, 1e-12);
  g_assert_cmpfloat (fabs (find_value (values, "nearest_distance") - (10 + 0.031) / 100), <, 1e-7);
  g_assert_cmpfloat (fabs (find_value (values, "mean_error") - hypot (0.7 - 0.01031, 0.19)), <, 1e-7);
  g_assert_cmpfloat (fabs (find_value (values, "mmd2") - brute_mmd2 (generated, n, real, n, 2)), <, 1e-3);
}

/* Each mode has its own threshold: a wide mode claims what a narrow one nearby is too narrow for. */
static void
test_unequal_modes (void)
{
  g_autofree char *text = g_strdup ("[data]\nkind = mixture\ncentres = 0, 0, 2, 0\nstds = 0.1, 0.5\nweights = 3, 1\n"
                                    "[method]\nkind = gan\n");
  g_autoptr (MpExperiment) experiment = mp_experiment_parse (text, -1, "test.ini", NULL);
  g_autoptr (MpData) data = mp_data_open (experiment, 1, NULL);
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (MpMetricValue));
  /* on the narrow mode; nearer to it, but four of its deviations away and 3.2 of the other's; within the wide one;
   * nearer to the narrow one's centre, and of the wide one by its deviations (6 against 2.8) */
  float generated[] = { 0.2f, 0, 0.4f, 0, 2, 1.4f, 0.6f, 0 };
  MpMetricInput input = { 4, 4, 2, generated, generated, mp_data_get_mixture (data), experiment };

  mp_metrics_compute (&input, values);
  g_assert_cmpfloat (find_value (values, "modes"), ==, 2);
  g_assert_cmpfloat (find_value (values, "mode/0"), ==, 1);
  g_assert_cmpfloat (find_value (values, "mode/1"), ==, 2);
  g_assert_cmpfloat (find_value (values, "high_quality"), ==, 0.75);
  g_assert_cmpfloat (fabs (find_value (values, "nearest_distance") - (0.2 + 0.4 + 1.4 + 0.6) / 4), <, 1e-7);
  /* the true mean is 3/4·0 + 1/4·2 */
  g_assert_cmpfloat (fabs (find_value (values, "mean_error") - hypot (0.8 - 0.5, 0.35)), <, 1e-7);
}

/* Exact moments of an unequal mixture against those of many draws. */
static void
test_unequal_moments (void)
{
  g_autoptr (MpExperiment) experiment = make_experiment ("radius = 2\nimbalance = 20\nspread = 8\nstd = 0.05\n");
  g_autoptr (MpData) data = mp_data_open (experiment, 1, NULL);
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (MpMetricValue));
  const gint64 n = 200000;
  g_autofree float *generated = g_new (float, 2 * n);
  MpMetricInput input = { n, 100, 2, generated, generated, mp_data_get_mixture (data), experiment };

  mp_mixture_draw (input.mixture, 2, 5, "test", 0, n, generated);
  mp_metrics_compute (&input, values);
  /* no coordinate's variance is above R² + s² ≤ 4.2, no fourth moment above (R + 3 s)⁴ ≈ 100 */
  g_assert_cmpfloat (find_value (values, "mean_error"), <, 5 * sqrt (2 * 4.2 / n));
  g_assert_cmpfloat (find_value (values, "covariance_error"), <, 5 * sqrt (4 * 100.0 / n));
  g_assert_cmpfloat (find_value (values, "modes"), ==, 8);
}

/* Without a mixture the metrics of mixtures keep out, and the reference points are the truth. */
static void
test_without_mixture (void)
{
  g_autoptr (MpExperiment) experiment = make_experiment ("");
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (MpMetricValue));
  float generated[] = { 0, 0, 2, 0, 0, 2, 2, 2 };
  float real[] = { 1, 1, 3, 1, 1, 3, 3, 3 };
  MpMetricInput input = { 4, 4, 2, generated, real, NULL, experiment };

  mp_metrics_compute (&input, values);
  for (guint i = 0; i < values->len; i++)
    g_assert_cmpstr (g_array_index (values, MpMetricValue, i).id, !=, "modes");
  g_assert_cmpfloat (fabs (find_value (values, "mean_error") - sqrt (2)), <, 1e-12);
  g_assert_cmpfloat (find_value (values, "covariance_error"), <, 1e-12);
}

/* Without modes: perfect samples of a known density, those of one moon only, and points far away. */
static void
test_without_modes (void)
{
  static const char *const sets[] = { "moons", "checkerboard", "drawing", "swiss-roll", "image" };

  for (guint s = 0; s < G_N_ELEMENTS (sets); s++) {
    g_autofree char *text = g_strdup_printf ("[data]\nkind = %s\n[method]\nkind = gan\n", sets[s]);
    g_autoptr (MpExperiment) experiment = mp_experiment_parse (text, -1, "test.ini", NULL);
    g_autoptr (MpData) data = mp_data_open (experiment, 1, NULL);
    g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (MpMetricValue));
    const gint64 n = 500;
    const double share = 1 - exp (-4.5);
    g_autofree float *perfect = g_new (float, 2 * n), *real = g_new (float, 2 * n);
    MpMetricInput input = { n, n, 2, perfect, real, NULL, experiment, data };

    g_test_message ("%s", sets[s]);
    mp_data_get_batch (data, 3, n, perfect);
    mp_data_get_reference (data, n, real);
    mp_metrics_compute (&input, values);
    /* binomial, and the level's own error from 4,096 draws; where the density has steps, ties all count */
    g_assert_cmpfloat (find_value (values, "high_quality"), >,
                       share - 5 * sqrt (share * (1 - share) * (1.0 / n + 1 / 4096.)));
    /* neighbouring points share their fates: twice the binomial error, five times */
    g_assert_cmpfloat (fabs (find_value (values, "coverage") - 0.969), <, 10 * sqrt (0.969 * 0.031 / n));

    for (gint64 i = 0; i < n; i++)
      perfect[2 * i] += 100;
    g_array_set_size (values, 0);
    mp_metrics_compute (&input, values);
    g_assert_cmpfloat (find_value (values, "high_quality"), ==, 0);
    g_assert_cmpfloat (find_value (values, "coverage"), ==, 0);
  }
}

/* All samples lie beside the first points of one of two clusters: the other one is not covered. */
static void
test_coverage (void)
{
  g_autoptr (MpExperiment) experiment = make_experiment ("");
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (MpMetricValue));
  float real[40], generated[] = { 0, -0.05f, 0.1f, -0.05f };
  MpMetricInput input = { 2, 20, 2, generated, real, NULL, experiment };

  for (guint i = 0; i < 20; i++) {
    real[2 * i] = i < 8 ? 0 : 10;
    real[2 * i + 1] = (float) (0.1 * (i % 8));
  }
  mp_metrics_compute (&input, values);
  /* eight points 0.1 apart reach 0.5, 0.4, 0.3, 0.3, 0.3, … far, and the nearest sample is 0.05, 0.15, 0.25, 0.35, …
   * away: three are covered */
  g_assert_cmpfloat (fabs (find_value (values, "coverage") - 3 / 20.0), <, 1e-12);
}

/* The first value of a metric has the metric's id, and all descriptors are whole. */
static void
test_descriptors (void)
{
  g_autoptr (MpExperiment) experiment = make_experiment ("");
  g_autoptr (MpData) data = mp_data_open (experiment, 1, NULL);
  float points[] = { 1, 0, 0, 1, -1, 0 };
  MpMetricInput input = { 3, 3, 2, points, points, mp_data_get_mixture (data), experiment };
  guint n;
  const MpDescriptor *const *metrics = mp_registry_list (MP_KIND_METRIC, &n);

  g_assert_cmpuint (n, >=, 6);
  for (guint i = 0; i < n; i++) {
    const MpMetric *metric = (const MpMetric *) metrics[i];
    g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (MpMetricValue));

    g_assert_nonnull (metric->definition);
    g_assert_nonnull (metric->base.title);
    metric->compute (&input, values);
    g_assert_cmpuint (values->len, >, 0);
    g_assert_cmpstr (g_array_index (values, MpMetricValue, 0).id, ==, metric->base.id);
    for (guint j = 0; j < values->len; j++)
      g_assert_true (isfinite (g_array_index (values, MpMetricValue, j).value));
  }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/metrics/mmd2-brute-force", test_mmd2);
  g_test_add_func ("/metrics/mmd2-unbiased", test_mmd2_unbiased);
  g_test_add_func ("/metrics/perfect-samples", test_perfect_samples);
  g_test_add_func ("/metrics/collapsed-samples", test_collapsed_samples);
  g_test_add_func ("/metrics/unequal-modes", test_unequal_modes);
  g_test_add_func ("/metrics/unequal-moments", test_unequal_moments);
  g_test_add_func ("/metrics/without-mixture", test_without_mixture);
  g_test_add_func ("/metrics/without-modes", test_without_modes);
  g_test_add_func ("/metrics/coverage", test_coverage);
  g_test_add_func ("/metrics/descriptors", test_descriptors);
  return g_test_run ();
}
