/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/export.h"

#include <string.h>

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

static void
toast (GtkWidget  *widget,
       const char *text)
{
  gtk_widget_activate_action (widget, "win.toast", "s", text);
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

/* ---- the file chooser ---- */

typedef struct
{
  GtkWidget            *widget; /* weak */
  MpExportKind          kind;
  gpointer              plot;    /* or NULL: to be made */
  MpPicture          *(*make) (GtkWidget *widget);
  GtkFileChooserNative *chooser;
} Ask;

static void
ask_free (Ask *ask)
{
  if (ask->widget)
    g_object_remove_weak_pointer (G_OBJECT (ask->widget), (gpointer *) &ask->widget);
  if (ask->plot)
    plot_free (ask->kind, ask->plot);
  g_object_unref (ask->chooser);
  g_free (ask);
}

/* A name typed without an extension means an image. */
static char *
complete_path (const char *path)
{
  const char *dot = strrchr (path, '.');

  if (dot && !strchr (dot, G_DIR_SEPARATOR))
    return g_strdup (path);
  return g_strconcat (path, ".png", NULL);
}

static void
response_cb (GtkNativeDialog *dialog,
             int              response,
             Ask             *ask)
{
  g_autoptr (GFile) file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));
  g_autoptr (GError) error = NULL;
  g_autofree char *chosen = file ? g_file_get_path (file) : NULL;
  g_autofree char *path = NULL, *base = NULL, *text = NULL;

  if (ask->make && ask->widget && response == GTK_RESPONSE_ACCEPT)
    ask->plot = ask->make (ask->widget);
  if (response == GTK_RESPONSE_ACCEPT && chosen && ask->plot) {
    path = complete_path (chosen);
    base = g_path_get_basename (path);
    if (mp_export_write (path, ask->kind, ask->plot, &error))
      text = g_strdup_printf (_("Saved “%s”"), base);
    else
      text = g_strdup (error->message);
    if (ask->widget)
      toast (ask->widget, text);
  } else if (response == GTK_RESPONSE_ACCEPT && ask->widget) {
    toast (ask->widget, _("Pictures can only be saved in local folders."));
  }
  ask_free (ask);
}

static void
add_filter (GtkFileChooserNative *chooser,
            const char           *name,
            const char           *suffix)
{
  g_autoptr (GtkFileFilter) filter = gtk_file_filter_new ();

  gtk_file_filter_set_name (filter, name);
  gtk_file_filter_add_suffix (filter, suffix);
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (chooser), filter);
}

static void
ask_where (GtkWidget    *widget,
           const char   *name,
           MpExportKind  kind,
           gpointer      plot,
           MpPicture  *(*make) (GtkWidget *widget))
{
  GtkRoot *root = gtk_widget_get_root (widget);
  Ask *ask = g_new0 (Ask, 1);
  g_autofree char *file_name = g_strconcat (name, ".png", NULL);
  g_autoptr (GtkFileFilter) all = gtk_file_filter_new ();

  ask->kind = kind;
  ask->plot = plot;
  ask->make = make;
  ask->widget = widget;
  g_object_add_weak_pointer (G_OBJECT (widget), (gpointer *) &ask->widget);
  ask->chooser = gtk_file_chooser_native_new (_("Export picture"), GTK_IS_WINDOW (root) ? GTK_WINDOW (root) : NULL,
                                              GTK_FILE_CHOOSER_ACTION_SAVE, _("_Save"), _("_Cancel"));
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (ask->chooser), TRUE);
  gtk_file_filter_set_name (all, _("Pictures (.png, .svg, .pdf)"));
  gtk_file_filter_add_suffix (all, "png");
  gtk_file_filter_add_suffix (all, "svg");
  gtk_file_filter_add_suffix (all, "pdf");
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (ask->chooser), all);
  add_filter (ask->chooser, _("PNG image"), "png");
  add_filter (ask->chooser, _("SVG drawing"), "svg");
  add_filter (ask->chooser, _("PDF document"), "pdf");
  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (ask->chooser), file_name);
  g_signal_connect (ask->chooser, "response", G_CALLBACK (response_cb), ask);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (ask->chooser));
}

void
mp_export_ask (GtkWidget    *widget,
               const char   *name,
               MpExportKind  kind,
               gpointer      plot)
{
  ask_where (widget, name, kind, plot, NULL);
}

void
mp_export_ask_picture (GtkWidget   *widget,
                       const char  *name,
                       MpPicture *(*make) (GtkWidget *widget))
{
  ask_where (widget, name, MP_EXPORT_PICTURE, NULL, make);
}

/* ---- the clipboard ---- */

typedef struct
{
  MpExportKind kind;
  gpointer     plot;
} Drawing;

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
  toast (widget, _("Image copied"));
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
