/* SPDX-License-Identifier: Apache-2.0
 *
 * scatter.h: two-dimensional view of data points and generated points over one background layer.
 *
 * Equal aspect. Layers from back to front: canvas, heat map with its neutral line, data, samples, overlays. On image and
 * screen contexts points are stamped into a picture of their own that is kept until they change; on SVG and PDF they
 * are discs. Points with a non-finite coordinate are left out and counted with those outside the view; a note says how
 * many.
 *
 * One thread at a time. Points and strings are copied; heat maps are referenced.
 */
#pragma once

#include "ui/plot/heat-map.h"
#include "ui/plot/plot-style.h"

G_BEGIN_DECLS

typedef struct _MpScatter MpScatter;

typedef enum
{
  MP_POINTS_DATA,
  MP_POINTS_SAMPLES,
  MP_N_POINTS
} MpPointsRole;

typedef enum
{
  MP_OVERLAY_MARKS,   /* x, y; with weights: coloured by them, with a colour bar in the legend */
  MP_OVERLAY_ARROWS,  /* x, y, dx, dy in data units, magnified together; the legend has one of a stated length */
  MP_OVERLAY_LATTICE, /* x, y, row by row; weights: opacity, 0 … 1 */
  MP_OVERLAY_POINTS,  /* x, y: a further cloud, of triangles, or in the ink of the data, of squares */
  MP_OVERLAY_LINES    /* x, y; a NaN pair lifts the pen */
} MpOverlayKind;

typedef enum
{
  MP_INK_TEXT,
  MP_INK_DATA,
  MP_INK_SAMPLES,
  MP_INK_LANE
} MpInk;

typedef struct
{
  MpOverlayKind kind;
  MpInk         ink;
  const char   *title;    /* in the legend, or NULL: not there */
  const float  *values;
  gsize         n;
  const float  *weights;  /* n, or NULL */
  gsize         columns;  /* LATTICE */
  double        magnify;  /* ARROWS; 0: so that they can be seen */
} MpOverlay;

MpScatter *mp_scatter_new (void);
MpScatter *mp_scatter_ref (MpScatter *self);
void       mp_scatter_unref (MpScatter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpScatter, mp_scatter_unref)

/* Colour of the background layer. */
void       mp_scatter_set_lane (MpScatter *self,
                                guint      lane);
guint      mp_scatter_get_lane (MpScatter *self);
/* A heading inside the plot ("projected space"), or NULL. */
void       mp_scatter_set_caption (MpScatter  *self,
                                   const char *caption);
/* n rows of `dimensions` floats; the first two are drawn. One dimension: data and samples become two strips,
 * whose height means nothing, as the plot then says. */
void       mp_scatter_set_points (MpScatter    *self,
                                  MpPointsRole  role,
                                  const float  *values,
                                  gint64        n,
                                  gint64        dimensions);
void       mp_scatter_set_points_visible (MpScatter    *self,
                                          MpPointsRole  role,
                                          gboolean      visible);
/* NULL: no layer. */
void       mp_scatter_set_heat_map (MpScatter *self,
                                    MpHeatMap *heat_map);
MpHeatMap *mp_scatter_get_heat_map (MpScatter *self);
void       mp_scatter_clear_overlays (MpScatter *self);
/* Copied. Marks, arrows, … lie over the points in the order in which they are added. */
void       mp_scatter_add_overlay (MpScatter       *self,
                                   const MpOverlay *overlay);
guint      mp_scatter_get_n_overlays (MpScatter *self);
/* Arrows from every point of a cloud: n × dimensions, as the points are (which must be set before). magnify: 0: both
 * clouds' arrows alike, so that they can be seen. */
void       mp_scatter_add_forces (MpScatter    *self,
                                  MpPointsRole  role,
                                  const char   *title,
                                  const float  *values,
                                  gint64        n,
                                  gint64        dimensions);
/* What is in view: x0, x1, y0, y1. The view grows to equal aspect. NULL: automatic: the data with a margin, or the heat
 * map's extent, held still while it still fits. */
void       mp_scatter_set_extent (MpScatter    *self,
                                  const double *extent);
/* Light grid with numbers. */
void       mp_scatter_set_axes (MpScatter *self,
                                gboolean   axes);
/* Data and samples named in the lower left corner. */
void       mp_scatter_set_legend (MpScatter *self,
                                  gboolean   legend);
/* Shown when there are no points and no layer; NULL: a default text. */
void       mp_scatter_set_empty_text (MpScatter  *self,
                                      const char *text);

void       mp_scatter_draw (MpScatter         *self,
                            cairo_t           *cr,
                            double             width,
                            double             height,
                            const MpPlotStyle *style);
/* Data coordinates of a point of a scatter drawn at this size. */
void       mp_scatter_to_data (MpScatter *self,
                               double     width,
                               double     height,
                               double     x,
                               double     y,
                               double    *data_x,
                               double    *data_y);
/* The view in words, for assistive technology. (transfer full) */
char      *mp_scatter_describe (MpScatter *self);

/* Which point lies within `reach` of (x, y) of a scatter drawn at this size; of several the nearest. */
gboolean   mp_scatter_pick (MpScatter    *self,
                            double        width,
                            double        height,
                            double        x,
                            double        y,
                            double        reach,
                            MpPointsRole *role,
                            gsize        *index);
/* Where a point is drawn. FALSE when it is not seen. */
gboolean   mp_scatter_locate (MpScatter    *self,
                              double        width,
                              double        height,
                              MpPointsRole  role,
                              gsize         index,
                              double       *x,
                              double       *y);
/* A ring around a place of the drawn scatter. */
void       mp_scatter_draw_ring (cairo_t           *cr,
                                 double             x,
                                 double             y,
                                 const MpPlotStyle *style);

/* The row and the column of a lattice overlay that cross nearest to a place of the drawn scatter. */
void       mp_scatter_draw_lattice_near (MpScatter         *self,
                                         cairo_t           *cr,
                                         double             width,
                                         double             height,
                                         const MpPlotStyle *style,
                                         double             x,
                                         double             y);

/* "● data  ● samples  → 0.05 gradient", flowing into lines of `width`, where the plot itself has no legend. clouds FALSE:
 * only the overlays (a window names the clouds in buttons). Arrows are as long as they were drawn last. */
double     mp_scatter_get_legend_height (MpScatter         *self,
                                         double             width,
                                         gboolean           clouds,
                                         const MpPlotStyle *style);
void       mp_scatter_draw_legend (MpScatter         *self,
                                   cairo_t           *cr,
                                   double             width,
                                   gboolean           clouds,
                                   const MpPlotStyle *style);

G_END_DECLS
