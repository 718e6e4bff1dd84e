/* SPDX-License-Identifier: Apache-2.0
 *
 * shape.c: operations that move elements: transpose, slice, pad, concatenate, gather and its adjoint, bands, casts,
 * copies, minibatches out of a ring (FETCH) and scalars into a table (COLLECT).
 *
 * Strided copies are collapsed to as few axes as possible and moved in the widest words that divide all of them.
 * Dtypes of one size share code; only casts and sums look at values. Short copies are kernels too: as nodes of a
 * captured iteration they cost less than a transfer does.
 *
 * Indices are read on the device, so a wrong one cannot be reported: GATHER fills its row with bits 1 (NaN; −1 in
 * int32) and SCATTER_ADD leaves its row out.
 */
#include "kernels/cuda/launchers.h"

#include <stdio.h>
#include <string.h>

#define SHORT_COPY ((size_t) 1 << 20) /* bytes */

/* ---- planning strided copies ---- */

/* Drops axes of one position and merges each axis into the next where both sides are contiguous over the two. */
static void
collapse (const MpCudaStrided *from,
          MpCudaStrided       *to)
{
  int n = 0;

  *to = *from;
  for (int a = 0; a < from->rank; a++) {
    int64_t dim = from->dim[a];

    if (dim == 1 && from->low[a] <= 0 && from->high[a] >= 1)
      continue;
    if (n > 0 && from->low[a] == 0 && from->high[a] == dim && to->to_stride[n - 1] == from->to_stride[a] * dim
        && to->from_stride[n - 1] == from->from_stride[a] * dim) {
      to->dim[n - 1] *= dim;
      to->low[n - 1] *= dim;
      to->high[n - 1] *= dim;
      to->to_stride[n - 1] = from->to_stride[a];
      to->from_stride[n - 1] = from->from_stride[a];
      continue;
    }
    to->dim[n] = dim;
    to->low[n] = from->low[a];
    to->high[n] = from->high[a];
    to->to_stride[n] = from->to_stride[a];
    to->from_stride[n] = from->from_stride[a];
    n++;
  }
  to->rank = n;
}

static int
divides (const MpCudaStrided *block,
         int64_t              k)
{
  int last = block->rank - 1;

  if (last < 0 || block->to_stride[last] != 1 || block->from_stride[last] != 1 || block->to_at % k != 0
      || block->from_at % k != 0 || block->dim[last] % k != 0 || block->low[last] % k != 0
      || block->high[last] % k != 0)
    return 0;
  for (int a = 0; a < last; a++)
    if (block->to_stride[a] % k != 0 || block->from_stride[a] % k != 0)
      return 0;
  return 1;
}

static void
widen (MpCudaStrided *block)
{
  int last = block->rank - 1;

  while (block->word < 16 && divides (block, 2)) {
    block->word *= 2;
    block->to_at /= 2;
    block->from_at /= 2;
    block->dim[last] /= 2;
    block->low[last] /= 2;
    block->high[last] /= 2;
    for (int a = 0; a < last; a++) {
      block->to_stride[a] /= 2;
      block->from_stride[a] /= 2;
    }
  }
}

static int
is_whole (const MpCudaStrided *block)
{
  return block->rank == 0 || (block->rank == 1 && block->to_stride[0] == 1 && block->from_stride[0] == 1
                              && block->low[0] == 0 && block->high[0] == block->dim[0]);
}

/* The axis to transpose with the last one, or −1. Tiles copy no padding. */
static int
axis_across (const MpCudaStrided *block)
{
  int last = block->rank - 1, across = -1;

  if (last < 1 || block->to_stride[last] != 1 || block->from_stride[last] == 1 || block->dim[last] < 8)
    return -1;
  for (int a = 0; a < block->rank; a++) {
    if (block->low[a] != 0 || block->high[a] != block->dim[a])
      return -1;
    if (block->from_stride[a] == 1 && block->dim[a] >= 8)
      across = a;
  }
  return across;
}

MpCudaCopy
mp_cuda_copy_plan (const MpCudaStrided *block)
{
  MpCudaCopy copy = { .kind = MP_CUDA_COPY_STRIDED, .total = 1 };

  collapse (block, &copy.block);
  for (int a = 0; a < block->rank; a++)
    copy.total *= block->dim[a];
  if (copy.total == 0) {
    copy.kind = MP_CUDA_COPY_NOTHING;
    return copy;
  }
  if (is_whole (&copy.block)) {
    copy.kind = MP_CUDA_COPY_WHOLE;
    return copy;
  }
  copy.across = axis_across (&copy.block);
  if (copy.across >= 0) {
    copy.kind = MP_CUDA_COPY_TILES;
    return copy;
  }
  widen (&copy.block);
  copy.total /= copy.block.word / block->word;
  return copy;
}

static MpStatus
copy_bytes (void        *to,
            const void  *from,
            size_t       bytes,
            cudaStream_t stream)
{
  if (bytes <= SHORT_COPY && bytes % 2 == 0)
    return mp_cuda_check (mp_launch_copy (to, from, bytes, stream), "launching a copy");
  return mp_cuda_check (cudaMemcpyAsync (to, from, bytes, cudaMemcpyDeviceToDevice, stream), "cudaMemcpyAsync");
}

MpStatus
mp_cuda_copy_run (const MpCudaCopy *copy,
                  void             *to,
                  const void       *from,
                  cudaStream_t      stream)
{
  size_t word = (size_t) copy->block.word;

  switch (copy->kind) {
  case MP_CUDA_COPY_NOTHING:
    return MP_OK;
  case MP_CUDA_COPY_WHOLE:
    return copy_bytes ((char *) to + (size_t) copy->block.to_at * word,
                       (const char *) from + (size_t) copy->block.from_at * word, (size_t) copy->total * word, stream);
  case MP_CUDA_COPY_TILES:
    return mp_cuda_check (mp_launch_copy_tiles (copy, to, from, stream), "launching a transpose");
  default:
    return mp_cuda_check (mp_launch_copy_strided (copy, to, from, stream), "launching a strided copy");
  }
}

void
mp_cuda_copy_name (const MpCudaCopy *copy,
                   char             *name,
                   size_t            size)
{
  if (copy->kind == MP_CUDA_COPY_STRIDED)
    snprintf (name, size, "strided, %d bytes", copy->block.word);
  else
    snprintf (name, size, "%s", copy->kind == MP_CUDA_COPY_TILES ? "tiles" : "copy");
}

static void
dense_strides (const MpTensorType *type,
               int64_t            *stride)
{
  int64_t s = 1;

  for (int a = type->rank - 1; a >= 0; a--) {
    stride[a] = s;
    s *= type->dim[a];
  }
}

/* ---- one copy of a part: transpose, slice, pad ---- */

static MpStatus
run_part (MpKernel           *kernel,
          MpStream           *stream,
          const MpRunContext *context)
{
  return mp_cuda_copy_run (kernel->state, kernel->output[0], kernel->input[0], stream->stream);
}

static MpStatus
part_new (MpKernel *kernel)
{
  const MpTensorType *x = &kernel->input_type[0], *y = &kernel->output_type[0];
  MpCudaCopy *copy = mp_kernel_state_new (kernel, sizeof *copy);
  MpCudaStrided block = { .rank = y->rank, .word = (int32_t) mp_dtype_size (y->dtype) };
  int64_t from[MP_MAX_RANK] = { 0 };

  if (copy == NULL)
    return MP_STATUS_MEMORY;
  if (x->rank != y->rank || x->dtype != y->dtype)
    return mp_kernels_fail (MP_STATUS_INVALID, "%s has operand and result of different rank or dtype.",
                            mp_op_name (kernel->op));
  dense_strides (x, from);
  dense_strides (y, block.to_stride);
  for (int a = 0; a < y->rank; a++) {
    block.dim[a] = block.high[a] = y->dim[a];
    block.from_stride[a] = from[kernel->op == MP_OP_TRANSPOSE ? kernel->attrs.perm[a] : a];
    if (kernel->op == MP_OP_SLICE)
      block.from_at += kernel->attrs.start[a] * from[a];
    if (kernel->op == MP_OP_PAD) {
      block.low[a] = kernel->attrs.start[a];
      block.high[a] = kernel->attrs.start[a] + x->dim[a];
      block.from_at -= kernel->attrs.start[a] * from[a];
    }
  }
  *copy = mp_cuda_copy_plan (&block);
  mp_cuda_copy_name (copy, kernel->algorithm, sizeof kernel->algorithm);
  kernel->run = run_part;
  return MP_OK;
}

/* ---- concatenation ---- */

static MpStatus
run_concat (MpKernel           *kernel,
            MpStream           *stream,
            const MpRunContext *context)
{
  const MpCudaConcat *whole = kernel->state;
  int64_t at = 0;

  for (int32_t first = 0; first < kernel->n_inputs; first += MP_CUDA_CONCAT_PARTS) {
    MpCudaConcat part = *whole;

    part.at = at;
    for (int32_t i = first; i < kernel->n_inputs && part.n < MP_CUDA_CONCAT_PARTS; i++) {
      part.from[part.n] = kernel->input[i];
      part.width[part.n] = whole->inner * kernel->input_type[i].dim[kernel->attrs.axis] / whole->word;
      at += part.width[part.n];
      part.n++;
    }
    if (at > part.at && part.outer > 0) {
      MpStatus status = mp_cuda_check (mp_launch_concat (&part, kernel->output[0], stream->stream),
                                       "launching concat");

      if (status != MP_OK)
        return status;
    }
  }
  return MP_OK;
}

static MpStatus
concat_new (MpKernel *kernel)
{
  const MpTensorType *y = &kernel->output_type[0];
  MpCudaConcat *concat = mp_kernel_state_new (kernel, sizeof *concat);
  int axis = kernel->attrs.axis;

  if (concat == NULL)
    return MP_STATUS_MEMORY;
  if (axis < 0 || axis >= y->rank)
    return mp_kernels_fail (MP_STATUS_INVALID, "concat along axis %d of a tensor of rank %d.", axis, y->rank);
  concat->outer = 1;
  concat->inner = (int64_t) mp_dtype_size (y->dtype);
  for (int a = 0; a < axis; a++)
    concat->outer *= y->dim[a];
  for (int a = axis + 1; a < y->rank; a++)
    concat->inner *= y->dim[a];
  /* every part and every row starts at a multiple of the word */
  concat->word = 16;
  for (int32_t i = 0; i < kernel->n_inputs; i++)
    while (concat->inner * kernel->input_type[i].dim[axis] % concat->word != 0)
      concat->word /= 2;
  concat->row = concat->inner * y->dim[axis] / concat->word;
  snprintf (kernel->algorithm, sizeof kernel->algorithm, "rows, %d bytes", concat->word);
  kernel->run = run_concat;
  return MP_OK;
}

/* ---- rows at indices ---- */

static MpStatus
run_gather (MpKernel           *kernel,
            MpStream           *stream,
            const MpRunContext *context)
{
  const MpCudaRows *rows = kernel->state;

  if (rows->n == 0 || rows->width == 0)
    return MP_OK;
  return mp_cuda_check (mp_launch_gather (rows, kernel->output[0], kernel->input[0], kernel->input[1], stream->stream),
                        "launching gather");
}

static MpStatus
run_scatter_add (MpKernel           *kernel,
                 MpStream           *stream,
                 const MpRunContext *context)
{
  const MpCudaRows *rows = kernel->state;

  if (rows->rows == 0 || rows->width == 0)
    return MP_OK;
  return mp_cuda_check (mp_launch_scatter_add (rows, kernel->output_type[0].dtype, kernel->output[0], kernel->input[0],
                                               kernel->input[1], stream->stream), "launching scatter-add");
}

static MpStatus
rows_new (MpKernel *kernel)
{
  int gather = kernel->op == MP_OP_GATHER;
  const MpTensorType *y = &kernel->output_type[0], *x = &kernel->input_type[0];
  const MpTensorType *whole = gather ? x : y;
  MpCudaRows *rows = mp_kernel_state_new (kernel, sizeof *rows);

  if (rows == NULL)
    return MP_STATUS_MEMORY;
  if (kernel->n_inputs != 2 || kernel->input_type[1].dtype != MP_INT32 || (!gather && y->dtype == MP_INT32)
      || whole->rank < 1 || x->dtype != y->dtype)
    return mp_kernels_fail (MP_STATUS_INVALID, "%s needs int32 indices and, to add, floating-point rows.",
                            mp_op_name (kernel->op));
  rows->rows = whole->dim[0];
  rows->n = mp_tensor_count (&kernel->input_type[1]);
  rows->width = 1;
  for (int a = 1; a < whole->rank; a++)
    rows->width *= whole->dim[a];
  if (rows->n > INT32_MAX)
    return mp_kernels_fail (MP_STATUS_UNSUPPORTED, "%s takes at most %d indices on CUDA, not %lld.",
                            mp_op_name (kernel->op), INT32_MAX, (long long) rows->n);
  if (gather) {
    rows->width *= (int64_t) mp_dtype_size (y->dtype);
    for (rows->word = 16; rows->width % rows->word != 0;)
      rows->word /= 2;
    rows->width /= rows->word;
  }
  snprintf (kernel->algorithm, sizeof kernel->algorithm, "%s", gather ? "rows" : "one warp per row and 32 columns");
  kernel->run = gather ? run_gather : run_scatter_add;
  return MP_OK;
}

/* ---- bands ---- */

static MpStatus
run_band (MpKernel           *kernel,
          MpStream           *stream,
          const MpRunContext *context)
{
  const MpTensorType *x = &kernel->input_type[0];

  if (mp_tensor_count (x) == 0)
    return MP_OK;
  return mp_cuda_check (mp_launch_band ((int) mp_dtype_size (x->dtype), mp_tensor_count (x), x->dim[x->rank - 2],
                                        x->dim[x->rank - 1], kernel->attrs.start[0], kernel->attrs.stop[0],
                                        kernel->output[0], kernel->input[0], stream->stream), "launching band");
}

static MpStatus
band_new (MpKernel *kernel)
{
  char text[128];

  if (kernel->input_type[0].rank < 2)
    return mp_kernels_fail (MP_STATUS_INVALID, "%s needs matrices, not %s.", mp_op_name (kernel->op),
                            mp_tensor_text (&kernel->input_type[0], text, sizeof text));
  snprintf (kernel->algorithm, sizeof kernel->algorithm, "elements");
  kernel->run = run_band;
  return MP_OK;
}

/* ---- whole copies and casts ---- */

static MpStatus
run_copy (MpKernel           *kernel,
          MpStream           *stream,
          const MpRunContext *context)
{
  const MpTensorType *type = &kernel->output_type[0];
  size_t bytes = (size_t) mp_tensor_count (type) * mp_dtype_size (type->dtype);
  const void *from = kernel->input[kernel->n_inputs - 1]; /* ASSIGN's value is its last input */

  if (bytes == 0 || from == kernel->output[0])
    return MP_OK;
  return copy_bytes (kernel->output[0], from, bytes, stream->stream);
}

static MpStatus
run_cast (MpKernel           *kernel,
          MpStream           *stream,
          const MpRunContext *context)
{
  int64_t n = mp_tensor_count (&kernel->output_type[0]);

  if (n == 0)
    return MP_OK;
  return mp_cuda_check (mp_launch_cast (kernel->output_type[0].dtype, kernel->input_type[0].dtype, n, kernel->output[0],
                                        kernel->input[0], stream->stream), "launching cast");
}

static MpStatus
copy_new (MpKernel *kernel)
{
  const MpTensorType *x = &kernel->input_type[kernel->n_inputs > 0 ? kernel->n_inputs - 1 : 0];
  const MpTensorType *y = &kernel->output_type[0];
  int cast = kernel->op == MP_OP_CAST && x->dtype != y->dtype;
  char a[128], b[128];

  if (kernel->n_inputs < 1 || mp_tensor_count (x) != mp_tensor_count (y) || (!cast && x->dtype != y->dtype))
    return mp_kernels_fail (MP_STATUS_INVALID, "%s cannot make %s of %s.", mp_op_name (kernel->op),
                            mp_tensor_text (y, a, sizeof a), mp_tensor_text (x, b, sizeof b));
  snprintf (kernel->algorithm, sizeof kernel->algorithm, "%s", cast ? "elements" : "copy");
  kernel->run = cast ? run_cast : run_copy;
  return MP_OK;
}

/* ---- minibatches and reports ---- */

static MpStatus
run_fetch (MpKernel           *kernel,
           MpStream           *stream,
           const MpRunContext *context)
{
  const MpTensorType *item = &kernel->output_type[0];
  size_t bytes = (size_t) mp_tensor_count (item) * mp_dtype_size (item->dtype);
  int64_t every = kernel->attrs.stop[0];

  if (bytes == 0)
    return MP_OK;
  return mp_cuda_check (mp_launch_fetch (mp_cuda_context (stream, context), (uint64_t) kernel->input_type[0].dim[0],
                                         every > 0 ? (uint64_t) every : 0, bytes, kernel->output[0], kernel->input[0],
                                         stream->stream), "launching fetch");
}

static MpStatus
fetch_new (MpKernel *kernel)
{
  const MpTensorType *ring = &kernel->input_type[0], *item = &kernel->output_type[0];
  char a[128], b[128];

  if (kernel->n_inputs != 1 || kernel->n_outputs != 1 || ring->rank < 1 || ring->dim[0] < 1
      || ring->dtype != item->dtype || mp_tensor_count (ring) != ring->dim[0] * mp_tensor_count (item))
    return mp_kernels_fail (MP_STATUS_INVALID, "fetch cannot take %s out of a ring %s.",
                            mp_tensor_text (item, a, sizeof a), mp_tensor_text (ring, b, sizeof b));
  snprintf (kernel->algorithm, sizeof kernel->algorithm, "slot on the device");
  kernel->run = run_fetch;
  return MP_OK;
}

static MpStatus
run_collect (MpKernel           *kernel,
             MpStream           *stream,
             const MpRunContext *context)
{
  const MpTensorType *table = &kernel->output_type[0];
  MpCudaContext at = mp_cuda_context (stream, context);

  for (int32_t first = 0; first < kernel->n_inputs; first += MP_CUDA_COLLECT_SCALARS) {
    MpCudaScalars scalars = { .rows = (uint64_t) table->dim[0], .columns = table->dim[1],
                              .first = kernel->attrs.start[0] + first, .every = (uint64_t) kernel->attrs.stop[0] };
    MpStatus status;

    for (int32_t i = first; i < kernel->n_inputs && scalars.n < MP_CUDA_COLLECT_SCALARS; i++) {
      scalars.address[scalars.n] = kernel->input[i];
      scalars.is_double[scalars.n++] = kernel->input_type[i].dtype == MP_FLOAT64;
    }
    status = mp_cuda_check (mp_launch_collect (at, &scalars, kernel->output[0], stream->stream), "launching collect");
    if (status != MP_OK)
      return status;
  }
  return MP_OK;
}

static MpStatus
collect_new (MpKernel *kernel)
{
  const MpTensorType *table = &kernel->output_type[0];
  char text[128];

  if (kernel->n_outputs != 1 || table->rank != 2 || table->dtype != MP_FLOAT64 || table->dim[0] < 1
      || kernel->attrs.stop[0] < 1 || kernel->attrs.start[0] < 0 || kernel->attrs.start[0] + kernel->n_inputs > table->dim[1])
    return mp_kernels_fail (MP_STATUS_INVALID, "collect cannot put %d scalars into columns from %lld of a table %s.",
                            kernel->n_inputs, (long long) kernel->attrs.start[0],
                            mp_tensor_text (table, text, sizeof text));
  for (int32_t i = 0; i < kernel->n_inputs; i++)
    if (mp_tensor_count (&kernel->input_type[i]) != 1 || (kernel->input_type[i].dtype != MP_FLOAT32
                                                          && kernel->input_type[i].dtype != MP_FLOAT64))
      return mp_kernels_fail (MP_STATUS_INVALID, "collect takes floating-point scalars, not %s.",
                              mp_tensor_text (&kernel->input_type[i], text, sizeof text));
  snprintf (kernel->algorithm, sizeof kernel->algorithm, "row on the device");
  kernel->run = run_collect;
  return MP_OK;
}

MpStatus
mp_cuda_shape_new (MpKernel           *kernel,
                   const MpKernelSpec *spec)
{
  switch (kernel->op) {
  case MP_OP_TRANSPOSE:
  case MP_OP_SLICE:
  case MP_OP_PAD:
    return part_new (kernel);
  case MP_OP_CONCAT:
    return concat_new (kernel);
  case MP_OP_GATHER:
  case MP_OP_SCATTER_ADD:
    return rows_new (kernel);
  case MP_OP_BAND:
    return band_new (kernel);
  case MP_OP_FETCH:
    return fetch_new (kernel);
  case MP_OP_COLLECT:
    return collect_new (kernel);
  default:
    return copy_new (kernel);
  }
}
