/* SPDX-License-Identifier: Apache-2.0
 *
 * table.c: the functions of one compilation, gathered (see simd.h).
 */
#include "kernels/cpu/simd/simd.h"

#define STRING_(x) #x
#define STRING(x) STRING_ (x)

#define ENTRY(type, name, ...) .name = SYMBOL (name),
const MpSimd SYMBOL (simd) = {
  .name = STRING (MP_ISA),
  MP_SIMD_FUNCTIONS (ENTRY)
};
