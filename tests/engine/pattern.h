/* SPDX-License-Identifier: Apache-2.0
 *
 * pattern.h: deterministic numbers, the same as pattern () in tests/reference/step_cases.py, so that golden files need
 * not hold what goes in.
 */
#pragma once

#include <glib.h>

/* Number k of the sequence, in [−1, 1). */
static inline double
pattern_value (guint32 tag,
               gsize   k)
{
  guint32 h = (guint32) k * 2654435761u + tag * 40503u + 12345u;

  h ^= h >> 15;
  h *= 2246822519u;
  h ^= h >> 13;
  h *= 3266489917u;
  return (h >> 16) / 32768.0 - 1;
}

/* n values in [−scale, scale); for scale a power of two exact in float32. (transfer full) */
static inline double *
pattern (guint32 tag,
         gsize   n,
         double  scale)
{
  double *values = g_new0 (double, n + 1);

  for (gsize k = 0; k < n; k++)
    values[k] = pattern_value (tag, k) * scale;
  return values;
}
