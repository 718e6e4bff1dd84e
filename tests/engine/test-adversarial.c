/* SPDX-License-Identifier: Apache-2.0
 *
 * test-adversarial.c: what the ten golden steps of the two-player games leave open: gradients of penalties and of
 * unrolled losses against finite differences, with every normalisation and optimizer; units that never had a gradient;
 * shared latents; clipping as a live setting.
 */
#include <math.h>
#include <string.h>

#include "tests/engine/lane.h"
#include "tests/engine/pattern.h"

#define DIFFERENCE 1e-5
#define COUNT 3 /* updates that the critic's optimizer has done */

typedef struct
{
  MpLoop *loop;
  MpBuild *build;
  MpGraph *graph;
  MpStore *store;
  GPtrArray *parameters; /* MpNode: what is moved */
  GPtrArray *start;      /* double *: their values */
  MpPlan *plan;          /* the loss, and its slope in the direction */
} Slope;

static double *
direction (MpNode *node,
           guint   i)
{
  return pattern (700 + i, (gsize) mp_tensor_count (&node->type), 1);
}

static void
put (MpStore      *store,
     MpNode       *node,
     const double *values)
{
  g_autoptr (GError) error = NULL;

  mp_store_write_doubles (store, node, values, &error);
  g_assert_no_error (error);
}

/* The slope from the gradients, Σ ∂L/∂θ·d. */
static MpNode *
slope_of (Slope  *self,
          MpNode *loss)
{
  guint n = self->parameters->len;
  g_autofree MpNode **gradients = g_new (MpNode *, n);
  MpNode *slope = mp_full (self->graph, mp_type (MP_FLOAT64, 0, NULL), 0);
  g_autoptr (GError) error = NULL;

  g_assert_true (mp_gradients (self->graph, loss, n, (MpNode **) self->parameters->pdata, gradients, &error));
  for (guint i = 0; i < n; i++) {
    MpNode *parameter = g_ptr_array_index (self->parameters, i);
    g_autofree double *d = direction (parameter, i);

    slope = mp_add (slope, mp_sum (mp_mul (gradients[i], mp_constant (self->graph, parameter->type, d)), MP_ALL_AXES,
                                   FALSE));
  }
  return slope;
}

/* Running means of an optimizer that has been at work. */
static void
write_moments (Slope *self)
{
  MpMoments moments = mp_graph_get_moments (self->graph, "critic");
  gsize n = (gsize) mp_tensor_count (&moments.moment1->type);
  g_autofree double *first = pattern (800, n, 0.02), *second = pattern (801, n, 0.001);
  double count = COUNT;

  for (gsize i = 0; i < n; i++)
    second[i] = fabs (second[i]) + 1e-4;
  put (self->store, moments.moment1, first);
  put (self->store, moments.moment2, second);
  put (self->store, moments.count, &count);
}

static void
slope_open (Slope      *self,
            const char *method,
            const char *settings,
            const char *group)
{
  g_autofree char *all = g_strconcat ("train.precision=float64;generator.activation=tanh;critic.activation=tanh;",
                                      settings, NULL);
  g_autoptr (MpExperiment) experiment = lane_experiment (method, all);
  const MpPhase *phase;
  MpNode *outputs[2];
  g_autoptr (GError) error = NULL;

  self->loop = lane_open (experiment);
  self->build = mp_loop_get_build (self->loop);
  self->graph = mp_build_graph (self->build);
  self->store = mp_loop_get_store (self->loop);
  self->parameters = mp_graph_list_group (self->graph, group);
  self->start = g_ptr_array_new_with_free_func (g_free);
  phase = mp_build_get_phase (self->build, 0);
  for (guint i = 0; i < phase->objectives->len; i++)
    if (g_str_equal (g_array_index (phase->objectives, MpObjective, i).group, group))
      outputs[0] = g_array_index (phase->objectives, MpObjective, i).loss;
  outputs[1] = slope_of (self, outputs[0]);
  self->plan = mp_plan_new (self->store, &(MpPlanSpec) { .name = "slope", .n_outputs = 2, .outputs = outputs }, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < self->parameters->len; i++)
    g_ptr_array_add (self->start, lane_read_node (self->loop, g_ptr_array_index (self->parameters, i)));
  write_moments (self);
  /* A minibatch; and a spectral norm that has settled, as only there its vectors are as good as constant. */
  for (guint i = 0; i < (strstr (settings, "spectral") != NULL ? 2000 : 1); i++)
    g_assert_true (mp_loop_run_phase (self->loop, 0, 0, 0, &error));
  write_moments (self);
}

/* Loss and slope at start + step·d. */
static void
slope_run (Slope  *self,
           double  step,
           double *found)
{
  const MpRunContext context = { 1, 5 };
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < self->parameters->len; i++) {
    MpNode *parameter = g_ptr_array_index (self->parameters, i);
    const double *start = g_ptr_array_index (self->start, i);
    g_autofree double *d = direction (parameter, i);

    for (gint64 j = 0; j < mp_tensor_count (&parameter->type); j++)
      d[j] = start[j] + step * d[j];
    put (self->store, parameter, d);
  }
  mp_plan_run (self->plan, &context, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 2; i++)
    g_assert_true (mp_plan_read (self->plan, i, &found[i], &error));
}

static void
slope_close (Slope *self)
{
  mp_plan_free (self->plan);
  g_ptr_array_unref (self->parameters);
  g_ptr_array_unref (self->start);
  mp_loop_free (self->loop);
}

/* Of the first phase's loss that moves the group. */
static void
check_slope (const char *method,
             const char *settings,
             const char *group)
{
  Slope self = { 0 };
  double side[4][2], here[2], difference;

  g_test_message ("%s, %s: %s", method, group, settings);
  slope_open (&self, method, settings, group);
  for (gint i = 0; i < 4; i++)
    slope_run (&self, (i < 2 ? i - 2 : i - 1) * DIFFERENCE, side[i]);
  slope_run (&self, 0, here);
  /* of fourth order, since penalties of normalised critics are strongly curved */
  difference = (side[0][0] - 8 * side[1][0] + 8 * side[2][0] - side[3][0]) / (12 * DIFFERENCE);
  g_assert_cmpfloat (fabs (here[1]), >, 1e-6);
  if (!(fabs (difference - here[1]) <= 1e-7 * fmax (1, fabs (here[0])) + 1e-6 * fabs (here[1])))
    g_error ("the gradient says %.12g, the difference %.12g", here[1], difference);
  slope_close (&self);
}

static void
test_penalties (void)
{
  static const char *const normalisations[] = { "none", "layer", "batch", "spectral", NULL };
  static const char *const places[] = { "between", "around-data", "data", "generated", NULL };

  for (guint i = 0; normalisations[i] != NULL; i++)
    for (guint j = 0; places[j] != NULL; j++) {
      g_autofree char *settings = g_strdup_printf ("critic.normalisation=%s;method.penalty_points=%s;method.penalty=3;"
                                                   "optimizer.critic.learning_rate=0", normalisations[i], places[j]);

      check_slope ("gan", settings, "critic");
    }
  check_slope ("wgan-gp", "method.penalty_sides=one;method.penalty_target=0.01", "critic");
  check_slope ("hinge", "critic.activation=softplus;method.penalty_points=data;method.penalty_target=0", "critic");
}

/* Through the critic's optimizer, from running means that are not zero. (Spectral normalisation takes its vectors for
 * constant, which differences do not along the way; its golden steps do.) */
static void
test_unrolled (void)
{
  static const char *const optimizers[] = {
    "kind=adam", "kind=adam;optimizer.critic.weight_decay=0.1", "kind=adamw;optimizer.critic.weight_decay=0.1",
    "kind=rmsprop", "kind=rmsprop;optimizer.critic.epsilon_place=inside;optimizer.critic.momentum=0.5",
    "kind=sgd;optimizer.critic.momentum=0.9", "kind=sgd;optimizer.critic.momentum=0.9;optimizer.critic.nesterov=true",
  };
  static const char *const normalisations[] = { "none", "layer", "batch", NULL };

  for (guint i = 0; i < G_N_ELEMENTS (optimizers); i++) {
    g_autofree char *settings = g_strdup_printf ("optimizer.critic.%s;optimizer.critic.learning_rate=0.02;"
                                                 "method.unroll_steps=3", optimizers[i]);

    check_slope ("unrolled", settings, "generator");
  }
  for (guint i = 0; normalisations[i] != NULL; i++) {
    g_autofree char *settings = g_strdup_printf ("optimizer.critic.kind=adam;optimizer.critic.learning_rate=0.02;"
                                                 "method.unroll_steps=2;critic.normalisation=%s", normalisations[i]);

    check_slope ("unrolled", settings, "generator");
  }
  check_slope ("unrolled", "optimizer.critic.kind=adam;optimizer.critic.learning_rate=0.02;method.unroll_steps=2;"
               "method.penalty_points=between;method.penalty=1", "generator");
}

/* A critic of zeros has units without any gradient: their running means stay zero, where a root has no slope. */
static void
test_dead_units (void)
{
  g_autoptr (MpExperiment) experiment = lane_experiment ("unrolled", "optimizer.critic.kind=adam");
  g_autoptr (MpLoop) loop = lane_open (experiment);
  MpGraph *graph = mp_build_graph (mp_loop_get_build (loop));
  g_autoptr (GPtrArray) parameters = mp_graph_list_group (graph, "critic");

  for (guint i = 0; i < parameters->len; i++) {
    MpNode *parameter = g_ptr_array_index (parameters, i);
    g_autofree double *zeros = g_new0 (double, mp_tensor_count (&parameter->type));

    put (mp_loop_get_store (loop), parameter, zeros);
  }
  lane_run (loop, 0, 20);
  g_assert_true (mp_loop_is_finite (loop));
  for (guint i = 0; i < 2; i++) {
    g_autofree double *values = lane_read (loop, i == 0 ? "generator/output/weight" : "critic/output/bias");

    g_assert_true (isfinite (values[0]));
  }
}

/* With rates of 0 two generator updates differ in nothing but their latents. */
static void
check_latents (const char *latents,
               gboolean    equal)
{
  g_autofree char *keys = g_strdup_printf ("method.latents=%s;method.generator_steps=2;"
                                           "optimizer.critic.learning_rate=0;optimizer.generator.learning_rate=0",
                                           latents);
  g_autoptr (MpExperiment) experiment = lane_experiment ("gan", keys);
  g_autoptr (MpLoop) loop = lane_open (experiment);
  float loss[2];
  g_autoptr (GError) error = NULL;

  for (gint64 r = 0; r < 2; r++) {
    g_assert_true (mp_loop_run_phase (loop, 1, 4, r, &error));
    g_assert_true (mp_plan_read (mp_loop_get_plan (loop, 1), 0, &loss[r], &error));
  }
  g_assert_true ((loss[0] == loss[1]) == equal);
}

static void
test_latents (void)
{
  check_latents ("shared", TRUE);
  check_latents ("fresh", FALSE);
}

static void
assert_bound (MpLoop *loop,
              double  bound)
{
  MpGraph *graph = mp_build_graph (mp_loop_get_build (loop));
  g_autoptr (GPtrArray) parameters = mp_graph_list_group (graph, "critic");
  double largest = 0;

  for (guint i = 0; i < parameters->len; i++) {
    MpNode *parameter = g_ptr_array_index (parameters, i);
    g_autofree double *values = lane_read_node (loop, parameter);

    for (gint64 j = 0; j < mp_tensor_count (&parameter->type); j++)
      largest = fmax (largest, fabs (values[j]));
  }
  g_assert_cmpfloat (fabs (largest - bound), <, 1e-6 * bound);
}

static void
set_live (MpExperiment *experiment,
          MpLoop       *loop,
          const char   *group,
          const char   *key,
          const char   *value)
{
  g_autoptr (GError) error = NULL;

  mp_experiment_set_value (experiment, group, key, value, &error);
  g_assert_no_error (error);
  g_assert_true (mp_loop_update_live (loop, group, key, &error));
}

/* The method's bound and the optimizer's: the smaller one holds, and both may change. */
static void
test_clip (void)
{
  g_autoptr (MpExperiment) experiment = lane_experiment ("wgan", "critic.normalisation=layer");
  g_autoptr (MpLoop) loop = lane_open (experiment);

  lane_run (loop, 0, 2);
  assert_bound (loop, 0.01);
  set_live (experiment, loop, "method", "clip", "0.004");
  lane_run (loop, 2, 4);
  assert_bound (loop, 0.004);
  set_live (experiment, loop, "optimizer.critic", "clip", "0.002");
  lane_run (loop, 4, 6);
  assert_bound (loop, 0.002);
}

int
main (int   argc,
      char *argv[])
{
  if (test_device_skips ())
    return 0;
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/adversarial/penalties", test_penalties);
  g_test_add_func ("/adversarial/unrolled", test_unrolled);
  g_test_add_func ("/adversarial/dead-units", test_dead_units);
  g_test_add_func ("/adversarial/latents", test_latents);
  g_test_add_func ("/adversarial/clip", test_clip);
  return g_test_run ();
}
