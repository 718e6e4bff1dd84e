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

/* ---- drawing ---- */

typedef struct
{
  MpExportKind      kind;
  gpointer          plot;
  const MpLaneHead *head;
} Drawing;

static void
draw (gpointer           data,
      cairo_t           *cr,
      double             width,
      double             height,
      const MpPlotStyle *style)
{
  const Drawing *drawing = data;
  double head = drawing->head ? mp_lane_head_get_height (style) : 0;

  cairo_save (cr);
  if (drawing->head)
    mp_lane_head_draw (drawing->head, cr, width, style);
  cairo_translate (cr, 0, head);
  switch (drawing->kind) {
  case MP_EXPORT_CHART:
    mp_chart_draw (drawing->plot, cr, width, height - head, style);
    break;
  case MP_EXPORT_SCATTER:
    mp_scatter_draw_framed (drawing->plot, cr, width, height - head, style);
    break;
  case MP_EXPORT_PANEL:
    mp_panel_draw_framed (drawing->plot, cr, width, height - head, style);
    break;
  case MP_EXPORT_PICTURE:
    mp_picture_draw (drawing->plot, cr, width, height - head, style);
    break;
  }
  cairo_restore (cr);
}

static void
draw_card (gpointer           data,
           cairo_t           *cr,
           double             width,
           double             height,
           const MpPlotStyle *style)
{
  mp_colour_set_source (style->card, cr);
  cairo_paint (cr);
  draw (data, cr, width, height, style);
}

/* ---- files ---- */

gboolean
mp_export_write (const char        *path,
                 MpExportKind       kind,
                 gpointer           plot,
                 const MpLaneHead  *head,
                 GError           **error)
{
  Drawing drawing = { kind, plot, head };
  MpPlotStyle style;
  double width = 0, height = 0;

  g_return_val_if_fail (path != NULL, FALSE);

  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  natural_size (kind, plot, &width, &height);
  if (head)
    return mp_picture_write_drawing (path, width, height + mp_lane_head_get_height (&style), PIXELS_PER_UNIT, &style,
                                     head->title, draw_card, &drawing, error);
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

/* ---- the clipboard ---- */

void
mp_export_copy (GtkWidget        *widget,
                MpExportKind      kind,
                gpointer          plot,
                const MpLaneHead *head)
{
  g_autoptr (GdkTexture) texture = NULL;
  Drawing drawing = { kind, plot, head };
  MpPlotStyle style;
  double width = 0, height = 0;

  mp_plot_style_for_widget (&style, widget);
  style.text_scale = 1;
  style.pixel_ratio = PIXELS_PER_UNIT;
  natural_size (kind, plot, &width, &height);
  height += head ? mp_lane_head_get_height (&style) : 0;
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
  MpExportHead  get_head;
} Target;

static void
target_free (gpointer data)
{
  Target *target = data;

  g_free (target->name);
  g_free (target);
}

/* Returns: (transfer none): head, filled, or NULL where there is none. */
static const MpLaneHead *
get_head (const Target *target,
          MpLaneHead   *head)
{
  if (!target->get_head)
    return NULL;
  target->get_head (target->widget, head);
  return head;
}

/* The target lives as long as the widget, which is there when a file was chosen. */
static gboolean
write_target (GtkWidget   *widget,
              const char  *path,
              gpointer     data,
              GError     **error)
{
  const Target *target = data;
  MpLaneHead head;

  return mp_export_write (path, target->kind, target->plot, get_head (target, &head), error);
}

static void
export_cb (GSimpleAction *action,
           GVariant      *parameter,
           gpointer       data)
{
  Target *target = data;
  g_autofree char *name = g_strconcat (target->name, ".png", NULL);

  mp_export_file_ask (target->widget, _("Export picture"), name, write_target, target, NULL);
}

static void
copy_cb (GSimpleAction *action,
         GVariant      *parameter,
         gpointer       data)
{
  Target *target = data;
  MpLaneHead head;

  mp_export_copy (target->widget, target->kind, target->plot, get_head (target, &head));
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
                       gpointer      plot,
                       MpExportHead  get_head)
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
  target->get_head = get_head;
  g_object_set_data_full (G_OBJECT (group), "target", target, target_free);
  g_action_map_add_action_entries (G_ACTION_MAP (group), entries, G_N_ELEMENTS (entries), target);
  gtk_widget_insert_action_group (widget, prefix, G_ACTION_GROUP (group));
  return G_ACTION_MAP (group);
}
