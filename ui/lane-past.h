/* SPDX-License-Identifier: Apache-2.0
 *
 * lane-past.h: where a lane's run is kept, where it came from, and a moment of it that is shown instead of now.
 *
 * Part of MpLaneModel: widgets that ask it for its snapshot and numbers get those of the moment, and are told as for any
 * other news. The lane goes on training meanwhile. Main thread only.
 */
#pragma once

#include "ui/lane-model.h"

G_BEGIN_DECLS

/* The folder that the lane's run is kept in, or NULL. Notifies "run". */
const char *mp_lane_model_get_run       (MpLaneModel          *self);
void        mp_lane_model_set_run       (MpLaneModel          *self,
                                         const char           *run_dir);
/* The lane is a kept run without a trainer, which could train on. */
gboolean    mp_lane_model_is_kept       (MpLaneModel          *self);
void        mp_lane_model_set_kept      (MpLaneModel          *self,
                                         gboolean              kept);
/* The folder of the run that it branched off, or NULL, and at which iteration. */
const char *mp_lane_model_get_parent    (MpLaneModel          *self,
                                         guint64              *iteration);
void        mp_lane_model_set_parent    (MpLaneModel          *self,
                                         const char           *run_dir,
                                         guint64               iteration);

/* What of a branch began anew, and what would if it were restarted with its draft, in words, or NULL. Notify "anew". */
const char *mp_lane_model_get_anew      (MpLaneModel          *self);
void        mp_lane_model_set_anew      (MpLaneModel          *self,
                                         const char           *words);
const char *mp_lane_model_get_foreseen  (MpLaneModel          *self);
void        mp_lane_model_set_foreseen  (MpLaneModel          *self,
                                         const char           *words);

/* Shows this moment (takes references); NULL: now again. */
void        mp_lane_model_show_past     (MpLaneModel          *self,
                                         MpSnapshot           *snapshot,
                                         const MpLaneProgress *progress);
gboolean    mp_lane_model_is_past       (MpLaneModel          *self);

/* What the last single phase did, or NULL. Notifies "minibatch". */
MpMinibatch *mp_lane_model_get_minibatch (MpLaneModel         *self);
/* Takes a reference. */
void        mp_lane_model_set_minibatch (MpLaneModel          *self,
                                         MpMinibatch          *minibatch);

/* ---- for lane-model.c ---- */
typedef struct
{
  char           *run_dir;
  gboolean        kept;
  char           *parent_dir;
  guint64         parent_iteration;
  char           *anew, *foreseen;
  MpSnapshot     *snapshot;  /* NULL: now */
  MpLaneProgress  progress;
  MpMinibatch    *minibatch;
} MpLanePast;
void        mp_lane_past_clear          (MpLanePast           *past);
MpLanePast *mp_lane_model_get_past      (MpLaneModel          *self);

G_END_DECLS
