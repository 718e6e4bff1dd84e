/* SPDX-License-Identifier: Apache-2.0
 *
 * test-large.c: programs over domains that are large enough to be split between threads or blocks: stores, sums and
 * maxima over every set of axes, together and alone, with broadcasts and (where the device has it) bfloat16 storage.
 *
 *   v = maximum (x, w) over the domain, w repeated along some axes
 *
 * v is exact, so stored values and maxima must be equal, and a sum may be wrong by rounding only: a float32 sum by
 * 4 roundings of Σ|v| on a GPU (three levels of a tree and the result; the rest is added in float64), by 128 on the
 * CPU, whose lanes add up to 128 values each. Runs of one kernel must agree to the bit.
 */
#include "tests/kernels/tap.h"

#define MAX_OUTPUTS 4

typedef struct
{
  int     rank;
  int64_t dim[4];
  int     repeated;              /* axes along which w repeats */
  int     n_outputs;
  struct
  {
    MpReduce reduce;
    int      axes;
  } output[MAX_OUTPUTS];
} Case;

#define STORE { MP_STORE, 0 }
#define SUM(axes) { MP_REDUCE_SUM, axes }
#define MAX(axes) { MP_REDUCE_MAX, axes }

static const Case cases[] = {
  { 1, { 300000 }, 1, 1, { STORE } },
  { 1, { 300001 }, 0, 1, { STORE } },
  { 1, { 300001 }, 1, 2, { SUM (1), MAX (1) } },
  { 1, { 65536 }, 0, 3, { STORE, SUM (1), MAX (1) } },
  { 2, { 1000, 104 }, 1, 4, { STORE, SUM (1), SUM (2), SUM (3) } },
  { 2, { 1000, 104 }, 2, 2, { STORE, MAX (2) } },
  { 2, { 100003, 3 }, 1, 2, { SUM (1), SUM (3) } },
  { 2, { 100003, 3 }, 1, 2, { SUM (2), STORE } },
  { 2, { 3, 100003 }, 2, 2, { SUM (1), STORE } },
  { 2, { 3, 100003 }, 1, 3, { SUM (2), MAX (2), SUM (3) } },
  { 2, { 16384, 16 }, 1, 3, { SUM (1), MAX (1), MAX (3) } },
  { 2, { 16, 16384 }, 1, 3, { SUM (2), STORE, SUM (3) } },
  { 2, { 2000, 64 }, 3, 2, { SUM (1), STORE } },
  { 3, { 7, 300, 64 }, 5, 2, { SUM (2), STORE } },
  { 3, { 7, 300, 64 }, 2, 2, { SUM (5), SUM (7) } },
  { 4, { 4, 30, 30, 48 }, 7, 3, { SUM (7), MAX (7), STORE } },
  { 4, { 4, 30, 30, 48 }, 8, 2, { SUM (9), SUM (6) } },
};

/* ---- values ---- */

static float
from_bfloat16 (uint16_t x)
{
  union
  {
    uint32_t u;
    float    f;
  } word = { .u = (uint32_t) x << 16 };

  return word.f;
}

/* To the nearest, ties to even. */
static uint16_t
to_bfloat16 (float x)
{
  union
  {
    float    f;
    uint32_t u;
  } word = { .f = x };

  return (uint16_t) ((word.u + 0x7fffu + (word.u >> 16 & 1)) >> 16);
}

static double
get (const MpTensorType *type,
     const void         *data,
     int64_t             i)
{
  return type->dtype == MP_BFLOAT16 ? (double) from_bfloat16 (((const uint16_t *) data)[i]) : tap_get (type, data, i);
}

static void
set (const MpTensorType *type,
     void               *data,
     int64_t             i,
     double              value)
{
  if (type->dtype == MP_BFLOAT16)
    ((uint16_t *) data)[i] = to_bfloat16 ((float) value);
  else
    tap_set (type, data, i, value);
}

/* ---- one case ---- */

typedef struct
{
  MpProgram    program;
  MpTensorType in[2], out[MAX_OUTPUTS];
  void        *input[2], *output[MAX_OUTPUTS];
  double      *expected[MAX_OUTPUTS], *size[MAX_OUTPUTS];
  int64_t      count;
} Run;

static void
set_up (const Case *test,
        MpDtype     dtype,
        MpDtype     storage,
        Run        *run)
{
  MpProgram *p = &run->program;

  memset (run, 0, sizeof *run);
  p->dtype = dtype;
  p->rank = test->rank;
  p->n_inputs = 2;
  p->n_instructions = 1;
  p->instruction[0] = (MpInstruction) { .op = MP_OP_MAXIMUM, .src = { 0, 1 } };
  p->n_outputs = test->n_outputs;
  run->count = 1;
  for (int i = 0; i < 2; i++) {
    int64_t stride = 1;

    for (int a = test->rank - 1; a >= 0; a--) {
      int repeated = i == 1 && test->repeated >> a & 1;

      p->dim[a] = test->dim[a];
      p->input[i].stride[a] = repeated ? 0 : stride;
      stride *= repeated ? 1 : test->dim[a];
    }
    run->in[i] = tap_type (storage, 1, &stride);
    run->input[i] = tap_alloc (&run->in[i]);
    for (int64_t j = 0; j < stride; j++)
      set (&run->in[i], run->input[i], j, tap_uniform (-1, 1));
    run->count = i == 0 ? stride : run->count;
  }
  for (int o = 0; o < test->n_outputs; o++) {
    MpTensorType *type = &run->out[o];

    p->output[o].reg = 2;
    p->output[o].reduce = (int32_t) test->output[o].reduce;
    p->output[o].axes = test->output[o].axes;
    p->output[o].scale = test->output[o].reduce == MP_REDUCE_SUM ? 0.5 : 1.0;
    type->dtype = storage;
    for (int a = 0; a < test->rank; a++)
      if (!(test->output[o].axes >> a & 1))
        type->dim[type->rank++] = test->dim[a];
    run->output[o] = tap_alloc (type);
    run->expected[o] = calloc ((size_t) mp_tensor_count (type), sizeof (double));
    run->size[o] = calloc ((size_t) mp_tensor_count (type), sizeof (double));
    for (int64_t j = 0; test->output[o].reduce == MP_REDUCE_MAX && j < mp_tensor_count (type); j++)
      run->expected[o][j] = -INFINITY;
  }
}

static void
expect (const Case *test,
        Run        *run)
{
  for (int64_t flat = 0; flat < run->count; flat++) {
    int64_t index[4], rest = flat, at = 0;
    double  x = get (&run->in[0], run->input[0], flat), w, v;

    for (int a = test->rank - 1; a >= 0; a--) {
      index[a] = rest % test->dim[a];
      rest /= test->dim[a];
      at += index[a] * run->program.input[1].stride[a];
    }
    w = get (&run->in[1], run->input[1], at);
    v = x > w ? x : w;
    for (int o = 0; o < test->n_outputs; o++) {
      double scale = run->program.output[o].scale;

      at = 0;
      for (int a = 0; a < test->rank; a++)
        if (!(test->output[o].axes >> a & 1))
          at = at * test->dim[a] + index[a];
      if (test->output[o].reduce == MP_REDUCE_MAX)
        run->expected[o][at] = fmax (run->expected[o][at], v);
      else
        run->expected[o][at] += v * scale;
      run->size[o][at] += test->output[o].reduce == MP_REDUCE_SUM ? fabs (v) * scale : 0;
    }
  }
}

/* The largest error over the allowed one; 1 is just right. */
static double
worst_error (const Case *test,
             const Run  *run,
             int         o)
{
  double roundings = test_device_is_cpu () ? 128 : 4, worst = 0;
  int    narrow = run->out[o].dtype == MP_BFLOAT16;

  for (int64_t j = 0; j < mp_tensor_count (&run->out[o]); j++) {
    double expected = run->expected[o][j], error = fabs (get (&run->out[o], run->output[o], j) - expected);
    double allowed = roundings * tap_epsilon (run->program.dtype) * run->size[o][j];

    if (narrow)
      allowed += 0x1p-8 * (fabs (expected) + allowed);
    if (!(error <= allowed))
      worst = fmax (worst, allowed > 0 ? error / allowed : INFINITY);
  }
  return worst;
}

static void
tear_down (const Case *test,
           Run        *run)
{
  for (int i = 0; i < 2; i++)
    free (run->input[i]);
  for (int o = 0; o < test->n_outputs; o++) {
    free (run->output[o]);
    free (run->expected[o]);
    free (run->size[o]);
  }
}

static void
describe (const Case *test,
          MpDtype     storage,
          char       *text,
          size_t      size)
{
  size_t at = (size_t) snprintf (text, size, "%s %lld", mp_dtype_name (storage), (long long) test->dim[0]);

  for (int a = 1; a < test->rank; a++)
    at += (size_t) snprintf (text + at, size - at, "x%lld", (long long) test->dim[a]);
  for (int o = 0; o < test->n_outputs; o++)
    at += (size_t) snprintf (text + at, size - at, ", %s %d", test->output[o].reduce == MP_STORE ? "store"
                             : test->output[o].reduce == MP_REDUCE_SUM ? "sum" : "max", test->output[o].axes);
}

static void
run_case (const Case *test,
          MpDtype     dtype,
          MpDtype     storage)
{
  MpKernelSpec spec = { .op = MP_OP_FUSED, .n_inputs = 2, .n_outputs = test->n_outputs };
  Run          run;
  TapKernel    kernel;
  char         text[160];
  double       worst = 0;
  int          same = 1;

  describe (test, storage, text, sizeof text);
  set_up (test, dtype, storage, &run);
  expect (test, &run);
  spec.inputs = run.in;
  spec.outputs = run.out;
  spec.program = &run.program;
  if (!tap_kernel_new (&spec, run.input, run.output, &kernel)) {
    tap_ok (0, "%s: %s", text, mp_kernels_error ());
    tear_down (test, &run);
    return;
  }
  tap_kernel_run (&kernel, NULL);
  for (int o = 0; o < test->n_outputs; o++) {
    size_t bytes = (size_t) mp_tensor_count (&run.out[o]) * mp_dtype_size (storage);
    void  *first = malloc (bytes + 1);

    memcpy (first, run.output[o], bytes);
    memset (run.output[o], 0xff, bytes);
    tap_kernel_run (&kernel, NULL);
    same &= memcmp (first, run.output[o], bytes) == 0;
    worst = fmax (worst, worst_error (test, &run, o));
    free (first);
  }
  tap_ok (worst == 0 && same, "%s", text);
  if (worst > 0)
    printf ("#   %.3g times the allowed error\n", worst);
  if (!same)
    printf ("#   two runs differ\n");
  tap_kernel_free (&kernel);
  tear_down (test, &run);
}

int
main (void)
{
  if (test_device_skips ())
    return 0;
  tap_open (2);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    run_case (&cases[i], MP_FLOAT32, MP_FLOAT32);
    run_case (&cases[i], MP_FLOAT64, MP_FLOAT64);
    if (!test_device_is_cpu ())
      run_case (&cases[i], MP_FLOAT32, MP_BFLOAT16);
  }
  tap_close ();
  return tap_done ();
}
