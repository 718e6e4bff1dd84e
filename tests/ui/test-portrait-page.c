/* SPDX-License-Identifier: Apache-2.0
 *
 * test-portrait-page.c: the page of phase portraits: figure S1 with its trajectories, launching, settings of a single
 * game, pictures; and evenly spaced streamlines by themselves.
 */
#include <math.h>

#include "tests/engine/scratch.h"
#include "tests/ui/canned-lane.h"
#include "tests/ui/wait.h"
#include "ui/page-portrait.h"
#include "ui/phase-view.h"
#include "ui/plot/stream-lines.h"

static void
test_page (void)
{
  GtkWidget *window = gtk_window_new (), *widget = mp_portrait_page_new (NULL);
  MpPortraitPage *page = MP_PORTRAIT_PAGE (widget);

  g_autofree char *portrait = NULL, *settings = NULL;

  gtk_window_set_child (GTK_WINDOW (window), widget);
  g_assert_cmpuint (mp_portrait_page_get_n_panels (page), ==, 4);
  WAIT_FOR (mp_portrait_page_get_n_trajectories (page) == 12);
  /* In every panel from the same place. */
  g_signal_emit_by_name (canned_find (widget, MP_TYPE_PHASE_VIEW, 0), "launched", 0.8, 0.7);
  WAIT_FOR (mp_portrait_page_get_n_trajectories (page) == 16);

  portrait = mp_portrait_page_dup_title (page);
  g_assert_nonnull (strstr (portrait, "Figure S1"));

  mp_portrait_page_show (page, "dirac");
  settings = mp_portrait_page_dup_title (page);
  g_assert_cmpstr (settings, ==, "Losses minimax · Gradient penalty none · γ 1");
  g_assert_cmpuint (mp_portrait_page_get_n_panels (page), ==, 1);
  g_assert_cmpuint (mp_portrait_page_get_n_trajectories (page), ==, 0);
  g_signal_emit_by_name (canned_find (widget, MP_TYPE_PHASE_VIEW, 0), "launched", 1.0, 0.0);
  WAIT_FOR (mp_portrait_page_get_n_trajectories (page) == 1);
  /* What was being computed for a page that is left must not come back to it. */
  mp_portrait_page_show (page, "figure-s1");
  mp_portrait_page_show (page, "critics");
  WAIT_FOR (mp_portrait_page_get_n_trajectories (page) == 4);
  gtk_window_destroy (GTK_WINDOW (window));
}

/* Lines of a rotation stay on their circles and keep their distance. */
static void
test_stream_lines (void)
{
  enum { N = 65 };
  g_autofree float *flows = g_new (float, 2 * N * N);
  g_autoptr (GPtrArray) lines = NULL, none = mp_stream_lines_new (0, 0, NULL);

  for (guint i = 0; i < N * N; i++) {
    flows[2 * i] = -((float) (i / N) / (N - 1) - 0.5f);
    flows[2 * i + 1] = (float) (i % N) / (N - 1) - 0.5f;
  }
  lines = mp_stream_lines_new (N, N, flows);
  g_assert_cmpuint (none->len, ==, 0);
  g_assert_cmpuint (lines->len, >=, 8);
  for (guint i = 0; i < lines->len; i++) {
    const MpStreamLine *line = g_ptr_array_index (lines, i);
    double radius = hypot (line->points[0] - 0.5, line->points[1] - 0.5);

    g_assert_cmpuint (line->n, >=, 24);
    g_assert_cmpuint (line->grade, <=, 2);
    for (guint j = 0; j < line->n; j++)
      g_assert_cmpfloat_with_epsilon (hypot (line->points[2 * j] - 0.5, line->points[2 * j + 1] - 0.5), radius, 1e-3);
  }
}

/* A plot's own places: what is drawn at a point is found there again, and files of every kind are written. */
static void
test_plot (void)
{
  static const char *const endings[] = { "png", "svg", "pdf" };
  g_autoptr (MpPhasePlot) plot = mp_phase_plot_new ();
  const double extent[4] = { 0, 3, 0, 1.5 }, points[] = { 0, 1, 1, 1, 2, 0.5, 2, 2.5, 0.25 };
  g_autofree char *dir = mp_scratch_new ();
  MpPlotStyle style;
  double point[2];

  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  mp_phase_plot_set_extent (plot, extent);
  mp_phase_plot_set_texts (plot, "Title", "generator w₁", "critic w₂");
  mp_phase_plot_add_trajectory (plot, 3, points, 0, TRUE, "(2.500, 0.250)");
  g_assert_false (mp_phase_plot_to_data (plot, 400, 300, &style, 0, 0, point));
  g_assert_true (mp_phase_plot_to_data (plot, 400, 300, &style, 220, 150, point));
  g_assert_cmpfloat (point[0], >, 1);
  g_assert_cmpfloat (point[0], <, 2);
  for (guint i = 0; i < G_N_ELEMENTS (endings); i++) {
    g_autofree char *name = g_strconcat ("portrait.", endings[i], NULL), *path = g_build_filename (dir, name, NULL);
    g_autoptr (GError) error = NULL;
    MpPhasePlot *plots[] = { plot, plot };
    GStatBuf information;

    g_assert_true (mp_phase_plots_write (plots, 2, "Two", path, &style, &error));
    g_assert_no_error (error);
    g_assert_cmpint (g_stat (path, &information), ==, 0);
    g_assert_cmpint (information.st_size, >, 1000);
  }
  mp_scratch_remove (dir);
}

int
main (int    argc,
      char **argv)
{
  canned_init (&argc, &argv);
  g_test_add_func ("/portrait/page", test_page);
  g_test_add_func ("/portrait/stream-lines", test_stream_lines);
  g_test_add_func ("/portrait/plot", test_plot);
  return g_test_run ();
}
