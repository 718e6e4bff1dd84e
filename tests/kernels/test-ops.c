/* SPDX-License-Identifier: Apache-2.0
 *
 * test-ops.c: one table of cases for every operation, compared with the float64 reference in float32 and float64, at
 * every instruction set this machine has, on one and on two threads. With --time the same table prints timings.
 */
#include <time.h>

#include "tests/kernels/reference.h"

#define MAX_INPUTS 3

/* Shapes are written "7x5"; "" is a scalar. A shape ending in "i" is int32 whatever the case's dtype. */
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

static MpTensorType
parse_shape (const char *text,
             MpDtype     dtype)
{
  MpTensorType type = { .dtype = dtype };

  while (*text != '\0') {
    char *end;

    type.dim[type.rank++] = strtoll (text, &end, 10);
    if (*end == 'i')
      type.dtype = MP_INT32;
    text = *end == '\0' ? end : end + 1;
  }
  return type;
}

/* Symmetric positive definite, or its lower factor's like: diagonal 2 to 3 beside entries of size 1/n. */
static void
fill_matrix (Array *array)
{
  int64_t n = array->type.dim[array->type.rank - 1];

  for (int64_t i = 0; i < mp_tensor_count (&array->type); i++) {
    int64_t r = i / n % n, c = i % n, item = i / (n * n);

    if (c <= r)
      array->value[i] = r == c ? tap_uniform (2, 3) : tap_uniform (-1, 1) / (double) n;
    else
      array->value[i] = 0;
    if (c < r)
      array->value[item * n * n + c * n + r] = array->value[i];
  }
}

static int64_t
index_limit (const Case  *test,
             const Array *inputs,
             const Array *output)
{
  if (test->op == MP_OP_GATHER)
    return inputs[0].type.dim[0];
  if (test->op == MP_OP_SCATTER_ADD)
    return output->type.dim[0];
  return (test->op == MP_OP_POOL_GATHER ? inputs[0].type.dim[1] * inputs[0].type.dim[2]
                                        : output->type.dim[1] * output->type.dim[2]);
}

static void
fill_input (const Case  *test,
            int          i,
            const Array *inputs,
            const Array *output,
            Array       *array)
{
  MpOp   op = test->op;
  int    positive = op == MP_OP_LOG || op == MP_OP_SQRT || op == MP_OP_RSQRT || op == MP_OP_POW;
  double low = positive ? 0.1 : (op == MP_OP_LOG1P ? -0.9 : -2);

  if (op == MP_OP_CHOLESKY || (op == MP_OP_TRIANGULAR_SOLVE && i == 0)) {
    fill_matrix (array);
    return;
  }
  for (int64_t j = 0; j < mp_tensor_count (&array->type); j++)
    if (array->type.dtype == MP_INT32 && i == 1)
      array->value[j] = floor (tap_uniform (0, (double) index_limit (test, inputs, output)));
    else if (array->type.dtype == MP_INT32)
      array->value[j] = floor (tap_uniform (-100, 100));
    else if (mp_op_arity (op) > 1 && mp_op_class (op) == MP_CLASS_ELEMENTWISE)
      array->value[j] = floor (tap_uniform (low, 2) * 4) / 4 + (positive ? 0.25 : 0); /* so that some are equal */
    else
      array->value[j] = tap_uniform (low, 2);
}

typedef struct
{
  int   n_inputs;
  Array input[MAX_INPUTS];
  void *input_data[MAX_INPUTS];
  Array output;
  void *output_data;
} Data;

static Array
array_new (const char *shape,
           MpDtype     dtype)
{
  Array array = { .type = parse_shape (shape, dtype) };

  array.value = calloc ((size_t) mp_tensor_count (&array.type) + 1, sizeof (double));
  array.magnitude = calloc ((size_t) mp_tensor_count (&array.type) + 1, sizeof (double));
  return array;
}

static void
make_data (const Case *test,
           MpDtype     dtype,
           Data       *data)
{
  memset (data, 0, sizeof *data);
  data->output = array_new (test->output, dtype);
  data->output_data = tap_alloc (&data->output.type);
  for (int i = 0; i < MAX_INPUTS && test->inputs[i] != NULL; i++) {
    Array *array = &data->input[i];

    *array = array_new (test->inputs[i], dtype);
    data->input_data[i] = tap_alloc (&array->type);
    data->n_inputs++;
    fill_input (test, i, data->input, &data->output, array);
    for (int64_t j = 0; j < mp_tensor_count (&array->type); j++) {
      tap_set (&array->type, data->input_data[i], j, array->value[j]);
      array->value[j] = tap_get (&array->type, data->input_data[i], j);
    }
  }
}

static void
free_data (Data *data)
{
  for (int i = 0; i < data->n_inputs; i++) {
    free (data->input[i].value);
    free (data->input[i].magnitude);
    free (data->input_data[i]);
  }
  free (data->output.value);
  free (data->output.magnitude);
  free (data->output_data);
}

/* Largest error in units of what is allowed. */
static double
worst_error (const Data *data,
             double      length,
             int64_t    *where)
{
  const MpTensorType *type = &data->output.type;
  double              worst = 0;

  for (int64_t i = 0; i < mp_tensor_count (type); i++) {
    double got = tap_get (type, data->output_data, i), expected = data->output.value[i];
    double allowed = data->output.magnitude[i] * tap_epsilon (type->dtype) * (length + 4);
    double error = got == expected ? 0 : fabs (got - expected) / allowed;

    if (got != got && expected != expected)
      continue;
    if (!(error <= worst)) {
      worst = error != error ? INFINITY : error;
      *where = i;
    }
  }
  return worst;
}

static void
print_time (MpKernel *kernel)
{
  double best = INFINITY;

  for (int round = 0; round < 5; round++) {
    struct timespec start, end;
    int             n = 200;

    clock_gettime (CLOCK_MONOTONIC, &start);
    for (int i = 0; i < n; i++)
      test_device_class ()->kernel_run (kernel, tap_stream, &(MpRunContext) { 1, 1 });
    clock_gettime (CLOCK_MONOTONIC, &end);
    best = fmin (best, ((double) (end.tv_sec - start.tv_sec) * 1e6 + (double) (end.tv_nsec - start.tv_nsec) * 1e-3) / n);
  }
  printf ("#   %.2f µs, %s\n", best, test_device_class ()->kernel_algorithm (kernel));
}

static void
run_case (const Case *test,
          MpDtype     dtype,
          int         timed)
{
  MpTensorType types[MAX_INPUTS] = { { 0 } };
  MpKernelSpec spec = { .op = test->op, .attrs = test->attrs, .n_outputs = 1, .inputs = types };
  TapKernel    kernel;
  Data         data;
  double       length, worst;
  int64_t      where = 0;

  make_data (test, dtype, &data);
  for (int i = 0; i < data.n_inputs; i++)
    types[i] = data.input[i].type;
  spec.n_inputs = data.n_inputs;
  spec.outputs = &data.output.type;
  if (test->op == MP_OP_CAST && data.output.type.dtype != MP_INT32)
    data.output.type.dtype = dtype == MP_FLOAT32 ? MP_FLOAT64 : MP_FLOAT32;
  if (test->op == MP_OP_CAST) {
    free (data.output_data);
    data.output_data = tap_alloc (&data.output.type);
  }
  length = reference_run (test->op, &test->attrs, data.n_inputs, data.input, &data.output);
  if (!tap_kernel_new (&spec, data.input_data, &data.output_data, &kernel)) {
    tap_ok (0, "%s %s: %s", mp_op_name (test->op), test->inputs[0], mp_kernels_error ());
    free_data (&data);
    return;
  }
  /* twice: the second run must not depend on what the first left behind */
  for (int i = 0; i < 2; i++)
    tap_kernel_run (&kernel, &(MpRunContext) { 1, 1 });
  worst = worst_error (&data, length, &where);
  if (!tap_ok (worst <= 1, "%s %s, %s%s%s → %s", mp_dtype_name (dtype), mp_op_name (test->op), test->inputs[0],
               data.n_inputs > 1 ? ", " : "", data.n_inputs > 1 ? test->inputs[1] : "", test->output))
    printf ("#   element %lld is %.9g, not %.9g: %.3g times the allowed error; %s\n", (long long) where,
            tap_get (&data.output.type, data.output_data, where), data.output.value[where], worst,
            test_device_class ()->kernel_algorithm (kernel.kernel));
  if (timed)
    print_time (kernel.kernel);
  tap_kernel_free (&kernel);
  free_data (&data);
}

int
main (int    argc,
      char **argv)
{
  static const char *const isas[] = { "baseline", "avx2", "avx512" };
  int                      timed = argc > 1 && strcmp (argv[1], "--time") == 0;

  for (int isa = timed ? 2 : 0; isa < 3; isa++)
    for (int n_threads = 1; n_threads <= (timed ? 1 : 2); n_threads++) {
      MpDeviceInfo info;

      setenv ("MATCHPOINT_ISA", isas[isa], 1);
      tap_open (n_threads);
      test_device_class ()->info (tap_device, &info);
      printf ("# %s; %s\n", info.name, info.detail);
      for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int dtype = MP_FLOAT32; dtype <= MP_FLOAT64; dtype++)
          run_case (&cases[i], (MpDtype) dtype, timed);
      tap_close ();
    }
  return tap_done ();
}
