/* SPDX-License-Identifier: Apache-2.0
 *
 * gemm.c: matrix products of small and middle size, C (m×n) = op (A) (m×k) · op (B) (k×n), and squared distances
 * between rows, D[i,j] = Σ_p (A[i,p] − B[j,p])².
 *
 * B is packed into panels of up to MAX_WIDTH vectors of columns, zero-padded, k-major. A tile of a few rows of C
 * against one panel stays in registers while p runs over k; A is read in place, one broadcast per row and p. The
 * numbers of rows that fill the registers for each panel width are in tile_rows[]. Every element of C is one sum in
 * order of p, so results do not depend on where a row lies.
 *
 * After Goto & van de Geijn, Anatomy of high-performance matrix multiplication (2008), without their outer blocking:
 * packed panels of the sizes meant here fit the second-level cache.
 */
#include "kernels/cpu/simd/simd.h"

#if MP_N_REGISTERS == 32
#define MAX_WIDTH 4
static const int tile_rows[MAX_WIDTH + 1] = { 0, 8, 8, 8, 6 };
#else
#define MAX_WIDTH 2
static const int tile_rows[MAX_WIDTH + 1] = { 0, 6, 6 };
#endif

#define INLINE static inline __attribute__ ((always_inline))

/* Vectors of columns in panel p of n_panels, for `vectors` in all: as even as can be. */
static inline int64_t
panel_start (int64_t vectors,
             int64_t n_panels,
             int64_t panel)
{
  return vectors * panel / n_panels;
}

static inline int64_t
count_vectors (const MpGemm *g)
{
  return (g->n + VL - 1) / VL;
}

static inline int64_t
count_panels (const MpGemm *g)
{
  return (count_vectors (g) + MAX_WIDTH - 1) / MAX_WIDTH;
}

static size_t
panel_bytes (const MpGemm *g)
{
  return (size_t) (count_vectors (g) * VL * g->k) * sizeof (real);
}

/* A last vector of columns that would be mostly padding is left to narrow.c, except where dots are short. */
static inline int64_t
tail_columns (const MpGemm *g)
{
  int64_t tail = g->n % VL;

  return g->n > VL && tail <= VL / 4 && tail <= MP_NARROW && (g->transpose_a || g->k >= 4 * VL) ? tail : 0;
}

static inline MpGemm
with_columns (const MpGemm *g,
              int64_t       n)
{
  MpGemm part = *g;

  part.n = n;
  return part;
}

static inline const real *
column_of_b (const MpGemm *g,
             const real   *b,
             int64_t       column)
{
  return b + (g->transpose_b ? column * g->ldb : column);
}

size_t
SYMBOL (gemm_scratch) (const MpGemm *g)
{
  MpGemm body = with_columns (g, g->n - tail_columns (g)), tail = with_columns (g, tail_columns (g));

  return gemm_way (g) == WAY_TILES ? panel_bytes (&body) + SYMBOL (narrow_scratch) (&tail)
                                   : SYMBOL (narrow_scratch) (g);
}

size_t
SYMBOL (distance_scratch) (const MpGemm *g)
{
  return panel_bytes (g);
}

/* ---- packing ---- */
static void
pack_rows (const MpGemm *g,
           const real   *b,
           real         *to,
           int64_t       column,
           int64_t       width)
{
  int64_t valid = g->n - column < width ? g->n - column : width;

  for (int64_t p = 0; p < g->k; p++, to += width) {
    const real *from = b + p * g->ldb + column;

    for (int64_t j = 0; j < valid; j++)
      to[j] = from[j];
    for (int64_t j = valid; j < width; j++)
      to[j] = 0;
  }
}

/* B stored n×k */
static void
pack_transposed (const MpGemm *g,
                 const real   *b,
                 real         *to,
                 int64_t       column,
                 int64_t       width)
{
  int64_t valid = g->n - column < width ? g->n - column : width;

  /* Few enough of k at a time that what is written stays in the first-level cache. */
  for (int64_t p = 0; p < g->k; p += VL)
    transpose_block (b + column * g->ldb + p, g->ldb, valid, g->k - p < VL ? g->k - p : VL, to + p * width, width);
  for (int64_t p = 0; p < g->k; p++)
    for (int64_t j = valid; j < width; j++)
      to[p * width + j] = 0;
}

static void
pack_panels (const MpGemm *g,
             const void   *b,
             void         *scratch,
             int           part,
             int           n_parts)
{
  int64_t vectors = count_vectors (g), n_panels = count_panels (g);

  for (int64_t panel = n_panels * part / n_parts; panel < n_panels * (part + 1) / n_parts; panel++) {
    int64_t start = panel_start (vectors, n_panels, panel);
    int64_t width = (panel_start (vectors, n_panels, panel + 1) - start) * VL;
    real   *to = (real *) scratch + start * VL * g->k;

    if (g->transpose_b)
      pack_transposed (g, b, to, start * VL, width);
    else
      pack_rows (g, b, to, start * VL, width);
  }
}

void
SYMBOL (gemm_pack) (const MpGemm *g,
                    const void   *b,
                    void         *scratch,
                    int           part,
                    int           n_parts)
{
  MpGemm body = with_columns (g, g->n - tail_columns (g)), tail = with_columns (g, tail_columns (g));

  if (gemm_way (g) != WAY_TILES) {
    if (part == 0)
      SYMBOL (narrow_pack) (g, b, scratch);
    return;
  }
  pack_panels (&body, b, scratch, part, n_parts);
  if (tail.n > 0 && part == 0)
    SYMBOL (narrow_pack) (&tail, column_of_b (g, b, body.n), (real *) ((char *) scratch + panel_bytes (&body)));
}

void
SYMBOL (distance_pack) (const MpGemm *g,
                        const void   *b,
                        void         *scratch,
                        int           part,
                        int           n_parts)
{
  pack_panels (g, b, scratch, part, n_parts);
}

/* ---- tiles ---- */
typedef struct
{
  int64_t     k;
  const real *a;
  int64_t     row_stride, k_stride; /* of A */
  const real *b;                    /* packed panel */
  real       *c;
  int64_t     ldc;
  int64_t     valid;                /* columns of the panel that exist in C */
} Tile;

INLINE void
store_tile_row (const Tile *t,
                real       *c,
                vreal      *row,
                int         width)
{
  UNROLL
  for (int j = 0; j < width; j++) {
    if ((j + 1) * VL <= t->valid)
      v_store (c + j * VL, row[j]);
    else if (j * VL < t->valid)
      v_store_part (c + j * VL, row[j], t->valid - j * VL);
  }
}

INLINE void
tile (const Tile *t,
      int         rows,
      int         width,
      int         distance)
{
  vreal       acc[8][MAX_WIDTH];
  const real *a = t->a, *b = t->b;

  UNROLL
  for (int i = 0; i < rows; i++)
    UNROLL
    for (int j = 0; j < width; j++)
      acc[i][j] = (vreal) { 0 };
  for (int64_t p = 0; p < t->k; p++, a += t->k_stride, b += width * VL) {
    vreal vb[MAX_WIDTH];

    UNROLL
    for (int j = 0; j < width; j++)
      vb[j] = *(const vreal *) (b + j * VL);
    UNROLL
    for (int i = 0; i < rows; i++) {
      vreal va = v_splat (a[i * t->row_stride]);

      UNROLL
      for (int j = 0; j < width; j++)
        if (distance)
          acc[i][j] += (va - vb[j]) * (va - vb[j]);
        else
          acc[i][j] += va * vb[j];
    }
  }
  UNROLL
  for (int i = 0; i < rows; i++)
    store_tile_row (t, t->c + i * t->ldc, acc[i], width);
}

#define TILE(rows, width)                                                                           \
  static void                                                                                       \
  tile_##rows##x##width (const Tile *t)                                                             \
  {                                                                                                 \
    tile (t, rows, width, 0);                                                                       \
  }                                                                                                 \
  static void                                                                                       \
  distance_##rows##x##width (const Tile *t)                                                         \
  {                                                                                                 \
    tile (t, rows, width, 1);                                                                       \
  }

#define TILES(width)                                                                                \
  TILE (1, width) TILE (2, width) TILE (3, width) TILE (4, width) TILE (5, width) TILE (6, width)   \
  TILE (7, width) TILE (8, width)

#define ROW(kind, width)                                                                            \
  { NULL, kind##_1x##width, kind##_2x##width, kind##_3x##width, kind##_4x##width, kind##_5x##width, \
    kind##_6x##width, kind##_7x##width, kind##_8x##width }

typedef void (*TileFn) (const Tile *);

TILES (1)
TILES (2)
#if MAX_WIDTH == 4
TILES (3)
TILES (4)
static const TileFn tiles[2][MAX_WIDTH + 1][9] = {
  { { NULL }, ROW (tile, 1), ROW (tile, 2), ROW (tile, 3), ROW (tile, 4) },
  { { NULL }, ROW (distance, 1), ROW (distance, 2), ROW (distance, 3), ROW (distance, 4) }
};
#else
static const TileFn tiles[2][MAX_WIDTH + 1][9] = {
  { { NULL }, ROW (tile, 1), ROW (tile, 2) },
  { { NULL }, ROW (distance, 1), ROW (distance, 2) }
};
#endif

static void
run_tiles (const MpGemm *g,
           const real   *a,
           real         *c,
           const real   *packed,
           int64_t       row0,
           int64_t       row1,
           int           distance)
{
  int64_t vectors = count_vectors (g), n_panels = count_panels (g);
  Tile    t = { .k = g->k, .ldc = g->ldc };

  t.row_stride = g->transpose_a ? 1 : g->lda;
  t.k_stride = g->transpose_a ? g->lda : 1;
  for (int64_t panel = 0; panel < n_panels; panel++) {
    int64_t start = panel_start (vectors, n_panels, panel);
    int64_t width = panel_start (vectors, n_panels, panel + 1) - start;

    t.b = packed + start * VL * g->k;
    t.valid = g->n - start * VL;
    for (int64_t row = row0; row < row1;) {
      int64_t left = row1 - row, n_tiles = (left + tile_rows[width] - 1) / tile_rows[width];
      int64_t rows = (left + n_tiles - 1) / n_tiles; /* as even as can be: a tile of few rows waits for its sums */

      t.a = a + row * t.row_stride;
      t.c = c + (row - row0) * g->ldc + start * VL;
      tiles[distance][width][rows](&t);
      row += rows;
    }
  }
}

void
SYMBOL (gemm_run) (const MpGemm *g,
                   const void   *a,
                   const void   *b,
                   void         *c,
                   const void   *scratch,
                   int64_t       row0,
                   int64_t       row1)
{
  MpGemm body = with_columns (g, g->n - tail_columns (g)), tail = with_columns (g, tail_columns (g));

  if (gemm_way (g) != WAY_TILES) {
    SYMBOL (narrow_run) (g, a, b, c, scratch, row0, row1);
    return;
  }
  run_tiles (&body, a, c, scratch, row0, row1, 0);
  if (tail.n > 0)
    SYMBOL (narrow_run) (&tail, a, column_of_b (g, b, body.n), (real *) c + body.n,
                         (const real *) ((const char *) scratch + panel_bytes (&body)), row0, row1);
}

void
SYMBOL (distance_run) (const MpGemm *g,
                       const void   *a,
                       void         *c,
                       const void   *scratch,
                       int64_t       row0,
                       int64_t       row1)
{
  run_tiles (g, a, c, scratch, row0, row1, 1);
}

/* ---- squared distances by the expansion |x|² + |y|² − 2·xᵀy, for many columns ---- */
void
SYMBOL (row_norms) (const void *x,
                    int64_t     rows,
                    int64_t     columns,
                    void       *norms)
{
  for (int64_t i = 0; i < rows; i++) {
    const real *row = (const real *) x + i * columns;
    vreal       lane = { 0 };
    real        sum = 0;
    int64_t     j = 0;

    for (; j + VL <= columns; j += VL)
      lane += v_load (row + j) * v_load (row + j);
    for (; j < columns; j++)
      sum += row[j] * row[j];
    for (int l = 0; l < VL; l++)
      sum += lane[l];
    ((real *) norms)[i] = sum;
  }
}

void
SYMBOL (sqdist_finish) (void       *c,
                        const void *x_norms,
                        const void *y_norms,
                        int64_t     rows,
                        int64_t     columns)
{
  const real *ny = y_norms;

  for (int64_t i = 0; i < rows; i++) {
    real *row = (real *) c + i * columns;
    real  nx = ((const real *) x_norms)[i];

    for (int64_t j = 0; j < columns; j++) {
      real d = nx + ny[j] - (real) 2 * row[j];

      row[j] = d < (real) 0 ? (real) 0 : d;
    }
  }
}
