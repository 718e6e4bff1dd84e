/* SPDX-License-Identifier: Apache-2.0
 *
 * lesson-check.c: a lesson's settings and controls, tried on the lanes that it opens: a teacher who writes one learns of a
 * mistake when the file is read, and not in front of the class when the step is shown.
 */
#include "engine/train/lesson-private.h"

static gboolean
refuse_taking (const MpKeyFile *file,
               const MpEntry   *entry,
               GError         **error,
               char            *reason)
{
  mp_lesson_refuse (file, entry, error, reason);
  g_free (reason);
  return FALSE;
}

/* The lanes of the preset that the key names, in place of those before; without the key those stay. */
static gboolean
open_lanes (MpKeyFile   *file,
            const char  *group,
            const char  *key,
            GPtrArray  **lanes,
            GError     **error)
{
  const MpEntry *entry = mp_key_file_find (file, group, key);
  g_autoptr (GError) reason = NULL;
  GPtrArray *opened;

  if (entry == NULL)
    return TRUE;
  opened = mp_comparison_load (entry->value, NULL, &reason);
  if (opened == NULL)
    return mp_lesson_refuse (file, entry, error, reason->message);
  g_clear_pointer (lanes, g_ptr_array_unref);
  *lanes = opened;
  return TRUE;
}

/* Sets what is set, in the lanes that it is for. Returns: why that is refused, or NULL. */
static char *
try_setting (GPtrArray             *lanes,
             const MpLessonSetting *setting)
{
  guint first = setting->lane > 0 ? setting->lane - 1 : 0, n = 0;
  g_autoptr (GError) error = NULL;

  if (lanes == NULL || lanes->len == 0)
    return g_strdup ("there are no lanes; “preset” of [lesson] or “open” of a step opens some");
  if (setting->lane > lanes->len)
    return g_strdup_printf ("there are lanes from 1 to %u", lanes->len);
  if (g_str_equal (setting->key, "kind"))
    return g_strdup ("a lesson does not change kinds; “open” opens another preset");
  for (guint i = first; i < (setting->lane > 0 ? setting->lane : lanes->len); i++) {
    MpExperiment *lane = g_ptr_array_index (lanes, i);

    if (mp_experiment_find_param (lane, setting->group, setting->key) == NULL)
      continue;
    n++;
    if (setting->value != NULL && !mp_experiment_set_value (lane, setting->group, setting->key, setting->value, &error))
      return g_strdup (error->message);
  }
  /* Who knows what is there instead says so when the missing key is set. */
  if (n == 0 && !mp_experiment_set_value (g_ptr_array_index (lanes, first), setting->group, setting->key,
                                          setting->value != NULL ? setting->value : "", &error))
    return g_strdup (error->message);
  return NULL;
}

static gboolean
try_settings (MpKeyFile   *file,
              const char  *group,
              const char  *key,
              GPtrArray   *lanes,
              GArray      *settings,
              GError     **error)
{
  for (guint i = 0; i < settings->len; i++) {
    char *reason = try_setting (lanes, &g_array_index (settings, MpLessonSetting, i));

    if (reason != NULL)
      return refuse_taking (file, mp_key_file_find (file, group, key), error, reason);
  }
  return TRUE;
}

gboolean
mp_lesson_check (MpKeyFile      *file,
                 const MpLesson *lesson,
                 GError        **error)
{
  g_autoptr (GPtrArray) lanes = NULL;
  guint at = 0;

  if (!open_lanes (file, "lesson", "preset", &lanes, error))
    return FALSE;
  for (guint i = 0; i < file->groups->len; i++) {
    const char *group = g_ptr_array_index (file->groups, i);
    const MpLessonStep *step;

    if (g_str_equal (group, "lesson"))
      continue;
    step = g_ptr_array_index (lesson->steps, at++);
    if (!open_lanes (file, group, "open", &lanes, error)
        || !try_settings (file, group, "set", lanes, step->settings, error)
        || !try_settings (file, group, "controls", lanes, step->controls, error))
      return FALSE;
  }
  return TRUE;
}
