/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "ui/plot/picture.h"

G_BEGIN_DECLS

typedef struct
{
  MpLaneHead head;    /* owns its strings */
  MpScatter *scatter;
  MpScatter *second;  /* or NULL */
} MpPictureLane;

struct _MpPicture
{
  char      *title, *subtitle;
  GArray    *lanes;   /* of MpPictureLane */
  GPtrArray *charts;  /* of MpChart */
};

/* A scatter with legend, layer name and colour bar below, filling a card of this size. */
void mp_scatter_draw_framed (MpScatter         *self,
                             cairo_t           *cr,
                             double             width,
                             double             height,
                             const MpPlotStyle *style);

G_END_DECLS
