/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep-file.c: reading sweep files: the group [sweep], --set, and the order of it all.
 */
#include "engine/train/sweep-file-private.h"

#include <errno.h>
#include <string.h>

#include "engine/train/schema.h"

#define MAX_SEEDS 1000

static const char *const sweep_keys[] = {
  "title", "summary", "origin", "bases", "seeds", "metric", "average", "rows", "columns", NULL
};

/* ---- messages ---- */

char *
mp_sweep_where (MpSweep    *self,
                const char *group,
                const char *key,
                guint       line)
{
  g_autofree char *shown_group = mp_clip_text (group, -1), *shown_key = mp_clip_text (key, -1);
  const char *space = strchr (shown_group, ' ');

  if (line > 0)
    return g_strdup_printf ("%s, line %u: [%s] %s", self->file, line, shown_group, shown_key);
  if (strcmp (group, "set") == 0)
    return g_strdup_printf ("--set %s", shown_key);
  if (space != NULL)
    return g_strdup_printf ("--set %s:%s", space + 1, shown_key);
  return g_strdup_printf ("--set %s.%s", shown_group, shown_key);
}

gboolean
mp_sweep_fail (MpSweep        *self,
               const MpEntry  *entry,
               GError        **error,
               const char     *format,
               ...)
{
  g_autofree char *message = NULL;
  g_autofree char *where = mp_sweep_where (self, entry->group, entry->key, entry->line);
  g_autofree char *quoted = mp_clip_text (entry->value, -1);
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "%s = “%s”%s", where, quoted, message);
  return FALSE;
}

void
mp_sweep_prefix (MpSweep       *self,
                 const MpEntry *entry,
                 GError       **error)
{
  g_autofree char *where = mp_sweep_where (self, entry->group, entry->key, entry->line);

  g_prefix_error (error, "%s: ", where);
}

gboolean
mp_sweep_fail_unknown (MpSweep           *self,
                       const MpEntry     *entry,
                       const char        *what,
                       const char        *name,
                       const char *const *known,
                       GError           **error)
{
  const char *nearest = mp_nearest_name (name, known);
  g_autofree char *all = g_strjoinv (", ", (char **) known);
  g_autofree char *hint = nearest != NULL ? g_strdup_printf ("; did you mean “%s”?", nearest) : g_strdup (".");
  g_autofree char *quoted = mp_clip_text (name, -1);

  return mp_sweep_fail (self, entry, error, ": there is no %s “%s”%s Known are %s.", what, quoted, hint, all);
}

/* ---- pieces ---- */

char **
mp_sweep_split (const char *text,
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

/* "3" or "1-3". */
static gboolean
read_range (const char *text,
            gint64     *first,
            gint64     *last)
{
  const char *end;
  gboolean ok = read_seed (text, first, &end);

  *last = *first;
  if (ok && *end == '-') {
    for (end++; *end == ' ';)
      end++;
    ok = read_seed (end, last, &end);
  }
  return ok && *end == '\0';
}

/* "1, 2, 3" or "1-3", or both. Returns: NULL, or what is wrong with them. (transfer full) */
static char *
parse_seeds (const char *text,
             GArray     *seeds)
{
  g_auto (GStrv) pieces = mp_sweep_split (text, ",;");

  for (guint i = 0; pieces[i] != NULL; i++) {
    gint64 first, last;

    if (!read_range (pieces[i], &first, &last))
      return g_strdup ("it must be whole numbers from 0 up, as in 1, 2, 3 or 1-3.");
    if (last < first)
      return g_strdup_printf ("a range goes from its smaller to its larger number, as in %" G_GINT64_FORMAT "-%"
                              G_GINT64_FORMAT ".", last, first);
    if (last - first >= MAX_SEEDS - (gint64) seeds->len)
      return g_strdup_printf ("at most %d seeds are possible.", MAX_SEEDS);
    for (gint64 seed = first; seed <= last; seed++) {
      for (guint j = 0; j < seeds->len; j++)
        if (g_array_index (seeds, gint64, j) == seed)
          return g_strdup_printf ("the seed %" G_GINT64_FORMAT " is there twice.", seed);
      g_array_append_val (seeds, seed);
    }
  }
  return seeds->len > 0 ? NULL : g_strdup ("it must be at least one seed.");
}

guint
mp_sweep_count_seeds (const char *text,
                      GError    **error)
{
  g_autoptr (GArray) seeds = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autofree char *mistake = parse_seeds (text, seeds);
  g_autofree char *quoted = mp_clip_text (text, -1);

  if (mistake == NULL)
    return seeds->len;
  g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "“%s” is not allowed: %s", quoted, mistake);
  return 0;
}

static gboolean
read_seeds (MpSweep   *self,
            MpKeyFile *file,
            GError   **error)
{
  const MpEntry *entry = mp_key_file_find (file, "sweep", "seeds");
  g_autofree char *mistake = parse_seeds (entry != NULL ? entry->value : "1", self->seeds);

  return mistake == NULL || mp_sweep_fail (self, entry, error, " is not allowed: %s", mistake);
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
  return mp_sweep_fail_unknown (self, entry, "metric", entry->value, ids, error);
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
    return mp_sweep_fail (self, origin, error, " is not allowed: it must be one of paper, ours.");
  if (average != NULL) {
    const MpParam param = { .key = "average", .type = MP_PARAM_INT, .min = 0, .max = 1e12 };
    GError *mistake = NULL;

    if (!mp_param_check (&param, average->value, &mistake)) {
      mp_sweep_prefix (self, average, &mistake);
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
      return mp_sweep_fail_unknown (self, entry, "key", entry->key, sweep_keys, error);
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
  if (!check_groups (self, file, error) || !read_head (self, file, error)
      || !mp_sweep_read_bases (self, file, bases, error) || !mp_sweep_read_axes (self, file, error)
      || !mp_sweep_place_axes (self, file, error) || !mp_sweep_expand (self, error))
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
    mp_presets_fail_unknown ("sweeps", "sweep", name, error);
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
