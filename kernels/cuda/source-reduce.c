/* SPDX-License-Identifier: Apache-2.0
 *
 * source-reduce.c: programs with sums and maxima over one set of axes, and beside them stores and totals.
 *
 *   out[k] = Σ_j f (k, j)     k over the kept axes, j over the reduced ones, n_kept × n_reduced points
 *
 * A block is `kept` values of k times `lanes` threads over j, and does one of `splits` parts of the reduced points. In
 * memory order the last axis is either reduced: then the lanes of a k are neighbours; or kept: then neighbouring
 * threads have neighbouring k, and the block turns its accumulators round in shared memory before it adds them up.
 * Each thread adds what it loads at once in the program's dtype by a tree, everything else in float64. Parts meet in
 * the workspace, where the last block that arrives adds them in a fixed order: the same bits in every run.
 */
#include "kernels/cuda/source-private.h"

#include <stdio.h>

typedef struct
{
  const MpWalk *walk;
  unsigned      axes;               /* reduced, of the merged domain */
  unsigned      kept_axes;
  int64_t       n_kept, n_reduced;
  int           inner;              /* the last axis is reduced */
  int           vector;             /* elements in a row per load */
  int           unroll;             /* such loads at once */
  unsigned      kept, lanes;        /* of a block, powers of two */
  int64_t       splits, part;       /* points of j per part, in vectors */
  int64_t       tiles;
  int           masked;             /* some j of the loop are beyond the end */
} Plan;

static int
is_total (const Plan *plan,
          int         output)
{
  const MpWalk *walk = plan->walk;

  return (walk->outputs >> output & 1) && plan->kept_axes != 0
         && walk->reduced[output] == (plan->axes | plan->kept_axes);
}

static int
is_reduced (const Plan *plan,
            int         output)
{
  const MpWalk *walk = plan->walk;

  return (walk->outputs >> output & 1) && !mp_walk_stores (walk, output) && !is_total (plan, output);
}

/* Elements that are read by one load along the reduced last axis. */
static int
choose_vector (const MpWalk *walk)
{
  int n = walk->suffix == 'd' ? 2 : 4, last = walk->rank - 1;

  if (walk->dim[last] % n != 0)
    return 1;
  for (int i = 0; i < walk->program->n_inputs; i++) {
    if (!walk->needed[i] || walk->input[i][last] == 0)
      continue;
    if (walk->input[i][last] != 1)
      return 1;
    for (int a = 0; a < last; a++)
      if (walk->input[i][a] % n != 0)
        return 1;
  }
  return n;
}

/* Values that a thread holds at once for each element. */
static int
live_values (const MpWalk *walk)
{
  int n = 0;

  for (int i = 0; i < walk->program->n_inputs; i++)
    n += walk->needed[i] != 0;
  for (int o = 0; o < walk->program->n_outputs; o++)
    n += walk->outputs >> o & 1;
  return n;
}

static void
choose_shape (Plan                 *plan,
              int                   live,
              const MpSourceTarget *target)
{
  int64_t  vectors = plan->n_reduced / plan->vector, full = (int64_t) target->n_units * 1024;
  int      heavy = live > 8 || (plan->walk->suffix == 'd' && plan->walk->program->n_instructions > 8);
  unsigned most = heavy ? 256 : 1024; /* threads of a block: many registers each, or few */

  if (plan->inner) {
    plan->lanes = mp_power_for (mp_ceil_div (vectors, 2), 32);
    while (plan->lanes < most && plan->n_kept * plan->lanes < full && vectors >= (int64_t) plan->lanes * 8)
      plan->lanes *= 2;
    plan->kept = plan->lanes < 256 ? mp_power_for (plan->n_kept, 256 / plan->lanes) : 1;
  } else {
    /* sectors of 32 bytes instead of whole lines of 128 where few rows would leave most of the device idle */
    int sectors = plan->n_reduced < 4096 && mp_ceil_div (plan->n_kept, 32) * 2 < target->n_units;

    plan->kept = mp_power_for (plan->n_kept, sectors ? 8 : 32);
    plan->lanes = mp_power_for (mp_ceil_div (vectors, 8), (most < 512 ? most : 512) / plan->kept);
    if (plan->kept * plan->lanes < 256)
      plan->kept = mp_power_for (plan->n_kept, 256 / plan->lanes);
  }
  while (plan->kept * plan->lanes < 32)
    plan->lanes *= 2;
  plan->tiles = mp_ceil_div (plan->n_kept, plan->kept);
  plan->splits = 1;
  if (plan->tiles * plan->kept * plan->lanes < full && vectors > (int64_t) plan->lanes * 16) {
    plan->splits = mp_ceil_div (full, plan->tiles * plan->kept * plan->lanes);
    if (plan->splits > mp_ceil_div (vectors, (int64_t) plan->lanes * 16))
      plan->splits = mp_ceil_div (vectors, (int64_t) plan->lanes * 16);
  }
}

static void
make_plan (Plan                 *plan,
           const MpWalk         *walk,
           unsigned              axes,
           const MpSourceTarget *target)
{
  int     live = live_values (walk);
  int64_t vectors, turns, step;

  plan->walk = walk;
  plan->axes = axes;
  plan->kept_axes = ((1u << walk->rank) - 1) & ~axes;
  plan->n_kept = plan->n_reduced = 1;
  for (int a = 0; a < walk->rank; a++)
    *(axes >> a & 1 ? &plan->n_reduced : &plan->n_kept) *= walk->dim[a];
  plan->inner = axes >> (walk->rank - 1) & 1;
  plan->vector = plan->inner ? choose_vector (walk) : 1;
  choose_shape (plan, live, target);
  vectors = plan->n_reduced / plan->vector;
  turns = mp_ceil_div (mp_ceil_div (vectors, plan->splits), plan->lanes);
  plan->unroll = (int) mp_power_for (turns, 8u / (unsigned) plan->vector > 2 ? 8u / (unsigned) plan->vector : 2);
  /* a block of 1024 threads has 64 registers for each */
  while (plan->unroll > 1 && plan->unroll * plan->vector * live > (plan->kept * plan->lanes > 512 ? 32 : 96))
    plan->unroll /= 2;
  step = (int64_t) plan->lanes * plan->unroll;
  plan->part = mp_ceil_div (mp_ceil_div (vectors, plan->splits), step) * step;
  plan->splits = mp_ceil_div (vectors, plan->part);
  plan->masked = plan->splits * plan->part != vectors;
}

/* ---- one round of the loop ---- */

static int
moves (const Plan *plan,
       int         input,
       unsigned    axes)
{
  for (int a = 0; a < plan->walk->rank; a++)
    if (axes >> a & 1 && plan->walk->input[input][a] != 0)
      return 1;
  return 0;
}

static const char *
convert_name (const MpWalk *walk,
              int           input)
{
  return walk->input_dtype[input] == MP_BFLOAT16 ? "mp_widen " : "";
}

/* b<input>: where the block's k is in each input; x<input> of those that do not depend on j. */
static void
emit_bases (MpText     *text,
            const Plan *plan)
{
  const MpWalk *walk = plan->walk;

  for (int i = 0; i < walk->program->n_inputs; i++) {
    if (!walk->needed[i])
      continue;
    mp_text_add (text, "  const %s b%d = ", mp_walk_index (walk), i);
    mp_emit_offset (text, walk, walk->input[i], plan->kept_axes);
    mp_text_add (text, ";\n");
    if (!moves (plan, i, plan->axes))
      mp_text_add (text, "  const %s f%d = %s(g.i%d[b%d]);\n", walk->real, i, convert_name (walk, i), i, i);
  }
}

/* x<input>[0 … unroll·vector), all loads before anything else. */
static void
emit_loads (MpText     *text,
            const Plan *plan)
{
  const MpWalk *walk = plan->walk;
  int           n = plan->unroll * plan->vector, last = walk->rank - 1;

  for (int i = 0; i < walk->program->n_inputs; i++)
    if (walk->needed[i] && moves (plan, i, plan->axes))
      mp_text_add (text, "    %s x%d[%d];\n", walk->real, i, n);
  for (int u = 0; u < plan->unroll; u++) {
    mp_text_add (text, "    {\n      const %s j = j%d", mp_walk_index (walk), u);
    if (plan->vector > 1)
      mp_text_add (text, " * %du", plan->vector);
    mp_text_add (text, ";\n");
    mp_emit_coordinates (text, walk, "      ", plan->axes, "j");
    for (int i = 0; i < walk->program->n_inputs; i++) {
      char at[16];

      if (!walk->needed[i] || !moves (plan, i, plan->axes))
        continue;
      snprintf (at, sizeof at, "%d", u * plan->vector);
      mp_text_add (text, "      const %s o%d = b%d + ", mp_walk_index (walk), i, i);
      mp_emit_offset (text, walk, walk->input[i], plan->axes);
      mp_text_add (text, ";\n");
      if (plan->vector > 1 && walk->input[i][last] == 0) {
        mp_text_add (text, "      x%d[%s] = %s(g.i%d[o%d]);\n", i, at, convert_name (walk, i), i, i);
        for (int e = 1; e < plan->vector; e++)
          mp_text_add (text, "      x%d[%s + %d] = x%d[%s];\n", i, at, e, i, at);
      } else {
        char offset[16];

        snprintf (offset, sizeof offset, "o%d", i);
        mp_emit_load (text, walk, "      ", i, at, plan->vector, offset);
      }
    }
    mp_text_add (text, "    }\n");
  }
}

/* y<output>[…] of all elements of the round. */
static void
emit_values (MpText     *text,
             const Plan *plan)
{
  const MpWalk *walk = plan->walk;
  int           n = plan->unroll * plan->vector;

  for (int o = 0; o < walk->program->n_outputs; o++)
    if (walk->outputs >> o & 1)
      mp_text_add (text, "    %s y%d[%d];\n", walk->real, o, n);
  mp_text_add (text, "#pragma unroll\n    for (int e = 0; e < %d; e++) {\n", n);
  for (int i = 0; i < walk->program->n_inputs; i++)
    if (walk->needed[i])
      mp_text_add (text, moves (plan, i, plan->axes) ? "      const %s r%d = x%d[e];\n" : "      const %s r%d = f%d;\n",
                   walk->real, i, i);
  mp_emit_instructions (text, walk, "      ");
  for (int o = 0; o < walk->program->n_outputs; o++)
    if (walk->outputs >> o & 1) {
      mp_text_add (text, "      y%d[e] = ", o);
      mp_emit_value (text, walk, o);
      mp_text_add (text, ";\n");
    }
  mp_text_add (text, "    }\n");
}

static void
emit_stores (MpText     *text,
             const Plan *plan)
{
  const MpWalk *walk = plan->walk;
  int           any = 0;

  for (int o = 0; o < walk->program->n_outputs; o++)
    any |= mp_walk_stores (walk, o);
  for (int u = 0; any && u < plan->unroll; u++) {
    mp_text_add (text, "    if (inside");
    if (plan->masked)
      mp_text_add (text, " && in%d", u);
    mp_text_add (text, ") {\n      const %s j = j%d", mp_walk_index (walk), u);
    if (plan->vector > 1)
      mp_text_add (text, " * %du", plan->vector);
    mp_text_add (text, ";\n");
    mp_emit_coordinates (text, walk, "      ", plan->axes, "j");
    mp_text_add (text, "      const %s to = bd + ", mp_walk_index (walk));
    mp_emit_offset (text, walk, walk->dense, plan->axes);
    mp_text_add (text, ";\n");
    for (int o = 0; o < walk->program->n_outputs; o++)
      if (mp_walk_stores (walk, o)) {
        char at[16];

        snprintf (at, sizeof at, "%d", u * plan->vector);
        mp_emit_store (text, walk, "      ", o, at, plan->vector, "to");
      }
    mp_text_add (text, "    }\n");
  }
}

/* The sum of y<output>[first … first+n) as a tree. */
static void
emit_tree (MpText *text,
           int     output,
           int     first,
           int     n)
{
  if (n == 1) {
    mp_text_add (text, "y%d[%d]", output, first);
    return;
  }
  mp_text_add (text, "(");
  emit_tree (text, output, first, n / 2);
  mp_text_add (text, " + ");
  emit_tree (text, output, first + n / 2, n - n / 2);
  mp_text_add (text, ")");
}

static void
emit_accumulation (MpText     *text,
                   const Plan *plan)
{
  const MpWalk *walk = plan->walk;

  for (int o = 0; o < walk->program->n_outputs; o++) {
    int max = walk->program->output[o].reduce == MP_REDUCE_MAX;

    if (!is_reduced (plan, o) && !is_total (plan, o))
      continue;
    for (int u = 0; plan->masked && u < plan->unroll; u++)
      for (int e = 0; e < plan->vector; e++)
        mp_text_add (text, "    y%d[%d] = in%d ? y%d[%d] : (%s) %s;\n", o, u * plan->vector + e, u, o,
                     u * plan->vector + e, walk->real, mp_neutral (walk, o));
    if (max)
      for (int e = 0; e < plan->unroll * plan->vector; e++)
        mp_text_add (text, "    a%d = MP_LARGER (a%d, y%d[%d]);\n", o, o, o, e);
    else {
      mp_text_add (text, "    a%d += ", o);
      emit_tree (text, o, 0, plan->unroll * plan->vector);
      mp_text_add (text, ";\n");
    }
  }
}

static void
emit_loop (MpText     *text,
           const Plan *plan)
{
  const MpWalk *walk = plan->walk;
  int64_t       vectors = plan->n_reduced / plan->vector, step = (int64_t) plan->lanes * plan->unroll;
  const char   *index = mp_walk_index (walk);

  mp_text_add (text, "  for (%s q = 0; q < ", index);
  mp_emit_count (text, walk, plan->part);
  mp_text_add (text, "; q += ");
  mp_emit_count (text, walk, step);
  mp_text_add (text, ") {\n");
  for (int u = 0; u < plan->unroll; u++) {
    if (!plan->masked) {
      mp_text_add (text, "    const %s j%d = begin + q + %lluu + lane;\n", index, u,
                   (unsigned long long) plan->lanes * (unsigned) u);
      continue;
    }
    mp_text_add (text, "    const int in%d = begin + q + %lluu + lane < ", u,
                 (unsigned long long) plan->lanes * (unsigned) u);
    mp_emit_count (text, walk, vectors);
    mp_text_add (text, ";\n    const %s j%d = in%d ? begin + q + %lluu + lane : ", index, u, u,
                 (unsigned long long) plan->lanes * (unsigned) u);
    mp_emit_count (text, walk, vectors - 1);
    mp_text_add (text, ";\n");
  }
  emit_loads (text, plan);
  emit_values (text, plan);
  emit_stores (text, plan);
  emit_accumulation (text, plan);
  mp_text_add (text, "  }\n");
}

/* ---- after the loop ---- */

/* Hands accumulators from the loop's threads (neighbours are neighbouring k) to threads with the lanes of a k beside
 * each other. */
static void
emit_turn (MpText     *text,
           const Plan *plan)
{
  const MpWalk *walk = plan->walk;

  if (plan->inner || plan->kept == 1 || plan->lanes == 1)
    return;
  for (int o = 0; o < walk->program->n_outputs; o++)
    if (is_reduced (plan, o))
      mp_text_add (text, "  __syncthreads ();\n  turned[threadIdx.x] = a%d;\n  __syncthreads ();\n"
                         "  a%d = turned[threadIdx.x %% %uu * %uu + threadIdx.x / %uu];\n",
                   o, o, plan->lanes, plan->kept, plan->lanes);
}

/* Sums that belong to a k: written, or left as part of `splits` and finished by the last block of the tile. */
static void
emit_finish (MpText     *text,
             const Plan *plan,
             int         with_totals)
{
  const MpWalk *walk = plan->walk;
  const char   *index = mp_walk_index (walk);
  int           w = 0;

  emit_turn (text, plan);
  mp_text_add (text, "  const %s k1 = tile * %uu + threadIdx.x / %uu;\n", index, plan->kept, plan->lanes);
  mp_text_add (text, "  const int first = threadIdx.x %% %uu == 0u && k1 < ", plan->lanes);
  mp_emit_count (text, walk, plan->n_kept);
  mp_text_add (text, ";\n");
  for (int o = 0; o < walk->program->n_outputs; o++) {
    if (!is_reduced (plan, o))
      continue;
    mp_emit_group (text, walk, "  ", o, plan->lanes);
    if (plan->splits == 1)
      mp_emit_result (text, walk, "  ", "first", o, "k1");
    else {
      mp_text_add (text, "  if (first)\n    g.w%d[split * ", w++);
      mp_emit_count (text, walk, plan->n_kept);
      mp_text_add (text, " + k1] = a%d;\n", o);
    }
  }
  if (plan->splits == 1)
    return;
  mp_text_add (text, "  if (mp_last (g.n + %s, %lluu, &flag)) {\n", with_totals ? "1u + tile" : "tile",
               (unsigned long long) plan->splits);
  w = 0;
  for (int o = 0; o < walk->program->n_outputs; o++) {
    int max = walk->program->output[o].reduce == MP_REDUCE_MAX;

    if (!is_reduced (plan, o))
      continue;
    mp_text_add (text, "    a%d = %s;\n    if (k1 < ", o, mp_neutral (walk, o));
    mp_emit_count (text, walk, plan->n_kept);
    mp_text_add (text, ")\n      for (unsigned s = threadIdx.x %% %uu; s < %lluu; s += %uu) {\n"
                       "        const double b = mp_read (g.w%d + (s * ", plan->lanes, (unsigned long long) plan->splits, plan->lanes, w++);
    mp_emit_count (text, walk, plan->n_kept);
    mp_text_add (text, " + k1));\n        a%d = %s (a%d, b);\n      }\n", o, max ? "MP_LARGER" : "MP_ADD", o);
    mp_emit_group (text, walk, "    ", o, plan->lanes);
    mp_emit_result (text, walk, "    ", "first", o, "k1");
  }
  mp_text_add (text, "  }\n");
}

static void
emit_totals (MpText     *text,
             const Plan *plan,
             int         w)
{
  const MpWalk *walk = plan->walk;
  int64_t       blocks = plan->tiles * plan->splits;
  unsigned      threads = plan->kept * plan->lanes;
  int           first_w = w;

  for (int o = 0; o < walk->program->n_outputs; o++) {
    if (!is_total (plan, o))
      continue;
    mp_emit_group (text, walk, "  ", o, threads);
    if (blocks == 1)
      mp_emit_result (text, walk, "  ", "threadIdx.x == 0u", o, "0");
    else
      mp_text_add (text, "  if (threadIdx.x == 0u)\n    g.w%d[blockIdx.x] = a%d;\n", w++, o);
  }
  if (blocks == 1)
    return;
  w = first_w;
  mp_text_add (text, "  if (mp_last (g.n, %lluu, &flag)) {\n", (unsigned long long) blocks);
  for (int o = 0; o < walk->program->n_outputs; o++) {
    int max = walk->program->output[o].reduce == MP_REDUCE_MAX;

    if (!is_total (plan, o))
      continue;
    mp_text_add (text, "    a%d = %s;\n    for (unsigned s = threadIdx.x; s < %lluu; s += %uu) {\n"
                       "      const double b = mp_read (g.w%d + s);\n      a%d = %s (a%d, b);\n    }\n",
                 o, mp_neutral (walk, o), (unsigned long long) blocks, threads, w++, o, max ? "MP_LARGER" : "MP_ADD",
                 o);
    mp_emit_group (text, walk, "    ", o, threads);
    mp_emit_result (text, walk, "    ", "threadIdx.x == 0u", o, "0");
  }
  mp_text_add (text, "  }\n");
}

/* ---- the kernel ---- */

static void
emit_places (MpText     *text,
             const Plan *plan)
{
  const MpWalk *walk = plan->walk;
  const char   *index = mp_walk_index (walk);

  mp_text_add (text, "  const %s tile = blockIdx.x %% %lluu, split = blockIdx.x / %lluu;\n", index,
               (unsigned long long) plan->tiles, (unsigned long long) plan->tiles);
  mp_text_add (text, plan->inner ? "  const %s lane = threadIdx.x %% %uu, k0 = tile * %uu + threadIdx.x / %uu;\n"
                                 : "  const %s lane = threadIdx.x / %uu, k0 = tile * %uu + threadIdx.x %% %uu;\n",
               index, plan->inner ? plan->lanes : plan->kept, plan->kept, plan->inner ? plan->lanes : plan->kept);
  mp_text_add (text, "  const int inside = k0 < ");
  mp_emit_count (text, walk, plan->n_kept);
  mp_text_add (text, ";\n  const %s k = inside ? k0 : ", index);
  mp_emit_count (text, walk, plan->n_kept - 1);
  mp_text_add (text, ";\n  const %s begin = split * ", index);
  mp_emit_count (text, walk, plan->part);
  mp_text_add (text, ";\n");
  mp_emit_coordinates (text, walk, "  ", plan->kept_axes, "k");
  mp_text_add (text, "  const %s bd = ", index);
  mp_emit_offset (text, walk, walk->dense, plan->kept_axes);
  mp_text_add (text, ";\n");
  emit_bases (text, plan);
}

/* Counters and partial sums that the plan needs; returns how many arrays. The reductions' come first. */
static int
reserve (const Plan *plan,
         MpSource   *source,
         int64_t    *partial,
         int        *n_reduced,
         int        *n_totals)
{
  int n = 0;

  *n_reduced = *n_totals = 0;
  for (int o = 0; o < plan->walk->program->n_outputs; o++) {
    *n_reduced += is_reduced (plan, o);
    *n_totals += is_total (plan, o);
  }
  for (int i = 0; plan->splits > 1 && i < *n_reduced; i++)
    partial[n++] = plan->splits * plan->n_kept;
  for (int i = 0; plan->tiles * plan->splits > 1 && i < *n_totals; i++)
    partial[n++] = plan->tiles * plan->splits;
  source->n_counters = (plan->tiles * plan->splits > 1 && *n_totals > 0 ? 1 : 0)
                       + (plan->splits > 1 && *n_reduced > 0 ? (unsigned) plan->tiles : 0);
  return n;
}

MpStatus
mp_source_reduce (const MpWalk         *walk,
                  unsigned              axes,
                  const MpSourceTarget *target,
                  MpSource             *source)
{
  MpText   text = { 0 };
  Plan     plan;
  int64_t  partial[MP_PROGRAM_MAX_OUTPUTS];
  int      n_reduced, n_totals, n_partials;
  unsigned threads;

  make_plan (&plan, walk, axes, target);
  threads = plan.kept * plan.lanes;
  n_partials = reserve (&plan, source, partial, &n_reduced, &n_totals);
  mp_text_add (&text, "struct MP_ARGS\n{\n");
  mp_source_arguments (&text, walk, source, 0, 0, partial, n_partials);
  mp_text_add (&text, "};\nMP_KERNEL (%u) MP_NAME (const struct MP_ARGS g)\n{\n", threads);
  mp_text_add (&text, "  __shared__ double scratch[%u];\n", threads / 32);
  if (!plan.inner && plan.kept > 1 && plan.lanes > 1)
    mp_text_add (&text, "  __shared__ double turned[%u];\n", threads);
  if (source->n_counters > 0)
    mp_text_add (&text, "  __shared__ unsigned flag;\n");
  emit_places (&text, &plan);
  for (int o = 0; o < walk->program->n_outputs; o++)
    if (is_reduced (&plan, o) || is_total (&plan, o))
      mp_text_add (&text, "  double a%d = %s;\n", o, mp_neutral (walk, o));
  emit_loop (&text, &plan);
  for (int o = 0; o < walk->program->n_outputs; o++)
    if (is_total (&plan, o))
      mp_text_add (&text, "  a%d = inside ? a%d : %s;\n", o, o, mp_neutral (walk, o));
  if (n_reduced > 0)
    emit_finish (&text, &plan, n_totals > 0 && plan.tiles * plan.splits > 1);
  if (n_totals > 0)
    emit_totals (&text, &plan, plan.splits > 1 ? n_reduced : 0);
  mp_text_add (&text, "}\n");
  source->block = threads;
  source->grid[0] = (unsigned) (plan.tiles * plan.splits);
  source->grid[1] = source->grid[2] = 1;
  snprintf (source->title, sizeof source->title, "%s %u×%u%s%s", plan.inner ? "rows" : "columns", plan.kept, plan.lanes,
            plan.splits > 1 ? " split" : "", n_totals > 0 ? " total" : "");
  return mp_source_finish (&text, source);
}
