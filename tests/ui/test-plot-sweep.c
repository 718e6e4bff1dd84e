/* SPDX-License-Identifier: Apache-2.0
 *
 * test-plot-sweep.c: the matrix of a sweep: where cards are, what colour they have, what a drawing may cost.
 */
#include <glib.h>
#include <math.h>

#include "ui/plot/sweep-matrix.h"
#include "ui/plot/sweep-picture.h"

#define WIDTH 640
#define HEIGHT 520

static MpSweepMatrix *
make (gboolean lower_is_better)
{
  static const char *const methods[] = { "GAN", "GRAM" };
  static const char *const sizes[] = { "20, 20", "a label that is far too long for the room there is" };
  static const char *const latents[] = { "2", "4", "8" };
  MpSweepMatrix *matrix = mp_sweep_matrix_new (4, 3);

  mp_sweep_matrix_add_rows (matrix, "Method", 2, methods);
  mp_sweep_matrix_add_rows (matrix, "Generator", 2, sizes);
  mp_sweep_matrix_add_columns (matrix, "h", 3, latents);
  mp_sweep_matrix_set_metric (matrix, "High quality", lower_is_better, FALSE);
  for (guint i = 0; i < 10; i++)
    mp_sweep_matrix_set_card (matrix, i, MP_CARD_DONE, i / 10.0, "0.5 ± 0.1", "0.5", 1);
  mp_sweep_matrix_set_card (matrix, 10, MP_CARD_DIVERGED, NAN, "diverged", NULL, 1);
  return matrix;
}

static void
set_points (MpSweepMatrix *matrix,
            guint          cell,
            guint          seed)
{
  float values[2000];

  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    values[i] = (float) (i * (seed + 7) % 101) / 50 - 1;
  mp_sweep_matrix_set_points (matrix, cell, values, 500, values + 1000, 500, 2, NULL);
}

static cairo_surface_t *
draw (MpSweepMatrix *matrix,
      gint64         budget,
      gboolean      *pending)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, WIDTH, HEIGHT);
  cairo_t *cr = cairo_create (surface);
  MpPlotStyle style;
  gboolean some;

  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  some = mp_sweep_matrix_draw (matrix, cr, WIDTH, HEIGHT, budget, &style);
  if (pending != NULL)
    *pending = some;
  g_assert_cmpint (cairo_status (cr), ==, CAIRO_STATUS_SUCCESS);
  cairo_destroy (cr);
  cairo_surface_flush (surface);
  return surface;
}

/* In the frame of a card, half way down its left side. */
static guint32
frame_colour (MpSweepMatrix   *matrix,
              cairo_surface_t *surface,
              guint            cell)
{
  const guchar *pixels = cairo_image_surface_get_data (surface);
  double card[4];
  MpPlotStyle style;

  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  mp_sweep_matrix_locate (matrix, WIDTH, HEIGHT, &style, cell, card);
  return *(const guint32 *) (pixels + (gsize) (card[1] + card[3] / 2) * (gsize) cairo_image_surface_get_stride (surface)
                             + 4 * (gsize) (card[0] + 1.5));
}

static void
test_places (void)
{
  g_autoptr (MpSweepMatrix) matrix = make (FALSE);
  double last[4] = { 0 };
  MpPlotStyle style;

  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  for (guint i = 0; i < 12; i++) {
    double card[4];

    mp_sweep_matrix_locate (matrix, WIDTH, HEIGHT, &style, i, card);
    g_assert_cmpint (mp_sweep_matrix_hit (matrix, WIDTH, HEIGHT, &style, card[0] + 1, card[1] + 1), ==, (int) i);
    g_assert_cmpint (mp_sweep_matrix_hit (matrix, WIDTH, HEIGHT, &style, card[0] + card[2] - 1, card[1] + card[3] - 1), ==,
                     (int) i);
    g_assert_cmpfloat (card[0] + card[2], <=, WIDTH);
    g_assert_cmpfloat (card[1] + card[3], <=, HEIGHT);
    if (i % 3 > 0)
      g_assert_cmpfloat (card[0], >=, last[0] + last[2]);
    for (guint j = 0; j < 4; j++)
      last[j] = card[j];
  }
  g_assert_cmpint (mp_sweep_matrix_hit (matrix, WIDTH, HEIGHT, &style, 2, 2), ==, -1);
  g_assert_cmpint (mp_sweep_matrix_hit (matrix, WIDTH, HEIGHT, &style, WIDTH - 1, HEIGHT - 1), ==, -1);
}

/* Yellow is the better end, whichever that is; a card without a number has no colour. */
static void
test_colours (void)
{
  for (guint lower = 0; lower < 2; lower++) {
    g_autoptr (MpSweepMatrix) matrix = make (lower);
    cairo_surface_t *surface = draw (matrix, 0, NULL);

    g_assert_cmphex (frame_colour (matrix, surface, lower ? 9 : 0), ==, 0xff00224e);
    g_assert_cmphex (frame_colour (matrix, surface, lower ? 0 : 9), ==, 0xfffee838);
    g_assert_cmphex (frame_colour (matrix, surface, 11), ==, 0xffffffff);
    mp_sweep_matrix_set_range (matrix, 0, 90);
    cairo_surface_destroy (surface);
    surface = draw (matrix, 0, NULL);
    g_assert_cmphex (frame_colour (matrix, surface, 0) == frame_colour (matrix, surface, 9), ==, FALSE);
    g_assert_cmphex (frame_colour (matrix, surface, 9), !=, lower ? 0xff00224e : 0xfffee838);
    cairo_surface_destroy (surface);
  }
}

/* Thumbnails are kept; a drawing with a budget makes some of them and says that others wait. */
static void
test_budget (void)
{
  g_autoptr (MpSweepMatrix) matrix = make (FALSE);
  gboolean pending = TRUE;
  guint n = 0;

  for (guint i = 0; i < 12; i++)
    set_points (matrix, i, i);
  for (; pending; n++) {
    g_assert_cmpuint (n, <, 100);
    cairo_surface_destroy (draw (matrix, 1, &pending));
    /* One microsecond is over after one thumbnail, or before. */
    g_usleep (1);
    if (n == 0)
      g_assert_true (pending);
    if (n > 20)
      cairo_surface_destroy (draw (matrix, 0, &pending));
  }
  set_points (matrix, 3, 50);
  cairo_surface_destroy (draw (matrix, 0, &pending));
  g_assert_false (pending);
  cairo_surface_destroy (draw (matrix, 1, &pending));
  g_assert_false (pending);
}

static void
test_sizes (void)
{
  g_autoptr (MpSweepMatrix) matrix = make (FALSE);
  double width, height, card[4];
  MpPlotStyle style;

  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  style.text_scale = 2;
  mp_sweep_matrix_get_size (matrix, &style, 90, &width, &height);
  mp_sweep_matrix_locate (matrix, width, height, &style, 11, card);
  g_assert_cmpfloat (fabs (card[2] - 96), <=, 1);
  g_assert_cmpfloat (card[1] + card[3], <, height);
  /* Far too small a place: nothing is drawn outside memory. */
  for (guint size = 1; size < 60; size += 7) {
    cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, (int) size, (int) size);
    cairo_t *cr = cairo_create (surface);

    mp_sweep_matrix_draw (matrix, cr, size, size, 0, &style);
    g_assert_cmpint (cairo_status (cr), ==, CAIRO_STATUS_SUCCESS);
    cairo_destroy (cr);
    cairo_surface_destroy (surface);
  }
}

static void
test_words (void)
{
  static const struct
  {
    MpSweepSummary summary;
    const char *text, *short_text;
  } cases[] = {
    { { .n = 3, .mean = 0.93412, .sd = 0.0213, .n_seeds = 3 }, "0.934 ± 0.021", "0.934" },
    { { .n = 3, .mean = 8, .sd = 0, .n_seeds = 3 }, "8 ± 0", "8" },
    { { .n = 3, .mean = 7.3333, .sd = 1.15, .n_seeds = 3 }, "7.3 ± 1.1", "7.33" },
    { { .n = 1, .mean = 0.5, .sd = NAN, .n_seeds = 3, .n_waiting = 2 }, "0.5", "0.5" },
    { { .n = 2, .mean = 0.000123, .sd = 0.00002, .n_seeds = 2 }, "(1.23 ± 0.20)×10⁻⁴", "0.00012" },
    { { .mean = NAN, .sd = NAN, .n_seeds = 3, .n_diverged = 3 }, "diverged", "diverged" },
    { { .n = 2, .mean = 8, .sd = 0, .n_seeds = 3, .n_diverged = 1 }, "8 ± 0 · 1/3 diverged", "8 · 1/3 diverged" },
    { { .mean = NAN, .sd = NAN, .n_seeds = 3, .n_waiting = 3 }, "", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *text = mp_sweep_format_summary (&cases[i].summary, FALSE);
    g_autofree char *short_text = mp_sweep_format_summary (&cases[i].summary, TRUE);

    g_assert_cmpstr (text, ==, cases[i].text);
    g_assert_cmpstr (short_text, ==, cases[i].short_text);
  }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plot-sweep/places", test_places);
  g_test_add_func ("/plot-sweep/colours", test_colours);
  g_test_add_func ("/plot-sweep/budget", test_budget);
  g_test_add_func ("/plot-sweep/sizes", test_sizes);
  g_test_add_func ("/plot-sweep/words", test_words);
  return g_test_run ();
}
