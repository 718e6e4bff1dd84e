/* SPDX-License-Identifier: Apache-2.0
 *
 * linalg.c: Cholesky factor and triangular solves of small and middle size.
 *
 * A = L·Lᵀ is computed as U = Lᵀ, row-major in the scratch with padded rows, because every inner loop then runs along
 * rows: a block of BLOCK rows of U is finished (each row minus the block's rows above it, divided by its pivot), and
 * the rows below it are updated with tiles held in registers. A's lower triangle is read. A pivot that is not
 * positive becomes NaN and spoils what depends on it.
 */
#include "kernels/cpu/simd/simd.h"

#define BLOCK 16
#if MP_N_REGISTERS == 32
#define TILE_ROWS 8
#define TILE_WIDTH 3
#else
#define TILE_ROWS 4
#define TILE_WIDTH 2
#endif
#define INLINE static inline __attribute__ ((always_inline))

static inline int64_t
padded (int64_t n)
{
  return (n + VL - 1) / VL * VL;
}

size_t
SYMBOL (cholesky_scratch) (int64_t n)
{
  return (size_t) (n * padded (n)) * sizeof (real);
}

/* The lower triangle, transposed; what lies left of the diagonal in U is never used. */
static void
read_lower (int64_t     n,
            const real *a,
            real       *u)
{
  int64_t ld = padded (n);

  for (int64_t j = 0; j < n; j += 8)
    transpose_block (a + j * n, n, n - j < 8 ? n - j : 8, n - j < 8 ? n : j + 8, u + j, ld);
  for (int64_t i = 0; i < n; i++)
    memset (u + i * ld + n, 0, (size_t) (ld - n) * sizeof (real));
}

static void
write_lower (int64_t     n,
             const real *u,
             real       *a)
{
  int64_t ld = padded (n);

  for (int64_t j = 0; j < n; j += 8)
    transpose_block (u + j * ld + j, ld, n - j < 8 ? n - j : 8, n - j, a + j * n + j, n);
  for (int64_t i = 0; i < n; i++)
    memset (a + i * n + i + 1, 0, (size_t) (n - i - 1) * sizeof (real));
}

/* Factors the diagonal block that starts at `top`; pivots' reciprocals go to inverse[]. */
static void
factor_diagonal (real   *u,
                 int64_t ld,
                 int64_t top,
                 int64_t bottom,
                 real   *inverse)
{
  for (int64_t p = top; p < bottom; p++) {
    real *row = u + p * ld;
    real  pivot = row[p] > 0 ? (real) sqrt ((double) row[p]) : (real) NAN;

    inverse[p - top] = (real) 1 / pivot;
    row[p] = pivot;
    for (int64_t c = p + 1; c < bottom; c++)
      row[c] *= inverse[p - top];
    for (int64_t q = p + 1; q < bottom; q++)
      for (int64_t c = q; c < bottom; c++)
        u[q * ld + c] -= row[q] * row[c];
  }
}

/* One vector of columns of a whole block of rows, right of the diagonal block: Uᵀ⁻¹ of the diagonal block times it. */
static void
solve_block (const real *u,
             int64_t     ld,
             int64_t     top,
             const real *inverse,
             real       *columns)
{
  vreal row[BLOCK];

  UNROLL
  for (int p = 0; p < BLOCK; p++)
    row[p] = v_load (columns + p * ld);
  UNROLL
  for (int p = 0; p < BLOCK; p++) {
    const real *from = u + (top + p) * ld + top;

    row[p] *= inverse[p];
    UNROLL
    for (int q = p + 1; q < BLOCK; q++)
      row[q] -= from[q] * row[p];
    v_store (columns + p * ld, row[p]);
  }
}

/* Rows [top, bottom) of U, given that rows above top have been subtracted. */
static void
finish_rows (real   *u,
             int64_t ld,
             int64_t n,
             int64_t top,
             int64_t bottom)
{
  real    inverse[BLOCK];
  int64_t c = bottom;

  factor_diagonal (u, ld, top, bottom, inverse);
  /* only the last block can be short, and nothing lies right of it; BLOCK is a multiple of VL */
  for (; c < n; c += VL)
    solve_block (u, ld, top, inverse, u + top * ld + c);
}

/* U[row … row+rows)[c …] −= Σ_q U[q][row …]·U[q][c …] for q in [top, top + BLOCK) */
INLINE void
update_tile (real   *u,
             int64_t ld,
             int64_t top,
             int64_t row,
             int64_t c,
             int     rows,
             int     width)
{
  vreal acc[TILE_ROWS][TILE_WIDTH];

  UNROLL
  for (int i = 0; i < rows; i++)
    UNROLL
    for (int j = 0; j < width; j++)
      acc[i][j] = v_load (u + (row + i) * ld + c + j * VL);
  for (int64_t q = top; q < top + BLOCK; q++) {
    const real *above = u + q * ld;
    vreal       b[TILE_WIDTH];

    UNROLL
    for (int j = 0; j < width; j++)
      b[j] = v_load (above + c + j * VL);
    UNROLL
    for (int i = 0; i < rows; i++)
      UNROLL
      for (int j = 0; j < width; j++)
        acc[i][j] -= above[row + i] * b[j];
  }
  UNROLL
  for (int i = 0; i < rows; i++)
    UNROLL
    for (int j = 0; j < width; j++)
      v_store (u + (row + i) * ld + c + j * VL, acc[i][j]);
}

INLINE void
update_rows (real   *u,
             int64_t ld,
             int64_t top,
             int64_t row,
             int     rows)
{
  int64_t c = row / VL * VL;

  for (; c + TILE_WIDTH * VL <= ld; c += TILE_WIDTH * VL)
    update_tile (u, ld, top, row, c, rows, TILE_WIDTH);
  for (; c < ld; c += VL)
    update_tile (u, ld, top, row, c, rows, 1);
}

static void
update_below (real   *u,
              int64_t ld,
              int64_t n,
              int64_t top)
{
  int64_t row = top + BLOCK;

  for (; row + TILE_ROWS <= n; row += TILE_ROWS)
    update_rows (u, ld, top, row, TILE_ROWS);
  for (; row < n; row++)
    update_rows (u, ld, top, row, 1);
}

void
SYMBOL (cholesky) (int64_t n,
                   void   *a,
                   void   *scratch)
{
  real   *u = scratch;
  int64_t ld = padded (n);

  read_lower (n, a, u);
  for (int64_t top = 0; top < n; top += BLOCK) {
    int64_t bottom = top + BLOCK < n ? top + BLOCK : n;

    finish_rows (u, ld, n, top, bottom);
    if (bottom < n)
      update_below (u, ld, n, top);
  }
  write_lower (n, u, a);
}

/* ---- triangular solves ---- */
static real
dot (const real *x,
     const real *y,
     int64_t     n)
{
  vreal   lane[2] = { 0 };
  real    sum = 0;
  int64_t i = 0;

  for (; i + 2 * VL <= n; i += 2 * VL)
    UNROLL
    for (int j = 0; j < 2; j++)
      lane[j] += v_load (x + i + j * VL) * v_load (y + i + j * VL);
  for (; i + VL <= n; i += VL)
    lane[0] += v_load (x + i) * v_load (y + i);
  for (; i < n; i++)
    sum += x[i] * y[i];
  return sum + v_sum (lane[0] + lane[1]);
}

static void
solve_vector (int64_t     n,
              const real *l,
              int         transpose,
              real       *x)
{
  if (!transpose)
    for (int64_t i = 0; i < n; i++)
      x[i] = (x[i] - dot (l + i * n, x, i)) / l[i * n + i];
  else
    for (int64_t i = n - 1; i >= 0; i--) {
      real xi = x[i] / l[i * n + i];

      x[i] = xi;
      for (int64_t j = 0; j < i; j++)
        x[j] -= xi * l[i * n + j];
    }
}

/* `width` vectors of columns at once, or one column where width is 0 */
static inline __attribute__ ((always_inline)) void
solve_columns (int64_t     n,
               int64_t     m,
               const real *l,
               int         transpose,
               real       *b,
               int         width)
{
  for (int64_t step = 0; step < n; step++) {
    int64_t i = transpose ? n - 1 - step : step;
    vreal   sum[4] = { 0 };
    real    one = 0, pivot = l[i * n + i];

    for (int64_t s = 0; s < step; s++) {
      int64_t k = transpose ? n - 1 - s : s;
      real    factor = transpose ? l[k * n + i] : l[i * n + k];

      UNROLL
      for (int j = 0; j < width; j++)
        sum[j] += factor * v_load (b + k * m + j * VL);
      if (width == 0)
        one += factor * b[k * m];
    }
    for (int j = 0; j < width; j++)
      v_store (b + i * m + j * VL, (v_load (b + i * m + j * VL) - sum[j]) / pivot);
    if (width == 0)
      b[i * m] = (b[i * m] - one) / pivot;
  }
}

void
SYMBOL (triangular_solve) (int64_t     n,
                           int64_t     m,
                           const void *l,
                           int         transpose,
                           void       *b)
{
  real   *x = b;
  int64_t c = 0;

  if (m == 1) {
    solve_vector (n, l, transpose, x);
    return;
  }
  for (; c + 4 * VL <= m; c += 4 * VL)
    solve_columns (n, m, l, transpose, x + c, 4);
  for (; c + VL <= m; c += VL)
    solve_columns (n, m, l, transpose, x + c, 1);
  for (; c < m; c++)
    solve_columns (n, m, l, transpose, x + c, 0);
}
