/* SPDX-License-Identifier: Apache-2.0
 *
 * test-math.c: errors of the elementary functions in units in the last place, against long double libm, over the
 * whole range of arguments; and their values at limits.
 */
#include "tests/kernels/tap.h"

#define N 60000

typedef long double (*Reference) (long double);

static long double
ref_rsqrt (long double x)
{
  return 1.0L / sqrtl (x);
}

static long double
ref_sigmoid (long double x)
{
  return x < 0 ? expl (x) / (1.0L + expl (x)) : 1.0L / (1.0L + expl (-x));
}

static long double
ref_softplus (long double x)
{
  return (x > 0 ? x : 0) + log1pl (expl (-fabsl (x)));
}

/* Arguments are drawn evenly in [low, high], and in logarithm from 2^-140 (2^-1070 in float64) up on both sides
 * where `wide` is set; ulp is what is allowed. */
static const struct
{
  MpOp      op;
  Reference reference;
  double    low, high;
  int       positive;
  double    ulp;
} functions[] = {
  { MP_OP_EXP, expl, -110, 90, 0, 2 },
  { MP_OP_EXP, expl, -745, 709, 0, 2 },
  { MP_OP_LOG, logl, 0, 1e4, 1, 2 },
  { MP_OP_LOG, logl, 0.5, 2, 1, 2 },
  { MP_OP_LOG1P, log1pl, -0.9999, 3, 0, 3 },
  { MP_OP_EXPM1, expm1l, -20, 90, 0, 3 },
  { MP_OP_EXPM1, expm1l, -1, 1, 0, 3 },
  { MP_OP_TANH, tanhl, -12, 12, 0, 4 },
  { MP_OP_TANH, tanhl, -1, 1, 0, 4 },
  { MP_OP_SIGMOID, ref_sigmoid, -110, 110, 0, 3 },
  { MP_OP_SIGMOID, ref_sigmoid, -8, 8, 0, 3 },
  { MP_OP_SOFTPLUS, ref_softplus, -1e4, 1e4, 0, 3 },
  { MP_OP_SOFTPLUS, ref_softplus, -110, 110, 0, 3 },
  { MP_OP_SQRT, sqrtl, 0, 1e5, 1, 0.51 },
  { MP_OP_RSQRT, ref_rsqrt, 1e-3, 1e5, 1, 1.6 },
};

/* distance in units in the last place of the expected value, subnormals included */
static double
ulps (MpDtype     dtype,
      double      got,
      long double expected)
{
  int         bits = dtype == MP_FLOAT32 ? 24 : 53, smallest = dtype == MP_FLOAT32 ? -148 : -1073, exponent;
  long double largest = dtype == MP_FLOAT32 ? (long double) 0x1.fffffep127f : (long double) 0x1.fffffffffffffp1023;

  if (got != got || expected != expected)
    return (got != got) == (expected != expected) ? 0 : INFINITY;
  if (isinf (got) || isinf (expected))
    return (long double) got == expected || (isinf (got) && fabsl (expected) > largest * (1 - 0x1p-20L)
                                             && (got > 0) == (expected > 0)) || fabsl (expected) > largest
             ? 0
             : INFINITY;
  frexpl (expected, &exponent);
  exponent = exponent - bits < smallest - 1 ? smallest - 1 : exponent - bits;
  return (double) fabsl (((long double) got - expected) / ldexpl (1, exponent));
}

static void
run_unary (MpOp                op,
           const MpTensorType *type,
           void               *x,
           void               *y)
{
  MpKernelSpec spec = { .op = op, .n_inputs = 1, .n_outputs = 1, .inputs = type, .outputs = type };
  TapKernel    kernel;

  if (!tap_kernel_new (&spec, &x, &y, &kernel)) {
    printf ("Bail out! %s\n", mp_kernels_error ());
    exit (1);
  }
  tap_kernel_run (&kernel, NULL);
  tap_kernel_free (&kernel);
}

static double
draw_argument (MpDtype dtype,
               size_t  f,
               int     i)
{
  double x;

  if (i % 2)
    return tap_uniform (functions[f].low, functions[f].high);
  x = exp2 (tap_uniform (dtype == MP_FLOAT32 ? -148 : -1070, log2 (functions[f].high)));
  return functions[f].positive || tap_random () % 2 || -x < functions[f].low ? x : -x;
}

static void
test_function (MpDtype     dtype,
               size_t      f,
               const char *isa)
{
  MpTensorType type = tap_type (dtype, 1, (int64_t[]) { N });
  void        *x = tap_alloc (&type), *y = tap_alloc (&type);
  double       worst = 0, at = 0;

  for (int i = 0; i < N; i++)
    tap_set (&type, x, i, draw_argument (dtype, f, i));
  run_unary (functions[f].op, &type, x, y);
  for (int i = 0; i < N; i++) {
    double error = ulps (dtype, tap_get (&type, y, i), functions[f].reference (tap_get (&type, x, i)));

    if (error > worst) {
      worst = error;
      at = tap_get (&type, x, i);
    }
  }
  tap_ok (worst <= functions[f].ulp, "%s %s %s on [%g, %g]: at most %.2f ulp, at %.9g", isa, mp_dtype_name (dtype),
          mp_op_name (functions[f].op), functions[f].low, functions[f].high, worst, at);
  free (x);
  free (y);
}

/* value at argument; NAN as value means NaN must come out */
static const struct
{
  MpOp   op;
  double x, y;
} limits[] = {
  { MP_OP_EXP, INFINITY, INFINITY }, { MP_OP_EXP, -INFINITY, 0 }, { MP_OP_EXP, 1e4, INFINITY }, { MP_OP_EXP, -1e4, 0 },
  { MP_OP_EXP, 0, 1 }, { MP_OP_EXP, NAN, NAN },
  { MP_OP_LOG, 0, -INFINITY }, { MP_OP_LOG, INFINITY, INFINITY }, { MP_OP_LOG, -1, NAN }, { MP_OP_LOG, 1, 0 },
  { MP_OP_LOG, -INFINITY, NAN }, { MP_OP_LOG, NAN, NAN },
  { MP_OP_LOG1P, -1, -INFINITY }, { MP_OP_LOG1P, INFINITY, INFINITY }, { MP_OP_LOG1P, -2, NAN }, { MP_OP_LOG1P, 0, 0 },
  { MP_OP_LOG1P, NAN, NAN },
  { MP_OP_EXPM1, INFINITY, INFINITY }, { MP_OP_EXPM1, -INFINITY, -1 }, { MP_OP_EXPM1, 0, 0 }, { MP_OP_EXPM1, NAN, NAN },
  { MP_OP_TANH, INFINITY, 1 }, { MP_OP_TANH, -INFINITY, -1 }, { MP_OP_TANH, 0, 0 }, { MP_OP_TANH, NAN, NAN },
  { MP_OP_SIGMOID, INFINITY, 1 }, { MP_OP_SIGMOID, -INFINITY, 0 }, { MP_OP_SIGMOID, 0, 0.5 }, { MP_OP_SIGMOID, NAN, NAN },
  { MP_OP_SOFTPLUS, INFINITY, INFINITY }, { MP_OP_SOFTPLUS, -INFINITY, 0 }, { MP_OP_SOFTPLUS, 1e4, 1e4 },
  { MP_OP_SOFTPLUS, -1e4, 0 }, { MP_OP_SOFTPLUS, NAN, NAN },
  { MP_OP_RELU, NAN, NAN }, { MP_OP_RELU, -INFINITY, 0 }, { MP_OP_ELU, NAN, NAN }, { MP_OP_ELU, 1e4, 1e4 },
  { MP_OP_LEAKY_RELU, NAN, NAN }, { MP_OP_CLAMP, NAN, NAN }, { MP_OP_SIGN, NAN, NAN }, { MP_OP_ABS, NAN, NAN },
  { MP_OP_SQRT, -1, NAN }, { MP_OP_RSQRT, 0, INFINITY }, { MP_OP_NEG, NAN, NAN }, { MP_OP_SQUARE, NAN, NAN },
};

static void
test_limits (MpDtype     dtype,
             const char *isa)
{
  MpTensorType type = tap_type (dtype, 1, (int64_t[]) { 37 });
  void        *x = tap_alloc (&type), *y = tap_alloc (&type);

  for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
    int right = 1;

    for (int j = 0; j < 37; j++)
      tap_set (&type, x, j, limits[i].x);
    run_unary (limits[i].op, &type, x, y);
    for (int j = 0; j < 37; j++) {
      double got = tap_get (&type, y, j);

      right &= limits[i].y != limits[i].y ? got != got : got == limits[i].y;
    }
    tap_ok (right, "%s %s %s (%g) is %g", isa, mp_dtype_name (dtype), mp_op_name (limits[i].op), limits[i].x,
            limits[i].y);
  }
  free (x);
  free (y);
}

/* NaN in any operand comes out of every op that reads it, and out of reductions. */
static void
test_nan (MpDtype     dtype,
          const char *isa)
{
  static const MpOp ops[] = { MP_OP_ADD, MP_OP_SUB, MP_OP_MUL, MP_OP_DIV, MP_OP_MINIMUM, MP_OP_MAXIMUM };
  MpTensorType      type = tap_type (dtype, 1, (int64_t[]) { 33 }), scalar = tap_type (dtype, 0, NULL);
  MpTensorType      types[2] = { type, type };
  void             *in[2] = { tap_alloc (&type), tap_alloc (&type) }, *out = tap_alloc (&type);

  for (int which = 0; which < 2; which++)
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
      MpKernelSpec spec = { .op = ops[i], .n_inputs = 2, .n_outputs = 1, .inputs = types, .outputs = &type };
      TapKernel    kernel;
      int          right = 1;

      for (int j = 0; j < 33; j++) {
        tap_set (&type, in[which], j, NAN);
        tap_set (&type, in[!which], j, 1);
      }
      tap_kernel_new (&spec, in, &out, &kernel);
      tap_kernel_run (&kernel, NULL);
      for (int j = 0; j < 33; j++)
        right &= isnan (tap_get (&type, out, j));
      tap_ok (right, "%s %s %s: NaN in operand %d comes out", isa, mp_dtype_name (dtype), mp_op_name (ops[i]), which);
      tap_kernel_free (&kernel);
    }
  for (int position = 0; position < 33; position += 16)
    for (int max = 0; max < 2; max++) {
      MpKernelSpec spec = { .op = max ? MP_OP_MAX : MP_OP_SUM, .n_inputs = 1, .n_outputs = 1, .inputs = &type,
                            .outputs = &scalar, .attrs.axes = 1 };
      TapKernel    kernel;

      for (int j = 0; j < 33; j++)
        tap_set (&type, in[0], j, j == position ? NAN : 1);
      tap_kernel_new (&spec, in, &out, &kernel);
      tap_kernel_run (&kernel, NULL);
      tap_ok (isnan (tap_get (&type, out, 0)), "%s %s %s: NaN at %d comes out", isa, mp_dtype_name (dtype),
              mp_op_name (spec.op), position);
      tap_kernel_free (&kernel);
    }
  free (in[0]);
  free (in[1]);
  free (out);
}

int
main (void)
{
  static const char *const isas[] = { "baseline", "avx2", "avx512" };

  for (int isa = 0; isa < 3; isa++) {
    setenv ("MATCHPOINT_ISA", isas[isa], 1);
    tap_open (1);
    for (int dtype = MP_FLOAT32; dtype <= MP_FLOAT64; dtype++) {
      for (size_t f = 0; f < sizeof functions / sizeof functions[0]; f++)
        test_function ((MpDtype) dtype, f, isas[isa]);
      test_limits ((MpDtype) dtype, isas[isa]);
      test_nan ((MpDtype) dtype, isas[isa]);
    }
    tap_close ();
  }
  return tap_done ();
}
