/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/lane-curves.h"

static void
curve_free (gpointer data)
{
  MpCurve *curve = data;

  g_free (curve->id);
  g_free (curve->title);
  g_free (curve->unit);
  mp_series_unref (curve->series);
  g_free (curve);
}

GPtrArray *
mp_lane_curves_new (void)
{
  return g_ptr_array_new_with_free_func (curve_free);
}

guint
mp_lane_model_get_n_curves (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), 0);

  return mp_lane_model_get_curves (self)->len;
}

const MpCurve *
mp_lane_model_get_curve (MpLaneModel *self,
                         guint        i)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), NULL);
  g_return_val_if_fail (i < mp_lane_model_get_curves (self)->len, NULL);

  return g_ptr_array_index (mp_lane_model_get_curves (self), i);
}

const MpCurve *
mp_lane_model_find_curve (MpLaneModel *self,
                          const char  *id)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), NULL);

  for (guint i = 0; i < mp_lane_model_get_curves (self)->len; i++) {
    const MpCurve *curve = g_ptr_array_index (mp_lane_model_get_curves (self), i);

    if (g_str_equal (curve->id, id))
      return curve;
  }
  return NULL;
}

guint
mp_lane_model_add_curve (MpLaneModel        *self,
                         const MpSeriesInfo *info)
{
  MpCurve *curve;

  g_return_val_if_fail (MP_IS_LANE_MODEL (self), 0);
  g_return_val_if_fail (info != NULL, 0);

  curve = g_new0 (MpCurve, 1);
  curve->id = g_strdup (info->id);
  curve->title = g_strdup (g_dgettext (GETTEXT_PACKAGE, info->title));
  curve->unit = g_strdup (info->unit ? g_dgettext (GETTEXT_PACKAGE, info->unit) : NULL);
  curve->better = info->better;
  curve->series = mp_series_new ();
  g_ptr_array_add (mp_lane_model_get_curves (self), curve);
  return mp_lane_model_get_curves (self)->len - 1;
}

void
mp_lane_model_take_curve (MpLaneModel        *self,
                          const MpSeriesInfo *info,
                          MpSeries           *series)
{
  MpCurve *curve;
  guint index;

  g_return_if_fail (MP_IS_LANE_MODEL (self));

  index = mp_lane_model_adopt_curve (self, info);
  curve = g_ptr_array_index (mp_lane_model_get_curves (self), index);
  mp_series_unref (curve->series);
  curve->series = series;
}

guint
mp_lane_model_adopt_curve (MpLaneModel        *self,
                           const MpSeriesInfo *info)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), 0);
  g_return_val_if_fail (info != NULL, 0);

  for (guint i = 0; i < mp_lane_model_get_curves (self)->len; i++) {
    MpCurve *curve = g_ptr_array_index (mp_lane_model_get_curves (self), i);

    if (!g_str_equal (curve->id, info->id))
      continue;
    g_free (curve->title);
    curve->title = g_strdup (g_dgettext (GETTEXT_PACKAGE, info->title));
    curve->better = info->better;
    return i;
  }
  return mp_lane_model_add_curve (self, info);
}

static void
append_share (MpLaneModel *self,
              const char  *id,
              const char  *title,
              guint64      iteration,
              double       percent)
{
  const MpCurve *curve = mp_lane_model_find_curve (self, id);

  if (!curve) {
    MpSeriesInfo info = { .id = id, .title = title, .unit = "%", .better = MP_HIGHER_IS_BETTER };

    curve = mp_lane_model_get_curve (self, mp_lane_model_add_curve (self, &info));
  }
  mp_series_append (curve->series, iteration, percent);
}

void
mp_lane_model_append (MpLaneModel *self,
                      guint        curve,
                      guint64      iteration,
                      double       value)
{
  const MpCurve *appended;
  gint64 n_modes;

  g_return_if_fail (MP_IS_LANE_MODEL (self));
  g_return_if_fail (curve < mp_lane_model_get_curves (self)->len);

  appended = g_ptr_array_index (mp_lane_model_get_curves (self), curve);
  n_modes = mp_lane_model_get_live_progress (self)->n_modes;
  mp_series_append (appended->series, iteration, value);
  if (g_str_equal (appended->id, "modes") && n_modes > 0)
    append_share (self, "share/modes", _("Modes covered"), iteration, 100 * value / (double) n_modes);
  else if (g_str_equal (appended->id, "high_quality"))
    append_share (self, "share/high_quality", _("High quality"), iteration, 100 * value);
}
