/* SPDX-License-Identifier: Apache-2.0
 *
 * train.c: the command “train”: experiments become lanes, lanes train on threads of their own, and the main thread
 * shows how far they are, passes interrupts on and sums up.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "app/json.h"
#include "app/progress.h"
#include "app/wait.h"
#include "engine/metrics/metric.h"
#include "engine/runs/comparison.h"
#include "engine/runs/run.h"
#include "engine/train/branch.h"
#include "engine/train/devices.h"

#define TICK_MS 50

typedef struct
{
  GPtrArray  *lanes;
  MpProgress *progress;  /* NULL: quiet */
  guint       ticks;
  MpWait      wait;
} Session;

static void
lane_free (gpointer data)
{
  MpLane *lane = data;

  g_free (lane->id);
  g_free (lane->run_dir);
  g_clear_object (&lane->trainer);
  g_free (lane);
}

/* ---- experiments ---- */

/* The experiments of all words, in order; NULL after complaining. */
static GPtrArray *
load_experiments (GPtrArray  *words,
                  char      **title)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func ((GDestroyNotify) mp_experiment_unref);

  for (guint i = 0; i < words->len; i++) {
    GError *error = NULL;
    g_autoptr (GPtrArray) some = mp_comparison_load (g_ptr_array_index (words, i), words->len == 1 ? title : NULL,
                                                     &error);

    if (some == NULL) {
      mp_complain_error (error);
      return NULL;
    }
    for (guint j = 0; j < some->len; j++)
      g_ptr_array_add (all, mp_experiment_ref (g_ptr_array_index (some, j)));
  }
  return g_steal_pointer (&all);
}

GPtrArray *
mp_name_lanes (GPtrArray *experiments)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < experiments->len; i++) {
    const char *id = mp_experiment_get_id (g_ptr_array_index (experiments, i));
    char *name = g_strdup (id);

    for (guint n = 2; g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL); n++) {
      g_free (name);
      name = g_strdup_printf ("%s-%u", id, n);
    }
    g_ptr_array_add (names, name);
  }
  return names;
}

static gboolean
has_key (MpExperiment *experiment,
         const char   *assignment)
{
  const char *equals = strchr (assignment, '=');
  g_autofree char *path = equals != NULL ? g_strndup (assignment, (gsize) (equals - assignment)) : NULL;
  char *dot = path != NULL ? strrchr (path, '.') : NULL;

  if (dot == NULL)
    return FALSE;
  *dot = '\0';
  g_strstrip (path);
  g_strstrip (dot + 1);
  if (!mp_experiment_has_group (experiment, path))
    return FALSE;
  return strcmp (dot + 1, "kind") == 0 || mp_experiment_find_param (experiment, path, dot + 1) != NULL;
}

/* Applies --set to the lanes that have the key: an assignment to [critic] leaves MMD-net alone. Where no lane has it,
 * the first one says what is wrong. Files are those of the folder in which the command is given. */
static gboolean
apply_setting (const char  *setting,
               GPtrArray   *experiments,
               GPtrArray   *names,
               GError     **error)
{
  const char *equals = strchr (setting, '=');
  const char *colon = strchr (setting, ':');
  gboolean found = FALSE;

  if (colon != NULL && equals != NULL && colon < equals) {
    g_autofree char *name = g_strstrip (g_strndup (setting, (gsize) (colon - setting)));
    guint i;

    if (g_ptr_array_find_with_equal_func (names, name, g_str_equal, &i))
      return mp_experiment_set_from (g_ptr_array_index (experiments, i), colon + 1, ".", error);
    g_ptr_array_add (names, NULL);
    name = (g_free (name), g_strjoinv (", ", (char **) names->pdata));
    g_ptr_array_set_size (names, (gint) names->len - 1);
    g_set_error (error, MP_ERROR, MP_ERROR_UNKNOWN, _("there is no lane of that name; the lanes are %s."), name);
    return FALSE;
  }
  for (guint i = 0; i < experiments->len; i++) {
    if (!has_key (g_ptr_array_index (experiments, i), setting))
      continue;
    if (!mp_experiment_set_from (g_ptr_array_index (experiments, i), setting, ".", error))
      return FALSE;
    found = TRUE;
  }
  return found || mp_experiment_set (g_ptr_array_index (experiments, 0), setting, error);
}

gboolean
mp_apply_settings (MpArguments *arguments,
                   GPtrArray   *experiments,
                   GPtrArray   *names)
{
  static const char *const shortcuts[][2] = { { "seed", "train.seed" }, { "iterations", "train.iterations" } };
  GPtrArray *settings = mp_arguments_get_all (arguments, "set");
  GError *error = NULL;

  for (guint i = 0; settings != NULL && i < settings->len; i++)
    if (!apply_setting (g_ptr_array_index (settings, i), experiments, names, &error)) {
      g_prefix_error (&error, "--set %s: ", (char *) g_ptr_array_index (settings, i));
      mp_complain_error (error);
      return FALSE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (shortcuts); i++) {
    const char *value = mp_arguments_get (arguments, shortcuts[i][0]);
    g_autofree char *setting = g_strconcat (shortcuts[i][1], "=", value, NULL);

    if (value != NULL && !apply_setting (setting, experiments, names, &error)) {
      g_prefix_error (&error, "--%s %s: ", shortcuts[i][0], value);
      mp_complain_error (error);
      return FALSE;
    }
  }
  return TRUE;
}

/* ---- making lanes ---- */

/* Reads what all lanes share; FALSE after complaining. A device that cannot be used is told once, here, and no run
 * folders are made. note: (out): why “auto” took the CPU. */
static gboolean
read_options (MpArguments      *arguments,
              MpTrainerOptions *options,
              char            **note,
              int              *status)
{
  const MpDeviceClass *class;
  MpDevice *device;
  gint64 threads = 1;
  GError *error = NULL;

  *status = MP_EXIT_USAGE;
  if (!mp_arguments_get_int (arguments, "threads", 1, 1024, &threads))
    return FALSE;
  if (!mp_device_open (mp_arguments_get (arguments, "device"), NULL, &class, &device, note, &error)) {
    *status = mp_complain_error (error);
    return FALSE;
  }
  class->close (device);
  options->device = mp_arguments_get (arguments, "device");
  options->n_threads = (gint) threads;
  options->iterations = -1;
  options->new_stage = mp_arguments_has (arguments, "no-cache");
  return TRUE;
}

static void
start_lane (GPtrArray              *lanes,
            const char             *id,
            MpExperiment           *experiment,
            const char             *run_dir,
            const MpTrainerOptions *shared)
{
  MpTrainerOptions options = *shared;
  MpLane *lane = g_new0 (MpLane, 1);

  lane->id = g_strdup (id);
  lane->run_dir = g_strdup (run_dir);
  options.run_dir = run_dir;
  options.checkpoint_every = mp_experiment_get_int (experiment, "train", "checkpoint_every");
  lane->trainer = mp_trainer_new (experiment, &options);
  g_ptr_array_add (lanes, lane);
}

/* New lanes; NULL after complaining. */
static GPtrArray *
start_new (MpArguments  *arguments,
           char        **note,
           int          *status)
{
  g_autoptr (GPtrArray) lanes = g_ptr_array_new_with_free_func (lane_free);
  g_autofree char *title = NULL, *heading = NULL;
  g_autoptr (GPtrArray) experiments = load_experiments (arguments->words, &title);
  g_autoptr (GPtrArray) names = NULL;
  const char *out = mp_arguments_get (arguments, "out");
  MpTrainerOptions options = { 0 };
  GError *error = NULL;

  *status = MP_EXIT_USAGE;
  if (experiments == NULL)
    return NULL;
  names = mp_name_lanes (experiments);
  if (!mp_apply_settings (arguments, experiments, names) || !read_options (arguments, &options, note, status))
    return NULL;
  heading = title != NULL ? mp_comparison_make_title (experiments, title) : NULL;
  if (out != NULL && !mp_comparison_create (out, heading, names, &error)) {
    *status = mp_complain_error (error);
    return NULL;
  }
  for (guint i = 0; i < experiments->len; i++) {
    MpExperiment *experiment = g_ptr_array_index (experiments, i);
    const char *name = g_ptr_array_index (names, i);
    g_autofree char *dir = out == NULL ? mp_run_new_path (NULL, experiment)
                           : experiments->len == 1 ? g_strdup (out) : g_build_filename (out, name, NULL);

    start_lane (lanes, name, experiment, dir, &options);
  }
  return g_steal_pointer (&lanes);
}

/* Lanes that go on; NULL after complaining. */
static GPtrArray *
start_resumed (MpArguments  *arguments,
               char        **note,
               int          *status)
{
  g_autoptr (GPtrArray) lanes = g_ptr_array_new_with_free_func (lane_free);
  GError *error = NULL;
  g_autoptr (GPtrArray) dirs = NULL;
  MpTrainerOptions options = { .resume = TRUE };
  gint64 iterations = -1;

  if (!read_options (arguments, &options, note, status) ||
      !mp_arguments_get_int (arguments, "iterations", 1, 1000000000000, &iterations))
    return NULL;
  options.iterations = iterations;
  dirs = mp_comparison_list_runs (mp_arguments_get (arguments, "resume"), &error);
  for (guint i = 0; dirs != NULL && i < dirs->len; i++) {
    const char *dir = g_ptr_array_index (dirs, i);
    g_autoptr (MpRun) run = mp_run_open (dir, FALSE, &error);
    g_autofree char *name = g_path_get_basename (dir);

    if (run == NULL)
      break;
    start_lane (lanes, dirs->len > 1 ? name : mp_experiment_get_id (mp_run_get_experiment (run)),
                mp_run_get_experiment (run), dir, &options);
  }
  if (error == NULL)
    return g_steal_pointer (&lanes);
  for (guint i = 0; i < lanes->len; i++)
    mp_trainer_stop (((MpLane *) g_ptr_array_index (lanes, i))->trainer);
  *status = mp_complain_error (error);
  return NULL;
}

/* The run to branch from, whose experiment becomes a new lane's; NULL after complaining. */
static MpRun *
open_parent (MpArguments *arguments,
             gint64      *at,
             int         *status)
{
  GError *error = NULL;
  g_autoptr (MpRun) run = NULL;
  guint64 found;

  *status = MP_EXIT_USAGE;
  *at = -1;
  if (!mp_arguments_get_int (arguments, "at", 0, G_MAXINT64, at))
    return NULL;
  run = mp_run_open (mp_arguments_get (arguments, "from"), FALSE, &error);
  if (run == NULL || !mp_run_find_checkpoint (run, (guint64) *at, &found, &error)) {
    *status = mp_complain_error (error);
    return NULL;
  }
  *at = (gint64) found;
  return g_steal_pointer (&run);
}

/* Adds to the note what will not go on where the parent was. */
static gboolean
foresee (MpExperiment            *experiment,
         const MpTrainerOptions  *options,
         char                   **note,
         int                     *status)
{
  g_autofree char *words = NULL, *device = g_steal_pointer (note);
  GError *error = NULL;

  if (!mp_branch_foresee (options->from, (guint64) options->from_iteration, experiment, &words, &error)) {
    *status = mp_complain_error (error);
    return FALSE;
  }
  *note = device != NULL && words != NULL ? g_strconcat (device, "\n", words, NULL)
                                          : g_strdup (device != NULL ? device : words);
  return TRUE;
}

/* One lane that goes on from a checkpoint of another run, as a run of its own; NULL after complaining. */
static GPtrArray *
start_branch (MpArguments  *arguments,
              char        **note,
              int          *status)
{
  g_autoptr (GPtrArray) lanes = g_ptr_array_new_with_free_func (lane_free);
  g_autoptr (GPtrArray) experiments = g_ptr_array_new_with_free_func ((GDestroyNotify) mp_experiment_unref);
  g_autoptr (GPtrArray) names = NULL;
  MpTrainerOptions options = { .from = mp_arguments_get (arguments, "from") };
  g_autoptr (MpRun) parent = open_parent (arguments, &options.from_iteration, status);
  MpExperiment *experiment;
  g_autofree char *dir = g_strdup (mp_arguments_get (arguments, "out"));
  GError *error = NULL;

  if (parent == NULL)
    return NULL;
  experiment = mp_run_dup_experiment (parent, (guint64) options.from_iteration, &error);
  if (experiment == NULL) {
    *status = mp_complain_error (error);
    return NULL;
  }
  g_ptr_array_add (experiments, experiment);
  names = mp_name_lanes (experiments);
  if (!mp_apply_settings (arguments, experiments, names) || !read_options (arguments, &options, note, status)
      || !foresee (experiment, &options, note, status))
    return NULL;
  if (dir == NULL)
    dir = mp_run_new_path (NULL, experiment);
  start_lane (lanes, g_ptr_array_index (names, 0), experiment, dir, &options);
  return g_steal_pointer (&lanes);
}

/* ---- while they train ---- */

/* Says once that a lane goes on from an older checkpoint than it has, also to who wants no progress. */
static void
tell_passed_over (Session *session,
                  MpLane  *lane)
{
  g_autofree char *words = lane->told ? NULL : mp_trainer_dup_passed_over (lane->trainer);
  g_autofree char *text = words != NULL ? g_strdup_printf ("%s: %s", lane->id, words) : NULL;

  if (text == NULL)
    return;
  lane->told = TRUE;
  if (session->progress != NULL)
    mp_progress_say (session->progress, text);
  else
    mp_complain (MP_EXIT_OK, "%s", text);
}

static gboolean
tick (gpointer data)
{
  Session *session = data;
  gboolean over = TRUE;

  for (guint i = 0; i < session->lanes->len; i++) {
    MpLane *lane = g_ptr_array_index (session->lanes, i);
    gboolean lane_over = mp_trainer_get_state (lane->trainer) >= MP_LANE_FINISHED;

    tell_passed_over (session, lane);
    over &= lane_over;
  }
  if (session->progress != NULL && (over || session->ticks++ % 2 == 0))
    mp_progress_show (session->progress, over);
  return !over;
}

static void
stop (gpointer data)
{
  Session *session = data;

  if (session->progress != NULL)
    mp_progress_say (session->progress, _("Stopping after this iteration and keeping the runs; interrupt again to end "
                                          "at once."));
  for (guint i = 0; i < session->lanes->len; i++)
    mp_trainer_stop (((MpLane *) g_ptr_array_index (session->lanes, i))->trainer);
}

static void
wait_for_lanes (Session *session)
{
  session->wait = (MpWait) { .tick = tick, .stop = stop, .data = session };
  mp_wait (&session->wait, TICK_MS);
  for (guint i = 0; i < session->lanes->len; i++)
    mp_trainer_join (((MpLane *) g_ptr_array_index (session->lanes, i))->trainer);
}

/* ---- the sum ---- */

static void
add_lane (JsonBuilder *builder,
          MpLane      *lane)
{
  MpExperiment *experiment = mp_trainer_get_experiment (lane->trainer);
  double seconds = mp_trainer_get_seconds (lane->trainer);
  double iteration = (double) mp_trainer_get_iteration (lane->trainer);
  g_autoptr (GArray) metrics = mp_trainer_dup_metrics (lane->trainer);
  g_autoptr (GError) error = mp_trainer_dup_error (lane->trainer);

  json_builder_begin_object (builder);
  mp_json_add_text (builder, "id", lane->id);
  mp_json_add_text (builder, "method", mp_experiment_get_string (experiment, "method", "kind"));
  mp_json_add_text (builder, "state", mp_lane_state_name (mp_trainer_get_state (lane->trainer)));
  mp_json_add_number (builder, "iteration", iteration);
  mp_json_add_number (builder, "seconds", seconds);
  mp_json_add_number (builder, "iterations_per_second", seconds > 0 ? iteration / seconds : NAN);
  mp_json_add_number (builder, "recording_seconds", mp_trainer_get_recording_seconds (lane->trainer));
  json_builder_set_member_name (builder, "metrics");
  json_builder_begin_object (builder);
  for (guint i = 0; metrics != NULL && i < metrics->len; i++)
    mp_json_add_number (builder, g_array_index (metrics, MpMetricValue, i).id,
                        g_array_index (metrics, MpMetricValue, i).value);
  json_builder_end_object (builder);
  if (lane->run_dir != NULL)
    mp_json_add_text (builder, "run", lane->run_dir);
  if (error != NULL)
    mp_json_add_text (builder, "error", error->message);
  json_builder_end_object (builder);
}

static void
print_json (GPtrArray *lanes)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "lanes");
  json_builder_begin_array (builder);
  for (guint i = 0; i < lanes->len; i++)
    add_lane (builder, g_ptr_array_index (lanes, i));
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  mp_json_print (builder);
}

/* Says why lanes ended early, and finds the exit status. Settings with which no lane could begin are a wrong use. */
static int
sum_up (Session *session)
{
  int status = session->wait.interrupted != 0 ? 128 + session->wait.interrupted : MP_EXIT_OK;
  guint n_failed = 0, n_wrong = 0;

  for (guint i = 0; i < session->lanes->len; i++) {
    MpLane *lane = g_ptr_array_index (session->lanes, i);
    MpLaneState state = mp_trainer_get_state (lane->trainer);
    g_autoptr (GError) error = mp_trainer_dup_error (lane->trainer);

    if (error != NULL)
      mp_complain (MP_EXIT_FAILURE, "%s: %s", lane->id, error->message);
    n_failed += state == MP_LANE_FAILED;
    n_wrong += state == MP_LANE_FAILED && error != NULL && mp_exit_of_error (error) == MP_EXIT_USAGE;
    if (state == MP_LANE_DIVERGED && status == MP_EXIT_OK)
      status = MP_EXIT_DIVERGED;
  }
  if (n_failed > 0)
    return n_wrong == session->lanes->len ? MP_EXIT_USAGE : MP_EXIT_FAILURE;
  return status;
}

static gboolean
check_words (MpArguments *arguments)
{
  static const char *const fixed[] = { "set", "seed", "out" };
  gboolean resume = mp_arguments_has (arguments, "resume");
  gboolean branch = mp_arguments_has (arguments, "from");

  if (branch && (resume || arguments->words->len > 0)) {
    mp_complain (MP_EXIT_USAGE, _("--from takes the experiment of the run; neither --resume nor another experiment can "
                                  "be given beside it."));
    return FALSE;
  }
  if (!branch && mp_arguments_has (arguments, "at")) {
    mp_complain (MP_EXIT_USAGE, _("--at says where a branch begins; it needs --from."));
    return FALSE;
  }
  if (!resume && !branch && arguments->words->len == 0) {
    mp_complain (MP_EXIT_USAGE, _("Which experiment? Name a preset or a file, or use --resume DIR.\n"
                                  "Try “matchpoint list presets” or “matchpoint train --help”."));
    return FALSE;
  }
  if (resume && arguments->words->len > 0) {
    mp_complain (MP_EXIT_USAGE, _("--resume goes on with the experiment of the run; “%s” cannot be given beside it."),
                 (char *) g_ptr_array_index (arguments->words, 0));
    return FALSE;
  }
  for (guint i = 0; resume && i < G_N_ELEMENTS (fixed); i++)
    if (mp_arguments_has (arguments, fixed[i])) {
      mp_complain (MP_EXIT_USAGE, _("--resume goes on with the experiment of the run; --%s cannot be given beside "
                                    "it."), fixed[i]);
      return FALSE;
    }
  return TRUE;
}

int
mp_train_run (MpArguments *arguments)
{
  Session session = { 0 };
  g_autoptr (GPtrArray) lanes = NULL;
  g_autoptr (MpProgress) progress = NULL;
  g_autofree char *note = NULL;
  int status = MP_EXIT_USAGE;

  if (!check_words (arguments))
    return MP_EXIT_USAGE;
  lanes = mp_arguments_has (arguments, "resume") ? start_resumed (arguments, &note, &status)
          : mp_arguments_has (arguments, "from") ? start_branch (arguments, &note, &status)
                                                 : start_new (arguments, &note, &status);
  if (lanes == NULL)
    return status;
  if (!mp_arguments_has (arguments, "quiet"))
    progress = mp_progress_new (lanes);
  if (progress != NULL && note != NULL)
    mp_progress_say (progress, note);
  session.lanes = lanes;
  session.progress = progress;
  wait_for_lanes (&session);
  if (progress != NULL)
    mp_progress_print_table (lanes);
  fflush (stdout);
  status = sum_up (&session);
  if (mp_arguments_has (arguments, "json"))
    print_json (lanes);
  return status;
}
