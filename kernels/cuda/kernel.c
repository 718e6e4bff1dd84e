/* SPDX-License-Identifier: Apache-2.0
 *
 * kernel.c: which family makes which kernel, and its GPU made the current one around it.
 */
#include "kernels/cuda/cuda.h"

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
  kernel = mp_kernel_new (device, spec);
  if (kernel == NULL)
    return MP_STATUS_MEMORY;
  kernel->probe = probe;
  status = mp_cuda_enter (device);
  if (status == MP_OK)
    status = family (kernel, spec);
  if (status != MP_OK) {
    mp_kernel_free (kernel);
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
  mp_kernel_free (kernel);
  return 1;
}

MpStatus
mp_cuda_kernel_bind (MpKernel    *kernel,
                     void *const *inputs,
                     void *const *outputs,
                     void        *workspace)
{
  MpStatus status = mp_cuda_enter (kernel->device);

  return status == MP_OK ? mp_kernel_bind (kernel, inputs, outputs, workspace) : status;
}

MpStatus
mp_cuda_kernel_run (MpKernel           *kernel,
                    MpStream           *stream,
                    const MpRunContext *context)
{
  MpStatus status = mp_cuda_enter (kernel->device);

  return status == MP_OK ? kernel->run (kernel, stream, context) : status;
}
