/* SPDX-License-Identifier: Apache-2.0
 *
 * ticks.h: where an axis is marked and what the marks say.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  MP_SCALE_LINEAR,
  MP_SCALE_LOG
} MpScale;

typedef struct
{
  double   value;
  char    *label; /* NULL: a minor mark */
} MpTick;

/* Marks inside [low, high] in increasing order: steps of 1, 2 or 5 times a power of ten, or on a log axis decades,
 * with 2 and 5 between them where few decades are seen; an axis that lies between two of these steps has linear ones. At
 * least 2 carry labels, and at most `most` unless that left fewer than 2, then up to 5.
 * counts: label as counts ("2k") rather than as values. Returns: (transfer full): array of MpTick that frees labels. */
GArray *mp_ticks_new (MpScale  scale,
                      double   low,
                      double   high,
                      guint    most,
                      gboolean counts);
/* The same for a duration in seconds, each mark with its unit: "30 s", "1.5 min", "2 h". */
GArray *mp_ticks_new_time (double low,
                           double high,
                           guint  most);

/* Grows a range of finite values to a pleasant one: padded, never empty, inside what double can subtract. On a log axis
 * low must be positive. */
void    mp_ticks_pad (MpScale scale,
                      double *low,
                      double *high);
/* Rounds outward to two significant steps, so that a range that changes a little each frame stays put. */
void    mp_ticks_round_out (double *low,
                            double *high);

/* The value at place k < n of the sorted order, by quickselect; reorders. No NaN. */
double  mp_select_value (double *values,
                         guint   n,
                         guint   k);

G_END_DECLS
