/* SPDX-License-Identifier: Apache-2.0
 *
 * scatter-private.h: what a scatter holds; internal to scatter*.c.
 */
#pragma once

#include "ui/plot/scatter-overlays.h"

G_BEGIN_DECLS

typedef struct
{
  float   *values; /* n × 2 */
  gsize    n;
  gboolean hidden, strip; /* strip: of one dimension, spread up and down to be seen */
  double   box[4]; /* of finite points; box[0] > box[1] when there are none */
} MpCloud;

typedef struct
{
  double   view[4];
  int      width, height;
  double   ratio, radius, x_scale, y_scale;
  gboolean diamonds, hidden[MP_N_POINTS];
  MpColour colours[MP_N_POINTS];
  guint    serial;
} MpLayerKey;

struct _MpScatter
{
  gatomicrefcount  ref_count;
  guint            lane;
  char            *caption, *empty_text;
  MpCloud          clouds[MP_N_POINTS];
  MpHeatMap       *heat_map;
  GArray          *overlays;  /* of MpOverlayItem */
  GHashTable      *magnified; /* title of arrows → double: how much longer they were drawn last */
  MpRaster         raster;    /* for overlays */
  gboolean         fixed;
  double           extent[4]; /* fixed, or held */
  gboolean         held;
  gboolean         axes, legend;
  guint            serial;    /* changes with the points */
  cairo_surface_t *layer;     /* the points as an image */
  MpLayerKey       key;
  gsize            n_inside;  /* of the layer */
};

/* Whether only what is across means anything. */
gboolean _mp_scatter_is_strip (MpScatter *self);
/* What a rectangle of this size shows: x0, x1, y0, y1. */
void _mp_scatter_get_view (MpScatter *self,
                           double     width,
                           double     height,
                           double     view[4]);

G_END_DECLS
