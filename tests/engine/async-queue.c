/* SPDX-License-Identifier: Apache-2.0
 *
 * async-queue.c: work that waits in streams, events, and doing it at last.
 */
#include <assert.h>
#include <string.h>

#include "tests/engine/async.h"

/* ---- doing the work ---- */

static void
run_kernel (MpDevice           *device,
            MpKernel           *kernel,
            const MpRunContext *context)
{
  MpStatus status = mp_cpu_class.kernel_run (kernel->inner, NULL, context);

  if (status != MP_OK)
    device->failed = status;
}

static void
do_node (MpDevice           *device,
         const Op           *op,
         const MpRunContext *context)
{
  if (op->kind == KERNEL)
    run_kernel (device, op->kernel, context);
  else if (op->kind == MOVE)
    memmove (op->to, op->from, op->bytes);
  else
    memset (op->to, op->byte, op->bytes);
}

/* In any order that the recorded dependencies allow. */
static void
replay (MpCapture          *capture,
        const MpRunContext *context)
{
  int n_ready = 0;

  for (int i = 0; i < capture->n_nodes; i++) {
    capture->nodes[i].n_open = capture->nodes[i].n_before;
    if (capture->nodes[i].n_open == 0)
      capture->ready[n_ready++] = i;
  }
  while (n_ready > 0) {
    int          at = (int) async_draw (capture->device, (uint32_t) n_ready);
    Node        *node = &capture->nodes[capture->ready[at]];
    MpRunContext own = { context->seed + (node->op.context.seed - capture->base.seed),
                         context->step + (node->op.context.step - capture->base.step),
                         context->batch + (node->op.context.batch - capture->base.batch) };

    capture->ready[at] = capture->ready[--n_ready];
    do_node (capture->device, &node->op, &own);
    for (int i = 0; i < node->n_after; i++)
      if (--capture->nodes[node->after[i]].n_open == 0)
        capture->ready[n_ready++] = node->after[i];
  }
}

static void advance (MpStream *stream);

static void
do_op (MpStream *stream,
       Op       *op)
{
  switch (op->kind) {
  case KERNEL:
    run_kernel (stream->device, op->kernel, &op->context);
    op->kernel->n_pending--;
    break;
  case MOVE:
  case FILL:
    do_node (stream->device, op, NULL);
    break;
  case RECORD:
    op->event->done = op->ticket;
    break;
  case WAIT:
    while (op->event->done < op->ticket)
      advance (op->event->stream);
    break;
  case REPLAY:
    replay (op->capture, &op->context);
    op->capture->n_pending--;
    break;
  }
}

/* Does the oldest of what is queued. */
static void
advance (MpStream *stream)
{
  Op op = stream->queue[stream->head];

  assert (stream->n > 0);
  do_op (stream, &op);
  stream->head = (stream->head + 1) % stream->room;
  stream->n--;
}

void
async_finish (MpStream *stream)
{
  while (stream->n > 0)
    advance (stream);
}

/* What a device would do meanwhile. */
static void
progress (MpDevice *device)
{
  MpStream *stream = device->streams[async_draw (device, MAX_STREAMS)];

  if (stream == NULL || async_draw (device, 3) > 0)
    return;
  for (uint32_t n = async_draw (device, 40); n > 0 && stream->n > 0; n--)
    advance (stream);
}

MpStatus
async_result (MpDevice *device)
{
  MpStatus status = device->failed;

  device->failed = MP_OK;
  return status;
}

void
async_push (MpStream *stream,
            Op        op)
{
  progress (stream->device);
  if (stream->n == stream->room) {
    size_t room = 2 * stream->room + 64;
    Op    *queue = async_grow (NULL, room, sizeof *queue);

    for (size_t i = 0; i < stream->n; i++)
      queue[i] = stream->queue[(stream->head + i) % stream->room];
    free (stream->queue);
    stream->queue = queue;
    stream->head = 0;
    stream->room = room;
  }
  stream->queue[(stream->head + stream->n++) % stream->room] = op;
}

MpStatus
async_put (MpStream *stream,
           Op        op)
{
  if (stream->capture != NULL) {
    async_record (stream, op);
    return MP_OK;
  }
  if (op.kind == KERNEL)
    op.kernel->n_pending++;
  async_push (stream, op);
  return async_result (stream->device);
}

/* ---- streams and events ---- */

MpStatus
async_stream_new (MpDevice  *device,
                  MpStream **out)
{
  for (int i = 0; i < MAX_STREAMS; i++)
    if (device->streams[i] == NULL) {
      device->streams[i] = *out = calloc (1, sizeof **out);
      (*out)->device = device;
      return MP_OK;
    }
  return mp_kernels_fail (MP_STATUS_INVALID, "There are only %d streams.", MAX_STREAMS);
}

void
async_stream_free (MpStream *stream)
{
  async_finish (stream);
  for (int i = 0; i < MAX_STREAMS; i++)
    if (stream->device->streams[i] == stream)
      stream->device->streams[i] = NULL;
  free (stream->queue);
  free (stream->behind);
  free (stream);
}

MpStatus
async_stream_sync (MpStream *stream)
{
  if (stream->capture != NULL)
    return async_refuse (stream, "Waiting");
  stream->device->n_waits++;
  async_finish (stream);
  return async_result (stream->device);
}

/* In a capture: the stream joins it, behind what the event is behind. */
static MpStatus
join (MpStream *stream,
      MpEvent  *event)
{
  int n = stream->n_behind;

  if (event->capture == NULL)
    return async_refuse (stream, "Waiting for what is not recorded");
  if (stream->capture == NULL) {
    stream->capture = event->capture;
    n = 0;
  }
  stream->behind = async_grow (stream->behind, (size_t) (n + event->n_behind), sizeof *stream->behind);
  for (int i = 0; i < event->n_behind; i++) {
    int known = 0;

    for (int k = 0; k < n; k++)
      known |= stream->behind[k] == event->behind[i];
    if (!known)
      stream->behind[n++] = event->behind[i];
  }
  stream->n_behind = n;
  return MP_OK;
}

MpStatus
async_stream_wait (MpStream *stream,
                   MpEvent  *event)
{
  if (stream->capture != NULL || event->capture != NULL)
    return join (stream, event);
  if (event->issued > 0)
    async_push (stream, (Op) { .kind = WAIT, .event = event, .ticket = event->issued });
  return async_result (stream->device);
}

MpStatus
async_event_new (MpDevice *device,
                 MpEvent **out)
{
  *out = calloc (1, sizeof **out);
  (*out)->device = device;
  return MP_OK;
}

MpStatus
async_event_record (MpEvent  *event,
                    MpStream *stream)
{
  if (stream->capture != NULL) {
    event->capture = stream->capture;
    async_set_behind (&event->behind, &event->n_behind, stream->behind, stream->n_behind);
    return MP_OK;
  }
  event->capture = NULL;
  /* Work that waits for an earlier record finds it by its ticket, on the stream of the last. */
  assert (event->stream == NULL || event->stream == stream || event->done == event->issued);
  event->stream = stream;
  async_push (stream, (Op) { .kind = RECORD, .event = event, .ticket = ++event->issued });
  return async_result (stream->device);
}

MpStatus
async_event_query (MpEvent *event,
                   int     *passed)
{
  if (event->capture != NULL)
    return mp_kernels_fail (MP_STATUS_INVALID, "A recorded event cannot be asked.");
  progress (event->device);
  if (event->done < event->issued && async_draw (event->device, 4) == 0)
    while (event->done < event->issued)
      advance (event->stream);
  *passed = event->done == event->issued;
  return async_result (event->device);
}

MpStatus
async_event_sync (MpEvent *event)
{
  if (event->capture != NULL)
    return mp_kernels_fail (MP_STATUS_INVALID, "A recorded event cannot be waited for.");
  event->device->n_waits += event->done < event->issued;
  while (event->done < event->issued)
    advance (event->stream);
  return async_result (event->device);
}

void
async_event_free (MpEvent *event)
{
  if (event->capture == NULL && event->stream != NULL)
    async_event_sync (event);
  for (int i = 0; i < MAX_STREAMS; i++) {
    const MpStream *stream = event->device->streams[i];

    for (size_t k = 0; stream != NULL && k < stream->n; k++)
      assert (stream->queue[(stream->head + k) % stream->room].event != event && "an event is freed that is waited for");
  }
  free (event->behind);
  free (event);
}
