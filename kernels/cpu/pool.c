/* SPDX-License-Identifier: Apache-2.0
 *
 * pool.c: pooling over the two middle axes of N·H·W·C.
 *
 * Maximum pooling is split into MAXPOOL_INDEX (where is the maximum: flat position in H·W, the first wins, a NaN
 * counts as largest, padding never wins) and gathering; so its gradient is a scatter and its second derivative a
 * gather again. Average pooling divides by the whole window, padding included.
 */
#include "kernels/cpu/cpu.h"

#include <stdio.h>
#include <string.h>

typedef struct
{
  int64_t n, h, w, c;    /* the large side */
  int64_t out_h, out_w;  /* the pooled side */
} Pool;

/* First and end position of a window on an axis, inside the image. */
static void
window_range (int64_t  out,
              int32_t  window,
              int32_t  stride,
              int32_t  pad,
              int64_t  size,
              int64_t *first,
              int64_t *end)
{
  *first = out * stride - pad;
  *end = *first + window;
  if (*first < 0)
    *first = 0;
  if (*end > size)
    *end = size;
}

#define POOL_FUNCTIONS(real)                                                                        \
  static void                                                                                       \
  max_index_##real (const real *x, int32_t *best, const Pool *p, const int64_t *r)                  \
  {                                                                                                 \
    for (int64_t c = 0; c < p->c; c++)                                                              \
      best[c] = (int32_t) (r[0] * p->w + r[2]);                                                     \
    for (int64_t i = r[0]; i < r[1]; i++)                                                           \
      for (int64_t j = r[2]; j < r[3]; j++)                                                         \
        for (int64_t c = 0; c < p->c; c++)                                                          \
          {                                                                                         \
            real value = x[(i * p->w + j) * p->c + c], old = x[best[c] * p->c + c];                 \
                                                                                                    \
            if (value > old || (value != value && old == old))                                      \
              best[c] = (int32_t) (i * p->w + j);                                                   \
          }                                                                                         \
  }                                                                                                 \
  static void                                                                                       \
  window_sum_##real (const real *x, real *y, const Pool *p, const int64_t *r, double scale)         \
  {                                                                                                 \
    for (int64_t c = 0; c < p->c; c++)                                                              \
      {                                                                                             \
        double sum = 0;                                                                             \
                                                                                                    \
        for (int64_t i = r[0]; i < r[1]; i++)                                                       \
          for (int64_t j = r[2]; j < r[3]; j++)                                                     \
            sum += (double) x[(i * p->w + j) * p->c + c];                                           \
        y[c] = (real) (sum * scale);                                                                \
      }                                                                                             \
  }                                                                                                 \
  static void                                                                                       \
  window_spread_##real (const real *dy, real *dx, const Pool *p, const int64_t *r, double scale)    \
  {                                                                                                 \
    for (int64_t i = r[0]; i < r[1]; i++)                                                           \
      for (int64_t j = r[2]; j < r[3]; j++)                                                         \
        for (int64_t c = 0; c < p->c; c++)                                                          \
          dx[(i * p->w + j) * p->c + c] += dy[c] * (real) scale;                                    \
  }                                                                                                 \
  static void                                                                                       \
  gather_##real (const real *x, const int32_t *index, real *y, int64_t channels)                    \
  {                                                                                                 \
    for (int64_t c = 0; c < channels; c++)                                                          \
      y[c] = x[index[c] * channels + c];                                                            \
  }                                                                                                 \
  static void                                                                                       \
  scatter_##real (const real *dy, const int32_t *index, real *dx, int64_t channels)                 \
  {                                                                                                 \
    for (int64_t c = 0; c < channels; c++)                                                          \
      dx[index[c] * channels + c] += dy[c];                                                         \
  }                                                                                                 \
  static void                                                                                       \
  pool_##real (MpKernel *kernel, const Pool *p)                                                     \
  {                                                                                                 \
    const MpAttrs *a = &kernel->attrs;                                                              \
    double         scale = 1.0 / ((double) a->window[0] * a->window[1]);                            \
    int64_t        r[4], at = 0;                                                                    \
    const real    *in = kernel->input[0];                                                           \
    const int32_t *index = kernel->n_inputs > 1 ? kernel->input[1] : NULL;                          \
    void          *out = kernel->output[0];                                                         \
                                                                                                    \
    for (int64_t n = 0; n < p->n; n++)                                                              \
      for (int64_t i = 0; i < p->out_h; i++)                                                        \
        for (int64_t j = 0; j < p->out_w; j++, at += p->c)                                          \
          {                                                                                         \
            int64_t image = n * p->h * p->w * p->c;                                                 \
                                                                                                    \
            window_range (i, a->window[0], a->stride[0], a->pad_before[0], p->h, &r[0], &r[1]);     \
            window_range (j, a->window[1], a->stride[1], a->pad_before[1], p->w, &r[2], &r[3]);     \
            if (kernel->op == MP_OP_MAXPOOL_INDEX)                                                  \
              max_index_##real (in + image, (int32_t *) out + at, p, r);                            \
            else if (kernel->op == MP_OP_AVGPOOL)                                                   \
              window_sum_##real (in + image, (real *) out + at, p, r, scale);                       \
            else if (kernel->op == MP_OP_AVGPOOL_GRAD)                                              \
              window_spread_##real (in + at, (real *) out + image, p, r, scale);                    \
            else if (kernel->op == MP_OP_POOL_GATHER)                                               \
              gather_##real (in + image, index + at, (real *) out + at, p->c);                      \
            else                                                                                    \
              scatter_##real (in + at, index + at, (real *) out + image, p->c);                     \
          }                                                                                         \
  }

POOL_FUNCTIONS (float)
POOL_FUNCTIONS (double)

static MpStatus
run (MpKernel           *kernel,
     MpStream           *stream,
     const MpRunContext *context)
{
  const MpTensorType *y = &kernel->output_type[0];

  if (kernel->op == MP_OP_AVGPOOL_GRAD || kernel->op == MP_OP_POOL_SCATTER)
    memset (kernel->output[0], 0, (size_t) mp_tensor_count (y) * mp_dtype_size (y->dtype));
  if (kernel->input_type[0].dtype == MP_FLOAT32)
    pool_float (kernel, kernel->state);
  else
    pool_double (kernel, kernel->state);
  return MP_OK;
}

MpStatus
mp_cpu_pool_new (MpKernel           *kernel,
                 const MpKernelSpec *spec)
{
  int                 back = kernel->op == MP_OP_AVGPOOL_GRAD || kernel->op == MP_OP_POOL_SCATTER;
  const MpTensorType *large = back ? &kernel->output_type[0] : &kernel->input_type[0];
  const MpTensorType *small = back ? &kernel->input_type[0] : &kernel->output_type[0];
  Pool               *pool;
  char                text[128];

  if (large->rank != 4 || small->rank != 4 || large->dtype == MP_INT32)
    return mp_kernels_fail (MP_STATUS_INVALID, "%s needs images N×H×W×C, not %s.", mp_op_name (kernel->op),
                            mp_tensor_text (large, text, sizeof text));
  pool = mp_kernel_state_new (kernel, sizeof *pool);
  if (pool == NULL)
    return MP_STATUS_MEMORY;
  *pool = (Pool) { large->dim[0], large->dim[1], large->dim[2], large->dim[3], small->dim[1], small->dim[2] };
  kernel->run = run;
  snprintf (kernel->algorithm, sizeof kernel->algorithm, "windows");
  return MP_OK;
}
