/* SPDX-License-Identifier: Apache-2.0
 *
 * pairs.c: programs over pairs of points with everything that may be asked of them at once: inputs that are matrices,
 * rows, columns and scalars; sums and maxima over rows, over columns and over all; contractions of two registers with
 * operands of unlike widths; the matrix itself. The reference is evaluated here in float64.
 *
 *   P = |x_i − y_j|² or x_i·y_j       e = exp (−P·s)        w = e·M[i,j]        z = w + c_i·r_j
 *
 * P is off by at most u·(d+6)·Σ(|x|+|y|)² (parity.h), and so e by that times s of itself, and the rest by what it does to
 * them. A maximum is off by at most the largest error of what it is taken over.
 */
#include <math.h>
#include <string.h>

#include "tests/device/parity.h"
#include "tests/kernels/tap.h"

typedef struct
{
  MpOp     op;
  gint64   n, m, d;
  gint64   widths[2]; /* of the contractions' operands */
  gboolean stored;    /* e is an output too */
} Case;

static const Case cases[] = {
  { MP_OP_SQDIST, 1, 1, 1, { 1, 1 }, TRUE },      { MP_OP_SQDIST, 37, 53, 3, { 3, 2 }, FALSE },
  { MP_OP_SQDIST, 64, 64, 2, { 2, 2 }, TRUE },    { MP_OP_SQDIST, 130, 67, 5, { 1, 5 }, FALSE },
  { MP_OP_MATMUL, 17, 200, 8, { 4, 8 }, FALSE },  { MP_OP_MATMUL, 48, 16, 30, { 30, 7 }, TRUE },
  { MP_OP_SQDIST, 257, 31, 40, { 40, 3 }, FALSE }, { MP_OP_SQDIST, 40, 5000, 33, { 2, 33 }, FALSE },
  { MP_OP_MATMUL, 300, 330, 48, { 48, 48 }, TRUE }, { MP_OP_SQDIST, 1, 70, 2, { 2, 2 }, FALSE },
  { MP_OP_SQDIST, 70, 1, 2, { 2, 2 }, FALSE },
};

enum
{
  X, Y, MATRIX, ROW, COLUMN, SCALE, V, U, N_IN
};

enum
{
  SUM_ALL, SUM_ROWS, SUM_COLUMNS, MAX_ALL, MAX_ROWS, MAX_COLUMNS, BY_ROWS, BY_COLUMNS, STORED, N_OUT
};

/* Registers: the product, M, r, c, s; then the instructions. */
static void
write_program (const Case *test,
               MpDtype     dtype,
               MpProgram  *program)
{
  static const MpInstruction instructions[] = {
    { MP_OP_MUL, { 0, 4, -1 }, { 0 } },  /* 5: P·s */
    { MP_OP_NEG, { 5, -1, -1 }, { 0 } }, /* 6 */
    { MP_OP_EXP, { 6, -1, -1 }, { 0 } }, /* 7: e */
    { MP_OP_MUL, { 7, 1, -1 }, { 0 } },  /* 8: w */
    { MP_OP_MUL, { 2, 3, -1 }, { 0 } },  /* 9: c·r */
    { MP_OP_ADD, { 8, 9, -1 }, { 0 } },  /* 10: z */
  };
  static const struct
  {
    gint reg, reduce, axes, operand;
  } outputs[N_OUT] = {
    [SUM_ALL] = { 10, MP_REDUCE_SUM, 3, 0 },     [SUM_ROWS] = { 8, MP_REDUCE_SUM, 2, 0 },
    [SUM_COLUMNS] = { 8, MP_REDUCE_SUM, 1, 0 },  [MAX_ALL] = { 10, MP_REDUCE_MAX, 3, 0 },
    [MAX_ROWS] = { 10, MP_REDUCE_MAX, 2, 0 },    [MAX_COLUMNS] = { 8, MP_REDUCE_MAX, 1, 0 },
    [BY_ROWS] = { 8, MP_CONTRACT, 2, V },        [BY_COLUMNS] = { 10, MP_CONTRACT, 1, U },
    [STORED] = { 7, MP_STORE, 0, 0 },
  };
  const gint64 strides[5][2] = { { test->m, 1 }, { test->m, 1 }, { 0, 1 }, { 1, 0 }, { 0, 0 } };

  *program = (MpProgram) { .dtype = dtype == MP_FLOAT64 ? MP_FLOAT64 : MP_FLOAT32, .rank = 2, .dim = { test->n, test->m },
                           .n_inputs = 5, .n_instructions = G_N_ELEMENTS (instructions),
                           .n_outputs = test->stored ? N_OUT : STORED };
  for (guint i = 0; i < 5; i++)
    memcpy (program->input[i].stride, strides[i], sizeof strides[i]);
  memcpy (program->instruction, instructions, sizeof instructions);
  for (guint o = 0; o < N_OUT; o++) {
    program->output[o].reg = outputs[o].reg;
    program->output[o].reduce = outputs[o].reduce;
    program->output[o].axes = outputs[o].axes;
    program->output[o].operand = outputs[o].operand;
    program->output[o].scale = outputs[o].reduce == MP_REDUCE_SUM || outputs[o].reduce == MP_CONTRACT ? 0.5 : 1;
  }
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

static void
take_larger (Expected *out,
             gint64    i,
             gboolean  first,
             double    value,
             double    magnitude)
{
  out->value[i] = first ? value : MAX (out->value[i], value);
  out->magnitude[i] = MAX (out->magnitude[i], magnitude);
}

static void
expect_pair (const Case *test,
             double    **in,
             gint64      i,
             gint64      j,
             Expected   *out)
{
  double product = 0, size = 0, s = in[SCALE][0], e, w, z, de, dw, dz;
  gint64 at = i * test->m + j;

  for (gint64 k = 0; k < test->d; k++) {
    double x = in[X][i * test->d + k], y = in[Y][j * test->d + k];

    product += test->op == MP_OP_SQDIST ? (x - y) * (x - y) : x * y;
    size += (fabs (x) + fabs (y)) * (fabs (x) + fabs (y));
  }
  e = exp (-product * s);
  de = e * (1 + s * size);
  w = e * in[MATRIX][at];
  dw = de * fabs (in[MATRIX][at]);
  z = w + in[ROW][j] * in[COLUMN][i];
  dz = dw + fabs (in[ROW][j] * in[COLUMN][i]);
  add (&out[SUM_ALL], 0, 0.5 * z, 0.5 * dz);
  add (&out[SUM_ROWS], i, 0.5 * w, 0.5 * dw);
  add (&out[SUM_COLUMNS], j, 0.5 * w, 0.5 * dw);
  take_larger (&out[MAX_ALL], 0, i == 0 && j == 0, z, dz);
  take_larger (&out[MAX_ROWS], i, j == 0, z, dz);
  take_larger (&out[MAX_COLUMNS], j, i == 0, w, dw);
  for (gint64 k = 0; k < test->widths[0]; k++)
    add (&out[BY_ROWS], i * test->widths[0] + k, 0.5 * w * in[V][j * test->widths[0] + k],
         0.5 * dw * fabs (in[V][j * test->widths[0] + k]));
  for (gint64 k = 0; k < test->widths[1]; k++)
    add (&out[BY_COLUMNS], j * test->widths[1] + k, 0.5 * z * in[U][i * test->widths[1] + k],
         0.5 * dz * fabs (in[U][i * test->widths[1] + k]));
  add (&out[STORED], at, e, de);
}

static void
run_case (Suite              *suite,
          const char         *name,
          const MpKernelSpec *spec,
          void *const        *inputs,
          const Expected     *expected,
          double              factor)
{
  const MpRunContext context = { 1, 1, 1 };
  Launch launch;
  MpStatus status = launch_new (&launch, &suite->target, spec, inputs);

  if (status == MP_STATUS_UNSUPPORTED)
    tally_declined (suite);
  else if (status != MP_OK)
    tally_mistake (suite, name, g_strdup (mp_kernels_error ()));
  else {
    suite_check (suite, name, &launch, expected, factor, NULL, &context);
    launch_free (&launch);
  }
}

static void
check_case (Suite      *suite,
            const Case *test,
            guint32     seed)
{
  MpDtype dtype = suite->mode->dtype;
  const gint64 n = test->n, m = test->m, d = test->d;
  const MpTensorType in[N_IN] = {
    [X] = { 2, dtype, { n, d } },   [Y] = { 2, dtype, { m, d } },   [MATRIX] = { 2, dtype, { n, m } },
    [ROW] = { 2, dtype, { 1, m } }, [COLUMN] = { 2, dtype, { n, 1 } }, [SCALE] = { .dtype = dtype },
    [V] = { 2, dtype, { m, test->widths[0] } }, [U] = { 2, dtype, { n, test->widths[1] } },
  };
  const MpTensorType out[N_OUT] = {
    [SUM_ALL] = { .dtype = dtype },        [SUM_ROWS] = { 1, dtype, { n } }, [SUM_COLUMNS] = { 1, dtype, { m } },
    [MAX_ALL] = { .dtype = dtype },        [MAX_ROWS] = { 1, dtype, { n } }, [MAX_COLUMNS] = { 1, dtype, { m } },
    [BY_ROWS] = { 2, dtype, { n, test->widths[0] } }, [BY_COLUMNS] = { 2, dtype, { m, test->widths[1] } },
    [STORED] = { 2, dtype, { n, m } },
  };
  MpProgram program;
  const MpKernelSpec spec = { .op = test->op, .attrs = { .transpose_b = test->op == MP_OP_MATMUL }, .n_inputs = N_IN,
                              .n_outputs = test->stored ? N_OUT : STORED, .inputs = in, .outputs = out,
                              .program = &program };
  g_autofree char *name = g_strdup_printf ("%s %" G_GINT64_FORMAT "×%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
                                           " dimensions%s", mp_op_name (test->op), n, m, d,
                                           test->stored ? ", stored" : "");
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  double spread = 1 / sqrt ((double) d), *wide[N_IN];
  void *inputs[N_IN];
  Expected expected[N_OUT];

  write_program (test, dtype, &program);
  for (guint i = 0; i < N_IN; i++) {
    gint64 count = mp_tensor_count (&in[i]);

    inputs[i] = g_malloc0 ((gsize) count * mp_dtype_size (dtype) + 8);
    wide[i] = g_new0 (double, count + 1);
    for (gint64 k = 0; k < count; k++) {
      number_set (dtype, inputs[i], k, i == SCALE ? 0.75 : (i <= Y ? spread : 1) * g_rand_double_range (rand, -1, 1));
      wide[i][k] = number_get (dtype, inputs[i], k);
    }
  }
  for (guint o = 0; o < N_OUT; o++) {
    gint64 count = mp_tensor_count (&out[o]);

    expected[o] = (Expected) { count, g_new0 (double, count + 1), g_new0 (double, count + 1) };
  }
  for (gint64 i = 0; i < n; i++)
    for (gint64 j = 0; j < m; j++)
      expect_pair (test, wide, i, j, expected);
  run_case (suite, name, &spec, inputs, expected,
            tally_unit (suite->mode) * ((double) (n + m + d) + 16) + tally_operand (suite->mode));
  for (guint i = 0; i < N_IN; i++) {
    g_free (inputs[i]);
    g_free (wide[i]);
  }
  for (guint o = 0; o < N_OUT; o++) {
    g_free (expected[o].value);
    g_free (expected[o].magnitude);
  }
}

void
parity_pairs (Suite     *self,
              GPtrArray *tallies)
{
  suite_begin (self, tallies, "pairs");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    check_case (self, &cases[i], i + 1);
}
