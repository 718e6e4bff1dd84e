/* SPDX-License-Identifier: Apache-2.0
 *
 * layers.h: what networks are made of: affine layers (dense, convolution, transposed convolution) with a
 * normalisation, and activations. A layer owns names, not nodes: its variables belong to its network.
 *
 *   dense        y = x·W + b            x n × inputs, W inputs × outputs, y n × outputs
 *   convolution  y = x ∗ W + b          x n·H·W·inputs, W outputs·K·K·inputs, y n·⌈H/s⌉·⌈W/s⌉·outputs
 *   transposed   y = x ∗ᵀ W + b         x n·H·W·inputs, W inputs·K·K·outputs, y n·sH·sW·outputs: the adjoint of the
 *                                       convolution with the same W from y's shape to x's
 *
 * Images are padded with zeros so that only the stride s changes their size; where the padding is odd, the end gets
 * more ("SAME" of TensorFlow). Fans of a transposed convolution, for its initial values, are those of the convolution
 * that it is the adjoint of, as in TensorFlow too.
 */
#pragma once

#include "engine/nn/network.h"

G_BEGIN_DECLS

typedef struct _MpLayer MpLayer;

typedef enum
{
  MP_LAYER_DENSE,
  MP_LAYER_CONVOLUTION,
  MP_LAYER_TRANSPOSED
} MpLayerKind;

/* In the order of mp_normalisation_choices. */
typedef enum
{
  MP_NORMALISATION_NONE,
  MP_NORMALISATION_BATCH,
  MP_NORMALISATION_LAYER,
  MP_NORMALISATION_SPECTRAL
} MpNormalisation;

typedef struct
{
  MpLayerKind     kind;
  gint64          inputs, outputs;  /* units, or channels */
  gint64          height, width;    /* of x; images only */
  gint            kernel, stride;   /* images only */
  MpInit          weight, bias;     /* bias.kind NULL: there is no bias */
  MpNormalisation normalisation;
  double          epsilon;          /* batch, layer: added to the variance */
  double          momentum;         /* batch: the new batch's share in the moving averages */
  double          gain;             /* spectral: the norm that the layer gets */
  gboolean        norm_of_matrix;   /* spectral, images: the norm of W as a matrix instead of the layer's own */
} MpLayerSpec;

/* For MpParam.choices; NULL-terminated. */
extern const char *const mp_activation_choices[];
extern const char *const mp_normalisation_choices[];
extern const char *const mp_init_choices[];

/* Position of value in a NULL-terminated list that has it. */
guint    mp_choice_index (const char *const *choices, const char *value);

/* Makes the variables NAME/weight, NAME/bias and those of the normalisation in the network. name is copied. */
MpLayer *mp_layer_new (MpNetwork *network, const char *name, const MpLayerSpec *spec);
void     mp_layer_free (MpLayer *self);
/* The affine map and its normalisation. moving: as in MpNetworkClass. */
MpNode  *mp_layer_apply (MpLayer *self, MpNode *x, MpMode mode, GArray *moving);
/* Whether a network's parameter is the scale or offset of a batch or layer normalisation. */
gboolean mp_layer_is_normalisation (const MpNode *parameter);
/* activation: one of mp_activation_choices; slope: of leaky-relu, or elu's α. */
MpNode  *mp_activate (const char *activation, MpNode *x, double slope);

G_END_DECLS
