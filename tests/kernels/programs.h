/* SPDX-License-Identifier: Apache-2.0
 *
 * programs.h: random fused programs, for tests of those who run or compile them.
 *
 * Domains, broadcasts, operations, outputs and reductions are drawn from a seed; operations are chosen so that values
 * stay moderate.
 */
#pragma once

#include "tests/kernels/tap.h"

static const MpOp unary[] = { MP_OP_NEG, MP_OP_TANH, MP_OP_SIGMOID, MP_OP_SOFTPLUS, MP_OP_RELU, MP_OP_ABS, MP_OP_SQUARE,
                              MP_OP_SIGN, MP_OP_STOP_GRADIENT, MP_OP_EXP, MP_OP_CLAMP, MP_OP_LEAKY_RELU };
static const MpOp binary[] = { MP_OP_ADD, MP_OP_SUB, MP_OP_MUL, MP_OP_MINIMUM, MP_OP_MAXIMUM, MP_OP_LT, MP_OP_GT,
                               MP_OP_GE };

#define PICK(array) array[tap_random () % (sizeof array / sizeof array[0])]

typedef struct
{
  MpProgram    program;
  MpTensorType input_type[MP_PROGRAM_MAX_INPUTS];
  void        *input[MP_PROGRAM_MAX_INPUTS];
  MpTensorType output_type[MP_PROGRAM_MAX_OUTPUTS];
  void        *output[MP_PROGRAM_MAX_OUTPUTS];
  long double *expected[MP_PROGRAM_MAX_OUTPUTS]; /* so that its own sums round less than the kernel's */
  double      *magnitude[MP_PROGRAM_MAX_OUTPUTS];
} Case;

static inline void
draw_domain (MpProgram *program)
{
  static const int64_t sizes[] = { 1, 2, 3, 5, 16, 33, 100, 130 };

  program->rank = (int32_t) (tap_random () % 5);
  for (int a = 0; a < program->rank; a++)
    program->dim[a] = program->rank > 3 ? 1 + tap_random () % 7 : PICK (sizes);
  if (program->rank == 1 && tap_random () % 2)
    program->dim[0] = tap_random () % 5000;
  if (program->rank == 2 && tap_random () % 4 == 0)
    program->dim[1] = 1 + tap_random () % 3000;
}

/* A dense tensor over some of the axes, in their order or (rarely) transposed. */
static inline void
draw_input (Case *test,
            int   i,
            int   full)
{
  MpProgram    *program = &test->program;
  MpTensorType *type = &test->input_type[i];
  int           flipped = !full && tap_random () % 8 == 0;
  int64_t       stride = 1;

  *type = (MpTensorType) { .rank = 1, .dtype = program->dtype };
  for (int step = 0; step < program->rank; step++) {
    int a = flipped ? step : program->rank - 1 - step;

    program->input[i].stride[a] = full || tap_random () % 3 ? stride : 0;
    if (program->input[i].stride[a] != 0)
      stride *= program->dim[a];
  }
  type->dim[0] = stride;
}

static inline void
draw_instructions (MpProgram *program)
{
  program->n_instructions = (int32_t) (tap_random () % 20);
  for (int32_t i = 0; i < program->n_instructions; i++) {
    MpInstruction *instruction = &program->instruction[i];
    uint32_t       n_registers = (uint32_t) (program->n_inputs + i), kind = tap_random () % 8;

    instruction->op = (int32_t) (kind == 0 || n_registers == 0 ? MP_OP_CONSTANT
                                 : kind < 4 ? PICK (unary) : (kind < 7 ? PICK (binary) : MP_OP_SELECT));
    for (int j = 0; j < 3; j++)
      instruction->src[j] = n_registers > 0 ? (int32_t) (tap_random () % n_registers) : 0;
    instruction->scalar[0] = floor (tap_uniform (-4, 0)) / 4;
    instruction->scalar[1] = 0.75;
  }
}

static inline void
draw_outputs (Case *test)
{
  MpProgram *program = &test->program;
  uint32_t   n_registers = (uint32_t) (program->n_inputs + program->n_instructions);

  program->n_outputs = 1 + (int32_t) (tap_random () % 4);
  for (int o = 0; o < program->n_outputs; o++) {
    MpTensorType *type = &test->output_type[o];
    int           reduce = (int) (tap_random () % 4);

    program->output[o].reg = (int32_t) (n_registers - 1 - tap_random () % (n_registers < 4 ? n_registers : 4));
    program->output[o].reduce = reduce == 1 ? MP_REDUCE_SUM : (reduce == 2 ? MP_REDUCE_MAX : MP_STORE);
    if (program->output[o].reduce != MP_STORE)
      program->output[o].axes = (int32_t) (tap_random () % (1u << program->rank));
    program->output[o].scale = program->output[o].reduce == MP_REDUCE_SUM ? 0.5 : 1.0;
    *type = (MpTensorType) { .dtype = program->dtype };
    for (int a = 0; a < program->rank; a++)
      if (!(program->output[o].axes >> a & 1))
        type->dim[type->rank++] = program->dim[a];
  }
}

static inline void
fill_inputs (Case *test)
{
  for (int i = 0; i < test->program.n_inputs; i++) {
    test->input[i] = tap_alloc (&test->input_type[i]);
    for (int64_t j = 0; j < mp_tensor_count (&test->input_type[i]); j++)
      tap_set (&test->input_type[i], test->input[i], j, floor (tap_uniform (-128, 128)) / 64);
  }
}

static inline void
alloc_outputs (Case *test)
{
  for (int o = 0; o < test->program.n_outputs; o++) {
    int64_t n = mp_tensor_count (&test->output_type[o]);

    test->output[o] = tap_alloc (&test->output_type[o]);
    test->expected[o] = calloc ((size_t) n + 1, sizeof (long double));
    test->magnitude[o] = calloc ((size_t) n + 1, sizeof (double));
    for (int64_t j = 0; j < n; j++)
      test->expected[o][j] = test->program.output[o].reduce == MP_REDUCE_MAX ? -INFINITY : 0.0;
  }
}

static inline void
draw_case (Case    *test,
           uint64_t seed)
{
  tap_seed = seed * 0x9E3779B97F4A7C15u + 1;
  for (int i = 0; i < 8; i++)
    tap_random ();
  memset (test, 0, sizeof *test);
  test->program.dtype = tap_random () % 2 ? MP_FLOAT32 : MP_FLOAT64;
  draw_domain (&test->program);
  test->program.n_inputs = 1 + (int32_t) (tap_random () % 5);
  for (int i = 0; i < test->program.n_inputs; i++)
    draw_input (test, i, i == 0 && tap_random () % 2);
  draw_instructions (&test->program);
  draw_outputs (test);
  fill_inputs (test);
  alloc_outputs (test);
}

static inline void
free_case (Case *test)
{
  for (int i = 0; i < test->program.n_inputs; i++)
    free (test->input[i]);
  for (int o = 0; o < test->program.n_outputs; o++) {
    free (test->output[o]);
    free (test->expected[o]);
    free (test->magnitude[o]);
  }
}
