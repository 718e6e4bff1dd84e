/* SPDX-License-Identifier: Apache-2.0
 *
 * normalize.c: NORMALIZE, its adjoint, SOFTMAX and LOG_SUM_EXP over any axes.
 *
 * The tensor is seen as outer × n × inner with the middle one reduced, which is what batch normalisation (N·H·W before
 * C), layer normalisation and rows are. Where the axes do not lie like that, operands are copied with the reduced axes
 * last, and the result is copied back.
 *
 * cuDNN's normalisations were not taken: they compute statistics in float32, have no float64, no adjoint of other axes
 * than channels, and cost a library that small networks do not need otherwise. What they save is at most one pass over
 * a tensor that lies in the second-level cache.
 */
#include "kernels/cuda/launchers.h"

#include <math.h>
#include <stdio.h>

typedef struct
{
  MpCudaNormalize plan;
  int             moved;
  MpCudaCopy      there, back;
  size_t          operand_at[3];
  size_t          partial_at;
} State;

/* ---- axes ---- */

static void
plan_copies (const MpTensorType *type,
             int32_t             axes,
             State              *state)
{
  MpCudaStrided there = { .rank = type->rank, .word = (int32_t) mp_dtype_size (type->dtype) }, back;
  int64_t dense[MP_MAX_RANK], stride = 1;
  int n = 0;

  for (int a = type->rank - 1; a >= 0; a--) {
    dense[a] = stride;
    stride *= type->dim[a];
  }
  for (int reduced = 0; reduced < 2; reduced++)
    for (int a = 0; a < type->rank; a++)
      if ((axes >> a & 1) == reduced) {
        there.dim[n] = there.high[n] = type->dim[a];
        there.from_stride[n++] = dense[a];
      }
  stride = 1;
  for (int a = type->rank - 1; a >= 0; a--) {
    there.to_stride[a] = stride;
    stride *= there.dim[a];
  }
  state->there = mp_cuda_copy_plan (&there);
  /* back: positions in the order of the tensor that is written */
  back = there;
  n = 0;
  for (int a = 0; a < type->rank; a++) {
    int from = 0;

    for (int b = 0; b < type->rank; b++)
      if ((axes >> b & 1) < (axes >> a & 1) || ((axes >> b & 1) == (axes >> a & 1) && b < a))
        from++;
    back.dim[a] = back.high[a] = type->dim[a];
    back.to_stride[a] = dense[a];
    back.from_stride[a] = there.to_stride[from];
  }
  state->back = mp_cuda_copy_plan (&back);
}

static void
plan_axes (const MpTensorType *type,
           int32_t             axes,
           State              *state)
{
  MpCudaNormalize *plan = &state->plan;
  int phase = 0; /* 0 before, 1 in, 2 after the reduced axes */

  plan->outer = plan->n = plan->inner = 1;
  for (int a = 0; a < type->rank; a++) {
    int reduced = axes >> a & 1;

    if (type->dim[a] == 1)
      continue;
    if (reduced && phase == 2)
      state->moved = 1;
    phase = reduced ? 1 : (phase > 0 ? 2 : 0);
    *(reduced ? &plan->n : phase == 0 ? &plan->outer : &plan->inner) *= type->dim[a];
  }
  if (!state->moved)
    return;
  plan->outer *= plan->inner;
  plan->inner = 1;
  plan_copies (type, axes, state);
}

/* ---- threads ---- */

static int64_t
power_above (int64_t n)
{
  int64_t p = 1;

  while (p < n)
    p *= 2;
  return p;
}

static int64_t
least (int64_t a,
       int64_t b)
{
  return a < b ? a : b;
}

/* A column's threads do four elements each or more; what is left of a block takes further outer slices. Long columns
 * are cut where there are too few blocks to fill the device, but not so far that reading the parts' sums costs more
 * than reading the parts. */
static void
plan_threads (MpCudaNormalize *plan,
              int              n_units)
{
  int64_t tx = least (32, power_above (plan->inner));
  int64_t ty = least (power_above ((plan->n + 3) / 4), MP_CUDA_NORMALIZE_THREADS / tx), tz, blocks, chunks;

  if (tx * ty < 32)
    ty = 32 / tx;
  tz = tx * ty < 256 ? least (256 / (tx * ty), power_above (plan->outer)) : 1;
  blocks = (plan->outer + tz - 1) / tz * ((plan->inner + tx - 1) / tx);
  chunks = blocks > 0 ? least ((plan->n + 8 * ty - 1) / (8 * ty), (4 * n_units + blocks - 1) / blocks) : 1;
  chunks = least (chunks, (int64_t) (sqrt ((double) plan->n) / 2));
  if (chunks < 2)
    chunks = 1;
  plan->tx = (int) tx;
  plan->ty = (int) ty;
  plan->tz = (int) tz;
  plan->chunk = (plan->n + chunks - 1) / chunks;
  plan->chunks = (int) (plan->chunk > 0 ? (plan->n + plan->chunk - 1) / plan->chunk : 1);
}

/* ---- running ---- */

static MpStatus
run (MpKernel           *kernel,
     MpStream           *stream,
     const MpRunContext *context)
{
  const State *s = kernel->state;
  int moves_back = s->moved && kernel->op != MP_OP_LOG_SUM_EXP;
  const void *in[2] = { kernel->input[0], kernel->n_inputs > 1 ? kernel->input[1] : NULL };
  void *y = moves_back ? kernel->workspace + s->operand_at[2] : kernel->output[0];
  MpStatus status = MP_OK;

  if (mp_tensor_count (&kernel->output_type[0]) == 0)
    return MP_OK;
  for (int i = 0; s->moved && status == MP_OK && i < kernel->n_inputs; i++) {
    void *moved = kernel->workspace + s->operand_at[i];

    status = mp_cuda_copy_run (&s->there, moved, in[i], stream->stream);
    in[i] = moved;
  }
  if (status == MP_OK)
    status = mp_cuda_check (mp_launch_normalize (&s->plan, y, in[0], in[1], kernel->workspace + s->partial_at,
                                                 stream->stream), "launching a normalisation");
  if (status == MP_OK && moves_back)
    status = mp_cuda_copy_run (&s->back, kernel->output[0], y, stream->stream);
  return status;
}

MpStatus
mp_cuda_normalize_new (MpKernel           *kernel,
                       const MpKernelSpec *spec)
{
  const MpTensorType *type = &kernel->input_type[0];
  State *state = mp_kernel_state_new (kernel, sizeof *state);
  size_t bytes = (size_t) mp_tensor_count (type) * mp_dtype_size (type->dtype);

  if (state == NULL)
    return MP_STATUS_MEMORY;
  if (type->dtype != MP_FLOAT32 && type->dtype != MP_FLOAT64)
    return mp_kernels_fail (MP_STATUS_UNSUPPORTED, "%s cannot work on %s.", mp_op_name (kernel->op),
                            mp_dtype_name (type->dtype));
  if (kernel->op == MP_OP_NORMALIZE_GRAD && (kernel->n_inputs != 2 || !mp_tensor_equal (type, &kernel->input_type[1])))
    return mp_kernels_fail (MP_STATUS_INVALID, "%s needs a gradient like its operand.", mp_op_name (kernel->op));
  plan_axes (type, kernel->attrs.axes, state);
  state->plan.op = kernel->op;
  state->plan.dtype = type->dtype;
  state->plan.epsilon = kernel->attrs.scalar[0];
  plan_threads (&state->plan, kernel->device->n_units);
  for (int i = 0; state->moved && i < 3; i++)
    if (i < kernel->n_inputs || (i == 2 && kernel->op != MP_OP_LOG_SUM_EXP))
      state->operand_at[i] = mp_kernel_reserve (kernel, bytes);
  if (state->plan.chunks > 1)
    state->partial_at = mp_kernel_reserve (kernel, (size_t) (state->plan.chunks * state->plan.outer * state->plan.inner)
                                           * MP_CUDA_NORMALIZE_STATE);
  kernel->run = run;
  snprintf (kernel->algorithm, sizeof kernel->algorithm, "%s, %d parts", state->moved ? "moved axes" : "in place",
            state->plan.chunks);
  return MP_OK;
}
