/* SPDX-License-Identifier: Apache-2.0
 *
 * draw-window.h: draw your own data: a canvas, its tools, and “Train on this”, which gives the drawing to all lanes of
 * the session and starts them; without lanes it opens a comparison for them. Main thread only.
 */
#pragma once

#include <adwaita.h>

#include "ui/draw-canvas.h"
#include "ui/session.h"

G_BEGIN_DECLS

#define MP_TYPE_DRAW_WINDOW (mp_draw_window_get_type ())
G_DECLARE_FINAL_TYPE (MpDrawWindow, mp_draw_window, MP, DRAW_WINDOW, AdwWindow)

/* parent: of MpWindow, whose action win.toast tells what was refused. The canvas begins with the drawing that the first
 * lane trains on, if it does; else empty, with the lane's data to trace. */
MpDrawWindow *mp_draw_window_new        (GtkWindow    *parent,
                                         MpSession    *session);
MpDrawCanvas *mp_draw_window_get_canvas (MpDrawWindow *self);
/* What the button does. FALSE and a toast when it is refused. */
gboolean      mp_draw_window_train      (MpDrawWindow *self);

G_END_DECLS
