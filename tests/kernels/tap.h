/* SPDX-License-Identifier: Apache-2.0
 *
 * tap.h: what kernel tests need and GLib would give: TAP lines, seeded random numbers, and a kernel run on host
 * arrays with poisoned outputs.
 */
#pragma once

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/test-device.h"

/* ---- TAP ---- */
static int tap_n, tap_n_failed;

static inline int __attribute__ ((format (printf, 2, 3)))
tap_ok (int         ok,
        const char *format,
        ...)
{
  va_list args;

  printf ("%sok %d - ", ok ? "" : "not ", ++tap_n);
  va_start (args, format);
  vprintf (format, args);
  va_end (args);
  printf ("\n");
  fflush (stdout);
  tap_n_failed += !ok;
  return ok;
}

static inline int
tap_done (void)
{
  printf ("1..%d\n", tap_n);
  return tap_n_failed > 0;
}

/* ---- random numbers: xorshift64*, one sequence per program ---- */
static uint64_t tap_seed = 0x9E3779B97F4A7C15u;

static inline uint32_t
tap_random (void)
{
  tap_seed ^= tap_seed >> 12;
  tap_seed ^= tap_seed << 25;
  tap_seed ^= tap_seed >> 27;
  return (uint32_t) ((tap_seed * 0x2545F4914F6CDD1Du) >> 32);
}

static inline double
tap_uniform (double low,
             double high)
{
  return low + (high - low) * (tap_random () * 0x1p-32);
}

/* ---- tensors on the host ---- */
static inline MpTensorType
tap_type (MpDtype        dtype,
          int            rank,
          const int64_t *dim)
{
  MpTensorType type = { .rank = rank, .dtype = dtype };

  for (int i = 0; i < rank; i++)
    type.dim[i] = dim[i];
  return type;
}

static inline void *
tap_alloc (const MpTensorType *type)
{
  size_t bytes = ((size_t) mp_tensor_count (type) * mp_dtype_size (type->dtype) + MP_ALIGNMENT) / MP_ALIGNMENT
                 * MP_ALIGNMENT;
  void  *data = aligned_alloc (MP_ALIGNMENT, bytes);

  if (data == NULL)
    abort ();
  memset (data, 0xff, bytes); /* NaN in both dtypes, −1 as integer */
  return data;
}

static inline double
tap_get (const MpTensorType *type,
         const void         *data,
         int64_t             i)
{
  return type->dtype == MP_FLOAT32 ? (double) ((const float *) data)[i]
         : type->dtype == MP_FLOAT64 ? ((const double *) data)[i]
                                     : (double) ((const int32_t *) data)[i];
}

static inline void
tap_set (const MpTensorType *type,
         void               *data,
         int64_t             i,
         double              value)
{
  if (type->dtype == MP_FLOAT32)
    ((float *) data)[i] = (float) value;
  else if (type->dtype == MP_FLOAT64)
    ((double *) data)[i] = value;
  else
    ((int32_t *) data)[i] = (int32_t) value;
}

static inline double
tap_epsilon (MpDtype dtype)
{
  return dtype == MP_FLOAT32 ? 0x1p-24 : 0x1p-53; /* half a unit in the last place of 1 */
}

/* ---- kernels ---- */
static MpDevice *tap_device;
static MpStream *tap_stream;

static inline void
tap_open (int n_threads)
{
  if (test_device_class ()->open (0, &(MpDeviceOptions) { .n_threads = n_threads }, &tap_device) != MP_OK
      || test_device_class ()->stream_new (tap_device, &tap_stream) != MP_OK) {
    printf ("Bail out! %s\n", mp_kernels_error ());
    exit (1);
  }
}

static inline void
tap_close (void)
{
  test_device_class ()->stream_free (tap_stream);
  test_device_class ()->close (tap_device);
}

/* Instruction sets to test: all of the CPU's, or none in particular. Ends with NULL. */
static inline const char *const *
tap_isas (void)
{
  static const char *const cpu[] = { "baseline", "avx2", "avx512", NULL };
  static const char *const other[] = { "cuda", NULL };

  return test_device_is_cpu () ? cpu : other;
}

/* A kernel on host arrays. Devices with memory of their own get copies of them: before each run of all, since outputs
 * may be updated in place, and back after it. An output that is also an input stays one array. */
#define TAP_MAX_TENSORS 40

typedef struct
{
  MpKernel *kernel;
  void     *workspace;
  int       n, n_inputs;
  void     *host[TAP_MAX_TENSORS];   /* inputs, then outputs */
  void     *device[TAP_MAX_TENSORS]; /* the CPU's are the same */
  size_t    bytes[TAP_MAX_TENSORS];
} TapKernel;

static inline void
tap_check (MpStatus status)
{
  if (status != MP_OK) {
    printf ("Bail out! %s\n", mp_kernels_error ());
    exit (1);
  }
}

static inline void
tap_place (TapKernel          *kernel,
           const MpTensorType *type,
           void               *host)
{
  int i = kernel->n++;

  kernel->host[i] = kernel->device[i] = host;
  kernel->bytes[i] = (size_t) mp_tensor_count (type) * mp_dtype_size (type->dtype);
  if (test_device_is_cpu ())
    return;
  for (int j = 0; j < i; j++)
    if (kernel->host[j] == host) {
      kernel->device[i] = kernel->device[j];
      return;
    }
  tap_check (test_device_class ()->alloc (tap_device, kernel->bytes[i], &kernel->device[i]));
}

static inline int
tap_kernel_new (const MpKernelSpec *spec,
                void *const        *inputs,
                void *const        *outputs,
                TapKernel          *out)
{
  const MpDeviceClass *class = test_device_class ();
  MpTensorType         bytes = { .rank = 1, .dtype = MP_INT32 };

  memset (out, 0, sizeof *out);
  if (class->kernel_new (tap_device, spec, &out->kernel) != MP_OK)
    return 0;
  for (int i = 0; i < spec->n_inputs; i++)
    tap_place (out, &spec->inputs[i], inputs[i]);
  out->n_inputs = out->n;
  for (int i = 0; i < spec->n_outputs; i++)
    tap_place (out, &spec->outputs[i], outputs[i]);
  bytes.dim[0] = (int64_t) class->kernel_workspace (out->kernel) / 4;
  if (test_device_is_cpu ())
    out->workspace = tap_alloc (&bytes);
  else {
    tap_check (class->alloc (tap_device, (size_t) bytes.dim[0] * 4, &out->workspace));
    tap_check (class->fill (tap_device, tap_stream, out->workspace, 0xff, (size_t) bytes.dim[0] * 4));
  }
  return class->kernel_bind (out->kernel, out->device, out->device + out->n_inputs, out->workspace) == MP_OK;
}

/* Runs it and waits. */
static inline MpStatus
tap_kernel_run (TapKernel          *kernel,
                const MpRunContext *context)
{
  const MpDeviceClass *class = test_device_class ();
  MpStatus             status;

  if (test_device_is_cpu ())
    return class->kernel_run (kernel->kernel, tap_stream, context);
  for (int i = 0; i < kernel->n; i++)
    tap_check (class->upload (tap_device, tap_stream, kernel->device[i], kernel->host[i], kernel->bytes[i]));
  status = class->kernel_run (kernel->kernel, tap_stream, context);
  for (int i = kernel->n_inputs; i < kernel->n; i++)
    tap_check (class->download (tap_device, tap_stream, kernel->host[i], kernel->device[i], kernel->bytes[i]));
  tap_check (class->stream_sync (tap_stream));
  return status;
}

static inline void
tap_kernel_free (TapKernel *kernel)
{
  test_device_class ()->kernel_free (kernel->kernel);
  if (test_device_is_cpu ()) {
    free (kernel->workspace);
    return;
  }
  test_device_class ()->release (tap_device, kernel->workspace);
  for (int i = 0; i < kernel->n; i++) {
    int first = 1;

    for (int j = 0; j < i; j++)
      first = first && kernel->device[j] != kernel->device[i];
    if (first)
      test_device_class ()->release (tap_device, kernel->device[i]);
  }
}
