/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-ops.c: single kernels over sizes: factors and solves, optimizers, random numbers, normalisation, moves.
 *
 *   bench-ops [--device NAME] [--seconds S] [--only NAME] [--json FILE]
 *
 * Prints one JSON object per line: the case, microseconds of one run, bytes that it has to read and write at least, the
 * rate that makes, its share of the device's copy, and what the kernel says of itself. A Cholesky factor's text has the
 * times of our kernels and of cuSOLVER as they were measured when the kernel was made ("own 21.5 97.3").
 *
 * A time is the shortest of rounds; a round is ten runs recorded and replayed as one launch where the device captures,
 * so that a kernel's own time counts and not that of launching it.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/train/devices.h"

#define RUNS 10

static char *device_name = NULL;
static char *only = NULL;
static char *json_path = NULL;
static gdouble seconds = 0.05;

static const GOptionEntry entries[] = {
  { "device", 0, 0, G_OPTION_ARG_STRING, &device_name, "Device, as matchpoint list devices names it", "NAME" },
  { "seconds", 0, 0, G_OPTION_ARG_DOUBLE, &seconds, "Time of one case", "S" },
  { "only", 0, 0, G_OPTION_ARG_STRING, &only, "Cases whose name contains this", "NAME" },
  { "json", 0, 0, G_OPTION_ARG_FILENAME, &json_path, "Write the results to a file too", "FILE" },
  { NULL }
};

typedef struct
{
  const MpDeviceClass *class;
  MpDevice            *device;
  MpStream            *stream;
  double               copy_rate; /* bytes per second, read and written */
  GString             *json;
} Bench;

/* ---- the cases: shapes as in the tests' table, "i" for int32 ---- */

typedef struct
{
  MpOp        op;
  MpDtype     dtype;
  const char *in[3];
  const char *out[4];
  MpAttrs     attrs;
} Case;

#define SOLVE(dtype, n, m)                                                                          \
  { MP_OP_TRIANGULAR_SOLVE, dtype, { n "x" n, n "x" m }, { n "x" m }, { 0 } },                      \
  { MP_OP_TRIANGULAR_SOLVE, dtype, { n "x" n, n "x" m }, { n "x" m }, { .transpose_a = 1 } },
#define LINALG(dtype, n)                                                                            \
  { MP_OP_CHOLESKY, dtype, { n "x" n }, { n "x" n }, { 0 } },                                       \
  SOLVE (dtype, n, "1") SOLVE (dtype, n, "32") SOLVE (dtype, n, n)
#define SIZES(dtype)                                                                                \
  LINALG (dtype, "64") LINALG (dtype, "128") LINALG (dtype, "200") LINALG (dtype, "256") LINALG (dtype, "512")      \
  LINALG (dtype, "1000")
#define UPDATE(op, n)                                                                               \
  { op, MP_FLOAT32, { n, "8d" }, { n, n, n, "1d" }, { 0 } },
#define NORMAL(x, bits)                                                                             \
  { MP_OP_NORMALIZE, MP_FLOAT32, { x }, { x }, { .axes = bits, .scalar = { 1e-5 } } },              \
  { MP_OP_NORMALIZE_GRAD, MP_FLOAT32, { x, x }, { x }, { .axes = bits, .scalar = { 1e-5 } } },

static const Case cases[] = {
  SIZES (MP_FLOAT32)
  SIZES (MP_FLOAT64)
  UPDATE (MP_OP_ADAM, "10702") UPDATE (MP_OP_ADAM, "1000000") UPDATE (MP_OP_ADAM, "16777216")
  UPDATE (MP_OP_SGD, "16777216") UPDATE (MP_OP_RMSPROP, "16777216")
  { MP_OP_RANDOM_NORMAL, MP_FLOAT32, { NULL }, { "400" }, { .scalar = { 0, 1 } } },
  { MP_OP_RANDOM_NORMAL, MP_FLOAT32, { NULL }, { "16777216" }, { .scalar = { 0, 1 } } },
  { MP_OP_RANDOM_UNIFORM, MP_FLOAT32, { NULL }, { "16777216" }, { .scalar = { 0, 1 } } },
  NORMAL ("200x100", 1) NORMAL ("64x32x32x64", 7) NORMAL ("64x8x8x256", 7) NORMAL ("64x32x32x64", 14)
  NORMAL ("4096x1024", 2)
  { MP_OP_SOFTMAX, MP_FLOAT32, { "4096x1024" }, { "4096x1024" }, { .axes = 2 } },
  { MP_OP_LOG_SUM_EXP, MP_FLOAT32, { "4096x1024" }, { "4096" }, { .axes = 2 } },
  { MP_OP_LOG_SUM_EXP, MP_FLOAT32, { "4194304" }, { "" }, { .axes = 1 } },
  { MP_OP_TRANSPOSE, MP_FLOAT32, { "4096x4096" }, { "4096x4096" }, { .perm = { 1, 0 } } },
  { MP_OP_TRANSPOSE, MP_FLOAT32, { "64x32x32x64" }, { "64x64x32x32" }, { .perm = { 0, 3, 1, 2 } } },
  { MP_OP_SLICE, MP_FLOAT32, { "4096x4096" }, { "4096x2048" }, { .start = { 0, 1024 }, .stop = { 4096, 3072 } } },
  { MP_OP_PAD, MP_FLOAT32, { "64x32x32x64" }, { "64x34x34x64" }, { .start = { 0, 1, 1, 0 }, .stop = { 0, 1, 1, 0 } } },
  { MP_OP_CONCAT, MP_FLOAT32, { "4096x1024", "4096x1024" }, { "4096x2048" }, { .axis = 1 } },
  { MP_OP_GATHER, MP_FLOAT32, { "65536x64", "16384i" }, { "16384x64" }, { 0 } },
  { MP_OP_SCATTER_ADD, MP_FLOAT32, { "16384x64", "16384i" }, { "65536x64" }, { 0 } },
  { MP_OP_CAST, MP_FLOAT32, { "16777216" }, { "16777216b" }, { 0 } },
  { MP_OP_MAXPOOL_INDEX, MP_FLOAT32, { "64x32x32x64" }, { "64x16x16x64i" },
    { .window = { 2, 2 }, .stride = { 2, 2 } } },
  { MP_OP_POOL_SCATTER, MP_FLOAT32, { "64x16x16x64", "64x16x16x64i" }, { "64x32x32x64" }, { 0 } },
  { MP_OP_AVGPOOL, MP_FLOAT32, { "64x32x32x64" }, { "64x16x16x64" }, { .window = { 2, 2 }, .stride = { 2, 2 } } },
  { MP_OP_AVGPOOL_GRAD, MP_FLOAT32, { "64x16x16x64" }, { "64x32x32x64" }, { .window = { 2, 2 }, .stride = { 2, 2 } } },
};

static MpTensorType
parse (const char *text,
       MpDtype     dtype)
{
  MpTensorType type = { .dtype = dtype };

  while (*text != '\0') {
    char *end;

    type.dim[type.rank++] = g_ascii_strtoll (text, &end, 10);
    if (*end == 'i' || *end == 'd' || *end == 'b')
      type.dtype = *end == 'i' ? MP_INT32 : *end == 'd' ? MP_FLOAT64 : MP_BFLOAT16;
    text = *end == 'x' ? end + 1 : end + strlen (end);
  }
  return type;
}

static gboolean
is_matrix (const Case *self,
           int         input)
{
  return input == 0 && (self->op == MP_OP_CHOLESKY || self->op == MP_OP_TRIANGULAR_SOLVE);
}

/* Positive definite matrices, indices that are all there (the first of a window for pools), settings of Adam; else
 * numbers around 0. */
static void
fill (const Case         *self,
      int                 input,
      const MpTensorType *type,
      void               *data)
{
  static const double hyper[MP_N_HYPER] = { 1e-3, 0.9, 0.999, 1e-8 };
  gint64 n = mp_tensor_count (type), side = type->rank > 0 ? type->dim[type->rank - 1] : 1;
  gboolean is_square = is_matrix (self, input);

  for (gint64 i = 0; i < n; i++) {
    double value = is_square ? (i % (side + 1) == 0 ? 2 : 1.0 / (double) side) : (double) (i * 7919 % 2003) / 1001 - 1;

    if (type->dtype == MP_INT32)
      ((gint32 *) data)[i] = self->op == MP_OP_POOL_SCATTER ? (gint32) (2 * (i / 64 % 16) + 64 * (i / 1024 % 16))
                                                            : (gint32) (i * 7919 % 16384);
    else if (type->dtype == MP_FLOAT64)
      ((double *) data)[i] = type->rank == 1 && n == MP_N_HYPER ? hyper[i] : value;
    else if (type->dtype == MP_FLOAT32)
      ((float *) data)[i] = (float) value;
  }
}

/* ---- running ---- */

typedef struct
{
  MpKernel     *kernel;
  int           n;
  MpTensorType  type[8];
  void         *memory[9]; /* the last is the workspace */
  gsize         bytes;
} Work;

static gboolean
work_new (Bench      *self,
          const Case *test,
          Work       *work)
{
  const MpDeviceClass *class = self->class;
  MpKernelSpec spec = { .op = test->op, .attrs = test->attrs };
  gboolean done = TRUE;

  memset (work, 0, sizeof *work);
  for (int i = 0; i < 3 && test->in[i] != NULL; i++, spec.n_inputs++)
    work->type[work->n++] = parse (test->in[i], test->dtype);
  for (int i = 0; i < 4 && test->out[i] != NULL; i++, spec.n_outputs++)
    work->type[work->n++] = parse (test->out[i], test->dtype);
  spec.inputs = work->type;
  spec.outputs = work->type + spec.n_inputs;
  for (int i = 0; done && i < work->n; i++) {
    gsize bytes = (gsize) mp_tensor_count (&work->type[i]) * mp_dtype_size (work->type[i].dtype);
    g_autofree void *host = g_malloc0 (bytes + 8);

    if (i < spec.n_inputs)
      fill (test, i, &work->type[i], host);
    /* updates read and write parameters and moments; only one triangle of a matrix is needed */
    work->bytes += spec.n_outputs == 4 && i >= spec.n_inputs && bytes > 8 ? 2 * bytes
                   : is_matrix (test, i) ? bytes / 2 : bytes;
    done = class->alloc (self->device, bytes, &work->memory[i]) == MP_OK
           && class->upload (self->device, self->stream, work->memory[i], host, bytes) == MP_OK
           && class->stream_sync (self->stream) == MP_OK;
  }
  return done && class->kernel_new (self->device, &spec, &work->kernel) == MP_OK
         && class->alloc (self->device, MAX (class->kernel_workspace (work->kernel), 64), &work->memory[8]) == MP_OK
         && class->kernel_bind (work->kernel, work->memory, work->memory + spec.n_inputs, work->memory[8]) == MP_OK;
}

static void
work_free (Bench *self,
           Work  *work)
{
  if (work->kernel != NULL)
    self->class->kernel_free (work->kernel);
  for (int i = 0; i < 9; i++)
    if (work->memory[i] != NULL)
      self->class->release (self->device, work->memory[i]);
}

static gboolean
run_many (Bench *self,
          Work  *work)
{
  const MpRunContext context = { 1, 1, 1 };

  for (int i = 0; i < RUNS; i++)
    if (self->class->kernel_run (work->kernel, self->stream, &context) != MP_OK)
      return FALSE;
  return TRUE;
}

/* Microseconds of one run. */
static gboolean
measure (Bench  *self,
         Work   *work,
         double *time)
{
  const MpDeviceClass *class = self->class;
  const MpRunContext context = { 1, 1, 1 };
  MpCapture *capture = NULL;
  gint64 start, end;
  gboolean done = run_many (self, work) && class->stream_sync (self->stream) == MP_OK;

  if (done && class->capture_begin != NULL)
    done = class->capture_begin (self->stream, &context) == MP_OK && run_many (self, work)
           && class->capture_end (self->stream, &context, &capture) == MP_OK;
  *time = INFINITY;
  end = g_get_monotonic_time () + (gint64) (seconds * 1e6);
  do {
    start = g_get_monotonic_time ();
    done = done && (capture != NULL ? class->capture_run (capture, self->stream, &context) == MP_OK
                                    : run_many (self, work)) && class->stream_sync (self->stream) == MP_OK;
    *time = MIN (*time, (double) (g_get_monotonic_time () - start) / RUNS);
  } while (done && g_get_monotonic_time () < end);
  if (capture != NULL)
    class->capture_free (capture);
  return done;
}

static void
report (Bench      *self,
        const Case *test,
        const Work *work,
        double      time)
{
  g_autoptr (GString) shapes = g_string_new (NULL);
  double rate = (double) work->bytes / (time * 1e-6);
  char text[128];
  g_autofree char *line = NULL;

  for (int i = 0; i < work->n && i < 2; i++)
    g_string_append_printf (shapes, "%s%s", i > 0 ? ", " : "", mp_tensor_text (&work->type[i], text, sizeof text));
  line = g_strdup_printf ("{\"case\": \"%s %s%s\", \"microseconds\": %.2f, \"bytes\": %" G_GSIZE_FORMAT
                          ", \"gigabytes_per_second\": %.1f, \"share_of_copy\": %.3f, \"algorithm\": \"%s\"}\n",
                          mp_op_name (test->op), shapes->str, test->attrs.transpose_a ? " transposed" : "", time,
                          work->bytes, rate * 1e-9, self->copy_rate > 0 ? rate / self->copy_rate : 0,
                          self->class->kernel_algorithm (work->kernel));
  fputs (line, stdout); /* as UTF-8, whatever the locale */
  fflush (stdout);
  g_string_append (self->json, line);
}

static gboolean
run_case (Bench      *self,
          const Case *test)
{
  double time = 0;
  gboolean done;
  Work work;

  done = work_new (self, test, &work) && measure (self, &work, &time);
  if (done && test->op == MP_OP_COPY)
    self->copy_rate = (double) work.bytes / (time * 1e-6);
  if (done)
    report (self, test, &work, time);
  else
    g_printerr ("bench-ops: %s: %s\n", mp_op_name (test->op), mp_kernels_error ());
  work_free (self, &work);
  return done;
}

int
main (int    argc,
      char **argv)
{
  static const Case copy = { MP_OP_COPY, MP_FLOAT32, { "67108864" }, { "67108864" }, { 0 } };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *note = NULL;
  MpDeviceOptions options = { .n_threads = 1 };
  Bench self = { .json = g_string_new (NULL) };
  gboolean done;

  g_option_context_add_main_entries (context, entries, NULL);
  done = g_option_context_parse (context, &argc, &argv, &error)
         && mp_device_open (device_name, &options, &self.class, &self.device, &note, &error)
         && mp_check_status (self.class->stream_new (self.device, &self.stream), "the benchmark", &error);
  if (!done) {
    g_printerr ("bench-ops: %s\n", error->message);
    return 1;
  }
  if (only == NULL || strstr ("copy", only) != NULL || self.class != &mp_cpu_class)
    done = run_case (&self, &copy);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    if (only == NULL || strstr (mp_op_name (cases[i].op), only) != NULL)
      done = run_case (&self, &cases[i]) && done;
  if (json_path != NULL && !g_file_set_contents (json_path, self.json->str, -1, &error)) {
    g_printerr ("bench-ops: %s\n", error->message);
    done = FALSE;
  }
  self.class->stream_free (self.stream);
  self.class->close (self.device);
  g_string_free (self.json, TRUE);
  return !done;
}
