/* SPDX-License-Identifier: Apache-2.0
 *
 * file.c: write beside, sync, rename, sync the folder.
 *
 * The order matters: without the first sync a crash may leave the new name on empty contents; without the second the
 * rename itself may be lost. The file beside is locked: two programs may write one name at a time, and the later wins.
 */
#include "engine/runs/file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
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

/* Empty, and locked until it is closed: others who write the same file wait, then find that theirs was renamed and make a
 * new one. Where a file system has no locks they are told apart by nothing. */
static int
open_part (const char *part)
{
  for (;;) {
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    struct stat mine, there;
    int fd = open (part, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

    while (fd >= 0 && fcntl (fd, F_OFD_SETLKW, &lock) != 0 && errno == EINTR)
      ;
    if (fd < 0 || fstat (fd, &mine) != 0)
      return fd;
    if (stat (part, &there) == 0 && mine.st_dev == there.st_dev && mine.st_ino == there.st_ino)
      return fd;
    close (fd);
  }
}

static gboolean
fill_part (int            fd,
           guint          n,
           const MpPiece *pieces)
{
  gboolean ok = ftruncate (fd, 0) == 0;

  for (guint i = 0; ok && i < n; i++)
    ok = mp_fd_write (fd, pieces[i].data, pieces[i].size);
  return ok && fsync (fd) == 0;
}

gboolean
mp_file_write (const char    *path,
               guint          n,
               const MpPiece *pieces,
               GError       **error)
{
  g_autofree char *part = g_strconcat (path, ".part", NULL);
  g_autofree char *dir = g_path_get_dirname (path);
  int fd = open_part (part);
  gboolean ok = fd >= 0 && fill_part (fd, n, pieces) && g_rename (part, path) == 0;
  int number = errno;

  if (fd >= 0) {
    if (!ok)
      g_unlink (part);
    close (fd);
  }
  /* The error names the file that it was to become. */
  return ok ? mp_folder_sync (dir, error) : mp_file_fail (error, number, "write", path);
}

gboolean
mp_file_write_text (const char *path,
                    const char *text,
                    GError    **error)
{
  MpPiece piece = { text, strlen (text) };

  return mp_file_write (path, 1, &piece, error);
}
