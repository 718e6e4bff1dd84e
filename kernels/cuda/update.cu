/* SPDX-License-Identifier: Apache-2.0
 *
 * update.cu: one pass over flat arrays per optimizer step. g is the gradient, p the parameter, t the number of this
 * update from 1 on; formulas are PyTorch's.
 *
 * SGD      g ← g + λp;  m ← μm + g;  p ← p − η (m, or g + μm with Nesterov, or g where μ = 0)
 * RMSprop  g ← g + λp;  v ← βv + (1−β)g²;  u = g/(√v + ε), or g/√(v + ε);  μ ≠ 0: m ← μm + u, u = m;  p ← p − ηu
 * Adam     g ← g + λp;  m ← β₁m + (1−β₁)g;  v ← β₂v + (1−β₂)g²;
 *          p ← p − η/(1−β₁ᵗ)·m / (√v/√(1−β₂ᵗ) + ε)                     (Kingma & Ba 2015)
 * AdamW    p ← p·(1 − ηλ), then Adam with λ = 0                         (Loshchilov & Hutter 2019)
 *
 * A thread moves four neighbouring elements at a time. Powers are taken once per block, in float64. The count of
 * updates may only go up when every block has read it: the block that is the last to take a ticket does that.
 */
#include "kernels/cuda/launch.h"

#define BLOCK 256
#define ONE_BLOCK 1024 /* threads, where a single block does all */

/* What is the same for all elements. */
template <typename Real>
struct Settings
{
  Real rate, momentum, beta, rest1, rest2, epsilon_inside, epsilon_outside, decay, keep, root, sign, clip;
  bool nesterov;
};

static __device__ inline bool
is_adam (const MpCudaUpdate &update)
{
  return update.op == MP_OP_ADAM || update.op == MP_OP_ADAMW;
}

/* Of the two powers, which take longest, another warp does the second. */
template <typename Real>
static __device__ inline void
read_second_power (const MpCudaUpdate &update, Settings<Real> *s)
{
  if (is_adam (update))
    s->root = (Real) (1.0 / sqrt (1.0 - pow (update.hyper[MP_HYPER_BETA2], *update.count + 1.0)));
}

template <typename Real>
static __device__ void
read_settings (const MpCudaUpdate &update, Settings<Real> *s)
{
  const double *hyper = update.hyper;
  double rate = hyper[MP_HYPER_LEARNING_RATE], decay = hyper[MP_HYPER_WEIGHT_DECAY];
  double beta1 = hyper[MP_HYPER_BETA1], beta2 = hyper[MP_HYPER_BETA2], t = *update.count + 1.0;
  Real epsilon = (Real) hyper[MP_HYPER_EPSILON];

  s->keep = update.op == MP_OP_ADAMW ? (Real) (1.0 - rate * decay) : (Real) 1;
  s->decay = update.op == MP_OP_ADAMW ? (Real) 0 : (Real) decay;
  if (is_adam (update))
    rate /= 1.0 - pow (beta1, t);
  s->rate = (Real) rate;
  s->momentum = (Real) beta1;
  s->rest1 = (Real) (1.0 - beta1);
  s->beta = (Real) beta2;
  s->rest2 = (Real) (1.0 - beta2);
  s->epsilon_inside = update.flags & MP_UPDATE_EPSILON_INSIDE ? epsilon : (Real) 0;
  s->epsilon_outside = epsilon - s->epsilon_inside;
  s->sign = update.flags & MP_UPDATE_ASCEND ? (Real) -1 : (Real) 1;
  s->nesterov = (update.flags & MP_UPDATE_NESTEROV) != 0 && s->momentum != 0;
  s->clip = (Real) hyper[MP_HYPER_CLIP];
}

static __device__ inline float
root_of (float x)
{
  return sqrtf (x);
}

static __device__ inline double
root_of (double x)
{
  return sqrt (x);
}

template <int OP, typename Real>
static __device__ inline void
update_one (const Settings<Real> &s, Real gradient, Real &p, Real &m, Real &v)
{
  Real g = s.sign * gradient + s.decay * p;

  if (OP == MP_OP_SGD) {
    m = s.momentum * m + g;
    p -= s.rate * (s.nesterov ? g + s.momentum * m : m);
  } else if (OP == MP_OP_RMSPROP) {
    Real u;

    v = s.beta * v + s.rest2 * g * g;
    u = g / (root_of (v + s.epsilon_inside) + s.epsilon_outside);
    if (s.momentum != 0)
      m = u += s.momentum * m;
    p -= s.rate * u;
  } else {
    m = s.momentum * m + s.rest1 * g;
    v = s.beta * v + s.rest2 * g * g;
    p = s.keep * p - s.rate * m / (root_of (v) * s.root + s.epsilon_outside);
  }
  if (s.clip > 0)
    p = p > s.clip ? s.clip : (p < -s.clip ? -s.clip : p);
}

template <typename Real>
struct alignas (16) Four
{
  Real value[4];
};

/* SGD without momentum leaves the first moment alone, RMSprop without it too; SGD has no second. */
template <int OP, typename Real>
static __device__ inline void
update_four (const Settings<Real> &s, const MpCudaUpdate &update, int64_t i)
{
  const bool has_m = OP == MP_OP_ADAM || s.momentum != 0, has_v = OP != MP_OP_SGD;
  Four<Real> g = ((const Four<Real> *) update.gradient)[i], p = ((Four<Real> *) update.parameter)[i];
  Four<Real> m = {}, v = {};

  if (has_m)
    m = ((Four<Real> *) update.moment1)[i];
  if (has_v)
    v = ((Four<Real> *) update.moment2)[i];
  for (int j = 0; j < 4; j++)
    update_one<OP> (s, g.value[j], p.value[j], m.value[j], v.value[j]);
  ((Four<Real> *) update.parameter)[i] = p;
  if (has_m)
    ((Four<Real> *) update.moment1)[i] = m;
  if (has_v)
    ((Four<Real> *) update.moment2)[i] = v;
}

template <int OP, typename Real>
static __device__ inline void
update_tail (const Settings<Real> &s, const MpCudaUpdate &update, int64_t i)
{
  const bool has_m = OP == MP_OP_ADAM || s.momentum != 0, has_v = OP != MP_OP_SGD;
  Real *moment1 = (Real *) update.moment1 + i, *moment2 = (Real *) update.moment2 + i;
  Real m = has_m ? *moment1 : (Real) 0, v = has_v ? *moment2 : (Real) 0;

  update_one<OP> (s, ((const Real *) update.gradient)[i], ((Real *) update.parameter)[i], m, v);
  if (has_m)
    *moment1 = m;
  if (has_v)
    *moment2 = v;
}

/* OP is SGD, RMSPROP, or ADAM for both kinds. */
template <int OP, typename Real>
static __global__ void __launch_bounds__ (ONE_BLOCK)
update_all (MpCudaUpdate update)
{
  __shared__ Settings<Real> settings;
  const int64_t stride = (int64_t) gridDim.x * blockDim.x, first = (int64_t) blockIdx.x * blockDim.x + threadIdx.x;

  if (threadIdx.x == 0)
    read_settings (update, &settings);
  if (threadIdx.x == 32)
    read_second_power (update, &settings);
  __syncthreads ();
  const Settings<Real> s = settings;

  for (int64_t i = first; i < update.n / 4; i += stride)
    update_four<OP> (s, update, i);
  for (int64_t i = update.n / 4 * 4 + first; i < update.n; i += stride)
    update_tail<OP> (s, update, i);

  if (threadIdx.x > 0)
    return;
  if (gridDim.x > 1) {
    __threadfence ();
    if (atomicAdd (update.ticket, 1u) + 1 < gridDim.x)
      return;
    *update.ticket = 0;
  }
  *update.count += 1.0;
}

template <typename Real>
static cudaError_t
launch (const MpCudaUpdate *update, int n_units, cudaStream_t stream)
{
  int64_t n = (update->n + 3) / 4;
  bool small = n <= ONE_BLOCK;
  unsigned block = small ? (unsigned) ((n < 64 ? 64 : n) + 31) / 32 * 32 : BLOCK;
  unsigned grid = small ? 1 : mp_blocks (n, BLOCK, 8 * (int64_t) n_units);

  if (update->op == MP_OP_SGD)
    MP_LAUNCH ((update_all<MP_OP_SGD, Real>), grid, block, 0, stream, *update);
  else if (update->op == MP_OP_RMSPROP)
    MP_LAUNCH ((update_all<MP_OP_RMSPROP, Real>), grid, block, 0, stream, *update);
  else
    MP_LAUNCH ((update_all<MP_OP_ADAM, Real>), grid, block, 0, stream, *update);
  return cudaGetLastError ();
}

cudaError_t
mp_launch_update (const MpCudaUpdate *update,
                  MpDtype             dtype,
                  int                 n_units,
                  cudaStream_t        stream)
{
  return dtype == MP_FLOAT32 ? launch<float> (update, n_units, stream) : launch<double> (update, n_units, stream);
}
