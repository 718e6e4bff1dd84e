/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/lane-titles.h"

#include <inttypes.h>

#include "ui/format.h"
#include "ui/plot/lane-names.h"

void
mp_lane_titles_clear (MpLaneTitles *titles)
{
  g_clear_pointer (&titles->title, g_free);
  g_clear_pointer (&titles->name, g_free);
  g_clear_pointer (&titles->apart, g_free);
  g_clear_pointer (&titles->subtitle, g_free);
}

/* Adds what is not there yet. */
static void
add_parts (GPtrArray  *parts,
           const char *text)
{
  g_auto (GStrv) pieces = g_strsplit (text, " · ", -1);

  for (guint i = 0; pieces[i]; i++)
    if (!g_ptr_array_find_with_equal_func (parts, pieces[i], g_str_equal, NULL))
      g_ptr_array_add (parts, g_strdup (pieces[i]));
}

/* A lane is known by its method; the experiment's title adds nothing where the method has a name. What tells it from
 * others comes before its other settings. */
void
mp_lane_model_update_titles (MpLaneModel *self)
{
  MpLaneTitles *titles = mp_lane_model_get_titles (self);
  MpExperiment *experiment = mp_lane_model_get_experiment (self);
  g_autofree char *settings = mp_format_settings (experiment);
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func (g_free);

  g_free (titles->title);
  titles->title = mp_lane_names_method (experiment);
  if (titles->names_seed)
    g_ptr_array_add (parts, g_strdup_printf (_("seed %" PRId64), mp_experiment_get_int (experiment, "train", "seed")));
  if (titles->apart)
    add_parts (parts, titles->apart);
  add_parts (parts, settings);
  g_ptr_array_add (parts, NULL);
  g_free (titles->subtitle);
  titles->subtitle = g_strjoinv (" · ", (char **) parts->pdata);
  g_object_notify (G_OBJECT (self), "title");
  g_object_notify (G_OBJECT (self), "subtitle");
}

const char *
mp_lane_model_get_title (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), NULL);

  return mp_lane_model_get_titles (self)->title;
}

const char *
mp_lane_model_get_name (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), NULL);

  return mp_lane_model_get_titles (self)->name ? mp_lane_model_get_titles (self)->name
                                               : mp_lane_model_get_titles (self)->title;
}

const char *
mp_lane_model_get_apart (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), NULL);

  return mp_lane_model_get_titles (self)->apart ? mp_lane_model_get_titles (self)->apart : "";
}

void
mp_lane_model_set_name (MpLaneModel *self,
                        const char  *name,
                        const char  *apart)
{
  MpLaneTitles *titles;
  gboolean other;

  g_return_if_fail (MP_IS_LANE_MODEL (self));

  titles = mp_lane_model_get_titles (self);
  other = g_strcmp0 (mp_lane_model_get_apart (self), apart) != 0;
  if (!other && g_strcmp0 (titles->name, name) == 0)
    return;
  g_free (titles->name);
  titles->name = g_strdup (name);
  g_free (titles->apart);
  titles->apart = apart[0] != '\0' ? g_strdup (apart) : NULL;
  if (other)
    mp_lane_model_update_titles (self);
  g_object_notify (G_OBJECT (self), "name");
}

void
mp_lane_model_set_names_seed (MpLaneModel *self,
                              gboolean     names_seed)
{
  g_return_if_fail (MP_IS_LANE_MODEL (self));

  if (mp_lane_model_get_titles (self)->names_seed == names_seed)
    return;
  mp_lane_model_get_titles (self)->names_seed = names_seed;
  mp_lane_model_update_titles (self);
}

const char *
mp_lane_model_get_subtitle (MpLaneModel *self)
{
  g_return_val_if_fail (MP_IS_LANE_MODEL (self), NULL);

  return mp_lane_model_get_titles (self)->subtitle;
}
