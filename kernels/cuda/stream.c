/* SPDX-License-Identifier: Apache-2.0
 *
 * stream.c: streams, events, and transfers in a stream's order.
 *
 * With pageable host memory cudaMemcpyAsync returns when the host's side is done with, which is what device.h asks;
 * with page-locked memory it returns at once.
 */
#include "kernels/cuda/cuda.h"

#include <stdlib.h>

struct MpEvent
{
  MpDevice   *device;
  cudaEvent_t event;
  MpStream   *origin; /* of the capture that recorded it, or NULL */
};

/* ---- transfers ---- */

static MpStatus
transfer (MpDevice            *device,
          MpStream            *stream,
          void                *to,
          const void          *from,
          size_t               bytes,
          enum cudaMemcpyKind  kind)
{
  cudaStream_t on = stream != NULL ? stream->stream : device->housekeeping;
  MpStatus status = mp_cuda_enter (device);

  if (status != MP_OK || bytes == 0)
    return status;
  if (stream != NULL && stream->origin != NULL && kind != cudaMemcpyDeviceToDevice)
    return mp_kernels_fail (MP_STATUS_INVALID, "Transfers between host and device cannot be part of a captured "
                            "iteration.");
  status = mp_cuda_check (cudaMemcpyAsync (to, from, bytes, kind, on), "cudaMemcpyAsync");
  if (status == MP_OK && stream == NULL)
    status = mp_cuda_check (cudaStreamSynchronize (on), "cudaStreamSynchronize");
  return status;
}

MpStatus
mp_cuda_upload (MpDevice   *device,
                MpStream   *stream,
                void       *to,
                const void *from_host,
                size_t      bytes)
{
  return transfer (device, stream, to, from_host, bytes, cudaMemcpyHostToDevice);
}

MpStatus
mp_cuda_download (MpDevice   *device,
                  MpStream   *stream,
                  void       *to_host,
                  const void *from,
                  size_t      bytes)
{
  return transfer (device, stream, to_host, from, bytes, cudaMemcpyDeviceToHost);
}

MpStatus
mp_cuda_copy (MpDevice   *device,
              MpStream   *stream,
              void       *to,
              const void *from,
              size_t      bytes)
{
  return transfer (device, stream, to, from, bytes, cudaMemcpyDeviceToDevice);
}

MpStatus
mp_cuda_fill (MpDevice *device,
              MpStream *stream,
              void     *to,
              int       byte,
              size_t    bytes)
{
  cudaStream_t on = stream != NULL ? stream->stream : device->housekeeping;
  MpStatus status = mp_cuda_enter (device);

  if (status != MP_OK || bytes == 0)
    return status;
  status = mp_cuda_check (cudaMemsetAsync (to, byte, bytes, on), "cudaMemsetAsync");
  if (status == MP_OK && stream == NULL)
    status = mp_cuda_check (cudaStreamSynchronize (on), "cudaStreamSynchronize");
  return status;
}

/* ---- streams ---- */

MpStatus
mp_cuda_stream_new (MpDevice  *device,
                    MpStream **out)
{
  MpStream *stream = calloc (1, sizeof *stream);
  MpStatus status = mp_cuda_enter (device);
  void *base = NULL;

  if (stream == NULL)
    return mp_kernels_fail (MP_STATUS_MEMORY, "There is no memory for a stream.");
  stream->device = device;
  stream->next = device->streams;
  device->streams = stream;
  if (status == MP_OK)
    status = mp_cuda_check (cudaStreamCreateWithFlags (&stream->stream, cudaStreamNonBlocking),
                            "cudaStreamCreateWithFlags");
  if (status == MP_OK)
    status = mp_cuda_alloc (device, sizeof (MpRunContext), &base);
  stream->base = base;
  if (status != MP_OK) {
    mp_cuda_stream_free (stream);
    return status;
  }
  *out = stream;
  return MP_OK;
}

void
mp_cuda_stream_free (MpStream *stream)
{
  MpStream **link;

  if (stream == NULL)
    return;
  mp_cuda_release (stream->device, stream->base);
  link = &stream->device->streams;
  while (*link != stream)
    link = &(*link)->next;
  *link = stream->next;
  if (stream->stream != NULL)
    cudaStreamDestroy (stream->stream);
  free (stream);
}

MpStatus
mp_cuda_stream_sync (MpStream *stream)
{
  MpStatus status = mp_cuda_enter (stream->device);

  return status == MP_OK ? mp_cuda_check (cudaStreamSynchronize (stream->stream), "cudaStreamSynchronize") : status;
}

MpStatus
mp_cuda_stream_wait (MpStream *stream,
                     MpEvent  *event)
{
  MpStatus status = mp_cuda_enter (stream->device);

  if (status == MP_OK)
    status = mp_cuda_check (cudaStreamWaitEvent (stream->stream, event->event, 0), "cudaStreamWaitEvent");
  if (status == MP_OK && event->origin != NULL && stream->origin == NULL)
    stream->origin = event->origin; /* CUDA makes it part of the capture too */
  return status;
}

/* ---- events ---- */

MpStatus
mp_cuda_event_new (MpDevice *device,
                   MpEvent **out)
{
  MpEvent *event = calloc (1, sizeof *event);
  MpStatus status = mp_cuda_enter (device);

  if (event == NULL)
    return mp_kernels_fail (MP_STATUS_MEMORY, "There is no memory for an event.");
  event->device = device;
  if (status == MP_OK)
    status = mp_cuda_check (cudaEventCreateWithFlags (&event->event,
                                                       cudaEventDisableTiming | cudaEventBlockingSync),
                            "cudaEventCreateWithFlags");
  if (status != MP_OK) {
    free (event);
    return status;
  }
  *out = event;
  return MP_OK;
}

MpStatus
mp_cuda_event_record (MpEvent  *event,
                      MpStream *stream)
{
  MpStatus status = mp_cuda_enter (event->device);

  event->origin = stream->origin;
  return status == MP_OK ? mp_cuda_check (cudaEventRecord (event->event, stream->stream), "cudaEventRecord") : status;
}

MpStatus
mp_cuda_event_query (MpEvent *event,
                     int     *passed)
{
  MpStatus status = mp_cuda_enter (event->device);
  cudaError_t error;

  if (status != MP_OK)
    return status;
  error = cudaEventQuery (event->event);
  *passed = error == cudaSuccess;
  if (error == cudaErrorNotReady) {
    cudaGetLastError (); /* not a failure: what comes next must not find it */
    return MP_OK;
  }
  return mp_cuda_check (error, "cudaEventQuery");
}

MpStatus
mp_cuda_event_sync (MpEvent *event)
{
  MpStatus status = mp_cuda_enter (event->device);

  return status == MP_OK ? mp_cuda_check (cudaEventSynchronize (event->event), "cudaEventSynchronize") : status;
}

void
mp_cuda_event_free (MpEvent *event)
{
  if (event == NULL)
    return;
  if (mp_cuda_enter (event->device) == MP_OK)
    cudaEventDestroy (event->event);
  free (event);
}
