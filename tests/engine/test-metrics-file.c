/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/runs/metrics-file.h"

typedef struct
{
  char *dir;
  char *path;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->dir = g_dir_make_tmp ("matchpoint-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->dir, "metrics", NULL);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  g_unlink (fixture->path);
  g_rmdir (fixture->dir);
  g_free (fixture->path);
  g_free (fixture->dir);
}

static double
value_at (guint64 iteration,
          guint32 series)
{
  if (iteration == 3 && series == 0)
    return NAN;
  return (double) iteration / 3 + series;
}

static void
append_range (MpMetricsWriter *writer,
              guint64          first,
              guint64          last)
{
  for (guint64 i = first; i <= last; i++) {
    guint32 series[2];
    double values[2];

    g_assert_true (mp_metrics_writer_add_series (writer, "loss/critic", &series[0], NULL));
    g_assert_true (mp_metrics_writer_add_series (writer, "loss/generator", &series[1], NULL));
    values[0] = value_at (i, series[0]);
    values[1] = value_at (i, series[1]);
    g_assert_true (mp_metrics_writer_append (writer, i, 2, series, values, NULL));
  }
}

/* Every point of a series, which must be a run of iterations from `first` with the values that append_range writes. */
static guint
assert_points (MpMetricsReader *reader,
               const char      *id,
               guint32          number,
               guint64          first)
{
  g_autoptr (GArray) iterations = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (double));

  mp_metrics_reader_read (reader, id, iterations, values);
  g_assert_cmpuint (iterations->len, ==, values->len);
  for (guint i = 0; i < values->len; i++) {
    double wanted = value_at (first + i, number);

    g_assert_cmpuint (g_array_index (iterations, guint64, i), ==, first + i);
    g_assert_true (memcmp (&wanted, &g_array_index (values, double, i), sizeof wanted) == 0);
  }
  return values->len;
}

/* How many iterations are there, which is all but one of them. */
static guint
count_but (MpMetricsReader *reader,
           guint64          lost)
{
  g_autoptr (GArray) iterations = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (double));

  mp_metrics_reader_read (reader, "loss/generator", iterations, values);
  for (guint i = 0; i < iterations->len; i++) {
    guint64 iteration = g_array_index (iterations, guint64, i);
    double wanted = value_at (iteration, 1);

    g_assert_cmpuint (iteration, ==, i + 1 + (i + 1 >= lost));
    g_assert_true (memcmp (&wanted, &g_array_index (values, double, i), sizeof wanted) == 0);
  }
  return iterations->len;
}

static void
test_round_trip (Fixture      *fixture,
                 gconstpointer data)
{
  g_autoptr (MpMetricsReader) reader = NULL;
  const MpMetricsEvent *events;
  guint n;

  for (guint session = 0; session < 3; session++) {
    g_autoptr (MpMetricsWriter) writer = mp_metrics_writer_open (fixture->path, NULL);

    append_range (writer, 1 + 5000 * session, 5000 * (session + 1));
    g_assert_true (mp_metrics_writer_append_event (writer, 5000 * (session + 1), "method.σ=2", NULL));
    g_assert_true (mp_metrics_writer_flush (writer, TRUE, NULL));
  }
  reader = mp_metrics_reader_open (fixture->path, NULL);
  g_assert_cmpuint (mp_metrics_reader_get_torn (reader), ==, 0);
  g_assert_cmpuint (mp_metrics_reader_get_iteration (reader), ==, 15000);
  g_assert_cmpuint (assert_points (reader, "loss/critic", 0, 1), ==, 15000);
  g_assert_cmpuint (assert_points (reader, "loss/generator", 1, 1), ==, 15000);
  g_assert_cmpuint (assert_points (reader, "absent", 1, 1), ==, 0);
  g_assert_cmpstr (mp_metrics_reader_list_series (reader, &n)[1], ==, "loss/generator");
  g_assert_cmpuint (n, ==, 2);
  events = mp_metrics_reader_list_events (reader, &n);
  g_assert_cmpuint (n, ==, 3);
  g_assert_cmpstr (events[2].text, ==, "method.σ=2");
  g_assert_cmpuint (events[1].iteration, ==, 10000);
}

/* A file cut at every byte, and with zeros behind the cut as file systems leave them, keeps all whole records and takes
 * new ones. */
static void
test_torn_tails (Fixture      *fixture,
                 gconstpointer data)
{
  g_autofree char *whole = NULL;
  gsize size;

  {
    g_autoptr (MpMetricsWriter) writer = mp_metrics_writer_open (fixture->path, NULL);

    append_range (writer, 1, 6);
    g_assert_true (mp_metrics_writer_append_event (writer, 6, "method.ridge=0.1", NULL));
  }
  g_assert_true (g_file_get_contents (fixture->path, &whole, &size, NULL));

  for (gsize cut = 0; cut <= size; cut++)
    for (guint zeros = 0; zeros <= 4096; zeros += 2048) {
      /* head 16; series 8+4+11, 8+4+14; values 8+28 each; event 8+8+16 */
      guint wanted = cut < 65 ? 0 : MIN ((guint) (cut - 65) / 36, 6);
      g_autoptr (MpMetricsReader) before = NULL;
      g_autoptr (MpMetricsReader) after = NULL;
      g_autoptr (GString) bytes = g_string_new_len (whole, (gssize) cut);
      guint n;

      /* A record that ends in a zero is whole again. */
      if ((cut < 16 || (cut < 281 && (cut - 64) % 36 == 0)) && zeros > 0)
        continue;
      for (guint i = 0; i < zeros; i++)
        g_string_append_c (bytes, 0);
      g_assert_true (g_file_set_contents (fixture->path, bytes->str, (gssize) bytes->len, NULL));

      before = mp_metrics_reader_open (fixture->path, NULL);
      g_assert_nonnull (before);
      g_assert_cmpuint (assert_points (before, "loss/critic", 0, 1), ==, wanted);
      g_assert_cmpuint (assert_points (before, "loss/generator", 1, 1), ==, wanted);
      mp_metrics_reader_list_events (before, &n);
      g_assert_cmpuint (n, ==, cut == size ? 1 : 0);
 {
      g_autoptr (MpMetricsWriter) writer = mp_metrics_writer_open (fixture->path, NULL);

      g_assert_nonnull (writer);
      append_range (writer, wanted + 1, wanted + 2);
    }
      after = mp_metrics_reader_open (fixture->path, NULL);
      g_assert_cmpuint (mp_metrics_reader_get_torn (after), ==, 0);
      g_assert_cmpuint (assert_points (after, "loss/critic", 0, 1), ==, wanted + 2);
      g_assert_cmpuint (assert_points (after, "loss/generator", 1, 1), ==, wanted + 2);
    }
}

/* One changed bit is left out with the record that holds it and nothing else; in the name of a series, with all that needs
 * it. In the last record it is mostly a torn tail. */
static void
test_flipped_bits (Fixture      *fixture,
                   gconstpointer data)
{
  g_autofree char *whole = NULL;
  gsize size;

  {
    g_autoptr (MpMetricsWriter) writer = mp_metrics_writer_open (fixture->path, NULL);

    append_range (writer, 1, 4);
  }
  g_assert_true (g_file_get_contents (fixture->path, &whole, &size, NULL));
  for (gsize bit = 0; bit < 8 * size; bit++) {
    gsize at = bit / 8, begin = at < 16 ? 0 : at < 39 ? 16 : at < 65 ? 39 : 65 + (at - 65) / 36 * 36, offset;
    gsize damaged = at < 65 ? 209 - begin - 36 : 36, torn = at < 65 ? 36 : 0;
    g_autoptr (GBytes) bytes = NULL;
    g_autoptr (MpMetricsReader) reader = NULL;
    g_autoptr (GError) error = NULL;

    whole[bit / 8] = (char) (whole[bit / 8] ^ (1 << (bit % 8)));
    bytes = g_bytes_new (whole, size);
    whole[bit / 8] = (char) (whole[bit / 8] ^ (1 << (bit % 8)));
    reader = mp_metrics_reader_parse (bytes, "flipped", &error);
    if (at < 39) {
      g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
      continue;
    }
    g_assert_no_error (error);
    /* What claims to be longer or as long as it is is torn, a shorter one has something behind it. */
    if (begin == 173 && mp_metrics_reader_get_torn (reader) > 0) {
      damaged = 0;
      torn = 36;
    }
    g_assert_cmpuint (mp_metrics_reader_get_damage (reader, &offset), ==, damaged);
    g_assert_cmpuint (offset, ==, damaged > 0 ? begin : 0);
    g_assert_cmpuint (mp_metrics_reader_get_torn (reader), ==, torn);
    g_assert_cmpuint (count_but (reader, (guint) (begin - 65) / 36 + 1), ==, at < 65 ? 0 : 3);
  }
}

/* What is damaged stays as it is: nobody goes on behind it, and nobody cuts there. */
static void
test_damage_is_kept (Fixture      *fixture,
                     gconstpointer data)
{
  g_autofree char *whole = NULL;
  g_autofree char *after = NULL;
  g_autofree char *junk = NULL;
  g_autoptr (GError) error = NULL;
  gsize size, size_after;

  {
    g_autoptr (MpMetricsWriter) writer = mp_metrics_writer_open (fixture->path, NULL);

    append_range (writer, 1, 100);
  }
  g_assert_true (g_file_get_contents (fixture->path, &whole, &size, NULL));
  /* In a number, and in the length of the record. */
  for (guint at = 65 + 49 * 36 + 4; at < 65 + 49 * 36 + 16; at++) {
    whole[at] ^= 0x21;
    g_assert_true (g_file_set_contents (fixture->path, whole, (gssize) size, NULL));
    g_assert_null (mp_metrics_writer_open (fixture->path, &error));
    g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
    g_assert_nonnull (strstr (error->message, "/metrics” is damaged at byte 1829 (36 bytes cannot be read)"));
    g_clear_error (&error);
    g_assert_true (g_file_get_contents (fixture->path, &after, &size_after, NULL));
    g_assert_cmpmem (after, size_after, whole, size);
    g_clear_pointer (&after, g_free);
    whole[at] ^= 0x21;
  }

  /* Nothing whole behind, and more than one record could be. */
  junk = g_malloc (size);
  for (gsize i = 0; i < size; i++)
    junk[i] = (char) (i < 16 ? (guint8) whole[i] : 1 + 37 * i % 101);
  junk[20] = junk[21] = 1;
  g_assert_true (g_file_set_contents (fixture->path, junk, (gssize) size, NULL));
  g_assert_null (mp_metrics_reader_open (fixture->path, &error));
  g_assert_nonnull (strstr (error->message, "is damaged from byte 16 on"));
  g_clear_error (&error);
  g_assert_null (mp_metrics_writer_open (fixture->path, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
}

static void
test_cut (Fixture      *fixture,
          gconstpointer data)
{
  g_autoptr (MpMetricsWriter) writer = mp_metrics_writer_open (fixture->path, NULL);
  g_autoptr (MpMetricsReader) reader = NULL;
  g_autoptr (MpMetricsReader) empty = NULL;
  guint32 late;
  double value = 1;

  append_range (writer, 1, 10);
  g_assert_true (mp_metrics_writer_add_series (writer, "late", &late, NULL));
  g_assert_true (mp_metrics_writer_append (writer, 11, 1, &late, &value, NULL));
  g_assert_true (mp_metrics_writer_cut (writer, 7, NULL));
  append_range (writer, 8, 9);
  g_assert_true (mp_metrics_writer_add_series (writer, "later", &late, NULL));
  g_assert_cmpuint (late, ==, 2);
  g_assert_true (mp_metrics_writer_flush (writer, FALSE, NULL));
  reader = mp_metrics_reader_open (fixture->path, NULL);
  g_assert_cmpuint (assert_points (reader, "loss/critic", 0, 1), ==, 9);

  g_assert_true (mp_metrics_writer_cut (writer, -1, NULL));
  empty = mp_metrics_reader_open (fixture->path, NULL);
  g_assert_cmpuint (assert_points (empty, "loss/critic", 0, 1), ==, 0);
  append_range (writer, 0, 3);
}

/* What waits is on disk after a second, without anybody asking. */
static void
test_flush_interval (Fixture      *fixture,
                     gconstpointer data)
{
  gint64 begin = g_get_monotonic_time ();
  g_autoptr (MpMetricsWriter) writer = mp_metrics_writer_open (fixture->path, NULL);
  g_autoptr (MpMetricsReader) early = NULL;
  g_autoptr (MpMetricsReader) late = NULL;

  append_range (writer, 1, 2);
  early = mp_metrics_reader_open (fixture->path, NULL);
  if (g_get_monotonic_time () - begin < G_USEC_PER_SEC) /* else this machine was busy elsewhere */
    g_assert_cmpuint (assert_points (early, "loss/critic", 0, 1), ==, 0);
  g_usleep (1100 * 1000);
  append_range (writer, 3, 3);
  late = mp_metrics_reader_open (fixture->path, NULL);
  g_assert_cmpuint (assert_points (late, "loss/critic", 0, 1), ==, 3);
}

/* A full disk, played by a limit on the file's size: the file stays whole, and goes on when there is room again. */
static void
test_no_room (Fixture      *fixture,
              gconstpointer data)
{
  struct rlimit before, limit;
  g_autoptr (MpMetricsWriter) writer = mp_metrics_writer_open (fixture->path, NULL);
  g_autoptr (MpMetricsReader) reader = NULL;
  g_autoptr (MpMetricsReader) full = NULL;
  g_autoptr (GError) error = NULL;

  signal (SIGXFSZ, SIG_IGN);
  append_range (writer, 1, 100);
  g_assert_true (mp_metrics_writer_flush (writer, FALSE, NULL));
  append_range (writer, 101, 200);

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &before), ==, 0);
  limit = before;
  limit.rlim_cur = 65 + 36 * 150 + 7;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  g_assert_false (mp_metrics_writer_flush (writer, FALSE, &error));
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &before), ==, 0);
  g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, fixture->path));

  full = mp_metrics_reader_open (fixture->path, NULL);
  g_assert_cmpuint (mp_metrics_reader_get_torn (full), ==, 0);
  g_assert_cmpuint (assert_points (full, "loss/critic", 0, 1), ==, 100);

  append_range (writer, 201, 210);
  g_assert_true (mp_metrics_writer_flush (writer, FALSE, NULL));
  reader = mp_metrics_reader_open (fixture->path, NULL);
  g_assert_cmpuint (assert_points (reader, "loss/critic", 0, 1), ==, 210);
}

static void
test_foreign (Fixture      *fixture,
              gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *kept = NULL;

  g_assert_true (g_file_set_contents (fixture->path, "dear diary, today", -1, NULL));
  g_assert_null (mp_metrics_writer_open (fixture->path, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, "byte 0 is 0x64"));
  g_assert_true (g_file_get_contents (fixture->path, &kept, NULL, NULL));
  g_assert_cmpstr (kept, ==, "dear diary, today");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add ("/metrics-file/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("round-trip", test_round_trip);
  ADD ("torn-tails", test_torn_tails);
  ADD ("flipped-bits", test_flipped_bits);
  ADD ("damage-is-kept", test_damage_is_kept);
  ADD ("cut", test_cut);
  ADD ("flush-interval", test_flush_interval);
  ADD ("no-room", test_no_room);
  ADD ("foreign", test_foreign);
#undef ADD
  return g_test_run ();
}
