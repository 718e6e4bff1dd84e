/* SPDX-License-Identifier: Apache-2.0
 *
 * centres.h: the modes of a mixture that samples belong to, which several metrics ask for.
 */
#pragma once

#include "engine/metrics/metric.h"

G_BEGIN_DECLS

/* A sample within this many standard deviations of its mode's centre is of high quality. */
#define MP_HIGH_QUALITY_STDS 3

/* Euclidean distance of sample i to the nearest centre. */
double   mp_metric_distance_to_centres (const MpMetricInput *input, gint64 i);
/* The mode of sample i: the one whose centre is nearest in that mode's own standard deviations. With equal standard
 * deviations this is the nearest centre. high_quality: whether it lies within MP_HIGH_QUALITY_STDS of them. */
guint    mp_metric_find_mode (const MpMetricInput *input, gint64 i, gboolean *high_quality);
/* For applies (): the truth is a mixture. */
gboolean mp_metric_has_mixture (const MpMetricInput *input);
void     mp_metric_append (GArray *values, const char *id, double value);

G_END_DECLS
