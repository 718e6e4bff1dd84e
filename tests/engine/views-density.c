/* SPDX-License-Identifier: Apache-2.0
 *
 * views-density.c: densities and their ratio over the plane, and the lattice that the generator makes of it.
 */
#include "tests/engine/views.h"

/* ---- densities ---- */

#define PARTS 60

/* Of a mixture the mean over cells, of others the middle. */
static void
test_density (void)
{
  g_autoptr (MpLoop) loop = open_lane ("gan", "critic.hidden=8");
  g_autoptr (MpLoop) curve = open_lane ("gan", "data.kind=swiss-roll");
  g_autoptr (MpLoop) unknown = open_lane ("gan", "data.kind=swiss-roll;data.std=0");
  MpView view;

  look (loop, "true-density", &view);
  for (guint i = 0; i < WIDTH * HEIGHT; i++) {
    double p[2], mean = 0;

    grid_point (i, p);
    for (guint j = 0; j < PARTS * PARTS; j++) {
      double x = p[0] + (extent[1] - extent[0]) / WIDTH * ((j % PARTS + 0.5) / PARTS - 0.5);
      double y = p[1] + (extent[3] - extent[2]) / HEIGHT * ((j / PARTS + 0.5) / PARTS - 0.5);

      mean += mp_data_density (mp_loop_get_data (loop), (double[]) { x, y }) / (PARTS * PARTS);
    }
    assert_near ((double) view.layers[0].tensors[0].values[i], mean, 1e-4);
  }
  mp_view_clear (&view);

  look (curve, "true-density", &view);
  for (guint i = 0; i < WIDTH * HEIGHT; i++) {
    double p[2];

    grid_point (i, p);
    assert_near ((double) view.layers[0].tensors[0].values[i], mp_data_density (mp_loop_get_data (curve), p), 1e-6);
  }
  mp_view_clear (&view);
  g_assert_false (offers (unknown, "true-density"));
  g_assert_false (offers (unknown, "true-ratio"));
}

/* Leave-one-out log likelihood of a Gaussian kernel density estimate, in the mean. */
static double
likelihood (const float *points,
            guint        n,
            double       h)
{
  double sum = 0;

  for (guint i = 0; i < n; i++) {
    double p[2] = { (double) points[2 * i], (double) points[2 * i + 1] }, density = 0;

    for (guint j = 0; j < n; j++)
      density += i != j ? exp (-sqdist (p, points + 2 * j) / (2 * h * h)) / (2 * G_PI * h * h) : 0;
    sum += log (density / (n - 1)) / n;
  }
  return sum;
}

/* With the likeliest bandwidth of those that there are. */
static void
test_true_ratio (void)
{
  g_autoptr (MpLoop) loop = open_lane ("gan", "critic.hidden=8;generator.hidden=8");
  g_autoptr (GError) error = NULL;
  double data_extent[4], width, best_h = 0, best = -INFINITY, floor;
  MpView view;

  mp_data_get_extent (mp_loop_get_data (loop), data_extent);
  width = MAX (data_extent[1] - data_extent[0], data_extent[3] - data_extent[2]);
  g_assert_true (mp_loop_look (loop, (const char *const[]) { "true-ratio", "true-density", NULL }, &view, &error));
  floor = 1 / (N_SAMPLES * (data_extent[1] - data_extent[0]) * (data_extent[3] - data_extent[2]));
  for (guint b = 0; b < 8; b++) {
    double h = width * 0.004 * pow (0.25 / 0.004, b / 7.0), l = likelihood (view.samples, N_SAMPLES, h);

    if (l > best) {
      best = l;
      best_h = h;
    }
  }
  for (guint i = 0; i < WIDTH * HEIGHT; i++) {
    double p[2], model = 0, scale = 2 * best_h * best_h, ratio;

    grid_point (i, p);
    for (guint j = 0; j < N_SAMPLES; j++)
      model += exp (-sqdist (p, view.samples + 2 * j) / scale) / (G_PI * scale) / N_SAMPLES;
    ratio = ((double) view.layers[1].tensors[0].values[i] + floor) / (model + floor);
    assert_near ((double) view.layers[0].tensors[0].values[i], MIN (ratio, 10), 1e-5);
  }
  mp_view_clear (&view);
}

/* The two ratios as they are alone, the top row first; at every second point of an even grid whose rows are known. */
static void
assert_maps (gint     width,
             gint     height,
             gboolean known,
             gint     step)
{
  g_autoptr (MpLoop) loop = open_grid ("gan", "critic.hidden=8;generator.hidden=8", width, height, known);
  g_autoptr (GError) error = NULL;
  MpView view;

  g_assert_true (mp_loop_look (loop, (const char *const[]) { "ratio-comparison", "density-ratio", "true-ratio", NULL },
                               &view, &error));
  g_assert_no_error (error);
  g_assert_true (view.layers[0].is_map && !view.layers[1].is_map);
  g_assert_cmpuint (view.layers[0].n_tensors, ==, 2);
  for (guint k = 0; k < 2; k++) {
    const MpLayerTensor *map = &view.layers[0].tensors[k], *alone = &view.layers[k + 1].tensors[0];

    g_assert_cmpint (map->rows, ==, height / step);
    g_assert_cmpint (map->columns, ==, width / step);
    /* the middle of the first cell is the first point of the grid */
    assert_near (view.layers[0].extent[0] + (view.layers[0].extent[1] - view.layers[0].extent[0]) * step / width / 2,
                 extent[0] + (extent[1] - extent[0]) / width / 2, 1e-12);
    assert_near (view.layers[0].extent[2] + (view.layers[0].extent[3] - view.layers[0].extent[2]) * step / height / 2,
                 extent[2] + (extent[3] - extent[2]) / height / 2, 1e-12);
    for (gint64 j = 0; j < map->rows; j++)
      for (gint64 i = 0; i < map->columns; i++)
        assert_near ((double) map->values[j * map->columns + i],
                     (double) alone->values[(map->rows - 1 - j) * step * width + i * step], 1e-6);
  }
  mp_view_clear (&view);
}

static void
test_ratio_comparison (void)
{
  g_autoptr (MpLoop) unknown = open_lane ("gan", "data.kind=swiss-roll;data.std=0");

  assert_maps (WIDTH, HEIGHT, FALSE, 1);
  assert_maps (WIDTH, HEIGHT, TRUE, 1);
  assert_maps (6, 4, FALSE, 1);
  assert_maps (6, 4, TRUE, 2);
  g_assert_false (offers (unknown, "ratio-comparison"));
}

/* ---- the generator ---- */

/* y = zW + b of a linear generator: samples belong to their latents, the lattice is a parallelogram between the images
 * of the outer quantiles, and all its cells are alike. */
static void
test_manifold (void)
{
  g_autoptr (MpLoop) loop = open_lane ("gan", "critic.hidden=8;generator.latent_distribution=uniform");
  g_autofree double *w = lane_read (loop, "generator/output/weight"), *b = lane_read (loop, "generator/output/bias");
  const MpLayer *layer;
  double outer;
  gint64 side;
  MpView view;

  look (loop, "manifold", &view);
  g_assert_cmpint (view.n_latent, ==, 2);
  for (guint i = 0; i < N_SAMPLES; i++)
    for (guint j = 0; j < 2; j++)
      assert_near ((double) view.samples[2 * i + j],
                   (double) view.latents[2 * i] * w[j] + (double) view.latents[2 * i + 1] * w[2 + j] + b[j], 1e-5);

  layer = &view.layers[0];
  side = layer->columns;
  outer = 1 - 1.0 / (double) side;
  g_assert_cmpint (layer->tensors[0].rows, ==, side * side);
  for (guint corner = 0; corner < 4; corner++) {
    gint64 column = corner & 1 ? side - 1 : 0, row = corner & 2 ? side - 1 : 0;
    double z[2] = { corner & 1 ? outer : -outer, corner & 2 ? outer : -outer };

    for (guint j = 0; j < 2; j++)
      assert_near ((double) layer->tensors[0].values[2 * (row * side + column) + j],
                   z[0] * w[j] + z[1] * w[2 + j] + b[j], 1e-5);
  }
  g_assert_cmpint (layer->tensors[1].rows, ==, side * side);
  for (gint64 i = 0; i < side * side; i++)
    assert_near ((double) layer->tensors[1].values[i], 0.5, 1e-3);
  mp_view_clear (&view);
}

/* Of four dimensions the first and third are equal, and the second and fourth. */
static void
test_manifold_plane (void)
{
  g_autoptr (MpLoop) loop = open_lane ("mmd-net", "generator.latent=4;generator.latent_distribution=uniform");
  g_autofree double *w = lane_read (loop, "generator/output/weight"), *b = lane_read (loop, "generator/output/bias");
  gint64 side;
  double outer;
  MpView view;

  look (loop, "manifold", &view);
  side = view.layers[0].columns;
  outer = 1 - 1.0 / (double) side;
  for (guint j = 0; j < 2; j++)
    assert_near ((double) view.layers[0].tensors[0].values[2 * (side - 1) + j],
                 outer * (w[j] - w[2 + j] + w[4 + j] - w[6 + j]) + b[j], 1e-5);
  mp_view_clear (&view);
}

/* One latent dimension makes a line; a normal one's quantiles are symmetric, and its outer pieces longer. */
static void
test_manifold_line (void)
{
  g_autoptr (MpLoop) loop = open_lane ("mmd-net", "generator.latent=1");
  const float *points, *opacity;
  gint64 n;
  MpView view;

  look (loop, "manifold", &view);
  n = view.layers[0].columns;
  g_assert_cmpint (view.layers[0].tensors[0].rows, ==, n);
  points = view.layers[0].tensors[0].values;
  opacity = view.layers[0].tensors[1].values;
  for (gint64 i = 0; i < n / 2; i++)
    for (guint j = 0; j < 2; j++)
      assert_near ((double) (points[2 * i + j] + points[2 * (n - 1 - i) + j]),
                   (double) (points[j] + points[2 * (n - 1) + j]), 1e-5);
  g_assert_cmpfloat ((double) opacity[0], <, 0.2);
  g_assert_cmpfloat ((double) opacity[n / 2], >, 0.5);
  mp_view_clear (&view);
}

void
views_add_density (void)
{
  g_test_add_func ("/views/density", test_density);
  g_test_add_func ("/views/true-ratio", test_true_ratio);
  g_test_add_func ("/views/ratio-comparison", test_ratio_comparison);
  g_test_add_func ("/views/manifold", test_manifold);
  g_test_add_func ("/views/manifold-plane", test_manifold_plane);
  g_test_add_func ("/views/manifold-line", test_manifold_line);
}
