/* SPDX-License-Identifier: Apache-2.0
 *
 * test-data.c: minibatches are a function of seed and index, epochs are permutations, and the ring's density is one.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/data/data.h"
#include "engine/random.h"

static MpData *
open_ring (const char *keys,
           guint64     seed)
{
  g_autofree char *text = g_strconcat ("[data]\nkind = ring\n", keys, "\n[method]\nkind = gan\n", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (MpExperiment) experiment = mp_experiment_parse (text, -1, "test.ini", &error);
  MpData *data;

  g_assert_no_error (error);
  data = mp_data_open (experiment, seed, &error);
  g_assert_no_error (error);
  return data;
}

static void
test_permutation (void)
{
  guint32 a[257], b[257], seen[257] = { 0 };
  guint fixed = 0;

  mp_random_permutation (5, 1, 2, 257, a);
  mp_random_permutation (5, 1, 3, 257, b);
  for (guint i = 0; i < 257; i++) {
    seen[a[i]]++;
    fixed += a[i] == b[i];
  }
  for (guint i = 0; i < 257; i++)
    g_assert_cmpuint (seen[i], ==, 1);
  g_assert_cmpuint (fixed, <, 10); /* Poisson with mean 1: beyond 10⁻⁷ */

  mp_random_permutation (5, 1, 2, 1, a);
  g_assert_cmpuint (a[0], ==, 0);
}

static gint
compare_points (gconstpointer a,
                gconstpointer b)
{
  return memcmp (a, b, 2 * sizeof (float));
}

static void
test_epoch (void)
{
  g_autoptr (MpData) data = open_ring ("points = 60\n", 3);
  float first[120], second[120], batch[50];

  /* 60 points in batches of 25: batch 2 holds the last ten of epoch 0 and the first 15 of epoch 1. */
  for (guint b = 0; b < 5; b++) {
    mp_data_get_batch (data, b, 25, batch);
    for (guint i = 0; i < 25; i++) {
      guint position = b * 25 + i;
      float *target = position < 60 ? first + 2 * position : second + 2 * (position - 60);

      if (position < 120)
        memcpy (target, batch + 2 * i, 2 * sizeof (float));
    }
  }
  g_assert_cmpint (memcmp (first, second, sizeof first), !=, 0);
  qsort (first, 60, 2 * sizeof (float), compare_points);
  qsort (second, 60, 2 * sizeof (float), compare_points);
  g_assert_cmpmem (first, sizeof first, second, sizeof second);
}

static void
test_cursor (void)
{
  static const char *const keys[] = { "points = 1000\n", "points = 0\n" };

  for (guint k = 0; k < G_N_ELEMENTS (keys); k++) {
    g_autoptr (MpData) straight = open_ring (keys[k], 9);
    g_autoptr (MpData) jumping = open_ring (keys[k], 9);
    g_autoptr (MpData) other = open_ring (keys[k], 10);
    float a[400], b[400], c[400];

    for (guint i = 0; i <= 12; i++)
      mp_data_get_batch (straight, i, 200, a);
    mp_data_get_batch (jumping, 12, 200, b);
    mp_data_get_batch (other, 12, 200, c);
    g_assert_cmpmem (a, sizeof a, b, sizeof b);
    g_assert_cmpint (memcmp (a, c, sizeof a), !=, 0);

    mp_data_get_batch (jumping, 11, 200, b);
    g_assert_cmpint (memcmp (a, b, sizeof a), !=, 0);
  }
}

static void
test_reference (void)
{
  g_autoptr (MpData) data = open_ring ("", 4);
  g_autoptr (MpData) again = open_ring ("", 4);
  float a[100], b[100], batch[400];

  mp_data_get_reference (data, 50, a);
  mp_data_get_batch (again, 0, 200, batch);
  mp_data_get_reference (again, 50, b);
  g_assert_cmpmem (a, sizeof a, b, sizeof b);
}

/* A Riemann sum over a square that holds all but e^(−50) of the mass; for a smooth density with std ≥ 8 cells the
 * rule's error is below rounding. */
static void
test_density (void)
{
  static const char *const keys[] = { "modes = 8\nradius = 2\nstd = 0.2\nphase = 30\n",
                                      "modes = 3\nradius = 1\nstd = 0.1\n", "modes = 1\nradius = 0\nstd = 0.3\n" };

  for (guint k = 0; k < G_N_ELEMENTS (keys); k++) {
    g_autoptr (MpData) data = open_ring (keys[k], 1);
    const MpMixture *mixture = mp_data_get_mixture (data);
    double bound = hypot (mixture->centre[0], mixture->centre[1]) + 10 * mixture->std[0];
    double step = mixture->std[0] / 8;
    double sum = 0;

    for (double x = -bound; x <= bound; x += step)
      for (double y = -bound; y <= bound; y += step)
        sum += mp_data_density (data, (double[]) { x, y }) * step * step;
    g_assert_cmpfloat (fabs (sum - 1), <, 1e-12);
  }
}

static void
test_ring_geometry (void)
{
  g_autoptr (MpData) data = open_ring ("radius = 2\nphase = 90\nstd = 0.05\n", 1);
  const MpMixture *mixture = mp_data_get_mixture (data);
  double extent[4];

  g_assert_cmpint (mp_data_get_dimensions (data), ==, 2);
  g_assert_cmpuint (mixture->n_modes, ==, 8);
  g_assert_cmpfloat (fabs (mixture->centre[0]), <, 1e-15);
  g_assert_cmpfloat (fabs (mixture->centre[1] - 2), <, 1e-15);
  for (guint i = 0; i < 8; i++)
    for (guint j = 0; j < i; j++)
      g_assert_cmpfloat (hypot (mixture->centre[2 * i] - mixture->centre[2 * j],
                                mixture->centre[2 * i + 1] - mixture->centre[2 * j + 1]), >, 1.5);
  mp_data_get_extent (data, extent);
  g_assert_cmpfloat (extent[0], <, -2.1);
  g_assert_cmpfloat (extent[3], >, 2.1);
}

/* Training points have the mixture's moments: per-mode counts are binomial, deviations normal. */
static void
test_points (void)
{
  g_autoptr (MpData) data = open_ring ("points = 0\nradius = 2\nstd = 0.1\n", 21);
  const MpMixture *mixture = mp_data_get_mixture (data);
  const gint64 n = 20000;
  g_autofree float *points = g_new (float, 2 * n);
  guint count[8] = { 0 };
  double square = 0;

  mp_data_get_batch (data, 0, n, points);
  for (gint64 i = 0; i < n; i++) {
    double best = INFINITY;
    guint nearest = 0;

    for (guint m = 0; m < 8; m++) {
      double distance = hypot (points[2 * i] - mixture->centre[2 * m], points[2 * i + 1] - mixture->centre[2 * m + 1]);

      if (distance < best) {
        best = distance;
        nearest = m;
      }
    }
    count[nearest]++;
    square += best * best;
  }
  for (guint m = 0; m < 8; m++)
    g_assert_cmpfloat (fabs (count[m] - n / 8.0), <, 5 * sqrt (n / 8.0 * 7 / 8));
  /* Σ d² = s²·χ² with 2n degrees of freedom: mean 2n s², standard deviation 2√n s² */
  g_assert_cmpfloat (fabs (square / (0.1 * 0.1) - 2.0 * n), <, 5 * 2 * sqrt (n));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/data/permutation", test_permutation);
  g_test_add_func ("/data/epoch", test_epoch);
  g_test_add_func ("/data/cursor", test_cursor);
  g_test_add_func ("/data/reference", test_reference);
  g_test_add_func ("/data/density-integrates-to-one", test_density);
  g_test_add_func ("/data/ring-geometry", test_ring_geometry);
  g_test_add_func ("/data/points", test_points);
  return g_test_run ();
}
