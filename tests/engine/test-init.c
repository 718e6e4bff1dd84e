/* SPDX-License-Identifier: Apache-2.0
 *
 * test-init.c: initial values have the moments, bounds and orthogonality that their formulas say, and depend on
 * seed and name only.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "engine/nn/init.h"

/* Fills one parameter of the given shape; free the result. */
static double *
fill (const char *name,
      gint64      rows,
      gint64      columns,
      MpInit      init,
      guint64     seed)
{
  g_autoptr (MpGraph) graph = mp_graph_new (MP_FLOAT64);
  g_autoptr (GError) error = NULL;
  MpNode *node = mp_parameter (graph, "generator", name, mp_shape (graph, rows, columns, (gint64) -1), init);
  double *values = g_new (double, rows * columns);

  mp_init_values (node, seed, values, &error);
  g_assert_no_error (error);
  return values;
}

/* A mean of n has standard deviation σ/√n and a variance of n about σ²·√(2/n) (less for uniform): five of each. */
static void
assert_moments (const double *values,
                gsize         n,
                double        std)
{
  double sum = 0, square = 0;

  for (gsize i = 0; i < n; i++) {
    sum += values[i];
    square += values[i] * values[i];
  }
  g_assert_cmpfloat (fabs (sum / n), <, 5 * std / sqrt (n));
  g_assert_cmpfloat (fabs (square / n - std * std), <, 5 * std * std * sqrt (2.0 / n));
}

static void
test_moments (void)
{
  static const struct
  {
    const char *kind;
    double      scale, std;
    gboolean    uniform;
  } cases[] = {
    { "normal", 0.02, 0.02, FALSE },
    { "xavier-uniform", 1, 0.0816496580927726, TRUE },    /* √(2/300) */
    { "xavier-normal", 2, 0.1632993161855452, FALSE },
    { "he-uniform", 1, 0.1, TRUE },                       /* √(2/200) */
    { "he-normal", 0.5, 0.05, FALSE },
    { "torch", 0, 0.040824829046386304, TRUE },           /* 1/√(3·200) */
  };

  for (guint c = 0; c < G_N_ELEMENTS (cases); c++) {
    g_autofree double *values = fill ("generator/layer0/weight", 200, 100, (MpInit) { cases[c].kind, cases[c].scale },
                                      7);

    g_test_message ("%s", cases[c].kind);
    assert_moments (values, 20000, cases[c].std);
    for (gsize i = 0; cases[c].uniform && i < 20000; i++)
      g_assert_cmpfloat (fabs (values[i]), <=, sqrt (3.0) * cases[c].std);
  }
}

static void
test_torch_bias (void)
{
  g_autoptr (MpGraph) graph = mp_graph_new (MP_FLOAT64);
  g_autoptr (GError) error = NULL;
  MpNode *bias = mp_parameter (graph, "generator", "generator/layer0/bias", mp_shape (graph, (gint64) 1000, (gint64) -1),
                               (MpInit) { "torch", 25 });
  double values[1000];
  double largest = 0;

  mp_init_values (bias, 3, values, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 1000; i++)
    largest = MAX (largest, fabs (values[i]));
  g_assert_cmpfloat (largest, <=, 0.2);
  g_assert_cmpfloat (largest, >, 0.19); /* 1000 draws miss the last twentieth with probability 5·10⁻²³ */
}

static void
test_constants (void)
{
  g_autofree double *zeros = fill ("a", 3, 5, (MpInit) { "zeros", 4 }, 1);
  g_autofree double *ones = fill ("a", 3, 5, (MpInit) { "constant", 1.5 }, 1);

  for (guint i = 0; i < 15; i++) {
    g_assert_cmpfloat (zeros[i], ==, 0);
    g_assert_cmpfloat (ones[i], ==, 1.5);
  }
}

static void
assert_orthogonal (gint64 rows,
                   gint64 columns)
{
  const double gain = 1.4;
  g_autofree double *a = fill ("generator/layer0/weight", rows, columns, (MpInit) { "orthogonal", gain }, 11);
  gint64 n = MIN (rows, columns), length = MAX (rows, columns);

  for (gint64 i = 0; i < n; i++)
    for (gint64 j = 0; j < n; j++) {
      double dot = 0;

      for (gint64 k = 0; k < length; k++)
        dot += rows <= columns ? a[i * columns + k] * a[j * columns + k] : a[k * columns + i] * a[k * columns + j];
      g_assert_cmpfloat (fabs (dot - (i == j ? gain * gain : 0)), <, 4 * length * gain * gain * DBL_EPSILON);
    }
}

static void
test_orthogonal (void)
{
  assert_orthogonal (20, 50);
  assert_orthogonal (50, 20);
  assert_orthogonal (30, 30);
  assert_orthogonal (1, 4);
}

static void
test_keyed (void)
{
  MpInit init = { "normal", 1 };
  g_autofree double *a = fill ("generator/layer0/weight", 4, 4, init, 1);
  g_autofree double *same = fill ("generator/layer0/weight", 4, 4, init, 1);
  g_autofree double *average = fill ("average/generator/layer0/weight", 4, 4, init, 1);
  g_autofree double *name = fill ("generator/layer1/weight", 4, 4, init, 1);
  g_autofree double *seed = fill ("generator/layer0/weight", 4, 4, init, 2);

  g_assert_cmpmem (a, 16 * sizeof *a, same, 16 * sizeof *same);
  g_assert_cmpmem (a, 16 * sizeof *a, average, 16 * sizeof *average);
  for (guint i = 0; i < 16; i++) {
    g_assert_cmpfloat (a[i], !=, name[i]);
    g_assert_cmpfloat (a[i], !=, seed[i]);
  }
}

static void
test_unknown (void)
{
  g_autoptr (MpGraph) graph = mp_graph_new (MP_FLOAT32);
  g_autoptr (GError) error = NULL;
  MpNode *node = mp_parameter (graph, "critic", "critic/layer0/weight", mp_shape (graph, (gint64) 2, (gint64) -1),
                               (MpInit) { "magic", 1 });
  float values[2];

  g_assert_false (mp_init_values (node, 1, values, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_UNKNOWN);
  g_assert_nonnull (strstr (error->message, "critic/layer0/weight"));
  g_assert_nonnull (strstr (error->message, "magic"));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/init/moments", test_moments);
  g_test_add_func ("/init/torch-bias", test_torch_bias);
  g_test_add_func ("/init/constants", test_constants);
  g_test_add_func ("/init/orthogonal", test_orthogonal);
  g_test_add_func ("/init/keyed-by-seed-and-name", test_keyed);
  g_test_add_func ("/init/unknown-kind", test_unknown);
  return g_test_run ();
}
