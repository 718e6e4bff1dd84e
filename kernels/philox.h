/* SPDX-License-Identifier: Apache-2.0
 *
 * philox.h: counter-based random numbers, Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as
 * easy as 1, 2, 3; SC 2011).
 *
 * Block b of a random tensor holds elements 4b … 4b+3 and is philox (counter = (b, stream, step low, step high),
 * key = (seed low, seed high)). So a number depends on nothing but (seed, stream, step, position).
 *   uniform float32:  (x >> 8) · 2⁻²⁴                in [0, 1)
 *   uniform float64:  the same 24-bit number, so that both dtypes see one sequence
 *   normal: Box–Muller on the pairs (x0, x1), (x2, x3): u = ((x0 >> 8) + 0.5)·2⁻²⁴, v = (x1 >> 8)·2⁻²⁴,
 *           r = sqrt (−2 log u), (r cos 2πv, r sin 2πv); computed in the tensor's dtype
 *   categorical: floor (x · n / 2³²), by a 64-bit product
 *
 * Valid as C17 and C++; header only so that CUDA kernels can use it.
 */
#pragma once

#include <stdint.h>

#ifdef __CUDACC__
#define MP_PHILOX_INLINE static __host__ __device__ inline
#else
#define MP_PHILOX_INLINE static inline
#endif

MP_PHILOX_INLINE void
mp_philox (uint64_t seed, uint32_t block, uint32_t stream, uint64_t step, uint32_t out[4])
{
  uint32_t c0 = block, c1 = stream, c2 = (uint32_t) step, c3 = (uint32_t) (step >> 32);
  uint32_t k0 = (uint32_t) seed, k1 = (uint32_t) (seed >> 32);

  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t) 0xD2511F53u * c0;
    uint64_t p1 = (uint64_t) 0xCD9E8D57u * c2;
    uint32_t n0 = (uint32_t) (p1 >> 32) ^ c1 ^ k0;
    uint32_t n2 = (uint32_t) (p0 >> 32) ^ c3 ^ k1;

    c1 = (uint32_t) p1;
    c3 = (uint32_t) p0;
    c0 = n0;
    c2 = n2;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }

  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}
