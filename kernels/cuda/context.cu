/* SPDX-License-Identifier: Apache-2.0
 *
 * context.cu: the run context that replayed iterations read; see capture.c.
 */
#include "kernels/cuda/launch.h"

static __global__ void
context_set (MpRunContext *base, MpRunContext value)
{
  *base = value;
}

static __global__ void
context_advance (MpRunContext *base, MpRunContext by)
{
  base->seed += by.seed;
  base->step += by.step;
  base->batch += by.batch;
}

cudaError_t
mp_launch_context_set (MpRunContext       *base,
                       const MpRunContext *value,
                       cudaStream_t        stream)
{
  MP_LAUNCH (context_set, 1, 1, 0, stream, base, *value);
  return cudaGetLastError ();
}

cudaError_t
mp_launch_context_advance (MpRunContext       *base,
                           const MpRunContext *by,
                           cudaStream_t        stream)
{
  MP_LAUNCH (context_advance, 1, 1, 0, stream, base, *by);
  return cudaGetLastError ();
}
