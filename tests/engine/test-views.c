/* SPDX-License-Identifier: Apache-2.0
 *
 * test-views.c: each view where its answer is known: linear networks, direct loops over the points, finite differences.
 * That every view of every method is finite, alone and with the others, test-methods.c finds out.
 */
#include <math.h>
#include <string.h>

#include "engine/views/view.h"
#include "tests/engine/lane.h"

#define WIDTH 5
#define HEIGHT 4
#define N_SAMPLES 40
#define N_DATA 50

static const double extent[4] = { -3, 3, -2, 2 };

/* ---- lanes and layers ---- */

/* In float64, without hidden layers unless `keys` say otherwise, after some iterations; on a handle of its own, which
 * stays open until the program ends. */
static MpLoop *
open_lane (const char *method,
           const char *keys)
{
  g_autofree char *all = g_strconcat ("train.precision=float64;generator.latent=2;generator.hidden=", ";",
                                      keys != NULL ? keys : "", NULL);
  g_autoptr (MpExperiment) experiment = lane_experiment (method, all);
  const MpBuildOptions options = {
    .n_view_samples = N_SAMPLES, .n_view_data = N_DATA, .n_view_points = WIDTH * HEIGHT
  };
  static GPtrArray *devices;
  const MpDeviceClass *class;
  g_autoptr (GError) error = NULL;
  MpLoop *loop;

  if (devices == NULL)
    devices = g_ptr_array_new ();
  g_ptr_array_add (devices, test_device_open (test_device_name (), &class));
  loop = mp_loop_new (experiment, class, g_ptr_array_index (devices, devices->len - 1), &options, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (mp_loop_start (loop, &error));
  g_assert_true (mp_loop_set_view_grid (loop, WIDTH, HEIGHT, extent, &error));
  lane_run (loop, 0, 3);
  return loop;
}

static void
look (MpLoop     *loop,
      const char *id,
      MpView     *view)
{
  g_autoptr (GError) error = NULL;

  mp_loop_look (loop, (const char *const[]) { id, NULL }, view, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (view->n_layers, ==, 1);
}

static gboolean
offers (MpLoop     *loop,
        const char *id)
{
  return mp_build_find_view (mp_loop_get_build (loop), id) >= 0;
}

static void
grid_point (guint   i,
            double *point)
{
  point[0] = extent[0] + (extent[1] - extent[0]) * (i % WIDTH + 0.5) / WIDTH;
  point[1] = extent[2] + (extent[3] - extent[2]) * (i / WIDTH + 0.5) / HEIGHT;
}

static void
assert_near (double value,
             double expected,
             double tolerance)
{
  if (!(fabs (value - expected) <= tolerance * MAX (1, fabs (expected))))
    g_error ("%.9g is not %.9g", value, expected);
}

static double
sqdist (const double *a,
        const float  *b)
{
  return (a[0] - (double) b[0]) * (a[0] - (double) b[0]) + (a[1] - (double) b[1]) * (a[1] - (double) b[1]);
}

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

/* ---- the critic ---- */

static void
test_linear_critic (void)
{
  static const char *const with_penalty[] = { "wgan-gp", "dragan" };
  static const char *const names[] = { "gradient-norm", "critic-output" };

  for (guint m = 0; m < G_N_ELEMENTS (with_penalty); m++) {
    g_autoptr (MpLoop) loop = open_lane (with_penalty[m], "critic.hidden=");
    g_autofree double *w = lane_read (loop, "critic/output/weight"), *b = lane_read (loop, "critic/output/bias");
    double norm = hypot (w[0], w[1]);
    MpView view;

    for (guint v = 0; v < G_N_ELEMENTS (names); v++) {
      look (loop, names[v], &view);
      g_assert_cmpint (view.layers[0].width * view.layers[0].height, ==, WIDTH * HEIGHT);
      for (guint i = 0; i < WIDTH * HEIGHT; i++) {
        double p[2];

        grid_point (i, p);
        assert_near ((double) view.layers[0].tensors[0].values[i],
                     v == 0 ? norm : w[0] * p[0] + w[1] * p[1] + b[0], 1e-6);
      }
      mp_view_clear (&view);
    }

    look (loop, "penalty-points", &view);
    g_assert_cmpint (view.layers[0].tensors[0].rows, >, 0);
    g_assert_cmpint (view.layers[0].tensors[0].columns, ==, 2);
    g_assert_cmpint (view.layers[0].tensors[1].rows, ==, view.layers[0].tensors[0].rows);
    for (gint64 i = 0; i < view.layers[0].tensors[1].rows; i++)
      assert_near ((double) view.layers[0].tensors[1].values[i], norm, 1e-6);
    mp_view_clear (&view);
  }
}

/* The colours' middle follows a target that changes while the lane trains. */
static void
test_penalty_target (void)
{
  static const char *const names[] = { "gradient-norm", "penalty-points" };
  g_autoptr (MpLoop) loop = open_lane ("wgan-gp", "critic.hidden=;method.penalty_target=0.5");
  MpExperiment *experiment = mp_build_experiment (mp_loop_get_build (loop));

  for (guint i = 0; i < 2 * G_N_ELEMENTS (names); i++) {
    MpView view;

    if (i == G_N_ELEMENTS (names))
      g_assert_true (mp_experiment_set (experiment, "method.penalty_target=2", NULL));
    look (loop, names[i % G_N_ELEMENTS (names)], &view);
    assert_near (view.layers[0].neutral, i < G_N_ELEMENTS (names) ? 0.5 : 2, 0);
    mp_view_clear (&view);
  }
}

/* Between two points: on the line from one to the other. */
static void
test_penalty_points (void)
{
  g_autoptr (MpLoop) loop = open_lane ("wgan-gp", "critic.hidden=8");
  MpView view;

  look (loop, "penalty-points", &view);
  for (gint64 i = 0; i < view.layers[0].tensors[0].rows; i++) {
    const float *p = view.layers[0].tensors[0].values + 2 * i, *x = view.data + 2 * i, *y = view.samples + 2 * i;
    double whole = hypot ((double) (x[0] - y[0]), (double) (x[1] - y[1]));
    double parts = hypot ((double) (x[0] - p[0]), (double) (x[1] - p[1]))
                   + hypot ((double) (p[0] - y[0]), (double) (p[1] - y[1]));

    assert_near (parts, whole, 1e-5);
  }
  mp_view_clear (&view);
}

static void
test_decision (void)
{
  static const char *const methods[] = { "gan", "lsgan", "hinge" };

  for (guint m = 0; m < G_N_ELEMENTS (methods); m++) {
    g_autoptr (MpLoop) loop = open_lane (methods[m], "critic.hidden=8");
    g_autoptr (GError) error = NULL;
    MpView view;

    g_assert_true (mp_loop_look (loop, (const char *const[]) { "critic-output", "decision", NULL }, &view, &error));
    g_assert_cmpuint (view.n_layers, ==, 2);
    assert_near (view.layers[1].neutral, 0.5, 0);
    assert_near (view.layers[0].neutral, m == 1 ? 0.5 : 0, 0);
    for (guint i = 0; i < WIDTH * HEIGHT; i++) {
      double s = (double) view.layers[0].tensors[0].values[i], d = (double) view.layers[1].tensors[0].values[i];
      double expected[] = { 1 / (1 + exp (-s)), CLAMP (s, 0, 1), CLAMP ((s + 1) / 2, 0, 1) };

      assert_near (d, expected[m], 1e-6);
    }
    mp_view_clear (&view);
    g_assert_cmpint (offers (loop, "density-ratio"), ==, m == 0);
  }
}

/* A logit stands for the ratio d/(1 − d) of a decision d. */
static void
test_implied_ratio (void)
{
  g_autoptr (MpLoop) loop = open_lane ("gan", "critic.hidden=8");
  g_autoptr (GError) error = NULL;
  MpView view;

  g_assert_true (mp_loop_look (loop, (const char *const[]) { "decision", "density-ratio", NULL }, &view, &error));
  for (guint i = 0; i < WIDTH * HEIGHT; i++) {
    double d = (double) view.layers[0].tensors[0].values[i];

    assert_near ((double) view.layers[1].tensors[0].values[i], MIN (d / (1 - d), 10), 1e-5);
  }
  mp_view_clear (&view);
}

/* L_G = −mean s (y) of a linear critic pushes every sample along its weights. */
static void
test_sample_gradients (void)
{
  g_autoptr (MpLoop) loop = open_lane ("wgan", "critic.hidden=");
  g_autofree double *w = lane_read (loop, "critic/output/weight");
  MpView view;

  look (loop, "sample-gradients", &view);
  g_assert_cmpint (view.layers[0].tensors[0].rows, ==, N_SAMPLES);
  g_assert_cmpint (view.layers[0].tensors[0].columns, ==, 4);
  for (gint64 i = 0; i < N_SAMPLES; i++) {
    const float *arrow = view.layers[0].tensors[0].values + 4 * i;

    g_assert_cmpmem (arrow, 2 * sizeof *arrow, view.samples + 2 * i, 2 * sizeof *arrow);
    assert_near ((double) arrow[2], w[0], 1e-6);
    assert_near ((double) arrow[3], w[1], 1e-6);
  }
  mp_view_clear (&view);
}

/* ---- kernels ---- */

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

/* ---- spaces ---- */

static MpLayerTensor
new_tensor (gint64 rows,
            gint64 columns)
{
  return (MpLayerTensor) { rows, columns, g_new0 (float, rows * columns) };
}

/* Points 3·a·u₁ + 1·b·u₂ + 0.1·c·u₃ with a, b, c = ±1 in all ways: the axes are u₁ and u₂, with 10/10.01 of the
 * variance; u₁ = (0, −0.6, 0, 0.8, 0), u₂ = (0, 0.8, 0, 0.6, 0), u₃ = (1, 0, 0, 0, 0). The largest entry points up. */
static void
test_axes (void)
{
  MpLayer layer = { .title = "axes", .n_tensors = 4, .per_panel = 4 };
  const double u1[5] = { 0, -0.6, 0, 0.8, 0 }, u2[5] = { 0, 0.8, 0, 0.6, 0 };

  for (guint t = 0; t < 4; t++)
    layer.tensors[t] = new_tensor (4, 5);
  for (guint i = 0; i < 8; i++) {
    float *point = layer.tensors[i / 4].values + 5 * (i % 4), *force = layer.tensors[2 + i / 4].values + 5 * (i % 4);

    for (guint j = 0; j < 5; j++)
      point[j] = (float) (7 + (i & 1 ? 3 : -3) * u1[j] + (i & 2 ? 1 : -1) * u2[j]
                          + (j == 0 ? (i & 4 ? 0.1 : -0.1) : 0));
    force[3] = 1;
  }
  mp_layer_project (&layer);
  for (guint t = 0; t < 4; t++)
    g_assert_cmpint (layer.tensors[t].columns, ==, 2);
  for (guint i = 0; i < 8; i++) {
    const float *point = layer.tensors[i / 4].values + 2 * (i % 4);
    const float *force = layer.tensors[2 + i / 4].values + 2 * (i % 4);

    assert_near ((double) point[0], i & 1 ? 3 : -3, 1e-5);
    assert_near ((double) point[1], i & 2 ? 1 : -1, 1e-5);
    assert_near ((double) force[0], 0.8, 1e-5);
    assert_near ((double) force[1], 0.6, 1e-5);
  }
  g_assert_nonnull (strstr (layer.detail, "5"));
  g_assert_nonnull (strstr (layer.detail, "100 %"));
  mp_layer_clear (&layer);
}

/* One and two dimensions stay as they are, points that are all the same stay finite. */
static void
test_few_axes (void)
{
  MpLayer plane = { .n_tensors = 2 }, line = { .n_tensors = 2 }, same = { .n_tensors = 2 };

  for (guint t = 0; t < 2; t++) {
    plane.tensors[t] = new_tensor (3, 2);
    line.tensors[t] = new_tensor (3, 1);
    same.tensors[t] = new_tensor (3, 4);
    for (guint i = 0; i < 12; i++) {
      if (i < 6)
        plane.tensors[t].values[i] = (float) (i + t);
      if (i < 3)
        line.tensors[t].values[i] = (float) (i + t);
      same.tensors[t].values[i] = 5;
    }
  }
  mp_layer_project (&plane);
  mp_layer_project (&line);
  mp_layer_project (&same);
  g_assert_null (plane.detail);
  g_assert_null (line.detail);
  for (guint t = 0; t < 2; t++)
    for (guint i = 0; i < 3; i++) {
      assert_near ((double) plane.tensors[t].values[2 * i + 1], 2 * i + 1 + t, 0);
      assert_near ((double) line.tensors[t].values[i], i + t, 0);
      assert_near ((double) same.tensors[t].values[2 * i], 0, 0);
    }
  mp_layer_clear (&plane);
  mp_layer_clear (&line);
  mp_layer_clear (&same);
}

static void
test_projected_space (void)
{
  static const char *const dimensions[] = { "1", "2", "10" };

  for (guint i = 0; i < G_N_ELEMENTS (dimensions); i++) {
    g_autofree char *keys = g_strconcat ("critic.hidden=16;method.dimensions=", dimensions[i], NULL);
    g_autoptr (MpLoop) loop = open_lane ("gram", keys);
    MpView view;

    look (loop, "projected-space", &view);
    g_assert_cmpuint (view.layers[0].n_tensors, ==, 2);
    g_assert_cmpint (view.layers[0].tensors[0].rows, ==, N_DATA);
    g_assert_cmpint (view.layers[0].tensors[1].rows, ==, N_SAMPLES);
    for (guint t = 0; t < 2; t++)
      g_assert_cmpint (view.layers[0].tensors[t].columns, ==, i == 0 ? 1 : 2);
    g_assert_true ((view.layers[0].detail != NULL) == (i == 2));
    mp_view_clear (&view);
    look (loop, "attraction-repulsion", &view);
    for (guint t = 0; t < 8; t++)
      g_assert_cmpint (view.layers[0].tensors[t].columns, ==, i == 0 ? 1 : 2);
    mp_view_clear (&view);
  }
}

/* Codes of a linear encoder, of what the method's kernel compares. */
static void
test_codes (void)
{
  g_autoptr (MpLoop) loop = open_lane ("gmmn-ae", "encoder.hidden=;extractor.code=2");
  g_autofree double *w = lane_read (loop, "extractor/encoder/output/weight");
  MpView view;

  look (loop, "projected-space", &view);
  g_assert_false (offers (loop, "attraction-repulsion"));
  for (guint i = 0; i < N_DATA; i++)
    for (guint j = 0; j < 2; j++)
      assert_near ((double) view.layers[0].tensors[0].values[2 * i + j],
                   (double) view.data[2 * i] * w[j] + (double) view.data[2 * i + 1] * w[2 + j], 1e-5);
  mp_view_clear (&view);
}

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

/* ---- frozen features ---- */

static void
find_mean (const float *points,
           gint64       n,
           double      *mean)
{
  mean[0] = mean[1] = 0;
  for (gint64 i = 0; i < n; i++)
    for (guint j = 0; j < 2; j++)
      mean[j] += (double) points[2 * i + j] / (double) n;
}

/* A linear encoder has its code only: the residual is the distance of the means, mapped. */
static void
test_feature_moments (void)
{
  g_autoptr (MpLoop) loop = open_lane ("gfmn", "encoder.hidden=;extractor.code=3");
  g_autoptr (MpLoop) deep = open_lane ("gfmn", "encoder.hidden=8, 4;extractor.code=3");
  g_autofree double *w = lane_read (loop, "extractor/encoder/output/weight");
  double real[2], generated[2], expected = 0;
  MpView view;

  look (loop, "feature-moments", &view);
  find_mean (view.data, N_DATA, real);
  find_mean (view.samples, N_SAMPLES, generated);
  for (guint k = 0; k < 3; k++)
    expected += pow ((real[0] - generated[0]) * w[k] + (real[1] - generated[1]) * w[3 + k], 2);
  g_assert_cmpint (view.layers[0].tensors[0].rows, ==, 1);
  assert_near ((double) view.layers[0].tensors[0].values[0], expected, 1e-5);
  mp_view_clear (&view);

  look (deep, "feature-moments", &view);
  g_assert_cmpint (view.layers[0].tensors[0].rows, ==, 3);
  g_assert_cmpuint (g_strv_length (view.layers[0].labels), ==, 3);
  mp_view_clear (&view);
}

/* Of a function that is linear over the grid. */
static double
extend_linearly (const float  *values,
                 const double *point)
{
  double first[2], last[2], right = (double) (values[WIDTH - 1] - values[0]);
  double up = (double) (values[WIDTH * (HEIGHT - 1)] - values[0]);

  grid_point (0, first);
  grid_point (WIDTH * HEIGHT - 1, last);
  return (double) values[0] + right * (point[0] - first[0]) / (last[0] - first[0])
         + up * (point[1] - first[1]) / (last[1] - first[1]);
}

/* The parts add up to the critic's output; in the mean of points, where all is linear, to that of their mean. */
static void
test_contributions (void)
{
  g_autoptr (MpLoop) loop = open_lane ("rfgan", "encoder.hidden=;critic.hidden=");
  g_autoptr (GError) error = NULL;
  double means[2][2];
  const float *parts[2], *bars;
  MpView view;

  mp_loop_look (loop,
                (const char *const[]) { "representative", "discriminative", "critic-output", "contributions", NULL },
                &view, &error);
  g_assert_no_error (error);
  parts[0] = view.layers[0].tensors[0].values;
  parts[1] = view.layers[1].tensors[0].values;
  for (guint i = 0; i < WIDTH * HEIGHT; i++)
    assert_near ((double) (parts[0][i] + parts[1][i]), (double) view.layers[2].tensors[0].values[i], 1e-5);
  find_mean (view.data, N_DATA, means[0]);
  find_mean (view.samples, N_SAMPLES, means[1]);
  bars = view.layers[3].tensors[0].values;
  g_assert_cmpint (view.layers[3].tensors[0].rows, ==, 4);
  for (guint i = 0; i < 4; i++)
    assert_near ((double) bars[i], extend_linearly (parts[i / 2], means[i % 2]), 1e-5);
  mp_view_clear (&view);
}

/* Linear maps both ways: D (E (x)) and D (z). */
static void
test_decoder (void)
{
  g_autoptr (MpLoop) loop = open_lane ("gfmn", "encoder.hidden=;extractor.code=2");
  g_autofree double *e = lane_read (loop, "extractor/encoder/output/weight");
  g_autofree double *d = lane_read (loop, "extractor/generator/output/weight");
  g_autoptr (GError) error = NULL;
  MpView view;

  mp_loop_look (loop, (const char *const[]) { "decoder-samples", "reconstructions", NULL }, &view, &error);
  g_assert_no_error (error);
  g_assert_cmpint (view.layers[0].tensors[0].rows, ==, N_SAMPLES);
  g_assert_cmpint (view.layers[1].tensors[0].rows, ==, N_DATA);
  for (guint i = 0; i < N_SAMPLES; i++) {
    const float *z = view.latents + 2 * i, *x = view.data + 2 * i;
    double code[2] = { (double) x[0] * e[0] + (double) x[1] * e[2], (double) x[0] * e[1] + (double) x[1] * e[3] };

    for (guint j = 0; j < 2; j++) {
      assert_near ((double) view.layers[0].tensors[0].values[2 * i + j],
                   (double) z[0] * d[j] + (double) z[1] * d[2 + j], 1e-5);
      assert_near ((double) view.layers[1].tensors[0].values[2 * i + j], code[0] * d[j] + code[1] * d[2 + j], 1e-5);
    }
  }
  mp_view_clear (&view);
}

int
main (int   argc,
      char *argv[])
{
  if (test_device_skips ())
    return 0;
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/views/linear-critic", test_linear_critic);
  g_test_add_func ("/views/penalty-points", test_penalty_points);
  g_test_add_func ("/views/penalty-target", test_penalty_target);
  g_test_add_func ("/views/decision", test_decision);
  g_test_add_func ("/views/implied-ratio", test_implied_ratio);
  g_test_add_func ("/views/sample-gradients", test_sample_gradients);
  g_test_add_func ("/views/witness", test_witness);
  g_test_add_func ("/views/kernel-saturation", test_saturation);
  g_test_add_func ("/views/kernel-matrix", test_kernel_matrix);
  g_test_add_func ("/views/forces", test_forces);
  g_test_add_func ("/views/axes", test_axes);
  g_test_add_func ("/views/few-axes", test_few_axes);
  g_test_add_func ("/views/projected-space", test_projected_space);
  g_test_add_func ("/views/codes", test_codes);
  g_test_add_func ("/views/density", test_density);
  g_test_add_func ("/views/true-ratio", test_true_ratio);
  g_test_add_func ("/views/manifold", test_manifold);
  g_test_add_func ("/views/manifold-plane", test_manifold_plane);
  g_test_add_func ("/views/manifold-line", test_manifold_line);
  g_test_add_func ("/views/feature-moments", test_feature_moments);
  g_test_add_func ("/views/contributions", test_contributions);
  g_test_add_func ("/views/decoder", test_decoder);
  return g_test_run ();
}
