/* SPDX-License-Identifier: Apache-2.0
 *
 * memory.cc: the device's memory and page-locked host memory.
 *
 * Device memory is a region of addresses that host code must not touch: often it is readable and writable only while a
 * kernel or a library's work runs. Between blocks lie bytes of a pattern that is checked when the block is freed. With the
 * address sanitizer blocks come from its allocator instead, which sees every access beyond their ends.
 */
#include "tests/cuda/emulator/runtime.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define WITH_REGION 0
#else
#define WITH_REGION 1
#endif

#define ALIGNMENT ((size_t) 256)
#define MARGIN ((size_t) 256)
#define MARGIN_BYTE 0xa5
#define FRESH_BYTE 0xff /* NaN in every floating dtype, −1 as integer */

struct Block
{
  size_t bytes;
  int    device;
};

typedef std::map<uintptr_t, Block> Blocks;

static Blocks device_blocks, pinned_blocks;
static size_t used[16], peak[16];
static int n_unlocks;
#if WITH_REGION
static unsigned n_locks;
static bool is_open;
#endif

/* Nothing is computed from texts that are kept. */
static int
fresh_byte ()
{
  return emulator_settings ().texts.empty () ? FRESH_BYTE : 0;
}

static const Block *
find (const Blocks &blocks,
      const void   *address,
      size_t        bytes)
{
  uintptr_t at = reinterpret_cast<uintptr_t> (address);
  Blocks::const_iterator found = blocks.upper_bound (at);

  if (found == blocks.begin ())
    return nullptr;
  --found;
  return at - found->first <= found->second.bytes && bytes <= found->second.bytes - (at - found->first)
         ? &found->second : nullptr;
}

/* ---- where blocks come from ---- */

#if WITH_REGION
static char *region, *region_end, *region_top; /* reserved, and what was ever given out */
static std::map<size_t, size_t> holes;         /* offset → bytes */

static void
explain_fault (int        signal,
               siginfo_t *info,
               void      *)
{
  static const char text[] = "emulator: host code touches device memory\n";
  char *at = static_cast<char *> (info->si_addr);

  if (at >= region && at < region_end && write (STDERR_FILENO, text, sizeof text - 1) < 0)
    _exit (99);
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  sigaction (signal, &action, nullptr); /* and the access faults again */
}

static void
reserve_region ()
{
  size_t bytes = (emulator_settings ().memory * (size_t) emulator_settings ().n_devices) * 2 + ((size_t) 64 << 20);
  struct sigaction action = {};

  region = static_cast<char *> (mmap (nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  if (region == MAP_FAILED) {
    perror ("emulator: no addresses for the device's memory");
    abort ();
  }
  region_end = region + bytes;
  region_top = region;
  action.sa_sigaction = explain_fault;
  action.sa_flags = SA_SIGINFO;
  sigaction (SIGSEGV, &action, nullptr);
}

static void
protect (int protection)
{
  size_t page = (size_t) sysconf (_SC_PAGESIZE);
  size_t bytes = ((size_t) (region_top - region) + page - 1) / page * page;

  if (bytes > 0 && mprotect (region, bytes, protection) != 0) {
    perror ("emulator: mprotect");
    abort ();
  }
}

static size_t
whole (size_t bytes)
{
  return MARGIN + (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT + MARGIN;
}

static void *
take (size_t bytes)
{
  size_t need = whole (bytes), offset;
  char *address;

  if (region == nullptr)
    reserve_region ();
  std::map<size_t, size_t>::iterator hole = holes.begin ();
  while (hole != holes.end () && hole->second < need)
    ++hole;
  if (hole != holes.end ()) {
    offset = hole->first;
    if (hole->second > need)
      holes[offset + need] = hole->second - need;
    holes.erase (offset);
  } else {
    if ((size_t) (region_end - region_top) < need)
      return nullptr;
    offset = (size_t) (region_top - region);
    region_top += need;
    if (is_open)
      protect (PROT_READ | PROT_WRITE);
  }
  address = region + offset;
  emulator_unlock_memory ();
  memset (address, MARGIN_BYTE, need);
  memset (address + MARGIN, fresh_byte (), bytes);
  emulator_lock_memory ();
  return address + MARGIN;
}

static void
give (void  *address,
      size_t bytes)
{
  unsigned char *start = static_cast<unsigned char *> (address) - MARGIN;
  size_t need = whole (bytes), offset = (size_t) (reinterpret_cast<char *> (start) - region);

  emulator_unlock_memory ();
  for (size_t i = 0; i < need; i++)
    if ((i < MARGIN || i >= MARGIN + bytes) && start[i] != MARGIN_BYTE) {
      emulator_break (cudaErrorIllegalAddress, "something wrote %lld bytes %s a block of %zu",
                      i < MARGIN ? (long long) (MARGIN - i) : (long long) (i - MARGIN - bytes + 1),
                      i < MARGIN ? "before" : "behind", bytes);
      break;
    }
  memset (start, fresh_byte (), need);
  emulator_lock_memory ();
  std::map<size_t, size_t>::iterator after = holes.lower_bound (offset);
  if (after != holes.end () && offset + need == after->first) {
    need += after->second;
    after = holes.erase (after);
  }
  if (after != holes.begin ()) {
    --after;
    if (after->first + after->second == offset) {
      after->second += need;
      return;
    }
  }
  holes[offset] = need;
}
#else
static void *
take (size_t bytes)
{
  void *address = nullptr;

  if (posix_memalign (&address, ALIGNMENT, bytes) != 0)
    return nullptr;
  memset (address, fresh_byte (), bytes);
  return address;
}

static void
give (void  *address,
      size_t)
{
  free (address);
}
#endif

/* Changing the protection costs more than a small kernel, so the region is closed only every so often: host code that
 * reaches into it does so again. */
#define CLOSE_EVERY 16

void
emulator_unlock_memory ()
{
  n_unlocks++;
#if WITH_REGION
  if (!is_open)
    protect (PROT_READ | PROT_WRITE);
  is_open = true;
#endif
}

void
emulator_lock_memory ()
{
  n_unlocks--;
#if WITH_REGION
  if (n_unlocks > 0 || n_locks++ % CLOSE_EVERY != 0)
    return;
  protect (PROT_NONE);
  is_open = false;
#endif
}

/* ---- questions ---- */

bool
emulator_is_device (const void *address,
                    size_t      bytes)
{
  return find (device_blocks, address, bytes) != nullptr;
}

bool
emulator_is_pinned (const void *address,
                    size_t      bytes)
{
  return find (pinned_blocks, address, bytes) != nullptr;
}

bool
emulator_check_range (const char *call,
                      const char *what,
                      const void *address,
                      size_t      bytes)
{
  if (bytes == 0 || emulator_is_device (address, bytes) || emulator_is_pinned (address, bytes))
    return true;
  emulator_break (cudaErrorIllegalAddress, "%s: the %zu bytes of %s at %p are not the device's", call, bytes, what,
                  address);
  return false;
}

/* Looks at every aligned word that could be an address of this process. Numbers hardly ever look like one: heap, stack
 * and libraries lie high, and a double of that pattern would be a denormal one. */
bool
emulator_check_argument (const char *name,
                         const void *argument,
                         size_t      bytes)
{
  const uintptr_t lowest = (uintptr_t) 0x500000000000, highest = (uintptr_t) 0x7fffffffffff;

  for (size_t i = 0; i + sizeof (uintptr_t) <= bytes; i += sizeof (uintptr_t)) {
    uintptr_t word;

    memcpy (&word, static_cast<const char *> (argument) + i, sizeof word);
    if (word < lowest || word > highest)
      continue;
    const void *address = reinterpret_cast<const void *> (word);
    if (!emulator_is_device (address, 0) && !emulator_is_pinned (address, 0)) {
      emulator_break (cudaErrorIllegalAddress, "%s: an argument of %zu bytes holds, at byte %zu, the address %p, which "
                      "is the host's or was freed", name, bytes, i, address);
      return false;
    }
  }
  return true;
}

/* ---- the runtime's functions ---- */

static cudaError_t
allocate (void **out,
          size_t bytes)
{
  int device = emulator_device ();
  void *address;

  if (out == nullptr)
    return emulator_result (cudaErrorInvalidValue);
  *out = nullptr;
  if (bytes == 0)
    return cudaSuccess;
  if (bytes > emulator_settings ().memory - used[device])
    return emulator_result (cudaErrorMemoryAllocation);
  address = take (bytes);
  if (address == nullptr)
    return emulator_result (cudaErrorMemoryAllocation);
  device_blocks[reinterpret_cast<uintptr_t> (address)] = { bytes, device };
  used[device] += bytes;
  peak[device] = used[device] > peak[device] ? used[device] : peak[device];
  *out = address;
  return cudaSuccess;
}

static cudaError_t
release (void *address)
{
  Blocks::iterator found = device_blocks.find (reinterpret_cast<uintptr_t> (address));

  if (found == device_blocks.end ()) {
    emulator_say ("%p is freed, which is no live block of the device", address);
    return emulator_result (cudaErrorInvalidValue);
  }
  used[found->second.device] -= found->second.bytes;
  give (address, found->second.bytes);
  device_blocks.erase (found);
  return emulator_result (cudaSuccess);
}

cudaError_t
cudaMalloc (void **out,
            size_t bytes)
{
  ENTER ("cudaMalloc");
  if (cudaError_t error = emulator_unsafe ("cudaMalloc"))
    return error;
  return allocate (out, bytes);
}

cudaError_t
cudaFree (void *address)
{
  ENTER ("cudaFree");
  if (cudaError_t error = emulator_unsafe ("cudaFree"))
    return error;
  if (address == nullptr)
    return cudaSuccess;
  emulator_drain_all ();
  return release (address);
}

cudaError_t
cudaMallocAsync (void       **out,
                 size_t       bytes,
                 cudaStream_t handle)
{
  ENTER ("cudaMallocAsync");
  CUstream_st *stream = emulator_stream (handle);

  if (stream == nullptr)
    return cudaErrorInvalidResourceHandle;
  if (stream->capture)
    return emulator_invalidate (stream, "cudaMallocAsync");
  return allocate (out, bytes);
}

cudaError_t
cudaFreeAsync (void        *address,
               cudaStream_t handle)
{
  ENTER ("cudaFreeAsync");
  CUstream_st *stream = emulator_stream (handle);

  if (stream == nullptr)
    return cudaErrorInvalidResourceHandle;
  if (stream->capture)
    return emulator_invalidate (stream, "cudaFreeAsync");
  if (address == nullptr)
    return cudaSuccess;
  return emulator_enqueue (handle, [address] { release (address); }, "cudaFreeAsync");
}

cudaError_t
cudaMemGetInfo (size_t *free_bytes,
                size_t *total)
{
  ENTER ("cudaMemGetInfo");
  *total = emulator_settings ().memory;
  *free_bytes = *total - used[emulator_device ()];
  return cudaSuccess;
}

cudaError_t
cudaHostAlloc (void   **out,
               size_t   bytes,
               unsigned)
{
  ENTER ("cudaHostAlloc");
  if (cudaError_t error = emulator_unsafe ("cudaHostAlloc"))
    return error;
  *out = nullptr;
  if (posix_memalign (out, ALIGNMENT, bytes) != 0)
    return emulator_result (cudaErrorMemoryAllocation);
  memset (*out, fresh_byte (), bytes);
  pinned_blocks[reinterpret_cast<uintptr_t> (*out)] = { bytes, 0 };
  return cudaSuccess;
}

cudaError_t
cudaMallocHost (void **out,
                size_t bytes)
{
  return cudaHostAlloc (out, bytes, cudaHostAllocDefault);
}

cudaError_t
cudaFreeHost (void *address)
{
  ENTER ("cudaFreeHost");
  if (cudaError_t error = emulator_unsafe ("cudaFreeHost"))
    return error;
  if (address == nullptr)
    return cudaSuccess;
  emulator_drain_all ();
  if (pinned_blocks.erase (reinterpret_cast<uintptr_t> (address)) == 0)
    return emulator_result (cudaErrorInvalidValue);
  free (address);
  return cudaSuccess;
}

/* ---- pools: one for each device, which gives everything back at once ---- */

struct CUmemPoolHandle_st
{
  int      device;
  uint64_t threshold;
};

static CUmemPoolHandle_st pools[16];

cudaError_t
cudaDeviceGetDefaultMemPool (cudaMemPool_t *pool,
                             int            device)
{
  ENTER ("cudaDeviceGetDefaultMemPool");
  if (device < 0 || device >= emulator_settings ().n_devices)
    return emulator_result (cudaErrorInvalidDevice);
  pools[device].device = device;
  *pool = &pools[device];
  return cudaSuccess;
}

cudaError_t
cudaMemPoolSetAttribute (cudaMemPool_t   pool,
                         cudaMemPoolAttr attribute,
                         void           *value)
{
  ENTER ("cudaMemPoolSetAttribute");
  uint64_t number = *static_cast<uint64_t *> (value);

  switch (attribute) {
  case cudaMemPoolAttrReleaseThreshold:
    pool->threshold = number;
    return cudaSuccess;
  case cudaMemPoolAttrUsedMemHigh:
  case cudaMemPoolAttrReservedMemHigh:
    peak[pool->device] = used[pool->device];
    return number == 0 ? cudaSuccess : emulator_result (cudaErrorInvalidValue);
  default:
    return emulator_result (cudaErrorInvalidValue);
  }
}

cudaError_t
cudaMemPoolGetAttribute (cudaMemPool_t   pool,
                         cudaMemPoolAttr attribute,
                         void           *value)
{
  ENTER ("cudaMemPoolGetAttribute");
  uint64_t *number = static_cast<uint64_t *> (value);

  switch (attribute) {
  case cudaMemPoolAttrReleaseThreshold:
    *number = pool->threshold;
    return cudaSuccess;
  case cudaMemPoolAttrUsedMemCurrent:
  case cudaMemPoolAttrReservedMemCurrent:
    *number = used[pool->device];
    return cudaSuccess;
  case cudaMemPoolAttrUsedMemHigh:
  case cudaMemPoolAttrReservedMemHigh:
    *number = peak[pool->device];
    return cudaSuccess;
  default:
    return emulator_result (cudaErrorInvalidValue);
  }
}

cudaError_t
cudaMemPoolTrimTo (cudaMemPool_t,
                   size_t)
{
  ENTER ("cudaMemPoolTrimTo");
  return cudaSuccess;
}

/* ---- copying ---- */

static bool
copy_allowed (const char    *call,
              void          *to,
              const void    *from,
              size_t         bytes,
              cudaMemcpyKind kind)
{
  bool to_device = emulator_is_device (to, bytes), from_device = emulator_is_device (from, bytes);
  bool want_to = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
  bool want_from = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;

  if (bytes == 0 || kind == cudaMemcpyDefault)
    return true;
  if (to_device == want_to && from_device == want_from)
    return true;
  /* Page-locked memory is the device's too. */
  if ((to_device || !want_to || emulator_is_pinned (to, bytes)) && (from_device || !want_from
                                                                   || emulator_is_pinned (from, bytes))
      && (want_to || !to_device) && (want_from || !from_device))
    return true;
  emulator_say ("%s of %zu bytes from %p (%s) to %p (%s), said to go from the %s to the %s", call, bytes, from,
                from_device ? "the device's" : "not wholly the device's", to,
                to_device ? "the device's" : "not wholly the device's", want_from ? "device" : "host",
                want_to ? "device" : "host");
  return false;
}

static void
copy_bytes (void       *to,
            const void *from,
            size_t      bytes)
{
  emulator_unlock_memory ();
  memmove (to, from, bytes);
  emulator_lock_memory ();
}

cudaError_t
cudaMemcpyAsync (void          *to,
                 const void    *from,
                 size_t         bytes,
                 cudaMemcpyKind kind,
                 cudaStream_t   handle)
{
  ENTER ("cudaMemcpyAsync");
  CUstream_st *stream = emulator_stream (handle);

  if (stream == nullptr)
    return cudaErrorInvalidResourceHandle;
  if (!copy_allowed ("cudaMemcpyAsync", to, from, bytes, kind))
    return emulator_result (cudaErrorInvalidValue);
  bool pageable_from = !emulator_is_device (from, bytes) && !emulator_is_pinned (from, bytes);
  bool pageable_to = !emulator_is_device (to, bytes) && !emulator_is_pinned (to, bytes);
  if (stream->capture && (pageable_from || pageable_to))
    return emulator_invalidate (stream, "cudaMemcpyAsync with pageable host memory");
  if (pageable_to) {
    emulator_drain (stream);
    copy_bytes (to, from, bytes);
    return emulator_result (cudaSuccess);
  }
  if (pageable_from) {
    std::shared_ptr<std::string> staged = std::make_shared<std::string> (static_cast<const char *> (from), bytes);

    return emulator_enqueue (handle, [to, staged] { copy_bytes (to, staged->data (), staged->size ()); },
                             "cudaMemcpyAsync");
  }
  return emulator_enqueue (handle, [to, from, bytes] {
    if (emulator_check_range ("cudaMemcpyAsync", "the target", to, bytes)
        && emulator_check_range ("cudaMemcpyAsync", "the source", from, bytes))
      copy_bytes (to, from, bytes);
  }, "cudaMemcpyAsync");
}

cudaError_t
cudaMemcpy (void          *to,
            const void    *from,
            size_t         bytes,
            cudaMemcpyKind kind)
{
  ENTER ("cudaMemcpy");
  if (cudaError_t error = emulator_unsafe ("cudaMemcpy"))
    return error;
  if (!copy_allowed ("cudaMemcpy", to, from, bytes, kind))
    return emulator_result (cudaErrorInvalidValue);
  emulator_drain (emulator_stream (nullptr));
  copy_bytes (to, from, bytes);
  return emulator_result (cudaSuccess);
}

cudaError_t
cudaMemsetAsync (void        *to,
                 int          byte,
                 size_t       bytes,
                 cudaStream_t handle)
{
  ENTER ("cudaMemsetAsync");
  if (bytes > 0 && !emulator_is_device (to, bytes) && !emulator_is_pinned (to, bytes)) {
    emulator_say ("cudaMemsetAsync of %zu bytes at %p, which are not the device's", bytes, to);
    return emulator_result (cudaErrorInvalidValue);
  }
  return emulator_enqueue (handle, [to, byte, bytes] {
    if (!emulator_check_range ("cudaMemsetAsync", "the target", to, bytes))
      return;
    emulator_unlock_memory ();
    memset (to, byte, bytes);
    emulator_lock_memory ();
  }, "cudaMemsetAsync");
}

cudaError_t
cudaMemset (void  *to,
            int    byte,
            size_t bytes)
{
  cudaError_t error = cudaMemsetAsync (to, byte, bytes, nullptr);

  return error;
}

cudaError_t
cudaPointerGetAttributes (cudaPointerAttributes *attributes,
                          const void            *address)
{
  ENTER ("cudaPointerGetAttributes");
  const Block *block = find (device_blocks, address, 1);

  memset (attributes, 0, sizeof *attributes);
  attributes->type = block != nullptr ? cudaMemoryTypeDevice
                     : emulator_is_pinned (address, 1) ? cudaMemoryTypeHost : cudaMemoryTypeUnregistered;
  attributes->device = block != nullptr ? block->device : 0;
  attributes->devicePointer = attributes->type != cudaMemoryTypeUnregistered ? const_cast<void *> (address) : nullptr;
  attributes->hostPointer = attributes->type == cudaMemoryTypeHost ? const_cast<void *> (address) : nullptr;
  return cudaSuccess;
}
