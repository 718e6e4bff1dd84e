/* SPDX-License-Identifier: Apache-2.0
 *
 * test-device.h: the device that lanes of a test run on: MATCHPOINT_TEST_DEVICE, a name as for --device, or the CPU.
 */
#pragma once

#include "engine/train/devices.h"
#include "tests/test-device.h"

static inline const char *
test_device_name (void)
{
  const char *name = g_getenv ("MATCHPOINT_TEST_DEVICE");

  return name != NULL && name[0] != '\0' ? name : "cpu";
}

/* Where runs are made that those of the device must equal, bit by bit: MATCHPOINT_TEST_REFERENCE, or the same. */
static inline const char *
test_reference_name (void)
{
  const char *name = g_getenv ("MATCHPOINT_TEST_REFERENCE");

  return name != NULL ? name : test_device_name ();
}

/* A handle of one's own; close it by its class. Deterministic, so that comparisons bit by bit make sense. */
static inline MpDevice *
test_device_open (const char           *name,
                  const MpDeviceClass **class)
{
  static const MpDeviceOptions options = { .precision = MP_PRECISION_STRICT, .deterministic = TRUE };
  g_autoptr (GError) error = NULL;
  MpDevice *device = NULL;

  mp_device_open (name, &options, class, &device, NULL, &error);
  g_assert_no_error (error);
  return device;
}
