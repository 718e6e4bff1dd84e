/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/chart-choice.h"

#include <math.h>
#include <string.h>

#include "engine/metrics/metric.h"
#include "ui/format.h"

/* The charts that compare any lanes. */
static const struct
{
  const char *id, *title, *subtitle, *unit, *patterns[3];
  gboolean    own_scale, log;
  double      low, high;
} standing[] = {
  { "losses", N_("Losses"), N_("own scale each"), NULL, { "loss/" }, TRUE, FALSE, NAN, NAN },
  { "mmd2", N_("MMD²"), NULL, NULL, { "mmd2" }, FALSE, TRUE, NAN, NAN },
  { "quality", N_("High quality"), NULL, "%", { "share/high_quality", "share/modes" }, FALSE, FALSE, 0, 100 },
};

static void
choice_free (gpointer data)
{
  MpChartChoice *choice = data;

  g_free (choice->id);
  g_free (choice->group);
  g_free (choice->label);
  g_free (choice->title);
  g_free (choice->subtitle);
  g_free (choice->unit);
  g_strfreev (choice->patterns);
  g_free (choice);
}

static gboolean
matches (const char *pattern,
         const char *id)
{
  return g_str_has_suffix (pattern, "/") ? g_str_has_prefix (id, pattern) : g_str_equal (id, pattern);
}

static const char *
get_method (MpLaneModel *lane)
{
  return mp_experiment_get_string (mp_lane_model_get_experiment (lane), "method", "kind");
}

gboolean
mp_chart_choice_shows (const MpChartChoice *self,
                       MpLaneModel         *lane,
                       const MpCurve       *curve)
{
  if (self->method && !g_str_equal (self->method, get_method (lane)))
    return FALSE;
  for (guint i = 0; self->patterns[i]; i++)
    if (matches (self->patterns[i], curve->id))
      return TRUE;
  return FALSE;
}

static MpChartChoice *
add (GPtrArray         *choices,
     char              *id,
     const char        *title,
     const char *const *patterns)
{
  MpChartChoice *choice = g_new0 (MpChartChoice, 1);

  choice->id = id;
  choice->label = g_strdup (title);
  choice->title = g_strdup (title);
  choice->patterns = g_strdupv ((char **) patterns);
  choice->low = choice->high = NAN;
  g_ptr_array_add (choices, choice);
  return choice;
}

/* What the metric of that name says beside its title, or NULL. */
static char *
dup_note (const char *id)
{
  const MpMetric *metric = (const MpMetric *) mp_registry_find (MP_KIND_METRIC, id);

  return metric && metric->note ? g_strdup (g_dgettext (GETTEXT_PACKAGE, metric->note)) : NULL;
}

static void
add_standing (GPtrArray *choices)
{
  for (guint i = 0; i < G_N_ELEMENTS (standing); i++) {
    MpChartChoice *choice = add (choices, g_strdup (standing[i].id), _(standing[i].title), standing[i].patterns);

    choice->subtitle = standing[i].subtitle ? g_strdup (_(standing[i].subtitle)) : dup_note (standing[i].patterns[0]);
    choice->unit = g_strdup (standing[i].unit);
    choice->own_scale = standing[i].own_scale;
    choice->scale = standing[i].log ? MP_SCALE_LOG : MP_SCALE_LINEAR;
    choice->low = standing[i].low;
    choice->high = standing[i].high;
  }
}

/* "MMD² (data space, unbiased)": what is in brackets becomes the subtitle. */
static void
split_title (MpChartChoice *choice,
             const char    *title)
{
  const char *bracket = strstr (title, " ("), *end = bracket ? strrchr (bracket, ')') : NULL;

  g_free (choice->title);
  choice->title = mp_format_short_title (title);
  if (bracket && end > bracket + 2)
    choice->subtitle = g_strndup (bracket + 2, end - bracket - 2);
}

static MpChartChoice *
add_series (GPtrArray     *choices,
            const MpCurve *curve,
            const char    *method,
            const char    *group)
{
  const char *patterns[] = { curve->id, NULL };
  g_autofree char *id = g_strdup_printf ("%s/%s", method ? method : "measure", curve->id);
  MpChartChoice *choice;

  if (mp_chart_choices_find (choices, id))
    return NULL;
  choice = add (choices, g_steal_pointer (&id), curve->title, patterns);
  split_title (choice, curve->title);
  g_free (choice->label);
  choice->label = g_strdup (choice->title);
  choice->group = g_strdup (group);
  choice->method = g_intern_string (method);
  choice->unit = g_strdup (curve->unit);
  return choice;
}

/* A measure of all lanes, on an axis that has room for what any of them can reach. */
static void
add_metric (GPtrArray     *choices,
            const MpCurve *curve,
            GListModel    *lanes)
{
  const MpMetric *metric = (const MpMetric *) mp_registry_find (MP_KIND_METRIC, curve->id);
  MpChartChoice *choice = add_series (choices, curve, NULL, _("All lanes"));
  gint64 n_modes = 0;

  if (!choice)
    return;
  for (guint i = 0; i < g_list_model_get_n_items (lanes); i++) {
    g_autoptr (MpLaneModel) lane = g_list_model_get_item (lanes, i);

    n_modes = MAX (n_modes, mp_lane_model_get_live_progress (lane)->n_modes);
  }
  mp_metric_get_range (metric, n_modes, &choice->low, &choice->high);
  if (!choice->subtitle)
    choice->subtitle = dup_note (curve->id);
}

/* The charts of the method's paper, as far as the lane has their series. */
static void
add_method_charts (GPtrArray   *choices,
                   MpLaneModel *lane)
{
  const char *id = get_method (lane);
  const MpMethod *method = (const MpMethod *) mp_registry_find (MP_KIND_METHOD, id);

  for (guint i = 0; method && i < method->n_charts; i++) {
    const MpMethodChart *chart = &method->charts[i];
    g_autofree char *name = g_strdup_printf ("%s#%u", id, i);
    const char *title = g_dgettext (GETTEXT_PACKAGE, chart->title);
    MpChartChoice *choice;
    guint found = 0;

    for (guint k = 0; chart->series[k]; k++)
      found += mp_lane_model_find_curve (lane, chart->series[k]) != NULL;
    if (found == 0 || mp_chart_choices_find (choices, name))
      continue;
    choice = add (choices, g_steal_pointer (&name), title, chart->series);
    split_title (choice, title);
    choice->group = g_strdup (mp_lane_model_get_title (lane));
    choice->method = g_intern_string (id);
    choice->scale = chart->logarithmic ? MP_SCALE_LOG : MP_SCALE_LINEAR;
  }
}

GPtrArray *
mp_chart_choices_list (GListModel *lanes)
{
  GPtrArray *choices = g_ptr_array_new_with_free_func (choice_free);
  guint n = lanes ? g_list_model_get_n_items (lanes) : 0;

  add_standing (choices);
  for (guint i = 0; i < n; i++) {
    g_autoptr (MpLaneModel) lane = g_list_model_get_item (lanes, i);

    for (guint k = 0; k < mp_lane_model_get_n_curves (lane); k++) {
      const MpCurve *curve = mp_lane_model_get_curve (lane, k);

      if (mp_registry_find (MP_KIND_METRIC, curve->id))
        add_metric (choices, curve, lanes);
    }
  }
  for (guint i = 0; i < n; i++) {
    g_autoptr (MpLaneModel) lane = g_list_model_get_item (lanes, i);

    add_method_charts (choices, lane);
    for (guint k = 0; k < mp_lane_model_get_n_curves (lane); k++) {
      const MpCurve *curve = mp_lane_model_get_curve (lane, k);

      if (!mp_registry_find (MP_KIND_METRIC, curve->id) && !g_str_has_prefix (curve->id, "share/modes") &&
          !g_str_has_prefix (curve->id, "share/high_quality"))
        add_series (choices, curve, get_method (lane), mp_lane_model_get_title (lane));
    }
  }
  return choices;
}

const MpChartChoice *
mp_chart_choices_find (GPtrArray  *choices,
                       const char *id)
{
  for (guint i = 0; id && i < choices->len; i++) {
    const MpChartChoice *choice = g_ptr_array_index (choices, i);

    if (g_str_equal (choice->id, id))
      return choice;
  }
  return NULL;
}

/* Where all lanes are of one method, its own chart says more than losses on scales of their own. */
const MpChartChoice *
mp_chart_choices_preset (GPtrArray *choices,
                         guint      k)
{
  const char *method = NULL;

  for (guint i = 0; k == 0 && i < choices->len; i++) {
    const MpChartChoice *choice = g_ptr_array_index (choices, i);

    if (!choice->method)
      continue;
    if (method && !g_str_equal (choice->method, method))
      break;
    method = choice->method;
    if (strchr (choice->id, '#') &&
        g_str_equal (((MpChartChoice *) g_ptr_array_index (choices, choices->len - 1))->method, method))
      return choice;
  }
  return k < choices->len ? g_ptr_array_index (choices, k) : NULL;
}

GMenu *
mp_chart_choices_menu (GPtrArray  *choices,
                       const char *action)
{
  GMenu *menu = g_menu_new (), *section = g_menu_new ();
  g_autoptr (GHashTable) groups = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_object_unref);

  g_menu_append_section (menu, NULL, G_MENU_MODEL (section));
  for (guint i = 0; i < choices->len; i++) {
    const MpChartChoice *choice = g_ptr_array_index (choices, i);
    g_autoptr (GMenuItem) item = g_menu_item_new (choice->label, NULL);
    GMenu *group;

    g_menu_item_set_action_and_target (item, action, "s", choice->id);
    if (!choice->group) {
      g_menu_append_item (section, item);
      continue;
    }
    /* One for each title: lanes of one method may have other lanes between them, and further series. */
    group = g_hash_table_lookup (groups, choice->group);
    if (!group) {
      group = g_menu_new ();
      g_hash_table_insert (groups, choice->group, group);
      g_menu_append_submenu (menu, choice->group, G_MENU_MODEL (group));
    }
    g_menu_append_item (group, item);
  }
  g_object_unref (section);
  return menu;
}
