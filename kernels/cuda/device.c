/* SPDX-License-Identifier: Apache-2.0
 *
 * device.c: which GPUs there are, handles on them, and their memory.
 *
 * Memory comes from the device's own pool (cudaMallocAsync), which keeps what was freed, so that a plan made again
 * costs no call into the driver. A block is given back when the handle's streams have nothing left to do.
 */
#include "kernels/cuda/cuda.h"
#include "kernels/cuda/library.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct MpCudaBlock
{
  struct MpCudaBlock *next;
  void               *address;
  size_t              bytes;
} MpCudaBlock;

static _Thread_local int current_device = -1;

MpStatus
mp_cuda_check (cudaError_t error,
               const char *call)
{
  if (error == cudaSuccess)
    return MP_OK;
  cudaGetLastError (); /* what is told once must not be found again by the next call */
  return mp_kernels_fail (error == cudaErrorMemoryAllocation ? MP_STATUS_MEMORY : MP_STATUS_LIBRARY,
                          "%s failed: %s: %s", call, cudaGetErrorName (error), cudaGetErrorString (error));
}

MpStatus
mp_cuda_enter (MpDevice *device)
{
  MpStatus status = MP_OK;

  if (current_device != device->index)
    status = mp_cuda_check (cudaSetDevice (device->index), "cudaSetDevice");
  if (status == MP_OK)
    current_device = device->index;
  return status;
}

/* ---- which there are ---- */

static void
version_text (int   version,
              char *text,
              size_t size)
{
  snprintf (text, size, "%d.%d", version / 1000, version % 1000 / 10);
}

static int
device_count (void)
{
  int driver = 0, runtime = 0, n = 0;
  char have[16], need[16];
  cudaError_t error;

  if (cudaDriverGetVersion (&driver) != cudaSuccess || driver == 0) {
    cudaGetLastError ();
    mp_kernels_fail (MP_STATUS_LIBRARY, "There is no NVIDIA driver on this machine.");
    return 0;
  }
  cudaRuntimeGetVersion (&runtime);
  error = cudaGetDeviceCount (&n);
  if (error == cudaErrorInsufficientDriver) {
    version_text (driver, have, sizeof have);
    version_text (runtime, need, sizeof need);
    cudaGetLastError ();
    mp_kernels_fail (MP_STATUS_LIBRARY, "The NVIDIA driver is too old: it runs CUDA up to %s, and this build needs %s.",
                     have, need);
    return 0;
  }
  if (error == cudaErrorNoDevice || (error == cudaSuccess && n == 0)) {
    cudaGetLastError ();
    mp_kernels_fail (MP_STATUS_LIBRARY, "The NVIDIA driver is here, but no GPU that it can use.");
    return 0;
  }
  return mp_cuda_check (error, "cudaGetDeviceCount") == MP_OK ? n : 0;
}

/* ---- handles ---- */

/* What the pool keeps is of no use to libraries and other programs. */
static void
give_back_memory (MpDevice *device)
{
  cudaMemPool_t pool;

  if (device->housekeeping != NULL && cudaStreamSynchronize (device->housekeeping) == cudaSuccess
      && cudaDeviceGetDefaultMemPool (&pool, device->index) == cudaSuccess)
    cudaMemPoolTrimTo (pool, 0);
}

static void
device_close (MpDevice *device)
{
  if (device == NULL)
    return;
  if (mp_cuda_enter (device) == MP_OK) {
    mp_cuda_quiet_begin ();
    mp_cuda_programs_close (device);
    mp_cuda_products_close (device);
    mp_cuda_convolutions_close (device);
    mp_cuda_solvers_close (device);
    mp_cuda_quiet_end ();
    while (device->blocks != NULL)
      mp_cuda_release (device, device->blocks->address);
    give_back_memory (device);
    if (device->housekeeping != NULL)
      cudaStreamDestroy (device->housekeeping);
  }
  free (device->cache);
  free (device);
}

static MpStatus
read_properties (MpDevice *device)
{
  static const enum cudaDeviceAttr attributes[] = { cudaDevAttrComputeCapabilityMajor,
                                                    cudaDevAttrComputeCapabilityMinor, cudaDevAttrMultiProcessorCount,
                                                    cudaDevAttrMaxSharedMemoryPerBlockOptin, cudaDevAttrL2CacheSize,
                                                    cudaDevAttrMemoryPoolsSupported };
  int value[6] = { 0 };

  for (int i = 0; i < 6; i++) {
    MpStatus status = mp_cuda_check (cudaDeviceGetAttribute (&value[i], attributes[i], device->index),
                                     "cudaDeviceGetAttribute");

    if (status != MP_OK)
      return status;
  }
  device->capability = value[0] * 10 + value[1];
  device->n_units = value[2];
  device->shared_bytes = (size_t) value[3];
  device->l2_bytes = (size_t) value[4];
  if (device->capability < 75)
    return mp_kernels_fail (MP_STATUS_UNSUPPORTED, "GPU %d has compute capability %d.%d; 7.5 or newer is needed.",
                            device->index, value[0], value[1]);
  if (!value[5])
    return mp_kernels_fail (MP_STATUS_UNSUPPORTED, "GPU %d has no memory pools.", device->index);
  return MP_OK;
}

static MpStatus
keep_freed_memory (MpDevice *device)
{
  uint64_t everything = UINT64_MAX;
  cudaMemPool_t pool;
  MpStatus status = mp_cuda_check (cudaDeviceGetDefaultMemPool (&pool, device->index), "cudaDeviceGetDefaultMemPool");

  return status == MP_OK ? mp_cuda_check (cudaMemPoolSetAttribute (pool, cudaMemPoolAttrReleaseThreshold, &everything),
                                          "cudaMemPoolSetAttribute") : status;
}

/* What every plan needs is looked for at once, so that a machine without it is told before anything is built. */
static MpStatus
check_libraries (void)
{
  static const MpCudaLibrary needed[] = { MP_CUDA_CUBLASLT, MP_CUDA_CUDNN, MP_CUDA_NVRTC };
  MpStatus status = MP_OK;

  for (size_t i = 0; status == MP_OK && i < sizeof needed / sizeof needed[0]; i++)
    status = mp_cuda_library_load (needed[i], NULL, 0, NULL);
  return status;
}

/* What the driver calls free, and what the pool keeps but nobody uses. */
static MpStatus
free_memory (const MpDevice *device,
             size_t         *free_bytes,
             size_t         *total)
{
  MpStatus status = mp_cuda_check (cudaMemGetInfo (free_bytes, total), "cudaMemGetInfo");
  uint64_t reserved = 0, used = 0;
  cudaMemPool_t pool;

  if (status == MP_OK && cudaDeviceGetDefaultMemPool (&pool, device->index) == cudaSuccess
      && cudaMemPoolGetAttribute (pool, cudaMemPoolAttrReservedMemCurrent, &reserved) == cudaSuccess
      && cudaMemPoolGetAttribute (pool, cudaMemPoolAttrUsedMemCurrent, &used) == cudaSuccess && reserved > used)
    *free_bytes += (size_t) (reserved - used);
  return status;
}

/* Libraries alone take some 100 MiB for their code and workspaces. */
static MpStatus
check_memory (const MpDevice *device)
{
  const size_t least = (size_t) 256 << 20;
  size_t free_bytes = 0, total = 0;
  MpStatus status = free_memory (device, &free_bytes, &total);

  if (status != MP_OK || free_bytes >= least)
    return status;
  return mp_kernels_fail (MP_STATUS_MEMORY, "GPU %d has too little free memory: %zu of %zu MiB, and at least %zu MiB "
                          "are needed. Close other programs that use it.", device->index, free_bytes >> 20,
                          total >> 20, least >> 20);
}

static MpStatus
device_open (int                     index,
             const MpDeviceOptions  *options,
             MpDevice              **out)
{
  int n = device_count ();
  MpDevice *device;
  MpStatus status;

  if (n == 0)
    return MP_STATUS_LIBRARY;
  if (index < 0 || index >= n)
    return mp_kernels_fail (MP_STATUS_INVALID, "There is no GPU %d; this machine has %d, counted from 0.", index, n);
  device = calloc (1, sizeof *device);
  if (device == NULL)
    return mp_kernels_fail (MP_STATUS_MEMORY, "There is no memory for a CUDA device.");
  device->index = index;
  if (options != NULL)
    device->options = *options;
  if (device->options.cache != NULL)
    device->cache = strdup (device->options.cache);
  device->options.cache = device->cache;
  status = mp_cuda_enter (device);
  if (status == MP_OK)
    status = read_properties (device);
  if (status == MP_OK)
    status = check_libraries ();
  if (status == MP_OK)
    status = check_memory (device);
  if (status == MP_OK)
    status = keep_freed_memory (device);
  if (status == MP_OK)
    status = mp_cuda_check (cudaStreamCreateWithFlags (&device->housekeeping, cudaStreamNonBlocking),
                            "cudaStreamCreateWithFlags");
  if (status != MP_OK) {
    device_close (device);
    return status;
  }
  *out = device;
  return MP_OK;
}

static MpStatus
device_info (MpDevice     *device,
             MpDeviceInfo *out)
{
  struct cudaDeviceProp properties;
  size_t free_bytes = 0, total = 0;
  int driver = 0, runtime = 0;
  MpStatus status = mp_cuda_enter (device);
  const unsigned char *id;
  char versions[2][16];

  memset (out, 0, sizeof *out);
  if (status == MP_OK)
    status = mp_cuda_check (cudaGetDeviceProperties (&properties, device->index), "cudaGetDeviceProperties");
  if (status == MP_OK)
    status = free_memory (device, &free_bytes, &total);
  if (status != MP_OK)
    return status;
  cudaDriverGetVersion (&driver);
  cudaRuntimeGetVersion (&runtime);
  version_text (driver, versions[0], sizeof versions[0]);
  version_text (runtime, versions[1], sizeof versions[1]);
  id = (const unsigned char *) properties.uuid.bytes;
  snprintf (out->name, sizeof out->name, "%.100s", properties.name);
  snprintf (out->detail, sizeof out->detail, "compute capability %d.%d, driver for CUDA %s, runtime %s",
            device->capability / 10, device->capability % 10, versions[0], versions[1]);
  snprintf (out->uuid, sizeof out->uuid, "GPU-%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
            id[0], id[1], id[2], id[3], id[4], id[5], id[6], id[7], id[8], id[9], id[10], id[11], id[12], id[13],
            id[14], id[15]);
  out->memory_total = total;
  out->memory_free = free_bytes;
  out->memory_used = device->memory_used;
  out->memory_peak = device->memory_peak;
  out->n_units = device->n_units;
  out->precision = device->options.precision;
  return MP_OK;
}

/* ---- memory ---- */

MpStatus
mp_cuda_alloc (MpDevice *device,
               size_t    bytes,
               void    **out)
{
  MpCudaBlock *block = malloc (sizeof *block);
  size_t free_bytes = 0, total = 0;
  MpStatus status = mp_cuda_enter (device);
  cudaError_t error;

  if (block == NULL)
    return mp_kernels_fail (MP_STATUS_MEMORY, "There is no memory for a block's record.");
  block->bytes = bytes > 0 ? bytes : MP_ALIGNMENT;
  error = status == MP_OK ? cudaMallocAsync (&block->address, block->bytes, device->housekeeping) : cudaSuccess;
  if (error == cudaErrorMemoryAllocation) {
    cudaGetLastError ();
    free_memory (device, &free_bytes, &total);
    status = mp_kernels_fail (MP_STATUS_MEMORY, "GPU %d has no memory for %.1f MiB more: %.1f of %.1f MiB are free.",
                              device->index, (double) block->bytes / 1048576, (double) free_bytes / 1048576,
                              (double) total / 1048576);
  } else if (status == MP_OK)
    status = mp_cuda_check (error, "cudaMallocAsync");
  if (status == MP_OK)
    status = mp_cuda_check (cudaStreamSynchronize (device->housekeeping), "cudaStreamSynchronize");
  if (status != MP_OK) {
    free (block);
    return status;
  }
  block->next = device->blocks;
  device->blocks = block;
  device->memory_used += block->bytes;
  if (device->memory_used > device->memory_peak)
    device->memory_peak = device->memory_used;
  *out = block->address;
  return MP_OK;
}

void
mp_cuda_release (MpDevice *device,
                 void     *address)
{
  MpCudaBlock **link = &device->blocks, *block;

  while (*link != NULL && (*link)->address != address)
    link = &(*link)->next;
  block = *link;
  if (block == NULL || mp_cuda_enter (device) != MP_OK)
    return;
  for (MpStream *s = device->streams; s != NULL; s = s->next)
    if (s->stream != NULL && s->origin == NULL)
      cudaStreamSynchronize (s->stream);
  cudaFreeAsync (block->address, device->housekeeping);
  device->memory_used -= block->bytes;
  *link = block->next;
  free (block);
}

static MpStatus
host_alloc (MpDevice *device,
            size_t    bytes,
            void    **out)
{
  MpStatus status = mp_cuda_enter (device);

  return status == MP_OK ? mp_cuda_check (cudaHostAlloc (out, bytes > 0 ? bytes : 1, cudaHostAllocDefault),
                                          "cudaHostAlloc") : status;
}

static void
host_release (MpDevice *device,
              void     *address)
{
  if (address != NULL && mp_cuda_enter (device) == MP_OK)
    cudaFreeHost (address);
}

/* ---- the class ---- */

static const MpDeviceClass mp_cuda_class = {
  .id = "cuda",
  .count = device_count,
  .open = device_open,
  .close = device_close,
  .info = device_info,
  .alloc = mp_cuda_alloc,
  .release = mp_cuda_release,
  .host_alloc = host_alloc,
  .host_release = host_release,
  .upload = mp_cuda_upload,
  .download = mp_cuda_download,
  .copy = mp_cuda_copy,
  .fill = mp_cuda_fill,
  .stream_new = mp_cuda_stream_new,
  .stream_free = mp_cuda_stream_free,
  .stream_sync = mp_cuda_stream_sync,
  .stream_wait = mp_cuda_stream_wait,
  .event_new = mp_cuda_event_new,
  .event_record = mp_cuda_event_record,
  .event_query = mp_cuda_event_query,
  .event_sync = mp_cuda_event_sync,
  .event_free = mp_cuda_event_free,
  .supports = mp_cuda_supports,
  .kernel_new = mp_cuda_kernel_new,
  .kernel_workspace = mp_kernel_workspace,
  .kernel_bind = mp_cuda_kernel_bind,
  .kernel_run = mp_cuda_kernel_run,
  .kernel_algorithm = mp_kernel_algorithm,
  .kernel_free = mp_kernel_free,
  .capture_begin = mp_cuda_capture_begin,
  .capture_end = mp_cuda_capture_end,
  .capture_run = mp_cuda_capture_run,
  .capture_free = mp_cuda_capture_free,
};

/* What the program looks up when it opens the module. */
__attribute__ ((visibility ("default"))) const MpDeviceClass *mp_module_entry (uint32_t abi,
                                                                               void (*fail) (const char *text));

const MpDeviceClass *
mp_module_entry (uint32_t   abi,
                 void     (*fail) (const char *text))
{
  if (abi != MP_MODULE_ABI)
    return NULL;
  mp_kernels_set_sink (fail);
  return &mp_cuda_class;
}
