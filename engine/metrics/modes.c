/* SPDX-License-Identifier: Apache-2.0
 *
 * modes.c: which modes of the mixture the samples reach.
 *
 *   mode/k        samples within 3 standard deviations of centre k, and nearer to it than to others in such units
 *   modes         number of k with mode/k ≥ 1
 *   modes_strict  number of k with mode/k ≥ 20
 */
#include "engine/metrics/centres.h"

#define STRICT_SAMPLES 20

static void
modes_compute (const MpMetricInput *input,
               GArray              *values)
{
  guint n_modes = input->mixture->n_modes;
  g_autofree guint *count = g_new0 (guint, n_modes);
  guint captured = 0, strict = 0;

  for (gint64 i = 0; i < input->n; i++) {
    gboolean high_quality;
    guint mode = mp_metric_find_mode (input, i, &high_quality);

    count[mode] += high_quality;
  }
  for (guint m = 0; m < n_modes; m++) {
    captured += count[m] >= 1;
    strict += count[m] >= STRICT_SAMPLES;
  }

  mp_metric_append (values, "modes", captured);
  mp_metric_append (values, "modes_strict", strict);
  for (guint m = 0; m < n_modes; m++) {
    g_autofree char *id = g_strdup_printf ("mode/%u", m);

    mp_metric_append (values, id, count[m]);
  }
}

const MpMetric mp_metric_modes = {
  .base = {
    .id = "modes",
    .title = N_("Modes"),
    .summary = N_("How many modes of the data the samples reach."),
  },
  .better = MP_HIGHER_IS_BETTER,
  .range = MP_METRIC_OF_MODES,
  .unit = N_("modes"),
  .definition = N_("Modes with at least one sample within 3 standard deviations of their centre; strict: at least 20 "
                   "samples."),
  .applies = mp_metric_has_mixture,
  .compute = modes_compute,
};
