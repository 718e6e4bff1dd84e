/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep-words.h: what the page of sweeps says of a sweep, of its cells, and of how far it is. Main thread only.
 */
#pragma once

#include "ui/sweep-model.h"

G_BEGIN_DECLS

/* "72 cells × 3 seeds · 216 runs of 10,000 iterations". (transfer full) */
char       *mp_sweep_describe                (MpSweep      *sweep);
const char *mp_trial_state_word              (MpTrialState  state);
/* What a cell has come to; NULL without a sweep. (transfer full) */
char       *mp_sweep_model_describe_cell     (MpSweepModel *self,
                                              guint         cell);
/* "80 of 216 runs · 3 diverged · 12 min left". share: of the iterations that are done. (transfer full) */
char       *mp_sweep_model_describe_progress (MpSweepModel *self,
                                              double       *share);

G_END_DECLS
