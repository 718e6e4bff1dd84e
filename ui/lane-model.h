/* SPDX-License-Identifier: Apache-2.0
 *
 * lane-model.h: what the widgets of one lane look at.
 *
 * A controller (MpSession) feeds it from a trainer, a test feeds it canned data; the widgets cannot tell. Progress
 * is told at most a few times a second, so that labels stay readable and layout stays cheap; snapshots as they come.
 *
 * Signals:
 *   changed-series ()                          points were added to a series, or the list of series grew
 *   changed-schema ()                          the draft's keys are other ones: build the form anew
 *   changed-draft ()                           a value of the draft is another one
 *   set-live (group, key, value) → message     (transfer full) why the value was refused, or NULL: change the lane
 *   restart ()                                 train anew with the draft
 *   remove ()                                  take the lane out of the comparison
 *   duplicate ()                               add a lane with the draft's settings
 *   repeat ()                                  add lanes with the settings that it trains and other seeds
 *   resume ()                                  train the kept run on
 *
 * Main thread only.
 */
#pragma once

#include <glib-object.h>

#include "ui/lane-layers.h"
#include "ui/plot/series.h"

G_BEGIN_DECLS

#define MP_TYPE_LANE_MODEL (mp_lane_model_get_type ())
G_DECLARE_FINAL_TYPE (MpLaneModel, mp_lane_model, MP, LANE_MODEL, GObject)

#define MP_N_LANE_COLOURS 6

/* experiment: copied twice, as what the lane trains and as the draft that the form edits. colour: of the palette. */
MpLaneModel      *mp_lane_model_new              (MpExperiment      *experiment,
                                                  guint              colour);

const char       *mp_lane_model_get_title        (MpLaneModel       *self);
/* What tells it from other lanes, "GRAM · h 2", which is the title where nobody said so; and the settings of it alone,
 * "h 2" or "" (ui/plot/lane-names.h). */
const char       *mp_lane_model_get_name         (MpLaneModel       *self);
const char       *mp_lane_model_get_apart        (MpLaneModel       *self);
void              mp_lane_model_set_name         (MpLaneModel       *self,
                                                  const char        *name,
                                                  const char        *apart);
const char       *mp_lane_model_get_subtitle     (MpLaneModel       *self);
/* The subtitle names the seed, where lanes have different ones. */
void              mp_lane_model_set_names_seed   (MpLaneModel       *self,
                                                  gboolean           names_seed);
guint             mp_lane_model_get_colour       (MpLaneModel       *self);

/* ---- what is trained ---- */
MpExperiment     *mp_lane_model_get_experiment   (MpLaneModel       *self);
MpExperiment     *mp_lane_model_get_draft        (MpLaneModel       *self);
/* Sets a key of the draft, and of the running lane when the key is live. FALSE when the value is refused. */
gboolean          mp_lane_model_set_value        (MpLaneModel       *self,
                                                  const char        *group,
                                                  const char        *key,
                                                  const char        *value,
                                                  GError           **error);
/* Where the lane shall train, as mp_trainer_new () takes it: the draft's choice waits for a restart. */
const char       *mp_lane_model_get_device       (MpLaneModel       *self);
const char       *mp_lane_model_get_draft_device (MpLaneModel       *self);
void              mp_lane_model_set_draft_device (MpLaneModel       *self,
                                                  const char        *device);
gboolean          mp_lane_model_is_device_pending (MpLaneModel      *self);
/* How many keys of the draft, the device included, differ from what is trained: they wait for a restart. */
guint             mp_lane_model_get_n_pending    (MpLaneModel       *self);
gboolean          mp_lane_model_is_pending       (MpLaneModel       *self,
                                                  const char        *group,
                                                  const char        *key);
void              mp_lane_model_discard_draft    (MpLaneModel       *self);
/* The lane trains this from now on, with the curves that it has; the draft follows. */
void              mp_lane_model_set_experiment   (MpLaneModel       *self,
                                                  MpExperiment      *experiment);
/* The lane trains this from now on; the draft follows. Clears series, snapshot and progress. */
void              mp_lane_model_start_over       (MpLaneModel       *self,
                                                  MpExperiment      *experiment);
void              mp_lane_model_restart          (MpLaneModel       *self);
void              mp_lane_model_remove           (MpLaneModel       *self);
void              mp_lane_model_duplicate        (MpLaneModel       *self);
void              mp_lane_model_repeat           (MpLaneModel       *self);
void              mp_lane_model_resume           (MpLaneModel       *self);

/* ---- state and progress ---- */
MpLaneState       mp_lane_model_get_state        (MpLaneModel       *self);
/* Why it failed or where it diverged, what is being built; or NULL. */
const char       *mp_lane_model_get_message      (MpLaneModel       *self);
void              mp_lane_model_set_state        (MpLaneModel       *self,
                                                  MpLaneState        state,
                                                  const char        *message);
typedef struct
{
  guint64 iteration, n_iterations;
  double  seconds, rate;
  double  look_seconds;        /* besides, for what was looked at */
  double  modes, high_quality; /* NAN: not measured yet */
  gint64  n_modes;             /* 0: the data has none */
} MpLaneProgress;
/* Of the moment that is shown (lane-past.h), as a rule now; and of now in any case. */
const MpLaneProgress *mp_lane_model_get_progress (MpLaneModel          *self);
const MpLaneProgress *mp_lane_model_get_live_progress (MpLaneModel     *self);
void              mp_lane_model_set_progress     (MpLaneModel          *self,
                                                  const MpLaneProgress *progress);
/* Title of the phase to run next, or NULL. */
const char       *mp_lane_model_get_phase        (MpLaneModel       *self);
void              mp_lane_model_set_phase        (MpLaneModel       *self,
                                                  const char        *phase);

/* Where it trains: "CPU", "GPU", or NULL yet; the device's name, and why it is the CPU where that was not asked for. */
const char       *mp_lane_model_get_place        (MpLaneModel       *self);
const char       *mp_lane_model_get_place_detail (MpLaneModel       *self);
void              mp_lane_model_set_place        (MpLaneModel       *self,
                                                  const char        *place,
                                                  const char        *detail);

/* ---- views ---- */
MpSnapshot       *mp_lane_model_get_snapshot     (MpLaneModel       *self);
/* Takes a reference, and what it brings of the chosen layers. */
void              mp_lane_model_set_snapshot     (MpLaneModel       *self,
                                                  MpSnapshot        *snapshot);
/* What can be seen besides points, what of it is chosen, and what arrived. */
MpLaneLayers     *mp_lane_model_get_layers       (MpLaneModel       *self);
/* What the lane's method offers, once that is known. */
void              mp_lane_model_set_offer        (MpLaneModel       *self,
                                                  guint              n,
                                                  const MpLayerInfo *offer);
/* Views on screen count themselves in and out; only a watched lane is asked for snapshots, and only after the last
 * one was drawn. */
void              mp_lane_model_watch            (MpLaneModel       *self);
void              mp_lane_model_unwatch          (MpLaneModel       *self);
gboolean          mp_lane_model_is_watched       (MpLaneModel       *self);
void              mp_lane_model_set_drawn        (MpLaneModel       *self,
                                                  gboolean           drawn);
gboolean          mp_lane_model_get_drawn        (MpLaneModel       *self);

/* ---- curves ----
 * Besides the trainer's own there are "share/modes" and "share/high_quality" in percent, so that lanes with different
 * numbers of modes share an axis. */
typedef struct
{
  char     *id;
  char     *title;
  char     *unit; /* or NULL */
  MpBetter  better;
  MpSeries *series;
} MpCurve;
guint             mp_lane_model_get_n_curves     (MpLaneModel       *self);
const MpCurve    *mp_lane_model_get_curve        (MpLaneModel       *self,
                                                  guint              i);
const MpCurve    *mp_lane_model_find_curve       (MpLaneModel       *self,
                                                  const char        *id); /* or NULL */
guint             mp_lane_model_add_curve        (MpLaneModel       *self,
                                                  const MpSeriesInfo *info);
/* A whole curve (takes the series). */
void              mp_lane_model_take_curve       (MpLaneModel       *self,
                                                  const MpSeriesInfo *info,
                                                  MpSeries          *series);
/* The curve of that id, a new one where there is none; it takes the rest of the info. */
guint             mp_lane_model_adopt_curve      (MpLaneModel       *self,
                                                  const MpSeriesInfo *info);
void              mp_lane_model_append           (MpLaneModel       *self,
                                                  guint              curve,
                                                  guint64            iteration,
                                                  double             value);
/* After a batch of appends: tells the charts once. */
void              mp_lane_model_changed_series   (MpLaneModel       *self);

G_END_DECLS
