/* SPDX-License-Identifier: Apache-2.0
 *
 * launchers.h: the launchers of the .cu files. Each puts its kernels on the stream and returns what the launch said;
 * addresses are the device's, sizes are elements unless they say bytes.
 */
#pragma once

#include "kernels/cuda/cuda.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- context.cu ---- */
cudaError_t mp_launch_context_set (MpRunContext *base, const MpRunContext *value, cudaStream_t stream);
cudaError_t mp_launch_context_advance (MpRunContext *base, const MpRunContext *by, cudaStream_t stream);

#ifdef __cplusplus
}
#endif
