/* SPDX-License-Identifier: Apache-2.0
 *
 * mlp.c: the multilayer perceptron: any depth, widths, activation and normalisation.
 *
 *   h₀ = x,   hₗ = φ (N (hₗ₋₁ Wₗ + bₗ)) for the hidden layers,   y = ψ (h W + b)
 *
 * Shapes: x n × inputs (images are read as rows), Wₗ inputs × outputs, bₗ outputs, y n × outputs.
 * N is nothing, batch normalisation (moving averages with momentum 0.1, as PyTorch's) or layer normalisation, both with
 * ε = 10⁻⁵; or every W, the last too, is divided by its largest singular value (spectral normalisation). See layers.c.
 */
#include "engine/nn/layers.h"

#define NORMALISATION_EPSILON 1e-5
#define BATCH_MOMENTUM 0.1

typedef struct
{
  guint        n_layers;
  MpLayer    **layers;
  const char  *group;
  const char  *activation; /* static: an entry of mp_activation_choices */
  const char  *output_activation;
  double       slope;
  MpSample     outputs;
} Mlp;

static const MpParam params[] = {
  { .key = "hidden", .title = N_("Hidden layers"), .unit = N_("units"),
    .summary = N_("Widths of the hidden layers from input to output; empty for a linear map."),
    .type = MP_PARAM_INTS, .default_value = "100, 100", .min = 1, .max = 65536, .ui_min = 1, .ui_max = 1024,
    .may_be_empty = TRUE },
  { .key = "activation", .title = N_("Activation"), .symbol = "φ",
    .summary = N_("Applied after every hidden layer."),
    .type = MP_PARAM_ENUM, .default_value = "relu", .choices = mp_activation_choices },
  { .key = "slope", .title = N_("Negative slope"),
    .summary = N_("Slope of leaky-relu, or α of elu, below zero."),
    .type = MP_PARAM_DOUBLE, .default_value = "0.2", .min = 0, .max = 10, .ui_min = 0, .ui_max = 1 },
  { .key = "output_activation", .title = N_("Output activation"), .symbol = "ψ",
    .summary = N_("Applied to the output; a critic's loss expects linear."),
    .type = MP_PARAM_ENUM, .default_value = "linear", .choices = mp_activation_choices },
  { .key = "normalisation", .title = N_("Normalisation"),
    .summary = N_("Of the hidden layers before the activation, over the batch or over a sample's units; or of every "
                  "layer's weights, by their largest singular value."),
    .type = MP_PARAM_ENUM, .default_value = "none", .choices = mp_normalisation_choices },
  { .key = "spectral_gain", .title = N_("Spectral gain"),
    .summary = N_("The largest singular value that spectral normalisation gives every layer."),
    .type = MP_PARAM_DOUBLE, .default_value = "1", .min = 1e-3, .max = 1e3, .ui_min = 0.5, .ui_max = 4 },
  { .key = "init", .title = N_("Initial weights"),
    .summary = N_("How weights start; biases start at 0, with torch uniform like the weights."),
    .type = MP_PARAM_ENUM, .default_value = "xavier-uniform", .choices = mp_init_choices },
  { .key = "gain", .title = N_("Gain"),
    .summary = N_("Factor of the initial weights for Xavier, He and orthogonal."),
    .type = MP_PARAM_DOUBLE, .default_value = "1", .min = 1e-6, .max = 1e3, .ui_min = 0.1, .ui_max = 3 },
  { .key = "init_std", .title = N_("Initial standard deviation"),
    .summary = N_("Standard deviation of normal initial weights."),
    .type = MP_PARAM_DOUBLE, .default_value = "0.02", .min = 1e-9, .max = 1e3, .ui_min = 0.001, .ui_max = 1,
    .logarithmic = TRUE },
};

/* The spec of layer i; inputs and outputs are its own. */
static MpLayerSpec
layer_spec (MpNetwork *network,
            gboolean   hidden,
            gint64     inputs,
            gint64     outputs)
{
  MpExperiment *experiment = mp_network_get_experiment (network);
  const char *group = mp_network_get_group (network);
  const char *init = mp_init_choices[mp_choice_index (mp_init_choices,
                                                      mp_experiment_get_string (experiment, group, "init"))];
  double scale = mp_experiment_get_double (experiment, group, g_str_equal (init, "normal") ? "init_std" : "gain");
  MpNormalisation normalisation = mp_choice_index (mp_normalisation_choices,
                                                   mp_experiment_get_string (experiment, group, "normalisation"));

  return (MpLayerSpec) {
    .kind = MP_LAYER_DENSE,
    .inputs = inputs,
    .outputs = outputs,
    .weight = { init, scale },
    .bias = g_str_equal (init, "torch") ? (MpInit) { "torch", (double) inputs } : (MpInit) { "zeros", 0 },
    .normalisation = hidden || normalisation == MP_NORMALISATION_SPECTRAL ? normalisation : MP_NORMALISATION_NONE,
    .epsilon = NORMALISATION_EPSILON,
    .momentum = BATCH_MOMENTUM,
    .gain = mp_experiment_get_double (experiment, group, "spectral_gain"),
  };
}

static const char *
read_activation (MpNetwork  *network,
                 const char *key)
{
  const char *value = mp_experiment_get_string (mp_network_get_experiment (network), mp_network_get_group (network),
                                                key);

  return mp_activation_choices[mp_choice_index (mp_activation_choices, value)];
}

static gint64
sample_count (const MpSample *sample)
{
  return sample->rank == 1 ? sample->dim[0] : sample->dim[0] * sample->dim[1] * sample->dim[2];
}

static gpointer
mlp_new_state (MpNetwork       *network,
               const MpSample  *inputs,
               const MpSample  *outputs,
               GError         **error)
{
  MpExperiment *experiment = mp_network_get_experiment (network);
  const char *group = mp_network_get_group (network);
  guint n_hidden;
  const double *hidden = mp_experiment_get_doubles (experiment, group, "hidden", &n_hidden);
  Mlp *self = g_new0 (Mlp, 1);
  gint64 from = sample_count (inputs);

  self->group = group;
  self->outputs = *outputs;
  self->n_layers = n_hidden + 1;
  self->layers = g_new0 (MpLayer *, self->n_layers);
  self->activation = read_activation (network, "activation");
  self->output_activation = read_activation (network, "output_activation");
  self->slope = mp_experiment_get_double (experiment, group, "slope");

  for (guint i = 0; i < self->n_layers; i++) {
    gboolean is_hidden = i < n_hidden;
    gint64 to = is_hidden ? (gint64) hidden[i] : sample_count (outputs);
    MpLayerSpec spec = layer_spec (network, is_hidden, from, to);
    g_autofree char *name = is_hidden ? g_strdup_printf ("layer%u", i) : g_strdup ("output");

    self->layers[i] = mp_layer_new (network, name, &spec);
    from = to;
  }
  return self;
}

static MpNode *
mlp_apply (gpointer   state,
           MpNode    *x,
           MpMode     mode,
           GArray    *moving,
           GPtrArray *hidden)
{
  Mlp *self = state;
  gint64 n = x != NULL ? x->type.dim[0] : 0;

  if (x != NULL && x->type.rank != 2)
    x = mp_flatten (x);
  for (guint i = 0; i < self->n_layers; i++) {
    x = mp_layer_apply (self->layers[i], x, mode, moving);
    mp_named (x, "%s layer %u before its activation", self->group, i);
    if (i + 1 < self->n_layers) {
      x = mp_activate (self->activation, x, self->slope);
      if (hidden != NULL)
        g_ptr_array_add (hidden, x);
    }
  }
  x = mp_activate (self->output_activation, x, self->slope);
  if (self->outputs.rank == 3 && x != NULL)
    x = mp_reshape (x, mp_shape (x->graph, n, self->outputs.dim[0], self->outputs.dim[1], self->outputs.dim[2],
                                 (gint64) -1));
  return x;
}

static void
mlp_free_state (gpointer state)
{
  Mlp *self = state;

  for (guint i = 0; i < self->n_layers; i++)
    mp_layer_free (self->layers[i]);
  g_free (self->layers);
  g_free (self);
}

const MpNetworkClass mp_network_mlp = {
  .base = {
    .id = "mlp",
    .title = N_("Multilayer perceptron"),
    .summary = N_("Fully connected layers with any depth, width, activation and normalisation."),
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .new_state = mlp_new_state,
  .apply = mlp_apply,
  .free_state = mlp_free_state,
};
