/* SPDX-License-Identifier: Apache-2.0
 *
 * cases.h: rows of test-ops.c's table: { operation, { operands }, result, attributes }.
 */
/* clang-format off */
#define ROW(OP, in, out, ...) { MP_OP_##OP, { in }, out, { __VA_ARGS__ } },
#define ROW2(OP, a, b, out, ...) { MP_OP_##OP, { a, b }, out, { __VA_ARGS__ } },

/* ---- families that both parts draw from; a convolution is x, w, y and the geometry ---- */
#define CONV(x, w, y, ...)                                                                          \
  ROW2 (CONV, x, w, y, __VA_ARGS__) ROW2 (CONV_DATA, y, w, x, __VA_ARGS__) ROW2 (CONV_WEIGHT, x, y, w, __VA_ARGS__)
#define POOL(x, y, ...)                                                                             \
  ROW (MAXPOOL_INDEX, x, y "i", __VA_ARGS__) ROW (AVGPOOL, x, y, __VA_ARGS__)                       \
  ROW (AVGPOOL_GRAD, y, x, __VA_ARGS__) ROW2 (POOL_GATHER, x, y "i", y, __VA_ARGS__)                \
  ROW2 (POOL_SCATTER, y, y "i", x, __VA_ARGS__)
#define NORMALIZER(x, bits)                                                                         \
  ROW (NORMALIZE, x, x, .axes = bits, .scalar = { 1e-5 }) ROW2 (NORMALIZE_GRAD, x, x, x, .axes = bits, .scalar = { 1e-5 }) \
  ROW (SOFTMAX, x, x, .axes = bits)
#define LINALG(n)                                                                                   \
  ROW (CHOLESKY, #n "x" #n, #n "x" #n) ROW2 (TRIANGULAR_SOLVE, #n "x" #n, #n "x1", #n "x1")         \
  ROW2 (TRIANGULAR_SOLVE, #n "x" #n, #n "x1", #n "x1", .transpose_a = 1)                            \
  ROW2 (TRIANGULAR_SOLVE, #n "x" #n, #n "x37", #n "x37")                                            \
  ROW2 (TRIANGULAR_SOLVE, #n "x" #n, #n "x37", #n "x37", .transpose_a = 1)
#define SQDIST(n, m, d) ROW2 (SQDIST, #n "x" #d, #m "x" #d, #n "x" #m)

#ifndef MP_LARGE_CASES

/* ---- elementwise ---- */
#define UNARY(OP, ...) ROW (OP, "1037", "1037", __VA_ARGS__) ROW (OP, "3x0", "3x0", __VA_ARGS__) ROW (OP, "", "", __VA_ARGS__)
#define BINARY(OP) ROW2 (OP, "1037", "1037", "1037") ROW2 (OP, "5x7", "5x7", "5x7") ROW2 (OP, "0", "0", "0")
UNARY (NEG) UNARY (EXP) UNARY (LOG) UNARY (LOG1P) UNARY (EXPM1) UNARY (SQRT) UNARY (RSQRT) UNARY (SQUARE) UNARY (ABS)
UNARY (SIGN) UNARY (TANH) UNARY (SIGMOID) UNARY (SOFTPLUS) UNARY (RELU) UNARY (STOP_GRADIENT)
UNARY (LEAKY_RELU, .scalar = { 0.25 })
UNARY (ELU, .scalar = { 0.5 })
UNARY (CLAMP, .scalar = { -0.5, 0.75 })
BINARY (ADD) BINARY (SUB) BINARY (MUL) BINARY (POW) BINARY (MINIMUM) BINARY (MAXIMUM)
BINARY (EQ) BINARY (NE) BINARY (LT) BINARY (LE) BINARY (GT) BINARY (GE)
ROW2 (DIV, "999", "999", "999")
{ MP_OP_SELECT, { "1037", "1037", "1037" }, "1037", { 0 } },
ROW (CAST, "1037", "1037")
ROW (CAST, "1037", "1037i")
ROW (CAST, "31i", "31")

/* ---- reductions ---- */
#define REDUCTION(OP)                                                                               \
  ROW (OP, "1", "", .axes = 1) ROW (OP, "20011", "", .axes = 1) ROW (OP, "200x100", "", .axes = 3)  \
  ROW (OP, "200x100", "100", .axes = 1) ROW (OP, "200x100", "200", .axes = 2)                       \
  ROW (OP, "513x2", "2", .axes = 1) ROW (OP, "513x2", "513", .axes = 2) ROW (OP, "600x3", "3", .axes = 1) \
  ROW (OP, "3x2500", "2500", .axes = 1) ROW (OP, "3x2500", "3", .axes = 2)                          \
  ROW (OP, "5x7x11", "7", .axes = 5) ROW (OP, "5x7x11", "5x11", .axes = 2) ROW (OP, "5x7x11", "11", .axes = 3) \
  ROW (OP, "2x3x4x5x6x7", "3x5x7", .axes = 21) ROW (OP, "2x3x4x5x6x7", "2x4x6", .axes = 42)         \
  ROW (OP, "4x0", "4", .axes = 2) ROW (OP, "0x4", "0", .axes = 2) ROW (OP, "5x1x3", "5x3", .axes = 2) \
  ROW (OP, "70000", "", .axes = 1) ROW (OP, "700x900", "900", .axes = 1)
REDUCTION (SUM) REDUCTION (MAX) REDUCTION (LOG_SUM_EXP)
ROW (MEAN, "200x100", "100", .axes = 1) ROW (MEAN, "200x100", "", .axes = 3) ROW (MEAN, "5x7x11", "5x11", .axes = 2)

/* ---- shapes ---- */
ROW (BROADCAST, "1x100", "37x100") ROW (BROADCAST, "37x1", "37x100") ROW (BROADCAST, "1x1", "3x5")
ROW (BROADCAST, "2x1x3x1", "2x4x3x5") ROW (BROADCAST, "1x3", "0x3")
ROW (RESHAPE, "6x4", "3x8")
ROW (TRANSPOSE, "37x100", "100x37", .perm = { 1, 0 }) ROW (TRANSPOSE, "3x4x5", "5x3x4", .perm = { 2, 0, 1 })
ROW (TRANSPOSE, "2x3x4x5", "2x4x3x5", .perm = { 0, 2, 1, 3 }) ROW (TRANSPOSE, "0x4", "4x0", .perm = { 1, 0 })
ROW (TRANSPOSE, "7", "7", .perm = { 0 }) ROW (TRANSPOSE, "3x70x45", "45x3x70", .perm = { 2, 0, 1 })
ROW (SLICE, "9x8", "4x3", .start = { 2, 5 }, .stop = { 6, 8 }) ROW (SLICE, "9", "0", .start = { 4 }, .stop = { 4 })
ROW (SLICE, "5x6x7", "5x1x7", .start = { 0, 3, 0 }, .stop = { 5, 4, 7 })
ROW (SLICE, "9x20i", "4x13i", .start = { 2, 5 }, .stop = { 6, 18 })
ROW (SLICE, "6x32x3", "3x16x3", .start = { 1, 8, 0 }, .stop = { 4, 24, 3 })
ROW (PAD, "4x3", "7x3", .start = { 1, 0 }, .stop = { 2, 0 }) ROW (PAD, "2x3x9", "4x5x20", .start = { 1, 2, 3 }, .stop = { 1, 0, 8 })
ROW (PAD, "0", "3", .start = { 1 }, .stop = { 2 }) ROW (PAD, "3x16", "5x32", .start = { 1, 8 }, .stop = { 1, 8 })
ROW2 (CONCAT, "3x4", "5x4", "8x4", .axis = 0) ROW2 (CONCAT, "3x4", "3x2", "3x6", .axis = 1)
{ MP_OP_CONCAT, { "2x3x4", "2x0x4", "2x1x4" }, "2x4x4", { .axis = 1 } },
ROW2 (GATHER, "50x3", "20i", "20x3") ROW2 (GATHER, "5", "7i", "7") ROW2 (GATHER, "5x2x2", "0i", "0x2x2")
ROW2 (GATHER, "50x16", "20i", "20x16") ROW2 (SCATTER_ADD, "300x40", "300i", "7x40")
ROW2 (SCATTER_ADD, "20x3", "20i", "50x3") ROW2 (SCATTER_ADD, "70x5", "70i", "4x5") ROW2 (SCATTER_ADD, "0x3", "0i", "2x3")
ROW (BAND, "5x7", "5x7", .start = { -1 }, .stop = { 2 }) ROW (BAND, "2x6x6", "2x6x6", .start = { -6 }, .stop = { 0 })
ROW (BAND, "4x4", "4x4", .start = { 1 }, .stop = { 9 })
ROW (COPY, "33x5", "33x5") ROW2 (ASSIGN, "33", "33", "33")

/* ---- products ---- */
#define MATMUL(m, k, n)                                                                             \
  ROW2 (MATMUL, #m "x" #k, #k "x" #n, #m "x" #n)                                                    \
  ROW2 (MATMUL, #k "x" #m, #k "x" #n, #m "x" #n, .transpose_a = 1)                                  \
  ROW2 (MATMUL, #m "x" #k, #n "x" #k, #m "x" #n, .transpose_b = 1)                                  \
  ROW2 (MATMUL, #k "x" #m, #n "x" #k, #m "x" #n, .transpose_a = 1, .transpose_b = 1)
MATMUL (200, 2, 100) MATMUL (200, 100, 100) MATMUL (200, 100, 2) MATMUL (400, 100, 100) MATMUL (100, 400, 2)
MATMUL (1, 1, 1) MATMUL (3, 5, 7) MATMUL (17, 33, 65) MATMUL (9, 300, 1) MATMUL (1, 70, 130) MATMUL (31, 0, 5)
MATMUL (0, 4, 5) MATMUL (4, 5, 0) MATMUL (130, 257, 140) MATMUL (300, 600, 300)
ROW2 (MATMUL, "3x5x7", "3x7x9", "3x5x9") ROW2 (MATMUL, "2x3x7x5", "2x3x9x7", "2x3x5x9", .transpose_a = 1, .transpose_b = 1)
SQDIST (200, 200, 2) SQDIST (200, 200, 8) SQDIST (33, 47, 17) SQDIST (33, 47, 300) SQDIST (1, 1, 1) SQDIST (5, 6, 0)
SQDIST (0, 3, 2)

/* ---- convolutions ---- */
CONV ("2x7x6x3", "5x3x3x3", "2x7x6x5", .stride = { 1, 1 }, .pad_before = { 1, 1 }, .pad_after = { 1, 1 })
CONV ("3x8x8x4", "6x4x4x4", "3x4x4x6", .stride = { 2, 2 }, .pad_before = { 1, 1 }, .pad_after = { 1, 1 })
CONV ("1x5x9x1", "2x2x3x1", "1x4x4x2", .stride = { 1, 2 }, .pad_before = { 0, 0 }, .pad_after = { 0, 0 })
CONV ("2x1x1x7", "9x1x1x7", "2x1x1x9", .stride = { 1, 1 })
CONV ("2x4x4x3", "4x3x3x3", "2x4x5x4", .stride = { 1, 1 }, .pad_before = { 0, 2 }, .pad_after = { 2, 1 })
CONV ("5x12x12x8", "16x4x4x8", "5x6x6x16", .stride = { 2, 2 }, .pad_before = { 1, 1 }, .pad_after = { 1, 1 })
CONV ("0x4x4x3", "4x3x3x3", "0x2x2x4", .stride = { 1, 1 })
CONV ("1x4x4x2", "3x2x2x2", "1x2x2x3", .stride = { 3, 3 }, .pad_after = { 1, 1 })

/* ---- pooling ---- */
POOL ("2x8x6x5", "2x4x3x5", .window = { 2, 2 }, .stride = { 2, 2 })
POOL ("1x7x7x3", "1x4x4x3", .window = { 3, 3 }, .stride = { 2, 2 }, .pad_before = { 1, 1 }, .pad_after = { 1, 1 })
POOL ("2x5x4x1", "2x4x3x1", .window = { 2, 2 }, .stride = { 1, 1 })

/* ---- normalisers ---- */
NORMALIZER ("200x100", 1) NORMALIZER ("200x100", 2) NORMALIZER ("4x5x6x7", 7) NORMALIZER ("4x5x6x7", 6)
NORMALIZER ("4x5x6x7", 5) NORMALIZER ("4x5x6x7", 10) NORMALIZER ("3x600", 2) NORMALIZER ("7x3", 3) NORMALIZER ("0x3", 2)
NORMALIZER ("5000x3", 1) NORMALIZER ("2x9000", 2) NORMALIZER ("2x600x33", 2)

/* ---- linear algebra ---- */
LINALG (1) LINALG (2) LINALG (5) LINALG (16) LINALG (17) LINALG (63) LINALG (200) LINALG (0)
LINALG (65) LINALG (129)
ROW2 (TRIANGULAR_SOLVE, "800x800", "800x1", "800x1")
ROW2 (TRIANGULAR_SOLVE, "800x800", "800x1", "800x1", .transpose_a = 1)
ROW (CHOLESKY, "3x7x7", "3x7x7") ROW2 (TRIANGULAR_SOLVE, "3x7x7", "3x7x2", "3x7x2")
ROW (CHOLESKY, "2x150x150", "2x150x150") ROW2 (TRIANGULAR_SOLVE, "2x70x70", "2x70x1", "2x70x1", .transpose_a = 1)
ROW2 (TRIANGULAR_SOLVE, "2x100x100", "2x100x70", "2x100x70")
ROW2 (TRIANGULAR_SOLVE, "2x100x100", "2x100x70", "2x100x70", .transpose_a = 1)

#else /* what takes long without a GPU; tests/device/ */

/* ---- large axes, and more of them than a grid has rows ---- */
#define LARGE_UNARY(OP, ...) ROW (OP, "3000017", "3000017", __VA_ARGS__)
LARGE_UNARY (EXP) LARGE_UNARY (TANH) ROW2 (MUL, "1999993", "1999993", "1999993")
#define LARGE_REDUCTION(OP)                                                                         \
  ROW (OP, "3000017", "", .axes = 1) ROW (OP, "100003x5", "100003", .axes = 2) ROW (OP, "100003x5", "5", .axes = 1) \
  ROW (OP, "70001x1x3", "70001x3", .axes = 2) ROW (OP, "2x70001", "2", .axes = 2) ROW (OP, "64x32x32x64", "64", .axes = 7)
LARGE_REDUCTION (SUM) LARGE_REDUCTION (MAX) LARGE_REDUCTION (LOG_SUM_EXP)
ROW (BROADCAST, "1x64", "66000x64") ROW (TRANSPOSE, "1031x2053", "2053x1031", .perm = { 1, 0 })
ROW (TRANSPOSE, "64x16x16x128", "64x128x16x16", .perm = { 0, 3, 1, 2 })
ROW (SLICE, "70001x33", "70001x31", .start = { 0, 1 }, .stop = { 70001, 32 })
ROW (PAD, "64x32x32x3", "64x36x36x3", .start = { 0, 2, 2, 0 }, .stop = { 0, 2, 2, 0 })
ROW2 (CONCAT, "70001x3", "70001x5", "70001x8", .axis = 1) ROW2 (GATHER, "60000x784", "256i", "256x784")
ROW2 (SCATTER_ADD, "70001x3", "70001i", "11x3") ROW (CAST, "2000003", "2000003") ROW (COPY, "4000037", "4000037")

/* ---- products: batched, tall, wide, and one past what 16-byte loads and 128-wide tiles like ---- */
ROW2 (MATMUL, "1024x1024", "1024x1024", "1024x1024") ROW2 (MATMUL, "1025x1023", "1023x1027", "1025x1027")
ROW2 (MATMUL, "256x512", "512x512", "256x512", .transpose_b = 1) ROW2 (MATMUL, "256x512", "256x512", "512x512", .transpose_a = 1)
ROW2 (MATMUL, "70001x2", "2x100", "70001x100") ROW2 (MATMUL, "3x70001", "70001x5", "3x5")
ROW2 (MATMUL, "200x70001", "70001x1", "200x1") ROW2 (MATMUL, "64x33x65", "64x65x17", "64x33x17")
ROW2 (MATMUL, "300x8x8", "300x8x8", "300x8x8", .transpose_a = 1) ROW2 (MATMUL, "1x1x128", "1x128x1", "1x1x1")
SQDIST (1000, 777, 2) SQDIST (512, 513, 100) SQDIST (300, 257, 2048) SQDIST (4096, 1000, 8)

/* ---- every convolution of a DCGAN on 32×32 and its gradients; then filters, strides and pads that are not square ---- */
#define CONV_S2(x, w, y) \
  CONV (x, w, y, .stride = { 2, 2 }, .pad_before = { 1, 1 }, .pad_after = { 1, 1 })
CONV_S2 ("64x32x32x3", "64x4x4x3", "64x16x16x64") CONV_S2 ("64x16x16x64", "128x4x4x64", "64x8x8x128")
CONV_S2 ("64x8x8x128", "256x4x4x128", "64x4x4x256") CONV ("64x4x4x256", "1x4x4x256", "64x1x1x1", .stride = { 1, 1 })
CONV ("64x4x4x256", "100x4x4x256", "64x1x1x100", .stride = { 1, 1 })
CONV ("16x32x32x3", "64x3x3x3", "16x32x32x64", .stride = { 1, 1 }, .pad_before = { 1, 1 }, .pad_after = { 1, 1 })
CONV ("8x28x28x1", "32x5x5x1", "8x14x14x32", .stride = { 2, 2 }, .pad_before = { 2, 2 }, .pad_after = { 1, 1 })
CONV ("4x17x13x5", "7x5x3x5", "4x8x12x7", .stride = { 2, 1 }, .pad_before = { 2, 0 }, .pad_after = { 1, 1 })

/* ---- pooling, normalisation ---- */
POOL ("64x32x32x64", "64x16x16x64", .window = { 2, 2 }, .stride = { 2, 2 })
NORMALIZER ("64x8x8x128", 7) NORMALIZER ("64x8x8x128", 6) NORMALIZER ("64x4096", 2) NORMALIZER ("70001x3", 2)
NORMALIZER ("5x70001", 2)

/* ---- solves: GRAM has 64 to 1000 unknowns ---- */
#define SOLVES(n, m) LINALG (n) ROW2 (PD_SOLVE, #n "x" #n, #n "x1", #n "x1") ROW2 (PD_SOLVE, #n "x" #n, #n "x" #m, #n "x" #m)
SOLVES (32, 32) SOLVES (64, 64) SOLVES (65, 3) SOLVES (129, 100) SOLVES (255, 17) SOLVES (400, 200) SOLVES (1000, 64)
ROW2 (PD_SOLVE, "5x31x31", "5x31x7", "5x31x7")

#endif
