/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/lane-plots.h"

#include <inttypes.h>
#include <math.h>

#include "ui/format.h"
#include "ui/lane-past.h"
#include "ui/pair-layout.h"
#include "ui/plot-view.h"
#include "ui/plot/layer-plot.h"
#include "ui/plot/plot-format.h"
#include "ui/plot/plot-text.h"
#include "ui/scatter-view.h"

#define REACH 9           /* how near to a point the pointer must be */
#define SMALLEST_PANEL 96
#define SHOWN_LATENTS 4   /* numbers of a latent in a readout */

/* What is under the pointer. */
typedef struct
{
  gboolean     beside;    /* in the panel, not in the plot */
  double       x, y;      /* in that widget */
  gboolean     is_point;
  MpPointsRole role;
  gsize        index;
  GStrv        lines;     /* NULL: nothing is */
} Hover;

struct _MpLanePlots
{
  GtkWidget parent_instance;

  MpLaneModel   *model;
  const MpLayer *background;  /* what the heat map was made from */
  gboolean       stale;       /* a snapshot came while nobody looked */
  MpPanel       *panel;
  guint          n_overlays;  /* in the legend, when it was measured */
  Hover          hover;

  GtkWidget     *pair;
  MpScatterView *scatter;
  MpPlotView    *beside;
  MpPlotView    *legend;
};

static guint coloured_signal;

G_DEFINE_FINAL_TYPE (MpLanePlots, mp_lane_plots, GTK_TYPE_WIDGET)

static MpScatter *
get_scatter (MpLanePlots *self)
{
  return mp_scatter_view_get_scatter (self->scatter);
}

static MpLaneLayers *
get_layers (MpLanePlots *self)
{
  return mp_lane_model_get_layers (self->model);
}

/* ---- content ---- */

static void
update_background (MpLanePlots *self,
                   gboolean     force)
{
  MpLaneLayers *layers = get_layers (self);
  const MpLayer *background = mp_lane_layers_get_arrived (layers,
                                                          mp_lane_layers_get_chosen (layers, MP_PLACE_BACKGROUND));
  g_autoptr (MpHeatMap) heat_map = NULL;

  if (background == self->background && !force)
    return;
  self->background = background;
  if (background)
    heat_map = mp_layer_make_heat_map (background);
  if (heat_map)
    mp_heat_map_set_levels (heat_map, mp_lane_layers_get_levels (layers));
  mp_scatter_set_heat_map (get_scatter (self), heat_map);
  g_signal_emit (self, coloured_signal, 0);
}

static void
update_overlays (MpLanePlots *self)
{
  MpLaneLayers *layers = get_layers (self);
  MpScatter *scatter = get_scatter (self);
  gboolean had = mp_scatter_get_n_overlays (scatter) > 0;
  guint arrows = 0, n;

  mp_scatter_clear_overlays (scatter);
  for (guint i = 0; i < mp_lane_layers_get_n (layers, MP_PLACE_OVERLAY); i++) {
    const char *id = mp_lane_layers_get (layers, MP_PLACE_OVERLAY, i)->class->base.id;
    const MpLayer *layer = mp_lane_layers_get_overlay (layers, id) ? mp_lane_layers_get_arrived (layers, id) : NULL;

    if (!layer)
      continue;
    mp_layer_add_overlay (layer, scatter, arrows);
    arrows += layer->class->drawing == MP_DRAW_ARROWS;
  }
  if (!had && mp_scatter_get_n_overlays (scatter) == 0)
    return;
  gtk_widget_set_visible (GTK_WIDGET (self->legend), mp_scatter_get_n_overlays (scatter) > 0);
  mp_plot_view_invalidate (self->legend);
  /* entries may have come or grown past the end of a line; the numbers in them change all the time */
  n = mp_scatter_get_n_overlays (scatter);
  if (n != self->n_overlays)
    gtk_widget_queue_resize (GTK_WIDGET (self->legend));
  self->n_overlays = n;
}

static void
fill_latents (MpLanePlots *self,
              MpSnapshot  *snapshot)
{
  g_autofree char *detail = NULL;

  if (snapshot->n_latent > 2)
    /* Translators: the first two of so many coordinates are shown */
    detail = g_strdup_printf (_("2 of %" PRId64 " dimensions"), snapshot->n_latent);
  mp_panel_begin (self->panel, MP_PANEL_SPACE, _("Latent space"), detail, 1);
  mp_panel_set_space (self->panel, 0, NULL, NULL, 0, snapshot->latents, snapshot->n_samples, MAX (snapshot->n_latent, 1),
                      NULL, NULL);
}

static void
update_panel (MpLanePlots *self)
{
  MpLaneLayers *layers = get_layers (self);
  MpSnapshot *snapshot = mp_lane_model_get_snapshot (self->model);
  const char *id = mp_lane_layers_get_chosen (layers, MP_PLACE_PANEL);
  const MpLayer *layer = mp_lane_layers_get_arrived (layers, id);
  gboolean latent = g_strcmp0 (id, MP_LAYER_LATENT) == 0 && snapshot && snapshot->latents;

  gtk_widget_set_visible (GTK_WIDGET (self->beside), id != NULL);
  if (latent)
    fill_latents (self, snapshot);
  else if (layer)
    mp_layer_fill_panel (layer, self->panel);
  else if (mp_panel_get_kind (self->panel) != MP_PANEL_EMPTY)
    mp_panel_begin (self->panel, MP_PANEL_EMPTY, NULL, NULL, 0);
  mp_panel_set_empty (self->panel, mp_lane_model_is_past (self->model)
                                   ? _("Moments keep the points and the background. This comes back with Live.") : NULL);
  mp_panel_set_scale (self->panel, mp_lane_layers_get_log (layers) ? MP_SCALE_LOG : MP_SCALE_LINEAR);
  mp_plot_view_invalidate (self->beside);
}

static void update_hover (MpLanePlots *self);

static void
update_plots (MpLanePlots *self)
{
  MpSnapshot *snapshot = mp_lane_model_get_snapshot (self->model);
  MpScatter *scatter = get_scatter (self);
  gint64 dimensions = snapshot ? snapshot->dimensions : 2;

  self->stale = !gtk_widget_get_mapped (GTK_WIDGET (self));
  if (self->stale)
    return;
  mp_scatter_set_points (scatter, MP_POINTS_DATA, snapshot ? snapshot->data : NULL, snapshot ? snapshot->n_data : 0,
                         dimensions);
  mp_scatter_set_points (scatter, MP_POINTS_SAMPLES, snapshot ? snapshot->samples : NULL,
                         snapshot ? snapshot->n_samples : 0, dimensions);
  update_background (self, FALSE);
  update_overlays (self);
  update_panel (self);
  mp_scatter_view_invalidate (self->scatter);
  if (self->hover.lines)
    update_hover (self); /* what is under a resting pointer moves on */
}

static void
layers_changed_cb (MpLanePlots *self)
{
  update_background (self, TRUE);
  update_plots (self);
}

static void
drawn_cb (gpointer data)
{
  MpLanePlots *self = data;

  mp_lane_model_set_drawn (self->model, TRUE);
}

/* ---- what is under the pointer ---- */

static void
add_line (GPtrArray *lines,
          char      *line)
{
  g_ptr_array_add (lines, line);
}

static char *
format_place (double x,
              double y)
{
  g_autofree char *across = mp_format_value (x, 3), *up = mp_format_value (y, 3);

  return g_strdup_printf ("(%s, %s)", across, up);
}

/* "z (0.12, −1.30, 0.44, 2.01, … 12 more)" */
static char *
format_latent (const float *latent,
               gint64       n)
{
  GString *text = g_string_new ("z (");

  for (gint64 i = 0; i < MIN (n, SHOWN_LATENTS); i++) {
    g_autofree char *value = mp_format_value (latent[i], 3);

    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", value);
  }
  if (n > SHOWN_LATENTS) {
    g_autofree char *more = g_strdup_printf (_("… %" PRId64 " more"), n - SHOWN_LATENTS);

    g_string_append_printf (text, ", %s", more);
  }
  g_string_append_c (text, ')');
  return g_string_free (text, FALSE);
}

static void
describe_surface (MpLanePlots *self,
                  GPtrArray   *lines,
                  double       x,
                  double       y)
{
  MpHeatMap *heat_map = mp_scatter_get_heat_map (get_scatter (self));
  double value = heat_map ? mp_heat_map_sample (heat_map, x, y) : NAN;
  g_autofree char *title = NULL, *number = NULL;

  if (isnan (value))
    return;
  title = mp_format_short_title (mp_heat_map_get_title (heat_map));
  number = mp_format_value (value, 3);
  add_line (lines, g_strdup_printf ("%s %s", title, number));
}

static void
describe_point (MpLanePlots  *self,
                GPtrArray    *lines,
                MpPointsRole  role,
                gsize         index)
{
  MpSnapshot *snapshot = mp_lane_model_get_snapshot (self->model);
  gboolean sample = role == MP_POINTS_SAMPLES;
  const float *values = snapshot ? sample ? snapshot->samples : snapshot->data : NULL;
  gint64 n = !snapshot ? 0 : sample ? snapshot->n_samples : snapshot->n_data;
  double x, y;

  if (!values || (gint64) index >= n)
    return;
  x = values[index * snapshot->dimensions];
  y = snapshot->dimensions > 1 ? values[index * snapshot->dimensions + 1] : NAN;
  add_line (lines, g_strdup_printf (sample ? _("sample %" PRIu64) : _("data point %" PRIu64), (guint64) index + 1));
  add_line (lines, isnan (y) ? mp_format_value (x, 3) : format_place (x, y));
  if (sample && snapshot->latents && snapshot->n_latent > 0)
    add_line (lines, format_latent (snapshot->latents + index * snapshot->n_latent, snapshot->n_latent));
  if (snapshot->dimensions == 2)
    describe_surface (self, lines, x, y);
}

static void
hover_plot (MpLanePlots *self,
            GPtrArray   *lines)
{
  GtkWidget *widget = GTK_WIDGET (self->scatter);
  double width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget), x, y;
  Hover *hover = &self->hover;

  if (width < 1 || height < 1)
    return;
  if (mp_scatter_pick (get_scatter (self), width, height, hover->x, hover->y, REACH, &hover->role, &hover->index)) {
    hover->is_point = TRUE;
    describe_point (self, lines, hover->role, hover->index);
    return;
  }
  mp_scatter_to_data (get_scatter (self), width, height, hover->x, hover->y, &x, &y);
  if (mp_scatter_get_heat_map (get_scatter (self))) {
    add_line (lines, format_place (x, y));
    describe_surface (self, lines, x, y);
  }
}

static void
hover_panel (MpLanePlots *self,
             GPtrArray   *lines)
{
  GtkWidget *widget = GTK_WIDGET (self->beside);
  Hover *hover = &self->hover;
  MpPlotStyle style;
  MpPanelHit hit;

  mp_plot_style_for_widget (&style, widget);
  if (!mp_panel_hit (self->panel, gtk_widget_get_width (widget), gtk_widget_get_height (widget), &style, hover->x,
                     hover->y, &hit))
    return;
  if (mp_panel_get_kind (self->panel) != MP_PANEL_SPACE) {
    char *line = mp_panel_describe_hit (self->panel, &hit);

    if (line)
      add_line (lines, line);
  } else if (hit.index >= 0) {
    hover->is_point = TRUE;
    hover->role = hit.role;
    hover->index = (gsize) hit.index;
    describe_point (self, lines, hover->role, hover->index);
  }
}

static void
draw_above (MpLanePlots       *self,
            gboolean           beside,
            cairo_t           *cr,
            double             width,
            double             height,
            const MpPlotStyle *style)
{
  const Hover *hover = &self->hover;
  double x, y;
  MpPen pen;

  if (hover->is_point && beside)
    mp_panel_draw_ring (self->panel, cr, width, height, style, hover->role, hover->index);
  else if (hover->is_point &&
           mp_scatter_locate (get_scatter (self), width, height, hover->role, hover->index, &x, &y)) {
    if (hover->role == MP_POINTS_SAMPLES)
      mp_scatter_draw_lattice_near (get_scatter (self), cr, width, height, style, x, y);
    mp_scatter_draw_ring (cr, x, y, style);
  }
  if (hover->beside != beside || !hover->lines)
    return;
  mp_pen_init (&pen, cr, style);
  mp_pen_draw_readout (&pen, hover->x, hover->y, width, height, (const char *const *) hover->lines);
  mp_pen_clear (&pen);
}

static void
draw_above_plot (gpointer           data,
                 cairo_t           *cr,
                 double             width,
                 double             height,
                 const MpPlotStyle *style)
{
  draw_above (data, FALSE, cr, width, height, style);
}

static void
draw_above_panel (gpointer           data,
                  cairo_t           *cr,
                  double             width,
                  double             height,
                  const MpPlotStyle *style)
{
  draw_above (data, TRUE, cr, width, height, style);
}

static void
update_hover (MpLanePlots *self)
{
  GPtrArray *lines = g_ptr_array_new ();
  gboolean any;

  g_clear_pointer (&self->hover.lines, g_strfreev);
  self->hover.is_point = FALSE;
  if (self->hover.beside)
    hover_panel (self, lines);
  else
    hover_plot (self, lines);
  any = lines->len > 0;
  g_ptr_array_add (lines, NULL);
  self->hover.lines = (GStrv) g_ptr_array_free (lines, FALSE);
  if (!any)
    g_clear_pointer (&self->hover.lines, g_strfreev);
  mp_scatter_view_set_above (self->scatter, any ? draw_above_plot : NULL, self);
  mp_plot_view_set_above (self->beside, any ? draw_above_panel : NULL, self);
}

static void
motion_cb (GtkEventControllerMotion *controller,
           double                    x,
           double                    y,
           MpLanePlots              *self)
{
  GtkWidget *widget = gtk_event_controller_get_widget (GTK_EVENT_CONTROLLER (controller));

  mp_lane_plots_point_at (self, widget == GTK_WIDGET (self->beside), x, y);
}

static void
leave_cb (MpLanePlots *self)
{
  g_clear_pointer (&self->hover.lines, g_strfreev);
  self->hover.is_point = FALSE;
  mp_scatter_view_set_above (self->scatter, NULL, NULL);
  mp_plot_view_set_above (self->beside, NULL, NULL);
}

static void
follow_pointer (MpLanePlots *self,
                GtkWidget   *widget)
{
  GtkEventController *motion = gtk_event_controller_motion_new ();

  g_signal_connect (motion, "enter", G_CALLBACK (motion_cb), self);
  g_signal_connect (motion, "motion", G_CALLBACK (motion_cb), self);
  g_signal_connect_swapped (motion, "leave", G_CALLBACK (leave_cb), self);
  gtk_widget_add_controller (widget, motion);
}

/* ---- the widget ---- */

static void
draw_panel (gpointer           data,
            cairo_t           *cr,
            double             width,
            double             height,
            const MpPlotStyle *style)
{
  mp_panel_draw (((MpLanePlots *) data)->panel, cr, width, height, style);
}

static void
draw_legend (gpointer           data,
             cairo_t           *cr,
             double             width,
             double             height,
             const MpPlotStyle *style)
{
  mp_scatter_draw_legend (get_scatter (data), cr, width, FALSE, style);
}

static double
get_legend_height (gpointer           data,
                   double             width,
                   const MpPlotStyle *style)
{
  return mp_scatter_get_legend_height (get_scatter (data), width, FALSE, style);
}

static void
mp_lane_plots_map (GtkWidget *widget)
{
  MpLanePlots *self = MP_LANE_PLOTS (widget);

  GTK_WIDGET_CLASS (mp_lane_plots_parent_class)->map (widget);
  if (self->stale && self->model)
    update_plots (self);
}

static void
mp_lane_plots_dispose (GObject *object)
{
  MpLanePlots *self = MP_LANE_PLOTS (object);
  GtkWidget *child;

  if (self->model) {
    g_signal_handlers_disconnect_by_data (get_layers (self), self);
    g_signal_handlers_disconnect_by_data (self->model, self);
  }
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))))
    gtk_widget_unparent (child);
  g_clear_object (&self->model);
  G_OBJECT_CLASS (mp_lane_plots_parent_class)->dispose (object);
}

static void
mp_lane_plots_finalize (GObject *object)
{
  MpLanePlots *self = MP_LANE_PLOTS (object);

  g_clear_pointer (&self->panel, mp_panel_unref);
  g_clear_pointer (&self->hover.lines, g_strfreev);
  G_OBJECT_CLASS (mp_lane_plots_parent_class)->finalize (object);
}

static void
mp_lane_plots_class_init (MpLanePlotsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = mp_lane_plots_dispose;
  object_class->finalize = mp_lane_plots_finalize;
  widget_class->map = mp_lane_plots_map;
  /* The background's colours are other ones. */
  coloured_signal = g_signal_new ("coloured", MP_TYPE_LANE_PLOTS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                  0);
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BOX_LAYOUT);
  gtk_widget_class_set_css_name (widget_class, "laneplots");
}

static void
mp_lane_plots_init (MpLanePlots *self)
{
  GtkLayoutManager *layout = gtk_widget_get_layout_manager (GTK_WIDGET (self));

  gtk_orientable_set_orientation (GTK_ORIENTABLE (layout), GTK_ORIENTATION_VERTICAL);
  gtk_box_layout_set_spacing (GTK_BOX_LAYOUT (layout), 4);
  self->panel = mp_panel_new ();
  mp_panel_set_captioned (self->panel, TRUE);
  self->pair = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  self->scatter = MP_SCATTER_VIEW (mp_scatter_view_new ());
  self->beside = MP_PLOT_VIEW (mp_plot_view_new ());
  self->legend = MP_PLOT_VIEW (mp_plot_view_new ());
  gtk_widget_set_layout_manager (self->pair, mp_pair_layout_new ());
  gtk_widget_set_vexpand (self->pair, TRUE);
  gtk_widget_set_parent (GTK_WIDGET (self->scatter), self->pair);
  gtk_widget_set_parent (GTK_WIDGET (self->beside), self->pair);
  gtk_widget_set_parent (self->pair, GTK_WIDGET (self));
  gtk_widget_set_parent (GTK_WIDGET (self->legend), GTK_WIDGET (self));

  mp_scatter_set_axes (get_scatter (self), TRUE);
  mp_scatter_set_empty_text (get_scatter (self), "");
  mp_scatter_view_set_drawn (self->scatter, drawn_cb, self);
  mp_plot_view_set_smallest (self->beside, SMALLEST_PANEL);
  mp_plot_view_set_draw (self->beside, draw_panel, self);
  mp_plot_view_set_draw (self->legend, draw_legend, self);
  mp_plot_view_set_height (self->legend, get_legend_height);
  gtk_widget_set_visible (GTK_WIDGET (self->beside), FALSE);
  gtk_widget_set_visible (GTK_WIDGET (self->legend), FALSE);
  follow_pointer (self, GTK_WIDGET (self->scatter));
  follow_pointer (self, GTK_WIDGET (self->beside));
}

void
mp_lane_plots_set_model (MpLanePlots *self,
                         MpLaneModel *model)
{
  MpLaneLayers *layers;

  g_return_if_fail (MP_IS_LANE_PLOTS (self));
  g_return_if_fail (MP_IS_LANE_MODEL (model));
  g_return_if_fail (self->model == NULL);

  self->model = g_object_ref (model);
  mp_scatter_set_lane (get_scatter (self), mp_lane_model_get_colour (model));
  mp_panel_set_lane (self->panel, mp_lane_model_get_colour (model));
  layers = get_layers (self);
  g_signal_connect_swapped (model, "notify::snapshot", G_CALLBACK (update_plots), self);
  g_signal_connect_swapped (layers, "changed-choice", G_CALLBACK (layers_changed_cb), self);
  g_signal_connect_swapped (layers, "changed-look", G_CALLBACK (layers_changed_cb), self);
  update_background (self, TRUE);
  self->stale = TRUE;
}

void
mp_lane_plots_set_points_visible (MpLanePlots  *self,
                                  MpPointsRole  role,
                                  gboolean      visible)
{
  g_return_if_fail (MP_IS_LANE_PLOTS (self));

  mp_scatter_set_points_visible (get_scatter (self), role, visible);
  mp_panel_set_points_visible (self->panel, role, visible);
  mp_scatter_view_invalidate (self->scatter);
  mp_plot_view_invalidate (self->beside);
}

MpScatter *
mp_lane_plots_get_scatter (MpLanePlots *self)
{
  g_return_val_if_fail (MP_IS_LANE_PLOTS (self), NULL);

  return get_scatter (self);
}

MpPanel *
mp_lane_plots_get_panel (MpLanePlots *self)
{
  g_return_val_if_fail (MP_IS_LANE_PLOTS (self), NULL);

  return self->panel;
}

void
mp_lane_plots_describe (MpLanePlots *self)
{
  const char *title = mp_lane_model_get_title (self->model);
  g_autofree char *label = g_strdup_printf (_("%s, data and samples"), title);
  g_autofree char *words = mp_panel_describe (self->panel), *legend = NULL;

  g_return_if_fail (MP_IS_LANE_PLOTS (self));

  mp_scatter_view_describe (self->scatter, label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->beside), GTK_ACCESSIBLE_PROPERTY_LABEL, words, -1);
  legend = g_strdup_printf (_("%s, legend of the layers"), title);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->legend), GTK_ACCESSIBLE_PROPERTY_LABEL, legend, -1);
}

void
mp_lane_plots_point_at (MpLanePlots *self,
                        gboolean     beside,
                        double       x,
                        double       y)
{
  g_return_if_fail (MP_IS_LANE_PLOTS (self));

  self->hover.beside = beside;
  self->hover.x = x;
  self->hover.y = y;
  update_hover (self);
  gtk_widget_queue_draw (GTK_WIDGET (self->scatter));
  gtk_widget_queue_draw (GTK_WIDGET (self->beside));
}

const char *const *
mp_lane_plots_get_readout (MpLanePlots *self)
{
  g_return_val_if_fail (MP_IS_LANE_PLOTS (self), NULL);

  return (const char *const *) self->hover.lines;
}
