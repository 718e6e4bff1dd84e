/* SPDX-License-Identifier: Apache-2.0
 *
 * launch.h: what every .cu file includes: launching, dynamic shared memory, and the run context.
 *
 *   MP_LAUNCH (kernel, grid, block, shared_bytes, stream, arguments…)   a template kernel stands in parentheses
 *   MP_DYNAMIC_SHARED (float, tile);                                    the block's dynamic shared memory as float *
 *
 * The same files are compiled as C++ for the emulator of the tests (MP_CUDA_EMULATED), so kernels use no inline PTX and
 * no cooperative groups.
 */
#pragma once

#ifdef MP_CUDA_EMULATED
#include "tests/cuda/emulator/launch-emulated.h"
#else
#include <cuda_runtime.h>
#define MP_LAUNCH(kernel, grid, block, shared_bytes, stream, ...) \
  kernel<<<(grid), (block), (shared_bytes), (stream)>>> (__VA_ARGS__)
#define MP_DYNAMIC_SHARED(type, name)                                          \
  extern __shared__ __align__ (16) unsigned char mp_dynamic_shared_memory[];   \
  type *name = reinterpret_cast<type *> (mp_dynamic_shared_memory)
#endif

#include "kernels/cuda/cuda.h"
#include "kernels/cuda/launchers.h"

/* What the kernel's run sees. */
static __device__ inline MpRunContext
mp_context_read (const MpCudaContext &context)
{
  MpRunContext seen = context.offset;

  if (context.base != nullptr) {
    seen.seed += context.base->seed;
    seen.step += context.base->step;
    seen.batch += context.base->batch;
  }
  return seen;
}

/* Blocks of `block` threads for n items, at most `most`: for loops that go on by the whole grid. */
static inline unsigned
mp_blocks (int64_t n, int block, int64_t most)
{
  int64_t blocks = (n + block - 1) / block;

  return (unsigned) (blocks < 1 ? 1 : blocks > most ? most : blocks);
}
