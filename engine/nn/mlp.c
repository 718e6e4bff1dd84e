/* SPDX-License-Identifier: Apache-2.0
 *
 * mlp.c: the multilayer perceptron: any depth, widths, activation and normalisation.
 *
 *   h₀ = x,   hₗ = φ (N (hₗ₋₁ Wₗ + bₗ)) for the hidden layers,   y = ψ (h W + b)
 *
 * Shapes: x n × inputs, Wₗ inputs × outputs, bₗ outputs, y n × outputs.
 * N is nothing, batch normalisation (Ioffe and Szegedy, ICML 2015; over the batch, moving averages with momentum 0.1
 * and the unbiased variance, as PyTorch does) or layer normalisation (Ba, Kiros and Hinton 2016; over the units of a
 * sample); both with ε = 10⁻⁵, a learned scale that starts at 1 and a learned offset that starts at 0.
 */
#include "engine/nn/network.h"

#define NORMALISATION_EPSILON 1e-5
#define BATCH_MOMENTUM 0.1

typedef enum
{
  NORMALISE_NONE,
  NORMALISE_BATCH,
  NORMALISE_LAYER
} Normalisation;

typedef struct
{
  MpNode *weight, *bias;
  MpNode *scale, *offset;    /* normalised layers */
  MpNode *mean, *variance;   /* batch normalisation: moving averages */
} Layer;

typedef struct
{
  MpGraph       *graph;
  guint          n_layers;
  Layer         *layers;
  Normalisation  normalisation;
  const char    *group;
  const char    *activation; /* static: an entry of `activations` */
  const char    *output_activation;
  double         slope;
} Mlp;

static const char *const activations[] = {
  "relu", "leaky-relu", "elu", "tanh", "sigmoid", "softplus", "linear", NULL
};
static const char *const normalisations[] = { "none", "batch", "layer", NULL };
static const char *const inits[] = {
  "xavier-uniform", "xavier-normal", "he-uniform", "he-normal", "normal", "orthogonal", "torch", NULL
};

static const MpParam params[] = {
  { .key = "hidden", .title = N_("Hidden layers"), .unit = N_("units"),
    .summary = N_("Widths of the hidden layers from input to output; empty for a linear map."),
    .type = MP_PARAM_INTS, .default_value = "100, 100", .min = 1, .max = 65536, .ui_min = 1, .ui_max = 1024,
    .may_be_empty = TRUE },
  { .key = "activation", .title = N_("Activation"), .symbol = "φ",
    .summary = N_("Applied after every hidden layer."),
    .type = MP_PARAM_ENUM, .default_value = "relu", .choices = activations },
  { .key = "slope", .title = N_("Negative slope"),
    .summary = N_("Slope of leaky-relu, or α of elu, below zero."),
    .type = MP_PARAM_DOUBLE, .default_value = "0.2", .min = 0, .max = 10, .ui_min = 0, .ui_max = 1 },
  { .key = "output_activation", .title = N_("Output activation"), .symbol = "ψ",
    .summary = N_("Applied to the output; a critic's loss expects linear."),
    .type = MP_PARAM_ENUM, .default_value = "linear", .choices = activations },
  { .key = "normalisation", .title = N_("Normalisation"),
    .summary = N_("Of the hidden layers before the activation: over the batch, over a sample's units, or none."),
    .type = MP_PARAM_ENUM, .default_value = "none", .choices = normalisations },
  { .key = "init", .title = N_("Initial weights"),
    .summary = N_("How weights start; biases start at 0, with torch uniform like the weights."),
    .type = MP_PARAM_ENUM, .default_value = "xavier-uniform", .choices = inits },
  { .key = "gain", .title = N_("Gain"),
    .summary = N_("Factor of the initial weights for Xavier, He and orthogonal."),
    .type = MP_PARAM_DOUBLE, .default_value = "1", .min = 1e-6, .max = 1e3, .ui_min = 0.1, .ui_max = 3 },
  { .key = "init_std", .title = N_("Initial standard deviation"),
    .summary = N_("Standard deviation of normal initial weights."),
    .type = MP_PARAM_DOUBLE, .default_value = "0.02", .min = 1e-9, .max = 1e3, .ui_min = 0.001, .ui_max = 1,
    .logarithmic = TRUE },
};

static guint
choice_index (const char *const *choices,
              const char        *value)
{
  for (guint i = 0; choices[i] != NULL; i++)
    if (g_str_equal (choices[i], value))
      return i;
  g_return_val_if_reached (0);
}

static void
add_layer (MpNetwork   *network,
           Mlp         *self,
           guint        index,
           gint64       inputs,
           gint64       outputs,
           const char  *init,
           double       scale)
{
  Layer *layer = &self->layers[index];
  gboolean torch = g_str_equal (init, "torch");
  g_autofree char *prefix = index + 1 < self->n_layers ? g_strdup_printf ("layer%u", index) : g_strdup ("output");
  g_autofree char *weight = g_strconcat (prefix, "/weight", NULL);
  g_autofree char *bias = g_strconcat (prefix, "/bias", NULL);
  MpTensorType row = mp_shape (self->graph, outputs, (gint64) -1);

  layer->weight = mp_network_parameter (network, weight, mp_shape (self->graph, inputs, outputs, (gint64) -1),
                                        (MpInit) { init, scale });
  layer->bias = mp_network_parameter (network, bias, row,
                                      torch ? (MpInit) { "torch", inputs } : (MpInit) { "zeros", 0 });
  if (index + 1 == self->n_layers || self->normalisation == NORMALISE_NONE)
    return;

  g_autofree char *scale_name = g_strconcat (prefix, "/scale", NULL);
  g_autofree char *offset_name = g_strconcat (prefix, "/offset", NULL);

  layer->scale = mp_network_parameter (network, scale_name, row, (MpInit) { "constant", 1 });
  layer->offset = mp_network_parameter (network, offset_name, row, (MpInit) { "zeros", 0 });
  if (self->normalisation != NORMALISE_BATCH)
    return;

  g_autofree char *mean_name = g_strconcat (prefix, "/mean", NULL);
  g_autofree char *variance_name = g_strconcat (prefix, "/variance", NULL);

  layer->mean = mp_network_state (network, mean_name, row, (MpInit) { "zeros", 0 });
  layer->variance = mp_network_state (network, variance_name, row, (MpInit) { "constant", 1 });
}

static gpointer
mlp_new_state (MpNetwork  *network,
               gint64      inputs,
               gint64      outputs,
               GError    **error)
{
  MpExperiment *experiment = mp_network_get_experiment (network);
  const char *group = mp_network_get_group (network);
  guint n_hidden;
  const double *hidden = mp_experiment_get_doubles (experiment, group, "hidden", &n_hidden);
  const char *init = inits[choice_index (inits, mp_experiment_get_string (experiment, group, "init"))];
  double scale = mp_experiment_get_double (experiment, group, g_str_equal (init, "normal") ? "init_std" : "gain");
  Mlp *self = g_new0 (Mlp, 1);

  self->graph = mp_network_get_graph (network);
  self->group = group;
  self->n_layers = n_hidden + 1;
  self->layers = g_new0 (Layer, self->n_layers);
  self->normalisation = choice_index (normalisations, mp_experiment_get_string (experiment, group, "normalisation"));
  self->activation = activations[choice_index (activations, mp_experiment_get_string (experiment, group,
                                                                                      "activation"))];
  self->output_activation = activations[choice_index (activations, mp_experiment_get_string (experiment, group,
                                                                                             "output_activation"))];
  self->slope = mp_experiment_get_double (experiment, group, "slope");

  for (guint i = 0; i < self->n_layers; i++) {
    gint64 width = i < n_hidden ? (gint64) hidden[i] : outputs;

    add_layer (network, self, i, inputs, width, init, scale);
    inputs = width;
  }
  return self;
}

static MpNode *
activate (Mlp        *self,
          const char *activation,
          MpNode     *x)
{
  if (g_str_equal (activation, "relu"))
    return mp_relu (x);
  if (g_str_equal (activation, "leaky-relu"))
    return mp_leaky_relu (x, self->slope);
  if (g_str_equal (activation, "elu"))
    return mp_elu (x, self->slope);
  if (g_str_equal (activation, "tanh"))
    return mp_tanh (x);
  if (g_str_equal (activation, "sigmoid"))
    return mp_sigmoid (x);
  if (g_str_equal (activation, "softplus"))
    return mp_softplus (x);
  return x;
}

/* The statistics of a batch of n, the variance divided by n − 1, for the moving averages. */
static void
want_averages (const Layer *layer,
               MpNode      *x,
               GArray      *moving)
{
  double n = x != NULL ? x->type.dim[0] : 0;
  MpNode *mean = mp_mean (x, MP_AXIS (0), TRUE);
  MpNode *variance = mp_mean (mp_square (mp_sub (x, mean)), MP_AXIS (0), FALSE);
  MpMovingAverage averages[] = {
    { layer->mean, mp_mean (x, MP_AXIS (0), FALSE), BATCH_MOMENTUM },
    { layer->variance, mp_mul_scalar (variance, n > 1 ? n / (n - 1) : 1), BATCH_MOMENTUM },
  };

  g_array_append_vals (moving, averages, G_N_ELEMENTS (averages));
}

static MpNode *
normalise (Mlp         *self,
           const Layer *layer,
           MpNode      *x,
           MpMode       mode,
           GArray      *moving)
{
  MpNode *y;

  if (self->normalisation == NORMALISE_NONE)
    return x;

  if (self->normalisation == NORMALISE_LAYER)
    y = mp_normalize (x, MP_AXIS (1), NORMALISATION_EPSILON);
  else if (mode == MP_TRAINING)
    y = mp_normalize (x, MP_AXIS (0), NORMALISATION_EPSILON);
  else
    y = mp_mul (mp_sub (x, layer->mean), mp_rsqrt (mp_add_scalar (layer->variance, NORMALISATION_EPSILON)));

  if (self->normalisation == NORMALISE_BATCH && mode == MP_TRAINING && moving != NULL)
    want_averages (layer, x, moving);
  return mp_add (mp_mul (y, layer->scale), layer->offset);
}

static MpNode *
mlp_apply (gpointer  state,
           MpNode   *x,
           MpMode    mode,
           GArray   *moving)
{
  Mlp *self = state;

  for (guint i = 0; i < self->n_layers; i++) {
    const Layer *layer = &self->layers[i];

    x = mp_add (mp_matmul (x, FALSE, layer->weight, FALSE), layer->bias);
    mp_named (x, "%s layer %u before its activation", self->group, i);
    if (i + 1 < self->n_layers)
      x = activate (self, self->activation, normalise (self, layer, x, mode, moving));
  }
  return activate (self, self->output_activation, x);
}

static void
mlp_free_state (gpointer state)
{
  Mlp *self = state;

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
