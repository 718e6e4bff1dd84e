/* SPDX-License-Identifier: Apache-2.0
 *
 * pool.c: pooling over the two middle axes of N·H·W·C (pool.cu).
 */
#include "kernels/cuda/launchers.h"

#include <stdio.h>

static MpStatus
run (MpKernel           *kernel,
     MpStream           *stream,
     const MpRunContext *context)
{
  if (mp_tensor_count (&kernel->output_type[0]) == 0)
    return MP_OK;
  return mp_cuda_check (mp_launch_pool (kernel->state, kernel->output[0], kernel->input[0],
                                        kernel->n_inputs > 1 ? kernel->input[1] : NULL, stream->stream),
                        "launching a pooling kernel");
}

MpStatus
mp_cuda_pool_new (MpKernel           *kernel,
                  const MpKernelSpec *spec)
{
  int back = kernel->op == MP_OP_AVGPOOL_GRAD || kernel->op == MP_OP_POOL_SCATTER;
  int indexed = kernel->op == MP_OP_POOL_GATHER || kernel->op == MP_OP_POOL_SCATTER;
  const MpTensorType *large = back ? &kernel->output_type[0] : &kernel->input_type[0];
  const MpTensorType *small = back ? &kernel->input_type[0] : &kernel->output_type[0];
  const MpAttrs *a = &kernel->attrs;
  MpCudaPool *pool;
  char text[128];

  if (large->rank != 4 || small->rank != 4 || (large->dtype != MP_FLOAT32 && large->dtype != MP_FLOAT64))
    return mp_kernels_fail (MP_STATUS_INVALID, "%s needs images N×H×W×C, not %s.", mp_op_name (kernel->op),
                            mp_tensor_text (large, text, sizeof text));
  if (indexed && (kernel->n_inputs != 2 || kernel->input_type[1].dtype != MP_INT32))
    return mp_kernels_fail (MP_STATUS_INVALID, "%s needs int32 positions.", mp_op_name (kernel->op));
  if (!indexed && (a->window[0] < 1 || a->window[1] < 1 || a->stride[0] < 1 || a->stride[1] < 1))
    return mp_kernels_fail (MP_STATUS_INVALID, "%s needs windows and strides of 1 or more.", mp_op_name (kernel->op));
  if (mp_tensor_count (large) > INT32_MAX || mp_tensor_count (small) > INT32_MAX)
    return mp_kernels_fail (MP_STATUS_UNSUPPORTED, "%s takes images of at most %d numbers on CUDA, not %s.",
                            mp_op_name (kernel->op), INT32_MAX, mp_tensor_text (large, text, sizeof text));
  pool = mp_kernel_state_new (kernel, sizeof *pool);
  if (pool == NULL)
    return MP_STATUS_MEMORY;
  *pool = (MpCudaPool) { .op = kernel->op, .dtype = large->dtype, .n = large->dim[0], .h = large->dim[1],
                         .w = large->dim[2], .c = large->dim[3], .out_h = small->dim[1], .out_w = small->dim[2],
                         .window = { a->window[0], a->window[1] }, .stride = { a->stride[0], a->stride[1] },
                         .pad = { a->pad_before[0], a->pad_before[1] } };
  kernel->run = run;
  snprintf (kernel->algorithm, sizeof kernel->algorithm, back ? "positions" : "windows");
  return MP_OK;
}
