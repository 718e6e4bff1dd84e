/* SPDX-License-Identifier: Apache-2.0
 *
 * gemm.h: one matrix product by cuBLASLt.
 *
 *   D = relu (alpha · op (A) · op (B) + add + bias)
 *
 * A m×k, B k×n, D and add m×n, row-major, `batch` of each, one behind the other; bias n, the same for every row.
 *
 * How it computes: float64 as such; float32 as the device's precision says; bfloat16 operands are multiplied as they
 * are and summed in float32. The algorithm is the fastest of what cuBLASLt proposes (measure.h); in deterministic mode
 * its first proposal among those that sum in a fixed order.
 */
#pragma once

#include "kernels/cuda/cuda.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct
{
  int64_t m, n, k, batch; /* none 0 */
  int     transpose_a, transpose_b;
  MpDtype operands;       /* of A and B */
  MpDtype result;         /* of D and what is added */
  MpDtype bias;
  int     has_bias, has_add, relu;
  double  alpha;
} MpCudaGemmSpec;

typedef struct MpCudaGemm MpCudaGemm;

/* MP_STATUS_UNSUPPORTED: cuBLASLt has no algorithm for it. */
MpStatus    mp_cuda_gemm_new (MpDevice *device, const MpCudaGemmSpec *spec, MpCudaGemm **out);
void        mp_cuda_gemm_free (MpCudaGemm *gemm); /* accepts NULL */
size_t      mp_cuda_gemm_workspace (const MpCudaGemm *gemm);
/* Launches on the stream, within a capture too. add and bias are read when the spec has them; add may be d. */
MpStatus    mp_cuda_gemm_run (MpCudaGemm *gemm, const void *a, const void *b, const void *add, const void *bias,
                              void *d, void *workspace, cudaStream_t stream);
/* "cublasLt:tf32:66" */
const char *mp_cuda_gemm_algorithm (const MpCudaGemm *gemm);

#ifdef __cplusplus
}
#endif
