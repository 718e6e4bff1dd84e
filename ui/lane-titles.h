/* SPDX-License-Identifier: Apache-2.0
 *
 * lane-titles.h: what a lane is called: by its method, by what tells it from other lanes, by its settings.
 *
 * Part of MpLaneModel, which has the functions. Main thread only.
 */
#pragma once

#include "ui/lane-model.h"

G_BEGIN_DECLS

typedef struct
{
  char    *title;
  char    *name;       /* or NULL: nobody said it */
  char    *apart;      /* or NULL: there is nothing to say */
  char    *subtitle;
  gboolean names_seed;
} MpLaneTitles;

void          mp_lane_titles_clear          (MpLaneTitles *titles);
MpLaneTitles *mp_lane_model_get_titles      (MpLaneModel  *self);
/* After the lane's experiment became another one. Notifies "title" and "subtitle". */
void          mp_lane_model_update_titles   (MpLaneModel  *self);

G_END_DECLS
