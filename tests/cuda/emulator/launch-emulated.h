/* SPDX-License-Identifier: Apache-2.0
 *
 * launch-emulated.h: the part of CUDA C++ that the .cu files use, for g++. kernels/cuda/launch.h includes it in place of
 * cuda_runtime.h. Types and host functions come from the real headers; what nvcc builds in is here.
 *
 * Shared arrays are static variables: blocks run one after the other, under one lock. Outside of templates they lie in
 * a section of their own, which is poisoned before every launch; with the address sanitizer they stay ordinary ones, so
 * that it sees accesses beyond them.
 */
#pragma once

#include "tests/cuda/emulator/emulator.h"
#include "tests/cuda/emulator/execute.h"

#include <cuda_bf16.h>
#include <cuda_runtime_api.h>
#include <vector_functions.h>
#include <vector_types.h>

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <tuple>
#include <type_traits>

/* ---- keywords ---- */
#undef __global__
#undef __device__
#undef __host__
#undef __constant__
#undef __shared__
#undef __launch_bounds__
#undef __grid_constant__
#define __global__
#define __device__
#define __host__
#define __constant__
#define __grid_constant__
#define __launch_bounds__(...)
#if defined(__SANITIZE_ADDRESS__)
#define __shared__ static
#else
#define __shared__ static __attribute__ ((section ("mp_shared")))
#endif

#define threadIdx emulator_thread_index
#define blockIdx emulator_block_index
#define blockDim emulator_block_size
#define gridDim emulator_grid_size
#define warpSize 32

#define MP_DYNAMIC_SHARED(type, name) type *name = static_cast<type *> (emulator_dynamic_shared)

/* ---- launching ---- */
template <typename... P>
static inline void
mp_emulated_launch (const char  *name,
                    void       (*kernel) (P...),
                    dim3         grid,
                    dim3         block,
                    size_t       shared_bytes,
                    cudaStream_t stream,
                    std::common_type_t<P>... arguments)
{
  std::tuple<P...> copy (arguments...);

  emulator_launch (reinterpret_cast<const void *> (kernel),
                   { name, grid, block, shared_bytes, [kernel, copy] { std::apply (kernel, copy); },
                     [name, copy] {
    return std::apply ([name] (const P &...argument) {
      return (emulator_check_argument (name, &argument, sizeof argument) && ... && true);
    }, copy);
  } }, stream);
}
#define MP_LAUNCH(kernel, grid, block, shared_bytes, stream, ...) \
  mp_emulated_launch (#kernel, kernel, (grid), (block), (shared_bytes), (stream), ##__VA_ARGS__)

/* cuda_runtime.h gives these to C++ for functions of any type. */
template <typename F>
static inline cudaError_t
cudaFuncSetAttribute (F *function, cudaFuncAttribute attribute, int value)
{
  return cudaFuncSetAttribute (reinterpret_cast<const void *> (function), attribute, value);
}
template <typename F>
static inline cudaError_t
cudaOccupancyMaxActiveBlocksPerMultiprocessor (int *n, F *function, int threads, size_t shared_bytes)
{
  return cudaOccupancyMaxActiveBlocksPerMultiprocessor (n, reinterpret_cast<const void *> (function), threads,
                                                        shared_bytes);
}

/* ---- the block and the warp ---- */
#define EMULATOR_PLACE const char *file = __builtin_FILE (), int line = __builtin_LINE ()

static inline void
__syncthreads (EMULATOR_PLACE)
{
  emulator_barrier (0, file, line);
}
static inline int
__syncthreads_or (int predicate, EMULATOR_PLACE)
{
  return emulator_barrier (predicate, file, line) > 0;
}
static inline int
__syncthreads_and (int predicate, EMULATOR_PLACE)
{
  return emulator_barrier (!predicate, file, line) == 0;
}
static inline int
__syncthreads_count (int predicate, EMULATOR_PLACE)
{
  return emulator_barrier (predicate, file, line);
}
static inline void
__syncwarp (unsigned mask = 0xffffffffu, EMULATOR_PLACE)
{
  emulator_exchange (mask, 0, (int) emulator_lane (), 0, nullptr, file, line);
}
static inline unsigned
__ballot_sync (unsigned mask, int predicate, EMULATOR_PLACE)
{
  uint32_t votes = 0;

  emulator_exchange (mask, 0, 0, predicate, &votes, file, line);
  return votes;
}
static inline int
__any_sync (unsigned mask, int predicate, EMULATOR_PLACE)
{
  return __ballot_sync (mask, predicate, file, line) != 0;
}
static inline int
__all_sync (unsigned mask, int predicate, EMULATOR_PLACE)
{
  return __ballot_sync (mask, !predicate, file, line) == 0;
}

template <typename T>
static inline T
mp_emulated_shuffle (unsigned mask, T value, int source, const char *file, int line)
{
  static_assert (sizeof (T) <= 8, "a shuffle moves at most 8 bytes");
  uint64_t bits = 0;

  memcpy (&bits, &value, sizeof value);
  bits = emulator_exchange (mask, bits, source, 0, nullptr, file, line);
  memcpy (&value, &bits, sizeof value);
  return value;
}
/* A source beyond the lane's segment of `width` lanes is the lane itself. */
template <typename T>
static inline T
__shfl_sync (unsigned mask, T value, int source, int width = 32, EMULATOR_PLACE)
{
  int lane = (int) emulator_lane ();

  return mp_emulated_shuffle (mask, value, (lane & -width) + (source & (width - 1)), file, line);
}
template <typename T>
static inline T
__shfl_up_sync (unsigned mask, T value, unsigned delta, int width = 32, EMULATOR_PLACE)
{
  int lane = (int) emulator_lane (), source = lane - (int) delta;

  return mp_emulated_shuffle (mask, value, source < (lane & -width) ? lane : source, file, line);
}
template <typename T>
static inline T
__shfl_down_sync (unsigned mask, T value, unsigned delta, int width = 32, EMULATOR_PLACE)
{
  int lane = (int) emulator_lane (), source = lane + (int) delta;

  return mp_emulated_shuffle (mask, value, source > (lane | (width - 1)) ? lane : source, file, line);
}
template <typename T>
static inline T
__shfl_xor_sync (unsigned mask, T value, int lanes, int width = 32, EMULATOR_PLACE)
{
  int lane = (int) emulator_lane (), source = lane ^ lanes;

  return mp_emulated_shuffle (mask, value, source > (lane | (width - 1)) ? lane : source, file, line);
}
static inline void
__threadfence ()
{
}
static inline void
__threadfence_block ()
{
}
[[noreturn]] static inline void
__trap ()
{
  __builtin_trap ();
}

/* ---- atomics: threads do not run at once ---- */
template <typename T>
static inline T
atomicAdd (T *address, std::common_type_t<T> value)
{
  T old = *address;

  *address = (T) (old + value);
  return old;
}
template <typename T>
static inline T
atomicMax (T *address, std::common_type_t<T> value)
{
  T old = *address;

  *address = old < value ? value : old;
  return old;
}
template <typename T>
static inline T
atomicMin (T *address, std::common_type_t<T> value)
{
  T old = *address;

  *address = value < old ? value : old;
  return old;
}
template <typename T>
static inline T
atomicExch (T *address, std::common_type_t<T> value)
{
  T old = *address;

  *address = value;
  return old;
}
template <typename T>
static inline T
atomicCAS (T *address, std::common_type_t<T> compare, std::common_type_t<T> value)
{
  T old = *address;

  if (old == compare)
    *address = value;
  return old;
}
template <typename T>
static inline T
atomicOr (T *address, std::common_type_t<T> value)
{
  T old = *address;

  *address = old | value;
  return old;
}

/* ---- memory ---- */
template <typename T>
static inline T
__ldg (const T *address)
{
  return *address;
}
template <typename T>
static inline T
__ldcs (const T *address)
{
  return *address;
}
template <typename T>
static inline T
__ldcg (const T *address)
{
  return *address;
}
template <typename T>
static inline void
__stcs (T *address, std::common_type_t<T> value)
{
  *address = value;
}
template <typename T>
static inline void
__stcg (T *address, std::common_type_t<T> value)
{
  *address = value;
}

/* ---- numbers ---- */
using std::isfinite;
using std::isinf;
using std::isnan;
using std::signbit;

template <typename A, typename B>
static inline std::enable_if_t<std::is_integral_v<A> && std::is_integral_v<B>, std::common_type_t<A, B>>
min (A a, B b)
{
  return (std::common_type_t<A, B>) a < (std::common_type_t<A, B>) b ? a : b;
}
template <typename A, typename B>
static inline std::enable_if_t<std::is_integral_v<A> && std::is_integral_v<B>, std::common_type_t<A, B>>
max (A a, B b)
{
  return (std::common_type_t<A, B>) a > (std::common_type_t<A, B>) b ? a : b;
}
static inline float
min (float a, float b)
{
  return fminf (a, b);
}
static inline float
max (float a, float b)
{
  return fmaxf (a, b);
}
static inline double
min (double a, double b)
{
  return fmin (a, b);
}
static inline double
max (double a, double b)
{
  return fmax (a, b);
}
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
static inline float
rsqrt (float x)
{
  return 1 / sqrtf (x);
}
static inline float
__saturatef (float x)
{
  return !(x > 0) ? 0.0f : x > 1 ? 1.0f : x;
}
static inline void
sincospif (float x, float *sine, float *cosine)
{
  *sine = (float) sin (M_PI * (double) x);
  *cosine = (float) cos (M_PI * (double) x);
}
static inline void
sincospi (double x, double *sine, double *cosine)
{
  *sine = sin (M_PI * x);
  *cosine = cos (M_PI * x);
}
static inline float
cospif (float x)
{
  return (float) cos (M_PI * (double) x);
}
static inline float
sinpif (float x)
{
  return (float) sin (M_PI * (double) x);
}

/* The fast ones in the steps that a GPU takes, so that they lose what it loses. glibc declares functions of these names,
 * hence macros. */
#define __expf(x) exp2f ((x) * 1.442695041f)
#define __exp10f(x) exp2f ((x) * 3.321928095f)
#define __logf(x) (log2f (x) * 0.6931471806f)
#define __log2f(x) log2f (x)
#define __powf(x, y) exp2f ((y) * log2f (x))
#define __sinf(x) mp_emulated_coarse (sinf (x))
#define __cosf(x) mp_emulated_coarse (cosf (x))

/* The fast sine is right to 2^-21. */
static inline float
mp_emulated_coarse (float x)
{
  return rintf (x * 0x1p21f) * 0x1p-21f;
}

#define EMULATOR_UNARY(name, type, expression)       \
  static inline type name (type x)                   \
  {                                                  \
    return expression;                               \
  }
EMULATOR_UNARY (__frcp_rn, float, 1 / x)
EMULATOR_UNARY (__fsqrt_rn, float, sqrtf (x))
EMULATOR_UNARY (__frsqrt_rn, float, 1 / sqrtf (x))
EMULATOR_UNARY (__drcp_rn, double, 1 / x)
EMULATOR_UNARY (__dsqrt_rn, double, sqrt (x))
#define EMULATOR_BINARY(name, type, expression)      \
  static inline type name (type x, type y)           \
  {                                                  \
    return expression;                               \
  }
EMULATOR_BINARY (__fdividef, float, x / y)
EMULATOR_BINARY (__fadd_rn, float, x + y)
EMULATOR_BINARY (__fsub_rn, float, x - y)
EMULATOR_BINARY (__fmul_rn, float, x * y)
EMULATOR_BINARY (__fdiv_rn, float, x / y)
EMULATOR_BINARY (__dadd_rn, double, x + y)
EMULATOR_BINARY (__dsub_rn, double, x - y)
EMULATOR_BINARY (__dmul_rn, double, x * y)
EMULATOR_BINARY (__ddiv_rn, double, x / y)
static inline float
__fmaf_rn (float x, float y, float z)
{
  return fmaf (x, y, z);
}
static inline double
__fma_rn (double x, double y, double z)
{
  return fma (x, y, z);
}

template <typename To, typename From>
static inline To
mp_emulated_bits (From from)
{
  static_assert (sizeof (To) == sizeof (From), "sizes differ");
  To to;

  memcpy (&to, &from, sizeof to);
  return to;
}
#define EMULATOR_BITS(name, to, from)                \
  static inline to name (from x)                     \
  {                                                  \
    return mp_emulated_bits<to> (x);                 \
  }
EMULATOR_BITS (__int_as_float, float, int)
EMULATOR_BITS (__float_as_int, int, float)
EMULATOR_BITS (__uint_as_float, float, unsigned)
EMULATOR_BITS (__float_as_uint, unsigned, float)
EMULATOR_BITS (__longlong_as_double, double, long long)
EMULATOR_BITS (__double_as_longlong, long long, double)

static inline unsigned
__umulhi (unsigned x, unsigned y)
{
  return (unsigned) ((uint64_t) x * y >> 32);
}
static inline unsigned long long
__umul64hi (unsigned long long x, unsigned long long y)
{
  return (unsigned long long) ((unsigned __int128) x * y >> 64);
}
static inline int
__popc (unsigned x)
{
  return __builtin_popcount (x);
}
static inline int
__popcll (unsigned long long x)
{
  return __builtin_popcountll (x);
}
static inline int
__clz (int x)
{
  return x == 0 ? 32 : __builtin_clz ((unsigned) x);
}
static inline int
__clzll (long long x)
{
  return x == 0 ? 64 : __builtin_clzll ((unsigned long long) x);
}
static inline int
__ffs (int x)
{
  return __builtin_ffs (x);
}
static inline int
__float2int_rd (float x)
{
  return (int) floorf (x);
}
static inline int
__float2int_rn (float x)
{
  return (int) rintf (x);
}
static inline int
__float2int_rz (float x)
{
  return (int) x;
}
