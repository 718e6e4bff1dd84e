/* SPDX-License-Identifier: Apache-2.0
 *
 * moments.h: mean and covariance of samples and of the truth.
 */
#pragma once

#include "engine/metrics/metric.h"

G_BEGIN_DECLS

/* mean: dimensions; covariance: dimensions × dimensions, divided by n − 1, or NULL. */
void mp_moments_of_points (const float *points, gint64 n, gint64 dimensions, double *mean, double *covariance);
/* Those of the mixture where the truth is known, else of the real points. */
void mp_moments_of_truth (const MpMetricInput *input, double *mean, double *covariance);

G_END_DECLS
