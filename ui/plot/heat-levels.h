/* SPDX-License-Identifier: Apache-2.0
 *
 * heat-levels.h: lines along which a grid of values has one value, and their labels; internal to ui/plot.
 */
#pragma once

#include "ui/plot/plot-text.h"

G_BEGIN_DECLS

typedef struct
{
  float x, y; /* x NAN: the line before ends here */
} MpLevelPoint;

/* Appends the lines where the values cross `level` to `points` (of MpLevelPoint), each joined up and ended by NAN; closed
 * ones end where they began. values: of width × height nodes; a point (1.5, 0) is halfway between the nodes 1 and 2 of
 * row 0. missing: nodes whose neighbourhood is left out, or NULL. */
void mp_levels_trace (const float  *values,
                      const guint8 *missing,
                      int           width,
                      int           height,
                      double        level,
                      GArray       *points);

/* Places that labels have taken. */
typedef struct
{
  double x, y, radius;
} MpLevelSpot;

/* Writes `text` into the longest of the lines (in user space) where it runs straight enough, inside (0, 0, width, height)
 * and away from `taken` (of MpLevelSpot), to which the place is added. FALSE where there is no room. */
gboolean mp_levels_label (MpPen              *pen,
                          const MpLevelPoint *points,
                          guint               n,
                          double              width,
                          double              height,
                          const char         *text,
                          MpColour            ink,
                          MpColour            paper,
                          GArray             *taken);

G_END_DECLS
