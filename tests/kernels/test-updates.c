/* SPDX-License-Identifier: Apache-2.0
 *
 * test-updates.c: five steps of every optimizer and flag against the formulas written out in long double; a block that
 * is shared out between threads gets the same bits as from one.
 */
#include "tests/kernels/tap.h"

#define N 4001 /* as many as a GPU still updates in one block of the largest size */
#define STEPS 5
#define MANY 100003

typedef struct
{
  MpOp     op;
  uint32_t flags;
  double   hyper[MP_N_HYPER]; /* rate, beta1, beta2, epsilon, weight decay, clip */
} Case;

static const Case cases[] = {
  { MP_OP_SGD, 0, { 0.1 } },
  { MP_OP_SGD, 0, { 0.1, 0, 0, 0, 0.05 } },
  { MP_OP_SGD, 0, { 0.1, 0.9, 0, 0, 0.05 } },
  { MP_OP_SGD, MP_UPDATE_NESTEROV, { 0.1, 0.9, 0, 0, 0.05 } },
  { MP_OP_SGD, MP_UPDATE_ASCEND, { 0.1, 0.5, 0, 0, 0.05 } },
  { MP_OP_SGD, 0, { 0.1, 0, 0, 0, 0, 0.2 } },
  { MP_OP_RMSPROP, 0, { 0.01, 0, 0.99, 1e-8 } },
  { MP_OP_RMSPROP, 0, { 0.01, 0.9, 0.9, 1e-8, 0.1 } },
  { MP_OP_RMSPROP, MP_UPDATE_EPSILON_INSIDE, { 0.01, 0, 0.9, 1e-3 } },
  { MP_OP_RMSPROP, MP_UPDATE_ASCEND, { 0.01, 0, 0.9, 1e-8, 0, 0.5 } },
  { MP_OP_ADAM, 0, { 0.01, 0.9, 0.999, 1e-8 } },
  { MP_OP_ADAM, 0, { 0.01, 0.5, 0.9, 1e-8, 0.1 } },
  { MP_OP_ADAM, MP_UPDATE_ASCEND, { 0.01, 0.5, 0.999, 1e-8, 0.1, 0.3 } },
  { MP_OP_ADAMW, 0, { 0.01, 0.9, 0.999, 1e-8, 0.1 } },
  { MP_OP_ADAMW, MP_UPDATE_ASCEND, { 0.01, 0.5, 0.9, 1e-8, 0.1 } },
};

static void
reference (const Case  *test,
           int          t,
           long double  gradient,
           long double *p,
           long double *m,
           long double *v)
{
  const double *h = test->hyper;
  long double   rate = h[0], b1 = h[1], b2 = h[2], epsilon = h[3], decay = h[4], g = gradient, u;

  if (test->flags & MP_UPDATE_ASCEND)
    g = -g;
  if (test->op == MP_OP_ADAMW)
    *p *= 1 - rate * decay;
  else
    g += decay * *p;
  if (test->op == MP_OP_SGD) {
    *m = b1 * *m + g;
    *p -= rate * (test->flags & MP_UPDATE_NESTEROV ? g + b1 * *m : *m);
  } else if (test->op == MP_OP_RMSPROP) {
    *v = b2 * *v + (1 - b2) * g * g;
    u = g / (test->flags & MP_UPDATE_EPSILON_INSIDE ? sqrtl (*v + epsilon) : sqrtl (*v) + epsilon);
    *m = b1 * *m + u;
    *p -= rate * *m;
  } else {
    *m = b1 * *m + (1 - b1) * g;
    *v = b2 * *v + (1 - b2) * g * g;
    *p -= rate / (1 - powl (b1, t)) * *m / (sqrtl (*v) / sqrtl (1 - powl (b2, t)) + epsilon);
  }
  if (h[5] > 0)
    *p = fminl (fmaxl (*p, (long double) -h[5]), (long double) h[5]);
}

static void
run_case (const Case *test,
          MpDtype     dtype,
          const char *isa)
{
  MpTensorType type = tap_type (dtype, 1, (int64_t[]) { N }), hyper_type = tap_type (MP_FLOAT64, 1, (int64_t[]) { MP_N_HYPER });
  MpTensorType count_type = tap_type (MP_FLOAT64, 1, (int64_t[]) { 1 });
  MpTensorType in[2] = { type, hyper_type }, out[4] = { type, type, type, count_type };
  MpKernelSpec spec = { .op = test->op, .attrs.flags = test->flags, .n_inputs = 2, .n_outputs = 4, .inputs = in,
                        .outputs = out };
  void        *input[2] = { tap_alloc (&type), tap_alloc (&hyper_type) };
  void        *output[4] = { tap_alloc (&type), tap_alloc (&type), tap_alloc (&type), tap_alloc (&count_type) };
  long double  p[N], m[N] = { 0 }, v[N] = { 0 };
  double       worst = 0;
  TapKernel    kernel;

  for (int i = 0; i < MP_N_HYPER; i++)
    tap_set (&hyper_type, input[1], i, test->hyper[i]);
  tap_set (&count_type, output[3], 0, 0);
  for (int i = 0; i < N; i++) {
    tap_set (&type, output[0], i, tap_uniform (-1, 1));
    tap_set (&type, output[1], i, 0);
    tap_set (&type, output[2], i, 0);
    p[i] = tap_get (&type, output[0], i);
  }
  tap_kernel_new (&spec, input, output, &kernel);
  for (int t = 1; t <= STEPS; t++) {
    for (int i = 0; i < N; i++) {
      /* at least 1/4, where Adam's quotient is well conditioned */
      tap_set (&type, input[0], i, (tap_random () % 2 ? 1 : -1) * tap_uniform (0.25, 2));
      reference (test, t, tap_get (&type, input[0], i), &p[i], &m[i], &v[i]);
    }
    tap_kernel_run (&kernel, NULL);
  }
  /* each step rounds some ten times; updates are at most 1 in size, and every parameter stays below 4 */
  for (int i = 0; i < N; i++)
    worst = fmax (worst, fabs (tap_get (&type, output[0], i) - (double) p[i]) / (4 * 10 * STEPS * tap_epsilon (dtype)));
  tap_ok (worst <= 1 && tap_get (&count_type, output[3], 0) == STEPS, "%s %s %s flags %u: error %.3g of the allowed", isa,
          mp_dtype_name (dtype), mp_op_name (test->op), test->flags, worst);
  tap_kernel_free (&kernel);
  for (int i = 0; i < 2; i++)
    free (input[i]);
  for (int i = 0; i < 4; i++)
    free (output[i]);
}

/* One update of MANY parameters. */
static void
update_many (const Case *test,
             int         n_threads,
             float      *p)
{
  MpTensorType type = tap_type (MP_FLOAT32, 1, (int64_t[]) { MANY });
  MpTensorType hyper_type = tap_type (MP_FLOAT64, 1, (int64_t[]) { MP_N_HYPER });
  MpTensorType count_type = tap_type (MP_FLOAT64, 1, (int64_t[]) { 1 });
  MpTensorType in[2] = { type, hyper_type }, out[4] = { type, type, type, count_type };
  MpKernelSpec spec = { .op = test->op, .attrs.flags = test->flags, .n_inputs = 2, .n_outputs = 4, .inputs = in,
                        .outputs = out };
  void        *input[2] = { tap_alloc (&type), tap_alloc (&hyper_type) };
  void        *output[4] = { tap_alloc (&type), tap_alloc (&type), tap_alloc (&type), tap_alloc (&count_type) };
  TapKernel    kernel;

  tap_open (n_threads);
  for (int i = 0; i < MP_N_HYPER; i++)
    tap_set (&hyper_type, input[1], i, test->hyper[i]);
  tap_set (&count_type, output[3], 0, 3);
  for (int i = 0; i < MANY; i++) {
    tap_set (&type, input[0], i, i % 17 - 8);
    tap_set (&type, output[0], i, i % 29 - 14);
    tap_set (&type, output[1], i, i % 5);
    tap_set (&type, output[2], i, i % 7);
  }
  tap_kernel_new (&spec, input, output, &kernel);
  tap_kernel_run (&kernel, NULL);
  for (int i = 0; i < MANY; i++)
    p[i] = (float) tap_get (&type, output[0], i);
  tap_ok (tap_get (&count_type, output[3], 0) == 4, "%s, %d threads: counted once", mp_op_name (test->op), n_threads);
  tap_kernel_free (&kernel);
  for (int i = 0; i < 2; i++)
    free (input[i]);
  for (int i = 0; i < 4; i++)
    free (output[i]);
  tap_close ();
}

static void
test_threads (const Case *test)
{
  static float one[MANY], three[MANY];

  update_many (test, 1, one);
  update_many (test, 3, three);
  tap_ok (memcmp (one, three, sizeof one) == 0, "%s: the same bits from three threads", mp_op_name (test->op));
}

int
main (void)
{
  const char *const *isas = tap_isas ();

  if (test_device_skips ())
    return 0;
  for (int isa = 0; isas[isa] != NULL; isa++) {
    setenv ("MATCHPOINT_ISA", isas[isa], 1);
    tap_open (1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
      for (int dtype = MP_FLOAT32; dtype <= MP_FLOAT64; dtype++)
        run_case (&cases[i], (MpDtype) dtype, isas[isa]);
    tap_close ();
  }
  for (size_t i = 0; test_device_is_cpu () && i < sizeof cases / sizeof cases[0]; i += 6)
    test_threads (&cases[i]);
  return tap_done ();
}
