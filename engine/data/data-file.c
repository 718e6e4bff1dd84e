/* SPDX-License-Identifier: Apache-2.0
 *
 * data-file.c: reading, recognising and keeping the files of data sets.
 */
#include "engine/data/data-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/runs/file.h"

#define BLOCK (1 << 16)

struct _MpDataFile
{
  char      *path;
  char      *wanted;    /* the sum that the experiment asks for, or "" */
  GChecksum *sum;
  int        fd;
};

static MpDataFile *
file_open (const char  *path,
           const char  *wanted,
           GError     **error)
{
  g_autoptr (MpDataFile) self = g_new0 (MpDataFile, 1);
  struct stat info;

  self->path = g_strdup (path);
  self->wanted = g_strdup (wanted);
  self->sum = g_checksum_new (G_CHECKSUM_SHA256);
  self->fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);
  if (self->fd < 0 || fstat (self->fd, &info) != 0) {
    mp_file_fail (error, errno, "open", path);
    return NULL;
  }
  if (S_ISDIR (info.st_mode)) {
    mp_file_fail (error, EISDIR, "read", path);
    return NULL;
  }
  return g_steal_pointer (&self);
}

MpDataFile *
mp_data_file_open (MpExperiment  *experiment,
                   GError       **error)
{
  g_autofree char *path = mp_experiment_find_path (experiment, "data", "file", error);

  return path != NULL ? file_open (path, mp_experiment_get_string (experiment, "data", "sha256"), error) : NULL;
}

void
mp_data_file_close (MpDataFile *self)
{
  if (self == NULL)
    return;
  if (self->fd >= 0)
    close (self->fd);
  g_checksum_free (self->sum);
  g_free (self->wanted);
  g_free (self->path);
  g_free (self);
}

const char *
mp_data_file_get_path (MpDataFile *self)
{
  return self->path;
}

gssize
mp_data_file_read (MpDataFile  *self,
                   void        *buffer,
                   gsize        size,
                   GError     **error)
{
  gssize n;

  do
    n = read (self->fd, buffer, size);
  while (n < 0 && errno == EINTR);
  if (n < 0)
    mp_file_fail (error, errno, "read", self->path);
  else
    g_checksum_update (self->sum, buffer, n);
  return n;
}

char *
mp_data_file_finish (MpDataFile  *self,
                     GError     **error)
{
  const char *sum = g_checksum_get_string (self->sum);

  if (self->wanted[0] != '\0' && g_ascii_strcasecmp (self->wanted, sum) != 0) {
    g_set_error (error, MP_ERROR, MP_ERROR_FILE, "“%s” is not the file that this experiment was trained on: its "
                 "SHA-256 is %s, and [data] sha256 asks for %s. Put the old file back, or empty sha256 to start with this one.",
                 self->path, sum, self->wanted);
    return NULL;
  }
  return g_strdup (sum);
}

gboolean
mp_data_file_fail (MpDataFile  *self,
                   GError     **error,
                   const char  *format,
                   ...)
{
  g_autofree char *message = NULL;
  va_list arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, MP_ERROR, MP_ERROR_FILE, "“%s”%s", self->path, message);
  return FALSE;
}

/* ---- keeping ---- */

static gboolean
write_all (int         fd,
           const char *bytes,
           gssize      n)
{
  while (n > 0) {
    gssize written = write (fd, bytes, (gsize) n);

    if (written < 0 && errno != EINTR)
      return FALSE;
    n -= MAX (written, 0);
    bytes += MAX (written, 0);
  }
  return TRUE;
}

/* Reads to the end, and writes it all to `copy` unless that is −1. */
static gboolean
pour (MpDataFile  *file,
      int          copy,
      const char  *copy_path,
      GError     **error)
{
  g_autofree char *block = g_malloc (BLOCK);
  gssize n;

  while ((n = mp_data_file_read (file, block, BLOCK, error)) > 0)
    if (copy >= 0 && !write_all (copy, block, n))
      return mp_file_fail (error, errno, "write", copy_path);
  if (n == 0 && copy >= 0 && fsync (copy) != 0)
    return mp_file_fail (error, errno, "write", copy_path);
  return n == 0;
}

/* Returns: the path that the experiment has from now on, (transfer full). */
static char *
copy_into (MpDataFile  *file,
           const char  *dir,
           GError     **error)
{
  g_autofree char *name = g_path_get_basename (file->path);
  g_autofree char *folder = g_build_filename (dir, "data", NULL);
  g_autofree char *path = g_build_filename (folder, name, NULL);
  gboolean done;
  int copy;

  if (g_mkdir (folder, 0777) != 0 && errno != EEXIST) {
    mp_file_fail (error, errno, "make the folder", folder);
    return NULL;
  }
  copy = g_open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (copy < 0) {
    mp_file_fail (error, errno, "write", path);
    return NULL;
  }
  done = pour (file, copy, path, error);
  if (close (copy) != 0 && done)
    done = mp_file_fail (error, errno, "write", path);
  return done ? g_build_filename ("data", name, NULL) : NULL;
}

gboolean
mp_data_keep_file (MpExperiment  *experiment,
                   const char    *dir,
                   GError       **error)
{
  g_autoptr (MpDataFile) file = NULL;
  g_autofree char *path = NULL, *sum = NULL;
  struct stat info;

  if (mp_experiment_find_param (experiment, "data", "file") == NULL)
    return TRUE;
  file = mp_data_file_open (experiment, error);
  if (file == NULL)
    return FALSE;
  if (fstat (file->fd, &info) == 0 && S_ISREG (info.st_mode) && info.st_size <= MP_DATA_FILE_KEPT)
    path = copy_into (file, dir, error);
  else if (pour (file, -1, NULL, error))
    path = g_strdup (file->path);
  sum = path != NULL ? mp_data_file_finish (file, error) : NULL;
  return sum != NULL && mp_experiment_set_value (experiment, "data", "file", path, error)
         && mp_experiment_set_value (experiment, "data", "sha256", sum, error);
}

void
mp_data_follow_file (MpExperiment *experiment,
                     MpExperiment *kept)
{
  const char *asked, *sum;
  g_autofree char *path = NULL;

  if (mp_experiment_find_param (experiment, "data", "sha256") == NULL
      || mp_experiment_find_param (kept, "data", "sha256") == NULL)
    return;
  asked = mp_experiment_get_string (experiment, "data", "sha256");
  sum = mp_experiment_get_string (kept, "data", "sha256");
  if (asked[0] != '\0' && g_ascii_strcasecmp (asked, sum) != 0)
    return;
  path = mp_experiment_dup_path (kept, "data", "file");
  mp_experiment_set_value (experiment, "data", "file", path, NULL);
  mp_experiment_set_value (experiment, "data", "sha256", sum, NULL);
}
