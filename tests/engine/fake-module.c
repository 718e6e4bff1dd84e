/* SPDX-License-Identifier: Apache-2.0
 *
 * fake-module.c: a loadable back end without a GPU, for tests of everything around one: the CPU's class under the name
 * "cuda". MATCHPOINT_FAKE_MODULE says what is wrong with it:
 *   abi        it belongs to another version
 *   driver     there is no driver
 *   libraries  a library is missing: devices are found, none opens
 *   memory     the first of two devices has too little memory, the second opens
 *   wrong      the first number of a result is off by 1/1000
 *   spill      a byte behind the first result is written
 *   restless   every other run gives another last bit
 *   (else)     as many devices as it says, 1 without it
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/device.h"

static MpDeviceClass fake;

static const char *
mode (void)
{
  const char *text = getenv ("MATCHPOINT_FAKE_MODULE");

  return text != NULL ? text : "1";
}

static int
count (void)
{
  if (strcmp (mode (), "driver") == 0) {
    mp_kernels_fail (MP_STATUS_LIBRARY, "There is no NVIDIA driver: libcuda.so.1 was not found.");
    return 0;
  }
  if (strcmp (mode (), "libraries") == 0)
    return 1;
  if (strcmp (mode (), "memory") == 0)
    return 2;
  return mode ()[0] >= '0' && mode ()[0] <= '9' ? atoi (mode ()) : 1;
}

/* Handles of the CPU; which device one stands for is told by its address. */
#define MAX_OPEN 64
static struct
{
  MpDevice *device;
  int       index;
} handles[MAX_OPEN];
static int lock;

static int
swap_handle (MpDevice *from,
             MpDevice *to,
             int       index)
{
  int found = -1;

  while (__atomic_exchange_n (&lock, 1, __ATOMIC_ACQUIRE))
    ;
  for (int i = 0; i < MAX_OPEN && found < 0; i++)
    if (handles[i].device == from) {
      found = handles[i].index;
      handles[i].device = to;
      handles[i].index = index;
    }
  __atomic_store_n (&lock, 0, __ATOMIC_RELEASE);
  return found;
}

static MpStatus
open_device (int                    index,
             const MpDeviceOptions *options,
             MpDevice             **out)
{
  MpStatus status;

  if (strcmp (mode (), "libraries") == 0)
    return mp_kernels_fail (MP_STATUS_LIBRARY, "cuDNN 9 was not found.");
  if (strcmp (mode (), "memory") == 0 && index == 0)
    return mp_kernels_fail (MP_STATUS_MEMORY, "Of 24 GB 12 MB are free.");
  status = mp_cpu_class.open (0, options, out);
  if (status == MP_OK)
    swap_handle (NULL, *out, index);
  return status;
}

static void
close_device (MpDevice *device)
{
  swap_handle (device, NULL, 0);
  mp_cpu_class.close (device);
}

static MpStatus
info (MpDevice     *device,
      MpDeviceInfo *out)
{
  static const char *const uuids[] = { "GPU-2f3a0000-aaaa", "GPU-2f3b0000-bbbb", "GPU-91000000-cccc" };
  int index = swap_handle (device, device, 0);

  swap_handle (device, device, index);
  memset (out, 0, sizeof *out);
  snprintf (out->name, sizeof out->name, "Fake GPU %d", index);
  snprintf (out->detail, sizeof out->detail, "A test's module on the CPU.");
  snprintf (out->uuid, sizeof out->uuid, "%s", uuids[index % 3]);
  out->memory_total = 24000000000u;
  out->memory_free = 20000000000u;
  out->n_units = 1;
  return MP_OK;
}

/* ---- kernels that misbehave: one at a time, as the parity suite runs them ---- */

static struct
{
  MpTensorType type; /* of the first output */
  char        *output;
  unsigned     n_runs;
} last;

static MpStatus
kernel_new (MpDevice           *device,
            const MpKernelSpec *spec,
            MpKernel          **out)
{
  last.type = spec->outputs[0];
  last.n_runs = 0;
  return mp_cpu_class.kernel_new (device, spec, out);
}

static MpStatus
kernel_bind (MpKernel    *kernel,
             void *const *inputs,
             void *const *outputs,
             void        *workspace)
{
  last.output = outputs[0];
  return mp_cpu_class.kernel_bind (kernel, inputs, outputs, workspace);
}

static MpStatus
kernel_run (MpKernel           *kernel,
            MpStream           *stream,
            const MpRunContext *context)
{
  MpStatus status = mp_cpu_class.kernel_run (kernel, stream, context);
  size_t bytes = (size_t) mp_tensor_count (&last.type) * mp_dtype_size (last.type.dtype);

  last.n_runs++;
  if (status != MP_OK || bytes == 0)
    return status;
  if (strcmp (mode (), "spill") == 0)
    last.output[bytes] ^= 1;
  else if (strcmp (mode (), "restless") == 0)
    last.output[0] ^= (char) (last.n_runs % 2);
  else if (strcmp (mode (), "wrong") == 0 && last.type.dtype == MP_FLOAT64)
    *(double *) last.output *= 1.001;
  else if (strcmp (mode (), "wrong") == 0 && last.type.dtype == MP_FLOAT32)
    *(float *) last.output *= 1.001f;
  return status;
}

__attribute__ ((visibility ("default"))) const MpDeviceClass *mp_module_entry (uint32_t abi,
                                                                               void (*fail) (const char *text));

const MpDeviceClass *
mp_module_entry (uint32_t abi,
                 void   (*fail) (const char *text))
{
  if (abi != MP_MODULE_ABI || strcmp (mode (), "abi") == 0)
    return NULL;
  mp_kernels_set_sink (fail);
  fake = mp_cpu_class;
  fake.id = "cuda";
  fake.count = count;
  fake.open = open_device;
  fake.close = close_device;
  fake.info = info;
  if (strcmp (mode (), "wrong") == 0 || strcmp (mode (), "spill") == 0 || strcmp (mode (), "restless") == 0) {
    fake.kernel_new = kernel_new;
    fake.kernel_bind = kernel_bind;
    fake.kernel_run = kernel_run;
  }
  return &fake;
}
