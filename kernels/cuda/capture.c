/* SPDX-License-Identifier: Apache-2.0
 *
 * capture.c: iterations recorded once as a CUDA graph and replayed as one launch. Streams that wait for an event of the
 * recorded one become part of it, so that work side by side becomes branches of the graph.
 *
 * The run context of a replay lies in device memory (MpStream.base). The graph's last node moves it on to the next
 * iteration, so consecutive replays need nothing but the launch; any other order puts a kernel in front that sets it.
 */
#include "kernels/cuda/launchers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t quiet = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

void
mp_cuda_quiet_begin (void)
{
  pthread_mutex_lock (&quiet);
}

void
mp_cuda_quiet_end (void)
{
  pthread_mutex_unlock (&quiet);
}

struct MpCapture
{
  MpDevice       *device;
  cudaGraphExec_t graph;
  MpRunContext    by; /* from one iteration to the next */
};

MpStatus
mp_cuda_capture_begin (MpStream           *stream,
                       const MpRunContext *base)
{
  MpStatus status = mp_cuda_enter (stream->device);

  /* Relaxed: libraries may allocate at their first use, and other lanes go on with what they do. */
  mp_cuda_quiet_begin ();
  if (status == MP_OK)
    status = mp_cuda_check (cudaStreamBeginCapture (stream->stream, cudaStreamCaptureModeRelaxed),
                            "cudaStreamBeginCapture");
  if (status != MP_OK) {
    mp_cuda_quiet_end ();
    return status;
  }
  stream->origin = stream;
  stream->capture_base = *base;
  return MP_OK;
}

static MpStatus
instantiate (cudaGraph_t      graph,
             MpStream        *stream,
             cudaGraphExec_t *out)
{
  MpStatus status = mp_cuda_check (cudaGraphInstantiate (out, graph, 0), "cudaGraphInstantiate");

  if (status != MP_OK)
    return status;
  status = mp_cuda_check (cudaGraphUpload (*out, stream->stream), "cudaGraphUpload");
  if (status != MP_OK)
    cudaGraphExecDestroy (*out);
  return status;
}

MpStatus
mp_cuda_capture_end (MpStream           *stream,
                     const MpRunContext *next,
                     MpCapture         **out)
{
  MpRunContext by = { next->seed - stream->capture_base.seed, next->step - stream->capture_base.step,
                      next->batch - stream->capture_base.batch };
  MpStatus status, ended;
  cudaGraph_t graph = NULL;
  MpCapture *capture;

  status = mp_cuda_check (mp_launch_context_advance (stream->base, &by, stream->stream), "recording the context");
  for (MpStream *s = stream->device->streams; s != NULL; s = s->next)
    if (s->origin == stream)
      s->origin = NULL;
  ended = mp_cuda_check (cudaStreamEndCapture (stream->stream, &graph), "cudaStreamEndCapture");
  mp_cuda_quiet_end ();
  if (status == MP_OK)
    status = ended;
  capture = calloc (1, sizeof *capture);
  if (status == MP_OK && capture == NULL)
    status = mp_kernels_fail (MP_STATUS_MEMORY, "There is no memory for a captured iteration.");
  if (status == MP_OK)
    status = instantiate (graph, stream, &capture->graph);
  if (graph != NULL)
    cudaGraphDestroy (graph);
  if (status != MP_OK) {
    free (capture);
    return status;
  }
  capture->device = stream->device;
  capture->by = by;
  *out = capture;
  return MP_OK;
}

MpStatus
mp_cuda_capture_run (MpCapture          *capture,
                     MpStream           *stream,
                     const MpRunContext *context)
{
  MpStatus status = mp_cuda_enter (stream->device);

  if (status == MP_OK && (!stream->base_known || memcmp (&stream->expected, context, sizeof *context) != 0))
    status = mp_cuda_check (mp_launch_context_set (stream->base, context, stream->stream), "setting the context");
  if (status == MP_OK)
    status = mp_cuda_check (cudaGraphLaunch (capture->graph, stream->stream), "cudaGraphLaunch");
  stream->base_known = status == MP_OK;
  stream->expected = (MpRunContext) { context->seed + capture->by.seed, context->step + capture->by.step,
                                      context->batch + capture->by.batch };
  return status;
}

void
mp_cuda_capture_free (MpCapture *capture)
{
  if (capture == NULL)
    return;
  if (mp_cuda_enter (capture->device) == MP_OK)
    cudaGraphExecDestroy (capture->graph);
  free (capture);
}
