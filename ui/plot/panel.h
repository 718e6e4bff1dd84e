/* SPDX-License-Identifier: Apache-2.0
 *
 * panel.h: what is seen beside a lane's plot: matrices, spaces with forces, bars; one or several of a kind.
 *
 * Several parts stand side by side, or below each other where that makes them larger, each under its title. Matrices and
 * forces of one panel share a scale. Filling a panel anew with as many parts of the same kind keeps the views and scales
 * of its spaces still.
 *
 * One thread at a time. Values and strings are copied.
 */
#pragma once

#include "ui/plot/scatter.h"
#include "ui/plot/ticks.h"

G_BEGIN_DECLS

typedef struct _MpPanel MpPanel;

typedef enum
{
  MP_PANEL_EMPTY,
  MP_PANEL_MATRIX,
  MP_PANEL_SPACE,
  MP_PANEL_BARS
} MpPanelKind;

MpPanel    *mp_panel_new (void);
MpPanel    *mp_panel_ref (MpPanel *self);
void        mp_panel_unref (MpPanel *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpPanel, mp_panel_unref)

/* Colour of what is not data or samples. */
void        mp_panel_set_lane (MpPanel *self,
                               guint    lane);
/* What the panel is about to show; then fill part 0 … n_parts − 1. detail: behind the title, or NULL. */
void        mp_panel_begin (MpPanel     *self,
                            MpPanelKind  kind,
                            const char  *title,
                            const char  *detail,
                            guint        n_parts);
MpPanelKind mp_panel_get_kind (MpPanel *self);
const char *mp_panel_get_title (MpPanel *self);
const char *mp_panel_get_detail (MpPanel *self);
guint       mp_panel_get_n_parts (MpPanel *self);

/* title of a part: or NULL. */
/* values: rows × columns. Rows and columns from `split` on are generated ones, a border runs between; 0: no border.
 * neutral: NAN for none. */
void        mp_panel_set_matrix (MpPanel     *self,
                                 guint        part,
                                 const char  *title,
                                 const float *values,
                                 gint64       rows,
                                 gint64       columns,
                                 gint64       row_split,
                                 gint64       column_split,
                                 double       neutral);
/* The matrix is a map: x0, x1, y0, y1, the top row first. After mp_panel_set_matrix (). */
void        mp_panel_set_map (MpPanel      *self,
                              guint         part,
                              const double  extent[4]);
/* real: n × k or NULL; generated: m × k; the first two columns are drawn. Forces: as many, or NULL. */
void        mp_panel_set_space (MpPanel     *self,
                                guint        part,
                                const char  *title,
                                const float *real,
                                gint64       n,
                                const float *generated,
                                gint64       m,
                                gint64       k,
                                const float *real_forces,
                                const float *generated_forces);
/* labels: NULL-terminated, or NULL; where there are fewer than values, the rest goes without. */
void        mp_panel_set_bars (MpPanel           *self,
                               guint              part,
                               const char        *title,
                               const float       *values,
                               gint64             n,
                               const char *const *labels);
/* BARS: a logarithmic axis; values ≤ 0 are then left out. */
void        mp_panel_set_scale (MpPanel *self,
                                MpScale  scale);
MpScale     mp_panel_get_scale (MpPanel *self);
/* What stands there when there is nothing to show; NULL: that there is nothing yet. */
void        mp_panel_set_empty (MpPanel    *self,
                                const char *text);
/* TRUE: the panel's own title stands above, in a line of its own where parts have titles. */
void        mp_panel_set_captioned (MpPanel *self,
                                    gboolean captioned);
/* SPACE: which clouds are shown. */
void        mp_panel_set_points_visible (MpPanel      *self,
                                         MpPointsRole  role,
                                         gboolean      visible);

void        mp_panel_draw (MpPanel           *self,
                           cairo_t           *cr,
                           double             width,
                           double             height,
                           const MpPlotStyle *style);
/* The same on a card's colour with a margin, its title above. */
void        mp_panel_draw_framed (MpPanel           *self,
                                  cairo_t           *cr,
                                  double             width,
                                  double             height,
                                  const MpPlotStyle *style);

/* What is under a point of a drawn panel. */
typedef struct
{
  guint        part;
  MpPointsRole role;         /* SPACE, when `index` ≥ 0 */
  gint64       index;        /* SPACE: of the point; BARS: of the bar; −1: none */
  gint64       row, column;  /* MATRIX; −1: none */
  double       value;        /* MATRIX, BARS; NAN: none */
  double       x, y;         /* SPACE: coordinates of the place */
} MpPanelHit;
gboolean    mp_panel_hit (MpPanel           *self,
                          double             width,
                          double             height,
                          const MpPlotStyle *style,
                          double             x,
                          double             y,
                          MpPanelHit        *hit);
/* A ring around a point in every part of a drawn SPACE. */
void        mp_panel_draw_ring (MpPanel           *self,
                                cairo_t           *cr,
                                double             width,
                                double             height,
                                const MpPlotStyle *style,
                                MpPointsRole       role,
                                gsize              index);
/* A line about the hit: "κ (real 3, generated 17) = 0.21", "layer 2: 0.031", or NULL. (transfer full) */
char       *mp_panel_describe_hit (MpPanel          *self,
                                   const MpPanelHit *hit);
/* The panel in words, for assistive technology. (transfer full) */
char       *mp_panel_describe (MpPanel *self);

G_END_DECLS
