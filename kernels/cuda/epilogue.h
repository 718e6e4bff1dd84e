/* SPDX-License-Identifier: Apache-2.0
 *
 * epilogue.h: what products and convolutions do with the program behind them: find the few that a library does itself,
 * and rewrite the others for a matrix that is not quite the one they were written for.
 */
#pragma once

#include "kernels/device.h"

#ifdef __cplusplus
extern "C" {
#endif

/* relu (alpha · product + matrix + bias), each part optional; inputs are the program's, −1 for none */
typedef struct
{
  double alpha;
  int    bias; /* one number per column */
  int    add;  /* a matrix like the product */
  int    activation; /* MP_OP_RELU, LEAKY_RELU, TANH or SIGMOID; −1 for none */
  double slope;      /* of LEAKY_RELU */
} MpCudaEpilogue;

/* Whether a program over a dense product rows×columns is nothing but an epilogue with one output stored. */
int mp_cuda_epilogue_match (const MpProgram *program, int64_t rows, int64_t columns, MpCudaEpilogue *out);

/* A program of x·y becomes one of max (0, −2·x·y + |x|² + |y|²): inputs 1 and 2 are the norms of the rows (n) and of
 * the columns (m), the program's own follow. program: NULL for the distances themselves. FALSE: it is too large, or
 * reads the product in an order that has no rows. */
int mp_cuda_distance_program (const MpProgram *program, MpDtype dtype, int64_t n, int64_t m, MpProgram *out);

/* The distances, or whatever the product is, as they are. */
void mp_cuda_identity_program (MpDtype dtype, int64_t rows, int64_t columns, MpProgram *out);

/* Equal for equal programs. */
uint64_t mp_cuda_program_hash (const MpProgram *program);

#ifdef __cplusplus
}
#endif
