/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/plot/warp.h"

typedef struct
{
  double at[2]; /* iteration, x */
} Knot;

struct _MpWarp
{
  gatomicrefcount ref_count;
  GArray         *knots; /* of Knot, both increasing */
};

MpWarp *
mp_warp_new (void)
{
  MpWarp *self = g_new0 (MpWarp, 1);
  Knot zero = { { 0, 0 } };

  g_atomic_ref_count_init (&self->ref_count);
  self->knots = g_array_new (FALSE, FALSE, sizeof (Knot));
  g_array_append_val (self->knots, zero);
  return self;
}

MpWarp *
mp_warp_ref (MpWarp *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mp_warp_unref (MpWarp *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_array_unref (self->knots);
  g_free (self);
}

void
mp_warp_add (MpWarp *self,
             double  iteration,
             double  x)
{
  const Knot *last = &g_array_index (self->knots, Knot, self->knots->len - 1);
  Knot knot = { { iteration, x } };

  if (iteration > last->at[0] && x > last->at[1])
    g_array_append_val (self->knots, knot);
}

/* from: 0 or 1, the coordinate that is given. */
static double
map (const MpWarp *self,
     guint         from,
     double        value)
{
  const Knot *knots;
  guint low = 1, high;

  if (self == NULL || self->knots->len < 2)
    return value;
  knots = (const Knot *) (gpointer) self->knots->data;
  high = self->knots->len - 1;
  while (low < high) {
    guint middle = (low + high) / 2;

    if (knots[middle].at[from] >= value)
      high = middle;
    else
      low = middle + 1;
  }
  return knots[low - 1].at[!from] + (value - knots[low - 1].at[from])
         * (knots[low].at[!from] - knots[low - 1].at[!from]) / (knots[low].at[from] - knots[low - 1].at[from]);
}

double
mp_warp_to_x (const MpWarp *self,
              double        iteration)
{
  return map (self, 0, iteration);
}

double
mp_warp_to_iteration (const MpWarp *self,
                      double        x)
{
  return map (self, 1, x);
}
