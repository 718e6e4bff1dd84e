/* SPDX-License-Identifier: Apache-2.0
 *
 * timeline-bar.h: the past as a slider with keyframe marks, and as tracks, one for each lane.
 *
 * Drag or click: the lanes show that moment. Keyboard: ← → to the keyframe before or after, Page Up and Page Down a tenth,
 * Home to the beginning, End to now. Secondary click or the Menu key: branch from here, train on. Accessible role: slider.
 * Main thread only.
 */
#pragma once

#include <gtk/gtk.h>

#include "ui/timeline.h"

G_BEGIN_DECLS

#define MP_TYPE_TIMELINE_BAR (mp_timeline_bar_get_type ())
G_DECLARE_FINAL_TYPE (MpTimelineBar, mp_timeline_bar, MP, TIMELINE_BAR, GtkWidget)

/* tracks: with a row for each lane and an axis; else one line for all. */
GtkWidget *mp_timeline_bar_new          (gboolean       tracks);
/* timeline: or NULL. */
void       mp_timeline_bar_set_timeline (MpTimelineBar *self,
                                         MpTimeline    *timeline);
/* What can be done at the moment that is shown: branch off, train on. track: a lane, or −1 for all. */
void       mp_timeline_bar_fill_menu    (MpTimelineBar *self,
                                         GMenu         *menu,
                                         gint           track);
/* Where a position is drawn, in the widget; for tests. */
double     mp_timeline_bar_get_x        (MpTimelineBar *self,
                                         double         position);

G_END_DECLS
