/* SPDX-License-Identifier: Apache-2.0
 *
 * axes.c: points of many dimensions on the plane of their two principal axes.
 *
 * X (N × K) holds the real and the generated points of a space together, their mean taken off; the axes V (K × 2) are
 * the eigenvectors of XᵀX with the largest eigenvalues λ, by orthogonal iteration (V ← orthonormal Xᵀ X V), which needs
 * no K × K matrix, with a Rayleigh–Ritz step of 2 × 2 at the end. An axis points where its largest entry is positive.
 * Explained variance: (λ₁ + λ₂)/|X|².
 */
#include <glib/gi18n-lib.h>

#include "engine/views/view.h"

#include <math.h>
#include <string.h>

#define POINTS 256     /* of each side that the axes are computed from */
#define ITERATIONS 60
#define TOLERANCE 1e-7 /* relative change of the captured variance */

typedef struct
{
  gint64  n, k;
  float  *x;         /* n × k, centred */
  double *mean;      /* k */
  double *axis[2];   /* k each */
  double  explained; /* share of the variance */
} Axes;

static void
axes_clear (Axes *self)
{
  g_free (self->x);
  g_free (self->mean);
  g_free (self->axis[0]);
  g_free (self->axis[1]);
}

static void
gather (Axes                *self,
        const MpLayerTensor *tensors,
        guint                n_tensors)
{
  self->k = tensors[0].columns;
  for (guint t = 0; t < n_tensors; t++)
    self->n += MIN (tensors[t].rows, POINTS);
  self->x = g_new (float, MAX (1, self->n * self->k));
  self->mean = g_new0 (double, self->k);
  for (gint64 t = 0, at = 0; t < n_tensors; t++) {
    gint64 n = MIN (tensors[t].rows, POINTS) * self->k;

    memcpy (self->x + at, tensors[t].values, (gsize) n * sizeof (float));
    at += n;
  }
  for (gint64 i = 0; i < self->n; i++)
    for (gint64 j = 0; j < self->k; j++)
      self->mean[j] += (double) self->x[i * self->k + j] / (double) self->n;
  for (gint64 i = 0; i < self->n; i++)
    for (gint64 j = 0; j < self->k; j++)
      self->x[i * self->k + j] -= (float) self->mean[j];
}

static double
dot (const double *a,
     const double *b,
     gint64        n)
{
  double sum = 0;

  for (gint64 i = 0; i < n; i++)
    sum += a[i] * b[i];
  return sum;
}

static void
combine (double       *a,
         double        scale,
         const double *b,
         double        add,
         gint64        n)
{
  for (gint64 i = 0; i < n; i++)
    a[i] = scale * a[i] + add * b[i];
}

/* Gram and Schmidt; a vector that vanishes is left to be nothing. */
static void
orthonormalise (Axes *self)
{
  for (guint i = 0; i < 2; i++) {
    double length;

    if (i == 1)
      combine (self->axis[1], 1, self->axis[0], -dot (self->axis[0], self->axis[1], self->k), self->k);
    length = sqrt (dot (self->axis[i], self->axis[i], self->k));
    if (length > 0)
      combine (self->axis[i], 1 / length, self->axis[i], 0, self->k);
  }
}

/* out = XᵀX axis, by the scores X axis of both axes at once; variances: of those scores, and what they share. */
static void
multiply (const Axes *self,
          double     *out[2],
          double      variances[3])
{
  memset (variances, 0, 3 * sizeof *variances);
  for (guint a = 0; a < 2; a++)
    memset (out[a], 0, (gsize) self->k * sizeof (double));
  for (gint64 i = 0; i < self->n; i++) {
    const float *row = self->x + i * self->k;
    double score[2] = { 0, 0 };

    for (gint64 j = 0; j < self->k; j++) {
      score[0] += (double) row[j] * self->axis[0][j];
      score[1] += (double) row[j] * self->axis[1][j];
    }
    for (gint64 j = 0; j < self->k; j++) {
      out[0][j] += (double) row[j] * score[0];
      out[1][j] += (double) row[j] * score[1];
    }
    variances[0] += score[0] * score[0];
    variances[1] += score[1] * score[1];
    variances[2] += score[0] * score[1];
  }
}

static void
point_up (double *axis,
          gint64  n)
{
  gint64 largest = 0;

  for (gint64 i = 1; i < n; i++)
    if (fabs (axis[i]) > fabs (axis[largest]))
      largest = i;
  if (axis[largest] < 0)
    combine (axis, -1, axis, 0, n);
}

/* Turns the two axes within their plane to the directions of most and least variance there. */
static void
turn (Axes         *self,
      const double  variances[3])
{
  double angle = 0.5 * atan2 (2 * variances[2], variances[0] - variances[1]);
  g_autofree double *first = g_memdup2 (self->axis[0], (gsize) self->k * sizeof (double));

  combine (self->axis[0], cos (angle), self->axis[1], sin (angle), self->k);
  combine (self->axis[1], cos (angle), first, -sin (angle), self->k);
  point_up (self->axis[0], self->k);
  point_up (self->axis[1], self->k);
}

static void
iterate (Axes *self)
{
  g_autofree double *memory = g_new (double, 2 * self->k);
  double *out[2] = { memory, memory + self->k }, variances[3], total = 0, last = -1;

  for (guint a = 0; a < 2; a++) {
    self->axis[a] = g_new (double, self->k);
    for (gint64 j = 0; j < self->k; j++) /* of no direction in particular */
      self->axis[a][j] = cos ((double) ((j + 1) * (a + 1)) * 1.7);
  }
  orthonormalise (self);
  for (gint64 i = 0; i < self->n * self->k; i++)
    total += (double) self->x[i] * (double) self->x[i];
  for (guint i = 0; i < ITERATIONS; i++) {
    multiply (self, out, variances);
    if (fabs (variances[0] + variances[1] - last) <= TOLERANCE * total)
      break;
    last = variances[0] + variances[1];
    for (guint a = 0; a < 2; a++)
      memcpy (self->axis[a], out[a], (gsize) self->k * sizeof (double));
    orthonormalise (self);
  }
  multiply (self, out, variances);
  turn (self, variances);
  self->explained = total > 0 ? (variances[0] + variances[1]) / total : 1;
}

/* moved: points, from which the mean is taken off, or forces. */
static void
apply (const Axes    *self,
       MpLayerTensor *tensor,
       gboolean       moved)
{
  float *values = g_new (float, MAX (1, 2 * tensor->rows));

  for (gint64 i = 0; i < tensor->rows; i++)
    for (guint a = 0; a < 2; a++) {
      double sum = 0;

      for (gint64 j = 0; j < self->k; j++)
        sum += ((double) tensor->values[i * self->k + j] - (moved ? self->mean[j] : 0)) * self->axis[a][j];
      values[2 * i + a] = (float) sum;
    }
  g_free (tensor->values);
  tensor->values = values;
  tensor->columns = 2;
}

void
mp_layer_project (MpLayer *layer)
{
  guint per_panel = layer->per_panel > 0 ? layer->per_panel : layer->n_tensors;
  gint64 k = layer->tensors[0].columns;
  Axes axes = { 0 };

  if (k <= 2)
    return;
  gather (&axes, layer->tensors, 2);
  iterate (&axes);
  for (guint t = 0; t < layer->n_tensors; t++)
    apply (&axes, &layer->tensors[t], t % per_panel < 2);
  layer->detail = g_strdup_printf (_("two principal axes of %d, %.0f %% of the variance"), (int) k,
                                   100 * axes.explained);
  axes_clear (&axes);
}

void
mp_view_find_axis (const MpLayerTensor *points,
                   double              *mean,
                   double              *axis)
{
  Axes axes = { 0 };

  gather (&axes, points, 1);
  iterate (&axes);
  memcpy (mean, axes.mean, (gsize) axes.k * sizeof (double));
  memcpy (axis, axes.axis[0], (gsize) axes.k * sizeof (double));
  axes_clear (&axes);
}
