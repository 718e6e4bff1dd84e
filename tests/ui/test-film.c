/* SPDX-License-Identifier: Apache-2.0
 *
 * test-film.c: films as GIF and WebP, read back by gdk-pixbuf and libwebp; palettes; films of kept runs.
 */
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <webp/demux.h>

#include "engine/train/trainer.h"
#include "tests/engine/scratch.h"
#include "ui/plot/film.h"
#include "ui/plot/palette.h"
#include "ui/plot/run-picture.h"

#define WIDTH 40
#define HEIGHT 30
#define FRAMES 5

/* A red square on white that goes to the right. */
static cairo_surface_t *
make_frame (guint i)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, WIDTH, HEIGHT);
  cairo_t *cr = cairo_create (surface);

  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_paint (cr);
  cairo_set_source_rgb (cr, 0.8, 0, 0);
  cairo_rectangle (cr, 8 * i, 10, 8, 8);
  cairo_fill (cr);
  cairo_destroy (cr);
  return surface;
}

static char *
make_film (const char *dir,
           const char *name)
{
  char *path = g_build_filename (dir, name, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (MpFilm) film = mp_film_new (path, WIDTH, HEIGHT, TRUE, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < FRAMES; i++) {
    cairo_surface_t *frame = make_frame (i);

    g_assert_true (mp_film_add (film, frame, 100, &error));
    cairo_surface_destroy (frame);
  }
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_true (mp_film_finish (film, &error));
  g_assert_no_error (error);
  return path;
}

static gboolean
is_red (const guint8 *pixel)
{
  return ABS (pixel[0] - 204) < 6 && pixel[1] < 6 && pixel[2] < 6;
}

G_GNUC_BEGIN_IGNORE_DEPRECATIONS
static void
test_gif (void)
{
  g_autofree char *dir = mp_scratch_new (), *path = make_film (dir, "film.gif");
  g_autoptr (GError) error = NULL;
  g_autoptr (GdkPixbufAnimation) film = gdk_pixbuf_animation_new_from_file (path, &error);
  g_autoptr (GdkPixbufAnimationIter) iter = NULL;
  GTimeVal time = { 1000, 0 };

  g_assert_no_error (error);
  g_assert_false (gdk_pixbuf_animation_is_static_image (film));
  iter = gdk_pixbuf_animation_get_iter (film, &time);
  for (guint i = 0; i < FRAMES; i++) {
    GdkPixbuf *frame = gdk_pixbuf_animation_iter_get_pixbuf (iter);
    const guint8 *row = gdk_pixbuf_read_pixels (frame) + 14 * gdk_pixbuf_get_rowstride (frame);
    int channels = gdk_pixbuf_get_n_channels (frame);

    g_assert_cmpint (gdk_pixbuf_get_width (frame), ==, WIDTH);
    g_assert_cmpint (gdk_pixbuf_animation_iter_get_delay_time (iter), ==, 100);
    for (guint j = 0; j < FRAMES; j++)
      g_assert_cmpint (is_red (row + (8 * j + 4) * channels), ==, i == j);
    time.tv_usec += 100000;
    gdk_pixbuf_animation_iter_advance (iter, &time);
  }
  mp_scratch_remove (dir);
}
G_GNUC_END_IGNORE_DEPRECATIONS

static void
test_webp (void)
{
  g_autofree char *dir = mp_scratch_new (), *path = make_film (dir, "film.WEBP"), *bytes = NULL;
  WebPAnimDecoder *decoder;
  WebPAnimInfo info;
  WebPData data;
  gsize size;
  guint i = 0;

  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  data = (WebPData) { (const guint8 *) bytes, size };
  decoder = WebPAnimDecoderNew (&data, NULL);
  g_assert_true (WebPAnimDecoderGetInfo (decoder, &info));
  g_assert_cmpuint (info.canvas_width, ==, WIDTH);
  g_assert_cmpuint (info.canvas_height, ==, HEIGHT);
  g_assert_cmpuint (info.frame_count, ==, FRAMES);
  g_assert_cmpuint (info.loop_count, ==, 0);
  for (; WebPAnimDecoderHasMoreFrames (decoder); i++) {
    guint8 *frame;
    int time;

    g_assert_true (WebPAnimDecoderGetNext (decoder, &frame, &time));
    g_assert_cmpint (time, ==, 100 * ((int) i + 1));
    for (guint j = 0; j < FRAMES; j++)
      g_assert_cmpint (is_red (frame + 4 * (14 * WIDTH + 8 * j + 4)), ==, i == j);
  }
  g_assert_cmpuint (i, ==, FRAMES);
  WebPAnimDecoderDelete (decoder);
  mp_scratch_remove (dir);
}

static void
test_errors (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (mp_film_new ("film.mp4", 10, 10, TRUE, &error));
  g_assert_error (error, MP_PICTURE_ERROR, MP_PICTURE_ERROR_FORMAT);
  g_clear_error (&error);
  g_assert_null (mp_film_new ("film.gif", 20000, 10, TRUE, &error));
  g_assert_error (error, MP_PICTURE_ERROR, MP_PICTURE_ERROR_SIZE);
}

/* Few colours are kept as they are; a ramp of many becomes near ones. */
static void
test_palette (void)
{
  const guint32 few[] = { 0xffffff, 0xd55e00, 0x0072b2, 0x009e73, 0x111111 };
  g_autofree MpPalette *palette = g_new0 (MpPalette, 1);
  g_autofree guint32 *ramp = g_new (guint32, 4096);

  mp_palette_count (palette, few, G_N_ELEMENTS (few));
  mp_palette_make (palette, 255);
  g_assert_cmpuint (palette->n, ==, G_N_ELEMENTS (few));
  for (guint i = 0; i < G_N_ELEMENTS (few); i++) {
    const guint8 *colour = palette->colours[mp_palette_find (palette, few[i])];

    g_assert_cmphex ((guint32) colour[0] << 16 | (guint32) colour[1] << 8 | colour[2], ==, few[i]);
  }
  memset (palette, 0, sizeof *palette);
  for (guint i = 0; i < 4096; i++)
    ramp[i] = (i >> 4) << 16 | (i & 255) << 8 | (255 - (i >> 4));
  mp_palette_count (palette, ramp, 4096);
  mp_palette_make (palette, 255);
  g_assert_cmpuint (palette->n, ==, 255);
  for (guint i = 0; i < 4096; i++)
    for (guint channel = 0; channel < 3; channel++)
      g_assert_cmpint (ABS ((int) palette->colours[mp_palette_find (palette, ramp[i])][channel]
                            - (int) (ramp[i] >> (16 - 8 * channel) & 255)), <=, 32);
}

/* ---- kept runs ---- */

static char *
train (const char *dir)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MpExperiment) experiment = mp_experiment_load ("ring-mmd-net", &error);
  char *run = g_build_filename (dir, "run", NULL);
  const MpTrainerOptions options = { .device = "cpu", .run_dir = run, .iterations = 30 };
  g_autoptr (MpTrainer) trainer = NULL;

  g_assert_no_error (error);
  trainer = mp_trainer_new (experiment, &options);
  mp_trainer_join (trainer);
  g_assert_cmpint (mp_trainer_get_state (trainer), ==, MP_LANE_FINISHED);
  return run;
}

static gboolean
count_frames (guint    done,
              guint    n,
              gpointer data)
{
  *(guint *) data = done;
  return done < 3;
}

/* A chart says how it measures; shares and modes have the axis that they can fill, whatever was reached. */
static void
check_charts (MpRunPictures *pictures)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MpPicture) picture = mp_run_pictures_make (pictures, -1, &error);
  guint n_shares = 0, n_modes = 0, n_mmd2 = 0;
  MpChart *chart;

  g_assert_no_error (error);
  for (guint i = 0; (chart = mp_picture_get_chart (picture, i)); i++) {
    const char *title = mp_chart_get_title (chart);
    g_autofree char *note = mp_chart_dup_note (chart, FALSE);
    double low, high;

    mp_chart_get_y_range (chart, &low, &high);
    if (g_str_equal (title, "High quality") && ++n_shares)
      g_assert_true (low == 0 && high == 1);
    else if (g_str_equal (title, "Modes") && ++n_modes)
      g_assert_true (low == 0 && high == 8);
    else if (g_str_equal (title, "MMD²") && ++n_mmd2)
      g_assert_true (g_str_has_prefix (note, "data space, unbiased") && isnan (low) && isnan (high));
  }
  g_assert_cmpuint (n_shares * n_modes * n_mmd2, ==, 1);
}

static void
test_run (void)
{
  g_autofree char *dir = mp_scratch_new (), *run = train (dir), *path = g_build_filename (dir, "film.gif", NULL);
  g_autoptr (GPtrArray) dirs = g_ptr_array_new ();
  g_autoptr (MpRunPictures) pictures = NULL;
  g_autoptr (GArray) moments = NULL, two = NULL;
  g_autoptr (GError) error = NULL;
  guint frames = 0;
  MpFilmSettings settings = { .most_frames = 20, .per_second = 10, .width = 300, .loop = TRUE };

  g_ptr_array_add (dirs, run);
  pictures = mp_run_pictures_new (dirs, NULL, &error);
  g_assert_no_error (error);
  moments = mp_run_pictures_list_moments (pictures, 1000);
  two = mp_run_pictures_list_moments (pictures, 2);
  g_assert_cmpuint (moments->len, >=, 3);
  g_assert_cmpuint (two->len, ==, 2);
  g_assert_cmpuint (g_array_index (two, guint64, 0), ==, 0);
  g_assert_cmpuint (g_array_index (two, guint64, 1), ==, 30);
  check_charts (pictures);
  g_assert_true (mp_run_pictures_film (pictures, path, &settings, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  g_remove (path);

  /* Stopped: nothing is written. */
  settings.progress = count_frames;
  settings.data = &frames;
  g_assert_false (mp_run_pictures_film (pictures, path, &settings, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (frames, ==, 3);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  mp_scratch_remove (dir);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/film/gif", test_gif);
  g_test_add_func ("/film/webp", test_webp);
  g_test_add_func ("/film/errors", test_errors);
  g_test_add_func ("/film/palette", test_palette);
  g_test_add_func ("/film/run", test_run);
  return g_test_run ();
}
