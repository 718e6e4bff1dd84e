/* SPDX-License-Identifier: Apache-2.0
 *
 * lock.c: see lock.h. Open file description locks: unlike flock () they can be asked who is in the way.
 */
#include "engine/runs/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "engine/runs/file.h"

#define WHOLE(type) { .l_type = (type), .l_whence = SEEK_SET }

static gboolean
is_contested (int error_number)
{
  return error_number == EAGAIN || error_number == EACCES;
}

/* Whether somebody has it alone. */
static gboolean
is_taken (int fd)
{
  struct flock lock = WHOLE (F_RDLCK);

  return fcntl (fd, F_OFD_GETLK, &lock) == 0 && lock.l_type == F_WRLCK;
}

static int
open_lock (const char *path,
           GError    **error)
{
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

  if (fd < 0)
    mp_file_fail (error, errno, "lock", path);
  return fd;
}

int
mp_lock_take (const char *path,
              GError    **error)
{
  struct flock lock = WHOLE (F_WRLCK);
  int fd = open_lock (path, error);
  gboolean waiting = TRUE;

  while (fd >= 0 && waiting) {
    if (fcntl (fd, F_OFD_SETLK, &lock) == 0)
      return fd;
    if (!is_contested (errno)) {
      mp_file_fail (error, errno, "lock", path);
      break;
    }
    waiting = !is_taken (fd);
    if (waiting)
      g_usleep (1000);
  }
  if (fd >= 0)
    close (fd);
  return -1;
}

int
mp_lock_wait (const char *path,
              GError    **error)
{
  struct flock lock = WHOLE (F_WRLCK);
  int fd = open_lock (path, error);

  while (fd >= 0 && fcntl (fd, F_OFD_SETLKW, &lock) != 0)
    if (errno != EINTR) {
      mp_file_fail (error, errno, "lock", path);
      close (fd);
      fd = -1;
    }
  return fd;
}

int
mp_lock_share (const char *path,
               gboolean   *taken)
{
  struct flock lock = WHOLE (F_RDLCK);
  int fd = open (path, O_RDONLY | O_CLOEXEC);

  *taken = FALSE;
  if (fd < 0)
    return -1;
  if (fcntl (fd, F_OFD_SETLK, &lock) == 0)
    return fd;
  *taken = is_contested (errno);
  close (fd);
  return -1;
}
