/* SPDX-License-Identifier: Apache-2.0
 *
 * product.cu: what products need beside the library: operands in another dtype, and norms of rows.
 *
 * Squared distances by expansion, |x|² + |y|² − 2·x·y, lose what the product rounds. With rounded operands the norms
 * are those of the rounded points, so that the result is the distance of these, and a point's to itself is still
 * (nearly) zero. Each row is one warp's.
 */
#include "kernels/cuda/launch.h"

namespace {

constexpr int WARP = 32;
constexpr int THREADS = 256;

struct Plain
{
  static __device__ float round (float x) { return x; }
  static __device__ double round (double x) { return x; }
};

__device__ inline bool
finite_bits (uint32_t bits)
{
  return (bits & 0x7f800000u) != 0x7f800000u;
}

/* 10 bits of mantissa, halves away from zero, as tensor cores' own conversion does */
struct Tf32
{
  static __device__ float round (float x)
  {
    uint32_t bits = __float_as_uint (x);

    return finite_bits (bits) ? __uint_as_float ((bits + 0x1000u) & 0xffffe000u) : x;
  }
};

/* the upper half of a float32, halves to even */
__device__ inline uint16_t
bfloat16_bits (float x)
{
  uint32_t bits = __float_as_uint (x);

  if ((bits & 0x7fffffffu) > 0x7f800000u)
    return (uint16_t) ((bits >> 16) | 0x40u);
  return (uint16_t) ((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

struct Bfloat16
{
  uint16_t bits;
};

__device__ inline float load (const float *from, int64_t i) { return from[i]; }
__device__ inline double load (const double *from, int64_t i) { return from[i]; }
__device__ inline float
load (const Bfloat16 *from, int64_t i)
{
  return __uint_as_float ((uint32_t) from[i].bits << 16);
}

__device__ inline void store (float *to, int64_t i, float x) { to[i] = x; }
__device__ inline void store (Bfloat16 *to, int64_t i, float x) { to[i].bits = bfloat16_bits (x); }

template <typename From, typename To>
__global__ void
convert (const From *from, To *to, int64_t n)
{
  for (int64_t i = (int64_t) blockIdx.x * blockDim.x + threadIdx.x; i < n; i += (int64_t) gridDim.x * blockDim.x)
    store (to, i, load (from, i));
}

/* norms[row] = Σ x²; rounded, where not null, receives what was squared. */
template <typename Real, typename From, typename Rounding>
__global__ void
row_norms (const From *x, Real *rounded, Real *norms, int64_t rows, int64_t columns)
{
  int64_t warps = (int64_t) gridDim.x * (blockDim.x / WARP);
  int lane = threadIdx.x % WARP;

  for (int64_t row = (int64_t) blockIdx.x * (blockDim.x / WARP) + threadIdx.x / WARP; row < rows; row += warps) {
    Real sum = 0;

    for (int64_t j = lane; j < columns; j += WARP) {
      Real value = Rounding::round (load (x, row * columns + j));

      if (rounded != nullptr)
        rounded[row * columns + j] = value;
      sum += value * value;
    }
    for (int step = WARP / 2; step > 0; step /= 2)
      sum += __shfl_down_sync (0xffffffffu, sum, step);
    if (lane == 0)
      norms[row] = sum;
  }
}

} // namespace

extern "C" cudaError_t
mp_launch_convert (MpDtype from_dtype, const void *from, MpDtype to_dtype, void *to, int64_t n, cudaStream_t stream)
{
  unsigned blocks = mp_blocks (n, THREADS, 4096);

  if (n == 0)
    return cudaSuccess;
  if (from_dtype == MP_BFLOAT16 && to_dtype == MP_FLOAT32)
    MP_LAUNCH ((convert<Bfloat16, float>), blocks, THREADS, 0, stream, (const Bfloat16 *) from, (float *) to, n);
  else if (from_dtype == MP_FLOAT32 && to_dtype == MP_BFLOAT16)
    MP_LAUNCH ((convert<float, Bfloat16>), blocks, THREADS, 0, stream, (const float *) from, (Bfloat16 *) to, n);
  else
    return cudaErrorInvalidValue;
  return cudaGetLastError ();
}

extern "C" cudaError_t
mp_launch_row_norms (MpDtype dtype, const void *x, void *tf32, void *norms, int64_t rows, int64_t columns,
                     cudaStream_t stream)
{
  unsigned blocks = mp_blocks (rows, THREADS / WARP, 4096);

  if (rows == 0)
    return cudaSuccess;
  if (dtype == MP_FLOAT64)
    MP_LAUNCH ((row_norms<double, double, Plain>), blocks, THREADS, 0, stream, (const double *) x, (double *) nullptr,
               (double *) norms, rows, columns);
  else if (dtype == MP_BFLOAT16)
    MP_LAUNCH ((row_norms<float, Bfloat16, Plain>), blocks, THREADS, 0, stream, (const Bfloat16 *) x,
               (float *) nullptr, (float *) norms, rows, columns);
  else if (tf32 != nullptr)
    MP_LAUNCH ((row_norms<float, float, Tf32>), blocks, THREADS, 0, stream, (const float *) x, (float *) tf32,
               (float *) norms, rows, columns);
  else
    MP_LAUNCH ((row_norms<float, float, Plain>), blocks, THREADS, 0, stream, (const float *) x, (float *) nullptr,
               (float *) norms, rows, columns);
  return cudaGetLastError ();
}
