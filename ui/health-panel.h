/* SPDX-License-Identifier: Apache-2.0
 *
 * health-panel.h: what there is to say of a lane's health, each with its lesson and what can be done. Main thread only.
 */
#pragma once

#include <gtk/gtk.h>

#include "ui/health.h"

G_BEGIN_DECLS

#define MP_TYPE_HEALTH_PANEL (mp_health_panel_get_type ())
G_DECLARE_FINAL_TYPE (MpHealthPanel, mp_health_panel, MP, HEALTH_PANEL, GtkWidget)

GtkWidget *mp_health_panel_new  (void);
/* lane: of the session, by its place there; model NULL: nothing. Cheap while nothing changed. */
void       mp_health_panel_show (MpHealthPanel *self,
                                 MpLaneModel   *model,
                                 guint          lane);

G_END_DECLS
