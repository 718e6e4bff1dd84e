/* SPDX-License-Identifier: Apache-2.0
 *
 * metric.h: metrics of generated samples. Definitions: docs/metrics.md.
 */
#pragma once

#include "engine/data/data.h"
#include "engine/methods/method.h"

G_BEGIN_DECLS

typedef struct
{
  gint64           n;           /* generated samples */
  gint64           n_real;
  gint64           dimensions;
  const float     *generated;   /* n × dimensions */
  const float     *real;        /* n_real × dimensions */
  const MpMixture *mixture;     /* or NULL */
  MpExperiment    *experiment;
  MpData          *data;        /* or NULL: the density is not known */
} MpMetricInput;

typedef struct
{
  const char *id;               /* "modes", "high_quality", "mode/0" */
  double      value;
} MpMetricValue;

typedef struct
{
  MpDescriptor base;
  MpBetter     better;
  const char  *unit;            /* "modes", "%", NULL */
  const char  *definition;      /* one sentence: estimator, kernel, root or square */
  gboolean   (*applies) (const MpMetricInput *input);
  /* Appends MpMetricValue to values; the first one carries the metric's own id. Ids are interned. */
  void       (*compute) (const MpMetricInput *input, GArray *values);
} MpMetric;

/* Runs every metric that applies. values: of MpMetricValue. */
void mp_metrics_compute (const MpMetricInput *input, GArray *values);

G_END_DECLS
