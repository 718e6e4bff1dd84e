/* SPDX-License-Identifier: Apache-2.0
 *
 * file.c: write beside, sync, rename, sync the folder.
 *
 * The order matters: without the first sync a crash may leave the new name on empty contents; without the second the
 * rename itself may be lost.
 */
#include "engine/runs/file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

gboolean
mp_file_fail (GError    **error,
              int         error_number,
              const char *verb,
              const char *path)
{
  g_set_error (error, MP_ERROR, MP_ERROR_FILE, "Cannot %s “%s”: %s.", verb, path, g_strerror (error_number));
  return FALSE;
}

GBytes *
mp_file_read (const char *path,
              GError    **error)
{
  g_autoptr (GError) reason = NULL;
  char *data;
  gsize size;

  if (g_file_get_contents (path, &data, &size, &reason))
    return g_bytes_new_take (data, size);
  g_set_error (error, MP_ERROR, MP_ERROR_FILE, "%s.", reason->message);
  return NULL;
}

gboolean
mp_fd_write (int         fd,
             const void *data,
             gsize       size)
{
  const char *at = data;

  while (size > 0) {
    ssize_t written = write (fd, at, MIN (size, (gsize) 1 << 30));

    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0) {
      if (written == 0)
        errno = ENOSPC;
      return FALSE;
    }
    at += written;
    size -= (gsize) written;
  }
  return TRUE;
}

gboolean
mp_folder_sync (const char *dir,
                GError    **error)
{
  int fd = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int result, number;

  if (fd < 0)
    return mp_file_fail (error, errno, "open the folder", dir);
  result = fsync (fd);
  number = errno;
  close (fd);
  /* Some file systems do not sync folders and say so; there is nothing to wait for then. */
  if (result != 0 && number != EINVAL && number != EROFS)
    return mp_file_fail (error, number, "sync the folder", dir);
  return TRUE;
}

/* Errors name the file that it is to become. */
static gboolean
write_part (const char    *part,
            const char    *path,
            guint          n,
            const MpPiece *pieces,
            GError       **error)
{
  int fd = open (part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  gboolean ok = fd >= 0;
  int number = errno;

  for (guint i = 0; ok && i < n; i++) {
    ok = mp_fd_write (fd, pieces[i].data, pieces[i].size);
    number = errno;
  }
  if (ok && fsync (fd) != 0) {
    ok = FALSE;
    number = errno;
  }
  if (fd >= 0 && close (fd) != 0 && ok) {
    ok = FALSE;
    number = errno;
  }
  return ok ? TRUE : mp_file_fail (error, number, "write", path);
}

gboolean
mp_file_write (const char    *path,
               guint          n,
               const MpPiece *pieces,
               GError       **error)
{
  g_autofree char *part = g_strconcat (path, ".part", NULL);
  g_autofree char *dir = g_path_get_dirname (path);

  if (!write_part (part, path, n, pieces, error)) {
    g_unlink (part);
    return FALSE;
  }
  if (g_rename (part, path) != 0) {
    int number = errno;

    g_unlink (part);
    return mp_file_fail (error, number, "write", path);
  }
  return mp_folder_sync (dir, error);
}

gboolean
mp_file_write_text (const char *path,
                    const char *text,
                    GError    **error)
{
  MpPiece piece = { text, strlen (text) };

  return mp_file_write (path, 1, &piece, error);
}
