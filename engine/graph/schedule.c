/* SPDX-License-Identifier: Apache-2.0
 *
 * schedule.c: deals the steps of a plan to tracks; see schedule.h.
 *
 * For each step, `known` holds one number per track: how many steps of that track are finished for sure when this one
 * starts (a vector clock). A step waits for another only where its own track does not know of it yet.
 */
#include "engine/graph/schedule.h"

#include <string.h>

typedef struct
{
  guint     n_steps;
  guint     n_tracks;
  guint8   *needs;    /* n_steps × n_steps: row j, column i: step j needs step i */
  guint    *place;    /* per step: its number on its track, counted from 1 */
  guint    *known;    /* n_steps × n_tracks, when the step is finished */
  guint    *tail;     /* per track: its last step + 1, or 0 */
  guint    *length;   /* per track */
} Dealing;

static gboolean
conflict (const MpSpan *a,
          const MpSpan *b)
{
  const guint8 *x = a->start, *y = b->start;

  return (a->written || b->written) && x < y + b->bytes && y < x + a->bytes;
}

static void
find_needs (Dealing      *self,
            const MpSpan *spans,
            guint         n_spans)
{
  for (guint b = 0; b < n_spans; b++)
    for (guint a = 0; a < b; a++)
      if (spans[a].step < spans[b].step && conflict (&spans[a], &spans[b]))
        self->needs[(gsize) spans[b].step * self->n_steps + spans[a].step] = 1;
}

/* How many steps of track t are finished when those that `step` needs are, and its own track's tail. */
static void
gather_known (const Dealing *self,
              const guint   *track,
              guint          step,
              guint          own,
              guint         *known)
{
  memset (known, 0, self->n_tracks * sizeof *known);
  if (self->tail[own] > 0)
    memcpy (known, self->known + (gsize) (self->tail[own] - 1) * self->n_tracks, self->n_tracks * sizeof *known);
  for (guint i = 0; i < step; i++) {
    const guint *of = self->known + (gsize) i * self->n_tracks;

    if (!self->needs[(gsize) step * self->n_steps + i])
      continue;
    for (guint t = 0; t < self->n_tracks; t++)
      known[t] = MAX (known[t], of[t]);
  }
}

/* Behind the latest step that it needs, if nothing follows that yet; else on a track whose tail it needs anyhow; else
 * on an empty track; else behind the tail that is oldest. */
static guint
choose_track (const Dealing *self,
              const guint   *track,
              guint          step)
{
  guint oldest = 0;

  for (guint i = step; i-- > 0;)
    if (self->needs[(gsize) step * self->n_steps + i] && self->tail[track[i]] == i + 1)
      return track[i];
  for (guint t = 0; t < self->n_tracks; t++) {
    if (self->tail[t] == 0)
      return t;
    if (self->tail[t] < self->tail[oldest])
      oldest = t;
  }
  return oldest;
}

static void
add_waits (Dealing    *self,
           MpSchedule *schedule,
           guint       step,
           GArray     *waits)
{
  guint own = schedule->track[step];
  g_autofree guint *known = g_new0 (guint, self->n_tracks);

  if (self->tail[own] > 0)
    memcpy (known, self->known + (gsize) (self->tail[own] - 1) * self->n_tracks, self->n_tracks * sizeof *known);
  /* The latest first: what it knows spares earlier waits. */
  for (guint i = step; i-- > 0;) {
    guint other = schedule->track[i];

    if (!self->needs[(gsize) step * self->n_steps + i] || known[other] >= self->place[i])
      continue;
    g_array_append_val (waits, i);
    schedule->awaited[i] = TRUE;
    for (guint t = 0; t < self->n_tracks; t++)
      known[t] = MAX (known[t], self->known[(gsize) i * self->n_tracks + t]);
  }
}

static void
deal (Dealing    *self,
      MpSchedule *schedule,
      guint       step,
      guint       track,
      GArray     *waits)
{
  guint *known = self->known + (gsize) step * self->n_tracks;

  schedule->track[step] = track;
  schedule->n_tracks = MAX (schedule->n_tracks, track + 1);
  add_waits (self, schedule, step, waits);
  gather_known (self, schedule->track, step, track, known);
  self->place[step] = known[track] = ++self->length[track];
  self->tail[track] = step + 1;
  schedule->last[track] = step;
}

MpSchedule *
_mp_schedule_new (guint           n_steps,
                  const MpSpan   *spans,
                  guint           n_spans,
                  const gboolean *fixed,
                  guint           n_tracks)
{
  MpSchedule *schedule = g_new0 (MpSchedule, 1);
  g_autoptr (GArray) waits = g_array_new (FALSE, FALSE, sizeof (guint));
  g_autofree guint8 *needs = g_new0 (guint8, (gsize) n_steps * n_steps + 1);
  g_autofree guint *place = g_new0 (guint, n_steps + 1);
  g_autofree guint *known = g_new0 (guint, (gsize) n_steps * n_tracks + 1);
  g_autofree guint *tail = g_new0 (guint, n_tracks);
  g_autofree guint *length = g_new0 (guint, n_tracks);
  Dealing self = { n_steps, n_tracks, needs, place, known, tail, length };

  schedule->n_steps = n_steps;
  schedule->n_tracks = 1;
  schedule->track = g_new0 (guint, n_steps + 1);
  schedule->first_wait = g_new0 (guint, n_steps + 1);
  schedule->awaited = g_new0 (gboolean, n_steps + 1);
  schedule->last = g_new0 (guint, n_tracks);
  find_needs (&self, spans, n_spans);
  for (guint step = 0; step < n_steps; step++) {
    schedule->first_wait[step] = waits->len;
    deal (&self, schedule, step, fixed != NULL && fixed[step] ? 0 : choose_track (&self, schedule->track, step), waits);
  }
  schedule->first_wait[n_steps] = waits->len;
  schedule->waits = (guint *) (void *) g_array_free (g_steal_pointer (&waits), FALSE);
  /* The plan is over when every track is. */
  for (guint t = 1; t < schedule->n_tracks; t++)
    if (tail[t] > 0)
      schedule->awaited[tail[t] - 1] = TRUE;
  return schedule;
}

void
_mp_schedule_free (MpSchedule *schedule)
{
  if (schedule == NULL)
    return;
  g_free (schedule->track);
  g_free (schedule->first_wait);
  g_free (schedule->waits);
  g_free (schedule->awaited);
  g_free (schedule->last);
  g_free (schedule);
}
