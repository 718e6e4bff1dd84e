/* SPDX-License-Identifier: Apache-2.0
 *
 * run-picture.h: kept runs as pictures and films: samples side by side over data and background layer, losses and metrics
 * below, at any moment.
 *
 * Runs are opened once. One thread at a time; lanes may train in the folders meanwhile.
 */
#pragma once

#include "engine/runs/run.h"
#include "ui/plot/picture.h"

G_BEGIN_DECLS

typedef struct _MpRunPictures MpRunPictures;

/* dirs: of char *, run folders. title: or NULL for that of a single run. */
MpRunPictures *mp_run_pictures_new (GPtrArray   *dirs,
                                    const char  *title,
                                    GError     **error);
void           mp_run_pictures_free (MpRunPictures *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpRunPictures, mp_run_pictures_free)
/* What was seen at that iteration, or last before it; −1: at the end. A run that had not begun then is an error.
 * (transfer full) */
MpPicture     *mp_run_pictures_make (MpRunPictures  *self,
                                     gint64          iteration,
                                     GError        **error);
/* Moments that are worth a frame: iterations of keyframes of all runs, at most `most` of them, the first and the last
 * included. (transfer full): of guint64, ascending. */
GArray        *mp_run_pictures_list_moments (MpRunPictures *self,
                                             guint          most);

typedef struct
{
  guint    most_frames;
  double   per_second;      /* frames */
  int      width;           /* pixels; 0: as wide as the lanes need */
  gboolean loop;
  MpPlotTheme theme;
  /* Called after each frame; FALSE stops, and nothing is written. Nullable. */
  gboolean (*progress) (guint done, guint n, gpointer data);
  gpointer data;
} MpFilmSettings;

/* A film of all moments as GIF or WebP. The last frame stays for two seconds. FALSE with G_IO_ERROR_CANCELLED when
 * progress stopped it. */
gboolean       mp_run_pictures_film (MpRunPictures        *self,
                                     const char           *path,
                                     const MpFilmSettings *settings,
                                     GError              **error);

G_END_DECLS
