/* SPDX-License-Identifier: Apache-2.0
 *
 * wait.c: see wait.h.
 */
#include "app/wait.h"

#include <glib-unix.h>
#include <signal.h>

static gboolean
interrupt (MpWait *self,
           int     number)
{
  if (self->interrupted != 0) {
    signal (number, SIG_DFL);
    raise (number);
  }
  self->interrupted = number;
  self->stop (self->data);
  return G_SOURCE_CONTINUE;
}

static gboolean
interrupt_cb (gpointer wait)
{
  return interrupt (wait, SIGINT);
}

static gboolean
terminate_cb (gpointer wait)
{
  return interrupt (wait, SIGTERM);
}

/* The terminal or the connection is gone; the run need not be. */
static gboolean
hang_up_cb (gpointer wait)
{
  return interrupt (wait, SIGHUP);
}

/* Under nohup, hanging up is nothing to act upon. */
static gboolean
is_ignored (int number)
{
  struct sigaction action;

  return sigaction (number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static gboolean
tick_cb (gpointer loop_and_wait)
{
  gpointer *both = loop_and_wait;
  MpWait *self = both[1];

  if (!self->tick (self->data))
    g_main_loop_quit (both[0]);
  return G_SOURCE_CONTINUE;
}

void
mp_wait (MpWait *self,
         guint   tick_ms)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  gpointer both[] = { loop, self };
  guint sources[] = {
    g_timeout_add (tick_ms, tick_cb, both),
    g_unix_signal_add (SIGINT, interrupt_cb, self),
    g_unix_signal_add (SIGTERM, terminate_cb, self),
    is_ignored (SIGHUP) ? 0 : g_unix_signal_add (SIGHUP, hang_up_cb, self),
  };

  g_main_loop_run (loop);
  for (guint i = 0; i < G_N_ELEMENTS (sources); i++)
    if (sources[i] != 0)
      g_source_remove (sources[i]);
}
