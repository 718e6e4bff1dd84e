/* SPDX-License-Identifier: Apache-2.0
 *
 * comparison.c: folders with several runs.
 */
#include "engine/runs/comparison.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/error.h"

#define FILE_NAME "comparison.ini"

static gboolean
is_run (const char *dir)
{
  g_autofree char *experiment = g_build_filename (dir, "experiment.ini", NULL);

  return g_file_test (experiment, G_FILE_TEST_EXISTS);
}

static gboolean
check_empty (const char  *path,
             GError     **error)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);

  if (dir == NULL || g_dir_read_name (dir) == NULL)
    return TRUE;
  if (is_run (path))
    g_set_error (error, MP_ERROR, MP_ERROR_FILE, _("%s holds a run already; choose another folder, or go on with it "
                                                   "by --resume."), path);
  else
    g_set_error (error, MP_ERROR, MP_ERROR_FILE, _("%s is not empty; choose another folder."), path);
  return FALSE;
}

gboolean
mp_comparison_create (const char  *dir,
                      const char  *title,
                      GPtrArray   *lanes,
                      GError     **error)
{
  g_autofree char *path = g_build_filename (dir, FILE_NAME, NULL);
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GString) names = g_string_new (NULL);
  g_autoptr (GError) mistake = NULL;

  if (!check_empty (dir, error))
    return FALSE;
  if (lanes->len == 1)
    return TRUE;
  for (guint i = 0; i < lanes->len; i++)
    g_string_append_printf (names, "%s%s/experiment.ini", i > 0 ? "; " : "", (char *) g_ptr_array_index (lanes, i));
  if (title != NULL)
    g_key_file_set_string (file, "comparison", "title", title);
  g_key_file_set_string (file, "comparison", "lanes", names->str);
  if (g_mkdir_with_parents (dir, 0777) != 0) {
    g_set_error (error, MP_ERROR, MP_ERROR_FILE, _("The folder %s cannot be made: %s."), dir, g_strerror (errno));
    return FALSE;
  }
  if (!g_key_file_save_to_file (file, path, &mistake)) {
    g_set_error_literal (error, MP_ERROR, MP_ERROR_FILE, mistake->message);
    return FALSE;
  }
  return TRUE;
}

GPtrArray *
mp_comparison_list_runs (const char  *dir,
                         GError     **error)
{
  g_autoptr (GPtrArray) runs = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *path = g_build_filename (dir, FILE_NAME, NULL);
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *lanes = NULL;
  g_auto (GStrv) names = NULL;

  if (g_file_test (path, G_FILE_TEST_EXISTS) && g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL))
    lanes = g_key_file_get_string (file, "comparison", "lanes", NULL);
  names = g_strsplit (lanes != NULL ? lanes : "", ";", -1);
  for (guint i = 0; names[i] != NULL; i++) {
    g_autofree char *lane = g_path_get_dirname (g_strstrip (names[i]));

    if (names[i][0] != '\0')
      g_ptr_array_add (runs, g_build_filename (dir, lane, NULL));
  }
  if (runs->len == 0 && is_run (dir))
    g_ptr_array_add (runs, g_strdup (dir));
  if (runs->len > 0)
    return g_steal_pointer (&runs);
  if (!g_file_test (dir, G_FILE_TEST_EXISTS))
    g_set_error (error, MP_ERROR, MP_ERROR_FILE, _("There is no folder %s."), dir);
  else
    g_set_error (error, MP_ERROR, MP_ERROR_FILE, _("%s is not a run's folder: it has neither experiment.ini nor %s."),
                 dir, FILE_NAME);
  return NULL;
}

char *
mp_comparison_get_title (const char *dir)
{
  g_autofree char *path = g_build_filename (dir, FILE_NAME, NULL);
  g_autoptr (GKeyFile) file = g_key_file_new ();

  if (!g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL))
    return NULL;
  return g_key_file_get_string (file, "comparison", "title", NULL);
}
