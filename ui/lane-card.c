/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/lane-card.h"

#include <math.h>

#include "ui/export.h"
#include "ui/lane-past.h"
#include "ui/layer-bar.h"
#include "ui/plot/plot-format.h"
#include "ui/wrap-layout.h"

struct _MpLaneCard
{
  GtkWidget parent_instance;

  MpLaneModel     *model;
  gboolean         selected;
  gboolean         watching;

  GtkWidget       *head;
  GtkWidget       *rule;
  GtkLabel        *title;
  GtkLabel        *subtitle;
  GtkLabel        *iteration;
  GtkLabel        *numbers;
  GtkWidget       *menu_button;
  MpLanePlots     *plots;
  GtkLabel        *chip;
  GtkWidget       *notice;
  GtkSpinner      *spinner;
  GtkWidget       *icon;
  GtkLabel        *notice_title;
  GtkLabel        *notice_text;
  GtkWidget       *again;
  MpLayerBar      *layers;
  GActionMap      *panel_actions; /* the widget's */
};

enum
{
  PROP_0,
  PROP_SELECTED,
  N_PROPS
};

static GParamSpec *props[N_PROPS];
static guint selected_signal;

G_DEFINE_FINAL_TYPE (MpLaneCard, mp_lane_card, GTK_TYPE_WIDGET)

/* ---- words ---- */

static void
update_names (MpLaneCard *self)
{
  const char *subtitle = mp_lane_model_get_subtitle (self->model), *place = mp_lane_model_get_place (self->model);
  const char *detail = mp_lane_model_get_place_detail (self->model), *anew = mp_lane_model_get_anew (self->model);
  g_autofree char *where = g_strdup_printf ("%s%s%s", subtitle, place && subtitle[0] ? " · " : "", place ? place : "");
  /* Translators: of a branch, parts of which begin anew */
  g_autofree char *text = anew ? g_strdup_printf ("%s · %s", _("partly anew"), where) : g_strdup (where);
  g_autofree char *tooltip = g_strdup_printf ("%s%s%s%s%s", where, detail ? "\n" : "", detail ? detail : "",
                                              anew ? "\n" : "", anew ? anew : "");

  gtk_label_set_text (self->title, mp_lane_model_get_title (self->model));
  gtk_label_set_text (self->subtitle, text);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->subtitle), tooltip);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  mp_lane_model_get_title (self->model), -1);
}

/* Lines break between quantities, not inside them. text: (transfer full) */
static char *
keep_together (char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, " · ", -1);
  g_autofree char *joined = NULL;
  GString *kept;

  for (guint i = 0; parts[i]; i++) {
    g_auto (GStrv) words = g_strsplit (parts[i], " ", -1);

    g_free (parts[i]);
    parts[i] = g_strjoinv ("\u00a0", words);
  }
  g_free (text);
  joined = g_strjoinv (" · ", parts);
  kept = g_string_new (joined);
  g_string_replace (kept, "/", "\u2060/\u2060", 0);
  return g_string_free (kept, FALSE);
}

/* What looking costs, where there was any. */
static void
update_cost (MpLaneCard           *self,
             const MpLaneProgress *progress)
{
  double whole = progress->seconds + progress->look_seconds;
  g_autofree char *text = NULL;

  if (progress->look_seconds > 0)
    text = g_strdup_printf (_("Points and layers that are looked at take %.1f %% of the lane's time"),
                            100 * progress->look_seconds / whole);
  if (g_strcmp0 (text, gtk_widget_get_tooltip_text (GTK_WIDGET (self->numbers))) != 0)
    gtk_widget_set_tooltip_text (GTK_WIDGET (self->numbers), text);
}

static void
update_progress (MpLaneCard *self)
{
  const MpLaneProgress *progress = mp_lane_model_get_progress (self->model);
  g_autofree char *count = mp_format_count (progress->iteration);
  /* Translators: short for iteration */
  g_autofree char *iteration = g_strdup_printf (_("it %s"), count);
  g_autofree char *numbers = NULL;
  MpLaneHead head;

  mp_lane_card_get_head (self, &head);
  numbers = keep_together (mp_lane_head_summary (&head));
  gtk_label_set_text (self->iteration, iteration);
  gtk_label_set_text (self->numbers, numbers);
  /* The chip says how the lane is now, not how it was. */
  gtk_widget_set_visible (GTK_WIDGET (self->chip),
                          gtk_label_get_text (self->chip)[0] != '\0' && !mp_lane_model_is_past (self->model));
  update_cost (self, progress);
}

static void
show_notice (MpLaneCard *self,
             const char *title,
             const char *text,
             gboolean    busy,
             gboolean    again)
{
  gtk_label_set_text (self->notice_title, title);
  gtk_label_set_text (self->notice_text, text ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (self->notice_text), text != NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->spinner), busy);
  gtk_spinner_set_spinning (self->spinner, busy);
  gtk_widget_set_visible (self->icon, !busy);
  gtk_widget_set_visible (self->again, again);
  gtk_widget_set_visible (self->notice, TRUE);
}

static void
update_state (MpLaneCard *self)
{
  const char *message = mp_lane_model_get_message (self->model), *chip = NULL;

  gtk_widget_set_valign (self->notice, GTK_ALIGN_CENTER);
  gtk_widget_set_visible (self->notice, FALSE);
  gtk_spinner_set_spinning (self->spinner, FALSE);
  switch (mp_lane_model_get_state (self->model)) {
  case MP_LANE_PREPARING:
    show_notice (self, _("Preparing"), message ? message : _("Building the graph and its plans"), TRUE, FALSE);
    break;
  case MP_LANE_PAUSED:
    chip = _("Paused");
    break;
  case MP_LANE_TRAINING:
    break;
  case MP_LANE_FINISHED:
    chip = _("Finished");
    break;
  case MP_LANE_STOPPED:
    chip = _("Stopped");
    break;
  case MP_LANE_DIVERGED:
    show_notice (self, _("Diverged"), message, FALSE, TRUE);
    gtk_widget_set_valign (self->notice, GTK_ALIGN_END);
    break;
  case MP_LANE_FAILED:
    show_notice (self, _("This lane failed"), message, FALSE, TRUE);
    break;
  }
  gtk_label_set_text (self->chip, chip ? chip : "");
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "lane.resume", mp_lane_model_is_kept (self->model));
  update_progress (self);
  mp_lane_plots_describe (self->plots); /* when it comes to rest, not at every frame */
}

/* ---- the widget ---- */

static void
update_panel_actions (MpLaneCard *self)
{
  const char *const names[] = { "export", "copy" };
  gboolean any = mp_lane_layers_get_chosen (mp_lane_model_get_layers (self->model), MP_PLACE_PANEL) != NULL;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_simple_action_set_enabled (G_SIMPLE_ACTION (g_action_map_lookup_action (self->panel_actions, names[i])), any);
}

static void
set_watching (MpLaneCard *self,
              gboolean    watching)
{
  if (self->watching == watching)
    return;
  self->watching = watching;
  if (watching)
    mp_lane_model_watch (self->model);
  else
    mp_lane_model_unwatch (self->model);
}

static void
mp_lane_card_map (GtkWidget *widget)
{
  MpLaneCard *self = MP_LANE_CARD (widget);

  GTK_WIDGET_CLASS (mp_lane_card_parent_class)->map (widget);
  set_watching (self, TRUE);
}

static void
mp_lane_card_unmap (GtkWidget *widget)
{
  set_watching (MP_LANE_CARD (widget), FALSE);
  GTK_WIDGET_CLASS (mp_lane_card_parent_class)->unmap (widget);
}

static void
select_cb (MpLaneCard *self)
{
  g_signal_emit (self, selected_signal, 0);
}

static void
lane_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  MpLaneCard *self = MP_LANE_CARD (widget);

  if (g_str_equal (name, "lane.restart"))
    mp_lane_model_restart (self->model);
  else if (g_str_equal (name, "lane.duplicate"))
    mp_lane_model_duplicate (self->model);
  else if (g_str_equal (name, "lane.repeat"))
    mp_lane_model_repeat (self->model);
  else if (g_str_equal (name, "lane.resume"))
    mp_lane_model_resume (self->model);
  else
    mp_lane_model_remove (self->model);
}

static void
mp_lane_card_dispose (GObject *object)
{
  MpLaneCard *self = MP_LANE_CARD (object);
  GtkWidget *child;

  if (self->model) {
    set_watching (self, FALSE);
    g_signal_handlers_disconnect_by_data (self->model, self);
  }
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))))
    gtk_widget_unparent (child);
  g_clear_object (&self->model);
  G_OBJECT_CLASS (mp_lane_card_parent_class)->dispose (object);
}

static void
mp_lane_card_get_property (GObject    *object,
                           guint       prop_id,
                           GValue     *value,
                           GParamSpec *pspec)
{
  if (prop_id == PROP_SELECTED)
    g_value_set_boolean (value, mp_lane_card_get_selected (MP_LANE_CARD (object)));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
mp_lane_card_set_property (GObject      *object,
                           guint         prop_id,
                           const GValue *value,
                           GParamSpec   *pspec)
{
  if (prop_id == PROP_SELECTED)
    mp_lane_card_set_selected (MP_LANE_CARD (object), g_value_get_boolean (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
bind_template (GtkWidgetClass *widget_class)
{
  gtk_widget_class_set_template_from_resource (widget_class, MP_RESOURCE_PATH "/ui/lane-card.ui");
  gtk_widget_class_bind_template_child (widget_class, MpLaneCard, head);
  gtk_widget_class_bind_template_child (widget_class, MpLaneCard, rule);
  gtk_widget_class_bind_template_child (widget_class, MpLaneCard, title);
  gtk_widget_class_bind_template_child (widget_class, MpLaneCard, subtitle);
  gtk_widget_class_bind_template_child (widget_class, MpLaneCard, iteration);
  gtk_widget_class_bind_template_child (widget_class, MpLaneCard, numbers);
  gtk_widget_class_bind_template_child (widget_class, MpLaneCard, menu_button);
  gtk_widget_class_bind_template_child (widget_class, MpLaneCard, plots);
  gtk_widget_class_bind_template_child (widget_class, MpLaneCard, chip);
  gtk_widget_class_bind_template_child (widget_class, MpLaneCard, notice);
  gtk_widget_class_bind_template_child (widget_class, MpLaneCard, spinner);
  gtk_widget_class_bind_template_child (widget_class, MpLaneCard, icon);
  gtk_widget_class_bind_template_child (widget_class, MpLaneCard, notice_title);
  gtk_widget_class_bind_template_child (widget_class, MpLaneCard, notice_text);
  gtk_widget_class_bind_template_child (widget_class, MpLaneCard, again);
  gtk_widget_class_bind_template_child (widget_class, MpLaneCard, layers);
}

static void
mp_lane_card_class_init (MpLaneCardClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = mp_lane_card_dispose;
  object_class->get_property = mp_lane_card_get_property;
  object_class->set_property = mp_lane_card_set_property;
  widget_class->map = mp_lane_card_map;
  widget_class->unmap = mp_lane_card_unmap;
  props[PROP_SELECTED] = g_param_spec_boolean ("selected", NULL, NULL, FALSE,
                                               G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
  selected_signal = g_signal_new ("selected", MP_TYPE_LANE_CARD, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 0);

  g_type_ensure (MP_TYPE_LANE_PLOTS);
  g_type_ensure (MP_TYPE_LAYER_BAR);
  g_type_ensure (MP_TYPE_WRAP_LAYOUT);
  bind_template (widget_class);
  gtk_widget_class_install_action (widget_class, "lane.restart", NULL, lane_action);
  gtk_widget_class_install_action (widget_class, "lane.duplicate", NULL, lane_action);
  gtk_widget_class_install_action (widget_class, "lane.repeat", NULL, lane_action);
  gtk_widget_class_install_action (widget_class, "lane.resume", NULL, lane_action);
  gtk_widget_class_install_action (widget_class, "lane.remove", NULL, lane_action);
  gtk_widget_class_set_css_name (widget_class, "lane");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
}

static void
mp_lane_card_init (MpLaneCard *self)
{
  GtkGesture *click = gtk_gesture_click_new ();
  GtkEventController *focus = gtk_event_controller_focus_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_event_controller_set_propagation_phase (GTK_EVENT_CONTROLLER (click), GTK_PHASE_CAPTURE);
  g_signal_connect_swapped (click, "pressed", G_CALLBACK (select_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (click));
  g_signal_connect_swapped (focus, "enter", G_CALLBACK (select_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), focus);
}

static void
fill_head (GtkWidget  *widget,
           MpLaneHead *head)
{
  mp_lane_card_get_head (MP_LANE_CARD (widget), head);
}

GtkWidget *
mp_lane_card_new (MpLaneModel *model)
{
  MpLaneCard *self;
  g_autofree char *colour = NULL, *panel_name = NULL;

  g_return_val_if_fail (MP_IS_LANE_MODEL (model), NULL);

  self = g_object_new (MP_TYPE_LANE_CARD, NULL);
  self->model = g_object_ref (model);
  colour = g_strdup_printf ("lane-%u", mp_lane_model_get_colour (model) % MP_PLOT_N_LANES);
  gtk_widget_add_css_class (self->rule, colour);
  mp_lane_plots_set_model (self->plots, model);
  mp_layer_bar_set_plots (self->layers, model, self->plots);
  mp_export_add_actions (GTK_WIDGET (self), "plot", mp_lane_model_get_title (model), MP_EXPORT_SCATTER,
                         mp_lane_plots_get_scatter (self->plots), fill_head);
  panel_name = g_strdup_printf (_("%s panel"), mp_lane_model_get_title (model));
  self->panel_actions = mp_export_add_actions (GTK_WIDGET (self), "panel", panel_name, MP_EXPORT_PANEL,
                                               mp_lane_plots_get_panel (self->plots), fill_head);
  g_signal_connect_object (mp_lane_model_get_layers (model), "changed-choice", G_CALLBACK (update_panel_actions), self,
                           G_CONNECT_SWAPPED);
  update_panel_actions (self);

  g_signal_connect_swapped (model, "notify::title", G_CALLBACK (update_names), self);
  g_signal_connect_swapped (model, "notify::subtitle", G_CALLBACK (update_names), self);
  g_signal_connect_swapped (model, "notify::place", G_CALLBACK (update_names), self);
  g_signal_connect_swapped (model, "notify::anew", G_CALLBACK (update_names), self);
  g_signal_connect_swapped (model, "notify::progress", G_CALLBACK (update_progress), self);
  g_signal_connect_swapped (model, "notify::state", G_CALLBACK (update_state), self);
  update_names (self);
  update_state (self);
  return GTK_WIDGET (self);
}

MpLaneModel *
mp_lane_card_get_model (MpLaneCard *self)
{
  g_return_val_if_fail (MP_IS_LANE_CARD (self), NULL);

  return self->model;
}

gboolean
mp_lane_card_get_selected (MpLaneCard *self)
{
  g_return_val_if_fail (MP_IS_LANE_CARD (self), FALSE);

  return self->selected;
}

void
mp_lane_card_set_selected (MpLaneCard *self,
                           gboolean    selected)
{
  g_return_if_fail (MP_IS_LANE_CARD (self));

  if (self->selected == selected)
    return;
  self->selected = selected;
  if (selected)
    gtk_widget_add_css_class (GTK_WIDGET (self), "selected");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self), "selected");
  gtk_accessible_update_state (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_STATE_SELECTED, selected, -1);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SELECTED]);
}

void
mp_lane_card_set_compact (MpLaneCard *self,
                          gboolean    compact)
{
  g_return_if_fail (MP_IS_LANE_CARD (self));

  gtk_widget_set_visible (GTK_WIDGET (self->layers), !compact);
}

void
mp_lane_card_join_heads (MpLaneCard   *self,
                         GtkSizeGroup *heads)
{
  g_return_if_fail (MP_IS_LANE_CARD (self));
  g_return_if_fail (GTK_IS_SIZE_GROUP (heads));

  gtk_size_group_add_widget (heads, GTK_WIDGET (self->head));
}

void
mp_lane_card_get_head (MpLaneCard *self,
                       MpLaneHead *head)
{
  const MpLaneProgress *progress;
  MpLaneState state;

  g_return_if_fail (MP_IS_LANE_CARD (self));
  g_return_if_fail (head != NULL);

  progress = mp_lane_model_get_progress (self->model);
  state = mp_lane_model_get_state (self->model);
  *head = (MpLaneHead) {
    .title = mp_lane_model_get_title (self->model),
    .name = mp_lane_model_get_name (self->model),
    .subtitle = mp_lane_model_get_subtitle (self->model),
    .lane = mp_lane_model_get_colour (self->model),
    .iteration = progress->iteration,
    .modes = progress->n_modes > 0 && !isnan (progress->modes) ? (int) lround (progress->modes) : -1,
    .n_modes = (int) progress->n_modes,
    .high_quality = progress->high_quality,
    .rate = progress->rate > 0 ? progress->rate : NAN,
    .state = state == MP_LANE_DIVERGED ? _("diverged") : state == MP_LANE_FAILED ? _("failed") : NULL,
  };
}

MpLanePlots *
mp_lane_card_get_plots (MpLaneCard *self)
{
  g_return_val_if_fail (MP_IS_LANE_CARD (self), NULL);

  return self->plots;
}
