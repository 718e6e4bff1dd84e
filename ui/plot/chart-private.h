/* SPDX-License-Identifier: Apache-2.0
 *
 * chart-private.h: what chart.c and chart-draw.c share.
 */
#pragma once

#include "ui/plot/chart.h"
#include "ui/plot/plot-text.h"

G_BEGIN_DECLS

typedef struct
{
  MpSeries *series;
  char     *label;
  guint     lane;
  MpDash    dash;
  gboolean  visible;
} MpCurve;

struct _MpChart
{
  gatomicrefcount ref_count;
  char     *title, *subtitle, *unit, *empty_text;
  GArray   *curves;        /* of MpCurve */
  MpScale   scale;
  gboolean  own_scale, legend;
  double    tau;
  gboolean  x_fixed;
  double    x_first, x_last;
  double    y_low, y_high; /* NAN: automatic */
  gboolean  cursor, readout;
  double    cursor_iteration;
};

/* One curve as it will be drawn. Dense: one summary per pixel column. Sparse: the values themselves. */
typedef struct
{
  gboolean   dense;
  guint64    begin, end;   /* sparse: values drawn, one beyond each side */
  guint      n_columns;
  MpSummary *columns;      /* dense */
  double    *line;         /* the mean or smoothed line: per column or per value; NAN: a gap or nothing */
  double     low, high;    /* its range on the axis */
  double     least, most;  /* of the values drawn; least > most: none */
  guint32    flags;        /* MpSummaryFlags seen */
} MpTrace;

typedef struct
{
  double  x, y, width, height; /* inside the axes */
  double  first, last;
  double  low, high;
  gboolean empty;              /* nothing to show */
  guint   n_traces;
  MpTrace *traces;             /* one per curve; hidden ones are empty */
  GArray *x_ticks, *y_ticks;
  double  legend_y, title_y;   /* baselines */
} MpChartLayout;

/* The iterations to show; FALSE when there are none. */
gboolean mp_chart_find_x_range (MpChart *self,
                                double  *first,
                                double  *last);
void     mp_chart_find_y_range (MpChart       *self,
                                MpChartLayout *layout);

G_END_DECLS
