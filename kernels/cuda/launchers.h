/* SPDX-License-Identifier: Apache-2.0
 *
 * launchers.h: the launchers of the .cu files. Each puts its kernels on the stream and returns what the launch said;
 * addresses are the device's, sizes are elements unless they say bytes.
 */
#pragma once

#include "kernels/cuda/cuda.h"
#include "kernels/cuda/shape.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- context.cu ---- */
cudaError_t mp_launch_context_set (MpRunContext *base, const MpRunContext *value, cudaStream_t stream);
cudaError_t mp_launch_context_advance (MpRunContext *base, const MpRunContext *by, cudaStream_t stream);

/* ---- shape.cu ---- */
/* An even number of bytes, at even addresses. */
cudaError_t mp_launch_copy (void *to, const void *from, size_t bytes, cudaStream_t stream);
cudaError_t mp_launch_copy_tiles (const MpCudaCopy *copy, void *to, const void *from, cudaStream_t stream);
cudaError_t mp_launch_copy_strided (const MpCudaCopy *copy, void *to, const void *from, cudaStream_t stream);

/* Some operands beside each other: rows of `row` words, of which these cover from `at` on. */
#define MP_CUDA_CONCAT_PARTS 8
typedef struct
{
  int32_t     word; /* bytes */
  int32_t     n;
  int64_t     outer;
  int64_t     inner; /* bytes behind the axis */
  int64_t     row;
  int64_t     at;
  int64_t     width[MP_CUDA_CONCAT_PARTS];
  const void *from[MP_CUDA_CONCAT_PARTS];
} MpCudaConcat;
cudaError_t mp_launch_concat (const MpCudaConcat *concat, void *to, cudaStream_t stream);

/* n indices into `rows` rows of `width` words (SCATTER_ADD: elements) */
typedef struct
{
  int32_t word;
  int64_t rows;
  int64_t n;
  int64_t width;
} MpCudaRows;
cudaError_t mp_launch_gather (const MpCudaRows *rows, void *y, const void *x, const int32_t *index,
                              cudaStream_t stream);
cudaError_t mp_launch_scatter_add (const MpCudaRows *rows, MpDtype dtype, void *y, const void *dy,
                                   const int32_t *index, cudaStream_t stream);
/* Keeps columns first ≤ j − i ≤ last of matrices rows×columns; y may be x. */
cudaError_t mp_launch_band (int word, int64_t n, int64_t rows, int64_t columns, int64_t first, int64_t last, void *y,
                            const void *x, cudaStream_t stream);
cudaError_t mp_launch_cast (MpDtype to, MpDtype from, int64_t n, void *y, const void *x, cudaStream_t stream);
/* Item (batch mod slots), or (step / every) mod slots where every > 0. */
cudaError_t mp_launch_fetch (MpCudaContext context, uint64_t slots, uint64_t every, size_t bytes, void *item,
                             const void *ring, cudaStream_t stream);

#define MP_CUDA_COLLECT_SCALARS 64
typedef struct
{
  int32_t     n;
  uint8_t     is_double[MP_CUDA_COLLECT_SCALARS];
  const void *address[MP_CUDA_COLLECT_SCALARS];
  uint64_t    rows;
  int64_t     columns;
  int64_t     first;   /* column */
  uint64_t    every;   /* row (step / every) mod rows */
} MpCudaScalars;
cudaError_t mp_launch_collect (MpCudaContext context, const MpCudaScalars *scalars, double *table,
                               cudaStream_t stream);

/* ---- linalg.cu ---- */

/* Lower factors of `batch` matrices n×n, zeros above; a may not be l. */
size_t      mp_cuda_cholesky_shared (MpDtype dtype, int64_t n); /* bytes that the first needs in a block */
cudaError_t mp_launch_cholesky_block (MpDtype dtype, int64_t n, int64_t batch, void *l, const void *a,
                                      cudaStream_t stream);
/* work: as large as the matrices, nothing for n ≤ MP_CUDA_PANEL */
#define MP_CUDA_PANEL 32
cudaError_t mp_launch_cholesky_steps (MpDtype dtype, int64_t n, int64_t batch, void *l, const void *a, void *work,
                                      cudaStream_t stream);
/* After a library's factorisation in place: zeros above the diagonal, NaN below unless *info is 0. */
cudaError_t mp_launch_cholesky_finish (MpDtype dtype, int64_t n, void *l, const int *info, cudaStream_t stream);
/* A positive definite matrix, to measure with. */
cudaError_t mp_launch_cholesky_example (MpDtype dtype, int64_t n, void *a, cudaStream_t stream);
/* op (L)·X = B, X and B n×m; x may not be b. The first is for m = 1; it takes so many bytes of a block, and is faster
 * where there is room for the inverses of all diagonal blocks. */
size_t      mp_cuda_solve_vector_shared (MpDtype dtype, int64_t n, int inverted);
cudaError_t mp_launch_solve_vector (MpDtype dtype, int transpose, int inverted, int64_t n, int64_t batch, void *x,
                                    const void *l, const void *b, cudaStream_t stream);
/* work: as large as B, nothing for n ≤ MP_CUDA_PANEL */
cudaError_t mp_launch_solve_steps (MpDtype dtype, int transpose, int64_t n, int64_t m, int64_t batch, void *x,
                                   const void *l, const void *b, void *work, cudaStream_t stream);

/* ---- normalize.cu ---- */

/* outer × n × inner, the middle reduced. A block has tx columns (of inner) × ty threads along n × tz outer slices, all
 * powers of 2. Where chunks > 1, n is cut into so many parts of `chunk` rows, whose sums lie in `partial`. */
typedef struct
{
  MpOp    op;
  MpDtype dtype;
  int64_t outer, n, inner;
  double  epsilon;
  int     tx, ty, tz;
  int     chunks;
  int64_t chunk;
} MpCudaNormalize;
#define MP_CUDA_NORMALIZE_THREADS 512 /* at most */
#define MP_CUDA_NORMALIZE_STATE 32    /* bytes of a partial result, at most */
cudaError_t mp_launch_normalize (const MpCudaNormalize *normalize, void *y, const void *x, const void *dy,
                                 void *partial, cudaStream_t stream);

/* ---- pool.cu ---- */
typedef struct
{
  MpOp    op;
  MpDtype dtype;
  int64_t n, h, w, c;     /* the large side */
  int64_t out_h, out_w;   /* the pooled side */
  int32_t window[2];
  int32_t stride[2];
  int32_t pad[2];         /* before */
} MpCudaPool;
/* y is the op's result: int32 for MAXPOOL_INDEX. */
cudaError_t mp_launch_pool (const MpCudaPool *pool, void *y, const void *x, const int32_t *index, cudaStream_t stream);

/* ---- random.cu ---- */
cudaError_t mp_launch_random (MpCudaContext context, MpOp op, MpDtype dtype, uint32_t stream_number, double a, double b,
                              int64_t n, void *out, cudaStream_t stream);

/* ---- update.cu ---- */
typedef struct
{
  MpOp          op;
  uint32_t      flags;
  int64_t       n;
  const double *hyper;     /* on the device, like all that follow */
  const void   *gradient;
  void         *parameter;
  void         *moment1;
  void         *moment2;
  double       *count;
  unsigned     *ticket;    /* 0 between runs */
} MpCudaUpdate;
cudaError_t mp_launch_update (const MpCudaUpdate *update, MpDtype dtype, int n_units, cudaStream_t stream);

/* ---- product.cu ---- */
/* Between float32 and bfloat16. */
cudaError_t mp_launch_convert (MpDtype from_dtype, const void *from, MpDtype to_dtype, void *to, int64_t n,
                               cudaStream_t stream);
/* norms[rows] = Σ x² in float64 where x is, else in float32. tf32, for float32 only and nullable, receives x rounded to
 * TF32, and the norms are of that. */
cudaError_t mp_launch_row_norms (MpDtype dtype, const void *x, void *tf32, void *norms, int64_t rows, int64_t columns,
                                 cudaStream_t stream);

/* ---- conv.cu ---- */
typedef struct
{
  int64_t n, h, w, c, out_h, out_w, out_c, kernel_h, kernel_w;
  int64_t stride[2];
  int64_t pad[2]; /* before */
} MpCudaConvShape;
/* CONV, CONV_DATA or CONV_WEIGHT of float32 or float64; the result is not empty. */
cudaError_t mp_launch_conv (MpOp op, MpDtype dtype, const MpCudaConvShape *shape, const void *first,
                            const void *second, void *result, cudaStream_t stream);

#ifdef __cplusplus
}
#endif
