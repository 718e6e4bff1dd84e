/* SPDX-License-Identifier: Apache-2.0
 *
 * canned-lane.h: lanes that nobody trains, for tests of widgets; and what tests of widgets have in common.
 */
#pragma once

#include <gtk/gtk.h>

#include "ui/lane-model.h"

G_BEGIN_DECLS

/* Starts GTK with accessibility under test; exits with 77 where there is no display. */
void         canned_init         (int         *argc,
                                  char      ***argv);
/* A lane of the method on the ring, paused at an iteration, with a snapshot, a layer and curves. */
MpLaneModel *canned_lane         (const char  *method,
                                  guint        colour);
/* The points of one frame; surface: with a background layer; projection: with a second space. */
MpSnapshot  *canned_snapshot     (guint64      iteration,
                                  gboolean     surface,
                                  gboolean     projection);
/* Runs the main loop until nothing is left to do. */
void         canned_settle       (void);
/* The widget of that type, or of one derived from it, before which there are n others in the tree; NULL if none. */
GtkWidget   *canned_find         (GtkWidget   *root,
                                  GType        type,
                                  guint        n);
/* The widget that a template calls so; NULL if none. */
GtkWidget   *canned_find_id      (GtkWidget   *root,
                                  const char  *id);
/* For signals: one more. */
void         canned_count_cb     (guint       *count);
/* What the keyboard would send; fails unless a controller of the widget takes it. */
void         canned_press        (GtkWidget   *widget,
                                  guint        key,
                                  guint        state);
/* Every widget below that one can use has a name for assistive technology. */
void         canned_check_labels (GtkWidget   *root);
/* Drops the last reference of a floating widget and checks that it is gone. */
void         canned_check_gone   (GtkWidget   *widget);

G_END_DECLS
