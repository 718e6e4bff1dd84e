/* SPDX-License-Identifier: Apache-2.0
 *
 * inspector.h: the form of one lane, made from the schema, and how the lane is doing.
 *
 * A live parameter changes the running lane; what else was changed waits for "Restart lane". Main thread only.
 */
#pragma once

#include <gtk/gtk.h>

#include "ui/lane-model.h"
#include "ui/param-row.h"

G_BEGIN_DECLS

#define MP_TYPE_INSPECTOR (mp_inspector_get_type ())
G_DECLARE_FINAL_TYPE (MpInspector, mp_inspector, MP, INSPECTOR, GtkWidget)

GtkWidget   *mp_inspector_new       (void);
/* lanes: of MpLaneModel, or NULL. */
void         mp_inspector_set_lanes (MpInspector *self,
                                     GListModel  *lanes);
MpLaneModel *mp_inspector_get_lane  (MpInspector *self);      /* or NULL */
/* Property "lane" notifies. */
void         mp_inspector_set_lane  (MpInspector *self,
                                     MpLaneModel *lane);
/* devices: of MpDeviceEntry: those that can be used are offered in the row "device" of the group "train". */
void         mp_inspector_set_devices (MpInspector *self,
                                       GPtrArray   *devices);
/* The row of a key, or NULL; "kind" and "device" included. */
MpParamRow  *mp_inspector_find_row  (MpInspector *self,
                                     const char  *group,
                                     const char  *key);

G_END_DECLS
