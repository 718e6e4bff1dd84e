/* SPDX-License-Identifier: Apache-2.0
 *
 * test-updates.c: five steps of every optimizer equal torch.optim's (tests/reference/optimizers.json), in float64 and
 * float32. The gradients are given: the loss is Σ parameter·input. The optimizers' steps in nodes (optimizer.h) say the
 * same: each plan also computes what the parameters will be.
 */
#include <math.h>
#include <string.h>

#include "engine/optimizers/optimizer.h"
#include "tests/engine/golden.h"
#include "tests/engine/pattern.h"
#include "tests/test-device.h"

#define N_PARAMETERS 2
#define N_STEPS 5
#define PARAMETER_TAG 500
#define GRADIENT_TAG 600

static const struct
{
  const char *name;
  gint        rank;
  gint64      dim[2];
} parameters[N_PARAMETERS] = {
  { "a", 2, { 3, 4 } },
  { "b", 1, { 19 } },
};

typedef struct
{
  MpDevice *device;
  MpGraph  *graph;
  MpStore  *store;
  MpPlan   *plan;
  MpUpdate *update;
  MpNode   *parameter[N_PARAMETERS];
  MpNode   *gradient[N_PARAMETERS];
  MpNode   *next[N_PARAMETERS];     /* the parameter after the step, in nodes */
} Fixture;

static MpOp
find_op (const char *name)
{
  for (MpOp op = MP_OP_SGD; op <= MP_OP_ADAMW; op++)
    if (g_str_equal (name, mp_op_name (op)))
      return op;
  g_assert_not_reached ();
}

static guint32
read_flags (JsonObject *test)
{
  JsonArray *names = json_object_get_array_member (test, "flags");
  guint32 flags = 0;

  for (guint i = 0; i < json_array_get_length (names); i++) {
    const char *name = json_array_get_string_element (names, i);

    if (g_str_equal (name, "nesterov"))
      flags |= MP_UPDATE_NESTEROV;
    else if (g_str_equal (name, "epsilon-inside"))
      flags |= MP_UPDATE_EPSILON_INSIDE;
    else if (g_str_equal (name, "ascend"))
      flags |= MP_UPDATE_ASCEND;
    else
      g_assert_not_reached ();
  }
  return flags;
}

/* The same step in nodes, from the state before the run. */
static void
step_in_nodes (Fixture    *self,
               JsonObject *test)
{
  const char *op = json_object_get_string_member (test, "op");
  const MpOptimizer *optimizer = (const MpOptimizer *) mp_registry_find (MP_KIND_OPTIMIZER, op);
  JsonObject *hyper = json_object_get_object_member (test, "hyper");
  MpMoments moments = mp_graph_get_moments (self->graph, "net");
  MpUpdateRule rule = {
    .hyper = moments.hyper,
    .count = moments.count,
    .flags = read_flags (test),
    .decays = json_object_get_double_member_with_default (hyper, "weight_decay", 0) != 0,
    .clips = json_object_get_double_member_with_default (hyper, "clip", 0) != 0,
  };

  for (guint i = 0; i < N_PARAMETERS; i++) {
    MpUpdateState state = {
      .value = self->parameter[i],
      .moment1 = mp_moment_of (moments.moment1, self->parameter[i]),
      .moment2 = mp_moment_of (moments.moment2, self->parameter[i]),
    };

    self->next[i] = mp_optimizer_step (optimizer, &rule, &state, self->update->gradients[i]).value;
  }
}

static void
write_hyper (Fixture    *self,
             JsonObject *test)
{
  static const char *const keys[] = {
    [MP_HYPER_LEARNING_RATE] = "learning_rate", [MP_HYPER_BETA1] = "beta1", [MP_HYPER_BETA2] = "beta2",
    [MP_HYPER_EPSILON] = "epsilon", [MP_HYPER_WEIGHT_DECAY] = "weight_decay", [MP_HYPER_CLIP] = "clip",
  };
  JsonObject *object = json_object_get_object_member (test, "hyper");
  g_autoptr (GError) error = NULL;
  double hyper[MP_N_HYPER] = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    hyper[i] = json_object_get_double_member_with_default (object, keys[i], 0);
  mp_store_write_doubles (self->store, self->update->hyper, hyper, &error);
  g_assert_no_error (error);
}

static void
write_pattern (Fixture *self,
               MpNode  *node,
               guint32  tag,
               double   scale)
{
  gsize n = mp_tensor_count (&node->type);
  g_autofree double *values = pattern (tag, n, scale);
  g_autoptr (GError) error = NULL;

  mp_store_write_doubles (self->store, node, values, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture    *self,
        JsonObject *test,
        MpDtype     dtype)
{
  g_autoptr (GError) error = NULL;
  MpNode *loss = NULL;

  g_assert_cmpint (test_device_class ()->open (0, NULL, &self->device), ==, MP_OK);
  self->graph = mp_graph_new (dtype);
  for (guint i = 0; i < N_PARAMETERS; i++) {
    g_autofree char *name = g_strconcat ("gradient/", parameters[i].name, NULL);
    MpTensorType type = mp_type (dtype, parameters[i].rank, parameters[i].dim);

    self->parameter[i] = mp_parameter (self->graph, "net", parameters[i].name, type, (MpInit) { "zeros", 0 });
    self->gradient[i] = mp_input (self->graph, name, type);
    MpNode *term = mp_sum (mp_mul (self->parameter[i], self->gradient[i]), MP_ALL_AXES, FALSE);
    loss = loss == NULL ? term : mp_add (loss, term);
  }
  self->update = mp_update_new (self->graph, loss, "net", find_op (json_object_get_string_member (test, "op")),
                                read_flags (test), &error);
  g_assert_no_error (error);
  step_in_nodes (self, test);
  self->store = mp_store_new (self->graph, test_device_class (), self->device);
  MpPlanSpec spec = { .name = "step", .n_outputs = N_PARAMETERS, .outputs = self->next, .n_updates = 1,
                      .updates = &self->update };
  self->plan = mp_plan_new (self->store, &spec, &error);
  g_assert_no_error (error);
  write_hyper (self, test);
  for (guint i = 0; i < N_PARAMETERS; i++)
    write_pattern (self, self->parameter[i], PARAMETER_TAG + i, 2);
}

static void
tear_down (Fixture *self)
{
  mp_plan_free (self->plan);
  mp_store_free (self->store);
  mp_update_free (self->update);
  mp_graph_free (self->graph);
  test_device_class ()->close (self->device);
}

static void
check_parameter (Fixture    *self,
                 guint       i,
                 JsonObject *expected,
                 guint       step)
{
  MpNode *node = self->parameter[i];
  gsize n = mp_tensor_count (&node->type);
  g_autofree double *buffer = g_new0 (double, n);
  g_autofree double *found = g_new0 (double, n);
  g_autofree double *golden = golden_numbers (json_object_get_array_member (expected, parameters[i].name));
  g_autofree char *what = g_strdup_printf ("%s %s after step %u", mp_dtype_name (node->type.dtype),
                                           parameters[i].name, step + 1);
  g_autofree char *in_nodes = g_strconcat (what, ", in nodes", NULL);
  /* Values below 2.5; some twenty roundings in a step, five steps. */
  double tolerance = node->type.dtype == MP_FLOAT64 ? 100 * 0x1p-51 : 100 * 0x1p-22;
  g_autoptr (GError) error = NULL;

  mp_store_read (self->store, node, buffer, &error);
  g_assert_no_error (error);
  golden_to_doubles (node->type.dtype, buffer, n, found);
  golden_compare (what, found, golden, n, tolerance);
  mp_plan_read (self->plan, i, buffer, &error);
  g_assert_no_error (error);
  golden_to_doubles (node->type.dtype, buffer, n, found);
  golden_compare (in_nodes, found, golden, n, tolerance);
}

static void
check (JsonObject *test,
       MpDtype     dtype)
{
  JsonArray *steps = json_object_get_array_member (test, "steps");
  MpRunContext context = { 0 };
  g_autoptr (GError) error = NULL;
  Fixture self = { 0 };

  set_up (&self, test, dtype);
  g_assert_cmpuint (json_array_get_length (steps), ==, N_STEPS);
  for (guint step = 0; step < N_STEPS; step++) {
    for (guint i = 0; i < N_PARAMETERS; i++)
      write_pattern (&self, self.gradient[i], GRADIENT_TAG + 10 * step + i, 1);
    mp_plan_run (self.plan, &context, &error);
    g_assert_no_error (error);
    for (guint i = 0; i < N_PARAMETERS; i++)
      check_parameter (&self, i, json_array_get_object_element (steps, step), step);
  }
  tear_down (&self);
}

static void
test_double (gconstpointer test)
{
  check ((JsonObject *) test, MP_FLOAT64);
}

static void
test_single (gconstpointer test)
{
  check ((JsonObject *) test, MP_FLOAT32);
}

int
main (int    argc,
      char **argv)
{
  if (test_device_skips ())
    return 0;
  g_test_init (&argc, &argv, NULL);
  golden_add_tests ("optimizers.json", "updates", test_double, test_single);
  return g_test_run ();
}
