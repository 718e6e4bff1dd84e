/* SPDX-License-Identifier: Apache-2.0
 *
 * linalg.c: Cholesky factors and triangular solves over the last two axes (simd/linalg.c does one matrix).
 */
#include "kernels/cpu/cpu.h"

#include <stdio.h>
#include <string.h>

static int64_t
batch_of (const MpTensorType *type)
{
  int64_t batch = 1;

  for (int i = 0; i < type->rank - 2; i++)
    batch *= type->dim[i];
  return batch;
}

static MpStatus
run_cholesky (MpKernel           *kernel,
              MpStream           *stream,
              const MpRunContext *context)
{
  const MpTensorType *type = &kernel->input_type[0];
  int64_t             n = type->dim[type->rank - 1], batch = batch_of (type);
  size_t              bytes = (size_t) (n * n) * mp_dtype_size (type->dtype);

  for (int64_t i = 0; i < batch; i++) {
    char       *out = (char *) kernel->output[0] + (size_t) i * bytes;
    const char *in = (const char *) kernel->input[0] + (size_t) i * bytes;

    if (out != in)
      memcpy (out, in, bytes);
    kernel->simd->cholesky (n, out, kernel->workspace);
  }
  return MP_OK;
}

static MpStatus
run_solve (MpKernel           *kernel,
           MpStream           *stream,
           const MpRunContext *context)
{
  const MpTensorType *type = &kernel->input_type[1];
  int64_t             n = type->dim[type->rank - 2], m = type->dim[type->rank - 1], batch = batch_of (type);
  size_t              element = mp_dtype_size (type->dtype), bytes = (size_t) (n * m) * element;

  for (int64_t i = 0; i < batch; i++) {
    char       *out = (char *) kernel->output[0] + (size_t) i * bytes;
    const char *in = (const char *) kernel->input[1] + (size_t) i * bytes;

    if (out != in)
      memcpy (out, in, bytes);
    kernel->simd->triangular_solve (n, m, (const char *) kernel->input[0] + (size_t) (i * n * n) * element,
                                    kernel->attrs.transpose_a, out);
  }
  return MP_OK;
}

MpStatus
mp_cpu_linalg_new (MpKernel           *kernel,
                   const MpKernelSpec *spec)
{
  const MpTensorType *a = &kernel->input_type[0], *b = &kernel->input_type[kernel->n_inputs - 1];
  int64_t             n = a->rank >= 2 ? a->dim[a->rank - 1] : 0;
  char                text[128];

  if (a->rank < 2 || a->dim[a->rank - 2] != n || a->dtype == MP_INT32)
    return mp_kernels_fail (MP_STATUS_INVALID, "%s needs square matrices, not %s.", mp_op_name (kernel->op),
                            mp_tensor_text (a, text, sizeof text));
  kernel->simd = kernel->device->simd[a->dtype];
  if (kernel->op == MP_OP_CHOLESKY) {
    mp_kernel_reserve (kernel, kernel->simd->cholesky_scratch (n));
    kernel->run = run_cholesky;
  } else {
    if (b->rank != a->rank || b->dtype != a->dtype || b->dim[b->rank - 2] != n || batch_of (a) != batch_of (b))
      return mp_kernels_fail (MP_STATUS_INVALID, "%s has a right-hand side %s that does not fit its matrix.",
                              mp_op_name (kernel->op), mp_tensor_text (b, text, sizeof text));
    kernel->run = run_solve;
  }
  snprintf (kernel->algorithm, sizeof kernel->algorithm, "rows:%s", kernel->simd->name);
  return MP_OK;
}
