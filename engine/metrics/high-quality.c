/* SPDX-License-Identifier: Apache-2.0
 *
 * high-quality.c: the share of samples that lie where the data lies, between 0 and 1. Where the data has modes: within
 * 3 standard deviations of their mode's centre; perfect samples of a d-dimensional mixture score P (χ²_d ≤ 9), 0.9889
 * for d = 2. Where another density is known: at least as dense as all but e^(−9/2) of the data, so that perfect samples
 * score 0.9889 too (mp_data_get_level ()).
 */
#include "engine/metrics/centres.h"

#include <math.h>

#define MAX_SAMPLES 500 /* a density costs about a microsecond */

static gboolean
high_quality_applies (const MpMetricInput *input)
{
  return input->mixture != NULL || (input->data != NULL && !isnan (mp_data_get_level (input->data)));
}

static double
share_near_modes (const MpMetricInput *input)
{
  gint64 count = 0;

  for (gint64 i = 0; i < input->n; i++) {
    gboolean high_quality;

    mp_metric_find_mode (input, i, &high_quality);
    count += high_quality;
  }
  return (double) count / (double) input->n;
}

static double
share_in_support (const MpMetricInput *input)
{
  double level = mp_data_get_level (input->data);
  gint64 n = MIN (input->n, MAX_SAMPLES), count = 0;

  for (gint64 i = 0; i < n; i++) {
    const double point[2] = { input->generated[2 * i], input->generated[2 * i + 1] };

    count += mp_data_density (input->data, point) >= level;
  }
  return (double) count / (double) n;
}

static void
high_quality_compute (const MpMetricInput *input,
                      GArray              *values)
{
  mp_metric_append (values, "high_quality",
                    input->mixture != NULL ? share_near_modes (input) : share_in_support (input));
}

const MpMetric mp_metric_high_quality = {
  .base = {
    .id = "high_quality",
    .title = N_("High quality"),
    .summary = N_("Share of samples that lie where the data lies."),
  },
  .better = MP_HIGHER_IS_BETTER,
  .range = MP_METRIC_SHARE,
  /* xgettext:no-c-format */
  .definition = N_("Share of samples within 3 standard deviations of the nearest centre, each mode with its own; of "
                   "data without modes whose density is known, share of the first 500 samples at least as dense as "
                   "98.9 % of the data."),
  .applies = high_quality_applies,
  .compute = high_quality_compute,
};
