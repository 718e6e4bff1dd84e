/* SPDX-License-Identifier: Apache-2.0
 *
 * test-plot-layers.c: layers of every drawing on screen and in files, and what lies under the pointer.
 *
 *   test-plot-layers --picture FILE [WIDTH HEIGHT [THEME]]   all kinds of layers to look at
 *   test-plot-layers --comparison FILE                       lanes with and without
 */
#include <cairo-svg.h>
#include <glib/gstdio.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/ui/canned-layers.h"
#include "tests/ui/canned.h"
#include "ui/plot/layer-plot.h"
#include "ui/plot/picture.h"
#include "ui/plot/scatter-overlays.h"

static const MpDrawing overlays[] = { MP_DRAW_LATTICE, MP_DRAW_POINTS, MP_DRAW_MARKS, MP_DRAW_ARROWS };

static MpScatter *
full_scatter (guint lane)
{
  MpScatter            *scatter = canned_scatter (lane, 2000);
  MpLayer              *surface = canned_layer (MP_DRAW_SURFACE, 0);
  g_autoptr (MpHeatMap) heat_map = mp_layer_make_heat_map (surface);

  mp_scatter_set_axes (scatter, TRUE);
  mp_scatter_set_heat_map (scatter, heat_map);
  for (guint i = 0; i < G_N_ELEMENTS (overlays); i++) {
    MpLayer *layer = canned_layer (overlays[i], 0);

    mp_layer_add_overlay (layer, scatter, 0);
    canned_layer_free (layer);
  }
  canned_layer_free (surface);
  return scatter;
}

static MpPanel *
full_panel (MpDrawing drawing,
            guint     variant)
{
  MpPanel *panel = mp_panel_new ();
  MpLayer *layer = canned_layer (drawing, variant);

  mp_panel_set_lane (panel, 2);
  mp_layer_fill_panel (layer, panel);
  canned_layer_free (layer);
  return panel;
}

/* How many pixels of a drawing differ from another drawing of the same size. */
static guint
count_different (cairo_surface_t *a,
                 cairo_surface_t *b)
{
  guint n = 0;

  cairo_surface_flush (a);
  cairo_surface_flush (b);
  for (int y = 0; y < cairo_image_surface_get_height (a); y++) {
    const guint32 *p = (gconstpointer) (cairo_image_surface_get_data (a) + y * cairo_image_surface_get_stride (a));
    const guint32 *q = (gconstpointer) (cairo_image_surface_get_data (b) + y * cairo_image_surface_get_stride (b));

    for (int x = 0; x < cairo_image_surface_get_width (a); x++)
      n += p[x] != q[x];
  }
  return n;
}

static cairo_surface_t *
paint_scatter (MpScatter *scatter,
               int        side)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, side, side);
  cairo_t         *cr = cairo_create (surface);
  MpPlotStyle      style;

  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  mp_scatter_draw (scatter, cr, side, side, &style);
  cairo_destroy (cr);
  return surface;
}

/* Every overlay is seen, and gone once it is taken away. */
static void
test_overlays (void)
{
  g_autoptr (MpScatter) scatter = canned_scatter (1, 10);
  cairo_surface_t      *bare = paint_scatter (scatter, 300), *again;

  for (guint i = 0; i < G_N_ELEMENTS (overlays); i++)
    for (guint variant = 0; variant < 2; variant++) {
      MpLayer         *layer = canned_layer (overlays[i], variant);
      cairo_surface_t *with;

      mp_layer_add_overlay (layer, scatter, variant);
      g_assert_cmpuint (mp_scatter_get_n_overlays (scatter), ==, 1);
      with = paint_scatter (scatter, 300);
      g_assert_cmpuint (count_different (bare, with), >, 1000);
      cairo_surface_destroy (with);
      mp_scatter_clear_overlays (scatter);
      canned_layer_free (layer);
    }
  again = paint_scatter (scatter, 300);
  g_assert_cmpuint (count_different (bare, again), ==, 0);
  cairo_surface_destroy (again);
  cairo_surface_destroy (bare);
}

static cairo_status_t
append_cb (void                *closure,
           const unsigned char *data,
           unsigned int         length)
{
  g_byte_array_append (closure, data, length);
  return CAIRO_STATUS_SUCCESS;
}

/* "0.05" of the legend's words, which the file keeps as text only where fonts allow; so the arrow itself is measured: the
 * magnification is one of 1, 2, 5 times powers of ten, and holds still while the arrows change little. */
static void
test_arrows (void)
{
  g_autoptr (MpScatter) scatter = canned_scatter (1, 10);
  float                 arrow[] = { 0, 0, 0.01f, 0 };
  double                last = 0;
  guint                 jumps = 0;

  for (int i = 0; i < 60; i++) {
    const MpOverlay  overlay = { .kind = MP_OVERLAY_ARROWS, .title = "step", .values = arrow, .n = 1 };
    cairo_surface_t *bare, *with;
    guint            n;

    arrow[2] = 0.01f * (1 + 0.25f * sinf ((float) i));
    mp_scatter_clear_overlays (scatter);
    bare = paint_scatter (scatter, 300);
    mp_scatter_add_overlay (scatter, &overlay);
    with = paint_scatter (scatter, 300);
    n = count_different (bare, with);
    /* its length follows the value, by one factor for all of them */
    g_assert_cmpuint (n, >, 20);
    jumps += last > 0 && fabs (n / arrow[2] / last - 1) > 0.45;
    last = n / arrow[2];
    cairo_surface_destroy (bare);
    cairo_surface_destroy (with);
  }
  g_assert_cmpuint (jumps, ==, 0);
}

/* The key says how long its arrow is and how much longer than they are all are drawn. */
static void
test_arrow_words (void)
{
  const float      arrow[] = { 0, 0, 0.01f, 0 };
  const double     view[] = { -1, 1, -1, 1 };
  const MpOverlay  overlay = { .kind = MP_OVERLAY_ARROWS, .title = "step", .values = arrow, .n = 1 };
  const MpColour   lane = { 0, 0, 0, 1 };
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, 200, 200);
  cairo_t         *cr = cairo_create (surface);
  g_autofree char *words = NULL;
  MpOverlayItem    item;
  MpPlotStyle      style;
  MpRaster         raster;

  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  mp_raster_init (&raster);
  mp_overlay_item_init (&item, &overlay);
  mp_overlay_item_draw (&item, cr, &raster, view, 200, 200, 20, &style, lane);
  words = mp_overlay_item_dup_words (&item);
  /* 20 × 0.01 × 100 pixels to a unit */
  g_assert_cmpstr (words, ==, "= 0.01  step · drawn ×20");
  mp_overlay_item_clear (&item);
  mp_raster_clear (&raster);
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
}

/* The panel's own title has a line above those of its parts, which lie lower for it. */
static void
test_caption (void)
{
  g_autoptr (MpPanel) panel = full_panel (MP_DRAW_SPACE, 2);
  MpPlotStyle         style;
  MpPanelHit          hit;

  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  g_assert_true (mp_panel_hit (panel, 600, 300, &style, 100, 22, &hit));
  mp_panel_set_captioned (panel, TRUE);
  g_assert_false (mp_panel_hit (panel, 600, 300, &style, 100, 22, &hit));
  g_assert_true (mp_panel_hit (panel, 600, 300, &style, 100, 40, &hit));
}

/* Points of one dimension are spread up and down to be seen, and nothing may number that. */
static void
test_strip (void)
{
  const float           line[] = { -1, -0.4f, 0.1f, 0.5f, 1 };
  cairo_surface_t      *numbered, *bare;
  g_autofree char      *words = NULL;
  g_autoptr (MpScatter) scatter = mp_scatter_new ();
  guint                 n = 0;

  mp_scatter_set_points (scatter, MP_POINTS_DATA, line, G_N_ELEMENTS (line), 1);
  mp_scatter_set_points (scatter, MP_POINTS_SAMPLES, line, G_N_ELEMENTS (line), 1);
  bare = paint_scatter (scatter, 300);
  mp_scatter_set_axes (scatter, TRUE);
  numbered = paint_scatter (scatter, 300);
  for (int y = 0; y < 240; y++)
    for (int x = 0; x < 20; x++) {
      gsize at = (gsize) (y * cairo_image_surface_get_stride (bare) + 4 * x);

      n += memcmp (cairo_image_surface_get_data (bare) + at, cairo_image_surface_get_data (numbered) + at, 4) != 0;
    }
  g_assert_cmpuint (n, ==, 0);
  g_assert_cmpuint (count_different (bare, numbered), >, 300);
  words = mp_scatter_describe (scatter);
  g_assert_nonnull (strstr (words, "one dimension"));
  cairo_surface_destroy (bare);
  cairo_surface_destroy (numbered);
}

/* Clouds that were made of noise and of data are told apart in one plot. */
static void
test_clouds (void)
{
  MpLayer         *layer = canned_layer (MP_DRAW_POINTS, 0);
  MpViewClass      class = *layer->class;
  cairo_surface_t *drawn[2];

  layer->class = &class;
  for (guint i = 0; i < 2; i++) {
    g_autoptr (MpScatter) scatter = canned_scatter (1, 10);

    class.of_data = i == 1;
    mp_layer_add_overlay (layer, scatter, i);
    drawn[i] = paint_scatter (scatter, 300);
  }
  g_assert_cmpuint (count_different (drawn[0], drawn[1]), >, 1000);
  canned_layer_free (layer);
  cairo_surface_destroy (drawn[0]);
  cairo_surface_destroy (drawn[1]);
}

static void
test_legend (void)
{
  g_autoptr (MpScatter) scatter = full_scatter (0);
  MpPlotStyle           style;
  double                wide, narrow;

  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  wide = mp_scatter_get_legend_height (scatter, 2000, TRUE, &style);
  narrow = mp_scatter_get_legend_height (scatter, 150, TRUE, &style);
  g_assert_cmpfloat (wide, ==, 20);
  g_assert_cmpfloat (narrow, >=, 4 * wide);
  mp_scatter_clear_overlays (scatter);
  g_assert_cmpfloat (mp_scatter_get_legend_height (scatter, 150, FALSE, &style), ==, 0);
}

static void
test_pick (void)
{
  g_autoptr (MpScatter) scatter = mp_scatter_new ();
  const float           data[] = { -1, 0, 1, 0, NAN, 0 }, samples[] = { 0, 1, 1, 0.001f };
  MpPointsRole          role;
  gsize                 index;
  double                x, y;

  mp_scatter_set_points (scatter, MP_POINTS_DATA, data, 3, 2);
  mp_scatter_set_points (scatter, MP_POINTS_SAMPLES, samples, 2, 2);
  g_assert_true (mp_scatter_locate (scatter, 200, 200, MP_POINTS_SAMPLES, 0, &x, &y));
  g_assert_true (mp_scatter_pick (scatter, 200, 200, x + 2, y - 2, 6, &role, &index));
  g_assert_cmpint (role, ==, MP_POINTS_SAMPLES);
  g_assert_cmpuint (index, ==, 0);
  g_assert_true (mp_scatter_locate (scatter, 200, 200, MP_POINTS_DATA, 0, &x, &y));
  g_assert_true (mp_scatter_pick (scatter, 200, 200, x, y, 6, &role, &index));
  g_assert_cmpint (role, ==, MP_POINTS_DATA);
  g_assert_false (mp_scatter_pick (scatter, 200, 200, x + 20, y, 6, &role, &index));
  g_assert_false (mp_scatter_locate (scatter, 200, 200, MP_POINTS_DATA, 2, &x, &y));
  /* what is hidden cannot be picked */
  mp_scatter_set_points_visible (scatter, MP_POINTS_DATA, FALSE);
  g_assert_false (mp_scatter_pick (scatter, 200, 200, x, y, 6, &role, &index));
}

/* A matrix tells the cell under the pointer, a space the point, bars the bar; and outside nothing. */
static void
test_hit (void)
{
  g_autoptr (MpPanel) matrix = mp_panel_new (), bars = full_panel (MP_DRAW_BARS, 0);
  const float         values[] = { 1, 2, 3, 4 };
  g_autofree char    *words = NULL, *bar = NULL;
  MpPlotStyle         style;
  MpPanelHit          hit;

  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  mp_panel_begin (matrix, MP_PANEL_MATRIX, "K", NULL, 1);
  mp_panel_set_matrix (matrix, 0, NULL, values, 2, 2, 1, 1, NAN);
  g_assert_true (mp_panel_hit (matrix, 200, 220, &style, 60, 60, &hit));
  g_assert_cmpint (hit.row, ==, 0);
  g_assert_cmpint (hit.column, ==, 0);
  g_assert_cmpfloat (hit.value, ==, 1);
  g_assert_true (mp_panel_hit (matrix, 200, 220, &style, 60, 160, &hit));
  g_assert_cmpfloat (hit.value, ==, 3);
  words = mp_panel_describe_hit (matrix, &hit);
  g_assert_cmpstr (words, ==, "generated 1 × real 1: 3.00");
  g_assert_false (mp_panel_hit (matrix, 200, 220, &style, 100, 218, &hit));

  g_assert_true (mp_panel_hit (bars, 240, 160, &style, 120, 5, &hit));
  g_assert_cmpint (hit.index, ==, 0);
  bar = mp_panel_describe_hit (bars, &hit);
  g_assert_cmpstr (bar, ==, "hidden 1, mean: 0.700");
}

/* Every panel in every theme, from tiny to large, on screen and as shapes; nothing beside its rectangle. */
static void
test_panels (void)
{
  for (MpDrawing drawing = MP_DRAW_MATRIX; drawing <= MP_DRAW_BARS; drawing++)
    for (guint variant = 0; variant < 3; variant++)
      for (guint theme = 0; theme < 4; theme++) {
        g_autoptr (MpPanel)    panel = full_panel (drawing, variant);
        g_autoptr (GByteArray) bytes = g_byte_array_new ();
        g_autofree char       *words = mp_panel_describe (panel);
        const int              sizes[][2] = { { 1, 1 }, { 30, 20 }, { 140, 120 }, { 120, 300 }, { 600, 200 } };

        g_assert_nonnull (strstr (words, mp_panel_get_title (panel)));
        mp_panel_set_scale (panel, theme % 2 ? MP_SCALE_LOG : MP_SCALE_LINEAR);
        for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
          for (guint vector = 0; vector < 2; vector++) {
            cairo_surface_t *surface = vector ? cairo_svg_surface_create_for_stream (append_cb, bytes, sizes[i][0], sizes[i][1])
                                              : cairo_image_surface_create (CAIRO_FORMAT_ARGB32, sizes[i][0], sizes[i][1]);
            cairo_t         *cr = cairo_create (surface);
            MpPlotStyle      style;

            mp_plot_style_init (&style, theme);
            mp_panel_draw (panel, cr, sizes[i][0], sizes[i][1], &style);
            g_assert_cmpint (cairo_status (cr), ==, CAIRO_STATUS_SUCCESS);
            cairo_destroy (cr);
            cairo_surface_destroy (surface);
          }
        g_assert_cmpuint (bytes->len, >, 1000);
      }
}

/* A layer whose numbers are no numbers, or of which nothing came, draws nothing and does no harm. */
static void
test_hard (void)
{
  for (MpDrawing drawing = MP_DRAW_SURFACE; drawing <= MP_DRAW_BARS; drawing++)
    for (guint what = 0; what < 4; what++) {
      MpLayer              *layer = canned_layer (drawing, 0);
      g_autoptr (MpScatter) scatter = canned_scatter (0, 10);
      g_autoptr (MpPanel)   panel = mp_panel_new ();
      g_autoptr (MpHeatMap) heat_map = NULL;
      cairo_surface_t      *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, 200, 200);
      cairo_t              *cr = cairo_create (surface);
      MpPlotStyle           style;

      mp_plot_style_init (&style, MP_PLOT_DARK);
      for (guint t = 0; t < layer->n_tensors; t++)
        for (gint64 i = 0; i < layer->tensors[t].rows * layer->tensors[t].columns; i++)
          if (what < 3)
            layer->tensors[t].values[i] = what == 0 ? NAN : what == 1 ? INFINITY : 1;
      if (what == 3)
        for (guint t = 0; t < layer->n_tensors; t++)
          layer->tensors[t].rows = 0;
      if (drawing == MP_DRAW_SURFACE) {
        heat_map = mp_layer_make_heat_map (layer);
        mp_scatter_set_heat_map (scatter, heat_map);
      } else if (drawing < MP_DRAW_MATRIX) {
        mp_layer_add_overlay (layer, scatter, 0);
      } else {
        mp_layer_fill_panel (layer, panel);
      }
      mp_scatter_draw (scatter, cr, 200, 200, &style);
      mp_scatter_draw_legend (scatter, cr, 200, TRUE, &style);
      mp_panel_draw (panel, cr, 200, 200, &style);
      g_assert_cmpint (cairo_status (cr), ==, CAIRO_STATUS_SUCCESS);
      cairo_destroy (cr);
      cairo_surface_destroy (surface);
      canned_layer_free (layer);
    }
}

/* ---- a picture of all ---- */

static void
draw_all (gpointer           data,
          cairo_t           *cr,
          double             width,
          double             height,
          const MpPlotStyle *style)
{
  const struct { MpDrawing drawing; guint variant; } panels[] = {
    { MP_DRAW_MATRIX, 0 }, { MP_DRAW_SPACE, 0 }, { MP_DRAW_SPACE, 2 }, { MP_DRAW_SPACE, 1 }, { MP_DRAW_BARS, 0 }, { MP_DRAW_BARS, 1 },
    { MP_DRAW_MATRIX, 1 },
  };
  g_autoptr (MpScatter) scatter = full_scatter (2);
  double                cell = (width - 50) / 4, tall = (height - 30) / 2;

  mp_colour_set_source (style->page, cr);
  cairo_paint (cr);
  cairo_save (cr);
  cairo_translate (cr, 10, 10);
  mp_scatter_draw (scatter, cr, cell, tall - 70, style);
  cairo_translate (cr, 0, tall - 66);
  mp_scatter_draw_legend (scatter, cr, cell, TRUE, style);
  cairo_restore (cr);
  for (guint i = 0; i < G_N_ELEMENTS (panels); i++) {
    g_autoptr (MpPanel) panel = full_panel (panels[i].drawing, panels[i].variant);

    if (i == 5)
      mp_panel_set_scale (panel, MP_SCALE_LINEAR);
    else if (i == 4)
      mp_panel_set_scale (panel, MP_SCALE_LOG);
    cairo_save (cr);
    cairo_translate (cr, 10 + (i + 1) % 4 * (cell + 10), 10 + (i + 1) / 4 * (tall + 10));
    mp_panel_draw_framed (panel, cr, cell, tall, style);
    cairo_restore (cr);
  }
}

static int
draw_picture (int    argc,
              char **argv)
{
  g_autoptr (GError) error = NULL;
  MpPlotStyle        style;

  mp_plot_style_init (&style, argc > 5 ? atoi (argv[5]) : MP_PLOT_LIGHT);
  if (mp_picture_write_drawing (argv[2], argc > 4 ? atof (argv[3]) : 1280, argc > 4 ? atof (argv[4]) : 640, 1, &style, NULL,
                                draw_all, NULL, &error))
    return 0;
  g_printerr ("%s\n", error->message);
  return 1;
}

/* Lanes with panels and overlays beside one that is bare. */
static MpPicture *
layered_picture (void)
{
  static const char *const names[] = { "GAN", "MMD-net", "GRAM" };
  MpPicture               *picture = mp_picture_new ("Ring · GAN / MMD-net / GRAM", "same data, noise and start · seed 1");

  for (guint lane = 0; lane < 3; lane++) {
    g_autoptr (MpScatter) scatter = lane == 1 ? full_scatter (lane) : canned_scatter (lane, 500);
    g_autoptr (MpPanel)   panel = lane == 2 ? full_panel (MP_DRAW_MATRIX, 0) : mp_panel_new ();
    const MpLaneHead      head = { .title = names[lane], .lane = lane, .iteration = 4200, .modes = 8, .n_modes = 8,
                                   .high_quality = 0.9, .rate = 1000 };

    mp_scatter_set_axes (scatter, TRUE);
    mp_panel_set_captioned (panel, TRUE);
    mp_picture_add_lane (picture, &head, scatter, panel);
  }
  return picture;
}

static int
draw_comparison (const char *path)
{
  g_autoptr (MpPicture) picture = layered_picture ();
  g_autoptr (GError)    error = NULL;
  double                width, height;
  MpPlotStyle           style;

  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  mp_picture_get_natural_size (picture, &width, &height);
  if (mp_picture_write (picture, path, width, height, 1, &style, &error))
    return 0;
  g_printerr ("%s\n", error->message);
  return 1;
}

/* Lanes with four cells in all stand in one row, and can be written in every format. */
static void
test_picture (void)
{
  g_autoptr (MpPicture) picture = layered_picture ();
  g_autoptr (GError)    error = NULL;
  g_autofree char      *folder = g_dir_make_tmp ("matchpoint-layers-XXXXXX", &error);
  static const char *const names[] = { "a.png", "a.svg", "a.pdf" };
  double                width, height;
  MpPlotStyle           style;

  g_assert_no_error (error);
  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  mp_picture_get_natural_size (picture, &width, &height);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = g_build_filename (folder, names[i], NULL);

    g_assert_true (mp_picture_write (picture, path, width, height, 1, &style, &error));
    g_assert_no_error (error);
    g_remove (path);
  }
  g_rmdir (folder);
  g_assert_cmpfloat (width, >, 1000);
  g_assert_cmpfloat (height, >, 300);
}

int
main (int    argc,
      char **argv)
{
  if (argc > 2 && strcmp (argv[1], "--comparison") == 0)
    return draw_comparison (argv[2]);
  if (argc > 2 && strcmp (argv[1], "--picture") == 0)
    return draw_picture (argc, argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plot/layers/overlays", test_overlays);
  g_test_add_func ("/plot/layers/arrow-words", test_arrow_words);
  g_test_add_func ("/plot/layers/caption", test_caption);
  g_test_add_func ("/plot/layers/strip", test_strip);
  g_test_add_func ("/plot/layers/clouds", test_clouds);
  g_test_add_func ("/plot/layers/arrows", test_arrows);
  g_test_add_func ("/plot/layers/legend", test_legend);
  g_test_add_func ("/plot/layers/picture", test_picture);
  g_test_add_func ("/plot/layers/pick", test_pick);
  g_test_add_func ("/plot/layers/hit", test_hit);
  g_test_add_func ("/plot/layers/panels", test_panels);
  g_test_add_func ("/plot/layers/hard", test_hard);
  return g_test_run ();
}
