/* SPDX-License-Identifier: Apache-2.0
 *
 * test-task.c: work on another thread: what comes back, and that its owner never ends there.
 */
#include "ui/task.h"

typedef struct
{
  GMainLoop *loop;
  GThread   *ended_on;  /* where the owner was finalized */
  GThread   *called_on; /* where done was called */
  GError    *error;
  int        result;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->loop = g_main_loop_new (NULL, FALSE);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_clear_error (&fixture->error);
  g_main_loop_unref (fixture->loop);
}

static void
ended_cb (gpointer  data,
          GObject  *owner)
{
  Fixture *fixture = data;

  fixture->ended_on = g_thread_self ();
}

static void
done_cb (GObject      *owner,
         GAsyncResult *result,
         gpointer      data)
{
  Fixture *fixture = data;

  fixture->called_on = g_thread_self ();
  fixture->result = (int) g_task_propagate_int (G_TASK (result), &fixture->error);
  g_main_loop_quit (fixture->loop);
}

/* The task's last reference, let go on a thread when the main loop is long through with it: what the pool's thread does
 * where it loses the processor in between. */
static GThread *late;

static gpointer
let_go_late (gpointer task)
{
  g_usleep (200 * 1000);
  g_object_unref (task);
  return NULL;
}

static void
answer (GTask        *task,
        gpointer      source,
        gpointer      data,
        GCancellable *cancellable)
{
  late = g_thread_new ("late", let_go_late, g_object_ref (task));
  g_task_return_int (task, *(int *) data);
}

static void
fail (GTask        *task,
      gpointer      source,
      gpointer      data,
      GCancellable *cancellable)
{
  g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_FAILED, "no");
}

static void
test_owner (Fixture       *fixture,
            gconstpointer  data)
{
  GObject *owner = g_object_new (G_TYPE_OBJECT, NULL);
  int *number = g_new (int, 1);

  *number = 42;
  g_object_weak_ref (owner, ended_cb, fixture);
  mp_task_run (owner, NULL, answer, number, g_free, done_cb, fixture);
  g_object_unref (owner);
  g_assert_null (fixture->ended_on); /* held by the task */
  g_main_loop_run (fixture->loop);
  g_thread_join (late);
  g_assert_no_error (fixture->error);
  g_assert_cmpint (fixture->result, ==, 42);
  g_assert_true (fixture->called_on == g_thread_self ());
  g_assert_true (fixture->ended_on == g_thread_self ());
}

static void
test_error (Fixture       *fixture,
            gconstpointer  data)
{
  mp_task_run (NULL, NULL, fail, NULL, NULL, done_cb, fixture);
  g_main_loop_run (fixture->loop);
  g_assert_error (fixture->error, G_IO_ERROR, G_IO_ERROR_FAILED);
}

static void
test_cancelled (Fixture       *fixture,
                gconstpointer  data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  g_cancellable_cancel (cancellable);
  mp_task_run (NULL, cancellable, fail, NULL, NULL, done_cb, fixture);
  g_main_loop_run (fixture->loop);
  g_assert_error (fixture->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/task/owner", Fixture, NULL, set_up, test_owner, tear_down);
  g_test_add ("/task/error", Fixture, NULL, set_up, test_error, tear_down);
  g_test_add ("/task/cancelled", Fixture, NULL, set_up, test_cancelled, tear_down);
  return g_test_run ();
}
