/* SPDX-License-Identifier: Apache-2.0
 *
 * fused.c: runs fused elementwise programs, block by block.
 *
 * A block is block_rows × block_columns consecutive points of the domain, small enough that all live registers stay
 * in the first-level cache. Every step is one loop over the block. Reduced outputs add each block's partial sums
 * (in the program's dtype, over at most MP_TILE values in several lanes) to accumulators in float64.
 */
#include "kernels/cpu/simd/math.h"

/* ---- one loop per operation ---- */
typedef void (*StepFn) (real *restrict d, const real *restrict a, const real *restrict b, const real *restrict c,
                        int64_t n, real s0, real s1);

#define STEP(name, expression)                                                                      \
  static void                                                                                       \
  step_##name (real *restrict d, const real *restrict a, const real *restrict b,                    \
               const real *restrict c, int64_t n, real s0, real s1)                                 \
  {                                                                                                 \
    (void) b, (void) c, (void) s0, (void) s1;                                                       \
    for (int64_t i = 0; i < n; i++)                                                                 \
      d[i] = expression;                                                                            \
  }

#define ZERO ((real) 0)
#define ONE ((real) 1)

STEP (copy, a[i])
STEP (neg, -a[i])
STEP (exp, m_exp (a[i]))
STEP (log, m_log (a[i]))
STEP (log1p, m_log1p (a[i]))
STEP (expm1, m_expm1 (a[i]))
#if MP_BITS == 32
STEP (sqrt, sqrtf (a[i]))
STEP (rsqrt, 1.0f / sqrtf (a[i]))
STEP (pow, powf (a[i], b[i]))
#else
STEP (sqrt, sqrt (a[i]))
STEP (rsqrt, 1.0 / sqrt (a[i]))
STEP (pow, pow (a[i], b[i]))
#endif
STEP (square, a[i] * a[i])
STEP (cube, a[i] * a[i] * a[i])
STEP (abs, m_abs (a[i]))
STEP (sign, a[i] > ZERO ? ONE : (a[i] < ZERO ? -ONE : a[i]))
STEP (tanh, m_tanh (a[i]))
STEP (sigmoid, m_sigmoid (a[i]))
STEP (softplus, m_softplus (a[i]))
STEP (relu, a[i] < ZERO ? ZERO : a[i])
STEP (leaky_relu, a[i] < ZERO ? s0 * a[i] : a[i])
STEP (elu, a[i] > ZERO ? a[i] : s0 * m_expm1 (a[i]))
STEP (clamp, a[i] < s0 ? s0 : (a[i] > s1 ? s1 : a[i]))
STEP (add, a[i] + b[i])
STEP (sub, a[i] - b[i])
STEP (mul, a[i] * b[i])
STEP (div, a[i] / b[i])
STEP (minimum, ((a[i] < b[i]) | (a[i] != a[i])) ? a[i] : b[i])
STEP (maximum, ((a[i] > b[i]) | (a[i] != a[i])) ? a[i] : b[i])
STEP (eq, a[i] == b[i] ? ONE : ZERO)
STEP (ne, a[i] != b[i] ? ONE : ZERO)
STEP (lt, a[i] < b[i] ? ONE : ZERO)
STEP (le, a[i] <= b[i] ? ONE : ZERO)
STEP (gt, a[i] > b[i] ? ONE : ZERO)
STEP (ge, a[i] >= b[i] ? ONE : ZERO)
STEP (select, a[i] != ZERO ? b[i] : c[i])
STEP (add_relu, a[i] + b[i] < ZERO ? ZERO : a[i] + b[i])
STEP (mul_exp, m_exp (a[i] * b[i]))
/* multiplied, not selected, so that an infinite or NaN factor comes out as NaN as it does in two steps */
STEP (gt_mul, (a[i] > b[i] ? ONE : ZERO) * c[i])
STEP (lt_mul, (a[i] < b[i] ? ONE : ZERO) * c[i])
STEP (mul_mul, a[i] * b[i] * c[i])
STEP (mul_add, a[i] * b[i] + c[i])

static const StepFn steps[MP_N_FUSED_OPS] = {
  [MP_OP_NEG] = step_neg,
  [MP_OP_EXP] = step_exp,
  [MP_OP_LOG] = step_log,
  [MP_OP_LOG1P] = step_log1p,
  [MP_OP_EXPM1] = step_expm1,
  [MP_OP_SQRT] = step_sqrt,
  [MP_OP_RSQRT] = step_rsqrt,
  [MP_OP_SQUARE] = step_square,
  [MP_OP_ABS] = step_abs,
  [MP_OP_SIGN] = step_sign,
  [MP_OP_TANH] = step_tanh,
  [MP_OP_SIGMOID] = step_sigmoid,
  [MP_OP_SOFTPLUS] = step_softplus,
  [MP_OP_RELU] = step_relu,
  [MP_OP_LEAKY_RELU] = step_leaky_relu,
  [MP_OP_ELU] = step_elu,
  [MP_OP_CLAMP] = step_clamp,
  [MP_OP_STOP_GRADIENT] = step_copy,
  [MP_OP_ADD] = step_add,
  [MP_OP_SUB] = step_sub,
  [MP_OP_MUL] = step_mul,
  [MP_OP_DIV] = step_div,
  [MP_OP_POW] = step_pow,
  [MP_OP_MINIMUM] = step_minimum,
  [MP_OP_MAXIMUM] = step_maximum,
  [MP_OP_EQ] = step_eq,
  [MP_OP_NE] = step_ne,
  [MP_OP_LT] = step_lt,
  [MP_OP_LE] = step_le,
  [MP_OP_GT] = step_gt,
  [MP_OP_GE] = step_ge,
  [MP_OP_SELECT] = step_select,
  [MP_FUSED_CUBE] = step_cube,
  [MP_FUSED_ADD_RELU] = step_add_relu,
  [MP_FUSED_MUL_EXP] = step_mul_exp,
  [MP_FUSED_GT_MUL] = step_gt_mul,
  [MP_FUSED_LT_MUL] = step_lt_mul,
  [MP_FUSED_MUL_MUL] = step_mul_mul,
  [MP_FUSED_MUL_ADD] = step_mul_add,
};

/* ---- inputs ---- */
static void
fill (real   *d,
      int64_t n,
      real    value)
{
  for (int64_t i = 0; i < n; i++)
    d[i] = value;
}

/* One row repeated: each copy doubles what is there. */
static void
repeat_row (real   *d,
            int64_t rows,
            int64_t columns)
{
  int64_t total = rows * columns;

  for (int64_t done = columns; done < total; done *= 2)
    memcpy (d + done, d, sizeof (real) * (size_t) (done < total - done ? done : total - done));
}

static void
load_block (const MpFusedInput *input,
            const real         *p,
            real               *d,
            int64_t             rows,
            int64_t             columns)
{
  for (int64_t r = 0; r < rows; r++, d += columns, p += input->row_stride) {
    if (input->column_stride == 0)
      fill (d, columns, *p);
    else if (input->column_stride == 1)
      memcpy (d, p, sizeof (real) * (size_t) columns);
    else
      for (int64_t c = 0; c < columns; c++)
        d[c] = p[c * input->column_stride];
    if (input->row_stride == 0) {
      repeat_row (d, rows, columns);
      return;
    }
  }
}

static inline real *
slot_of (const MpFused *f,
         void          *scratch,
         int32_t        slot)
{
  return (real *) scratch + (size_t) slot * MP_TILE;
}

void
SYMBOL (fused_begin) (const MpFused *f,
                      void *const   *inputs,
                      void          *scratch)
{
  for (int32_t i = 0; i < f->n_inputs; i++)
    if (f->input[i].load == MP_LOAD_ONCE && f->n_blocks > 0)
      load_block (&f->input[i], inputs[i], slot_of (f, scratch, f->input[i].slot), f->block_rows, f->block_columns);
  for (int32_t i = 0; i < f->n_steps; i++)
    if (f->step[i].op == MP_OP_CONSTANT)
      fill (slot_of (f, scratch, f->step[i].slot), f->block_rows * f->block_columns, (real) f->step[i].scalar[0]);
  for (int32_t i = 0; i < f->n_outputs; i++)
    if (f->output[i].reduce != MP_STORE) {
      double *sums = (double *) ((char *) scratch + f->output[i].accumulator);
      double  start = f->output[i].reduce == MP_REDUCE_MAX ? -INFINITY : 0.0;

      for (int64_t j = 0; j < f->output[i].count; j++)
        sums[j] = start;
    }
}

/* ---- reductions ---- */
static double
sum_of (const real *v,
        int64_t     n)
{
  vreal   lane[4];
  double  rest = 0;
  int64_t i = 0;

  UNROLL
  for (int j = 0; j < 4; j++)
    lane[j] = (vreal) { 0 };
  for (; i + 4 * VL <= n; i += 4 * VL)
    UNROLL
    for (int j = 0; j < 4; j++)
      lane[j] += v_load (v + i + j * VL);
  for (; i + VL <= n; i += VL)
    lane[0] += v_load (v + i);
  for (; i < n; i++)
    rest += (double) v[i];
  return rest + (double) v_sum ((lane[0] + lane[1]) + (lane[2] + lane[3]));
}

static inline double
larger (double a,
        double b)
{
  return ((b > a) | (b != b)) ? b : a;
}

static double
max_of (const real *v,
        int64_t     n)
{
  real   lane[16];
  double max = -INFINITY;

  for (int j = 0; j < 16; j++)
    lane[j] = -(real) INFINITY;
  for (int64_t i = 0; i + 16 <= n; i += 16)
    for (int j = 0; j < 16; j++)
      lane[j] = ((v[i + j] > lane[j]) | (v[i + j] != v[i + j])) ? v[i + j] : lane[j];
  for (int j = 0; j < 16; j++)
    max = larger (max, (double) lane[j]);
  for (int64_t i = n - n % 16; i < n; i++)
    max = larger (max, (double) v[i]);
  return max;
}

/* Column sums of a block of narrow rows: VL is a multiple of columns, so lane l of every vector is column
 * l mod columns. */
static void
narrow_column_sums (const real *v,
                    int64_t     total,
                    int64_t     columns,
                    double     *sums)
{
  vreal   lane[4];
  real    each[VL];
  int64_t i = 0;

  UNROLL
  for (int j = 0; j < 4; j++)
    lane[j] = (vreal) { 0 };
  for (; i + 4 * VL <= total; i += 4 * VL)
    UNROLL
    for (int j = 0; j < 4; j++)
      lane[j] += v_load (v + i + j * VL);
  for (; i + VL <= total; i += VL)
    lane[0] += v_load (v + i);
  lane[0] = (lane[0] + lane[1]) + (lane[2] + lane[3]);
  memcpy (each, &lane[0], sizeof each);
  for (int j = 0; j < VL; j++)
    sums[j % columns] += (double) each[j];
  for (; i < total; i++)
    sums[i % columns] += (double) v[i];
}

/* `width` vectors of columns, the last of `valid` elements */
static inline __attribute__ ((always_inline)) void
column_group (const real *v,
              int64_t     rows,
              int64_t     columns,
              int         width,
              int64_t     valid,
              real       *sums)
{
  vreal sum[4];

  UNROLL
  for (int w = 0; w < width; w++)
    sum[w] = (vreal) { 0 };
  for (int64_t r = 0; r < rows; r++, v += columns)
    UNROLL
    for (int w = 0; w < width; w++)
      sum[w] += w == width - 1 && valid < VL ? v_load_part (v + w * VL, valid) : v_load (v + w * VL);
  UNROLL
  for (int w = 0; w < width; w++)
    if (w == width - 1 && valid < VL)
      v_store_part (sums + w * VL, sum[w], valid);
    else
      v_store (sums + w * VL, sum[w]);
}

static void
column_sums (const real *v,
             int64_t     rows,
             int64_t     columns,
             double     *restrict sums)
{
  real    partial[MP_TILE];
  int64_t c = 0;

  if (columns <= VL && VL % columns == 0) {
    narrow_column_sums (v, rows * columns, columns, sums);
    return;
  }
  for (; c + 4 * VL <= columns; c += 4 * VL)
    column_group (v + c, rows, columns, 4, VL, partial + c);
  for (; c + VL <= columns; c += VL)
    column_group (v + c, rows, columns, 1, VL, partial + c);
  if (c < columns)
    column_group (v + c, rows, columns, 1, columns - c, partial + c);
  for (c = 0; c < columns; c++)
    sums[c] += (double) partial[c];
}

static void
reduce_block (const MpFusedOutput *out,
              const real          *v,
              double              *acc,
              int64_t              rows,
              int64_t              columns)
{
  int max = out->reduce == MP_REDUCE_MAX;

  if (out->row_stride == 0 && out->column_stride == 0)
    acc[0] = max ? larger (acc[0], max_of (v, rows * columns)) : acc[0] + sum_of (v, rows * columns);
  else if (out->column_stride == 0)
    for (int64_t r = 0; r < rows; r++, v += columns, acc += out->row_stride)
      acc[0] = max ? larger (acc[0], max_of (v, columns)) : acc[0] + sum_of (v, columns);
  else if (out->row_stride == 0 && !max)
    column_sums (v, rows, columns, acc);
  else
    for (int64_t r = 0; r < rows; r++, v += columns, acc += out->row_stride)
      for (int64_t c = 0; c < columns; c++)
        acc[c] = max ? larger (acc[c], (double) v[c]) : acc[c] + (double) v[c];
}

/* ---- blocks ---- */
typedef struct
{
  int64_t outer[MP_MAX_RANK];
  int64_t row, rows, column, columns;
} Block;

static void
find_block (const MpFused *f,
            int64_t        index,
            Block         *block)
{
  int64_t across = (f->columns + f->block_columns - 1) / f->block_columns;
  int64_t down = (f->rows + f->block_rows - 1) / f->block_rows;

  for (int i = f->n_outer - 1; i >= f->n_kept; i--) {
    block->outer[i] = index % f->outer[i];
    index /= f->outer[i];
  }
  block->column = index % across * f->block_columns;
  index /= across;
  block->row = index % down * f->block_rows;
  index /= down;
  for (int i = f->n_kept - 1; i >= 0; i--) {
    block->outer[i] = index % f->outer[i];
    index /= f->outer[i];
  }
  block->rows = f->rows - block->row < f->block_rows ? f->rows - block->row : f->block_rows;
  block->columns = f->columns - block->column < f->block_columns ? f->columns - block->column : f->block_columns;
}

static int64_t
offset_of (const MpFused *f,
           const Block   *block,
           const int64_t *outer_stride,
           int64_t        row_stride,
           int64_t        column_stride)
{
  int64_t offset = block->row * row_stride + block->column * column_stride;

  for (int i = 0; i < f->n_outer; i++)
    offset += block->outer[i] * outer_stride[i];
  return offset;
}

/* An output may be written while the block is computed unless an input lies there too. */
static int
overlaps_input (const MpFused *f,
                void *const   *inputs,
                const char    *output,
                int64_t        count)
{
  const char *end = output + (size_t) count * sizeof (real);

  for (int32_t i = 0; i < f->n_inputs; i++) {
    const char *start = inputs[i];

    if (start < end && start + (size_t) f->input[i].extent * sizeof (real) > output)
      return 1;
  }
  return 0;
}

static void
run_steps (const MpFused *f,
           const real   **value,
           real *const   *target,
           int64_t        n)
{
  for (int32_t i = 0; i < f->n_steps; i++) {
    const MpFusedStep *step = &f->step[i];
    real              *d = target[i];

    value[f->n_inputs + i] = d;
    if (step->op != MP_OP_CONSTANT && step->op != MP_FUSED_NOTHING)
      steps[step->op](d, value[step->src[0]], value[step->src[1]], value[step->src[2]], n,
                      (real) step->scalar[0], (real) step->scalar[1]);
  }
}

static void
write_block (const MpFused *f,
             const Block   *block,
             const real   **value,
             void *const   *outputs,
             void          *scratch)
{
  for (int32_t i = 0; i < f->n_outputs; i++) {
    const MpFusedOutput *out = &f->output[i];
    const real          *v = value[out->reg];
    int64_t              at = offset_of (f, block, out->outer_stride, out->row_stride, out->column_stride);

    if (out->reduce == MP_STORE) {
      real   *to = (real *) outputs[i] + at;
      int64_t n = block->rows * block->columns;

      if (to == v)
        continue;
      if (out->scale == 1.0)
        memcpy (to, v, sizeof (real) * (size_t) n);
      else
        for (int64_t j = 0; j < n; j++)
          to[j] = v[j] * (real) out->scale;
    } else
      reduce_block (out, v, (double *) ((char *) scratch + out->accumulator) + at, block->rows, block->columns);
  }
}

void
SYMBOL (fused_run) (const MpFused *f,
                    void *const   *inputs,
                    void *const   *outputs,
                    void          *scratch,
                    int64_t        first,
                    int64_t        last,
                    int64_t        row_origin)
{
  const real *value[MP_PROGRAM_MAX_INPUTS + MP_PROGRAM_MAX_INSTRUCTIONS];
  real       *target[MP_PROGRAM_MAX_INSTRUCTIONS];
  int         direct[MP_PROGRAM_MAX_OUTPUTS];
  Block       block;

  for (int32_t i = 0; i < f->n_steps; i++)
    target[i] = slot_of (f, scratch, f->step[i].slot);
  for (int32_t i = 0; i < f->n_outputs; i++)
    direct[i] = f->output[i].direct && !overlaps_input (f, inputs, outputs[i], f->output[i].count);
  for (int64_t index = first; index < last; index++) {
    find_block (f, index, &block);
    for (int32_t i = 0; i < f->n_inputs; i++) {
      const MpFusedInput *input = &f->input[i];
      int64_t             at = offset_of (f, &block, input->outer_stride, input->row_stride, input->column_stride);

      if (i == 0)
        at -= row_origin * input->row_stride;
      if (input->load == MP_LOAD_DIRECT)
        value[i] = (const real *) inputs[i] + at;
      else
        value[i] = slot_of (f, scratch, input->slot);
      if (input->load == MP_LOAD_COPY)
        load_block (input, (const real *) inputs[i] + at, slot_of (f, scratch, input->slot),
                    block.rows, block.columns);
    }
    for (int32_t i = 0; i < f->n_outputs; i++)
      if (direct[i])
        target[f->output[i].reg - f->n_inputs]
          = (real *) outputs[i]
            + offset_of (f, &block, f->output[i].outer_stride, f->output[i].row_stride, f->output[i].column_stride);
    run_steps (f, value, target, block.rows * block.columns);
    write_block (f, &block, value, outputs, scratch);
  }
}

void
SYMBOL (fused_finish) (const MpFused *f,
                       void *const   *outputs,
                       void          *scratch,
                       int            n_threads)
{
  for (int32_t i = 0; i < f->n_outputs; i++) {
    const MpFusedOutput *out = &f->output[i];

    if (out->reduce == MP_STORE)
      continue;
    for (int64_t j = 0; j < out->count; j++) {
      double total = ((double *) ((char *) scratch + out->accumulator))[j];

      for (int t = 1; t < n_threads; t++) {
        double part = ((double *) ((char *) scratch + (size_t) t * f->scratch_bytes + out->accumulator))[j];

        total = out->reduce == MP_REDUCE_MAX ? larger (total, part) : total + part;
      }
      ((real *) outputs[i])[j] = (real) (total * out->scale);
    }
  }
}
