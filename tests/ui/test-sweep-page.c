/* SPDX-License-Identifier: Apache-2.0
 *
 * test-sweep-page.c: the page of sweeps from empty to finished: buttons, clicks on cells, the table, going on, and the
 * form that sets up a sweep.
 */
#include <adwaita.h>

#include "tests/engine/scratch.h"
#include "tests/ui/canned-lane.h"
#include "tests/ui/wait.h"
#include "ui/page-sweep.h"
#include "ui/sweep-form.h"
#include "ui/sweep-table.h"
#include "ui/sweep-view.h"

#define SMALL \
  "[set]\ngenerator.hidden = 8\ncritic.hidden = 8\ntrain.batch = 16\ndata.points = 50\nevaluate.samples = 50\n" \
  "evaluate.every = 10\n"

typedef struct
{
  GtkWidget   *window;
  MpSession   *session;
  MpSweepPage *page;
  char        *opened;    /* what win.open-run was asked for */
} Fixture;

static void
open_run (GSimpleAction *action,
          GVariant      *parameter,
          gpointer       data)
{
  Fixture *fixture = data;

  g_free (fixture->opened);
  fixture->opened = g_variant_dup_string (parameter, NULL);
}

static void
toast (GSimpleAction *action,
       GVariant      *parameter,
       gpointer       data)
{
  g_test_message ("toast: %s", g_variant_get_string (parameter, NULL));
}

static void
fixture_init (Fixture *fixture)
{
  static const GActionEntry entries[] = { { "open-run", open_run, "s" }, { "toast", toast, "s" } };
  GSimpleActionGroup *group = g_simple_action_group_new ();

  *fixture = (Fixture) { 0 };
  g_action_map_add_action_entries (G_ACTION_MAP (group), entries, G_N_ELEMENTS (entries), fixture);
  fixture->session = mp_session_new (NULL);
  fixture->window = gtk_window_new ();
  gtk_window_set_default_size (GTK_WINDOW (fixture->window), 900, 600);
  gtk_widget_insert_action_group (fixture->window, "win", G_ACTION_GROUP (group));
  g_object_unref (group);
  fixture->page = MP_SWEEP_PAGE (mp_sweep_page_new (fixture->session));
  gtk_window_set_child (GTK_WINDOW (fixture->window), GTK_WIDGET (fixture->page));
  gtk_window_present (GTK_WINDOW (fixture->window));
}

static void
fixture_clear (Fixture *fixture)
{
  g_object_add_weak_pointer (G_OBJECT (fixture->page), (gpointer *) &fixture->page);
  gtk_window_destroy (GTK_WINDOW (fixture->window));
  canned_settle ();
  g_assert_null (fixture->page);
  g_object_unref (fixture->session);
  g_free (fixture->opened);
}

static gboolean
is_in (Fixture          *fixture,
       MpSweepModelState state)
{
  return mp_sweep_model_get_state (mp_sweep_page_get_model (fixture->page)) == state;
}

static void
spin (guint milliseconds)
{
  gint64 until = g_get_monotonic_time () + milliseconds * 1000;

  WAIT_FOR (g_get_monotonic_time () >= until);
}

static GtkWidget *
find_button (GtkWidget  *widget,
             const char *label)
{
  GtkWidget *button;

  for (guint i = 0; (button = canned_find (widget, GTK_TYPE_BUTTON, i)); i++)
    if (g_strcmp0 (gtk_button_get_label (GTK_BUTTON (button)), label) == 0)
      return button;
  return NULL;
}

static gboolean
shows_words (GtkWidget  *widget,
             const char *words)
{
  GtkWidget *label;

  for (guint i = 0; (label = canned_find (widget, GTK_TYPE_LABEL, i)); i++)
    if (g_str_equal (gtk_label_get_text (GTK_LABEL (label)), words))
      return gtk_widget_get_visible (label);
  return FALSE;
}

static const char *
shown_page (Fixture *fixture)
{
  GtkWidget *stack;

  /* Drop-downs have stacks of their own. */
  for (guint i = 0; (stack = canned_find (GTK_WIDGET (fixture->page), GTK_TYPE_STACK, i)); i++)
    if (gtk_stack_get_child_by_name (GTK_STACK (stack), "matrix"))
      return gtk_stack_get_visible_child_name (GTK_STACK (stack));
  return NULL;
}

/* A press and release of the pointer, as far as the widget can tell. */
static void
click_cell (Fixture *fixture,
            guint    cell)
{
  GtkWidget *view = canned_find (GTK_WIDGET (fixture->page), MP_TYPE_SWEEP_VIEW, 0);
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (view);
  GdkRectangle place;

  mp_sweep_view_locate (MP_SWEEP_VIEW (view), cell, &place);
  g_assert_cmpint (place.width, >, 10);
  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++) {
    g_autoptr (GtkEventController) controller = g_list_model_get_item (controllers, i);

    if (GTK_IS_GESTURE_CLICK (controller))
      g_signal_emit_by_name (controller, "released", 1, place.x + place.width / 2.0, place.y + place.height / 2.0);
  }
}

static void
show (Fixture    *fixture,
      const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MpSweep) sweep = mp_sweep_parse (text, "test.ini", NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (mp_sweep_model_show (mp_sweep_page_get_model (fixture->page), sweep, &error));
  g_assert_no_error (error);
}

/* ---- from empty to finished ---- */

static void
test_finish (void)
{
  Fixture fixture;
  MpSweepModel *model;
  GtkWidget *popover, *button;
  g_autofree char *expected = NULL;

  fixture_init (&fixture);
  model = mp_sweep_page_get_model (fixture.page);
  g_assert_cmpstr (shown_page (&fixture), ==, "empty");
  g_assert_nonnull (canned_find (GTK_WIDGET (fixture.page), ADW_TYPE_ACTION_ROW, 0));

  show (&fixture, "[sweep]\nbases = ring-gan; ring-gram\nseeds = 1-2\n" SMALL "train.iterations = 30\n"
        "[axis latent]\ngenerator.latent = 2; 3\n");
  g_assert_cmpint (mp_sweep_model_get_state (model), ==, MP_SWEEP_MODEL_READY);
  g_assert_cmpstr (shown_page (&fixture), ==, "matrix");
  g_assert_null (mp_sweep_model_get_run (model));
  spin (100);
  click_cell (&fixture, 1);
  g_assert_null (fixture.opened);

  button = find_button (GTK_WIDGET (fixture.page), "Start");
  g_assert_true (gtk_widget_is_sensitive (button));
  g_signal_emit_by_name (button, "clicked");
  g_assert_true (mp_sweep_model_get_busy (model) || mp_sweep_model_get_state (model) == MP_SWEEP_MODEL_FINISHED);
  WAIT_FOR (is_in (&fixture, MP_SWEEP_MODEL_FINISHED));
  g_assert_false (gtk_widget_is_sensitive (button));
  g_assert_false (gtk_widget_get_visible (button));

  /* A click lets choose among the seeds. */
  click_cell (&fixture, 2);
  popover = canned_find (GTK_WIDGET (fixture.page), GTK_TYPE_POPOVER, 0);
  for (guint i = 0; popover && !find_button (popover, "Open as lane"); i++)
    popover = canned_find (GTK_WIDGET (fixture.page), GTK_TYPE_POPOVER, i);
  g_assert_nonnull (popover);
  button = find_button (popover, "Open as lane");
  g_signal_emit_by_name (button, "clicked");
  expected = mp_sweep_run_dup_trial_dir (mp_sweep_model_get_run (model),
                                         mp_sweep_find_trial (mp_sweep_model_get_sweep (model), 2, 0));
  g_assert_cmpstr (fixture.opened, ==, expected);
  spin (300);

  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (find_button (GTK_WIDGET (fixture.page), "Table")), TRUE);
  g_assert_cmpstr (shown_page (&fixture), ==, "table");
  spin (100);
  fixture_clear (&fixture);
}

/* ---- pausing, stopping, going on ---- */

static void
test_stop (void)
{
  Fixture fixture;
  MpSweepModel *model;
  g_autofree char *dir = NULL;
  g_autoptr (GError) error = NULL;
  guint counts[MP_N_TRIAL_STATES];
  guint64 done, all;
  double left;

  fixture_init (&fixture);
  model = mp_sweep_page_get_model (fixture.page);
  show (&fixture, "[sweep]\nbases = ring-gan\nseeds = 1-4\n" SMALL "train.iterations = 1000000\n");
  /* Stopped while its folder is made, it never begins. */
  gtk_widget_activate_action (GTK_WIDGET (fixture.page), "sweep.play", NULL);
  g_assert_null (mp_sweep_model_get_run (model));
  mp_sweep_model_stop (model);
  spin (300);
  g_assert_null (mp_sweep_model_get_run (model));
  g_assert_cmpint (mp_sweep_model_get_state (model), ==, MP_SWEEP_MODEL_READY);

  gtk_widget_activate_action (GTK_WIDGET (fixture.page), "sweep.play", NULL);
  WAIT_FOR (is_in (&fixture, MP_SWEEP_MODEL_RUNNING));
  /* Another one cannot take its place now. */
  g_assert_false (mp_sweep_model_open (model, "/nowhere", &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_STATE);
  do {
    spin (50);
    mp_sweep_run_get_progress (mp_sweep_model_get_run (model), &done, &all, &left);
  } while (done == 0);
  gtk_widget_activate_action (GTK_WIDGET (fixture.page), "sweep.play", NULL);
  g_assert_cmpint (mp_sweep_model_get_state (model), ==, MP_SWEEP_MODEL_PAUSED);
  g_assert_nonnull (find_button (GTK_WIDGET (fixture.page), "Resume"));
  gtk_widget_activate_action (GTK_WIDGET (fixture.page), "sweep.stop", NULL);
  WAIT_FOR (is_in (&fixture, MP_SWEEP_MODEL_STOPPED));
  g_assert_nonnull (find_button (GTK_WIDGET (fixture.page), "Go on"));
  mp_sweep_run_count (mp_sweep_model_get_run (model), counts);
  g_assert_cmpuint (counts[MP_TRIAL_INTERRUPTED], >, 0);

  /* The folder opens again as it was left. */
  dir = g_strdup (mp_sweep_run_get_dir (mp_sweep_model_get_run (model)));
  gtk_widget_activate_action (GTK_WIDGET (fixture.page), "sweep.open", "s", dir);
  g_assert_cmpstr (shown_page (&fixture), ==, "opening");
  WAIT_FOR (is_in (&fixture, MP_SWEEP_MODEL_STOPPED));
  g_assert_cmpuint (mp_sweep_get_n_trials (mp_sweep_model_get_sweep (model)), ==, 4);
  /* A page that goes while lanes train lets them save and end. */
  gtk_widget_activate_action (GTK_WIDGET (fixture.page), "sweep.play", NULL);
  WAIT_FOR (is_in (&fixture, MP_SWEEP_MODEL_RUNNING));
  fixture_clear (&fixture);
}

/* ---- the form ---- */

static void
take_sweep (MpSweepForm *form,
            MpSweep     *sweep,
            MpSweep    **taken)
{
  *taken = mp_sweep_ref (sweep);
}

static void
test_form (void)
{
  g_autoptr (GPtrArray) experiments = g_ptr_array_new_with_free_func ((GDestroyNotify) mp_experiment_unref);
  GtkWidget *form, *create;
  GtkEditable *values, *seeds;
  MpSweep *sweep = NULL;

  for (guint i = 0; i < 2; i++) {
    MpExperiment *experiment = mp_experiment_load ("ring-gan", NULL);

    mp_experiment_set (experiment, i ? "train.batch=50" : "train.batch=60", NULL);
    g_ptr_array_add (experiments, experiment);
  }
  form = mp_sweep_form_new (NULL, experiments);
  g_signal_connect (form, "created", G_CALLBACK (take_sweep), &sweep);
  create = find_button (form, "C_reate");
  g_assert_true (gtk_widget_get_sensitive (create));
  /* The first entry of its kind is the values' one: rows of AdwEntryRow come after. */
  values = GTK_EDITABLE (canned_find (form, GTK_TYPE_ENTRY, 0));
  seeds = GTK_EDITABLE (canned_find (form, ADW_TYPE_ENTRY_ROW, 0));
  gtk_editable_set_text (values, "2; x");
  g_assert_false (gtk_widget_get_sensitive (create));
  g_assert_true (gtk_widget_has_css_class (GTK_WIDGET (values), "error"));
  gtk_editable_set_text (values, "2; 2");
  g_assert_false (gtk_widget_get_sensitive (create));
  gtk_editable_set_text (values, "2; 5; 9");
  g_assert_true (gtk_widget_get_sensitive (create));
  gtk_editable_set_text (seeds, "one");
  g_assert_false (gtk_widget_get_sensitive (create));
  g_assert_true (shows_words (form, "Seeds: “one” is not allowed: it must be whole numbers from 0 up, as in 1, 2, 3 or "
                              "1-3."));
  gtk_editable_set_text (seeds, "1-100000");
  g_assert_true (shows_words (form, "Seeds: “1-100000” is not allowed: at most 1000 seeds are possible."));
  gtk_editable_set_text (seeds, "4-5");
  g_assert_true (gtk_widget_get_sensitive (create));
  g_signal_emit_by_name (create, "clicked");
  g_assert_nonnull (sweep);
  g_assert_cmpuint (mp_sweep_get_n_trials (sweep), ==, 2 * 3 * 2);
  g_assert_cmpint (mp_sweep_get_trial (sweep, 0)->seed, ==, 4);
  g_assert_cmpint (mp_experiment_get_int (mp_sweep_get_trial (sweep, 0)->experiment, "train", "batch"), ==, 60);
  g_assert_cmpint (mp_experiment_get_int (mp_sweep_get_trial (sweep, 5)->experiment, "train", "batch"), ==, 50);
  mp_sweep_unref (sweep);
  canned_settle ();
}

/* A base's file is proposed so that it is found from anywhere. */
static void
test_form_files (void)
{
  g_autoptr (GPtrArray) experiments = g_ptr_array_new_with_free_func ((GDestroyNotify) mp_experiment_unref);
  MpExperiment *experiment = mp_experiment_load ("table-gan", NULL);
  g_autoptr (GtkWidget) form = NULL;
  GtkDropDown *keys;
  GListModel *titles;
  guint at = 0;

  mp_experiment_set (experiment, "data.file=mine.csv", NULL);
  mp_experiment_set_dir (experiment, "/nowhere");
  g_ptr_array_add (experiments, experiment);
  form = g_object_ref_sink (mp_sweep_form_new (NULL, experiments));
  keys = GTK_DROP_DOWN (canned_find (form, GTK_TYPE_DROP_DOWN, 0));
  titles = gtk_drop_down_get_model (keys);
  while (!g_str_equal (gtk_string_list_get_string (GTK_STRING_LIST (titles), at), "Data: File"))
    at++;
  gtk_drop_down_set_selected (keys, at);
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (canned_find (form, GTK_TYPE_ENTRY, 0))), ==, "/nowhere/mine.csv");
}

int
main (int    argc,
      char **argv)
{
  g_autofree char *scratch = mp_scratch_new ();
  int status;

  g_setenv ("MATCHPOINT_SWEEPS_DIR", scratch, TRUE);
  g_setenv ("MATCHPOINT_RUNS_DIR", scratch, TRUE);
  canned_init (&argc, &argv);
  g_test_add_func ("/sweep-page/finish", test_finish);
  g_test_add_func ("/sweep-page/stop", test_stop);
  g_test_add_func ("/sweep-page/form", test_form);
  g_test_add_func ("/sweep-page/form-files", test_form_files);
  status = g_test_run ();
  mp_scratch_remove (scratch);
  return status;
}
