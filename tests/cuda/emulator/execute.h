/* SPDX-License-Identifier: Apache-2.0
 *
 * execute.h: what a kernel's thread can ask of its block and warp. launch-emulated.h gives these CUDA's names; programs
 * that the fake NVRTC has compiled get them as a table of pointers.
 */
#pragma once

#include <cuda_runtime_api.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of the running thread. */
extern uint3 emulator_thread_index, emulator_block_index;
extern dim3  emulator_block_size, emulator_grid_size;
extern void *emulator_dynamic_shared;

/* How many threads of the block came with a predicate that is not 0. All live threads must come, to the same line. */
int emulator_barrier (int predicate, const char *file, int line);

/* Lanes of `mask` exchange a value: each gets that of lane `source`, and in `votes` who came with a predicate. A lane
 * that is not there yields bits 1. All live lanes of the mask must come, with the same mask, to the same line. */
uint64_t emulator_exchange (uint32_t mask, uint64_t value, int source, int predicate, uint32_t *votes,
                            const char *file, int line);
unsigned emulator_lane (void);

#ifdef __cplusplus
}
#endif
