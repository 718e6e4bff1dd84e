/* SPDX-License-Identifier: Apache-2.0
 *
 * devices.h: the devices of this machine, by name.
 *
 * A name is "auto", "cpu", "cuda" (the first CUDA device that can be used), "cuda:1" (by number), or "cuda:GPU-2f3a…"
 * (by UUID, or as much of its beginning as fits one device alone).
 *
 * The CUDA module is loaded when a CUDA device is asked for, by name, by "auto" or by listing; with "cpu" it is not
 * touched. Threads: any. The first call that loads the module may take as long as the driver does (0.1 s to 1 s).
 */
#pragma once

#include "engine/error.h"
#include "engine/train/experiment.h"

G_BEGIN_DECLS

typedef struct
{
  char    *id;           /* "cpu", "cuda:0": what --device takes; "cuda" where there is none that can be used */
  char    *title;        /* "AMD EPYC 9655, 2 cores, AVX-512", or "CUDA", "CUDA:0" where it cannot be used */
  char    *status;       /* a sentence: library versions, or why it cannot be used */
  char    *uuid;         /* "GPU-2f3a…"; "" where a device has none */
  guint64  memory_total; /* bytes; 0: unknown */
  guint64  memory_free;
  gboolean usable;
} MpDeviceEntry;

/* (transfer full): array of MpDeviceEntry *, the CPU first; unref frees all. */
GPtrArray *mp_devices_list (void);

/* Whether some build knows devices of this name; MP_ERROR_UNKNOWN if not. Looks at nothing but the name. NULL: auto. */
gboolean   mp_device_check_name (const char *name, GError **error);

/* name: NULL: auto. options: NULL for all zeros; a CUDA device whose options name no cache gets the user's
 * (mp_device_cache_dir ()). device: (transfer full): class->close ().
 * note: (out) (transfer full) (nullable): for "auto" on the CPU why no CUDA device was taken, else NULL.
 * MP_ERROR_UNKNOWN for a name that no build knows, MP_ERROR_DEVICE or MP_ERROR_MEMORY for one that this build or
 * machine lacks. */
gboolean   mp_device_open (const char *name, const MpDeviceOptions *options, const MpDeviceClass **class,
                           MpDevice **device, char **note, GError **error);

/* What the experiment's [train] says about devices, precision and deterministic, into options; the rest stays. */
void       mp_device_read_options (MpExperiment *experiment, MpDeviceOptions *options);

/* Where compiled kernels and measured choices are kept: matchpoint/cuda in the user's cache folder. (transfer none) */
const char *mp_device_cache_dir (void);
/* Deletes the files that were not changed for longest until those left have at most `limit` bytes. Other processes may
 * do the same or use the files meanwhile: a file that is gone is made again. Files of the last hour stay. */
void        mp_device_cache_prune (const char *folder, guint64 limit);

G_END_DECLS
