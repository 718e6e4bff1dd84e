/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/plot/lane-names.h"

#include <inttypes.h>
#include <string.h>

#include "ui/plot/plot-format.h"

#define MOST_SETTINGS 3 /* in a name */

/* A key in which lanes differ. */
typedef struct
{
  const char *group, *group_title, *key;
  const char *label;       /* symbol or title; NULL: the kind of the group, whose name says all */
  MpKind      kind;
  MpParamType type;
} Setting;

const char *
mp_lane_names_curve (const char *series)
{
  if (g_str_equal (series, "loss/critic"))
    return _("critic");
  if (g_str_equal (series, "loss/generator"))
    return _("generator");
  if (g_str_equal (series, "share/modes"))
    return _("modes");
  return NULL;
}

static const char *
method_of (MpExperiment *experiment)
{
  return mp_experiment_get_string (experiment, "method", "kind");
}

char *
mp_lane_names_method (MpExperiment *experiment)
{
  const MpDescriptor *method = mp_registry_find (MP_KIND_METHOD, method_of (experiment));

  return g_strdup (method != NULL ? _(method->title) : method_of (experiment));
}

/* ---- which settings ---- */

/* What a run is called, how long it is and what is kept of it make it no other method. Seeds are named apart. A variant
 * of data is the name of other keys' values. */
static gboolean
counts (const char *group,
        const char *key)
{
  static const char *const ignored[] = { "seed", "iterations", "history", "checkpoint_every", NULL };

  return !(g_str_equal (group, "data") && g_str_equal (key, "variant"))
         && !(g_str_equal (group, "train") && g_strv_contains (ignored, key));
}

static gboolean
same_value (MpExperiment  *a,
            MpExperiment  *b,
            const Setting *setting)
{
  if (!mp_experiment_has_group (b, setting->group)
      || (setting->label != NULL && mp_experiment_find_param (b, setting->group, setting->key) == NULL))
    return FALSE;
  if (setting->type == MP_PARAM_DOUBLE && setting->label != NULL)
    return mp_experiment_get_double (a, setting->group, setting->key)
           == mp_experiment_get_double (b, setting->group, setting->key);
  return g_str_equal (mp_experiment_get_string (a, setting->group, setting->key),
                      mp_experiment_get_string (b, setting->group, setting->key));
}

/* Appends the setting where another experiment of the method has it otherwise. */
static void
add_setting (GArray              *settings,
             MpExperiment *const *experiments,
             guint                n,
             guint                index,
             Setting              setting)
{
  for (guint i = 0; i < n; i++)
    if (i != index && g_str_equal (method_of (experiments[i]), method_of (experiments[index]))
        && !same_value (experiments[index], experiments[i], &setting)) {
      g_array_append_val (settings, setting);
      return;
    }
}

static GArray *
list_settings (MpExperiment *const *experiments,
               guint                n,
               guint                index,
               GPtrArray           *schema)
{
  GArray *settings = g_array_new (FALSE, FALSE, sizeof (Setting));

  for (guint i = 0; i < schema->len; i++) {
    const MpSchemaGroup *group = g_ptr_array_index (schema, i);
    Setting setting = { .group = group->group, .group_title = group->title, .key = "kind", .kind = group->kind };

    if (g_str_equal (group->group, "experiment") || g_str_equal (group->group, "evaluate"))
      continue;
    if (group->kind < MP_N_KINDS && group->kind != MP_KIND_METHOD)
      add_setting (settings, experiments, n, index, setting);
    for (guint j = 0; j < group->params->len; j++) {
      const MpParam *param = g_ptr_array_index (group->params, j);

      setting.key = param->key;
      setting.label = param->symbol != NULL ? param->symbol : _(param->title);
      setting.type = param->type;
      if (counts (group->group, param->key))
        add_setting (settings, experiments, n, index, setting);
    }
  }
  return settings;
}

/* ---- words ---- */

/* (transfer full) */
static char *
value_of (MpExperiment  *experiment,
          const Setting *setting)
{
  const char *value = mp_experiment_get_string (experiment, setting->group, setting->key);
  const MpDescriptor *descriptor = setting->label == NULL ? mp_registry_find (setting->kind, value) : NULL;

  if (descriptor != NULL)
    return g_strdup (_(descriptor->title));
  if (setting->label != NULL && setting->type == MP_PARAM_FILE)
    return g_path_get_basename (value);
  if (value[0] == '\0')
    return g_strdup ("–");
  return setting->type == MP_PARAM_STRING ? g_strdup (value) : mp_format_setting (value);
}

static gboolean
is_label_unique (GArray *settings,
                 guint   index)
{
  const char *label = g_array_index (settings, Setting, index).label;

  for (guint i = 0; i < settings->len; i++)
    if (i != index && g_strcmp0 (g_array_index (settings, Setting, i).label, label) == 0)
      return FALSE;
  return TRUE;
}

/* (transfer full) */
static char *
tell_apart (MpExperiment *const *experiments,
            guint64              branched,
            guint                n,
            guint                index)
{
  g_autoptr (GPtrArray) schema = mp_experiment_get_schema (experiments[index]);
  g_autoptr (GArray) settings = list_settings (experiments, n, index, schema);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < MIN (settings->len, MOST_SETTINGS); i++) {
    const Setting *setting = &g_array_index (settings, Setting, i);
    g_autofree char *value = value_of (experiments[index], setting);

    if (i > 0)
      g_string_append (text, " · ");
    /* Learning rates of generator and critic have one symbol. */
    if (setting->label != NULL && !is_label_unique (settings, i))
      g_string_append_printf (text, "%s: ", _(setting->group_title));
    if (setting->label != NULL && !g_str_equal (setting->key, "variant"))
      g_string_append_printf (text, "%s ", setting->label);
    g_string_append (text, value);
  }
  if (branched != MP_NO_BRANCH) {
    g_autofree char *count = mp_format_count (branched);

    if (text->len > 0)
      g_string_append (text, " · ");
    /* Translators: of a branch: the iteration */
    g_string_append_printf (text, _("branch from %s"), count);
  }
  return g_string_free (text, FALSE);
}

/* ---- names ---- */

static void
name_clear (gpointer data)
{
  MpLaneName *name = data;

  g_free (name->name);
  g_free (name->apart);
}

static gint64
seed_of (MpExperiment *experiment)
{
  return mp_experiment_get_int (experiment, "train", "seed");
}

/* What has to be said besides method and settings. (transfer full) */
static char *
find_rest (MpExperiment *const *experiments,
           const char *const   *plain,
           guint                n,
           guint                index)
{
  gboolean same = FALSE, seeds = TRUE;

  for (guint i = 0; i < n; i++) {
    if (i == index || !g_str_equal (plain[i], plain[index]))
      continue;
    same = TRUE;
    seeds = seeds && seed_of (experiments[i]) != seed_of (experiments[index]);
  }
  if (!same)
    return g_strdup ("");
  if (!seeds)
    return g_strdup_printf (" (%u)", index + 1);
  return g_strdup_printf (_(" · seed %" PRId64), seed_of (experiments[index]));
}

GArray *
mp_lane_names_new (MpExperiment *const *experiments,
                   const guint64       *branched,
                   guint                n)
{
  GArray *names = g_array_new (FALSE, FALSE, sizeof (MpLaneName));
  g_auto (GStrv) plain = g_new0 (char *, n + 1);

  g_array_set_clear_func (names, name_clear);
  for (guint i = 0; i < n; i++) {
    g_autofree char *method = mp_lane_names_method (experiments[i]);
    MpLaneName name = { .apart = tell_apart (experiments, branched[i], n, i) };

    plain[i] = g_strdup_printf ("%s%s%s", method, name.apart[0] != '\0' ? " · " : "", name.apart);
    g_array_append_val (names, name);
  }
  for (guint i = 0; i < n; i++) {
    g_autofree char *rest = find_rest (experiments, (const char *const *) plain, n, i);

    g_array_index (names, MpLaneName, i).name = g_strconcat (plain[i], rest, NULL);
  }
  return names;
}
