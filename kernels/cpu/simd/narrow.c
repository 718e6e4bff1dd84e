/* SPDX-License-Identifier: Apache-2.0
 *
 * narrow.c: products C (m×n) = op (A)·op (B) with at most MP_NARROW columns or rows, as the first and last layers of
 * toy networks and Gram matrices times points have them. Tiles would compute mostly padding there.
 *
 * Dots: each element is a dot product along k, A's rows being contiguous; B's columns are packed, padded with zeros.
 * Outer: vectors run along the long side (A's columns, or B's rows) and one element of the short side is broadcast.
 */
#include "kernels/cpu/simd/simd.h"

#define INLINE static inline __attribute__ ((always_inline))

static inline int64_t
padded (int64_t k)
{
  return (k + VL - 1) / VL * VL;
}

size_t
SYMBOL (narrow_scratch) (const MpGemm *g)
{
  return gemm_way (g) == WAY_DOTS ? (size_t) (padded (g->k) * g->n) * sizeof (real) : 0;
}

void
SYMBOL (narrow_pack) (const MpGemm *g,
                      const real   *b,
                      real         *scratch)
{
  if (gemm_way (g) != WAY_DOTS)
    return;
  for (int64_t j = 0; j < g->n; j++) {
    real *column = scratch + j * padded (g->k);

    for (int64_t p = 0; p < g->k; p++)
      column[p] = g->transpose_b ? b[j * g->ldb + p] : b[p * g->ldb + j];
    for (int64_t p = g->k; p < padded (g->k); p++)
      column[p] = 0;
  }
}

/* ---- dots ---- */
/* Stores the lanes' sum of each of four vectors, the same way for each. */
INLINE void
store_sums (real        *to,
            const vreal *v)
{
  v4 q[4];

  UNROLL
  for (int j = 0; j < 4; j++) {
#if MP_VECTOR_BYTES == 64 && MP_BITS == 32
    __m256 half = _mm256_add_ps (_mm512_castps512_ps256 ((__m512) v[j]), _mm512_extractf32x8_ps ((__m512) v[j], 1));

    q[j] = (v4) _mm_add_ps (_mm256_castps256_ps128 (half), _mm256_extractf128_ps (half, 1));
#else
    real lane[VL > 4 ? VL : 4] = { 0 };

    memcpy (lane, &v[j], sizeof v[j]);
    for (int l = 4; l < VL; l++)
      lane[l % 4] += lane[l];
    memcpy (&q[j], lane, sizeof q[j]);
#endif
  }
  {
    v4 a = __builtin_shufflevector (q[0], q[1], 0, 4, 2, 6) + __builtin_shufflevector (q[0], q[1], 1, 5, 3, 7);
    v4 b = __builtin_shufflevector (q[2], q[3], 0, 4, 2, 6) + __builtin_shufflevector (q[2], q[3], 1, 5, 3, 7);

    *(v4_unaligned *) to = __builtin_shufflevector (a, b, 0, 1, 4, 5) + __builtin_shufflevector (a, b, 2, 3, 6, 7);
  }
}

INLINE void
dot_rows (const MpGemm *g,
          const real   *a,
          const real   *columns,
          real         *c,
          int           rows,
          int           n)
{
  vreal   acc[4][MP_NARROW];
  int64_t depth = padded (g->k);

  UNROLL
  for (int i = 0; i < rows; i++)
    UNROLL
    for (int j = 0; j < n; j++)
      acc[i][j] = (vreal) { 0 };
  for (int64_t p = 0; p < g->k; p += VL)
    UNROLL
    for (int i = 0; i < rows; i++) {
      const real *from = a + i * g->lda + p;
      vreal       va = g->k - p < VL ? v_load_part (from, g->k - p) : v_load (from);

      UNROLL
      for (int j = 0; j < n; j++)
        acc[i][j] += va * v_load (columns + j * depth + p);
    }
  UNROLL
  for (int i = 0; i < rows; i++)
    if (n == 4)
      store_sums (c + i * g->ldc, acc[i]);
    else
      UNROLL
      for (int j = 0; j < n; j++)
        c[i * g->ldc + j] = v_sum (acc[i][j]);
}

INLINE void
run_dots (const MpGemm *g,
          const real   *a,
          const real   *columns,
          real         *c,
          int64_t       rows,
          int           n)
{
  int64_t i = 0;

  for (; i + 4 <= rows; i += 4)
    dot_rows (g, a + i * g->lda, columns, c + i * g->ldc, 4, n);
  for (; i < rows; i++)
    dot_rows (g, a + i * g->lda, columns, c + i * g->ldc, 1, n);
}

/* ---- outer products ---- */
typedef struct
{
  int64_t     k;
  const real *wide;           /* k × length, contiguous along length */
  int64_t     wide_stride;
  const real *narrow;         /* element (p, j) at p·k_stride + j·j_stride */
  int64_t     k_stride, j_stride;
  real       *c;              /* element (i, j) at i·c_long + j·c_short */
  int64_t     c_long, c_short;
} Outer;

INLINE void
store_outer (const Outer *o,
             vreal        v,
             real        *to,
             int64_t      valid)
{
  real lane[VL];

  if (o->c_long == 1 && valid == VL)
    v_store (to, v);
  else if (o->c_long == 1)
    v_store_part (to, v, valid);
  else {
    memcpy (lane, &v, sizeof lane);
    for (int64_t l = 0; l < valid; l++)
      to[l * o->c_long] = lane[l];
  }
}

/* `width` vectors from i on; `part` elements of the last one where it is not whole */
INLINE void
outer_block (const Outer *o,
             int64_t      i,
             int          width,
             int64_t      part,
             int          n)
{
  vreal acc[4][MP_NARROW];

  UNROLL
  for (int w = 0; w < width; w++)
    UNROLL
    for (int j = 0; j < n; j++)
      acc[w][j] = (vreal) { 0 };
  for (int64_t p = 0; p < o->k; p++) {
    const real *row = o->wide + p * o->wide_stride + i, *factor = o->narrow + p * o->k_stride;

    UNROLL
    for (int w = 0; w < width; w++) {
      vreal v = part > 0 && w == width - 1 ? v_load_part (row + w * VL, part) : v_load (row + w * VL);

      UNROLL
      for (int j = 0; j < n; j++)
        acc[w][j] += v * factor[j * o->j_stride];
    }
  }
  UNROLL
  for (int w = 0; w < width; w++)
    UNROLL
    for (int j = 0; j < n; j++)
      store_outer (o, acc[w][j], o->c + (i + w * VL) * o->c_long + j * o->c_short,
                   part > 0 && w == width - 1 ? part : VL);
}

INLINE void
run_outer (const Outer *o,
           int64_t      length,
           int          n)
{
  int64_t i = 0;

  for (; i + 4 * VL <= length; i += 4 * VL)
    outer_block (o, i, 4, 0, n);
  for (; i + 2 * VL <= length; i += 2 * VL)
    outer_block (o, i, 2, 0, n);
  for (; i + VL <= length; i += VL)
    outer_block (o, i, 1, 0, n);
  if (i < length)
    outer_block (o, i, 1, length - i, n);
}

static void
run_outer_n (const Outer *o,
             int64_t      length,
             int64_t      n)
{
  switch (n) {
  case 1:
    run_outer (o, length, 1);
    break;
  case 2:
    run_outer (o, length, 2);
    break;
  case 3:
    run_outer (o, length, 3);
    break;
  case 4:
    run_outer (o, length, 4);
    break;
  default:
    break;
  }
}

void
SYMBOL (narrow_run) (const MpGemm *g,
                     const real   *a,
                     const real   *b,
                     real         *c,
                     const real   *scratch,
                     int64_t       row0,
                     int64_t       row1)
{
  Outer o = { .k = g->k, .c = c };

  switch (gemm_way (g)) {
  case WAY_OUTER_A:
    o.wide = a + row0;
    o.wide_stride = g->lda;
    o.narrow = b;
    o.k_stride = g->transpose_b ? 1 : g->ldb;
    o.j_stride = g->transpose_b ? g->ldb : 1;
    o.c_long = g->ldc;
    o.c_short = 1;
    run_outer_n (&o, row1 - row0, g->n);
    break;
  case WAY_OUTER_B:
    o.wide = b;
    o.wide_stride = g->ldb;
    o.narrow = a + row0 * (g->transpose_a ? 1 : g->lda);
    o.k_stride = g->transpose_a ? g->lda : 1;
    o.j_stride = g->transpose_a ? 1 : g->lda;
    o.c_long = 1;
    o.c_short = g->ldc;
    run_outer_n (&o, g->n, row1 - row0);
    break;
  default:
    switch (g->n) {
    case 1:
      run_dots (g, a + row0 * g->lda, scratch, c, row1 - row0, 1);
      break;
    case 2:
      run_dots (g, a + row0 * g->lda, scratch, c, row1 - row0, 2);
      break;
    case 3:
      run_dots (g, a + row0 * g->lda, scratch, c, row1 - row0, 3);
      break;
    case 4:
      run_dots (g, a + row0 * g->lda, scratch, c, row1 - row0, 4);
      break;
    default:
      break;
    }
  }
}
