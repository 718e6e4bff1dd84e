/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-gram.c: a kernel mixture's Gram matrix and its gradients, over sizes, against what the device can do.
 *
 *   bench-gram [--device NAME] [--precision P] [--seconds S] [--limit S] [--sizes N,…] [--dimensions D,…] [--root]
 *              [--json FILE]
 *
 * The case, which peers compute too (float32):
 *   x[i,k] = pattern (1)[i·D + k], y[i,k] = pattern (2)[i·D + k], N×D each; pattern (tag) is the sequence of
 *            tests/reference/step_cases.py of scale 1, times √(1.5/D), so that |x_i − y_j|² is 1 on average
 *   K[i,j] = Σ_b exp (−|x_i − y_j|²/(2σ_b²)), σ = 0.25, 0.5, 1, 2, 4;   L = mean K, or √(mean K) with --root
 *   results: L, ∂L/∂x (N×D), ∂L/∂y (N×D)
 * With --root the gradient waits for L, as in losses that are roots of the MMD.
 *
 * What it is held against is measured first, in the same process: bytes per second of the device's copy (read and
 * written), operations per second of a large product in the device's precision, and exponentials per second of a
 * generated program of sixteen of them. Work counts once what the plan computes: products of 2·N²·D for distances and
 * each gradient, exponentials, and the bytes of inputs and results. A share is the time that a part of the work would
 * take at the measured rate, over the time of all; the largest one is what bounds the case. A time is the median of
 * rounds, each of runs replayed back to back where the device captures.
 *
 * Sizes that do not fit into memory or into the time limit are named and left out.
 */
#include "engine/graph/plan-private.h"
#include "engine/train/devices.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/engine/pattern.h"

#define N_BANDWIDTHS 5
#define MAX_ROUNDS 9
#define N_EXPONENTIALS 16

static char *device_name = NULL;
static char *precision_name = NULL;
static char *size_list = NULL;
static char *dimension_list = NULL;
static char *json_path = NULL;
static gdouble seconds = 0.5;
static gdouble limit = 300;
static gboolean with_root = FALSE;

static const GOptionEntry entries[] = {
  { "device", 0, 0, G_OPTION_ARG_STRING, &device_name, "Device, as matchpoint list devices names it", "NAME" },
  { "precision", 0, 0, G_OPTION_ARG_STRING, &precision_name, "strict, tf32 (default) or bf16", "P" },
  { "seconds", 0, 0, G_OPTION_ARG_DOUBLE, &seconds, "Time of one case", "S" },
  { "limit", 0, 0, G_OPTION_ARG_DOUBLE, &limit, "Time of all cases", "S" },
  { "sizes", 0, 0, G_OPTION_ARG_STRING, &size_list, "Points on each side", "N,…" },
  { "dimensions", 0, 0, G_OPTION_ARG_STRING, &dimension_list, "Dimensions of a point", "D,…" },
  { "root", 0, 0, G_OPTION_ARG_NONE, &with_root, "The root of the mean, whose gradient waits for it", NULL },
  { "json", 0, 0, G_OPTION_ARG_FILENAME, &json_path, "Write the results to a file too", "FILE" },
  { NULL }
};

typedef struct
{
  const MpDeviceClass *class;
  MpDevice            *device;
  MpStream            *stream;
  double               copy_rate;    /* bytes per second */
  double               product_rate; /* operations per second */
  double               exp_rate;
  gint64               start;
  GString             *json;
} Bench;

static gboolean
check (MpStatus  status,
       GError  **error)
{
  return mp_check_status (status, "the benchmark", error);
}

static double
elapsed (const Bench *self)
{
  return (double) (g_get_monotonic_time () - self->start) * 1e-6;
}

static int
by_value (const void *a,
          const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

/* ---- timing ---- */

/* Puts one run on the stream. */
typedef gboolean (*RunFn) (gpointer data, MpStream *stream, GError **error);

/* Runs n times and waits. */
static gboolean
run_round (Bench     *self,
           RunFn      run,
           gpointer   data,
           MpStream  *stream,
           MpCapture *capture,
           guint      n,
           double    *time,
           GError   **error)
{
  const MpRunContext context = { 1, 1, 1 };
  gint64 start = g_get_monotonic_time ();

  for (guint i = 0; i < n; i++)
    if (capture != NULL ? !check (self->class->capture_run (capture, stream, &context), error)
                        : !run (data, stream, error))
      return FALSE;
  if (!check (self->class->stream_sync (stream), error))
    return FALSE;
  *time = (double) (g_get_monotonic_time () - start) * 1e-6 / n;
  return TRUE;
}

/* The median of rounds of at least 10 ms each, `budget` seconds together. */
static gboolean
measure (Bench    *self,
         RunFn     run,
         gpointer  data,
         MpStream *stream,
         double    budget,
         double   *time,
         GError  **error)
{
  const MpRunContext context = { 1, 1, 1 };
  MpCapture *capture = NULL;
  double once, times[MAX_ROUNDS];
  gint64 start;
  guint n, rounds = 0;
  gboolean done = run_round (self, run, data, stream, NULL, 1, &once, error);

  if (done && self->class->capture_begin != NULL)
    done = check (self->class->capture_begin (stream, &context), error) && run (data, stream, error)
           && check (self->class->capture_end (stream, &context, &capture), error);
  done = done && run_round (self, run, data, stream, capture, 1, &once, error);
  n = done ? (guint) CLAMP (0.01 / MAX (once, 1e-7), 1, 10000) : 1;
  start = g_get_monotonic_time ();
  while (done && rounds < MAX_ROUNDS
         && (rounds == 0 || (double) (g_get_monotonic_time () - start) * 1e-6 < budget))
    done = run_round (self, run, data, stream, capture, n, &times[rounds++], error);
  if (capture != NULL)
    self->class->capture_free (capture);
  if (!done)
    return FALSE;
  qsort (times, rounds, sizeof *times, by_value);
  *time = times[rounds / 2];
  return TRUE;
}

/* ---- what the device can do ---- */

typedef struct
{
  Bench    *bench;
  MpKernel *kernel;     /* NULL: a copy */
  void     *memory[3];
  gsize     bytes;
} Yardstick;

static gboolean
run_yardstick (gpointer   data,
               MpStream  *stream,
               GError   **error)
{
  Yardstick *self = data;
  const MpRunContext context = { 1, 1, 1 };

  if (self->kernel == NULL)
    return check (self->bench->class->copy (self->bench->device, stream, self->memory[0], self->memory[1],
                                            self->bytes), error);
  return check (self->bench->class->kernel_run (self->kernel, stream, &context), error);
}

/* Seconds of the spec's kernel on zeros, or of a copy of `bytes` where it is NULL. */
static gboolean
time_yardstick (Bench              *self,
                const MpKernelSpec *spec,
                gsize               bytes,
                double             *time,
                GError            **error)
{
  const MpDeviceClass *class = self->class;
  guint n = spec != NULL ? (guint) spec->n_inputs + 1 : 2;
  Yardstick yardstick = { .bench = self, .bytes = bytes };
  void *workspace = NULL;
  gboolean done = TRUE;

  for (guint i = 0; done && i < n; i++)
    done = check (class->alloc (self->device, bytes, &yardstick.memory[i]), error)
           && check (class->fill (self->device, self->stream, yardstick.memory[i], 0, bytes), error);
  if (done && spec != NULL)
    done = check (class->kernel_new (self->device, spec, &yardstick.kernel), error)
           && check (class->alloc (self->device, MAX (class->kernel_workspace (yardstick.kernel), 64), &workspace), error)
           && check (class->kernel_bind (yardstick.kernel, yardstick.memory, &yardstick.memory[n - 1], workspace), error);
  done = done && measure (self, run_yardstick, &yardstick, self->stream, 0.5, time, error);
  if (yardstick.kernel != NULL)
    class->kernel_free (yardstick.kernel);
  for (guint i = 0; i < 3; i++)
    if (yardstick.memory[i] != NULL)
      class->release (self->device, yardstick.memory[i]);
  if (workspace != NULL)
    class->release (self->device, workspace);
  return done;
}

static gboolean
measure_device (Bench   *self,
                GError **error)
{
  gboolean small = self->class == &mp_cpu_class;
  gint64 side = small ? 1024 : 8192, points = small ? 1 << 18 : 1 << 25;
  gsize bytes = (gsize) (small ? 64 : 1024) << 20;
  MpTensorType square[3] = { { .rank = 2, .dim = { side, side } }, { .rank = 2, .dim = { side, side } },
                             { .rank = 2, .dim = { side, side } } };
  MpTensorType line = { .rank = 1, .dim = { points } };
  MpKernelSpec product = { .op = MP_OP_MATMUL, .n_inputs = 2, .n_outputs = 1, .inputs = square, .outputs = square };
  MpProgram program = { .rank = 1, .dim = { points }, .n_inputs = 1, .n_outputs = 1 };
  MpKernelSpec exponentials = { .op = MP_OP_FUSED, .n_inputs = 1, .n_outputs = 1, .inputs = &line, .outputs = &line,
                                .program = &program };
  double time;

  program.input[0].stride[0] = 1;
  for (gint b = 0; b < N_EXPONENTIALS; b++) {
    gint at = program.n_instructions;

    program.instruction[at] = (MpInstruction) { MP_OP_CONSTANT, { -1, -1, -1 }, { -0.25 * (b + 1) } };
    program.instruction[at + 1] = (MpInstruction) { MP_OP_MUL, { 0, at + 1, -1 }, { 0 } };
    program.instruction[at + 2] = (MpInstruction) { MP_OP_EXP, { at + 2, -1, -1 }, { 0 } };
    program.instruction[at + 3] = (MpInstruction) { MP_OP_ADD, { at + 3, b == 0 ? 0 : at, -1 }, { 0 } };
    program.n_instructions += 4;
  }
  program.output[0].reg = program.n_instructions;
  program.output[0].scale = 1;
  if (!time_yardstick (self, NULL, bytes, &time, error))
    return FALSE;
  self->copy_rate = 2 * (double) bytes / time;
  if (!time_yardstick (self, &product, (gsize) (side * side) * sizeof (float), &time, error))
    return FALSE;
  self->product_rate = 2 * (double) side * (double) side * (double) side / time;
  if (!time_yardstick (self, &exponentials, (gsize) points * sizeof (float), &time, error))
    return FALSE;
  self->exp_rate = (double) points * N_EXPONENTIALS / time;
  return TRUE;
}

/* ---- the case ---- */

typedef struct
{
  gint64   n, d;
  MpGraph *graph;
  MpStore *store;
  MpNode  *x, *y;
  MpPlan  *plan;
} Case;

static void
build_case (Bench *bench,
            Case  *self)
{
  static const double sigma[N_BANDWIDTHS] = { 0.25, 0.5, 1, 2, 4 };
  float widths[N_BANDWIDTHS];
  g_autoptr (GError) error = NULL;
  MpNode *loss, *wrt[2], *outputs[3];
  MpPlanSpec spec = { .name = "gram", .n_outputs = 3, .outputs = outputs };

  for (guint b = 0; b < N_BANDWIDTHS; b++)
    widths[b] = (float) sigma[b];
  self->graph = mp_graph_new (MP_FLOAT32);
  self->store = mp_store_new (self->graph, bench->class, bench->device);
  self->x = wrt[0] = mp_input (self->graph, "x", mp_shape (self->graph, self->n, self->d));
  self->y = wrt[1] = mp_input (self->graph, "y", mp_shape (self->graph, self->n, self->d));
  loss = mp_mean (mp_gram (self->x, self->y, MP_KERNEL_RBF,
                           mp_constant (self->graph, mp_shape (self->graph, (gint64) N_BANDWIDTHS), widths)),
                  MP_ALL_AXES, FALSE);
  outputs[0] = with_root ? mp_sqrt (loss) : loss;
  if (mp_gradients (self->graph, outputs[0], 2, wrt, outputs + 1, &error))
    self->plan = mp_plan_prepare (self->store, &spec, &error);
  if (self->plan == NULL)
    g_error ("the case cannot be planned: %s", error->message);
}

static void
clear_case (Case *self)
{
  mp_plan_free (self->plan);
  mp_store_free (self->store);
  mp_graph_free (self->graph);
}

static gboolean
write_points (Case    *self,
              MpNode  *node,
              guint32  tag,
              GError **error)
{
  gsize n = (gsize) (self->n * self->d);
  g_autofree float *values = g_new (float, n);
  double scale = sqrt (1.5 / (double) self->d);

  for (gsize i = 0; i < n; i++)
    values[i] = (float) (pattern_value (tag, i) * scale);
  return mp_store_write (self->store, node, values, error);
}

static gboolean
run_case (gpointer   data,
          MpStream  *stream,
          GError   **error)
{
  const MpRunContext context = { 1, 1, 1 };

  return mp_plan_run (((Case *) data)->plan, &context, error);
}

/* What stands against running it, or NULL. (transfer full) */
static char *
find_obstacle (Bench *bench,
               Case  *self)
{
  MpDeviceInfo device;
  MpPlanInfo info;
  double bytes, time;

  mp_plan_get_info (self->plan, &info);
  bytes = (double) info.arena_bytes + (double) info.workspace_bytes
          + 2.0 * (double) self->n * (double) self->d * sizeof (float);
  if (bench->class->info (bench->device, &device) == MP_OK && bytes > 0.9 * (double) device.memory_free)
    return g_strdup_printf ("needs %.1f GB, %.1f GB are free", bytes * 1e-9, (double) device.memory_free * 1e-9);
  time = 4 * (info.product_flops / bench->product_rate + info.exponentials / bench->exp_rate) + 0.1;
  if (elapsed (bench) + time > limit)
    return g_strdup_printf ("would take about %.1f s, %.1f s are left", time, MAX (limit - elapsed (bench), 0));
  return NULL;
}

static void
print_case (Bench  *bench,
            Case   *self,
            double  time,
            float   value)
{
  double pairs = (double) self->n * (double) self->n, bytes = (4.0 * (double) (self->n * self->d) + 1) * sizeof (float);
  double shares[3], most;
  static const char *const names[] = { "copy", "product", "exp" };
  guint bound = 0;
  MpPlanInfo info;
  MpStep *last;

  mp_plan_get_info (self->plan, &info);
  shares[0] = bytes / bench->copy_rate / time;
  shares[1] = info.product_flops / bench->product_rate / time;
  shares[2] = info.exponentials / bench->exp_rate / time;
  for (guint i = 1; i < 3; i++)
    bound = shares[i] > shares[bound] ? i : bound;
  most = shares[bound];
  last = &g_array_index (self->plan->steps, MpStep, 0);
  for (guint i = 0; i < self->plan->steps->len; i++)
    if (g_array_index (self->plan->steps, MpStep, i).product_flops > last->product_flops)
      last = &g_array_index (self->plan->steps, MpStep, i);
  printf ("%6" G_GINT64_FORMAT " %5" G_GINT64_FORMAT " %12.2f %11.3e %8.1f %% %8.1f %% %8.1f %%  %-7s %10.1f  %s\n", self->n,
          self->d, time * 1e6, pairs / time, 100 * shares[0], 100 * shares[1], 100 * shares[2], names[bound],
          (double) (info.arena_bytes + info.workspace_bytes) * 1e-6, bench->class->kernel_algorithm (last->kernel));
  fflush (stdout);
  g_string_append_printf (bench->json, "%s\n    {\"n\": %" G_GINT64_FORMAT ", \"d\": %" G_GINT64_FORMAT ", \"seconds\": %.6e, "
                          "\"value\": %.9g, \"bytes\": %.0f, \"product_flops\": %.0f, \"exponentials\": %.0f, "
                          "\"kernels\": %u, \"plan_bytes\": %" G_GSIZE_FORMAT ", \"copy_share\": %.4f, \"product_share\": %.4f, "
                          "\"exp_share\": %.4f, \"bound\": \"%s\", \"share\": %.4f, \"algorithm\": \"%s\"}",
                          bench->json->len > 0 && bench->json->str[bench->json->len - 1] == '}' ? "," : "", self->n, self->d,
                          time, (double) value, bytes, info.product_flops, info.exponentials, info.n_kernels,
                          info.arena_bytes + info.workspace_bytes, shares[0], shares[1], shares[2], names[bound], most,
                          bench->class->kernel_algorithm (last->kernel));
}

static gboolean
bench_case (Bench   *bench,
            gint64   n,
            gint64   d,
            GError **error)
{
  Case self = { .n = n, .d = d };
  g_autofree char *obstacle = NULL;
  double time;
  float value;
  gboolean done;

  build_case (bench, &self);
  obstacle = find_obstacle (bench, &self);
  if (obstacle != NULL) {
    printf ("%6" G_GINT64_FORMAT " %5" G_GINT64_FORMAT "  left out: %s\n", n, d, obstacle);
    clear_case (&self);
    return TRUE;
  }
  done = mp_plan_allocate (self.plan, error) && write_points (&self, self.x, 1, error)
         && write_points (&self, self.y, 2, error)
         && measure (bench, run_case, &self, self.store->stream, seconds, &time, error)
         && mp_plan_read (self.plan, 0, &value, error);
  if (done)
    print_case (bench, &self, time, value);
  clear_case (&self);
  return done;
}

/* ---- the program ---- */

static gboolean
parse_precision (MpDeviceOptions *options)
{
  static const char *const names[] = { "strict", "tf32", "bf16" };

  options->precision = MP_PRECISION_TF32;
  for (guint i = 0; precision_name != NULL && i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (precision_name, names[i])) {
      options->precision = (MpPrecision) i;
      return TRUE;
    }
  return precision_name == NULL;
}

static gboolean
open_device (Bench   *self,
             GError **error)
{
  MpDeviceOptions options = { .n_threads = 1 };
  g_autofree char *note = NULL;
  MpDeviceInfo info;

  if (!parse_precision (&options)) {
    g_set_error (error, MP_ERROR, MP_ERROR_UNKNOWN, "--precision is strict, tf32 or bf16, not “%s”", precision_name);
    return FALSE;
  }
  if (!mp_device_open (device_name, &options, &self->class, &self->device, &note, error)
      || !check (self->class->stream_new (self->device, &self->stream), error)
      || !check (self->class->info (self->device, &info), error) || !measure_device (self, error))
    return FALSE;
  if (note != NULL)
    printf ("%s\n", note);
  printf ("%s: copy %.0f GB/s, product %.2f TFLOP/s (%s), exp %.1f G/s\n", info.name, self->copy_rate * 1e-9,
          self->product_rate * 1e-12,
          self->class == &mp_cpu_class ? "strict" : precision_name != NULL ? precision_name : "tf32",
          self->exp_rate * 1e-9);
  printf ("     N     D           µs     pairs/s       copy    product        exp  bound      plan MB  algorithm\n");
  return TRUE;
}

static gboolean
write_json (Bench   *self,
            GError **error)
{
  MpDeviceInfo info;
  g_autofree char *text = NULL;

  if (json_path == NULL)
    return TRUE;
  if (!check (self->class->info (self->device, &info), error))
    return FALSE;
  text = g_strdup_printf ("{\n  \"device\": \"%s\",\n  \"detail\": \"%s\",\n  \"precision\": \"%s\",\n  \"loss\": \"%s\",\n"
                          "  \"copy_bytes_per_second\": %.4e,\n  \"product_flops_per_second\": %.4e,\n"
                          "  \"exponentials_per_second\": %.4e,\n  \"cases\": [%s\n  ]\n}\n", info.name, info.detail,
                          self->class == &mp_cpu_class ? "strict" : precision_name != NULL ? precision_name : "tf32",
                          with_root ? "root" : "mean", self->copy_rate, self->product_rate, self->exp_rate,
                          self->json->str);
  return g_file_set_contents (json_path, text, -1, error);
}

static gboolean
bench_all (Bench   *self,
           GError **error)
{
  g_auto (GStrv) sizes = g_strsplit (size_list != NULL ? size_list : "64,256,1024,4096,16384,65536", ",", -1);
  g_auto (GStrv) dimensions = g_strsplit (dimension_list != NULL ? dimension_list : "2,10,64,256,2048", ",", -1);

  if (!open_device (self, error))
    return FALSE;
  for (guint n = 0; sizes[n] != NULL; n++)
    for (guint d = 0; dimensions[d] != NULL; d++) {
      gint64 size = g_ascii_strtoll (sizes[n], NULL, 10), dimension = g_ascii_strtoll (dimensions[d], NULL, 10);

      if (size < 1 || dimension < 1) {
        g_set_error (error, MP_ERROR, MP_ERROR_UNKNOWN, "sizes and dimensions are numbers of at least 1, not “%s” and “%s”",
                     sizes[n], dimensions[d]);
        return FALSE;
      }
      if (!bench_case (self, size, dimension, error))
        return FALSE;
    }
  return write_json (self, error);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  Bench self = { .start = g_get_monotonic_time (), .json = g_string_new (NULL) };
  gboolean done;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    g_printerr ("bench-gram: %s\n", error->message);
    return 2;
  }
  done = bench_all (&self, &error);
  if (!done)
    g_printerr ("bench-gram: %s\n", error->message);
  if (self.stream != NULL)
    self.class->stream_free (self.stream);
  if (self.device != NULL)
    self.class->close (self.device);
  g_string_free (self.json, TRUE);
  return done ? 0 : 1;
}
