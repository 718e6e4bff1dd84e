/* SPDX-License-Identifier: Apache-2.0
 *
 * network.h: networks as descriptors; a network owns its variables and can be applied any number of times.
 *
 * Variables are named GROUP/LAYER/NAME ("generator/layer0/weight"). A running average of a network (Polyak and
 * Juditsky 1992; exponential as in Karras et al., ICLR 2018) is a second network of the same kind whose variables are
 * states named average/GROUP/…; it starts equal and no optimizer moves it.
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

/* The moving average of a batch statistic, wanted by a training pass:
 * target ← (1 − momentum)·target + momentum·value, once for every pass that ran. */
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
  gpointer   (*new_state) (MpNetwork *network, gint64 inputs, gint64 outputs, GError **error);
  /* x: n × inputs. moving: (nullable) (element-type MpMovingAverage): gets what a training pass wants averaged. */
  MpNode    *(*apply) (gpointer state, MpNode *x, MpMode mode, GArray *moving);
  void       (*free_state) (gpointer state);
} MpNetworkClass;

/* group: "generator" or "critic", the parameter group and the experiment's group.
 * average: make a running average's network; its variables are states. */
MpNetwork    *mp_network_new (MpGraph *graph, MpExperiment *experiment, const char *group, gboolean average,
                              gint64 inputs, gint64 outputs, GError **error);
void          mp_network_free (MpNetwork *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpNetwork, mp_network_free)
MpNode       *mp_network_apply (MpNetwork *self, MpNode *x, MpMode mode, GArray *moving);
/* All variables in order of creation, parameters and states. (transfer none) (element-type MpNode) */
GPtrArray    *mp_network_get_variables (MpNetwork *self);

/* ---- for new_state () ---- */
MpGraph      *mp_network_get_graph (MpNetwork *self);
MpExperiment *mp_network_get_experiment (MpNetwork *self);
const char   *mp_network_get_group (MpNetwork *self);
/* name: "layer0/weight". */
MpNode       *mp_network_parameter (MpNetwork *self, const char *name, MpTensorType type, MpInit init);
MpNode       *mp_network_state (MpNetwork *self, const char *name, MpTensorType type, MpInit init);

G_END_DECLS
