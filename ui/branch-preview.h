/* SPDX-License-Identifier: Apache-2.0
 *
 * branch-preview.h: where a branch begins when it is restarted, and what would begin anew in it, or why it would be
 * refused, said while its settings are being changed.
 */
#pragma once

#include "ui/lane-model.h"

G_BEGIN_DECLS

/* Where a branch begins that left the run of that folder at that iteration: there, or at the newest checkpoint before it
 * when that one is gone. FALSE with iteration 0 when none is left: anew. words: (out) (nullable) (transfer full): the
 * sentence that it does not begin where it left, translated. Lists a folder; any thread. */
gboolean mp_branch_find_start    (const char   *from,
                                  guint64      *iteration,
                                  char        **words);
/* From now on the lane's draft is tried against its parent's checkpoint, where it has a parent, whenever it changes, on
 * another thread, and the words are given to the lane (mp_lane_model_set_foreseen ()). Main thread. */
void     mp_branch_preview_watch (MpLaneModel  *lane);

G_END_DECLS
