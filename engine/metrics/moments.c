/* SPDX-License-Identifier: Apache-2.0
 *
 * moments.c: sample moments, and the exact ones of a mixture of M isotropic Gaussians with centres c and standard
 * deviation s:   μ = mean c,   Σ = s²·I + mean (c − μ)(c − μ)ᵀ
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
      mean[j] += mixture->centre[m * d + j] / mixture->n_modes;
  }
  if (covariance == NULL)
    return;
  for (gint64 j = 0; j < d; j++)
    for (gint64 k = 0; k < d; k++) {
      double *entry = &covariance[j * d + k];

      *entry = j == k ? mixture->std * mixture->std : 0;
      for (guint m = 0; m < mixture->n_modes; m++)
        *entry += (mixture->centre[m * d + j] - mean[j]) * (mixture->centre[m * d + k] - mean[k])
                  / mixture->n_modes;
    }
}
