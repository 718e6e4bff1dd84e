/* SPDX-License-Identifier: Apache-2.0
 *
 * test-lesson-page.c: lessons in the window: every lesson from its first step to its last, answers and locks, presenter
 * mode.
 */
#include "engine/train/lesson.h"
#include "tests/ui/window-fixture.h"
#include "ui/page-lesson.h"

/* Through all steps; where one asks, Next does nothing before the answer. */
static void
take_lesson (MpLessonPage   *page,
             const MpLesson *lesson)
{
  for (guint i = 0; i < lesson->steps->len; i++) {
    const MpLessonStep *step = g_ptr_array_index (lesson->steps, i);

    g_assert_cmpstr (mp_lesson_page_get_id (page), ==, lesson->id);
    g_assert_cmpuint (mp_lesson_page_get_step (page), ==, i);
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
test_lessons (Fixture       *fixture,
              gconstpointer  data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) lessons = mp_lessons_list (&error);
  GActionMap *actions = G_ACTION_MAP (fixture->window);
  MpSession *session = mp_window_get_session (fixture->window);
  MpLessonPage *page;

  g_assert_no_error (error);
  g_assert_cmpuint (lessons->len, >=, 1);
  g_action_group_activate_action (G_ACTION_GROUP (actions), "lesson",
                                  g_variant_new_string (((MpLesson *) g_ptr_array_index (lessons, 0))->id));
  page = MP_LESSON_PAGE (canned_find (GTK_WIDGET (fixture->window), MP_TYPE_LESSON_PAGE, 0));
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

  g_action_group_change_action_state (G_ACTION_GROUP (actions), "presenter", g_variant_new_boolean (TRUE));
  g_assert_true (gtk_widget_has_css_class (GTK_WIDGET (fixture->window), "presenter"));
  g_action_group_change_action_state (G_ACTION_GROUP (actions), "presenter", g_variant_new_boolean (FALSE));
  g_assert_false (gtk_widget_has_css_class (GTK_WIDGET (fixture->window), "presenter"));
}

int
main (int    argc,
      char **argv)
{
  canned_init (&argc, &argv);
  g_test_add ("/lesson/all", Fixture, NULL, fixture_set_up, test_lessons, fixture_tear_down);
  return fixture_run ();
}
