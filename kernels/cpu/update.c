/* SPDX-License-Identifier: Apache-2.0
 *
 * update.c: optimizer steps over flat parameter blocks (simd/update.c has the formulas).
 */
#include "kernels/cpu/cpu.h"

#include <stdio.h>

#define PARALLEL_PARAMETERS 32768 /* below which one thread does all */

/* A thread's share of the block, whole vectors of it. */
static void
run_part (MpKernel *kernel,
          double    count,
          int       thread)
{
  int64_t n = mp_tensor_count (&kernel->output_type[0]), step = MP_ALIGNMENT;
  int64_t first = n * thread / kernel->n_threads / step * step;
  int64_t last = thread + 1 == kernel->n_threads ? n : n * (thread + 1) / kernel->n_threads / step * step;
  size_t  at = (size_t) first * mp_dtype_size (kernel->output_type[0].dtype);

  kernel->simd->update (kernel->op, kernel->attrs.flags, kernel->input[1], count, last - first,
                        (const char *) kernel->input[0] + at, (char *) kernel->output[0] + at,
                        (char *) kernel->output[1] + at, (char *) kernel->output[2] + at);
}

static MpStatus
run (MpKernel           *kernel,
     MpStream           *stream,
     const MpRunContext *context)
{
  double *count = kernel->output[3], before = *count;

  if (kernel->n_threads <= 1)
    run_part (kernel, before, 0);
  else {
#pragma omp parallel for num_threads (kernel->n_threads) schedule (static, 1)
    for (int t = 0; t < kernel->n_threads; t++)
      run_part (kernel, before, t);
  }
  *count = before + 1.0;
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
  kernel->n_threads = mp_tensor_count (&kernel->output_type[0]) < PARALLEL_PARAMETERS ? 1 : kernel->device->n_threads;
  kernel->run = run;
  snprintf (kernel->algorithm, sizeof kernel->algorithm, "one pass:%s", kernel->simd->name);
  return MP_OK;
}
