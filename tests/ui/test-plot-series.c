/* SPDX-License-Identifier: Apache-2.0
 *
 * test-plot-series.c: summaries against brute force, look-up, smoothing, memory.
 */
#include <math.h>

#include "ui/plot/series.h"

typedef struct
{
  guint64 iteration;
  double  value;
} Sample;

static double
random_value (GRand *random)
{
  switch (g_rand_int_range (random, 0, 40)) {
  case 0:
    return NAN;
  case 1:
    return INFINITY;
  case 2:
    return -INFINITY;
  case 3:
    return 0;
  default:
    return g_rand_double_range (random, -1, 3);
  }
}

/* regular: evenly spaced float32 values, the cheap path; else gaps of all sizes and doubles. */
static Sample *
fill (MpSeries *series,
      GRand    *random,
      gsize     n,
      gboolean  regular)
{
  Sample *samples = g_new (Sample, n);
  guint64 iteration = 7;

  for (gsize i = 0; i < n; i++) {
    double value = random_value (random);

    samples[i] = (Sample) { iteration, regular ? (double) (float) value : value };
    g_assert_true (mp_series_append (series, iteration, samples[i].value));
    iteration += regular ? 3 : (guint64) g_rand_int_range (random, 1, 2000);
  }
  return samples;
}

static MpSummary
summarise (const Sample *samples,
           gsize         begin,
           gsize         end)
{
  MpSummary summary = { .min = INFINITY, .max = -INFINITY, .min_positive = INFINITY };

  for (gsize i = begin; i < end; i++) {
    double value = samples[i].value;

    summary.n++;
    if (isnan (value))
      summary.flags |= MP_SUMMARY_NAN;
    else if (isinf (value))
      summary.flags |= value > 0 ? MP_SUMMARY_PLUS_INF : MP_SUMMARY_MINUS_INF;
    if (!isfinite (value))
      continue;
    summary.n_finite++;
    summary.sum += value;
    summary.min = fmin (summary.min, value);
    summary.max = fmax (summary.max, value);
    if (value > 0)
      summary.min_positive = fmin (summary.min_positive, value);
    else
      summary.flags |= MP_SUMMARY_NON_POSITIVE;
  }
  return summary;
}

static void
assert_same (const MpSummary *found,
             const MpSummary *expected)
{
  const double n = (double) expected->n;

  g_assert_cmpuint (found->n, ==, expected->n);
  g_assert_cmpuint (found->n_finite, ==, expected->n_finite);
  g_assert_cmphex (found->flags, ==, expected->flags);
  g_assert_true (found->min == expected->min);
  g_assert_true (found->max == expected->max);
  g_assert_true (found->min_positive == expected->min_positive);
  /* two orders of summing n values of at most 3 */
  g_assert_cmpfloat (fabs (found->sum - expected->sum), <=, 3 * n * n * 2.3e-16);
}

static void
test_decimate (gconstpointer data)
{
  const gboolean       regular = GPOINTER_TO_INT (data);
  const gsize          n = 70001;
  const guint          n_columns = 333;
  g_autoptr (GRand)    random = g_rand_new_with_seed (11);
  g_autoptr (MpSeries) series = mp_series_new ();
  g_autofree Sample   *samples = fill (series, random, n, regular);
  double               span = (double) samples[n - 1].iteration;

  for (guint trial = 0; trial < 40; trial++) {
    double    first = trial == 0 ? 0 : g_rand_double_range (random, -0.2 * span, span);
    double    last = trial == 0 ? span + 1 : first + span * pow (10, -g_rand_double_range (random, 0, 4));
    MpSummary columns[333];
    gsize     begin = 0, end;

    mp_series_decimate (series, first, last, n_columns, columns);
    while (begin < n && (double) samples[begin].iteration < first)
      begin++;
    for (guint column = 0; column < n_columns; column++) {
      double    edge = first + (last - first) * (column + 1) / n_columns;
      MpSummary expected;

      for (end = begin; end < n && (double) samples[end].iteration < edge;)
        end++;
      expected = summarise (samples, begin, end);
      assert_same (&columns[column], &expected);
      begin = end;
    }
  }
}

static void
test_values (gconstpointer data)
{
  const gsize          n = 20011;
  g_autoptr (GRand)    random = g_rand_new_with_seed (12);
  g_autoptr (MpSeries) series = mp_series_new ();
  g_autofree Sample   *samples = fill (series, random, n, GPOINTER_TO_INT (data));

  g_assert_cmpuint (mp_series_get_n (series), ==, n);
  for (gsize i = 0; i < n; i++) {
    guint64 iteration, found;
    double  value, at;

    mp_series_get (series, i, &iteration, &value);
    g_assert_cmpuint (iteration, ==, samples[i].iteration);
    g_assert_true (value == samples[i].value || (isnan (value) && isnan (samples[i].value)));
    g_assert_cmpuint (mp_series_search (series, (double) iteration), ==, i);
    g_assert_cmpuint (mp_series_search (series, (double) iteration + 0.5), ==, i + 1);
    /* between two values: the one before */
    g_assert_true (mp_series_lookup (series, (double) iteration + 0.5, &found, &at));
    g_assert_cmpuint (found, ==, iteration);
    g_assert_true (at == value || isnan (value));
  }
  g_assert_false (mp_series_lookup (series, 6.5, NULL, NULL));
  g_assert_true (mp_series_lookup (series, INFINITY, NULL, NULL));
}

static void
test_refuse (void)
{
  g_autoptr (MpSeries) series = mp_series_new ();
  guint64              first, last;

  g_assert_false (mp_series_get_span (series, &first, &last));
  g_assert_false (mp_series_lookup (series, 5, NULL, NULL));
  g_assert_true (mp_series_append (series, 5, 1));
  g_assert_false (mp_series_append (series, 5, 2));
  g_assert_false (mp_series_append (series, 4, 2));
  g_assert_true (mp_series_append (series, 6, 3));
  g_assert_cmpuint (mp_series_get_n (series), ==, 2);
  g_assert_true (mp_series_get_span (series, &first, &last));
  g_assert_cmpuint (first, ==, 5);
  g_assert_cmpuint (last, ==, 6);
  mp_series_clear (series);
  g_assert_cmpuint (mp_series_get_n (series), ==, 0);
  g_assert_true (mp_series_append (series, 0, 1));
}

/* Against the formula in the header, term by term. */
static void
test_smooth (void)
{
  const double         tau = 37;
  const gsize          n = 3000;
  g_autoptr (GRand)    random = g_rand_new_with_seed (13);
  g_autoptr (MpSeries) series = mp_series_new ();
  g_autofree Sample   *samples = fill (series, random, n, FALSE);
  MpSmoother           smoother;

  mp_smoother_init (&smoother, tau);
  for (gsize i = 0; i < n; i++) {
    double value = samples[i].value, above = 0, below = 0, average;

    if (!isfinite (value))
      continue;
    average = mp_smoother_add (&smoother, (double) samples[i].iteration, value, 1);
    for (gsize k = 0; k <= i; k++) {
      double weight = exp (-((double) samples[i].iteration - (double) samples[k].iteration) / tau);

      above += isfinite (samples[k].value) ? weight * samples[k].value : 0;
      below += isfinite (samples[k].value) ? weight : 0;
    }
    /* i roundings of values of at most 3 on each side */
    g_assert_cmpfloat (fabs (average - above / below), <=, 6.0 * (double) (i + 1) * 2.3e-16);
  }
}

/* What lies before a zoomed view still counts. */
static void
test_warm_up (void)
{
  const double         tau = 500;
  const gsize          n = 40000, end = 30000;
  g_autoptr (GRand)    random = g_rand_new_with_seed (14);
  g_autoptr (MpSeries) series = mp_series_new ();
  MpSmoother           all, warm;

  mp_smoother_init (&all, tau);
  mp_smoother_init (&warm, tau);
  for (gsize i = 0; i < n; i++) {
    double value = g_rand_double (random);

    mp_series_append (series, i, value);
    if (i < end)
      mp_smoother_add (&all, (double) i, value, 1);
  }
  mp_series_warm_up (series, end, &warm);
  /* 8000 values in cells of two: each is off by at most half an iteration, and exp (−16) lies further back */
  g_assert_cmpfloat (fabs (all.value - warm.value), <=, 0.5 / tau + exp (-16));
  mp_smoother_init (&warm, tau);
  mp_series_warm_up (series, 0, &warm);
  g_assert_true (isnan (warm.value));
}

static void
test_constant (void)
{
  MpSmoother smoother;

  /* bias-corrected: a constant is its own average from the first value on */
  mp_smoother_init (&smoother, 1e6);
  for (guint i = 0; i < 100; i++)
    g_assert_cmpfloat (mp_smoother_add (&smoother, i * 10.0, 0.75 * 3, 3), ==, 0.75);
  g_assert_cmpfloat (mp_smoother_add (&smoother, 5000, 0, 0), ==, 0.75);
}

static void
test_memory (void)
{
  const gsize          n = 1 << 20;
  g_autoptr (MpSeries) floats = mp_series_new ();
  g_autoptr (MpSeries) doubles = mp_series_new ();

  for (gsize i = 0; i < n; i++) {
    mp_series_append (floats, 10 * i, (double) (float) (1.0 / (double) (i + 1)));
    mp_series_append (doubles, 10 * i, 1.0 / (double) (i + 3));
  }
  /* 4 or 8 bytes and 40/31 for summaries of a value */
  g_assert_cmpuint (mp_series_get_size (floats), <, n * 11 / 2);
  g_assert_cmpuint (mp_series_get_size (doubles), <, n * 19 / 2);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/plot/series/decimate/regular", GINT_TO_POINTER (TRUE), test_decimate);
  g_test_add_data_func ("/plot/series/decimate/irregular", GINT_TO_POINTER (FALSE), test_decimate);
  g_test_add_data_func ("/plot/series/values/regular", GINT_TO_POINTER (TRUE), test_values);
  g_test_add_data_func ("/plot/series/values/irregular", GINT_TO_POINTER (FALSE), test_values);
  g_test_add_func ("/plot/series/refuse", test_refuse);
  g_test_add_func ("/plot/series/smooth", test_smooth);
  g_test_add_func ("/plot/series/warm-up", test_warm_up);
  g_test_add_func ("/plot/series/constant", test_constant);
  g_test_add_func ("/plot/series/memory", test_memory);
  return g_test_run ();
}
