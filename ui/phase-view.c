/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/phase-view.h"

#include <string.h>

#include "ui/plot-cache.h"

#define KEY_STEPS 30 /* of the cross, across the extent */

struct _MpPhaseView
{
  GtkWidget parent_instance;

  MpPhasePlot *plot;
  MpPlotCache  cache;
  double       extent[4];
  double       cross[2];
  gboolean     keyed;   /* the cross was moved: show it */
};

static guint launched_signal;

G_DEFINE_FINAL_TYPE (MpPhaseView, mp_phase_view, GTK_TYPE_WIDGET)

static void
draw (gpointer           data,
      cairo_t           *cr,
      double             width,
      double             height,
      const MpPlotStyle *style)
{
  mp_phase_plot_draw (data, cr, width, height, style);
}

/* The widget's place of the cross, found by halving: the plot only tells the way back. */
static void
find_cross (MpPhaseView       *self,
            const MpPlotStyle *style,
            double             width,
            double             height,
            double             place[2])
{
  const double size[2] = { width, height };

  for (guint axis = 0; axis < 2; axis++) {
    double low = 0, high = size[axis];

    for (guint i = 0; i < 20; i++) {
      double middle = (low + high) / 2, point[2];

      mp_phase_plot_to_data (self->plot, width, height, style, axis == 0 ? middle : 0, axis == 1 ? middle : 0, point);
      if ((point[axis] < self->cross[axis]) == (axis == 0))
        low = middle;
      else
        high = middle;
    }
    place[axis] = low;
  }
}

static void
mp_phase_view_snapshot (GtkWidget   *widget,
                        GtkSnapshot *snapshot)
{
  MpPhaseView *self = MP_PHASE_VIEW (widget);
  double width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget), place[2];
  MpPlotStyle style;
  cairo_t *cr;

  mp_plot_cache_snapshot (&self->cache, widget, snapshot, draw, self->plot);
  if (!self->keyed || !gtk_widget_has_focus (widget))
    return;
  mp_plot_style_for_widget (&style, widget);
  find_cross (self, &style, width, height, place);
  cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, (float) width, (float) height));
  mp_colour_set_source (style.text, cr);
  cairo_set_line_width (cr, 1.5);
  cairo_move_to (cr, place[0] - 7, place[1]);
  cairo_rel_line_to (cr, 14, 0);
  cairo_move_to (cr, place[0], place[1] - 7);
  cairo_rel_line_to (cr, 0, 14);
  cairo_stroke (cr);
  cairo_destroy (cr);
}

static void
mp_phase_view_measure (GtkWidget      *widget,
                       GtkOrientation  orientation,
                       int             for_size,
                       int            *minimum,
                       int            *natural,
                       int            *minimum_baseline,
                       int            *natural_baseline)
{
  MpPlotStyle style;

  mp_plot_style_for_widget (&style, widget);
  *minimum = (int) ((orientation == GTK_ORIENTATION_HORIZONTAL ? 220 : 170) * style.text_scale);
  *natural = (int) ((orientation == GTK_ORIENTATION_HORIZONTAL ? 440 : 300) * style.text_scale);
}

static void
clicked_cb (GtkGestureClick *gesture,
            int              n_press,
            double           x,
            double           y,
            MpPhaseView     *self)
{
  GtkWidget *widget = GTK_WIDGET (self);
  MpPlotStyle style;
  double point[2];

  mp_plot_style_for_widget (&style, widget);
  gtk_widget_grab_focus (widget);
  self->keyed = FALSE;
  if (mp_phase_plot_to_data (self->plot, gtk_widget_get_width (widget), gtk_widget_get_height (widget), &style, x, y,
                             point))
    g_signal_emit (self, launched_signal, 0, point[0], point[1]);
}

static gboolean
key_cb (GtkEventControllerKey *controller,
        guint                  key,
        guint                  code,
        GdkModifierType        modifiers,
        MpPhaseView           *self)
{
  static const struct
  {
    guint key;
    int   x, y;
  } ways[] = { { GDK_KEY_Left, -1, 0 }, { GDK_KEY_Right, 1, 0 }, { GDK_KEY_Up, 0, 1 }, { GDK_KEY_Down, 0, -1 } };

  if (key == GDK_KEY_Return || key == GDK_KEY_KP_Enter) {
    g_signal_emit (self, launched_signal, 0, self->cross[0], self->cross[1]);
    return GDK_EVENT_STOP;
  }
  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    if (ways[i].key == key) {
      self->cross[0] += ways[i].x * (self->extent[1] - self->extent[0]) / KEY_STEPS;
      self->cross[1] += ways[i].y * (self->extent[3] - self->extent[2]) / KEY_STEPS;
      self->cross[0] = CLAMP (self->cross[0], self->extent[0], self->extent[1]);
      self->cross[1] = CLAMP (self->cross[1], self->extent[2], self->extent[3]);
      self->keyed = TRUE;
      gtk_widget_queue_draw (GTK_WIDGET (self));
      return GDK_EVENT_STOP;
    }
  return GDK_EVENT_PROPAGATE;
}

static void
mp_phase_view_finalize (GObject *object)
{
  MpPhaseView *self = MP_PHASE_VIEW (object);

  mp_plot_cache_clear (&self->cache);
  mp_phase_plot_unref (self->plot);
  G_OBJECT_CLASS (mp_phase_view_parent_class)->finalize (object);
}

static void
mp_phase_view_class_init (MpPhaseViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = mp_phase_view_finalize;
  widget_class->snapshot = mp_phase_view_snapshot;
  widget_class->measure = mp_phase_view_measure;
  gtk_widget_class_set_css_name (widget_class, "phase");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
  launched_signal = g_signal_new ("launched", MP_TYPE_PHASE_VIEW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                                  G_TYPE_DOUBLE, G_TYPE_DOUBLE);
}

static void
mp_phase_view_init (MpPhaseView *self)
{
  GtkGesture *click = gtk_gesture_click_new ();
  GtkEventController *keys = gtk_event_controller_key_new ();

  self->plot = mp_phase_plot_new ();
  g_signal_connect (click, "pressed", G_CALLBACK (clicked_cb), self);
  g_signal_connect (keys, "key-pressed", G_CALLBACK (key_cb), self);
  g_signal_connect (self, "notify::has-focus", G_CALLBACK (gtk_widget_queue_draw), NULL);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (click));
  gtk_widget_add_controller (GTK_WIDGET (self), keys);
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  gtk_widget_set_cursor_from_name (GTK_WIDGET (self), "crosshair");
}

GtkWidget *
mp_phase_view_new (const double  extent[4],
                   const char   *label)
{
  MpPhaseView *self = g_object_new (MP_TYPE_PHASE_VIEW, NULL);

  memcpy (self->extent, extent, sizeof self->extent);
  self->cross[0] = (extent[0] + extent[1]) / 2;
  self->cross[1] = (extent[2] + extent[3]) / 2;
  mp_phase_plot_set_extent (self->plot, extent);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  return GTK_WIDGET (self);
}

MpPhasePlot *
mp_phase_view_get_plot (MpPhaseView *self)
{
  g_return_val_if_fail (MP_IS_PHASE_VIEW (self), NULL);

  return self->plot;
}

void
mp_phase_view_invalidate (MpPhaseView *self)
{
  g_return_if_fail (MP_IS_PHASE_VIEW (self));

  mp_plot_cache_clear (&self->cache);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
mp_phase_view_describe (MpPhaseView *self,
                        const char  *text)
{
  g_return_if_fail (MP_IS_PHASE_VIEW (self));

  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text, -1);
}
