/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-conv.c: convolutions of a DCGAN on the CPU against oneDNN's.
 *
 *   bench-conv [--seconds S] [--threads N] [--batch N]
 *
 * For each layer of the 32×32 critic (engine/nn/dcgan.c at width 64): the convolution, its gradient by the image and by
 * the weights. oneDNN may choose the layout of its weights; its images are N·H·W·C as ours are, and, in a second
 * column, in the layout that it likes best, without the cost of getting there. Each figure is the fastest round within
 * S seconds, in the process's own time with one thread and by the clock with several.
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
  int64_t n, size, in, out, kernel, stride;
} Shape;

static const Shape shapes[] = {
  { 64, 32, 3, 64, 3, 1 },   { 64, 32, 64, 128, 4, 2 }, { 64, 16, 128, 128, 3, 1 }, { 64, 16, 128, 256, 4, 2 },
  { 64, 8, 256, 256, 3, 1 }, { 64, 8, 256, 512, 4, 2 }, { 64, 4, 512, 512, 3, 1 },
};

static const MpOp ops[] = { MP_OP_CONV, MP_OP_CONV_DATA, MP_OP_CONV_WEIGHT };

static double limit = 0.3;
static int n_threads = 1;
static MpDevice *device;
static MpStream *stream;
static dnnl_engine_t engine;
static dnnl_stream_t dnnl_stream;

static void
check (int         ok,
       const char *what)
{
  if (ok)
    return;
  fprintf (stderr, "bench-conv: %s failed.\n", what);
  exit (1);
}

static double
now (void)
{
  struct timespec t;

  clock_gettime (n_threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return (double) t.tv_sec + (double) t.tv_nsec * 1e-9;
}

static double
fastest (void (*call) (void *),
         void  *data)
{
  double best = INFINITY, start, end;

  call (data);
  end = now () + limit;
  do {
    start = now ();
    call (data);
    best = fmin (best, now () - start);
  } while (now () < end);
  return best;
}

static float *
numbers (size_t n)
{
  float *data = aligned_alloc (MP_ALIGNMENT, (n * sizeof *data / MP_ALIGNMENT + 1) * MP_ALIGNMENT);

  check (data != NULL, "getting memory");
  for (size_t i = 0; i < n; i++)
    data[i] = (float) (i % 97) / 97 - 0.5f;
  return data;
}

/* ---- ours ---- */

static void
run_kernel (void *kernel)
{
  mp_cpu_class.kernel_run (kernel, stream, NULL);
}

static double
time_ours (const Shape *s,
           MpOp         op)
{
  int64_t      out = s->size / s->stride, before = (s->kernel - s->stride) / 2, after = s->kernel - s->stride - before;
  MpTensorType x = { .rank = 4, .dim = { s->n, s->size, s->size, s->in } };
  MpTensorType w = { .rank = 4, .dim = { s->out, s->kernel, s->kernel, s->in } };
  MpTensorType y = { .rank = 4, .dim = { s->n, out, out, s->out } };
  MpTensorType in[2] = { op == MP_OP_CONV_DATA ? y : x, op == MP_OP_CONV_WEIGHT ? y : w };
  MpTensorType result = op == MP_OP_CONV ? y : op == MP_OP_CONV_DATA ? x : w;
  MpKernelSpec spec = { .op = op, .n_inputs = 2, .n_outputs = 1, .inputs = in, .outputs = &result };
  void        *buffers[3] = { numbers ((size_t) mp_tensor_count (&in[0])), numbers ((size_t) mp_tensor_count (&in[1])),
                              numbers ((size_t) mp_tensor_count (&result)) };
  MpKernel    *kernel;
  void        *workspace;
  double       seconds;

  for (int i = 0; i < 2; i++) {
    spec.attrs.stride[i] = (int32_t) s->stride;
    spec.attrs.pad_before[i] = (int32_t) before;
    spec.attrs.pad_after[i] = (int32_t) after;
  }
  check (mp_cpu_class.kernel_new (device, &spec, &kernel) == MP_OK, mp_kernels_error ());
  workspace = numbers (mp_cpu_class.kernel_workspace (kernel) / sizeof (float) + 1);
  mp_cpu_class.kernel_bind (kernel, buffers, buffers + 2, workspace);
  seconds = fastest (run_kernel, kernel);
  mp_cpu_class.kernel_free (kernel);
  free (workspace);
  for (int i = 0; i < 3; i++)
    free (buffers[i]);
  return seconds;
}

/* ---- oneDNN ---- */

typedef struct
{
  dnnl_primitive_t primitive;
  dnnl_exec_arg_t  args[3];
} Theirs;

static void
run_dnnl (void *data)
{
  Theirs *theirs = data;

  dnnl_primitive_execute (theirs->primitive, dnnl_stream, 3, theirs->args);
  dnnl_stream_wait (dnnl_stream);
}

static dnnl_memory_desc_t
describe (int64_t           a,
          int64_t           b,
          int64_t           c,
          int64_t           d,
          dnnl_format_tag_t tag)
{
  dnnl_memory_desc_t desc;
  dnnl_dims_t        dims = { a, b, c, d };

  check (dnnl_memory_desc_init_by_tag (&desc, 4, dims, dnnl_f32, tag) == dnnl_success, "describing a tensor");
  return desc;
}

static void
set_argument (Theirs                      *theirs,
              int                          i,
              int                          role,
              const_dnnl_primitive_desc_t  desc,
              dnnl_query_t                 query)
{
  const dnnl_memory_desc_t *md = dnnl_primitive_desc_query_md (desc, query, 0);
  void                     *data;

  theirs->args[i].arg = role;
  check (dnnl_memory_create (&theirs->args[i].memory, md, engine, DNNL_MEMORY_ALLOCATE) == dnnl_success,
         "getting oneDNN's memory");
  dnnl_memory_get_data_handle (theirs->args[i].memory, &data);
  for (size_t k = 0; k < dnnl_memory_desc_get_size (md) / sizeof (float); k++)
    ((float *) data)[k] = (float) (k % 97) / 97 - 0.5f;
}

static double
time_dnnl (const Shape       *s,
           MpOp               op,
           dnnl_format_tag_t  tag)
{
  int64_t                out = s->size / s->stride, before = (s->kernel - s->stride) / 2;
  dnnl_dims_t            strides = { s->stride, s->stride }, left = { before, before };
  dnnl_dims_t            right = { s->kernel - s->stride - before, s->kernel - s->stride - before };
  dnnl_memory_desc_t     x = describe (s->n, s->in, s->size, s->size, tag);
  dnnl_memory_desc_t     w = describe (s->out, s->in, s->kernel, s->kernel, dnnl_format_tag_any);
  dnnl_memory_desc_t     y = describe (s->n, s->out, out, out, tag);
  dnnl_convolution_desc_t forward, backward;
  dnnl_primitive_desc_t  hint, desc;
  Theirs                 theirs;
  double                 seconds;

  check (dnnl_convolution_forward_desc_init (&forward, dnnl_forward_training, dnnl_convolution_direct, &x, &w, NULL, &y,
                                             strides, left, right) == dnnl_success
         && dnnl_primitive_desc_create (&hint, &forward, NULL, engine, NULL) == dnnl_success, "oneDNN's convolution");
  if (op == MP_OP_CONV_DATA)
    dnnl_convolution_backward_data_desc_init (&backward, dnnl_convolution_direct, &x, &w, &y, strides, left, right);
  else if (op == MP_OP_CONV_WEIGHT)
    dnnl_convolution_backward_weights_desc_init (&backward, dnnl_convolution_direct, &x, &w, NULL, &y, strides, left,
                                                 right);
  check (dnnl_primitive_desc_create (&desc, op == MP_OP_CONV ? &forward : &backward, NULL, engine, hint) == dnnl_success
         && dnnl_primitive_create (&theirs.primitive, desc) == dnnl_success, "oneDNN's convolution");
  if (op == MP_OP_CONV_DATA)
    set_argument (&theirs, 0, DNNL_ARG_DIFF_SRC, desc, dnnl_query_diff_src_md);
  else
    set_argument (&theirs, 0, DNNL_ARG_SRC, desc, dnnl_query_src_md);
  if (op == MP_OP_CONV_WEIGHT)
    set_argument (&theirs, 1, DNNL_ARG_DIFF_WEIGHTS, desc, dnnl_query_diff_weights_md);
  else
    set_argument (&theirs, 1, DNNL_ARG_WEIGHTS, desc, dnnl_query_weights_md);
  if (op == MP_OP_CONV)
    set_argument (&theirs, 2, DNNL_ARG_DST, desc, dnnl_query_dst_md);
  else
    set_argument (&theirs, 2, DNNL_ARG_DIFF_DST, desc, dnnl_query_diff_dst_md);
  seconds = fastest (run_dnnl, &theirs);
  for (int i = 0; i < 3; i++)
    dnnl_memory_destroy (theirs.args[i].memory);
  dnnl_primitive_destroy (theirs.primitive);
  dnnl_primitive_desc_destroy (desc);
  dnnl_primitive_desc_destroy (hint);
  return seconds;
}

static void
bench_shape (const Shape *s,
             double      *sums)
{
  int64_t out = s->size / s->stride;
  double  flops = 2e-9 * (double) (s->n * out * out * s->out) * (double) (s->kernel * s->kernel * s->in);

  for (int i = 0; i < 3; i++) {
    double ours = time_ours (s, ops[i]), same = time_dnnl (s, ops[i], dnnl_nhwc);
    double best = time_dnnl (s, ops[i], dnnl_format_tag_any);

    printf ("%3lld×%2lld×%2lld×%3lld → %3lld, %lld×%lld/%lld  %-12s %8.1f %8.1f %8.1f   %5.2f %5.2f\n", (long long) s->n,
            (long long) s->size, (long long) s->size, (long long) s->in, (long long) s->out, (long long) s->kernel,
            (long long) s->kernel, (long long) s->stride, mp_op_name (ops[i]), flops / ours, flops / same, flops / best,
            ours / same, ours / best);
    fflush (stdout);
    sums[0] += ours;
    sums[1] += same;
    sums[2] += best;
  }
}

int
main (int    argc,
      char **argv)
{
  double  sums[3] = { 0 };
  int64_t batch = 0;

  for (int i = 1; i + 1 < argc; i += 2)
    if (strcmp (argv[i], "--seconds") == 0)
      limit = strtod (argv[i + 1], NULL);
    else if (strcmp (argv[i], "--threads") == 0)
      n_threads = atoi (argv[i + 1]);
    else if (strcmp (argv[i], "--batch") == 0)
      batch = atoi (argv[i + 1]);
  omp_set_num_threads (n_threads);
  check (mp_cpu_class.open (0, &(MpDeviceOptions) { .n_threads = n_threads }, &device) == MP_OK
         && mp_cpu_class.stream_new (device, &stream) == MP_OK, "opening the CPU");
  check (dnnl_engine_create (&engine, dnnl_cpu, 0) == dnnl_success
         && dnnl_stream_create (&dnnl_stream, engine, dnnl_stream_default_flags) == dnnl_success, "opening oneDNN");
  printf ("%d thread(s)                                  own   oneDNN   oneDNN's layout   own time over them\n", n_threads);
  for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
    Shape shape = shapes[i];

    shape.n = batch > 0 ? batch : shape.n;
    bench_shape (&shape, sums);
  }
  printf ("all together: %.1f ms, %.1f ms, %.1f ms; %.2f, %.2f\n", sums[0] * 1e3, sums[1] * 1e3, sums[2] * 1e3,
          sums[0] / sums[1], sums[0] / sums[2]);
  return 0;
}
