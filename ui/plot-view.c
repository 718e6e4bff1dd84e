/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/plot-view.h"

struct _MpPlotView
{
  GtkWidget parent_instance;

  MpPictureDraw  draw, above;
  gpointer       data, above_data;
  double       (*get_height) (gpointer data, double width, const MpPlotStyle *style);
  int            smallest;
  MpPlotCache    cache;
};

G_DEFINE_FINAL_TYPE (MpPlotView, mp_plot_view, GTK_TYPE_WIDGET)

static void
mp_plot_view_snapshot (GtkWidget   *widget,
                       GtkSnapshot *snapshot)
{
  MpPlotView *self = MP_PLOT_VIEW (widget);

  if (self->draw)
    mp_plot_cache_snapshot (&self->cache, widget, snapshot, self->draw, self->data);
  if (self->above)
    mp_plot_snapshot_above (widget, snapshot, self->above, self->above_data);
}

static GtkSizeRequestMode
mp_plot_view_get_request_mode (GtkWidget *widget)
{
  return MP_PLOT_VIEW (widget)->get_height ? GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH : GTK_SIZE_REQUEST_CONSTANT_SIZE;
}

static void
mp_plot_view_measure (GtkWidget      *widget,
                      GtkOrientation  orientation,
                      int             for_size,
                      int            *minimum,
                      int            *natural,
                      int            *minimum_baseline,
                      int            *natural_baseline)
{
  MpPlotView *self = MP_PLOT_VIEW (widget);

  *minimum = *natural = self->smallest;
  if (self->get_height && orientation == GTK_ORIENTATION_VERTICAL) {
    MpPlotStyle style;

    mp_plot_style_for_widget (&style, widget);
    *minimum = *natural = (int) self->get_height (self->data, for_size > 0 ? for_size : 240, &style);
  }
}

static void
mp_plot_view_finalize (GObject *object)
{
  mp_plot_cache_clear (&MP_PLOT_VIEW (object)->cache);
  G_OBJECT_CLASS (mp_plot_view_parent_class)->finalize (object);
}

static void
mp_plot_view_class_init (MpPlotViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = mp_plot_view_finalize;
  widget_class->snapshot = mp_plot_view_snapshot;
  widget_class->measure = mp_plot_view_measure;
  widget_class->get_request_mode = mp_plot_view_get_request_mode;
  gtk_widget_class_set_css_name (widget_class, "plot");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
mp_plot_view_init (MpPlotView *self)
{
}

GtkWidget *
mp_plot_view_new (void)
{
  return g_object_new (MP_TYPE_PLOT_VIEW, NULL);
}

void
mp_plot_view_set_draw (MpPlotView    *self,
                       MpPictureDraw  draw,
                       gpointer       data)
{
  g_return_if_fail (MP_IS_PLOT_VIEW (self));

  self->draw = draw;
  self->data = data;
}

void
mp_plot_view_set_above (MpPlotView    *self,
                        MpPictureDraw  draw,
                        gpointer       data)
{
  g_return_if_fail (MP_IS_PLOT_VIEW (self));

  if (!draw && !self->above)
    return;
  self->above = draw;
  self->above_data = data;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
mp_plot_view_set_height (MpPlotView  *self,
                         double     (*get_height) (gpointer           data,
                                                   double             width,
                                                   const MpPlotStyle *style))
{
  g_return_if_fail (MP_IS_PLOT_VIEW (self));

  self->get_height = get_height;
  gtk_widget_queue_resize (GTK_WIDGET (self));
}

void
mp_plot_view_set_smallest (MpPlotView *self,
                           int         smallest)
{
  g_return_if_fail (MP_IS_PLOT_VIEW (self));

  self->smallest = smallest;
  gtk_widget_queue_resize (GTK_WIDGET (self));
}

void
mp_plot_view_invalidate (MpPlotView *self)
{
  g_return_if_fail (MP_IS_PLOT_VIEW (self));

  mp_plot_cache_clear (&self->cache);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}
