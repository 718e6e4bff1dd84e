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
#include <string.h>

#include "tests/engine/async.h"

#define HIDE ((uintptr_t) 1 << 62) /* no address of the host has this bit */
#define POISON 0xfb

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

static int
is_capturing (MpDevice *device)
{
  for (int i = 0; i < MAX_STREAMS; i++)
    if (device->streams[i] != NULL && device->streams[i]->capture != NULL) {
      async_refuse (device->streams[i], "Allocating");
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
    device->blocks = async_grow (device->blocks, device->n_room, sizeof *device->blocks);
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
    return async_refuse (stream, "An upload");
  op.to = reveal_range (device, to, bytes);
  async_push (stream, op);
  if (!is_page_locked (device, from_host)) {
    device->n_waits++;
    async_finish (stream);
  }
  return async_result (device);
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
    return async_refuse (stream, "A download");
  op.from = reveal_range (device, from, bytes);
  memset (to_host, POISON, bytes);
  async_push (stream, op);
  if (!is_page_locked (device, to_host)) {
    device->n_waits++;
    async_finish (stream);
  }
  return async_result (device);
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
  return async_put (stream, (Op) { .kind = MOVE, .to = reveal_range (device, to, bytes),
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
  return async_put (stream, (Op) { .kind = FILL, .to = reveal_range (device, to, bytes), .byte = byte, .bytes = bytes });
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
  return async_put (stream, (Op) { .kind = KERNEL, .kernel = kernel, .context = *context });
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
  .stream_new = async_stream_new,
  .stream_free = async_stream_free,
  .stream_sync = async_stream_sync,
  .stream_wait = async_stream_wait,
  .event_new = async_event_new,
  .event_record = async_event_record,
  .event_query = async_event_query,
  .event_sync = async_event_sync,
  .event_free = async_event_free,
  .supports = supports,
  .kernel_new = kernel_new,
  .kernel_workspace = kernel_workspace,
  .kernel_bind = kernel_bind,
  .kernel_run = kernel_run,
  .kernel_algorithm = kernel_algorithm,
  .kernel_free = kernel_free,
  .capture_begin = async_capture_begin,
  .capture_end = async_capture_end,
  .capture_run = async_capture_run,
  .capture_free = async_capture_free,
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
