/* SPDX-License-Identifier: Apache-2.0
 *
 * moments.c: sample moments, and the exact ones of a mixture of M isotropic Gaussians with centres c, weights w and
 * standard deviations s:   μ = Σ_m w_m c_m,   Σ = Σ_m w_m (s_m²·I + (c_m − μ)(c_m − μ)ᵀ)
 */
#include "engine/metrics/moments.h"

#include <string.h>

void
mp_moments_of_points (const float *points,
                      gint64       n,
                      gint64       dimensions,
                      double      *mean,
                      double      *covariance)
{
  memset (mean, 0, (gsize) dimensions * sizeof *mean);
  for (gint64 i = 0; i < n; i++)
    for (gint64 j = 0; j < dimensions; j++)
      mean[j] += points[i * dimensions + j];
  for (gint64 j = 0; j < dimensions; j++)
    mean[j] /= (double) n;

  if (covariance == NULL)
    return;
  memset (covariance, 0, (gsize) (dimensions * dimensions) * sizeof *covariance);
  for (gint64 i = 0; i < n; i++)
    for (gint64 j = 0; j < dimensions; j++)
      for (gint64 k = 0; k < dimensions; k++)
        covariance[j * dimensions + k] += (points[i * dimensions + j] - mean[j])
                                          * (points[i * dimensions + k] - mean[k]);
  for (gint64 j = 0; j < dimensions * dimensions; j++)
    covariance[j] /= (double) (n - 1);
}

void
mp_moments_of_truth (const MpMetricInput *input,
                     double              *mean,
                     double              *covariance)
{
  const MpMixture *mixture = input->mixture;
  gint64 d = input->dimensions;

  if (mixture == NULL) {
    mp_moments_of_points (input->real, input->n_real, d, mean, covariance);
    return;
  }

  for (gint64 j = 0; j < d; j++) {
    mean[j] = 0;
    for (guint m = 0; m < mixture->n_modes; m++)
      mean[j] += mixture->weight[m] * mixture->centre[m * d + j];
  }
  if (covariance == NULL)
    return;
  for (gint64 j = 0; j < d; j++)
    for (gint64 k = 0; k < d; k++) {
      double *entry = &covariance[j * d + k];

      *entry = 0;
      for (guint m = 0; m < mixture->n_modes; m++) {
        double within = j == k ? mixture->std[m] * mixture->std[m] : 0;

        *entry += mixture->weight[m] * (within + (mixture->centre[m * d + j] - mean[j])
                                                 * (mixture->centre[m * d + k] - mean[k]));
      }
    }
}
