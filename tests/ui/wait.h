/* SPDX-License-Identifier: Apache-2.0
 *
 * wait.h: waiting in the main loop for what lanes and workers do.
 */
#pragma once

#include "ui/session.h"

/* What never comes fails after this long, much longer than a busy machine or a sanitizer takes. */
#define PATIENCE (120 * G_USEC_PER_SEC)

/* Runs the main loop until the condition holds. A timer wakes it, for conditions that nothing in the loop tells of. */
#define WAIT_FOR(condition) WAIT_FOR_SESSION (NULL, condition)

/* The same where no window pulls the session. */
#define WAIT_FOR_SESSION(session, condition) \
  G_STMT_START { \
    gint64 until_ = g_get_monotonic_time () + PATIENCE; \
    guint timer_ = g_timeout_add (20, wait_wake_cb, session); \
    while (!(condition) && g_get_monotonic_time () < until_) \
      g_main_context_iteration (NULL, TRUE); \
    g_source_remove (timer_); \
    g_assert_true (condition); \
  } G_STMT_END

static inline gboolean
wait_wake_cb (gpointer session)
{
  if (session)
    mp_session_pull (session, TRUE, g_get_monotonic_time ());
  return G_SOURCE_CONTINUE;
}

static inline void
wait_stopped_cb (GObject      *object,
                 GAsyncResult *result,
                 gpointer      stopped)
{
  mp_session_stop_finish (MP_SESSION (object), result);
  *(gboolean *) stopped = TRUE;
}

/* Ends a session's lanes. */
static inline void
wait_for_stop (MpSession *session)
{
  gboolean stopped = FALSE;

  mp_session_stop_async (session, wait_stopped_cb, &stopped);
  WAIT_FOR (stopped);
}
