/* SPDX-License-Identifier: Apache-2.0
 *
 * measure.c: timing work on the device; see measure.h.
 */
#include "kernels/cuda/measure.h"
#include "kernels/cuda/choices.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 3
#define RECORDED 10       /* runs in one recorded launch */
#define SHORT_MICROSECONDS 500.0
#define FILLING 0x3c      /* 0.0115 in float32 and bfloat16, 1.5e−18 in float64 */
#define MAX_DEVICES 64

static pthread_mutex_t measuring = PTHREAD_MUTEX_INITIALIZER;

void
mp_cuda_measure_begin (void)
{
  pthread_mutex_lock (&measuring);
}

void
mp_cuda_measure_end (void)
{
  pthread_mutex_unlock (&measuring);
}

/* ---- timing ---- */

typedef struct
{
  cudaStream_t    stream;
  cudaEvent_t     start, end;
  cudaGraph_t     graph;
  cudaGraphExec_t recorded;
} Clock;

static MpStatus
clock_new (Clock *clock)
{
  MpStatus status = mp_cuda_check (cudaStreamCreateWithFlags (&clock->stream, cudaStreamNonBlocking),
                                   "cudaStreamCreateWithFlags");

  if (status == MP_OK)
    status = mp_cuda_check (cudaEventCreate (&clock->start), "cudaEventCreate");
  if (status == MP_OK)
    status = mp_cuda_check (cudaEventCreate (&clock->end), "cudaEventCreate");
  return status;
}

static void
clock_free (Clock *clock)
{
  if (clock->recorded != NULL)
    cudaGraphExecDestroy (clock->recorded);
  if (clock->graph != NULL)
    cudaGraphDestroy (clock->graph);
  if (clock->start != NULL)
    cudaEventDestroy (clock->start);
  if (clock->end != NULL)
    cudaEventDestroy (clock->end);
  if (clock->stream != NULL)
    cudaStreamDestroy (clock->stream);
}

/* One pass: the recorded launch if there is one, else the work itself. */
static MpStatus
time_once (Clock        *clock,
           MpCudaWorkFn  work,
           void         *data,
           double       *microseconds)
{
  float milliseconds = 0;
  MpStatus status = mp_cuda_check (cudaEventRecord (clock->start, clock->stream), "cudaEventRecord");

  if (status == MP_OK && clock->recorded != NULL)
    status = mp_cuda_check (cudaGraphLaunch (clock->recorded, clock->stream), "cudaGraphLaunch");
  else if (status == MP_OK)
    status = work (data, clock->stream);
  if (status == MP_OK)
    status = mp_cuda_check (cudaEventRecord (clock->end, clock->stream), "cudaEventRecord");
  if (status == MP_OK)
    status = mp_cuda_check (cudaStreamSynchronize (clock->stream), "cudaStreamSynchronize");
  if (status == MP_OK)
    status = mp_cuda_check (cudaEventElapsedTime (&milliseconds, clock->start, clock->end), "cudaEventElapsedTime");
  *microseconds = (double) milliseconds * 1000;
  return status;
}

static MpStatus
record (Clock        *clock,
        MpCudaWorkFn  work,
        void         *data)
{
  MpStatus status, ended;

  mp_cuda_quiet_begin ();
  status = mp_cuda_check (cudaStreamBeginCapture (clock->stream, cudaStreamCaptureModeRelaxed),
                          "cudaStreamBeginCapture");
  if (status != MP_OK) {
    mp_cuda_quiet_end ();
    return status;
  }
  for (int i = 0; status == MP_OK && i < RECORDED; i++)
    status = work (data, clock->stream);
  ended = mp_cuda_check (cudaStreamEndCapture (clock->stream, &clock->graph), "cudaStreamEndCapture");
  mp_cuda_quiet_end ();
  if (status == MP_OK)
    status = ended;
  return status == MP_OK ? mp_cuda_check (cudaGraphInstantiate (&clock->recorded, clock->graph, 0),
                                          "cudaGraphInstantiate") : status;
}

MpStatus
mp_cuda_measure (MpDevice     *device,
                 MpCudaWorkFn  work,
                 void         *data,
                 double       *microseconds)
{
  Clock clock = { 0 };
  double once = 0, best = 0;
  MpStatus status = mp_cuda_enter (device);

  if (status == MP_OK)
    status = clock_new (&clock);
  for (int i = 0; status == MP_OK && i < 2; i++) /* the first run loads code */
    status = time_once (&clock, work, data, &once);
  if (status == MP_OK && once < SHORT_MICROSECONDS)
    status = record (&clock, work, data);
  best = clock.recorded != NULL ? 1e30 : once;
  for (int i = 0; status == MP_OK && i < ROUNDS; i++) {
    status = time_once (&clock, work, data, &once);
    if (once < best)
      best = once;
  }
  *microseconds = clock.recorded != NULL ? best / RECORDED : best;
  clock_free (&clock);
  return status;
}

/* ---- scratch memory ---- */

void *
mp_cuda_scratch_new (MpDevice *device,
                     size_t    bytes)
{
  void *scratch = NULL;

  if (mp_cuda_enter (device) != MP_OK)
    return NULL;
  if (cudaMallocAsync (&scratch, bytes > 0 ? bytes : MP_ALIGNMENT, device->housekeeping) != cudaSuccess) {
    cudaGetLastError ();
    return NULL;
  }
  cudaMemsetAsync (scratch, FILLING, bytes, device->housekeeping);
  cudaStreamSynchronize (device->housekeeping);
  return scratch;
}

void
mp_cuda_scratch_free (MpDevice *device,
                      void     *scratch)
{
  if (scratch != NULL)
    cudaFreeAsync (scratch, device->housekeeping);
}

/* ---- choices ---- */

/* "NVIDIA H100 80GB HBM3 9.0 13020", read once */
static const char *
device_text (const MpDevice *device)
{
  static char texts[MAX_DEVICES][300];
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  struct cudaDeviceProp properties;
  int driver = 0;
  char *text;

  if (device->index >= MAX_DEVICES)
    return "another";
  text = texts[device->index];
  pthread_mutex_lock (&lock);
  if (text[0] == '\0' && cudaGetDeviceProperties (&properties, device->index) == cudaSuccess
      && cudaDriverGetVersion (&driver) == cudaSuccess)
    snprintf (text, sizeof texts[0], "%.256s %d.%d %d", properties.name, device->capability / 10,
              device->capability % 10, driver);
  pthread_mutex_unlock (&lock);
  return text;
}

static char *
whole_key (MpDevice   *device,
           const char *what)
{
  const char *text = device_text (device);
  size_t size = strlen (text) + strlen (what) + 3;
  char *key = malloc (size);

  if (key != NULL)
    snprintf (key, size, "%s, %s", text, what);
  return key;
}

int
mp_cuda_choice_find (MpDevice   *device,
                     const char *what,
                     char       *value,
                     size_t      value_size)
{
  char *key = whole_key (device, what);
  int found = key != NULL && mp_cuda_choices_find (mp_cuda_choices_get (device->cache), key, value, value_size);

  free (key);
  return found;
}

void
mp_cuda_choice_keep (MpDevice   *device,
                     const char *what,
                     char       *value,
                     size_t      value_size)
{
  char *key = whole_key (device, what);

  if (key != NULL)
    mp_cuda_choices_keep (mp_cuda_choices_get (device->cache), key, value, value_size);
  free (key);
}
