/* SPDX-License-Identifier: Apache-2.0
 *
 * fused.c: plans fused elementwise programs and makes kernels of them.
 *
 * Planning drops axes of size 1, merges neighbouring axes that every input and output walks alike, and calls the last
 * two axes that remain rows and columns; the others are iterated. Among those, reduced axes go inside, so that the
 * accumulators of a block stay hot. Registers get scratch slots by liveness. simd/fused.c runs the result.
 */
#include "kernels/cpu/cpu.h"

#include <stdio.h>
#include <string.h>

#define PARALLEL_WORK (1 << 18) /* points × steps below which one thread does all */

/* ---- axes ---- */
typedef struct
{
  int     rank;
  int64_t dim[MP_MAX_RANK];
  int64_t input[MP_PROGRAM_MAX_INPUTS][MP_MAX_RANK];
  int64_t output[MP_PROGRAM_MAX_OUTPUTS][MP_MAX_RANK];
  int     reduced[MP_PROGRAM_MAX_OUTPUTS][MP_MAX_RANK];
} Axes;

static void
read_axes (const MpProgram *program,
           Axes            *axes)
{
  axes->rank = program->rank;
  for (int a = 0; a < program->rank; a++) {
    axes->dim[a] = program->dim[a];
    for (int i = 0; i < program->n_inputs; i++)
      axes->input[i][a] = program->input[i].stride[a];
  }
  for (int o = 0; o < program->n_outputs; o++) {
    int64_t stride = 1;

    for (int a = program->rank - 1; a >= 0; a--) {
      int reduced = program->output[o].reduce != MP_STORE && (program->output[o].axes >> a & 1);

      axes->reduced[o][a] = reduced;
      axes->output[o][a] = reduced ? 0 : stride;
      if (!reduced)
        stride *= program->dim[a];
    }
  }
}

static void
remove_axis (const MpProgram *program,
             Axes            *axes,
             int              axis)
{
  size_t after = (size_t) (axes->rank - axis - 1);

  memmove (&axes->dim[axis], &axes->dim[axis + 1], after * sizeof axes->dim[0]);
  for (int i = 0; i < program->n_inputs; i++)
    memmove (&axes->input[i][axis], &axes->input[i][axis + 1], after * sizeof axes->dim[0]);
  for (int o = 0; o < program->n_outputs; o++) {
    memmove (&axes->output[o][axis], &axes->output[o][axis + 1], after * sizeof axes->dim[0]);
    memmove (&axes->reduced[o][axis], &axes->reduced[o][axis + 1], after * sizeof axes->reduced[0][0]);
  }
  axes->rank--;
}

/* Whether axis and axis + 1 are walked as one by everybody. */
static int
can_merge (const MpProgram *program,
           const Axes      *axes,
           int              axis)
{
  int64_t inner = axes->dim[axis + 1];

  for (int i = 0; i < program->n_inputs; i++)
    if (axes->input[i][axis] != axes->input[i][axis + 1] * inner)
      return 0;
  for (int o = 0; o < program->n_outputs; o++)
    if (axes->reduced[o][axis] != axes->reduced[o][axis + 1]
        || axes->output[o][axis] != axes->output[o][axis + 1] * inner)
      return 0;
  return 1;
}

static void
simplify_axes (const MpProgram *program,
               Axes            *axes,
               int              n_fixed) /* last axes to leave alone */
{
  for (int a = axes->rank - 1 - n_fixed; a >= 0; a--)
    if (axes->dim[a] == 1)
      remove_axis (program, axes, a);
  for (int a = axes->rank - 2 - n_fixed; a >= 0; a--)
    if (can_merge (program, axes, a)) {
      axes->dim[a + 1] *= axes->dim[a];
      remove_axis (program, axes, a);
    }
}

/* Order of iteration: kept axes first, then those that any output reduces. */
static void
place_outer_axes (const MpProgram *program,
                  const Axes      *axes,
                  MpFused         *fused)
{
  fused->n_outer = axes->rank > 2 ? axes->rank - 2 : 0;
  fused->n_kept = 0;
  for (int pass = 0, n = 0; pass < 2; pass++)
    for (int a = 0; a < fused->n_outer; a++) {
      int reduced = 0;

      for (int o = 0; o < program->n_outputs; o++)
        reduced |= axes->reduced[o][a];
      if (reduced != pass)
        continue;
      fused->outer[n] = axes->dim[a];
      for (int i = 0; i < program->n_inputs; i++)
        fused->input[i].outer_stride[n] = axes->input[i][a];
      for (int o = 0; o < program->n_outputs; o++)
        fused->output[o].outer_stride[n] = axes->output[o][a];
      n++;
      if (pass == 0)
        fused->n_kept = n;
    }
}

/* ---- registers ---- */
static int32_t
take_slot (MpFused *fused,
           char    *taken)
{
  for (int32_t s = 0;; s++)
    if (!taken[s]) {
      taken[s] = 1;
      if (s >= fused->n_slots)
        fused->n_slots = s + 1;
      return s;
    }
}

static void
set_steps (const MpProgram *program,
           MpFused         *fused)
{
  for (int i = 0; i < program->n_instructions; i++) {
    const MpInstruction *from = &program->instruction[i];
    MpFusedStep         *step = &fused->step[i];
    int                  arity = from->op == MP_OP_CONSTANT ? 0 : mp_op_arity ((MpOp) from->op);

    step->op = from->op;
    step->scalar[0] = from->scalar[0];
    step->scalar[1] = from->scalar[1];
    for (int j = 0; j < 3; j++)
      step->src[j] = arity == 0 ? 0 : from->src[j < arity ? j : 0];
    if (from->op == MP_OP_POW && from->src[1] >= program->n_inputs) {
      const MpInstruction *exponent = &program->instruction[from->src[1] - program->n_inputs];

      if (exponent->op == MP_OP_CONSTANT && exponent->scalar[0] == 2.0)
        step->op = MP_OP_SQUARE;
      else if (exponent->op == MP_OP_CONSTANT && exponent->scalar[0] == 3.0)
        step->op = MP_FUSED_CUBE;
    }
  }
}

/* How often each register is read, outputs included. */
static void
count_uses (const MpProgram *program,
            int             *uses)
{
  for (int i = 0; i < program->n_instructions; i++)
    if (program->instruction[i].op != MP_OP_CONSTANT)
      for (int j = 0; j < mp_op_arity ((MpOp) program->instruction[i].op); j++)
        uses[program->instruction[i].src[j]]++;
  for (int o = 0; o < program->n_outputs; o++)
    uses[program->output[o].reg] += 2;
}

/* The step that does `first` and then `second`, or 0. */
static int32_t
pair_code (int32_t first,
           int32_t second)
{
  switch (second) {
  case MP_OP_RELU:
    return first == MP_OP_ADD ? MP_FUSED_ADD_RELU : 0;
  case MP_OP_EXP:
    return first == MP_OP_MUL ? MP_FUSED_MUL_EXP : 0;
  case MP_OP_MUL:
    return first == MP_OP_GT ? MP_FUSED_GT_MUL
           : first == MP_OP_LT ? MP_FUSED_LT_MUL : (first == MP_OP_MUL ? MP_FUSED_MUL_MUL : 0);
  case MP_OP_ADD:
    return first == MP_OP_MUL ? MP_FUSED_MUL_ADD : 0;
  default:
    return 0;
  }
}

/* Merges pairs of steps where the first's result is used by the second alone: one pass over the block instead of
 * two. */
static void
merge_pairs (const MpProgram *program,
             MpFused         *fused)
{
  int uses[MP_PROGRAM_MAX_INPUTS + MP_PROGRAM_MAX_INSTRUCTIONS] = { 0 };

  count_uses (program, uses);
  for (int32_t i = 0; i < fused->n_steps; i++) {
    MpFusedStep *second = &fused->step[i];

    for (int j = 0; j < 2; j++) {
      int32_t      at = second->src[j] - program->n_inputs, code;
      MpFusedStep *first = at >= 0 ? &fused->step[at] : NULL;

      if (first == NULL || uses[second->src[j]] != 1 || (code = pair_code (first->op, second->op)) == 0)
        continue;
      *second = (MpFusedStep) { .op = code, .src = { first->src[0], first->src[1],
                                                     mp_op_arity ((MpOp) program->instruction[i].op) > 1
                                                       ? second->src[!j] : first->src[0] } };
      first->op = MP_FUSED_NOTHING;
      break;
    }
  }
}

static void
assign_slots (const MpProgram *program,
              MpFused         *fused)
{
  char    taken[MP_PROGRAM_MAX_INPUTS + MP_PROGRAM_MAX_INSTRUCTIONS + 1] = { 0 };
  int32_t last_use[MP_PROGRAM_MAX_INPUTS + MP_PROGRAM_MAX_INSTRUCTIONS];
  int32_t n_registers = program->n_inputs + program->n_instructions;

  for (int32_t r = 0; r < n_registers; r++)
    last_use[r] = r;
  for (int32_t i = 0; i < fused->n_steps; i++)
    if (fused->step[i].op != MP_OP_CONSTANT && fused->step[i].op != MP_FUSED_NOTHING)
      for (int j = 0; j < 3; j++)
        last_use[fused->step[i].src[j]] = program->n_inputs + i;
  for (int32_t o = 0; o < program->n_outputs; o++)
    last_use[program->output[o].reg] = n_registers;
  for (int32_t i = 0; i < fused->n_inputs; i++)
    fused->input[i].slot = fused->input[i].load == MP_LOAD_DIRECT ? -1 : take_slot (fused, taken);
  for (int32_t i = 0; i < fused->n_steps; i++)
    if (fused->step[i].op == MP_OP_CONSTANT)
      fused->step[i].slot = take_slot (fused, taken); /* filled once for all blocks */
  for (int32_t i = 0; i < fused->n_steps; i++) {
    if (fused->step[i].op == MP_OP_CONSTANT || fused->step[i].op == MP_FUSED_NOTHING)
      continue;
    fused->step[i].slot = take_slot (fused, taken);
    for (int32_t r = program->n_inputs; r < program->n_inputs + i; r++)
      if (last_use[r] == program->n_inputs + i && fused->step[r - program->n_inputs].op != MP_OP_CONSTANT
          && fused->step[r - program->n_inputs].op != MP_FUSED_NOTHING)
        taken[fused->step[r - program->n_inputs].slot] = 0;
    if (last_use[program->n_inputs + i] == program->n_inputs + i)
      taken[fused->step[i].slot] = 0;
  }
}

/* ---- blocks ---- */
static int64_t
ceil_div (int64_t a,
          int64_t b)
{
  return (a + b - 1) / b;
}

static void
choose_block (MpFused *fused)
{
  int64_t columns = fused->columns > 0 ? fused->columns : 1;

  if (columns > MP_TILE) {
    fused->block_columns = MP_TILE;
    fused->block_rows = 1;
  } else {
    int64_t step = 16;

    fused->block_columns = columns;
    fused->block_rows = MP_TILE / columns;
    /* whole vectors where that costs few rows */
    while (step > 1 && fused->columns % 2 == 0 && step % 2 == 0 && (columns * (step / 2)) % 16 == 0)
      step /= 2;
    if (fused->block_rows > step)
      fused->block_rows -= fused->block_rows % step;
    if (fused->block_rows > fused->rows)
      fused->block_rows = fused->rows > 0 ? fused->rows : 1;
  }
  fused->n_blocks = ceil_div (fused->rows, fused->block_rows) * ceil_div (fused->columns, fused->block_columns);
  for (int i = 0; i < fused->n_outer; i++)
    fused->n_blocks *= fused->outer[i];
}

static MpLoad
choose_load (const MpFused      *fused,
             const MpFusedInput *input)
{
  int fixed = input->row_stride == 0 && (input->column_stride == 0 || fused->block_columns == fused->columns);

  if (input->column_stride == 1 && (fused->block_rows == 1 || input->row_stride == fused->columns))
    return MP_LOAD_DIRECT;
  for (int i = 0; i < fused->n_outer; i++)
    fixed &= input->outer_stride[i] == 0;
  return fixed ? MP_LOAD_ONCE : MP_LOAD_COPY;
}

static int64_t
input_extent (const MpFused      *fused,
              const MpFusedInput *input)
{
  int64_t extent = 1;

  if (fused->n_blocks == 0)
    return 0;
  extent += (fused->rows - 1) * input->row_stride + (fused->columns - 1) * input->column_stride;
  for (int i = 0; i < fused->n_outer; i++)
    extent += (fused->outer[i] - 1) * input->outer_stride[i];
  return extent;
}

static void
plan_outputs (const MpProgram *program,
              const Axes      *axes,
              MpFused         *fused)
{
  char   written[MP_PROGRAM_MAX_INPUTS + MP_PROGRAM_MAX_INSTRUCTIONS] = { 0 };
  size_t at = (size_t) fused->n_slots * MP_TILE * mp_dtype_size (fused->dtype);

  for (int32_t o = 0; o < program->n_outputs; o++) {
    MpFusedOutput *out = &fused->output[o];

    out->reg = program->output[o].reg;
    out->reduce = (MpReduce) program->output[o].reduce;
    out->scale = program->output[o].scale;
    out->row_stride = axes->rank > 1 ? axes->output[o][axes->rank - 2] : 0;
    out->column_stride = axes->rank > 0 ? axes->output[o][axes->rank - 1] : 0;
    out->count = 1;
    for (int a = 0; a < program->rank; a++)
      if (out->reduce == MP_STORE || !(program->output[o].axes >> a & 1))
        out->count *= program->dim[a];
    if (out->reduce == MP_STORE) {
      int32_t step = out->reg - program->n_inputs;

      out->direct = step >= 0 && out->scale == 1.0 && !written[out->reg]
                    && fused->step[step].op != MP_OP_CONSTANT;
      written[out->reg] |= (char) out->direct;
      continue;
    }
    fused->has_reduction = 1;
    out->accumulator = at;
    at += ((size_t) out->count * sizeof (double) + MP_ALIGNMENT - 1) / MP_ALIGNMENT * MP_ALIGNMENT;
  }
  fused->scratch_bytes = at;
}

MpStatus
mp_fused_plan (const MpProgram *program,
               int              keep_columns,
               MpFused         *fused)
{
  Axes     axes;
  MpStatus status = mp_program_check (program);

  if (status != MP_OK)
    return status;
  memset (fused, 0, sizeof *fused);
  memset (&axes, 0, sizeof axes);
  fused->dtype = program->dtype;
  fused->n_inputs = program->n_inputs;
  fused->n_steps = program->n_instructions;
  fused->n_outputs = program->n_outputs;
  read_axes (program, &axes);
  simplify_axes (program, &axes, keep_columns && program->rank > 0 ? 1 : 0);
  fused->rows = axes.rank > 1 ? axes.dim[axes.rank - 2] : 1;
  fused->columns = axes.rank > 0 ? axes.dim[axes.rank - 1] : 1;
  place_outer_axes (program, &axes, fused);
  choose_block (fused);
  set_steps (program, fused);
  merge_pairs (program, fused);
  for (int32_t i = 0; i < fused->n_inputs; i++) {
    fused->input[i].row_stride = axes.rank > 1 ? axes.input[i][axes.rank - 2] : 0;
    fused->input[i].column_stride = axes.rank > 0 ? axes.input[i][axes.rank - 1] : 0;
    fused->input[i].load = choose_load (fused, &fused->input[i]);
    fused->input[i].extent = input_extent (fused, &fused->input[i]);
  }
  assign_slots (program, fused);
  plan_outputs (program, &axes, fused);
  return MP_OK;
}

void
mp_fused_run_after (MpKernel      *kernel,
                    const MpFused *fused,
                    void          *product,
                    void          *scratch)
{
  void *inputs[MP_PROGRAM_MAX_INPUTS];

  inputs[0] = product;
  for (int32_t i = 1; i < fused->n_inputs; i++)
    inputs[i] = kernel->input[i + 1];
  kernel->simd->fused_begin (fused, inputs, scratch);
  kernel->simd->fused_run (fused, inputs, kernel->output, scratch, 0, fused->n_blocks, 0);
  kernel->simd->fused_finish (fused, kernel->output, scratch, 1);
}

/* ---- the kernel ---- */
static MpStatus
run (MpKernel           *kernel,
     MpStream           *stream,
     const MpRunContext *context)
{
  const MpFused *fused = kernel->state;
  int            n_threads = kernel->n_threads;

  if (n_threads <= 1) {
    kernel->simd->fused_begin (fused, kernel->input, kernel->workspace);
    kernel->simd->fused_run (fused, kernel->input, kernel->output, kernel->workspace, 0, fused->n_blocks, 0);
  } else {
#pragma omp parallel for num_threads (n_threads) schedule (static, 1)
    for (int t = 0; t < n_threads; t++) {
      void *scratch = kernel->workspace + (size_t) t * fused->scratch_bytes;

      kernel->simd->fused_begin (fused, kernel->input, scratch);
      kernel->simd->fused_run (fused, kernel->input, kernel->output, scratch, fused->n_blocks * t / n_threads,
                               fused->n_blocks * (t + 1) / n_threads, 0);
    }
  }
  if (fused->has_reduction)
    kernel->simd->fused_finish (fused, kernel->output, kernel->workspace, n_threads);
  return MP_OK;
}

static MpStatus
set_program (MpKernel        *kernel,
             const MpProgram *program)
{
  MpFused *fused = mp_kernel_state_new (kernel, sizeof *fused);
  MpStatus status;

  if (fused == NULL)
    return MP_STATUS_MEMORY;
  status = mp_fused_plan (program, 0, fused);
  if (status != MP_OK)
    return status;
  kernel->simd = kernel->device->simd[program->dtype];
  kernel->n_threads = fused->n_blocks * MP_TILE * (fused->n_steps + 1) < PARALLEL_WORK ? 1 : kernel->device->n_threads;
  mp_kernel_reserve (kernel, fused->scratch_bytes * (size_t) kernel->n_threads);
  kernel->run = run;
  snprintf (kernel->algorithm, sizeof kernel->algorithm, "fused:%s", kernel->simd->name);
  return MP_OK;
}

MpStatus
mp_cpu_fused_new (MpKernel           *kernel,
                  const MpKernelSpec *spec)
{
  if (spec->program == NULL || spec->n_inputs != spec->program->n_inputs
      || spec->n_outputs != spec->program->n_outputs)
    return mp_kernels_fail (MP_STATUS_INVALID, "A fused kernel needs a program with as many inputs and outputs.");
  return set_program (kernel, spec->program);
}

/* ---- single operations as programs ---- */
static void
set_domain (MpProgram          *program,
            const MpTensorType *type)
{
  memset (program, 0, sizeof *program);
  program->dtype = type->dtype;
  program->rank = type->rank;
  for (int a = 0; a < type->rank; a++)
    program->dim[a] = type->dim[a];
  program->n_outputs = 1;
  program->output[0].scale = 1.0;
}

static void
add_dense_input (MpProgram *program)
{
  int64_t stride = 1;

  for (int a = program->rank - 1; a >= 0; a--) {
    program->input[program->n_inputs].stride[a] = stride;
    stride *= program->dim[a];
  }
  program->n_inputs++;
}

static MpStatus
reduction_program (const MpKernelSpec *spec,
                   MpProgram          *program)
{
  int64_t count = 1;

  set_domain (program, &spec->inputs[0]);
  add_dense_input (program);
  program->output[0].axes = spec->attrs.axes & ((1 << program->rank) - 1);
  program->output[0].reduce = spec->op == MP_OP_MAX ? MP_REDUCE_MAX : MP_REDUCE_SUM;
  for (int a = 0; a < program->rank; a++)
    if (program->output[0].axes >> a & 1)
      count *= program->dim[a];
  if (spec->op == MP_OP_MEAN)
    program->output[0].scale = 1.0 / (double) count;
  return MP_OK;
}

MpStatus
mp_cpu_elementwise_new (MpKernel           *kernel,
                        const MpKernelSpec *spec)
{
  MpProgram program;
  char      text[2][128];

  if (mp_op_class (spec->op) == MP_CLASS_REDUCTION) {
    reduction_program (spec, &program);
    return set_program (kernel, &program);
  }
  set_domain (&program, &spec->outputs[0]);
  for (int32_t i = 0; i < spec->n_inputs; i++) {
    if (!mp_tensor_equal (&spec->inputs[i], &spec->outputs[0]))
      return mp_kernels_fail (MP_STATUS_INVALID, "Operand %d of %s is %s; it must be %s like the result.", i,
                              mp_op_name (spec->op), mp_tensor_text (&spec->inputs[i], text[0], sizeof text[0]),
                              mp_tensor_text (&spec->outputs[0], text[1], sizeof text[1]));
    add_dense_input (&program);
  }
  program.n_instructions = 1;
  program.instruction[0].op = spec->op;
  program.instruction[0].scalar[0] = spec->attrs.scalar[0];
  program.instruction[0].scalar[1] = spec->attrs.scalar[1];
  for (int32_t i = 0; i < 3; i++)
    program.instruction[0].src[i] = i < spec->n_inputs ? i : 0;
  program.output[0].reg = program.n_inputs;
  return set_program (kernel, &program);
}
