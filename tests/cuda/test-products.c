/* SPDX-License-Identifier: Apache-2.0
 *
 * test-products.c: generated products against sums in float64, alone and with an epilogue that stores, adds up columns,
 * adds up everything and takes the maximum of rows. The product family runs a generated kernel only where it measured
 * it as faster; here each is run, compiled and launched through the libraries that MATCHPOINT_CUDA_MODULE's device has:
 * NVIDIA's, or the emulator's, which are in its module.
 */
#include "kernels/cuda/nvrtc.h"
#include "kernels/cuda/source.h"
#include "tests/kernels/tap.h"

#define MAX_CASES 192

typedef struct
{
  MpSourceProduct product;
  int             has_program;
  int             narrow;         /* operands are bfloat16 */
  int             n_units;        /* few: large tiles */
  MpSource        source;
  MpNvrtcKey      key;
  CUfunction      function;
} Case;

/* kernels/cuda/library.c opens libraries by these here: those of the emulated module, where that is the module. */
void *emulator_dlopen (const char *path, int flags);
void *emulator_dlsym (void *handle, const char *name);

void *
emulator_dlopen (const char *path,
                 int         flags)
{
  void *module = dlopen (getenv ("MATCHPOINT_CUDA_MODULE"), RTLD_LAZY | RTLD_LOCAL);

  return module != NULL && dlsym (module, "nvrtcVersion") != NULL ? module : dlopen (path, flags);
}

void *
emulator_dlsym (void       *handle,
                const char *name)
{
  return dlsym (handle, name);
}

/* ---- cases ---- */

static void
set_program (const MpSourceProduct *product,
             MpProgram             *program)
{
  *program = (MpProgram) { .dtype = product->dtype, .rank = 2, .dim = { product->m, product->n }, .n_inputs = 2,
                           .n_instructions = 2, .n_outputs = 4 };
  program->input[0].stride[0] = product->n;
  program->input[0].stride[1] = 1;
  program->input[1].stride[1] = 1;
  program->instruction[0] = (MpInstruction) { .op = MP_OP_ADD, .src = { 0, 1 } };
  program->instruction[1] = (MpInstruction) { .op = MP_OP_RELU, .src = { 2 } };
  for (int o = 0; o < 4; o++) {
    program->output[o].reg = o == 3 ? 0 : 3;
    program->output[o].reduce = o == 3 ? MP_REDUCE_MAX : (o > 0 ? MP_REDUCE_SUM : MP_STORE);
    program->output[o].axes = o == 3 ? 2 : (o == 2 ? 3 : o);
    program->output[o].scale = o == 2 ? 0.5 : 1.0;
  }
}

static void
draw_case (Case *test,
           int   i)
{
  static const int64_t fixed[][3] = { { 200, 2, 100 }, { 200, 100, 100 }, { 200, 100, 2 }, { 100, 200, 100 },
                                      { 2, 200, 100 }, { 200, 2, 200 }, { 3, 0, 4 }, { 1, 300, 1 }, { 130, 257, 140 } };
  static const int64_t sizes[] = { 1, 2, 3, 4, 5, 7, 16, 17, 31, 33, 64, 65, 100 };
  MpSourceProduct     *p = &test->product;
  int                  n_fixed = sizeof fixed / sizeof *fixed;

  *test = (Case) { .n_units = i % 3 == 0 ? 2 : 132, .has_program = i % 2 };
  *p = (MpSourceProduct) { .op = tap_random () % 3 ? MP_OP_MATMUL : MP_OP_SQDIST, .dtype = MP_FLOAT32, .batch = 1 };
  p->dtype = tap_random () % 2 ? MP_FLOAT32 : MP_FLOAT64;
  p->transpose_a = p->op == MP_OP_MATMUL && tap_random () % 2;
  p->transpose_b = p->op == MP_OP_SQDIST || tap_random () % 2;
  if (i / 4 < n_fixed) {
    p->m = fixed[i / 4][0];
    p->k = fixed[i / 4][1];
    p->n = fixed[i / 4][2];
  } else {
    p->m = sizes[tap_random () % 13];
    p->k = sizes[tap_random () % 13];
    p->n = sizes[tap_random () % 13];
    p->batch = test->has_program ? 1 : 1 + tap_random () % 3;
  }
  test->narrow = p->dtype == MP_FLOAT32 && tap_random () % 4 == 0;
}

static int
write_case (Case *test)
{
  MpSourceTarget target = { test->n_units };
  MpDtype        in[3] = { test->product.dtype, test->product.dtype, test->product.dtype }, out[4];
  MpProgram      program;

  for (int i = 0; i < 4; i++)
    out[i] = test->product.dtype;
  if (test->narrow)
    in[0] = in[1] = MP_BFLOAT16;
  set_program (&test->product, &program);
  return mp_source_product (&test->product, test->has_program ? &program : NULL, in, out, &target, &test->source)
           == MP_OK
         && mp_nvrtc_key (test->source.text, 90, &test->key) == MP_OK;
}

/* Compiles all texts in one go, for the device's architecture. */
static int
compile (Case *tests,
         int   n,
         int   capability)
{
  const MpCudaDriver *driver = mp_cuda_driver ();
  const char         *texts[MAX_CASES];
  MpNvrtcKey          keys[MAX_CASES];
  CUmodule            module;
  void               *image;
  size_t              bytes;
  int                 n_texts = 0;

  for (int i = 0; i < n; i++) {
    int seen = 0;

    for (int j = 0; j < n_texts; j++)
      seen |= memcmp (&keys[j], &tests[i].key, sizeof keys[j]) == 0;
    texts[n_texts] = tests[i].source.text;
    keys[n_texts] = tests[i].key;
    n_texts += !seen;
  }
  if (driver == NULL || mp_nvrtc_compile (texts, keys, n_texts, capability, &image, &bytes, NULL) != MP_OK
      || mp_cuda_driver_check (driver->cuModuleLoadData (&module, image), "cuModuleLoadData") != MP_OK)
    return 0;
  free (image);
  for (int i = 0; i < n; i++) {
    char name[MP_NVRTC_NAME_SIZE];

    mp_nvrtc_name (&tests[i].key, name);
    if (mp_cuda_driver_check (driver->cuModuleGetFunction (&tests[i].function, module, name), "cuModuleGetFunction")
        != MP_OK)
      return 0;
  }
  return 1;
}

/* ---- memory ---- */

/* Tensors of a run: two operands, the epilogue's vector, four outputs, workspace, counters. */
enum
{
  A,
  B,
  BIAS,
  OUT,
  WORKSPACE = OUT + 4,
  COUNTERS,
  N_ARRAYS
};

typedef struct
{
  double *host[BIAS + 1];
  void   *device[N_ARRAYS];
  size_t  bytes[N_ARRAYS];
  void   *out[4];           /* what came back */
} Arrays;

static void
put_operand (Arrays  *arrays,
             int      which,
             MpDtype  dtype,
             int64_t  n)
{
  MpTensorType type = tap_type (dtype == MP_BFLOAT16 ? MP_FLOAT32 : dtype, 1, &n);
  void        *data = tap_alloc (&type);

  arrays->host[which] = calloc ((size_t) n + 1, sizeof (double));
  for (int64_t i = 0; i < n; i++) {
    /* multiples of 1/64 below 1 are bfloat16 too */
    if (dtype == MP_BFLOAT16)
      arrays->host[which][i] = floor (tap_uniform (-64, 64)) / 64;
    else
      arrays->host[which][i] = (double) (float) tap_uniform (-1, 1);
    if (dtype == MP_BFLOAT16) {
      float    value = (float) arrays->host[which][i];
      uint32_t bits;

      memcpy (&bits, &value, sizeof bits);
      ((uint16_t *) data)[i] = (uint16_t) (bits >> 16);
    } else
      tap_set (&type, data, i, arrays->host[which][i]);
  }
  arrays->bytes[which] = (size_t) n * mp_dtype_size (dtype);
  tap_check (test_device_class ()->alloc (tap_device, arrays->bytes[which] + 64, &arrays->device[which]));
  tap_check (test_device_class ()->upload (tap_device, NULL, arrays->device[which], data, arrays->bytes[which]));
  free (data);
}

static void
put_empty (Arrays *arrays,
           int     which,
           size_t  bytes,
           int     fill)
{
  arrays->bytes[which] = bytes;
  tap_check (test_device_class ()->alloc (tap_device, bytes + 64, &arrays->device[which]));
  tap_check (test_device_class ()->fill (tap_device, NULL, arrays->device[which], fill, bytes));
}

static void
put_arrays (const Case *test,
            Arrays     *arrays)
{
  const MpSourceProduct *p = &test->product;
  MpDtype                operand = test->narrow ? MP_BFLOAT16 : p->dtype;
  int64_t                counts[4] = { p->batch * p->m * p->n, p->n, 1, p->m };

  memset (arrays, 0, sizeof *arrays);
  put_operand (arrays, A, operand, p->batch * p->m * p->k);
  put_operand (arrays, B, operand, p->batch * p->k * p->n);
  put_operand (arrays, BIAS, p->dtype, p->n);
  for (int o = 0; o < 4; o++) {
    put_empty (arrays, OUT + o, (size_t) counts[o] * mp_dtype_size (p->dtype), 0xff);
    arrays->out[o] = malloc (arrays->bytes[OUT + o] + 1);
  }
  put_empty (arrays, WORKSPACE, test->source.workspace_bytes, 0xff);
  put_empty (arrays, COUNTERS, test->source.n_counters * sizeof (unsigned), 0);
}

static void
free_arrays (Arrays *arrays)
{
  for (int i = 0; i < N_ARRAYS; i++)
    test_device_class ()->release (tap_device, arrays->device[i]);
  for (int i = 0; i <= BIAS; i++)
    free (arrays->host[i]);
  for (int o = 0; o < 4; o++)
    free (arrays->out[o]);
}

/* ---- runs ---- */

static int
launch (const Case *test,
        Arrays     *arrays)
{
  const MpCudaDriver *driver = mp_cuda_driver ();
  const MpSource     *source = &test->source;
  CUresult          (*wait) (void) = NULL;
  void               *address[MP_SOURCE_MAX_ARGS], *parameters[1] = { address };
  const char         *name = "cuCtxSynchronize";

  for (int i = 0; i < source->n_args; i++)
    address[i] = source->arg[i].kind == MP_ARG_INPUT ? arrays->device[A + source->arg[i].index]
                 : source->arg[i].kind == MP_ARG_OUTPUT ? arrays->device[OUT + source->arg[i].index]
                 : source->arg[i].kind == MP_ARG_COUNTERS ? arrays->device[COUNTERS]
                                                          : (char *) arrays->device[WORKSPACE] + source->arg[i].offset;
  if (mp_cuda_driver_check (driver->cuLaunchKernel (test->function, source->grid[0], source->grid[1], source->grid[2],
                                                    source->block, 1, 1, 0, NULL, parameters, NULL), "cuLaunchKernel")
      != MP_OK)
    return 0;
  /* the emulator's launches are done when they return */
  if (mp_cuda_library_load (MP_CUDA_DRIVER, &name, 1, (void **) &wait) == MP_OK && wait () != CUDA_SUCCESS)
    return 0;
  for (int o = 0; o < (test->has_program ? 4 : 1); o++)
    tap_check (test_device_class ()->download (tap_device, NULL, arrays->out[o], arrays->device[OUT + o],
                                               arrays->bytes[OUT + o]));
  return 1;
}

static double
product_at (const Case   *test,
            const Arrays *arrays,
            int64_t       item,
            int64_t       row,
            int64_t       column)
{
  const MpSourceProduct *p = &test->product;
  const double          *a = arrays->host[A] + item * p->m * p->k, *b = arrays->host[B] + item * p->k * p->n;
  double                 sum = 0;

  for (int64_t k = 0; k < p->k; k++) {
    double x = a[p->transpose_a ? k * p->m + row : row * p->k + k];
    double y = b[p->transpose_b ? column * p->k + k : k * p->n + column];

    sum += p->op == MP_OP_SQDIST ? (x - y) * (x - y) : x * y;
  }
  return sum;
}

static double
got (const Case   *test,
     const Arrays *arrays,
     int           o,
     int64_t       i)
{
  MpTensorType type = { .dtype = test->product.dtype };

  return tap_get (&type, arrays->out[o], i);
}

/* The largest error over the allowed one; operands are below 1, so a sum of k terms is below 4·k. */
static double
worst_error (const Case   *test,
             const Arrays *arrays)
{
  const MpSourceProduct *p = &test->product;
  double                 allowed = tap_epsilon (p->dtype) * (double) (p->k + 8) * (double) (4 * p->k + 8);
  double                 worst = 0, total = 0, *columns = calloc ((size_t) p->n + 1, sizeof *columns);

  for (int64_t i = 0; i < p->batch * p->m; i++) {
    double max = -INFINITY;

    for (int64_t j = 0; j < p->n; j++) {
      double value = product_at (test, arrays, i / p->m, i % p->m, j);

      max = fmax (max, value);
      if (test->has_program)
        value = fmax (value + arrays->host[BIAS][j], 0);
      columns[j] += value;
      total += value * 0.5;
      worst = fmax (worst, fabs (value - got (test, arrays, 0, i * p->n + j)) / allowed);
      worst = isnan (got (test, arrays, 0, i * p->n + j)) ? INFINITY : worst;
    }
    if (test->has_program)
      worst = fmax (worst, fabs (max - got (test, arrays, 3, i)) <= allowed ? 0 : INFINITY);
  }
  for (int64_t j = 0; test->has_program && j < p->n; j++)
    worst = fmax (worst, fabs (columns[j] - got (test, arrays, 1, j)) <= allowed * (double) p->m ? 0 : INFINITY);
  if (test->has_program)
    worst = fmax (worst, fabs (total - got (test, arrays, 2, 0)) <= allowed * (double) (p->m * p->n) ? 0 : INFINITY);
  free (columns);
  return worst;
}

static void
run_case (const Case *test)
{
  const MpSourceProduct *p = &test->product;
  Arrays                 arrays;
  unsigned              *counters = calloc (test->source.n_counters + 1, sizeof *counters), left = 0;
  double                 worst = 0;
  int                    ran = 1;

  put_arrays (test, &arrays);
  for (int i = 0; i < 2 && ran; i++) {
    ran = launch (test, &arrays);
    worst = fmax (worst, ran ? worst_error (test, &arrays) : INFINITY);
  }
  tap_check (test_device_class ()->download (tap_device, NULL, counters, arrays.device[COUNTERS],
                                             arrays.bytes[COUNTERS]));
  for (unsigned i = 0; i < test->source.n_counters; i++)
    left |= counters[i];
  tap_ok (ran && worst <= 1 && left == 0, "%s %s %lldx%lldx%lld%s%s%s%s, %lld items, %s: error %.3g of the allowed",
          mp_dtype_name (p->dtype), mp_op_name (p->op), (long long) p->m, (long long) p->k, (long long) p->n,
          p->transpose_a ? " ta" : "", p->transpose_b ? " tb" : "", test->narrow ? " of bfloat16" : "",
          test->has_program ? " with epilogue" : "", (long long) p->batch, test->source.title, worst);
  free_arrays (&arrays);
  free (counters);
}

static int
find_capability (void)
{
  MpDeviceInfo info;
  const char  *at;
  int          major = 9, minor = 0;

  if (test_device_class ()->info (tap_device, &info) == MP_OK
      && (at = strstr (info.detail, "compute capability")) != NULL)
    sscanf (at, "compute capability %d.%d", &major, &minor);
  return major * 10 + minor;
}

int
main (void)
{
  static Case tests[MAX_CASES];
  int         n = 0;

  if (test_device_is_cpu () || test_device_skips ()) {
    if (test_device_is_cpu ())
      printf ("1..0 # SKIP the CPU has no generated products\n");
    return 0;
  }
  tap_open (1);
  for (int i = 0; i < 100; i++) {
    draw_case (&tests[n], i);
    if (!write_case (&tests[n])) {
      tap_ok (0, "case %d: %s", i, mp_kernels_error ());
      continue;
    }
    n++;
  }
  if (tap_ok (compile (tests, n, find_capability ()), "%d products compile", n))
    for (int i = 0; i < n; i++)
      run_case (&tests[i]);
  else
    printf ("# %s\n", mp_kernels_error ());
  for (int i = 0; i < n; i++)
    mp_source_clear (&tests[i].source);
  tap_close ();
  return tap_done ();
}
