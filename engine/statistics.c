/* SPDX-License-Identifier: Apache-2.0
 *
 * statistics.c: Student's t and differences of means.
 *
 *   P(T > t) = I(ν/(ν + t²); ν/2, 1/2) / 2   for t ≥ 0, with I the regularised incomplete beta function, here by its
 *   continued fraction (Lentz's algorithm).
 *   Welch:  (ȳ_b − ȳ_a) ± t √(s_a²/n_a + s_b²/n_b),  ν = (u + v)² / (u²/(n_a − 1) + v²/(n_b − 1)),  u = s_a²/n_a, v = s_b²/n_b
 */
#include "engine/statistics.h"

#include <math.h>

#define CONFIDENCE 0.95

/* ---- Student's t ---- */

static double
beta_fraction (double x,
               double a,
               double b)
{
  const double tiny = 1e-300;
  double c = 1, d = 1 - (a + b) * x / (a + 1), result;

  d = 1 / (fabs (d) < tiny ? tiny : d);
  result = d;
  for (guint m = 1; m < 500; m++) {
    double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    double step;

    d = 1 + even * d;
    c = 1 + even / c;
    d = 1 / (fabs (d) < tiny ? tiny : d);
    c = fabs (c) < tiny ? tiny : c;
    result *= d * c;
    d = 1 + odd * d;
    c = 1 + odd / c;
    d = 1 / (fabs (d) < tiny ? tiny : d);
    c = fabs (c) < tiny ? tiny : c;
    step = d * c;
    result *= step;
    if (fabs (step - 1) < 1e-15)
      break;
  }
  return result;
}

static double
incomplete_beta (double x,
                 double a,
                 double b)
{
  double front;

  if (x <= 0 || x >= 1)
    return x <= 0 ? 0 : 1;
  front = exp (lgamma (a + b) - lgamma (a) - lgamma (b) + a * log (x) + b * log1p (-x));
  return x < (a + 1) / (a + b + 2) ? front * beta_fraction (x, a, b) / a : 1 - front * beta_fraction (1 - x, b, a) / b;
}

double
mp_student_quantile (double p,
                     double freedom)
{
  double low = 0, high = 1;

  g_return_val_if_fail (p >= 0.5 && p < 1 && freedom > 0, NAN);

  while (incomplete_beta (freedom / (freedom + high * high), freedom / 2, 0.5) / 2 > 1 - p)
    high *= 2;
  for (guint i = 0; i < 100; i++) {
    double middle = (low + high) / 2;

    if (incomplete_beta (freedom / (freedom + middle * middle), freedom / 2, 0.5) / 2 > 1 - p)
      low = middle;
    else
      high = middle;
  }
  return (low + high) / 2;
}

/* ---- means ---- */

void
mp_mean_and_sd (const double *values,
                guint         n,
                double       *mean,
                double       *sd)
{
  double sum = 0, squares = 0;

  for (guint i = 0; i < n; i++)
    sum += values[i];
  *mean = n > 0 ? sum / n : NAN;
  for (guint i = 0; i < n; i++)
    squares += (values[i] - *mean) * (values[i] - *mean);
  *sd = n > 1 ? sqrt (squares / (n - 1)) : NAN;
}

static void
conclude (MpDifference *result,
          double        error,
          double        freedom)
{
  double reach = mp_student_quantile (0.5 + CONFIDENCE / 2, freedom) * error;

  result->low = result->difference - reach;
  result->high = result->difference + reach;
  if (MIN (result->n_a, result->n_b) < MP_ENOUGH)
    result->verdict = MP_VERDICT_TOO_FEW;
  else
    result->verdict = result->low > 0 || result->high < 0 ? MP_VERDICT_DIFFERENT : MP_VERDICT_NONE_SHOWN;
}

void
mp_difference_paired (const double *a,
                      const double *b,
                      guint         n,
                      MpDifference *result)
{
  g_autofree double *differences = g_new (double, MAX (n, 1));
  double sd;

  for (guint i = 0; i < n; i++)
    differences[i] = b[i] - a[i];
  *result = (MpDifference) { .n_a = n, .n_b = n, .paired = TRUE, .low = NAN, .high = NAN, .verdict = MP_VERDICT_TOO_FEW };
  mp_mean_and_sd (differences, n, &result->difference, &sd);
  if (n > 1)
    conclude (result, sd / sqrt (n), n - 1);
}

void
mp_difference_welch (const double *a,
                     guint         n_a,
                     const double *b,
                     guint         n_b,
                     MpDifference *result)
{
  double mean_a, mean_b, sd_a, sd_b, u, v;

  mp_mean_and_sd (a, n_a, &mean_a, &sd_a);
  mp_mean_and_sd (b, n_b, &mean_b, &sd_b);
  *result = (MpDifference) {
    .n_a = n_a, .n_b = n_b, .difference = mean_b - mean_a, .low = NAN, .high = NAN, .verdict = MP_VERDICT_TOO_FEW
  };
  if (n_a < 2 || n_b < 2)
    return;
  u = sd_a * sd_a / n_a;
  v = sd_b * sd_b / n_b;
  /* Without any scatter every number of degrees of freedom gives the same interval. */
  conclude (result, sqrt (u + v), u + v > 0 ? (u + v) * (u + v) / (u * u / (n_a - 1) + v * v / (n_b - 1)) : 1);
}
