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
  MP_INT32,
  MP_BFLOAT16            /* memory only: kernels widen it to float32 when they read and round when they write */
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
  uint32_t flags;              /* op specific; updates: MP_UPDATE_*; MATMUL and COPY: MP_PACKED */
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
#define MP_PACKED 8u                /* packed_bytes of MpDeviceClass */

/* A fused elementwise program with optional reductions, the planner's output.
 *
 * The program runs over a domain of `rank` axes. Registers 0 … n_inputs−1 hold the inputs' values at a domain
 * point; instruction i reads registers and writes register n_inputs+i. Inputs are dense tensors read through
 * element strides (0 repeats). An output is a register, stored densely over the domain or reduced over `axes`
 * first (then its tensor holds the remaining axes, densely, in order) and multiplied by `scale`.
 * All values have the program's dtype (float32 or float64). Tensors of a float32 program may be stored as bfloat16.
 * Reductions accumulate deterministically.
 *
 * A contraction is for programs of rank 2 over n×m, as epilogue of SQDIST or MATMUL: it multiplies the register's
 * matrix R, which is never stored, by a dense operand V of d columns, inputs[operand] of the kernel:
 *   axes = 2: out[i,k] = scale · Σ_j R[i,j]·V[j,k], n×d        axes = 1: out[j,k] = scale · Σ_i R[i,j]·V[i,k], m×d
 * Operands of contractions stand behind the program's inputs in the kernel's list. Back ends may decline them. */
#define MP_PROGRAM_MAX_INPUTS 24
#define MP_PROGRAM_MAX_INSTRUCTIONS 96
#define MP_PROGRAM_MAX_OUTPUTS 12

typedef enum
{
  MP_STORE,
  MP_REDUCE_SUM,
  MP_REDUCE_MAX,
  MP_CONTRACT            /* a product with a further operand; see below */
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
    int32_t operand; /* CONTRACT: index in the kernel's inputs */
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

/* What a run needs beside memory: the randomness counter (philox.h), and which minibatch FETCH takes. */
typedef struct
{
  uint64_t seed;
  uint64_t step;
  uint64_t batch;
} MpRunContext;

/* How products and convolutions of float32 tensors compute. Float64 is not touched by it. */
typedef enum
{
  MP_PRECISION_STRICT, /* float32 throughout */
  MP_PRECISION_TF32,   /* tensor cores, operands rounded to 10 bits of mantissa, sums in float32; the default */
  MP_PRECISION_BF16    /* operands and activations rounded to bfloat16; parameters, sums and losses in float32 */
} MpPrecision;

typedef struct
{
  int32_t     n_threads;     /* CPU: threads inside one kernel; 0 is 1 */
  MpPrecision precision;     /* CUDA; the CPU always computes strictly */
  int32_t     deterministic; /* CUDA: the same bits in every run on one device; the CPU always does */
  const char *cache;         /* folder for compiled kernels and measured choices; NULL: none is kept. Copied. */
} MpDeviceOptions;

typedef struct MpDevice MpDevice;
typedef struct MpStream MpStream;
typedef struct MpEvent MpEvent;
typedef struct MpCapture MpCapture;
typedef struct MpKernel MpKernel;

typedef struct
{
  char     name[128];      /* "AMD EPYC 9655, 2 cores, AVX-512" */
  char     detail[256];    /* library versions, instruction set */
  char     uuid[48];       /* "GPU-2f3a…"; empty where a device has none */
  uint64_t memory_total;   /* bytes */
  uint64_t memory_free;
  uint64_t memory_used;    /* allocated through this handle, now and at most */
  uint64_t memory_peak;
  int32_t  n_units;        /* cores or multiprocessors */
  MpPrecision precision;   /* of this handle */
} MpDeviceInfo;

typedef struct
{
  const char *id;          /* "cpu", "cuda" */
  int         host_memory; /* addresses of alloc are the host's too, and every call has finished when it returns */

  /* devices; count is 0 where none can be used, and mp_kernels_error () says why. A handle carries its options;
   * several handles of one device may be open. options: NULL for all zeros. */
  int      (*count) (void);
  MpStatus (*open) (int index, const MpDeviceOptions *options, MpDevice **out);
  void     (*close) (MpDevice *device);
  MpStatus (*info) (MpDevice *device, MpDeviceInfo *out);

  /* memory: addresses on the device, aligned to MP_ALIGNMENT, contents undefined */
  MpStatus (*alloc) (MpDevice *device, size_t bytes, void **out);
  void     (*release) (MpDevice *device, void *address);
  /* host memory that transfers can read and write while the host goes on */
  MpStatus (*host_alloc) (MpDevice *device, size_t bytes, void **out);
  void     (*host_release) (MpDevice *device, void *address);

  /* All in the stream's order. Transfers from and to host_alloc memory return at once: the host must not touch it
   * before an event recorded behind them has passed. With other host memory they are finished on return. */
  MpStatus (*upload) (MpDevice *device, MpStream *stream, void *to, const void *from_host, size_t bytes);
  MpStatus (*download) (MpDevice *device, MpStream *stream, void *to_host, const void *from, size_t bytes);
  MpStatus (*copy) (MpDevice *device, MpStream *stream, void *to, const void *from, size_t bytes);
  MpStatus (*fill) (MpDevice *device, MpStream *stream, void *to, int byte, size_t bytes);

  MpStatus (*stream_new) (MpDevice *device, MpStream **out);
  void     (*stream_free) (MpStream *stream);
  MpStatus (*stream_sync) (MpStream *stream);
  MpStatus (*stream_wait) (MpStream *stream, MpEvent *event); /* later work of the stream waits; the host does not */
  MpStatus (*event_new) (MpDevice *device, MpEvent **out);
  MpStatus (*event_record) (MpEvent *event, MpStream *stream);
  MpStatus (*event_query) (MpEvent *event, int *passed);      /* an event that was never recorded has passed */
  MpStatus (*event_sync) (MpEvent *event);
  void     (*event_free) (MpEvent *event);

  /* kernels */
  int      (*supports) (MpDevice *device, const MpKernelSpec *spec);
  MpStatus (*kernel_new) (MpDevice *device, const MpKernelSpec *spec, MpKernel **out);
  size_t   (*kernel_workspace) (const MpKernel *kernel); /* bytes */
  MpStatus (*kernel_bind) (MpKernel *kernel, void *const *inputs, void *const *outputs, void *workspace);
  MpStatus (*kernel_run) (MpKernel *kernel, MpStream *stream, const MpRunContext *context);
  const char *(*kernel_algorithm) (const MpKernel *kernel); /* "tiles:avx512", for plan listings */
  void     (*kernel_free) (MpKernel *kernel);
  /* Bytes of the second operand of this product (a MATMUL of matrices) in the order in which its kernel reads it, where it
   * would have to bring it there each time: a COPY with MP_PACKED and the product's transpose_b does that once for
   * several products, which read the copy with MP_PACKED. 0 where there is nothing to save; NULL: never is. */
  size_t   (*packed_bytes) (MpDevice *device, const MpKernelSpec *spec);

  /* Whole iterations as one launch; NULL where a back end has none.
   * Between begin and end, what kernel_run, copy and fill put on the stream is recorded instead of run; nothing may
   * be allocated, and upload and download fail. base is the context that the recorded iteration was written for, next
   * the one of the iteration after it. capture_run runs it for another context: each recorded kernel sees that
   * context plus what its own was ahead of base. Consecutive iterations cost nothing beside the launch.
   * A stream that waits for an event of a recorded stream is recorded too, as a branch; the first stream must have
   * waited for all branches before the end. Such events are good for the capture only. */
  MpStatus (*capture_begin) (MpStream *stream, const MpRunContext *base);
  MpStatus (*capture_end) (MpStream *stream, const MpRunContext *next, MpCapture **out);
  MpStatus (*capture_run) (MpCapture *capture, MpStream *stream, const MpRunContext *context);
  void     (*capture_free) (MpCapture *capture);
} MpDeviceClass;

extern const MpDeviceClass mp_cpu_class;

/* What a loadable back end exports under the name MP_MODULE_ENTRY: its class, or NULL when abi is not its own. Texts
 * of failures go to `fail` too, on the failing thread, so that mp_kernels_error () of the program has them. */
#define MP_MODULE_ABI 2u
#define MP_MODULE_ENTRY "mp_module_entry"
typedef const MpDeviceClass *(*MpModuleEntry) (uint32_t abi, void (*fail) (const char *text));

/* Text of the last failure on this thread; never NULL. Borrowed, valid until the next failure. */
const char *mp_kernels_error (void);
MpStatus    mp_kernels_fail (MpStatus status, const char *format, ...) __attribute__ ((format (printf, 2, 3)));
/* In a module: sends every text on. In the program: takes a module's text as this thread's last failure. */
void        mp_kernels_set_sink (void (*sink) (const char *text));
void        mp_kernels_note (const char *text);

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
