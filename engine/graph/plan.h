/* SPDX-License-Identifier: Apache-2.0
 *
 * plan.h: memory of variables (MpStore) and the planned, executable form of a part of a graph (MpPlan).
 *
 * A plan is made once from the values one wants (outputs), the optimizer updates and the assigns. Making it removes
 * dead code, merges common subexpressions, folds constants, fuses elementwise and reduction chains, places buffers
 * in one arena by lifetime, and binds kernels. Running it allocates nothing.
 *
 * Order inside a run: every read of a parameter or state sees the value from before the run; updates and assigns
 * take effect at its end.
 *
 * Threads: a store and its plans belong to one thread at a time.
 */
#pragma once

#include "engine/graph/graph.h"

G_BEGIN_DECLS

/* ---- store: the memory of parameters, states and inputs of one graph ---- */
typedef struct _MpStore MpStore;

/* Takes no ownership of graph or device; both must outlive the store. Variables get memory at the first need,
 * zero-filled. Parameters of one group lie in one flat block (each padded to MP_ALIGNMENT with zeros). */
MpStore *mp_store_new (MpGraph *graph, const MpDeviceClass *class, MpDevice *device);
void     mp_store_free (MpStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpStore, mp_store_free)
MpGraph *mp_store_get_graph (MpStore *store);
/* Where its memory is, and the stream that orders everything that is done with it. */
const MpDeviceClass *mp_store_get_class (MpStore *store);
MpDevice *mp_store_get_device (MpStore *store);
MpStream *mp_store_get_stream (MpStore *store, GError **error);
/* Waits until everything on the stream is done. */
gboolean mp_store_sync (MpStore *store, GError **error);
/* Copies dense values in the node's dtype, from or to the host. */
gboolean mp_store_write (MpStore *store, MpNode *variable, const void *values, GError **error);
gboolean mp_store_read (MpStore *store, MpNode *variable, void *values, GError **error);
/* Scalars and small vectors of live settings: values are converted to the node's dtype, and written in the stream's
 * order without waiting for what is on it. */
gboolean mp_store_write_doubles (MpStore *store, MpNode *variable, const double *values, GError **error);
/* Host address on back ends that share memory with the host (the CPU), else NULL. */
void    *mp_store_map (MpStore *store, MpNode *variable);
void    *mp_store_get_address (MpStore *store, MpNode *variable, GError **error);    /* on the device */
gsize    mp_store_get_bytes (MpStore *store);

/* Gives all parameters, states and inputs that the graph has by now memory in one block, zero-filled; parameters and
 * states come first. Before any of them has memory. */
gboolean mp_store_reserve (MpStore *store, GError **error);
/* Bytes that mp_store_reserve () takes, or took. trained: (out) (nullable): of them, parameters and states. */
gsize    mp_store_predict (MpStore *store, gsize *trained);
/* What training changes: the block's part with parameters and states. Once reserved. */
void    *mp_store_get_trained (MpStore *store, gsize *bytes);

/* Between mp_store_begin_capture () and mp_store_end_capture () plans that run are recorded instead, with what may
 * overlap side by side; see capture_begin in kernels/device.h. FALSE, with the capture dropped, after an error. */
gboolean mp_store_begin_capture (MpStore *store, const MpRunContext *base, GError **error);
gboolean mp_store_end_capture (MpStore *store, const MpRunContext *next, MpCapture **out, GError **error);

/* ---- optimizer updates ---- */
/* One update: all parameters of `group` that have a gradient, as one fused kernel over their flat block.
 * Its moments and count are states named "optimizer/GROUP/m", "…/v", "…/count", and its live settings are the input
 * "optimizer/GROUP/hyper" (float64 [MP_N_HYPER]); create with mp_update_new so that checkpoints find them. */
typedef struct
{
  MpOp         op;              /* MP_OP_SGD, MP_OP_RMSPROP, MP_OP_ADAM, MP_OP_ADAMW */
  guint32      flags;           /* MP_UPDATE_* */
  const char  *group;
  guint        n_parameters;
  MpNode     **parameters;      /* owned array; a whole group in order of creation */
  MpNode     **gradients;
  MpNode      *hyper;           /* input, float64 [MP_N_HYPER] */
  MpNode      *moment1;         /* states of the flat block's size */
  MpNode      *moment2;
  MpNode      *count;           /* state, float64 scalar */
} MpUpdate;

/* What the optimizer of a group keeps, and its settings; as in MpUpdate. Made at the first need. All of the group's
 * parameters must be there. */
typedef struct
{
  MpNode *moment1, *moment2, *count, *hyper;
} MpMoments;
MpMoments mp_graph_get_moments (MpGraph *graph, const char *group);
/* The part of a flat moment that belongs to the parameter, in its shape. */
MpNode   *mp_moment_of (MpNode *moment, MpNode *parameter);

/* Differentiates loss with respect to every parameter of `group` and describes the update.
 * Returns: (transfer full): free with mp_update_free (). */
MpUpdate *mp_update_new (MpGraph *graph, MpNode *loss, const char *group, MpOp op, guint32 flags, GError **error);
void      mp_update_free (MpUpdate *update);
/* Parameters of a group, in order of creation. (transfer container): free the array with g_ptr_array_unref. */
GPtrArray *mp_graph_list_group (MpGraph *graph, const char *group);

/* ---- plans ---- */
typedef struct _MpPlan MpPlan;

typedef struct
{
  const char     *name;         /* "critic", "sample"; for listings */
  guint           n_outputs;
  MpNode *const  *outputs;      /* readable after a run */
  guint           n_updates;
  MpUpdate *const *updates;
  guint           n_assigns;
  MpNode *const  *assigns;
  gboolean        no_fusion;    /* one kernel per node; for tests */
  gboolean        check_finite; /* remember the first node with a non-finite value; slow */
} MpPlanSpec;

/* Planned, allocated and bound: ready to run. */
MpPlan     *mp_plan_new (MpStore *store, const MpPlanSpec *spec, GError **error);
/* The same in two steps. Between them mp_plan_get_info () tells how much memory the second will take; nothing has been
 * allocated on the device for the plan. spec need not outlive the first. */
MpPlan     *mp_plan_prepare (MpStore *store, const MpPlanSpec *spec, GError **error);
gboolean    mp_plan_allocate (MpPlan *plan, GError **error);
void        mp_plan_free (MpPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpPlan, mp_plan_free)

gboolean    mp_plan_run (MpPlan *plan, const MpRunContext *context, GError **error);
/* Copies output i, dense, in its dtype. */
gboolean    mp_plan_read (MpPlan *plan, guint output, void *values, GError **error);
/* Host address of output i where memory is shared with the host, else NULL; valid until the next run. */
const void *mp_plan_map (MpPlan *plan, guint output);
const void *mp_plan_get_address (MpPlan *plan, guint output);             /* on the device */
/* With check_finite: name and shape of the first non-finite value of the last run, or NULL. Borrowed. */
const char *mp_plan_get_first_nonfinite (MpPlan *plan);

typedef struct
{
  guint  n_nodes;          /* nodes needed, before planning */
  guint  n_kernels;        /* launches in a run */
  guint  n_fused_groups;   /* of them, fused programs and products with epilogues */
  guint  n_folded;         /* nodes removed by folding and merging */
  gsize  arena_bytes;      /* with constants and gradients */
  gsize  unshared_bytes;   /* what the arena would be without reuse */
  gsize  workspace_bytes;
  double flops;            /* per run: products 2mnk, one per elementwise instruction */
  double product_flops;
  double exponentials;     /* exp, log, tanh, … evaluations per run */
} MpPlanInfo;
void mp_plan_get_info (MpPlan *plan, MpPlanInfo *info);
/* One line per kernel: op, shapes, arena offset, algorithm, FLOPs. (transfer full) */
char *mp_plan_describe (MpPlan *plan);

/* Times each kernel by itself over about n runs and returns seconds per run, one entry per kernel in describe's order.
 * On devices that capture, a kernel's runs are one launch, so that the device alone is timed, with its pause of about
 * a microsecond between two kernels; updates run as often as the others there, so training goes astray.
 * (transfer full): g_free. */
double *mp_plan_profile (MpPlan *plan, const MpRunContext *context, guint n, GError **error);

G_END_DECLS
