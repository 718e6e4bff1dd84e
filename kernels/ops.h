/* SPDX-License-Identifier: Apache-2.0
 *
 * ops.h: every operation of the graph, once.
 *
 * MP_OPS (X) calls X (NAME, "name", arity, class) for each operation. Arity −1 means variable.
 * All tensors are dense and row-major. Images are channels-last: activations N·H·W·C, convolution weights
 * Cout·Kh·Kw·Cin. Comparisons yield 0 or 1 in the dtype of their operands.
 *
 * Valid as C17 and C++.
 */
#pragma once

#define MP_OPS(X)                                                                                  \
  /* sources: have no kernel, or a kernel without tensor inputs */                                 \
  X (CONSTANT, "constant", 0, SOURCE)             /* scalar[0] everywhere, or data held by the graph */ \
  X (PARAMETER, "parameter", 0, SOURCE)                                                            \
  X (STATE, "state", 0, SOURCE)                                                                    \
  X (INPUT, "input", 0, SOURCE)                                                                    \
  X (RANDOM_UNIFORM, "random-uniform", 0, RANDOM) /* [scalar0, scalar1) */                         \
  X (RANDOM_NORMAL, "random-normal", 0, RANDOM)   /* mean scalar0, standard deviation scalar1 */   \
  X (RANDOM_CATEGORICAL, "random-categorical", 0, RANDOM) /* int32, uniform on 0 … scalar0−1 */    \
  /* elementwise, one operand */                                                                   \
  X (NEG, "neg", 1, ELEMENTWISE)                                                                   \
  X (EXP, "exp", 1, ELEMENTWISE)                                                                   \
  X (LOG, "log", 1, ELEMENTWISE)                                                                   \
  X (LOG1P, "log1p", 1, ELEMENTWISE)                                                               \
  X (EXPM1, "expm1", 1, ELEMENTWISE)                                                               \
  X (SQRT, "sqrt", 1, ELEMENTWISE)                                                                 \
  X (RSQRT, "rsqrt", 1, ELEMENTWISE)                                                               \
  X (SQUARE, "square", 1, ELEMENTWISE)                                                             \
  X (ABS, "abs", 1, ELEMENTWISE)                                                                   \
  X (SIGN, "sign", 1, ELEMENTWISE)                                                                \
  X (TANH, "tanh", 1, ELEMENTWISE)                                                                 \
  X (SIGMOID, "sigmoid", 1, ELEMENTWISE)                                                           \
  X (SOFTPLUS, "softplus", 1, ELEMENTWISE)        /* max(x,0) + log1p(exp(−|x|)) */                \
  X (RELU, "relu", 1, ELEMENTWISE)                                                                 \
  X (LEAKY_RELU, "leaky-relu", 1, ELEMENTWISE)    /* slope scalar0 */                              \
  X (ELU, "elu", 1, ELEMENTWISE)                  /* alpha scalar0 */                              \
  X (CLAMP, "clamp", 1, ELEMENTWISE)              /* to [scalar0, scalar1] */                      \
  X (STOP_GRADIENT, "stop-gradient", 1, ELEMENTWISE)                                               \
  X (CAST, "cast", 1, CAST)                                                                        \
  /* elementwise, two operands of one shape */                                                     \
  X (ADD, "add", 2, ELEMENTWISE)                                                                   \
  X (SUB, "sub", 2, ELEMENTWISE)                                                                   \
  X (MUL, "mul", 2, ELEMENTWISE)                                                                   \
  X (DIV, "div", 2, ELEMENTWISE)                                                                   \
  X (POW, "pow", 2, ELEMENTWISE)                                                                   \
  X (MINIMUM, "minimum", 2, ELEMENTWISE)                                                           \
  X (MAXIMUM, "maximum", 2, ELEMENTWISE)                                                           \
  X (EQ, "eq", 2, ELEMENTWISE)                                                                     \
  X (NE, "ne", 2, ELEMENTWISE)                                                                     \
  X (LT, "lt", 2, ELEMENTWISE)                                                                     \
  X (LE, "le", 2, ELEMENTWISE)                                                                     \
  X (GT, "gt", 2, ELEMENTWISE)                                                                     \
  X (GE, "ge", 2, ELEMENTWISE)                                                                     \
  X (SELECT, "select", 3, ELEMENTWISE)            /* a ≠ 0 ? b : c */                              \
  /* reductions over attrs.axes */                                                                 \
  X (SUM, "sum", 1, REDUCTION)                                                                     \
  X (MEAN, "mean", 1, REDUCTION)                                                                   \
  X (MAX, "max", 1, REDUCTION)                                                                     \
  /* shapes */                                                                                     \
  X (BROADCAST, "broadcast", 1, SHAPE)            /* equal rank; axes of size 1 repeat */          \
  X (RESHAPE, "reshape", 1, SHAPE)                                                                 \
  X (TRANSPOSE, "transpose", 1, SHAPE)            /* output axis i is input axis perm[i] */        \
  X (SLICE, "slice", 1, SHAPE)                    /* [start, stop) on each axis */                 \
  X (PAD, "pad", 1, SHAPE)                        /* start zeros before, stop zeros after */       \
  X (CONCAT, "concat", -1, SHAPE)                 /* along attrs.axis */                           \
  X (GATHER, "gather", 2, SHAPE)                  /* rows of x (axis 0) at int32 indices */        \
  X (SCATTER_ADD, "scatter-add", 2, SHAPE)        /* adjoint of gather: rows dy added at indices; rows count dim0 */ \
  X (BAND, "band", 1, SHAPE)                      /* last two axes: keep j−i in [start0, stop0], zero the rest */ \
  /* products */                                                                                   \
  X (MATMUL, "matmul", 2, PRODUCT)                /* transpose_a, transpose_b; equal leading batch axes */ \
  X (SQDIST, "sqdist", 2, PRODUCT)                /* x n·d, y m·d → n·m, clamped at 0 */           \
  X (CONV, "conv", 2, PRODUCT)                    /* x NHWC, w OHWI */                             \
  X (CONV_DATA, "conv-data", 2, PRODUCT)          /* adjoint of conv in x: dy, w → dx (size in attrs) */ \
  X (CONV_WEIGHT, "conv-weight", 2, PRODUCT)      /* adjoint of conv in w: x, dy → dw */           \
  X (MAXPOOL_INDEX, "maxpool-index", 1, POOL)     /* int32: flat position in H·W of each maximum (first wins) */ \
  X (POOL_GATHER, "pool-gather", 2, POOL)         /* x NHWC, index → y */                          \
  X (POOL_SCATTER, "pool-scatter", 2, POOL)       /* adjoint of pool-gather: dy, index → dx */     \
  X (AVGPOOL, "avgpool", 1, POOL)                 /* divides by the whole window, pads included */ \
  X (AVGPOOL_GRAD, "avgpool-grad", 1, POOL)       /* adjoint of avgpool */                         \
  /* fused normalisers over attrs.axes */                                                          \
  X (NORMALIZE, "normalize", 1, FUSED)            /* (x − mean) · rsqrt (var + scalar0), biased var */ \
  X (NORMALIZE_GRAD, "normalize-grad", 2, FUSED)  /* x, dy → dx of NORMALIZE */                    \
  X (SOFTMAX, "softmax", 1, FUSED)                                                                 \
  X (LOG_SUM_EXP, "log-sum-exp", 1, REDUCTION)                                                     \
  /* linear algebra on the last two axes */                                                        \
  X (CHOLESKY, "cholesky", 1, LINALG)             /* lower factor; NaN where not positive definite */ \
  X (TRIANGULAR_SOLVE, "triangular-solve", 2, LINALG) /* op(L)·X = B, L lower; transpose_a for Lᵀ */ \
  X (PD_SOLVE, "pd-solve", 2, LINALG)             /* A·X = B, A symmetric positive definite */     \
  /* effects */                                                                                    \
  X (ASSIGN, "assign", 2, EFFECT)                 /* state or parameter, value */                  \
  X (SGD, "sgd", -1, UPDATE)                                                                       \
  X (RMSPROP, "rmsprop", -1, UPDATE)                                                               \
  X (ADAM, "adam", -1, UPDATE)                                                                     \
  X (ADAMW, "adamw", -1, UPDATE)                                                                   \
  /* made by the planner only */                                                                   \
  X (FUSED, "fused", -1, PLANNED)                                                                  \
  X (COPY, "copy", 1, PLANNED)                                                                     \
  X (FETCH, "fetch", 1, PLANNED)                  /* ring slots·…; item context.batch mod slots, or with stop0 > 0 \
                                                     item (context.step / stop0) mod slots */      \
  X (COLLECT, "collect", -1, PLANNED)             /* float scalars → a row of a float64 table rows·columns, from column \
                                                     start0; row (context.step / stop0) mod rows */

typedef enum
{
#define X(NAME, name, arity, class) MP_OP_##NAME,
  MP_OPS (X)
#undef X
  MP_N_OPS
} MpOp;

typedef enum
{
  MP_CLASS_SOURCE,
  MP_CLASS_RANDOM,
  MP_CLASS_ELEMENTWISE,
  MP_CLASS_CAST,
  MP_CLASS_REDUCTION,
  MP_CLASS_SHAPE,
  MP_CLASS_PRODUCT,
  MP_CLASS_POOL,
  MP_CLASS_FUSED,
  MP_CLASS_LINALG,
  MP_CLASS_EFFECT,
  MP_CLASS_UPDATE,
  MP_CLASS_PLANNED
} MpOpClass;
