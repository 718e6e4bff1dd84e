/* SPDX-License-Identifier: Apache-2.0
 *
 * gram-panels.c: matrices over pairs of points of many dimensions, tile by tile in the workspace.
 *
 * For each tile of rows I × columns J:
 *   1. P = x_I·y_Jᵀ by cuBLASLt (−2 times that for distances)
 *   2. the program, generated, over P and the points' squared norms: distances are max (0, |x|² + |y|² − 2·x·y). What
 *      contractions read is stored in P's place; sums and maxima that the program has are made here too.
 *   3. sums over rows of what was stored, from there: the program would have to be computed a second time for them
 *   4. out_I += W·V_J and out_J += Wᵀ·U_I by cuBLASLt
 * Reductions of the first tile along an axis go to the output, those of the others into the workspace and are added.
 *
 * A tile has two thirds of the level-2 cache, at most 64 MB; 4096 columns or more, so that steps 1 and 4 have long sums
 * to make and what they add to moves seldom. A matrix that the program stores, beside, is made in
 * tiles of whole rows. Products are computed in the device's precision; with TF32 or bfloat16 the norms are those of the
 * rounded points, so that a point's distance to itself stays 0.
 */
#include "kernels/cuda/gram.h"

#include "kernels/cuda/epilogue.h"
#include "kernels/cuda/fused.h"
#include "kernels/cuda/gemm.h"
#include "kernels/cuda/launchers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEBIBYTE ((size_t) 1 << 20)
#define TILE_COLUMNS 4096
#define ROUND 128  /* rows or columns of a tile are a multiple of that where there are several, */
#define ALIGNED 16 /* or that where a row is very long, so that tiles start at multiples of MP_ALIGNMENT bytes */

/* Kernels for tiles of one size. */
typedef struct
{
  int64_t        rows, columns;
  MpCudaGemm    *product;
  MpCudaProgram *program;                         /* step 2 */
  MpCudaProgram *sums;                            /* step 3, nullable */
  MpCudaProgram *add[MP_PROGRAM_MAX_OUTPUTS];     /* what a reduction of a later tile needs; nullable */
  MpCudaGemm    *contract[MP_PROGRAM_MAX_OUTPUTS];
} Shape;

typedef struct
{
  MpCudaPairs pairs;
  MpProgram   program;                            /* the spec's */
  MpDtype     operand;                            /* what cuBLASLt multiplies into P */
  int         rounds;                             /* points are copied in TF32 or bfloat16 */
  int64_t     tile_rows, tile_columns;
  int         n_stored;                           /* registers that contractions read */
  int         stored[MP_PROGRAM_MAX_OUTPUTS];
  int         by_sums[MP_PROGRAM_MAX_OUTPUTS];    /* output comes from step 3 */
  size_t      points_at[2], norms_at[2];
  size_t      panel_at[MP_PROGRAM_MAX_OUTPUTS];   /* of each stored register; the first is P */
  size_t      partial_at[MP_PROGRAM_MAX_OUTPUTS];
  size_t      scratch_at;                         /* of the library and of programs */
  Shape       shape[4];                           /* [last rows][last columns] */
} Panels;

/* ---- what the program becomes ---- */

static int
is_contraction (const Panels *self,
                int           output)
{
  return self->program.output[output].reduce == MP_CONTRACT;
}

/* Axes that an output is reduced over: 0 for one that is stored. */
static int
reduced_axes (const Panels *self,
              int           output)
{
  return self->program.output[output].reduce == MP_STORE ? 0 : self->program.output[output].axes & 3;
}

static int
stored_index (const Panels *self,
              int           reg)
{
  for (int i = 0; i < self->n_stored; i++)
    if (self->stored[i] == reg)
      return i;
  return -1;
}

static void
find_stored (Panels *self)
{
  for (int o = 0; o < self->program.n_outputs; o++)
    if (is_contraction (self, o) && stored_index (self, self->program.output[o].reg) < 0)
      self->stored[self->n_stored++] = self->program.output[o].reg;
  for (int o = 0; o < self->program.n_outputs; o++)
    self->by_sums[o] = self->program.output[o].reduce == MP_REDUCE_SUM && reduced_axes (self, o) == 1
                       && stored_index (self, self->program.output[o].reg) >= 0;
}

/* Step 2 over rows × columns; FALSE where it is too large. */
static int
tile_program (const Panels *self,
              int64_t       rows,
              int64_t       columns,
              MpProgram    *out)
{
  MpProgram program = self->program;

  program.dim[0] = rows;
  program.dim[1] = columns;
  program.input[0].stride[0] = columns;
  program.input[0].stride[1] = 1;
  program.n_outputs = 0;
  for (int o = 0; o < self->program.n_outputs; o++)
    if (!is_contraction (self, o) && !self->by_sums[o])
      program.output[program.n_outputs++] = self->program.output[o];
  if (program.n_outputs + self->n_stored > MP_PROGRAM_MAX_OUTPUTS)
    return 0;
  for (int i = 0; i < self->n_stored; i++) {
    memset (&program.output[program.n_outputs], 0, sizeof program.output[0]);
    program.output[program.n_outputs].reg = self->stored[i];
    program.output[program.n_outputs].reduce = MP_STORE;
    program.output[program.n_outputs++].scale = 1;
  }
  if (self->pairs.distance)
    return mp_cuda_distance_program (&program, self->pairs.dtype, rows, columns, out);
  *out = program;
  return 1;
}

/* Step 3. */
static void
sums_program (const Panels *self,
              int64_t       rows,
              int64_t       columns,
              MpProgram    *out)
{
  memset (out, 0, sizeof *out);
  out->dtype = self->pairs.dtype;
  out->rank = 2;
  out->dim[0] = rows;
  out->dim[1] = columns;
  out->n_inputs = self->n_stored;
  for (int i = 0; i < self->n_stored; i++) {
    out->input[i].stride[0] = columns;
    out->input[i].stride[1] = 1;
  }
  for (int o = 0; o < self->program.n_outputs; o++)
    if (self->by_sums[o]) {
      out->output[out->n_outputs] = self->program.output[o];
      out->output[out->n_outputs++].reg = stored_index (self, self->program.output[o].reg);
    }
}

/* Elements of a reduced output that one tile gives. */
static int64_t
partial_count (const Panels *self,
               int           output,
               int64_t       rows,
               int64_t       columns)
{
  int axes = reduced_axes (self, output);

  return axes == 3 ? 1 : axes == 2 ? rows : columns;
}

static MpStatus
make_add (MpKernel       *kernel,
          const Panels   *self,
          int             output,
          int64_t         count,
          MpCudaProgram **out)
{
  MpProgram program = { .dtype = self->pairs.dtype, .rank = 1, .dim = { count }, .n_inputs = 2, .n_instructions = 1,
                        .n_outputs = 1 };

  program.input[0].stride[0] = program.input[1].stride[0] = 1;
  program.instruction[0] = (MpInstruction) {
    .op = self->program.output[output].reduce == MP_REDUCE_MAX ? MP_OP_MAXIMUM : MP_OP_ADD, .src = { 0, 1, 0 } };
  program.output[0].reg = 2;
  program.output[0].scale = 1;
  return mp_cuda_program_new (kernel->device, &program, NULL, NULL, out);
}

/* ---- tiles ---- */

/* About n, at most `most`. */
static int64_t
rounded (int64_t n,
         int64_t most)
{
  if (n >= ROUND)
    n = n / ROUND * ROUND;
  else
    n = ALIGNED;
  return n < most ? n : most;
}

static void
choose_tile (const MpKernel *kernel,
             Panels         *self)
{
  const MpCudaPairs *pairs = &self->pairs;
  size_t bytes = kernel->device->l2_bytes / 3 * 2;
  int64_t points;
  int whole_rows = 0;

  for (int o = 0; o < self->program.n_outputs; o++)
    whole_rows |= reduced_axes (self, o) == 0;
  bytes = bytes > 64 * MEBIBYTE ? 64 * MEBIBYTE : bytes;
  points = (int64_t) (bytes / mp_dtype_size (pairs->dtype)) / (self->n_stored > 1 ? self->n_stored : 1);
  self->tile_columns = whole_rows ? pairs->n : rounded (TILE_COLUMNS, pairs->n);
  if (!whole_rows && pairs->m < points / self->tile_columns)
    self->tile_columns = rounded (points / pairs->m, pairs->n);
  self->tile_rows = rounded (points / self->tile_columns, pairs->m);
}

static void
reserve (MpKernel *kernel,
         Panels   *self)
{
  const MpCudaPairs *pairs = &self->pairs;
  size_t real = mp_dtype_size (pairs->dtype);
  int64_t rows[2] = { pairs->m, pairs->n };

  for (int i = 0; i < 2 && pairs->distance; i++) {
    self->norms_at[i] = mp_kernel_reserve (kernel, (size_t) rows[i] * real);
    if (self->rounds)
      self->points_at[i] = mp_kernel_reserve (kernel, (size_t) (rows[i] * pairs->k) * mp_dtype_size (self->operand));
  }
  for (int i = 0; i == 0 || i < self->n_stored; i++)
    self->panel_at[i] = mp_kernel_reserve (kernel, (size_t) (self->tile_rows * self->tile_columns) * real);
  for (int o = 0; o < self->program.n_outputs; o++)
    if (!is_contraction (self, o) && reduced_axes (self, o) != 0)
      self->partial_at[o] = mp_kernel_reserve (kernel, (size_t) partial_count (self, o, self->tile_rows,
                                                                               self->tile_columns) * real);
}

/* ---- making ---- */

static MpStatus
make_contraction (MpKernel *kernel,
                  Panels   *self,
                  Shape    *shape,
                  int       output)
{
  int by_row = self->program.output[output].axes == 2;
  MpCudaGemmSpec spec = { .m = by_row ? shape->rows : shape->columns, .n = self->pairs.columns[output],
                          .k = by_row ? shape->columns : shape->rows, .batch = 1, .transpose_a = !by_row,
                          .operands = self->pairs.dtype, .result = self->pairs.dtype, .bias = self->pairs.dtype,
                          .alpha = self->program.output[output].scale };

  spec.has_add = by_row ? self->tile_columns < self->pairs.n : self->tile_rows < self->pairs.m;
  return spec.n > 0 ? mp_cuda_gemm_new (kernel->device, &spec, &shape->contract[output]) : MP_OK;
}

static MpStatus
make_shape (MpKernel *kernel,
            Panels   *self,
            Shape    *shape)
{
  MpCudaGemmSpec product = { .m = shape->rows, .n = shape->columns, .k = self->pairs.k, .batch = 1, .transpose_b = 1,
                             .operands = self->operand, .result = self->pairs.dtype, .bias = self->pairs.dtype,
                             .alpha = self->pairs.distance ? -2 : 1 };
  MpProgram program;
  MpStatus status = mp_cuda_gemm_new (kernel->device, &product, &shape->product);

  if (status == MP_OK && tile_program (self, shape->rows, shape->columns, &program))
    status = mp_cuda_program_new (kernel->device, &program, NULL, NULL, &shape->program);
  sums_program (self, shape->rows, shape->columns, &program);
  if (status == MP_OK && program.n_outputs > 0)
    status = mp_cuda_program_new (kernel->device, &program, NULL, NULL, &shape->sums);
  for (int o = 0; status == MP_OK && o < self->program.n_outputs; o++)
    if (is_contraction (self, o))
      status = make_contraction (kernel, self, shape, o);
    else if (reduced_axes (self, o) != 0)
      status = make_add (kernel, self, o, partial_count (self, o, shape->rows, shape->columns), &shape->add[o]);
  return status;
}

static size_t
larger (size_t a,
        size_t b)
{
  return a > b ? a : b;
}

static size_t
shape_workspace (const Panels *self,
                 const Shape  *shape)
{
  size_t bytes = mp_cuda_gemm_workspace (shape->product);

  bytes = larger (bytes, mp_cuda_program_workspace (shape->program));
  if (shape->sums != NULL)
    bytes = larger (bytes, mp_cuda_program_workspace (shape->sums));
  for (int o = 0; o < self->program.n_outputs; o++) {
    if (shape->contract[o] != NULL)
      bytes = larger (bytes, mp_cuda_gemm_workspace (shape->contract[o]));
    if (shape->add[o] != NULL)
      bytes = larger (bytes, mp_cuda_program_workspace (shape->add[o]));
  }
  return bytes;
}

/* Tiles at the end may be smaller. */
static MpStatus
make_shapes (MpKernel *kernel,
             Panels   *self)
{
  int64_t rows[2] = { self->tile_rows, self->pairs.m % self->tile_rows };
  int64_t columns[2] = { self->tile_columns, self->pairs.n % self->tile_columns };
  MpStatus status = MP_OK;
  size_t bytes = 0;

  for (int s = 0; status == MP_OK && s < 4; s++) {
    Shape *shape = &self->shape[s];

    if (rows[s / 2] == 0 || columns[s % 2] == 0)
      continue;
    shape->rows = rows[s / 2];
    shape->columns = columns[s % 2];
    status = make_shape (kernel, self, shape);
    if (status == MP_OK)
      bytes = larger (bytes, shape_workspace (self, shape));
  }
  self->scratch_at = mp_kernel_reserve (kernel, bytes);
  return status;
}

static void
destroy (MpKernel *kernel)
{
  Panels *self = kernel->state;

  for (int s = 0; s < 4; s++) {
    Shape *shape = &self->shape[s];

    mp_cuda_gemm_free (shape->product);
    mp_cuda_program_free (shape->program);
    mp_cuda_program_free (shape->sums);
    for (int o = 0; o < MP_PROGRAM_MAX_OUTPUTS; o++) {
      mp_cuda_gemm_free (shape->contract[o]);
      mp_cuda_program_free (shape->add[o]);
    }
  }
}

static MpStatus
bound (MpKernel *kernel)
{
  Panels *self = kernel->state;
  MpStatus status = MP_OK;

  for (int s = 0; s < 4; s++) {
    Shape *shape = &self->shape[s];

    if (status == MP_OK && shape->program != NULL)
      status = mp_cuda_program_prepare (shape->program);
    if (status == MP_OK && shape->sums != NULL)
      status = mp_cuda_program_prepare (shape->sums);
    for (int o = 0; status == MP_OK && o < self->program.n_outputs; o++)
      if (shape->add[o] != NULL)
        status = mp_cuda_program_prepare (shape->add[o]);
  }
  return status;
}

/* ---- running ---- */

/* One tile's place. */
typedef struct
{
  const Shape *shape;
  int64_t      row, column;
} Tile;

static char *
at (const MpKernel *kernel,
    size_t          offset)
{
  return kernel->workspace + offset;
}

static void *
moved (const Panels *self,
       const void   *address,
       int64_t       elements)
{
  return (char *) address + (size_t) elements * mp_dtype_size (self->pairs.dtype);
}

/* Where an output of this tile belongs. */
static void *
output_place (const MpKernel *kernel,
              const Panels   *self,
              const Tile     *tile,
              int             output)
{
  int axes = self->program.output[output].axes & 3;
  int64_t width = is_contraction (self, output) ? self->pairs.columns[output] : 1;

  if (reduced_axes (self, output) == 0)
    return moved (self, kernel->output[output], tile->row * self->pairs.n);
  return moved (self, kernel->output[output], axes == 3 ? 0 : width * (axes == 2 ? tile->row : tile->column));
}

/* Whether an earlier tile has given a part of it. */
static int
continues (const Panels *self,
           const Tile   *tile,
           int           output)
{
  int axes = reduced_axes (self, output);

  return ((axes & 1) && tile->row > 0) || ((axes & 2) && tile->column > 0);
}

static MpStatus
run_product (MpKernel     *kernel,
             Panels       *self,
             const Tile   *tile,
             cudaStream_t  stream)
{
  size_t size = mp_dtype_size (self->operand);
  const char *x = self->rounds ? at (kernel, self->points_at[0]) : kernel->input[0];
  const char *y = self->rounds ? at (kernel, self->points_at[1]) : kernel->input[1];

  return mp_cuda_gemm_run (tile->shape->product, x + (size_t) (tile->row * self->pairs.k) * size,
                           y + (size_t) (tile->column * self->pairs.k) * size, NULL, NULL,
                           at (kernel, self->panel_at[0]), at (kernel, self->scratch_at), stream);
}

static MpStatus
run_program (MpKernel   *kernel,
             Panels     *self,
             const Tile *tile,
             MpStream   *stream)
{
  void *inputs[MP_PROGRAM_MAX_INPUTS], *outputs[MP_PROGRAM_MAX_OUTPUTS];
  int n = 0;

  inputs[n++] = at (kernel, self->panel_at[0]);
  if (self->pairs.distance) {
    inputs[n++] = moved (self, at (kernel, self->norms_at[0]), tile->row);
    inputs[n++] = moved (self, at (kernel, self->norms_at[1]), tile->column);
  }
  for (int i = 1; i < self->program.n_inputs; i++)
    inputs[n++] = moved (self, kernel->input[i + 1], tile->row * self->program.input[i].stride[0]
                         + tile->column * self->program.input[i].stride[1]);
  n = 0;
  for (int o = 0; o < self->program.n_outputs; o++)
    if (!is_contraction (self, o) && !self->by_sums[o])
      outputs[n++] = continues (self, tile, o) ? at (kernel, self->partial_at[o])
                                               : output_place (kernel, self, tile, o);
  for (int i = 0; i < self->n_stored; i++)
    outputs[n++] = at (kernel, self->panel_at[i]);
  return mp_cuda_program_run (tile->shape->program, inputs, outputs, at (kernel, self->scratch_at), stream);
}

static MpStatus
run_sums (MpKernel   *kernel,
          Panels     *self,
          const Tile *tile,
          MpStream   *stream)
{
  void *inputs[MP_PROGRAM_MAX_INPUTS], *outputs[MP_PROGRAM_MAX_OUTPUTS];
  int n = 0;

  if (tile->shape->sums == NULL)
    return MP_OK;
  for (int i = 0; i < self->n_stored; i++)
    inputs[i] = at (kernel, self->panel_at[i]);
  for (int o = 0; o < self->program.n_outputs; o++)
    if (self->by_sums[o])
      outputs[n++] = continues (self, tile, o) ? at (kernel, self->partial_at[o])
                                               : output_place (kernel, self, tile, o);
  return mp_cuda_program_run (tile->shape->sums, inputs, outputs, at (kernel, self->scratch_at), stream);
}

static MpStatus
run_output (MpKernel   *kernel,
            Panels     *self,
            const Tile *tile,
            int         output,
            MpStream   *stream)
{
  void *place = output_place (kernel, self, tile, output);
  int by_row = self->program.output[output].axes == 2;

  if (is_contraction (self, output)) {
    int64_t from = self->pairs.columns[output] * (by_row ? tile->column : tile->row);
    int panel = stored_index (self, self->program.output[output].reg);

    if (tile->shape->contract[output] == NULL)
      return MP_OK;
    return mp_cuda_gemm_run (tile->shape->contract[output], at (kernel, self->panel_at[panel]),
                             moved (self, kernel->input[self->program.output[output].operand], from), place, NULL, place,
                             at (kernel, self->scratch_at), stream->stream);
  }
  if (!continues (self, tile, output))
    return MP_OK;
  return mp_cuda_program_run (tile->shape->add[output], (void *[]) { place, at (kernel, self->partial_at[output]) },
                              &place, at (kernel, self->scratch_at), stream);
}

/* What contractions are added to, and what all tiles read. */
static MpStatus
begin (MpKernel *kernel,
       Panels   *self,
       MpStream *stream)
{
  int64_t rows[2] = { self->pairs.m, self->pairs.n };
  MpStatus status = MP_OK;

  for (int o = 0; status == MP_OK && o < self->program.n_outputs; o++)
    if (is_contraction (self, o))
      status = mp_cuda_fill (kernel->device, stream, kernel->output[o], 0,
                             (size_t) mp_tensor_count (&kernel->output_type[o]) * mp_dtype_size (self->pairs.dtype));
  for (int i = 0; status == MP_OK && i < 2 && self->pairs.distance; i++) {
    char *points = at (kernel, self->points_at[i]);
    const void *from = kernel->input[i];

    if (self->operand == MP_BFLOAT16) {
      status = mp_cuda_check (mp_launch_convert (MP_FLOAT32, from, MP_BFLOAT16, points, rows[i] * self->pairs.k,
                                                 stream->stream), "converting points");
      from = points;
    }
    if (status == MP_OK)
      status = mp_cuda_check (mp_launch_row_norms (self->operand, from, self->rounds && self->operand == MP_FLOAT32
                                                                        ? points : NULL,
                                                   at (kernel, self->norms_at[i]), rows[i], self->pairs.k,
                                                   stream->stream), "norms of points");
  }
  return status;
}

static MpStatus
run (MpKernel           *kernel,
     MpStream           *stream,
     const MpRunContext *context)
{
  Panels *self = kernel->state;
  MpStatus status = begin (kernel, self, stream);
  Tile tile;

  for (tile.row = 0; tile.row < self->pairs.m; tile.row += self->tile_rows)
    for (tile.column = 0; tile.column < self->pairs.n && status == MP_OK; tile.column += self->tile_columns) {
      int last_rows = self->pairs.m - tile.row < self->tile_rows;
      int last_columns = self->pairs.n - tile.column < self->tile_columns;

      tile.shape = &self->shape[2 * last_rows + last_columns];
      status = run_product (kernel, self, &tile, stream->stream);
      if (status == MP_OK)
        status = run_program (kernel, self, &tile, stream);
      if (status == MP_OK)
        status = run_sums (kernel, self, &tile, stream);
      for (int o = 0; status == MP_OK && o < self->program.n_outputs; o++)
        status = run_output (kernel, self, &tile, o, stream);
    }
  return status;
}

MpStatus
mp_cuda_gram_panels_new (MpKernel           *kernel,
                         const MpKernelSpec *spec,
                         const MpCudaPairs  *pairs)
{
  MpPrecision precision = kernel->device->options.precision;
  Panels *self = mp_kernel_state_new (kernel, sizeof *self);
  MpProgram program;
  MpStatus status;

  if (self == NULL)
    return MP_STATUS_MEMORY;
  self->pairs = *pairs;
  self->program = *spec->program;
  self->rounds = pairs->distance && pairs->dtype == MP_FLOAT32 && precision != MP_PRECISION_STRICT;
  self->operand = self->rounds && precision == MP_PRECISION_BF16 ? MP_BFLOAT16 : pairs->dtype;
  find_stored (self);
  choose_tile (kernel, self);
  if (pairs->k == 0 || !tile_program (self, self->tile_rows, self->tile_columns, &program)) {
    free (kernel->state);
    kernel->state = NULL;
    return mp_kernels_fail (MP_STATUS_UNSUPPORTED, "The program over pairs is too large: %d inputs, %d instructions, %d "
                            "outputs.", spec->program->n_inputs, spec->program->n_instructions,
                            spec->program->n_outputs);
  }
  if (kernel->probe)
    return MP_OK;
  kernel->destroy = destroy;
  reserve (kernel, self);
  status = make_shapes (kernel, self);
  kernel->run = run;
  kernel->bound = bound;
  if (status == MP_OK)
    snprintf (kernel->algorithm, sizeof kernel->algorithm, "tiles %lld×%lld: %s", (long long) self->tile_rows,
              (long long) self->tile_columns, mp_cuda_gemm_algorithm (self->shape[0].product));
  return status;
}
