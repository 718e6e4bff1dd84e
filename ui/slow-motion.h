/* SPDX-License-Identifier: Apache-2.0
 *
 * slow-motion.h: what the last single phase of a lane did: its minibatch as points, every number it reported and how that
 * changed, |gradient| and |update| of what it moved. Hidden while there is none. Main thread only.
 */
#pragma once

#include <gtk/gtk.h>

#include "ui/lane-past.h"

G_BEGIN_DECLS

#define MP_TYPE_SLOW_MOTION (mp_slow_motion_get_type ())
G_DECLARE_FINAL_TYPE (MpSlowMotion, mp_slow_motion, MP, SLOW_MOTION, GtkWidget)

GtkWidget  *mp_slow_motion_new      (void);
/* lane: or NULL. */
void        mp_slow_motion_set_lane (MpSlowMotion *self,
                                     MpLaneModel  *lane);
/* What the head says, "" while hidden. */
const char *mp_slow_motion_get_text (MpSlowMotion *self);

G_END_DECLS
