/* SPDX-License-Identifier: Apache-2.0
 *
 * solver.h: Cholesky factorisation by cuSOLVER, opened when the first plan is made.
 */
#pragma once

#include "kernels/cuda/cuda.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct
{
  MpDevice *device;
  MpDtype   dtype;
  int64_t   n;
  int       work_count;      /* elements that the library asks for */
  size_t    workspace_bytes; /* of all */
} MpCudaSolver;

/* For one matrix n×n. MP_STATUS_LIBRARY where cuSOLVER is missing or refuses. */
MpStatus mp_cuda_solver_new (MpDevice *device, MpDtype dtype, int64_t n, MpCudaSolver *out);
/* Makes the library's handles for all streams that the device has by now: inside a capture that may fail. */
MpStatus mp_cuda_solver_prepare (const MpCudaSolver *solver);
/* The lower factor of a, zeros above; NaN where a is not positive definite. Waits for nothing and can be captured.
 * owner: (nullable) whose stream it is, if it belongs to one of the device's. */
MpStatus mp_cuda_solver_run (const MpCudaSolver *solver, void *l, const void *a, void *workspace, cudaStream_t stream,
                             const MpStream *owner);

#ifdef __cplusplus
}
#endif
