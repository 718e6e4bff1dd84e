/* SPDX-License-Identifier: Apache-2.0
 *
 * contracting.h: the CPU with contractions, computed naively in float64: a back end for tests of plans that use them.
 */
#pragma once

#include "engine/graph/plan.h"

extern MpDeviceClass contracting_class; /* contracting_open () fills it */

/* A device of the class; close it with the class. */
MpDevice *contracting_open (void);
/* Kernels with contractions run since the last call. */
guint     contracting_count (void);
