/* SPDX-License-Identifier: Apache-2.0
 *
 * timeline.h: the past of all lanes, aligned, and the moment of it that they show.
 *
 * Reads the keyframes of each lane's run folder (engine/runs/timeline-file.h), whether the lane trains or was opened
 * from a kept run. While somebody watches it follows what is added. Seeking puts the last keyframe at or before the
 * moment into every lane's model; training goes on and is not asked for views meanwhile.
 *
 * Signals:
 *   changed ()   tracks, their ends or marks are other ones
 *   moved ()     the moment, the alignment, playing or speed is another one
 *
 * Main thread only.
 */
#pragma once

#include <gio/gio.h>

#include "ui/lane-past.h"
#include "ui/plot/warp.h"

G_BEGIN_DECLS

typedef enum
{
  MP_ALIGN_ITERATION,
  MP_ALIGN_SECONDS,
  MP_ALIGN_POINTS,   /* real points seen */
  MP_N_ALIGNMENTS
} MpAlignment;

/* One lane; numbers are along the alignment. Borrowed until the next "changed". */
typedef struct
{
  MpLaneModel   *model;
  double         start, now;     /* a branch starts where it left its parent */
  gint           parent;         /* index of the lane that it branched off, or −1 */
  const double  *marks;          /* keyframes */
  guint          n_marks;
  const double  *checkpoints;
  const guint64 *checkpoint_iterations;
  guint          n_checkpoints;
} MpTrack;

#define MP_TYPE_TIMELINE (mp_timeline_get_type ())
G_DECLARE_FINAL_TYPE (MpTimeline, mp_timeline, MP, TIMELINE, GObject)

/* lanes: of MpLaneModel. */
MpTimeline    *mp_timeline_new             (GListModel  *lanes);
/* Somebody looks: marks are kept up to date. */
void           mp_timeline_watch           (MpTimeline  *self);
void           mp_timeline_unwatch         (MpTimeline  *self);
/* Looks for news at once. */
void           mp_timeline_refresh         (MpTimeline  *self);

guint          mp_timeline_get_n_tracks    (MpTimeline  *self);
const MpTrack *mp_timeline_get_track       (MpTimeline  *self,
                                            guint        i);
/* Where the scale ends: where the longest lane will. */
double         mp_timeline_get_end         (MpTimeline  *self);
/* Where the most advanced lane is. */
double         mp_timeline_get_now         (MpTimeline  *self);

MpAlignment    mp_timeline_get_alignment   (MpTimeline  *self);
void           mp_timeline_set_alignment   (MpTimeline  *self,
                                            MpAlignment  alignment);
/* "Iteration 2,640", "12.3 s", "528,000 points". (transfer full) */
char          *mp_timeline_format          (MpTimeline  *self,
                                            double       position);

/* Now is shown, not the past. */
gboolean       mp_timeline_is_live         (MpTimeline  *self);
double         mp_timeline_get_position    (MpTimeline  *self);
void           mp_timeline_seek            (MpTimeline  *self,
                                            double       position);
/* To the next keyframe of any lane (+1), or the one before (−1). */
void           mp_timeline_step            (MpTimeline  *self,
                                            int          by);
void           mp_timeline_go_live         (MpTimeline  *self);
/* Where a lane's iterations lie on the scale; NULL where that has iterations. (transfer full) */
MpWarp        *mp_timeline_dup_warp        (MpTimeline  *self,
                                            guint        track);
/* Its last checkpoint at or before a position. FALSE when there is none. */
gboolean       mp_timeline_find_checkpoint (MpTimeline  *self,
                                            guint        track,
                                            double       position,
                                            guint64     *iteration);

/* Moves the moment on by itself; from the beginning when now is shown. speed: 1 is as fast as it was trained. */
gboolean       mp_timeline_get_playing     (MpTimeline  *self);
void           mp_timeline_set_playing     (MpTimeline  *self,
                                            gboolean     playing);
double         mp_timeline_get_speed       (MpTimeline  *self);
void           mp_timeline_set_speed       (MpTimeline  *self,
                                            double       speed);

G_END_DECLS
