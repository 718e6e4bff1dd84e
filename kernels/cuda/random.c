/* SPDX-License-Identifier: Apache-2.0
 *
 * random.c: random tensors (philox.h defines every number, random.cu makes them).
 */
#include "kernels/cuda/launchers.h"

#include <stdio.h>

static MpStatus
run (MpKernel           *kernel,
     MpStream           *stream,
     const MpRunContext *context)
{
  int64_t n = mp_tensor_count (&kernel->output_type[0]);

  if (n == 0)
    return MP_OK;
  return mp_cuda_check (mp_launch_random (mp_cuda_context (stream, context), kernel->op, kernel->output_type[0].dtype,
                                          kernel->attrs.stream, kernel->attrs.scalar[0], kernel->attrs.scalar[1], n,
                                          kernel->output[0], stream->stream), "launching a random kernel");
}

MpStatus
mp_cuda_random_new (MpKernel           *kernel,
                    const MpKernelSpec *spec)
{
  MpDtype dtype = kernel->output_type[0].dtype;

  if ((kernel->op == MP_OP_RANDOM_CATEGORICAL) != (dtype == MP_INT32))
    return mp_kernels_fail (MP_STATUS_INVALID, "%s cannot make %s values.", mp_op_name (kernel->op),
                            mp_dtype_name (dtype));
  if (dtype == MP_BFLOAT16)
    return mp_kernels_fail (MP_STATUS_UNSUPPORTED, "%s makes float32 and float64 values, not bfloat16.",
                            mp_op_name (kernel->op));
  kernel->run = run;
  snprintf (kernel->algorithm, sizeof kernel->algorithm, "philox4x32-10");
  return MP_OK;
}
