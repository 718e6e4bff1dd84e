/* SPDX-License-Identifier: Apache-2.0
 *
 * fake-module.c: a loadable back end without a GPU, for tests of everything around one: the CPU's class under the name
 * "cuda". MATCHPOINT_FAKE_MODULE says what is wrong with it:
 *   abi        it belongs to another version
 *   driver     there is no driver
 *   libraries  a library is missing: devices are found, none opens
 *   memory     the first of two devices has too little memory, the second opens
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
  return strcmp (mode (), "memory") == 0 ? 2 : atoi (mode ());
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
  return &fake;
}
