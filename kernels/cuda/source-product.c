/* SPDX-License-Identifier: Apache-2.0
 *
 * source-product.c: small products and squared distances with a program in registers.
 *
 *   c[i,j] = Σ_k a[i,k] · b[k,j]     or     Σ_k (a[i,k] − b[j,k])²,     then the program at (i, j)
 *
 * A block makes rows × columns of c. Slices of both operands, `depth` long, go through shared memory, the next one read
 * while this one is used; a small depth is one slice. Where a tile has fewer elements than a block threads, `parts`
 * groups of threads share the depth and add up in shared memory. Distances are sums of squared differences, never an
 * expansion, so they lose nothing to cancellation.
 *
 * Outputs of the program are stored, or reduced over rows, columns or both: within the tile through shared memory, and
 * over tiles by the last block that arrives, in a fixed order.
 */
#include "kernels/cuda/source-private.h"

#include <stdio.h>
#include <string.h>

#define MAX_PARTIALS MP_PROGRAM_MAX_OUTPUTS

typedef struct
{
  const MpSourceProduct *product;
  MpWalk                 walk;
  MpDtype                operand[2];
  int64_t                tiles[2];             /* over m and n */
  unsigned               tile[2];              /* rows and columns of c in a block, powers of two */
  unsigned               micro[2];             /* of a thread */
  unsigned               parts;
  unsigned               threads;
  unsigned               elements;             /* of c that a thread has in the end */
  unsigned               depth;                /* of a slice */
  int64_t                slices;
  unsigned               leading[2];           /* distance of two k in shared memory */
  int64_t                partial[MAX_PARTIALS];
  int                    n_partials;
  unsigned               row_counters, column_counters; /* where they start */
} Plan;

enum
{
  OVER_ROWS = 1,    /* a sum for each column */
  OVER_COLUMNS = 2,
  OVER_ALL = 3
};

/* ---- the shape ---- */

static void
choose_tiles (Plan                 *plan,
              const MpSourceTarget *target)
{
  const MpSourceProduct *p = plan->product;
  unsigned               positions;

  plan->tile[0] = mp_power_for (p->m, 16);
  plan->tile[1] = mp_power_for (p->n, 16);
  while (plan->tile[0] < 64 && plan->tile[0] >= 16 && plan->tile[1] >= 16
         && mp_ceil_div (p->m, plan->tile[0] * 2) * mp_ceil_div (p->n, plan->tile[1] * 2) * p->batch
            >= target->n_units) {
    plan->tile[0] *= 2;
    plan->tile[1] *= 2;
  }
  for (int d = 0; d < 2; d++) {
    plan->micro[d] = plan->tile[d] >= 64 ? 4 : (plan->tile[d] >= 16 ? 2 : 1);
    plan->tiles[d] = mp_ceil_div (d == 0 ? p->m : p->n, plan->tile[d]);
  }
  positions = plan->tile[0] / plan->micro[0] * (plan->tile[1] / plan->micro[1]);
  plan->parts = 256 / positions > 0 ? mp_power_for (mp_ceil_div (p->k, 4), 256 / positions) : 1;
  while (positions * plan->parts < 64)
    plan->parts *= 2;
  plan->threads = positions * plan->parts;
  plan->elements = plan->parts == 1 ? plan->micro[0] * plan->micro[1]
                                    : (unsigned) mp_ceil_div (plan->tile[0] * plan->tile[1], plan->threads);
}

static void
choose_depth (Plan *plan)
{
  const MpSourceProduct *p = plan->product;
  int64_t                whole = mp_ceil_div (p->k, plan->parts) * plan->parts;
  unsigned               most = plan->tile[0] > 16 ? 32 : (plan->tile[1] > 16 ? 32 : 128);

  plan->depth = (unsigned) whole;
  if (whole > most) {
    plan->depth = plan->tile[0] >= 64 ? 16 : 32;
    plan->depth = plan->depth < plan->parts ? plan->parts : plan->depth;
  }
  plan->slices = plan->depth > 0 ? mp_ceil_div (p->k, plan->depth) : 0;
  /* an odd distance where neighbours in memory are neighbours in k, so that writing the slice hits all banks */
  plan->leading[0] = plan->tile[0] + !p->transpose_a;
  plan->leading[1] = plan->tile[1] + (p->transpose_b != 0);
}

static int
over (const Plan *plan,
      int         output)
{
  return plan->walk.outputs >> output & 1 ? (int) plan->walk.reduced[output] : 0;
}

static int
is_direct (const Plan *plan,
           int         kind)
{
  return kind == OVER_ROWS ? plan->tiles[0] == 1
         : (kind == OVER_COLUMNS ? plan->tiles[1] == 1 : plan->tiles[0] * plan->tiles[1] == 1);
}

/* Partial sums in the order total, rows, columns; their counters likewise. */
static void
reserve (Plan     *plan,
         MpSource *source)
{
  static const int kinds[] = { OVER_ALL, OVER_COLUMNS, OVER_ROWS };
  int              used[4] = { 0 };

  for (int i = 0; i < 3; i++)
    for (int o = 0; o < plan->walk.program->n_outputs; o++)
      if (over (plan, o) == kinds[i] && !is_direct (plan, kinds[i])) {
        plan->partial[plan->n_partials++] = kinds[i] == OVER_ALL ? plan->tiles[0] * plan->tiles[1]
                                            : kinds[i] == OVER_COLUMNS ? plan->tiles[1] * plan->product->m
                                                                       : plan->tiles[0] * plan->product->n;
        used[kinds[i]] = 1;
      }
  plan->row_counters = (unsigned) used[OVER_ALL];
  plan->column_counters = plan->row_counters + (used[OVER_COLUMNS] ? (unsigned) plan->tiles[0] : 0);
  source->n_counters = plan->column_counters + (used[OVER_ROWS] ? (unsigned) plan->tiles[1] : 0);
}

/* ---- the product ---- */

static unsigned
loads_of (const Plan *plan,
          int         operand)
{
  return (unsigned) mp_ceil_div ((int64_t) plan->tile[operand] * plan->depth, plan->threads);
}

/* Reads this thread's share of slice `slice` into l<operand>[…]; zeros beyond the edges. */
static void
emit_fetch (MpText     *text,
            const Plan *plan,
            const char *indent,
            const char *slice)
{
  const MpSourceProduct *p = plan->product;
  const char            *index = mp_walk_index (&plan->walk);

  for (int d = 0; d < 2; d++) {
    int      along_k = d == 0 ? !p->transpose_a : p->transpose_b != 0; /* neighbours in memory */
    int64_t  extent = d == 0 ? p->m : p->n;
    unsigned tile = plan->tile[d];

    mp_text_add (text, "#pragma unroll\n%sfor (int e = 0; e < %u; e++) {\n"
                       "%s  const unsigned at = threadIdx.x + e * %uu;\n",
                 indent, loads_of (plan, d), indent, plan->threads);
    if (along_k)
      mp_text_add (text, "%s  const %s k = %s * %uu + at %% %uu, i = %s0 + at / %uu;\n", indent, index, slice,
                   plan->depth, plan->depth, d == 0 ? "row" : "column", plan->depth);
    else
      mp_text_add (text, "%s  const %s k = %s * %uu + at / %uu, i = %s0 + at %% %uu;\n", indent, index, slice,
                   plan->depth, tile, d == 0 ? "row" : "column", tile);
    mp_text_add (text, "%s  l%d[e] = at < %uu && k < %lldu && i < %lldu ? %s(%s[", indent, d, tile * plan->depth,
                 (long long) p->k, (long long) extent, plan->operand[d] == MP_BFLOAT16 ? "mp_widen " : "",
                 d == 0 ? "a" : "b");
    if (along_k)
      mp_text_add (text, "i * %lldu + k", (long long) p->k);
    else
      mp_text_add (text, "k * %lldu + i", (long long) extent);
    mp_text_add (text, "]) : 0;\n%s}\n", indent);
  }
}

static void
emit_put (MpText     *text,
          const Plan *plan,
          const char *indent,
          const char *buffer)
{
  const MpSourceProduct *p = plan->product;

  for (int d = 0; d < 2; d++) {
    int      along_k = d == 0 ? !p->transpose_a : p->transpose_b != 0;
    unsigned tile = plan->tile[d];

    mp_text_add (text, "#pragma unroll\n%sfor (int e = 0; e < %u; e++) {\n"
                       "%s  const unsigned at = threadIdx.x + e * %uu;\n"
                       "%s  if (at < %uu)\n%s    s%d[%s", indent, loads_of (plan, d), indent, plan->threads, indent,
                 tile * plan->depth, indent, d, buffer);
    if (*buffer != '\0')
      mp_text_add (text, " * %uu + ", plan->depth * plan->leading[d]);
    if (along_k)
      mp_text_add (text, "at %% %uu * %uu + at / %uu] = l%d[e];\n%s}\n", plan->depth, plan->leading[d], plan->depth, d,
                   indent);
    else
      mp_text_add (text, "at / %uu * %uu + at %% %uu] = l%d[e];\n%s}\n", tile, plan->leading[d], tile, d, indent);
  }
}

static void
emit_use (MpText     *text,
          const Plan *plan,
          const char *indent,
          const char *buffer)
{
  const char *real = plan->walk.real;

  mp_text_add (text, "#pragma unroll 8\n%sfor (unsigned k = part; k < %uu; k += %uu) {\n%s  %s u[%u], v[%u];\n", indent,
               plan->depth, plan->parts, indent, real, plan->micro[0], plan->micro[1]);
  for (int d = 0; d < 2; d++)
    for (unsigned e = 0; e < plan->micro[d]; e++) {
      mp_text_add (text, "%s  %c[%u] = s%d[", indent, d == 0 ? 'u' : 'v', e, d);
      if (*buffer != '\0')
        mp_text_add (text, "%s * %uu + ", buffer, plan->depth * plan->leading[d]);
      mp_text_add (text, "k * %uu + %c + %uu];\n", plan->leading[d], d == 0 ? 'y' : 'x',
                   e * (plan->tile[d] / plan->micro[d]));
    }
  for (unsigned i = 0; i < plan->micro[0]; i++)
    for (unsigned j = 0; j < plan->micro[1]; j++)
      if (plan->product->op == MP_OP_SQDIST)
        mp_text_add (text, "%s  c[%u] += (u[%u] - v[%u]) * (u[%u] - v[%u]);\n", indent, i * plan->micro[1] + j, i, j,
                     i, j);
      else
        mp_text_add (text, "%s  c[%u] += u[%u] * v[%u];\n", indent, i * plan->micro[1] + j, i, j);
  mp_text_add (text, "%s}\n", indent);
}

static void
emit_slices (MpText     *text,
             const Plan *plan)
{
  const char *real = plan->walk.real;

  if (plan->slices == 0)
    return;
  mp_text_add (text, "  %s l0[%u], l1[%u];\n", real, loads_of (plan, 0), loads_of (plan, 1));
  emit_fetch (text, plan, "  ", "0u");
  emit_put (text, plan, "  ", "");
  mp_text_add (text, "  __syncthreads ();\n");
  if (plan->slices == 1) {
    emit_use (text, plan, "  ", "");
    return;
  }
  mp_text_add (text, "  for (unsigned s = 1; s < %lldu; s++) {\n", (long long) plan->slices);
  emit_fetch (text, plan, "    ", "s");
  emit_use (text, plan, "    ", "(s - 1u) % 2u");
  emit_put (text, plan, "    ", "s % 2u");
  mp_text_add (text, "    __syncthreads ();\n  }\n");
  emit_use (text, plan, "  ", plan->slices % 2 == 1 ? "0u" : "1u");
}

/* c[q] or, where parts had to be added up, z[q] is the element at MP_ROW (q), MP_COLUMN (q) of the tile. */
static void
emit_elements (MpText     *text,
               const Plan *plan)
{
  unsigned across = plan->tile[1] / plan->micro[1], size = plan->tile[0] * plan->tile[1];

  if (plan->parts == 1) {
    mp_text_add (text, "#define MP_ROW(q) (y + (q) / %uu * %uu)\n#define MP_COLUMN(q) (x + (q) %% %uu * %uu)\n"
                       "#define MP_HAS(q) 1\n",
                 plan->micro[1], plan->tile[0] / plan->micro[0], plan->micro[1], across);
    return;
  }
  mp_text_add (text, "  __syncthreads ();\n");
  for (unsigned q = 0; q < plan->micro[0] * plan->micro[1]; q++)
    mp_text_add (text, "  shared[part * %uu + (y + %uu) * %uu + x + %uu] = c[%u];\n", size,
                 q / plan->micro[1] * (plan->tile[0] / plan->micro[0]), plan->tile[1], q % plan->micro[1] * across, q);
  mp_text_add (text, "  __syncthreads ();\n"
                     "#define MP_ROW(q) ((threadIdx.x + (q) * %uu) / %uu)\n"
                     "#define MP_COLUMN(q) ((threadIdx.x + (q) * %uu) %% %uu)\n"
                     "#define MP_HAS(q) (threadIdx.x + (q) * %uu < %uu)\n", plan->threads, plan->tile[1], plan->threads,
               plan->tile[1], plan->threads, size);
  mp_text_add (text, "  %s z[%u];\n#pragma unroll\n  for (int q = 0; q < %u; q++) {\n    z[q] = 0;\n"
                     "    if (MP_HAS (q))\n"
                     "#pragma unroll\n      for (unsigned w = 0; w < %uu; w++)\n"
                     "        z[q] += shared[w * %uu + threadIdx.x + q * %uu];\n  }\n",
               plan->walk.real, plan->elements, plan->elements, plan->parts, size, plan->threads);
}

/* ---- the program ---- */

static void
emit_inputs (MpText     *text,
             const Plan *plan)
{
  const MpWalk    *walk = &plan->walk;
  const MpProgram *program = walk->program;

  for (int i = 1; i < program->n_inputs; i++)
    if (walk->needed[i])
      mp_text_add (text, "  %s x%d[%u];\n", walk->real, i, plan->elements);
  for (int o = 0; o < program->n_outputs; o++)
    mp_text_add (text, "  %s y%d[%u];\n", walk->real, o, plan->elements);
}

/* c0 and c1, within the matrix also where the tile reaches beyond it. */
static void
emit_point (MpText     *text,
            const Plan *plan)
{
  const MpSourceProduct *p = plan->product;
  const char            *index = mp_walk_index (&plan->walk);

  mp_text_add (text, "    const %s ci = row0 + MP_ROW (q), cj = column0 + MP_COLUMN (q);\n", index);
  mp_text_add (text, "    const int in = MP_HAS (q) && ci < %lldu && cj < %lldu;\n", (long long) p->m,
               (long long) p->n);
  mp_text_add (text, "    const %s c0 = ci < %lldu ? ci : %lldu, c1 = cj < %lldu ? cj : %lldu;\n", index,
               (long long) p->m, (long long) p->m - 1, (long long) p->n, (long long) p->n - 1);
}

static void
emit_program (MpText     *text,
              const Plan *plan)
{
  const MpWalk    *walk = &plan->walk;
  const MpProgram *program = walk->program;

  emit_inputs (text, plan);
  mp_text_add (text, "#pragma unroll\n  for (int q = 0; q < %u; q++) {\n", plan->elements);
  emit_point (text, plan);
  mp_text_add (text, "    (void) in;\n");
  for (int i = 1; i < program->n_inputs; i++)
    if (walk->needed[i]) {
      mp_text_add (text, "    x%d[q] = %s(g.i%d[", i, walk->input_dtype[i] == MP_BFLOAT16 ? "mp_widen " : "", i);
      mp_emit_offset (text, walk, walk->input[i], 3);
      mp_text_add (text, "]);\n");
    }
  mp_text_add (text, "  }\n#pragma unroll\n  for (int q = 0; q < %u; q++) {\n", plan->elements);
  emit_point (text, plan);
  for (int i = 0; i < program->n_inputs; i++)
    if (walk->needed[i]) {
      if (i == 0)
        mp_text_add (text, "    const %s r0 = %c[q];\n", walk->real, plan->parts == 1 ? 'c' : 'z');
      else
        mp_text_add (text, "    const %s r%d = x%d[q];\n", walk->real, i, i);
    }
  mp_emit_instructions (text, walk, "    ");
  for (int o = 0; o < program->n_outputs; o++) {
    mp_text_add (text, over (plan, o) ? "    y%d[q] = in ? " : "    y%d[q] = ", o);
    mp_emit_value (text, walk, o);
    if (over (plan, o))
      mp_text_add (text, " : (%s) %s", walk->real, mp_neutral (walk, o));
    mp_text_add (text, ";\n");
  }
  mp_text_add (text, "    if (in) {\n");
  for (int o = 0; o < program->n_outputs; o++)
    if (!over (plan, o)) {
      char at[96];

      snprintf (at, sizeof at, "%sc0 * %lldu + c1", plan->product->batch > 1 ? "batch + " : "",
                (long long) plan->product->n);
      mp_text_add (text, "      g.o%d[%s] = ", o, at);
      mp_text_add (text, walk->output_dtype[o] == MP_BFLOAT16 ? "(unsigned short) mp_narrow (y%d[q]);\n" : "y%d[q];\n",
                   o);
    }
  mp_text_add (text, "    }\n  }\n");
}

/* ---- reductions ---- */

/* a<output> in the first of `width` neighbours: the sum over one row or column of the tile. */
static void
emit_line (MpText     *text,
           const Plan *plan,
           int         output,
           int         kind,
           unsigned    width)
{
  const MpWalk *walk = &plan->walk;
  unsigned      leading = plan->tile[1] + 1;
  unsigned      length = kind == OVER_COLUMNS ? plan->tile[1] : plan->tile[0];
  unsigned      lines = kind == OVER_COLUMNS ? plan->tile[0] : plan->tile[1];
  int           max = walk->program->output[output].reduce == MP_REDUCE_MAX;

  mp_text_add (text, "  __syncthreads ();\n#pragma unroll\n  for (int q = 0; q < %u; q++)\n    if (MP_HAS (q))\n"
                     "      shared[MP_ROW (q) * %uu + MP_COLUMN (q)] = y%d[q];\n  __syncthreads ();\n",
               plan->elements, leading, output);
  mp_text_add (text, "  a%d = %s;\n  if (threadIdx.x / %uu < %uu)\n"
                     "    for (unsigned s = threadIdx.x %% %uu; s < %uu; s += %uu) {\n",
               output, mp_neutral (walk, output), width, lines, width, length, width);
  if (kind == OVER_COLUMNS)
    mp_text_add (text, "      const double b = (double) shared[threadIdx.x / %uu * %uu + s];\n", width, leading);
  else
    mp_text_add (text, "      const double b = (double) shared[s * %uu + threadIdx.x / %uu];\n", leading, width);
  mp_text_add (text, "      a%d = %s (a%d, b);\n    }\n", output, max ? "MP_LARGER" : "MP_ADD", output);
  mp_emit_group (text, walk, "  ", output, width);
}

/* One way of reducing: its lines are rows or columns of the matrix, or one for all of it. */
typedef struct
{
  int         kind;
  const char *base;   /* first line of the tile */
  const char *block;  /* which tile across the lines, and which along them */
  const char *along;
  unsigned    lines;  /* in a tile */
  unsigned    width;  /* threads for each */
  int64_t     extent; /* lines of the matrix */
  int64_t     splits; /* tiles that meet in a line */
  unsigned    counter;
  int         direct; /* one tile has all of it */
} Kind;

static Kind
describe_kind (const Plan *plan,
               int         kind)
{
  const MpSourceProduct *p = plan->product;
  Kind                   k = { .kind = kind, .direct = is_direct (plan, kind) };

  if (kind == OVER_ALL) {
    k.lines = 1;
    k.width = plan->threads;
    k.extent = 1;
    k.splits = plan->tiles[0] * plan->tiles[1];
    return k;
  }
  k.base = kind == OVER_COLUMNS ? "row0" : "column0";
  k.block = kind == OVER_COLUMNS ? "blockIdx.x" : "blockIdx.y";
  k.along = kind == OVER_COLUMNS ? "blockIdx.y" : "blockIdx.x";
  k.lines = plan->tile[kind == OVER_COLUMNS ? 0 : 1];
  k.width = plan->threads / k.lines < 32 ? plan->threads / k.lines : 32;
  k.extent = kind == OVER_COLUMNS ? p->m : p->n;
  k.splits = plan->tiles[kind == OVER_COLUMNS ? 1 : 0];
  k.counter = kind == OVER_COLUMNS ? plan->row_counters : plan->column_counters;
  return k;
}

static int
has_kind (const Plan *plan,
          int         kind)
{
  for (int o = 0; o < plan->walk.program->n_outputs; o++)
    if (over (plan, o) == kind)
      return 1;
  return 0;
}

static const char *
combine_name (const Plan *plan,
              int         output)
{
  return plan->walk.program->output[output].reduce == MP_REDUCE_MAX ? "MP_LARGER" : "MP_ADD";
}

/* Sums of the tile: written, or left in the partial arrays from w on. Returns the next array. */
static int
emit_tile_sums (MpText     *text,
                const Plan *plan,
                int         kind,
                int         w)
{
  const MpWalk *walk = &plan->walk;
  const Kind    k = describe_kind (plan, kind);

  if (kind == OVER_ALL)
    mp_text_add (text, "  const unsigned line%d = 0u;\n  const int first%d = threadIdx.x == 0u;\n", kind, kind);
  else
    mp_text_add (text, "  const unsigned line%d = %s + threadIdx.x / %uu;\n"
                       "  const int first%d = threadIdx.x %% %uu == 0u && threadIdx.x / %uu < %uu && line%d < %lldu;\n",
                 kind, k.base, k.width, kind, k.width, k.width, k.lines, kind, (long long) k.extent);
  for (int o = 0; o < walk->program->n_outputs; o++) {
    char first[16], line[16];

    if (over (plan, o) != kind)
      continue;
    snprintf (first, sizeof first, "first%d", kind);
    snprintf (line, sizeof line, "line%d", kind);
    if (kind == OVER_ALL) {
      mp_text_add (text, "  a%d = %s;\n#pragma unroll\n  for (int q = 0; q < %u; q++)\n"
                         "    a%d = %s (a%d, (double) y%d[q]);\n",
                   o, mp_neutral (walk, o), plan->elements, o, combine_name (plan, o), o, o);
      mp_emit_group (text, walk, "  ", o, k.width);
    } else
      emit_line (text, plan, o, kind, k.width);
    if (k.direct)
      mp_emit_result (text, walk, "  ", first, o, line);
    else if (kind == OVER_ALL)
      mp_text_add (text, "  if (%s)\n    g.w%d[blockIdx.y * %lldu + blockIdx.x] = a%d;\n", first, w++,
                   (long long) plan->tiles[0], o);
    else
      mp_text_add (text, "  if (%s)\n    g.w%d[%s * %lldu + %s] = a%d;\n", first, w++, k.along, (long long) k.extent,
                   line, o);
  }
  return w;
}

/* What the last block of a line does: adds up the tiles' sums. */
static int
emit_line_sums (MpText     *text,
                const Plan *plan,
                int         kind,
                int         w)
{
  const MpWalk *walk = &plan->walk;
  const Kind    k = describe_kind (plan, kind);

  if (k.direct || !has_kind (plan, kind))
    return w;
  mp_text_add (text, "  if (flag & %du) {\n", 1 << kind);
  for (int o = 0; o < walk->program->n_outputs; o++) {
    char first[16], line[16];

    if (over (plan, o) != kind)
      continue;
    snprintf (first, sizeof first, "first%d", kind);
    snprintf (line, sizeof line, "line%d", kind);
    mp_text_add (text, "    a%d = %s;\n", o, mp_neutral (walk, o));
    if (kind != OVER_ALL)
      mp_text_add (text, "    if (threadIdx.x / %uu < %uu && %s < %lldu)\n", k.width, k.lines, line,
                   (long long) k.extent);
    mp_text_add (text, "    for (unsigned s = threadIdx.x %% %uu; s < %lldu; s += %uu) {\n"
                       "      const double b = mp_read (g.w%d + (s * %lldu + %s));\n      a%d = %s (a%d, b);\n    }\n",
                 k.width, (long long) k.splits, k.width, w++, (long long) k.extent, line, o, combine_name (plan, o), o);
    mp_emit_group (text, walk, "    ", o, k.width);
    mp_emit_result (text, walk, "    ", first, o, line);
  }
  mp_text_add (text, "  }\n");
  return w;
}

static void
emit_reductions (MpText         *text,
                 const Plan     *plan,
                 const MpSource *source)
{
  static const int kinds[] = { OVER_ALL, OVER_COLUMNS, OVER_ROWS };
  int              w = 0;

  for (int i = 0; i < 3; i++)
    if (has_kind (plan, kinds[i]))
      w = emit_tile_sums (text, plan, kinds[i], w);
  if (source->n_counters == 0)
    return;
  mp_text_add (text, "  __threadfence ();\n  __syncthreads ();\n  if (threadIdx.x == 0u) {\n    unsigned last = 0u;\n");
  for (int i = 0; i < 3; i++) {
    const Kind k = describe_kind (plan, kinds[i]);

    if (has_kind (plan, kinds[i]) && !k.direct)
      mp_text_add (text, "    last |= mp_arrive (g.n + (%uu + %s), %lldu) << %d;\n", k.counter,
                   k.block != NULL ? k.block : "0u", (long long) k.splits, kinds[i]);
  }
  mp_text_add (text, "    flag = last;\n  }\n  __syncthreads ();\n  __threadfence ();\n");
  w = 0;
  for (int i = 0; i < 3; i++)
    w = emit_line_sums (text, plan, kinds[i], w);
}

/* ---- the kernel ---- */

static unsigned
shared_elements (const Plan *plan)
{
  unsigned buffers = plan->slices > 1 ? 2 : 1, most = 1, size;

  size = buffers * plan->depth * (plan->leading[0] + plan->leading[1]);
  most = size > most ? size : most;
  size = plan->parts > 1 ? plan->parts * plan->tile[0] * plan->tile[1] : 0;
  most = size > most ? size : most;
  for (int o = 0; o < plan->walk.program->n_outputs; o++)
    if (over (plan, o) == OVER_ROWS || over (plan, o) == OVER_COLUMNS) {
      size = plan->tile[0] * (plan->tile[1] + 1);
      most = size > most ? size : most;
    }
  return most;
}

static void
emit_start (MpText     *text,
            const Plan *plan)
{
  const MpSourceProduct *p = plan->product;
  const char            *index = mp_walk_index (&plan->walk), *real = plan->walk.real;
  unsigned               across = plan->tile[1] / plan->micro[1], positions = plan->threads / plan->parts;
  unsigned               buffers = plan->slices > 1 ? 2 : 1;

  mp_text_add (text, "  const %s row0 = blockIdx.x * %uu, column0 = blockIdx.y * %uu;\n", index, plan->tile[0],
               plan->tile[1]);
  mp_text_add (text, "  const unsigned part = threadIdx.x / %uu;\n"
                     "  const unsigned x = threadIdx.x %% %uu, y = threadIdx.x %% %uu / %uu;\n",
               positions, across, positions, across);
  if (p->batch > 1)
    mp_text_add (text, "  const unsigned long long batch = blockIdx.z * %lldull;\n", (long long) (p->m * p->n));
  for (int d = 0; d < 2; d++) {
    mp_text_add (text, "  const %s *const %c = g.%c", mp_storage_name (plan->operand[d]), "ab"[d], "ab"[d]);
    if (p->batch > 1)
      mp_text_add (text, " + blockIdx.z * %lldull", (long long) (d == 0 ? p->m * p->k : p->k * p->n));
    mp_text_add (text, ";\n");
  }
  mp_text_add (text, "  %s *const s0 = shared, *const s1 = shared + %uu;\n", real,
               buffers * plan->depth * plan->leading[0]);
  mp_text_add (text, "  %s c[%u];\n#pragma unroll\n  for (int q = 0; q < %u; q++)\n    c[q] = 0;\n", real,
               plan->micro[0] * plan->micro[1], plan->micro[0] * plan->micro[1]);
  mp_text_add (text, "  (void) a, (void) b, (void) s0, (void) s1, (void) part;\n");
}

static void
emit_kernel (MpText     *text,
             const Plan *plan,
             MpSource   *source)
{
  const MpWalk *walk = &plan->walk;
  int           reduced = 0;

  mp_text_add (text, "struct MP_ARGS\n{\n");
  for (int d = 0; d < 2; d++) {
    mp_text_add (text, "  const %s *%c;\n", mp_storage_name (plan->operand[d]), "ab"[d]);
    mp_source_argument (source, MP_ARG_INPUT, d, 0);
  }
  mp_source_arguments (text, walk, source, 1, 1, plan->partial, plan->n_partials);
  mp_text_add (text, "};\nMP_KERNEL (%u) MP_NAME (const struct MP_ARGS g)\n{\n", plan->threads);
  mp_text_add (text, "  __shared__ %s shared[%u];\n", walk->real, shared_elements (plan));
  for (int o = 0; o < walk->program->n_outputs; o++)
    reduced |= over (plan, o);
  if (reduced)
    mp_text_add (text, "  __shared__ double scratch[%u];\n", plan->threads / 32);
  if (source->n_counters > 0)
    mp_text_add (text, "  __shared__ unsigned flag;\n");
  for (int o = 0; o < walk->program->n_outputs; o++)
    if (over (plan, o))
      mp_text_add (text, "  double a%d;\n", o);
  emit_start (text, plan);
  emit_slices (text, plan);
  emit_elements (text, plan);
  emit_program (text, plan);
  emit_reductions (text, plan, source);
  mp_text_add (text, "}\n#undef MP_ROW\n#undef MP_COLUMN\n#undef MP_HAS\n");
}

/* ---- checks ---- */

/* The product alone, as a program. */
static void
identity (const MpSourceProduct *product,
          MpProgram             *program)
{
  memset (program, 0, sizeof *program);
  program->dtype = product->dtype;
  program->rank = 2;
  program->dim[0] = product->m;
  program->dim[1] = product->n;
  program->n_inputs = 1;
  program->input[0].stride[0] = product->n;
  program->input[0].stride[1] = 1;
  program->n_outputs = 1;
  program->output[0].scale = 1.0;
}

static int
fits (const MpSourceProduct *product,
      const MpProgram       *program)
{
  int64_t dim[2] = { product->m, product->n }, stride[2] = { product->n, 1 };

  if (program->rank != 2 || product->batch != 1 || program->n_inputs < 1 || program->dtype != product->dtype)
    return 0;
  for (int a = 0; a < 2; a++)
    if (program->dim[a] != dim[a] || (dim[a] > 1 && program->input[0].stride[a] != stride[a]))
      return 0;
  return 1;
}

MpStatus
mp_source_product (const MpSourceProduct *product,
                   const MpProgram       *program,
                   const MpDtype         *input_dtype,
                   const MpDtype         *output_dtype,
                   const MpSourceTarget  *target,
                   MpSource              *source)
{
  MpDtype   inputs[MP_PROGRAM_MAX_INPUTS];
  MpProgram alone;
  MpText    text = { 0 };
  Plan      plan = { .product = product, .operand = { product->dtype, product->dtype } };
  MpStatus  status;

  memset (source, 0, sizeof *source);
  if (program == NULL) {
    identity (product, &alone);
    program = &alone;
  } else if (!fits (product, program))
    return mp_kernels_fail (MP_STATUS_UNSUPPORTED, "A generated product's epilogue runs over the product, %lld×%lld.",
                            (long long) product->m, (long long) product->n);
  status = mp_source_check (program);
  if (status != MP_OK)
    return status;
  inputs[0] = product->dtype;
  for (int i = 1; i < program->n_inputs; i++)
    inputs[i] = input_dtype != NULL ? input_dtype[i + 1] : program->dtype;
  for (int d = 0; d < 2 && input_dtype != NULL; d++)
    plan.operand[d] = input_dtype[d];
  mp_walk_init_plain (&plan.walk, program, inputs, output_dtype, (1u << program->n_outputs) - 1);
  if (product->m * product->n == 0 || plan.walk.wide || product->m * product->k >= INT32_MAX - 65536
      || product->k * product->n >= INT32_MAX - 65536 || product->batch > 65535 || product->n > 65535)
    return mp_kernels_fail (MP_STATUS_UNSUPPORTED, "A product of %lld×%lld×%lld is not generated.",
                            (long long) product->m, (long long) product->n, (long long) product->k);
  choose_tiles (&plan, target);
  choose_depth (&plan);
  reserve (&plan, source);
  emit_kernel (&text, &plan, source);
  source->block = plan.threads;
  source->grid[0] = (unsigned) plan.tiles[0];
  source->grid[1] = (unsigned) plan.tiles[1];
  source->grid[2] = (unsigned) product->batch;
  snprintf (source->title, sizeof source->title, "tiles %u×%u×%u", plan.tile[0], plan.tile[1], plan.parts);
  return mp_source_finish (&text, source);
}
