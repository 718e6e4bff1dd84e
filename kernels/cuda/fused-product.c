/* SPDX-License-Identifier: Apache-2.0
 *
 * fused-product.c: kernels of generated products (source.h), which the product family measures against libraries.
 */
#include "kernels/cuda/fused-private.h"

#include <stdio.h>
#include <stdlib.h>

/* Multiplications beyond which libraries' tiles win, and the program behind them costs little beside. */
#define MOST_WORK ((int64_t) 1 << 28)

/* FALSE where shapes do not go together. */
static int
read_product (const MpKernelSpec *spec,
              MpSourceProduct    *product)
{
  const MpTensorType *a = &spec->inputs[0], *b = &spec->inputs[1];
  int                 rank = a->rank;

  if (spec->n_inputs < 2 || rank < 2 || b->rank != rank || (spec->op != MP_OP_MATMUL && spec->op != MP_OP_SQDIST))
    return 0;
  *product = (MpSourceProduct) { .op = spec->op, .batch = 1 };
  product->transpose_a = spec->op == MP_OP_MATMUL && spec->attrs.transpose_a;
  product->transpose_b = spec->op == MP_OP_SQDIST || spec->attrs.transpose_b;
  product->m = a->dim[rank - (product->transpose_a ? 1 : 2)];
  product->k = a->dim[rank - (product->transpose_a ? 2 : 1)];
  product->n = b->dim[rank - (product->transpose_b ? 2 : 1)];
  for (int i = 0; i < rank - 2; i++) {
    if (a->dim[i] != b->dim[i])
      return 0;
    product->batch *= a->dim[i];
  }
  product->dtype = a->dtype == MP_FLOAT64 ? MP_FLOAT64 : MP_FLOAT32;
  return b->dim[rank - (product->transpose_b ? 1 : 2)] == product->k;
}

static int
has_storage (MpDtype dtype,
             MpDtype compute)
{
  return dtype == compute || (dtype == MP_BFLOAT16 && compute == MP_FLOAT32);
}

int
mp_cuda_generated_product_suits (const MpDevice     *device,
                                 const MpKernelSpec *spec)
{
  MpSourceProduct product;

  if (!read_product (spec, &product) || product.batch * product.m * product.n == 0
      || (spec->program != NULL && product.batch > 1))
    return 0;
  for (int i = 0; spec->program != NULL && i < spec->program->n_outputs; i++)
    if (spec->program->output[i].reduce == MP_CONTRACT)
      return 0;
  return product.batch * product.m * product.n * product.k <= MOST_WORK;
}

MpStatus
mp_cuda_generated_product_new (MpKernel           *kernel,
                               const MpKernelSpec *spec)
{
  MpDtype         input_dtype[MP_PROGRAM_MAX_INPUTS + 1], output_dtype[MP_PROGRAM_MAX_OUTPUTS];
  MpSourceTarget  target = { kernel->device->n_units };
  MpSourceProduct product;
  MpSource        source;
  MpGenerated    *generated;
  int             n_inputs = spec->program != NULL ? spec->program->n_inputs + 1 : 2;
  int             n_outputs = spec->program != NULL ? spec->program->n_outputs : 1;
  MpStatus        status;

  if (!read_product (spec, &product) || spec->n_inputs != n_inputs || spec->n_outputs != n_outputs
      || n_inputs > MP_PROGRAM_MAX_INPUTS + 1 || n_outputs > MP_PROGRAM_MAX_OUTPUTS)
    return mp_kernels_fail (MP_STATUS_INVALID, "%s has operands that do not go together.", mp_op_name (spec->op));
  for (int i = 0; i < n_inputs + n_outputs; i++) {
    MpDtype dtype = i < n_inputs ? spec->inputs[i].dtype : spec->outputs[i - n_inputs].dtype;

    if (!has_storage (dtype, product.dtype))
      return mp_kernels_fail (MP_STATUS_UNSUPPORTED, "A generated product of %s tensors cannot have %s tensors beside.",
                              mp_dtype_name (product.dtype), mp_dtype_name (dtype));
    *(i < n_inputs ? &input_dtype[i] : &output_dtype[i - n_inputs]) = dtype;
  }
  status = mp_source_product (&product, spec->program, input_dtype, output_dtype, &target, &source);
  if (status != MP_OK)
    return status;
  generated = mp_kernel_state_new (kernel, sizeof *generated);
  status = generated != NULL ? mp_generated_init (generated, kernel->device, &source) : MP_STATUS_MEMORY;
  mp_source_clear (&source);
  if (status != MP_OK) {
    free (generated);
    kernel->state = NULL;
    return status;
  }
  mp_generated_serve (kernel);
  mp_kernel_reserve (kernel, source.workspace_bytes);
  snprintf (kernel->algorithm, sizeof kernel->algorithm, "generated: %s", source.title);
  return MP_OK;
}
