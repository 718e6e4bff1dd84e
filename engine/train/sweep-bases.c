/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep-bases.c: the experiments that a sweep file names, with what [set] and [base NAME] change in them.
 */
#include "engine/train/sweep-file-private.h"

#include <string.h>

#define MAX_BASES 64
#define HISTORY "train.history=4" /* megabytes of each run's past, unless the sweep says otherwise: runs are many */

static gboolean
apply_entry (MpSweep       *self,
             const MpEntry *entry,
             MpExperiment  *experiment,
             GError       **error)
{
  g_autofree char *assignment = g_strconcat (entry->key, "=", entry->value, NULL);
  g_autofree char *dir = mp_sweep_dup_dir (self, entry->line);

  if (mp_experiment_set_from (experiment, assignment, dir, error))
    return TRUE;
  mp_sweep_prefix (self, entry, error);
  return FALSE;
}

/* [set], for the bases that have the key; then [base NAME]. */
static gboolean
apply_settings (MpSweep   *self,
                MpKeyFile *file,
                GError   **error)
{
  for (guint i = 0; i < file->entries->len; i++) {
    const MpEntry *entry = g_ptr_array_index (file->entries, i);
    gboolean found = FALSE;

    if (strcmp (entry->group, "set") != 0)
      continue;
    for (guint j = 0; j < self->bases->len; j++) {
      MpSweepBase *base = g_ptr_array_index (self->bases, j);

      if (!mp_sweep_has_key (base->experiment, entry->key))
        continue;
      if (!apply_entry (self, entry, base->experiment, error))
        return FALSE;
      found = TRUE;
    }
    if (!found && !apply_entry (self, entry, ((MpSweepBase *) g_ptr_array_index (self->bases, 0))->experiment, error))
      return FALSE;
  }
  for (guint i = 0; i < file->entries->len; i++) {
    const MpEntry *entry = g_ptr_array_index (file->entries, i);

    if (g_str_has_prefix (entry->group, "base ") && strchr (entry->key, '.') != NULL)
      for (guint j = 0; j < self->bases->len; j++) {
        MpSweepBase *base = g_ptr_array_index (self->bases, j);

        if (strcmp (base->name, entry->group + strlen ("base ")) == 0
            && !apply_entry (self, entry, base->experiment, error))
          return FALSE;
      }
  }
  return TRUE;
}

static gboolean
check_base_groups (MpSweep           *self,
                   MpKeyFile         *file,
                   const char *const *names,
                   GError           **error)
{
  static const char *const keys[] = { "experiment", "title", NULL };

  for (guint i = 0; i < file->entries->len; i++) {
    const MpEntry *entry = g_ptr_array_index (file->entries, i);

    if (!g_str_has_prefix (entry->group, "base "))
      continue;
    if (!g_strv_contains (names, entry->group + strlen ("base ")))
      return mp_sweep_fail_unknown (self, entry, "base", entry->group + strlen ("base "), names, error);
    if (strchr (entry->key, '.') == NULL && !g_strv_contains (keys, entry->key) && !mp_key_is_translation (entry->key))
      return mp_sweep_fail (self, entry, error, ": there is no key “%s”; a base has experiment, title, and settings such "
                            "as train.iterations.", entry->key);
  }
  return TRUE;
}

/* given: (nullable): of MpExperiment *. */
static MpExperiment *
find_base (MpSweep       *self,
           MpKeyFile     *file,
           const MpEntry *list,
           const char    *name,
           GPtrArray     *given,
           GError       **error)
{
  g_autofree char *group = g_strconcat ("base ", name, NULL);
  const MpEntry *entry = mp_key_file_find (file, group, "experiment");
  const char *source = entry != NULL ? entry->value : name;
  g_autofree char *dir = strchr (self->file, '/') != NULL ? g_path_get_dirname (self->file) : NULL;
  MpExperiment *experiment;

  for (guint i = 0; given != NULL && i < given->len; i++)
    if (strcmp (mp_experiment_get_id (g_ptr_array_index (given, i)), source) == 0)
      return mp_experiment_copy (g_ptr_array_index (given, i));
  experiment = mp_experiment_load_beside (source, dir, error);
  if (experiment == NULL)
    mp_sweep_prefix (self, entry != NULL ? entry : list, error);
  else
    mp_experiment_set_id (experiment, name);
  return experiment;
}

gboolean
mp_sweep_read_bases (MpSweep   *self,
                     MpKeyFile *file,
                     GPtrArray *given,
                     GError   **error)
{
  const MpEntry *list = mp_key_file_find (file, "sweep", "bases");
  g_auto (GStrv) names = mp_sweep_split (list != NULL ? list->value : "", ",;");

  if (names[0] == NULL || g_strv_length (names) > MAX_BASES) {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "%s: [sweep] bases = “%s” is not allowed: it must be 1 to %d "
                 "presets or files, separated by semicolons.", self->file, list != NULL ? list->value : "", MAX_BASES);
    return FALSE;
  }
  if (!check_base_groups (self, file, (const char *const *) names, error))
    return FALSE;
  for (guint i = 0; names[i] != NULL; i++) {
    g_autofree char *group = g_strconcat ("base ", names[i], NULL);
    MpSweepBase *base;
    MpExperiment *experiment;

    for (guint j = 0; j < i; j++)
      if (strcmp (names[j], names[i]) == 0)
        return mp_sweep_fail (self, list, error, ": “%s” is there twice; a second one needs a name and a group [base NAME] "
                              "with experiment = %s.", names[i], names[i]);
    experiment = find_base (self, file, list, names[i], given, error);
    if (experiment == NULL || !mp_experiment_set (experiment, HISTORY, error))
      return FALSE;
    base = g_new0 (MpSweepBase, 1);
    base->name = g_strdup (names[i]);
    base->experiment = experiment;
    base->title = g_strdup (mp_key_file_get_localised (file, group, "title"));
    g_ptr_array_add (self->bases, base);
  }
  return apply_settings (self, file, error);
}
