/* SPDX-License-Identifier: Apache-2.0
 *
 * branch.h: what a branch does not take over from its parent.
 *
 * A branch goes on with what the parent's checkpoint has in the shape that the branch's experiment asks for
 * (mp_run_load_weights ()); the rest begins anew. It is counted by network, the counts are kept in the branch's
 * state.json (mp_run_get_anew ()), and the sentence that people read is made here alone: for the window before and
 * after, and for the command line. Any thread.
 */
#pragma once

#include "engine/runs/run.h"

G_BEGIN_DECLS

/* fresh: names of variables of the graph that begin anew, as mp_run_load_weights () gives them. What start phases and
 * stages fill is left out. (transfer full) (element-type MpAnew) */
GArray  *mp_branch_count_anew (MpGraph *graph, GPtrArray *fresh);
/* "Critic begins anew: …", translated; NULL when nothing does. (transfer full) */
char    *mp_branch_describe (GArray *anew);
/* What would begin anew if a branch with this experiment left the run of that folder at the checkpoint of that
 * iteration. Opens the data and builds the graph: some milliseconds. words: (out) (transfer full): as
 * mp_branch_describe (). FALSE when the branch would be refused. */
gboolean mp_branch_foresee (const char *parent, guint64 iteration, MpExperiment *experiment, char **words,
                            GError **error);

G_END_DECLS
