/* SPDX-License-Identifier: Apache-2.0
 *
 * ring.c: what stands between the kernels of an iteration and a host that is ahead of them or behind.
 *
 *   FETCH    ring slots·…, → item (batch mod slots), or (⌊step/stop0⌋ mod slots)
 *   COLLECT  scalars s₀ … s₍ₙ₋₁₎ → table[⌊step/stop0⌋ mod rows, start0 + i] = sᵢ
 */
#include "kernels/cpu/cpu.h"

#include <stdio.h>
#include <string.h>

static uint64_t
position (const MpKernel     *kernel,
          const MpRunContext *context)
{
  return kernel->attrs.stop[0] > 0 ? context->step / (uint64_t) kernel->attrs.stop[0] : context->batch;
}

static MpStatus
run_fetch (MpKernel           *kernel,
           MpStream           *stream,
           const MpRunContext *context)
{
  const MpTensorType *item = &kernel->output_type[0];
  size_t              bytes = (size_t) mp_tensor_count (item) * mp_dtype_size (item->dtype);
  uint64_t            slot = position (kernel, context) % (uint64_t) kernel->input_type[0].dim[0];

  if (bytes > 0)
    memcpy (kernel->output[0], (const char *) kernel->input[0] + slot * bytes, bytes);
  return MP_OK;
}

static MpStatus
run_collect (MpKernel           *kernel,
             MpStream           *stream,
             const MpRunContext *context)
{
  const MpTensorType *table = &kernel->output_type[0];
  uint64_t            row = position (kernel, context) % (uint64_t) table->dim[0];
  double             *to = (double *) kernel->output[0] + row * (uint64_t) table->dim[1] + kernel->attrs.start[0];

  for (int32_t i = 0; i < kernel->n_inputs; i++)
    to[i] = kernel->input_type[i].dtype == MP_FLOAT64 ? *(const double *) kernel->input[i]
                                                      : (double) *(const float *) kernel->input[i];
  return MP_OK;
}

static MpStatus
fetch_new (MpKernel *kernel)
{
  const MpTensorType *ring = &kernel->input_type[0], *item = &kernel->output_type[0];
  int                 fits = ring->rank == item->rank + 1 && ring->dtype == item->dtype && ring->dim[0] > 0;

  for (int a = 0; fits && a < item->rank; a++)
    fits = ring->dim[a + 1] == item->dim[a];
  if (!fits)
    return mp_kernels_fail (MP_STATUS_INVALID, "fetch takes one item from a ring of such items.");
  kernel->run = run_fetch;
  return MP_OK;
}

static MpStatus
collect_new (MpKernel *kernel)
{
  const MpTensorType *table = &kernel->output_type[0];
  int                 fits = table->rank == 2 && table->dtype == MP_FLOAT64 && table->dim[0] > 0
                             && kernel->attrs.stop[0] > 0 && kernel->attrs.start[0] >= 0
                             && kernel->attrs.start[0] + kernel->n_inputs <= table->dim[1];

  for (int32_t i = 0; fits && i < kernel->n_inputs; i++)
    fits = mp_tensor_count (&kernel->input_type[i]) == 1
           && (kernel->input_type[i].dtype == MP_FLOAT32 || kernel->input_type[i].dtype == MP_FLOAT64);
  if (!fits)
    return mp_kernels_fail (MP_STATUS_INVALID, "collect puts float scalars into a row of a float64 table.");
  kernel->run = run_collect;
  return MP_OK;
}

MpStatus
mp_cpu_ring_new (MpKernel           *kernel,
                 const MpKernelSpec *spec)
{
  snprintf (kernel->algorithm, sizeof kernel->algorithm, "copy");
  if (kernel->n_outputs != 1)
    return mp_kernels_fail (MP_STATUS_INVALID, "%s has one output, not %d.", mp_op_name (kernel->op),
                            kernel->n_outputs);
  return kernel->op == MP_OP_FETCH ? fetch_new (kernel) : collect_new (kernel);
}
