/* SPDX-License-Identifier: Apache-2.0
 *
 * source-gram.c: matrices over pairs of points that are never stored, for points of few dimensions.
 *
 *   R[i,j] = f (|x_i − y_j|² or x_i·y_j, …), M×N, f the program;  x M×K, y N×K
 *   out of it: Σ_j R, max_j R, Σ_j R[i,j]·V[j,:] per row;  Σ_i R, max_i R, Σ_i R[i,j]·U[i,:] per column;  totals;  R itself
 *
 * A block of 16×16 threads walks over tiles of 16·micro rows and as many columns; a thread computes micro × micro
 * points, which lie 16 apart, so that neighbouring threads read and write neighbours. Points and operands of
 * contractions lie in shared memory by dimension. What rows give stays in the thread's registers for all tiles of a row
 * that the block has; what columns give is added up over the block for every tile, and then in the workspace.
 *
 * The tiles are divided into row_parts × column_parts blocks, so that the device is full. A row's results from
 * column_parts blocks, and a column's from row_parts, meet in the workspace, and the block that comes last adds them in
 * order: the same bits in every run. Squared distances are sums of squared differences: nothing cancels.
 */
#include "kernels/cuda/source-private.h"

#include <stdio.h>
#include <string.h>

#define SIDE 16
#define THREADS (SIDE * SIDE)
#define MOST_DIMENSIONS 32
#define MOST_ACCUMULATORS 36            /* of float32, over rows and columns together */
#define MOST_REGISTERS 144              /* that they take in a thread */
#define MOST_PRESSURE 176               /* they and the program's values; above it the compiler spills */
#define MOST_PARTIAL_BYTES ((int64_t) 192 << 20)
#define CHUNK 4                         /* accumulators of columns that are added up at once */

typedef enum
{
  STORED,
  BY_ROW,
  BY_COLUMN,
  TOTAL
} Kind;

typedef struct
{
  const MpSourceProduct *product;
  const MpProgram       *program;
  MpProgram              plain;         /* contractions are sums: what the walk knows */
  MpWalk                 walk;
  Kind                   kind[MP_PROGRAM_MAX_OUTPUTS];
  int                    width[MP_PROGRAM_MAX_OUTPUTS]; /* columns of a contraction's operand, else 1 */
  int                    at[MP_PROGRAM_MAX_OUTPUTS];    /* first accumulator among those of its kind */
  int                    count[4];      /* accumulators of a kind */
  int                    micro, tile;
  int64_t                row_tiles, column_tiles;
  int64_t                row_parts, column_parts;       /* blocks */
  int64_t                rows_each, columns_each;       /* tiles of a part */
} Gram;

static int
is_contraction (const Gram *self,
                int         output)
{
  return self->program->output[output].reduce == MP_CONTRACT;
}

static int
is_max (const Gram *self,
        int         output)
{
  return self->program->output[output].reduce == MP_REDUCE_MAX;
}

/* ---- the plan ---- */

static MpStatus
read_outputs (Gram          *self,
              const int64_t *columns)
{
  for (int o = 0; o < self->program->n_outputs; o++) {
    int reduce = self->program->output[o].reduce, axes = self->program->output[o].axes & 3;

    self->kind[o] = reduce == MP_STORE || axes == 0 ? STORED : axes == 3 ? TOTAL : axes == 2 ? BY_ROW : BY_COLUMN;
    self->width[o] = 1;
    if (reduce == MP_CONTRACT) {
      if ((axes != 1 && axes != 2) || columns[o] > MOST_DIMENSIONS)
        return mp_kernels_fail (MP_STATUS_UNSUPPORTED, "Contraction %d of a generated product is over axes %d with %lld "
                                "columns.", o, axes, (long long) columns[o]);
      self->width[o] = (int) columns[o];
      self->plain.output[o].reduce = MP_REDUCE_SUM;
    }
    self->at[o] = self->count[self->kind[o]];
    self->count[self->kind[o]] += self->width[o];
  }
  return MP_OK;
}

static void
set_walk (Gram *self)
{
  MpWalk *walk = &self->walk;
  int64_t most = self->product->m > self->product->n ? self->product->m : self->product->n;

  mp_walk_init (walk, &self->plain, NULL, NULL, (1u << self->program->n_outputs) - 1);
  /* Rows and columns stay what they are, whatever could be merged. */
  walk->rank = 2;
  for (int a = 0; a < 2; a++) {
    walk->dim[a] = self->plain.dim[a];
    walk->dense[a] = a == 0 ? self->plain.dim[1] : 1;
    for (int i = 0; i < self->plain.n_inputs; i++)
      walk->input[i][a] = self->plain.input[i].stride[a];
  }
  for (int o = 0; o < self->plain.n_outputs; o++)
    walk->reduced[o] = self->kind[o] == STORED ? 0 : (unsigned) self->plain.output[o].axes & 3;
  walk->wide = walk->wide || most * MOST_DIMENSIONS > INT32_MAX / 2;
}

static int64_t
partial_bytes (const Gram *self)
{
  int64_t real = self->walk.suffix == 'd' ? 8 : 4;

  return real * (self->column_parts * self->count[BY_ROW] * self->product->m
                 + self->row_parts * self->count[BY_COLUMN] * self->product->n);
}

/* More parts where that costs the least of the workspace, until the device is full. */
static void
choose_parts (Gram                 *self,
              const MpSourceTarget *target)
{
  self->row_parts = self->column_parts = 1;
  while (self->row_parts * self->column_parts < 6 * (int64_t) target->n_units) {
    /* what another part adds to the workspace, per block that it adds */
    int64_t by_row = self->row_parts * self->count[BY_COLUMN] * self->product->n;
    int64_t by_column = self->column_parts * self->count[BY_ROW] * self->product->m;
    int     rows = self->row_parts < self->row_tiles, columns = self->column_parts < self->column_tiles;

    if (!(rows || columns) || partial_bytes (self) > MOST_PARTIAL_BYTES)
      break;
    if (rows && (!columns || by_row <= by_column))
      self->row_parts++;
    else
      self->column_parts++;
  }
  self->rows_each = mp_ceil_div (self->row_tiles, self->row_parts);
  self->columns_each = mp_ceil_div (self->column_tiles, self->column_parts);
  self->row_parts = mp_ceil_div (self->row_tiles, self->rows_each);
  self->column_parts = mp_ceil_div (self->column_tiles, self->columns_each);
}

static void
choose_shape (Gram                 *self,
              const MpSourceTarget *target)
{
  int wide = self->walk.suffix == 'd';
  int accumulators = (self->count[BY_ROW] + self->count[BY_COLUMN]) * (wide ? 4 : 1);

  /* float64 takes two registers, and functions of it many more */
  for (self->micro = wide ? 2 : 4; self->micro > 1; self->micro /= 2) {
    int64_t side = SIDE * self->micro;
    int     held = self->micro * accumulators, values = self->program->n_instructions;

    if (held <= MOST_REGISTERS && (self->micro < 4 || (values <= 64 && held + values <= MOST_PRESSURE))
        && mp_ceil_div (self->product->m, side) * mp_ceil_div (self->product->n, side) >= 2 * (int64_t) target->n_units)
      break;
  }
  self->tile = SIDE * self->micro;
  self->row_tiles = mp_ceil_div (self->product->m, self->tile);
  self->column_tiles = mp_ceil_div (self->product->n, self->tile);
  choose_parts (self, target);
}

/* ---- arguments ---- */

static void
add_partial (MpText     *text,
             MpSource   *source,
             const char *type,
             const char *name,
             int64_t     bytes)
{
  if (bytes == 0)
    return;
  mp_text_add (text, "  %s *%s;\n", type, name);
  mp_source_argument (source, MP_ARG_WORKSPACE, 0, source->workspace_bytes);
  source->workspace_bytes += ((size_t) bytes + MP_ALIGNMENT - 1) / MP_ALIGNMENT * MP_ALIGNMENT;
}

static void
emit_arguments (MpText     *text,
                const Gram *self,
                MpSource   *source)
{
  const char *real = self->walk.real;
  int64_t     size = self->walk.suffix == 'd' ? 8 : 4;

  mp_text_add (text, "struct MP_ARGS\n{\n  const %s *x;\n  const %s *y;\n", real, real);
  mp_source_argument (source, MP_ARG_INPUT, 0, 0);
  mp_source_argument (source, MP_ARG_INPUT, 1, 0);
  for (int o = 0; o < self->program->n_outputs; o++)
    if (is_contraction (self, o)) {
      mp_text_add (text, "  const %s *v%d;\n", real, o);
      mp_source_argument (source, MP_ARG_INPUT, self->program->output[o].operand, 0);
    }
  add_partial (text, source, real, "rows", self->column_parts * self->count[BY_ROW] * self->product->m * size);
  add_partial (text, source, real, "columns", self->row_parts * self->count[BY_COLUMN] * self->product->n * size);
  add_partial (text, source, "double", "totals", self->row_parts * self->column_parts * self->count[TOTAL] * 8);
  source->n_counters = (unsigned) (self->row_parts + self->column_parts + 1);
  mp_source_arguments (text, &self->walk, source, 1, 1, NULL, 0);
  mp_text_add (text, "};\n");
}

/* ---- tiles ---- */

/* to[dimension][point] of the tile at `tile` of a matrix of `columns` columns; 0 beyond its last row. */
static void
emit_load (MpText     *text,
           const Gram *self,
           const char *to,
           const char *from,
           const char *tile,
           int64_t     rows,
           int64_t     columns)
{
  mp_text_add (text, "      for (e = t; e < %lldu; e += %du) {\n", (long long) (columns * self->tile), THREADS);
  mp_text_add (text, "        const index row = (index) %s * %du + e / %lldu;\n", tile, self->tile, (long long) columns);
  mp_text_add (text, "        %s[e %% %lldu * %du + e / %lldu] = row < %lldu ? g.%s[row * %lldu + e %% %lldu] : 0;\n      }\n",
               to, (long long) columns, self->tile + 1, (long long) columns, (long long) rows, from,
               (long long) columns, (long long) columns);
}

static void
emit_loads (MpText     *text,
            const Gram *self)
{
  int64_t m = self->product->m, n = self->product->n, k = self->product->k;

  mp_text_add (text, "      __syncthreads ();\n      if (tj == first) {\n");
  if (k > 0)
    emit_load (text, self, "xs", "x", "ti", m, k);
  for (int o = 0; o < self->program->n_outputs; o++) {
    char name[16];

    snprintf (name, sizeof name, "v%d", o);
    if (is_contraction (self, o) && self->kind[o] == BY_COLUMN)
      emit_load (text, self, name, name, "ti", m, self->width[o]);
  }
  mp_text_add (text, "      }\n");
  if (k > 0)
    emit_load (text, self, "ys", "y", "tj", n, k);
  for (int o = 0; o < self->program->n_outputs; o++) {
    char name[16];

    snprintf (name, sizeof name, "v%d", o);
    if (is_contraction (self, o) && self->kind[o] == BY_ROW)
      emit_load (text, self, name, name, "tj", n, self->width[o]);
  }
  mp_text_add (text, "      __syncthreads ();\n");
}

/* d[a][b]: the product's entries of the thread's points. */
static void
emit_products (MpText     *text,
               const Gram *self)
{
  const char *real = self->walk.real;
  int         micro = self->micro, stride = self->tile + 1;

  mp_text_add (text, "#pragma unroll\n      for (a = 0; a < %d; a++)\n#pragma unroll\n        for (b = 0; b < %d; b++)\n"
               "          d[a][b] = 0;\n", micro, micro);
  mp_text_add (text, "      for (e = 0; e < %lldu; e++) {\n        %s xa[%d], yb[%d];\n", (long long) self->product->k,
               real, micro, micro);
  mp_text_add (text, "#pragma unroll\n        for (a = 0; a < %d; a++) {\n          xa[a] = xs[e * %du + ty + %du * a];\n"
               "          yb[a] = ys[e * %du + tx + %du * a];\n        }\n", micro, stride, SIDE, stride, SIDE);
  mp_text_add (text, "#pragma unroll\n        for (a = 0; a < %d; a++)\n#pragma unroll\n          for (b = 0; b < %d; b++) ",
               micro, micro);
  if (self->product->op == MP_OP_SQDIST) /* what follows is a statement of the inner loop */
    mp_text_add (text, "{\n            const %s q = xa[a] - yb[b];\n            d[a][b] += q * q;\n          }\n", real);
  else
    mp_text_add (text, "\n            d[a][b] += xa[a] * yb[b];\n");
  mp_text_add (text, "      }\n");
}

/* What an output's value q does to its accumulators. */
static void
emit_output (MpText     *text,
             const Gram *self,
             int         output)
{
  const MpWalk *walk = &self->walk;
  int           at = self->at[output], stride = self->tile + 1, max = is_max (self, output);
  char          to[48];

  mp_text_add (text, "          {\n            const %s q = ", walk->real);
  if (self->kind[output] != STORED)
    mp_text_add (text, "inside ? ");
  mp_emit_value (text, walk, output);
  if (self->kind[output] != STORED)
    mp_text_add (text, max ? " : -(%s) MP_INF" : " : (%s) 0", walk->real);
  mp_text_add (text, ";\n");
  if (self->kind[output] == BY_ROW)
    snprintf (to, sizeof to, "ra[a][%d", at);
  else if (self->kind[output] == BY_COLUMN)
    snprintf (to, sizeof to, "ca[b][%d", at);
  else
    snprintf (to, sizeof to, "st[%d", at);
  if (self->kind[output] == STORED)
    mp_text_add (text, "            if (inside)\n              g.o%d[c0 * %lldu + c1] = q;\n", output,
                 (long long) self->product->n);
  else if (is_contraction (self, output))
    for (int w = 0; w < self->width[output]; w++)
      mp_text_add (text, "            %s + %d] += q * v%d[%du + %s];\n", to, w, output, (unsigned) (w * stride),
                   self->kind[output] == BY_ROW ? "jx" : "iy");
  else if (max)
    mp_text_add (text, "            %s] = MP_LARGER (%s], q);\n", to, to);
  else
    mp_text_add (text, "            %s] += q;\n", to);
  mp_text_add (text, "          }\n");
}

static void
emit_points (MpText     *text,
             const Gram *self)
{
  const MpWalk *walk = &self->walk;
  long long     m = self->product->m, n = self->product->n;

  mp_text_add (text, "#pragma unroll\n      for (a = 0; a < %d; a++)\n#pragma unroll\n        for (b = 0; b < %d; b++) {\n",
               self->micro, self->micro);
  mp_text_add (text, "          const unsigned iy = ty + %du * a, jx = tx + %du * b;\n", SIDE, SIDE);
  mp_text_add (text, "          const index i = (index) ti * %du + iy, j = (index) tj * %du + jx;\n", self->tile,
               self->tile);
  if (m % self->tile == 0 && n % self->tile == 0)
    mp_text_add (text, "          const int inside = 1;\n          const index c0 = i, c1 = j;\n");
  else
    mp_text_add (text, "          const int inside = i < %lldu && j < %lldu;\n"
                 "          const index c0 = i < %lldu ? i : %lldu, c1 = j < %lldu ? j : %lldu;\n", m, n, m, m - 1, n, n - 1);
  mp_text_add (text, "          const %s r0 = d[a][b];\n", walk->real);
  for (int i = 1; i < self->plain.n_inputs; i++)
    if (walk->needed[i]) {
      mp_text_add (text, "          const %s r%d = g.i%d[", walk->real, i, i);
      mp_emit_offset (text, walk, walk->input[i], 3);
      mp_text_add (text, "];\n");
    }
  mp_text_add (text, "          (void) c0, (void) c1, (void) iy, (void) jx, (void) inside, (void) r0;\n");
  mp_emit_instructions (text, walk, "          ");
  for (int o = 0; o < self->plain.n_outputs; o++)
    emit_output (text, self, o);
  mp_text_add (text, "        }\n");
}

/* ---- what rows and columns give ---- */

/* The first value of accumulator `at` of a kind: 0 or −∞. */
static void
emit_starts (MpText     *text,
             const Gram *self,
             Kind        kind,
             const char *indent,
             const char *array)
{
  for (int o = 0; o < self->program->n_outputs; o++)
    for (int w = 0; self->kind[o] == kind && w < self->width[o]; w++)
      mp_text_add (text, "%s%s[%d] = %s(%s) %s;\n", indent, array, self->at[o] + w, is_max (self, o) ? "-" : "",
                   self->walk.real, is_max (self, o) ? "MP_INF" : "0");
}

static int
accumulates_max (const Gram *self,
                 Kind        kind,
                 int         at)
{
  for (int o = 0; o < self->program->n_outputs; o++)
    if (self->kind[o] == kind && self->at[o] == at && is_max (self, o))
      return 1;
  return 0;
}

/* "q = q + OTHER" or the larger, for accumulator `at`. */
static void
emit_combine (MpText     *text,
              const Gram *self,
              Kind        kind,
              int         at,
              const char *other)
{
  mp_text_add (text, accumulates_max (self, kind, at) ? "q = MP_LARGER (q, %s);\n" : "q = q + %s;\n", other);
}

/* Adds ca over the block's rows, CHUNK accumulators at a time, and puts or adds it to the part's columns. */
static void
emit_columns (MpText     *text,
              const Gram *self)
{
  int  n = self->count[BY_COLUMN], tile = self->tile;
  long long columns = self->product->n;

  for (int first = 0; first < n; first += CHUNK) {
    int here = n - first < CHUNK ? n - first : CHUNK;

    if (first > 0)
      mp_text_add (text, "      __syncthreads ();\n");
    for (int w = 0; w < here; w++) {
      mp_text_add (text, "#pragma unroll\n      for (b = 0; b < %d; b++) {\n        %s q = ca[b][%d];\n", self->micro,
                   self->walk.real, first + w);
      mp_text_add (text, "        const %s other = __shfl_xor_sync (0xffffffffu, q, 16);\n        ", self->walk.real);
      emit_combine (text, self, BY_COLUMN, first + w, "other");
      mp_text_add (text, "        if (t %% 32u < 16u)\n          red[t / 32u * %du + %du + tx + %du * b] = q;\n      }\n",
                   CHUNK * tile, w * tile, SIDE);
    }
    mp_text_add (text, "      __syncthreads ();\n");
    for (int w = 0; w < here; w++) {
      mp_text_add (text, "      if (t < %du && (index) tj * %du + t < %lldu) {\n        %s *to = g.columns + "
                   "(((index) part_i * %du + %du) * %lldu + (index) tj * %du + t);\n        %s q = red[%du + t];\n",
                   tile, tile, columns, self->walk.real, n, first + w, columns, tile, self->walk.real, w * tile);
      for (int warp = 1; warp < THREADS / 32; warp++) {
        char other[48];

        snprintf (other, sizeof other, "red[%du + t]", warp * CHUNK * tile + w * tile);
        mp_text_add (text, "        ");
        emit_combine (text, self, BY_COLUMN, first + w, other);
      }
      mp_text_add (text, "        if (ti > first_row)\n          ");
      emit_combine (text, self, BY_COLUMN, first + w, "*to");
      mp_text_add (text, "        *to = q;\n      }\n");
    }
  }
}

/* Over the 16 threads of a row. */
static void
emit_rows (MpText     *text,
           const Gram *self)
{
  if (self->count[BY_ROW] == 0)
    return;
  mp_text_add (text, "#pragma unroll\n    for (a = 0; a < %d; a++) {\n      const index i = (index) ti * %du + ty + %du * a;\n"
               "      %s q;\n", self->micro, self->tile, SIDE, self->walk.real);
  for (int w = 0; w < self->count[BY_ROW]; w++) {
    mp_text_add (text, "      q = ra[a][%d];\n", w);
    for (int lanes = SIDE / 2; lanes > 0; lanes /= 2) {
      mp_text_add (text, "      { const %s other = __shfl_xor_sync (0xffffffffu, q, %d); ", self->walk.real, lanes);
      emit_combine (text, self, BY_ROW, w, "other");
      mp_text_add (text, "      }\n");
    }
    mp_text_add (text, "      if (tx == 0u && i < %lldu)\n        g.rows[((index) part_j * %du + %du) * %lldu + i] = q;\n",
                 (long long) self->product->m, self->count[BY_ROW], w, (long long) self->product->m);
  }
  mp_text_add (text, "    }\n");
}

/* Who comes last of those that share rows, or columns, adds up what all have put there. */
static void
emit_last (MpText     *text,
           const Gram *self,
           Kind        kind)
{
  int         rows = kind == BY_ROW;
  long long   length = rows ? self->product->m : self->product->n, parts = rows ? self->column_parts : self->row_parts;
  long long   points = (rows ? self->rows_each : self->columns_each) * self->tile;
  const char *name = rows ? "rows" : "columns";

  if (self->count[kind] == 0)
    return;
  mp_text_add (text, "  if (mp_last (g.n + (%lldu + part_%c), %lldu, &flag)) {\n",
               rows ? 0ll : (long long) self->row_parts, rows ? 'i' : 'j', parts);
  mp_text_add (text, "    const index from = (index) part_%c * %lldu;\n", rows ? 'i' : 'j', points);
  mp_text_add (text, "    const index to = from + %lldu < %lldu ? from + %lldu : %lldu;\n", points, length, points, length);
  for (int o = 0; o < self->program->n_outputs; o++) {
    if (self->kind[o] != kind)
      continue;
    mp_text_add (text, "    for (i = from * %du + t; i < to * %du; i += %du) {\n      unsigned p;\n      double q = %s;\n",
                 self->width[o], self->width[o], THREADS, is_max (self, o) ? "-(double) MP_INF" : "0");
    mp_text_add (text, "      for (p = 0; p < %lldu; p++) {\n        const double other = *(const volatile %s *) (g.%s + "
                 "(((index) p * %du + %du + i %% %du) * %lldu + i / %du));\n        ", parts, self->walk.real, name,
                 self->count[kind], self->at[o], self->width[o], length, self->width[o]);
    emit_combine (text, self, kind, self->at[o], "other");
    mp_text_add (text, "      }\n      g.o%d[i] = (%s) (q * %.17e);\n    }\n", o, self->walk.real,
                 self->program->output[o].scale);
  }
  mp_text_add (text, "  }\n");
}

static void
emit_totals (MpText     *text,
             const Gram *self)
{
  long long blocks = self->row_parts * self->column_parts;

  if (self->count[TOTAL] == 0)
    return;
  for (int o = 0; o < self->program->n_outputs; o++)
    if (self->kind[o] == TOTAL)
      mp_text_add (text, "  {\n    const double q = mp_group_%s (sum[%d], scratch, %du);\n    if (t == 0u)\n"
                   "      g.totals[%lldu + part_i * %lldu + part_j] = q;\n  }\n", is_max (self, o) ? "max" : "sum",
                   self->at[o], THREADS, self->at[o] * blocks, (long long) self->column_parts);
  mp_text_add (text, "  if (mp_last (g.n + %lldu, %lldu, &flag)) {\n    unsigned p;\n",
               (long long) (self->row_parts + self->column_parts), blocks);
  for (int o = 0; o < self->program->n_outputs; o++) {
    if (self->kind[o] != TOTAL)
      continue;
    mp_text_add (text, "    {\n      double q = %s;\n      for (p = t; p < %lldu; p += %du) {\n        const double other = "
                 "mp_read (g.totals + (%lldu + p));\n        ", is_max (self, o) ? "-(double) MP_INF" : "0", blocks, THREADS,
                 self->at[o] * blocks);
    emit_combine (text, self, TOTAL, self->at[o], "other");
    mp_text_add (text, "      }\n      q = mp_group_%s (q, scratch, %du);\n      if (t == 0u)\n        g.o%d[0] = (%s) (q * "
                 "%.17e);\n    }\n", is_max (self, o) ? "max" : "sum", THREADS, o, self->walk.real,
                 self->program->output[o].scale);
  }
  mp_text_add (text, "  }\n");
}

/* ---- the kernel ---- */

static void
emit_declarations (MpText     *text,
                   const Gram *self)
{
  const char *real = self->walk.real;
  int         stride = self->tile + 1;
  long long   k = self->product->k > 0 ? self->product->k : 1;

  mp_text_add (text, "  typedef %s index;\n  __shared__ %s xs[%lld], ys[%lld];\n", mp_walk_index (&self->walk), real,
               k * stride, k * stride);
  for (int o = 0; o < self->program->n_outputs; o++)
    if (is_contraction (self, o))
      mp_text_add (text, "  __shared__ %s v%d[%d];\n", real, o, self->width[o] * stride);
  if (self->count[BY_COLUMN] > 0)
    mp_text_add (text, "  __shared__ %s red[%d];\n", real, THREADS / 32 * CHUNK * self->tile);
  if (self->count[TOTAL] > 0)
    mp_text_add (text, "  __shared__ double scratch[%d];\n  double sum[%d];\n", THREADS / 32, self->count[TOTAL]);
  if (self->count[BY_ROW] + self->count[BY_COLUMN] + self->count[TOTAL] > 0)
    mp_text_add (text, "  __shared__ unsigned flag;\n");
  if (self->count[BY_ROW] > 0)
    mp_text_add (text, "  %s ra[%d][%d];\n", real, self->micro, self->count[BY_ROW]);
  if (self->count[BY_COLUMN] > 0)
    mp_text_add (text, "  %s ca[%d][%d];\n", real, self->micro, self->count[BY_COLUMN]);
  mp_text_add (text, "  %s d[%d][%d];\n", real, self->micro, self->micro);
  mp_text_add (text, "  const unsigned t = threadIdx.x, tx = t %% %du, ty = t / %du, part_j = blockIdx.x, part_i = blockIdx.y;\n",
               SIDE, SIDE);
  mp_text_add (text, "  const unsigned first = part_j * %lldu, first_row = part_i * %lldu;\n",
               (long long) self->columns_each, (long long) self->rows_each);
  mp_text_add (text, "  const unsigned end = first + %lldu < %lldu ? first + %lldu : %lldu;\n",
               (long long) self->columns_each, (long long) self->column_tiles, (long long) self->columns_each,
               (long long) self->column_tiles);
  mp_text_add (text, "  const unsigned end_row = first_row + %lldu < %lldu ? first_row + %lldu : %lldu;\n",
               (long long) self->rows_each, (long long) self->row_tiles, (long long) self->rows_each,
               (long long) self->row_tiles);
  mp_text_add (text, "  unsigned a, b, e, ti, tj;\n  index i;\n  (void) i, (void) b, (void) a, (void) first_row;\n");
}

static void
emit_kernel (MpText     *text,
             const Gram *self)
{
  mp_text_add (text, "MP_KERNEL (%d) MP_NAME (const struct MP_ARGS g)\n{\n", THREADS);
  emit_declarations (text, self);
  for (int o = 0; o < self->program->n_outputs; o++)
    if (self->kind[o] == TOTAL)
      mp_text_add (text, "  sum[%d] = %s;\n", self->at[o], is_max (self, o) ? "-(double) MP_INF" : "0");
  mp_text_add (text, "  for (ti = first_row; ti < end_row; ti++) {\n");
  mp_text_add (text, "#pragma unroll\n    for (a = 0; a < %d; a++) {\n", self->micro);
  emit_starts (text, self, BY_ROW, "      ", "ra[a]");
  mp_text_add (text, "    }\n    for (tj = first; tj < end; tj++) {\n");
  if (self->count[TOTAL] > 0)
    mp_text_add (text, "      %s st[%d];\n", self->walk.real, self->count[TOTAL]);
  emit_loads (text, self);
  emit_starts (text, self, TOTAL, "      ", "st");
  mp_text_add (text, "#pragma unroll\n      for (b = 0; b < %d; b++) {\n", self->micro);
  emit_starts (text, self, BY_COLUMN, "        ", "ca[b]");
  mp_text_add (text, "      }\n");
  emit_products (text, self);
  emit_points (text, self);
  for (int o = 0; o < self->program->n_outputs; o++)
    if (self->kind[o] == TOTAL)
      mp_text_add (text, is_max (self, o) ? "      sum[%d] = MP_LARGER (sum[%d], (double) st[%d]);\n"
                                          : "      sum[%d] = sum[%d] + (double) st[%d];\n", self->at[o], self->at[o],
                   self->at[o]);
  emit_columns (text, self);
  mp_text_add (text, "    }\n");
  emit_rows (text, self);
  mp_text_add (text, "  }\n");
  emit_last (text, self, BY_ROW);
  emit_last (text, self, BY_COLUMN);
  emit_totals (text, self);
  mp_text_add (text, "}\n");
}

MpStatus
mp_source_gram (const MpSourceProduct *product,
                const MpProgram       *program,
                const int64_t         *columns,
                const MpSourceTarget  *target,
                MpSource              *source)
{
  MpText   text = { 0 };
  Gram     self = { .product = product, .program = program, .plain = *program };
  MpStatus status = read_outputs (&self, columns);
  int      words = program->dtype == MP_FLOAT64 ? 2 : 1;

  memset (source, 0, sizeof *source);
  if (status == MP_OK)
    status = mp_source_check (&self.plain);
  if (status != MP_OK)
    return status;
  if (product->batch != 1 || product->transpose_a || !product->transpose_b || product->m < 1 || product->n < 1
      || product->k * words > MOST_DIMENSIONS || program->rank != 2 || program->n_inputs < 1
      || (self.count[BY_ROW] + self.count[BY_COLUMN]) * words > MOST_ACCUMULATORS)
    return mp_kernels_fail (MP_STATUS_UNSUPPORTED, "No kernel is generated for %lld×%lld pairs of points in %lld "
                            "dimensions with %d results per row and %d per column.", (long long) product->m,
                            (long long) product->n, (long long) product->k, self.count[BY_ROW], self.count[BY_COLUMN]);
  set_walk (&self);
  choose_shape (&self, target);
  emit_arguments (&text, &self, source);
  emit_kernel (&text, &self);
  source->block = THREADS;
  source->grid[0] = (unsigned) self.column_parts;
  source->grid[1] = (unsigned) self.row_parts;
  source->grid[2] = 1;
  snprintf (source->title, sizeof source->title, "pairs %d×%d", self.tile, self.tile);
  return mp_source_finish (&text, source);
}
