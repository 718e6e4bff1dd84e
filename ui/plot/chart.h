/* SPDX-License-Identifier: Apache-2.0
 *
 * chart.h: curves over iterations: axes, legend, cursor with readout.
 *
 * The chart holds what to show; it is drawn on any Cairo context: a widget, an image, SVG, PDF. Nothing here knows a
 * trainer. Where values are dense, the exact minimum…maximum band per pixel column is drawn under the mean or smoothed
 * line. Missing and non-finite values are gaps; NaN and ±∞ are marked on the frame where they occurred. On a log axis
 * values ≤ 0 are gaps, the band runs off the lower edge, and a note says so.
 *
 * One thread at a time. Strings are copied. Series are referenced.
 */
#pragma once

#include "ui/plot/plot-style.h"
#include "ui/plot/series.h"
#include "ui/plot/ticks.h"
#include "ui/plot/warp.h"

G_BEGIN_DECLS

typedef struct _MpChart MpChart;

typedef enum
{
  MP_DASH_SOLID,
  MP_DASH_DASHED,
  MP_DASH_DOTTED
} MpDash;

/* What runs along the horizontal axis, which is what "iteration" means below where it is another one. */
typedef enum
{
  MP_AXIS_ITERATION,
  MP_AXIS_SECONDS,
  MP_AXIS_POINTS
} MpAxis;

MpChart *mp_chart_new (void);
MpChart *mp_chart_ref (MpChart *self);
void     mp_chart_unref (MpChart *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpChart, mp_chart_unref)

/* What is shown ("MMD² in data space") and how ("unbiased, log"); either may be NULL. */
void     mp_chart_set_title (MpChart    *self,
                             const char *title,
                             const char *subtitle);
const char *mp_chart_get_title (MpChart *self);
/* What is said of the title in smaller letters: subtitle, unit, scale, smoothing, and unless the legend names curves
 * which of them are dashed. (transfer full) */
char    *mp_chart_dup_note (MpChart *self,
                            gboolean named);
/* Unit of the values, "%", or NULL. */
void     mp_chart_set_unit (MpChart    *self,
                            const char *unit);
void     mp_chart_set_scale (MpChart *self,
                             MpScale  scale);
MpScale  mp_chart_get_scale (MpChart *self);
/* TRUE: every series fills the height by itself (losses of different methods cannot be compared); the axis then has no
 * numbers and the legend gives each range. */
void     mp_chart_set_own_scale (MpChart *self,
                                 gboolean own_scale);
/* Time constant in iterations of the smoothed line, which the chart says of curves with values that close; 0: none. */
void     mp_chart_set_smoothing (MpChart *self,
                                 double   tau);
/* TRUE: a legend even where own_scale does not ask for one. */
void     mp_chart_set_legend (MpChart *self,
                              gboolean legend);
gboolean mp_chart_get_legend (MpChart *self);
/* Shown where there is no value; NULL: a default text. */
void     mp_chart_set_empty_text (MpChart    *self,
                                  const char *text);

/* lane: colour. label: legend and readout. Returns: index of the curve. */
guint    mp_chart_add_series (MpChart    *self,
                              MpSeries   *series,
                              const char *label,
                              guint       lane,
                              MpDash      dash);
/* What the curve is among those of its lane ("generator"): where all dashed curves are the same, the chart says so, unless
 * its legend names them. */
void     mp_chart_set_word (MpChart    *self,
                            guint       index,
                            const char *word);
/* A band behind a curve, which is then the mean of several (series-band.h). Referenced. */
void     mp_chart_set_band (MpChart  *self,
                            guint     index,
                            MpSeries *low,
                            MpSeries *high);
/* Where the iterations of a curve without a band lie on the axis. Referenced; NULL: the axis has iterations. */
void     mp_chart_set_warp (MpChart *self,
                            guint    index,
                            MpWarp  *warp);
void     mp_chart_set_visible (MpChart *self,
                               guint    index,
                               gboolean visible);
void     mp_chart_clear_series (MpChart *self);
guint    mp_chart_get_n_series (MpChart *self);

/* Iterations unless set; each curve then has a warp. */
void     mp_chart_set_axis (MpChart *self,
                            MpAxis   axis);
/* Iterations shown. Automatic (all) until set; last must exceed first. */
void     mp_chart_set_x_range (MpChart *self,
                               double   first,
                               double   last);
void     mp_chart_reset_x_range (MpChart *self);
void     mp_chart_get_x_range (MpChart *self,
                               double  *first,
                               double  *last);
/* Zooms by a factor (> 1: closer) so that `iteration` stays in its place; moves by a share of the width. Both keep
 * inside the data. */
void     mp_chart_zoom (MpChart *self,
                        double   iteration,
                        double   factor);
void     mp_chart_pan (MpChart *self,
                       double   share);
/* Values shown; automatic until set. NAN for a bound: that one is automatic. */
void     mp_chart_set_y_range (MpChart *self,
                               double   low,
                               double   high);

void     mp_chart_get_y_range (MpChart *self,
                               double  *low,
                               double  *high);

/* A vertical line at an iteration with a dot on each curve at its nearest value; readout: and a box with the numbers, as
 * many as leave half of a narrow chart free. */
void     mp_chart_set_cursor (MpChart *self,
                              double   iteration,
                              gboolean readout);
void     mp_chart_clear_cursor (MpChart *self);

/* Draws all. (0, 0, width, height) is filled with nothing: the card behind is the caller's. */
void     mp_chart_draw (MpChart           *self,
                        cairo_t           *cr,
                        double             width,
                        double             height,
                        const MpPlotStyle *style);
/* The same in two halves, for callers that keep the first as an image while the cursor moves. */
void     mp_chart_draw_curves (MpChart           *self,
                               cairo_t           *cr,
                               double             width,
                               double             height,
                               const MpPlotStyle *style);
void     mp_chart_draw_cursor (MpChart           *self,
                               cairo_t           *cr,
                               double             width,
                               double             height,
                               const MpPlotStyle *style);

/* The iteration under a point, for a chart drawn at this size. FALSE outside the axes. */
gboolean mp_chart_hit (MpChart           *self,
                       double             width,
                       double             height,
                       const MpPlotStyle *style,
                       double             x,
                       double             y,
                       double            *iteration);
/* What the chart shows, in words, for assistive technology: title, and each curve's last value. (transfer full) */
char    *mp_chart_describe (MpChart *self);

G_END_DECLS
