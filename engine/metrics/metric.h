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

/* Between what the values lie, where that is known beforehand. */
typedef enum
{
  MP_METRIC_FREE,
  MP_METRIC_SHARE,              /* 0 … 1 */
  MP_METRIC_OF_MODES            /* 0 … number of the data's modes */
} MpMetricRange;

typedef struct
{
  MpDescriptor  base;
  MpBetter      better;
  MpMetricRange range;
  const char   *unit;           /* "modes", "%", NULL */
  const char   *note;           /* beside the title of a chart: estimator and space; or NULL */
  const char   *definition;     /* one sentence: estimator, kernel, root or square */
  gboolean    (*applies) (const MpMetricInput *input);
  /* Appends MpMetricValue to values; the first one carries the metric's own id. Ids are interned. */
  void        (*compute) (const MpMetricInput *input, GArray *values);
} MpMetric;

/* The ends of an axis that has all values on it; n_modes: of the data, 0: not known. Returns: FALSE, and NAN for both,
 * where the values decide. */
gboolean mp_metric_get_range (const MpMetric *metric, gint64 n_modes, double *low, double *high);

/* Runs every metric that applies. values: of MpMetricValue. */
void mp_metrics_compute (const MpMetricInput *input, GArray *values);

G_END_DECLS
