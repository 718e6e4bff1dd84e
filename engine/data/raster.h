/* SPDX-License-Identifier: Apache-2.0
 *
 * raster.h: distributions that are constant on the cells of a grid, with normal noise on top. For data
 * sets.
 */
#pragma once

#include "engine/data/data.h"

G_BEGIN_DECLS

/* As many points as [data] points says, with [data] noise; [data] size is the farthest that cells reach.
 * mass: width × height, 0 or more, of any sum above 0, copied; row 0 lies at the bottom (y0).
 * extent: x0, x1, y0, y1 of all cells; NULL: all of the square. jitter: points fall anywhere in their cell, not only on
 * its centre; without jitter and noise there is no density. */
void mp_data_set_raster (MpDataContents *contents, MpExperiment *experiment, const double *mass, guint width,
                         guint height, const double extent[4], gboolean jitter);

G_END_DECLS
