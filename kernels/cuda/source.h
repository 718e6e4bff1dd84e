/* SPDX-License-Identifier: Apache-2.0
 *
 * source.h: fused programs and small products as CUDA C text.
 *
 * A source is one kernel: text, launch shape, and where its addresses come from. Shapes, strides and constants are
 * folded into the text, so that equal texts are equal kernels. The text is in the subset of CUDA C++ that is C too,
 * behind the prelude (mp_source_prelude), and has one parameter, a struct of addresses. It calls its kernel MP_NAME and
 * the struct MP_ARGS; whoever compiles defines both, differently for each text of a translation unit.
 *
 * No GPU and no library is needed to write texts. Threads: any.
 */
#pragma once

#include "kernels/device.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What texts are written for. */
typedef struct
{
  int n_units;       /* multiprocessors: how far work is split */
} MpSourceTarget;

typedef enum
{
  MP_ARG_INPUT,      /* of the kernel */
  MP_ARG_OUTPUT,
  MP_ARG_WORKSPACE,  /* plus offset bytes */
  MP_ARG_COUNTERS    /* n_counters unsigned, zero before the first run; every run leaves them zero */
} MpSourceArgKind;

#define MP_SOURCE_MAX_ARGS 56

typedef struct
{
  char    *text;                 /* owned */
  unsigned grid[3];
  unsigned block;
  size_t   workspace_bytes;      /* shared by the sources of a program, which run one after the other */
  unsigned n_counters;
  int      n_args;
  struct
  {
    MpSourceArgKind kind;
    int             index;
    size_t          offset;
  } arg[MP_SOURCE_MAX_ARGS];
  char     title[40];            /* "map", "rows ×4"; for listings */
} MpSource;

#define MP_PROGRAM_MAX_SOURCES MP_PROGRAM_MAX_OUTPUTS

/* What every translation unit of texts starts with. */
extern const char *const mp_source_prelude;

/* Writes the program as one source, or several where outputs are reduced over unlike axes, into sources (room for
 * MP_PROGRAM_MAX_SOURCES) and *n; none for an empty domain without outputs. input_dtype and output_dtype say how
 * tensors are stored; NULL: as the program's dtype. Clear every source with mp_source_clear (). */
MpStatus mp_source_program (const MpProgram *program, const MpDtype *input_dtype, const MpDtype *output_dtype,
                            const MpSourceTarget *target, MpSource *sources, int *n);

/* A product of one item (batch 1 where there is a program) or many. SQDIST: transpose_b is set. */
typedef struct
{
  MpOp    op;            /* MATMUL, SQDIST */
  MpDtype dtype;         /* float32, float64 */
  int64_t batch, m, n, k;
  int     transpose_a;   /* A is stored k×m */
  int     transpose_b;   /* B is stored n×k */
} MpSourceProduct;

/* Writes the product with the program (nullable, rank 2 over m×n, the product dense in input 0) in registers. Inputs 0
 * and 1 of the source are the operands, 2… the program's 1…. MP_STATUS_UNSUPPORTED where the program does not fit. */
MpStatus mp_source_product (const MpSourceProduct *product, const MpProgram *program, const MpDtype *input_dtype,
                            const MpDtype *output_dtype, const MpSourceTarget *target, MpSource *source);

/* Writes a product of rows with rows (transpose_b, batch 1) whose matrix need not be stored: the program's outputs may be
 * reduced over rows, columns and both at once, and be contractions; columns[o] is the number of columns of output o's
 * operand. Inputs as above, those of contractions as the program says. All tensors have the program's dtype.
 * MP_STATUS_UNSUPPORTED where the points have too many dimensions, or too much is asked for per row and column. */
MpStatus mp_source_gram (const MpSourceProduct *product, const MpProgram *program, const int64_t *columns,
                         const MpSourceTarget *target, MpSource *source);

void mp_source_clear (MpSource *source);

/* MP_OK, or INVALID or UNSUPPORTED with what is wrong with the program. */
MpStatus mp_source_check (const MpProgram *program);

#ifdef __cplusplus
}
#endif
