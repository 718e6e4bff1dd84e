/* SPDX-License-Identifier: Apache-2.0
 *
 * conv.cu: convolution and its adjoints without a library, for float64 and for what cuDNN has no engine for.
 *
 *   y[n,i,j,o]   = Σ_{p,q,c} x[n, i·s−b+p, j·s−b+q, c] · w[o,p,q,c]
 *   dx[n,y,x,c]  = Σ_{p,q,o} dy[n, (y+b−p)/s, (x+b−q)/s, o] · w[o,p,q,c]      where s divides and the place exists
 *   dw[o,p,q,c]  = Σ_{n,i,j} dy[n,i,j,o] · x[n, i·s−b+p, j·s−b+q, c]
 *
 * One thread per element of y and dx, each a plain sum; dw is summed by 8 threads per element over every eighth
 * position, and these sums are added in order. So results are the same in every run.
 */
#include "kernels/cuda/launch.h"

namespace {

constexpr int THREADS = 256;
constexpr int ELEMENTS = 32; /* of dw per block */
constexpr int SLICES = THREADS / ELEMENTS;

template <typename Real>
__global__ void
conv (MpCudaConvShape s, const Real *x, const Real *w, Real *y)
{
  int64_t count = s.n * s.out_h * s.out_w * s.out_c;

  for (int64_t e = (int64_t) blockIdx.x * blockDim.x + threadIdx.x; e < count; e += (int64_t) gridDim.x * blockDim.x) {
    int64_t o = e % s.out_c, place = e / s.out_c;
    int64_t j = place % s.out_w, i = place / s.out_w % s.out_h, n = place / (s.out_w * s.out_h);
    Real sum = 0;

    for (int64_t p = 0; p < s.kernel_h; p++)
      for (int64_t q = 0; q < s.kernel_w; q++) {
        int64_t row = i * s.stride[0] - s.pad[0] + p, column = j * s.stride[1] - s.pad[1] + q;

        if (row < 0 || row >= s.h || column < 0 || column >= s.w)
          continue;
        for (int64_t c = 0; c < s.c; c++)
          sum += x[((n * s.h + row) * s.w + column) * s.c + c] * w[((o * s.kernel_h + p) * s.kernel_w + q) * s.c + c];
      }
    y[e] = sum;
  }
}

template <typename Real>
__global__ void
conv_data (MpCudaConvShape s, const Real *dy, const Real *w, Real *dx)
{
  int64_t count = s.n * s.h * s.w * s.c;

  for (int64_t e = (int64_t) blockIdx.x * blockDim.x + threadIdx.x; e < count; e += (int64_t) gridDim.x * blockDim.x) {
    int64_t c = e % s.c, place = e / s.c;
    int64_t column = place % s.w, row = place / s.w % s.h, n = place / (s.w * s.h);
    Real sum = 0;

    for (int64_t p = 0; p < s.kernel_h; p++)
      for (int64_t q = 0; q < s.kernel_w; q++) {
        int64_t i = row + s.pad[0] - p, j = column + s.pad[1] - q;

        if (i < 0 || j < 0 || i % s.stride[0] != 0 || j % s.stride[1] != 0)
          continue;
        i /= s.stride[0];
        j /= s.stride[1];
        if (i >= s.out_h || j >= s.out_w)
          continue;
        for (int64_t o = 0; o < s.out_c; o++)
          sum += dy[((n * s.out_h + i) * s.out_w + j) * s.out_c + o]
                 * w[((o * s.kernel_h + p) * s.kernel_w + q) * s.c + c];
      }
    dx[e] = sum;
  }
}

template <typename Real>
__global__ void
conv_weight (MpCudaConvShape s, const Real *x, const Real *dy, Real *dw)
{
  __shared__ Real sums[SLICES][ELEMENTS];
  int64_t count = s.out_c * s.kernel_h * s.kernel_w * s.c, places = s.n * s.out_h * s.out_w;
  int lane = threadIdx.x % ELEMENTS, slice = threadIdx.x / ELEMENTS;

  for (int64_t first = (int64_t) blockIdx.x * ELEMENTS; first < count; first += (int64_t) gridDim.x * ELEMENTS) {
    int64_t e = first + lane;
    int64_t c = e % s.c, q = e / s.c % s.kernel_w, p = e / (s.c * s.kernel_w) % s.kernel_h;
    int64_t o = e / (s.c * s.kernel_w * s.kernel_h);
    Real sum = 0;

    for (int64_t place = slice; e < count && place < places; place += SLICES) {
      int64_t j = place % s.out_w, i = place / s.out_w % s.out_h, n = place / (s.out_w * s.out_h);
      int64_t row = i * s.stride[0] - s.pad[0] + p, column = j * s.stride[1] - s.pad[1] + q;

      if (row >= 0 && row < s.h && column >= 0 && column < s.w)
        sum += dy[place * s.out_c + o] * x[((n * s.h + row) * s.w + column) * s.c + c];
    }
    sums[slice][lane] = sum;
    __syncthreads ();
    if (slice == 0 && e < count) {
      for (int i = 1; i < SLICES; i++)
        sum += sums[i][lane];
      dw[e] = sum;
    }
    __syncthreads ();
  }
}

template <typename Real>
cudaError_t
launch (MpOp op, const MpCudaConvShape *s, const void *first, const void *second, void *result, cudaStream_t stream)
{
  const Real *a = (const Real *) first, *b = (const Real *) second;
  int64_t weights = s->out_c * s->kernel_h * s->kernel_w * s->c;

  if (op == MP_OP_CONV)
    MP_LAUNCH ((conv<Real>), mp_blocks (s->n * s->out_h * s->out_w * s->out_c, THREADS, 65535), THREADS, 0, stream, *s,
               a, b, (Real *) result);
  else if (op == MP_OP_CONV_DATA)
    MP_LAUNCH ((conv_data<Real>), mp_blocks (s->n * s->h * s->w * s->c, THREADS, 65535), THREADS, 0, stream, *s, a, b,
               (Real *) result);
  else
    MP_LAUNCH ((conv_weight<Real>), mp_blocks (weights, ELEMENTS, 65535), THREADS, 0, stream, *s, a, b,
               (Real *) result);
  return cudaGetLastError ();
}

} // namespace

extern "C" cudaError_t
mp_launch_conv (MpOp op, MpDtype dtype, const MpCudaConvShape *shape, const void *first, const void *second,
                void *result, cudaStream_t stream)
{
  return dtype == MP_FLOAT64 ? launch<double> (op, shape, first, second, result, stream)
                             : launch<float> (op, shape, first, second, result, stream);
}
