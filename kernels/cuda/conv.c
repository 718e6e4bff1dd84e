/* SPDX-License-Identifier: Apache-2.0
 *
 * conv.c: convolution and its two adjoints, x N·H·W·C, w Cout·Kh·Kw·C, y N·Oh·Ow·Cout, with an optional program.
 *
 * cuDNN computes (convgraph.h): alone, with the program generated behind it (fused.h), or with the program in its graph
 * where that is a bias and an activation. What is fastest is measured when the kernel is made and kept (measure.h). In
 * deterministic mode cuDNN's favourite is taken among the engines that give the same bits in every run. An engine that
 * cuDNN compiles at every start must earn that by being clearly faster, and is otherwise not taken.
 *
 * Own kernels (conv.cu) compute float64 and what cuDNN has no engine for.
 *
 * Precision: float32 tensors are multiplied as the device's precision says; with BF16, and where one operand is
 * bfloat16 already, both are rounded to it, and so is a result without a program before it is stored in float32.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/cuda/convgraph.h"
#include "kernels/cuda/cuda.h"
#include "kernels/cuda/epilogue.h"
#include "kernels/cuda/fused.h"
#include "kernels/cuda/launchers.h"
#include "kernels/cuda/measure.h"

#define MEASURED 6          /* plans of a graph that are tried */
#define MEASURED_COMPILED 1 /* of these, such as are compiled at every start */
#define COMPILED_GAIN 0.85  /* share of the time that such a plan may take */
#define MAX_WORKSPACE_MIB 64

typedef struct
{
  MpCudaConvShape  shape;
  MpDtype          operands;       /* what is multiplied */
  MpDtype          product;        /* what comes out of it */
  int              convert[2];     /* operands that change their dtype, into converted_at */
  size_t           converted_at[2];
  int64_t          count[2];
  int64_t          n_results;
  MpCudaConvGraph *graph;          /* of `plan` */
  MpCudaConvPlan  *plan;           /* NULL: own kernel */
  int              bias;           /* the kernel's input in the graph, −1 for none */
  size_t           plan_at;
  int              direct;         /* the product is the kernel's output */
  size_t           product_at;
  MpCudaProgram   *program;        /* nullable */
  size_t           program_at;
} Conv;

/* ---- shapes ---- */

static MpStatus
check_shapes (const MpKernelSpec *spec)
{
  const MpTensorType *x, *w, *y;
  int64_t h, width;
  int kinds = 0;

  if (spec->n_inputs < 2 || spec->n_outputs < 1)
    return mp_kernels_fail (MP_STATUS_INVALID, "%s needs two operands.", mp_op_name (spec->op));
  x = spec->op == MP_OP_CONV_DATA ? &spec->outputs[0] : &spec->inputs[0];
  w = spec->op == MP_OP_CONV_WEIGHT ? &spec->outputs[0] : &spec->inputs[1];
  y = spec->op == MP_OP_CONV_DATA ? &spec->inputs[0] : spec->op == MP_OP_CONV ? NULL : &spec->inputs[1];
  for (int i = 0; i < 2; i++)
    kinds |= spec->inputs[i].dtype == MP_INT32 ? 4 : spec->inputs[i].dtype == MP_FLOAT64 ? 2 : 1;
  if (x->rank != 4 || w->rank != 4 || (kinds != 1 && kinds != 2) || w->dim[3] != x->dim[3])
    return mp_kernels_fail (MP_STATUS_INVALID, "%s needs images N×H×W×C and weights Cout×Kh×Kw×C of one dtype.",
                            mp_op_name (spec->op));
  h = (x->dim[1] + spec->attrs.pad_before[0] + spec->attrs.pad_after[0] - w->dim[1]) / spec->attrs.stride[0] + 1;
  width = (x->dim[2] + spec->attrs.pad_before[1] + spec->attrs.pad_after[1] - w->dim[2]) / spec->attrs.stride[1] + 1;
  if (y != NULL && (y->rank != 4 || y->dim[1] != h || y->dim[2] != width))
    return mp_kernels_fail (MP_STATUS_INVALID, "%s has an output gradient that does not fit its geometry.",
                            mp_op_name (spec->op));
  if (spec->program != NULL && (spec->program->n_inputs < 1 || spec->program->n_inputs + 1 != spec->n_inputs
                                || spec->program->n_outputs != spec->n_outputs))
    return mp_kernels_fail (MP_STATUS_INVALID, "The epilogue of %s has %d inputs and %d outputs; the kernel has %d "
                            "and %d.", mp_op_name (spec->op), spec->program->n_inputs, spec->program->n_outputs,
                            spec->n_inputs, spec->n_outputs);
  return MP_OK;
}

static void
read_shapes (MpKernel           *kernel,
             Conv               *s,
             const MpKernelSpec *spec)
{
  const MpAttrs *a = &kernel->attrs;
  MpCudaConvShape *g = &s->shape;
  const MpTensorType *xt = kernel->op == MP_OP_CONV_DATA ? &spec->outputs[0] : &spec->inputs[0];
  const MpTensorType *wt = kernel->op == MP_OP_CONV_WEIGHT ? &spec->outputs[0] : &spec->inputs[1];
  int64_t x, w, y; /* with a program, CONV's outputs may have any shape: y comes from the geometry */

  *g = (MpCudaConvShape) { .n = xt->dim[0], .h = xt->dim[1], .w = xt->dim[2], .c = xt->dim[3], .out_c = wt->dim[0],
                           .kernel_h = wt->dim[1], .kernel_w = wt->dim[2], .stride = { a->stride[0], a->stride[1] },
                           .pad = { a->pad_before[0], a->pad_before[1] } };
  g->out_h = (g->h + a->pad_before[0] + a->pad_after[0] - g->kernel_h) / a->stride[0] + 1;
  g->out_w = (g->w + a->pad_before[1] + a->pad_after[1] - g->kernel_w) / a->stride[1] + 1;
  x = g->n * g->h * g->w * g->c;
  w = g->out_c * g->kernel_h * g->kernel_w * g->c;
  y = g->n * g->out_h * g->out_w * g->out_c;
  s->count[0] = kernel->op == MP_OP_CONV_DATA ? y : x;
  s->count[1] = kernel->op == MP_OP_CONV_WEIGHT ? y : w;
  s->n_results = kernel->op == MP_OP_CONV ? y : kernel->op == MP_OP_CONV_DATA ? x : w;
  s->bias = -1;
}

static void
choose_operands (MpKernel *kernel,
                 Conv     *s)
{
  MpDtype a = kernel->input_type[0].dtype, b = kernel->input_type[1].dtype;

  if (a == MP_FLOAT64)
    s->operands = MP_FLOAT64;
  else
    s->operands = a == MP_BFLOAT16 || b == MP_BFLOAT16 || kernel->device->options.precision == MP_PRECISION_BF16
                  ? MP_BFLOAT16 : MP_FLOAT32;
}

static void
reserve_operands (MpKernel *kernel,
                  Conv     *s)
{
  for (int i = 0; i < 2; i++) {
    s->convert[i] = kernel->input_type[i].dtype != s->operands;
    if (s->convert[i])
      s->converted_at[i] = mp_kernel_reserve (kernel, (size_t) s->count[i] * mp_dtype_size (s->operands));
  }
}

/* ---- running ---- */

static const void *
operand (const MpKernel *kernel,
         const Conv     *s,
         int             i)
{
  return s->convert[i] ? kernel->workspace + s->converted_at[i] : kernel->input[i];
}

static void *
product_of (const MpKernel *kernel,
            const Conv     *s)
{
  return s->direct ? kernel->output[0] : kernel->workspace + s->product_at;
}

static MpStatus
run_program (MpKernel *kernel,
             Conv     *s,
             MpStream *stream)
{
  if (s->program != NULL)
    return mp_cuda_program_run_after (s->program, kernel, product_of (kernel, s), kernel->workspace + s->program_at,
                                      stream);
  return s->direct ? MP_OK
                   : mp_cuda_check (mp_launch_convert (s->product, product_of (kernel, s),
                                                       kernel->output_type[0].dtype, kernel->output[0], s->n_results,
                                                       stream->stream), "converting a result");
}

static MpStatus
run (MpKernel           *kernel,
     MpStream           *stream,
     const MpRunContext *context)
{
  Conv *s = kernel->state;
  void *product = product_of (kernel, s);
  MpStatus status = MP_OK;

  for (int i = 0; status == MP_OK && i < 2; i++)
    if (s->convert[i])
      status = mp_cuda_check (mp_launch_convert (kernel->input_type[i].dtype, kernel->input[i], s->operands,
                                                 kernel->workspace + s->converted_at[i], s->count[i],
                                                 stream->stream), "converting an operand");
  if (status != MP_OK)
    return status;
  if (s->plan != NULL)
    status = mp_cuda_conv_plan_run (s->plan, stream->stream);
  else if (s->n_results > 0 && s->count[0] > 0 && s->count[1] > 0)
    status = mp_cuda_check (mp_launch_conv (kernel->op, s->operands, &s->shape, operand (kernel, s, 0),
                                            operand (kernel, s, 1), product, stream->stream), mp_op_name (kernel->op));
  else
    status = mp_cuda_fill (kernel->device, stream, product, 0, (size_t) s->n_results * mp_dtype_size (s->product));
  return status == MP_OK ? run_program (kernel, s, stream) : status;
}

static MpStatus
bound (MpKernel *kernel)
{
  Conv *s = kernel->state;
  MpStatus status = s->program != NULL ? mp_cuda_program_prepare (s->program) : MP_OK;

  if (status == MP_OK && s->plan != NULL)
    status = mp_cuda_conv_plan_bind (s->plan, operand (kernel, s, 0), operand (kernel, s, 1),
                                     s->bias >= 0 ? kernel->input[s->bias] : NULL, product_of (kernel, s),
                                     kernel->workspace + s->plan_at);
  return status;
}

static void
destroy (MpKernel *kernel)
{
  Conv *s = kernel->state;

  if (s == NULL)
    return;
  mp_cuda_conv_plan_free (s->plan);
  mp_cuda_conv_graph_free (s->graph);
  mp_cuda_program_free (s->program);
}

/* ---- what follows the product ---- */

static MpStatus
make_program (MpKernel           *kernel,
              Conv               *s,
              const MpKernelSpec *spec,
              MpDtype             product,
              MpCudaProgram     **out)
{
  MpDtype in[MP_PROGRAM_MAX_INPUTS], results[MP_PROGRAM_MAX_OUTPUTS];

  in[0] = product;
  for (int32_t i = 2; i < kernel->n_inputs; i++)
    in[i - 1] = kernel->input_type[i].dtype;
  for (int32_t i = 0; i < kernel->n_outputs; i++)
    results[i] = kernel->output_type[i].dtype;
  return mp_cuda_program_new (kernel->device, spec->program, in, results, out);
}

/* With a program behind, or straight to the output, or converted to it. */
static MpStatus
use_separate (MpKernel           *kernel,
              Conv               *s,
              const MpKernelSpec *spec)
{
  MpStatus status = MP_OK;

  s->product = s->operands;
  s->bias = -1;
  s->direct = spec->program == NULL && kernel->output_type[0].dtype == s->product;
  if (spec->program != NULL && s->program == NULL)
    status = make_program (kernel, s, spec, s->product, &s->program);
  if (status == MP_OK && !s->direct)
    s->product_at = mp_kernel_reserve (kernel, (size_t) s->n_results * mp_dtype_size (s->product));
  if (status == MP_OK && s->program != NULL)
    s->program_at = mp_kernel_reserve (kernel, mp_cuda_program_workspace (s->program));
  return status;
}

/* ---- cuDNN ---- */

/* A way to compute the kernel that is being tried: a graph with one of its plans, and what follows. */
typedef struct
{
  MpKernel        *kernel;
  MpCudaConvGraph *graph[2];   /* alone, and with the epilogue; NULL where there is none */
  int              bias;       /* of the second */
  MpCudaProgram   *program;    /* behind the first */
  char            *scratch;
  char            *at[2], *product, *output, *workspace;
  void            *inputs[MP_PROGRAM_MAX_INPUTS + 1];
  MpCudaConvPlan  *plan;
  int              fused;
} Trial;

static MpStatus
open_cudnn (MpDevice             *device,
            const MpCudnnTarget **out)
{
  MpCudnnTarget *target = device->convolutions;

  if (target == NULL) {
    MpStatus status;

    target = calloc (1, sizeof *target);
    if (target == NULL)
      return mp_kernels_fail (MP_STATUS_MEMORY, "There is no memory for cuDNN's handle.");
    mp_cuda_quiet_begin ();
    status = mp_cudnn_open (target);
    mp_cuda_quiet_end ();
    if (status != MP_OK) {
      free (target);
      return status;
    }
    device->convolutions = target;
  }
  *out = target;
  return MP_OK;
}

void
mp_cuda_convolutions_close (MpDevice *device)
{
  MpCudnnTarget *target = device->convolutions;

  if (target != NULL)
    mp_cudnn_close (target);
  free (target);
  device->convolutions = NULL;
}

static MpCudaConvSpec
graph_spec (const MpKernel *kernel,
            const Conv     *s)
{
  const MpCudaConvShape *g = &s->shape;
  const MpAttrs *a = &kernel->attrs;

  return (MpCudaConvSpec) {
    .op = kernel->op, .n = g->n, .h = g->h, .w = g->w, .c = g->c, .out_h = g->out_h, .out_w = g->out_w,
    .out_c = g->out_c, .kernel_h = g->kernel_h, .kernel_w = g->kernel_w, .stride = { a->stride[0], a->stride[1] },
    .pad_before = { a->pad_before[0], a->pad_before[1] }, .pad_after = { a->pad_after[0], a->pad_after[1] },
    .operands = s->operands, .result = s->operands, .activation = -1, .precision = kernel->device->options.precision,
    .deterministic = kernel->device->options.deterministic };
}

/* The same with the program, where that is a bias and an activation. */
static int
fused_spec (const MpKernel     *kernel,
            const Conv         *s,
            const MpKernelSpec *spec,
            MpCudaConvSpec     *out,
            int                *bias)
{
  int64_t columns = kernel->op == MP_OP_CONV ? s->shape.out_c : s->shape.c;
  MpCudaEpilogue e;

  if (spec->program == NULL || kernel->op == MP_OP_CONV_WEIGHT
      || !mp_cuda_epilogue_match (spec->program, s->n_results / columns, columns, &e) || e.alpha != 1 || e.add >= 0
      || (e.bias < 0 && e.activation < 0))
    return 0;
  *bias = e.bias < 0 ? -1 : e.bias + 1;
  out->result = kernel->output_type[0].dtype;
  out->has_bias = e.bias >= 0;
  out->bias = e.bias >= 0 ? kernel->input_type[*bias].dtype : MP_FLOAT32;
  out->activation = e.activation;
  out->slope = e.slope;
  return 1;
}

static MpStatus
run_trial (void         *data,
           cudaStream_t  on)
{
  Trial *trial = data;
  MpStream stream = { .device = trial->kernel->device, .stream = on };
  MpStatus status = mp_cuda_conv_plan_run (trial->plan, on);

  if (status == MP_OK && !trial->fused && trial->program != NULL)
    status = mp_cuda_program_run (trial->program, trial->inputs, trial->kernel->output, trial->workspace, &stream);
  return status;
}

static size_t
padded (size_t bytes)
{
  return (bytes + 255) / 256 * 256;
}

/* Scratch memory for everything but the plans' workspaces; those share `workspace_bytes`. */
static int
make_trial (MpKernel *kernel,
            Conv     *s,
            size_t    workspace_bytes,
            Trial    *trial)
{
  size_t a = padded ((size_t) s->count[0] * mp_dtype_size (s->operands));
  size_t b = padded ((size_t) s->count[1] * mp_dtype_size (s->operands));
  size_t product = padded ((size_t) s->n_results * sizeof (float)), inputs = 0, outputs = 0, at;

  for (int32_t i = 2; i < kernel->n_inputs; i++)
    inputs += padded ((size_t) mp_tensor_count (&kernel->input_type[i]) * mp_dtype_size (kernel->input_type[i].dtype));
  for (int32_t i = 0; i < kernel->n_outputs; i++)
    outputs += padded ((size_t) mp_tensor_count (&kernel->output_type[i])
                       * mp_dtype_size (kernel->output_type[i].dtype));
  trial->scratch = mp_cuda_scratch_new (kernel->device, a + b + product + inputs + outputs + workspace_bytes);
  if (trial->scratch == NULL)
    return 0;
  trial->at[0] = trial->scratch;
  trial->at[1] = trial->scratch + a;
  trial->product = trial->at[1] + b;
  trial->output = trial->product + product;
  trial->workspace = trial->scratch + a + b + product + inputs + outputs;
  trial->inputs[0] = trial->product;
  at = (size_t) (trial->output - trial->scratch);
  for (int32_t i = 0; i < kernel->n_outputs; i++) {
    kernel->output[i] = trial->scratch + at;
    at += padded ((size_t) mp_tensor_count (&kernel->output_type[i]) * mp_dtype_size (kernel->output_type[i].dtype));
  }
  for (int32_t i = 2; i < kernel->n_inputs; i++) {
    kernel->input[i] = trial->inputs[i - 1] = trial->scratch + at;
    at += padded ((size_t) mp_tensor_count (&kernel->input_type[i]) * mp_dtype_size (kernel->input_type[i].dtype));
  }
  return 1;
}

/* Times one plan; 0 when it does not run. */
static double
time_plan (Trial *trial,
           int    fused,
           size_t available)
{
  double microseconds = 0;
  void *bias = fused && trial->bias >= 0 ? trial->kernel->input[trial->bias] : NULL;

  trial->fused = fused;
  if (mp_cuda_conv_plan_workspace (trial->plan) > available
      || mp_cuda_conv_plan_bind (trial->plan, trial->at[0], trial->at[1], bias, trial->product,
                                 trial->workspace) != MP_OK
      || mp_cuda_measure (trial->kernel->device, run_trial, trial, &microseconds) != MP_OK)
    return 0;
  return microseconds;
}

/* The favourite that becomes a plan, unmeasured: of the graph with the epilogue if that needs no compiling. */
static MpStatus
take_first (Trial *trial,
            char  *choice,
            size_t size)
{
  for (int fused = 1; fused >= 0; fused--)
    for (int i = 0; trial->graph[fused] != NULL && i < mp_cuda_conv_graph_n_candidates (trial->graph[fused]); i++) {
      MpCudaConvPlan *plan;

      if ((fused && mp_cuda_conv_graph_is_compiled (trial->graph[fused], i))
          || mp_cuda_conv_plan_new (trial->graph[fused], i, NULL, &plan) != MP_OK)
        continue;
      if (mp_cuda_conv_plan_workspace (plan) <= (size_t) MAX_WORKSPACE_MIB << 20) {
        snprintf (choice, size, "%s %s", fused ? "fused" : "plain",
                  mp_cuda_conv_graph_candidate (trial->graph[fused], i));
        mp_cuda_conv_plan_free (plan);
        return MP_OK;
      }
      mp_cuda_conv_plan_free (plan);
    }
  return MP_STATUS_UNSUPPORTED;
}

static MpStatus
measure (MpKernel *kernel,
         Conv     *s,
         Trial    *trial,
         char     *choice,
         size_t    size)
{
  size_t available = 0;
  double best = 0;

  for (int size_mib = MAX_WORKSPACE_MIB; size_mib > 0 && trial->scratch == NULL; size_mib /= 4) {
    available = (size_t) size_mib << 20;
    make_trial (kernel, s, available, trial);
  }
  for (int fused = 0; trial->scratch != NULL && fused < 2; fused++) {
    int n = trial->graph[fused] != NULL ? mp_cuda_conv_graph_n_candidates (trial->graph[fused]) : 0;

    for (int i = 0, tried = 0, compiled = 0; i < n && tried < MEASURED; i++) {
      int compiles = mp_cuda_conv_graph_is_compiled (trial->graph[fused], i);
      double time;

      if ((compiles && compiled++ >= MEASURED_COMPILED)
          || mp_cuda_conv_plan_new (trial->graph[fused], i, NULL, &trial->plan) != MP_OK)
        continue;
      time = time_plan (trial, fused, available) / (compiles ? COMPILED_GAIN : 1);
      if (time > 0)
        tried++;
      if (time > 0 && (best == 0 || time < best)) {
        best = time;
        snprintf (choice, size, "%s %s", fused ? "fused" : "plain",
                  mp_cuda_conv_graph_candidate (trial->graph[fused], i));
      }
      mp_cuda_conv_plan_free (trial->plan);
    }
  }
  mp_cuda_scratch_free (kernel->device, trial->scratch);
  return best > 0 ? MP_OK : take_first (trial, choice, size);
}

static MpStatus
try_all (MpKernel           *kernel,
         Conv               *s,
         Trial              *trial,
         const MpKernelSpec *spec,
         char               *choice,
         size_t              size)
{
  MpStatus status = MP_OK;

  if (mp_cuda_conv_graph_n_candidates (trial->graph[0]) == 0
      && (trial->graph[1] == NULL || mp_cuda_conv_graph_n_candidates (trial->graph[1]) == 0))
    return MP_STATUS_UNSUPPORTED;
  if (spec->program != NULL)
    status = make_program (kernel, s, spec, s->operands, &trial->program);
  if (status == MP_OK && trial->program != NULL)
    status = mp_cuda_program_prepare (trial->program);
  return status == MP_OK ? measure (kernel, s, trial, choice, size) : status;
}

/* Makes the kernel what the choice says, and takes the graph from the trial. */
static MpStatus
use_choice (MpKernel           *kernel,
            Conv               *s,
            Trial              *trial,
            const MpKernelSpec *spec,
            const char         *choice)
{
  int fused = strncmp (choice, "fused ", 6) == 0;
  MpStatus status;

  if ((!fused && strncmp (choice, "plain ", 6) != 0) || trial->graph[fused] == NULL)
    return MP_STATUS_UNSUPPORTED;
  status = mp_cuda_conv_plan_new (trial->graph[fused], 0, choice + 6, &s->plan);
  if (status != MP_OK)
    return status;
  s->graph = trial->graph[fused];
  trial->graph[fused] = NULL;
  if (fused) {
    s->bias = trial->bias;
    s->product = kernel->output_type[0].dtype;
    s->direct = 1;
  } else {
    s->program = trial->program;
    trial->program = NULL;
    status = use_separate (kernel, s, spec);
  }
  s->plan_at = mp_kernel_reserve (kernel, mp_cuda_conv_plan_workspace (s->plan));
  snprintf (kernel->algorithm, sizeof kernel->algorithm, "cudnn:%.*s%s", (int) strcspn (choice + 6, " "), choice + 6,
            fused ? "+epilogue" : spec->program != NULL ? "+program" : "");
  return status;
}

static MpStatus
choose (MpKernel           *kernel,
        Conv               *s,
        Trial              *trial,
        const MpKernelSpec *spec,
        const char         *key)
{
  char choice[256] = "";
  MpStatus status;

  mp_cuda_measure_begin ();
  status = mp_cuda_choice_find (kernel->device, key, choice, sizeof choice)
           ? use_choice (kernel, s, trial, spec, choice) : MP_STATUS_UNSUPPORTED;
  if (status == MP_STATUS_UNSUPPORTED) {
    status = kernel->device->options.deterministic ? take_first (trial, choice, sizeof choice)
                                                   : try_all (kernel, s, trial, spec, choice, sizeof choice);
    if (status == MP_OK) {
      mp_cuda_choice_keep (kernel->device, key, choice, sizeof choice);
      status = use_choice (kernel, s, trial, spec, choice);
    }
  }
  mp_cuda_measure_end ();
  return status;
}

/* MP_STATUS_UNSUPPORTED: cuDNN cannot. */
static MpStatus
make_cudnn (MpKernel           *kernel,
            Conv               *s,
            const MpKernelSpec *spec)
{
  const MpCudnnTarget *target = NULL;
  MpCudaConvSpec plain = graph_spec (kernel, s), fused = plain;
  Trial trial = { .kernel = kernel, .bias = -1 };
  char text[256], key[400];
  MpStatus status = open_cudnn (kernel->device, &target);

  if (status != MP_OK)
    return status;
  mp_cuda_conv_text (&plain, text, sizeof text);
  snprintf (key, sizeof key, "cuDNN %zu, %s to %s", mp_cudnn_version (), text,
            mp_dtype_name (kernel->output_type[0].dtype));
  if (spec->program != NULL)
    snprintf (key + strlen (key), sizeof key - strlen (key), " program %016llx",
              (unsigned long long) mp_cuda_program_hash (spec->program));
  status = mp_cuda_conv_graph_new (target, &plain, &trial.graph[0]);
  if (status == MP_OK && fused_spec (kernel, s, spec, &fused, &trial.bias)
      && mp_cuda_conv_graph_new (target, &fused, &trial.graph[1]) != MP_OK)
    trial.graph[1] = NULL;
  if (status == MP_OK)
    status = choose (kernel, s, &trial, spec, key);
  mp_cuda_program_free (trial.program);
  mp_cuda_conv_graph_free (trial.graph[0]);
  mp_cuda_conv_graph_free (trial.graph[1]);
  return status;
}

/* ---- life ---- */

static MpStatus
make_own (MpKernel           *kernel,
          Conv               *s,
          const MpKernelSpec *spec)
{
  mp_cuda_conv_plan_free (s->plan);
  s->plan = NULL;
  kernel->workspace_bytes = 0;
  if (s->operands == MP_BFLOAT16)
    s->operands = MP_FLOAT32;
  reserve_operands (kernel, s);
  snprintf (kernel->algorithm, sizeof kernel->algorithm, "direct:%s%s", mp_dtype_name (s->operands),
            spec->program != NULL ? "+program" : "");
  return use_separate (kernel, s, spec);
}

MpStatus
mp_cuda_conv_new (MpKernel           *kernel,
                  const MpKernelSpec *spec)
{
  MpStatus status = check_shapes (spec);
  Conv *s;

  if (status != MP_OK || kernel->probe)
    return status;
  s = mp_kernel_state_new (kernel, sizeof *s);
  if (s == NULL)
    return MP_STATUS_MEMORY;
  kernel->run = run;
  kernel->bound = bound;
  kernel->destroy = destroy;
  read_shapes (kernel, s, spec);
  choose_operands (kernel, s);
  if (s->operands == MP_FLOAT64 || s->n_results == 0 || s->count[0] == 0 || s->count[1] == 0)
    return make_own (kernel, s, spec);
  reserve_operands (kernel, s);
  status = make_cudnn (kernel, s, spec);
  return status == MP_STATUS_UNSUPPORTED ? make_own (kernel, s, spec) : status;
}
