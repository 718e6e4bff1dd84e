/* SPDX-License-Identifier: Apache-2.0
 *
 * stage.h: what a method's frozen extractor is trained by, and the cache of runs that did so.
 *
 * A stage is an experiment (engine/extractors/extractor.h) whose run is kept in the folder of runs like any other. The
 * cache is a folder of small files, KEY.run, each the path of such a run. A key is the SHA-256 of all that the weights
 * depend on: the experiment in its canonical text, the data's points, the program's version and the device; so what is
 * found has the bits that training would give. Entries are only hints: a run that is gone, is not that experiment, was
 * changed by hand or has no whole last checkpoint counts for nothing, and one that was interrupted is gone on with.
 *
 * KEY.lock is locked by the lane that looks and trains; others that need the same stage wait for it.
 *
 * A lane whose own checkpoints have the frozen weights needs none of this to go on.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "engine/graph/plan.h"
#include "engine/train/loop.h"

G_BEGIN_DECLS

typedef struct _MpStage MpStage;

/* The stage that a loop's method needs on its device; NULL without an error where it needs none. */
MpStage      *mp_stage_new (MpLoop *loop, const MpDeviceClass *class, MpDevice *device, GError **error);
void          mp_stage_free (MpStage *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpStage, mp_stage_free)
/* In canonical form: where the device does not tell precisions apart they are not told apart here. */
MpExperiment *mp_stage_get_experiment (MpStage *self);
const char   *mp_stage_get_key (MpStage *self);
/* "Training the autoencoder": translatable, static. */
const char   *mp_stage_get_activity (MpStage *self);

/* Does not wait. locked: (out): FALSE while another lane, in whatever process, holds it. Unlocked with the object. */
gboolean      mp_stage_lock (MpStage *self, gboolean *locked, GError **error);

typedef enum
{
  MP_STAGE_ABSENT,
  MP_STAGE_PARTIAL, /* can be gone on with */
  MP_STAGE_WHOLE
} MpStageState;
/* run_dir: (out) (transfer full): of what the cache has; NULL when it is absent. */
MpStageState  mp_stage_look_up (MpStage *self, char **run_dir);
gboolean      mp_stage_remember (MpStage *self, const char *run_dir, GError **error);
/* Fills the states "extractor/…" of a store from the run's last checkpoint. */
gboolean      mp_stage_load (MpStage *self, const char *run_dir, MpStore *store, GError **error);

/* $MATCHPOINT_STAGES_DIR, else matchpoint/stages in the user's cache folder. (transfer full) */
char         *mp_stage_default_cache (void);

G_END_DECLS
