/* SPDX-License-Identifier: Apache-2.0
 *
 * scratch.h: folders for tests that write.
 */
#pragma once

#include <glib.h>
#include <glib/gstdio.h>

/* A new folder. (transfer full) */
static inline char *
mp_scratch_new (void)
{
  char *dir = g_dir_make_tmp ("matchpoint-XXXXXX", NULL);

  g_assert_nonnull (dir);
  return dir;
}

/* Removes a folder and all that is in it. */
static inline void
mp_scratch_remove (const char *dir)
{
  GDir *listing = g_dir_open (dir, 0, NULL);
  const char *name;

  while (listing != NULL && (name = g_dir_read_name (listing)) != NULL) {
    g_autofree char *path = g_build_filename (dir, name, NULL);

    if (g_file_test (path, G_FILE_TEST_IS_DIR) && !g_file_test (path, G_FILE_TEST_IS_SYMLINK))
      mp_scratch_remove (path);
    else
      g_unlink (path);
  }
  g_clear_pointer (&listing, g_dir_close);
  g_rmdir (dir);
}
