/* SPDX-License-Identifier: Apache-2.0
 *
 * metric.c: runs all metrics; what metrics of mixtures share.
 */
#include "engine/metrics/centres.h"

#include <math.h>

void
mp_metrics_compute (const MpMetricInput *input,
                    GArray              *values)
{
  guint n;
  const MpDescriptor *const *metrics = mp_registry_list (MP_KIND_METRIC, &n);

  for (guint i = 0; i < n; i++) {
    const MpMetric *metric = (const MpMetric *) metrics[i];

    if (metric->applies == NULL || metric->applies (input))
      metric->compute (input, values);
  }
}

guint
mp_metric_nearest_centre (const MpMetricInput *input,
                          gint64               i,
                          double              *distance)
{
  const float *x = input->generated + i * input->dimensions;
  const double *centre = input->mixture->centre;
  double best = INFINITY;
  guint nearest = 0;

  for (guint m = 0; m < input->mixture->n_modes; m++, centre += input->dimensions) {
    double squared = 0;

    for (gint64 j = 0; j < input->dimensions; j++)
      squared += (x[j] - centre[j]) * (x[j] - centre[j]);
    if (squared < best) {
      best = squared;
      nearest = m;
    }
  }

  *distance = sqrt (best);
  return nearest;
}

gboolean
mp_metric_is_high_quality (const MpMetricInput *input,
                           double               distance)
{
  return distance <= MP_HIGH_QUALITY_STDS * input->mixture->std;
}

gboolean
mp_metric_has_mixture (const MpMetricInput *input)
{
  return input->mixture != NULL;
}

void
mp_metric_append (GArray     *values,
                  const char *id,
                  double      value)
{
  MpMetricValue entry = { g_intern_string (id), value };

  g_array_append_val (values, entry);
}
