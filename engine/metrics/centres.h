/* SPDX-License-Identifier: Apache-2.0
 *
 * centres.h: the nearest centre of a mixture, which several metrics ask for.
 */
#pragma once

#include "engine/metrics/metric.h"

G_BEGIN_DECLS

/* A sample within this many standard deviations of its nearest centre is of high quality. */
#define MP_HIGH_QUALITY_STDS 3

/* Of sample i: the index of the nearest centre, and its Euclidean distance. */
guint    mp_metric_nearest_centre (const MpMetricInput *input, gint64 i, double *distance);
gboolean mp_metric_is_high_quality (const MpMetricInput *input, double distance);
/* For applies (): the truth is a mixture. */
gboolean mp_metric_has_mixture (const MpMetricInput *input);
void     mp_metric_append (GArray *values, const char *id, double value);

G_END_DECLS
