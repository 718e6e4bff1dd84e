/* SPDX-License-Identifier: Apache-2.0
 *
 * capture.c: iterations recorded once and replayed as one launch.
 *
 * An iteration is its phases, each as often as its repeat key says, and the collection of its reports. What differs
 * from one to the next is the run context alone: randomness, the minibatch that FETCH takes, the settings of its
 * schedule, the row that COLLECT fills. So one recording serves as long as the repeats stay what they are. Values of
 * live settings lie in device memory and change in between without recording again.
 *
 * The first iteration of a kind is run kernel by kernel: libraries load and choose at their first use, and a phase that
 * shares a minibatch may have to fetch it then. Where iterations are short, MP_LOOP_BURST of them are recorded as one,
 * so that launching costs little beside them. Where single iterations repeat a phase more often, the recording is made
 * again after each of them.
 */
#include "engine/train/loop-private.h"

#define MAX_KERNELS 8192 /* in one recording */

void
mp_loop_clear_captures (MpLoop *self)
{
  LoopCaptures *captures = &self->captures;

  if (captures->one != NULL || captures->burst != NULL)
    mp_store_sync (self->store, NULL);
  if (captures->one != NULL)
    self->class->capture_free (captures->one);
  if (captures->burst != NULL)
    self->class->capture_free (captures->burst);
  captures->one = captures->burst = NULL;
}

void
mp_loop_unsettle (MpLoop *self)
{
  self->captures.settled = FALSE;
}

/* Notes what this iteration is like, and drops recordings that are not like it. */
static void
look_at_repeats (MpLoop  *self,
                 guint64  iteration)
{
  LoopCaptures *captures = &self->captures;
  guint64 n_batches = 0;
  gboolean same = captures->repeats != NULL;

  if (!same)
    captures->repeats = g_new0 (gint64, MAX (self->n_phases, 1));
  for (guint i = 0; i < self->n_phases; i++) {
    const MpPhase *phase = self->phases[i].phase;
    gint64 repeat = mp_loop_get_repeat (self, i, iteration);

    same = same && captures->repeats[i] == repeat;
    captures->repeats[i] = repeat;
    if (phase->reads_data && !phase->share_batch)
      n_batches += (guint64) repeat;
  }
  captures->n_batches = n_batches;
  if (same)
    return;
  captures->settled = FALSE;
  mp_loop_clear_captures (self);
}

/* What n iterations need from the feeds. */
static gboolean
ensure (MpLoop   *self,
        guint64   iteration,
        guint64   n,
        GError  **error)
{
  guint64 n_batches = n * self->captures.n_batches;

  if (n_batches > 0 && !mp_feed_ensure (self->feed, self->batch, n_batches, error))
    return FALSE;
  for (guint i = 0; i < self->n_optimizers; i++)
    if (self->optimizers[i].feed != NULL && !mp_feed_ensure (self->optimizers[i].feed, iteration, n, error))
      return FALSE;
  return TRUE;
}

static gboolean
run_now (MpLoop   *self,
         guint64   iteration,
         guint64   n,
         GError  **error)
{
  for (guint64 i = iteration; i < iteration + n; i++)
    if (!mp_loop_run_phases (self, i, FALSE, error) || !mp_loop_collect (self, i, error))
      return FALSE;
  return TRUE;
}

static gboolean
record (MpLoop     *self,
        guint64     iteration,
        guint64     n,
        MpCapture **out,
        GError    **error)
{
  const MpRunContext base = { self->seed, iteration * MP_LOOP_MAX_REPEAT, self->batch };
  const MpRunContext next = { self->seed, (iteration + n) * MP_LOOP_MAX_REPEAT,
                              self->batch + n * self->captures.n_batches };
  gboolean ok = TRUE;

  if (!mp_store_begin_capture (self->store, &base, error))
    return FALSE;
  for (guint64 i = iteration; ok && i < iteration + n; i++)
    ok = mp_loop_run_phases (self, i, TRUE, error) && mp_loop_collect (self, i, error);
  g_assert (!ok || self->batch == next.batch);
  self->batch = base.batch;
  if (!mp_store_end_capture (self->store, &next, out, ok ? error : NULL))
    return FALSE;
  if (!ok) {
    self->class->capture_free (*out);
    *out = NULL;
  }
  return ok;
}

/* The recording for n iterations, made if need be; NULL where the back end cannot record this lane. */
static MpCapture *
get_capture (MpLoop  *self,
             guint64  iteration,
             guint64  n)
{
  LoopCaptures *captures = &self->captures;
  MpCapture **capture = n == 1 ? &captures->one : &captures->burst;
  g_autoptr (GError) error = NULL;

  if (*capture == NULL && !record (self, iteration, n, capture, &error)) {
    /* The same bits, only slower. */
    g_warning ("Iterations are launched kernel by kernel: %s", error->message);
    captures->unsupported = TRUE;
  }
  return *capture;
}

static gboolean
can_capture (MpLoop  *self,
             guint64  n)
{
  return self->class->capture_begin != NULL && !self->captures.unsupported && self->captures.settled
         && (self->feed == NULL || n * self->captures.n_batches <= mp_feed_get_capacity (self->feed));
}

/* Whether the next MP_LOOP_BURST iterations are what look_at_repeats () saw. */
static gboolean
are_alike (MpLoop  *self,
           guint64  iteration)
{
  for (guint i = 0; i < self->n_phases; i++)
    for (guint64 j = 1; self->phases[i].phase->intense_key != NULL && j < MP_LOOP_BURST; j++)
      if (mp_loop_get_repeat (self, i, iteration + j) != self->captures.repeats[i])
        return FALSE;
  return TRUE;
}

guint64
mp_loop_get_burst (MpLoop  *self,
                   guint64  iteration,
                   guint64  most)
{
  guint64 n_kernels = 0;

  look_at_repeats (self, iteration);
  for (guint i = 0; i < self->n_phases; i++) {
    MpPlanInfo info;

    mp_plan_get_info (self->phases[i].plan, &info);
    n_kernels += (guint64) self->captures.repeats[i] * info.n_kernels;
  }
  /* Unless two of them make a chunk, they are not short. */
  return most >= MP_LOOP_BURST && self->rows.size >= 2 * MP_LOOP_BURST && n_kernels * MP_LOOP_BURST <= MAX_KERNELS
         && can_capture (self, MP_LOOP_BURST) && are_alike (self, iteration) ? MP_LOOP_BURST : 1;
}

gboolean
mp_loop_launch (MpLoop   *self,
                guint64   iteration,
                guint64   n,
                GError  **error)
{
  const MpRunContext context = { self->seed, iteration * MP_LOOP_MAX_REPEAT, self->batch };
  MpStream *stream = mp_store_get_stream (self->store, error);
  MpCapture *capture;

  look_at_repeats (self, iteration);
  if (stream == NULL)
    return FALSE;
  if (can_capture (self, n)) {
    if (!ensure (self, iteration, n, error))
      return FALSE;
    capture = get_capture (self, iteration, n);
    if (capture != NULL) {
      self->batch += n * self->captures.n_batches;
      return mp_check_status (self->class->capture_run (capture, stream, &context), "running an iteration", error);
    }
  }
  self->captures.settled = TRUE;
  return run_now (self, iteration, n, error);
}
