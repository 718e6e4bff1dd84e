/* SPDX-License-Identifier: Apache-2.0
 *
 * loop.h: everything of one lane that computes: graph, store, data and plans. It knows no threads, clocks or files;
 * the trainer (trainer.h) drives it.
 *
 * An iteration i (counted from 0) runs the phases in order, each as often as its repeat key says. Run r of a phase in
 * iteration i has randomness step i·65536 + r, so lanes with equal settings draw equal numbers, and takes the next
 * minibatch unless it shares the last one.
 *
 *   for (i = iteration; i < n; i++)
 *     if (!mp_loop_run_iteration (loop, i, &error)) …                   or phase by phase
 *     mp_loop_read_reports (loop, values);
 *     if ((where = mp_loop_find_divergence (loop, …)) != NULL) …        when a value is not finite
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

/* Opens the data, builds graph and plans of the phases; all variables are zero until mp_loop_start () or a checkpoint
 * has been read into the store. experiment is referenced, and read again by mp_loop_update_live ().
 * activity: (nullable): called with a static translatable text before each longer part. */
MpLoop           *mp_loop_new (MpExperiment *experiment, const MpDeviceClass *class, MpDevice *device,
                               const MpBuildOptions *options, void (*activity) (const char *text, gpointer data),
                               gpointer data, GError **error);
void              mp_loop_free (MpLoop *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpLoop, mp_loop_free)
/* Initial values from the experiment's seed; the data cursor at 0. */
gboolean          mp_loop_start (MpLoop *self, GError **error);

MpStore          *mp_loop_get_store (MpLoop *self);
MpBuild          *mp_loop_get_build (MpLoop *self);
MpData           *mp_loop_get_data (MpLoop *self);

/* The data cursor: minibatches drawn so far. Save it with a checkpoint, set it after reading one. */
guint64           mp_loop_get_batch (MpLoop *self);
void              mp_loop_set_batch (MpLoop *self, guint64 batch);

guint             mp_loop_get_n_phases (MpLoop *self);
const char       *mp_loop_get_phase_title (MpLoop *self, guint phase);
gint64            mp_loop_get_repeat (MpLoop *self, guint phase);            /* live; may be 0 */
MpPlan           *mp_loop_get_plan (MpLoop *self, guint phase);
/* Runs the phase once. [train] iterations of the experiment is the length of the learning-rate schedules. */
gboolean          mp_loop_run_phase (MpLoop *self, guint phase, guint64 iteration, gint64 repetition, GError **error);
gboolean          mp_loop_run_iteration (MpLoop *self, guint64 iteration, GError **error);

/* Reports of all phases, in their order; static once made. */
const MpReport   *mp_loop_get_reports (MpLoop *self, guint *n);
/* Last values; NAN for phases that have not run. Allocates nothing. */
void              mp_loop_read_reports (MpLoop *self, double *values);
/* Cheap: TRUE while all reports of phases that ran are finite. */
gboolean          mp_loop_is_finite (MpLoop *self);
/* After a non-finite report of iteration: a sentence that names the first tensor with a non-finite value. Goes back to
 * the last keyframe (variables and data cursor, kept in memory every MP_LOOP_KEYFRAME_EVERY iterations), replays the
 * iterations since, which is exact, and runs this one with checks. Leaves the lane as it was after that iteration.
 * A sentence, in which iterations count from 1 as in curves. (transfer full) */
char             *mp_loop_find_divergence (MpLoop *self, guint64 iteration);

/* Takes over a live key that the experiment already has: group "method", "optimizer.critic", …
 * FALSE when the key is not live or a list changed its length. */
gboolean          mp_loop_update_live (MpLoop *self, const char *group, const char *key, GError **error);

/* ---- looking, between iterations; none of these changes training ---- */
/* Generated points for metrics, fixed noise, inference mode: n × dimensions float32, n as in the build's options.
 * Borrowed until the next call. */
const float      *mp_loop_sample (MpLoop *self, gint64 *n, GError **error);
/* Grid that surfaces are asked on: the centres of width × height cells of the extent (x0, x1, y0, y1), row 0 at y0.
 * width × height must be the options' n_view_points. */
gboolean          mp_loop_set_view_grid (MpLoop *self, gint width, gint height, const double extent[4],
                                         GError **error);
typedef struct
{
  float  *samples;              /* n_view_samples × dimensions */
  float  *data;                 /* n_view_data × dimensions: the reference points */
  gint64  projection_dimensions;/* 0 without a projection */
  float  *projected_data;       /* n_view_data × projection_dimensions */
  float  *projected_samples;
  float  *surface;              /* n_view_points, or NULL */
} MpView;
/* Fills a view; the arrays belong to the caller (mp_view_clear ()). surface: id or NULL. Plans are made at the first
 * need. */
gboolean          mp_loop_look (MpLoop *self, const char *surface, MpView *view, GError **error);
void              mp_view_clear (MpView *view);

G_END_DECLS
