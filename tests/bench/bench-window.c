/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-window.c: the window as it is, watched from inside its process: bench-window PRESET SECONDS [play|scrub]
 *
 * Opens the window on PRESET, with "play" presses Play at the first frame, closes it after SECONDS and prints one JSON
 * object: seconds from the start of the process to the end of the first frame's painting, frames per second, and
 * the time between the start of a frame and the end of its painting, median and 99th percentile in milliseconds. Runs
 * are kept where MATCHPOINT_RUNS_DIR says; their rates are read from there.
 *
 * "scrub" plays too, and pauses after SECONDS; then the timeline is moved to MOMENTS moments of what was trained, here
 * and there, and the object has the time from each move to the end of the painting that shows it, median and worst.
 */
#include <adwaita.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "ui/ui.h"
#include "ui/window.h"

#define MOMENTS 100

typedef struct
{
  double seconds;
  gboolean play, scrub;
  double first_frame;   /* seconds since the process started */
  guint  n_moves;
  gint64 moved_at;      /* 0: what was moved to is painted */
  gint64 first_paint, last_paint, paint_start;
  GArray  *paints;      /* double, ms */
  GArray  *shown;       /* double, ms from a move to the end of its painting */
} Bench;

static Bench bench;

/* Seconds since the kernel started this process. */
static double
process_age (void)
{
  g_autofree char *stat = NULL;
  unsigned long long ticks = 0;
  struct timespec now;
  char *field;

  if (!g_file_get_contents ("/proc/self/stat", &stat, NULL, NULL))
    return NAN;
  /* Field 22 counts from the name's closing parenthesis, behind field 2. */
  field = strrchr (stat, ')');
  for (int i = 2; field != NULL && i < 22; i++)
    field = strchr (field + 1, ' ');
  if (field == NULL)
    return NAN;
  ticks = g_ascii_strtoull (field + 1, NULL, 10);
  clock_gettime (CLOCK_BOOTTIME, &now);
  return now.tv_sec + now.tv_nsec / 1e9 - (double) ticks / (double) sysconf (_SC_CLK_TCK);
}

static gboolean
move_cb (gpointer window)
{
  MpTimeline *timeline = mp_session_get_timeline (mp_window_get_session (window));

  if (bench.n_moves == MOMENTS) {
    gtk_window_close (window);
    return G_SOURCE_REMOVE;
  }
  bench.moved_at = g_get_monotonic_time ();
  mp_timeline_seek (timeline, mp_timeline_get_now (timeline) * (bench.n_moves * 61 % MOMENTS + 0.5) / MOMENTS);
  bench.n_moves++;
  return G_SOURCE_REMOVE;
}

static gboolean
end_cb (gpointer window)
{
  if (bench.scrub) {
    mp_session_pause (mp_window_get_session (window));
    g_timeout_add (1000, move_cb, window);
  } else {
    gtk_window_close (window);
  }
  return G_SOURCE_REMOVE;
}

/* The end of a painting that a move was waiting for. */
static void
take_move (gint64   now,
           gpointer window)
{
  double shown = (now - bench.moved_at) / 1000.0;

  if (bench.moved_at == 0)
    return;
  bench.moved_at = 0;
  g_array_append_val (bench.shown, shown);
  g_timeout_add (37, move_cb, window); /* anywhere between two frames */
}

static void
before_paint_cb (GdkFrameClock *clock,
                 gpointer       window)
{
  bench.paint_start = g_get_monotonic_time ();
}

static void
after_paint_cb (GdkFrameClock *clock,
                gpointer       window)
{
  gint64 now = g_get_monotonic_time ();
  double paint = (now - bench.paint_start) / 1000.0;

  if (!gtk_widget_get_mapped (window))
    return;
  if (bench.first_paint == 0) {
    bench.first_frame = process_age ();
    bench.first_paint = now;
    if (bench.play)
      gtk_widget_activate_action (window, "win.play", NULL);
    g_timeout_add ((guint) (1000 * bench.seconds), end_cb, window);
    return;
  }
  take_move (now, window);
  bench.last_paint = now;
  g_array_append_val (bench.paints, paint);
}

/* Waits for the application's window to have a frame clock. */
static gboolean
look_for_window_cb (gpointer data)
{
  GApplication *application = g_application_get_default ();
  GtkWindow *window = application == NULL ? NULL : gtk_application_get_active_window (GTK_APPLICATION (application));
  GdkFrameClock *clock = window == NULL ? NULL : gtk_widget_get_frame_clock (GTK_WIDGET (window));

  if (clock == NULL)
    return G_SOURCE_CONTINUE;
  g_signal_connect (clock, "before-paint", G_CALLBACK (before_paint_cb), window);
  g_signal_connect (clock, "after-paint", G_CALLBACK (after_paint_cb), window);
  return G_SOURCE_REMOVE;
}

static int
compare (gconstpointer a,
         gconstpointer b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static double
percentile (GArray *times,
            double  share)
{
  g_array_sort (times, compare);
  return times->len == 0 ? 0 : g_array_index (times, double, (guint) (share * (times->len - 1)));
}

int
main (int    argc,
      char **argv)
{
  int status;

  if (argc < 3) {
    fprintf (stderr, "bench-window PRESET SECONDS [play|scrub]\n");
    return 2;
  }
  bench.seconds = g_ascii_strtod (argv[2], NULL);
  bench.scrub = argc > 3 && g_str_equal (argv[3], "scrub");
  bench.play = bench.scrub || (argc > 3 && g_str_equal (argv[3], "play"));
  bench.paints = g_array_new (FALSE, FALSE, sizeof (double));
  bench.shown = g_array_new (FALSE, FALSE, sizeof (double));
  g_idle_add_full (G_PRIORITY_HIGH, look_for_window_cb, NULL, NULL);
  status = mp_ui_run (0, NULL, argv[1]);
  printf ("{\"first_frame_s\": %.3f, \"frames_per_s\": %.1f, \"frame_ms\": %.2f, \"frame_p99_ms\": %.2f",
          bench.first_frame,
          bench.last_paint > bench.first_paint
          ? bench.paints->len / ((bench.last_paint - bench.first_paint) / 1e6) : 0.0,
          percentile (bench.paints, 0.5), percentile (bench.paints, 0.99));
  if (bench.scrub)
    printf (", \"moments\": %u, \"shown_ms\": %.2f, \"shown_worst_ms\": %.2f", bench.shown->len,
            percentile (bench.shown, 0.5), percentile (bench.shown, 1));
  puts ("}");
  return status;
}
