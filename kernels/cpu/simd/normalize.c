/* SPDX-License-Identifier: Apache-2.0
 *
 * normalize.c: softmax and log-sum-exp of rows, and normalisation over one axis of outer × n × inner.
 *
 * softmax      y = exp (x − max x) / Σ exp (x − max x)
 * log-sum-exp  y = max x + log Σ exp (x − max x)
 * normalize    y = (x − μ)·ρ, μ = mean x, ρ = 1/√(mean (x − μ)² + ε); means over the axis of size n
 * its adjoint  dx = ρ·(dy − mean dy − x̂·mean (dy·x̂)), x̂ = (x − μ)·ρ
 *
 * Sums are kept in float64.
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

/* means and reciprocal deviations of one outer slice: scratch holds 2·inner doubles */
static void
moments (int64_t     n,
         int64_t     inner,
         double      epsilon,
         const real *x,
         double     *restrict mean,
         double     *restrict scale)
{
  for (int64_t j = 0; j < inner; j++)
    mean[j] = scale[j] = 0;
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < inner; j++)
      mean[j] += (double) x[i * inner + j];
  for (int64_t j = 0; j < inner; j++)
    mean[j] /= (double) n;
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < inner; j++)
      scale[j] += ((double) x[i * inner + j] - mean[j]) * ((double) x[i * inner + j] - mean[j]);
  for (int64_t j = 0; j < inner; j++)
    scale[j] = 1.0 / sqrt (scale[j] / (double) n + epsilon);
}

void
SYMBOL (normalize) (int64_t     outer,
                    int64_t     n,
                    int64_t     inner,
                    double      epsilon,
                    const void *x,
                    void       *y,
                    void       *scratch)
{
  double *mean = scratch, *scale = mean + inner;

  for (int64_t o = 0; o < outer; o++) {
    const real *from = (const real *) x + o * n * inner;
    real       *to = (real *) y + o * n * inner;

    moments (n, inner, epsilon, from, mean, scale);
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = 0; j < inner; j++)
        to[i * inner + j] = (real) (((double) from[i * inner + j] - mean[j]) * scale[j]);
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
  double *mean = scratch, *scale = mean + inner, *sum = scale + inner, *along = sum + inner;

  for (int64_t o = 0; o < outer; o++) {
    const real *from = (const real *) x + o * n * inner, *grad = (const real *) dy + o * n * inner;
    real       *to = (real *) dx + o * n * inner;

    moments (n, inner, epsilon, from, mean, scale);
    for (int64_t j = 0; j < inner; j++)
      sum[j] = along[j] = 0;
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = 0; j < inner; j++) {
        sum[j] += (double) grad[i * inner + j];
        along[j] += (double) grad[i * inner + j] * ((double) from[i * inner + j] - mean[j]) * scale[j];
      }
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = 0; j < inner; j++) {
        double unit = ((double) from[i * inner + j] - mean[j]) * scale[j];

        to[i * inner + j] = (real) (scale[j] * ((double) grad[i * inner + j] - sum[j] / (double) n
                                                - unit * along[j] / (double) n));
      }
  }
}
