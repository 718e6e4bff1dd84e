/* SPDX-License-Identifier: Apache-2.0
 *
 * test-data-files.c: points from tables, pictures and drawings: how they are read, what is refused and with which
 * words, and that a kept run stays true to its file.
 */
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "engine/data/data.h"
#include "engine/data/strokes.h"
#include "engine/runs/bytes.h"
#include "engine/runs/run.h"
#include "tests/engine/scratch.h"

/* An experiment that lies in the scratch folder, where its files are looked for. */
static MpExperiment *
parse (const char *dir,
       const char *kind,
       const char *keys)
{
  g_autofree char *text = g_strdup_printf ("[data]\nkind = %s\n%s\n[method]\nkind = gan\n", kind, keys);
  g_autofree char *path = g_build_filename (dir, "test.ini", NULL);
  g_autoptr (GError) error = NULL;
  MpExperiment *experiment = mp_experiment_parse (text, -1, path, &error);

  g_assert_no_error (error);
  return experiment;
}

static void
write_file (const char *dir,
            const char *name,
            const char *text)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

/* ---- tables ---- */

static MpData *
open_table (const char  *dir,
            const char  *text,
            const char  *keys,
            GError     **error)
{
  g_autofree char *all = g_strconcat ("file = table.csv\n", keys, NULL);
  g_autoptr (MpExperiment) experiment = parse (dir, "csv", all);

  write_file (dir, "table.csv", text);
  return mp_data_open (experiment, 1, error);
}

/* The points of a table without scaling, in their order: two, (1.5, 2) and (−3, 0.25). */
static void
test_tables (void)
{
  static const struct
  {
    const char *text, *keys;
  } cases[] = {
    { "1.5,2\n-3,0.25\n", "" },
    { "1.5,2\r\n-3,0.25\r\n", "" },
    { "1.5,2\n-3,0.25", "" },
    { "\xef\xbb\xbfx,y\n1.5,2\n-3,0.25\n", "" },
    { "# a comment\n\nx,y\n1.5,2\n   \n# and another\n-3,0.25\n", "" },
    { "1.5;2\n-3;0.25\n", "" },
    { "1.5\t2\n-3\t0.25\n", "" },
    { "  1.5   2\n -3\t 0.25 \n", "" },
    { "1,5;2\n-3;0,25\n", "decimal = comma\n" },
    { "1,5\t2\n-3\t2,5e-1\n", "decimal = comma\nseparator = tab\n" },
    { "\"1.5\",\"2\"\n\"-3\" , 0.25\n", "" },
    { "name,x,y\n\"a, b \"\"c\"\"\",1.5,2\nd,-3,0.25\n", "columns = x, y\n" },
    { "y,name,x\n2,a,1.5\n0.25,b,-3\n", "columns = x, y\n" },
    { "2,a,1.5\n0.25,b,-3\n", "columns = 3, 1\n" },
    { "7,8\n1.5,2\n-3,0.25\n", "header = yes\n" },
    { "x,y\n1.5,2\nNA,1\n1,\n-3,0.25\n", "missing = skip\n" },
    { "1.5,2,5,6\n-3,.25e0\n", "separator = comma\n" },
    { "+1.5,2.\n-3.000,0.25\n", "" },
    { "caf\xe9,1.5,2\nbar,-3,0.25\n", "columns = 2, 3\n" },
  };
  g_autofree char *dir = mp_scratch_new ();

  for (guint c = 0; c < G_N_ELEMENTS (cases); c++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *keys = g_strconcat ("scaling = none\n", cases[c].keys, NULL);
    g_autoptr (MpData) data = open_table (dir, cases[c].text, keys, &error);
    float points[4];

    g_test_message ("%s%s", cases[c].text, cases[c].keys);
    g_assert_no_error (error);
    g_assert_cmpint (mp_data_get_n_points (data), ==, 2);
    mp_data_get_batch (data, 0, 2, points);
    if (points[0] < 0) /* an epoch is a permutation */
      for (guint j = 0; j < 2; j++) {
        float first = points[j];

        points[j] = points[2 + j];
        points[2 + j] = first;
      }
    g_assert_cmpfloat (points[0], ==, 1.5f);
    g_assert_cmpfloat (points[1], ==, 2);
    g_assert_cmpfloat (points[2], ==, -3);
    g_assert_cmpfloat (points[3], ==, 0.25f);
    g_assert_true (isnan (mp_data_density (data, (double[]) { 0, 0 })));
    g_assert_cmpuint (strlen (mp_data_get_digest (data)), ==, 64);
  }
  mp_scratch_remove (dir);
}

static void
test_table_errors (void)
{
  static const struct
  {
    const char *text, *keys, *pattern;
  } cases[] = {
    { "1,2\n3,four\n", "", "*table.csv”, line 2, column 2: “four” is not a number; it must be written like 1.5*" },
    { "1,2\n3,\n", "", "*line 2, column 2: there is nothing where a number is wanted*missing = skip*" },
    { "1,2\nNaN,3\n", "", "*line 2, column 1: there is “NaN” where a number*" },
    { "1,2\n3\n", "", "*line 2: there is no column 2*separated by commas*" },
    { "1 2\n3\n", "", "*line 2: there is no column 2*separated by spaces*" },
    { "1,2\n3,1e99\n", "", "*line 2, column 2: “1e99” is not a number*" },
    { "1,2\n3,0x10\n", "", "*column 2: “0x10” is not a number*" },
    { "1;2\n3;4,5\n", "", "*column 2: “4,5” is not a number; it must be written like 1.5*" },
    { "a,b\n1,2\n", "columns = x, b\n", "*line 1: there is no column “x”*the header has a, b.*" },
    { "1,2\n", "columns = 1\n", "*[data] columns = “1” is not allowed: it must be two*" },
    { "1,2\n", "columns = 0, 1\n", "*no column “0”*" },
    { "1,2\n", "columns = x, y\nheader = no\n", "*“x” is not the number of a column*header = no*" },
    { "1,2\n", "decimal = comma\nseparator = comma\n", "*separator and decimal cannot both be comma*" },
    { "# nothing\n\nx,y\n", "", "*table.csv” has no line with a point in it*" },
    { "", "", "*table.csv” has no line with a point in it*" },
    { "1,2\n\xff\xfe,3\n", "", "*table.csv”: the byte at offset 4 is not part of a UTF-8 text*" },
    { "x,y\n\x81\x1b[31m\x90\n", "", "*table.csv”: the byte at offset 4 is not part of a UTF-8 text*" },
    { "\x81\x1b[31m\n1,2\n", "columns = x, y\n", "*table.csv”: the byte at offset 0 is not part of a UTF-8 text*" },
    { "\xff\xfe" "1,2\n3,4\n", "", "*table.csv” is a text in UTF-16, which is not read; save it as UTF-8.*" },
    { "1,2\n3,\x1b[31mred\n", "", "*line 2, column 2: “\\x1b[31mred” is not a number*" },
    { "\x1b[31mred,b\n1,2\n", "columns = a, b\n", "*the header has \\x1b[31mred, b.*" },
    { "1,2\n3," "0123456789012345678901234567890123456789xxx\n", "",
      "*“0123456789012345678901234567890123456789…” is not a number*" },
  };
  g_autofree char *dir = mp_scratch_new ();
  g_autoptr (MpExperiment) absent = parse (dir, "csv", "file = absent.csv\n");
  g_autoptr (MpExperiment) folder = parse (dir, "csv", "file = .\n");
  g_autoptr (GError) error = NULL;

  for (guint c = 0; c < G_N_ELEMENTS (cases); c++) {
    g_autoptr (GError) mistake = NULL;
    g_autoptr (MpData) data = open_table (dir, cases[c].text, cases[c].keys, &mistake);

    g_assert_null (data);
    if (!g_pattern_match_simple (cases[c].pattern, mistake->message))
      g_error ("“%s” is not like “%s”", mistake->message, cases[c].pattern);
    g_assert_true (g_utf8_validate (mistake->message, -1, NULL));
  }
  g_assert_null (mp_data_open (absent, 1, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, "absent.csv"));
  g_assert_nonnull (strstr (error->message, dir));
  g_assert_nonnull (strstr (error->message, "/examples”"));
  g_clear_error (&error);
  g_assert_null (mp_data_open (folder, 1, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
  mp_scratch_remove (dir);
}

/* Lines that straddle blocks, and a limit by lot: every point has the same chance, and none comes twice. */
static void
test_large_table (void)
{
  const guint n = 40000;
  g_autofree char *dir = mp_scratch_new ();
  g_autoptr (GString) text = g_string_new ("x,y\n");
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (MpData) all = NULL, some = NULL, again = NULL;
  g_autofree float *points = g_new (float, 2 * n), *others = g_new (float, 2 * n);
  double sum = 0;

  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "%u,%u\n", i, 2 * i);
  all = open_table (dir, text->str, "scaling = none\n", &error);
  g_assert_no_error (error);
  g_assert_cmpint (mp_data_get_n_points (all), ==, n);
  mp_data_get_batch (all, 0, n, points);
  for (guint i = 0; i < n; i++) {
    g_assert_cmpfloat (points[2 * i + 1], ==, 2 * points[2 * i]);
    sum += points[2 * i];
  }
  g_assert_cmpfloat (sum, ==, n * (n - 1.0) / 2);

  some = open_table (dir, text->str, "scaling = none\nlimit = 2000\n", &error);
  again = open_table (dir, text->str, "scaling = none\nlimit = 2000\n", &error);
  g_assert_cmpint (mp_data_get_n_points (some), ==, 2000);
  mp_data_get_batch (some, 0, 2000, points);
  mp_data_get_batch (again, 0, 2000, others);
  g_assert_cmpmem (points, 4000 * sizeof (float), others, 4000 * sizeof (float));
  sum = 0;
  for (guint i = 0; i < 2000; i++) {
    g_assert_true (g_hash_table_add (seen, GUINT_TO_POINTER ((guint) points[2 * i] + 1)));
    sum += points[2 * i];
  }
  /* the mean of 2000 of 0 … n − 1: n/√12 over √2000 */
  g_assert_cmpfloat (fabs (sum / 2000 - n / 2.0), <, 5 * n / sqrt (12.0 * 2000));
  mp_scratch_remove (dir);
}

static void
test_scaling (void)
{
  g_autofree char *dir = mp_scratch_new ();
  const char *text = "10,100\n30,100\n20,140\n20,100\n";
  g_autoptr (MpData) fit = open_table (dir, text, "scaling = fit\n", NULL);
  g_autoptr (MpData) standard = open_table (dir, text, "scaling = standard\n", NULL);
  g_autoptr (MpData) alone = open_table (dir, "3,4\n", "scaling = standard\n", NULL);
  float points[8];
  double low = INFINITY, high = -INFINITY, sum[2] = { 0 }, square[2] = { 0 }, extent[4];

  mp_data_get_batch (fit, 0, 4, points);
  for (guint i = 0; i < 4; i++) {
    /* the box is 20 × 40: y fills −1 … 1, x −1/2 … 1/2 */
    g_assert_cmpfloat (fabsf (points[2 * i]), <=, 0.5f);
    low = MIN (low, points[2 * i + 1]);
    high = MAX (high, points[2 * i + 1]);
  }
  g_assert_cmpfloat (low, ==, -1);
  g_assert_cmpfloat (high, ==, 1);
  mp_data_get_batch (standard, 0, 4, points);
  for (guint i = 0; i < 8; i++) {
    sum[i % 2] += points[i];
    square[i % 2] += points[i] * points[i];
  }
  for (guint j = 0; j < 2; j++) {
    g_assert_cmpfloat (fabs (sum[j]), <, 1e-6);
    g_assert_cmpfloat (fabs (square[j] - 4), <, 1e-5);
  }
  mp_data_get_extent (alone, extent);
  g_assert_cmpfloat (extent[1], >, extent[0]);
  g_assert_cmpfloat (extent[3], >, extent[2]);
  mp_scratch_remove (dir);
}

/* ---- pictures ---- */

/* 4 × 2 pixels: black, dark (grey 51), white, half transparent black; below white but for the last, grey 102. */
static void
write_picture (const char *dir)
{
  static const guchar pixels[] = {
    0, 0, 0, 255, 51, 51, 51, 255, 255, 255, 255, 255, 0, 0, 0, 128,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 102, 102, 102, 255,
  };
  g_autoptr (GBytes) bytes = g_bytes_new_static (pixels, sizeof pixels);
  g_autoptr (GdkPixbuf) picture = gdk_pixbuf_new_from_bytes (bytes, GDK_COLORSPACE_RGB, TRUE, 8, 4, 2, 16);
  g_autofree char *path = g_build_filename (dir, "picture.png", NULL);
  g_autoptr (GError) error = NULL;

  gdk_pixbuf_save (picture, path, "png", &error, NULL);
  g_assert_no_error (error);
}

static void
test_picture (void)
{
  g_autofree char *dir = mp_scratch_new ();
  /* half the longer side is 2: pixels are 1 × 1, the picture is [−2, 2] × [−1, 1] */
  const double dark[2][4] = { { 1, 0.8, 0, 128 / 255.0 }, { 0, 0, 0, 0.6 } };
  const double bright[2][4] = { { 0, 0.2, 1, 0 }, { 1, 1, 1, 0.4 } };
  const double (*expected[2])[4] = { dark, bright };
  static const char *const keys[] = { "mass = dark\n", "mass = bright\n" };

  write_picture (dir);
  for (guint k = 0; k < 2; k++) {
    g_autofree char *all = g_strconcat ("threshold = 0\n", keys[k], NULL);
    g_autoptr (MpExperiment) experiment = parse (dir, "image", all);
    g_autoptr (GError) error = NULL;
    g_autoptr (MpData) data = mp_data_open (experiment, 1, &error);
    double sum = 0, extent[4];

    g_assert_no_error (error);
    for (guint i = 0; i < 8; i++)
      sum += expected[k][i / 4][i % 4];
    for (guint i = 0; i < 8; i++) {
      const double middle[2] = { i % 4 - 1.5, 0.5 - i / 4 };

      g_assert_cmpfloat (fabs (mp_data_density (data, middle) - expected[k][i / 4][i % 4] / sum), <, 1e-12);
    }
    mp_data_get_extent (data, extent);
    g_assert_cmpfloat (extent[1], >, 2);
  }
  mp_scratch_remove (dir);
}

/* Averaging keeps the mass of blocks of pixels, whatever the number of cells; noise spreads it. */
static void
test_picture_resolution (void)
{
  g_autofree char *dir = mp_scratch_new ();
  g_autoptr (MpExperiment) experiment = NULL, lattice = NULL;
  g_autoptr (MpData) data = NULL, points = NULL;
  g_autoptr (GError) error = NULL;
  float batch[200];
  const double left = (1 + 0.8) / (1 + 0.8 + 128 / 255.0 + 0.6);

  write_picture (dir);
  experiment = parse (dir, "image", "threshold = 0\nresolution = 2\n");
  data = mp_data_open (experiment, 1, &error);
  g_assert_no_error (error);
  /* 2 × 1 cells of 2 × 2 */
  g_assert_cmpfloat (fabs (mp_data_density (data, (double[]) { -1, 0.9 }) - left / 4), <, 1e-12);
  g_assert_cmpfloat (fabs (mp_data_density (data, (double[]) { 1.9, -0.9 }) - (1 - left) / 4), <, 1e-12);

  lattice = parse (dir, "image", "threshold = 0\njitter = false\npoints = 0\n");
  points = mp_data_open (lattice, 1, &error);
  mp_data_get_batch (points, 0, 100, batch);
  for (guint i = 0; i < 200; i++)
    g_assert_cmpfloat (fabsf (batch[i] - floorf (batch[i])), ==, 0.5f);
  g_assert_true (isnan (mp_data_density (points, (double[]) { 0.5, 0.5 })));
  mp_scratch_remove (dir);
}

static void
test_picture_errors (void)
{
  g_autofree char *dir = mp_scratch_new ();
  g_autofree char *path = g_build_filename (dir, "picture.png", NULL);
  g_autofree char *whole = NULL;
  guint32 crc;
  g_autoptr (MpExperiment) experiment = parse (dir, "image", "");
  g_autoptr (MpExperiment) high = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  write_file (dir, "picture.png", "x,y\n1,2\n");
  g_assert_null (mp_data_open (experiment, 1, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, "is not a picture that can be read"));
  g_clear_error (&error);
  write_file (dir, "picture.png", "");
  g_assert_null (mp_data_open (experiment, 1, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
  g_clear_error (&error);

  write_picture (dir);
  high = parse (dir, "image", "mass = bright\nthreshold = 0.99\ncontrast = 20\n");
  g_file_get_contents (path, &whole, &length, NULL);
  g_file_set_contents (path, whole, (gssize) length / 2, NULL);
  g_assert_null (mp_data_open (experiment, 1, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
  g_clear_error (&error);

  /* The head says 40000 pixels across: nobody makes room for them. */
  memcpy (whole + 16, "\0\0\x9c\x40", 4);
  crc = GUINT32_TO_BE (mp_bytes_crc32 ((const guint8 *) whole + 12, 17));
  memcpy (whole + 29, &crc, 4);
  g_file_set_contents (path, whole, (gssize) length, NULL);
  g_assert_null (mp_data_open (experiment, 1, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, "has 40000 × "));
  mp_scratch_remove (dir);
}

/* Wherever a file is cut, it is refused; what follows its end does no harm. */
static void
check_cuts (const char *format,
            const char *end)
{
  g_autofree char *dir = mp_scratch_new (), *whole = NULL;
  g_autofree char *path = g_build_filename (dir, "picture.png", NULL);
  g_autoptr (MpExperiment) experiment = parse (dir, "image", "");
  g_autoptr (GdkPixbuf) picture = gdk_pixbuf_new (GDK_COLORSPACE_RGB, FALSE, 8, 24, 16);
  g_autoptr (GString) longer = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (MpData) data = NULL;
  gsize length;

  for (guint i = 0; i < 16 * 24 * 3; i++)
    gdk_pixbuf_get_pixels (picture)[i / 72 * (guint) gdk_pixbuf_get_rowstride (picture) + i % 72] = (guchar) (i * i % 251);
  gdk_pixbuf_save (picture, path, format, &error, NULL);
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &whole, &length, NULL));
  g_assert_cmpuint (length, >, 500);
  for (gsize cut = length - 1; cut > 0; cut--) {
    g_autofree char *count = g_strdup_printf ("it has %" G_GSIZE_FORMAT " byte", cut);

    g_assert_cmpint (truncate (path, (off_t) cut), ==, 0);
    g_assert_null (mp_data_open (experiment, 1, &error));
    g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
    g_assert_nonnull (strstr (error->message, "picture.png” is cut short"));
    g_assert_nonnull (strstr (error->message, count));
    if (cut > 8)
      g_assert_nonnull (strstr (error->message, end));
    g_clear_error (&error);
  }
  g_string_append_len (longer, whole, (gssize) length);
  g_string_append (longer, "trailing");
  g_assert_true (g_file_set_contents (path, longer->str, (gssize) longer->len, NULL));
  data = mp_data_open (experiment, 1, &error);
  g_assert_no_error (error);
  mp_scratch_remove (dir);
}

static void
test_cut_pictures (void)
{
  check_cuts ("png", "IEND");
  check_cuts ("jpeg", "FF D9");
}

/* ---- drawings ---- */

static void
test_strokes (void)
{
  const char *text = "+0.1 -0.5 0 0.5 0; -0.05 0 0.125; +0.08*0.5 0 -0.5 0.001 1";
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) strokes = mp_strokes_parse (text, &error);
  g_autofree char *again = NULL;

  g_assert_no_error (error);
  g_assert_cmpuint (strokes->len, ==, 3);
  g_assert_true (((MpStroke *) strokes->pdata[1])->erase);
  g_assert_cmpfloat (((MpStroke *) strokes->pdata[2])->strength, ==, 0.5);
  again = mp_strokes_format (strokes);
  g_assert_cmpstr (again, ==, text);
}

static void
test_stroke_errors (void)
{
  static const char *const cases[][2] = {
    { "0.1 0 0", "*stroke 1, a + or a −*" }, { "+0 0 0", "*a radius above 0*" },
    { "+0.1", "*stroke 1, another number*" },
    { "+0.1 0 0; +0.1 0", "*stroke 2, another number*" }, { "+0.1 0 zero", "*a number is wanted at “zero”*" },
    { "+0.1*2 0 0", "*a strength above 0, up to 1*" }, { "+ 0.1 0 0", "*a radius is wanted*" },
    { "+0.1 1e9 0", "*a number is wanted*" }, { "+0.1 nan 0", "*a number is wanted*" },
  };

  for (guint c = 0; c < G_N_ELEMENTS (cases); c++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (mp_strokes_parse (cases[c][0], &error));
    g_assert_error (error, MP_ERROR, MP_ERROR_EXPERIMENT);
    if (!g_pattern_match_simple (cases[c][1], error->message))
      g_error ("“%s” is not like “%s”", error->message, cases[c][1]);
  }
}

/* A stroke is a stadium of area 2rl + πr²; an eraser takes a disc out of it; a weak brush leaves in proportion. */
static void
test_raster (void)
{
  enum { SIDE = 400 };
  static const struct
  {
    const char *text;
    double area;
  } cases[] = {
    { "+0.2 0 0", G_PI * 0.04 },
    { "+0.1 -0.5 0.1 0.5 0.1", 0.2 + G_PI * 0.01 },
    { "+0.1 -0.5 0.1 0.5 0.1; -0.05 0.1 0.1", 0.2 + G_PI * (0.01 - 0.0025) },
    { "+0.3*0.25 0 0", 0.25 * G_PI * 0.09 },
    { "+0.3 0 0; +0.1*0.5 0 0", G_PI * (0.09 - 0.5 * 0.01) },
    { "+0.1 1 1", G_PI * 0.01 / 4 },
    { "+0.1 5 5", 0 },
    { "+0.1 0 0; -2 0.3 0.2", 0 },
  };
  g_autofree double *mass = g_new (double, SIDE * SIDE);

  for (guint c = 0; c < G_N_ELEMENTS (cases); c++) {
    g_autoptr (GPtrArray) strokes = mp_strokes_parse (cases[c].text, NULL);
    double sum = 0;

    mp_strokes_rasterise (strokes, SIDE, mass);
    for (guint i = 0; i < SIDE * SIDE; i++)
      sum += mass[i] * (2.0 / SIDE) * (2.0 / SIDE);
    /* a cell at the edge is right to about a tenth of it, with a random sign: far below the area of a ring of cells */
    g_assert_cmpfloat (fabs (sum - cases[c].area), <, 2e-4);
  }
}

static void
test_drawing (void)
{
  g_autofree char *dir = mp_scratch_new ();
  g_autoptr (MpExperiment) experiment
    = parse (dir, "drawing", "strokes = +0.5 -0.2 0; -0.25 -0.2 0\nsize = 1\npoints = 0");
  g_autoptr (MpExperiment) empty = parse (dir, "drawing", "strokes = +0.5 0 0; -1 0 0\n");
  g_autoptr (GError) error = NULL;
  g_autoptr (MpData) data = mp_data_open (experiment, 1, &error);
  float points[2000];

  g_assert_no_error (error);
  mp_data_get_batch (data, 0, 1000, points);
  for (guint i = 0; i < 1000; i++) {
    double radius = hypot (points[2 * i] + 0.2, points[2 * i + 1]);

    /* a cell is 1/128 wide */
    g_assert_cmpfloat (radius, <, 0.5 + 1.5 / 128);
    g_assert_cmpfloat (radius, >, 0.25 - 1.5 / 128);
  }
  g_assert_cmpfloat (fabs (mp_data_density (data, (double[]) { 0.2, 0 }) * G_PI * (0.25 - 0.0625) - 1), <, 1e-3);
  g_assert_cmpfloat (mp_data_density (data, (double[]) { -0.2, 0 }), ==, 0);
  g_assert_null (mp_data_open (empty, 1, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_EXPERIMENT);
  g_assert_nonnull (strstr (error->message, "nowhere to put points"));
  mp_scratch_remove (dir);
}

/* ---- paths and kept runs ---- */

static void
test_paths (void)
{
  g_autofree char *dir = mp_scratch_new ();
  g_autoptr (MpExperiment) beside = parse (dir, "csv", "file = table.csv\n");
  g_autoptr (MpExperiment) example = parse (dir, "csv", "");
  g_autofree char *path = NULL, *wanted = g_build_filename (dir, "table.csv", NULL);
  g_autofree char *example_path = NULL, *text = NULL, *inside = NULL, *example_text = NULL;

  write_file (dir, "table.csv", "1,2\n");
  path = mp_experiment_dup_path (beside, "data", "file");
  g_assert_cmpstr (path, ==, wanted);
  text = mp_experiment_to_text (beside);
  g_assert_nonnull (strstr (text, wanted));
  inside = mp_experiment_to_text_in (beside, dir);
  g_assert_nonnull (strstr (inside, "file=table.csv\n"));
  /* an example is known by its name on every machine */
  example_path = mp_experiment_dup_path (example, "data", "file");
  g_assert_true (g_str_has_suffix (example_path, "/examples/points.csv"));
  example_text = mp_experiment_to_text (example);
  g_assert_nonnull (strstr (example_text, "file=points.csv\n"));
  mp_scratch_remove (dir);
}

/* What is set is looked for where that was said, not beside the experiment. */
static void
test_set_paths (void)
{
  g_autofree char *dir = mp_scratch_new (), *here = mp_scratch_new ();
  g_autofree char *wanted = g_build_filename (here, "points.csv", NULL);
  g_autofree char *other = g_build_filename (dir, "other.csv", NULL);
  g_autoptr (MpExperiment) experiment = parse (dir, "csv", "");
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL, *text = NULL;

  write_file (here, "points.csv", "1,2\n");
  write_file (dir, "points.csv", "3,4\n");
  write_file (dir, "other.csv", "5,6\n");
  g_assert_true (mp_experiment_set_from (experiment, "data.file = ./points.csv", here, &error));
  path = mp_experiment_dup_path (experiment, "data", "file");
  g_assert_cmpstr (path, ==, wanted);

  g_assert_false (mp_experiment_set_from (experiment, "data.file=other.csv", here, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, here));
  g_assert_nonnull (strstr (error->message, "/examples”"));
  g_clear_error (&error);
  g_assert_true (mp_experiment_set_from (experiment, "data.file=other.csv", NULL, &error));
  g_free (path);
  path = mp_experiment_dup_path (experiment, "data", "file");
  g_assert_cmpstr (path, ==, other);

  /* an example, though there is a file of its name beside the experiment */
  g_assert_cmpint (g_remove (wanted), ==, 0);
  g_assert_true (mp_experiment_set_from (experiment, "data.file=points.csv", here, &error));
  g_free (path);
  path = mp_experiment_dup_path (experiment, "data", "file");
  g_assert_true (g_str_has_suffix (path, "/examples/points.csv"));
  text = mp_experiment_to_text (experiment);
  g_assert_nonnull (strstr (text, "file=points.csv\n"));
  mp_scratch_remove (dir);
  mp_scratch_remove (here);
}

/* The run has the file: it opens after the original is gone and after the folder has moved, and not with another. */
static void
test_kept (void)
{
  g_autofree char *dir = mp_scratch_new ();
  g_autofree char *run_dir = g_build_filename (dir, "run", NULL), *moved = g_build_filename (dir, "moved", NULL);
  g_autofree char *original = g_build_filename (dir, "table.csv", NULL);
  g_autofree char *kept = g_build_filename (moved, "data", "table.csv", NULL);
  g_autoptr (MpExperiment) experiment = parse (dir, "csv", "file = table.csv\n");
  g_autoptr (MpExperiment) other = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (MpRun) run = NULL;
  g_autoptr (MpData) data = NULL;

  write_file (dir, "table.csv", "1,2\n3,4\n5,6\n");
  run = mp_run_create (run_dir, experiment, "test", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (mp_experiment_get_string (experiment, "data", "sha256"), ==, "");
  g_clear_pointer (&run, mp_run_close);
  g_assert_cmpint (g_remove (original), ==, 0);
  g_assert_cmpint (g_rename (run_dir, moved), ==, 0);

  run = mp_run_open (moved, FALSE, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (strlen (mp_experiment_get_string (mp_run_get_experiment (run), "data", "sha256")), ==, 64);
  data = mp_data_open (mp_run_get_experiment (run), 1, &error);
  g_assert_no_error (error);
  g_assert_cmpint (mp_data_get_n_points (data), ==, 3);
  g_assert_cmpstr (mp_data_get_digest (data), ==,
                   mp_experiment_get_string (mp_run_get_experiment (run), "data", "sha256"));
  g_clear_pointer (&data, mp_data_free);

  g_assert_true (g_file_set_contents (kept, "1,2\n3,4\n5,7\n", -1, NULL));
  g_assert_null (mp_data_open (mp_run_get_experiment (run), 1, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, "is not the file that this experiment was trained on"));
  g_clear_error (&error);

  /* whoever names another file means it */
  other = mp_experiment_copy (mp_run_get_experiment (run));
  mp_experiment_set_value (other, "data", "file", kept, &error);
  data = mp_data_open (other, 1, &error);
  g_assert_no_error (error);
  mp_scratch_remove (dir);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/data-files/tables", test_tables);
  g_test_add_func ("/data-files/table-errors", test_table_errors);
  g_test_add_func ("/data-files/large-table", test_large_table);
  g_test_add_func ("/data-files/scaling", test_scaling);
  g_test_add_func ("/data-files/picture", test_picture);
  g_test_add_func ("/data-files/picture-resolution", test_picture_resolution);
  g_test_add_func ("/data-files/picture-errors", test_picture_errors);
  g_test_add_func ("/data-files/cut-pictures", test_cut_pictures);
  g_test_add_func ("/data-files/strokes", test_strokes);
  g_test_add_func ("/data-files/stroke-errors", test_stroke_errors);
  g_test_add_func ("/data-files/raster", test_raster);
  g_test_add_func ("/data-files/drawing", test_drawing);
  g_test_add_func ("/data-files/paths", test_paths);
  g_test_add_func ("/data-files/set-paths", test_set_paths);
  g_test_add_func ("/data-files/kept", test_kept);
  return g_test_run ();
}
