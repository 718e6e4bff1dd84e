/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/colour-bar.h"

#include "ui/plot-cache.h"
#include "ui/plot/plot-format.h"

struct _MpColourBar
{
  GtkWidget parent_instance;

  MpHeatMap   *heat_map;
  guint        lane;
  MpPlotCache  cache;
};

G_DEFINE_FINAL_TYPE (MpColourBar, mp_colour_bar, GTK_TYPE_WIDGET)

static void
draw (gpointer           data,
      cairo_t           *cr,
      double             width,
      double             height,
      const MpPlotStyle *style)
{
  MpColourBar *self = data;

  mp_heat_map_draw_bar (self->heat_map, cr, width, height, style, mp_plot_style_get_lane (style, self->lane));
}

static void
mp_colour_bar_snapshot (GtkWidget   *widget,
                        GtkSnapshot *snapshot)
{
  MpColourBar *self = MP_COLOUR_BAR (widget);

  if (self->heat_map)
    mp_plot_cache_snapshot (&self->cache, widget, snapshot, draw, self);
}

static void
mp_colour_bar_measure (GtkWidget      *widget,
                       GtkOrientation  orientation,
                       int             for_size,
                       int            *minimum,
                       int            *natural,
                       int            *minimum_baseline,
                       int            *natural_baseline)
{
  MpPlotStyle style;

  mp_plot_style_for_widget (&style, widget);
  *minimum = *natural = (int) (style.text_scale * (orientation == GTK_ORIENTATION_HORIZONTAL ? 118 : 16));
}

static void
mp_colour_bar_finalize (GObject *object)
{
  MpColourBar *self = MP_COLOUR_BAR (object);

  mp_plot_cache_clear (&self->cache);
  g_clear_pointer (&self->heat_map, mp_heat_map_unref);
  G_OBJECT_CLASS (mp_colour_bar_parent_class)->finalize (object);
}

static void
mp_colour_bar_class_init (MpColourBarClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->finalize = mp_colour_bar_finalize;
  widget_class->snapshot = mp_colour_bar_snapshot;
  widget_class->measure = mp_colour_bar_measure;
  gtk_widget_class_set_css_name (widget_class, "colourbar");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
mp_colour_bar_init (MpColourBar *self)
{
}

GtkWidget *
mp_colour_bar_new (void)
{
  return g_object_new (MP_TYPE_COLOUR_BAR, NULL);
}

void
mp_colour_bar_set_heat_map (MpColourBar *self,
                            MpHeatMap   *heat_map,
                            guint        lane)
{
  g_autofree char *label = NULL;

  g_return_if_fail (MP_IS_COLOUR_BAR (self));

  if (heat_map)
    mp_heat_map_ref (heat_map);
  g_clear_pointer (&self->heat_map, mp_heat_map_unref);
  self->heat_map = heat_map;
  self->lane = lane;
  if (heat_map) {
    g_autofree char *from = NULL, *to = NULL;
    double low, high;

    mp_heat_map_get_range (heat_map, &low, &high, NULL);
    from = mp_format_value (low, 3);
    to = mp_format_value (high, 3);
    label = g_strdup_printf (_("Colours from %s to %s"), from, to);
  } else {
    label = g_strdup (_("No background layer"));
  }
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  mp_plot_cache_clear (&self->cache);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}
