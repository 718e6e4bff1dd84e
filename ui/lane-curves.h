/* SPDX-License-Identifier: Apache-2.0
 *
 * lane-curves.h: the series of a lane, part of MpLaneModel: lane-curves.c has the functions that lane-model.h declares.
 */
#pragma once

#include "ui/lane-model.h"

G_BEGIN_DECLS

/* Of MpCurve. (transfer full) */
GPtrArray *mp_lane_curves_new       (void);
GPtrArray *mp_lane_model_get_curves (MpLaneModel *self);

G_END_DECLS
