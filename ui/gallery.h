/* SPDX-License-Identifier: Apache-2.0
 *
 * gallery.h: presets to open, or to add as lanes, with a search. Main thread only.
 *
 * Signals: "open" (const char *id), "add" (const char *id).
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define MP_TYPE_GALLERY (mp_gallery_get_type ())
G_DECLARE_FINAL_TYPE (MpGallery, mp_gallery, MP, GALLERY, GtkWidget)

GtkWidget *mp_gallery_new           (void);
/* presets: of MpPreset *, referenced. */
void       mp_gallery_set_presets   (MpGallery  *self,
                                     GPtrArray  *presets);
void       mp_gallery_focus_search  (MpGallery  *self);
/* How many presets the search lets through. */
guint      mp_gallery_get_n_shown   (MpGallery  *self);
void       mp_gallery_set_search    (MpGallery  *self,
                                     const char *text);

G_END_DECLS
