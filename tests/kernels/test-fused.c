/* SPDX-License-Identifier: Apache-2.0
 *
 * test-fused.c: random fused programs against their evaluation point by point, alone and as epilogues of products.
 *
 * Domains, broadcasts, operations, outputs and reductions are drawn; operations are chosen so that values stay
 * moderate. Each failure prints the seed that makes it again: test-kernels-fused SEED.
 */
#include "tests/kernels/programs.h"
#include "tests/kernels/reference.h"

/* Rounds to the program's dtype, so that comparisons and signs see what the kernel sees. */
static double
rounded (MpDtype dtype,
         double  x)
{
  return dtype == MP_FLOAT32 ? (double) (float) x : x;
}

/* All registers at one point. error[r] bounds the kernel's deviation in register r; returns 0 where a comparison is
 * too close to call or a value grows out of hand. */
static int
evaluate (const MpProgram *program,
          const double    *inputs,
          double          *value,
          double          *error)
{
  double unit = tap_epsilon (program->dtype);

  for (int i = 0; i < program->n_inputs; i++) {
    value[i] = inputs[i];
    error[i] = 0;
  }
  for (int i = 0; i < program->n_instructions; i++) {
    const MpInstruction *in = &program->instruction[i];
    int                  r = program->n_inputs + i;
    double               a = value[in->src[0]], b = value[in->src[1]], ea = error[in->src[0]], eb = error[in->src[1]];

    if (in->op == MP_OP_CONSTANT) {
      value[r] = in->scalar[0];
      error[r] = 0;
      continue;
    }
    value[r] = rounded (program->dtype, reference_elementwise ((MpOp) in->op, in->scalar, a, b, value[in->src[2]]));
    switch (in->op) {
    case MP_OP_ADD:
    case MP_OP_SUB:
      error[r] = ea + eb + unit * fabs (value[r]);
      break;
    case MP_OP_MUL:
      error[r] = ea * fabs (b) + eb * fabs (a) + ea * eb + unit * fabs (value[r]);
      break;
    case MP_OP_SQUARE:
      error[r] = ea * (2 * fabs (a) + ea) + unit * fabs (value[r]);
      break;
    case MP_OP_EXP:
      error[r] = (expm1 (ea) + 8 * unit) * value[r];
      if (a > 20)
        return 0;
      break;
    case MP_OP_MINIMUM:
    case MP_OP_MAXIMUM:
      error[r] = fmax (ea, eb);
      break;
    case MP_OP_LT:
    case MP_OP_GT:
    case MP_OP_GE:
      error[r] = 0;
      if (ea + eb > 0 && fabs (a - b) <= ea + eb)
        return 0;
      break;
    case MP_OP_SIGN:
    case MP_OP_SELECT:
      error[r] = in->op == MP_OP_SIGN ? 0 : fmax (eb, error[in->src[2]]);
      if (ea > 0 && fabs (a) <= ea)
        return 0;
      break;
    default: /* slopes at most 1, a few units in the last place */
      error[r] = ea + 8 * unit * fabs (value[r]);
      break;
    }
  }
  return 1;
}

/* Returns whether every point could be foreseen. */
static int
expect (Case *test)
{
  const MpProgram *program = &test->program;
  int64_t          n = 1, index[MP_MAX_RANK];
  int              clear = 1;

  for (int a = 0; a < program->rank; a++)
    n *= program->dim[a];
  for (int64_t flat = 0; flat < n; flat++) {
    double  inputs[MP_PROGRAM_MAX_INPUTS], value[MP_PROGRAM_MAX_INPUTS + MP_PROGRAM_MAX_INSTRUCTIONS];
    double  error[MP_PROGRAM_MAX_INPUTS + MP_PROGRAM_MAX_INSTRUCTIONS];
    int64_t rest = flat;

    for (int a = program->rank - 1; a >= 0; a--) {
      index[a] = rest % program->dim[a];
      rest /= program->dim[a];
    }
    for (int i = 0; i < program->n_inputs; i++) {
      int64_t at = 0;

      for (int a = 0; a < program->rank; a++)
        at += index[a] * program->input[i].stride[a];
      inputs[i] = tap_get (&test->input_type[i], test->input[i], at);
    }
    clear &= evaluate (program, inputs, value, error);
    for (int o = 0; o < program->n_outputs; o++) {
      int64_t at = 0;
      int     reg = program->output[o].reg;

      for (int a = 0; a < program->rank; a++)
        if (!(program->output[o].axes >> a & 1))
          at = at * program->dim[a] + index[a];
      if (program->output[o].reduce == MP_REDUCE_MAX)
        test->expected[o][at] = fmaxl (test->expected[o][at], (long double) value[reg]);
      else
        test->expected[o][at] += (long double) value[reg] * program->output[o].scale;
      /* sums: rounding of partial sums too, in lanes of a block */
      test->magnitude[o][at] = program->output[o].reduce == MP_REDUCE_SUM
                                 ? test->magnitude[o][at] + error[reg]
                                     + 128 * tap_epsilon (program->dtype) * fabs (value[reg])
                                 : fmax (test->magnitude[o][at], error[reg]);
    }
  }
  return clear;
}

static int
agrees (const Case *test,
        int        *which,
        int64_t    *where)
{
  for (int o = 0; o < test->program.n_outputs; o++)
    for (int64_t i = 0; i < mp_tensor_count (&test->output_type[o]); i++) {
      double got = tap_get (&test->output_type[o], test->output[o], i), expected = (double) test->expected[o][i];

      if (got == expected || fabs (got - expected) <= test->magnitude[o][i])
        continue;
      *which = o;
      *where = i;
      return 0;
    }
  return 1;
}

/* 1 agreed, 0 failed, −1 not comparable */
static int
run_seed (uint64_t seed)
{
  Case         test;
  MpKernelSpec spec = { .op = MP_OP_FUSED };
  TapKernel    kernel;
  int          which = 0, result;
  int64_t      where = 0;

  draw_case (&test, seed);
  spec.n_inputs = test.program.n_inputs;
  spec.n_outputs = test.program.n_outputs;
  spec.inputs = test.input_type;
  spec.outputs = test.output_type;
  spec.program = &test.program;
  if (!expect (&test)) {
    free_case (&test);
    return -1;
  }
  if (!tap_kernel_new (&spec, test.input, test.output, &kernel)) {
    printf ("# seed %llu: %s\n", (unsigned long long) seed, mp_kernels_error ());
    free_case (&test);
    return 0;
  }
  for (int i = 0; i < 2; i++)
    tap_kernel_run (&kernel, NULL);
  result = agrees (&test, &which, &where);
  if (!result)
    printf ("# seed %llu: output %d element %lld is %.9g, not %.9g (allowed %.3g)\n", (unsigned long long) seed, which,
            (long long) where, tap_get (&test.output_type[which], test.output[which], where),
            (double) test.expected[which][where], test.magnitude[which][where]);
  tap_kernel_free (&kernel);
  free_case (&test);
  return result;
}

/* ---- epilogues ---- */
/* relu (product + row vector), its column sums, its sum over all, and the product's own maximum by row. */
static void
epilogue_program (MpProgram *program,
                  MpDtype    dtype,
                  int64_t    m,
                  int64_t    n)
{
  memset (program, 0, sizeof *program);
  program->dtype = dtype;
  program->rank = 2;
  program->dim[0] = m;
  program->dim[1] = n;
  program->n_inputs = 2;
  program->input[0].stride[0] = n;
  program->input[0].stride[1] = 1;
  program->input[1].stride[1] = 1;
  program->n_instructions = 2;
  program->instruction[0] = (MpInstruction) { .op = MP_OP_ADD, .src = { 0, 1 } };
  program->instruction[1] = (MpInstruction) { .op = MP_OP_RELU, .src = { 2 } };
  program->n_outputs = 4;
  for (int o = 0; o < 4; o++)
    program->output[o].scale = 1.0;
  program->output[0].reg = program->output[1].reg = program->output[2].reg = 3;
  program->output[1].reduce = program->output[2].reduce = MP_REDUCE_SUM;
  program->output[1].axes = 1;
  program->output[2].axes = 3;
  program->output[3].reduce = MP_REDUCE_MAX;
  program->output[3].axes = 2;
}

static void
test_epilogue (MpOp    op,
               MpDtype dtype,
               int64_t m,
               int64_t k,
               int64_t n,
               int     transpose_b)
{
  int          b_rows_n = op == MP_OP_SQDIST || transpose_b;
  MpTensorType in[3] = { tap_type (dtype, 2, (int64_t[]) { m, k }),
                         tap_type (dtype, 2, b_rows_n ? (int64_t[]) { n, k } : (int64_t[]) { k, n }),
                         tap_type (dtype, 1, (int64_t[]) { n }) };
  MpTensorType out[4] = { tap_type (dtype, 2, (int64_t[]) { m, n }), tap_type (dtype, 1, (int64_t[]) { n }),
                          tap_type (dtype, 0, NULL), tap_type (dtype, 1, (int64_t[]) { m }) };
  MpProgram    program;
  MpKernelSpec spec = { .op = op, .n_inputs = 3, .n_outputs = 4, .inputs = in, .outputs = out, .program = &program };
  void        *input[3], *output[4];
  double      *sums = calloc ((size_t) n + 1, sizeof (double)), total = 0, worst = 0;
  double       allowed = tap_epsilon (dtype) * (double) (k + 8) * (double) (4 * k + 8);
  TapKernel    kernel;

  epilogue_program (&program, dtype, m, n);
  spec.attrs.transpose_b = op == MP_OP_MATMUL && transpose_b;
  for (int i = 0; i < 3; i++) {
    input[i] = tap_alloc (&in[i]);
    for (int64_t j = 0; j < mp_tensor_count (&in[i]); j++)
      tap_set (&in[i], input[i], j, tap_uniform (-1, 1));
  }
  for (int o = 0; o < 4; o++)
    output[o] = tap_alloc (&out[o]);
  if (!tap_kernel_new (&spec, input, output, &kernel)) {
    tap_ok (0, "epilogue: %s", mp_kernels_error ());
    return;
  }
  for (int i = 0; i < 2; i++)
    tap_kernel_run (&kernel, NULL);
  for (int64_t i = 0; i < m; i++) {
    double max = -INFINITY;

    for (int64_t j = 0; j < n; j++) {
      double product = 0, value;

      for (int64_t p = 0; p < k; p++) {
        double x = tap_get (&in[0], input[0], i * k + p);
        double y = tap_get (&in[1], input[1], b_rows_n ? j * k + p : p * n + j);

        product += op == MP_OP_SQDIST ? (x - y) * (x - y) : x * y;
      }
      max = fmax (max, product);
      product += tap_get (&in[2], input[2], j);
      value = product < 0 ? 0 : product;
      sums[j] += value;
      total += value;
      worst = fmax (worst, fabs (value - tap_get (&out[0], output[0], i * n + j)) / allowed);
    }
    worst = fmax (worst, n > 0 ? fabs (max - tap_get (&out[3], output[3], i)) / allowed : 0);
  }
  for (int64_t j = 0; j < n; j++)
    worst = fmax (worst, fabs (sums[j] - tap_get (&out[1], output[1], j)) / (allowed * (double) m));
  if (m * n > 0)
    worst = fmax (worst, fabs (total - tap_get (&out[2], output[2], 0)) / (allowed * (double) (m * n)));
  tap_ok (worst <= 1, "%s %s %lldx%lldx%lld%s with epilogue: error %.3g of the allowed", mp_dtype_name (dtype),
          mp_op_name (op), (long long) m, (long long) k, (long long) n, transpose_b ? " transposed" : "", worst);
  tap_kernel_free (&kernel);
  for (int i = 0; i < 3; i++)
    free (input[i]);
  for (int o = 0; o < 4; o++)
    free (output[o]);
  free (sums);
}

static void
test_epilogues (void)
{
  static const int64_t shapes[][3] = { { 200, 100, 100 }, { 400, 2, 100 }, { 200, 100, 2 }, { 1, 5, 1 }, { 7, 3, 1500 },
                                       { 33, 64, 17 }, { 3, 0, 4 }, { 0, 3, 4 }, { 200, 8, 200 }, { 600, 90, 700 } };

  for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
    for (int dtype = MP_FLOAT32; dtype <= MP_FLOAT64; dtype++) {
      test_epilogue (MP_OP_MATMUL, (MpDtype) dtype, shapes[i][0], shapes[i][1], shapes[i][2], 0);
      test_epilogue (MP_OP_MATMUL, (MpDtype) dtype, shapes[i][0], shapes[i][1], shapes[i][2], 1);
      test_epilogue (MP_OP_SQDIST, (MpDtype) dtype, shapes[i][0], shapes[i][1], shapes[i][2], 0);
    }
}

/* A result that lies where an operand lies must come out as if it did not. */
static void
test_in_place (void)
{
  MpTensorType type = tap_type (MP_FLOAT32, 1, (int64_t[]) { 3000 });
  MpProgram    program = { .dtype = MP_FLOAT32, .rank = 1, .dim = { 3000 }, .n_inputs = 1, .n_instructions = 2,
                           .n_outputs = 1 };
  MpKernelSpec spec = { .op = MP_OP_FUSED, .n_inputs = 1, .n_outputs = 1, .inputs = &type, .outputs = &type,
                        .program = &program };
  float       *data = tap_alloc (&type);
  void        *address = data;
  TapKernel    kernel;
  int          right = 1;

  program.input[0].stride[0] = 1;
  program.instruction[0] = (MpInstruction) { .op = MP_OP_SQUARE, .src = { 0 } };
  program.instruction[1] = (MpInstruction) { .op = MP_OP_ADD, .src = { 1, 0 } };
  program.output[0].reg = 2;
  program.output[0].scale = 1.0;
  for (int i = 0; i < 3000; i++)
    data[i] = (float) i;
  tap_kernel_new (&spec, &address, &address, &kernel);
  tap_kernel_run (&kernel, NULL);
  for (int i = 0; i < 3000; i++)
    right &= data[i] == (float) i * (float) i + (float) i;
  tap_ok (right, "a program may work in place");
  tap_kernel_free (&kernel);
  free (data);
}

int
main (int    argc,
      char **argv)
{
  const char *const *isas = tap_isas ();
  /* A device that compiles its programs takes longer for each. */
  int                n_threads_most = test_device_is_cpu () ? 2 : 1;
  uint64_t           n_seeds = test_device_is_cpu () ? 1000 : 250;

  if (test_device_skips ())
    return 0;
  for (int isa = 0; isas[isa] != NULL; isa++)
    for (int n_threads = 1; n_threads <= n_threads_most; n_threads++) {
      int n_agreed = 0, n_failed = 0;

      setenv ("MATCHPOINT_ISA", isas[isa], 1);
      tap_open (n_threads);
      if (argc > 1) {
        tap_ok (run_seed (strtoull (argv[1], NULL, 10)) != 0, "seed %s", argv[1]);
        tap_close ();
        continue;
      }
      for (uint64_t seed = 1; seed <= n_seeds; seed++) {
        int result = run_seed (seed);

        n_agreed += result == 1;
        n_failed += result == 0;
      }
      tap_ok (n_failed == 0 && (uint64_t) n_agreed > n_seeds * 7 / 10, "%s, %d threads: %d random programs agree, %d do not", isas[isa],
              n_threads, n_agreed, n_failed);
      tap_seed = 7;
      test_epilogues ();
      test_in_place ();
      tap_close ();
    }
  return tap_done ();
}
