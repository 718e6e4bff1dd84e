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

/* Puts a file made in memory in its place, whole or not at all. Errors are G_FILE_ERROR's: “PATH”: the system's reason. */
gboolean mp_picture_save (const char *path, const void *bytes, gsize size, GError **error);

G_END_DECLS
