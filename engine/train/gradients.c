/* SPDX-License-Identifier: Apache-2.0
 *
 * gradients.c: how large gradients have been lately, read off what optimizers keep anyway: √(mean of v) over a group's
 * parameters, v being the running mean of squared gradients (Adam's with its bias correction, RMSprop's as it is). It costs
 * training nothing.
 */
#include "engine/train/loop-private.h"

#include <math.h>
#include <string.h>

static double
mean_of (const void  *values,
         gint64       n,
         MpDtype      dtype)
{
  double sum = 0;

  for (gint64 i = 0; i < n; i++)
    sum += dtype == MP_FLOAT64 ? ((const double *) values)[i] : (double) ((const float *) values)[i];
  return sum / (double) MAX (n, 1);
}

gboolean
mp_loop_measure_gradient (MpLoop     *self,
                          const char *group,
                          double     *rms)
{
  g_autofree char *settings = g_strconcat ("optimizer.", mp_build_get_optimizer (self->build, group, NULL), NULL);
  const char *kind = mp_experiment_get_string (self->experiment, settings, "kind");
  gboolean adam = g_str_has_prefix (kind, "adam");
  MpMoments moments;
  double count, mean;

  *rms = NAN;
  /* Elsewhere the device is ahead of what is being recorded. */
  if (!self->class->host_memory || (!adam && !g_str_equal (kind, "rmsprop")))
    return FALSE;
  moments = mp_graph_get_moments (mp_store_get_graph (self->store), group);
  count = *(const double *) mp_store_map (self->store, moments.count);
  if (count < 1)
    return FALSE;
  mean = mean_of (mp_store_map (self->store, moments.moment2), mp_tensor_count (&moments.moment2->type),
                  moments.moment2->type.dtype);
  if (adam)
    mean /= 1 - pow (mp_experiment_get_double (self->experiment, settings, "beta2"), count);
  *rms = sqrt (mean);
  return TRUE;
}
