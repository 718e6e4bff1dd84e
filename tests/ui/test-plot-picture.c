/* SPDX-License-Identifier: Apache-2.0
 *
 * test-plot-picture.c: files are whole, valid, and only there when they succeeded.
 */
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "tests/ui/canned-layers.h"
#include "tests/ui/canned.h"
#include "ui/plot/layer-plot.h"

typedef struct
{
  char        *folder;
  MpPicture   *picture;
  MpPlotStyle  style;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->folder = g_dir_make_tmp ("mp-picture-XXXXXX", NULL);
  g_assert_nonnull (fixture->folder);
  fixture->picture = canned_picture (200, 3000);
  mp_plot_style_init (&fixture->style, MP_PLOT_LIGHT);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_autoptr (GDir) folder = g_dir_open (fixture->folder, 0, NULL);

  for (const char *name = g_dir_read_name (folder); name != NULL; name = g_dir_read_name (folder)) {
    g_autofree char *path = g_build_filename (fixture->folder, name, NULL);

    g_unlink (path);
  }
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->folder);
  mp_picture_free (fixture->picture);
}

static guint
count_files (Fixture *fixture)
{
  g_autoptr (GDir) folder = g_dir_open (fixture->folder, 0, NULL);
  guint            n = 0;

  while (g_dir_read_name (folder) != NULL)
    n++;
  return n;
}

static char *
write_picture (Fixture    *fixture,
               const char *name,
               double      scale,
               gsize      *size)
{
  g_autofree char   *path = g_build_filename (fixture->folder, name, NULL);
  g_autoptr (GError) error = NULL;
  char              *bytes = NULL;

  mp_picture_write (fixture->picture, path, 900, 640, scale, &fixture->style, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &bytes, size, &error));
  /* nothing is left beside it */
  g_assert_cmpuint (count_files (fixture), ==, 1);
  return bytes;
}

static void
test_png (Fixture       *fixture,
          gconstpointer  data)
{
  gsize            size;
  g_autofree char *bytes = write_picture (fixture, "a.PNG", 2, &size);
  g_autofree char *path = g_build_filename (fixture->folder, "a.PNG", NULL);
  cairo_surface_t *surface = cairo_image_surface_create_from_png (path);

  g_assert_cmpmem (bytes, 8, "\x89PNG\r\n\x1a\n", 8);
  g_assert_cmpint (cairo_surface_status (surface), ==, CAIRO_STATUS_SUCCESS);
  g_assert_cmpint (cairo_image_surface_get_width (surface), ==, 1800);
  g_assert_cmpint (cairo_image_surface_get_height (surface), ==, 1280);
  cairo_surface_destroy (surface);
}

static void
count_element (GMarkupParseContext  *context,
               const char           *name,
               const char          **keys,
               const char          **values,
               gpointer              data,
               GError              **error)
{
  guint *n = data;

  n[0] += g_str_equal (name, "path");
  if (!g_str_equal (name, "svg"))
    return;
  for (guint i = 0; keys[i] != NULL; i++)
    n[1] += (g_str_equal (keys[i], "width") && g_str_equal (values[i], "900px")) ||
            (g_str_equal (keys[i], "height") && g_str_equal (values[i], "640px"));
}

static void
test_svg (Fixture       *fixture,
          gconstpointer  data)
{
  const GMarkupParser            parser = { .start_element = count_element };
  guint                          n[2] = { 0 };
  gsize                          size;
  g_autofree char               *bytes = write_picture (fixture, "a.svg", 1, &size);
  g_autoptr (GMarkupParseContext) context = g_markup_parse_context_new (&parser, 0, n, NULL);
  g_autoptr (GError)             error = NULL;

  g_markup_parse_context_parse (context, bytes, (gssize) size, &error);
  g_assert_no_error (error);
  g_assert_true (g_markup_parse_context_end_parse (context, &error));
  g_assert_cmpuint (n[1], ==, 2);
  /* points stay shapes: three lanes of 200 + 200, and all the rest */
  g_assert_cmpuint (n[0], >, 1200);
}

static void
test_pdf (Fixture       *fixture,
          gconstpointer  data)
{
  gsize            size;
  g_autofree char *bytes = write_picture (fixture, "a.pdf", 1, &size);

  g_assert_cmpmem (bytes, 5, "%PDF-", 5);
  g_assert_nonnull (g_strrstr_len (bytes + size - 16, 16, "%%EOF"));
  /* 900 × 640 units of 1/96 inch in points */
  g_assert_nonnull (memmem (bytes, size, "/MediaBox [ 0 0 675 480 ]", 25));
}

typedef struct
{
  const char *name;
  double      width, height;
  GQuark    (*domain) (void);
  int         code;
  const char *message; /* a part of it */
} Refusal;

static const Refusal refusals[] = {
  { "a.jpeg", 900, 640, mp_picture_error_quark, MP_PICTURE_ERROR_FORMAT,
    "“a.jpeg” ends in “.jpeg”; pictures are written as .png, .svg or .pdf." },
  { "a", 900, 640, mp_picture_error_quark, MP_PICTURE_ERROR_FORMAT, "“a” has no extension" },
  { "a.png", 90000, 640, mp_picture_error_quark, MP_PICTURE_ERROR_SIZE, "90000 × 640" },
  { "a.png", NAN, 640, mp_picture_error_quark, MP_PICTURE_ERROR_SIZE, "must be 16 to 32000" },
  { "none/a.png", 900, 640, g_file_error_quark, G_FILE_ERROR_NOENT, "The picture could not be written: " },
};

static void
test_refuse (Fixture       *fixture,
             gconstpointer  data)
{
  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++) {
    const Refusal     *this = &refusals[i];
    g_autofree char   *path = g_build_filename (fixture->folder, this->name, NULL);
    g_autoptr (GError) error = NULL;

    g_assert_false (mp_picture_write (fixture->picture, path, this->width, this->height, 1, &fixture->style, &error));
    g_assert_error (error, this->domain (), this->code);
    g_assert_nonnull (strstr (error->message, this->message));
    g_assert_cmpuint (count_files (fixture), ==, 0);
  }
}

/* A failed write leaves the old picture as it was. */
static void
test_keep (Fixture       *fixture,
           gconstpointer  data)
{
  g_autofree char   *path = g_build_filename (fixture->folder, "a.svg", NULL);
  g_autofree char   *bytes = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, "old", -1, NULL));
  g_assert_false (mp_picture_write (fixture->picture, path, 2, 2, 1, &fixture->style, &error));
  g_assert_error (error, MP_PICTURE_ERROR, MP_PICTURE_ERROR_SIZE);
  g_assert_true (g_file_get_contents (path, &bytes, NULL, NULL));
  g_assert_cmpstr (bytes, ==, "old");
}

static void
test_single (Fixture       *fixture,
             gconstpointer  data)
{
  g_autoptr (MpChart)   chart = canned_chart (1, 20000);
  g_autoptr (MpScatter) scatter = canned_scatter (2, 100);
  g_autoptr (MpPanel)   panel = mp_panel_new ();
  MpLayer              *layer = canned_layer (MP_DRAW_SPACE, 2);

  mp_layer_fill_panel (layer, panel);
  canned_layer_free (layer);
  for (guint i = 0; i < 3; i++) {
    static const char *const extensions[] = { "png", "svg", "pdf" };
    g_autofree char         *name = g_strdup_printf ("a.%s", extensions[i]);
    g_autofree char         *path = g_build_filename (fixture->folder, name, NULL);
    g_autoptr (GError)       error = NULL;

    mp_chart_write (chart, path, 480, 320, 1.5, &fixture->style, &error);
    g_assert_no_error (error);
    mp_scatter_write (scatter, path, 400, 440, 2, &fixture->style, &error);
    g_assert_no_error (error);
    mp_panel_write (panel, path, 400, 440, 2, &fixture->style, &error);
    g_assert_no_error (error);
  }
  g_assert_cmpuint (count_files (fixture), ==, 3);
}

/* One to six lanes, with and without panels, overlays and charts, from postcard to wall: Cairo is content. */
static void
test_layouts (Fixture       *fixture,
              gconstpointer  data)
{
  for (guint i = 0; i < 6 * 3 * 4; i++) {
    static const int      sizes[][2] = { { 1280, 800 }, { 500, 400 }, { 200, 900 }, { 64, 48 } };
    const int            *size = sizes[i / 18];
    g_autoptr (MpPicture) picture = mp_picture_new (i % 2 == 0 ? "A title" : NULL, i % 3 == 0 ? NULL : "and more");
    cairo_surface_t      *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, size[0], size[1]);
    cairo_t              *cr = cairo_create (surface);
    double                width, height;

    for (guint lane = 0; lane <= i % 6; lane++) {
      g_autoptr (MpScatter) scatter = canned_scatter (lane % 3, 50);
      g_autoptr (MpPanel)   panel = mp_panel_new ();
      MpLaneHead            head = { .title = "A lane whose name is longer than any card is wide", .lane = lane,
                                     .modes = -1, .high_quality = NAN, .rate = NAN,
                                     .state = lane == 2 ? "diverged" : NULL };

      if ((lane + i) % 4 == 0) {
        MpLayer *layer = canned_layer (MP_DRAW_MATRIX + lane % 3, 0), *arrows = canned_layer (MP_DRAW_ARROWS, 0);

        mp_layer_fill_panel (layer, panel);
        mp_layer_add_overlay (arrows, scatter, 0);
        canned_layer_free (layer);
        canned_layer_free (arrows);
      }
      mp_picture_add_lane (picture, &head, scatter, panel);
    }
    for (guint k = 0; k < i / 6 % 3 * 2; k++) {
      g_autoptr (MpChart) chart = canned_chart (k % 3, 100);

      mp_picture_add_chart (picture, chart);
    }
    mp_picture_get_natural_size (picture, &width, &height);
    g_assert_cmpfloat (width, >=, 320);
    g_assert_cmpfloat (height, >=, 320);
    mp_picture_draw (picture, cr, size[0], size[1], &fixture->style);
    g_assert_cmpint (cairo_status (cr), ==, CAIRO_STATUS_SUCCESS);
    cairo_destroy (cr);
    cairo_surface_destroy (surface);
  }
}

static void
test_summary (void)
{
  MpLaneHead       head = { .modes = 3, .n_modes = 8, .high_quality = 0.614, .rate = 1204.4 };
  g_autofree char *all = mp_lane_head_summary (&head);
  g_autofree char *some = NULL;
  g_autofree char *none = NULL;

  g_assert_cmpstr (all, ==, "modes 3/8 · HQ 61 % · 1,204 it/s");
  head = (MpLaneHead) { .modes = -1, .high_quality = NAN, .rate = 3.14, .state = "diverged" };
  some = mp_lane_head_summary (&head);
  g_assert_cmpstr (some, ==, "diverged · 3.1 it/s");
  head = (MpLaneHead) { .modes = -1, .high_quality = NAN, .rate = NAN };
  none = mp_lane_head_summary (&head);
  g_assert_cmpstr (none, ==, "");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test) g_test_add ("/plot/picture/" path, Fixture, NULL, set_up, test, tear_down)
  ADD ("png", test_png);
  ADD ("svg", test_svg);
  ADD ("pdf", test_pdf);
  ADD ("refuse", test_refuse);
  ADD ("keep", test_keep);
  ADD ("single", test_single);
  ADD ("layouts", test_layouts);
#undef ADD
  g_test_add_func ("/plot/picture/summary", test_summary);
  return g_test_run ();
}
