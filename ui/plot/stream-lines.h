/* SPDX-License-Identifier: Apache-2.0
 *
 * stream-lines.h: evenly spaced streamlines of a flow on the unit square; internal to ui/plot.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  guint   n;
  double *points; /* x, y in [0, 1], along the flow */
  guint   grade;  /* 0 … 2: speed along it against that of all lines */
} MpStreamLine;

/* flows: width × height pairs in units of the square, at nodes that span it. (transfer full): of MpStreamLine. */
GPtrArray *mp_stream_lines_new (guint        width,
                                guint        height,
                                const float *flows);

G_END_DECLS
