/* SPDX-License-Identifier: Apache-2.0
 *
 * series.c: values in chunks, summaries in a pyramid.
 *
 * Chunks of 4096 values: the open one holds doubles; a full one is narrowed to floats when that loses nothing. A chunk
 * whose iterations are first + stride·i keeps no iterations. Level l of the pyramid holds one summary per 32^(l+1)
 * values, complete ones only; what a range touches besides complete blocks is read from the level below, so a range
 * costs at most 62 steps per level.
 */
#include "ui/plot/series.h"

#include <math.h>
#include <string.h>

#define CHUNK 4096
#define FAN_OUT 32
#define MAX_LEVELS 8

typedef struct
{
  guint64  first;      /* iteration of value 0 */
  guint64  stride;     /* between values, when iterations is NULL */
  guint64 *iterations; /* n of them, or NULL */
  double  *doubles;    /* one of these two */
  float   *floats;
  guint    n, capacity;
} Chunk;

typedef struct
{
  double  min, max, min_positive, sum;
  guint32 n_finite;
  guint32 flags;
} Block;

struct _MpSeries
{
  gatomicrefcount ref_count;
  guint64         n;
  GPtrArray      *chunks;
  GArray         *levels[MAX_LEVELS]; /* of Block */
};

static void
chunk_free (gpointer data)
{
  Chunk *chunk = data;

  g_free (chunk->iterations);
  g_free (chunk->doubles);
  g_free (chunk->floats);
  g_free (chunk);
}

static inline double
chunk_value (const Chunk *chunk,
             guint        i)
{
  return chunk->floats != NULL ? (double) chunk->floats[i] : chunk->doubles[i];
}

static inline guint64
chunk_iteration (const Chunk *chunk,
                 guint        i)
{
  return chunk->iterations != NULL ? chunk->iterations[i] : chunk->first + chunk->stride * i;
}

static void
chunk_grow (Chunk *chunk)
{
  chunk->capacity = MIN (CHUNK, MAX (64, chunk->capacity * 2));
  chunk->doubles = g_renew (double, chunk->doubles, chunk->capacity);
  if (chunk->iterations != NULL)
    chunk->iterations = g_renew (guint64, chunk->iterations, chunk->capacity);
}

static void
chunk_append (Chunk   *chunk,
              guint64  iteration,
              double   value)
{
  if (chunk->n == chunk->capacity)
    chunk_grow (chunk);
  if (chunk->n == 0)
    chunk->first = iteration;
  else if (chunk->n == 1)
    chunk->stride = iteration - chunk->first;
  else if (chunk->iterations == NULL && iteration != chunk->first + chunk->stride * chunk->n) {
    guint64 *iterations = g_new (guint64, chunk->capacity);

    for (guint i = 0; i < chunk->n; i++)
      iterations[i] = chunk->first + chunk->stride * i;
    chunk->iterations = iterations;
  }
  if (chunk->iterations != NULL)
    chunk->iterations[chunk->n] = iteration;
  chunk->doubles[chunk->n++] = value;
}

/* Narrows a full chunk to floats where that is exact. */
static void
chunk_seal (Chunk *chunk)
{
  float *floats;

  for (guint i = 0; i < chunk->n; i++)
    if (!isnan (chunk->doubles[i]) && (double) (float) chunk->doubles[i] != chunk->doubles[i])
      return;
  floats = g_new (float, chunk->n);
  for (guint i = 0; i < chunk->n; i++)
    floats[i] = (float) chunk->doubles[i];
  chunk->floats = floats;
  g_clear_pointer (&chunk->doubles, g_free);
}

static void
summary_clear (MpSummary *summary)
{
  *summary = (MpSummary) { .min = INFINITY, .max = -INFINITY, .min_positive = INFINITY };
}

static inline void
summary_add_value (MpSummary *summary,
                   double     value)
{
  summary->n++;
  if (!isfinite (value)) {
    summary->flags |= isnan (value) ? MP_SUMMARY_NAN : value > 0 ? MP_SUMMARY_PLUS_INF : MP_SUMMARY_MINUS_INF;
    return;
  }
  summary->n_finite++;
  summary->sum += value;
  summary->min = MIN (summary->min, value);
  summary->max = MAX (summary->max, value);
  if (value > 0)
    summary->min_positive = MIN (summary->min_positive, value);
  else
    summary->flags |= MP_SUMMARY_NON_POSITIVE;
}

static inline void
summary_add_block (MpSummary   *summary,
                   const Block *block,
                   guint64      n)
{
  summary->n += n;
  summary->n_finite += block->n_finite;
  summary->sum += block->sum;
  summary->min = MIN (summary->min, block->min);
  summary->max = MAX (summary->max, block->max);
  summary->min_positive = MIN (summary->min_positive, block->min_positive);
  summary->flags |= block->flags;
}

static void
push_block (GArray          *level,
            const MpSummary *summary)
{
  Block block = {
    .min = summary->min, .max = summary->max, .min_positive = summary->min_positive, .sum = summary->sum,
    .n_finite = (guint32) summary->n_finite, .flags = summary->flags,
  };

  g_array_append_val (level, block);
}

/* Completes the blocks that end at the value just added. */
static void
update_pyramid (MpSeries *self)
{
  guint64 size = FAN_OUT;

  for (guint level = 0; level < MAX_LEVELS && self->n % size == 0; level++, size *= FAN_OUT) {
    MpSummary summary;

    mp_series_summarise (self, self->n - size, self->n, &summary);
    if (self->levels[level] == NULL)
      self->levels[level] = g_array_new (FALSE, FALSE, sizeof (Block));
    push_block (self->levels[level], &summary);
  }
}

MpSeries *
mp_series_new (void)
{
  MpSeries *self = g_new0 (MpSeries, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->chunks = g_ptr_array_new_with_free_func (chunk_free);
  return self;
}

MpSeries *
mp_series_ref (MpSeries *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mp_series_unref (MpSeries *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  mp_series_clear (self);
  g_ptr_array_unref (self->chunks);
  g_free (self);
}

void
mp_series_clear (MpSeries *self)
{
  g_return_if_fail (self != NULL);

  self->n = 0;
  g_ptr_array_set_size (self->chunks, 0);
  for (guint level = 0; level < MAX_LEVELS; level++)
    g_clear_pointer (&self->levels[level], g_array_unref);
}

gboolean
mp_series_append (MpSeries *self,
                  guint64   iteration,
                  double    value)
{
  Chunk *chunk;

  g_return_val_if_fail (self != NULL, FALSE);

  if (self->n > 0) {
    chunk = g_ptr_array_index (self->chunks, self->chunks->len - 1);
    if (iteration <= chunk_iteration (chunk, chunk->n - 1))
      return FALSE;
  }
  if (self->n % CHUNK == 0)
    g_ptr_array_add (self->chunks, g_new0 (Chunk, 1));
  chunk = g_ptr_array_index (self->chunks, self->chunks->len - 1);
  chunk_append (chunk, iteration, value);
  self->n++;
  if (self->n % FAN_OUT == 0)
    update_pyramid (self);
  if (chunk->n == CHUNK)
    chunk_seal (chunk);
  return TRUE;
}

guint64
mp_series_get_n (MpSeries *self)
{
  return self->n;
}

gboolean
mp_series_get_span (MpSeries *self,
                    guint64  *first,
                    guint64  *last)
{
  const Chunk *end;

  if (self->n == 0)
    return FALSE;
  end = g_ptr_array_index (self->chunks, self->chunks->len - 1);
  *first = ((const Chunk *) g_ptr_array_index (self->chunks, 0))->first;
  *last = chunk_iteration (end, end->n - 1);
  return TRUE;
}

void
mp_series_get (MpSeries *self,
               guint64   index,
               guint64  *iteration,
               double   *value)
{
  const Chunk *chunk;

  g_return_if_fail (index < self->n);

  chunk = g_ptr_array_index (self->chunks, index / CHUNK);
  *iteration = chunk_iteration (chunk, index % CHUNK);
  *value = chunk_value (chunk, index % CHUNK);
}

/* First value of the chunk at or after an iteration; n when there is none. */
static guint
chunk_search (const Chunk *chunk,
              double       iteration)
{
  guint low = 0, high = chunk->n;

  while (low < high) {
    guint middle = (low + high) / 2;

    if ((double) chunk_iteration (chunk, middle) >= iteration)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

guint64
mp_series_search (MpSeries *self,
                  double    iteration)
{
  guint low = 0, high = self->chunks->len;

  /* the last chunk that begins before the iteration */
  while (low < high) {
    guint middle = (low + high) / 2;

    if ((double) ((const Chunk *) g_ptr_array_index (self->chunks, middle))->first >= iteration)
      high = middle;
    else
      low = middle + 1;
  }
  if (low == 0)
    return 0;
  return (guint64) (low - 1) * CHUNK + chunk_search (g_ptr_array_index (self->chunks, low - 1), iteration);
}

gboolean
mp_series_lookup (MpSeries *self,
                  double    iteration,
                  guint64  *found,
                  double   *value)
{
  guint64 at_iteration, index = mp_series_search (self, iteration);
  double  at_value;

  if (index < self->n) {
    mp_series_get (self, index, &at_iteration, &at_value);
    if ((double) at_iteration > iteration)
      index = index == 0 ? self->n : index - 1;
  } else {
    index = self->n > 0 ? self->n - 1 : 0;
  }
  if (index >= self->n)
    return FALSE;
  mp_series_get (self, index, &at_iteration, &at_value);
  if (found != NULL)
    *found = at_iteration;
  if (value != NULL)
    *value = at_value;
  return TRUE;
}

static void
summarise_raw (MpSeries  *self,
               guint64    first,
               guint64    end,
               MpSummary *summary)
{
  while (first < end) {
    const Chunk *chunk = g_ptr_array_index (self->chunks, first / CHUNK);
    guint        i = first % CHUNK, stop = (guint) MIN ((guint64) CHUNK, i + (end - first));

    first += stop - i;
    if (chunk->floats != NULL)
      for (; i < stop; i++)
        summary_add_value (summary, (double) chunk->floats[i]);
    else
      for (; i < stop; i++)
        summary_add_value (summary, chunk->doubles[i]);
  }
}

void
mp_series_summarise (MpSeries  *self,
                     guint64    first,
                     guint64    end,
                     MpSummary *summary)
{
  summary_clear (summary);
  end = MIN (end, self->n);
  while (first < end) {
    guint64 size = 1;
    int     level = -1;

    while (level + 1 < MAX_LEVELS && first % (size * FAN_OUT) == 0 && first + size * FAN_OUT <= end &&
           self->levels[level + 1] != NULL && first / (size * FAN_OUT) < self->levels[level + 1]->len) {
      level++;
      size *= FAN_OUT;
    }
    if (level >= 0) {
      summary_add_block (summary, &g_array_index (self->levels[level], Block, first / size), size);
      first += size;
    } else {
      guint64 stop = MIN (end, (first / FAN_OUT + 1) * FAN_OUT);

      summarise_raw (self, first, stop, summary);
      first = stop;
    }
  }
}

void
mp_series_decimate (MpSeries  *self,
                    double     first,
                    double     last,
                    guint      n,
                    MpSummary *columns)
{
  guint64 begin = mp_series_search (self, first);

  for (guint column = 0; column < n; column++) {
    guint64 end = mp_series_search (self, first + (last - first) * (column + 1) / n);

    mp_series_summarise (self, begin, end, &columns[column]);
    begin = end;
  }
}

void
mp_smoother_init (MpSmoother *self,
                  double      tau)
{
  *self = (MpSmoother) { .tau = tau, .value = NAN };
}

double
mp_smoother_add (MpSmoother *self,
                 double      time,
                 double      sum,
                 guint64     n)
{
  double mean;

  if (n == 0)
    return self->value;
  mean = sum / (double) n;
  if (isnan (self->value) || self->tau <= 0) {
    self->value = mean;
    self->weight = (double) n;
  } else {
    self->weight = self->weight * exp (-(time - self->time) / self->tau) + (double) n;
    self->value += (double) n / self->weight * (mean - self->value);
  }
  self->time = time;
  return self->value;
}

void
mp_series_warm_up (MpSeries   *self,
                   guint64     end,
                   MpSmoother *smoother)
{
  /* exp (−16) ≈ 1e-7: what lies further back cannot be seen. At most 4096 cells of equal counts. */
  const double reach = 16;
  const guint  most = 4096;
  guint64      first, cell, iteration, other;
  double       value;

  end = MIN (end, self->n);
  if (end == 0 || smoother->tau <= 0)
    return;
  mp_series_get (self, end - 1, &iteration, &value);
  first = mp_series_search (self, (double) iteration - reach * smoother->tau);
  cell = (end - first + most - 1) / most;
  for (; first < end; first += cell) {
    guint64   stop = MIN (first + cell, end);
    MpSummary summary;

    mp_series_summarise (self, first, stop, &summary);
    mp_series_get (self, first, &iteration, &value);
    mp_series_get (self, stop - 1, &other, &value);
    mp_smoother_add (smoother, ((double) iteration + (double) other) / 2, summary.sum, summary.n_finite);
  }
}

gsize
mp_series_get_size (MpSeries *self)
{
  gsize size = sizeof *self + self->chunks->len * (sizeof (gpointer) + sizeof (Chunk));

  for (guint i = 0; i < self->chunks->len; i++) {
    const Chunk *chunk = g_ptr_array_index (self->chunks, i);

    size += chunk->floats != NULL ? chunk->n * sizeof (float) : chunk->capacity * sizeof (double);
    size += chunk->iterations != NULL ? chunk->capacity * sizeof (guint64) : 0;
  }
  for (guint level = 0; level < MAX_LEVELS; level++)
    if (self->levels[level] != NULL)
      size += self->levels[level]->len * sizeof (Block);
  return size;
}
