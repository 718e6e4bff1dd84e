/* SPDX-License-Identifier: Apache-2.0
 *
 * experiment.c: MpExperiment: one value for every key of the schema in force.
 *
 * The kinds of the groups choose the schema; values are kept under "group.key". Whenever a kind changes, all values
 * are made anew: the old one where the new schema still takes it, the default elsewhere.
 */
#include "engine/train/experiment.h"

#include <string.h>

#include "engine/train/keyfile.h"
#include "engine/train/paths.h"
#include "engine/train/schema.h"
#include "engine/train/titles.h"

struct _MpExperiment
{
  gatomicrefcount     ref_count;
  char               *id;
  char               *file;                 /* for messages */
  char               *dir;                  /* that relative paths are relative to; NULL: the file's */
  MpTitle             title;                /* beside [experiment] title */
  const MpDescriptor *kinds[MP_N_GROUPS];   /* NULL in groups without kind and in groups not in force */
  GHashTable         *values;               /* "group.key" → MpValue */
};

static char *
path_of (MpGroup     group,
         const char *key)
{
  return g_strconcat (mp_groups[group].name, ".", key, NULL);
}

/* The file's name without its ending; of a run's experiment.ini the name of the run's folder. */
static char *
stem_of (const char *file)
{
  g_autofree char *dir = g_path_get_dirname (file);
  char *name = g_path_get_basename (file);

  if (strcmp (name, "experiment.ini") == 0 && strcmp (dir, ".") != 0) {
    g_free (name);
    return g_path_get_basename (dir);
  }
  if (g_str_has_suffix (name, ".ini"))
    name[strlen (name) - strlen (".ini")] = '\0';
  return name;
}

static MpExperiment *
experiment_new (const char *file)
{
  MpExperiment *self = g_new0 (MpExperiment, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->file = g_strdup (file);
  self->id = stem_of (file);
  self->values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) mp_value_free);
  return self;
}

MpExperiment *
mp_experiment_ref (MpExperiment *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mp_experiment_unref (MpExperiment *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_free (self->id);
  g_free (self->file);
  g_free (self->dir);
  mp_title_clear (&self->title);
  g_hash_table_unref (self->values);
  g_free (self);
}

/* ---- values and kinds ---- */

/* The default kind of a group: the first row of its folder's list. */
static const MpDescriptor *
default_kind (MpGroup group)
{
  return mp_groups[group].kind < MP_N_KINDS ? mp_registry_list (mp_groups[group].kind, NULL)[0] : NULL;
}

/* Gives every key of the schema in force a value, and drops the others. */
static void
refill (MpExperiment *self)
{
  g_autoptr (GHashTable) old = self->values;

  self->values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) mp_value_free);
  for (MpGroup group = 0; group < MP_N_GROUPS; group++) {
    g_autoptr (GPtrArray) params = NULL;

    if (!mp_group_in_force (group, self->kinds)) {
      self->kinds[group] = NULL;
      continue;
    }
    if (self->kinds[group] == NULL)
      self->kinds[group] = default_kind (group);
    params = mp_group_list_params (group, self->kinds[group]);
    for (guint i = 0; i < params->len; i++) {
      const MpParam *param = g_ptr_array_index (params, i);
      char *path = path_of (group, param->key);
      MpValue *before = g_hash_table_lookup (old, path);
      MpValue *value = before != NULL ? mp_value_parse (param, before->text, NULL) : NULL;

      if (value == NULL)
        value = mp_value_parse (param, param->default_value, NULL);
      if (value == NULL)
        g_error ("the default of %s is not a valid value", path);
      g_hash_table_insert (self->values, path, value);
    }
  }
}

/* ---- variants ---- */

#define VARIANT "variant"

static const MpVariant *
list_variants (MpExperiment *self,
               MpGroup       group)
{
  return self->kinds[group] != NULL ? self->kinds[group]->variants : NULL;
}

/* Calls visit with the path of each key and the value that the variant gives it, until one says FALSE. */
static gboolean
visit_variant (MpExperiment    *self,
               MpGroup          group,
               const MpVariant *variant,
               gboolean       (*visit) (MpExperiment *self, char *path, MpValue *value))
{
  g_auto (GStrv) settings = g_strsplit (variant->settings, ";", -1);

  for (guint i = 0; settings[i] != NULL; i++) {
    g_auto (GStrv) parts = g_strsplit (settings[i], "=", 2);
    const MpParam *param = mp_group_find_param (group, self->kinds[group], g_strstrip (parts[0]));
    MpValue *value = param != NULL && parts[1] != NULL ? mp_value_parse (param, parts[1], NULL) : NULL;

    if (value == NULL)
      g_error ("the variant %s of %s has the wrong setting “%s”", variant->id, self->kinds[group]->id, settings[i]);
    if (!visit (self, path_of (group, param->key), value))
      return FALSE;
  }
  return TRUE;
}

static gboolean
take_setting (MpExperiment *self,
              char         *path,
              MpValue      *value)
{
  g_hash_table_insert (self->values, path, value);
  return TRUE;
}

static gboolean
has_setting (MpExperiment *self,
             char         *path,
             MpValue      *wanted)
{
  const MpValue *value = g_hash_table_lookup (self->values, path);
  gboolean same = value->n == wanted->n
                  && (value->n == 0 ? strcmp (value->text, wanted->text) == 0
                                    : memcmp (value->numbers, wanted->numbers, value->n * sizeof (double)) == 0);

  mp_value_free (wanted);
  g_free (path);
  return same;
}

/* Sets the keys of the variant that the key "variant" names now. */
static void
apply_variant (MpExperiment *self,
               MpGroup       group)
{
  const char *chosen = mp_experiment_get_string (self, mp_groups[group].name, VARIANT);

  for (const MpVariant *variant = list_variants (self, group); variant->id != NULL; variant++)
    if (strcmp (variant->id, chosen) == 0)
      visit_variant (self, group, variant, take_setting);
}

/* Makes the keys "variant" say what the others are. */
static void
name_variants (MpExperiment *self)
{
  for (MpGroup group = 0; group < MP_N_GROUPS; group++) {
    const MpVariant *variant = list_variants (self, group);
    MpValue *value;

    if (variant == NULL)
      continue;
    while (variant->id != NULL && !visit_variant (self, group, variant, has_setting))
      variant++;
    value = g_new0 (MpValue, 1);
    value->text = g_strdup (variant->id != NULL ? variant->id : "custom");
    g_hash_table_insert (self->values, path_of (group, VARIANT), value);
  }
}

static const char **
list_ids (MpKind kind)
{
  guint n;
  const MpDescriptor *const *list = mp_registry_list (kind, &n);
  const char **ids = g_new0 (const char *, n + 1);

  for (guint i = 0; i < n; i++)
    ids[i] = list[i]->id;
  return ids;
}

/* Every message begins "ring.ini, line 3: [method] ". */
static void
prefix (GError       **error,
        MpExperiment  *self,
        MpGroup        group,
        guint          line)
{
  if (line > 0)
    g_prefix_error (error, "%s, line %u: [%s] ", self->file, line, mp_groups[group].name);
  else
    g_prefix_error (error, "%s: [%s] ", self->file, mp_groups[group].name);
}

static gboolean
set_kind (MpExperiment  *self,
          MpGroup        group,
          const char    *id,
          GError       **error)
{
  g_autofree const char **ids = list_ids (mp_groups[group].kind);
  const MpParam param = { .key = "kind", .type = MP_PARAM_ENUM, .choices = ids };

  if (!mp_param_check (&param, id, error))
    return FALSE;
  self->kinds[group] = mp_registry_find (mp_groups[group].kind, id);
  return TRUE;
}

static gboolean
fail_unknown_group (MpExperiment  *self,
                    const char    *name,
                    guint          line,
                    GError       **error)
{
  const char *names[MP_N_GROUPS + 1] = { NULL };
  g_autofree char *all = NULL;
  g_autofree char *where = line > 0 ? g_strdup_printf (", line %u", line) : g_strdup ("");
  g_autofree char *quoted = mp_clip_text (name, -1);
  const char *nearest;
  guint n = 0;

  for (MpGroup group = 0; group < MP_N_GROUPS; group++)
    if (mp_group_in_force (group, self->kinds))
      names[n++] = mp_groups[group].name;
  all = g_strjoinv ("], [", (char **) names);
  nearest = mp_nearest_name (name, names);
  if (mp_group_find (name) < MP_N_GROUPS)
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT,
                 "%s%s: there is no group [%s] here, because the method %s %s.", self->file, where, name,
                 self->kinds[MP_GROUP_METHOD]->id, mp_groups[mp_group_find (name)].lacks);
  else if (nearest != NULL)
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "%s%s: there is no group [%s]; did you mean [%s]? "
                 "The groups are [%s].", self->file, where, quoted, nearest, all);
  else
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "%s%s: there is no group [%s]; the groups are [%s].",
                 self->file, where, quoted, all);
  return FALSE;
}

static gboolean
fail_unknown_key (MpExperiment  *self,
                  MpGroup        group,
                  const char    *key,
                  const char    *value,
                  GError       **error)
{
  g_autoptr (GPtrArray) params = mp_group_list_params (group, self->kinds[group]);
  g_autofree const char **keys = g_new0 (const char *, params->len + 2);
  g_autofree char *all = NULL;
  g_autofree char *kind = NULL;
  g_autofree char *hint = NULL;
  g_autofree char *quoted_key = mp_clip_text (key, -1);
  g_autofree char *quoted_value = mp_clip_text (value, -1);
  const char *nearest;
  guint n = 0;

  if (mp_groups[group].kind < MP_N_KINDS)
    keys[n++] = "kind";
  for (guint i = 0; i < params->len; i++)
    keys[n++] = ((const MpParam *) g_ptr_array_index (params, i))->key;
  nearest = mp_nearest_name (key, keys);
  all = g_strjoinv (", ", (char **) keys);
  kind = self->kinds[group] != NULL ? g_strdup_printf (" with kind = %s", self->kinds[group]->id) : g_strdup ("");
  hint = nearest != NULL ? g_strdup_printf ("did you mean “%s”? The keys", nearest) : g_strdup ("the keys");
  g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "%s = “%s”: there is no key “%s”; %s of [%s]%s are %s.",
               quoted_key, quoted_value, quoted_key, hint, mp_groups[group].name, kind, all);
  return FALSE;
}

/* A key other than kind. */
static gboolean
set_key (MpExperiment  *self,
         MpGroup        group,
         const char    *key,
         const char    *text,
         GError       **error)
{
  const MpParam *param = mp_group_find_param (group, self->kinds[group], key);
  MpValue *value;

  if (param == NULL)
    return fail_unknown_key (self, group, key, text, error);
  value = mp_value_parse (param, text, error);
  if (value == NULL)
    return FALSE;
  g_hash_table_insert (self->values, path_of (group, key), value);
  return TRUE;
}

static gboolean
is_kind_key (MpGroup     group,
             const char *key)
{
  return mp_groups[group].kind < MP_N_KINDS && strcmp (key, "kind") == 0;
}

/* ---- files ---- */

static gboolean
read_kinds (MpExperiment  *self,
            MpKeyFile     *file,
            GError       **error)
{
  for (MpGroup group = 0; group < MP_N_GROUPS; group++) {
    const MpEntry *entry = mp_key_file_find (file, mp_groups[group].name, "kind");

    if (entry != NULL && is_kind_key (group, "kind")) {
      if (!set_kind (self, group, entry->value, error)) {
        prefix (error, self, group, entry->line);
        return FALSE;
      }
    } else if (mp_groups[group].required) {
      g_autofree const char **ids = list_ids (mp_groups[group].kind);
      g_autofree char *all = g_strjoinv (", ", (char **) ids);

      g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "%s: [%s] kind is missing: it must be one of %s.",
                   self->file, mp_groups[group].name, all);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
read_groups (MpExperiment  *self,
             MpKeyFile     *file,
             GError       **error)
{
  for (guint i = 0; i < file->groups->len; i++) {
    const char *name = g_ptr_array_index (file->groups, i);
    MpGroup group = mp_group_find (name);

    if (group == MP_N_GROUPS || !mp_group_in_force (group, self->kinds))
      return fail_unknown_group (self, name, g_array_index (file->lines, guint, i), error);
  }
  return TRUE;
}

/* Before all other keys, which then differ from the variant where the file has them. */
static gboolean
read_variants (MpExperiment  *self,
               MpKeyFile     *file,
               GError       **error)
{
  for (MpGroup group = 0; group < MP_N_GROUPS; group++) {
    const MpEntry *entry = mp_key_file_find (file, mp_groups[group].name, VARIANT);

    if (entry == NULL || list_variants (self, group) == NULL)
      continue;
    if (!set_key (self, group, VARIANT, entry->value, error)) {
      prefix (error, self, group, entry->line);
      return FALSE;
    }
    apply_variant (self, group);
  }
  return TRUE;
}

MpExperiment *
mp_experiment_from_key_file (MpKeyFile  *file,
                             GError    **error)
{
  g_autoptr (MpExperiment) self = experiment_new (file->file);

  if (!read_kinds (self, file, error))
    return NULL;
  if (!read_groups (self, file, error))
    return NULL;
  refill (self);
  if (!read_variants (self, file, error))
    return NULL;
  for (guint i = 0; i < file->entries->len; i++) {
    const MpEntry *entry = g_ptr_array_index (file->entries, i);
    MpGroup group = mp_group_find (entry->group);

    if (is_kind_key (group, entry->key) ||
        (group == MP_GROUP_EXPERIMENT && mp_key_is_translation (entry->key)))
      continue;
    if (!set_key (self, group, entry->key, entry->value, error)) {
      prefix (error, self, group, entry->line);
      return NULL;
    }
  }
  name_variants (self);
  if (mp_experiment_get_string (self, "experiment", "title")[0] != '\0')
    mp_title_read (&self->title, mp_key_file_get_localised (file, "experiment", "title"),
                   self->kinds[MP_GROUP_METHOD], self->kinds[MP_GROUP_DATA]);
  return g_steal_pointer (&self);
}

MpExperiment *
mp_experiment_parse (const char  *text,
                     gssize       length,
                     const char  *file_for_messages,
                     GError     **error)
{
  g_autoptr (MpKeyFile) file = NULL;

  g_return_val_if_fail (text != NULL, NULL);

  file = mp_key_file_parse (text, length, file_for_messages != NULL ? file_for_messages : "experiment", error);
  return file != NULL ? mp_experiment_from_key_file (file, error) : NULL;
}

MpExperiment *
mp_experiment_copy (MpExperiment *self)
{
  MpExperiment *copy = experiment_new (self->file);
  GHashTableIter iter;
  gpointer path, value;

  g_free (copy->id);
  copy->id = g_strdup (self->id);
  copy->dir = g_strdup (self->dir);
  mp_title_copy (&copy->title, &self->title);
  memcpy (copy->kinds, self->kinds, sizeof copy->kinds);
  g_hash_table_iter_init (&iter, self->values);
  while (g_hash_table_iter_next (&iter, &path, &value)) {
    MpValue *twin = g_memdup2 (value, sizeof *twin);

    twin->text = g_strdup (twin->text);
    twin->numbers = g_memdup2 (twin->numbers, twin->n * sizeof (double));
    g_hash_table_insert (copy->values, g_strdup (path), twin);
  }
  return copy;
}

/* ---- paths ---- */

static char *
dup_dir (MpExperiment *self)
{
  return self->dir != NULL ? g_strdup (self->dir) : g_path_get_dirname (self->file);
}

char *
mp_experiment_dup_path (MpExperiment *self,
                        const char   *group,
                        const char   *key)
{
  const char *path = mp_experiment_get_string (self, group, key);
  g_autofree char *dir = dup_dir (self);
  g_autofree char *beside = g_build_filename (dir, path, NULL);
  char *found = mp_path_find (path, dir);

  return found != NULL ? found : g_canonicalize_filename (beside, NULL);
}

char *
mp_experiment_find_path (MpExperiment  *self,
                         const char    *group,
                         const char    *key,
                         GError       **error)
{
  g_autofree char *dir = dup_dir (self);

  return mp_path_find_or_fail (mp_experiment_get_string (self, group, key), dir, error);
}

void
mp_experiment_set_dir (MpExperiment *self,
                       const char   *dir)
{
  g_free (self->dir);
  self->dir = g_canonicalize_filename (dir, NULL);
}

/* A file's path as a text in `dir` has it. */
static char *
written_path (MpExperiment *self,
              const char   *group,
              const char   *key,
              const char   *dir)
{
  g_autofree char *path = mp_experiment_dup_path (self, group, key);
  g_autofree char *inside = dir != NULL ? g_canonicalize_filename (dir, NULL) : NULL;
  gsize length = inside != NULL ? strlen (inside) : 0;

  if (inside != NULL && strncmp (path, inside, length) == 0 && path[length] == '/')
    return g_strdup (path + length + 1);
  return mp_path_shorten (path);
}

char *
mp_experiment_to_text (MpExperiment *self)
{
  return mp_experiment_to_text_in (self, NULL);
}

char *
mp_experiment_to_text_in (MpExperiment *self,
                          const char   *dir)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();

  for (MpGroup group = 0; group < MP_N_GROUPS; group++) {
    const char *name = mp_groups[group].name;
    g_autoptr (GPtrArray) params = NULL;

    if (!mp_group_in_force (group, self->kinds))
      continue;
    if (self->kinds[group] != NULL)
      g_key_file_set_string (file, name, "kind", self->kinds[group]->id);
    params = mp_group_list_params (group, self->kinds[group]);
    for (guint i = 0; i < params->len; i++) {
      const MpParam *param = g_ptr_array_index (params, i);
      g_autofree char *path = param->type == MP_PARAM_FILE ? written_path (self, name, param->key, dir) : NULL;

      g_key_file_set_string (file, name, param->key,
                             path != NULL ? path : mp_experiment_get_string (self, name, param->key));
    }
  }
  if (self->title.made_text != NULL)
    g_key_file_set_string (file, "experiment", "title", self->title.made_text);
  return g_key_file_to_data (file, NULL, NULL);
}

const char *
mp_experiment_get_id (MpExperiment *self)
{
  return self->id;
}

void
mp_experiment_set_id (MpExperiment *self,
                      const char   *id)
{
  char *copy = g_strdup (id);

  g_free (self->id);
  self->id = copy;
}

const char *
mp_experiment_get_title (MpExperiment *self)
{
  const char *text = mp_experiment_get_string (self, "experiment", "title");
  const char *title = self->title.made != NULL ? self->title.made
                      : self->title.localised != NULL ? self->title.localised : text;

  return title[0] != '\0' ? title : self->id;
}

gboolean
mp_experiment_is_renamed (MpExperiment *self)
{
  return self->title.made != NULL;
}

/* ---- changing ---- */

/* Another file has another sum than the one that is written down. */
static void
forget_sum (MpExperiment *self,
            MpGroup       group,
            const char   *key)
{
  if (mp_group_find_param (group, self->kinds[group], key)->type == MP_PARAM_FILE
      && mp_group_find_param (group, self->kinds[group], "sha256") != NULL)
    set_key (self, group, "sha256", "", NULL);
}

gboolean
mp_experiment_set_value (MpExperiment  *self,
                         const char    *group_name,
                         const char    *key,
                         const char    *value,
                         GError       **error)
{
  MpGroup group = mp_group_find (group_name);
  gboolean set;

  if (group == MP_N_GROUPS || !mp_group_in_force (group, self->kinds))
    return fail_unknown_group (self, group_name, 0, error);
  if (is_kind_key (group, key)) {
    set = set_kind (self, group, value, error);
    if (set) {
      refill (self);
      mp_title_follow (&self->title, self->kinds[MP_GROUP_METHOD], self->kinds[MP_GROUP_DATA]);
    }
  } else {
    set = set_key (self, group, key, value, error);
    if (set)
      forget_sum (self, group, key);
    if (set && strcmp (key, VARIANT) == 0 && list_variants (self, group) != NULL)
      apply_variant (self, group);
  }
  name_variants (self);
  if (!set)
    prefix (error, self, group, 0);
  else if (group == MP_GROUP_EXPERIMENT && strcmp (key, "title") == 0)
    mp_title_clear (&self->title);
  return set;
}

gboolean
mp_experiment_set (MpExperiment  *self,
                   const char    *assignment,
                   GError       **error)
{
  return mp_experiment_set_from (self, assignment, NULL, error);
}

gboolean
mp_experiment_set_from (MpExperiment  *self,
                        const char    *assignment,
                        const char    *dir,
                        GError       **error)
{
  const char *equals = strchr (assignment, '=');
  g_autofree char *path = equals != NULL ? g_strstrip (g_strndup (assignment, (gsize) (equals - assignment))) : NULL;
  g_autofree char *value = equals != NULL ? g_strstrip (g_strdup (equals + 1)) : NULL;
  g_autofree char *file = NULL;
  char *dot = path != NULL ? strrchr (path, '.') : NULL;
  const MpParam *param;

  if (dot == NULL || dot == path || dot[1] == '\0') {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT,
                 "“%s” is not an assignment, which is written group.key=value, as in train.seed=2.", assignment);
    return FALSE;
  }
  *dot = '\0';
  param = mp_experiment_find_param (self, path, dot + 1);
  if (dir != NULL && param != NULL && param->type == MP_PARAM_FILE && value[0] != '\0') {
    file = mp_path_find_or_fail (value, dir, error);
    if (file == NULL)
      return FALSE;
  }
  return mp_experiment_set_value (self, path, dot + 1, file != NULL ? file : value, error);
}

gboolean
mp_experiment_copy_group (MpExperiment  *self,
                          const char    *group,
                          MpExperiment  *from,
                          const char    *from_group,
                          GError       **error)
{
  MpGroup source = mp_group_find (from_group);
  const MpDescriptor *kind = from->kinds[source];
  g_autoptr (GPtrArray) params = mp_group_list_params (source, kind);

  if (kind != NULL && !mp_experiment_set_value (self, group, "kind", kind->id, error))
    return FALSE;
  for (guint i = 0; i < params->len; i++) {
    const MpParam *param = g_ptr_array_index (params, i);
    g_autofree char *value = param->type == MP_PARAM_FILE
                             ? mp_experiment_dup_path (from, from_group, param->key)
                             : g_strdup (mp_experiment_get_string (from, from_group, param->key));

    if (!mp_experiment_set_value (self, group, param->key, value, error))
      return FALSE;
  }
  return TRUE;
}

/* ---- reading ---- */

static const MpValue *
get_value (MpExperiment *self,
           const char   *group,
           const char   *key)
{
  char path[128];
  const MpValue *value;

  g_snprintf (path, sizeof path, "%s.%s", group, key);
  value = g_hash_table_lookup (self->values, path);
  if (value == NULL)
    g_error ("the experiment %s has no key %s", self->id, path);
  return value;
}

double
mp_experiment_get_double (MpExperiment *self,
                          const char   *group,
                          const char   *key)
{
  const MpValue *value = get_value (self, group, key);

  g_return_val_if_fail (value->n == 1, 0);

  return value->numbers[0];
}

gint64
mp_experiment_get_int (MpExperiment *self,
                       const char   *group,
                       const char   *key)
{
  return get_value (self, group, key)->integer;
}

gboolean
mp_experiment_get_bool (MpExperiment *self,
                        const char   *group,
                        const char   *key)
{
  return get_value (self, group, key)->integer != 0;
}

const char *
mp_experiment_get_string (MpExperiment *self,
                          const char   *group,
                          const char   *key)
{
  MpGroup known = mp_group_find (group);

  if (known < MP_N_GROUPS && is_kind_key (known, key) && self->kinds[known] != NULL)
    return self->kinds[known]->id;
  return get_value (self, group, key)->text;
}

const double *
mp_experiment_get_doubles (MpExperiment *self,
                           const char   *group,
                           const char   *key,
                           guint        *n)
{
  const MpValue *value = get_value (self, group, key);

  if (n != NULL)
    *n = value->n;
  return value->numbers;
}

gboolean
mp_experiment_has_group (MpExperiment *self,
                         const char   *group)
{
  MpGroup known = mp_group_find (group);

  return known < MP_N_GROUPS && mp_group_in_force (known, self->kinds);
}

GPtrArray *
mp_experiment_get_schema (MpExperiment *self)
{
  GPtrArray *schema = mp_schema_array_new ();

  for (MpGroup group = 0; group < MP_N_GROUPS; group++)
    if (mp_group_in_force (group, self->kinds))
      g_ptr_array_add (schema, mp_group_describe (group, self->kinds));
  return schema;
}

const MpParam *
mp_experiment_find_param (MpExperiment *self,
                          const char   *group,
                          const char   *key)
{
  MpGroup known = mp_group_find (group);

  if (known == MP_N_GROUPS || !mp_group_in_force (known, self->kinds))
    return NULL;
  return mp_group_find_param (known, self->kinds[known], key);
}
