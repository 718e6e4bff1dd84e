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
#define TILE_ROWS 4
#define TILE_WIDTH 3

static inline int64_t
padded (int64_t n)
{
  return (n + VL - 1) / VL * VL + TILE_WIDTH * VL;
}

size_t
SYMBOL (cholesky_scratch) (int64_t n)
{
  return (size_t) (n * padded (n)) * sizeof (real);
}

static void
read_lower (int64_t     n,
            const real *a,
            real       *u)
{
  int64_t ld = padded (n);

  for (int64_t j0 = 0; j0 < n; j0 += 8)
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = j0; j < j0 + 8 && j < n; j++)
        u[i * ld + j] = j >= i ? a[j * n + i] : 0;
  for (int64_t i = 0; i < n; i++)
    memset (u + i * ld + n, 0, (size_t) (ld - n) * sizeof (real));
}

static void
write_lower (int64_t     n,
             const real *u,
             real       *a)
{
  int64_t ld = padded (n);

  for (int64_t j0 = 0; j0 < n; j0 += 8)
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = j0; j < j0 + 8 && j < n; j++)
        a[i * n + j] = j <= i ? u[j * ld + i] : 0;
}

/* Rows [top, bottom) of U from column top on, given that rows above top have been subtracted. */
static void
finish_rows (real   *u,
             int64_t ld,
             int64_t n,
             int64_t top,
             int64_t bottom)
{
  for (int64_t p = top; p < bottom; p++)
    {
      real *row = u + p * ld, pivot;

      /* from a vector boundary at or before the diagonal: what lies left of it is not read any more */
      for (int64_t c = p / VL * VL; c < n; c += VL)
        {
          vreal sum = v_load (row + c);

          for (int64_t q = top; q < p; q++)
            sum -= u[q * ld + p] * v_load (u + q * ld + c);
          v_store (row + c, sum);
        }
      pivot = row[p] > 0 ? (real) sqrt ((double) row[p]) : (real) NAN;
      for (int64_t c = p; c < n; c++)
        row[c] /= pivot;
      row[p] = pivot;
    }
}

/* U[row … row+rows)[c …] −= Σ_q U[q][row …]·U[q][c …] for q in [top, bottom) */
static inline __attribute__ ((always_inline)) void
update_tile (real   *u,
             int64_t ld,
             int64_t top,
             int64_t bottom,
             int64_t row,
             int64_t c,
             int     rows)
{
  vreal acc[TILE_ROWS][TILE_WIDTH];

  UNROLL
  for (int i = 0; i < rows; i++)
    UNROLL
    for (int j = 0; j < TILE_WIDTH; j++)
      acc[i][j] = v_load (u + (row + i) * ld + c + j * VL);
  for (int64_t q = top; q < bottom; q++)
    {
      const real *above = u + q * ld;
      vreal       b[TILE_WIDTH];

      UNROLL
      for (int j = 0; j < TILE_WIDTH; j++)
        b[j] = v_load (above + c + j * VL);
      UNROLL
      for (int i = 0; i < rows; i++)
        UNROLL
        for (int j = 0; j < TILE_WIDTH; j++)
          acc[i][j] -= above[row + i] * b[j];
    }
  UNROLL
  for (int i = 0; i < rows; i++)
    UNROLL
    for (int j = 0; j < TILE_WIDTH; j++)
      v_store (u + (row + i) * ld + c + j * VL, acc[i][j]);
}

static void
update_below (real   *u,
              int64_t ld,
              int64_t n,
              int64_t top,
              int64_t bottom)
{
  for (int64_t row = bottom; row < n; row += TILE_ROWS)
    for (int64_t c = row / VL * VL; c < n; c += TILE_WIDTH * VL)
      switch (n - row)
        {
        case 1:
          update_tile (u, ld, top, bottom, row, c, 1);
          break;
        case 2:
          update_tile (u, ld, top, bottom, row, c, 2);
          break;
        case 3:
          update_tile (u, ld, top, bottom, row, c, 3);
          break;
        default:
          update_tile (u, ld, top, bottom, row, c, TILE_ROWS);
        }
}

void
SYMBOL (cholesky) (int64_t n,
                   void   *a,
                   void   *scratch)
{
  real   *u = scratch;
  int64_t ld = padded (n);

  read_lower (n, a, u);
  for (int64_t top = 0; top < n; top += BLOCK)
    {
      int64_t bottom = top + BLOCK < n ? top + BLOCK : n;

      finish_rows (u, ld, n, top, bottom);
      update_below (u, ld, n, top, bottom);
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
    for (int64_t i = n - 1; i >= 0; i--)
      {
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
  for (int64_t step = 0; step < n; step++)
    {
      int64_t i = transpose ? n - 1 - step : step;
      vreal   sum[4] = { 0 };
      real    one = 0, pivot = l[i * n + i];

      for (int64_t s = 0; s < step; s++)
        {
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

  if (m == 1)
    {
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
