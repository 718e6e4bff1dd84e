/* SPDX-License-Identifier: Apache-2.0
 *
 * test-statistics.c: quantiles against printed tables, differences against numbers worked out by hand.
 */
#include <math.h>

#include "engine/statistics.h"

static void
test_quantiles (void)
{
  static const struct
  {
    double p, freedom, t;
  } cases[] = {
    { 0.975, 1, 12.7062 }, { 0.975, 2, 4.30265 }, { 0.975, 3, 3.18245 }, { 0.975, 4, 2.77645 }, { 0.975, 9, 2.26216 },
    { 0.975, 30, 2.04227 }, { 0.975, 120, 1.97993 }, { 0.975, 1e6, 1.95997 }, { 0.95, 5, 2.01505 }, { 0.5, 7, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpfloat_with_epsilon (mp_student_quantile (cases[i].p, cases[i].freedom), cases[i].t,
                                    1e-4 * MAX (cases[i].t, 1));
  /* Between whole degrees of freedom: between their values. */
  g_assert_cmpfloat (mp_student_quantile (0.995, 2.5), <, mp_student_quantile (0.995, 2));
  g_assert_cmpfloat (mp_student_quantile (0.995, 2.5), >, mp_student_quantile (0.995, 3));
}

static void
test_paired (void)
{
  const double a[] = { 1, 2, 3, 4, 5 }, b[] = { 2, 4, 4, 6, 6 };
  MpDifference result;

  /* Differences 1, 2, 1, 2, 1: mean 1.4, sd √0.3. */
  mp_difference_paired (a, b, 5, &result);
  g_assert_cmpfloat_with_epsilon (result.difference, 1.4, 1e-12);
  g_assert_cmpfloat_with_epsilon (result.low, 1.4 - 2.776445 * sqrt (0.3 / 5), 1e-5);
  g_assert_cmpfloat_with_epsilon (result.high, 1.4 + 2.776445 * sqrt (0.3 / 5), 1e-5);
  g_assert_cmpint (result.verdict, ==, MP_VERDICT_DIFFERENT);
  /* The same differences from too few. */
  mp_difference_paired (a, b, 3, &result);
  g_assert_cmpint (result.verdict, ==, MP_VERDICT_TOO_FEW);
  g_assert_true (isfinite (result.low));
  mp_difference_paired (a, b, 1, &result);
  g_assert_cmpfloat (result.difference, ==, 1);
  g_assert_true (isnan (result.low) && isnan (result.high));
  mp_difference_paired (a, b, 0, &result);
  g_assert_true (isnan (result.difference));
  mp_difference_paired (a, a, 5, &result);
  g_assert_cmpint (result.verdict, ==, MP_VERDICT_NONE_SHOWN);
  g_assert_cmpfloat (result.low, ==, 0);
}

static void
test_welch (void)
{
  const double a[] = { 3, 4, 5, 6, 7 }, b[] = { 10, 20, 30, 40, 50 };
  MpDifference result;
  double u = 2.5 / 5, v = 250.0 / 5, freedom = (u + v) * (u + v) / (u * u / 4 + v * v / 4);

  mp_difference_welch (a, 5, b, 5, &result);
  g_assert_cmpfloat_with_epsilon (result.difference, 25, 1e-12);
  g_assert_cmpfloat_with_epsilon (result.high - result.difference, mp_student_quantile (0.975, freedom) * sqrt (50.5), 1e-9);
  g_assert_cmpfloat (freedom, <, 4.1);
  g_assert_cmpint (result.verdict, ==, MP_VERDICT_DIFFERENT);
  mp_difference_welch (a, 5, b, 2, &result);
  g_assert_cmpint (result.verdict, ==, MP_VERDICT_TOO_FEW);
  mp_difference_welch (a, 5, b, 1, &result);
  g_assert_true (isnan (result.low));
  mp_difference_welch (a, 5, a, 5, &result);
  g_assert_cmpint (result.verdict, ==, MP_VERDICT_NONE_SHOWN);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/statistics/quantiles", test_quantiles);
  g_test_add_func ("/statistics/paired", test_paired);
  g_test_add_func ("/statistics/welch", test_welch);
  return g_test_run ();
}
