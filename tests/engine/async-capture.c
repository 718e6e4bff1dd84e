/* SPDX-License-Identifier: Apache-2.0
 *
 * async-capture.c: recordings of an iteration as a graph.
 */
#include <assert.h>
#include <string.h>

#include "tests/engine/async.h"

MpStatus
async_refuse (MpStream   *stream,
              const char *what)
{
  stream->capture->bad = 1;
  return mp_kernels_fail (MP_STATUS_INVALID, "%s cannot be part of a captured iteration.", what);
}

void
async_set_behind (int      **behind,
                  int       *n_behind,
                  const int *nodes,
                  int        n)
{
  *behind = async_grow (*behind, (size_t) n, sizeof **behind);
  if (n > 0)
    memmove (*behind, nodes, (size_t) n * sizeof *nodes);
  *n_behind = n;
}

void
async_record (MpStream *stream,
              Op        op)
{
  MpCapture *capture = stream->capture;
  int        index = capture->n_nodes;
  Node      *node;

  if (capture->n_nodes == capture->n_room) {
    capture->n_room = 2 * capture->n_room + 64;
    capture->nodes = async_grow (capture->nodes, (size_t) capture->n_room, sizeof *capture->nodes);
  }
  node = &capture->nodes[capture->n_nodes++];
  *node = (Node) { .op = op, .n_before = stream->n_behind };
  for (int i = 0; i < stream->n_behind; i++) {
    Node *before = &capture->nodes[stream->behind[i]];

    before->after = async_grow (before->after, (size_t) before->n_after + 1, sizeof *before->after);
    before->after[before->n_after++] = index;
  }
  async_set_behind (&stream->behind, &stream->n_behind, &index, 1);
  if (op.kind == KERNEL)
    op.kernel->n_captures++;
}

MpStatus
async_capture_begin (MpStream           *stream,
                     const MpRunContext *base)
{
  MpCapture *capture = calloc (1, sizeof *capture);

  assert (stream->capture == NULL);
  capture->device = stream->device;
  capture->origin = stream;
  capture->base = *base;
  stream->capture = capture;
  stream->n_behind = 0;
  return MP_OK;
}

void
async_capture_free (MpCapture *capture)
{
  if (capture == NULL)
    return;
  assert (capture->n_pending == 0 && "a capture is freed while a replay is under way");
  for (int i = 0; i < capture->n_nodes; i++) {
    if (capture->nodes[i].op.kind == KERNEL)
      capture->nodes[i].op.kernel->n_captures--;
    free (capture->nodes[i].after);
  }
  free (capture->nodes);
  free (capture->ready);
  free (capture);
}

/* Whether the origin's end is behind every node: a branch that nobody waits for would be lost. */
static int
is_joined (MpCapture *capture)
{
  int n_reached = 0;
  char *reached = calloc ((size_t) capture->n_nodes + 1, 1);

  for (int i = 0; i < capture->origin->n_behind; i++)
    reached[capture->origin->behind[i]] = 1;
  /* Nodes are recorded behind those that they wait for. */
  for (int i = capture->n_nodes - 1; i >= 0; i--) {
    for (int k = 0; k < capture->nodes[i].n_after; k++)
      reached[i] |= reached[capture->nodes[i].after[k]];
    n_reached += reached[i];
  }
  free (reached);
  return n_reached == capture->n_nodes;
}

MpStatus
async_capture_end (MpStream           *stream,
                   const MpRunContext *next,
                   MpCapture         **out)
{
  MpCapture *capture = stream->capture;
  int        joined;

  assert (capture != NULL && capture->origin == stream);
  joined = is_joined (capture);
  for (int i = 0; i < MAX_STREAMS; i++)
    if (stream->device->streams[i] != NULL && stream->device->streams[i]->capture == capture) {
      stream->device->streams[i]->capture = NULL;
      stream->device->streams[i]->n_behind = 0;
    }
  if (capture->bad || !joined) {
    async_capture_free (capture);
    return mp_kernels_fail (MP_STATUS_INVALID, joined ? "The iteration did what cannot be captured."
                                                      : "A stream of the captured iteration was not waited for.");
  }
  capture->next = *next;
  capture->ready = async_grow (NULL, (size_t) capture->n_nodes, sizeof *capture->ready);
  capture->device->n_captures++;
  *out = capture;
  return MP_OK;
}

MpStatus
async_capture_run (MpCapture          *capture,
                   MpStream           *stream,
                   const MpRunContext *context)
{
  assert (stream->capture == NULL);
  capture->device->n_replays++;
  capture->n_pending++;
  async_push (stream, (Op) { .kind = REPLAY, .capture = capture, .context = *context });
  return async_result (capture->device);
}
