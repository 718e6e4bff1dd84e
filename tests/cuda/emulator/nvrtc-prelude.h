/* SPDX-License-Identifier: Apache-2.0
 *
 * nvrtc-prelude.h: stands before generated kernels when the fake NVRTC compiles them as C.
 */
#include "program.h"

#include <math.h>
#include <string.h>

static EmulatorTable emulator;

typedef struct { unsigned x, y, z; } emulated_uint3;
#define threadIdx (*(const emulated_uint3 *) emulator.thread_index)
#define blockIdx (*(const emulated_uint3 *) emulator.block_index)
#define blockDim (*(const emulated_uint3 *) emulator.block_size)
#define gridDim (*(const emulated_uint3 *) emulator.grid_size)
#define warpSize 32

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __restrict__ restrict
#define __launch_bounds__(...)
#define __align__(n) __attribute__ ((aligned (n)))
#ifdef __SANITIZE_ADDRESS__
#define __shared__ static
#else
#define __shared__ static __attribute__ ((section ("mp_shared")))
#endif

typedef struct { float x, y; } __attribute__ ((aligned (8))) float2;
typedef struct { float x, y, z, w; } __attribute__ ((aligned (16))) float4;
typedef struct { double x, y; } __attribute__ ((aligned (16))) double2;
typedef struct { unsigned x, y; } __attribute__ ((aligned (8))) uint2;
typedef struct { unsigned x, y, z, w; } __attribute__ ((aligned (16))) uint4;
typedef struct { int x, y; } __attribute__ ((aligned (8))) int2;
typedef struct { int x, y, z, w; } __attribute__ ((aligned (16))) int4;

/* ---- the block and the warp ---- */
#define __syncthreads() ((void) emulator.barrier (0, __FILE__, __LINE__))
#define __syncthreads_count(p) emulator.barrier ((p), __FILE__, __LINE__)
#define __syncthreads_or(p) (emulator.barrier ((p), __FILE__, __LINE__) > 0)
#define __syncwarp(...) ((void) emulator.exchange (0xffffffffu, 0, (int) emulator.lane (), 0, 0, __FILE__, __LINE__))
#define __ballot_sync(mask, p)                                                                 \
  __extension__ ({                                                                             \
    unsigned emulated_votes = 0;                                                               \
    emulator.exchange ((mask), 0, 0, (p), &emulated_votes, __FILE__, __LINE__);                \
    emulated_votes;                                                                            \
  })
#define __any_sync(mask, p) (__ballot_sync ((mask), (p)) != 0)
#define __all_sync(mask, p) (__ballot_sync ((mask), !(p)) == 0)
#define emulated_shuffle(mask, v, source)                                                      \
  __extension__ ({                                                                             \
    __typeof__ ((v) + 0) emulated_value = (v);                                                 \
    unsigned long emulated_bits = 0;                                                           \
    memcpy (&emulated_bits, &emulated_value, sizeof emulated_value);                           \
    emulated_bits = emulator.exchange ((mask), emulated_bits, (source), 0, 0, __FILE__, __LINE__); \
    memcpy (&emulated_value, &emulated_bits, sizeof emulated_value);                           \
    emulated_value;                                                                            \
  })
static inline int
emulated_source (int source, int low, int high)
{
  const int lane = (int) emulator.lane ();

  return source < (lane & low) || source > (lane | high) ? lane : source;
}
/* All over whole warps. */
#define __shfl_sync(mask, v, source) emulated_shuffle (mask, v, (source) & 31)
#define __shfl_xor_sync(mask, v, x) emulated_shuffle (mask, v, (int) (emulator.lane () ^ (unsigned) (x)))
#define __shfl_down_sync(mask, v, n) emulated_shuffle (mask, v, emulated_source ((int) emulator.lane () + (int) (n), -32, 31))
#define __shfl_up_sync(mask, v, n) emulated_shuffle (mask, v, emulated_source ((int) emulator.lane () - (int) (n), -32, 31))
#define __threadfence() ((void) 0)
#define __threadfence_block() ((void) 0)

/* ---- atomics: threads do not run at once ---- */
#define atomicAdd(address, n) __extension__ ({ __typeof__ (address) emulated_at = (address);   \
    __typeof__ (*emulated_at + 0) emulated_old = *emulated_at; *emulated_at = emulated_old + (n); emulated_old; })
#define atomicMax(address, n) __extension__ ({ __typeof__ (address) emulated_at = (address);   \
    __typeof__ (*emulated_at + 0) emulated_old = *emulated_at, emulated_new = (n);             \
    *emulated_at = emulated_new > emulated_old ? emulated_new : emulated_old; emulated_old; })
#define atomicCAS(address, compare, n) __extension__ ({ __typeof__ (address) emulated_at = (address); \
    __typeof__ (*emulated_at + 0) emulated_old = *emulated_at;                                 \
    if (emulated_old == (compare)) *emulated_at = (n); emulated_old; })
#define __ldg(address) (*(address))

/* ---- numbers ---- */
static inline float
rsqrtf (float x)
{
  return 1 / sqrtf (x);
}
static inline double
rsqrt (double x)
{
  return 1 / sqrt (x);
}
/* In the steps that a GPU takes, so that they lose what it loses. */
#define __expf(x) exp2f ((x) * 1.442695041f)
#define __logf(x) (log2f (x) * 0.6931471806f)
#define __powf(x, y) exp2f ((y) * log2f (x))
#define __fdividef(x, y) ((x) / (y))

/* ---- binding ---- */
#ifndef __SANITIZE_ADDRESS__
extern char __start_mp_shared[] __attribute__ ((weak, visibility ("hidden")));
extern char __stop_mp_shared[] __attribute__ ((weak, visibility ("hidden")));
#endif
void emulated_bind (const EmulatorTable *table, EmulatorProgram *program);
void
emulated_bind (const EmulatorTable *table, EmulatorProgram *program)
{
  emulator = *table;
#ifndef __SANITIZE_ADDRESS__
  if (__start_mp_shared) {
    program->shared = __start_mp_shared;
    program->shared_bytes = (unsigned long) (__stop_mp_shared - __start_mp_shared);
  }
#endif
}
