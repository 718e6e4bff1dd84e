/* SPDX-License-Identifier: Apache-2.0
 *
 * mmd2.c: the unbiased estimate of the squared maximum mean discrepancy in data space (U-statistic, equation 3 of
 * Gretton et al.: A kernel two-sample test, JMLR 2012):
 *
 *   1/(n(n−1)) Σ_{i≠j} k (xᵢ, xⱼ) + 1/(m(m−1)) Σ_{i≠j} k (yᵢ, yⱼ) − 2/(nm) Σ k (xᵢ, yⱼ)
 *   k (a, b) = Σ_σ exp (−|a − b|²/(2σ²)),   σ ∈ {4, 2, 1, 1/2, 1/4, 1/8}
 *
 * It can be negative; no root is taken. Halving σ raises a kernel to its fourth power, so a pair of points costs one
 * exponential. Distances and kernels are float32 in loops that compilers vectorise, once for each instruction set worth
 * it; sums are float64. The exponential
 * is the degree-6 Taylor polynomial on ±½ log 2 (relative error below 2·10⁻⁷), which the last kernel's 1024th power
 * turns into 3·10⁻⁴ of its value at worst.
 */
#include "engine/metrics/mmd2.h"

#include <string.h>

#include "engine/metrics/centres.h"

#define BLOCK 128
#define LANES 16

static const MpParam params[] = {
  { .key = "mmd_samples", .title = N_("Points for MMD²"), .unit = N_("points"),
    .summary = N_("Generated and reference points that the metric MMD² compares; its cost grows with the square."),
    .type = MP_PARAM_INT, .default_value = "500", .min = 2, .max = 100000, .ui_min = 100, .ui_max = 5000,
    .logarithmic = TRUE },
};

/* exp (x) for −86 ≤ x ≤ 0 without a branch. */
static inline __attribute__ ((always_inline)) float
exp_negative (float x)
{
  const float shift = 12582912.0f; /* 1.5·2²³: adding it rounds to a whole number */
  float rounded = x * 1.44269504f + shift;
  float whole = rounded - shift;
  float r = x - whole * 0.693359375f + whole * 2.12194440e-4f;
  float p = 1.0f + r * (1.0f + r * (0.5f + r * (1 / 6.0f + r * (1 / 24.0f + r * (1 / 120.0f + r * (1 / 720.0f))))));
  gint32 bits = ((gint32) whole + 127) << 23;
  float power;

  memcpy (&power, &bits, sizeof power);
  return p * power;
}

/* Sum over the block of the kernel set at squared distances d2; entries beyond count are left out by the caller. */
static inline __attribute__ ((always_inline)) double
sum_kernels (const float *d2)
{
  float kernels[BLOCK];
  float lane[LANES] = { 0 };
  double sum = 0;

  for (gint i = 0; i < BLOCK; i++) {
    float x = d2[i] * (float) (-1 / (2 * MP_MMD2_LARGEST * MP_MMD2_LARGEST));
    float k = exp_negative (x < -86.0f ? -86.0f : x);
    float total = k;

    for (gint power = 1; power < MP_MMD2_N; power++) {
      k = k < 1e-9f ? 1e-9f : k; /* the fourth power stays above the slow subnormal numbers */
      k *= k;
      k *= k;
      total += k;
    }
    kernels[i] = total;
  }
  for (gint i = 0; i < BLOCK; i += LANES)
    for (gint l = 0; l < LANES; l++)
      lane[l] += kernels[i + l];
  for (gint l = 0; l < LANES; l++)
    sum += lane[l];
  return sum;
}

/* Points in rows become one row per dimension, padded to whole blocks. */
static float *
transpose (const float *points,
           gint64       n,
           gint64       dimensions,
           gint64       padded)
{
  float *out = g_new0 (float, dimensions * padded);

  for (gint64 i = 0; i < n; i++)
    for (gint64 j = 0; j < dimensions; j++)
      out[j * padded + i] = points[i * dimensions + j];
  return out;
}

/* Σ k (xᵢ, yⱼ) over all i and j, or with `above` over j > i. columns: y transposed, in rows of `padded`. */
static inline __attribute__ ((always_inline)) double
sum_pairs_body (const float *x,
                gint64       n,
                const float *columns,
                gint64       m,
                gint64       padded,
                gint64       dimensions,
                gboolean     above)
{
  double sum = 0;

  for (gint64 i = 0; i < n; i++) {
    gint64 first = above ? i + 1 : 0;

    for (gint64 start = first / BLOCK * BLOCK; start < m; start += BLOCK) {
      float d2[BLOCK] = { 0 };

      for (gint64 j = 0; j < dimensions; j++) {
        const float *column = columns + j * padded + start;
        float value = x[i * dimensions + j];

        for (gint l = 0; l < BLOCK; l++)
          d2[l] += (column[l] - value) * (column[l] - value);
      }
      for (gint64 l = 0; start + l < first; l++)
        d2[l] = G_MAXFLOAT;
      for (gint64 l = MAX (m - start, 0); l < BLOCK; l++)
        d2[l] = G_MAXFLOAT;
      sum += sum_kernels (d2);
    }
  }
  return sum;
}

typedef double (*SumPairs) (const float *x, gint64 n, const float *columns, gint64 m, gint64 padded,
                            gint64 dimensions, gboolean above);

#define SUM_PAIRS(name, attribute)                                                                                 \
  attribute static double                                                                                          \
  name (const float *x, gint64 n, const float *columns, gint64 m, gint64 padded, gint64 dimensions,                \
        gboolean above)                                                                                            \
  {                                                                                                                \
    return sum_pairs_body (x, n, columns, m, padded, dimensions, above);                                           \
  }

SUM_PAIRS (sum_pairs_plain, )
#ifdef __x86_64__
SUM_PAIRS (sum_pairs_avx2, __attribute__ ((target ("avx2,fma"))))
SUM_PAIRS (sum_pairs_avx512, __attribute__ ((target ("avx512f,prefer-vector-width=512"))))
#endif

static SumPairs
choose_sum_pairs (void)
{
#ifdef __x86_64__
  if (__builtin_cpu_supports ("avx512f"))
    return sum_pairs_avx512;
  if (__builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma"))
    return sum_pairs_avx2;
#endif
  return sum_pairs_plain;
}

static double
sum_pairs (const float *x,
           gint64       n,
           const float *y,
           gint64       m,
           gint64       dimensions,
           gboolean     above)
{
  gint64 padded = (m + BLOCK - 1) / BLOCK * BLOCK;
  g_autofree float *columns = transpose (y, m, dimensions, padded);

  return choose_sum_pairs () (x, n, columns, m, padded, dimensions, above);
}

double
mp_mmd2_unbiased (const float *x,
                  gint64       n,
                  const float *y,
                  gint64       m,
                  gint64       dimensions)
{
  double xx = 2 * sum_pairs (x, n, x, n, dimensions, TRUE) / ((double) n * (double) (n - 1));
  double yy = 2 * sum_pairs (y, m, y, m, dimensions, TRUE) / ((double) m * (double) (m - 1));
  double xy = sum_pairs (x, n, y, m, dimensions, FALSE) / ((double) n * (double) m);

  return xx + yy - 2 * xy;
}

static gboolean
mmd2_applies (const MpMetricInput *input)
{
  return input->n > 1 && input->n_real > 1;
}

static void
mmd2_compute (const MpMetricInput *input,
              GArray              *values)
{
  gint64 limit = mp_experiment_get_int (input->experiment, "evaluate", "mmd_samples");

  mp_metric_append (values, "mmd2",
                    mp_mmd2_unbiased (input->generated, MIN (input->n, limit), input->real,
                                      MIN (input->n_real, limit), input->dimensions));
}

const MpMetric mp_metric_mmd2 = {
  .base = {
    .id = "mmd2",
    .title = N_("MMD²"),
    .summary = N_("Squared distance of the kernel means of samples and data, in data space."),
    .paper = "Gretton et al., JMLR 2012",
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .better = MP_LOWER_IS_BETTER,
  .note = N_("data space, unbiased"),
  .definition = N_("Unbiased estimate of MMD² (U-statistic, no root; may be negative) with the sum of Gaussian kernels "
                   "of σ = 1/8, 1/4, 1/2, 1, 2 and 4, on the first 500 generated and reference points "
                   "([evaluate] mmd_samples)."),
  .applies = mmd2_applies,
  .compute = mmd2_compute,
};
