/* SPDX-License-Identifier: Apache-2.0
 *
 * run-list.h: the library of kept runs: search, open, add to the lanes, tags and notes, show the folder, delete.
 *
 * Reads the run database (engine/runs/run-db.h) on a helper thread, when it is shown and when asked to. Rows act by
 * win.open-runs-alone and win.open-run. Main thread only.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define MP_TYPE_RUN_LIST (mp_run_list_get_type ())
G_DECLARE_FINAL_TYPE (MpRunList, mp_run_list, MP, RUN_LIST, GtkWidget)

GtkWidget *mp_run_list_new         (void);
/* runs_dir: parent of run folders, or NULL for the default place. */
void       mp_run_list_set_place   (MpRunList  *self,
                                    const char *runs_dir);
/* Reads again. */
void       mp_run_list_refresh     (MpRunList  *self);
void       mp_run_list_set_search  (MpRunList  *self,
                                    const char *words);
/* The last reading has been shown; how many rows there are. */
gboolean   mp_run_list_is_ready    (MpRunList  *self);
guint      mp_run_list_get_n_shown (MpRunList  *self);

G_END_DECLS
