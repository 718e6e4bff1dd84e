/* SPDX-License-Identifier: Apache-2.0
 *
 * gaussians.c: mixtures of M isotropic Gaussians in d dimensions with centres c, standard deviations s and weights w,
 *   p (x) = Σ_m w_m (2πs_m²)^(−d/2) exp (−|x − c_m|²/(2s_m²))
 */
#include "engine/data/data.h"

#include <math.h>

#include "engine/data/draw.h"

MpMixture *
mp_mixture_new (guint  n_modes,
                gint64 dimensions)
{
  MpMixture *self = g_new0 (MpMixture, 1);

  self->n_modes = n_modes;
  self->centre = g_new0 (double, n_modes * dimensions);
  self->weight = g_new (double, n_modes);
  self->std = g_new0 (double, n_modes);
  for (guint m = 0; m < n_modes; m++)
    self->weight[m] = 1.0 / n_modes;
  return self;
}

void
mp_mixture_free (MpMixture *self)
{
  g_free (self->centre);
  g_free (self->weight);
  g_free (self->std);
  g_free (self);
}

/* Elements of a stream one after the other; each block of four is made once. */
typedef struct
{
  guint64 seed, step;
  guint32 stream;
  gint64  block;
  guint32 word[4];
  double  normal[4];
} Sequence;

static void
seek (Sequence *self,
      gint64    element)
{
  if (element / 4 == self->block)
    return;
  self->block = element / 4;
  mp_philox (self->seed, (guint32) self->block, self->stream, self->step, self->word);
  mp_draw_normal (self->word[0], self->word[1], self->normal);
  mp_draw_normal (self->word[2], self->word[3], self->normal + 2);
}

static gboolean
has_equal_weights (const MpMixture *self)
{
  for (guint m = 1; m < self->n_modes; m++)
    if (self->weight[m] != self->weight[0])
      return FALSE;
  return TRUE;
}

/* The modes are those of mp_random_fill_categorical () where the weights are equal, the noise is that of
 * mp_random_fill_normal (). */
void
mp_mixture_draw (const MpMixture *self,
                 gint64           dimensions,
                 guint64          seed,
                 const char      *stream,
                 guint64          step,
                 gint64           n,
                 float           *out)
{
  Sequence modes = { .seed = seed, .step = step, .stream = mp_draw_stream (stream, "mode"), .block = -1 };
  Sequence noise = { .seed = seed, .step = step, .stream = mp_stream_id (stream), .block = -1 };
  gboolean equal = has_equal_weights (self);

  for (gint64 i = 0; i < n; i++) {
    guint32 word;
    guint mode;

    seek (&modes, i);
    word = modes.word[i % 4];
    mode = equal ? (guint) (((guint64) word * self->n_modes) >> 32) : mp_draw_part (word, self->weight, self->n_modes);
    for (gint64 j = i * dimensions; j < (i + 1) * dimensions; j++) {
      seek (&noise, j);
      out[j] = (float) (self->centre[mode * dimensions + j - i * dimensions] + self->std[mode] * noise.normal[j % 4]);
    }
  }
}

double
mp_mixture_density (const MpMixture *self,
                    gint64           dimensions,
                    const double    *point)
{
  double sum = 0;

  for (guint m = 0; m < self->n_modes; m++) {
    double variance = self->std[m] * self->std[m];
    double distance = 0;

    for (gint64 j = 0; j < dimensions; j++) {
      double difference = point[j] - self->centre[m * dimensions + j];

      distance += difference * difference;
    }
    sum += self->weight[m] * exp (-distance / (2 * variance)) * pow (2 * G_PI * variance, -0.5 * (double) dimensions);
  }
  return sum;
}
