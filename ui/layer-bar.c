/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/layer-bar.h"

#include "ui/colour-bar.h"
#include "ui/drop-down.h"
#include "ui/format.h"
#include "ui/ui.h"
#include "ui/wrap-layout.h"

struct _MpLayerBar
{
  GtkWidget parent_instance;

  MpLaneModel     *model;
  MpLanePlots     *plots;
  gboolean         filling;    /* controls follow the choices now, not the other way round */

  GtkDropDown     *background;
  GtkMenuButton   *overlays_button;
  GtkBox          *overlays;
  GtkWidget       *separator;
  GtkCheckButton  *levels;
  GtkCheckButton  *log;
  GtkDropDown     *panel;
  GtkToggleButton *data_toggle;
  GtkToggleButton *samples_toggle;
  MpColourBar     *colour_bar;
};

G_DEFINE_FINAL_TYPE (MpLayerBar, mp_layer_bar, GTK_TYPE_WIDGET)

static MpLaneLayers *
get_layers (MpLayerBar *self)
{
  return mp_lane_model_get_layers (self->model);
}

static const char *
translate (const char *text)
{
  return text && text[0] ? g_dgettext (GETTEXT_PACKAGE, text) : "";
}

/* ---- background and panel ---- */

/* The layers of a place, and last the choice of none. */
static void
fill_drop_down (MpLayerBar  *self,
                GtkDropDown *drop_down,
                MpPlace      place,
                const char  *none)
{
  MpLaneLayers *layers = get_layers (self);
  g_autoptr (GtkStringList) list = gtk_string_list_new (NULL);

  for (guint i = 0; i < mp_lane_layers_get_n (layers, place); i++) {
    const MpLayerInfo *info = mp_lane_layers_get (layers, place, i);
    g_autofree char *title = mp_format_short_title (translate (info->title));
    g_autofree char *row = g_strdup_printf ("%s\n%s", title, translate (info->class->base.summary));

    gtk_string_list_append (list, row);
  }
  gtk_string_list_append (list, none);
  gtk_drop_down_set_model (drop_down, G_LIST_MODEL (list));
}

static void
show_chosen (MpLayerBar  *self,
             GtkDropDown *drop_down,
             MpPlace      place,
             const char  *fallback)
{
  MpLaneLayers *layers = get_layers (self);
  guint n = mp_lane_layers_get_n (layers, place), chosen = n;
  g_autofree char *tooltip = NULL;

  for (guint i = 0; i < n; i++)
    if (g_strcmp0 (mp_lane_layers_get (layers, place, i)->class->base.id, mp_lane_layers_get_chosen (layers, place)) == 0)
      chosen = i;
  gtk_drop_down_set_selected (drop_down, chosen);
  if (chosen < n) {
    const MpLayerInfo *info = mp_lane_layers_get (layers, place, chosen);

    tooltip = g_strdup_printf ("%s\n%s", translate (info->title), translate (info->class->base.summary));
  }
  gtk_widget_set_tooltip_text (GTK_WIDGET (drop_down), tooltip ? tooltip : fallback);
  gtk_widget_set_sensitive (GTK_WIDGET (drop_down), n > 0);
}

static void
choose (MpLayerBar  *self,
        GtkDropDown *drop_down,
        MpPlace      place)
{
  MpLaneLayers *layers = get_layers (self);
  guint chosen = gtk_drop_down_get_selected (drop_down);

  if (self->filling || chosen == GTK_INVALID_LIST_POSITION)
    return;
  mp_lane_layers_choose (layers, place, chosen < mp_lane_layers_get_n (layers, place)
                                          ? mp_lane_layers_get (layers, place, chosen)->class->base.id : NULL);
}

static void
background_cb (MpLayerBar *self)
{
  choose (self, self->background, MP_PLACE_BACKGROUND);
}

static void
panel_cb (MpLayerBar *self)
{
  choose (self, self->panel, MP_PLACE_PANEL);
}

/* ---- overlays ---- */

static void
overlay_cb (GtkCheckButton *check,
            MpLayerBar     *self)
{
  if (!self->filling)
    mp_lane_layers_set_overlay (get_layers (self), gtk_widget_get_name (GTK_WIDGET (check)),
                                gtk_check_button_get_active (check));
}

/* A check button with its explanation below. */
static GtkWidget *
new_check (const MpLayerInfo *info)
{
  GtkWidget *check = gtk_check_button_new (), *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 1);
  g_autofree char *short_title = mp_format_short_title (translate (info->title));
  GtkWidget *title = gtk_label_new (short_title), *summary = gtk_label_new (translate (info->class->base.summary));

  gtk_label_set_xalign (GTK_LABEL (title), 0);
  gtk_label_set_xalign (GTK_LABEL (summary), 0);
  gtk_label_set_wrap (GTK_LABEL (summary), TRUE);
  gtk_label_set_max_width_chars (GTK_LABEL (summary), 44);
  gtk_label_set_width_chars (GTK_LABEL (summary), 30);
  gtk_widget_add_css_class (summary, "dim-label");
  gtk_widget_add_css_class (summary, "caption");
  gtk_box_append (GTK_BOX (box), title);
  gtk_box_append (GTK_BOX (box), summary);
  gtk_check_button_set_child (GTK_CHECK_BUTTON (check), box);
  gtk_widget_set_name (check, info->class->base.id);
  gtk_widget_add_css_class (check, "layer");
  gtk_widget_set_tooltip_text (check, translate (info->title));
  gtk_accessible_update_property (GTK_ACCESSIBLE (check), GTK_ACCESSIBLE_PROPERTY_LABEL, short_title,
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, translate (info->class->base.summary), -1);
  return check;
}

static void
fill_overlays (MpLayerBar *self)
{
  MpLaneLayers *layers = get_layers (self);
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->overlays))))
    gtk_box_remove (self->overlays, child);
  for (guint i = 0; i < mp_lane_layers_get_n (layers, MP_PLACE_OVERLAY); i++) {
    GtkWidget *check = new_check (mp_lane_layers_get (layers, MP_PLACE_OVERLAY, i));

    g_signal_connect (check, "toggled", G_CALLBACK (overlay_cb), self);
    gtk_box_append (self->overlays, check);
  }
  gtk_widget_set_sensitive (GTK_WIDGET (self->overlays_button), mp_lane_layers_get_n (layers, MP_PLACE_PANEL) > 0);
  gtk_widget_set_visible (self->separator, gtk_widget_get_first_child (GTK_WIDGET (self->overlays)) != NULL);
}

static void
show_overlays (MpLayerBar *self)
{
  MpLaneLayers *layers = get_layers (self);
  guint n = mp_lane_layers_count_overlays (layers);
  /* Translators: how many layers are shown over the plot */
  g_autofree char *label = n > 0 ? g_strdup_printf (_("Layers · %u"), n) : g_strdup (_("Layers"));
  const char *panel = mp_lane_layers_get_chosen (layers, MP_PLACE_PANEL);
  const MpLayerInfo *info = panel ? mp_lane_layers_find (layers, panel) : NULL;

  for (GtkWidget *child = gtk_widget_get_first_child (GTK_WIDGET (self->overlays)); child;
       child = gtk_widget_get_next_sibling (child))
    gtk_check_button_set_active (GTK_CHECK_BUTTON (child),
                                 mp_lane_layers_get_overlay (layers, gtk_widget_get_name (child)));
  gtk_menu_button_set_label (self->overlays_button, label);
  gtk_check_button_set_active (self->levels, mp_lane_layers_get_levels (layers));
  gtk_widget_set_sensitive (GTK_WIDGET (self->levels), mp_lane_layers_get_chosen (layers, MP_PLACE_BACKGROUND) != NULL);
  gtk_check_button_set_active (self->log, mp_lane_layers_get_log (layers));
  gtk_widget_set_visible (GTK_WIDGET (self->log), info && info->class->drawing == MP_DRAW_BARS);
}

static void
look_cb (MpLayerBar *self)
{
  if (self->filling)
    return;
  mp_lane_layers_set_levels (get_layers (self), gtk_check_button_get_active (self->levels));
  mp_lane_layers_set_log (get_layers (self), gtk_check_button_get_active (self->log));
}

/* ---- all ---- */

/* The lists stay: a drop-down may be the one that tells. */
static void
update_choices (MpLayerBar *self)
{
  self->filling = TRUE;
  show_chosen (self, self->background, MP_PLACE_BACKGROUND, _("Background layer"));
  show_chosen (self, self->panel, MP_PLACE_PANEL, _("Panel beside the plot"));
  show_overlays (self);
  self->filling = FALSE;
}

static void
update_offer (MpLayerBar *self)
{
  self->filling = TRUE;
  fill_drop_down (self, self->background, MP_PLACE_BACKGROUND, _("No background"));
  fill_drop_down (self, self->panel, MP_PLACE_PANEL, _("No panel"));
  fill_overlays (self);
  self->filling = FALSE;
  update_choices (self);
}

static void
toggle_cb (MpLayerBar *self)
{
  mp_lane_plots_set_points_visible (self->plots, MP_POINTS_DATA, gtk_toggle_button_get_active (self->data_toggle));
  mp_lane_plots_set_points_visible (self->plots, MP_POINTS_SAMPLES,
                                    gtk_toggle_button_get_active (self->samples_toggle));
}

static void
coloured_cb (MpLayerBar *self)
{
  MpHeatMap *heat_map = mp_scatter_get_heat_map (mp_lane_plots_get_scatter (self->plots));

  gtk_widget_set_visible (GTK_WIDGET (self->colour_bar), heat_map != NULL);
  mp_colour_bar_set_heat_map (self->colour_bar, heat_map, mp_lane_model_get_colour (self->model));
}

static void
mp_layer_bar_dispose (GObject *object)
{
  MpLayerBar *self = MP_LAYER_BAR (object);
  GtkWidget *child;

  if (self->model) {
    g_signal_handlers_disconnect_by_data (get_layers (self), self);
    g_signal_handlers_disconnect_by_data (self->plots, self);
  }
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))))
    gtk_widget_unparent (child);
  g_clear_object (&self->plots);
  g_clear_object (&self->model);
  G_OBJECT_CLASS (mp_layer_bar_parent_class)->dispose (object);
}

static void
mp_layer_bar_class_init (MpLayerBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mp_layer_bar_dispose;
  g_type_ensure (MP_TYPE_COLOUR_BAR);
  g_type_ensure (MP_TYPE_WRAP_LAYOUT);
  gtk_widget_class_set_template_from_resource (widget_class, MP_RESOURCE_PATH "/ui/layer-bar.ui");
  gtk_widget_class_bind_template_child (widget_class, MpLayerBar, background);
  gtk_widget_class_bind_template_child (widget_class, MpLayerBar, overlays_button);
  gtk_widget_class_bind_template_child (widget_class, MpLayerBar, overlays);
  gtk_widget_class_bind_template_child (widget_class, MpLayerBar, separator);
  gtk_widget_class_bind_template_child (widget_class, MpLayerBar, levels);
  gtk_widget_class_bind_template_child (widget_class, MpLayerBar, log);
  gtk_widget_class_bind_template_child (widget_class, MpLayerBar, panel);
  gtk_widget_class_bind_template_child (widget_class, MpLayerBar, data_toggle);
  gtk_widget_class_bind_template_child (widget_class, MpLayerBar, samples_toggle);
  gtk_widget_class_bind_template_child (widget_class, MpLayerBar, colour_bar);
  gtk_widget_class_set_css_name (widget_class, "layerbar");
}

static void
mp_layer_bar_init (MpLayerBar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  mp_drop_down_give_way (self->background, 8);
  mp_drop_down_set_word (self->panel, _("Panel"));
}

void
mp_layer_bar_set_plots (MpLayerBar  *self,
                        MpLaneModel *model,
                        MpLanePlots *plots)
{
  MpLaneLayers *layers;

  g_return_if_fail (MP_IS_LAYER_BAR (self));
  g_return_if_fail (MP_IS_LANE_MODEL (model));
  g_return_if_fail (MP_IS_LANE_PLOTS (plots));
  g_return_if_fail (self->model == NULL);

  self->model = g_object_ref (model);
  self->plots = g_object_ref (plots);
  layers = get_layers (self);
  g_signal_connect_swapped (layers, "changed-offer", G_CALLBACK (update_offer), self);
  g_signal_connect_swapped (layers, "changed-choice", G_CALLBACK (update_choices), self);
  g_signal_connect_swapped (layers, "changed-look", G_CALLBACK (update_choices), self);
  g_signal_connect_swapped (plots, "coloured", G_CALLBACK (coloured_cb), self);
  g_signal_connect_swapped (self->background, "notify::selected", G_CALLBACK (background_cb), self);
  g_signal_connect_swapped (self->panel, "notify::selected", G_CALLBACK (panel_cb), self);
  g_signal_connect_swapped (self->levels, "toggled", G_CALLBACK (look_cb), self);
  g_signal_connect_swapped (self->log, "toggled", G_CALLBACK (look_cb), self);
  g_signal_connect_swapped (self->data_toggle, "toggled", G_CALLBACK (toggle_cb), self);
  g_signal_connect_swapped (self->samples_toggle, "toggled", G_CALLBACK (toggle_cb), self);
  update_offer (self);
  coloured_cb (self);
}
