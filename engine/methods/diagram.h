/* SPDX-License-Identifier: Apache-2.0
 *
 * diagram.h: a method as boxes and arrows: where numbers come from, which networks and matrices they pass, which losses
 * they end in, which parameters each loss moves, and whether the losses pull against each other (a saddle point), as in
 * Figure 3 of Generative Ratio Matching Networks.
 *
 * It is read off the graph, so that no method draws itself: networks are what consumes parameters of a group, values
 * are the nodes that the method named, and an arrow is a path on which nothing else is shown.
 *
 * Ownership: a diagram owns its strings; it outlives its build. Threads: immutable once made.
 */
#pragma once

#include "engine/methods/build.h"

G_BEGIN_DECLS

typedef enum
{
  MP_BOX_SOURCE,   /* data, latents, other random numbers */
  MP_BOX_NETWORK,
  MP_BOX_FROZEN,   /* a network that nothing moves */
  MP_BOX_MATRIX,   /* a value with two dimensions of points: a kernel matrix */
  MP_BOX_VALUE,
  MP_BOX_LOSS
} MpBoxKind;

typedef struct
{
  MpBoxKind  kind;
  char      *id;       /* "source/data", "network/critic", "value/gradient norms", "loss/critic" */
  char      *title;    /* what people read, in their language */
  char      *detail;   /* shape, "200 × 200", or of a loss the id of its report; or NULL */
  char      *note;     /* which loss it is, "hinges at 1 and −1"; translated; or NULL */
  guint      column;   /* left to right: one more than the last box before it */
  guint      phases;   /* bits: phases that compute it */
} MpBox;

typedef struct
{
  guint    from, to;   /* boxes */
  guint    phases;     /* bits */
  gboolean back;       /* against the columns: something comes round */
} MpArrow;

/* A loss moves the parameters of a network, in one phase. */
typedef struct
{
  guint    loss, network;
  gboolean ascend;
  guint    phase;
} MpMove;

typedef struct
{
  GArray  *boxes;      /* MpBox */
  GArray  *arrows;     /* MpArrow */
  GArray  *moves;      /* MpMove */
  gboolean saddle;     /* one is the other, negated */
  guint    n_columns;
  GPtrArray *phases;   /* char *: titles, likewise */
} MpDiagram;

/* Returns: (transfer full). */
MpDiagram  *mp_diagram_new (MpBuild *build);
void        mp_diagram_free (MpDiagram *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpDiagram, mp_diagram_free)

G_END_DECLS
