/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep-matrix.h: a grid of small scatter plots, each on a card in the colour of a number: rows and columns with nested
 * labels, a colour bar, and what went wrong.
 *
 * Colours run from dark blue to yellow (cividis, which people with any common colour vision read alike); yellow is
 * always the better end. The number stands in each card as well.
 *
 * On image and screen contexts thumbnails are kept as pictures until their points or their size change, and a drawing
 * makes at most as many new ones as its time allows; those that wait keep their old picture. On SVG and PDF all are
 * drawn.
 *
 * One thread at a time. Strings and points are copied.
 */
#pragma once

#include "ui/plot/plot-style.h"

G_BEGIN_DECLS

typedef struct _MpSweepMatrix MpSweepMatrix;

typedef enum
{
  MP_CARD_EMPTY,     /* nothing yet */
  MP_CARD_RUNNING,
  MP_CARD_DONE,
  MP_CARD_DIVERGED,  /* at least one run; hatched */
  MP_CARD_FAILED
} MpCardState;

MpSweepMatrix *mp_sweep_matrix_new (guint n_rows,
                                    guint n_columns);
void           mp_sweep_matrix_free (MpSweepMatrix *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpSweepMatrix, mp_sweep_matrix_free)

/* Only pictures that stand alone have one. Either may be NULL. */
void           mp_sweep_matrix_set_title (MpSweepMatrix *self,
                                          const char    *title,
                                          const char    *subtitle);
/* Axes from the outside in; the product of all n is the number of rows (columns). */
void           mp_sweep_matrix_add_rows (MpSweepMatrix     *self,
                                         const char        *title,
                                         guint              n,
                                         const char *const *labels);
void           mp_sweep_matrix_add_columns (MpSweepMatrix     *self,
                                            const char        *title,
                                            guint              n,
                                            const char *const *labels);
/* What the colours mean. lower_is_better: yellow is the low end. log: positive values on a log scale. */
void           mp_sweep_matrix_set_metric (MpSweepMatrix *self,
                                           const char    *title,
                                           gboolean       lower_is_better,
                                           gboolean       log);
/* The ends of the colours; NAN, NAN: those of the values (the default). */
void           mp_sweep_matrix_set_range (MpSweepMatrix *self,
                                          double         low,
                                          double         high);

/* value: NAN for none. text, short_text: what the card says, the second where the first has no room; NULL for none.
 * share: of the cell's work that is done, shown while it is neither 0 nor 1. */
void           mp_sweep_matrix_set_card (MpSweepMatrix *self,
                                         guint          cell,
                                         MpCardState    state,
                                         double         value,
                                         const char    *text,
                                         const char    *short_text,
                                         double         share);
/* n rows of `dimensions` floats each; extent: what is in view (x0, x1, y0, y1), or NULL. */
void           mp_sweep_matrix_set_points (MpSweepMatrix *self,
                                           guint          cell,
                                           const float   *data,
                                           gint64         n_data,
                                           const float   *samples,
                                           gint64         n_samples,
                                           gint64         dimensions,
                                           const double  *extent);
void           mp_sweep_matrix_clear_points (MpSweepMatrix *self,
                                             guint          cell);
/* The card under the pointer and the one that the keyboard is at; −1: none. */
void           mp_sweep_matrix_set_marks (MpSweepMatrix *self,
                                          int            hovered,
                                          int            focused);

/* budget: microseconds that new thumbnails may take, 0: all are made. Returns: whether some are still old. */
gboolean       mp_sweep_matrix_draw (MpSweepMatrix     *self,
                                     cairo_t           *cr,
                                     double             width,
                                     double             height,
                                     gint64             budget,
                                     const MpPlotStyle *style);
/* The cell at a point of a drawing of this size; −1: none. */
int            mp_sweep_matrix_hit (MpSweepMatrix     *self,
                                    double             width,
                                    double             height,
                                    const MpPlotStyle *style,
                                    double             x,
                                    double             y);
/* Where a cell's card is: x, y, width, height. */
void           mp_sweep_matrix_locate (MpSweepMatrix     *self,
                                       double             width,
                                       double             height,
                                       const MpPlotStyle *style,
                                       guint              cell,
                                       double             card[4]);
/* The size in which thumbnails have this many units. */
void           mp_sweep_matrix_get_size (MpSweepMatrix     *self,
                                         const MpPlotStyle *style,
                                         double             thumbnail,
                                         double            *width,
                                         double            *height);

G_END_DECLS
