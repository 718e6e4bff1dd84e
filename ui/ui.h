/* SPDX-License-Identifier: Apache-2.0
 *
 * ui.h: the window's entry point; all that app/ needs to know about ui/.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Runs the application until its last window is closed. argc, argv: left to GApplication (may be 0, NULL).
 * preset: a preset's id or the path of an experiment or comparison file to open, or NULL for the one of the last
 * session. Returns the process's exit status. Main thread only. */
int mp_ui_run (int         argc,
               char      **argv,
               const char *preset);

G_END_DECLS
