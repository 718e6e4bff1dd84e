/* SPDX-License-Identifier: Apache-2.0
 *
 * data.c: what every data set shares: minibatches in shuffled order, reference points, mixtures of Gaussians.
 *
 * Density of a mixture of M isotropic Gaussians in d dimensions:
 *   p (x) = 1/M Σ_m (2πs²)^(−d/2) exp (−|x − c_m|²/(2s²))
 */
#include "engine/data/data.h"

#include <math.h>
#include <string.h>

#include "engine/graph/graph.h"
#include "engine/random.h"

struct _MpData
{
  MpDataContents  contents;
  guint64         seed;
  guint32        *order;    /* the permutation of `epoch` */
  guint64         epoch;
  gboolean        have_order;
};

MpData *
mp_data_open (MpExperiment  *experiment,
              guint64        seed,
              GError       **error)
{
  const char *kind = mp_experiment_get_string (experiment, "data", "kind");
  const MpDataClass *class = (const MpDataClass *) mp_registry_find (MP_KIND_DATA, kind);
  MpData *self;

  if (class == NULL) {
    g_set_error (error, MP_ERROR, MP_ERROR_UNKNOWN, "[data] kind: there is no data set “%s”", kind);
    return NULL;
  }

  self = g_new0 (MpData, 1);
  self->seed = seed;
  if (!class->open (experiment, seed, &self->contents, error)) {
    mp_data_free (self);
    return NULL;
  }
  self->order = g_new (guint32, MAX (1, self->contents.n_points));
  return self;
}

void
mp_data_free (MpData *self)
{
  if (self == NULL)
    return;
  g_free (self->contents.points);
  g_clear_pointer (&self->contents.mixture, mp_mixture_free);
  g_free (self->order);
  g_free (self);
}

gint64
mp_data_get_dimensions (MpData *self)
{
  return self->contents.dimensions;
}

gint64
mp_data_get_n_points (MpData *self)
{
  return self->contents.n_points;
}

void
mp_data_get_batch (MpData  *self,
                   guint64  batch_index,
                   gint64   batch,
                   float   *out)
{
  gint64 dimensions = self->contents.dimensions;
  guint64 n = (guint64) self->contents.n_points;

  if (n == 0) {
    mp_mixture_draw (self->contents.mixture, dimensions, self->seed, "data/batch", batch_index, batch, out);
    return;
  }

  for (gint64 i = 0; i < batch; i++) {
    guint64 position = batch_index * (guint64) batch + (guint64) i;
    guint64 epoch = position / n;

    if (!self->have_order || epoch != self->epoch) {
      mp_random_permutation (self->seed, mp_stream_id ("data/order"), epoch, n, self->order);
      self->epoch = epoch;
      self->have_order = TRUE;
    }
    memcpy (out + i * dimensions, self->contents.points + self->order[position % n] * dimensions,
            (gsize) dimensions * sizeof *out);
  }
}

void
mp_data_get_reference (MpData *self,
                       gint64  n,
                       float  *out)
{
  gint64 dimensions = self->contents.dimensions;
  gint64 n_points = self->contents.n_points;
  g_autofree guint32 *order = NULL;

  if (self->contents.mixture != NULL) {
    mp_mixture_draw (self->contents.mixture, dimensions, self->seed, "data/reference", 0, n, out);
    return;
  }

  order = g_new (guint32, n_points);
  mp_random_permutation (self->seed, mp_stream_id ("data/reference"), 0, (gsize) n_points, order);
  for (gint64 i = 0; i < n; i++)
    memcpy (out + i * dimensions, self->contents.points + order[i % n_points] * dimensions,
            (gsize) dimensions * sizeof *out);
}

const MpMixture *
mp_data_get_mixture (MpData *self)
{
  return self->contents.mixture;
}

double
mp_data_density (MpData       *self,
                 const double *point)
{
  if (self->contents.mixture == NULL)
    return NAN;
  return mp_mixture_density (self->contents.mixture, self->contents.dimensions, point);
}

void
mp_data_get_extent (MpData *self,
                    double  extent[4])
{
  memcpy (extent, self->contents.extent, sizeof self->contents.extent);
}

MpMixture *
mp_mixture_new (guint  n_modes,
                gint64 dimensions)
{
  MpMixture *self = g_new0 (MpMixture, 1);

  self->n_modes = n_modes;
  self->centre = g_new0 (double, n_modes * dimensions);
  return self;
}

void
mp_mixture_free (MpMixture *self)
{
  g_free (self->centre);
  g_free (self);
}

void
mp_mixture_draw (const MpMixture *self,
                 gint64           dimensions,
                 guint64          seed,
                 const char      *stream,
                 guint64          step,
                 gint64           n,
                 float           *out)
{
  g_autofree char *mode_stream = g_strconcat (stream, "/mode", NULL);
  g_autofree guint32 *mode = g_new (guint32, n);
  g_autofree double *noise = g_new (double, n * dimensions);

  mp_random_fill_categorical (seed, mp_stream_id (mode_stream), step, (gsize) n, self->n_modes, mode);
  mp_random_fill_normal (seed, mp_stream_id (stream), step, (gsize) (n * dimensions), noise);
  for (gint64 i = 0; i < n; i++)
    for (gint64 j = 0; j < dimensions; j++)
      out[i * dimensions + j] = (float) (self->centre[mode[i] * dimensions + j]
                                         + self->std * noise[i * dimensions + j]);
}

double
mp_mixture_density (const MpMixture *self,
                    gint64           dimensions,
                    const double    *point)
{
  double variance = self->std * self->std;
  double sum = 0;

  for (guint m = 0; m < self->n_modes; m++) {
    double distance = 0;

    for (gint64 j = 0; j < dimensions; j++) {
      double difference = point[j] - self->centre[m * dimensions + j];

      distance += difference * difference;
    }
    sum += exp (-distance / (2 * variance));
  }
  return sum / self->n_modes * pow (2 * G_PI * variance, -0.5 * (double) dimensions);
}
