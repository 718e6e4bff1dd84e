/* SPDX-License-Identifier: Apache-2.0
 *
 * random.c: random tensors (philox.h defines every number, simd/random.c makes them).
 */
#include "kernels/cpu/cpu.h"

#include <stdio.h>

static MpStatus
run (MpKernel           *kernel,
     MpStream           *stream,
     const MpRunContext *context)
{
  kernel->simd->random (kernel->op, &kernel->attrs, context, mp_tensor_count (&kernel->output_type[0]),
                        kernel->output[0]);
  return MP_OK;
}

MpStatus
mp_cpu_random_new (MpKernel           *kernel,
                   const MpKernelSpec *spec)
{
  MpDtype dtype = kernel->output_type[0].dtype;

  if ((kernel->op == MP_OP_RANDOM_CATEGORICAL) != (dtype == MP_INT32))
    return mp_kernels_fail (MP_STATUS_INVALID, "%s cannot make %s values.", mp_op_name (kernel->op),
                            mp_dtype_name (dtype));
  kernel->simd = kernel->device->simd[dtype == MP_FLOAT64 ? MP_FLOAT64 : MP_FLOAT32];
  kernel->run = run;
  snprintf (kernel->algorithm, sizeof kernel->algorithm, "philox4x32-10:%s", kernel->simd->name);
  return MP_OK;
}
