/* SPDX-License-Identifier: Apache-2.0
 *
 * method.h: a method is a descriptor and one function that writes its losses down as phases.
 *
 * build () gets an MpBuild: the experiment, a graph, the networks. It makes nodes and registers phases, reports and
 * views. An iteration runs the phases in order, each `repeat` times; every run of a phase gets its own minibatch
 * unless it asks to share the last one, and its own latent draw.
 */
#pragma once

#include "engine/graph/plan.h"
#include "engine/train/experiment.h"

G_BEGIN_DECLS

typedef struct _MpBuild MpBuild;
typedef struct _MpPhase MpPhase;

typedef enum
{
  MP_NEEDS_NOTHING = 0,
  MP_NEEDS_CRITIC = 1 << 0
} MpNeeds;

typedef struct
{
  MpDescriptor base;
  MpNeeds      needs;
  gboolean   (*build) (MpBuild *build, GError **error);
} MpMethod;

/* What a reported scalar is. */
typedef enum
{
  MP_LOWER_IS_BETTER,
  MP_HIGHER_IS_BETTER,
  MP_NEITHER_IS_BETTER
} MpBetter;

/* ---- for build () ---- */
MpGraph      *mp_build_graph (MpBuild *build);
MpExperiment *mp_build_experiment (MpBuild *build);
gint64        mp_build_batch (MpBuild *build);
/* Static settings of [method]: read once, a change restarts the lane. */
double        mp_build_double (MpBuild *build, const char *key);
gint64        mp_build_int (MpBuild *build, const char *key);
gboolean      mp_build_bool (MpBuild *build, const char *key);
const char   *mp_build_string (MpBuild *build, const char *key);
/* A live setting of [method] as an input node named "method.KEY": rank 0, or rank 1 for lists. */
MpNode       *mp_build_live (MpBuild *build, const char *key);

MpNode       *mp_build_real (MpBuild *build);                         /* minibatch, batch × dimensions */
MpNode       *mp_build_latent (MpBuild *build, const char *stream);   /* batch × latent, drawn anew each run */
/* Numbers from [0, 1), batch × columns, drawn anew each run; stream: "interpolation". */
MpNode       *mp_build_uniform (MpBuild *build, const char *stream, gint64 columns);
MpNode       *mp_build_generate (MpBuild *build, MpNode *latent);     /* the generator, training mode */
/* The critic, training mode; every call must ask for the same number of outputs. */
MpNode       *mp_build_critic (MpBuild *build, MpNode *x, gint64 outputs);

/* id: "critic", static. repeat_key: an int key of [method] that says how often per iteration (may be live), or NULL
 * for once. */
MpPhase      *mp_build_phase (MpBuild *build, const char *id, const char *title, const char *repeat_key);
/* The parameters of `group` ("generator", "critic") follow the gradient of loss down or up, with [optimizer.group]. */
void          mp_phase_minimise (MpPhase *phase, MpNode *loss, const char *group);
void          mp_phase_maximise (MpPhase *phase, MpNode *loss, const char *group);
/* Keep the minibatch of the phase before. */
void          mp_phase_share_batch (MpPhase *phase);
/* A scalar of every iteration. id: "loss/critic"; title: "Critic loss (binary cross-entropy)"; say the estimator. */
void          mp_phase_report (MpPhase *phase, const char *id, const char *title, MpBetter better, MpNode *scalar);

/* ---- views; all optional ---- */
/* Fixed-noise samples and fixed real points, n × 2, that views may refer to. */
MpNode       *mp_build_view_samples (MpBuild *build);
MpNode       *mp_build_view_data (MpBuild *build);
MpNode       *mp_build_view_points (MpBuild *build);                  /* grid points × 2, an input */
MpNode       *mp_build_view_critic (MpBuild *build, MpNode *x, gint64 outputs); /* the critic, inference mode */
/* A background layer: values [points] over the grid. id: "critic-output". neutral: the value that is neither for nor
 * against (0 for a witness, 1 for a ratio), where diverging colours have their middle; NAN for none. */
void          mp_build_surface (MpBuild *build, const char *id, const char *title, double neutral, MpNode *values);
/* The projected space: real and generated, n × K; the first two columns are drawn. */
void          mp_build_projection (MpBuild *build, const char *title, MpNode *real, MpNode *generated);

G_END_DECLS
