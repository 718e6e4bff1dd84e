/* SPDX-License-Identifier: Apache-2.0
 *
 * layers.c: affine layers and what normalises them; shapes in layers.h.
 *
 * Batch normalisation (Ioffe and Szegedy, ICML 2015) is over the batch, for images over their positions too; its
 * moving averages take the unbiased variance, as PyTorch does. Layer normalisation (Ba, Kiros and Hinton 2016) is over
 * all of a sample. Both have a learned scale per unit or channel that starts at 1 and an offset that starts at 0.
 *
 * Spectral normalisation (Miyato, Kataoka, Koyama and Yoshida: Spectral normalization for generative adversarial
 * networks, ICLR 2018) divides W by its largest singular value, found by one step of power iteration in every run of a
 * phase that the layer takes part in. With A the layer's linear map and u a state of y's shape,
 *
 *   v = Aᵀu / |Aᵀu|,   σ = |A v|,   W̄ = gain · W / σ,   u ← A v / σ
 *
 * Gradients flow through σ with u and v held constant. A is the convolution itself (Wang, Sun and Halgamuge: Improving
 * MMD-GAN training with repulsive loss function, ICLR 2019), whose norm depends on the image's size and the stride, or
 * the matrix that W becomes when all axes but the first are one (Miyato et al.), whose norm bounds it from neither
 * side. Several passes of a phase share σ: they are one training step.
 */
#include "engine/nn/layers.h"

#define NORM_EPSILON 1e-20 /* added to squared norms, so that zero weights stay zero */

struct _MpLayer
{
  MpLayerSpec     spec;
  char           *name;
  MpGraph        *graph;
  MpConvGeometry  geometry;
  gint64          out_height, out_width;
  MpNode         *weight, *bias;
  MpNode         *scale, *offset;       /* batch, layer */
  MpNode         *mean, *variance;      /* batch: moving averages */
  MpNode         *u;                    /* spectral */
  MpNode         *normalised, *next_u;  /* spectral: made at the first pass, shared by all */
};

const char *const mp_activation_choices[] = {
  "relu", "leaky-relu", "elu", "tanh", "sigmoid", "softplus", "linear", NULL
};
const char *const mp_normalisation_choices[] = { "none", "batch", "layer", "spectral", NULL };
const char *const mp_init_choices[] = {
  "xavier-uniform", "xavier-normal", "he-uniform", "he-normal", "normal", "orthogonal", "torch", NULL
};

guint
mp_choice_index (const char *const *choices,
                 const char        *value)
{
  for (guint i = 0; choices[i] != NULL; i++)
    if (g_str_equal (choices[i], value))
      return i;
  g_return_val_if_reached (0);
}

MpNode *
mp_activate (const char *activation,
             MpNode     *x,
             double      slope)
{
  if (g_str_equal (activation, "relu"))
    return mp_relu (x);
  if (g_str_equal (activation, "leaky-relu"))
    return mp_leaky_relu (x, slope);
  if (g_str_equal (activation, "elu"))
    return mp_elu (x, slope);
  if (g_str_equal (activation, "tanh"))
    return mp_tanh (x);
  if (g_str_equal (activation, "sigmoid"))
    return mp_sigmoid (x);
  if (g_str_equal (activation, "softplus"))
    return mp_softplus (x);
  return x;
}

/* ---- making ---- */

/* The convolution's zeros around an image of `size` on one axis. */
static void
pad_axis (MpLayer *self,
          gint     axis,
          gint64   size)
{
  gint64 stride = self->spec.stride, steps = (size + stride - 1) / stride;
  gint64 total = MAX ((steps - 1) * stride + self->spec.kernel - size, 0);

  self->geometry.stride[axis] = (gint) stride;
  self->geometry.pad_before[axis] = (gint) (total / 2);
  self->geometry.pad_after[axis] = (gint) (total - total / 2);
}

static void
set_geometry (MpLayer *self)
{
  const MpLayerSpec *spec = &self->spec;
  gboolean transposed = spec->kind == MP_LAYER_TRANSPOSED;
  gint64 stride = spec->stride;

  if (spec->kind == MP_LAYER_DENSE)
    return;
  self->out_height = transposed ? spec->height * stride : (spec->height + stride - 1) / stride;
  self->out_width = transposed ? spec->width * stride : (spec->width + stride - 1) / stride;
  pad_axis (self, 0, transposed ? self->out_height : spec->height);
  pad_axis (self, 1, transposed ? self->out_width : spec->width);
}

static MpTensorType
weight_type (MpLayer *self)
{
  const MpLayerSpec *spec = &self->spec;
  gint64 kernel = spec->kernel;

  if (spec->kind == MP_LAYER_DENSE)
    return mp_shape (self->graph, spec->inputs, spec->outputs, (gint64) -1);
  if (spec->kind == MP_LAYER_TRANSPOSED)
    return mp_shape (self->graph, spec->inputs, kernel, kernel, spec->outputs, (gint64) -1);
  return mp_shape (self->graph, spec->outputs, kernel, kernel, spec->inputs, (gint64) -1);
}

/* One sample of y, or a row as long as the matrix has columns. */
static MpTensorType
u_type (MpLayer *self)
{
  const MpLayerSpec *spec = &self->spec;

  if (spec->kind == MP_LAYER_DENSE)
    return mp_shape (self->graph, (gint64) 1, spec->outputs, (gint64) -1);
  if (spec->norm_of_matrix)
    return mp_shape (self->graph, (gint64) 1, self->weight != NULL ? self->weight->type.dim[0] : 1, (gint64) -1);
  return mp_shape (self->graph, (gint64) 1, self->out_height, self->out_width, spec->outputs, (gint64) -1);
}

static MpNode *
add_parameter (MpLayer     *self,
               MpNetwork   *network,
               const char  *key,
               MpTensorType type,
               MpInit       init)
{
  g_autofree char *full = g_strconcat (self->name, "/", key, NULL);

  return mp_network_parameter (network, full, type, init);
}

static MpNode *
add_state (MpLayer     *self,
           MpNetwork   *network,
           const char  *key,
           MpTensorType type,
           MpInit       init)
{
  g_autofree char *full = g_strconcat (self->name, "/", key, NULL);

  return mp_network_state (network, full, type, init);
}

MpLayer *
mp_layer_new (MpNetwork         *network,
              const char        *name,
              const MpLayerSpec *spec)
{
  MpLayer *self = g_new0 (MpLayer, 1);
  MpTensorType row;

  self->spec = *spec;
  self->name = g_strdup (name);
  self->graph = mp_network_get_graph (network);
  row = mp_shape (self->graph, spec->outputs, (gint64) -1);
  set_geometry (self);

  self->weight = add_parameter (self, network, "weight", weight_type (self), spec->weight);
  if (spec->bias.kind != NULL)
    self->bias = add_parameter (self, network, "bias", row, spec->bias);
  if (spec->normalisation == MP_NORMALISATION_BATCH || spec->normalisation == MP_NORMALISATION_LAYER) {
    self->scale = add_parameter (self, network, "scale", row, (MpInit) { "constant", 1 });
    self->offset = add_parameter (self, network, "offset", row, (MpInit) { "zeros", 0 });
  }
  if (spec->normalisation == MP_NORMALISATION_BATCH) {
    self->mean = add_state (self, network, "mean", row, (MpInit) { "zeros", 0 });
    self->variance = add_state (self, network, "variance", row, (MpInit) { "constant", 1 });
  }
  if (spec->normalisation == MP_NORMALISATION_SPECTRAL)
    self->u = add_state (self, network, "u", u_type (self), (MpInit) { "normal", 1 });
  return self;
}

void
mp_layer_free (MpLayer *self)
{
  if (self == NULL)
    return;
  g_free (self->name);
  g_free (self);
}

gboolean
mp_layer_is_normalisation (const MpNode *parameter)
{
  return g_str_has_suffix (parameter->name, "/scale") || g_str_has_suffix (parameter->name, "/offset");
}

/* ---- the linear map and its adjoint ---- */

static MpNode *
map (MpLayer *self,
     MpNode  *x,
     MpNode  *weight)
{
  if (self->spec.kind == MP_LAYER_DENSE)
    return mp_matmul (x, FALSE, weight, FALSE);
  if (self->spec.kind == MP_LAYER_CONVOLUTION)
    return mp_conv (x, weight, &self->geometry);
  return mp_conv_data (x, weight, &self->geometry, self->out_height, self->out_width);
}

static MpNode *
map_back (MpLayer *self,
          MpNode  *y,
          MpNode  *weight)
{
  if (self->spec.kind == MP_LAYER_DENSE)
    return mp_matmul (y, FALSE, weight, TRUE);
  if (self->spec.kind == MP_LAYER_CONVOLUTION)
    return mp_conv_data (y, weight, &self->geometry, self->spec.height, self->spec.width);
  return mp_conv (y, weight, &self->geometry);
}

/* ---- spectral normalisation ---- */

static MpNode *
norm (MpNode *x)
{
  return mp_sqrt (mp_add_scalar (mp_sum (mp_square (x), MP_ALL_AXES, FALSE), NORM_EPSILON));
}

static void
divide_by_norm (MpLayer *self)
{
  gboolean matrix = self->spec.norm_of_matrix && self->spec.kind != MP_LAYER_DENSE;
  MpNode *weight = matrix ? mp_flatten (self->weight) : self->weight;
  MpNode *back = matrix ? mp_matmul (self->u, FALSE, weight, FALSE) : map_back (self, self->u, weight);
  MpNode *v = mp_stop_gradient (mp_div (back, norm (back)));
  MpNode *forth = matrix ? mp_matmul (v, FALSE, weight, TRUE) : map (self, v, weight);
  MpNode *sigma = mp_named (norm (forth), "largest singular value of %s",
                            self->weight != NULL ? self->weight->name : "");

  self->next_u = mp_stop_gradient (mp_div (forth, sigma));
  self->normalised = mp_mul (self->weight, mp_div (mp_scalar (self->graph, self->spec.gain), sigma));
}

static void
want (GArray *moving,
      MpNode *target,
      MpNode *value,
      double  momentum)
{
  MpMovingAverage average = { target, value, momentum };

  g_array_append_val (moving, average);
}

static MpNode *
normalised_weight (MpLayer *self,
                   MpMode   mode,
                   GArray  *moving)
{
  if (self->normalised == NULL)
    divide_by_norm (self);
  if (mode == MP_TRAINING && moving != NULL)
    want (moving, self->u, self->next_u, 1);
  return self->normalised;
}

/* ---- normalisation of values ---- */

/* The statistics of n values per unit or channel, the variance divided by n − 1, for the moving averages. */
static void
want_averages (MpLayer *self,
               MpNode  *x,
               gint     axes,
               GArray  *moving)
{
  double n = x != NULL ? (double) (mp_tensor_count (&x->type) / self->spec.outputs) : 0;
  MpNode *mean = mp_mean (x, axes, TRUE);
  MpNode *variance = mp_mean (mp_square (mp_sub (x, mean)), axes, FALSE);

  want (moving, self->mean, mp_mean (x, axes, FALSE), self->spec.momentum);
  want (moving, self->variance, mp_mul_scalar (variance, n > 1 ? n / (n - 1) : 1), self->spec.momentum);
}

static MpNode *
normalise (MpLayer *self,
           MpNode  *x,
           MpMode   mode,
           GArray  *moving)
{
  gboolean image = self->spec.kind != MP_LAYER_DENSE;
  gint batch_axes = image ? MP_AXIS (0) | MP_AXIS (1) | MP_AXIS (2) : MP_AXIS (0);
  gint sample_axes = image ? MP_AXIS (1) | MP_AXIS (2) | MP_AXIS (3) : MP_AXIS (1);
  MpNode *y;

  if (self->spec.normalisation == MP_NORMALISATION_LAYER)
    y = mp_normalize (x, sample_axes, self->spec.epsilon);
  else if (mode == MP_TRAINING)
    y = mp_normalize (x, batch_axes, self->spec.epsilon);
  else
    y = mp_mul (mp_sub (x, self->mean), mp_rsqrt (mp_add_scalar (self->variance, self->spec.epsilon)));

  if (self->spec.normalisation == MP_NORMALISATION_BATCH && mode == MP_TRAINING && moving != NULL)
    want_averages (self, x, batch_axes, moving);
  return mp_add (mp_mul (y, self->scale), self->offset);
}

MpNode *
mp_layer_apply (MpLayer *self,
                MpNode  *x,
                MpMode   mode,
                GArray  *moving)
{
  gboolean spectral = self->spec.normalisation == MP_NORMALISATION_SPECTRAL;
  MpNode *y = map (self, x, spectral ? normalised_weight (self, mode, moving) : self->weight);

  if (self->bias != NULL)
    y = mp_add (y, self->bias);
  return self->scale != NULL ? normalise (self, y, mode, moving) : y;
}
