/* SPDX-License-Identifier: Apache-2.0
 *
 * update.c: one pass over flat arrays per optimizer step. g is the gradient, p the parameter, t the number of this
 * update from 1 on; formulas are PyTorch's.
 *
 * SGD      g ← g + λp;  m ← μm + g;  p ← p − η (m, or g + μm with Nesterov, or g where μ = 0)
 * RMSprop  g ← g + λp;  v ← βv + (1−β)g²;  u = g/(√v + ε), or g/√(v + ε);  μ ≠ 0: m ← μm + u, u = m;  p ← p − ηu
 * Adam     g ← g + λp;  m ← β₁m + (1−β₁)g;  v ← β₂v + (1−β₂)g²;
 *          p ← p − η/(1−β₁ᵗ)·m / (√v/√(1−β₂ᵗ) + ε)                     (Kingma & Ba 2015)
 * AdamW    p ← p·(1 − ηλ), then Adam with λ = 0                         (Loshchilov & Hutter 2019)
 */
#include "kernels/cpu/simd/simd.h"

#if MP_BITS == 32
#define SQRT sqrtf
#else
#define SQRT sqrt
#endif

static void
sgd (uint32_t      flags,
     const double *hyper,
     int64_t       n,
     const real   *restrict gradient,
     real         *restrict p,
     real         *restrict m)
{
  real rate = (real) hyper[MP_HYPER_LEARNING_RATE], momentum = (real) hyper[MP_HYPER_BETA1];
  real decay = (real) hyper[MP_HYPER_WEIGHT_DECAY], sign = flags & MP_UPDATE_ASCEND ? -1 : 1;
  int  nesterov = (flags & MP_UPDATE_NESTEROV) != 0;

  if (momentum == 0) {
    for (int64_t i = 0; i < n; i++)
      p[i] -= rate * (sign * gradient[i] + decay * p[i]);
    return;
  }
  for (int64_t i = 0; i < n; i++) {
    real g = sign * gradient[i] + decay * p[i];
    real moved = momentum * m[i] + g;

    m[i] = moved;
    p[i] -= rate * (nesterov ? g + momentum * moved : moved);
  }
}

static void
rmsprop (uint32_t      flags,
         const double *hyper,
         int64_t       n,
         const real   *restrict gradient,
         real         *restrict p,
         real         *restrict m,
         real         *restrict v)
{
  real rate = (real) hyper[MP_HYPER_LEARNING_RATE], momentum = (real) hyper[MP_HYPER_BETA1];
  real beta = (real) hyper[MP_HYPER_BETA2], rest = (real) (1.0 - hyper[MP_HYPER_BETA2]);
  real epsilon = (real) hyper[MP_HYPER_EPSILON];
  real decay = (real) hyper[MP_HYPER_WEIGHT_DECAY], sign = flags & MP_UPDATE_ASCEND ? -1 : 1;
  real inside = flags & MP_UPDATE_EPSILON_INSIDE ? epsilon : 0, outside = epsilon - inside;

  for (int64_t i = 0; i < n; i++) {
    real g = sign * gradient[i] + decay * p[i];
    real square = beta * v[i] + rest * g * g;
    real u = g / (SQRT (square + inside) + outside);

    v[i] = square;
    if (momentum != 0) {
      u += momentum * m[i];
      m[i] = u;
    }
    p[i] -= rate * u;
  }
}

static void
adam (uint32_t      flags,
      const double *hyper,
      double        l2,
      double        shrink,
      double        count,
      int64_t       n,
      const real   *restrict gradient,
      real         *restrict p,
      real         *restrict m,
      real         *restrict v)
{
  double beta1 = hyper[MP_HYPER_BETA1], beta2 = hyper[MP_HYPER_BETA2], t = count + 1.0;
  real   rate = (real) (hyper[MP_HYPER_LEARNING_RATE] / (1.0 - pow (beta1, t)));
  real   root = (real) (1.0 / sqrt (1.0 - pow (beta2, t)));
  real   b1 = (real) beta1, rest1 = (real) (1.0 - beta1), b2 = (real) beta2, rest2 = (real) (1.0 - beta2);
  real   epsilon = (real) hyper[MP_HYPER_EPSILON], decay = (real) l2, keep = (real) shrink;
  real   sign = flags & MP_UPDATE_ASCEND ? -1 : 1;

  for (int64_t i = 0; i < n; i++) {
    real g = sign * gradient[i] + decay * p[i];
    real mean = b1 * m[i] + rest1 * g;
    real square = b2 * v[i] + rest2 * g * g;

    m[i] = mean;
    v[i] = square;
    p[i] = keep * p[i] - rate * mean / (SQRT (square) * root + epsilon);
  }
}

void
SYMBOL (update) (MpOp          op,
                 uint32_t      flags,
                 const double *hyper,
                 double        count,
                 int64_t       n,
                 const void   *gradient,
                 void         *parameter,
                 void         *moment1,
                 void         *moment2)
{
  real  *p = parameter, clip = (real) hyper[MP_HYPER_CLIP];
  double decay = hyper[MP_HYPER_WEIGHT_DECAY];

  if (op == MP_OP_SGD)
    sgd (flags, hyper, n, gradient, parameter, moment1);
  else if (op == MP_OP_RMSPROP)
    rmsprop (flags, hyper, n, gradient, parameter, moment1, moment2);
  else if (op == MP_OP_ADAM)
    adam (flags, hyper, decay, 1.0, count, n, gradient, parameter, moment1, moment2);
  else
    adam (flags, hyper, 0.0, 1.0 - hyper[MP_HYPER_LEARNING_RATE] * decay, count, n, gradient, parameter, moment1,
          moment2);
  if (clip > 0)
    for (int64_t i = 0; i < n; i++)
      p[i] = p[i] > clip ? clip : (p[i] < -clip ? -clip : p[i]);
}
