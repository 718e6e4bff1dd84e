/* SPDX-License-Identifier: Apache-2.0
 *
 * sweep.c: the command “sweep”: a grid of experiments trained by a pool of lanes. The main thread shows how far they
 * are, passes interrupts on and sums up.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "app/json.h"
#include "app/sweep-progress.h"
#include "app/wait.h"
#include "engine/train/devices.h"
#include "engine/train/sweep-run.h"

#define TICK_MS 100
#define CUDA_LANES 4       /* that share one GPU unless --lanes says otherwise */

typedef struct
{
  MpSweepRun      *run;
  MpSweepOptions   options;
  MpSweepProgress *progress;  /* NULL: quiet */
  MpWait           wait;
  gint64           started;
  guint            ticks;
} Session;

/* ---- the folder ---- */

/* Whether both sweeps have the same trials, titles aside. */
static gboolean
check_same (MpSweep    *asked,
            MpSweep    *kept,
            const char *dir,
            GError    **error)
{
  gboolean same = mp_sweep_get_n_trials (asked) == mp_sweep_get_n_trials (kept);

  for (guint i = 0; same && i < mp_sweep_get_n_trials (asked); i++) {
    const MpSweepTrial *a = mp_sweep_get_trial (asked, i), *b = mp_sweep_get_trial (kept, i);
    g_autofree char *text_a = mp_experiment_to_text (a->experiment);
    g_autofree char *text_b = mp_experiment_to_text (b->experiment);

    same = strcmp (a->name, b->name) == 0 && strcmp (text_a, text_b) == 0;
  }
  if (!same)
    g_set_error (error, MP_ERROR, MP_ERROR_STATE, _("%s holds another sweep than the one asked for; choose another "
                                                    "folder, or go on with that one: matchpoint sweep %s"), dir, dir);
  return same;
}

static gboolean
is_sweep_folder (const char *dir)
{
  g_autofree char *file = g_build_filename (dir, "sweep.ini", NULL);

  return g_file_test (file, G_FILE_TEST_EXISTS);
}

/* A folder that is there, or a new one; NULL with an error. */
static MpSweepRun *
open_folder (MpArguments *arguments,
             GError     **error)
{
  const char *word = arguments->words->len > 0 ? g_ptr_array_index (arguments->words, 0) : NULL;
  g_autofree char *dir = g_strdup (mp_arguments_get (arguments, "dir"));
  GPtrArray *settings = mp_arguments_get_all (arguments, "set");
  g_autoptr (MpSweep) sweep = NULL;
  g_autoptr (MpSweepRun) run = NULL;

  if (word == NULL || is_sweep_folder (word)) {
    if (settings == NULL && (dir == NULL || word == NULL))
      return mp_sweep_run_open (word != NULL ? word : dir, error);
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, _("A sweep goes on as it began; --%s cannot be given beside its "
                                                         "folder."), settings != NULL ? "set" : "dir");
    return NULL;
  }
  sweep = mp_sweep_load (word, settings, error);
  if (sweep == NULL)
    return NULL;
  if (dir == NULL)
    dir = mp_sweep_new_path (sweep);
  if (!mp_arguments_has (arguments, "resume") || !is_sweep_folder (dir))
    return mp_sweep_save (sweep, dir, error) ? mp_sweep_run_open (dir, error) : NULL;
  run = mp_sweep_run_open (dir, error);
  if (run == NULL || !check_same (sweep, mp_sweep_run_get_sweep (run), dir, error))
    return NULL;
  return g_steal_pointer (&run);
}

/* ---- while it trains ---- */

/* At rest nothing is left for this process; trials that another one trains are waited for, and taken over where that
 * process has gone. */
static gboolean
is_over (Session *session)
{
  guint counts[MP_N_TRIAL_STATES];

  if (mp_sweep_run_get_activity (session->run) != MP_SWEEP_RESTING)
    return FALSE;
  if (session->wait.interrupted != 0)
    return TRUE;
  if (session->ticks % 10 == 0)
    mp_sweep_run_refresh (session->run);
  mp_sweep_run_count (session->run, counts);
  if (counts[MP_TRIAL_ELSEWHERE] > 0)
    return FALSE;
  if (counts[MP_TRIAL_WAITING] + counts[MP_TRIAL_INTERRUPTED] == 0)
    return TRUE;
  mp_sweep_run_start (session->run, &session->options);
  return FALSE;
}

static gboolean
tick (gpointer data)
{
  Session *session = data;
  gboolean over;

  session->ticks++;
  over = is_over (session);
  if (session->progress != NULL)
    mp_sweep_progress_show (session->progress, over);
  return !over;
}

static void
stop (gpointer data)
{
  Session *session = data;

  if (session->progress != NULL)
    mp_sweep_progress_say (session->progress, _("Pausing after this iteration and keeping the runs; interrupt again to "
                                                "end at once."));
  mp_sweep_run_stop (session->run);
}

static void
train (Session *session)
{
  session->wait = (MpWait) { .tick = tick, .stop = stop, .data = session };
  session->started = g_get_monotonic_time ();
  mp_sweep_run_start (session->run, &session->options);
  mp_wait (&session->wait, TICK_MS);
  mp_sweep_run_join (session->run);
}

/* ---- results ---- */

static void
add_summary (JsonBuilder          *builder,
             const char           *metric,
             const MpSweepSummary *summary)
{
  json_builder_set_member_name (builder, metric);
  json_builder_begin_object (builder);
  mp_json_add_number (builder, "n", summary->n);
  mp_json_add_number (builder, "mean", summary->mean);
  mp_json_add_number (builder, "sd", summary->sd);
  mp_json_add_number (builder, "min", summary->min);
  mp_json_add_number (builder, "max", summary->max);
  json_builder_end_object (builder);
}

static void
add_trial (JsonBuilder *builder,
           MpSweepRun  *run,
           GPtrArray   *metrics,
           guint        number)
{
  g_autofree char *dir = mp_sweep_run_dup_trial_dir (run, number);
  g_autofree char *message = NULL;
  MpTrialStatus status;

  mp_sweep_run_get_status (run, number, &status);
  if (status.state == MP_TRIAL_FAILED || status.state == MP_TRIAL_DIVERGED)
    message = mp_sweep_run_dup_message (run, number);
  json_builder_begin_object (builder);
  mp_json_add_number (builder, "seed", (double) mp_sweep_get_trial (mp_sweep_run_get_sweep (run), number)->seed);
  mp_json_add_text (builder, "state", mp_trial_state_name (status.state));
  mp_json_add_number (builder, "iteration", (double) status.iteration);
  mp_json_add_number (builder, "seconds", status.seconds);
  json_builder_set_member_name (builder, "metrics");
  json_builder_begin_object (builder);
  for (guint i = 0; i < metrics->len; i++)
    mp_json_add_number (builder, g_ptr_array_index (metrics, i),
                        mp_sweep_run_get_value (run, number, g_ptr_array_index (metrics, i)));
  json_builder_end_object (builder);
  mp_json_add_text (builder, "run", dir);
  if (message != NULL)
    mp_json_add_text (builder, "error", message);
  json_builder_end_object (builder);
}

static void
add_cell (JsonBuilder *builder,
          MpSweepRun  *run,
          GPtrArray   *metrics,
          guint        cell)
{
  MpSweep *sweep = mp_sweep_run_get_sweep (run);
  MpSweepSummary summary;

  mp_sweep_run_summarise (run, cell, mp_sweep_get_metric (sweep), &summary);
  json_builder_begin_object (builder);
  mp_json_add_number (builder, "row", cell / mp_sweep_get_n_columns (sweep) + 1);
  mp_json_add_number (builder, "column", cell % mp_sweep_get_n_columns (sweep) + 1);
  json_builder_set_member_name (builder, "axes");
  json_builder_begin_object (builder);
  for (guint i = 0; i < mp_sweep_get_n_axes (sweep); i++)
    mp_json_add_text (builder, mp_sweep_get_axis (sweep, i)->name,
                      mp_sweep_get_axis (sweep, i)->labels[mp_sweep_get_position (sweep, cell, i)]);
  json_builder_end_object (builder);
  mp_json_add_number (builder, "seeds", summary.n_seeds);
  mp_json_add_number (builder, "diverged", summary.n_diverged);
  mp_json_add_number (builder, "failed", summary.n_failed);
  json_builder_set_member_name (builder, "metrics");
  json_builder_begin_object (builder);
  for (guint i = 0; i < metrics->len; i++) {
    mp_sweep_run_summarise (run, cell, g_ptr_array_index (metrics, i), &summary);
    add_summary (builder, g_ptr_array_index (metrics, i), &summary);
  }
  json_builder_end_object (builder);
  json_builder_set_member_name (builder, "runs");
  json_builder_begin_array (builder);
  for (guint i = 0; i < mp_sweep_get_n_seeds (sweep); i++)
    add_trial (builder, run, metrics, mp_sweep_find_trial (sweep, cell, i));
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

static void
print_json (Session *session)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (GPtrArray) metrics = mp_sweep_run_list_metrics (session->run);
  MpSweep *sweep = mp_sweep_run_get_sweep (session->run);
  guint counts[MP_N_TRIAL_STATES];

  mp_sweep_run_count (session->run, counts);
  json_builder_begin_object (builder);
  mp_json_add_text (builder, "sweep", mp_sweep_get_id (sweep));
  mp_json_add_text (builder, "dir", mp_sweep_run_get_dir (session->run));
  mp_json_add_text (builder, "metric", mp_sweep_get_metric (sweep));
  mp_json_add_number (builder, "average", (double) mp_sweep_get_average (sweep));
  mp_json_add_number (builder, "lanes", session->options.n_lanes);
  mp_json_add_number (builder, "wall_seconds",
                      (double) (g_get_monotonic_time () - session->started) / G_USEC_PER_SEC);
  mp_json_add_number (builder, "training_seconds", mp_sweep_run_get_seconds (session->run));
  json_builder_set_member_name (builder, "states");
  json_builder_begin_object (builder);
  for (MpTrialState state = 0; state < MP_N_TRIAL_STATES; state++)
    mp_json_add_number (builder, mp_trial_state_name (state), counts[state]);
  json_builder_end_object (builder);
  json_builder_set_member_name (builder, "cells");
  json_builder_begin_array (builder);
  for (guint cell = 0; cell < mp_sweep_get_n_cells (sweep); cell++)
    add_cell (builder, session->run, metrics, cell);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  mp_json_print (builder);
}

/* Says why trials ended early, and finds the exit status. */
static int
sum_up (Session *session)
{
  MpSweep *sweep = mp_sweep_run_get_sweep (session->run);
  int status = session->wait.interrupted != 0 ? 128 + session->wait.interrupted : MP_EXIT_OK;
  gboolean failed = FALSE;

  for (guint i = 0; i < mp_sweep_get_n_trials (sweep); i++) {
    g_autofree char *message = NULL;
    MpTrialStatus trial;

    mp_sweep_run_get_status (session->run, i, &trial);
    if (trial.state != MP_TRIAL_FAILED && trial.state != MP_TRIAL_DIVERGED)
      continue;
    message = mp_sweep_run_dup_message (session->run, i);
    mp_complain (MP_EXIT_FAILURE, "%s: %s", mp_sweep_get_trial (sweep, i)->name,
                 message != NULL ? message : mp_trial_state_name (trial.state));
    failed |= trial.state == MP_TRIAL_FAILED;
    if (trial.state == MP_TRIAL_DIVERGED && status == MP_EXIT_OK)
      status = MP_EXIT_DIVERGED;
  }
  return failed ? MP_EXIT_FAILURE : status;
}

static int
report (Session     *session,
        MpArguments *arguments)
{
  const char *csv = mp_arguments_get (arguments, "csv");
  GError *error = NULL;
  int status;

  if (session->progress != NULL)
    mp_sweep_progress_print_table (session->run);
  status = sum_up (session);
  error = mp_sweep_run_dup_tables_error (session->run);
  if (error != NULL)
    status = mp_complain_error (g_steal_pointer (&error));
  if (csv != NULL && !mp_sweep_run_write_csv (session->run, csv, &error))
    status = mp_complain_error (error);
  if (session->wait.interrupted != 0 && session->progress != NULL)
    printf (_("Paused. Go on by: matchpoint sweep %s\n"), mp_sweep_run_get_dir (session->run));
  if (mp_arguments_has (arguments, "json"))
    print_json (session);
  return status;
}

/* ---- the command ---- */

static gboolean
read_options (MpArguments    *arguments,
              MpSweepOptions *options,
              int            *status)
{
  const MpDeviceClass *class;
  MpDevice *device;
  g_autofree char *note = NULL;
  gint64 lanes = 0;
  GError *error = NULL;

  *status = MP_EXIT_USAGE;
  if (!mp_arguments_get_int (arguments, "lanes", 1, 1024, &lanes))
    return FALSE;
  if (!mp_device_open (mp_arguments_get (arguments, "device"), NULL, &class, &device, &note, &error)) {
    *status = mp_complain_error (error);
    return FALSE;
  }
  class->close (device);
  if (lanes == 0)
    lanes = strcmp (class->id, "cuda") == 0 ? CUDA_LANES : g_get_num_processors ();
  options->device = mp_arguments_get (arguments, "device");
  options->n_lanes = (guint) lanes;
  return TRUE;
}

int
mp_sweep_run_command (MpArguments *arguments)
{
  Session session = { 0 };
  GError *error = NULL;
  int status;

  if (arguments->words->len == 0 && !mp_arguments_has (arguments, "dir"))
    return mp_complain (MP_EXIT_USAGE, _("Which sweep? Name a sweep, a file, or the folder of one that is to go on.\n"
                                         "Try “matchpoint list sweeps” or “matchpoint sweep --help”."));
  if (!read_options (arguments, &session.options, &status))
    return status;
  session.run = open_folder (arguments, &error);
  if (session.run == NULL)
    return mp_complain_error (error);
  if (!mp_arguments_has (arguments, "quiet"))
    session.progress = mp_sweep_progress_new (session.run);
  train (&session);
  status = report (&session, arguments);
  g_clear_pointer (&session.progress, mp_sweep_progress_free);
  mp_sweep_run_close (session.run);
  return status;
}
