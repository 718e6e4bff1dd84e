/* SPDX-License-Identifier: Apache-2.0
 *
 * test-graph-page.c: the page of the computation graph on lanes that train: boxes, the phase that comes next, files.
 */
#include "tests/engine/scratch.h"
#include "tests/ui/canned-lane.h"
#include "tests/ui/wait.h"
#include "ui/page-graph.h"
#include "ui/plot/plot-format.h"

static gboolean
has_run (MpSession *session,
         guint64    iteration,
         guint      phase)
{
  g_autoptr (MpLaneModel) lane = g_list_model_get_item (mp_session_get_lanes (session), 0);
  MpMinibatch *minibatch = mp_lane_model_get_minibatch (lane);

  return minibatch && minibatch->iteration == iteration && minibatch->phase == phase;
}

static void
assert_loss (MpSession   *session,
             MpGraphPage *page,
             const char  *report)
{
  g_autoptr (MpLaneModel) lane = g_list_model_get_item (mp_session_get_lanes (session), 0);
  MpMinibatch *minibatch = mp_lane_model_get_minibatch (lane);
  gboolean seen = FALSE;

  for (guint i = 0; i < minibatch->n_reports; i++) {
    g_autofree char *text = mp_format_value (minibatch->now[i], 4);

    if (!g_str_equal (minibatch->ids[i], report))
      continue;
    seen = TRUE;
    g_assert_cmpstr (mp_graph_page_get_value (page, report), ==, text);
  }
  g_assert_true (seen);
}

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
  /* The next phase is lit; in slow motion the one that ran, with its own loss. */
  WAIT_FOR_SESSION (session, mp_graph_page_get_phase (page) == 0);
  for (guint i = 0; i < 4; i++) {
    guint64 iteration = i / 2;

    mp_session_step_phase (session);
    WAIT_FOR_SESSION (session, has_run (session, iteration, i % 2));
    g_assert_cmpint (mp_graph_page_get_phase (page), ==, (int) (i % 2));
    assert_loss (session, page, i % 2 == 0 ? "loss/critic" : "loss/generator");
  }

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
