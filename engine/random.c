/* SPDX-License-Identifier: Apache-2.0
 *
 * random.c: the transformations of kernels/philox.h in float64 on the host.
 */
#include "engine/random.h"

#include <math.h>

#include "kernels/philox.h"

void
mp_random_fill_uniform (guint64  seed,
                        guint32  stream,
                        guint64  step,
                        gsize    n,
                        double  *out)
{
  for (gsize i = 0; i < n; i += 4) {
    guint32 x[4];

    mp_philox (seed, (guint32) (i / 4), stream, step, x);
    for (gsize j = 0; j < MIN (4, n - i); j++)
      out[i + j] = (x[j] >> 8) * 0x1p-24;
  }
}

void
mp_random_fill_normal (guint64  seed,
                       guint32  stream,
                       guint64  step,
                       gsize    n,
                       double  *out)
{
  for (gsize i = 0; i < n; i += 4) {
    guint32 x[4];
    double value[4];

    mp_philox (seed, (guint32) (i / 4), stream, step, x);
    for (gint pair = 0; pair < 4; pair += 2) {
      double radius = sqrt (-2 * log (((x[pair] >> 8) + 0.5) * 0x1p-24));
      double angle = 2 * G_PI * ((x[pair + 1] >> 8) * 0x1p-24);

      value[pair] = radius * cos (angle);
      value[pair + 1] = radius * sin (angle);
    }
    for (gsize j = 0; j < MIN (4, n - i); j++)
      out[i + j] = value[j];
  }
}

void
mp_random_fill_categorical (guint64  seed,
                            guint32  stream,
                            guint64  step,
                            gsize    n,
                            guint32  n_choices,
                            guint32 *out)
{
  for (gsize i = 0; i < n; i += 4) {
    guint32 x[4];

    mp_philox (seed, (guint32) (i / 4), stream, step, x);
    for (gsize j = 0; j < MIN (4, n - i); j++)
      out[i + j] = (guint32) (((guint64) x[j] * n_choices) >> 32);
  }
}

/* Draw i picks the partner of place n−1−i. */
void
mp_random_permutation (guint64  seed,
                       guint32  stream,
                       guint64  step,
                       gsize    n,
                       guint32 *out)
{
  guint32 x[4] = { 0 };

  for (gsize i = 0; i < n; i++)
    out[i] = (guint32) i;

  for (gsize i = 0; i + 1 < n; i++) {
    gsize place = n - 1 - i;
    gsize partner;
    guint32 swapped = out[place];

    if (i % 4 == 0)
      mp_philox (seed, (guint32) (i / 4), stream, step, x);
    partner = (gsize) (((guint64) x[i % 4] * (place + 1)) >> 32);
    out[place] = out[partner];
    out[partner] = swapped;
  }
}
