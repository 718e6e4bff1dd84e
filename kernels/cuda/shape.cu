/* SPDX-License-Identifier: Apache-2.0
 *
 * shape.cu: kernels that move elements (shape.c).
 *
 * Memory: neighbouring threads read and write neighbouring words. Transposes go through tiles of 32×32 in shared
 * memory, one column wider so that a column's words lie in different banks. Positions are divided in 32 bits where
 * the tensor allows.
 */
#include "kernels/cuda/launch.h"

#define BLOCK 256
#define TILE 32
#define TILE_ROWS 8 /* rows of threads that walk a tile */
#define MOST_BLOCKS 65536

/* ---- whole copies ---- */

template <typename Word>
static __global__ void
copy_words (Word *to, const Word *from, int64_t n)
{
  for (int64_t i = (int64_t) blockIdx.x * blockDim.x + threadIdx.x; i < n; i += (int64_t) gridDim.x * blockDim.x)
    to[i] = from[i];
}

template <typename Word>
static cudaError_t
launch_copy (void *to, const void *from, size_t bytes, cudaStream_t stream)
{
  int64_t n = (int64_t) (bytes / sizeof (Word));

  MP_LAUNCH ((copy_words<Word>), mp_blocks (n, BLOCK, MOST_BLOCKS), BLOCK, 0, stream, (Word *) to, (const Word *) from,
             n);
  return cudaGetLastError ();
}

cudaError_t
mp_launch_copy (void        *to,
                const void  *from,
                size_t       bytes,
                cudaStream_t stream)
{
  uintptr_t all = (uintptr_t) to | (uintptr_t) from | bytes;

  if (all % 16 == 0)
    return launch_copy<uint4> (to, from, bytes, stream);
  if (all % 4 == 0)
    return launch_copy<uint32_t> (to, from, bytes, stream);
  return launch_copy<uint16_t> (to, from, bytes, stream);
}

/* ---- strided copies ---- */

template <typename Word, typename Index>
static __global__ void
copy_strided (Word *to, const Word *from, MpCudaStrided block, Index total)
{
  for (Index i = (Index) blockIdx.x * blockDim.x + threadIdx.x; i < total; i += (Index) gridDim.x * blockDim.x) {
    Index rest = i;
    int64_t to_at = block.to_at, from_at = block.from_at;
    bool inside = true;

    for (int a = block.rank - 1; a >= 0; a--) {
      Index dim = (Index) block.dim[a], left = rest / dim, at = rest - left * dim;

      rest = left;
      inside = inside && (int64_t) at >= block.low[a] && (int64_t) at < block.high[a];
      to_at += (int64_t) at * block.to_stride[a];
      from_at += (int64_t) at * block.from_stride[a];
    }
    to[to_at] = inside ? from[from_at] : Word ();
  }
}

template <typename Word>
static cudaError_t
launch_strided (const MpCudaCopy *copy, void *to, const void *from, cudaStream_t stream)
{
  unsigned grid = mp_blocks (copy->total, BLOCK, MOST_BLOCKS);

  if (copy->total < INT32_MAX)
    MP_LAUNCH ((copy_strided<Word, uint32_t>), grid, BLOCK, 0, stream, (Word *) to, (const Word *) from, copy->block,
               (uint32_t) copy->total);
  else
    MP_LAUNCH ((copy_strided<Word, int64_t>), grid, BLOCK, 0, stream, (Word *) to, (const Word *) from, copy->block,
               copy->total);
  return cudaGetLastError ();
}

cudaError_t
mp_launch_copy_strided (const MpCudaCopy *copy,
                        void             *to,
                        const void       *from,
                        cudaStream_t      stream)
{
  switch (copy->block.word) {
  case 2:
    return launch_strided<uint16_t> (copy, to, from, stream);
  case 4:
    return launch_strided<uint32_t> (copy, to, from, stream);
  case 8:
    return launch_strided<uint2> (copy, to, from, stream);
  default:
    return launch_strided<uint4> (copy, to, from, stream);
  }
}

/* ---- transposes: of the last axis with the one that is contiguous in the operand; the others are a batch ---- */

template <typename Word>
static __global__ void
copy_tiles (Word *to, const Word *from, MpCudaStrided block, int across, int64_t tiles)
{
  __shared__ Word tile[TILE][TILE + 1];
  const int last = block.rank - 1;
  const int64_t columns = block.dim[last], rows = block.dim[across];
  const int64_t n_columns = (columns + TILE - 1) / TILE, n_rows = (rows + TILE - 1) / TILE;

  for (int64_t t = blockIdx.x; t < tiles; t += gridDim.x) {
    const int64_t column = t % n_columns * TILE, row = t / n_columns % n_rows * TILE;
    int64_t rest = t / n_columns / n_rows, to_at = block.to_at, from_at = block.from_at;

    for (int a = last - 1; a >= 0; a--)
      if (a != across) {
        int64_t at = rest % block.dim[a];

        rest /= block.dim[a];
        to_at += at * block.to_stride[a];
        from_at += at * block.from_stride[a];
      }
    for (int j = threadIdx.y; j < TILE; j += TILE_ROWS)
      if (column + j < columns && row + threadIdx.x < rows)
        tile[j][threadIdx.x] = from[from_at + (column + j) * block.from_stride[last] + row + threadIdx.x];
    __syncthreads ();
    for (int i = threadIdx.y; i < TILE; i += TILE_ROWS)
      if (row + i < rows && column + threadIdx.x < columns)
        to[to_at + (row + i) * block.to_stride[across] + column + threadIdx.x] = tile[threadIdx.x][i];
    __syncthreads ();
  }
}

template <typename Word>
static cudaError_t
launch_tiles (const MpCudaCopy *copy, void *to, const void *from, cudaStream_t stream)
{
  const MpCudaStrided *block = &copy->block;
  int64_t columns = block->dim[block->rank - 1], rows = block->dim[copy->across];
  int64_t tiles = copy->total / columns / rows * ((columns + TILE - 1) / TILE) * ((rows + TILE - 1) / TILE);

  MP_LAUNCH ((copy_tiles<Word>), mp_blocks (tiles, 1, INT32_MAX), dim3 (TILE, TILE_ROWS), 0, stream, (Word *) to,
             (const Word *) from, *block, copy->across, tiles);
  return cudaGetLastError ();
}

cudaError_t
mp_launch_copy_tiles (const MpCudaCopy *copy,
                      void             *to,
                      const void       *from,
                      cudaStream_t      stream)
{
  switch (copy->block.word) {
  case 2:
    return launch_tiles<uint16_t> (copy, to, from, stream);
  case 4:
    return launch_tiles<uint32_t> (copy, to, from, stream);
  default:
    return launch_tiles<uint64_t> (copy, to, from, stream);
  }
}

/* ---- concatenation ---- */

template <typename Word>
static __global__ void
concat (Word *to, MpCudaConcat parts, int64_t width, int64_t total)
{
  for (int64_t i = (int64_t) blockIdx.x * blockDim.x + threadIdx.x; i < total; i += (int64_t) gridDim.x * blockDim.x) {
    int64_t row = total < INT32_MAX ? (uint32_t) i / (uint32_t) width : i / width, column = i - row * width;
    int64_t where = row * parts.row + parts.at + column;
    int part = 0;

    while (column >= parts.width[part])
      column -= parts.width[part++];
    to[where] = ((const Word *) parts.from[part])[row * parts.width[part] + column];
  }
}

template <typename Word>
static cudaError_t
launch_concat (const MpCudaConcat *parts, void *to, cudaStream_t stream)
{
  int64_t width = 0;

  for (int i = 0; i < parts->n; i++)
    width += parts->width[i];
  MP_LAUNCH ((concat<Word>), mp_blocks (parts->outer * width, BLOCK, MOST_BLOCKS), BLOCK, 0, stream, (Word *) to,
             *parts, width, parts->outer * width);
  return cudaGetLastError ();
}

cudaError_t
mp_launch_concat (const MpCudaConcat *parts,
                  void               *to,
                  cudaStream_t        stream)
{
  switch (parts->word) {
  case 2:
    return launch_concat<uint16_t> (parts, to, stream);
  case 4:
    return launch_concat<uint32_t> (parts, to, stream);
  case 8:
    return launch_concat<uint2> (parts, to, stream);
  default:
    return launch_concat<uint4> (parts, to, stream);
  }
}

/* ---- rows at indices ---- */

static __device__ inline void
set_bits (uint16_t &word)
{
  word = 0xffff;
}

static __device__ inline void
set_bits (uint32_t &word)
{
  word = 0xffffffffu;
}

static __device__ inline void
set_bits (uint2 &word)
{
  word.x = word.y = 0xffffffffu;
}

static __device__ inline void
set_bits (uint4 &word)
{
  word.x = word.y = word.z = word.w = 0xffffffffu;
}

template <typename Word>
static __global__ void
gather (Word *y, const Word *x, const int32_t *index, MpCudaRows rows)
{
  const int64_t total = rows.n * rows.width;

  for (int64_t i = (int64_t) blockIdx.x * blockDim.x + threadIdx.x; i < total; i += (int64_t) gridDim.x * blockDim.x) {
    int64_t to = total < INT32_MAX ? (uint32_t) i / (uint32_t) rows.width : i / rows.width;
    int64_t from = index[to];
    Word word;

    if (from >= 0 && from < rows.rows)
      word = x[from * rows.width + i - to * rows.width];
    else
      set_bits (word);
    y[i] = word;
  }
}

template <typename Word>
static cudaError_t
launch_gather (const MpCudaRows *rows, void *y, const void *x, const int32_t *index, cudaStream_t stream)
{
  MP_LAUNCH ((gather<Word>), mp_blocks (rows->n * rows->width, BLOCK, MOST_BLOCKS), BLOCK, 0, stream, (Word *) y,
             (const Word *) x, index, *rows);
  return cudaGetLastError ();
}

cudaError_t
mp_launch_gather (const MpCudaRows *rows,
                  void             *y,
                  const void       *x,
                  const int32_t    *index,
                  cudaStream_t      stream)
{
  switch (rows->word) {
  case 2:
    return launch_gather<uint16_t> (rows, y, x, index, stream);
  case 4:
    return launch_gather<uint32_t> (rows, y, x, index, stream);
  case 8:
    return launch_gather<uint2> (rows, y, x, index, stream);
  default:
    return launch_gather<uint4> (rows, y, x, index, stream);
  }
}

/* ---- conversions ---- */

/* bfloat16 as the upper half of a float32; rounds to nearest, ties to even. */
struct Bfloat16
{
  uint16_t bits;
};

static __device__ inline Bfloat16
round_to_bfloat16 (float value)
{
  uint32_t bits = __float_as_uint (value);

  if (value != value)
    return { (uint16_t) (bits >> 16 | 0x40) };
  return { (uint16_t) ((bits + 0x7fff + (bits >> 16 & 1)) >> 16) };
}

/* A float32 that rounds to the same bfloat16 as the value: where it is inexact its last bit is set (round to odd), so
 * that a second rounding sees what the first dropped. */
static __device__ inline float
round_to_odd (double value)
{
  float near = (float) value;
  uint32_t bits = __float_as_uint (near);

  if ((double) near == value || value != value)
    return near;
  if (fabs ((double) near) > fabs (value))
    bits--;
  return __uint_as_float (bits | 1);
}

/* What the CPU does: NaN becomes 0, what is too large the limit. */
static __device__ inline int32_t
to_int32 (double x)
{
  if (x != x)
    return 0;
  return x >= 2147483647.0 ? INT32_MAX : (x <= -2147483648.0 ? INT32_MIN : (int32_t) x);
}

static __device__ inline double
widen (Bfloat16 value)
{
  return (double) __uint_as_float ((uint32_t) value.bits << 16);
}

static __device__ inline double
widen (double value)
{
  return value;
}

template <typename To, typename From>
struct Convert
{
  static __device__ inline To
  of (From value)
  {
    return (To) widen (value);
  }
};

template <typename From>
struct Convert<Bfloat16, From>
{
  static __device__ inline Bfloat16
  of (From value)
  {
    return round_to_bfloat16 (round_to_odd (widen (value)));
  }
};

template <>
struct Convert<Bfloat16, float>
{
  static __device__ inline Bfloat16
  of (float value)
  {
    return round_to_bfloat16 (value);
  }
};

template <>
struct Convert<float, Bfloat16>
{
  static __device__ inline float
  of (Bfloat16 value)
  {
    return __uint_as_float ((uint32_t) value.bits << 16);
  }
};

template <typename From>
struct Convert<int32_t, From>
{
  static __device__ inline int32_t
  of (From value)
  {
    return to_int32 (widen (value));
  }
};

template <typename T>
struct alignas (sizeof (T) * 4 < 16 ? sizeof (T) * 4 : 16) Four
{
  T value[4];
};

template <typename To, typename From>
static __global__ void
cast (To *y, const From *x, int64_t n)
{
  const int64_t stride = (int64_t) gridDim.x * blockDim.x, first = (int64_t) blockIdx.x * blockDim.x + threadIdx.x;

  for (int64_t i = first; i < n / 4; i += stride) {
    Four<From> from = ((const Four<From> *) x)[i];
    Four<To> to;

    for (int j = 0; j < 4; j++)
      to.value[j] = Convert<To, From>::of (from.value[j]);
    ((Four<To> *) y)[i] = to;
  }
  for (int64_t i = n / 4 * 4 + first; i < n; i += stride)
    y[i] = Convert<To, From>::of (x[i]);
}

template <typename To, typename From>
static cudaError_t
launch_cast (int64_t n, void *y, const void *x, cudaStream_t stream)
{
  MP_LAUNCH ((cast<To, From>), mp_blocks ((n + 3) / 4, BLOCK, MOST_BLOCKS), BLOCK, 0, stream, (To *) y,
             (const From *) x, n);
  return cudaGetLastError ();
}

cudaError_t
mp_launch_cast (MpDtype      to,
                MpDtype      from,
                int64_t      n,
                void        *y,
                const void  *x,
                cudaStream_t stream)
{
#define CASE(TO, To, FROM, From)                                                                    \
  case TO * 4 + FROM:                                                                               \
    return launch_cast<To, From> (n, y, x, stream);
  switch (to * 4 + from) {
  CASE (MP_FLOAT32, float, MP_FLOAT64, double)
  CASE (MP_FLOAT32, float, MP_INT32, int32_t)
  CASE (MP_FLOAT32, float, MP_BFLOAT16, Bfloat16)
  CASE (MP_FLOAT64, double, MP_FLOAT32, float)
  CASE (MP_FLOAT64, double, MP_INT32, int32_t)
  CASE (MP_FLOAT64, double, MP_BFLOAT16, Bfloat16)
  CASE (MP_INT32, int32_t, MP_FLOAT32, float)
  CASE (MP_INT32, int32_t, MP_FLOAT64, double)
  CASE (MP_INT32, int32_t, MP_BFLOAT16, Bfloat16)
  CASE (MP_BFLOAT16, Bfloat16, MP_FLOAT32, float)
  CASE (MP_BFLOAT16, Bfloat16, MP_FLOAT64, double)
  CASE (MP_BFLOAT16, Bfloat16, MP_INT32, int32_t)
  default:
    return cudaErrorInvalidValue;
  }
#undef CASE
}

/* ---- the adjoint of gather ----
 * One warp sums one row's stretch of 32 columns: its lanes read 32 indices at a time, vote, and add the rows that
 * match in their order, so sums have the CPU's order and are the same in every run. Every row reads all indices:
 * rows·⌈width/32⌉·n/32 steps, some 4 ms for 100,000 rows and as many indices, microseconds for minibatches. */
#define WARPS 8

template <typename Stored, typename Real>
static __global__ void
scatter_add (Stored *y, const Stored *dy, const int32_t *index, MpCudaRows rows, int64_t stretches)
{
  const int64_t step = (int64_t) gridDim.x * WARPS, lane = threadIdx.x;

  for (int64_t s = (int64_t) blockIdx.x * WARPS + threadIdx.y; s < rows.rows * stretches; s += step) {
    const int64_t row = s / stretches, column = s % stretches * 32 + lane;
    Real sum = 0;

    for (int64_t first = 0; first < rows.n; first += 32) {
      bool matches = first + lane < rows.n && index[first + lane] == row;

      for (unsigned found = __ballot_sync (0xffffffffu, matches); found != 0; found &= found - 1) {
        int64_t i = first + __ffs ((int) found) - 1;

        if (column < rows.width)
          sum += Convert<Real, Stored>::of (dy[i * rows.width + column]);
      }
    }
    if (column < rows.width)
      y[row * rows.width + column] = Convert<Stored, Real>::of (sum);
  }
}

template <typename Stored, typename Real>
static cudaError_t
launch_scatter_add (const MpCudaRows *rows, void *y, const void *dy, const int32_t *index, cudaStream_t stream)
{
  int64_t stretches = (rows->width + 31) / 32;

  MP_LAUNCH ((scatter_add<Stored, Real>), mp_blocks (rows->rows * stretches, WARPS, MOST_BLOCKS), dim3 (32, WARPS), 0,
             stream, (Stored *) y, (const Stored *) dy, index, *rows, stretches);
  return cudaGetLastError ();
}

cudaError_t
mp_launch_scatter_add (const MpCudaRows *rows,
                       MpDtype           dtype,
                       void             *y,
                       const void       *dy,
                       const int32_t    *index,
                       cudaStream_t      stream)
{
  switch (dtype) {
  case MP_FLOAT32:
    return launch_scatter_add<float, float> (rows, y, dy, index, stream);
  case MP_FLOAT64:
    return launch_scatter_add<double, double> (rows, y, dy, index, stream);
  default:
    return launch_scatter_add<Bfloat16, float> (rows, y, dy, index, stream);
  }
}

/* ---- bands ---- */

template <typename Word>
static __global__ void
band (Word *y, const Word *x, int64_t n, int64_t rows, int64_t columns, int64_t first, int64_t last)
{
  for (int64_t i = (int64_t) blockIdx.x * blockDim.x + threadIdx.x; i < n; i += (int64_t) gridDim.x * blockDim.x) {
    int64_t row = n < INT32_MAX ? (uint32_t) i / (uint32_t) columns : i / columns, column = i - row * columns;
    int64_t off = column - (n < INT32_MAX ? (uint32_t) row % (uint32_t) rows : row % rows);

    y[i] = off >= first && off <= last ? x[i] : Word ();
  }
}

cudaError_t
mp_launch_band (int          word,
                int64_t      n,
                int64_t      rows,
                int64_t      columns,
                int64_t      first,
                int64_t      last,
                void        *y,
                const void  *x,
                cudaStream_t stream)
{
  unsigned grid = mp_blocks (n, BLOCK, MOST_BLOCKS);

  if (word == 2)
    MP_LAUNCH ((band<uint16_t>), grid, BLOCK, 0, stream, (uint16_t *) y, (const uint16_t *) x, n, rows, columns, first,
               last);
  else if (word == 4)
    MP_LAUNCH ((band<uint32_t>), grid, BLOCK, 0, stream, (uint32_t *) y, (const uint32_t *) x, n, rows, columns, first,
               last);
  else
    MP_LAUNCH ((band<uint64_t>), grid, BLOCK, 0, stream, (uint64_t *) y, (const uint64_t *) x, n, rows, columns, first,
               last);
  return cudaGetLastError ();
}

/* ---- minibatches and reports: which one is known on the device only ---- */

template <typename Word>
static __global__ void
fetch (MpCudaContext context, uint64_t slots, uint64_t every, int64_t n, Word *item, const Word *ring)
{
  const MpRunContext seen = mp_context_read (context);
  const Word *slot = ring + (int64_t) ((every > 0 ? seen.step / every : seen.batch) % slots) * n;

  for (int64_t i = (int64_t) blockIdx.x * blockDim.x + threadIdx.x; i < n; i += (int64_t) gridDim.x * blockDim.x)
    item[i] = slot[i];
}

template <typename Word>
static cudaError_t
launch_fetch (MpCudaContext context, uint64_t slots, uint64_t every, size_t bytes, void *item, const void *ring,
              cudaStream_t stream)
{
  int64_t n = (int64_t) (bytes / sizeof (Word));

  MP_LAUNCH ((fetch<Word>), mp_blocks (n, BLOCK, MOST_BLOCKS), BLOCK, 0, stream, context, slots, every, n,
             (Word *) item, (const Word *) ring);
  return cudaGetLastError ();
}

cudaError_t
mp_launch_fetch (MpCudaContext context,
                 uint64_t      slots,
                 uint64_t      every,
                 size_t        bytes,
                 void         *item,
                 const void   *ring,
                 cudaStream_t  stream)
{
  if (bytes % 16 == 0)
    return launch_fetch<uint4> (context, slots, every, bytes, item, ring, stream);
  if (bytes % 4 == 0)
    return launch_fetch<uint32_t> (context, slots, every, bytes, item, ring, stream);
  return launch_fetch<uint16_t> (context, slots, every, bytes, item, ring, stream);
}

static __global__ void
collect (MpCudaContext context, MpCudaScalars scalars, double *table)
{
  const int64_t row = (int64_t) (mp_context_read (context).step / scalars.every % scalars.rows);
  const int i = (int) threadIdx.x;

  if (i < scalars.n)
    table[row * scalars.columns + scalars.first + i] = scalars.is_double[i]
                                                         ? *(const double *) scalars.address[i]
                                                         : (double) *(const float *) scalars.address[i];
}

cudaError_t
mp_launch_collect (MpCudaContext        context,
                   const MpCudaScalars *scalars,
                   double              *table,
                   cudaStream_t         stream)
{
  MP_LAUNCH (collect, 1, MP_CUDA_COLLECT_SCALARS, 0, stream, context, *scalars, table);
  return cudaGetLastError ();
}
