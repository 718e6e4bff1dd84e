/* SPDX-License-Identifier: Apache-2.0
 *
 * normalize.c: softmax and log-sum-exp of rows, and normalisation over one axis of outer × n × inner.
 *
 * softmax      y = exp (x − max x) / Σ exp (x − max x)
 * log-sum-exp  y = max x + log Σ exp (x − max x)
 * normalize    y = (x − μ)·ρ, μ = mean x, ρ = 1/√(mean (x − μ)² + ε); means over the axis of size n
 * its adjoint  dx = ρ·(dy − mean dy − x̂·mean (dy·x̂)), x̂ = (x − μ)·ρ
 *
 * Sums are kept in float64; those of a row (inner = 1, layer normalisation) in eight parts, whatever the instruction
 * set.
 */
#include "kernels/cpu/simd/math.h"

static real
max_of (const real *x,
        int64_t     n)
{
  real max = -(real) INFINITY;

  for (int64_t i = 0; i < n; i++)
    max = ((x[i] > max) | (x[i] != x[i])) ? x[i] : max;
  return max;
}

#define CHUNK 256

static double
exp_sum (const real *x,
         int64_t     n,
         real        max,
         real       *y) /* nullable: takes the exponentials */
{
  real   e[CHUNK];
  double sum = 0;

  for (int64_t i = 0; i < n; i += CHUNK) {
    int64_t m = n - i < CHUNK ? n - i : CHUNK;

    for (int64_t j = 0; j < m; j++)
      e[j] = m_exp (x[i + j] - max);
    for (int64_t j = 0; j < m; j++)
      sum += (double) e[j];
    if (y != NULL)
      memcpy (y + i, e, (size_t) m * sizeof (real));
  }
  return sum;
}

void
SYMBOL (softmax) (int64_t     rows,
                  int64_t     n,
                  const void *x,
                  void       *y)
{
  for (int64_t r = 0; r < rows; r++) {
    const real *from = (const real *) x + r * n;
    real       *to = (real *) y + r * n;
    real        scale = (real) (1.0 / exp_sum (from, n, max_of (from, n), to));

    for (int64_t i = 0; i < n; i++)
      to[i] *= scale;
  }
}

void
SYMBOL (log_sum_exp) (int64_t     rows,
                      int64_t     n,
                      const void *x,
                      void       *y)
{
  for (int64_t r = 0; r < rows; r++) {
    const real *from = (const real *) x + r * n;
    real        max = max_of (from, n);

    /* an infinite maximum (or an empty row's −∞) is the answer, where max − max would be NaN */
    ((real *) y)[r] = m_abs (max) < (real) INFINITY
                        ? (real) ((double) max + log (exp_sum (from, n, max, NULL)))
                        : max;
  }
}

/* ---- rows ---- */

#define LANES 8
typedef double lanes __attribute__ ((vector_size (LANES * sizeof (double))));
typedef double column_lanes
  __attribute__ ((vector_size (LANES * sizeof (double)), aligned (sizeof (double)), may_alias));
typedef real   row_lanes __attribute__ ((vector_size (LANES * sizeof (real)), aligned (sizeof (real)), may_alias));

/* eight numbers from p on; no function, since vectors wider than the instruction set's have no calling convention */
#define WIDE(p) __builtin_convertvector (*(const row_lanes *) (p), lanes)

static inline double
sum_of (const lanes *parts)
{
  double sum = 0;

  UNROLL
  for (int j = 0; j < LANES; j++)
    sum += (*parts)[j];
  return sum;
}

static double
row_mean (int64_t     n,
          const real *x)
{
  lanes   parts = { 0 };
  double  rest = 0;
  int64_t i = 0;

  for (; i + LANES <= n; i += LANES)
    parts += WIDE (x + i);
  for (; i < n; i++)
    rest += (double) x[i];
  return (sum_of (&parts) + rest) / (double) n;
}

/* ρ */
static double
row_scale (int64_t     n,
           double      epsilon,
           const real *x,
           double      mean)
{
  lanes   parts = { 0 };
  double  rest = 0;
  int64_t i = 0;

  for (; i + LANES <= n; i += LANES) {
    lanes off = WIDE (x + i) - mean;

    parts += off * off;
  }
  for (; i < n; i++)
    rest += ((double) x[i] - mean) * ((double) x[i] - mean);
  return 1.0 / sqrt ((sum_of (&parts) + rest) / (double) n + epsilon);
}

static void
normalize_row (int64_t              n,
               double               epsilon,
               const real *restrict x,
               real       *restrict y)
{
  double mean = row_mean (n, x), scale = row_scale (n, epsilon, x, mean);

  for (int64_t i = 0; i < n; i++)
    y[i] = (real) (((double) x[i] - mean) * scale);
}

static void
normalize_grad_row (int64_t              n,
                    double               epsilon,
                    const real *restrict x,
                    const real *restrict dy,
                    real       *restrict dx)
{
  double  mean = row_mean (n, x), scale = row_scale (n, epsilon, x, mean), sum, along;
  lanes   sums = { 0 }, products = { 0 };
  double  rest = 0, product = 0;
  int64_t i = 0;

  for (; i + LANES <= n; i += LANES) {
    lanes grad = WIDE (dy + i);

    sums += grad;
    products += grad * (WIDE (x + i) - mean);
  }
  for (; i < n; i++) {
    rest += (double) dy[i];
    product += (double) dy[i] * ((double) x[i] - mean);
  }
  sum = (sum_of (&sums) + rest) / (double) n;
  along = (sum_of (&products) + product) * scale / (double) n;
  for (i = 0; i < n; i++)
    dx[i] = (real) (scale * ((double) dy[i] - sum - ((double) x[i] - mean) * scale * along));
}

/* ---- columns: row by row through memory, with sums for each column in scratch ---- */

/* to[j] += row[j] */
static void
add_row (int64_t              inner,
         const real *restrict row,
         double     *restrict to)
{
  int64_t j = 0;

  for (; j + LANES <= inner; j += LANES)
    *(column_lanes *) (to + j) += WIDE (row + j);
  for (; j < inner; j++)
    to[j] += (double) row[j];
}

/* to[j] += (row[j] − mean[j])² */
static void
add_squares (int64_t                inner,
             const real   *restrict row,
             const double *restrict mean,
             double       *restrict to)
{
  int64_t j = 0;

  for (; j + LANES <= inner; j += LANES) {
    lanes off = WIDE (row + j) - *(const column_lanes *) (mean + j);

    *(column_lanes *) (to + j) += off * off;
  }
  for (; j < inner; j++)
    to[j] += ((double) row[j] - mean[j]) * ((double) row[j] - mean[j]);
}

/* to[j] += dy[j]·(x[j] − mean[j]) */
static void
add_products (int64_t                inner,
              const real   *restrict x,
              const double *restrict mean,
              const real   *restrict dy,
              double       *restrict to)
{
  int64_t j = 0;

  for (; j + LANES <= inner; j += LANES)
    *(column_lanes *) (to + j) += WIDE (dy + j) * (WIDE (x + j) - *(const column_lanes *) (mean + j));
  for (; j < inner; j++)
    to[j] += (double) dy[j] * ((double) x[j] - mean[j]);
}

static void
column_moments (int64_t     n,
                int64_t     inner,
                double      epsilon,
                const real *x,
                double     *mean,
                double     *scale)
{
  for (int64_t j = 0; j < inner; j++)
    mean[j] = scale[j] = 0;
  for (int64_t i = 0; i < n; i++)
    add_row (inner, x + i * inner, mean);
  for (int64_t j = 0; j < inner; j++)
    mean[j] /= (double) n;
  for (int64_t i = 0; i < n; i++)
    add_squares (inner, x + i * inner, mean, scale);
  for (int64_t j = 0; j < inner; j++)
    scale[j] = 1.0 / sqrt (scale[j] / (double) n + epsilon);
}

static void
normalize_columns (int64_t              n,
                   int64_t              inner,
                   double               epsilon,
                   const real *restrict x,
                   real       *restrict y,
                   double     *restrict scratch)
{
  double *mean = scratch, *scale = mean + inner;

  column_moments (n, inner, epsilon, x, mean, scale);
  for (int64_t i = 0; i < n; i++) {
    const real *from = x + i * inner;
    real       *to = y + i * inner;
    int64_t     j = 0;

    for (; j + LANES <= inner; j += LANES) {
      lanes unit = (WIDE (from + j) - *(const column_lanes *) (mean + j)) * *(const column_lanes *) (scale + j);

      *(row_lanes *) (to + j) = __builtin_convertvector (unit, row_lanes);
    }
    for (; j < inner; j++)
      to[j] = (real) (((double) from[j] - mean[j]) * scale[j]);
  }
}

static void
normalize_grad_columns (int64_t              n,
                        int64_t              inner,
                        double               epsilon,
                        const real *restrict x,
                        const real *restrict dy,
                        real       *restrict dx,
                        double     *restrict scratch)
{
  double *mean = scratch, *scale = mean + inner, *sum = scale + inner, *along = sum + inner;

  column_moments (n, inner, epsilon, x, mean, scale);
  for (int64_t j = 0; j < inner; j++)
    sum[j] = along[j] = 0;
  for (int64_t i = 0; i < n; i++) {
    add_row (inner, dy + i * inner, sum);
    add_products (inner, x + i * inner, mean, dy + i * inner, along);
  }
  for (int64_t j = 0; j < inner; j++) {
    sum[j] /= (double) n;
    along[j] *= scale[j] * scale[j] / (double) n;
  }
  for (int64_t i = 0; i < n; i++) {
    const real *from = x + i * inner, *grad = dy + i * inner;
    real       *to = dx + i * inner;
    int64_t     j = 0;

    for (; j + LANES <= inner; j += LANES) {
      lanes off = WIDE (from + j) - *(const column_lanes *) (mean + j);
      lanes step = WIDE (grad + j) - *(const column_lanes *) (sum + j) - off * *(const column_lanes *) (along + j);

      *(row_lanes *) (to + j) = __builtin_convertvector (step * *(const column_lanes *) (scale + j), row_lanes);
    }
    for (; j < inner; j++)
      to[j] = (real) (scale[j] * ((double) grad[j] - sum[j] - ((double) from[j] - mean[j]) * along[j]));
  }
}

/* ---- both; scratch of 2 (gradient: 4) × inner doubles ---- */

void
SYMBOL (normalize) (int64_t     outer,
                    int64_t     n,
                    int64_t     inner,
                    double      epsilon,
                    const void *x,
                    void       *y,
                    void       *scratch)
{
  for (int64_t o = 0; o < outer; o++) {
    const real *from = (const real *) x + o * n * inner;
    real       *to = (real *) y + o * n * inner;

    if (inner == 1)
      normalize_row (n, epsilon, from, to);
    else
      normalize_columns (n, inner, epsilon, from, to, scratch);
  }
}

void
SYMBOL (normalize_grad) (int64_t     outer,
                         int64_t     n,
                         int64_t     inner,
                         double      epsilon,
                         const void *x,
                         const void *dy,
                         void       *dx,
                         void       *scratch)
{
  for (int64_t o = 0; o < outer; o++) {
    const real *from = (const real *) x + o * n * inner, *grad = (const real *) dy + o * n * inner;
    real       *to = (real *) dx + o * n * inner;

    if (inner == 1)
      normalize_grad_row (n, epsilon, from, grad, to);
    else
      normalize_grad_columns (n, inner, epsilon, from, grad, to, scratch);
  }
}
