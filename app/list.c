/* SPDX-License-Identifier: Apache-2.0
 *
 * list.c: what there is: “list”, “describe”, and the words for completions.
 */
#include "app/app.h"
#include "app/json.h"

#include <stdio.h>
#include <string.h>

#include "engine/games/game.h"
#include "engine/metrics/metric.h"
#include "engine/train/devices.h"
#include "engine/train/lesson.h"
#include "engine/train/experiment.h"
#include "engine/train/sweep.h"

/* What “list” calls each kind. */
static const char *const kind_words[MP_N_KINDS] = {
  [MP_KIND_METHOD] = "methods",
  [MP_KIND_DATA] = "data",
  [MP_KIND_NETWORK] = "networks",
  [MP_KIND_OPTIMIZER] = "optimizers",
  [MP_KIND_METRIC] = "metrics",
  [MP_KIND_EXTRACTOR] = "extractors",
  [MP_KIND_VIEW] = "views",
};

typedef struct
{
  char *id, *title, *summary;
} Item;

static void
item_free (gpointer data)
{
  Item *item = data;

  g_free (item->id);
  g_free (item->title);
  g_free (item->summary);
  g_free (item);
}

static void
add_item (GPtrArray  *items,
          const char *id,
          const char *title,
          const char *summary)
{
  Item *item = g_new (Item, 1);

  item->id = g_strdup (id);
  item->title = g_strdup (title);
  item->summary = g_strdup (summary);
  g_ptr_array_add (items, item);
}

static void
add_devices (GPtrArray *items)
{
  g_autoptr (GPtrArray) devices = mp_devices_list ();

  for (guint i = 0; i < devices->len; i++) {
    const MpDeviceEntry *device = g_ptr_array_index (devices, i);

    add_item (items, device->id, device->title, device->status);
  }
}

/* The rows of “list WORD”, or NULL after setting error. Unknown words give an empty array and no error. */
static GPtrArray *
collect (const char  *word,
         GError     **error)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (item_free);

  for (MpKind kind = 0; kind < MP_N_KINDS; kind++) {
    guint n;
    const MpDescriptor *const *list = mp_registry_list (kind, &n);

    for (guint i = 0; i < n && strcmp (word, kind_words[kind]) == 0; i++)
      add_item (items, list[i]->id, _(list[i]->title), _(list[i]->summary));
  }
  if (strcmp (word, "presets") == 0 || strcmp (word, "sweeps") == 0) {
    g_autoptr (GPtrArray) presets = word[0] == 'p' ? mp_presets_list (error) : mp_sweeps_list (error);

    if (presets == NULL)
      return NULL;
    for (guint i = 0; i < presets->len; i++) {
      const MpPreset *preset = g_ptr_array_index (presets, i);

      add_item (items, preset->id, preset->title, preset->summary);
    }
  }
  if (strcmp (word, "lessons") == 0) {
    g_autoptr (GPtrArray) lessons = mp_lessons_list (error);

    if (lessons == NULL)
      return NULL;
    for (guint i = 0; i < lessons->len; i++) {
      const MpLesson *lesson = g_ptr_array_index (lessons, i);

      add_item (items, lesson->id, lesson->title, lesson->summary);
    }
  }
  if (strcmp (word, "devices") == 0)
    add_devices (items);
  return g_steal_pointer (&items);
}

static const char *const list_words[] = {
  "methods", "data", "networks", "optimizers", "metrics", "views", "presets", "sweeps", "lessons",
  "devices", "runs", NULL
};

static void
print_items (GPtrArray *items)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);

  for (guint i = 0; i < items->len; i++) {
    const Item *item = g_ptr_array_index (items, i);
    const char *row[] = { item->id, item->title, item->summary, NULL };

    g_ptr_array_add (rows, g_strdupv ((char **) row));
  }
  mp_print_table (rows, "");
}

static void
print_items_json (GPtrArray *items)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_array (builder);
  for (guint i = 0; i < items->len; i++) {
    const Item *item = g_ptr_array_index (items, i);

    json_builder_begin_object (builder);
    mp_json_add_text (builder, "id", item->id);
    mp_json_add_text (builder, "title", item->title);
    mp_json_add_text (builder, "summary", item->summary);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
  mp_json_print (builder);
}

/* Devices tell more about themselves. */
static int
print_devices_json (void)
{
  g_autoptr (GPtrArray) devices = mp_devices_list ();
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_array (builder);
  for (guint i = 0; i < devices->len; i++) {
    const MpDeviceEntry *device = g_ptr_array_index (devices, i);

    json_builder_begin_object (builder);
    mp_json_add_text (builder, "id", device->id);
    mp_json_add_text (builder, "title", device->title);
    mp_json_add_text (builder, "summary", device->status);
    json_builder_set_member_name (builder, "usable");
    json_builder_add_boolean_value (builder, device->usable);
    if (device->uuid[0] != '\0')
      mp_json_add_text (builder, "uuid", device->uuid);
    if (device->memory_total > 0) {
      mp_json_add_number (builder, "memory_total", (double) device->memory_total);
      mp_json_add_number (builder, "memory_free", (double) device->memory_free);
    }
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
  mp_json_print (builder);
  return MP_EXIT_OK;
}

int
mp_list_run (MpArguments *arguments)
{
  const char *word = g_ptr_array_index (arguments->words, 0);
  const char *nearest = mp_nearest_name (word, list_words);
  g_autoptr (GPtrArray) items = NULL;
  GError *error = NULL;

  if (!g_strv_contains (list_words, word)) {
    g_autofree char *all = g_strjoinv (", ", (char **) list_words);

    if (nearest != NULL)
      return mp_complain (MP_EXIT_USAGE, _("“%s” cannot be listed; did you mean “%s”? What can are %s."), word,
                          nearest, all);
    return mp_complain (MP_EXIT_USAGE, _("“%s” cannot be listed; what can are %s."), word, all);
  }
  if (strcmp (word, "runs") == 0)
    return mp_list_runs (arguments);
  if (arguments->words->len > 1)
    return mp_complain (MP_EXIT_USAGE, _("“%s” is one word too many; words to search for go with “list runs” only."),
                        (char *) g_ptr_array_index (arguments->words, 1));
  if (strcmp (word, "devices") == 0 && mp_arguments_has (arguments, "json"))
    return print_devices_json ();
  items = collect (word, &error);
  if (items == NULL)
    return mp_complain_error (error);
  if (mp_arguments_has (arguments, "json"))
    print_items_json (items);
  else
    print_items (items);
  return MP_EXIT_OK;
}

/* ---- describe ---- */

static void
print_params (const MpParam *const *params,
              guint                 n)
{
  for (guint i = 0; i < n; i++) {
    const MpParam *param = params[i];
    g_autofree char *allowed = mp_param_allowed (param);

    printf ("  %s = %s\n", param->key, param->default_value);
    printf ("      %s%s%s%s%s%s\n", _(param->title), param->symbol != NULL ? ", " : "",
            param->symbol != NULL ? param->symbol : "", param->unit != NULL ? ", " : "",
            param->unit != NULL ? _(param->unit) : "", param->live ? _(" (may change while training)") : "");
    printf ("      %s\n", _(param->summary));
    printf (_("      Allowed: %s.\n"), allowed);
  }
}

static const char *
better_text (MpBetter better)
{
  switch (better) {
  case MP_LOWER_IS_BETTER:
    return _("Lower is better.");
  case MP_HIGHER_IS_BETTER:
    return _("Higher is better.");
  default:
    return _("Neither lower nor higher is better.");
  }
}

/* kind: MP_N_KINDS for a game. */
static void
describe_descriptor (MpKind              kind,
                     const MpDescriptor *descriptor)
{
  g_autofree const MpParam **params = g_new (const MpParam *, descriptor->n_params + 1);

  printf ("%s: %s (%s)\n%s\n", descriptor->id, _(descriptor->title),
          kind < MP_N_KINDS ? mp_kind_name (kind) : "game", _(descriptor->summary));
  if (descriptor->paper != NULL)
    printf ("%s\n", descriptor->paper);
  if (kind == MP_KIND_METRIC) {
    const MpMetric *metric = (const MpMetric *) descriptor;

    printf ("%s\n%s\n", _(metric->definition), better_text (metric->better));
  }
  for (guint i = 0; i < descriptor->n_params; i++)
    params[i] = &descriptor->params[i];
  if (descriptor->n_params > 0)
    printf ("\n%s\n", _("Keys and their defaults:"));
  print_params (params, descriptor->n_params);
}

static int
describe_preset (const MpPreset *preset)
{
  g_autoptr (GPtrArray) lanes = NULL;
  GError *error = NULL;

  lanes = mp_comparison_load (preset->path, NULL, &error);
  if (lanes == NULL)
    return mp_complain_error (error);
  printf ("%s: %s (%s)\n%s\n%s\n", preset->id, preset->title,
          preset->comparison ? _("comparison") : _("experiment"), preset->summary,
          preset->ours ? _("These settings are our own.") : _("These settings are a paper's."));
  if (preset->comparison) {
    printf ("\n%s\n", _("Lanes:"));
    for (guint i = 0; i < lanes->len; i++)
      printf ("  %s: %s\n", mp_experiment_get_id (g_ptr_array_index (lanes, i)),
              mp_experiment_get_title (g_ptr_array_index (lanes, i)));
  } else {
    g_autofree char *text = mp_experiment_to_text (g_ptr_array_index (lanes, 0));

    printf ("\n%s", text);
  }
  return MP_EXIT_OK;
}

static gboolean
describe_group (const char *name)
{
  g_autoptr (GPtrArray) groups = mp_schema_list_common ();

  for (guint i = 0; i < groups->len; i++) {
    const MpSchemaGroup *group = g_ptr_array_index (groups, i);

    if (strcmp (group->group, name) != 0 || group->params->len == 0)
      continue;
    printf ("[%s]: %s\n\n%s\n", group->group, _(group->title),
            group->kind < MP_N_KINDS ? _("Keys beside those of its kind, and their defaults:")
                                     : _("Keys and their defaults:"));
    print_params ((const MpParam *const *) group->params->pdata, group->params->len);
    return TRUE;
  }
  return FALSE;
}

/* A device by its name; “cuda” stands for all of them. */
static gboolean
describe_devices (const char *name)
{
  g_autoptr (GPtrArray) devices = NULL;
  gboolean found = FALSE;

  if (strcmp (name, "cpu") != 0 && !g_str_has_prefix (name, "cuda"))
    return FALSE;
  devices = mp_devices_list ();
  for (guint i = 0; i < devices->len; i++) {
    const MpDeviceEntry *device = g_ptr_array_index (devices, i);

    if (strcmp (device->id, name) != 0 && !(strcmp (name, "cuda") == 0 && g_str_has_prefix (device->id, name)))
      continue;
    printf ("%s: %s\n%s\n", device->id, device->title, device->status);
    if (device->uuid[0] != '\0')
      printf ("%s\n", device->uuid);
    found = TRUE;
  }
  return found;
}

/* Everything that “describe” knows. Of devices only the names that every machine has: completing a word should not
 * wait for a driver. (transfer full) */
static GPtrArray *
collect_things (void)
{
  GPtrArray *things = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) groups = mp_schema_list_common ();

  g_ptr_array_add (things, g_strdup ("cpu"));
  g_ptr_array_add (things, g_strdup ("cuda"));
  for (guint i = 0; list_words[i] != NULL; i++) {
    g_autoptr (GPtrArray) items = strcmp (list_words[i], "devices") != 0 ? collect (list_words[i], NULL) : NULL;

    for (guint j = 0; items != NULL && j < items->len; j++)
      g_ptr_array_add (things, g_strdup (((Item *) g_ptr_array_index (items, j))->id));
  }
  for (guint i = 0; i < groups->len; i++) {
    const MpSchemaGroup *group = g_ptr_array_index (groups, i);

    if (group->params->len > 0)
      g_ptr_array_add (things, g_strdup (group->group));
  }
  g_ptr_array_add (things, NULL);
  return things;
}

static int
complain_unknown_thing (const char *name)
{
  g_autoptr (GPtrArray) things = collect_things ();
  const char *nearest = mp_nearest_name (name, (const char *const *) things->pdata);

  if (nearest != NULL)
    return mp_complain (MP_EXIT_USAGE, _("There is nothing called “%s”; did you mean “%s”?"), name, nearest);
  return mp_complain (MP_EXIT_USAGE, _("There is nothing called “%s”. “matchpoint list presets” lists presets, and so "
                                       "on for methods, data, networks, optimizers, metrics, views, sweeps, devices."), name);
}

int
mp_describe_run (MpArguments *arguments)
{
  const char *name = g_ptr_array_index (arguments->words, 0);
  g_autoptr (GPtrArray) presets = mp_presets_list (NULL);
  gboolean found = FALSE;

  for (MpKind kind = 0; kind < MP_N_KINDS; kind++) {
    const MpDescriptor *descriptor = mp_registry_find (kind, name);

    if (descriptor == NULL)
      continue;
    describe_descriptor (kind, descriptor);
    found = TRUE;
  }
  if (!found && mp_game_find (name) != NULL) {
    describe_descriptor (MP_N_KINDS, &mp_game_find (name)->base);
    found = TRUE;
  }
  for (guint i = 0; !found && presets != NULL && i < presets->len; i++) {
    const MpPreset *preset = g_ptr_array_index (presets, i);

    if (strcmp (preset->id, name) == 0)
      return describe_preset (preset);
  }
  if (!found && !describe_group (name) && !describe_devices (name))
    return complain_unknown_thing (name);
  return MP_EXIT_OK;
}

/* ---- completions ---- */

/* The experiments that a word names, a sweep's trials too, or NULL. (transfer full) */
static GPtrArray *
load_word (const char *word)
{
  GPtrArray *lanes = word[0] != '-' ? mp_comparison_load (word, NULL, NULL) : NULL;
  g_autoptr (MpSweep) sweep = lanes == NULL && word[0] != '-' ? mp_sweep_load (word, NULL, NULL) : NULL;

  if (sweep == NULL)
    return lanes;
  lanes = g_ptr_array_new_with_free_func ((GDestroyNotify) mp_experiment_unref);
  for (guint i = 0; i < mp_sweep_get_n_trials (sweep); i++)
    g_ptr_array_add (lanes, mp_experiment_ref (mp_sweep_get_trial (sweep, i)->experiment));
  return lanes;
}

/* group.key= for every key of the experiments among the words. */
static void
complete_settings (int    n,
                   char **words)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (int i = 0; i < n; i++) {
    g_autoptr (GPtrArray) lanes = load_word (words[i]);

    for (guint j = 0; lanes != NULL && j < lanes->len; j++) {
      g_autoptr (GPtrArray) schema = mp_experiment_get_schema (g_ptr_array_index (lanes, j));

      for (guint k = 0; k < schema->len; k++) {
        const MpSchemaGroup *group = g_ptr_array_index (schema, k);

        if (group->kind < MP_N_KINDS && g_hash_table_add (seen, g_strconcat (group->group, ".kind", NULL)))
          printf ("%s.kind=\n", group->group);
        for (guint l = 0; l < group->params->len; l++) {
          const MpParam *param = g_ptr_array_index (group->params, l);

          if (g_hash_table_add (seen, g_strconcat (group->group, ".", param->key, NULL)))
            printf ("%s.%s=\n", group->group, param->key);
        }
      }
    }
  }
}

int
mp_complete (int    argc,
             char **argv)
{
  const char *what = argc > 0 ? argv[0] : "";

  if (strcmp (what, "settings") == 0)
    complete_settings (argc - 1, argv + 1);
  else if (strcmp (what, "things") == 0) {
    g_autoptr (GPtrArray) things = collect_things ();

    for (guint i = 0; i + 1 < things->len; i++)
      printf ("%s\n", (char *) g_ptr_array_index (things, i));
  } else if (strcmp (what, "kinds") == 0)
    for (guint i = 0; list_words[i] != NULL; i++)
      printf ("%s\n", list_words[i]);
  else {
    g_autoptr (GPtrArray) items = collect (strcmp (what, "commands") == 0 ? "presets" : what, NULL);

    for (guint i = 0; strcmp (what, "commands") == 0 && i < mp_n_commands; i++)
      if (mp_commands[i].name[0] != '\0')
        printf ("%s\n", mp_commands[i].name);
    for (guint i = 0; items != NULL && i < items->len; i++)
      printf ("%s\n", ((Item *) g_ptr_array_index (items, i))->id);
  }
  return MP_EXIT_OK;
}
