/* SPDX-License-Identifier: Apache-2.0
 *
 * test-graph-page.c: the page of the computation graph on lanes that train: boxes, the phase that comes next, files.
 */
#include <glib/gstdio.h>

#include "tests/ui/canned-lane.h"
#include "ui/page-graph.h"

#define PATIENCE (60 * G_USEC_PER_SEC)

static gboolean
wake_cb (gpointer data)
{
  mp_session_pull (data, FALSE, g_get_monotonic_time ());
  return G_SOURCE_CONTINUE;
}

#define WAIT_FOR(session, condition) \
  G_STMT_START { \
    gint64 until_ = g_get_monotonic_time () + PATIENCE; \
    guint timer_ = g_timeout_add (20, wake_cb, session); \
    while (!(condition) && g_get_monotonic_time () < until_) \
      g_main_context_iteration (NULL, TRUE); \
    g_source_remove (timer_); \
    g_assert_true (condition); \
  } G_STMT_END

static void
stopped_cb (GObject      *object,
            GAsyncResult *result,
            gpointer      data)
{
  mp_session_stop_finish (MP_SESSION (object), result);
  *(gboolean *) data = TRUE;
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *child = g_build_filename (path, name, NULL);

    remove_tree (child);
  }
  g_remove (path);
}

static void
test_page (void)
{
  g_autofree char *runs = g_dir_make_tmp ("matchpoint-graph-XXXXXX", NULL), *path = NULL;
  g_autoptr (MpSession) session = mp_session_new (runs);
  g_autoptr (GError) error = NULL;
  GtkWidget *window = gtk_window_new (), *widget;
  MpGraphPage *page;
  gboolean stopped = FALSE;

  g_assert_true (mp_session_open (session, "ring-gan", FALSE, &error));
  g_assert_no_error (error);
  widget = mp_graph_page_new (session);
  page = MP_GRAPH_PAGE (widget);
  gtk_window_set_child (GTK_WINDOW (window), widget);
  gtk_window_present (GTK_WINDOW (window));
  WAIT_FOR (session, mp_graph_page_get_n_boxes (page) >= 6);
  /* One phase after the other is lit. */
  WAIT_FOR (session, mp_graph_page_get_phase (page) == 0);
  mp_session_step_phase (session);
  WAIT_FOR (session, mp_graph_page_get_phase (page) == 1);

  path = g_build_filename (runs, "graph.svg", NULL);
  g_assert_true (mp_graph_page_write (page, path, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));

  gtk_window_destroy (GTK_WINDOW (window));
  mp_session_stop_async (session, stopped_cb, &stopped);
  WAIT_FOR (session, stopped);
  remove_tree (runs);
}

int
main (int    argc,
      char **argv)
{
  canned_init (&argc, &argv);
  g_test_add_func ("/graph/page", test_page);
  return g_test_run ();
}
