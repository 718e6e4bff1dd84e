/* SPDX-License-Identifier: Apache-2.0
 *
 * panel-private.h: parts of a panel; internal to panel*.c.
 */
#pragma once

#include "ui/plot/panel.h"
#include "ui/plot/plot-text.h"

G_BEGIN_DECLS

typedef struct
{
  char      *title;      /* or NULL */
  float     *values;     /* MATRIX: rows × columns; BARS: rows */
  gint64     rows, columns, row_split, column_split;
  gboolean   is_map;     /* MATRIX over the extent */
  double     extent[4];
  char     **labels;     /* BARS, or NULL */
  MpScatter *scatter;    /* SPACE */
} MpPanelPart;

struct _MpPanel
{
  gatomicrefcount  ref_count;
  guint            lane;
  MpPanelKind      kind;
  char            *title, *detail;
  GArray          *parts;   /* of MpPanelPart */
  MpColourScale    colours; /* MATRIX */
  double           neutral; /* MATRIX */
  double           low, high; /* BARS: of the axis */
  gboolean         ranged;  /* colours, low and high are up to date */
  MpScale          scale;
  gboolean         captioned;
  const char      *empty;   /* interned, or NULL */
  gboolean         hidden[MP_N_POINTS];
};

typedef struct
{
  double x, y, width, height;
} MpPanelBox;

/* ---- panel-matrix.c ---- */
void       _mp_panel_fit_matrix (MpPanel *self);
/* Where the cells of a part are drawn in its box. */
MpPanelBox _mp_panel_matrix_cells (MpPanel           *self,
                                   MpPen             *pen,
                                   const MpPanelPart *part,
                                   const MpPanelBox  *box);
void       _mp_panel_draw_matrix (MpPanel           *self,
                                  MpPen             *pen,
                                  const MpPanelPart *part,
                                  const MpPanelBox  *box);

/* ---- panel-bars.c ---- */
void       _mp_panel_fit_bars (MpPanel *self);
MpPanelBox _mp_panel_bars_area (MpPanel           *self,
                                MpPen             *pen,
                                const MpPanelPart *part,
                                const MpPanelBox  *box);
void       _mp_panel_draw_bars (MpPanel           *self,
                                MpPen             *pen,
                                const MpPanelPart *part,
                                const MpPanelBox  *box);

G_END_DECLS
