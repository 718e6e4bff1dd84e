/* SPDX-License-Identifier: Apache-2.0
 *
 * transport.h: play, pause, single steps, reset, speed, timeline, seed: the bar below the lanes.
 *
 * Knows no trainer: its buttons are the actions win.play, win.step-iteration, win.step-phase and win.reset; what it
 * shows is set. Main thread only.
 *
 * Signals: "speed-changed" (double iterations per second, 0: as fast as possible), "seed-changed" (gint64).
 */
#pragma once

#include <gtk/gtk.h>

#include "ui/timeline-bar.h"

G_BEGIN_DECLS

#define MP_TYPE_TRANSPORT (mp_transport_get_type ())
G_DECLARE_FINAL_TYPE (MpTransport, mp_transport, MP, TRANSPORT, GtkWidget)

GtkWidget *mp_transport_new          (void);
gboolean   mp_transport_get_playing  (MpTransport *self);
void       mp_transport_set_playing  (MpTransport *self,
                                      gboolean     playing);
double     mp_transport_get_speed    (MpTransport *self);
void       mp_transport_set_speed    (MpTransport *self,
                                      double       per_second);
gint64     mp_transport_get_seed     (MpTransport *self);
void       mp_transport_set_seed     (MpTransport *self,
                                      gint64       seed);
/* n_iterations 0: nothing to show. seconds_left: NAN for unknown. phase: to run next, or NULL. */
void       mp_transport_set_progress (MpTransport *self,
                                      guint64      iteration,
                                      guint64      n_iterations,
                                      double       seconds_left,
                                      const char  *phase);
const char *mp_transport_get_text    (MpTransport *self);
/* The timeline that its slider moves along; or NULL. */
void       mp_transport_set_timeline (MpTransport *self,
                                      MpTimeline  *timeline);
MpTimelineBar *mp_transport_get_bar  (MpTransport *self);

G_END_DECLS
