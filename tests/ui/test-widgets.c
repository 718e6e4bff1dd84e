/* SPDX-License-Identifier: Apache-2.0
 *
 * test-widgets.c: every widget on canned data: what is set is shown and told once, nothing is leaked, all have names.
 */
#include <glib/gstdio.h>
#include <math.h>

#include "tests/ui/canned-lane.h"
#include "tests/ui/canned-layers.h"
#include "tests/ui/canned.h"
#include "tests/ui/wait.h"
#include "ui/chart-view.h"
#include "ui/charts.h"
#include "ui/columns-layout.h"
#include "ui/export.h"
#include "ui/gallery.h"
#include "ui/lane-card.h"
#include "ui/plot/layer-plot.h"
#include "ui/transport.h"
#include "ui/wrap-layout.h"

/* ---- layouts ---- */

static GtkWidget *
box_of_buttons (GtkLayoutManager *layout,
                guint             n,
                int               width)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);

  gtk_widget_set_layout_manager (box, layout);
  for (guint i = 0; i < n; i++) {
    GtkWidget *child = gtk_drawing_area_new ();

    gtk_widget_set_size_request (child, width, 40);
    gtk_box_append (GTK_BOX (box), child);
  }
  return box;
}

static int
height_for (GtkWidget *widget,
            int        width)
{
  int minimum;

  gtk_widget_measure (widget, GTK_ORIENTATION_VERTICAL, width, &minimum, NULL, NULL, NULL);
  return minimum;
}

static void
test_columns (void)
{
  GtkWidget *box = box_of_buttons (mp_columns_layout_new (), 4, 100);
  GtkWidget *last = gtk_widget_get_last_child (box);
  graphene_rect_t bounds;
  int minimum, natural;

  gtk_widget_measure (box, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, &natural, NULL, NULL);
  g_assert_cmpint (minimum, ==, 100);
  g_assert_cmpint (natural, ==, 3 * 280 + 2 * 10);
  g_assert_cmpint (height_for (box, 4 * 280 + 3 * 10), ==, 40);
  /* Room for three columns: four lanes stand two by two rather than three and one. */
  g_assert_cmpint (height_for (box, 3 * 280 + 2 * 10), ==, 90);
  g_assert_cmpint (height_for (box, 279), ==, 4 * 40 + 3 * 10);
  gtk_widget_allocate (box, 860, 200, -1, NULL);
  g_assert_true (gtk_widget_compute_bounds (last, box, &bounds));
  g_assert_cmpfloat (bounds.origin.x, ==, 435);
  g_assert_cmpfloat (bounds.size.width, ==, 425);
  g_assert_cmpfloat (bounds.origin.y + bounds.size.height, ==, 200);
  canned_check_gone (box);
}

static void
test_wrap (void)
{
  GtkWidget *box = box_of_buttons (mp_wrap_layout_new (), 3, 100);
  int minimum, natural;

  gtk_widget_measure (box, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, &natural, NULL, NULL);
  g_assert_cmpint (minimum, ==, 100);
  g_assert_cmpint (natural, ==, 312);
  g_assert_cmpint (height_for (box, 312), ==, 40);
  g_assert_cmpint (height_for (box, 311), ==, 84);
  g_assert_cmpint (height_for (box, 100), ==, 128);
  /* One that expands gives way first, unless it shall not. */
  gtk_widget_set_hexpand (gtk_widget_get_first_child (box), TRUE);
  gtk_widget_set_size_request (gtk_widget_get_first_child (box), 20, 40);
  g_assert_cmpint (height_for (box, 232), ==, 40);
  canned_check_gone (box);
}

/* ---- the lane's card ---- */

static void
test_card_states (void)
{
  static const struct
  {
    MpLaneState state;
    const char *message;
    gboolean    notice, chip, again;
  } cases[] = {
    { MP_LANE_PREPARING, "Building plans", TRUE, FALSE, FALSE },
    { MP_LANE_PAUSED, NULL, FALSE, TRUE, FALSE },
    { MP_LANE_TRAINING, NULL, FALSE, FALSE, FALSE },
    { MP_LANE_FINISHED, NULL, FALSE, TRUE, FALSE },
    { MP_LANE_STOPPED, NULL, FALSE, TRUE, FALSE },
    { MP_LANE_DIVERGED, "critic/w1 at iteration 12", TRUE, FALSE, TRUE },
    { MP_LANE_FAILED, "The disk is full.", TRUE, FALSE, TRUE },
  };
  MpLaneModel *lane = canned_lane ("gan", 0);
  GtkWidget *card = mp_lane_card_new (lane);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    const char *text;

    mp_lane_model_set_state (lane, cases[i].state, cases[i].message);
    g_assert_cmpint (gtk_widget_get_visible (canned_find_id (card, "notice")), ==, cases[i].notice);
    g_assert_cmpint (gtk_widget_get_visible (canned_find_id (card, "chip")), ==, cases[i].chip);
    if (cases[i].notice)
      g_assert_cmpint (gtk_widget_get_visible (canned_find_id (card, "again")), ==, cases[i].again);
    text = gtk_label_get_text (GTK_LABEL (canned_find_id (card, "notice_text")));
    if (cases[i].message)
      g_assert_cmpstr (text, ==, cases[i].message);
  }
  canned_check_labels (card);
  canned_check_gone (card);
  g_assert_finalize_object (lane);
}

static void
test_card_words (void)
{
  MpLaneModel *lane = canned_lane ("gram", 2);
  GtkWidget *card = mp_lane_card_new (lane);
  guint n = 0;

  g_assert_cmpstr (gtk_label_get_text (GTK_LABEL (canned_find_id (card, "title"))), ==, "GRAM");
  g_assert_cmpstr (gtk_label_get_text (GTK_LABEL (canned_find_id (card, "iteration"))), ==, "it 4,200");
  g_assert_nonnull (strstr (gtk_label_get_text (GTK_LABEL (canned_find_id (card, "numbers"))), "modes\u00a03"));
  g_assert_nonnull (strstr (gtk_label_get_text (GTK_LABEL (canned_find_id (card, "numbers"))), "HQ\u00a061\u00a0%"));
  /* 0.05 of 4.05 s */
  g_assert_nonnull (strstr (gtk_widget_get_tooltip_text (canned_find_id (card, "numbers")), "1.2 %"));
  g_signal_connect_swapped (card, "notify::selected", G_CALLBACK (canned_count_cb), &n);
  mp_lane_card_set_selected (MP_LANE_CARD (card), TRUE);
  mp_lane_card_set_selected (MP_LANE_CARD (card), TRUE);
  g_assert_cmpuint (n, ==, 1);
  g_assert_true (mp_lane_card_get_selected (MP_LANE_CARD (card)));
  canned_check_gone (card);
  g_assert_finalize_object (lane);
}

static GtkWidget *
present (GtkWidget *card)
{
  GtkWidget *window = gtk_window_new ();

  gtk_window_set_child (GTK_WINDOW (window), card);
  gtk_window_set_default_size (GTK_WINDOW (window), 400, 600);
  gtk_window_present (GTK_WINDOW (window));
  WAIT_FOR (gtk_widget_get_mapped (card));
  canned_settle ();
  return window;
}

/* The background's drop-down, an overlay's check button and the panel's drop-down change what is drawn, and follow. */
static void
test_card_layers (void)
{
  MpLaneModel *lane = canned_lane ("gan", 0);
  GtkWidget *card = mp_lane_card_new (lane), *window, *check;
  MpLaneLayers *layers = mp_lane_model_get_layers (lane);
  GtkDropDown *background = GTK_DROP_DOWN (canned_find_id (card, "background"));
  GtkDropDown *panel = GTK_DROP_DOWN (canned_find_id (card, "panel"));
  MpLanePlots *plots = mp_lane_card_get_plots (MP_LANE_CARD (card));
  MpScatter *scatter = mp_lane_plots_get_scatter (plots);
  GtkMenuButton *button = GTK_MENU_BUTTON (canned_find_id (card, "overlays_button"));

  window = present (card);
  g_assert_cmpuint (g_list_model_get_n_items (gtk_drop_down_get_model (background)), ==, 3);
  g_assert_nonnull (mp_scatter_get_heat_map (scatter));
  gtk_drop_down_set_selected (background, 2);
  g_assert_null (mp_lane_layers_get_chosen (layers, MP_PLACE_BACKGROUND));
  g_assert_null (mp_scatter_get_heat_map (scatter));
  mp_lane_layers_choose (layers, MP_PLACE_BACKGROUND, "witness");
  g_assert_cmpuint (gtk_drop_down_get_selected (background), ==, 0);
  g_assert_nonnull (mp_scatter_get_heat_map (scatter));

  g_assert_cmpstr (gtk_menu_button_get_label (button), ==, "Layers");
  check = gtk_widget_get_first_child (canned_find_id (GTK_WIDGET (gtk_menu_button_get_popover (button)), "overlays"));
  g_assert_cmpuint (mp_scatter_get_n_overlays (scatter), ==, 0);
  gtk_check_button_set_active (GTK_CHECK_BUTTON (check), TRUE);
  g_assert_cmpuint (mp_scatter_get_n_overlays (scatter), ==, 1);
  g_assert_cmpstr (gtk_menu_button_get_label (button), ==, "Layers · 1");
  gtk_check_button_set_active (GTK_CHECK_BUTTON (check), FALSE);
  g_assert_cmpuint (mp_scatter_get_n_overlays (scatter), ==, 0);

  g_assert_cmpint (mp_panel_get_kind (mp_lane_plots_get_panel (plots)), ==, MP_PANEL_EMPTY);
  gtk_drop_down_set_selected (panel, 1);
  g_assert_cmpint (mp_panel_get_kind (mp_lane_plots_get_panel (plots)), ==, MP_PANEL_MATRIX);
  gtk_drop_down_set_selected (panel, 2);
  g_assert_cmpint (mp_panel_get_kind (mp_lane_plots_get_panel (plots)), ==, MP_PANEL_BARS);
  gtk_drop_down_set_selected (panel, 4);
  g_assert_cmpint (mp_panel_get_kind (mp_lane_plots_get_panel (plots)), ==, MP_PANEL_EMPTY);
  gtk_window_destroy (GTK_WINDOW (window));
  canned_settle ();
  g_assert_finalize_object (lane);
}

static gboolean
says (MpLanePlots *plots,
      const char  *beginning)
{
  const char *const *lines = mp_lane_plots_get_readout (plots);

  for (guint i = 0; lines && lines[i]; i++)
    if (g_str_has_prefix (lines[i], beginning))
      return TRUE;
  return FALSE;
}

/* Pointing at a sample tells its coordinates, its latent and the surface; at a latent, the same about its sample. */
static void
test_card_pointer (void)
{
  MpLaneModel *lane = canned_lane ("gram", 0);
  GtkWidget *card = mp_lane_card_new (lane), *window = present (card), *view;
  MpLaneLayers *layers = mp_lane_model_get_layers (lane);
  MpLanePlots *plots = mp_lane_card_get_plots (MP_LANE_CARD (card));
  MpScatter *scatter = mp_lane_plots_get_scatter (plots);
  g_autofree char *sample = NULL;
  double x, y;

  view = gtk_widget_get_first_child (gtk_widget_get_first_child (GTK_WIDGET (plots)));
  g_assert_true (mp_scatter_locate (scatter, gtk_widget_get_width (view), gtk_widget_get_height (view), MP_POINTS_SAMPLES,
                                    0, &x, &y));
  mp_lane_plots_point_at (plots, FALSE, x, y);
  g_assert_true (says (plots, "sample "));
  g_assert_true (says (plots, "z ("));
  g_assert_true (says (plots, "Witness "));
  sample = g_strdup (mp_lane_plots_get_readout (plots)[0]);

  mp_lane_layers_choose (layers, MP_PLACE_PANEL, MP_LAYER_LATENT);
  canned_settle ();
  view = gtk_widget_get_next_sibling (view);
  for (x = 0; x < gtk_widget_get_width (view) && !says (plots, "sample "); x += 3)
    for (y = 0; y < gtk_widget_get_height (view) && !says (plots, "sample "); y += 3)
      mp_lane_plots_point_at (plots, TRUE, x, y);
  g_assert_true (says (plots, "sample "));
  g_assert_true (says (plots, "z ("));
  /* a corner without a point: only the surface speaks */
  mp_lane_plots_point_at (plots, FALSE, 2, 2);
  g_assert_false (says (plots, "sample "));
  g_assert_true (says (plots, "Witness "));
  mp_lane_layers_choose (layers, MP_PLACE_PANEL, "projected-space");
  gtk_window_destroy (GTK_WINDOW (window));
  canned_settle ();
  g_assert_finalize_object (lane);
}

/* A card in a window asks for frames and says when it drew one; a hidden one does neither. */
static void
test_card_frames (void)
{
  MpLaneModel *lane = canned_lane ("gram", 2);
  g_autoptr (MpSnapshot) next = canned_snapshot (4201, FALSE, TRUE);
  GtkWidget *window = gtk_window_new (), *card = mp_lane_card_new (lane);

  g_assert_false (mp_lane_model_is_watched (lane));
  gtk_window_set_child (GTK_WINDOW (window), card);
  gtk_window_set_default_size (GTK_WINDOW (window), 400, 500);
  gtk_window_present (GTK_WINDOW (window));
  WAIT_FOR (mp_lane_model_is_watched (lane));
  g_assert_cmpint (mp_panel_get_kind (mp_lane_plots_get_panel (mp_lane_card_get_plots (MP_LANE_CARD (card)))), ==,
                   MP_PANEL_SPACE);
  mp_lane_model_set_snapshot (lane, next);
  g_assert_false (mp_lane_model_get_drawn (lane));
  WAIT_FOR (mp_lane_model_get_drawn (lane));
  gtk_widget_set_visible (window, FALSE);
  g_assert_false (mp_lane_model_is_watched (lane));
  gtk_window_destroy (GTK_WINDOW (window));
  canned_settle ();
  g_assert_finalize_object (lane);
}

/* ---- charts ---- */

static MpChart *
shown (GtkWidget *charts,
       guint      i)
{
  return mp_chart_view_get_chart (mp_charts_get_view (MP_CHARTS (charts), i));
}

static void
check_note (MpChart    *chart,
            const char *expected)
{
  g_autofree char *note = mp_chart_dup_note (chart, FALSE);

  g_assert_cmpstr (note, ==, expected);
}

static void
test_charts (void)
{
  g_auto (GStrv) choices = NULL;
  GListStore *lanes = g_list_store_new (MP_TYPE_LANE_MODEL);
  GtkWidget *charts = mp_charts_new ();
  MpLaneModel *first = canned_lane ("gan", 0), *second = canned_lane ("gram", 1);
  double low, high;
  guint n = 0;

  g_signal_connect_swapped (charts, "notify::smoothing", G_CALLBACK (canned_count_cb), &n);
  mp_charts_set_smoothing (MP_CHARTS (charts), 25);
  mp_charts_set_smoothing (MP_CHARTS (charts), 25);
  g_assert_cmpuint (n, ==, 1);
  g_list_store_append (lanes, first);
  mp_charts_set_lanes (MP_CHARTS (charts), G_LIST_MODEL (lanes));
  g_list_store_append (lanes, second);
  for (guint i = 0; i < mp_charts_get_n_charts (MP_CHARTS (charts)); i++) {
    MpChart *chart = mp_chart_view_get_chart (mp_charts_get_view (MP_CHARTS (charts), i));
    g_autofree char *words = mp_chart_describe (chart);

    g_assert_nonnull (strstr (words, "GAN"));
    g_assert_nonnull (strstr (words, "GRAM"));
    mp_chart_get_x_range (chart, &low, &high);
    g_assert_cmpfloat (high, ==, 99 * 42);
  }
  check_note (shown (charts, 0), "own scale each");
  check_note (shown (charts, 2), "% · modes dashed");
  mp_charts_set_smoothing (MP_CHARTS (charts), 100);
  check_note (shown (charts, 0), "own scale each · smoothed");
  /* A series of one method, on a logarithmic axis; a choice that nobody can show waits and leaves what is there. */
  g_signal_connect_swapped (charts, "notify::choices", G_CALLBACK (canned_count_cb), &n);
  mp_charts_set_choices (MP_CHARTS (charts), (const char *[]) { "gram/loss/generator|log", "wgan/gradient-norm", NULL });
  g_assert_cmpuint (n, ==, 3);
  g_assert_cmpstr (mp_chart_get_title (shown (charts, 0)), ==, "Generator loss");
  g_assert_cmpint (mp_chart_get_scale (shown (charts, 0)), ==, MP_SCALE_LOG);
  g_assert_cmpstr (mp_chart_get_title (shown (charts, 1)), ==, "MMD²");
  g_assert_true (gtk_widget_activate_action (gtk_widget_get_last_child (charts), "chart.show", "s", "measure/modes"));
  g_assert_cmpstr (mp_chart_get_title (shown (charts, 2)), ==, "Modes");
  mp_chart_get_y_range (shown (charts, 2), &low, &high);
  g_assert_true (low == 0 && high == 8);
  check_note (shown (charts, 1), "data space, unbiased · log · smoothed");
  choices = mp_charts_dup_choices (MP_CHARTS (charts));
  g_assert_cmpstr (choices[0], ==, "gram/loss/generator|log");
  g_assert_cmpstr (choices[1], ==, "wgan/gradient-norm");
  g_assert_cmpstr (choices[2], ==, "measure/modes");
  g_list_store_remove (lanes, 0);
  for (guint i = 0; i < mp_charts_get_n_charts (MP_CHARTS (charts)); i++) {
    g_autofree char *words = mp_chart_describe (mp_chart_view_get_chart (mp_charts_get_view (MP_CHARTS (charts), i)));

    g_assert_null (strstr (words, "GAN"));
  }
  canned_check_labels (charts);
  canned_check_gone (charts);
  g_object_unref (second);
  g_assert_finalize_object (lanes);
  g_assert_finalize_object (first);
}

static void
test_chart_view (void)
{
  MpChartLink *link = mp_chart_link_new ();
  GtkWidget *a = mp_chart_view_new (link), *b = mp_chart_view_new (link);
  MpSeries *series = canned_series (0, 1000);
  g_autofree char *tooltip = NULL;
  double first, last;

  /* a title that has no room is whole under the pointer, and only there */
  mp_chart_set_title (mp_chart_view_get_chart (MP_CHART_VIEW (a)), "Distance to the nearest centre", "of samples");
  tooltip = mp_chart_view_dup_tooltip (MP_CHART_VIEW (a), 20);
  g_assert_cmpstr (tooltip, ==, "Distance to the nearest centre\nof samples");
  g_assert_null (mp_chart_view_dup_tooltip (MP_CHART_VIEW (a), 100));
  mp_chart_add_series (mp_chart_view_get_chart (MP_CHART_VIEW (a)), series, "A", 0, MP_DASH_SOLID);
  mp_chart_add_series (mp_chart_view_get_chart (MP_CHART_VIEW (b)), series, "B", 0, MP_DASH_SOLID);
  mp_chart_link_set_range (link, 100, 200);
  mp_chart_get_x_range (mp_chart_view_get_chart (MP_CHART_VIEW (a)), &first, &last);
  g_assert_cmpfloat (first, ==, 100);
  mp_chart_get_x_range (mp_chart_view_get_chart (MP_CHART_VIEW (b)), &first, &last);
  g_assert_cmpfloat (last, ==, 200);
  mp_chart_link_reset_range (link);
  mp_chart_get_x_range (mp_chart_view_get_chart (MP_CHART_VIEW (b)), &first, &last);
  g_assert_cmpfloat (last, >, 900);
  mp_series_unref (series);
  canned_check_gone (a);
  canned_check_gone (b);
  g_assert_finalize_object (link);
}

/* ---- transport and gallery ---- */

static void
speed_cb (MpTransport *transport,
          double       speed,
          double      *told)
{
  *told = speed;
}

static void
seed_cb (MpTransport *transport,
         gint64       seed,
         gint64      *told)
{
  *told = seed;
}

static void
test_transport (void)
{
  GtkWidget *widget = mp_transport_new ();
  MpTransport *transport = MP_TRANSPORT (widget);
  double speed = -1;
  gint64 seed = -1;
  guint n = 0;

  g_signal_connect (transport, "speed-changed", G_CALLBACK (speed_cb), &speed);
  g_signal_connect (transport, "seed-changed", G_CALLBACK (seed_cb), &seed);
  g_signal_connect_swapped (transport, "notify", G_CALLBACK (canned_count_cb), &n);
  mp_transport_set_playing (transport, TRUE);
  mp_transport_set_playing (transport, TRUE);
  mp_transport_set_seed (transport, 7);
  mp_transport_set_seed (transport, 7);
  mp_transport_set_speed (transport, 100);
  g_assert_cmpuint (n, ==, 3);
  g_assert_cmpint (mp_transport_get_seed (transport), ==, 7);
  g_assert_cmpfloat (mp_transport_get_speed (transport), ==, 100);
  /* What is set is not told back. */
  g_assert_cmpfloat (speed, ==, -1);
  g_assert_cmpint (seed, ==, -1);
  gtk_range_set_value (GTK_RANGE (canned_find_id (widget, "speed")), 1);
  g_assert_cmpfloat_with_epsilon (speed, 10, 1e-9);
  gtk_range_set_value (GTK_RANGE (canned_find_id (widget, "speed")), 4);
  g_assert_cmpfloat (speed, ==, 0);
  gtk_spin_button_set_value (GTK_SPIN_BUTTON (canned_find_id (widget, "seed")), 8);
  g_assert_cmpint (seed, ==, 8);
  mp_transport_set_progress (transport, 4200, 10000, 200, NULL);
  g_assert_cmpstr (mp_transport_get_text (transport), ==, "Iteration 4,200 of 10,000 · 3 min 20 s left");
  mp_transport_set_playing (transport, FALSE);
  mp_transport_set_progress (transport, 4200, 10000, NAN, "Critic");
  g_assert_cmpstr (mp_transport_get_text (transport), ==, "Iteration 4,200 of 10,000 · next: Critic");
  mp_transport_set_progress (transport, 0, 0, NAN, NULL);
  g_assert_cmpstr (mp_transport_get_text (transport), ==, "");
  canned_check_labels (widget);
  canned_check_gone (widget);
}

static void
id_cb (MpGallery  *gallery,
       const char *id,
       char      **told)
{
  g_free (*told);
  *told = g_strdup (id);
}

static void
test_gallery (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) presets = mp_presets_list (&error);
  GtkWidget *widget = mp_gallery_new ();
  MpGallery *gallery = MP_GALLERY (widget);
  g_autofree char *opened = NULL, *added = NULL;

  g_assert_no_error (error);
  g_signal_connect (gallery, "open", G_CALLBACK (id_cb), &opened);
  g_signal_connect (gallery, "add", G_CALLBACK (id_cb), &added);
  mp_gallery_set_presets (gallery, presets);
  g_assert_cmpuint (mp_gallery_get_n_shown (gallery), ==, presets->len);
  mp_gallery_set_search (gallery, "no such preset");
  g_assert_cmpuint (mp_gallery_get_n_shown (gallery), ==, 0);
  mp_gallery_set_search (gallery, "RING-COMPARISON");
  g_assert_cmpuint (mp_gallery_get_n_shown (gallery), ==, 1);
  g_signal_emit_by_name (canned_find_id (widget, "search"), "activate");
  g_assert_cmpstr (opened, ==, "ring-comparison");
  canned_check_labels (widget);
  canned_check_gone (widget);
}

/* ---- files ---- */

/* A plot by itself says of which lane and iteration it is, above itself. */
static void
test_export_head (void)
{
  g_autoptr (MpLaneModel) lane = canned_lane ("gram", 1);
  GtkWidget *card = g_object_ref_sink (mp_lane_card_new (lane));
  GdkContentProvider *content;
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;
  MpPlotStyle style;

  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  g_assert_true (gtk_widget_activate_action (card, "plot.copy", NULL));
  content = gdk_clipboard_get_content (gtk_widget_get_clipboard (card));
  g_value_init (&value, GDK_TYPE_TEXTURE);
  g_assert_true (gdk_content_provider_get_value (content, &value, &error));
  g_assert_no_error (error);
  g_assert_cmpint (gdk_texture_get_height (g_value_get_object (&value)), ==,
                   gdk_texture_get_width (g_value_get_object (&value)) + 2 * (int) mp_lane_head_get_height (&style));
  g_object_unref (card);
}

static void
test_export (void)
{
  static const struct
  {
    const char *name, *magic;
  } files[] = { { "plot.png", "\211PNG" }, { "plot.svg", "<?xml" }, { "plot.pdf", "%PDF" } };
  g_autofree char *dir = g_dir_make_tmp ("matchpoint-export-XXXXXX", NULL);
  MpScatter *scatter = canned_scatter (0, 500);
  MpChart *chart = canned_chart (0, 1000);
  g_autoptr (MpPicture) picture = canned_picture (200, 500);
  g_autoptr (MpPanel) panel = mp_panel_new ();
  gpointer plots[] = { [MP_EXPORT_CHART] = chart, [MP_EXPORT_SCATTER] = scatter, [MP_EXPORT_PANEL] = panel,
                       [MP_EXPORT_PICTURE] = picture };
  MpLayer *layer = canned_layer (MP_DRAW_BARS, 0);
  const MpLaneHead head = { .title = "GRAM", .iteration = 4200, .modes = -1, .high_quality = NAN, .rate = NAN };
  const MpLaneHead *heads[] = { NULL, &head, &head, NULL };

  mp_layer_fill_panel (layer, panel);
  canned_layer_free (layer);

  for (guint kind = 0; kind < G_N_ELEMENTS (plots); kind++)
    for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
      g_autofree char *path = g_build_filename (dir, files[i].name, NULL), *text = NULL;
      g_autoptr (GError) error = NULL;

      g_assert_true (mp_export_write (path, kind, plots[kind], heads[kind], &error));
      g_assert_no_error (error);
      g_assert_true (g_file_get_contents (path, &text, NULL, &error));
      g_assert_true (g_str_has_prefix (text, files[i].magic));
      g_remove (path);
    }
  {
    g_autofree char *path = g_build_filename (dir, "plot.gif", NULL);
    g_autoptr (GError) error = NULL;

    g_assert_false (mp_export_write (path, MP_EXPORT_CHART, chart, NULL, &error));
    g_assert_error (error, MP_PICTURE_ERROR, MP_PICTURE_ERROR_FORMAT);
  }
  mp_scatter_unref (scatter);
  mp_chart_unref (chart);
  g_rmdir (dir);
}

int
main (int    argc,
      char **argv)
{
  canned_init (&argc, &argv);
  g_test_add_func ("/widgets/columns-layout", test_columns);
  g_test_add_func ("/widgets/wrap-layout", test_wrap);
  g_test_add_func ("/widgets/lane-card/states", test_card_states);
  g_test_add_func ("/widgets/lane-card/words", test_card_words);
  g_test_add_func ("/widgets/lane-card/layers", test_card_layers);
  g_test_add_func ("/widgets/lane-card/pointer", test_card_pointer);
  g_test_add_func ("/widgets/lane-card/frames", test_card_frames);
  g_test_add_func ("/widgets/charts", test_charts);
  g_test_add_func ("/widgets/chart-view", test_chart_view);
  g_test_add_func ("/widgets/transport", test_transport);
  g_test_add_func ("/widgets/gallery", test_gallery);
  g_test_add_func ("/widgets/export", test_export);
  g_test_add_func ("/widgets/export-head", test_export_head);
  return g_test_run ();
}
