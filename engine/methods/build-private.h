/* SPDX-License-Identifier: Apache-2.0
 *
 * build-private.h: the build behind method.h and build.h, in four files: build.c writes methods down, build-frozen.c
 * has encoders and what comes before the first iteration, build-publish.c keeps what methods say about themselves,
 * build-views.c makes nodes for views and asks each what it can draw.
 */
#pragma once

#include "engine/methods/build.h"

G_BEGIN_DECLS

/* What the method said about itself. */
typedef struct
{
  MpCriticRole  critic_role;
  gint64        critic_outputs;
  MpKernelSum   kernel;     /* without a term: there is none */
  GHashTable   *functions;  /* name → MpViewFunction, made at the first need */
  gboolean      saddle;     /* the losses pull against each other */
  gpointer      data;       /* the method's own, for its functions */
  GDestroyNotify free_data;
} MpPublished;

typedef struct
{
  guint   first;  /* its nodes have ids from here to the output's */
  MpNode *output;
  const char *network; /* its name */
  GArray *moving; /* MpMovingAverage */
} Pass;

/* A further network of the method. */
typedef struct
{
  const char *name, *optimizer;
  MpNetwork  *network;   /* NULL after a mistake */
} FurtherNetwork;

struct _MpBuild
{
  MpExperiment      *experiment;
  const MpMethod    *method;
  MpBuildOptions     options;
  MpGraph           *graph;
  gint64             dimensions;
  gint64             batch;
  gint64             latent;
  MpNetwork         *generator, *average, *critic, *encoder;
  MpNetwork         *frozen_encoder, *frozen_decoder;
  MpExperiment      *stage;     /* whose run these are of, or NULL */
  gint64             code;      /* numbers of a code of theirs */
  gint64             critic_outputs;
  GArray            *further;   /* FurtherNetwork */
  GError            *error;     /* of a network, kept until build () is done */
  GArray            *passes;    /* Pass */
  GPtrArray         *generated; /* MpNode: what the generator made in training */
  GPtrArray         *latents;   /* MpNode: what it makes them from */
  GHashTable        *notes;     /* name of a node → what to say of it in a diagram */
  GPtrArray         *phases;    /* MpPhase */
  GPtrArray         *starts;    /* MpPhase: before the first iteration */
  GPtrArray         *groups;    /* const char *, NULL-terminated at the end */
  GPtrArray         *live_keys; /* char *, likewise */
  GPtrArray         *live_nodes;/* MpNode, by the side of live_keys */
  GArray            *views;     /* MpBuildView */
  MpPublished        published;
  MpNode            *samples, *sample_data;
  MpNode            *view_samples, *view_latents, *view_data, *view_points, *view_density;
};

/* ---- build.c ---- */
MpPhase *_mp_phase_new (MpBuild *build, const char *id, const char *title, const char *repeat_key);
MpNode  *_mp_build_apply_training (MpBuild *self, MpNetwork *network, MpNode *x);
/* n latents of the stream, drawn or fed. */
MpNode  *_mp_build_draw_latent (MpBuild *self, const char *stream, gint64 n, gboolean feed);
/* Makes the critic at the first need. FALSE after an error, which the build keeps. */
gboolean _mp_build_need_critic (MpBuild *self, gint64 outputs);

/* ---- build-frozen.c ---- */
gboolean _mp_build_make_encoders (MpBuild *self, GError **error);
void     _mp_build_clear_encoders (MpBuild *self);
MpNode  *_mp_build_reconstruct (MpBuild *self, MpNode *x);

/* ---- build-publish.c ---- */
/* The functions that were published and their data; the rest belongs to the graph. */
void mp_published_clear (MpPublished *published);

/* ---- build-views.c ---- */
/* Samples of now, from noise that stays the same or, where the method reconstructs, from these real points. */
MpNode  *_mp_build_generate_fixed (MpBuild *self, const char *stream, gint64 n, MpNode *real);
/* Asks every view of the registry; once, after the method's build (). */
void     _mp_build_make_views (MpBuild *self);

G_END_DECLS
