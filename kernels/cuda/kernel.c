/* SPDX-License-Identifier: Apache-2.0
 *
 * kernel.c: the common part of kernels: which family makes which, addresses, running.
 */
#include "kernels/cuda/cuda.h"

#include <stdlib.h>
#include <string.h>

void *
mp_cuda_state_new (MpKernel *kernel,
                   size_t    bytes)
{
  kernel->state = calloc (1, bytes);
  if (kernel->state == NULL)
    mp_kernels_fail (MP_STATUS_MEMORY, "There is no memory for a %s kernel.", mp_op_name (kernel->op));
  return kernel->state;
}

size_t
mp_cuda_reserve (MpKernel *kernel,
                 size_t    bytes)
{
  size_t at = kernel->workspace_bytes;

  kernel->workspace_bytes += (bytes + MP_ALIGNMENT - 1) / MP_ALIGNMENT * MP_ALIGNMENT;
  return at;
}

MpCudaContext
mp_cuda_context (const MpStream     *stream,
                 const MpRunContext *context)
{
  const MpStream *origin = stream->origin;

  if (origin == NULL)
    return (MpCudaContext) { NULL, *context };
  return (MpCudaContext) { origin->base,
                           { context->seed - origin->capture_base.seed, context->step - origin->capture_base.step,
                             context->batch - origin->capture_base.batch } };
}

/* ---- families ---- */

typedef MpStatus (*FamilyFn) (MpKernel *kernel, const MpKernelSpec *spec);

static FamilyFn
family_of (const MpKernelSpec *spec)
{
  switch (spec->op) {
  case MP_OP_FUSED:
  case MP_OP_BROADCAST:
    return mp_cuda_fused_new;
  case MP_OP_STOP_GRADIENT:
  case MP_OP_COPY:
  case MP_OP_ASSIGN:
  case MP_OP_FETCH:
  case MP_OP_COLLECT:
    return mp_cuda_shape_new;
  case MP_OP_CONV:
  case MP_OP_CONV_DATA:
  case MP_OP_CONV_WEIGHT:
    return mp_cuda_conv_new;
  case MP_OP_MATMUL:
  case MP_OP_SQDIST:
    return mp_cuda_gram_suits (spec) ? mp_cuda_gram_new : mp_cuda_product_new;
  case MP_OP_LOG_SUM_EXP:
    return mp_cuda_normalize_new;
  default:
    break;
  }
  switch (mp_op_class (spec->op)) {
  case MP_CLASS_RANDOM:
    return mp_cuda_random_new;
  case MP_CLASS_ELEMENTWISE:
  case MP_CLASS_REDUCTION:
    return mp_cuda_fused_new;
  case MP_CLASS_CAST:
  case MP_CLASS_SHAPE:
    return mp_cuda_shape_new;
  case MP_CLASS_POOL:
    return mp_cuda_pool_new;
  case MP_CLASS_FUSED:
    return mp_cuda_normalize_new;
  case MP_CLASS_LINALG:
    return mp_cuda_linalg_new;
  case MP_CLASS_UPDATE:
    return mp_cuda_update_new;
  default:
    return NULL;
  }
}

/* ---- life ---- */

void
mp_cuda_kernel_free (MpKernel *kernel)
{
  if (kernel == NULL)
    return;
  if (kernel->destroy != NULL)
    kernel->destroy (kernel);
  free (kernel->state);
  free (kernel->input_type);
  free (kernel->output_type);
  free (kernel->input);
  free (kernel->output);
  free (kernel);
}

static int
copy_types (const MpTensorType *types,
            int32_t             n,
            MpTensorType      **copy,
            void             ***addresses)
{
  *copy = calloc ((size_t) n + 1, sizeof **copy);
  *addresses = calloc ((size_t) n + 1, sizeof **addresses);
  if (*copy == NULL || *addresses == NULL)
    return 0;
  if (n > 0)
    memcpy (*copy, types, (size_t) n * sizeof **copy);
  return 1;
}

static MpStatus
make (MpDevice           *device,
      const MpKernelSpec *spec,
      int                 probe,
      MpKernel          **out)
{
  FamilyFn family = (unsigned) spec->op < MP_N_OPS ? family_of (spec) : NULL;
  MpKernel *kernel;
  MpStatus status;

  if (family == NULL)
    return mp_kernels_fail (MP_STATUS_UNSUPPORTED, "CUDA has no kernel for %s.",
                            (unsigned) spec->op < MP_N_OPS ? mp_op_name (spec->op) : "an unknown operation");
  kernel = calloc (1, sizeof *kernel);
  if (kernel == NULL)
    return mp_kernels_fail (MP_STATUS_MEMORY, "There is no memory for a %s kernel.", mp_op_name (spec->op));
  kernel->device = device;
  kernel->probe = probe;
  kernel->op = spec->op;
  kernel->attrs = spec->attrs;
  kernel->n_inputs = spec->n_inputs;
  kernel->n_outputs = spec->n_outputs;
  if (!copy_types (spec->inputs, spec->n_inputs, &kernel->input_type, &kernel->input)
      || !copy_types (spec->outputs, spec->n_outputs, &kernel->output_type, &kernel->output))
    status = mp_kernels_fail (MP_STATUS_MEMORY, "There is no memory for a %s kernel.", mp_op_name (spec->op));
  else {
    status = mp_cuda_enter (device);
    if (status == MP_OK)
      status = family (kernel, spec);
  }
  if (status != MP_OK) {
    mp_cuda_kernel_free (kernel);
    return status;
  }
  *out = kernel;
  return MP_OK;
}

MpStatus
mp_cuda_kernel_new (MpDevice           *device,
                    const MpKernelSpec *spec,
                    MpKernel          **out)
{
  return make (device, spec, 0, out);
}

int
mp_cuda_supports (MpDevice           *device,
                  const MpKernelSpec *spec)
{
  MpKernel *kernel = NULL;

  if (make (device, spec, 1, &kernel) != MP_OK)
    return 0;
  mp_cuda_kernel_free (kernel);
  return 1;
}

size_t
mp_cuda_kernel_workspace (const MpKernel *kernel)
{
  return kernel->workspace_bytes;
}

MpStatus
mp_cuda_kernel_bind (MpKernel    *kernel,
                     void *const *inputs,
                     void *const *outputs,
                     void        *workspace)
{
  MpStatus status = mp_cuda_enter (kernel->device);

  for (int32_t i = 0; i < kernel->n_inputs; i++)
    kernel->input[i] = inputs[i];
  for (int32_t i = 0; i < kernel->n_outputs; i++)
    kernel->output[i] = outputs[i];
  kernel->workspace = workspace;
  return status == MP_OK && kernel->bound != NULL ? kernel->bound (kernel) : status;
}

MpStatus
mp_cuda_kernel_run (MpKernel           *kernel,
                    MpStream           *stream,
                    const MpRunContext *context)
{
  MpStatus status = mp_cuda_enter (kernel->device);

  return status == MP_OK ? kernel->run (kernel, stream, context) : status;
}

const char *
mp_cuda_kernel_algorithm (const MpKernel *kernel)
{
  return kernel->algorithm;
}
