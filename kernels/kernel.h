/* SPDX-License-Identifier: Apache-2.0
 *
 * kernel.h: what the back ends' kernels have in common. For back ends alone: others see an opaque MpKernel (device.h).
 */
#pragma once

#include "kernels/device.h"

#ifdef __cplusplus
extern "C" {
#endif

struct MpKernel
{
  MpDevice     *device;
  MpOp          op;
  MpAttrs       attrs;
  int32_t       n_inputs;
  int32_t       n_outputs;
  MpTensorType *input_type;
  MpTensorType *output_type;
  void        **input;
  void        **output;
  char         *workspace;
  size_t        workspace_bytes;
  MpStatus    (*run) (MpKernel *kernel, MpStream *stream, const MpRunContext *context);
  MpStatus    (*bound) (MpKernel *kernel);   /* nullable: addresses were set */
  void        (*destroy) (MpKernel *kernel); /* nullable: frees what state holds beyond one block */
  void         *state;                       /* freed with the kernel */
  char          algorithm[96];
  /* the CPU's */
  const struct MpSimd *simd;                 /* of the dtype the op computes in */
  int           n_threads;                   /* that this kernel uses */
  /* CUDA's */
  int           probe;                       /* somebody only asks whether there is such a kernel: families check the
                                              * spec, and neither compile, measure nor open a library */
};

/* With the specification's own copy, without a family. NULL after mp_kernels_fail (MP_STATUS_MEMORY). */
MpKernel   *mp_kernel_new (MpDevice *device, const MpKernelSpec *spec);
void        mp_kernel_free (MpKernel *kernel);
/* Allocates zeroed memory for kernel->state. NULL after mp_kernels_fail (MP_STATUS_MEMORY). */
void       *mp_kernel_state_new (MpKernel *kernel, size_t bytes);
/* Reserves workspace and returns its offset; bytes are rounded up to MP_ALIGNMENT. */
size_t      mp_kernel_reserve (MpKernel *kernel, size_t bytes);

/* Whether a fused program is one: its type, its sizes, instructions that are elementwise and read what was written. */
MpStatus    mp_program_check (const MpProgram *program);

/* Members of MpDeviceClass. */
size_t      mp_kernel_workspace (const MpKernel *kernel);
MpStatus    mp_kernel_bind (MpKernel *kernel, void *const *inputs, void *const *outputs, void *workspace);
const char *mp_kernel_algorithm (const MpKernel *kernel);

#ifdef __cplusplus
}
#endif
