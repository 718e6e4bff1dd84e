/* SPDX-License-Identifier: Apache-2.0
 *
 * paths.c: see paths.h.
 */
#include "engine/train/paths.h"

#include <string.h>

#include "engine/train/keyfile.h"

#define EXAMPLES "examples"

char *
mp_path_find (const char *path,
              const char *dir)
{
  g_autofree char *examples = mp_data_folder (EXAMPLES);
  g_autofree char *beside = g_build_filename (dir, path, NULL);
  g_autofree char *example = g_build_filename (examples, path, NULL);

  if (g_path_is_absolute (path))
    return g_strdup (path);
  if (g_file_test (beside, G_FILE_TEST_EXISTS))
    return g_canonicalize_filename (beside, NULL);
  return g_file_test (example, G_FILE_TEST_EXISTS) ? g_canonicalize_filename (example, NULL) : NULL;
}

char *
mp_path_find_or_fail (const char *path,
                      const char *dir,
                      GError    **error)
{
  g_autofree char *examples = mp_data_folder (EXAMPLES);
  g_autofree char *folder = g_canonicalize_filename (dir, NULL);
  char *found = mp_path_find (path, dir);

  if (found == NULL)
    g_set_error (error, MP_ERROR, MP_ERROR_FILE, "Cannot open “%s”: it is neither in the folder “%s” nor among the "
                 "examples in “%s”.", path, folder, examples);
  return found;
}

char *
mp_path_shorten (const char *path)
{
  g_autofree char *folder = mp_data_folder (EXAMPLES);
  g_autofree char *examples = g_canonicalize_filename (folder, NULL);
  gsize length = strlen (examples);

  return g_strdup (strncmp (path, examples, length) == 0 && path[length] == '/' ? path + length + 1 : path);
}
