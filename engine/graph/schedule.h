/* SPDX-License-Identifier: Apache-2.0
 *
 * schedule.h: which steps of a plan may run side by side.
 *
 * Steps that share no memory in a way that matters can overlap on a device with several streams: a captured iteration
 * becomes a graph whose longest path is what counts, not the number of its kernels. The analysis knows addresses only,
 * so it holds for everything a plan does: products, copies, updates.
 *
 *   step j waits for step i < j when one writes what the other reads or writes
 *
 * Waits that follow from others are left out. Steps are dealt to a few tracks (streams): each goes where the step that
 * it has to wait for longest was the last, so chains stay on one track and only joins need an event.
 *
 * Threads: any; nothing is kept.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  guint       step;
  const void *start;
  gsize       bytes;
  gboolean    written;
} MpSpan;

typedef struct
{
  guint    n_steps;
  guint    n_tracks;   /* in use; at least 1 */
  guint   *track;      /* per step */
  guint   *first_wait; /* n_steps + 1: waits[first_wait[i]] … are what step i waits for on other tracks */
  guint   *waits;
  gboolean *awaited;   /* per step: some step, or the end, waits for it from another track */
  guint   *last;       /* per track: its last step */
} MpSchedule;

/* spans: what the steps touch, by rising step. fixed: (nullable) per step, TRUE: only on track 0. n_tracks: at most so
 * many. (transfer full): mp_schedule_free. */
MpSchedule *_mp_schedule_new (guint n_steps, const MpSpan *spans, guint n_spans, const gboolean *fixed, guint n_tracks);
void        _mp_schedule_free (MpSchedule *schedule);

G_END_DECLS
