/* SPDX-License-Identifier: Apache-2.0
 *
 * plot-text.h: text in plots; internal to ui/plot.
 *
 * A pen lives for one draw call and keeps one Pango layout, because making layouts costs more than drawing them.
 */
#pragma once

#include <pango/pangocairo.h>

#include "ui/plot/plot-style.h"

G_BEGIN_DECLS

typedef enum
{
  MP_TEXT_HEADING, /* a lane's name, a picture's title */
  MP_TEXT_TITLE,   /* bold */
  MP_TEXT_LABEL,
  MP_TEXT_TICK,
  MP_N_TEXTS
} MpTextKind;

typedef struct
{
  cairo_t           *cr;
  const MpPlotStyle *style;
  PangoLayout       *layout;
  PangoFontDescription *fonts[MP_N_TEXTS];
  int                kind;
} MpPen;

void   mp_pen_init (MpPen             *self,
                    cairo_t           *cr,
                    const MpPlotStyle *style);
void   mp_pen_clear (MpPen *self);

/* Height of a line, and of the part above the baseline. */
double mp_pen_get_line (MpPen      *self,
                        MpTextKind  kind,
                        double     *ascent);
double mp_pen_measure (MpPen      *self,
                       MpTextKind  kind,
                       const char *text);
/* Draws with the baseline at y. align: 0: x is the left end, 0.5: the middle, 1: the right end. most: width to cut off
 * at with an ellipsis; 0: none. Returns: the width drawn. */
double mp_pen_draw (MpPen      *self,
                    MpTextKind  kind,
                    MpColour    colour,
                    double      x,
                    double      y,
                    double      align,
                    double      most,
                    const char *text);
/* Wrapped and centred around (x, y). Returns: the height drawn. */
double  mp_pen_draw_block (MpPen      *self,
                          MpTextKind  kind,
                          MpColour    colour,
                          double      x,
                          double      y,
                          double      width,
                          const char *text);

/* The popover behind a readout. */
void   mp_pen_draw_box (MpPen  *self,
                        double  x,
                        double  y,
                        double  width,
                        double  height);
/* Lines in such a box beside the point (x, y), inside (0, 0, width, height); the first one is dim. NULL-terminated. */
void   mp_pen_draw_readout (MpPen             *self,
                            double             x,
                            double             y,
                            double             width,
                            double             height,
                            const char *const *lines);

/* Shapes that several plots share. */
void   mp_path_rounded (cairo_t *cr,
                        double   x,
                        double   y,
                        double   width,
                        double   height,
                        double   radius);
/* Whether the target keeps shapes rather than pixels. */
gboolean mp_target_is_vector (cairo_t *cr);

G_END_DECLS
