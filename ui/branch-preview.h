/* SPDX-License-Identifier: Apache-2.0
 *
 * branch-preview.h: says of a branch, while its settings are being changed, what would begin anew in it, or why it would
 * be refused. Main thread only.
 */
#pragma once

#include "ui/lane-model.h"

G_BEGIN_DECLS

/* From now on the lane's draft is tried against that checkpoint whenever it changes, on another thread, and the words
 * are given to the lane (mp_lane_model_set_foreseen ()). from: the folder of the run that a restart begins at. */
void mp_branch_preview_watch (MpLaneModel *lane,
                              const char  *from,
                              guint64      iteration);

G_END_DECLS
