/* SPDX-License-Identifier: Apache-2.0
 *
 * paths.h: the files that experiments name, and where they are looked for; private to engine/train.
 */
#pragma once

#include <glib.h>

#include "engine/error.h"

G_BEGIN_DECLS

/* A path as somebody wrote it: relative to `dir`, else to the examples that come with the program. Returns: (transfer
 * full) (nullable): an absolute one; NULL: a relative path that is in neither. Absolute ones are not looked for. */
char *mp_path_find (const char *path, const char *dir);
/* The same, and NULL with MP_ERROR_FILE and all places that were searched. */
char *mp_path_find_or_fail (const char *path, const char *dir, GError **error);
/* The text that a file goes by when it is written down: of an example its name, which holds on other machines. */
char *mp_path_shorten (const char *path);

G_END_DECLS
