/* SPDX-License-Identifier: Apache-2.0
 *
 * test-steps.c: ten training steps of every method equal PyTorch's (tests/reference/steps*.json): losses of each
 * iteration, parameters and moving averages after it, within 10⁻¹⁰ in float64 and 10⁻⁴ in float32. In float32 a loss is
 * measured by its largest value in the ten steps: one that passes zero is a difference of terms that do not, and has
 * the rounding of those. Float64 has digits to spare for that.
 *
 * The engine gets the case's experiment and goes the way of training: schema, method, gradients, updates, plans. Only
 * starting parameters, minibatches and latents are put in from pattern.h.
 */
#include <math.h>

#include "engine/methods/build.h"
#include "tests/engine/golden.h"
#include "tests/engine/pattern.h"
#include "tests/test-device.h"

#define MAX_PHASES 4
#define MAX_REPORTS 16

/* Tags of step_cases.py; the iteration is added to the last five. */
enum
{
  TAG_GENERATOR = 10,
  TAG_CRITIC = 50,
  TAG_FURTHER = 70, /* a further network of the method */
  TAG_PROBE = 90,
  TAG_FROZEN = 110, /* a frozen encoder, then its decoder */
  TAG_REAL = 1000,
  TAG_LATENT_A = 2000,
  TAG_LATENT_B = 3000,
  TAG_UNIFORM = 4000,
  TAG_PERTURBATION = 5000,
  TAG_NOISE = 6000,
  START = 500,     /* added to those of data for what comes before the first iteration */
  REPETITION = 100 /* added for every run of a phase in an iteration after the first */
};

typedef struct
{
  MpPlan    *plan;
  GPtrArray *updates;
} Phase;

typedef struct
{
  JsonObject   *test;
  MpDtype       dtype;
  double        tolerance;
  MpDevice     *device;
  MpExperiment *experiment;
  MpBuild      *build;
  MpGraph      *graph;
  MpStore      *store;
  guint         n_phases;
  Phase         phase[MAX_PHASES];
  GPtrArray    *variables;    /* MpNode: parameters of all groups, moving averages */
} Fixture;

static void
write_pattern (Fixture *self,
               MpNode  *node,
               guint32  tag,
               double   centre,
               double   scale)
{
  gsize n = mp_tensor_count (&node->type);
  g_autofree double *values = pattern (tag, n, scale);
  g_autoptr (GError) error = NULL;

  for (gsize k = 0; k < n; k++)
    values[k] += centre;
  mp_store_write_doubles (self->store, node, values, &error);
  g_assert_no_error (error);
}

/* ---- building ---- */

/* The group "optimizer.X" that a parameters' group follows. */
static char *
optimizer_section (Fixture    *self,
                   const char *group)
{
  return g_strconcat ("optimizer.", mp_build_get_optimizer (self->build, group, NULL), NULL);
}

static void
plan_phase (Fixture *self,
            guint    index)
{
  const MpPhase *phase = mp_build_get_phase (self->build, index);
  Phase *mine = &self->phase[index];
  MpNode *outputs[MAX_REPORTS];
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < mine->updates->len; i++) {
    const MpObjective *objective = &g_array_index (phase->objectives, MpObjective, i);
    g_autofree char *group = optimizer_section (self, objective->group);
    const char *kind = mp_experiment_get_string (self->experiment, group, "kind");
    const MpOptimizer *optimizer = (const MpOptimizer *) mp_registry_find (MP_KIND_OPTIMIZER, kind);
    MpUpdate *update = g_ptr_array_index (mine->updates, i);
    double hyper[MP_N_HYPER] = { 0 };
    gboolean clipped;

    optimizer->hyper (self->experiment, group, hyper);
    mp_build_get_optimizer (self->build, objective->group, &clipped);
    if (!clipped)
      hyper[MP_HYPER_CLIP] = 0;
    mp_build_fill_clip (self->build, objective->group, hyper);
    mp_store_write_doubles (self->store, update->hyper, hyper, &error);
    g_assert_no_error (error);
  }

  g_assert_cmpuint (phase->reports->len, <=, MAX_REPORTS);
  for (guint i = 0; i < phase->reports->len; i++)
    outputs[i] = g_array_index (phase->reports, MpReport, i).node;

  MpPlanSpec spec = {
    .name = phase->id,
    .n_outputs = phase->reports->len,
    .outputs = outputs,
    .n_updates = mine->updates->len,
    .updates = (MpUpdate **) mine->updates->pdata,
    .n_assigns = phase->assigns->len,
    .assigns = (MpNode **) phase->assigns->pdata,
  };
  mine->plan = mp_plan_new (self->store, &spec, &error);
  g_assert_no_error (error);
}

static GPtrArray *
make_updates (Fixture       *self,
              const MpPhase *phase)
{
  GPtrArray *updates = g_ptr_array_new_with_free_func ((GDestroyNotify) mp_update_free);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < phase->objectives->len; i++) {
    const MpObjective *objective = &g_array_index (phase->objectives, MpObjective, i);
    g_autofree char *group = optimizer_section (self, objective->group);
    const char *kind = mp_experiment_get_string (self->experiment, group, "kind");
    const MpOptimizer *optimizer = (const MpOptimizer *) mp_registry_find (MP_KIND_OPTIMIZER, kind);
    guint32 flags = optimizer->flags != NULL ? optimizer->flags (self->experiment, group) : 0;
    MpUpdate *update = mp_update_new (self->graph, objective->loss, objective->group, optimizer->op,
                                      flags | (objective->ascend ? MP_UPDATE_ASCEND : 0), &error);

    g_assert_no_error (error);
    g_ptr_array_add (updates, update);
  }
  return updates;
}

static void
write_live_settings (Fixture *self)
{
  g_autoptr (GError) error = NULL;

  for (const char *const *key = mp_build_get_live_keys (self->build); *key != NULL; key++) {
    MpNode *node = mp_build_get_live (self->build, *key);
    double value = 0;
    const double *values = &value;
    guint n;

    if (node->type.rank == 0)
      value = mp_experiment_get_double (self->experiment, "method", *key);
    else
      values = mp_experiment_get_doubles (self->experiment, "method", *key, &n);
    mp_store_write_doubles (self->store, node, values, &error);
    g_assert_no_error (error);
  }
}

/* Starting values as Network in step_cases.py has them. */
static void
write_weights (Fixture *self,
               MpNode  *node,
               guint32  tag)
{
  double centre = g_str_has_suffix (node->name, "/scale") ? 1 : 0;
  double size = node->type.rank == 1 ? 0.125 : node->type.dim[0] + node->type.dim[1] >= 100 ? 0.25 : 0.5;

  write_pattern (self, node, tag, centre, size);
  g_ptr_array_add (self->variables, node);
}

static void
write_parameters (Fixture    *self,
                  const char *group,
                  guint32     tag)
{
  g_autoptr (GPtrArray) nodes = mp_graph_list_group (self->graph, group);

  for (guint i = 0; i < nodes->len; i++) {
    MpNode *node = g_ptr_array_index (nodes, i);

    write_weights (self, node, tag + i);
  }
}

/* Moving averages of batch normalisation start as in PyTorch, at mean 0 and variance 1; power iterations at ones; a
 * method's states where it says. */
static void
write_averages (Fixture *self)
{
  guint32 tag = TAG_FROZEN;

  for (guint i = 0; i < mp_graph_get_n_nodes (self->graph); i++) {
    MpNode *node = mp_graph_get_node (self->graph, i);

    if (node->op != MP_OP_STATE || g_str_has_prefix (node->name, "optimizer/"))
      continue;
    if (g_str_has_prefix (node->name, "extractor/")) {
      write_weights (self, node, tag++);
      continue;
    }
    write_pattern (self, node, 0, g_str_equal (node->init.kind, "constant") ? node->init.scale
                                  : g_str_has_suffix (node->name, "/mean") ? 0 : 1, 0);
    g_ptr_array_add (self->variables, node);
  }
}

/* data, draw: what is added to the tags of minibatches, and of latents and uniform numbers. */
static void
feed (Fixture *self,
      guint    data,
      guint    draw)
{
  static const struct
  {
    const char *input;
    guint32     tag;
    double      centre, scale;
  } inputs[] = {
    { "data", TAG_REAL, 0, 2 },
    { "latent", TAG_LATENT_A, 0, 2 },
    { "latent/critic", TAG_LATENT_A, 0, 2 },
    { "latent/generator", TAG_LATENT_B, 0, 2 },
    { "interpolation", TAG_UNIFORM, 0.5, 0.5 },
    { "perturbation", TAG_PERTURBATION, 0.5, 0.5 },
    { "noise", TAG_NOISE, 0, 2 },
  };

  for (guint i = 0; i < mp_graph_get_n_nodes (self->graph); i++) {
    MpNode *node = mp_graph_get_node (self->graph, i);

    for (guint j = 0; node->op == MP_OP_INPUT && j < G_N_ELEMENTS (inputs); j++)
      if (g_str_equal (node->name, inputs[j].input))
        write_pattern (self, node, inputs[j].tag + (j == 0 ? data : draw), inputs[j].centre, inputs[j].scale);
  }
}

/* What comes before the first iteration: with two minibatches where it reads them. */
static void
run_start (Fixture       *self,
           const MpPhase *phase)
{
  MpPlanSpec spec = { .name = phase->id, .n_assigns = phase->assigns->len,
                      .assigns = (MpNode **) phase->assigns->pdata };
  const MpRunContext context = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (MpPlan) plan = mp_plan_new (self->store, &spec, &error);

  g_assert_no_error (error);
  for (guint r = 0; r < (phase->reads_data ? 2 : 1); r++) {
    feed (self, START + r, 0);
    mp_plan_run (plan, &context, &error);
    g_assert_no_error (error);
  }
}

static void
set_up (Fixture    *self,
        JsonObject *test,
        MpDtype     dtype)
{
  MpBuildOptions options = { .feed_latent = TRUE, .n_view_samples = 2, .n_view_data = 2, .n_view_points = 4,
                             .n_samples = 2 };
  g_autoptr (GError) error = NULL;

  self->test = test;
  self->dtype = dtype;
  self->tolerance = dtype == MP_FLOAT64 ? 1e-10 : 1e-4;
  g_assert_cmpint (test_device_class ()->open (0, NULL, &self->device), ==, MP_OK);
  self->experiment = mp_experiment_parse (json_object_get_string_member (test, "experiment"), -1, "steps.json",
                                          &error);
  g_assert_no_error (error);
  mp_experiment_set_value (self->experiment, "train", "precision", dtype == MP_FLOAT64 ? "float64" : "float32",
                           &error);
  g_assert_no_error (error);
  self->build = mp_build_new (self->experiment, 2, &options, &error);
  g_assert_no_error (error);
  self->graph = mp_build_graph (self->build);
  self->n_phases = mp_build_get_n_phases (self->build);
  g_assert_cmpuint (self->n_phases, <=, MAX_PHASES);
  for (guint i = 0; i < self->n_phases; i++)
    self->phase[i].updates = make_updates (self, mp_build_get_phase (self->build, i));
  self->store = mp_store_new (self->graph, test_device_class (), self->device);
  for (guint i = 0; i < self->n_phases; i++)
    plan_phase (self, i);
  write_live_settings (self);
  self->variables = g_ptr_array_new ();
  write_parameters (self, "generator", TAG_GENERATOR);
  write_parameters (self, "critic", TAG_CRITIC);
  for (const char *const *group = mp_build_get_groups (self->build); *group != NULL; group++)
    if (!g_str_equal (*group, "generator") && !g_str_equal (*group, "critic"))
      write_parameters (self, *group, TAG_FURTHER);
  write_averages (self);
  for (guint i = 0; i < mp_build_get_n_start_phases (self->build); i++)
    run_start (self, mp_build_get_start_phase (self->build, i));
}

static void
tear_down (Fixture *self)
{
  for (guint i = 0; i < self->n_phases; i++) {
    mp_plan_free (self->phase[i].plan);
    g_ptr_array_unref (self->phase[i].updates);
  }
  g_ptr_array_unref (self->variables);
  mp_store_free (self->store);
  mp_build_free (self->build);
  mp_experiment_unref (self->experiment);
  test_device_class ()->close (self->device);
}

/* ---- running and comparing ---- */

static double
largest_loss (Fixture    *self,
              const char *id)
{
  JsonArray *steps = json_object_get_array_member (self->test, "steps");
  double largest = 0;

  for (guint i = 0; i < json_array_get_length (steps); i++) {
    JsonObject *losses = json_object_get_object_member (json_array_get_object_element (steps, i), "losses");

    largest = fmax (largest, fabs (json_object_get_double_member (losses, id)));
  }
  return largest;
}

/* Returns how many of the phase's reports the golden file knows. */
static guint
check_losses (Fixture    *self,
              guint       index,
              JsonObject *expected,
              guint       iteration)
{
  const MpPhase *phase = mp_build_get_phase (self->build, index);
  guint n = 0;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < phase->reports->len; i++) {
    const MpReport *report = &g_array_index (phase->reports, MpReport, i);
    g_autofree char *what = g_strdup_printf ("%s in iteration %u", report->id, iteration);
    double buffer, found, golden;

    if (!json_object_has_member (expected, report->id))
      continue;
    golden = json_object_get_double_member (expected, report->id);
    mp_plan_read (self->phase[index].plan, i, &buffer, &error);
    g_assert_no_error (error);
    golden_to_doubles (report->node->type.dtype, &buffer, 1, &found);
    golden_compare (what, &found, &golden, 1, self->tolerance * (self->dtype == MP_FLOAT64
                                                                 ? fabs (golden) : largest_loss (self, report->id)));
    n++;
  }
  return n;
}

/* Means of the parameter times two patterns: no element can change unseen, but by a conspiracy. */
static void
check_probes (Fixture      *self,
              const double *found,
              gsize         n,
              JsonArray    *expected,
              const char   *what)
{
  g_autofree double *golden = golden_numbers (expected);
  double probes[2];

  for (guint k = 0; k < 2; k++) {
    g_autofree double *factors = pattern (TAG_PROBE + k, n, 1);

    probes[k] = 0;
    for (gsize e = 0; e < n; e++)
      probes[k] += found[e] * factors[e] / n;
  }
  golden_compare (what, probes, golden, 2, self->tolerance * golden_max_abs (found, n));
}

static void
check_variable (Fixture    *self,
                MpNode     *node,
                JsonObject *step,
                guint       iteration)
{
  gsize n = mp_tensor_count (&node->type);
  g_autofree double *buffer = g_new0 (double, n);
  g_autofree double *found = g_new0 (double, n);
  g_autofree char *what = g_strdup_printf ("%s after iteration %u", node->name, iteration);
  g_autofree char *what_probe = g_strconcat ("projections of ", what, NULL);
  g_autoptr (GError) error = NULL;

  mp_store_read (self->store, node, buffer, &error);
  g_assert_no_error (error);
  golden_to_doubles (self->dtype, buffer, n, found);
  check_probes (self, found, n, json_object_get_array_member (json_object_get_object_member (step, "probes"),
                                                              node->name), what_probe);
  if (!json_object_has_member (step, "parameters"))
    return;

  JsonObject *all = json_object_get_object_member (step, "parameters");
  g_autofree double *golden = golden_numbers (json_object_get_array_member (all, node->name));

  g_assert_cmpuint (json_object_get_size (all), ==, self->variables->len);
  golden_compare (what, found, golden, n, self->tolerance * golden_max_abs (golden, n));
}

/* As often as its repeat key says, with fresh inputs each time. */
static void
run_phase (Fixture *self,
           guint    index,
           guint    iteration)
{
  const MpPhase *phase = mp_build_get_phase (self->build, index);
  const char *key = phase->repeat_key;
  guint n = key != NULL ? (guint) mp_experiment_get_int (self->experiment, "method", key) : 1;

  for (guint r = 0; r < n; r++) {
    MpRunContext context = { 0, iteration };
    g_autoptr (GError) error = NULL;

    feed (self, iteration + r * REPETITION, iteration + (phase->share_draws ? 0 : r * REPETITION));
    mp_plan_run (self->phase[index].plan, &context, &error);
    g_assert_no_error (error);
  }
}

static void
check (JsonObject *test,
       MpDtype     dtype)
{
  JsonArray *steps = json_object_get_array_member (test, "steps");
  Fixture self = { 0 };

  set_up (&self, test, dtype);
  for (guint iteration = 0; iteration < json_array_get_length (steps); iteration++) {
    JsonObject *step = json_array_get_object_element (steps, iteration);
    JsonObject *losses = json_object_get_object_member (step, "losses");
    guint n_compared = 0;

    for (guint i = 0; i < self.n_phases; i++) {
      run_phase (&self, i, iteration);
      n_compared += check_losses (&self, i, losses, iteration);
    }
    g_assert_cmpuint (n_compared, ==, json_object_get_size (losses));
    for (guint i = 0; i < self.variables->len; i++)
      check_variable (&self, g_ptr_array_index (self.variables, i), step, iteration);
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
  g_autoptr (GPtrArray) files = golden_list_files ("steps");

  for (guint i = 0; i < files->len; i++)
    golden_add_tests (g_ptr_array_index (files, i), "steps", test_double, test_single);
  return g_test_run ();
}
