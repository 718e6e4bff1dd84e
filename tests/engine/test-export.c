/* SPDX-License-Identifier: Apache-2.0
 *
 * test-export.c: metrics of kept runs as tables and as TensorBoard event files, read back by the protocol's own code.
 */
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "engine/runs/bytes.h"
#include "engine/runs/event-file.h"
#include "engine/runs/event.pb-c.h"
#include "engine/runs/export.h"
#include "tests/engine/lane.h"
#include "tests/engine/scratch.h"

/* A run with two series: one value at each iteration, and one at each second. */
static char *
make_run (const char *parent,
          const char *name,
          double      offset)
{
  g_autoptr (MpExperiment) experiment = lane_experiment ("gan", NULL);
  g_autoptr (GError) error = NULL;
  char *dir = g_build_filename (parent, name, NULL);
  g_autoptr (MpRun) run = mp_run_create (dir, experiment, "CPU", &error);
  guint32 loss, modes;

  g_assert_no_error (error);
  g_assert_true (mp_run_add_series (run, "loss/critic", &loss, &error));
  g_assert_true (mp_run_add_series (run, "modes", &modes, &error));
  for (guint64 i = 1; i <= 4; i++) {
    double values[2] = { i == 3 ? NAN : (double) i / 8 + offset, 2.0 * (double) i };
    guint32 series[2] = { loss, modes };

    g_assert_true (mp_run_append (run, i, i % 2 == 0 ? 2 : 1, series, values, &error));
  }
  g_assert_true (mp_run_save_state (run, "finished", 4, 2.0, &error));
  g_assert_no_error (error);
  return dir;
}

static void
test_csv (void)
{
  g_autofree char *parent = mp_scratch_new (), *a = make_run (parent, "a", 0), *b = make_run (parent, "b, second", 1);
  g_autoptr (GPtrArray) dirs = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *csv = NULL;

  g_ptr_array_add (dirs, a);
  g_ptr_array_add (dirs, b);
  csv = mp_runs_to_csv (dirs, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (csv, ==, "run,iteration,loss/critic,modes\r\n"
                            "a,1,0.125,\r\na,2,0.25,4\r\na,3,nan,\r\na,4,0.5,8\r\n"
                            "\"b, second\",1,1.125,\r\n\"b, second\",2,1.25,4\r\n\"b, second\",3,nan,\r\n"
                            "\"b, second\",4,1.5,8\r\n");
  g_ptr_array_add (dirs, parent);
  g_assert_null (mp_runs_to_csv (dirs, &error));
  g_assert_nonnull (error);
  mp_scratch_remove (parent);
}

/* Runs of one name, as those of two sweeps, are told apart. */
static void
test_one_name (void)
{
  g_autofree char *parent = mp_scratch_new (), *other = g_build_filename (parent, "other", NULL);
  g_autofree char *a = make_run (parent, "run", 0), *b = make_run (other, "run", 1);
  g_autofree char *out = g_build_filename (parent, "events", NULL);
  g_autofree char *second = g_build_filename (out, "run (2)", NULL);
  g_autoptr (GPtrArray) dirs = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *csv = NULL;

  g_ptr_array_add (dirs, a);
  g_ptr_array_add (dirs, b);
  csv = mp_runs_to_csv (dirs, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (csv, "\nrun,4,0.5,8\r\nrun (2),1,1.125,\r\n"));
  g_assert_true (mp_runs_to_events (dirs, out, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_test (second, G_FILE_TEST_IS_DIR));
  mp_scratch_remove (parent);
}

/* The next record's event; checks both checksums. (transfer full) */
static MpEvent__Event *
read_event (const guint8 *bytes,
            gsize         size,
            gsize        *at)
{
  gsize length = (gsize) mp_bytes_get (bytes + *at, 8);
  guint32 head = mp_event_crc32c (bytes + *at, 8), body;
  MpEvent__Event *event;

  g_assert_cmpuint (*at + 16 + length, <=, size);
  body = mp_event_crc32c (bytes + *at + 12, length);
  g_assert_cmphex (mp_bytes_get (bytes + *at + 8, 4), ==, (guint32) ((head >> 15 | head << 17) + 0xa282ead8u));
  g_assert_cmphex (mp_bytes_get (bytes + *at + 12 + length, 4), ==, (guint32) ((body >> 15 | body << 17) + 0xa282ead8u));
  event = mp_event__event__unpack (NULL, length, bytes + *at + 12);
  g_assert_nonnull (event);
  *at += 16 + length;
  return event;
}

static char *
find_file (const char *dir)
{
  g_autoptr (GDir) open = g_dir_open (dir, 0, NULL);
  const char *name = g_dir_read_name (open);

  g_assert_true (g_str_has_prefix (name, "events.out.tfevents."));
  g_assert_null (g_dir_read_name (open));
  return g_build_filename (dir, name, NULL);
}

static void
test_events (void)
{
  g_autofree char *parent = mp_scratch_new (), *run = make_run (parent, "run", 0);
  g_autofree char *out = g_build_filename (parent, "events", NULL), *place = g_build_filename (out, "run", NULL);
  g_autofree char *path = NULL, *bytes = NULL;
  g_autoptr (GPtrArray) dirs = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  guint n = 0, n_modes = 0;
  gsize size, at = 0;

  g_ptr_array_add (dirs, run);
  g_assert_true (mp_runs_to_events (dirs, out, &error));
  g_assert_no_error (error);
  path = find_file (place);
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  while (at < size) {
    MpEvent__Event *event = read_event ((const guint8 *) bytes, size, &at);

    if (n == 0) {
      g_assert_cmpstr (event->file_version, ==, "brain.Event:2");
    } else {
      const MpEvent__Value *value = event->summary->value[0];

      g_assert_cmpuint (event->summary->n_value, ==, 1);
      if (g_str_equal (value->tag, "modes")) {
        g_assert_cmpfloat (value->simple_value, ==, 2.0f * (float) event->step);
        n_modes++;
      } else if (event->step == 3) {
        g_assert_true (isnan (value->simple_value));
      } else {
        g_assert_cmpfloat (value->simple_value, ==, (float) event->step / 8);
      }
    }
    mp_event__event__free_unpacked (event, NULL);
    n++;
  }
  g_assert_cmpuint (n, ==, 1 + 4 + 2);
  g_assert_cmpuint (n_modes, ==, 2);
  mp_scratch_remove (parent);
}

/* RFC 3720, appendix B.4. */
static void
test_crc (void)
{
  guint8 bytes[32] = { 0 };

  g_assert_cmphex (mp_event_crc32c (bytes, 32), ==, 0x8a9136aa);
  memset (bytes, 0xff, sizeof bytes);
  g_assert_cmphex (mp_event_crc32c (bytes, 32), ==, 0x62a8ab43);
  for (guint i = 0; i < 32; i++)
    bytes[i] = (guint8) i;
  g_assert_cmphex (mp_event_crc32c (bytes, 32), ==, 0x46dd794e);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/export/csv", test_csv);
  g_test_add_func ("/export/one-name", test_one_name);
  g_test_add_func ("/export/events", test_events);
  g_test_add_func ("/export/crc32c", test_crc);
  return g_test_run ();
}
