/* SPDX-License-Identifier: Apache-2.0
 *
 * loop.h: everything of one lane that computes: graph, store, data and plans. It knows no threads, clocks or files;
 * the trainer (trainer.h) drives it.
 *
 * An iteration i (counted from 0) runs the phases in order, each as often as its repeat key says. Run r of a phase in
 * iteration i has randomness step i·65536 + r, so lanes with equal settings draw equal numbers, and takes the next
 * minibatch unless it shares the last one.
 *
 * Iterations are put on their way, and their reports come back as rows, in order. On the CPU a row is there when the
 * iteration is. Elsewhere the host runs ahead of the device, and nothing waits but mp_loop_take_row (), when told to:
 *
 *   while (mp_loop_can_run (loop) && i < n)
 *     if (!mp_loop_run_iterations (loop, i, n - i, &done, &error)) …    i += done
 *   mp_loop_take_row (loop, TRUE, &row, &error)                        the oldest that was not taken
 *   if (!row.finite)
 *     where = mp_loop_find_divergence (loop, row.iteration);
 *
 * What reads or writes variables through the store sees them after everything that was put on its way.
 *
 * Threads: one at a time, the lane's.
 */
#pragma once

#include "engine/data/data.h"
#include "engine/graph/plan.h"
#include "engine/methods/build.h"

G_BEGIN_DECLS

#define MP_LOOP_MAX_REPEAT 65536
#define MP_LOOP_KEYFRAME_EVERY 256

typedef struct _MpLoop MpLoop;

/* The two steps of mp_loop_new (): between them mp_loop_get_memory () says what the second will take, while nothing has
 * been allocated on the device for the lane. The second refuses with MP_ERROR_MEMORY when less is free. */
MpLoop           *mp_loop_prepare (MpExperiment *experiment, const MpDeviceClass *class, MpDevice *device,
                                   const MpBuildOptions *options, void (*activity) (const char *text, gpointer data),
                                   gpointer data, GError **error);
gboolean          mp_loop_allocate (MpLoop *self, GError **error);
/* Opens the data, builds graph and plans of the phases; all variables are zero until mp_loop_start () or a checkpoint
 * has been read into the store. experiment is referenced, and read again by mp_loop_update_live ().
 * activity: (nullable): called with a static translatable text before each longer part. */
MpLoop           *mp_loop_new (MpExperiment *experiment, const MpDeviceClass *class, MpDevice *device,
                               const MpBuildOptions *options, void (*activity) (const char *text, gpointer data),
                               gpointer data, GError **error);
void              mp_loop_free (MpLoop *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpLoop, mp_loop_free)
/* Initial values from the experiment's seed, then the phases of the method that come before the first iteration; the
 * data cursor at 0. */
gboolean          mp_loop_start (MpLoop *self, GError **error);
/* The two steps of mp_loop_start (): between them a frozen extractor gets its values (stage.h). */
gboolean          mp_loop_initialise (MpLoop *self, GError **error);
gboolean          mp_loop_run_start_phases (MpLoop *self, GError **error);

/* Bytes on the device. */
typedef struct
{
  gsize variables;    /* parameters, optimizers' moments, other states, inputs */
  gsize plans;        /* arenas of the phases, with constants and gradients */
  gsize workspaces;   /* of their kernels */
  gsize looks;        /* plans for samples and views; a background layer comes on top when it is looked at */
  gsize keyframes;    /* copies of the variables, for finding out where a run diverged */
  gsize rings;        /* minibatches ahead and reports behind */
  gsize total;
} MpLoopMemory;
void              mp_loop_get_memory (MpLoop *self, MpLoopMemory *memory);

MpStore          *mp_loop_get_store (MpLoop *self);
MpBuild          *mp_loop_get_build (MpLoop *self);
MpData           *mp_loop_get_data (MpLoop *self);

/* The data cursor: minibatches drawn so far. Save it with a checkpoint, set it after reading one. */
guint64           mp_loop_get_batch (MpLoop *self);
void              mp_loop_set_batch (MpLoop *self, guint64 batch);

guint             mp_loop_get_n_phases (MpLoop *self);
const char       *mp_loop_get_phase_title (MpLoop *self, guint phase);
#define MP_LOOP_TYPICAL G_MAXUINT64 /* an iteration that is like most */
/* How often the phase runs in an iteration; live, may be 0. */
gint64            mp_loop_get_repeat (MpLoop *self, guint phase, guint64 iteration);
MpPlan           *mp_loop_get_plan (MpLoop *self, guint phase);

/* Puts up to `most` (≥ 1) iterations from `iteration` on their way, and says how many: as many as go as one launch.
 * [train] iterations of the experiment is the length of the learning-rate schedules. Only while mp_loop_can_run (). */
gboolean          mp_loop_run_iterations (MpLoop *self, guint64 iteration, guint64 most, guint64 *done, GError **error);
/* FALSE while as many rows are under way as may be: take some. */
gboolean          mp_loop_can_run (MpLoop *self);
/* Rows are sent off some milliseconds' worth at a time; this sends off what there is. */
gboolean          mp_loop_flush (MpLoop *self, GError **error);
/* An iteration in pieces: runs the phase once; repetitions count from 0. End it with mp_loop_end_iteration (). Take all
 * rows before. */
gboolean          mp_loop_run_phase (MpLoop *self, guint phase, guint64 iteration, gint64 repetition, GError **error);
gboolean          mp_loop_end_iteration (MpLoop *self, guint64 iteration, GError **error);
/* What a single run of a phase did, for slow motion. */
typedef struct
{
  const char *group;            /* of parameters: "critic" */
  double      gradient;         /* |gradient| of the loss by the parameters, before the run */
  double      update;           /* |change| of the parameters by the run */
  double      size;             /* |parameters| before it */
} MpProbeGroup;
typedef struct
{
  gint64  n_real, n_generated, dimensions;
  float  *real;                 /* the minibatch, n_real × dimensions; NULL where the phase reads no data */
  float  *generated;            /* NULL where the phase generates nothing */
  GArray *groups;               /* of MpProbeGroup, that the phase moves */
  double *reports;              /* by report; NAN for other phases' */
} MpProbe;
/* Runs a phase as mp_loop_run_phase () does, with the same bits, and looks at the same minibatch and the same draws
 * before it. Makes a plan at the first need, and waits. The caller clears the probe. */
gboolean          mp_loop_probe_phase (MpLoop *self, guint phase, guint64 iteration, gint64 repetition, MpProbe *probe,
                                       GError **error);
void              mp_probe_clear (MpProbe *probe);
/* One iteration, for those who do not follow all rows: older ones may be dropped. */
gboolean          mp_loop_run_iteration (MpLoop *self, guint64 iteration, GError **error);

/* Reports of all phases, in their order; static once made. */
const MpReport   *mp_loop_get_reports (MpLoop *self, guint *n);
typedef struct
{
  guint64       iteration;
  const double *values;     /* by report, NAN for phases that had not run; valid until the next row is taken */
  gboolean      finite;     /* those of phases that had run */
} MpLoopRow;
/* The row of the oldest iteration whose row was not taken; values is NULL when it is not there, with wait only when
 * all were taken. Allocates nothing. */
gboolean          mp_loop_take_row (MpLoop *self, gboolean wait, MpLoopRow *row, GError **error);
/* The last row's values, and whether they are finite; takes and drops all rows before. */
void              mp_loop_read_reports (MpLoop *self, double *values);
gboolean          mp_loop_is_finite (MpLoop *self);
/* After a non-finite report of iteration: a sentence that names the first tensor with a non-finite value. Goes back to
 * the last keyframe (variables and data cursor, kept about every MP_LOOP_KEYFRAME_EVERY iterations), replays the
 * iterations since, which is exact, and runs this one with checks. Leaves the lane as it was after that iteration, and
 * drops rows of later ones. In the sentence iterations count from 1 as in curves. (transfer full) */
char             *mp_loop_find_divergence (MpLoop *self, guint64 iteration);

/* Takes over a live key that the experiment already has: group "method", "optimizer.critic", … Iterations that are put
 * on their way from now on see it. Take all rows before: the place of a divergence is not found across a change.
 * FALSE when the key is not live or a list changed its length. */
gboolean          mp_loop_update_live (MpLoop *self, const char *group, const char *key, GError **error);

/* Root mean square of the gradients of a group lately, as its optimizer keeps them. FALSE and NAN before its first step, for
 * optimizers that keep none, and on devices that run ahead of what is recorded. */
gboolean          mp_loop_measure_gradient (MpLoop *self, const char *group, double *rms);

/* ---- looking, between iterations; none of these changes training ---- */
/* Generated points for metrics, fixed noise, inference mode: n × dimensions float32, n as in the build's options.
 * Those that were started first, or of now when none were; waits for them. Borrowed until the next call. */
const float      *mp_loop_sample (MpLoop *self, gint64 *n, GError **error);
/* Draws them now, without waiting. Two may be under way. */
gboolean          mp_loop_start_sample (MpLoop *self, GError **error);
/* Grid that surfaces are asked on: the centres of width × height cells of the extent (x0, x1, y0, y1), row 0 at y0.
 * width × height must be the options' n_view_points. The extent is also what other layers take for the plot's. */
gboolean          mp_loop_set_view_grid (MpLoop *self, gint width, gint height, const double extent[4],
                                         GError **error);
typedef struct
{
  float   *samples;             /* n_view_samples × dimensions */
  float   *latents;             /* what they were made from, n_view_samples × n_latent; NULL and 0 where
                                 * the method reconstructs */
  gint64   n_latent;
  float   *data;                /* n_view_data × dimensions: the reference points */
  guint    n_layers;
  MpLayer *layers;              /* those that were asked for, in that order */
} MpView;
/* Looks at the lane as it is now. layers: (nullable): ids of views that the method offers, NULL-terminated; each one's
 * plan is made at the first need. One look at a time: until it was finished no other may be started. */
gboolean          mp_loop_start_look (MpLoop *self, const char *const *layers, GError **error);
gboolean          mp_loop_is_looking (MpLoop *self);
/* Fills the view when everything has arrived, which wait waits for; else its samples are NULL. The arrays belong to the
 * caller (mp_view_clear ()). */
gboolean          mp_loop_finish_look (MpLoop *self, gboolean wait, MpView *view, GError **error);
/* Both, waiting. */
gboolean          mp_loop_look (MpLoop *self, const char *const *layers, MpView *view, GError **error);
void              mp_view_clear (MpView *view);

G_END_DECLS
