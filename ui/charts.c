/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/charts.h"

#include <string.h>

#include "ui/chart-choice.h"
#include "ui/columns-layout.h"
#include "ui/export.h"
#include "ui/format.h"
#include "ui/lane-groups.h"
#include "ui/lane-past.h"
#include "ui/plot/lane-names.h"

#define N_CHARTS 3

struct _MpCharts
{
  GtkWidget parent_instance;

  GListModel  *lanes;
  MpChartLink *link;
  GPtrArray   *choices;            /* of MpChartChoice */
  char        *wanted[N_CHARTS];   /* "mmd2", "mmd2|log", "mmd2|linear": by hand; or NULL */
  MpChartView *views[N_CHARTS];
  GtkMenuButton *choosers[N_CHARTS];
  GtkWidget   *logs[N_CHARTS];
  GtkWidget   *means[N_CHARTS];    /* one switch for all charts */
  GtkMenuButton *differences[N_CHARTS]; /* between groups of such lanes */
  GPtrArray   *bands[N_CHARTS];    /* of MpSeriesBand: lanes that differ only in their seeds, as one */
  gboolean     separate;           /* such lanes are shown one by one */
  MpAxis       axis;
  GPtrArray   *warps;              /* of MpWarp, by lane; NULL: iterations */
  GSimpleAction *shows[N_CHARTS];  /* the choosers' */
  gboolean     filling;
  guint        n_curves; /* of all lanes, when the charts were last filled */
  double       smoothing;
};

enum
{
  PROP_0,
  PROP_SMOOTHING,
  PROP_CHOICES,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (MpCharts, mp_charts, GTK_TYPE_WIDGET)

static guint
count_shown (const MpChartChoice *choice,
             MpLaneModel         *model)
{
  guint n = 0;

  for (guint i = 0; i < mp_lane_model_get_n_curves (model); i++)
    n += mp_chart_choice_shows (choice, model, mp_lane_model_get_curve (model, i));
  return n;
}

/* Lanes that have anything in the chart. */
static guint
count_lanes (MpCharts            *self,
             const MpChartChoice *choice)
{
  guint n = 0;

  for (guint i = 0; i < g_list_model_get_n_items (self->lanes); i++) {
    g_autoptr (MpLaneModel) model = g_list_model_get_item (self->lanes, i);

    n += count_shown (choice, model) > 0;
  }
  return n;
}

static void
add_curve (MpChart             *chart,
           const MpChartChoice *choice,
           MpLaneModel         *model,
           const MpCurve       *curve,
           const char          *name,
           const char          *suffix,
           guint               *dash)
{
  g_autofree char *plain = NULL, *label = NULL, *title = NULL;
  const char *word = mp_lane_names_curve (curve->id);

  if (!word && choice->method && choice->patterns[1])
    word = title = mp_format_short_title (curve->title);
  plain = !word ? g_strdup (name) : name ? g_strdup_printf ("%s %s", name, word) : g_strdup (word);
  label = suffix ? g_strdup_printf (_("%s: %s"), plain, suffix) : g_steal_pointer (&plain);
  mp_chart_add_series (chart, curve->series, label, mp_lane_model_get_colour (model), *dash);
  mp_chart_set_word (chart, mp_chart_get_n_series (chart) - 1, word);
  *dash = MIN (*dash + 1, MP_DASH_DOTTED);
}

/* In the order of the patterns: the first is solid. A lane that is alone in the chart of its method need not be named.
 * Returns whether a lane has several. */
static gboolean
add_curves (MpCharts            *self,
            const MpChartChoice *choice,
            MpChart             *chart,
            guint                lane)
{
  g_autoptr (MpLaneModel) model = g_list_model_get_item (self->lanes, lane);
  gboolean alone = choice->method && choice->patterns[1] && count_lanes (self, choice) == 1;
  guint64 iteration;
  /* A branch has its parent's colour. */
  guint dash = mp_lane_model_get_parent (model, &iteration) ? MP_DASH_DASHED : MP_DASH_SOLID;

  for (guint p = 0; choice->patterns[p]; p++)
    for (guint i = 0; i < mp_lane_model_get_n_curves (model); i++) {
      const MpCurve *curve = mp_lane_model_get_curve (model, i);
      const MpChartChoice one = { .method = choice->method, .patterns = (char *[]) { choice->patterns[p], NULL } };

      if (!mp_chart_choice_shows (&one, model, curve))
        continue;
      add_curve (chart, choice, model, curve, alone ? NULL : mp_lane_model_get_name (model), NULL, &dash);
      if (self->warps && lane < self->warps->len)
        mp_chart_set_warp (chart, mp_chart_get_n_series (chart) - 1, g_ptr_array_index (self->warps, lane));
    }
  return count_shown (choice, model) > 1;
}

/* The curves of lanes that differ only in their seeds as one, each with its band. */
static void
add_group (MpCharts            *self,
           const MpChartChoice *choice,
           guint                k,
           GArray              *group)
{
  guint first = g_array_index (group, guint, 0), dash = MP_DASH_SOLID;
  g_autoptr (MpLaneModel) model = g_list_model_get_item (self->lanes, first);
  MpChart *chart = mp_chart_view_get_chart (self->views[k]);
  g_autofree char *title = mp_lane_groups_dup_title (self->lanes, group);

  for (guint p = 0; choice->patterns[p]; p++)
    for (guint i = 0; i < mp_lane_model_get_n_curves (model); i++) {
      const MpCurve *curve = mp_lane_model_get_curve (model, i);
      const MpChartChoice one = { .method = choice->method, .patterns = (char *[]) { choice->patterns[p], NULL } };
      MpSeriesBand *band = mp_chart_choice_shows (&one, model, curve) ? mp_lane_groups_band (self->lanes, group, curve->id)
                                                                      : NULL;
      g_autofree char *what = band ? mp_series_band_describe (band) : NULL;
      MpCurve mean = *curve;

      if (!band)
        continue;
      mean.series = mp_series_band_get_mean (band);
      add_curve (chart, choice, model, &mean, title, what, &dash);
      mp_chart_set_band (chart, mp_chart_get_n_series (chart) - 1, mp_series_band_get_low (band),
                         mp_series_band_get_high (band));
      g_ptr_array_add (self->bands[k], band);
    }
}

static guint
count_curves (MpCharts *self)
{
  guint n = 0;

  for (guint i = 0; self->lanes && i < g_list_model_get_n_items (self->lanes); i++) {
    g_autoptr (MpLaneModel) model = g_list_model_get_item (self->lanes, i);

    n += mp_lane_model_get_n_curves (model);
  }
  return n;
}

/* Of "mmd2|log": the choice, and the scale that was set by hand. */
static const MpChartChoice *
find_choice (MpCharts *self,
             guint     k,
             MpScale  *scale)
{
  const char *wanted = self->wanted[k], *bar = wanted ? strrchr (wanted, '|') : NULL;
  g_autofree char *id = bar ? g_strndup (wanted, bar - wanted) : g_strdup (wanted);
  const MpChartChoice *choice = mp_chart_choices_find (self->choices, id);

  if (choice && bar)
    *scale = g_str_equal (bar, "|log") ? MP_SCALE_LOG : MP_SCALE_LINEAR;
  else
    *scale = (choice ? choice : mp_chart_choices_preset (self->choices, k))->scale;
  return choice ? choice : mp_chart_choices_preset (self->choices, k);
}

static void
fill_chart (MpCharts *self,
            guint     k)
{
  MpChart *chart = mp_chart_view_get_chart (self->views[k]);
  MpScale scale;
  const MpChartChoice *choice = find_choice (self, k, &scale);
  g_autofree char *label = g_strdup_printf (_("What the chart “%s” shows"), choice->title);
  gboolean several = FALSE, grouped = FALSE;
  /* A mean is over lanes at one iteration, which each of them reaches at a time of its own. */
  gboolean separate = self->separate || self->axis != MP_AXIS_ITERATION;
  g_autoptr (GPtrArray) groups = self->lanes ? mp_lane_groups_list (self->lanes) : g_ptr_array_new ();

  mp_chart_clear_series (chart);
  g_ptr_array_set_size (self->bands[k], 0);
  mp_chart_set_title (chart, choice->title, choice->subtitle);
  mp_chart_set_unit (chart, choice->unit);
  mp_chart_set_own_scale (chart, choice->own_scale);
  mp_chart_set_y_range (chart, choice->low, choice->high);
  mp_chart_set_scale (chart, scale);
  mp_chart_set_axis (chart, self->axis);
  for (guint i = 0; i < groups->len; i++) {
    GArray *group = g_ptr_array_index (groups, i);

    grouped |= group->len > 1;
    if (group->len > 1 && !separate)
      add_group (self, choice, k, group);
    for (guint j = 0; j < group->len && (group->len == 1 || separate); j++)
      several = add_curves (self, choice, chart, g_array_index (group, guint, j)) || several;
  }
  mp_chart_set_legend (chart, (several && choice->method) || (grouped && !separate));
  gtk_widget_queue_resize (GTK_WIDGET (self->views[k]));
  gtk_widget_set_visible (self->means[k], grouped && self->axis == MP_AXIS_ITERATION);
  gtk_widget_set_visible (GTK_WIDGET (self->differences[k]), grouped && groups->len > 1);
  self->filling = TRUE;
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->logs[k]), scale == MP_SCALE_LOG);
  g_simple_action_set_state (self->shows[k], g_variant_new_string (choice->id));
  self->filling = FALSE;
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->choosers[k]), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  mp_chart_view_invalidate (self->views[k]);
  mp_chart_view_describe (self->views[k]);
}

static void
refill (MpCharts *self)
{
  self->n_curves = count_curves (self);
  g_clear_pointer (&self->choices, g_ptr_array_unref);
  self->choices = mp_chart_choices_list (self->lanes);
  for (guint k = 0; k < N_CHARTS; k++) {
    g_autoptr (GMenu) menu = mp_chart_choices_menu (self->choices, "chart.show");

    gtk_menu_button_set_menu_model (self->choosers[k], G_MENU_MODEL (menu));
    fill_chart (self, k);
  }
}

static void
changed_series_cb (MpLaneModel *model,
                   MpCharts    *self)
{
  if (count_curves (self) != self->n_curves) {
    refill (self);
    return;
  }
  for (guint k = 0; k < N_CHARTS; k++) {
    for (guint i = 0; i < self->bands[k]->len; i++)
      mp_series_band_update (g_ptr_array_index (self->bands[k], i));
    mp_chart_view_invalidate (self->views[k]);
  }
}

/* A lane that starts over has new series under the same names. */
static void
changed_schema_cb (MpLaneModel *model,
                   MpCharts    *self)
{
  refill (self);
}

static void
state_cb (MpLaneModel *model,
          GParamSpec  *pspec,
          MpCharts    *self)
{
  for (guint k = 0; k < N_CHARTS; k++)
    mp_chart_view_describe (self->views[k]);
}

/* Legends say it. */
static void
name_cb (MpLaneModel *model,
         GParamSpec  *pspec,
         MpCharts    *self)
{
  for (guint k = 0; k < N_CHARTS; k++)
    fill_chart (self, k);
}

static void
connect_lane (MpCharts    *self,
              MpLaneModel *model)
{
  g_signal_connect_object (model, "changed-series", G_CALLBACK (changed_series_cb), self, 0);
  g_signal_connect_object (model, "changed-schema", G_CALLBACK (changed_schema_cb), self, 0);
  g_signal_connect_object (model, "notify::state", G_CALLBACK (state_cb), self, 0);
  g_signal_connect_object (model, "notify::name", G_CALLBACK (name_cb), self, 0);
}

static void
items_changed_cb (GListModel *lanes,
                  guint       position,
                  guint       n_removed,
                  guint       n_added,
                  MpCharts   *self)
{
  for (guint i = position; i < position + n_added; i++) {
    g_autoptr (MpLaneModel) model = g_list_model_get_item (lanes, i);

    connect_lane (self, model);
  }
  refill (self);
}

/* scale: by hand, or NULL. */
static void
want (MpCharts   *self,
      guint       k,
      const char *id,
      const char *scale)
{
  char *wanted = g_strconcat (id, scale ? "|" : NULL, scale, NULL);

  g_free (self->wanted[k]);
  self->wanted[k] = wanted;
  fill_chart (self, k);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_CHOICES]);
}

static void
log_cb (GtkToggleButton *button,
        GParamSpec      *pspec,
        MpCharts        *self)
{
  for (guint k = 0; k < N_CHARTS && !self->filling; k++)
    if (self->logs[k] == GTK_WIDGET (button)) {
      MpScale scale;
      const MpChartChoice *choice = find_choice (self, k, &scale);

      want (self, k, choice->id, gtk_toggle_button_get_active (button) ? "log" : "linear");
    }
}

static void
means_cb (GtkToggleButton *button,
          GParamSpec      *pspec,
          MpCharts        *self)
{
  gboolean separate = !gtk_toggle_button_get_active (button);

  if (separate == self->separate)
    return;
  self->separate = separate;
  for (guint k = 0; k < N_CHARTS; k++) {
    gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->means[k]), !separate);
    fill_chart (self, k);
  }
}

/* The first curve that the chart shows of any lane. */
static const MpCurve *
find_shown (MpCharts            *self,
            const MpChartChoice *choice)
{
  for (guint lane = 0; lane < g_list_model_get_n_items (self->lanes); lane++) {
    g_autoptr (MpLaneModel) model = g_list_model_get_item (self->lanes, lane);

    for (guint i = 0; i < mp_lane_model_get_n_curves (model); i++)
      if (mp_chart_choice_shows (choice, model, mp_lane_model_get_curve (model, i)))
        return mp_lane_model_get_curve (model, i);
  }
  return NULL;
}

/* What the last values of the lanes say about their differences; made when it is asked for. */
static void
differences_cb (GtkMenuButton *button,
                gpointer       data)
{
  MpCharts *self = data;
  GtkWidget *popover = gtk_popover_new (), *label;
  g_autofree char *words = NULL, *text = NULL;

  for (guint k = 0; k < N_CHARTS; k++)
    if (self->differences[k] == button) {
      MpScale scale;
      const MpCurve *curve = find_shown (self, find_choice (self, k, &scale));

      words = curve ? mp_lane_groups_compare (self->lanes, curve->id) : NULL;
      text = words ? g_strdup_printf (_("%s, difference of the last values:\n%s\n\nIntervals are Student’s over seeds and "
                                        "take normal scatter for granted."), curve->title, words)
                   : g_strdup (_("There is nothing to compare yet."));
    }
  label = gtk_label_new (text);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 60);
  gtk_label_set_selectable (GTK_LABEL (label), TRUE);
  /* A selectable label that gets the keyboard as the popover opens marks all of its text. */
  gtk_widget_set_focusable (label, FALSE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (popover), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
  gtk_widget_add_css_class (label, "numeric");
  gtk_popover_set_child (GTK_POPOVER (popover), label);
  gtk_menu_button_set_popover (button, popover);
}

static void
show_cb (GSimpleAction *action,
         GVariant      *value,
         MpCharts      *self)
{
  for (guint k = 0; k < N_CHARTS; k++)
    if (self->shows[k] == action)
      want (self, k, g_variant_get_string (value, NULL), NULL);
}

static GtkWidget *
new_chooser (MpCharts *self,
             guint     k)
{
  self->choosers[k] = GTK_MENU_BUTTON (gtk_menu_button_new ());
  gtk_menu_button_set_icon_name (self->choosers[k], "pan-down-symbolic");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->choosers[k]), _("Choose what this chart shows"));
  gtk_widget_add_css_class (GTK_WIDGET (self->choosers[k]), "flat");
  gtk_widget_add_css_class (GTK_WIDGET (self->choosers[k]), "small");
  return GTK_WIDGET (self->choosers[k]);
}

static GtkWidget *
new_buttons (MpCharts *self,
             guint     k)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  GtkWidget *menu_button = gtk_menu_button_new ();
  g_autoptr (GMenu) menu = g_menu_new ();

  self->logs[k] = gtk_toggle_button_new_with_label (_("log"));
  gtk_widget_set_tooltip_text (self->logs[k], _("Logarithmic axis"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->logs[k]), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("Logarithmic axis"), -1);
  gtk_widget_add_css_class (self->logs[k], "flat");
  gtk_widget_add_css_class (self->logs[k], "small");
  g_signal_connect (self->logs[k], "notify::active", G_CALLBACK (log_cb), self);

  self->means[k] = gtk_toggle_button_new_with_label (_("mean"));
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->means[k]), TRUE);
  gtk_widget_set_tooltip_text (self->means[k], _("Mean and band of lanes that differ only in their seed"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->means[k]), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("Mean and band of lanes that differ only in their seed"), -1);
  gtk_widget_add_css_class (self->means[k], "flat");
  gtk_widget_add_css_class (self->means[k], "small");
  gtk_widget_set_visible (self->means[k], FALSE);
  g_signal_connect (self->means[k], "notify::active", G_CALLBACK (means_cb), self);
  self->bands[k] = g_ptr_array_new_with_free_func ((GDestroyNotify) mp_series_band_free);
  self->differences[k] = GTK_MENU_BUTTON (gtk_menu_button_new ());
  gtk_menu_button_set_label (self->differences[k], "Δ");
  gtk_menu_button_set_create_popup_func (self->differences[k], differences_cb, self, NULL);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->differences[k]), _("Differences between the means"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->differences[k]), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("Differences between the means"), -1);
  gtk_widget_add_css_class (GTK_WIDGET (self->differences[k]), "flat");
  gtk_widget_add_css_class (GTK_WIDGET (self->differences[k]), "small");
  gtk_widget_set_visible (GTK_WIDGET (self->differences[k]), FALSE);

  mp_export_append_menu (menu, "chart");
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (menu_button), "view-more-symbolic");
  gtk_menu_button_set_menu_model (GTK_MENU_BUTTON (menu_button), G_MENU_MODEL (menu));
  gtk_widget_set_tooltip_text (menu_button, _("Export this chart"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (menu_button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("Export this chart"), -1);
  gtk_widget_add_css_class (menu_button, "flat");
  gtk_widget_add_css_class (menu_button, "small");

  gtk_box_append (GTK_BOX (box), new_chooser (self, k));
  gtk_box_append (GTK_BOX (box), self->means[k]);
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (self->differences[k]));
  gtk_box_append (GTK_BOX (box), self->logs[k]);
  gtk_box_append (GTK_BOX (box), menu_button);
  gtk_widget_set_halign (box, GTK_ALIGN_END);
  gtk_widget_set_valign (box, GTK_ALIGN_START);
  return box;
}

/* Told before each layout how wide the buttons are; their place is left to the overlay. */
static gboolean
reserve_cb (GtkOverlay   *overlay,
            GtkWidget    *buttons,
            GdkRectangle *allocation,
            MpChartView  *view)
{
  int width;

  gtk_widget_measure (buttons, GTK_ORIENTATION_HORIZONTAL, -1, NULL, &width, NULL, NULL);
  mp_chart_view_set_title_reserve (view, width);
  return FALSE;
}

static void
add_chart (MpCharts *self,
           guint     k)
{
  GtkWidget *overlay = gtk_overlay_new ();
  g_autofree char *name = NULL;
  GActionMap *actions;
  MpChart *chart;

  self->views[k] = MP_CHART_VIEW (mp_chart_view_new (self->link));
  chart = mp_chart_view_get_chart (self->views[k]);
  mp_chart_set_smoothing (chart, self->smoothing);
  mp_chart_set_empty_text (chart, _("The curves start with the first iteration."));

  gtk_widget_add_css_class (overlay, "plotcard");
  g_signal_connect (overlay, "get-child-position", G_CALLBACK (reserve_cb), self->views[k]);
  gtk_overlay_set_child (GTK_OVERLAY (overlay), GTK_WIDGET (self->views[k]));
  gtk_overlay_add_overlay (GTK_OVERLAY (overlay), new_buttons (self, k));
  name = g_strdup_printf ("chart-%u", k + 1);
  actions = mp_export_add_actions (overlay, "chart", name, MP_EXPORT_CHART, chart, NULL);
  self->shows[k] = g_simple_action_new_stateful ("show", G_VARIANT_TYPE_STRING, g_variant_new_string (""));
  g_signal_connect (self->shows[k], "change-state", G_CALLBACK (show_cb), self);
  g_action_map_add_action (actions, G_ACTION (self->shows[k]));
  gtk_widget_set_parent (overlay, GTK_WIDGET (self));
}

static void
mp_charts_dispose (GObject *object)
{
  MpCharts *self = MP_CHARTS (object);
  GtkWidget *child;

  mp_charts_set_lanes (self, NULL);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))))
    gtk_widget_unparent (child);
  for (guint k = 0; k < N_CHARTS; k++) {
    if (self->shows[k])
      g_signal_handlers_disconnect_by_data (self->shows[k], self);
    g_clear_object (&self->shows[k]);
    g_clear_pointer (&self->bands[k], g_ptr_array_unref);
    g_clear_pointer (&self->wanted[k], g_free);
  }
  g_clear_pointer (&self->choices, g_ptr_array_unref);
  g_clear_pointer (&self->warps, g_ptr_array_unref);
  g_clear_object (&self->link);
  G_OBJECT_CLASS (mp_charts_parent_class)->dispose (object);
}

static void
mp_charts_get_property (GObject    *object,
                        guint       prop_id,
                        GValue     *value,
                        GParamSpec *pspec)
{
  if (prop_id == PROP_SMOOTHING)
    g_value_set_double (value, mp_charts_get_smoothing (MP_CHARTS (object)));
  else if (prop_id == PROP_CHOICES)
    g_value_take_boxed (value, mp_charts_dup_choices (MP_CHARTS (object)));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
mp_charts_set_property (GObject      *object,
                        guint         prop_id,
                        const GValue *value,
                        GParamSpec   *pspec)
{
  if (prop_id == PROP_SMOOTHING)
    mp_charts_set_smoothing (MP_CHARTS (object), g_value_get_double (value));
  else if (prop_id == PROP_CHOICES)
    mp_charts_set_choices (MP_CHARTS (object), g_value_get_boxed (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
mp_charts_class_init (MpChartsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = mp_charts_dispose;
  object_class->get_property = mp_charts_get_property;
  object_class->set_property = mp_charts_set_property;
  props[PROP_SMOOTHING] = g_param_spec_double ("smoothing", NULL, NULL, 0, G_MAXDOUBLE, 0,
                                               G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  props[PROP_CHOICES] = g_param_spec_boxed ("choices", NULL, NULL, G_TYPE_STRV,
                                            G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
  gtk_widget_class_set_layout_manager_type (widget_class, MP_TYPE_COLUMNS_LAYOUT);
  gtk_widget_class_set_css_name (widget_class, "charts");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
}

static void
mp_charts_init (MpCharts *self)
{
  self->link = mp_chart_link_new ();
  mp_columns_layout_set_width (MP_COLUMNS_LAYOUT (gtk_widget_get_layout_manager (GTK_WIDGET (self))), 250);
  for (guint k = 0; k < N_CHARTS; k++)
    add_chart (self, k);
  refill (self);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Charts of all lanes"), -1);
}

GtkWidget *
mp_charts_new (void)
{
  return g_object_new (MP_TYPE_CHARTS, NULL);
}

void
mp_charts_set_lanes (MpCharts   *self,
                     GListModel *lanes)
{
  g_return_if_fail (MP_IS_CHARTS (self));

  if (self->lanes == lanes)
    return;
  if (self->lanes) {
    g_signal_handlers_disconnect_by_data (self->lanes, self);
    for (guint i = 0; i < g_list_model_get_n_items (self->lanes); i++) {
      g_autoptr (MpLaneModel) model = g_list_model_get_item (self->lanes, i);

      g_signal_handlers_disconnect_by_data (model, self);
    }
  }
  g_set_object (&self->lanes, lanes);
  if (!lanes)
    return;
  g_signal_connect (lanes, "items-changed", G_CALLBACK (items_changed_cb), self);
  items_changed_cb (lanes, 0, 0, g_list_model_get_n_items (lanes), self);
}

double
mp_charts_get_smoothing (MpCharts *self)
{
  g_return_val_if_fail (MP_IS_CHARTS (self), 0);

  return self->smoothing;
}

void
mp_charts_set_smoothing (MpCharts *self,
                         double    tau)
{
  g_return_if_fail (MP_IS_CHARTS (self));
  g_return_if_fail (tau >= 0);

  if (self->smoothing == tau)
    return;
  self->smoothing = tau;
  for (guint k = 0; k < N_CHARTS; k++) {
    mp_chart_set_smoothing (mp_chart_view_get_chart (self->views[k]), tau);
    mp_chart_view_invalidate (self->views[k]);
  }
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SMOOTHING]);
}

void
mp_charts_set_axis (MpCharts  *self,
                    MpAxis     axis,
                    GPtrArray *warps)
{
  g_return_if_fail (MP_IS_CHARTS (self));
  g_return_if_fail ((axis == MP_AXIS_ITERATION) == (warps == NULL));

  if (self->axis == axis && self->warps == warps)
    return;
  if (self->axis != axis)
    mp_chart_link_reset_range (self->link);
  self->axis = axis;
  g_clear_pointer (&self->warps, g_ptr_array_unref);
  self->warps = warps ? g_ptr_array_ref (warps) : NULL;
  for (guint k = 0; k < N_CHARTS; k++)
    fill_chart (self, k);
}

void
mp_charts_set_cursor (MpCharts *self,
                      double    along)
{
  g_return_if_fail (MP_IS_CHARTS (self));

  mp_chart_link_set_cursor (self->link, along);
}

char **
mp_charts_dup_choices (MpCharts *self)
{
  char **choices;

  g_return_val_if_fail (MP_IS_CHARTS (self), NULL);

  choices = g_new0 (char *, N_CHARTS + 1);
  for (guint k = 0; k < N_CHARTS; k++)
    choices[k] = g_strdup (self->wanted[k] ? self->wanted[k] : "");
  return choices;
}

void
mp_charts_set_choices (MpCharts          *self,
                       const char *const *choices)
{
  guint n = choices ? g_strv_length ((char **) choices) : 0;

  g_return_if_fail (MP_IS_CHARTS (self));

  for (guint k = 0; k < N_CHARTS; k++) {
    g_clear_pointer (&self->wanted[k], g_free);
    self->wanted[k] = k < n && choices[k][0] ? g_strdup (choices[k]) : NULL;
    fill_chart (self, k);
  }
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_CHOICES]);
}

guint
mp_charts_get_n_charts (MpCharts *self)
{
  g_return_val_if_fail (MP_IS_CHARTS (self), 0);

  return N_CHARTS;
}

MpChartView *
mp_charts_get_view (MpCharts *self,
                    guint     i)
{
  g_return_val_if_fail (MP_IS_CHARTS (self), NULL);
  g_return_val_if_fail (i < N_CHARTS, NULL);

  return self->views[i];
}
