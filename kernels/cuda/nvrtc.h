/* SPDX-License-Identifier: Apache-2.0
 *
 * nvrtc.h: from generated texts (source.h) to functions on a GPU.
 *
 * Each text has a key, a hash of the prelude, the text, the architecture and NVRTC's version. Compiled code is kept in
 * three places, asked in this order: this process, for all handles of a GPU; the cache folder of the device's options;
 * NVRTC, for all texts that are still missing in one translation unit, since starting it costs as much as several
 * texts do.
 *
 * In the folder one file holds the code of one translation unit, under the name of each of its keys (hard links). Files
 * are written beside and renamed; one that is damaged, or that the driver does not take, is compiled again.
 */
#pragma once

#include "kernels/cuda/library.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- compiling, without a GPU ---- */

typedef struct
{
  uint64_t word[2];
} MpNvrtcKey;

MpStatus mp_nvrtc_version (int *major, int *minor);
/* The newest architecture that NVRTC knows and that runs on `capability` (90: 9.0); *exact: machine code, not PTX. */
MpStatus mp_nvrtc_architecture (int capability, int *architecture, int *exact);
/* Fails where NVRTC is missing. */
MpStatus mp_nvrtc_key (const char *text, int capability, MpNvrtcKey *key);
/* "mp_" and 32 hexadecimal digits: the kernel's name in compiled code. */
#define MP_NVRTC_NAME_SIZE 36
void     mp_nvrtc_name (const MpNvrtcKey *key, char *name);
/* Compiles texts of different keys together. *image (free ()) is machine code, or PTX with a NUL. *log (nullable) gets
 * the compiler's and assembler's words (free ()); with it, registers and local memory are listed. */
MpStatus mp_nvrtc_compile (const char *const *texts, const MpNvrtcKey *keys, int n, int capability, void **image,
                           size_t *bytes, char **log);

/* ---- the cache folder ---- */

/* Stores an image under its keys. Failures are not told: a cache may be lost. */
void mp_nvrtc_store (const char *folder, const MpNvrtcKey *keys, int n, const void *image, size_t bytes);
/* Whether the folder has an undamaged image with this key. *keys and *image are to be freed. */
int  mp_nvrtc_find (const char *folder, const MpNvrtcKey *key, MpNvrtcKey **keys, int *n, void **image, size_t *bytes);

/* ---- functions ---- */

typedef struct MpCudaCode MpCudaCode;
typedef struct MpDevice   MpDevice;

/* Queues a text on the device's handle; text is taken over, also on failure. */
MpStatus   mp_cuda_code_new (MpDevice *device, char *text, MpCudaCode **out);
void       mp_cuda_code_free (MpCudaCode *code); /* accepts NULL */
/* Compiles or finds all that wait on the code's device. Never while capturing. */
MpStatus   mp_cuda_code_prepare (MpCudaCode *code);
CUfunction mp_cuda_code_function (const MpCudaCode *code); /* NULL before prepare */

#ifdef __cplusplus
}
#endif
