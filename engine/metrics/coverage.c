/* SPDX-License-Identifier: Apache-2.0
 *
 * coverage.c: the share of reference points that have a sample in their neighbourhood, the ball that reaches to their
 * K-th nearest other reference point (Naeem et al., Reliable fidelity and diversity metrics for generative models,
 * 2020). For data without modes, where it says how much is missed. Of n reference points and as many perfect samples it is
 *   1 − Π_{i=1…K} (n − i)/(2n − i) ≈ 1 − 2^(−K) = 0.969,
 * more with more samples than reference points.
 */
#include "engine/metrics/centres.h"

#include <math.h>

#define K 5
#define MAX_POINTS 500 /* the cost is quadratic */

static gboolean
coverage_applies (const MpMetricInput *input)
{
  return input->mixture == NULL && input->n_real > K;
}

static float
squared_distance (const float *a,
                  const float *b,
                  gint64       dimensions)
{
  float sum = 0;

  for (gint64 j = 0; j < dimensions; j++)
    sum += (a[j] - b[j]) * (a[j] - b[j]);
  return sum;
}

/* The squared distance of reference point i to its K-th nearest. */
static float
find_radius (const MpMetricInput *input,
             gint64               n,
             gint64               i)
{
  float nearest[K];

  for (guint k = 0; k < K; k++)
    nearest[k] = INFINITY;
  for (gint64 j = 0; j < n; j++) {
    float distance = i == j ? INFINITY : squared_distance (input->real + i * input->dimensions,
                                                           input->real + j * input->dimensions, input->dimensions);

    for (guint k = 0; k < K && distance < nearest[K - 1]; k++)
      if (distance < nearest[k]) {
        float farther = nearest[k];

        nearest[k] = distance;
        distance = farther;
      }
  }
  return nearest[K - 1];
}

static gboolean
is_covered (const MpMetricInput *input,
            gint64               n_samples,
            gint64               i,
            float                radius)
{
  for (gint64 j = 0; j < n_samples; j++)
    if (squared_distance (input->real + i * input->dimensions, input->generated + j * input->dimensions,
                          input->dimensions) <= radius)
      return TRUE;
  return FALSE;
}

static void
coverage_compute (const MpMetricInput *input,
                  GArray              *values)
{
  gint64 n = MIN (input->n_real, MAX_POINTS), covered = 0;

  for (gint64 i = 0; i < n; i++)
    covered += is_covered (input, MIN (input->n, MAX_POINTS), i, find_radius (input, n, i));
  mp_metric_append (values, "coverage", (double) covered / (double) n);
}

const MpMetric mp_metric_coverage = {
  .base = {
    .id = "coverage",
    .title = N_("Coverage"),
    .summary = N_("Share of the data that has samples nearby."),
    .paper = "Naeem et al., Reliable fidelity and diversity metrics, 2020",
  },
  .better = MP_HIGHER_IS_BETTER,
  .range = MP_METRIC_SHARE,
  .definition = N_("Share of the first 500 reference points with one of the first 500 samples no farther away than "
                   "their fifth nearest reference point; for data without modes. Perfect samples score 0.969."),
  .applies = coverage_applies,
  .compute = coverage_compute,
};
