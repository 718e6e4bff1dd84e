/* SPDX-License-Identifier: Apache-2.0
 *
 * target.h: one kernel on the device under test, with everything that catches a kernel that cheats: outputs and
 * workspace are poisoned before each run, guard bytes lie around every tensor, inputs are compared afterwards.
 */
#pragma once

#include "engine/train/devices.h"

G_BEGIN_DECLS

#define TARGET_MAX 32 /* tensors on either side of a kernel */

typedef struct
{
  const MpDeviceClass *class;
  MpDevice            *device;
  MpStream            *stream;
} Target;

gboolean target_open (Target *self, const char *name, const MpDeviceOptions *options, GError **error);
void     target_close (Target *self);

/* A tensor on the device between guards. */
typedef struct
{
  char *base;    /* on the device */
  char *address;
  gsize bytes;
  void *host;    /* inputs: what was put there */
} Guarded;

typedef struct
{
  const Target       *target;
  MpKernel           *kernel;
  MpKernelSpec        spec;      /* types, attributes and program belong to the caller */
  Guarded             input[TARGET_MAX];
  Guarded             output[TARGET_MAX];
  Guarded             workspace;
} Launch;

/* inputs: host arrays in the spec's dtypes. Returns MP_STATUS_UNSUPPORTED where the device declines. After anything but
 * MP_OK mp_kernels_error () says more, and there is nothing to free. */
MpStatus launch_new (Launch *self, const Target *target, const MpKernelSpec *spec, void *const *inputs);
void     launch_free (Launch *self);
/* Fills outputs and workspace with a byte: 0xff is NaN in every float format and −1 as an integer. */
MpStatus launch_poison (Launch *self, int byte);
/* Puts values into an output that the kernel updates. */
MpStatus launch_set_output (Launch *self, int output, const void *host);
/* Runs it, and waits for it. */
MpStatus launch_run (Launch *self, const MpRunContext *context);
/* Records it as an iteration written for `base`, and replays that for `context`. MP_STATUS_UNSUPPORTED where the
 * device has no captures. */
MpStatus launch_replay (Launch *self, const MpRunContext *base, const MpRunContext *context);
MpStatus launch_read (Launch *self, int output, void *host);
/* What the kernel damaged: "the bytes before output 0", or NULL. (transfer full) */
char    *launch_find_damage (Launch *self);

/* ---- numbers in every dtype ---- */
double   number_get (MpDtype dtype, const void *data, gint64 i);
void     number_set (MpDtype dtype, void *data, gint64 i, double value); /* rounds to nearest, ties to even */
/* Largest relative error of rounding to the format. */
double   number_unit (MpDtype dtype);

G_END_DECLS
