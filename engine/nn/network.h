/* SPDX-License-Identifier: Apache-2.0
 *
 * network.h: networks as descriptors; a network owns parameters of one group and can be applied any number of times.
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

typedef struct
{
  MpDescriptor base;
  /* Makes the parameters. group: "generator" or "critic", the parameter group and the experiment's group. */
  gpointer   (*new_state) (MpGraph *graph, MpExperiment *experiment, const char *group, gint64 inputs,
                           gint64 outputs, GError **error);
  MpNode    *(*apply) (gpointer state, MpNode *x, MpMode mode, GPtrArray *assigns);
  void       (*free_state) (gpointer state);
} MpNetworkClass;

MpNetwork *mp_network_new (MpGraph *graph, MpExperiment *experiment, const char *group, gint64 inputs, gint64 outputs,
                           GError **error);
void       mp_network_free (MpNetwork *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpNetwork, mp_network_free)
/* assigns: (nullable) (element-type MpNode): gets the moving-average updates of a training pass. */
MpNode    *mp_network_apply (MpNetwork *self, MpNode *x, MpMode mode, GPtrArray *assigns);

G_END_DECLS
