/* SPDX-License-Identifier: Apache-2.0
 *
 * terminal.c: see terminal.h.
 */
#include "app/terminal.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

void
mp_terminal_init (MpTerminal *self)
{
  const char *no_colour = g_getenv ("NO_COLOR");

  self->interactive = isatty (STDOUT_FILENO) && g_strcmp0 (g_getenv ("TERM"), "dumb") != 0;
  self->unicode = g_get_charset (NULL);
  self->colour = self->interactive && (no_colour == NULL || no_colour[0] == '\0');
  self->n_drawn = 0;
}

guint
mp_terminal_get_width (void)
{
  struct winsize size;

  return ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void
mp_terminal_draw (MpTerminal *self,
                  const char *lines,
                  guint       n_lines)
{
  if (self->n_drawn > 0)
    printf ("\033[%uA", self->n_drawn);
  fputs (lines, stdout);
  /* Fewer lines than before: what is below is old. */
  if (n_lines < self->n_drawn)
    fputs ("\033[J", stdout);
  self->n_drawn = n_lines;
  fflush (stdout);
}

void
mp_terminal_say (MpTerminal *self,
                 const char *text)
{
  if (self->interactive)
    printf ("\r\033[K");
  printf ("%s\n", text);
  self->n_drawn = 0;
  fflush (stdout);
}

char *
mp_value_text (double value)
{
  if (isnan (value))
    return g_strdup ("–");
  return value == rint (value) && fabs (value) < 1e6 ? g_strdup_printf ("%.0f", value)
                                                     : g_strdup_printf ("%.3g", value);
}

char *
mp_seconds_text (double seconds)
{
  gint64 whole = (gint64) ceil (seconds);

  if (whole < 60)
    return g_strdup_printf (_("%d s"), (int) whole);
  if (whole < 3600)
    return g_strdup_printf (_("%d min %02d s"), (int) (whole / 60), (int) (whole % 60));
  return g_strdup_printf (_("%" PRId64 " h %02d min"), whole / 3600, (int) (whole % 3600 / 60));
}
