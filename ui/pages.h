/* SPDX-License-Identifier: Apache-2.0
 *
 * pages.h: the pages of a comparison, side by side in the window's header: Lanes, Timeline, Sweep, Graph, Lesson.
 *
 * A page is one widget and one row of the table. It is made when it is first shown and looks at the session; while it
 * is hidden it must cost nothing ("map" and "unmap" tell). Main thread only.
 */
#pragma once

#include <gtk/gtk.h>

#include "ui/session.h"

G_BEGIN_DECLS

typedef struct
{
  const char *id;           /* "timeline"; action win.page::timeline */
  const char *title;
  gboolean    needs_lanes;  /* without lanes the window shows its invitation instead */
  gboolean    transport;    /* play, pause and steps belong to it */
  gboolean    inspector;    /* so does the form of the lane */
  GtkWidget *(*create) (MpSession *session); /* NULL: the lanes, which the window has itself */
} MpPageInfo;

/* The table, in order; *n rows. */
const MpPageInfo *mp_pages_list (guint      *n);
/* Returns: NULL when there is none of that id. */
const MpPageInfo *mp_pages_find (const char *id);
/* Adds those that the stack lacks and names all; session must outlive the stack. */
void              mp_pages_fill (GtkStack   *stack,
                                 MpSession  *session);

G_END_DECLS
