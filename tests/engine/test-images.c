/* SPDX-License-Identifier: Apache-2.0
 *
 * test-images.c: convolution networks. Values, gradients (through a gradient penalty, so second derivatives of every
 * layer), moving averages and power iterations equal PyTorch's (tests/reference/images.json), within 10⁻¹⁰ in float64
 * and 2·10⁻⁴ in float32; gradients also agree with finite differences. Shapes of several image sizes, and what is refused.
 */
#include <float.h>
#include <math.h>

#include "engine/nn/init.h"
#include "tests/engine/golden.h"
#include "tests/engine/lane.h"
#include "tests/engine/pattern.h"

#define BATCH 4
#define OUTPUTS 2
#define LATENT 3
#define STEP 1e-6

/* Tags of image_cases.py. */
enum
{
  TAG_VARIABLE = 10,
  TAG_CRITIC = 40,
  TAG_PROBE = 90,
  TAG_IMAGES = 1000,
  TAG_LATENT = 2000
};

typedef struct
{
  MpDtype       dtype;
  double        tolerance;
  MpExperiment *experiment;
  MpGraph      *graph;
  MpNetwork    *generator, *critic;
  MpNode       *latent, *real, *fake, *loss;
  GPtrArray    *parameters, *states; /* MpNode */
  GPtrArray    *gradients, *nexts;   /* MpNode, beside them */
  MpStore      *store;
} Fixture;

static void
write_pattern (Fixture *self,
               MpNode  *node,
               guint32  tag,
               double   centre,
               double   scale)
{
  gsize n = (gsize) mp_tensor_count (&node->type);
  g_autofree double *values = pattern (tag, n, scale);
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < n; i++)
    values[i] += centre;
  mp_store_write_doubles (self->store, node, values, &error);
  g_assert_no_error (error);
}

/* ---- the loss of image_cases.py ---- */

static MpNode *
score (Fixture *self,
       MpNode  *x,
       GArray  *moving)
{
  return mp_sum (mp_network_apply (self->critic, x, MP_TRAINING, moving), MP_AXIS (1), FALSE);
}

static void
write_loss (Fixture *self,
            GArray  *moving)
{
  g_autoptr (GError) error = NULL;
  MpNode *slope, *norms, *on_fake;

  self->fake = mp_network_apply (self->generator, self->latent, MP_TRAINING, moving);
  on_fake = score (self, self->fake, moving);
  mp_gradients (self->graph, mp_sum (score (self, self->real, moving), MP_ALL_AXES, FALSE), 1, &self->real, &slope,
                &error);
  g_assert_no_error (error);
  norms = mp_sqrt (mp_add_scalar (mp_sum (mp_square (mp_flatten (slope)), MP_AXIS (1), FALSE), 1e-12));
  self->loss = mp_add (mp_mean (mp_square (on_fake), MP_ALL_AXES, FALSE),
                       mp_mean (mp_square (mp_add_scalar (norms, -1)), MP_ALL_AXES, FALSE));
}

static void
list_variables (Fixture   *self,
                MpNetwork *network)
{
  GPtrArray *variables = mp_network_get_variables (network);

  for (guint i = 0; i < variables->len; i++) {
    MpNode *node = g_ptr_array_index (variables, i);

    g_ptr_array_add (node->op == MP_OP_PARAMETER ? self->parameters : self->states, node);
  }
}

/* What every state becomes: averages of several passes one after the other, power iterations once. */
static void
chain_states (Fixture *self,
              GArray  *moving)
{
  for (guint i = 0; i < self->states->len; i++) {
    MpNode *state = g_ptr_array_index (self->states, i), *value = state;
    guint n = 0;

    for (guint j = 0; j < moving->len; j++) {
      const MpMovingAverage *average = &g_array_index (moving, MpMovingAverage, j);

      if (average->target != state)
        continue;
      n++;
      if (average->momentum == 1)
        value = average->value;
      else
        value = mp_add (mp_mul_scalar (value, 1 - average->momentum), mp_mul_scalar (average->value,
                                                                                     average->momentum));
    }
    g_assert_cmpuint (n, ==, g_str_has_prefix (state->name, "critic") ? 2 : 1);
    g_ptr_array_add (self->nexts, value);
  }
}

static void
set_up (Fixture    *self,
        JsonObject *test,
        MpDtype     dtype)
{
  g_autofree double *size = golden_numbers (json_object_get_array_member (test, "image"));
  MpSample image = mp_sample_image ((gint64) size[0], (gint64) size[1], (gint64) size[2]);
  MpSample latent = mp_sample_row (LATENT), scores = mp_sample_row (OUTPUTS);
  g_autoptr (GArray) moving = g_array_new (FALSE, FALSE, sizeof (MpMovingAverage));
  g_autoptr (GError) error = NULL;

  *self = (Fixture) { .dtype = dtype, .tolerance = dtype == MP_FLOAT64 ? 1e-10 : 2e-4 };
  self->experiment = mp_experiment_parse (json_object_get_string_member (test, "experiment"), -1, "images.json",
                                          &error);
  g_assert_no_error (error);
  self->graph = mp_graph_new (dtype);
  self->latent = mp_input (self->graph, "latent", mp_shape (self->graph, (gint64) BATCH, (gint64) LATENT, (gint64) -1));
  self->real = mp_input (self->graph, "images", mp_shape (self->graph, (gint64) BATCH, image.dim[0], image.dim[1],
                                                          image.dim[2], (gint64) -1));
  self->generator = mp_network_new (self->graph, self->experiment, "generator", NULL, &latent, &image, &error);
  g_assert_no_error (error);
  self->critic = mp_network_new (self->graph, self->experiment, "critic", NULL, &image, &scores, &error);
  g_assert_no_error (error);
  self->parameters = g_ptr_array_new ();
  self->states = g_ptr_array_new ();
  self->nexts = g_ptr_array_new ();
  list_variables (self, self->generator);
  list_variables (self, self->critic);
  write_loss (self, moving);
  chain_states (self, moving);
  self->gradients = g_ptr_array_new ();
  g_ptr_array_set_size (self->gradients, (gint) self->parameters->len);
  mp_gradients (self->graph, self->loss, self->parameters->len, (MpNode **) self->parameters->pdata,
                (MpNode **) self->gradients->pdata, &error);
  g_assert_no_error (error);
  self->store = mp_store_new (self->graph, test_device_class (), lane_device ());
}

static void
tear_down (Fixture *self)
{
  g_ptr_array_unref (self->parameters);
  g_ptr_array_unref (self->states);
  g_ptr_array_unref (self->gradients);
  g_ptr_array_unref (self->nexts);
  mp_store_free (self->store);
  mp_network_free (self->generator);
  mp_network_free (self->critic);
  mp_graph_free (self->graph);
  mp_experiment_unref (self->experiment);
}

static void
write_network (Fixture   *self,
               MpNetwork *network,
               guint32    tag)
{
  GPtrArray *variables = mp_network_get_variables (network);

  for (guint i = 0; i < variables->len; i++) {
    MpNode *node = g_ptr_array_index (variables, i);
    double centre = g_str_has_suffix (node->name, "/scale") || g_str_has_suffix (node->name, "/variance") ? 1 : 0;

    write_pattern (self, node, tag + i, centre, node->type.rank == 1 ? 0.125 : 0.5);
  }
}

static void
write_inputs (Fixture *self)
{
  write_network (self, self->generator, TAG_VARIABLE);
  write_network (self, self->critic, TAG_VARIABLE + TAG_CRITIC);
  write_pattern (self, self->latent, TAG_LATENT, 0, 2);
  write_pattern (self, self->real, TAG_IMAGES, 0, 1);
}

/* ---- comparing ---- */

static double *
read_output (Fixture *self,
             MpPlan  *plan,
             guint    output,
             MpNode  *node)
{
  gsize n = (gsize) mp_tensor_count (&node->type);
  g_autofree double *buffer = g_new0 (double, n);
  double *values = g_new0 (double, n);
  g_autoptr (GError) error = NULL;

  mp_plan_read (plan, output, buffer, &error);
  g_assert_no_error (error);
  golden_to_doubles (self->dtype, buffer, n, values);
  return values;
}

static void
compare (Fixture   *self,
         MpPlan    *plan,
         guint      output,
         MpNode    *node,
         JsonArray *expected,
         const char *what)
{
  gsize n = (gsize) mp_tensor_count (&node->type);
  g_autofree double *found = read_output (self, plan, output, node);
  g_autofree double *golden = golden_numbers (expected);
  double probes[2] = { 0, 0 };

  for (guint k = 0; k < 2; k++) {
    g_autofree double *factors = pattern (TAG_PROBE + k, n, 1);

    for (gsize i = 0; i < n; i++)
      probes[k] += found[i] * factors[i] / (double) n;
  }
  golden_compare (what, probes, golden, 2, self->tolerance * golden_max_abs (found, n));
}

static MpPlan *
plan_and_run (Fixture   *self,
              GPtrArray *outputs)
{
  MpPlanSpec spec = { .name = "test", .n_outputs = outputs->len, .outputs = (MpNode **) outputs->pdata };
  g_autoptr (GError) error = NULL;
  MpPlan *plan = mp_plan_new (self->store, &spec, &error);

  g_assert_no_error (error);
  write_inputs (self);
  mp_plan_run (plan, &(MpRunContext) { 0 }, &error);
  g_assert_no_error (error);
  return plan;
}

static void
check (JsonObject *test,
       MpDtype     dtype)
{
  JsonObject *gradients = json_object_get_object_member (test, "gradients");
  JsonObject *states = json_object_get_object_member (test, "states");
  g_autoptr (GPtrArray) outputs = g_ptr_array_new ();
  g_autoptr (MpPlan) plan = NULL;
  g_autofree double *loss = NULL;
  double golden = json_object_get_double_member (test, "loss");
  Fixture self;
  guint next = 2;

  set_up (&self, test, dtype);
  g_ptr_array_add (outputs, self.loss);
  g_ptr_array_add (outputs, self.fake);
  g_ptr_array_extend (outputs, self.gradients, NULL, NULL);
  g_ptr_array_extend (outputs, self.nexts, NULL, NULL);
  plan = plan_and_run (&self, outputs);
  loss = read_output (&self, plan, 0, self.loss);
  golden_compare ("loss", loss, &golden, 1, self.tolerance * golden);
  compare (&self, plan, 1, self.fake, json_object_get_array_member (test, "images"), "generated images");
  g_assert_cmpuint (json_object_get_size (gradients), ==, self.parameters->len);
  g_assert_cmpuint (json_object_get_size (states), ==, self.states->len);
  for (guint i = 0; i < self.parameters->len; i++) {
    const char *name = ((MpNode *) g_ptr_array_index (self.parameters, i))->name;

    compare (&self, plan, next++, g_ptr_array_index (self.gradients, i),
             json_object_get_array_member (gradients, name), name);
  }
  for (guint i = 0; i < self.states->len; i++) {
    const char *name = ((MpNode *) g_ptr_array_index (self.states, i))->name;

    compare (&self, plan, next++, g_ptr_array_index (self.nexts, i), json_object_get_array_member (states, name), name);
  }
  g_clear_pointer (&plan, mp_plan_free);
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

/* ---- finite differences ---- */

static double
loss_at (Fixture *self,
         MpPlan  *plan,
         MpNode  *parameter,
         double  *values)
{
  g_autofree double *loss = NULL;
  g_autoptr (GError) error = NULL;

  mp_store_write_doubles (self->store, parameter, values, &error);
  g_assert_no_error (error);
  mp_plan_run (plan, &(MpRunContext) { 0 }, &error);
  g_assert_no_error (error);
  loss = read_output (self, plan, 0, self->loss);
  return loss[0];
}

/* The derivative along one direction for each parameter, by central differences of the loss. Those of a step h differ
 * from it by rounding, ε|L|/h, and by h² times a third derivative; 10⁻⁶ is in between. */
static void
compare_differences (Fixture *self,
                     MpPlan  *plan,
                     MpNode  *parameter,
                     double  *gradient)
{
  gsize n = (gsize) mp_tensor_count (&parameter->type);
  g_autofree double *values = g_new0 (double, n);
  g_autofree double *moved = g_new0 (double, n);
  g_autofree double *direction = pattern (77, n, 1);
  double slope = 0, size = 0, differences, loss;

  g_assert_true (mp_store_read (self->store, parameter, values, NULL));
  for (gsize i = 0; i < n; i++) {
    slope += gradient[i] * direction[i];
    size += fabs (gradient[i] * direction[i]);
    moved[i] = values[i] + STEP * direction[i];
  }
  loss = loss_at (self, plan, parameter, moved);
  for (gsize i = 0; i < n; i++)
    moved[i] = values[i] - STEP * direction[i];
  differences = (loss - loss_at (self, plan, parameter, moved)) / (2 * STEP);
  loss_at (self, plan, parameter, values);
  if (fabs (differences - slope) > 1e-6 * size + 100 * DBL_EPSILON * fabs (loss) / STEP)
    g_error ("%s: differences give %.12g, the gradient %.12g", parameter->name, differences, slope);
}

/* Spectral normalisation is left out: its gradient holds the singular vectors constant. */
static void
test_differences (gconstpointer data)
{
  JsonObject *test = (JsonObject *) data;
  g_autoptr (GPtrArray) outputs = g_ptr_array_new ();
  g_autoptr (MpPlan) plan = NULL;
  Fixture self;

  set_up (&self, test, MP_FLOAT64);
  g_ptr_array_add (outputs, self.loss);
  g_ptr_array_extend (outputs, self.gradients, NULL, NULL);
  plan = plan_and_run (&self, outputs);
  for (guint i = 0; i < self.parameters->len; i++) {
    g_autofree double *gradient = NULL;
    g_autoptr (GError) error = NULL;

    mp_plan_run (plan, &(MpRunContext) { 0 }, &error);
    g_assert_no_error (error);
    gradient = read_output (&self, plan, 1 + i, g_ptr_array_index (self.gradients, i));
    compare_differences (&self, plan, g_ptr_array_index (self.parameters, i), gradient);
  }
  g_clear_pointer (&plan, mp_plan_free);
  tear_down (&self);
}

static void
add_differences (void)
{
  JsonArray *cases = golden_load ("images.json");

  for (guint i = 0; i < json_array_get_length (cases); i++) {
    JsonObject *test = json_array_get_object_element (cases, i);
    g_autofree char *path = g_strdup_printf ("/images/%s/differences", json_object_get_string_member (test, "name"));

    if (strstr (json_object_get_string_member (test, "experiment"), "spectral") == NULL)
      g_test_add_data_func (path, test, test_differences);
  }
}

/* ---- shapes ---- */

static MpExperiment *
dcgan_experiment (const char *keys)
{
  g_autofree char *text = g_strconcat ("[data]\nkind=ring\n[generator]\nkind=dcgan\n", keys, "\n[method]\nkind=mmd-net\n",
                                       NULL);
  g_autoptr (GError) error = NULL;
  MpExperiment *experiment = mp_experiment_parse (text, -1, "test.ini", &error);

  g_assert_no_error (error);
  return experiment;
}

static void
test_shapes (void)
{
  static const struct
  {
    gint64 height, width, channels, bottom_height, bottom_width, bottom_channels;
  } sizes[] = {
    { 32, 32, 3, 4, 4, 512 },  { 48, 48, 3, 6, 6, 512 }, { 64, 64, 3, 4, 4, 1024 },
    { 28, 28, 1, 7, 7, 256 },  { 15, 15, 2, 15, 15, 64 }, { 16, 8, 1, 8, 4, 128 },
  };
  g_autoptr (MpExperiment) experiment = dcgan_experiment ("");

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autoptr (MpGraph) graph = mp_graph_new (MP_FLOAT32);
    MpSample image = mp_sample_image (sizes[i].height, sizes[i].width, sizes[i].channels);
    MpSample latent = mp_sample_row (128), code = mp_sample_row (16);
    g_autoptr (GError) error = NULL;
    g_autoptr (MpNetwork) decoder = mp_network_new (graph, experiment, "generator", NULL, &latent, &image, &error);
    g_autoptr (MpNetwork) encoder = mp_network_new (graph, experiment, "generator", "average", &image, &code, &error);
    MpNode *z = mp_input (graph, "z", mp_shape (graph, (gint64) 5, (gint64) 128, (gint64) -1));
    MpNode *x = mp_network_apply (decoder, z, MP_INFERENCE, NULL), *y, *dense;

    g_assert_no_error (error);
    y = mp_network_apply (encoder, x, MP_INFERENCE, NULL);
    g_assert_true (mp_graph_check (graph, &error));
    dense = g_ptr_array_index (mp_network_get_variables (decoder), 0);
    g_assert_cmpint (dense->type.dim[1], ==,
                     sizes[i].bottom_height * sizes[i].bottom_width * sizes[i].bottom_channels);
    g_assert_cmpint (x->type.rank, ==, 4);
    g_assert_cmpint (x->type.dim[1], ==, sizes[i].height);
    g_assert_cmpint (x->type.dim[2], ==, sizes[i].width);
    g_assert_cmpint (x->type.dim[3], ==, sizes[i].channels);
    g_assert_cmpint (y->type.rank, ==, 2);
    g_assert_cmpint (y->type.dim[1], ==, 16);
  }
}

/* An MLP reads images as rows and makes them from rows. */
static void
test_mlp_on_images (void)
{
  g_autoptr (MpExperiment) experiment = lane_experiment ("mmd-net", NULL);
  g_autoptr (MpGraph) graph = mp_graph_new (MP_FLOAT32);
  MpSample image = mp_sample_image (6, 5, 3);
  g_autoptr (GError) error = NULL;
  g_autoptr (MpNetwork) network = mp_network_new (graph, experiment, "generator", NULL, &image, &image, &error);
  MpNode *x = mp_input (graph, "x", mp_shape (graph, (gint64) 7, (gint64) 6, (gint64) 5, (gint64) 3, (gint64) -1));
  MpNode *y = mp_network_apply (network, x, MP_TRAINING, NULL);

  g_assert_no_error (error);
  g_assert_true (mp_graph_check (graph, &error));
  g_assert_true (mp_tensor_equal (&x->type, &y->type));
}

static void
test_refused (void)
{
  g_autoptr (MpExperiment) experiment = dcgan_experiment ("");
  g_autoptr (MpGraph) graph = mp_graph_new (MP_FLOAT32);
  MpSample row = mp_sample_row (2), image = mp_sample_image (8, 8, 3);
  g_autoptr (GError) error = NULL;

  g_assert_null (mp_network_new (graph, experiment, "generator", NULL, &row, &row, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_EXPERIMENT);
  g_assert_nonnull (strstr (error->message, "points of 2 numbers"));
  g_clear_error (&error);
  g_assert_null (mp_network_new (graph, experiment, "generator", NULL, &image, &image, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_EXPERIMENT);
  g_assert_nonnull (strstr (error->message, "images from images"));
}

/* ---- spectral normalisation ---- */

/* |A·v|/|v| for the vector v that many steps of v ← AᵀA·v end at, A rows × columns. */
static double
largest_singular_value (const double *a,
                        guint         rows,
                        guint         columns)
{
  g_autofree double *v = pattern (3, columns, 1);
  double norm = 0;

  for (guint step = 0; step < 1000; step++) {
    g_autofree double *next = g_new0 (double, columns);
    double before = 0;

    norm = 0;
    for (guint j = 0; j < columns; j++)
      before += v[j] * v[j];
    for (guint i = 0; i < rows; i++) {
      double y = 0;

      for (guint j = 0; j < columns; j++)
        y += a[i * columns + j] * v[j];
      for (guint j = 0; j < columns; j++)
        next[j] += a[i * columns + j] * y;
      norm += y * y / before;
    }
    for (guint j = 0; j < columns; j++)
      v[j] = next[j] / sqrt (before);
  }
  return sqrt (norm);
}

/* A linear network on the rows of the identity shows its weights. After many steps of power iteration, found here by
 * other means, their largest singular value is the gain. */
static void
test_spectral_norm (void)
{
  g_autoptr (MpExperiment) experiment = lane_experiment ("mmd-net", "generator.hidden=;generator.spectral_gain=1.5;"
                                                         "generator.normalisation=spectral");
  g_autoptr (MpGraph) graph = mp_graph_new (MP_FLOAT64);
  g_autoptr (GArray) moving = g_array_new (FALSE, FALSE, sizeof (MpMovingAverage));
  const double identity[25] = { 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1 };
  MpSample inputs = mp_sample_row (5), outputs = mp_sample_row (4);
  g_autoptr (GError) error = NULL;
  g_autoptr (MpNetwork) network = mp_network_new (graph, experiment, "generator", NULL, &inputs, &outputs, &error);
  MpNode *x = mp_input (graph, "x", mp_shape (graph, (gint64) 5, (gint64) 5, (gint64) -1));
  MpNode *y = mp_network_apply (network, x, MP_TRAINING, moving);
  const MpMovingAverage *step = &g_array_index (moving, MpMovingAverage, 0);
  MpNode *assign = mp_assign (step->target, step->value);
  g_autoptr (MpStore) store = mp_store_new (graph, test_device_class (), lane_device ());
  MpPlanSpec spec = { .name = "test", .n_outputs = 1, .outputs = &y, .n_assigns = 1, .assigns = &assign };
  g_autoptr (MpPlan) plan = NULL;
  double weights[20];

  g_assert_no_error (error);
  g_assert_cmpuint (moving->len, ==, 1);
  g_assert_cmpfloat (step->momentum, ==, 1);
  plan = mp_plan_new (store, &spec, &error);
  g_assert_no_error (error);
  g_assert_true (mp_init_all (store, 5, &error));
  g_assert_true (mp_store_write (store, x, identity, &error));
  for (guint run = 0; run < 200; run++)
    g_assert_true (mp_plan_run (plan, &(MpRunContext) { 0 }, &error));
  g_assert_true (mp_plan_read (plan, 0, weights, &error));
  g_assert_cmpfloat (fabs (largest_singular_value (weights, 5, 4) - 1.5), <, 1e-12);
  g_clear_pointer (&plan, mp_plan_free);
}

int
main (int    argc,
      char **argv)
{
  if (test_device_skips ())
    return 0;
  g_test_init (&argc, &argv, NULL);
  golden_add_tests ("images.json", "images", test_double, test_single);
  add_differences ();
  g_test_add_func ("/images/shapes", test_shapes);
  g_test_add_func ("/images/mlp", test_mlp_on_images);
  g_test_add_func ("/images/refused", test_refused);
  g_test_add_func ("/images/spectral-norm", test_spectral_norm);
  return g_test_run ();
}
