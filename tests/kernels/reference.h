/* SPDX-License-Identifier: Apache-2.0
 *
 * reference.h: every operation once more, naively and in float64, as what kernels are compared with.
 *
 * Beside each value a reference gives its magnitude: a bound on the sum of absolute values that a kernel adds up on
 * its way (so that rounding errors are at most magnitude × unit roundoff × a small multiple of the sum's length), and
 * that length.
 */
#pragma once

#include "tests/kernels/tap.h"

typedef struct
{
  MpTensorType type;
  double      *value;
  double      *magnitude; /* results only */
} Array;

/* Fills the outputs' values and magnitudes and returns the length of the longest sum; −1: no reference. */
double reference_run (MpOp op, const MpAttrs *attrs, int n_inputs, const Array *inputs, Array *output);

/* One elementwise operation. */
double reference_elementwise (MpOp op, const double *scalar, double a, double b, double c);
