/* SPDX-License-Identifier: Apache-2.0
 *
 * update.c: optimizer steps over flat parameter blocks (update.cu has the formulas).
 *
 * The settings and the count of updates are read on the device, so that a captured iteration goes on with live values.
 */
#include "kernels/cuda/launchers.h"

#include <stdio.h>

static MpStatus
run (MpKernel           *kernel,
     MpStream           *stream,
     const MpRunContext *context)
{
  MpCudaUpdate update = { .op = kernel->op, .flags = kernel->attrs.flags,
                          .n = mp_tensor_count (&kernel->output_type[0]), .hyper = kernel->input[1],
                          .gradient = kernel->input[0], .parameter = kernel->output[0], .moment1 = kernel->output[1],
                          .moment2 = kernel->output[2], .count = kernel->output[3], .ticket = kernel->state };

  return mp_cuda_check (mp_launch_update (&update, kernel->output_type[0].dtype, kernel->device->n_units,
                                          stream->stream), "launching an update");
}

static void
destroy (MpKernel *kernel)
{
  mp_cuda_release (kernel->device, kernel->state);
  kernel->state = NULL;
}

MpStatus
mp_cuda_update_new (MpKernel           *kernel,
                    const MpKernelSpec *spec)
{
  MpStatus status;

  if (kernel->n_inputs != 2 || kernel->n_outputs != 4)
    return mp_kernels_fail (MP_STATUS_INVALID, "%s takes 2 inputs and 4 outputs, not %d and %d.",
                            mp_op_name (kernel->op), kernel->n_inputs, kernel->n_outputs);
  if ((kernel->output_type[0].dtype != MP_FLOAT32 && kernel->output_type[0].dtype != MP_FLOAT64)
      || kernel->input_type[0].dtype != kernel->output_type[0].dtype || kernel->input_type[1].dtype != MP_FLOAT64
      || kernel->output_type[3].dtype != MP_FLOAT64
      || mp_tensor_count (&kernel->input_type[0]) != mp_tensor_count (&kernel->output_type[0])
      || mp_tensor_count (&kernel->input_type[1]) < MP_HYPER_CLIP + 1)
    return mp_kernels_fail (MP_STATUS_INVALID, "%s needs a gradient as long as the parameter, %d settings and a count "
                            "in float64.", mp_op_name (kernel->op), MP_N_HYPER);
  kernel->run = run;
  snprintf (kernel->algorithm, sizeof kernel->algorithm, "one pass");
  if (kernel->probe)
    return MP_OK;
  /* where blocks that are done count themselves; the last one puts it back to 0 */
  status = mp_cuda_alloc (kernel->device, sizeof (unsigned), &kernel->state);
  kernel->destroy = destroy;
  return status == MP_OK ? mp_cuda_fill (kernel->device, NULL, kernel->state, 0, sizeof (unsigned)) : status;
}
