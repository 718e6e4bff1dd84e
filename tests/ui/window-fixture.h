/* SPDX-License-Identifier: Apache-2.0
 *
 * window-fixture.h: a window whose lanes train, for tests of what happens in it.
 */
#pragma once

#include "tests/ui/canned-lane.h"
#include "tests/ui/wait.h"
#include "ui/window.h"

G_BEGIN_DECLS

typedef struct
{
  char     *runs;   /* the folder of its runs, empty at first */
  MpWindow *window; /* NULL once it is closed and finalised */
} Fixture;

/* A fixture's functions for g_test_add (). */
void fixture_set_up    (Fixture       *fixture,
                        gconstpointer  data);
void fixture_tear_down (Fixture       *fixture,
                        gconstpointer  data);

/* Opens a preset whose lanes train without an end, however long a busy machine keeps the test waiting. */
void fixture_train     (Fixture       *fixture,
                        const char    *preset);

/* A question that the window asks, or NULL. */
AdwMessageDialog *fixture_find_question (void);
/* Gives that response to the question that has to be there. */
void fixture_answer    (const char    *response);

/* Runs the tests that were added, in a started application; they run its main loop themselves. Returns: as main (). */
int  fixture_run       (void);

static inline guint
n_lanes (Fixture *fixture)
{
  return g_list_model_get_n_items (mp_session_get_lanes (mp_window_get_session (fixture->window)));
}

/* (transfer none): the session keeps it. */
static inline MpLaneModel *
lane (Fixture *fixture,
      guint    i)
{
  g_autoptr (MpLaneModel) model
    = g_list_model_get_item (mp_session_get_lanes (mp_window_get_session (fixture->window)), i);

  return model;
}

G_END_DECLS
