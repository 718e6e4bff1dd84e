/* SPDX-License-Identifier: Apache-2.0
 *
 * data.c: what every data set shares: the training set and what is held out of it, minibatches in shuffled order,
 * reference points, and the keys that several sets have.
 */
#include "engine/data/data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/data/draw.h"
#include "engine/random.h"

typedef enum
{
  REFERENCE_TRUTH,
  REFERENCE_HELD_OUT,
  REFERENCE_TRAINING
} Reference;

struct _MpData
{
  MpDataContents  contents;   /* its points: those to train on, then those held out */
  gint64          n_training;
  gint64          n_held_out;
  Reference       reference;
  guint64         seed;
  guint32        *order;      /* the permutation of `epoch` */
  guint64         epoch;
  gboolean        have_order;
  double          level;      /* 0: not asked for yet */
};

#define LEVEL_DRAWS 4096

/* ---- opening ---- */

static gboolean
is_known (MpData *self)
{
  return self->contents.mixture != NULL || self->contents.source != NULL;
}

static void
draw (MpData     *self,
      const char *stream,
      guint64     step,
      gint64      n,
      float      *out)
{
  const MpDataContents *contents = &self->contents;

  if (contents->source != NULL)
    contents->source->draw (contents->state, self->seed, stream, step, n, out);
  else
    mp_mixture_draw (contents->mixture, contents->dimensions, self->seed, stream, step, n, out);
}

/* A file may be sorted, so what is held out of it is drawn by lot; points that were drawn need no second lot. */
static void
shuffle (MpData *self)
{
  MpDataContents *contents = &self->contents;
  gsize row = (gsize) contents->dimensions * sizeof (float);
  g_autofree guint32 *order = g_new (guint32, contents->n_points);
  g_autofree float *old = contents->points;

  contents->points = g_new (float, contents->n_points * contents->dimensions);
  mp_random_permutation (self->seed, mp_stream_id ("data/held-out"), 0, (gsize) contents->n_points, order);
  for (gint64 i = 0; i < contents->n_points; i++)
    memcpy (contents->points + i * contents->dimensions, old + order[i] * contents->dimensions, row);
}

static gboolean
hold_out (MpData        *self,
          MpExperiment  *experiment,
          gboolean       is_file,
          GError       **error)
{
  double share = mp_experiment_find_param (experiment, "data", "held_out") != NULL
                   ? mp_experiment_get_double (experiment, "data", "held_out") : 0;
  gint64 n = self->contents.n_points;

  self->n_training = n;
  if (share == 0)
    return TRUE;
  if (n == 0) {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "[data] held_out = %g needs a data set of some size, but with "
                 "points = 0 every minibatch is drawn fresh and nothing can be held out of it; set points, or set "
                 "held_out to 0.", share);
    return FALSE;
  }
  if (n < 2) {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT,
                 "[data] held_out = %g needs at least two points; there is one.", share);
    return FALSE;
  }
  self->n_held_out = CLAMP ((gint64) llround (share * (double) n), 1, n - 1);
  self->n_training = n - self->n_held_out;
  if (is_file)
    shuffle (self);
  return TRUE;
}

static gboolean
choose_reference (MpData        *self,
                  MpExperiment  *experiment,
                  GError       **error)
{
  const char *name = mp_experiment_get_string (experiment, "evaluate", "reference");

  if (g_str_equal (name, "held-out"))
    self->reference = REFERENCE_HELD_OUT;
  else if (g_str_equal (name, "training"))
    self->reference = REFERENCE_TRAINING;
  else
    self->reference = !is_known (self) && self->n_held_out > 0 ? REFERENCE_HELD_OUT : REFERENCE_TRUTH;
  if (self->reference == REFERENCE_HELD_OUT && self->n_held_out == 0) {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT,
                 "[evaluate] reference = held-out needs held-out points: set [data] held_out above 0.");
    return FALSE;
  }
  if (self->reference == REFERENCE_TRAINING && self->n_training == 0) {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "[evaluate] reference = training needs a training set, but with "
                 "[data] points = 0 every minibatch is drawn fresh.");
    return FALSE;
  }
  return TRUE;
}

MpData *
mp_data_open (MpExperiment  *experiment,
              guint64        seed,
              GError       **error)
{
  const char *kind = mp_experiment_get_string (experiment, "data", "kind");
  const MpDataClass *class = (const MpDataClass *) mp_registry_find (MP_KIND_DATA, kind);
  g_autoptr (MpData) self = NULL;
  MpDataContents *contents;
  gboolean is_file;

  if (class == NULL) {
    g_set_error (error, MP_ERROR, MP_ERROR_UNKNOWN, "[data] kind: there is no data set “%s”", kind);
    return NULL;
  }

  self = g_new0 (MpData, 1);
  self->seed = seed;
  contents = &self->contents;
  if (!class->open (experiment, seed, contents, error))
    return NULL;
  is_file = contents->points != NULL;
  if (!is_file && contents->n_points > 0) {
    contents->points = g_new (float, contents->n_points * contents->dimensions);
    draw (self, "data/points", 0, contents->n_points, contents->points);
  }
  if (!hold_out (self, experiment, is_file, error) || !choose_reference (self, experiment, error))
    return NULL;
  self->order = g_new (guint32, MAX (1, self->n_training));
  return g_steal_pointer (&self);
}

void
mp_data_free (MpData *self)
{
  if (self == NULL)
    return;
  g_free (self->contents.points);
  g_clear_pointer (&self->contents.mixture, mp_mixture_free);
  if (self->contents.source != NULL)
    self->contents.source->free_state (self->contents.state);
  g_free (self->contents.digest);
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
  return self->n_training;
}

gint64
mp_data_get_n_held_out (MpData *self)
{
  return self->n_held_out;
}

/* ---- points ---- */

void
mp_data_get_batch (MpData  *self,
                   guint64  batch_index,
                   gint64   batch,
                   float   *out)
{
  gint64 dimensions = self->contents.dimensions;
  guint64 n = (guint64) self->n_training;

  if (n == 0) {
    draw (self, "data/batch", batch_index, batch, out);
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

static gboolean
draws_reference (MpData *self)
{
  return self->reference == REFERENCE_TRUTH && is_known (self);
}

gint64
mp_data_count_reference (MpData *self)
{
  if (draws_reference (self))
    return G_MAXINT64;
  return self->reference == REFERENCE_HELD_OUT ? self->n_held_out : self->n_training;
}

void
mp_data_get_reference (MpData *self,
                       gint64  n,
                       float  *out)
{
  gint64 dimensions = self->contents.dimensions;
  gint64 n_points = mp_data_count_reference (self);
  const float *points = self->contents.points;
  g_autofree guint32 *order = NULL;

  if (draws_reference (self)) {
    draw (self, "data/reference", 0, n, out);
    return;
  }

  if (self->reference == REFERENCE_HELD_OUT)
    points += self->n_training * dimensions;
  order = g_new (guint32, n_points);
  mp_random_permutation (self->seed, mp_stream_id ("data/reference"), 0, (gsize) n_points, order);
  for (gint64 i = 0; i < n; i++)
    memcpy (out + i * dimensions, points + order[i % n_points] * dimensions, (gsize) dimensions * sizeof *out);
}

/* ---- the truth ---- */

const MpMixture *
mp_data_get_mixture (MpData *self)
{
  return self->contents.mixture;
}

double
mp_data_density (MpData       *self,
                 const double *point)
{
  if (self->contents.source != NULL)
    return self->contents.source->density (self->contents.state, point);
  if (self->contents.mixture == NULL)
    return NAN;
  return mp_mixture_density (self->contents.mixture, self->contents.dimensions, point);
}

static gint
compare_densities (gconstpointer a,
                   gconstpointer b)
{
  double first = *(const double *) a, second = *(const double *) b;

  return (first > second) - (first < second);
}

static double
find_level (MpData *self)
{
  const MpDataContents *contents = &self->contents;
  g_autofree float *points = NULL;
  g_autofree double *density = NULL;

  if (!is_known (self) || contents->dimensions != 2
      || (contents->source != NULL && contents->source->is_slow != NULL && contents->source->is_slow (contents->state)))
    return NAN;
  points = g_new (float, 2 * LEVEL_DRAWS);
  density = g_new (double, LEVEL_DRAWS);
  draw (self, "data/level", 0, LEVEL_DRAWS, points);
  for (guint i = 0; i < LEVEL_DRAWS; i++) {
    density[i] = mp_data_density (self, (double[]) { points[2 * i], points[2 * i + 1] });
    if (isnan (density[i]))
      return NAN;
  }
  qsort (density, LEVEL_DRAWS, sizeof *density, compare_densities);
  return density[(guint) (LEVEL_DRAWS * exp (-4.5))];
}

double
mp_data_get_level (MpData *self)
{
  if (self->level == 0)
    self->level = find_level (self);
  return self->level;
}

const char *
mp_data_get_digest (MpData *self)
{
  return self->contents.digest;
}

void
mp_data_get_extent (MpData *self,
                    double  extent[4])
{
  memcpy (extent, self->contents.extent, sizeof self->contents.extent);
}

/* ---- keys that several sets have ---- */

/* n factors from 1 to `ratio`, each a constant multiple of the one before. */
static double
geometric (double ratio,
           guint  i,
           guint  n)
{
  return n > 1 ? pow (ratio, (double) i / (n - 1)) : 1;
}

void
mp_data_get_weights (MpExperiment *experiment,
                     guint         n,
                     double       *weight)
{
  double imbalance = mp_experiment_get_double (experiment, "data", "imbalance");
  double sum = 0;

  for (guint i = 0; i < n; i++) {
    weight[i] = imbalance == 1 ? 1 : geometric (1 / imbalance, i, n);
    sum += weight[i];
  }
  for (guint i = 0; i < n; i++)
    weight[i] /= sum;
}

void
mp_data_get_stds (MpExperiment *experiment,
                  guint         n,
                  double       *std)
{
  double first = mp_experiment_get_double (experiment, "data", "std");
  double spread = mp_experiment_get_double (experiment, "data", "spread");
  double noise = mp_experiment_get_double (experiment, "data", "noise");

  for (guint i = 0; i < n; i++) {
    std[i] = spread == 1 ? first : first * geometric (spread, i, n);
    if (noise > 0)
      std[i] = hypot (std[i], noise);
  }
}

void
mp_data_set_extent (MpDataContents *contents,
                    double          radius)
{
  contents->extent[0] = contents->extent[2] = -1.15 * radius;
  contents->extent[1] = contents->extent[3] = 1.15 * radius;
}

void
mp_data_set_extent_of_points (MpDataContents *contents)
{
  double *extent = contents->extent, side;

  for (guint j = 0; j < 2; j++) {
    extent[2 * j] = INFINITY;
    extent[2 * j + 1] = -INFINITY;
    for (gint64 i = 0; i < contents->n_points; i++) {
      extent[2 * j] = MIN (extent[2 * j], contents->points[2 * i + j]);
      extent[2 * j + 1] = MAX (extent[2 * j + 1], contents->points[2 * i + j]);
    }
  }
  side = MAX (extent[1] - extent[0], extent[3] - extent[2]);
  for (guint j = 0; j < 2; j++) {
    /* Points on a line, or all in one place, still need an area around them. */
    double half = MAX (extent[2 * j + 1] - extent[2 * j], side > 0 ? side / 4 : 1) * 0.575;
    double middle = (extent[2 * j] + extent[2 * j + 1]) / 2;

    extent[2 * j] = middle - half;
    extent[2 * j + 1] = middle + half;
  }
}

void
mp_data_add_noise (MpDataContents *contents,
                   guint64         seed,
                   double          noise)
{
  guint32 stream = mp_stream_id ("data/noise");

  for (gint64 i = 0; noise > 0 && i < contents->n_points; i++) {
    guint32 word[4];
    double normal[2];

    mp_philox (seed, (guint32) i, stream, 0, word);
    mp_draw_normal (word[0], word[1], normal);
    for (guint j = 0; j < 2; j++)
      contents->points[2 * i + j] = (float) (contents->points[2 * i + j] + noise * normal[j]);
  }
}
