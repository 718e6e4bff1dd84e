/* SPDX-License-Identifier: Apache-2.0
 *
 * test-draw.c: the drawing canvas: strokes by keys, undo and redo, clearing; “Train on this” with and without lanes.
 */
#include "tests/engine/scratch.h"
#include "tests/ui/canned-lane.h"
#include "tests/ui/wait.h"
#include "ui/draw-window.h"

static void
assert_strokes (MpDrawCanvas *canvas,
                const char   *wanted)
{
  g_autofree char *text = mp_draw_canvas_dup_strokes (canvas);

  g_assert_cmpstr (text, ==, wanted);
}

static void
assert_state (MpDrawCanvas *canvas,
              gboolean      can_undo,
              gboolean      can_redo,
              gboolean      empty)
{
  gboolean undo, redo, is_empty;

  g_object_get (canvas, "can-undo", &undo, "can-redo", &redo, "empty", &is_empty, NULL);
  g_assert_cmpint (undo, ==, can_undo);
  g_assert_cmpint (redo, ==, can_redo);
  g_assert_cmpint (is_empty, ==, empty);
}

static void
test_keys (void)
{
  MpDrawCanvas *canvas = MP_DRAW_CANVAS (g_object_ref_sink (mp_draw_canvas_new ()));
  GtkWidget *widget = GTK_WIDGET (canvas);

  mp_draw_canvas_set_radius (canvas, 0.1);
  canned_press (widget, GDK_KEY_Right, 0);
  assert_state (canvas, FALSE, FALSE, TRUE);
  canned_press (widget, GDK_KEY_space, 0);
  canned_press (widget, GDK_KEY_Up, 0);
  canned_press (widget, GDK_KEY_Up, GDK_SHIFT_MASK);
  canned_press (widget, GDK_KEY_space, 0);
  assert_strokes (canvas, "+0.1 0.05 0 0.05 0.05 0.05 0.06");
  assert_state (canvas, TRUE, FALSE, FALSE);

  /* a stroke that is taken back leaves nothing */
  canned_press (widget, GDK_KEY_space, 0);
  canned_press (widget, GDK_KEY_Left, 0);
  canned_press (widget, GDK_KEY_Escape, 0);
  assert_strokes (canvas, "+0.1 0.05 0 0.05 0.05 0.05 0.06");

  /* one place is a dot; the eraser and a weak brush write themselves down */
  mp_draw_canvas_set_erasing (canvas, TRUE);
  canned_press (widget, GDK_KEY_space, 0);
  canned_press (widget, GDK_KEY_space, 0);
  mp_draw_canvas_set_erasing (canvas, FALSE);
  mp_draw_canvas_set_strength (canvas, 0.5);
  canned_press (widget, GDK_KEY_bracketright, 0);
  canned_press (widget, GDK_KEY_space, 0);
  canned_press (widget, GDK_KEY_space, 0);
  assert_strokes (canvas, "+0.1 0.05 0 0.05 0.05 0.05 0.06; -0.1 0 0.06; +0.125*0.5 0 0.06");
  g_object_unref (canvas);
}

static void
test_history (void)
{
  MpDrawCanvas *canvas = MP_DRAW_CANVAS (g_object_ref_sink (mp_draw_canvas_new ()));
  g_autoptr (GError) error = NULL;

  g_assert_true (mp_draw_canvas_set_strokes (canvas, "+0.1 0 0; +0.2 0.5 0.5", &error));
  assert_state (canvas, TRUE, FALSE, FALSE);
  mp_draw_canvas_undo (canvas);
  assert_strokes (canvas, "+0.1 0 0");
  assert_state (canvas, TRUE, TRUE, FALSE);
  mp_draw_canvas_undo (canvas);
  mp_draw_canvas_undo (canvas);
  assert_state (canvas, FALSE, TRUE, TRUE);
  mp_draw_canvas_redo (canvas);
  mp_draw_canvas_redo (canvas);
  mp_draw_canvas_redo (canvas);
  assert_strokes (canvas, "+0.1 0 0; +0.2 0.5 0.5");

  /* clearing is undone like a stroke, and leaves no trace in what is written */
  mp_draw_canvas_clear (canvas);
  assert_strokes (canvas, "");
  assert_state (canvas, TRUE, FALSE, TRUE);
  mp_draw_canvas_undo (canvas);
  assert_strokes (canvas, "+0.1 0 0; +0.2 0.5 0.5");
  mp_draw_canvas_redo (canvas);
  mp_draw_canvas_clear (canvas);
  mp_draw_canvas_undo (canvas);
  assert_strokes (canvas, "+0.1 0 0; +0.2 0.5 0.5");

  /* a new stroke forgets what was undone; everything erased is empty */
  mp_draw_canvas_undo (canvas);
  mp_draw_canvas_set_erasing (canvas, TRUE);
  mp_draw_canvas_set_radius (canvas, 0.4);
  canned_press (GTK_WIDGET (canvas), GDK_KEY_space, 0);
  canned_press (GTK_WIDGET (canvas), GDK_KEY_space, 0);
  assert_state (canvas, TRUE, FALSE, TRUE);

  g_assert_false (mp_draw_canvas_set_strokes (canvas, "+0.1 nonsense", &error));
  g_assert_nonnull (error);
  assert_strokes (canvas, "+0.1 0 0; -0.4 0 0");
  g_object_unref (canvas);
}

static gboolean
have_iterations (GListModel *lanes,
                 guint64     iteration)
{
  for (guint i = 0; i < g_list_model_get_n_items (lanes); i++) {
    g_autoptr (MpLaneModel) lane = g_list_model_get_item (lanes, i);

    if (mp_lane_model_get_live_progress (lane)->iteration < iteration)
      return FALSE;
  }
  return TRUE;
}

static void
test_train (void)
{
  g_autofree char *runs = mp_scratch_new ();
  MpSession *session = mp_session_new (runs);
  GListModel *lanes = mp_session_get_lanes (session);

  /* without lanes a comparison opens; a ring's lanes take the drawing over; then it is there to go on with */
  for (guint round = 0; round < 3; round++) {
    MpDrawWindow *window = g_object_ref (mp_draw_window_new (NULL, session));
    MpDrawCanvas *canvas = mp_draw_window_get_canvas (window);
    const char *strokes = round == 0 ? "+0.1 -0.5 0 0.5 0" : "+0.2 0 0.25";

    gtk_window_present (GTK_WINDOW (window));
    canned_settle ();
    canned_check_labels (GTK_WIDGET (window));
    if (round < 2) {
      g_assert_true (mp_draw_canvas_is_empty (canvas));
      g_assert_true (mp_draw_canvas_set_strokes (canvas, strokes, NULL));
    } else
      assert_strokes (canvas, strokes);
    g_assert_true (mp_draw_window_train (window));
    g_assert_cmpuint (g_list_model_get_n_items (lanes), ==, round == 0 ? 3 : 1);
    for (guint i = 0; i < g_list_model_get_n_items (lanes); i++) {
      g_autoptr (MpLaneModel) lane = g_list_model_get_item (lanes, i);
      MpExperiment *experiment = mp_lane_model_get_experiment (lane);

      g_assert_cmpstr (mp_experiment_get_string (experiment, "data", "kind"), ==, "drawing");
      g_assert_cmpstr (mp_experiment_get_string (experiment, "data", "strokes"), ==, strokes);
      g_assert_cmpint (mp_experiment_get_int (experiment, "data", "points"), ==, 10000);
      g_assert_cmpuint (mp_lane_model_get_n_pending (lane), ==, 0);
    }
    g_assert_cmpstr (mp_session_get_title (session), ==,
                     round == 0 ? "Three methods on a drawing" : "MMD-net on “Drawing”");
    WAIT_FOR_SESSION (session, have_iterations (lanes, 20));
    gtk_window_destroy (GTK_WINDOW (window));
    g_object_unref (window);
    if (round == 0)
      g_assert_true (mp_session_open (session, "ring-mmd-net", FALSE, NULL));
  }
  wait_for_stop (session);
  g_object_unref (session);
  mp_scratch_remove (runs);
}

int
main (int    argc,
      char **argv)
{
  canned_init (&argc, &argv);
  g_test_add_func ("/draw/keys", test_keys);
  g_test_add_func ("/draw/history", test_history);
  g_test_add_func ("/draw/train", test_train);
  return g_test_run ();
}
