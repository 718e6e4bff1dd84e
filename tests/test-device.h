/* SPDX-License-Identifier: Apache-2.0
 *
 * test-device.h: the device that a test program uses.
 *
 * MATCHPOINT_TEST_DEVICE is cpu, which it is without the variable, or cuda: then MATCHPOINT_CUDA_MODULE names the
 * module, the real one or the emulated one of tests/cuda. No GLib here.
 */
#pragma once

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/device.h"

static inline int
test_device_is_cpu (void)
{
  const char *name = getenv ("MATCHPOINT_TEST_DEVICE");

  return name == NULL || name[0] == '\0' || strcmp (name, "cpu") == 0;
}

static inline const MpDeviceClass *
test_device_load (const char **why)
{
  const char   *path = getenv ("MATCHPOINT_CUDA_MODULE");
  void         *module;
  MpModuleEntry entry;

  *why = "MATCHPOINT_CUDA_MODULE names no module";
  if (path == NULL || path[0] == '\0')
    return NULL;
  module = dlopen (path, RTLD_LAZY | RTLD_LOCAL);
  *why = module == NULL ? dlerror () : "the module has no entry";
  entry = module != NULL ? (MpModuleEntry) dlsym (module, MP_MODULE_ENTRY) : NULL;
  if (entry == NULL)
    return NULL;
  *why = "the module is of another version";
  return entry (MP_MODULE_ABI, mp_kernels_note);
}

/* The class; never NULL after test_device_skips () was false. */
static inline const MpDeviceClass *
test_device_class (void)
{
  static const MpDeviceClass *class;
  const char                 *why;

  if (class == NULL)
    class = test_device_is_cpu () ? &mp_cpu_class : test_device_load (&why);
  return class;
}

/* For the start of main (): 1, and says in TAP why, where the device cannot be had. A module that is named but cannot
 * be opened is a failure. */
static inline int
test_device_skips (void)
{
  const char *path = getenv ("MATCHPOINT_CUDA_MODULE"), *why = "";

  if (test_device_class () != NULL && test_device_class ()->count () > 0)
    return 0;
  if (test_device_class () != NULL)
    why = mp_kernels_error ();
  else
    test_device_load (&why);
  if (path != NULL && path[0] != '\0' && test_device_class () == NULL) {
    printf ("Bail out! %s: %s\n", path, why);
    exit (1);
  }
  printf ("1..0 # SKIP no CUDA device: %s\n", why);
  return 1;
}
