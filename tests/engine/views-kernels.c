/* SPDX-License-Identifier: Apache-2.0
 *
 * views-kernels.c: witness, saturation and matrix of a kernel, and the forces between critic scores.
 */
#include "tests/engine/views.h"

/* Σ over σ = 0.5, 1, 2, the lanes' bandwidths. */
static double
kernel (double d2)
{
  return exp (-2 * d2) + exp (-0.5 * d2) + exp (-0.125 * d2);
}

static double
mean_kernel (const double *point,
             const float  *points,
             gint64        n)
{
  double sum = 0;

  for (gint64 i = 0; i < n; i++)
    sum += kernel (sqdist (point, points + 2 * i));
  return sum / (double) n;
}

static void
test_witness (void)
{
  g_autoptr (MpLoop) loop = open_lane ("mmd-net", "method.bandwidths=0.5, 1, 2");
  MpView view;

  g_assert_false (offers (loop, "projected-space"));
  g_assert_false (offers (loop, "critic-output"));
  look (loop, "witness", &view);
  for (guint i = 0; i < WIDTH * HEIGHT; i++) {
    double p[2];

    grid_point (i, p);
    assert_near ((double) view.layers[0].tensors[0].values[i],
                 mean_kernel (p, view.data, N_DATA) - mean_kernel (p, view.samples, N_SAMPLES), 1e-6);
  }
  mp_view_clear (&view);
}

static void
test_saturation (void)
{
  g_autoptr (MpLoop) loop = open_lane ("mmd-net", "method.bandwidths=0.5, 1, 2");
  g_autoptr (MpLoop) narrow = open_lane ("mmd-net", "method.bandwidths=1e-3");
  g_autoptr (MpLoop) wide = open_lane ("mmd-net", "method.bandwidths=1e3");
  g_autoptr (MpLoop) unbounded = open_lane ("mmd-net", "method.kernel=linear");
  MpView view, narrow_view, wide_view;

  look (loop, "kernel-saturation", &view);
  look (narrow, "kernel-saturation", &narrow_view);
  look (wide, "kernel-saturation", &wide_view);
  for (guint i = 0; i < WIDTH * HEIGHT; i++) {
    double p[2];

    grid_point (i, p);
    assert_near ((double) view.layers[0].tensors[0].values[i], 2 * mean_kernel (p, view.data, N_DATA) / 3 - 1, 1e-6);
    assert_near ((double) narrow_view.layers[0].tensors[0].values[i], -1, 1e-6);
    assert_near ((double) wide_view.layers[0].tensors[0].values[i], 1, 1e-4);
  }
  mp_view_clear (&view);
  mp_view_clear (&narrow_view);
  mp_view_clear (&wide_view);
  g_assert_false (offers (unbounded, "kernel-saturation"));
}

typedef struct
{
  double angle;
  const float *point;
} Sorted;

static int
compare_angles (const void *a,
                const void *b)
{
  const Sorted *x = a, *y = b;

  return (x->angle > y->angle) - (x->angle < y->angle);
}

static void
sort_by_angle (const float *points,
               gint64       n,
               double       x,
               double       y,
               Sorted      *sorted)
{
  for (gint64 i = 0; i < n; i++)
    sorted[i] = (Sorted) { atan2 ((double) points[2 * i + 1] - y, (double) points[2 * i] - x), points + 2 * i };
  qsort (sorted, (gsize) n, sizeof *sorted, compare_angles);
}

static void
test_kernel_matrix (void)
{
  g_autoptr (MpLoop) loop = open_lane ("mmd-net", "method.bandwidths=0.5, 1, 2");
  Sorted sorted[N_DATA + N_SAMPLES];
  const gint64 n = N_DATA + N_SAMPLES;
  double x = 0, y = 0;
  MpView view;

  look (loop, "kernel-matrix", &view);
  g_assert_cmpuint (view.layers[0].n_tensors, ==, 1);
  g_assert_cmpint (view.layers[0].tensors[0].rows, ==, n);
  g_assert_cmpint (view.layers[0].tensors[0].columns, ==, n);
  for (guint i = 0; i < N_DATA; i++) {
    x += (double) view.data[2 * i] / N_DATA;
    y += (double) view.data[2 * i + 1] / N_DATA;
  }
  sort_by_angle (view.data, N_DATA, x, y, sorted);
  sort_by_angle (view.samples, N_SAMPLES, x, y, sorted + N_DATA);
  for (gint64 i = 0; i < n; i++)
    for (gint64 j = 0; j < n; j++) {
      double p[2] = { (double) sorted[i].point[0], (double) sorted[i].point[1] };

      assert_near ((double) view.layers[0].tensors[0].values[i * n + j], kernel (sqdist (p, sorted[j].point)), 1e-6);
    }
  mp_view_clear (&view);
}

/* e_rr, e_gg without pairs of a point with itself, e_rg; rows of two dimensions. */
static double
critic_loss (gboolean      repulsive,
             const double *real,
             guint         n,
             const double *generated,
             guint         m)
{
  double rr = 0, gg = 0, rg = 0;

  for (guint i = 0; i < n; i++)
    for (guint j = 0; j < n; j++)
      rr += i != j ? exp (-0.5 * (pow (real[2 * i] - real[2 * j], 2) + pow (real[2 * i + 1] - real[2 * j + 1], 2))) : 0;
  for (guint i = 0; i < m; i++)
    for (guint j = 0; j < m; j++)
      gg += i != j ? exp (-0.5 * (pow (generated[2 * i] - generated[2 * j], 2)
                                  + pow (generated[2 * i + 1] - generated[2 * j + 1], 2))) : 0;
  for (guint i = 0; i < n; i++)
    for (guint j = 0; j < m; j++)
      rg += exp (-0.5 * (pow (real[2 * i] - generated[2 * j], 2) + pow (real[2 * i + 1] - generated[2 * j + 1], 2)));
  rr /= n * (n - 1.0);
  gg /= m * (m - 1.0);
  rg /= (double) n * m;
  return repulsive ? rr - gg : 2 * rg - rr - gg;
}

static void
test_forces (void)
{
  g_autoptr (MpLoop) loop = open_lane ("gram", "method.dimensions=2;method.bandwidths=1;critic.hidden=8");
  const double step = 1e-4;
  double scores[2 * (N_DATA + N_SAMPLES)];
  MpView view;
  const MpLayer *layer;

  look (loop, "attraction-repulsion", &view);
  layer = &view.layers[0];
  g_assert_cmpuint (layer->n_tensors, ==, 8);
  g_assert_cmpuint (layer->per_panel, ==, 4);
  g_assert_cmpuint (g_strv_length (layer->labels), ==, 2);
  for (guint i = 0; i < 2 * (N_DATA + N_SAMPLES); i++)
    scores[i] = (double) (i < 2 * N_DATA ? layer->tensors[0].values[i] : layer->tensors[1].values[i - 2 * N_DATA]);
  for (guint panel = 0; panel < 2; panel++)
    for (guint i = 0; i < 2 * (N_DATA + N_SAMPLES); i++) {
      gboolean real = i < 2 * N_DATA;
      const MpLayerTensor *forces = &layer->tensors[4 * panel + (real ? 2 : 3)];
      double at = scores[i], up, down;

      scores[i] = at + step;
      up = critic_loss (panel == 1, scores, N_DATA, scores + 2 * N_DATA, N_SAMPLES);
      scores[i] = at - step;
      down = critic_loss (panel == 1, scores, N_DATA, scores + 2 * N_DATA, N_SAMPLES);
      scores[i] = at;
      assert_near ((double) forces->values[real ? i : i - 2 * N_DATA],
                   -(up - down) / (2 * step) * (real ? N_DATA : N_SAMPLES), 1e-5);
    }
  mp_view_clear (&view);
}

void
views_add_kernels (void)
{
  g_test_add_func ("/views/witness", test_witness);
  g_test_add_func ("/views/kernel-saturation", test_saturation);
  g_test_add_func ("/views/kernel-matrix", test_kernel_matrix);
  g_test_add_func ("/views/forces", test_forces);
}
