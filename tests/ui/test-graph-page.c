/* SPDX-License-Identifier: Apache-2.0
 *
 * test-graph-page.c: the page of the computation graph on lanes that train: boxes, the phase that comes next, files.
 */
#include "tests/engine/scratch.h"
#include "tests/ui/canned-lane.h"
#include "tests/ui/wait.h"
#include "ui/page-graph.h"

static void
test_page (void)
{
  g_autofree char *runs = mp_scratch_new (), *path = NULL;
  g_autoptr (MpSession) session = mp_session_new (runs);
  g_autoptr (GError) error = NULL;
  GtkWidget *window = gtk_window_new (), *widget;
  MpGraphPage *page;

  g_assert_true (mp_session_open (session, "ring-gan", FALSE, &error));
  g_assert_no_error (error);
  widget = mp_graph_page_new (session);
  page = MP_GRAPH_PAGE (widget);
  gtk_window_set_child (GTK_WINDOW (window), widget);
  gtk_window_present (GTK_WINDOW (window));
  WAIT_FOR_SESSION (session, mp_graph_page_get_n_boxes (page) >= 6);
  /* One phase after the other is lit. */
  WAIT_FOR_SESSION (session, mp_graph_page_get_phase (page) == 0);
  mp_session_step_phase (session);
  WAIT_FOR_SESSION (session, mp_graph_page_get_phase (page) == 1);

  path = g_build_filename (runs, "graph.svg", NULL);
  g_assert_true (mp_graph_page_write (page, path, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));

  gtk_window_destroy (GTK_WINDOW (window));
  wait_for_stop (session);
  mp_scratch_remove (runs);
}

int
main (int    argc,
      char **argv)
{
  canned_init (&argc, &argv);
  g_test_add_func ("/graph/page", test_page);
  return g_test_run ();
}
