/* SPDX-License-Identifier: Apache-2.0
 *
 * things.c: see things.h.
 */
#include "app/app.h"
#include "app/things.h"

#include <string.h>

#include "engine/games/game.h"
#include "engine/train/devices.h"
#include "engine/train/lesson.h"
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

static void
item_free (gpointer data)
{
  MpItem *item = data;

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
  MpItem *item = g_new (MpItem, 1);

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

static void
add_descriptors (GPtrArray *items,
                 MpKind     kind)
{
  guint n;
  const MpDescriptor *const *list = mp_registry_list (kind, &n);

  for (guint i = 0; i < n; i++)
    add_item (items, list[i]->id, _(list[i]->title), _(list[i]->summary));
}

/* errors: (nullable). */
static void
add_presets (GPtrArray   *items,
             GPtrArray *(*list_presets) (GError **error),
             GPtrArray   *errors)
{
  GError *error = NULL;
  g_autoptr (GPtrArray) list = list_presets (&error);

  for (guint i = 0; list != NULL && i < list->len; i++) {
    const MpPreset *preset = g_ptr_array_index (list, i);

    add_item (items, preset->id, preset->title, preset->summary);
  }
  if (list == NULL && errors != NULL)
    g_ptr_array_add (errors, error);
  else
    g_clear_error (&error);
}

static void
add_lessons (GPtrArray *items,
             GPtrArray *errors)
{
  g_autoptr (GPtrArray) lessons = mp_lessons_list (errors);

  for (guint i = 0; i < lessons->len; i++) {
    const MpLesson *lesson = g_ptr_array_index (lessons, i);

    add_item (items, lesson->id, lesson->title, lesson->summary);
  }
}

static void
add_games (GPtrArray *items)
{
  guint n;
  const MpGame *const *games = mp_games_list (&n);

  for (guint i = 0; i < n; i++)
    add_item (items, games[i]->base.id, _(games[i]->base.title), _(games[i]->base.summary));
}

static void
add_portraits (GPtrArray *items)
{
  guint n;
  const MpPortrait *portraits = mp_portraits_list (&n);

  for (guint i = 0; i < n; i++) {
    g_autoptr (GString) captions = g_string_new (NULL);

    for (guint j = 0; j < portraits[i].n_panels; j++)
      g_string_append_printf (captions, "%s%s", j > 0 ? " · " : "", _(portraits[i].captions[j]));
    add_item (items, portraits[i].id, _(portraits[i].title), captions->str);
  }
}

GPtrArray *
mp_items_collect (const char *word,
                  GPtrArray  *errors)
{
  GPtrArray *items = g_ptr_array_new_with_free_func (item_free);

  for (MpKind kind = 0; kind < MP_N_KINDS; kind++)
    if (strcmp (word, kind_words[kind]) == 0)
      add_descriptors (items, kind);
  if (strcmp (word, "presets") == 0)
    add_presets (items, mp_presets_list, errors);
  else if (strcmp (word, "sweeps") == 0)
    add_presets (items, mp_sweeps_list, errors);
  else if (strcmp (word, "lessons") == 0)
    add_lessons (items, errors);
  else if (strcmp (word, "games") == 0)
    add_games (items);
  else if (strcmp (word, "portraits") == 0)
    add_portraits (items);
  else if (strcmp (word, "devices") == 0)
    add_devices (items);
  return items;
}

const char *const mp_list_words[] = {
  "methods", "data", "networks", "optimizers", "metrics", "extractors", "views", "presets", "sweeps", "lessons",
  "games", "portraits", "devices", "runs", NULL
};

GPtrArray *
mp_things_collect (void)
{
  GPtrArray *things = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) groups = mp_schema_list_common ();

  g_ptr_array_add (things, g_strdup ("cpu"));
  g_ptr_array_add (things, g_strdup ("cuda"));
  for (guint i = 0; mp_list_words[i] != NULL; i++) {
    g_autoptr (GPtrArray) items = strcmp (mp_list_words[i], "devices") != 0 ? mp_items_collect (mp_list_words[i], NULL) : NULL;

    for (guint j = 0; items != NULL && j < items->len; j++)
      g_ptr_array_add (things, g_strdup (((MpItem *) g_ptr_array_index (items, j))->id));
  }
  for (guint i = 0; i < groups->len; i++) {
    const MpSchemaGroup *group = g_ptr_array_index (groups, i);

    if (group->params->len > 0)
      g_ptr_array_add (things, g_strdup (group->group));
  }
  g_ptr_array_add (things, NULL);
  return things;
}
