/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/train/lesson-private.h"

#include <string.h>

#include "engine/games/game.h"
#include "engine/views/view.h"

static const char *const lesson_keys[] = { "title", "summary", "order", "minutes", "preset", NULL };
static const char *const step_keys[] = { "title", "text", "show", "open", "set", "layers", "controls", "do", "until",
                                         "predict", "choices", "answer", "reveal", NULL };
static const char *const shows[] = { "lanes", "charts", "graph", NULL };
static const char *const actions[] = { "", "play", "pause", "step", "phase", "reset", NULL };

/* ---- freeing ---- */

static void
setting_clear (gpointer data)
{
  MpLessonSetting *setting = data;

  g_free (setting->group);
  g_free (setting->key);
  g_free (setting->value);
}

static void
step_free (gpointer data)
{
  MpLessonStep *step = data;

  g_free (step->title);
  g_free (step->text);
  g_free (step->portrait);
  g_free (step->open);
  g_array_unref (step->settings);
  g_array_unref (step->controls);
  g_strfreev (step->layers);
  g_free (step->question);
  g_strfreev (step->choices);
  g_free (step->reveal);
  g_free (step);
}

void
mp_lesson_free (MpLesson *self)
{
  g_free (self->id);
  g_free (self->title);
  g_free (self->summary);
  g_free (self->preset);
  g_ptr_array_unref (self->steps);
  g_free (self);
}

/* ---- reading ---- */

gboolean
mp_lesson_refuse (const MpKeyFile *file,
                  const MpEntry   *entry,
                  GError         **error,
                  const char      *allowed)
{
  g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "%s:%u: [%s] %s = %s is not allowed: %s", file->file, entry->line,
               entry->group, entry->key, entry->value, allowed);
  return FALSE;
}

/* Of a group that lacks something. Returns: FALSE. */
static gboolean
complain_group (const MpKeyFile *file,
                const char      *group,
                GError         **error,
                const char      *complaint)
{
  guint line = 1;

  for (guint i = 0; i < file->groups->len; i++)
    if (g_str_equal (g_ptr_array_index (file->groups, i), group))
      line = g_array_index (file->lines, guint, i);
  g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "%s:%u: [%s] %s", file->file, line, group, complaint);
  return FALSE;
}

static gboolean
check_keys (const MpKeyFile  *file,
            GError          **error)
{
  for (guint i = 0; i < file->entries->len; i++) {
    const MpEntry *entry = g_ptr_array_index (file->entries, i);
    const char *const *keys = g_str_equal (entry->group, "lesson") ? lesson_keys : step_keys;
    g_autofree char *plain = g_strndup (entry->key, strcspn (entry->key, "["));
    g_autofree char *known = g_strjoinv (", ", (char **) keys);

    if (g_strv_contains (keys, plain))
      continue;
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "%s:%u: [%s] has no key “%s”; it has %s", file->file, entry->line,
                 entry->group, entry->key, known);
    return FALSE;
  }
  return TRUE;
}

static gboolean
read_number (const MpKeyFile  *file,
             const char       *group,
             const char       *key,
             gint64           *value,
             GError          **error)
{
  const MpEntry *entry = mp_key_file_find ((MpKeyFile *) file, group, key);

  if (entry == NULL || g_ascii_string_to_signed (entry->value, 10, 0, G_MAXINT64, value, NULL))
    return TRUE;
  return mp_lesson_refuse (file, entry, error, "a whole number from 0 on is");
}

static char *
dup_text (MpKeyFile  *file,
          const char *group,
          const char *key)
{
  return g_strdup (mp_key_file_get_localised (file, group, key));
}

/* "2:method.ridge=0.1" or "method.ridge". */
static gboolean
read_setting (const char      *text,
              gboolean         with_value,
              MpLessonSetting *setting)
{
  const char *colon = strchr (text, ':'), *equals = strchr (text, '='), *dot;

  if (with_value != (equals != NULL) || (colon != NULL && equals != NULL && colon > equals))
    colon = NULL;
  if (colon != NULL) {
    setting->lane = (guint) g_ascii_strtoull (text, NULL, 10);
    text = colon + 1;
    if (setting->lane == 0)
      return FALSE;
  }
  if (with_value != (equals != NULL))
    return FALSE;
  /* The group may have a dot of its own: "optimizer.critic.learning_rate". */
  dot = g_strrstr_len (text, equals != NULL ? equals - text : -1, ".");
  if (dot == NULL || dot == text)
    return FALSE;
  setting->group = g_strndup (text, (gsize) (dot - text));
  setting->key = equals != NULL ? g_strndup (dot + 1, (gsize) (equals - dot - 1)) : g_strdup (dot + 1);
  setting->value = equals != NULL ? g_strdup (equals + 1) : NULL;
  return TRUE;
}

static gboolean
read_settings (const MpKeyFile  *file,
               const char       *group,
               const char       *key,
               gboolean          with_value,
               GArray           *settings,
               GError          **error)
{
  const MpEntry *entry = mp_key_file_find ((MpKeyFile *) file, group, key);
  g_auto (GStrv) texts = g_strsplit (entry != NULL ? entry->value : "", ";", -1);

  for (guint i = 0; texts[i] != NULL; i++) {
    MpLessonSetting setting = { 0 };

    if (*g_strstrip (texts[i]) == '\0')
      continue;
    if (!read_setting (texts[i], with_value, &setting))
      return mp_lesson_refuse (file, entry, error, with_value ? "GROUP.KEY=VALUE; … is, or LANE:GROUP.KEY=VALUE"
                                                    : "GROUP.KEY; … is, or LANE:GROUP.KEY");
    g_array_append_val (settings, setting);
  }
  return TRUE;
}

static gboolean
read_show (const MpKeyFile  *file,
           const char       *group,
           MpLessonStep     *step,
           GError          **error)
{
  const MpEntry *entry = mp_key_file_find ((MpKeyFile *) file, group, "show");

  if (entry == NULL)
    return TRUE;
  if (g_str_has_prefix (entry->value, "portrait:")) {
    step->show = MP_LESSON_PORTRAIT;
    step->portrait = g_strdup (entry->value + strlen ("portrait:"));
    return mp_portrait_find (step->portrait) != NULL || mp_game_find (step->portrait) != NULL
           || mp_lesson_refuse (file, entry, error, "there is no such portrait or game");
  }
  for (guint i = 0; shows[i] != NULL; i++)
    if (g_str_equal (entry->value, shows[i])) {
      step->show = (MpLessonShow) i;
      return TRUE;
    }
  return mp_lesson_refuse (file, entry, error, "lanes, charts, graph and portrait:ID are");
}

static gboolean
read_action (const MpKeyFile  *file,
             const char       *group,
             MpLessonStep     *step,
             GError          **error)
{
  const MpEntry *entry = mp_key_file_find ((MpKeyFile *) file, group, "do");

  for (guint i = 1; entry != NULL && actions[i] != NULL; i++)
    if (g_str_equal (entry->value, actions[i]))
      step->action = (MpLessonAction) i;
  return entry == NULL || step->action != MP_LESSON_NOTHING
         || mp_lesson_refuse (file, entry, error, "play, pause, step, phase and reset are");
}

/* "latent" is not a view, but a panel that every lane has. */
static gboolean
refuse_layer (const MpKeyFile *file,
              const MpEntry   *entry,
              const char      *layer,
              GError         **error)
{
  guint n;
  const MpDescriptor *const *views = mp_registry_list (MP_KIND_VIEW, &n);
  g_autofree const char **ids = g_new0 (const char *, n + 2);
  g_autofree char *all = NULL, *allowed = NULL;
  const char *nearest;

  for (guint i = 0; i < n; i++)
    ids[i] = views[i]->id;
  ids[n] = "latent";
  nearest = mp_nearest_name (layer, ids);
  all = g_strjoinv (", ", (char **) ids);
  allowed = nearest != NULL
            ? g_strdup_printf ("there is no view “%s”; did you mean “%s”? The ids of views are %s", layer, nearest, all)
            : g_strdup_printf ("there is no view “%s”; the ids of views are %s", layer, all);
  return mp_lesson_refuse (file, entry, error, allowed);
}

static gboolean
read_layers (const MpKeyFile  *file,
             const char       *group,
             MpLessonStep     *step,
             GError          **error)
{
  const MpEntry *entry = mp_key_file_find ((MpKeyFile *) file, group, "layers");

  if (entry == NULL)
    return TRUE;
  step->layers = g_strsplit (entry->value, ";", -1);
  for (guint i = 0; step->layers[i] != NULL; i++) {
    g_strstrip (step->layers[i]);
    if (step->layers[i][0] != '\0' && !g_str_equal (step->layers[i], "latent")
        && mp_registry_find (MP_KIND_VIEW, step->layers[i]) == NULL)
      return refuse_layer (file, entry, step->layers[i], error);
  }
  return TRUE;
}

static gboolean
read_question (MpKeyFile     *file,
               const char    *group,
               MpLessonStep  *step,
               GError       **error)
{
  const MpEntry *question = mp_key_file_find (file, group, "predict"), *answer = mp_key_file_find (file, group, "answer");
  const MpEntry *orphan = answer != NULL ? answer : mp_key_file_find (file, group, "choices");
  const char *choices = mp_key_file_get_localised (file, group, "choices");
  gint64 number = 0;

  step->question = dup_text (file, group, "predict");
  step->reveal = dup_text (file, group, "reveal");
  if (question == NULL)
    return orphan == NULL || mp_lesson_refuse (file, orphan, error, "without “predict” there is no question to answer");
  step->choices = g_strsplit (choices != NULL ? choices : "", "|", -1);
  for (guint i = 0; step->choices[i] != NULL; i++)
    g_strstrip (step->choices[i]);
  if (!read_number (file, group, "answer", &number, error))
    return FALSE;
  if (g_strv_length (step->choices) >= 2 && number >= 1 && number <= g_strv_length (step->choices)
      && step->reveal != NULL) {
    step->answer = (guint) number - 1;
    return TRUE;
  }
  return mp_lesson_refuse (file, answer != NULL ? answer : question, error,
                           "a question needs two or more choices (A | B), the number of one of them as answer, and what "
                           "it reveals");
}

static MpLessonStep *
read_step (MpKeyFile   *file,
           const char  *group,
           GError     **error)
{
  MpLessonStep *step = g_new0 (MpLessonStep, 1);
  const MpEntry *open = mp_key_file_find (file, group, "open");
  gint64 until = 0;

  step->settings = g_array_new (FALSE, FALSE, sizeof (MpLessonSetting));
  step->controls = g_array_new (FALSE, FALSE, sizeof (MpLessonSetting));
  g_array_set_clear_func (step->settings, setting_clear);
  g_array_set_clear_func (step->controls, setting_clear);
  step->title = dup_text (file, group, "title");
  step->text = dup_text (file, group, "text");
  step->open = g_strdup (open != NULL ? open->value : NULL);
  if (step->text == NULL)
    complain_group (file, group, error, "has no text");
  if (step->text != NULL && read_show (file, group, step, error) && read_action (file, group, step, error)
      && read_layers (file, group, step, error) && read_number (file, group, "until", &until, error)
      && read_settings (file, group, "set", TRUE, step->settings, error)
      && read_settings (file, group, "controls", FALSE, step->controls, error)
      && read_question (file, group, step, error)) {
    step->until = (guint64) until;
    return step;
  }
  step_free (step);
  return NULL;
}

static MpLesson *
read_lesson (MpKeyFile   *file,
             const char  *id,
             GError     **error)
{
  g_autoptr (MpLesson) self = g_new0 (MpLesson, 1);
  const MpEntry *preset = mp_key_file_find (file, "lesson", "preset");

  self->steps = g_ptr_array_new_with_free_func (step_free);
  self->id = g_strdup (id);
  self->title = dup_text (file, "lesson", "title");
  self->summary = dup_text (file, "lesson", "summary");
  self->preset = g_strdup (preset != NULL ? preset->value : NULL);
  if (self->title == NULL || self->summary == NULL) {
    complain_group (file, "lesson", error, "needs a title and a summary");
    return NULL;
  }
  if (!check_keys (file, error) || !read_number (file, "lesson", "order", &self->order, error)
      || !read_number (file, "lesson", "minutes", &self->minutes, error))
    return NULL;
  for (guint i = 0; i < file->groups->len; i++) {
    const char *group = g_ptr_array_index (file->groups, i);
    MpLessonStep *step;

    if (g_str_equal (group, "lesson"))
      continue;
    step = read_step (file, group, error);
    if (step == NULL)
      return NULL;
    g_ptr_array_add (self->steps, step);
  }
  if (self->steps->len > 0)
    return mp_lesson_check (file, self, error) ? g_steal_pointer (&self) : NULL;
  g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "%s: a lesson needs a step: a group beside [lesson]", file->file);
  return NULL;
}

MpLesson *
mp_lesson_load (const char  *name,
                GError     **error)
{
  g_autofree char *folder = mp_data_folder ("lessons"), *file_name = g_strconcat (name, ".ini", NULL);
  g_autofree char *path = strchr (name, G_DIR_SEPARATOR) != NULL || g_str_has_suffix (name, ".ini")
                          ? g_strdup (name) : g_build_filename (folder, file_name, NULL);
  g_autofree char *base = g_path_get_basename (path), *id = NULL;
  g_autoptr (MpKeyFile) file = mp_key_file_load (path, error);

  if (file == NULL)
    return NULL;
  id = g_str_has_suffix (base, ".ini") ? g_strndup (base, strlen (base) - strlen (".ini")) : g_strdup (base);
  return read_lesson (file, id, error);
}

static gint
compare_lessons (gconstpointer a,
                 gconstpointer b)
{
  const MpLesson *x = *(MpLesson *const *) a, *y = *(MpLesson *const *) b;

  return x->order != y->order ? (x->order < y->order ? -1 : 1) : strcmp (x->id, y->id);
}

/* A folder has no order of its own. */
static gint
compare_errors (gconstpointer a,
                gconstpointer b)
{
  return strcmp ((*(GError *const *) a)->message, (*(GError *const *) b)->message);
}

GPtrArray *
mp_lessons_list (GPtrArray *errors)
{
  g_autofree char *folder = mp_data_folder ("lessons");
  g_autoptr (GPtrArray) lessons = g_ptr_array_new_with_free_func ((GDestroyNotify) mp_lesson_free);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);
    g_autoptr (GError) error = NULL;
    MpLesson *lesson;

    if (!g_str_has_suffix (name, ".ini"))
      continue;
    lesson = mp_lesson_load (path, &error);
    if (lesson != NULL)
      g_ptr_array_add (lessons, lesson);
    else if (errors != NULL)
      g_ptr_array_add (errors, g_steal_pointer (&error));
  }
  if (errors != NULL)
    g_ptr_array_sort (errors, compare_errors);
  g_ptr_array_sort (lessons, compare_lessons);
  return g_steal_pointer (&lessons);
}
