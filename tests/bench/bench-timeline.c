/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-timeline.c: the timeline of an hour's run at 2,000 iterations a second: its size, opening it, and showing any
 * moment of it (500 points, a layer of 64 × 64). Goals: under 200 MB, under 50 ms.
 */
#include <glib/gstdio.h>
#include <stdio.h>

#include "engine/runs/timeline-file.h"

#define N 500
#define GRID 64
#define ITERATIONS 7200000

int
main (void)
{
  g_autofree char *dir = g_dir_make_tmp ("matchpoint-bench-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "timeline", NULL);
  g_autofree float *points = g_new0 (float, 2 * N);
  g_autofree float *values = g_new0 (float, GRID * GRID);
  g_autoptr (MpTimelineWriter) writer = mp_timeline_writer_open (path, 40000000, NULL);
  g_autoptr (MpTimelineReader) reader = NULL;
  MpTimelineFrame frame = {
    .n = N, .dimensions = 2, .samples = points,
    .layer = { (char *) "critic-output", (char *) "Critic", 0, GRID, GRID, { -1, 1, -1, 1 }, values }
  };
  gint64 start = g_get_monotonic_time (), worst = 0, total = 0, opened;
  guint n;

  for (guint64 i = 0; i <= ITERATIONS; i = mp_timeline_writer_next (writer, i)) {
    frame.mark = (MpTimelineMark) { i, (double) i / 2000, 200 * i, TRUE };
    points[i % N] = values[i % (GRID * GRID)] = (float) i;
    g_assert_true (mp_timeline_writer_append (writer, &frame, NULL));
  }
  opened = g_get_monotonic_time ();
  reader = mp_timeline_reader_open (path, NULL);
  mp_timeline_reader_list (reader, &n);
  printf ("size %.1f MB, %u keyframes, %.0f us to write one, %.2f ms to open\n",
          (double) mp_timeline_writer_get_size (writer) / 1e6, n, (double) (opened - start) / n,
          (double) (g_get_monotonic_time () - opened) / 1000);
  for (guint i = 0; i < n; i++) {
    MpTimelineFrame read;
    gint64 begun = g_get_monotonic_time (), taken;

    g_assert_true (mp_timeline_reader_load (reader, (i * 7919u) % n, TRUE, &read, NULL));
    mp_timeline_frame_clear (&read);
    taken = g_get_monotonic_time () - begun;
    worst = MAX (worst, taken);
    total += taken;
  }
  printf ("moment: mean %.2f ms, worst %.2f ms\n", (double) total / n / 1000, (double) worst / 1000);
  g_unlink (path);
  g_rmdir (dir);
  return 0;
}
