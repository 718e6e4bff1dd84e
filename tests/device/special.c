/* SPDX-License-Identifier: Apache-2.0
 *
 * special.c: what the case table cannot say: random numbers, updates in place, rings and tables that follow the run
 * context, contractions. The reference is the CPU's own kernel, in float64 where the operation has a choice.
 */
#include <math.h>
#include <string.h>

#include "tests/device/parity.h"
#include "tests/kernels/tap.h"

/* The outputs of a kernel on the CPU, as float64. `updated` as for suite_check (), in the spec's dtypes. */
static gboolean
expect_from_cpu (Suite              *suite,
                 const MpKernelSpec *spec,
                 void *const        *inputs,
                 void *const        *updated,
                 const MpRunContext *context,
                 Expected           *expected)
{
  Launch launch;

  if (launch_new (&launch, &suite->cpu, spec, inputs) != MP_OK)
    return FALSE;
  for (int i = 0; updated != NULL && i < spec->n_outputs; i++)
    if (updated[i] != NULL)
      g_assert_cmpint (launch_set_output (&launch, i, updated[i]), ==, MP_OK);
  g_assert_cmpint (launch_run (&launch, context), ==, MP_OK);
  for (int i = 0; i < spec->n_outputs; i++) {
    const MpTensorType *type = &spec->outputs[i];
    gint64 n = mp_tensor_count (type);
    g_autofree void *host = g_malloc0 ((gsize) n * mp_dtype_size (type->dtype) + 8);

    g_assert_cmpint (launch_read (&launch, i, host), ==, MP_OK);
    expected[i] = (Expected) { n, g_new0 (double, n + 1), g_new0 (double, n + 1) };
    for (gint64 j = 0; j < n; j++)
      expected[i].value[j] = number_get (type->dtype, host, j);
  }
  launch_free (&launch);
  return TRUE;
}

static void
expected_clear (Expected *expected,
                int       n)
{
  for (int i = 0; i < n; i++) {
    g_free (expected[i].value);
    g_free (expected[i].magnitude);
  }
}

/* Makes the device's kernel and checks it, or counts that it was declined. */
static void
check (Suite              *suite,
       const char         *name,
       const MpKernelSpec *spec,
       void *const        *inputs,
       void *const        *updated,
       const MpRunContext *context,
       const Expected     *expected,
       double              factor)
{
  Launch launch;
  MpStatus status = launch_new (&launch, &suite->target, spec, inputs);

  if (status == MP_STATUS_UNSUPPORTED) {
    tally_declined (suite);
    return;
  }
  if (status != MP_OK) {
    tally_mistake (suite, name, g_strdup (mp_kernels_error ()));
    return;
  }
  suite_check (suite, name, &launch, expected, factor, updated, context);
  launch_free (&launch);
}

/* ---- random numbers: the counters are exact; log, sqrt, sin and cos round ---- */

static void
check_random (Suite  *suite,
              MpOp    op,
              gint64  n,
              double  a,
              double  b)
{
  MpTensorType type = { .rank = 1, .dtype = op == MP_OP_RANDOM_CATEGORICAL ? MP_INT32 : suite->mode->dtype,
                        .dim = { n } };
  const MpKernelSpec spec = { .op = op, .n_outputs = 1, .outputs = &type,
                              .attrs = { .stream = tap_random (), .scalar = { a, b } } };
  const MpRunContext context = { .seed = (guint64) tap_random () << 32 | tap_random (), .step = 0x100000007u,
                                 .batch = 3 };
  g_autofree char *name = g_strdup_printf ("%" G_GINT64_FORMAT " numbers", n);
  Expected expected;

  g_assert_true (expect_from_cpu (suite, &spec, NULL, NULL, &context, &expected));
  /* No number is further out than 5.9 standard deviations: u ≥ 2⁻²⁵. Both sides round some eight times. */
  for (gint64 i = 0; i < n && op != MP_OP_RANDOM_CATEGORICAL; i++)
    expected.magnitude[i] = 2 * (fabs (a) + 6 * fabs (b));
  check (suite, name, &spec, NULL, NULL, &context, &expected, 8 * tally_unit (suite->mode));
  expected_clear (&expected, 1);
}

void
parity_random (Suite     *self,
               GPtrArray *tallies)
{
  static const gint64 sizes[] = { 0, 1, 3, 4, 5, 255, 256, 257, 1000, 100003 };

  suite_begin (self, tallies, mp_op_name (MP_OP_RANDOM_UNIFORM));
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    check_random (self, MP_OP_RANDOM_UNIFORM, sizes[i], -1, 2);
  suite_begin (self, tallies, mp_op_name (MP_OP_RANDOM_NORMAL));
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    check_random (self, MP_OP_RANDOM_NORMAL, sizes[i], 0.5, 2);
  suite_begin (self, tallies, mp_op_name (MP_OP_RANDOM_CATEGORICAL));
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    check_random (self, MP_OP_RANDOM_CATEGORICAL, sizes[i], 1000003, 0);
}

/* ---- updates: one step from random moments ---- */

typedef struct
{
  MpOp     op;
  uint32_t flags;
  double   hyper[MP_N_HYPER]; /* rate, beta1, beta2, epsilon, weight decay, clip */
} Update;

static const Update updates[] = {
  { MP_OP_SGD, 0, { 0.1 } },
  { MP_OP_SGD, 0, { 0.1, 0.9, 0, 0, 0.05 } },
  { MP_OP_SGD, MP_UPDATE_NESTEROV, { 0.1, 0.9, 0, 0, 0.05 } },
  { MP_OP_SGD, MP_UPDATE_ASCEND, { 0.1, 0.5, 0, 0, 0.05, 0.2 } },
  { MP_OP_RMSPROP, 0, { 0.01, 0, 0.99, 1e-8 } },
  { MP_OP_RMSPROP, 0, { 0.01, 0.9, 0.9, 1e-8, 0.1 } },
  { MP_OP_RMSPROP, MP_UPDATE_EPSILON_INSIDE, { 0.01, 0, 0.9, 1e-3 } },
  { MP_OP_RMSPROP, MP_UPDATE_ASCEND, { 0.01, 0, 0.9, 1e-8, 0, 0.5 } },
  { MP_OP_ADAM, 0, { 0.01, 0.9, 0.999, 1e-8 } },
  { MP_OP_ADAM, MP_UPDATE_ASCEND, { 0.01, 0.5, 0.9, 1e-8, 0.1, 0.3 } },
  { MP_OP_ADAMW, 0, { 0.01, 0.9, 0.999, 1e-8, 0.1 } },
  { MP_OP_ADAMW, MP_UPDATE_ASCEND, { 0.01, 0.5, 0.9, 1e-8, 0.1 } },
};

static void *
draw (MpDtype dtype,
      gint64  n,
      double  low,
      double  high)
{
  void *data = g_malloc0 ((gsize) n * mp_dtype_size (dtype) + 8);

  for (gint64 i = 0; i < n; i++)
    number_set (dtype, data, i, tap_uniform (low, high));
  return data;
}

static double *
widen (MpDtype     dtype,
       const void *data,
       gint64      n)
{
  double *wide = g_new0 (double, n + 1);

  for (gint64 i = 0; i < n; i++)
    wide[i] = number_get (dtype, data, i);
  return wide;
}

/* The device's kernel in the mode's dtype against the CPU's in float64, from the same numbers. */
static void
check_update (Suite        *suite,
              const Update *update,
              gint64        n)
{
  MpDtype dtype = suite->mode->dtype;
  MpTensorType wide[4] = { { .rank = 1, .dtype = MP_FLOAT64, .dim = { n } } }, types[4], in[2], wide_in[2];
  double one = 3, *hyper = g_memdup2 (update->hyper, sizeof update->hyper);
  /* gradients of at least 1/4 and second moments of at least 1/8, where Adam's quotient is well conditioned */
  void *gradient = draw (dtype, n, 0.25, 2), *state[4] = { draw (dtype, n, -2, 2), draw (dtype, n, -1, 1),
                                                          draw (dtype, n, 0.125, 2), &one };
  double *wide_gradient = widen (dtype, gradient, n);
  void *wide_state[4] = { widen (dtype, state[0], n), widen (dtype, state[1], n), widen (dtype, state[2], n), &one };
  MpKernelSpec spec = { .op = update->op, .attrs.flags = update->flags, .n_inputs = 2, .n_outputs = 4 };
  g_autofree char *name = g_strdup_printf ("flags %u, %" G_GINT64_FORMAT " parameters", update->flags, n);
  const MpRunContext context = { 1, 1, 1 };
  Expected expected[4];

  wide[1] = wide[2] = wide[0];
  wide[3] = (MpTensorType) { .rank = 1, .dtype = MP_FLOAT64, .dim = { 1 } };
  memcpy (types, wide, sizeof types);
  types[0].dtype = types[1].dtype = types[2].dtype = dtype;
  wide_in[0] = wide[0];
  wide_in[1] = (MpTensorType) { .rank = 1, .dtype = MP_FLOAT64, .dim = { MP_N_HYPER } };
  in[0] = types[0];
  in[1] = wide_in[1];
  spec.inputs = wide_in;
  spec.outputs = wide;
  g_assert_true (expect_from_cpu (suite, &spec, (void *[]) { wide_gradient, hyper }, wide_state, &context, expected));
  /* Values and steps stay below 8, and round some ten times. */
  for (int i = 0; i < 3; i++)
    for (gint64 j = 0; j < n; j++)
      expected[i].magnitude[j] = 8;
  spec.inputs = in;
  spec.outputs = types;
  check (suite, name, &spec, (void *[]) { gradient, hyper }, state, &context, expected, 10 * tally_unit (suite->mode));
  expected_clear (expected, 4);
  for (int i = 0; i < 3; i++) {
    g_free (state[i]);
    g_free (wide_state[i]);
  }
  g_free (gradient);
  g_free (wide_gradient);
  g_free (hyper);
}

void
parity_updates (Suite     *self,
                GPtrArray *tallies)
{
  static const gint64 sizes[] = { 1, 255, 1003, 70001 };

  for (guint i = 0; i < G_N_ELEMENTS (updates); i++) {
    if (i == 0 || updates[i].op != updates[i - 1].op)
      suite_begin (self, tallies, mp_op_name (updates[i].op));
    for (guint j = 0; j < G_N_ELEMENTS (sizes); j++)
      check_update (self, &updates[i], sizes[j]);
  }
}

/* ---- rings and tables ---- */

static void
check_fetch (Suite  *suite,
             gint64  slots,
             gint64  rows,
             gint64  width,
             gint64  period,
             guint64 batch)
{
  MpDtype dtype = suite->mode->dtype;
  const MpTensorType ring = { .rank = 3, .dtype = dtype, .dim = { slots, rows, width } };
  const MpTensorType item = { .rank = 2, .dtype = dtype, .dim = { rows, width } };
  const MpKernelSpec spec = { .op = MP_OP_FETCH, .attrs = { .stop = { period } }, .n_inputs = 1, .n_outputs = 1,
                              .inputs = &ring, .outputs = &item };
  g_autofree void *input = draw (dtype, slots * rows * width, -2, 2);
  g_autofree char *name = g_strdup_printf ("%" G_GINT64_FORMAT " slots of %" G_GINT64_FORMAT "×%" G_GINT64_FORMAT
                                           ", batch %" G_GUINT64_FORMAT, slots, rows, width, batch);
  const MpRunContext context = { 1, 7 * 65536 + 1, batch };
  Expected expected;

  g_assert_true (expect_from_cpu (suite, &spec, &input, NULL, &context, &expected));
  check (suite, name, &spec, &input, NULL, &context, &expected, 0);
  expected_clear (&expected, 1);
}

static void
check_collect (Suite  *suite,
               int     n,
               gint64  rows,
               gint64  columns,
               gint64  start,
               gint64  period,
               guint64 step)
{
  MpTensorType scalars[TARGET_MAX] = { { 0 } };
  const MpTensorType table = { .rank = 2, .dtype = MP_FLOAT64, .dim = { rows, columns } };
  const MpKernelSpec spec = { .op = MP_OP_COLLECT, .attrs = { .start = { start }, .stop = { period } }, .n_inputs = n,
                              .n_outputs = 1, .inputs = scalars, .outputs = &table };
  g_autofree void *before = draw (MP_FLOAT64, rows * columns, -2, 2);
  g_autofree char *name = g_strdup_printf ("%d of %" G_GINT64_FORMAT " columns, step %" G_GUINT64_FORMAT, n, columns,
                                           step);
  const MpRunContext context = { 1, step, 1 };
  void *inputs[TARGET_MAX];
  Expected expected;

  for (int i = 0; i < n; i++) {
    scalars[i].dtype = i % 2 ? MP_FLOAT64 : suite->mode->dtype;
    inputs[i] = draw (scalars[i].dtype, 1, -2, 2);
  }
  g_assert_true (expect_from_cpu (suite, &spec, inputs, &before, &context, &expected));
  check (suite, name, &spec, inputs, &before, &context, &expected, 0);
  expected_clear (&expected, 1);
  for (int i = 0; i < n; i++)
    g_free (inputs[i]);
}

void
parity_rings (Suite     *self,
              GPtrArray *tallies)
{
  suite_begin (self, tallies, mp_op_name (MP_OP_FETCH));
  for (guint64 batch = 1; batch < 12; batch += 3) {
    check_fetch (self, 5, 200, 2, 0, batch);
    check_fetch (self, 3, 7, 33, 65536, batch);
    check_fetch (self, 1, 64, 3072, 0, batch);
  }
  suite_begin (self, tallies, mp_op_name (MP_OP_COLLECT));
  for (guint64 step = 65536; step < 40 * 65536; step += 11 * 65536) {
    check_collect (self, 1, 16, 1, 0, 65536, step);
    check_collect (self, 5, 16, 9, 3, 65536, step + 1);
    check_collect (self, 20, 4, 24, 0, 1, step);
  }
}

/* ---- contractions ----
 * A kernel mixture and what its gradient needs, without the n×m matrix: D = sqdist (x, y), and with K bandwidths
 *   R_ij = Σ_b exp (−D_ij·c_b)       W_ij = −Σ_b c_b·exp (−D_ij·c_b)
 * outputs: Σ_ij R_ij,   Σ_j W_ij,   W·V (n×d),   Wᵀ·U (m×d).
 * D is off by at most u·(d+6)·Σ(|x|+|y|)² (parity.h), which moves exp (−c·D) by as much times c of itself. */

typedef struct
{
  gint64 n, m, d;
} Gram;

static const double rates[] = { 2, 0.5, 0.125, 0.03125, 0.0078125 };

/* Register numbers: 0 is the product. */
static void
write_program (MpProgram *program,
               MpDtype    dtype,
               gint64     n,
               gint64     m)
{
  int last_r = -1, last_w = -1, next = 1;

  *program = (MpProgram) { .dtype = dtype == MP_FLOAT64 ? MP_FLOAT64 : MP_FLOAT32, .rank = 2, .dim = { n, m },
                           .n_inputs = 1, .n_outputs = 4 };
  program->input[0].stride[0] = m;
  program->input[0].stride[1] = 1;
#define EMIT(OP, a, b, s) \
  (program->instruction[program->n_instructions++] = (MpInstruction) { MP_OP_##OP, { a, b, 0 }, { s } }, next++)
  for (guint i = 0; i < G_N_ELEMENTS (rates); i++) {
    int c = EMIT (CONSTANT, 0, 0, -rates[i]);
    int scaled = EMIT (MUL, 0, c, 0);
    int e = EMIT (EXP, scaled, 0, 0);
    int w = EMIT (MUL, e, c, 0);

    last_r = last_r < 0 ? e : EMIT (ADD, last_r, e, 0);
    last_w = last_w < 0 ? w : EMIT (ADD, last_w, w, 0);
  }
#undef EMIT
  program->output[0].reg = last_r;
  program->output[0].reduce = MP_REDUCE_SUM;
  program->output[0].axes = 3;
  program->output[1].reg = last_w;
  program->output[1].reduce = MP_REDUCE_SUM;
  program->output[1].axes = 2;
  program->output[2].reg = program->output[3].reg = last_w;
  program->output[2].reduce = program->output[3].reduce = MP_CONTRACT;
  program->output[2].axes = 2;
  program->output[2].operand = 2;
  program->output[3].axes = 1;
  program->output[3].operand = 3;
  for (int i = 0; i < 4; i++)
    program->output[i].scale = i == 0 ? 1.0 / (double) (n * m) : 2;
}

static void
add (Expected *out,
     gint64    i,
     double    value,
     double    magnitude)
{
  out->value[i] += value;
  out->magnitude[i] += magnitude;
}

/* magnitude counts in units of the factor of a product, so what D's error does is scaled into it. */
static void
expect_contraction (const Gram *gram,
                    double    **in,
                    Expected   *out)
{
  for (gint64 i = 0; i < gram->n; i++)
    for (gint64 j = 0; j < gram->m; j++) {
      double distance = 0, size = 0, r = 0, w = 0, dr = 0, dw = 0;

      for (gint64 k = 0; k < gram->d; k++) {
        double x = in[0][i * gram->d + k], y = in[1][j * gram->d + k];

        distance += (x - y) * (x - y);
        size += (fabs (x) + fabs (y)) * (fabs (x) + fabs (y));
      }
      for (guint b = 0; b < G_N_ELEMENTS (rates); b++) {
        double e = exp (-rates[b] * distance);

        r += e;
        w -= rates[b] * e;
        dr += e * (1 + rates[b] * size);
        dw += rates[b] * e * (1 + rates[b] * size);
      }
      add (&out[0], 0, r / (double) (gram->n * gram->m), dr / (double) (gram->n * gram->m));
      add (&out[1], i, 2 * w, 2 * dw);
      for (gint64 k = 0; k < gram->d; k++) {
        add (&out[2], i * gram->d + k, 2 * w * in[2][j * gram->d + k], 2 * dw * fabs (in[2][j * gram->d + k]));
        add (&out[3], j * gram->d + k, 2 * w * in[3][i * gram->d + k], 2 * dw * fabs (in[3][i * gram->d + k]));
      }
    }
}

static void
check_contraction (Suite      *suite,
                   const Gram *gram)
{
  MpDtype dtype = suite->mode->dtype;
  const MpTensorType x = { .rank = 2, .dtype = dtype, .dim = { gram->n, gram->d } };
  const MpTensorType y = { .rank = 2, .dtype = dtype, .dim = { gram->m, gram->d } };
  const MpTensorType in[4] = { x, y, y, x };
  const MpTensorType out[4] = { { .dtype = dtype }, { .rank = 1, .dtype = dtype, .dim = { gram->n } }, x, y };
  double spread = 1 / sqrt ((double) gram->d); /* so that no exponential vanishes */
  MpProgram program;
  const MpKernelSpec spec = { .op = MP_OP_SQDIST, .n_inputs = 4, .n_outputs = 4, .inputs = in, .outputs = out,
                              .program = &program };
  g_autofree char *name = g_strdup_printf ("%" G_GINT64_FORMAT "×%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
                                           " dimensions", gram->n, gram->m, gram->d);
  const MpRunContext context = { 1, 1, 1 };
  void *inputs[4];
  double *wide[4], length;
  Expected expected[4];

  write_program (&program, dtype, gram->n, gram->m);
  for (int i = 0; i < 4; i++) {
    gint64 n = mp_tensor_count (&in[i]), n_out = mp_tensor_count (&out[i]);

    inputs[i] = draw (dtype, n, i < 2 ? -spread : -1, i < 2 ? spread : 1);
    wide[i] = widen (dtype, inputs[i], n);
    expected[i] = (Expected) { n_out, g_new0 (double, n_out + 1), g_new0 (double, n_out + 1) };
  }
  expect_contraction (gram, wide, expected);
  /* sums in float32 are taken in blocks: no chain of additions is longer than its dimension, plus the exponentials' and
   * the mixture's own few */
  length = (double) (gram->d + gram->n + gram->m) + 16;
  check (suite, name, &spec, inputs, NULL, &context, expected,
         tally_unit (suite->mode) * length + tally_operand (suite->mode));
  expected_clear (expected, 4);
  for (int i = 0; i < 4; i++) {
    g_free (inputs[i]);
    g_free (wide[i]);
  }
}

void
parity_contractions (Suite     *self,
                     GPtrArray *tallies)
{
  static const Gram grams[] = { { 200, 200, 2 }, { 64, 64, 8 }, { 1, 1, 1 }, { 33, 47, 17 }, { 130, 5, 64 } };
  static const Gram large[] = { { 1000, 777, 2 }, { 512, 300, 130 }, { 300, 512, 700 } };

  suite_begin (self, tallies, "contraction");
  for (guint i = 0; i < G_N_ELEMENTS (grams); i++)
    check_contraction (self, &grams[i]);
  for (guint i = 0; self->large && i < G_N_ELEMENTS (large); i++)
    check_contraction (self, &large[i]);
}
