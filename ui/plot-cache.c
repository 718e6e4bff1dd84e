/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/plot-cache.h"

#include <adwaita.h>

#define PRESENTER_SCALE 1.25 /* of 1.5 in the style sheet, since plots pay for their words */

void
mp_plot_style_for_widget (MpPlotStyle *style,
                          GtkWidget   *widget)
{
  AdwStyleManager *manager = adw_style_manager_get_default ();
  GtkSettings *settings = gtk_widget_get_settings (widget);
  PangoContext *context = gtk_widget_get_pango_context (widget);
  GtkRoot *root = gtk_widget_get_root (widget);
  MpPlotTheme theme = MP_PLOT_LIGHT;
  int dpi = 0;

  if (adw_style_manager_get_dark (manager))
    theme |= MP_PLOT_DARK;
  if (adw_style_manager_get_high_contrast (manager))
    theme |= MP_PLOT_HIGH_CONTRAST;
  mp_plot_style_init (style, theme);
  style->font_family = g_intern_string (pango_font_description_get_family (pango_context_get_font_description (context)));
  g_object_get (settings, "gtk-xft-dpi", &dpi, NULL);
  style->text_scale = dpi > 0 ? dpi / (96.0 * PANGO_SCALE) : 1;
  if (root && gtk_widget_has_css_class (GTK_WIDGET (root), "presenter"))
    style->text_scale *= PRESENTER_SCALE;
  style->pixel_ratio = gtk_widget_get_scale_factor (widget);
}

/* All else follows from these. */
static gboolean
same_style (const MpPlotStyle *a,
            const MpPlotStyle *b)
{
  return a->theme == b->theme && a->font_family == b->font_family && a->text_scale == b->text_scale &&
         a->pixel_ratio == b->pixel_ratio;
}

static GdkTexture *
texture_of_surface (cairo_surface_t *surface)
{
  int width = cairo_image_surface_get_width (surface);
  int height = cairo_image_surface_get_height (surface);
  int stride = cairo_image_surface_get_stride (surface);
  g_autoptr (GBytes) bytes = NULL;

  cairo_surface_flush (surface);
  bytes = g_bytes_new_with_free_func (cairo_image_surface_get_data (surface), (gsize) stride * height,
                                      (GDestroyNotify) cairo_surface_destroy, cairo_surface_reference (surface));
  return gdk_memory_texture_new (width, height, GDK_MEMORY_DEFAULT, bytes, stride);
}

/* (transfer full) */
static cairo_surface_t *
render (double             width,
        double             height,
        int                scale,
        const MpPlotStyle *style,
        const MpColour    *background,
        MpPictureDraw      draw,
        gpointer           data)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, (int) width * scale,
                                                         (int) height * scale);
  cairo_t *cr;

  cairo_surface_set_device_scale (surface, scale, scale);
  cr = cairo_create (surface);
  if (background) {
    mp_colour_set_source (*background, cr);
    cairo_paint (cr);
  }
  draw (data, cr, width, height, style);
  cairo_destroy (cr);
  return surface;
}

GdkTexture *
mp_plot_render (double             width,
                double             height,
                int                scale,
                const MpPlotStyle *style,
                MpPictureDraw      draw,
                gpointer           data)
{
  cairo_surface_t *surface = render (width, height, scale, style, &style->card, draw, data);
  GdkTexture *texture = texture_of_surface (surface);

  cairo_surface_destroy (surface);
  return texture;
}

/* GTK's software renderer takes textures apart into floats and back; a Cairo surface it just copies. The others want
 * a texture to upload. (transfer full) */
static GskRenderNode *
node_of_surface (GtkWidget       *widget,
                 cairo_surface_t *surface,
                 int              width,
                 int              height)
{
  const graphene_rect_t bounds = GRAPHENE_RECT_INIT (0, 0, width, height);
  GskRenderer *renderer = gtk_native_get_renderer (gtk_widget_get_native (widget));
  g_autoptr (GdkTexture) texture = NULL;
  GskRenderNode *node;
  cairo_t *cr;

  if (!GSK_IS_CAIRO_RENDERER (renderer)) {
    texture = texture_of_surface (surface);
    return gsk_texture_node_new (texture, &bounds);
  }
  node = gsk_cairo_node_new (&bounds);
  cr = gsk_cairo_node_get_draw_context (node);
  cairo_set_source_surface (cr, surface, 0, 0);
  cairo_rectangle (cr, 0, 0, width, height);
  cairo_fill (cr);
  cairo_destroy (cr);
  return node;
}

void
mp_plot_cache_snapshot (MpPlotCache   *self,
                        GtkWidget     *widget,
                        GtkSnapshot   *snapshot,
                        MpPictureDraw  draw,
                        gpointer       data)
{
  int width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget);
  int scale = gtk_widget_get_scale_factor (widget);
  cairo_surface_t *surface;
  MpPlotStyle style;

  if (width <= 0 || height <= 0)
    return;
  mp_plot_style_for_widget (&style, widget);
  if (self->node == NULL || width != self->width || height != self->height || scale != self->scale ||
      !same_style (&style, &self->style)) {
    mp_plot_cache_clear (self);
    surface = render (width, height, scale, &style, NULL, draw, data);
    self->node = node_of_surface (widget, surface, width, height);
    cairo_surface_destroy (surface);
    self->width = width;
    self->height = height;
    self->scale = scale;
    self->style = style;
  }
  gtk_snapshot_append_node (snapshot, self->node);
}

void
mp_plot_cache_clear (MpPlotCache *self)
{
  g_clear_pointer (&self->node, gsk_render_node_unref);
}

void
mp_plot_snapshot_above (GtkWidget     *widget,
                        GtkSnapshot   *snapshot,
                        MpPictureDraw  draw,
                        gpointer       data)
{
  int width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget);
  MpPlotStyle style;
  cairo_t *cr;

  if (width <= 0 || height <= 0)
    return;
  mp_plot_style_for_widget (&style, widget);
  cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, width, height));
  draw (data, cr, width, height, &style);
  cairo_destroy (cr);
}
