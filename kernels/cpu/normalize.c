/* SPDX-License-Identifier: Apache-2.0
 *
 * normalize.c: NORMALIZE, its adjoint, SOFTMAX and LOG_SUM_EXP over any axes.
 *
 * The tensor is seen as outer × n × inner with the middle one reduced. Where the axes do not lie like that (or where
 * softmax would need inner > 1) operands are copied with the reduced axes last, and the result is copied back.
 */
#include "kernels/cpu/cpu.h"

#include <stdio.h>
#include <string.h>

typedef struct
{
  int64_t       outer, n, inner;
  int           moved; /* operands are copied with the reduced axes last */
  MpStridedCopy there, back;
  size_t        element, bytes;
  size_t        operand_at[3];
  size_t        scratch_at;
} Normalize;

/* Copies between the tensor and its form with reduced axes last. */
static void
plan_copies (const MpTensorType *type,
             int32_t             axes,
             Normalize          *state)
{
  int64_t dense[MP_MAX_RANK], stride = 1;
  int     n = 0;

  for (int a = type->rank - 1; a >= 0; a--) {
    dense[a] = stride;
    stride *= type->dim[a];
  }
  state->there.rank = state->back.rank = type->rank;
  for (int reduced = 0; reduced < 2; reduced++)
    for (int a = 0; a < type->rank; a++)
      if ((axes >> a & 1) == reduced) {
        state->there.dim[n] = state->back.dim[n] = type->dim[a];
        state->there.from_stride[n] = state->back.to_stride[n] = dense[a];
        n++;
      }
  stride = 1;
  for (int a = type->rank - 1; a >= 0; a--) {
    state->there.to_stride[a] = state->back.from_stride[a] = stride;
    stride *= state->there.dim[a];
  }
}

static void
plan_axes (const MpTensorType *type,
           int32_t             axes,
           int                 rows_only,
           Normalize          *state)
{
  int phase = 0; /* 0 before, 1 in, 2 after the reduced axes */

  state->outer = state->n = state->inner = 1;
  for (int a = 0; a < type->rank; a++) {
    int reduced = axes >> a & 1;

    if (type->dim[a] == 1)
      continue;
    if (reduced && phase == 2)
      state->moved = 1;
    phase = reduced ? 1 : (phase > 0 ? 2 : 0);
    if (reduced)
      state->n *= type->dim[a];
    else if (phase == 0)
      state->outer *= type->dim[a];
    else
      state->inner *= type->dim[a];
  }
  if (rows_only && state->inner != 1)
    state->moved = 1;
  if (!state->moved)
    return;
  state->outer *= state->inner;
  state->inner = 1;
  plan_copies (type, axes, state);
}

static const void *
operand (MpKernel        *kernel,
         const Normalize *state,
         int              index)
{
  void *moved = kernel->workspace + state->operand_at[index];

  if (!state->moved)
    return kernel->input[index];
  mp_cpu_strided_copy (&state->there, state->element, moved, kernel->input[index]);
  return moved;
}

static MpStatus
run (MpKernel           *kernel,
     MpStream           *stream,
     const MpRunContext *context)
{
  const Normalize *s = kernel->state;
  const MpSimd    *simd = kernel->simd;
  const void      *x = operand (kernel, s, 0);
  void            *scratch = kernel->workspace + s->scratch_at;
  double           epsilon = kernel->attrs.scalar[0];
  void            *y = s->moved && kernel->op != MP_OP_LOG_SUM_EXP ? kernel->workspace + s->operand_at[2]
                                                                   : kernel->output[0];

  switch (kernel->op) {
  case MP_OP_SOFTMAX:
    simd->softmax (s->outer, s->n, x, y);
    break;
  case MP_OP_LOG_SUM_EXP:
    simd->log_sum_exp (s->outer, s->n, x, y);
    return MP_OK;
  case MP_OP_NORMALIZE:
    simd->normalize (s->outer, s->n, s->inner, epsilon, x, y, scratch);
    break;
  default:
    simd->normalize_grad (s->outer, s->n, s->inner, epsilon, x, operand (kernel, s, 1), y, scratch);
    break;
  }
  if (s->moved)
    mp_cpu_strided_copy (&s->back, s->element, kernel->output[0], y);
  return MP_OK;
}

MpStatus
mp_cpu_normalize_new (MpKernel           *kernel,
                      const MpKernelSpec *spec)
{
  const MpTensorType *type = &kernel->input_type[0];
  Normalize          *state = mp_kernel_state_new (kernel, sizeof *state);
  int                 rows_only = kernel->op == MP_OP_SOFTMAX || kernel->op == MP_OP_LOG_SUM_EXP;

  if (state == NULL)
    return MP_STATUS_MEMORY;
  if (type->dtype == MP_INT32)
    return mp_kernels_fail (MP_STATUS_UNSUPPORTED, "%s cannot work on int32.", mp_op_name (kernel->op));
  kernel->simd = kernel->device->simd[type->dtype];
  plan_axes (type, kernel->attrs.axes, rows_only, state);
  state->element = mp_dtype_size (type->dtype);
  state->bytes = (size_t) mp_tensor_count (type) * state->element;
  if (state->moved)
    for (int i = 0; i < 3; i++)
      state->operand_at[i] = mp_kernel_reserve (kernel, state->bytes);
  if (!rows_only)
    state->scratch_at = mp_kernel_reserve (kernel, 4 * (size_t) state->inner * sizeof (double));
  kernel->run = run;
  snprintf (kernel->algorithm, sizeof kernel->algorithm, "%s:%s", state->moved ? "moved axes" : "in place",
            kernel->simd->name);
  return MP_OK;
}
