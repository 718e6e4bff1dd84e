/* SPDX-License-Identifier: Apache-2.0
 *
 * convgraph.h: one convolution, with bias and activation, as an operation graph of cuDNN's back-end API.
 *
 *   CONV         y = f (conv (x, w) + bias)      operands x, w
 *   CONV_DATA    dx = f (adjoint (dy, w) + bias)  operands dy, w
 *   CONV_WEIGHT  dw from x, dy                    operands x, dy; no epilogue
 *
 * Activations are channels-last and weights Cout·Kh·Kw·Cin, which for cuDNN are N·C·H·W tensors with other strides.
 *
 * A graph asks cuDNN's heuristics for engines and keeps those whose numbers the precision allows:
 *   STRICT         no tensor cores
 *   TF32, BF16     tensor cores; no conversion of operands to another type but TF32
 *   always         sums in float32, without Winograd's or Fourier's transforms, whose errors are not those of a sum of
 *                  products; deterministic: none that is marked otherwise
 * A candidate becomes a plan, which is what runs.
 *
 * Graphs can be made for a device that is not there, from a text of its properties (cuDNN ≥ 9.8), to ask what cuDNN
 * would do. Threads: as the device's handle.
 */
#pragma once

#include <cudnn.h>

#include "kernels/device.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct
{
  MpOp        op;
  int64_t     n, h, w, c, out_h, out_w, out_c, kernel_h, kernel_w; /* none 0 */
  int32_t     stride[2], pad_before[2], pad_after[2];
  MpDtype     operands;   /* float32 or bfloat16 */
  MpDtype     result;     /* likewise; without bias and activation the operands' */
  MpDtype     bias;
  int         has_bias;
  int         activation; /* MP_OP_RELU, LEAKY_RELU, TANH, SIGMOID; −1 for none */
  double      slope;
  MpPrecision precision;
  int         deterministic;
} MpCudaConvSpec;

/* Whom graphs are made for: a handle, or a description. */
typedef struct
{
  cudnnHandle_t            handle;     /* NULL without a device */
  cudnnBackendDescriptor_t properties; /* NULL with a handle */
} MpCudnnTarget;

typedef struct MpCudaConvGraph MpCudaConvGraph;
typedef struct MpCudaConvPlan MpCudaConvPlan;

/* Opens cuDNN and makes a handle for the thread's current device; MP_STATUS_LIBRARY says what is missing. */
MpStatus mp_cudnn_open (MpCudnnTarget *out);
/* From properties as JSON. MP_STATUS_UNSUPPORTED: this cuDNN cannot. */
MpStatus mp_cudnn_describe (const char *json, MpCudnnTarget *out);
void     mp_cudnn_close (MpCudnnTarget *target); /* accepts zeros */
/* 91900 is 9.19.0; 0 when there is none. */
size_t   mp_cudnn_version (void);

/* "float32 conv 64×32×32×3 by 64×4×4×3 stride 2×2 pads …"; the graph's key too */
void     mp_cuda_conv_text (const MpCudaConvSpec *spec, char *text, size_t size);

/* MP_STATUS_UNSUPPORTED: cuDNN does not take it. The target must outlive the graph. */
MpStatus mp_cuda_conv_graph_new (const MpCudnnTarget *target, const MpCudaConvSpec *spec, MpCudaConvGraph **out);
void     mp_cuda_conv_graph_free (MpCudaConvGraph *graph); /* accepts NULL */
/* How many engines may be used, cuDNN's favourite first. The first call asks its heuristics, which takes some
 * milliseconds. 0: mp_kernels_error () says that there are none. */
int      mp_cuda_conv_graph_n_candidates (MpCudaConvGraph *graph);
/* "37 2=10 14=3": the engine and its knobs */
const char *mp_cuda_conv_graph_candidate (const MpCudaConvGraph *graph, int i);
/* Whether cuDNN compiles the engine when a plan is made, which takes a second of every start. */
int      mp_cuda_conv_graph_is_compiled (const MpCudaConvGraph *graph, int i);
/* candidate: NULL, or a text from mp_cuda_conv_graph_candidate () of an equal graph, which need not be among this
 * one's; then i is not read. MP_STATUS_UNSUPPORTED: the engine does not take it after all. */
MpStatus mp_cuda_conv_plan_new (MpCudaConvGraph *graph, int i, const char *candidate, MpCudaConvPlan **out);
void     mp_cuda_conv_plan_free (MpCudaConvPlan *plan); /* accepts NULL */
size_t   mp_cuda_conv_plan_workspace (const MpCudaConvPlan *plan);
/* bias: NULL without one. Frees what was bound before. */
MpStatus mp_cuda_conv_plan_bind (MpCudaConvPlan *plan, const void *first, const void *second, const void *bias,
                                 void *result, void *workspace);
MpStatus mp_cuda_conv_plan_run (MpCudaConvPlan *plan, cudaStream_t stream);

#ifdef __cplusplus
}
#endif
