/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep-axes.c: the axes of a sweep file and the sides of the matrix that they stand at.
 */
#include <glib/gi18n-lib.h>

#include "engine/train/sweep-file-private.h"

#include <string.h>

#define MAX_VALUES 1000

/* ---- axes ---- */

static const MpDescriptor *
method_of (const MpSweepBase *base)
{
  return mp_registry_find (MP_KIND_METHOD, mp_experiment_get_string (base->experiment, "method", "kind"));
}

/* The axis of the bases, by the names of their methods where those are different. */
static void
add_method_axis (MpSweep *self)
{
  MpSweepAxis *axis = mp_sweep_axis_new ("method", self->bases->len, 0);

  axis->title = g_strdup (_("Method"));
  for (guint i = 0; i < self->bases->len; i++) {
    const MpSweepBase *base = g_ptr_array_index (self->bases, i);
    gboolean alone = TRUE;

    for (guint j = 0; j < self->bases->len; j++)
      alone &= j == i || method_of (g_ptr_array_index (self->bases, j)) != method_of (base);
    axis->labels[i] = g_strdup (base->title != NULL ? base->title
                                : alone ? _(method_of (base)->title) : base->name);
  }
  g_ptr_array_add (self->axes, axis);
}

/* The parameter's name, as the first base knows it that has the key. */
static char *
title_of_key (MpSweep    *self,
              const char *path)
{
  const char *dot = strrchr (path, '.');
  g_autofree char *group = g_strndup (path, (gsize) (dot - path));

  for (guint i = 0; i < self->bases->len; i++) {
    const MpSweepBase *base = g_ptr_array_index (self->bases, i);
    const MpParam *param = mp_experiment_find_param (base->experiment, group, dot + 1);

    if (param != NULL)
      return g_strdup (_(param->title));
  }
  return g_strdup (path);
}

/* Of several keys that go together: "1, 0.01". (transfer full) */
static char *
join_values (const MpSweepAxis *axis,
             guint              value)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < axis->n_keys; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", axis->values[i][value]);
  if (text->len == 0)
    g_string_append (text, "–");
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static gboolean
read_labels (MpSweep     *self,
             MpKeyFile   *file,
             MpSweepAxis *axis,
             const char  *group,
             GError     **error)
{
  const MpEntry *entry = mp_key_file_find (file, group, "labels");
  const char *text = mp_key_file_get_localised (file, group, "labels");
  g_auto (GStrv) labels = text != NULL ? mp_sweep_split (text, ";") : NULL;

  if (labels != NULL && g_strv_length (labels) != axis->n_values)
    return mp_sweep_fail (self, entry, error, " is not allowed: it must be as many labels as there are values, %u.",
                          axis->n_values);
  for (guint i = 0; i < axis->n_values; i++) {
    axis->labels[i] = labels != NULL ? g_strdup (labels[i]) : join_values (axis, i);
    for (guint j = 0; j < i; j++)
      if (strcmp (axis->labels[i], axis->labels[j]) == 0) {
        g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "%s: [%s]: “%s” is there twice.", self->file, group,
                     axis->labels[i]);
        return FALSE;
      }
  }
  return TRUE;
}

/* A key of an axis is the axis' alone. */
static gboolean
check_owner (MpSweep       *self,
             MpKeyFile     *file,
             const MpEntry *entry,
             GError       **error)
{
  if (strcmp (entry->key, "train.seed") == 0)
    return mp_sweep_fail (self, entry, error, ": seeds are given by [sweep] seeds.");
  for (guint i = 0; i < file->entries->len; i++) {
    const MpEntry *other = g_ptr_array_index (file->entries, i);

    if (other == entry || strcmp (other->key, entry->key) != 0)
      continue;
    if (g_str_has_prefix (other->group, "axis ") || strcmp (other->group, "set") == 0
        || g_str_has_prefix (other->group, "base ")) {
      const MpEntry *later = other->line == 0 || other->line > entry->line ? other : entry;
      const MpEntry *former = later == other ? entry : other;

      return mp_sweep_fail (self, later, error, ": [%s] gives “%s” its value already.", former->group, entry->key);
    }
  }
  return TRUE;
}

static gboolean
read_axis (MpSweep    *self,
           MpKeyFile  *file,
           const char *group,
           GError    **error)
{
  static const char *const plain[] = { "title", "labels", NULL };
  g_autoptr (GPtrArray) entries = g_ptr_array_new ();
  const char *title = mp_key_file_get_localised (file, group, "title");
  MpSweepAxis *axis = NULL;

  for (guint i = 0; i < file->entries->len; i++) {
    const MpEntry *entry = g_ptr_array_index (file->entries, i);

    if (strcmp (entry->group, group) != 0 || g_strv_contains (plain, entry->key) || mp_key_is_translation (entry->key)
        || g_str_has_prefix (entry->key, "labels["))
      continue;
    if (strchr (entry->key, '.') == NULL)
      return mp_sweep_fail (self, entry, error, ": there is no key “%s”; an axis has title, labels, and settings such "
                            "as generator.latent with their values.", entry->key);
    if (!check_owner (self, file, entry, error))
      return FALSE;
    g_ptr_array_add (entries, (gpointer) entry);
  }
  for (guint i = 0; i < entries->len; i++) {
    const MpEntry *entry = g_ptr_array_index (entries, i);
    g_auto (GStrv) values = mp_sweep_split (entry->value, ";");
    guint n = g_strv_length (values);

    if (n == 0 || n > MAX_VALUES)
      return mp_sweep_fail (self, entry, error, " is not allowed: it must be 1 to %d values, separated by semicolons.",
                            MAX_VALUES);
    if (axis == NULL) {
      axis = mp_sweep_axis_new (group + strlen ("axis "), n, entries->len);
      axis->title = title != NULL ? g_strdup (title) : title_of_key (self, entry->key);
      g_ptr_array_add (self->axes, axis);
    }
    axis->keys[i] = g_strdup (entry->key);
    axis->lines[i] = entry->line;
    axis->values[i] = g_steal_pointer (&values);
    if (n != axis->n_values)
      return mp_sweep_fail (self, entry, error, " has %u values and “%s” has %u; keys of one axis go together and have "
                            "equally many.", n, axis->keys[0], axis->n_values);
  }
  if (axis == NULL) {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "%s: [%s] has no setting, such as generator.latent = 2; 4; 8.",
                 self->file, group);
    return FALSE;
  }
  return read_labels (self, file, axis, group, error);
}

gboolean
mp_sweep_read_axes (MpSweep   *self,
                    MpKeyFile *file,
                    GError   **error)
{
  add_method_axis (self);
  for (guint i = 0; i < file->groups->len; i++) {
    const char *group = g_ptr_array_index (file->groups, i);

    if (!g_str_has_prefix (group, "axis "))
      continue;
    if (strcmp (group, "axis method") == 0) {
      g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "%s, line %u: [axis method]: “method” is the axis of the bases; "
                   "choose another name.", self->file, g_array_index (file->lines, guint, i));
      return FALSE;
    }
    if (!read_axis (self, file, group, error))
      return FALSE;
  }
  return TRUE;
}

/* ---- rows and columns ---- */

static guint
find_axis (MpSweep    *self,
           const char *name)
{
  guint i = 0;

  while (i < self->axes->len && strcmp (mp_sweep_get_axis (self, i)->name, name) != 0)
    i++;
  return i;
}

static gboolean
read_sides (MpSweep    *self,
            MpKeyFile  *file,
            const char *key,
            GArray     *axes,
            gboolean   *placed,
            GError    **error)
{
  const MpEntry *entry = mp_key_file_find (file, "sweep", key);
  g_auto (GStrv) names = mp_sweep_split (entry != NULL ? entry->value : "", ",;");

  for (guint i = 0; names[i] != NULL; i++) {
    guint axis = find_axis (self, names[i]);

    if (axis == self->axes->len) {
      g_autofree const char **known = g_new0 (const char *, self->axes->len + 1);

      for (guint j = 0; j < self->axes->len; j++)
        known[j] = mp_sweep_get_axis (self, j)->name;
      return mp_sweep_fail_unknown (self, entry, "axis", names[i], known, error);
    }
    if (placed[axis])
      return mp_sweep_fail (self, entry, error, ": the axis “%s” is there twice.", names[i]);
    placed[axis] = TRUE;
    g_array_append_val (axes, axis);
  }
  return TRUE;
}

static guint
count_lines (MpSweep *self,
             GArray  *axes)
{
  guint64 n = 1;

  for (guint i = 0; i < axes->len; i++)
    n = MIN (n * mp_sweep_get_axis (self, g_array_index (axes, guint, i))->n_values, MP_SWEEP_MAX_TRIALS + 1);
  return (guint) n;
}

gboolean
mp_sweep_place_axes (MpSweep   *self,
                     MpKeyFile *file,
                     GError   **error)
{
  g_autofree gboolean *placed = g_new0 (gboolean, self->axes->len);

  if (!read_sides (self, file, "rows", self->rows, placed, error)
      || !read_sides (self, file, "columns", self->columns, placed, error))
    return FALSE;
  for (guint i = self->axes->len; i > 0 && self->columns->len == 0; i--) {
    guint axis = i - 1;

    if (placed[axis])
      continue;
    placed[axis] = TRUE;
    g_array_append_val (self->columns, axis);
  }
  for (guint axis = self->axes->len; axis > 0; axis--) {
    guint at = axis - 1;

    if (!placed[at])
      g_array_prepend_val (self->rows, at);
  }
  self->n_rows = count_lines (self, self->rows);
  self->n_columns = count_lines (self, self->columns);
  if ((guint64) self->n_rows * self->n_columns > MP_SWEEP_MAX_TRIALS) {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "%s: the grid has more than %d cells.", self->file,
                 MP_SWEEP_MAX_TRIALS);
    return FALSE;
  }
  return TRUE;
}
