/* SPDX-License-Identifier: Apache-2.0
 *
 * source-map.c: programs that only store: one thread for a few neighbouring points.
 *
 * The points of a thread lie in one row of the merged domain where its length allows that, so that coordinates are
 * found once; inputs and outputs that are contiguous there move by 16 bytes. Small domains get one point per thread:
 * they are bound by latency, not by bandwidth.
 */
#include "kernels/cuda/source-private.h"

#include <stdio.h>

#define BLOCK 256

/* Points per thread: as many as fill 16 bytes, where the device stays full. */
static int
points_per_thread (const MpWalk         *walk,
                   const MpSourceTarget *target)
{
  int most = walk->suffix == 'd' ? 2 : 4;

  for (int i = 0; i < walk->program->n_inputs; i++)
    if (walk->needed[i] && walk->input_dtype[i] == MP_BFLOAT16)
      most = 8;
  for (int o = 0; o < walk->program->n_outputs; o++)
    if (walk->outputs >> o & 1 && walk->output_dtype[o] == MP_BFLOAT16)
      most = 8;
  while (most > 1 && walk->count / most < (int64_t) target->n_units * 2 * BLOCK)
    most /= 2;
  return most;
}

static int
is_dense (const MpWalk *walk,
          int           input)
{
  for (int a = 0; a < walk->rank; a++)
    if (walk->input[input][a] != walk->dense[a])
      return 0;
  return 1;
}

static int
is_scalar (const MpWalk *walk,
           int           input)
{
  for (int a = 0; a < walk->rank; a++)
    if (walk->input[input][a] != 0)
      return 0;
  return 1;
}

/* Whether n neighbouring elements start at a multiple of n whatever the other coordinates are. */
static int
is_aligned (const MpWalk *walk,
            int           input,
            int           n)
{
  for (int a = 0; a + 1 < walk->rank; a++)
    if (walk->input[input][a] % n != 0)
      return 0;
  return walk->input[input][walk->rank - 1] == 1;
}

/* x<input>[0 … n) for the points index … index+n−1, in one row where `row` says so. */
static void
emit_input (MpText       *text,
            const MpWalk *walk,
            int           input,
            int           n,
            int           row,
            const char   *index)
{
  unsigned      all = (1u << walk->rank) - 1;
  int64_t       inner = walk->rank > 0 ? walk->input[input][walk->rank - 1] : 0;
  const char   *convert = walk->input_dtype[input] == MP_BFLOAT16 ? "mp_widen " : "";

  if (is_dense (walk, input)) {
    mp_emit_load (text, walk, "    ", input, "0", n, index);
  } else if (is_scalar (walk, input) || (row && inner == 0)) {
    mp_text_add (text, "    x%d[0] = %s(g.i%d[", input, convert, input);
    mp_emit_offset (text, walk, walk->input[input], all);
    mp_text_add (text, "]);\n");
    for (int e = 1; e < n; e++)
      mp_text_add (text, "    x%d[%d] = x%d[0];\n", input, e, input);
  } else if (row && n > 1 && is_aligned (walk, input, n)) {
    char offset[16];

    snprintf (offset, sizeof offset, "b%d", input);
    mp_text_add (text, "    const %s b%d = ", mp_walk_index (walk), input);
    mp_emit_offset (text, walk, walk->input[input], all);
    mp_text_add (text, ";\n");
    mp_emit_load (text, walk, "    ", input, "0", n, offset);
  } else {
    mp_text_add (text, "    for (int e = 0; e < %d; e++) {\n", n);
    if (!row) {
      char shifted[64];

      snprintf (shifted, sizeof shifted, "(%s + e)", index);
      mp_emit_coordinates (text, walk, "      ", all, shifted);
    }
    mp_text_add (text, "      x%d[e] = %s(g.i%d[", input, convert, input);
    mp_emit_offset (text, walk, walk->input[input], all);
    if (row) {
      mp_text_add (text, " + e * ");
      mp_emit_count (text, walk, inner);
    }
    mp_text_add (text, "]);\n    }\n");
  }
}

/* Loads, computes and stores the points index … index+n−1. */
static void
emit_points (MpText       *text,
             const MpWalk *walk,
             int           n,
             const char   *index)
{
  const MpProgram *program = walk->program;
  int              row = walk->rank > 0 && walk->dim[walk->rank - 1] % n == 0;

  if (row)
    mp_emit_coordinates (text, walk, "    ", (1u << walk->rank) - 1, index);
  for (int i = 0; i < program->n_inputs; i++)
    if (walk->needed[i])
      mp_text_add (text, "    %s x%d[%d];\n", walk->real, i, n);
  for (int o = 0; o < program->n_outputs; o++)
    if (walk->outputs >> o & 1)
      mp_text_add (text, "    %s y%d[%d];\n", walk->real, o, n);
  for (int i = 0; i < program->n_inputs; i++)
    if (walk->needed[i])
      emit_input (text, walk, i, n, row, index);
  mp_text_add (text, "#pragma unroll\n    for (int e = 0; e < %d; e++) {\n", n);
  for (int i = 0; i < program->n_inputs; i++)
    if (walk->needed[i])
      mp_text_add (text, "      const %s r%d = x%d[e];\n", walk->real, i, i);
  mp_emit_instructions (text, walk, "      ");
  for (int o = 0; o < program->n_outputs; o++)
    if (walk->outputs >> o & 1) {
      mp_text_add (text, "      y%d[e] = ", o);
      mp_emit_value (text, walk, o);
      mp_text_add (text, ";\n");
    }
  mp_text_add (text, "    }\n");
  for (int o = 0; o < program->n_outputs; o++)
    if (walk->outputs >> o & 1)
      mp_emit_store (text, walk, "    ", o, "0", n, index);
}

MpStatus
mp_source_map (const MpWalk         *walk,
               const MpSourceTarget *target,
               MpSource             *source)
{
  MpText text = { 0 };
  int    n = points_per_thread (walk, target);

  mp_text_add (&text, "struct MP_ARGS\n{\n");
  mp_source_arguments (&text, walk, source, 0, 0, NULL, 0);
  mp_text_add (&text, "};\nMP_KERNEL (%d) MP_NAME (const struct MP_ARGS g)\n{\n", BLOCK);
  mp_text_add (&text, "  const %s i = (%sblockIdx.x * %du + threadIdx.x) * %du;\n", mp_walk_index (walk),
               walk->wide ? "(unsigned long long) " : "", BLOCK, n);
  mp_text_add (&text, "  if (i + %du <= ", n);
  mp_emit_count (&text, walk, walk->count);
  mp_text_add (&text, ") {\n");
  emit_points (&text, walk, n, "i");
  if (walk->count % n != 0) {
    mp_text_add (&text, "  } else\n  for (%s j = i; j < ", mp_walk_index (walk));
    mp_emit_count (&text, walk, walk->count);
    mp_text_add (&text, "; j++) {\n");
    emit_points (&text, walk, 1, "j");
  }
  mp_text_add (&text, "  }\n}\n");
  source->block = BLOCK;
  source->grid[0] = (unsigned) ((walk->count + (int64_t) n * BLOCK - 1) / ((int64_t) n * BLOCK));
  source->grid[1] = source->grid[2] = 1;
  snprintf (source->title, sizeof source->title, n > 1 ? "map ×%d" : "map", n);
  return mp_source_finish (&text, source);
}
