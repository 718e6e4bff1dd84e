/* SPDX-License-Identifier: Apache-2.0
 *
 * test-lesson-page.c: lessons in the window: every lesson from its first step to its last, answers and locks, layers,
 * presenter mode; a file that is wrong.
 */
#include "engine/train/lesson.h"
#include "tests/ui/window-fixture.h"
#include "ui/page-lesson.h"

/* A small projector shows all of a lecture's type. */
static void
check_fits (GtkWidget *page)
{
  int width, height;

  canned_settle ();
  gtk_widget_measure (page, GTK_ORIENTATION_HORIZONTAL, -1, &width, NULL, NULL, NULL);
  gtk_widget_measure (page, GTK_ORIENTATION_VERTICAL, 880, &height, NULL, NULL, NULL);
  g_assert_cmpint (width, <=, 880);
  g_assert_cmpint (height, <=, 580);
}

/* Through all steps; where one asks, Next does nothing before the answer. */
static void
take_lesson (MpLessonPage   *page,
             const MpLesson *lesson)
{
  for (guint i = 0; i < lesson->steps->len; i++) {
    const MpLessonStep *step = g_ptr_array_index (lesson->steps, i);

    g_assert_cmpstr (mp_lesson_page_get_id (page), ==, lesson->id);
    g_assert_cmpuint (mp_lesson_page_get_step (page), ==, i);
    check_fits (GTK_WIDGET (page));
    for (guint j = 0; j < 5; j++)
      g_main_context_iteration (NULL, FALSE);
    if (step->question) {
      g_assert_false (mp_lesson_page_go (page, 1));
      g_assert_cmpuint (mp_lesson_page_get_step (page), ==, i);
      mp_lesson_page_answer (page, 0);
    }
    g_assert_true (mp_lesson_page_go (page, 1));
  }
  g_assert_null (mp_lesson_page_get_id (page));
}

/* What all lanes train. (transfer full) */
static char *
describe_lanes (MpSession *session)
{
  GListModel *lanes = mp_session_get_lanes (session);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (lanes); i++) {
    g_autoptr (MpLaneModel) lane = g_list_model_get_item (lanes, i);
    g_autofree char *experiment = mp_experiment_to_text (mp_lane_model_get_experiment (lane));

    g_assert_cmpuint (mp_lane_model_get_n_pending (lane), ==, 0);
    g_string_append (text, experiment);
  }
  return g_string_free (text, FALSE);
}

static void
take_step (MpLessonPage       *page,
           const MpLessonStep *step)
{
  if (step->question)
    mp_lesson_page_answer (page, 0);
  g_assert_true (mp_lesson_page_go (page, 1));
}

/* Each step has its settings again, whatever later steps and the person have set. */
static void
go_back (MpLessonPage *page,
         MpSession    *session,
         const char   *id)
{
  g_autoptr (MpLesson) lesson = mp_lesson_load (id, NULL);
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (MpLaneModel) lane = NULL;
  gboolean other = FALSE;

  g_assert_true (mp_lesson_page_open (page, id));
  for (guint i = 0; i < lesson->steps->len; i++) {
    g_ptr_array_add (texts, describe_lanes (session));
    other = other || !g_str_equal (g_ptr_array_index (texts, i), g_ptr_array_index (texts, 0));
    if (i + 1 < lesson->steps->len)
      take_step (page, g_ptr_array_index (lesson->steps, i));
  }
  g_assert_true (other); /* else this would show nothing */
  lane = g_list_model_get_item (mp_session_get_lanes (session), 0);
  g_assert_true (mp_lane_model_set_value (lane, "optimizer.generator", "learning_rate", "0.0123", NULL));
  for (guint i = lesson->steps->len - 1; i-- > 0;) {
    g_autofree char *text = NULL;

    g_assert_true (mp_lesson_page_go (page, -1));
    g_assert_cmpuint (mp_lesson_page_get_step (page), ==, i);
    text = describe_lanes (session);
    g_assert_cmpstr (text, ==, g_ptr_array_index (texts, i));
  }
  WAIT_FOR (mp_session_get_n_running (session) <= g_list_model_get_n_items (mp_session_get_lanes (session)));
}

static void
count_cb (guint *count)
{
  (*count)++;
}

/* Each step shows the layers that it names alone, whatever other steps named and the person switched. */
static void
test_layers (Fixture       *fixture,
             gconstpointer  data)
{
  MpSession *session = mp_window_get_session (fixture->window);
  g_autoptr (MpLesson) lesson = mp_lesson_load ("collapse", NULL);
  MpLessonPage *page;
  MpLaneLayers *layers;
  guint n_offers = 0;

  g_action_group_activate_action (G_ACTION_GROUP (fixture->window), "lesson", g_variant_new_string ("collapse"));
  page = MP_LESSON_PAGE (canned_find (GTK_WIDGET (fixture->window), MP_TYPE_LESSON_PAGE, 0));
  layers = mp_lane_model_get_layers (lane (fixture, 0));
  WAIT_FOR (mp_lane_layers_find (layers, "decision"));
  g_assert_cmpstr (mp_lane_layers_get_chosen (layers, MP_PLACE_BACKGROUND), ==, "decision");
  g_assert_cmpuint (mp_lane_layers_count_overlays (layers), ==, 0);
  for (guint i = 0; i < 2; i++) {
    take_step (page, g_ptr_array_index (lesson->steps, i));
    g_assert_true (mp_lane_layers_get_overlay (layers, "sample-gradients"));
  }
  g_assert_true (mp_lesson_page_go (page, -1));
  g_assert_true (mp_lesson_page_go (page, -1));
  g_assert_false (mp_lane_layers_get_overlay (layers, "sample-gradients"));

  /* A restart within the step leaves what was switched by hand, the next step takes it back. */
  mp_lane_layers_set_overlay (layers, "sample-gradients", TRUE);
  mp_lane_layers_choose (layers, MP_PLACE_BACKGROUND, NULL);
  mp_lane_layers_choose (layers, MP_PLACE_PANEL, MP_LAYER_LATENT);
  g_signal_connect_swapped (layers, "changed-offer", G_CALLBACK (count_cb), &n_offers);
  mp_lane_model_restart (lane (fixture, 0));
  WAIT_FOR (n_offers > 0);
  g_assert_true (mp_lane_layers_get_overlay (layers, "sample-gradients"));
  g_assert_null (mp_lane_layers_get_chosen (layers, MP_PLACE_BACKGROUND));
  take_step (page, g_ptr_array_index (lesson->steps, 0));
  g_assert_cmpstr (mp_lane_layers_get_chosen (layers, MP_PLACE_BACKGROUND), ==, "decision");
  g_assert_null (mp_lane_layers_get_chosen (layers, MP_PLACE_PANEL));
  WAIT_FOR (mp_session_get_n_running (session) <= 1);
}

/* The page lists the lessons that are right, and says what is wrong with the others. */
static void
test_wrong_lesson (Fixture       *fixture,
                   gconstpointer  data)
{
  g_autofree char *folder = g_build_filename (fixture->runs, "data", NULL);
  g_autofree char *lessons = g_build_filename (folder, "lessons", NULL);
  g_autofree char *good = g_build_filename (lessons, "good.ini", NULL);
  g_autofree char *bad = g_build_filename (lessons, "bad.ini", NULL);
  g_autofree char *data_dir = g_strdup (g_getenv ("MATCHPOINT_DATA_DIR"));
  GtkWidget *page;
  GtkLabel *error;
  GtkListBox *list;

  g_assert_cmpint (g_mkdir_with_parents (lessons, 0700), ==, 0);
  g_assert_true (g_file_set_contents (good, "[lesson]\ntitle = T\nsummary = S\n[a]\ntext = x\n", -1, NULL));
  g_assert_true (g_file_set_contents (bad, "[lesson]\ntitle = T\nsummary = S\n[a]\ntext = x\ndo = dance\n", -1, NULL));
  g_setenv ("MATCHPOINT_DATA_DIR", folder, TRUE);
  page = mp_lesson_page_new (mp_window_get_session (fixture->window));
  g_setenv ("MATCHPOINT_DATA_DIR", data_dir, TRUE);
  error = GTK_LABEL (gtk_widget_get_template_child (page, MP_TYPE_LESSON_PAGE, "list_error"));
  list = GTK_LIST_BOX (gtk_widget_get_template_child (page, MP_TYPE_LESSON_PAGE, "list"));
  g_assert_true (gtk_widget_get_visible (GTK_WIDGET (error)));
  g_assert_nonnull (strstr (gtk_label_get_text (error), "bad.ini:6: [a] do = dance"));
  g_assert_nonnull (gtk_list_box_get_row_at_index (list, 0));
  g_assert_null (gtk_list_box_get_row_at_index (list, 1));
  g_assert_true (mp_lesson_page_open (MP_LESSON_PAGE (page), "good"));
  canned_check_gone (page);
}

static void
test_lessons (Fixture       *fixture,
              gconstpointer  data)
{
  g_autoptr (GPtrArray) lessons = mp_lessons_list (NULL);
  GActionMap *actions = G_ACTION_MAP (fixture->window);
  MpSession *session = mp_window_get_session (fixture->window);
  MpLessonPage *page;

  g_assert_cmpuint (lessons->len, >=, 1);
  g_action_group_activate_action (G_ACTION_GROUP (actions), "lesson",
                                  g_variant_new_string (((MpLesson *) g_ptr_array_index (lessons, 0))->id));
  page = MP_LESSON_PAGE (canned_find (GTK_WIDGET (fixture->window), MP_TYPE_LESSON_PAGE, 0));
  g_action_group_change_action_state (G_ACTION_GROUP (actions), "presenter", g_variant_new_boolean (TRUE));
  g_assert_true (gtk_widget_has_css_class (GTK_WIDGET (fixture->window), "presenter"));
  for (guint i = 0; i < lessons->len; i++) {
    const MpLesson *lesson = g_ptr_array_index (lessons, i);

    g_assert_true (mp_lesson_page_open (page, lesson->id));
    take_lesson (page, lesson);
    /* Lanes of presets that were replaced end on their own time. */
    WAIT_FOR (mp_session_get_n_running (session) <= g_list_model_get_n_items (mp_session_get_lanes (session)));
  }
  g_assert_false (mp_lesson_page_open (page, "no-such-lesson"));
  go_back (page, session, "collapse");  /* settings that are live */
  go_back (page, session, "bandwidth"); /* settings that restart */
  go_back (page, session, "penalties"); /* another preset on the way */

  g_action_group_change_action_state (G_ACTION_GROUP (actions), "presenter", g_variant_new_boolean (FALSE));
  g_assert_false (gtk_widget_has_css_class (GTK_WIDGET (fixture->window), "presenter"));
}

int
main (int    argc,
      char **argv)
{
  canned_init (&argc, &argv);
  g_test_add ("/lesson/all", Fixture, NULL, fixture_set_up, test_lessons, fixture_tear_down);
  g_test_add ("/lesson/layers", Fixture, NULL, fixture_set_up, test_layers, fixture_tear_down);
  g_test_add ("/lesson/wrong", Fixture, NULL, fixture_set_up, test_wrong_lesson, fixture_tear_down);
  return fixture_run ();
}
