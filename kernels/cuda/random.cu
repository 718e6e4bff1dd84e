/* SPDX-License-Identifier: Apache-2.0
 *
 * random.cu: random tensors as philox.h defines them. A thread makes one Philox block, four neighbouring elements, and
 * stores them together. Uniform and categorical numbers have the CPU's bits (where that fuses products and sums, as
 * every processor since 2013 does); normals differ by the last places of log, sqrt, sin and cos.
 */
#include "kernels/cuda/launch.h"
#include "kernels/philox.h"

#define BLOCK 128
#define MOST_BLOCKS 65536

template <typename T>
struct alignas (16) Numbers
{
  T value[4];
};

static __device__ inline float
fused (float a, float b, float c)
{
  return fmaf (a, b, c);
}

static __device__ inline double
fused (double a, double b, double c)
{
  return fma (a, b, c);
}

static __device__ inline float
root_log (float u)
{
  return sqrtf (-2.0f * logf (u));
}

static __device__ inline double
root_log (double u)
{
  return sqrt (-2.0 * log (u));
}

/* sin and cos of v turns */
static __device__ inline void
sincos_turn (float v, float *s, float *c)
{
  sincospif (2.0f * v, s, c);
}

static __device__ inline void
sincos_turn (double v, double *s, double *c)
{
  sincospi (2.0 * v, s, c);
}

template <typename Real>
static __device__ inline void
uniform (const uint32_t *x, Real low, Real width, Numbers<Real> *out)
{
  for (int j = 0; j < 4; j++)
    out->value[j] = fused (width, (Real) (int32_t) (x[j] >> 8) * (Real) (1.0 / 16777216.0), low);
}

template <typename Real>
static __device__ inline void
normal (const uint32_t *x, Real mean, Real deviation, Numbers<Real> *out)
{
  for (int pair = 0; pair < 4; pair += 2) {
    Real u = ((Real) (int32_t) (x[pair] >> 8) + (Real) 0.5) * (Real) (1.0 / 16777216.0);
    Real v = (Real) (int32_t) (x[pair + 1] >> 8) * (Real) (1.0 / 16777216.0);
    Real radius = deviation * root_log (u), s, c;

    sincos_turn (v, &s, &c);
    out->value[pair] = fused (radius, c, mean);
    out->value[pair + 1] = fused (radius, s, mean);
  }
}

template <typename T>
static __device__ inline void
store (T *out, int64_t n, int64_t block, const Numbers<T> &numbers)
{
  if (4 * block + 4 <= n)
    ((Numbers<T> *) out)[block] = numbers;
  else
    for (int j = 0; j < 3; j++)
      if (4 * block + j < n)
        out[4 * block + j] = numbers.value[j];
}

template <typename Real, bool IS_NORMAL>
static __global__ void
make_real (MpCudaContext context, uint32_t stream, Real a, Real b, int64_t n, Real *out)
{
  const MpRunContext seen = mp_context_read (context);

  for (int64_t block = (int64_t) blockIdx.x * blockDim.x + threadIdx.x; 4 * block < n;
       block += (int64_t) gridDim.x * blockDim.x) {
    uint32_t x[4];
    Numbers<Real> numbers;

    mp_philox (seen.seed, (uint32_t) block, stream, seen.step, x);
    if (IS_NORMAL)
      normal (x, a, b, &numbers);
    else
      uniform (x, a, b - a, &numbers);
    store (out, n, block, numbers);
  }
}

static __global__ void
make_categorical (MpCudaContext context, uint32_t stream, uint32_t classes, int64_t n, int32_t *out)
{
  const MpRunContext seen = mp_context_read (context);

  for (int64_t block = (int64_t) blockIdx.x * blockDim.x + threadIdx.x; 4 * block < n;
       block += (int64_t) gridDim.x * blockDim.x) {
    uint32_t x[4];
    Numbers<int32_t> numbers;

    mp_philox (seen.seed, (uint32_t) block, stream, seen.step, x);
    for (int j = 0; j < 4; j++)
      numbers.value[j] = (int32_t) (((uint64_t) x[j] * classes) >> 32);
    store (out, n, block, numbers);
  }
}

cudaError_t
mp_launch_random (MpCudaContext context,
                  MpOp          op,
                  MpDtype       dtype,
                  uint32_t      stream_number,
                  double        a,
                  double        b,
                  int64_t       n,
                  void         *out,
                  cudaStream_t  stream)
{
  unsigned grid = mp_blocks ((n + 3) / 4, BLOCK, MOST_BLOCKS);

  if (op == MP_OP_RANDOM_CATEGORICAL)
    MP_LAUNCH (make_categorical, grid, BLOCK, 0, stream, context, stream_number, (uint32_t) a, n, (int32_t *) out);
  else if (dtype == MP_FLOAT32 && op == MP_OP_RANDOM_NORMAL)
    MP_LAUNCH ((make_real<float, true>), grid, BLOCK, 0, stream, context, stream_number, (float) a, (float) b, n,
               (float *) out);
  else if (dtype == MP_FLOAT32)
    MP_LAUNCH ((make_real<float, false>), grid, BLOCK, 0, stream, context, stream_number, (float) a, (float) b, n,
               (float *) out);
  else if (op == MP_OP_RANDOM_NORMAL)
    MP_LAUNCH ((make_real<double, true>), grid, BLOCK, 0, stream, context, stream_number, a, b, n, (double *) out);
  else
    MP_LAUNCH ((make_real<double, false>), grid, BLOCK, 0, stream, context, stream_number, a, b, n, (double *) out);
  return cudaGetLastError ();
}
