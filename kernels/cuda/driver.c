/* SPDX-License-Identifier: Apache-2.0
 *
 * driver.c: the part of the driver's interface that the runtime has no counterpart for in all supported toolkits:
 * loading kernels that were compiled while the program runs.
 */
#include "kernels/cuda/library.h"

#include <pthread.h>

static const char *const names[] = { MP_CUDA_NAMES (MP_CUDA_DRIVER_FUNCTIONS) };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static MpCudaDriver driver;
static int loaded;

const MpCudaDriver *
mp_cuda_driver (void)
{
  pthread_mutex_lock (&lock);
  if (!loaded)
    loaded = mp_cuda_library_load (MP_CUDA_DRIVER, names, sizeof names / sizeof *names, (void **) &driver) == MP_OK;
  pthread_mutex_unlock (&lock);
  return loaded ? &driver : NULL;
}

MpStatus
mp_cuda_driver_check (CUresult    result,
                      const char *call)
{
  const char *name = NULL, *text = NULL;

  if (result == CUDA_SUCCESS)
    return MP_OK;
  if (mp_cuda_driver () != NULL) {
    driver.cuGetErrorName (result, &name);
    driver.cuGetErrorString (result, &text);
  }
  return mp_kernels_fail (result == CUDA_ERROR_OUT_OF_MEMORY ? MP_STATUS_MEMORY : MP_STATUS_LIBRARY,
                          "%s failed: %s: %s", call, name != NULL ? name : "unknown error", text != NULL ? text : "");
}
