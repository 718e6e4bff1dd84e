/* SPDX-License-Identifier: Apache-2.0
 *
 * page-timeline.h: the page Timeline: all lanes at one moment of their past, the charts with that moment marked, and the
 * tracks with keyframes, checkpoints and branches. Main thread only.
 */
#pragma once

#include <gtk/gtk.h>

#include "ui/session.h"
#include "ui/timeline-bar.h"

G_BEGIN_DECLS

#define MP_TYPE_PAGE_TIMELINE (mp_page_timeline_get_type ())
G_DECLARE_FINAL_TYPE (MpPageTimeline, mp_page_timeline, MP, PAGE_TIMELINE, GtkWidget)

GtkWidget     *mp_page_timeline_new     (MpSession      *session);
MpTimelineBar *mp_page_timeline_get_bar (MpPageTimeline *self);

G_END_DECLS
