/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "engine/runs/timeline-file.h"
#include "scratch.h"

#define N 40
#define GRID 8
#define BUDGET (8 << 20)

typedef struct
{
  char *dir;
  char *path;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->dir = mp_scratch_new ();
  fixture->path = g_build_filename (fixture->dir, "timeline", NULL);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  mp_scratch_remove (fixture->dir);
  g_free (fixture->path);
  g_free (fixture->dir);
}

static float
value_at (guint64 iteration,
          guint   i)
{
  return 3 * sinf ((float) iteration * 0.01f + (float) i);
}

static gboolean
append (MpTimelineWriter *writer,
        guint64           iteration,
        const char       *layer)
{
  float samples[2 * N], values[GRID * GRID];
  MpTimelineFrame frame = {
    .mark = { iteration, (double) iteration / 8, 200 * iteration, FALSE }, .n = N, .dimensions = 2, .samples = samples
  };

  for (guint i = 0; i < 2 * N; i++)
    samples[i] = value_at (iteration, i);
  if (layer != NULL) {
    frame.layer = (MpTimelineLayer) { (char *) layer, (char *) "Critic σ", 0.5, GRID, GRID, { -2, 2, -1, 1 }, values };
    for (guint i = 0; i < GRID * GRID; i++)
      values[i] = i == 3 ? NAN : value_at (iteration, i + 100);
  }
  return mp_timeline_writer_append (writer, &frame, NULL);
}

/* What was written comes back within half a step of 16 bits over its range. */
static void
assert_frame (MpTimelineReader *reader,
              guint             index,
              guint64           iteration,
              guint64           layer_iteration)
{
  g_autoptr (GError) error = NULL;
  MpTimelineFrame frame;

  g_assert_true (mp_timeline_reader_load (reader, index, layer_iteration > 0, &frame, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (frame.mark.iteration, ==, iteration);
  g_assert_cmpfloat (frame.mark.seconds, ==, (double) iteration / 8);
  g_assert_cmpuint (frame.mark.points, ==, 200 * iteration);
  g_assert_cmpint (frame.n, ==, N);
  g_assert_cmpint (frame.dimensions, ==, 2);
  for (guint i = 0; i < 2 * N; i++)
    g_assert_cmpfloat_with_epsilon (frame.samples[i], value_at (iteration, i), 6.0 / 65534);
  if (layer_iteration > 0) {
    g_assert_cmpstr (frame.layer.id, ==, "critic-output");
    g_assert_cmpstr (frame.layer.title, ==, "Critic σ");
    g_assert_cmpint (frame.layer.width, ==, GRID);
    g_assert_cmpfloat (frame.layer.neutral, ==, 0.5);
    g_assert_cmpfloat (frame.layer.extent[2], ==, -1);
    g_assert_true (isnan (frame.layer.values[3]));
    for (guint i = 4; i < GRID * GRID; i++)
      g_assert_cmpfloat_with_epsilon (frame.layer.values[i], value_at (layer_iteration, i + 100), 6.0 / 65534);
  }
  mp_timeline_frame_clear (&frame);
}

static void
write_some (const char *path,
            guint64     n)
{
  g_autoptr (MpTimelineWriter) writer = mp_timeline_writer_open (path, BUDGET, NULL);
  const float points[] = { 0, 1, -2, 3, 4, NAN };

  g_assert_nonnull (writer);
  g_assert_true (mp_timeline_writer_set_data (writer, 3, 2, points, NULL));
  for (guint64 i = 0; i < n; i++)
    g_assert_true (append (writer, i, i % 3 == 1 ? "critic-output" : NULL));
}

static void
test_round_trip (Fixture      *fixture,
                 gconstpointer data)
{
  g_autoptr (MpTimelineReader) reader = NULL;
  g_autofree float *points = NULL;
  gint64 n, dimensions;
  const MpTimelineMark *marks;
  guint n_marks, index;

  write_some (fixture->path, 7);
  {
    g_autoptr (MpTimelineWriter) writer = mp_timeline_writer_open (fixture->path, BUDGET, NULL);

    g_assert_true (append (writer, 6, NULL)); /* is there */
    g_assert_true (append (writer, 20, "critic-output"));
  }
  reader = mp_timeline_reader_open (fixture->path, NULL);
  marks = mp_timeline_reader_list (reader, &n_marks);
  g_assert_cmpuint (n_marks, ==, 8);
  g_assert_cmpuint (marks[7].iteration, ==, 20);
  g_assert_true (marks[7].has_layer);
  g_assert_false (marks[6].has_layer);
  for (guint i = 0; i < 7; i++)
    assert_frame (reader, i, i, i < 1 ? 0 : i - (i + 2) % 3);
  assert_frame (reader, 7, 20, 20);
  g_assert_true (mp_timeline_reader_find (reader, 19, &index));
  g_assert_cmpuint (index, ==, 6);
  g_assert_true (mp_timeline_reader_find (reader, G_MAXUINT64, &index));
  g_assert_cmpuint (index, ==, 7);
  g_assert_true (mp_timeline_reader_load_data (reader, &n, &dimensions, &points, NULL));
  g_assert_cmpint (n, ==, 3);
  g_assert_cmpint (dimensions, ==, 2);
  g_assert_cmpfloat_with_epsilon (points[2], -2, 1e-3);
  g_assert_true (isnan (points[5]));
}

/* A reader sees what a writer adds, a thinned file, and one that was cut. */
static void
test_following (Fixture      *fixture,
                gconstpointer data)
{
  g_autoptr (MpTimelineWriter) writer = mp_timeline_writer_open (fixture->path, 30000, NULL);
  g_autoptr (MpTimelineReader) reader = NULL;
  guint n;

  g_assert_true (append (writer, 0, NULL));
  reader = mp_timeline_reader_open (fixture->path, NULL);
  g_assert_false (mp_timeline_reader_refresh (reader));
  g_assert_true (append (writer, 1, "critic-output"));
  g_assert_true (mp_timeline_reader_refresh (reader));
  mp_timeline_reader_list (reader, &n);
  g_assert_cmpuint (n, ==, 2);
  assert_frame (reader, 1, 1, 1);
  for (guint64 i = 2; i < 400; i = mp_timeline_writer_next (writer, i))
    g_assert_true (append (writer, i, NULL));
  g_assert_true (mp_timeline_reader_refresh (reader));
  mp_timeline_reader_list (reader, &n);
  g_assert_cmpuint (n, <, 200);
  assert_frame (reader, 0, 0, 0);
  g_assert_true (mp_timeline_writer_cut (writer, 8, NULL));
  mp_timeline_reader_refresh (reader);
  g_assert_cmpuint (mp_timeline_reader_list (reader, &n)[n - 1].iteration, <=, 8);
  mp_timeline_reader_list (reader, &n);
  g_assert_cmpuint (n, >, 0);
}

/* Any run fits its budget, keeps its first keyframe, and is as fine at its end as the spacing says. */
static void
test_budget (Fixture      *fixture,
             gconstpointer data)
{
  const gsize budgets[] = { 120000, 30000, 12000 };

  for (guint b = 0; b < G_N_ELEMENTS (budgets); b++) {
    g_autoptr (MpTimelineWriter) writer = mp_timeline_writer_open (fixture->path, budgets[b], NULL);
    g_autoptr (MpTimelineReader) reader = NULL;
    const MpTimelineMark *marks;
    guint64 last = 0;
    guint n;

    g_assert_true (mp_timeline_writer_cut (writer, -1, NULL));
    for (guint64 i = 0; i < 3000000; i = mp_timeline_writer_next (writer, i)) {
      g_assert_true (append (writer, i, i % 4 == 0 ? "critic-output" : NULL));
      g_assert_cmpuint (mp_timeline_writer_get_size (writer), <=, budgets[b]);
      last = i;
    }
    reader = mp_timeline_reader_open (fixture->path, NULL);
    marks = mp_timeline_reader_list (reader, &n);
    g_assert_cmpuint (n, >, budgets[b] / 800);
    g_assert_cmpuint (marks[0].iteration, ==, 0);
    for (guint i = 1; i < n; i++)
      g_assert_cmpuint (marks[i].iteration - marks[i - 1].iteration, <=, MAX (marks[i].iteration, 2));
    g_assert_cmpuint (marks[n - 1].iteration, >=, last / 2);
    assert_frame (reader, n / 2, marks[n / 2].iteration, 0);
  }
}

/* A budget that holds nothing leaves training alone. */
static void
test_no_room (Fixture      *fixture,
              gconstpointer data)
{
  g_autoptr (MpTimelineWriter) writer = mp_timeline_writer_open (fixture->path, 200, NULL);

  for (guint64 i = 0; i < 5; i++)
    g_assert_true (append (writer, i, NULL));
  g_assert_cmpuint (mp_timeline_writer_get_size (writer), ==, 16);
}

static void
test_torn_tails (Fixture      *fixture,
                 gconstpointer data)
{
  g_autofree char *whole = NULL;
  gsize size;

  write_some (fixture->path, 3);
  g_assert_true (g_file_get_contents (fixture->path, &whole, &size, NULL));
  for (gsize cut = 0; cut <= size; cut++) {
    g_autoptr (MpTimelineReader) reader = NULL;
    g_autofree guint8 *bytes = g_malloc (cut + 100);
    guint n, kept;

    memcpy (bytes, whole, cut);
    memset (bytes + cut, 0x5a, 100);
    g_assert_true (g_file_set_contents (fixture->path, (char *) bytes,
                                        (gssize) (cut < 16 || cut == size ? cut : cut + 100), NULL));
    reader = mp_timeline_reader_open (fixture->path, NULL);
    g_assert_nonnull (reader);
    mp_timeline_reader_list (reader, &kept);
    g_assert_cmpuint (kept, <=, 3);
    for (guint i = 0; i < kept; i++)
      assert_frame (reader, i, i, 0);
    g_assert_true (cut != size || (kept == 3 && mp_timeline_reader_get_torn (reader) == 0));
    {
      g_autoptr (MpTimelineWriter) writer = mp_timeline_writer_open (fixture->path, BUDGET, NULL);

      g_assert_nonnull (writer);
      g_assert_true (append (writer, 50, "critic-output"));
    }
    mp_timeline_reader_refresh (reader);
    mp_timeline_reader_list (reader, &n);
    g_assert_cmpuint (n, ==, kept + 1);
    assert_frame (reader, n - 1, 50, 50);
    g_assert_cmpuint (mp_timeline_reader_get_torn (reader), ==, 0);
  }
}

/* Whatever byte is changed: nothing crashes, and what is read is what was written or an error. */
static void
test_damage (Fixture      *fixture,
             gconstpointer data)
{
  g_autofree char *whole = NULL;
  gsize size;

  write_some (fixture->path, 5);
  g_assert_true (g_file_get_contents (fixture->path, &whole, &size, NULL));
  for (gsize at = 0; at < size; at++) {
    g_autoptr (MpTimelineReader) reader = NULL;
    g_autoptr (GError) error = NULL;
    guint n, whole_ones = 0;

    whole[at] ^= (char) (1 << (at % 8));
    g_assert_true (g_file_set_contents (fixture->path, whole, (gssize) size, NULL));
    whole[at] ^= (char) (1 << (at % 8));
    reader = mp_timeline_reader_open (fixture->path, &error);
    if (at < 16) {
      g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
      continue;
    }
    mp_timeline_reader_list (reader, &n);
    for (guint i = 0; i < n; i++) {
      MpTimelineFrame frame;

      if (!mp_timeline_reader_load (reader, i, TRUE, &frame, NULL))
        continue;
      mp_timeline_frame_clear (&frame);
      assert_frame (reader, i, i, 0);
      whole_ones++;
    }
    g_assert_cmpuint (whole_ones, <, 6);
  }
  g_assert_true (g_file_set_contents (fixture->path, "MPMETRIC and more bytes than a head", -1, NULL));
  {
    g_autoptr (GError) error = NULL;

    g_assert_null (mp_timeline_writer_open (fixture->path, BUDGET, &error));
    g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
  }
}

/* Points of many dimensions take a byte a value; what is not finite comes back as NAN. */
static void
test_images (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr (MpTimelineWriter) writer = mp_timeline_writer_open (fixture->path, BUDGET, NULL);
  g_autoptr (MpTimelineReader) reader = NULL;
  g_autofree float *image = g_new (float, 4 * 192);
  MpTimelineFrame frame = { .mark = { .iteration = 1 }, .n = 4, .dimensions = 192, .samples = image };
  MpTimelineFrame read;

  for (guint i = 0; i < 4 * 192; i++)
    image[i] = i % 50 == 0 ? INFINITY : value_at (1, i) / 3;
  g_assert_true (mp_timeline_writer_append (writer, &frame, NULL));
  /* One byte a value. */
  g_assert_cmpuint (mp_timeline_writer_get_size (writer), ==, 16 + 48 + 12 + 8 * 192 + 4 * 192);
  reader = mp_timeline_reader_open (fixture->path, NULL);
  g_assert_true (mp_timeline_reader_load (reader, 0, TRUE, &read, NULL));
  for (guint i = 0; i < 4 * 192; i++) {
    if (i % 50 == 0)
      g_assert_true (isnan (read.samples[i]));
    else
      g_assert_cmpfloat_with_epsilon (read.samples[i], image[i], 2.0 / 254);
  }
  g_assert_null (read.layer.values);
  mp_timeline_frame_clear (&read);
}

int
main (int    argc,
      char **argv)
{
  static const struct
  {
    const char *path;
    void (*run) (Fixture *fixture, gconstpointer data);
  } cases[] = {
    { "/timeline-file/round-trip", test_round_trip }, { "/timeline-file/following", test_following },
    { "/timeline-file/budget", test_budget },         { "/timeline-file/no-room", test_no_room },
    { "/timeline-file/torn-tails", test_torn_tails }, { "/timeline-file/damage", test_damage },
    { "/timeline-file/images", test_images },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_test_add (cases[i].path, Fixture, NULL, set_up, cases[i].run, tear_down);
  return g_test_run ();
}
