/* SPDX-License-Identifier: Apache-2.0
 *
 * lane.h: the lane's thread, in five files: lane.c obeys and iterates, lane-prepare.c builds, lane-stage.c gets a frozen
 * extractor trained, lane-record.c evaluates and writes, lane-history.c keeps the past: keyframes and checkpoints.
 */
#pragma once

#include "engine/metrics/metric.h"
#include "engine/runs/run.h"
#include "engine/train/loop.h"
#include "engine/train/trainer-private.h"

G_BEGIN_DECLS

typedef enum
{
  MP_STEP_NONE,
  MP_STEP_PHASE,
  MP_STEP_ITERATION
} MpStep;

#define MP_RATE_BUCKETS 4

/* When something that is paid by time may be done again. */
typedef struct
{
  double at;                         /* monotonic seconds */
  double cost;                       /* seconds that it usually takes */
} MpLaneDue;

typedef struct
{
  MpTrainer           *trainer;
  MpExperiment        *experiment;   /* the lane's own; live values change in it */
  const MpDeviceClass *class;
  MpDevice            *device;
  MpLoop              *loop;
  MpRun               *run;          /* NULL: nothing is kept, or the lane is over */

  /* where it stands */
  guint64              iteration;    /* done, with their reports seen */
  guint64              submitted;    /* put on their way; as many where nothing runs ahead */
  guint64              n_iterations;
  guint                phase;        /* the next run, within the iteration after those */
  gint64               repetition;
  double               seconds;

  /* what it was told */
  gboolean             playing;
  guint64              pause_at;     /* 0: nowhere */
  gboolean             stopping;
  gboolean             deferred;     /* commands wait for the end of the iteration */
  gboolean             settled;      /* has said that it is paused */
  MpStep               step;
  double               speed;        /* iterations/s, 0: no limit */
  gint64               next_at;      /* monotonic time; with a speed */
  char                *divergence;   /* where, once a value is not finite */

  /* series: reports, then metrics */
  guint                n_reports, n_series;
  double              *values;       /* n_series */
  guint32             *numbers;      /* n_series, in the metrics file */
  GArray              *metrics;      /* MpMetricValue of the last evaluation */
  float               *reference;    /* real points for metrics */
  gint64               n_reference;
  guint64              evaluated_at;

  guint64              every;
  guint64              checkpoint_every; /* 0: never */
  guint64              checkpoint_at;    /* iteration of the last one */
  GArray              *automatic;        /* guint64: iterations of those that nobody asked for */
  guint64              next_keyframe;    /* G_MAXUINT64: none */
  const MpViewClass   *background;       /* that keyframes show, or NULL: not chosen yet */
  MpLaneDue            keyframe_due, layer_due;
  double               recording;        /* seconds that keyframes and checkpoints took */

  /* a snapshot on its way */
  guint64              shown_at;
  double               shown_seconds;
  gboolean             look_again;   /* another one was asked for meanwhile */
  char               **next_shown;   /* its layers, or NULL */
  double               look_seconds; /* of all of them */

  gint64               mark;         /* monotonic time of the last count of the rate */
  gint64               bucket_time[MP_RATE_BUCKETS];
  guint64              bucket_count[MP_RATE_BUCKETS];
  guint                bucket;
} MpLane;

/* ---- lane-prepare.c ---- */
/* FALSE without an error when the lane was told to stop before it could train. */
gboolean mp_lane_prepare (MpLane *lane, GError **error);
/* text: static, or NULL. */
void     mp_lane_tell_activity (const char *text, gpointer trainer);

/* ---- lane-stage.c ---- */
/* Fills the frozen states of the method, if it has any. FALSE without an error when the lane was told to stop. */
gboolean mp_lane_run_stage (MpLane *lane, GError **error);

/* ---- lane-record.c ---- */
/* Metrics of the iteration that is done. */
gboolean mp_lane_evaluate (MpLane *lane, GError **error);
/* Those of the last evaluation, as scalars and into the run. */
gboolean mp_lane_append_metrics (MpLane *lane, GError **error);
/* Values of these series, likewise. */
gboolean mp_lane_append (MpLane *lane, guint first, guint n, GError **error);
/* What is due after an iteration. */
gboolean mp_lane_record (MpLane *lane, GError **error);
/* Takes a snapshot of now, with these layers (takes them; nullable). It is published by mp_lane_poll_snapshot () once
 * it has arrived, which wait waits for. */
void     mp_lane_start_snapshot (MpLane *lane, char **layers);
void     mp_lane_poll_snapshot (MpLane *lane, gboolean wait);

/* ---- lane-history.c ---- */
/* Once the lane knows its first iteration; does nothing without a run. */
gboolean mp_lane_start_history (MpLane *lane, GError **error);
/* What is due after an iteration. */
gboolean mp_lane_keep_history (MpLane *lane, GError **error);
/* Keyframes show the background layer that was looked at last. layers: ids of views, NULL-terminated. */
void     mp_lane_remember_background (MpLane *lane, const char *const *layers);
/* A keyframe of now, due or not. */
gboolean mp_lane_save_keyframe (MpLane *lane, GError **error);
/* automatic: nobody asked for it; such are thinned out. */
gboolean mp_lane_save_checkpoint (MpLane *lane, gboolean automatic, GError **error);

G_END_DECLS
