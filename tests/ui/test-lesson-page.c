/* SPDX-License-Identifier: Apache-2.0
 *
 * test-lesson-page.c: lessons in the window: every lesson from its first step to its last, answers and locks, presenter
 * mode.
 */
#include <glib/gstdio.h>

#include "engine/train/lesson.h"
#include "tests/engine/scratch.h"
#include "tests/ui/canned-lane.h"
#include "ui/application.h"
#include "ui/page-lesson.h"
#include "ui/window.h"

#define PATIENCE (60 * G_USEC_PER_SEC)

static MpApplication *application;

#define WAIT_FOR(condition) \
  G_STMT_START { \
    gint64 until_ = g_get_monotonic_time () + PATIENCE; \
    while (!(condition) && g_get_monotonic_time () < until_) \
      g_main_context_iteration (NULL, TRUE); \
    g_assert_true (condition); \
  } G_STMT_END

static MpLessonPage *
find_page (GtkWidget *widget)
{
  MpLessonPage *found = MP_IS_LESSON_PAGE (widget) ? MP_LESSON_PAGE (widget) : NULL;

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child && !found;
       child = gtk_widget_get_next_sibling (child))
    found = find_page (child);
  return found;
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
test_lessons (void)
{
  g_autofree char *runs = mp_scratch_new ();
  MpWindow *window = mp_window_new (ADW_APPLICATION (application), NULL, runs);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) lessons = mp_lessons_list (&error);
  GActionMap *actions = G_ACTION_MAP (window);
  MpSession *session = mp_window_get_session (window);
  MpLessonPage *page;

  g_assert_no_error (error);
  g_assert_cmpuint (lessons->len, >=, 1);
  g_object_add_weak_pointer (G_OBJECT (window), (gpointer *) &window);
  gtk_window_present (GTK_WINDOW (window));
  g_action_group_activate_action (G_ACTION_GROUP (actions), "lesson",
                                  g_variant_new_string (((MpLesson *) g_ptr_array_index (lessons, 0))->id));
  page = find_page (GTK_WIDGET (window));
  g_assert_nonnull (page);
  for (guint i = 0; i < lessons->len; i++) {
    const MpLesson *lesson = g_ptr_array_index (lessons, i);

    g_assert_true (mp_lesson_page_open (page, lesson->id));
    take_lesson (page, lesson);
    /* Lanes of presets that were replaced end on their own time. */
    WAIT_FOR (mp_session_get_n_running (session) <= g_list_model_get_n_items (mp_session_get_lanes (session)));
  }
  g_assert_false (mp_lesson_page_open (page, "no-such-lesson"));

  g_action_group_change_action_state (G_ACTION_GROUP (actions), "presenter", g_variant_new_boolean (TRUE));
  g_assert_true (gtk_widget_has_css_class (GTK_WIDGET (window), "presenter"));
  g_action_group_change_action_state (G_ACTION_GROUP (actions), "presenter", g_variant_new_boolean (FALSE));
  g_assert_false (gtk_widget_has_css_class (GTK_WIDGET (window), "presenter"));

  gtk_window_close (GTK_WINDOW (window));
  WAIT_FOR (!window);
  mp_scratch_remove (runs);
}

int
main (int    argc,
      char **argv)
{
  int status;

  canned_init (&argc, &argv);
  application = mp_application_new (NULL);
  g_test_add_func ("/lesson/all", test_lessons);
  g_assert_true (g_application_register (G_APPLICATION (application), NULL, NULL));
  status = g_test_run ();
  g_object_unref (application);
  return status;
}
