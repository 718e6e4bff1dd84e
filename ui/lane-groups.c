/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/lane-groups.h"

#include <math.h>

#include "ui/lane-model.h"
#include "ui/lane-past.h"
#include "ui/plot/lane-names.h"
#include "ui/plot/sweep-picture.h"

/* What makes lanes the same but for their seeds. (transfer full) */
static char *
text_of (MpLaneModel *model)
{
  static const struct
  {
    const char *group, *key, *value;
  } ignored[] = {
    { "experiment", "title", "" },       { "experiment", "summary", "" },   { "experiment", "origin", "ours" },
    { "train", "seed", "0" },            { "train", "iterations", "1" },    { "train", "history", "1" },
    { "train", "checkpoint_every", "0" },
  };
  g_autoptr (MpExperiment) experiment = mp_experiment_copy (mp_lane_model_get_experiment (model));

  for (guint i = 0; i < G_N_ELEMENTS (ignored); i++)
    mp_experiment_set_value (experiment, ignored[i].group, ignored[i].key, ignored[i].value, NULL);
  return mp_experiment_to_text (experiment);
}

static gint64
seed_of (GListModel *lanes,
         guint       lane)
{
  g_autoptr (MpLaneModel) model = g_list_model_get_item (lanes, lane);

  return mp_experiment_get_int (mp_lane_model_get_experiment (model), "train", "seed");
}

/* Two lanes of one seed are one run twice, not a repetition. */
static gboolean
has_seed (GListModel *lanes,
          GArray     *group,
          gint64      seed)
{
  for (guint i = 0; i < group->len; i++)
    if (seed_of (lanes, g_array_index (group, guint, i)) == seed)
      return TRUE;
  return FALSE;
}

static void
unref_group (gpointer group)
{
  g_array_unref (group);
}

GPtrArray *
mp_lane_groups_list (GListModel *lanes)
{
  GPtrArray *groups = g_ptr_array_new_with_free_func (unref_group);
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);

  for (guint lane = 0; lane < g_list_model_get_n_items (lanes); lane++) {
    g_autoptr (MpLaneModel) model = g_list_model_get_item (lanes, lane);
    g_autofree char *text = text_of (model);
    guint64 iteration;
    gboolean branch = mp_lane_model_get_parent (model, &iteration) != NULL, found = FALSE;

    for (guint i = 0; i < groups->len && !branch && !found; i++) {
      GArray *group = g_ptr_array_index (groups, i);

      if (g_strcmp0 (g_ptr_array_index (texts, i), text) != 0 || has_seed (lanes, group, seed_of (lanes, lane)))
        continue;
      g_array_append_val (group, lane);
      found = TRUE;
    }
    if (!found) {
      GArray *group = g_array_new (FALSE, FALSE, sizeof (guint));

      g_array_append_val (group, lane);
      g_ptr_array_add (groups, group);
      g_ptr_array_add (texts, branch ? NULL : g_steal_pointer (&text));
    }
  }
  return groups;
}

static const MpCurve *
find_curve (MpLaneModel *model,
            const char  *id)
{
  for (guint i = 0; i < mp_lane_model_get_n_curves (model); i++)
    if (g_str_equal (mp_lane_model_get_curve (model, i)->id, id))
      return mp_lane_model_get_curve (model, i);
  return NULL;
}

MpSeriesBand *
mp_lane_groups_band (GListModel *lanes,
                     GArray     *group,
                     const char *id)
{
  g_autofree MpSeries **members = g_new (MpSeries *, group->len);

  for (guint i = 0; i < group->len; i++) {
    g_autoptr (MpLaneModel) model = g_list_model_get_item (lanes, g_array_index (group, guint, i));
    const MpCurve *curve = find_curve (model, id);

    if (!curve)
      return NULL;
    members[i] = curve->series;
  }
  return mp_series_band_new (members, group->len);
}

/* ---- names ---- */

void
mp_lane_groups_name (GListModel *lanes)
{
  guint n = g_list_model_get_n_items (lanes);
  g_autofree MpExperiment **experiments = g_new (MpExperiment *, n + 1);
  g_autofree guint64 *branched = g_new (guint64, n + 1);
  g_autoptr (GArray) names = NULL;

  for (guint i = 0; i < n; i++) {
    g_autoptr (MpLaneModel) model = g_list_model_get_item (lanes, i);

    experiments[i] = mp_lane_model_get_experiment (model);
    if (!mp_lane_model_get_parent (model, &branched[i]))
      branched[i] = MP_NO_BRANCH;
  }
  names = mp_lane_names_new (experiments, branched, n);
  for (guint i = 0; i < n; i++) {
    g_autoptr (MpLaneModel) model = g_list_model_get_item (lanes, i);
    const MpLaneName *name = &g_array_index (names, MpLaneName, i);

    mp_lane_model_set_name (model, name->name, name->apart);
  }
}

GtkStringList *
mp_lane_groups_list_names (GListModel *lanes)
{
  GtkStringList *names = gtk_string_list_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (lanes); i++) {
    g_autoptr (MpLaneModel) model = g_list_model_get_item (lanes, i);

    gtk_string_list_take (names, g_strdup_printf (_("Lane %u · %s"), i + 1, mp_lane_model_get_name (model)));
  }
  return names;
}

/* ---- differences ---- */

/* The last finite values of a group's lanes. values: as many as lanes. Returns: how many there are. */
static guint
last_values (GListModel *lanes,
             GArray     *group,
             const char *id,
             double     *values)
{
  guint n = 0;

  for (guint i = 0; i < group->len; i++) {
    g_autoptr (MpLaneModel) model = g_list_model_get_item (lanes, g_array_index (group, guint, i));
    const MpCurve *curve = find_curve (model, id);
    guint64 iteration;

    if (!curve || mp_series_get_n (curve->series) == 0)
      continue;
    mp_series_get (curve->series, mp_series_get_n (curve->series) - 1, &iteration, &values[n]);
    n += isfinite (values[n]);
  }
  return n;
}

char *
mp_lane_groups_dup_title (GListModel *lanes,
                          GArray     *group)
{
  g_autoptr (MpLaneModel) model = g_list_model_get_item (lanes, g_array_index (group, guint, 0));
  const char *title = mp_lane_model_get_title (model), *apart = mp_lane_model_get_apart (model);

  if (group->len == 1)
    return g_strdup (mp_lane_model_get_name (model));
  return g_strdup_printf ("%s%s%s", title, apart[0] ? " · " : "", apart);
}

/* Of one and the same seeds in the same order values are paired. */
static gboolean
same_seeds (GListModel *lanes,
            GArray     *a,
            GArray     *b)
{
  if (a->len != b->len)
    return FALSE;
  for (guint i = 0; i < a->len; i++)
    if (seed_of (lanes, g_array_index (a, guint, i)) != seed_of (lanes, g_array_index (b, guint, i)))
      return FALSE;
  return TRUE;
}

static void
append_difference (GString    *text,
                   GListModel *lanes,
                   GArray     *a,
                   GArray     *b,
                   const char *id)
{
  g_autofree double *values_a = g_new (double, a->len + 1);
  g_autofree double *values_b = g_new (double, b->len + 1);
  guint n_a = last_values (lanes, a, id, values_a), n_b = last_values (lanes, b, id, values_b);
  g_autofree char *title_a = mp_lane_groups_dup_title (lanes, a);
  g_autofree char *title_b = mp_lane_groups_dup_title (lanes, b);
  g_autofree char *words = NULL;
  MpDifference difference;

  if (n_a == 0 || n_b == 0)
    return;
  if (same_seeds (lanes, a, b) && n_a == a->len && n_b == b->len)
    mp_difference_paired (values_a, values_b, n_a, &difference);
  else
    mp_difference_welch (values_a, n_a, values_b, n_b, &difference);
  words = mp_format_difference (&difference);
  g_string_append_printf (text, "%s%s − %s: %s%s", text->len > 0 ? "\n" : "", title_b, title_a, words,
                          difference.paired ? _(" (paired by seed)") : "");
}

char *
mp_lane_groups_compare (GListModel *lanes,
                        const char *id)
{
  g_autoptr (GPtrArray) groups = mp_lane_groups_list (lanes);
  g_autoptr (GString) text = g_string_new (NULL);
  gboolean several = FALSE;

  for (guint i = 0; i < groups->len; i++)
    several |= ((GArray *) g_ptr_array_index (groups, i))->len > 1;
  for (guint i = 0; several && i < groups->len; i++)
    for (guint j = i + 1; j < groups->len; j++)
      append_difference (text, lanes, g_ptr_array_index (groups, i), g_ptr_array_index (groups, j), id);
  return text->len > 0 ? g_string_free (g_steal_pointer (&text), FALSE) : NULL;
}
