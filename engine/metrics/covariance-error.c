/* SPDX-License-Identifier: Apache-2.0
 *
 * covariance-error.c: |Σ_generated − Σ_truth|, Frobenius norm; the truth as in moments.h. The samples' covariance is
 * divided by n − 1.
 */
#include "engine/metrics/centres.h"
#include "engine/metrics/moments.h"

#include <math.h>

#define MAX_DIMENSIONS 1024 /* beyond, the matrix costs more than it tells */

static gboolean
covariance_error_applies (const MpMetricInput *input)
{
  return input->n > 1 && input->dimensions <= MAX_DIMENSIONS;
}

static void
covariance_error_compute (const MpMetricInput *input,
                          GArray              *values)
{
  gint64 d = input->dimensions;
  g_autofree double *mean = g_new (double, d);
  g_autofree double *generated = g_new (double, d * d);
  g_autofree double *truth = g_new (double, d * d);
  double sum = 0;

  mp_moments_of_points (input->generated, input->n, d, mean, generated);
  mp_moments_of_truth (input, mean, truth);
  for (gint64 j = 0; j < d * d; j++)
    sum += (generated[j] - truth[j]) * (generated[j] - truth[j]);
  mp_metric_append (values, "covariance_error", sqrt (sum));
}

const MpMetric mp_metric_covariance_error = {
  .base = {
    .id = "covariance_error",
    .title = N_("Covariance error"),
    .summary = N_("How far the covariance of the samples is from that of the data."),
  },
  .better = MP_LOWER_IS_BETTER,
  .definition = N_("Frobenius norm of the difference of the samples' covariance and the true one (of the mixture where "
                   "it is known, else of the reference points)."),
  .applies = covariance_error_applies,
  .compute = covariance_error_compute,
};
