/* SPDX-License-Identifier: Apache-2.0
 *
 * library.h: NVIDIA's libraries, opened when they are first needed. None is linked, so that the module opens where
 * one is missing and can say which.
 *
 *   #define MY_FUNCTIONS(X) X (cublasLtCreate) X (cublasLtMatmul)
 *   typedef struct { MP_CUDA_MEMBERS (MY_FUNCTIONS) } Functions;
 *   static const char *const names[] = { MP_CUDA_NAMES (MY_FUNCTIONS) };
 *   static Functions lt;
 *   status = mp_cuda_library_load (MP_CUDA_CUBLASLT, names, 2, (void **) &lt);     lt.cublasLtCreate (…)
 *
 * Searched in this order: the folders of MATCHPOINT_CUDA_LIBRARIES (separated by colons), what the system's loader
 * finds, $CUDA_PATH and $CUDA_HOME, /usr/local/cuda*, and the folders that Python wheels use.
 *
 * Threads: any. Libraries stay open until the program ends.
 */
#pragma once

#include "kernels/device.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum
{
  MP_CUDA_DRIVER,
  MP_CUDA_CUBLASLT,
  MP_CUDA_CUDNN,
  MP_CUDA_CUSOLVER,
  MP_CUDA_NVRTC,
  MP_CUDA_N_LIBRARIES
} MpCudaLibrary;

#define MP_CUDA_MEMBER(function) __typeof__ (function) *function;
#define MP_CUDA_NAME(function) #function,
#define MP_CUDA_MEMBERS(FUNCTIONS) FUNCTIONS (MP_CUDA_MEMBER)
#define MP_CUDA_NAMES(FUNCTIONS) FUNCTIONS (MP_CUDA_NAME)

/* Fills functions[i] with names[i]. MP_STATUS_LIBRARY: the library, or one of its functions, is missing. */
MpStatus    mp_cuda_library_load (MpCudaLibrary library, const char *const *names, int n, void **functions);
/* "cuBLASLt" */
const char *mp_cuda_library_title (MpCudaLibrary library);

/* ---- the driver, which several families use ---- */
#define MP_CUDA_DRIVER_FUNCTIONS(X)                                                                \
  X (cuInit) X (cuDriverGetVersion) X (cuGetErrorName) X (cuGetErrorString)                        \
  X (cuModuleLoadData) X (cuModuleUnload) X (cuModuleGetFunction) X (cuFuncSetAttribute)           \
  X (cuFuncGetAttribute) X (cuLaunchKernel)

#include <cuda.h>
typedef struct
{
  MP_CUDA_MEMBERS (MP_CUDA_DRIVER_FUNCTIONS)
} MpCudaDriver;
/* NULL after mp_kernels_fail. */
const MpCudaDriver *mp_cuda_driver (void);
/* MP_OK, or MP_STATUS_LIBRARY with "CALL failed: NAME: TEXT". */
MpStatus mp_cuda_driver_check (CUresult result, const char *call);

#ifdef __cplusplus
}
#endif
