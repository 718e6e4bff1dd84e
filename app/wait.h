/* SPDX-License-Identifier: Apache-2.0
 *
 * wait.h: waits in a main loop until threads have done their work, and passes interrupts on to them.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  gboolean (*tick) (gpointer data);  /* now and then; FALSE: it is over */
  void     (*stop) (gpointer data);  /* the first interrupt; the second one ends the program */
  gpointer   data;
  int        interrupted;            /* (out): the signal, or 0 */
} MpWait;

void mp_wait (MpWait *self, guint tick_ms);

G_END_DECLS
