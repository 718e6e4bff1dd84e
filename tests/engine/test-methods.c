/* SPDX-License-Identifier: Apache-2.0
 *
 * test-methods.c: every method, network, optimizer and data set by merely existing: builds, trains two iterations,
 * stays finite, moves its parameters, shows its views; with each choice of each of its parameters, in both precisions.
 */
#include <math.h>
#include <string.h>

#include "tests/engine/lane.h"

static void
assert_all_finite (const float *values,
                   gint64       n)
{
  for (gint64 i = 0; i < n; i++)
    g_assert_true (isfinite (values[i]));
}

static void
assert_reports_finite (MpLoop *loop)
{
  guint n;
  const MpReport *reports = mp_loop_get_reports (loop, &n);
  g_autofree double *values = g_new (double, n);

  g_assert_cmpuint (n, >, 0);
  mp_loop_read_reports (loop, values);
  for (guint i = 0; i < n; i++)
    if (!isfinite (values[i]))
      g_error ("%s is %g", reports[i].id, values[i]);
  g_assert_true (mp_loop_is_finite (loop));
}

static void
assert_layer (const MpLayer *layer)
{
  g_assert_cmpuint (layer->n_tensors, >, 0);
  for (guint i = 0; i < layer->n_tensors; i++) {
    const MpLayerTensor *tensor = &layer->tensors[i];

    for (gint64 j = 0; j < tensor->rows * tensor->columns; j++)
      if (!isfinite (tensor->values[j]))
        g_error ("tensor %u of the view %s is %g", i, layer->class->base.id, (double) tensor->values[j]);
  }
  if (layer->class->drawing == MP_DRAW_SURFACE)
    g_assert_cmpint (layer->tensors[0].rows * layer->tensors[0].columns, ==, layer->width * layer->height);
}

/* Each view by itself, then all in one look, which must bring the same. */
static void
assert_views (MpLoop *loop)
{
  MpBuild *build = mp_loop_get_build (loop);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();
  const double extent[4] = { -1, 1, -2, 2 };
  guint n_views;
  const MpBuildView *views = mp_build_get_views (build, &n_views);
  const float *samples;
  MpView all;
  gint64 n;

  mp_loop_set_view_grid (loop, 4, 3, extent, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < n_views; i++)
    g_ptr_array_add (ids, (gpointer) views[i].class->base.id);
  g_ptr_array_add (ids, NULL);
  mp_loop_look (loop, (const char *const *) ids->pdata, &all, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (all.n_layers, ==, n_views);
  assert_all_finite (all.samples, 2 * 20);
  assert_all_finite (all.latents, all.n_latent * 20);
  assert_all_finite (all.data, 2 * 30);
  for (guint i = 0; i < n_views; i++) {
    const MpLayer *layer = &all.layers[i];
    MpView one;

    mp_loop_look (loop, (const char *const[]) { views[i].class->base.id, NULL }, &one, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (one.n_layers, ==, 1);
    g_assert_true (layer->class == views[i].class && one.layers[0].class == views[i].class);
    assert_layer (layer);
    g_assert_cmpuint (one.layers[0].n_tensors, ==, layer->n_tensors);
    for (guint j = 0; j < layer->n_tensors; j++)
      g_assert_cmpmem (one.layers[0].tensors[j].values,
                       (gsize) (one.layers[0].tensors[j].rows * one.layers[0].tensors[j].columns) * sizeof (float),
                       layer->tensors[j].values,
                       (gsize) (layer->tensors[j].rows * layer->tensors[j].columns) * sizeof (float));
    mp_view_clear (&one);
  }
  mp_view_clear (&all);
  samples = mp_loop_sample (loop, &n, &error);
  g_assert_no_error (error);
  g_assert_cmpint (n, ==, 50);
  assert_all_finite (samples, 2 * n);
}

/* Two iterations from the start; the parameters must have moved. */
static void
train_two (const char *method,
           const char *assignments)
{
  g_autoptr (MpExperiment) experiment = lane_experiment (method, assignments);
  g_autoptr (MpLoop) loop = lane_open (experiment);
  g_autofree double *before = lane_read (loop, "generator/output/weight");
  g_autofree double *after = NULL;

  g_test_message ("%s: %s", method, assignments != NULL ? assignments : "defaults");
  lane_run (loop, 0, 2);
  assert_reports_finite (loop);
  after = lane_read (loop, "generator/output/weight");
  g_assert_cmpint (memcmp (before, after, 16 * sizeof (double)), !=, 0);
  assert_views (loop);
}

/* Runs train_two () with every choice of every enum and with both values of every bool. */
static void
try_choices (const char         *method,
             const char         *kind,
             const char         *group,
             const MpDescriptor *descriptor)
{
  for (guint i = 0; i < descriptor->n_params; i++) {
    const MpParam *param = &descriptor->params[i];
    static const char *const bools[] = { "false", "true", NULL };
    const char *const *choices = param->type == MP_PARAM_ENUM ? param->choices
                                 : param->type == MP_PARAM_BOOL ? bools : NULL;

    for (guint j = 0; choices != NULL && choices[j] != NULL; j++) {
      g_autofree char *text = g_strdup_printf ("%s%s.%s=%s", kind, group, param->key, choices[j]);

      train_two (method, text);
    }
  }
}

static void
test_methods (void)
{
  guint n;
  const MpDescriptor *const *methods = mp_registry_list (MP_KIND_METHOD, &n);

  g_assert_cmpuint (n, >=, 3);
  for (guint i = 0; i < n; i++) {
    train_two (methods[i]->id, NULL);
    train_two (methods[i]->id, "train.precision=float64");
    train_two (methods[i]->id, "generator.average=0.9");
    train_two (methods[i]->id, "generator.latent=16;generator.latent_distribution=uniform");
    train_two (methods[i]->id, "generator.normalisation=batch;generator.average=0.9");
    try_choices (methods[i]->id, "", "method", methods[i]);
  }
  train_two ("gram", "method.bandwidths=0.5, 1, 2");
  train_two ("gram", "critic.normalisation=batch;method.dimensions=10");
  train_two ("gan", "critic.normalisation=batch;method.critic_steps=3");
  train_two ("mmd-net", "method.bandwidths=0.5, 1, 2");
}

static void
test_networks (void)
{
  guint n;
  const MpDescriptor *const *networks = mp_registry_list (MP_KIND_NETWORK, &n);

  g_assert_cmpuint (n, >=, 1);
  for (guint i = 0; i < n; i++) {
    g_autofree char *kind = g_strdup_printf ("generator.kind=%s;", networks[i]->id);

    if (((const MpNetworkClass *) networks[i])->images) /* test-images.c has these */
      continue;
    try_choices ("mmd-net", kind, "generator", networks[i]);
  }
}

static void
test_optimizers (void)
{
  guint n;
  const MpDescriptor *const *optimizers = mp_registry_list (MP_KIND_OPTIMIZER, &n);

  g_assert_cmpuint (n, >=, 4);
  for (guint i = 0; i < n; i++) {
    g_autofree char *kind = g_strdup_printf ("optimizer.generator.kind=%s;", optimizers[i]->id);

    try_choices ("mmd-net", kind, "optimizer.generator", optimizers[i]);
  }
  train_two ("mmd-net", "optimizer.generator.kind=sgd;optimizer.generator.momentum=0.9");
}

static void
test_data (void)
{
  guint n;
  const MpDescriptor *const *data = mp_registry_list (MP_KIND_DATA, &n);

  g_assert_cmpuint (n, >=, 1);
  for (guint i = 0; i < n; i++) {
    g_autofree char *kind = g_strdup_printf ("data.kind=%s", data[i]->id);

    train_two ("gan", kind);
  }
  train_two ("gan", "data.points=0");
}

/* A new value for a live key, in a list as often as it has numbers now. Games without a bound, as those of critics with a
 * penalty, overflow at large rates. */
static char *
live_value (MpExperiment  *experiment,
            const char    *group,
            const MpParam *param)
{
  gboolean list = param->type == MP_PARAM_DOUBLES || param->type == MP_PARAM_INTS;
  gboolean whole = param->type == MP_PARAM_INT || param->type == MP_PARAM_INTS;
  const char *value = whole ? "2" : g_str_equal (param->key, "learning_rate") ? "0.01" : "0.5";
  GString *text = g_string_new (NULL);
  guint n = 1;

  if (list)
    mp_experiment_get_doubles (experiment, group, param->key, &n);
  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", value);
  return g_string_free (text, FALSE);
}

/* Every live key of every group takes a new value in a running lane, and the lane goes on. */
static void
test_live (void)
{
  guint n;
  const MpDescriptor *const *methods = mp_registry_list (MP_KIND_METHOD, &n);

  for (guint i = 0; i < n; i++) {
    g_autoptr (MpExperiment) experiment = lane_experiment (methods[i]->id, NULL);
    g_autoptr (MpLoop) loop = lane_open (experiment);
    g_autoptr (GPtrArray) schema = mp_experiment_get_schema (experiment);
    g_autoptr (GError) error = NULL;
    guint64 iteration = 0;

    for (guint g = 0; g < schema->len; g++) {
      const MpSchemaGroup *group = g_ptr_array_index (schema, g);

      for (guint p = 0; p < group->params->len; p++) {
        const MpParam *param = g_ptr_array_index (group->params, p);
        g_autofree char *value = NULL;

        if (!param->live)
          continue;
        g_test_message ("%s: %s.%s", methods[i]->id, group->group, param->key);
        value = live_value (experiment, group->group, param);
        mp_experiment_set_value (experiment, group->group, param->key, value, &error);
        g_assert_no_error (error);
        mp_loop_update_live (loop, group->group, param->key, &error);
        g_assert_no_error (error);
        lane_run (loop, iteration, iteration + 1);
        iteration++;
        assert_reports_finite (loop);
      }
    }
    g_assert_cmpuint (iteration, >, 3);
  }
}

/* Where the data are the samples, each taken `copies` times, the density ratio is 1 at the samples, whatever the
 * critic; without the factor n_q/n_p it is `copies`. The ridge takes away a few times itself. */
static void
check_ratio_of_equals (guint       copies,
                       const char *scaling,
                       double      expected)
{
  const double ridge = 1e-3;
  g_autofree char *keys = g_strdup_printf ("train.precision=float64;method.ridge=%g;method.ratio_scaling=%s", ridge,
                                           scaling);
  g_autoptr (MpExperiment) experiment = lane_experiment ("gram", keys);
  MpBuildOptions options = { .n_view_samples = 20, .n_view_data = 20 * copies, .n_view_points = 20 };
  g_autoptr (GError) error = NULL;
  g_autoptr (MpLoop) loop = mp_loop_new (experiment, test_device_class (), lane_device (), &options, NULL, NULL, &error);
  g_autofree double *data = g_new (double, 40 * copies);
  MpBuild *build;
  MpView view;

  g_assert_no_error (error);
  g_assert_true (mp_loop_start (loop, &error));
  g_assert_true (mp_loop_look (loop, NULL, &view, &error));
  for (guint i = 0; i < 40 * copies; i++)
    data[i] = view.samples[i % 40];
  mp_view_clear (&view);

  build = mp_loop_get_build (loop);
  g_assert_true (mp_store_write (mp_loop_get_store (loop), mp_build_get_view_data (build), data, &error));
  g_assert_true (mp_store_write (mp_loop_get_store (loop), mp_build_get_view_points (build), data, &error));
  g_assert_true (mp_loop_look (loop, (const char *const[]) { "density-ratio", NULL }, &view, &error));
  for (guint i = 0; i < 20; i++)
    g_assert_cmpfloat (fabs (view.layers[0].tensors[0].values[i] - expected), <, 20 * ridge * expected);
  mp_view_clear (&view);
}

static void
test_ratio (void)
{
  check_ratio_of_equals (1, "true", 1);
  check_ratio_of_equals (1, "false", 1);
  check_ratio_of_equals (3, "true", 1);
  check_ratio_of_equals (3, "false", 3);
}

int
main (int   argc,
      char *argv[])
{
  if (test_device_skips ())
    return 0;
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/methods/all", test_methods);
  g_test_add_func ("/methods/networks", test_networks);
  g_test_add_func ("/methods/optimizers", test_optimizers);
  g_test_add_func ("/methods/data", test_data);
  g_test_add_func ("/methods/live-keys", test_live);
  g_test_add_func ("/methods/gram-ratio-of-equals", test_ratio);
  return g_test_run ();
}
