/* SPDX-License-Identifier: Apache-2.0
 *
 * manifold.c: the generator as a map: images of a lattice of latents, which holds equal probability in each of its
 * cells.
 *
 * The lattice has SIDE × SIDE points, at the quantiles (i + ½)/SIDE of the latent's distribution in each of two
 * dimensions; with one dimension it is a line. Of more dimensions it shows a plane: the first, third, … are all equal,
 * and the second, fourth, …, so that every coordinate, and the length of the whole, is as likely as in training. (The
 * plane of the first two alone, with the others at 0, hardly leaves the origin.)
 *
 * Equal probability in a cell means that the model's density there is inverse to the area a of the mapped cell; a
 * lattice point's opacity is the mean of a_m/(a_m + a) over its cells, a_m their median: near 1 where the generator
 * crowds, near 0 where it stretches from one mode to another.
 */
#include "engine/views/view.h"

#include <math.h>

#define SIDE 24
#define LINE 240

static double
normal_quantile (double q)
{
  double low = -10, high = 10;

  for (guint i = 0; i < 60; i++) {
    double middle = (low + high) / 2;

    if (0.5 * erfc (-middle / G_SQRT2) < q)
      low = middle;
    else
      high = middle;
  }
  return (low + high) / 2;
}

static double
latent_quantile (MpBuild *build,
                 gint64   i,
                 gint64   n)
{
  double q = ((double) i + 0.5) / (double) n;
  const char *distribution = mp_experiment_get_string (mp_build_experiment (build), "generator", "latent_distribution");

  return g_str_equal (distribution, "uniform") ? 2 * q - 1 : normal_quantile (q);
}

static MpNode *
lattice (MpBuild *build,
         gint64   dimensions,
         gint64   rows,
         gint64   columns)
{
  MpGraph *graph = mp_build_graph (build);
  MpTensorType type = mp_shape (graph, rows * columns, dimensions, (gint64) -1);
  g_autofree double *values = g_new0 (double, rows * columns * dimensions);

  for (gint64 row = 0; row < rows; row++)
    for (gint64 column = 0; column < columns; column++) {
      double *at = values + (row * columns + column) * dimensions;

      for (gint64 i = 0; i < dimensions; i++)
        at[i] = i % 2 == 0 ? latent_quantile (build, column, columns) : latent_quantile (build, row, rows);
    }
  if (type.dtype == MP_FLOAT32)
    for (gint64 i = 0; i < rows * columns * dimensions; i++)
      ((float *) values)[i] = (float) values[i];
  return mp_constant (graph, type, values);
}

static gboolean
manifold_build (MpBuild     *build,
                MpViewNodes *nodes)
{
  MpNode *latents = mp_build_view_latents (build);
  gint64 dimensions;

  if (latents == NULL)
    return FALSE;
  dimensions = latents->type.dim[1];
  nodes->columns = dimensions > 1 ? SIDE : LINE;
  nodes->title = dimensions > 2 ? N_("Generator manifold (a plane of latents: odd and even dimensions each as one)")
                 : dimensions > 1 ? N_("Generator manifold (latent quantiles)")
                 : N_("Generator manifold (quantiles of its one latent dimension)");
  nodes->tensors[nodes->n_tensors++] =
    mp_build_view_generate (build, lattice (build, dimensions, dimensions > 1 ? SIDE : 1, nodes->columns));
  return TRUE;
}

/* ---- opacity ---- */

static double
area (const float *a,
      const float *b,
      const float *c)
{
  return 0.5 * fabs ((double) (b[0] - a[0]) * (double) (c[1] - a[1]) - (double) (c[0] - a[0]) * (double) (b[1] - a[1]));
}

/* Areas of the cells between rows, or lengths of the pieces of a line; (rows − 1)·(columns − 1) or columns − 1. */
static gint64
measure_cells (const MpLayer *layer,
               double        *sizes)
{
  gint64 columns = layer->columns, rows = layer->tensors[0].rows / columns, n = 0;
  const float *points = layer->tensors[0].values;

  for (gint64 i = 0; i + 1 < columns && rows == 1; i++)
    sizes[n++] = hypot ((double) (points[2 * i + 2] - points[2 * i]), (double) (points[2 * i + 3] - points[2 * i + 1]));
  for (gint64 row = 0; row + 1 < rows; row++)
    for (gint64 i = 0; i + 1 < columns; i++) {
      const float *here = points + 2 * (row * columns + i), *above = here + 2 * columns;

      sizes[n++] = area (here, here + 2, above) + area (here + 2, above + 2, above);
    }
  return n;
}

static int
compare_doubles (const void *a,
                 const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static double
find_median (const double *values,
             gint64        n)
{
  g_autofree double *sorted = g_memdup2 (values, (gsize) n * sizeof *values);

  qsort (sorted, (gsize) n, sizeof *sorted, compare_doubles);
  return n > 0 ? sorted[n / 2] : 0;
}

static void
manifold_finish (MpLayer *layer,
                 MpBuild *build)
{
  gint64 columns = layer->columns, rows = layer->tensors[0].rows / columns, across = columns - 1;
  gint64 down = MAX (rows - 1, 1), n_points = rows * columns;
  g_autofree double *sizes = g_new0 (double, n_points);
  double median;
  float *opacity = g_new0 (float, n_points);
  gint64 n = measure_cells (layer, sizes);

  median = find_median (sizes, n);
  for (gint64 row = 0; row < rows; row++)
    for (gint64 i = 0; i < columns; i++) {
      double sum = 0, cells = 0;

      for (gint64 y = MAX (row - 1, 0); y <= MIN (row, down - 1); y++)
        for (gint64 x = MAX (i - 1, 0); x <= MIN (i, across - 1); x++) {
          double size = sizes[y * across + x];

          sum += median + size > 0 ? median / (median + size) : 1;
          cells++;
        }
      opacity[row * columns + i] = (float) (cells > 0 ? sum / cells : 1);
    }
  layer->tensors[layer->n_tensors++] = (MpLayerTensor) { n_points, 1, opacity };
}

const MpViewClass mp_view_manifold = {
  .base = {
    .id = "manifold",
    .title = N_("Generator manifold"),
    .summary = N_("The latent space as a net thrown over the data: dense where the generator puts much, torn "
                  "thin where it has to cross from mode to mode."),
  },
  .drawing = MP_DRAW_LATTICE,
  .build = manifold_build,
  .finish = manifold_finish,
};
