/* SPDX-License-Identifier: Apache-2.0
 *
 * page-portrait.h: phase portraits: the whole dynamics of methods with two parameters, and trajectories from wherever
 * one clicks. Main thread only; fields and trajectories are computed on threads of their own.
 */
#pragma once

#include <gtk/gtk.h>

#include "ui/session.h"

G_BEGIN_DECLS

#define MP_TYPE_PORTRAIT_PAGE (mp_portrait_page_get_type ())
G_DECLARE_FINAL_TYPE (MpPortraitPage, mp_portrait_page, MP, PORTRAIT_PAGE, GtkWidget)

/* session: not used; as the table of pages wants it. */
GtkWidget   *mp_portrait_page_new          (MpSession      *session);
/* A portrait's or a game's id. */
void         mp_portrait_page_show         (MpPortraitPage *self,
                                            const char     *id);
/* What stands above an exported picture: the portrait's title, or the settings of a single game. (transfer full) */
char        *mp_portrait_page_dup_title    (MpPortraitPage *self);
guint        mp_portrait_page_get_n_panels (MpPortraitPage *self);
/* Trajectories that have come, of all panels. */
guint        mp_portrait_page_get_n_trajectories (MpPortraitPage *self);

G_END_DECLS
