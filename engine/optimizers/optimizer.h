/* SPDX-License-Identifier: Apache-2.0
 *
 * optimizer.h: an optimizer is an update op and a mapping from its keys to the hyper vector of device.h.
 */
#pragma once

#include "engine/graph/plan.h"
#include "engine/train/experiment.h"

G_BEGIN_DECLS

typedef struct
{
  MpDescriptor base;
  MpOp         op;
  guint32    (*flags) (MpExperiment *experiment, const char *group);   /* nullable: none */
  /* Fills hyper [MP_N_HYPER] from [group] ("optimizer.critic") of the experiment; called again when a live key
   * changes. The schedule is not in it: the training loop multiplies the learning rate. */
  void       (*hyper) (MpExperiment *experiment, const char *group, double *hyper);
} MpOptimizer;

G_END_DECLS
