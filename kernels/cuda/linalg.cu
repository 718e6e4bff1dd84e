/* SPDX-License-Identifier: Apache-2.0
 *
 * linalg.cu: Cholesky factors and triangular solves of small and middle size.
 *
 * A = L·Lᵀ goes by panels of 32 columns, right-looking. Of a panel, one warp factors the diagonal block D = L₀L₀ᵀ with
 * a row in each lane's registers; rows below become A₁L₀⁻ᵀ, one thread each; then A₂ −= L₁L₁ᵀ. Up to 128 unknowns all of
 * that happens in the shared memory of one block. Larger matrices take one launch per panel: every block owns a tile
 * 64×64 of what is left, and factors the diagonal block and the two stretches of the panel that its tile needs once more
 * for itself, because that is faster than waiting for another block. What is left lives in a work area and factors go to
 * the result, so that nobody reads what another block of the launch writes.
 *
 * Solves go the same way: X₀ = L₀⁻¹B₀, then B₁ −= L₁X₀. For Lᵀ the rows of a panel are read backwards, which makes it
 * lower again. A single right-hand side stays in one block.
 *
 * A pivot that is not positive becomes NaN and spoils what depends on it. Blocks that stick out of the matrix are
 * filled up with the identity. Only the lower triangle is read.
 */
#include "kernels/cuda/launch.h"

#include <pthread.h>

#define NB MP_CUDA_PANEL
#define LD (NB + 4)    /* of a diagonal block in shared memory; rows stay aligned to 16 bytes */
#define TILE 64        /* of what is left */
#define TILE_LD (TILE + 4)
#define THREADS 256    /* 16×16 with 4×4 elements each */
#define VECTOR_THREADS 512
#define ALL_LANES 0xffffffffu

template <typename Real>
struct alignas (16) Four
{
  Real value[4];
};

/* 1/√x, and NaN where x is not positive; the approximation in float32 is refined once. */
static __device__ inline float
reciprocal_root (float x)
{
  float r = rsqrtf (x);

  return x > 0 ? fmaf (0.5f * r, fmaf (-x * r, r, 1.0f), r) : NAN;
}

static __device__ inline double
reciprocal_root (double x)
{
  double r = rsqrt (x);

  return x > 0 ? r : NAN;
}

/* ---- what one warp or thread does with a diagonal block in shared memory, stored by columns ---- */

/* Factors the block in place. One whole warp; inverse[] gets the pivots' reciprocals. */
template <typename Real>
static __device__ inline void
factor (Real *diagonal, int ld, Real *inverse)
{
  const int lane = threadIdx.x % 32;
  Real a[NB];

#pragma unroll
  for (int c = 0; c < NB; c++)
    a[c] = c <= lane ? diagonal[c * ld + lane] : (Real) 0;
  Real pivot = __shfl_sync (ALL_LANES, a[0], 0);
#pragma unroll
  for (int k = 0; k < NB; k++) {
    const Real reciprocal = reciprocal_root (pivot);

    a[k] *= reciprocal;
    /* The next pivot is on its way before the column is: lane k + 1 has all that it takes. */
    if (k + 1 < NB)
      pivot = __shfl_sync (ALL_LANES, a[k + 1] - a[k] * a[k], k + 1);
    if (lane >= k)
      diagonal[k * ld + lane] = a[k];
    if (lane == k)
      inverse[k] = reciprocal;
    __syncwarp ();
#pragma unroll
    for (int c = (k + 1) / 4 * 4; c < NB; c += 4) {
      const Four<Real> column = *(const Four<Real> *) (diagonal + k * ld + c);

#pragma unroll
      for (int q = 0; q < 4; q++)
        if (c + q > k)
          a[c + q] -= a[k] * column.value[q];
    }
  }
}

/* x ← L₀⁻¹·x */
template <typename Real>
static __device__ inline void
solve (const Real *diagonal, int ld, const Real *inverse, Real (&x)[NB])
{
#pragma unroll
  for (int k = 0; k < NB; k++) {
    x[k] *= inverse[k];
#pragma unroll
    for (int c = (k + 1) / 4 * 4; c < NB; c += 4) {
      const Four<Real> column = *(const Four<Real> *) (diagonal + k * ld + c);

#pragma unroll
      for (int q = 0; q < 4; q++)
        if (c + q > k)
          x[c + q] -= x[k] * column.value[q];
    }
  }
}

/* The same for NB elements that lie `step` apart: a row of a panel becomes row·L₀⁻ᵀ. */
template <typename Real>
static __device__ inline void
solve_row (const Real *diagonal, int ld, const Real *inverse, Real *row, int step)
{
  Real x[NB];

#pragma unroll
  for (int c = 0; c < NB; c++)
    x[c] = row[c * step];
  solve (diagonal, ld, inverse, x);
#pragma unroll
  for (int c = 0; c < NB; c++)
    row[c * step] = x[c];
}

/* tile −= AᵀB over NB rows: rows 4·ty … of A, columns tx + 16·j of B */
template <typename Real>
static __device__ inline void
subtract_product (Real (&tile)[4][4], const Real (*a)[TILE_LD], const Real (*b)[TILE_LD])
{
  const int tx = threadIdx.x % 16, ty = threadIdx.x / 16;

#pragma unroll 8
  for (int k = 0; k < NB; k++) {
    const Four<Real> left = *(const Four<Real> *) &a[k][4 * ty];

#pragma unroll
    for (int j = 0; j < 4; j++) {
      const Real right = b[k][tx + 16 * j];

#pragma unroll
      for (int i = 0; i < 4; i++)
        tile[i][j] -= left.value[i] * right;
    }
  }
}

/* ---- Cholesky in one block ---- */

static __host__ __device__ inline int
padded (int n)
{
  return (n + NB - 1) / NB * NB;
}

/* Element (r, c), c ≤ r, lies at c·ld + r. */
template <typename Real>
static __device__ inline void
subtract_below (Real *a, int ld, int size, int k)
{
  const int top = k + NB, side = (size - top) / 4, total = side * (side + 1) / 2;

  for (int t = threadIdx.x; t < total; t += THREADS) {
    int i = (int) ((sqrtf (8.0f * (float) t + 1.0f) - 1.0f) * 0.5f);
    Real tile[4][4] = {};

    i += t >= (i + 1) * (i + 2) / 2 ? 1 : (t < i * (i + 1) / 2 ? -1 : 0);
    const int row = top + 4 * i, column = top + 4 * (t - i * (i + 1) / 2);

#pragma unroll 8
    for (int c = k; c < k + NB; c++) {
      const Four<Real> left = *(const Four<Real> *) (a + c * ld + row);
      const Four<Real> right = *(const Four<Real> *) (a + c * ld + column);

#pragma unroll
      for (int x = 0; x < 4; x++)
#pragma unroll
        for (int y = 0; y < 4; y++)
          tile[x][y] += left.value[y] * right.value[x];
    }
#pragma unroll
    for (int x = 0; x < 4; x++)
#pragma unroll
      for (int y = 0; y < 4; y++)
        if (row + y >= column + x)
          a[(column + x) * ld + row + y] -= tile[x][y];
  }
}

template <typename Real>
static __global__ void __launch_bounds__ (THREADS)
cholesky_block (Real *l, const Real *matrices, int n)
{
  MP_DYNAMIC_SHARED (Real, a);
  __shared__ Real inverse[NB];
  const int size = padded (n), ld = size + 4;
  const int64_t at = (int64_t) blockIdx.x * n * n;

  for (int i = threadIdx.x; i < size * size; i += THREADS) {
    const int r = i / size, c = i % size;

    if (c <= r)
      a[c * ld + r] = r < n ? matrices[at + (int64_t) r * n + c] : (Real) (r == c);
  }
  __syncthreads ();
  for (int k = 0; k < size; k += NB) {
    const Real *diagonal = a + k * ld + k;

    if (threadIdx.x < 32)
      factor (a + k * ld + k, ld, inverse);
    __syncthreads ();
    for (int r = k + NB + threadIdx.x; r < size; r += THREADS)
      solve_row (diagonal, ld, inverse, a + k * ld + r, ld);
    __syncthreads ();
    subtract_below (a, ld, size, k);
    __syncthreads ();
  }
  for (int i = threadIdx.x; i < n * n; i += THREADS) {
    const int r = i / n, c = i % n;

    l[at + i] = c <= r ? a[c * ld + r] : (Real) 0;
  }
}

size_t
mp_cuda_cholesky_shared (MpDtype dtype,
                         int64_t n)
{
  size_t size = (size_t) padded ((int) n);

  return size * (size + 4) * mp_dtype_size (dtype);
}

/* Bytes of dynamic shared memory that a kernel may have is a property of its function, not of a launch, so it is only
 * ever raised: lanes launch the same kernel for other sizes. */
#define MAX_DEVICES 64

typedef struct
{
  pthread_mutex_t lock;
  size_t          bytes[MAX_DEVICES];
} SharedLimit;

static cudaError_t
raise_limit (SharedLimit *limit, const void *kernel, size_t bytes)
{
  int device = 0;
  cudaError_t error = cudaGetDevice (&device);

  if (error != cudaSuccess)
    return error;
  pthread_mutex_lock (&limit->lock);
  if (device >= MAX_DEVICES || limit->bytes[device] < bytes) {
    error = cudaFuncSetAttribute (kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, (int) bytes);
    if (error == cudaSuccess && device < MAX_DEVICES)
      limit->bytes[device] = bytes;
  }
  pthread_mutex_unlock (&limit->lock);
  return error;
}

template <typename Real>
static cudaError_t
launch_block (MpDtype dtype, int64_t n, int64_t batch, void *l, const void *a, cudaStream_t stream)
{
  size_t shared = mp_cuda_cholesky_shared (dtype, n);
  static SharedLimit limit = { PTHREAD_MUTEX_INITIALIZER, { 0 } };
  cudaError_t error = raise_limit (&limit, (const void *) cholesky_block<Real>, shared);

  if (error != cudaSuccess)
    return error;
  MP_LAUNCH ((cholesky_block<Real>), (unsigned) batch, THREADS, shared, stream, (Real *) l, (const Real *) a, (int) n);
  return cudaGetLastError ();
}

cudaError_t
mp_launch_cholesky_block (MpDtype      dtype,
                          int64_t      n,
                          int64_t      batch,
                          void        *l,
                          const void  *a,
                          cudaStream_t stream)
{
  return dtype == MP_FLOAT32 ? launch_block<float> (dtype, n, batch, l, a, stream)
                             : launch_block<double> (dtype, n, batch, l, a, stream);
}

/* ---- Cholesky by launches ---- */

/* The panel's rows [top, top + TILE), transposed. */
template <typename Real>
static __device__ inline void
load_rows (Real (*rows)[TILE_LD], const Real *matrix, int n, int k, int top)
{
  const int c = threadIdx.x % 32;

  for (int r = threadIdx.x / 32; r < TILE; r += THREADS / 32)
    rows[c][r] = top + r < n ? matrix[(int64_t) (top + r) * n + k + c] : (Real) 0;
}

/* Columns k … of the factor, as far as a tile on the diagonal knows them, and zeros right of the diagonal block. */
template <typename Real>
static __device__ inline void
store_rows (Real *l, const Real (*rows)[TILE_LD], int n, int k, int top)
{
  const int c = threadIdx.x % 32;

  for (int r = threadIdx.x / 32; r < TILE && top + r < n; r += THREADS / 32)
    l[(int64_t) (top + r) * n + k + c] = rows[c][r];
  for (int i = threadIdx.x; i < NB * TILE; i += THREADS)
    if (top + i % TILE < n)
      l[(int64_t) (k + i / TILE) * n + top + i % TILE] = 0;
}

/* One panel. source has what is left of A; rest takes it on, minus the panel; l takes the panel's factor. */
template <typename Real>
static __global__ void __launch_bounds__ (THREADS)
cholesky_step (Real *factors, const Real *sources, Real *rests, int n, int k, int tiles)
{
  alignas (16) __shared__ Real diagonal[NB * LD], left[NB][TILE_LD], right[NB][TILE_LD];
  __shared__ Real inverse[NB];
  const int64_t at = (int64_t) (blockIdx.x / tiles) * n * n;
  const Real *source = sources + at;
  Real *l = factors + at, *rest = rests + at;
  const int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
  int i = 0, j = (int) (blockIdx.x % tiles); /* the tile's row and column, j ≤ i */

  while (j > i)
    j -= ++i;
  const int top = k + NB + i * TILE, first = k + NB + j * TILE;
  Real tile[4][4];

#pragma unroll
  for (int y = 0; y < 4; y++)
#pragma unroll
    for (int x = 0; x < 4; x++) {
      const int r = top + 4 * ty + y, c = first + tx + 16 * x;

      tile[y][x] = r < n && c <= r ? source[(int64_t) r * n + c] : (Real) 0;
    }
  for (int e = threadIdx.x; e < NB * NB; e += THREADS) {
    const int r = e / NB, c = e % NB;

    if (c <= r)
      diagonal[c * LD + r] = k + r < n ? source[(int64_t) (k + r) * n + k + c] : (Real) (r == c);
  }
  load_rows (left, source, n, k, top);
  if (i != j)
    load_rows (right, source, n, k, first);
  __syncthreads ();
  if (threadIdx.x < 32)
    factor (diagonal, LD, inverse);
  __syncthreads ();
  if (threadIdx.x < TILE || (i != j && threadIdx.x < 2 * TILE))
    solve_row (diagonal, LD, inverse, threadIdx.x < TILE ? &left[0][threadIdx.x] : &right[0][threadIdx.x - TILE],
               TILE_LD);
  __syncthreads ();
  if (i == j)
    store_rows (l, left, n, k, top);
  if (i == 0)
    for (int e = threadIdx.x; e < NB * NB; e += THREADS) {
      const int r = e / NB, c = e % NB;

      if (k + r < n && k + c < n)
        l[(int64_t) (k + r) * n + k + c] = c <= r ? diagonal[c * LD + r] : (Real) 0;
    }
  subtract_product (tile, left, i == j ? left : right);
#pragma unroll
  for (int y = 0; y < 4; y++)
#pragma unroll
    for (int x = 0; x < 4; x++) {
      const int r = top + 4 * ty + y, c = first + tx + 16 * x;

      if (r < n && c <= r)
        rest[(int64_t) r * n + c] = tile[y][x];
    }
}

template <typename Real>
static cudaError_t
launch_steps (int64_t n, int64_t batch, void *l, const void *a, void *work, cudaStream_t stream)
{
  const Real *source = (const Real *) a;

  for (int64_t k = 0; k < n; k += NB) {
    int64_t side = n > k + NB ? (n - k - NB + TILE - 1) / TILE : 1, tiles = side * (side + 1) / 2;

    MP_LAUNCH ((cholesky_step<Real>), (unsigned) (tiles * batch), THREADS, 0, stream, (Real *) l, source,
               (Real *) work, (int) n, (int) k, (int) tiles);
    source = (const Real *) work;
  }
  return cudaGetLastError ();
}

cudaError_t
mp_launch_cholesky_steps (MpDtype      dtype,
                          int64_t      n,
                          int64_t      batch,
                          void        *l,
                          const void  *a,
                          void        *work,
                          cudaStream_t stream)
{
  return dtype == MP_FLOAT32 ? launch_steps<float> (n, batch, l, a, work, stream)
                             : launch_steps<double> (n, batch, l, a, work, stream);
}

/* ---- beside a library ---- */

template <typename Real>
static __global__ void
cholesky_finish (Real *l, const int *info, int64_t n)
{
  const bool failed = *info != 0;

  for (int64_t i = (int64_t) blockIdx.x * blockDim.x + threadIdx.x; i < n * n; i += (int64_t) gridDim.x * blockDim.x) {
    const int64_t r = i / n, c = i - r * n;

    if (c > r)
      l[i] = 0;
    else if (failed)
      l[i] = (Real) NAN;
  }
}

cudaError_t
mp_launch_cholesky_finish (MpDtype      dtype,
                           int64_t      n,
                           void        *l,
                           const int   *info,
                           cudaStream_t stream)
{
  unsigned grid = mp_blocks (n * n, THREADS, 65536);

  if (dtype == MP_FLOAT32)
    MP_LAUNCH ((cholesky_finish<float>), grid, THREADS, 0, stream, (float *) l, info, n);
  else
    MP_LAUNCH ((cholesky_finish<double>), grid, THREADS, 0, stream, (double *) l, info, n);
  return cudaGetLastError ();
}

template <typename Real>
static __global__ void
cholesky_example (Real *a, int64_t n)
{
  for (int64_t i = (int64_t) blockIdx.x * blockDim.x + threadIdx.x; i < n * n; i += (int64_t) gridDim.x * blockDim.x)
    a[i] = i % (n + 1) == 0 ? (Real) 2 : (Real) 1 / (Real) n;
}

cudaError_t
mp_launch_cholesky_example (MpDtype      dtype,
                            int64_t      n,
                            void        *a,
                            cudaStream_t stream)
{
  unsigned grid = mp_blocks (n * n, THREADS, 65536);

  if (dtype == MP_FLOAT32)
    MP_LAUNCH ((cholesky_example<float>), grid, THREADS, 0, stream, (float *) a, n);
  else
    MP_LAUNCH ((cholesky_example<double>), grid, THREADS, 0, stream, (double *) a, n);
  return cudaGetLastError ();
}

/* ---- solves by launches ---- */

/* Row of the matrix that stands at place p of a panel: the other way round for Lᵀ. */
static __device__ inline int
panel_row (int k, int height, int p, bool transpose)
{
  return k + (transpose ? height - 1 - p : p);
}

/* The diagonal block that makes x lower triangular, by columns, and its pivots' reciprocals, by `threads` threads. */
template <typename Real>
static __device__ inline void
load_diagonal (Real *diagonal, Real *inverse, const Real *l, int64_t n, int k, int height, bool transpose, int thread,
               int threads)
{
  for (int e = thread; e < NB * NB; e += threads) {
    /* neighbouring threads along the rows of L */
    const int p = transpose ? e % NB : e / NB, q = transpose ? e / NB : e % NB;
    Real value = (Real) (p == q);

    if (p < height && q < height) {
      const int a = panel_row (k, height, p, transpose), b = panel_row (k, height, q, transpose);

      value = q > p ? (Real) 0 : transpose ? l[b * n + a] : l[a * n + b];
    }
    if (p == q)
      inverse[p] = 1 / value;
    diagonal[q * LD + p] = value;
  }
}

/* One panel of rows k … k + height: solved for x, then taken from the rows that follow (or stand before, for Lᵀ). */
template <typename Real>
static __global__ void __launch_bounds__ (THREADS, 2)
solve_step (Real *xs, const Real *ls, const Real *sources, Real *rests, int n, int m, int k, bool transpose,
            int row_tiles, int column_tiles)
{
  alignas (16) __shared__ Real diagonal[NB * LD], below[NB][TILE_LD], x[NB][TILE_LD];
  __shared__ Real inverse[NB];
  const int64_t item = blockIdx.x / (row_tiles * column_tiles);
  const int i = (int) (blockIdx.x / column_tiles % row_tiles), j = (int) (blockIdx.x % column_tiles);
  const Real *l = ls + item * n * n, *source = sources + item * n * m;
  Real *out = xs + item * n * m, *rest = rests + item * n * m;
  const int height = n - k < NB ? n - k : NB;
  const int top = (transpose ? 0 : k + height) + i * TILE, bottom = transpose ? k : n, first = j * TILE;
  const int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
  Real tile[4][4];

#pragma unroll
  for (int b = 0; b < 4; b++)
#pragma unroll
    for (int a = 0; a < 4; a++) {
      const int r = top + 4 * ty + b, c = first + tx + 16 * a;

      tile[b][a] = r < bottom && c < m ? source[(int64_t) r * m + c] : (Real) 0;
    }
  load_diagonal (diagonal, inverse, l, n, k, height, transpose, threadIdx.x, THREADS);
  for (int e = threadIdx.x; e < NB * TILE; e += THREADS) {
    const int p = e / TILE, c = e % TILE;

    x[p][c] = p < height && first + c < m ? source[(int64_t) panel_row (k, height, p, transpose) * m + first + c]
                                          : (Real) 0;
  }
  for (int e = threadIdx.x; e < NB * TILE; e += THREADS) {
    /* neighbouring threads along the rows of L */
    const int p = transpose ? e / TILE : e % NB, r = transpose ? e % TILE : e / NB;
    const int row = panel_row (k, height, p, transpose);

    below[p][r] = p >= height || top + r >= bottom ? (Real) 0
                  : transpose ? l[(int64_t) row * n + top + r] : l[(int64_t) (top + r) * n + row];
  }
  __syncthreads ();
  if (threadIdx.x < TILE)
    solve_row (diagonal, LD, inverse, &x[0][threadIdx.x], TILE_LD);
  __syncthreads ();
  if (i == 0)
    for (int e = threadIdx.x; e < NB * TILE; e += THREADS) {
      const int p = e / TILE, c = e % TILE;

      if (p < height && first + c < m)
        out[(int64_t) panel_row (k, height, p, transpose) * m + first + c] = x[p][c];
    }
  subtract_product (tile, below, x);
#pragma unroll
  for (int b = 0; b < 4; b++)
#pragma unroll
    for (int a = 0; a < 4; a++) {
      const int r = top + 4 * ty + b, c = first + tx + 16 * a;

      if (r < bottom && c < m)
        rest[(int64_t) r * m + c] = tile[b][a];
    }
}

template <typename Real>
static cudaError_t
launch_solve (int transpose, int64_t n, int64_t m, int64_t batch, void *x, const void *l, const void *b, void *work,
              cudaStream_t stream)
{
  const Real *source = (const Real *) b;
  const int64_t panels = (n + NB - 1) / NB, column_tiles = (m + TILE - 1) / TILE;

  for (int64_t p = 0; p < panels; p++) {
    const int64_t k = (transpose ? panels - 1 - p : p) * NB, rows = transpose ? k : n - k - NB;
    const int64_t row_tiles = rows > 0 ? (rows + TILE - 1) / TILE : 1;

    MP_LAUNCH ((solve_step<Real>), (unsigned) (row_tiles * column_tiles * batch), THREADS, 0, stream, (Real *) x,
               (const Real *) l, source, (Real *) work, (int) n, (int) m, (int) k, transpose != 0, (int) row_tiles,
               (int) column_tiles);
    source = (const Real *) work;
  }
  return cudaGetLastError ();
}

cudaError_t
mp_launch_solve_steps (MpDtype      dtype,
                       int          transpose,
                       int64_t      n,
                       int64_t      m,
                       int64_t      batch,
                       void        *x,
                       const void  *l,
                       const void  *b,
                       void        *work,
                       cudaStream_t stream)
{
  return dtype == MP_FLOAT32 ? launch_solve<float> (transpose, n, m, batch, x, l, b, work, stream)
                             : launch_solve<double> (transpose, n, m, batch, x, l, b, work, stream);
}

/* ---- one right-hand side in one block ----
 * Diagonal blocks depend on nobody, so the block's warps invert all of them first, each lane a column; then every panel
 * takes a product of 32×32 where a solve would be a chain of 32 steps. Without room for all inverses (INVERTED is
 * false) panels are solved one after the other. */

template <typename Real>
static __device__ inline void
invert_diagonals (Real *blocks, Real *inverse, const Real *l, int n, bool transpose)
{
  const int lane = threadIdx.x % 32, warps = blockDim.x / 32;

  for (int k = threadIdx.x / 32 * NB; k < n; k += warps * NB) {
    Real *block = blocks + k * LD, x[NB];

    load_diagonal (block, inverse + k, l, n, k, n - k < NB ? n - k : NB, transpose, lane, 32);
#pragma unroll
    for (int c = 0; c < NB; c++)
      x[c] = (Real) (c == lane);
    __syncwarp ();
    solve (block, LD, inverse + k, x);
    __syncwarp ();
#pragma unroll
    for (int c = 0; c < NB; c++)
      block[lane * LD + c] = x[c];
  }
}

/* x[k …] ← L₀⁻¹·x[k …] by one warp, with the inverse by columns */
template <typename Real>
static __device__ inline void
multiply_diagonal (const Real *block, Real *x, int k, int height, bool transpose)
{
  const int lane = threadIdx.x % 32, at = panel_row (k, height, lane, transpose);
  Real sum[4] = {};

#pragma unroll
  for (int c = 0; c < NB; c++)
    if (c < height && c <= lane) /* zeros may not meet a NaN */
      sum[c % 4] += block[c * LD + lane] * x[panel_row (k, height, c, transpose)];
  __syncwarp ();
  if (lane < height)
    x[at] = sum[0] + sum[1] + (sum[2] + sum[3]);
}

/* The same with the block itself. */
template <typename Real>
static __device__ inline void
solve_diagonal (const Real *block, const Real *inverse, Real *x, int k, int height, bool transpose)
{
  const int lane = threadIdx.x % 32, at = panel_row (k, height, lane, transpose);
  Real mine = lane < height ? x[at] : (Real) 0;

#pragma unroll 8
  for (int p = 0; p < NB; p++) {
    const Real solved = __shfl_sync (ALL_LANES, mine * inverse[p], p);

    mine = lane == p ? solved : (lane > p ? mine - block[p * LD + lane] * solved : mine);
  }
  if (lane < height)
    x[at] = mine;
}

/* What solved rows take from the panel's right-hand side: for L, rows' dot products, by warps. */
template <typename Real>
static __device__ inline void
take_rows (Real *x, const Real *l, int n, int k, int height)
{
  const int lane = threadIdx.x % 32;

  for (int p = threadIdx.x / 32; k > 0 && p < height; p += blockDim.x / 32) {
    const Real *row = l + (int64_t) (k + p) * n;
    Real sum = 0;

#pragma unroll 8
    for (int c = lane; c < k; c += 32)
      sum += row[c] * x[c];
    for (int distance = 16; distance > 0; distance /= 2)
      sum += __shfl_down_sync (ALL_LANES, sum, distance);
    if (lane == 0)
      x[k + p] -= sum;
  }
}

/* What a solved panel takes from the rows before it: for Lᵀ, columns of L, by threads. */
template <typename Real>
static __device__ inline void
take_columns (Real *x, const Real *l, int n, int k, int height)
{
  for (int c = threadIdx.x; c < k; c += blockDim.x) {
    Real sum = 0;

#pragma unroll 16
    for (int p = 0; p < height; p++)
      sum += l[(int64_t) (k + p) * n + c] * x[k + p];
    x[c] -= sum;
  }
}

template <typename Real, bool INVERTED>
static __global__ void __launch_bounds__ (VECTOR_THREADS)
solve_vector (Real *xs, const Real *ls, const Real *bs, int n, bool transpose)
{
  MP_DYNAMIC_SHARED (Real, blocks);
  const int panels = (n + NB - 1) / NB;
  Real *inverse = blocks + (INVERTED ? panels : 1) * NB * LD, *x = inverse + (INVERTED ? panels : 1) * NB;
  const Real *l = ls + (int64_t) blockIdx.x * n * n, *b = bs + (int64_t) blockIdx.x * n;

  for (int i = threadIdx.x; i < n; i += blockDim.x)
    x[i] = b[i];
  if (INVERTED)
    invert_diagonals (blocks, inverse, l, n, transpose);
  __syncthreads ();
  for (int step = 0; step < panels; step++) {
    const int k = (transpose ? panels - 1 - step : step) * NB, height = n - k < NB ? n - k : NB;

    if (!INVERTED)
      load_diagonal (blocks, inverse, l, n, k, height, transpose, threadIdx.x, blockDim.x);
    if (!transpose)
      take_rows (x, l, n, k, height);
    __syncthreads ();
    if (threadIdx.x < 32) {
      if (INVERTED)
        multiply_diagonal (blocks + k * LD, x, k, height, transpose);
      else
        solve_diagonal (blocks, inverse, x, k, height, transpose);
    }
    __syncthreads ();
    if (transpose) {
      take_columns (x, l, n, k, height);
      __syncthreads ();
    }
  }
  for (int i = threadIdx.x; i < n; i += blockDim.x)
    xs[(int64_t) blockIdx.x * n + i] = x[i];
}

size_t
mp_cuda_solve_vector_shared (MpDtype dtype,
                             int64_t n,
                             int     inverted)
{
  size_t size = (size_t) padded ((int) n), blocks = inverted ? size : NB;

  return (blocks * (LD + 1) + size) * mp_dtype_size (dtype);
}

template <typename Real, bool INVERTED>
static cudaError_t
launch_vector (MpDtype dtype, int transpose, int64_t n, int64_t batch, void *x, const void *l, const void *b,
               cudaStream_t stream)
{
  size_t shared = mp_cuda_solve_vector_shared (dtype, n, INVERTED);
  static SharedLimit limit = { PTHREAD_MUTEX_INITIALIZER, { 0 } };
  cudaError_t error = raise_limit (&limit, (const void *) solve_vector<Real, INVERTED>, shared);

  if (error != cudaSuccess)
    return error;
  MP_LAUNCH ((solve_vector<Real, INVERTED>), (unsigned) batch, n <= 64 ? 128 : VECTOR_THREADS, shared, stream,
             (Real *) x, (const Real *) l, (const Real *) b, (int) n, transpose != 0);
  return cudaGetLastError ();
}

cudaError_t
mp_launch_solve_vector (MpDtype      dtype,
                        int          transpose,
                        int          inverted,
                        int64_t      n,
                        int64_t      batch,
                        void        *x,
                        const void  *l,
                        const void  *b,
                        cudaStream_t stream)
{
  if (dtype == MP_FLOAT32)
    return inverted ? launch_vector<float, true> (dtype, transpose, n, batch, x, l, b, stream)
                    : launch_vector<float, false> (dtype, transpose, n, batch, x, l, b, stream);
  return inverted ? launch_vector<double, true> (dtype, transpose, n, batch, x, l, b, stream)
                  : launch_vector<double, false> (dtype, transpose, n, batch, x, l, b, stream);
}
