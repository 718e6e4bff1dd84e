/* SPDX-License-Identifier: Apache-2.0
 *
 * test-timeline.c: looking back while lanes train, by the slider's keys and pointer positions and by the page's buttons;
 * kept runs as lanes, trained on and branched; the library of runs.
 */
#include "engine/runs/run.h"
#include "tests/ui/window-fixture.h"
#include "ui/health.h"
#include "ui/lane-past.h"
#include "ui/page-timeline.h"

static MpSession *
session (Fixture *fixture)
{
  return mp_window_get_session (fixture->window);
}

static MpTimeline *
timeline (Fixture *fixture)
{
  return mp_session_get_timeline (session (fixture));
}

static guint64
live_iteration (Fixture *fixture,
                guint    i)
{
  return mp_lane_model_get_live_progress (lane (fixture, i))->iteration;
}

static guint64
shown_iteration (Fixture *fixture,
                 guint    i)
{
  return mp_lane_model_get_snapshot (lane (fixture, i))->iteration;
}

static void
act (Fixture    *fixture,
     const char *action,
     GVariant   *argument)
{
  g_assert_true (gtk_widget_activate_action_variant (GTK_WIDGET (fixture->window), action, argument));
}

/* The slider's gesture as a pointer gives it. */
static void
drag_to (MpTimelineBar *bar,
         double         position)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (GTK_WIDGET (bar));

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++) {
    g_autoptr (GtkEventController) controller = g_list_model_get_item (controllers, i);

    if (GTK_IS_GESTURE_DRAG (controller))
      g_signal_emit_by_name (controller, "drag-begin", mp_timeline_bar_get_x (bar, position), 10.0);
  }
}

/* Whether the bar's menu is open after the secondary button was pressed, or let go. */
static gboolean
opens_menu (MpTimelineBar *bar,
            const char    *signal)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (GTK_WIDGET (bar));
  GtkWidget *menu;

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++) {
    g_autoptr (GtkEventController) controller = g_list_model_get_item (controllers, i);

    if (GTK_IS_GESTURE_CLICK (controller))
      g_signal_emit_by_name (controller, signal, 1, 20.0, 10.0);
  }
  menu = canned_find (GTK_WIDGET (bar), GTK_TYPE_POPOVER_MENU, 0);
  return menu && gtk_widget_get_mapped (menu);
}

/* Trains a lane to at least this iteration, and slowly on. */
static void
train (Fixture *fixture,
       guint64  iteration)
{
  mp_session_set_speed (session (fixture), 200);
  fixture_train (fixture, "ring-gan");
  WAIT_FOR (n_lanes (fixture) == 1 && live_iteration (fixture, 0) >= iteration);
}

static void
pause_lanes (Fixture *fixture)
{
  mp_session_pause (session (fixture));
  WAIT_FOR (mp_lane_model_get_state (lane (fixture, 0)) == MP_LANE_PAUSED);
}

/* The cards show the moment and its numbers, while the lane goes on. */
static void
test_scrub (Fixture      *fixture,
            gconstpointer data)
{
  MpTimelineBar *bar = mp_transport_get_bar (mp_window_get_transport (fixture->window));
  guint64 before;

  train (fixture, 300);
  mp_timeline_refresh (timeline (fixture));
  g_assert_cmpuint (mp_timeline_get_track (timeline (fixture), 0)->n_marks, >, 5);
  canned_settle ();
  drag_to (bar, 100);
  g_assert_false (mp_timeline_is_live (timeline (fixture)));
  g_assert_true (mp_lane_model_is_past (lane (fixture, 0)));
  g_assert_cmpuint (shown_iteration (fixture, 0), <=, 102);
  g_assert_cmpuint (mp_lane_model_get_progress (lane (fixture, 0))->iteration, ==, shown_iteration (fixture, 0));
  g_assert_cmpint (mp_lane_model_get_snapshot (lane (fixture, 0))->n_data, >, 100);
  before = live_iteration (fixture, 0);
  WAIT_FOR (live_iteration (fixture, 0) > before + 50);
  g_assert_true (mp_lane_model_is_past (lane (fixture, 0)));
  g_assert_cmpuint (shown_iteration (fixture, 0), <=, 102);
  g_assert_nonnull (strstr (mp_transport_get_text (mp_window_get_transport (fixture->window)), "Looking back"));

  canned_press (GTK_WIDGET (bar), GDK_KEY_Home, 0);
  g_assert_cmpuint (shown_iteration (fixture, 0), ==, 0);
  canned_press (GTK_WIDGET (bar), GDK_KEY_Right, 0);
  g_assert_cmpuint (shown_iteration (fixture, 0), >, 0);
  before = shown_iteration (fixture, 0);
  canned_press (GTK_WIDGET (bar), GDK_KEY_Right, 0);
  g_assert_cmpuint (shown_iteration (fixture, 0), >, before);
  canned_press (GTK_WIDGET (bar), GDK_KEY_Left, 0);
  g_assert_cmpuint (shown_iteration (fixture, 0), ==, before);
  canned_press (GTK_WIDGET (bar), GDK_KEY_End, 0);
  g_assert_true (mp_timeline_is_live (timeline (fixture)));
  g_assert_false (mp_lane_model_is_past (lane (fixture, 0)));
  WAIT_FOR (shown_iteration (fixture, 0) > 300);
  drag_to (bar, 100);
  drag_to (bar, 1e9); /* beyond now is now */
  g_assert_true (mp_timeline_is_live (timeline (fixture)));

  /* A menu takes the pointer, so it comes when no button is held. */
  g_assert_false (opens_menu (bar, "pressed"));
  g_assert_true (opens_menu (bar, "released"));
}

/* Plays back through the page, aligned by time too. */
static void
test_page (Fixture      *fixture,
           gconstpointer data)
{
  GtkWidget *page;
  double end;

  train (fixture, 300);
  pause_lanes (fixture);
  act (fixture, "win.page", g_variant_new_string ("timeline"));
  WAIT_FOR ((page = canned_find (GTK_WIDGET (fixture->window), MP_TYPE_PAGE_TIMELINE, 0)) != NULL
            && gtk_widget_get_mapped (page));
  canned_check_labels (page);
  mp_timeline_set_speed (timeline (fixture), 4);
  mp_timeline_set_playing (timeline (fixture), TRUE);
  g_assert_true (mp_lane_model_is_past (lane (fixture, 0)));
  WAIT_FOR (mp_timeline_get_position (timeline (fixture)) > 20 || mp_timeline_is_live (timeline (fixture)));
  WAIT_FOR (mp_timeline_is_live (timeline (fixture)));
  g_assert_false (mp_timeline_get_playing (timeline (fixture)));

  mp_timeline_seek (timeline (fixture), 150);
  end = (double) shown_iteration (fixture, 0);
  mp_timeline_set_alignment (timeline (fixture), MP_ALIGN_SECONDS);
  g_assert_cmpfloat ((double) shown_iteration (fixture, 0), ==, end);
  g_assert_cmpfloat (mp_timeline_get_position (timeline (fixture)), <,
                     mp_lane_model_get_live_progress (lane (fixture, 0))->seconds);
  mp_timeline_set_alignment (timeline (fixture), MP_ALIGN_POINTS);
  g_assert_cmpfloat ((double) shown_iteration (fixture, 0), ==, end);
  mp_timeline_go_live (timeline (fixture));
}

static guint
count_runs (Fixture *fixture)
{
  g_autoptr (GDir) dir = g_dir_open (fixture->runs, 0, NULL);
  guint n = 0;
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *file = g_build_filename (fixture->runs, name, "state.json", NULL);

    n += g_file_test (file, G_FILE_TEST_EXISTS);
  }
  return n;
}

static MpLaneModel *
inspected (Fixture *fixture)
{
  return mp_inspector_get_lane (MP_INSPECTOR (canned_find (GTK_WIDGET (fixture->window), MP_TYPE_INSPECTOR, 0)));
}

/* From now and from a checkpoint: a paused lane of the parent's colour that goes on from there, and is inspected. */
static void
test_branch (Fixture      *fixture,
             gconstpointer data)
{
  guint64 at, iteration;

  train (fixture, 120);
  pause_lanes (fixture);
  at = live_iteration (fixture, 0);
  act (fixture, "win.branch", g_variant_new ("(ix)", 0, (gint64) -1));
  WAIT_FOR (n_lanes (fixture) == 2 && mp_lane_model_get_state (lane (fixture, 1)) == MP_LANE_PAUSED);
  g_assert_cmpuint (live_iteration (fixture, 1), ==, at);
  g_assert_true (inspected (fixture) == lane (fixture, 1));
  g_assert_cmpuint (mp_lane_model_get_colour (lane (fixture, 1)), ==, mp_lane_model_get_colour (lane (fixture, 0)));
  g_assert_cmpstr (mp_lane_model_get_parent (lane (fixture, 1), &iteration), ==, mp_lane_model_get_run (lane (fixture, 0)));
  g_assert_cmpuint (iteration, ==, at);
  mp_timeline_refresh (timeline (fixture));
  g_assert_cmpint (mp_timeline_get_track (timeline (fixture), 1)->parent, ==, 0);
  g_assert_cmpfloat (mp_timeline_get_track (timeline (fixture), 1)->start, ==, (double) at);

  /* A live setting changes at once; the branch then goes another way. */
  g_assert_true (mp_lane_model_set_value (lane (fixture, 1), "optimizer.generator", "learning_rate", "0.02", NULL));
  mp_session_step_iteration (session (fixture));
  WAIT_FOR (live_iteration (fixture, 0) == at + 1 && live_iteration (fixture, 1) == at + 1);
  /* Restarting a branch begins where it left its parent. */
  g_assert_true (mp_lane_model_set_value (lane (fixture, 1), "train", "batch", "64", NULL));
  mp_lane_model_restart (lane (fixture, 1));
  WAIT_FOR (mp_lane_model_get_state (lane (fixture, 1)) == MP_LANE_PAUSED && live_iteration (fixture, 1) == at);

  act (fixture, "win.branch", g_variant_new ("(ix)", 0, (gint64) at));
  WAIT_FOR (n_lanes (fixture) == 3 && mp_lane_model_get_state (lane (fixture, 2)) == MP_LANE_PAUSED);
  g_assert_cmpuint (live_iteration (fixture, 2), ==, at);
  g_assert_true (inspected (fixture) == lane (fixture, 2));
  /* Before the first checkpoint there is nothing to branch from. */
  act (fixture, "win.branch", g_variant_new ("(ix)", 0, (gint64) 3));
  canned_settle ();
  g_assert_cmpuint (n_lanes (fixture), ==, 3);

  /* Also where a page hides the cards. */
  act (fixture, "win.page", g_variant_new_string ("timeline"));
  act (fixture, "win.branch", g_variant_new ("(ix)", 0, (gint64) -1));
  WAIT_FOR (n_lanes (fixture) == 4);
  g_assert_true (inspected (fixture) == lane (fixture, 3));
}

static gboolean
says (const char *text,
      const char *words)
{
  return text && strstr (text, words);
}

static void
set_and_wait (Fixture    *fixture,
              const char *group,
              const char *key,
              const char *value,
              const char *words)
{
  g_assert_true (mp_lane_model_set_value (lane (fixture, 1), group, key, value, NULL));
  WAIT_FOR (words ? says (mp_lane_model_get_foreseen (lane (fixture, 1)), words)
                  : !mp_lane_model_get_foreseen (lane (fixture, 1)));
}

/* What does not fit the checkpoint is said before the branch is restarted, in the lane, and by its kept run. */
static void
test_branch_anew (Fixture      *fixture,
                  gconstpointer data)
{
  const char *critic = "Critic begins anew in 3 of 4 tensors";
  g_autoptr (MpHealth) last = NULL;
  g_autoptr (GPtrArray) health = NULL;
  g_autofree char *run = NULL;
  guint64 at;

  train (fixture, 120);
  pause_lanes (fixture);
  act (fixture, "win.branch", g_variant_new ("(ix)", 0, (gint64) -1));
  WAIT_FOR (n_lanes (fixture) == 2 && mp_lane_model_get_state (lane (fixture, 1)) == MP_LANE_PAUSED);
  at = live_iteration (fixture, 1);
  g_assert_null (mp_lane_model_get_anew (lane (fixture, 1)));

  set_and_wait (fixture, "generator", "hidden", "8", "A branch keeps the generator's weights.");
  mp_lane_model_discard_draft (lane (fixture, 1));
  g_assert_null (mp_lane_model_get_foreseen (lane (fixture, 1)));
  set_and_wait (fixture, "critic", "hidden", "8", critic);
  set_and_wait (fixture, "critic", "hidden", "100, 100", NULL);
  set_and_wait (fixture, "critic", "hidden", "8", critic);
  mp_lane_model_restart (lane (fixture, 1));
  WAIT_FOR (mp_lane_model_get_state (lane (fixture, 1)) == MP_LANE_PAUSED && live_iteration (fixture, 1) == at);
  g_assert_true (says (mp_lane_model_get_anew (lane (fixture, 1)), critic));
  WAIT_FOR (!mp_lane_model_get_foreseen (lane (fixture, 1)));
  health = mp_health_list (lane (fixture, 1));
  last = g_ptr_array_steal_index (health, health->len - 1);
  g_assert_true (says (last->detail, critic));

  mp_session_step_iteration (session (fixture));
  WAIT_FOR (live_iteration (fixture, 1) == at + 1);
  run = g_strdup (mp_lane_model_get_run (lane (fixture, 1)));
  act (fixture, "win.open-run", g_variant_new_string (run));
  g_assert_cmpuint (n_lanes (fixture), ==, 3);
  g_assert_true (says (mp_lane_model_get_anew (lane (fixture, 2)), critic));
}

/* A run of 60 iterations with checkpoints at 20, 40 and 60; and one that left it at 40. */
static void
keep_branch (const char *parent,
             const char *branch)
{
  g_autoptr (MpExperiment) experiment = mp_experiment_load ("ring-gan", NULL);
  const MpTrainerOptions first = { .device = "cpu", .run_dir = parent, .iterations = 60, .checkpoint_every = 20 };
  const MpTrainerOptions second = {
    .device = "cpu", .run_dir = branch, .iterations = 60, .from = parent, .from_iteration = 40
  };

  for (guint i = 0; i < 2; i++) {
    g_autoptr (MpTrainer) trainer = mp_trainer_new (experiment, i == 0 ? &first : &second);

    mp_trainer_join (trainer);
    g_assert_cmpint (mp_trainer_get_state (trainer), ==, MP_LANE_FINISHED);
  }
}

static void
keep_words (char      **said,
            const char *words)
{
  g_free (*said);
  *said = g_strdup (words);
}

/* Changes the batch size, which waits for a restart, sees what is said before, and restarts. Returns: what is said then. */
static char *
restart_branch (Fixture    *fixture,
                const char *batch,
                const char *foreseen,
                guint64     at)
{
  char *said = NULL;
  gulong handler = g_signal_connect_swapped (session (fixture), "failed", G_CALLBACK (keep_words), &said);

  g_assert_true (mp_lane_model_set_value (lane (fixture, 0), "train", "batch", batch, NULL));
  /* Without words there is nothing to wait for. */
  if (foreseen)
    WAIT_FOR (says (mp_lane_model_get_foreseen (lane (fixture, 0)), foreseen));
  mp_lane_model_restart (lane (fixture, 0));
  WAIT_FOR (mp_lane_model_get_state (lane (fixture, 0)) == MP_LANE_PAUSED && live_iteration (fixture, 0) == at);
  g_signal_handler_disconnect (session (fixture), handler);
  return said;
}

static void
remove_checkpoint (const char *dir,
                   guint64     iteration)
{
  g_autoptr (MpRun) run = mp_run_open (dir, FALSE, NULL);

  g_assert_true (mp_run_remove_checkpoint (run, iteration, NULL));
}

/* A branch that is opened as a kept run begins where it left its parent, while the checkpoint is there, or says that it
 * does not. */
static void
test_kept_branch (Fixture      *fixture,
                  gconstpointer data)
{
  const char *before = "This branch begins at iteration 20: its parent's checkpoint of iteration 40 is gone.";
  const char *anew = "This branch begins at iteration 0: its parent's checkpoint of iteration 20 is gone.";
  g_autofree char *parent = g_build_filename (fixture->runs, "parent", NULL);
  g_autofree char *branch = g_build_filename (fixture->runs, "branch", NULL);
  g_autofree char *first = NULL, *second = NULL, *third = NULL, *fourth = NULL;
  guint64 iteration;

  keep_branch (parent, branch);
  act (fixture, "win.open-run", g_variant_new_string (branch));
  g_assert_cmpuint (live_iteration (fixture, 0), ==, 60);

  first = restart_branch (fixture, "64", NULL, 40);
  g_assert_null (first);
  g_assert_cmpstr (mp_lane_model_get_parent (lane (fixture, 0), &iteration), ==, parent);

  remove_checkpoint (parent, 40);
  second = restart_branch (fixture, "32", before, 20);
  g_assert_cmpstr (second, ==, before);
  mp_lane_model_get_parent (lane (fixture, 0), &iteration);
  g_assert_cmpuint (iteration, ==, 20);

  remove_checkpoint (parent, 20);
  third = restart_branch (fixture, "16", anew, 0);
  g_assert_cmpstr (third, ==, anew);
  g_assert_null (mp_lane_model_get_parent (lane (fixture, 0), &iteration));

  fourth = restart_branch (fixture, "8", NULL, 0);
  g_assert_null (fourth);
}

/* A kept run as a lane: curves, last keyframe, past; trained on to its end and shown in the library. */
static void
test_kept_run (Fixture      *fixture,
               gconstpointer data)
{
  g_autoptr (MpExperiment) experiment = mp_experiment_load ("ring-gan", NULL);
  g_autofree char *dir = g_build_filename (fixture->runs, "kept", NULL);
  MpTrainerOptions options = { .device = "cpu", .run_dir = dir, .iterations = 150 };
  g_autoptr (MpTrainer) trainer = mp_trainer_new (experiment, &options);

  mp_trainer_join (trainer);
  act (fixture, "win.open-run", g_variant_new_string (dir));
  g_assert_cmpuint (n_lanes (fixture), ==, 1);
  g_assert_cmpint (mp_lane_model_get_state (lane (fixture, 0)), ==, MP_LANE_FINISHED);
  g_assert_cmpuint (live_iteration (fixture, 0), ==, 150);
  g_assert_cmpuint (shown_iteration (fixture, 0), ==, 150);
  WAIT_FOR (mp_lane_model_find_curve (lane (fixture, 0), "loss/generator") != NULL);
  g_assert_cmpuint (mp_series_get_n (mp_lane_model_find_curve (lane (fixture, 0), "loss/generator")->series), ==, 150);
  g_assert_nonnull (mp_lane_model_find_curve (lane (fixture, 0), "share/high_quality"));
  g_assert_false (mp_session_get_can_play (session (fixture)));
  mp_timeline_seek (timeline (fixture), 75);
  g_assert_cmpuint (shown_iteration (fixture, 0), <=, 75);
  mp_timeline_go_live (timeline (fixture));

  act (fixture, "win.resume-lane", g_variant_new_int32 (0));
  WAIT_FOR (mp_lane_model_get_state (lane (fixture, 0)) == MP_LANE_FINISHED && live_iteration (fixture, 0) == 300);
  g_assert_cmpuint (mp_series_get_n (mp_lane_model_find_curve (lane (fixture, 0), "loss/generator")->series), ==, 300);
  act (fixture, "win.open-run", g_variant_new_string ("/nowhere"));
  g_assert_cmpuint (n_lanes (fixture), ==, 1);
}

/* A kept run that diverged says where, and goes back to its checkpoint where it has one. */
static void
test_kept_divergence (Fixture      *fixture,
                      gconstpointer data)
{
  g_autoptr (MpExperiment) experiment = mp_experiment_load ("ring-lsgan", NULL);
  const char *keys[] = { "kind", "sgd", "learning_rate", "1000" };

  for (guint i = 0; i < 4; i += 2)
    g_assert_true (mp_experiment_set_value (experiment, "optimizer.critic", keys[i], keys[i + 1], NULL));
  for (guint i = 0; i < 2; i++) {
    g_autofree char *dir = g_build_filename (fixture->runs, i == 0 ? "with" : "without", NULL);
    const MpTrainerOptions options = { .device = "cpu", .run_dir = dir, .iterations = 500,
                                       .checkpoint_every = i == 0 ? 1 : -1 };
    g_autoptr (MpTrainer) trainer = mp_trainer_new (experiment, &options);
    g_autoptr (GPtrArray) list = NULL;
    g_autoptr (GError) error = NULL;
    const MpHealth *health;

    mp_trainer_join (trainer);
    g_assert_cmpint (mp_trainer_get_state (trainer), ==, MP_LANE_DIVERGED);
    error = mp_trainer_dup_error (trainer);
    act (fixture, "win.open-run", g_variant_new_string (dir));
    list = mp_health_list (lane (fixture, i));
    health = g_ptr_array_index (list, 0);
    g_assert_true (says (health->detail, error->message));
    g_assert_cmpint (health->roll_back, ==, i == 0);
    g_assert_cmpint (says (health->detail, "no checkpoint"), ==, i == 1);
  }
  act (fixture, "win.branch", g_variant_new ("(ix)", 0, (gint64) live_iteration (fixture, 0)));
  g_assert_cmpuint (n_lanes (fixture), ==, 3);
}

static void
test_library (Fixture      *fixture,
              gconstpointer data)
{
  MpRunList *runs = mp_window_get_runs (fixture->window);
  GtkStack *library;
  GtkListBox *list;

  train (fixture, 20);
  pause_lanes (fixture);
  library = GTK_STACK (gtk_widget_get_ancestor (GTK_WIDGET (runs), GTK_TYPE_STACK));
  act (fixture, "win.search", NULL);
  gtk_stack_set_visible_child_name (library, "runs");
  WAIT_FOR (mp_run_list_is_ready (runs) && mp_run_list_get_n_shown (runs) == 1);
  g_assert_cmpuint (count_runs (fixture), ==, 1);
  canned_check_labels (GTK_WIDGET (runs));
  mp_run_list_set_search (runs, "nothing like it");
  WAIT_FOR (mp_run_list_is_ready (runs));
  g_assert_cmpuint (mp_run_list_get_n_shown (runs), ==, 0);
  mp_run_list_set_search (runs, "gan ring");
  WAIT_FOR (mp_run_list_is_ready (runs));
  g_assert_cmpuint (mp_run_list_get_n_shown (runs), ==, 1);
  list = GTK_LIST_BOX (canned_find (GTK_WIDGET (runs), GTK_TYPE_LIST_BOX, 0));
  g_signal_emit_by_name (list, "row-activated", gtk_list_box_get_row_at_index (list, 0));
  fixture_answer ("open");
  /* The run instead of the lane that trained it. */
  WAIT_FOR (n_lanes (fixture) == 1 && mp_lane_model_is_kept (lane (fixture, 0)));
}

/* Phase by phase: the numbers of the minibatch come and change, of this lane alone, and go when the lane plays. */
static void
test_slow_motion (Fixture       *fixture,
                  gconstpointer  data)
{
  MpSlowMotion *slow = mp_window_get_slow_motion (fixture->window);
  MpMinibatch *minibatch;

  g_assert_true (mp_window_open (fixture->window, "ring-gan", FALSE));
  WAIT_FOR (mp_lane_model_get_state (lane (fixture, 0)) == MP_LANE_PAUSED);
  g_assert_false (gtk_widget_get_visible (GTK_WIDGET (slow)));
  act (fixture, "win.step-phase", NULL);
  WAIT_FOR ((minibatch = mp_lane_model_get_minibatch (lane (fixture, 0))) != NULL);
  g_assert_cmpuint (minibatch->phase, ==, 0);
  g_assert_true (gtk_widget_get_visible (GTK_WIDGET (slow)));
  g_assert_nonnull (strstr (mp_slow_motion_get_text (slow), "Critic"));
  canned_check_labels (GTK_WIDGET (slow));
  act (fixture, "win.step-lane-phase", NULL);
  WAIT_FOR (mp_lane_model_get_minibatch (lane (fixture, 0))->phase == 1);
  g_assert_nonnull (strstr (mp_slow_motion_get_text (slow), "Generator"));
  mp_session_play (session (fixture));
  WAIT_FOR (!gtk_widget_get_visible (GTK_WIDGET (slow)));
}

#define ADD(path, run) g_test_add ("/timeline/" path, Fixture, NULL, fixture_set_up, run, fixture_tear_down)

int
main (int    argc,
      char **argv)
{
  canned_init (&argc, &argv);
  ADD ("scrub", test_scrub);
  ADD ("page", test_page);
  ADD ("branch", test_branch);
  ADD ("branch-anew", test_branch_anew);
  ADD ("kept-run", test_kept_run);
  ADD ("kept-branch", test_kept_branch);
  ADD ("kept-divergence", test_kept_divergence);
  ADD ("library", test_library);
  ADD ("slow-motion", test_slow_motion);
  return fixture_run ();
}
