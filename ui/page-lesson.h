/* SPDX-License-Identifier: Apache-2.0
 *
 * page-lesson.h: lessons: a list of them, and the steps of one beside lanes, charts, the computation graph or a phase
 * portrait. What a step does not offer cannot be changed here.
 *
 * Steps come by Page Down and Page Up, also in the window's presenter mode. Main thread only.
 */
#pragma once

#include <gtk/gtk.h>

#include "ui/session.h"

G_BEGIN_DECLS

#define MP_TYPE_LESSON_PAGE (mp_lesson_page_get_type ())
G_DECLARE_FINAL_TYPE (MpLessonPage, mp_lesson_page, MP, LESSON_PAGE, GtkWidget)

GtkWidget  *mp_lesson_page_new      (MpSession    *session);
/* id: of a lesson, or NULL for the list. Opens its preset in the session. FALSE when there is none of that id. */
gboolean    mp_lesson_page_open     (MpLessonPage *self,
                                     const char   *id);
const char *mp_lesson_page_get_id   (MpLessonPage *self);   /* or NULL */
/* Whether the lanes on screen are those that a lesson opened, also after it. */
gboolean    mp_lesson_page_has_lanes (MpLessonPage *self);
guint       mp_lesson_page_get_step (MpLessonPage *self);   /* from 0 */
guint       mp_lesson_page_get_n_steps (MpLessonPage *self);
/* by: +1 or −1. A step that asks must be answered before the next. Going back takes back what was set since. */
gboolean    mp_lesson_page_go       (MpLessonPage *self,
                                     int           by);
/* Chooses an answer; reveals. */
void        mp_lesson_page_answer   (MpLessonPage *self,
                                     guint         choice);

G_END_DECLS
