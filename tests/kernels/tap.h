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

#include "kernels/device.h"

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
  if (mp_cpu_class.open (0, &(MpDeviceOptions) { .n_threads = n_threads }, &tap_device) != MP_OK
      || mp_cpu_class.stream_new (tap_device, &tap_stream) != MP_OK) {
    printf ("Bail out! %s\n", mp_kernels_error ());
    exit (1);
  }
}

static inline void
tap_close (void)
{
  mp_cpu_class.stream_free (tap_stream);
  mp_cpu_class.close (tap_device);
}

typedef struct
{
  MpKernel *kernel;
  void     *workspace;
} TapKernel;

static inline int
tap_kernel_new (const MpKernelSpec *spec,
                void *const        *inputs,
                void *const        *outputs,
                TapKernel          *out)
{
  MpTensorType bytes = { .rank = 1, .dtype = MP_INT32 };

  if (mp_cpu_class.kernel_new (tap_device, spec, &out->kernel) != MP_OK)
    return 0;
  bytes.dim[0] = (int64_t) mp_cpu_class.kernel_workspace (out->kernel) / 4;
  out->workspace = tap_alloc (&bytes);
  return mp_cpu_class.kernel_bind (out->kernel, inputs, outputs, out->workspace) == MP_OK;
}

static inline void
tap_kernel_free (TapKernel *kernel)
{
  mp_cpu_class.kernel_free (kernel->kernel);
  free (kernel->workspace);
}
