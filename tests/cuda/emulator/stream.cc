/* SPDX-License-Identifier: Apache-2.0
 *
 * stream.cc: streams, events, captures and graphs of the fake runtime.
 *
 * Work on a stream is a list of functions. Without latency each runs when it is put there. With it they stay until
 * somebody waits, so that a host that forgot to wait is found out. A capture collects them instead, each with what it
 * has to wait for; launching the graph runs them in the order of the calls, or, where MATCHPOINT_EMULATOR_ORDER is not
 * forward, in any order that its dependencies allow, so that a missing one shows.
 */
#include "tests/cuda/emulator/runtime.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <random>

#define MAX_QUEUED 4096 /* of a stream; beyond, the oldest run */

static std::set<CUstream_st *> streams;
static std::set<std::shared_ptr<Capture>> captures;
static CUstream_st *legacy;
static std::map<const void *, int> shared_limits; /* of kernels, by cudaFuncSetAttribute */

/* ---- running ---- */

static double
now ()
{
  return std::chrono::duration<double> (std::chrono::steady_clock::now ().time_since_epoch ()).count ();
}

void
emulator_drain (CUstream_st *stream,
                uint64_t     ticket)
{
  while (!stream->queue.empty () && stream->progress->done < ticket) {
    Item item = std::move (stream->queue.front ());

    stream->queue.pop_front ();
    if (!emulator_is_broken ())
      item.run ();
    stream->progress->done++;
  }
  stream->n_queries = 0;
}

void
emulator_drain_all ()
{
  for (CUstream_st *stream : streams)
    emulator_drain (stream);
}

static CUstream_st *
new_stream (unsigned flags)
{
  CUstream_st *stream = new CUstream_st ();

  stream->device = emulator_device ();
  stream->flags = flags;
  stream->progress = std::make_shared<Progress> ();
  stream->progress->stream = stream;
  streams.insert (stream);
  return stream;
}

CUstream_st *
emulator_stream (cudaStream_t handle)
{
  if (handle == nullptr || handle == cudaStreamLegacy || handle == cudaStreamPerThread) {
    if (legacy == nullptr)
      legacy = new_stream (cudaStreamDefault);
    return legacy;
  }
  if (streams.count (handle) == 0) {
    emulator_say ("%p is no live stream", static_cast<void *> (handle));
    emulator_result (cudaErrorInvalidResourceHandle);
    return nullptr;
  }
  return handle;
}

/* The legacy stream waits for all blocking streams, and they for it. */
static cudaError_t
order_with_legacy (CUstream_st *stream)
{
  for (CUstream_st *other : streams) {
    bool one_is_legacy = stream == legacy || other == legacy;

    if (other == stream || !one_is_legacy || ((stream->flags | other->flags) & cudaStreamNonBlocking) != 0)
      continue;
    if (other->capture) {
      other->capture->invalid = true;
      return emulator_result (cudaErrorStreamCaptureImplicit);
    }
    emulator_drain (other);
  }
  return cudaSuccess;
}

cudaError_t
emulator_enqueue (cudaStream_t           handle,
                  std::function<void ()> work,
                  const char            *name)
{
  std::lock_guard<std::recursive_mutex> guard (emulator_lock);
  CUstream_st *stream = emulator_stream (handle);

  if (stream == nullptr)
    return cudaErrorInvalidResourceHandle;
  if (stream->capture) {
    if (stream->capture->invalid)
      return emulator_result (cudaErrorStreamCaptureInvalidated);
    std::vector<size_t> needs (stream->tails.begin (), stream->tails.end ());
    stream->tails = { stream->capture->items.size () };
    stream->capture->items.push_back ({ std::move (work), name, std::move (needs) });
    stream->captured++;
    return emulator_result (cudaSuccess);
  }
  if (cudaError_t error = order_with_legacy (stream))
    return error;
  stream->queue.push_back ({ std::move (work), name, {} });
  stream->progress->queued++;
  stream->n_queries = emulator_settings ().latency;
  if (emulator_settings ().latency == 0)
    emulator_drain (stream);
  else if (stream->queue.size () > MAX_QUEUED)
    emulator_drain (stream, stream->progress->done + 1);
  return emulator_result (cudaSuccess);
}

/* ---- captures ---- */

cudaError_t
emulator_invalidate (CUstream_st *stream,
                     const char  *function)
{
  emulator_say ("%s is not permitted while its stream is captured", function);
  stream->capture->invalid = true;
  return emulator_result (cudaErrorStreamCaptureUnsupported);
}

cudaError_t
emulator_unsafe (const char *function)
{
  for (const std::shared_ptr<Capture> &capture : captures)
    if (capture->mode != cudaStreamCaptureModeRelaxed) {
      emulator_say ("%s is not permitted during a capture that is not relaxed", function);
      capture->invalid = true;
      return emulator_result (cudaErrorStreamCaptureUnsupported);
    }
  return cudaSuccess;
}

cudaError_t
cudaStreamBeginCapture (cudaStream_t          handle,
                        cudaStreamCaptureMode mode)
{
  ENTER ("cudaStreamBeginCapture");
  CUstream_st *stream = emulator_stream (handle);

  if (stream == nullptr)
    return cudaErrorInvalidResourceHandle;
  if (stream == legacy)
    return emulator_result (cudaErrorStreamCaptureUnsupported);
  if (stream->capture)
    return emulator_result (cudaErrorIllegalState);
  stream->capture = std::make_shared<Capture> ();
  stream->capture->origin = stream;
  stream->capture->mode = mode;
  stream->capture->streams.insert (stream);
  captures.insert (stream->capture);
  return cudaSuccess;
}

cudaError_t
cudaStreamEndCapture (cudaStream_t handle,
                      cudaGraph_t *graph)
{
  ENTER ("cudaStreamEndCapture");
  CUstream_st *stream = emulator_stream (handle);
  cudaError_t error = cudaSuccess;

  *graph = nullptr;
  if (stream == nullptr)
    return cudaErrorInvalidResourceHandle;
  if (!stream->capture)
    return emulator_result (cudaErrorIllegalState);
  std::shared_ptr<Capture> capture = stream->capture;
  if (capture->origin != stream)
    return emulator_result (cudaErrorStreamCaptureUnmatched);
  for (CUstream_st *member : capture->streams) {
    if (member != stream && member->joined < member->captured)
      error = cudaErrorStreamCaptureUnjoined;
    member->capture.reset ();
    member->captured = member->joined = 0;
    member->tails.clear ();
  }
  captures.erase (capture);
  if (capture->invalid)
    error = cudaErrorStreamCaptureInvalidated;
  if (error == cudaSuccess) {
    *graph = new CUgraph_st ();
    (*graph)->items = std::move (capture->items);
  }
  return emulator_result (error);
}

cudaError_t
cudaStreamIsCapturing (cudaStream_t             handle,
                       cudaStreamCaptureStatus *status)
{
  ENTER ("cudaStreamIsCapturing");
  CUstream_st *stream = emulator_stream (handle);

  if (stream == nullptr)
    return cudaErrorInvalidResourceHandle;
  *status = !stream->capture ? cudaStreamCaptureStatusNone
            : stream->capture->invalid ? cudaStreamCaptureStatusInvalidated : cudaStreamCaptureStatusActive;
  return cudaSuccess;
}

cudaError_t
cudaGraphInstantiate (cudaGraphExec_t   *out,
                      cudaGraph_t        graph,
                      unsigned long long)
{
  ENTER ("cudaGraphInstantiate");
  *out = new CUgraphExec_st ();
  (*out)->items = std::make_shared<std::vector<Item>> (graph->items);
  return cudaSuccess;
}

cudaError_t
cudaGraphUpload (cudaGraphExec_t,
                 cudaStream_t handle)
{
  ENTER ("cudaGraphUpload");
  return emulator_stream (handle) != nullptr ? cudaSuccess : cudaErrorInvalidResourceHandle;
}

/* An order of a graph's items that its dependencies allow. */
static std::vector<size_t>
choose_order (const std::vector<Item> &items)
{
  const EmulatorSettings &settings = emulator_settings ();
  std::vector<size_t> order, open (items.size ()), ready;
  std::vector<std::vector<size_t>> readers (items.size ());
  std::minstd_rand random ((unsigned) settings.seed + 1);

  for (size_t i = 0; i < items.size (); i++) {
    open[i] = items[i].needs.size ();
    for (size_t need : items[i].needs)
      readers[need].push_back (i);
    if (open[i] == 0)
      ready.push_back (i);
  }
  while (!ready.empty ()) {
    auto next = settings.order == EmulatorSettings::FORWARD   ? std::min_element (ready.begin (), ready.end ())
                : settings.order == EmulatorSettings::REVERSE ? std::max_element (ready.begin (), ready.end ())
                                                              : ready.begin () + random () % ready.size ();
    size_t i = *next;

    ready.erase (next);
    order.push_back (i);
    for (size_t reader : readers[i])
      if (--open[reader] == 0)
        ready.push_back (reader);
  }
  return order;
}

cudaError_t
cudaGraphLaunch (cudaGraphExec_t graph,
                 cudaStream_t    handle)
{
  ENTER ("cudaGraphLaunch");
  std::shared_ptr<std::vector<Item>> items = graph->items;

  return emulator_enqueue (handle, [items] {
    emulator_unlock_memory ();
    for (size_t i : choose_order (*items))
      if (!emulator_is_broken ())
        (*items)[i].run ();
    emulator_lock_memory ();
  }, "cudaGraphLaunch");
}

cudaError_t
cudaGraphGetNodes (cudaGraph_t      graph,
                   cudaGraphNode_t *nodes,
                   size_t          *n)
{
  ENTER ("cudaGraphGetNodes");
  if (nodes != nullptr)
    return emulator_result (cudaErrorNotSupported);
  *n = graph->items.size ();
  return cudaSuccess;
}

cudaError_t
cudaGraphDestroy (cudaGraph_t graph)
{
  delete graph;
  return cudaSuccess;
}

cudaError_t
cudaGraphExecDestroy (cudaGraphExec_t graph)
{
  delete graph;
  return cudaSuccess;
}

/* ---- streams ---- */

cudaError_t
cudaStreamCreateWithFlags (cudaStream_t *out,
                           unsigned      flags)
{
  ENTER ("cudaStreamCreateWithFlags");
  *out = new_stream (flags);
  return cudaSuccess;
}

cudaError_t
cudaStreamCreateWithPriority (cudaStream_t *out,
                              unsigned      flags,
                              int)
{
  return cudaStreamCreateWithFlags (out, flags);
}

cudaError_t
cudaStreamCreate (cudaStream_t *out)
{
  return cudaStreamCreateWithFlags (out, cudaStreamDefault);
}

cudaError_t
cudaDeviceGetStreamPriorityRange (int *least,
                                  int *greatest)
{
  *least = 0;
  *greatest = -5;
  return cudaSuccess;
}

cudaError_t
cudaStreamDestroy (cudaStream_t handle)
{
  ENTER ("cudaStreamDestroy");
  CUstream_st *stream = emulator_stream (handle);

  if (stream == nullptr || stream == legacy)
    return emulator_result (cudaErrorInvalidResourceHandle);
  if (stream->capture) {
    stream->capture->invalid = true;
    stream->capture->streams.erase (stream);
    if (stream->capture->origin == stream)
      captures.erase (stream->capture);
  }
  emulator_drain (stream);
  stream->progress->stream = nullptr;
  streams.erase (stream);
  delete stream;
  return cudaSuccess;
}

cudaError_t
cudaStreamSynchronize (cudaStream_t handle)
{
  ENTER ("cudaStreamSynchronize");
  CUstream_st *stream = emulator_stream (handle);

  if (stream == nullptr)
    return cudaErrorInvalidResourceHandle;
  if (stream->capture)
    return emulator_invalidate (stream, "cudaStreamSynchronize");
  if (stream == legacy)
    order_with_legacy (stream);
  emulator_drain (stream);
  return emulator_result (cudaSuccess);
}

cudaError_t
cudaStreamQuery (cudaStream_t handle)
{
  ENTER ("cudaStreamQuery");
  CUstream_st *stream = emulator_stream (handle);

  if (stream == nullptr)
    return cudaErrorInvalidResourceHandle;
  if (stream->capture)
    return emulator_invalidate (stream, "cudaStreamQuery");
  if (!stream->queue.empty () && stream->n_queries-- > 0)
    return emulator_result (cudaErrorNotReady);
  emulator_drain (stream);
  return emulator_result (cudaSuccess);
}

cudaError_t
cudaDeviceSynchronize (void)
{
  ENTER ("cudaDeviceSynchronize");
  if (!captures.empty ()) {
    emulator_say ("cudaDeviceSynchronize is not permitted while a stream is captured");
    for (const std::shared_ptr<Capture> &capture : captures)
      capture->invalid = true;
    return emulator_result (cudaErrorStreamCaptureUnsupported);
  }
  emulator_drain_all ();
  return emulator_result (cudaSuccess);
}

cudaError_t
cudaLaunchHostFunc (cudaStream_t stream,
                    cudaHostFn_t function,
                    void        *data)
{
  ENTER ("cudaLaunchHostFunc");
  return emulator_enqueue (stream, [function, data] { function (data); }, "cudaLaunchHostFunc");
}

/* ---- events ---- */

cudaError_t
cudaEventCreateWithFlags (cudaEvent_t *out,
                          unsigned     flags)
{
  ENTER ("cudaEventCreateWithFlags");
  *out = new CUevent_st ();
  (*out)->flags = flags;
  return cudaSuccess;
}

cudaError_t
cudaEventCreate (cudaEvent_t *out)
{
  return cudaEventCreateWithFlags (out, cudaEventDefault);
}

cudaError_t
cudaEventDestroy (cudaEvent_t event)
{
  ENTER ("cudaEventDestroy");
  delete event;
  return cudaSuccess;
}

cudaError_t
cudaEventRecord (cudaEvent_t  event,
                 cudaStream_t handle)
{
  ENTER ("cudaEventRecord");
  CUstream_st *stream = emulator_stream (handle);

  if (stream == nullptr)
    return cudaErrorInvalidResourceHandle;
  if (stream->capture) {
    event->capture = stream->capture;
    event->captured = true;
    event->captured_stream = stream;
    event->captured_items = stream->captured;
    event->captured_tails = stream->tails;
    return emulator_result (cudaSuccess);
  }
  std::shared_ptr<double> time = std::make_shared<double> (0);
  event->captured = false;
  event->progress = stream->progress;
  event->ticket = stream->progress->queued + 1;
  event->n_queries = emulator_settings ().latency;
  event->time = time;
  return emulator_enqueue (handle, [time] { *time = now (); }, "cudaEventRecord");
}

static void
wait_for (CUevent_st *event)
{
  if (event->progress && event->progress->stream != nullptr)
    emulator_drain (event->progress->stream, event->ticket);
}

cudaError_t
cudaEventQuery (cudaEvent_t event)
{
  ENTER ("cudaEventQuery");
  if (event->captured)
    return emulator_result (cudaErrorCapturedEvent);
  if (!event->progress || event->progress->done >= event->ticket)
    return cudaSuccess;
  if (event->n_queries-- > 0)
    return emulator_result (cudaErrorNotReady);
  wait_for (event);
  return emulator_result (cudaSuccess);
}

cudaError_t
cudaEventSynchronize (cudaEvent_t event)
{
  ENTER ("cudaEventSynchronize");
  if (event->captured)
    return emulator_result (cudaErrorCapturedEvent);
  wait_for (event);
  return emulator_result (cudaSuccess);
}

cudaError_t
cudaEventElapsedTime (float      *milliseconds,
                      cudaEvent_t start,
                      cudaEvent_t end)
{
  ENTER ("cudaEventElapsedTime");
  if (((start->flags | end->flags) & cudaEventDisableTiming) != 0 || !start->time || !end->time)
    return emulator_result (cudaErrorInvalidResourceHandle);
  if (start->progress->done < start->ticket || end->progress->done < end->ticket)
    return emulator_result (cudaErrorNotReady);
  *milliseconds = (float) ((*end->time - *start->time) * 1e3);
  return cudaSuccess;
}

/* Takes the stream into the event's capture, or notes that the origin waits for another stream's items. */
static cudaError_t
wait_in_capture (CUstream_st *stream,
                 CUevent_st  *event)
{
  std::shared_ptr<Capture> capture = event->capture.lock ();

  if (!event->captured || !capture) {
    stream->capture->invalid = true;
    return emulator_result (cudaErrorStreamCaptureIsolation);
  }
  if (!stream->capture) {
    stream->capture = capture;
    stream->captured = 1; /* it has to be joined even if nothing is put on it */
    capture->streams.insert (stream);
  } else if (stream->capture != capture) {
    stream->capture->invalid = capture->invalid = true;
    return emulator_result (cudaErrorStreamCaptureMerge);
  }
  stream->tails.insert (event->captured_tails.begin (), event->captured_tails.end ());
  if (event->captured_stream != stream && event->captured_items > event->captured_stream->joined)
    event->captured_stream->joined = event->captured_items;
  return emulator_result (cudaSuccess);
}

cudaError_t
cudaStreamWaitEvent (cudaStream_t handle,
                     cudaEvent_t  event,
                     unsigned)
{
  ENTER ("cudaStreamWaitEvent");
  CUstream_st *stream = emulator_stream (handle);

  if (stream == nullptr)
    return cudaErrorInvalidResourceHandle;
  if (stream->capture || (event->captured && !event->capture.expired ()))
    return wait_in_capture (stream, event);
  if (!event->progress || event->progress->done >= event->ticket)
    return cudaSuccess;
  std::shared_ptr<Progress> progress = event->progress;
  uint64_t ticket = event->ticket;
  return emulator_enqueue (handle, [progress, ticket] {
    if (progress->stream != nullptr)
      emulator_drain (progress->stream, ticket);
  }, "cudaStreamWaitEvent");
}

/* ---- launches ---- */

#define SHARED_DEFAULT 49152
#define SHARED_MOST 232448

cudaError_t
emulator_launch (const void    *function,
                 EmulatorKernel kernel,
                 cudaStream_t   stream)
{
  ENTER ("cudaLaunchKernel");
  size_t threads = (size_t) kernel.block.x * kernel.block.y * kernel.block.z;
  size_t shared_limit = shared_limits.count (function) > 0 ? (size_t) shared_limits[function] : SHARED_DEFAULT;
  bool shape = threads > 0 && threads <= 1024 && kernel.block.z <= 64 && kernel.grid.x > 0 && kernel.grid.y > 0
               && kernel.grid.z > 0 && kernel.grid.x <= 0x7fffffffu && kernel.grid.y <= 65535 && kernel.grid.z <= 65535;

  if (!shape || kernel.shared_bytes > shared_limit) {
    emulator_say ("%s cannot be launched with (%u, %u, %u) blocks of (%u, %u, %u) threads and %zu bytes of shared "
                  "memory, of which it may have %zu", kernel.name, kernel.grid.x, kernel.grid.y, kernel.grid.z,
                  kernel.block.x, kernel.block.y, kernel.block.z, kernel.shared_bytes, shared_limit);
    return emulator_result (shape ? cudaErrorInvalidValue : cudaErrorInvalidConfiguration);
  }
  if (!emulator_settings ().texts.empty ())
    return cudaSuccess;
  return emulator_enqueue (stream, [kernel] { emulator_execute (kernel); }, kernel.name);
}

cudaError_t
cudaFuncSetAttribute (const void  *function,
                      cudaFuncAttribute attribute,
                      int          value)
{
  ENTER ("cudaFuncSetAttribute");
  if (attribute == cudaFuncAttributeMaxDynamicSharedMemorySize) {
    if (value < 0 || value > SHARED_MOST)
      return emulator_result (cudaErrorInvalidValue);
    shared_limits[function] = value;
  }
  return cudaSuccess;
}

cudaError_t
cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags (int         *n,
                                                        const void  *,
                                                        int          threads,
                                                        size_t       shared_bytes,
                                                        unsigned)
{
  ENTER ("cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags");
  int by_threads = threads > 0 ? 2048 / threads : 0;
  int by_shared = shared_bytes > 0 ? (int) ((SHARED_MOST + 1024) / (shared_bytes + 1024)) : by_threads;

  *n = by_threads < by_shared ? by_threads : by_shared;
  return cudaSuccess;
}

cudaError_t
cudaOccupancyMaxActiveBlocksPerMultiprocessor (int        *n,
                                               const void *function,
                                               int         threads,
                                               size_t      shared_bytes)
{
  return cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags (n, function, threads, shared_bytes, 0);
}
