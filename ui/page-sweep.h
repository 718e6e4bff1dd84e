/* SPDX-License-Identifier: Apache-2.0
 *
 * page-sweep.h: the page of sweeps: a matrix of live thumbnails or a table of results, and what makes them go.
 *
 * A sweep comes from the installed ones, from a folder, or from the session's lanes by a form. Action group "sweep":
 * open (s: id of a sweep, or path of a folder), open-other, new, play, stop, export-picture, export-csv, open-folder.
 * Main thread only.
 */
#pragma once

#include "ui/session.h"
#include "ui/sweep-model.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define MP_TYPE_SWEEP_PAGE (mp_sweep_page_get_type ())
G_DECLARE_FINAL_TYPE (MpSweepPage, mp_sweep_page, MP, SWEEP_PAGE, GtkWidget)

/* session: its lanes are what a new sweep begins from; must outlive the page. */
GtkWidget    *mp_sweep_page_new       (MpSession   *session);
MpSweepModel *mp_sweep_page_get_model (MpSweepPage *self);

G_END_DECLS
