/* SPDX-License-Identifier: Apache-2.0
 *
 * chart-choice.h: what a chart of the lanes can show: the standing charts, any measure of all lanes, the charts that a
 * method's paper has, and every series of a method. Main thread only.
 */
#pragma once

#include <gio/gio.h>

#include "ui/lane-model.h"
#include "ui/plot/ticks.h"

G_BEGIN_DECLS

typedef struct
{
  char       *id;        /* "losses", "measure/modes", "gram/pearson", "gram#0": as kept in settings */
  char       *group;     /* of the menu: a method's title; NULL: above the others */
  char       *label;     /* in the menu */
  char       *title;     /* of the chart */
  char       *subtitle;  /* or NULL */
  char       *unit;      /* or NULL */
  const char *method;    /* interned: lanes of this method only; NULL: all */
  GStrv       patterns;  /* ids of series; one that ends in "/" takes every series below it */
  gboolean    own_scale;
  MpScale     scale;
  double      low, high; /* NAN: automatic */
} MpChartChoice;

/* All that these lanes (of MpLaneModel) have series for, grouped, in the order of the menu. (transfer full) */
GPtrArray           *mp_chart_choices_list  (GListModel          *lanes);
/* Of the list, or NULL. */
const MpChartChoice *mp_chart_choices_find  (GPtrArray           *choices,
                                             const char          *id);
/* What the k-th chart shows unasked. NULL only when nothing is on offer. */
const MpChartChoice *mp_chart_choices_preset (GPtrArray          *choices,
                                              guint               k);
/* Whether the chart has a curve of this lane. */
gboolean             mp_chart_choice_shows  (const MpChartChoice *self,
                                             MpLaneModel         *lane,
                                             const MpCurve       *curve);
/* Radio items of the action `action`, with a submenu for each group. (transfer full) */
GMenu               *mp_chart_choices_menu  (GPtrArray           *choices,
                                             const char          *action);

G_END_DECLS
