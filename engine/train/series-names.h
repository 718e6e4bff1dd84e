/* SPDX-License-Identifier: Apache-2.0
 *
 * series-names.h: what the series of a run are called, also where nothing trains: of kept runs and of sweeps.
 *
 * Series are named by what makes them: reports by their method, metrics by the registry. An MpSeriesNames that is not
 * added to may be read by any thread.
 */
#pragma once

#include "engine/metrics/metric.h"

G_BEGIN_DECLS

/* "Modes", and for the values beside it, "modes_strict" and "mode/3": "Modes: strict", "Modes: 3". NULL for the metric:
 * the id. Translated. (transfer full) */
char          *mp_series_title_of_metric (const MpMetric *metric, const char *id);
/* Of "gradient/critic", likewise. */
char          *mp_series_title_of_gradient (const char *id);

typedef struct _MpSeriesNames MpSeriesNames;

MpSeriesNames *mp_series_names_new (void);
void           mp_series_names_free (MpSeriesNames *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpSeriesNames, mp_series_names_free)
/* Takes in what the experiment's method reports. Where methods call a series differently, what they have in common
 * counts, else all that they say. Reads the data set and builds the graph, which takes milliseconds; an experiment that
 * cannot be built adds nothing. */
void           mp_series_names_add (MpSeriesNames *self, MpExperiment *experiment);
/* Translated; "Critic loss (binary cross-entropy)". The id where nothing is known. (transfer full) */
char          *mp_series_names_get_title (MpSeriesNames *self, const char *id);
MpBetter       mp_series_names_get_better (MpSeriesNames *self, const char *id);

G_END_DECLS
