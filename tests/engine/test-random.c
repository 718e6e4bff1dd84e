/* SPDX-License-Identifier: Apache-2.0
 *
 * test-random.c: random nodes and assigns in a plan: ranges and moments; the same numbers in every graph for one
 * stream, seed and step, and others for another; assigns take effect after the run.
 *
 * With n draws, a mean of standard deviation σ lies within 5σ/√n of its expectation but for one seed in a million;
 * the seeds are fixed.
 */
#include <math.h>
#include <string.h>

#include "engine/graph/plan.h"
#include "tests/test-device.h"

#define N 40000

typedef struct
{
  MpDevice *device;
  MpGraph  *graph;
  MpStore  *store;
  MpPlan   *plan;
} Fixture;

static void
set_up (Fixture *self)
{
  g_assert_cmpint (test_device_class ()->open (0, NULL, &self->device), ==, MP_OK);
  self->graph = mp_graph_new (MP_FLOAT64);
}

static void
make_plan (Fixture       *self,
           guint          n_outputs,
           MpNode *const *outputs,
           guint          n_assigns,
           MpNode *const *assigns)
{
  MpPlanSpec spec = { .name = "random", .n_outputs = n_outputs, .outputs = outputs, .n_assigns = n_assigns,
                      .assigns = assigns };
  g_autoptr (GError) error = NULL;

  mp_graph_check (self->graph, &error);
  g_assert_no_error (error);
  self->store = mp_store_new (self->graph, test_device_class (), self->device);
  self->plan = mp_plan_new (self->store, &spec, &error);
  g_assert_no_error (error);
}

static void
run (Fixture *self,
     guint64  seed,
     guint64  step)
{
  MpRunContext context = { seed, step };
  g_autoptr (GError) error = NULL;

  mp_plan_run (self->plan, &context, &error);
  g_assert_no_error (error);
}

static void
read_values (Fixture *self,
             guint    output,
             void    *values)
{
  g_autoptr (GError) error = NULL;

  mp_plan_read (self->plan, output, values, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *self)
{
  mp_plan_free (self->plan);
  mp_store_free (self->store);
  mp_graph_free (self->graph);
  test_device_class ()->close (self->device);
}

static double
moment (const double *x,
        double        centre,
        gint          power)
{
  double sum = 0;

  for (gint i = 0; i < N; i++)
    sum += pow (x[i] - centre, power);
  return sum / N;
}

static void
test_moments (void)
{
  Fixture self = { 0 };
  g_autofree double *x = g_new (double, N);
  g_autofree gint32 *k = g_new (gint32, N);
  gint count[5] = { 0 };
  gint64 dim[] = { N };

  set_up (&self);
  MpNode *outputs[] = {
    mp_random_uniform (self.graph, "u", mp_type (MP_FLOAT64, 1, dim), -1, 3),
    mp_random_normal (self.graph, "n", mp_type (MP_FLOAT64, 1, dim), 0.5, 2),
    mp_random_categorical (self.graph, "c", mp_type (MP_INT32, 1, dim), 5),
  };
  make_plan (&self, 3, outputs, 0, NULL);
  run (&self, 7, 3);

  read_values (&self, 0, x);
  for (gint i = 0; i < N; i++)
    g_assert_true (x[i] >= -1 && x[i] < 3);
  g_assert_cmpfloat_with_epsilon (moment (x, 0, 1), 1, 5 * (4 / sqrt (12)) / sqrt (N));
  g_assert_cmpfloat_with_epsilon (moment (x, 1, 2), 16.0 / 12, 5 * sqrt (16 * 16 / 180.0) / sqrt (N));

  /* Normal: variance of (x − μ)² is 2σ⁴, of the third power 15σ⁶, of the fourth 96σ⁸. */
  read_values (&self, 1, x);
  g_assert_cmpfloat_with_epsilon (moment (x, 0, 1), 0.5, 5 * 2 / sqrt (N));
  g_assert_cmpfloat_with_epsilon (moment (x, 0.5, 2), 4, 5 * sqrt (2) * 4 / sqrt (N));
  g_assert_cmpfloat_with_epsilon (moment (x, 0.5, 3), 0, 5 * sqrt (15) * 8 / sqrt (N));
  g_assert_cmpfloat_with_epsilon (moment (x, 0.5, 4), 48, 5 * sqrt (96) * 16 / sqrt (N));

  read_values (&self, 2, k);
  for (gint i = 0; i < N; i++) {
    g_assert_true (k[i] >= 0 && k[i] < 5);
    count[k[i]]++;
  }
  for (gint i = 0; i < 5; i++)
    g_assert_cmpfloat_with_epsilon ((double) count[i] / N, 0.2, 5 * sqrt (0.2 * 0.8 / N));
  tear_down (&self);
}

/* Draws of a stream in a graph that holds `before` other random nodes first. */
static double *
draw (const char *stream,
      guint       before,
      guint64     seed,
      guint64     step)
{
  Fixture self = { 0 };
  double *x = g_new (double, N);
  gint64 dim[] = { N };
  MpTensorType type = mp_type (MP_FLOAT64, 1, dim);

  set_up (&self);
  MpNode *other = mp_random_normal (self.graph, "other", type, 0, 1);
  for (guint i = 0; i < before; i++)
    other = mp_add (other, mp_random_uniform (self.graph, "more", type, 0, i + 1));
  MpNode *outputs[] = { mp_random_normal (self.graph, stream, type, 0, 1), other };
  make_plan (&self, 2, outputs, 0, NULL);
  run (&self, seed, step);
  read_values (&self, 0, x);
  tear_down (&self);
  return x;
}

static double
correlation (const double *a,
             const double *b)
{
  double sum = 0;

  for (gint i = 0; i < N; i++)
    sum += a[i] * b[i];
  return sum / N;
}

static void
test_streams (void)
{
  g_autofree double *first = draw ("latent", 0, 1, 0);
  g_autofree double *same = draw ("latent", 3, 1, 0);
  g_autofree double *stream = draw ("latent/critic", 0, 1, 0);
  g_autofree double *seed = draw ("latent", 0, 2, 0);
  g_autofree double *step = draw ("latent", 0, 1, 1);

  g_assert_cmpmem (first, N * sizeof (double), same, N * sizeof (double));
  /* Independent: the correlation has standard deviation 1/√n. */
  g_assert_cmpfloat (fabs (correlation (first, stream)), <, 5 / sqrt (N));
  g_assert_cmpfloat (fabs (correlation (first, seed)), <, 5 / sqrt (N));
  g_assert_cmpfloat (fabs (correlation (first, step)), <, 5 / sqrt (N));
}

/* A swap works because both values are read before either state is written. */
static void
test_assign (void)
{
  Fixture self = { 0 };
  double a[2] = { 1, 2 }, b[2] = { 3, 4 }, sum[2];
  g_autoptr (GError) error = NULL;

  set_up (&self);
  MpTensorType type = mp_shape (self.graph, (gint64) 2, (gint64) -1);
  MpNode *first = mp_state (self.graph, "first", type, (MpInit) { "zeros", 0 });
  MpNode *second = mp_state (self.graph, "second", type, (MpInit) { "zeros", 0 });
  MpNode *total = mp_add (first, mp_mul_scalar (second, 10));
  MpNode *assigns[] = { mp_assign (first, second), mp_assign (second, first) };
  make_plan (&self, 1, &total, 2, assigns);
  g_assert_true (mp_store_write (self.store, first, a, &error));
  g_assert_true (mp_store_write (self.store, second, b, &error));

  for (gint i = 0; i < 3; i++) {
    run (&self, 0, i);
    read_values (&self, 0, sum);
    g_assert_cmpfloat (sum[0], ==, i % 2 == 0 ? 31 : 13);
    g_assert_cmpfloat (sum[1], ==, i % 2 == 0 ? 42 : 24);
  }
  g_assert_true (mp_store_read (self.store, first, a, &error));
  g_assert_cmpfloat (a[0], ==, 3);
  g_assert_cmpfloat (a[1], ==, 4);
  tear_down (&self);
}

int
main (int    argc,
      char **argv)
{
  if (test_device_skips ())
    return 0;
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/random/moments", test_moments);
  g_test_add_func ("/random/streams", test_streams);
  g_test_add_func ("/random/assign", test_assign);
  return g_test_run ();
}
