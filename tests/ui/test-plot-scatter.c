/* SPDX-License-Identifier: Apache-2.0
 *
 * test-plot-scatter.c: where points land, what colours mean, which view is held.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "tests/ui/canned.h"
#include "ui/plot/heat-levels.h"
#include "ui/plot/scatter-dots.h"

typedef struct
{
  cairo_surface_t *surface;
  cairo_t         *cr;
} Page;

static Page
page_new (int width,
          int height)
{
  Page page;

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

static int
part (guint32 pixel,
      int     shift)
{
  return (int) (pixel >> shift & 255);
}

/* Each of three parts within `most` of 255. */
static void
assert_colour (guint32  pixel,
               MpColour colour,
               int      most)
{
  g_assert_cmpint (abs (part (pixel, 16) - (int) lround (colour.red * 255)), <=, most);
  g_assert_cmpint (abs (part (pixel, 8) - (int) lround (colour.green * 255)), <=, most);
  g_assert_cmpint (abs (part (pixel, 0) - (int) lround (colour.blue * 255)), <=, most);
}

/* ---- dots ---- */

static void
test_dots (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (41);

  for (guint trial = 0; trial < 200; trial++) {
    const MpDotShape shapes[] = { MP_DOT_DISC, MP_DOT_DIAMOND, MP_DOT_SQUARE }, shape = shapes[trial % 3];
    const double     radius = g_rand_double_range (random, 1.5, 6);
    const float      at[2] = { (float) g_rand_double_range (random, 10, 30),
                               (float) g_rand_double_range (random, 10, 30) };
    const MpDots     dots = { .x_scale = 1, .y_scale = 1, .colour = { 1, 1, 1, 1 }, .radius = radius,
                              .shape = shape };
    cairo_surface_t *image = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, 40, 40);
    const guint8    *pixels;
    double           sum = 0, x_sum = 0, y_sum = 0, area;

    g_assert_cmpuint (mp_dots_stamp (&dots, image, at, 1, 2), ==, 1);
    pixels = cairo_image_surface_get_data (image);
    for (int y = 0; y < 40; y++)
      for (int x = 0; x < 40; x++) {
        double amount = pixels[y * cairo_image_surface_get_stride (image) + 4 * x + 3] / 255.0;

        sum += amount;
        x_sum += amount * (x + 0.5);
        y_sum += amount * (y + 0.5);
      }
    /* area of the disc, or of a square of half side 0.89 r; edges are good to a tenth of a pixel along the outline */
    area = shape != MP_DOT_DISC ? 4 * 0.89 * 0.89 * radius * radius : G_PI * radius * radius;
    g_assert_cmpfloat (fabs (sum - area), <=, 0.1 * (shape != MP_DOT_DISC ? 8 * 0.89 * radius : 2 * G_PI * radius));
    /* offsets are in quarters of a pixel: an eighth off at most; a tenth along one half of the outline moves the centre
     * of a disc by 0.1 · πr · r / πr² */
    g_assert_cmpfloat (fabs (x_sum / sum - at[0]), <=, 0.125 + 0.1);
    g_assert_cmpfloat (fabs (y_sum / sum - at[1]), <=, 0.125 + 0.1);
    cairo_surface_destroy (image);
  }
}

static void
test_dots_hard (void)
{
  const float values[] = { NAN, 1, 1, NAN, INFINITY, 1, 1, -INFINITY, FLT_MAX, 1, 1, -FLT_MAX, 5, 5, -1, -1, 10.5f, 5 };
  const MpDots     dots = { .x_scale = 1, .y_scale = 1, .colour = { 0, 0, 0, 1 }, .radius = 2 };
  cairo_surface_t *image = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, 10, 10);
  Page             page = page_new (10, 10);

  /* only (5, 5) is inside; two more show their edges */
  g_assert_cmpuint (mp_dots_stamp (&dots, image, values, G_N_ELEMENTS (values) / 2, 2), ==, 1);
  g_assert_cmpuint (mp_dots_path (&dots, page.cr, 10, 10, values, G_N_ELEMENTS (values) / 2, 2), ==, 1);
  for (int y = 0; y < 10; y++)
    for (int x = 0; x < 10; x++) {
      const guint8 *pixels = cairo_image_surface_get_data (image);
      int           stamped = pixels[y * cairo_image_surface_get_stride (image) + 4 * x + 3];

      /* stamps and paths agree: placement to an eighth of a pixel on each axis, coverage as in /plot/chart/line */
      g_assert_cmpint (abs (stamped - part (page_get (&page, x, y), 24)), <=, (int) (255 * (0.21 + 0.18)));
    }
  cairo_surface_destroy (image);
  page_clear (&page);
}

/* ---- scatter ---- */

static void
test_place (void)
{
  const float            data[] = { 0, 0, 1, 0.5f, 99, 99 };
  const double           extent[4] = { -2, 2, -1, 1 };
  g_autoptr (MpScatter)  scatter = mp_scatter_new ();
  g_autofree char       *words = NULL;
  Page                   page = page_new (400, 400);
  MpPlotStyle            style;
  double                 x, y;

  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  mp_scatter_set_points (scatter, MP_POINTS_DATA, data, 3, 2);
  mp_scatter_set_extent (scatter, extent);
  mp_scatter_draw (scatter, page.cr, 400, 400, &style);
  /* 4 units are 400 pixels across, and as long upwards; y points up */
  assert_colour (page_get (&page, 300, 150), mp_colour_mix (style.canvas, style.data, 0.85), 2);
  assert_colour (page_get (&page, 300, 250), style.canvas, 1);
  mp_scatter_to_data (scatter, 400, 400, 300, 150, &x, &y);
  g_assert_cmpfloat_with_epsilon (x, 1, 1e-12);
  g_assert_cmpfloat_with_epsilon (y, 0.5, 1e-12);
  mp_scatter_set_points_visible (scatter, MP_POINTS_DATA, FALSE);
  mp_scatter_draw (scatter, page.cr, 400, 400, &style);
  assert_colour (page_get (&page, 300, 150), style.canvas, 1);
  words = mp_scatter_describe (scatter);
  g_assert_cmpstr (words, ==, "3 data points and 0 samples");
  page_clear (&page);
}

/* The automatic view keeps still for small moves of the data and follows large ones. */
static void
test_hold (void)
{
  g_autoptr (MpScatter) scatter = mp_scatter_new ();
  float                 data[] = { -1, -1, 1, 1 };
  const float           samples[] = { 1000, 1000 };
  double                x, y, moved, wide;

  mp_scatter_set_points (scatter, MP_POINTS_DATA, data, 2, 2);
  mp_scatter_to_data (scatter, 100, 100, 0, 0, &x, &y);
  g_assert_cmpfloat (x, <, -1);
  g_assert_cmpfloat (y, >, 1);
  data[0] = -1.1f;
  data[2] = 0.9f;
  mp_scatter_set_points (scatter, MP_POINTS_DATA, data, 2, 2);
  mp_scatter_to_data (scatter, 100, 100, 0, 0, &moved, &y);
  g_assert_cmpfloat (moved, ==, x);
  /* samples that run away do not take the view with them */
  mp_scatter_set_points (scatter, MP_POINTS_SAMPLES, samples, 1, 2);
  mp_scatter_to_data (scatter, 100, 100, 0, 0, &moved, &y);
  g_assert_cmpfloat (moved, ==, x);
  data[0] = -30;
  mp_scatter_set_points (scatter, MP_POINTS_DATA, data, 2, 2);
  mp_scatter_to_data (scatter, 100, 100, 0, 0, &wide, &y);
  g_assert_cmpfloat (wide, <, -30);
}

static void
test_hard (void)
{
  static const float values[] = { NAN, NAN, INFINITY, 0, 3e38f, -3e38f, 0, 0, 0, 0 };

  for (gint64 n = 0; n <= 5; n++)
    for (gint64 dimensions = 1; dimensions <= 2; dimensions++) {
      g_autoptr (MpScatter) scatter = mp_scatter_new ();
      Page                  page = page_new (120, 120);
      MpPlotStyle           style;

      mp_plot_style_init (&style, (MpPlotTheme) (n % 4));
      mp_scatter_set_points (scatter, MP_POINTS_DATA, values, n, dimensions);
      mp_scatter_set_points (scatter, MP_POINTS_SAMPLES, values + 4, n > 3 ? 3 : n, dimensions);
      mp_scatter_set_axes (scatter, TRUE);
      mp_scatter_set_legend (scatter, TRUE);
      mp_scatter_set_caption (scatter, "projected space with a caption longer than its plot");
      for (guint kind = MP_OVERLAY_MARKS; kind <= MP_OVERLAY_LINES; kind++)
        for (guint weighted = 0; weighted < 2; weighted++) {
          const MpOverlay overlay = { .kind = kind, .title = "an overlay with a title longer than its plot", .values = values,
                                      .n = kind == MP_OVERLAY_ARROWS ? 2 : 5, .weights = weighted ? values : NULL,
                                      .columns = weighted };

          mp_scatter_add_overlay (scatter, &overlay);
        }
      mp_scatter_draw (scatter, page.cr, 100, 100, &style);
      g_assert_cmphex (page_get (&page, 50, 3) >> 24, ==, 255);
      g_assert_cmphex (page_get (&page, 110, 50), ==, 0);
      g_assert_cmphex (page_get (&page, 50, 110), ==, 0);
      page_clear (&page);
    }
}

/* ---- heat maps ---- */

static MpHeatMap *
plane (double a,
       double b,
       double c,
       double neutral)
{
  const double extent[4] = { -1, 1, -1, 1 };
  float        values[9 * 9];
  MpHeatMap   *heat_map;

  for (int j = 0; j < 9; j++)
    for (int i = 0; i < 9; i++)
      values[j * 9 + i] = (float) (a + b * (2 * i - 8) / 9.0 + c * (2 * j - 8) / 9.0);
  heat_map = mp_heat_map_new ("plane", neutral, extent, 9, 9, values);
  mp_heat_map_set_levels (heat_map, FALSE);
  return heat_map;
}

/* Splines reproduce a plane, so every pixel's colour is known. */
static void
test_heat_pixels (void)
{
  const double          view[4] = { -1, 1, -1, 1 };
  g_autoptr (MpHeatMap) heat_map = plane (0.3, 1, -2, NAN);
  Page                  page = page_new (70, 70);
  MpPlotStyle           style;

  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  mp_heat_map_draw (heat_map, page.cr, view, 70, 70, &style, style.lanes[2]);
  for (int y = 0; y < 70; y++)
    for (int x = 0; x < 70; x++) {
      double u = -1 + (x + 0.5) / 35, v = 1 - (y + 0.5) / 35;

      g_assert_cmpfloat_with_epsilon (mp_heat_map_sample (heat_map, u, v), 0.3 + u - 2 * v, 1e-6);
      /* 1024 steps of colour and one rounding */
      assert_colour (page_get (&page, x, y), mp_heat_map_colour (heat_map, 0.3 + u - 2 * v, &style, style.lanes[2]), 1);
    }
  g_assert_true (isnan (mp_heat_map_sample (heat_map, 1.1, 0)));
  page_clear (&page);
}

static void
test_heat_colours (void)
{
  g_autoptr (MpHeatMap) heat_map = plane (0.5, 2, 0, 0);
  MpPlotStyle           style;
  MpColour              colour, last = { 0 };
  gboolean              clipped;
  double                low, high;

  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  mp_heat_map_get_range (heat_map, &low, &high, &clipped);
  g_assert_cmpfloat (low, ==, -1.5);
  g_assert_cmpfloat (high, ==, 2.5);
  g_assert_false (clipped);
  colour = mp_heat_map_colour (heat_map, 0, &style, style.lanes[0]);
  g_assert_cmpfloat (mp_colour_contrast (colour, style.canvas), ==, 1);
  /* stronger with distance on either side, on one scale: −1.5 is weaker than 2.5 */
  for (double value = 0; value < 2.5; value += 0.25) {
    colour = mp_heat_map_colour (heat_map, value, &style, style.lanes[0]);
    g_assert_true (value == 0 || colour.blue < last.blue);
    last = colour;
  }
  last = mp_heat_map_colour (heat_map, 2.5, &style, style.lanes[0]);
  colour = mp_heat_map_colour (heat_map, 1e9, &style, style.lanes[0]);
  g_assert_true (memcmp (&last, &colour, sizeof last) == 0);
  mp_heat_map_set_range (heat_map, -1, 1);
  mp_heat_map_get_range (heat_map, &low, &high, &clipped);
  g_assert_cmpfloat (high, ==, 1);
  g_assert_true (clipped);
}

/* Outliers do not take the scale; constants and non-finite values have one. */
static void
test_heat_hard (void)
{
  const double extent[4] = { 0, 1, 0, 1 };
  Page         page = page_new (40, 40);
  MpPlotStyle  style;
  float        values[40 * 40];

  mp_plot_style_init (&style, MP_PLOT_DARK);
  for (guint kind = 0; kind < 5; kind++) {
    g_autoptr (MpHeatMap) heat_map = NULL;
    gboolean              clipped;
    double                low, high;

    for (guint i = 0; i < 1600; i++)
      values[i] = kind == 0 ? 7 : kind == 1 ? NAN : kind == 2 ? INFINITY : (float) (i % 40) / 39;
    if (kind == 3)
      values[5] = 1e30f;
    if (kind == 4)
      values[20 * 40 + 20] = NAN;
    heat_map = mp_heat_map_new (NULL, kind == 0 ? NAN : 0.5, extent, 40, 40, values);
    mp_heat_map_get_range (heat_map, &low, &high, &clipped);
    g_assert_true (isfinite (low) && isfinite (high) && low < high);
    g_assert_cmpint (clipped, ==, kind == 2 || kind == 3);
    if (kind == 3)
      g_assert_cmpfloat (high, ==, 1);
    cairo_set_operator (page.cr, CAIRO_OPERATOR_CLEAR);
    cairo_paint (page.cr);
    cairo_set_operator (page.cr, CAIRO_OPERATOR_OVER);
    mp_heat_map_draw (heat_map, page.cr, extent, 40, 40, &style, style.lanes[1]);
    mp_heat_map_draw_bar (heat_map, page.cr, 40, 14, &style, style.lanes[1]);
    /* a NaN is left out where it is; other values cover the page */
    g_assert_cmphex (page_get (&page, 20, 19) >> 24, ==, kind == 1 || kind == 4 ? 0 : 255);
    g_assert_cmphex (page_get (&page, 35, 35) >> 24, ==, kind == 1 ? 0 : 255);
  }
  page_clear (&page);
}

/* The line at neutral is where the plane is neutral, and nowhere else. */
static void
test_heat_line (void)
{
  const double          view[4] = { -1, 1, -1, 1 };
  g_autoptr (MpHeatMap) with = plane (0, 1, 1, 0);
  Page                  page = page_new (100, 100);
  MpPlotStyle           style;

  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  mp_heat_map_draw (with, page.cr, view, 100, 100, &style, style.lanes[2]);
  for (int k = 10; k < 90; k++) {
    /* x + y = 0 runs from the upper left to the lower right */
    g_assert_cmpint (part (page_get (&page, k, k), 16), <, 200);
    g_assert_cmpint (part (page_get (&page, k, MIN (99, k + 5)), 16), >, 200);
  }
  page_clear (&page);
}

/* Lines end at the border, and none follows it, where the values beyond are a guess. */
static void
test_heat_border (void)
{
  const double view[4] = { -1, 1, -1, 1 };
  MpPlotStyle  style;

  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  for (int side = -1; side <= 1; side += 2)
    for (guint within = 0; within < 2; within++) {
      g_autoptr (MpHeatMap) heat_map = plane (0, 1, 0, side * (within ? 0.795 : 0.955));
      Page                  page = page_new (200, 200);
      int                   line = side < 0 ? 20 : 179;

      mp_heat_map_draw (heat_map, page.cr, view, 200, 200, &style, style.lanes[2]);
      for (int y = 0; y < 200; y++)
        for (int x = 0; x < 200; x++)
          if (within && x == line)
            g_assert_cmpint (part (page_get (&page, x, y), 16), <, 200);
          else if (!within && (side < 0 ? x < 12 : x >= 188))
            g_assert_cmpint (part (page_get (&page, x, y), 16), >, 200);
      page_clear (&page);
    }
}

/* A cone's level lines are closed circles at its round values, drawn and numbered; none where levels are off. */
static void
test_heat_levels (void)
{
  enum { N = 40 };
  const double        view[4] = { -1, 1, -1, 1 };
  g_autoptr (GArray)  points = g_array_new (FALSE, FALSE, sizeof (MpLevelPoint));
  g_autofree float   *values = g_new (float, N * N);
  g_autofree guint8  *missing = g_new0 (guint8, N * N);
  g_autoptr (MpHeatMap) heat_map = NULL;
  guint               n_lines = 0;

  for (int j = 0; j < N; j++)
    for (int i = 0; i < N; i++)
      values[j * N + i] = (float) hypot (i - (N - 1) / 2.0, j - (N - 1) / 2.0);
  mp_levels_trace (values, NULL, N, N, 10, points);
  for (guint i = 0; i < points->len; i++) {
    const MpLevelPoint *point = &g_array_index (points, MpLevelPoint, i);

    if (isnan (point->x))
      n_lines++;
    else
      g_assert_cmpfloat_with_epsilon (hypot (point->x - (N - 1) / 2.0, point->y - (N - 1) / 2.0), 10, 0.02);
  }
  g_assert_cmpuint (n_lines, ==, 1);
  g_assert_cmpfloat (g_array_index (points, MpLevelPoint, 0).x, ==,
                     g_array_index (points, MpLevelPoint, points->len - 2).x);

  /* A circle that leaves the grid falls into four arcs; one missing node opens it once more. */
  for (guint hole = 0; hole < 2; hole++) {
    g_array_set_size (points, 0);
    missing[(N / 2) * N + N / 2 + 10] = hole;
    mp_levels_trace (values, missing, N, N, hole ? 10 : 22, points);
    n_lines = 0;
    for (guint i = 0; i < points->len; i++)
      n_lines += isnan (g_array_index (points, MpLevelPoint, i).x);
    g_assert_cmpuint (n_lines, ==, hole ? 1 : 4);
  }

  heat_map = mp_heat_map_new ("cone", NAN, view, N, N, values);
  for (guint with = 0; with < 2; with++) {
    Page        page = page_new (200, 200);
    MpPlotStyle style;
    guint       n_runs = 0;
    gboolean    dark = FALSE;

    mp_plot_style_init (&style, MP_PLOT_LIGHT);
    mp_heat_map_set_levels (heat_map, with);
    mp_heat_map_draw (heat_map, page.cr, view, 200, 200, &style, style.lanes[2]);
    for (int x = 0; x < 200; x++) {
      double   value = mp_heat_map_sample (heat_map, -1 + (x + 0.5) / 100, 0.005);
      MpColour colour = mp_heat_map_colour (heat_map, value, &style, style.lanes[2]);
      gboolean before = dark;

      dark = part (page_get (&page, x, 99), 8) < 255 * colour.green - 12;
      n_runs += dark && !before;
    }
    /* 10, to the left and to the right, a line or its number; 20 is in the corners alone */
    if (with)
      g_assert_cmpuint (n_runs, >=, 2);
    else
      g_assert_cmpuint (n_runs, ==, 0);
    page_clear (&page);
  }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plot/scatter/dots", test_dots);
  g_test_add_func ("/plot/scatter/dots-hard", test_dots_hard);
  g_test_add_func ("/plot/scatter/place", test_place);
  g_test_add_func ("/plot/scatter/hold", test_hold);
  g_test_add_func ("/plot/scatter/hard", test_hard);
  g_test_add_func ("/plot/scatter/heat-pixels", test_heat_pixels);
  g_test_add_func ("/plot/scatter/heat-colours", test_heat_colours);
  g_test_add_func ("/plot/scatter/heat-hard", test_heat_hard);
  g_test_add_func ("/plot/scatter/heat-line", test_heat_line);
  g_test_add_func ("/plot/scatter/heat-border", test_heat_border);
  g_test_add_func ("/plot/scatter/heat-levels", test_heat_levels);
  return g_test_run ();
}
