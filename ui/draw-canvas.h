/* SPDX-License-Identifier: Apache-2.0
 *
 * draw-canvas.h: a square to draw data on: round brush, eraser, undo.
 *
 * Mouse or pen: the first button draws, the second erases. Keys: arrows move the brush (with Shift in fine steps),
 * space puts it down and lifts it, Escape takes the stroke back that is being drawn, [ and ] change its size.
 *
 * Coordinates of strokes are those of engine/data/strokes.h: [−1, 1]², y upwards.
 *
 * Properties (notify): "can-undo", "can-redo", "empty" (nothing is left on the canvas), "radius".
 * Accessible role: image; its description says where the brush is. Main thread only.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define MP_TYPE_DRAW_CANVAS (mp_draw_canvas_get_type ())
G_DECLARE_FINAL_TYPE (MpDrawCanvas, mp_draw_canvas, MP, DRAW_CANVAS, GtkWidget)

#define MP_DRAW_MIN_RADIUS 0.01
#define MP_DRAW_MAX_RADIUS 0.4

GtkWidget *mp_draw_canvas_new            (void);
/* A text of strokes; FALSE leaves what is there. Nothing can be undone afterwards. */
gboolean   mp_draw_canvas_set_strokes    (MpDrawCanvas *self,
                                          const char   *text,
                                          GError      **error);
/* (transfer full) */
char      *mp_draw_canvas_dup_strokes    (MpDrawCanvas *self);
gboolean   mp_draw_canvas_is_empty       (MpDrawCanvas *self);
void       mp_draw_canvas_set_erasing    (MpDrawCanvas *self,
                                          gboolean      erasing);
void       mp_draw_canvas_set_radius     (MpDrawCanvas *self,
                                          double        radius);
double     mp_draw_canvas_get_radius     (MpDrawCanvas *self);
/* How much a stroke leaves, in (0, 1]. */
void       mp_draw_canvas_set_strength   (MpDrawCanvas *self,
                                          double        strength);
void       mp_draw_canvas_undo           (MpDrawCanvas *self);
void       mp_draw_canvas_redo           (MpDrawCanvas *self);
/* May be undone. */
void       mp_draw_canvas_clear          (MpDrawCanvas *self);
/* Half the side of the canvas in the units of the data, for its axes. */
void       mp_draw_canvas_set_size       (MpDrawCanvas *self,
                                          double        size);
/* Points to trace, n × 2 in canvas coordinates, copied; NULL for none. */
void       mp_draw_canvas_set_background (MpDrawCanvas *self,
                                          const float  *points,
                                          gint64        n);

G_END_DECLS
