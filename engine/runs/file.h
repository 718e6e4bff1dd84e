/* SPDX-License-Identifier: Apache-2.0
 *
 * file.h: reading files, and writing them so that a half-written one is never taken for a whole one.
 */
#pragma once

#include "engine/error.h"

G_BEGIN_DECLS

typedef struct
{
  const void *data;
  gsize       size;
} MpPiece;

/* The whole file. (transfer full) */
GBytes  *mp_file_read (const char *path, GError **error);
/* Writes the pieces one after the other into "PATH.part", syncs it, renames it to PATH and syncs the folder. When it
 * fails, PATH is as it was. MP_ERROR_FILE names the path and the system's reason. */
gboolean mp_file_write (const char *path, guint n, const MpPiece *pieces, GError **error);
gboolean mp_file_write_text (const char *path, const char *text, GError **error);
/* Makes renames and new names in a folder durable. */
gboolean mp_folder_sync (const char *dir, GError **error);
/* Writes everything or nothing that counts: FALSE leaves errno. */
gboolean mp_fd_write (int fd, const void *data, gsize size);
/* Sets MP_ERROR_FILE: "Cannot VERB “PATH”: reason.". Returns FALSE. */
gboolean mp_file_fail (GError **error, int error_number, const char *verb, const char *path);

G_END_DECLS
