/* SPDX-License-Identifier: Apache-2.0
 *
 * mean-error.c: |μ_generated − μ_truth|, Euclidean; the truth as in moments.h.
 */
#include "engine/metrics/centres.h"
#include "engine/metrics/moments.h"

#include <math.h>

static void
mean_error_compute (const MpMetricInput *input,
                    GArray              *values)
{
  g_autofree double *generated = g_new (double, input->dimensions);
  g_autofree double *truth = g_new (double, input->dimensions);
  double sum = 0;

  mp_moments_of_points (input->generated, input->n, input->dimensions, generated, NULL);
  mp_moments_of_truth (input, truth, NULL);
  for (gint64 j = 0; j < input->dimensions; j++)
    sum += (generated[j] - truth[j]) * (generated[j] - truth[j]);
  mp_metric_append (values, "mean_error", sqrt (sum));
}

const MpMetric mp_metric_mean_error = {
  .base = {
    .id = "mean_error",
    .title = N_("Mean error"),
    .summary = N_("How far the mean of the samples is from the mean of the data."),
  },
  .better = MP_LOWER_IS_BETTER,
  .definition = N_("Euclidean distance of the samples' mean to the true mean (of the mixture where it is known, else "
                   "of the reference points)."),
  .compute = mean_error_compute,
};
