/* SPDX-License-Identifier: Apache-2.0
 *
 * table.c: the one case table of all operations, on the device.
 */
#include "tests/device/parity.h"
#include "tests/kernels/reference.h"

#define MAX_INPUTS 3

/* Shapes are written "7x5"; "" is a scalar. A shape ending in "i" is int32 whatever the mode. */
typedef struct
{
  MpOp        op;
  const char *inputs[MAX_INPUTS];
  const char *output;
  MpAttrs     attrs;
} Case;

static const Case cases[] = {
#include "tests/kernels/cases.h"
};

static const Case large_cases[] = {
#define MP_LARGE_CASES
#include "tests/kernels/cases.h"
};

typedef struct
{
  const Case  *test;
  char        *name;
  int          n_inputs;
  MpTensorType input_type[MAX_INPUTS], output_type;
  void        *input[MAX_INPUTS];  /* as the device gets them */
  Array        array[MAX_INPUTS];  /* the same numbers in float64 */
  Array        output;
  double       length;
} Data;

static MpTensorType
parse_shape (const char *text,
             MpDtype     dtype)
{
  MpTensorType type = { .dtype = dtype };

  while (*text != '\0') {
    char *end;

    type.dim[type.rank++] = g_ascii_strtoll (text, &end, 10);
    if (*end == 'i')
      type.dtype = MP_INT32;
    text = *end == '\0' ? end : end + 1;
  }
  return type;
}

static gsize
count (const MpTensorType *type)
{
  return (gsize) mp_tensor_count (type);
}

static gboolean
is_product (MpOp op)
{
  return mp_op_class (op) == MP_CLASS_PRODUCT;
}

/* ---- inputs ---- */

/* Symmetric positive definite with eigenvalues between 1 and 4: a diagonal of 2 to 3 beside entries of at most 1/n. For
 * triangular solves the lower part alone. */
static void
fill_matrix (Array    *array,
             gboolean  lower)
{
  gint64 n = array->type.dim[array->type.rank - 1];

  for (gint64 i = 0; i < (gint64) count (&array->type); i++) {
    gint64 r = i / n % n, c = i % n, item = i / (n * n);

    if (c <= r)
      array->value[i] = r == c ? tap_uniform (2, 3) : tap_uniform (-1, 1) / (double) n;
    if (c < r)
      array->value[item * n * n + c * n + r] = lower ? 0 : array->value[i];
  }
}

static gint64
index_limit (const Data *data)
{
  const MpTensorType *x = &data->input_type[0], *y = &data->output_type;

  if (data->test->op == MP_OP_GATHER)
    return x->dim[0];
  if (data->test->op == MP_OP_SCATTER_ADD)
    return y->dim[0];
  return data->test->op == MP_OP_POOL_GATHER ? x->dim[1] * x->dim[2] : y->dim[1] * y->dim[2];
}

static void
fill_input (Data *data,
            int   i)
{
  Array *array = &data->array[i];
  MpOp op = data->test->op;
  gboolean positive = op == MP_OP_LOG || op == MP_OP_SQRT || op == MP_OP_RSQRT || op == MP_OP_POW;
  double low = positive ? 0.1 : (op == MP_OP_LOG1P ? -0.9 : -2);

  if (mp_op_class (op) == MP_CLASS_LINALG && i == 0) {
    fill_matrix (array, op == MP_OP_TRIANGULAR_SOLVE);
    return;
  }
  for (gsize j = 0; j < count (&array->type); j++)
    if (data->input_type[i].dtype == MP_INT32 && i == 1)
      array->value[j] = floor (tap_uniform (0, (double) index_limit (data)));
    else if (data->input_type[i].dtype == MP_INT32)
      array->value[j] = floor (tap_uniform (-100, 100));
    else if (mp_op_arity (op) > 1 && mp_op_class (op) == MP_CLASS_ELEMENTWISE)
      array->value[j] = floor (tap_uniform (low, 2) * 4) / 4 + (positive ? 0.25 : 0); /* so that some are equal */
    else
      array->value[j] = tap_uniform (low, 2);
}

/* Rounds the numbers to the device's format, and keeps both. */
static void
store_input (Data *data,
             int   i)
{
  const MpTensorType *type = &data->input_type[i];

  data->input[i] = g_malloc0 (count (type) * mp_dtype_size (type->dtype) + 8);
  for (gsize j = 0; j < count (type); j++) {
    number_set (type->dtype, data->input[i], (gint64) j, data->array[i].value[j]);
    data->array[i].value[j] = number_get (type->dtype, data->input[i], (gint64) j);
  }
}

static Array
array_new (const MpTensorType *type)
{
  Array array = { .type = *type, .value = g_new0 (double, count (type) + 1),
                  .magnitude = g_new0 (double, count (type) + 1) };

  if (array.type.dtype != MP_INT32)
    array.type.dtype = MP_FLOAT64;
  return array;
}

static void
data_init (Data       *data,
           const Case *test,
           const Mode *mode)
{
  *data = (Data) { .test = test, .output_type = parse_shape (test->output, mode->dtype) };
  if (test->op == MP_OP_CAST && data->output_type.dtype != MP_INT32)
    data->output_type.dtype = mode->dtype == MP_FLOAT32 ? MP_FLOAT64 : MP_FLOAT32;
  data->output = array_new (&data->output_type);
  for (int i = 0; i < MAX_INPUTS && test->inputs[i] != NULL; i++, data->n_inputs++)
    data->input_type[i] = parse_shape (test->inputs[i], mode->dtype);
  for (int i = 0; i < data->n_inputs; i++) {
    data->array[i] = array_new (&data->input_type[i]);
    fill_input (data, i);
    store_input (data, i);
  }
  data->name = g_strdup_printf ("%s%s%s → %s", test->inputs[0], data->n_inputs > 1 ? ", " : "",
                                data->n_inputs > 1 ? test->inputs[1] : "", test->output);
}

static void
data_clear (Data *data)
{
  for (int i = 0; i < data->n_inputs; i++) {
    g_free (data->array[i].value);
    g_free (data->array[i].magnitude);
    g_free (data->input[i]);
  }
  g_free (data->output.value);
  g_free (data->output.magnitude);
  g_free (data->name);
}

/* ---- expectations ---- */

/* The CPU in float64. FALSE where it has no such kernel. */
static gboolean
run_on_cpu (Suite        *suite,
            MpOp          op,
            const MpAttrs *attrs,
            int           n_inputs,
            const Array  *arrays,
            Array        *output)
{
  MpTensorType types[MAX_INPUTS];
  void *inputs[MAX_INPUTS];
  g_autofree gint32 *indices = NULL;
  MpKernelSpec spec = { .op = op, .attrs = *attrs, .n_inputs = n_inputs, .n_outputs = 1, .inputs = types,
                        .outputs = &output->type };
  gboolean whole = output->type.dtype == MP_INT32;
  gsize n = count (&output->type);
  Launch launch;

  for (int i = 0; i < n_inputs; i++) {
    types[i] = arrays[i].type;
    inputs[i] = arrays[i].value;
    if (types[i].dtype != MP_INT32)
      continue;
    indices = g_new0 (gint32, count (&types[i]) + 1);
    for (gsize j = 0; j < count (&types[i]); j++)
      indices[j] = (gint32) arrays[i].value[j];
    inputs[i] = indices;
  }
  if (launch_new (&launch, &suite->cpu, &spec, inputs) != MP_OK)
    return FALSE;
  g_assert_cmpint (launch_run (&launch, &(MpRunContext) { 0 }), ==, MP_OK);
  g_assert_cmpint (launch_read (&launch, 0, output->value), ==, MP_OK);
  for (gsize i = n; whole && i-- > 0;)
    output->value[i] = ((gint32 *) output->value)[i];
  launch_free (&launch);
  return TRUE;
}

static Array
copy_absolute (const Array *from,
               double       sign)
{
  Array array = array_new (&from->type);

  for (gsize i = 0; i < count (&from->type); i++)
    array.value[i] = sign * fabs (from->value[i]);
  return array;
}

/* Σ|x·w| is the product of absolute values; Σ (|x| + |y|)² the distance of |x| and −|y|. */
static void
expect_product (Suite *suite,
                Data  *data)
{
  const MpTensorType *a = &data->input_type[0], *y = &data->output_type;
  const MpAttrs *attrs = &data->test->attrs;
  MpOp op = data->test->op;
  Array absolute[2] = { copy_absolute (&data->array[0], 1),
                        copy_absolute (&data->array[1], op == MP_OP_SQDIST ? -1 : 1) };
  Array magnitude = array_new (y);

  g_assert_true (run_on_cpu (suite, op, attrs, 2, data->array, &data->output));
  g_assert_true (run_on_cpu (suite, op, attrs, 2, absolute, &magnitude));
  memcpy (data->output.magnitude, magnitude.value, count (y) * sizeof (double));
  /* the longest sum: of a convolution's forward pass, data gradient (every filter tap) and weight gradient */
  if (op == MP_OP_MATMUL)
    data->length = (double) a->dim[a->rank - (attrs->transpose_a ? 2 : 1)];
  else if (op == MP_OP_SQDIST)
    data->length = (double) a->dim[1] + 2;
  else
    data->length = op == MP_OP_CONV ? (double) (mp_tensor_count (&data->input_type[1]) / MAX (y->dim[3], 1))
                   : op == MP_OP_CONV_DATA ? (double) (mp_tensor_count (&data->input_type[1]) / MAX (y->dim[3], 1))
                   : (double) (mp_tensor_count (&data->input_type[1]) / MAX (y->dim[0], 1));
  for (int i = 0; i < 2; i++) {
    g_free (absolute[i].value);
    g_free (absolute[i].magnitude);
  }
  g_free (magnitude.value);
  g_free (magnitude.magnitude);
}

/* A·X = B by the factor L and two triangular solves. With R = Lᵀ the computed solution fulfils (A + E)·x = b for
 * |E| ≤ (3n+1)·u·|Rᵀ||R| (Higham, theorem 10.4); here ‖A‖ ≤ 4, ‖A⁻¹‖ ≤ 1 and ‖|Rᵀ||R|‖ ≤ 8, so every entry is within
 * 24·(n+1)·u·‖x‖. */
static void
expect_pd_solve (Suite *suite,
                 Data  *data)
{
  const MpTensorType *type = &data->output_type;
  gint64 n = type->dim[type->rank - 2], m = type->dim[type->rank - 1];
  Array in[2] = { array_new (&data->input_type[0]), data->array[1] };
  Array middle = array_new (type);

  g_assert_true (run_on_cpu (suite, MP_OP_CHOLESKY, &(MpAttrs) { 0 }, 1, data->array, &in[0]));
  g_assert_true (run_on_cpu (suite, MP_OP_TRIANGULAR_SOLVE, &(MpAttrs) { 0 }, 2, in, &middle));
  in[1] = middle;
  g_assert_true (run_on_cpu (suite, MP_OP_TRIANGULAR_SOLVE, &(MpAttrs) { .transpose_a = 1 }, 2, in, &data->output));
  for (gint64 item = 0; n * m > 0 && item < (gint64) count (type) / (n * m); item++)
    for (gint64 c = 0; c < m; c++) {
      double square = 0;

      for (gint64 r = 0; r < n; r++)
        square += data->output.value[(item * n + r) * m + c] * data->output.value[(item * n + r) * m + c];
      for (gint64 r = 0; r < n; r++)
        data->output.magnitude[(item * n + r) * m + c] = 24 * sqrt (square);
    }
  data->length = (double) n;
  g_free (in[0].value);
  g_free (in[0].magnitude);
  g_free (middle.value);
  g_free (middle.magnitude);
}

static void
expect (Suite *suite,
        Data  *data)
{
  const Case *test = data->test;
  g_autofree double *values = NULL;

  if (is_product (test->op)) {
    expect_product (suite, data);
    return;
  }
  if (test->op == MP_OP_PD_SOLVE) {
    expect_pd_solve (suite, data);
    return;
  }
  data->length = reference_run (test->op, &test->attrs, data->n_inputs, data->array, &data->output);
  if (test->op == MP_OP_POW)
    data->length += 8; /* CUDA's powf is good to 8 units in the last place, not to 4 */
  values = g_memdup2 (data->output.value, (count (&data->output_type) + 1) * sizeof (double));
  if (test->op == MP_OP_CAST || !run_on_cpu (suite, test->op, &test->attrs, data->n_inputs, data->array, &data->output))
    memcpy (data->output.value, values, count (&data->output_type) * sizeof (double));
}

/* ---- a case ---- */

static double
factor_of (Suite      *suite,
           const Data *data)
{
  double unit = data->output_type.dtype == MP_FLOAT32 ? 0x1p-24 : tally_unit (suite->mode); /* a cast to float32 */
  double factor = unit * (data->length + 4);

  return is_product (data->test->op) ? factor + tally_operand (suite->mode) : factor;
}

static void
run_case (Suite      *suite,
          const Case *test)
{
  MpKernelSpec spec = { .op = test->op, .attrs = test->attrs, .n_outputs = 1 };
  MpRunContext context = { .seed = 1, .step = 1 };
  Expected expected;
  Launch launch;
  Data data;
  MpStatus status;

  data_init (&data, test, suite->mode);
  spec.n_inputs = data.n_inputs;
  spec.inputs = data.input_type;
  spec.outputs = &data.output_type;
  status = suite->target.class->supports (suite->target.device, &spec)
             ? launch_new (&launch, &suite->target, &spec, data.input) : MP_STATUS_UNSUPPORTED;
  if (status == MP_STATUS_UNSUPPORTED)
    tally_declined (suite);
  else if (status != MP_OK)
    tally_mistake (suite, data.name, g_strdup (mp_kernels_error ()));
  else {
    expect (suite, &data);
    expected = (Expected) { .n = (gint64) count (&data.output_type), .value = data.output.value,
                            .magnitude = data.output.magnitude };
    suite_check (suite, data.name, &launch, &expected, factor_of (suite, &data), NULL, &context);
    launch_free (&launch);
  }
  data_clear (&data);
}

static gboolean
concerns (const Suite *suite,
          const Case  *test)
{
  if (suite->mode->products_only)
    return is_product (test->op);
  return suite->mode->dtype != MP_BFLOAT16 || test->op != MP_OP_CAST || strchr (test->output, 'i') == NULL;
}

static void
run_table (Suite      *suite,
           MpOp        op,
           const Case *table,
           gsize       n)
{
  for (gsize i = 0; i < n; i++)
    if (table[i].op == op && concerns (suite, &table[i]))
      run_case (suite, &table[i]);
}

void
parity_table (Suite     *self,
              GPtrArray *tallies)
{
  for (MpOp op = 0; op < MP_N_OPS; op++) {
    suite_begin (self, tallies, mp_op_name (op));
    run_table (self, op, cases, G_N_ELEMENTS (cases));
    if (self->large)
      run_table (self, op, large_cases, G_N_ELEMENTS (large_cases));
  }
}
