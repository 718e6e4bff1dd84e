/* SPDX-License-Identifier: Apache-2.0
 *
 * export.h: the metrics of kept runs for other programs: a table, and TensorBoard's event files.
 *
 * Runs may be trained meanwhile; what is in their folders by then is exported. Any thread, one at a time.
 */
#pragma once

#include "engine/runs/run.h"

G_BEGIN_DECLS

/* A row for every run and iteration that has a value, a column for every series of any of them: comma-separated values
 * with a head (RFC 4180), points as decimal signs, cells without a value empty. Columns "run" and "iteration" come
 * first; a second run of one name is "NAME (2)". dirs: of char *. Returns: (transfer full), or NULL. */
char    *mp_runs_to_csv (GPtrArray *dirs, GError **error);
/* One event file per run, in a folder of dir with the run's name in the table. Wall time is spread over the run's
 * seconds. */
gboolean mp_runs_to_events (GPtrArray *dirs, const char *dir, GError **error);

G_END_DECLS
