/* SPDX-License-Identifier: Apache-2.0
 *
 * network.h: networks as descriptors; a network owns its variables and can be applied any number of times.
 *
 * Variables are named GROUP/LAYER/NAME ("generator/layer0/weight"). A running average of a network (Polyak and
 * Juditsky 1992; exponential as in Karras et al., ICLR 2018) is a second network of the same kind whose variables are
 * states named average/GROUP/…; it starts equal and no optimizer moves it. The frozen networks of an extractor
 * (engine/extractors/extractor.h) are states too, named extractor/GROUP/….
 *
 * A batch is n samples along axis 0. A sample is a row of numbers or an image, height × width × channels.
 */
#pragma once

#include "engine/graph/graph.h"
#include "engine/train/experiment.h"

G_BEGIN_DECLS

typedef struct _MpNetwork MpNetwork;

typedef enum
{
  MP_TRAINING, /* batch statistics; moving averages are updated */
  MP_INFERENCE
} MpMode;

/* The shape of a sample: { n } or { height, width, channels }. */
typedef struct
{
  gint   rank; /* 1 or 3 */
  gint64 dim[3];
} MpSample;

static inline MpSample
mp_sample_row (gint64 n)
{
  return (MpSample) { 1, { n, 0, 0 } };
}

static inline MpSample
mp_sample_image (gint64 height,
                 gint64 width,
                 gint64 channels)
{
  return (MpSample) { 3, { height, width, channels } };
}

/* The moving average of a batch statistic, wanted by a training pass:
 * target ← (1 − momentum)·target + momentum·value, once for every pass that ran. With momentum 1 the state becomes
 * the value, which all passes of a phase share. */
typedef struct
{
  MpNode *target;
  MpNode *value;
  double  momentum;
} MpMovingAverage;

typedef struct
{
  MpDescriptor base;
  /* Makes the variables with mp_network_parameter () and mp_network_state (), and keys of mp_network_get_group (). */
  gpointer   (*new_state) (MpNetwork *network, const MpSample *inputs, const MpSample *outputs, GError **error);
  /* x: n samples of `inputs`. moving: (nullable) (element-type MpMovingAverage): gets what a training pass wants averaged.
   * hidden: (nullable) (element-type MpNode): gets every hidden layer after its activation, from input to output. */
  MpNode    *(*apply) (gpointer state, MpNode *x, MpMode mode, GArray *moving, GPtrArray *hidden);
  void       (*free_state) (gpointer state);
  gboolean   images; /* only for inputs or outputs that are images */
} MpNetworkClass;

/* group: "generator", "critic" or "encoder", the parameter group and the experiment's group.
 * states: NULL, or what the names of the variables begin with, which are states then: "average", "extractor". */
MpNetwork    *mp_network_new (MpGraph *graph, MpExperiment *experiment, const char *group, const char *states,
                              const MpSample *inputs, const MpSample *outputs, GError **error);
/* A network that is like that of [group], with parameters of its own in the group `name` ("decoder"). */
MpNetwork    *mp_network_new_like (MpGraph *graph, MpExperiment *experiment, const char *group, const char *name,
                                   const MpSample *inputs, const MpSample *outputs, GError **error);
void          mp_network_free (MpNetwork *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpNetwork, mp_network_free)
MpNode       *mp_network_apply (MpNetwork *self, MpNode *x, MpMode mode, GArray *moving);
/* The same; every hidden layer after its activation goes to the end of `hidden`, from input to output. */
MpNode       *mp_network_apply_hidden (MpNetwork *self, MpNode *x, MpMode mode, GArray *moving, GPtrArray *hidden);
/* All variables in order of creation, parameters and states. (transfer none) (element-type MpNode) */
GPtrArray    *mp_network_get_variables (MpNetwork *self);

/* What the names of its parameters begin with: "critic". */
const char   *mp_network_get_name (MpNetwork *self);

/* ---- for new_state () ---- */
MpGraph      *mp_network_get_graph (MpNetwork *self);
MpExperiment *mp_network_get_experiment (MpNetwork *self);
const char   *mp_network_get_group (MpNetwork *self);
/* name: "layer0/weight". */
MpNode       *mp_network_parameter (MpNetwork *self, const char *name, MpTensorType type, MpInit init);
MpNode       *mp_network_state (MpNetwork *self, const char *name, MpTensorType type, MpInit init);

G_END_DECLS
