/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/export.h"

#include "ui/export-file.h"
#include "ui/plot-cache.h"

#define PIXELS_PER_UNIT 2

static void
natural_size (MpExportKind  kind,
              gpointer      plot,
              double       *width,
              double       *height)
{
  switch (kind) {
  case MP_EXPORT_CHART:
    *width = 560;
    *height = 360;
    break;
  case MP_EXPORT_SCATTER:
    *width = *height = 480;
    break;
  case MP_EXPORT_PANEL:
    *width = mp_panel_get_n_parts (plot) > 1 && mp_panel_get_kind (plot) != MP_PANEL_BARS ? 800 : 480;
    *height = mp_panel_get_kind (plot) == MP_PANEL_BARS ? 320 : 460;
    break;
  case MP_EXPORT_PICTURE:
    mp_picture_get_natural_size (plot, width, height);
    break;
  }
}

static void
plot_free (MpExportKind kind,
           gpointer     plot)
{
  switch (kind) {
  case MP_EXPORT_CHART:
    mp_chart_unref (plot);
    break;
  case MP_EXPORT_SCATTER:
    mp_scatter_unref (plot);
    break;
  case MP_EXPORT_PANEL:
    mp_panel_unref (plot);
    break;
  case MP_EXPORT_PICTURE:
    mp_picture_free (plot);
    break;
  }
}

gboolean
mp_export_write (const char   *path,
                 MpExportKind  kind,
                 gpointer      plot,
                 GError      **error)
{
  MpPlotStyle style;
  double width = 0, height = 0;

  g_return_val_if_fail (path != NULL, FALSE);

  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  natural_size (kind, plot, &width, &height);
  switch (kind) {
  case MP_EXPORT_CHART:
    return mp_chart_write (plot, path, width, height, PIXELS_PER_UNIT, &style, error);
  case MP_EXPORT_SCATTER:
    return mp_scatter_write (plot, path, width, height, PIXELS_PER_UNIT, &style, error);
  case MP_EXPORT_PANEL:
    return mp_panel_write (plot, path, width, height, PIXELS_PER_UNIT, &style, error);
  case MP_EXPORT_PICTURE:
    return mp_picture_write (plot, path, width, height, PIXELS_PER_UNIT, &style, error);
  }
  g_return_val_if_reached (FALSE);
}

/* ---- files ---- */

typedef struct
{
  MpExportKind kind;
  gpointer     plot;
} Drawing;

static void
drawing_free (gpointer data)
{
  Drawing *drawing = data;

  plot_free (drawing->kind, drawing->plot);
  g_free (drawing);
}

static gboolean
write_drawing (GtkWidget   *widget,
               const char  *path,
               gpointer     data,
               GError     **error)
{
  Drawing *drawing = data;

  return mp_export_write (path, drawing->kind, drawing->plot, error);
}

void
mp_export_ask (GtkWidget    *widget,
               const char   *name,
               MpExportKind  kind,
               gpointer      plot)
{
  Drawing *drawing = g_new0 (Drawing, 1);
  g_autofree char *file_name = g_strconcat (name, ".png", NULL);

  drawing->kind = kind;
  drawing->plot = plot;
  mp_export_file_ask (widget, _("Export picture"), file_name, write_drawing, drawing, drawing_free);
}

/* ---- the clipboard ---- */

static void
draw (gpointer           data,
      cairo_t           *cr,
      double             width,
      double             height,
      const MpPlotStyle *style)
{
  Drawing *drawing = data;

  switch (drawing->kind) {
  case MP_EXPORT_CHART:
    mp_chart_draw (drawing->plot, cr, width, height, style);
    break;
  case MP_EXPORT_SCATTER:
    mp_scatter_draw_framed (drawing->plot, cr, width, height, style);
    break;
  case MP_EXPORT_PANEL:
    mp_panel_draw_framed (drawing->plot, cr, width, height, style);
    break;
  case MP_EXPORT_PICTURE:
    mp_picture_draw (drawing->plot, cr, width, height, style);
    break;
  }
}

void
mp_export_copy (GtkWidget    *widget,
                MpExportKind  kind,
                gpointer      plot)
{
  g_autoptr (GdkTexture) texture = NULL;
  Drawing drawing = { kind, plot };
  MpPlotStyle style;
  double width = 0, height = 0;

  mp_plot_style_for_widget (&style, widget);
  style.text_scale = 1;
  style.pixel_ratio = PIXELS_PER_UNIT;
  natural_size (kind, plot, &width, &height);
  texture = mp_plot_render (width, height, PIXELS_PER_UNIT, &style, draw, &drawing);
  gdk_clipboard_set_texture (gtk_widget_get_clipboard (widget), texture);
  gtk_widget_activate_action (widget, "win.toast", "s", _("Image copied"));
}

/* ---- actions ---- */

typedef struct
{
  GtkWidget    *widget;
  char         *name;
  MpExportKind  kind;
  gpointer      plot;
} Target;

static void
target_free (gpointer data)
{
  Target *target = data;

  g_free (target->name);
  g_free (target);
}

static void
export_cb (GSimpleAction *action,
           GVariant      *parameter,
           gpointer       data)
{
  Target *target = data;

  if (target->kind == MP_EXPORT_CHART)
    mp_export_ask (target->widget, target->name, target->kind, mp_chart_ref (target->plot));
  else if (target->kind == MP_EXPORT_PANEL)
    mp_export_ask (target->widget, target->name, target->kind, mp_panel_ref (target->plot));
  else
    mp_export_ask (target->widget, target->name, target->kind, mp_scatter_ref (target->plot));
}

static void
copy_cb (GSimpleAction *action,
         GVariant      *parameter,
         gpointer       data)
{
  Target *target = data;

  mp_export_copy (target->widget, target->kind, target->plot);
}

void
mp_export_append_menu (GMenu      *menu,
                       const char *prefix)
{
  g_autofree char *export = g_strconcat (prefix, ".export", NULL);
  g_autofree char *copy = g_strconcat (prefix, ".copy", NULL);

  g_menu_append (menu, _("_Export…"), export);
  g_menu_append (menu, _("_Copy image"), copy);
}

GActionMap *
mp_export_add_actions (GtkWidget    *widget,
                       const char   *prefix,
                       const char   *name,
                       MpExportKind  kind,
                       gpointer      plot)
{
  const GActionEntry entries[] = {
    { .name = "export", .activate = export_cb },
    { .name = "copy", .activate = copy_cb },
  };
  g_autoptr (GSimpleActionGroup) group = g_simple_action_group_new ();
  Target *target;

  g_return_val_if_fail (kind != MP_EXPORT_PICTURE, NULL);

  target = g_new0 (Target, 1);
  target->widget = widget;
  target->name = g_strdup (name);
  target->kind = kind;
  target->plot = plot;
  g_object_set_data_full (G_OBJECT (group), "target", target, target_free);
  g_action_map_add_action_entries (G_ACTION_MAP (group), entries, G_N_ELEMENTS (entries), target);
  gtk_widget_insert_action_group (widget, prefix, G_ACTION_GROUP (group));
  return G_ACTION_MAP (group);
}
