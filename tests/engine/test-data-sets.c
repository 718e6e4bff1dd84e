/* SPDX-License-Identifier: Apache-2.0
 *
 * test-data-sets.c: every data set of the registry keeps what all promise (the same points for a seed, a split that
 * never leaks, plots that show them), and where the density is known it integrates to 1 and is that of the points.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/data/data.h"

static MpExperiment *
parse (const char *kind,
       const char *keys,
       const char *evaluate)
{
  g_autofree char *text = g_strdup_printf ("[data]\nkind = %s\n%s\n[method]\nkind = gan\n[evaluate]\n%s\n", kind, keys,
                                           evaluate);
  g_autoptr (GError) error = NULL;
  MpExperiment *experiment = mp_experiment_parse (text, -1, "test.ini", &error);

  g_assert_no_error (error);
  return experiment;
}

static MpData *
open_set (const char *kind,
          const char *keys,
          guint64     seed)
{
  g_autoptr (MpExperiment) experiment = parse (kind, keys, "");
  g_autoptr (GError) error = NULL;
  MpData *data = mp_data_open (experiment, seed, &error);

  g_assert_no_error (error);
  return data;
}

static void
assert_fails (const char *kind,
              const char *keys,
              const char *evaluate,
              const char *pattern)
{
  g_autoptr (MpExperiment) experiment = parse (kind, keys, evaluate);
  g_autoptr (GError) error = NULL;
  g_autoptr (MpData) data = mp_data_open (experiment, 1, &error);

  g_assert_null (data);
  g_assert_nonnull (error);
  if (!g_pattern_match_simple (pattern, error->message))
    g_error ("“%s” is not like “%s”", error->message, pattern);
}

static gboolean
has_key (const char *kind,
         const char *key)
{
  const MpDescriptor *set = mp_registry_find (MP_KIND_DATA, kind);

  for (guint i = 0; i < set->n_params; i++)
    if (g_str_equal (set->params[i].key, key))
      return TRUE;
  return FALSE;
}

/* ---- what all promise ---- */

/* Small, endless, split and noisy: whatever of it the set has keys for. */
static void
for_every_set (void (*check) (const char *kind, const char *keys))
{
  static const char *const variants[][2] = {
    { "points", "" }, { "points", "points = 500\n" }, { "points", "points = 0\n" }, { "noise", "noise = 0.1\n" },
    { "held_out", "held_out = 0.25\n" }, { "imbalance", "imbalance = 8\n" }, { "spread", "spread = 4\n" },
    { "imbalance", "imbalance = 0.2\nnoise = 0.05\n" },
  };
  guint n;
  const MpDescriptor *const *sets = mp_registry_list (MP_KIND_DATA, &n);

  g_assert_cmpuint (n, >=, 10);
  for (guint i = 0; i < n; i++)
    for (guint v = 0; v < G_N_ELEMENTS (variants); v++)
      if (v == 0 || has_key (sets[i]->id, variants[v][0])) {
        g_test_message ("%s: %s", sets[i]->id, variants[v][1]);
        check (sets[i]->id, variants[v][1]);
      }
}

static void
check_reproducible (const char *kind,
                    const char *keys)
{
  g_autoptr (MpData) first = open_set (kind, keys, 5);
  g_autoptr (MpData) second = open_set (kind, keys, 5);
  g_autoptr (MpData) other = open_set (kind, keys, 6);
  float a[200], b[200], c[200];

  mp_data_get_batch (first, 0, 100, a);
  mp_data_get_batch (first, 3, 100, a);
  mp_data_get_batch (second, 3, 100, b);
  mp_data_get_batch (other, 3, 100, c);
  g_assert_cmpmem (a, sizeof a, b, sizeof b);
  g_assert_cmpint (memcmp (a, c, sizeof a), !=, 0);
  mp_data_get_reference (first, 100, b);
  mp_data_get_reference (second, 100, c);
  g_assert_cmpmem (b, sizeof b, c, sizeof c);
  g_assert_cmpint (memcmp (a, b, sizeof a), !=, 0);
  /* a prefix of a longer draw is the shorter one */
  mp_data_get_reference (second, 60, c);
  g_assert_cmpmem (b, 120 * sizeof (float), c, 120 * sizeof (float));
  for (guint i = 0; i < 200; i++)
    g_assert_true (isfinite (a[i]) && isfinite (b[i]));
}

static void
test_reproducible (void)
{
  for_every_set (check_reproducible);
}

/* Plots show the data: all but one in a hundred of the points, which take up more than a fifth of each side. */
static void
check_extent (const char *kind,
              const char *keys)
{
  g_autoptr (MpData) data = open_set (kind, keys, 2);
  const gint64 n = 2000;
  g_autofree float *points = g_new (float, 2 * n);
  double extent[4], low[2] = { INFINITY, INFINITY }, high[2] = { -INFINITY, -INFINITY };
  guint outside = 0;

  mp_data_get_extent (data, extent);
  mp_data_get_reference (data, n, points);
  for (gint64 i = 0; i < n; i++) {
    outside += points[2 * i] < extent[0] || points[2 * i] > extent[1] || points[2 * i + 1] < extent[2]
               || points[2 * i + 1] > extent[3];
    for (guint j = 0; j < 2; j++) {
      low[j] = MIN (low[j], points[2 * i + j]);
      high[j] = MAX (high[j], points[2 * i + j]);
    }
  }
  g_assert_cmpuint (outside, <=, n / 100);
  for (guint j = 0; j < 2; j++)
    g_assert_cmpfloat (high[j] - low[j], >, 0.2 * (extent[2 * j + 1] - extent[2 * j]));
}

static void
test_extent (void)
{
  for_every_set (check_extent);
}

static gint
compare_points (gconstpointer a,
                gconstpointer b)
{
  return memcmp (a, b, 2 * sizeof (float));
}

/* Held-out points and those of an epoch are the whole set, and have none in common. */
static void
check_split (const char *kind,
             const char *keys)
{
  g_autofree char *split = g_strconcat (keys, "held_out = 0.2\n", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (MpExperiment) held_out = NULL, training = NULL;
  g_autoptr (MpData) data = NULL, trained = NULL, whole = open_set (kind, keys, 3);
  gint64 n = mp_data_get_n_points (whole), n_held_out;
  g_autofree float *all = g_new (float, 2 * n), *parts = g_new (float, 2 * n);

  if (strstr (keys, "held_out") != NULL || n == 0)
    return;
  held_out = parse (kind, split, "reference = held-out\n");
  training = parse (kind, split, "reference = training\n");
  data = mp_data_open (held_out, 3, &error);
  g_assert_no_error (error);
  n_held_out = mp_data_get_n_held_out (data);
  g_assert_cmpint (n_held_out, ==, llround (0.2 * (double) n));
  g_assert_cmpint (mp_data_get_n_points (data), ==, n - n_held_out);
  g_assert_cmpint (mp_data_count_reference (data), ==, n_held_out);
  mp_data_get_batch (whole, 0, n, all);
  mp_data_get_batch (data, 0, n - n_held_out, parts);
  mp_data_get_reference (data, n_held_out, parts + 2 * (n - n_held_out));
  qsort (all, (gsize) n, 2 * sizeof (float), compare_points);
  qsort (parts, (gsize) n, 2 * sizeof (float), compare_points);
  g_assert_cmpmem (all, (gsize) n * 8, parts, (gsize) n * 8);

  trained = mp_data_open (training, 3, &error);
  g_assert_no_error (error);
  g_assert_cmpint (mp_data_count_reference (trained), ==, n - n_held_out);
  mp_data_get_batch (data, 0, n - n_held_out, all);
  mp_data_get_reference (trained, n - n_held_out, parts);
  qsort (all, (gsize) (n - n_held_out), 2 * sizeof (float), compare_points);
  qsort (parts, (gsize) (n - n_held_out), 2 * sizeof (float), compare_points);
  g_assert_cmpmem (all, (gsize) (n - n_held_out) * 8, parts, (gsize) (n - n_held_out) * 8);
}

static void
test_split (void)
{
  for_every_set (check_split);
}

/* ---- densities ---- */

/* Smooth cases of every representation; `steps` cells of the sum over the extent, grown by `margin`, along a side. */
static const struct
{
  const char *kind, *keys;
} smooth[] = {
  { "ring", "radius = 2\nstd = 0.2\nphase = 30\n" },
  { "ring", "radius = 2\nstd = 0.1\nimbalance = 10\nspread = 4\nnoise = 0.1\n" },
  { "grid", "distance = 1\nstd = 0.15\nside = 3\nimbalance = 0.1\n" },
  { "mixture", "centres = -1, -1, 2, 0.5\nstds = 0.2, 0.5\nweights = 3, 1\n" },
  { "mixture", "centres = 0, 0, 1, 1, 2, 0\nstds = 0.2\nweights =\nnoise = 0.1\n" },
  { "swiss-roll", "std = 1\n" },
  { "swiss-roll", "std = 0\nnoise = 0.15\n" },
  { "moons", "std = 0.15\nimbalance = 3\nspread = 1.5\n" },
  { "spirals", "std = 0.1\narms = 3\nimbalance = 2\n" },
  { "lines", "std = 0.12\n" },
  { "lines", "std = 0.1\narrangement = star\nlines = 3\nspread = 2\nimbalance = 2\nangle = 20\n" },
  { "pinwheel", "tangential_std = 0.1\n" },
  { "pinwheel", "noise = 0.15\narms = 3\nimbalance = 4\ntangential_std = 0.2\n" },
  { "checkerboard", "noise = 0.1\n" },
  { "noise", "noise = 0.2\n" },
  { "noise", "distribution = normal\nsize = 0.5\n" },
};

/* Midpoint sums of smooth densities over a square that holds all of the mass. A cell is at most two
 * thirds of the narrowest standard deviation, so that the rule's error is below 2e^(−2π²·(3/2)²) of a Gaussian's mass,
 * 10⁻¹⁹ (but for the pinwheel, whose twist makes it narrower). What lies outside is less than 10⁻⁵. */
static void
test_integral (void)
{
  for (guint c = 0; c < G_N_ELEMENTS (smooth); c++) {
    g_autoptr (MpData) data = open_set (smooth[c].kind, smooth[c].keys, 1);
    double extent[4], sum = 0, step;
    const gint n = 300;

    g_test_message ("%s: %s", smooth[c].kind, smooth[c].keys);
    mp_data_get_extent (data, extent);
    for (guint i = 0; i < 4; i++)
      extent[i] *= 1.5;
    step = (extent[1] - extent[0]) / n;
    for (gint i = 0; i < n; i++)
      for (gint j = 0; j < n; j++)
        sum += mp_data_density (data, (double[]) { extent[0] + (i + 0.5) * step, extent[2] + (j + 0.5) * step });
    g_test_message ("integral − 1 = %g, step %g", sum * step * step - 1, step);
    g_assert_cmpfloat (fabs (sum * step * step - 1), <, 1e-5);
  }
}

/* Pearson's test of the points against the density: bins of the extent, each a sum of 12 × 12 cells. With k bins that
 * expect at least ten points, the statistic has mean k and standard deviation √(2k). */
static void
test_goodness_of_fit (void)
{
  enum { BINS = 14, CELLS = 12, N = 60000 };

  for (guint c = 0; c < G_N_ELEMENTS (smooth); c++) {
    g_autofree char *keys = g_strconcat ("points = 0\n", smooth[c].keys, NULL);
    g_autoptr (MpData) data = open_set (smooth[c].kind, keys, 11);
    g_autofree float *points = g_new (float, 2 * N);
    guint count[BINS * BINS] = { 0 }, k = 0;
    double extent[4], step[2], statistic = 0, rest = N, rest_count = N;

    mp_data_get_extent (data, extent);
    mp_data_get_batch (data, 0, N, points);
    for (guint j = 0; j < 2; j++)
      step[j] = (extent[2 * j + 1] - extent[2 * j]) / BINS;
    for (guint i = 0; i < N; i++) {
      double x = (points[2 * i] - extent[0]) / step[0], y = (points[2 * i + 1] - extent[2]) / step[1];

      if (x >= 0 && x < BINS && y >= 0 && y < BINS)
        count[(guint) y * BINS + (guint) x]++;
    }
    for (guint bin = 0; bin < BINS * BINS; bin++) {
      double expected = 0;

      for (guint i = 0; i < CELLS * CELLS; i++)
        expected += mp_data_density (data, (double[]) {
          extent[0] + step[0] * (bin % BINS + (i % CELLS + 0.5) / CELLS),
          extent[2] + step[1] * (bin / BINS + (i / CELLS + 0.5) / CELLS) });
      expected *= N * step[0] * step[1] / (CELLS * CELLS);
      if (expected < 10)
        continue;
      statistic += (count[bin] - expected) * (count[bin] - expected) / expected;
      rest -= expected;
      rest_count -= count[bin];
      k++;
    }
    if (rest >= 10) {
      statistic += (rest_count - rest) * (rest_count - rest) / rest;
      k++;
    }
    g_test_message ("%s: %s χ² = %.1f of %u bins", smooth[c].kind, smooth[c].keys, statistic, k);
    g_assert_cmpuint (k, >, 20);
    g_assert_cmpfloat (statistic, <, k + 5 * sqrt (2.0 * k));
    g_assert_cmpfloat (statistic, >, k - 5 * sqrt (2.0 * k));
  }
}

/* Every point of a board lies on a filled square, and every filled square has its share. */
static void
test_checkerboard (void)
{
  g_autoptr (MpData) data = open_set ("checkerboard", "points = 0\nsquares = 3\nsize = 1.5\n", 4);
  const gint64 n = 20000;
  g_autofree float *points = g_new (float, 2 * n);
  guint count[9] = { 0 };

  mp_data_get_batch (data, 0, n, points);
  for (gint64 i = 0; i < n; i++) {
    guint column = (guint) floorf (points[2 * i] + 1.5f), row = (guint) floorf (points[2 * i + 1] + 1.5f);

    g_assert_cmpuint (column, <, 3);
    g_assert_cmpuint (row, <, 3);
    count[3 * row + column]++;
    g_assert_cmpfloat (fabs (mp_data_density (data, (double[]) { points[2 * i], points[2 * i + 1] }) - 0.2), <, 1e-12);
  }
  for (guint i = 0; i < 9; i++)
    if (i % 2 == 0)
      g_assert_cmpfloat (fabs (count[i] - n / 5.0), <, 5 * sqrt (n * 0.2 * 0.8));
    else
      g_assert_cmpuint (count[i], ==, 0);
  g_assert_cmpfloat (mp_data_density (data, (double[]) { 0, 1 }), ==, 0);
  g_assert_cmpfloat (mp_data_density (data, (double[]) { 2, 0 }), ==, 0);
}

/* A curve without width has no density, and says so. */
static void
test_unknown_density (void)
{
  g_autoptr (MpData) moons = open_set ("moons", "std = 0\n", 1);

  g_assert_true (isnan (mp_data_density (moons, (double[]) { 0, 0 })));
  g_assert_null (mp_data_get_mixture (moons));
}

/* ---- modes ---- */

static void
test_imbalance (void)
{
  g_autoptr (MpData) data = open_set ("ring", "modes = 3\nimbalance = 9\nspread = 4\nstd = 0.01\nnoise = 0\n", 1);
  const MpMixture *mixture = mp_data_get_mixture (data);

  /* 9 : 3 : 1, and 0.01, 0.02, 0.04 */
  for (guint m = 0; m < 3; m++) {
    g_assert_cmpfloat (fabs (mixture->weight[m] - pow (3, 2 - (double) m) / 13), <, 1e-15);
    g_assert_cmpfloat (fabs (mixture->std[m] - 0.01 * (1 << m)), <, 1e-15);
  }
}

/* The centres, widths and sizes that papers print. */
static void
test_constants (void)
{
  g_autoptr (MpData) grid = open_set ("grid", "", 1);
  g_autoptr (MpData) roll = open_set ("swiss-roll", "std = 0\n", 1);
  const MpMixture *mixture = mp_data_get_mixture (grid);
  float points[2000];

  g_assert_cmpuint (mixture->n_modes, ==, 25);
  g_assert_cmpint (mp_data_get_n_points (grid), ==, 100000);
  g_assert_cmpfloat (fabs (mixture->centre[0] + 4 / 2.828), <, 2e-3);
  g_assert_cmpfloat (fabs (mixture->centre[2 * 24 + 1] - 4 / 2.828), <, 2e-3);
  g_assert_cmpfloat (fabs (mixture->std[7] - 0.05 / 2.828), <, 5e-5);
  /* t = 1.5π (1 + 2U), (t cos t, t sin t)/7.5 */
  mp_data_get_batch (roll, 0, 1000, points);
  for (guint i = 0; i < 1000; i++) {
    double t = 7.5 * hypot (points[2 * i], points[2 * i + 1]);

    g_assert_cmpfloat (t, >, 1.5 * G_PI - 1e-5);
    g_assert_cmpfloat (t, <, 4.5 * G_PI + 1e-5);
    g_assert_cmpfloat (hypot (7.5 * points[2 * i] - t * cos (t), 7.5 * points[2 * i + 1] - t * sin (t)), <, 1e-4);
  }
}

/* ---- mistakes ---- */

static void
test_errors (void)
{
  assert_fails ("mixture", "centres = 1, 2, 3\n", "", "*centres has 3 numbers*two for every Gaussian*");
  assert_fails ("mixture", "centres = 1, 2, 3, 4\nstds = 1, 2, 3\n", "",
                "*stds has 3 numbers*one for all or one for every Gaussian, and centres has those of 2 Gaussians.*");
  assert_fails ("mixture", "centres = 1, 2, 3, 4\nstds = 1\nweights = 1\n", "",
                "*weights has 1 number: *one for every Gaussian, and centres has those of 2 Gaussians.*");
  assert_fails ("mixture", "centres = 1, 2\nstds = 1, 2\n", "", "*stds has 2 numbers*those of 1 Gaussian.*");
  assert_fails ("moons", "points = 0\nheld_out = 0.5\n", "", "*held_out = 0.5*points = 0*");
  assert_fails ("moons", "points = 1\nheld_out = 0.5\n", "", "*held_out = 0.5*at least two points*");
  assert_fails ("moons", "", "reference = held-out\n", "*reference = held-out*held_out above 0*");
  assert_fails ("ring", "points = 0\n", "reference = training\n", "*reference = training*points = 0*");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/data-sets/reproducible", test_reproducible);
  g_test_add_func ("/data-sets/extent", test_extent);
  g_test_add_func ("/data-sets/split", test_split);
  g_test_add_func ("/data-sets/density-integrates-to-one", test_integral);
  g_test_add_func ("/data-sets/goodness-of-fit", test_goodness_of_fit);
  g_test_add_func ("/data-sets/checkerboard", test_checkerboard);
  g_test_add_func ("/data-sets/unknown-density", test_unknown_density);
  g_test_add_func ("/data-sets/imbalance", test_imbalance);
  g_test_add_func ("/data-sets/constants", test_constants);
  g_test_add_func ("/data-sets/errors", test_errors);
  return g_test_run ();
}
