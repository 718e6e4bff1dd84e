/* SPDX-License-Identifier: Apache-2.0
 *
 * update.c: optimizer steps over flat parameter blocks (simd/update.c has the formulas).
 */
#include "kernels/cpu/cpu.h"

#include <stdio.h>

static MpStatus
run (MpKernel           *kernel,
     MpStream           *stream,
     const MpRunContext *context)
{
  double *count = kernel->output[3];

  kernel->simd->update (kernel->op, kernel->attrs.flags, kernel->input[1], *count,
                        mp_tensor_count (&kernel->output_type[0]), kernel->input[0], kernel->output[0],
                        kernel->output[1], kernel->output[2]);
  *count += 1.0;
  return MP_OK;
}

MpStatus
mp_cpu_update_new (MpKernel           *kernel,
                   const MpKernelSpec *spec)
{
  if (kernel->n_inputs != 2 || kernel->n_outputs != 4)
    return mp_kernels_fail (MP_STATUS_INVALID, "%s takes 2 inputs and 4 outputs, not %d and %d.",
                            mp_op_name (kernel->op), kernel->n_inputs, kernel->n_outputs);
  if (kernel->output_type[0].dtype == MP_INT32 || kernel->input_type[1].dtype != MP_FLOAT64
      || kernel->output_type[3].dtype != MP_FLOAT64
      || mp_tensor_count (&kernel->input_type[0]) != mp_tensor_count (&kernel->output_type[0])
      || mp_tensor_count (&kernel->input_type[1]) < MP_HYPER_CLIP + 1)
    return mp_kernels_fail (MP_STATUS_INVALID, "%s needs a gradient as long as the parameter, %d settings and a count "
                            "in float64.", mp_op_name (kernel->op), MP_N_HYPER);
  kernel->simd = kernel->device->simd[kernel->output_type[0].dtype];
  kernel->run = run;
  snprintf (kernel->algorithm, sizeof kernel->algorithm, "one pass:%s", kernel->simd->name);
  return MP_OK;
}
