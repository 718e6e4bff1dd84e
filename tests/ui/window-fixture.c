/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/ui/window-fixture.h"

#include "tests/engine/scratch.h"
#include "ui/application.h"

static MpApplication *application;

void
fixture_set_up (Fixture       *fixture,
                gconstpointer  data)
{
  fixture->runs = mp_scratch_new ();
  fixture->window = mp_window_new (ADW_APPLICATION (application), NULL, fixture->runs);
  g_object_add_weak_pointer (G_OBJECT (fixture->window), (gpointer *) &fixture->window);
  gtk_window_set_default_size (GTK_WINDOW (fixture->window), 1280, 800);
  gtk_window_present (GTK_WINDOW (fixture->window));
}

void
fixture_tear_down (Fixture       *fixture,
                   gconstpointer  data)
{
  if (fixture->window)
    gtk_window_close (GTK_WINDOW (fixture->window));
  WAIT_FOR (!fixture->window);
  mp_scratch_remove (fixture->runs);
  g_free (fixture->runs);
}

void
fixture_train (Fixture    *fixture,
               const char *preset)
{
  g_assert_true (mp_window_open (fixture->window, preset, FALSE));
  for (guint i = 0; i < n_lanes (fixture); i++) {
    g_autoptr (GError) error = NULL;

    mp_lane_model_set_value (lane (fixture, i), "train", "iterations", "1000000000", &error);
    g_assert_no_error (error);
    mp_lane_model_restart (lane (fixture, i));
  }
  mp_session_play (mp_window_get_session (fixture->window));
  for (guint i = 0; i < n_lanes (fixture); i++)
    WAIT_FOR (mp_lane_model_get_state (lane (fixture, i)) == MP_LANE_TRAINING);
}

AdwMessageDialog *
fixture_find_question (void)
{
  GListModel *windows = gtk_window_get_toplevels ();

  for (guint i = 0; i < g_list_model_get_n_items (windows); i++) {
    g_autoptr (GtkWindow) window = g_list_model_get_item (windows, i);

    if (ADW_IS_MESSAGE_DIALOG (window))
      return ADW_MESSAGE_DIALOG (window);
  }
  return NULL;
}

void
fixture_answer (const char *response)
{
  AdwMessageDialog *dialog = fixture_find_question ();

  g_assert_nonnull (dialog);
  g_assert_true (adw_message_dialog_has_response (dialog, response));
  adw_message_dialog_response (dialog, response);
  gtk_window_destroy (GTK_WINDOW (dialog));
  g_assert_null (fixture_find_question ());
}

int
fixture_run (void)
{
  int status;

  application = mp_application_new (NULL);
  g_assert_true (g_application_register (G_APPLICATION (application), NULL, NULL));
  status = g_test_run ();
  g_clear_object (&application);
  return status;
}
