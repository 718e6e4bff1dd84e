/* SPDX-License-Identifier: Apache-2.0
 *
 * normalize.cu: normalisation, softmax and log-sum-exp over the middle axis of outer × n × inner.
 *
 * softmax      y = exp (x − max x) / Σ exp (x − max x)
 * log-sum-exp  y = max x + log Σ exp (x − max x)
 * normalize    y = (x − μ)·ρ, μ = mean x, ρ = 1/√(mean (x − μ)² + ε)
 * its adjoint  dx = ρ·(dy − mean dy − x̂·mean (dy·x̂)), x̂ = (x − μ)·ρ
 *
 * Each column is read once for its state and once for the result. Moments are sums of d = x − x₀ and d² in float64, x₀
 * being the column's first element: as good as two passes, unless x₀ lies thousands of deviations off. Maximum and sum
 * of exponentials go along together: a new maximum scales the sum down.
 *
 * All threads of a column add up what is theirs, then pairwise in a fixed order: through shared memory between warps,
 * by shuffles within one. The same bits come out in every run.
 */
#include "kernels/cuda/launch.h"

#define THREADS MP_CUDA_NORMALIZE_THREADS
#define ALL_LANES 0xffffffffu

typedef enum
{
  WHOLE, /* state and result in one go */
  PART,  /* a part's state */
  REST   /* the result of a part, from all parts' states */
} Mode;

static __device__ inline float
exp_of (float x)
{
  return expf (x);
}

static __device__ inline double
exp_of (double x)
{
  return exp (x);
}

/* ---- rules: what a column's state is ---- */

template <typename Real>
struct Moments
{
  struct State
  {
    double sum, square; /* then mean and reciprocal deviation */
  };

  static __device__ inline State
  empty ()
  {
    return { 0, 0 };
  }

  static __device__ inline void
  add (State &s, Real x, Real, double first)
  {
    double d = (double) x - first;

    s.sum += d;
    s.square += d * d;
  }

  static __device__ inline State
  join (const State &a, const State &b)
  {
    return { a.sum + b.sum, a.square + b.square };
  }

  static __device__ inline State
  shuffle (const State &s, int distance)
  {
    return { __shfl_down_sync (ALL_LANES, s.sum, distance), __shfl_down_sync (ALL_LANES, s.square, distance) };
  }

  static __device__ inline State
  finish (const State &s, double n, double first, double epsilon)
  {
    double mean = s.sum / n, variance = s.square / n - mean * mean;

    return { first + mean, 1.0 / sqrt ((variance < 0 ? 0 : variance) + epsilon) };
  }

  static __device__ inline Real
  result (const State &s, Real x, Real)
  {
    return (Real) (((double) x - s.sum) * s.square);
  }
};

template <typename Real>
struct Gradient
{
  struct State
  {
    typename Moments<Real>::State x;
    double dy, along; /* Σ dy, Σ dy·d; then the means of dy and dy·x̂ */
  };

  static __device__ inline State
  empty ()
  {
    return { { 0, 0 }, 0, 0 };
  }

  static __device__ inline void
  add (State &s, Real x, Real dy, double first)
  {
    Moments<Real>::add (s.x, x, dy, first);
    s.dy += (double) dy;
    s.along += (double) dy * ((double) x - first);
  }

  static __device__ inline State
  join (const State &a, const State &b)
  {
    return { Moments<Real>::join (a.x, b.x), a.dy + b.dy, a.along + b.along };
  }

  static __device__ inline State
  shuffle (const State &s, int distance)
  {
    return { Moments<Real>::shuffle (s.x, distance), __shfl_down_sync (ALL_LANES, s.dy, distance),
             __shfl_down_sync (ALL_LANES, s.along, distance) };
  }

  static __device__ inline State
  finish (const State &s, double n, double first, double epsilon)
  {
    typename Moments<Real>::State x = Moments<Real>::finish (s.x, n, first, epsilon);

    return { x, s.dy / n, (s.along - s.x.sum / n * s.dy) * x.square / n };
  }

  static __device__ inline Real
  result (const State &s, Real x, Real dy)
  {
    double unit = ((double) x - s.x.sum) * s.x.square;

    return (Real) (s.x.square * ((double) dy - s.dy - unit * s.along));
  }
};

template <typename Real>
struct Softmax
{
  struct State
  {
    Real max;
    double sum; /* then its reciprocal */
  };

  static __device__ inline State
  empty ()
  {
    return { (Real) -INFINITY, 0 };
  }

  /* NaN counts as largest. Where all is −∞ the sum stays 0; finish () looks at infinite maxima. */
  static __device__ inline void
  add (State &s, Real x, Real, double)
  {
    if (x > s.max || x != x) {
      s.sum = s.sum * (double) exp_of (s.max - x) + 1;
      s.max = x;
    } else if (s.max > (Real) -INFINITY)
      s.sum += (double) exp_of (x - s.max);
  }

  static __device__ inline State
  join (const State &a, const State &b)
  {
    Real max = b.max > a.max || b.max != b.max ? b.max : a.max;

    if (!(max > (Real) -INFINITY))
      return { max, 0 };
    return { max, a.sum * exp ((double) a.max - (double) max) + b.sum * exp ((double) b.max - (double) max) };
  }

  static __device__ inline State
  shuffle (const State &s, int distance)
  {
    return { __shfl_down_sync (ALL_LANES, s.max, distance), __shfl_down_sync (ALL_LANES, s.sum, distance) };
  }

  static __device__ inline State
  finish (const State &s, double, double, double)
  {
    return { s.max, fabs ((double) s.max) < INFINITY ? 1.0 / s.sum : NAN };
  }

  static __device__ inline Real
  result (const State &s, Real x, Real)
  {
    return exp_of (x - s.max) * (Real) s.sum;
  }
};

/* Has no second pass: the finished state's maximum is the result. */
template <typename Real>
struct LogSumExp : Softmax<Real>
{
  using State = typename Softmax<Real>::State;

  static __device__ inline State
  finish (const State &s, double, double, double)
  {
    return { fabs ((double) s.max) < INFINITY ? (Real) ((double) s.max + log (s.sum)) : s.max, 0 };
  }
};

template <typename Rule>
struct IsReduction
{
  static const bool value = false;
};

template <typename Real>
struct IsReduction<LogSumExp<Real>>
{
  static const bool value = true;
};

/* ---- the kernel ---- */

/* The states of a column's threads, which lie tx apart in the block, joined; all of them get the result. */
template <typename Rule>
static __device__ inline typename Rule::State
join_threads (typename Rule::State state, const MpCudaNormalize &plan)
{
  __shared__ typename Rule::State shared[THREADS];
  const int thread = threadIdx.x, lane = thread % (plan.tx * plan.ty);

  for (int distance = plan.tx * plan.ty / 2; distance >= plan.tx; distance /= 2)
    if (distance >= 32) {
      shared[thread] = state;
      __syncthreads ();
      if (lane < distance)
        state = Rule::join (state, shared[thread + distance]);
      __syncthreads ();
    } else
      state = Rule::join (state, Rule::shuffle (state, distance));
  if (lane < plan.tx)
    shared[thread] = state;
  __syncthreads ();
  return shared[thread - lane + lane % plan.tx];
}

template <template <typename> class RuleOf, typename Real, Mode MODE>
static __global__ void
normalize (MpCudaNormalize plan, Real *y, const Real *x, const Real *dy, typename RuleOf<Real>::State *partial)
{
  using Rule = RuleOf<Real>;
  const int thread = threadIdx.x, along = thread / plan.tx % plan.ty;
  const int64_t tiles = (plan.inner + plan.tx - 1) / plan.tx;
  const int64_t outer = blockIdx.x / tiles * plan.tz + thread / (plan.tx * plan.ty);
  const int64_t column = blockIdx.x % tiles * plan.tx + thread % plan.tx;
  const bool active = outer < plan.outer && column < plan.inner;
  const int64_t base = active ? outer * plan.n * plan.inner + column : 0, at = outer * plan.inner + column;
  const int64_t top = blockIdx.y * plan.chunk;
  const int64_t bottom = active ? (top + plan.chunk < plan.n ? top + plan.chunk : plan.n) : 0;
  const double first = active && plan.n > 0 ? (double) x[base] : 0;
  typename Rule::State state = Rule::empty ();

  if constexpr (MODE == REST)
    for (int64_t c = along; active && c < plan.chunks; c += plan.ty)
      state = Rule::join (state, partial[c * plan.outer * plan.inner + at]);
  else {
#pragma unroll 4
    for (int64_t i = top + along; i < bottom; i += plan.ty)
      Rule::add (state, x[base + i * plan.inner], dy != nullptr ? dy[base + i * plan.inner] : (Real) 0, first);
  }
  state = join_threads<Rule> (state, plan);
  if constexpr (MODE == PART) {
    if (active && along == 0)
      partial[blockIdx.y * plan.outer * plan.inner + at] = state;
  } else {
    state = Rule::finish (state, (double) plan.n, first, plan.epsilon);
    if constexpr (IsReduction<Rule>::value) {
      if (active && along == 0)
        y[at] = state.max;
    } else {
#pragma unroll 4
      for (int64_t i = top + along; i < bottom; i += plan.ty)
        y[base + i * plan.inner] = Rule::result (state, x[base + i * plan.inner],
                                                 dy != nullptr ? dy[base + i * plan.inner] : (Real) 0);
    }
  }
}

/* ---- launching ---- */

template <template <typename> class Rule, typename Real>
static cudaError_t
launch (const MpCudaNormalize *plan, void *out, const void *in, const void *gradient, void *states,
        cudaStream_t stream)
{
  int64_t blocks = (plan->outer + plan->tz - 1) / plan->tz * ((plan->inner + plan->tx - 1) / plan->tx);
  unsigned threads = (unsigned) (plan->tx * plan->ty * plan->tz);
  auto *y = (Real *) out;
  auto *x = (const Real *) in, *dy = (const Real *) gradient;
  auto *partial = (typename Rule<Real>::State *) states;
  dim3 grid ((unsigned) blocks, (unsigned) plan->chunks);

  static_assert (sizeof (typename Rule<Real>::State) <= MP_CUDA_NORMALIZE_STATE, "states fit the workspace");
  if (blocks > INT32_MAX)
    return cudaErrorInvalidValue;
  if (plan->chunks == 1)
    MP_LAUNCH ((normalize<Rule, Real, WHOLE>), grid, threads, 0, stream, *plan, y, x, dy, partial);
  else {
    MP_LAUNCH ((normalize<Rule, Real, PART>), grid, threads, 0, stream, *plan, y, x, dy, partial);
    if (IsReduction<Rule<Real>>::value)
      grid.y = 1;
    MP_LAUNCH ((normalize<Rule, Real, REST>), grid, threads, 0, stream, *plan, y, x, dy, partial);
  }
  return cudaGetLastError ();
}

template <typename Real>
static cudaError_t
launch_op (const MpCudaNormalize *plan, void *y, const void *x, const void *dy, void *partial, cudaStream_t stream)
{
  switch ((int) plan->op) {
  case MP_OP_SOFTMAX:
    return launch<Softmax, Real> (plan, y, x, nullptr, partial, stream);
  case MP_OP_LOG_SUM_EXP:
    return launch<LogSumExp, Real> (plan, y, x, nullptr, partial, stream);
  case MP_OP_NORMALIZE:
    return launch<Moments, Real> (plan, y, x, nullptr, partial, stream);
  default:
    return launch<Gradient, Real> (plan, y, x, dy, partial, stream);
  }
}

cudaError_t
mp_launch_normalize (const MpCudaNormalize *plan,
                     void                  *y,
                     const void            *x,
                     const void            *dy,
                     void                  *partial,
                     cudaStream_t           stream)
{
  return plan->dtype == MP_FLOAT32 ? launch_op<float> (plan, y, x, dy, partial, stream)
                                   : launch_op<double> (plan, y, x, dy, partial, stream);
}
