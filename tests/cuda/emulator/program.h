/* SPDX-License-Identifier: Apache-2.0
 *
 * program.h: between the fake NVRTC (nvrtc.cc), which compiles generated kernels as C, and the fake driver (driver.cc),
 * which loads and launches them. Included by the compiled programs too.
 *
 * Compiled code is a shared object. For a kernel NAME with parameter struct NAME_args it has emulated_call_NAME
 * (pointer to the struct) and emulated_size_NAME, and once emulated_bind (table).
 */
#pragma once

/* What a compiled program gets from the emulator. */
typedef struct
{
  const unsigned *thread_index, *block_index, *block_size, *grid_size; /* x, y, z */
  void           *const *dynamic_shared;
  int           (*barrier) (int predicate, const char *file, int line);
  unsigned long (*exchange) (unsigned mask, unsigned long value, int source, int predicate, unsigned *votes,
                             const char *file, int line);
  unsigned      (*lane) (void);
} EmulatorTable;

/* What it gives: its shared arrays. */
typedef struct
{
  char         *shared;
  unsigned long shared_bytes;
} EmulatorProgram;
