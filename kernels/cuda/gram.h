/* SPDX-License-Identifier: Apache-2.0
 *
 * gram.h: products of rows with rows whose matrix is not stored: what both ways of computing them share.
 */
#pragma once

#include "kernels/cuda/cuda.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a spec asks for: R, M×N, the program's registers over pairs of rows of x (M×K) and y (N×K). */
typedef struct
{
  int64_t m, n, k;
  int     distance;                        /* SQDIST; else x·yᵀ */
  MpDtype dtype;
  int64_t columns[MP_PROGRAM_MAX_OUTPUTS]; /* of a contraction's operand; 0 for other outputs */
} MpCudaPairs;

/* Reads and checks a spec. MP_STATUS_UNSUPPORTED for what neither way does. */
MpStatus mp_cuda_pairs_read (const MpKernelSpec *spec, MpCudaPairs *out);

/* gram-panels.c: tiles of the matrix by the library, in the workspace; sets up the kernel. */
MpStatus mp_cuda_gram_panels_new (MpKernel *kernel, const MpKernelSpec *spec, const MpCudaPairs *pairs);

#ifdef __cplusplus
}
#endif
