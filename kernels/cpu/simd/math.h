/* SPDX-License-Identifier: Apache-2.0
 *
 * math.h: elementary functions of one element, without branches, so that loops over them vectorise.
 *
 * exp (x) = 2ⁿ·exp (r), n = round (x/ln 2), |r| ≤ ln 2/2, exp (r) by polynomial (float32: Moshier's Cephes; float64:
 * Taylor to r¹³, error below 2⁻⁵⁷). log (x) = e·ln 2 + log (1+f), x = 2ᵉ·(1+f), 1+f in [√½, √2) (float32: Cephes;
 * float64: FDLIBM's rational form). The rest follows from these; errors are a few units in the last place and are
 * measured by tests/kernels/test-math.c. NaN comes out where NaN goes in, limits at ±∞ and subnormals are right.
 */
#pragma once

#include "kernels/cpu/simd/simd.h"

/* Adding and subtracting `ROUND` rounds to an integer; its sum's low bits are that integer. */
#if MP_BITS == 32
#define ROUND 12582912.0f
#define MANTISSA 23
#define BIAS 127
#define EXP_LOW (-104.0f)
#define EXP_HIGH 89.0f
#define LN2_HIGH 0.693359375f
#define LN2_LOW (-2.12194440e-4f)
#define LOG_OFFSET 0x3f3504f3u /* bits of √½ */
#define SMALLEST_NORMAL 1.17549435e-38f
#define EXPM1_LOW (-18.0f)
#define TANH_HIGH 10.0f
#define SPLIT 64
#define TWO_TO_SPLIT 0x1p64f
#define TWO_TO_MINUS_SPLIT 0x1p-64f
#else
#define ROUND 6755399441055744.0
#define MANTISSA 52
#define BIAS 1023
#define EXP_LOW (-746.0)
#define EXP_HIGH 710.0
#define LN2_HIGH 6.93147180369123816490e-01
#define LN2_LOW 1.90821492927058770002e-10
#define LOG_OFFSET 0x3fe6a09e667f3bcdu
#define SMALLEST_NORMAL 2.2250738585072014e-308
#define EXPM1_LOW (-40.0)
#define TANH_HIGH 22.0
#define SPLIT 512
#define TWO_TO_SPLIT 0x1p512
#define TWO_TO_MINUS_SPLIT 0x1p-512
#endif
#define LOG2_E ((real) 1.44269504088896340736)

static inline real
m_abs (real x)
{
  return as_real (as_bits (x) & ~((uword) 1 << (MP_BITS - 1)));
}

static inline real
m_copysign (real x,
            real sign)
{
  uword top = (uword) 1 << (MP_BITS - 1);

  return as_real ((as_bits (x) & ~top) | (as_bits (sign) & top));
}

/* 2ⁿ for n in the range of normal numbers */
static inline real
m_power_of_two (uword n)
{
  return as_real ((n + BIAS) << MANTISSA);
}

/* exp (r) − 1 − r for |r| ≤ ln 2/2, divided by r² */
static inline real
m_exp_tail (real r)
{
#if MP_BITS == 32
  real p = 1.9875691500e-4f;

  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  return p * r + 5.0000001201e-1f;
#else
  real p = 1.0 / 6227020800.0;

  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  return p * r + 0.5;
#endif
}

static inline real
m_exp (real x)
{
  real  shifted, n, r, y, factor;
  uword bias;

  shifted = x * LOG2_E + ROUND;
  n = shifted - ROUND;
  r = x - n * LN2_HIGH;
  r = r - n * LN2_LOW;
  y = (m_exp_tail (r) * r + (real) 1) * r + (real) 1;
  /* two factors, 2^(n ∓ S) and 2^±S, since 2ⁿ itself may be subnormal or too large; ROUND's own bits are shifted out */
  bias = x < (real) 0 ? (uword) (BIAS + SPLIT) << MANTISSA : (uword) (BIAS - SPLIT) << MANTISSA;
  factor = x < (real) 0 ? TWO_TO_MINUS_SPLIT : TWO_TO_SPLIT;
  y = y * as_real ((as_bits (shifted) << MANTISSA) + bias) * factor;
  /* at the end, not as clamps of x: compilers would split the loop's path there */
  y = x > EXP_HIGH ? (real) INFINITY : y;
  return x < EXP_LOW ? (real) 0 : y;
}

static inline real
m_expm1 (real x)
{
  real shifted, n, r, q, half, y;

  shifted = x * LOG2_E + ROUND;
  n = shifted - ROUND;
  r = x - n * LN2_HIGH;
  r = r - n * LN2_LOW;
  q = m_exp_tail (r) * (r * r) + r;
  half = as_real ((as_bits (shifted) << MANTISSA) + ((uword) (BIAS - 1) << MANTISSA)); /* 2ⁿ⁻¹ */
  y = (real) 2 * (half * q + (half - (real) 0.5));
  y = x > EXP_HIGH ? (real) INFINITY : y;
  return x < EXPM1_LOW ? (real) -1 : y;
}

/* log (x) for positive normal x below infinity; `shift` is subtracted from the exponent */
static inline real
m_log_normal (real x,
              real shift)
{
  uword t = as_bits (x) - LOG_OFFSET + ((uword) BIAS << MANTISSA);
  real  e = as_real (as_bits (ROUND) + (t >> MANTISSA)) - ROUND - shift;
  real  f = as_real ((t & (((uword) 1 << MANTISSA) - 1)) + LOG_OFFSET) - (real) 1;
  real  z = f * f, y;

#if MP_BITS == 32
  y = 7.0376836292e-2f;
  y = y * f - 1.1514610310e-1f;
  y = y * f + 1.1676998740e-1f;
  y = y * f - 1.2420140846e-1f;
  y = y * f + 1.4249322787e-1f;
  y = y * f - 1.6668057665e-1f;
  y = y * f + 2.0000714765e-1f;
  y = y * f - 2.4999993993e-1f;
  y = y * f + 3.3333331174e-1f;
  y = y * f * z + e * LN2_LOW;
#else
  real s = f / (2.0 + f), s2 = s * s, s4 = s2 * s2;
  real odd = s4 * (3.999999999940941908e-01 + s4 * (2.222219843214978396e-01 + s4 * 1.531383769920937332e-01));
  real even = s2 * (6.666666666666735130e-01
                    + s4 * (2.857142874366239149e-01
                            + s4 * (1.818357216161805012e-01 + s4 * 1.479819860511658591e-01)));

  y = s * (0.5 * z + odd + even) + e * LN2_LOW;
#endif
  y = f + (y - (real) 0.5 * z);
  return y + e * LN2_HIGH;
}

static inline real
m_log (real x)
{
  real scaled = x < SMALLEST_NORMAL ? x * (real) ((uword) 1 << MANTISSA) : x;
  real shift = x < SMALLEST_NORMAL ? (real) (MANTISSA + BIAS) : (real) BIAS;
  real y = m_log_normal (scaled, shift);

  y = x < (real) INFINITY ? y : x; /* +∞ and NaN */
  return x > (real) 0 ? y : (x == (real) 0 ? -(real) INFINITY : x + (real) NAN);
}

static inline real
m_log1p (real x)
{
  real u = (real) 1 + x;
  real lost = x - (u - (real) 1); /* what rounding took */
  real y = m_log_normal (u, (real) BIAS) + lost / u;

  y = u < (real) INFINITY ? y : u;
  return u > (real) 0 ? y : (u == (real) 0 ? -(real) INFINITY : u + (real) NAN);
}

static inline real
m_tanh (real x)
{
  real a = m_abs (x), e = m_expm1 ((real) 2 * a);
  real y = e / (e + (real) 2);

  y = a > TANH_HIGH ? (real) 1 : y;
  return m_copysign (y, x);
}

static inline real
m_sigmoid (real x)
{
  real e = m_exp (-m_abs (x));

  return (x < (real) 0 ? e : (real) 1) / ((real) 1 + e);
}

static inline real
m_softplus (real x)
{
  real e = m_exp (-m_abs (x)), u = (real) 1 + e;
  real y = m_log_normal (u, (real) BIAS) + (e - (u - (real) 1)) / u;

  y = y + (x < (real) 0 ? (real) 0 : x);
  return x == x ? y : x;
}

/* sin and cos of 2πv for v in [0, 1) */
static inline void
m_sincos_turn (real  v,
               real *sine,
               real *cosine)
{
  real  shifted = v * (real) 4 + ROUND;
  real  x = (v * (real) 4 - (shifted - ROUND)) * (real) 1.57079632679489661923;
  uword quarter = as_bits (shifted) & 3;
  real  z = x * x, s, c;

#if MP_BITS == 32
  s = ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * x + x;
  c = ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) * z * z - 0.5f * z + 1.0f;
#else
  s = 1.58969099521155010221e-10;
  s = s * z - 2.50507602534068634195e-08;
  s = s * z + 2.75573137070700676789e-06;
  s = s * z - 1.98412698298579493134e-04;
  s = s * z + 8.33333333332248946124e-03;
  s = s * z - 1.66666666666666324348e-01;
  s = s * z * x + x;
  c = -1.13596475577881948265e-11;
  c = c * z + 2.08757232129817482790e-09;
  c = c * z - 2.75573143513906633035e-07;
  c = c * z + 2.48015872894767294178e-05;
  c = c * z - 1.38888888888741095749e-03;
  c = c * z + 4.16666666666666019037e-02;
  c = c * z * z - 0.5 * z + 1.0;
#endif
  *sine = (quarter & 1 ? c : s) * (quarter & 2 ? (real) -1 : (real) 1);
  *cosine = (quarter & 1 ? s : c) * ((quarter + 1) & 2 ? (real) -1 : (real) 1);
}
