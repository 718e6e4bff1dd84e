/* SPDX-License-Identifier: Apache-2.0
 *
 * source-private.h: what the writers of texts share (source.c): growing text, the program's domain with merged axes,
 * and the pieces that every kernel has: arguments, coordinates, loads, instructions, stores.
 *
 * Names in the texts: g the arguments, i3 o1 w2 the addresses in it, c2 a coordinate on axis 2, x3 values of input 3,
 * r7 a register, y1 values of output 1.
 */
#pragma once

#include "kernels/cuda/source.h"

typedef struct
{
  char  *data;
  size_t length, size;
  int    failed; /* out of memory */
} MpText;

void mp_text_add (MpText *text, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

static inline int64_t
mp_ceil_div (int64_t a,
             int64_t b)
{
  return (a + b - 1) / b;
}

/* The smallest power of two that is at least n, at most `most`. */
static inline unsigned
mp_power_for (int64_t  n,
              unsigned most)
{
  unsigned p = 1;

  while (p < most && p < n)
    p *= 2;
  return p;
}

/* The program for some of its outputs, with axes of size 1 dropped and neighbours merged that everybody walks alike. */
typedef struct
{
  const MpProgram *program;
  MpDtype          input_dtype[MP_PROGRAM_MAX_INPUTS];
  MpDtype          output_dtype[MP_PROGRAM_MAX_OUTPUTS];
  unsigned         outputs;                      /* those that this text makes, as bits */
  char             needed[MP_PROGRAM_MAX_INPUTS + MP_PROGRAM_MAX_INSTRUCTIONS];
  int              rank;
  int64_t          dim[MP_MAX_RANK];
  int64_t          input[MP_PROGRAM_MAX_INPUTS][MP_MAX_RANK];
  int64_t          dense[MP_MAX_RANK];           /* strides of what is stored over the domain */
  unsigned         reduced[MP_PROGRAM_MAX_OUTPUTS]; /* axes of the merged domain, as bits */
  int64_t          count;                        /* points */
  int              wide;                         /* 64-bit indices */
  const char      *real;                         /* "float", "double" */
  char             suffix;                       /* of the prelude's functions: f, d */
} MpWalk;

/* input_dtype, output_dtype: as in mp_source_program (). */
void mp_walk_init (MpWalk *walk, const MpProgram *program, const MpDtype *input_dtype, const MpDtype *output_dtype,
                   unsigned outputs);

/* The same without dropping or merging axes. */
void mp_walk_init_plain (MpWalk *walk, const MpProgram *program, const MpDtype *input_dtype,
                         const MpDtype *output_dtype, unsigned outputs);

/* Whether the output is stored at every point (also reductions that reduce nothing). */
int mp_walk_stores (const MpWalk *walk, int output);

/* "unsigned", "unsigned long long" */
const char *mp_walk_index (const MpWalk *walk);
const char *mp_storage_name (MpDtype dtype);

/* The struct of addresses. Adds to the source's list what the text needs: inputs from first_input on (input i of the
 * program is number i + offset of the kernel), outputs, `n_partials` arrays of doubles of the given lengths in the
 * workspace (w0, w1, …), counters (n). */
void mp_source_arguments (MpText *text, const MpWalk *walk, MpSource *source, int first_input, int offset,
                          const int64_t *partial, int n_partials);
void mp_source_argument (MpSource *source, MpSourceArgKind kind, int index, size_t offset);

/* const INDEX c<axis> = … for the axes in `axes` of the flat index `index` over them. */
void mp_emit_coordinates (MpText *text, const MpWalk *walk, const char *indent, unsigned axes, const char *index);
/* c0 * 30u + c1, or 0u; from the strides of the axes in `axes`. Returns whether any was there. */
int  mp_emit_offset (MpText *text, const MpWalk *walk, const int64_t *stride, unsigned axes);

/* x<input>[at … at+n) from n elements in a row at `offset`: by 16 bytes where `aligned`. */
void mp_emit_load (MpText *text, const MpWalk *walk, const char *indent, int input, const char *at, int n,
                   const char *offset);
void mp_emit_store (MpText *text, const MpWalk *walk, const char *indent, int output, const char *at, int n,
                    const char *offset);

/* const real r<n> = … for all needed instructions; inputs' registers must be there. */
void mp_emit_instructions (MpText *text, const MpWalk *walk, const char *indent);
/* The register or the constant that output `output` is; scaled where it is stored. */
void mp_emit_value (MpText *text, const MpWalk *walk, int output);
void mp_emit_real (MpText *text, const MpWalk *walk, double value);
void mp_emit_count (MpText *text, const MpWalk *walk, int64_t value); /* an index constant with its suffix */

/* g.o<output>[at] = a<output> · scale, from the accumulator, under a condition. */
void mp_emit_result (MpText *text, const MpWalk *walk, const char *indent, const char *condition, int output,
                     const char *at);
/* a<output> = what the group of `width` threads has together, in its first thread. */
void mp_emit_group (MpText *text, const MpWalk *walk, const char *indent, int output, unsigned width);
/* "-MP_INF", "0": what an accumulator starts with. */
const char *mp_neutral (const MpWalk *walk, int output);

/* The writers; walk has been set up for the outputs. */
MpStatus mp_source_map (const MpWalk *walk, const MpSourceTarget *target, MpSource *source);
MpStatus mp_source_reduce (const MpWalk *walk, unsigned axes, const MpSourceTarget *target, MpSource *source);

/* Ends a text: its memory becomes the source's. */
MpStatus mp_source_finish (MpText *text, MpSource *source);
