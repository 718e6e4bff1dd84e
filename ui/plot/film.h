/* SPDX-License-Identifier: Apache-2.0
 *
 * film.h: pictures one after the other as an animated GIF or WebP, by the file's extension. GIF goes through cgif, WebP
 * through libwebp. A GIF has one palette of 255 colours for all its frames, made from the first, the middle and the last.
 *
 * The file is written when the film is finished, beside and renamed. One thread at a time.
 */
#pragma once

#include <cairo.h>
#include <glib.h>

G_BEGIN_DECLS

typedef struct _MpFilm MpFilm;

/* Whether the path ends in .gif or .webp; else the error says what is allowed. */
gboolean mp_film_check_path (const char  *path,
                             GError     **error);
/* width, height: pixels. loop: starts again at its end. */
MpFilm  *mp_film_new (const char  *path,
                      int          width,
                      int          height,
                      gboolean     loop,
                      GError     **error);
/* Without finishing: nothing is written. */
void     mp_film_free (MpFilm *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MpFilm, mp_film_free)
/* GIF: colours of frames to come, before the first one; others are ignored. */
void     mp_film_add_palette (MpFilm          *self,
                              cairo_surface_t *surface);
/* surface: an RGB24 or ARGB32 image of the film's size. milliseconds: how long it stays; GIF knows hundredths of a
 * second. */
gboolean mp_film_add (MpFilm          *self,
                      cairo_surface_t *surface,
                      int              milliseconds,
                      GError         **error);
gboolean mp_film_finish (MpFilm  *self,
                         GError **error);

G_END_DECLS
