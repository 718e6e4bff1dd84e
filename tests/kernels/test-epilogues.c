/* SPDX-License-Identifier: Apache-2.0
 *
 * test-epilogues.c: products and convolutions with programs behind them, on the device of choice, against the CPU in
 * float64: the epilogues that a library does, those that become a program, stored bfloat16, empty sizes; choices that
 * are kept; and with --missing LIBRARY, what is said when there is none.
 *
 * Tolerances: as in tests/device/parity.h. The programs' slopes are at most 1, so an error of the product is not made
 * larger; each of their at most 8 steps rounds once more.
 */
#include <ftw.h>
#include <unistd.h>

#include "tests/kernels/tap.h"

#define MAX_INPUTS 6
#define MAX_OUTPUTS 2

typedef struct
{
  const char *name;
  MpDtype     dtype; /* of tensors */
  MpPrecision precision;
  int         deterministic;
} Mode;

static const Mode modes[] = {
  { "float64", MP_FLOAT64, MP_PRECISION_STRICT, 0 },        { "float32", MP_FLOAT32, MP_PRECISION_STRICT, 0 },
  { "tf32", MP_FLOAT32, MP_PRECISION_TF32, 0 },             { "tf32-deterministic", MP_FLOAT32, MP_PRECISION_TF32, 1 },
  { "bf16", MP_FLOAT32, MP_PRECISION_BF16, 0 },             { "bf16-stored", MP_BFLOAT16, MP_PRECISION_BF16, 0 },
};

typedef enum
{
  NONE, BIAS, RELU, BIAS_RELU, FACTOR, ADD, ADD_BIAS_RELU, BIAS_LEAKY, BIAS_TANH, TWO_OUTPUTS, FLAT_RELU, ROW_SUMS,
  N_KINDS
} Kind;
static const char *const kinds[] = { "plain", "bias", "relu", "bias+relu", "factor", "matrix", "matrix+bias+relu",
                                     "bias+leaky", "bias+tanh", "two outputs", "flat relu", "row sums" };

/* Inputs and outputs of a problem: operands, then a bias of `columns` and a matrix like the product. */
typedef struct
{
  MpOp         op;
  MpAttrs      attrs;
  const char  *text;
  int64_t      a[4], b[4], product[4];
  int          rank;
} Problem;

static const Problem problems[] = {
  { MP_OP_MATMUL, { 0 }, "5x7 7x3", { 5, 7 }, { 7, 3 }, { 5, 3 }, 2 },
  { MP_OP_MATMUL, { .transpose_a = 1 }, "80x64T 80x96", { 80, 64 }, { 80, 96 }, { 64, 96 }, 2 },
  { MP_OP_MATMUL, { .transpose_b = 1 }, "64x200 48x200T", { 64, 200 }, { 48, 200 }, { 64, 48 }, 2 },
  { MP_OP_MATMUL, { .transpose_a = 1, .transpose_b = 1 }, "33x40T 24x33T", { 33, 40 }, { 24, 33 }, { 40, 24 }, 2 },
  { MP_OP_MATMUL, { 0 }, "3x8x16 3x16x12", { 3, 8, 16 }, { 3, 16, 12 }, { 3, 8, 12 }, 3 },
  { MP_OP_MATMUL, { 0 }, "6x0 0x4", { 6, 0 }, { 0, 4 }, { 6, 4 }, 2 },
  { MP_OP_MATMUL, { 0 }, "0x3 3x4", { 0, 3 }, { 3, 4 }, { 0, 4 }, 2 },
  { MP_OP_SQDIST, { 0 }, "20x2 30x2", { 20, 2 }, { 30, 2 }, { 20, 30 }, 2 },
  { MP_OP_SQDIST, { 0 }, "33x300 47x300", { 33, 300 }, { 47, 300 }, { 33, 47 }, 2 },
  { MP_OP_CONV, { .stride = { 2, 2 }, .pad_before = { 1, 1 }, .pad_after = { 1, 1 } }, "2x8x8x4 6x4x4x4",
    { 2, 8, 8, 4 }, { 6, 4, 4, 4 }, { 2, 4, 4, 6 }, 4 },
  { MP_OP_CONV, { .stride = { 1, 1 }, .pad_before = { 0, 2 }, .pad_after = { 2, 1 } }, "2x4x4x3 4x3x3x3",
    { 2, 4, 4, 3 }, { 4, 3, 3, 3 }, { 2, 4, 5, 4 }, 4 },
  { MP_OP_MATMUL, { .transpose_b = 1 }, "131x37 700x37T", { 131, 37 }, { 700, 37 }, { 131, 700 }, 2 },
};

/* ---- tensors ---- */

static float
round_bfloat16 (float x)
{
  uint32_t bits;

  memcpy (&bits, &x, 4);
  bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000u;
  memcpy (&x, &bits, 4);
  return x;
}

static void
write_value (MpDtype dtype,
             void   *data,
             int64_t i,
             double  value)
{
  if (dtype == MP_FLOAT64)
    ((double *) data)[i] = value;
  else if (dtype == MP_FLOAT32)
    ((float *) data)[i] = (float) value;
  else {
    float    single = round_bfloat16 ((float) value);
    uint32_t bits;

    memcpy (&bits, &single, 4);
    ((uint16_t *) data)[i] = (uint16_t) (bits >> 16);
  }
}

static double
read_value (MpDtype     dtype,
            const void *data,
            int64_t     i)
{
  uint32_t bits;
  float    single;

  if (dtype != MP_BFLOAT16)
    return dtype == MP_FLOAT64 ? ((const double *) data)[i] : (double) ((const float *) data)[i];
  bits = (uint32_t) ((const uint16_t *) data)[i] << 16;
  memcpy (&single, &bits, 4);
  return (double) single;
}

/* ---- programs ---- */

static void
add_instruction (MpProgram *program,
                 int        op,
                 int        a,
                 int        b,
                 double     scalar)
{
  program->instruction[program->n_instructions++]
    = (MpInstruction) { .op = op, .src = { a, b, -1 }, .scalar = { scalar } };
}

static int
last_register (const MpProgram *program)
{
  return program->n_inputs + program->n_instructions - 1;
}

/* The domain is the product's, as rows and columns, or flat. */
static void
make_program (Kind       kind,
              MpDtype    dtype,
              int64_t    rows,
              int64_t    columns,
              MpProgram *p)
{
  int has_bias = kind == BIAS || kind == BIAS_RELU || kind == ADD_BIAS_RELU || kind == BIAS_LEAKY || kind == BIAS_TANH
                 || kind == TWO_OUTPUTS;
  int has_add = kind == ADD || kind == ADD_BIAS_RELU;
  int value = 0;

  *p = (MpProgram) { .dtype = dtype, .rank = kind == FLAT_RELU ? 1 : 2, .n_inputs = 1 + has_bias + has_add };
  p->dim[0] = kind == FLAT_RELU ? rows * columns : rows;
  p->dim[1] = kind == FLAT_RELU ? 0 : columns;
  p->input[0].stride[0] = kind == FLAT_RELU ? 1 : columns;
  p->input[0].stride[1] = kind == FLAT_RELU ? 0 : 1;
  if (has_bias)
    p->input[1].stride[1] = 1;
  if (has_add) {
    p->input[1 + has_bias].stride[0] = columns;
    p->input[1 + has_bias].stride[1] = 1;
    add_instruction (p, MP_OP_ADD, 1 + has_bias, value, 0);
    value = last_register (p);
  }
  if (has_bias) {
    add_instruction (p, MP_OP_ADD, value, 1, 0);
    value = last_register (p);
  }
  if (kind == FACTOR) {
    add_instruction (p, MP_OP_CONSTANT, -1, -1, -0.5);
    add_instruction (p, MP_OP_MUL, last_register (p), 0, 0);
  }
  if (kind == RELU || kind == BIAS_RELU || kind == ADD_BIAS_RELU || kind == FLAT_RELU || kind == TWO_OUTPUTS)
    add_instruction (p, MP_OP_RELU, value, -1, 0);
  if (kind == BIAS_LEAKY)
    add_instruction (p, MP_OP_LEAKY_RELU, value, -1, 0.25);
  if (kind == BIAS_TANH)
    add_instruction (p, MP_OP_TANH, value, -1, 0);
  p->output[p->n_outputs].scale = 1;
  p->output[p->n_outputs++].reg = kind == ROW_SUMS ? 0 : last_register (p);
  if (kind == TWO_OUTPUTS) {
    p->output[p->n_outputs].scale = 1;
    p->output[p->n_outputs++].reg = value;
  }
  if (kind == ROW_SUMS) {
    p->output[0].reduce = MP_REDUCE_SUM;
    p->output[0].axes = 2;
  }
}

/* ---- one case ---- */

typedef struct
{
  MpKernelSpec spec;
  MpProgram    program;
  MpTensorType inputs[MAX_INPUTS], outputs[MAX_OUTPUTS];
  void        *input[MAX_INPUTS], *output[MAX_OUTPUTS];
} Case;

static MpTensorType
type_of (MpDtype        dtype,
         int            rank,
         const int64_t *dim)
{
  MpTensorType type = { .rank = rank, .dtype = dtype };

  memcpy (type.dim, dim, (size_t) rank * sizeof *dim);
  return type;
}

static int64_t
columns_of (const Problem *problem)
{
  return problem->product[problem->rank - 1];
}

static int64_t
rows_of (const Problem *problem)
{
  MpTensorType type = type_of (MP_FLOAT32, problem->rank - 1, problem->product);

  return mp_tensor_count (&type);
}

static void
make_case (const Problem *problem,
           Kind           kind,
           MpDtype        dtype,
           Case          *c)
{
  int64_t columns = columns_of (problem), rows = rows_of (problem);
  int     n = 0;

  memset (c, 0, sizeof *c);
  c->spec = (MpKernelSpec) { .op = problem->op, .attrs = problem->attrs, .inputs = c->inputs, .outputs = c->outputs };
  c->inputs[n++] = type_of (dtype, problem->rank, problem->a);
  c->inputs[n++] = type_of (dtype, problem->rank, problem->b);
  c->spec.n_outputs = 1;
  if (kind != NONE) {
    make_program (kind, dtype == MP_FLOAT64 ? MP_FLOAT64 : MP_FLOAT32, rows, columns, &c->program);
    c->spec.program = &c->program;
    c->spec.n_outputs = c->program.n_outputs;
  }
  if (kind != NONE && c->program.n_inputs > 1 && kind != ADD) /* the bias stays in float32 */
    c->inputs[n++] = type_of (dtype == MP_FLOAT64 ? MP_FLOAT64 : MP_FLOAT32, 1, &columns);
  if (kind == ADD || kind == ADD_BIAS_RELU)
    c->inputs[n++] = type_of (dtype, problem->rank, problem->product);
  c->spec.n_inputs = n;
  for (int i = 0; i < c->spec.n_outputs; i++)
    c->outputs[i] = kind == ROW_SUMS ? type_of (dtype == MP_FLOAT64 ? MP_FLOAT64 : MP_FLOAT32, 1, &rows)
                                     : type_of (dtype, problem->rank, problem->product);
  for (int i = 0; i < n; i++)
    c->input[i] = tap_alloc (&c->inputs[i]);
  for (int i = 0; i < c->spec.n_outputs; i++)
    c->output[i] = tap_alloc (&c->outputs[i]);
}

static void
free_case (Case *c)
{
  for (int i = 0; i < MAX_INPUTS; i++)
    free (c->input[i]);
  for (int i = 0; i < MAX_OUTPUTS; i++)
    free (c->output[i]);
}

/* Another case's values, or their magnitudes. */
static void
copy_inputs (const Case *from,
             Case       *to,
             int         absolute)
{
  for (int i = 0; i < to->spec.n_inputs; i++)
    for (int64_t j = 0; j < mp_tensor_count (&to->inputs[i]); j++) {
      double value = read_value (from->inputs[i].dtype, from->input[i], j);

      write_value (to->inputs[i].dtype, to->input[i], j, absolute ? fabs (value) : value);
    }
}

/* On the CPU, float64. */
static void
run_reference (Case *c)
{
  static MpDevice *device;
  static MpStream *stream;
  MpTensorType     bytes = { .rank = 1, .dtype = MP_INT32 };
  MpKernel        *kernel;
  void            *workspace;

  if (device == NULL) {
    tap_check (mp_cpu_class.open (0, NULL, &device));
    tap_check (mp_cpu_class.stream_new (device, &stream));
  }
  tap_check (mp_cpu_class.kernel_new (device, &c->spec, &kernel));
  bytes.dim[0] = (int64_t) mp_cpu_class.kernel_workspace (kernel) / 4;
  workspace = tap_alloc (&bytes);
  tap_check (mp_cpu_class.kernel_bind (kernel, c->input, c->output, workspace));
  tap_check (mp_cpu_class.kernel_run (kernel, stream, &(MpRunContext) { 1, 1 }));
  mp_cpu_class.kernel_free (kernel);
  free (workspace);
}

/* Σ|a||b| for each element of the product, and |x|² + |y|² + 2|x||y| of a distance; with bias and matrix added. */
static void
find_magnitudes (const Problem *problem,
                 Kind           kind,
                 const Case    *of,
                 Case          *magnitude)
{
  Problem positive = *problem;

  make_case (&positive, kind == TWO_OUTPUTS ? BIAS : kind == FACTOR || kind == RELU || kind == FLAT_RELU ? NONE
                                                                                                        : kind,
             MP_FLOAT64, magnitude);
  copy_inputs (of, magnitude, 1);
  if (problem->op == MP_OP_SQDIST) /* (|x| + |y|)²: distances to points on the other side */
    for (int64_t j = 0; j < mp_tensor_count (&magnitude->inputs[1]); j++)
      ((double *) magnitude->input[1])[j] *= -1;
  if (kind == BIAS_TANH) /* not bounded by 1 */
    magnitude->program.instruction[magnitude->program.n_instructions - 1].op = MP_OP_RELU;
  run_reference (magnitude);
}

static double
worst_error (const Mode    *mode,
             const Problem *problem,
             const Case    *c,
             const Case    *expected,
             const Case    *magnitude)
{
  const MpTensorType *a = &c->inputs[0];
  double length = problem->op == MP_OP_CONV ? (double) (problem->b[1] * problem->b[2] * problem->b[3])
                                            : (double) a->dim[problem->attrs.transpose_a ? a->rank - 2 : a->rank - 1];
  double unit = mode->dtype == MP_FLOAT64 ? 0x1p-53 : 0x1p-24, worst = 0;
  /* strict products, and stored operands that need no rounding */
  double r = mode->precision == MP_PRECISION_TF32 ? 0x1p-10 : mode->precision == MP_PRECISION_BF16 ? 0x1p-8 : 0;
  /* convolutions of bfloat16 hand on bfloat16; outputs are stored in it */
  double stored = mode->dtype == MP_BFLOAT16 ? 0x1p-8 : 0;
  double passed = mode->precision == MP_PRECISION_BF16 && problem->op == MP_OP_CONV ? 0x1p-8 : 0;
  double factor = unit * (length + 12) + 2 * r + r * r + passed;

  for (int o = 0; o < c->spec.n_outputs; o++)
    for (int64_t i = 0; i < mp_tensor_count (&c->outputs[o]); i++) {
      double got = read_value (c->outputs[o].dtype, c->output[o], i);
      double wanted = read_value (MP_FLOAT64, expected->output[o], i);
      double size = read_value (MP_FLOAT64, magnitude->output[0], i);
      double sums = c->outputs[o].rank == 1 ? (double) columns_of (problem) * unit * size : 0;
      double error = got == wanted ? 0 : fabs (got - wanted) / (factor * size + stored * fabs (wanted) + sums);

      if (!(error <= worst))
        worst = error == error ? error : INFINITY;
    }
  return worst;
}

/* The kernel's algorithm, or NULL. bits: of the first output, added up. */
static const char *
run_case (const Mode    *mode,
          const Problem *problem,
          Kind           kind,
          uint64_t      *bits)
{
  static char algorithm[128];
  Case        c, expected, magnitude;
  TapKernel   kernel;
  double      worst;
  int         made;

  tap_seed = 0x9E3779B97F4A7C15u + (uint64_t) kind;
  make_case (problem, kind, mode->dtype, &c);
  for (int i = 0; i < c.spec.n_inputs; i++)
    for (int64_t j = 0; j < mp_tensor_count (&c.inputs[i]); j++)
      write_value (c.inputs[i].dtype, c.input[i], j, tap_uniform (-1, 1));
  make_case (problem, kind, MP_FLOAT64, &expected);
  copy_inputs (&c, &expected, 0);
  run_reference (&expected);
  find_magnitudes (problem, kind, &c, &magnitude);
  made = tap_kernel_new (&c.spec, c.input, c.output, &kernel);
  if (!made)
    tap_ok (0, "%s %s %s, %s: %s", mode->name, mp_op_name (problem->op), problem->text, kinds[kind],
            mp_kernels_error ());
  else {
    for (int i = 0; i < 2; i++)
      tap_check (tap_kernel_run (&kernel, &(MpRunContext) { 1, 1 }));
    worst = worst_error (mode, problem, &c, &expected, &magnitude);
    snprintf (algorithm, sizeof algorithm, "%s", test_device_class ()->kernel_algorithm (kernel.kernel));
    if (bits != NULL) {
      *bits = 0;
      for (size_t i = 0; i < (size_t) mp_tensor_count (&c.outputs[0]) * mp_dtype_size (c.outputs[0].dtype); i++)
        *bits = *bits * 31 + ((const unsigned char *) c.output[0])[i];
    }
    tap_ok (worst <= 1, "%s %s %s, %s: %.2g of the allowed error, %s", mode->name, mp_op_name (problem->op),
            problem->text, kinds[kind], worst, algorithm);
    tap_kernel_free (&kernel);
  }
  free_case (&c);
  free_case (&expected);
  free_case (&magnitude);
  return made ? algorithm : NULL;
}

static void
open_device (const Mode *mode,
             const char *cache)
{
  MpDeviceOptions options = { .precision = mode->precision, .deterministic = mode->deterministic, .cache = cache };

  tap_check (test_device_class ()->open (0, &options, &tap_device));
  tap_check (test_device_class ()->stream_new (tap_device, &tap_stream));
}

/* All programs in float32 and TF32, one of each sort in the other modes. */
static void
test_all (const Mode *mode,
          const char *cache)
{
  static const Kind some[] = { NONE, BIAS_RELU, ADD, BIAS_LEAKY, TWO_OUTPUTS };
  int               all = mode->dtype == MP_FLOAT32 && mode->precision != MP_PRECISION_BF16 && !mode->deterministic;

  open_device (mode, cache);
  for (size_t i = 0; i < sizeof problems / sizeof *problems; i++)
    for (int k = 0; k < (all ? N_KINDS : (int) (sizeof some / sizeof *some)); k++)
      run_case (mode, &problems[i], all ? (Kind) k : some[k], NULL);
  tap_close ();
}

/* A second handle computes the same bits in the same way. */
static void
test_again (const Mode *mode,
            const char *cache)
{
  static const int chosen[] = { 1, 8, 9 };
  char             first[3][128] = { "" };
  uint64_t         bits[2][3] = { { 0 } };

  for (int round = 0; round < 2; round++) {
    open_device (mode, cache);
    for (int i = 0; i < 3; i++) {
      const char *algorithm = run_case (mode, &problems[chosen[i]], BIAS_RELU, &bits[round][i]);

      if (round == 0)
        snprintf (first[i], sizeof first[i], "%s", algorithm != NULL ? algorithm : "");
      else
        tap_ok (algorithm != NULL && strcmp (algorithm, first[i]) == 0 && bits[0][i] == bits[1][i],
                "%s again: %s, then %s", mode->name, first[i], algorithm);
    }
    tap_close ();
  }
}

static void
test_missing (const char *library)
{
  int      convolution = strcmp (library, "cudnn") == 0;
  MpStatus status = test_device_class ()->open (0, NULL, &tap_device);

  tap_ok (status == MP_STATUS_LIBRARY, "without %s: status %d", library, (int) status);
  tap_ok (strstr (mp_kernels_error (), convolution ? "cuDNN is missing: neither libcudnn.so.9"
                                                   : "cuBLASLt is missing: neither libcublasLt.so.13") != NULL,
          "%s", mp_kernels_error ());
}

static int
remove_one (const char        *path,
            const struct stat *about,
            int                kind,
            struct FTW        *place)
{
  return remove (path);
}

int
main (int    argc,
      char **argv)
{
  char cache[] = "/tmp/matchpoint-epilogues-XXXXXX", path[128];

  if (argc > 2 && strcmp (argv[1], "--missing") == 0) {
    test_missing (argv[2]);
    return tap_done ();
  }
  if (mkdtemp (cache) == NULL)
    return 1;
  for (size_t i = 0; i < (test_device_is_cpu () ? 2 : sizeof modes / sizeof *modes); i++)
    test_all (&modes[i], cache);
  if (test_device_is_cpu ()) {
    rmdir (cache);
    return tap_done ();
  }
  test_again (&modes[2], cache);
  test_again (&modes[3], NULL);
  snprintf (path, sizeof path, "%s/choices", cache);
  tap_ok (access (path, R_OK) == 0, "choices are kept");
  nftw (cache, remove_one, 8, FTW_DEPTH | FTW_PHYS);
  return tap_done ();
}
