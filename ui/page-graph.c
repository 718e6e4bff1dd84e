/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/page-graph.h"

#include <math.h>

#include "engine/data/data.h"
#include "ui/drop-down.h"
#include "ui/export-file.h"
#include "ui/lane-groups.h"
#include "ui/plot-cache.h"
#include "ui/plot/diagram-plot.h"
#include "ui/plot/plot-format.h"
#include "ui/task.h"

#define RENEW_EVERY 250 /* ms: numbers on the losses */

struct _MpGraphPage
{
  GtkWidget parent_instance;

  GtkDropDown    *chooser;
  GtkLabel       *phase_label;
  GtkWidget      *area;
  GtkStack       *stack;
  GtkLabel       *failure;

  MpSession      *session;
  MpLaneModel    *lane;      /* or NULL */
  GSignalGroup   *lane_signals;
  MpExperiment   *shown;     /* what the diagram is of; compared by text */
  MpDiagram      *diagram;
  MpDiagramPlot  *plot;
  int             phase;
  guint           making;    /* counts requests: only the last one's answer is taken */
  guint           timer;     /* while mapped */
};

G_DEFINE_FINAL_TYPE (MpGraphPage, mp_graph_page, GTK_TYPE_WIDGET)

/* ---- drawing ---- */

static void
draw_cb (GtkDrawingArea *area,
         cairo_t        *cr,
         int             width,
         int             height,
         gpointer        data)
{
  MpGraphPage *self = data;
  MpPlotStyle style;

  if (!self->plot)
    return;
  mp_plot_style_for_widget (&style, GTK_WIDGET (area));
  mp_diagram_plot_draw (self->plot, cr, width, height, &style);
}

/* NAN: none yet. In slow motion those of the single phases, else of whole iterations. */
static double
find_last (MpGraphPage *self,
           const char  *report)
{
  const MpMinibatch *minibatch = mp_lane_model_get_minibatch (self->lane);
  const MpCurve *curve = mp_lane_model_find_curve (self->lane, report);
  guint64 iteration;
  double value = NAN;

  for (guint i = 0; minibatch && i < minibatch->n_reports; i++)
    if (g_str_equal (minibatch->ids[i], report))
      return isnan (minibatch->now[i]) ? minibatch->before[i] : minibatch->now[i];
  if (curve && mp_series_get_n (curve->series) > 0)
    mp_series_get (curve->series, mp_series_get_n (curve->series) - 1, &iteration, &value);
  return value;
}

/* What the losses were last. */
static void
update_values (MpGraphPage *self)
{
  for (guint i = 0; i < self->diagram->boxes->len; i++) {
    const MpBox *box = &g_array_index (self->diagram->boxes, MpBox, i);
    double value = box->kind == MP_BOX_LOSS && box->detail ? find_last (self, box->detail) : NAN;
    g_autofree char *text = isnan (value) ? NULL : mp_format_value (value, 4);

    mp_diagram_plot_set_value (self->plot, i, text);
  }
}

/* In slow motion the phase that ran is lit, paused otherwise the next one; while iterations fly by all are. */
static void
update_phase (MpGraphPage *self)
{
  const char *next = self->lane ? mp_lane_model_get_phase (self->lane) : NULL;
  const MpMinibatch *minibatch = self->lane ? mp_lane_model_get_minibatch (self->lane) : NULL;
  gboolean paused = self->lane && mp_lane_model_get_state (self->lane) == MP_LANE_PAUSED;
  const MpLaneProgress *progress = self->lane ? mp_lane_model_get_progress (self->lane) : NULL;
  const char *lit = minibatch ? minibatch->title : paused ? next : NULL;
  g_autofree char *count = progress ? mp_format_count (minibatch ? minibatch->iteration + 1 : progress->iteration) : NULL;
  g_autoptr (GString) text = g_string_new (NULL);

  if (lit)
    lit = g_dgettext (GETTEXT_PACKAGE, lit); /* as the diagram's phases are */
  self->phase = -1;
  for (guint i = 0; self->diagram && lit && i < self->diagram->phases->len; i++)
    if (g_str_equal (lit, g_ptr_array_index (self->diagram->phases, i)))
      self->phase = (int) i;
  if (self->plot)
    mp_diagram_plot_set_phase (self->plot, self->diagram->phases->len > 1 ? self->phase : -1);
  if (progress)
    g_string_append_printf (text, _("Iteration %s"), count);
  if (progress && minibatch)
    g_string_append_printf (text, " · %s", lit);
  if (paused && next && progress) {
    g_string_append (text, " · ");
    g_string_append_printf (text, _("next: %s"), g_dgettext (GETTEXT_PACKAGE, next));
  }
  gtk_label_set_text (self->phase_label, text->str);
}

static void
renew (MpGraphPage *self)
{
  if (!self->plot || !self->lane)
    return;
  update_values (self);
  update_phase (self);
  gtk_widget_queue_draw (self->area);
}

static gboolean
renew_cb (gpointer data)
{
  renew (data);
  return G_SOURCE_CONTINUE;
}

/* ---- making ---- */

typedef struct
{
  MpExperiment *experiment;
  guint         number;
} Request;

static void
request_free (gpointer data)
{
  Request *request = data;

  mp_experiment_unref (request->experiment);
  g_free (request);
}

static void
make_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  Request *request = data;
  GError *error = NULL;
  g_autoptr (MpData) points = mp_data_open (request->experiment, 0, &error);
  g_autoptr (MpBuild) build = points ? mp_build_new (request->experiment, mp_data_get_dimensions (points), NULL, &error)
                                     : NULL;

  if (build)
    g_task_return_pointer (task, mp_diagram_new (build), (GDestroyNotify) mp_diagram_free);
  else
    g_task_return_error (task, error);
}

static void
describe (MpGraphPage *self)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < self->diagram->arrows->len; i++) {
    const MpArrow *arrow = &g_array_index (self->diagram->arrows, MpArrow, i);

    g_string_append_printf (text, "%s → %s. ", g_array_index (self->diagram->boxes, MpBox, arrow->from).title,
                            g_array_index (self->diagram->boxes, MpBox, arrow->to).title);
  }
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->area), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text->str, -1);
}

static void
made_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      data)
{
  MpGraphPage *self = MP_GRAPH_PAGE (object);
  Request *request = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;
  g_autoptr (MpDiagram) diagram = g_task_propagate_pointer (G_TASK (result), &error);
  MpPlotStyle style;
  double width, height;

  if (request->number != self->making || !self->lane)
    return;
  if (!diagram) {
    gtk_label_set_text (self->failure, error->message);
    gtk_stack_set_visible_child_name (self->stack, "failed");
    return;
  }
  g_clear_pointer (&self->plot, mp_diagram_plot_free);
  g_clear_pointer (&self->diagram, mp_diagram_free);
  self->diagram = g_steal_pointer (&diagram);
  self->plot = mp_diagram_plot_new (self->diagram, mp_lane_model_get_colour (self->lane));
  mp_diagram_plot_get_natural_size (self->plot, &width, &height);
  /* Smaller than natural is readable down to this; then it scrolls. */
  mp_plot_style_for_widget (&style, self->area);
  gtk_drawing_area_set_content_width (GTK_DRAWING_AREA (self->area), (int) (0.74 * width * style.text_scale));
  gtk_drawing_area_set_content_height (GTK_DRAWING_AREA (self->area), (int) (0.85 * height * style.text_scale));
  gtk_stack_set_visible_child_name (self->stack, "diagram");
  describe (self);
  renew (self);
}

static void
make (MpGraphPage *self)
{
  Request *request = g_new0 (Request, 1);

  request->experiment = mp_experiment_copy (mp_lane_model_get_experiment (self->lane));
  request->number = ++self->making;
  mp_task_run (self, NULL, make_thread, request, request_free, made_cb, NULL);
}

/* ---- which lane ---- */

static void
set_lane (MpGraphPage *self,
          MpLaneModel *lane)
{
  g_set_object (&self->lane, lane);
  g_signal_group_set_target (self->lane_signals, lane);
  g_clear_pointer (&self->plot, mp_diagram_plot_free);
  g_clear_pointer (&self->diagram, mp_diagram_free);
  self->making++;
  gtk_stack_set_visible_child_name (self->stack, "making");
  if (lane)
    make (self);
}

static void
chosen_cb (MpGraphPage *self)
{
  guint selected = gtk_drop_down_get_selected (self->chooser);
  g_autoptr (MpLaneModel) lane = NULL;

  if (!self->session) /* the chooser goes after it */
    return;
  if (selected != GTK_INVALID_LIST_POSITION)
    lane = g_list_model_get_item (mp_session_get_lanes (self->session), selected);
  if (lane != self->lane)
    set_lane (self, lane);
}

static void
fill_chooser (MpGraphPage *self)
{
  GListModel *lanes = mp_session_get_lanes (self->session);
  g_autoptr (GtkStringList) names = mp_lane_groups_list_names (lanes);
  guint keep = 0;

  for (guint i = 0; i < g_list_model_get_n_items (lanes); i++) {
    g_autoptr (MpLaneModel) lane = g_list_model_get_item (lanes, i);

    if (lane == self->lane)
      keep = i;
  }
  g_signal_handlers_block_by_func (self->chooser, chosen_cb, self);
  gtk_drop_down_set_model (self->chooser, G_LIST_MODEL (names));
  gtk_drop_down_set_selected (self->chooser, g_list_model_get_n_items (lanes) > 0 ? keep : GTK_INVALID_LIST_POSITION);
  g_signal_handlers_unblock_by_func (self->chooser, chosen_cb, self);
  chosen_cb (self);
}

static void
items_changed_cb (GListModel  *lanes,
                  guint        position,
                  guint        n_removed,
                  guint        n_added,
                  MpGraphPage *self)
{
  for (guint i = position; i < position + n_added; i++) {
    g_autoptr (MpLaneModel) lane = g_list_model_get_item (lanes, i);

    g_signal_connect_object (lane, "notify::name", G_CALLBACK (fill_chooser), self, G_CONNECT_SWAPPED);
  }
  fill_chooser (self);
}

/* ---- files ---- */

gboolean
mp_graph_page_write (MpGraphPage  *self,
                     const char   *path,
                     GError      **error)
{
  MpPlotStyle style;

  g_return_val_if_fail (MP_IS_GRAPH_PAGE (self), FALSE);
  g_return_val_if_fail (self->plot != NULL, FALSE);

  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  return mp_diagram_plot_write (self->plot, path, &style, error);
}

static gboolean
write_file (GtkWidget   *widget,
            const char  *path,
            gpointer     data,
            GError     **error)
{
  return mp_graph_page_write (MP_GRAPH_PAGE (widget), path, error);
}

static void
export_cb (MpGraphPage *self)
{
  if (self->plot)
    mp_export_file_ask (GTK_WIDGET (self), _("Export computation graph"), "computation-graph.png", write_file, NULL,
                        NULL);
}

/* ---- the widget ---- */

static void
mp_graph_page_map (GtkWidget *widget)
{
  MpGraphPage *self = MP_GRAPH_PAGE (widget);

  GTK_WIDGET_CLASS (mp_graph_page_parent_class)->map (widget);
  self->timer = g_timeout_add (RENEW_EVERY, renew_cb, self);
  renew (self);
}

static void
mp_graph_page_unmap (GtkWidget *widget)
{
  g_clear_handle_id (&MP_GRAPH_PAGE (widget)->timer, g_source_remove);
  GTK_WIDGET_CLASS (mp_graph_page_parent_class)->unmap (widget);
}

static void
mp_graph_page_dispose (GObject *object)
{
  MpGraphPage *self = MP_GRAPH_PAGE (object);
  GtkWidget *child;

  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_object (&self->lane_signals);
  g_clear_object (&self->lane);
  if (self->session)
    g_signal_handlers_disconnect_by_data (mp_session_get_lanes (self->session), self);
  g_clear_object (&self->session);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))))
    gtk_widget_unparent (child);
  g_clear_pointer (&self->plot, mp_diagram_plot_free);
  g_clear_pointer (&self->diagram, mp_diagram_free);
  G_OBJECT_CLASS (mp_graph_page_parent_class)->dispose (object);
}

static void
mp_graph_page_class_init (MpGraphPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mp_graph_page_dispose;
  widget_class->map = mp_graph_page_map;
  widget_class->unmap = mp_graph_page_unmap;
  gtk_widget_class_set_template_from_resource (widget_class, MP_RESOURCE_PATH "/ui/page-graph.ui");
  gtk_widget_class_bind_template_child (widget_class, MpGraphPage, chooser);
  gtk_widget_class_bind_template_child (widget_class, MpGraphPage, phase_label);
  gtk_widget_class_bind_template_child (widget_class, MpGraphPage, area);
  gtk_widget_class_bind_template_child (widget_class, MpGraphPage, stack);
  gtk_widget_class_bind_template_child (widget_class, MpGraphPage, failure);
  gtk_widget_class_bind_template_callback (widget_class, export_cb);
  gtk_widget_class_set_css_name (widget_class, "graphpage");
}

static void
mp_graph_page_init (MpGraphPage *self)
{
  self->phase = -1;
  self->lane_signals = g_signal_group_new (MP_TYPE_LANE_MODEL);
  g_signal_group_connect_swapped (self->lane_signals, "notify::phase", G_CALLBACK (renew), self);
  g_signal_group_connect_swapped (self->lane_signals, "notify::minibatch", G_CALLBACK (renew), self);
  g_signal_group_connect_swapped (self->lane_signals, "notify::state", G_CALLBACK (renew), self);
  g_signal_group_connect_swapped (self->lane_signals, "changed-schema", G_CALLBACK (make), self);
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_drawing_area_set_draw_func (GTK_DRAWING_AREA (self->area), draw_cb, self, NULL);
}

GtkWidget *
mp_graph_page_new (MpSession *session)
{
  MpGraphPage *self = g_object_new (MP_TYPE_GRAPH_PAGE, NULL);
  GListModel *lanes = mp_session_get_lanes (session);

  g_set_object (&self->session, session);
  g_signal_connect (lanes, "items-changed", G_CALLBACK (items_changed_cb), self);
  items_changed_cb (lanes, 0, 0, g_list_model_get_n_items (lanes), self);
  g_signal_connect_swapped (self->chooser, "notify::selected", G_CALLBACK (chosen_cb), self);
  return GTK_WIDGET (self);
}

guint
mp_graph_page_get_n_boxes (MpGraphPage *self)
{
  g_return_val_if_fail (MP_IS_GRAPH_PAGE (self), 0);

  return self->diagram ? self->diagram->boxes->len : 0;
}

int
mp_graph_page_get_phase (MpGraphPage *self)
{
  g_return_val_if_fail (MP_IS_GRAPH_PAGE (self), -1);

  return self->phase;
}

const char *
mp_graph_page_get_value (MpGraphPage *self,
                         const char  *report)
{
  g_return_val_if_fail (MP_IS_GRAPH_PAGE (self), NULL);

  for (guint i = 0; self->diagram && i < self->diagram->boxes->len; i++) {
    const MpBox *box = &g_array_index (self->diagram->boxes, MpBox, i);

    if (box->kind == MP_BOX_LOSS && g_strcmp0 (box->detail, report) == 0)
      return mp_diagram_plot_get_value (self->plot, i);
  }
  return NULL;
}
