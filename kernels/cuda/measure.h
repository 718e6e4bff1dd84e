/* SPDX-License-Identifier: Apache-2.0
 *
 * measure.h: how long work takes on the device, and the process's choices that came of it.
 *
 * Measuring happens when kernels are made or bound, never while capturing, on scratch memory of its own that is gone
 * before training starts; it is not counted as the handle's memory. One thread of the process measures at a time, so
 * lanes that start together do not disturb each other and choose the same.
 */
#pragma once

#include "kernels/cuda/cuda.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MP_CUDA_CHOICE_MAX 4096 /* bytes of a value */

/* Between the two, no other thread measures. */
void     mp_cuda_measure_begin (void);
void     mp_cuda_measure_end (void);
/* Puts the work on the stream. */
typedef MpStatus (*MpCudaWorkFn) (void *data, cudaStream_t stream);
/* Shortest time of one run in microseconds; runs of short work are recorded and replayed, so that launching is not
 * what is measured. */
MpStatus mp_cuda_measure (MpDevice *device, MpCudaWorkFn work, void *data, double *microseconds);
/* Memory to measure with, filled with small positive numbers; NULL where there is too little. */
void    *mp_cuda_scratch_new (MpDevice *device, size_t bytes);
void     mp_cuda_scratch_free (MpDevice *device, void *scratch);

/* A choice by "DEVICE capability driver, WHAT"; see choices.h. */
int      mp_cuda_choice_find (MpDevice *device, const char *what, char *value, size_t value_size);
void     mp_cuda_choice_keep (MpDevice *device, const char *what, char *value, size_t value_size);

#ifdef __cplusplus
}
#endif
