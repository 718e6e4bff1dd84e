/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep-file.c: reading and writing sweep files.
 */
#include <glib/gi18n-lib.h>

#include "engine/train/sweep-private.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "engine/metrics/metric.h"
#include "engine/runs/file.h"
#include "engine/train/schema.h"

#define MAX_BASES 64
#define MAX_SEEDS 1000
#define MAX_VALUES 1000
#define HISTORY "train.history=4" /* megabytes of each run's past, unless the sweep says otherwise: runs are many */

static const char *const sweep_keys[] = {
  "title", "summary", "origin", "bases", "seeds", "metric", "average", "rows", "columns", NULL
};

/* ---- messages ---- */

/* "FILE, line 3: [sweep] seeds = “x” " before what the format says. Returns FALSE. */
static gboolean G_GNUC_PRINTF (4, 5)
fail (MpSweep        *self,
      const MpEntry  *entry,
      GError        **error,
      const char     *format,
      ...)
{
  g_autofree char *message = NULL;
  g_autofree char *line = entry->line > 0 ? g_strdup_printf (", line %u", entry->line) : g_strdup ("");
  g_autofree char *quoted = mp_clip_text (entry->value);
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "%s%s: [%s] %s = “%s”%s", self->file, line, entry->group,
               entry->key, quoted, message);
  return FALSE;
}

static void
prefix (MpSweep       *self,
        const MpEntry *entry,
        GError       **error)
{
  g_autofree char *line = entry->line > 0 ? g_strdup_printf (", line %u", entry->line) : g_strdup ("");

  g_prefix_error (error, "%s%s: [%s] %s: ", self->file, line, entry->group, entry->key);
}

/* "there is no X; did you mean “y”? The X are …." */
static gboolean
fail_unknown (MpSweep           *self,
              const MpEntry     *entry,
              const char        *what,
              const char        *name,
              const char *const *known,
              GError           **error)
{
  const char *nearest = mp_nearest_name (name, known);
  g_autofree char *all = g_strjoinv (", ", (char **) known);
  g_autofree char *hint = nearest != NULL ? g_strdup_printf ("; did you mean “%s”?", nearest) : g_strdup (".");

  return fail (self, entry, error, ": there is no %s “%s”%s Known are %s.", what, name, hint, all);
}

/* ---- pieces ---- */

/* Trimmed pieces; an empty one at the end is left out. (transfer full) */
static char **
split (const char *text,
       const char *separators)
{
  char **pieces = g_strsplit_set (text, separators, -1);
  guint n = 0;

  for (; pieces[n] != NULL; n++)
    g_strstrip (pieces[n]);
  if (n > 0 && pieces[n - 1][0] == '\0')
    g_clear_pointer (&pieces[n - 1], g_free);
  return pieces;
}

static gboolean
read_seed (const char  *text,
           gint64      *seed,
           const char **end)
{
  char *stop;

  errno = 0;
  *seed = g_ascii_strtoll (text, &stop, 10);
  *end = stop;
  while (**end == ' ')
    (*end)++;
  return stop != text && errno == 0 && g_ascii_isdigit (text[0]) && *seed >= 0;
}

/* "1, 2, 3" or "1-3", or both. */
static gboolean
read_seeds (MpSweep   *self,
            MpKeyFile *file,
            GError   **error)
{
  const MpEntry *entry = mp_key_file_find (file, "sweep", "seeds");
  g_auto (GStrv) pieces = split (entry != NULL ? entry->value : "1", ",;");

  for (guint i = 0; pieces[i] != NULL && self->seeds->len <= MAX_SEEDS; i++) {
    gint64 first, last;
    const char *end;
    gboolean ok = read_seed (pieces[i], &first, &end);

    last = first;
    if (ok && *end == '-') {
      for (end++; *end == ' ';)
        end++;
      ok = read_seed (end, &last, &end);
    }
    if (!ok || *end != '\0' || last < first || last - first >= MAX_SEEDS)
      return fail (self, entry, error, " is not allowed: it must be whole numbers from 0 up, as in 1, 2, 3 or 1-3.");
    for (gint64 seed = first; seed <= last; seed++) {
      for (guint j = 0; j < self->seeds->len; j++)
        if (g_array_index (self->seeds, gint64, j) == seed)
          return fail (self, entry, error, ": the seed %" G_GINT64_FORMAT " is there twice.", seed);
      g_array_append_val (self->seeds, seed);
    }
  }
  if (self->seeds->len == 0 || self->seeds->len > MAX_SEEDS)
    return fail (self, entry, error, " is not allowed: it must be 1 to %d seeds.", MAX_SEEDS);
  return TRUE;
}

/* A metric of the registry, a value beside one ("modes_strict", "mode/3"), or a series of a method ("loss/critic"). */
static gboolean
check_metric (MpSweep       *self,
              const MpEntry *entry,
              GError       **error)
{
  guint n;
  const MpDescriptor *const *list = mp_registry_list (MP_KIND_METRIC, &n);
  g_autofree const char **ids = g_new0 (const char *, n + 1);

  for (guint i = 0; i < n; i++) {
    ids[i] = list[i]->id;
    if (g_str_has_prefix (entry->value, ids[i])
        && (entry->value[strlen (ids[i])] == '\0' || entry->value[strlen (ids[i])] == '_'))
      return TRUE;
  }
  if (strchr (entry->value, '/') != NULL)
    return TRUE;
  return fail_unknown (self, entry, "metric", entry->value, ids, error);
}

static gboolean
read_head (MpSweep   *self,
           MpKeyFile *file,
           GError   **error)
{
  const char *title = mp_key_file_get_localised (file, "sweep", "title");
  const char *summary = mp_key_file_get_localised (file, "sweep", "summary");
  const MpEntry *origin = mp_key_file_find (file, "sweep", "origin");
  const MpEntry *metric = mp_key_file_find (file, "sweep", "metric");
  const MpEntry *average = mp_key_file_find (file, "sweep", "average");

  self->title = g_strdup (title != NULL ? title : self->id);
  self->summary = g_strdup (summary != NULL ? summary : "");
  self->origin = g_strdup (origin != NULL ? origin->value : "ours");
  self->metric = g_strdup (metric != NULL ? metric->value : "high_quality");
  if (strcmp (self->origin, "paper") != 0 && strcmp (self->origin, "ours") != 0)
    return fail (self, origin, error, " is not allowed: it must be one of paper, ours.");
  if (average != NULL) {
    const MpParam param = { .key = "average", .type = MP_PARAM_INT, .min = 0, .max = 1e12 };
    GError *mistake = NULL;

    if (!mp_param_check (&param, average->value, &mistake)) {
      prefix (self, average, &mistake);
      g_propagate_error (error, mistake);
      return FALSE;
    }
    self->average = g_ascii_strtoull (average->value, NULL, 10);
  }
  return (metric == NULL || check_metric (self, metric, error)) && read_seeds (self, file, error);
}

/* ---- what is where ---- */

static gboolean
check_sweep_group (MpSweep   *self,
                   MpKeyFile *file,
                   GError   **error)
{
  for (guint i = 0; i < file->entries->len; i++) {
    const MpEntry *entry = g_ptr_array_index (file->entries, i);

    if (strcmp (entry->group, "sweep") == 0 && !g_strv_contains (sweep_keys, entry->key)
        && !mp_key_is_translation (entry->key))
      return fail_unknown (self, entry, "key", entry->key, sweep_keys, error);
  }
  if (!mp_key_file_has_group (file, "sweep")) {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "%s is not a sweep: it has no group [sweep].", self->file);
    return FALSE;
  }
  return TRUE;
}

static gboolean
check_groups (MpSweep   *self,
              MpKeyFile *file,
              GError   **error)
{
  for (guint i = 0; i < file->groups->len; i++) {
    const char *group = g_ptr_array_index (file->groups, i);
    const char *name = strchr (group, ' ');

    if (strcmp (group, "sweep") == 0 || strcmp (group, "set") == 0
        || (name != NULL && name[1] != '\0' && (g_str_has_prefix (group, "axis ") || g_str_has_prefix (group, "base "))))
      continue;
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "%s, line %u: there is no group [%s] in a sweep; the groups are "
                 "[sweep], [axis NAME], [set], [base NAME].", self->file, g_array_index (file->lines, guint, i), group);
    return FALSE;
  }
  return check_sweep_group (self, file, error);
}

/* ---- bases ---- */

static gboolean
apply_entry (MpSweep       *self,
             const MpEntry *entry,
             MpExperiment  *experiment,
             GError       **error)
{
  g_autofree char *assignment = g_strconcat (entry->key, "=", entry->value, NULL);

  if (mp_experiment_set (experiment, assignment, error))
    return TRUE;
  prefix (self, entry, error);
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
      return fail_unknown (self, entry, "base", entry->group + strlen ("base "), names, error);
    if (strchr (entry->key, '.') == NULL && !g_strv_contains (keys, entry->key) && !mp_key_is_translation (entry->key))
      return fail (self, entry, error, ": there is no key “%s”; a base has experiment, title, and settings such as "
                   "train.iterations.", entry->key);
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
    prefix (self, entry != NULL ? entry : list, error);
  else
    mp_experiment_set_id (experiment, name);
  return experiment;
}

static gboolean
read_bases (MpSweep   *self,
            MpKeyFile *file,
            GPtrArray *given,
            GError   **error)
{
  const MpEntry *list = mp_key_file_find (file, "sweep", "bases");
  g_auto (GStrv) names = split (list != NULL ? list->value : "", ",;");

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
        return fail (self, list, error, ": “%s” is there twice; a second one needs a name and a group [base NAME] with "
                     "experiment = %s.", names[i], names[i]);
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

/* ---- axes ---- */

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
  g_auto (GStrv) labels = text != NULL ? split (text, ";") : NULL;

  if (labels != NULL && g_strv_length (labels) != axis->n_values)
    return fail (self, entry, error, " is not allowed: it must be as many labels as there are values, %u.",
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
    return fail (self, entry, error, ": seeds are given by [sweep] seeds.");
  for (guint i = 0; i < file->entries->len; i++) {
    const MpEntry *other = g_ptr_array_index (file->entries, i);

    if (other == entry || strcmp (other->key, entry->key) != 0)
      continue;
    if (g_str_has_prefix (other->group, "axis ") || strcmp (other->group, "set") == 0
        || g_str_has_prefix (other->group, "base ")) {
      const MpEntry *later = other->line == 0 || other->line > entry->line ? other : entry;
      const MpEntry *former = later == other ? entry : other;

      return fail (self, later, error, ": [%s] gives “%s” its value already.", former->group, entry->key);
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
      return fail (self, entry, error, ": there is no key “%s”; an axis has title, labels, and settings such as "
                   "generator.latent with their values.", entry->key);
    if (!check_owner (self, file, entry, error))
      return FALSE;
    g_ptr_array_add (entries, (gpointer) entry);
  }
  for (guint i = 0; i < entries->len; i++) {
    const MpEntry *entry = g_ptr_array_index (entries, i);
    g_auto (GStrv) values = split (entry->value, ";");
    guint n = g_strv_length (values);

    if (n == 0 || n > MAX_VALUES)
      return fail (self, entry, error, " is not allowed: it must be 1 to %d values, separated by semicolons.",
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
      return fail (self, entry, error, " has %u values and “%s” has %u; keys of one axis go together and have equally "
                   "many.", n, axis->keys[0], axis->n_values);
  }
  if (axis == NULL) {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "%s: [%s] has no setting, such as generator.latent = 2; 4; 8.",
                 self->file, group);
    return FALSE;
  }
  return read_labels (self, file, axis, group, error);
}

static gboolean
read_axes (MpSweep   *self,
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
  g_auto (GStrv) names = split (entry != NULL ? entry->value : "", ",;");

  for (guint i = 0; names[i] != NULL; i++) {
    guint axis = find_axis (self, names[i]);

    if (axis == self->axes->len) {
      g_autofree const char **known = g_new0 (const char *, self->axes->len + 1);

      for (guint j = 0; j < self->axes->len; j++)
        known[j] = mp_sweep_get_axis (self, j)->name;
      return fail_unknown (self, entry, "axis", names[i], known, error);
    }
    if (placed[axis])
      return fail (self, entry, error, ": the axis “%s” is there twice.", names[i]);
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

/* Without a word about columns the last axis is theirs; without a word about an axis it is the rows'. */
static gboolean
place_axes (MpSweep   *self,
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

/* ---- --set ---- */

static void
set_entry (MpKeyFile  *file,
           const char *group,
           const char *key,
           const char *value)
{
  MpEntry *entry = (MpEntry *) mp_key_file_find (file, group, key);

  if (entry == NULL) {
    guint line = 0;

    if (!mp_key_file_has_group (file, group)) {
      g_ptr_array_add (file->groups, g_strdup (group));
      g_array_append_val (file->lines, line);
    }
    entry = g_new0 (MpEntry, 1);
    entry->group = g_strdup (group);
    entry->key = g_strdup (key);
    g_ptr_array_add (file->entries, entry);
  }
  g_free (entry->value);
  entry->value = g_strdup (value);
  entry->line = 0;
}

/* "sweep.seeds=1", "NAME:group.key=value" for an axis or a base, "group.key=value" for all. */
static gboolean
apply_option (MpKeyFile  *file,
              const char *setting,
              GError    **error)
{
  const char *equals = strchr (setting, '=');
  g_autofree char *left = equals != NULL ? g_strstrip (g_strndup (setting, (gsize) (equals - setting))) : NULL;
  g_autofree char *value = equals != NULL ? g_strstrip (g_strdup (equals + 1)) : NULL;
  char *colon = left != NULL ? strchr (left, ':') : NULL;

  if (left == NULL || strchr (left, '.') == NULL) {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "“%s” is not an assignment, which is written group.key=value, "
                 "as in train.iterations=2000.", setting);
    return FALSE;
  }
  if (colon != NULL) {
    g_autofree char *axis = NULL;
    g_autofree char *base = NULL;

    *colon = '\0';
    axis = g_strconcat ("axis ", g_strstrip (left), NULL);
    base = g_strconcat ("base ", left, NULL);
    set_entry (file, mp_key_file_has_group (file, axis) ? axis : base, g_strstrip (colon + 1), value);
  } else if (g_str_has_prefix (left, "sweep."))
    set_entry (file, "sweep", left + strlen ("sweep."), value);
  else
    set_entry (file, "set", left, value);
  return TRUE;
}

/* ---- all of it ---- */

/* "gram-grid" of ".../gram-grid.ini"; of a sweep's folder that folder's name. */
static char *
id_of (const char *file)
{
  g_autofree char *name = g_path_get_basename (file);
  g_autofree char *dir = g_path_get_dirname (file);

  if (strcmp (name, MP_SWEEP_FILE) == 0 && strcmp (dir, ".") != 0)
    return g_path_get_basename (dir);
  if (g_str_has_suffix (name, ".ini"))
    name[strlen (name) - strlen (".ini")] = '\0';
  return g_steal_pointer (&name);
}

static MpSweep *
from_key_file (MpKeyFile *file,
               GPtrArray *bases,
               GPtrArray *settings,
               GError   **error)
{
  g_autoptr (MpSweep) self = mp_sweep_new (file->file);

  self->id = id_of (file->file);
  for (guint i = 0; settings != NULL && i < settings->len; i++)
    if (!apply_option (file, g_ptr_array_index (settings, i), error))
      return NULL;
  if (!check_groups (self, file, error) || !read_head (self, file, error) || !read_bases (self, file, bases, error)
      || !read_axes (self, file, error) || !place_axes (self, file, error) || !mp_sweep_expand (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

MpSweep *
mp_sweep_parse (const char *text,
                const char *file_for_messages,
                GPtrArray  *bases,
                GPtrArray  *settings,
                GError    **error)
{
  g_autoptr (MpKeyFile) file = mp_key_file_parse (text, -1, file_for_messages, error);

  return file != NULL ? from_key_file (file, bases, settings, error) : NULL;
}

static void
fail_no_sweep (const char *name,
               GError    **error)
{
  g_autoptr (GPtrArray) sweeps = mp_sweeps_list (NULL);
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();
  g_autofree char *all = NULL;
  g_autofree char *hint = NULL;
  const char *nearest;

  for (guint i = 0; sweeps != NULL && i < sweeps->len; i++)
    g_ptr_array_add (ids, ((MpPreset *) g_ptr_array_index (sweeps, i))->id);
  g_ptr_array_add (ids, NULL);
  nearest = mp_nearest_name (name, (const char *const *) ids->pdata);
  hint = nearest != NULL ? g_strdup_printf ("; did you mean “%s”?", nearest) : g_strdup (".");
  all = g_strjoinv (", ", (char **) ids->pdata);
  g_set_error (error, MP_ERROR, MP_ERROR_UNKNOWN, "There is no sweep and no file “%s”%s The sweeps are %s.", name, hint,
               ids->len > 1 ? all : "not installed");
}

MpSweep *
mp_sweep_load (const char *name,
               GPtrArray  *settings,
               GError    **error)
{
  g_autofree char *sweeps = mp_data_folder ("sweeps");
  g_autofree char *file_name = g_strconcat (name, g_str_has_suffix (name, ".ini") ? "" : ".ini", NULL);
  g_autofree char *installed = g_build_filename (sweeps, file_name, NULL);
  g_autofree char *inside = g_build_filename (name, MP_SWEEP_FILE, NULL);
  g_autoptr (MpKeyFile) file = NULL;
  const char *path;

  if (g_file_test (inside, G_FILE_TEST_EXISTS))
    path = inside;
  else if (strchr (name, '/') == NULL && g_file_test (installed, G_FILE_TEST_EXISTS))
    path = installed;
  else if (g_file_test (name, G_FILE_TEST_IS_DIR)) {
    g_set_error (error, MP_ERROR, MP_ERROR_FILE, "“%s” is not a sweep's folder: there is no file “%s” in it.", name,
                 MP_SWEEP_FILE);
    return NULL;
  } else if (name[0] != '\0' && (strchr (name, '/') != NULL || g_file_test (name, G_FILE_TEST_EXISTS)))
    path = name;
  else {
    fail_no_sweep (name, error);
    return NULL;
  }
  file = mp_key_file_load (path, error);
  return file != NULL ? from_key_file (file, NULL, settings, error) : NULL;
}

GPtrArray *
mp_sweeps_list (GError **error)
{
  return mp_presets_list_folder ("sweeps", "sweep", error);
}

/* ---- writing ---- */

static char *
join_axes (MpSweep *self,
           GArray  *axes)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < axes->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? "; " : "",
                            mp_sweep_get_axis (self, g_array_index (axes, guint, i))->name);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
write_axes (MpSweep  *self,
            GKeyFile *file)
{
  for (guint i = 1; i < self->axes->len; i++) {
    const MpSweepAxis *axis = mp_sweep_get_axis (self, i);
    g_autofree char *group = g_strconcat ("axis ", axis->name, NULL);
    g_autofree char *labels = g_strjoinv ("; ", axis->labels);

    g_key_file_set_string (file, group, "title", axis->title);
    g_key_file_set_string (file, group, "labels", labels);
    for (guint j = 0; j < axis->n_keys; j++) {
      g_autofree char *values = g_strjoinv ("; ", axis->values[j]);
      /* An empty value at the end is one only before a semicolon. */
      g_autofree char *closed = g_strconcat (values, ";", NULL);

      g_key_file_set_string (file, group, axis->keys[j], closed);
    }
  }
}

static void
write_head (MpSweep  *self,
            GKeyFile *file)
{
  g_autofree char *rows = join_axes (self, self->rows);
  g_autofree char *columns = join_axes (self, self->columns);
  g_autoptr (GString) seeds = g_string_new (NULL);
  g_autoptr (GString) bases = g_string_new (NULL);

  for (guint i = 0; i < self->seeds->len; i++)
    g_string_append_printf (seeds, "%s%" G_GINT64_FORMAT, i > 0 ? ", " : "", g_array_index (self->seeds, gint64, i));
  for (guint i = 0; i < self->bases->len; i++)
    g_string_append_printf (bases, "%s%s", i > 0 ? "; " : "", ((MpSweepBase *) g_ptr_array_index (self->bases, i))->name);
  g_key_file_set_string (file, "sweep", "title", self->title);
  g_key_file_set_string (file, "sweep", "summary", self->summary);
  g_key_file_set_string (file, "sweep", "origin", self->origin);
  g_key_file_set_string (file, "sweep", "bases", bases->str);
  g_key_file_set_string (file, "sweep", "seeds", seeds->str);
  g_key_file_set_string (file, "sweep", "metric", self->metric);
  g_key_file_set_uint64 (file, "sweep", "average", self->average);
  g_key_file_set_string (file, "sweep", "rows", rows);
  g_key_file_set_string (file, "sweep", "columns", columns);
}

static gboolean
write_bases (MpSweep    *self,
             GKeyFile   *file,
             const char *dir,
             GError    **error)
{
  for (guint i = 0; i < self->bases->len; i++) {
    const MpSweepBase *base = g_ptr_array_index (self->bases, i);
    g_autofree char *group = g_strconcat ("base ", base->name, NULL);
    g_autofree char *number = g_strdup_printf ("bases/%u.ini", i + 1);
    g_autofree char *path = g_build_filename (dir, number, NULL);
    g_autofree char *text = mp_experiment_to_text (base->experiment);

    g_key_file_set_string (file, group, "experiment", number);
    g_key_file_set_string (file, group, "title", mp_sweep_get_axis (self, 0)->labels[i]);
    if (!mp_file_write_text (path, text, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
check_vacant (const char *dir,
              GError    **error)
{
  g_autoptr (GDir) listing = g_dir_open (dir, 0, NULL);
  const char *name = listing != NULL ? g_dir_read_name (listing) : NULL;

  if (name == NULL)
    return TRUE;
  g_set_error (error, MP_ERROR, MP_ERROR_FILE, "The folder “%s” holds “%s”; a sweep needs a new or empty folder, or "
               "--resume to go on with the one that is there.", dir, name);
  return FALSE;
}

gboolean
mp_sweep_save (MpSweep    *self,
               const char *dir,
               GError    **error)
{
  static const char *const folders[] = { "bases", "runs", "locks", "messages" };
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *path = g_build_filename (dir, MP_SWEEP_FILE, NULL);
  g_autofree char *text = NULL;

  if (!check_vacant (dir, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (folders); i++) {
    g_autofree char *folder = g_build_filename (dir, folders[i], NULL);

    if (g_mkdir_with_parents (folder, 0777) != 0)
      return mp_file_fail (error, errno, "make the folder", folder);
  }
  write_head (self, file);
  if (!write_bases (self, file, dir, error))
    return FALSE;
  write_axes (self, file);
  text = g_key_file_to_data (file, NULL, NULL);
  /* Last: a folder with this file is a whole sweep. */
  return mp_file_write_text (path, text, error);
}
