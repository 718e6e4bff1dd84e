/* SPDX-License-Identifier: Apache-2.0
 *
 * rows.c: the reports of iterations on their way to the host.
 *
 * Where the host runs ahead, COLLECT puts the reports of iteration i into row i mod MP_LOOP_ROWS of a table on the
 * device. Rows are downloaded in chunks, each when it is full or flushed, and come back in order. A chunk is about
 * CHUNK_TIME of training, so downloads cost nothing beside it; two may be on their way, so the device has work while
 * the host looks at the older one, and a pause takes hold after two.
 */
#include "engine/train/loop-private.h"

#include <math.h>
#include <string.h>

#define CHUNK_TIME 8000          /* µs */
#define COLLECT_INPUTS 16        /* of one kernel */

gsize
mp_loop_predict_rows (MpLoop *self)
{
  return self->class->host_memory ? 0 : mp_readback_round_up (MP_LOOP_ROWS * self->rows.n_columns * sizeof (double));
}

/* ---- making ---- */

static gboolean
make_collect (MpLoop  *self,
              guint    first,
              guint    n,
              GError **error)
{
  LoopRows *rows = &self->rows;
  MpTensorType types[COLLECT_INPUTS];
  MpTensorType table = { .rank = 2, .dtype = MP_FLOAT64, .dim = { MP_LOOP_ROWS, rows->n_columns } };
  MpKernelSpec spec = { .op = MP_OP_COLLECT, .attrs = { .start = { first }, .stop = { MP_LOOP_MAX_REPEAT } },
                        .n_inputs = (gint32) n, .n_outputs = 1, .inputs = types, .outputs = &table };
  void *from[COLLECT_INPUTS], *to = rows->table;
  MpKernel *kernel = NULL;
  guint at = 0;

  for (guint i = 0; i < self->n_phases; i++)
    for (guint j = 0; j < self->phases[i].phase->reports->len; j++, at++)
      if (at >= first && at < first + n) {
        types[at - first] = g_array_index (self->phases[i].phase->reports, MpReport, j).node->type;
        from[at - first] = (void *) mp_plan_get_address (self->phases[i].plan, j);
      }
  if (!mp_check_status (self->class->kernel_new (self->device, &spec, &kernel), "collecting reports", error))
    return FALSE;
  g_ptr_array_add (rows->collect, kernel);
  return mp_check_status (self->class->kernel_bind (kernel, from, &to, NULL), "collecting reports", error);
}

gboolean
mp_loop_make_rows (MpLoop  *self,
                   GError **error)
{
  LoopRows *rows = &self->rows;
  gsize bytes = mp_loop_predict_rows (self);
  void *table = NULL;

  if (bytes == 0)
    return TRUE;
  if (!mp_check_status (self->class->alloc (self->device, bytes, &table), "a table of reports", error))
    return FALSE;
  rows->table = table;
  for (guint first = 0; first < rows->n_columns; first += COLLECT_INPUTS)
    if (!make_collect (self, first, MIN (rows->n_columns - first, COLLECT_INPUTS), error))
      return FALSE;
  for (guint i = 0; i < MP_LOOP_CHUNKS; i++) {
    /* Where the table's end is in between, a chunk comes in two pieces. */
    rows->chunks[i].readback = mp_readback_new (self->store, self->downloads,
                                                MP_LOOP_CHUNK_ROWS * rows->n_columns * sizeof (double)
                                                + 2 * MP_ALIGNMENT, error);
    if (rows->chunks[i].readback == NULL)
      return FALSE;
  }
  return TRUE;
}

void
mp_loop_clear_rows (MpLoop *self)
{
  LoopRows *rows = &self->rows;

  for (guint i = 0; i < MP_LOOP_CHUNKS; i++)
    g_clear_pointer (&rows->chunks[i].readback, mp_readback_free);
  for (guint i = 0; rows->collect != NULL && i < rows->collect->len; i++)
    self->class->kernel_free (g_ptr_array_index (rows->collect, i));
  g_clear_pointer (&rows->collect, g_ptr_array_unref);
  if (rows->table != NULL)
    self->class->release (self->device, rows->table);
  g_free (rows->row);
}

/* ---- filling ---- */

gboolean
mp_loop_collect (MpLoop   *self,
                 guint64   iteration,
                 GError  **error)
{
  const MpRunContext context = { self->seed, iteration * MP_LOOP_MAX_REPEAT, self->batch };
  MpStream *stream = mp_store_get_stream (self->store, error);

  for (guint i = 0; i < self->rows.collect->len; i++)
    if (stream == NULL
        || !mp_check_status (self->class->kernel_run (g_ptr_array_index (self->rows.collect, i), stream, &context),
                             "collecting reports", error))
      return FALSE;
  return TRUE;
}

guint64
mp_loop_get_room (MpLoop *self)
{
  const LoopRows *rows = &self->rows;

  return MAX (rows->size, rows->n + 1) - rows->n;
}

gboolean
mp_loop_can_run (MpLoop *self)
{
  return self->rows.n_closed < MP_LOOP_CHUNKS && !self->rows.waiting;
}

gboolean
mp_loop_flush (MpLoop  *self,
               GError **error)
{
  LoopRows *rows = &self->rows;
  LoopChunk *chunk = &rows->chunks[(rows->head + rows->n_closed) % MP_LOOP_CHUNKS];
  guint64 row = rows->first % MP_LOOP_ROWS, n = MIN (rows->n, MP_LOOP_ROWS - row);

  if (rows->n == 0 || self->class->host_memory)
    return TRUE;
  g_assert (rows->n_closed < MP_LOOP_CHUNKS);
  *chunk = (LoopChunk) { .first = rows->first, .n = rows->n, .begun = rows->begun, .readback = chunk->readback };
  rows->n = 0;
  rows->n_closed++;
  return mp_readback_begin (chunk->readback, error)
         && mp_readback_add (chunk->readback, rows->table + row * rows->n_columns,
                             n * rows->n_columns * sizeof (double), error)
         && (n == chunk->n
             || mp_readback_add (chunk->readback, rows->table, (chunk->n - n) * rows->n_columns * sizeof (double), error))
         && mp_readback_end (chunk->readback, error);
}

gboolean
mp_loop_count_rows (MpLoop   *self,
                    guint64   iteration,
                    guint64   n,
                    GError  **error)
{
  LoopRows *rows = &self->rows;

  rows->n += n;
  if (self->class->host_memory) {
    rows->first = iteration;
    rows->waiting = TRUE;
    return TRUE;
  }
  if (rows->n == n) {
    rows->first = iteration;
    rows->begun = g_get_monotonic_time ();
  }
  return rows->n < rows->size || mp_loop_flush (self, error);
}

/* ---- taking ---- */

static double
read_scalar (MpPlan             *plan,
             guint               output,
             const MpTensorType *type)
{
  const void *mapped = mp_plan_map (plan, output);

  return type->dtype == MP_FLOAT64 ? *(const double *) mapped : (double) *(const float *) mapped;
}

/* Into rows->row: reports as the plans left them, or from a row of the table; NAN where a phase had not run. */
static void
fill_row (MpLoop       *self,
          guint64       iteration,
          const double *from)
{
  LoopRows *rows = &self->rows;
  guint at = 0;

  rows->finite = TRUE;
  for (guint i = 0; i < self->n_phases; i++) {
    const LoopPhase *phase = &self->phases[i];
    gboolean has_run = phase->has_run && phase->since <= iteration;

    for (guint j = 0; j < phase->phase->reports->len; j++, at++) {
      rows->row[at] = !has_run ? NAN : from != NULL ? from[at]
                      : read_scalar (phase->plan, j, &g_array_index (phase->phase->reports, MpReport, j).node->type);
      if (has_run && !isfinite (rows->row[at]))
        rows->finite = FALSE;
    }
  }
  rows->checked = iteration + 1;
}

/* Twice the iterations at most from one chunk to the next: the first ones are not like the rest. */
static void
adapt_size (LoopRows        *rows,
            const LoopChunk *chunk)
{
  gint64 now = g_get_monotonic_time ();
  gint64 time = MAX (now - MAX (rows->arrived, chunk->begun), 1);

  rows->size = CLAMP (CHUNK_TIME * chunk->n / (guint64) time, 1, MIN (2 * rows->size, MP_LOOP_CHUNK_ROWS));
  rows->arrived = now;
}

static const double *
find_row (LoopRows        *rows,
          const LoopChunk *chunk)
{
  const guint8 *from = mp_readback_get (chunk->readback);
  guint64 until_end = MP_LOOP_ROWS - chunk->first % MP_LOOP_ROWS, at = chunk->taken;

  if (at >= until_end) {
    from += mp_readback_round_up (until_end * rows->n_columns * sizeof (double));
    at -= until_end;
  }
  return (const double *) (const void *) from + at * rows->n_columns;
}

/* Where memory is the host's. */
static void
take_waiting (MpLoop    *self,
              MpLoopRow *row)
{
  LoopRows *rows = &self->rows;

  if (!rows->waiting)
    return;
  fill_row (self, rows->first, NULL);
  rows->waiting = FALSE;
  rows->n = 0;
  *row = (MpLoopRow) { rows->first, rows->row, rows->finite };
}

gboolean
mp_loop_take_row (MpLoop     *self,
                  gboolean    wait,
                  MpLoopRow  *row,
                  GError    **error)
{
  LoopRows *rows = &self->rows;
  LoopChunk *chunk;

  row->values = NULL;
  if (self->class->host_memory) {
    take_waiting (self, row);
    return TRUE;
  }
  if (wait && rows->n_closed == 0 && !mp_loop_flush (self, error))
    return FALSE;
  if (rows->n_closed == 0)
    return TRUE;
  chunk = &rows->chunks[rows->head];
  if (!chunk->there) {
    if (!mp_readback_poll (chunk->readback, wait, &chunk->there, error))
      return FALSE;
    if (!chunk->there)
      return TRUE;
    adapt_size (rows, chunk);
  }
  fill_row (self, chunk->first + chunk->taken, find_row (rows, chunk));
  *row = (MpLoopRow) { chunk->first + chunk->taken, rows->row, rows->finite };
  if (++chunk->taken == chunk->n) {
    rows->head = (rows->head + 1) % MP_LOOP_CHUNKS;
    rows->n_closed--;
  }
  return TRUE;
}

gboolean
mp_loop_drain_rows (MpLoop  *self,
                    GError **error)
{
  MpLoopRow row;

  do
    if (!mp_loop_take_row (self, TRUE, &row, error))
      return FALSE;
  while (row.values != NULL);
  return TRUE;
}

void
mp_loop_read_reports (MpLoop *self,
                      double *values)
{
  mp_loop_drain_rows (self, NULL);
  memcpy (values, self->rows.row, self->rows.n_columns * sizeof (double));
}

gboolean
mp_loop_is_finite (MpLoop *self)
{
  return mp_loop_drain_rows (self, NULL) && self->rows.finite;
}
