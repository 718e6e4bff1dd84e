/* SPDX-License-Identifier: Apache-2.0
 *
 * cusolver.cc: a fake cuSOLVER: Cholesky factors in place, column-major, A = Uᵀ·U or L·Lᵀ. The other triangle keeps what
 * it had, and what was factorised before a leading minor fails is left behind, as with the real one.
 */
#include "tests/cuda/emulator/emulator.h"

#include <cmath>
#include <cstring>
#include <cusolverDn.h>

#define WORK_ELEMENTS(n) ((n) * 32 + 64)

struct cusolverDnContext
{
  cudaStream_t stream;
};

cusolverStatus_t
cusolverDnCreate (cusolverDnHandle_t *out)
{
  *out = new cusolverDnContext ();
  return CUSOLVER_STATUS_SUCCESS;
}

cusolverStatus_t
cusolverDnDestroy (cusolverDnHandle_t handle)
{
  delete handle;
  return CUSOLVER_STATUS_SUCCESS;
}

cusolverStatus_t
cusolverDnSetStream (cusolverDnHandle_t handle,
                     cudaStream_t       stream)
{
  handle->stream = stream;
  return CUSOLVER_STATUS_SUCCESS;
}

static cusolverStatus_t
buffer_size (int  n,
             int  lda,
             int *count)
{
  if (n < 0 || lda < (n > 1 ? n : 1))
    return CUSOLVER_STATUS_INVALID_VALUE;
  *count = WORK_ELEMENTS (n);
  return CUSOLVER_STATUS_SUCCESS;
}

cusolverStatus_t
cusolverDnSpotrf_bufferSize (cusolverDnHandle_t,
                             cublasFillMode_t,
                             int    n,
                             float *,
                             int    lda,
                             int   *count)
{
  return buffer_size (n, lda, count);
}

cusolverStatus_t
cusolverDnDpotrf_bufferSize (cusolverDnHandle_t,
                             cublasFillMode_t,
                             int     n,
                             double *,
                             int     lda,
                             int    *count)
{
  return buffer_size (n, lda, count);
}

/* L·Lᵀ with at (i, j), i ≥ j. Returns 0, or the order of the first minor that is not positive definite. */
template <typename T, typename At>
static int
factorise (int n,
           At  at)
{
  for (int j = 0; j < n; j++) {
    T diagonal = at (j, j);

    for (int k = 0; k < j; k++)
      diagonal -= at (j, k) * at (j, k);
    if (!(diagonal > 0))
      return j + 1;
    diagonal = std::sqrt (diagonal);
    at (j, j) = diagonal;
    for (int i = j + 1; i < n; i++) {
      T sum = at (i, j);

      for (int k = 0; k < j; k++)
        sum -= at (i, k) * at (j, k);
      at (i, j) = sum / diagonal;
    }
  }
  return 0;
}

template <typename T>
static cusolverStatus_t
potrf (cusolverDnHandle_t handle,
       cublasFillMode_t   fill,
       int                n,
       T                 *a,
       int                lda,
       T                 *work,
       int                count,
       int               *info)
{
  if (n < 0 || lda < (n > 1 ? n : 1) || count < WORK_ELEMENTS (n) || info == nullptr
      || (fill != CUBLAS_FILL_MODE_UPPER && fill != CUBLAS_FILL_MODE_LOWER))
    return CUSOLVER_STATUS_INVALID_VALUE;
  return emulator_enqueue (handle->stream, [=] {
    static const char call[] = "cusolverDnXpotrf";

    if (!emulator_check_range (call, "the matrix", a, (size_t) n * (size_t) lda * sizeof (T))
        || !emulator_check_range (call, "the workspace", work, (size_t) count * sizeof (T))
        || !emulator_check_range (call, "info", info, sizeof *info))
      return;
    emulator_unlock_memory ();
    memset (static_cast<void *> (work), 0xff, (size_t) count * sizeof (T));
    if (fill == CUBLAS_FILL_MODE_LOWER)
      *info = factorise<T> (n, [=] (int i, int j) -> T & { return a[(size_t) j * (size_t) lda + (size_t) i]; });
    else
      *info = factorise<T> (n, [=] (int i, int j) -> T & { return a[(size_t) i * (size_t) lda + (size_t) j]; });
    emulator_lock_memory ();
  }, "cusolverDnXpotrf") == cudaSuccess ? CUSOLVER_STATUS_SUCCESS : CUSOLVER_STATUS_EXECUTION_FAILED;
}

cusolverStatus_t
cusolverDnSpotrf (cusolverDnHandle_t handle,
                  cublasFillMode_t   fill,
                  int                n,
                  float             *a,
                  int                lda,
                  float             *work,
                  int                count,
                  int               *info)
{
  return potrf (handle, fill, n, a, lda, work, count, info);
}

cusolverStatus_t
cusolverDnDpotrf (cusolverDnHandle_t handle,
                  cublasFillMode_t   fill,
                  int                n,
                  double            *a,
                  int                lda,
                  double            *work,
                  int                count,
                  int               *info)
{
  return potrf (handle, fill, n, a, lda, work, count, info);
}
