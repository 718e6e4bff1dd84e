/* SPDX-License-Identifier: Apache-2.0
 *
 * shape.c: operations that move elements without computing: broadcast, transpose, slice, pad, concatenate, gather
 * and its adjoint, bands, copies and casts. Elements are moved as words of 4 or 8 bytes, so dtypes share code.
 */
#include "kernels/cpu/cpu.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- strided copies ---- */
#define SQUARE 16 /* side of the squares in which transposing copies walk */

#define COPY_PLANE(word)                                                                            \
  static void                                                                                       \
  copy_plane_##word (word          *to,                                                             \
                     const word    *from,                                                           \
                     const int64_t *dim,                                                            \
                     const int64_t *to_stride,                                                      \
                     const int64_t *from_stride)                                                    \
  {                                                                                                 \
    for (int64_t i0 = 0; i0 < dim[0]; i0 += SQUARE)                                                 \
      for (int64_t j0 = 0; j0 < dim[1]; j0 += SQUARE)                                               \
        for (int64_t i = i0; i < i0 + SQUARE && i < dim[0]; i++)                                    \
          for (int64_t j = j0; j < j0 + SQUARE && j < dim[1]; j++)                                  \
            to[i * to_stride[0] + j * to_stride[1]] = from[i * from_stride[0] + j * from_stride[1]]; \
  }

COPY_PLANE (uint32_t)
COPY_PLANE (uint64_t)

static void
copy_plane (const MpStridedCopy *c,
            size_t               size,
            int                  axis, /* the first of the last two */
            char                *to,
            const char          *from)
{
  if (c->to_stride[axis + 1] == 1 && c->from_stride[axis + 1] == 1 && c->dim[axis + 1] >= 8)
    for (int64_t i = 0; i < c->dim[axis]; i++)
      memcpy (to + (size_t) (i * c->to_stride[axis]) * size, from + (size_t) (i * c->from_stride[axis]) * size,
              (size_t) c->dim[axis + 1] * size);
  else if (size == 4)
    copy_plane_uint32_t ((uint32_t *) to, (const uint32_t *) from, c->dim + axis, c->to_stride + axis,
                         c->from_stride + axis);
  else
    copy_plane_uint64_t ((uint64_t *) to, (const uint64_t *) from, c->dim + axis, c->to_stride + axis,
                         c->from_stride + axis);
}

void
mp_cpu_strided_copy (const MpStridedCopy *copy,
                     size_t               size,
                     void                *to,
                     const void          *from)
{
  MpStridedCopy c = { .rank = 2, .dim = { 1, 1 } };
  int64_t       index[MP_MAX_RANK] = { 0 };
  int64_t       to_at = 0, from_at = 0;
  int           rank = copy->rank < 2 ? 2 : copy->rank, shift = rank - copy->rank, axis;

  for (int a = 0; a < rank; a++) {
    c.dim[a] = a < shift ? 1 : copy->dim[a - shift];
    c.to_stride[a] = a < shift ? 0 : copy->to_stride[a - shift];
    c.from_stride[a] = a < shift ? 0 : copy->from_stride[a - shift];
    if (c.dim[a] == 0)
      return;
  }
  do {
    copy_plane (&c, size, rank - 2, (char *) to + (size_t) to_at * size, (const char *) from + (size_t) from_at * size);
    for (axis = rank - 3; axis >= 0; axis--) {
      to_at += c.to_stride[axis];
      from_at += c.from_stride[axis];
      if (++index[axis] < c.dim[axis])
        break;
      to_at -= c.dim[axis] * c.to_stride[axis];
      from_at -= c.dim[axis] * c.from_stride[axis];
      index[axis] = 0;
    }
  } while (axis >= 0);
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

/* ---- one copy of a part: broadcast, transpose, slice, pad ---- */
typedef struct
{
  MpStridedCopy copy;
  size_t        size;
  int64_t       to_at, from_at; /* first element */
  int           clear;          /* zero the result first */
} Part;

static MpStatus
run_part (MpKernel           *kernel,
          MpStream           *stream,
          const MpRunContext *context)
{
  const Part *part = kernel->state;

  if (part->clear)
    memset (kernel->output[0], 0, (size_t) mp_tensor_count (&kernel->output_type[0]) * part->size);
  mp_cpu_strided_copy (&part->copy, part->size, (char *) kernel->output[0] + (size_t) part->to_at * part->size,
                       (const char *) kernel->input[0] + (size_t) part->from_at * part->size);
  return MP_OK;
}

static MpStatus
part_new (MpKernel *kernel)
{
  const MpTensorType *x = &kernel->input_type[0], *y = &kernel->output_type[0];
  Part               *part = mp_kernel_state_new (kernel, sizeof *part);
  int64_t             from[MP_MAX_RANK] = { 0 }, to[MP_MAX_RANK] = { 0 };

  if (part == NULL)
    return MP_STATUS_MEMORY;
  if (x->rank != y->rank || x->dtype != y->dtype)
    return mp_kernels_fail (MP_STATUS_INVALID, "%s has operand and result of different rank or dtype.",
                            mp_op_name (kernel->op));
  dense_strides (x, from);
  dense_strides (y, to);
  part->size = mp_dtype_size (x->dtype);
  part->copy.rank = x->rank;
  part->clear = kernel->op == MP_OP_PAD;
  for (int a = 0; a < x->rank; a++) {
    int source = kernel->op == MP_OP_TRANSPOSE ? kernel->attrs.perm[a] : a;

    part->copy.dim[a] = kernel->op == MP_OP_PAD ? x->dim[a] : y->dim[a];
    part->copy.to_stride[a] = to[a];
    part->copy.from_stride[a] = kernel->op == MP_OP_BROADCAST && x->dim[a] == 1 ? 0 : from[source];
    if (kernel->op == MP_OP_SLICE)
      part->from_at += kernel->attrs.start[a] * from[a];
    if (kernel->op == MP_OP_PAD)
      part->to_at += kernel->attrs.start[a] * to[a];
  }
  kernel->run = run_part;
  return MP_OK;
}

/* ---- concatenation ---- */
static MpStatus
run_concat (MpKernel           *kernel,
            MpStream           *stream,
            const MpRunContext *context)
{
  const MpTensorType *y = &kernel->output_type[0];
  int                 axis = kernel->attrs.axis;
  size_t              outer = 1, inner = mp_dtype_size (y->dtype), row, at = 0;

  for (int a = 0; a < axis; a++)
    outer *= (size_t) y->dim[a];
  for (int a = axis + 1; a < y->rank; a++)
    inner *= (size_t) y->dim[a];
  row = inner * (size_t) y->dim[axis];
  for (int32_t i = 0; i < kernel->n_inputs; i++) {
    size_t part = inner * (size_t) kernel->input_type[i].dim[axis];

    for (size_t o = 0; o < outer && part > 0; o++)
      memcpy ((char *) kernel->output[0] + o * row + at, (const char *) kernel->input[i] + o * part, part);
    at += part;
  }
  return MP_OK;
}

/* ---- rows at indices ---- */
static MpStatus
check_index (const MpKernel *kernel,
             int32_t         index,
             int64_t         rows)
{
  if (index >= 0 && index < rows)
    return MP_OK;
  return mp_kernels_fail (MP_STATUS_INVALID, "%s has index %d; the rows are 0 to %lld.", mp_op_name (kernel->op), index,
                          (long long) rows - 1);
}

static MpStatus
run_gather (MpKernel           *kernel,
            MpStream           *stream,
            const MpRunContext *context)
{
  const MpTensorType *x = &kernel->input_type[0];
  const int32_t      *index = kernel->input[1];
  int64_t             n = mp_tensor_count (&kernel->input_type[1]);
  size_t              row = mp_dtype_size (x->dtype);

  for (int a = 1; a < x->rank; a++)
    row *= (size_t) x->dim[a];
  for (int64_t i = 0; i < n; i++) {
    if (check_index (kernel, index[i], x->dim[0]) != MP_OK)
      return MP_STATUS_INVALID;
    memcpy ((char *) kernel->output[0] + (size_t) i * row, (const char *) kernel->input[0] + (size_t) index[i] * row,
            row);
  }
  return MP_OK;
}

static MpStatus
run_scatter_add (MpKernel           *kernel,
                 MpStream           *stream,
                 const MpRunContext *context)
{
  const MpTensorType *y = &kernel->output_type[0];
  const int32_t      *index = kernel->input[1];
  int64_t             n = mp_tensor_count (&kernel->input_type[1]), width = 1;

  for (int a = 1; a < y->rank; a++)
    width *= y->dim[a];
  memset (kernel->output[0], 0, (size_t) mp_tensor_count (y) * mp_dtype_size (y->dtype));
  for (int64_t i = 0; i < n; i++) {
    if (check_index (kernel, index[i], y->dim[0]) != MP_OK)
      return MP_STATUS_INVALID;
    if (y->dtype == MP_FLOAT32)
      for (int64_t j = 0; j < width; j++)
        ((float *) kernel->output[0])[index[i] * width + j] += ((const float *) kernel->input[0])[i * width + j];
    else
      for (int64_t j = 0; j < width; j++)
        ((double *) kernel->output[0])[index[i] * width + j] += ((const double *) kernel->input[0])[i * width + j];
  }
  return MP_OK;
}

/* ---- bands ---- */
static MpStatus
run_band (MpKernel           *kernel,
          MpStream           *stream,
          const MpRunContext *context)
{
  const MpTensorType *x = &kernel->input_type[0];
  int64_t             columns = x->dim[x->rank - 1], rows = x->dim[x->rank - 2];
  int64_t             total = mp_tensor_count (x);
  size_t              size = mp_dtype_size (x->dtype);

  if (total == 0)
    return MP_OK;
  if (kernel->output[0] != kernel->input[0])
    memcpy (kernel->output[0], kernel->input[0], (size_t) total * size);
  for (int64_t r = 0; r < total / columns; r++) {
    char   *row = (char *) kernel->output[0] + (size_t) (r * columns) * size;
    int64_t first = r % rows + kernel->attrs.start[0], end = r % rows + kernel->attrs.stop[0] + 1;

    first = first < 0 ? 0 : (first > columns ? columns : first);
    end = end < first ? first : (end > columns ? columns : end);
    memset (row, 0, (size_t) first * size);
    memset (row + (size_t) end * size, 0, (size_t) (columns - end) * size);
  }
  return MP_OK;
}

/* ---- whole copies and casts ---- */
static MpStatus
run_copy (MpKernel           *kernel,
          MpStream           *stream,
          const MpRunContext *context)
{
  const MpTensorType *type = &kernel->output_type[0];
  size_t              bytes = (size_t) mp_tensor_count (type) * mp_dtype_size (type->dtype);

  /* ASSIGN's value is its last input */
  if (bytes > 0)
    memmove (kernel->output[0], kernel->input[kernel->n_inputs - 1], bytes);
  return MP_OK;
}

static int32_t
to_int32 (double x)
{
  if (x != x)
    return 0;
  return x >= 2147483647.0 ? INT32_MAX : (x <= -2147483648.0 ? INT32_MIN : (int32_t) x);
}

#define CAST_LOOP(To, From, expression)                                                             \
  for (int64_t i = 0; i < n; i++)                                                                   \
    {                                                                                               \
      From v = ((const From *) x)[i];                                                               \
      ((To *) y)[i] = expression;                                                                   \
    }

static MpStatus
run_cast (MpKernel           *kernel,
          MpStream           *stream,
          const MpRunContext *context)
{
  const void *x = kernel->input[0];
  void       *y = kernel->output[0];
  int64_t     n = mp_tensor_count (&kernel->output_type[0]);

  switch (kernel->output_type[0].dtype * 3 + kernel->input_type[0].dtype) {
  case MP_FLOAT32 * 3 + MP_FLOAT64:
    CAST_LOOP (float, double, (float) v)
    break;
  case MP_FLOAT32 * 3 + MP_INT32:
    CAST_LOOP (float, int32_t, (float) v)
    break;
  case MP_FLOAT64 * 3 + MP_FLOAT32:
    CAST_LOOP (double, float, (double) v)
    break;
  case MP_FLOAT64 * 3 + MP_INT32:
    CAST_LOOP (double, int32_t, (double) v)
    break;
  case MP_INT32 * 3 + MP_FLOAT32:
    CAST_LOOP (int32_t, float, to_int32 ((double) v))
    break;
  case MP_INT32 * 3 + MP_FLOAT64:
    CAST_LOOP (int32_t, double, to_int32 (v))
    break;
  default:
    return run_copy (kernel, stream, context);
  }
  return MP_OK;
}

MpStatus
mp_cpu_shape_new (MpKernel           *kernel,
                  const MpKernelSpec *spec)
{
  const MpTensorType *y = &kernel->output_type[0];

  snprintf (kernel->algorithm, sizeof kernel->algorithm, "copy");
  switch (kernel->op) {
  case MP_OP_BROADCAST:
  case MP_OP_TRANSPOSE:
  case MP_OP_SLICE:
  case MP_OP_PAD:
    return part_new (kernel);
  case MP_OP_CONCAT:
    kernel->run = run_concat;
    return MP_OK;
  case MP_OP_GATHER:
  case MP_OP_SCATTER_ADD:
    if (kernel->n_inputs != 2 || kernel->input_type[1].dtype != MP_INT32
        || (kernel->op == MP_OP_SCATTER_ADD && y->dtype == MP_INT32))
      return mp_kernels_fail (MP_STATUS_INVALID, "%s needs int32 indices and, to add, floating-point rows.",
                              mp_op_name (kernel->op));
    kernel->run = kernel->op == MP_OP_GATHER ? run_gather : run_scatter_add;
    return MP_OK;
  case MP_OP_BAND:
    kernel->run = run_band;
    return MP_OK;
  case MP_OP_CAST:
    kernel->run = run_cast;
    return MP_OK;
  default:
    kernel->run = run_copy;
    return MP_OK;
  }
}
