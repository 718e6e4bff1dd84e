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

gboolean
mp_metric_get_range (const MpMetric *metric,
                     gint64          n_modes,
                     double         *low,
                     double         *high)
{
  double most = metric->range == MP_METRIC_SHARE ? 1 : metric->range == MP_METRIC_OF_MODES ? (double) n_modes : 0;

  *low = most > 0 ? 0 : NAN;
  *high = most > 0 ? most : NAN;
  return most > 0;
}

/* |xᵢ − c_m|² */
static double
squared_distance (const MpMetricInput *input,
                  gint64               i,
                  guint                m)
{
  const float *x = input->generated + i * input->dimensions;
  const double *centre = input->mixture->centre + m * input->dimensions;
  double squared = 0;

  for (gint64 j = 0; j < input->dimensions; j++)
    squared += (x[j] - centre[j]) * (x[j] - centre[j]);
  return squared;
}

double
mp_metric_distance_to_centres (const MpMetricInput *input,
                               gint64               i)
{
  double best = INFINITY;

  for (guint m = 0; m < input->mixture->n_modes; m++)
    best = MIN (best, squared_distance (input, i, m));
  return sqrt (best);
}

guint
mp_metric_find_mode (const MpMetricInput *input,
                     gint64               i,
                     gboolean            *high_quality)
{
  const double *std = input->mixture->std;
  double best = INFINITY;
  guint mode = 0;

  for (guint m = 0; m < input->mixture->n_modes; m++) {
    double scaled = squared_distance (input, i, m) / (std[m] * std[m]);

    if (scaled < best) {
      best = scaled;
      mode = m;
    }
  }
  *high_quality = best <= MP_HIGH_QUALITY_STDS * MP_HIGH_QUALITY_STDS;
  return mode;
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
