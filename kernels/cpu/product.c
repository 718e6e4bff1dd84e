/* SPDX-License-Identifier: Apache-2.0
 *
 * product.c: matrix products and squared distances, with an optional program as epilogue.
 *
 * Rows of the product are made in panels that stay in the first-level cache; the epilogue reads each panel while it
 * is hot, and the product itself is never stored where the program does not ask for it. Where the program's domain
 * is not the product's own, the product goes to the workspace whole and the program follows.
 *
 * oneDNN 2.6 is not used: on one core it is no faster for large products and slower at most shapes of toy networks
 * (bench-kernels compares them), it allocates while it runs, and it has no float64.
 */
#include "kernels/cpu/cpu.h"

#include <stdio.h>
#include <string.h>

#define PANEL_BYTES 16384
#define FEW_ROWS 24
#define PANEL_ROWS 128
#define PACK_VECTOR 16          /* columns; the longest vector: nothing of a packed operand is left to narrow.c */
#define PACK_ELEMENTS 16384     /* below which packing it every time costs next to nothing */
#define PARALLEL_WORK (1 << 20) /* m·n·k below which one thread does all */
#define DIRECT_DISTANCE 16      /* columns up to which Σ (x−y)² beats the expansion in speed, as it does in accuracy */

typedef struct
{
  MpGemm  gemm;
  int64_t batch;
  int     distance, direct;       /* squared distances; without expansion */
  int     packed_before;          /* the second operand comes packed */
  int     has_program, by_panels; /* the epilogue runs panel by panel */
  int64_t panel_rows;
  size_t  element;
  size_t  packed_at, packed_bytes; /* op (B) of one batch item */
  size_t  norms_at[2];
  size_t  product_at, panel_bytes; /* panels, or the whole product */
  size_t  scratch_at;
  MpFused fused;
} Product;

static void
read_gemm (MpOp                op,
           const MpAttrs      *attrs,
           const MpTensorType *a,
           const MpTensorType *b,
           MpGemm             *g)
{
  int rank = a->rank;

  g->transpose_a = op == MP_OP_MATMUL ? attrs->transpose_a : 0;
  g->transpose_b = op == MP_OP_MATMUL ? attrs->transpose_b : 1;
  g->m = a->dim[g->transpose_a ? rank - 1 : rank - 2];
  g->k = a->dim[g->transpose_a ? rank - 2 : rank - 1];
  g->n = b->dim[g->transpose_b ? rank - 2 : rank - 1];
  g->lda = a->dim[rank - 1];
  g->ldb = b->dim[rank - 1];
  g->ldc = g->n;
}

static void
read_shapes (MpKernel *kernel,
             Product  *product)
{
  const MpTensorType *a = &kernel->input_type[0];

  read_gemm (kernel->op, &kernel->attrs, a, &kernel->input_type[1], &product->gemm);
  product->batch = 1;
  for (int i = 0; i < a->rank - 2; i++)
    product->batch *= a->dim[i];
  product->element = mp_dtype_size (a->dtype);
}

static MpStatus
check_shapes (const MpKernelSpec *spec)
{
  const MpTensorType *a = &spec->inputs[0], *b = &spec->inputs[1];
  int                 ta = spec->op == MP_OP_MATMUL && spec->attrs.transpose_a;
  int                 tb = spec->op == MP_OP_MATMUL ? spec->attrs.transpose_b : 1;
  int                 wrong = spec->n_inputs < 2 || a->rank < 2 || a->rank != b->rank || a->dtype != b->dtype
                              || a->dtype == MP_INT32;
  char                text[2][128];

  for (int i = 0; !wrong && i < a->rank - 2; i++)
    wrong = a->dim[i] != b->dim[i];
  wrong = wrong || a->dim[a->rank - (ta ? 2 : 1)] != b->dim[b->rank - (tb ? 1 : 2)];
  if (wrong)
    return mp_kernels_fail (MP_STATUS_INVALID, "%s cannot combine %s%s and %s%s.", mp_op_name (spec->op),
                            mp_tensor_text (a, text[0], sizeof text[0]), ta ? " transposed" : "",
                            mp_tensor_text (b, text[1], sizeof text[1]), tb ? " transposed" : "");
  return MP_OK;
}

/* Rows [row0, row1) of item `item` of the product, densely at `to`. */
static void
make_rows (MpKernel      *kernel,
           const Product *product,
           int64_t        item,
           int64_t        row0,
           int64_t        row1,
           void          *to)
{
  const MpGemm *g = &product->gemm;
  const char   *a = (const char *) kernel->input[0] + (size_t) (item * g->m * g->k) * product->element;
  const char   *b = (const char *) kernel->input[1] + (size_t) (item * g->n * g->k) * product->element;
  const void   *packed = product->packed_before ? kernel->input[1] : kernel->workspace + product->packed_at;

  if (product->direct)
    kernel->simd->distance_run (g, a, to, packed, row0, row1);
  else
    kernel->simd->gemm_run (g, a, b, to, packed, row0, row1);
  if (product->distance && !product->direct)
    kernel->simd->sqdist_finish (to, kernel->workspace + product->norms_at[0] + (size_t) row0 * product->element,
                                 kernel->workspace + product->norms_at[1], row1 - row0, g->n);
}

/* A thread's part of op (B) of an item, packed, and of the norms that distances need. */
static void
prepare_item (MpKernel      *kernel,
              const Product *product,
              int64_t        item,
              int            thread)
{
  const MpGemm *g = &product->gemm;
  const char   *a = (const char *) kernel->input[0] + (size_t) (item * g->m * g->k) * product->element;
  const char   *b = (const char *) kernel->input[1] + (size_t) (item * g->n * g->k) * product->element;

  if (product->direct)
    kernel->simd->distance_pack (g, b, kernel->workspace + product->packed_at, thread, kernel->n_threads);
  else
    kernel->simd->gemm_pack (g, b, kernel->workspace + product->packed_at, thread, kernel->n_threads);
  if (product->distance && !product->direct && thread == 0) {
    kernel->simd->row_norms (a, g->m, g->k, kernel->workspace + product->norms_at[0]);
    kernel->simd->row_norms (b, g->n, g->k, kernel->workspace + product->norms_at[1]);
  }
}

/* A thread's share of an item: panels of rows, each followed by the epilogue. */
static void
run_panels (MpKernel      *kernel,
            const Product *product,
            int64_t        item,
            int            thread)
{
  const MpGemm  *g = &product->gemm;
  const MpFused *fused = &product->fused;
  int64_t        n_panels = (g->m + product->panel_rows - 1) / product->panel_rows;
  int64_t        across = (g->n + fused->block_columns - 1) / fused->block_columns;
  char          *panel = kernel->workspace + product->product_at + (size_t) thread * product->panel_bytes;
  void          *scratch = kernel->workspace + product->scratch_at + (size_t) thread * fused->scratch_bytes;
  void          *inputs[MP_PROGRAM_MAX_INPUTS];

  inputs[0] = panel;
  for (int32_t i = 1; i < fused->n_inputs; i++)
    inputs[i] = kernel->input[i + 1];
  for (int64_t p = n_panels * thread / kernel->n_threads; p < n_panels * (thread + 1) / kernel->n_threads; p++) {
    int64_t row0 = p * product->panel_rows;
    int64_t row1 = row0 + product->panel_rows < g->m ? row0 + product->panel_rows : g->m;
    int64_t origin = item * g->m + row0, end = item * g->m + row1;

    make_rows (kernel, product, item, row0, row1, panel);
    kernel->simd->fused_run (fused, inputs, kernel->output, scratch, origin / fused->block_rows * across,
                             (end + fused->block_rows - 1) / fused->block_rows * across, origin);
  }
}

static void
run_rows (MpKernel      *kernel,
          const Product *product,
          int64_t        item,
          int            thread,
          char          *to)
{
  const MpGemm *g = &product->gemm;
  int64_t       row0 = g->m * thread / kernel->n_threads, row1 = g->m * (thread + 1) / kernel->n_threads;

  to += (size_t) ((item * g->m + row0) * g->n) * product->element;
  make_rows (kernel, product, item, row0, row1, to);
}

static void
run_part (MpKernel      *kernel,
          const Product *product,
          int64_t        item,
          int            thread,
          char          *whole)
{
  if (product->by_panels)
    run_panels (kernel, product, item, thread);
  else
    run_rows (kernel, product, item, thread, whole);
}

static void
begin_panels (MpKernel      *kernel,
              const Product *product)
{
  const MpFused *fused = &product->fused;
  void          *inputs[MP_PROGRAM_MAX_INPUTS];

  inputs[0] = kernel->workspace + product->product_at;
  for (int32_t i = 1; i < fused->n_inputs; i++)
    inputs[i] = kernel->input[i + 1];
  for (int t = 0; t < kernel->n_threads; t++)
    kernel->simd->fused_begin (fused, inputs,
                               kernel->workspace + product->scratch_at + (size_t) t * fused->scratch_bytes);
}

static MpStatus
run (MpKernel           *kernel,
     MpStream           *stream,
     const MpRunContext *context)
{
  const Product *product = kernel->state;
  char          *whole = product->has_program ? kernel->workspace + product->product_at : kernel->output[0];
  int            n_threads = kernel->n_threads;

  if (product->by_panels)
    begin_panels (kernel, product);
  for (int64_t item = 0; item < product->batch; item++) {
    if (n_threads <= 1) {
      if (!product->packed_before)
        prepare_item (kernel, product, item, 0);
      run_part (kernel, product, item, 0, whole);
    } else {
#pragma omp parallel num_threads (n_threads)
      {
#pragma omp for schedule (static, 1)
        for (int t = 0; t < (product->packed_before ? 0 : n_threads); t++)
          prepare_item (kernel, product, item, t);
#pragma omp for schedule (static, 1)
        for (int t = 0; t < n_threads; t++)
          run_part (kernel, product, item, t, whole);
      }
    }
  }
  if (product->by_panels)
    kernel->simd->fused_finish (&product->fused, kernel->output, kernel->workspace + product->scratch_at, n_threads);
  else if (product->has_program)
    mp_fused_run_after (kernel, &product->fused, whole, kernel->workspace + product->scratch_at);
  return MP_OK;
}

/* Whether the program can run on ranges of the product's rows. */
static int
fits_panels (const Product *product)
{
  const MpFused      *fused = &product->fused;
  const MpFusedInput *input = &fused->input[0];
  const MpGemm       *g = &product->gemm;

  return fused->n_outer == 0 && fused->rows == product->batch * g->m && fused->columns == g->n
         && (fused->columns == 1 || input->column_stride == 1) && (fused->rows == 1 || input->row_stride == g->n)
         && (product->batch == 1 || g->m % fused->block_rows == 0);
}

/* As many rows as the first-level cache has room for. Where that is a few, packed B would be read from far away for
 * each of them, so then as many as make that little beside the arithmetic, evenly shared out. */
static int64_t
count_panel_rows (const MpKernel *kernel,
                  const Product  *product)
{
  const MpGemm *g = &product->gemm;
  int64_t       step = product->fused.block_rows;
  int64_t       rows = (int64_t) (PANEL_BYTES / product->element) / (g->n > 0 ? g->n : 1) / step * step;
  int64_t       n_panels;

  if (rows < FEW_ROWS && g->m > rows) {
    n_panels = g->m / PANEL_ROWS / kernel->n_threads * kernel->n_threads;
    if (n_panels < kernel->n_threads)
      n_panels = kernel->n_threads;
    rows = ((g->m + n_panels - 1) / n_panels + step - 1) / step * step;
  }
  return rows > step ? rows : step;
}

static MpStatus
plan_program (MpKernel        *kernel,
              Product         *product,
              const MpProgram *program)
{
  MpFused *fused = &product->fused;
  MpGemm  *g = &product->gemm;
  MpStatus status;

  if (program->n_inputs < 1 || program->n_inputs + 1 != kernel->n_inputs || program->n_outputs != kernel->n_outputs
      || program->dtype != kernel->input_type[0].dtype)
    return mp_kernels_fail (MP_STATUS_INVALID, "The epilogue of %s has %d inputs and %d outputs; the kernel has %d "
                            "and %d.", mp_op_name (kernel->op), program->n_inputs, program->n_outputs,
                            kernel->n_inputs, kernel->n_outputs);
  status = mp_fused_plan (program, 1, fused);
  if (status != MP_OK)
    return status;
  product->has_program = 1;
  product->by_panels = fits_panels (product);
  if (!product->by_panels) {
    status = mp_fused_plan (program, 0, fused);
    if (status != MP_OK)
      return status;
    product->panel_bytes = (size_t) (product->batch * g->m * g->n) * product->element;
    product->product_at = mp_kernel_reserve (kernel, product->panel_bytes);
    fused->input[0].extent = 0; /* the product's place overlaps nothing */
    product->scratch_at = mp_kernel_reserve (kernel, fused->scratch_bytes);
    return MP_OK;
  }
  fused->input[0].extent = 0;
  product->panel_rows = count_panel_rows (kernel, product);
  product->panel_bytes = ((size_t) (product->panel_rows * g->n) * product->element + MP_ALIGNMENT - 1)
                         / MP_ALIGNMENT * MP_ALIGNMENT;
  product->product_at = mp_kernel_reserve (kernel, product->panel_bytes * (size_t) kernel->n_threads);
  product->scratch_at = mp_kernel_reserve (kernel, fused->scratch_bytes * (size_t) kernel->n_threads);
  return MP_OK;
}

/* ---- second operands that several products share ---- */

static MpStatus
run_pack (MpKernel           *kernel,
          MpStream           *stream,
          const MpRunContext *context)
{
  const MpGemm *g = kernel->state;

  if (kernel->n_threads <= 1) {
    kernel->simd->gemm_pack (g, kernel->input[0], kernel->output[0], 0, 1);
    return MP_OK;
  }
#pragma omp parallel for num_threads (kernel->n_threads) schedule (static, 1)
  for (int t = 0; t < kernel->n_threads; t++)
    kernel->simd->gemm_pack (g, kernel->input[0], kernel->output[0], t, kernel->n_threads);
  return MP_OK;
}

MpStatus
mp_cpu_pack_new (MpKernel           *kernel,
                 const MpKernelSpec *spec)
{
  const MpTensorType *b = &spec->inputs[0];
  MpTensorType        a = { .rank = 2, .dtype = b->dtype, .dim = { MP_NARROW + 1 } };
  const MpAttrs       attrs = { .transpose_b = spec->attrs.transpose_b };
  MpGemm             *g;

  if (spec->n_inputs != 1 || spec->n_outputs != 1 || b->rank != 2 || b->dtype == MP_INT32)
    return mp_kernels_fail (MP_STATUS_INVALID, "Only a matrix of floating-point numbers can be packed.");
  g = mp_kernel_state_new (kernel, sizeof *g);
  if (g == NULL)
    return MP_STATUS_MEMORY;
  a.dim[1] = b->dim[attrs.transpose_b ? 1 : 0];
  read_gemm (MP_OP_MATMUL, &attrs, &a, b, g);
  kernel->simd = kernel->device->simd[b->dtype];
  if (g->n % PACK_VECTOR != 0
      || (size_t) mp_tensor_count (&spec->outputs[0]) * mp_dtype_size (b->dtype) != kernel->simd->gemm_scratch (g))
    return mp_kernels_fail (MP_STATUS_INVALID, "A packed operand is as long as packed_bytes () says.");
  kernel->n_threads = g->n * g->k < PARALLEL_WORK / 16 ? 1 : kernel->device->n_threads;
  kernel->run = run_pack;
  snprintf (kernel->algorithm, sizeof kernel->algorithm, "pack:%s", kernel->simd->name);
  return MP_OK;
}

size_t
mp_cpu_packed_bytes (MpDevice           *device,
                     const MpKernelSpec *spec)
{
  MpGemm g;

  if (spec->op != MP_OP_MATMUL || spec->inputs[0].rank != 2 || check_shapes (spec) != MP_OK)
    return 0;
  read_gemm (spec->op, &spec->attrs, &spec->inputs[0], &spec->inputs[1], &g);
  if (g.m <= MP_NARROW || g.n <= MP_NARROW || g.n % PACK_VECTOR != 0 || g.n * g.k < PACK_ELEMENTS)
    return 0;
  return device->simd[spec->inputs[0].dtype]->gemm_scratch (&g);
}

MpStatus
mp_cpu_product_new (MpKernel           *kernel,
                    const MpKernelSpec *spec)
{
  MpStatus status = check_shapes (spec);
  Product *product;
  MpGemm  *g;
  int      narrow;

  if (status != MP_OK)
    return status;
  product = mp_kernel_state_new (kernel, sizeof *product);
  if (product == NULL)
    return MP_STATUS_MEMORY;
  read_shapes (kernel, product);
  g = &product->gemm;
  kernel->simd = kernel->device->simd[kernel->input_type[0].dtype];
  kernel->n_threads = g->m * g->n * g->k < PARALLEL_WORK ? 1 : kernel->device->n_threads;
  product->distance = kernel->op == MP_OP_SQDIST;
  product->direct = product->distance && g->k <= DIRECT_DISTANCE;
  product->packed_before = kernel->op == MP_OP_MATMUL && (kernel->attrs.flags & MP_PACKED) != 0;
  if (!product->packed_before)
    product->packed_at = mp_kernel_reserve (kernel, product->direct ? kernel->simd->distance_scratch (g)
                                                                    : kernel->simd->gemm_scratch (g));
  if (product->distance && !product->direct) {
    product->norms_at[0] = mp_kernel_reserve (kernel, (size_t) g->m * product->element);
    product->norms_at[1] = mp_kernel_reserve (kernel, (size_t) g->n * product->element);
  }
  if (spec->program != NULL)
    status = plan_program (kernel, product, spec->program);
  kernel->run = run;
  narrow = g->n <= MP_NARROW || (g->m <= MP_NARROW && !g->transpose_b);
  snprintf (kernel->algorithm, sizeof kernel->algorithm, "%s:%s",
            product->direct ? "differences" : (narrow ? "narrow" : "tiles"), kernel->simd->name);
  return status;
}
