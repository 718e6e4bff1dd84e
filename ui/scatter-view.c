/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/scatter-view.h"

#include "ui/plot-cache.h"

#define SMALLEST 96
#define CORNER 8

struct _MpScatterView
{
  GtkWidget parent_instance;

  MpScatter   *scatter;
  MpPlotCache  cache;
  void       (*drawn) (gpointer data);
  gpointer     drawn_data;
  MpPictureDraw above;
  gpointer     above_data;
};

G_DEFINE_FINAL_TYPE (MpScatterView, mp_scatter_view, GTK_TYPE_WIDGET)

/* Once, in the image: a rounded clip around it would cost more in every frame than the points. */
static void
round_corners (cairo_t *cr,
               double   width,
               double   height)
{
  const double r = CORNER;
  const double x[] = { r, width - r, width - r, r }, y[] = { r, r, height - r, height - r };

  cairo_save (cr);
  cairo_set_operator (cr, CAIRO_OPERATOR_CLEAR);
  for (int i = 0; i < 4; i++) {
    cairo_move_to (cr, i == 0 || i == 3 ? 0 : width, i < 2 ? 0 : height);
    cairo_arc (cr, x[i], y[i], r, (i + 2) * G_PI_2, (i + 3) * G_PI_2);
    cairo_close_path (cr);
    cairo_fill (cr);
  }
  cairo_restore (cr);
}

static void
draw (gpointer           data,
      cairo_t           *cr,
      double             width,
      double             height,
      const MpPlotStyle *style)
{
  mp_scatter_draw (data, cr, width, height, style);
  round_corners (cr, width, height);
}

static void
mp_scatter_view_snapshot (GtkWidget   *widget,
                          GtkSnapshot *snapshot)
{
  MpScatterView *self = MP_SCATTER_VIEW (widget);
  gboolean news = self->cache.node == NULL;

  mp_plot_cache_snapshot (&self->cache, widget, snapshot, draw, self->scatter);
  if (self->above)
    mp_plot_snapshot_above (widget, snapshot, self->above, self->above_data);
  if (news && self->drawn)
    self->drawn (self->drawn_data);
}

static void
mp_scatter_view_measure (GtkWidget      *widget,
                         GtkOrientation  orientation,
                         int             for_size,
                         int            *minimum,
                         int            *natural,
                         int            *minimum_baseline,
                         int            *natural_baseline)
{
  *minimum = SMALLEST;
  *natural = 2 * SMALLEST;
}

static void
mp_scatter_view_finalize (GObject *object)
{
  MpScatterView *self = MP_SCATTER_VIEW (object);

  mp_plot_cache_clear (&self->cache);
  g_clear_pointer (&self->scatter, mp_scatter_unref);
  G_OBJECT_CLASS (mp_scatter_view_parent_class)->finalize (object);
}

static void
mp_scatter_view_class_init (MpScatterViewClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->finalize = mp_scatter_view_finalize;
  widget_class->snapshot = mp_scatter_view_snapshot;
  widget_class->measure = mp_scatter_view_measure;
  gtk_widget_class_set_css_name (widget_class, "scatter");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
mp_scatter_view_init (MpScatterView *self)
{
  self->scatter = mp_scatter_new ();
}

GtkWidget *
mp_scatter_view_new (void)
{
  return g_object_new (MP_TYPE_SCATTER_VIEW, NULL);
}

MpScatter *
mp_scatter_view_get_scatter (MpScatterView *self)
{
  g_return_val_if_fail (MP_IS_SCATTER_VIEW (self), NULL);

  return self->scatter;
}

void
mp_scatter_view_invalidate (MpScatterView *self)
{
  g_return_if_fail (MP_IS_SCATTER_VIEW (self));

  mp_plot_cache_clear (&self->cache);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
mp_scatter_view_set_above (MpScatterView *self,
                           MpPictureDraw  draw_above,
                           gpointer       data)
{
  g_return_if_fail (MP_IS_SCATTER_VIEW (self));

  if (!draw_above && !self->above)
    return;
  self->above = draw_above;
  self->above_data = data;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
mp_scatter_view_describe (MpScatterView *self,
                          const char    *label)
{
  g_autofree char *words = NULL;

  g_return_if_fail (MP_IS_SCATTER_VIEW (self));

  words = mp_scatter_describe (self->scatter);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, label,
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, words,
                                  -1);
}

void
mp_scatter_view_set_drawn (MpScatterView  *self,
                           void          (*drawn) (gpointer data),
                           gpointer        data)
{
  g_return_if_fail (MP_IS_SCATTER_VIEW (self));

  self->drawn = drawn;
  self->drawn_data = data;
}
