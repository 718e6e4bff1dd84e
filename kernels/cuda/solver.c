/* SPDX-License-Identifier: Apache-2.0
 *
 * solver.c: Cholesky factors by cuSOLVER; see solver.h.
 *
 * cuSOLVER's matrices are column-major: our lower triangle is its upper one. It works in place and says on the device
 * whether it came through; a kernel then clears the other triangle, or fills ours with NaN.
 *
 * A handle has memory of its own that its calls use, and factors of one iteration may run side by side on several
 * streams. So each of the device's streams has its handle, and one more is for measuring.
 */
#include "kernels/cuda/solver.h"

#include <cusolverDn.h>
#include <pthread.h>
#include <stdlib.h>

#include "kernels/cuda/launchers.h"
#include "kernels/cuda/library.h"

#define CUSOLVER_FUNCTIONS(X)                                                                      \
  X (cusolverDnCreate) X (cusolverDnDestroy) X (cusolverDnSetStream)                               \
  X (cusolverDnSpotrf_bufferSize) X (cusolverDnDpotrf_bufferSize)                                  \
  X (cusolverDnSpotrf) X (cusolverDnDpotrf)

typedef struct
{
  MP_CUDA_MEMBERS (CUSOLVER_FUNCTIONS)
} Functions;

static const char *const names[] = { MP_CUDA_NAMES (CUSOLVER_FUNCTIONS) };
static Functions dn; /* filled before the first device has solvers */

/* ---- the library ---- */

static MpStatus
check (cusolverStatus_t status,
       const char      *call,
       MpDtype          dtype,
       int64_t          n)
{
  if (status == CUSOLVER_STATUS_SUCCESS)
    return MP_OK;
  return mp_kernels_fail (status == CUSOLVER_STATUS_ALLOC_FAILED ? MP_STATUS_MEMORY : MP_STATUS_LIBRARY,
                          "%s failed for %s %lld×%lld: cuSOLVER status %d", call, mp_dtype_name (dtype), (long long) n,
                          (long long) n, (int) status);
}

static MpStatus
load (void)
{
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  static int ready;
  MpStatus status = MP_OK;

  pthread_mutex_lock (&lock);
  if (!ready)
    status = mp_cuda_library_load (MP_CUDA_CUSOLVER, names, (int) (sizeof names / sizeof *names), (void **) &dn);
  ready = ready || status == MP_OK;
  pthread_mutex_unlock (&lock);
  return status;
}

typedef struct Handle Handle;

struct Handle
{
  Handle            *next;
  const MpStream    *owner; /* NULL: for measuring */
  cusolverDnHandle_t handle;
};

static MpStatus
get_handle (MpDevice           *device,
            const MpStream     *owner,
            cusolverDnHandle_t *out)
{
  MpStatus status = load ();
  Handle *entry = device->solvers;

  while (status == MP_OK && entry != NULL && entry->owner != owner)
    entry = entry->next;
  if (status == MP_OK && entry == NULL) {
    entry = calloc (1, sizeof *entry);
    if (entry == NULL)
      return mp_kernels_fail (MP_STATUS_MEMORY, "There is no memory for a handle of cuSOLVER.");
    mp_cuda_quiet_begin ();
    status = check (dn.cusolverDnCreate (&entry->handle), "cusolverDnCreate", MP_FLOAT32, 0);
    mp_cuda_quiet_end ();
    if (status != MP_OK) {
      free (entry);
      return status;
    }
    entry->owner = owner;
    entry->next = device->solvers;
    device->solvers = entry;
  }
  *out = status == MP_OK ? entry->handle : NULL;
  return status;
}

void
mp_cuda_solvers_close (MpDevice *device)
{
  Handle *entry = device->solvers, *next;

  for (; entry != NULL; entry = next) {
    next = entry->next;
    dn.cusolverDnDestroy (entry->handle);
    free (entry);
  }
  device->solvers = NULL;
}

/* ---- factors ---- */

MpStatus
mp_cuda_solver_new (MpDevice     *device,
                    MpDtype       dtype,
                    int64_t       n,
                    MpCudaSolver *out)
{
  cusolverDnHandle_t handle;
  int count = 0;
  MpStatus status = get_handle (device, NULL, &handle);

  if (status != MP_OK)
    return status;
  if (dtype == MP_FLOAT32)
    status = check (dn.cusolverDnSpotrf_bufferSize (handle, CUBLAS_FILL_MODE_UPPER, (int) n, NULL, (int) n, &count),
                    "cusolverDnSpotrf_bufferSize", dtype, n);
  else
    status = check (dn.cusolverDnDpotrf_bufferSize (handle, CUBLAS_FILL_MODE_UPPER, (int) n, NULL, (int) n, &count),
                    "cusolverDnDpotrf_bufferSize", dtype, n);
  *out = (MpCudaSolver) { device, dtype, n, count, MP_ALIGNMENT + (size_t) count * mp_dtype_size (dtype) };
  return status;
}

MpStatus
mp_cuda_solver_prepare (const MpCudaSolver *solver)
{
  cusolverDnHandle_t handle;
  MpStatus status = MP_OK;

  for (const MpStream *s = solver->device->streams; status == MP_OK && s != NULL; s = s->next)
    status = get_handle (solver->device, s, &handle);
  return status;
}

MpStatus
mp_cuda_solver_run (const MpCudaSolver *solver,
                    void               *l,
                    const void         *a,
                    void               *workspace,
                    cudaStream_t        stream,
                    const MpStream     *owner)
{
  size_t bytes = (size_t) (solver->n * solver->n) * mp_dtype_size (solver->dtype);
  int *info = workspace, n = (int) solver->n;
  void *work = (char *) workspace + MP_ALIGNMENT;
  cusolverDnHandle_t handle;
  MpStatus status = get_handle (solver->device, owner, &handle);

  if (status == MP_OK)
    status = check (dn.cusolverDnSetStream (handle, stream), "cusolverDnSetStream", solver->dtype, solver->n);
  if (status == MP_OK)
    status = mp_cuda_check (cudaMemcpyAsync (l, a, bytes, cudaMemcpyDeviceToDevice, stream), "cudaMemcpyAsync");
  if (status == MP_OK && solver->dtype == MP_FLOAT32)
    status = check (dn.cusolverDnSpotrf (handle, CUBLAS_FILL_MODE_UPPER, n, l, n, work, solver->work_count, info),
                    "cusolverDnSpotrf", solver->dtype, solver->n);
  else if (status == MP_OK)
    status = check (dn.cusolverDnDpotrf (handle, CUBLAS_FILL_MODE_UPPER, n, l, n, work, solver->work_count, info),
                    "cusolverDnDpotrf", solver->dtype, solver->n);
  if (status == MP_OK)
    status = mp_cuda_check (mp_launch_cholesky_finish (solver->dtype, solver->n, l, info, stream),
                            "launching what follows a factorisation");
  return status;
}
