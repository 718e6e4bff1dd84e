/* SPDX-License-Identifier: Apache-2.0
 *
 * fused.h: generated kernels: fused programs, alone and behind products.
 *
 * A MpCudaProgram is a MpProgram (device.h) written as CUDA C (source.h) and compiled by NVRTC (nvrtc.h), with the
 * launches that it needs. Texts are only queued when a program is made; the first mp_cuda_program_prepare () compiles
 * all that wait on the device together, which is several times faster than one by one. So call it when a kernel is
 * bound: by then the whole plan has been made.
 *
 * Threads: as the device's handle. Compiled code is shared by all handles of a GPU in the process.
 */
#pragma once

#include "kernels/cuda/cuda.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct MpCudaProgram MpCudaProgram;

/* input_dtype, output_dtype: how the tensors are stored, n_inputs and n_outputs of them: the program's dtype or, for
 * float32 programs, bfloat16. NULL: all of the program's dtype. Declines contractions. Free with
 * mp_cuda_program_free (). */
MpStatus mp_cuda_program_new (MpDevice *device, const MpProgram *program, const MpDtype *input_dtype,
                              const MpDtype *output_dtype, MpCudaProgram **out);
void     mp_cuda_program_free (MpCudaProgram *program); /* accepts NULL */
/* Bytes of scratch memory for a run; its contents need not survive between runs. */
size_t   mp_cuda_program_workspace (const MpCudaProgram *program);
/* Compiles. Allocates, so never while capturing; repeated calls cost nothing. */
MpStatus mp_cuda_program_prepare (MpCudaProgram *program);
/* Launches on the stream; between captures or within one. Outputs may lie exactly where dense inputs do. */
MpStatus mp_cuda_program_run (const MpCudaProgram *program, void *const *inputs, void *const *outputs,
                              void *workspace, MpStream *stream);
/* As epilogue of a product or convolution that a library made: input 0 is `product`, inputs 1… are the kernel's inputs
 * 2…, outputs the kernel's. */
MpStatus mp_cuda_program_run_after (const MpCudaProgram *program, const MpKernel *kernel, void *product,
                                    void *workspace, MpStream *stream);

/* Generated MATMUL or SQDIST with the spec's program in registers, in strict float32 or float64: sets run, bound,
 * destroy, state, workspace_bytes and algorithm of a kernel that has none of them yet. Declines what it cannot do with
 * MP_STATUS_UNSUPPORTED. */
MpStatus mp_cuda_generated_product_new (MpKernel *kernel, const MpKernelSpec *spec);
/* Whether it can be faster than a library's product and a program behind it, so that measuring it is worth while. */
int      mp_cuda_generated_product_suits (const MpDevice *device, const MpKernelSpec *spec);

#ifdef __cplusplus
}
#endif
