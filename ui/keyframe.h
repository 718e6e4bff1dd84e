/* SPDX-License-Identifier: Apache-2.0
 *
 * keyframe.h: a keyframe of a run folder as the snapshot that widgets look at. Any thread, one at a time.
 */
#pragma once

#include "engine/runs/timeline-file.h"
#include "engine/train/trainer.h"

G_BEGIN_DECLS

/* A timeline, and the reference points that all its keyframes share. */
typedef struct
{
  MpTimelineReader *reader;
  gint64            n_data, dimensions;
  float            *data;
} MpKeyframes;

/* run_dir: of a run that may have just begun: FALSE while there is nothing to read. */
gboolean    mp_keyframes_open  (MpKeyframes *self,
                                const char  *run_dir,
                                GError     **error);
void        mp_keyframes_close (MpKeyframes *self);
/* With the newest background layer at or before it. (transfer full), or NULL where the file is damaged. */
MpSnapshot *mp_keyframes_load  (MpKeyframes *self,
                                guint        index,
                                GError     **error);

G_END_DECLS
