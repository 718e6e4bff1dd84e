/* SPDX-License-Identifier: Apache-2.0
 *
 * raster.c: a density that is constant on cells of a × b, with masses m_c around centres c, and normal noise s on top:
 *   p (x) = Σ_c m_c f (x₁ − c₁; a) f (x₂ − c₂; b),   f (u; a) = (Φ ((u + a/2)/s) − Φ ((u − a/2)/s)) / a
 * which is 1/a or 0 for s = 0, and N (u; 0, s²) for points on the centres of their cells.
 */
#include "engine/data/raster.h"

#include <string.h>

#include "engine/data/draw.h"

#define FAR 9.0 /* standard deviations after which nothing is left in double precision */

typedef struct
{
  guint    width, height;
  double   extent[4];
  double   cell[2];      /* a, b */
  gboolean jitter;
  double   noise;
  double  *mass;         /* adds up to 1 */
  double  *cumulative;   /* of cells 0 … i; the last is 1 */
} MpRaster;

static MpRaster *
raster_new (const double *mass,
            guint         width,
            guint         height,
            const double  extent[4],
            gboolean      jitter,
            double        noise)
{
  MpRaster *self = g_new0 (MpRaster, 1);
  gsize n = (gsize) width * height;
  double sum = 0;

  self->width = width;
  self->height = height;
  memcpy (self->extent, extent, sizeof self->extent);
  self->cell[0] = (extent[1] - extent[0]) / width;
  self->cell[1] = (extent[3] - extent[2]) / height;
  self->jitter = jitter;
  self->noise = noise;
  self->mass = g_new (double, n);
  self->cumulative = g_new (double, n);
  for (gsize i = 0; i < n; i++) {
    sum += mass[i];
    self->cumulative[i] = sum;
  }
  for (gsize i = 0; i < n; i++) {
    self->mass[i] = mass[i] / sum;
    self->cumulative[i] /= sum;
  }
  return self;
}

/* The first cell whose cumulative mass is above u. */
static gsize
find_cell (const MpRaster *self,
           double          u)
{
  gsize low = 0, high = (gsize) self->width * self->height - 1;

  while (low < high) {
    gsize middle = (low + high) / 2;

    if (self->cumulative[middle] > u)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

static void
raster_draw (gconstpointer  state,
             guint64        seed,
             const char    *stream,
             guint64        step,
             gint64         n,
             float         *out)
{
  const MpRaster *self = state;
  guint32 id = mp_stream_id (stream), noise_id = mp_draw_stream (stream, "noise");

  for (gint64 i = 0; i < n; i++) {
    guint32 word[4];
    double normal[2] = { 0, 0 };
    gsize cell;

    mp_philox (seed, (guint32) i, id, step, word);
    cell = find_cell (self, mp_draw_uniform_fine (word[0], word[1]));
    if (self->noise > 0) {
      guint32 noise_word[4];

      mp_philox (seed, (guint32) i, noise_id, step, noise_word);
      mp_draw_normal (noise_word[0], noise_word[1], normal);
    }
    for (guint j = 0; j < 2; j++) {
      double place = (double) (j == 0 ? cell % self->width : cell / self->width);

      place += self->jitter ? mp_draw_uniform (word[2 + j]) : 0.5;
      out[2 * i + j] = (float) (self->extent[2 * j] + self->cell[j] * place + self->noise * normal[j]);
    }
  }
}

/* f of the columns or rows from *first on; returns how many there are that x can have come from. */
static guint
spread_axis (const MpRaster *self,
             guint           axis,
             double          x,
             guint          *first,
             double         *f)
{
  guint size = axis == 0 ? self->width : self->height;
  double a = self->cell[axis], s = self->noise, start = self->extent[2 * axis];
  double low = floor ((x - FAR * s - start) / a), high = floor ((x + FAR * s - start) / a);
  guint n = 0;

  /* A point on the upper edge belongs to the last cell. */
  if (s == 0 && high == size && x <= self->extent[2 * axis + 1])
    low = high = size - 1;
  *first = (guint) CLAMP (low, 0, size);
  for (double i = MAX (low, 0); i <= MIN (high, size - 1.0); i++) {
    double u = x - (start + (i + 0.5) * a);

    if (s == 0)
      f[n++] = 1 / a;
    else if (self->jitter)
      f[n++] = 0.5 * (erf ((u + a / 2) / (s * G_SQRT2)) - erf ((u - a / 2) / (s * G_SQRT2))) / a;
    else
      f[n++] = exp (-u * u / (2 * s * s)) / (s * sqrt (2 * G_PI));
  }
  return n;
}

static double
raster_density (gconstpointer  state,
                const double  *point)
{
  const MpRaster *self = state;
  g_autofree double *across = NULL, *up = NULL;
  guint first_column, first_row, columns, rows;
  double sum = 0;

  if (!self->jitter && self->noise == 0)
    return NAN;
  across = g_new (double, self->width);
  up = g_new (double, self->height);
  columns = spread_axis (self, 0, point[0], &first_column, across);
  rows = spread_axis (self, 1, point[1], &first_row, up);
  for (guint i = 0; i < rows; i++) {
    const double *mass = self->mass + (gsize) (first_row + i) * self->width + first_column;
    double row = 0;

    for (guint j = 0; j < columns; j++)
      row += mass[j] * across[j];
    sum += up[i] * row;
  }
  return sum;
}

static void
raster_free (gpointer state)
{
  MpRaster *self = state;

  g_free (self->mass);
  g_free (self->cumulative);
  g_free (self);
}

static const MpSource raster_source = { .draw = raster_draw, .density = raster_density, .free_state = raster_free };

void
mp_data_set_raster (MpDataContents *contents,
                    MpExperiment   *experiment,
                    const double   *mass,
                    guint           width,
                    guint           height,
                    const double    extent[4],
                    gboolean        jitter)
{
  double size = mp_experiment_get_double (experiment, "data", "size");
  double noise = mp_experiment_get_double (experiment, "data", "noise");
  const double square[4] = { -size, size, -size, size };

  contents->dimensions = 2;
  contents->n_points = mp_experiment_get_int (experiment, "data", "points");
  contents->source = &raster_source;
  contents->state = raster_new (mass, width, height, extent != NULL ? extent : square, jitter, noise);
  mp_data_set_extent (contents, size + 4 * noise);
}
