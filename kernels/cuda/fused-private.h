/* SPDX-License-Identifier: Apache-2.0
 *
 * fused-private.h: one generated kernel on a device: its code, launch and counters.
 */
#pragma once

#include "kernels/cuda/fused.h"
#include "kernels/cuda/nvrtc.h"
#include "kernels/cuda/source.h"

typedef struct
{
  MpDevice   *device;
  MpSource    source;   /* without its text */
  MpCudaCode *code;
  void       *counters; /* on the device */
} MpGenerated;

/* Takes the source's text. On failure too, clear it. */
MpStatus mp_generated_init (MpGenerated *generated, MpDevice *device, MpSource *source);
void     mp_generated_clear (MpGenerated *generated);
MpStatus mp_generated_prepare (MpGenerated *generated);
/* For a kernel whose whole state is an MpGenerated: how it is run, bound and destroyed. */
void     mp_generated_serve (MpKernel *kernel);
MpStatus mp_generated_run (const MpGenerated *generated, void *const *inputs, void *const *outputs, void *workspace,
                           MpStream *stream);
