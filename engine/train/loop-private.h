/* SPDX-License-Identifier: Apache-2.0
 *
 * loop-private.h: the training loop in eight files.
 *
 *   loop.c           makes plans and asks for memory
 *   loop-settings.c  settings of optimizers and live keys, in the store and by schedule
 *   loop-run.c       runs phases and iterations
 *   capture.c        iterations recorded once and replayed as one launch
 *   rows.c           the reports of iterations on their way to the host
 *   keyframe.c       where a run diverged
 *   look.c           samples and views
 *   probe.c          single runs of a phase, looked at from inside
 *
 * Two kinds of back ends. Where memory is the host's (MpDeviceClass.host_memory) a call has finished when it returns:
 * minibatches are written into the input itself, reports are read where the plans leave them. Elsewhere the host runs
 * ahead: minibatches and scheduled settings come through feeds (feed.h), reports go through a table on the device, and
 * there are three streams, the store's for all computing, one for uploads, one for downloads.
 */
#pragma once

#include "engine/optimizers/optimizer.h"
#include "engine/train/feed.h"
#include "engine/train/loop.h"
#include "engine/train/readback.h"

G_BEGIN_DECLS

typedef struct
{
  const char  *group;               /* "critic" */
  char        *section;             /* "optimizer.critic"; a further network's is another group's */
  gboolean     clipped;
  MpNode      *hyper;               /* input */
  double       values[MP_N_HYPER];  /* before the schedule */
  gboolean     scheduled;
  MpFeed      *feed;                /* NULL unless scheduled and the host runs ahead */
  MpLoop      *loop;
} LoopOptimizer;

typedef struct
{
  const MpPhase *phase;
  GPtrArray     *updates;           /* MpUpdate */
  MpPlan        *plan;
  MpPlan        *probe;             /* the same without updates, with more outputs; NULL until somebody looks */
  gboolean       has_run;
  guint64        since;             /* iteration of its first run */
} LoopPhase;

/* ---- keyframes: all variables and counters at the start of an iteration ---- */
typedef struct
{
  gboolean valid;
  guint64  iteration;
  guint64  batch;
  void    *memory;                  /* as large as the store's trained part; NULL until needed */
} LoopKeyframe;

typedef struct
{
  LoopKeyframe frames[2];           /* where memory is the host's only the first is used */
  guint        newest;
  gboolean     on_host;             /* too large for the device: in page-locked memory */
} LoopKeyframes;

/* ---- captures ---- */
#define MP_LOOP_BURST 16            /* iterations in one launch where they are short */

typedef struct
{
  MpCapture *one, *burst;           /* an iteration, MP_LOOP_BURST of them */
  gint64    *repeats;               /* by phase: what the next iteration will be like if it is like the last */
  guint64    n_batches;             /* that such an iteration draws */
  gboolean   settled;               /* an iteration ran just so */
  gboolean   unsupported;           /* the back end declined once */
} LoopCaptures;

/* ---- rows ---- */
#define MP_LOOP_CHUNKS 2            /* on their way at most */
#define MP_LOOP_CHUNK_ROWS 256      /* in one at most */
#define MP_LOOP_ROWS (MP_LOOP_CHUNKS * MP_LOOP_CHUNK_ROWS)

typedef struct
{
  guint64     first, n, taken;
  gint64      begun;                /* monotonic time */
  gboolean    there;
  MpReadback *readback;
} LoopChunk;

typedef struct
{
  guint      n_columns;
  double    *row;                   /* the last one that was taken */
  gboolean   finite;                /* it is */
  guint64    checked;               /* all rows of iterations before this one were taken */
  gboolean   waiting;               /* host memory: the last iteration's row has not been taken */

  double    *table;                 /* on the device, MP_LOOP_ROWS × n_columns */
  GPtrArray *collect;               /* MpKernel */
  LoopChunk  chunks[MP_LOOP_CHUNKS];
  guint      head, n_closed;        /* chunks on their way, from head on */
  guint64    first, n;              /* the open one */
  gint64     begun;
  guint64    size;                  /* iterations after which it is closed */
  gint64     arrived;               /* monotonic time of the last one */
} LoopRows;

/* ---- look.c ---- */
typedef struct
{
  MpPlan      *sample_plan;
  MpReadback  *samples[MP_LOOP_CHUNKS];
  guint        first_sample, n_samples; /* on their way */
  float       *sample_values;

  MpPlan      *base_plan;           /* view samples and their latents */
  MpPlan     **layer_plans;         /* by the build's views */
  float       *reference;           /* n_view_data × dimensions */
  gint         width, height;       /* the grid of surfaces */
  double       extent[4];
  MpReadback  *view;
  gsize        room;                /* bytes that fit into it */
  gboolean     looking;             /* view is on its way */
  guint        n_shown;
  guint       *shown;               /* with it: numbers of views, in order; as many places as there are views */
  double      *seconds;             /* what each of them cost until now */
} LoopLook;

struct _MpLoop
{
  MpExperiment        *experiment;
  MpBuild             *build;
  MpData              *data;
  const MpDeviceClass *class;
  MpDevice            *device;
  MpStore             *store;
  MpStream            *uploads, *downloads;
  guint64              seed;
  double               n_iterations;
  guint                n_phases;
  LoopPhase           *phases;
  guint                n_starts;
  LoopPhase           *starts;      /* before the first iteration */
  guint                n_optimizers;
  LoopOptimizer       *optimizers;
  GArray              *reports;     /* MpReport, of all phases */
  MpNode              *data_node;
  gint64               batch_size;
  float               *batch_buffer; /* a minibatch that is not written as float32 where it goes */
  MpFeed              *feed;        /* of minibatches, where the host runs ahead */
  guint64              batch;       /* minibatches drawn */
  gboolean             batch_is_loaded; /* minibatch batch − 1 is in the input */
  MpLoopMemory         memory;
  LoopKeyframes        keyframes;
  LoopCaptures         captures;
  LoopRows             rows;
  LoopLook             look;
};

/* ---- loop.c ---- */
MpPlan  *mp_loop_plan_phase (MpLoop *self, const LoopPhase *phase, gboolean check_finite, GError **error);

/* ---- loop-settings.c ---- */
/* By [section] kind. */
const MpOptimizer *mp_loop_find_optimizer (MpExperiment *experiment, const char *section, GError **error);
/* From the experiment into the host's values. */
void     mp_loop_read_hyper (MpLoop *self, LoopOptimizer *optimizer);
/* All live keys and all optimizers' settings into the store. */
gboolean mp_loop_write_settings (MpLoop *self, GError **error);
/* What schedules say of this iteration; once for all runs of a phase in it. */
gboolean mp_loop_follow_schedules (MpLoop *self, const MpPhase *phase, const MpRunContext *context, guint64 iteration,
                                   gboolean capturing, GError **error);

/* ---- loop-run.c ---- */
/* Copies n float32 values into an input of the graph's dtype. */
gboolean mp_loop_write_floats (MpLoop *self, MpNode *input, const float *values, GError **error);
/* One run of a phase by this plan; capturing: what it needs was ensured. */
gboolean mp_loop_run_plan (MpLoop *self, LoopPhase *phase, MpPlan *plan, guint64 iteration, gint64 repetition,
                           gboolean capturing, GError **error);
gboolean mp_loop_run_phases (MpLoop *self, guint64 iteration, gboolean capturing, GError **error);

/* ---- capture.c ---- */
/* Runs n iterations, n being 1 or MP_LOOP_BURST, in the fastest way that there is. */
gboolean mp_loop_launch (MpLoop *self, guint64 iteration, guint64 n, GError **error);
/* Most iterations from this one on, up to `most`, that mp_loop_launch () may be given. */
guint64  mp_loop_get_burst (MpLoop *self, guint64 iteration, guint64 most);
/* The next iteration is not like the last. */
void     mp_loop_unsettle (MpLoop *self);
void     mp_loop_clear_captures (MpLoop *self);

/* ---- rows.c ---- */
gboolean mp_loop_make_rows (MpLoop *self, GError **error);
void     mp_loop_clear_rows (MpLoop *self);
gsize    mp_loop_predict_rows (MpLoop *self);
/* Puts the reports of an iteration into its row of the table, or records that. */
gboolean mp_loop_collect (MpLoop *self, guint64 iteration, GError **error);
/* n iterations were put on their way. */
gboolean mp_loop_count_rows (MpLoop *self, guint64 iteration, guint64 n, GError **error);
/* Iterations that still fit into the open chunk. */
guint64  mp_loop_get_room (MpLoop *self);
/* Takes all rows that are under way and forgets them but for the last. */
gboolean mp_loop_drain_rows (MpLoop *self, GError **error);

/* ---- keyframe.c ---- */
/* Bytes on the device; 0: they lie on the host. trained: bytes of the store's trained part. */
gsize    mp_loop_predict_keyframes (MpLoop *self, gsize trained);
gboolean mp_loop_make_keyframes (MpLoop *self, GError **error);
void     mp_loop_clear_keyframes (MpLoop *self);
void     mp_loop_forget_keyframes (MpLoop *self);
/* Keeps what an iteration begins with, if it is time. */
gboolean mp_loop_keep_keyframe (MpLoop *self, guint64 iteration, GError **error);

/* ---- look.c ---- */
gboolean mp_loop_prepare_look (MpLoop *self, GError **error);
gboolean mp_loop_allocate_look (MpLoop *self, GError **error);
void     mp_loop_clear_look (MpLoop *self);

G_END_DECLS
