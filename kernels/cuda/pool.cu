/* SPDX-License-Identifier: Apache-2.0
 *
 * pool.cu: pooling over the two middle axes of N·H·W·C, one thread per result, neighbours along C.
 *
 * MAXPOOL_INDEX  where the maximum is: flat position in H·W, the first wins, a NaN counts as largest
 * POOL_GATHER    y = x[n, index, c]                POOL_SCATTER  its adjoint
 * AVGPOOL        mean over the whole window, padding included as 0; AVGPOOL_GRAD its adjoint
 *
 * Adjoints are computed where they arrive, without atomics. In AVGPOOL_GRAD a position adds, in order, the windows
 * around it. POOL_SCATTER is not told the windows and takes any position: a thread owns a stretch of one image's
 * positions in one channel, reads all indices of the channel in order, and adds what falls into its stretch. A block's
 * threads read the same indices, so all but the first find them in the first-level cache.
 */
#include "kernels/cuda/launch.h"

#define BLOCK 256
#define MOST_BLOCKS 65536
#define STRETCHES 8 /* of a channel's positions in one block of POOL_SCATTER */

/* A place in a tensor N·h·w·C. */
struct Place
{
  int n, i, j, c;
};

static __device__ inline Place
place_of (uint32_t flat, uint32_t h, uint32_t w, uint32_t c)
{
  uint32_t pixel = flat / c, row = pixel / w, n = row / h;

  return { (int) n, (int) (row - n * h), (int) (pixel - row * w), (int) (flat - pixel * c) };
}

/* First and end position of a window on an axis, inside the image. */
static __device__ inline void
window_range (const MpCudaPool &p, int axis, int out, int *first, int *end)
{
  int at = out * p.stride[axis] - p.pad[axis], size = (int) (axis == 0 ? p.h : p.w);

  *first = at < 0 ? 0 : at;
  *end = at + p.window[axis] < size ? at + p.window[axis] : size;
}

/* First and last window around a position on an axis. */
static __device__ inline void
windows_around (const MpCudaPool &p, int axis, int at, int *first, int *last)
{
  int reach = at + p.pad[axis], before = reach - p.window[axis] + 1, n = (int) (axis == 0 ? p.out_h : p.out_w);

  *first = before <= 0 ? 0 : (before + p.stride[axis] - 1) / p.stride[axis];
  *last = reach / p.stride[axis] < n - 1 ? reach / p.stride[axis] : n - 1;
}

/* ---- forward ---- */

template <typename Real>
static __global__ void
max_index (MpCudaPool p, int32_t *index, const Real *x, uint32_t total)
{
  for (uint32_t flat = blockIdx.x * blockDim.x + threadIdx.x; flat < total; flat += gridDim.x * blockDim.x) {
    const Place at = place_of (flat, (uint32_t) p.out_h, (uint32_t) p.out_w, (uint32_t) p.c);
    const Real *image = x + at.n * p.h * p.w * p.c + at.c;
    int top, bottom, left, right, best;
    Real old = 0;

    window_range (p, 0, at.i, &top, &bottom);
    window_range (p, 1, at.j, &left, &right);
    best = top * (int) p.w + left;
    for (int i = top; i < bottom; i++)
      for (int j = left; j < right; j++) {
        Real value = image[(i * p.w + j) * p.c];

        if ((i == top && j == left) || value > old || (value != value && old == old)) {
          best = i * (int) p.w + j;
          old = value;
        }
      }
    index[flat] = best;
  }
}

template <typename Real>
static __global__ void
average (MpCudaPool p, Real *y, const Real *x, uint32_t total)
{
  const double scale = 1.0 / ((double) p.window[0] * p.window[1]);

  for (uint32_t flat = blockIdx.x * blockDim.x + threadIdx.x; flat < total; flat += gridDim.x * blockDim.x) {
    const Place at = place_of (flat, (uint32_t) p.out_h, (uint32_t) p.out_w, (uint32_t) p.c);
    const Real *image = x + at.n * p.h * p.w * p.c + at.c;
    int top, bottom, left, right;
    double sum = 0;

    window_range (p, 0, at.i, &top, &bottom);
    window_range (p, 1, at.j, &left, &right);
    for (int i = top; i < bottom; i++)
      for (int j = left; j < right; j++)
        sum += (double) image[(i * p.w + j) * p.c];
    y[flat] = (Real) (sum * scale);
  }
}

/* A position outside the image yields NaN. */
template <typename Real>
static __global__ void
gather (MpCudaPool p, Real *y, const Real *x, const int32_t *index, uint32_t total)
{
  for (uint32_t flat = blockIdx.x * blockDim.x + threadIdx.x; flat < total; flat += gridDim.x * blockDim.x) {
    const Place at = place_of (flat, (uint32_t) p.out_h, (uint32_t) p.out_w, (uint32_t) p.c);
    const int64_t from = index[flat];

    y[flat] = from >= 0 && from < p.h * p.w ? x[(at.n * p.h * p.w + from) * p.c + at.c] : (Real) NAN;
  }
}

/* ---- backward ---- */

template <typename Real>
static __global__ void
average_grad (MpCudaPool p, Real *dx, const Real *dy, uint32_t total)
{
  const Real scale = (Real) (1.0 / ((double) p.window[0] * p.window[1]));

  for (uint32_t flat = blockIdx.x * blockDim.x + threadIdx.x; flat < total; flat += gridDim.x * blockDim.x) {
    const Place at = place_of (flat, (uint32_t) p.h, (uint32_t) p.w, (uint32_t) p.c);
    const Real *small = dy + at.n * p.out_h * p.out_w * p.c + at.c;
    int top, bottom, left, right;
    Real sum = 0;

    windows_around (p, 0, at.i, &top, &bottom);
    windows_around (p, 1, at.j, &left, &right);
    for (int i = top; i <= bottom; i++)
      for (int j = left; j <= right; j++)
        sum += small[(i * p.out_w + j) * p.c] * scale;
    dx[flat] = sum;
  }
}

/* A block has 32 channels of one image. */
template <typename Real>
static __global__ void
scatter (MpCudaPool p, Real *dx, const Real *dy, const int32_t *index, int channel_tiles, int stretch)
{
  const int64_t n = blockIdx.x / channel_tiles, c = blockIdx.x % channel_tiles * 32 + threadIdx.x;
  const int windows = (int) (p.out_h * p.out_w), positions = (int) (p.h * p.w);
  const int first = (blockIdx.y * STRETCHES + threadIdx.y) * stretch;
  const int end = first + stretch < positions ? first + stretch : positions;
  Real *to = dx + n * positions * p.c + c;

  if (c >= p.c)
    return;
  for (int i = first; i < end; i++)
    to[i * p.c] = 0;
#pragma unroll 4
  for (int i = 0; i < windows; i++) {
    const int64_t from = (n * windows + i) * p.c + c;
    const int32_t at = index[from];

    if (at >= first && at < end)
      to[at * p.c] += dy[from];
  }
}

/* ---- launching ---- */

template <typename Real>
static cudaError_t
launch (const MpCudaPool *p, void *y, const void *x, const int32_t *index, cudaStream_t stream)
{
  const bool back = p->op == MP_OP_AVGPOOL_GRAD || p->op == MP_OP_POOL_SCATTER;
  const uint32_t total = (uint32_t) (p->n * (back ? p->h * p->w : p->out_h * p->out_w) * p->c);
  const unsigned grid = mp_blocks (total, BLOCK, MOST_BLOCKS);
  const int channel_tiles = (int) ((p->c + 31) / 32), positions = (int) (p->h * p->w);
  const int blocks = (positions + 1023) / 1024, stretch = (positions + blocks * STRETCHES - 1) / (blocks * STRETCHES);

  switch ((int) p->op) {
  case MP_OP_MAXPOOL_INDEX:
    MP_LAUNCH ((max_index<Real>), grid, BLOCK, 0, stream, *p, (int32_t *) y, (const Real *) x, total);
    break;
  case MP_OP_AVGPOOL:
    MP_LAUNCH ((average<Real>), grid, BLOCK, 0, stream, *p, (Real *) y, (const Real *) x, total);
    break;
  case MP_OP_POOL_GATHER:
    MP_LAUNCH ((gather<Real>), grid, BLOCK, 0, stream, *p, (Real *) y, (const Real *) x, index, total);
    break;
  case MP_OP_AVGPOOL_GRAD:
    MP_LAUNCH ((average_grad<Real>), grid, BLOCK, 0, stream, *p, (Real *) y, (const Real *) x, total);
    break;
  default:
    MP_LAUNCH ((scatter<Real>), dim3 ((unsigned) (p->n * channel_tiles), (unsigned) blocks), dim3 (32, STRETCHES), 0,
               stream, *p, (Real *) y, (const Real *) x, index, channel_tiles, stretch);
    break;
  }
  return cudaGetLastError ();
}

cudaError_t
mp_launch_pool (const MpCudaPool *pool,
                void             *y,
                const void       *x,
                const int32_t    *index,
                cudaStream_t      stream)
{
  return pool->dtype == MP_FLOAT32 ? launch<float> (pool, y, x, index, stream)
                                   : launch<double> (pool, y, x, index, stream);
}
