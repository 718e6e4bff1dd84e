/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "ui/plot/picture.h"

G_BEGIN_DECLS

typedef struct
{
  MpLaneHead head;    /* owns its strings */
  MpScatter *scatter;
  MpPanel   *panel;   /* or NULL */
} MpPictureLane;

struct _MpPicture
{
  char      *title, *subtitle;
  GArray    *lanes;   /* of MpPictureLane */
  GPtrArray *charts;  /* of MpChart */
};

G_END_DECLS
