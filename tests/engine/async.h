/* SPDX-License-Identifier: Apache-2.0
 *
 * async.h: what the parts of async-device.c share.
 */
#pragma once

#include <stdint.h>
#include <stdlib.h>

#include "kernels/device.h"

#define MAX_STREAMS 16

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

static inline void *
async_grow (void  *array,
            size_t n,
            size_t size)
{
  void *grown = realloc (array, (n > 0 ? n : 1) * size);

  if (grown == NULL)
    abort ();
  return grown;
}

static inline uint32_t
async_draw (MpDevice *device,
            uint32_t  n)
{
  device->random ^= device->random >> 12;
  device->random ^= device->random << 25;
  device->random ^= device->random >> 27;
  return (uint32_t) ((device->random * 0x2545F4914F6CDD1Du) >> 33) % n;
}

/* ---- work (async-queue.c) ---- */

/* Queues it, or records it. */
MpStatus async_put          (MpStream *stream,
                             Op        op);
/* Queues it. */
void     async_push         (MpStream *stream,
                             Op        op);
/* Does all that is queued. */
void     async_finish       (MpStream *stream);
/* Of work that was done since it was last asked. */
MpStatus async_result       (MpDevice *device);

MpStatus async_stream_new   (MpDevice  *device,
                             MpStream **out);
void     async_stream_free  (MpStream *stream);
MpStatus async_stream_sync  (MpStream *stream);
MpStatus async_stream_wait  (MpStream *stream,
                             MpEvent  *event);
MpStatus async_event_new    (MpDevice *device,
                             MpEvent **out);
MpStatus async_event_record (MpEvent  *event,
                             MpStream *stream);
MpStatus async_event_query  (MpEvent *event,
                             int     *passed);
MpStatus async_event_sync   (MpEvent *event);
void     async_event_free   (MpEvent *event);

/* ---- recordings (async-capture.c) ---- */

/* Makes the stream's recording a bad one, for it cannot have this. */
MpStatus async_refuse        (MpStream   *stream,
                              const char *what);
void     async_record        (MpStream *stream,
                              Op        op);
void     async_set_behind    (int      **behind,
                              int       *n_behind,
                              const int *nodes,
                              int        n);
MpStatus async_capture_begin (MpStream           *stream,
                              const MpRunContext *base);
MpStatus async_capture_end   (MpStream           *stream,
                              const MpRunContext *next,
                              MpCapture         **out);
MpStatus async_capture_run   (MpCapture          *capture,
                              MpStream           *stream,
                              const MpRunContext *context);
void     async_capture_free  (MpCapture *capture);
