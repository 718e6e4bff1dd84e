/* SPDX-License-Identifier: Apache-2.0
 *
 * new-path.c: see new-path.h.
 *
 * A folder is made some time after its name was chosen, in another thread. Two programs that are started together would
 * choose the same one. So each path that is given away is a locked byte of a file that all of them open, at the path's
 * hash. Such a lock leaves nothing behind and ends with its process. Two paths of one hash cost a number.
 */
#include "engine/runs/new-path.h"

#include <errno.h>
#include <fcntl.h>

static int
open_claims (void)
{
  g_autofree char *path = g_build_filename (g_get_user_runtime_dir (), "matchpoint-names.lock", NULL);

  g_mkdir_with_parents (g_get_user_runtime_dir (), 0700);
  return open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

/* FALSE where another process has it. Where locks cannot be had, names are told apart by the folders alone. */
static gboolean
claim (const char *path)
{
  static int claims = -1;
  g_autofree char *absolute = g_canonicalize_filename (path, NULL);
  struct flock byte = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = g_str_hash (absolute), .l_len = 1 };

  if (claims < 0)
    claims = open_claims ();
  return claims < 0 || fcntl (claims, F_OFD_SETLK, &byte) == 0 || (errno != EAGAIN && errno != EACCES);
}

char *
mp_new_path (const char *parent,
             const char *name)
{
  static GMutex mutex;
  static GHashTable *given; /* within this process, which its own locks do not keep out */
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);
  char *path = NULL;

  if (given == NULL)
    given = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 1; path == NULL; i++) {
    g_autofree char *numbered = i == 1 ? g_strdup (name) : g_strdup_printf ("%s-%u", name, i);

    path = g_build_filename (parent, numbered, NULL);
    /* Claimed first: who had the name before may have made the folder and ended. */
    if (g_hash_table_contains (given, path) || !claim (path) || g_file_test (path, G_FILE_TEST_EXISTS))
      g_clear_pointer (&path, g_free);
  }
  g_hash_table_add (given, g_strdup (path));
  return path;
}
