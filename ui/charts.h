/* SPDX-License-Identifier: Apache-2.0
 *
 * charts.h: the charts that all lanes share; each shows what is chosen in its menu (chart-choice.h).
 *
 * One cursor and one range for all. Each chart has a log axis at choice and can be exported. Main thread only.
 */
#pragma once

#include <gtk/gtk.h>

#include "ui/chart-view.h"
#include "ui/lane-model.h"

G_BEGIN_DECLS

#define MP_TYPE_CHARTS (mp_charts_get_type ())
G_DECLARE_FINAL_TYPE (MpCharts, mp_charts, MP, CHARTS, GtkWidget)

GtkWidget    *mp_charts_new           (void);
/* lanes: of MpLaneModel, or NULL. */
void          mp_charts_set_lanes     (MpCharts   *self,
                                       GListModel *lanes);
/* Time constant in iterations; 0: none. */
double        mp_charts_get_smoothing (MpCharts   *self);
void          mp_charts_set_smoothing (MpCharts   *self,
                                       double      tau);
/* What runs along the charts, and for each lane how its iterations lie there (of MpWarp; referenced); NULL: iterations.
 * Lanes that differ only in their seeds are drawn one by one where it is not iterations. */
void          mp_charts_set_axis      (MpCharts   *self,
                                       MpAxis      axis,
                                       GPtrArray  *warps);
/* A place on that axis that all charts mark; NAN: none. */
void          mp_charts_set_cursor    (MpCharts   *self,
                                       double      along);
/* What was chosen by hand, a string for each chart, "" where nothing was: to be kept and set again. A choice that the
 * lanes have no series for waits until they do. (transfer full) */
char        **mp_charts_dup_choices   (MpCharts   *self);
void          mp_charts_set_choices   (MpCharts   *self,
                                       const char *const *choices);
guint         mp_charts_get_n_charts  (MpCharts   *self);
MpChartView  *mp_charts_get_view      (MpCharts   *self,
                                       guint       i);

G_END_DECLS
