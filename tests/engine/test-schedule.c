/* SPDX-License-Identifier: Apache-2.0
 *
 * test-schedule.c: whatever shares memory stays in order, and what does not may overlap.
 */
#include "engine/graph/schedule.h"

static guint8 memory[4096];

static MpSpan
span (guint    step,
      gsize    start,
      gsize    bytes,
      gboolean written)
{
  return (MpSpan) { step, memory + start, bytes, written };
}

/* before[j × n + i]: i is over when j begins, by the order on its track and by waits. */
static gboolean *
close_order (const MpSchedule *schedule)
{
  guint n = schedule->n_steps;
  gboolean *before = g_new0 (gboolean, (gsize) n * n + 1);

  for (guint j = 0; j < n; j++) {
    for (guint i = 0; i < j; i++)
      before[j * n + i] = schedule->track[i] == schedule->track[j];
    for (guint w = schedule->first_wait[j]; w < schedule->first_wait[j + 1]; w++)
      before[j * n + schedule->waits[w]] = TRUE;
    for (guint i = j; i-- > 0;)
      for (guint k = 0; before[j * n + i] && k < i; k++)
        before[j * n + k] |= before[i * n + k];
  }
  return before;
}

static void
check_order (const MpSchedule *schedule,
             const MpSpan     *spans,
             guint             n_spans)
{
  g_autofree gboolean *before = close_order (schedule);

  for (guint b = 0; b < n_spans; b++)
    for (guint a = 0; a < b; a++) {
      const guint8 *x = spans[a].start, *y = spans[b].start;

      if (spans[a].step < spans[b].step && (spans[a].written || spans[b].written) && x < y + spans[b].bytes
          && y < x + spans[a].bytes)
        g_assert_true (before[spans[b].step * schedule->n_steps + spans[a].step]);
    }
  for (guint j = 0; j < schedule->n_steps; j++)
    for (guint w = schedule->first_wait[j]; w < schedule->first_wait[j + 1]; w++) {
      g_assert_cmpuint (schedule->waits[w], <, j);
      g_assert_cmpuint (schedule->track[schedule->waits[w]], !=, schedule->track[j]);
      g_assert_true (schedule->awaited[schedule->waits[w]]);
    }
}

static void
test_chains (void)
{
  /* Two chains of two, joined by a fifth step. */
  const MpSpan spans[] = {
    span (0, 0, 64, TRUE), span (1, 64, 64, TRUE), span (2, 0, 64, FALSE), span (2, 128, 64, TRUE),
    span (3, 64, 64, FALSE), span (3, 192, 64, TRUE), span (4, 128, 128, FALSE), span (4, 256, 4, TRUE),
  };
  MpSchedule *schedule = _mp_schedule_new (5, spans, G_N_ELEMENTS (spans), NULL, 4);

  check_order (schedule, spans, G_N_ELEMENTS (spans));
  g_assert_cmpuint (schedule->n_tracks, ==, 2);
  g_assert_cmpuint (schedule->track[0], ==, schedule->track[2]);
  g_assert_cmpuint (schedule->track[1], ==, schedule->track[3]);
  g_assert_cmpuint (schedule->track[0], !=, schedule->track[1]);
  g_assert_cmpuint (schedule->first_wait[4], ==, 0); /* only the join waits */
  g_assert_cmpuint (schedule->first_wait[5], ==, 1);
  _mp_schedule_free (schedule);
}

static void
test_reuse (void)
{
  /* Step 2 overwrites what step 1 reads: it has to wait though it reads nothing of it. */
  const MpSpan spans[] = {
    span (0, 0, 64, TRUE), span (1, 0, 64, FALSE), span (1, 64, 64, TRUE), span (2, 32, 64, TRUE),
  };
  MpSchedule *schedule = _mp_schedule_new (3, spans, G_N_ELEMENTS (spans), NULL, 4);

  check_order (schedule, spans, G_N_ELEMENTS (spans));
  g_assert_cmpuint (schedule->n_tracks, ==, 1);
  _mp_schedule_free (schedule);
}

static void
test_fixed (void)
{
  const MpSpan spans[] = { span (0, 0, 64, TRUE), span (1, 64, 64, TRUE), span (2, 128, 64, TRUE) };
  const gboolean fixed[] = { TRUE, TRUE, FALSE };
  MpSchedule *schedule = _mp_schedule_new (3, spans, G_N_ELEMENTS (spans), fixed, 2);

  g_assert_cmpuint (schedule->track[0], ==, 0);
  g_assert_cmpuint (schedule->track[1], ==, 0);
  g_assert_cmpuint (schedule->track[2], ==, 1);
  g_assert_true (schedule->awaited[2]); /* by the end */
  _mp_schedule_free (schedule);
}

static void
test_random (void)
{
  for (guint trial = 0; trial < 300; trial++) {
    guint n_steps = (guint) g_test_rand_int_range (1, 40), n_tracks = (guint) g_test_rand_int_range (1, 6);
    g_autoptr (GArray) spans = g_array_new (FALSE, FALSE, sizeof (MpSpan));
    g_autofree gboolean *fixed = g_new0 (gboolean, n_steps);
    MpSchedule *schedule;

    for (guint step = 0; step < n_steps; step++) {
      fixed[step] = g_test_rand_int_range (0, 10) == 0;
      for (gint k = g_test_rand_int_range (1, 5); k > 0; k--) {
        MpSpan one = span (step, (gsize) g_test_rand_int_range (0, 60) * 64, (gsize) g_test_rand_int_range (1, 200),
                           g_test_rand_int_range (0, 3) == 0);

        g_array_append_val (spans, one);
      }
    }
    schedule = _mp_schedule_new (n_steps, (MpSpan *) (void *) spans->data, spans->len, fixed, n_tracks);
    g_assert_cmpuint (schedule->n_tracks, <=, n_tracks);
    check_order (schedule, (MpSpan *) (void *) spans->data, spans->len);
    for (guint step = 0; step < n_steps; step++)
      g_assert_true (!fixed[step] || schedule->track[step] == 0);
    _mp_schedule_free (schedule);
  }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/schedule/chains", test_chains);
  g_test_add_func ("/schedule/reuse", test_reuse);
  g_test_add_func ("/schedule/fixed", test_fixed);
  g_test_add_func ("/schedule/random", test_random);
  return g_test_run ();
}
