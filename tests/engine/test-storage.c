/* SPDX-License-Identifier: Apache-2.0
 *
 * test-storage.c: activations in bfloat16: which values of a training step are, which are not, what a device that
 * declines changes, and how far the step's results move.
 */
#include "engine/graph/plan-private.h"

#include <math.h>
#include <string.h>

#include "tests/engine/contracting.h"
#include "tests/engine/pattern.h"

#define BATCH 64
#define WIDTH 96

typedef struct
{
  MpGraph  *graph;
  MpDevice *device;
  MpStore  *store;
  MpUpdate *update;
  MpNode   *loss, *hidden;
  MpPlan   *plan;
} Fixture;

/* Two hidden layers of a regression, its loss and one step of gradient descent. */
static void
open_step (Fixture    *self,
           MpPrecision precision,
           gint64      batch)
{
  MpInit zeros = { "zeros", 0 };
  MpNode *x, *h, *outputs[2];
  MpPlanSpec spec = { .name = "step", .n_outputs = 2, .outputs = outputs, .n_updates = 1, .updates = &self->update };
  g_autoptr (GError) error = NULL;

  contracting_precision = precision;
  self->graph = mp_graph_new (MP_FLOAT32);
  self->device = contracting_open ();
  self->store = mp_store_new (self->graph, &contracting_class, self->device);
  x = h = mp_input (self->graph, "x", mp_shape (self->graph, batch, (gint64) WIDTH));
  for (guint layer = 0; layer < 3; layer++) {
    g_autofree char *weight = g_strdup_printf ("w%u", layer);
    g_autofree char *bias = g_strdup_printf ("b%u", layer);
    gint64 columns = layer == 2 ? 1 : WIDTH;
    MpNode *w = mp_parameter (self->graph, "net", weight, mp_shape (self->graph, (gint64) WIDTH, columns), zeros);
    MpNode *b = mp_parameter (self->graph, "net", bias, mp_shape (self->graph, columns), zeros);

    h = mp_add (mp_matmul (h, FALSE, w, FALSE), b);
    h = layer == 2 ? h : mp_tanh (h);
    if (layer == 1)
      self->hidden = h;
  }
  self->loss = outputs[0] = mp_mean (mp_softplus (h), MP_ALL_AXES, FALSE);
  outputs[1] = self->hidden;
  self->update = mp_update_new (self->graph, self->loss, "net", MP_OP_SGD, 0, &error);
  g_assert_no_error (error);
  self->plan = mp_plan_new (self->store, &spec, &error);
  g_assert_no_error (error);
  for (guint id = 0; id < mp_graph_get_n_nodes (self->graph); id++) {
    MpNode *node = mp_graph_get_node (self->graph, id);
    gint64 n = mp_tensor_count (&node->type);
    g_autofree double *values = pattern (id, (gsize) n, node == x ? 1 : 0.25);

    if (node->op == MP_OP_PARAMETER || node == x)
      g_assert_true (mp_store_write_doubles (self->store, node, values, &error));
  }
  g_assert_true (mp_store_write_doubles (self->store, self->update->hyper, (double[MP_N_HYPER]) { 0.125 }, &error));
}

static void
close_step (Fixture *self)
{
  mp_plan_free (self->plan);
  mp_update_free (self->update);
  mp_store_free (self->store);
  mp_graph_free (self->graph);
  contracting_class.close (self->device);
  contracting_precision = MP_PRECISION_STRICT;
}

static guint
count_narrow (Fixture *self)
{
  guint n = 0;

  for (guint v = 0; v < self->plan->lowered->values->len; v++) {
    MpValue *value = g_ptr_array_index (self->plan->lowered->values, v);

    if (value->storage != MP_BFLOAT16)
      continue;
    n++;
    g_assert_cmpint (value->node->type.dtype, ==, MP_FLOAT32);
    g_assert_cmpint (mp_tensor_count (&value->node->type), ==, BATCH * WIDTH);
    g_assert_false (value->output);
  }
  return n;
}

static void
test_choice (void)
{
  Fixture self;
  MpPlanInfo strict, narrow;
  g_autofree char *listing = NULL;

  for (guint p = 0; p < 2; p++) {
    open_step (&self, p == 0 ? MP_PRECISION_STRICT : MP_PRECISION_TF32, BATCH);
    g_assert_cmpuint (count_narrow (&self), ==, 0);
    mp_plan_get_info (self.plan, &strict);
    close_step (&self);
  }
  open_step (&self, MP_PRECISION_BF16, BATCH);
  /* The first hidden layer, which is not read out as the second is, and of both layers the slope of tanh and the
   * gradient before it. Not the input, parameters and their gradients, the output's column and its loss. */
  g_assert_cmpuint (count_narrow (&self), ==, 5);
  g_assert_cmpint (_mp_lowered_find (self.plan->lowered, self.hidden)->storage, ==, MP_FLOAT32);
  mp_plan_get_info (self.plan, &narrow);
  g_assert_cmpuint (narrow.unshared_bytes, ==, strict.unshared_bytes - 5 * BATCH * WIDTH * 2);
  g_assert_cmpuint (narrow.n_kernels, ==, strict.n_kernels);
  listing = mp_plan_describe (self.plan);
  g_assert_nonnull (strstr (listing, "→ bfloat16 64×96)"));
  close_step (&self);
}

static void
test_small_values_stay (void)
{
  Fixture self;

  open_step (&self, MP_PRECISION_BF16, 32);
  g_assert_cmpuint (count_narrow (&self), ==, 0);
  close_step (&self);
}

/* Every value of the step passes through a product. */
static void
test_declined (void)
{
  Fixture self;

  contracting_declines = MP_OP_MATMUL;
  open_step (&self, MP_PRECISION_BF16, BATCH);
  contracting_declines = MP_N_OPS;
  g_assert_cmpuint (count_narrow (&self), ==, 0);
  close_step (&self);
}

/* Ten steps in both precisions. Each stored value is off by at most 2⁻⁹ of itself, and each result is a sum of products
 * of a few of them with weights of size one: a step's gradient is off by some 2⁻⁹ of its terms' sizes for each of the
 * three layers on the way and back, and ten steps of 1/8 add up to 1.25 times that. */
static void
test_values (void)
{
  float loss[2][10], hidden[2][BATCH * WIDTH];
  float *weights[2];
  const gsize n = WIDTH * WIDTH;

  for (guint p = 0; p < 2; p++) {
    Fixture self;
    g_autoptr (GError) error = NULL;
    MpRunContext context = { 1, 1, 1 };

    open_step (&self, p == 0 ? MP_PRECISION_STRICT : MP_PRECISION_BF16, BATCH);
    for (guint step = 0; step < 10; step++) {
      g_assert_true (mp_plan_run (self.plan, &context, &error));
      g_assert_true (mp_plan_read (self.plan, 0, &loss[p][step], &error));
    }
    g_assert_true (mp_plan_read (self.plan, 1, hidden[p], &error));
    weights[p] = g_new (float, n);
    g_assert_true (mp_store_read (self.store, self.update->parameters[2], weights[p], &error));
    close_step (&self);
  }
  g_assert_cmpfloat (loss[0][9], <, loss[0][0]);
  for (guint step = 0; step < 10; step++)
    g_assert_cmpfloat_with_epsilon (loss[0][step], loss[1][step], 6 * 0x1p-9 * loss[0][step]);
  g_assert_true (memcmp (hidden[0], hidden[1], sizeof hidden[0]) != 0);
  for (guint i = 0; i < BATCH * WIDTH; i++)
    g_assert_cmpfloat_with_epsilon (hidden[0][i], hidden[1][i], 6 * 0x1p-9);
  for (guint i = 0; i < n; i++)
    g_assert_cmpfloat_with_epsilon (weights[0][i], weights[1][i], 6 * 0x1p-9 * 0.25);
  g_free (weights[0]);
  g_free (weights[1]);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/storage/choice", test_choice);
  g_test_add_func ("/storage/small-values-stay", test_small_values_stay);
  g_test_add_func ("/storage/declined", test_declined);
  g_test_add_func ("/storage/values", test_values);
  return g_test_run ();
}
