/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/lesson-settings.h"

const char *
mp_lesson_settings_find_preset (const MpLesson *lesson,
                                guint           at,
                                guint          *since)
{
  for (guint i = at + 1; i-- > 0;) {
    const MpLessonStep *step = g_ptr_array_index (lesson->steps, i);

    if (since)
      *since = i;
    if (step->open)
      return step->open;
  }
  return lesson->preset;
}

static void
apply_to (MpExperiment       *experiment,
          guint               lane,
          const MpLessonStep *step)
{
  for (guint i = 0; i < step->settings->len; i++) {
    const MpLessonSetting *setting = &g_array_index (step->settings, MpLessonSetting, i);

    if ((setting->lane == 0 || setting->lane == lane + 1)
        && mp_experiment_find_param (experiment, setting->group, setting->key))
      mp_experiment_set_value (experiment, setting->group, setting->key, setting->value, NULL);
  }
}

static gboolean
restore_value (MpLaneModel  *lane,
               MpExperiment *experiment,
               const char   *group,
               const char   *key,
               GError      **error)
{
  const char *value = mp_experiment_get_string (experiment, group, key);
  MpExperiment *draft = mp_lane_model_get_draft (lane);
  gboolean there = mp_experiment_has_group (draft, group)
                   && (g_str_equal (key, "kind") || mp_experiment_find_param (draft, group, key));

  return (there && g_strcmp0 (mp_experiment_get_string (draft, group, key), value) == 0)
         || mp_lane_model_set_value (lane, group, key, value, error && !*error ? error : NULL);
}

static gboolean
restore_lane (MpLaneModel  *lane,
              MpExperiment *experiment,
              GError      **error)
{
  g_autoptr (GPtrArray) schema = mp_experiment_get_schema (experiment);
  gboolean ok = TRUE;

  for (guint i = 0; i < schema->len; i++) {
    const MpSchemaGroup *group = g_ptr_array_index (schema, i);

    if (group->kind != MP_N_KINDS)
      ok = restore_value (lane, experiment, group->group, "kind", error) && ok;
    for (guint j = 0; j < group->params->len; j++) {
      const MpParam *param = g_ptr_array_index (group->params, j);

      ok = restore_value (lane, experiment, group->group, param->key, error) && ok;
    }
  }
  return ok;
}

gboolean
mp_lesson_settings_restore (const MpLesson *lesson,
                            guint           at,
                            GListModel     *lanes,
                            GError        **error)
{
  guint since = 0;
  const char *preset = mp_lesson_settings_find_preset (lesson, at, &since);
  g_autoptr (GPtrArray) experiments = preset ? mp_comparison_load (preset, NULL, NULL) : NULL;
  gboolean ok = TRUE;

  if (!experiments || experiments->len != g_list_model_get_n_items (lanes))
    return TRUE;
  for (guint i = 0; i < experiments->len; i++) {
    g_autoptr (MpLaneModel) lane = g_list_model_get_item (lanes, i);

    for (guint j = since; j <= at; j++)
      apply_to (g_ptr_array_index (experiments, i), i, g_ptr_array_index (lesson->steps, j));
    ok = restore_lane (lane, g_ptr_array_index (experiments, i), error) && ok;
  }
  return ok;
}

static char **
find_layers (const MpLesson *lesson,
             guint           at)
{
  for (guint i = at + 1; i-- > 0;) {
    const MpLessonStep *step = g_ptr_array_index (lesson->steps, i);

    if (step->layers)
      return step->layers;
  }
  return NULL;
}

gboolean
mp_lesson_settings_choose_layers (const MpLesson *lesson,
                                  guint           at,
                                  MpLaneLayers   *layers)
{
  char **ids = find_layers (lesson, at);
  const char *chosen[] = { [MP_PLACE_BACKGROUND] = NULL, [MP_PLACE_OVERLAY] = NULL, [MP_PLACE_PANEL] = NULL };

  if (!mp_lane_layers_find (layers, MP_LAYER_LATENT)) /* which every lane offers */
    return FALSE;
  if (!ids)
    return TRUE;
  for (guint i = 0; i < mp_lane_layers_get_n (layers, MP_PLACE_OVERLAY); i++) {
    const char *id = mp_lane_layers_get (layers, MP_PLACE_OVERLAY, i)->class->base.id;

    mp_lane_layers_set_overlay (layers, id, g_strv_contains ((const char *const *) ids, id));
  }
  for (guint i = 0; ids[i]; i++) {
    const MpLayerInfo *info = mp_lane_layers_find (layers, ids[i]);

    if (info)
      chosen[mp_drawing_place (info->class->drawing)] = ids[i];
  }
  mp_lane_layers_choose (layers, MP_PLACE_BACKGROUND, chosen[MP_PLACE_BACKGROUND]);
  mp_lane_layers_choose (layers, MP_PLACE_PANEL, chosen[MP_PLACE_PANEL]);
  return TRUE;
}
