/* SPDX-License-Identifier: Apache-2.0
 *
 * conv.c: convolution and its two adjoints, x N·H·W·C, w Cout·Kh·Kw·C, y N·Oh·Ow·Cout.
 *
 * One image at a time is unfolded into patches P (Oh·Ow × Kh·Kw·C); then
 *   y  = P·Wᵀ            dP = dy·W, folded back into dx by adding            dW = Σ_images dyᵀ·P
 * A weight gradient takes several small images together, so that its products are long enough to be worth their adding.
 * Threads share the images out; each sums its own dW, and these are added in the threads' order.
 *
 * bench-conv compares it with oneDNN.
 */
#include "kernels/cpu/cpu.h"

#include <stdio.h>
#include <string.h>

#define PARALLEL_WORK 1e6 /* multiplications below which one thread does all */
#define SHORT_ROW 64       /* bytes */
#define WEIGHT_POSITIONS 256 /* that a product of a weight gradient should sum over */

typedef struct
{
  int64_t n, h, w, c, out_h, out_w, out_c, kernel_h, kernel_w;
  int64_t block;                  /* images in one product */
  size_t  element;
  MpGemm  gemm;
  size_t  packed_at;              /* of W, shared */
  size_t  thread_at, thread_bytes; /* a thread's patches, then what follows at these offsets */
  size_t  own_packed, own_sum, own_term;
  size_t  product_at, scratch_at;
  int     has_program;
  MpFused fused;
} Conv;

/* Calls of memcpy () would take longer than they copy. */
static inline void
copy_short (char       *to,
            const char *from,
            size_t      bytes)
{
  for (size_t i = 0; i < bytes; i += sizeof (uint32_t))
    memcpy (to + i, from + i, sizeof (uint32_t));
}

/* A kernel row of a patch is contiguous in x; [first, end) of it lies inside the image. */
static void
unfold (const Conv    *s,
        const MpAttrs *a,
        const char    *x,
        char          *patches)
{
  size_t pixel = (size_t) s->c * s->element, row = (size_t) s->kernel_w * pixel;

  for (int64_t i = 0; i < s->out_h; i++)
    for (int64_t j = 0; j < s->out_w; j++)
      for (int64_t ki = 0; ki < s->kernel_h; ki++, patches += row) {
        int64_t y = i * a->stride[0] - a->pad_before[0] + ki;
        int64_t left = j * a->stride[1] - a->pad_before[1];
        int64_t first = left < 0 ? -left : 0, end = s->w - left < s->kernel_w ? s->w - left : s->kernel_w;

        if (y < 0 || y >= s->h || end <= first) {
          memset (patches, 0, row);
          continue;
        }
        if (row <= SHORT_ROW && first == 0 && end == s->kernel_w) {
          copy_short (patches, x + (size_t) (y * s->w + left) * pixel, row);
          continue;
        }
        memset (patches, 0, (size_t) first * pixel);
        memcpy (patches + (size_t) first * pixel, x + (size_t) (y * s->w + left + first) * pixel,
                (size_t) (end - first) * pixel);
        memset (patches + (size_t) end * pixel, 0, (size_t) (s->kernel_w - end) * pixel);
      }
}

static void
add (size_t      element,
     void       *to,
     const void *from,
     int64_t     n)
{
  if (element == 4)
    for (int64_t i = 0; i < n; i++)
      ((float *) to)[i] += ((const float *) from)[i];
  else
    for (int64_t i = 0; i < n; i++)
      ((double *) to)[i] += ((const double *) from)[i];
}

static void
fold (const Conv    *s,
      const MpAttrs *a,
      const char    *patches,
      char          *x)
{
  size_t pixel = (size_t) s->c * s->element, row = (size_t) s->kernel_w * pixel;

  memset (x, 0, (size_t) (s->h * s->w) * pixel);
  for (int64_t i = 0; i < s->out_h; i++)
    for (int64_t j = 0; j < s->out_w; j++)
      for (int64_t ki = 0; ki < s->kernel_h; ki++, patches += row) {
        int64_t y = i * a->stride[0] - a->pad_before[0] + ki;
        int64_t left = j * a->stride[1] - a->pad_before[1];
        int64_t first = left < 0 ? -left : 0, end = s->w - left < s->kernel_w ? s->w - left : s->kernel_w;

        if (y >= 0 && y < s->h && end > first)
          add (s->element, x + (size_t) (y * s->w + left + first) * pixel, patches + (size_t) first * pixel,
               (end - first) * s->c);
      }
}

/* The weight gradient of images [first, last), in the thread's sum. */
static void
sum_weights (MpKernel   *kernel,
             const Conv *s,
             char       *own,
             int64_t     first,
             int64_t     last)
{
  int64_t positions = s->out_h * s->out_w, n = s->gemm.m * s->gemm.n;
  size_t  x_bytes = (size_t) (s->h * s->w * s->c) * s->element, y_bytes = (size_t) (positions * s->out_c) * s->element;
  size_t  patch_bytes = (size_t) (positions * s->kernel_h * s->kernel_w * s->c) * s->element;
  char   *sum = own + s->own_sum, *term = own + s->own_term;

  memset (sum, 0, (size_t) n * s->element);
  for (int64_t i = first; i < last; i += s->block) {
    int64_t     count = last - i < s->block ? last - i : s->block;
    const char *dy = (const char *) kernel->input[1] + (size_t) i * y_bytes;
    MpGemm      g = s->gemm;

    g.k = positions * count;
    for (int64_t k = 0; k < count; k++)
      unfold (s, &kernel->attrs, (const char *) kernel->input[0] + (size_t) (i + k) * x_bytes,
              own + (size_t) k * patch_bytes);
    kernel->simd->gemm_pack (&g, own, own + s->own_packed, 0, 1);
    kernel->simd->gemm_run (&g, dy, own, term, own + s->own_packed, 0, g.m);
    add (s->element, sum, term, n);
  }
}

/* Images [first, last). */
static void
run_images (MpKernel   *kernel,
            const Conv *s,
            char       *out,
            char       *own,
            int64_t     first,
            int64_t     last)
{
  const MpSimd *simd = kernel->simd;
  const MpGemm *g = &s->gemm;
  char         *packed = kernel->workspace + s->packed_at;
  const char   *a = kernel->input[0], *b = kernel->input[1];
  size_t        x_bytes = (size_t) (s->h * s->w * s->c) * s->element;
  size_t        y_bytes = (size_t) (s->out_h * s->out_w * s->out_c) * s->element;

  if (kernel->op == MP_OP_CONV_WEIGHT) {
    sum_weights (kernel, s, own, first, last);
    return;
  }
  for (int64_t i = first; i < last; i++)
    if (kernel->op == MP_OP_CONV) {
      unfold (s, &kernel->attrs, a + (size_t) i * x_bytes, own);
      simd->gemm_run (g, own, b, out + (size_t) i * y_bytes, packed, 0, g->m);
    } else {
      simd->gemm_run (g, a + (size_t) i * y_bytes, b, own, packed, 0, g->m);
      fold (s, &kernel->attrs, own, out + (size_t) i * x_bytes);
    }
}

static MpStatus
run (MpKernel           *kernel,
     MpStream           *stream,
     const MpRunContext *context)
{
  const Conv *s = kernel->state;
  char       *out = s->has_program ? kernel->workspace + s->product_at : kernel->output[0];
  char       *own = kernel->workspace + s->thread_at;
  int         n_threads = kernel->n_threads;

  if (kernel->op != MP_OP_CONV_WEIGHT)
    kernel->simd->gemm_pack (&s->gemm, kernel->input[1], kernel->workspace + s->packed_at, 0, 1);
  if (n_threads <= 1)
    run_images (kernel, s, out, own, 0, s->n);
  else {
#pragma omp parallel for num_threads (n_threads) schedule (static, 1)
    for (int t = 0; t < n_threads; t++)
      run_images (kernel, s, out, own + (size_t) t * s->thread_bytes, s->n * t / n_threads, s->n * (t + 1) / n_threads);
  }
  if (kernel->op == MP_OP_CONV_WEIGHT) {
    memcpy (out, own + s->own_sum, (size_t) (s->gemm.m * s->gemm.n) * s->element);
    for (int t = 1; t < n_threads; t++)
      add (s->element, out, own + (size_t) t * s->thread_bytes + s->own_sum, s->gemm.m * s->gemm.n);
  }
  if (s->has_program)
    mp_fused_run_after (kernel, &s->fused, out, kernel->workspace + s->scratch_at);
  return MP_OK;
}

static size_t
aligned (size_t bytes)
{
  return (bytes + MP_ALIGNMENT - 1) / MP_ALIGNMENT * MP_ALIGNMENT;
}

static void
reserve_memory (MpKernel *kernel,
                Conv     *s)
{
  size_t patches = aligned ((size_t) (s->block * s->out_h * s->out_w * s->kernel_h * s->kernel_w * s->c) * s->element);
  size_t packed = aligned (kernel->simd->gemm_scratch (&s->gemm));
  size_t result = aligned ((size_t) (s->gemm.m * s->gemm.n) * s->element);
  double work = (double) s->n * (double) s->gemm.m * (double) s->gemm.n * (double) s->gemm.k / (double) s->block;

  kernel->n_threads = work < PARALLEL_WORK || s->n < kernel->device->n_threads ? 1 : kernel->device->n_threads;
  s->thread_bytes = patches;
  if (kernel->op == MP_OP_CONV_WEIGHT) {
    s->own_packed = patches;
    s->own_sum = s->own_packed + packed;
    s->own_term = s->own_sum + result;
    s->thread_bytes = s->own_term + result;
  } else
    s->packed_at = mp_kernel_reserve (kernel, packed);
  s->thread_at = mp_kernel_reserve (kernel, s->thread_bytes * (size_t) kernel->n_threads);
}

static void
set_product (MpOp    op,
             Conv   *s)
{
  MpGemm *g = &s->gemm;
  int64_t patch = s->kernel_h * s->kernel_w * s->c, positions = s->out_h * s->out_w;

  if (op == MP_OP_CONV)
    *g = (MpGemm) { .m = positions, .n = s->out_c, .k = patch, .transpose_b = 1, .lda = patch, .ldb = patch };
  else if (op == MP_OP_CONV_DATA)
    *g = (MpGemm) { .m = positions, .n = patch, .k = s->out_c, .lda = s->out_c, .ldb = patch };
  else
    *g = (MpGemm) { .m = s->out_c, .n = patch, .k = positions * s->block, .transpose_a = 1, .lda = s->out_c, .ldb = patch };
  g->ldc = g->n;
}

MpStatus
mp_cpu_conv_new (MpKernel           *kernel,
                 const MpKernelSpec *spec)
{
  const MpTensorType *x = kernel->op == MP_OP_CONV_DATA ? &kernel->output_type[0] : &kernel->input_type[0];
  const MpTensorType *w = kernel->op == MP_OP_CONV_WEIGHT ? &kernel->output_type[0] : &kernel->input_type[1];
  const MpTensorType *y = kernel->op == MP_OP_CONV_DATA ? &kernel->input_type[0] : &kernel->input_type[1];
  int                 with_program = kernel->op == MP_OP_CONV && spec->program != NULL;
  Conv               *s;
  MpStatus            status;

  if (x->rank != 4 || w->rank != 4 || x->dtype == MP_INT32 || x->dtype != w->dtype || w->dim[3] != x->dim[3])
    return mp_kernels_fail (MP_STATUS_INVALID, "%s needs images N×H×W×C and weights Cout×Kh×Kw×C of one dtype.",
                            mp_op_name (kernel->op));
  s = mp_kernel_state_new (kernel, sizeof *s);
  if (s == NULL)
    return MP_STATUS_MEMORY;
  *s = (Conv) { .n = x->dim[0], .h = x->dim[1], .w = x->dim[2], .c = x->dim[3], .out_c = w->dim[0],
                .kernel_h = w->dim[1], .kernel_w = w->dim[2], .element = mp_dtype_size (x->dtype) };
  s->out_h = (s->h + kernel->attrs.pad_before[0] + kernel->attrs.pad_after[0] - s->kernel_h)
             / kernel->attrs.stride[0] + 1;
  s->out_w = (s->w + kernel->attrs.pad_before[1] + kernel->attrs.pad_after[1] - s->kernel_w)
             / kernel->attrs.stride[1] + 1;
  if (kernel->op != MP_OP_CONV && (y->rank != 4 || y->dim[1] != s->out_h || y->dim[2] != s->out_w))
    return mp_kernels_fail (MP_STATUS_INVALID, "%s has an output gradient that does not fit its geometry.",
                            mp_op_name (kernel->op));
  kernel->simd = kernel->device->simd[x->dtype];
  s->block = kernel->op == MP_OP_CONV_WEIGHT && s->out_h * s->out_w > 0 ? WEIGHT_POSITIONS / (s->out_h * s->out_w) : 1;
  s->block = s->block < 1 ? 1 : s->block > s->n && s->n > 0 ? s->n : s->block;
  set_product (kernel->op, s);
  reserve_memory (kernel, s);
  if (with_program) {
    status = mp_fused_plan (spec->program, 0, &s->fused);
    if (status != MP_OK)
      return status;
    s->has_program = 1;
    s->fused.input[0].extent = 0;
    s->product_at = mp_kernel_reserve (kernel, (size_t) (s->n * s->out_h * s->out_w * s->out_c) * s->element);
    s->scratch_at = mp_kernel_reserve (kernel, s->fused.scratch_bytes);
  }
  kernel->run = run;
  snprintf (kernel->algorithm, sizeof kernel->algorithm, "patches:%s", kernel->simd->name);
  return MP_OK;
}
