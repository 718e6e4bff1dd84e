/* SPDX-License-Identifier: Apache-2.0
 *
 * product.c: matrix products and squared distances, with an optional program as epilogue.
 *
 *   MATMUL   op (A)·op (B) by cuBLASLt (gemm.h), per item of the leading axes
 *   SQDIST   max (0, |x|² + |y|² − 2·x·y): norms first (product.cu), then the product, then the rest as a program
 *
 * Where a program follows there are three ways:
 *   - a bias, a ReLU, a factor, another matrix added: the library does it while it stores the product;
 *   - anything else: the product goes to the workspace and the program, a generated kernel (fused.h), reads it;
 *   - small products: one generated kernel for all, in strict float32. Whether it is faster is measured when the kernel
 *     is bound, and kept (measure.h). In deterministic mode it is taken wherever it suits, unmeasured.
 *
 * Precision: float32 operands are multiplied as the device's precision says. Distances with TF32 or bfloat16 are those
 * of the points rounded to it. Operands of two dtypes become bfloat16 where the precision is BF16, else float32.
 */
#include "kernels/cuda/epilogue.h"
#include "kernels/cuda/fused.h"
#include "kernels/cuda/gemm.h"
#include "kernels/cuda/launchers.h"
#include "kernels/cuda/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SCRATCH ((size_t) 256 << 20) /* with more than this, ways are not measured */

typedef struct
{
  int64_t        m, n, k, batch;
  int            distance;
  MpDtype        operand;         /* what is multiplied */
  MpDtype        product;         /* what the library stores */
  int            convert[2];      /* operands that change their dtype, into converted_at */
  size_t         converted_at[2];
  int            tf32;            /* distances: points rounded into converted_at */
  size_t         norms_at[2];
  int            bias, add;       /* the kernel's inputs, −1 for none */
  int            convert_bias;
  size_t         bias_at;         /* the bias in the product's dtype */
  MpCudaGemm    *gemm;            /* NULL where there is nothing to multiply */
  size_t         gemm_at;
  MpCudaProgram *program;         /* nullable */
  int            n_program_inputs;
  size_t         product_at, program_at;
  MpKernel      *generated;       /* the other way; nullable */
  int            decided;
  int            use_generated;
  char           key[256];
  char           library_name[96];
} Product;

/* ---- shapes ---- */

static MpStatus
check_shapes (const MpKernelSpec *spec)
{
  const MpTensorType *a = &spec->inputs[0], *b = &spec->inputs[1];
  int ta = spec->op == MP_OP_MATMUL && spec->attrs.transpose_a;
  int tb = spec->op == MP_OP_MATMUL ? spec->attrs.transpose_b : 1;
  int wrong = spec->n_inputs < 2 || a->rank < 2 || a->rank != b->rank || a->dtype == MP_INT32 || b->dtype == MP_INT32
              || (a->dtype == MP_FLOAT64) != (b->dtype == MP_FLOAT64) || (spec->op == MP_OP_SQDIST && a->rank != 2);
  char text[2][128];

  for (int i = 0; !wrong && i < a->rank - 2; i++)
    wrong = a->dim[i] != b->dim[i];
  wrong = wrong || a->dim[a->rank - (ta ? 2 : 1)] != b->dim[b->rank - (tb ? 1 : 2)];
  if (wrong)
    return mp_kernels_fail (MP_STATUS_INVALID, "%s cannot combine %s%s and %s%s.", mp_op_name (spec->op),
                            mp_tensor_text (a, text[0], sizeof text[0]), ta ? " transposed" : "",
                            mp_tensor_text (b, text[1], sizeof text[1]), tb ? " transposed" : "");
  return MP_OK;
}

static MpStatus
check_program (const MpKernelSpec *spec)
{
  const MpProgram *program = spec->program;
  MpDtype real = spec->inputs[0].dtype == MP_FLOAT64 ? MP_FLOAT64 : MP_FLOAT32;

  if (program == NULL || (program->n_inputs >= 1 && program->n_inputs + 1 == spec->n_inputs
                          && program->n_outputs == spec->n_outputs && program->dtype == real))
    return MP_OK;
  return mp_kernels_fail (MP_STATUS_INVALID, "The epilogue of %s has %d inputs and %d outputs; the kernel has %d "
                          "and %d.", mp_op_name (spec->op), program->n_inputs, program->n_outputs, spec->n_inputs,
                          spec->n_outputs);
}

static void
read_shapes (MpKernel *kernel,
             Product  *p)
{
  const MpTensorType *a = &kernel->input_type[0], *b = &kernel->input_type[1];
  int rank = a->rank;
  int ta = kernel->op == MP_OP_MATMUL && kernel->attrs.transpose_a;
  int tb = kernel->op == MP_OP_MATMUL ? kernel->attrs.transpose_b : 1;

  p->m = a->dim[ta ? rank - 1 : rank - 2];
  p->k = a->dim[ta ? rank - 2 : rank - 1];
  p->n = b->dim[tb ? rank - 2 : rank - 1];
  p->batch = 1;
  for (int i = 0; i < rank - 2; i++)
    p->batch *= a->dim[i];
  p->distance = kernel->op == MP_OP_SQDIST;
  p->bias = p->add = -1;
}

/* ---- the library's way ---- */

static void
choose_operands (MpKernel *kernel,
                 Product  *p)
{
  MpDtype a = kernel->input_type[0].dtype, b = kernel->input_type[1].dtype;
  MpPrecision precision = kernel->device->options.precision;

  p->operand = a;
  if (a != b || (p->distance && a == MP_FLOAT32 && precision == MP_PRECISION_BF16))
    p->operand = precision == MP_PRECISION_BF16 ? MP_BFLOAT16 : MP_FLOAT32;
  p->convert[0] = a != p->operand;
  p->convert[1] = b != p->operand;
  p->tf32 = p->distance && p->operand == MP_FLOAT32 && precision == MP_PRECISION_TF32;
  p->product = a == MP_FLOAT64 ? MP_FLOAT64 : MP_FLOAT32;
}

static void
reserve_operands (MpKernel *kernel,
                  Product  *p)
{
  int64_t rows[2] = { p->m, p->n };

  for (int i = 0; i < 2; i++) {
    if (p->convert[i] || p->tf32)
      p->converted_at[i] = mp_kernel_reserve (kernel, (size_t) (p->batch * rows[i] * p->k)
                                                      * mp_dtype_size (p->operand));
    if (p->distance)
      p->norms_at[i] = mp_kernel_reserve (kernel, (size_t) rows[i] * mp_dtype_size (p->product));
  }
}

static MpStatus
make_gemm (MpKernel             *kernel,
           Product              *p,
           const MpCudaEpilogue *epilogue)
{
  MpCudaGemmSpec spec = { .m = p->m, .n = p->n, .k = p->k, .batch = p->batch, .operands = p->operand,
                          .result = p->product, .bias = p->product, .has_bias = epilogue->bias >= 0,
                          .has_add = epilogue->add >= 0, .relu = epilogue->activation >= 0,
                          .alpha = epilogue->alpha };

  if (p->batch * p->m * p->n == 0 || p->k == 0)
    return MP_OK;
  spec.transpose_a = kernel->op == MP_OP_MATMUL && kernel->attrs.transpose_a;
  spec.transpose_b = kernel->op == MP_OP_MATMUL ? kernel->attrs.transpose_b : 1;
  return mp_cuda_gemm_new (kernel->device, &spec, &p->gemm);
}

/* The epilogue that the library can do, stored straight to the kernel's output. */
static int
fits_library (MpKernel           *kernel,
              const Product      *p,
              const MpKernelSpec *spec,
              MpCudaEpilogue     *epilogue)
{
  MpDtype out = kernel->output_type[0].dtype;

  if (p->distance || (out == MP_BFLOAT16 && p->operand == MP_FLOAT32) || p->k == 0)
    return 0;
  if (spec->program == NULL)
    return 1;
  return mp_cuda_epilogue_match (spec->program, p->batch * p->m, p->n, epilogue)
         && (epilogue->activation < 0 || epilogue->activation == MP_OP_RELU)
         && (epilogue->add < 0 || kernel->input_type[epilogue->add + 1].dtype == out);
}

/* MP_STATUS_UNSUPPORTED: the program must follow. */
static MpStatus
make_direct (MpKernel           *kernel,
             Product            *p,
             const MpKernelSpec *spec)
{
  MpCudaEpilogue epilogue = { .alpha = 1, .bias = -1, .add = -1, .activation = -1 };
  MpDtype product = p->product;
  MpStatus status;

  if (!fits_library (kernel, p, spec, &epilogue))
    return MP_STATUS_UNSUPPORTED;
  p->product = kernel->output_type[0].dtype;
  status = make_gemm (kernel, p, &epilogue);
  if (status != MP_OK) {
    p->product = product;
    return status;
  }
  p->bias = epilogue.bias < 0 ? -1 : epilogue.bias + 1;
  p->add = epilogue.add < 0 ? -1 : epilogue.add + 1;
  p->convert_bias = p->bias >= 0 && kernel->input_type[p->bias].dtype != p->product;
  if (p->convert_bias)
    p->bias_at = mp_kernel_reserve (kernel, (size_t) p->n * mp_dtype_size (p->product));
  return MP_OK;
}

/* The program, of distances where that is what is wanted, and how its inputs are stored. */
static MpStatus
make_program (MpKernel           *kernel,
              Product            *p,
              const MpKernelSpec *spec)
{
  MpDtype in[MP_PROGRAM_MAX_INPUTS], out[MP_PROGRAM_MAX_OUTPUTS];
  MpProgram program;
  int n = 0;

  if (!p->distance && spec->program == NULL)
    mp_cuda_identity_program (p->product, p->batch * p->m, p->n, &program);
  else if (!p->distance)
    program = *spec->program;
  else if (!mp_cuda_distance_program (spec->program, p->product, p->m, p->n, &program))
    return mp_kernels_fail (MP_STATUS_UNSUPPORTED, "The program behind sqdist is too large for CUDA: %d inputs, %d "
                            "instructions.", spec->program->n_inputs, spec->program->n_instructions);
  in[n++] = p->product;
  if (p->distance) {
    in[n++] = p->product;
    in[n++] = p->product;
  }
  for (int32_t i = 2; i < kernel->n_inputs; i++)
    in[n++] = kernel->input_type[i].dtype;
  for (int32_t i = 0; i < kernel->n_outputs; i++)
    out[i] = kernel->output_type[i].dtype;
  p->n_program_inputs = n;
  return mp_cuda_program_new (kernel->device, &program, in, out, &p->program);
}

static MpStatus
make_library (MpKernel           *kernel,
              Product            *p,
              const MpKernelSpec *spec)
{
  MpCudaEpilogue plain = { .alpha = p->distance ? -2 : 1, .bias = -1, .add = -1, .activation = -1 };
  MpStatus status;

  choose_operands (kernel, p);
  reserve_operands (kernel, p);
  status = make_direct (kernel, p, spec);
  if (status == MP_STATUS_UNSUPPORTED) {
    status = make_gemm (kernel, p, &plain);
    if (status == MP_OK)
      status = make_program (kernel, p, spec);
    if (status == MP_OK) {
      p->product_at = mp_kernel_reserve (kernel, (size_t) (p->batch * p->m * p->n) * mp_dtype_size (p->product));
      p->program_at = mp_kernel_reserve (kernel, mp_cuda_program_workspace (p->program));
    }
  }
  if (status != MP_OK)
    return status;
  if (p->gemm != NULL)
    p->gemm_at = mp_kernel_reserve (kernel, mp_cuda_gemm_workspace (p->gemm));
  snprintf (p->library_name, sizeof p->library_name, "%s%s", p->gemm != NULL ? mp_cuda_gemm_algorithm (p->gemm)
                                                                              : "empty",
            p->program != NULL ? "+program" : (spec->program != NULL ? "+epilogue" : ""));
  return MP_OK;
}

/* ---- running ---- */

static MpStatus
prepare_operands (MpKernel     *kernel,
                  Product      *p,
                  cudaStream_t  stream)
{
  int64_t rows[2] = { p->m, p->n };
  MpStatus status = MP_OK;

  for (int i = 0; status == MP_OK && i < 2; i++) {
    void *converted = kernel->workspace + p->converted_at[i];

    if (p->convert[i])
      status = mp_cuda_check (mp_launch_convert (kernel->input_type[i].dtype, kernel->input[i], p->operand, converted,
                                                 p->batch * rows[i] * p->k, stream), "converting an operand");
    if (status == MP_OK && p->distance)
      status = mp_cuda_check (mp_launch_row_norms (p->operand, p->convert[i] ? converted : kernel->input[i],
                                                   p->tf32 ? converted : NULL, kernel->workspace + p->norms_at[i],
                                                   rows[i], p->k, stream), "norms of rows");
  }
  if (status == MP_OK && p->convert_bias)
    status = mp_cuda_check (mp_launch_convert (kernel->input_type[p->bias].dtype, kernel->input[p->bias], p->product,
                                               kernel->workspace + p->bias_at, p->n, stream), "converting a bias");
  return status;
}

static MpStatus
run_program (MpKernel *kernel,
             Product  *p,
             void     *product,
             MpStream *stream)
{
  void *inputs[MP_PROGRAM_MAX_INPUTS];
  int n = 0;

  inputs[n++] = product;
  if (p->distance) {
    inputs[n++] = kernel->workspace + p->norms_at[0];
    inputs[n++] = kernel->workspace + p->norms_at[1];
  }
  for (int32_t i = 2; i < kernel->n_inputs; i++)
    inputs[n++] = kernel->input[i];
  return mp_cuda_program_run (p->program, inputs, kernel->output, kernel->workspace + p->program_at, stream);
}

static const void *
operand (const MpKernel *kernel,
         const Product  *p,
         int             i)
{
  return p->convert[i] || p->tf32 ? kernel->workspace + p->converted_at[i] : kernel->input[i];
}

static MpStatus
run_library (MpKernel *kernel,
             MpStream *stream)
{
  Product *p = kernel->state;
  void *product = p->program != NULL ? kernel->workspace + p->product_at : kernel->output[0];
  const void *bias = p->convert_bias ? kernel->workspace + p->bias_at : p->bias >= 0 ? kernel->input[p->bias] : NULL;
  MpStatus status = prepare_operands (kernel, p, stream->stream);

  if (status == MP_OK && p->gemm != NULL)
    status = mp_cuda_gemm_run (p->gemm, operand (kernel, p, 0), operand (kernel, p, 1),
                               p->add >= 0 ? kernel->input[p->add] : NULL, bias, product,
                               kernel->workspace + p->gemm_at, stream->stream);
  else if (status == MP_OK)
    status = mp_cuda_fill (kernel->device, stream, product, 0,
                           (size_t) (p->batch * p->m * p->n) * mp_dtype_size (p->product));
  return status == MP_OK && p->program != NULL ? run_program (kernel, p, product, stream) : status;
}

static MpStatus
run (MpKernel           *kernel,
     MpStream           *stream,
     const MpRunContext *context)
{
  Product *p = kernel->state;

  return p->use_generated ? p->generated->run (p->generated, stream, context) : run_library (kernel, stream);
}

/* ---- the two ways ---- */

static void
take (MpKernel *kernel,
      Product  *p,
      int       use_generated)
{
  p->decided = 1;
  p->use_generated = use_generated;
  snprintf (kernel->algorithm, sizeof kernel->algorithm, "%s",
            use_generated ? p->generated->algorithm : p->library_name);
}

/* A kernel of its own that shares this one's types and addresses. */
static MpStatus
make_generated (MpKernel           *kernel,
                Product            *p,
                const MpKernelSpec *spec)
{
  MpKernel *other = calloc (1, sizeof *other);
  MpStatus status;

  if (other == NULL)
    return mp_kernels_fail (MP_STATUS_MEMORY, "There is no memory for a %s kernel.", mp_op_name (kernel->op));
  *other = (MpKernel) { .device = kernel->device, .op = kernel->op, .attrs = kernel->attrs,
                        .n_inputs = kernel->n_inputs, .n_outputs = kernel->n_outputs,
                        .input_type = kernel->input_type, .output_type = kernel->output_type,
                        .input = kernel->input, .output = kernel->output };
  p->generated = other;
  status = mp_cuda_generated_product_new (other, spec);
  if (status != MP_OK) {
    free (other->state);
    free (other);
    p->generated = NULL;
  }
  return status;
}

static void
drop_generated (Product *p)
{
  if (p->generated == NULL)
    return;
  if (p->generated->destroy != NULL)
    p->generated->destroy (p->generated);
  free (p->generated->state);
  free (p->generated);
  p->generated = NULL;
}

static MpStatus
bind_way (MpKernel *kernel,
          Product  *p,
          int       generated)
{
  if (!generated)
    return p->program != NULL ? mp_cuda_program_prepare (p->program) : MP_OK;
  p->generated->workspace = kernel->workspace;
  return p->generated->bound != NULL ? p->generated->bound (p->generated) : MP_OK;
}

static MpStatus
run_trial (void         *data,
           cudaStream_t  on)
{
  MpKernel *kernel = data;
  MpStream stream = { .device = kernel->device, .stream = on };

  return run (kernel, &stream, &(MpRunContext) { 0 });
}

static size_t
place (const MpTensorType *type,
       int32_t             n,
       size_t              at,
       char               *base,
       void              **addresses)
{
  for (int32_t i = 0; i < n; i++) {
    if (base != NULL)
      addresses[i] = base + at;
    at += ((size_t) mp_tensor_count (&type[i]) * mp_dtype_size (type[i].dtype) + 255) / 256 * 256;
  }
  return at;
}

/* Times both ways on scratch memory. */
static void
measure (MpKernel *kernel,
         Product  *p)
{
  size_t bytes = place (kernel->input_type, kernel->n_inputs, 0, NULL, NULL);
  size_t all = place (kernel->output_type, kernel->n_outputs, bytes, NULL, NULL) + kernel->workspace_bytes;
  char *scratch = all <= MAX_SCRATCH ? mp_cuda_scratch_new (kernel->device, all) : NULL;
  double times[2] = { 0 };
  int ran[2] = { 0 };

  if (scratch != NULL) {
    place (kernel->input_type, kernel->n_inputs, 0, scratch, kernel->input);
    kernel->workspace = scratch + place (kernel->output_type, kernel->n_outputs, bytes, scratch, kernel->output);
    for (int way = 0; way < 2; way++) {
      p->use_generated = way;
      ran[way] = bind_way (kernel, p, way) == MP_OK
                 && mp_cuda_measure (kernel->device, run_trial, kernel, &times[way]) == MP_OK;
    }
    mp_cuda_scratch_free (kernel->device, scratch);
  }
  take (kernel, p, ran[1] && (!ran[0] || times[1] < times[0]));
}

static MpStatus
bound (MpKernel *kernel)
{
  Product *p = kernel->state;
  char value[16];

  if (!p->decided) {
    void *inputs[MP_PROGRAM_MAX_INPUTS + MP_PROGRAM_MAX_OUTPUTS + 1], *outputs[MP_PROGRAM_MAX_OUTPUTS];
    char *workspace = kernel->workspace;

    memcpy (inputs, kernel->input, (size_t) kernel->n_inputs * sizeof *inputs);
    memcpy (outputs, kernel->output, (size_t) kernel->n_outputs * sizeof *outputs);
    mp_cuda_measure_begin ();
    if (mp_cuda_choice_find (kernel->device, p->key, value, sizeof value))
      take (kernel, p, strcmp (value, "generated") == 0);
    else {
      measure (kernel, p);
      snprintf (value, sizeof value, "%s", p->use_generated ? "generated" : "library");
      mp_cuda_choice_keep (kernel->device, p->key, value, sizeof value);
      take (kernel, p, strcmp (value, "generated") == 0);
    }
    mp_cuda_measure_end ();
    memcpy (kernel->input, inputs, (size_t) kernel->n_inputs * sizeof *inputs);
    memcpy (kernel->output, outputs, (size_t) kernel->n_outputs * sizeof *outputs);
    kernel->workspace = workspace;
  }
  return bind_way (kernel, p, p->use_generated);
}

static void
write_key (MpKernel           *kernel,
           Product            *p,
           const MpKernelSpec *spec)
{
  char text[2][128], program[32] = "";

  if (spec->program != NULL)
    snprintf (program, sizeof program, " %016llx", (unsigned long long) mp_cuda_program_hash (spec->program));
  snprintf (p->key, sizeof p->key, "way of %s%s %s%s %s%s precision %d", mp_op_name (kernel->op), program,
            mp_tensor_text (&kernel->input_type[0], text[0], sizeof text[0]), kernel->attrs.transpose_a ? "ᵀ" : "",
            mp_tensor_text (&kernel->input_type[1], text[1], sizeof text[1]), kernel->attrs.transpose_b ? "ᵀ" : "",
            (int) kernel->device->options.precision);
}

/* ---- life ---- */

static void
destroy (MpKernel *kernel)
{
  Product *p = kernel->state;

  if (p == NULL)
    return;
  drop_generated (p);
  mp_cuda_program_free (p->program);
  mp_cuda_gemm_free (p->gemm);
}

/* Which ways to make: both where they are to be measured. */
static void
find_ways (MpKernel           *kernel,
           Product            *p,
           const MpKernelSpec *spec,
           int                *library,
           int                *generated)
{
  char value[16];

  *library = 1;
  *generated = p->batch * p->m * p->n > 0 && mp_cuda_generated_product_suits (kernel->device, spec);
  if (*generated && kernel->device->options.deterministic)
    *library = 0;
  else if (*generated && mp_cuda_choice_find (kernel->device, p->key, value, sizeof value)) {
    *generated = strcmp (value, "generated") == 0;
    *library = !*generated;
  }
}

MpStatus
mp_cuda_product_new (MpKernel           *kernel,
                     const MpKernelSpec *spec)
{
  MpStatus status = check_shapes (spec);
  int library, generated;
  Product *p;

  if (status == MP_OK)
    status = check_program (spec);
  if (status != MP_OK || kernel->probe)
    return status;
  p = mp_kernel_state_new (kernel, sizeof *p);
  if (p == NULL)
    return MP_STATUS_MEMORY;
  kernel->destroy = destroy;
  kernel->run = run;
  kernel->bound = bound;
  read_shapes (kernel, p);
  write_key (kernel, p, spec);
  find_ways (kernel, p, spec, &library, &generated);
  if (generated && make_generated (kernel, p, spec) != MP_OK)
    library = 1;
  if (library)
    status = make_library (kernel, p, spec);
  if (status == MP_STATUS_UNSUPPORTED && p->generated == NULL && make_generated (kernel, p, spec) != MP_OK)
    return status;
  if (p->generated != NULL && p->generated->workspace_bytes > kernel->workspace_bytes)
    kernel->workspace_bytes = p->generated->workspace_bytes;
  if (p->generated != NULL && (!library || status != MP_OK))
    take (kernel, p, 1);
  else if (status == MP_OK && p->generated == NULL)
    take (kernel, p, 0);
  return p->generated != NULL ? MP_OK : status;
}
