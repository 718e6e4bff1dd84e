/* SPDX-License-Identifier: Apache-2.0
 *
 * device.h: the boundary between the engine and the back ends.
 *
 * A back end is one const MpDeviceClass: function pointers over opaque devices, streams, events and kernels. A
 * kernel is made once from a MpKernelSpec (shapes, dtypes, attributes; here a back end chooses its algorithm and
 * asks for workspace), bound once to addresses, and then run any number of times without allocating.
 *
 * Errors: functions return MpStatus; after anything but MP_OK, mp_kernels_error () of the same thread says what
 * failed, with shapes and the library's own words. Nothing here prints or exits.
 * Threads: a device may be shared; a kernel and a stream belong to one thread at a time.
 * Ownership: what a *_new function stores in `out` is the caller's, to be released by the matching *_free.
 *
 * Valid as C17 and C++ (nvcc reads it).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "kernels/ops.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MP_MAX_RANK 6
#define MP_ALIGNMENT 64 /* bytes; every address given to bind is a multiple of it */

typedef enum
{
  MP_OK = 0,
  MP_STATUS_INVALID,     /* a caller's mistake in a spec */
  MP_STATUS_UNSUPPORTED, /* this back end declines */
  MP_STATUS_MEMORY,
  MP_STATUS_LIBRARY      /* a library call failed */
} MpStatus;

typedef enum
{
  MP_FLOAT32,
  MP_FLOAT64,
  MP_INT32
} MpDtype;

/* A dense row-major tensor. rank 0 is a scalar; a dimension may be 0. */
typedef struct
{
  int32_t rank;
  MpDtype dtype;
  int64_t dim[MP_MAX_RANK]; /* zero beyond rank */
} MpTensorType;

/* Attributes of every operation in one comparable struct: clear it with zeros, set what the op reads (ops.h). */
typedef struct
{
  int32_t  axes;               /* bit i is axis i */
  int32_t  axis;
  int32_t  perm[MP_MAX_RANK];
  int64_t  start[MP_MAX_RANK];
  int64_t  stop[MP_MAX_RANK];
  int32_t  transpose_a;
  int32_t  transpose_b;
  int32_t  window[2];          /* pooling, height then width */
  int32_t  stride[2];
  int32_t  pad_before[2];
  int32_t  pad_after[2];
  uint32_t stream;             /* random operations: Philox stream */
  uint32_t flags;              /* op specific; updates: MP_UPDATE_* */
  double   scalar[2];
} MpAttrs;

/* Update kernels (SGD, RMSPROP, ADAM, ADAMW).
 * inputs:  gradient [n], hyper [MP_N_HYPER] float64
 * outputs: parameter [n], first moment [n], second moment [n], count [1] float64, all updated in place.
 *          SGD uses the first moment when momentum ≠ 0; RMSPROP the second, and the first as momentum buffer.
 * count is the number of updates done before; the kernel adds one. */
enum
{
  MP_HYPER_LEARNING_RATE,
  MP_HYPER_BETA1,        /* Adam; SGD and RMSprop: momentum */
  MP_HYPER_BETA2,        /* Adam; RMSprop: decay */
  MP_HYPER_EPSILON,
  MP_HYPER_WEIGHT_DECAY, /* Adam, SGD, RMSprop: added to the gradient; AdamW: decoupled */
  MP_HYPER_CLIP,         /* > 0: every parameter is clamped to ±clip after the update (Arjovsky et al. 2017) */
  MP_N_HYPER = 8
};
#define MP_UPDATE_EPSILON_INSIDE 1u /* epsilon inside the square root (TF1 RMSprop) */
#define MP_UPDATE_NESTEROV 2u
#define MP_UPDATE_ASCEND 4u         /* move up the gradient */

/* A fused elementwise program with optional reductions, the planner's output.
 *
 * The program runs over a domain of `rank` axes. Registers 0 … n_inputs−1 hold the inputs' values at a domain
 * point; instruction i reads registers and writes register n_inputs+i. Inputs are dense tensors read through
 * element strides (0 repeats). An output is a register, stored densely over the domain or reduced over `axes`
 * first (then its tensor holds the remaining axes, densely, in order) and multiplied by `scale`.
 * All values have the program's dtype (float32 or float64). Reductions accumulate deterministically. */
#define MP_PROGRAM_MAX_INPUTS 24
#define MP_PROGRAM_MAX_INSTRUCTIONS 96
#define MP_PROGRAM_MAX_OUTPUTS 12

typedef enum
{
  MP_STORE,
  MP_REDUCE_SUM,
  MP_REDUCE_MAX
} MpReduce;

typedef struct
{
  int32_t op; /* MpOp of class ELEMENTWISE, or MP_OP_CONSTANT (value scalar[0]) */
  int32_t src[3];
  double  scalar[2];
} MpInstruction;

typedef struct
{
  MpDtype       dtype;
  int32_t       rank;
  int64_t       dim[MP_MAX_RANK];
  int32_t       n_inputs;
  int32_t       n_instructions;
  int32_t       n_outputs;
  struct
  {
    int64_t stride[MP_MAX_RANK];
  } input[MP_PROGRAM_MAX_INPUTS];
  MpInstruction instruction[MP_PROGRAM_MAX_INSTRUCTIONS];
  struct
  {
    int32_t reg;
    int32_t reduce; /* MpReduce */
    int32_t axes;   /* reduced axes, as bits */
    double  scale;
  } output[MP_PROGRAM_MAX_OUTPUTS];
} MpProgram;

/* What a kernel computes.
 * FUSED: `program` says all; inputs and outputs are the program's.
 * MATMUL, SQDIST and CONV may carry a program as epilogue: program input 0 is then the product itself (which has
 * no tensor of its own), inputs[0..1] are the product's operands and inputs[2…] the program's inputs 1…. */
typedef struct
{
  MpOp                op;
  MpAttrs             attrs;
  int32_t             n_inputs;
  int32_t             n_outputs;
  const MpTensorType *inputs;
  const MpTensorType *outputs;
  const MpProgram    *program; /* nullable */
} MpKernelSpec;

/* What a run needs beside memory: the randomness counter (philox.h). */
typedef struct
{
  uint64_t seed;
  uint64_t step;
} MpRunContext;

typedef struct MpDevice MpDevice;
typedef struct MpStream MpStream;
typedef struct MpEvent MpEvent;
typedef struct MpCapture MpCapture;
typedef struct MpKernel MpKernel;

typedef struct
{
  char     name[128];      /* "AMD EPYC 9655, 2 cores, AVX-512" */
  char     detail[256];    /* library versions, instruction set */
  uint64_t memory_total;   /* bytes */
  uint64_t memory_free;
  int32_t  n_units;        /* cores or multiprocessors */
} MpDeviceInfo;

typedef struct
{
  const char *id; /* "cpu", "cuda" */

  /* devices; count is 0 where none can be used, and mp_kernels_error () says why */
  int      (*count) (void);
  MpStatus (*open) (int index, int n_threads, MpDevice **out); /* n_threads: CPU threads inside one kernel */
  void     (*close) (MpDevice *device);
  MpStatus (*info) (MpDevice *device, MpDeviceInfo *out);

  /* memory: addresses on the device, aligned to MP_ALIGNMENT, contents undefined */
  MpStatus (*alloc) (MpDevice *device, size_t bytes, void **out);
  void     (*release) (MpDevice *device, void *address);
  MpStatus (*upload) (MpDevice *device, MpStream *stream, void *to, const void *from_host, size_t bytes);
  MpStatus (*download) (MpDevice *device, MpStream *stream, void *to_host, const void *from, size_t bytes);

  MpStatus (*stream_new) (MpDevice *device, MpStream **out);
  void     (*stream_free) (MpStream *stream);
  MpStatus (*stream_sync) (MpStream *stream);
  MpStatus (*event_new) (MpDevice *device, MpEvent **out);   /* optional, as are the next two */
  MpStatus (*event_record) (MpEvent *event, MpStream *stream);
  void     (*event_free) (MpEvent *event);

  /* kernels */
  int      (*supports) (MpDevice *device, const MpKernelSpec *spec);
  MpStatus (*kernel_new) (MpDevice *device, const MpKernelSpec *spec, MpKernel **out);
  size_t   (*kernel_workspace) (const MpKernel *kernel); /* bytes */
  MpStatus (*kernel_bind) (MpKernel *kernel, void *const *inputs, void *const *outputs, void *workspace);
  MpStatus (*kernel_run) (MpKernel *kernel, MpStream *stream, const MpRunContext *context);
  const char *(*kernel_algorithm) (const MpKernel *kernel); /* "brgemm:avx512_core", for plan listings */
  void     (*kernel_free) (MpKernel *kernel);

  /* whole-iteration capture; optional */
  MpStatus (*capture_begin) (MpStream *stream);
  MpStatus (*capture_end) (MpStream *stream, MpCapture **out);
  MpStatus (*capture_run) (MpCapture *capture, MpStream *stream);
  void     (*capture_free) (MpCapture *capture);
} MpDeviceClass;

extern const MpDeviceClass mp_cpu_class;

/* Text of the last failure on this thread; never NULL. Borrowed, valid until the next failure. */
const char *mp_kernels_error (void);
MpStatus    mp_kernels_fail (MpStatus status, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

const char *mp_op_name (MpOp op);
int         mp_op_arity (MpOp op);
MpOpClass   mp_op_class (MpOp op);

size_t      mp_dtype_size (MpDtype dtype);
const char *mp_dtype_name (MpDtype dtype);
int64_t     mp_tensor_count (const MpTensorType *type);                            /* elements */
int         mp_tensor_equal (const MpTensorType *a, const MpTensorType *b);
/* Writes "float32 200×100" into buffer and returns it. */
const char *mp_tensor_text (const MpTensorType *type, char *buffer, size_t size);

#ifdef __cplusplus
}
#endif
