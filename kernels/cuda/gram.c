/* SPDX-License-Identifier: Apache-2.0
 *
 * gram.c: Gram matrices and their gradients: squared distances or products of rows with rows, a program over them, and
 * out of it sums, maxima and products with further operands (contractions, device.h), all without the matrix in memory.
 *
 *   few dimensions    one generated kernel (source-gram.c): distances as sums of squared differences, in strict float32
 *                     or float64
 *   many              tiles of the matrix in the workspace, made and multiplied by cuBLASLt as the device's precision
 *                     says (gram-panels.c)
 *
 * What matters is how often a point's exponentials are computed and how often its matrix entry moves: in one generated
 * kernel once and never; with tiles once and five times, but between the level-2 cache and the multiprocessors.
 */
#include "kernels/cuda/gram.h"

#include "kernels/cuda/fused-private.h"

#include <stdio.h>

/* ---- the spec ---- */

static MpStatus
check_operands (const MpKernelSpec *spec,
                MpCudaPairs        *pairs)
{
  const MpProgram *program = spec->program;

  for (int32_t o = 0; o < program->n_outputs; o++) {
    int32_t operand = program->output[o].operand, axes = program->output[o].axes;
    const MpTensorType *v;

    if (program->output[o].reduce != MP_CONTRACT)
      continue;
    v = operand > 1 && operand < spec->n_inputs ? &spec->inputs[operand] : NULL;
    if (v == NULL || (axes != 1 && axes != 2) || v->rank != 2 || v->dim[0] != (axes == 2 ? pairs->n : pairs->m))
      return mp_kernels_fail (MP_STATUS_INVALID, "Output %d of %s contracts axes %d of %lld×%lld with input %d, which does "
                              "not fit.", o, mp_op_name (spec->op), axes, (long long) pairs->m, (long long) pairs->n,
                              operand);
    pairs->columns[o] = v->dim[1];
  }
  return MP_OK;
}

MpStatus
mp_cuda_pairs_read (const MpKernelSpec *spec,
                    MpCudaPairs        *out)
{
  const MpProgram *program = spec->program;
  const MpTensorType *x = &spec->inputs[0], *y = &spec->inputs[1];
  int rows = spec->op == MP_OP_SQDIST || (spec->attrs.transpose_b && !spec->attrs.transpose_a);

  *out = (MpCudaPairs) { .distance = spec->op == MP_OP_SQDIST };
  if (spec->n_inputs < 2 || program == NULL || x->rank != 2 || y->rank != 2 || !rows || program->rank != 2)
    return mp_kernels_fail (MP_STATUS_UNSUPPORTED, "Only distances and products of rows with rows, with a program over "
                            "the pairs, are computed without their matrix.");
  out->m = x->dim[0];
  out->n = y->dim[0];
  out->k = x->dim[1];
  out->dtype = program->dtype;
  if (y->dim[1] != out->k || program->dim[0] != out->m || program->dim[1] != out->n || program->n_inputs < 1
      || program->n_inputs + 1 > spec->n_inputs || program->n_outputs != spec->n_outputs)
    return mp_kernels_fail (MP_STATUS_INVALID, "The program over pairs of %lld×%lld and %lld×%lld has %lld×%lld points, %d "
                            "inputs and %d outputs; the kernel has %d and %d.", (long long) out->m, (long long) out->k,
                            (long long) out->n, (long long) y->dim[1], (long long) program->dim[0],
                            (long long) program->dim[1], program->n_inputs, program->n_outputs, spec->n_inputs,
                            spec->n_outputs);
  for (int32_t i = 0; i < spec->n_inputs + spec->n_outputs; i++) {
    const MpTensorType *type = i < spec->n_inputs ? &spec->inputs[i] : &spec->outputs[i - spec->n_inputs];

    if (type->dtype != out->dtype)
      return mp_kernels_fail (MP_STATUS_UNSUPPORTED, "Pairs in %s cannot have a tensor in %s.",
                              mp_dtype_name (out->dtype), mp_dtype_name (type->dtype));
  }
  return check_operands (spec, out);
}

/* ---- no pairs ---- */

static MpStatus
run_empty (MpKernel           *kernel,
           MpStream           *stream,
           const MpRunContext *context)
{
  MpStatus status = MP_OK;

  for (int32_t o = 0; status == MP_OK && o < kernel->n_outputs; o++)
    status = mp_cuda_fill (kernel->device, stream, kernel->output[o], 0,
                           (size_t) mp_tensor_count (&kernel->output_type[o])
                           * mp_dtype_size (kernel->output_type[o].dtype));
  return status;
}

/* Sums over nothing are 0; a maximum over nothing is left to others. */
static MpStatus
make_empty (MpKernel           *kernel,
            const MpKernelSpec *spec)
{
  for (int32_t o = 0; o < spec->program->n_outputs; o++)
    if (spec->program->output[o].reduce == MP_REDUCE_MAX)
      return mp_kernels_fail (MP_STATUS_UNSUPPORTED, "There is no maximum over no pairs.");
  kernel->run = run_empty;
  snprintf (kernel->algorithm, sizeof kernel->algorithm, "no pairs");
  return MP_OK;
}

/* ---- the generated kernel ---- */

static MpStatus
make_generated (MpKernel           *kernel,
                const MpKernelSpec *spec,
                const MpCudaPairs  *pairs)
{
  const MpSourceTarget target = { kernel->device->n_units };
  const MpSourceProduct product = { .op = spec->op, .dtype = pairs->dtype, .batch = 1, .m = pairs->m, .n = pairs->n,
                                    .k = pairs->k, .transpose_b = 1 };
  MpGenerated *generated;
  MpSource source;
  MpStatus status = mp_source_gram (&product, spec->program, pairs->columns, &target, &source);

  if (status != MP_OK)
    return status;
  if (kernel->probe) {
    mp_source_clear (&source);
    return MP_OK;
  }
  generated = mp_kernel_state_new (kernel, sizeof *generated);
  status = generated != NULL ? mp_generated_init (generated, kernel->device, &source) : MP_STATUS_MEMORY;
  if (status == MP_OK) {
    mp_generated_serve (kernel);
    mp_kernel_reserve (kernel, source.workspace_bytes);
    snprintf (kernel->algorithm, sizeof kernel->algorithm, "generated: %s", source.title);
  }
  mp_source_clear (&source);
  return status;
}

/* ---- the family ---- */

static MpStatus
make (MpKernel           *kernel,
      const MpKernelSpec *spec,
      const MpCudaPairs  *pairs)
{
  MpStatus status;

  if (pairs->m == 0 || pairs->n == 0)
    return make_empty (kernel, spec);
  status = make_generated (kernel, spec, pairs);
  return status == MP_STATUS_UNSUPPORTED ? mp_cuda_gram_panels_new (kernel, spec, pairs) : status;
}

static int
has_contraction (const MpProgram *program)
{
  for (int32_t o = 0; program != NULL && o < program->n_outputs; o++)
    if (program->output[o].reduce == MP_CONTRACT)
      return 1;
  return 0;
}

int
mp_cuda_gram_suits (const MpKernelSpec *spec)
{
  int rows = spec->op == MP_OP_SQDIST || (spec->attrs.transpose_b && !spec->attrs.transpose_a);
  int reduced = spec->program != NULL && spec->program->rank == 2 && spec->program->n_outputs > 0 && rows;

  for (int32_t o = 0; reduced && o < spec->program->n_outputs; o++)
    reduced = spec->program->output[o].reduce != MP_STORE;
  return reduced || has_contraction (spec->program);
}

MpStatus
mp_cuda_gram_new (MpKernel           *kernel,
                  const MpKernelSpec *spec)
{
  MpCudaPairs pairs;
  MpStatus status = mp_cuda_pairs_read (spec, &pairs);

  if (status == MP_OK)
    status = make (kernel, spec, &pairs);
  /* Without contractions it is a product with an epilogue like any other. */
  if (status == MP_STATUS_UNSUPPORTED && kernel->state == NULL && !has_contraction (spec->program))
    return mp_cuda_product_new (kernel, spec);
  return status;
}
