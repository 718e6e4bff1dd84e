/* SPDX-License-Identifier: Apache-2.0
 *
 * statistics.h: what a few repetitions say: differences of means with intervals.
 *
 * Intervals are Student's, for 95 %, and rest on normal scatter, which so few values cannot show. From fewer than
 * MP_ENOUGH values nothing is concluded. Several comparisons at once are not corrected for.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MP_ENOUGH 5

typedef enum
{
  MP_VERDICT_TOO_FEW,     /* n < MP_ENOUGH */
  MP_VERDICT_NONE_SHOWN,  /* the interval holds 0 */
  MP_VERDICT_DIFFERENT
} MpVerdict;

typedef struct
{
  guint     n_a, n_b;      /* values; paired: equal */
  gboolean  paired;
  double    difference;    /* mean of b − mean of a; NAN without values */
  double    low, high;     /* 95 % interval; NAN for fewer than two values */
  MpVerdict verdict;
} MpDifference;

/* Mean, and standard deviation with n − 1 in the divisor (NAN for n < 2). */
void   mp_mean_and_sd (const double *values, guint n, double *mean, double *sd);
/* The t that a variable with `freedom` degrees of freedom stays below with probability p; 0.5 ≤ p < 1. */
double mp_student_quantile (double p, double freedom);
/* a[i] and b[i] belong together: the same data, noise and start. */
void   mp_difference_paired (const double *a, const double *b, guint n, MpDifference *result);
/* Independent samples with variances of their own (Welch). */
void   mp_difference_welch (const double *a, guint n_a, const double *b, guint n_b, MpDifference *result);

G_END_DECLS
