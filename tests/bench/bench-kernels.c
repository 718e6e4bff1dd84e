/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-kernels.c: rates of this machine's one core that a training step is held against.
 *
 *   bench-kernels [--seconds S] [M,N,K[,ta][,tb]]...
 *
 * Prints one JSON object: for each product (the ring case's by default, all three transposes) GFLOP/s of oneDNN's
 * sgemm and of our kernel, packing included, and exponentials per second of our fused programs in both dtypes. Each
 * figure is the fastest of many short rounds within S seconds, so that a busy machine disturbs it little.
 */
#include <oneapi/dnnl/dnnl.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernels/device.h"

typedef struct
{
  int64_t m, n, k;
  int     ta, tb;
} Shape;

/* 2-100-100-2 and 2-100-100-1 at batch 200 and 400: forward, data gradient (tb), weight gradient (ta); then Gram
 * matrices times points */
static const Shape ring_shapes[] = {
  { 200, 100, 2, 0, 0 },   { 200, 100, 100, 0, 0 }, { 200, 2, 100, 0, 0 },   { 200, 1, 100, 0, 0 },
  { 200, 100, 2, 0, 1 },   { 200, 100, 100, 0, 1 }, { 200, 2, 100, 0, 1 },   { 200, 100, 1, 0, 1 },
  { 2, 100, 200, 1, 0 },   { 100, 100, 200, 1, 0 }, { 100, 2, 200, 1, 0 },   { 100, 1, 200, 1, 0 },
  { 400, 100, 2, 0, 0 },   { 400, 100, 100, 0, 0 }, { 400, 2, 100, 0, 0 },   { 400, 100, 100, 0, 1 },
  { 100, 100, 400, 1, 0 }, { 100, 2, 400, 1, 0 },   { 200, 2, 200, 0, 0 },   { 200, 200, 2, 0, 1 },
  { 1000, 1000, 1000, 0, 0 },
};

static double limit = 0.1;
static MpDevice *device;
static MpStream *stream;

/* The process's own time: what others take from a shared core is not counted. */
static double
now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double) t.tv_sec + (double) t.tv_nsec * 1e-9;
}

/* Seconds of one call: the best round of calls that together last about 50 µs. */
static double
fastest (void (*call) (void *),
         void  *data)
{
  double best = INFINITY, start, end = now () + limit;
  int    n;

  call (data);
  start = now ();
  call (data);
  n = (int) (50e-6 / (now () - start + 1e-9)) + 1;
  do {
    start = now ();
    for (int i = 0; i < n; i++)
      call (data);
    best = fmin (best, (now () - start) / n);
  } while (now () < end);
  return best;
}

static void *
numbers (size_t n,
         int    real_bytes)
{
  void *data = aligned_alloc (MP_ALIGNMENT, (n * (size_t) real_bytes / MP_ALIGNMENT + 1) * MP_ALIGNMENT);

  if (data == NULL)
    exit (1);
  for (size_t i = 0; i < n; i++)
    if (real_bytes == 4)
      ((float *) data)[i] = (float) (i % 97) / 97 - 0.5f;
    else
      ((double *) data)[i] = (double) (i % 97) / 97 - 0.5;
  return data;
}

/* ---- our kernels ---- */
static void
run_kernel (void *kernel)
{
  mp_cpu_class.kernel_run (kernel, stream, NULL);
}

static double
time_kernel (const MpKernelSpec *spec,
             void *const        *inputs,
             void *const        *outputs,
             char               *algorithm,
             size_t              size)
{
  MpKernel *kernel;
  void     *workspace;
  double    seconds;

  if (mp_cpu_class.kernel_new (device, spec, &kernel) != MP_OK) {
    fprintf (stderr, "bench-kernels: %s\n", mp_kernels_error ());
    exit (1);
  }
  workspace = numbers (mp_cpu_class.kernel_workspace (kernel) / 4 + 1, 4);
  mp_cpu_class.kernel_bind (kernel, inputs, outputs, workspace);
  seconds = fastest (run_kernel, kernel);
  snprintf (algorithm, size, "%s", mp_cpu_class.kernel_algorithm (kernel));
  mp_cpu_class.kernel_free (kernel);
  free (workspace);
  return seconds;
}

/* ---- products ---- */
typedef struct
{
  const Shape *shape;
  float       *a, *b, *c;
} Product;

static void
run_dnnl (void *data)
{
  const Product *p = data;
  const Shape   *s = p->shape;

  dnnl_sgemm (s->ta ? 'T' : 'N', s->tb ? 'T' : 'N', s->m, s->n, s->k, 1.0f, p->a, s->ta ? s->m : s->k, p->b,
              s->tb ? s->k : s->n, 0.0f, p->c, s->n);
}

static void
bench_product (const Shape *s,
               int          first)
{
  MpTensorType in[2] = { { .rank = 2, .dim = { s->ta ? s->k : s->m, s->ta ? s->m : s->k } },
                         { .rank = 2, .dim = { s->tb ? s->n : s->k, s->tb ? s->k : s->n } } };
  MpTensorType out = { .rank = 2, .dim = { s->m, s->n } };
  MpKernelSpec spec = { .op = MP_OP_MATMUL, .attrs = { .transpose_a = s->ta, .transpose_b = s->tb }, .n_inputs = 2,
                        .n_outputs = 1, .inputs = in, .outputs = &out };
  Product      p = { s, numbers ((size_t) (s->m * s->k), 4), numbers ((size_t) (s->k * s->n), 4),
                     numbers ((size_t) (s->m * s->n), 4) };
  double       flops = 2e-9 * (double) s->m * (double) s->n * (double) s->k, theirs, ours;
  char         algorithm[64];

  theirs = fastest (run_dnnl, &p);
  ours = time_kernel (&spec, (void *[]) { p.a, p.b }, (void *[]) { p.c }, algorithm, sizeof algorithm);
  printf ("%s\n    {\"m\": %lld, \"n\": %lld, \"k\": %lld, \"transpose_a\": %s, \"transpose_b\": %s, "
          "\"onednn_gflops\": %.1f, \"own_gflops\": %.1f, \"onednn_us\": %.2f, \"own_us\": %.2f, \"algorithm\": \"%s\"}",
          first ? "" : ",", (long long) s->m, (long long) s->n, (long long) s->k, s->ta ? "true" : "false",
          s->tb ? "true" : "false", flops / theirs, flops / ours, theirs * 1e6, ours * 1e6, algorithm);
  free (p.a);
  free (p.b);
  free (p.c);
}

/* ---- elementwise functions ---- */
static double
bench_function (MpOp    op,
                MpDtype dtype)
{
  int64_t      n = 40000; /* a 200 × 200 Gram matrix */
  MpTensorType type = { .rank = 1, .dtype = dtype, .dim = { n } };
  MpKernelSpec spec = { .op = op, .n_inputs = 1, .n_outputs = 1, .inputs = &type, .outputs = &type };
  int          bytes = (int) mp_dtype_size (dtype);
  void        *x = numbers ((size_t) n, bytes), *y = numbers ((size_t) n, bytes);
  char         algorithm[64];
  double       seconds = time_kernel (&spec, &x, &y, algorithm, sizeof algorithm);

  free (x);
  free (y);
  return (double) n / seconds;
}

static int
parse_shape (const char *text,
             Shape      *shape)
{
  long long m, n, k;

  if (sscanf (text, "%lld,%lld,%lld", &m, &n, &k) != 3 || m < 1 || n < 1 || k < 1)
    return 0;
  *shape = (Shape) { m, n, k, strstr (text, ",ta") != NULL, strstr (text, ",tb") != NULL };
  return 1;
}

int
main (int    argc,
      char **argv)
{
  const dnnl_version_t *version = dnnl_version ();
  MpDeviceInfo          info;
  int                   n = 0;

  omp_set_num_threads (1);
  if (mp_cpu_class.open (0, NULL, &device) != MP_OK || mp_cpu_class.stream_new (device, &stream) != MP_OK)
    return 1;
  mp_cpu_class.info (device, &info);
  printf ("{\n  \"device\": \"%s\",\n  \"onednn\": \"%d.%d.%d\",\n  \"threads\": 1,\n  \"products\": [", info.name,
          version->major, version->minor, version->patch);
  for (int i = 1; i < argc; i++) {
    Shape shape;

    if (strcmp (argv[i], "--seconds") == 0 && i + 1 < argc)
      limit = strtod (argv[++i], NULL);
    else if (parse_shape (argv[i], &shape))
      bench_product (&shape, n++ == 0);
    else {
      fprintf (stderr, "bench-kernels: “%s” is not a shape M,N,K[,ta][,tb].\n", argv[i]);
      return 2;
    }
  }
  if (n == 0)
    for (size_t i = 0; i < sizeof ring_shapes / sizeof ring_shapes[0]; i++)
      bench_product (&ring_shapes[i], i == 0);
  printf ("\n  ],\n  \"exp_per_second\": %.3e,\n  \"exp_per_second_float64\": %.3e,\n", bench_function (MP_OP_EXP, MP_FLOAT32),
          bench_function (MP_OP_EXP, MP_FLOAT64));
  printf ("  \"log_per_second\": %.3e,\n  \"tanh_per_second\": %.3e,\n  \"softplus_per_second\": %.3e,\n"
          "  \"neg_per_second\": %.3e\n}\n", bench_function (MP_OP_LOG, MP_FLOAT32),
          bench_function (MP_OP_TANH, MP_FLOAT32), bench_function (MP_OP_SOFTPLUS, MP_FLOAT32),
          bench_function (MP_OP_NEG, MP_FLOAT32));
  mp_cpu_class.stream_free (stream);
  mp_cpu_class.close (device);
  return 0;
}
