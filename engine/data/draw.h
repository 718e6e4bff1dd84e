/* SPDX-License-Identifier: Apache-2.0
 *
 * draw.h: random numbers for data sets: point i of a draw uses block i of the stream, four words of 32 bits, so that
 * nothing depends on how many points are drawn at once. Definitions as in kernels/philox.h.
 */
#pragma once

#include <math.h>

#include "engine/graph/graph.h"
#include "kernels/philox.h"

G_BEGIN_DECLS

/* The stream "stream/part". */
static inline guint32
mp_draw_stream (const char *stream,
                const char *part)
{
  char name[128];

  g_snprintf (name, sizeof name, "%s/%s", stream, part);
  return mp_stream_id (name);
}

/* From [0, 1), 24 bits. */
static inline double
mp_draw_uniform (guint32 word)
{
  return (word >> 8) * 0x1p-24;
}

/* From [0, 1), 53 bits. */
static inline double
mp_draw_uniform_fine (guint32 high,
                      guint32 low)
{
  return ((high >> 5) * 0x1p26 + (low >> 6)) * 0x1p-53;
}

/* Two independent standard normal numbers. */
static inline void
mp_draw_normal (guint32 first,
                guint32 second,
                double  out[2])
{
  double radius = sqrt (-2 * log (((first >> 8) + 0.5) * 0x1p-24));
  double angle = 2 * G_PI * mp_draw_uniform (second);

  out[0] = radius * cos (angle);
  out[1] = radius * sin (angle);
}

/* Which of n parts with these weights, which add up to 1. */
static inline guint
mp_draw_part (guint32       word,
              const double *weight,
              guint         n)
{
  double u = word * 0x1p-32;
  guint part = 0;

  while (part + 1 < n && u >= weight[part])
    u -= weight[part++];
  return part;
}

G_END_DECLS
