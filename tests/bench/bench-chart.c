/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-chart.c: medians of drawing times, and pictures to look at. Drawing is the work of one thread, so its own CPU time
 * is measured: on a busy machine wall time would tell about the others.
 *
 *   bench-chart                   a table of medians in milliseconds
 *   bench-chart --picture FILE [WIDTH HEIGHT [light|dark|high-contrast|dark-high-contrast [SCALE]]]
 */
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/ui/canned-layers.h"
#include "tests/ui/canned.h"
#include "ui/plot/layer-plot.h"

#define REPEATS 41

typedef void (*Draw) (gpointer           data,
                      cairo_t           *cr,
                      double             width,
                      double             height,
                      const MpPlotStyle *style);

static int
compare_doubles (const void *a,
                 const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static double
now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time);
  return (double) time.tv_sec * 1e3 + (double) time.tv_nsec / 1e6;
}

static double
time_draw (Draw     draw,
           gpointer data,
           int      width,
           int      height)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, width, height);
  cairo_t         *cr = cairo_create (surface);
  double           times[REPEATS];
  MpPlotStyle      style;

  mp_plot_style_init (&style, MP_PLOT_LIGHT);
  draw (data, cr, width, height, &style);
  for (guint i = 0; i < REPEATS; i++) {
    double begin = now ();

    draw (data, cr, width, height, &style);
    cairo_surface_flush (surface);
    times[i] = now () - begin;
  }
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
  qsort (times, REPEATS, sizeof *times, compare_doubles);
  return times[REPEATS / 2];
}

static void
draw_chart (gpointer           data,
            cairo_t           *cr,
            double             width,
            double             height,
            const MpPlotStyle *style)
{
  mp_chart_draw (data, cr, width, height, style);
}

static void
draw_scatter (gpointer           data,
              cairo_t           *cr,
              double             width,
              double             height,
              const MpPlotStyle *style)
{
  mp_scatter_draw (data, cr, width, height, style);
}

typedef struct
{
  MpScatter *scatter;
  float     *points[2];
  gsize      n;
} Moving;

/* What a training lane costs a frame: new points each time. */
static void
draw_moving (gpointer           data,
             cairo_t           *cr,
             double             width,
             double             height,
             const MpPlotStyle *style)
{
  Moving *moving = data;

  mp_scatter_set_points (moving->scatter, MP_POINTS_DATA, moving->points[0], (gint64) moving->n, 2);
  mp_scatter_set_points (moving->scatter, MP_POINTS_SAMPLES, moving->points[1], (gint64) moving->n, 2);
  mp_scatter_draw (moving->scatter, cr, width, height, style);
}

/* A frame of a window in which everything has changed: three lanes with new points and new layers, three charts with
 * new values, at the sizes of a window of 1280 × 800. */
typedef struct
{
  MpScatter *scatters[CANNED_LANES];
  MpChart   *charts[CANNED_LANES];
  float     *points[2];
  float     *layer;
} Frame;

static void
draw_frame (gpointer           data,
            cairo_t           *cr,
            double             width,
            double             height,
            const MpPlotStyle *style)
{
  const double extent[4] = { -3, 3, -3, 3 };
  Frame       *frame = data;

  for (guint lane = 0; lane < CANNED_LANES; lane++) {
    g_autoptr (MpHeatMap) heat_map = mp_heat_map_new ("critic output", 0, extent, 64, 64, frame->layer);

    mp_scatter_set_points (frame->scatters[lane], MP_POINTS_DATA, frame->points[0], 2000, 2);
    mp_scatter_set_points (frame->scatters[lane], MP_POINTS_SAMPLES, frame->points[1], 2000, 2);
    mp_scatter_set_heat_map (frame->scatters[lane], heat_map);
    cairo_save (cr);
    cairo_translate (cr, 323 * lane, 0);
    mp_scatter_draw (frame->scatters[lane], cr, 289, 326, style);
    cairo_translate (cr, 0, 400);
    mp_chart_draw (frame->charts[lane], cr, 314, 200, style);
    cairo_restore (cr);
  }
}

static void
draw_picture (gpointer           data,
              cairo_t           *cr,
              double             width,
              double             height,
              const MpPlotStyle *style)
{
  mp_picture_draw (data, cr, width, height, style);
}

static void
report (const char *what,
        double      milliseconds)
{
  g_print ("%-58s %8.3f ms\n", what, milliseconds);
}

static void
run_table (void)
{
  const gsize          many = 10000000;
  g_autoptr (MpSeries) series = NULL;
  g_autoptr (MpChart)  chart = mp_chart_new ();
  double               begin = now ();

  series = canned_series (0, many);
  report ("make and append 10,000,000 values", now () - begin);
  g_print ("%-58s %8.2f MB\n", "held for them", (double) mp_series_get_size (series) / 1e6);
  mp_chart_set_title (chart, "Loss", NULL);
  mp_chart_add_series (chart, series, "GAN", 0, MP_DASH_SOLID);
  report ("chart 1280×720, 10,000,000 values", time_draw (draw_chart, chart, 1280, 720));
  mp_chart_set_smoothing (chart, 5000);
  report ("the same, smoothed", time_draw (draw_chart, chart, 1280, 720));
  mp_chart_set_cursor (chart, 5e6, TRUE);
  report ("the same, with cursor", time_draw (draw_chart, chart, 1280, 720));
  for (guint kind = 0; kind < 3; kind++) {
    g_autoptr (MpChart) small = canned_chart (kind, 100000);

    report (kind == 0 ? "chart 310×240, 3 × 100,000 values, own scales" :
            kind == 1 ? "chart 310×240, 3 × 100,000 values, log" : "chart 310×240, 3 × 43 values",
            time_draw (draw_chart, small, 310, 240));
  }
}

static void
run_frame (void)
{
  g_autofree float *data = canned_ring (1, 2000, 8, 2, 0.2), *samples = canned_ring (2, 2000, 8, 2, 0.2);
  float             layer[64 * 64];
  Frame             frame = { .points = { data, samples }, .layer = layer };

  for (guint i = 0; i < G_N_ELEMENTS (layer); i++)
    layer[i] = (float) (sin (i % 64 / 9.0) * cos (i / 64 / 9.0));
  for (guint lane = 0; lane < CANNED_LANES; lane++) {
    frame.scatters[lane] = canned_scatter (lane, 10);
    frame.charts[lane] = canned_chart (lane % 2, 100000);
  }
  report ("frame 1280×800, all new: 3 × 4,000 points, layers, charts", time_draw (draw_frame, &frame, 1280, 800));
  for (guint lane = 0; lane < CANNED_LANES; lane++) {
    mp_scatter_unref (frame.scatters[lane]);
    mp_chart_unref (frame.charts[lane]);
  }
}

static void
run_points (void)
{
  g_autoptr (MpScatter) scatter = canned_scatter (2, 2000);
  g_autofree float     *data = canned_ring (1, 2000, 8, 2, 0.2), *samples = canned_ring (2, 2000, 8, 2, 0.2);
  Moving                moving = { scatter, { data, samples }, 2000 };
  g_autoptr (MpPicture) picture = canned_picture (2000, 100000);

  report ("scatter 300×300, 2,000 + 2,000 points, unchanged", time_draw (draw_scatter, scatter, 300, 300));
  report ("scatter 300×300, 2,000 + 2,000 new points", time_draw (draw_moving, &moving, 300, 300));
  mp_scatter_set_heat_map (scatter, NULL);
  report ("the same without a layer", time_draw (draw_moving, &moving, 300, 300));
  report ("picture 1280×800, 3 lanes, 3 charts", time_draw (draw_picture, picture, 1280, 800));
  run_frame ();
}

/* ---- layers ---- */

static const MpDrawing over[] = { MP_DRAW_LATTICE, MP_DRAW_POINTS, MP_DRAW_MARKS, MP_DRAW_ARROWS };

typedef struct
{
  MpScatter *scatter;
  MpPanel   *panel;
  float     *points[2];
  MpLayer   *surface, *beside, *overlays[G_N_ELEMENTS (over)];
} Layered;

/* A lane with all that it can show, as a snapshot brings it anew: background, four overlays, their legend, a panel. */
static void
draw_layered (gpointer           data,
              cairo_t           *cr,
              double             width,
              double             height,
              const MpPlotStyle *style)
{
  Layered              *layered = data;
  g_autoptr (MpHeatMap) heat_map = mp_layer_make_heat_map (layered->surface);

  for (guint role = 0; role < MP_N_POINTS; role++)
    mp_scatter_set_points (layered->scatter, role, layered->points[role], 2000, 2);
  mp_scatter_set_heat_map (layered->scatter, heat_map);
  mp_scatter_clear_overlays (layered->scatter);
  for (guint i = 0; i < G_N_ELEMENTS (over); i++)
    mp_layer_add_overlay (layered->overlays[i], layered->scatter, 0);
  mp_scatter_draw (layered->scatter, cr, 289, 190, style);
  mp_scatter_draw_legend (layered->scatter, cr, 289, FALSE, style);
  mp_layer_fill_panel (layered->beside, layered->panel);
  mp_panel_draw (layered->panel, cr, 289, 130, style);
}

static void
run_layers (void)
{
  const char *const names[] = { "matrix", "two spaces", "bars" };
  g_autofree float *data = canned_ring (1, 2000, 8, 2, 0.2), *samples = canned_ring (2, 2000, 8, 2, 0.2);

  for (MpDrawing drawing = MP_DRAW_MATRIX; drawing <= MP_DRAW_BARS; drawing++) {
    Layered          layered = { mp_scatter_new (), mp_panel_new (), { data, samples }, canned_layer (MP_DRAW_SURFACE, 0),
                                 canned_layer (drawing, drawing == MP_DRAW_SPACE ? 2 : 0) };
    g_autofree char *name = g_strdup_printf ("all layers of a lane 289×326 anew, with %s", names[drawing - MP_DRAW_MATRIX]);

    for (guint i = 0; i < G_N_ELEMENTS (over); i++)
      layered.overlays[i] = canned_layer (over[i], 0);
    mp_scatter_set_axes (layered.scatter, TRUE);
    report (name, time_draw (draw_layered, &layered, 640, 400));
    for (guint i = 0; i < G_N_ELEMENTS (over); i++)
      canned_layer_free (layered.overlays[i]);
    canned_layer_free (layered.surface);
    canned_layer_free (layered.beside);
    mp_scatter_unref (layered.scatter);
    mp_panel_unref (layered.panel);
  }
}

static int
write_picture (int    argc,
               char **argv)
{
  g_autoptr (MpPicture) picture = canned_picture (1000, 42000);
  g_autoptr (GError)    error = NULL;
  const char           *theme = argc > 5 ? argv[5] : "light";
  double                width, height;
  MpPlotStyle           style;

  mp_picture_get_natural_size (picture, &width, &height);
  if (argc > 4) {
    width = atof (argv[3]);
    height = atof (argv[4]);
  }
  mp_plot_style_init (&style, (strstr (theme, "dark") != NULL ? MP_PLOT_DARK : 0) |
                              (strstr (theme, "contrast") != NULL ? MP_PLOT_HIGH_CONTRAST : 0));
  if (mp_picture_write (picture, argv[2], width, height, argc > 6 ? atof (argv[6]) : 1, &style, &error))
    return 0;
  g_printerr ("%s\n", error->message);
  return 1;
}

int
main (int    argc,
      char **argv)
{
  setlocale (LC_ALL, "");
  if (argc > 2 && strcmp (argv[1], "--picture") == 0)
    return write_picture (argc, argv);
  run_table ();
  run_points ();
  run_layers ();
  return 0;
}
