/* SPDX-License-Identifier: Apache-2.0
 *
 * loop-private.h: shared by loop.c (training) and look.c (samples and views).
 */
#pragma once

#include "engine/train/loop.h"

G_BEGIN_DECLS

typedef struct
{
  const char  *group;               /* "critic" */
  char        *section;             /* "optimizer.critic" */
  MpNode      *hyper;               /* input */
  double       values[MP_N_HYPER];  /* before the schedule */
  gboolean     scheduled;
} LoopOptimizer;

typedef struct
{
  const MpPhase *phase;
  GPtrArray     *updates;           /* MpUpdate */
  MpPlan        *plan;
  gboolean       has_run;
} LoopPhase;

/* All variables and counters at the start of an iteration. */
typedef struct
{
  gboolean   valid;
  guint64    iteration;
  guint64    batch;
  GPtrArray *variables;             /* MpNode */
  GPtrArray *values;                /* by their side, g_free'd */
} LoopKeyframe;

struct _MpLoop
{
  MpExperiment  *experiment;
  MpBuild       *build;
  MpData        *data;
  MpStore       *store;
  guint64        seed;
  double         n_iterations;
  guint          n_phases;
  LoopPhase     *phases;
  guint          n_optimizers;
  LoopOptimizer *optimizers;
  GArray        *reports;           /* MpReport, of all phases */
  MpNode        *data_node;
  gint64         batch_size;
  float         *batch_buffer;      /* where the store's memory cannot be written as float32 */
  guint64        batch;             /* minibatches drawn */
  gboolean       batch_is_loaded;   /* minibatch batch − 1 is in the store */
  LoopKeyframe   keyframe;

  /* look.c */
  MpPlan        *sample_plan;
  float         *samples;
  MpPlan        *base_plan;         /* view samples and the projection */
  MpPlan       **surface_plans;     /* by the build's surfaces */
  float         *reference;         /* n_view_data × dimensions */
};

/* Copies n float32 values into an input of the graph's dtype, and back from a plan's output. */
gboolean mp_loop_write_floats (MpLoop *self, MpNode *input, const float *values, GError **error);
gboolean mp_loop_read_floats (MpPlan *plan, guint output, const MpTensorType *type, float *values, GError **error);
void     mp_loop_clear_look (MpLoop *self);

G_END_DECLS
