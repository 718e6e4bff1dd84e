/* SPDX-License-Identifier: Apache-2.0
 *
 * picture.h: a comparison as one picture: lanes side by side with their heads, shared charts below; and files of it.
 *
 * Files are PNG, SVG or PDF, by extension; they are written beside and renamed, so a reader never sees half of one.
 */
#pragma once

#include "ui/plot/chart.h"
#include "ui/plot/panel.h"

G_BEGIN_DECLS

#define MP_PICTURE_ERROR (mp_picture_error_quark ())
GQuark mp_picture_error_quark (void);

typedef enum
{
  MP_PICTURE_ERROR_FORMAT, /* an extension that is not png, svg or pdf */
  MP_PICTURE_ERROR_SIZE,   /* too large or too small to draw */
  MP_PICTURE_ERROR_DRAW    /* Cairo failed */
} MpPictureError;

typedef struct
{
  const char *title;        /* "GRAM" */
  const char *name;         /* as the charts' legends call the lane; NULL: the title */
  const char *subtitle;     /* "K 2 · ridge 1e-3", or NULL */
  guint       lane;         /* colour */
  guint64     iteration;
  int         modes;        /* covered; −1: not shown */
  int         n_modes;
  double      high_quality; /* share 0 … 1; NAN: not shown */
  double      rate;         /* iterations per second; NAN: not shown */
  const char *state;        /* "diverged", or NULL while all is well */
} MpLaneHead;

/* "modes 8/8 · HQ 93 % · 980 it/s". (transfer full) */
char      *mp_lane_head_summary (const MpLaneHead *head);

/* The head as it stands above a lane's plot: from (0, 0), with room around it except below. */
void       mp_lane_head_draw (const MpLaneHead  *head,
                              cairo_t           *cr,
                              double             width,
                              const MpPlotStyle *style);
double     mp_lane_head_get_height (const MpPlotStyle *style);

typedef struct _MpPicture MpPicture;

/* title, subtitle: or NULL. */
MpPicture *mp_picture_new (const char *title,
                           const char *subtitle);
void       mp_picture_free (MpPicture *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpPicture, mp_picture_free)

/* head is copied; scatter and panel are referenced. panel: NULL, or empty, for none. */
void       mp_picture_add_lane (MpPicture        *self,
                                const MpLaneHead *head,
                                MpScatter        *scatter,
                                MpPanel          *panel);
void       mp_picture_add_chart (MpPicture *self,
                                 MpChart   *chart);
/* The i-th, or NULL. */
MpChart   *mp_picture_get_chart (MpPicture *self,
                                 guint      i);

void       mp_picture_draw (MpPicture         *self,
                            cairo_t           *cr,
                            double             width,
                            double             height,
                            const MpPlotStyle *style);
/* A size in which everything is well seen. */
void       mp_picture_get_natural_size (MpPicture *self,
                                        double    *width,
                                        double    *height);

/* Writes what `draw` draws; style: colours; scale: PNG pixels per unit (2: for sharp screens); SVG and PDF: 1 unit is
 * 1/96 inch. title: for the document's metadata, or NULL. On failure nothing of the old file is lost. */
typedef void (*MpPictureDraw) (gpointer           data,
                               cairo_t           *cr,
                               double             width,
                               double             height,
                               const MpPlotStyle *style);
gboolean   mp_picture_write_drawing (const char         *path,
                                     double              width,
                                     double              height,
                                     double              scale,
                                     const MpPlotStyle  *style,
                                     const char         *title,
                                     MpPictureDraw       draw,
                                     gpointer            data,
                                     GError            **error);
gboolean   mp_picture_write (MpPicture          *self,
                             const char         *path,
                             double              width,
                             double              height,
                             double              scale,
                             const MpPlotStyle  *style,
                             GError            **error);
gboolean   mp_chart_write (MpChart            *self,
                           const char         *path,
                           double              width,
                           double              height,
                           double              scale,
                           const MpPlotStyle  *style,
                           GError            **error);
gboolean   mp_panel_write (MpPanel            *self,
                           const char         *path,
                           double              width,
                           double              height,
                           double              scale,
                           const MpPlotStyle  *style,
                           GError            **error);
/* A scatter with legend, layer's name and colour bar below, filling a card of this size. */
void       mp_scatter_draw_framed (MpScatter         *self,
                                   cairo_t           *cr,
                                   double             width,
                                   double             height,
                                   const MpPlotStyle *style);
gboolean   mp_scatter_write (MpScatter          *self,
                             const char         *path,
                             double              width,
                             double              height,
                             double              scale,
                             const MpPlotStyle  *style,
                             GError            **error);

G_END_DECLS
