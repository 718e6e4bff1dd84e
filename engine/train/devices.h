/* SPDX-License-Identifier: Apache-2.0
 *
 * devices.h: the devices of this machine, by name.
 *
 * Threads: any.
 */
#pragma once

#include "engine/error.h"

G_BEGIN_DECLS

typedef struct
{
  char    *id;       /* "cpu", "cuda": what --device takes */
  char    *title;    /* "AMD EPYC 9655, 2 cores, AVX-512", or the id where it cannot be used */
  char    *status;   /* a sentence: library versions, or why it cannot be used */
  gboolean usable;
} MpDeviceEntry;

/* (transfer full): array of MpDeviceEntry *; unref frees all. */
GPtrArray *mp_devices_list (void);
/* name: "auto" (or NULL), "cpu", "cuda", "cuda:1". n_threads: inside one kernel, on the CPU.
 * device: (transfer full): class->close (). MP_ERROR_UNKNOWN for a name that no build knows, MP_ERROR_DEVICE for one
 * that this build or machine lacks. */
gboolean   mp_device_open (const char *name, gint n_threads, const MpDeviceClass **class, MpDevice **device,
                           GError **error);

G_END_DECLS
