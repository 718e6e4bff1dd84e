/* SPDX-License-Identifier: Apache-2.0
 *
 * chart-view.h: a chart as a widget, with a cursor that several charts share.
 *
 * Pointer: the cursor follows; scroll zooms; drag pans; double click shows all. Keyboard: ← → move the cursor, + − zoom,
 * 0 shows all. Accessible role: image; its label is the chart in words. Main thread only.
 */
#pragma once

#include <gtk/gtk.h>

#include "ui/plot/chart.h"

G_BEGIN_DECLS

/* What linked charts share: the cursor's iteration and the range shown. Signal: "changed" (). */
#define MP_TYPE_CHART_LINK (mp_chart_link_get_type ())
G_DECLARE_FINAL_TYPE (MpChartLink, mp_chart_link, MP, CHART_LINK, GObject)

MpChartLink *mp_chart_link_new          (void);
/* NAN: no cursor. */
double       mp_chart_link_get_cursor   (MpChartLink *self);
void         mp_chart_link_set_cursor   (MpChartLink *self,
                                         double       iteration);
/* FALSE: all is shown. */
gboolean     mp_chart_link_get_range    (MpChartLink *self,
                                         double      *first,
                                         double      *last);
void         mp_chart_link_set_range    (MpChartLink *self,
                                         double       first,
                                         double       last);
void         mp_chart_link_reset_range  (MpChartLink *self);

#define MP_TYPE_CHART_VIEW (mp_chart_view_get_type ())
G_DECLARE_FINAL_TYPE (MpChartView, mp_chart_view, MP, CHART_VIEW, GtkWidget)

/* link: or NULL for a chart on its own. */
GtkWidget   *mp_chart_view_new          (MpChartLink *link);
MpChart     *mp_chart_view_get_chart    (MpChartView *self);
/* Width at the end of the title line that controls lie over. */
void         mp_chart_view_set_title_reserve (MpChartView *self,
                                              int          width);
/* Title and what is said of it, in full, where the pointer is at their height; else NULL. (transfer full) */
char        *mp_chart_view_dup_tooltip  (MpChartView *self,
                                         double       y);
/* The chart or its series were changed: draw again. */
void         mp_chart_view_invalidate   (MpChartView *self);
void         mp_chart_view_describe     (MpChartView *self);

G_END_DECLS
