/* SPDX-License-Identifier: Apache-2.0
 *
 * presets.c: experiments and comparisons by name: the preset folders, and files anywhere.
 */
#include "engine/train/experiment.h"

#include <string.h>

#include "engine/train/keyfile.h"

#define MAX_LANES 64

static void
preset_free (gpointer data)
{
  MpPreset *preset = data;

  g_free (preset->id);
  g_free (preset->path);
  g_free (preset->title);
  g_free (preset->summary);
  g_free (preset);
}

/* $MATCHPOINT_DATA_DIR wins over the installed folder, so that a build runs from its tree. */
char *
mp_data_folder (const char *name)
{
  const char *dir = g_getenv ("MATCHPOINT_DATA_DIR");

  return g_build_filename (dir != NULL && dir[0] != '\0' ? dir : MP_DATA_DIR, name, NULL);
}

/* group: (nullable): where title, summary and origin are; NULL: [comparison] or [experiment]. */
static MpPreset *
preset_load (const char  *dir,
             const char  *name,
             const char  *group,
             GError     **error)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  g_autoptr (MpKeyFile) file = mp_key_file_load (path, error);
  const char *title, *summary;
  const MpEntry *origin;
  MpPreset *preset;

  if (file == NULL)
    return NULL;
  preset = g_new0 (MpPreset, 1);
  preset->comparison = mp_key_file_has_group (file, "comparison");
  if (group == NULL)
    group = preset->comparison ? "comparison" : "experiment";
  title = mp_key_file_get_localised (file, group, "title");
  summary = mp_key_file_get_localised (file, group, "summary");
  origin = mp_key_file_find (file, group, "origin");
  preset->id = g_strndup (name, strlen (name) - strlen (".ini"));
  preset->path = g_steal_pointer (&path);
  preset->title = g_strdup (title != NULL ? title : preset->id);
  preset->summary = g_strdup (summary != NULL ? summary : "");
  preset->ours = origin == NULL || strcmp (origin->value, "ours") == 0;
  return preset;
}

/* Comparisons first, then by id. */
static gint
compare_presets (gconstpointer a,
                 gconstpointer b)
{
  const MpPreset *first = *(MpPreset *const *) a, *second = *(MpPreset *const *) b;

  if (first->comparison != second->comparison)
    return first->comparison ? -1 : 1;
  return strcmp (first->id, second->id);
}

GPtrArray *
mp_presets_list_folder (const char  *folder,
                        const char  *group,
                        GError     **error)
{
  g_autoptr (GPtrArray) presets = g_ptr_array_new_with_free_func (preset_free);
  g_autoptr (GError) mistake = NULL;
  g_autofree char *path = mp_data_folder (folder);
  g_autoptr (GDir) dir = g_dir_open (path, 0, &mistake);
  const char *name;

  if (dir == NULL) {
    g_set_error (error, MP_ERROR, MP_ERROR_FILE, "The %s cannot be listed: %s.", folder, mistake->message);
    return NULL;
  }
  while ((name = g_dir_read_name (dir)) != NULL) {
    MpPreset *preset;

    if (!g_str_has_suffix (name, ".ini"))
      continue;
    preset = preset_load (path, name, group, error);
    if (preset == NULL)
      return NULL;
    g_ptr_array_add (presets, preset);
  }
  g_ptr_array_sort (presets, compare_presets);
  return g_steal_pointer (&presets);
}

GPtrArray *
mp_presets_list (GError **error)
{
  return mp_presets_list_folder ("presets", NULL, error);
}

void
mp_presets_fail_unknown (const char  *folder,
                         const char  *what,
                         const char  *name,
                         GError     **error)
{
  g_autoptr (GPtrArray) presets = mp_presets_list_folder (folder, NULL, NULL);
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();
  g_autofree char *all = NULL;
  g_autofree char *hint = NULL;
  const char *nearest;

  for (guint i = 0; presets != NULL && i < presets->len; i++)
    g_ptr_array_add (ids, ((MpPreset *) g_ptr_array_index (presets, i))->id);
  g_ptr_array_add (ids, NULL);
  nearest = mp_nearest_name (name, (const char *const *) ids->pdata);
  hint = nearest != NULL ? g_strdup_printf ("; did you mean “%s”?", nearest) : g_strdup (".");
  all = g_strjoinv (", ", (char **) ids->pdata);
  g_set_error (error, MP_ERROR, MP_ERROR_UNKNOWN, "There is no %s and no file “%s”%s The %ss are %s.", what, name, hint,
               what, ids->len > 1 ? all : "not installed");
}

/* The file behind a name. dir: (nullable) a folder to look in first. */
static char *
find_file (const char  *name,
           const char  *dir,
           GError     **error)
{
  g_autofree char *presets = mp_data_folder ("presets");
  g_autofree char *file_name = g_strconcat (name, g_str_has_suffix (name, ".ini") ? "" : ".ini", NULL);
  g_autofree char *beside = dir != NULL ? g_build_filename (dir, file_name, NULL) : NULL;
  g_autofree char *preset = g_build_filename (presets, file_name, NULL);

  if (g_path_is_absolute (name) || (strchr (name, '/') != NULL && dir == NULL))
    return g_strdup (name);
  if (beside != NULL && g_file_test (beside, G_FILE_TEST_EXISTS))
    return g_steal_pointer (&beside);
  if (strchr (name, '/') == NULL && g_file_test (preset, G_FILE_TEST_EXISTS))
    return g_steal_pointer (&preset);
  if (dir == NULL && name[0] != '\0' && g_file_test (name, G_FILE_TEST_EXISTS))
    return g_strdup (name);
  mp_presets_fail_unknown ("presets", "preset", name, error);
  return NULL;
}

static MpKeyFile *
load_key_file (const char  *name,
               const char  *dir,
               GError     **error)
{
  g_autofree char *path = find_file (name, dir, error);

  return path != NULL ? mp_key_file_load (path, error) : NULL;
}

MpExperiment *
mp_experiment_load_beside (const char  *name,
                           const char  *dir,
                           GError     **error)
{
  g_autoptr (MpKeyFile) file = load_key_file (name, dir, error);

  if (file == NULL)
    return NULL;
  if (mp_key_file_has_group (file, "comparison")) {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT,
                 "%s is a comparison of several experiments, where one experiment is wanted.", file->file);
    return NULL;
  }
  return mp_experiment_from_key_file (file, error);
}

MpExperiment *
mp_experiment_load (const char  *name,
                    GError     **error)
{
  g_return_val_if_fail (name != NULL, NULL);

  return mp_experiment_load_beside (name, NULL, error);
}

static gboolean
check_comparison (MpKeyFile  *file,
                  GError    **error)
{
  static const char *const keys[] = { "title", "summary", "origin", "lanes", NULL };

  for (guint i = 0; i < file->groups->len; i++) {
    const char *group = g_ptr_array_index (file->groups, i);

    if (strcmp (group, "comparison") != 0) {
      g_autofree char *quoted = mp_clip_text (group, -1);

      g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT,
                   "%s, line %u: there is no group [%s] in a comparison; its only group is [comparison].",
                   file->file, g_array_index (file->lines, guint, i), quoted);
      return FALSE;
    }
  }
  for (guint i = 0; i < file->entries->len; i++) {
    const MpEntry *entry = g_ptr_array_index (file->entries, i);
    const char *nearest = mp_nearest_name (entry->key, keys);
    g_autofree char *hint = NULL, *key = NULL, *value = NULL;

    if (g_strv_contains (keys, entry->key) || mp_key_is_translation (entry->key))
      continue;
    hint = nearest != NULL ? g_strdup_printf ("did you mean “%s”? The keys", nearest) : g_strdup ("the keys");
    key = mp_clip_text (entry->key, -1);
    value = mp_clip_text (entry->value, -1);
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "%s, line %u: [comparison] %s = “%s”: there is no key “%s”; "
                 "%s of [comparison] are title, summary, origin, lanes.", file->file, entry->line, key, value, key, hint);
    return FALSE;
  }
  return TRUE;
}

static gboolean
load_lanes (MpKeyFile    *file,
            GPtrArray    *lanes,
            GError      **error)
{
  const MpEntry *entry = mp_key_file_find (file, "comparison", "lanes");
  g_auto (GStrv) names = g_strsplit_set (entry != NULL ? entry->value : "", ",;", MAX_LANES + 1);
  g_autofree char *dir = g_path_get_dirname (file->file);

  for (guint i = 0; names[i] != NULL; i++) {
    MpExperiment *lane;

    if (g_strstrip (names[i])[0] == '\0')
      continue;
    lane = mp_experiment_load_beside (names[i], dir, error);
    if (lane == NULL) {
      g_prefix_error (error, "%s, line %u: [comparison] lanes: ", file->file, entry->line);
      return FALSE;
    }
    g_ptr_array_add (lanes, lane);
  }
  if (lanes->len == 0 || g_strv_length (names) > MAX_LANES) {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "%s: [comparison] lanes = “%s” is not allowed: it must be 1 "
                 "to %d presets or files, separated by semicolons.", file->file, entry != NULL ? entry->value : "",
                 MAX_LANES);
    return FALSE;
  }
  return TRUE;
}

GPtrArray *
mp_comparison_load (const char  *name,
                    char       **title,
                    GError     **error)
{
  g_autoptr (MpKeyFile) file = NULL;
  g_autoptr (GPtrArray) lanes = g_ptr_array_new_with_free_func ((GDestroyNotify) mp_experiment_unref);
  g_autofree char *heading = NULL;

  g_return_val_if_fail (name != NULL, NULL);

  file = load_key_file (name, NULL, error);
  if (file == NULL)
    return NULL;
  if (!mp_key_file_has_group (file, "comparison")) {
    MpExperiment *lane = mp_experiment_from_key_file (file, error);

    if (lane == NULL)
      return NULL;
    g_ptr_array_add (lanes, lane);
    heading = g_strdup (mp_experiment_get_title (lane));
  } else {
    if (!check_comparison (file, error) || !load_lanes (file, lanes, error))
      return NULL;
    heading = g_strdup (mp_key_file_get_localised (file, "comparison", "title"));
  }
  if (title != NULL)
    *title = heading != NULL ? g_steal_pointer (&heading) : g_strdup (name);
  return g_steal_pointer (&lanes);
}
