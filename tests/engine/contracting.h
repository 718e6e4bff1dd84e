/* SPDX-License-Identifier: Apache-2.0
 *
 * contracting.h: the CPU with contractions, computed naively in float64, and with tensors in bfloat16: a back end for
 * tests of plans that use them.
 */
#pragma once

#include "engine/graph/plan.h"

extern MpDeviceClass contracting_class; /* contracting_open () fills it */

/* A device of the class; close it with the class. */
MpDevice *contracting_open (void);
/* Kernels with contractions run since the last call. */
guint     contracting_count (void);
/* What devices of the class say their precision is; MP_PRECISION_STRICT at first. Products compute strictly anyway. */
extern MpPrecision contracting_precision;
/* Kernels of this op with bfloat16 tensors are declined; MP_N_OPS: of none. */
extern MpOp contracting_declines;
