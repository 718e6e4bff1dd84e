/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/charts.h"

#include <math.h>
#include <string.h>

#include "ui/columns-layout.h"
#include "ui/export.h"
#include "ui/lane-past.h"

/* What each chart shows. A pattern that ends in "/" takes every curve below it. */
typedef struct
{
  const char *id;
  const char *title;
  const char *subtitle;
  const char *unit;
  const char *patterns[3];
  gboolean    own_scale;
  gboolean    log;
  double      low, high; /* NAN: automatic */
} ChartKind;

static const ChartKind kinds[] = {
  { "losses", N_("Losses"), N_("own scale each"), NULL, { "loss/" }, TRUE, FALSE, NAN, NAN },
  { "mmd2", N_("MMD²"), N_("data space, unbiased"), NULL, { "mmd2" }, FALSE, TRUE, NAN, NAN },
  { "quality", N_("High quality"), N_("modes dashed"), "%", { "share/high_quality", "share/modes" },
    FALSE, FALSE, 0, 100 },
};

struct _MpCharts
{
  GtkWidget parent_instance;

  GListModel  *lanes;
  MpChartLink *link;
  MpChartView *views[G_N_ELEMENTS (kinds)];
  GtkWidget   *logs[G_N_ELEMENTS (kinds)];
  guint        n_curves; /* of all lanes, when the charts were last filled */
  double       smoothing;
};

enum
{
  PROP_0,
  PROP_SMOOTHING,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (MpCharts, mp_charts, GTK_TYPE_WIDGET)

static gboolean
matches (const char *pattern,
         const char *id)
{
  return g_str_has_suffix (pattern, "/") ? g_str_has_prefix (id, pattern) : g_str_equal (id, pattern);
}

/* What tells the curves of one lane apart in a chart; nothing for the first that stands for the lane. */
static const char *
name_curve (const char *id)
{
  if (g_str_equal (id, "loss/critic"))
    return _("critic");
  if (g_str_equal (id, "loss/generator"))
    return _("generator");
  if (g_str_equal (id, "share/modes"))
    return _("modes");
  return NULL;
}

/* "GRAM", or "GRAM (3)" where several lanes have that title. */
static char *
name_lane (MpCharts *self,
           guint     lane)
{
  g_autoptr (MpLaneModel) model = g_list_model_get_item (self->lanes, lane);
  const char *title = mp_lane_model_get_title (model);
  guint same = 0;

  for (guint i = 0; i < g_list_model_get_n_items (self->lanes); i++) {
    g_autoptr (MpLaneModel) other = g_list_model_get_item (self->lanes, i);

    same += g_str_equal (mp_lane_model_get_title (other), title);
  }
  return same > 1 ? g_strdup_printf ("%s (%u)", title, lane + 1) : g_strdup (title);
}

static void
add_curves (MpCharts        *self,
            const ChartKind *kind,
            MpChart         *chart,
            guint            lane)
{
  g_autoptr (MpLaneModel) model = g_list_model_get_item (self->lanes, lane);
  g_autofree char *name = name_lane (self, lane);
  guint64 iteration;
  /* A branch has its parent's colour. */
  guint dash = mp_lane_model_get_parent (model, &iteration) ? MP_DASH_DASHED : MP_DASH_SOLID;

  for (guint p = 0; p < G_N_ELEMENTS (kind->patterns) && kind->patterns[p]; p++)
    for (guint i = 0; i < mp_lane_model_get_n_curves (model); i++) {
      const MpCurve *curve = mp_lane_model_get_curve (model, i);
      g_autofree char *label = NULL;
      const char *word = name_curve (curve->id);

      if (!matches (kind->patterns[p], curve->id))
        continue;
      label = word ? g_strdup_printf ("%s %s", name, word) : NULL;
      mp_chart_add_series (chart, curve->series, label ? label : name, mp_lane_model_get_colour (model), dash);
      dash = MIN (dash + 1, MP_DASH_DOTTED);
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

static void
refill (MpCharts *self)
{
  self->n_curves = count_curves (self);
  for (guint k = 0; k < G_N_ELEMENTS (kinds); k++) {
    MpChart *chart = mp_chart_view_get_chart (self->views[k]);

    mp_chart_clear_series (chart);
    for (guint i = 0; self->lanes && i < g_list_model_get_n_items (self->lanes); i++)
      add_curves (self, &kinds[k], chart, i);
    mp_chart_view_invalidate (self->views[k]);
    mp_chart_view_describe (self->views[k]);
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
  for (guint k = 0; k < G_N_ELEMENTS (kinds); k++)
    mp_chart_view_invalidate (self->views[k]);
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
  for (guint k = 0; k < G_N_ELEMENTS (kinds); k++)
    mp_chart_view_describe (self->views[k]);
}

static void
connect_lane (MpCharts    *self,
              MpLaneModel *model)
{
  g_signal_connect_object (model, "changed-series", G_CALLBACK (changed_series_cb), self, 0);
  g_signal_connect_object (model, "changed-schema", G_CALLBACK (changed_schema_cb), self, 0);
  g_signal_connect_object (model, "notify::state", G_CALLBACK (state_cb), self, 0);
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

static void
log_cb (GtkToggleButton *button,
        GParamSpec      *pspec,
        MpCharts        *self)
{
  for (guint k = 0; k < G_N_ELEMENTS (kinds); k++) {
    gboolean active = gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (self->logs[k]));

    if (self->logs[k] != GTK_WIDGET (button))
      continue;
    mp_chart_set_scale (mp_chart_view_get_chart (self->views[k]), active ? MP_SCALE_LOG : MP_SCALE_LINEAR);
    mp_chart_view_invalidate (self->views[k]);
    mp_chart_view_describe (self->views[k]);
  }
}

static GtkWidget *
new_buttons (MpCharts *self,
             guint     k)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  GtkWidget *menu_button = gtk_menu_button_new ();
  g_autoptr (GMenu) menu = g_menu_new ();
  g_autofree char *label = g_strdup_printf (_("More about “%s”"), _(kinds[k].title));

  self->logs[k] = gtk_toggle_button_new_with_label (_("log"));
  gtk_widget_set_tooltip_text (self->logs[k], _("Logarithmic axis"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->logs[k]), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("Logarithmic axis"), -1);
  gtk_widget_add_css_class (self->logs[k], "flat");
  gtk_widget_add_css_class (self->logs[k], "small");
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->logs[k]), kinds[k].log);
  g_signal_connect (self->logs[k], "notify::active", G_CALLBACK (log_cb), self);

  mp_export_append_menu (menu, "chart");
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (menu_button), "view-more-symbolic");
  gtk_menu_button_set_menu_model (GTK_MENU_BUTTON (menu_button), G_MENU_MODEL (menu));
  gtk_widget_set_tooltip_text (menu_button, _("Export this chart"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (menu_button), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  gtk_widget_add_css_class (menu_button, "flat");
  gtk_widget_add_css_class (menu_button, "small");

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
  MpChart *chart;

  self->views[k] = MP_CHART_VIEW (mp_chart_view_new (self->link));
  chart = mp_chart_view_get_chart (self->views[k]);
  mp_chart_set_unit (chart, kinds[k].unit);
  mp_chart_set_own_scale (chart, kinds[k].own_scale);
  mp_chart_set_scale (chart, kinds[k].log ? MP_SCALE_LOG : MP_SCALE_LINEAR);
  mp_chart_set_y_range (chart, kinds[k].low, kinds[k].high);
  mp_chart_set_smoothing (chart, self->smoothing);
  mp_chart_set_empty_text (chart, _("The curves start with the first iteration."));
  mp_chart_set_title (chart, _(kinds[k].title), _(kinds[k].subtitle));
  mp_chart_view_describe (self->views[k]);

  gtk_widget_add_css_class (overlay, "plotcard");
  g_signal_connect (overlay, "get-child-position", G_CALLBACK (reserve_cb), self->views[k]);
  gtk_overlay_set_child (GTK_OVERLAY (overlay), GTK_WIDGET (self->views[k]));
  gtk_overlay_add_overlay (GTK_OVERLAY (overlay), new_buttons (self, k));
  mp_export_add_actions (overlay, "chart", kinds[k].id, MP_EXPORT_CHART, chart);
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
  for (guint k = 0; k < G_N_ELEMENTS (kinds); k++)
    add_chart (self, k);
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
  for (guint k = 0; k < G_N_ELEMENTS (kinds); k++) {
    mp_chart_set_smoothing (mp_chart_view_get_chart (self->views[k]), tau);
    mp_chart_view_invalidate (self->views[k]);
  }
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SMOOTHING]);
}

void
mp_charts_set_cursor (MpCharts *self,
                      double    iteration)
{
  g_return_if_fail (MP_IS_CHARTS (self));

  mp_chart_link_set_cursor (self->link, iteration);
}

guint
mp_charts_get_n_charts (MpCharts *self)
{
  g_return_val_if_fail (MP_IS_CHARTS (self), 0);

  return G_N_ELEMENTS (kinds);
}

MpChartView *
mp_charts_get_view (MpCharts *self,
                    guint     i)
{
  g_return_val_if_fail (MP_IS_CHARTS (self), NULL);
  g_return_val_if_fail (i < G_N_ELEMENTS (kinds), NULL);

  return self->views[i];
}
