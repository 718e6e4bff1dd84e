/* SPDX-License-Identifier: Apache-2.0
 *
 * comparison.h: a folder with the runs of a comparison inside, one folder for each lane, and a comparison file
 * (comparison.ini) that names them in order: it can be read, rendered, looked at, resumed and trained anew. Any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Makes ready the folder for the runs: new or empty. For one lane it is the run's own folder; for several it gets
 * comparison.ini. title: (nullable). */
gboolean   mp_comparison_create (const char *dir, const char *title, GPtrArray *lanes, GError **error);
/* The run folders behind a folder: itself, or those inside, in the lanes' order. (transfer full): of char *. */
GPtrArray *mp_comparison_list_runs (const char *dir, GError **error);
/* The title in comparison.ini, or NULL. (transfer full) */
char      *mp_comparison_get_title (const char *dir);

G_END_DECLS
