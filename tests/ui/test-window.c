/* SPDX-License-Identifier: Apache-2.0
 *
 * test-window.c: the window with lanes that train: opens, plays, pauses, steps, changes a live parameter, exports,
 * closes while training and keeps the runs; opens folders; what Space presses and what is asked first.
 */
#include <glib/gstdio.h>

#include "engine/runs/comparison.h"
#include "engine/runs/run.h"
#include "tests/ui/window-fixture.h"
#include "ui/export.h"
#include "ui/page-sweep.h"

static MpScatter *
plot (Fixture *fixture,
      guint    i)
{
  return mp_lane_plots_get_scatter (mp_lane_card_get_plots (mp_window_get_card (fixture->window, i)));
}

static MpPanel *
panel (Fixture *fixture,
       guint    i)
{
  return mp_lane_plots_get_panel (mp_lane_card_get_plots (mp_window_get_card (fixture->window, i)));
}

static gboolean
all_in (Fixture     *fixture,
        MpLaneState  state)
{
  for (guint i = 0; i < n_lanes (fixture); i++)
    if (mp_lane_model_get_state (lane (fixture, i)) != state)
      return FALSE;
  return n_lanes (fixture) > 0;
}

static guint64
iteration (Fixture *fixture,
           guint    i)
{
  return mp_lane_model_get_progress (lane (fixture, i))->iteration;
}

static void
act (Fixture    *fixture,
     const char *action)
{
  g_assert_true (gtk_widget_activate_action (GTK_WIDGET (fixture->window), action, NULL));
}

static void
test_empty (Fixture       *fixture,
            gconstpointer  data)
{
  canned_settle ();
  g_assert_cmpuint (n_lanes (fixture), ==, 0);
  canned_check_labels (GTK_WIDGET (fixture->window));
  g_assert_false (mp_window_open (fixture->window, "no-such-preset", FALSE));
  g_assert_cmpuint (n_lanes (fixture), ==, 0);
}

static void
test_play (Fixture       *fixture,
           gconstpointer  data)
{
  MpSession *session = mp_window_get_session (fixture->window);
  guint64 paused_at;

  g_assert_true (mp_window_open (fixture->window, "ring-comparison", FALSE));
  g_assert_cmpuint (n_lanes (fixture), ==, 3);
  WAIT_FOR (all_in (fixture, MP_LANE_PAUSED));
  canned_check_labels (GTK_WIDGET (fixture->window));
  g_assert_false (mp_transport_get_playing (mp_window_get_transport (fixture->window)));

  /* Paused lanes show where they stand, too. */
  WAIT_FOR (mp_lane_model_get_snapshot (lane (fixture, 0)) && mp_scatter_get_heat_map (plot (fixture, 0)));
  WAIT_FOR (mp_panel_get_kind (panel (fixture, 2)) == MP_PANEL_SPACE);

  act (fixture, "win.play");
  WAIT_FOR (iteration (fixture, 0) > 10 && iteration (fixture, 1) > 10 && iteration (fixture, 2) > 10);
  g_assert_true (mp_session_get_playing (session));
  g_assert_true (mp_transport_get_playing (mp_window_get_transport (fixture->window)));
  WAIT_FOR (mp_lane_model_get_snapshot (lane (fixture, 0))->iteration > 0);

  act (fixture, "win.play");
  WAIT_FOR (all_in (fixture, MP_LANE_PAUSED) && !mp_session_get_playing (session));
  mp_session_pull (session, TRUE, g_get_monotonic_time ());
  paused_at = iteration (fixture, 0);
  act (fixture, "win.step-iteration");
  WAIT_FOR (iteration (fixture, 0) == paused_at + 1);
  g_assert_cmpuint (mp_lane_model_get_n_curves (lane (fixture, 0)), >, 0);
}

/* Every background, overlay and panel that the three methods offer is drawn, while they train on. */
static void
test_layers (Fixture       *fixture,
             gconstpointer  data)
{
  fixture_train (fixture, "ring-comparison");
  WAIT_FOR (iteration (fixture, 2) > 0);
  for (guint i = 0; i < n_lanes (fixture); i++) {
    MpLaneLayers *layers = mp_lane_model_get_layers (lane (fixture, i));
    guint64 before = iteration (fixture, i);

    for (guint k = 0; k < mp_lane_layers_get_n (layers, MP_PLACE_BACKGROUND); k++) {
      const char *id = mp_lane_layers_get (layers, MP_PLACE_BACKGROUND, k)->class->base.id;

      mp_lane_layers_choose (layers, MP_PLACE_BACKGROUND, id);
      WAIT_FOR (mp_lane_layers_get_arrived (layers, id) && mp_scatter_get_heat_map (plot (fixture, i)));
    }
    for (guint k = 0; k < mp_lane_layers_get_n (layers, MP_PLACE_OVERLAY); k++) {
      mp_lane_layers_set_overlay (layers, mp_lane_layers_get (layers, MP_PLACE_OVERLAY, k)->class->base.id, TRUE);
      WAIT_FOR (mp_scatter_get_n_overlays (plot (fixture, i)) == k + 1);
    }
    for (guint k = 0; k < mp_lane_layers_get_n (layers, MP_PLACE_PANEL); k++) {
      mp_lane_layers_choose (layers, MP_PLACE_PANEL, mp_lane_layers_get (layers, MP_PLACE_PANEL, k)->class->base.id);
      WAIT_FOR (mp_panel_get_kind (panel (fixture, i)) != MP_PANEL_EMPTY);
    }
    g_assert_cmpint (mp_lane_model_get_state (lane (fixture, i)), ==, MP_LANE_TRAINING);
    WAIT_FOR (iteration (fixture, i) > before);
  }
}

static void
test_live (Fixture       *fixture,
           gconstpointer  data)
{
  MpInspector *inspector = mp_window_get_inspector (fixture->window);
  MpParamRow *row;

  fixture_train (fixture, "ring-gram");
  row = mp_inspector_find_row (inspector, "optimizer.generator", "learning_rate");
  mp_param_row_enter (row, "0.0005");
  g_assert_null (mp_param_row_get_error (row));
  g_assert_cmpuint (mp_lane_model_get_n_pending (lane (fixture, 0)), ==, 0);
  g_assert_cmpstr (mp_experiment_get_string (mp_lane_model_get_experiment (lane (fixture, 0)), "optimizer.generator",
                                             "learning_rate"), ==, "0.0005");
  mp_param_row_enter (row, "-1");
  g_assert_nonnull (mp_param_row_get_error (row));
  g_assert_cmpint (mp_lane_model_get_state (lane (fixture, 0)), ==, MP_LANE_TRAINING);

  /* Another key waits, and the restarted lane trains with it. */
  mp_param_row_enter (mp_inspector_find_row (inspector, "method", "dimensions"), "3");
  g_assert_cmpuint (mp_lane_model_get_n_pending (lane (fixture, 0)), ==, 1);
  mp_lane_model_restart (lane (fixture, 0));
  g_assert_cmpuint (mp_lane_model_get_n_pending (lane (fixture, 0)), ==, 0);
  WAIT_FOR (all_in (fixture, MP_LANE_TRAINING) && iteration (fixture, 0) > 0);
  g_assert_cmpint (mp_experiment_get_int (mp_lane_model_get_experiment (lane (fixture, 0)), "method", "dimensions"),
                   ==, 3);
}

static void
test_lanes (Fixture       *fixture,
            gconstpointer  data)
{
  MpSession *session = mp_window_get_session (fixture->window);
  g_autoptr (GError) error = NULL;

  g_assert_true (mp_window_open (fixture->window, "ring-mmd-net", FALSE));
  g_assert_true (mp_session_add (session, "ring-comparison", &error));
  g_assert_cmpuint (n_lanes (fixture), ==, 4);
  mp_lane_model_duplicate (lane (fixture, 0));
  g_assert_cmpuint (n_lanes (fixture), ==, 5);
  /* Six at most. */
  g_assert_false (mp_session_add (session, "ring-comparison", &error));
  g_assert_cmpuint (n_lanes (fixture), ==, 5);
  /* Each its own colour. */
  for (guint i = 0; i < n_lanes (fixture); i++)
    for (guint j = 0; j < i; j++)
      g_assert_cmpuint (mp_lane_model_get_colour (lane (fixture, i)), !=, mp_lane_model_get_colour (lane (fixture, j)));
  mp_lane_model_remove (lane (fixture, 1));
  WAIT_FOR (n_lanes (fixture) == 4);
  g_assert_nonnull (mp_window_get_card (fixture->window, 3));
  g_assert_null (mp_window_get_card (fixture->window, 4));
  mp_session_set_seed (session, 5);
  g_assert_cmpint (mp_experiment_get_int (mp_lane_model_get_experiment (lane (fixture, 2)), "train", "seed"), ==, 5);
  WAIT_FOR (all_in (fixture, MP_LANE_PAUSED));
}

static void
test_picture (Fixture       *fixture,
              gconstpointer  data)
{
  g_autofree char *path = g_build_filename (fixture->runs, "comparison.svg", NULL), *text = NULL;
  g_autoptr (MpPicture) picture = NULL;
  g_autoptr (GError) error = NULL;

  fixture_train (fixture, "ring-comparison");
  WAIT_FOR (iteration (fixture, 0) > 5 && mp_lane_model_get_snapshot (lane (fixture, 0)));
  picture = mp_window_make_picture (fixture->window);
  g_assert_true (mp_export_write (path, MP_EXPORT_PICTURE, picture, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &text, NULL, &error));
  g_assert_nonnull (strstr (text, "<svg"));
}

/* Closing while lanes train: the window stays until they stopped, and every run can be opened. */
static void
test_close (Fixture       *fixture,
            gconstpointer  data)
{
  g_autoptr (GDir) dir = NULL;
  const char *name;
  guint n = 0;

  fixture_train (fixture, "ring-comparison");
  WAIT_FOR (iteration (fixture, 0) > 10 && iteration (fixture, 1) > 10 && iteration (fixture, 2) > 10);
  gtk_window_close (GTK_WINDOW (fixture->window));
  WAIT_FOR (!fixture->window);
  dir = g_dir_open (fixture->runs, 0, NULL);
  while ((name = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (fixture->runs, name, NULL);
    g_autoptr (GError) error = NULL;
    g_autoptr (MpRun) run = NULL;

    if (g_str_has_prefix (name, "runs.db"))
      continue;
    run = mp_run_open (path, FALSE, &error);
    g_assert_no_error (error);
    g_assert_cmpstr (mp_run_get_state (run), ==, "stopped");
    g_assert_cmpuint (mp_run_get_iteration (run), >, 10);
    n++;
  }
  g_assert_cmpuint (n, ==, 3);
}

/* A preset that was only looked at leaves no run behind. */
static void
test_unused (Fixture       *fixture,
             gconstpointer  data)
{
  g_autoptr (GDir) dir = NULL;
  const char *name;

  g_assert_true (mp_window_open (fixture->window, "ring-mmd-net", FALSE));
  WAIT_FOR (all_in (fixture, MP_LANE_PAUSED));
  gtk_window_close (GTK_WINDOW (fixture->window));
  WAIT_FOR (!fixture->window);
  dir = g_dir_open (fixture->runs, 0, NULL);
  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)))
    g_assert_true (g_str_has_prefix (name, "runs.db")); /* the index, which knows none */
}

/* ---- whom Space is for ---- */

static void
send_key (Fixture  *fixture,
          guint     key,
          gboolean  taken)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (GTK_WIDGET (fixture->window));
  gboolean handled = FALSE;

  for (guint i = 0; i < g_list_model_get_n_items (controllers) && !handled; i++) {
    g_autoptr (GtkEventController) controller = g_list_model_get_item (controllers, i);

    if (GTK_IS_EVENT_CONTROLLER_KEY (controller)
        && gtk_event_controller_get_propagation_phase (controller) == GTK_PHASE_CAPTURE)
      g_signal_emit_by_name (controller, "key-pressed", key, 0, 0, &handled);
  }
  g_assert_cmpint (handled, ==, taken);
}

static void
send_click_at (Fixture *fixture,
               double   x,
               double   y)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (GTK_WIDGET (fixture->window));
  guint n = 0;

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++) {
    g_autoptr (GtkEventController) controller = g_list_model_get_item (controllers, i);

    if (GTK_IS_GESTURE_CLICK (controller)
        && gtk_event_controller_get_propagation_phase (controller) == GTK_PHASE_CAPTURE) {
      g_signal_emit_by_name (controller, "pressed", 1, x, y);
      n++;
    }
  }
  g_assert_cmpuint (n, ==, 1);
}

static void
send_click (Fixture *fixture)
{
  send_click_at (fixture, 0, 0);
}

static void
click_widget (Fixture   *fixture,
              GtkWidget *widget)
{
  double x, y;

  g_assert_true (gtk_widget_translate_coordinates (widget, GTK_WIDGET (fixture->window),
                                                   gtk_widget_get_width (widget) / 2.0,
                                                   gtk_widget_get_height (widget) / 2.0, &x, &y));
  send_click_at (fixture, x, y);
}

/* Space plays and pauses. */
static void
check_plays (Fixture *fixture)
{
  MpSession *session = mp_window_get_session (fixture->window);

  send_key (fixture, GDK_KEY_space, TRUE);
  WAIT_FOR (mp_session_get_playing (session));
  send_key (fixture, GDK_KEY_space, TRUE);
  WAIT_FOR (!mp_session_get_playing (session));
}

/* The button that was clicked is not pressed again; the one that was reached by Tab is. */
static void
test_space (Fixture       *fixture,
            gconstpointer  data)
{
  MpSession *session = mp_window_get_session (fixture->window);
  GtkWidget *button, *card, *other, *entry;

  g_assert_true (mp_window_open (fixture->window, "ring-comparison", FALSE));
  WAIT_FOR (all_in (fixture, MP_LANE_PAUSED));
  card = GTK_WIDGET (mp_window_get_card (fixture->window, 0));
  other = GTK_WIDGET (mp_window_get_card (fixture->window, 1));
  button = canned_find (card, GTK_TYPE_MENU_BUTTON, 0);
  entry = canned_find (GTK_WIDGET (mp_window_get_transport (fixture->window)), GTK_TYPE_SPIN_BUTTON, 0);
  send_key (fixture, GDK_KEY_Tab, FALSE);
  g_assert_true (gtk_widget_grab_focus (card));
  send_key (fixture, GDK_KEY_space, FALSE); /* the window's shortcut gets it */

  send_click (fixture);
  g_assert_true (gtk_widget_grab_focus (button));
  send_key (fixture, GDK_KEY_Return, FALSE);
  check_plays (fixture);

  /* A menu that was opened by a click comes back to its button. */
  send_click (fixture);
  gtk_menu_button_popup (GTK_MENU_BUTTON (button));
  canned_settle ();
  g_assert_nonnull (gtk_widget_get_ancestor (gtk_window_get_focus (GTK_WINDOW (fixture->window)), GTK_TYPE_POPOVER));
  send_key (fixture, GDK_KEY_Down, FALSE);
  send_key (fixture, GDK_KEY_space, FALSE);
  gtk_menu_button_popdown (GTK_MENU_BUTTON (button));
  canned_settle ();
  g_assert_true (gtk_widget_grab_focus (button));
  check_plays (fixture);

  /* Reached by Tab, it keeps Space, also after its menu; a click anywhere ends that. */
  g_assert_true (gtk_widget_grab_focus (other));
  send_key (fixture, GDK_KEY_Tab, FALSE);
  g_assert_true (gtk_widget_grab_focus (button));
  send_key (fixture, GDK_KEY_space, FALSE);
  gtk_menu_button_popup (GTK_MENU_BUTTON (button));
  canned_settle ();
  gtk_menu_button_popdown (GTK_MENU_BUTTON (button));
  canned_settle ();
  g_assert_true (gtk_widget_grab_focus (button));
  send_key (fixture, GDK_KEY_space, FALSE);
  send_click (fixture);
  check_plays (fixture);

  /* What is being written gets what is typed, and the sweep's buttons are theirs. */
  send_click (fixture);
  g_assert_true (gtk_widget_grab_focus (entry));
  send_key (fixture, GDK_KEY_space, FALSE);
  g_action_group_change_action_state (G_ACTION_GROUP (fixture->window), "page", g_variant_new_string ("sweep"));
  send_click (fixture);
  g_assert_true (gtk_widget_grab_focus (canned_find (GTK_WIDGET (fixture->window), GTK_TYPE_TOGGLE_BUTTON, 0)));
  send_key (fixture, GDK_KEY_space, FALSE);
  g_assert_false (mp_session_get_playing (session));
}

/* A setting keeps the keyboard while it is written: a click elsewhere and Enter give it up. */
static void
test_written (Fixture       *fixture,
              gconstpointer  data)
{
  GtkWindow *window = GTK_WINDOW (fixture->window);
  GtkWidget *row, *entry;

  g_assert_true (mp_window_open (fixture->window, "ring-comparison", FALSE));
  WAIT_FOR (all_in (fixture, MP_LANE_PAUSED));
  row = GTK_WIDGET (mp_inspector_find_row (mp_window_get_inspector (fixture->window), "optimizer.critic",
                                           "learning_rate"));
  entry = canned_find (row, GTK_TYPE_ENTRY, 0);
  WAIT_FOR (gtk_widget_get_width (entry) > 0);

  g_assert_true (gtk_widget_grab_focus (entry));
  click_widget (fixture, entry);
  g_assert_true (gtk_widget_is_ancestor (gtk_window_get_focus (window), entry));
  send_key (fixture, GDK_KEY_space, FALSE);
  click_widget (fixture, GTK_WIDGET (mp_window_get_card (fixture->window, 0)));
  g_assert_null (gtk_window_get_focus (window)); /* the window's shortcut gets Space */

  g_assert_true (gtk_widget_grab_focus (entry));
  gtk_editable_set_text (GTK_EDITABLE (entry), "0.002");
  send_key (fixture, GDK_KEY_Return, FALSE);
  g_signal_emit_by_name (entry, "activate");
  g_assert_true (gtk_window_get_focus (window) == row);
  g_assert_cmpstr (mp_param_row_get_value (MP_PARAM_ROW (row)), ==, "0.002");
  check_plays (fixture);

  g_assert_true (gtk_widget_child_focus (GTK_WIDGET (window), GTK_DIR_TAB_FORWARD));
  g_assert_true (gtk_widget_is_ancestor (gtk_window_get_focus (window), row));
  g_assert_false (gtk_widget_get_focusable (row));

  g_assert_true (gtk_widget_grab_focus (entry));
  gtk_editable_set_text (GTK_EDITABLE (entry), "fast");
  send_key (fixture, GDK_KEY_Return, FALSE);
  g_signal_emit_by_name (entry, "activate");
  g_assert_true (gtk_widget_is_ancestor (gtk_window_get_focus (window), entry));
}

/* ---- what replaces the lanes ---- */

static void
open_lesson (Fixture    *fixture,
             const char *id)
{
  g_assert_true (gtk_widget_activate_action (GTK_WIDGET (fixture->window), "win.lesson", "s", id));
}

/* Lanes that have trained are not replaced unasked. */
static void
test_replacing (Fixture       *fixture,
                gconstpointer  data)
{
  MpGallery *gallery = MP_GALLERY (canned_find (GTK_WIDGET (fixture->window), MP_TYPE_GALLERY, 0));
  MpSession *session = mp_window_get_session (fixture->window);
  MpLaneModel *before;
  g_autofree char *run = NULL, *second = NULL;
  const char *runs[] = { NULL, NULL, NULL };

  g_signal_emit_by_name (gallery, "open", "ring-comparison");
  g_signal_emit_by_name (gallery, "open", "ring-gan");
  g_assert_cmpuint (n_lanes (fixture), ==, 1); /* none had trained */
  WAIT_FOR (all_in (fixture, MP_LANE_PAUSED));
  act (fixture, "win.step-iteration");
  WAIT_FOR (iteration (fixture, 0) == 1);
  before = lane (fixture, 0);
  run = g_strdup (mp_lane_model_get_run (before));
  runs[0] = run;
  g_assert_cmpuint (mp_session_get_n_trained (session), ==, 1);

  open_lesson (fixture, "bandwidth");
  fixture_answer ("cancel");
  g_signal_emit_by_name (gallery, "open", "ring-comparison");
  fixture_answer ("cancel");
  g_assert_true (gtk_widget_activate_action (GTK_WIDGET (fixture->window), "win.open-runs-alone", "^as", runs));
  fixture_answer ("cancel");
  g_assert_true (lane (fixture, 0) == before);
  g_assert_cmpuint (n_lanes (fixture), ==, 1);

  open_lesson (fixture, "bandwidth");
  fixture_answer ("open");
  g_assert_cmpstr (mp_lane_model_get_run (lane (fixture, 0)), !=, run);
  WAIT_FOR (mp_session_get_n_running (session) <= n_lanes (fixture));
  g_assert_true (g_file_test (run, G_FILE_TEST_IS_DIR)); /* kept */

  /* From lesson to lesson nobody is asked, from a lesson's lanes to others one is. */
  WAIT_FOR (all_in (fixture, MP_LANE_PAUSED));
  act (fixture, "win.step-iteration");
  WAIT_FOR (iteration (fixture, 0) == 1);
  open_lesson (fixture, "collapse");
  g_assert_null (fixture_find_question ());
  WAIT_FOR (all_in (fixture, MP_LANE_PAUSED));
  act (fixture, "win.step-iteration");
  WAIT_FOR (iteration (fixture, 0) == 1);
  runs[1] = second = g_strdup (mp_lane_model_get_run (lane (fixture, 0)));
  g_signal_emit_by_name (gallery, "open", "ring-gan");
  fixture_answer ("open");
  g_assert_cmpuint (n_lanes (fixture), ==, 1);

  /* Several runs are one question, and nothing happens before it is answered. */
  WAIT_FOR (all_in (fixture, MP_LANE_PAUSED) && mp_session_get_n_running (session) == 1);
  act (fixture, "win.step-iteration");
  WAIT_FOR (iteration (fixture, 0) == 1);
  g_assert_true (gtk_widget_activate_action (GTK_WIDGET (fixture->window), "win.open-runs-alone", "^as", runs));
  g_assert_cmpuint (n_lanes (fixture), ==, 1);
  g_assert_false (mp_lane_model_is_kept (lane (fixture, 0)));
  fixture_answer ("open");
  g_assert_cmpuint (n_lanes (fixture), ==, 2);
  g_assert_cmpstr (mp_lane_model_get_run (lane (fixture, 0)), ==, run);
  g_assert_cmpstr (mp_lane_model_get_run (lane (fixture, 1)), ==, second);
  runs[1] = NULL;

  /* A kept run that is looked at is not missed. */
  g_assert_true (gtk_widget_activate_action (GTK_WIDGET (fixture->window), "win.open-runs-alone", "^as", runs));
  g_assert_cmpstr (mp_lane_model_get_run (lane (fixture, 0)), ==, run);
  g_assert_cmpuint (mp_session_get_n_trained (session), ==, 0);
  open_lesson (fixture, "collapse");
  g_assert_null (fixture_find_question ());
}

/* Keeps two runs as the command line keeps those of a comparison, and opens their folder. */
static void
open_comparison (Fixture *fixture)
{
  g_autofree char *folder = g_build_filename (fixture->runs, "a-comparison", NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (names, "ring-gan");
  g_ptr_array_add (names, "ring-mmd-net");
  g_assert_true (mp_comparison_create (folder, "Two on the ring", names, &error));
  g_assert_no_error (error);
  g_assert_true (mp_window_open (fixture->window, "ring-gan", FALSE));
  g_assert_true (mp_session_add (mp_window_get_session (fixture->window), "ring-mmd-net", &error));
  WAIT_FOR (all_in (fixture, MP_LANE_PAUSED));
  act (fixture, "win.step-iteration");
  WAIT_FOR (iteration (fixture, 0) == 1 && iteration (fixture, 1) == 1);
  for (guint i = 0; i < 2; i++) {
    g_autofree char *from = g_strdup (mp_lane_model_get_run (lane (fixture, 0)));
    g_autofree char *to = g_build_filename (folder, names->pdata[i], NULL);

    mp_lane_model_remove (lane (fixture, 0));
    WAIT_FOR (n_lanes (fixture) == 1 - i
              && mp_session_get_n_running (mp_window_get_session (fixture->window)) == 1 - i);
    g_assert_cmpint (g_rename (from, to), ==, 0);
  }
  g_assert_true (mp_window_open (fixture->window, "ring-gan", FALSE));
  WAIT_FOR (all_in (fixture, MP_LANE_PAUSED));
  act (fixture, "win.step-iteration");
  WAIT_FOR (iteration (fixture, 0) == 1);

  g_assert_true (mp_window_open (fixture->window, folder, FALSE));
  fixture_answer ("open");
  g_assert_cmpuint (n_lanes (fixture), ==, 2);
  g_assert_cmpstr (mp_session_get_title (mp_window_get_session (fixture->window)), ==, "Two on the ring");
  for (guint i = 0; i < 2; i++) {
    g_autofree char *run = g_build_filename (folder, names->pdata[i], NULL);

    g_assert_true (mp_lane_model_is_kept (lane (fixture, i)));
    g_assert_cmpstr (mp_lane_model_get_run (lane (fixture, i)), ==, run);
    g_assert_cmpuint (iteration (fixture, i), ==, 1);
  }
}

/* The folder of a run, of a comparison or of a sweep, as the command line takes it. */
static void
test_folder (Fixture       *fixture,
             gconstpointer  data)
{
  g_autofree char *run = NULL, *dir = g_build_filename (fixture->runs, "a-sweep", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (MpSweep) sweep = mp_sweep_load ("gram-dimension", NULL, &error);
  MpSweepPage *page;

  g_assert_no_error (error);
  g_assert_true (mp_sweep_save (sweep, dir, &error));
  g_assert_no_error (error);
  g_assert_true (mp_window_open (fixture->window, "ring-gan", FALSE));
  WAIT_FOR (all_in (fixture, MP_LANE_PAUSED));
  act (fixture, "win.step-iteration");
  WAIT_FOR (iteration (fixture, 0) == 1);
  run = g_strdup (mp_lane_model_get_run (lane (fixture, 0)));
  mp_lane_model_remove (lane (fixture, 0));
  WAIT_FOR (n_lanes (fixture) == 0 && mp_session_get_n_running (mp_window_get_session (fixture->window)) == 0);
  g_assert_true (mp_window_open (fixture->window, run, FALSE));
  g_assert_cmpuint (n_lanes (fixture), ==, 1);
  g_assert_true (mp_lane_model_is_kept (lane (fixture, 0)));

  g_assert_true (mp_window_open (fixture->window, dir, FALSE));
  page = MP_SWEEP_PAGE (canned_find (GTK_WIDGET (fixture->window), MP_TYPE_SWEEP_PAGE, 0));
  WAIT_FOR (mp_sweep_model_get_run (mp_sweep_page_get_model (page)));
  g_assert_cmpstr (mp_sweep_run_get_dir (mp_sweep_model_get_run (mp_sweep_page_get_model (page))), ==, dir);

  /* A comparison with its past and under its name; the question is asked where lanes have trained. */
  open_comparison (fixture);

  /* Another one is none of these, and that is said. */
  g_assert_false (mp_window_open (fixture->window, g_get_tmp_dir (), FALSE));
}

/* Nothing is cut off in a small window, with text twice as large either. */
static void
test_large_text (Fixture       *fixture,
                 gconstpointer  data)
{
  GtkSettings *settings = gtk_widget_get_settings (GTK_WIDGET (fixture->window));
  int dpi, width, height;

  g_assert_true (mp_window_open (fixture->window, "ring-comparison", FALSE));
  WAIT_FOR (all_in (fixture, MP_LANE_PAUSED));
  g_object_get (settings, "gtk-xft-dpi", &dpi, NULL);
  g_object_set (settings, "gtk-xft-dpi", 2 * 96 * PANGO_SCALE, NULL);
  canned_settle ();
  gtk_widget_measure (GTK_WIDGET (fixture->window), GTK_ORIENTATION_HORIZONTAL, -1, &width, NULL, NULL, NULL);
  gtk_widget_measure (GTK_WIDGET (fixture->window), GTK_ORIENTATION_VERTICAL, 900, &height, NULL, NULL, NULL);
  g_object_set (settings, "gtk-xft-dpi", dpi, NULL);
  g_assert_cmpint (width, <=, 900);
  g_assert_cmpint (height, <=, 600);
}

#define ADD(name, function) \
  g_test_add ("/window/" name, Fixture, NULL, fixture_set_up, function, fixture_tear_down)

int
main (int    argc,
      char **argv)
{
  canned_init (&argc, &argv);
  ADD ("empty", test_empty);
  ADD ("play", test_play);
  ADD ("layers", test_layers);
  ADD ("live", test_live);
  ADD ("lanes", test_lanes);
  ADD ("picture", test_picture);
  ADD ("close", test_close);
  ADD ("unused", test_unused);
  ADD ("space", test_space);
  ADD ("written", test_written);
  ADD ("replacing", test_replacing);
  ADD ("folder", test_folder);
  ADD ("large-text", test_large_text);
  return fixture_run ();
}
