/* SPDX-License-Identifier: Apache-2.0
 *
 * test-plot-chart.c: what charts put on pixels, and where.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "tests/ui/canned.h"
#include "ui/plot/chart-private.h"

typedef struct
{
  cairo_surface_t *surface;
  cairo_t         *cr;
  int              width, height;
} Page;

static Page
page_new (int width,
          int height)
{
  Page page = { .width = width, .height = height };

  page.surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, width, height);
  page.cr = cairo_create (page.surface);
  return page;
}

static void
page_clear (Page *page)
{
  g_assert_cmpint (cairo_status (page->cr), ==, CAIRO_STATUS_SUCCESS);
  cairo_destroy (page->cr);
  cairo_surface_destroy (page->surface);
}

static guint32
page_get (const Page *page,
          int         x,
          int         y)
{
  cairo_surface_flush (page->surface);
  return ((const guint32 *) (gpointer) (cairo_image_surface_get_data (page->surface) +
                                        y * cairo_image_surface_get_stride (page->surface)))[x];
}

/* Painted pixels in x0 ≤ x < x1, y0 ≤ y < y1. */
static guint
page_count (const Page *page,
            int         x0,
            int         x1,
            int         y0,
            int         y1)
{
  guint n = 0;

  for (int y = y0; y < y1; y++)
    for (int x = x0; x < x1; x++)
      n += page_get (page, x, y) != 0;
  return n;
}

/* ---- raster ---- */

static void
test_line (void)
{
  const float    points[] = { 10, 20, 30, 90, 60, 118, 110, 110, 118, 61.5f, 90, 30, 60, 60 };
  const gsize    n = G_N_ELEMENTS (points) / 2;
  const double   width = 2.5;
  const MpColour black = { 0, 0, 0, 1 };
  Page           page = page_new (128, 128), stroked = page_new (128, 128);
  MpRaster       raster;
  double         sum = 0, expected = 0;

  mp_raster_init (&raster);
  g_assert_true (mp_raster_reset (&raster, 128, 128));
  mp_raster_line (&raster, points, n, width, black);
  mp_raster_paint (&raster, page.cr, 0, 0, 1);
  cairo_set_line_join (stroked.cr, CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_cap (stroked.cr, CAIRO_LINE_CAP_ROUND);
  cairo_set_line_width (stroked.cr, width);
  for (gsize i = 0; i < n; i++)
    cairo_line_to (stroked.cr, points[2 * i], points[2 * i + 1]);
  cairo_stroke (stroked.cr);
  for (int y = 0; y < 128; y++)
    for (int x = 0; x < 128; x++) {
      double ours = page_get (&page, x, y) >> 24, theirs = page_get (&stroked, x, y) >> 24;

      sum += ours;
      expected += theirs;
      /* distance and area of a pixel differ most where the edge cuts a corner: (√2 − 1)/2 */
      g_assert_cmpfloat (fabs (ours - theirs), <=, 255 * 0.21);
    }
  g_assert_cmpfloat (fabs (sum / expected - 1), <, 0.01);
  /* reset leaves nothing behind */
  g_assert_true (mp_raster_reset (&raster, 128, 128));
  mp_raster_line (&raster, (float[]) { 50, 50, NAN, NAN, 70, 50 }, 3, 4, black);
  g_assert_cmpuint (*(guint32 *) (gpointer) cairo_image_surface_get_data (raster.image), ==, 0);
  page_clear (&page);
  page = page_new (128, 128);
  mp_raster_paint (&raster, page.cr, 0, 0, 1);
  g_assert_cmphex (page_get (&page, 50, 50), ==, 0xff000000);
  g_assert_cmphex (page_get (&page, 70, 50), ==, 0xff000000);
  g_assert_cmpuint (page_count (&page, 54, 66, 0, 128), ==, 0);
  mp_raster_clear (&raster);
  page_clear (&page);
  page_clear (&stroked);
}

static void
test_line_far (void)
{
  const float    points[] = { -1e5f, -3e4f, 1e5f, 1e5f, 50, -1e5f, 50, 1e5f, 50, 50, 50, 50 };
  const MpColour colour = { 1, 0, 0, 0.5 };
  MpRaster       raster;
  Page           page = page_new (100, 100);

  mp_raster_init (&raster);
  g_assert_true (mp_raster_reset (&raster, 100, 100));
  mp_raster_line (&raster, points, G_N_ELEMENTS (points) / 2, 3, colour);
  mp_raster_paint (&raster, page.cr, 0, 0, 1);
  /* the upright piece, once, however many segments cover it */
  g_assert_cmphex (page_get (&page, 50, 10), ==, 0x80800000);
  mp_raster_clear (&raster);
  page_clear (&page);
}

/* Every pixel column shows the exact minimum and maximum of its values. */
static void
test_band (void)
{
  const gsize          n = 50000;
  const guint          n_columns = 200;
  g_autoptr (GRand)    random = g_rand_new_with_seed (31);
  g_autoptr (MpSeries) series = mp_series_new ();
  g_autoptr (MpChart)  chart = mp_chart_new ();
  g_autofree double   *values = g_new (double, n);
  Page                 page = page_new (240, 340);
  MpPlotStyle          style;
  MpPen                pen;
  MpChartLayout        layout = { .x = 20, .y = 20, .width = n_columns, .height = 300, .first = 0, .last = n - 1 };

  for (gsize i = 0; i < n; i++) {
    values[i] = sin ((double) i / 4000) + 0.5 + pow (g_rand_double (random), 3) * 2;
    mp_series_append (series, i, values[i]);
  }
  mp_chart_add_series (chart, series, "a", 0, MP_DASH_SOLID);
  mp_chart_set_y_range (chart, -1, 4);
  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  mp_pen_init (&pen, page.cr, &style);
  mp_chart_make_traces (chart, &layout, n_columns);
  mp_chart_find_y_range (chart, &layout);
  g_assert_true (layout.traces[0].dense);
  mp_chart_paint_curves (chart, &pen, &layout);
  for (guint column = 0; column < n_columns; column++) {
    double least = INFINITY, most = -INFINITY;
    int    top = 20, bottom = 319, high, low;

    for (gsize i = 0; i < n; i++)
      if ((gsize) ((double) i * n_columns / (double) (n - 1)) == column ||
          (column == n_columns - 1 && i == n - 1)) {
        least = MIN (least, values[i]);
        most = MAX (most, values[i]);
      }
    while (top < 320 && page_get (&page, 20 + (int) column, top) == 0)
      top++;
    while (bottom >= 20 && page_get (&page, 20 + (int) column, bottom) == 0)
      bottom--;
    /* a pixel counts as painted from 1/255 coverage times the band's 0.26 opacity rounded to 1/255 */
    high = (int) floor (mp_chart_map_y (&layout, layout.traces, MP_SCALE_LINEAR, most));
    low = (int) floor (mp_chart_map_y (&layout, layout.traces, MP_SCALE_LINEAR, least));
    g_assert_cmpint (abs (top - high), <=, 1);
    g_assert_cmpint (abs (bottom - low), <=, 1);
  }
  g_free (layout.traces[0].columns);
  g_free (layout.traces[0].line);
  g_free (layout.traces);
  mp_pen_clear (&pen);
  page_clear (&page);
}

/* ---- charts ---- */

static MpChart *
chart_of (const double *values,
          gsize         n,
          MpScale       scale)
{
  MpChart             *chart = mp_chart_new ();
  g_autoptr (MpSeries) series = mp_series_new ();

  for (gsize i = 0; i < n; i++)
    mp_series_append (series, 10 * i, values[i]);
  mp_chart_set_title (chart, "MMD² in data space, a title that is much too long for any of these", "unbiased");
  mp_chart_set_scale (chart, scale);
  mp_chart_add_series (chart, series, "a lane with a long name", 0, MP_DASH_SOLID);
  return chart;
}

typedef struct
{
  const char *name;
  gsize       n;
  double      values[8];
} Hard;

static const Hard hard[] = {
  { "empty", 0, { 0 } },
  { "one", 1, { 0.5 } },
  { "constant", 4, { 3, 3, 3, 3 } },
  { "zero", 3, { 0, 0, 0 } },
  { "huge", 4, { -DBL_MAX, DBL_MAX, 1, 0 } },
  { "tiny", 4, { 5e-324, 1e-310, 2e-308, 1e-300 } },
  { "close", 3, { 1e15, 1e15 + 1, 1e15 + 2 } },
  { "nothing finite", 4, { NAN, INFINITY, -INFINITY, NAN } },
  { "gaps", 8, { 1, 2, NAN, 1, INFINITY, 3, -INFINITY, 2 } },
  { "negative", 4, { -1, -2, -3, -4 } },
  { "mixed", 6, { 1, -1, 0.1, 0, 0.01, 1 } },
};

/* Whatever the values, size, theme and text scale: Cairo is content and nothing is painted beside the chart. */
static void
test_hard (void)
{
  static const int sizes[][2] = { { 310, 240 }, { 90, 60 }, { 30, 20 }, { 1000, 300 } };

  for (guint i = 0; i < G_N_ELEMENTS (hard) * G_N_ELEMENTS (sizes) * 8; i++) {
    const Hard         *this = &hard[i / 8 / G_N_ELEMENTS (sizes)];
    const int          *size = sizes[i / 8 % G_N_ELEMENTS (sizes)];
    g_autoptr (MpChart) chart = chart_of (this->values, this->n, i % 2 == 0 ? MP_SCALE_LINEAR : MP_SCALE_LOG);
    g_autofree char    *words = mp_chart_describe (chart);
    Page                page = page_new (size[0] + 40, size[1] + 40);
    MpPlotStyle         style;

    mp_plot_style_init (&style, i % 4);
    style.text_scale = i % 8 < 4 ? 1 : 2;
    mp_chart_set_smoothing (chart, i % 3 == 0 ? 0 : 25);
    mp_chart_set_own_scale (chart, i % 5 == 0);
    mp_chart_set_cursor (chart, 15, TRUE);
    mp_chart_draw (chart, page.cr, size[0], size[1], &style);
    g_assert_true (g_str_has_prefix (words, "MMD² in data space"));
    if (size[0] >= 90) {
      g_assert_cmpuint (page_count (&page, 0, size[0], 0, size[1]), >, 50);
      g_assert_cmpuint (page_count (&page, size[0], size[0] + 40, 0, size[1] + 40), ==, 0);
    }
    page_clear (&page);
  }
}

static void
test_gap (void)
{
  const double        values[] = { 1, 1, 1, NAN, 1, 1, 1 };
  g_autoptr (MpChart) chart = chart_of (values, 7, MP_SCALE_LINEAR);
  Page                page = page_new (300, 200);
  MpPlotStyle         style;
  guint               beside = 0, inside = 0, mark = 0;
  double              iteration;

  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  /* the frame's own lines aside, only the lane's colour counts */
  mp_chart_draw (chart, page.cr, 300, 200, &style);
  for (int x = 0; x < 300; x++)
    for (int y = 0; y < 200; y++) {
      guint32  pixel = page_get (&page, x, y);
      gboolean lane = (pixel >> 24) > 128 && (pixel >> 16 & 255) > (pixel & 255) + 100;

      if (!lane || !mp_chart_hit (chart, 300, 200, &style, x, y, &iteration))
        continue;
      beside += iteration > 5 && iteration < 15;
      inside += iteration > 22 && iteration < 38 && y < 140;
      mark += iteration > 26 && iteration < 34 && y > 140;
    }
  g_assert_cmpuint (beside, >, 20);
  g_assert_cmpuint (inside, ==, 0);
  g_assert_cmpuint (mark, >, 5);
  page_clear (&page);
}

static void
test_hit (void)
{
  g_autoptr (MpChart) chart = canned_chart (1, 1000);
  g_autoptr (MpChart) empty = mp_chart_new ();
  MpPlotStyle         style;
  double              last = -1, iteration, first_seen = -1;

  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  g_assert_false (mp_chart_hit (chart, 310, 240, &style, 2, 120, &iteration));
  g_assert_false (mp_chart_hit (chart, 310, 240, &style, 150, 2, &iteration));
  g_assert_false (mp_chart_hit (empty, 310, 240, &style, 150, 120, &iteration));
  for (double x = 0; x <= 310; x += 0.25) {
    if (!mp_chart_hit (chart, 310, 240, &style, x, 120, &iteration))
      continue;
    g_assert_cmpfloat (iteration, >, last);
    last = iteration;
    first_seen = first_seen < 0 ? iteration : first_seen;
  }
  /* a quarter of a pixel at most from the ends */
  g_assert_cmpfloat (first_seen, <=, 1);
  g_assert_cmpfloat (last, >=, 998);
}

static void
test_ranges (void)
{
  g_autoptr (MpChart) chart = canned_chart (0, 1000);
  double              first, last;

  mp_chart_get_x_range (chart, &first, &last);
  g_assert_cmpfloat (first, ==, 0);
  g_assert_cmpfloat (last, ==, 999);
  mp_chart_zoom (chart, 250, 4);
  mp_chart_get_x_range (chart, &first, &last);
  g_assert_cmpfloat_with_epsilon (last - first, 999.0 / 4, 1e-9);
  /* the iteration under the pointer stays in its place */
  g_assert_cmpfloat_with_epsilon ((250 - first) / (last - first), 250 / 999.0, 1e-9);
  mp_chart_pan (chart, 100);
  mp_chart_get_x_range (chart, &first, &last);
  g_assert_cmpfloat (last, ==, 999);
  mp_chart_pan (chart, -100);
  mp_chart_get_x_range (chart, &first, &last);
  g_assert_cmpfloat (first, ==, 0);
  mp_chart_zoom (chart, 0, 1e9);
  mp_chart_get_x_range (chart, &first, &last);
  g_assert_cmpfloat (last - first, >=, 2);
  mp_chart_zoom (chart, 0, 1e-9);
  mp_chart_get_x_range (chart, &first, &last);
  g_assert_cmpfloat (last, ==, 999);
}

static void
test_cursor (void)
{
  g_autoptr (MpChart) chart = canned_chart (1, 5000);
  Page                whole = page_new (310, 240), halves = page_new (310, 240), without = page_new (310, 240);
  MpPlotStyle         style;
  guint               changed = 0;

  mp_plot_style_init (&style, MP_PLOT_DARK);
  mp_chart_draw (chart, without.cr, 310, 240, &style);
  mp_chart_set_cursor (chart, 2500, TRUE);
  mp_chart_draw (chart, whole.cr, 310, 240, &style);
  mp_chart_draw_curves (chart, halves.cr, 310, 240, &style);
  mp_chart_draw_cursor (chart, halves.cr, 310, 240, &style);
  for (int y = 0; y < 240; y++)
    for (int x = 0; x < 310; x++) {
      g_assert_cmphex (page_get (&whole, x, y), ==, page_get (&halves, x, y));
      changed += page_get (&whole, x, y) != page_get (&without, x, y);
    }
  g_assert_cmpuint (changed, >, 2000);
  /* outside of what is shown there is no cursor */
  mp_chart_set_cursor (chart, 99999, TRUE);
  page_clear (&halves);
  halves = page_new (310, 240);
  mp_chart_draw_cursor (chart, halves.cr, 310, 240, &style);
  g_assert_cmpuint (page_count (&halves, 0, 310, 0, 240), ==, 0);
  page_clear (&whole);
  page_clear (&halves);
  page_clear (&without);
}

/* A curve that has ended, or not begun, has no dot under the cursor; between values the nearest one has. */
static void
test_cursor_ends (void)
{
  static const struct
  {
    double cursor, at; /* at < 0: no dot */
  } cases[] = { { 100, -1 }, { 400, 400 }, { 440, 400 }, { 460, 500 }, { 500, 500 }, { 590, 500 }, { 700, -1 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (MpSeries) series = mp_series_new ();
    g_autoptr (MpChart)  chart = mp_chart_new ();
    Page                 page = page_new (400, 200);
    MpPlotStyle          style;
    double               x = 0, iteration;
    guint                n = 0;

    mp_series_append (series, 400, 1);
    mp_series_append (series, 500, 1);
    mp_chart_add_series (chart, series, "a", 0, MP_DASH_SOLID);
    mp_chart_set_x_range (chart, 0, 1000);
    mp_chart_set_cursor (chart, cases[i].cursor, FALSE);
    mp_plot_style_init (&style, MP_PLOT_LIGHT);
    mp_chart_draw_cursor (chart, page.cr, 400, 200, &style);
    for (int k = 0; k < 400 * 200; k++) {
      guint32 pixel = page_get (&page, k % 400, k / 400);

      if ((pixel >> 24) == 255 && (pixel >> 16 & 255) > 200 && (pixel & 255) < 20) {
        n++;
        x += k % 400 + 0.5;
      }
    }
    g_assert_cmpint (n > 0, ==, cases[i].at >= 0);
    if (n > 0) {
      g_assert_true (mp_chart_hit (chart, 400, 200, &style, x / n, 100, &iteration));
      /* a pixel is 3 iterations */
      g_assert_cmpfloat (fabs (iteration - cases[i].at), <, 3);
    }
    page_clear (&page);
  }
}

/* Noise does not move the axis; a change of level does. */
static void
test_settle (void)
{
  g_autoptr (GRand)    random = g_rand_new_with_seed (32);
  g_autoptr (MpSeries) series = mp_series_new ();
  g_autoptr (MpChart)  chart = mp_chart_new ();
  double               low = NAN, high = NAN;
  guint                changes = 0;

  mp_chart_add_series (chart, series, "a", 0, MP_DASH_SOLID);
  for (gsize i = 0; i < 30000; i++) {
    MpChartLayout layout = { .x = 0, .y = 0, .width = 300, .height = 200 };

    mp_series_append (series, i, 1 + g_rand_double (random) + (i < 20000 ? 0 : 5));
    if (i % 100 != 99)
      continue;
    layout.first = i < 5000 ? 0 : (double) i - 5000;
    layout.last = (double) i;
    mp_chart_make_traces (chart, &layout, 300);
    mp_chart_find_y_range (chart, &layout);
    changes += layout.low != low || layout.high != high;
    low = layout.low;
    high = layout.high;
    g_free (layout.traces[0].columns);
    g_free (layout.traces[0].line);
    g_free (layout.traces);
  }
  /* found, widened once by the higher level, narrowed once when the lower one has left */
  g_assert_cmpuint (changes, <=, 5);
  g_assert_cmpfloat (low, >, 5);
  g_assert_cmpfloat (high, <, 8);
}

/* One spike among thousands must not flatten the curve. */
static void
test_spike (void)
{
  g_autoptr (MpSeries) series = mp_series_new ();
  g_autoptr (MpChart)  chart = mp_chart_new ();
  MpChartLayout        layout = { .x = 0, .y = 0, .width = 300, .height = 200, .first = 0, .last = 29999 };

  for (gsize i = 0; i < 30000; i++)
    mp_series_append (series, i, i == 12345 ? 1e6 : 1 + 0.1 * sin ((double) i));
  mp_chart_add_series (chart, series, "a", 0, MP_DASH_SOLID);
  mp_chart_set_smoothing (chart, 1e7);
  mp_chart_make_traces (chart, &layout, 300);
  mp_chart_find_y_range (chart, &layout);
  /* the line itself is always seen: a mean over all moves by at most 1e6/12346 */
  g_assert_cmpfloat (layout.high, <, 120);
  g_assert_cmpfloat (layout.low, <, 0.9);
  g_free (layout.traces[0].columns);
  g_free (layout.traces[0].line);
  g_free (layout.traces);
}

static void
test_describe (void)
{
  g_autoptr (MpSeries) series = mp_series_new ();
  g_autoptr (MpChart)  chart = mp_chart_new ();
  g_autofree char     *words = NULL;

  mp_chart_set_title (chart, "Modes covered", NULL);
  mp_chart_add_series (chart, series, "GRAM", 2, MP_DASH_SOLID);
  mp_chart_add_series (chart, series, "hidden", 2, MP_DASH_SOLID);
  mp_chart_set_visible (chart, 1, FALSE);
  mp_series_append (series, 4200, 7.5);
  words = mp_chart_describe (chart);
  g_assert_cmpstr (words, ==, "Modes covered; GRAM: 7.50 at iteration 4,200");
}

/* What neither colours nor axes say: that a line is smoothed, and what dashes mean while they all mean the same. */
static void
test_note (void)
{
  g_autoptr (MpSeries) dense = mp_series_new (), sparse = mp_series_new ();
  g_autoptr (MpChart)  chart = mp_chart_new ();
  g_autofree char     *bare = NULL, *both = NULL, *named = NULL, *mixed = NULL, *words = NULL;

  for (guint i = 0; i < 10; i++) {
    mp_series_append (dense, i, i);
    mp_series_append (sparse, 100 * i, i);
  }
  mp_chart_set_title (chart, "Losses", "own scale each");
  mp_chart_set_smoothing (chart, 50);
  mp_chart_set_word (chart, mp_chart_add_series (chart, sparse, "GAN critic", 0, MP_DASH_SOLID), "critic");
  bare = mp_chart_dup_note (chart, FALSE);
  g_assert_cmpstr (bare, ==, "own scale each");
  mp_chart_set_word (chart, mp_chart_add_series (chart, dense, "GAN generator", 0, MP_DASH_DASHED), "generator");
  both = mp_chart_dup_note (chart, FALSE);
  g_assert_cmpstr (both, ==, "own scale each · generator dashed · smoothed");
  named = mp_chart_dup_note (chart, TRUE);
  g_assert_cmpstr (named, ==, "own scale each · smoothed");
  words = mp_chart_describe (chart);
  g_assert_nonnull (strstr (words, "Losses, own scale each, smoothed;"));
  /* a branch of the lane begins with dashes */
  mp_chart_set_word (chart, mp_chart_add_series (chart, dense, "branch critic", 0, MP_DASH_DASHED), "critic");
  mixed = mp_chart_dup_note (chart, FALSE);
  g_assert_cmpstr (mixed, ==, "own scale each · smoothed");
}

/* A thousand iterations in ten seconds, the next in twenty: columns of the axis hold what was reached in their time. */
static void
test_warp (void)
{
  g_autoptr (MpChart)  chart = mp_chart_new ();
  g_autoptr (MpSeries) series = mp_series_new ();
  g_autoptr (MpWarp)   warp = mp_warp_new ();
  MpChartLayout        layout = { 0 };
  MpTrace             *trace;
  guint64              n = 0;

  g_assert_cmpfloat (mp_warp_to_x (NULL, 7), ==, 7);
  g_assert_cmpfloat (mp_warp_to_x (warp, 7), ==, 7); /* no knots yet */
  mp_warp_add (warp, 1000, 10);
  mp_warp_add (warp, 1000, 11); /* not further */
  mp_warp_add (warp, 2000, 30);
  g_assert_cmpfloat_with_epsilon (mp_warp_to_x (warp, 500), 5, 1e-9);
  g_assert_cmpfloat_with_epsilon (mp_warp_to_x (warp, 1500), 20, 1e-9);
  g_assert_cmpfloat_with_epsilon (mp_warp_to_x (warp, 3000), 50, 1e-9);
  g_assert_cmpfloat_with_epsilon (mp_warp_to_iteration (warp, 20), 1500, 1e-9);

  for (guint i = 1; i <= 2000; i++)
    mp_series_append (series, i, i <= 1000 ? 1 : 2);
  mp_chart_set_axis (chart, MP_AXIS_SECONDS);
  mp_chart_set_warp (chart, mp_chart_add_series (chart, series, "time", 0, MP_DASH_SOLID), warp);
  mp_chart_get_x_range (chart, &layout.first, &layout.last);
  g_assert_cmpfloat (layout.first, ==, 0);
  g_assert_cmpfloat_with_epsilon (layout.last, 30, 1e-9);
  mp_chart_make_traces (chart, &layout, 30);
  trace = &layout.traces[0];
  g_assert_true (trace->dense);
  for (guint i = 0; i < 30; i++)
    n += trace->columns[i].n;
  g_assert_cmpuint (n, ==, 2000);
  g_assert_cmpuint (trace->columns[5].n, ==, 100);
  g_assert_cmpuint (trace->columns[15].n, ==, 50);
  g_assert_cmpfloat (trace->columns[9].max, ==, 1);
  g_assert_cmpfloat (trace->columns[11].min, ==, 2);
  g_free (trace->columns);
  g_free (trace->line);
  g_free (layout.traces);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plot/chart/line", test_line);
  g_test_add_func ("/plot/chart/line-far", test_line_far);
  g_test_add_func ("/plot/chart/band", test_band);
  g_test_add_func ("/plot/chart/hard", test_hard);
  g_test_add_func ("/plot/chart/gap", test_gap);
  g_test_add_func ("/plot/chart/hit", test_hit);
  g_test_add_func ("/plot/chart/ranges", test_ranges);
  g_test_add_func ("/plot/chart/cursor", test_cursor);
  g_test_add_func ("/plot/chart/cursor-ends", test_cursor_ends);
  g_test_add_func ("/plot/chart/settle", test_settle);
  g_test_add_func ("/plot/chart/spike", test_spike);
  g_test_add_func ("/plot/chart/describe", test_describe);
  g_test_add_func ("/plot/chart/note", test_note);
  g_test_add_func ("/plot/chart/warp", test_warp);
  return g_test_run ();
}
