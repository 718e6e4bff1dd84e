/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/chart-view.h"

#include <math.h>

#include "ui/plot-cache.h"

#define ZOOM_STEP 1.25
#define MANY_CURVES 6
#define TITLE_HEIGHT 48 /* of the title and the line below it, at 100 % text */

/* ---- what charts share ---- */

struct _MpChartLink
{
  GObject parent_instance;

  double cursor;
  double first, last; /* last ≤ first: all */
};

G_DEFINE_FINAL_TYPE (MpChartLink, mp_chart_link, G_TYPE_OBJECT)

static guint changed_signal;

static void
mp_chart_link_class_init (MpChartLinkClass *klass)
{
  changed_signal = g_signal_new ("changed", MP_TYPE_CHART_LINK, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 0);
}

static void
mp_chart_link_init (MpChartLink *self)
{
  self->cursor = NAN;
}

MpChartLink *
mp_chart_link_new (void)
{
  return g_object_new (MP_TYPE_CHART_LINK, NULL);
}

double
mp_chart_link_get_cursor (MpChartLink *self)
{
  g_return_val_if_fail (MP_IS_CHART_LINK (self), NAN);

  return self->cursor;
}

void
mp_chart_link_set_cursor (MpChartLink *self,
                          double       iteration)
{
  g_return_if_fail (MP_IS_CHART_LINK (self));

  if (self->cursor == iteration || (isnan (self->cursor) && isnan (iteration)))
    return;
  self->cursor = iteration;
  g_signal_emit (self, changed_signal, 0);
}

gboolean
mp_chart_link_get_range (MpChartLink *self,
                         double      *first,
                         double      *last)
{
  g_return_val_if_fail (MP_IS_CHART_LINK (self), FALSE);

  *first = self->first;
  *last = self->last;
  return self->last > self->first;
}

void
mp_chart_link_set_range (MpChartLink *self,
                         double       first,
                         double       last)
{
  g_return_if_fail (MP_IS_CHART_LINK (self));

  if (self->first == first && self->last == last)
    return;
  self->first = first;
  self->last = last;
  g_signal_emit (self, changed_signal, 0);
}

void
mp_chart_link_reset_range (MpChartLink *self)
{
  mp_chart_link_set_range (self, 0, 0);
}

/* ---- the widget ---- */

struct _MpChartView
{
  GtkWidget parent_instance;

  MpChart     *chart;
  MpChartLink *link;
  MpPlotCache  cache;
  double       first, last; /* range as drawn; last ≤ first: all */
  double       drag_from;   /* share of the width panned so far */
  double       pointer_x, pointer_y;
  int          title_reserve;
};

G_DEFINE_FINAL_TYPE (MpChartView, mp_chart_view, GTK_TYPE_WIDGET)

static void
draw (gpointer           data,
      cairo_t           *cr,
      double             width,
      double             height,
      const MpPlotStyle *style)
{
  MpChartView *self = data;
  MpPlotStyle own = *style;

  own.title_reserve = self->title_reserve;
  mp_chart_draw_curves (self->chart, cr, width, height, &own);
}

/* The log toggle and the menu lie over the end of the title line. */
static void
get_style (MpChartView *self,
           MpPlotStyle *style)
{
  mp_plot_style_for_widget (style, GTK_WIDGET (self));
  style->title_reserve = self->title_reserve;
}

static void
mp_chart_view_snapshot (GtkWidget   *widget,
                        GtkSnapshot *snapshot)
{
  MpChartView *self = MP_CHART_VIEW (widget);
  int width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget);
  MpPlotStyle style;
  cairo_t *cr;

  mp_plot_cache_snapshot (&self->cache, widget, snapshot, draw, self);
  if (isnan (mp_chart_link_get_cursor (self->link)) || width <= 0 || height <= 0)
    return;
  cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, width, height));
  get_style (self, &style);
  mp_chart_draw_cursor (self->chart, cr, width, height, &style);
  cairo_destroy (cr);
}

static void
mp_chart_view_measure (GtkWidget      *widget,
                       GtkOrientation  orientation,
                       int             for_size,
                       int            *minimum,
                       int            *natural,
                       int            *minimum_baseline,
                       int            *natural_baseline)
{
  MpChart *chart = MP_CHART_VIEW (widget)->chart;
  /* A legend that was asked for, or of many curves, takes up to three lines, which the curves shall not pay for. */
  int height = 140 + (mp_chart_get_legend (chart) || mp_chart_get_n_series (chart) > MANY_CURVES ? 50 : 0);
  MpPlotStyle style;

  mp_plot_style_for_widget (&style, widget);
  *minimum = (int) ((orientation == GTK_ORIENTATION_HORIZONTAL ? 160 : height) * style.text_scale);
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? *minimum * 2 : *minimum * 4 / 3;
}

static void
link_changed (MpChartView *self)
{
  double first, last;

  if (mp_chart_link_get_range (self->link, &first, &last)) {
    if (first != self->first || last != self->last) {
      mp_chart_set_x_range (self->chart, first, last);
      mp_plot_cache_clear (&self->cache);
    }
  } else if (self->last > self->first) {
    mp_chart_reset_x_range (self->chart);
    mp_plot_cache_clear (&self->cache);
  }
  self->first = first;
  self->last = last;
  if (isnan (mp_chart_link_get_cursor (self->link)))
    mp_chart_clear_cursor (self->chart);
  else
    mp_chart_set_cursor (self->chart, mp_chart_link_get_cursor (self->link), TRUE);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static gboolean
hit (MpChartView *self,
     double       x,
     double       y,
     double      *iteration)
{
  MpPlotStyle style;

  get_style (self, &style);
  return mp_chart_hit (self->chart, gtk_widget_get_width (GTK_WIDGET (self)),
                       gtk_widget_get_height (GTK_WIDGET (self)), &style, x, y, iteration);
}

static void
motion_cb (GtkEventControllerMotion *controller,
           double                    x,
           double                    y,
           MpChartView              *self)
{
  double iteration;

  self->pointer_x = x;
  self->pointer_y = y;
  mp_chart_link_set_cursor (self->link, hit (self, x, y, &iteration) ? iteration : NAN);
}

static void
leave_cb (GtkEventControllerMotion *controller,
          MpChartView              *self)
{
  mp_chart_link_set_cursor (self->link, NAN);
}

/* Hands the chart's own range on to all that are linked. */
static void
share_range (MpChartView *self)
{
  double first, last;

  mp_chart_get_x_range (self->chart, &first, &last);
  mp_plot_cache_clear (&self->cache);
  self->first = first;
  self->last = last;
  mp_chart_link_set_range (self->link, first, last);
}

static void
zoom (MpChartView *self,
      double       iteration,
      double       factor)
{
  mp_chart_zoom (self->chart, iteration, factor);
  share_range (self);
}

static gboolean
scroll_cb (GtkEventControllerScroll *controller,
           double                    dx,
           double                    dy,
           MpChartView              *self)
{
  GdkModifierType state = gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (controller));
  double iteration;

  /* The page around scrolls too: only Control + scroll is ours. */
  if (!(state & GDK_CONTROL_MASK) || !hit (self, self->pointer_x, self->pointer_y, &iteration))
    return FALSE;
  zoom (self, iteration, dy < 0 ? ZOOM_STEP : 1 / ZOOM_STEP);
  return TRUE;
}

static void
drag_begin_cb (GtkGestureDrag *gesture,
               double          x,
               double          y,
               MpChartView    *self)
{
  self->drag_from = 0;
}

static void
drag_update_cb (GtkGestureDrag *gesture,
                double          dx,
                double          dy,
                MpChartView    *self)
{
  double share = -dx / MAX (gtk_widget_get_width (GTK_WIDGET (self)), 1);
  double first, last;

  if (!mp_chart_link_get_range (self->link, &first, &last))
    return;
  mp_chart_pan (self->chart, share - self->drag_from);
  self->drag_from = share;
  share_range (self);
}

static void
pressed_cb (GtkGestureClick *gesture,
            int              n,
            double           x,
            double           y,
            MpChartView     *self)
{
  gtk_widget_grab_focus (GTK_WIDGET (self));
  if (n == 2)
    mp_chart_link_reset_range (self->link);
}

static gboolean
key_cb (GtkEventControllerKey *controller,
        guint                  keyval,
        guint                  keycode,
        GdkModifierType        state,
        MpChartView           *self)
{
  double first, last, cursor = mp_chart_link_get_cursor (self->link);

  mp_chart_get_x_range (self->chart, &first, &last);
  if (isnan (cursor))
    cursor = (first + last) / 2;
  switch (keyval) {
  case GDK_KEY_Left:
  case GDK_KEY_KP_Left:
    mp_chart_link_set_cursor (self->link, MAX (cursor - (last - first) / 100, first));
    return TRUE;
  case GDK_KEY_Right:
  case GDK_KEY_KP_Right:
    mp_chart_link_set_cursor (self->link, MIN (cursor + (last - first) / 100, last));
    return TRUE;
  case GDK_KEY_plus:
  case GDK_KEY_equal:
  case GDK_KEY_KP_Add:
    zoom (self, cursor, ZOOM_STEP);
    return TRUE;
  case GDK_KEY_minus:
  case GDK_KEY_KP_Subtract:
    zoom (self, cursor, 1 / ZOOM_STEP);
    return TRUE;
  case GDK_KEY_0:
  case GDK_KEY_KP_0:
    mp_chart_link_reset_range (self->link);
    return TRUE;
  default:
    return FALSE;
  }
}

/* ---- words ---- */

char *
mp_chart_view_dup_tooltip (MpChartView *self,
                           double       y)
{
  const char *title;
  g_autofree char *note = NULL;
  MpPlotStyle style;

  g_return_val_if_fail (MP_IS_CHART_VIEW (self), NULL);

  get_style (self, &style);
  title = mp_chart_get_title (self->chart);
  if (!title || y > TITLE_HEIGHT * style.text_scale)
    return NULL;
  note = mp_chart_dup_note (self->chart, FALSE);
  return g_strdup_printf ("%s%s%s", title, note[0] ? "\n" : "", note);
}

static gboolean
mp_chart_view_query_tooltip (GtkWidget  *widget,
                             int         x,
                             int         y,
                             gboolean    keyboard,
                             GtkTooltip *tooltip)
{
  g_autofree char *text = mp_chart_view_dup_tooltip (MP_CHART_VIEW (widget), keyboard ? 0 : y);

  gtk_tooltip_set_text (tooltip, text);
  return text != NULL;
}

static void
mp_chart_view_dispose (GObject *object)
{
  MpChartView *self = MP_CHART_VIEW (object);

  if (self->link)
    g_signal_handlers_disconnect_by_data (self->link, self);
  g_clear_object (&self->link);
  G_OBJECT_CLASS (mp_chart_view_parent_class)->dispose (object);
}

static void
mp_chart_view_finalize (GObject *object)
{
  MpChartView *self = MP_CHART_VIEW (object);

  mp_plot_cache_clear (&self->cache);
  g_clear_pointer (&self->chart, mp_chart_unref);
  G_OBJECT_CLASS (mp_chart_view_parent_class)->finalize (object);
}

static void
mp_chart_view_class_init (MpChartViewClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = mp_chart_view_dispose;
  object_class->finalize = mp_chart_view_finalize;
  widget_class->snapshot = mp_chart_view_snapshot;
  widget_class->measure = mp_chart_view_measure;
  widget_class->query_tooltip = mp_chart_view_query_tooltip;
  gtk_widget_class_set_css_name (widget_class, "chart");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
mp_chart_view_init (MpChartView *self)
{
  GtkEventController *controller;
  GtkGesture *gesture;

  self->chart = mp_chart_new ();
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  gtk_widget_set_has_tooltip (GTK_WIDGET (self), TRUE);

  controller = gtk_event_controller_motion_new ();
  g_signal_connect (controller, "motion", G_CALLBACK (motion_cb), self);
  g_signal_connect (controller, "leave", G_CALLBACK (leave_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), controller);

  controller = gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_VERTICAL);
  g_signal_connect (controller, "scroll", G_CALLBACK (scroll_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), controller);

  controller = gtk_event_controller_key_new ();
  g_signal_connect (controller, "key-pressed", G_CALLBACK (key_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), controller);

  gesture = gtk_gesture_drag_new ();
  g_signal_connect (gesture, "drag-begin", G_CALLBACK (drag_begin_cb), self);
  g_signal_connect (gesture, "drag-update", G_CALLBACK (drag_update_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (gesture));

  gesture = gtk_gesture_click_new ();
  g_signal_connect (gesture, "pressed", G_CALLBACK (pressed_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (gesture));
}

GtkWidget *
mp_chart_view_new (MpChartLink *link)
{
  MpChartView *self = g_object_new (MP_TYPE_CHART_VIEW, NULL);

  self->link = link ? g_object_ref (link) : mp_chart_link_new ();
  g_signal_connect_swapped (self->link, "changed", G_CALLBACK (link_changed), self);
  return GTK_WIDGET (self);
}

MpChart *
mp_chart_view_get_chart (MpChartView *self)
{
  g_return_val_if_fail (MP_IS_CHART_VIEW (self), NULL);

  return self->chart;
}

void
mp_chart_view_set_title_reserve (MpChartView *self,
                                 int          width)
{
  g_return_if_fail (MP_IS_CHART_VIEW (self));
  g_return_if_fail (width >= 0);

  if (self->title_reserve == width)
    return;
  self->title_reserve = width;
  mp_chart_view_invalidate (self);
}

void
mp_chart_view_invalidate (MpChartView *self)
{
  g_return_if_fail (MP_IS_CHART_VIEW (self));

  mp_plot_cache_clear (&self->cache);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
mp_chart_view_describe (MpChartView *self)
{
  g_autofree char *words = NULL;

  g_return_if_fail (MP_IS_CHART_VIEW (self));

  words = mp_chart_describe (self->chart);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, mp_chart_get_title (self->chart),
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, words,
                                  -1);
}
