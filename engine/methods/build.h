/* SPDX-License-Identifier: Apache-2.0
 *
 * build.h: the other side of method.h: makes the graph of an experiment and lists what the method registered. The
 * training loop (engine/train/loop.h), `matchpoint plan` and tests use it.
 *
 * Inputs of the graph, to be filled before a run:
 *   "data"             batch × dimensions, the minibatch
 *   "method.KEY"       live settings of [method]
 *   "view/data"        n_view_data × dimensions
 *   "evaluate/data"    n_samples × dimensions, for methods that reconstruct
 *   "view/points"      n_view_points × dimensions
 *   "view/density"     n_view_points: the data's true density there, or around
 *   "optimizer/GROUP/hyper"
 *   "STREAM"           with feed_latent: latents and uniform numbers instead of draws, named like their streams
 *
 * Views and samples draw from streams of their own ("view/latent", "evaluate/latent"); run their plans with step 0,
 * and they see the same noise for ever.
 *
 * Ownership: everything listed belongs to the build. Threads: one at a time.
 */
#pragma once

#include "engine/data/data.h"
#include "engine/methods/method.h"
#include "engine/nn/network.h"
#include "engine/optimizers/optimizer.h"
#include "engine/views/view.h"

G_BEGIN_DECLS

typedef struct
{
  gboolean feed_latent;     /* latents and uniform numbers are inputs */
  gint64   n_view_samples;  /* 0: 500 */
  gint64   n_view_data;     /* 0: 500 */
  gint64   n_view_points;   /* grid points of surfaces; 0: 64 × 64 */
  gint64   view_width;      /* of them in a row; 0: not known */
  MpData  *data;            /* what views may ask for the truth; nullable, not owned */
  gint64   n_samples;       /* generated points for metrics; 0: [evaluate] samples */
} MpBuildOptions;

typedef struct
{
  MpNode     *loss;
  const char *group;   /* "generator", "critic", "decoder" */
  gboolean    ascend;
  const char *clip_key;/* of [method], or NULL */
} MpObjective;

typedef struct
{
  const char *id;      /* "loss/critic" */
  const char *title;
  MpBetter    better;
  MpNode     *node;    /* scalar */
  guint       phase;   /* index of its phase */
} MpReport;

struct _MpPhase
{
  MpBuild    *build;
  guint       index;
  const char *id, *title;
  const char *repeat_key;   /* or NULL */
  const char *intense_key;  /* or NULL: counts instead, if not 0, in the iterations that the next two say */
  guint64     intense_first, intense_every;
  gboolean    share_batch;
  gboolean    share_draws;
  gboolean    reads_data;   /* depends on the minibatch */
  GArray     *objectives;   /* MpObjective */
  GArray     *reports;      /* MpReport */
  GPtrArray  *assigns;      /* MpNode: moving averages, running average of the generator */
};

/* A view that has something to draw of the method. */
typedef struct
{
  const MpViewClass *class;
  MpViewNodes        nodes;    /* title filled in */
} MpBuildView;

/* Builds the networks and the method. experiment is referenced, not copied: live keys are read again later. */
MpBuild                 *mp_build_new (MpExperiment *experiment, gint64 dimensions, const MpBuildOptions *options,
                                       GError **error);
void                     mp_build_free (MpBuild *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpBuild, mp_build_free)

const MpMethod          *mp_build_get_method (MpBuild *self);
const MpBuildOptions    *mp_build_get_options (MpBuild *self);      /* defaults filled in */
guint                    mp_build_get_n_phases (MpBuild *self);
const MpPhase           *mp_build_get_phase (MpBuild *self, guint i);
/* The generated minibatch that the phase's losses or reports look at, or NULL. */
MpNode                  *mp_build_find_generated (MpBuild *self, const MpPhase *phase);
/* Those that run once, before the first iteration. */
guint                    mp_build_get_n_start_phases (MpBuild *self);
const MpPhase           *mp_build_get_start_phase (MpBuild *self, guint i);
/* The experiment whose run gives the states "extractor/…" their values; NULL where there are none. */
MpExperiment            *mp_build_get_stage (MpBuild *self);
/* Parameters' groups that some phase moves, NULL-terminated: "critic", "generator". */
const char *const       *mp_build_get_groups (MpBuild *self);
/* The group X of [optimizer.X] that a parameters' group follows. clipped: (out) (nullable): with its weight clipping. */
const char              *mp_build_get_optimizer (MpBuild *self, const char *group, gboolean *clipped);
/* The objective that moves the group, one that clips where there is one; NULL where none moves it. */
const MpObjective       *mp_build_find_objective (MpBuild *self, const char *group);
/* Puts the method's own bound into the hyper vector of the group's optimizer. */
void                     mp_build_fill_clip (MpBuild *self, const char *group, double *hyper);
/* Live keys of [method] in use: name of the input is "method.KEY". NULL-terminated. */
const char *const       *mp_build_get_live_keys (MpBuild *self);
MpNode                  *mp_build_get_live (MpBuild *self, const char *key);

/* Inference mode, n_samples × dimensions; the running average where [generator] average > 0. */
MpNode                  *mp_build_get_samples (MpBuild *self);
MpNode                  *mp_build_get_view_samples (MpBuild *self);
MpNode                  *mp_build_get_sample_data (MpBuild *self);  /* NULL unless the method reconstructs */
MpNode                  *mp_build_get_view_latents (MpBuild *self); /* NULL where the method reconstructs */
MpNode                  *mp_build_get_view_data (MpBuild *self);    /* NULL when no view asked for it */
MpNode                  *mp_build_get_view_points (MpBuild *self);  /* NULL when no view asked for it */
MpNode                  *mp_build_get_view_density (MpBuild *self); /* likewise */
/* In the order of the registry. */
const MpBuildView       *mp_build_get_views (MpBuild *self, guint *n);
/* The view of this id, or −1. */
gint                     mp_build_find_view (MpBuild *self, const char *id);

G_END_DECLS
