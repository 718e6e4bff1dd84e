/* SPDX-License-Identifier: Apache-2.0
 *
 * view.h: what can be seen of a lane besides its samples: layers on the plot, and panels beside it. A view is a file
 * that ends in a descriptor, and one word in the folder's list.
 *
 * build () looks at what the method said about itself (engine/methods/method.h, "for views"), and either makes nodes or
 * says that the method has nothing to show here. The nodes are computed between iterations when somebody looks, from
 * fixed noise and fixed reference points, and come up as an MpLayer. finish () then may work on the numbers on the host
 * (principal axes, a kernel density estimate). What a layer's tensors mean depends on how it is drawn:
 *
 *   drawing   place       tensors
 *   SURFACE   background  values [points of the grid]
 *   MARKS     overlay     positions k × 2; optionally values k
 *   ARROWS    overlay     starts and steps k × 4: x, y, dx, dy in data units
 *   LATTICE   overlay     positions rows·columns × 2, row by row; optionally opacity rows·columns in [0, 1]; `columns`
 *   POINTS    overlay     a further cloud k × 2
 *   MATRIX    panel       values rows × columns; several panels: one tensor each
 *   SPACE     panel       real n × k, generated m × k; optionally the forces on them, n × k and m × k;
 *                         several panels: `per_panel` tensors each
 *   BARS      panel       values k, and for each a label; several panels: one tensor each
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
  MP_PLACE_PANEL       /* one at a time */
} MpPlace;
MpPlace mp_drawing_place (MpDrawing drawing);

/* Filled by build (). Strings are static or interned. */
typedef struct
{
  const char *title;      /* what exactly is shown: estimator and unit; NULL: the descriptor's */
  double      neutral;    /* SURFACE, MATRIX: the value that is neither for nor against; NAN (preset): none */
  guint       n_tensors;
  MpNode     *tensors[MP_LAYER_MAX_TENSORS];
  guint       per_panel;  /* SPACE; 0: all in one panel */
  gint64      columns;    /* LATTICE */
  GPtrArray  *labels;     /* of char *: of panels, or of bars; may stay empty */
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
  double             neutral;
  gint               width, height;   /* SURFACE: cells of the grid */
  double             extent[4];       /* SURFACE: x0, x1, y0, y1; row 0 is y0 */
  guint              n_tensors;
  MpLayerTensor      tensors[MP_LAYER_MAX_TENSORS];
  guint              per_panel;
  gint64             columns;         /* LATTICE */
  char             **labels;          /* NULL-terminated, or NULL */
} MpLayer;

struct _MpViewClass
{
  MpDescriptor base;      /* summary: the one line that explains it in the window */
  MpDrawing    drawing;
  /* FALSE: not for this method. Mistakes go to the graph, as in methods. */
  gboolean   (*build) (MpBuild *build, MpViewNodes *nodes);
  void       (*finish) (MpLayer *layer, MpBuild *build);   /* nullable; on the lane's thread */
};

G_END_DECLS
