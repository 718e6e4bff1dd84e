/* SPDX-License-Identifier: Apache-2.0
 *
 * shape.h: copies between strided blocks, planned once and run often (shape.c plans, shape.cu copies).
 */
#pragma once

#include "kernels/cuda/cuda.h"

#ifdef __cplusplus
extern "C" {
#endif

/* For every position of a block: to[to_at + Σ i·to_stride] = from[from_at + Σ i·from_stride] where low ≤ i < high on
 * every axis, and 0 elsewhere. Positions and strides count words of `word` bytes. */
typedef struct
{
  int32_t rank;
  int32_t word; /* 2, 4, 8 or 16 */
  int64_t dim[MP_MAX_RANK];
  int64_t to_stride[MP_MAX_RANK];
  int64_t from_stride[MP_MAX_RANK];
  int64_t low[MP_MAX_RANK];
  int64_t high[MP_MAX_RANK];
  int64_t to_at, from_at;
} MpCudaStrided;

typedef enum
{
  MP_CUDA_COPY_NOTHING,
  MP_CUDA_COPY_WHOLE,   /* contiguous on both sides */
  MP_CUDA_COPY_TILES,   /* the last axis of the one side is not the last of the other: through shared memory */
  MP_CUDA_COPY_STRIDED
} MpCudaCopyKind;

typedef struct
{
  MpCudaCopyKind kind;
  MpCudaStrided  block; /* collapsed, in the widest words that fit */
  int64_t        total; /* words */
  int            across; /* TILES: the axis that is contiguous in the operand */
} MpCudaCopy;

/* Plans the copy of `block`, whose word is the element's size. */
MpCudaCopy mp_cuda_copy_plan (const MpCudaStrided *block);
MpStatus   mp_cuda_copy_run (const MpCudaCopy *copy, void *to, const void *from, cudaStream_t stream);
/* "copy", "tiles", "strided 16 bytes" */
void       mp_cuda_copy_name (const MpCudaCopy *copy, char *name, size_t size);

#ifdef __cplusplus
}
#endif
