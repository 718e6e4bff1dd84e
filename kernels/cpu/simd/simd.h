/* SPDX-License-Identifier: Apache-2.0
 *
 * simd.h: what the sources in this folder are written in. Each is compiled once per instruction set and dtype
 * (MP_ISA names the instruction set, MP_BITS is 32 or 64), so `real` is float or double and SYMBOL (gemm) is
 * mp_gemm_avx512_f32 or the like. simd/table.c gathers one MpSimd of functions per compilation.
 *
 * Loops over elements are plain and branch-free, for the compiler to vectorise; `vreal` (GCC's vector extension,
 * which clang shares) is for what it would not vectorise without reordering sums: products and reductions.
 */
#pragma once

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __AVX2__
#include <immintrin.h>
#endif

#include "kernels/cpu/cpu.h"

#define MP_PASTE_(a, b, c) mp_##a##_##b##_f##c
#define MP_PASTE(a, b, c) MP_PASTE_ (a, b, c)
#define SYMBOL(name) MP_PASTE (name, MP_ISA, MP_BITS)

#if defined (__AVX512F__)
#define MP_VECTOR_BYTES 64
#define MP_N_REGISTERS 32
#elif defined (__AVX2__)
#define MP_VECTOR_BYTES 32
#define MP_N_REGISTERS 16
#else
#define MP_VECTOR_BYTES 16
#define MP_N_REGISTERS 16
#endif

#if MP_BITS == 32
typedef float    real;
typedef uint32_t uword;
typedef int32_t  sword;
#define MP_REAL_DTYPE MP_FLOAT32
#else
typedef double   real;
typedef uint64_t uword;
typedef int64_t  sword;
#define MP_REAL_DTYPE MP_FLOAT64
#endif

/* Before a loop of constant length over registers: arrays of vectors stay in registers only when it is unrolled. */
#ifdef __clang__
#define UNROLL _Pragma ("clang loop unroll (full)")
#else
#define UNROLL _Pragma ("GCC unroll 16")
#endif

/* elements in a vector */
#define VL ((int) (MP_VECTOR_BYTES / sizeof (real)))

typedef real vreal __attribute__ ((vector_size (MP_VECTOR_BYTES)));
typedef real vreal_unaligned __attribute__ ((vector_size (MP_VECTOR_BYTES), aligned (sizeof (real)), may_alias));

static inline vreal
v_load (const real *p)
{
  return *(const vreal_unaligned *) p;
}

static inline void
v_store (real *p,
         vreal v)
{
  *(vreal_unaligned *) p = v;
}

static inline vreal
v_splat (real x)
{
  return x - (vreal) { 0 }; /* which compilers fold, as x − 0 is x even for −0 */
}

/* The first n elements (0 < n < VL) and zeros after them, reading nothing beyond. */
static inline vreal
v_load_part (const real *p,
             int64_t     n)
{
#if MP_VECTOR_BYTES == 64 && MP_BITS == 32
  return (vreal) _mm512_maskz_loadu_ps ((__mmask16) ((1u << n) - 1), p);
#elif MP_VECTOR_BYTES == 64
  return (vreal) _mm512_maskz_loadu_pd ((__mmask8) ((1u << n) - 1), p);
#else
  vreal v = { 0 };

  for (int j = 0; j < VL - 1; j++)
    if (j < n)
      v[j] = p[j];
  return v;
#endif
}

/* Stores the first n lanes (0 < n < VL). */
static inline void
v_store_part (real   *p,
              vreal   v,
              int64_t n)
{
#if MP_VECTOR_BYTES == 64 && MP_BITS == 32
  _mm512_mask_storeu_ps (p, (__mmask16) ((1u << n) - 1), (__m512) v);
#elif MP_VECTOR_BYTES == 64
  _mm512_mask_storeu_pd (p, (__mmask8) ((1u << n) - 1), (__m512d) v);
#else
  memcpy (p, &v, (size_t) n * sizeof (real));
#endif
}

/* Sum of the lanes, halves first. */
static inline real
v_sum (vreal v)
{
#if MP_VECTOR_BYTES == 64 && MP_BITS == 32
  return _mm512_reduce_add_ps ((__m512) v);
#elif MP_VECTOR_BYTES == 64
  return _mm512_reduce_add_pd ((__m512d) v);
#else
  real lane[VL];

  memcpy (lane, &v, sizeof lane);
  for (int width = VL / 2; width > 0; width /= 2)
    for (int j = 0; j < width; j++)
      lane[j] += lane[j + width];
  return lane[0];
#endif
}

typedef real v4 __attribute__ ((vector_size (4 * sizeof (real))));
typedef real v4_unaligned __attribute__ ((vector_size (4 * sizeof (real)), aligned (sizeof (real)), may_alias));

static inline void
transpose_4x4 (const real *from,
               int64_t     from_stride,
               real       *to,
               int64_t     to_stride)
{
  v4 a = *(const v4_unaligned *) from, b = *(const v4_unaligned *) (from + from_stride);
  v4 c = *(const v4_unaligned *) (from + 2 * from_stride), d = *(const v4_unaligned *) (from + 3 * from_stride);
  v4 ab_even = __builtin_shufflevector (a, b, 0, 4, 2, 6), ab_odd = __builtin_shufflevector (a, b, 1, 5, 3, 7);
  v4 cd_even = __builtin_shufflevector (c, d, 0, 4, 2, 6), cd_odd = __builtin_shufflevector (c, d, 1, 5, 3, 7);

  *(v4_unaligned *) to = __builtin_shufflevector (ab_even, cd_even, 0, 1, 4, 5);
  *(v4_unaligned *) (to + to_stride) = __builtin_shufflevector (ab_odd, cd_odd, 0, 1, 4, 5);
  *(v4_unaligned *) (to + 2 * to_stride) = __builtin_shufflevector (ab_even, cd_even, 2, 3, 6, 7);
  *(v4_unaligned *) (to + 3 * to_stride) = __builtin_shufflevector (ab_odd, cd_odd, 2, 3, 6, 7);
}

/* to[j][i] = from[i][j] for i < rows, j < columns */
static inline void
transpose_block (const real *from,
                 int64_t     from_stride,
                 int64_t     rows,
                 int64_t     columns,
                 real       *to,
                 int64_t     to_stride)
{
  int64_t i = 0;

  for (; i + 4 <= rows; i += 4) {
    int64_t j = 0;

    for (; j + 4 <= columns; j += 4)
      transpose_4x4 (from + i * from_stride + j, from_stride, to + j * to_stride + i, to_stride);
    for (; j < columns; j++)
      for (int64_t l = i; l < i + 4; l++)
        to[j * to_stride + l] = from[l * from_stride + j];
  }
  for (; i < rows; i++)
    for (int64_t j = 0; j < columns; j++)
      to[j * to_stride + i] = from[i * from_stride + j];
}

static inline real
as_real (uword u)
{
  real x;

  memcpy (&x, &u, sizeof x);
  return x;
}

static inline uword
as_bits (real x)
{
  uword u;

  memcpy (&u, &x, sizeof u);
  return u;
}

/* Products with at most MP_NARROW rows or columns have ways of their own (simd/narrow.c). */
typedef enum
{
  WAY_TILES,        /* simd/gemm.c */
  WAY_DOTS,         /* few columns, A by rows */
  WAY_OUTER_A,      /* few columns, A by columns: vectors along A's columns */
  WAY_OUTER_B       /* few rows, B by rows: vectors along B's rows */
} GemmWay;

static inline GemmWay
gemm_way (const MpGemm *g)
{
  if (g->n <= MP_NARROW)
    return g->transpose_a ? WAY_OUTER_A : WAY_DOTS;
  return g->m <= MP_NARROW && !g->transpose_b ? WAY_OUTER_B : WAY_TILES;
}

size_t SYMBOL (narrow_scratch) (const MpGemm *g);
void   SYMBOL (narrow_pack) (const MpGemm *g, const real *b, real *scratch);
void   SYMBOL (narrow_run) (const MpGemm *g, const real *a, const real *b, real *c, const real *scratch, int64_t row0,
                            int64_t row1);

#define MP_DECLARE(type, name, ...) type SYMBOL (name) (__VA_ARGS__);
MP_SIMD_FUNCTIONS (MP_DECLARE)
