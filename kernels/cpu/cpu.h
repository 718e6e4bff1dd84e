/* SPDX-License-Identifier: Apache-2.0
 *
 * cpu.h: what the files of the CPU back end share.
 *
 * The device class makes a kernel's common part (kernel.h) and hands it to the family of its op, which sets `run`,
 * `workspace_bytes`, `algorithm` and whatever `state` it needs. Sources under simd/ are compiled per instruction set
 * and dtype; their functions are reached through the kernel's MpSimd, chosen once when the device is opened.
 */
#pragma once

#include "kernels/kernel.h"
#include "kernels/philox.h"

/* Elements in one block of a fused program: a few registers of this size lie in the first-level cache. */
#define MP_TILE 1024

/* Rows or columns up to which a product is called narrow. */
#define MP_NARROW 4

typedef struct MpSimd MpSimd;

typedef enum
{
  MP_ISA_BASELINE,
  MP_ISA_AVX2,
  MP_ISA_AVX512,
  MP_N_ISAS
} MpIsa;

struct MpDevice
{
  int           n_threads;
  MpIsa         isa;
  const MpSimd *simd[2];     /* by MpDtype: float32, float64 */
  uint64_t      memory_used; /* atomic, as is the next */
  uint64_t      memory_peak;
};

struct MpStream
{
  MpDevice *device;
};

/* ---- families: each sets up one kind of kernel ---- */
MpStatus mp_cpu_fused_new (MpKernel *kernel, const MpKernelSpec *spec);
MpStatus mp_cpu_elementwise_new (MpKernel *kernel, const MpKernelSpec *spec); /* elementwise and reductions */
MpStatus mp_cpu_shape_new (MpKernel *kernel, const MpKernelSpec *spec);
MpStatus mp_cpu_ring_new (MpKernel *kernel, const MpKernelSpec *spec); /* FETCH and COLLECT */
MpStatus mp_cpu_random_new (MpKernel *kernel, const MpKernelSpec *spec);
MpStatus mp_cpu_product_new (MpKernel *kernel, const MpKernelSpec *spec);
MpStatus mp_cpu_pack_new (MpKernel *kernel, const MpKernelSpec *spec);
size_t   mp_cpu_packed_bytes (MpDevice *device, const MpKernelSpec *spec);
MpStatus mp_cpu_conv_new (MpKernel *kernel, const MpKernelSpec *spec);
MpStatus mp_cpu_pool_new (MpKernel *kernel, const MpKernelSpec *spec);
MpStatus mp_cpu_normalize_new (MpKernel *kernel, const MpKernelSpec *spec);
MpStatus mp_cpu_linalg_new (MpKernel *kernel, const MpKernelSpec *spec);
MpStatus mp_cpu_update_new (MpKernel *kernel, const MpKernelSpec *spec);

/* Copies a strided block, bit for bit: dim and strides (in elements of `size` bytes, 4 or 8) of `rank` axes. */
typedef struct
{
  int32_t rank;
  int64_t dim[MP_MAX_RANK];
  int64_t to_stride[MP_MAX_RANK];
  int64_t from_stride[MP_MAX_RANK];
} MpStridedCopy;
void mp_cpu_strided_copy (const MpStridedCopy *copy, size_t size, void *to, const void *from);

/* ---- fused programs (fused.c plans, simd/fused.c runs) ---- */

/* How an input's values come to a block of rows × columns. */
typedef enum
{
  MP_LOAD_DIRECT, /* in place: the block is contiguous in memory */
  MP_LOAD_ONCE,   /* the same for every block of full size: filled before the first */
  MP_LOAD_COPY    /* copied by strides */
} MpLoad;

typedef struct
{
  int64_t  outer_stride[MP_MAX_RANK];
  int64_t  row_stride;
  int64_t  column_stride;
  MpLoad   load;
  int32_t  slot;   /* scratch block, −1 for DIRECT */
  int64_t  extent; /* elements from the first to the last read, plus one */
} MpFusedInput;

/* What a step may be beside an MpOp: a³, and pairs of instructions of which only the second's result is used. */
enum
{
  MP_FUSED_CUBE = MP_N_OPS,
  MP_FUSED_ADD_RELU, /* relu (a + b) */
  MP_FUSED_MUL_EXP,  /* exp (a·b) */
  MP_FUSED_GT_MUL,   /* a > b ? c : 0·c */
  MP_FUSED_LT_MUL,
  MP_FUSED_MUL_MUL,  /* a·b·c */
  MP_FUSED_MUL_ADD,  /* a·b + c */
  MP_FUSED_NOTHING,  /* done by the step that uses it */
  MP_N_FUSED_OPS
};

typedef struct
{
  int32_t op; /* MpOp or MP_FUSED_* */
  int32_t src[3];
  int32_t slot;
  double  scalar[2];
} MpFusedStep;

typedef struct
{
  int32_t  reg;
  MpReduce reduce;
  double   scale;
  int64_t  outer_stride[MP_MAX_RANK]; /* element strides in the output, 0 where reduced */
  int64_t  row_stride;
  int64_t  column_stride;
  int64_t  count;       /* elements of the output */
  int      direct;      /* its step may write it in place */
  size_t   accumulator; /* reductions: offset in a thread's scratch of `count` doubles */
} MpFusedOutput;

typedef struct
{
  MpDtype       dtype;
  int32_t       n_inputs;
  int32_t       n_steps;
  int32_t       n_outputs;
  int32_t       n_slots;
  int32_t       n_outer;                /* axes before rows and columns, in the order of iteration */
  int64_t       outer[MP_MAX_RANK];
  int32_t       n_kept;                 /* the first n_kept outer axes enclose the blocks, the rest lie inside them */
  int64_t       rows, columns;
  int64_t       block_rows, block_columns;
  int64_t       n_blocks;               /* all iterations; the unit of splitting between threads */
  size_t        scratch_bytes;          /* for one thread */
  int           has_reduction;
  MpFusedInput  input[MP_PROGRAM_MAX_INPUTS];
  MpFusedStep   step[MP_PROGRAM_MAX_INSTRUCTIONS];
  MpFusedOutput output[MP_PROGRAM_MAX_OUTPUTS];
} MpFused;

/* Plans a program. keep_columns leaves the last axis alone, so that the program can be run on ranges of rows as a
 * product's epilogue where n_outer comes out 0. */
MpStatus mp_fused_plan (const MpProgram *program, int keep_columns, MpFused *fused);
/* Runs an epilogue over a whole product: the program's inputs 1… are the kernel's inputs 2…. */
void mp_fused_run_after (MpKernel *kernel, const MpFused *fused, void *product, void *scratch);

/* ---- products ---- */
typedef struct
{
  int64_t m, n, k;
  int32_t transpose_a; /* A is stored k×m */
  int32_t transpose_b; /* B is stored n×k */
  int64_t lda, ldb, ldc;
} MpGemm;

/* ---- the functions compiled per instruction set and dtype (simd/) ----
 * X (type, name, parameters): members of MpSimd and, with a suffix, the functions' names. Element pointers are void
 * because one table type serves both dtypes.
 *
 * fused_begin   fills what is the same for all blocks and clears accumulators in one thread's scratch
 * fused_run     does blocks [first, last); row_origin is subtracted from the rows of input 0 (a panel starts there)
 * fused_finish  writes reduced outputs, adding up n_threads scratches that lie scratch_bytes apart
 * gemm_pack     fills part `part` of n_parts of gemm_scratch () bytes from B
 * gemm_run      rows [row0, row1) of op (A)·op (B), stored from c on
 * distance_…    the same for squared distances between rows of A and of B (stored n×k, transpose_b set)
 * row_norms     squared norms of rows; sqdist_finish: c[i,j] = max (x[i] + y[j] − 2·c[i,j], 0), NaN stays
 * cholesky      lower factor in place, zeros above; scratch of cholesky_scratch () bytes
 * triangular_solve  B (n×m) becomes op (L)⁻¹·B
 * softmax, log_sum_exp  of rows of n
 * normalize…    over the middle axis of outer × n × inner; scratch of 2 (gradient: 4) × inner doubles
 */
#define MP_SIMD_FUNCTIONS(X)                                                                                       \
  X (void, fused_begin, const MpFused *fused, void *const *inputs, void *scratch)                                  \
  X (void, fused_run, const MpFused *fused, void *const *inputs, void *const *outputs, void *scratch,              \
     int64_t first, int64_t last, int64_t row_origin)                                                              \
  X (void, fused_finish, const MpFused *fused, void *const *outputs, void *scratch, int n_threads)                 \
  X (size_t, gemm_scratch, const MpGemm *gemm)                                                                     \
  X (void, gemm_pack, const MpGemm *gemm, const void *b, void *scratch, int part, int n_parts)                     \
  X (void, gemm_run, const MpGemm *gemm, const void *a, const void *b, void *c, const void *scratch, int64_t row0, \
     int64_t row1)                                                                                                 \
  X (size_t, distance_scratch, const MpGemm *gemm)                                                                 \
  X (void, distance_pack, const MpGemm *gemm, const void *b, void *scratch, int part, int n_parts)                 \
  X (void, distance_run, const MpGemm *gemm, const void *a, void *c, const void *scratch, int64_t row0,            \
     int64_t row1)                                                                                                 \
  X (void, row_norms, const void *x, int64_t rows, int64_t columns, void *norms)                                   \
  X (void, sqdist_finish, void *c, const void *x_norms, const void *y_norms, int64_t rows, int64_t columns)        \
  X (size_t, cholesky_scratch, int64_t n)                                                                          \
  X (void, cholesky, int64_t n, void *a, void *scratch)                                                            \
  X (void, triangular_solve, int64_t n, int64_t m, const void *l, int transpose, void *b)                          \
  X (void, random, MpOp op, const MpAttrs *attrs, const MpRunContext *context, int64_t count, void *out)           \
  X (void, update, MpOp op, uint32_t flags, const double *hyper, double count, int64_t n, const void *gradient,    \
     void *parameter, void *moment1, void *moment2)                                                                \
  X (void, softmax, int64_t rows, int64_t n, const void *x, void *y)                                               \
  X (void, log_sum_exp, int64_t rows, int64_t n, const void *x, void *y)                                           \
  X (void, normalize, int64_t outer, int64_t n, int64_t inner, double epsilon, const void *x, void *y,             \
     void *scratch)                                                                                                \
  X (void, normalize_grad, int64_t outer, int64_t n, int64_t inner, double epsilon, const void *x, const void *dy, \
     void *dx, void *scratch)

struct MpSimd
{
  const char *name;
#define MP_SIMD_MEMBER(type, name, ...) type (*name) (__VA_ARGS__);
  MP_SIMD_FUNCTIONS (MP_SIMD_MEMBER)
#undef MP_SIMD_MEMBER
};

extern const MpSimd mp_simd_baseline_f32, mp_simd_baseline_f64;
extern const MpSimd mp_simd_avx2_f32, mp_simd_avx2_f64;
extern const MpSimd mp_simd_avx512_f32, mp_simd_avx512_f64;
