/* SPDX-License-Identifier: Apache-2.0
 *
 * async-device.c: a back end as a loadable module that computes like the CPU, bit by bit, but when and where a GPU
 * might. Tests run lanes on it to find out what they take for granted:
 *
 *   memory       addresses are not the host's: following one is a fault. New memory is poisoned. What is released, or
 *                freed as a kernel, must not be in use by work under way.
 *   streams      work queues up and is done when somebody waits for it, and otherwise in portions of random size on
 *                random streams; an event passes when the work before it is done, and is polled in vain at random.
 *   transfers    with page-locked memory they read and write it when they are done, not before; where a download
 *                goes is poisoned until then. With other memory they wait.
 *   captures     are recorded as a graph, across streams that wait for each other, and each replay runs it in another
 *                order that its dependencies allow. In a capture nothing may be allocated or waited for.
 *
 * MATCHPOINT_ASYNC_SEED: of the random order, default 1. MATCHPOINT_ASYNC_MEMORY: bytes that a handle has.
 * MpDeviceInfo.detail counts: "launches 12 captures 2 replays 34 waits 5", the last being calls that made the host
 * wait.
 */
#include <assert.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/device.h"

#define HIDE ((uintptr_t) 1 << 62) /* no address of the host has this bit */
#define MAX_STREAMS 16
#define POISON 0xfb

/* ---- structures ---- */

typedef struct
{
  char  *base;     /* the real one */
  size_t bytes;
  int    host;
} Block;

typedef struct Node Node;

struct MpDevice
{
  MpDevice *inner; /* mp_cpu_class's */
  uint64_t  random;
  uint64_t  limit, used, peak;
  uint64_t  n_launches, n_captures, n_replays, n_waits;
  MpStream *streams[MAX_STREAMS];
  Block    *blocks;
  size_t    n_blocks, n_room;
  MpStatus  failed; /* of work that was done later */
};

struct MpKernel
{
  MpDevice *device;
  MpKernel *inner;
  void    **addresses;   /* real, inputs then outputs, then workspace */
  int32_t   n_addresses, n_inputs;
  int       n_pending;   /* in queues */
  int       n_captures;  /* recordings that hold it */
};

typedef enum { KERNEL, MOVE, FILL, RECORD, WAIT, REPLAY } Kind;

typedef struct
{
  Kind         kind;
  MpKernel    *kernel;
  MpRunContext context;
  void        *to;
  const void  *from;
  int          byte;
  size_t       bytes;
  MpEvent     *event;
  uint64_t     ticket;
  MpCapture   *capture;
} Op;

struct MpEvent
{
  MpDevice  *device;
  uint64_t   issued, done;
  MpStream  *stream;      /* of the last record */
  MpCapture *capture;     /* recorded in it, behind these nodes */
  int       *behind;
  int        n_behind;
};

struct MpStream
{
  MpDevice  *device;
  Op        *queue;       /* ring */
  size_t     head, n, room;
  MpCapture *capture;     /* records the stream, or NULL */
  int       *behind;      /* nodes that the next one comes behind */
  int        n_behind;
};

struct Node
{
  Op   op;
  int *after;             /* nodes that wait for it */
  int  n_after;
  int  n_before;
  int  n_open;            /* while it runs */
};

struct MpCapture
{
  MpDevice    *device;
  MpStream    *origin;
  MpRunContext base, next;
  Node        *nodes;
  int          n_nodes, n_room;
  int         *ready;     /* scratch */
  int          n_pending;
  int          bad;       /* what was tried and is not allowed */
};

/* ---- helpers ---- */

static void *
grow (void  *array,
      size_t n,
      size_t size)
{
  void *grown = realloc (array, (n > 0 ? n : 1) * size);

  if (grown == NULL)
    abort ();
  return grown;
}

static uint32_t
draw (MpDevice *device,
      uint32_t  n)
{
  device->random ^= device->random >> 12;
  device->random ^= device->random << 25;
  device->random ^= device->random >> 27;
  return (uint32_t) ((device->random * 0x2545F4914F6CDD1Du) >> 33) % n;
}

static void *
hide (void *address)
{
  return (void *) ((uintptr_t) address | HIDE);
}

static void *
reveal (const void *address)
{
  if (address == NULL)
    return NULL;
  assert (((uintptr_t) address & HIDE) != 0 && "a host address where one of the device is due");
  return (void *) ((uintptr_t) address & ~HIDE);
}

static Block *
find_block (MpDevice   *device,
            const void *address)
{
  for (size_t i = 0; i < device->n_blocks; i++)
    if ((const char *) address >= device->blocks[i].base
        && (const char *) address < device->blocks[i].base + device->blocks[i].bytes)
      return &device->blocks[i];
  return NULL;
}

static void *
reveal_range (MpDevice   *device,
              const void *address,
              size_t      bytes)
{
  char        *real = reveal (address);
  const Block *block = find_block (device, real);

  assert (block != NULL && !block->host && real + bytes <= block->base + block->bytes && "not memory of the device");
  return real;
}

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
    int          at = (int) draw (capture->device, (uint32_t) n_ready);
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

static void
finish (MpStream *stream)
{
  while (stream->n > 0)
    advance (stream);
}

/* What a device would do meanwhile. */
static void
progress (MpDevice *device)
{
  MpStream *stream = device->streams[draw (device, MAX_STREAMS)];

  if (stream == NULL || draw (device, 3) > 0)
    return;
  for (uint32_t n = draw (device, 40); n > 0 && stream->n > 0; n--)
    advance (stream);
}

static MpStatus
result (MpDevice *device)
{
  MpStatus status = device->failed;

  device->failed = MP_OK;
  return status;
}

static void
push (MpStream *stream,
      Op        op)
{
  progress (stream->device);
  if (stream->n == stream->room) {
    size_t room = 2 * stream->room + 64;
    Op    *queue = grow (NULL, room, sizeof *queue);

    for (size_t i = 0; i < stream->n; i++)
      queue[i] = stream->queue[(stream->head + i) % stream->room];
    free (stream->queue);
    stream->queue = queue;
    stream->head = 0;
    stream->room = room;
  }
  stream->queue[(stream->head + stream->n++) % stream->room] = op;
}

/* ---- recording ---- */

static MpStatus
refuse (MpStream   *stream,
        const char *what)
{
  stream->capture->bad = 1;
  return mp_kernels_fail (MP_STATUS_INVALID, "%s cannot be part of a captured iteration.", what);
}

static void
set_behind (int      **behind,
            int       *n_behind,
            const int *nodes,
            int        n)
{
  *behind = grow (*behind, (size_t) n, sizeof **behind);
  if (n > 0)
    memmove (*behind, nodes, (size_t) n * sizeof *nodes);
  *n_behind = n;
}

static void
record (MpStream *stream,
        Op        op)
{
  MpCapture *capture = stream->capture;
  int        index = capture->n_nodes;
  Node      *node;

  if (capture->n_nodes == capture->n_room) {
    capture->n_room = 2 * capture->n_room + 64;
    capture->nodes = grow (capture->nodes, (size_t) capture->n_room, sizeof *capture->nodes);
  }
  node = &capture->nodes[capture->n_nodes++];
  *node = (Node) { .op = op, .n_before = stream->n_behind };
  for (int i = 0; i < stream->n_behind; i++) {
    Node *before = &capture->nodes[stream->behind[i]];

    before->after = grow (before->after, (size_t) before->n_after + 1, sizeof *before->after);
    before->after[before->n_after++] = index;
  }
  set_behind (&stream->behind, &stream->n_behind, &index, 1);
  if (op.kind == KERNEL)
    op.kernel->n_captures++;
}

/* Queues it, or records it. */
static MpStatus
put (MpStream *stream,
     Op        op)
{
  if (stream->capture != NULL) {
    record (stream, op);
    return MP_OK;
  }
  if (op.kind == KERNEL)
    op.kernel->n_pending++;
  push (stream, op);
  return result (stream->device);
}

/* ---- devices ---- */

static int
count (void)
{
  return 1;
}

static MpStatus
device_open (int                    index,
             const MpDeviceOptions *options,
             MpDevice             **out)
{
  const char *seed = getenv ("MATCHPOINT_ASYNC_SEED"), *memory = getenv ("MATCHPOINT_ASYNC_MEMORY");
  MpDevice   *device = calloc (1, sizeof *device);
  MpStatus    status = mp_cpu_class.open (index, options, &device->inner);

  if (status != MP_OK) {
    free (device);
    return status;
  }
  device->random = 0x9E3779B97F4A7C15u * (seed != NULL ? strtoull (seed, NULL, 10) : 1) + 1;
  device->limit = memory != NULL ? strtoull (memory, NULL, 10) : (uint64_t) 1 << 33;
  *out = device;
  return MP_OK;
}

static void
device_close (MpDevice *device)
{
  for (int i = 0; i < MAX_STREAMS; i++)
    assert (device->streams[i] == NULL && "a stream outlives its device");
  assert (device->n_blocks == 0 && "memory outlives its device");
  mp_cpu_class.close (device->inner);
  free (device->blocks);
  free (device);
}

static MpStatus
device_info (MpDevice     *device,
             MpDeviceInfo *out)
{
  memset (out, 0, sizeof *out);
  snprintf (out->name, sizeof out->name, "a device that takes its time");
  snprintf (out->detail, sizeof out->detail, "launches %llu captures %llu replays %llu waits %llu",
            (unsigned long long) device->n_launches, (unsigned long long) device->n_captures,
            (unsigned long long) device->n_replays, (unsigned long long) device->n_waits);
  out->memory_total = device->limit;
  out->memory_free = device->limit - device->used;
  out->memory_used = device->used;
  out->memory_peak = device->peak;
  out->n_units = 1;
  return MP_OK;
}

/* ---- memory ---- */

static int
is_capturing (MpDevice *device)
{
  for (int i = 0; i < MAX_STREAMS; i++)
    if (device->streams[i] != NULL && device->streams[i]->capture != NULL) {
      refuse (device->streams[i], "Allocating");
      return 1;
    }
  return 0;
}

static void *
add_block (MpDevice *device,
           size_t    bytes,
           int       host)
{
  size_t rounded = (bytes / MP_ALIGNMENT + 1) * MP_ALIGNMENT;
  char  *base = aligned_alloc (MP_ALIGNMENT, rounded);

  if (base == NULL)
    abort ();
  memset (base, POISON, rounded);
  if (device->n_blocks == device->n_room) {
    device->n_room = 2 * device->n_room + 64;
    device->blocks = grow (device->blocks, device->n_room, sizeof *device->blocks);
  }
  device->blocks[device->n_blocks++] = (Block) { base, rounded, host };
  return base;
}

static void
remove_block (MpDevice *device,
              Block    *block)
{
  memset (block->base, POISON, block->bytes);
  free (block->base);
  *block = device->blocks[--device->n_blocks];
}

static MpStatus
memory_alloc (MpDevice *device,
              size_t    bytes,
              void    **out)
{
  if (is_capturing (device))
    return MP_STATUS_INVALID;
  if (device->used + bytes > device->limit)
    return mp_kernels_fail (MP_STATUS_MEMORY, "There is no memory for %zu bytes.", bytes);
  *out = hide (add_block (device, bytes, 0));
  device->used += (bytes / MP_ALIGNMENT + 1) * MP_ALIGNMENT;
  device->peak = device->used > device->peak ? device->used : device->peak;
  return MP_OK;
}

static int
lies_in (const Block *block,
         const void  *address)
{
  return (const char *) address >= block->base && (const char *) address < block->base + block->bytes;
}

static int
op_uses (const Op    *op,
         const Block *block)
{
  for (int32_t i = 0; op->kind == KERNEL && i < op->kernel->n_addresses; i++)
    if (op->kernel->addresses[i] != NULL && lies_in (block, op->kernel->addresses[i]))
      return 1;
  return (op->kind == MOVE && (lies_in (block, op->from) || lies_in (block, op->to)))
         || (op->kind == FILL && lies_in (block, op->to));
}

static void
assert_unused (MpDevice    *device,
               const Block *block)
{
  for (int i = 0; i < MAX_STREAMS; i++) {
    const MpStream *stream = device->streams[i];

    for (size_t k = 0; stream != NULL && k < stream->n; k++) {
      const Op *op = &stream->queue[(stream->head + k) % stream->room];

      assert (!op_uses (op, block) && "memory is released while work under way uses it");
      for (int n = 0; op->kind == REPLAY && n < op->capture->n_nodes; n++)
        assert (!op_uses (&op->capture->nodes[n].op, block) && "memory is released while a replay uses it");
    }
  }
}

static void
memory_release (MpDevice *device,
                void     *address)
{
  Block *block = find_block (device, reveal (address));

  assert (block != NULL && !block->host && block->base == reveal (address));
  assert_unused (device, block);
  device->used -= block->bytes;
  remove_block (device, block);
}

static MpStatus
host_alloc (MpDevice *device,
            size_t    bytes,
            void    **out)
{
  *out = add_block (device, bytes, 1);
  return MP_OK;
}

static void
host_release (MpDevice *device,
              void     *address)
{
  Block *block = find_block (device, address);

  assert (block != NULL && block->host && block->base == address);
  assert_unused (device, block);
  remove_block (device, block);
}

static int
is_page_locked (MpDevice   *device,
                const void *address)
{
  const Block *block = find_block (device, address);

  return block != NULL && block->host;
}

static MpStatus
upload (MpDevice   *device,
        MpStream   *stream,
        void       *to,
        const void *from_host,
        size_t      bytes)
{
  Op op = { .kind = MOVE, .from = from_host, .bytes = bytes };

  if (bytes == 0)
    return MP_OK;
  if (stream->capture != NULL)
    return refuse (stream, "An upload");
  op.to = reveal_range (device, to, bytes);
  push (stream, op);
  if (!is_page_locked (device, from_host)) {
    device->n_waits++;
    finish (stream);
  }
  return result (device);
}

static MpStatus
download (MpDevice   *device,
          MpStream   *stream,
          void       *to_host,
          const void *from,
          size_t      bytes)
{
  Op op = { .kind = MOVE, .to = to_host, .bytes = bytes };

  if (bytes == 0)
    return MP_OK;
  if (stream->capture != NULL)
    return refuse (stream, "A download");
  op.from = reveal_range (device, from, bytes);
  memset (to_host, POISON, bytes);
  push (stream, op);
  if (!is_page_locked (device, to_host)) {
    device->n_waits++;
    finish (stream);
  }
  return result (device);
}

static MpStatus
copy (MpDevice   *device,
      MpStream   *stream,
      void       *to,
      const void *from,
      size_t      bytes)
{
  if (bytes == 0)
    return MP_OK;
  return put (stream, (Op) { .kind = MOVE, .to = reveal_range (device, to, bytes),
                             .from = reveal_range (device, from, bytes), .bytes = bytes });
}

static MpStatus
fill (MpDevice *device,
      MpStream *stream,
      void     *to,
      int       byte,
      size_t    bytes)
{
  if (bytes == 0)
    return MP_OK;
  return put (stream, (Op) { .kind = FILL, .to = reveal_range (device, to, bytes), .byte = byte, .bytes = bytes });
}

/* ---- streams and events ---- */

static MpStatus
stream_new (MpDevice  *device,
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

static void
stream_free (MpStream *stream)
{
  finish (stream);
  for (int i = 0; i < MAX_STREAMS; i++)
    if (stream->device->streams[i] == stream)
      stream->device->streams[i] = NULL;
  free (stream->queue);
  free (stream->behind);
  free (stream);
}

static MpStatus
stream_sync (MpStream *stream)
{
  if (stream->capture != NULL)
    return refuse (stream, "Waiting");
  stream->device->n_waits++;
  finish (stream);
  return result (stream->device);
}

/* In a capture: the stream joins it, behind what the event is behind. */
static MpStatus
join (MpStream *stream,
      MpEvent  *event)
{
  int n = stream->n_behind;

  if (event->capture == NULL)
    return refuse (stream, "Waiting for what is not recorded");
  if (stream->capture == NULL) {
    stream->capture = event->capture;
    n = 0;
  }
  stream->behind = grow (stream->behind, (size_t) (n + event->n_behind), sizeof *stream->behind);
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

static MpStatus
stream_wait (MpStream *stream,
             MpEvent  *event)
{
  if (stream->capture != NULL || event->capture != NULL)
    return join (stream, event);
  if (event->issued > 0)
    push (stream, (Op) { .kind = WAIT, .event = event, .ticket = event->issued });
  return result (stream->device);
}

static MpStatus
event_new (MpDevice *device,
           MpEvent **out)
{
  *out = calloc (1, sizeof **out);
  (*out)->device = device;
  return MP_OK;
}

static MpStatus
event_record (MpEvent  *event,
              MpStream *stream)
{
  if (stream->capture != NULL) {
    event->capture = stream->capture;
    set_behind (&event->behind, &event->n_behind, stream->behind, stream->n_behind);
    return MP_OK;
  }
  event->capture = NULL;
  /* Work that waits for an earlier record finds it by its ticket, on the stream of the last. */
  assert (event->stream == NULL || event->stream == stream || event->done == event->issued);
  event->stream = stream;
  push (stream, (Op) { .kind = RECORD, .event = event, .ticket = ++event->issued });
  return result (stream->device);
}

static MpStatus
event_query (MpEvent *event,
             int     *passed)
{
  if (event->capture != NULL)
    return mp_kernels_fail (MP_STATUS_INVALID, "A recorded event cannot be asked.");
  progress (event->device);
  if (event->done < event->issued && draw (event->device, 4) == 0)
    while (event->done < event->issued)
      advance (event->stream);
  *passed = event->done == event->issued;
  return result (event->device);
}

static MpStatus
event_sync (MpEvent *event)
{
  if (event->capture != NULL)
    return mp_kernels_fail (MP_STATUS_INVALID, "A recorded event cannot be waited for.");
  event->device->n_waits += event->done < event->issued;
  while (event->done < event->issued)
    advance (event->stream);
  return result (event->device);
}

static void
event_free (MpEvent *event)
{
  if (event->capture == NULL && event->stream != NULL)
    event_sync (event);
  for (int i = 0; i < MAX_STREAMS; i++) {
    const MpStream *stream = event->device->streams[i];

    for (size_t k = 0; stream != NULL && k < stream->n; k++)
      assert (stream->queue[(stream->head + k) % stream->room].event != event && "an event is freed that is waited for");
  }
  free (event->behind);
  free (event);
}

/* ---- kernels ---- */

static int
supports (MpDevice           *device,
          const MpKernelSpec *spec)
{
  return mp_cpu_class.supports (device->inner, spec);
}

static MpStatus
kernel_new (MpDevice           *device,
            const MpKernelSpec *spec,
            MpKernel          **out)
{
  MpKernel *kernel = calloc (1, sizeof *kernel);
  MpStatus  status = mp_cpu_class.kernel_new (device->inner, spec, &kernel->inner);

  if (status != MP_OK) {
    free (kernel);
    return status;
  }
  kernel->device = device;
  kernel->n_inputs = spec->n_inputs;
  kernel->n_addresses = spec->n_inputs + spec->n_outputs + 1;
  kernel->addresses = calloc ((size_t) kernel->n_addresses, sizeof *kernel->addresses);
  *out = kernel;
  return MP_OK;
}

static size_t
kernel_workspace (const MpKernel *kernel)
{
  return mp_cpu_class.kernel_workspace (kernel->inner);
}

static MpStatus
kernel_bind (MpKernel    *kernel,
             void *const *inputs,
             void *const *outputs,
             void        *workspace)
{
  int32_t last = kernel->n_addresses - 1;

  assert (kernel->n_pending == 0 && kernel->n_captures == 0 && "a kernel is bound anew while it is under way");
  for (int32_t i = 0; i < last; i++)
    kernel->addresses[i] = reveal (i < kernel->n_inputs ? inputs[i] : outputs[i - kernel->n_inputs]);
  kernel->addresses[last] = reveal (workspace);
  return mp_cpu_class.kernel_bind (kernel->inner, kernel->addresses, kernel->addresses + kernel->n_inputs,
                                   kernel->addresses[last]);
}

static MpStatus
kernel_run (MpKernel           *kernel,
            MpStream           *stream,
            const MpRunContext *context)
{
  kernel->device->n_launches += stream->capture == NULL;
  return put (stream, (Op) { .kind = KERNEL, .kernel = kernel, .context = *context });
}

static const char *
kernel_algorithm (const MpKernel *kernel)
{
  return mp_cpu_class.kernel_algorithm (kernel->inner);
}

static void
kernel_free (MpKernel *kernel)
{
  if (kernel == NULL)
    return;
  assert (kernel->n_pending == 0 && "a kernel is freed while it is under way");
  assert (kernel->n_captures == 0 && "a kernel is freed that a capture holds");
  mp_cpu_class.kernel_free (kernel->inner);
  free (kernel->addresses);
  free (kernel);
}

/* ---- captures ---- */

static MpStatus
capture_begin (MpStream           *stream,
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

static void
capture_free (MpCapture *capture)
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

static MpStatus
capture_end (MpStream           *stream,
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
    capture_free (capture);
    return mp_kernels_fail (MP_STATUS_INVALID, joined ? "The iteration did what cannot be captured."
                                                      : "A stream of the captured iteration was not waited for.");
  }
  capture->next = *next;
  capture->ready = grow (NULL, (size_t) capture->n_nodes, sizeof *capture->ready);
  capture->device->n_captures++;
  *out = capture;
  return MP_OK;
}

static MpStatus
capture_run (MpCapture          *capture,
             MpStream           *stream,
             const MpRunContext *context)
{
  assert (stream->capture == NULL);
  capture->device->n_replays++;
  capture->n_pending++;
  push (stream, (Op) { .kind = REPLAY, .capture = capture, .context = *context });
  return result (capture->device);
}

static const MpDeviceClass async_class = {
  .id = "cuda",
  .count = count,
  .open = device_open,
  .close = device_close,
  .info = device_info,
  .alloc = memory_alloc,
  .release = memory_release,
  .host_alloc = host_alloc,
  .host_release = host_release,
  .upload = upload,
  .download = download,
  .copy = copy,
  .fill = fill,
  .stream_new = stream_new,
  .stream_free = stream_free,
  .stream_sync = stream_sync,
  .stream_wait = stream_wait,
  .event_new = event_new,
  .event_record = event_record,
  .event_query = event_query,
  .event_sync = event_sync,
  .event_free = event_free,
  .supports = supports,
  .kernel_new = kernel_new,
  .kernel_workspace = kernel_workspace,
  .kernel_bind = kernel_bind,
  .kernel_run = kernel_run,
  .kernel_algorithm = kernel_algorithm,
  .kernel_free = kernel_free,
  .capture_begin = capture_begin,
  .capture_end = capture_end,
  .capture_run = capture_run,
  .capture_free = capture_free,
};

__attribute__ ((visibility ("default"))) const MpDeviceClass *mp_module_entry (uint32_t abi,
                                                                               void (*fail) (const char *text));

const MpDeviceClass *
mp_module_entry (uint32_t abi,
                 void   (*fail) (const char *text))
{
  mp_kernels_set_sink (fail);
  return abi == MP_MODULE_ABI ? &async_class : NULL;
}
