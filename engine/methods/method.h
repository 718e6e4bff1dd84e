/* SPDX-License-Identifier: Apache-2.0
 *
 * method.h: a method is a descriptor and one function that writes its losses down as phases.
 *
 * build () gets an MpBuild: the experiment, a graph, the networks. It makes nodes, registers phases and reports, and
 * says what its parts are, so that views find something to draw. An iteration runs the phases in order, each `repeat`
 * times; every run of a phase gets its own minibatch unless it asks to share the last one, and its own latent draw.
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
  MP_NEEDS_CRITIC = 1 << 0,
  MP_NEEDS_EXTRACTOR = 1 << 1, /* frozen features of [extractor], trained as a stage before */
  MP_NEEDS_ENCODER = 1 << 2,   /* trains an encoder, from points to as many numbers as a latent has */
  MP_GENERATES_CODES = 1 << 3, /* the generator makes codes of the extractor; samples are what is decoded from them */
  MP_RECONSTRUCTS = 1 << 4     /* samples are reconstructions of real points, through encoder and generator */
} MpNeeds;

/* A chart of the method's paper, under its name there. */
typedef struct
{
  const char        *title;        /* "MMD and divergence (Figure 1b, Pearson divergence)" */
  const char *const *series;       /* ids of reported scalars, NULL-terminated; the first is drawn solid */
  gboolean           logarithmic;
} MpMethodChart;

typedef struct
{
  MpDescriptor base;
  MpNeeds      needs;
  gboolean   (*build) (MpBuild *build, GError **error);
  const MpMethodChart *charts;     /* or NULL */
  guint        n_charts;
  const char  *critic;             /* what the method calls its critic, "Mapper"; NULL: that */
  /* Whether settings of [method] that are allowed one by one go together, also while a lane trains; FALSE with
   * MP_ERROR_EXPERIMENT. NULL: they do. */
  gboolean   (*check) (MpExperiment *experiment, GError **error);
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
gint64        mp_build_get_dimensions (MpBuild *build);               /* of a point */
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
/* Numbers from N (0, 1), likewise; stream: "noise". */
MpNode       *mp_build_normal (MpBuild *build, const char *stream, gint64 columns);
MpNode       *mp_build_generate (MpBuild *build, MpNode *latent);     /* the generator, training mode */
/* The critic, training mode; every call must ask for the same number of outputs. */
MpNode       *mp_build_critic (MpBuild *build, MpNode *x, gint64 outputs);
/* The same; its hidden layers after their activation go to the end of `hidden` (of MpNode, n × dⱼ for an MLP), from
 * input to output. */
MpNode       *mp_build_critic_hidden (MpBuild *build, MpNode *x, gint64 outputs, GPtrArray *hidden);

/* ---- for methods with MP_NEEDS_EXTRACTOR: frozen networks, inference mode; gradients by x and code pass through ----
 * Their variables are states "extractor/…", which are there before the first iteration: see engine/train/stage.h. */
/* Of x, n × d: every hidden layer of the encoder after its activation, then the code; n × dⱼ each.
 * (transfer container): g_ptr_array_unref. */
GPtrArray    *mp_build_features (MpBuild *build, MpNode *x);
gint64        mp_build_get_code_size (MpBuild *build);
MpNode       *mp_build_decode (MpBuild *build, MpNode *code);         /* n × code → n × d */
/* The generator starts with the decoder's weights. FALSE where they are not alike, with what to change. */
gboolean      mp_build_init_from_decoder (MpBuild *build, GError **error);
/* ---- for methods with MP_NEEDS_ENCODER ---- */
MpNode       *mp_build_encode (MpBuild *build, MpNode *x);            /* the encoder, training mode */

/* A further network: its parameters are the group `name` ("decoder"), its kind and keys are those of the group `like`,
 * and phases that move it follow [optimizer.OPTIMIZER], but weights are not clipped. All static. */
void          mp_build_add_network (MpBuild *build, const char *name, const char *like, const char *optimizer,
                                    gint64 inputs, gint64 outputs);
MpNode       *mp_build_apply (MpBuild *build, const char *name, MpNode *x);   /* training mode */

/* id: "critic", static. repeat_key: an int key of [method] that says how often per iteration (may be live), or NULL
 * for once. */
MpPhase      *mp_build_phase (MpBuild *build, const char *id, const char *title, const char *repeat_key);
/* In the first `first` iterations and in every `every`-th, counted from 0, the phase runs as often as this int key of
 * [method] says; where the key is 0 as often as ever. */
void          mp_phase_intensify (MpPhase *phase, const char *key, guint64 first, guint64 every);
/* The parameters of `group` ("generator", "critic", "encoder", or a further network's name) follow the gradient of loss
 * down or up, with [optimizer.group]. */
void          mp_phase_minimise (MpPhase *phase, MpNode *loss, const char *group);
void          mp_phase_maximise (MpPhase *phase, MpNode *loss, const char *group);
/* A state of the method, or before the first iteration a parameter, takes this value when the phase has run. */
void          mp_phase_assign (MpPhase *phase, MpNode *target, MpNode *value);
/* After the update every parameter of the group is clamped to ±c, c the number key `key` of [method] (may be live), 0 for
 * no bound; where [optimizer.group] clip is smaller, to that. Of a group that the phase already moves. */
void          mp_phase_clip (MpPhase *phase, const char *group, const char *key);
/* Keep the minibatch of the phase before. */
void          mp_phase_share_batch (MpPhase *phase);
/* All runs of the phase in an iteration see the same latents and random numbers: those that the first run of any other
 * phase sees in streams of the same names. */
void          mp_phase_share_draws (MpPhase *phase);
/* A phase before the first iteration, which only assigns. One that reads the minibatch runs for each minibatch of a
 * whole number of epochs (of 100 minibatches where data are endless), others run once. id: static. */
MpPhase      *mp_build_start_phase (MpBuild *build, const char *id);
/* A scalar of every iteration. id: "loss/critic"; title: "Critic loss (binary cross-entropy)"; say the estimator. */
void          mp_phase_report (MpPhase *phase, const char *id, const char *title, MpBetter better, MpNode *scalar);

/* ---- what views may ask for (engine/views/view.h); all optional ----
 * A method says what its parts are, and every view that can be drawn from them is on offer by itself. */

/* What the critic's output is, so that a view can name it. */
typedef enum
{
  MP_CRITIC_NONE,
  MP_CRITIC_LOGIT,   /* before a sigmoid: log of the odds that a point is real */
  MP_CRITIC_LABEL,   /* least squares: 1 for real, 0 for generated */
  MP_CRITIC_MARGIN,  /* hinge: ±1 are the margins */
  MP_CRITIC_SCORE,   /* Wasserstein: only differences have a meaning */
  MP_CRITIC_SPACE    /* a projection that a kernel compares points in */
} MpCriticRole;

/* A plain sum of kernels between points that are divided by `scale`; see engine/methods/kernel.h. */
#define MP_KERNEL_MAX_TERMS 5
typedef struct
{
  guint n_terms;
  struct
  {
    MpKernelKind  kind;
    MpNode       *parameters;  /* as mp_gram () takes them */
  } terms[MP_KERNEL_MAX_TERMS];
  MpNode *scale;               /* scalar, or NULL for 1 */
} MpKernelSum;

/* x, y: n × d and m × d points of the data space, inference mode; functions of one argument get NULL for y. */
typedef MpNode *(*MpViewFunction) (MpBuild *build, MpNode *x, MpNode *y);

void          mp_build_publish_critic (MpBuild *build, MpCriticRole role, gint64 outputs);
/* Critic and generator play for one objective, which the one raises and the other lowers: they seek a saddle point.
 * Where nothing says so they are taken to have goals of their own. */
void          mp_build_publish_saddle (MpBuild *build);
/* What a diagram says below the name of a scalar, "5 updates ahead". text: (transfer full). */
void          mp_build_publish_note (MpBuild *build, const char *name, char *text);
/* The kernel that compares points: of the critic's space when there is one, else of the data space. parameters: as
 * mp_gram () takes them. */
void          mp_build_publish_kernel (MpBuild *build, MpKernelKind kind, MpNode *parameters);
void          mp_build_publish_kernel_sum (MpBuild *build, const MpKernelSum *kernel);
/* name                   x          y          value
 * "critic"               any        -          n × outputs: the critic where it is more than its network
 * "generator-loss"       real       generated  scalar: what the generator goes down (its gradient by y moves samples)
 * "critic-loss"          real       generated  scalar: what the critic goes down
 * "penalty-points"       real       generated  k × d: where the gradient penalty looks
 * "density-ratio"        any        -          n: the method's own estimate of data over model
 * "embedding"            any        -          n × k: where the kernel compares points, if this is neither the critic's
 *                                              space nor the data space
 * "representative"       any        -          n: share of the frozen features in the critic's output
 * "discriminative"       any        -          n: share of its own features */
void          mp_build_publish (MpBuild *build, const char *name, MpViewFunction function);
/* Something of the method's own for these functions to find again; freed with the build. */
void          mp_build_set_data (MpBuild *build, gpointer data, GDestroyNotify free_data);
gpointer      mp_build_get_data (MpBuild *build);

/* ---- for views ---- */
/* The critic's outputs; MP_CRITIC_NONE where there is none. */
MpCriticRole  mp_build_get_critic_role (MpBuild *build, gint64 *outputs);
/* NULL where the method has no kernel. */
const MpKernelSum *mp_build_get_kernel (MpBuild *build);
/* Its matrix between x (n × d) and y (m × d), points of the space that it compares points in; n × m, or NULL. */
MpNode       *mp_build_kernel_matrix (MpBuild *build, MpNode *x, MpNode *y);
gboolean      mp_build_has (MpBuild *build, const char *name);
/* Whether mp_build_features () and mp_build_decode () may be asked. */
gboolean      mp_build_has_features (MpBuild *build);
gboolean      mp_build_has_decoder (MpBuild *build);
/* NULL where the method did not publish it. */
MpNode       *mp_build_call (MpBuild *build, const char *name, MpNode *x, MpNode *y);

/* ---- nodes for views and for what is published; nothing of this trains, all of it in inference mode ----
 * Fixed points: the same noise and the same real points for ever. The generator is its running average where there is
 * one. */
MpNode       *mp_build_view_samples (MpBuild *build);                 /* generated, m × d; reconstructed */
MpNode       *mp_build_view_latents (MpBuild *build);                 /* what they were made from, m × latent; NULL
                                                                        * where the method reconstructs */
/* What the generator makes of latents, n × d, decoded where it generates codes. */
MpNode       *mp_build_view_generate (MpBuild *build, MpNode *latent);
MpNode       *mp_build_view_data (MpBuild *build);                    /* real, n × d */
MpNode       *mp_build_view_points (MpBuild *build);                  /* of the grid, points × d */
/* How many of them are in a row of the grid; 0 where nobody said so. */
gint64        mp_build_view_width (MpBuild *build);
/* What the plot shows: x0, x1, y0, y1. FALSE where nobody said. */
gboolean      mp_build_view_extent (MpBuild *build, double extent[4]);
/* True density of the data at the grid's points, of a mixture its mean over their cells; NULL where it is not known. */
MpNode       *mp_build_view_density (MpBuild *build);
MpNode       *mp_build_view_critic (MpBuild *build, MpNode *x, gint64 outputs);
/* What the critic says, n × outputs: "critic" where it was published, else the network. NULL without a critic. */
MpNode       *mp_build_view_scores (MpBuild *build, MpNode *x);

G_END_DECLS
