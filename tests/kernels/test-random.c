/* SPDX-License-Identifier: Apache-2.0
 *
 * test-random.c: Philox against the known answers published with Random123 (kat_vectors, philox4x32-10), random
 * kernels against philox.h element by element, and the moments of what comes out.
 */
#include "kernels/philox.h"
#include "tests/kernels/tap.h"

static const struct
{
  uint32_t counter[4], key[2], out[4];
} known[] = {
  { { 0, 0, 0, 0 }, { 0, 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
  { { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff }, { 0xffffffff, 0xffffffff },
    { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
  { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 }, { 0xa4093822, 0x299f31d0 },
    { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
};

static void
test_known (void)
{
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    uint32_t out[4];

    mp_philox ((uint64_t) known[i].key[1] << 32 | known[i].key[0], known[i].counter[0], known[i].counter[1],
               (uint64_t) known[i].counter[3] << 32 | known[i].counter[2], out);
    tap_ok (memcmp (out, known[i].out, sizeof out) == 0, "known answer %zu: %08x %08x %08x %08x", i, out[0], out[1],
            out[2], out[3]);
  }
}

static double
expected_value (MpOp                op,
                MpDtype             dtype,
                const MpAttrs      *attrs,
                const MpRunContext *context,
                int64_t             i)
{
  uint32_t x[4];
  double   u, v, radius;
  int      j = (int) (i % 4), pair = j & 2;

  mp_philox (context->seed, (uint32_t) (i / 4), attrs->stream, context->step, x);
  if (op == MP_OP_RANDOM_UNIFORM)
    return attrs->scalar[0] + (attrs->scalar[1] - attrs->scalar[0]) * ((x[j] >> 8) * 0x1p-24);
  if (op == MP_OP_RANDOM_CATEGORICAL)
    return (double) (((uint64_t) x[j] * (uint32_t) attrs->scalar[0]) >> 32);
  u = ((x[pair] >> 8) + 0.5) * 0x1p-24;
  if (dtype == MP_FLOAT32)
    u = (double) (float) u; /* 25 bits do not fit; the definition computes in the tensor's dtype */
  v = (x[pair + 1] >> 8) * 0x1p-24;
  radius = attrs->scalar[1] * sqrt (-2 * log (u));
  return attrs->scalar[0] + radius * (j & 1 ? sin (2 * M_PI * v) : cos (2 * M_PI * v));
}

static void
test_kernel (MpOp        op,
             MpDtype     dtype,
             int64_t     n,
             double      a,
             double      b,
             const char *isa)
{
  MpTensorType type = tap_type (dtype, 1, &n);
  MpKernelSpec spec = { .op = op, .n_outputs = 1, .outputs = &type,
                        .attrs = { .stream = 77, .scalar = { a, b } } };
  MpRunContext context = { .seed = 0x123456789abcdefu, .step = 0x100000007u };
  void        *out = tap_alloc (&type);
  double       worst = 0, mean = 0, square = 0, largest = fabs (a) + 6 * fabs (b);
  TapKernel    kernel;

  tap_kernel_new (&spec, NULL, &out, &kernel);
  tap_kernel_run (&kernel, &context);
  for (int64_t i = 0; i < n; i++) {
    double value = tap_get (&type, out, i);

    worst = fmax (worst, fabs (value - expected_value (op, dtype, &spec.attrs, &context, i)));
    mean += value / (double) n;
    square += value * value / (double) n;
  }
  tap_ok (worst <= (op == MP_OP_RANDOM_CATEGORICAL ? 0 : 4 * largest * tap_epsilon (dtype)),
          "%s %s %s of %lld: error %.3g", isa, mp_dtype_name (dtype), mp_op_name (op), (long long) n, worst);
  if (n > 10000) {
    double expected = op == MP_OP_RANDOM_NORMAL ? a : (op == MP_OP_RANDOM_UNIFORM ? (a + b) / 2 : (a - 1) / 2);
    double variance = op == MP_OP_RANDOM_NORMAL ? b * b : (op == MP_OP_RANDOM_UNIFORM ? (b - a) * (b - a) / 12
                                                                                      : (a * a - 1) / 12);

    /* five standard errors */
    tap_ok (fabs (mean - expected) < 5 * sqrt (variance / (double) n)
              && fabs (square - mean * mean - variance) < 5 * variance * sqrt (2.0 / (double) n),
            "%s: mean %.4f and variance %.4f of %.4f and %.4f", mp_op_name (op), mean, square - mean * mean, expected,
            variance);
  }
  tap_kernel_free (&kernel);
  free (out);
}

int
main (void)
{
  static const int64_t sizes[] = { 0, 1, 3, 4, 5, 255, 256, 257, 1000, 100000 };
  const char *const   *isas = tap_isas ();

  if (test_device_skips ())
    return 0;
  test_known ();
  for (int isa = 0; isas[isa] != NULL; isa++) {
    setenv ("MATCHPOINT_ISA", isas[isa], 1);
    tap_open (1);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
      for (int dtype = MP_FLOAT32; dtype <= MP_FLOAT64; dtype++) {
        test_kernel (MP_OP_RANDOM_UNIFORM, (MpDtype) dtype, sizes[i], -1, 2, isas[isa]);
        test_kernel (MP_OP_RANDOM_NORMAL, (MpDtype) dtype, sizes[i], 0.5, 2, isas[isa]);
      }
      test_kernel (MP_OP_RANDOM_CATEGORICAL, MP_INT32, sizes[i], 8, 0, isas[isa]);
    }
    tap_close ();
  }
  return tap_done ();
}
