/* SPDX-License-Identifier: Apache-2.0
 *
 * view.h: what can be seen of a lane besides its samples: layers on the plot, and panels beside it. A view is a file
 * that ends in a descriptor, and one word in the folder's list.
 *
 * build () looks at what the method said about itself (engine/methods/method.h, "for views"), and either makes nodes or
 * says that the method has nothing to show here. The nodes are computed between iterations when somebody looks, from
 * fixed noise and fixed reference points, and come up as an MpLayer. finish () then may work on the numbers on the host
 * (order a matrix, turn to principal axes); tensors behind those that are drawn are its own and go when it is done
 * (mp_layer_drop ()). Backgrounds and overlays are for data of two dimensions. What a layer's tensors mean depends on
 * how it is drawn:
 *
 *   drawing   place       tensors
 *   SURFACE   background  values [points of the grid]
 *   MARKS     overlay     positions k × 2; optionally values k
 *   ARROWS    overlay     starts and steps k × 4: x, y, dx, dy in data units
 *   LATTICE   overlay     positions rows·columns × 2, row by row; optionally opacity rows·columns in [0, 1]; `columns`
 *   POINTS    overlay     a further cloud k × 2
 *   MATRIX    panel       values rows × columns; several panels: one tensor each. Real points, then generated ones, in
 *                         rows and columns; or with is_map a grid over the plot, the top first
 *   SPACE     panel       real n × k, generated m × k, k 1 or 2; optionally the forces on them, n × k and m × k;
 *                         several panels: `per_panel` tensors each
 *   BARS      panel       values k, and for each a label; several panels: one tensor each
 *
 * Steps and forces are true; the window magnifies them and says by how much.
 */
#pragma once

#include "engine/methods/method.h"

G_BEGIN_DECLS

#define MP_LAYER_MAX_TENSORS 8

typedef enum
{
  MP_DRAW_SURFACE,
  MP_DRAW_MARKS,
  MP_DRAW_ARROWS,
  MP_DRAW_LATTICE,
  MP_DRAW_POINTS,
  MP_DRAW_MATRIX,
  MP_DRAW_SPACE,
  MP_DRAW_BARS
} MpDrawing;

typedef enum
{
  MP_PLACE_BACKGROUND, /* one at a time */
  MP_PLACE_OVERLAY,    /* any number */
  MP_PLACE_PANEL,      /* one at a time */
} MpPlace;
MpPlace mp_drawing_place (MpDrawing drawing);

/* Filled by build (). Strings are static (marked N_ ()) or interned. */
typedef struct
{
  const char *title;      /* what exactly is shown: estimator and unit; preset: the descriptor's */
  double      neutral;    /* SURFACE, MATRIX: the value that is neither for nor against; NAN (preset): none */
  guint       n_tensors;
  MpNode     *tensors[MP_LAYER_MAX_TENSORS];
  guint       per_panel;  /* SPACE; 0: all in one panel */
  gint64      columns;    /* LATTICE */
  gboolean    is_map;     /* MATRIX */
  GPtrArray  *labels;     /* preset; takes const char *: of panels, or of bars; may stay empty */
} MpViewNodes;

typedef struct
{
  gint64  rows, columns;  /* a vector is rows × 1 */
  float  *values;
} MpLayerTensor;

typedef struct _MpViewClass MpViewClass;

/* What arrived. Owned by its snapshot, immutable once published. */
typedef struct
{
  const MpViewClass *class;
  const char        *title;
  char              *detail;          /* numbers that belong to the title, translated: "2 of 16 axes, 93 %"; or NULL */
  double             neutral;
  double             seconds;         /* what it cost the lane's thread */
  gint               width, height;   /* SURFACE, maps: cells of the grid */
  double             extent[4];       /* of the plot: x0, x1, y0, y1; row 0 of a grid is y0 */
  guint              n_tensors;
  MpLayerTensor      tensors[MP_LAYER_MAX_TENSORS];
  guint              per_panel;
  gint64             columns;         /* LATTICE */
  gboolean           is_map;          /* MATRIX */
  char             **labels;          /* NULL-terminated, or NULL */
} MpLayer;

struct _MpViewClass
{
  MpDescriptor base;      /* summary: the one line that explains it in the window */
  MpDrawing    drawing;
  gboolean     of_data;   /* POINTS: made of the data's points, not of noise */
  /* FALSE: not for this method. Mistakes go to the graph, as in methods. */
  gboolean   (*build) (MpBuild *build, MpViewNodes *nodes);
  void       (*finish) (MpLayer *layer, MpBuild *build);   /* nullable; on the lane's thread */
};

/* Frees what the layer holds. */
void mp_layer_clear (MpLayer *layer);

/* ---- for build () ---- */
/* The first n rows, or all. */
MpNode *mp_view_rows (MpNode *x, gint64 n);
/* Where the published kernel compares points: the critic's space, else the data space itself. x: n × d. */
MpNode *mp_view_kernel_space (MpBuild *build, MpNode *x);
/* Points of each side that a kernel map over the grid affords: fewer for a kernel of more parts, each of which costs an
 * exponential for each point of the grid. */
gint64  mp_view_count_kernel_points (MpBuild *build);
/* The estimated and the true density ratio at points p × 2, where the true density is `density` (p); both limited to ±10.
 * title: (out): what is estimated. NULL where the method has no such estimate. */
MpNode *mp_view_estimate_ratio (MpBuild *build, MpNode *points, const char **title);
MpNode *mp_view_true_ratio_at (MpBuild *build, MpNode *points, MpNode *density);
/* |∇ of the sum of the critic's outputs| at each row of x, n; √(|∇|² + 10⁻¹²). A row's output depends on that row
 * alone. NULL without a critic. */
MpNode *mp_view_gradient_norms (MpBuild *build, MpNode *x);

/* The norm that the gradient penalty wants, as [method] says now: 1 where that is not a key. */
double  mp_view_get_penalty_target (MpBuild *build);

/* ---- for finish () ---- */
/* Turns a SPACE layer of more than two dimensions, with points in tensors 0 and 1 of each panel and forces in 2 and 3,
 * into one of two: the principal axes of the first panel's points, with the share of their variance in `detail`. */
void mp_layer_project (MpLayer *layer);
/* Mean of the rows and their first principal axis, of length 1; columns numbers each. */
void mp_view_find_axis (const MpLayerTensor *points, double *mean, double *axis);
/* Frees the tensors from `first` on. */
void mp_layer_drop (MpLayer *layer, guint first);

G_END_DECLS
