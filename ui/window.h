/* SPDX-License-Identifier: Apache-2.0
 *
 * window.h: the window: presets on the left, lanes and charts in the middle, the inspector on the right, the transport
 * bar below.
 *
 * It looks at an MpSession of its own. Closing it while lanes train asks them to stop, shows so, and closes once
 * their runs are kept. Main thread only.
 */
#pragma once

#include <adwaita.h>

#include "ui/charts.h"
#include "ui/session.h"
#include "ui/device-menu.h"
#include "ui/gallery.h"
#include "ui/inspector.h"
#include "ui/lane-card.h"
#include "ui/run-list.h"
#include "ui/slow-motion.h"
#include "ui/transport.h"

G_BEGIN_DECLS

#define MP_TYPE_WINDOW (mp_window_get_type ())
G_DECLARE_FINAL_TYPE (MpWindow, mp_window, MP, WINDOW, AdwApplicationWindow)

/* settings: or NULL where their schema is not installed. runs_dir: parent of run folders, or NULL for the default. */
MpWindow     *mp_window_new             (AdwApplication *application,
                                         GSettings      *settings,
                                         const char     *runs_dir);
/* Opens a preset or file; what is wrong with it is shown in the banner. play: train at once. */
gboolean      mp_window_open            (MpWindow       *self,
                                         const char     *name,
                                         gboolean        play);
MpSession *mp_window_get_session  (MpWindow       *self);
MpInspector  *mp_window_get_inspector   (MpWindow       *self);
MpSlowMotion *mp_window_get_slow_motion (MpWindow       *self);
MpRunList    *mp_window_get_runs        (MpWindow       *self);
MpDeviceMenu *mp_window_get_device_menu (MpWindow       *self);
MpTransport  *mp_window_get_transport   (MpWindow       *self);
MpCharts     *mp_window_get_charts      (MpWindow       *self);
/* The card of a lane, or NULL. */
MpLaneCard   *mp_window_get_card        (MpWindow       *self,
                                         guint           lane);
/* The whole comparison as it stands. (transfer full) */
MpPicture    *mp_window_make_picture    (MpWindow       *self);

G_END_DECLS
