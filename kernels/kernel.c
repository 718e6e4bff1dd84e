/* SPDX-License-Identifier: Apache-2.0
 *
 * kernel.c: see kernel.h.
 */
#include "kernels/kernel.h"

#include <stdlib.h>
#include <string.h>

static int
copy_types (const MpTensorType *types,
            int32_t             n,
            MpTensorType      **copy,
            void             ***addresses)
{
  *copy = calloc ((size_t) n + 1, sizeof **copy);
  *addresses = calloc ((size_t) n + 1, sizeof **addresses);
  if (*copy == NULL || *addresses == NULL)
    return 0;
  if (n > 0)
    memcpy (*copy, types, (size_t) n * sizeof **copy);
  return 1;
}

MpKernel *
mp_kernel_new (MpDevice           *device,
               const MpKernelSpec *spec)
{
  MpKernel *kernel = calloc (1, sizeof *kernel);

  if (kernel != NULL) {
    kernel->device = device;
    kernel->op = spec->op;
    kernel->attrs = spec->attrs;
    kernel->n_inputs = spec->n_inputs;
    kernel->n_outputs = spec->n_outputs;
    if (copy_types (spec->inputs, spec->n_inputs, &kernel->input_type, &kernel->input)
        && copy_types (spec->outputs, spec->n_outputs, &kernel->output_type, &kernel->output))
      return kernel;
  }
  mp_kernel_free (kernel);
  mp_kernels_fail (MP_STATUS_MEMORY, "There is no memory for a %s kernel.", mp_op_name (spec->op));
  return NULL;
}

void
mp_kernel_free (MpKernel *kernel)
{
  if (kernel == NULL)
    return;
  if (kernel->destroy != NULL)
    kernel->destroy (kernel);
  free (kernel->state);
  free (kernel->input_type);
  free (kernel->output_type);
  free (kernel->input);
  free (kernel->output);
  free (kernel);
}

void *
mp_kernel_state_new (MpKernel *kernel,
                     size_t    bytes)
{
  kernel->state = calloc (1, bytes);
  if (kernel->state == NULL)
    mp_kernels_fail (MP_STATUS_MEMORY, "There is no memory for a %s kernel.", mp_op_name (kernel->op));
  return kernel->state;
}

size_t
mp_kernel_reserve (MpKernel *kernel,
                   size_t    bytes)
{
  size_t at = kernel->workspace_bytes;

  kernel->workspace_bytes += (bytes + MP_ALIGNMENT - 1) / MP_ALIGNMENT * MP_ALIGNMENT;
  return at;
}

size_t
mp_kernel_workspace (const MpKernel *kernel)
{
  return kernel->workspace_bytes;
}

MpStatus
mp_kernel_bind (MpKernel    *kernel,
                void *const *inputs,
                void *const *outputs,
                void        *workspace)
{
  for (int32_t i = 0; i < kernel->n_inputs; i++)
    kernel->input[i] = inputs[i];
  for (int32_t i = 0; i < kernel->n_outputs; i++)
    kernel->output[i] = outputs[i];
  kernel->workspace = workspace;
  return kernel->bound != NULL ? kernel->bound (kernel) : MP_OK;
}

const char *
mp_kernel_algorithm (const MpKernel *kernel)
{
  return kernel->algorithm;
}

MpStatus
mp_program_check (const MpProgram *program)
{
  if (program->dtype != MP_FLOAT32 && program->dtype != MP_FLOAT64)
    return mp_kernels_fail (MP_STATUS_UNSUPPORTED, "A fused program has dtype %s; float32 and float64 are possible.",
                            mp_dtype_name (program->dtype));
  if (program->rank > MP_MAX_RANK || program->n_inputs > MP_PROGRAM_MAX_INPUTS
      || program->n_instructions > MP_PROGRAM_MAX_INSTRUCTIONS || program->n_outputs > MP_PROGRAM_MAX_OUTPUTS)
    return mp_kernels_fail (MP_STATUS_INVALID, "A fused program has %d inputs, %d instructions and %d outputs; "
                            "at most %d, %d and %d are possible.", program->n_inputs, program->n_instructions,
                            program->n_outputs, MP_PROGRAM_MAX_INPUTS, MP_PROGRAM_MAX_INSTRUCTIONS,
                            MP_PROGRAM_MAX_OUTPUTS);
  for (int32_t i = 0; i < program->n_instructions; i++) {
    const MpInstruction *instruction = &program->instruction[i];

    if (instruction->op == MP_OP_CONSTANT)
      continue;
    if (mp_op_class ((MpOp) instruction->op) != MP_CLASS_ELEMENTWISE)
      return mp_kernels_fail (MP_STATUS_UNSUPPORTED, "Instruction %d of a fused program is %s, which is not "
                              "elementwise.", i, mp_op_name ((MpOp) instruction->op));
    for (int j = 0; j < mp_op_arity ((MpOp) instruction->op); j++)
      if (instruction->src[j] < 0 || instruction->src[j] >= program->n_inputs + i)
        return mp_kernels_fail (MP_STATUS_INVALID, "Instruction %d of a fused program reads register %d, which is "
                                "not written before.", i, instruction->src[j]);
  }
  for (int32_t o = 0; o < program->n_outputs; o++)
    if (program->output[o].reg < 0 || program->output[o].reg >= program->n_inputs + program->n_instructions)
      return mp_kernels_fail (MP_STATUS_INVALID, "Output %d of a fused program is register %d of %d.", o,
                              program->output[o].reg, program->n_inputs + program->n_instructions);
  return MP_OK;
}
