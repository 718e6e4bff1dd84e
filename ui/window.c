/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n-lib.h>

#include "ui/window-private.h"

#include <math.h>

#include "ui/columns-layout.h"

#define FRAME_EVERY (30 * 1000) /* every other frame of a usual screen; what is left belongs to the lanes */
#define RING_COMPARISON "ring-comparison"

G_DEFINE_FINAL_TYPE (MpWindow, mp_window, ADW_TYPE_APPLICATION_WINDOW)

/* ---- frames ---- */

static gboolean
tick_cb (GtkWidget     *widget,
         GdkFrameClock *clock,
         gpointer       data)
{
  MpWindow *self = MP_WINDOW (widget);

  self->tick_id = 0;
  self->frame_at = g_get_monotonic_time ();
  mp_session_pull (self->session, TRUE, self->frame_at);
  return G_SOURCE_REMOVE;
}

static gboolean
due_cb (gpointer data)
{
  MpWindow *self = data;

  self->timeout_id = 0;
  if (!self->tick_id)
    self->tick_id = gtk_widget_add_tick_callback (GTK_WIDGET (self), tick_cb, NULL, NULL);
  return G_SOURCE_REMOVE;
}

/* One frame for all news since the last, and none without. */
static void
news_cb (MpWindow *self)
{
  gint64 wait = self->frame_at + FRAME_EVERY - g_get_monotonic_time ();

  if (self->timeout_id || self->tick_id)
    return;
  if (wait > 1000)
    self->timeout_id = g_timeout_add (wait / 1000, due_cb, self);
  else
    due_cb (self);
}

/* ---- words to the person ---- */

void
mp_window_show_toast (MpWindow   *self,
                      const char *text)
{
  g_autofree char *escaped = g_markup_escape_text (text, -1);

  adw_toast_overlay_add_toast (self->toasts, adw_toast_new (escaped));
}

void
mp_window_show_banner (MpWindow   *self,
                       const char *text)
{
  gtk_label_set_text (self->banner_text, text);
  gtk_info_bar_set_revealed (self->banner, TRUE);
}

static void
failed_cb (MpWindow   *self,
           const char *text)
{
  mp_window_show_toast (self, text);
}

static void
banner_response_cb (GtkInfoBar *banner,
                    int         response,
                    gpointer    data)
{
  gtk_info_bar_set_revealed (banner, FALSE);
}

/* ---- lanes ---- */

static MpLaneCard *
find_card (MpWindow    *self,
           MpLaneModel *model)
{
  for (GtkWidget *child = gtk_widget_get_first_child (GTK_WIDGET (self->lanes)); child;
       child = gtk_widget_get_next_sibling (child))
    if (mp_lane_card_get_model (MP_LANE_CARD (child)) == model)
      return MP_LANE_CARD (child);
  return NULL;
}

static void
card_selected_cb (MpLaneCard *card,
                  MpWindow   *self)
{
  mp_inspector_set_lane (self->inspector, mp_lane_card_get_model (card));
}

static void
inspected_lane_cb (MpWindow *self)
{
  MpLaneModel *lane = mp_inspector_get_lane (self->inspector);
  gboolean several;

  if (!self->session) /* what a disposed window's children still tell */
    return;
  several = g_list_model_get_n_items (mp_session_get_lanes (self->session)) > 1;
  for (GtkWidget *child = gtk_widget_get_first_child (GTK_WIDGET (self->lanes)); child;
       child = gtk_widget_get_next_sibling (child))
    mp_lane_card_set_selected (MP_LANE_CARD (child),
                               several && mp_lane_card_get_model (MP_LANE_CARD (child)) == lane);
  mp_slow_motion_set_lane (self->slow_motion, lane);
}

static void
lane_state_cb (MpLaneModel *model,
               GParamSpec  *pspec,
               MpWindow    *self)
{
  g_autofree char *text = NULL;

  if (mp_lane_model_get_state (model) != MP_LANE_FAILED)
    return;
  text = g_strdup_printf (_("%s failed. %s"), mp_lane_model_get_name (model),
                          mp_lane_model_get_message (model) ? mp_lane_model_get_message (model) : "");
  mp_window_show_banner (self, text);
}

static void
update_transport (MpWindow *self)
{
  MpLaneModel *lane = mp_inspector_get_lane (self->inspector);
  guint64 iteration, n_iterations;
  double left;

  mp_session_get_progress (self->session, &iteration, &n_iterations, &left);
  mp_transport_set_progress (self->transport, iteration, n_iterations, left,
                             lane ? mp_lane_model_get_phase (lane) : NULL);
}

/* The page's bars; without lanes the invitation in the place of a page that shows them. */
void
mp_window_update_page (MpWindow *self)
{
  gboolean empty, invitation, inspector;
  const MpPageInfo *page;

  if (self->closing || !self->session)
    return;
  page = mp_pages_find (gtk_stack_get_visible_child_name (self->work));
  empty = g_list_model_get_n_items (mp_session_get_lanes (self->session)) == 0;
  invitation = empty && page->needs_lanes;
  inspector = !empty && page->inspector && !self->presenting;
  gtk_stack_set_visible_child_name (self->pages, invitation ? "empty" : "work");
  adw_flap_set_fold_policy (self->library_flap, invitation ? ADW_FLAP_FOLD_POLICY_AUTO : ADW_FLAP_FOLD_POLICY_ALWAYS);
  if (invitation)
    adw_flap_set_reveal_flap (self->library_flap, TRUE);
  gtk_menu_button_set_label (self->page_button, g_dgettext (GETTEXT_PACKAGE, page->title));
  gtk_widget_set_visible (self->transport_bar, page->transport && !empty);
  gtk_widget_set_visible (GTK_WIDGET (self->inspector), inspector);
  adw_flap_set_locked (self->inspector_flap, !inspector);
  if (inspector != self->had_inspector) {
    /* What the person chose comes back with the page. */
    if (inspector)
      adw_flap_set_reveal_flap (self->inspector_flap, self->wants_inspector);
    else
      self->wants_inspector = adw_flap_get_reveal_flap (self->inspector_flap);
    if (!inspector)
      adw_flap_set_reveal_flap (self->inspector_flap, FALSE);
    self->had_inspector = inspector;
  }
  gtk_widget_set_visible (GTK_WIDGET (self->inspector_toggle), inspector);
  gtk_widget_set_sensitive (self->export_button, !empty);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "win.export", !empty);
  mp_window_enable_export (self, !empty);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "win.copy", !empty);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "win.reset", !empty);
}

static void
items_changed_cb (GListModel *lanes,
                  guint       position,
                  guint       n_removed,
                  guint       n_added,
                  MpWindow   *self)
{
  GtkWidget *child = gtk_widget_get_first_child (GTK_WIDGET (self->lanes));
  GtkWidget *before = NULL;

  for (guint i = 0; i < position; i++) {
    before = child;
    child = gtk_widget_get_next_sibling (child);
  }
  for (guint i = 0; i < n_removed; i++) {
    GtkWidget *next = gtk_widget_get_next_sibling (child);

    g_signal_handlers_disconnect_by_data (mp_lane_card_get_model (MP_LANE_CARD (child)), self);
    gtk_box_remove (self->lanes, child);
    child = next;
  }
  for (guint i = position; i < position + n_added; i++) {
    g_autoptr (MpLaneModel) model = g_list_model_get_item (lanes, i);
    GtkWidget *card = mp_lane_card_new (model);

    mp_lane_card_join_heads (MP_LANE_CARD (card), self->heads);
    g_signal_connect (card, "selected", G_CALLBACK (card_selected_cb), self);
    g_signal_connect (model, "notify::state", G_CALLBACK (lane_state_cb), self);
    g_signal_connect_swapped (model, "notify::progress", G_CALLBACK (update_transport), self);
    g_signal_connect_swapped (model, "notify::phase", G_CALLBACK (update_transport), self);
    gtk_box_insert_child_after (self->lanes, card, before);
    before = card;
  }
  mp_window_update_page (self);
  update_transport (self);
  inspected_lane_cb (self);
}

void
mp_window_select_lane (MpWindow *self,
                       guint     lane)
{
  MpLaneCard *card = mp_window_get_card (self, lane);

  if (!card)
    return;
  /* Also on a page that hides the cards, where none can have the focus. */
  card_selected_cb (card, self);
  /* Keys sent to a card on a page that is hidden would be lost. */
  if (gtk_widget_get_mapped (GTK_WIDGET (card)) || !gtk_widget_get_mapped (GTK_WIDGET (self)))
    gtk_widget_grab_focus (GTK_WIDGET (card));
  else
    gtk_window_set_focus (GTK_WINDOW (self), NULL);
}

/* ---- the session's properties ---- */

static void
update_title (MpWindow *self)
{
  const char *title = mp_session_get_title (self->session);
  g_autofree char *window = title ? g_strdup_printf (_("%s – Matchpoint"), title) : NULL;

  adw_window_title_set_title (self->window_title, title ? title : _("Matchpoint"));
  adw_window_title_set_subtitle (self->window_title, mp_session_get_subtitle (self->session));
  gtk_window_set_title (GTK_WINDOW (self), window ? window : _("Matchpoint"));
}

static void
update_playing (MpWindow *self)
{
  gboolean can_play = mp_session_get_can_play (self->session);

  mp_transport_set_playing (self->transport, mp_session_get_playing (self->session));
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "win.play", can_play);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "win.step-iteration", can_play);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "win.step-phase", can_play);
  update_transport (self);
}

static void
update_seed (MpWindow *self)
{
  mp_transport_set_seed (self->transport, mp_session_get_seed (self->session));
}

static void
speed_cb (MpTransport *transport,
          double       per_second,
          MpWindow    *self)
{
  mp_session_set_speed (self->session, per_second);
}

static void
seed_cb (MpTransport *transport,
         gint64       seed,
         MpWindow    *self)
{
  mp_session_set_seed (self->session, seed);
}

/* ---- presets ---- */

void
mp_window_show_lanes (MpWindow *self)
{
  const MpPageInfo *page = mp_pages_find (gtk_stack_get_visible_child_name (self->work));

  if (!page->needs_lanes)
    gtk_stack_set_visible_child_name (self->work, "lanes");
}

static void
gallery_open_cb (MpWindow   *self,
                 const char *id)
{
  mp_window_ask_open_experiment (self, _("Open the preset?"), id);
}

static void
gallery_add_cb (MpWindow   *self,
                const char *id)
{
  g_autoptr (GError) error = NULL;

  if (!mp_session_add (self->session, id, &error))
    mp_window_show_toast (self, error->message);
  else
    mp_window_show_lanes (self);
}

static void
empty_open_cb (MpWindow *self)
{
  gallery_open_cb (self, RING_COMPARISON);
}

static void
fill_gallery (MpWindow *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) presets = mp_presets_list (&error);

  if (presets)
    mp_gallery_set_presets (self->gallery, presets);
  else
    mp_window_show_banner (self, error->message);
}

/* ---- closing ---- */

static void
save_state (MpWindow *self)
{
  int width, height;

  if (!self->settings)
    return;
  gtk_window_get_default_size (GTK_WINDOW (self), &width, &height);
  g_settings_set_int (self->settings, "width", MAX (width, 360));
  g_settings_set_int (self->settings, "height", MAX (height, 300));
  g_settings_set_boolean (self->settings, "maximized", gtk_window_is_maximized (GTK_WINDOW (self)));
  if (!self->had_inspector)
    g_settings_set_boolean (self->settings, "show-inspector", self->wants_inspector);
  else if (!adw_flap_get_folded (self->inspector_flap))
    g_settings_set_boolean (self->settings, "show-inspector", adw_flap_get_reveal_flap (self->inspector_flap));
}

static void
stopped_cb (GObject      *object,
            GAsyncResult *result,
            gpointer      data)
{
  g_autoptr (MpWindow) self = data;

  mp_session_stop_finish (MP_SESSION (object), result);
  gtk_window_destroy (GTK_WINDOW (self));
}

static gboolean
mp_window_close_request (GtkWindow *window)
{
  MpWindow *self = MP_WINDOW (window);

  if (self->closing)
    return TRUE;
  self->closing = TRUE;
  save_state (self);
  gtk_stack_set_visible_child_name (self->pages, "stopping");
  adw_flap_set_reveal_flap (self->library_flap, FALSE);
  mp_session_stop_async (self->session, stopped_cb, g_object_ref (self));
  return TRUE;
}

/* ---- the widget ---- */

static void
mp_window_dispose (GObject *object)
{
  MpWindow *self = MP_WINDOW (object);

  g_clear_handle_id (&self->timeout_id, g_source_remove);
  if (self->tick_id) {
    gtk_widget_remove_tick_callback (GTK_WIDGET (self), self->tick_id);
    self->tick_id = 0;
  }
  if (self->session) {
    GListModel *lanes = mp_session_get_lanes (self->session);

    g_signal_handlers_disconnect_by_data (self->session, self);
    g_signal_handlers_disconnect_by_data (lanes, self);
    for (guint i = 0; i < g_list_model_get_n_items (lanes); i++) {
      g_autoptr (MpLaneModel) model = g_list_model_get_item (lanes, i);

      g_signal_handlers_disconnect_by_data (model, self);
    }
    g_object_run_dispose (G_OBJECT (self->session));
  }
  g_clear_object (&self->session);
  if (self->films)
    g_cancellable_cancel (self->films);
  g_clear_object (&self->films);
  g_clear_object (&self->settings);
  g_clear_object (&self->heads);
  g_clear_weak_pointer (&self->reached);
  g_clear_pointer (&self->devices, g_ptr_array_unref);
  G_OBJECT_CLASS (mp_window_parent_class)->dispose (object);
}

static void
bind_template (GtkWidgetClass *widget_class)
{
  gtk_widget_class_set_template_from_resource (widget_class, MP_RESOURCE_PATH "/ui/window.ui");
  gtk_widget_class_bind_template_child (widget_class, MpWindow, header);
  gtk_widget_class_bind_template_child (widget_class, MpWindow, window_title);
  gtk_widget_class_bind_template_child (widget_class, MpWindow, library_toggle);
  gtk_widget_class_bind_template_child (widget_class, MpWindow, inspector_toggle);
  gtk_widget_class_bind_template_child (widget_class, MpWindow, export_button);
  gtk_widget_class_bind_template_child (widget_class, MpWindow, device_button);
  gtk_widget_class_bind_template_child (widget_class, MpWindow, device_menu);
  gtk_widget_class_bind_template_child (widget_class, MpWindow, banner);
  gtk_widget_class_bind_template_child (widget_class, MpWindow, banner_text);
  gtk_widget_class_bind_template_child (widget_class, MpWindow, toasts);
  gtk_widget_class_bind_template_child (widget_class, MpWindow, library_flap);
  gtk_widget_class_bind_template_child (widget_class, MpWindow, library);
  gtk_widget_class_bind_template_child (widget_class, MpWindow, gallery);
  gtk_widget_class_bind_template_child (widget_class, MpWindow, runs);
  gtk_widget_class_bind_template_child (widget_class, MpWindow, pages);
  gtk_widget_class_bind_template_child (widget_class, MpWindow, work);
  gtk_widget_class_bind_template_child (widget_class, MpWindow, switcher);
  gtk_widget_class_bind_template_child (widget_class, MpWindow, page_button);
  gtk_widget_class_bind_template_child (widget_class, MpWindow, transport_bar);
  gtk_widget_class_bind_template_child (widget_class, MpWindow, empty_open);
  gtk_widget_class_bind_template_child (widget_class, MpWindow, inspector_flap);
  gtk_widget_class_bind_template_child (widget_class, MpWindow, inspector);
  gtk_widget_class_bind_template_child (widget_class, MpWindow, scroller);
  gtk_widget_class_bind_template_child (widget_class, MpWindow, lanes);
  gtk_widget_class_bind_template_child (widget_class, MpWindow, charts);
  gtk_widget_class_bind_template_child (widget_class, MpWindow, transport);
  gtk_widget_class_bind_template_child (widget_class, MpWindow, slow_motion);
}

static void
mp_window_class_init (MpWindowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GtkWindowClass *window_class = GTK_WINDOW_CLASS (klass);

  object_class->dispose = mp_window_dispose;
  window_class->close_request = mp_window_close_request;

  g_type_ensure (MP_TYPE_CHARTS);
  g_type_ensure (MP_TYPE_COLUMNS_LAYOUT);
  g_type_ensure (MP_TYPE_DEVICE_MENU);
  g_type_ensure (MP_TYPE_GALLERY);
  g_type_ensure (MP_TYPE_INSPECTOR);
  g_type_ensure (MP_TYPE_RUN_LIST);
  g_type_ensure (MP_TYPE_SLOW_MOTION);
  g_type_ensure (MP_TYPE_TRANSPORT);
  bind_template (widget_class);
  mp_window_install_actions (widget_class);
  mp_window_install_export_actions (widget_class);
}

static void
mp_window_init (MpWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->heads = gtk_size_group_new (GTK_SIZE_GROUP_VERTICAL);
  g_signal_connect (self->banner, "response", G_CALLBACK (banner_response_cb), NULL);
  g_signal_connect_swapped (self->gallery, "open", G_CALLBACK (gallery_open_cb), self);
  g_signal_connect_swapped (self->gallery, "add", G_CALLBACK (gallery_add_cb), self);
  g_signal_connect_swapped (self->empty_open, "clicked", G_CALLBACK (empty_open_cb), self);
  g_signal_connect (self->transport, "speed-changed", G_CALLBACK (speed_cb), self);
  g_signal_connect (self->transport, "seed-changed", G_CALLBACK (seed_cb), self);
  g_signal_connect_swapped (self->inspector, "notify::lane", G_CALLBACK (inspected_lane_cb), self);
  mp_window_connect_devices (self);
  mp_window_add_keys (self);
  mp_window_watch_focus (self);
  mp_window_add_presenter (self);
}

static void
look_at_session (MpWindow *self)
{
  GListModel *lanes = mp_session_get_lanes (self->session);

  mp_transport_set_timeline (self->transport, mp_session_get_timeline (self->session));
  g_signal_connect_swapped (self->session, "news", G_CALLBACK (news_cb), self);
  g_signal_connect_swapped (self->session, "failed", G_CALLBACK (failed_cb), self);
  g_signal_connect_swapped (self->session, "branched", G_CALLBACK (mp_window_select_lane), self);
  g_signal_connect_swapped (self->session, "notify::title", G_CALLBACK (update_title), self);
  g_signal_connect_swapped (self->session, "notify::subtitle", G_CALLBACK (update_title), self);
  g_signal_connect_swapped (self->session, "notify::playing", G_CALLBACK (update_playing), self);
  g_signal_connect_swapped (self->session, "notify::can-play", G_CALLBACK (update_playing), self);
  g_signal_connect_swapped (self->session, "notify::seed", G_CALLBACK (update_seed), self);
  g_signal_connect (lanes, "items-changed", G_CALLBACK (items_changed_cb), self);
  mp_pages_fill (self->work, self->session);
  mp_window_fill_page_menu (self);
  g_signal_connect_swapped (self->work, "notify::visible-child", G_CALLBACK (mp_window_update_page), self);
  mp_charts_set_lanes (self->charts, lanes);
  mp_inspector_set_lanes (self->inspector, lanes);
  update_title (self);
  update_playing (self);
  mp_window_update_page (self);
}

MpWindow *
mp_window_new (AdwApplication *application,
               GSettings      *settings,
               const char     *runs_dir)
{
  MpWindow *self = g_object_new (MP_TYPE_WINDOW, "application", application, NULL);

  g_set_object (&self->settings, settings);
  if (settings) {
    gtk_window_set_default_size (GTK_WINDOW (self), g_settings_get_int (settings, "width"),
                                 g_settings_get_int (settings, "height"));
    if (g_settings_get_boolean (settings, "maximized"))
      gtk_window_maximize (GTK_WINDOW (self));
    self->wants_inspector = g_settings_get_boolean (settings, "show-inspector");
  } else {
    gtk_window_set_default_size (GTK_WINDOW (self), 1280, 800);
    self->wants_inspector = TRUE;
  }
  mp_window_add_stateful_actions (self);
  self->session = mp_session_new (runs_dir);
  mp_run_list_set_place (self->runs, runs_dir);
  look_at_session (self);
  mp_window_look_for_devices (self);
  fill_gallery (self);
  return self;
}

gboolean
mp_window_open (MpWindow   *self,
                const char *name,
                gboolean    play)
{
  g_autoptr (GError) error = NULL;

  g_return_val_if_fail (MP_IS_WINDOW (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);

  if (g_file_test (name, G_FILE_TEST_IS_DIR) && mp_window_open_folder (self, name))
    return TRUE;
  if (!mp_session_open (self->session, name, play, &error)) {
    mp_window_show_banner (self, error->message);
    return FALSE;
  }
  gtk_info_bar_set_revealed (self->banner, FALSE);
  adw_flap_set_reveal_flap (self->library_flap, FALSE);
  mp_window_show_lanes (self);
  /* Space then plays, rather than pressing the first button of the header bar. */
  mp_window_select_lane (self, 0);
  if (self->settings)
    g_settings_set_string (self->settings, "last-preset", name);
  return TRUE;
}

MpSession *
mp_window_get_session (MpWindow *self)
{
  g_return_val_if_fail (MP_IS_WINDOW (self), NULL);

  return self->session;
}

MpInspector *
mp_window_get_inspector (MpWindow *self)
{
  g_return_val_if_fail (MP_IS_WINDOW (self), NULL);

  return self->inspector;
}

MpSlowMotion *
mp_window_get_slow_motion (MpWindow *self)
{
  g_return_val_if_fail (MP_IS_WINDOW (self), NULL);

  return self->slow_motion;
}

MpRunList *
mp_window_get_runs (MpWindow *self)
{
  g_return_val_if_fail (MP_IS_WINDOW (self), NULL);

  return self->runs;
}

MpDeviceMenu *
mp_window_get_device_menu (MpWindow *self)
{
  g_return_val_if_fail (MP_IS_WINDOW (self), NULL);

  return self->device_menu;
}

MpTransport *
mp_window_get_transport (MpWindow *self)
{
  g_return_val_if_fail (MP_IS_WINDOW (self), NULL);

  return self->transport;
}

MpCharts *
mp_window_get_charts (MpWindow *self)
{
  g_return_val_if_fail (MP_IS_WINDOW (self), NULL);

  return self->charts;
}

MpLaneCard *
mp_window_get_card (MpWindow *self,
                    guint     lane)
{
  g_autoptr (MpLaneModel) model = NULL;

  g_return_val_if_fail (MP_IS_WINDOW (self), NULL);

  model = g_list_model_get_item (mp_session_get_lanes (self->session), lane);
  return model ? find_card (self, model) : NULL;
}

MpPicture *
mp_window_make_picture (MpWindow *self)
{
  MpPicture *picture;

  g_return_val_if_fail (MP_IS_WINDOW (self), NULL);

  picture = mp_picture_new (mp_session_get_title (self->session),
                            mp_session_get_subtitle (self->session));
  for (GtkWidget *child = gtk_widget_get_first_child (GTK_WIDGET (self->lanes)); child;
       child = gtk_widget_get_next_sibling (child)) {
    MpLaneCard *card = MP_LANE_CARD (child);
    MpLaneHead head;

    mp_lane_card_get_head (card, &head);
    mp_picture_add_lane (picture, &head, mp_lane_plots_get_scatter (mp_lane_card_get_plots (card)),
                         mp_lane_plots_get_panel (mp_lane_card_get_plots (card)));
  }
  for (guint i = 0; i < mp_charts_get_n_charts (self->charts); i++)
    mp_picture_add_chart (picture, mp_chart_view_get_chart (mp_charts_get_view (self->charts, i)));
  return picture;
}
