/* SPDX-License-Identifier: Apache-2.0
 *
 * loop-run.c: runs a loop: its start phases, phases and iterations; see loop.h.
 */
#include "engine/train/loop-private.h"

#include "engine/nn/init.h"

#define START_RUNS_ENDLESS 100  /* minibatches of endless data that a start phase sees */
#define START_RUNS_MOST 4096    /* and at most, unless an epoch has more */

/* ---- phases ---- */

gboolean
mp_loop_write_floats (MpLoop       *self,
                      MpNode       *input,
                      const float  *values,
                      GError      **error)
{
  gsize n = (gsize) mp_tensor_count (&input->type);
  g_autofree double *doubles = NULL;

  if (input->type.dtype == MP_FLOAT32)
    return mp_store_write (self->store, input, values, error);
  doubles = g_new (double, n);
  for (gsize i = 0; i < n; i++)
    doubles[i] = values[i];
  return mp_store_write (self->store, input, doubles, error);
}

/* Where memory is the host's, in float32 the data set writes into the store's own memory. */
static gboolean
load_batch (MpLoop              *self,
            const MpRunContext  *context,
            gboolean             capturing,
            GError             **error)
{
  float *mapped;

  self->batch_is_loaded = TRUE;
  if (self->feed != NULL)
    return (capturing || mp_feed_ensure (self->feed, context->batch, 1, error))
           && mp_feed_fetch (self->feed, context, error);
  mapped = self->data_node->type.dtype == MP_FLOAT32 ? mp_store_map (self->store, self->data_node) : NULL;
  mp_data_get_batch (self->data, context->batch, self->batch_size, mapped != NULL ? mapped : self->batch_buffer);
  return mapped != NULL || mp_loop_write_floats (self, self->data_node, self->batch_buffer, error);
}

static gboolean
feed (MpLoop         *self,
      const MpPhase  *phase,
      MpRunContext   *context,
      gboolean        capturing,
      GError        **error)
{
  if (!phase->reads_data)
    return TRUE;
  if (phase->share_batch && self->batch > 0) {
    context->batch = self->batch - 1;
    return self->batch_is_loaded || load_batch (self, context, capturing, error);
  }
  context->batch = self->batch++;
  return load_batch (self, context, capturing, error);
}

gboolean
mp_loop_run_plan (MpLoop     *self,
                  LoopPhase  *phase,
                  MpPlan     *plan,
                  guint64     iteration,
                  gint64      repetition,
                  gboolean    capturing,
                  GError    **error)
{
  guint64 draw = phase->phase->share_draws ? 0 : (guint64) repetition;
  MpRunContext context = { self->seed, iteration * MP_LOOP_MAX_REPEAT + draw, self->batch };

  if ((repetition == 0 && !mp_loop_follow_schedules (self, phase->phase, &context, iteration, capturing, error))
      || !feed (self, phase->phase, &context, capturing, error))
    return FALSE;
  if (!phase->has_run)
    phase->since = iteration;
  phase->has_run = TRUE;
  return mp_plan_run (plan, &context, error);
}

gboolean
mp_loop_run_phases (MpLoop   *self,
                    guint64   iteration,
                    gboolean  capturing,
                    GError  **error)
{
  for (guint i = 0; i < self->n_phases; i++) {
    gint64 repeat = mp_loop_get_repeat (self, i, iteration);

    for (gint64 r = 0; r < repeat; r++)
      if (!mp_loop_run_plan (self, &self->phases[i], self->phases[i].plan, iteration, r, capturing, error))
        return FALSE;
  }
  return TRUE;
}

guint
mp_loop_get_n_phases (MpLoop *self)
{
  return self->n_phases;
}

const char *
mp_loop_get_phase_title (MpLoop *self,
                         guint   phase)
{
  return self->phases[phase].phase->title;
}

gint64
mp_loop_get_repeat (MpLoop  *self,
                    guint    phase,
                    guint64  iteration)
{
  const MpPhase *what = self->phases[phase].phase;
  gint64 often = what->repeat_key != NULL ? mp_build_int (self->build, what->repeat_key) : 1;

  if (what->intense_key != NULL && (iteration < what->intense_first || iteration % what->intense_every == 0)) {
    gint64 intense = mp_build_int (self->build, what->intense_key);

    often = intense > 0 ? intense : often;
  }
  return MIN (often, MP_LOOP_MAX_REPEAT);
}

MpPlan *
mp_loop_get_plan (MpLoop *self,
                  guint   phase)
{
  return self->phases[phase].plan;
}

/* ---- before the first iteration ---- */

gboolean
mp_loop_initialise (MpLoop  *self,
                    GError **error)
{
  mp_loop_set_batch (self, 0);
  return mp_init_all (self->store, self->seed, error);
}

/* Minibatches in the least number of whole epochs, or where these are very many, in about one. */
static gint64
count_start_runs (MpLoop *self)
{
  gint64 n = mp_data_get_n_points (self->data), a = n, b = self->batch_size;

  if (n == 0)
    return START_RUNS_ENDLESS;
  while (b != 0) {
    gint64 rest = a % b;

    a = b;
    b = rest;
  }
  return n / a <= START_RUNS_MOST ? n / a : (n + self->batch_size - 1) / self->batch_size;
}

gboolean
mp_loop_run_start_phases (MpLoop  *self,
                          GError **error)
{
  for (guint i = 0; i < self->n_starts; i++) {
    LoopPhase *start = &self->starts[i];
    gint64 n = start->phase->reads_data ? count_start_runs (self) : 1;

    mp_loop_set_batch (self, 0);
    for (gint64 r = 0; r < n; r++)
      if (!mp_loop_run_plan (self, start, start->plan, 0, r, FALSE, error))
        return FALSE;
  }
  mp_loop_set_batch (self, 0);
  return TRUE;
}

gboolean
mp_loop_start (MpLoop  *self,
               GError **error)
{
  return mp_loop_initialise (self, error) && mp_loop_run_start_phases (self, error);
}

/* ---- iterations ---- */

guint64
mp_loop_get_batch (MpLoop *self)
{
  return self->batch;
}

void
mp_loop_set_batch (MpLoop  *self,
                   guint64  batch)
{
  self->batch = batch;
  self->batch_is_loaded = FALSE;
  mp_loop_unsettle (self);
  mp_loop_forget_keyframes (self);
}

gboolean
mp_loop_run_iterations (MpLoop   *self,
                        guint64   iteration,
                        guint64   most,
                        guint64  *done,
                        GError  **error)
{
  g_return_val_if_fail (most > 0 && mp_loop_can_run (self), FALSE);

  *done = 1;
  if (!mp_loop_keep_keyframe (self, iteration, error))
    return FALSE;
  if (self->class->host_memory)
    return mp_loop_run_phases (self, iteration, FALSE, error) && mp_loop_count_rows (self, iteration, 1, error);
  *done = mp_loop_get_burst (self, iteration, MIN (most, mp_loop_get_room (self)));
  return mp_loop_launch (self, iteration, *done, error) && mp_loop_count_rows (self, iteration, *done, error);
}

gboolean
mp_loop_run_phase (MpLoop   *self,
                   guint     phase,
                   guint64   iteration,
                   gint64    repetition,
                   GError  **error)
{
  if (phase == 0 && repetition == 0 && !mp_loop_keep_keyframe (self, iteration, error))
    return FALSE;
  return mp_loop_run_plan (self, &self->phases[phase], self->phases[phase].plan, iteration, repetition, FALSE, error);
}

gboolean
mp_loop_end_iteration (MpLoop   *self,
                       guint64   iteration,
                       GError  **error)
{
  return mp_loop_collect (self, iteration, error) && mp_loop_count_rows (self, iteration, 1, error);
}

gboolean
mp_loop_run_iteration (MpLoop   *self,
                       guint64   iteration,
                       GError  **error)
{
  guint64 done;
  MpLoopRow row;

  if (self->class->host_memory)
    self->rows.waiting = FALSE; /* not even read */
  while (!mp_loop_can_run (self))
    if (!mp_loop_take_row (self, TRUE, &row, error))
      return FALSE;
  return mp_loop_run_iterations (self, iteration, 1, &done, error);
}
