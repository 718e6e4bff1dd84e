/* SPDX-License-Identifier: Apache-2.0
 *
 * new-path.h: names for folders that are yet to be made, so that nobody else takes them meanwhile.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The first of NAME, NAME-2, NAME-3, … in the folder `parent` that is not there and was not given to another call, in this
 * process or in one of the user's that is alive. Makes nothing there. Any thread. (transfer full) */
char *mp_new_path (const char *parent, const char *name);

G_END_DECLS
