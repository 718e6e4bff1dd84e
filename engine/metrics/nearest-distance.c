/* SPDX-License-Identifier: Apache-2.0
 *
 * nearest-distance.c: the mean Euclidean distance of the samples to their nearest centres. Perfect samples in two
 * dimensions have s·√(π/2) ≈ 1.25 s.
 */
#include "engine/metrics/centres.h"

static void
nearest_distance_compute (const MpMetricInput *input,
                          GArray              *values)
{
  double sum = 0;

  for (gint64 i = 0; i < input->n; i++)
    sum += mp_metric_distance_to_centres (input, i);
  mp_metric_append (values, "nearest_distance", sum / (double) input->n);
}

const MpMetric mp_metric_nearest_distance = {
  .base = {
    .id = "nearest_distance",
    .title = N_("Distance to the nearest centre"),
    .summary = N_("How far samples lie from their mode on average."),
  },
  .better = MP_LOWER_IS_BETTER,
  .definition = N_("Mean Euclidean distance of the samples to the nearest centre."),
  .applies = mp_metric_has_mixture,
  .compute = nearest_distance_compute,
};
