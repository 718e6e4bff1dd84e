/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep-grid.c: from axes to trials.
 */
#include <glib/gi18n-lib.h>

#include "engine/train/sweep-file-private.h"

#include <string.h>

#include "engine/train/paths.h"
#include "engine/train/schema.h"

gboolean
mp_sweep_has_key (MpExperiment *experiment,
                  const char   *path)
{
  const char *dot = strrchr (path, '.');
  g_autofree char *name = dot != NULL ? g_strndup (path, (gsize) (dot - path)) : NULL;
  MpGroup group = name != NULL ? mp_group_find (name) : MP_N_GROUPS;

  if (group == MP_N_GROUPS || !mp_experiment_has_group (experiment, name))
    return FALSE;
  return (mp_groups[group].kind < MP_N_KINDS && strcmp (dot + 1, "kind") == 0)
         || mp_experiment_find_param (experiment, name, dot + 1) != NULL;
}

/* What a label is in the name of a folder: letters, digits, points and single dashes. */
static void
append_slug (GString    *name,
             const char *label)
{
  gboolean dash = FALSE;

  for (const char *c = label; *c != '\0'; c++) {
    if (g_ascii_isalnum (*c) || *c == '.' || *c == '_' || (*c == '-' && c == label)) {
      if (dash)
        g_string_append_c (name, '-');
      g_string_append_c (name, *c);
      dash = FALSE;
    } else
      dash = dash || name->len > 0;
  }
}

char *
mp_sweep_dup_dir (MpSweep *self,
                  guint    line)
{
  return line > 0 ? g_path_get_dirname (self->file) : g_strdup (".");
}

/* What was looked for beside the sweep's file is written down as what was found, to mean the same in the sweep's folder. */
static void
keep_path (MpExperiment *experiment,
           const char   *path,
           char        **value)
{
  const char *dot = strrchr (path, '.');
  g_autofree char *group = g_strndup (path, (gsize) (dot - path));
  const MpParam *param = mp_experiment_find_param (experiment, group, dot + 1);

  if (param == NULL || param->type != MP_PARAM_FILE)
    return;
  g_free (*value);
  *value = mp_path_shorten (mp_experiment_get_string (experiment, group, dot + 1));
}

/* Says before the error which key of the axis it is about. */
static void
prefix_axis (MpSweep           *self,
             const MpSweepAxis *axis,
             guint              key,
             GError           **error)
{
  g_autofree char *group = g_strconcat ("axis ", axis->name, NULL);
  g_autofree char *where = mp_sweep_where (self, group, axis->keys[key], axis->lines[key]);

  g_prefix_error (error, "%s: ", where);
}

/* Makes the settings of one axis that the experiment has; others are none of its business. n: how many. */
static gboolean
apply_axis (MpSweep           *self,
            MpExperiment      *experiment,
            const MpSweepAxis *axis,
            guint              position,
            guint             *n,
            GError           **error)
{
  *n = 0;
  for (guint i = 0; i < axis->n_keys; i++) {
    g_autofree char *assignment = g_strconcat (axis->keys[i], "=", axis->values[i][position], NULL);
    g_autofree char *dir = mp_sweep_dup_dir (self, axis->lines[i]);

    if (!mp_sweep_has_key (experiment, axis->keys[i]))
      continue;
    if (!mp_experiment_set_from (experiment, assignment, dir, error)) {
      prefix_axis (self, axis, i, error);
      return FALSE;
    }
    keep_path (experiment, axis->keys[i], &axis->values[i][position]);
    *n += 1;
  }
  return TRUE;
}

/* The experiment's own title, unless the sweep calls its base something else than by its method. */
static const char *
stem_of_title (MpSweep           *self,
               guint              cell,
               const MpSweepBase *base,
               MpExperiment      *experiment)
{
  const char *label = mp_sweep_get_axis (self, 0)->labels[mp_sweep_get_position (self, cell, 0)];
  const char *kind = mp_experiment_get_string (base->experiment, "method", "kind");
  const MpDescriptor *method = mp_registry_find (MP_KIND_METHOD, kind);

  return g_str_equal (label, _(method->title)) ? mp_experiment_get_title (experiment) : label;
}

/* The experiment of a cell, without its seed, the beginning of its trials' names, and what they are called, "GRAM on the
 * ring · h 2". used: of each axis, whether any cell so far had one of its keys. */
static MpExperiment *
make_experiment (MpSweep  *self,
                 guint     cell,
                 gboolean *used,
                 GString  *name,
                 GString  *title,
                 GError  **error)
{
  const MpSweepBase *base = g_ptr_array_index (self->bases, mp_sweep_get_position (self, cell, 0));
  g_autoptr (MpExperiment) experiment = mp_experiment_copy (base->experiment);

  g_string_truncate (name, 0);
  append_slug (name, base->name);
  g_string_truncate (title, 0);
  for (guint i = 1; i < self->axes->len; i++) {
    const MpSweepAxis *axis = mp_sweep_get_axis (self, i);
    guint position = mp_sweep_get_position (self, cell, i), n;

    if (!apply_axis (self, experiment, axis, position, &n, error))
      return NULL;
    used[i] |= n > 0;
    if (n == 0 || axis->n_values == 1)
      continue;
    g_string_append_c (name, '-');
    append_slug (name, axis->name);
    append_slug (name, axis->labels[position]);
    g_string_append_printf (title, " · %s %s", axis->title, axis->labels[position]);
  }
  g_string_prepend (title, stem_of_title (self, cell, base, experiment));
  return g_steal_pointer (&experiment);
}

/* A name that no other trial has, letter case aside. */
static char *
find_name (GHashTable *names,
           const char *stem,
           gint64      seed)
{
  for (guint n = 1;; n++) {
    g_autofree char *number = n > 1 ? g_strdup_printf ("-%u", n) : g_strdup ("");
    char *name = g_strdup_printf ("%s%s-s%" G_GINT64_FORMAT, stem, number, seed);
    char *key = g_ascii_strdown (name, -1);

    if (g_hash_table_add (names, key))
      return name;
    g_free (name);
  }
}

/* Trials of one cell's experiment. title: of their runs. known: text of an experiment with its seed → number of its
 * trial, plus one. */
static gboolean
add_trials (MpSweep      *self,
            guint         cell,
            MpExperiment *experiment,
            const char   *stem,
            const char   *title,
            GHashTable   *known,
            GHashTable   *names,
            guint         seed_index,
            GError      **error)
{
  gint64 seed = g_array_index (self->seeds, gint64, seed_index);
  g_autofree char *assignment = g_strdup_printf ("train.seed=%" G_GINT64_FORMAT, seed);
  g_autofree char *text = NULL;
  guint number;

  if (!mp_experiment_set (experiment, assignment, error)) {
    g_prefix_error (error, "%s: [sweep] seeds: ", self->file);
    return FALSE;
  }
  text = mp_experiment_to_text (experiment);
  number = GPOINTER_TO_UINT (g_hash_table_lookup (known, text));
  if (number == 0) {
    MpSweepTrial *trial = g_new0 (MpSweepTrial, 1);

    trial->name = find_name (names, stem, seed);
    trial->cell = cell;
    trial->base = mp_sweep_get_position (self, cell, 0);
    trial->seed = seed;
    trial->experiment = mp_experiment_copy (experiment);
    mp_experiment_set_id (trial->experiment, trial->name);
    mp_experiment_set_value (trial->experiment, "experiment", "title", title, NULL);
    g_ptr_array_add (self->trials, trial);
    number = self->trials->len;
    g_hash_table_insert (known, g_steal_pointer (&text), GUINT_TO_POINTER (number));
  }
  self->trial_of[cell * self->seeds->len + seed_index] = number - 1;
  return TRUE;
}

/* An axis that no base has a key of is a mistake, and the first base says which. */
static gboolean
check_used (MpSweep        *self,
            const gboolean *used,
            GError        **error)
{
  for (guint i = 1; i < self->axes->len; i++) {
    const MpSweepAxis *axis = mp_sweep_get_axis (self, i);
    const MpSweepBase *first = g_ptr_array_index (self->bases, 0);
    g_autoptr (MpExperiment) experiment = mp_experiment_copy (first->experiment);
    g_autofree char *assignment = g_strconcat (axis->keys[0], "=", axis->values[0][0], NULL);

    if (used[i])
      continue;
    if (mp_experiment_set (experiment, assignment, error))
      g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "no base has the key “%s”.", axis->keys[0]);
    prefix_axis (self, axis, 0, error);
    return FALSE;
  }
  return TRUE;
}

gboolean
mp_sweep_expand (MpSweep *self,
                 GError **error)
{
  g_autoptr (GHashTable) known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GString) name = g_string_new (NULL);
  g_autofree gboolean *used = g_new0 (gboolean, self->axes->len);
  guint n_cells = mp_sweep_get_n_cells (self);
  g_autoptr (GPtrArray) experiments = g_ptr_array_new_with_free_func ((GDestroyNotify) mp_experiment_unref);
  g_auto (GStrv) stems = g_new0 (char *, n_cells + 1);
  g_autoptr (GString) title = g_string_new (NULL);
  g_auto (GStrv) titles = g_new0 (char *, n_cells + 1);

  if ((guint64) n_cells * self->seeds->len > MP_SWEEP_MAX_TRIALS) {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "%s: the grid has %u cells with %u seeds each, "
                 "%" G_GUINT64_FORMAT " runs; at most %d are allowed.", self->file, n_cells, self->seeds->len,
                 (guint64) n_cells * self->seeds->len, MP_SWEEP_MAX_TRIALS);
    return FALSE;
  }
  for (guint cell = 0; cell < n_cells; cell++) {
    MpExperiment *experiment = make_experiment (self, cell, used, name, title, error);

    if (experiment == NULL)
      return FALSE;
    g_ptr_array_add (experiments, experiment);
    stems[cell] = g_strdup (name->str);
    titles[cell] = g_strdup (title->str);
  }
  if (!check_used (self, used, error))
    return FALSE;
  self->trial_of = g_new0 (guint, n_cells * self->seeds->len);
  for (guint seed = 0; seed < self->seeds->len; seed++)
    for (guint cell = 0; cell < n_cells; cell++)
      if (!add_trials (self, cell, g_ptr_array_index (experiments, cell), stems[cell], titles[cell], known, names, seed,
                       error))
        return FALSE;
  return TRUE;
}
