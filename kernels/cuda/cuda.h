/* SPDX-License-Identifier: Apache-2.0
 *
 * cuda.h: what the files of the CUDA back end share.
 *
 * mp_cuda_kernel_new () makes a kernel's common part (kernel.h) and hands it to the family of its op, which sets `run`,
 * `workspace_bytes`, `algorithm` and whatever `state` it needs. C files call libraries (library.h); .cu files hold
 * kernels and their launchers (launchers.h, launch.h).
 *
 * Threads: a handle (MpDevice) with its streams and kernels is used by one thread at a time; different handles, of one
 * GPU or of several, by different threads. Every entry makes its GPU the thread's current one (mp_cuda_enter).
 * Nothing here synchronises the whole device: that would break captures of other lanes.
 */
#pragma once

#include <cuda_runtime_api.h>

#include "kernels/kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the run context on the device ---- */

/* Passed by value to kernels that need the context. Outside a capture base is NULL and offset is the context itself;
 * inside, base points to the context of the replayed iteration and offset is what this run was ahead of it. */
typedef struct
{
  const MpRunContext *base;
  MpRunContext        offset;
} MpCudaContext;

/* ---- structures ---- */

struct MpDevice
{
  int             index;
  MpDeviceOptions options;      /* .cache points to `cache` or is NULL */
  char           *cache;
  int             capability;   /* 90 is 9.0 */
  int             n_units;      /* multiprocessors */
  size_t          shared_bytes; /* that a block can ask for */
  size_t          l2_bytes;
  cudaStream_t    housekeeping; /* allocation, and transfers that name no stream */
  MpStream       *streams;      /* all of the handle */
  size_t          memory_used;
  size_t          memory_peak;
  struct MpCudaBlock *blocks;   /* what was allocated, with sizes */
  /* made at the first need by the families that use them, released by their mp_cuda_…_close () */
  void           *products;     /* cuBLASLt */
  void           *convolutions; /* cuDNN */
  void           *solvers;      /* cuSOLVER */
  void           *programs;     /* NVRTC */
};

struct MpStream
{
  MpStream     *next;         /* of the device's */
  MpDevice     *device;
  cudaStream_t  stream;
  MpRunContext *base;         /* on the device: context of the iteration that a replay runs */
  MpRunContext  expected;     /* what base will be when all queued replays are done */
  int           base_known;
  MpStream     *origin;       /* while a capture records this stream: the one that it began on */
  MpRunContext  capture_base; /* of the origin */
};

/* ---- families: each sets up one kind of kernel ---- */
MpStatus mp_cuda_fused_new (MpKernel *kernel, const MpKernelSpec *spec); /* programs, elementwise, reductions, broadcast */
MpStatus mp_cuda_shape_new (MpKernel *kernel, const MpKernelSpec *spec); /* shapes, casts, copies, fetch, collect */
MpStatus mp_cuda_random_new (MpKernel *kernel, const MpKernelSpec *spec);
MpStatus mp_cuda_product_new (MpKernel *kernel, const MpKernelSpec *spec);
MpStatus mp_cuda_gram_new (MpKernel *kernel, const MpKernelSpec *spec);  /* products whose matrix is not stored */
int      mp_cuda_gram_suits (const MpKernelSpec *spec);                  /* a MATMUL or SQDIST of that kind */
MpStatus mp_cuda_conv_new (MpKernel *kernel, const MpKernelSpec *spec);
MpStatus mp_cuda_pool_new (MpKernel *kernel, const MpKernelSpec *spec);
MpStatus mp_cuda_normalize_new (MpKernel *kernel, const MpKernelSpec *spec);
MpStatus mp_cuda_linalg_new (MpKernel *kernel, const MpKernelSpec *spec);
MpStatus mp_cuda_update_new (MpKernel *kernel, const MpKernelSpec *spec);

/* Release what a family keeps on a device; called when it is closed. Accept a device that never used them. */
void mp_cuda_programs_close (MpDevice *device);
void mp_cuda_products_close (MpDevice *device);
void mp_cuda_convolutions_close (MpDevice *device);
void mp_cuda_solvers_close (MpDevice *device);

/* ---- helpers ---- */
/* Makes the device the thread's current one. */
MpStatus mp_cuda_enter (MpDevice *device);
/* MP_OK, or MP_STATUS_LIBRARY (MEMORY where memory is short) with "CALL failed: NAME: TEXT". */
MpStatus mp_cuda_check (cudaError_t error, const char *call);
/* Between them no other thread of the process records a capture: libraries synchronise the whole device when a handle is
 * made or destroyed, and that would break captures of other lanes. May be nested. */
void mp_cuda_quiet_begin (void);
void mp_cuda_quiet_end (void);
/* Context for kernels that run on the stream now. */
MpCudaContext mp_cuda_context (const MpStream *stream, const MpRunContext *context);

/* device.c */
MpStatus mp_cuda_alloc (MpDevice *device, size_t bytes, void **out);
void     mp_cuda_release (MpDevice *device, void *address);

/* stream.c and capture.c fill their part of the class */
MpStatus mp_cuda_upload (MpDevice *device, MpStream *stream, void *to, const void *from_host, size_t bytes);
MpStatus mp_cuda_download (MpDevice *device, MpStream *stream, void *to_host, const void *from, size_t bytes);
MpStatus mp_cuda_copy (MpDevice *device, MpStream *stream, void *to, const void *from, size_t bytes);
MpStatus mp_cuda_fill (MpDevice *device, MpStream *stream, void *to, int byte, size_t bytes);
MpStatus mp_cuda_stream_new (MpDevice *device, MpStream **out);
void     mp_cuda_stream_free (MpStream *stream);
MpStatus mp_cuda_stream_sync (MpStream *stream);
MpStatus mp_cuda_stream_wait (MpStream *stream, MpEvent *event);
MpStatus mp_cuda_event_new (MpDevice *device, MpEvent **out);
MpStatus mp_cuda_event_record (MpEvent *event, MpStream *stream);
MpStatus mp_cuda_event_query (MpEvent *event, int *passed);
MpStatus mp_cuda_event_sync (MpEvent *event);
void     mp_cuda_event_free (MpEvent *event);
MpStatus mp_cuda_capture_begin (MpStream *stream, const MpRunContext *base);
MpStatus mp_cuda_capture_end (MpStream *stream, const MpRunContext *next, MpCapture **out);
MpStatus mp_cuda_capture_run (MpCapture *capture, MpStream *stream, const MpRunContext *context);
void     mp_cuda_capture_free (MpCapture *capture);
/* kernel.c */
int      mp_cuda_supports (MpDevice *device, const MpKernelSpec *spec);
MpStatus mp_cuda_kernel_new (MpDevice *device, const MpKernelSpec *spec, MpKernel **out);
MpStatus mp_cuda_kernel_bind (MpKernel *kernel, void *const *inputs, void *const *outputs, void *workspace);
MpStatus mp_cuda_kernel_run (MpKernel *kernel, MpStream *stream, const MpRunContext *context);

#ifdef __cplusplus
}
#endif
