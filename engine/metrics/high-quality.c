/* SPDX-License-Identifier: Apache-2.0
 *
 * high-quality.c: the share of samples within 3 standard deviations of their mode's centre, between 0 and 1. Perfect
 * samples of a d-dimensional mixture score P (χ²_d ≤ 9): 0.9889 for d = 2.
 */
#include "engine/metrics/centres.h"

static void
high_quality_compute (const MpMetricInput *input,
                      GArray              *values)
{
  gint64 count = 0;

  for (gint64 i = 0; i < input->n; i++) {
    gboolean high_quality;

    mp_metric_find_mode (input, i, &high_quality);
    count += high_quality;
  }
  mp_metric_append (values, "high_quality", (double) count / (double) input->n);
}

const MpMetric mp_metric_high_quality = {
  .base = {
    .id = "high_quality",
    .title = N_("High quality"),
    .summary = N_("Share of samples that lie near a mode."),
  },
  .better = MP_HIGHER_IS_BETTER,
  .definition = N_("Share of samples within 3 standard deviations of the nearest centre, each mode with its own."),
  .applies = mp_metric_has_mixture,
  .compute = high_quality_compute,
};
