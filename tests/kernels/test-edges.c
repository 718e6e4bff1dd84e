/* SPDX-License-Identifier: Apache-2.0
 *
 * test-edges.c: what kernels do at the edges of their domain: NaN and infinities, matrices that are not positive
 * definite, casts of what does not fit, sums whose order shows. Runs on the device of choice, like the others.
 */
#include "tests/kernels/tap.h"

#define MAX_INPUTS 20

typedef struct
{
  MpTensorType type;
  void        *data;
} Tensor;

static Tensor
tensor (MpDtype       dtype,
        int           rank,
        const int64_t *dim,
        const double *values)
{
  Tensor t = { .type = tap_type (dtype, rank, dim) };

  t.data = tap_alloc (&t.type);
  for (int64_t i = 0; values != NULL && i < mp_tensor_count (&t.type); i++)
    tap_set (&t.type, t.data, i, values[i]);
  return t;
}

#define VECTOR(dtype, n, values) tensor (dtype, 1, (int64_t[]) { n }, values)
#define MATRIX(dtype, n, m, values) tensor (dtype, 2, (int64_t[]) { n, m }, values)

/* Runs one operation, frees the inputs, and fills out. 0 when it could not; that is a failed test unless declined. */
static int
run (MpOp          op,
     MpAttrs       attrs,
     int           n,
     const Tensor *in,
     Tensor       *out)
{
  MpTensorType types[MAX_INPUTS];
  void        *data[MAX_INPUTS];
  MpKernelSpec spec = { .op = op, .attrs = attrs, .n_inputs = n, .n_outputs = 1, .inputs = types,
                        .outputs = &out->type };
  TapKernel    kernel;
  int          made;

  for (int i = 0; i < n; i++) {
    types[i] = in[i].type;
    data[i] = in[i].data;
  }
  made = tap_kernel_new (&spec, data, &out->data, &kernel);
  if (!made)
    tap_ok (0, "%s: %s", mp_op_name (op), mp_kernels_error ());
  else {
    tap_check (tap_kernel_run (&kernel, &(MpRunContext) { 1, 1, 1 }));
    tap_kernel_free (&kernel);
  }
  for (int i = 0; i < n; i++)
    free (in[i].data);
  return made;
}

static int
same (double a,
      double b)
{
  return a == b || (a != a && b != b);
}

static void
expect (const char   *what,
        Tensor       *out,
        const double *values,
        double        tolerance)
{
  int right = 1;

  for (int64_t i = 0; i < mp_tensor_count (&out->type); i++) {
    double got = tap_get (&out->type, out->data, i);
    int    fits = same (got, values[i]) || fabs (got - values[i]) <= tolerance * fabs (values[i]);

    if (!fits)
      printf ("#   element %lld is %.9g, not %.9g\n", (long long) i, got, values[i]);
    right = right && fits;
  }
  tap_ok (right, "%s %s", mp_dtype_name (out->type.dtype), what);
  free (out->data);
}

/* ---- linear algebra ---- */

/* A unit matrix but for one pivot, and below it one row that depends on it. Everything from the pivot on is spoilt in
 * its column and after; a library may spoil what comes before, too. */
static void
test_not_definite (MpDtype dtype,
                   int64_t n,
                   int64_t bad)
{
  Tensor a = MATRIX (dtype, n, n, NULL), l = MATRIX (dtype, n, n, NULL);
  int    right = 1;

  for (int64_t i = 0; i < n * n; i++)
    tap_set (&a.type, a.data, i,
             i % (n + 1) == 0 ? (i / n == bad ? -1 : 4) : i / n == n - 1 || i % n == n - 1 ? 0.5 : 0);
  if (!run (MP_OP_CHOLESKY, (MpAttrs) { 0 }, 1, &a, &l))
    return;
  for (int64_t i = 0; i < n * n; i++) {
    int64_t r = i / n, c = i % n;
    double  got = tap_get (&l.type, l.data, i), known = r == c ? 2 : r == n - 1 ? 0.25 : 0;

    if (c > r)
      right = right && got == 0;
    else if (c < bad)
      right = right && (fabs (got - known) <= 4 * tap_epsilon (dtype) || got != got);
    else if (r == c || c == bad)
      right = right && got != got;
  }
  tap_ok (right, "%s: a factor of %lld×%lld that fails at %lld", mp_dtype_name (dtype), (long long) n, (long long) n,
          (long long) bad);
  free (l.data);
}

/* A NaN in the right-hand side reaches the rows that come after it, and no other column. */
static void
test_solve_of_nan (MpDtype dtype,
                   int64_t n,
                   int64_t m,
                   int64_t bad,
                   int     transpose)
{
  Tensor in[2] = { MATRIX (dtype, n, n, NULL), MATRIX (dtype, n, m, NULL) }, x = MATRIX (dtype, n, m, NULL);
  int    right = 1;

  for (int64_t i = 0; i < n * n; i++) {
    /* What stands above the diagonal is nobody's business. */
    tap_set (&in[0].type, in[0].data, i, i % n > i / n ? NAN : i % n == i / n ? 2 : 0.001);
  }
  for (int64_t i = 0; i < n * m; i++)
    tap_set (&in[1].type, in[1].data, i, i / m == bad && i % m == 0 ? NAN : 1);
  if (!run (MP_OP_TRIANGULAR_SOLVE, (MpAttrs) { .transpose_a = transpose }, 2, in, &x))
    return;
  for (int64_t i = 0; i < n * m; i++) {
    double got = tap_get (&x.type, x.data, i);
    int    spoilt = i % m == 0 && (transpose ? i / m <= bad : i / m >= bad);

    right = right && (got != got) == spoilt;
  }
  tap_ok (right, "%s: a NaN among %lld×%lld right-hand sides%s", mp_dtype_name (dtype), (long long) n, (long long) m,
          transpose ? ", transposed" : "");
  free (x.data);
}

/* ---- softmax and its like ---- */

static void
test_softmax (MpDtype dtype)
{
  static const double x[] = { -INFINITY, -INFINITY, INFINITY, 1, NAN, 1, -INFINITY, 1, 1000, 1000, -1000, -1000 };
  static const double soft[] = { NAN, NAN, NAN, NAN, NAN, NAN, 0, 1, 0.5, 0.5, 0.5, 0.5 };
  const double        sums[] = { -INFINITY, INFINITY, NAN, 1, 1000 + log (2), -1000 + log (2) };
  Tensor              in = MATRIX (dtype, 6, 2, x), out = MATRIX (dtype, 6, 2, NULL);

  if (run (MP_OP_SOFTMAX, (MpAttrs) { .axes = 2 }, 1, &in, &out))
    expect ("softmax of infinities", &out, soft, 4 * tap_epsilon (dtype));
  in = MATRIX (dtype, 6, 2, x);
  out = VECTOR (dtype, 6, NULL);
  if (run (MP_OP_LOG_SUM_EXP, (MpAttrs) { .axes = 2 }, 1, &in, &out))
    expect ("log-sum-exp of infinities", &out, sums, 4 * tap_epsilon (dtype));
}

/* Columns far from 0: a difference of large squares would leave nothing. */
static void
test_offset (MpDtype dtype)
{
  double x[64], y[64];
  double offset = dtype == MP_FLOAT32 ? 0x1p20 : 0x1p46;

  for (int i = 0; i < 64; i++) {
    x[i] = offset + (i % 2 ? 1 : -1);
    y[i] = i % 2 ? 1 : -1;
  }
  for (int axes = 1; axes <= 2; axes++) {
    Tensor in = MATRIX (dtype, axes == 1 ? 64 : 1, axes == 1 ? 1 : 64, x), out = { .type = in.type };

    out.data = tap_alloc (&out.type);
    if (run (MP_OP_NORMALIZE, (MpAttrs) { .axes = axes }, 1, &in, &out))
      expect ("normalize far from 0", &out, y, 4 * tap_epsilon (dtype));
  }
}

/* ---- pooling ---- */

static void
test_max_index (MpDtype dtype)
{
  static const double x[] = { 1, NAN, 3, NAN, 2, 2, 2, 2, -INFINITY, -INFINITY, -INFINITY, -INFINITY };
  static const double index[] = { 1, 0, 0 };
  Tensor              in = tensor (dtype, 4, (int64_t[]) { 3, 2, 2, 1 }, x);
  Tensor              out = tensor (MP_INT32, 4, (int64_t[]) { 3, 1, 1, 1 }, NULL);

  if (run (MP_OP_MAXPOOL_INDEX, (MpAttrs) { .window = { 2, 2 }, .stride = { 2, 2 } }, 1, &in, &out))
    expect ("the first NaN, the first of equals", &out, index, 0);
}

/* ---- moves and casts ---- */

static void
test_cast (MpDtype dtype)
{
  static const double x[] = { NAN, 3e9, -3e9, 2.75, -2.75, INFINITY, -INFINITY };
  static const double y[] = { 0, INT32_MAX, INT32_MIN, 2, -2, INT32_MAX, INT32_MIN };
  Tensor              in = VECTOR (dtype, 7, x), out = VECTOR (MP_INT32, 7, NULL);

  if (run (MP_OP_CAST, (MpAttrs) { 0 }, 1, &in, &out))
    expect ("of what does not fit", &out, y, 0);
}

/* bfloat16 keeps 8 bits: ties go to even, and a value just off a tie does not become one on its way through float32. */
static void
test_bfloat16 (MpDtype dtype)
{
  static const double x[] = { 1 + 0x1p-8, 1 + 0x3p-8, 1 + 0x1p-8 + 0x1p-20, -1 - 0x1p-8, 1e39, 0x1p-133, INFINITY,
                              NAN };
  static const double y[] = { 1, 1 + 0x1p-6, 1 + 0x1p-7, -1, INFINITY, 0x1p-133, INFINITY, NAN };
  const int64_t       n = 9;
  const MpTensorType  wide = tap_type (dtype, 1, &n), narrow = tap_type (MP_BFLOAT16, 1, &n);
  const MpKernelSpec  spec = { .op = MP_OP_CAST, .n_inputs = 1, .n_outputs = 1, .inputs = &wide, .outputs = &narrow };
  Tensor              in = VECTOR (dtype, n, NULL), out = VECTOR (dtype, n, NULL);
  Tensor              half = { narrow, tap_alloc (&narrow) };
  double              expected[9];

  if (!test_device_class ()->supports (tap_device, &spec)) {
    tap_ok (1, "%s to bfloat16 # SKIP %s", mp_dtype_name (dtype), mp_kernels_error ());
    free (in.data);
    free (out.data);
    free (half.data);
    return;
  }
  for (int i = 0; i < 8; i++) {
    tap_set (&in.type, in.data, i, x[i]);
    expected[i] = y[i];
  }
  tap_set (&in.type, in.data, 8, 1 + 0x1p-8 + 0x1p-40); /* float32 drops what decides */
  expected[8] = dtype == MP_FLOAT64 ? 1 + 0x1p-7 : 1;
  if (run (MP_OP_CAST, (MpAttrs) { 0 }, 1, &in, &half) && run (MP_OP_CAST, (MpAttrs) { 0 }, 1, &half, &out))
    expect ("through bfloat16", &out, expected, 0);
}

/* The sum of a row's parts in the order of the indices, whoever adds them. */
static void
test_scatter_order (void)
{
  static const double dy[] = { 0x1p30, 1, -0x1p30, 1, 5 }, index[] = { 2, 2, 2, 2, 0 }, y[] = { 5, 0, 1 };
  Tensor              in[2] = { VECTOR (MP_FLOAT32, 5, dy), VECTOR (MP_INT32, 5, index) };
  Tensor              out = VECTOR (MP_FLOAT32, 3, NULL);

  if (run (MP_OP_SCATTER_ADD, (MpAttrs) { 0 }, 2, in, &out))
    expect ("sums in order", &out, y, 0);
}

static void
test_many_parts (MpDtype dtype)
{
  Tensor in[MAX_INPUTS], out;
  double y[3 * MAX_INPUTS * 3];
  int    columns = 0, at = 0;

  for (int i = 0; i < MAX_INPUTS; i++)
    columns += i % 3;
  for (int i = 0; i < MAX_INPUTS; i++) {
    int width = i % 3;

    in[i] = MATRIX (dtype, 3, width, NULL);
    for (int j = 0; j < 3 * width; j++) {
      tap_set (&in[i].type, in[i].data, j, 10 * i + j);
      y[j / width * columns + at + j % width] = 10 * i + j;
    }
    at += width;
  }
  out = MATRIX (dtype, 3, columns, NULL);
  if (run (MP_OP_CONCAT, (MpAttrs) { .axis = 1 }, MAX_INPUTS, in, &out))
    expect ("many parts beside each other", &out, y, 0);
}

int
main (void)
{
  for (const char *const *isa = tap_isas (); *isa != NULL; isa++) {
    setenv ("MATCHPOINT_ISA", *isa, 1);
    tap_open (1);
    printf ("# %s\n", *isa);
    for (int i = MP_FLOAT32; i <= MP_FLOAT64; i++) {
      MpDtype dtype = (MpDtype) i;

      test_not_definite (dtype, 3, 1);
      test_not_definite (dtype, 40, 35);
      test_not_definite (dtype, 150, 40);
      for (int transpose = 0; transpose < 2; transpose++) {
        test_solve_of_nan (dtype, 40, 1, 20, transpose);
        test_solve_of_nan (dtype, 40, 3, 20, transpose);
      }
      test_softmax (dtype);
      test_offset (dtype);
      test_max_index (dtype);
      test_cast (dtype);
      test_bfloat16 (dtype);
      test_many_parts (dtype);
    }
    test_scatter_order ();
    tap_close ();
  }
  return tap_done ();
}
