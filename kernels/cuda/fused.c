/* SPDX-License-Identifier: Apache-2.0
 *
 * fused.c: kernels that are generated: programs, single elementwise operations, reductions and broadcasts, which are
 * programs of one instruction or none, and what runs behind products.
 */
#include "kernels/cuda/fused-private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- generated kernels ---- */

MpStatus
mp_generated_init (MpGenerated *generated,
                   MpDevice    *device,
                   MpSource    *source)
{
  MpStatus status;

  memset (generated, 0, sizeof *generated);
  generated->device = device;
  generated->source = *source;
  source->text = NULL;
  status = mp_cuda_code_new (device, generated->source.text, &generated->code);
  generated->source.text = NULL;
  return status;
}

void
mp_generated_clear (MpGenerated *generated)
{
  mp_cuda_code_free (generated->code);
  if (generated->counters != NULL)
    mp_cuda_release (generated->device, generated->counters);
  memset (generated, 0, sizeof *generated);
}

MpStatus
mp_generated_prepare (MpGenerated *generated)
{
  size_t   bytes = generated->source.n_counters * sizeof (unsigned);
  MpStatus status = mp_cuda_code_prepare (generated->code);

  if (status == MP_OK && bytes > 0 && generated->counters == NULL) {
    status = mp_cuda_alloc (generated->device, bytes, &generated->counters);
    if (status == MP_OK)
      status = mp_cuda_fill (generated->device, NULL, generated->counters, 0, bytes);
  }
  return status;
}

MpStatus
mp_generated_run (const MpGenerated *generated,
                  void *const       *inputs,
                  void *const       *outputs,
                  void              *workspace,
                  MpStream          *stream)
{
  const MpCudaDriver *driver = mp_cuda_driver ();
  const MpSource     *source = &generated->source;
  void               *address[MP_SOURCE_MAX_ARGS], *parameters[1] = { address };
  CUfunction          function = mp_cuda_code_function (generated->code);

  if (driver == NULL || function == NULL)
    return driver == NULL ? MP_STATUS_LIBRARY
                          : mp_kernels_fail (MP_STATUS_INVALID, "A generated kernel runs before it was bound.");
  for (int i = 0; i < source->n_args; i++)
    switch (source->arg[i].kind) {
    case MP_ARG_INPUT:
      address[i] = inputs[source->arg[i].index];
      break;
    case MP_ARG_OUTPUT:
      address[i] = outputs[source->arg[i].index];
      break;
    case MP_ARG_WORKSPACE:
      address[i] = (char *) workspace + source->arg[i].offset;
      break;
    case MP_ARG_COUNTERS:
      address[i] = generated->counters;
      break;
    }
  return mp_cuda_driver_check (driver->cuLaunchKernel (function, source->grid[0], source->grid[1], source->grid[2],
                                                       source->block, 1, 1, 0, (CUstream) stream->stream, parameters,
                                                       NULL), "cuLaunchKernel");
}

static MpStatus
run_generated (MpKernel           *kernel,
               MpStream           *stream,
               const MpRunContext *context)
{
  return mp_generated_run (kernel->state, kernel->input, kernel->output, kernel->workspace, stream);
}

static MpStatus
bound_generated (MpKernel *kernel)
{
  return mp_generated_prepare (kernel->state);
}

static void
destroy_generated (MpKernel *kernel)
{
  mp_generated_clear (kernel->state);
}

void
mp_generated_serve (MpKernel *kernel)
{
  kernel->run = run_generated;
  kernel->bound = bound_generated;
  kernel->destroy = destroy_generated;
}

/* ---- programs ---- */

struct MpCudaProgram
{
  int         n;
  size_t      workspace_bytes;
  char        title[72];
  MpGenerated generated[MP_PROGRAM_MAX_SOURCES];
};

MpStatus
mp_cuda_program_new (MpDevice        *device,
                     const MpProgram *program,
                     const MpDtype   *input_dtype,
                     const MpDtype   *output_dtype,
                     MpCudaProgram  **out)
{
  MpSourceTarget target = { device->n_units };
  MpSource       sources[MP_PROGRAM_MAX_SOURCES];
  MpCudaProgram *self = calloc (1, sizeof *self);
  int            n = 0;
  MpStatus       status;

  *out = NULL;
  if (self == NULL)
    return mp_kernels_fail (MP_STATUS_MEMORY, "There is no memory for a generated program.");
  status = mp_source_program (program, input_dtype, output_dtype, &target, sources, &n);
  for (int i = 0; i < n; i++) {
    if (sources[i].workspace_bytes > self->workspace_bytes)
      self->workspace_bytes = sources[i].workspace_bytes;
    if (status == MP_OK)
      status = mp_generated_init (&self->generated[self->n++], device, &sources[i]);
    mp_source_clear (&sources[i]);
  }
  if (status != MP_OK) {
    mp_cuda_program_free (self);
    return status;
  }
  if (n > 1)
    snprintf (self->title, sizeof self->title, "%s and %d more", sources[n - 1].title, n - 1);
  else
    snprintf (self->title, sizeof self->title, "%s", n > 0 ? sources[0].title : "nothing");
  *out = self;
  return MP_OK;
}

void
mp_cuda_program_free (MpCudaProgram *program)
{
  for (int i = 0; program != NULL && i < program->n; i++)
    mp_generated_clear (&program->generated[i]);
  free (program);
}

size_t
mp_cuda_program_workspace (const MpCudaProgram *program)
{
  return program->workspace_bytes;
}

MpStatus
mp_cuda_program_prepare (MpCudaProgram *program)
{
  MpStatus status = MP_OK;

  for (int i = 0; status == MP_OK && i < program->n; i++)
    status = mp_generated_prepare (&program->generated[i]);
  return status;
}

MpStatus
mp_cuda_program_run (const MpCudaProgram *program,
                     void *const         *inputs,
                     void *const         *outputs,
                     void                *workspace,
                     MpStream            *stream)
{
  MpStatus status = MP_OK;

  for (int i = 0; status == MP_OK && i < program->n; i++)
    status = mp_generated_run (&program->generated[i], inputs, outputs, workspace, stream);
  return status;
}

MpStatus
mp_cuda_program_run_after (const MpCudaProgram *program,
                           const MpKernel      *kernel,
                           void                *product,
                           void                *workspace,
                           MpStream            *stream)
{
  void *inputs[MP_PROGRAM_MAX_INPUTS + 1];

  inputs[0] = product;
  for (int i = 2; i < kernel->n_inputs && i <= MP_PROGRAM_MAX_INPUTS; i++)
    inputs[i - 1] = kernel->input[i];
  return mp_cuda_program_run (program, inputs, kernel->output, workspace, stream);
}

/* ---- the kernel ---- */

typedef struct
{
  MpCudaProgram *program;
} Fused;

static MpStatus
run (MpKernel           *kernel,
     MpStream           *stream,
     const MpRunContext *context)
{
  const Fused *fused = kernel->state;

  return mp_cuda_program_run (fused->program, kernel->input, kernel->output, kernel->workspace, stream);
}

static MpStatus
bound (MpKernel *kernel)
{
  return mp_cuda_program_prepare (((Fused *) kernel->state)->program);
}

static void
destroy (MpKernel *kernel)
{
  mp_cuda_program_free (((Fused *) kernel->state)->program);
}

static void
storage_of (const MpTensorType *types,
            int                 n,
            MpDtype            *dtypes)
{
  for (int i = 0; i < n; i++)
    dtypes[i] = types[i].dtype;
}

static MpStatus
set_program (MpKernel        *kernel,
             const MpProgram *program)
{
  MpDtype  input_dtype[MP_PROGRAM_MAX_INPUTS], output_dtype[MP_PROGRAM_MAX_OUTPUTS];
  Fused   *fused = mp_kernel_state_new (kernel, sizeof *fused);
  MpStatus status;

  if (fused == NULL)
    return MP_STATUS_MEMORY;
  storage_of (kernel->input_type, program->n_inputs, input_dtype);
  storage_of (kernel->output_type, program->n_outputs, output_dtype);
  for (int i = 0; i < program->n_inputs + program->n_outputs; i++) {
    MpDtype dtype = i < program->n_inputs ? input_dtype[i] : output_dtype[i - program->n_inputs];

    if (dtype != program->dtype && !(dtype == MP_BFLOAT16 && program->dtype == MP_FLOAT32))
      return mp_kernels_fail (MP_STATUS_UNSUPPORTED, "A %s program cannot have %s tensors.",
                              mp_dtype_name (program->dtype), mp_dtype_name (dtype));
  }
  status = mp_cuda_program_new (kernel->device, program, input_dtype, output_dtype, &fused->program);
  if (status != MP_OK) {
    free (fused);
    kernel->state = NULL;
    return status;
  }
  kernel->destroy = destroy;
  kernel->run = run;
  kernel->bound = bound;
  mp_kernel_reserve (kernel, mp_cuda_program_workspace (fused->program));
  snprintf (kernel->algorithm, sizeof kernel->algorithm, "generated: %s", fused->program->title);
  return MP_OK;
}

/* ---- single operations as programs ---- */

/* Programs compute in float32 where tensors are bfloat16. */
static void
set_domain (MpProgram          *program,
            const MpTensorType *type)
{
  memset (program, 0, sizeof *program);
  program->dtype = type->dtype == MP_BFLOAT16 ? MP_FLOAT32 : type->dtype;
  program->rank = type->rank;
  for (int a = 0; a < type->rank; a++)
    program->dim[a] = type->dim[a];
  program->n_outputs = 1;
  program->output[0].scale = 1.0;
}

/* Axes of size 1 repeat. */
static void
add_input (MpProgram          *program,
           const MpTensorType *type)
{
  int64_t stride = 1;

  for (int a = program->rank - 1; a >= 0; a--) {
    program->input[program->n_inputs].stride[a] = type->dim[a] == 1 ? 0 : stride;
    stride *= type->dim[a];
  }
  program->n_inputs++;
}

static void
reduction_program (const MpKernelSpec *spec,
                   MpProgram          *program)
{
  int64_t count = 1;

  set_domain (program, &spec->inputs[0]);
  add_input (program, &spec->inputs[0]);
  program->output[0].axes = spec->attrs.axes & ((1 << program->rank) - 1);
  program->output[0].reduce = spec->op == MP_OP_MAX ? MP_REDUCE_MAX : MP_REDUCE_SUM;
  for (int a = 0; a < program->rank; a++)
    if (program->output[0].axes >> a & 1)
      count *= program->dim[a];
  if (spec->op == MP_OP_MEAN)
    program->output[0].scale = 1.0 / (double) count;
}

static MpStatus
elementwise_program (const MpKernelSpec *spec,
                     MpProgram          *program)
{
  char text[2][128];

  set_domain (program, &spec->outputs[0]);
  for (int i = 0; i < spec->n_inputs; i++) {
    int wrong = spec->inputs[i].rank != spec->outputs[0].rank;

    for (int a = 0; !wrong && a < program->rank; a++)
      wrong = spec->inputs[i].dim[a] != program->dim[a]
              && !(spec->op == MP_OP_BROADCAST && spec->inputs[i].dim[a] == 1);
    if (wrong)
      return mp_kernels_fail (MP_STATUS_INVALID, "Operand %d of %s is %s; it must fit the result, %s.", i,
                              mp_op_name (spec->op), mp_tensor_text (&spec->inputs[i], text[0], sizeof text[0]),
                              mp_tensor_text (&spec->outputs[0], text[1], sizeof text[1]));
    add_input (program, &spec->inputs[i]);
  }
  if (spec->op == MP_OP_BROADCAST)
    return MP_OK; /* register 0, stored */
  program->n_instructions = 1;
  program->instruction[0].op = spec->op;
  program->instruction[0].scalar[0] = spec->attrs.scalar[0];
  program->instruction[0].scalar[1] = spec->attrs.scalar[1];
  for (int i = 0; i < 3; i++)
    program->instruction[0].src[i] = i < spec->n_inputs ? i : 0;
  program->output[0].reg = program->n_inputs;
  return MP_OK;
}

MpStatus
mp_cuda_fused_new (MpKernel           *kernel,
                   const MpKernelSpec *spec)
{
  MpProgram program;
  MpStatus  status = MP_OK;

  if (spec->op == MP_OP_FUSED) {
    if (spec->program == NULL || spec->n_inputs != spec->program->n_inputs
        || spec->n_outputs != spec->program->n_outputs)
      return mp_kernels_fail (MP_STATUS_INVALID, "A fused kernel needs a program with as many inputs and outputs.");
    return set_program (kernel, spec->program);
  }
  if (spec->n_inputs < 1 || spec->n_outputs != 1)
    return mp_kernels_fail (MP_STATUS_INVALID, "%s has %d operands and %d results.", mp_op_name (spec->op),
                            spec->n_inputs, spec->n_outputs);
  if (mp_op_class (spec->op) == MP_CLASS_REDUCTION)
    reduction_program (spec, &program);
  else
    status = elementwise_program (spec, &program);
  return status == MP_OK ? set_program (kernel, &program) : status;
}
