/* SPDX-License-Identifier: Apache-2.0
 *
 * optimizer.h: an optimizer is an update op and a mapping from its keys to the hyper vector of device.h.
 */
#pragma once

#include "engine/graph/plan.h"
#include "engine/train/experiment.h"

G_BEGIN_DECLS

/* An update of one parameter in nodes of the graph, for methods that differentiate through their critic's steps. The
 * values are what the update's kernel computes (kernels/device.h). */
typedef struct
{
  MpNode *hyper;            /* float64 [MP_N_HYPER] */
  MpNode *count;            /* updates done before this one, float64 scalar */
  guint32 flags;            /* MP_UPDATE_* */
  gboolean decays;          /* weight decay and clipping cost nodes: only where they are asked for */
  gboolean clips;
} MpUpdateRule;

typedef struct
{
  MpNode *value, *moment1, *moment2; /* all of the parameter's shape */
} MpUpdateState;

typedef struct
{
  MpDescriptor base;
  MpOp         op;
  guint32    (*flags) (MpExperiment *experiment, const char *group);   /* nullable: none */
  /* Fills hyper [MP_N_HYPER] from [group] ("optimizer.critic") of the experiment; called again when a live key
   * changes. The schedule is not in it: the training loop multiplies the learning rate. */
  void       (*hyper) (MpExperiment *experiment, const char *group, double *hyper);
  /* What the update makes of the state; gradient: of the value, clipping is not in it. */
  MpUpdateState (*step) (const MpUpdateRule *rule, const MpUpdateState *state, MpNode *gradient);
} MpOptimizer;

/* The whole update of one parameter, with weight clipping. */
MpUpdateState mp_optimizer_step (const MpOptimizer *optimizer, const MpUpdateRule *rule, const MpUpdateState *state,
                                 MpNode *gradient);

G_END_DECLS
