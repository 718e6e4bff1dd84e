/* SPDX-License-Identifier: Apache-2.0
 *
 * raster.h: distributions that are constant on the cells of a grid, with normal noise on top. For data sets; a state
 * of mp_raster_source.
 */
#pragma once

#include "engine/data/data.h"

G_BEGIN_DECLS

typedef struct _MpRaster MpRaster;

extern const MpSource mp_raster_source;

/* mass: width × height, 0 or more, of any sum above 0, copied; row 0 lies at the bottom (y0).
 * extent: x0, x1, y0, y1 of all cells. jitter: points fall anywhere in their cell, not only on its centre.
 * noise: standard deviation; without jitter and noise there is no density. */
MpRaster *mp_raster_new (const double *mass, guint width, guint height, const double extent[4], gboolean jitter,
                         double noise);

G_END_DECLS
