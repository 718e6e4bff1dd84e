/* SPDX-License-Identifier: Apache-2.0
 *
 * cpu.c: the CPU's MpDeviceClass: device, memory, streams, and the common part of kernels.
 *
 * Memory is the host's, so uploads and downloads are copies and every call is finished when it returns.
 */
#include "kernels/cpu/cpu.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- instruction sets ---- */
static const char *const isa_names[MP_N_ISAS] = { "baseline", "avx2", "avx512" };
static const char *const isa_titles[MP_N_ISAS] = { "", "AVX2", "AVX-512" };

static const MpSimd *const simd_tables[MP_N_ISAS][2] = {
  { &mp_simd_baseline_f32, &mp_simd_baseline_f64 },
#ifdef __x86_64__
  { &mp_simd_avx2_f32, &mp_simd_avx2_f64 },
  { &mp_simd_avx512_f32, &mp_simd_avx512_f64 },
#endif
};

/* The best this machine has, or what MATCHPOINT_ISA lowers it to. */
static MpIsa
choose_isa (void)
{
  const char *wish = getenv ("MATCHPOINT_ISA");
  MpIsa       best = MP_ISA_BASELINE;

#ifdef __x86_64__
  __builtin_cpu_init ();
  if (__builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma"))
    best = MP_ISA_AVX2;
  if (best == MP_ISA_AVX2 && __builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512vl")
      && __builtin_cpu_supports ("avx512bw") && __builtin_cpu_supports ("avx512dq")
      && __builtin_cpu_supports ("avx512cd"))
    best = MP_ISA_AVX512;
#endif
  for (int i = 0; wish != NULL && i < (int) best; i++)
    if (strcmp (wish, isa_names[i]) == 0)
      return (MpIsa) i;
  return best;
}

/* ---- device ---- */
static int
device_count (void)
{
  return 1;
}

static void
device_close (MpDevice *device)
{
  free (device);
}

static MpStatus
device_open (int                     index,
             const MpDeviceOptions  *options,
             MpDevice              **out)
{
  MpDevice *device;

  if (index != 0)
    return mp_kernels_fail (MP_STATUS_INVALID, "There is one CPU device, number 0; %d was asked for.", index);
  device = calloc (1, sizeof *device);
  if (device == NULL)
    return mp_kernels_fail (MP_STATUS_MEMORY, "There is no memory for a CPU device.");
  device->n_threads = options != NULL && options->n_threads > 1 ? options->n_threads : 1;
  device->isa = choose_isa ();
  device->simd[MP_FLOAT32] = simd_tables[device->isa][MP_FLOAT32];
  device->simd[MP_FLOAT64] = simd_tables[device->isa][MP_FLOAT64];
  *out = device;
  return MP_OK;
}

/* Value of a line "name : value" of /proc/cpuinfo or /proc/meminfo. */
static int
read_proc (const char *path,
           const char *name,
           char       *value,
           size_t      size)
{
  FILE *file = fopen (path, "re");
  char  line[512];
  int   found = 0;

  while (file != NULL && !found && fgets (line, sizeof line, file) != NULL) {
    char *colon = strchr (line, ':');

    if (colon == NULL || strncmp (line, name, strlen (name)) != 0)
      continue;
    colon += 1 + strspn (colon + 1, " \t");
    colon[strcspn (colon, "\n")] = '\0';
    snprintf (value, size, "%s", colon);
    found = 1;
  }
  if (file != NULL)
    fclose (file);
  return found;
}

static MpStatus
device_info (MpDevice     *device,
             MpDeviceInfo *out)
{
  char model[96] = "CPU", kilobytes[64];

  memset (out, 0, sizeof *out);
  read_proc ("/proc/cpuinfo", "model name", model, sizeof model);
  out->n_units = (int32_t) sysconf (_SC_NPROCESSORS_ONLN);
  snprintf (out->name, sizeof out->name, "%s, %d core%s%s%s", model, out->n_units, out->n_units == 1 ? "" : "s",
            isa_titles[device->isa][0] ? ", " : "", isa_titles[device->isa]);
  snprintf (out->detail, sizeof out->detail, "kernels for %s; %d thread%s in one kernel",
            isa_names[device->isa], device->n_threads, device->n_threads == 1 ? "" : "s");
  if (read_proc ("/proc/meminfo", "MemTotal", kilobytes, sizeof kilobytes))
    out->memory_total = strtoull (kilobytes, NULL, 10) * 1024;
  if (read_proc ("/proc/meminfo", "MemAvailable", kilobytes, sizeof kilobytes))
    out->memory_free = strtoull (kilobytes, NULL, 10) * 1024;
  out->memory_used = __atomic_load_n (&device->memory_used, __ATOMIC_RELAXED);
  out->memory_peak = __atomic_load_n (&device->memory_peak, __ATOMIC_RELAXED);
  return MP_OK;
}

/* ---- memory ---- */
static void *
allocate (size_t bytes)
{
  size_t rounded = (bytes + MP_ALIGNMENT - 1) / MP_ALIGNMENT * MP_ALIGNMENT;
  void  *address = aligned_alloc (MP_ALIGNMENT, rounded > 0 ? rounded : MP_ALIGNMENT);

  if (address == NULL)
    mp_kernels_fail (MP_STATUS_MEMORY, "There is no memory for %zu bytes.", bytes);
  return address;
}

static MpStatus
memory_alloc (MpDevice *device,
              size_t    bytes,
              void    **out)
{
  uint64_t used, peak;

  *out = allocate (bytes);
  if (*out == NULL)
    return MP_STATUS_MEMORY;
  used = __atomic_add_fetch (&device->memory_used, malloc_usable_size (*out), __ATOMIC_RELAXED);
  peak = __atomic_load_n (&device->memory_peak, __ATOMIC_RELAXED);
  while (used > peak && !__atomic_compare_exchange_n (&device->memory_peak, &peak, used, 1, __ATOMIC_RELAXED,
                                                      __ATOMIC_RELAXED))
    ;
  return MP_OK;
}

static void
memory_release (MpDevice *device,
                void     *address)
{
  __atomic_sub_fetch (&device->memory_used, malloc_usable_size (address), __ATOMIC_RELAXED);
  free (address);
}

static MpStatus
host_alloc (MpDevice *device,
            size_t    bytes,
            void    **out)
{
  *out = allocate (bytes);
  return *out != NULL ? MP_OK : MP_STATUS_MEMORY;
}

static void
host_release (MpDevice *device,
              void     *address)
{
  free (address);
}

static MpStatus
memory_upload (MpDevice   *device,
               MpStream   *stream,
               void       *to,
               const void *from_host,
               size_t      bytes)
{
  if (bytes > 0)
    memcpy (to, from_host, bytes);
  return MP_OK;
}

static MpStatus
memory_download (MpDevice   *device,
                 MpStream   *stream,
                 void       *to_host,
                 const void *from,
                 size_t      bytes)
{
  if (bytes > 0)
    memcpy (to_host, from, bytes);
  return MP_OK;
}

static MpStatus
memory_copy (MpDevice   *device,
             MpStream   *stream,
             void       *to,
             const void *from,
             size_t      bytes)
{
  return memory_download (device, stream, to, from, bytes);
}

static MpStatus
memory_fill (MpDevice *device,
             MpStream *stream,
             void     *to,
             int       byte,
             size_t    bytes)
{
  if (bytes > 0)
    memset (to, byte, bytes);
  return MP_OK;
}

/* ---- streams and events: every call has finished when it returns ---- */
static MpStatus
stream_new (MpDevice  *device,
            MpStream **out)
{
  MpStream *stream = calloc (1, sizeof *stream);

  if (stream == NULL)
    return mp_kernels_fail (MP_STATUS_MEMORY, "There is no memory for a stream.");
  stream->device = device;
  *out = stream;
  return MP_OK;
}

static void
stream_free (MpStream *stream)
{
  free (stream);
}

static MpStatus
stream_sync (MpStream *stream)
{
  return MP_OK;
}

static MpStatus
stream_wait (MpStream *stream,
             MpEvent  *event)
{
  return MP_OK;
}

static MpStatus
event_new (MpDevice *device,
           MpEvent **out)
{
  static char the_event;

  *out = (MpEvent *) &the_event;
  return MP_OK;
}

static MpStatus
event_record (MpEvent  *event,
              MpStream *stream)
{
  return MP_OK;
}

static MpStatus
event_query (MpEvent *event,
             int     *passed)
{
  *passed = 1;
  return MP_OK;
}

static MpStatus
event_sync (MpEvent *event)
{
  return MP_OK;
}

static void
event_free (MpEvent *event)
{
}

/* ---- kernels ---- */

typedef MpStatus (*FamilyFn) (MpKernel *kernel, const MpKernelSpec *spec);

static FamilyFn
family_of (const MpKernelSpec *spec)
{
  switch (spec->op) {
  case MP_OP_FUSED:
    return mp_cpu_fused_new;
  case MP_OP_COPY:
    return spec->attrs.flags & MP_PACKED ? mp_cpu_pack_new : mp_cpu_shape_new;
  case MP_OP_STOP_GRADIENT:
  case MP_OP_ASSIGN:
    return mp_cpu_shape_new;
  case MP_OP_FETCH:
  case MP_OP_COLLECT:
    return mp_cpu_ring_new;
  case MP_OP_CONV:
  case MP_OP_CONV_DATA:
  case MP_OP_CONV_WEIGHT:
    return mp_cpu_conv_new;
  case MP_OP_LOG_SUM_EXP:
    return mp_cpu_normalize_new;
  case MP_OP_PD_SOLVE:
    return NULL;
  default:
    break;
  }
  switch (mp_op_class (spec->op)) {
  case MP_CLASS_RANDOM:
    return mp_cpu_random_new;
  case MP_CLASS_ELEMENTWISE:
  case MP_CLASS_REDUCTION:
    return mp_cpu_elementwise_new;
  case MP_CLASS_CAST:
  case MP_CLASS_SHAPE:
    return mp_cpu_shape_new;
  case MP_CLASS_PRODUCT:
    return mp_cpu_product_new;
  case MP_CLASS_POOL:
    return mp_cpu_pool_new;
  case MP_CLASS_FUSED:
    return mp_cpu_normalize_new;
  case MP_CLASS_LINALG:
    return mp_cpu_linalg_new;
  case MP_CLASS_UPDATE:
    return mp_cpu_update_new;
  default:
    return NULL;
  }
}

/* bfloat16 tensors and contractions are there for tensor cores. */
static int
needs_other_back_end (const MpKernelSpec *spec)
{
  for (int32_t i = 0; i < spec->n_inputs; i++)
    if (spec->inputs[i].dtype == MP_BFLOAT16)
      return 1;
  for (int32_t i = 0; i < spec->n_outputs; i++)
    if (spec->outputs[i].dtype == MP_BFLOAT16)
      return 1;
  for (int32_t i = 0; spec->program != NULL && i < spec->program->n_outputs; i++)
    if (spec->program->output[i].reduce == MP_CONTRACT)
      return 1;
  return 0;
}

static MpStatus
kernel_new (MpDevice           *device,
            const MpKernelSpec *spec,
            MpKernel          **out)
{
  FamilyFn  family = (unsigned) spec->op < MP_N_OPS ? family_of (spec) : NULL;
  MpKernel *kernel;
  MpStatus  status;

  if (family == NULL || needs_other_back_end (spec))
    return mp_kernels_fail (MP_STATUS_UNSUPPORTED, "The CPU has no kernel for %s%s.",
                            (unsigned) spec->op < MP_N_OPS ? mp_op_name (spec->op) : "an unknown operation",
                            family == NULL ? "" : " with bfloat16 tensors or contractions");
  kernel = mp_kernel_new (device, spec);
  if (kernel == NULL)
    return MP_STATUS_MEMORY;
  kernel->n_threads = 1;
  status = family (kernel, spec);
  if (status != MP_OK) {
    mp_kernel_free (kernel);
    return status;
  }
  *out = kernel;
  return MP_OK;
}

static int
supports (MpDevice           *device,
          const MpKernelSpec *spec)
{
  MpKernel *kernel;

  if (kernel_new (device, spec, &kernel) != MP_OK)
    return 0;
  mp_kernel_free (kernel);
  return 1;
}

static MpStatus
kernel_run (MpKernel           *kernel,
            MpStream           *stream,
            const MpRunContext *context)
{
  return kernel->run (kernel, stream, context);
}

const MpDeviceClass mp_cpu_class = {
  .id = "cpu",
  .host_memory = 1,
  .count = device_count,
  .open = device_open,
  .close = device_close,
  .info = device_info,
  .alloc = memory_alloc,
  .release = memory_release,
  .host_alloc = host_alloc,
  .host_release = host_release,
  .upload = memory_upload,
  .download = memory_download,
  .copy = memory_copy,
  .fill = memory_fill,
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
  .kernel_workspace = mp_kernel_workspace,
  .kernel_bind = mp_kernel_bind,
  .kernel_run = kernel_run,
  .kernel_algorithm = mp_kernel_algorithm,
  .kernel_free = mp_kernel_free,
  .packed_bytes = mp_cpu_packed_bytes,
};
