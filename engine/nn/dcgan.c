/* SPDX-License-Identifier: Apache-2.0
 *
 * dcgan.c: convolution networks after Radford, Metz and Chintala (Unsupervised representation learning with deep
 * convolutional generative adversarial networks, ICLR 2016), in the form of Miyato et al. (ICLR 2018) and Wang et al.
 * (Improving MMD-GAN training with repulsive loss function, ICLR 2019).
 *
 * An H·W image is halved S times, while its sides are even and above 7, down to h·w; with C the width:
 *   decoder, row → image   dense → h·w·2ˢC;  S times: 4×4 transposed, stride 2, half the channels, N, ReLU;
 *                          3×3 convolution → channels, tanh
 *   encoder, image → row   3×3 convolution → C;  S times: 4×4, stride 2, twice the channels, N; 3×3, N;  dense → outputs
 *                          with leaky ReLU after every convolution
 * For 32×32 and C = 64 these are 4·4·512 – 256 – 128 – 64 – 3 and 64 – 128 – 128 – 256 – 256 – 512 – 512.
 *
 * N is batch or layer normalisation, which the encoder's first convolution and both ends of the decoder go without, or
 * spectral normalisation of every layer. A layer before batch normalisation has no bias, which would be taken away
 * again. Statistics have ε = 10⁻³ and moving averages a momentum of 0.01, as in Wang's code. Weights start from He's
 * normal distribution where a (leaky) ReLU follows, else from Glorot's uniform one, biases from N (0, 10⁻¹⁰).
 */
#include "engine/nn/layers.h"

#include <math.h>

#define LARGEST_BOTTOM 7
#define NORMALISATION_EPSILON 1e-3
#define BATCH_MOMENTUM 0.01
#define BIAS_STD 1e-5

typedef struct
{
  GPtrArray *layers;    /* MpLayer */
  gboolean   decoder;
  gint64     bottom[3]; /* height, width, channels between the dense layer and the convolutions */
  double     slope;
} Dcgan;

static const char *const spectral_norms[] = { "convolution", "matrix", NULL };

static const MpParam params[] = {
  { .key = "width", .title = N_("Width"), .symbol = "C", .unit = N_("channels"),
    .summary = N_("Channels at full resolution; every halving doubles them."),
    .type = MP_PARAM_INT, .default_value = "64", .min = 1, .max = 4096, .ui_min = 8, .ui_max = 256 },
  { .key = "slope", .title = N_("Negative slope"),
    .summary = N_("Slope of the leaky ReLU below zero, in a network that reads images."),
    .type = MP_PARAM_DOUBLE, .default_value = "0.1", .min = 0, .max = 10, .ui_min = 0, .ui_max = 1 },
  { .key = "normalisation", .title = N_("Normalisation"),
    .summary = N_("Of the hidden layers before the activation, over the batch or over a sample; or of every layer's "
                  "weights, by their largest singular value."),
    .type = MP_PARAM_ENUM, .default_value = "batch", .choices = mp_normalisation_choices },
  { .key = "spectral_norm", .title = N_("Spectral norm"),
    .summary = N_("The norm that spectral normalisation divides by: of the convolution itself, or of its weights read "
                  "as a matrix."),
    .type = MP_PARAM_ENUM, .default_value = "convolution", .choices = spectral_norms },
  { .key = "spectral_gain", .title = N_("Spectral gain"),
    .summary = N_("The largest singular value that spectral normalisation gives every layer."),
    .type = MP_PARAM_DOUBLE, .default_value = "1", .min = 1e-3, .max = 1e3, .ui_min = 0.5, .ui_max = 4 },
};

typedef enum
{
  PLACE_FIRST,  /* never under batch or layer normalisation */
  PLACE_HIDDEN,
  PLACE_LAST
} Place;

/* Adds a layer whose kind, sizes and place are given. */
static void
add_layer (Dcgan       *self,
           MpNetwork   *network,
           const char  *name,
           Place        place,
           MpLayerSpec  spec)
{
  MpExperiment *experiment = mp_network_get_experiment (network);
  const char *group = mp_network_get_group (network);
  const char *norm = mp_experiment_get_string (experiment, group, "spectral_norm");
  guint normalisation = mp_choice_index (mp_normalisation_choices,
                                         mp_experiment_get_string (experiment, group, "normalisation"));
  gboolean of_values = normalisation == MP_NORMALISATION_BATCH || normalisation == MP_NORMALISATION_LAYER;
  gboolean rectified = place == PLACE_HIDDEN || (place == PLACE_FIRST && !self->decoder);
  double slope = self->decoder ? 0 : self->slope;

  spec.normalisation = of_values && place != PLACE_HIDDEN ? MP_NORMALISATION_NONE : normalisation;
  spec.epsilon = NORMALISATION_EPSILON;
  spec.momentum = BATCH_MOMENTUM;
  spec.gain = mp_experiment_get_double (experiment, group, "spectral_gain");
  spec.norm_of_matrix = g_str_equal (norm, "matrix");
  spec.weight = rectified ? (MpInit) { "he-normal", 1 / sqrt (1 + slope * slope) } : (MpInit) { "xavier-uniform", 1 };
  if (spec.normalisation != MP_NORMALISATION_BATCH)
    spec.bias = (MpInit) { "normal", BIAS_STD };
  g_ptr_array_add (self->layers, mp_layer_new (network, name, &spec));
}

static void
add_decoder (Dcgan          *self,
             MpNetwork      *network,
             gint64          inputs,
             const MpSample *image,
             guint           n_halvings)
{
  gint64 height = self->bottom[0], width = self->bottom[1], channels = self->bottom[2];

  add_layer (self, network, "dense", PLACE_FIRST,
             (MpLayerSpec) { .kind = MP_LAYER_DENSE, .inputs = inputs, .outputs = height * width * channels });
  for (guint i = 0; i < n_halvings; i++) {
    g_autofree char *name = g_strdup_printf ("up%u", i);

    add_layer (self, network, name, PLACE_HIDDEN,
               (MpLayerSpec) { .kind = MP_LAYER_TRANSPOSED, .inputs = channels, .outputs = channels / 2,
                               .height = height, .width = width, .kernel = 4, .stride = 2 });
    height *= 2;
    width *= 2;
    channels /= 2;
  }
  add_layer (self, network, "output", PLACE_LAST,
             (MpLayerSpec) { .kind = MP_LAYER_CONVOLUTION, .inputs = channels, .outputs = image->dim[2],
                             .height = height, .width = width, .kernel = 3, .stride = 1 });
}

static void
add_encoder (Dcgan          *self,
             MpNetwork      *network,
             const MpSample *image,
             gint64          outputs,
             guint           n_halvings)
{
  gint64 height = image->dim[0], width = image->dim[1], channels = self->bottom[2] >> n_halvings;

  add_layer (self, network, "conv0", PLACE_FIRST,
             (MpLayerSpec) { .kind = MP_LAYER_CONVOLUTION, .inputs = image->dim[2], .outputs = channels,
                             .height = height, .width = width, .kernel = 3, .stride = 1 });
  for (guint i = 0; i < n_halvings; i++) {
    g_autofree char *down = g_strdup_printf ("down%u", i);
    g_autofree char *conv = g_strdup_printf ("conv%u", i + 1);

    add_layer (self, network, down, PLACE_HIDDEN,
               (MpLayerSpec) { .kind = MP_LAYER_CONVOLUTION, .inputs = channels, .outputs = 2 * channels,
                               .height = height, .width = width, .kernel = 4, .stride = 2 });
    height /= 2;
    width /= 2;
    channels *= 2;
    add_layer (self, network, conv, PLACE_HIDDEN,
               (MpLayerSpec) { .kind = MP_LAYER_CONVOLUTION, .inputs = channels, .outputs = channels,
                               .height = height, .width = width, .kernel = 3, .stride = 1 });
  }
  add_layer (self, network, "output", PLACE_LAST,
             (MpLayerSpec) { .kind = MP_LAYER_DENSE, .inputs = height * width * channels, .outputs = outputs });
}

static gpointer
dcgan_new_state (MpNetwork       *network,
                 const MpSample  *inputs,
                 const MpSample  *outputs,
                 GError         **error)
{
  MpExperiment *experiment = mp_network_get_experiment (network);
  const char *group = mp_network_get_group (network);
  const MpSample *image = outputs->rank == 3 ? outputs : inputs;
  guint n_halvings = 0;
  Dcgan *self;

  if (inputs->rank == outputs->rank) {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT,
                 "[%s] kind = dcgan makes images from rows of numbers, or numbers from images, but was asked for "
                 "images from images", group);
    return NULL;
  }
  self = g_new0 (Dcgan, 1);
  self->layers = g_ptr_array_new_with_free_func ((GDestroyNotify) mp_layer_free);
  self->decoder = outputs->rank == 3;
  self->slope = mp_experiment_get_double (experiment, group, "slope");
  self->bottom[0] = image->dim[0];
  self->bottom[1] = image->dim[1];
  self->bottom[2] = mp_experiment_get_int (experiment, group, "width");
  while (self->bottom[0] % 2 == 0 && self->bottom[1] % 2 == 0
         && MIN (self->bottom[0], self->bottom[1]) > LARGEST_BOTTOM) {
    self->bottom[0] /= 2;
    self->bottom[1] /= 2;
    self->bottom[2] *= 2;
    n_halvings++;
  }

  if (self->decoder)
    add_decoder (self, network, inputs->dim[0], image, n_halvings);
  else
    add_encoder (self, network, image, outputs->dim[0], n_halvings);
  return self;
}

static MpNode *
decode (Dcgan     *self,
        MpNode    *x,
        MpMode     mode,
        GArray    *moving,
        GPtrArray *hidden)
{
  x = mp_layer_apply (g_ptr_array_index (self->layers, 0), x, mode, moving);
  if (x != NULL)
    x = mp_reshape (x, mp_shape (x->graph, x->type.dim[0], self->bottom[0], self->bottom[1], self->bottom[2],
                                 (gint64) -1));
  for (guint i = 1; i + 1 < self->layers->len; i++) {
    x = mp_relu (mp_layer_apply (g_ptr_array_index (self->layers, i), x, mode, moving));
    if (hidden != NULL)
      g_ptr_array_add (hidden, x);
  }
  return mp_tanh (mp_layer_apply (g_ptr_array_index (self->layers, self->layers->len - 1), x, mode, moving));
}

static MpNode *
encode (Dcgan     *self,
        MpNode    *x,
        MpMode     mode,
        GArray    *moving,
        GPtrArray *hidden)
{
  for (guint i = 0; i + 1 < self->layers->len; i++) {
    x = mp_leaky_relu (mp_layer_apply (g_ptr_array_index (self->layers, i), x, mode, moving), self->slope);
    if (hidden != NULL)
      g_ptr_array_add (hidden, x);
  }
  return mp_layer_apply (g_ptr_array_index (self->layers, self->layers->len - 1), mp_flatten (x), mode, moving);
}

static MpNode *
dcgan_apply (gpointer   state,
             MpNode    *x,
             MpMode     mode,
             GArray    *moving,
             GPtrArray *hidden)
{
  Dcgan *self = state;

  return self->decoder ? decode (self, x, mode, moving, hidden) : encode (self, x, mode, moving, hidden);
}

static void
dcgan_free_state (gpointer state)
{
  Dcgan *self = state;

  g_ptr_array_unref (self->layers);
  g_free (self);
}

const MpNetworkClass mp_network_dcgan = {
  .base = {
    .id = "dcgan",
    .title = N_("Convolution network (DCGAN)"),
    .summary = N_("Convolutions that halve or double images; a generator makes images, a critic reads them."),
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .new_state = dcgan_new_state,
  .apply = dcgan_apply,
  .free_state = dcgan_free_state,
  .images = TRUE,
};
