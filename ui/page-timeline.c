/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/page-timeline.h"

#include <math.h>

#include "ui/charts.h"
#include "ui/columns-layout.h"
#include "ui/lane-card.h"
#include "ui/wrap-layout.h"

static const double speeds[] = { 0.25, 0.5, 1, 2, 4, 16, 64, 256 };

struct _MpPageTimeline
{
  GtkWidget parent_instance;

  MpSession     *session;
  MpTimeline    *timeline;
  GtkSizeGroup  *heads;

  GtkBox        *cards;
  MpCharts      *charts;
  GtkButton     *first, *previous, *play, *next, *live;
  GtkLabel      *text;
  GtkDropDown   *speed;
  GtkDropDown   *alignment;
  GtkMenuButton *branch;
  MpTimelineBar *bar;
};

G_DEFINE_FINAL_TYPE (MpPageTimeline, mp_page_timeline, GTK_TYPE_WIDGET)

/* ---- what is shown ---- */

static void
update_text (MpPageTimeline *self)
{
  gboolean live = mp_timeline_is_live (self->timeline), playing = mp_timeline_get_playing (self->timeline);
  g_autofree char *at = mp_timeline_format (self->timeline, mp_timeline_get_position (self->timeline));
  g_autofree char *end = mp_timeline_format (self->timeline, mp_timeline_get_end (self->timeline));
  g_autofree char *text = g_strdup_printf (live ? _("Live · %s") : _("%s · looking back"), at);

  gtk_label_set_text (self->text, text);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->text), end);
  gtk_widget_set_sensitive (GTK_WIDGET (self->live), !live);
  if (live)
    gtk_widget_remove_css_class (GTK_WIDGET (self->live), "suggested-action");
  else
    gtk_widget_add_css_class (GTK_WIDGET (self->live), "suggested-action");
  gtk_button_set_icon_name (self->play, playing ? "media-playback-pause-symbolic" : "media-playback-start-symbolic");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->play), playing ? _("Stop playing back") : _("Play back"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->play), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  playing ? _("Stop playing back") : _("Play back"), -1);
}

static void
moved_cb (MpPageTimeline *self)
{
  update_text (self);
  mp_charts_set_cursor (self->charts, mp_timeline_is_live (self->timeline) ? NAN
                                                                           : mp_timeline_get_position (self->timeline));
}

/* Charts run along what the lanes are aligned by. */
static void
changed_cb (MpPageTimeline *self)
{
  static const MpAxis axes[] = {
    [MP_ALIGN_ITERATION] = MP_AXIS_ITERATION,
    [MP_ALIGN_SECONDS] = MP_AXIS_SECONDS,
    [MP_ALIGN_POINTS] = MP_AXIS_POINTS,
  };
  MpAlignment alignment = mp_timeline_get_alignment (self->timeline);
  g_autoptr (GPtrArray) warps = NULL;

  update_text (self);
  if (alignment != MP_ALIGN_ITERATION) {
    warps = g_ptr_array_new_with_free_func ((GDestroyNotify) mp_warp_unref);
    for (guint i = 0; i < mp_timeline_get_n_tracks (self->timeline); i++)
      g_ptr_array_add (warps, mp_timeline_dup_warp (self->timeline, i));
  }
  mp_charts_set_axis (self->charts, axes[alignment], warps);
}

static void
items_changed_cb (GListModel     *lanes,
                  guint           position,
                  guint           n_removed,
                  guint           n_added,
                  MpPageTimeline *self)
{
  GtkWidget *child = gtk_widget_get_first_child (GTK_WIDGET (self->cards)), *before = NULL;

  for (guint i = 0; i < position; i++) {
    before = child;
    child = gtk_widget_get_next_sibling (child);
  }
  for (guint i = 0; i < n_removed; i++) {
    GtkWidget *next = gtk_widget_get_next_sibling (child);

    gtk_box_remove (self->cards, child);
    child = next;
  }
  for (guint i = position; i < position + n_added; i++) {
    g_autoptr (MpLaneModel) model = g_list_model_get_item (lanes, i);
    GtkWidget *card = mp_lane_card_new (model);

    mp_lane_card_set_compact (MP_LANE_CARD (card), TRUE);
    mp_lane_card_join_heads (MP_LANE_CARD (card), self->heads);
    gtk_box_insert_child_after (self->cards, card, before);
    before = card;
  }
}

/* ---- controls ---- */

static void
button_cb (GtkButton      *button,
           MpPageTimeline *self)
{
  if (button == self->first)
    mp_timeline_seek (self->timeline, 0);
  else if (button == self->previous)
    mp_timeline_step (self->timeline, -1);
  else if (button == self->next)
    mp_timeline_step (self->timeline, 1);
  else if (button == self->play)
    mp_timeline_set_playing (self->timeline, !mp_timeline_get_playing (self->timeline));
  else
    mp_timeline_go_live (self->timeline);
}

static void
speed_cb (MpPageTimeline *self)
{
  guint chosen = gtk_drop_down_get_selected (self->speed);

  if (chosen < G_N_ELEMENTS (speeds))
    mp_timeline_set_speed (self->timeline, speeds[chosen]);
}

static void
alignment_cb (MpPageTimeline *self)
{
  guint chosen = gtk_drop_down_get_selected (self->alignment);

  if (chosen < MP_N_ALIGNMENTS)
    mp_timeline_set_alignment (self->timeline, (MpAlignment) chosen);
}

static void
fill_branch_menu (GtkMenuButton *button,
                  gpointer       data)
{
  MpPageTimeline *self = data;
  g_autoptr (GMenu) menu = g_menu_new ();

  mp_timeline_bar_fill_menu (self->bar, menu, -1);
  gtk_menu_button_set_menu_model (button, G_MENU_MODEL (menu));
}

/* ---- the widget ---- */

static void
mp_page_timeline_dispose (GObject *object)
{
  MpPageTimeline *self = MP_PAGE_TIMELINE (object);
  GtkWidget *child;

  if (self->session) {
    g_signal_handlers_disconnect_by_data (mp_session_get_lanes (self->session), self);
    g_signal_handlers_disconnect_by_data (self->timeline, self);
  }
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))))
    gtk_widget_unparent (child);
  g_clear_object (&self->timeline);
  g_clear_object (&self->session);
  g_clear_object (&self->heads);
  G_OBJECT_CLASS (mp_page_timeline_parent_class)->dispose (object);
}

static void
mp_page_timeline_class_init (MpPageTimelineClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mp_page_timeline_dispose;
  g_type_ensure (MP_TYPE_CHARTS);
  g_type_ensure (MP_TYPE_COLUMNS_LAYOUT);
  g_type_ensure (MP_TYPE_TIMELINE_BAR);
  g_type_ensure (MP_TYPE_WRAP_LAYOUT);
  gtk_widget_class_set_template_from_resource (widget_class, MP_RESOURCE_PATH "/ui/page-timeline.ui");
  gtk_widget_class_bind_template_child (widget_class, MpPageTimeline, cards);
  gtk_widget_class_bind_template_child (widget_class, MpPageTimeline, charts);
  gtk_widget_class_bind_template_child (widget_class, MpPageTimeline, first);
  gtk_widget_class_bind_template_child (widget_class, MpPageTimeline, previous);
  gtk_widget_class_bind_template_child (widget_class, MpPageTimeline, play);
  gtk_widget_class_bind_template_child (widget_class, MpPageTimeline, next);
  gtk_widget_class_bind_template_child (widget_class, MpPageTimeline, live);
  gtk_widget_class_bind_template_child (widget_class, MpPageTimeline, text);
  gtk_widget_class_bind_template_child (widget_class, MpPageTimeline, speed);
  gtk_widget_class_bind_template_child (widget_class, MpPageTimeline, alignment);
  gtk_widget_class_bind_template_child (widget_class, MpPageTimeline, branch);
  gtk_widget_class_bind_template_child (widget_class, MpPageTimeline, bar);
  gtk_widget_class_set_css_name (widget_class, "timelinepage");
}

static void
mp_page_timeline_init (MpPageTimeline *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->heads = gtk_size_group_new (GTK_SIZE_GROUP_VERTICAL);
}

GtkWidget *
mp_page_timeline_new (MpSession *session)
{
  MpPageTimeline *self = g_object_new (MP_TYPE_PAGE_TIMELINE, NULL);
  GtkButton *buttons[] = { self->first, self->previous, self->play, self->next, self->live };
  GListModel *lanes = mp_session_get_lanes (session);

  self->session = g_object_ref (session);
  self->timeline = g_object_ref (mp_session_get_timeline (session));
  for (guint i = 0; i < G_N_ELEMENTS (buttons); i++)
    g_signal_connect (buttons[i], "clicked", G_CALLBACK (button_cb), self);
  g_signal_connect_swapped (self->speed, "notify::selected", G_CALLBACK (speed_cb), self);
  gtk_drop_down_set_selected (self->alignment, mp_timeline_get_alignment (self->timeline));
  g_signal_connect_swapped (self->alignment, "notify::selected", G_CALLBACK (alignment_cb), self);
  gtk_menu_button_set_create_popup_func (self->branch, fill_branch_menu, self, NULL);
  mp_charts_set_lanes (self->charts, lanes);
  mp_timeline_bar_set_timeline (self->bar, self->timeline);
  g_signal_connect (lanes, "items-changed", G_CALLBACK (items_changed_cb), self);
  items_changed_cb (lanes, 0, 0, g_list_model_get_n_items (lanes), self);
  g_signal_connect_swapped (self->timeline, "moved", G_CALLBACK (moved_cb), self);
  g_signal_connect_swapped (self->timeline, "changed", G_CALLBACK (changed_cb), self);
  changed_cb (self);
  moved_cb (self);
  return GTK_WIDGET (self);
}

MpTimelineBar *
mp_page_timeline_get_bar (MpPageTimeline *self)
{
  g_return_val_if_fail (MP_IS_PAGE_TIMELINE (self), NULL);

  return self->bar;
}
