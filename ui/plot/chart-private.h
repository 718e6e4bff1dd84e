/* SPDX-License-Identifier: Apache-2.0
 *
 * chart-private.h: what chart.c and chart-draw.c share.
 */
#pragma once

#include "ui/plot/chart.h"
#include "ui/plot/plot-raster.h"
#include "ui/plot/plot-text.h"

G_BEGIN_DECLS

typedef struct
{
  MpSeries *series;
  char     *label;
  guint     lane;
  MpDash    dash;
  gboolean  visible;
  double    held_low, held_high; /* own range of the last drawing; NAN: none */
  MpSeries *low, *high;          /* the ends of a band around the line; NULL: none */
  MpWarp   *warp;                /* to the axis; NULL: that has iterations */
  char     *word;                /* what it is of its lane; or NULL */
} MpCurve;

struct _MpChart
{
  gatomicrefcount ref_count;
  char     *title, *subtitle, *unit, *empty_text;
  GArray   *curves;        /* of MpCurve */
  MpScale   scale;
  gboolean  own_scale, legend;
  double    tau;
  MpAxis    axis;
  gboolean  x_fixed;
  double    x_first, x_last;
  double    y_low, y_high; /* NAN: automatic */
  double    held_low, held_high; /* automatic range of the last drawing; NAN: none */
  gboolean  cursor, readout;
  double    cursor_iteration;
  double    gutter;        /* room for the numbers of the last drawing */
  MpRaster  layer;         /* curves as pixels, kept for its memory */
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
  gboolean blank;              /* no values at all: no axes either */
  gboolean empty;              /* none that this scale and range can show */
  guint   n_traces;
  MpTrace *traces;             /* one per curve; hidden ones are empty */
  GArray *x_ticks, *y_ticks;
  double  legend_y, title_y;   /* baselines, of its first row and of the title */
  double  note_y;              /* likewise of what stands below the title; 0: it stands beside it */
  guint   legend_rows;         /* 0: no legend */
  gboolean legend_names;
  gboolean axis_name;          /* "iteration" below the numbers */
} MpChartLayout;

#define MP_CHART_MARGIN 12

/* The iterations to show; FALSE when there are none. */
gboolean mp_chart_find_x_range (MpChart *self,
                                double  *first,
                                double  *last);
void     mp_chart_find_y_range (MpChart       *self,
                                MpChartLayout *layout);

/* From the axis and from values to user space. */
double   mp_chart_map_x (const MpChartLayout *layout,
                         double               along);
/* NAN: the scale has no place for this value. */
double   mp_chart_map_y (const MpChartLayout *layout,
                         const MpTrace       *trace,
                         MpScale              scale,
                         double               value);

/* Fills layout->traces for its x range, with this many pixel columns. */
void     mp_chart_make_traces (MpChart       *self,
                               MpChartLayout *layout,
                               guint          n_columns);
void     mp_chart_paint_curves (MpChart             *self,
                                MpPen               *pen,
                                const MpChartLayout *layout);
/* Decides how many rows the legend takes, and whether it names curves. */
void     mp_chart_plan_legend (MpChart       *self,
                               MpPen         *pen,
                               double         width,
                               double         height,
                               MpChartLayout *layout);
void     mp_chart_paint_legend (MpChart             *self,
                                MpPen               *pen,
                                const MpChartLayout *layout,
                                double               width);
void     mp_chart_paint_swatch (MpPen         *pen,
                                const MpCurve *curve,
                                double         x,
                                double         y,
                                double         width);
void     mp_chart_paint_cursor (MpChart             *self,
                                MpPen               *pen,
                                const MpChartLayout *layout,
                                double               width,
                                double               height);

G_END_DECLS
