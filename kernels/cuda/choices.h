/* SPDX-License-Identifier: Apache-2.0
 *
 * choices.h: what was measured to be fastest, kept in a text file.
 *
 * A choice is a line of text found by a key, which names all that the answer depends on: device, driver, the library's
 * version, operation, shapes, dtypes, precision. The file is "choices" in the cache folder, one line each:
 *
 *   CHECKSUM<tab>KEY<tab>VALUE
 *
 * A line with a wrong checksum (cut off, damaged) is as if it were not there. Writers take a lock, read what others
 * wrote meanwhile, and rename a new file into place; so readers need no lock, and of two that chose at the same time
 * the first one wins for both. A folder that cannot be written costs only that the choice is made again next time.
 *
 * Threads: any. Neither keys nor values hold tabs or line feeds.
 */
#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct MpCudaChoices MpCudaChoices;

/* The process's table for a folder (NULL: in memory only), read at the first call. Never freed: a few kilobytes.
 * NULL when there is no memory. */
MpCudaChoices *mp_cuda_choices_get (const char *folder);
/* 1 and the value; 0 when nothing was chosen or value_size is too small. */
int            mp_cuda_choices_find (MpCudaChoices *choices, const char *key, char *value, size_t value_size);
/* Keeps a value in memory and file. When the key has one already, that stays and is written to value. */
void           mp_cuda_choices_keep (MpCudaChoices *choices, const char *key, char *value, size_t value_size);
/* Reads the file again, for what other processes chose. */
void           mp_cuda_choices_refresh (MpCudaChoices *choices);

#ifdef __cplusplus
}
#endif
