/* SPDX-License-Identifier: Apache-2.0
 *
 * terminal.h: what bars and lines of progress share: where they are drawn, and the words for numbers in them.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  gboolean interactive;  /* lines can be drawn over; otherwise they follow each other */
  gboolean unicode;
  gboolean colour;
  guint    n_drawn;      /* lines that the next drawing goes over */
} MpTerminal;

/* As the environment and standard output say. */
void  mp_terminal_init (MpTerminal *self);
guint mp_terminal_get_width (void);
/* Draws n_lines whole lines over those of the last time. */
void  mp_terminal_draw (MpTerminal *self, const char *lines, guint n_lines);
/* A message among the progress, which is drawn anew below it. */
void  mp_terminal_say (MpTerminal *self, const char *text);

/* "0.00123", "8"; "–" for what is not a number. (transfer full) */
char *mp_value_text (double value);
/* "12 s", "12 min 04 s", "3 h 07 min". (transfer full) */
char *mp_seconds_text (double seconds);

G_END_DECLS
