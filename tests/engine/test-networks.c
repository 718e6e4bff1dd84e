/* SPDX-License-Identifier: Apache-2.0
 *
 * test-networks.c: the MLP against a plain forward pass, at several depths, activations and normalisations; moving
 * averages of batch normalisation.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "engine/nn/init.h"
#include "tests/engine/lane.h"

#define ROWS 7
#define INPUTS 3
#define OUTPUTS 2
#define WIDEST 16

typedef struct
{
  MpGraph   *graph;
  MpNode    *x;
  MpNetwork *network;
  MpStore   *store;
} Fixture;

static MpExperiment *
network_experiment (const char *keys)
{
  g_autofree char *text = g_strconcat ("[data]\nkind = ring\n[generator]\nkind = mlp\n", keys,
                                       "\n[method]\nkind = mmd-net\n", NULL);
  g_autoptr (GError) error = NULL;
  MpExperiment *experiment = mp_experiment_parse (text, -1, "test.ini", &error);

  g_assert_no_error (error);
  return experiment;
}

static double *
read_variable (Fixture *fixture,
               guint   *next)
{
  MpNode *node = g_ptr_array_index (mp_network_get_variables (fixture->network), (*next)++);
  double *values = g_new (double, mp_tensor_count (&node->type));

  g_assert_true (mp_store_read (fixture->store, node, values, NULL));
  return values;
}

static double
activate (const char *name,
          double      x)
{
  const double slope = 0.2;

  if (g_str_equal (name, "relu"))
    return MAX (x, 0);
  if (g_str_equal (name, "leaky-relu"))
    return x > 0 ? x : slope * x;
  if (g_str_equal (name, "elu"))
    return x > 0 ? x : slope * expm1 (x);
  if (g_str_equal (name, "tanh"))
    return tanh (x);
  if (g_str_equal (name, "sigmoid"))
    return 1 / (1 + exp (-x));
  if (g_str_equal (name, "softplus"))
    return MAX (x, 0) + log1p (exp (-fabs (x)));
  g_assert_cmpstr (name, ==, "linear");
  return x;
}

/* (h − mean)/√(variance + 10⁻⁵)·scale + offset over rows (batch) or columns (layer). */
static void
normalise (double        h[ROWS][WIDEST],
           gint          width,
           gboolean      batch,
           const double *scale,
           const double *offset,
           const double *mean,
           const double *variance)
{
  gint groups = batch ? width : ROWS, members = batch ? ROWS : width;

  for (gint g = 0; g < groups; g++) {
    double m = 0, v = 0;

    for (gint k = 0; k < members; k++)
      m += (batch ? h[k][g] : h[g][k]) / members;
    for (gint k = 0; k < members; k++)
      v += pow ((batch ? h[k][g] : h[g][k]) - m, 2) / members;
    if (mean != NULL) {
      m = mean[g];
      v = variance[g];
    }
    for (gint k = 0; k < members; k++) {
      double *value = batch ? &h[k][g] : &h[g][k];
      gint column = batch ? g : k;

      *value = (*value - m) / sqrt (v + 1e-5) * scale[column] + offset[column];
    }
  }
}

static void
forward (Fixture      *fixture,
         MpExperiment *experiment,
         MpMode        mode,
         const double *x,
         double       *y)
{
  const char *normalisation = mp_experiment_get_string (experiment, "generator", "normalisation");
  gboolean batch = g_str_equal (normalisation, "batch");
  guint n_hidden, next = 0;
  const double *hidden = mp_experiment_get_doubles (experiment, "generator", "hidden", &n_hidden);
  double h[ROWS][WIDEST] = { 0 };
  gint inputs = INPUTS;

  for (gint i = 0; i < ROWS; i++)
    memcpy (h[i], x + i * INPUTS, INPUTS * sizeof *x);
  for (guint l = 0; l <= n_hidden; l++) {
    gint width = l < n_hidden ? (gint) hidden[l] : OUTPUTS;
    g_autofree double *weight = read_variable (fixture, &next);
    g_autofree double *bias = read_variable (fixture, &next);
    double out[ROWS][WIDEST] = { 0 };

    for (gint i = 0; i < ROWS; i++)
      for (gint j = 0; j < width; j++) {
        out[i][j] = bias[j];
        for (gint k = 0; k < inputs; k++)
          out[i][j] += h[i][k] * weight[k * width + j];
      }
    if (l < n_hidden && !g_str_equal (normalisation, "none")) {
      g_autofree double *scale = read_variable (fixture, &next);
      g_autofree double *offset = read_variable (fixture, &next);
      g_autofree double *mean = batch ? read_variable (fixture, &next) : NULL;
      g_autofree double *variance = batch ? read_variable (fixture, &next) : NULL;

      normalise (out, width, batch, scale, offset, mode == MP_INFERENCE ? mean : NULL, variance);
    }
    for (gint i = 0; i < ROWS; i++)
      for (gint j = 0; j < width; j++)
        h[i][j] = activate (mp_experiment_get_string (experiment, "generator",
                                                      l < n_hidden ? "activation" : "output_activation"), out[i][j]);
    inputs = width;
  }
  for (gint i = 0; i < ROWS; i++)
    memcpy (y + i * OUTPUTS, h[i], OUTPUTS * sizeof *y);
}

/* Random values for all variables, so that scales, offsets and averages count; variances stay positive. */
static void
open_fixture (Fixture      *fixture,
              MpExperiment *experiment)
{
  MpSample inputs = mp_sample_row (INPUTS), outputs = mp_sample_row (OUTPUTS);
  g_autoptr (GError) error = NULL;

  fixture->graph = mp_graph_new (MP_FLOAT64);
  fixture->x = mp_input (fixture->graph, "x", mp_shape (fixture->graph, (gint64) ROWS, (gint64) INPUTS, (gint64) -1));
  fixture->network = mp_network_new (fixture->graph, experiment, "generator", NULL, &inputs, &outputs, &error);
  g_assert_no_error (error);
  fixture->store = mp_store_new (fixture->graph, test_device_class (), lane_device ());
  g_assert_nonnull (fixture->store);
  g_assert_true (mp_init_all (fixture->store, 3, &error));
}

static void
randomise (Fixture *fixture)
{
  GPtrArray *variables = mp_network_get_variables (fixture->network);

  for (guint i = 0; i < variables->len; i++) {
    MpNode *node = g_ptr_array_index (variables, i);
    gint64 n = mp_tensor_count (&node->type);
    g_autofree double *values = g_new (double, n);

    for (gint64 j = 0; j < n; j++)
      values[j] = g_str_has_suffix (node->name, "/variance") ? 0.5 + 0.1 * (double) j
                                                             : sin (1.7 * (double) j + i) * 0.8;
    g_assert_true (mp_store_write (fixture->store, node, values, NULL));
  }
}

static void
close_fixture (Fixture *fixture)
{
  mp_store_free (fixture->store);
  mp_network_free (fixture->network);
  mp_graph_free (fixture->graph);
}

static void
fill_x (double *x)
{
  for (gint i = 0; i < ROWS * INPUTS; i++)
    x[i] = cos (0.9 * i) * 2;
}

static void
compare_forward (const char *keys,
                 MpMode      mode)
{
  g_autoptr (MpExperiment) experiment = network_experiment (keys);
  g_autoptr (GError) error = NULL;
  Fixture fixture;
  double x[ROWS * INPUTS], y[ROWS * OUTPUTS], expected[ROWS * OUTPUTS];
  MpNode *output;
  MpPlan *plan;

  g_test_message ("%s", keys);
  open_fixture (&fixture, experiment);
  randomise (&fixture);
  fill_x (x);
  output = mp_network_apply (fixture.network, fixture.x, mode, NULL);
  g_assert_true (mp_graph_check (fixture.graph, &error));
  plan = mp_plan_new (fixture.store, &(MpPlanSpec) { .name = "test", .n_outputs = 1, .outputs = &output }, &error);
  g_assert_no_error (error);
  g_assert_true (mp_store_write (fixture.store, fixture.x, x, NULL));
  g_assert_true (mp_plan_run (plan, &(MpRunContext) { 0 }, &error));
  g_assert_true (mp_plan_read (plan, 0, y, &error));

  forward (&fixture, experiment, mode, x, expected);
  for (gint i = 0; i < ROWS * OUTPUTS; i++)
    g_assert_cmpfloat (fabs (y[i] - expected[i]), <=, 1000 * DBL_EPSILON * (1 + fabs (expected[i])));
  mp_plan_free (plan);
  close_fixture (&fixture);
}

static void
test_depths (void)
{
  static const char *const hidden[] = { "", "1", "5", "4, 6", "16, 3, 9", "2, 3, 4, 5, 6, 7, 8" };

  for (guint i = 0; i < G_N_ELEMENTS (hidden); i++) {
    g_autofree char *keys = g_strdup_printf ("hidden = %s\nactivation = tanh\n", hidden[i]);

    compare_forward (keys, MP_TRAINING);
  }
}

static void
test_activations (void)
{
  static const char *const activations[] = { "relu", "leaky-relu", "elu", "tanh", "sigmoid", "softplus", "linear" };

  for (guint i = 0; i < G_N_ELEMENTS (activations); i++) {
    g_autofree char *keys = g_strdup_printf ("hidden = 5, 4\nactivation = %s\noutput_activation = %s\n",
                                             activations[i], activations[i]);

    compare_forward (keys, MP_TRAINING);
  }
}

static void
test_normalisations (void)
{
  static const char *const normalisations[] = { "none", "layer", "batch" };

  for (guint i = 0; i < G_N_ELEMENTS (normalisations); i++) {
    g_autofree char *keys = g_strdup_printf ("hidden = 5, 4\nnormalisation = %s\n", normalisations[i]);

    compare_forward (keys, MP_TRAINING);
    compare_forward (keys, MP_INFERENCE);
  }
}

/* One pass wants mean ← 0.9·0 + 0.1·batch mean, variance ← 0.9·1 + 0.1·unbiased batch variance. */
static void
test_moving_averages (void)
{
  g_autoptr (MpExperiment) experiment = network_experiment ("hidden = 4\nnormalisation = batch\n");
  g_autoptr (GArray) moving = g_array_new (FALSE, FALSE, sizeof (MpMovingAverage));
  g_autoptr (GError) error = NULL;
  Fixture fixture;
  double x[ROWS * INPUTS], value[4];
  guint next = 0;
  MpPlan *plan;
  MpNode *outputs[2];

  open_fixture (&fixture, experiment);
  fill_x (x);
  g_assert_nonnull (mp_network_apply (fixture.network, fixture.x, MP_INFERENCE, moving));
  g_assert_cmpuint (moving->len, ==, 0);
  g_assert_nonnull (mp_network_apply (fixture.network, fixture.x, MP_TRAINING, moving));
  g_assert_cmpuint (moving->len, ==, 2);
  for (guint i = 0; i < 2; i++) {
    outputs[i] = g_array_index (moving, MpMovingAverage, i).value;
    g_assert_cmpfloat (g_array_index (moving, MpMovingAverage, i).momentum, ==, 0.1);
  }
  plan = mp_plan_new (fixture.store, &(MpPlanSpec) { .name = "test", .n_outputs = 2, .outputs = outputs }, &error);
  g_assert_no_error (error);
  g_assert_true (mp_store_write (fixture.store, fixture.x, x, NULL));
  g_assert_true (mp_plan_run (plan, &(MpRunContext) { 0 }, &error));

  g_autofree double *weight = read_variable (&fixture, &next);

  for (guint i = 0; i < 2; i++) {
    g_assert_true (mp_plan_read (plan, i, value, &error));
    for (gint j = 0; j < 4; j++) {
      double h[ROWS] = { 0 }, mean = 0, variance = 0;

      for (gint r = 0; r < ROWS; r++) {
        for (gint k = 0; k < INPUTS; k++)
          h[r] += x[r * INPUTS + k] * weight[k * 4 + j];
        mean += h[r] / ROWS;
      }
      for (gint r = 0; r < ROWS; r++)
        variance += (h[r] - mean) * (h[r] - mean) / (ROWS - 1);
      g_assert_cmpfloat (fabs (value[j] - (i == 0 ? mean : variance)), <=, 200 * DBL_EPSILON * (1 + variance));
    }
  }
  mp_plan_free (plan);
  close_fixture (&fixture);
}

static void
assert_layer0 (MpLoop *loop,
               double  share,
               double  variance)
{
  g_autofree double *weight = lane_read (loop, "critic/layer0/weight");
  g_autofree double *mean = lane_read (loop, "critic/layer0/mean");
  g_autofree double *spread = lane_read (loop, "critic/layer0/variance");

  for (gint j = 0; j < 3; j++) {
    g_assert_cmpfloat (fabs (mean[j] - share * 2 * weight[j]), <, 1e-5);
    g_assert_cmpfloat (fabs (spread[j] - variance), <, 1e-5);
  }
}

/* GAN's critic phase passes real, then generated points through the critic, so its averages move twice, in that
 * order; the generator's phase moves them once. Here all real points are (2, 0) and all generated ones (0, 0), but for
 * 10⁻⁶, so the batch means are 2·W₀ and 0 and the variances 0. */
static void
test_chained_averages (void)
{
  const char *keys = "critic.hidden=3;critic.normalisation=batch;data.modes=1;data.std=1e-6;train.precision=float64;"
                     "generator.init=normal;generator.init_std=1e-6;optimizer.critic.learning_rate=0;"
                     "optimizer.generator.learning_rate=0";
  g_autoptr (MpExperiment) experiment = lane_experiment ("gan", keys);
  g_autoptr (MpLoop) loop = lane_open (experiment);
  g_autoptr (GError) error = NULL;
  double share = 0.9 * 0.1;

  mp_loop_run_phase (loop, 0, 0, 0, &error);
  g_assert_no_error (error);
  assert_layer0 (loop, share, 0.81);
  mp_loop_run_phase (loop, 0, 0, 1, &error);
  g_assert_no_error (error);
  share = 0.9 * (0.9 * share + 0.1);
  assert_layer0 (loop, share, 0.81 * 0.81);
  mp_loop_run_phase (loop, 1, 0, 0, &error);
  g_assert_no_error (error);
  assert_layer0 (loop, 0.9 * share, 0.9 * 0.81 * 0.81);
}

int
main (int   argc,
      char *argv[])
{
  if (test_device_skips ())
    return 0;
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/networks/depths", test_depths);
  g_test_add_func ("/networks/activations", test_activations);
  g_test_add_func ("/networks/normalisations", test_normalisations);
  g_test_add_func ("/networks/moving-averages", test_moving_averages);
  g_test_add_func ("/networks/chained-averages", test_chained_averages);
  return g_test_run ();
}
