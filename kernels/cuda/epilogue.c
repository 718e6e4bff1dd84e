/* SPDX-License-Identifier: Apache-2.0
 *
 * epilogue.c: programs behind products; see epilogue.h.
 */
#include "kernels/cuda/epilogue.h"

#include <string.h>

/* ---- the product's rows and columns in the program's axes ---- */

/* How an axis steps through a product of `columns` columns when input 0 steps by `stride`. */
typedef struct
{
  int64_t row, column;
} Step;

/* FALSE when an axis goes along rows and columns at once. */
static int
find_steps (const MpProgram *program,
            int64_t          columns,
            Step            *steps)
{
  int64_t last_column = 0;

  for (int32_t i = 0; i < program->rank; i++) {
    int64_t stride = program->input[0].stride[i];

    steps[i] = (Step) { 0, 0 };
    if (program->dim[i] <= 1 || stride == 0)
      continue;
    if (stride % columns == 0)
      steps[i].row = stride / columns;
    else {
      steps[i].column = stride;
      last_column += stride * (program->dim[i] - 1);
    }
  }
  return last_column < columns;
}

static int
is_dense (const MpProgram *program,
          int32_t          input)
{
  int64_t stride = 1;

  for (int32_t i = program->rank - 1; i >= 0; i--) {
    if (program->dim[i] > 1 && program->input[input].stride[i] != stride)
      return 0;
    stride *= program->dim[i];
  }
  return 1;
}

static int
is_bias (const MpProgram *program,
         int32_t          input,
         int64_t          columns)
{
  Step steps[MP_MAX_RANK];

  if (!find_steps (program, columns, steps))
    return 0;
  for (int32_t i = 0; i < program->rank; i++)
    if (program->dim[i] > 1 && program->input[input].stride[i] != steps[i].column)
      return 0;
  return 1;
}

/* ---- matching ---- */

/* What a register holds: a constant, an input, the epilogue so far, or something else. */
typedef struct
{
  enum { OTHER, CONSTANT, INPUT, PRODUCT } kind;
  double         constant;
  int            input;
  MpCudaEpilogue epilogue;
} Value;

static int
is_bare (const Value *value)
{
  const MpCudaEpilogue *e = &value->epilogue;

  return value->kind == PRODUCT && e->bias < 0 && e->add < 0 && e->activation < 0;
}

static Value
match_add (const MpProgram *program,
           const Value     *product,
           const Value     *other,
           int64_t          columns)
{
  Value result = *product;

  if (product->kind != PRODUCT || other->kind != INPUT || product->epilogue.activation >= 0)
    return (Value) { OTHER };
  if (result.epilogue.bias < 0 && is_bias (program, other->input, columns))
    result.epilogue.bias = other->input;
  else if (result.epilogue.add < 0 && is_dense (program, other->input))
    result.epilogue.add = other->input;
  else
    return (Value) { OTHER };
  return result;
}

static Value
match_instruction (const MpProgram     *program,
                   const MpInstruction *instruction,
                   const Value         *values,
                   int64_t              columns)
{
  int arity = instruction->op == MP_OP_CONSTANT ? 0 : mp_op_arity ((MpOp) instruction->op);
  const Value nothing = { OTHER };
  const Value *a = arity > 0 ? &values[instruction->src[0]] : &nothing;
  const Value *b = arity > 1 ? &values[instruction->src[1]] : &nothing;
  Value result = nothing;

  switch (instruction->op) {
  case MP_OP_CONSTANT:
    return (Value) { .kind = CONSTANT, .constant = instruction->scalar[0] };
  case MP_OP_ADD:
    return a->kind == PRODUCT ? match_add (program, a, b, columns) : match_add (program, b, a, columns);
  case MP_OP_MUL:
    if (is_bare (b)) {
      const Value *swap = a;

      a = b;
      b = swap;
    }
    if (is_bare (a) && b->kind == CONSTANT) {
      result = *a;
      result.epilogue.alpha *= b->constant;
    }
    return result;
  case MP_OP_RELU:
  case MP_OP_LEAKY_RELU:
  case MP_OP_TANH:
  case MP_OP_SIGMOID:
    if (a->kind == PRODUCT && a->epilogue.activation < 0) {
      result = *a;
      result.epilogue.activation = instruction->op;
      result.epilogue.slope = instruction->scalar[0];
    }
    return result;
  default:
    return result;
  }
}

int
mp_cuda_epilogue_match (const MpProgram *program,
                        int64_t          rows,
                        int64_t          columns,
                        MpCudaEpilogue  *out)
{
  Value values[MP_PROGRAM_MAX_INPUTS + MP_PROGRAM_MAX_INSTRUCTIONS];
  int64_t count = 1;

  for (int32_t i = 0; i < program->rank; i++)
    count *= program->dim[i];
  if (program->n_outputs != 1 || program->output[0].reduce != MP_STORE || program->output[0].scale != 1
      || count != rows * columns || count == 0 || !is_dense (program, 0))
    return 0;
  values[0] = (Value) { .kind = PRODUCT, .epilogue = { .alpha = 1, .bias = -1, .add = -1, .activation = -1 } };
  for (int32_t i = 1; i < program->n_inputs; i++)
    values[i] = (Value) { .kind = INPUT, .input = i };
  for (int32_t i = 0; i < program->n_instructions; i++)
    values[program->n_inputs + i] = match_instruction (program, &program->instruction[i], values, columns);
  if (values[program->output[0].reg].kind != PRODUCT)
    return 0;
  *out = values[program->output[0].reg].epilogue;
  return 1;
}

/* ---- rewriting ---- */

void
mp_cuda_identity_program (MpDtype    dtype,
                          int64_t    rows,
                          int64_t    columns,
                          MpProgram *out)
{
  memset (out, 0, sizeof *out);
  out->dtype = dtype;
  out->rank = 2;
  out->dim[0] = rows;
  out->dim[1] = columns;
  out->n_inputs = 1;
  out->n_outputs = 1;
  out->input[0].stride[0] = columns;
  out->input[0].stride[1] = 1;
  out->output[0].scale = 1;
}

/* An axis that runs through whole rows of the product, and on into the next, becomes two. */
static void
split_axes (const MpProgram *program,
            int64_t          columns,
            MpProgram       *out)
{
  *out = *program;
  for (int32_t i = 0; i < out->rank && out->rank < MP_MAX_RANK; i++) {
    int64_t stride = out->input[0].stride[i], length = stride > 0 && columns % stride == 0 ? columns / stride : 0;

    if (length <= 1 || out->dim[i] <= length || out->dim[i] % length != 0)
      continue;
    for (int32_t j = out->rank; j > i; j--)
      out->dim[j] = out->dim[j - 1];
    out->dim[i] /= length;
    out->dim[i + 1] = length;
    for (int32_t input = 0; input < out->n_inputs; input++) {
      int64_t *strides = out->input[input].stride;

      for (int32_t j = out->rank; j > i; j--)
        strides[j] = strides[j - 1];
      strides[i] *= length;
    }
    for (int32_t o = 0; o < out->n_outputs; o++) {
      int32_t axes = out->output[o].axes, before = axes & ((1 << i) - 1), at = axes >> i & 1;

      out->output[o].axes = before | at << i | at << (i + 1) | (axes >> (i + 1)) << (i + 2);
    }
    out->rank++;
  }
}

#define NORMS 2  /* inputs that distances add */
#define PREFIX 5 /* instructions */

/* Registers of the old program in the new one. */
static int32_t
moved (const MpProgram *program,
       int32_t          reg)
{
  if (reg == 0)
    return program->n_inputs + NORMS + PREFIX - 1;
  return reg < program->n_inputs ? reg + NORMS : reg + NORMS + PREFIX;
}

int
mp_cuda_distance_program (const MpProgram *program,
                          MpDtype          dtype,
                          int64_t          n,
                          int64_t          m,
                          MpProgram       *out)
{
  MpProgram split;
  Step steps[MP_MAX_RANK];
  int32_t first;

  if (program == NULL)
    mp_cuda_identity_program (dtype, n, m, &split);
  else
    split_axes (program, m, &split);
  program = &split;
  first = program->n_inputs + NORMS;
  if (first > MP_PROGRAM_MAX_INPUTS || program->n_instructions + PREFIX > MP_PROGRAM_MAX_INSTRUCTIONS
      || !find_steps (program, m > 0 ? m : 1, steps))
    return 0;
  *out = *program;
  out->n_inputs = first;
  out->n_instructions = program->n_instructions + PREFIX;
  memset (out->instruction, 0, sizeof out->instruction);
  for (int32_t i = 1; i < program->n_inputs; i++)
    out->input[i + NORMS] = program->input[i];
  for (int32_t i = 0; i < program->rank; i++) {
    out->input[1].stride[i] = steps[i].row;
    out->input[2].stride[i] = steps[i].column;
  }
  for (int32_t i = program->rank; i < MP_MAX_RANK; i++)
    out->input[1].stride[i] = out->input[2].stride[i] = 0;
  out->instruction[0] = (MpInstruction) { .op = MP_OP_ADD, .src = { 1, 2, 0 } };
  out->instruction[1] = (MpInstruction) { .op = MP_OP_ADD, .src = { 0, first, 0 } };
  out->instruction[2] = (MpInstruction) { .op = MP_OP_CONSTANT, .src = { -1, -1, -1 } };
  out->instruction[3] = (MpInstruction) { .op = MP_OP_LT, .src = { first + 1, first + 2, -1 } };
  /* unlike a maximum, this keeps NaN */
  out->instruction[4] = (MpInstruction) { .op = MP_OP_SELECT, .src = { first + 3, first + 2, first + 1 } };
  for (int32_t i = 0; i < program->n_instructions; i++) {
    MpInstruction *to = &out->instruction[PREFIX + i];

    *to = program->instruction[i];
    if (to->op != MP_OP_CONSTANT)
      for (int s = 0; s < mp_op_arity ((MpOp) to->op); s++)
        to->src[s] = moved (program, to->src[s]);
  }
  for (int32_t i = 0; i < program->n_outputs; i++)
    out->output[i].reg = moved (program, program->output[i].reg);
  return 1;
}

/* ---- hash: FNV-1a over what is set ---- */

static uint64_t
hash_bytes (uint64_t    hash,
            const void *data,
            size_t      size)
{
  const unsigned char *byte = data;

  for (size_t i = 0; i < size; i++)
    hash = (hash ^ byte[i]) * 1099511628211u;
  return hash;
}

uint64_t
mp_cuda_program_hash (const MpProgram *program)
{
  int32_t numbers[] = { (int32_t) program->dtype, program->rank, program->n_inputs, program->n_instructions,
                        program->n_outputs };
  uint64_t hash = hash_bytes (14695981039346656037u, numbers, sizeof numbers);
  size_t axes = (size_t) program->rank * sizeof *program->dim;

  hash = hash_bytes (hash, program->dim, axes);
  for (int32_t i = 0; i < program->n_inputs; i++)
    hash = hash_bytes (hash, program->input[i].stride, axes);
  hash = hash_bytes (hash, program->instruction, (size_t) program->n_instructions * sizeof *program->instruction);
  return hash_bytes (hash, program->output, (size_t) program->n_outputs * sizeof *program->output);
}
