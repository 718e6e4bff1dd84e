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
