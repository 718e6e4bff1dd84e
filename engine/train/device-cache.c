/* SPDX-License-Identifier: Apache-2.0
 *
 * device-cache.c: the folder of compiled kernels and measured choices, kept below a limit.
 */
#include <errno.h>
#include <glib/gstdio.h>

#include "engine/train/devices.h"

#define YOUNG G_TIME_SPAN_HOUR /* another process may be about to read it, or still be writing it */

typedef struct
{
  char   *path;
  guint64 bytes;
  gint64  changed; /* µs since 1970 */
} File;

static void
file_clear (gpointer data)
{
  g_free (((File *) data)->path);
}

static int
compare_age (gconstpointer a,
             gconstpointer b)
{
  const File *first = a, *second = b;

  return (first->changed > second->changed) - (first->changed < second->changed);
}

static gpointer
name_dir (gpointer data)
{
  return g_build_filename (g_get_user_cache_dir (), "matchpoint", "cuda", NULL);
}

const char *
mp_device_cache_dir (void)
{
  static GOnce once = G_ONCE_INIT;

  return g_once (&once, name_dir, NULL);
}

void
mp_device_cache_prune (const char *folder,
                       guint64     limit)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  g_autoptr (GArray) files = g_array_new (FALSE, FALSE, sizeof (File));
  guint64 bytes = 0;
  const char *name;

  g_array_set_clear_func (files, file_clear);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    File file = { .path = g_build_filename (folder, name, NULL) };
    GStatBuf status;

    if (g_lstat (file.path, &status) != 0 || !S_ISREG (status.st_mode)) {
      g_free (file.path);
      continue;
    }
    file.bytes = (guint64) status.st_size;
    file.changed = (gint64) status.st_mtim.tv_sec * G_USEC_PER_SEC + status.st_mtim.tv_nsec / 1000;
    bytes += file.bytes;
    g_array_append_val (files, file);
  }
  g_array_sort (files, compare_age);
  for (guint i = 0; i < files->len && bytes > limit; i++) {
    const File *file = &g_array_index (files, File, i);

    if (file->changed > g_get_real_time () - YOUNG)
      break;
    if (g_unlink (file->path) == 0 || errno == ENOENT) /* another process was first */
      bytes -= file->bytes;
  }
}
